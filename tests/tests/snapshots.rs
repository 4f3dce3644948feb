//! Whole worlds to bytes and back: they go on as if nothing had happened.

use std::path::{Path, PathBuf};

use dormouse::map::Map;
use dormouse::snapshot::SaveOptions;
use dormouse::{Config, Datum, NativeActor, NativeClass, Scripts, World};
use dormouse_tests::{Stage, class};

fn repo(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn open(map: &str) -> World {
    let scripts = Scripts::read(&repo("scripts")).unwrap();
    let map = Map::load(&repo("maps").join(map)).unwrap();
    World::with_map(&Config::default(), &scripts, &map).unwrap_or_else(|error| panic!("{error}"))
}

fn through_bytes(world: &mut World, config: &Config) -> World {
    let bytes = world.save(&SaveOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    let mut restored = World::restore(&bytes, config, world.scripts()).unwrap_or_else(|error| panic!("{error}"));
    let again = restored.save(&SaveOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    assert!(bytes == again, "save, restore, save gives other bytes");
    restored
}

/// Runs a world straight, and beside it one that goes through bytes every so many ticks; they must stay the same.
fn compare(mut straight: World, mut saved: World, config: &Config, ticks: u64, every: u64) {
    for tick in 1..=ticks {
        straight.tick(&[]);
        saved.tick(&[]);
        assert_eq!(straight.take_output(), saved.take_output(), "tick {tick}");
        if tick % every == 0 {
            let before = saved.hash();
            let mut restored = through_bytes(&mut saved, config);
            assert_eq!(saved.hash(), before, "saving changed the world at tick {tick}");
            assert_eq!(restored.hash(), before, "restored at tick {tick}");
            saved = restored;
            assert_eq!(straight.hash(), saved.hash(), "tick {tick}");
        }
    }
}

fn compare_map(map: &str, ticks: u64, every: u64) {
    compare(open(map), open(map), &Config::default(), ticks, every);
}

#[test]
fn the_castle_goes_through_bytes_at_every_tick() {
    compare_map("keep.tmx", 120, 1);
}

#[test]
fn the_castle_goes_through_bytes_now_and_then() {
    compare_map("keep.tmx", 1500, 149);
}

#[test]
fn the_cellar_and_the_relays_go_through_bytes_at_every_tick() {
    compare_map("cellar.tmx", 100, 1);
    compare_map("relay.tmx", 100, 1);
}

#[test]
fn ten_thousand_go_through_bytes() {
    compare_map("swarm.tmx", 6, 3);
}

/// Two worlds of the same scripts with one actor, one of which goes through bytes at every tick.
fn compare_scripts(body: &str, ticks: u64) {
    println!("{body}");
    let source = class(
        "Subject",
        "groups = { motion = { 'Open', 'Close' } }, body = 'solid'",
        &format!(
            "function Subject:handleEvent(event) if event.name == 'Slow' then wait(7) end return event.n end\n\
             function Subject:Action_Open() self:move_by(vector.create(100, 0, 0), 30) return 'open' end\n\
             function Subject:Action_Close() self:move_by(vector.create(-100, 0, 0), 30) end\n\
             function Subject:run()\n{body}\nend"
        ),
    );
    let other = class(
        "Other",
        "",
        "function Other:handleEvent(event) wait(5) return event end\nfunction Other:Action_Ring() wait(9) end",
    );
    let world = || {
        let mut stage = Stage::new(&[("subject.luau", &source), ("other.luau", &other)]);
        stage.spawn("Subject", &[("name", "subject".into())]);
        stage.spawn("Other", &[("name", "other".into())]);
        stage.world
    };
    compare(world(), world(), &Config::default(), ticks, 1);
}

#[test]
fn whatever_is_waited_for_comes() {
    for body in [
        "for i = 1, 10 do log(i, wait(i)) end",
        // What a call left above the top of the stack is where later the sum is to go, the item, the text.
        "local function fill(...) return ... end \
         for i = 1, 6 do fill('a', {}, 3, 4, 5, 6, 7, 8) wait(1) log(i, i, wait(1) + i) log(i, `{i} {wait(1)}`, { i, i, wait(1) }) end",
        "local function fill(...) return ... end \
         for i = 1, 6 do fill('a', {}, 3, 4, 5, 6, 7, 8) wait(1) log(i, i, i == wait(1), i and (wait(1) or 3)) end",
        "local function fill(...) return ... end \
         local function inner(n, late) wait(1) late = n return late end \
         for _ = 1, 5 do fill('a', {}, 3, 4, 5, 6, 7, 8) wait(1) for i = 1, 9 do log(i, i, i, inner(i) + 1) if i > 1 then break end end end",
        "log(ask(find 'other', { name = 'Slow', n = 3 }).n)",
        "log(pcall(ask, find 'other', 'Late', 2))",
        "find('other'):Action_Ring() log(wait_action(find 'other', 'Ring', 'begin')) log(wait_action(find 'other', 'Ring'))",
        "local t = start(function() wait(20) return 1, nil, 3 end) log(t:await()) log(t:await())",
        "local t = start(function() wait(3) error 'no' end) log(pcall(function() t:await() end))",
        "log(race { a = function() wait(9) return 'a' end, b = function() wait(4) return 'b', 2 end })",
        "local r = all { function() wait(3) return 1 end, function() wait(8) return 2 end } log(r[1], r[2])",
        "log(pcall(timeout, 5, function() wait(50) end))",
        "restart('x', function() wait(5) log 'never' end) wait(2) restart('x', function() wait(5) log 'x' end)",
        "every(3, function() log(now()) end) after(10, log, 'after') wait(20)",
        "defer(log, 'at the end') start(function() defer(log, 'inner') wait(6) end) wait(12)",
        "start(function() wait(4) self:Action_Close() end) log(pcall(function() self:Action_Open() end))",
        "start(function() log('joined', self:Action_Open()) end) log(self:Action_Open())",
        "try { function() wait(30) end, Jammed = function(e) wait(3) log(e.by) end, finally = function() log 'f' end }",
        "local me = self start(function() wait(5) me:raise(exception 'Jammed' { by = 'x' }) end) \
         try { function() wait(30) end, Jammed = function(e) wait(3) log(e.by) end, finally = function() log 'f' end }",
        "tell(self, { name = 'Slow', n = 1 }) tell(self, { name = 'Slow', n = 2 }) log(ask(self, { n = 9 }))",
        "for i = 1, 12 do spawn('Other', { name = 'o' .. i }) wait(1) end for _, o in find_all 'Other' do despawn(o) wait(1) end",
        "local co = coroutine.wrap(function() for i = 1, 9 do wait(1) coroutine.yield(i) end end) for i = 1, 9 do log(co()) end",
        "for i = 1, 20 do log(random(1000), math.random()) wait(1) end",
        "lives = 3 for i = 1, 5 do lives += i wait(2) log(lives) end",
        "local t = {} for i = 1, 40 do t['k' .. i] = i end for k, v in t do t[k] = nil log(k, v) wait(1) end",
        "local keys = {} for i = 1, 30 do keys[{}] = i end for k, v in keys do log(v) wait(1) end",
        "local keys, known = {}, {} for i = 1, 30 do known[i] = {} keys[known[i]] = i end \
         for _, k in known do keys[k] = nil wait(1) end log(next(keys))",
        "wait_until(function() return now() > 15 end) log(now()) log(pcall(wait_until, function() return false end, 7))",
        // What it holds is measured in mid-run; what an earlier call left in registers is nobody's.
        "local function deep(n) local a, b, c = 'a' .. n .. random(), 'b' .. n .. random(), {} if n > 0 then deep(n - 1) end return a end \
         for i = 1, 6 do deep(i) wait(2) local n = 0 for j = 1, 1500 do n = math.max(n, j) end end",
        "local h = find 'other' self:move_by(vector.create(10, 0, 0), 60) self:follow(h, { speed = 20, distance = 5 }) log(self:position())",
    ] {
        compare_scripts(body, 45);
    }
}

#[test]
fn a_script_s_own_state_is_part_of_it() {
    let source = "local Counter = actor 'Counter' {} \
        function Counter:setup() count = 0 self.seen = {} end \
        function Counter:run() while true do count += 1 table.insert(self.seen, count) wait(3) log(count, #self.seen) end end \
        return Counter";
    let world = || {
        let mut stage = Stage::new(&[("counter.luau", source)]);
        stage.spawn("Counter", &[]);
        stage.spawn("Counter", &[]);
        stage.world
    };
    compare(world(), world(), &Config::default(), 30, 4);
}

#[derive(Clone, Default, serde::Serialize, serde::Deserialize)]
struct Clock {
    strokes: u32,
}

impl NativeActor for Clock {
    const CLASS: &'static str = "Clock";
    fn run(&mut self, cx: &mut dormouse::Context<'_, Self>) {
        loop {
            cx.say(&format!("stroke {}", self.strokes));
            self.strokes += 1;
            if self.strokes.is_multiple_of(3) {
                cx.wait_event(self, Some(5));
            } else {
                cx.wait(self, 4);
            }
        }
    }
}

#[test]
fn native_actors_go_on() {
    let config = Config { natives: vec![NativeClass::of::<Clock>()], ..Config::default() };
    let tower = "local Tower = actor 'Tower' {} function Tower:run() local c = spawn('Clock') wait(11) tell(c, 'x') end return Tower";
    let world = || {
        let mut stage = Stage::with(&config, &[("tower.luau", tower)]);
        stage.spawn("Tower", &[]);
        stage.world
    };
    compare(world(), world(), &config, 40, 1);

    let mut saved = world();
    saved.tick(&[]);
    let bytes = saved.save(&SaveOptions::default()).unwrap();
    let error = World::restore(&bytes, &Config::default(), saved.scripts()).err().unwrap().to_string();
    assert!(error.contains("Clock#1") && error.contains("there is no class Clock any more"), "{error}");
}

/// Between ticks a world may have been given things to do: they are part of it.
#[test]
fn what_was_asked_for_between_ticks_is_kept() {
    let world = || {
        let source = class(
            "Subject",
            "",
            "function Subject:handleEvent(e) log(e.name) end function Subject:run() log 'run' end",
        );
        let mut stage = Stage::new(&[("subject.luau", &source)]);
        stage.ticks(3);
        let id = stage.spawn("Subject", &[]);
        stage.world.tell(id, &dormouse::Datum::Map([("name".to_owned(), "Hello".into())].into()));
        stage.world
    };
    let (mut straight, mut saved) = (world(), world());
    let mut restored = through_bytes(&mut saved, &Config::default());
    assert_eq!(straight.hash(), restored.hash());
    straight.tick(&[]);
    restored.tick(&[]);
    assert_eq!(straight.take_output(), restored.take_output());
    assert_eq!(straight.hash(), restored.hash());
}

#[test]
fn saving_says_what_it_wrote_and_verifies_it() {
    let mut world = open("keep.tmx");
    for _ in 0..100 {
        world.tick(&[]);
    }
    let options = SaveOptions { archive: true, verify: true, created_by: "a test".into(), ..SaveOptions::default() };
    let bytes = world.save(&options).unwrap();
    assert_eq!(bytes, world.save(&options).unwrap(), "the same world gives the same bytes");
    let summary = dormouse::snapshot::Summary::read(&bytes).unwrap();
    assert_eq!((summary.meta.tick, summary.meta.hash), (100, Some(world.hash())));
    assert_eq!(summary.meta.created_by, "a test");
    assert_eq!(summary.archive.as_ref(), Some(world.scripts()));
    let again = World::restore(&bytes, &Config::default(), &summary.archive.unwrap()).unwrap().save(&options).unwrap();
    assert_eq!(bytes, again, "save, restore, save gives the same bytes");
}

#[test]
fn bytes_that_are_no_snapshot_say_what_they_are() {
    let world = Stage::new(&[]).world;
    let told = |bytes: &[u8]| World::restore(bytes, &Config::default(), world.scripts()).err().unwrap().to_string();
    assert!(told(b"").contains("empty"));
    assert!(told(b"<?xml version").contains("this is a map"));
    assert!(told(b"hello world, this is text").contains("no snapshot"));
    let mut saved = Stage::new(&[]).world.save(&SaveOptions::default()).unwrap();
    let last = saved.len() - 1;
    assert!(told(&saved[..last]).contains("cut off"));
    saved[last] ^= 1;
    assert!(told(&saved).contains("damaged"));
}

#[test]
fn no_address_is_seen() {
    compare_scripts(
        "local t, seen = {}, {} for i = 1, 9 do local x = {} seen[tostring(x) .. `{x}` .. string.format('%s', print)] = i \
         log(tostring(x), `{t}`, tostring(coroutine.running()), next(seen)) wait(1) end",
        12,
    );
}

/// Nothing that a script can say puts it where a snapshot can't.
#[test]
fn nobody_leaves_the_world() {
    for body in [
        "self:set_position(vector.create(3e38, 0, 0)) self:move_by(vector.create(3e38, 0, 0), 1e300)",
        "self:move_to(vector.create(1e8, -1e8, 0), 1e300) self:move_by(vector.create(1, 0, 0), 1e300)",
        "self:move_to(vector.create(0, 3e38, 0), 1e300)",
        "self:set_position(vector.create(1e8, 1e8, 0)) for i = 1, 9 do wait(1) self:move_by(vector.create(1e8, 1, 0), 1e38) end",
        "spawn('Mole', { position = vector.create(0, -2e8, 0) })",
        "spawn('Mole', { size = vector.create(3e38, 1, 0) })",
        "self:follow(find 'stone', { speed = 1e300, distance = 1e300 })",
        "self:follow(find 'stone', { speed = 1e-300 })",
        "self:move_by(vector.create(1, 1, 0), 1e-300)",
    ] {
        let mole = format!(
            "local Mole = actor 'Mole' {{ body = 'solid' }}
            function Mole:run() if self:name() ~= 'mole' then return end log(pcall(function() {body} end)) wait(1e6) end
            return Mole"
        );
        let mut world = World::new(&Config::default(), &Scripts::new().with("mole.luau", mole)).unwrap();
        for (name, place) in [("stone", 1e8), ("mole", 0.0)] {
            let place = Datum::Vector([place, place, 0.0]);
            world.spawn("Mole", &[("name".into(), name.into()), ("position".into(), place)].into()).unwrap();
        }
        for _ in 0..30 {
            world.tick(&[]);
            let bytes = world.save(&SaveOptions { verify: true, ..SaveOptions::default() });
            let bytes = bytes.unwrap_or_else(|error| panic!("{body}: {error}"));
            let again = World::restore(&bytes, &Config::default(), world.scripts());
            assert_eq!(again.unwrap().hash(), world.hash(), "{body}");
        }
        let mole = world.find("mole").unwrap();
        assert!(world.position_of(mole).unwrap().iter().all(|x| x.abs() <= 1e8), "{body}");
    }
}
