//! A real window on a display of its own (Xvfb), played with real keys (xdotool): walk, look behind the scenes, save,
//! leave, load, go back in time, meddle by the console, unplug the screen; and whatever was done, the recording repeats
//! it without a window. Nothing here waits for time to pass: `play --tell` says when something has come about.

mod harness;

use std::path::Path;

use harness::display::{Display, Game, record, save};
use harness::{Folder, dormouse, repo};

/// What `dormouse` says, of a command that must succeed.
fn done(args: &[&str]) -> String {
    let run = dormouse(args).output().unwrap();
    assert!(run.status.success(), "{args:?}: {}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8_lossy(&run.stdout).into_owned()
}

/// The tick and hash of a saved game, as `inspect` tells them.
fn saved(file: &Path) -> (String, String) {
    let told = done(&["inspect", "--json", &file.to_string_lossy()]);
    let text = |name: &str| {
        let from = told.find(&format!("\"{name}\":")).unwrap_or_else(|| panic!("{told}")) + name.len() + 3;
        told[from..].trim_start_matches('"').chars().take_while(char::is_ascii_alphanumeric).collect::<String>()
    };
    let meta = &told[told.find("\"meta\"").unwrap()..];
    let hash = &meta[meta.find("\"hash\":\"").unwrap() + 8..][..16];
    (text("tick"), hash.to_owned())
}

/// The hash that a recording comes to without a window, and all that happens on the way.
fn repeated(record: &Path, tick: &str) -> (String, String) {
    let args = ["run", "maps/keep.tmx", "--trace", "--ticks", tick, "--hash-every", tick, "--input"];
    let told = done(&[&args[..], &[&record.to_string_lossy()]].concat());
    let hash = told.lines().find_map(|line| line.strip_prefix(&format!("hash {tick} ")).map(str::to_owned));
    (hash.unwrap_or_else(|| panic!("{told}")), told)
}

#[test]
fn a_game_is_played_left_and_repeated() {
    let display = Display::open();
    let folder = Folder::new("played");
    let mut game = Game::play(&display, &folder, &[]);

    // To the plate in the yard, with everything open that shows what follows from it.
    for keys in ["F2", "F3", "F4", "F8", "F1"] {
        display.xdotool(&["key", keys]);
    }
    display.xdotool(&["keydown", "w"]);
    game.tells("key 1 up down");
    game.tells("# plate_yard: *click*");
    display.xdotool(&["keyup", "w"]);
    game.tells("key 1 up up");
    for keys in ["F1", "F2", "F3", "F4", "F8"] {
        display.xdotool(&["key", keys]);
    }

    // An action from the console is an input like any other.
    display.xdotool(&["key", "grave"]);
    game.tells("# typing");
    display.xdotool(&["type", "hall_west.Open"]);
    display.xdotool(&["key", "Return"]);
    game.tells("action hall_west.Open");
    display.xdotool(&["key", "Escape", "F5"]);
    game.tells("# saved at tick ");
    let first = saved(&save(&folder, "quick"));

    // Another size; then back in time for five seconds of it, or to the beginning. What was done since was never done.
    display.xdotool(&["search", "--name", "keep - Dormouse", "windowsize", "500", "400"]);
    let from: u64 = first.0.parse().unwrap();
    display.xdotool(&["keydown", "BackSpace"]);
    while game.tells("# back at tick ").parse::<u64>().unwrap() > from.saturating_sub(300) {}
    display.xdotool(&["keyup", "BackSpace"]);
    display.xdotool(&["key", "d"]);
    game.tells("key 1 right up");
    let recorded = std::fs::read_to_string(record(&folder)).unwrap();
    assert!(!recorded.contains("hall_west.Open"), "{recorded}");

    // One tick, and one step at a time; then the saved game, as if nothing had happened since.
    display.xdotool(&["key", "p", "period", "comma"]);
    game.tells("# tick ");
    display.xdotool(&["key", "p", "F9"]);
    game.tells("# loaded: tick ");
    let recorded = std::fs::read_to_string(record(&folder)).unwrap();
    assert!(recorded.contains("hall_west.Open") && !recorded.contains("key 1 right"), "{recorded}");
    display.xdotool(&["key", "a"]);
    game.tells("key 1 left up");
    game.signal("-TERM");
    assert!(game.over().contains("the game was kept"));
    let last = saved(&save(&folder, "left"));
    for (tick, hash) in [&first, &last] {
        assert_eq!(*hash, repeated(&record(&folder), tick).0, "at tick {tick}");
    }
    let (_, story) = repeated(&record(&folder), &last.0);
    for follows in [
        "plate_yard . Press begins",
        "wire -> hall_west.Open: began",
        "wire -> hall_east.Open: began",
        "wire -> hall_lamp_1.TurnOn: began",
    ] {
        assert!(story.contains(follows), "{follows} did not follow");
    }
}

#[test]
fn saved_left_and_loaded_the_picture_is_the_same() {
    let display = Display::open();
    let folder = Folder::new("same");
    let shots = Folder::new("shots");
    // In a folder of its own, where F12 puts its screenshots.
    let play = |more: &[&str]| {
        let mut command = dormouse(&["play"]);
        command.arg(repo().join("maps/keep.tmx")).arg("--scripts").arg(repo().join("scripts"));
        command.args(["--size", "640x360", "--mute"]).args(more).current_dir(&shots.0);
        Game::start(&display, &folder, command)
    };
    let shot = |game: &mut Game| {
        display.xdotool(&["key", "0", "F12"]);
        let file = shots.0.join(game.tells("# screenshot: "));
        let pixels = std::fs::read(&file).unwrap();
        std::fs::remove_file(file).unwrap();
        pixels
    };
    let mut game = play(&[]);
    display.xdotool(&["keydown", "w"]);
    game.tells("key 1 up down");
    game.tells("# plate_yard: *click*");
    display.xdotool(&["key", "p", "F5"]);
    game.tells("# saved at tick ");
    let before = shot(&mut game);
    display.xdotool(&["keyup", "w", "key", "ctrl+q"]);
    game.over();

    let mut game = play(&["--paused", "--load", &save(&folder, "quick").to_string_lossy()]);
    assert!(before == shot(&mut game), "another picture");
    game.signal("-HUP");
    game.over();
}

#[test]
fn a_display_that_goes_away_takes_nothing_along() {
    let mut display = Display::open();
    let folder = Folder::new("lost");
    let mut game = Game::play(&display, &folder, &[]);
    display.xdotool(&["key", "d"]);
    game.tells("key 1 right up");
    display.unplug();
    let out = game.process.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr);
    // However it ends, it ends, says so, and the game is there.
    assert!(said.contains("the display is gone") && said.contains("the game was kept"), "{said}");
    let (tick, hash) = saved(&save(&folder, "left"));
    assert_eq!(hash, repeated(&record(&folder), &tick).0);
}

