//! The VM: making it, running its tasklets, collecting its garbage.

use std::os::raw::{c_int, c_void};

use mlua::ffi::{self, lua_State};
use xxhash_rust::xxh3::Xxh3;

use crate::arena::Arena;
use crate::capture;
use crate::coroutines;
use crate::frame::{Frame, push_value};
use crate::host::Host;
use crate::measure::Walk;
use crate::meter::{self, Quota};
use crate::native::{self, Native, NotedTrace, Terminal, TerminalKind, request};
use crate::sandbox;
use crate::shim;
use crate::thread::Thread;
use crate::trace::{self, Place};
use crate::value::{Pin, Value};

/// How a VM is to be made.
#[derive(Clone, Debug)]
pub struct Config {
    /// Bytes that the heap may grow to. Scripts are refused memory a little earlier than the engine itself.
    pub heap_limit: usize,
    /// The seed of `math.random`.
    pub seed: u64,
}

impl Default for Config {
    /// 16 GiB, seed 0.
    fn default() -> Self {
        Config { heap_limit: 16 << 30, seed: 0 }
    }
}

/// What went wrong in the VM itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VmError {
    /// No address space or memory for another VM.
    #[error("no arena for another world: {0}")]
    Arena(#[from] std::io::Error),
    /// The heap is full.
    #[error("the world's heap is full ({limit} bytes); raise its heap limit, or let it hold fewer actors")]
    Full {
        /// What it may hold.
        limit: usize,
    },
    /// An error where no script runs: its message.
    #[error("{0}")]
    Script(String),
}

/// Why a resumed tasklet came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It sleeps for so many ticks.
    Slept(u32),
    /// The host suspended it.
    Parked,
    /// It yielded by itself; the values are gone.
    Yielded,
    /// It ended; its results can be taken with [`Vm::take_results`].
    Returned,
    /// An error ended it: see [`Vm::failure`].
    Failed,
    /// A terminal error ended it: see [`Vm::failure`].
    Unwound(TerminalKind),
}

/// The error that ended a tasklet.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The error as text.
    pub message: String,
    /// Where it was raised: a line a frame, innermost first, each indented and ended by a newline.
    pub traceback: String,
    /// The error itself; its pin (if it is one) is yours to unpin.
    pub value: Value,
}

/// A Luau VM whose whole heap is one block of bytes.
///
/// Everything that scripts do happens inside [`Vm::resume`]; between two calls no script is anywhere but suspended.
pub struct Vm {
    pub(crate) native: Box<Native>,
    pub(crate) state: *mut lua_State,
    /// Tells this VM's images from those of others.
    pub(crate) identity: u64,
}

// SAFETY: the VM owns its heap and its native side; nothing in either is bound to the thread that made it.
unsafe impl Send for Vm {}

impl Vm {
    /// A VM with the sandboxed standard library and nothing else.
    pub fn new(config: &Config) -> Result<Vm, VmError> {
        use std::sync::atomic::{AtomicU64, Ordering};
        static IDENTITIES: AtomicU64 = AtomicU64::new(1);

        let mut native = Native::new(Arena::new(config.heap_limit)?, config.heap_limit);
        let side: *mut Native = &mut *native;
        // SAFETY: the native side is boxed and outlives the state; the allocator keeps to Luau's contract.
        let state = unsafe { ffi::lua_newstate(native::allocate, side.cast()) };
        if state.is_null() {
            return Err(VmError::Full { limit: config.heap_limit });
        }
        let identity = IDENTITIES.fetch_add(1, Ordering::Relaxed);
        // From here on dropping closes the state.
        let mut vm = Vm { native, state, identity };
        // SAFETY: the state is new, and nothing runs on it.
        unsafe {
            let callbacks = &mut *ffi::lua_callbacks(state);
            callbacks.userdata = side.cast();
            callbacks.interrupt = Some(shim::dm_interrupt);
            callbacks.useratom = Some(native::atom);
            callbacks.onallocate = Some(shim::dm_allocated);
            ffi::lua_gc(state, ffi::LUA_GCSTOP, 0);
            ffi::lua_gc(state, ffi::LUA_GCSETSTEPSIZE, 16);
            shim::dm_hide_addresses(state);
        }
        vm.enter(|frame| {
            // SAFETY: a fresh main state under `enter`'s protection.
            unsafe {
                sandbox::open(frame.state());
                capture::register(frame.state(), &mut (*side).catalog);
            }
            frame.push_table(0, 1);
            frame.push_text("Cancelled");
            frame.set(1, "name");
            frame.freeze(1);
            let cancelled = frame.pop_pin();
            // SAFETY: the native side is live, and the state is under `enter`'s protection.
            unsafe {
                (*side).cancelled = cancelled;
                (*side).hot.id = shim::dm_fixed_string(frame.state(), c"id".as_ptr());
            }
        })?;
        vm.set_random_seed(config.seed);
        Ok(vm)
    }

