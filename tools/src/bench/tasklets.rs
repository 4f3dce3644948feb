//! Tasklets and actors: waking, sleeping, being born and dying, exceptions, events.

use std::collections::BTreeMap;
use std::error::Error;

use dormouse::{Config, Context, NativeActor, NativeClass, Scripts, World};
use dormouse_vm::baseline::BareThreads;
use serde::{Deserialize, Serialize};

use super::Row;
use super::measure::{nanoseconds, side_by_side};

/// A function for bare coroutines that does what a tasklet in `while true do wait(1) end` does.
pub const BARE_LOOP: &str = "return function() while true do coroutine.yield() end end";

/// A world with one class, `Subject`, and so many actors of it.
pub fn world_of(count: usize, methods: &str) -> Result<World, Box<dyn Error>> {
    let source = format!("local Subject = actor 'Subject' {{ props = {{ count = 0 }} }}\n{methods}\nreturn Subject");
    let scripts = Scripts::new().with("subject.luau", source);
    let config = Config { natives: vec![NativeClass::of::<Ticker>()], ..Config::default() };
    let mut world = World::new(&config, &scripts)?;
    spawn_all(&mut world, "Subject", count)?;
    Ok(world)
}

fn spawn_all(world: &mut World, class: &str, count: usize) -> Result<(), Box<dyn Error>> {
    for _ in 0..count {
        world.spawn(class, &BTreeMap::new())?;
    }
    world.tick(&[]);
    world.tick(&[]);
    Ok(())
}

fn ticks(world: &mut World, count: usize) {
    for _ in 0..count {
        world.tick(&[]);
    }
}

pub fn wake() -> Result<Vec<Row>, Box<dyn Error>> {
    let mut rows = Vec::new();
    for (count, rounds) in [(1_000, 200), (100_000, 4)] {
        let mut world = world_of(count, "function Subject:run() while true do wait(1) end end")?;
        let mut bare = BareThreads::new(count, BARE_LOOP);
        let (ours, theirs) = side_by_side(|| ticks(&mut world, rounds), || (0..rounds).for_each(|_| bare.round()));
        let pieces = count * rounds;
        let name = format!("wake, {count} tasklets");
        rows.push(Row::new(name, nanoseconds(ours, pieces), "ns", "bare lua_resume loop", nanoseconds(theirs, pieces)));
    }
    Ok(rows)
}

pub fn idle() -> Result<Vec<Row>, Box<dyn Error>> {
    let sleeper = "function Subject:run() wait(1e9) end";
    let mut many = world_of(1_000_000, sleeper)?;
    let mut few = world_of(1_000, sleeper)?;
    let rounds = 100_000;
    let (ours, theirs) = side_by_side(|| ticks(&mut many, rounds), || ticks(&mut few, rounds));
    let (ours, theirs) = (nanoseconds(ours, rounds), nanoseconds(theirs, rounds));
    Ok(vec![Row::new("idle tick, 1,000,000 asleep", ours, "ns", "1,000 asleep", theirs)])
}

pub fn spawn() -> Result<Vec<Row>, Box<dyn Error>> {
    const COUNT: usize = 1_000;
    let mut rows = Vec::new();
    let bare = "return function() end";
    let mut world = world_of(
        1,
        "local function die() end
        function Subject:run() while true do for i = 1, 1000 do start(die) end wait(1) end end",
    )?;
    let mut threads = BareThreads::new(1, bare);
    let (ours, theirs) = side_by_side(|| ticks(&mut world, 10), || threads.spawn(10 * COUNT));
    let (ours, theirs) = (nanoseconds(ours, 10 * COUNT), nanoseconds(theirs, 10 * COUNT));
    rows.push(Row::new("spawn, run, die: tasklet", ours, "ns", "bare lua_newthread and run", theirs));
    let mut world = world_of(
        1,
        "function Subject:run()
            if self.count == 1 then despawn(self) return end
            while true do for i = 1, 1000 do spawn('Subject', { count = 1 }) end wait(1) end
        end",
    )?;
    let (ours, theirs) = side_by_side(|| ticks(&mut world, 10), || threads.spawn(10 * COUNT));
    let (ours, theirs) = (nanoseconds(ours, 10 * COUNT), nanoseconds(theirs, 10 * COUNT));
    rows.push(Row::new("spawn, run, die: actor", ours, "ns", "bare lua_newthread and run", theirs));
    Ok(rows)
}

pub fn raise() -> Result<Vec<Row>, Box<dyn Error>> {
    const COUNT: usize = 1_000;
    let mut world = world_of(
        1,
        "local function sleeper() while true do pcall(wait, 1e9) end end
        function Subject:run()
            local tasks = {}
            for i = 1, 1000 do tasks[i] = start(sleeper) end
            wait(1)
            while true do
                for _, task in tasks do task:raise('wake up') end
                wait(1)
            end
        end",
    )?;
    let mut waking = world_of(COUNT, "function Subject:run() while true do wait(1) end end")?;
    let (ours, theirs) = side_by_side(|| ticks(&mut world, 20), || ticks(&mut waking, 20));
    let (ours, theirs) = (nanoseconds(ours, 20 * COUNT), nanoseconds(theirs, 20 * COUNT));
    Ok(vec![Row::new("raise into a sleeper, caught", ours, "ns", "wake", theirs)])
}

pub fn event() -> Result<Vec<Row>, Box<dyn Error>> {
    const COUNT: usize = 1_000;
    let mut world = world_of(
        COUNT + 1,
        "function Subject:run()
            local others = find_all { except = self }
            if nearest(vector.zero, 'Subject') ~= self.id then return end
            while true do
                for _, other in others do tell(other, 'hello') end
                wait(1)
            end
        end
        function Subject:handleEvent(event) end",
    )?;
    let mut waking = world_of(COUNT, "function Subject:run() while true do wait(1) end end")?;
    let (ours, theirs) = side_by_side(|| ticks(&mut world, 20), || ticks(&mut waking, 20));
    let (ours, theirs) = (nanoseconds(ours, 20 * COUNT), nanoseconds(theirs, 20 * COUNT));
    assert_eq!(world.summary().errors, 0);
    Ok(vec![Row::new("event: tell to handleEvent", ours, "ns", "wake", theirs)])
}

/// What a waking script does, natively.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Ticker;

impl NativeActor for Ticker {
    const CLASS: &'static str = "Ticker";

    fn run(&mut self, cx: &mut Context<'_, Self>) {
        loop {
            cx.wait(self, 1);
        }
    }
}

pub fn native() -> Result<Vec<Row>, Box<dyn Error>> {
    const COUNT: usize = 1_000;
    let mut world = world_of(0, "")?;
    spawn_all(&mut world, "Ticker", COUNT)?;
    let mut waking = world_of(COUNT, "function Subject:run() while true do wait(1) end end")?;
    let (ours, theirs) = side_by_side(|| ticks(&mut world, 200), || ticks(&mut waking, 200));
    let (ours, theirs) = (nanoseconds(ours, 200 * COUNT), nanoseconds(theirs, 200 * COUNT));
    Ok(vec![Row::new("wake of a native tasklet", ours, "ns", "wake of a script", theirs)])
}
