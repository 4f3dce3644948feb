//! Slots whose inhabitants are awake or asleep. One who falls asleep leaves its place among those who are awake to others
//! and keeps its slot, so its key stays good; what is kept of it is small. Nothing here knows what sleeping means.
//!
//! Keys are given out as `slotmap`'s `SlotMap` does, which this once was: a freed slot is the next to be used, with the
//! next odd number for its life. In bytes a dorm is what [`slots`](crate::slots) makes of such a map; it can be written
//! when all are awake.

use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use slotmap::{Key, KeyData};

/// In a slot's link: whoever lives there is asleep.
const ASLEEP: u32 = 1 << 31;

/// So many come and go.
const CROWD: usize = 16 << 10;

#[derive(Clone, Copy)]
struct Slot {
    /// Odd while somebody lives there.
    life: u32,
    /// Which of the awake (or the sleepers) it is; of a free slot, the next free one.
    link: u32,
}

/// Those who are awake side by side, in no order, each with the number of its slot.
struct Ward<T> {
    seats: Vec<u32>,
    items: Vec<T>,
}

impl<T> Ward<T> {
    const fn new() -> Self {
        Ward { seats: Vec::new(), items: Vec::new() }
    }

    fn add(&mut self, seat: u32, item: T) -> u32 {
        self.add_with(seat, || item)
    }

    /// As [`Ward::add`]; it is made where it is to be, not beside it and then copied.
    #[inline(always)]
    fn add_with(&mut self, seat: u32, make: impl FnOnce() -> T) -> u32 {
        self.seats.push(seat);
        self.items.extend(std::iter::once_with(make));
        (self.items.len() - 1) as u32
    }

    /// Takes one out. The seat of the one that has its place now, if any has.
    #[inline]
    fn take(&mut self, at: u32) -> (T, Option<u32>) {
        self.seats.swap_remove(at as usize);
        let item = self.items.swap_remove(at as usize);
        self.spare_memory();
        (item, self.seats.get(at as usize).copied())
    }

    /// As [`Ward::take`], of one that nobody wants: it is not copied out first.
    #[inline]
    fn discard(&mut self, at: u32) -> Option<u32> {
        self.seats.swap_remove(at as usize);
        drop(self.items.swap_remove(at as usize));
        self.spare_memory();
        self.seats.get(at as usize).copied()
    }

    /// A crowd that is gone leaves its memory to others, unless it is one that may come again at any time.
    #[inline]
    fn spare_memory(&mut self) {
        if self.items.capacity() > CROWD && self.items.len() < self.items.capacity() / 4 {
            self.shrink();
        }
    }

    #[cold]
    fn shrink(&mut self) {
        self.seats.shrink_to(2 * self.items.len());
        self.items.shrink_to(2 * self.items.len());
    }
}

impl<T: Clone> Clone for Ward<T> {
    fn clone(&self) -> Self {
        Ward { seats: self.seats.clone(), items: self.items.clone() }
    }

    fn clone_from(&mut self, from: &Self) {
        self.seats.clone_from(&from.seats);
        self.items.clone_from(&from.items);
    }
}

/// Sleepers, each where it was laid: nobody else is touched when one wakes, who is far from all that was touched lately. A
/// place that is left is the next to be used.
struct Beds<S> {
    items: Vec<S>,
    left: Vec<u32>,
}

impl<S: Clone> Clone for Beds<S> {
    fn clone(&self) -> Self {
        Beds { items: self.items.clone(), left: self.left.clone() }
    }

    fn clone_from(&mut self, from: &Self) {
        self.items.clone_from(&from.items);
        self.left.clone_from(&from.left);
    }
}

impl<S: Copy> Beds<S> {
    fn add(&mut self, item: S) -> u32 {
        match self.left.pop() {
            Some(at) => {
                self.items[at as usize] = item;
                at
            }
            None => {
                self.items.push(item);
                (self.items.len() - 1) as u32
            }
        }
    }

    fn take(&mut self, at: u32) -> S {
        self.left.push(at);
        self.items[at as usize]
    }
}

impl<S> Beds<S> {
    fn len(&self) -> usize {
        self.items.len() - self.left.len()
    }

