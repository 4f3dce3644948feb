//! Slot maps in bytes, exactly. `slotmap` writes the slots and their lives but not in which order the free ones will be
//! used again; since ids are given out in that order, and scripts see them, a world that goes on from bytes must have
//! it. Here the free slots are written too, and on reading put back in their order.
//!
//! To be used with `#[serde(with = "slots")]`. What is written, in terms of serde: the sequence of all slots but the
//! sentinel, each the version of its life and its value; then the sequence of the numbers of the free slots, next to be
//! used first. A free slot is written as one in use, with nothing in particular in it: reading takes that out, which is
//! how the slot gets to its place in the list. So every slot that is claimed takes about as much room in the bytes as
//! it will take in memory.

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use slotmap::{Key, SlotMap};

/// The two halves of a key.
fn parts(key: impl Key) -> (u32, u32) {
    let bits = key.data().as_ffi();
    (bits as u32, (bits >> 32) as u32)
}

/// The free slots, next to be used first, with the versions that they would have if they were used.
///
/// Cost: a copy of the map, in which they are used up.
fn free_slots<K: Key, V: Clone + Default>(map: &SlotMap<K, V>) -> Vec<(u32, u32)> {
    let mut copy = map.clone();
    let mut free = Vec::new();
    loop {
        let (index, version) = parts(copy.insert(V::default()));
        // A slot that never was used is the last of them, and in its first life.
        if version == 1 && index as usize == copy.len() {
            return free;
        }
        free.push((index, version));
    }
}

/// See the module's comment.
pub(crate) fn serialize<K: Key, V: Serialize + Clone + Default, S: Serializer>(
    map: &SlotMap<K, V>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let (free, nothing) = (free_slots(map), V::default());
    let mut slots: Vec<(u32, &V)> = vec![(0, &nothing); map.len() + free.len()];
    for (key, value) in map {
        let (index, version) = parts(key);
        slots[index as usize - 1] = (version, value);
    }
    for (index, next_life) in &free {
        slots[*index as usize - 1].0 = next_life.wrapping_sub(2);
    }
    let free: Vec<u32> = free.into_iter().map(|(index, _)| index).collect();
    (slots, free).serialize(serializer)
}

/// A map whose slots are all in use, in these lives, with nothing in particular in them. Lives have odd numbers.
///
/// Only `slotmap`'s own reading can make such a map; it is given bytes that say so.
fn in_use<K: Key, V: Serialize + DeserializeOwned + Default>(
    lives: impl ExactSizeIterator<Item = u32>,
) -> Result<SlotMap<K, V>, postcard::Error> {
    let nothing = V::default();
    let sentinel = postcard::to_stdvec(&(lives.len() + 1, None::<()>, 0_u32))?;
    let bytes =
        lives.into_iter().try_fold(sentinel, |bytes, life| postcard::to_extend(&(Some(&nothing), life), bytes))?;
    postcard::from_bytes(&bytes)
}

/// See the module's comment. Whatever the bytes, the result is a sound map or an error.
pub(crate) fn deserialize<'de, K: Key, V: Serialize + DeserializeOwned + Default, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<SlotMap<K, V>, D::Error> {
    let (slots, free): (Vec<(u32, V)>, Vec<u32>) = Deserialize::deserialize(deserializer)?;
    let mut map: SlotMap<K, V> = in_use(slots.iter().map(|(life, _)| *life))
        .map_err(|_| D::Error::custom("a slot in use has the life of a free one"))?;
    let mut keys = Vec::with_capacity(slots.len());
    for ((key, place), (_, value)) in map.iter_mut().zip(slots) {
        *place = value;
        keys.push(key);
    }
    // The one to be used first is given back last.
    for index in free.iter().rev() {
        let key = (*index as usize).checked_sub(1).and_then(|at| keys.get(at));
        if key.and_then(|key| map.remove(*key)).is_none() {
            return Err(D::Error::custom("the list of free slots names one that does not exist, or one twice"));
        }
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::random;
    use slotmap::DefaultKey;

    #[derive(Serialize, Deserialize)]
    struct Map(#[serde(with = "super")] SlotMap<DefaultKey, u64>);

    #[test]
    fn a_map_goes_on_as_the_one_that_was_written() {
        for seed in 0..300 {
            let mut next = random(seed);
            let mut map = Map(SlotMap::new());
            let mut keys = Vec::new();
            let turn = |map: &mut Map, keys: &mut Vec<DefaultKey>, kind: u64, which: u64| {
                if kind < 5 || keys.is_empty() {
                    keys.push(map.0.insert(which));
                } else {
                    map.0.remove(keys.swap_remove(which as usize % keys.len()));
                }
            };
            for _ in 0..next(200) {
                let (kind, which) = (next(8 + seed % 4), next(1000));
                turn(&mut map, &mut keys, kind, which);
            }
            let bytes = postcard::to_stdvec(&map).unwrap();
            let mut copy: Map = postcard::from_bytes(&bytes).unwrap();
            assert_eq!(postcard::to_stdvec(&copy).unwrap(), bytes, "seed {seed}");
            let mut copied = keys.clone();
            for _ in 0..400 {
                let (kind, which) = (next(9), next(1000));
                turn(&mut map, &mut keys, kind, which);
                turn(&mut copy, &mut copied, kind, which);
                assert_eq!(keys, copied, "seed {seed}");
            }
            assert!(map.0.iter().eq(copy.0.iter()), "seed {seed}");
        }
    }

    #[test]
    fn bytes_that_lie_are_refused() {
        let mut map = Map(SlotMap::new());
        let keys: Vec<_> = (0..4).map(|n| map.0.insert(n)).collect();
        map.0.remove(keys[2]);
        map.0.remove(keys[0]);
        let mut bytes = postcard::to_stdvec(&map).unwrap();
        let len = bytes.len();
        assert_eq!(bytes[len - 3..], [2, 1, 3]);
        for lie in [[2, 1, 1], [2, 1, 99], [2, 0, 3]] {
            bytes[len - 3..].copy_from_slice(&lie);
            assert!(postcard::from_bytes::<Map>(&bytes).is_err(), "{lie:?}");
        }
    }
}
