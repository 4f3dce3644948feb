//! What the VM keeps on the native side, reachable from inside every callback of Luau.
//!
//! Invariant: a `Native` is boxed, never moves while its VM lives, and is pointed to by the VM's callbacks. Callbacks
//! run on the one thread that runs the VM, one inside the other; they take references to single fields and hold none
//! across a call that may run another callback.

use std::collections::HashMap;
use std::os::raw::{c_char, c_int, c_void};
use std::ptr;

use mlua::ffi::{self, lua_State};

use crate::arena::Arena;
use crate::callbacks::Originals;
use crate::capture::Catalog;
use crate::charge::Weight;
use crate::host::Host;
use crate::measure::{self, Measure};
use crate::meter::{self, Meter};
use crate::sandbox;
use crate::shim::Hot;
use crate::thread::Threads;
use crate::value::{Pin, Word};

/// Why the running tasklet yields; what `hot.cpp` writes too.
pub(crate) mod request {
    /// It did not ask the engine for anything: a plain `coroutine.yield`.
    pub(crate) const NONE: u32 = 0;
    /// To be resumed after so many ticks.
    pub(crate) const SLEEP: u32 = 1;
    /// To be resumed when the host says so.
    pub(crate) const PARK: u32 = 2;
}

/// The traceback of an error, noted when it was raised.
pub(crate) struct NotedTrace {
    /// The error's address, by which it is recognised when it ends a tasklet: most are caught before.
    pub(crate) of: *const c_void,
    pub(crate) text: String,
}

/// See the module's comment.
#[repr(C)]
pub(crate) struct Native {
    /// First, because the C++ side reads it through the same pointer.
    pub(crate) hot: Hot,
    pub(crate) arena: Arena,
    pub(crate) limit: usize,
    pub(crate) meter: Meter,
    /// The host of the call in progress.
    host: Option<*mut dyn Host>,
    /// The value that a nested coroutine is resumed with is to be raised in it.
    pub(crate) raising: bool,
    terminal: Option<Terminal>,
    pub(crate) threads: Threads,
    pub(crate) atoms: Atoms,
    /// Strings that are never collected.
    words: Vec<*const c_void>,
    /// The shared cancellation value.
    pub(crate) cancelled: Pin,
    /// Roots that belong to everyone: what is reachable from them is held against nobody.
    pub(crate) shared: Vec<Pin>,
    /// The walk over what they lead to, which nobody can change: it is frozen, and no function assigns what it shares.
    pub(crate) common: Option<measure::Walk<'static>>,
    /// Where the last script error was raised, before its frames were unwound.
    pub(crate) trace: Option<NotedTrace>,
    /// Library functions behind their charging wrappers.
    pub(crate) charged: Vec<(ffi::lua_CFunction, Weight)>,
    /// Luau's versions of library functions that call back.
    pub(crate) originals: Originals,
    /// The library's own `coroutine.close`.
    pub(crate) close: Option<ffi::lua_CFunction>,
    /// Heap size at which the collector begins its next cycle.
    pub(crate) collect_at: usize,
    /// What captures know of this VM.
    pub(crate) catalog: Catalog,
}

// SAFETY: the raw pointers are only set while a call is in progress on the thread that runs the VM.
unsafe impl Send for Native {}

impl Native {
    pub(crate) fn new(arena: Arena, limit: usize) -> Box<Self> {
        Box::new(Native {
            hot: Hot {
                fuel: 0,
                bytes: 0,
                worked: 0,
                request: request::NONE,
                ticks: 0,
                unwinding: 0,
                attend: meter::attend,
                sleep_slowly: sandbox::sleep_slowly,
                pcall_slowly: sandbox::pcall_slowly,
                pcall_failed: sandbox::pcall_failed,
                id: ptr::null(),
            },
            arena,
            limit,
            meter: Meter::new(),
            host: None,
            raising: false,
            terminal: None,
            threads: Threads::default(),
            atoms: Atoms::default(),
            words: Vec::new(),
            cancelled: Pin::NIL,
            shared: Vec::new(),
            common: None,
            trace: None,
            charged: Vec::new(),
            originals: Originals::default(),
            close: None,
            collect_at: 0,
            catalog: Catalog::new(),
        })
    }

    /// The string that a word names.
    pub(crate) fn word(&self, word: Word) -> *const c_void {
        self.words[word.0 as usize]
    }

    pub(crate) fn add_word(&mut self, string: *const c_void) -> Word {
        self.words.push(string);
        Word(self.words.len() as u32 - 1)
    }

    /// The terminal error that unwinds the running tasklet.
    pub(crate) fn terminal(&self) -> Option<Terminal> {
        self.terminal
    }

