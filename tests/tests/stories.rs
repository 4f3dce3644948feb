//! Each story in `tests/stories` goes as it is written, also when the world is put into bytes and taken out again, and
//! when each tick is taken twice.
//!
//! `DORMOUSE_BLESS=1` writes down how they go: read every line before you keep it.

use dormouse::input::What;
use dormouse::snapshot::SaveOptions;
use dormouse::{Config, Output, World, WorldImage};
use dormouse_tests::story::{Story, stories};

/// One tick of a world.
type Way = fn(&mut World, &[What]) -> Vec<Output>;

fn straight(world: &mut World, inputs: &[What]) -> Vec<Output> {
    world.tick(inputs);
    world.take_output()
}

/// The tick for the second time, from an image.
fn rewound(world: &mut World, inputs: &[What]) -> Vec<Output> {
    let mut image = WorldImage::default();
    world.image_into(&mut image);
    world.tick(inputs);
    let hash = world.hash();
    world.take_output();
    world.rewind(&image).unwrap();
    world.tick(inputs);
    assert_eq!(world.hash(), hash, "tick {}", world.now());
    world.take_output()
}

/// Now and then out of bytes, in a fresh VM.
fn saved(world: &mut World, inputs: &[What]) -> Vec<Output> {
    world.tick(inputs);
    let output = world.take_output();
    if world.now() % 5 == 2 {
        let bytes = world.save(&SaveOptions::default()).unwrap_or_else(|error| panic!("{error}"));
        let restored = World::restore(&bytes, &Config::default(), world.scripts());
        let mut restored = restored.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(restored.hash(), world.hash(), "tick {}", world.now());
        restored.set_tracing(true);
        *world = restored;
    }
    output
}

/// What is told, and the hash at the end.
fn tell(story: &Story, way: Way) -> (Vec<String>, u64) {
    let mut world = match story.world() {
        Ok(world) => world,
        Err(error) => return (Story::refused(&error), 0),
    };
    let mut told = Vec::new();
    for inputs in story.inputs() {
        let output = way(&mut world, &inputs);
        told.extend(story.told(&output));
    }
    (told, world.hash())
}

/// The first line in which two stories differ.
fn difference(ours: &[String], theirs: &[String]) -> Option<String> {
    let at = (0..ours.len().max(theirs.len())).find(|at| ours.get(*at) != theirs.get(*at))?;
    let line = |lines: &[String]| lines.get(at).cloned().unwrap_or_else(|| "nothing more".into());
    Some(format!("line {}\n    expected: {}\n    told:     {}", at + 1, line(ours), line(theirs)))
}

#[test]
fn stories_go_as_they_are_written() {
    let bless = std::env::var_os("DORMOUSE_BLESS").is_some();
    let mut wrong = Vec::new();
    for story in stories() {
        let (told, _) = tell(&story, straight);
        if bless {
            story.rewrite(&told);
        } else if let Some(difference) = difference(&story.expected, &told) {
            wrong.push(format!("{}: {difference}", story.name()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn stories_go_the_same_way_again() {
    let mut wrong = Vec::new();
    for story in stories() {
        println!("{}", story.name());
        let (told, hash) = tell(&story, straight);
        for (way, what) in [(rewound as Way, "rewound"), (saved as Way, "saved")] {
            let (again, other) = tell(&story, way);
            if let Some(difference) = difference(&told, &again) {
                wrong.push(format!("{}, {what}: {difference}", story.name()));
            } else if hash != other {
                wrong.push(format!("{}, {what}: another hash", story.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
