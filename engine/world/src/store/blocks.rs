//! What is known of each block in the database, by its number. Numbers grow for ever, and those in use lie near each other:
//! a row of them is one place in memory, which those who wake far from each other need only once.

use std::num::NonZeroU64;

/// Numbers of a row.
const ROW: usize = 64;

/// A block in the database.
#[derive(Clone, Copy, Default)]
pub(super) struct Block {
    /// Which of its capsules somebody may still need, a bit each. None of a block that is not there.
    pub(super) live: u64,
    /// Where it lies, if that is known, and its size.
    pub(super) at: Option<NonZeroU64>,
    pub(super) size: u32,
    /// How many it holds.
    pub(super) held: u8,
}

struct Row {
    blocks: [Block; ROW],
    used: usize,
}

/// See the module's comment.
#[derive(Default)]
pub(super) struct Blocks {
    rows: Vec<Option<Box<Row>>>,
}

fn place(number: u64) -> (usize, usize) {
    (number as usize / ROW, number as usize % ROW)
}

impl Blocks {
    /// One that was put in and not removed.
    pub(super) fn get(&self, number: u64) -> Option<&Block> {
        let (row, at) = place(number);
        self.rows.get(row)?.as_ref().map(|row| &row.blocks[at]).filter(|block| block.held > 0)
    }

    /// As [`Blocks::get`].
    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut Block> {
        let (row, at) = place(number);
        self.rows.get_mut(row)?.as_mut().map(|row| &mut row.blocks[at]).filter(|block| block.held > 0)
    }

    /// Puts one in that holds something, or another in its place.
    pub(super) fn put(&mut self, number: u64, block: Block) {
        debug_assert!(block.held > 0, "a block without capsules");
        let (row, at) = place(number);
        if row >= self.rows.len() {
            self.rows.resize_with(row + 1, || None);
        }
        let row = self.rows[row].get_or_insert_with(|| Box::new(Row { blocks: [Block::default(); ROW], used: 0 }));
        row.used += usize::from(row.blocks[at].held == 0);
        row.blocks[at] = block;
    }

    /// Removes one, if it is there.
    pub(super) fn remove(&mut self, number: u64) {
        let (row, at) = place(number);
        let Some(place) = self.rows.get_mut(row) else { return };
        let Some(found) = place.as_mut().filter(|row| row.blocks[at].held > 0) else { return };
        found.blocks[at] = Block::default();
        found.used -= 1;
        if found.used == 0 {
            *place = None;
        }
    }

    /// All of them.
    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = &Block> {
        self.rows.iter().flatten().flat_map(|row| &row.blocks).filter(|block| block.held > 0)
    }
}
