//! A tick taken step by step is the same tick: one tasklet, one wire at a time, with anyone looking on between.

use std::path::Path;

use dormouse::console::Console;
use dormouse::input::{Inputs, What};
use dormouse::map::Map;
use dormouse::{Config, Scripts, Step, World};
use dormouse_tests::{Random, Stage};

fn castle(name: &str) -> World {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let scripts = Scripts::read(&root.join("scripts")).expect("the castle's scripts");
    let map = Map::load(&root.join("maps").join(name)).expect("a map");
    World::with_map(&Config::default(), &scripts, &map).expect("a world")
}

fn inputs() -> Inputs {
    let key = |key: &str, down| What::Key { player: 1, key: key.into(), down };
    let open = What::Action { actor: "hall_west".into(), action: "Open".into(), arg: Default::default() };
    [(10, key("right", true)), (60, key("up", true)), (61, key("right", false)), (100, open)].into_iter().collect()
}

#[test]
fn steps_make_the_same_ticks() {
    let (mut whole, mut stepped) = (castle("keep.tmx"), castle("keep.tmx"));
    let (mut ours, mut theirs) = (inputs(), inputs());
    let mut console = Console::default();
    let (mut wires, mut tasks, mut movements) = (0, 0, 0);
    // Ticks are finished after any number of steps.
    let mut random = Random::new(1);
    for tick in 1..=300 {
        whole.tick(&ours.take(tick));
        stepped.begin_tick(&theirs.take(tick));
        assert!(!stepped.is_between_ticks());
        let steps = if tick % 3 == 0 { random.below(20) } else { u64::MAX };
        for _ in 0..steps {
            let next = stepped.next_step();
            if tick % 50 == 0 {
                // Somebody looks around in the middle of it all.
                console.submit(&mut stepped, "#find_all(), @hall_west self.speed, random(6), spawn('Bell')");
                console.submit(&mut stepped, "sleepers");
            }
            let step = stepped.step();
            assert_eq!(step, next);
            match step {
                Some(Step::Wire(_)) => wires += 1,
                Some(Step::Task(_)) => tasks += 1,
                Some(Step::Movement) => movements += 1,
                _ => break,
            }
        }
        stepped.finish_tick();
        assert!(stepped.is_between_ticks());
        assert_eq!(stepped.next_step(), None);
        assert_eq!(stepped.hash(), whole.hash(), "tick {tick}");
        assert_eq!(stepped.heap(), whole.heap());
    }
    assert!(wires > 5 && tasks > 500 && movements > 200, "{wires} wires, {tasks} tasklets, {movements} movements");
    let said = |world: &mut World| world.take_output();
    assert_eq!(said(&mut stepped), said(&mut whole));
}

#[test]
fn a_step_tells_what_it_is() {
    let mut stage = Stage::run("start(function() say 'task' wait(7) end) say 'run' wait(9)");
    stage.world.begin_tick(&[]);
    let mut steps = Vec::new();
    while let Some(step) = stage.world.step() {
        steps.push(step.to_string());
    }
    let expected = [
        "subject.run is about to run at scripts/subject.luau:2 in run",
        "subject is about to run at scripts/subject.luau:3",
        "everything moves",
    ];
    assert_eq!(steps, expected);
    assert_eq!(stage.world.now(), 1);
    stage.world.finish_tick();
    assert_eq!(stage.world.step(), None);
}

#[test]
fn a_tick_that_was_begun_is_finished_by_the_next() {
    let (mut one, mut other) = (castle("cellar.tmx"), castle("cellar.tmx"));
    for _ in 0..50 {
        one.tick(&[]);
        other.begin_tick(&[]);
        other.step();
    }
    other.finish_tick();
    assert_eq!(one.now(), other.now());
    assert_eq!(one.hash(), other.hash());
}

#[test]
fn a_rewind_ends_the_tick_under_way() {
    let mut world = castle("cellar.tmx");
    world.tick(&[]);
    let (image, hash) = (world.image(), world.hash());
    world.begin_tick(&[]);
    world.step();
    world.rewind(&image).expect("its own image");
    assert!(world.is_between_ticks());
    assert_eq!(world.hash(), hash);
    world.tick(&[]);
    assert_eq!(world.now(), 2);
}

#[test]
#[should_panic(expected = "between two ticks")]
fn no_image_in_the_middle_of_a_tick() {
    let mut world = castle("cellar.tmx");
    world.begin_tick(&[]);
    world.image();
}