    /// Whether most of its memory is of those who woke.
    fn is_deserted(&self) -> bool {
        self.items.capacity() > CROWD && self.len() < self.items.capacity() / 4
    }
}

/// See the module's comment. `V` is one who is awake, `S` what is kept of a sleeper.
pub(crate) struct Dorm<K, V, S> {
    /// The first is nobody's.
    slots: Vec<Slot>,
    free: u32,
    awake: Ward<V>,
    asleep: Beds<S>,
    key: PhantomData<K>,
}

fn parts(key: impl Key) -> (u32, u32) {
    let bits = key.data().as_ffi();
    (bits as u32, (bits >> 32) as u32)
}

fn key<K: Key>(index: usize, life: u32) -> K {
    KeyData::from_ffi(u64::from(life) << 32 | index as u64).into()
}

impl<K: Key, V, S> Dorm<K, V, S> {
    /// Nobody.
    pub(crate) fn new() -> Self {
        Dorm {
            slots: vec![Slot { life: 0, link: 0 }],
            free: 1,
            awake: Ward::new(),
            asleep: Beds { items: Vec::new(), left: Vec::new() },
            key: PhantomData,
        }
    }

    #[inline]
    fn link(&self, key: K) -> Option<u32> {
        // (The life in a key is always odd, so no free slot has the same.)
        let (index, life) = parts(key);
        self.slots.get(index as usize).filter(|slot| slot.life == life).map(|slot| slot.link)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.awake.items.len() + self.asleep.len()
    }

    /// How many of them sleep.
    pub(crate) fn sleepers(&self) -> usize {
        self.asleep.len()
    }

    /// Whether there is such a one, awake or asleep.
    #[inline]
    pub(crate) fn contains_key(&self, key: K) -> bool {
        self.link(key).is_some()
    }

    /// Whether it is there and sleeps.
    #[inline]
    pub(crate) fn is_asleep(&self, key: K) -> bool {
        self.link(key).is_some_and(|link| link & ASLEEP != 0)
    }

    /// One who is there and awake; none for a sleeper.
    #[inline]
    pub(crate) fn awake(&self, key: K) -> Option<&V> {
        self.awake.items.get(self.link(key)? as usize)
    }

    /// As [`Dorm::awake`].
    #[inline]
    pub(crate) fn awake_mut(&mut self, key: K) -> Option<&mut V> {
        let link = self.link(key)?;
        self.awake.items.get_mut(link as usize)
    }

    /// One who is there. Whoever asks has seen to it that it is awake.
    #[inline]
    pub(crate) fn get(&self, key: K) -> Option<&V> {
        let link = self.link(key)?;
        debug_assert!(link & ASLEEP == 0, "a sleeper was taken for one who is awake");
        self.awake.items.get(link as usize)
    }

    /// As [`Dorm::get`].
    #[inline]
    pub(crate) fn get_mut(&mut self, key: K) -> Option<&mut V> {
        let link = self.link(key)?;
        debug_assert!(link & ASLEEP == 0, "a sleeper was taken for one who is awake");
        self.awake.items.get_mut(link as usize)
    }

    /// What is kept of a sleeper.
    pub(crate) fn sleeper(&self, key: K) -> Option<&S> {
        self.asleep.items.get(self.link(key).filter(|link| link & ASLEEP != 0)? as usize & !(ASLEEP as usize))
    }

    /// As [`Dorm::sleeper`].
    pub(crate) fn sleeper_mut(&mut self, key: K) -> Option<&mut S> {
        let link = self.link(key).filter(|link| link & ASLEEP != 0)?;
        self.asleep.items.get_mut((link & !ASLEEP) as usize)
    }

    /// The key of whoever lives in this slot.
    pub(crate) fn key_of(&self, slot: u32) -> Option<K> {
        self.slots.get(slot as usize).filter(|slot| slot.life & 1 == 1).map(|found| key(slot as usize, found.life))
    }

    /// Takes somebody in, awake.
    pub(crate) fn insert(&mut self, value: V) -> K {
        self.insert_with(|| value)
    }

