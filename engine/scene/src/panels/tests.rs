//! The panels as a person meets them: keys in, lines out.

use dormouse::console::{Console, complete};
use dormouse::{Config, Scripts, World};

use super::{ConsolePanel, HappeningsPanel, InspectorPanel, Key, Line, Reaction, SleepersPanel, Tone};

const DOOR: &str = "local Door = actor 'Door' { props = { speed = 40, label = 'it\\'s \\\\ \"so\"' } }
function Door:Action_Open() wait(20) end
function Door:run() local turns = 3 wait_event('Alarm') end
return Door";

fn house() -> World {
    let scripts = Scripts::new().with("door.luau", DOOR);
    let mut world = World::new(&Config::default(), &scripts).unwrap_or_else(|error| panic!("{error}"));
    for name in ["door_b", "door_a", "the\nlast \"door\""] {
        world.spawn("Door", &[("name".into(), name.into())].into()).unwrap_or_else(|error| panic!("{error}"));
    }
    world.set_watching(true);
    world.tick(&[]);
    world
}

fn type_in(text: &str, mut key: impl FnMut(Key) -> Reaction) {
    for c in text.chars() {
        assert_eq!(key(Key::Char(c)), Reaction::Used);
    }
}

fn texts(lines: &[Line]) -> Vec<String> {
    lines.iter().map(Line::text).collect()
}

#[test]
fn sleepers_are_searched_sorted_and_opened() {
    let world = house();
    let mut panel = SleepersPanel::default();
    panel.set(world.sleepers(&panel.filter()), 7);
    let told = "3 tasklets by age (Tab)   search:    not those of 7 more who hibernate";
    assert_eq!(panel.lines(100, 10)[0].text(), told);
    panel.set(world.sleepers(&panel.filter()), world.sleepers_unseen());
    let lines = panel.lines(100, 10);
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0].text(), "3 tasklets by age (Tab)   search: ");
    assert!(lines[1].selected && lines[1].text().starts_with("door_b.run"), "{}", lines[1].text());
    assert!(lines[1].text().ends_with("door.luau:3 in run"));
    // By owner; the one that was selected stays selected.
    panel.key(Key::Tab);
    let lines = panel.lines(100, 10);
    assert!(lines[1].text().starts_with("door_a.run") && lines[2].selected);
    // Its owner, its locals.
    assert!(matches!(panel.key(Key::Enter), Reaction::Inspect(actor) if world.name_of(actor) == "door_b"));
    panel.key(Key::Right);
    let task = panel.wants_detail().expect("one is open");
    panel.set_detail(world.sleeper(task, true).as_ref());
    assert!(texts(&panel.lines(100, 20)).contains(&"        turns = 3".to_owned()));
    panel.key(Key::Left);
    assert_eq!(panel.wants_detail(), None);
    type_in("_A", |key| panel.key(key));
    panel.set(world.sleepers(&panel.filter()), 0);
    assert_eq!(panel.lines(100, 10).len(), 2);
    assert_eq!(panel.key(Key::Escape), Reaction::Used);
    assert_eq!(panel.key(Key::Escape), Reaction::Close);
}

#[test]
fn lines_fit_and_hold_no_control_characters() {
    let world = house();
    let last = world.actors()[2];
    let (mut sleepers, mut inspector) = (SleepersPanel::default(), InspectorPanel::default());
    sleepers.set(world.sleepers(&sleepers.filter()), 12_345);
    inspector.show(Some(last));
    inspector.set(world.actor_view(last).as_ref(), &world.sleepers_of(last), &world.wires_of(last));
    for columns in [0, 1, 7, 20, 80, 200] {
        for rows in [0, 1, 2, 5, 50] {
            for lines in [sleepers.lines(columns, rows), inspector.lines(columns, rows)] {
                assert!(lines.len() <= rows, "{columns} x {rows}");
                for line in lines {
                    assert!(line.text().chars().count() <= columns, "{columns}: {:?}", line.text());
                    assert!(!line.text().contains(char::is_control), "{:?}", line.text());
                }
            }
        }
    }
}

