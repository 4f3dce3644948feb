//! Values, suspended coroutines included, to bytes and back: in this process, in another, on another machine.
//!
//! A capture holds everything reachable from its roots, except what is *named*: the sealed globals, and whatever the
//! host has given a name with [`Vm::name`] (class tables, modules). Named things are written as their path and bound
//! again when the capture is restored. Code is never in a capture: a function is known by the hash of its script and
//! by what it does. `FORMAT.md` beside this file draws the bytes.
//!
//! ```
//! use dormouse_vm::{CaptureOptions, Config, Names, Outcome, Root, Value, compile};
//! # use dormouse_vm::{Flow, Frame, Handle, Host, Quota, Raise, Vm, VmError};
//! # struct Loud(Vec<String>);
//! # impl Host for Loud {
//! #     fn call(&mut self, _: u32, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
//! #         self.0.push(frame.display(1));
//! #         Ok(Flow::Return(0))
//! #     }
//! #     fn method(&mut self, _: u16, _: &mut Frame<'_>) -> Result<Flow, Raise> { Err("no methods".into()) }
//! #     fn field(&mut self, _: &mut Frame<'_>) -> Result<Flow, Raise> { Err("no fields".into()) }
//! #     fn describe(&mut self, handle: Handle) -> String { format!("{handle:?}") }
//! # }
//! # let quota = Quota { time: 1_000_000, credit: 1 << 20, memory: 1 << 20 };
//! # let mut host = Loud(Vec::new());
//! // A world: a VM with the host's functions and the scripts, the same wherever it is made.
//! fn world() -> Result<Vm, VmError> {
//!     let mut vm = Vm::new(&Config::default())?;
//!     vm.enter(|frame| {
//!         frame.push_globals();
//!         frame.push_function(c"print", 0);
//!         frame.set(1, "print");
//!         frame.push_sleep();
//!         frame.set(1, "wait");
//!     })?;
//!     vm.seal()?;
//!     Ok(vm)
//! }
//! let script = compile("local seen = {} for i = 1, 3 do seen[i] = i * i wait(10) end print(seen[3])").expect("compiles");
//!
//! // One runs the script until it waits for the second time.
//! let mut first = world()?;
//! let thread = first.enter(|frame| {
//!     frame.load("=squares", &script, None).expect("fits the VM");
//!     frame.pop_tasklet(0)
//! })?;
//! assert_eq!(first.resume(thread, &mut host, &[], &quota), Outcome::Slept(10));
//! assert_eq!(first.resume(thread, &mut host, &[], &quota), Outcome::Slept(10));
//! let bytes = first.capture(&[Root::Thread(thread)], CaptureOptions::default())?;
//! drop(first);
//!
//! // The other goes on from there.
//! let mut second = world()?;
//! second.enter(|frame| frame.load("=squares", &script, None).map(|()| frame.pop(1)))?.expect("fits the VM");
//! let roots = second.restore(&bytes)?;
//! let Root::Thread(thread) = roots[0] else { unreachable!("roots come back as they were given") };
//! assert_eq!(second.resume(thread, &mut host, &[], &quota), Outcome::Slept(10));
//! assert_eq!(second.resume(thread, &mut host, &[], &quota), Outcome::Returned);
//! assert_eq!(host.0, ["9"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod catalog;
mod error;
mod natives;
pub mod plain;
mod raw;
#[cfg(test)]
mod tests;

use mlua::ffi::{self, lua_State};

pub(crate) use catalog::{Catalog, Mark};
pub use error::{CaptureError, Missing, MissingKind, RestoreError};
pub(crate) use natives::register;
pub(crate) use raw::RawCatalog;

use self::raw::RawRoot;
use crate::frame::Frame;
use crate::native::Native;
use crate::thread::Thread;
use crate::value::{Handle, Pin};
use crate::vm::{Vm, VmError};

/// Where a capture begins, and what comes back of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// A pinned value. Restored, it is a new pin, and yours to unpin.
    Pin(Pin),
    /// A tasklet. Restored, it is a new one.
    Thread(Thread),
}

/// How a capture refers to what it names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// By numbers of this VM: the shortest, for captures that stay in the process. Another VM refuses them.
    Local,
    /// By paths and content hashes: for files and other processes.
    #[default]
    Portable,
}

/// What a capture is to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaptureOptions {
    /// How it refers to what it names.
    pub names: Names,
    /// Whether the contents of shared upvalues and tables (a module's locals, for one) are part of it. Restored, they
    /// replace what is there: for snapshots of a whole world.
    pub state: bool,
    /// Whether handles may be others where it is restored: see [`Vm::restore_moved`].
    pub movable: bool,
}

