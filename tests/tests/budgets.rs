//! What scripts may use: time and memory, and that neither depends on how the heap came to look as it does.

use dormouse::snapshot::SaveOptions;
use dormouse::{Config, Limits, World};
use dormouse_tests::{Stage, class};

fn stage(body: &str) -> Stage {
    let limits = Limits { memory: 1 << 20, time: 200_000, ..Limits::default() };
    let source = class("Subject", "", &format!("function Subject:run()\n{body}\nend"));
    let mut stage = Stage::with(&Config { limits, ..Config::default() }, &[("subject.luau", &source)]);
    stage.spawn("Subject", &[("name", "subject".into())]);
    stage
}

fn first_error(body: &str) -> String {
    stage(body).ticks(300).errors().first().cloned().unwrap_or_default()
}

#[test]
fn who_holds_too_much_is_told() {
    let error = first_error("local all = {} while true do wait() for i = 1, 1000 do table.insert(all, { i }) end end");
    assert!(error.contains("holds") && error.contains("may hold 1024 KiB"), "{error}");
}

#[test]
fn garbage_is_held_against_nobody() {
    assert_eq!(first_error("while true do wait() for i = 1, 5000 do local t = { i } end end"), "");
}

#[test]
fn who_takes_much_at_once_is_measured_at_once() {
    let hoard = "local all = {} while true do table.insert(all, buffer.create(4000)) end";
    let error = first_error(hoard);
    assert!(error.contains("may hold 1024 KiB"), "{error}");
}

#[test]
fn long_strings_cost_time() {
    for body in [
        "local s = string.rep('x', 200000) while true do local t = s .. 'y' end",
        "while true do local t = string.rep('x', 200000) end",
        "local s = string.rep('x', 200000) while true do local t = s:sub(2) end",
        "while true do local b = buffer.create(500000) end",
        "while true do local t = table.create(50000) end",
    ] {
        let error = first_error(body);
        assert!(error.contains("200000 calls and loop turns"), "{body}: {error}");
    }
}

/// The same loop, once in a heap full of garbage strings that it makes again, ends in the same turn.
#[test]
fn a_budget_ends_in_the_same_turn_whatever_the_heap_looks_like() {
    let count = |before: &str| {
        let body = format!(
            "{before} wait() local n = 0 try {{ function() while true do n += 1 local s = tostring(n % 5000) .. 'abc' \
             local t = {{ s }} end end, finally = function() log(n) end }}"
        );
        let mut stage = stage(&body);
        stage.ticks(3);
        stage.said()
    };
    let littered = "for i = 1, 5000 do local s = tostring(i) .. 'abc' end";
    // As much work, which leaves nothing behind.
    let clean = "for i = 1, 5000 do local s = tostring(0) .. 'abc' end";
    assert_eq!(count(clean), count(littered));
    assert!(!count("").is_empty());
}

/// Two worlds of the same script, one of which goes through bytes again and again, are charged and measured at the same
/// moments: what is left of budgets is part of their hash.
#[test]
fn a_restored_world_is_measured_when_the_other_is() {
    let limits = Limits { memory: 4 << 20, family_time: 1_500_000, ..Limits::default() };
    let config = Config { limits, ..Config::default() };
    for body in [
        // Garbage, some of it strings that may be there already.
        "while true do for i = 1, 60000 do local s = tostring(i % 5000) .. 'abc' local t = { s, s } end wait() end",
        // More and more, until it is too much.
        "local kept = {} while true do for i = 1, 2000 do kept[#kept + 1] = { i, tostring(i) } end wait() end",
        // What is charged by samples.
        "local t = {} for i = 1, 20000 do t['k' .. i] = i end for k in t do t[k] = nil end
         for i = 1, 20 do start(function() while true do for j = 1, i do for _ in t do end end wait() end end) end",
        // Tasklets that hold something each, too much together.
        "for i = 1, 60 do start(function() while true do local t = table.create(9000, 0) wait(i % 3 + 1) end end) end",
        // Actors that do.
        "for i = 1, 60 do spawn('Subject', { name = 'other' }) end while true do local t = table.create(100) wait() end",
    ] {
        let run = format!(
            "function Subject:run()\nif self:name() == 'other' then self.t = table.create(20000, 0) wait(1e6) end\n{body}\nend"
        );
        let source = class("Subject", "", &run);
        let new = || {
            let mut stage = Stage::with(&config, &[("subject.luau", &source)]);
            stage.spawn("Subject", &[("name", "subject".into())]);
            stage.world
        };
        let (mut straight, mut saved) = (new(), new());
        for tick in 1..=24 {
            straight.tick(&[]);
            saved.tick(&[]);
            assert_eq!(straight.take_output(), saved.take_output(), "tick {tick}: {body}");
            assert_eq!(straight.hash(), saved.hash(), "tick {tick}: {body}");
            if tick % 3 == 0 {
                let bytes = saved.save(&SaveOptions::default()).unwrap_or_else(|error| panic!("{error}"));
                saved = World::restore(&bytes, &config, saved.scripts()).unwrap_or_else(|error| panic!("{error}"));
            }
        }
    }
}

