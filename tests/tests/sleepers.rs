//! Those who sleep for long have their stacks cut down to what they use. Nobody must be able to tell.

use dormouse_tests::{Stage, class, says};

/// Long enough to be cut down, whenever that is.
const LONG: &str = "local LONG = 300 ";

/// What a body says when every long wait in it is as short as can be, told without the ticks.
fn awake(body: &str) -> Vec<String> {
    without_ticks(says(400, &format!("local LONG = 1 {body}")))
}

fn without_ticks(said: Vec<String>) -> Vec<String> {
    said.into_iter().map(|line| line.split_once(' ').map_or(line.clone(), |(_, text)| text.to_owned())).collect()
}

#[test]
fn whatever_sleeps_goes_on_as_if_it_had_not() {
    for body in [
        // Deep in calls, with something above and below.
        "local function deep(n) if n == 0 then wait(LONG) return 0 end local here = n return deep(n - 1) + here end
        say(deep(1)) say(deep(30)) say(deep(500)) say(deep(5))",
        // Variable arguments, before and after.
        "local function many(...) wait(LONG) return select('#', ...), ... end
        say(many()) say(many(1, nil, 3, nil)) say(many(table.unpack(table.create(200, 7))))",
        // A loop in progress, with its state on the stack.
        "local list = {} for i = 1, 5 do list[`k{i}`] = i end
        for key, value in list do wait(LONG) say(key, value) end
        for i = 3, 1, -1 do wait(LONG) say(i) end",
        // Open upvalues in the frames that sleep.
        "local count = 0
        local function up() count += 1 return count end
        local function inner() local own = 10 local function add() own += count return own end
            wait(LONG) up() wait(LONG) return add() end
        say(inner()) say(up()) say(inner())",
        // Protected calls, and errors after the sleep.
        "say(pcall(function() wait(LONG) error 'late' end))
        say(xpcall(function() wait(LONG) error({ name = 'x' }) end, function(e) return e.name .. '!' end))
        try { function() wait(LONG) error('oh', 0) end, catch = function(e) wait(LONG) say('caught ' .. e) end,
            finally = function() say 'finally' end }",
        // Coroutines of the script's own.
        "local co = coroutine.wrap(function(a) wait(LONG) local b = coroutine.yield(a + 1) wait(LONG) return b * 2 end)
        say(co(1)) wait(LONG) say(co(10))",
        // Methods, metamethods' results, many locals.
        "local a, b, c, d, e, f, g, h = 1, 2, 3, 4, 5, 6, 7, 8
        wait(LONG) local i, j, k, l, m, n, o, p = a + 1, b, c, d, e, f, g, h
        wait(LONG) say(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)",
        // Calls that need a large stack right after.
        "wait(LONG) say(#table.pack(table.unpack(table.create(5000, 1)))) wait(LONG) say(('x'):rep(3))",
        // Waits that are no wait for time.
        "local task = start(function() wait(LONG) return 'done', 2 end) say(task:await())
        after(LONG, function() tell(self, 'hello') end) say(wait_event('hello'))
        say(pcall(wait_event, 'never', LONG * 2))
        local who, what = race { function() wait(LONG * 3) return 'slow' end, function() wait(LONG) return 'fast' end }
        say(who, what)",
    ] {
        let slow = without_ticks(says(20_000, &format!("{LONG}{body}")));
        let fast = awake(body);
        let text = |said: &[String]| said.join("\n").replace("= 300", "= 1").replace("= 600", "= 2");
        assert_eq!(text(&slow), text(&fast), "{body}");
        assert!(!slow.is_empty(), "{body}");
    }
}

#[test]
fn what_is_raised_in_a_long_sleep_finds_its_handlers() {
    let body = "local function sleeper(name)
            try {
                function() local ok, e = pcall(function() wait_event('never') end) say(name, ok, e.name) wait(1e6) end,
                Second = function(e) wait(200) say(name, 'second', e.n) end,
                finally = function() say(name, 'finally') end,
            }
        end
        local tasks = {}
        for i = 1, 3 do tasks[i] = start(sleeper, i) end
        wait(150)
        for i, task in tasks do task:raise(exception 'First' {}) end
        wait(150)
        for i, task in tasks do task:raise(exception 'Second' { n = i * 10 }) end
        wait(100)
        tasks[2]:cancel()
        wait(200)
        say(tasks[1]:status(), tasks[2]:status(), tasks[3]:status())";
    let said = says(700, body);
    assert_eq!(
        said,
        [
            "151 1 false First",
            "151 2 false First",
            "151 3 false First",
            "401 2 finally",
            "501 1 second 10",
            "501 1 finally",
            "501 3 second 30",
            "501 3 finally",
            "601 done cancelled done",
        ]
    );
}

#[test]
fn a_rewound_sleeper_is_as_it_was() {
    let methods = "function Sleeper:run()
            local n = 0
            while true do wait(150) n += 1 say(n) wait_event('wake', 90) end
        end";
    let mut stage = Stage::new(&[(
        "sleeper.luau",
        &class("Sleeper", "", &methods.replace("wait_event('wake', 90)", "pcall(wait_event, 'wake', 90)")),
    )]);
    for _ in 0..20 {
        stage.spawn("Sleeper", &[]);
    }
    for at in [10, 70, 100, 149, 40, 200] {
        stage.ticks(at);
        let image = stage.world.image();
        let hashes = |stage: &mut Stage| -> Vec<u64> {
            (0..40)
                .map(|_| {
                    stage.ticks(10);
                    stage.world.hash()
                })
                .collect()
        };
        let first = hashes(&mut stage);
        stage.world.rewind(&image).expect("its own image");
        assert_eq!(hashes(&mut stage), first, "from {at}");
        stage.world.rewind(&image).expect("its own image");
    }
}
