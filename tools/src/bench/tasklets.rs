//! Tasklets and actors: waking, sleeping, being born and dying, exceptions, events.

use std::error::Error;

use dormouse::{Datum, World};
use dormouse_vm::baseline::BareThreads;

use super::Row;
use super::measure::{Done, expect, nanoseconds, side_by_side};
use super::subject::{ASLEEP, PerTick, WAKING, spawn_all, ticks, world_of};

/// A function for bare coroutines that does what a tasklet in `while true do wait(1) end` does.
pub const BARE_LOOP: &str = "return function() while true do coroutine.yield() end end";
/// One that is made, runs and dies.
const BARE_DEATH: &str = "return function() end";
/// How many of a kind there are at a tick, where the kind is what counts.
const COUNT: usize = 1_000;

pub fn rounds(bare: &mut BareThreads, count: usize, rounds: usize) -> Done {
    for _ in 0..rounds {
        expect("bare coroutines that yielded", bare.round() as u64, count as u64)?;
    }
    Ok(())
}

pub fn wake() -> Result<Vec<Row>, Box<dyn Error>> {
    let mut rows = Vec::new();
    for (count, turns) in [(1_000, 50), (100_000, 2)] {
        let mut world = world_of(count, WAKING)?;
        let mut bare = BareThreads::new(count, BARE_LOOP);
        let each = PerTick { wakes: count, ..PerTick::default() };
        let (ours, theirs) = side_by_side(|| ticks(&mut world, turns, each), || rounds(&mut bare, count, turns))?;
        let pieces = count * turns;
        let name = format!("wake, {count} tasklets");
        let (ours, theirs) = (nanoseconds(ours, pieces), nanoseconds(theirs, pieces));
        rows.push(Row::new(name, ours, "ns", "bare lua_resume loop", theirs).aim(1.3));
    }
    Ok(rows)
}

pub fn idle() -> Result<Vec<Row>, Box<dyn Error>> {
    let mut many = world_of(1_000_000, ASLEEP)?;
    let mut few = world_of(1_000, ASLEEP)?;
    let turns = 50_000;
    let nothing = PerTick::default();
    let (ours, theirs) = side_by_side(|| ticks(&mut many, turns, nothing), || ticks(&mut few, turns, nothing))?;
    let (ours, theirs) = (nanoseconds(ours, turns), nanoseconds(theirs, turns));
    Ok(vec![Row::new("idle tick, 1,000,000 asleep", ours, "ns", "1,000 asleep", theirs).aim(2.0)])
}

pub fn spawn() -> Result<Vec<Row>, Box<dyn Error>> {
    let against = "bare lua_newthread, run, dropped";
    let mut rows = Vec::new();
    for (name, methods) in [
        (
            "spawn, run, die: tasklet",
            "local function die() end
            function Subject:run() while true do for i = 1, 1000 do start(die) end wait(1) end end",
        ),
        (
            "spawn, run, die: tasklet and its task",
            "local function die() end
            function Subject:run() while true do for i = 1, 1000 do local task = start(die) end wait(1) end end",
        ),
        (
            "spawn, run, die: actor",
            "function Subject:run()
                if self.count == 1 then despawn(self) return end
                while true do for i = 1, 1000 do spawn('Subject', { count = 1 }) end wait(1) end
            end",
        ),
    ] {
        const TURNS: usize = 20;
        let mut world = world_of(1, methods)?;
        let mut threads = BareThreads::new(1, BARE_DEATH);
        let each = PerTick { wakes: COUNT + 1, ..PerTick::default() };
        let (ours, theirs) = side_by_side(
            || ticks(&mut world, TURNS, each),
            || expect("bare coroutines that ended", threads.spawn(TURNS * COUNT) as u64, (TURNS * COUNT) as u64),
        )?;
        let (ours, theirs) = (nanoseconds(ours, TURNS * COUNT), nanoseconds(theirs, TURNS * COUNT));
        rows.push(Row::new(name, ours, "ns", against, theirs).aim(1.5));
    }
    Ok(rows)
}

