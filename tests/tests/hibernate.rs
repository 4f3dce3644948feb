//! Hibernation: nobody can tell who sleeps. A world in which actors hibernate says and does tick by tick what one does in
//! which nobody does.
//!
//! `DORMOUSE_SOULS=500` tries five hundred seeds of random actors; without it fewer are.

use dormouse::snapshot::SaveOptions;
use dormouse::{ActorId, Config, Datum, Output, Scripts, World};
use dormouse_tests::souls::souls;
use dormouse_tests::{Random, amount, maps, world_of};

/// A line, without the numbers of happenings.
fn written(line: &Output) -> String {
    format!("{} {} {:?} {}", line.tick, line.actor, line.kind, line.text)
}

fn said(world: &mut World) -> Vec<String> {
    world.take_output().iter().map(written).collect()
}

/// How a world's actors are put to sleep.
#[derive(Clone, Copy, PartialEq)]
enum Lull {
    /// Everybody who can, at every tick.
    All,
    /// Some, now and then; some are woken.
    Some,
}

/// How many were put to sleep.
fn lull(world: &mut World, how: Lull, random: &mut Random) -> u64 {
    let mut slept = 0;
    for actor in world.actors() {
        if how == Lull::Some && random.below(4) != 0 {
            continue;
        }
        if how == Lull::Some && world.is_hibernated(actor) && random.below(4) == 0 {
            world.wake(actor).unwrap();
        }
        slept += u64::from(!world.is_hibernated(actor) && world.hibernate(actor).is_ok());
    }
    slept
}

/// All that can be seen of an actor and its tasklets but what they take of memory.
fn portrait(world: &World, id: ActorId) -> String {
    let mut actor = world.actor_view(id).unwrap();
    actor.memory.used = 0;
    actor.hibernated = false;
    let mut tasks = world.sleepers_of(id);
    tasks.iter_mut().for_each(|task| task.bytes = 0);
    let fields: Vec<_> =
        ["lit", "open", "locked", "name", "speed", "text", "nothing"].map(|field| world.field(id, field)).into();
    format!("{actor:#?} {tasks:#?} {fields:?}")
}

/// Looks at all actors of both worlds. How many of those hibernated.
fn look(straight: &World, sleepy: &World, what: &str) -> usize {
    for id in straight.actors() {
        let (awake, asleep) = (portrait(straight, id), portrait(sleepy, id));
        let differs = awake.lines().zip(asleep.lines()).enumerate().find(|(_, (one, other))| one != other);
        assert!(awake == asleep, "{what}, {}: line and both {differs:?} of {awake}", straight.name_of(id));
    }
    sleepy.hibernated().len()
}

/// Both worlds side by side. How often somebody was put to sleep.
fn compare(mut straight: World, mut sleepy: World, how: Lull, ticks: u64, what: &str) -> u64 {
    let mut random = Random::new(ticks);
    let (mut times, mut seen_asleep) = (0, 0);
    straight.set_tracing(true);
    sleepy.set_tracing(true);
    for tick in 1..=ticks {
        straight.tick(&[]);
        sleepy.tick(&[]);
        assert_eq!(said(&mut straight), said(&mut sleepy), "{what}, tick {tick}");
        times += lull(&mut sleepy, how, &mut random);
        let (one, other) = (straight.summary(), sleepy.summary());
        assert_eq!((one.actors, one.tasklets), (other.actors, other.tasklets), "{what}, tick {tick}");
        assert_eq!((one.wakes, one.errors), (other.wakes, other.errors), "{what}, tick {tick}");
        assert_eq!(straight.work(), sleepy.work(), "{what}, tick {tick}");
        let seen = |world: &World| -> Vec<_> {
            let actors = world.actors().into_iter();
            actors.map(|id| (id, world.name_of(id), world.position_of(id), world.is_taking(id, None))).collect()
        };
        assert_eq!(seen(&straight), seen(&sleepy), "{what}, tick {tick}");
        if tick % 20 == 3 {
            seen_asleep += look(&straight, &sleepy, &format!("{what}, tick {tick}"));
            assert_eq!(straight.hash(), sleepy.hash(), "{what}, tick {tick}");
        }
    }
    assert!(seen_asleep > 3, "{what}: hardly anybody was seen asleep");
    sleepy.wake_all().unwrap();
    look(&straight, &sleepy, &format!("{what}, at the end"));
    times
}

