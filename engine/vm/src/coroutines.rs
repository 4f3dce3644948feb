//! The scripts' own coroutines. One that waits for the engine suspends the whole tasklet: each coroutine that resumed
//! it yields in turn, down to the scheduler, and the way back resumes each again. A script's own `yield` goes to its
//! own `resume` as ever, and the script can tell neither from the other.

use std::os::raw::c_int;

use mlua::ffi::{self, lua_State};

use crate::frame::Frame;
use crate::host::Raise;
use crate::native::{Native, NotedTrace, is_error, request};
use crate::sandbox::{self, set_function};
use crate::shim;
use crate::trace;

/// Replaces the library's functions that resume and yield.
///
/// # Safety
/// `state` is a main state with the library open, under a protected call.
pub(crate) unsafe fn open(state: *mut lua_State) {
    // SAFETY: by the caller's promise.
    unsafe {
        ffi::lua_getfield(state, ffi::LUA_GLOBALSINDEX, c"coroutine".as_ptr());
        set_function(state, -1, c"resume", resume, Some(resume_again));
        set_function(state, -1, c"wrap", wrap, None);
        set_function(state, -1, c"yield", suspend, None);
        ffi::lua_getfield(state, -1, c"close".as_ptr());
        let close_original = ffi::lua_tocfunction(state, -1);
        ffi::lua_settop(state, -2);
        (*Native::of(state)).close = close_original;
        set_function(state, -1, c"close", close, None);
        ffi::lua_settop(state, 0);
    }
}

/// Marks a coroutine as a tasklet, which only the engine resumes.
///
/// # Safety
/// `state` is live.
pub(crate) unsafe fn mark_tasklet(state: *mut lua_State) {
    // SAFETY: by the caller's promise; the data is never dereferenced.
    unsafe { ffi::lua_setthreaddata(state, std::ptr::without_provenance_mut(1)) }
}

/// Which function here a coroutine is suspended in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resumer {
    /// `coroutine.resume`; the coroutine that it resumed is its first argument.
    Resume,
    /// A function made by `coroutine.wrap`; its coroutine is its first upvalue.
    Wrapped,
}

/// The function that a coroutine is suspended in, where it waits in one that it has resumed.
///
/// # Safety
/// `state` is live and suspended.
pub(crate) unsafe fn resumer(state: *mut lua_State) -> Option<Resumer> {
    // SAFETY: by the caller's promise.
    let function = unsafe { shim::dm_suspended_in(state) }?;
    if std::ptr::fn_addr_eq(function, resume as ffi::lua_CFunction) {
        return Some(Resumer::Resume);
    }
    std::ptr::fn_addr_eq(function, wrapped as ffi::lua_CFunction).then_some(Resumer::Wrapped)
}

/// Whether resuming the coroutine must go through one of the functions here.
///
/// # Safety
/// `state` is live and suspended.
pub(crate) unsafe fn is_dispatching(state: *mut lua_State) -> bool {
    // SAFETY: by the caller's promise.
    unsafe { resumer(state) }.is_some()
}

unsafe fn coroutine_at(state: *mut lua_State, at: c_int, what: &str) -> *mut lua_State {
    // SAFETY: called from C functions on a live state.
    unsafe {
        let coroutine = ffi::lua_tothread(state, at);
        if coroutine.is_null() {
            let raise = Raise::Message(format!("coroutine.{what} takes a coroutine"));
            sandbox::throw(state, raise);
        }
        // One that runs, or waits for what it resumed, can't be resumed by anybody: that is said as of any other.
        let marked = !ffi::lua_getthreaddata(coroutine).is_null();
        if marked && ffi::lua_costatus(state, coroutine) == ffi::LUA_COSUS {
            let raise =
                Raise::Message(format!("coroutine.{what} can't take a tasklet: use the task that `start` returned"));
            sandbox::throw(state, raise);
        }
        coroutine
    }
}

/// How a resumed coroutine came back.
enum Back {
    /// It yielded or ended, with so many values, which are on this stack.
    Values(c_int),
    /// It failed; the error is on this stack.
    Failed,
    /// It waits for the engine.
    Waits,
}

