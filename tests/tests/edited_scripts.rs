//! Saves that outlive the scripts that they were made with.

use dormouse::snapshot::{RestoreError, SaveOptions};
use dormouse::{Config, Scripts, World};
use dormouse_tests::Stage;

const OLD: &str = "local Guard = actor 'Guard' { props = { beat = 10 } }
function Guard:walk(steps)
    local where = vector.create(1, 2, 0)
    for step = 1, steps do
        log('old step', step)
        wait(self.beat)
    end
    return where
end
function Guard:Action_Patrol()
    self:walk(5)
    log 'old patrol over'
end
function Guard:run()
    self:Action_Patrol()
    log 'over'
end
return Guard";

fn saved(archive: bool) -> Vec<u8> {
    let mut stage = Stage::new(&[("guard.luau", OLD)]);
    stage.spawn("Guard", &[("name", "tom".into())]);
    stage.ticks(15);
    stage.world.save(&SaveOptions { archive, verify: true, ..SaveOptions::default() }).unwrap()
}

fn scripts(source: &str) -> Scripts {
    Scripts::new().with("guard.luau", source)
}

fn restore(bytes: &[u8], source: &str) -> Result<World, RestoreError> {
    World::restore(bytes, &Config::default(), &scripts(source))
}

fn says(mut world: World, ticks: u64) -> Vec<String> {
    (0..ticks)
        .flat_map(|_| {
            world.tick(&[]);
            world.take_output().into_iter().map(|line| format!("{} {}", line.tick, line.text))
        })
        .collect()
}

const REST: [&str; 5] = ["21 old step 3", "31 old step 4", "41 old step 5", "51 old patrol over", "51 over"];

#[test]
fn the_same_scripts_go_on() {
    assert_eq!(says(restore(&saved(false), OLD).unwrap(), 60), REST);
}

#[test]
fn edits_elsewhere_in_the_file_do_no_harm() {
    let edited = format!(
        "-- a new comment\n\n{}",
        OLD.replace("return Guard", "function Guard:wave() log 'hi' end\nreturn Guard")
    );
    assert_eq!(says(restore(&saved(false), &edited).unwrap(), 60), REST);
}

#[test]
fn a_changed_function_is_refused_with_actor_file_and_line() {
    let edited = OLD.replace("'old step'", "'new step'");
    let error = restore(&saved(false), &edited).err().unwrap();
    let RestoreError::Lost(lost) = &error else { panic!("{error}") };
    assert_eq!((lost[0].who.as_str(), lost[0].file.as_str(), lost[0].line), ("tom.run", "scripts/guard.luau", 2));
    let text = error.to_string();
    assert!(text.contains("tom.run: scripts/guard.luau:2: walk has changed or is gone"), "{text}");
    assert!(text.contains("on_migrate"), "{text}");
}

#[test]
fn with_its_text_the_old_code_goes_on_and_new_actors_have_the_new() {
    let edited = OLD.replace("'old", "'new").replace("beat = 10", "beat = 3");
    let mut world = restore(&saved(true), &edited).unwrap();
    world.spawn("Guard", &[("name".into(), "new".into())].into()).unwrap();
    let bytes = world.save(&SaveOptions { verify: true, ..SaveOptions::default() }).unwrap();
    let (one, other) = (says(world, 60), says(restore(&bytes, &edited).unwrap(), 60));
    assert_eq!(one, other, "and it can be saved again");
    // The props are the new class's.
    for line in
        ["16 new step 1", "21 old step 3", "24 old step 4", "30 old patrol over", "30 over", "31 new patrol over"]
    {
        assert!(one.iter().any(|said| said == line), "{line} in {one:?}");
    }
}

