//! The sections for people and tools: what a snapshot is of (`META`), and which scripts it was made with (`CODE`,
//! `srcs`). Nothing in a world's future depends on `META`.

use std::collections::BTreeMap;

use dormouse_vm::ScriptHash;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::container::{Reader, Tag};
use super::error::Damage;
use crate::scripts::Scripts;

/// What a snapshot is of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Meta {
    /// The engine's version.
    pub engine: String,
    /// Who asked for it, in its own words; may be empty.
    pub created_by: String,
    /// The map that the world began with.
    pub map: Option<MapOrigin>,
    /// The tick after which it was made.
    pub tick: u64,
    /// World time, in seconds.
    pub time: f64,
    /// The seed of the world's random numbers.
    pub seed: u64,
    /// Actors and tasklets in it.
    pub actors: u64,
    /// See `actors`.
    pub tasklets: u64,
    /// The world's hash, where it was asked for. Whoever restores the world with the same scripts gets it again.
    pub hash: Option<u64>,
}

/// Where a world began. It goes on without the file: walls and wires are part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapOrigin {
    /// The map's name.
    pub name: String,
    /// Its file, as it was given.
    pub path: String,
    /// The hash of the file's bytes (XXH3, 64 bits).
    pub hash: u64,
}

/// The scripts' contents by path, as hashes.
pub(super) type Code = BTreeMap<String, ScriptHash>;

/// The hash of a file, for [`MapOrigin`].
pub fn hash(bytes: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(bytes)
}

pub(super) fn code_of(scripts: &Scripts) -> Code {
    scripts.iter().map(|(path, source)| (path.to_owned(), ScriptHash::of(source))).collect()
}

/// Reads a section that is one value and nothing more.
pub(super) fn read<T: DeserializeOwned>(reader: &Reader<'_>, tag: Tag) -> Result<Option<T>, Damage> {
    let Some(bytes) = reader.optional(tag)? else { return Ok(None) };
    match postcard::take_from_bytes::<T>(&bytes) {
        Ok((value, [])) => Ok(Some(value)),
        Ok((_, rest)) => Err(Damage::at(bytes.len() - rest.len(), "more follows than belongs to it").within(tag)),
        Err(error) => Err(Damage::at(0, format!("it can't be read: {error}")).within(tag)),
    }
}

/// As [`read`], of a section that must be there.
pub(super) fn must_read<T: DeserializeOwned>(reader: &Reader<'_>, tag: Tag) -> Result<T, Damage> {
    if reader.has(Tag::PROGRAM) {
        return Err(Damage::not_a_world());
    }
    read(reader, tag)?.ok_or_else(|| Damage::at(0, "it is missing").within(tag))
}

pub(super) fn bytes_of(value: &impl Serialize) -> Vec<u8> {
    postcard::to_stdvec(value).expect("plain data can be serialized")
}
