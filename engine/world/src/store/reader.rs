//! Reading capsules where they lie, without the database: see [`file`](super::file). What is not found so is no error; it
//! is looked for in the database then.

use std::ops::Range;
use std::sync::Arc;

use super::block::{capsule_in, capsule_of, hint_of, number_of, place_of};
use super::blocks::Block;
use super::file::Ground;

/// Reads one capsule after the other. Neighbours often wake together: the first of a block is read alone, with the second
/// the whole block is, so that the others are at hand.
#[derive(Default)]
pub(super) struct Reader {
    /// The block that is in `bytes`, and the one that was read from last. None has the number 0.
    whole: u64,
    last: u64,
    pub(super) bytes: Vec<u8>,
}

impl Reader {
    /// Where a capsule is in `bytes` now, without its checksum; none where it was not found.
    pub(super) fn read(&mut self, ground: &Ground, serial: u64, block: Block) -> Option<Range<usize>> {
        let number = place_of(serial).0;
        if self.whole == number {
            return capsule_in(&self.bytes, serial);
        }
        let (at, before) = (block.at?.get(), std::mem::replace(&mut self.last, number));
        self.whole = 0;
        if let Some(hint) = hint_of(serial).filter(|hint| before != number && hint.end <= block.size as usize) {
            self.bytes.resize(hint.len(), 0);
            let found = ground.read(at + hint.start as u64, &mut self.bytes).then(|| capsule_of(&self.bytes, serial));
            if let Some(Some(found)) = found {
                return Some(found);
            }
        }
        self.bytes.resize(block.size as usize, 0);
        if !ground.read(at, &mut self.bytes) || number_of(&self.bytes) != Some(number) {
            return None;
        }
        self.whole = number;
        capsule_in(&self.bytes, serial)
    }

    /// More of this block will be read.
    fn expect(&mut self, number: u64) {
        self.last = number;
    }

    /// The block that is to be in `bytes`.
    pub(super) fn fill(&mut self, number: u64, block: &[u8]) {
        self.bytes.clear();
        self.bytes.extend(block);
        self.whole = number;
    }

    /// Nothing that was read is true any more.
    pub(super) fn forget(&mut self) {
        self.whole = 0;
    }
}

/// Capsules to be read, with all that is needed for it: on another thread.
pub(crate) struct Errand {
    pub(super) ground: Arc<Ground>,
    /// Their numbers and blocks, in the order in which they lie.
    pub(super) list: Vec<(u64, Block)>,
}

impl Errand {
    /// Reads them in their order; none for one that was not found. It ends when `each` says false.
    pub(crate) fn run(self, mut each: impl FnMut(Option<&[u8]>) -> bool) {
        let mut reader = Reader::default();
        for (at, (serial, block)) in self.list.iter().enumerate() {
            let number = place_of(*serial).0;
            if self.list.get(at + 1).is_some_and(|(next, _)| place_of(*next).0 == number) {
                reader.expect(number);
            }
            let found = reader.read(&self.ground, *serial, *block);
            if !each(found.map(|found| &reader.bytes[found])) {
                return;
            }
        }
    }
}