/// Goes on in a world that was restored from a snapshot, or in an image made some ticks ago.
fn elsewhere(world: &mut World, config: &Config) {
    let asleep = world.hibernated();
    let bytes = world.save(&SaveOptions { verify: true, ..SaveOptions::default() }).unwrap();
    let restored = World::restore(&bytes, config, world.scripts()).unwrap();
    assert_eq!(restored.hibernated(), asleep, "those who slept sleep");
    *world = restored;
    world.set_tracing(true);
}

#[test]
fn snapshots_hold_those_who_sleep() {
    let map = maps().into_iter().find(|map| map.ends_with("keep.tmx")).unwrap();
    let config = Config { seed: 3, ..Config::default() };
    let (mut straight, mut sleepy) = (world_of(&map, 3), world_of(&map, 3));
    straight.set_tracing(true);
    sleepy.set_tracing(true);
    let mut random = Random::new(1);
    let mut asleep = 0;
    for tick in 1..=200 {
        straight.tick(&[]);
        sleepy.tick(&[]);
        assert_eq!(said(&mut straight), said(&mut sleepy), "tick {tick}");
        lull(&mut sleepy, Lull::Some, &mut random);
        if tick % 7 == 0 {
            asleep += sleepy.hibernated().len();
            let before = sleepy.save(&SaveOptions::default()).unwrap();
            elsewhere(&mut sleepy, &config);
            assert_eq!(sleepy.save(&SaveOptions::default()).unwrap(), before, "saved again: tick {tick}");
            assert_eq!(straight.hash(), sleepy.hash(), "tick {tick}");
        }
    }
    assert!(asleep > 100, "only {asleep} slept in snapshots: the test tests little");
}

#[test]
fn an_image_brings_back_those_who_slept() {
    let map = maps().into_iter().find(|map| map.ends_with("keep.tmx")).unwrap();
    let (mut straight, mut sleepy) = (world_of(&map, 5), world_of(&map, 5));
    let mut random = Random::new(2);
    for tick in 1..=150 {
        straight.tick(&[]);
        sleepy.tick(&[]);
        lull(&mut sleepy, Lull::Some, &mut random);
        if tick % 5 == 0 {
            let (image, asleep, hash) = (sleepy.image(), sleepy.hibernated(), sleepy.hash());
            assert_eq!(straight.hash(), hash, "tick {tick}");
            for _ in 0..20 {
                sleepy.tick(&[]);
                lull(&mut sleepy, Lull::Some, &mut random);
            }
            let later = sleepy.image();
            let (then, sleepers) = (sleepy.hash(), sleepy.hibernated());
            sleepy.rewind(&image).unwrap();
            assert_eq!((sleepy.hash(), sleepy.hibernated()), (hash, asleep.clone()), "tick {tick}, back");
            sleepy.wake_all().unwrap();
            sleepy.rewind(&later).unwrap();
            assert_eq!((sleepy.hash(), sleepy.hibernated()), (then, sleepers), "tick {tick}, and forth");
            sleepy.rewind(&image).unwrap();
            assert_eq!((sleepy.hash(), sleepy.hibernated()), (hash, asleep), "tick {tick}, and back");
        }
    }
}

