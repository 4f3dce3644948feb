//! The worlds that are measured, and the proof that they did what the figure claims.

use std::collections::BTreeMap;
use std::error::Error;

use dormouse::{Config, Context, NativeActor, NativeClass, Scripts, World};
use serde::{Deserialize, Serialize};

use super::measure::{Done, expect};

/// What a waking script does, natively.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Ticker;

impl NativeActor for Ticker {
    const CLASS: &'static str = "Ticker";

    fn run(&mut self, cx: &mut Context<'_, Self>) {
        loop {
            cx.wait(self, 1);
        }
    }
}

/// A world with one class, `Subject`, and so many actors of it.
pub fn world_of(count: usize, methods: &str) -> Result<World, Box<dyn Error>> {
    let source = format!("local Subject = actor 'Subject' {{ props = {{ count = 0 }} }}\n{methods}\nreturn Subject");
    let scripts = Scripts::new().with("subject.luau", source);
    let config = Config { natives: vec![NativeClass::of::<Ticker>()], ..Config::default() };
    let mut world = World::new(&config, &scripts)?;
    spawn_all(&mut world, "Subject", count)?;
    Ok(world)
}

/// So many more actors, at work when this is over.
pub fn spawn_all(world: &mut World, class: &str, count: usize) -> Done {
    for _ in 0..count {
        world.spawn(class, &BTreeMap::new())?;
    }
    world.tick(&[]);
    world.tick(&[]);
    no_errors(world)
}

/// What actors do when they wake at every tick.
pub const WAKING: &str = "function Subject:run() while true do wait(1) end end";
/// What they do when they sleep.
pub const ASLEEP: &str = "function Subject:run() wait(1e9) end";

/// What is to be found in a world's counts after a tick: if it is not, nothing was measured.
#[derive(Clone, Copy, Default)]
pub struct PerTick {
    pub wakes: usize,
    pub events: usize,
    pub wires: usize,
}

/// Lets ticks pass, in each of which so much happens, and nothing fails.
pub fn ticks(world: &mut World, count: usize, each: PerTick) -> Done {
    let before = world.summary();
    for _ in 0..count {
        world.tick(&[]);
    }
    let after = world.summary();
    no_errors(world)?;
    expect("wakes", after.wakes - before.wakes, (each.wakes * count) as u64)?;
    expect("events", after.events - before.events, (each.events * count) as u64)?;
    expect("wires", after.wires - before.wires, (each.wires * count) as u64)?;
    expect("tasklets", after.tasklets as u64, before.tasklets as u64)
}

/// Fails with the first error that the world told of.
pub fn no_errors(world: &mut World) -> Done {
    if world.summary().errors == 0 {
        return Ok(());
    }
    let told = world.take_output().into_iter().map(|line| line.text).next().unwrap_or_default();
    Err(format!("the benchmark's script failed: {told}").into())
}