    pub(crate) fn set_terminal(&mut self, terminal: Option<Terminal>) {
        self.hot.unwinding = u32::from(terminal.is_some());
        self.terminal = terminal;
    }

    /// The native side of the VM that `state` belongs to.
    ///
    /// # Safety
    /// `state` is a live state of a VM made by this crate.
    pub(crate) unsafe fn of(state: *mut lua_State) -> *mut Native {
        // SAFETY: the userdata was set when the VM was made.
        unsafe { (*ffi::lua_callbacks(state)).userdata.cast() }
    }

    /// Runs `body` with `host` answering the scripts' calls.
    pub(crate) fn with_host<R>(native: *mut Native, host: &mut dyn Host, body: impl FnOnce() -> R) -> R {
        // The pointer outlives its use: it is taken away again below, also when `body` unwinds.
        struct Restore(*mut Native, Option<*mut dyn Host>);
        impl Drop for Restore {
            fn drop(&mut self) {
                // SAFETY: the VM outlives the call that runs it.
                unsafe { (*self.0).host = self.1 };
            }
        }
        // SAFETY: extending the lifetime is sound because `Restore` ends the use before `host`'s borrow ends; the
        // caller has the VM exclusively, so `native` is live.
        let _restore = unsafe {
            let erased = std::mem::transmute::<*mut (dyn Host + '_), *mut (dyn Host + 'static)>(host);
            Restore(native, (*native).host.replace(erased))
        };
        body()
    }

    /// Whether a script may run now.
    ///
    /// # Safety
    /// `native` is live.
    pub(crate) unsafe fn has_host(native: *mut Native) -> bool {
        // SAFETY: by the caller's promise.
        unsafe { (*native).host.is_some() }
    }

    /// The host of the call in progress, for the time of one callback.
    ///
    /// # Safety
    /// `native` is live; the reference is not held across a call that runs a script.
    pub(crate) unsafe fn host<'a>(native: *mut Native) -> Option<&'a mut (dyn Host + 'static)> {
        // SAFETY: `with_host` keeps the pointer valid while a script may run.
        unsafe { (*native).host.map(|host| &mut *host) }
    }

    /// Bytes that the running actor holds by itself.
    ///
    /// # Safety
    /// `state` is live and is the one that runs.
    pub(crate) unsafe fn measure_running(&mut self, state: *mut lua_State) -> usize {
        let native: *mut Native = self;
        // SAFETY: measuring reads the heap and runs no script; the host's answer names pins and threads only.
        unsafe {
            let mut walk = measure::Walk::new(state, None);
            if let Some(common) = &(*native).common {
                walk.leave_out(common);
            }
            let mut foreign = 0;
            if let Some(host) = Native::host(native) {
                foreign = Measure::collect(&mut walk, state, |measure| host.measure(measure));
            }
            walk.thread(state);
            walk.bytes() + foreign as usize
        }
    }
}

/// An error that no script can catch, on its way up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    /// The table that is thrown: what is caught is compared with it.
    pub(crate) identity: *const c_void,
    pub(crate) pin: Pin,
    /// The intercepted call at which it ends, if it is not to end the tasklet.
    pub(crate) until: Option<u32>,
    pub(crate) kind: TerminalKind,
}

/// What a terminal error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TerminalKind {
    /// The tasklet (or an intercepted call of it) was cancelled.
    Cancelled,
    /// It ran too long.
    Time,
    /// It held too much.
    Memory,
}

impl Terminal {
    /// Throws the budget error for time.
    ///
    /// # Safety
    /// `state` is live, runs a script, and no Rust frame with something to drop lies between here and Luau.
    pub(crate) unsafe fn budget_time(state: *mut lua_State, quota: u64) -> ! {
        // SAFETY: by the caller's promise; the message is gone before the throw.
        unsafe {
            let message = format!("ran for {quota} calls and loop turns without waiting");
            Self::begin_budget(state, TerminalKind::Time, message);
            ffi::lua_error(state)
        }
    }

    /// Throws the budget error for memory.
    ///
    /// # Safety
    /// As [`Terminal::budget_time`].
    pub(crate) unsafe fn budget_memory(state: *mut lua_State, refusal: String) -> ! {
        // SAFETY: as above.
        unsafe {
            Self::begin_budget(state, TerminalKind::Memory, refusal);
            ffi::lua_error(state)
        }
    }