/// Whether the contents of what is shared are part of a capture.
fn has_state(bytes: &[u8]) -> bool {
    bytes.get(4).is_some_and(|options| options & 2 != 0)
}

/// # Safety
/// `state` is a live state of a VM, and whatever runs on it has called the host.
unsafe fn restore(state: *mut lua_State, bytes: &[u8], moves: &[(Handle, Handle)]) -> Result<Vec<Root>, RestoreError> {
    // SAFETY: by the caller's promise; restoring runs no script and collects nothing.
    unsafe {
        let native = Native::of(state);
        // What it takes is held against nobody who happens to run.
        let (fuel, counted) = ((*native).hot.fuel, (*native).hot.bytes);
        let armed = std::mem::replace(&mut (*native).meter.armed, false);
        let made = (*native).catalog.restore_moved(state, bytes, moves);
        (*native).meter.armed = armed;
        ((*native).hot.fuel, (*native).hot.bytes) = (fuel, counted);
        let roots = made?.iter().map(|root| match root.thread.is_null() {
            true => Root::Pin(Pin(root.pin)),
            false => Root::Thread((*native).threads.add(root.thread, Pin(root.pin))),
        });
        Ok(roots.collect())
    }
}

impl Frame<'_> {
    /// As [`Vm::capture`], from within a call of the host, of a value.
    pub fn capture(&mut self, at: u32, options: CaptureOptions) -> Result<(Vec<u8>, Vec<Handle>), CaptureError> {
        let pin = self.pin(at);
        let mut bytes = Vec::new();
        // SAFETY: the frame's state is live, and its script waits for the host's answer; capturing changes nothing.
        let captured = unsafe {
            let catalog = &mut (*self.native()).catalog;
            let root = RawRoot { thread: std::ptr::null_mut(), pin: pin.0 };
            let captured = catalog.capture(ffi::lua_mainthread(self.state()), &[root], options, &mut bytes);
            captured.map(|()| catalog.handles())
        };
        self.unpin(pin);
        captured.map(|handles| (bytes, handles))
    }

    /// As [`Vm::restore_moved`], from within a call of the host.
    pub fn restore_moved(&mut self, bytes: &[u8], moves: &[(Handle, Handle)]) -> Result<Vec<Root>, RestoreError> {
        if has_state(bytes) {
            return Err(RestoreError::Malformed { offset: 4, what: "what is shared is no part of what moves".into() });
        }
        // SAFETY: as in `restore`.
        unsafe { restore(ffi::lua_mainthread(self.state()), bytes, moves) }
    }

    /// As [`Vm::restore`], from within a call of the host: what a script asked for can be brought back before the call
    /// goes on. What it takes is charged to nobody. Captures with [`CaptureOptions::state`] are refused.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<Vec<Root>, RestoreError> {
        if has_state(bytes) {
            return Err(RestoreError::Malformed {
                offset: 4,
                what: "what is shared can't change while a script runs".into(),
            });
        }
        // SAFETY: the VM is live; whatever script runs in it waits for the host's answer, and the main state for that.
        unsafe { restore(ffi::lua_mainthread(self.state()), bytes, &[]) }
    }

    /// As [`Vm::discard`], from within a call of the host. The tasklet must not be the one that runs.
    pub fn discard(&mut self, thread: Thread) {
        if self.is_running(thread) {
            return;
        }
        // SAFETY: the table of threads is used between calls of Luau.
        if let Some(pin) = unsafe { (*self.native()).threads.discard(thread) } {
            self.unpin(pin);
        }
    }
}

impl Vm {
    /// Gives a name to the pinned value and to everything behind it that can't change: what is in frozen tables, the
    /// upvalues of functions, and so on. Captures refer to all of it by its path from here. What can change is named,
    /// too, and its contents are state (see [`CaptureOptions::state`]). The sealed globals are named already.
    ///
    /// Named things live as long as the VM. The name of a thing should be the same in every process that is to
    /// understand a capture.
    ///
    /// Cost: a walk over what was not named yet.
    pub fn name(&mut self, root: &str, pin: Pin) -> Result<(), VmError> {
        self.enter(|frame| {
            frame.push(crate::value::Value::Pin(pin));
            // A pin of the catalog's own: names point at what they name, so it must never be collected.
            frame.push_copy(1);
            let kept = frame.pop_pin();
            // SAFETY: the value is kept for as long as the VM is not rewound, and with it the catalog.
            unsafe { (*frame.native()).catalog.name(frame.state(), 1, root) }
            let _ = kept;
        })
    }