/// What one asks of another is the other's alone, so that it can leave memory without a trace.
#[test]
fn who_is_asked_hibernates_with_the_question() {
    let asker = r#"
        local Asker = actor "Asker" {}
        function Asker:run()
            local other = find "napper"
            wait(self.id == find "a" and 3 or 4)
            log(pcall(ask, other, { n = 1, list = { { 2 } }, who = self:name() }, 60))
            wait(1e6)
        end
        return Asker
    "#;
    let napper = r#"
        local Napper = actor "Napper" {}
        function Napper:handleEvent(event) wait(20) log(event.who) return event.list[1][1] end
        return Napper
    "#;
    let scripts = Scripts::new().with("napper.luau", napper).with("asker.luau", asker);
    let [mut straight, mut sleepy] = [0, 1].map(|_| {
        let mut world = World::new(&Config::default(), &scripts).unwrap();
        for (class, name) in [("Napper", "napper"), ("Asker", "a"), ("Asker", "b"), ("Asker", "c")] {
            world.spawn(class, &[("name".to_owned(), Datum::from(name))].into()).unwrap();
        }
        world
    });
    let napper = straight.find("napper").unwrap();
    let mut slept = 0;
    for tick in 1..90 {
        straight.tick(&[]);
        sleepy.tick(&[]);
        slept += u32::from(sleepy.hibernate(napper).is_ok());
        assert_eq!(straight.hash(), sleepy.hash(), "tick {tick}");
        assert_eq!(said(&mut straight), said(&mut sleepy), "tick {tick}");
    }
    assert!(slept > 80, "it slept at {slept} ticks only");
}

const NAPPER: &str = r#"
local Napper = actor "Napper" { hibernate_after = 30 }
function Napper:handleEvent(event) log(`hears {event}`) end
function Napper:Action_Nod() log "nods" end
function Napper:run() while true do wait(200) log "turns over" end end
return Napper
"#;

#[test]
fn a_class_says_after_how_many_ticks_its_actors_hibernate() {
    let mut world = World::new(&Config::default(), &Scripts::new().with("napper.luau", NAPPER)).unwrap();
    let napper = world.spawn("Napper", &[("name".to_owned(), Datum::from("napper"))].into()).unwrap();
    let mut asleep = Vec::new();
    for tick in 1..=420 {
        if tick == 100 {
            world.tell(napper, &Datum::from("noise"));
        }
        world.tick(&[]);
        if world.is_hibernated(napper) != (asleep.len() % 2 == 1) {
            asleep.push(tick);
        }
    }
    // Asleep from the 31st tick; the noise wakes it, then its own timer, twice.
    assert_eq!(asleep, [31, 100, 129, 201, 231, 401]);
    let lines: Vec<String> = world.take_output().into_iter().map(|line| line.text).collect();
    assert_eq!(lines, ["hears noise", "turns over", "turns over"]);
    assert_eq!(world.summary().hibernated, 0);
}

