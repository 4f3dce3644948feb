// What captures refer to instead of copying it: the loaded scripts' functions, C functions, and everything that is
// shared by all and reachable by a path from a named root.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "lua.h"
#include "lobject.h"
#include "lstate.h"

#include "liveness.h"
#include "map.h"

namespace dm
{

// How coroutines.rs marks the coroutine of a tasklet.
inline const void* taskletmark()
{
    return reinterpret_cast<const void*>(uintptr_t(1));
}

// How a C function can be suspended.
enum Suspends : uint8_t
{
    kNever = 0,
    kWaits = 1,      // it asked the host; nothing of it runs afterwards
    kProtects = 2,   // it called the function in its slot `callee`, with the handler in the slot below, if any
    kResumes = 3,    // it resumed the coroutine in its first slot
    kWraps = 4,      // it resumed the coroutine in its first upvalue
    kIntercepts = 5, // as kProtects; or it waits to be let in, as its first slot says
    kCalls = 6,      // it called the function in its slot `callee`, for one result
};

struct Native
{
    lua_CFunction f;
    lua_Continuation continuation;
    const char* name;
    uint8_t suspends;
    uint8_t callee;
    // A letter for each upvalue of those that a capture may make: n(umber), f(unction), t(hread), s(tring), o(ffset in
    // the first one, a string), a(ny). Null: it makes none.
    const char* upvalues;
    bool host;
};

// A numeric or generic loop: the instructions in it, and its first register.
struct Loop
{
    uint32_t begin;
    uint32_t end;
    uint8_t reg;
    bool numeric;
};

// What the VM takes on trust from a function's code (see verify.cpp).
struct Analysis
{
    enum Site : uint8_t
    {
        kNone,
        kCall,
        kIterate,
    };
    std::vector<uint8_t> sites; // by instruction: whether a frame can be suspended with it as the next
    std::vector<Loop> loops;
    Liveness live;
    uint64_t byreference[4] = {}; // upvalues that must be shared cells
    uint64_t hash = 0;

    bool needscell(int upvalue) const
    {
        return byreference[upvalue >> 6] >> (upvalue & 63) & 1;
    }
};

struct Function
{
    Proto* proto;
    Closure* constant; // the closure made ahead for it, if it is made so: the only one, where it has no upvalues
    uint32_t script;
    std::unique_ptr<Analysis> analysis;
};

struct Script
{
    uint8_t hash[16];
    std::string name;
    uint32_t first; // its functions are consecutive
    uint32_t count;
};

struct Name
{
    enum Kind : uint8_t
    {
        kFixed, // contents that never change
        kTable,
        kUpvalue,
        kBuffer,
    };
    GCObject* object;
    Kind kind;
    std::string path;
    uint64_t prefix; // hashes all paths up to this one
};

struct Alias
{
    std::string path;
    uint32_t name;
};

struct Host
{
    const char* name;
    uint32_t number;
};

struct Catalog
{
    std::vector<Native> natives;
    std::vector<Host> hosts;
    std::vector<Script> scripts;
    std::vector<Function> functions;
    std::vector<Name> names;
    std::vector<Alias> aliases;

    PointerMap bynative; // addresses of C functions
    PointerMap byproto;
    PointerMap byobject;
    std::unordered_map<std::string, uint32_t> bypath;
    bool deep = false; // whether naming goes through tables that can change
    uint64_t changes = 0; // how often it has become another

    void addscript(Proto* main, const uint8_t* hash);
    void addname(const TValue* root, const std::string& label);
    void truncate(size_t scriptcount, size_t namecount, size_t aliascount);

    const Native* native(lua_CFunction f) const
    {
        const uint32_t* at = bynative.find(reinterpret_cast<const void*>(f));
        return at ? &natives[*at] : nullptr;
    }

    const uint32_t* function(const Proto* p) const
    {
        return byproto.find(p);
    }

    const uint32_t* named(const void* object) const
    {
        return byobject.find(object);
    }

    const Analysis& analysis(uint32_t function);
    uint64_t guard(size_t namecount, size_t scriptcount) const;

private:
    void addproto(Proto* p, uint32_t script);
    void analyse(uint32_t function, Analysis& into);
    uint32_t put(GCObject* object, Name::Kind kind, std::string&& path, std::vector<uint32_t>& queue);
    void visit(uint32_t name, std::vector<uint32_t>& queue);
    void visitvalue(const TValue* value, std::string&& path, std::vector<uint32_t>& queue);
};

} // namespace dm

struct dm_catalog : dm::Catalog
{
};
