//! What scripts can reach: the standard library less everything that leaves the world or breaks it, protected calls
//! that let terminal errors pass, and the trampolines to the host.

use std::ffi::CStr;
use std::os::raw::{c_char, c_int};

use mlua::ffi::{self, lua_CFunction, lua_State};

use crate::callbacks;
use crate::charge::{self, BYTES_PER_UNIT};
use crate::coroutines;
use crate::frame::{Frame, push_value};
use crate::host::{Flow, Host, Raise};
use crate::native::{Native, Terminal, request};
use crate::value::{Handle, Value};

/// Globals of the base library that scripts can't have: environments of others, raw userdata, the collector.
const REMOVED: &[&CStr] = &[c"getfenv", c"setfenv", c"newproxy", c"gcinfo", c"collectgarbage", c"loadstring", c"print"];

/// Opens the libraries and takes away what scripts can't have.
///
/// # Safety
/// `state` is a fresh main state under a protected call.
pub(crate) unsafe fn open(state: *mut lua_State) {
    // SAFETY: library openers leave the stack as they found it, or one value higher; it is reset after each.
    unsafe {
        let openers: [(lua_CFunction, &CStr); 11] = [
            (ffi::luaopen_base, c""),
            (ffi::luaopen_coroutine, c"coroutine"),
            (ffi::luaopen_table, c"table"),
            (ffi::luaopen_string, c"string"),
            (ffi::luaopen_bit32, c"bit32"),
            (ffi::luaopen_buffer, c"buffer"),
            (ffi::luaopen_utf8, c"utf8"),
            (ffi::luaopen_math, c"math"),
            (ffi::luaopen_os, c"os"),
            (ffi::luaopen_debug, c"debug"),
            (ffi::luaopen_vector, c"vector"),
        ];
        for (opener, name) in openers {
            ffi::lua_pushcclosurek(state, opener, std::ptr::null(), 0, None);
            ffi::lua_pushlstring_(state, name.as_ptr(), name.to_bytes().len());
            ffi::lua_call(state, 1, 0);
        }
        for name in REMOVED {
            ffi::lua_pushnil(state);
            ffi::lua_setfield(state, ffi::LUA_GLOBALSINDEX, name.as_ptr());
        }
        // What is kept of these two is what can't leave the world: the host adds its own clock.
        keep(state, c"debug", &[c"traceback"]);
        keep(state, c"os", &[c"difftime"]);
        ffi::lua_getfield(state, ffi::LUA_GLOBALSINDEX, c"math".as_ptr());
        ffi::lua_pushnil(state);
        ffi::lua_setfield(state, -2, c"randomseed".as_ptr());
        ffi::lua_settop(state, 0);

        set_function(state, ffi::LUA_GLOBALSINDEX, c"pcall", pcall, Some(pcall_ended));
        set_function(state, ffi::LUA_GLOBALSINDEX, c"xpcall", xpcall, Some(xpcall_ended));
        coroutines::open(state);
        callbacks::open(state);
        charge::open(state);
        open_handles(state);
    }
}

/// Freezes the libraries and the globals, and promises Luau that nobody changes them.
///
/// # Safety
/// As [`open`].
pub(crate) unsafe fn seal(state: *mut lua_State) {
    // SAFETY: the globals table and the libraries in it are tables; the walk over them changes no key.
    unsafe {
        ffi::lua_pushnil(state);
        while ffi::lua_next(state, ffi::LUA_GLOBALSINDEX) != 0 {
            if ffi::lua_type(state, -1) == ffi::LUA_TTABLE {
                ffi::lua_setreadonly(state, -1, 1);
            }
            ffi::lua_settop(state, -2);
        }
        ffi::lua_pushlstring_(state, c"".as_ptr(), 0);
        if ffi::lua_getmetatable(state, -1) != 0 {
            ffi::lua_setreadonly(state, -1, 1);
        }
        ffi::lua_settop(state, 0);
        ffi::lua_setreadonly(state, ffi::LUA_GLOBALSINDEX, 1);
        ffi::lua_setsafeenv(state, ffi::LUA_GLOBALSINDEX, 1);
    }
}

