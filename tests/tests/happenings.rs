//! What happens, and why: every happening leads back to what caused it, over ticks, through delayed wires and through
//! actions that sleep; and being watched changes nothing.

use std::path::Path;

use dormouse::happenings::{Fate, Happening, HappeningKind as Kind, History, Outcome};
use dormouse::input::{Inputs, What};
use dormouse::map::Map;
use dormouse::{Config, OutputKind, Scripts, World};
use dormouse_tests::{Stage, class};

/// A wire: the property, whom it reaches, what follows, and more properties.
fn wire(name: &str, target: u32, call: &str, more: &str) -> String {
    format!(
        r#"<property name="{name}" type="class" propertytype="Wire"><properties><property name="call" value="{call}"/>
        <property name="target" type="object" value="{target}"/>{more}</properties></property>"#
    )
}

/// A map of actors with name, class, place and wires; their objects are numbered from 1.
fn map(actors: &[(&str, &str, u32, String)]) -> Map {
    let object = |(at, (name, class, x, wires)): (usize, &(&str, &str, u32, String))| {
        format!(
            r#"<object id="{}" name="{name}" type="{class}" x="{x}" y="32" width="16" height="16">
                <properties>{wires}</properties></object>"#,
            at + 1
        )
    };
    let objects: String = actors.iter().enumerate().map(object).collect();
    let text = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
        <map version="1.10" orientation="orthogonal" width="20" height="12" tilewidth="16" tileheight="16">
        <objectgroup id="1" name="actors">{objects}</objectgroup></map>"#
    );
    Map::load_with(Path::new("castle.tmx"), &|_| Ok(text.clone().into_bytes())).expect("a map")
}

/// Player, plate, door, bell: the plate opens the door, which (half a second after it stands open) rings the bell.
fn castle() -> World {
    let finish = r#"<property name="delay" type="int" value="30"/><property name="on" value="finish"/>"#;
    let plate = wire("OnPress", 3, "Open", "") + &wire("OnPress.2", 4, "Dance", "");
    let map = map(&[
        ("player", "Walker", 16, String::new()),
        ("plate", "Plate", 64, plate),
        ("door", "Door", 128, wire("OnOpen", 4, "Ring", finish)),
        ("bell", "Bell", 192, String::new()),
    ]);
    let scripts = Scripts::new()
        .with(
            "walker.luau",
            class(
                "Walker",
                "body = { kind = 'solid', layer = 'person' }",
                "function Walker:handleEvent(event)
                    if event.name == 'Key' then
                        start(function() self:move_by(vector.create(100, 0, 0), 60) end)
                    end
                end",
            ),
        )
        .with(
            "plate.luau",
            class(
                "Plate",
                "body = 'trigger'",
                "function Plate:handleEvent(event) if event.name == 'Entered' then self:Action_Press() end end
                function Plate:Action_Press() wait(3) end",
            ),
        )
        .with(
            "door.luau",
            class("Door", "", "function Door:Action_Open() self:move_by(vector.create(0, -16, 0), 60) end"),
        )
        .with(
            "bell.luau",
            class(
                "Bell",
                "",
                "function Bell:Action_Ring() wait(2) say 'dong' end function Bell:Action_Dance() error('no') end",
            ),
        );
    World::with_map(&Config::default(), &scripts, &map).unwrap_or_else(|error| panic!("{error}"))
}

fn key() -> What {
    What::Key { player: 1, key: "right".into(), down: true }
}

/// Lets ticks pass, the key pressed in the fifth.
fn play(world: &mut World, ticks: u64, history: &mut History) {
    for _ in 0..ticks {
        let inputs = if world.now() == 4 { vec![key()] } else { Vec::new() };
        world.tick(&inputs);
        history.extend(world.take_happenings());
    }
}

fn find<'h>(history: &'h History, what: &str) -> &'h Happening {
    let line = |happening: &&Happening| happening.to_string().contains(what);
    history
        .all()
        .find(line)
        .unwrap_or_else(|| panic!("no `{what}` in {:#?}", history.all().map(ToString::to_string).collect::<Vec<_>>()))
}

#[test]
fn the_bell_leads_back_to_the_key() {
    let mut world = castle();
    world.set_watching(true);
    let mut history = History::new(10_000);
    play(&mut world, 150, &mut history);
    let dong = find(&history, "says dong");
    let way: Vec<String> = history.chain(dong.number).iter().map(|step| format!("{}", step.kind)).collect();
    let expected = [
        "input key 1 right down",
        "event Key",
        "handles Key",
        "task starts",
        "is entered by player",
        "event Entered from player",
        "handles Entered",
        "Press begins",
        "wire OnPress",
        "wire -> door.Open: began",
        "Open begins",
        "Open finishes",
        "wire OnOpen, due at tick 82",
        "wire -> bell.Ring: began",
        "Ring begins",
        "says dong",
    ];
    assert_eq!(way, expected);
    let actors: Vec<String> = history.actors_on_the_way(dong.number).iter().map(ToString::to_string).collect();
    assert_eq!(actors, ["player", "plate", "door", "bell"]);
    // And forward again: everything but the bell's dance and what was there before follows from the key.
    let input = find(&history, "input key");
    assert!(history.consequences(input.number).iter().any(|later| later.number == dong.number));
    // The wire knows what became of it.
    let wires = world.wire_views();
    let used: Vec<_> =
        wires.iter().filter_map(|wire| wire.used).map(|used| (used.fired, used.last.map(|(_, what)| what))).collect();
    assert_eq!(used, [(1, Some(Outcome::Began)), (1, Some(Outcome::Began)), (1, Some(Outcome::Began))]);
}

