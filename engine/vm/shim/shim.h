// What the engine needs of Luau beyond its public interface. Plain C calls, no state of its own.
// Everything here is called from `engine/vm/src/shim.rs` only, which states what each call may rely on.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct lua_State;
struct dm_catalog;

// Interrupts that an error which is caught costs: frames are unwound (sandbox.rs has the twin).
#define DM_CATCHING 64

extern "C"
{
    // What the hot paths share with the native side: the callbacks' userdata points at it (native.rs has the twin).
    struct dm_hot
    {
        int64_t fuel;            // interrupts left before `attend` is called
        int64_t bytes;           // allocated since the fuel was handed out
        int64_t worked;          // work done since then, in interrupts
        uint32_t request;        // 0: none, 1: sleep for `ticks`, 2: parked
        uint32_t ticks;
        uint32_t unwinding;      // whether a terminal error unwinds the running tasklet
        void (*attend)(lua_State* L);
        int (*sleep_slowly)(lua_State* L); // `wait` with anything but a plain number of ticks
        int (*pcall_slowly)(lua_State* L);
        int (*pcall_failed)(lua_State* L, int status);
        const void* id;          // the string "id", which lives as long as the VM
    };

    // A string that is never collected.
    const void* dm_fixed_string(lua_State* L, const char* text);

    // Whether the value at an index of the running function is a light userdata, or a table whose field `id` is one.
    int dm_handle_at(const lua_State* L, int index, int* tag, uint64_t* bits);

    // Pushes a table with room for so many fields, one of which is `id`, and with the metatable that is kept under this
    // number in the registry. Needs room for one value; may raise an out-of-memory error.
    void dm_push_object(lua_State* L, int fields, int tag, uint64_t bits, int metatable);

    // Pops the value on top and stores it by a fixed string in the table at an index; nowhere, where that is no table or
    // read-only. May raise an out-of-memory error.
    void dm_set_word(lua_State* L, int table, const void* word);
    // Pushes a fixed string. Needs room for one value.
    void dm_push_word(lua_State* L, const void* word);

    // The type of the value at an index of the running function; -1 where there is none.
    int dm_kind(const lua_State* L, int index);
    // Pushes what is kept under a number in the registry. May raise an out-of-memory error.
    void dm_push_pin(lua_State* L, int pin);

    // See shape.cpp. How many entries of the table at `given` are fields of the shape, and how many of them are required;
    // -1 where it is not a usual one.
    int dm_sort_entries(lua_State* L, int given, int shape, int places, int* required);
    // Copies them into the table that is kept under a number in the registry. May raise an out-of-memory error.
    void dm_take_entries(lua_State* L, int given, int shape, int into);

    // The wrapper of an intercepted function begins: puts a token, the error handler and the original before the
    // arguments. See intercept.rs.
    void dm_begin_intercepted(lua_State* L, double token);
    void dm_set_token(lua_State* L, double token);
    // Handler and original once more, where the call was suspended before it began.
    void dm_begin_again(lua_State* L);

    void dm_interrupt(lua_State* L, int collecting);

    // Luau allocated something: counts what is the same whatever the heap looks like, and charges what is large of it.
    void dm_allocated(lua_State* L, void* block, size_t old, size_t size, uint8_t category, int kind, int tag);

    // `pcall(f, ...)` and its continuation: their usual ways.
    int dm_pcall(lua_State* L);
    int dm_pcall_ended(lua_State* L, int status);

    // `wait(ticks)`.
    int dm_sleep(lua_State* L);

    // Resumes a thread that sleeps in `dm_sleep`, which returns `slept`.
    int dm_wake(lua_State* L, double slept);

    // Cuts the stack and the call list of a suspended thread down to what its frames use.
    // Leaves it as it is where there is no memory even for that.
    void dm_trim(lua_State* L);

    // Cuts a new thread down to what it needs until it runs. May raise an out-of-memory error.
    void dm_be_born(lua_State* L);

    // Resumes a thread that has not run yet.
    int dm_start(lua_State* L, int arguments);

    // Brings a thread that is done (or failed) back to the state of a new one, keeping its memory. Takes none, and so
    // never fails; returns 0, with nothing done, where the thread has grown too large to be kept.
    int dm_recycle(lua_State* L);

    // Calls `body` protected, on the stack of `L`, in which no function runs. What it leaves there is dropped; after an
    // error that is on top.
    typedef void (*dm_body)(lua_State* L, void* context);
    int dm_enter(lua_State* L, dm_body body, void* context);

    // How many results the caller of the running function takes; -1 for all.
    int dm_wanted(const lua_State* L);

    // Touches the cache lines that the next resume of this thread reads first.
    void dm_prefetch_state(const lua_State* L);
    void dm_prefetch_stack(const lua_State* L);

    // Has `tostring` show the same address for everything: a world that is restored has others.
    void dm_hide_addresses(lua_State* L);

    // The state of the generator behind `math.random`.
    uint64_t dm_random_state(const lua_State* L);
    void dm_set_random_state(lua_State* L, uint64_t state);

    typedef int (*dm_function)(lua_State*);

    // The C function that a thread is suspended in, or null where it is suspended in Luau code.
    dm_function dm_suspended_in(const lua_State* L);

    // Runs a C function in the running one's frame. What it calls can't yield, also where the running function has a
    // continuation.
    int dm_run_unyieldable(lua_State* L, dm_function function);

    // Items that the array of a table has room for.
    uint32_t dm_array_room(const lua_State* L, int index);

    // See barrier.cpp.
    int dm_barrier(const lua_State* L, const char** name);

    // Bytes of a thread with its stack and call list.
    size_t dm_thread_bytes(const lua_State* L);

    // See peek.cpp. A value as it lies in the VM, copied out; the twin of `RawValue` in shim.rs.
    struct dm_value
    {
        uint64_t bits;
        int32_t extra;
        int32_t type;
    };
    struct dm_code
    {
        const char* name;
        const char* source;
        int32_t line;
    };
    void dm_peek_globals(const lua_State* L, dm_value* value);
    void dm_peek_pin(const lua_State* L, int pin, dm_value* value);
    // Places for entries that a table has; and the next entry in one of them from `at` on and before `end`: returns
    // the place after it, -1 where there is none.
    int dm_peek_places(const dm_value* table);
    int dm_peek_next(const dm_value* table, int at, int end, dm_value* key, dm_value* value);
    void dm_peek_field(const lua_State* L, const dm_value* table, const char* name, size_t size, dm_value* value);
    int dm_peek_metatable(const dm_value* table, dm_value* metatable);
    int dm_peek_frozen(const dm_value* table);
    const char* dm_peek_text(const dm_value* value, size_t* size);
    size_t dm_peek_buffer(const dm_value* value);
    void dm_peek_function(const dm_value* value, dm_code* code);
    lua_State* dm_peek_thread(const dm_value* value);
    // The coroutine that a thread, suspended in our `coroutine.resume` (or a wrapped one), has resumed.
    lua_State* dm_peek_resumed(const lua_State* L, int wrapped);
    // The function that a coroutine will begin with.
    int dm_peek_first(const lua_State* L, dm_value* value);
    // Locals from number `*at` on that are alive where the frame is, with their places in it; further arguments;
    // upvalues.
    const char* dm_peek_local(const lua_State* L, int level, int* at, int* place, dm_value* value);
    int dm_peek_vararg(const lua_State* L, int level, int at, dm_value* value);
    const char* dm_peek_upvalue(const lua_State* L, int level, int at, dm_value* value);

    // Slots of the table at `index`, used or not.
    size_t dm_table_slots(lua_State* L, int index);

    // Slots from the key at `from` to the key at `to` (nil: from the first, to the last).
    size_t dm_slots_between(lua_State* L, int table, int from, int to);

    // Within an interrupt: unused slots that the loop over a table which is about to turn passes over.
    size_t dm_slots_ahead(lua_State* L);

    // The line in which a function of the script (whose main function is at `index`) assigns a local of the script's
    // main part, and that local's name, which lives as long as the function; 0 where none does.
    int dm_shared_write(lua_State* L, int index, const char** name);

    // See walk.cpp.
    typedef void (*dm_sink)(void* context, const uint8_t* bytes, size_t size);
    struct dm_walk;
    dm_walk* dm_walk_new(lua_State* L, dm_catalog* catalog, dm_sink sink, void* context);
    void dm_walk_pin(dm_walk* walk, const lua_State* L, int pin);
    void dm_walk_hide(dm_walk* walk, int tag);
    void dm_walk_without(dm_walk* walk, const dm_walk* other);
    void dm_walk_thread(dm_walk* walk, lua_State* thread);
    size_t dm_walk_bytes(const dm_walk* walk);
    void dm_walk_free(dm_walk* walk);
}
