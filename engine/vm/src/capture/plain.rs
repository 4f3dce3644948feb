//! Captures for a Luau state of your own: keep a coroutine of a program that uses `mlua` and knows nothing of Dormouse.
//!
//! A [`Keeper`] belongs to one [`Lua`]. Make it before any script runs: all that is reachable from the globals then is
//! known by its path and never copied (the library, your own functions). Load scripts through it, so that it knows
//! their functions. What it captures goes on in another state with a keeper and the same scripts, in this process or
//! another.
//!
//! ```
//! use dormouse_vm::capture::plain::Keeper;
//! use mlua::{Lua, Thread, Value};
//!
//! const SCRIPT: &str = "
//!     local sum = 0
//!     for name, price in { apple = 3, pear = 4, plum = 5 } do
//!         sum += price
//!         coroutine.yield(name)
//!     end
//!     return sum
//! ";
//!
//! // One state runs it to its second `yield` ...
//! let lua = Lua::new();
//! let mut keeper = Keeper::new(&lua)?;
//! let thread = lua.create_thread(keeper.load("basket", SCRIPT)?)?;
//! let first: String = thread.resume(())?;
//! let second: String = thread.resume(())?;
//! let bytes = keeper.capture(&Value::Thread(thread))?;
//!
//! // ... another goes on from there, with the one that is left.
//! let lua = Lua::new();
//! let mut keeper = Keeper::new(&lua)?;
//! keeper.load("basket", SCRIPT)?;
//! let Value::Thread(thread) = keeper.restore(&bytes)? else { unreachable!() };
//! let third: String = thread.resume(())?;
//! assert_ne!(third, first);
//! assert_ne!(third, second);
//! assert_eq!(thread.resume::<i32>(())?, 12);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Limits: a coroutine must be suspended by `coroutine.yield` (not by a Rust function or an interrupt); userdata, and
//! functions that were not reachable from the globals, can't be captured: the error says where they are held.

use std::ffi::CStr;

use mlua::ffi::{self, lua_State};
use mlua::{Function, Lua, Value};

use super::catalog::{Catalog, Suspends};
use super::raw::RawRoot;
use super::{CaptureError, CaptureOptions, RestoreError};
use crate::compile::compile;

/// See the module's comment.
pub struct Keeper {
    lua: Lua,
    catalog: Catalog,
    /// The main functions of the scripts, which keep what is inside them.
    kept: Vec<Function>,
}

