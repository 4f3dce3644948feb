// Looks at values as they lie: for people who take a running world apart. Nothing here allocates in the VM, runs a
// metamethod, interns a string or touches a stack: looking must not move a single address, since the order of tables
// with keys that hash by address depends on them.

#include "shim.h"

#include "lua.h"
#include "ldebug.h"
#include "lfunc.h"
#include "lobject.h"
#include "lstate.h"
#include "lstring.h"
#include "ltable.h"

#include <string.h>

static_assert(sizeof(dm_value) == sizeof(TValue), "a value is copied whole");

static void out(dm_value* to, const TValue* from)
{
    memcpy(to, from, sizeof(*to));
}

static const TValue* in(const dm_value* value)
{
    return reinterpret_cast<const TValue*>(value);
}

void dm_peek_pin(const lua_State* L, int pin, dm_value* value)
{
    out(value, pin > 0 ? luaH_getnum(hvalue(&L->global->registry), pin) : luaO_nilobject);
}

int dm_peek_next(const dm_value* table, int at, int end, dm_value* key, dm_value* value)
{
    const LuaTable* t = hvalue(in(table));
    for (; at < t->sizearray && at < end; at++)
    {
        const TValue* item = &t->array[at];
        if (ttisnil(item))
            continue;
        TValue number;
        memset(&number, 0, sizeof(number));
        setnvalue(&number, double(at + 1));
        out(key, &number);
        out(value, item);
        return at + 1;
    }
    for (; at < end && at - t->sizearray < sizenode(t); at++)
    {
        const LuaNode* node = gnode(t, at - t->sizearray);
        if (ttisnil(gval(node)))
            continue;
        TValue k;
        k.value = node->key.value;
        memcpy(k.extra, node->key.extra, sizeof(k.extra));
        k.tt = node->key.tt;
        out(key, &k);
        out(value, gval(node));
        return at + 1;
    }
    return -1;
}

void dm_peek_globals(const lua_State* L, dm_value* value)
{
    TValue v;
    memset(&v, 0, sizeof(v));
    v.value.gc = reinterpret_cast<GCObject*>(L->global->mainthread->gt);
    v.tt = LUA_TTABLE;
    out(value, &v);
}

int dm_peek_places(const dm_value* table)
{
    const LuaTable* t = hvalue(in(table));
    return t->sizearray + sizenode(t);
}

void dm_peek_field(const lua_State* L, const dm_value* table, const char* name, size_t size, dm_value* value)
{
    out(value, luaO_nilobject);
    // A string that is in no table of strings is a key of no table.
    const stringtable* strings = &L->global->strt;
    unsigned hash = luaS_hash(name, size);
    for (TString* s = strings->hash[lmod(hash, strings->size)]; s; s = s->next)
        if (s->len == size && memcmp(getstr(s), name, size) == 0)
        {
            out(value, luaH_getstr(hvalue(in(table)), s));
            return;
        }
}

int dm_peek_metatable(const dm_value* table, dm_value* metatable)
{
    LuaTable* meta = hvalue(in(table))->metatable;
    if (!meta)
        return 0;
    TValue v;
    memset(&v, 0, sizeof(v));
    v.value.gc = reinterpret_cast<GCObject*>(meta);
    v.tt = LUA_TTABLE;
    out(metatable, &v);
    return 1;
}

int dm_peek_frozen(const dm_value* table)
{
    return hvalue(in(table))->readonly;
}

const char* dm_peek_text(const dm_value* value, size_t* size)
{
    *size = tsvalue(in(value))->len;
    return svalue(in(value));
}

size_t dm_peek_buffer(const dm_value* value)
{
    return bufvalue(in(value))->len;
}

void dm_peek_function(const dm_value* value, dm_code* code)
{
    const Closure* c = clvalue(in(value));
    code->name = nullptr;
    code->source = nullptr;
    code->line = 0;
    if (c->isC)
    {
        if (c->c.debugname)
            code->name = getstr(c->c.debugname);
        return;
    }
    const Proto* p = c->l.p;
    if (p->debugname)
        code->name = getstr(p->debugname);
    if (p->source)
        code->source = getstr(p->source);
    code->line = p->linedefined;
}

lua_State* dm_peek_thread(const dm_value* value)
{
    return thvalue(in(value));
}

lua_State* dm_peek_resumed(const lua_State* L, int wrapped)
{
    if (L->ci == L->base_ci || !ttisfunction(L->ci->func))
        return nullptr;
    const Closure* c = clvalue(L->ci->func);
    if (!c->isC || (wrapped && c->nupvalues < 1) || (!wrapped && L->ci->func + 1 >= L->top))
        return nullptr;
    const TValue* of = wrapped ? &c->c.upvals[0] : L->ci->func + 1;
    return ttisthread(of) ? thvalue(of) : nullptr;
}

int dm_peek_first(const lua_State* L, dm_value* value)
{
    if (L->status != LUA_OK || L->ci != L->base_ci || L->top <= L->base || !ttisfunction(L->base))
        return 0;
    out(value, L->base);
    return 1;
}

static CallInfo* frame(const lua_State* L, int level)
{
    if (level < 0 || level >= int(L->ci - L->base_ci))
        return nullptr;
    CallInfo* ci = L->ci - level;
    return isLua(ci) && ci->p ? ci : nullptr;
}

const char* dm_peek_local(const lua_State* L, int level, int* at, int* place, dm_value* value)
{
    const CallInfo* ci = frame(L, level);
    if (!ci)
        return nullptr;
    const Proto* p = ci->p;
    int pc = pcRel(ci->savedpc, p);
    for (; *at < p->sizelocvars; ++*at)
    {
        const LocVar* local = &p->locvars[*at];
        // A frame that was not entered yet has its parameters and nothing else.
        if (pc < local->startpc || pc >= local->endpc || ci->base + local->reg >= L->top)
            continue;
        out(value, ci->base + local->reg);
        *place = local->reg;
        ++*at;
        return getstr(local->varname);
    }
    return nullptr;
}

int dm_peek_vararg(const lua_State* L, int level, int at, dm_value* value)
{
    const CallInfo* ci = frame(L, level);
    // The arguments lie between the function and the frame's base, the named ones first.
    if (!ci || !ci->p->is_vararg || at >= int(ci->base - ci->func) - 1 - ci->p->numparams)
        return 0;
    out(value, ci->func + 1 + ci->p->numparams + at);
    return 1;
}

const char* dm_peek_upvalue(const lua_State* L, int level, int at, dm_value* value)
{
    const CallInfo* ci = frame(L, level);
    const Closure* c = ci ? clvalue(ci->func) : nullptr;
    if (!c || at >= c->nupvalues || at >= ci->p->sizeupvalues)
        return nullptr;
    const TValue* up = &c->l.uprefs[at];
    out(value, ttisupval(up) ? upvalue(up)->v : up);
    return ci->p->upvalues[at] ? getstr(ci->p->upvalues[at]) : "";
}
