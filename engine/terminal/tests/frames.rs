//! What stands in the terminal, without one: frames on a test backend, with the world that is shown beside one that
//! nobody looks at.

use std::path::Path;

use dormouse::input::What;
use dormouse::map::Map;
use dormouse::{Config, Scripts, World};
use dormouse_terminal::{Colours, Lived, View, Wish, Zoom, draw};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::style::Color;

struct Show {
    world: World,
    view: View,
    terminal: Terminal<TestBackend>,
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn world(map: &Map) -> World {
    let scripts = Scripts::read(&root().join("scripts")).expect("the scripts can be read");
    World::with_map(&Config::default(), &scripts, map).unwrap_or_else(|error| panic!("{error}"))
}

fn lived(world: &mut World) -> Lived {
    Lived { lines: world.take_output(), happenings: world.take_happenings() }
}

impl Show {
    fn of(map: &str, colours: Colours, columns: u16, rows: u16) -> Show {
        let map = Map::load(&root().join("maps").join(map)).expect("the map can be read");
        let mut world = world(&map);
        world.set_watching(true);
        let view = View::new(&world, &map, colours);
        let terminal = Terminal::new(TestBackend::new(columns, rows)).expect("a test backend can't fail");
        Show { world, view, terminal }
    }

    fn draw(&mut self) -> &mut Self {
        self.terminal.draw(|frame| draw(frame, &mut self.view, &self.world)).expect("a test backend can't fail");
        self
    }

    fn ticks(&mut self, count: u64) -> &mut Self {
        for _ in 0..count {
            self.world.tick(&[]);
            let lived = lived(&mut self.world);
            self.view.note(self.world.now(), lived);
        }
        self
    }

    fn press(&mut self, code: KeyCode) -> Vec<Wish> {
        self.view.key(&KeyEvent::new(code, KeyModifiers::NONE), &self.world, 0, true)
    }

    fn text(&mut self) -> String {
        self.draw();
        let buffer = self.terminal.backend().buffer();
        let area = *buffer.area();
        let row = |y| (0..area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..area.height).map(|y| format!("{}\n", row(y).trim_end())).collect()
    }

    fn colours(&mut self) -> std::collections::BTreeSet<String> {
        self.draw();
        let cells = self.terminal.backend().buffer().content.iter();
        cells.flat_map(|cell| [cell.fg, cell.bg]).map(|colour| format!("{colour:?}")).collect()
    }
}

/// `BLESS=1` writes it anew: look at it before you commit it.
fn golden(name: &str, text: &str) {
    let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden")).join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, text).expect("the golden file can be written");
    }
    let known = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(text, known, "{} says otherwise", file.display());
}

#[test]
fn letters_without_colours() {
    let mut show = Show::of("cellar.tmx", Colours::None, 80, 24);
    let text = show.ticks(90).text();
    golden("cellar-letters.txt", &text);
    assert_eq!(show.colours(), ["Reset".to_owned()].into(), "who wants no colours gets none");
}

#[test]
fn the_actor_panel() {
    let mut show = Show::of("cellar.tmx", Colours::None, 110, 30);
    show.press(KeyCode::Char('i'));
    golden("cellar-actor.txt", &show.ticks(90).text());
}

#[test]
fn half_blocks_have_the_tiles_own_colours() {
    let mut show = Show::of("keep.tmx", Colours::True, 80, 24);
    let text = show.ticks(60).text();
    assert!(text.contains('\u{2580}'), "{text}");
    assert!(text.contains("tick 60"), "{text}");
    assert!(show.colours().len() > 60, "a garden has more colours than {:?}", show.colours());
    show.view.colours = Colours::Indexed;
    let indexed = |colour: &String| colour.starts_with("Indexed");
    assert!(show.colours().iter().all(indexed), "{:?}", show.colours());
    show.view.colours = Colours::Sixteen;
    assert!(show.colours().iter().all(|colour| !colour.contains('(')), "{:?}", show.colours());
}

#[test]
fn what_is_said_stands_over_a_head_and_in_the_story() {
    let mut show = Show::of("keep.tmx", Colours::True, 100, 30);
    show.view.zoom = Zoom::Pixels(8);
    let text = show.ticks(5).text();
    assert!(text.contains("keep: The keep wakes."), "{text}");
    // The portcullis is in sight of the player.
    let text = show.ticks(65).text();
    let (map, story) = text.split_once('\u{2500}').expect("a rule lies between the map and the story");
    assert!(map.contains("*the chains tighten*"), "{text}");
    assert!(story.contains("portcullis: *the chains tighten*"), "{text}");
}

#[test]
fn panels_show_who_sleeps_where() {
    let mut show = Show::of("keep.tmx", Colours::True, 120, 40);
    show.ticks(100);
    show.press(KeyCode::Char('l'));
    let text = show.text();
    assert!(text.contains("sleepers") && text.contains("guard_"), "{text}");
    show.press(KeyCode::Esc);
    show.press(KeyCode::Esc);
    show.press(KeyCode::Char('h'));
    assert!(show.text().contains("what happens"));
}