#[test]
fn a_failed_action_and_its_error_have_the_same_cause() {
    let mut world = castle();
    world.set_watching(true);
    let mut history = History::new(10_000);
    play(&mut world, 80, &mut history);
    let failed = find(&history, "Dance fails");
    let began = find(&history, "Dance begins");
    assert_eq!(failed.cause, Some(began.number));
    assert!(matches!(failed.kind, Kind::ActionFailed { began: Some(number), .. } if number == began.number));
    let actors = |number| history.actors_on_the_way(number).iter().map(ToString::to_string).collect::<Vec<_>>();
    let error = find(&history, "error: bell.Dance failed: scripts/bell.luau");
    assert_eq!(actors(error.number), ["player", "plate", "bell"]);
}

#[test]
fn a_watched_world_is_the_same_world() {
    let (mut plain, mut watched) = (castle(), castle());
    watched.set_watching(true);
    watched.set_tracing(true);
    let mut history = History::new(100);
    for tick in 1..=150 {
        play(&mut plain, 1, &mut history);
        play(&mut watched, 1, &mut history);
        assert_eq!(plain.hash(), watched.hash(), "tick {tick}");
        if tick == 60 {
            watched.set_watching(false);
            watched.set_tracing(false);
        }
        if tick == 70 {
            watched.set_watching(true);
        }
    }
    assert_eq!(plain.heap(), watched.heap());
    // Numbers go on after a pause: nothing is taken for another world's.
    let ticks: Vec<u64> = history.all().map(|happening| happening.tick).collect();
    assert!(ticks.first() < Some(&60) && ticks.last() > Some(&70), "{ticks:?}");
}

#[test]
fn trace_lines_are_the_happenings() {
    let mut world = castle();
    world.set_watching(true);
    world.set_tracing(true);
    let mut history = History::new(10_000);
    play(&mut world, 150, &mut history);
    let lines: Vec<_> = world.take_output();
    assert_eq!(lines.len(), history.all().len());
    for (line, happening) in lines.iter().zip(history.all()) {
        assert_eq!((line.happening, line.cause, line.tick), (Some(happening.number), happening.cause, happening.tick));
        if line.kind == OutputKind::Trace {
            assert_eq!(line.text, happening.kind.to_string());
        }
    }
    world.set_tracing(false);
    world.set_watching(false);
    world.tick(&[key()]);
    assert!(world.take_output().is_empty() && world.take_happenings().is_empty());
}

#[test]
fn causes_survive_a_rewind() {
    let mut world = castle();
    world.set_watching(true);
    let mut history = History::new(10_000);
    // The wire to the bell is on its way, with a delay.
    play(&mut world, 80, &mut history);
    let image = world.image();
    play(&mut world, 40, &mut history);
    let first = history.chain(find(&history, "says dong").number).len();
    world.rewind(&image).expect("its own image");
    history.rewind(world.now());
    assert!(history.all().all(|happening| happening.tick <= 80));
    play(&mut world, 40, &mut history);
    assert_eq!(history.chain(find(&history, "says dong").number).len(), first);
    let numbers: Vec<u64> = history.all().map(|happening| happening.number).collect();
    assert!(numbers.is_sorted_by(|one, next| one < next));
}

/// Wires wait for the end of the round in which they were set off: who dies in it is not reached any more.
#[test]
fn a_wire_is_carried_out_after_the_round() {
    let one = "function One:run() wait(1) self:Action_Go() end function One:Action_Go() end";
    let two = "function Two:run() wait(1) despawn(find('three')) end";
    let three = "function Three:Action_Go() say 'never' end";
    let scripts = [("one", "One", one), ("two", "Two", two), ("three", "Three", three)];
    let scripts = scripts
        .into_iter()
        .fold(Scripts::new(), |all, (file, name, source)| all.with(format!("{file}.luau"), class(name, "", source)));
    let map = map(&[
        ("one", "One", 16, wire("OnGo", 3, "Go", "")),
        ("two", "Two", 48, String::new()),
        ("three", "Three", 80, String::new()),
    ]);
    let mut world = World::with_map(&Config::default(), &scripts, &map).unwrap_or_else(|error| panic!("{error}"));
    world.set_watching(true);
    let mut history = History::new(100);
    play(&mut world, 3, &mut history);
    let fired: Vec<String> =
        history.all().map(|step| step.kind.to_string()).filter(|step| step.starts_with("wire ->")).collect();
    assert_eq!(fired, ["wire -> Go: nobody there"]);
}