/// However many tasklets it holds its memory in, it is told; and if that does not help, it is despawned.
#[test]
fn who_does_not_let_go_is_despawned() {
    let mut stage = stage(
        "self.hoard = {}
         while true do start(function() table.insert(self.hoard, table.create(60000, 0)) wait(1000) end) wait() end",
    );
    stage.ticks(300);
    let errors = stage.errors();
    assert!(errors[0].contains("may hold 1024 KiB"), "{errors:?}");
    assert!(errors.iter().any(|error| error.contains("did not let go")), "{errors:?}");
    assert_eq!(stage.world.actors(), []);
    assert!(stage.world.heap() < 16 << 20, "{}", stage.world.heap());
}

/// What all that an actor spawns hold together is known while they are many and small.
#[test]
fn many_small_ones_are_measured_too() {
    let limits = Limits { family_memory: 8 << 20, ..Limits::default() };
    let source = class(
        "Subject",
        "",
        "function Subject:run()
            if self:name() == 'first' then while true do spawn('Subject') end end
            self.held = table.create(4000, 0)
            wait(1e6)
        end",
    );
    let mut stage = Stage::with(&Config { limits, ..Config::default() }, &[("subject.luau", &source)]);
    stage.spawn("Subject", &[("name", "first".into())]);
    stage.ticks(10);
    assert!(stage.errors().iter().any(|error| error.contains("may hold 8192 KiB together")), "{:?}", stage.errors());
    assert!(stage.world.heap() < 64 << 20, "{}", stage.world.heap());
}

/// Names are noted for ever: there is an end to them.
#[test]
fn names_are_not_made_up_without_end() {
    for call in [
        "restart('name ' .. i, function() end)",
        "start(function() wait_event('name ' .. i) end)",
        "spawn('Subject', { name = 'name ' .. i }):despawn()",
    ] {
        let source = class(
            "Subject",
            "",
            &format!(
                "function Subject:run()
                    if self:name() ~= 'first' then return end
                    for i = 1, 100000 do {call} if i % 500 == 0 then wait() end end
                end"
            ),
        );
        let mut stage = Stage::new(&[("subject.luau", &source)]);
        stage.spawn("Subject", &[("name", "first".into())]);
        stage.ticks(40);
        assert!(stage.errors().iter().any(|error| error.contains("10000 names")), "{call}: {:?}", stage.errors());
    }
    let error = first_error("wait_event(('x'):rep(1000))");
    assert!(error.contains("a name has at most 200 bytes"), "{error}");
}

/// Whoever waits for its turn behind an action that goes on in the next tick waits for that tick, too.
#[test]
fn an_action_waits_for_one_that_ends_in_the_next_tick() {
    let gate = class(
        "Gate",
        "groups = { motion = { 'Open', 'Close' } }",
        "function Gate:Action_Open() try { function() wait(50) end, finally = function() log('Open leaves', now()) end } end
         function Gate:Action_Close() log('closes', now()) end
         function Gate:run() start(function() wait(4) for i = 1, 30000 do end log('burnt', now()) end) end",
    );
    let story = class(
        "Story",
        "",
        "function Story:run() local gate = find 'gate' gate:Action_Open() wait(4) gate:Action_Close():await() log('closed', now()) end",
    );
    let limits = Limits { family_time: 20_000, ..Limits::default() };
    let config = Config { limits, ..Config::default() };
    let mut stage = Stage::with(&config, &[("gate.luau", &gate), ("story.luau", &story)]);
    stage.spawn("Gate", &[("name", "gate".into())]);
    stage.spawn("Story", &[]);
    stage.ticks(20);
    assert_eq!(stage.said(), ["5 burnt 5", "6 Open leaves 6", "6 closes 6", "6 closed 6"], "{:?}", stage.errors());
    assert!(stage.errors().iter().all(|error| error.contains("goes on in the next tick")), "{:?}", stage.errors());
}
