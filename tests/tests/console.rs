//! The console: expressions that change nothing, commands that come in as inputs and replay to the same hashes, and
//! answers that help. Whatever is typed, a world is as it was until its next tick.

use std::path::Path;

use dormouse::console::{Answer, Console, complete};
use dormouse::input::{Inputs, What};
use dormouse::snapshot::SaveOptions;
use dormouse::{Config, Scripts, World};
use dormouse_tests::{Random, Stage, amount, class};

const DOOR: &str = "local Door = actor 'Door' {
    props = { speed = 40, lit = false, gate = optional 'actor', label = 'x' },
    groups = { motion = { 'Open', 'Close' } },
}
function Door:setup() self.count = 0 counted = 7 end
function Door:Action_Open(arg) self.count += 1 self.arg = arg wait(20) end
function Door:Action_Close() end
function Door:handleEvent(event) self.last = event.name log(event) end
function Door:stop() log('stopped') end
return Door";

fn scripts() -> Scripts {
    Scripts::new().with("door.luau", DOOR).with(
        "lamp.luau",
        class("Lamp", "props = { lit = false }", "function Lamp:run() while true do wait(3) end end"),
    )
}

fn house() -> World {
    let mut world = World::new(&Config::default(), &scripts()).unwrap_or_else(|error| panic!("{error}"));
    for (class, name, x) in
        [("Door", "door_a", 10.0), ("Door", "door_b", 20.0), ("Lamp", "lamp_1", 30.0), ("Lamp", "", 40.0)]
    {
        let at = dormouse::Datum::Vector([x, 5.0, 0.0]);
        let mut props = std::collections::BTreeMap::from([("position".to_owned(), at)]);
        if !name.is_empty() {
            props.insert("name".to_owned(), name.into());
        }
        world.spawn(class, &props).unwrap_or_else(|error| panic!("{error}"));
    }
    world.tick(&[]);
    world
}

/// The answer's lines, where none says what is wrong.
fn ask(world: &mut World, line: &str) -> Vec<String> {
    let answer = Console::default().submit(world, line);
    assert!(!answer.failed, "{line}: {:?}", answer.lines);
    answer.lines
}

/// What is wrong.
fn refused(world: &mut World, line: &str) -> String {
    let answer = Console::default().submit(world, line);
    assert!(answer.failed && answer.inputs.is_empty(), "{line}: {:?}", answer.lines);
    answer.lines.join("\n")
}

/// What a line becomes.
fn inputs(world: &mut World, line: &str) -> Vec<String> {
    let answer = Console::default().submit(world, line);
    assert!(!answer.failed, "{line}: {:?}", answer.lines);
    answer.inputs.iter().map(What::to_string).collect()
}

#[test]
fn expressions_have_values() {
    let mut world = house();
    for (line, value) in [
        ("1 + 1", "2"),
        ("find('door_a'):position()", "(10, 5)"),
        ("door_a:position().x, door_b:name()", "10, \"door_b\""),
        ("#find_all('Lamp')", "2"),
        ("nearest(vector.create(29, 5, 0), 'Lamp')", "lamp_1"),
        ("nil", "nil"),
        ("{ 3, door_a, key = 'x' }", "{ 3, door_a, key = \"x\" }"),
        ("local n = 0 for i = 1, 10 do n += i end return n", "55"),
        ("@door_a self.count + self.speed", "40"),
        ("@door_a counted", "7"),
        ("math.max(1, 2)", "2"),
        ("door_a == find('door_a')", "true"),
        ("'a\\nb'", "\"a\\nb\""),
    ] {
        assert_eq!(ask(&mut world, line), [value], "{line}");
    }
    assert_eq!(ask(&mut world, "local x = 1"), Vec::<String>::new());
    assert_eq!(ask(&mut world, "log('told') return 5"), ["| told", "5"]);
    assert_eq!(
        ask(&mut world, "Lamp#3"),
        ["Lamp#3: Lamp at (40, 5)", "  Lamp#3.run waits 3 ticks (until tick 4) at scripts/lamp.luau:2 in run"]
    );
}

