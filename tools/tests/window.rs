//! A real window on a display of its own (Xvfb), played with real keys (xdotool): walk, look behind the scenes, save,
//! leave, load, go back in time, meddle by the console; and whatever was done, the recording repeats it without a window.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

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

    fn xdotool(&self, args: &[&str]) -> bool {
        let run = Command::new("xdotool").args(args).env("DISPLAY", &self.name).output();
        run.expect("xdotool is there: run tools/setup --tests").status.success()
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A game in a window.
struct Game<'d> {
    display: &'d Display,
    process: Child,
    record: PathBuf,
}

/// How often is looked whether something has come about.
const LOOK: Duration = Duration::from_millis(20);

impl<'d> Game<'d> {
    fn play(display: &'d Display, folder: &Path, more: &[&str]) -> Game<'d> {
        let record = folder.join("record.txt");
        let process = Command::new(env!("CARGO_BIN_EXE_dormouse"))
            .args(["play", "maps/keep.tmx", "--size", "800x450", "--record"])
            .arg(&record)
            .arg("--saves")
            .arg(folder.join("saves"))
            .args(more)
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
            .env("DISPLAY", &display.name)
            .env("SDL_VIDEODRIVER", "x11")
            .env("SDL_AUDIODRIVER", "dummy")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let game = Game { display, process, record };
        assert!(display.xdotool(&["search", "--sync", "--onlyvisible", "--name", "keep - Dormouse", "windowfocus"]));
        game
    }

    fn recorded(&self) -> String {
        std::fs::read_to_string(&self.record).unwrap_or_default()
    }

    /// Presses and lets go, again and again, until it has an effect.
    fn until(&mut self, keys: &[&str], come_about: impl Fn(&Game<'_>) -> bool) {
        while !come_about(self) {
            assert!(self.process.try_wait().unwrap().is_none(), "the game has ended");
            self.display.xdotool(keys);
            std::thread::sleep(LOOK);
        }
    }

    /// Ends it as the system would. What it said.
    fn end(self) -> String {
        Command::new("kill").arg(self.process.id().to_string()).status().unwrap();
        let out = self.process.wait_with_output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stderr).into_owned()
    }
}

/// The tick and hash of a saved game.
fn saved(file: &Path) -> Option<(String, String)> {
    let text = std::fs::read_to_string(file).ok()?;
    let fact = |name: &str| text.lines().find_map(|line| Some(line.strip_prefix(name)?.to_owned()));
    Some((fact("# tick ")?, fact("# hash ")?))
}

fn hash_without_a_window(record: &Path, tick: &str) -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_dormouse"))
        .args(["run", "maps/keep.tmx", "--ticks", tick, "--hash-every", tick, "--input"])
        .arg(record)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&run.stdout).into_owned();
    let hash = told.lines().find_map(|line| line.strip_prefix(&format!("hash {tick} ")).map(str::to_owned));
    hash.unwrap_or_else(|| panic!("{told}"))
}

#[test]
fn a_game_is_played_left_and_repeated() {
    let display = Display::open();
    let folder = std::env::temp_dir().join(format!("dormouse_window_{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let quick = folder.join("saves/quick.dormouse-save");
    let left = folder.join("saves/left.dormouse-save");

    let mut game = Game::play(&display, &folder, &[]);
    game.until(&["key", "w"], |game| game.recorded().contains("key 1 up down"));
    display.xdotool(&["keydown", "w"]);
    // To the plate in the yard, and the door and the lamps that follow: see the panels while it happens.
    for keys in ["F2", "F3", "F4", "F8", "F1"] {
        display.xdotool(&["key", keys]);
    }
    display.xdotool(&["keyup", "w"]);
    for keys in ["F1", "F2", "F3", "F4", "F8"] {
        display.xdotool(&["key", keys]);
    }
    // An action from the console is an input like any other.
    display.xdotool(&["key", "grave"]);
    // What is typed before the console listens is lost, as it would be on any screen: typed again.
    let typed = ["type", "--args", "1", "hall_west.Open", "key", "Return"];
    game.until(&typed, |game| game.recorded().contains("action hall_west.Open"));
    display.xdotool(&["key", "Escape"]);
    game.until(&["key", "F5"], |_| quick.exists());
    let first = saved(&quick).unwrap();
    // Another size, and back in time: what was done after that point was never done.
    assert!(display.xdotool(&["search", "--name", "keep - Dormouse", "windowsize", "500", "400"]));
    let mut hold = 300;
    while game.recorded().contains("action hall_west.Open") {
        display.xdotool(&["keydown", "BackSpace"]);
        std::thread::sleep(Duration::from_millis(hold));
        display.xdotool(&["keyup", "BackSpace"]);
        // Time goes on, and the recording is cut.
        std::thread::sleep(Duration::from_millis(150));
        hold *= 2;
    }
    // One tick at a time.
    display.xdotool(&["key", "p", "period", "period", "comma", "period"]);
    display.xdotool(&["key", "p"]);
    game.until(&["key", "F9"], |game| game.recorded().contains("action hall_west.Open"));
    let told = game.end();
    assert!(told.contains("the game was kept"), "{told}");
    let last = saved(&left).unwrap();
    for (tick, hash) in [&first, &last] {
        assert_eq!(*hash, hash_without_a_window(&folder.join("record.txt"), tick), "at tick {tick}");
    }

    // Started again from where it was left: the same world goes on.
    let game = Game::play(&display, &folder, &["--load", &left.to_string_lossy(), "--paused"]);
    game.end();
    assert_eq!(saved(&left).unwrap(), last);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_display_that_goes_away_takes_nothing_along() {
    let mut display = Display::open();
    let folder = std::env::temp_dir().join(format!("dormouse_lost_{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let record = folder.join("record.txt");
    {
        let mut game = Game::play(&display, &folder, &[]);
        game.until(&["key", "d"], |game| game.recorded().contains("key 1 right up"));
        let Game { mut process, .. } = game;
        display.server.kill().unwrap();
        // However it ends, it ends.
        process.wait().unwrap();
    }
    let text = std::fs::read_to_string(&record).unwrap();
    assert!(text.contains("key 1 right down") && text.ends_with('\n'), "{text}");
    hash_without_a_window(&record, "100");
    std::fs::remove_dir_all(folder).unwrap();
}