unsafe fn keep(state: *mut lua_State, library: &CStr, kept: &[&CStr]) {
    // SAFETY: the library was opened, so the global is a table.
    unsafe {
        ffi::lua_getfield(state, ffi::LUA_GLOBALSINDEX, library.as_ptr());
        ffi::lua_createtable(state, 0, kept.len() as c_int);
        for name in kept {
            ffi::lua_getfield(state, -2, name.as_ptr());
            ffi::lua_setfield(state, -2, name.as_ptr());
        }
        ffi::lua_setfield(state, ffi::LUA_GLOBALSINDEX, library.as_ptr());
        ffi::lua_settop(state, -2);
    }
}

/// # Safety
/// `table` is the index of a writable table of the live, protected `state`.
pub(crate) unsafe fn set_function(
    state: *mut lua_State,
    table: c_int,
    name: &'static CStr,
    function: lua_CFunction,
    continuation: Option<ffi::lua_Continuation>,
) {
    // SAFETY: by the caller's promise; a relative index is used before anything is pushed below it.
    unsafe {
        let table = ffi::lua_absindex(state, table);
        ffi::lua_pushcclosurek(state, function, name.as_ptr(), 0, continuation);
        ffi::lua_setfield(state, table, name.as_ptr());
    }
}

// ---- calls to the host -----------------------------------------------------------------------------------------

/// Lets the host answer: nothing is refused to it, and it says itself what its work costs.
///
/// # Safety
/// `state` runs within a resume, which always has a host.
pub(crate) unsafe fn with_host<R>(state: *mut lua_State, body: impl FnOnce(&mut dyn Host) -> R) -> R {
    // SAFETY: by the caller's promise; the reference ends with `body`, which runs no script.
    unsafe {
        let native = Native::of(state);
        let armed = std::mem::replace(&mut (*native).meter.armed, false);
        let host = Native::host(native).expect("scripts run with a host");
        let result = body(host);
        (*native).meter.armed = armed;
        result
    }
}

/// Interrupts that saying what went wrong costs, besides its letters.
const RAISING: i64 = 500;
/// Interrupts that an error which is caught costs: frames are unwound (`shim.h` has the twin).
const CATCHING: i64 = 64;

/// Raises what the host said.
///
/// # Safety
/// `state` runs a C function, and the caller has nothing left to drop.
pub(crate) unsafe fn throw(state: *mut lua_State, raise: Raise) -> ! {
    // SAFETY: by the caller's promise; the message is copied and dropped before the throw.
    unsafe {
        ffi::lua_rawcheckstack(state, 2);
        let native = Native::of(state);
        match raise {
            Raise::Message(message) => {
                let armed = std::mem::replace(&mut (*native).meter.armed, false);
                (*native).hot.work(RAISING);
                (*native).hot.fuel -= message.len() as i64 / BYTES_PER_UNIT;
                let text = match crate::trace::innermost(state) {
                    Some(place) => format!("{}:{}: {message}", place.file, place.line),
                    None => message,
                };
                ffi::lua_pushlstring_(state, text.as_ptr().cast::<c_char>(), text.len());
                (*native).meter.armed = armed;
            }
            Raise::Value(pin) => {
                push_value(state, Value::Pin(pin));
                ffi::lua_unref(state, pin.0);
            }
            Raise::Again => {
                let pin = (*native).terminal().map_or((*native).cancelled, |terminal| terminal.pin);
                push_value(state, Value::Pin(pin));
            }
        }
        ffi::lua_error(state)
    }
}

unsafe fn flow(state: *mut lua_State, result: Result<Flow, Raise>) -> c_int {
    // SAFETY: called at the end of a C function that runs on `state`.
    unsafe {
        match result {
            Ok(Flow::Return(count)) => count as c_int,
            Ok(Flow::Suspend) => {
                (*Native::of(state)).hot.request = request::PARK;
                ffi::lua_yield(state, 0)
            }
            Err(raise) => throw(state, raise),
        }
    }
}

/// # Safety
/// `state` is live, protected, and has room for two values.
pub(crate) unsafe fn push_host_function(state: *mut lua_State, name: &'static CStr, function: u32) {
    // SAFETY: by the caller's promise.
    unsafe {
        ffi::lua_pushnumber(state, f64::from(function));
        ffi::lua_pushcclosurek(state, host_call, name.as_ptr(), 1, None);
    }
}

/// # Safety
/// As [`push_host_function`].
pub(crate) unsafe fn push_printer(state: *mut lua_State, name: &'static CStr, function: u32) {
    // SAFETY: by the caller's promise.
    unsafe {
        ffi::lua_pushnumber(state, f64::from(function));
        ffi::lua_pushcclosurek(state, print, name.as_ptr(), 1, None);
    }
}

