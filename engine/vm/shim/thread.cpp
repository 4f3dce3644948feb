// Threads: trimming, recycling, prefetching, and the few fields of the VM that have no accessor.

#include "shim.h"

#include "lua.h"
#include "ldo.h"
#include "lfunc.h"
#include "lgc.h"
#include "lmem.h"
#include "lobject.h"
#include "lstate.h"

static_assert(LUA_VECTOR_SIZE == 3, "the engine's vectors have three components");

void dm_trim(lua_State* L)
{
    // A frame's `top` promises room for a call that it may still make. The frame on top of a suspended thread is
    // that of the C function that yielded: it makes no further call, so its promise is given back first.
    CallInfo* ci = L->ci;
    if (ci != L->base_ci && ttisfunction(ci->func) && clvalue(ci->func)->isC)
        ci->top = L->top;

    StkId used = L->top;
    for (CallInfo* frame = L->base_ci + 1; frame <= L->ci; frame++)
        if (frame->top > used)
            used = frame->top;
    // The frame below the first function holds no values and is entered again only when the thread ends.
    L->base_ci->top = used;

    int slots = int(used - L->stack);
    if (slots + EXTRA_STACK < L->stacksize)
        luaD_reallocstack(L, slots, 0);

    // One spare, since `end_ci` points at the last element and a call needs a place below it.
    int frames = int(L->ci - L->base_ci) + 2;
    if (frames < L->size_ci)
        luaD_reallocCI(L, frames);
}

void dm_recycle(lua_State* L)
{
    lua_resetthread(L);
}

void dm_prefetch_state(const lua_State* L)
{
    __builtin_prefetch(L);
    __builtin_prefetch(reinterpret_cast<const char*>(L) + 64);
}

void dm_prefetch_stack(const lua_State* L)
{
    const char* frame = reinterpret_cast<const char*>(L->ci);
    __builtin_prefetch(frame - sizeof(CallInfo));
    __builtin_prefetch(frame + sizeof(CallInfo) - 1);
    __builtin_prefetch(L->top);
    __builtin_prefetch(L->base - 4);
}

void dm_hide_addresses(lua_State* L)
{
    for (uint64_t& key : L->global->ptrenckey)
        key = 0;
}

uint64_t dm_random_state(const lua_State* L)
{
    return L->global->rngstate;
}

void dm_set_random_state(lua_State* L, uint64_t state)
{
    L->global->rngstate = state;
}

dm_function dm_suspended_in(const lua_State* L)
{
    if (L->ci == L->base_ci || !ttisfunction(L->ci->func))
        return nullptr;
    const Closure* closure = clvalue(L->ci->func);
    return closure->isC ? closure->c.f : nullptr;
}

size_t dm_thread_bytes(const lua_State* L)
{
    return sizeof(lua_State) + sizeof(TValue) * size_t(L->stacksize) + sizeof(CallInfo) * size_t(L->size_ci);
}