/// Against a world of as many tasklets that wake.
fn against_wake(name: &str, count: usize, methods: &str, each: PerTick) -> Result<Row, Box<dyn Error>> {
    const TURNS: usize = 10;
    let mut world = world_of(count, methods)?;
    let mut waking = world_of(COUNT, WAKING)?;
    let wakes = PerTick { wakes: COUNT, ..PerTick::default() };
    let (ours, theirs) = side_by_side(|| ticks(&mut world, TURNS, each), || ticks(&mut waking, TURNS, wakes))?;
    let (ours, theirs) = (nanoseconds(ours, TURNS * COUNT), nanoseconds(theirs, TURNS * COUNT));
    Ok(Row::new(name, ours, "ns", "wake", theirs))
}

pub fn raise() -> Result<Vec<Row>, Box<dyn Error>> {
    // That it is caught each time is seen from the tasklets: they live.
    let methods = "local function sleeper() while true do pcall(wait, 1e9) end end
        function Subject:run()
            local tasks = {}
            for i = 1, 1000 do tasks[i] = start(sleeper) end
            wait(1)
            while true do
                for _, task in tasks do task:raise('wake up') end
                wait(1)
            end
        end";
    let each = PerTick { wakes: COUNT + 1, ..PerTick::default() };
    Ok(vec![against_wake("raise into a sleeper, caught", 1, methods, each)?.aim(4.0)])
}

pub fn event() -> Result<Vec<Row>, Box<dyn Error>> {
    let methods = "function Subject:run()
            local others = find_all { except = self }
            if nearest(vector.zero, 'Subject') ~= self.id then return end
            while true do
                for _, other in others do tell(other, 'hello') end
                wait(1)
            end
        end
        function Subject:handleEvent(event) end";
    let each = PerTick { wakes: COUNT + 1, events: COUNT, ..PerTick::default() };
    Ok(vec![against_wake("event: tell to handleEvent", COUNT + 1, methods, each)?])
}

pub fn native() -> Result<Vec<Row>, Box<dyn Error>> {
    const TURNS: usize = 50;
    let mut world = world_of(0, "")?;
    spawn_all(&mut world, "Ticker", COUNT)?;
    let mut waking = world_of(COUNT, WAKING)?;
    let each = PerTick { wakes: COUNT, ..PerTick::default() };
    let (ours, theirs) = side_by_side(|| ticks(&mut world, TURNS, each), || ticks(&mut waking, TURNS, each))?;
    let (ours, theirs) = (nanoseconds(ours, TURNS * COUNT), nanoseconds(theirs, TURNS * COUNT));
    let mut rows = vec![Row::new("wake of a native tasklet", ours, "ns", "wake of a script", theirs)];
    for (name, call) in [
        (
            "table.sort of 1,000, each comparison",
            "table.sort(table.clone(list), function(a, b) calls += 1 return a < b end)",
        ),
        ("string.gsub, each call of a function", "string.gsub(text, '%w+', function(word) calls += 1 return word end)"),
    ] {
        rows.push(calling_back(name, call)?);
    }
    Ok(rows)
}

/// A function of the library that calls the script's, where that may wait, against Luau's own, where it may not.
fn calling_back(name: &str, call: &str) -> Result<Row, Box<dyn Error>> {
    const TURNS: usize = 10;
    let prepared = "local list, text = {}, string.rep('every word is one call, ', 200)
        for i = 1, 1000 do list[i] = i * 7919 % 1009 end";
    let methods = format!(
        "{prepared} function Subject:run() local calls = 0 while true do {call} self.count = calls wait(1) end end"
    );
    let mut world = world_of(1, &methods)?;
    let bare = format!("{prepared} return function() local calls = 0 while true do {call} coroutine.yield() end end");
    let mut bare = BareThreads::new(1, &bare);
    let subject = world.actors().into_iter().next_back().ok_or("there is no subject")?;
    let count = |world: &World| match world.field(subject, "count") {
        Some(Datum::Number(count)) => count as usize,
        _ => 0,
    };
    let before = count(&world);
    let each = PerTick { wakes: 1, ..PerTick::default() };
    ticks(&mut world, 1, each)?;
    let calls = count(&world) - before;
    expect("hundreds of calls", (calls > 500).into(), 1)?;
    let (ours, theirs) = side_by_side(|| ticks(&mut world, TURNS, each), || rounds(&mut bare, 1, TURNS))?;
    let (ours, theirs) = (nanoseconds(ours, TURNS * calls), nanoseconds(theirs, TURNS * calls));
    Ok(Row::new(name, ours, "ns", "Luau's own, which can't wait", theirs))
}