#[test]
fn on_migrate_takes_the_place_of_code_that_is_gone() {
    let edited = OLD.replace("'old", "'new").replace(
        "return Guard",
        "function Guard:on_migrate(frame)
            log(frame.task, frame.role, frame.name, frame.line, frame.waits_for, frame.ticks_left)
            log(frame.locals.step, frame.locals.steps, frame.locals.where, #frame.frames)
            log(self:is_taking 'Patrol')
            self:walk(frame.locals.steps - frame.locals.step)
            return 'done'
        end
        return Guard",
    );
    let mut world = restore(&saved(true), &edited).unwrap();
    let before = world.hash();
    let bytes = world.save(&SaveOptions { verify: true, ..SaveOptions::default() }).unwrap();
    assert_eq!(world.hash(), before);
    let said = says(world, 60);
    assert_eq!(said[0], "16 run main walk 6 ticks 6");
    assert_eq!(said[1], "16 2 5 (1, 2) 3");
    assert_eq!(said[2..], ["16 true", "16 new step 1", "26 new step 2", "36 new step 3"]);
    assert_eq!(says(restore(&bytes, &edited).unwrap(), 60), said);
}

#[test]
fn the_actions_of_a_migrated_tasklet_end_with_it() {
    let edited = OLD.replace("'old", "'new").replace(
        "return Guard",
        "function Guard:on_migrate(frame) wait(5) if find 'judge' then error 'no' end end return Guard",
    );
    let mut world = restore(&saved(true), &edited).unwrap();
    let tom = world.find("tom").unwrap();
    for _ in 0..5 {
        world.tick(&[]);
        assert!(world.is_taking(tom, Some("Patrol")));
    }
    world.tick(&[]);
    assert!(!world.is_taking(tom, Some("Patrol")));
    assert!(world.is_alive(tom));
}

#[test]
fn a_class_that_is_gone_is_named() {
    let other = Scripts::new().with("lamp.luau", "return actor 'Lamp' {}");
    let error = World::restore(&saved(true), &Config::default(), &other).err().unwrap().to_string();
    assert!(error.contains("tom: scripts: there is no class Guard any more"), "{error}");
}

/// Where the old code had stopped is anything in the new one: nothing may be read into that.
#[test]
fn wherever_the_place_of_the_sleeping_line_is_in_the_new_code() {
    let (with, without) = (saved(true), saved(false));
    let head = "function Guard:walk(steps)\n";
    for edit in ["", "do return end", "while true do wait(1) end", "for key, value in {} do wait(value) end"] {
        for more in 0..12 {
            let new = format!("{head}{}{edit}\n", "steps = self.beat ".repeat(more));
            let edited = if more == 11 {
                // The whole function is another.
                let (before, rest) = OLD.split_once(head).unwrap();
                format!("{before}{head}{edit} end\n{}", &rest[rest.find("function Guard:Action_Patrol").unwrap()..])
            } else {
                OLD.replace(head, &new)
            };
            if more == 0 && edit.is_empty() {
                continue;
            }
            let world = restore(&with, &edited).unwrap_or_else(|error| panic!("{edited}\n{error}"));
            assert_eq!(says(world, 60), REST, "{edited}");
            let error = restore(&without, &edited).err().unwrap().to_string();
            assert!(error.contains("tom.run: scripts/guard.luau:2: walk has changed or is gone"), "{edited}\n{error}");
        }
    }
}

const CLOCK: &str = "local Clock = actor 'Clock' {}
function Clock:run()
    start(function() while true do wait(10) log 'old tick' end end)
    restart('chime', function() wait(25) log 'old chime' end)
    wait(1e6)
end
return Clock";

/// A function without upvalues is made once, and all who hold it hold the same: it may have changed like any other.
#[test]
fn a_changed_function_without_upvalues_is_as_any_other() {
    let saved = |archive: bool| {
        let mut stage = Stage::new(&[("clock.luau", CLOCK)]);
        stage.spawn("Clock", &[("name", "clock".into())]);
        stage.ticks(15);
        stage.world.save(&SaveOptions { archive, verify: true, ..SaveOptions::default() }).unwrap()
    };
    let restore = |bytes: &[u8], source: &str| {
        World::restore(bytes, &Config::default(), &Scripts::new().with("clock.luau", source))
    };
    let edited = CLOCK.replace("old", "new");
    let migrating = edited.replace(
        "return Clock",
        "function Clock:on_migrate(frame) log('moves', frame.task, frame.line) end return Clock",
    );
    let old = ["21 old tick", "26 old chime", "31 old tick"];
    assert_eq!(says(restore(&saved(true), CLOCK).unwrap(), 20), old);
    assert_eq!(says(restore(&saved(true), &edited).unwrap(), 20), old);
    // The main tasklet's function makes the others, so it is another too.
    let moved = says(restore(&saved(true), &migrating).unwrap(), 20);
    assert_eq!(moved, ["16 moves run 5", "16 moves  3", "16 moves chime 4"]);
    let error = restore(&saved(false), &edited).err().unwrap();
    let RestoreError::Lost(lost) = &error else { panic!("{error}") };
    assert_eq!(lost.iter().map(|lost| lost.line).collect::<Vec<_>>(), [3, 4, 2], "{error}");
}

/// A function that did not change, called by one that did: it sleeps on when the other is over, in a world that is saved at
/// every tick, with the scripts' text and without.
#[test]
fn a_world_with_old_code_is_saved_and_restored_as_it_is() {
    let old = OLD.replace("    log 'over'\n", "    while true do\n        wait(7)\n    end\n");
    let edited = format!("-- Other lines.\n\n{}", old.replace("'old step'", "'new step'"));
    for archive in [true, false] {
        let mut stage = Stage::new(&[("guard.luau", &old)]);
        stage.spawn("Guard", &[("name", "tom".into())]);
        stage.ticks(15);
        let first = stage.world.save(&SaveOptions { archive: true, verify: true, ..SaveOptions::default() }).unwrap();
        let mut world = restore(&first, &edited).unwrap();
        let mut through_bytes = restore(&first, &edited).unwrap();
        for tick in 16..90 {
            world.tick(&[]);
            through_bytes.tick(&[]);
            let options = SaveOptions { archive, verify: true, ..SaveOptions::default() };
            let bytes = through_bytes.save(&options).unwrap_or_else(|error| panic!("tick {tick}: {error}"));
            through_bytes = restore(&bytes, &edited).unwrap();
            assert_eq!(through_bytes.hash(), world.hash(), "tick {tick}");
        }
    }
}

/// Old code goes on where there is no way to move; an edit that brings the way is heard by those who still sleep in it.
#[test]
fn a_second_edit_moves_those_who_still_sleep_in_old_code() {
    let options = SaveOptions { archive: true, verify: true, ..SaveOptions::default() };
    let second = OLD.replace("'old", "'new");
    let mut world = restore(&saved(true), &second).unwrap();
    world.tick(&[]);
    let bytes = world.save(&options).unwrap();
    let third = second
        .replace("return Guard", "function Guard:on_migrate(frame) log('moves', frame.locals.step) end return Guard");
    assert_eq!(says(restore(&bytes, &third).unwrap(), 3), ["17 moves 2"]);
}
