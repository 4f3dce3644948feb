//! The functions of the C++ shim. What each may rely on is said where it is called.

use std::os::raw::{c_char, c_int, c_void};

use mlua::ffi::{lua_CFunction, lua_Continuation, lua_State};

use crate::capture::RawCatalog;
use crate::meter::BYTES_PER_CREDIT;

/// Receives the bytes of a walk.
pub(crate) type Sink = extern "C" fn(context: *mut c_void, bytes: *const u8, size: usize);

/// A value as it lies in the VM, copied out; the twin of `dm_value` in `shim.h`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct RawValue {
    pub(crate) bits: u64,
    pub(crate) extra: i32,
    pub(crate) tag: c_int,
}

impl RawValue {
    pub(crate) const NIL: RawValue = RawValue { bits: 0, extra: 0, tag: mlua::ffi::LUA_TNIL };
}

/// What a function is; the twin of `dm_code` in `shim.h`. The strings live as long as the function.
#[repr(C)]
pub(crate) struct RawCode {
    pub(crate) name: *const c_char,
    pub(crate) source: *const c_char,
    pub(crate) line: i32,
}

/// What is done under protection.
pub(crate) type Body = unsafe extern "C-unwind" fn(state: *mut lua_State, context: *mut c_void);

/// A walk in progress; owned by C++.
#[repr(C)]
pub(crate) struct RawWalk {
    _opaque: [u8; 0],
}

/// What the hot paths share with the VM's native side; the twin of `dm_hot` in `shim.h`.
#[repr(C)]
pub(crate) struct Hot {
    /// Interrupts left before `attend` is called.
    pub(crate) fuel: i64,
    /// Bytes allocated since the fuel was handed out, so far as they are the same whatever the heap looks like.
    pub(crate) bytes: i64,
    /// Work done since then that takes time, but brings no measurement nearer.
    pub(crate) worked: i64,
    /// See [`Request`](crate::native::Request).
    pub(crate) request: u32,
    pub(crate) ticks: u32,
    /// Whether a terminal error unwinds the running tasklet.
    pub(crate) unwinding: u32,
    pub(crate) attend: unsafe extern "C-unwind" fn(*mut lua_State),
    pub(crate) sleep_slowly: lua_CFunction,
    pub(crate) pcall_slowly: lua_CFunction,
    pub(crate) pcall_failed: lua_Continuation,
    /// The string "id".
    pub(crate) id: *const c_void,
}

/// Interrupts that are little work.
const LITTLE: i64 = 1_000;

impl Hot {
    /// Charges work: it takes time, but brings the next measurement no nearer.
    ///
    /// A little work is charged when the slice is over, so that it does not end it.
    pub(crate) fn work(&mut self, interrupts: i64) {
        match interrupts <= LITTLE {
            true => self.worked += interrupts,
            false => {
                self.fuel -= interrupts;
                self.bytes -= interrupts * BYTES_PER_CREDIT;
            }
        }
    }
}

unsafe extern "C-unwind" {
    pub(crate) fn dm_interrupt(state: *mut lua_State, collecting: c_int);
    pub(crate) fn dm_allocated(
        state: *mut lua_State,
        block: *mut c_void,
        old: usize,
        new: usize,
        category: u8,
        kind: c_int,
        tag: c_int,
    );
    pub(crate) fn dm_sleep(state: *mut lua_State) -> c_int;
    pub(crate) fn dm_wake(state: *mut lua_State, slept: f64) -> c_int;
    pub(crate) fn dm_run_unyieldable(state: *mut lua_State, function: lua_CFunction) -> c_int;
    pub(crate) fn dm_trim(state: *mut lua_State);
    pub(crate) fn dm_fixed_string(state: *mut lua_State, text: *const c_char) -> *const c_void;
    pub(crate) fn dm_push_object(state: *mut lua_State, fields: c_int, tag: c_int, bits: u64, metatable: c_int);
    pub(crate) fn dm_set_word(state: *mut lua_State, table: c_int, word: *const c_void);
    pub(crate) fn dm_push_pin(state: *mut lua_State, pin: c_int);
    pub(crate) fn dm_take_entries(state: *mut lua_State, given: c_int, shape: c_int, into: c_int);
    pub(crate) fn dm_begin_intercepted(state: *mut lua_State, token: f64);
    pub(crate) fn dm_begin_again(state: *mut lua_State);
    pub(crate) fn dm_pcall(state: *mut lua_State) -> c_int;
    pub(crate) fn dm_pcall_ended(state: *mut lua_State, status: c_int) -> c_int;
    pub(crate) fn dm_be_born(state: *mut lua_State);
    pub(crate) fn dm_start(state: *mut lua_State, arguments: c_int) -> c_int;
    pub(crate) fn dm_enter(state: *mut lua_State, body: Body, context: *mut c_void) -> c_int;
}

