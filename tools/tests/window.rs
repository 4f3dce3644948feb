//! A real window on a display of its own (Xvfb), played with real keys (xdotool): walk, look behind the scenes, save,
//! leave, load, go back in time, meddle by the console, unplug the screen; and whatever was done, the recording repeats
//! it without a window. Nothing here waits for time to pass: `play --tell` says when something has come about.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A display that ends with the test.
struct Display {
    server: Child,
    name: String,
}

impl Display {
    fn open() -> Display {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1024x768x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is there: run tools/setup --tests");
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        Display { server, name: format!(":{}", number.trim()) }
    }

    fn xdotool(&self, args: &[&str]) {
        let run = Command::new("xdotool").args(args).env("DISPLAY", &self.name).output();
        let run = run.expect("xdotool is there: run tools/setup --tests");
        assert!(run.status.success(), "{args:?}: {}", String::from_utf8_lossy(&run.stderr));
    }

    fn unplug(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.unplug();
    }
}

/// A folder that ends with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("dormouse_window_{name}_{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn save(&self, slot: &str) -> PathBuf {
        self.0.join("saves").join(format!("{slot}.dms"))
    }

    fn record(&self) -> PathBuf {
        self.0.join("record.txt")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A game in a window, and what it tells.
struct Game {
    process: Child,
    told: BufReader<ChildStdout>,
    all: Vec<String>,
}

fn dormouse(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dormouse"));
    command.args(args).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    command
}

impl Game {
    fn play(display: &Display, folder: &Folder, more: &[&str]) -> Game {
        let mut process = dormouse(&["play", "maps/keep.tmx", "--size", "800x450", "--tell", "--record"])
            .arg(folder.record())
            .arg("--saves")
            .arg(folder.0.join("saves"))
            .args(more)
            .env("DISPLAY", &display.name)
            .env("SDL_VIDEODRIVER", "x11")
            .env("SDL_AUDIODRIVER", "dummy")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let told = BufReader::new(process.stdout.take().unwrap());
        let mut game = Game { process, told, all: Vec::new() };
        game.focus(display);
        game
    }

    /// Waits for its window, and gives it the keyboard.
    fn focus(&mut self, display: &Display) {
        // Not before it draws: for what draws a window may be made anew.
        self.tells("lists all keys");
        let pid = self.process.id().to_string();
        let which = ["search", "--sync", "--onlyvisible", "--all", "--pid", &pid, "--name", "keep - Dormouse"];
        display.xdotool(&[&which[..], &["windowfocus", "--sync"]].concat());
    }

    /// Waits until it tells something that begins so; the rest of that line.
    fn tells(&mut self, what: &str) -> String {
        loop {
            let mut line = String::new();
            let read = self.told.read_line(&mut line).unwrap();
            assert!(read > 0, "it ended, and never told `{what}`: {:#?}", self.all);
            let said = line.trim_end().to_owned();
            self.all.push(said.clone());
            if let Some(at) = said.find(what) {
                return said[at + what.len()..].to_owned();
            }
        }
    }

    /// What it said at its end, which must be a good one.
    fn over(self) -> String {
        let out = self.process.wait_with_output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stderr).into_owned()
    }

    fn signal(&self, signal: &str) {
        Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap();
    }
}

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
    let first = saved(&folder.save("quick"));

    // Another size; then back in time for five seconds of it, or to the beginning. What was done since was never done.
    display.xdotool(&["search", "--name", "keep - Dormouse", "windowsize", "500", "400"]);
    let from: u64 = first.0.parse().unwrap();
    display.xdotool(&["keydown", "BackSpace"]);
    while game.tells("# back at tick ").parse::<u64>().unwrap() > from.saturating_sub(300) {}
    display.xdotool(&["keyup", "BackSpace"]);
    display.xdotool(&["key", "d"]);
    game.tells("key 1 right up");
    let record = std::fs::read_to_string(folder.record()).unwrap();
    assert!(!record.contains("hall_west.Open"), "{record}");

    // One tick, and one step at a time; then the saved game, as if nothing had happened since.
    display.xdotool(&["key", "p", "period", "comma"]);
    game.tells("# tick ");
    display.xdotool(&["key", "p", "F9"]);
    game.tells("# loaded: tick ");
    let record = std::fs::read_to_string(folder.record()).unwrap();
    assert!(record.contains("hall_west.Open") && !record.contains("key 1 right"), "{record}");
    display.xdotool(&["key", "a"]);
    game.tells("key 1 left up");
    game.signal("-TERM");
    assert!(game.over().contains("the game was kept"));
    let last = saved(&folder.save("left"));
    for (tick, hash) in [&first, &last] {
        assert_eq!(*hash, repeated(&folder.record(), tick).0, "at tick {tick}");
    }
    let (_, story) = repeated(&folder.record(), &last.0);
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
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
    let play = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dormouse"));
        command.arg("play").arg(root.join("maps/keep.tmx")).arg("--scripts").arg(root.join("scripts"));
        command.args(["--size", "640x360", "--mute", "--tell", "--saves"]).arg(folder.0.join("saves"));
        command.args(more).current_dir(&shots.0).env("DISPLAY", &display.name).env("SDL_VIDEODRIVER", "x11");
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let told = BufReader::new(process.stdout.take().unwrap());
        let mut game = Game { process, told, all: Vec::new() };
        game.focus(&display);
        game
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

    let mut game = play(&["--paused", "--load", &folder.save("quick").to_string_lossy()]);
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
    let (tick, hash) = saved(&folder.save("left"));
    assert_eq!(hash, repeated(&folder.record(), &tick).0);
}