#[test]
fn the_console_asks_for_what_was_typed() {
    let mut show = Show::of("cellar.tmx", Colours::True, 100, 30);
    assert_eq!(show.press(KeyCode::Char(':')), []);
    for letter in "door.Open".chars() {
        assert_eq!(show.press(KeyCode::Char(letter)), []);
    }
    show.draw();
    assert_eq!(show.press(KeyCode::Enter), [Wish::Submit("door.Open".into())]);
}

#[test]
fn walking_keys_are_inputs_and_move_a_free_camera() {
    let mut show = Show::of("keep.tmx", Colours::True, 80, 24);
    let down = What::Key { player: 1, key: "left".into(), down: true };
    assert_eq!(show.press(KeyCode::Char('a')), [Wish::Input(down)]);
    let up = KeyEvent { kind: KeyEventKind::Release, ..KeyEvent::new(KeyCode::Char('a'), KeyModifiers::NONE) };
    let released = What::Key { player: 1, key: "left".into(), down: false };
    assert_eq!(show.view.key(&up, &show.world, 0, true), [Wish::Input(released)]);
    let before = show.text();
    show.press(KeyCode::Char('c'));
    assert_eq!(show.press(KeyCode::Left), []);
    assert_ne!(show.text(), before);
}

/// Whatever the keys and the size, it draws, and the world goes on as one that nobody looks at.
#[test]
fn looking_changes_nothing() {
    let map = Map::load(&root().join("maps/keep.tmx")).expect("the map can be read");
    let mut alone = world(&map);
    let mut show = Show::of("keep.tmx", Colours::True, 80, 24);
    let mut random = 0x2545_f491_u64;
    let mut chance = |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    };
    let keys: Vec<KeyCode> = "ilhnzxcf?p+-:w\u{1b}".chars().map(KeyCode::Char).collect();
    for round in 0..150 {
        let mut inputs = Vec::new();
        for _ in 0..chance(3) {
            let key = match chance(6) {
                0 => KeyCode::Esc,
                1 => KeyCode::Tab,
                2 => KeyCode::Enter,
                3 => KeyCode::Down,
                _ => keys[chance(keys.len() as u64) as usize],
            };
            let wishes = show.press(key);
            inputs.extend(wishes.into_iter().filter_map(|wish| match wish {
                Wish::Input(what) => Some(what),
                _ => None,
            }));
        }
        let (columns, rows) = (1 + chance(130) as u16, 1 + chance(50) as u16);
        show.terminal.backend_mut().resize(columns, rows);
        show.world.tick(&inputs);
        let lived = lived(&mut show.world);
        show.view.note(show.world.now(), lived);
        show.draw();
        alone.tick(&inputs);
        if round % 10 == 0 {
            assert_eq!(show.world.hash(), alone.hash(), "in round {round}");
        }
    }
    assert_eq!(show.world.hash(), alone.hash());
}

#[test]
fn colours_are_the_terminals() {
    assert_eq!(Colours::True.nearest([1, 2, 3]), Color::Rgb(1, 2, 3));
    assert_eq!(Colours::None.nearest([1, 2, 3]), Color::Reset);
}

#[test]
fn a_small_terminal_tells_all_of_the_help_and_of_an_error() {
    let mut show = Show::of("cellar.tmx", Colours::None, 40, 10);
    show.press(KeyCode::Char('?'));
    let mut told = show.text();
    assert!(told.contains("Up and Down for more") && !told.contains("quit"), "{told}");
    for _ in 0..60 {
        show.press(KeyCode::Down);
        told.push_str(&show.text());
    }
    assert!(told.contains("q, Ctrl-C") && told.contains("load the saved game,"), "{told}");
    show.press(KeyCode::Char('x'));
    assert!(!show.text().contains("keys"));
    // The end of a long line is where it says what is wrong.
    let mut show = Show::of("cellar.tmx", Colours::None, 80, 24);
    let message = "door.Close failed: scripts/door.luau:34: there is no method 'mov_to'; did you mean `move_to`?";
    let line = dormouse::Output {
        tick: 7,
        actor: "door".into(),
        text: message.into(),
        kind: dormouse::OutputKind::Error,
        who: show.world.actors()[0],
        happening: None,
        cause: None,
    };
    show.view.note(7, Lived { lines: vec![line], happenings: Vec::new() });
    let told = show.text();
    assert!(told.contains("ERROR door.Close") && told.contains("did you mean `move_to`?"), "{told}");
}

#[test]
fn colons_open_the_console_from_a_list_that_nothing_is_searched_in() {
    let mut show = Show::of("cellar.tmx", Colours::None, 80, 24);
    show.press(KeyCode::Char('l'));
    show.press(KeyCode::Char(':'));
    assert!(show.text().contains(" console "));
    show.press(KeyCode::Esc);
    show.press(KeyCode::Char('h'));
    show.press(KeyCode::Char('k'));
    show.press(KeyCode::Char(':'));
    assert!(show.text().contains("search: k:"), "{}", show.text());
    // How fast it will go can be read while it stands still.
    show.view.paused = true;
    show.press(KeyCode::Esc);
    show.press(KeyCode::Esc);
    show.press(KeyCode::Char('-'));
    assert!(show.text().contains("PAUSED 1/2x"), "{}", show.text());
}
