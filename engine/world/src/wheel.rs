//! The timer wheel: who is due at which tick. Sleeping costs nothing; a tick touches only what is due, whatever
//! sleeps besides.
//!
//! A hierarchical wheel (Varghese and Lauck 1987): level 0 has a slot for each of the next 256 ticks, each higher
//! level a slot for 256 times as many. A timer moves down a level when its time draws near: at most three times in
//! its life. Insertion and removal are O(1).

use serde::{Deserialize, Serialize};

use crate::ids::TaskId;

const BITS: u32 = 8;
const SLOTS: usize = 1 << BITS;
/// Four levels reach 2^32 ticks, the longest wait there is.
const LEVELS: usize = 4;

/// Where a timer is, so that it can be taken out again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Below [`SLOTS`] times [`LEVELS`].
    pub(crate) slot: u16,
    pub(crate) index: u32,
}

/// A timer: when it is due, and whose it is.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Timer {
    pub(crate) due: u64,
    /// Orders those due at one tick.
    pub(crate) order: u64,
    pub(crate) task: TaskId,
}

/// A timer's place changed: the owner must note it.
pub(crate) trait Moved {
    fn moved(&mut self, task: TaskId, place: Place);
}

/// See the module's comment.
#[derive(Serialize, Deserialize)]
pub(crate) struct Wheel {
    /// The last tick whose timers were taken.
    now: u64,
    slots: Vec<Vec<Timer>>,
    /// Timers at all.
    len: usize,
    /// Buffers of slots that are empty, the one that was used last at the end: whoever waits a tick at a time needs two
    /// of them, not one for each slot that comes by.
    #[serde(skip)]
    spare: Vec<Vec<Timer>>,
}

impl Clone for Wheel {
    fn clone(&self) -> Self {
        Wheel { now: self.now, slots: self.slots.clone(), len: self.len, spare: Vec::new() }
    }

    fn clone_from(&mut self, from: &Self) {
        self.slots.clone_from(&from.slots);
        (self.now, self.len) = (from.now, from.len);
    }
}

impl Wheel {
    pub(crate) fn new() -> Self {
        Wheel { now: 0, slots: vec![Vec::new(); SLOTS * LEVELS], len: 0, spare: Vec::new() }
    }

    /// The last tick whose timers were taken.
    pub(crate) fn now(&self) -> u64 {
        self.now
    }

