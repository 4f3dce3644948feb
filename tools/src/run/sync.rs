//! `--sync-test`: the world goes on from its own snapshots, beside one that was left alone; both must stay the same.

use std::error::Error;

use dormouse::input::What;
use dormouse::snapshot::SaveOptions;
use dormouse::{Config, World};

use crate::diff;

/// Lines of a difference that are shown.
const SHOWN: usize = 40;

/// See the module's comment.
pub struct Sync {
    alone: World,
    every: u64,
}

impl Sync {
    pub fn new(alone: World, every: u64) -> Self {
        Sync { alone, every }
    }

    /// Lets the other world have the same tick, and after every so many of them exchanges `world` for what its bytes
    /// give. What differs then, in words.
    pub fn tick(
        &mut self,
        world: &mut World,
        inputs: &[What],
        tracing: bool,
    ) -> Result<Option<String>, Box<dyn Error>> {
        self.alone.tick(inputs);
        self.alone.take_output();
        if !world.now().is_multiple_of(self.every) {
            return Ok(None);
        }
        let bytes = world.save(&SaveOptions::default())?;
        let mut restored = World::restore(&bytes, &Config::default(), world.scripts())?;
        restored.set_tracing(tracing);
        if let Some(text) = compare("the world that was restored", &mut restored, "the one that was saved", world) {
            return Ok(Some(text));
        }
        *world = restored;
        Ok(compare("the world that went through bytes", world, "the one that was left alone", &mut self.alone))
    }
}

fn compare(one: &str, a: &mut World, other: &str, b: &mut World) -> Option<String> {
    let (ours, theirs) = (a.hash(), b.hash());
    if ours == theirs {
        return None;
    }
    let mut text = format!("sync test: at tick {} {one} ({ours:016x}) is not {other} ({theirs:016x})", a.now());
    let differences = diff::worlds(a, b);
    for difference in differences.iter().take(SHOWN) {
        text += &format!("\n    {difference}");
    }
    match differences.len() {
        0 => {
            text +=
                "\n    nothing that can be shown differs: random numbers, what is shared by all, or what is on its way"
        }
        count if count > SHOWN => text += &format!("\n    and {} more", count - SHOWN),
        _ => {}
    }
    Some(text)
}