#[test]
fn what_is_cut_of_the_selected_one_is_told_below_the_list() {
    let world = house();
    let mut panel = SleepersPanel::default();
    panel.set(world.sleepers(&panel.filter()), 0);
    let lines = texts(&panel.lines(42, 12));
    assert_eq!(lines.len(), 12);
    assert!(lines[1].starts_with("door_b.run     door:3      waits for"), "{lines:?}");
    let told = lines[4..].join(" ");
    assert!(told.contains("waits for the event Alarm since") && told.contains("scripts/door.luau:3"), "{lines:?}");
    // A click there is none on a row of the list.
    assert_eq!(panel.click(2), Reaction::Used);
    assert_eq!(panel.click(11), Reaction::Used);
    assert!(matches!(panel.click(2), Reaction::Inspect(actor) if world.name_of(actor) == "door_a"));
    let mut inspector = InspectorPanel::default();
    let door = world.actors()[0];
    inspector.show(Some(door));
    inspector.set(world.actor_view(door).as_ref(), &world.sleepers_of(door), &world.wires_of(door));
    let lines = texts(&inspector.lines(16, 14));
    assert!(lines[0].ends_with('~') && lines[11..].join(" ").contains("(scripts/"), "{lines:?}");
}

#[test]
fn lines_are_broken_between_words_and_below_their_column() {
    let text = |line: Line, columns| texts(&line.wrap(columns));
    assert_eq!(text(Line::of(Tone::Plain, "all of it"), 20), ["all of it"]);
    assert_eq!(
        text(Line::of(Tone::Own, "kill <actor>   ends actors (also: ").and(Tone::Plain, "despawn) and all"), 30),
        ["kill <actor>   ends actors", "               (also: despawn)", "               and all"]
    );
    assert_eq!(text(Line::of(Tone::Plain, "a sentence of words"), 10), ["a sentence", "  of words"]);
    assert_eq!(text(Line::of(Tone::Plain, "  /a/path/of/a/length"), 12), ["  /a/path/of", "    /a/lengt", "    h"]);
    for columns in 0..60 {
        let line = Line::of(Tone::Plain, "   name  ").and(Tone::Bad, "an error \u{e9}\u{e9} that goes on, and on");
        let lines = line.clone().wrap(columns);
        assert!(lines.iter().all(|line| line.text().chars().count() <= columns), "{columns}: {lines:?}");
        let letters = |text: &str| text.chars().filter(|letter| *letter != ' ').collect::<String>();
        if columns > 2 {
            assert_eq!(letters(&texts(&lines).concat()), letters(&line.text()), "{columns}");
        }
    }
}

#[test]
fn a_list_of_any_length_shows_the_selected_item() {
    let mut list = super::List::default();
    let keys = [Key::Down, Key::PageDown, Key::End, Key::Up, Key::PageUp, Key::Home, Key::Down, Key::End];
    for count in [0, 1, 3, 100] {
        for rows in [0, 1, 4, 200] {
            for key in keys {
                assert!(list.key(key, count));
                let seen = list.window(count, rows);
                assert!(seen.len() <= rows && seen.end <= count);
                assert_eq!(seen.len(), rows.min(count), "no row is wasted");
                assert!(rows == 0 || list.selected(count).is_none_or(|selected| seen.contains(&selected)));
            }
        }
    }
}