/// What a game is heard as: samples of SDL's driver that writes them into a file.
fn heard(file: &Path) -> Vec<f32> {
    let bytes = std::fs::read(file).unwrap_or_default();
    bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_ne_bytes(*bytes)).collect()
}

#[test]
fn the_plate_is_heard_unless_it_is_muted() {
    let display = Display::open();
    // By nothing, by the option, and by the key.
    for (name, more, key) in [("loud", &[][..], None), ("option", &["--mute"], None), ("key", &[], Some("m"))] {
        let folder = Folder::new(name);
        let file = folder.0.join("sound");
        let mut command = dormouse(&["play", "maps/keep.tmx", "--size", "640x360"]);
        command.args(more).env("SDL_AUDIODRIVER", "disk").env("SDL_DISKAUDIOFILE", &file);
        let mut game = Game::start(&display, &folder, command);
        if let Some(key) = key {
            display.xdotool(&["key", key]);
            game.tells("# sound off");
        }
        // A buffer may be on its way.
        let before = heard(&file).len() + 4 * 1024;
        display.xdotool(&["keydown", "w"]);
        game.tells("# plate_yard: *click*");
        display.xdotool(&["keyup", "w"]);
        game.tells("key 1 up up");
        game.signal("-TERM");
        game.over();
        let samples = heard(&file);
        assert!(samples.len() > before, "{name}: nothing was played, not even silence");
        let loud = samples[before..].iter().any(|sample| *sample != 0.0);
        assert_eq!(loud, name == "loud", "{name}");
    }
}
