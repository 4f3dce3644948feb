// Restores: see decode.cpp.
#pragma once

#include <string>
#include <vector>

#include "bytes.h"
#include "catalog.h"
#include "layout.h"
#include "map.h"

struct dm_made
{
    lua_State* thread; // where the root is one
    int pin;
};

namespace dm
{

// A function or a name that a capture needs and this VM does not have.
struct Missing
{
    enum Kind : uint32_t
    {
        kFunction,
        kPath,
        kHostFunction,
    };
    Kind kind;
    std::string file;
    std::string what;
    uint32_t line;
    uint8_t hash[16];             // of the script
    std::vector<uint32_t> roots; // whose restoring needs it
};

struct Decoder
{
    // What handles become, in order of kind and number.
    const dm_handle* moves = nullptr;
    size_t movecount = 0;

    enum Outcome : uint32_t
    {
        kRestored,
        kBad,     // `bad` says what and where
        kForeign, // made by another VM, or before a rewind
        kLacking, // `missing`
        kFull,
    };

    explicit Decoder(Catalog& catalog)
        : catalog(catalog)
    {
    }

    Outcome run(lua_State* L, const uint8_t* bytes, size_t size);

    bool tasklets = true; // whether threads among the roots bear the mark of tasklets
    Malformed bad{};
    std::vector<Missing> missing;
    std::vector<dm_made> made;

private:
    struct Used
    {
        uint32_t function = ~0u; // in the catalog
        int missing = -1;
        uint8_t upvalues = 0;
    };

    struct UsedName
    {
        GCObject* object = nullptr;
        uint8_t kind = 0;
        int missing = -1;
        uint32_t at = 0; // of the path in the input
    };

    // What a capture says that it refers to, and what that is here: the same for all whose code and place in it are the
    // same, so it is found once for a crowd.
    struct References
    {
        std::vector<uint8_t> bytes;
        std::vector<UsedName> names;
        std::vector<Used> functions;
        uint64_t changes = 0; // of the catalog
    };

    struct Slot
    {
        TString* key;
        int32_t next;
        bool dead;
    };

    struct Shape
    {
        uint32_t first;
        int32_t lastfree;
        uint8_t log2;
    };

    struct Cursor
    {
        LuaTable* table;
        lua_State* thread;
        uint32_t slot;
        uint32_t at;
        bool rank;
    };

    struct Pending
    {
        uint32_t number;
        uint32_t used; // a closure's function
    };

    struct SetUpvalue
    {
        UpVal* upvalue;
        TValue value;
    };
    struct SetKept
    {
        Closure* closure;
        int index;
        TValue value;
    };
    struct SetTable
    {
        LuaTable* named;
        LuaTable* shadow;
    };
    struct SetBuffer
    {
        Buffer* named;
        const uint8_t* bytes;
    };

    Catalog& catalog;
    lua_State* L = nullptr;
    Reader in;
    uint64_t credit = 0;
    bool portable = false;
    bool withstate = false;
    bool lacking = false; // something is missing that is used: from here on it is only read to its end
    uint64_t namelimit = 0;
    uint64_t functionlimit = 0;
    uint32_t root = 0;

    std::vector<UsedName> usednames;
    std::vector<Used> usedfunctions;
    std::vector<References> references; // by a hash of how their bytes begin
    std::vector<GCObject*> objects;
    std::vector<Pending> pending;
    size_t next = 0;
    LuaTable* environment = nullptr;
    LuaTable* globals = nullptr;
    std::vector<Slot> slots;
    std::vector<Shape> shapes;
    std::vector<LuaTable*> frozen;
    std::vector<Cursor> cursors;
    std::vector<const lua_State*> coroutines; // that must not be tasklets
    std::vector<TValue> results;
    PointerMap ordered;
    std::vector<SetUpvalue> setupvalues;
    std::vector<SetTable> settables;
    std::vector<SetKept> setkept;
    int depth = 0; // of kept closures within kept closures
    std::vector<SetBuffer> setbuffers;

    std::vector<Placed> entries;
    std::vector<int32_t> chains;
    std::vector<uint8_t> heads;
    std::vector<uint32_t> scratch;
    std::vector<LuaNode> trial;
    std::vector<const TKey*> keys;

    void reset();
    void body();
    void checktasklets(const std::vector<const lua_State*>& roots);
    bool header();
    void readreferences();
    void readnames();
    void readfunctions();
    void finish();
    void undo();
    void commit();

    void charge(uint64_t bytes)
    {
        if (credit < bytes)
            in.fail("it asks for more memory than its size justifies");
        credit -= bytes;
    }
    int lack(Missing::Kind kind);
    void blame(int index);

    // Values. What a capture lacks reads as nil until the end, where it fails.
    void value(TValue* into)
    {
        value(in.byte(), into);
    }
    void value(uint8_t tag, TValue* into);
    void cell(TValue* into, bool mustbecell);
    GCObject* object(uint8_t tag);
    GCObject* name();
    GCObject* met(uint8_t tag);
    LuaTable* tableobject(uint8_t tag, const char* what);
    void drain();
    void contents(Pending item);

    GCObject* newstring(size_t size);
    GCObject* newclosure();
    GCObject* cachedclosure();
    uint64_t moved(uint8_t kind, uint64_t bits, uint64_t otherwise) const;
    GCObject* newnative();
    GCObject* newhost();
    GCObject* newbuffer();
    GCObject* newupvalue();
    GCObject* newthread();
    GCObject* add(GCObject* object)
    {
        objects.push_back(object);
        return object;
    }
    uint32_t usedfunction();
    const Used& usedat(uint32_t used);
    Used local; // stands for the catalog's own number

    void table(LuaTable* t, bool shared);
    LuaNode* newnodes(LuaTable* t, int log2);
    void freeslots(LuaNode* nodes, uint32_t size, uint32_t& at);
    void nodesshape(LuaTable* t);
    void defineshape();
    void checkkeys(int items);
    void nodesexact(LuaTable* t);
    void nodesordered(LuaTable* t, int32_t lastfree);
    void lay(LuaTable* t, int32_t lastfree);
    void buried();
    void bury(LuaTable* t);
    void standcursors();

    struct Stone
    {
        uint32_t position;
        GCObject* key;
    };
    std::vector<Stone> stones;

    void closure(Closure* c, uint32_t used);
    void thread(lua_State* th);
    void fillslots(lua_State* th);
    void frames(lua_State* th);
    struct Expected
    {
        TValue* func;
        int nresults;
        unsigned flags;
    };
    bool luauframe(lua_State* th, CallInfo* ci, uint8_t told, Expected& expected);
    void nativeframe(lua_State* th, CallInfo* ci, bool last, Expected& expected);
    void skipframes(uint64_t left, uint8_t told);
    Closure* substitute(Closure* named, uint32_t function);
    void checkloops(const CallInfo* ci, const Analysis& analysis, uint32_t pc);
    void openupvalues(lua_State* th);
    void orphans();
    void state();
};

} // namespace dm
