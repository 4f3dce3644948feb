// What the engine needs of Luau beyond its public interface. Plain C calls, no state of its own.
// Everything here is called from `engine/vm/src/shim.rs` only, which states what each call may rely on.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct lua_State;

extern "C"
{
    // What the hot paths share with the native side: the callbacks' userdata points at it (native.rs has the twin).
    struct dm_hot
    {
        int64_t fuel;            // interrupts left before `attend` is called
        uint32_t request;        // 0: none, 1: sleep for `ticks`, 2: parked
        uint32_t ticks;
        uint32_t unwinding;      // whether a terminal error unwinds the running tasklet
        void (*attend)(lua_State* L);
        int (*sleep_slowly)(lua_State* L); // `wait` with anything but a plain number of ticks
    };

    void dm_interrupt(lua_State* L, int collecting);

    // `wait(ticks)`.
    int dm_sleep(lua_State* L);

    // Resumes a thread that sleeps in `dm_sleep`, which returns `slept`.
    int dm_wake(lua_State* L, double slept);

    // Cuts the stack and the call list of a suspended thread down to what its frames use.
    // May raise an out-of-memory error only when growing, which it never does.
    void dm_trim(lua_State* L);

    // Brings a thread that is done (or failed) back to the state of a new one, keeping its memory.
    void dm_recycle(lua_State* L);

    // Touches the cache lines that the next resume of this thread reads first.
    void dm_prefetch_state(const lua_State* L);
    void dm_prefetch_stack(const lua_State* L);

    // The state of the generator behind `math.random`.
    uint64_t dm_random_state(const lua_State* L);
    void dm_set_random_state(lua_State* L, uint64_t state);

    // The C function that a thread is suspended in, or null where it is suspended in Luau code.
    typedef int (*dm_function)(lua_State*);
    dm_function dm_suspended_in(const lua_State* L);

    // Bytes of a thread with its stack and call list.
    size_t dm_thread_bytes(const lua_State* L);

    // See walk.cpp.
    typedef void (*dm_sink)(void* context, const uint8_t* bytes, size_t size);
    struct dm_walk;
    dm_walk* dm_walk_new(lua_State* L, dm_sink sink, void* context);
    void dm_walk_value(dm_walk* walk, lua_State* L, int index);
    void dm_walk_thread(dm_walk* walk, lua_State* thread);
    size_t dm_walk_bytes(const dm_walk* walk);
    void dm_walk_free(dm_walk* walk);
}
