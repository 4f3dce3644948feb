//! The section `WRLD`: the native side of a world as plain data, and which of its parts are values in the VM.

use serde::{Deserialize, Serialize};

use super::container::Tag;
use super::error::Damage;
use crate::ids::TaskId;
use crate::names::Names;
use crate::sim::state::State;

/// What is written.
#[derive(Serialize)]
struct Written<'a> {
    names: &'a Names,
    classes: &'a [&'a str],
    state: &'a State,
    random: u64,
    present: &'a Bits,
    natives: &'a [(TaskId, Vec<u8>)],
}

/// What is read.
#[derive(Deserialize)]
pub(crate) struct Part {
    pub(crate) names: Names,
    /// The classes' names, by the numbers that they had.
    pub(crate) classes: Vec<String>,
    pub(crate) state: State,
    /// The state of `math.random`.
    pub(crate) random: u64,
    /// Which places of [`State::visit_roots`] hold something.
    pub(crate) present: Bits,
    /// The states of native tasklets.
    pub(crate) natives: Vec<(TaskId, Vec<u8>)>,
}

/// Bits in their order.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Bits {
    len: u64,
    bytes: Vec<u8>,
}

impl Bits {
    /// The bits of a list.
    pub(crate) fn of(all: &[bool]) -> Bits {
        let byte = |bits: &[bool]| (0..).zip(bits).fold(0, |byte, (at, bit)| byte | u8::from(*bit) << at);
        Bits { len: all.len() as u64, bytes: all.chunks(8).map(byte).collect() }
    }

    /// The list; as long as there are bits.
    pub(crate) fn list(&self) -> Vec<bool> {
        let bits = self.bytes.iter().flat_map(|byte| (0..8).map(move |at| byte >> at & 1 == 1));
        bits.take(usize::try_from(self.len).unwrap_or(usize::MAX)).collect()
    }
}

/// The section's bytes.
pub(crate) fn write(
    names: &Names,
    classes: &[&str],
    state: &State,
    random: u64,
    present: &Bits,
    natives: &[(TaskId, Vec<u8>)],
) -> Vec<u8> {
    let written = Written { names, classes, state, random, present, natives };
    postcard::to_stdvec(&written).expect("plain data can be serialized")
}

impl Part {
    /// Reads the section. What it says is not checked yet: see [`check`](super::check).
    pub(crate) fn read(bytes: &[u8]) -> Result<Part, Damage> {
        match postcard::take_from_bytes::<Part>(bytes) {
            Ok((part, [])) => Ok(part),
            Ok((_, rest)) => {
                Err(Damage::at(bytes.len() - rest.len(), "more follows than belongs to it").within(Tag::WORLD))
            }
            Err(error) => Err(Damage::at(0, format!("it is no world: {error}")).within(Tag::WORLD)),
        }
    }
}