#[test]
fn expressions_change_nothing() {
    let (mut meddled, mut alone) = (house(), house());
    let mut console = Console::default();
    let lines = [
        "spawn('Lamp', { name = 'new' })",
        "for _, door in find_all('Door') do despawn(door) end",
        "@door_a (function() self.count = 99 counted = 8 self.speed = nil table.clear(self) end)()",
        "door_a:Action_Open(5)",
        "tell(door_a, { name = 'Alarm' })",
        "random(100)",
        "math.random()",
        "@lamp_1 start(function() wait(1) say 'never' end)",
        "@lamp_1 self:set_position(vector.create(0, 0, 0))",
        "error({ name = 'Odd' })",
        "while true do end",
        "string.rep('x', 1e9)",
        "wait(3)",
        "coroutine.yield()",
        "local function f() f() end f()",
        "spawn('Lamp', { body = { kind = 'solid', layer = 'quite_new' } })",
        "defer(function() end)",
        "raise",
        "self.x = 1",
        "restart('x', wait, 5)",
        "log(1) say(2) print(3)",
        "local t = {} for i = 1, 100000 do t[i] = {} end return #t",
        "setmetatable({}, { __tostring = error, __index = error })",
    ];
    for (at, line) in lines.iter().cycle().take(3 * lines.len()).enumerate() {
        let before = meddled.hash();
        let heap = meddled.heap();
        let answer = console.submit(&mut meddled, line);
        assert!(answer.inputs.is_empty(), "{line}");
        assert_eq!(meddled.hash(), before, "{line}");
        assert_eq!(meddled.heap(), heap, "{line}");
        if at % 5 == 0 {
            meddled.tick(&[]);
            alone.tick(&[]);
        }
    }
    for _ in 0..50 {
        meddled.tick(&[]);
        alone.tick(&[]);
        assert_eq!(meddled.hash(), alone.hash());
    }
    let output = |world: &mut World| world.take_output().into_iter().map(|line| line.text).collect::<Vec<_>>();
    assert_eq!(output(&mut meddled), output(&mut alone));
    assert_eq!(meddled.summary().spawned, 4);
}

#[test]
fn commands_become_inputs() {
    let mut world = house();
    for (line, input) in [
        ("door_a.Open", "action door_a.Open"),
        ("door_a.Action_Open 0.5", "action door_a.Open 0.5"),
        ("door_a.Open { where = 'yard', n = 1 }", "action door_a.Open {\"n\":1.0,\"where\":\"yard\"}"),
        ("kill door_b", "despawn door_b"),
        ("kill Lamp#3", "despawn Lamp#3"),
        ("spawn Lamp 40 60 lit=true", "spawn Lamp {\"lit\":true,\"position\":{\"x\":40.0,\"y\":60.0}}"),
        ("spawn Lamp (40, 60)", "spawn Lamp {\"position\":{\"x\":40.0,\"y\":60.0}}"),
        ("spawn Lamp {\"name\":\"l\"}", "spawn Lamp {\"name\":\"l\"}"),
        ("spawn Door gate=door_a", "spawn Door {\"gate\":\"door_a\"}"),
        ("set door_a.speed = 10", "set door_a.speed 10.0"),
        ("door_a.speed = 10", "set door_a.speed 10.0"),
        ("door_a.gate=door_b", "set door_a.gate \"door_b\""),
        ("door_a.position = (1, 2)", "set door_a.position {\"x\":1.0,\"y\":2.0}"),
        ("set door_a.count 3", "set door_a.count 3.0"),
        ("tell door_a Alarm { where = \"yard\" }", "event door_a Alarm {\"where\":\"yard\"}"),
        ("key 1 right down", "key 1 right down"),
        ("!door_a:Action_Open()", "eval \"door_a:Action_Open()\""),
        ("!@door_a self.speed = 3", "eval door_a \"self.speed = 3\""),
    ] {
        assert_eq!(inputs(&mut world, line), [input], "{line}");
    }
    assert_eq!(inputs(&mut world, "kill door_*"), ["despawn door_a", "despawn door_b"]);
    assert_eq!(inputs(&mut world, "door_?.lit = true"), ["set door_a.lit true", "set door_b.lit true"]);
    // Those of a pattern that have the action.
    assert_eq!(inputs(&mut world, "*.Close"), ["action door_a.Close", "action door_b.Close"]);
    assert_eq!(ask(&mut world, "door_a.speed"), ["speed = 40   (the class's)"]);
    assert_eq!(ask(&mut world, "door_a.count"), ["count = 0"]);
}