unsafe extern "C" {
    pub(crate) fn dm_recycle(state: *mut lua_State) -> c_int;
    pub(crate) fn dm_handle_at(state: *const lua_State, index: c_int, tag: *mut c_int, bits: *mut u64) -> c_int;
    pub(crate) fn dm_push_word(state: *mut lua_State, word: *const c_void);
    pub(crate) fn dm_kind(state: *const lua_State, index: c_int) -> c_int;
    pub(crate) fn dm_sort_entries(
        state: *mut lua_State,
        given: c_int,
        shape: c_int,
        places: c_int,
        required: *mut c_int,
    ) -> c_int;
    pub(crate) fn dm_set_token(state: *mut lua_State, token: f64);
    pub(crate) fn dm_wanted(state: *const lua_State) -> c_int;
    pub(crate) fn dm_prefetch_state(state: *const lua_State);
    pub(crate) fn dm_prefetch_stack(state: *const lua_State);
    pub(crate) fn dm_hide_addresses(state: *mut lua_State);
    pub(crate) fn dm_random_state(state: *const lua_State) -> u64;
    pub(crate) fn dm_set_random_state(state: *mut lua_State, value: u64);
    pub(crate) fn dm_suspended_in(state: *const lua_State) -> Option<lua_CFunction>;
    pub(crate) fn dm_array_room(state: *const lua_State, index: c_int) -> u32;
    pub(crate) fn dm_barrier(state: *const lua_State, name: *mut *const c_char) -> c_int;
    pub(crate) fn dm_thread_bytes(state: *const lua_State) -> usize;
    pub(crate) fn dm_peek_globals(state: *const lua_State, value: *mut RawValue);
    pub(crate) fn dm_peek_pin(state: *const lua_State, pin: c_int, value: *mut RawValue);
    pub(crate) fn dm_peek_next(
        table: *const RawValue,
        at: c_int,
        end: c_int,
        key: *mut RawValue,
        value: *mut RawValue,
    ) -> c_int;
    pub(crate) fn dm_peek_places(table: *const RawValue) -> c_int;
    pub(crate) fn dm_peek_field(
        state: *const lua_State,
        table: *const RawValue,
        name: *const c_char,
        size: usize,
        value: *mut RawValue,
    );
    pub(crate) fn dm_peek_metatable(table: *const RawValue, metatable: *mut RawValue) -> c_int;
    pub(crate) fn dm_peek_frozen(table: *const RawValue) -> c_int;
    pub(crate) fn dm_peek_text(value: *const RawValue, size: *mut usize) -> *const c_char;
    pub(crate) fn dm_peek_buffer(value: *const RawValue) -> usize;
    pub(crate) fn dm_peek_function(value: *const RawValue, code: *mut RawCode);
    pub(crate) fn dm_peek_thread(value: *const RawValue) -> *mut lua_State;
    pub(crate) fn dm_peek_resumed(state: *const lua_State, wrapped: c_int) -> *mut lua_State;
    pub(crate) fn dm_peek_first(state: *const lua_State, value: *mut RawValue) -> c_int;
    pub(crate) fn dm_peek_local(
        state: *const lua_State,
        level: c_int,
        at: *mut c_int,
        place: *mut c_int,
        value: *mut RawValue,
    ) -> *const c_char;
    pub(crate) fn dm_peek_vararg(state: *const lua_State, level: c_int, at: c_int, value: *mut RawValue) -> c_int;
    pub(crate) fn dm_peek_upvalue(
        state: *const lua_State,
        level: c_int,
        at: c_int,
        value: *mut RawValue,
    ) -> *const c_char;
    pub(crate) fn dm_walk_new(
        state: *mut lua_State,
        catalog: *mut RawCatalog,
        sink: Option<Sink>,
        context: *mut c_void,
    ) -> *mut RawWalk;
    pub(crate) fn dm_walk_pin(walk: *mut RawWalk, state: *const lua_State, pin: c_int);
    pub(crate) fn dm_shared_write(state: *mut lua_State, index: c_int, name: *mut *const c_char) -> c_int;
    pub(crate) fn dm_table_slots(state: *mut lua_State, index: c_int) -> usize;
    pub(crate) fn dm_slots_between(state: *mut lua_State, table: c_int, from: c_int, to: c_int) -> usize;
    pub(crate) fn dm_slots_ahead(state: *mut lua_State) -> usize;
    pub(crate) fn dm_walk_without(walk: *mut RawWalk, other: *const RawWalk);
    pub(crate) fn dm_walk_hide(walk: *mut RawWalk, tag: c_int);
    pub(crate) fn dm_walk_thread(walk: *mut RawWalk, thread: *mut lua_State);
    pub(crate) fn dm_walk_bytes(walk: *const RawWalk) -> usize;
    pub(crate) fn dm_walk_free(walk: *mut RawWalk);
}