/// Makes one text of the arguments, then calls the host with it. The host is not there yet while `__tostring` runs.
unsafe extern "C-unwind" fn print(state: *mut lua_State) -> c_int {
    // SAFETY: Luau calls with a live state and our upvalue; each value is replaced by its text, with one more above.
    unsafe {
        let count = ffi::lua_gettop(state);
        ffi::lua_rawcheckstack(state, count + 2);
        for at in 1..=count {
            if at > 1 {
                ffi::lua_pushlstring_(state, c"\t".as_ptr(), 1);
            }
            ffi::luaL_tolstring_(state, at, std::ptr::null_mut());
        }
        ffi::lua_concat(state, (2 * count - 1).max(0));
        ffi::lua_replace(state, 1);
        ffi::lua_settop(state, 1);
        host_call(state)
    }
}

/// # Safety
/// Called by Luau.
pub(crate) unsafe extern "C-unwind" fn host_call(state: *mut lua_State) -> c_int {
    // SAFETY: Luau calls with a live state and our upvalue.
    unsafe {
        let function = ffi::lua_tonumberx(state, ffi::lua_upvalueindex(1), std::ptr::null_mut()) as u32;
        if !Native::has_host(Native::of(state)) {
            // Luau looks up imported globals while it loads a script: there is nobody to ask yet.
            return 0;
        }
        let result = with_host(state, |host| host.call(function, &mut Frame::new(state)));
        flow(state, result)
    }
}

/// `wait` with anything but a plain number of ticks, or where it can't wait.
///
/// # Safety
/// Called by `dm_sleep` as the same C function.
pub(crate) unsafe extern "C-unwind" fn sleep_slowly(state: *mut lua_State) -> c_int {
    // SAFETY: Luau calls with a live state.
    unsafe {
        let native = Native::of(state);
        let mut is_number = 0;
        let ticks = ffi::lua_tonumberx(state, 1, &mut is_number);
        let ticks = if is_number != 0 { ticks } else { 1.0 };
        let wrong = is_number == 0 && ffi::lua_gettop(state) > 0 && ffi::lua_type(state, 1) != ffi::LUA_TNIL;
        if wrong || !(1.0..=f64::from(u32::MAX)).contains(&ticks) || (*native).terminal().is_some() {
            refuse_sleep(state, wrong, ticks);
        }
        if let Err(raise) = Frame::new(state).can_wait() {
            throw(state, raise);
        }
        (*native).hot.request = request::SLEEP;
        (*native).hot.ticks = ticks as u32;
        ffi::lua_yield(state, 0)
    }
}

#[cold]
unsafe fn refuse_sleep(state: *mut lua_State, wrong: bool, ticks: f64) -> ! {
    // SAFETY: as `sleep`.
    unsafe {
        let raise = if (*Native::of(state)).terminal().is_some() {
            Raise::Again
        } else if wrong {
            let kind = Frame::new(state).kind(1).name();
            Raise::Message(format!(
                "wait takes a number of ticks, not a {kind}; wait(seconds(0.5)) waits half a second"
            ))
        } else {
            let bound = if ticks > 1.0 { "at most 4294967295 ticks" } else { "at least 1 tick" };
            let hint =
                if ticks > 1.0 { "wait_event() waits for ever" } else { "what runs in one tick runs without waiting" };
            Raise::Message(format!("wait takes {bound}, not {ticks}; {hint}"))
        };
        throw(state, raise)
    }
}

/// A function bound to its argument.
///
/// # Safety
/// Called by Luau.
pub(crate) unsafe extern "C-unwind" fn call_bound(state: *mut lua_State) -> c_int {
    // SAFETY: the upvalues are the function and the value.
    unsafe {
        ffi::lua_rawcheckstack(state, 2);
        ffi::lua_pushvalue(state, ffi::lua_upvalueindex(1));
        ffi::lua_pushvalue(state, ffi::lua_upvalueindex(2));
        ffi::lua_call(state, 1, 0);
        0
    }
}

// ---- handles ---------------------------------------------------------------------------------------------------

