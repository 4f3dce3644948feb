//! `table.sort` with a comparator that may wait: quicksort with the median of three, and heap sort where that goes
//! wrong, in exactly the order of comparisons and exchanges of Luau's own. Its place is a handful of numbers; while a
//! comparator waits they are kept in a buffer of the frame, and read from it as what anybody may have written.

use std::os::raw::c_int;

use mlua::ffi::{self, lua_State};

use super::{WAITS, call, forged, hand_over};
use crate::charge::{self, Weight};
use crate::native::Native;
use crate::shim;

const TABLE: c_int = 1;
const COMPARATOR: c_int = 2;
const STATE: c_int = 3;
/// Where the comparator lies while it runs.
pub(super) const CALLEE: u8 = 3;

/// The smaller part is always sorted first, so that no more than this many larger ones wait for their turn.
const WAITING: usize = 32;

/// No table has more items.
const LARGEST: u32 = 1 << 27;

/// A part of the list still to be sorted, both ends within it, counted from 0.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Part {
    lower: u32,
    upper: u32,
    /// How many more items may be gone through before quicksort is given up.
    limit: u32,
}

/// Which comparison was asked for last.
mod step {
    pub(super) const BEGIN: u32 = 0;
    pub(super) const ENDS: u32 = 1;
    pub(super) const MIDDLE_LOWER: u32 = 2;
    pub(super) const UPPER_MIDDLE: u32 = 3;
    pub(super) const FROM_BELOW: u32 = 4;
    pub(super) const FROM_ABOVE: u32 = 5;
    pub(super) const HEAP_LEFT: u32 = 6;
    pub(super) const HEAP_RIGHT: u32 = 7;
    pub(super) const HEAP_LAST: u32 = 8;
    pub(super) const COUNT: u32 = 9;
}

/// Where a sort is. Plain numbers, so that any bytes are one.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Sort {
    /// Items that the table has room for; it must not change.
    room: u32,
    step: u32,
    part: Part,
    /// Quicksort: the two ends of what is not yet partitioned. Heap sort: the root that sinks, and its larger child.
    i: u32,
    j: u32,
    /// Heap sort: the items in the heap, and whether it is being built (then `next` is the root to sink next).
    heap: u32,
    building: u32,
    next: u32,
    waiting: u32,
    parts: [Part; WAITING],
}

/// A comparator that contradicts itself.
struct InvalidOrder;

/// What a sort does to the list: exchange two items.
trait Items {
    fn swap(&mut self, a: u32, b: u32);
}

impl Sort {
    fn new(room: u32, items: u32) -> Sort {
        let part = Part { lower: 0, upper: items.saturating_sub(1), limit: items };
        Sort { room, part, step: step::BEGIN, ..Sort::default() }
    }

    /// Whether these are numbers that a sort could have: none leads outside of the table, no part has fewer than two items.
    fn is_sound(&self) -> bool {
        let sound = |part: &Part| part.lower < part.upper && part.upper < self.room && part.limit <= LARGEST;
        self.room <= LARGEST
            && self.step < step::COUNT
            && self.waiting as usize <= WAITING
            && sound(&self.part)
            && self.parts[..self.waiting as usize].iter().all(sound)
            && self.i <= LARGEST
            && self.j <= LARGEST
            && self.next <= self.heap
            && self.heap <= self.part.upper - self.part.lower + 1
    }

