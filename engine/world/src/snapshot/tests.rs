//! The native side to bytes and back, in the same VM: what the heap's capture has no part in.

use std::path::Path;

use super::container::{Reader, Tag, Writer};
use super::heap::Roots;
use super::world::{self, Bits, Part};
use super::{SaveOptions, Summary};
use crate::chance::random;
use crate::map::Map;
use crate::world::{Config, World};
use crate::{Scripts, sim::state::State};

fn repo(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn open(map: &str) -> World {
    let scripts = Scripts::read(&repo("scripts")).unwrap();
    let map = Map::load(&repo("maps").join(map)).unwrap();
    World::with_map(&Config::default(), &scripts, &map).unwrap_or_else(|error| panic!("{error}"))
}

/// The world's native side as bytes, and the values that go into its places.
fn bytes_of(world: &mut World) -> (Vec<u8>, Roots) {
    let roots = Roots::of(&mut world.sim.state);
    let classes: Vec<&str> = world.sim.classes.all().iter().map(|class| class.name.as_str()).collect();
    let natives = Vec::new();
    let (sim, random) = (&world.sim, world.vm.random_state());
    (world::write(&sim.names, &classes, &sim.state, random, &Bits::of(&roots.present), &natives), roots)
}

/// Exchanges the state for the one that its bytes give.
fn reborn(world: &mut World) -> State {
    let (bytes, roots) = bytes_of(world);
    let mut part = Part::read(&bytes).unwrap();
    part.check().unwrap();
    assert_eq!(part.present.list(), roots.present);
    Roots::put(&mut part.state, &roots.present, &roots.all).unwrap();
    world.sim.names = part.names;
    std::mem::replace(&mut world.sim.state, part.state)
}

#[test]
fn the_native_side_comes_back_whole() {
    for (map, ticks, every) in
        [("keep.tmx", 600, 7), ("cellar.tmx", 300, 5), ("relay.tmx", 200, 1), ("swarm.tmx", 9, 3)]
    {
        let (mut straight, mut saved) = (open(map), open(map));
        for tick in 1..=ticks {
            if tick % every == 0 {
                let before = saved.hash();
                reborn(&mut saved);
                assert_eq!(saved.hash(), before, "{map} at tick {tick}, at once");
            }
            straight.tick(&[]);
            saved.tick(&[]);
            if tick % every == 0 {
                assert_eq!(straight.hash(), saved.hash(), "{map} at tick {tick}");
            }
        }
        assert_eq!(straight.take_output(), saved.take_output());
    }
}

/// Whatever the bytes, the answer is a world that runs or an error: no panic, no circle.
#[test]
fn a_hostile_native_side_is_refused_or_harmless() {
    let rounds = std::env::var("DORMOUSE_FUZZ").ok().and_then(|n| n.parse().ok()).unwrap_or(3_000);
    let mut world = open("keep.tmx");
    for _ in 0..200 {
        world.tick(&[]);
    }
    world.take_output();
    world.wake_all().unwrap();
    let image = world.image();
    let (bytes, roots) = bytes_of(&mut world);
    let mut next = random(7);
    let mut accepted = 0;
    for round in 0..rounds {
        let mut bad = bytes.clone();
        for _ in 0..1 + next(3) {
            let at = next(bad.len() as u64) as usize;
            match next(4) {
                0 => bad[at] ^= 1 << next(8),
                1 => bad[at] = [0, 1, 0x7f, 0x80, 0xff, 2][next(6) as usize],
                2 => {
                    bad.remove(at);
                }
                _ => {
                    let from = next(bad.len() as u64) as usize;
                    bad[at] = bad[from];
                }
            }
        }
        let Ok(mut part) = Part::read(&bad) else { continue };
        if part.check().is_err()
            || part.classes.len() != world.sim.classes.all().len()
            || Roots::put(&mut part.state, &part.present.list(), &roots.all).is_err()
        {
            continue;
        }
        accepted += 1;
        world.sim.names = part.names;
        world.sim.state = part.state;
        for _ in 0..30 {
            world.tick(&[]);
        }
        world.take_output();
        world.sim.names = Part::read(&bytes).unwrap().names;
        world.rewind(&image).unwrap_or_else(|_| panic!("round {round}"));
    }
    assert!(accepted > rounds / 100, "only {accepted} of {rounds} got past the checks: the test tests little");
}

/// A small world in which a bit of everything sleeps.
fn mixed() -> World {
    let scripts = Scripts::new()
        .with(
            "door.luau",
            "local Door = actor 'Door' { groups = { m = { 'Open', 'Close' } }, body = 'solid', props = { t = { 1, 2 } } }
             function Door:handleEvent(e) wait(4) return e end
             function Door:Action_Open() self.opened = (self.opened or 0) + 1 self:move_by(vector.create(50, 0, 0), 20) end
             function Door:Action_Close() defer(log, 'shut') wait(6) end
             function Door:run()
                 while true do self:Action_Open() self:Action_Close() end
             end
             return Door",
        )
        .with(
            "cat.luau",
            "local Cat = actor 'Cat' {}
             function Cat:run()
                 lives = 9
                 local door = find 'door'
                 start(function() for k, v in { a = 1, b = 2, [{}] = 3, 4, 5 } do wait(3) log(k == v) end end)
                 start(function() pcall(wait_event, 'Fish', 30) end)
                 local co = coroutine.wrap(function() while true do wait(2) coroutine.yield(1) end end)
                 start(function() while true do co() end end)
                 race { function() wait(9) end, function() ask(door, { n = { 1, buffer.create(9) } }) end }
                 every(5, function() spawn('Cat' == '' and 'Cat' or 'Mouse', { position = self:position() }) end)
                 wait_action(door, 'Open')
                 door:Action_Close()
                 while true do tell(door, { name = 'Hi' }) wait(3) end
             end
             return Cat",
        )
        .with(
            "mouse.luau",
            "local Mouse = actor 'Mouse' { body = { kind = 'trigger', radius = 4 } }
             function Mouse:run() wait(7) self:despawn() end
             return Mouse",
        );
    let mut world = World::new(&Config::default(), &scripts).unwrap_or_else(|error| panic!("{error}"));
    for (class, name) in [("Door", "door"), ("Cat", "cat"), ("Mouse", "mouse")] {
        world.spawn(class, &[("name".into(), name.into())].into()).unwrap();
    }
    for _ in 0..23 {
        world.tick(&[]);
    }
    world.take_output();
    world
}

/// A file with one section exchanged, its checksums right.
fn forged(bytes: &[u8], change: Tag, with: &[u8]) -> Vec<u8> {
    let reader = Reader::open(bytes).unwrap();
    let mut writer = Writer::default();
    for tag in [Tag::META, Tag::CODE, Tag::SOURCE, Tag::WORLD, Tag::HEAP] {
        let Some(section) = reader.optional(tag).unwrap() else { continue };
        writer.add(tag, if tag == change { with } else { &section }, true);
    }
    writer.finish()
}

fn mutate(bytes: &mut Vec<u8>, next: &mut impl FnMut(u64) -> u64) {
    for _ in 0..1 + next(3) {
        if bytes.is_empty() {
            return;
        }
        let at = next(bytes.len() as u64) as usize;
        match next(6) {
            0 => bytes[at] ^= 1 << next(8),
            1 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff, 2][next(6) as usize],
            2 => {
                bytes.remove(at);
            }
            3 => bytes.insert(at, next(256) as u8),
            4 => bytes.truncate(at),
            _ => {
                let from = next(bytes.len() as u64) as usize;
                bytes[at] = bytes[from];
            }
        }
    }
}