/// All handles share one metatable, which scripts can't see.
unsafe fn open_handles(state: *mut lua_State) {
    // SAFETY: called by `open`, on an empty stack.
    unsafe {
        ffi::lua_pushlightuserdatatagged(state, std::ptr::null_mut(), 0);
        ffi::lua_createtable(state, 0, 6);
        set_function(state, -1, c"__namecall", handle_method, None);
        set_function(state, -1, c"__index", handle_field, None);
        set_function(state, -1, c"__newindex", handle_field, None);
        set_function(state, -1, c"__tostring", handle_text, None);
        for (key, value) in [(c"__metatable", c"locked"), (c"__type", c"actor")] {
            ffi::lua_pushlstring_(state, value.as_ptr(), value.to_bytes().len());
            ffi::lua_setfield(state, -2, key.as_ptr());
        }
        ffi::lua_setreadonly(state, -1, 1);
        ffi::lua_setmetatable(state, -2);
        ffi::lua_settop(state, 0);
    }
}

/// # Safety
/// Called by Luau.
pub(crate) unsafe extern "C-unwind" fn handle_method(state: *mut lua_State) -> c_int {
    // SAFETY: Luau calls with a live state; within a namecall the method's number is at hand.
    unsafe {
        let mut atom = -1;
        ffi::lua_namecallatom(state, &mut atom);
        let result = match u16::try_from(atom) {
            Ok(name) => with_host(state, |host| host.method(name, &mut Frame::new(state))),
            Err(_) => Err(Raise::from("a method's name must be text")),
        };
        flow(state, result)
    }
}

unsafe extern "C-unwind" fn handle_field(state: *mut lua_State) -> c_int {
    // SAFETY: Luau calls with a live state, the handle and the key, and the value that is to be set.
    unsafe {
        let result = with_host(state, |host| host.field(&mut Frame::new(state)));
        flow(state, result)
    }
}

unsafe extern "C-unwind" fn handle_text(state: *mut lua_State) -> c_int {
    // SAFETY: Luau calls with a live state and the handle.
    unsafe {
        let mut frame = Frame::new(state);
        let handle = frame.handle(1).unwrap_or(Handle { tag: 0, bits: 0 });
        let text = with_host(state, |host| host.describe(handle));
        frame.push_text(&text);
        1
    }
}

// ---- protected calls -------------------------------------------------------------------------------------------

/// Puts a budget error in the place of Luau's plain "not enough memory", where an allocation was refused.
///
/// # Safety
/// `state` runs the continuation of a protected call that ended with `status`.
pub(crate) unsafe fn budget_if_refused(state: *mut lua_State, status: c_int) {
    // SAFETY: by the caller's promise.
    unsafe {
        let native = Native::of(state);
        if status == ffi::LUA_ERRMEM && std::mem::take(&mut (*native).meter.refused) {
            Terminal::begin_refusal(state);
        }
    }
}

/// Passes a terminal error on; returns where the error on top is one that scripts may catch.
///
/// # Safety
/// As [`budget_if_refused`].
pub(crate) unsafe fn pass_terminal(state: *mut lua_State, status: c_int) {
    // SAFETY: by the caller's promise.
    unsafe {
        budget_if_refused(state, status);
        let native = Native::of(state);
        (*native).hot.work(CATCHING);
        if let Some(terminal) = (*native).terminal() {
            // An error handler that fails hides what it was to handle.
            if status == ffi::LUA_ERRERR || terminal.is_on_top(state) {
                push_value(state, Value::Pin(terminal.pin));
                ffi::lua_error(state);
            }
        }
    }
}

pub(crate) use crate::shim::{dm_pcall as pcall, dm_pcall_ended as pcall_ended};

/// `pcall` of nothing.
///
/// # Safety
/// Called by `dm_pcall` as the same C function.
pub(crate) unsafe extern "C-unwind" fn pcall_slowly(state: *mut lua_State) -> c_int {
    // SAFETY: Luau calls with a live state.
    unsafe { throw(state, Raise::from("pcall takes the function to call")) }
}

/// A `pcall` that ended with what may be a terminal error.
///
/// # Safety
/// Called by `dm_pcall_ended` as the same continuation.
pub(crate) unsafe extern "C-unwind" fn pcall_failed(state: *mut lua_State, status: c_int) -> c_int {
    // SAFETY: Luau calls with anything and the error on top.
    unsafe {
        ffi::lua_rawcheckstack(state, 1);
        pass_terminal(state, status);
        ffi::lua_pushboolean(state, 0);
        ffi::lua_insert(state, -2);
        2
    }
}