#[test]
fn what_is_wrong_is_said_at_once() {
    let mut world = house();
    for (line, says) in [
        ("door_a.Opn", "door_a (Door) has no action or prop `Opn`; did you mean `Open`?"),
        ("kill door_c", "there is no actor `door_c`; did you mean `door_a`?"),
        ("kill nobody_*", "no actor fits `nobody_*`"),
        ("spawn Lmp", "there is no class `Lmp`; did you mean `Lamp`?"),
        ("spawn Lamp 40", "where it is to be is said by two numbers: spawn Lamp 40 60"),
        ("spawn Lamp 1 2 lid=true", "spawn(\"Lamp\"): class Lamp has no prop `lid`; did you mean `lit`?"),
        ("spawn Lamp lit=5", "spawn(\"Lamp\"): prop `lit` must be a boolean, not a number"),
        ("spawn Door gate=gone", "there is no actor `gone`"),
        ("set door_a.sped = 3", "door_a (Door) has no prop or field `sped`; did you mean `speed`?"),
        ("set door_a.speed = fast", "prop `speed` of Door must be a number, not a string"),
        ("set door_a.name = x", "`name` is what an actor is born with; it can't be changed"),
        ("door_a.speed =", "the value is missing: speed = 10"),
        ("set door_a.handleEvent = 1", "door_a (Door) has no prop or field `handleEvent`"),
        ("tell door_a", "tell <actor> <Event> [{ fields }]: the event is missing"),
        ("key 9 a down", "there is no player `9`; the form is `key <player 1..8> <name> down|up`"),
        ("door_a.Open {", "a value is missing"),
        ("why 12", "nobody watches what happens in this world"),
        ("slepers", "console:1: there is no global `slepers`; did you mean `sleepers`?"),
        ("1 +", "Expected identifier when parsing expression, got <eof>"),
        ("wait(3)", "it waits, which takes ticks: to let it, begin the line with `!`"),
        ("@door_c 1", "there is no actor `door_c`; did you mean `door_a`?"),
    ] {
        let got = refused(&mut world, line);
        assert_eq!(got.lines().next().unwrap_or_default(), says, "{line}");
    }
    let of_other = refused(&mut world, "door_a.speed * 2");
    assert!(of_other.contains("door_a is another actor: its field `speed` can't be read from outside"), "{of_other}");
}

/// What was typed in one run is written down, read again and gives the same hashes in another.
#[test]
fn a_meddled_game_replays() {
    let lines = [
        (3, "spawn Lamp 40 60 lit=true name=lamp_9"),
        (5, "door_a.Open 0.5"),
        (6, "set door_a.speed = 10"),
        (7, "door_a.position = (100, 100)"),
        (9, "tell door_b Alarm { where = yard }"),
        (11, "!for i = 1, 3 do spawn('Lamp', { name = 'made_' .. i }) end"),
        (13, "!@door_a self.count += random(100)"),
        (14, "!door_b:Action_Open() wait(5) log 'waited'"),
        (15, "!random(100)"),
        (17, "kill made_*"),
        (18, "kill Lamp#3"),
        (20, "duration 0.02"),
        (22, "door_a.gate = lamp_9"),
        (23, "!error 'mistake'"),
    ];
    let mut world = house();
    let mut console = Console::default();
    let (mut recorded, mut hashes) = (Vec::new(), Vec::new());
    for tick in 2..60 {
        let typed = lines.iter().filter(|(at, _)| *at == tick);
        let mut inputs = Vec::new();
        for (_, line) in typed {
            let answer = console.submit(&mut world, line);
            assert!(!answer.failed, "{line}: {:?}", answer.lines);
            inputs.extend(answer.inputs);
        }
        world.tick(&inputs);
        recorded.extend(inputs.into_iter().map(|what| (tick, what)));
        hashes.push(world.hash());
    }
    let said: Vec<String> = world.take_output().into_iter().map(|line| line.text).collect();
    assert!(said.iter().any(|line| line == "waited"), "{said:?}");
    let first = |line: &str| line.lines().next().unwrap_or_default().to_owned();
    assert!(said.iter().any(|line| first(line) == "door_a.eval failed: console:1: mistake"), "{said:?}");
    let text = recorded.into_iter().collect::<Inputs>().to_string();
    let mut again = Inputs::parse(&text, Path::new("recorded")).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut replayed = house();
    for (tick, hash) in (2..60).zip(hashes) {
        replayed.tick(&again.take(tick));
        assert_eq!(replayed.hash(), hash, "tick {tick}");
    }
    assert_eq!(ask(&mut replayed, "door_a.speed"), ["speed = 10"]);
    assert_eq!(ask(&mut replayed, "door_a:position()"), ["(100, 100)"]);
    assert_eq!(ask(&mut replayed, "find('made_1')"), ["nil"]);
    assert_eq!(ask(&mut replayed, "door_a.gate"), ["gate = lamp_9"]);
}