    /// Captures everything that is reachable from `roots`, and changes nothing of it.
    ///
    /// Errors: names the first thing that can't be captured and the way to it.
    ///
    /// Cost: about 0.1 us for each object.
    pub fn capture(&mut self, roots: &[Root], options: CaptureOptions) -> Result<Vec<u8>, CaptureError> {
        let mut bytes = Vec::new();
        self.capture_into(roots, options, &mut bytes)?;
        Ok(bytes)
    }

    /// As [`Vm::capture`], appending to `into`, which stays as it was where there is an error.
    pub fn capture_into(
        &mut self,
        roots: &[Root],
        options: CaptureOptions,
        into: &mut Vec<u8>,
    ) -> Result<(), CaptureError> {
        let mut raw = Vec::with_capacity(roots.len());
        for (index, root) in roots.iter().enumerate() {
            raw.push(match root {
                Root::Pin(pin) => RawRoot { thread: std::ptr::null_mut(), pin: pin.0 },
                Root::Thread(thread) => {
                    let thread = self.native.threads.get(*thread).ok_or_else(|| CaptureError {
                        root: Some(index),
                        path: String::new(),
                        what: "the tasklet is gone".into(),
                    })?;
                    RawRoot { thread, pin: 0 }
                }
            });
        }
        // SAFETY: no script runs while the VM is borrowed; the threads were just looked up.
        unsafe { self.native.catalog.capture(self.state, &raw, options, into) }
    }

    /// See [`Vm::restore_moved`].
    pub const TOKENS: u8 = 255;

    /// The handles in the last capture, each once, if that was [movable](CaptureOptions::movable).
    pub fn captured_handles(&self) -> Vec<Handle> {
        self.native.catalog.handles()
    }

    /// As [`Vm::restore`], of a movable capture: handles that are the first of a pair become the second of the same tag,
    /// wherever they are. No two may become one. Pairs with the tag [`Vm::TOKENS`] are of the numbers that the host gave
    /// intercepted calls; a call whose number is in no pair is one of which the host is not told any more.
    pub fn restore_moved(&mut self, bytes: &[u8], moves: &[(Handle, Handle)]) -> Result<Vec<Root>, RestoreError> {
        if has_state(bytes) {
            return Err(RestoreError::Malformed { offset: 4, what: "what is shared is no part of what moves".into() });
        }
        if !moves.is_empty() && bytes.get(4).is_some_and(|options| options & 4 == 0) {
            return Err(RestoreError::Malformed { offset: 4, what: "its handles can't be changed".into() });
        }
        // SAFETY: no script runs while the VM is borrowed.
        unsafe { restore(self.state, bytes, moves) }
    }

    /// Makes what was captured, with new pins and tasklets in the order of the roots.
    ///
    /// All or nothing: after an error the VM is as it was.
    ///
    /// Cost: about 0.1 us for each object. Memory and time are bounded by the length of `bytes`, whatever is in them.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<Vec<Root>, RestoreError> {
        // SAFETY: no script runs while the VM is borrowed.
        let roots = unsafe { restore(self.state, bytes, &[])? };
        if has_state(bytes) && self.native.common.is_some() {
            self.find_common();
        }
        Ok(roots)
    }

    /// Names what every VM has, once it is sealed.
    pub(crate) fn name_library(&mut self) -> Result<(), VmError> {
        self.enter(|frame| {
            let state = frame.state();
            // SAFETY: each value is pushed by the line before; the library lives as long as the VM.
            unsafe {
                let catalog = &mut (*frame.native()).catalog;
                ffi::lua_rawcheckstack(state, 3);
                ffi::lua_pushvalue(state, ffi::LUA_GLOBALSINDEX);
                catalog.name(state, -1, "globals");
                ffi::lua_pushlstring_(state, c"".as_ptr(), 0);
                if ffi::lua_getmetatable(state, -1) != 0 {
                    catalog.name(state, -1, "string@meta");
                }
                ffi::lua_settop(state, 0);
                ffi::lua_pushlightuserdatatagged(state, std::ptr::null_mut(), 0);
                if ffi::lua_getmetatable(state, -1) != 0 {
                    catalog.name(state, -1, "handle@meta");
                }
                ffi::lua_settop(state, 0);
            }
        })?;
        self.name("cancelled", self.native.cancelled)
    }
}