#[test]
fn others_see_no_difference() {
    let watcher = r#"
        local Watcher = actor "Watcher" {}
        function Watcher:run()
            local n = find "napper"
            log(n:is_alive(), n:name(), n:class(), n:position(), n:size(), n:is_taking(), tostring(n))
            log(#find_all "Napper", nearest(n:position(), "Napper") == n, in_box(n:position(), vector.create(2, 2, 0), "Napper")[1] == n)
            start(function() wait_action(n, "Nod") log "saw it nod" end)
            wait(1)
            n:Action_Nod()
            wait(5)
            n:raise(exception "Boo")
            wait(1)
            despawn(n)
            wait(1)
            log(n:is_alive())
        end
        return Watcher
    "#;
    let scripts = Scripts::new().with("napper.luau", NAPPER).with("watcher.luau", watcher);
    let mut said = Vec::new();
    for sleeps in [false, true] {
        let mut world = World::new(&Config::default(), &scripts).unwrap();
        let napper = world.spawn("Napper", &[("name".to_owned(), Datum::from("napper"))].into()).unwrap();
        for tick in 1..60 {
            world.tick(&[]);
            if tick == 10 {
                world.spawn("Watcher", &Default::default()).unwrap();
            }
            if sleeps && world.is_alive(napper) {
                let _ = world.hibernate(napper);
                assert!(tick > 9 || world.is_hibernated(napper));
            }
        }
        said.push(self::said(&mut world));
    }
    assert_eq!(said[0], said[1]);
    assert!(said[0].iter().any(|line| line.contains("saw it nod")), "{:#?}", said[0]);
    assert!(said[0].iter().any(|line| line.contains("Boo")), "{:#?}", said[0]);
}

#[test]
fn who_can_not_hibernate_says_why() {
    let busy = r#"
        local Busy = actor "Busy" {}
        function Busy:Action_Work() wait(100) end
        function Busy:run()
            local other = find "other"
            if self:name() == "one" then
                local task = other:Action_Work()
                wait(50)
                log(task:status())
                task:await()
            end
            wait(1000)
        end
        return Busy
    "#;
    let mut world = World::new(&Config::default(), &Scripts::new().with("busy.luau", busy)).unwrap();
    let [one, other] =
        ["one", "other"].map(|name| world.spawn("Busy", &[("name".to_owned(), Datum::from(name))].into()).unwrap());
    let why = |world: &mut World, who| world.hibernate(who).unwrap_err().to_string();
    assert_eq!(why(&mut world, one), "one can't hibernate now: its run is to run");
    world.tick(&[]);
    assert_eq!(why(&mut world, one), "one can't hibernate now: it may hold a task of another actor that is not over");
    assert_eq!(why(&mut world, other), "other can't hibernate now: one may hold its task Work");
    for _ in 0..101 {
        world.tick(&[]);
    }
    world.hibernate(one).unwrap();
    world.hibernate(other).unwrap();
    world.hibernate(other).unwrap();
    assert_eq!(world.hibernated(), [one, other]);
    world.despawn(one);
    world.tick(&[]);
    assert!(why(&mut world, one).contains("is gone"));
    world.begin_tick(&[]);
    assert!(why(&mut world, other).contains("a tick is under way"));
}

#[test]
fn a_store_that_fails_says_whom_it_can_not_take() {
    let config = Config { store: Some("/nowhere/at/all".into()), ..Config::default() };
    let mut world = souls(&config, 3);
    world.tick(&[]);
    let mut failed = 0;
    for _ in 0..20_000 {
        for actor in world.actors() {
            if let Err(error) = world.hibernate(actor) {
                let text = error.to_string();
                if text.contains("/nowhere/at/all") {
                    assert!(text.starts_with(&world.name_of(actor)), "{text}");
                    assert!(!world.is_hibernated(actor));
                    failed += 1;
                }
            }
        }
        if failed > 3 {
            break;
        }
        // Until enough have been put in to need the file.
        world.wake_all().unwrap();
    }
    assert!(failed > 3, "nothing failed: the test tests nothing");
    world.wake_all().unwrap();
    world.tick(&[]);
}

#[test]
fn the_castle_does_not_notice_who_sleeps() {
    for map in maps() {
        let swarm = map.ends_with("swarm.tmx");
        let ticks = if swarm { 3 } else { 200 };
        for how in [Lull::All, Lull::Some] {
            let what = map.display().to_string();
            let slept = compare(world_of(&map, 3), world_of(&map, 3), how, ticks, &what);
            assert!(slept > 10, "{what}: only {slept} times somebody slept: the test tests little");
        }
    }
}

#[test]
fn random_lives_do_not_notice_who_sleeps() {
    for seed in 0..amount("DORMOUSE_SOULS", 6) {
        let config = Config { seed, ..Config::default() };
        let how = if seed % 2 == 0 { Lull::All } else { Lull::Some };
        let slept = compare(souls(&config, 12), souls(&config, 12), how, 500, &format!("seed {seed}"));
        assert!(slept > 300, "seed {seed}: only {slept} times somebody slept: the test tests little");
    }
}
