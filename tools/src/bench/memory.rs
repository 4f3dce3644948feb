//! What a sleeper weighs: the growth of the whole process, so that nothing is forgotten. Each of the two is weighed in a
//! process of its own: what was used and given back before would hide what they take.

use std::error::Error;
use std::process::Command;

use dormouse_vm::baseline::BareThreads;

use super::Row;
use super::measure::expect;
use super::subject::{ASLEEP, world_of};
use super::tasklets::BARE_LOOP;

const COUNT: usize = 100_000;

/// What is weighed.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Weighed {
    Actors,
    Coroutines,
}

pub fn memory() -> Result<Vec<Row>, Box<dyn Error>> {
    let [ours, heap] = in_own_process("actors")?;
    let [bare, allocated] = in_own_process("coroutines")?;
    Ok(vec![
        Row::new("memory, sleeping actor: process", ours, "B", "bare suspended coroutine: process", bare).aim(1.0),
        Row::new("memory, sleeping actor: heap", heap, "B", "bare suspended coroutine: Luau's count", allocated)
            .aim(1.0),
    ])
}

/// Asks this very program, begun anew, what one of them takes.
fn in_own_process(what: &str) -> Result<[f64; 2], Box<dyn Error>> {
    let output = Command::new(std::env::current_exe()?).args(["bench", "--weigh", what]).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned().into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Bytes of one: of the whole process, and by Luau's count.
pub fn weigh(what: Weighed) -> Result<[f64; 2], Box<dyn Error>> {
    let before = resident()?;
    // Both are alive while the process is looked at.
    let (after, heap) = match what {
        Weighed::Actors => {
            let mut world = world_of(COUNT, ASLEEP)?;
            world.collect();
            (resident()?, world.heap())
        }
        Weighed::Coroutines => {
            let mut bare = BareThreads::new(COUNT, BARE_LOOP);
            expect("bare coroutines that yielded", bare.round() as u64, COUNT as u64)?;
            (resident()?, bare.allocated())
        }
    };
    Ok([after.saturating_sub(before), heap].map(|bytes| bytes as f64 / COUNT as f64))
}

/// Bytes of memory that the process holds.
pub(super) fn resident() -> Result<usize, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/self/statm").map_err(|_| "memory is read from /proc/self/statm")?;
    let pages: usize = text.split_whitespace().nth(1).ok_or("no pages in /proc/self/statm")?.parse()?;
    Ok(pages * 4096)
}