/// Resumes `coroutine` with the last `count` values of `state`.
unsafe fn step(state: *mut lua_State, coroutine: *mut lua_State, count: c_int) -> Back {
    // SAFETY: both are live coroutines of one VM; `count` values are on top of `state`.
    unsafe {
        let native = Native::of(state);
        if ffi::lua_costatus(state, coroutine) != ffi::LUA_COSUS {
            let status = ffi::lua_costatus(state, coroutine);
            let word = match status {
                ffi::LUA_CORUN => "running",
                ffi::LUA_CONOR => "normal",
                _ => "dead",
            };
            (*native).raising = false;
            Frame::new(state).push_text(&format!("cannot resume {word} coroutine"));
            return Back::Failed;
        }
        if ffi::lua_checkstack(coroutine, count) == 0 {
            Frame::new(state).push_text("too many arguments to resume");
            return Back::Failed;
        }
        ffi::lua_xmove(state, coroutine, count);
        // What is noted when this comes back was noted on the way.
        (*native).trace = None;
        let status = if (*native).raising && !is_dispatching(coroutine) {
            (*native).raising = false;
            ffi::lua_resumeerror(coroutine, state)
        } else {
            ffi::lua_resume_(coroutine, state, count)
        };
        settle(state, coroutine, status)
    }
}

unsafe fn settle(state: *mut lua_State, coroutine: *mut lua_State, status: c_int) -> Back {
    // SAFETY: as `step`.
    unsafe {
        let native = Native::of(state);
        if is_error(status) {
            ffi::lua_rawcheckstack(state, 1);
            ffi::lua_xmove(coroutine, state, 1);
            note_trace(state, coroutine);
            sandbox::pass_terminal(state, status);
            return Back::Failed;
        }
        if status == ffi::LUA_YIELD && (*native).hot.request != request::NONE {
            if ffi::lua_isyieldable(state) != 0 {
                return Back::Waits;
            }
            // The coroutine may wait, but who resumed it may not: the wait itself fails.
            (*native).hot.request = request::NONE;
            let raise = Frame::new(state).can_wait().err();
            let Some(Raise::Message(message)) = raise else { sandbox::throw(state, Raise::Again) };
            ffi::lua_rawcheckstack(coroutine, 1);
            Frame::new(coroutine).push_text(&message);
            drop(message);
            let status = ffi::lua_resumeerror(coroutine, state);
            return settle(state, coroutine, status);
        }
        let count = ffi::lua_gettop(coroutine);
        if ffi::lua_checkstack(state, count + 1) == 0 {
            ffi::lua_settop(coroutine, 0);
            Frame::new(state).push_text("too many results to resume");
            return Back::Failed;
        }
        ffi::lua_xmove(coroutine, state, count);
        Back::Values(count)
    }
}

/// Interrupts that noting a trace costs.
const TRACE_COST: i64 = 16;

/// Notes the whole way of an error that left a coroutine: its own frames, then those of who resumed it. They would be
/// lost with the coroutine, whether the script raises the error again or it ends the tasklet.
unsafe fn note_trace(state: *mut lua_State, coroutine: *mut lua_State) {
    // SAFETY: both are live; the error is on top of `state`; a failed coroutine keeps its frames.
    unsafe {
        let native = Native::of(state);
        (*native).hot.fuel -= TRACE_COST;
        let of = ffi::lua_topointer(state, -1);
        let noted = (*native).trace.take().filter(|trace| trace.of == of);
        let mut text = noted.map_or_else(|| trace::traceback(coroutine, 0), |trace| trace.text);
        text += &trace::traceback(state, 0);
        (*native).trace = Some(NotedTrace { of, text });
    }
}

