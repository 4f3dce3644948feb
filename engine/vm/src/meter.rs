//! Budgets: how long a tasklet may run and how much its owner may hold.
//!
//! Time is counted in the VM's interrupts (each call and each turn of a loop is one), so it is the same on every
//! machine; large allocations and calls into the library that work through long strings and tables are charged by
//! their size. Memory is charged as it is allocated, and measured by what is reachable only when the charge exceeds
//! the budget: garbage is never held against anyone, and a tasklet that allocates little is never measured.

use std::os::raw::c_int;

use mlua::ffi::{self, lua_State};

use crate::native::{Native, Terminal};
use crate::shim::Hot;

/// What a tasklet may use in one resume.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    /// Interrupts.
    pub time: i64,
    /// Bytes that its owner may still allocate before what it holds is measured.
    pub credit: i64,
    /// Bytes that its owner may hold.
    pub memory: i64,
}

/// Interrupts left to `finally` and `defer` after the time was up.
const GRACE: i64 = 20_000;
/// Bytes of allocation that cost one interrupt.
const BYTES_PER_UNIT: usize = 256;
/// The part of the heap that scripts can't have: the engine's own work must never fail for lack of memory.
const RESERVE_SHARE: usize = 16;
/// Bytes allocated between two of the collector's steps inside a resume.
const COLLECT_EVERY: i64 = 4 << 20;

/// The counters of the resume in progress.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    /// Whether a script is running (and not the engine on its behalf).
    pub(crate) armed: bool,
    /// Fuel set aside while the hot counter is at zero to have something else seen to at the next interrupt.
    set_aside: i64,
    /// The time is up already: what still runs is `finally` and `defer`, on [`GRACE`].
    grace: bool,
    /// An allocation was refused because it alone exceeds what the owner may hold.
    pub(crate) refused: bool,
    /// Bytes left before a measurement is due.
    pub(crate) credit: i64,
    /// Bytes that the owner may hold.
    memory: i64,
    /// Bytes left before the collector takes a step.
    until_collect: i64,
    /// Bytes allocated since [`Vm::collect`](crate::Vm::collect) last ran: they pace the collector.
    pub(crate) allocated: u64,
    /// Interrupts used by all resumes so far.
    pub(crate) used: u64,
    quota: i64,
}

impl Meter {
    pub(crate) fn begin(&mut self, hot: &mut Hot, quota: &Quota) {
        self.armed = true;
        self.grace = false;
        self.refused = false;
        hot.fuel = quota.time;
        self.set_aside = 0;
        self.quota = quota.time;
        self.credit = quota.credit;
        self.memory = quota.memory;
        if quota.credit < 0 {
            self.call_attention(hot);
        }
    }

    pub(crate) fn end(&mut self, hot: &Hot) {
        self.armed = false;
        self.used += (self.quota - hot.fuel - self.set_aside).max(0) as u64;
    }

    /// Has the next interrupt look at more than the fuel.
    fn call_attention(&mut self, hot: &mut Hot) {
        if hot.fuel > 0 {
            self.set_aside += std::mem::take(&mut hot.fuel);
        }
    }

    /// Bytes that the running actor may hold.
    pub(crate) fn allowance(&self) -> u64 {
        self.memory.max(0) as u64
    }

    /// What a rewind must bring back: the counters that outlive a resume.
    pub(crate) fn lasting(&self) -> [i64; 3] {
        [self.until_collect, self.allocated as i64, self.used as i64]
    }

    /// See [`Meter::lasting`].
    pub(crate) fn restore(&mut self, [until_collect, allocated, used]: [i64; 3]) {
        (self.until_collect, self.allocated, self.used) = (until_collect, allocated as u64, used as u64);
    }

    /// Charges an allocation; false when it must be refused.
    pub(crate) fn admit(&mut self, hot: &mut Hot, bytes: usize, heap: usize, limit: usize) -> bool {
        self.allocated += bytes as u64;
        if !self.armed {
            return true;
        }
        if bytes as i64 > self.memory || heap + bytes > limit - limit / RESERVE_SHARE {
            self.refused = true;
            return false;
        }
        hot.fuel -= (bytes / BYTES_PER_UNIT) as i64;
        self.credit -= bytes as i64;
        self.until_collect -= bytes as i64;
        // What is due is done where it is safe: at the next interrupt.
        if self.credit < 0 || self.until_collect < 0 {
            self.call_attention(hot);
        }
        true
    }
}

/// The seldom part of an interrupt: collects, measures, or raises the budget error.
///
/// # Safety
/// Called by the interrupt in `hot.cpp` with a live state whose callbacks' userdata is the VM's [`Native`].
#[cold]
pub(crate) unsafe extern "C-unwind" fn attend(state: *mut lua_State) {
    // SAFETY: the state is live and its userdata is the VM's `Native`; no reference to it is held across a call that
    // may reach it again (collection and measuring do not run scripts).
    unsafe {
        let native = Native::of(state);
        let meter = &mut (*native).meter;
        (*native).hot.fuel += std::mem::take(&mut meter.set_aside);
        if meter.until_collect < 0 {
            meter.until_collect = COLLECT_EVERY;
            // Twice what was allocated: the collector gains on the script that feeds it.
            collect(state, 2 * COLLECT_EVERY as usize);
        }
        if meter.credit < 0 {
            let held = (*native).measure_running(state) as i64;
            let meter = &mut (*native).meter;
            meter.credit = meter.memory - held;
            if meter.credit < 0 {
                // What it holds may be let go by `finally`; it must be able to run.
                meter.credit = meter.memory / 8;
                Terminal::budget_memory(state, held as u64, meter.memory as u64);
            }
        }
        let meter = &mut (*native).meter;
        if (*native).hot.fuel < 0 {
            if !meter.grace {
                meter.grace = true;
                (*native).hot.fuel = GRACE;
            }
            Terminal::budget_time(state, meter.quota as u64);
        }
    }
}

/// One deterministic step of the collector: about `bytes` of work.
///
/// # Safety
/// `state` is live and at a point where Luau itself might collect.
pub(crate) unsafe fn collect(state: *mut lua_State, bytes: usize) {
    // SAFETY: by the caller's promise. Stopping again afterwards throws away the pace that Luau computed from the
    // clock: when the next step comes is for the host alone to say.
    unsafe {
        let kib = (bytes >> 10).clamp(1, c_int::MAX as usize) as c_int;
        ffi::lua_gc(state, ffi::LUA_GCSTEP, kib);
        ffi::lua_gc(state, ffi::LUA_GCSTOP, 0);
    }
}