    /// As [`Dorm::insert`]; whoever is large is made where it is to be.
    #[inline(always)]
    pub(crate) fn insert_with(&mut self, make: impl FnOnce() -> V) -> K {
        let (index, life) = self.occupy();
        self.slots[index as usize] = Slot { life, link: self.awake.add_with(index, make) };
        key(index as usize, life)
    }

    /// The slot that is used next, and the number of the life in it.
    fn occupy(&mut self) -> (u32, u32) {
        let index = self.free;
        match self.slots.get(index as usize) {
            Some(slot) => {
                self.free = slot.link;
                (index, slot.life | 1)
            }
            None => {
                self.slots.push(Slot { life: 0, link: 0 });
                self.free = index + 1;
                (index, 1)
            }
        }
    }

    /// The keys of those who are taken in next, in their order.
    pub(crate) fn upcoming(&self, count: usize) -> Vec<K> {
        let mut free = self.free as usize;
        let keys = (0..count).map(|_| match self.slots.get(free) {
            Some(slot) => {
                let next = key(free, slot.life | 1);
                free = slot.link as usize;
                next
            }
            None => {
                let next = key(free, 1);
                free += 1;
                next
            }
        });
        keys.collect()
    }

    /// Lets one go who is awake. Sleepers are woken before. False when it is not there.
    pub(crate) fn remove(&mut self, key: K) -> bool {
        let Some(link) = self.link(key) else { return false };
        debug_assert!(link & ASLEEP == 0, "a sleeper was let go");
        if link as usize >= self.awake.items.len() {
            return false;
        }
        if let Some(seat) = self.awake.discard(link) {
            self.slots[seat as usize].link = link;
        }
        let (index, life) = parts(key);
        self.slots[index as usize] = Slot { life: life.wrapping_add(1), link: self.free };
        self.free = index;
        true
    }

    fn leave_awake(&mut self, link: u32) -> Option<V> {
        if link as usize >= self.awake.items.len() {
            return None;
        }
        let (value, moved) = self.awake.take(link);
        if let Some(seat) = moved {
            self.slots[seat as usize].link = link;
        }
        Some(value)
    }
}

impl<K: Key, V, S: Copy> Dorm<K, V, S> {
    /// One falls asleep: this is kept of it, and it is given back. None when it is not there, or sleeps.
    pub(crate) fn put_to_sleep(&mut self, key: K, kept: S) -> Option<V> {
        let value = self.leave_awake(self.link(key)?)?;
        let (index, _) = parts(key);
        self.slots[index as usize].link = ASLEEP | self.asleep.add(kept);
        Some(value)
    }

    /// One wakes, as `value`; what was kept of it is given back. None when it does not sleep.
    pub(crate) fn wake(&mut self, key: K, value: V) -> Option<S> {
        let link = self.link(key).filter(|link| link & ASLEEP != 0)?;
        let kept = self.asleep.take(link & !ASLEEP);
        let (index, _) = parts(key);
        self.slots[index as usize].link = self.awake.add(index, value);
        if self.asleep.is_deserted() {
            self.move_up();
        }
        Some(kept)
    }

    /// A crowd that woke leaves its memory to others.
    fn move_up(&mut self) {
        let mut items = Vec::with_capacity(2 * self.asleep.len());
        for slot in self.slots.iter_mut().filter(|slot| slot.life & 1 == 1 && slot.link & ASLEEP != 0) {
            items.push(self.asleep.items[(slot.link & !ASLEEP) as usize]);
            slot.link = ASLEEP | (items.len() - 1) as u32;
        }
        self.asleep = Beds { items, left: Vec::new() };
    }
}

impl<K: Key, V, S> Dorm<K, V, S> {
    /// Those who are awake, in the order of their slots.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        self.slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.life & 1 == 1 && slot.link & ASLEEP == 0)
            .map(|(index, slot)| (key(index, slot.life), &self.awake.items[slot.link as usize]))
    }

    /// Those who sleep, in the order of their slots.
    pub(crate) fn iter_asleep(&self) -> impl Iterator<Item = (K, &S)> {
        self.slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.life & 1 == 1 && slot.link & ASLEEP != 0)
            .map(|(index, slot)| (key(index, slot.life), &self.asleep.items[(slot.link & !ASLEEP) as usize]))
    }

    /// As [`Dorm::iter`], to be changed.
    pub(crate) fn for_each_mut(&mut self, mut each: impl FnMut(K, &mut V)) {
        for (index, slot) in self.slots.iter().enumerate() {
            if slot.life & 1 == 1 && slot.link & ASLEEP == 0 {
                each(key(index, slot.life), &mut self.awake.items[slot.link as usize]);
            }
        }
    }

    /// As [`Dorm::iter`], without the keys.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }
}