/// What `coroutine.resume` returns.
unsafe fn answer(state: *mut lua_State, back: Back) -> c_int {
    // SAFETY: the values that `back` speaks of are on the stack.
    unsafe {
        match back {
            Back::Values(count) => {
                ffi::lua_rawcheckstack(state, 1);
                ffi::lua_pushboolean(state, 1);
                ffi::lua_insert(state, -(count + 1));
                count + 1
            }
            Back::Failed => {
                ffi::lua_rawcheckstack(state, 1);
                ffi::lua_pushboolean(state, 0);
                ffi::lua_insert(state, -2);
                2
            }
            Back::Waits => ffi::lua_yield(state, 0),
        }
    }
}

/// # Safety
/// Called by Luau.
pub(crate) unsafe extern "C-unwind" fn resume(state: *mut lua_State) -> c_int {
    // SAFETY: Luau calls with a live state.
    unsafe {
        let coroutine = coroutine_at(state, 1, "resume");
        let back = step(state, coroutine, ffi::lua_gettop(state) - 1);
        answer(state, back)
    }
}

/// The tasklet was suspended in a coroutine that `resume` had resumed, and goes on.
///
/// # Safety
/// Called by Luau.
pub(crate) unsafe extern "C-unwind" fn resume_again(state: *mut lua_State, _status: c_int) -> c_int {
    // SAFETY: the frame holds the coroutine and what the tasklet was resumed with.
    unsafe {
        let coroutine = ffi::lua_tothread(state, 1);
        let back = step(state, coroutine, ffi::lua_gettop(state) - 1);
        answer(state, back)
    }
}

unsafe extern "C-unwind" fn wrap(state: *mut lua_State) -> c_int {
    // SAFETY: Luau calls with a live state; the new coroutine is an upvalue of the function that resumes it.
    unsafe {
        if ffi::lua_type(state, 1) != ffi::LUA_TFUNCTION {
            sandbox::throw(state, Raise::from("coroutine.wrap takes a function"));
        }
        let coroutine = ffi::lua_newthread(state);
        ffi::lua_pushvalue(state, 1);
        ffi::lua_xmove(state, coroutine, 1);
        ffi::lua_pushcclosurek(state, wrapped, c"wrapped".as_ptr(), 1, Some(wrapped_again));
        1
    }
}

/// What the function made by `coroutine.wrap` returns, or raises.
unsafe fn answer_wrapped(state: *mut lua_State, back: Back) -> c_int {
    // SAFETY: the values that `back` speaks of are on the stack.
    unsafe {
        match back {
            Back::Values(count) => count,
            Back::Failed => ffi::lua_error(state),
            Back::Waits => ffi::lua_yield(state, 0),
        }
    }
}

/// # Safety
/// Called by Luau.
pub(crate) unsafe extern "C-unwind" fn wrapped(state: *mut lua_State) -> c_int {
    // SAFETY: Luau calls with a live state and our upvalue.
    unsafe {
        let coroutine = ffi::lua_tothread(state, ffi::lua_upvalueindex(1));
        let back = step(state, coroutine, ffi::lua_gettop(state));
        answer_wrapped(state, back)
    }
}

/// # Safety
/// Called by Luau.
pub(crate) unsafe extern "C-unwind" fn wrapped_again(state: *mut lua_State, _status: c_int) -> c_int {
    // SAFETY: as `wrapped`; the frame holds what the tasklet was resumed with.
    unsafe { wrapped(state) }
}

/// `coroutine.yield`: Luau's own, but for the error where it can't.
unsafe extern "C-unwind" fn suspend(state: *mut lua_State) -> c_int {
    // SAFETY: Luau calls with a live state.
    unsafe {
        if ffi::lua_isyieldable(state) == 0 {
            let message = format!("can't yield here: {}", Frame::new(state).barrier());
            sandbox::throw(state, Raise::Message(message));
        }
        ffi::lua_yield(state, ffi::lua_gettop(state))
    }
}

unsafe extern "C-unwind" fn close(state: *mut lua_State) -> c_int {
    // SAFETY: Luau calls with a live state; the original takes the frame as it is.
    unsafe {
        coroutine_at(state, 1, "close");
        match (*Native::of(state)).close {
            Some(original) => original(state),
            None => 0,
        }
    }
}