/// Whatever the sections hold, restoring gives an error that says something, or a world that runs and can be saved
/// again or says why not. `DORMOUSE_FUZZ=1000000` makes it long.
#[test]
fn a_hostile_snapshot_is_refused_or_harmless() {
    let rounds = std::env::var("DORMOUSE_FUZZ").ok().and_then(|n| n.parse().ok()).unwrap_or(400);
    let seed = std::env::var("DORMOUSE_FUZZ_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let mut world = mixed();
    let extras = [("picture".to_owned(), vec![7; 300])].into();
    let good = world.save(&SaveOptions { archive: true, verify: true, extras, ..SaveOptions::default() }).unwrap();
    let reader = Reader::open(&good).unwrap();
    let mut next = random(seed);
    let mut restored = 0;
    for round in 0..rounds {
        let tags = [Tag::WORLD, Tag::HEAP, Tag::HEAP, Tag::WORLD, Tag::META, Tag::CODE, Tag::SOURCE, Tag::EXTRAS];
        let tag = tags[next(8) as usize];
        let mut section = reader.section(tag).unwrap();
        mutate(&mut section, &mut next);
        let bad = forged(&good, tag, &section);
        if let Err(damage) = Summary::read(&bad) {
            assert!(damage.to_string().len() > 10, "round {round}");
        }
        match World::restore(&bad, &Config::default(), world.scripts()) {
            Err(error) => assert!(error.to_string().len() > 10, "round {round}"),
            Ok(mut world) => {
                restored += 1;
                for _ in 0..20 {
                    world.tick(&[]);
                }
                let _ = world.save(&SaveOptions::default());
                world.hash();
            }
        }
        if round % 4 == 0 {
            let mut bad = good.clone();
            mutate(&mut bad, &mut next);
            if bad != good {
                let error =
                    World::restore(&bad, &Config::default(), world.scripts()).err().map(|error| error.to_string());
                assert!(error.is_some_and(|error| error.len() > 10), "round {round}: damage was not noticed");
            }
        }
    }
    assert!(restored > rounds / 50, "only {restored} of {rounds} were restored: the test tests little");
}

#[test]
fn what_a_world_holds_has_names_for_people() {
    let mut world = mixed();
    let door = world.find("door").unwrap();
    for _ in 0..2 {
        world.tell(door, &crate::Datum::Map([("name".to_owned(), "Hi".into())].into()));
    }
    world.tick(&[]);
    let roots = Roots::of(&mut world.sim.state);
    let mut labels: Vec<String> = roots.places.iter().map(|place| super::heap::label(&world.sim, *place)).collect();
    labels.sort();
    labels.dedup();
    for label in ["cat", "cat > globals", "cat.run", "door", "door.handleEvent", "door > a message to it"] {
        assert!(labels.iter().any(|known| known == label), "{label} in {labels:#?}");
    }
}

#[test]
fn what_is_kept_with_a_world_comes_back_and_changes_nothing() {
    let mut world = mixed();
    let hash = world.hash();
    let extras: std::collections::BTreeMap<_, _> =
        [("picture".to_owned(), vec![1, 2, 3]), ("inputs".into(), vec![])].into();
    let bytes = world.save(&SaveOptions { extras: extras.clone(), ..SaveOptions::default() }).unwrap();
    assert_eq!(Summary::read(&bytes).unwrap().extras, extras);
    assert_eq!(World::restore(&bytes, &Config::default(), world.scripts()).unwrap().hash(), hash);
}
