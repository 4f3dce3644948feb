//! Budgets: how long a tasklet may run and how much its owner may hold.
//!
//! Time is counted in the VM's interrupts (each call and each turn of a loop is one), so it is the same on every
//! machine; large strings and buffers, calls into the library that work through long strings and tables, and what the
//! host does when it is called are charged by their size. Memory is measured by what is reachable, so garbage is never
//! held against anyone, each time the owner has used up its credit of interrupts and allocations; the walk is charged to
//! whoever is measured, as all else.
//!
//! Neither count may depend on what the heap looks like inside (pages, garbage, strings that happen to be there
//! already): a world that was saved and restored has another heap, and must raise the same errors in the same lines.

use std::os::raw::c_int;

use mlua::ffi::{self, lua_State};

use crate::native::{Native, Terminal};
use crate::shim::{self, Hot};

/// What a tasklet may use in one resume.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    /// Interrupts.
    pub time: i64,
    /// Interrupts that its owner may still use before what it holds is measured, each worth [`BYTES_PER_CREDIT`] bytes
    /// allocated as well.
    pub credit: i64,
    /// Bytes that its owner may hold.
    pub memory: i64,
}

/// Interrupts left to `finally` and `defer` after the time was up.
const GRACE: i64 = 20_000;
/// Interrupts between two measurements of what an owner holds, unless the host says otherwise.
pub const MEASURE_EVERY: i64 = 1 << 16;
/// Bytes whose allocation brings a measurement nearer by an interrupt.
pub const BYTES_PER_CREDIT: i64 = 32;
/// Bytes that are measured for one interrupt.
const MEASURED_PER_UNIT: i64 = 128;
/// A loop over a table is looked at once in half of 2 to the power of this many turns, on average.
const SAMPLE_BITS: u32 = 6;
/// Slots of a table that are passed over in the time of an interrupt.
const SLOTS_PER_UNIT: i64 = 16;
/// So few that they are not counted.
const MANY_SLOTS: i64 = 1 << 10;
/// Bytes of the heap after which whoever runs is looked at, whatever its credit: short strings that the VM may have
/// already count nowhere else. When that is depends on the heap, so nobody may notice but who holds so many times what
/// it may, which is more than credit lets anybody hold who makes anything else.
const GULP: i64 = 64 << 20;
const FAR_TOO_MUCH: i64 = 8;
/// The part of the heap that scripts can't have: the engine's own work must never fail for lack of memory.
const RESERVE_SHARE: usize = 16;
/// Bytes allocated between two of the collector's steps inside a resume.
const COLLECT_EVERY: i64 = 4 << 20;

/// The counters of the resume in progress.
///
/// The hot counter (`fuel`) is handed out in slices, so that whatever runs out first, time or credit, is noticed by
/// the one comparison that an interrupt makes.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    /// Whether a script is running (and not the engine on its behalf).
    pub(crate) armed: bool,
    /// Interrupts left, and those left before a measurement, both as of the beginning of the slice.
    time: i64,
    pub(crate) credit: i64,
    slice: i64,
    /// The state of the generator that chooses the samples.
    chance: u32,
    /// The time is up already: what still runs is `finally` and `defer`, on [`GRACE`].
    grace: bool,
    /// An allocation was refused because it alone exceeds what the owner may hold.
    pub(crate) refused: bool,
    /// Bytes that the owner may hold.
    memory: i64,
    /// Bytes left before somebody is looked at.
    gulp: i64,
    /// Bytes left before the collector takes a step.
    until_collect: i64,
    /// Bytes allocated since [`Vm::collect`](crate::Vm::collect) last ran: they pace the collector.
    pub(crate) allocated: u64,
    /// Interrupts used by all resumes so far.
    pub(crate) used: u64,
    quota: i64,
    /// Allocations until the heap is full.
    #[cfg(test)]
    pub(crate) fail_after: Option<u64>,
}

impl Meter {
    /// Of a VM in which nothing has run yet: the collector's first step inside a resume is as far off as any other, or
    /// one that was restored would begin with it.
    pub(crate) fn new() -> Meter {
        Meter { until_collect: COLLECT_EVERY, ..Meter::default() }
    }