#[test]
fn happenings_are_followed_and_explained() {
    let mut world = house();
    let mut console = Console::default();
    let open = console.submit(&mut world, "door_a.Open").inputs;
    world.tick(&open);
    let mut panel = HappeningsPanel::default();
    panel.take(world.take_happenings(), None);
    let lines = texts(&panel.lines(100, 20));
    assert!(lines.iter().any(|line| line.starts_with("why #") && line.ends_with(": door_a")), "{lines:?}");
    assert!(lines.last().is_some_and(|line| line.contains("Open begins")));
    // The newest is selected, and stays so as new ones come.
    let newest = panel.selected();
    panel.key(Key::Up);
    let pinned = panel.selected();
    assert_ne!(newest, pinned);
    for _ in 0..30 {
        world.tick(&[]);
    }
    panel.take(world.take_happenings(), None);
    assert_eq!(panel.selected(), pinned);
    panel.key(Key::End);
    assert!(panel.selected() > newest);
    type_in("finishes", |key| panel.key(key));
    assert!(texts(&panel.lines(100, 20))[0].starts_with("1 of "));
    assert!(matches!(panel.key(Key::Enter), Reaction::Inspect(actor) if world.name_of(actor) == "door_a"));
    for (columns, rows) in [(0, 0), (1, 1), (30, 2), (30, 3)] {
        let lines = panel.lines(columns, rows);
        assert!(lines.len() <= rows);
        assert!(lines.iter().all(|line| line.text().chars().count() <= columns));
    }
}

/// What is shown while more and more comes in, is forgotten and rewound, is what a search from the start would show.
#[test]
fn a_search_keeps_up() {
    let mut world = house();
    let mut console = Console::default();
    let mut panel = HappeningsPanel::default();
    type_in("open", |key| panel.key(key));
    let image = world.image();
    for round in 0..60 {
        let rewound = (round == 30).then(|| {
            world.rewind(&image).expect("its own image");
            world.now()
        });
        let inputs = console.submit(&mut world, "door_a.Open").inputs;
        world.tick(&inputs);
        panel.take(world.take_happenings(), rewound);
        let shown = panel.lines(200, 10_000)[0].text();
        let fitting = panel.history().all().filter(|one| one.to_string().to_lowercase().contains("open")).count();
        assert!(shown.starts_with(&format!("{fitting} of ")), "{shown}, {fitting}");
    }
    // Another world.
    let mut world = house();
    let inputs = console.submit(&mut world, "kill door_a").inputs;
    world.tick(&inputs);
    panel.take(world.take_happenings(), None);
    let shown = panel.lines(200, 10)[0].text();
    assert_eq!(shown, "0 of 3 happenings   search: open");
}

/// A prop is changed where it stands, and what comes out is what was typed.
#[test]
fn props_are_changed_and_actions_taken() {
    let mut world = house();
    let mut console = Console::default();
    for (actor, prop) in [(1, "speed"), (2, "label")] {
        let id = world.actors()[actor];
        let mut panel = InspectorPanel::default();
        panel.show(Some(id));
        panel.set(world.actor_view(id).as_ref(), &[], &[]);
        let at = texts(&panel.lines(120, 50)).iter().position(|line| line.starts_with(prop)).expect("its row");
        (0..at).for_each(|_| assert_eq!(panel.key(Key::Down), Reaction::Used));
        panel.key(Key::Enter);
        assert!(panel.lines(120, 50)[at].cursor.is_some());
        // Unchanged, it is the value that it was.
        let Reaction::Submit(line) = panel.key(Key::Enter) else { panic!("it was submitted") };
        let answer = console.submit(&mut world, &line);
        assert!(!answer.failed, "{line}: {:?}", answer.lines);
        let before =
            world.actor_view(id).map(|view| view.props.iter().map(|prop| prop.value.clone()).collect::<Vec<_>>());
        world.tick(&answer.inputs);
        let after =
            world.actor_view(id).map(|view| view.props.iter().map(|prop| prop.value.clone()).collect::<Vec<_>>());
        assert_eq!(before, after, "{line}");
        let act = texts(&panel.lines(120, 50)).iter().position(|line| line == "can Open").expect("its row");
        (at..act).for_each(|_| drop(panel.key(Key::Down)));
        let Reaction::Submit(line) = panel.key(Key::Enter) else { panic!("it was submitted") };
        assert!(!console.submit(&mut world, &line).failed, "{line}");
        panel.set(None, &[], &[]);
        assert_eq!(texts(&panel.lines(80, 5)), ["it is gone"]);
    }
}