    /// The timers with their places. Errors: a wheel that was not made by its own functions.
    pub(crate) fn places(&self) -> Result<Vec<(Place, Timer)>, &'static str> {
        if self.slots.len() != SLOTS * LEVELS || self.slots.iter().map(Vec::len).sum::<usize>() != self.len {
            return Err("the wheel has not as many slots or timers as it should");
        }
        let mut all = Vec::with_capacity(self.len);
        for (slot, timers) in self.slots.iter().enumerate() {
            for (index, timer) in timers.iter().enumerate() {
                let reach =
                    timer.due.checked_sub(self.now).is_some_and(|left| (1..=u64::from(u32::MAX)).contains(&left));
                if !reach || self.slot_of(timer.due) != slot {
                    return Err("a timer is in a slot that is not its own");
                }
                all.push((Place { slot: slot as u16, index: index as u32 }, *timer));
            }
        }
        Ok(all)
    }

    /// Adds a timer that is due after `now`, at most 2^32 - 1 ticks after.
    // Called, it would be given the timer in memory, in words, and read it back in halves: the processor waits for that.
    #[inline(always)]
    pub(crate) fn insert(&mut self, timer: Timer) -> Place {
        self.len += 1;
        self.put(timer)
    }

    #[inline(always)]
    fn put(&mut self, timer: Timer) -> Place {
        debug_assert!(timer.due > self.now);
        let slot = self.slot_of(timer.due);
        let timers = &mut self.slots[slot];
        if timers.capacity() == 0
            && let Some(spare) = self.spare.pop()
        {
            *timers = spare;
        }
        timers.push(timer);
        Place { slot: slot as u16, index: (timers.len() - 1) as u32 }
    }

    #[inline]
    fn slot_of(&self, due: u64) -> usize {
        // The level is that of the highest digit in which the due tick differs from now: until that digit turns,
        // the timer need not be looked at.
        let differing = (due ^ self.now).max(1).ilog2() / BITS;
        let level = (differing as usize).min(LEVELS - 1);
        let digit = (due >> (BITS * level as u32)) as usize & (SLOTS - 1);
        level * SLOTS + digit
    }

    /// Takes a timer out. The one that fills its gap is reported to `owner`.
    pub(crate) fn remove(&mut self, place: Place, owner: &mut impl Moved) {
        let timers = &mut self.slots[usize::from(place.slot)];
        let index = place.index as usize;
        timers.swap_remove(index);
        self.len -= 1;
        if let Some(moved) = timers.get(index) {
            owner.moved(moved.task, place);
        }
    }

    /// When the timer at a place is due.
    pub(crate) fn due(&self, place: Place) -> Option<u64> {
        self.slots.get(usize::from(place.slot))?.get(place.index as usize).map(|timer| timer.due)
    }

    /// Moves on to tick `now + 1` and takes the timers due then, in order, into `due` (which is emptied first).
    pub(crate) fn advance(&mut self, due: &mut Vec<Timer>, owner: &mut impl Moved) {
        due.clear();
        self.recycle(std::mem::take(due));
        self.now += 1;
        // When a level's digits have all turned, the next slot of the level above is spread over it.
        for level in (1..LEVELS).rev() {
            let below = BITS * level as u32;
            if self.now & ((1 << below) - 1) == 0 {
                let slot = level * SLOTS + ((self.now >> below) as usize & (SLOTS - 1));
                self.spread(slot, due, owner);
            }
        }
        let slot = self.now as usize & (SLOTS - 1);
        let mut timers = std::mem::take(&mut self.slots[slot]);
        if due.is_empty() {
            *due = timers;
        } else {
            due.append(&mut timers);
            self.recycle(timers);
        }
        self.len -= due.len();
        if !due.is_sorted_by_key(|timer| timer.order) {
            due.sort_unstable_by_key(|timer| timer.order);
        }
    }

    fn spread(&mut self, slot: usize, due: &mut Vec<Timer>, owner: &mut impl Moved) {
        let mut timers = std::mem::take(&mut self.slots[slot]);
        for timer in timers.drain(..) {
            if timer.due == self.now {
                due.push(timer);
            } else {
                let place = self.put(timer);
                owner.moved(timer.task, place);
            }
        }
        self.recycle(timers);
    }

    fn recycle(&mut self, timers: Vec<Timer>) {
        if timers.capacity() > 0 {
            self.spare.push(timers);
        }
    }

    #[cfg(test)]
    fn all(&self) -> impl Iterator<Item = &Timer> {
        self.slots.iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use slotmap::SlotMap;
    use std::collections::BTreeMap;

    struct Places(BTreeMap<TaskId, Place>);

    impl Moved for Places {
        fn moved(&mut self, task: TaskId, place: Place) {
            self.0.insert(task, place);
        }
    }

    /// Against a sorted map: random insertions (near and far), removals and steps, from starts just before each
    /// level's turn.
    #[test]
    fn agrees_with_a_sorted_map() {
        let mut random = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = move |limit: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % limit
        };
        for start in [0, 250, 65_530, (1 << 24) - 6, (1 << 32) - 300] {
            let mut keys = SlotMap::<TaskId, ()>::with_key();
            let mut wheel = Wheel { now: start, ..Wheel::new() };
            let mut places = Places(BTreeMap::new());
            let mut reference = BTreeMap::<(u64, u64), TaskId>::new();
            let mut due = Vec::new();
            for order in 0..30_000 {
                let reach = [1, 2, 300, 70_000, 20_000_000][next(5) as usize];
                let timer = Timer { due: wheel.now + 1 + next(reach), order, task: keys.insert(()) };
                reference.insert((timer.due, order), timer.task);
                let place = wheel.insert(timer);
                places.0.insert(timer.task, place);
                if next(4) == 0
                    && let Some((key, task)) = reference.iter().nth(next(reference.len() as u64) as usize % 50)
                {
                    let (key, task) = (*key, *task);
                    reference.remove(&key);
                    let place = places.0[&task];
                    wheel.remove(place, &mut places);
                }
                if next(3) == 0 {
                    wheel.advance(&mut due, &mut places);
                    let expected: Vec<_> = reference.range(..=(wheel.now, u64::MAX)).map(|(_, task)| *task).collect();
                    assert_eq!(due.iter().map(|timer| timer.task).collect::<Vec<_>>(), expected);
                    reference.retain(|(due, _), _| *due > wheel.now);
                }
                assert_eq!(wheel.len, reference.len());
            }
            assert_eq!(wheel.all().count(), reference.len());
        }
    }
}
