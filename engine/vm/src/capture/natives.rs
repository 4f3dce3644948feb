//! The C functions that frames and closures in a capture may have. Their numbers are part of the format: a new one is
//! added at the end, and none is ever taken away.

use std::ffi::CStr;
use std::os::raw::c_int;

use mlua::ffi::{self, lua_State};

use super::catalog::{Catalog, NativeFunction, Suspends};
use crate::{callbacks, coroutines, intercept, sandbox, shim};

/// Tells the catalog of the sandbox's functions.
///
/// # Safety
/// `state` is a main state with the sandbox open, under a protected call.
pub(crate) unsafe fn register(state: *mut lua_State, catalog: &mut Catalog) {
    // Those with upvalues (even none) can be made anew; the others are found by their names.
    let plain = NativeFunction {
        f: sandbox::pcall,
        continuation: Some(sandbox::pcall_ended),
        name: c"pcall",
        upvalues: None,
        suspends: Suspends::Protects,
        callee: 0,
        host: false,
    };
    // SAFETY: by the caller's promise the library is there; the iterators are made to look at their functions.
    let [yields, gmatch, codes] = unsafe {
        [
            library(state, c"coroutine", c"yield", &[]),
            library(state, c"string", c"gmatch", &[c"", c""]),
            library(state, c"utf8", c"codes", &[c""]),
        ]
    };
    let natives = [
        plain,
        NativeFunction {
            f: sandbox::xpcall,
            continuation: Some(sandbox::xpcall_ended),
            name: c"xpcall",
            callee: 1,
            ..plain
        },
        NativeFunction {
            f: sandbox::protected,
            continuation: Some(sandbox::protected_ended),
            name: c"protected",
            upvalues: Some(c"f"),
            callee: 2,
            ..plain
        },
        NativeFunction {
            f: sandbox::guarded_handler,
            continuation: None,
            name: c"handler",
            upvalues: Some(c"f"),
            suspends: Suspends::Never,
            ..plain
        },
        NativeFunction {
            f: intercept::note_trace,
            continuation: None,
            name: c"trace",
            upvalues: Some(c""),
            suspends: Suspends::Never,
            ..plain
        },
        NativeFunction {
            f: coroutines::resume,
            continuation: Some(coroutines::resume_again),
            name: c"resume",
            suspends: Suspends::Resumes,
            ..plain
        },
        NativeFunction {
            f: coroutines::wrapped,
            continuation: Some(coroutines::wrapped_again),
            name: c"wrapped",
            upvalues: Some(c"t"),
            suspends: Suspends::Wraps,
            ..plain
        },
        NativeFunction {
            f: intercept::call,
            continuation: Some(intercept::resumed),
            name: c"action",
            upvalues: Some(c"fnf"),
            suspends: Suspends::Intercepts,
            callee: 2,
            ..plain
        },
        NativeFunction {
            f: sandbox::call_bound,
            continuation: None,
            name: c"bound",
            upvalues: Some(c"fa"),
            suspends: Suspends::Never,
            ..plain
        },
        NativeFunction {
            f: sandbox::host_call,
            continuation: None,
            name: c"host",
            upvalues: Some(c"n"),
            suspends: Suspends::Waits,
            host: true,
            ..plain
        },
        NativeFunction {
            f: shim::dm_sleep,
            continuation: None,
            name: c"wait",
            upvalues: Some(c""),
            suspends: Suspends::Waits,
            ..plain
        },
        NativeFunction {
            f: sandbox::handle_method,
            continuation: None,
            name: c"method",
            suspends: Suspends::Waits,
            ..plain
        },
    ];
    for native in &natives {
        catalog.native(native);
    }
    // The library's own: what yields, the iterators that `string.gmatch` and `utf8.codes` return.
    let own = [
        (yields, c"yield", None, Suspends::Waits),
        (gmatch, c"", Some(c"sso"), Suspends::Never),
        (codes, c"", Some(c""), Suspends::Never),
    ];
    for (f, name, upvalues, suspends) in own {
        catalog.native(&NativeFunction { f, continuation: None, name, upvalues, suspends, ..plain });
    }
    for &(name, f, continuation, callee) in callbacks::CALLING {
        catalog.native(&NativeFunction {
            f,
            continuation: Some(continuation),
            name,
            suspends: Suspends::Calls,
            callee,
            ..plain
        });
    }
}

/// A function of the library; or the one that it returns, when it is called with `arguments`.
///
/// # Safety
/// As [`register`].
unsafe fn library(state: *mut lua_State, library: &CStr, name: &CStr, arguments: &[&CStr]) -> ffi::lua_CFunction {
    // SAFETY: by the caller's promise the function is there; the call is protected, and leaves the stack empty.
    unsafe {
        ffi::lua_getfield(state, ffi::LUA_GLOBALSINDEX, library.as_ptr());
        ffi::lua_getfield(state, -1, name.as_ptr());
        if !arguments.is_empty() {
            for argument in arguments {
                ffi::lua_pushlstring_(state, argument.as_ptr(), argument.to_bytes().len());
            }
            ffi::lua_call(state, arguments.len() as c_int, 1);
        }
        let function = ffi::lua_tocfunction(state, -1).expect("the library has it");
        ffi::lua_settop(state, 0);
        function
    }
}