/// The candidates come from the world's thread, a frame later.
#[test]
fn tab_waits_for_the_candidates_of_the_line_that_is_there() {
    let world = house();
    let mut panel = ConsolePanel::default();
    type_in("door_a.spe", |key| panel.key(key));
    panel.set_completion(complete(&world, "door_", 5));
    panel.key(Key::Tab);
    assert_eq!(panel.lines(80, 2)[1].text(), "> door_a.spe", "what was typed stays");
    panel.set_completion(complete(&world, "door_a.spe", 10));
    assert_eq!(panel.lines(80, 2)[1].text(), "> door_a.speed");
}

#[test]
fn the_console_completes_and_remembers() {
    let mut world = house();
    let mut console = Console::default();
    let mut panel = ConsolePanel::default();
    type_in("door_", |key| panel.key(key));
    let (line, cursor) = panel.wants_completion().expect("something was typed");
    let completion = complete(&world, line, cursor);
    panel.set_completion(completion);
    panel.key(Key::Tab);
    assert!(panel.lines(80, 4)[3].text().ends_with("door_a"), "{:?}", texts(&panel.lines(80, 4)));
    panel.key(Key::Tab);
    panel.key(Key::Tab);
    type_in(".speed", |key| panel.key(key));
    let Reaction::Submit(line) = panel.key(Key::Enter) else { panic!("it was submitted") };
    assert_eq!(line, "door_a.speed");
    type_in("nonsense(", |key| panel.key(key));
    let Reaction::Submit(wrong) = panel.key(Key::Enter) else { panic!("it was submitted") };
    for line in [line, wrong] {
        let answer = console.submit(&mut world, &line);
        panel.answer(answer.lines, answer.failed);
    }
    // Nothing begins like that, and it is said; the line can be emptied at once.
    type_in("nobody_", |key| panel.key(key));
    panel.set_completion(complete(&world, "nobody_", 7));
    panel.key(Key::Tab);
    assert_eq!(panel.lines(80, 4)[2].text(), "nothing that is known begins like this");
    panel.key(Key::Left);
    panel.key(Key::Clear);
    assert_eq!(panel.lines(80, 4)[3].text(), "> _");
    panel.key(Key::Delete);
    // What is longer than the panel is wide goes on below.
    let help = console.submit(&mut world, "help");
    type_in("help", |key| panel.key(key));
    panel.key(Key::Enter);
    panel.answer(help.lines, false);
    let told = texts(&panel.lines(70, 60)).join("\n");
    assert!(told.contains("may change\n") && !told.contains('~'), "{told}");
    let lines = panel.lines(80, 60);
    assert_eq!(lines.len(), 60);
    let lines = &lines[lines.iter().position(|line| line.text() == "> door_a.speed").expect("the first") - 1..];
    let at = lines.iter().position(|line| line.text() == "speed = 40   (the class's)").expect("the first answer");
    assert_eq!(lines[at - 1].text(), "> door_a.speed");
    assert_eq!(lines[at + 1].text(), "> nonsense(");
    assert_eq!(lines.last().and_then(|line| line.cursor), Some(2));
    type_in("new", |key| panel.key(key));
    for (key, shown) in [
        (Key::Up, "> help"),
        (Key::Up, "> nonsense("),
        (Key::Up, "> door_a.speed"),
        (Key::Up, "> door_a.speed"),
        (Key::Down, "> nonsense("),
        (Key::Down, "> help"),
        (Key::Down, "> new"),
    ] {
        panel.key(key);
        assert_eq!(panel.lines(80, 6)[5].text(), shown);
    }
    for (columns, rows) in [(0, 0), (1, 1), (5, 2), (200, 100)] {
        let lines = panel.lines(columns, rows);
        assert_eq!(lines.len(), rows);
        assert!(lines.iter().all(|line| line.text().chars().count() <= columns));
    }
}