#[test]
fn commands_that_look() {
    let mut world = house();
    world.set_watching(true);
    let mut console = Console::default();
    world.tick(&[What::Action { actor: "door_a".into(), action: "Open".into(), arg: Default::default() }]);
    console.note(world.take_happenings());
    let mut lines = |line: &str| console.submit(&mut world, line).lines;
    assert_eq!(lines("actors lamp"), ["lamp_1: Lamp at (30, 5)", "Lamp#3: Lamp at (40, 5)"]);
    assert_eq!(lines("actors nothing_like_it"), ["no actor fits"]);
    assert_eq!(
        lines("classes door"),
        ["Door { gate: actor, label: string, lit: boolean, speed: number, Close(), Open() }"]
    );
    assert_eq!(
        lines("sleepers open"),
        ["door_a.Open waits 20 ticks (until tick 22) at scripts/door.luau:6 in Action_Open"]
    );
    assert!(lines("inspect door_a").iter().any(|line| line.contains("takes   Open since tick 2")));
    assert!(lines("budgets")[0].starts_with("4 actors, heap "));
    assert!(lines("summary")[0].starts_with("tick 2"));
    assert!(lines("help").iter().any(|line| line.starts_with("kill <actor or pattern>")));
    let happened = lines("happenings");
    assert_eq!(happened, ["     2 input action door_a.Open  #1", "     2 door_a Open begins  #2 <- #1"]);
    assert_eq!(lines("why 2")[2], "door_a");
}

#[test]
fn history_is_bounded_plain_data() {
    let mut world = house();
    let mut console = Console::new(10, 10);
    for number in 0..50 {
        console.submit(&mut world, &format!("{number}"));
    }
    console.submit(&mut world, "");
    let lines: Vec<&str> = console.entries().map(|entry| entry.line.as_str()).collect();
    assert_eq!(lines.len(), 10);
    assert_eq!(lines[9], "49");
    serde_json::to_string(&console.entries().collect::<Vec<_>>()).expect("plain data");
    let long = console.submit(&mut world, &"x".repeat(100_000));
    assert_eq!(long.lines, ["the line has 100000 bytes; 65536 are the most"]);
    let many = console.submit(&mut world, "!".repeat(3).as_str());
    assert!(many.failed);
}