/// What follows from what, with everything that can wake a tasklet.
#[test]
fn each_way_to_wake_has_its_cause() {
    let methods = "
        function Subject:handleEvent(event)
            if event.name == 'Question' then log 'asked' return 'answer' end
        end
        function Subject:run()
            local task = start(function()
                pcall(function() wait_event('Alarm') end)
                log 'woken'
            end)
            local watcher = start(function() wait_action(self:handle(), 'Sing') log 'sung' end)
            local asker = start(function() ask(self:handle(), { name = 'Question' }) log 'answered' end)
            wait(5)
            task:raise(exception 'Jammed')
            task:await()
            log 'awaited'
            self:Action_Sing()
            local other = spawn('Subject2', { name = 'other' })
            wait(2)
            despawn(other)
        end
        function Subject:Action_Sing() wait(1) end";
    let other = class(
        "Subject2",
        "",
        "function Subject2:run() try { function() wait(100) end, finally = function() log 'end' end } end",
    );
    let mut stage = Stage::new(&[("subject.luau", &class("Subject", "", methods)), ("subject2.luau", &other)]);
    stage.world.set_watching(true);
    stage.spawn("Subject", &[("name", "subject".into())]);
    let mut history = History::new(1000);
    stage.ticks(20);
    history.extend(stage.world.take_happenings());
    assert_eq!(stage.errors(), Vec::<String>::new());
    let cause = |what: &str| {
        let happening = find(&history, what);
        happening.cause.and_then(|cause| history.get(cause)).map(|cause| cause.kind.to_string()).unwrap_or_default()
    };
    assert_eq!(cause("logs woken"), "Jammed is raised in a task");
    // What one asked or awaited oneself is no new cause.
    assert_eq!(cause("logs awaited"), "spawned, a Subject");
    assert_eq!(cause("logs sung"), "Sing finishes");
    assert_eq!(cause("logs asked"), "handles Question");
    assert_eq!(cause("logs answered"), "task starts");
    assert_eq!(cause("logs end"), "despawned");
    assert_eq!(cause("Sing finishes"), "Sing begins");
    assert_eq!(cause("spawned, a Subject2"), "spawned, a Subject");
    assert!(history.all().any(|happening| matches!(happening.kind, Kind::Event { fate: Fate::Mailed, .. })));
}

/// What goes on for ever has no chain that grows for ever.
#[test]
fn chains_do_not_grow() {
    let methods = "
        function Subject:handleEvent(event) return 1 end
        function Subject:Action_Patrol()
            local other = find('other')
            while true do
                pcall(function() self:move_by(vector.create(100, 0, 0), 60) end)
                ask(other, { name = 'Question' })
                start(function() wait(1) end):await()
                race { function() wait(1) end, function() wait(2) end }
                pcall(wait_event, 'Never', 1)
                self:Action_Step()
                log 'round'
            end
        end
        function Subject:Action_Step() wait(1) end";
    let body = "body = { kind = 'solid' }";
    let mut stage = Stage::new(&[("subject.luau", &class("Subject", body, methods))]);
    stage.world.set_watching(true);
    let first = stage.spawn("Subject", &[("name", "first".into())]);
    stage.spawn("Subject", &[("name", "other".into()), ("position", dormouse::Datum::Vector([20.0, 0.0, 0.0]))]);
    let name = stage.world.name_of(first);
    stage.world.tick(&[What::Action { actor: name, action: "Patrol".into(), arg: Default::default() }]);
    stage.ticks(200);
    let mut history = History::new(10_000);
    history.extend(stage.world.take_happenings());
    assert_eq!(stage.errors(), Vec::<String>::new());
    let rounds: Vec<&Happening> = history.all().filter(|step| step.kind.to_string() == "logs round").collect();
    assert!(rounds.len() > 10, "{}", rounds.len());
    let way = |number| history.chain(number).iter().map(|step| step.kind.to_string()).collect::<Vec<_>>();
    let last = rounds[rounds.len() - 1].number;
    assert!(way(last).len() <= 4, "{:#?}", way(last));
    let longest = history.all().map(|step| way(step.number)).max_by_key(Vec::len).unwrap_or_default();
    assert!(longest.len() <= 9, "{longest:#?}");
}

/// Whatever a world is made to do, causes are older than what they cause, and all numbers are there.
#[test]
fn causes_come_first_in_the_castle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let scripts = Scripts::read(&root.join("scripts")).expect("the castle's scripts");
    let map = Map::load(&root.join("maps/keep.tmx")).expect("the castle");
    let mut world = World::with_map(&Config::default(), &scripts, &map).expect("a world");
    world.set_watching(true);
    let mut inputs: Inputs = [(30, key())].into_iter().collect();
    let mut last = 0;
    for _ in 0..600 {
        world.tick(&inputs.take(world.now() + 1));
        for happening in world.take_happenings() {
            assert_eq!(happening.number, last + 1);
            last = happening.number;
            assert!(happening.cause.is_none_or(|cause| cause < happening.number), "{happening}");
            assert_eq!(happening.tick, world.now());
            serde_json::to_string(&happening).expect("plain data");
        }
    }
    assert!(last > 300, "{last} happenings");
}