    /// Goes on with the answer to the last question (whether the first item is less than the second), to the next
    /// question; `None` when all is sorted.
    fn go_on(&mut self, mut less: bool, items: &mut impl Items) -> Result<Option<(u32, u32)>, InvalidOrder> {
        loop {
            let Part { lower, upper, limit } = self.part;
            let middle = lower + (upper - lower) / 2;
            match self.step {
                step::BEGIN => {
                    if limit == 0 {
                        self.heap = upper - lower + 1;
                        self.building = 1;
                        self.next = self.heap / 2;
                        if let Some(question) = self.next_root(items) {
                            return Ok(Some(question));
                        }
                    } else {
                        self.step = step::ENDS;
                        return Ok(Some((upper, lower)));
                    }
                }
                step::ENDS => {
                    if less {
                        items.swap(upper, lower);
                    }
                    if upper - lower == 1 {
                        if self.next_part() { continue } else { return Ok(None) }
                    }
                    self.step = step::MIDDLE_LOWER;
                    return Ok(Some((middle, lower)));
                }
                step::MIDDLE_LOWER if !less => {
                    self.step = step::UPPER_MIDDLE;
                    return Ok(Some((upper, middle)));
                }
                step::MIDDLE_LOWER | step::UPPER_MIDDLE => {
                    if self.step == step::MIDDLE_LOWER {
                        items.swap(middle, lower);
                    } else if less {
                        items.swap(middle, upper);
                    }
                    if upper - lower == 2 {
                        if self.next_part() { continue } else { return Ok(None) }
                    }
                    // The median is the pivot, and stays below the upper end.
                    items.swap(middle, upper - 1);
                    (self.i, self.j) = (lower + 1, upper - 1);
                    self.step = step::FROM_BELOW;
                    return Ok(Some((self.i, upper - 1)));
                }
                step::FROM_BELOW => {
                    if less {
                        if self.i >= upper {
                            return Err(InvalidOrder);
                        }
                        self.i += 1;
                        return Ok(Some((self.i, upper - 1)));
                    }
                    self.j = self.j.saturating_sub(1);
                    self.step = step::FROM_ABOVE;
                    return Ok(Some((upper - 1, self.j)));
                }
                step::FROM_ABOVE => {
                    if less {
                        if self.j <= lower {
                            return Err(InvalidOrder);
                        }
                        self.j -= 1;
                        return Ok(Some((upper - 1, self.j)));
                    }
                    if self.j >= self.i {
                        items.swap(self.i, self.j);
                        self.i += 1;
                        self.step = step::FROM_BELOW;
                        return Ok(Some((self.i, upper - 1)));
                    }
                    items.swap(upper - 1, self.i);
                    if self.split() { continue } else { return Ok(None) }
                }
                step::HEAP_LEFT => {
                    // `j` is the largest of the root and its children so far.
                    let (left, right) = (2 * self.i + 1, 2 * self.i + 2);
                    self.j = if less { left } else { self.i };
                    self.step = step::HEAP_RIGHT;
                    return Ok(Some((lower + self.j, lower + right)));
                }
                step::HEAP_RIGHT => {
                    if less {
                        self.j = 2 * self.i + 2;
                    }
                    if self.j != self.i {
                        items.swap(lower + self.i, lower + self.j);
                        self.i = self.j;
                        if let Some(question) = self.sink() {
                            return Ok(Some(question));
                        }
                    }
                    if let Some(question) = self.next_root(items) {
                        return Ok(Some(question));
                    }
                }
                _ => {
                    if std::mem::take(&mut less) {
                        items.swap(lower + self.i, lower + 2 * self.i + 1);
                    }
                    if let Some(question) = self.next_root(items) {
                        return Ok(Some(question));
                    }
                }
            }
            // The heap is empty: its part is sorted.
            if !self.next_part() {
                return Ok(None);
            }
        }
    }

    /// The part is partitioned around `i`: the smaller side is next, the other one waits. False when all is done.
    fn split(&mut self) -> bool {
        let Part { lower, upper, limit } = self.part;
        // One and a half times the logarithm of the items: so deep may it go.
        let limit = (limit >> 1) + (limit >> 2);
        let below = Part { lower, upper: self.i.saturating_sub(1), limit };
        let above = Part { lower: self.i + 1, upper, limit };
        let (smaller, larger) =
            if self.i.saturating_sub(lower) < upper.saturating_sub(self.i) { (below, above) } else { (above, below) };
        for part in [larger, smaller] {
            if part.lower < part.upper && (self.waiting as usize) < WAITING {
                self.parts[self.waiting as usize] = part;
                self.waiting += 1;
            }
        }
        self.next_part()
    }

    /// Goes on with the part that waited last. False when there is none.
    fn next_part(&mut self) -> bool {
        self.step = step::BEGIN;
        while self.waiting > 0 {
            self.waiting -= 1;
            self.part = self.parts[self.waiting as usize];
            if self.part.lower < self.part.upper {
                return true;
            }
        }
        false
    }

    /// The next root of the heap that is to sink; `None` when the part is sorted.
    fn next_root(&mut self, items: &mut impl Items) -> Option<(u32, u32)> {
        loop {
            if self.building != 0 && self.next == 0 {
                self.building = 0;
            }
            if self.building != 0 {
                self.next -= 1;
                self.i = self.next;
            } else {
                // The largest goes to the end.
                if self.heap <= 1 {
                    return None;
                }
                self.heap -= 1;
                items.swap(self.part.lower, self.part.lower + self.heap);
                self.i = 0;
            }
            if let Some(question) = self.sink() {
                return Some(question);
            }
        }
    }

    /// The first comparison that tells whether the root `i` is to sink; `None` when it has no children.
    fn sink(&mut self) -> Option<(u32, u32)> {
        let lower = self.part.lower;
        let left = 2 * self.i + 1;
        if left + 1 < self.heap {
            self.step = step::HEAP_LEFT;
        } else if left + 1 == self.heap {
            self.step = step::HEAP_LAST;
        } else {
            return None;
        }
        Some((lower + self.i, lower + left))
    }
}

/// The table in the frame.
struct Table(*mut lua_State);

impl Items for Table {
    fn swap(&mut self, a: u32, b: u32) {
        // SAFETY: the state runs `sort`, with a table in its first slot and room for two values; any number is a
        // possible key.
        unsafe {
            ffi::lua_rawgeti_(self.0, TABLE, a as c_int + 1);
            ffi::lua_rawgeti_(self.0, TABLE, b as c_int + 1);
            ffi::lua_rawseti_(self.0, TABLE, a as c_int + 1);
            ffi::lua_rawseti_(self.0, TABLE, b as c_int + 1);
        }
    }
}