#[test]
fn completion_knows_what_is_there() {
    let world = house();
    let offered = |line: &str| {
        let completion = complete(&world, line, line.len());
        let texts = completion.candidates.iter().map(|candidate| format!("{}:{}", candidate.kind, candidate.text));
        (completion.from, texts.collect::<Vec<_>>())
    };
    let at = |from: usize, texts: &[&str]| (from, texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
    assert_eq!(offered("door_"), at(0, &["actor:door_a", "actor:door_b"]));
    assert_eq!(offered("door_a.O"), at(7, &["action:Open"]));
    assert_eq!(offered("door_a.c"), at(7, &["action:Close", "field:count"]));
    assert_eq!(offered("x = door_a.sp"), at(11, &["prop:speed"]));
    assert_eq!(offered("kill d"), at(5, &["actor:door_a", "actor:door_b"]));
    assert_eq!(offered("spawn L"), at(6, &["class:Lamp"]));
    assert_eq!(offered("spawn Lamp 1 2 l"), at(15, &["prop:lit="]));
    assert_eq!(offered("!spawn('L"), at(8, &["class:Lamp"]));
    assert_eq!(offered("door_a:Action_O"), at(7, &["action:Action_Open"]));
    assert_eq!(offered("find('door_a'):posi"), at(15, &["method:position"]));
    assert_eq!(offered("math.ma"), at(5, &["function:map", "function:max"]));
    assert_eq!(offered("find_"), at(0, &["function:find_all"]));
    assert_eq!(offered("slee"), at(0, &["command:sleepers"]));
    assert_eq!(complete(&world, "door", 4).common(), "door_");
    assert_eq!(complete(&world, "nothing_like_it", 15).common(), "");
    // In the middle of a line, and of a character.
    assert_eq!(complete(&world, "kill d now", 6).candidates.len(), 2);
    complete(&world, "ä.", 1);
    complete(&world, "ä", 100);
}

/// Lines of pieces that mean something, put together at random. `DORMOUSE_FUZZ` sets how many.
#[test]
fn no_line_does_harm() {
    const PIECES: [&str; 52] = [
        "door_a",
        "door_b",
        "lamp_1",
        "Lamp#3",
        "Door",
        "Lamp",
        ".",
        ":",
        "Open",
        "speed",
        "count",
        "position",
        " ",
        " ",
        " ",
        "=",
        "==",
        "10",
        "-1e5",
        "0.5",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        ",",
        "\"",
        "'",
        "!",
        "@",
        "kill",
        "spawn",
        "set",
        "tell",
        "key",
        "why",
        "inspect",
        "wires",
        "happenings",
        "1",
        "right",
        "down",
        "Alarm",
        "*",
        "?",
        "self",
        "return",
        "find('door_a')",
        "\\",
        "ä\u{202e}\n\u{1b}",
        "\0",
    ];
    let runs = amount("DORMOUSE_FUZZ", 1500);
    let mut random = Random::new(1);
    let mut world = house();
    world.set_watching(true);
    let mut console = Console::default();
    let hash = world.hash();
    let (mut good, mut bad) = (0, 0);
    for run in 0..runs {
        let line: String = (0..1 + random.below(9)).map(|_| *random.pick(&PIECES)).collect();
        let Answer { lines, inputs, failed } = console.submit(&mut world, &line);
        if run % 16 == 0 {
            assert_eq!(world.hash(), hash, "{line:?}");
        }
        complete(&world, &line, random.below(line.len() as u64 + 1) as usize);
        assert!(lines.iter().all(|line| !line.contains(char::is_control)), "{line:?}: {lines:?}");
        for input in &inputs {
            // What becomes of it can be written down and read again.
            let text = format!("1 {input}\n");
            let again = Inputs::parse(&text, Path::new("x")).unwrap_or_else(|error| panic!("{line:?}: {error}"));
            assert_eq!(&again.all()[0].what, input, "{line:?}");
        }
        if failed { bad += 1 } else { good += 1 }
    }
    assert_eq!(world.hash(), hash);
    assert!(good > runs / 20 && bad > runs / 20, "{good} good, {bad} bad");
}

/// Typed code is in no file, so nobody could restore what is left of it: a save says so, and who must end first.
#[test]
fn what_is_left_of_typed_code_cannot_be_saved() {
    let mut world = house();
    let mut console = Console::default();
    let typed = console.submit(&mut world, "!@door_b wait(5)").inputs;
    world.tick(&typed);
    let refused = world.save(&SaveOptions::default()).expect_err("it waits in typed code").to_string();
    assert!(refused.contains("door_b"), "{refused}");
    (0..6).for_each(|_| world.tick(&[]));
    let bytes = world.save(&SaveOptions::default()).expect("nothing is left of it");
    let mut restored = World::restore(&bytes, &Config::default(), &scripts()).expect("a world");
    assert_eq!(restored.hash(), world.hash());
    // What a console sees of it is the same, too.
    for line in ["inspect door_a", "sleepers", "actors"] {
        assert_eq!(ask(&mut restored, line), ask(&mut world, line));
    }
}

/// A console where nothing is: no actors at all.
#[test]
fn an_empty_world_has_a_console() {
    let mut stage = Stage::new(&[("lamp.luau", &class("Lamp", "", ""))]);
    assert_eq!(ask(&mut stage.world, "1 + 1"), ["2"]);
    assert_eq!(ask(&mut stage.world, "#find_all()"), ["0"]);
    assert_eq!(refused(&mut stage.world, "!1 + 1"), "there is no actor that could run it");
    assert_eq!(inputs(&mut stage.world, "spawn Lamp"), ["spawn Lamp"]);
}
