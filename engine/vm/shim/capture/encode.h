// Captures: see encode.cpp.
#pragma once

#include <vector>

#include "bytes.h"
#include "catalog.h"
#include "map.h"

struct dm_root
{
    lua_State* thread; // or null, and a pin
    int pin;
};

namespace dm
{

// Why something can't be captured.
enum Reason : uint32_t
{
    kReasonNone = 0,
    kReasonUserdata,
    kReasonFunction,  // a C function that has no name here
    kReasonScript,    // a function of a script that is not registered
    kReasonRunning,   // a coroutine that runs, or resumes another
    kReasonTasklet,   // the coroutine of a tasklet that is not captured too
    kReasonSuspended, // a coroutine suspended where it can't be captured
    kReasonOpen,      // a shared upvalue that still belongs to a coroutine
    kReasonType,
    kReasonMemory,
    kReasonOver, // a tasklet that has ended
};

struct Refused
{
    Reason reason;
    const void* object; // what can't be captured, where that is an object
};

struct Encoder
{
    explicit Encoder(Catalog& catalog)
        : catalog(catalog)
    {
    }

    // All or nothing; the result is `head`, then `body`.
    // The handles that a movable capture has, some of them twice.
    std::vector<dm_handle> handles;

    void run(lua_State* L, const dm_root* roots, size_t count, Mode mode, uint8_t options);

    const Catalog& shared() const
    {
        return catalog;
    }

    Writer head;
    Writer body;
    size_t root = 0; // the one in progress

private:
    struct ShapeSlot
    {
        const TString* key; // null: none
        int32_t next;
        bool dead;
        bool operator==(const ShapeSlot& other) const
        {
            return key == other.key && next == other.next && dead == other.dead;
        }
    };

    struct Shape
    {
        uint32_t first;
        int32_t lastfree;
        uint8_t log2;
    };

    // A slot whose key was removed: who knows whether a loop stands at it.
    struct Tombstone
    {
        const LuaTable* table;
        uint32_t number; // of the table
        uint32_t slot;
        uint32_t position; // the slot, or the entries before it
        const GCObject* key;
        bool ordered; // the table's entries are written in order
    };

    struct Opened
    {
        UpVal* upvalue;
        uint32_t number;
    };

    static constexpr uint32_t kIsName = 0x80000000u;

    Catalog& catalog;
    lua_State* L = nullptr;
    const dm_root* roots = nullptr;
    size_t rootcount = 0;
    Mode mode = kLocal;

    PointerMap numbers;
    uint32_t count = 0;
    std::vector<std::pair<uint32_t, GCObject*>> pending;
    size_t next = 0;
    const LuaTable* environment = nullptr;
    const LuaTable* globals = nullptr;
    uint64_t cost = 0;

    std::vector<ShapeSlot> shapeslots;
    std::vector<Shape> shapes;
    PointerMap shapesbyhash;
    std::vector<ShapeSlot> candidate;
    std::vector<Tombstone> tombstones;
    std::vector<Opened> opened;
    std::vector<bool> forgotten; // of the thread in progress, by slot
    std::vector<const UpVal*> claims;
    std::vector<const lua_State*> rootthreads; // sorted, once they are asked for
    // What only the first pass shows, sorted: open upvalues that are captured as closed, and tables that have no key hashed
    // by address, but one that was removed and is still known.
    std::vector<const UpVal*> closed;
    std::vector<const LuaTable*> moving;

    // Portable: what is used of the catalog, in the order of its first use.
    std::vector<uint32_t> usednames;
    std::vector<uint32_t> usedfunctions;
    std::vector<uint32_t> usedscripts;
    std::vector<uint32_t> namenumbers, functionnumbers, scriptnumbers; // by the catalog's number, plus one

    void reset();
    bool movable = false;
    void pass(uint8_t options);
    void writehead(size_t rootcount, uint8_t options);
    void text(const char* from, size_t size);
    uint32_t usename(uint32_t name);
    uint32_t usefunction(uint32_t function);

    void value(const TValue* v)
    {
        scalar(v->value, v->extra, v->tt);
    }
    void scalar(const Value& v, const int* extra, int type);
    void number(double n);
    void refer(GCObject* object);
    void again(uint32_t number);
    bool isroot(const lua_State* th);
    void fresh(GCObject* object, uint32_t number);
    void freshclosure(Closure* closure, uint32_t number);
    bool cached(const Closure* closure, int depth) const;
    void drain();
    void contents(uint32_t number, GCObject* object);

    void table(uint32_t number, LuaTable* t);
    uint8_t nodekind(const LuaTable* t, uint64_t& shape);
    template<typename Write>
    void lie(const LuaTable* t, Write write);
    void nodesshape(uint32_t number, LuaTable* t, uint64_t hash);
    void nodesexact(uint32_t number, LuaTable* t);
    void nodesordered(uint32_t number, LuaTable* t);

    void closure(Closure* c);
    void upvaluecontents(uint32_t number, UpVal* up);
    void thread(lua_State* th);
    void forget(const lua_State* th);
    void slots(lua_State* th);
    void frames(lua_State* th);
    void cursor(const TValue* v);
    void openupvalues(lua_State* th);
    void orphans();
    bool isknown(const Tombstone& stone) const;
    void buried();
    void state();
    [[noreturn]] void refuse(Reason reason, const void* object)
    {
        throw Refused{reason, object};
    }
};

} // namespace dm
