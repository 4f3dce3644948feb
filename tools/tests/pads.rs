//! Gamepads that come and go while a game is played: SDL's own virtual ones, plugged into the real command by a library
//! that it is started with (`harness/pad.c`). So all is real from SDL's driver on: that a pad is there, which player it
//! is, what it holds, and that it lets go when its plug is pulled.

mod harness;

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::Command;

use harness::display::{Display, Game, record, save};
use harness::{Folder, Told, dormouse, repo};

/// SDL's numbers.
const LEFT_X: u8 = 0;
const LEFT_Y: u8 = 1;
const A: u8 = 0;
const CROSS_UP: u8 = 11;

/// Where pads are plugged in.
struct Sockets {
    pipe: File,
}

impl Sockets {
    /// Builds the library, and makes the pipe by which it is told what pads do. Gives what the command needs.
    fn make(folder: &Folder) -> (Sockets, [(&'static str, String); 2]) {
        let (library, pipe) = (folder.0.join("pad.so"), folder.0.join("pads"));
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", "-o"])
            .arg(&library)
            .arg(repo().join("tools/tests/harness/pad.c"))
            .arg("-ldl")
            .output()
            .expect("a C compiler is there: run tools/setup");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        // Open at both ends, so that nobody waits for anybody.
        let file = OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
        let told = [("LD_PRELOAD", library.display().to_string()), ("PADS", pipe.display().to_string())];
        (Sockets { pipe: file }, told)
    }

    fn say(&mut self, line: &str) {
        writeln!(self.pipe, "{line}").unwrap();
    }

    fn button(&mut self, pad: u8, button: u8, down: bool) {
        self.say(&format!("button {pad} {button} {}", u8::from(down)));
    }
}

/// The castle with a second player beside the first.
fn for_two(folder: &Folder) -> String {
    let copied = Command::new("cp").arg("-r").arg(repo().join("maps")).arg(&folder.0).status().unwrap();
    assert!(copied.success());
    let map = folder.0.join("maps/keep.tmx");
    let text = std::fs::read_to_string(&map).unwrap();
    let line = text.lines().find(|line| line.contains("name=\"player\"")).expect("the castle has a player");
    let id = text.matches("<object id=").count() + 9000;
    let other = format!(
        "<object id=\"{id}\" name=\"player_2\" type=\"Player\" gid=\"513\" x=\"600\" y=\"668\" width=\"16\" height=\"24\"/>"
    );
    std::fs::write(&map, text.replace(line, &format!("{line}\n{other}"))).unwrap();
    map.display().to_string()
}

/// Where an actor of a saved game is.
fn place(file: &Path, actor: &str) -> String {
    let told = Told::from(dormouse(&["inspect", &file.to_string_lossy()]).output().unwrap());
    let mut lines = told.out.lines().skip_while(|line| !line.starts_with(&format!("{actor}: ")));
    lines.nth(1).unwrap_or_else(|| panic!("{actor} is not in\n{}{}", told.out, told.err)).to_owned()
}

#[test]
fn pads_are_plugged_played_unplugged_and_plugged_again() {
    let display = Display::open();
    let folder = Folder::new("pads");
    let (mut sockets, environment) = Sockets::make(&folder);
    let map = for_two(&folder);
    let mut command = dormouse(&["play", &map, "--size", "640x360", "--mute", "--record"]);
    command.arg(record(&folder)).envs(environment).env("SDL_AUDIODRIVER", "dummy");
    let mut game = Game::start(&display, &folder, command);

    // Each pad its player.
    sockets.say("plug 0");
    game.tells("# gamepad of player 1: ");
    sockets.say("plug 1");
    game.tells("# gamepad of player 2: ");
    sockets.say(&format!("axis 0 {LEFT_X} -32000"));
    game.tells("key 1 left down");
    sockets.button(1, A, true);
    game.tells("key 2 space down");
    sockets.button(1, A, false);
    game.tells("key 2 space up");
    sockets.button(1, CROSS_UP, true);
    game.tells("key 2 up down");

    // Pulled in mid-walk: nobody walks on for ever.
    sockets.say("unplug 0");
    game.tells("# the gamepad of player 1 is gone");
    game.tells("key 1 left up");
    sockets.say("unplug 1");
    game.tells("# the gamepad of player 2 is gone");
    game.tells("key 2 up up");
    display.xdotool(&["key", "F5"]);
    game.tells("# saved at tick ");
    let stood = ["player", "player_2"].map(|actor| place(&save(&folder, "quick"), actor));

    // The first that comes back is player 1's again, whichever it is; the keyboard was there all the while.
    sockets.say("plug 3");
    game.tells("# gamepad of player 1: ");
    // Held for a tick at least: what goes down and up in one moves nobody.
    display.xdotool(&["keydown", "d"]);
    game.tells("key 1 right down");
    display.xdotool(&["keyup", "d"]);
    game.tells("key 1 right up");
    display.xdotool(&["key", "F5"]);
    game.tells("# saved at tick ");
    let stands = ["player", "player_2"].map(|actor| place(&save(&folder, "quick"), actor));
    assert!(stood[0] != stands[0] && stood[1] == stands[1], "{stood:?} {stands:?}");
    sockets.say(&format!("axis 3 {LEFT_Y} -32000"));
    game.tells("key 1 up down");
    sockets.say(&format!("axis 3 {LEFT_Y} 0"));
    game.tells("key 1 up up");

    game.signal("-TERM");
    game.over();
    let recorded = std::fs::read_to_string(record(&folder)).unwrap();
    assert!(recorded.contains("key 1 left up") && recorded.contains("key 2 up up"), "{recorded}");
}