/// # Safety
/// Called by Luau.
pub(super) unsafe extern "C-unwind" fn sort(state: *mut lua_State) -> c_int {
    // SAFETY: Luau calls with a live state. The buffer has the size of a `Sort`, which any bytes are.
    unsafe {
        let list = ffi::lua_type(state, TABLE) == ffi::LUA_TTABLE;
        charge::pay(state, Weight::Sort);
        if !list
            || ffi::lua_type(state, COMPARATOR) != ffi::LUA_TFUNCTION
            || ffi::lua_getreadonly(state, TABLE) != 0
            || ffi::lua_objlen(state, TABLE) < 2
        {
            return hand_over(state, (*Native::of(state)).originals.sort);
        }
        ffi::lua_settop(state, COMPARATOR);
        let place = ffi::lua_newbuffer(state, size_of::<Sort>()).cast();
        let sort = Sort::new(shim::dm_array_room(state, TABLE), ffi::lua_objlen(state, TABLE) as u32);
        go_on(state, place, sort, false)
    }
}

/// # Safety
/// Called by Luau when a comparator that waited has returned: its result is on top.
pub(super) unsafe extern "C-unwind" fn sort_goes_on(state: *mut lua_State, _status: c_int) -> c_int {
    // SAFETY: Luau calls with a live state; what the frame holds is checked.
    unsafe {
        let mut size = 0;
        let place = ffi::lua_tobuffer(state, STATE, &mut size).cast::<Sort>();
        if ffi::lua_gettop(state) != STATE + 1
            || place.is_null()
            || size != size_of::<Sort>()
            || ffi::lua_type(state, TABLE) != ffi::LUA_TTABLE
        {
            forged(state, c"sort");
        }
        let sort = place.read_unaligned();
        if !sort.is_sound() {
            forged(state, c"sort");
        }
        let less = take_answer(state, sort.room);
        go_on(state, place, sort, less)
    }
}

/// Pops what the comparator said.
unsafe fn take_answer(state: *mut lua_State, room: u32) -> bool {
    // SAFETY: the state runs `sort`, and the result is on top.
    unsafe {
        let less = ffi::lua_toboolean(state, -1) != 0;
        ffi::lua_settop(state, STATE);
        if shim::dm_array_room(state, TABLE) != room {
            ffi::luaL_error(state, c"table modified during sorting".as_ptr());
        }
        less
    }
}

unsafe fn go_on(state: *mut lua_State, place: *mut Sort, mut sort: Sort, mut less: bool) -> c_int {
    // SAFETY: the state runs `sort`, with its three slots filled, the last with the buffer at `place`, which stays where
    // it is as long as the frame holds it.
    unsafe {
        loop {
            match sort.go_on(less, &mut Table(state)) {
                Ok(None) => return 0,
                Ok(Some((a, b))) => {
                    ffi::lua_pushvalue(state, COMPARATOR);
                    ffi::lua_rawgeti_(state, TABLE, a as c_int + 1);
                    ffi::lua_rawgeti_(state, TABLE, b as c_int + 1);
                    if !call(state, 2) {
                        place.write_unaligned(sort);
                        return WAITS;
                    }
                    less = take_answer(state, sort.room);
                }
                Err(InvalidOrder) => {
                    ffi::luaL_error(state, c"invalid order function for sorting".as_ptr());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callbacks::tests::Random;

    struct Nothing;

    impl Items for Nothing {
        fn swap(&mut self, _: u32, _: u32) {}
    }

    /// A capture may have been forged: whatever place is taken for sound, the sort goes on from it to an end.
    #[test]
    fn from_any_place_that_passes_for_one_it_ends() {
        let mut random = Random(5);
        let mut sound = 0;
        for _ in 0..200_000 {
            let mut next = |below: u32| random.below(u64::from(below)) as u32;
            let part = |next: &mut dyn FnMut(u32) -> u32| Part { lower: next(4), upper: next(7), limit: next(9) };
            let mut sort = Sort {
                room: 2 + next(8),
                step: next(step::COUNT + 1),
                part: part(&mut next),
                i: next(9),
                j: next(9),
                heap: next(6),
                building: next(3),
                next: next(6),
                waiting: next(3),
                parts: [Part::default(); WAITING],
            };
            for waiting in 0..2 {
                sort.parts[waiting] = part(&mut next);
            }
            if !sort.is_sound() {
                continue;
            }
            sound += 1;
            let mut questions = 0;
            while let Ok(Some(_)) = sort.go_on(next(2) == 0, &mut Nothing) {
                questions += 1;
                assert!(questions < 10_000, "it does not end");
            }
        }
        assert!(sound > 1_000, "{sound} were sound");
    }
}