/// Expressions for C functions that a capture may meet, what they are called, what is bound to them, and how they are
/// suspended. Their order is part of the format.
type Sample = (&'static str, &'static CStr, Option<&'static CStr>, (Suspends, u8));

const SAMPLES: &[Sample] = &[
    ("return coroutine.yield", c"yield", None, (Suspends::Waits, 0)),
    ("return pcall", c"pcall", None, (Suspends::Protects, 0)),
    ("return xpcall", c"xpcall", None, (Suspends::Protects, 1)),
    ("return coroutine.wrap(function() end)", c"", Some(c"t"), (Suspends::Never, 0)),
    ("return string.gmatch('', '')", c"", Some(c"sso"), (Suspends::Never, 0)),
    ("return (utf8.codes(''))", c"", Some(c""), (Suspends::Never, 0)),
];

impl Keeper {
    /// A keeper for `lua`, which knows all that is reachable from the globals now.
    ///
    /// Errors: the standard library is not there.
    pub fn new(lua: &Lua) -> mlua::Result<Keeper> {
        let mut keeper = Keeper { lua: lua.clone(), catalog: Catalog::with(false), kept: Vec::new() };
        for (source, name, upvalues, suspends) in SAMPLES {
            let function: Function = lua.load(*source).eval()?;
            let catalog = &mut keeper.catalog;
            // SAFETY: the function is the one value on the stack.
            let known: () = unsafe {
                lua.exec_raw(function, |state| {
                    catalog.sample(state, -1, name, *upvalues, *suspends);
                    ffi::lua_settop(state, 0);
                })?
            };
            let () = known;
        }
        let globals = lua.globals();
        keeper.name("globals", &Value::Table(globals))?;
        Ok(keeper)
    }

    /// Gives a name to a value and to all that is reachable from it now. Captures refer to it by its path from here;
    /// where they are restored, something of the same name and path must be there.
    pub fn name(&mut self, label: &str, value: &Value) -> mlua::Result<()> {
        let catalog = &mut self.catalog;
        // SAFETY: the value is on the stack, and kept by a reference of the registry from here on.
        unsafe {
            self.lua.exec_raw(value.clone(), |state| {
                ffi::lua_ref(state, -1);
                catalog.name_all(state, -1, label);
                ffi::lua_settop(state, 0);
            })
        }
    }

    /// Compiles a script and makes its functions known; returns its main function.
    ///
    /// Errors: the script does not compile.
    pub fn load(&mut self, name: &str, source: &str) -> mlua::Result<Function> {
        let script = compile(source).map_err(|error| mlua::Error::SyntaxError {
            message: format!("{name}:{}: {}", error.line, error.message),
            incomplete_input: false,
        })?;
        let chunk = self.lua.load(script.code.as_slice()).set_name(format!("={name}"));
        let main = chunk.set_mode(mlua::chunk::ChunkMode::Binary).into_function()?;
        let catalog = &mut self.catalog;
        // SAFETY: the function is on the stack, and is kept as long as the catalog.
        unsafe {
            self.lua.exec_raw::<()>(main.clone(), |state| {
                catalog.script(state, -1, script.hash);
                ffi::lua_settop(state, 0);
            })?;
        }
        self.kept.push(main.clone());
        Ok(main)
    }

    /// Captures a value (a suspended coroutine, mostly) and all that is reachable from it, and changes nothing of it.
    pub fn capture(&mut self, value: &Value) -> Result<Vec<u8>, CaptureError> {
        let mut bytes = Vec::new();
        let catalog = &mut self.catalog;
        let mut result = Ok(());
        // SAFETY: no script runs meanwhile; a coroutine that does is refused.
        let done: mlua::Result<()> = unsafe {
            self.lua.exec_raw(value.clone(), |state| {
                let pin = ffi::lua_ref(state, -1);
                ffi::lua_settop(state, 0);
                let root = RawRoot { thread: std::ptr::null_mut(), pin };
                result = catalog.capture(state, &[root], CaptureOptions::default(), &mut bytes);
                if pin > 0 {
                    ffi::lua_unref(state, pin);
                }
            })
        };
        match done {
            Ok(()) => result.map(|()| bytes),
            Err(error) => Err(CaptureError { root: None, path: String::new(), what: error.to_string() }),
        }
    }

    /// Makes what was captured. All or nothing.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<Value, RestoreError> {
        let catalog = &mut self.catalog;
        let mut result = Ok(());
        // SAFETY: no script runs meanwhile; the pin is of the value that was just made, and is given back.
        let value: mlua::Result<Value> = unsafe {
            self.lua.exec_raw((), |state| {
                let pin = catalog.restore(state, bytes).map(|roots| roots.first().map_or(0, |root| root.pin));
                push_pinned(state, pin.as_ref().copied().unwrap_or(0));
                result = pin.map(|_| ());
            })
        };
        result?;
        value.map_err(|_| RestoreError::Full)
    }
}

/// Pushes a pinned value and gives the pin back.
///
/// # Safety
/// `state` is live, with room for a value.
unsafe fn push_pinned(state: *mut lua_State, pin: i32) {
    // SAFETY: by the caller's promise.
    unsafe {
        if pin <= 0 {
            return ffi::lua_pushnil(state);
        }
        ffi::lua_rawgeti_(state, ffi::LUA_REGISTRYINDEX, pin);
        ffi::lua_unref(state, pin);
    }
}