impl<K: Key, V, S> Index<K> for Dorm<K, V, S> {
    type Output = V;

    #[inline]
    fn index(&self, key: K) -> &V {
        self.get(key).expect("it is there")
    }
}

impl<K: Key, V, S> IndexMut<K> for Dorm<K, V, S> {
    #[inline]
    fn index_mut(&mut self, key: K) -> &mut V {
        self.get_mut(key).expect("it is there")
    }
}

impl<K, V: Clone, S: Clone> Clone for Dorm<K, V, S> {
    fn clone(&self) -> Self {
        Dorm {
            slots: self.slots.clone(),
            free: self.free,
            awake: self.awake.clone(),
            asleep: self.asleep.clone(),
            key: PhantomData,
        }
    }

    fn clone_from(&mut self, from: &Self) {
        self.slots.clone_from(&from.slots);
        self.free = from.free;
        self.awake.clone_from(&from.awake);
        self.asleep.clone_from(&from.asleep);
    }
}

impl<K: Key, V: Serialize + Default, S> Serialize for Dorm<K, V, S> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        if self.sleepers() > 0 {
            return Err(Z::Error::custom("somebody sleeps"));
        }
        let nothing = V::default();
        let slot = |slot: &Slot| match slot.life & 1 {
            1 => (slot.life, &self.awake.items[slot.link as usize]),
            _ => (slot.life.wrapping_sub(1), &nothing),
        };
        let slots: Vec<(u32, &V)> = self.slots[1..].iter().map(slot).collect();
        let mut free = Vec::new();
        let mut at = self.free;
        while let Some(slot) = self.slots.get(at as usize) {
            free.push(at);
            at = slot.link;
        }
        (slots, free).serialize(serializer)
    }
}