    /// Begins a budget error for an allocation that was refused; its value is pushed, to be thrown on.
    ///
    /// # Safety
    /// `state` is live and runs a script.
    pub(crate) unsafe fn begin_refusal(state: *mut lua_State) {
        // SAFETY: by the caller's promise.
        unsafe {
            let message = (*Native::of(state)).meter.refusal();
            Self::begin_budget(state, TerminalKind::Memory, message);
        }
    }

    unsafe fn begin_budget(state: *mut lua_State, kind: TerminalKind, message: String) {
        // SAFETY: by the caller's promise; the value is on the stack until it is pinned.
        unsafe {
            let native = Native::of(state);
            ffi::lua_rawcheckstack(state, 4);
            if let Some(terminal) = (*native).terminal() {
                // It is unwinding already, and what runs is a `finally` that goes on too long.
                ffi::lua_rawgeti_(state, ffi::LUA_REGISTRYINDEX, terminal.pin.0);
                return;
            }
            let armed = std::mem::replace(&mut (*native).meter.armed, false);
            let trace = crate::trace::traceback(state, 0);
            let word = if kind == TerminalKind::Time { "time" } else { "memory" };
            ffi::lua_createtable(state, 0, 4);
            for (key, value) in
                [(c"name", "Budget"), (c"kind", word), (c"message", message.as_str()), (c"traceback", trace.as_str())]
            {
                ffi::lua_pushlstring_(state, value.as_ptr().cast(), value.len());
                ffi::lua_rawsetfield(state, -2, key.as_ptr());
            }
            (*native).trace = Some(NotedTrace { of: ffi::lua_topointer(state, -1), text: trace });
            let pin = Pin(ffi::lua_ref(state, -1));
            let identity = ffi::lua_topointer(state, -1);
            (*native).set_terminal(Some(Terminal { identity, pin, until: None, kind }));
            (*native).meter.armed = armed;
        }
    }

    /// Whether the value on top of the stack is this error.
    ///
    /// # Safety
    /// `state` is live and has a value.
    pub(crate) unsafe fn is_on_top(&self, state: *mut lua_State) -> bool {
        // SAFETY: by the caller's promise.
        unsafe { ffi::lua_topointer(state, -1) == self.identity }
    }
}

/// The numbers that the VM gives to the names of methods called on handles.
#[derive(Default)]
pub(crate) struct Atoms {
    names: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u16>,
}

impl Atoms {
    pub(crate) fn name(&self, atom: u16) -> &str {
        &self.names[usize::from(atom)]
    }

    pub(crate) fn number(&mut self, name: &str) -> Option<u16> {
        if let Some(number) = self.numbers.get(name) {
            return Some(*number);
        }
        let number = u16::try_from(self.names.len()).ok().filter(|n| *n < i16::MAX as u16)?;
        self.names.push(name.into());
        self.numbers.insert(name.into(), number);
        Some(number)
    }
}

/// Luau asks for the number of a method's name, once for each string.
///
/// # Safety
/// Called by Luau with a live state and the bytes of a string.
pub(crate) unsafe extern "C-unwind" fn atom(state: *mut lua_State, name: *const c_char, size: usize) -> i16 {
    // SAFETY: by the contract of this callback.
    unsafe {
        let bytes = std::slice::from_raw_parts(name.cast::<u8>(), size);
        let Ok(name) = std::str::from_utf8(bytes) else { return -1 };
        (*Native::of(state)).atoms.number(name).map_or(-1, |number| number as i16)
    }
}

/// Luau's allocator.
///
/// # Safety
/// Called by Luau with the `Native` that it was given, and blocks that it got here.
pub(crate) unsafe extern "C" fn allocate(
    native: *mut c_void,
    block: *mut c_void,
    old: usize,
    new: usize,
) -> *mut c_void {
    // SAFETY: by the contract of this callback.
    unsafe {
        let native: *mut Native = native.cast();
        if new > old {
            let heap = (*native).arena.in_use();
            let limit = (*native).limit;
            if !(*native).meter.admit(new - old, heap, limit) {
                return ptr::null_mut();
            }
        }
        if cfg!(dormouse_malloc) {
            return system_allocate(block, new);
        }
        (*native).arena.allocate(block.cast(), new).cast()
    }
}

/// Blocks of the system's allocator instead of the arena's: images are not to be had, but tools see every block.
///
/// # Safety
/// As [`allocate`].
unsafe fn system_allocate(block: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: by the contract of the callback, the block came from here.
    unsafe {
        if size == 0 {
            libc::free(block);
            return ptr::null_mut();
        }
        libc::realloc(block, size)
    }
}

/// A status of Luau that means an error.
pub(crate) fn is_error(status: c_int) -> bool {
    !matches!(status, ffi::LUA_OK | ffi::LUA_YIELD | ffi::LUA_BREAK)
}
