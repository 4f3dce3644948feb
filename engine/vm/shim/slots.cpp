// How much there is to pass over in a table: Luau's loops and `next` skip unused slots without an interrupt, so that
// a large table that was emptied costs its whole length again and again.

#include "shim.h"

#include "lua.h"
#include "lapi.h"
#include "lbytecode.h"
#include "lobject.h"
#include "lstate.h"
#include "ltable.h"

static size_t slots(const LuaTable* t)
{
    size_t nodes = t->node == &luaH_dummynode ? 0 : size_t(1) << t->lsizenode;
    return size_t(t->sizearray) + nodes;
}

size_t dm_table_slots(lua_State* L, int index)
{
    const TValue* at = luaA_toobject(L, index);
    return at && ttistable(at) ? slots(hvalue(at)) : 0;
}

// The slot of a key, counted from 1; 0 where there is none.
static size_t slot_of(LuaTable* t, const TValue* key)
{
    const TValue* value = luaH_get(t, key);
    if (value == &luaO_nilobject_)
        return 0;
    if (value >= t->array && value < t->array + t->sizearray)
        return size_t(value - t->array) + 1;
    // A node begins with its value.
    return size_t(t->sizearray) + size_t(reinterpret_cast<const LuaNode*>(value) - t->node) + 1;
}

size_t dm_slots_between(lua_State* L, int table, int from, int to)
{
    const TValue* at = luaA_toobject(L, table);
    if (!at || !ttistable(at))
        return 0;
    LuaTable* t = hvalue(at);
    const TValue* first = luaA_toobject(L, from);
    const TValue* last = luaA_toobject(L, to);
    size_t begin = first && !ttisnil(first) ? slot_of(t, first) : 0;
    size_t end = last && !ttisnil(last) ? slot_of(t, last) : slots(t);
    return end > begin ? end - begin : 0;
}

size_t dm_slots_ahead(lua_State* L)
{
    if (!isLua(L->ci))
        return 0;
    // Within an interrupt the saved place is one past the instruction that is about to run.
    const Instruction insn = L->ci->savedpc[-1];
    if (LUAU_INSN_OP(insn) != LOP_FORGLOOP)
        return 0;
    const TValue* ra = L->ci->base + LUAU_INSN_A(insn);
    if (!ttisnil(ra) || !ttistable(ra + 1))
        return 0;
    const LuaTable* t = hvalue(ra + 1);
    size_t begin = size_t(reinterpret_cast<uintptr_t>(pvalue(ra + 2)));
    size_t at = begin;
    while (at < size_t(t->sizearray) && ttisnil(&t->array[at]))
        at++;
    if (at < size_t(t->sizearray) || t->node == &luaH_dummynode)
        return at - begin;
    size_t end = size_t(t->sizearray) + (size_t(1) << t->lsizenode);
    while (at < end && ttisnil(gval(&t->node[at - t->sizearray])))
        at++;
    return at - begin;
}
