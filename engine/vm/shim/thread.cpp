// Threads: birth, trimming, recycling, prefetching, protected work on the main one, and the few fields of the VM that have no accessor.

#include "shim.h"

#include "lua.h"
#include "ldo.h"
#include "lfunc.h"
#include "lgc.h"
#include "lmem.h"
#include "lobject.h"
#include "lstate.h"

static_assert(LUA_VECTOR_SIZE == 3, "the engine's vectors have three components");

static void trim(lua_State* L, void*)
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

    int frames = int(L->ci - L->base_ci) + 1;
    if (frames < L->size_ci)
        luaD_reallocCI(L, frames);
}

void dm_trim(lua_State* L)
{
    // Blocks of another size are other blocks: a full heap may have none.
    luaD_rawrunprotected(L, trim, nullptr);
}

// What a thread that has not run yet needs: a function with a few arguments.
static constexpr int kBornSlots = 6;
static constexpr int kBornFrames = 2;

void dm_be_born(lua_State* L)
{
    luaD_reallocstack(L, kBornSlots, 0);
    luaD_reallocCI(L, kBornFrames);
    L->base_ci->top = L->stack_last;
}

// The size that a new thread of Luau has: what runs seldom needs more, and growing step by step costs more.
static void grow(lua_State* L, void*)
{
    if (L->stacksize < BASIC_STACK_SIZE + EXTRA_STACK)
        luaD_reallocstack(L, BASIC_STACK_SIZE, 0);
    if (L->size_ci < BASIC_CI_SIZE)
        luaD_reallocCI(L, BASIC_CI_SIZE);
}

int dm_start(lua_State* L, int arguments)
{
    // Where there is no memory for it, the resume says so.
    if (L->stacksize < BASIC_STACK_SIZE + EXTRA_STACK || L->size_ci < BASIC_CI_SIZE)
        luaD_rawrunprotected(L, grow, nullptr);
    return lua_resume(L, nullptr, arguments);
}

int dm_recycle(lua_State* L)
{
    if (L->stacksize > 4 * BASIC_STACK_SIZE || L->size_ci > 4 * BASIC_CI_SIZE)
        return 0;
    luaF_close(L, L->stack);
    CallInfo* ci = L->base_ci;
    ci->p = nullptr;
    ci->func = L->stack;
    ci->base = L->stack + 1;
    ci->top = L->stack_last;
    setnilvalue(ci->func);
    L->ci = ci;
    L->base = L->top = ci->base;
    L->status = LUA_OK;
    L->nCcalls = L->baseCcalls = 0;
    L->finalizers = nullptr;
    return 1;
}

int dm_enter(lua_State* L, dm_body body, void* context)
{
    ptrdiff_t top = savestack(L, L->top);
    int status = luaD_pcall(L, body, context, top, 0);
    if (status == LUA_OK)
        L->top = restorestack(L, top);
    return status;
}

int dm_wanted(const lua_State* L)
{
    return L->ci == L->base_ci ? LUA_MULTRET : L->ci->nresults;
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

uint32_t dm_array_room(const lua_State* L, int index)
{
    const TValue* slot = L->base + (index - 1);
    return slot < L->top && ttistable(slot) ? uint32_t(hvalue(slot)->sizearray) : 0;
}

size_t dm_thread_bytes(const lua_State* L)
{
    return sizeof(lua_State) + sizeof(TValue) * size_t(L->stacksize) + sizeof(CallInfo) * size_t(L->size_ci);
}