/// Whatever the bytes, the result is a sound dorm or an error.
impl<'de, K: Key, V: Deserialize<'de>, S> Deserialize<'de> for Dorm<K, V, S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (slots, free): (Vec<(u32, V)>, Vec<u32>) = Deserialize::deserialize(deserializer)?;
        if slots.len() >= ASLEEP as usize || slots.iter().any(|(life, _)| life & 1 == 0) {
            return Err(D::Error::custom("a slot in use has the life of a free one"));
        }
        let mut dorm = Dorm::new();
        dorm.free = slots.len() as u32 + 1;
        for (life, value) in slots {
            let index = dorm.slots.len() as u32;
            let link = dorm.awake.add(index, value);
            dorm.slots.push(Slot { life, link });
        }
        // The one to be used first is given back last.
        for index in free.iter().rev() {
            if !dorm.key_of(*index).is_some_and(|key| dorm.remove(key)) {
                return Err(D::Error::custom("the list of free slots names one that does not exist, or one twice"));
            }
        }
        Ok(dorm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::random;
    use crate::slots;
    use slotmap::{DefaultKey, SlotMap};

    #[derive(Serialize, Deserialize)]
    struct Map(#[serde(with = "slots")] SlotMap<DefaultKey, u64>);

    /// As a slot map, whoever sleeps meanwhile; and the same in bytes, there and back.
    #[test]
    fn a_dorm_is_a_slot_map_whose_values_can_sleep() {
        for seed in 0..200 {
            let mut next = random(seed);
            let mut map = Map(SlotMap::new());
            let mut dorm = Dorm::<DefaultKey, u64, u64>::new();
            let mut keys = Vec::<DefaultKey>::new();
            for _ in 0..next(400) {
                let which = next(1000);
                match next(8 + seed % 4) {
                    0..4 => {
                        keys.push(map.0.insert(which));
                        let upcoming = dorm.upcoming(3);
                        assert_eq!(keys.last(), Some(&dorm.insert(which)));
                        assert_eq!(keys.last(), upcoming.first());
                        assert_eq!(dorm.upcoming(2), upcoming[1..]);
                    }
                    4..6 if !keys.is_empty() => {
                        let key = keys[which as usize % keys.len()];
                        match dorm.is_asleep(key) {
                            true => assert_eq!(dorm.wake(key, map.0[key]), Some(!map.0[key])),
                            false => assert_eq!(dorm.put_to_sleep(key, !map.0[key]), Some(map.0[key])),
                        }
                    }
                    _ if !keys.is_empty() => {
                        let key = keys.swap_remove(which as usize % keys.len());
                        if dorm.is_asleep(key) {
                            dorm.wake(key, map.0[key]);
                        }
                        assert_eq!(dorm.get(key).copied(), map.0.remove(key));
                        assert_eq!((dorm.remove(key), dorm.remove(key)), (true, false));
                    }
                    _ => {}
                }
                assert_eq!(dorm.len(), map.0.len());
            }
            for key in &keys {
                assert!(dorm.contains_key(*key));
                assert_eq!(dorm.awake(*key).copied().or(dorm.sleeper(*key).map(|kept| !kept)), Some(map.0[*key]));
            }
            assert_eq!(dorm.iter().count() + dorm.iter_asleep().count(), map.0.len());
            for key in &keys {
                if dorm.is_asleep(*key) {
                    assert!(postcard::to_stdvec(&dorm).is_err());
                    dorm.wake(*key, map.0[*key]);
                }
            }
            assert!(dorm.iter().eq(map.0.iter()), "seed {seed}");
            let bytes = postcard::to_stdvec(&dorm).unwrap();
            assert_eq!(bytes, postcard::to_stdvec(&map).unwrap(), "seed {seed}");
            let mut copy: Dorm<DefaultKey, u64, u64> = postcard::from_bytes(&bytes).unwrap();
            for which in 0..50 {
                assert_eq!(copy.insert(which), dorm.insert(which), "seed {seed}");
            }
        }
    }

    /// Most of a crowd wakes, in any order: who sleeps on is who slept, and takes no more memory than that.
    #[test]
    fn a_crowd_that_woke_leaves_its_memory_to_others() {
        let mut next = random(5);
        let mut dorm = Dorm::<DefaultKey, u64, u64>::new();
        let keys: Vec<_> = (0..100_000_u64).map(|n| dorm.insert(n)).collect();
        for _ in 0..3 {
            for (n, key) in keys.iter().enumerate() {
                dorm.put_to_sleep(*key, !(n as u64));
            }
            let mut left: Vec<usize> = (0..keys.len()).collect();
            while left.len() > 1_000 {
                let n = left.swap_remove(next(left.len() as u64) as usize);
                assert_eq!(dorm.wake(keys[n], n as u64), Some(!(n as u64)));
            }
            assert!(dorm.asleep.items.capacity() <= CROWD, "{}", dorm.asleep.items.capacity());
            assert_eq!(dorm.sleepers(), left.len());
            for n in left {
                assert_eq!(dorm.sleeper(keys[n]), Some(&!(n as u64)));
                assert_eq!(dorm.wake(keys[n], n as u64), Some(!(n as u64)));
            }
            assert!(keys.iter().zip(0..).all(|(key, n)| dorm.awake(*key) == Some(&n)));
        }
    }

    #[test]
    fn bytes_that_lie_are_refused() {
        let mut dorm = Dorm::<DefaultKey, u64, ()>::new();
        let keys: Vec<_> = (0..4).map(|n| dorm.insert(n)).collect();
        dorm.remove(keys[2]);
        dorm.remove(keys[0]);
        let mut bytes = postcard::to_stdvec(&dorm).unwrap();
        let len = bytes.len();
        assert_eq!(bytes[len - 3..], [2, 1, 3]);
        for lie in [[2, 1, 1], [2, 1, 99], [2, 0, 3]] {
            bytes[len - 3..].copy_from_slice(&lie);
            assert!(postcard::from_bytes::<Dorm<DefaultKey, u64, ()>>(&bytes).is_err(), "{lie:?}");
        }
    }
}
