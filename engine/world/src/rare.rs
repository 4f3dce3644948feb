//! What few have: in a box that is made when something is put into it, so that those who have nothing are small. Reading from
//! one who has nothing gives what is the default.

use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// See the module's comment. In bytes it is what is in it, or the default.
#[derive(Debug)]
pub(crate) struct Rare<T>(Option<Box<T>>);

/// What has a default that can be lent out.
pub(crate) trait Nothing: Default + PartialEq + Copy + 'static {
    /// The default.
    fn nothing() -> &'static Self;
}

impl<T> Default for Rare<T> {
    fn default() -> Self {
        Rare(None)
    }
}

impl<T: Nothing> Deref for Rare<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        match &self.0 {
            Some(held) => held,
            None => T::nothing(),
        }
    }
}

impl<T: Nothing> DerefMut for Rare<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.0.get_or_insert_default()
    }
}

impl<T: Nothing> From<T> for Rare<T> {
    fn from(held: T) -> Self {
        Rare((held != T::default()).then(|| Box::new(held)))
    }
}

/// Copying over an old one uses its box again: images are made every tick.
impl<T: Copy> Clone for Rare<T> {
    fn clone(&self) -> Self {
        Rare(self.0.clone())
    }

    fn clone_from(&mut self, from: &Self) {
        match (&mut self.0, &from.0) {
            (Some(old), Some(new)) => **old = **new,
            (old, new) => old.clone_from(new),
        }
    }
}

impl<T: Nothing + Serialize> Serialize for Rare<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

impl<'de, T: Nothing + Deserialize<'de>> Deserialize<'de> for Rare<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Rare::from)
    }
}
