// Values that a script hands over by name, sorted by a shape: a table from the names that are known to what may be
// there. Only the usual case is here, in which every name is known and every value is plain; all else (and all errors) is left
// to the host.

#include "shim.h"

#include "lua.h"
#include "lgc.h"
#include "lobject.h"
#include "lstate.h"
#include "ltable.h"

// In a shape a name leads to a number: the kind of value that a field takes (`Kind` in shape.rs is its twin), whether it must
// be there, the tag of a handle; or, for a value that is put to a place of the stack, -1 less the place.
enum Kind
{
    kAny,
    kBoolean,
    kNumber,
    kText,
    kVector,
    kHandle,
};
static constexpr int kKinds = 8;
static constexpr int kRequired = 8;
static constexpr int kTag = 16;
// Reading longer names is charged for.
static constexpr unsigned kLongName = 64;

static LuaTable* pinned(lua_State* L, int pin)
{
    const TValue* at = luaH_getnum(hvalue(registry(L)), pin);
    return ttistable(at) ? hvalue(at) : nullptr;
}

static bool fits(const TValue* value, int code)
{
    switch (code % kKinds)
    {
    case kAny:
        return !iscollectable(value) || ttisstring(value);
    case kBoolean:
        return ttisboolean(value);
    case kNumber:
        return ttisnumber(value);
    case kText:
        return ttisstring(value);
    case kVector:
        return ttisvector(value);
    case kHandle:
        return ttislightuserdata(value) && lightuserdatatag(value) == code / kTag;
    default:
        return false;
    }
}

int dm_sort_entries(lua_State* L, int given, int shape, int places, int* required)
{
    const LuaTable* from = hvalue(L->base + (given - 1));
    LuaTable* known = pinned(L, shape);
    if (!known)
        return -1;
    for (int at = 0; at < from->sizearray; at++)
        if (!ttisnil(&from->array[at]))
            return -1;
    luaC_threadbarrier(L);
    int count = 0;
    *required = 0;
    for (int at = 0; at < sizenode(from); at++)
    {
        const LuaNode* node = gnode(from, at);
        if (ttisnil(gval(node)))
            continue;
        if (!ttisstring(gkey(node)) || tsvalue(gkey(node))->len >= kLongName)
            return -1;
        const TValue* entry = luaH_getstr(known, tsvalue(gkey(node)));
        if (!ttisnumber(entry))
            return -1;
        int code = int(nvalue(entry));
        if (code < 0)
        {
            setobj2s(L, L->base + (places - 1) + (-1 - code), gval(node));
            continue;
        }
        if (!fits(gval(node), code))
            return -1;
        count++;
        *required += (code & kRequired) != 0;
    }
    return count;
}

void dm_take_entries(lua_State* L, int given, int shape, int into)
{
    const LuaTable* from = hvalue(L->base + (given - 1));
    LuaTable* known = pinned(L, shape);
    LuaTable* to = pinned(L, into);
    for (int at = 0; known && to && at < sizenode(from); at++)
    {
        const LuaNode* node = gnode(from, at);
        if (ttisnil(gval(node)))
            continue;
        TString* name = tsvalue(gkey(node));
        const TValue* entry = luaH_getstr(known, name);
        if (!ttisnumber(entry) || nvalue(entry) < 0)
            continue;
        setobj2t(L, luaH_setstr(L, to, name), gval(node));
        luaC_barriert(L, to, gval(node));
    }
}
