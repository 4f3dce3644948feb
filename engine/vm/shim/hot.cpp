// The hottest paths: the interrupt that counts, and the wait that sleeps. They are here, and not in Rust, because
// they run a few times in every 25 ns and the public interface would cost more calls than they do work.

#include "shim.h"

#include "lua.h"
#include "ldo.h"
#include "lgc.h"
#include "lobject.h"
#include "lstate.h"
#include "lstring.h"
#include "ltable.h"
#include "lvm.h"

static dm_hot* hot(lua_State* L)
{
    return static_cast<dm_hot*>(L->global->cb.userdata);
}

void dm_interrupt(lua_State* L, int collecting)
{
    if (collecting >= 0)
        return;
    dm_hot* h = hot(L);
    if (--h->fuel < 0)
        h->attend(L);
}

void dm_allocated(lua_State* L, void*, size_t old, size_t size, uint8_t, int kind, int)
{
    // Whether a small string is allocated depends on which are there already, and whether a coroutine is on which can
    // be used again.
    if ((kind == LUA_TSTRING && size < 1024) || kind == LUA_TTHREAD)
        return;
    // Arrays grow as often as their owner's code adds to them, and so do stacks. (Nor can be asked who runs while a stack
    // or a list of calls has just been moved.)
    if (kind == LUA_T_ALL && old != 0)
        return;
    // The table of all strings grows when it is full, under whoever happens to run.
    const stringtable& strings = L->global->strt;
    if (kind == LUA_T_ALL && strings.nuse > uint32_t(strings.size))
        return;
    dm_hot* h = hot(L);
    if (kind == LUA_TSTRING || kind == LUA_T_ALL)
    {
        const bool library = L->ci == L->base_ci || !isLua(L->ci);
        // What a library function makes of strings is charged by its wrapper. A concatenation in Luau code always builds
        // a large string anew.
        if (kind == LUA_TSTRING && library)
            return;
        // Arrays that Luau code makes take no time by themselves.
        if (kind == LUA_T_ALL && (!library || size < 1024))
        {
            h->bytes += int64_t(size);
            return;
        }
    }
    h->bytes += int64_t(size);
    h->fuel -= int64_t(size / 256);
}

const void* dm_fixed_string(lua_State* L, const char* text)
{
    TString* string = luaS_new(L, text);
    luaS_fix(string);
    return string;
}

void dm_set_word(lua_State* L, int table, const void* word)
{
    const TValue* at = L->base + (table - 1);
    if (at < L->top - 1 && ttistable(at) && !hvalue(at)->readonly)
    {
        setobj2t(L, luaH_setstr(L, hvalue(at), const_cast<TString*>(static_cast<const TString*>(word))), L->top - 1);
        luaC_barriert(L, hvalue(at), L->top - 1);
    }
    L->top--;
}

void dm_push_word(lua_State* L, const void* word)
{
    luaC_threadbarrier(L);
    setsvalue(L, L->top, const_cast<TString*>(static_cast<const TString*>(word)));
    L->top++;
}

int dm_kind(const lua_State* L, int index)
{
    const TValue* at = L->base + (index - 1);
    return index > 0 && at < L->top ? ttype(at) : -1;
}

void dm_push_pin(lua_State* L, int pin)
{
    luaD_checkstack(L, 1);
    expandstacklimit(L, L->top + 1);
    luaC_threadbarrier(L);
    setobj2s(L, L->top, luaH_getnum(hvalue(registry(L)), pin));
    L->top++;
}

int dm_handle_at(const lua_State* L, int index, int* tag, uint64_t* bits)
{
    const TValue* v = L->base + (index - 1);
    if (v >= L->top)
        return 0;
    if (ttistable(v))
        v = luaH_getstr(hvalue(v), const_cast<TString*>(static_cast<const TString*>(hot(const_cast<lua_State*>(L))->id)));
    if (!ttislightuserdata(v))
        return 0;
    *tag = lightuserdatatag(v);
    *bits = uint64_t(uintptr_t(pvalue(v)));
    return 1;
}

void dm_push_object(lua_State* L, int fields, int tag, uint64_t bits, int metatable)
{
    luaC_threadbarrier(L);
    LuaTable* table = luaH_new(L, 0, fields);
    sethvalue(L, L->top, table);
    L->top++;
    TValue* id = luaH_setstr(L, table, const_cast<TString*>(static_cast<const TString*>(hot(L)->id)));
    setpvalue(id, reinterpret_cast<void*>(uintptr_t(bits)), tag);
    const TValue* meta = luaH_getnum(hvalue(registry(L)), metatable);
    if (ttistable(meta))
        table->metatable = hvalue(meta);
}

// Moves the values of the running C function up, to make room for so many before them.
static void makeroom(lua_State* L, int slots)
{
    luaD_checkstack(L, slots);
    for (StkId slot = L->top - 1; slot >= L->base; slot--)
        setobj2s(L, slot + slots, slot);
    L->top += slots;
    expandstacklimit(L, L->top);
}