    /// Freezes libraries and globals. To be called when the host has added what is its own, before scripts are loaded.
    pub fn seal(&mut self) -> Result<(), VmError> {
        // SAFETY: a main state under `enter`'s protection.
        self.enter(|frame| unsafe { sandbox::seal(frame.state()) })?;
        self.name_library()
    }

    /// Runs `body` with a frame of its own, in which it may make values and run no script.
    pub fn enter<R>(&mut self, body: impl FnOnce(&mut Frame<'_>) -> R) -> Result<R, VmError> {
        struct Entered<F, R> {
            body: Option<F>,
            result: Option<R>,
        }
        unsafe extern "C-unwind" fn run<F: FnOnce(&mut Frame<'_>) -> R, R>(
            state: *mut lua_State,
            context: *mut c_void,
        ) {
            // SAFETY: the context is the pointer that `enter` passes, to a value that outlives this call.
            unsafe {
                let entered = &mut *context.cast::<Entered<F, R>>();
                if let Some(body) = entered.body.take() {
                    entered.result = Some(body(&mut Frame::new(state)));
                }
            }
        }
        fn runner<F: FnOnce(&mut Frame<'_>) -> R, R>(_: &F) -> shim::Body {
            run::<F, R>
        }
        let runner = runner::<_, R>(&body);
        let mut entered = Entered { body: Some(body), result: None };
        let context: *mut c_void = (&raw mut entered).cast();
        // SAFETY: `entered` outlives the protected call, which is the only user of the pointer.
        let status = unsafe { shim::dm_enter(self.state, runner, context) };
        match entered.result {
            Some(result) if status == ffi::LUA_OK => Ok(result),
            _ => Err(self.pop_error(status)),
        }
    }

    fn pop_error(&mut self, status: c_int) -> VmError {
        // SAFETY: a failed protected call leaves the error on top of the main stack.
        unsafe {
            let text = Frame::new(self.state).display(ffi::lua_gettop(self.state) as u32);
            ffi::lua_settop(self.state, 0);
            match status {
                ffi::LUA_ERRMEM => VmError::Full { limit: self.native.limit },
                _ => VmError::Script(text),
            }
        }
    }

    // ---- tasklets --------------------------------------------------------------------------------------------

    /// Runs a tasklet until it waits or ends: from its start, or from the line in which it waits, which returns
    /// `values`.
    ///
    /// Cost: within a few nanoseconds that of `lua_resume`.
    #[inline]
    pub fn resume(&mut self, thread: Thread, host: &mut dyn Host, values: &[Value], quota: &Quota) -> Outcome {
        let Some(state) = self.native.threads.get(thread) else { return Outcome::Returned };
        // SAFETY: the thread is live and suspended (a running one can't reach this exclusive VM). Up to four values
        // fit into the stack's reserve; more are checked for.
        let (new, count) = unsafe {
            if ffi::lua_status(state) == ffi::LUA_OK {
                // Not run yet: its function and arguments are what is on its stack.
                (true, ffi::lua_gettop(state) - 1)
            } else {
                if values.len() > 4 && ffi::lua_checkstack(state, values.len() as c_int) == 0 {
                    return Outcome::Failed;
                }
                for value in values {
                    push_value(state, *value);
                }
                (false, values.len() as c_int)
            }
        };
        self.run(state, host, quota, |state| {
            // SAFETY: as above.
            unsafe {
                if new { shim::dm_start(state, count) } else { ffi::lua_resume_(state, std::ptr::null_mut(), count) }
            }
        })
    }

    /// Resumes a tasklet that [slept](Outcome::Slept), with the ticks that it did.
    ///
    /// Cost: within a few nanoseconds that of `lua_resume`.
    #[inline]
    pub fn wake(&mut self, thread: Thread, host: &mut dyn Host, slept: u32, quota: &Quota) -> Outcome {
        let Some(state) = self.native.threads.get(thread) else { return Outcome::Returned };
        self.run(state, host, quota, |state| {
            // SAFETY: the thread is live and suspended, and its stack has room in reserve for one value.
            unsafe { shim::dm_wake(state, f64::from(slept)) }
        })
    }

    /// Raises `value` in the line in which the tasklet waits. One that has not run yet ends at once.
    pub fn raise(&mut self, thread: Thread, host: &mut dyn Host, value: Value, quota: &Quota) -> Outcome {
        self.raise_with(thread, host, value, None, quota)
    }

    /// Raises cancellation, which no script can catch: it runs the tasklet's `finally` parts and ends it.
    pub fn cancel(&mut self, thread: Thread, host: &mut dyn Host, quota: &Quota) -> Outcome {
        let pin = self.native.cancelled;
        let terminal = Unwind { until: None, pin };
        self.raise_with(thread, host, Value::Pin(pin), Some(terminal), quota)
    }

    /// Ends one intercepted call of the tasklet (the one with this token): uncatchable up to there, where it becomes
    /// the ordinary error `value`. The pin in it is used up.
    pub fn cancel_call(
        &mut self,
        thread: Thread,
        host: &mut dyn Host,
        token: u32,
        value: Pin,
        quota: &Quota,
    ) -> Outcome {
        let terminal = Unwind { until: Some(token), pin: value };
        self.raise_with(thread, host, Value::Pin(value), Some(terminal), quota)
    }

    fn raise_with(
        &mut self,
        thread: Thread,
        host: &mut dyn Host,
        value: Value,
        unwind: Option<Unwind>,
        quota: &Quota,
    ) -> Outcome {
        let Some(state) = self.native.threads.get(thread) else { return Outcome::Returned };
        let side: *mut Native = &mut *self.native;
        // SAFETY: the thread is live and suspended, and its stack has room in reserve for one value.
        unsafe {
            push_value(state, value);
            if let Some(Unwind { until, pin }) = unwind {
                let identity = ffi::lua_topointer(state, -1);
                (*side).set_terminal(Some(Terminal { identity, pin, until, kind: TerminalKind::Cancelled }));
            }
            let dispatching = ffi::lua_status(state) == ffi::LUA_YIELD && coroutines::is_dispatching(state);
            (*side).raising = dispatching;
            self.run(state, host, quota, |state| {
                if dispatching {
                    // The value goes with an ordinary resume, from coroutine to coroutine, to the one that waits.
                    ffi::lua_resume_(state, std::ptr::null_mut(), 1)
                } else {
                    ffi::lua_resumeerror(state, std::ptr::null_mut())
                }
            })
        }
    }

    #[inline]
    fn run(
        &mut self,
        state: *mut lua_State,
        host: &mut dyn Host,
        quota: &Quota,
        go: impl FnOnce(*mut lua_State) -> c_int,
    ) -> Outcome {
        let side: *mut Native = &mut *self.native;
        // SAFETY: the native side is live for the life of the VM; scripts reach it only inside `go`.
        unsafe {
            (*side).hot.request = request::NONE;
            (*side).meter.begin(&mut (*side).hot, quota);
            let status = Native::with_host(side, host, || go(state));
            (*side).meter.end(&mut (*side).hot);
            if status == ffi::LUA_YIELD {
                return match (*side).hot.request {
                    request::SLEEP => Outcome::Slept((*side).hot.ticks),
                    request::PARK => Outcome::Parked,
                    _ => {
                        ffi::lua_settop(state, 0);
                        Outcome::Yielded
                    }
                };
            }
            self.ended(state, status)
        }
    }

    /// What a tasklet that is over ended with.
    #[cold]
    fn ended(&mut self, state: *mut lua_State, status: c_int) -> Outcome {
        let terminal = self.native.terminal();
        self.native.set_terminal(None);
        if status == ffi::LUA_OK || status == ffi::LUA_BREAK {
            if let Some(terminal) = terminal {
                self.unpin_terminal(&terminal);
            }
            return Outcome::Returned;
        }
        let refused = status == ffi::LUA_ERRMEM && std::mem::take(&mut self.native.meter.refused);
        // SAFETY: a failed thread has its error on top, and its frames until it is retired.
        unsafe {
            let of = ffi::lua_topointer(state, -1);
            if self.native.trace.as_ref().is_none_or(|trace| trace.of != of) {
                self.native.trace = Some(NotedTrace { of, text: trace::traceback(state, 0) });
            }
            match terminal {
                Some(terminal) if status == ffi::LUA_ERRERR || terminal.is_on_top(state) => {
                    self.unpin_terminal(&terminal);
                    Outcome::Unwound(terminal.kind)
                }
                _ if refused => {
                    self.native.meter.refused = true;
                    Outcome::Unwound(TerminalKind::Memory)
                }
                _ => Outcome::Failed,
            }
        }
    }

    fn unpin_terminal(&mut self, terminal: &Terminal) {
        if terminal.pin != self.native.cancelled {
            self.unpin(terminal.pin);
        }
    }

    /// The error that ended a tasklet, once after [`Outcome::Failed`] or [`Outcome::Unwound`].
    pub fn failure(&mut self, thread: Thread) -> Failure {
        let traceback = self.native.trace.take().map_or_else(String::new, |trace| trace.text);
        let Some(from) = self.native.threads.get(thread) else {
            return Failure { message: "the tasklet is gone".into(), traceback, value: Value::Nil };
        };
        let refused = std::mem::take(&mut self.native.meter.refused).then(|| self.native.meter.refusal());
        let taken = self.enter(|frame| {
            frame.set_len(0);
            frame.push(Value::Nil);
            // SAFETY: a failed thread has its error on top; both belong to this VM.
            unsafe {
                if ffi::lua_gettop(from) > 0 {
                    ffi::lua_xmove(from, frame.state(), 1);
                }
            }
            if let Some(message) = refused {
                frame.push_table(0, 3);
                let table = frame.len();
                for (key, text) in [("name", "Budget"), ("kind", "memory"), ("message", &message)] {
                    frame.push_text(text);
                    frame.set(table, key);
                }
            }
            let at = frame.len();
            (describe(frame, at, &mut |_| None), frame.value(at))
        });
        let (message, value) = taken.unwrap_or_else(|error| (error.to_string(), Value::Nil));
        Failure { message, traceback, value }
    }

    /// The results of a tasklet that ended; pins are yours to unpin.
    pub fn take_results(&mut self, thread: Thread) -> Result<Vec<Value>, VmError> {
        let Some(from) = self.native.threads.get(thread) else { return Ok(Vec::new()) };
        // SAFETY: the thread is live.
        if unsafe { ffi::lua_gettop(from) } == 0 {
            return Ok(Vec::new());
        }
        self.enter(|frame| {
            // SAFETY: a thread that ended has its results on its stack; both belong to this VM.
            unsafe {
                let count = ffi::lua_gettop(from);
                ffi::lua_rawcheckstack(frame.state(), count);
                ffi::lua_xmove(from, frame.state(), count);
            }
            (1..=frame.len()).map(|at| frame.value(at)).collect()
        })
    }

    /// Gives a tasklet's coroutine back: whatever it was doing is forgotten, its memory is used again.
    pub fn retire(&mut self, thread: Thread) {
        let Some(state) = self.native.threads.get(thread) else { return };
        // SAFETY: the thread is live and not running. Bringing a large stack back to its first size needs memory, so it
        // is done under protection.
        let reset = unsafe { shim::dm_recycle(state) != 0 || self.enter(|_| ffi::lua_resetthread(state)).is_ok() };
        if reset {
            self.native.threads.retire(thread);
        }
    }

    /// Forgets a suspended tasklet as it is: its coroutine is garbage. (What [`Vm::retire`] gives back is kept for the
    /// next tasklet; this is for those that were captured, of whom there may be a crowd.)
    pub fn discard(&mut self, thread: Thread) {
        if let Some(pin) = self.native.threads.discard(thread) {
            self.unpin(pin);
        }
    }

    /// Whether the tasklet can go on: it waits, or has not begun yet. One that came from bytes may be over.
    pub fn can_resume(&self, thread: Thread) -> bool {
        let Some(state) = self.native.threads.get(thread) else { return false };
        // SAFETY: the thread is live; its status and the kind of its first value are only read.
        unsafe {
            match ffi::lua_status(state) {
                ffi::LUA_YIELD => true,
                ffi::LUA_OK => {
                    ffi::lua_stackdepth(state) == 0
                        && ffi::lua_gettop(state) > 0
                        && ffi::lua_type(state, 1) == ffi::LUA_TFUNCTION
                }
                _ => false,
            }
        }
    }

    /// Cuts a suspended tasklet's memory down to what it needs to stay suspended. It grows again when it runs, so
    /// this is for long sleeps.
    ///
    /// Cost: two reallocations to a smaller size.
    pub fn trim(&mut self, thread: Thread) {
        if let Some(state) = self.native.threads.get(thread) {
            // SAFETY: the thread is suspended.
            unsafe { shim::dm_trim(state) }
        }
    }

    /// Fetches what the next resume of the tasklet reads first into the cache, if the processor likes. `near` is for
    /// the one that comes soon, whose first half was fetched earlier.
    #[inline]
    pub fn prefetch(&self, thread: Thread, near: bool) {
        if let Some(state) = self.native.threads.get(thread) {
            // SAFETY: the thread is live; prefetching reads only its own fields.
            unsafe { if near { shim::dm_prefetch_stack(state) } else { shim::dm_prefetch_state(state) } }
        }
    }

    /// The Lua frames of a suspended tasklet, innermost first.
    pub fn places(&self, thread: Thread) -> Vec<Place> {
        // SAFETY: the thread is live and suspended.
        self.native.threads.get(thread).map_or_else(Vec::new, |state| unsafe { trace::places(state, 0) })
    }

    /// Interrupts that the tasklet which ran last may still use before what its owner holds is measured.
    #[inline]
    pub fn credit(&self) -> i64 {
        self.native.meter.credit
    }

    /// How many tasklets there are.
    pub fn tasklets(&self) -> usize {
        self.native.threads.live()
    }

    // ---- values ----------------------------------------------------------------------------------------------

    /// Gives a pin back.
    pub fn unpin(&mut self, pin: Pin) {
        if pin != Pin::NIL {
            // SAFETY: only clears a slot of the registry.
            unsafe { ffi::lua_unref(self.state, pin.0) };
        }
    }

    /// Declares what is reachable from here as common to all: it is held against no actor. To be called once, when all
    /// of it is frozen.
    pub fn share(&mut self, pins: Vec<Pin>) {
        self.native.shared = pins;
        self.find_common();
    }

    /// Walks over what is shared; anew, when values were restored into it.
    pub(crate) fn find_common(&mut self) {
        // SAFETY: no script runs; what is pinned for ever stays where it is.
        let common = unsafe {
            let mut walk = Walk::new(self.state, None);
            for pin in &self.native.shared {
                walk.pin(self.state, *pin);
            }
            walk
        };
        self.native.common = Some(common);
    }

    /// Bytes that a tasklet's coroutine takes, stacks included.
    pub fn tasklet_bytes(&self, thread: Thread) -> usize {
        // SAFETY: the thread is live.
        self.native.threads.get(thread).map_or(0, |state| unsafe { shim::dm_thread_bytes(state) })
    }

    // ---- random numbers, memory, hash ------------------------------------------------------------------------

    /// The state of the generator behind `math.random`.
    pub fn random_state(&self) -> u64 {
        // SAFETY: the state is live.
        unsafe { shim::dm_random_state(self.state) }
    }

    /// Has the generator go on from that state.
    pub fn set_random_state(&mut self, state: u64) {
        // SAFETY: the state is live.
        unsafe { shim::dm_set_random_state(self.state, state) }
    }

    fn set_random_seed(&mut self, seed: u64) {
        // SAFETY: the state is live.
        unsafe { shim::dm_set_random_state(self.state, mixed(seed)) }
    }

    /// Bytes that Luau has allocated.
    pub fn allocated(&self) -> usize {
        // SAFETY: the state is live; category 0 is the only one in use.
        unsafe { ffi::lua_totalbytes(self.state, 0) }
    }

    /// Bytes of the arena in use: what an image copies.
    pub fn heap(&self) -> usize {
        self.native.arena.in_use()
    }

    /// Bytes that the heap may grow to.
    pub fn heap_limit(&self) -> usize {
        self.native.limit
    }

    /// The collector's state: whether a cycle is under way, and the allocated bytes at which the next one begins.
    pub fn collector(&self) -> (bool, usize) {
        // SAFETY: asking changes nothing.
        (unsafe { ffi::lua_gc(self.state, ffi::LUA_GCISPAUSED, 0) == 0 }, self.native.collect_at)
    }

    /// Interrupts used so far by everyone.
    pub fn interrupts(&self) -> u64 {
        self.native.meter.used
    }

    /// One tick's share of garbage collection: in proportion to what was allocated since the last call, so that a
    /// quiet VM costs nothing, and the same in every run.
    pub fn collect(&mut self) {
        /// Work a tick, at least and at most, in bytes.
        const STEP: std::ops::RangeInclusive<u64> = (64 << 10)..=(16 << 20);
        let allocated = std::mem::take(&mut self.native.meter.allocated);
        if allocated == 0 {
            return;
        }
        // SAFETY: no script runs, so the collector may.
        unsafe {
            let paused = ffi::lua_gc(self.state, ffi::LUA_GCISPAUSED, 0) != 0;
            if paused && self.allocated() < self.native.collect_at {
                return;
            }
            let work = (3 * allocated).clamp(*STEP.start(), *STEP.end());
            meter::collect(self.state, work as usize);
            if ffi::lua_gc(self.state, ffi::LUA_GCISPAUSED, 0) != 0 {
                self.native.collect_at = (2 * self.allocated()).max(self.allocated() + (4 << 20));
            }
        }
    }

    /// Has memory ready for so many bytes more than the heap has, unless so many of it are free, so that a crowd that comes
    /// at once does not wait for the system. A part of it at each call, a fraction of a millisecond each; nothing when it
    /// is ready.
    pub fn warm_up(&mut self, room: usize) {
        if self.heap().saturating_sub(self.allocated()) < room {
            self.native.arena.warm_up(room);
        }
    }

    /// A whole garbage collection, at once.
    pub fn collect_all(&mut self) {
        // SAFETY: no script runs; stopping again keeps Luau's own pace out.
        unsafe {
            ffi::lua_gc(self.state, ffi::LUA_GCCOLLECT, 0);
            ffi::lua_gc(self.state, ffi::LUA_GCSTOP, 0);
        }
        self.native.collect_at = (2 * self.allocated()).max(self.allocated() + (4 << 20));
    }

    /// Hashes values by content: whatever is reachable from the roots that `body` names, each once, in an order that
    /// does not depend on addresses.
    ///
    /// The generator of random numbers belongs to it.
    pub fn digest(&mut self, body: impl FnOnce(&mut Digest<'_, '_>)) -> u64 {
        let mut own = Xxh3::new();
        own.update(&self.digest_of(None, body).to_le_bytes());
        own.update(&self.random_state().to_le_bytes());
        own.digest()
    }

    /// As [`Vm::digest`], of the named values alone; the numbers of handles with the tag `hidden` do not count.
    pub fn digest_of(&mut self, hidden: Option<u8>, body: impl FnOnce(&mut Digest<'_, '_>)) -> u64 {
        let mut hasher = Xxh3::new();
        let mut own = Xxh3::new();
        // SAFETY: no script runs while the VM is borrowed.
        let mut walk = unsafe { Walk::new(self.state, Some(&mut hasher)) };
        if let Some(tag) = hidden {
            walk.hide(tag);
        }
        let mut digest = Digest { walk, own: &mut own, vm: self };
        body(&mut digest);
        drop(digest);
        own.update(&hasher.digest().to_le_bytes());
        own.digest()
    }
}

/// By which the state of SplitMix64 (Steele, Lea, Flood 2014) grows with each number.
pub(crate) const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// The number that SplitMix64 gives first from this state, so that seeds 0, 1, 2 begin far apart.
pub(crate) fn mixed(state: u64) -> u64 {
    let mut z = state.wrapping_add(STEP);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A cancellation on its way.
struct Unwind {
    until: Option<u32>,
    pin: Pin,
}

/// Receives what is to be hashed.
pub struct Digest<'w, 'v> {
    walk: Walk<'w>,
    own: &'w mut Xxh3,
    vm: &'v Vm,
}

impl Digest<'_, '_> {
    /// Bytes of the host's own state.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.own.update(bytes);
    }

    /// A value and all that it leads to.
    pub fn pin(&mut self, pin: Pin) {
        // SAFETY: no script runs while the VM is borrowed.
        unsafe { self.walk.pin(self.vm.state, pin) }
    }

    /// A tasklet and all that it leads to.
    pub fn thread(&mut self, thread: Thread) {
        if let Some(state) = self.vm.native.threads.get(thread) {
            // SAFETY: the thread is live, and no script runs.
            unsafe { self.walk.thread(state) }
        }
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        // The heap goes with its arena: there is nothing in it that needs to be closed one by one, since scripts can
        // own no host objects (userdata) at all.
        if cfg!(dormouse_malloc) {
            // SAFETY: the state is live, and this is its end.
            unsafe { ffi::lua_close(self.state) }
        }
    }
}

/// Fields of a table that are shown to people.
const SHOWN_FIELDS: usize = 20;

/// An error as a person reads it: text as it is; a table by its `name` and fields.
pub(crate) fn describe(
    frame: &mut Frame<'_>,
    at: u32,
    called: &mut dyn FnMut(crate::value::Handle) -> Option<String>,
) -> String {
    use crate::value::Kind;
    if frame.kind(at) != Kind::Table {
        return frame.display(at);
    }
    frame.get(at, "name");
    let name = frame.text(frame.len()).unwrap_or_else(|| "table".into());
    frame.pop(1);
    frame.get(at, "message");
    let message = frame.text(frame.len());
    frame.pop(1);
    if let Some(message) = message {
        return format!("{name}: {message}");
    }
    let mut fields = Vec::new();
    let all = frame.entries(at, |frame| {
        if fields.len() == SHOWN_FIELDS {
            return Err(());
        }
        let (key, value) = (frame.len() - 1, frame.len());
        let key = frame.display(key);
        if key != "name" && key != "traceback" {
            let name = frame.named_handle(value).and_then(&mut *called);
            fields.push(format!("{key} = {}", name.unwrap_or_else(|| frame.display(value))));
        }
        Ok(())
    });
    fields.sort();
    if all.is_err() {
        fields.push("and more".into());
    }
    if fields.is_empty() { name } else { format!("{name} {{ {} }}", fields.join(", ")) }
}
