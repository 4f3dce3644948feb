//! Intercepted functions: the host is asked before the call and told after it, however it ends, and the script that
//! calls and the function that is called know nothing of it. The call may wait.
//!
//! The wrapper is a C function with the original, the interceptor's number and the error handler as upvalues. Its first
//! stack slot holds the token that the host gave, or one of the two states below; then come the handler, the original
//! and the arguments, just as the protected call wants them, and later, after the handler, the results.

use std::os::raw::c_int;

use mlua::ffi::{self, lua_State};

use crate::frame::{Frame, push_value};
use crate::host::{Entry, Exit};
use crate::native::{Native, NotedTrace, request};
use crate::sandbox;
use crate::shim;
use crate::value::{Pin, Value};

/// In the token's slot while the host wants to be asked again.
const RETRYING: f64 = -1.0;
/// In the token's slot while the call waits for another one's result.
const JOINED: f64 = -2.0;

/// Wraps the function on top of the stack.
///
/// # Safety
/// `state` is live, protected, and has a function on top.
pub(crate) unsafe fn wrap(state: *mut lua_State, interceptor: u32) {
    // SAFETY: by the caller's promise.
    unsafe {
        ffi::lua_rawcheckstack(state, 2);
        ffi::lua_pushnumber(state, f64::from(interceptor));
        ffi::lua_pushcclosurek(state, note_trace, c"trace".as_ptr(), 0, None);
        ffi::lua_pushcclosurek(state, call, c"action".as_ptr(), 3, Some(resumed));
    }
}

/// # Safety
/// Called by Luau.
pub(crate) unsafe extern "C-unwind" fn call(state: *mut lua_State) -> c_int {
    // SAFETY: Luau calls with a live state and the wrapper's upvalues.
    unsafe {
        shim::dm_begin_intercepted(state, RETRYING);
        enter(state)
    }
}

/// Asks the host, with the arguments in slots 4 and up.
///
/// # Safety
/// `state` runs the wrapper.
unsafe fn enter(state: *mut lua_State) -> c_int {
    // SAFETY: by the caller's promise; the frame that the host sees is this call's own.
    unsafe {
        let interceptor = ffi::lua_tonumberx(state, ffi::lua_upvalueindex(2), std::ptr::null_mut()) as u32;
        let native = Native::of(state);
        let top = ffi::lua_gettop(state);
        let entry = sandbox::with_host(state, |host| host.enter(interceptor, &mut Frame::new(state)));
        ffi::lua_settop(state, top);
        match entry {
            Ok(Entry::Run(token)) => {
                shim::dm_set_token(state, f64::from(token));
                ffi::lua_pcallyieldable(state, ffi::lua_gettop(state) - 3, ffi::LUA_MULTRET, 2)
            }
            Ok(wait @ (Entry::Retry | Entry::Join)) => {
                if wait == Entry::Join {
                    shim::dm_set_token(state, JOINED);
                }
                (*native).hot.request = request::PARK;
                ffi::lua_yield(state, 0)
            }
            Err(raise) => sandbox::throw(state, raise),
        }
    }
}

/// The error handler: notes where a script error was raised, before its frames are gone.
///
/// # Safety
/// Called by Luau, with the error as the only value.
pub(crate) unsafe extern "C-unwind" fn note_trace(state: *mut lua_State) -> c_int {
    // SAFETY: by the contract; where a forged capture has others call it, as if there had been one value.
    unsafe {
        ffi::lua_rawcheckstack(state, 1);
        ffi::lua_settop(state, 1);
        let native = Native::of(state);
        let of = ffi::lua_topointer(state, 1);
        let noted = (*native).trace.as_ref().is_some_and(|trace| trace.of == of);
        if ffi::lua_type(state, 1) == ffi::LUA_TSTRING && !noted {
            (*native).trace = Some(NotedTrace { of, text: crate::trace::traceback(state, 1) });
        }
        1
    }
}

/// The wrapper goes on: after the original ended, after an error in it, or after it was suspended by the host.
///
/// # Safety
/// Called by Luau.
pub(crate) unsafe extern "C-unwind" fn resumed(state: *mut lua_State, status: c_int) -> c_int {
    // SAFETY: Luau calls with the wrapper's frame as `run` or `enter` left it.
    unsafe {
        let token = ffi::lua_tonumberx(state, 1, std::ptr::null_mut());
        if token == RETRYING {
            shim::dm_begin_again(state);
            return enter(state);
        }
        if token == JOINED {
            return unpack(state);
        }
        leave(state, token as u32, status)
    }
}

/// Returns the values of the table `{ n = count, ... }` on top of the stack.
unsafe fn unpack(state: *mut lua_State) -> c_int {
    // SAFETY: the host resumes a joined call with one value; anything but such a table returns nothing.
    unsafe {
        if ffi::lua_type(state, -1) != ffi::LUA_TTABLE {
            return 0;
        }
        let table = ffi::lua_gettop(state);
        ffi::lua_rawgetfield(state, table, c"n".as_ptr());
        let count = ffi::lua_tonumberx(state, -1, std::ptr::null_mut()).clamp(0.0, 250.0) as c_int;
        ffi::lua_rawcheckstack(state, count);
        for at in 1..=count {
            ffi::lua_rawgeti_(state, table, at);
        }
        count
    }
}

/// Calls what was deferred to the end of the call. It runs inside a continuation, so it can't wait.
unsafe fn run_deferred(state: *mut lua_State, deferred: Option<Pin>) {
    let Some(pin) = deferred else { return };
    // SAFETY: the pin is a function that the host gave for this use; the call is protected and leaves nothing behind.
    unsafe {
        ffi::lua_rawcheckstack(state, 1);
        push_value(state, Value::Pin(pin));
        ffi::lua_unref(state, pin.0);
        if ffi::lua_pcall(state, 0, 0, 0) != ffi::LUA_OK {
            ffi::lua_settop(state, -2);
        }
    }
}

unsafe fn leave(state: *mut lua_State, token: u32, status: c_int) -> c_int {
    // SAFETY: the frame holds token, handler and then results, or anything and the error on top.
    unsafe {
        let native = Native::of(state);
        if status == ffi::LUA_OK {
            let top = ffi::lua_gettop(state);
            let deferred = sandbox::with_host(state, |host| host.leave(token, Exit::Returned, &mut Frame::new(state)));
            ffi::lua_settop(state, top);
            run_deferred(state, deferred);
            return top - 2;
        }
        sandbox::budget_if_refused(state, status);
        let top = ffi::lua_gettop(state);
        let terminal = (*native).terminal().filter(|terminal| status == ffi::LUA_ERRERR || terminal.is_on_top(state));
        let exit = if terminal.is_some() { Exit::Unwound } else { Exit::Raised };
        let deferred = sandbox::with_host(state, |host| host.leave(token, exit, &mut Frame::new(state)));
        ffi::lua_settop(state, top);
        run_deferred(state, deferred);
        if let Some(terminal) = terminal.filter(|terminal| terminal.until == Some(token)) {
            // The call that was to end has ended: from here on it is an ordinary error of its caller.
            ffi::lua_unref(state, terminal.pin.0);
            (*native).set_terminal(None);
        }
        ffi::lua_error(state)
    }
}