/// # Safety
/// Called by Luau.
pub(crate) unsafe extern "C-unwind" fn xpcall(state: *mut lua_State) -> c_int {
    // SAFETY: Luau calls with a live state; the function, the guarded handler and the arguments are put in the order
    // that the protected call wants: handler, function, arguments.
    unsafe {
        if ffi::lua_gettop(state) < 2 || ffi::lua_type(state, 2) != ffi::LUA_TFUNCTION {
            throw(state, Raise::from("xpcall takes the function to call and a handler"));
        }
        ffi::lua_pushvalue(state, 2);
        ffi::lua_pushcclosurek(state, guarded_handler, c"handler".as_ptr(), 1, None);
        ffi::lua_pushvalue(state, 1);
        ffi::lua_replace(state, 2);
        ffi::lua_replace(state, 1);
        ffi::lua_pcallyieldable(state, ffi::lua_gettop(state) - 2, ffi::LUA_MULTRET, 1)
    }
}

/// # Safety
/// Called by Luau.
pub(crate) unsafe extern "C-unwind" fn xpcall_ended(state: *mut lua_State, status: c_int) -> c_int {
    // SAFETY: as `pcall_ended`, with the handler in the first slot.
    unsafe {
        ffi::lua_rawcheckstack(state, 1);
        if status == ffi::LUA_OK {
            ffi::lua_pushboolean(state, 1);
            ffi::lua_replace(state, 1);
            return ffi::lua_gettop(state);
        }
        pass_terminal(state, status);
        ffi::lua_pushboolean(state, 0);
        ffi::lua_insert(state, -2);
        2
    }
}

/// `protected(finally, f, ...)`: `pcall(f, ...)` that notes where a script error was raised, and that calls `finally`
/// (if it is not nil) when a terminal error passes. In every other case calling it is left to the caller, who can wait.
///
/// # Safety
/// Called by Luau.
pub(crate) unsafe extern "C-unwind" fn protected(state: *mut lua_State) -> c_int {
    // SAFETY: Luau calls with a live state; the handler is put below the function.
    unsafe {
        // Only the engine's own code calls it; but a forged capture can have anything call it, with anything.
        if ffi::lua_gettop(state) < 2 {
            throw(state, Raise::from("protected takes two functions"));
        }
        ffi::lua_rawcheckstack(state, 2);
        ffi::lua_pushvalue(state, ffi::lua_upvalueindex(1));
        ffi::lua_insert(state, 2);
        ffi::lua_pcallyieldable(state, ffi::lua_gettop(state) - 3, ffi::LUA_MULTRET, 2)
    }
}

/// # Safety
/// Called by Luau.
pub(crate) unsafe extern "C-unwind" fn protected_ended(state: *mut lua_State, status: c_int) -> c_int {
    // SAFETY: the frame holds `finally` and the handler, then the results, or anything and the error on top.
    unsafe {
        ffi::lua_rawcheckstack(state, 2);
        if status == ffi::LUA_OK {
            ffi::lua_pushboolean(state, 1);
            ffi::lua_replace(state, 2);
            return ffi::lua_gettop(state) - 1;
        }
        budget_if_refused(state, status);
        let terminal = (*Native::of(state)).terminal();
        if terminal.is_some_and(|terminal| status == ffi::LUA_ERRERR || terminal.is_on_top(state))
            && ffi::lua_type(state, 1) == ffi::LUA_TFUNCTION
        {
            ffi::lua_pushvalue(state, 1);
            if ffi::lua_pcall(state, 0, 0, 0) != ffi::LUA_OK {
                ffi::lua_settop(state, -2);
            }
        }
        pass_terminal(state, status);
        ffi::lua_pushboolean(state, 0);
        ffi::lua_insert(state, -2);
        2
    }
}

/// A script's error handler, kept from seeing terminal errors.
///
/// # Safety
/// Called by Luau.
pub(crate) unsafe extern "C-unwind" fn guarded_handler(state: *mut lua_State) -> c_int {
    // SAFETY: Luau calls with the error as the only value; whoever else calls it is treated as if.
    unsafe {
        ffi::lua_rawcheckstack(state, 1);
        ffi::lua_settop(state, 1);
        if (*Native::of(state)).terminal().is_some_and(|terminal| terminal.is_on_top(state)) {
            return 1;
        }
        ffi::lua_rawcheckstack(state, 1);
        ffi::lua_pushvalue(state, ffi::lua_upvalueindex(1));
        ffi::lua_insert(state, 1);
        ffi::lua_call(state, 1, 1);
        1
    }
}
