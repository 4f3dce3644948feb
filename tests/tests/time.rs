//! Waiting, tasks, exceptions: what an author of linear code relies on.

use dormouse_tests::{fails, says};

#[test]
fn waiting_takes_ticks() {
    assert_eq!(says(20, "say(now()) say(wait(3)) say(now()) wait() say(now())"), ["1 1", "4 3", "4 4", "5 5"]);
    assert_eq!(says(70, "wait(seconds(1)) say(now())"), ["61 61"]);
}

#[test]
fn tasks_run_later_in_the_tick_and_can_be_awaited() {
    let body = "local task = start(function(a, b) say('in') wait(2) return a + b, 'x' end, 1, 2)
        say('out ' .. task:status())
        say(task:await())
        say(task:status())";
    assert_eq!(says(10, body), ["1 out ready", "1 in", "3 3 x", "3 done"]);
}

#[test]
fn a_cancelled_task_runs_its_finally_and_can_swallow_nothing() {
    let body = "local task = start(function()
            defer(function() say 'deferred' end)
            try {
                function() pcall(wait, 100) say 'never' end,
                catch = function() say 'never' end,
                finally = function() say 'finally' end,
            }
        end)
        wait(2)
        task:cancel()
        local ok, problem = pcall(task.await, task)
        say(ok, problem.name, task:status())";
    assert_eq!(says(10, body), ["3 finally", "3 false TaskCancelled cancelled", "3 deferred"]);
}

#[test]
fn exceptions_are_raised_in_the_line_that_waits() {
    let body = "local task = start(function()
            try {
                function() wait(100) end,
                Jammed = function(e) say('caught ' .. e.by) end,
                finally = function() say 'finally' end,
            }
            return 'went on'
        end)
        wait(2)
        task:raise(exception 'Jammed' { by = 'ice' })
        say(task:await())";
    assert_eq!(says(10, body), ["3 caught ice", "3 finally", "3 went on"]);
}

#[test]
fn a_race_has_one_winner() {
    let body = "local who, what = race {
            slow = function() defer(function() say 'slow ends' end) wait(9) return 1 end,
            fast = function() wait(3) return 2 end,
        }
        say(who, what)";
    assert_eq!(says(20, body), ["4 fast 2", "4 slow ends"]);
}

#[test]
fn all_waits_for_all_and_fails_with_the_first() {
    let body = "local found = all { a = function() wait(3) return 1 end, b = function() return 2 end }
        say(found.a, found.b)
        local ok, problem = pcall(all, { function() wait(2) error('bad', 0) end, function() wait(50) say 'never' end })
        say(ok, problem)";
    assert_eq!(says(80, body), ["4 1 2", "6 false bad"]);
}

#[test]
fn a_timeout_is_raised_inside() {
    let body = "try {
            function() timeout(5, function() wait(100) end) end,
            Timeout = function(e) say('timeout ' .. e.ticks) end,
        }
        say(timeout(5, function() wait(2) return 'in time' end))
        wait(20)";
    assert_eq!(says(60, body), ["6 timeout 5", "8 in time"]);
}

#[test]
fn limits_of_waits_raise_timeout() {
    let body = "say(pcall(wait_event, 'Never', 3) == false, now())
        say(select(2, pcall(wait_until, function() return false end, 2)).name, now())
        local task = start(function() wait(100) end)
        say(select(2, pcall(task.await, task, 4)).name, now())";
    assert_eq!(says(30, body), ["4 true 4", "6 Timeout 6", "10 Timeout 10"]);
}

#[test]
fn restart_lets_the_latest_win() {
    let body = "for i = 1, 3 do
            restart('blink', function() defer(function() say('end ' .. i) end) wait(4) say(i) end)
            wait(2)
        end";
    assert_eq!(says(30, body), ["3 end 1", "5 end 2", "9 3", "9 end 3"]);
}

#[test]
fn every_and_after() {
    let body = "local ticker = every(3, function() say 'tick' end)
        after(5, function() say 'after' end)
        wait(10)
        ticker:cancel()";
    assert_eq!(says(40, body), ["4 tick", "6 after", "7 tick", "10 tick"]);
}

#[test]
fn waits_pass_through_coroutines() {
    let body = "local co = coroutine.wrap(function(a)
            wait(2)
            local b = coroutine.yield(a + 1)
            wait(2)
            return b + 1
        end)
        say(co(1)) say(co(10)) say(now())";
    assert_eq!(says(20, body), ["3 2", "5 11", "5 5"]);
}

#[test]
fn a_raise_reaches_the_innermost_wait() {
    let body = "local task = start(function()
            local co = coroutine.wrap(function()
                local ok, problem = pcall(wait, 50)
                coroutine.yield(ok, problem)
            end)
            return co()
        end)
        wait(1)
        task:raise('hey')
        say(task:await())";
    assert_eq!(says(20, body), ["2 false hey"]);
}

#[test]
fn an_uncaught_error_ends_its_tasklet_with_a_traceback() {
    let error = fails("local function deep() error('oh') end start(function() deep() end) wait(5) say 'still here'");
    assert_eq!(error, "subject failed: scripts/subject.luau:3: oh");
    assert_eq!(
        fails("local x = nil; x.y = 1"),
        "subject.run failed: scripts/subject.luau:3: attempt to index nil with 'y'"
    );
}

#[test]
fn mistakes_are_named_with_a_suggestion() {
    for (body, error) in [
        ("wiat(3)", "subject.run failed: scripts/subject.luau:3: there is no global `wiat`; did you mean `wait`?"),
        (
            "wait('x')",
            "subject.run failed: scripts/subject.luau:3: wait takes a number of ticks, not a string; wait(seconds(0.5)) waits half a second",
        ),
        (
            "self:mvoe_to(vector.zero)",
            "subject.run failed: scripts/subject.luau:3: attempt to call missing method 'mvoe_to' of table; did you mean `move_to`?",
        ),
        (
            "spawn('Subjekt')",
            "subject.run failed: scripts/subject.luau:3: there is no class `Subjekt`; did you mean `Subject`?",
        ),
        (
            "spawn('Subject', { nmae = 'x' })",
            "subject.run failed: scripts/subject.luau:3: spawn(\"Subject\"): class Subject has no prop `nmae`; did you mean `name`?",
        ),
        (
            "local h = spawn('Subject'):Action_Go()",
            "subject.run failed: scripts/subject.luau:3: Subject#1 (Subject) has no action `Go`",
        ),
        ("self:follow(self)", "subject.run failed: scripts/subject.luau:3: an actor can't follow itself"),
        (
            "race {}",
            "subject.run failed: scripts/subject.luau:3: race takes a table of functions or tasks, and at least one",
        ),
    ] {
        assert_eq!(fails(body), error);
    }
}