    #[inline]
    pub(crate) fn begin(&mut self, hot: &mut Hot, quota: &Quota) {
        self.armed = true;
        self.grace = false;
        self.refused = false;
        self.quota = quota.time;
        self.time = quota.time;
        self.credit = quota.credit;
        self.memory = quota.memory;
        // Of the world's state, so that it is the same in one that was restored.
        self.chance = ((quota.credit ^ quota.time << 20).wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64) >> 32) as u32;
        self.hand_out(hot);
    }

    #[inline]
    pub(crate) fn end(&mut self, hot: &mut Hot) {
        self.armed = false;
        self.take_back(hot);
    }

    /// A slice ends at the latest where a sample is due: which turn that is, a linear congruential generator says (its
    /// high bits; Knuth 1997, 3.3.4), so that nobody can arrange to be looked at when there is nothing to see.
    #[inline]
    fn hand_out(&mut self, hot: &mut Hot) {
        self.chance = self.chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let sample = i64::from(self.chance >> (32 - SAMPLE_BITS));
        self.slice = self.time.min(self.credit).clamp(0, sample);
        hot.fuel = self.slice;
        hot.bytes = 0;
        hot.worked = 0;
    }

    #[inline]
    fn take_back(&mut self, hot: &mut Hot) {
        let used = self.slice - hot.fuel;
        self.time -= used;
        self.credit -= used + std::mem::take(&mut hot.bytes) / BYTES_PER_CREDIT;
        self.used += used as u64;
        self.slice = 0;
        hot.fuel = 0;
        self.charge(std::mem::take(&mut hot.worked));
    }

    /// Charges work that was done outside of a slice.
    fn charge(&mut self, work: i64) {
        self.time -= work;
        self.used += work as u64;
    }

    /// Why an allocation was refused.
    pub(crate) fn refusal(&self) -> String {
        format!("asked for more memory at once than its actor may hold ({} KiB)", self.memory.max(0) >> 10)
    }

    /// What a rewind must bring back: the counters that outlive a resume.
    pub(crate) fn lasting(&self) -> [i64; 4] {
        [self.until_collect, self.gulp, self.allocated as i64, self.used as i64]
    }

    /// See [`Meter::lasting`].
    pub(crate) fn restore(&mut self, [until_collect, gulp, allocated, used]: [i64; 4]) {
        (self.until_collect, self.gulp) = (until_collect, gulp);
        (self.allocated, self.used) = (allocated as u64, used as u64);
    }

    /// Charges an allocation; false when it must be refused.
    pub(crate) fn admit(&mut self, bytes: usize, heap: usize, limit: usize) -> bool {
        #[cfg(test)]
        if let Some(left) = &mut self.fail_after {
            if *left == 0 {
                return false;
            }
            *left -= 1;
        }
        self.allocated += bytes as u64;
        if !self.armed {
            return true;
        }
        if bytes as i64 > self.memory || heap + bytes > limit - limit / RESERVE_SHARE {
            self.refused = true;
            return false;
        }
        // What is due is done where it is safe, a few interrupts from here.
        self.gulp -= bytes as i64;
        self.until_collect -= bytes as i64;
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
        (*native).meter.take_back(&mut (*native).hot);
        // Seen once in so many times, it is charged so many times.
        let slots = shim::dm_slots_ahead(state) as i64;
        // Few are not worth it; and how many there are between is not the same in a world that was restored.
        let slots = if slots < MANY_SLOTS { 0 } else { slots };
        (*native).meter.charge((slots << (SAMPLE_BITS - 1)) / SLOTS_PER_UNIT);
        if (*native).meter.until_collect < 0 {
            (*native).meter.until_collect = COLLECT_EVERY;
            // Twice what was allocated: the collector gains on the script that feeds it.
            collect(state, 2 * COLLECT_EVERY as usize);
        }
        let due = (*native).meter.credit < 0;
        if due || (*native).meter.gulp < 0 {
            let held = (*native).measure_running(state) as u64;
            let meter = &mut (*native).meter;
            meter.gulp = GULP;
            let answer = match due || held as i64 / FAR_TOO_MUCH > meter.memory {
                true => Native::host(native).map_or(Ok(MEASURE_EVERY), |host| host.measured(held)),
                false => Ok(meter.credit),
            };
            if due {
                meter.charge(held as i64 / MEASURED_PER_UNIT);
            }
            meter.credit = *answer.as_ref().unwrap_or(&GRACE);
            if let Err(refusal) = answer {
                // What it holds may be let go by `finally`; it must be able to run.
                meter.time = meter.time.max(GRACE);
                meter.hand_out(&mut (*native).hot);
                Terminal::budget_memory(state, refusal);
            }
        }
        let meter = &mut (*native).meter;
        if meter.time < 0 {
            if !meter.grace {
                meter.grace = true;
                meter.time = GRACE;
            }
            let quota = meter.quota;
            meter.hand_out(&mut (*native).hot);
            Terminal::budget_time(state, quota as u64);
        }
        meter.hand_out(&mut (*native).hot);
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
