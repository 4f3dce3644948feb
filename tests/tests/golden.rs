//! Snapshots that earlier versions wrote: every later one opens them, and they end as they did.
//!
//! `tests/golden/NAME.dms` is a snapshot with its scripts' text; `NAME.txt` is what its world says in the 600 ticks
//! after it, and the hash that it has then. `DORMOUSE_GOLDEN=1 cargo test -p dormouse-tests --test golden` writes those
//! that are not there yet. A file that is there is never written again: when the way in which worlds are hashed, or the
//! engine's own scripts, change, the last line of each text may change with it (the same command writes it), what is said
//! may not.

use std::path::{Path, PathBuf};

use dormouse::map::Map;
use dormouse::snapshot::{MapOrigin, SaveOptions, Summary, write_file};
use dormouse::{Config, Datum, Scripts, World};

const TICKS: u64 = 600;

fn repo(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn story(world: &mut World) -> String {
    let mut text = String::new();
    for _ in 0..TICKS {
        world.tick(&[]);
        for line in world.take_output() {
            text += &format!("{} {} {}\n", line.tick, line.actor, line.text);
        }
    }
    text + &format!("hash {:016x}\n", world.hash())
}

fn restore(file: &Path) -> World {
    let bytes = std::fs::read(file).unwrap();
    let summary = Summary::read(&bytes).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let scripts = summary.archive.expect("it has its scripts' text");
    let world = World::restore(&bytes, &Config::default(), &scripts);
    world.unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[test]
fn every_golden_file_opens_and_ends_as_it_did() {
    write_missing();
    let mut count = 0;
    for entry in std::fs::read_dir(repo("tests/golden")).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_none_or(|extension| extension != "dms") {
            continue;
        }
        let expected = std::fs::read_to_string(file.with_extension("txt")).unwrap();
        let told = story(&mut restore(&file));
        if std::env::var_os("DORMOUSE_GOLDEN").is_some() && said(&told) == said(&expected) {
            std::fs::write(file.with_extension("txt"), &told).unwrap();
        } else {
            assert_eq!(told, expected, "{}", file.display());
        }
        count += 1;
    }
    assert!(count >= 4, "{count} golden files");
}

/// All but the hash.
fn said(story: &str) -> &str {
    story.rsplit_once("hash ").map_or(story, |(said, _)| said)
}

fn write_missing() {
    if std::env::var_os("DORMOUSE_GOLDEN").is_none() {
        return;
    }
    let scripts = Scripts::read(&repo("scripts")).unwrap();
    for (map, tick) in [("keep.tmx", 700), ("keep.tmx", 1), ("cellar.tmx", 333), ("relay.tmx", 250)] {
        let name = map.trim_end_matches(".tmx");
        let file = repo(&format!("tests/golden/v1_{name}_{tick}.dms"));
        if file.exists() {
            continue;
        }
        let loaded = Map::load(&repo("maps").join(map)).unwrap();
        let mut world = World::with_map(&Config::default(), &scripts, &loaded).unwrap();
        for _ in 0..tick {
            world.tick(&[]);
        }
        world.take_output();
        let origin = MapOrigin { name: loaded.name.clone(), path: format!("maps/{map}"), hash: 0 };
        let options = SaveOptions {
            archive: true,
            verify: true,
            map: Some(origin),
            created_by: "the golden test".into(),
            ..SaveOptions::default()
        };
        write_file(&file, &world.save(&options).unwrap()).unwrap();
        std::fs::write(file.with_extension("txt"), story(&mut world)).unwrap();
    }
}

const CAPSULE: &str = "tests/golden/v1_guard.dmc";

fn world_of_guards(realm: u64) -> World {
    let guard = std::fs::read_to_string(repo("tests/golden/v1_guard.luau")).unwrap();
    let config = Config { realm, ..Config::default() };
    World::new(&config, &Scripts::new().with("guard.luau", &guard)).unwrap_or_else(|error| panic!("{error}"))
}

/// A capsule of an actor in the middle of its life, with letters and an action; `v1_guard_capsule.txt` is what it says in
/// another world afterwards.
#[test]
fn the_golden_capsule_arrives_and_ends_as_it_did() {
    let writing = std::env::var_os("DORMOUSE_GOLDEN").is_some();
    if writing && !repo(CAPSULE).exists() {
        let mut world = world_of_guards(1);
        let guard = world.spawn("Guard", &[("name".to_owned(), "guard".into())].into()).unwrap();
        (0..40).for_each(|_| world.tick(&[]));
        for n in 1..4 {
            world.tell(guard, &Datum::Map([("n".to_owned(), f64::from(n).into())].into()));
        }
        world.tick(&[]);
        write_file(&repo(CAPSULE), &world.export(guard).unwrap()).unwrap();
    }
    let mut world = world_of_guards(2);
    let guard = world.import(&std::fs::read(repo(CAPSULE)).unwrap()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(world.find("guard"), Some(guard));
    let told = story(&mut world);
    let text = repo("tests/golden/v1_guard_capsule.txt");
    let expected = std::fs::read_to_string(&text).unwrap_or_default();
    if writing && (expected.is_empty() || said(&told) == said(&expected)) {
        std::fs::write(&text, &told).unwrap();
    } else {
        assert_eq!(told, expected);
    }
}
