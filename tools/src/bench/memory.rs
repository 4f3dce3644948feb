//! What a sleeper weighs: the growth of the whole process, so that nothing is forgotten.

use std::error::Error;

use dormouse_vm::baseline::BareThreads;

use super::Row;
use super::measure::expect;
use super::subject::{ASLEEP, world_of};
use super::tasklets::BARE_LOOP;

const COUNT: usize = 100_000;

pub fn memory() -> Result<Vec<Row>, Box<dyn Error>> {
    let before = resident()?;
    let mut world = world_of(COUNT, ASLEEP)?;
    world.collect();
    let ours = resident()?.saturating_sub(before) as f64 / COUNT as f64;
    let heap = world.heap() as f64 / COUNT as f64;
    drop(world);
    let before = resident()?;
    let mut bare = BareThreads::new(COUNT, BARE_LOOP);
    expect("bare coroutines that yielded", bare.round() as u64, COUNT as u64)?;
    let grown = resident()?.saturating_sub(before) as f64 / COUNT as f64;
    let allocated = bare.allocated() as f64 / COUNT as f64;
    Ok(vec![
        Row::new("memory, sleeping actor: process", ours, "B", "bare suspended coroutine: process", grown).aim(1.0),
        Row::new("memory, sleeping actor: heap", heap, "B", "bare suspended coroutine: Luau's count", allocated)
            .aim(1.0),
    ])
}

/// Bytes of memory that the process holds.
pub(super) fn resident() -> Result<usize, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/self/statm").map_err(|_| "memory is read from /proc/self/statm")?;
    let pages: usize = text.split_whitespace().nth(1).ok_or("no pages in /proc/self/statm")?.parse()?;
    Ok(pages * 4096)
}
