//! What scripts may use: time and memory, and that neither depends on how the heap came to look as it does.

use dormouse::{Config, Limits};
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
