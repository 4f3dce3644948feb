//! The library functions that call back into scripts, made so that the callback may wait: `table.sort`, `string.gsub`,
//! `table.foreach` and `table.foreachi`. Luau's own keep their place on the native stack, which can be neither left
//! nor saved; these keep it in their own frame, where it sleeps and is captured like any script's.
//!
//! Each does just what Luau's does, in the same order, with the same errors; where no function is given it hands over
//! to Luau's. What a frame holds may come from a snapshot that somebody tampered with: it is checked each time that a
//! call goes on, and no number in it can lead outside of a table or a string.

use std::ffi::CStr;
use std::os::raw::c_int;

use mlua::ffi::{self, lua_CFunction, lua_State};

use crate::native::Native;
use crate::sandbox::set_function;
use crate::shim;

mod each;
mod gsub;
mod sort;
#[cfg(test)]
mod tests;

/// The functions that can be suspended here: name, function, continuation, and the slot of its frame in which the
/// function lies that it calls.
pub(crate) const CALLING: &[(&CStr, lua_CFunction, ffi::lua_Continuation, u8)] = &[
    (c"sort", sort::sort, sort::sort_goes_on, sort::CALLEE),
    (c"foreach", each::foreach, each::foreach_goes_on, each::FOREACH_CALLEE),
    (c"foreachi", each::foreachi, each::foreachi_goes_on, each::FOREACHI_CALLEE),
    (c"gsub", gsub::gsub, gsub::gsub_goes_on, gsub::CALLEE),
];

/// Luau's own versions, and what they are made of.
#[derive(Default)]
pub(crate) struct Originals {
    sort: Option<lua_CFunction>,
    gsub: Option<lua_CFunction>,
    find: Option<lua_CFunction>,
}

/// Replaces the library's functions.
///
/// # Safety
/// `state` is a main state with the library open as Luau made it, under a protected call.
pub(crate) unsafe fn open(state: *mut lua_State) {
    // SAFETY: by the caller's promise; the stack is empty and is left so.
    unsafe {
        (*Native::of(state)).originals = Originals {
            sort: original(state, c"table", c"sort"),
            gsub: original(state, c"string", c"gsub"),
            find: original(state, c"string", c"find"),
        };
        for &(name, function, continuation, _) in CALLING {
            let library = if name == c"gsub" { c"string" } else { c"table" };
            ffi::lua_getfield(state, ffi::LUA_GLOBALSINDEX, library.as_ptr());
            set_function(state, -1, name, function, Some(continuation));
        }
        ffi::lua_settop(state, 0);
    }
}

unsafe fn original(state: *mut lua_State, library: &CStr, name: &CStr) -> Option<lua_CFunction> {
    // SAFETY: called by `open`.
    unsafe {
        ffi::lua_getfield(state, ffi::LUA_GLOBALSINDEX, library.as_ptr());
        ffi::lua_getfield(state, -1, name.as_ptr());
        let function = ffi::lua_tocfunction(state, -1);
        ffi::lua_settop(state, 0);
        function
    }
}

/// Runs one of Luau's own functions in the frame of this call. What it calls back can't wait.
///
/// # Safety
/// `state` runs one of the functions of this room, with the arguments that the original takes.
unsafe fn hand_over(state: *mut lua_State, original: Option<lua_CFunction>) -> c_int {
    // SAFETY: by the caller's promise.
    original.map_or(0, |original| unsafe { shim::dm_run_unyieldable(state, original) })
}

/// Calls the function below the last `arguments` values for one result. False when it waits: then the C function
/// returns [`WAITS`], and its continuation is called when the result is there.
///
/// # Safety
/// `state` runs a C function with a continuation; function and arguments are on top.
unsafe fn call(state: *mut lua_State, arguments: c_int) -> bool {
    // SAFETY: by the caller's promise; this is what `lua_callyieldable` does before it calls the continuation, which
    // would nest one call deeper with every callback.
    unsafe {
        ffi::lua_call(state, arguments, 1);
        ffi::lua_status(state) == ffi::LUA_OK
    }
}

/// What a C function returns whose callback waits.
const WAITS: c_int = -1;

/// A frame holds what no call could have left there: only a forged snapshot can bring it about.
///
/// # Safety
/// `state` runs a C function, and the caller has nothing left to drop.
#[cold]
unsafe fn forged(state: *mut lua_State, name: &CStr) -> ! {
    // SAFETY: by the caller's promise; the format takes one string.
    unsafe { ffi::luaL_error(state, c"the saved state of '%s' is damaged".as_ptr(), name.as_ptr()) }
}
