//! Scripts that mean harm: each is stopped with a traceback, and all the others live on as if it had never begun.
//!
//! Every attack runs in a world of bystanders, beside a second world whose attacker does nothing. After each tick every
//! bystander must be alike in both, value by value ([`World::hash_of`](dormouse::World::hash_of)), and the tick's work
//! must be within what an actor and its like may use.

use dormouse::{Config, Limits, OutputKind};
use dormouse_tests::{Stage, class};

const BYSTANDERS: &[(&str, &str)] = &[
    (
        "clerk.luau",
        "local Clerk = actor 'Clerk' { props = { done = 0 } }
        function Clerk:run()
            local files = {}
            while true do
                local who = race { function() wait(3) return 1 end, function() wait(2) return 2 end }
                files[#files + 1] = { who = who, text = ('page %d'):format(self.done) }
                try { function() timeout(1, wait, 5) end, Timeout = function() self.done += 1 end }
                if #files > 20 then files = {} end
                desk = self.done
                wait()
            end
        end
        return Clerk",
    ),
    (
        "walker.luau",
        "local Walker = actor 'Walker' { props = { speed = 300 }, body = 'solid' }
        function Walker:run()
            local from = self:position()
            while true do
                try {
                    function() self:move_to(from + vector.create(60, 0, 0)) end,
                    Collision = function(hit) self.hit = hit.other end,
                }
                self:move_to(from)
                wait(1)
            end
        end
        return Walker",
    ),
    (
        "postman.luau",
        "local Postman = actor 'Postman' { props = { letters = 0 } }
        function Postman:run()
            while true do
                wait(4)
                self.answer = ask(find 'clerk_2', { name = 'Question', n = self.letters })
            end
        end
        function Postman:handleEvent(event)
            if event == 'Letter' then self.letters += 1 return self.letters end
        end
        return Postman",
    ),
    (
        "clerk_two.luau",
        "local ClerkTwo = actor 'ClerkTwo' { props = { asked = 0 } }
        function ClerkTwo:run()
            while true do
                wait(3)
                self.got = ask(find 'postman', 'Letter')
            end
        end
        function ClerkTwo:handleEvent(event)
            if event.name == 'Question' then self.asked += event.n return self.asked end
        end
        return ClerkTwo",
    ),
    (
        "gate.luau",
        "local Gate = actor 'Gate' { props = { speed = 60, turns = 0 }, groups = { motion = { 'Open', 'Close' } } }
        function Gate:run()
            local home = self:position()
            self.home = home
            while true do
                start(function() self:Action_Open() end)
                wait(5)
                self:Action_Close()
                self.turns += 1
            end
        end
        function Gate:Action_Open() defer(function() self.turns += 1 end) self:move_to(self.home + vector.create(0, 30, 0)) end
        function Gate:Action_Close() self:move_to(self.home) end
        return Gate",
    ),
    // Those that an attacker fills the world with, out of everybody's way.
    ("pebble.luau", "return actor 'Pebble' {}"),
];

const TICKS: u64 = 12;

struct Outcome {
    /// All that went wrong in the attacked world.
    errors: Vec<String>,
    said: Vec<String>,
    /// Bytes of all that it put out.
    bytes: usize,
    /// The most work of a tick.
    work: u64,
}

fn stage(attacker: &str, limits: Limits) -> Stage {
    let mut scripts = BYSTANDERS.to_vec();
    scripts.push(("attacker.luau", attacker));
    let config = Config { limits, ..Config::default() };
    let mut stage = Stage::with(&config, &scripts);
    let place = |x: f32| dormouse::Datum::Vector([x, 0.0, 0.0]);
    stage.spawn("Clerk", &[("name", "clerk_1".into())]);
    stage.spawn("ClerkTwo", &[("name", "clerk_2".into())]);
    stage.spawn("Postman", &[("name", "postman".into())]);
    for at in 0..3 {
        stage.spawn("Walker", &[("name", "walker".into()), ("position", place(at as f32 * 40.0))]);
    }
    stage.spawn("Gate", &[("name", "gate".into()), ("position", place(500.0))]);
    stage
}

fn attacker(methods: &str) -> String {
    class("Attacker", "", methods)
}

/// Runs an attacker of these methods beside the bystanders.
fn attack_with(methods: &str, limits: Limits) -> Outcome {
    let mut attacked = stage(&attacker(methods), limits);
    let mut quiet = stage(&attacker("function Attacker:run() end"), limits);
    let bystanders = attacked.world.actors();
    assert_eq!(bystanders, quiet.world.actors());
    for stage in [&mut attacked, &mut quiet] {
        stage.spawn("Attacker", &[("name", "mallory".into())]);
    }
    let mut most = 0;
    for tick in 1..=TICKS {
        let before = attacked.world.work();
        attacked.ticks(1);
        quiet.ticks(1);
        most = most.max(attacked.world.work() - before);
        for actor in &bystanders {
            let name = quiet.world.name_of(*actor);
            let (with, without) = (attacked.world.hash_of(*actor), quiet.world.hash_of(*actor));
            assert!(without.is_some());
            assert_eq!(
                with,
                without,
                "tick {tick}: {name} is not what it would have been; errors: {:?}",
                attacked.errors()
            );
        }
    }
    assert_eq!(quiet.errors(), Vec::<String>::new());
    for line in attacked.output.iter().filter(|line| line.kind == OutputKind::Error) {
        assert!(
            line.actor == "mallory" || line.actor.starts_with("Attacker") || line.actor.starts_with("name "),
            "{}: {}",
            line.actor,
            line.text
        );
    }
    let bytes = attacked.output.iter().map(|line| line.text.len()).sum();
    Outcome { errors: attacked.errors(), said: attacked.said(), bytes, work: most }
}

/// The work that an actor and its like may do in a tick, and a little for the bystanders and for ending what went over.
fn most_work(limits: Limits) -> u64 {
    (limits.family_time + 2 * limits.time) as u64
}

fn attack_methods(methods: &str) -> Outcome {
    let limits = Limits { family_time: 2_000_000, ..Limits::default() };
    let outcome = attack_with(methods, limits);
    assert!(outcome.work < most_work(limits), "{} interrupts in one tick: {methods}", outcome.work);
    outcome
}

/// Runs an attack as the body of `run`, from its third tick on.
fn attack(body: &str) -> Outcome {
    attack_methods(&format!("function Attacker:run()\nwait(2)\n{body}\nend"))
}

/// The attack is ended by a budget error of that kind, with a traceback into the attacker's script.
fn is_stopped(body: &str, kind: &str) {
    let outcome = attack(body);
    let found = outcome.errors.iter().find(|error| error.contains("Budget"));
    let error = found.unwrap_or_else(|| panic!("not stopped: {body}\nerrors: {:?}", outcome.errors));
    let says = if kind == "time" { "calls and loop turns without waiting" } else { "hold" };
    assert!(error.contains(says), "{body}: {error}");
    assert!(
        error.lines().skip(1).any(|line| line.trim_start().starts_with("scripts/attacker.luau:")),
        "no traceback: {error}"
    );
    assert!(!outcome.said.iter().any(|line| line.contains("survived")), "{body}: it went on: {:?}", outcome.said);
}

#[test]
fn runaway_loops() {
    is_stopped("while true do end", "time");
    is_stopped("local i = 0 repeat i += 1 until false", "time");
    is_stopped("for i = 1, math.huge do end", "time");
    is_stopped("for _ in function() return 1 end do end", "time");
}

#[test]
fn what_tries_to_swallow_the_end() {
    for body in [
        "while true do pcall(function() while true do end end) end say 'survived'",
        "pcall(function() while true do end end) say 'survived'",
        "xpcall(function() while true do end end, function() say 'survived' end) say 'survived'",
        "xpcall(function() while true do end end, function() while true do end end) say 'survived'",
        "try { function() while true do end end, catch = function() say 'survived' end, Budget = function() say 'survived' end }",
        "local co = coroutine.wrap(function() while true do end end) pcall(co) say 'survived'",
        "local co = coroutine.create(function() while true do end end) coroutine.resume(co) say 'survived'",
        "local co = coroutine.create(function() pcall(function() while true do end end) end) coroutine.resume(co) say 'survived'",
        "try { function() while true do end end, finally = function() while true do end end } say 'survived'",
        "try { function() while true do end end, finally = function() try { function() while true do end end, finally = function() while true do end end } end }",
        "defer(function() while true do end end) while true do end",
        "local t = setmetatable({}, { __index = function() while true do end end }) pcall(function() return t.x end) say 'survived'",
        "local t = setmetatable({}, { __tostring = function() while true do end end }) pcall(tostring, t) say 'survived'",
        "table.sort({ 3, 2, 1 }, function(a, b) while true do end end) say 'survived'",
        "local _ = ('x'):gsub('x', function() while true do end end) say 'survived'",
        "task = start(function() while true do end end) pcall(function() task:await() end) while true do end",
        "race { function() while true do end end, function() wait(5) end } while true do end",
        "timeout(5, function() while true do end end) say 'survived'",
        "error(setmetatable({}, { __tostring = function() while true do end end })) while true do end",
    ] {
        let outcome = attack(body);
        assert!(!outcome.errors.is_empty(), "{body}: {:?}", outcome.errors);
        assert!(!outcome.said.iter().any(|line| line.contains("survived")), "{body}: {:?}", outcome.said);
    }
}

#[test]
fn cancellation_that_is_not_taken_for_an_answer() {
    for body in [
        "while true do pcall(wait, 1000) end",
        "while true do try { function() wait(1000) end, catch = function() end } end",
        "while true do xpcall(wait, function() end, 1000) end",
        "while true do local co = coroutine.wrap(function() while true do pcall(wait, 1000) end end) co() end",
        "try { function() wait(1000) end, finally = function() while true do wait(1) end end }",
        "try { function() wait(1000) end, finally = function() while true do end end }",
        "defer(function() while true do wait(1) end end) wait(1000)",
        "defer(function() error 'no' end) wait(1000)",
        "try { function() wait(1000) end, finally = function() error 'no' end } say 'survived'",
    ] {
        let outcome = attack(&format!(
            "local victim = start(function()\n{body}\nsay 'survived'\nend)
            wait(3)
            victim:cancel()
            wait(2)
            say(victim:status())"
        ));
        let last = outcome.said.last().cloned().unwrap_or_default();
        assert!(
            last.ends_with("cancelled") || last.ends_with("failed"),
            "{body}: {:?} {:?}",
            outcome.said,
            outcome.errors
        );
        assert!(!outcome.said.iter().any(|line| line.contains("survived")), "{body}: {:?}", outcome.said);
    }
}

#[test]
fn recursion() {
    let outcome = attack("local function f() return 1 + f() end f()");
    assert!(
        outcome.errors[0].contains("stack overflow") || outcome.errors[0].contains("Budget"),
        "{:?}",
        outcome.errors
    );
    let outcome = attack("local function f() f() f() end while true do pcall(f) end");
    assert!(outcome.errors[0].contains("Budget"), "{:?}", outcome.errors);
    let outcome = attack("local function f() return f() end f()");
    assert!(outcome.errors[0].contains("stack overflow"), "{:?}", outcome.errors);
    // Chains of metamethods, and C calls within C calls.
    for body in [
        "local t = {} for i = 1, 200000 do t = setmetatable({}, { __index = t }) end local _ = t.x",
        "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k] end local _ = t.x",
        "local function f() return ('x'):gsub('x', f) end f()",
        "local function f() table.sort({ 1, 2, 3 }, f) end f()",
        "local co co = function() return coroutine.wrap(co)() end co()",
        "local function f() pcall(f) end f() while true do end",
        "local function f() return xpcall(f, f) end f() while true do end",
        "local t = setmetatable({}, {}) getmetatable(t).__eq = function(a, b) return a == b end local _ = t == setmetatable({}, getmetatable(t))",
        "local s = string.rep('(', 100000) .. string.rep(')', 100000) s:find(s)",
        "local t = {} t[1] = t local function deep(x) return deep(x[1]) + 1 end deep(t)",
    ] {
        let outcome = attack(body);
        assert!(!outcome.errors.is_empty(), "{body}");
        assert!(
            outcome.errors.iter().all(|error| error.len() < 20_000),
            "{body}: a traceback of {} bytes",
            outcome.errors[0].len()
        );
    }
}

#[test]
fn memory_bombs() {
    for body in [
        "local s = 'x' while true do s = s .. s end",
        "local t = {} while true do t[#t + 1] = {} end",
        "local t = {} while true do t[{}] = true end",
        "local t = {} for i = 1, math.huge do t[i] = ('%d'):format(i) end",
        "local t = {} while true do t = { t, t } end",
        "local fs = {} while true do fs[#fs + 1] = function() return fs end end",
        "local cs = {} while true do cs[#cs + 1] = coroutine.create(function() end) end",
        "local bs = {} while true do bs[#bs + 1] = buffer.create(100000) end",
        "self.hoard = {} while true do self.hoard[#self.hoard + 1] = table.create(1000, 0) end",
        "hoard = {} while true do hoard[#hoard + 1] = table.create(1000, 0) end",
        "while true do start(wait, 1000) end",
        "while true do start(function() local t = table.create(100000, 0) wait(1000) return t end) end",
        "while true do defer(function() end) end",
        "for i = 1, 1000 do local t = table.create(1e5, i) after(1000, function() return t end) end while true do end",
    ] {
        let outcome = attack(body);
        assert!(!outcome.errors.is_empty(), "{body}: {:?}", outcome.errors);
    }
    for body in [
        "local s = ('x'):rep(1e9) say 'survived'",
        "local s = ('xy'):rep(1e8, 'z') say 'survived'",
        "local t = table.create(1e9) say 'survived'",
        "local t = table.create(1e8, 1) say 'survived'",
        "local b = buffer.create(1e9) say 'survived'",
        "local s = ('%99d'):rep(1e4):format(1) say 'survived'",
        "local t = table.create(1e5, ('x'):rep(1e4)) local s = table.concat(t) say 'survived'",
        "local s = ('x'):rep(1e4):gsub('x', ('y'):rep(1e4)) say 'survived'",
        "local s = ('x'):rep(1e6):gsub('', ('y'):rep(1e3)) say 'survived'",
        "local s = ('x'):rep(4e6) local t = s:split('') say 'survived'",
        "local t = { ('x'):rep(4e6):byte(1, -1) } say 'survived'",
        "local s = string.pack('z', ('x'):rep(1.2e7)) local u = s .. s say 'survived'",
        "local s = utf8.char(table.unpack(table.create(7900, 1e5))):rep(1e5) say 'survived'",
        "local t = table.create(1e6, 1) t = table.clone(t) t = { t, table.clone(t) } say 'survived'",
    ] {
        let outcome = attack(body);
        assert!(!outcome.errors.is_empty(), "{body}");
        assert!(!outcome.said.iter().any(|line| line.contains("survived")), "{body}: {:?}", outcome.said);
    }
}

/// The hoard is let go: afterwards its owner can go on, if another tasklet of it is left.
#[test]
fn what_was_hoarded_is_let_go() {
    let outcome = attack(
        "for i = 1, 20 do
            local task = start(function() local t = {} while true do t[#t + 1] = {} end end)
            pcall(task.await, task)
        end
        local t = {} for i = 1, 1000 do t[i] = {} end
        say('fine ' .. #t)",
    );
    assert_eq!(outcome.said.len(), 1, "{:?}", outcome.errors);
}

#[test]
fn slow_library_calls() {
    for body in [
        "local s = ('a'):rep(30000) .. 'b' while true do s:find('.-.-.-.-c') end",
        "local s = ('a'):rep(1000000) s:find(('a*'):rep(40) .. 'b') while true do end",
        "local s = ('x'):rep(1e6) while true do s:reverse() end",
        "local s = ('x'):rep(1e6) while true do s:upper() end",
        "local s = ('x'):rep(1e6) .. 'y' while true do s:find('y', 1, true) end",
        "local t = table.create(1e5, 1) while true do table.concat(t) end",
        "local t = table.create(1e5, 1) while true do table.sort(t) end",
        "local t = table.create(1e5, 1) while true do table.insert(t, 1, 1) table.remove(t, 1) end",
        "local t = table.create(1e5, 1) while true do table.move(t, 1, 1e5, 2) end",
        "local t = {} for i = 1, 1e5 do t['k' .. i] = i end for k in t do t[k] = nil end while true do for _ in t do end end",
        "local t = {} for i = 1, 1e5 do t['k' .. i] = i end for k in t do t[k] = nil end while true do for _ in pairs(t) do end end",
        "local t = {} for i = 1, 1e5 do t['k' .. i] = i end while true do table.clear(t) table.foreach(t, print) end",
        "local t = table.create(1e5, 1) while true do table.find(t, 2) end",
        "local t = table.create(7000, 1) while true do (function(...) end)(table.unpack(t)) end",
        "local b = buffer.create(1e7) while true do buffer.fill(b, 0, 1) end",
        "local b = buffer.create(1e7) while true do buffer.copy(b, 0, b) end",
        "local s = ('x'):rep(1e6) while true do tostring(s):len() local _ = s == s .. '' end",
        "local s = ('x'):rep(1e6) while true do tonumber(s) end",
        "while true do ('%f'):format(1e300) end",
        "local t = {} for i = 1, 1e5 do t[i] = ('%d'):format(i) end while true do local _ = #t table.clone(t) end",
        "local t = {} for i = 1, 1e5 do t['k' .. i] = i end for k in t do t[k] = nil end while true do next(t) end",
        "local t = {} for i = 1, 1e5 do t['k' .. i] = i end for k in t do t[k] = nil end for i = 1, 1000 do start(function() while true do for _ in t do end wait() end end) end",
        "local t = setmetatable({}, { __len = function() return 1e9 end }) while true do table.concat(t, ',', 1, 1e9) end",
    ] {
        let outcome = attack(body);
        assert!(!outcome.errors.is_empty(), "{body}: {:?}", outcome.errors);
    }
}

#[test]
fn a_lying_comparator() {
    for comparator in
        ["function() return true end", "function(a, b) return a <= b end", "function() return math.random() < 0.5 end"]
    {
        let body = format!(
            "local t = {{}} for i = 1, 5000 do t[i] = i * 7919 % 5000 end pcall(table.sort, t, {comparator}) say(#t)"
        );
        let outcome = attack(&body.replace("math.random() < 0.5", "now() % 2 == 0"));
        assert!(
            outcome.said.iter().any(|line| line.contains("5000")),
            "{comparator}: {:?} {:?}",
            outcome.said,
            outcome.errors
        );
    }
}

#[test]
fn errors_that_are_bombs_themselves() {
    for body in [
        "error(('x'):rep(1e6))",
        "local t = {} for i = 1, 1e5 do t['k' .. i] = i end error(t)",
        "local t = { name = ('x'):rep(1e6) } error(t)",
        "error(setmetatable({}, { __tostring = function() error 'again' end }))",
        "xpcall(function() error 'a' end, function() error 'b' end) error(nil)",
        "xpcall(function() error 'a' end, error) error(error)",
        "error(coroutine.create(function() end))",
        "error(buffer.create(1e6))",
        "local function deep(n) if n == 0 then error 'deep' end return deep(n - 1) + 1 end deep(15000)",
        "while true do start(error, ('x'):rep(1e4)) end",
        "defer(error, 'later') error 'now'",
    ] {
        let outcome = attack(body);
        assert!(!outcome.errors.is_empty(), "{body}: {:?}", outcome.errors);
        let bytes: usize = outcome.errors.iter().map(String::len).sum();
        assert!(bytes < 64 << 20, "{body}: {bytes} bytes of errors");
    }
}

/// However many they are, an actor and its offspring have the time of one family.
#[test]
fn many_hands() {
    for methods in [
        "function Attacker:run() wait(2) while true do spawn('Attacker') end end",
        "function Attacker:run() wait(2) spawn('Attacker') spawn('Attacker') while true do end end",
        "function Attacker:run() wait(2) for i = 1, 100 do spawn('Attacker') end for i = 1, 100 do start(function() while true do end end) end end",
        "function Attacker:run() wait(2) for i = 1, 3000 do start(function() while true do for i = 1, 5e5 do end wait(1) end end) end end",
        "function Attacker:run() wait(2) for i = 1, 100 do spawn('Attacker') end while true do for i = 1, 9e5 do end wait(1) end end",
        "function Attacker:run() wait(2) start(self.go, self) end function Attacker:go() start(self.go, self) start(self.go, self) end",
        "function Attacker:run() wait(2) while true do start(function() wait(1) end) end end",
        "function Attacker:stop() spawn('Attacker') spawn('Attacker') end function Attacker:run() if self:name() == 'mallory' then wait(2) end self:despawn() end",
    ] {
        let limits = Limits { family_actors: 2_000, family_time: 2_000_000, ..Limits::default() };
        let outcome = attack_with(methods, limits);
        assert!(outcome.work < most_work(limits), "{} interrupts in one tick: {methods}", outcome.work);
        assert!(!outcome.errors.is_empty(), "{methods}");
    }
}

#[test]
fn storms_of_letters() {
    for (methods, ends) in [
        ("function Attacker:run() wait(2) local who = find 'postman' while true do tell(who, 'Junk') end end", true),
        (
            "function Attacker:run() wait(2) local who = find 'postman' local t = table.create(1e5, 1) while true do tell(who, t) end end",
            true,
        ),
        (
            "function Attacker:run() wait(2) tell(self, 'go') end function Attacker:handleEvent(event) tell(self, event) tell(self, event) end",
            true,
        ),
        (
            "function Attacker:run() wait(2) while true do for i = 1, 1000 do tell(self, table.create(1000, 1)) end wait(1) end end function Attacker:handleEvent() wait(1e6) end",
            true,
        ),
        (
            "function Attacker:run() wait(2) while true do for i = 1, 50 do tell(self, ('x'):rep(1e5) .. i) end wait(1) end end function Attacker:handleEvent() wait(1e6) end",
            true,
        ),
        (
            "function Attacker:run() wait(2) while true do start(ask, find 'clerk_2', { name = 'Nothing' }) end end",
            true,
        ),
        ("function Attacker:run() wait(2) for i = 1, 1e5 do pcall(wait_event, 'name ' .. i, 1) end end", false),
        ("function Attacker:run() wait(2) for i = 1, 1e5 do start(wait_event, 'name ' .. i) end end", true),
        ("function Attacker:run() wait(2) for i = 1, 1e6 do restart('name ' .. i, function() end) end end", true),
        (
            "function Attacker:run() wait(2) for i = 1, 1e6 do spawn('Attacker', { name = 'name ' .. i }):despawn() end end",
            true,
        ),
        ("function Attacker:run() wait(2) for i = 1, 1e5 do start(wait_action, find 'gate', 'Open') end end", true),
    ] {
        let outcome = attack_methods(methods);
        assert_eq!(!outcome.errors.is_empty(), ends, "{methods}: {:?}", outcome.errors);
    }
}

#[test]
fn floods_of_words() {
    for body in [
        "while true do say 'x' end",
        "local s = ('x'):rep(1e6) while true do log(s) end",
        "local s = ('x'):rep(1e4) while true do say(s, s, s, s) end",
        "local t = {} for i = 1, 1e5 do t['k' .. i] = i end while true do say(t) end",
    ] {
        let outcome = attack(body);
        assert!(outcome.bytes < 64 << 20, "{body}: {} bytes", outcome.bytes);
        assert!(outcome.errors.iter().any(|error| error.contains("Budget")), "{body}: {:?}", outcome.errors);
    }
}

#[test]
fn questions_without_end() {
    for body in [
        "for i = 1, 500 do spawn('Pebble', { position = vector.create(i, 5000, 0) }) end wait(1) while true do find_all() end",
        "for i = 1, 500 do spawn('Pebble', { position = vector.create(i, 5000, 0) }) end wait(1) while true do find_all { name = ('*a'):rep(90) } end",
        "for i = 1, 500 do spawn('Pebble', { position = vector.create(i, 5000, 0) }) end wait(1) while true do in_box(vector.zero, vector.one * 1e6) end",
        "for i = 1, 500 do spawn('Pebble', { position = vector.create(i, 5000, 0) }) end wait(1) while true do in_circle(vector.zero, 1e6) end",
        "for i = 1, 500 do spawn('Pebble', { position = vector.create(i, 5000, 0) }) end wait(1) while true do nearest(vector.zero, { name = 'nobody' }) end",
        "for i = 1, 500 do spawn('Pebble', { body = 'solid', position = vector.create(i * 20, 5000, 0) }) end wait(1) while true do ray(vector.create(-9, 5900, 0), vector.create(1e4, 4100, 0)) end",
        "local s = ('x'):rep(1e6) while true do pcall(spawn, s) end",
        "local s = ('x'):rep(1e6) while true do pcall(find, s) end",
        "while true do pcall(function() return undefined_name end) end",
        "while true do self:set_position(self:position() + vector.one) end",
    ] {
        let outcome = attack(body);
        assert!(outcome.errors.iter().any(|error| error.contains("Budget")), "{body}: {:?}", outcome.errors);
    }
}