static void setwrapped(lua_State* L)
{
    const Closure* wrapper = clvalue(L->ci->func);
    setobj2s(L, L->base + 1, &wrapper->c.upvals[2]);
    setobj2s(L, L->base + 2, &wrapper->c.upvals[0]);
}

void dm_begin_intercepted(lua_State* L, double token)
{
    makeroom(L, 3);
    setnvalue(L->base, token);
    setwrapped(L);
}

void dm_begin_again(lua_State* L)
{
    int missing = 3 - int(L->top - L->base);
    if (missing > 0)
        luaD_checkstack(L, missing);
    for (; missing > 0; missing--)
    {
        setnilvalue(L->top);
        L->top++;
    }
    expandstacklimit(L, L->top);
    setwrapped(L);
}

int dm_pcall(lua_State* L)
{
    if (L->top == L->base)
        return hot(L)->pcall_slowly(L);
    return lua_pcallyieldable(L, int(L->top - L->base) - 1, LUA_MULTRET, 0);
}

int dm_pcall_ended(lua_State* L, int status)
{
    if (status == LUA_OK)
    {
        makeroom(L, 1);
        setbvalue(L->base, 1);
        return int(L->top - L->base);
    }
    if (status != LUA_ERRRUN || hot(L)->unwinding)
        return hot(L)->pcall_failed(L, status);
    // It takes time, but no memory.
    hot(L)->worked += DM_CATCHING;
    luaD_checkstack(L, 1);
    setobj2s(L, L->top, L->top - 1);
    setbvalue(L->top - 1, 0);
    L->top++;
    expandstacklimit(L, L->top);
    return 2;
}

void dm_set_token(lua_State* L, double token)
{
    setnvalue(L->base, token);
}

int dm_sleep(lua_State* L)
{
    dm_hot* h = hot(L);
    double ticks = 1.0;
    bool plain = L->top == L->base;
    if (!plain && ttisnumber(L->base))
    {
        ticks = nvalue(L->base);
        plain = ticks >= 1.0 && ticks <= 4294967295.0;
    }
    if (!plain || h->unwinding || L->nCcalls > L->baseCcalls)
        return h->sleep_slowly(L);
    h->request = 1;
    h->ticks = uint32_t(ticks);
    L->base = L->top;
    L->status = LUA_YIELD;
    return -1;
}

// Returns from `dm_sleep` to the Luau function that called it: what `luau_poscall` does with one result, written where it
// is to be (or nowhere, since most who sleep do not ask for how long) and not beside it first.
static void returnnumber(lua_State* L, double result)
{
    const CallInfo* ci = L->ci;
    CallInfo* caller = L->ci - 1;
    StkId to = ci->func;
    if (ci->nresults != 0)
    {
        setnvalue(to, result);
        to++;
        for (int nils = ci->nresults - 1; nils > 0; nils--, to++)
            setnilvalue(to);
    }
    L->ci = caller;
    L->base = caller->base;
    L->top = ci->nresults == LUA_MULTRET ? to : caller->top;
}

static void run(lua_State* L, void*)
{
    luau_execute(L);
}

// Whether a thread sleeps in `dm_sleep`, called from Luau code.
static bool sleepsplainly(const lua_State* L)
{
    const CallInfo* caller = L->ci - 1;
    const Closure* waits = clvalue(L->ci->func);
    return L->status == LUA_YIELD && waits->isC && waits->c.f == dm_sleep && caller != L->base_ci &&
           !clvalue(caller->func)->isC && !(caller->flags & LUA_CALLINFO_OPYIELD);
}

// What `lua_resume` does, less what can't be the case for a thread that sleeps in `dm_sleep` called from Luau code.
// All that is not the plain way (asleep again, or at its end) is left to Luau's own functions, which take a thread
// over in the very state in which `run` leaves it.
int dm_wake(lua_State* L, double slept)
{
    if (LUAU_UNLIKELY(!sleepsplainly(L)))
    {
        setnvalue(L->top, slept);
        L->top++;
        return lua_resume(L, nullptr, 1);
    }

    returnnumber(L, slept);
    L->nCcalls = L->baseCcalls = 1;
    L->isactive = true;
    luaC_threadbarrier(L);
    L->status = LUA_OK;
    int status = luaD_rawrunprotected(L, run, nullptr);
    L->nCcalls = L->baseCcalls = 0;
    L->isactive = false;

    if (LUAU_LIKELY(status == LUA_OK && L->status == LUA_YIELD))
        return LUA_YIELD;

    if (status != LUA_OK)
    {
        // An error left the function: its handlers are looked for as if it had been raised from outside right there.
        if (status != LUA_ERRRUN)
            luaD_seterrorobj(L, status, L->top);
        L->status = LUA_YIELD;
        return lua_resumeerror(L, nullptr);
    }

    if (L->status == SCHEDULED_REENTRY || (L->status == LUA_OK && L->ci != L->base_ci))
    {
        // A protected call leaves its function for the resuming loop to run; or the function returned to a C function
        // that goes on (a protected call, again).
        L->status = LUA_YIELD;
        return lua_resume(L, nullptr, 0);
    }
    expandstacklimit(L, L->top);
    return L->status;
}
