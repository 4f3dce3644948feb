//! The view in a real terminal (the system's own, by `script`): what it shows, and that the terminal is given back as it
//! was, whatever ends it. Nothing here waits for time to pass: it reads until what it waits for is there.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A shell in a terminal of 80 by 24, with the view in it.
struct Terminal {
    script: Child,
    keys: ChildStdin,
    screen: ChildStdout,
    /// All that came out of it.
    seen: String,
    /// How much of it was looked at.
    looked: usize,
    folder: PathBuf,
}

/// A folder of a test's own.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("dormouse_view_{name}_{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

const ENTER: &str = "\u{1b}[?1049h";
const LEAVE: &str = "\u{1b}[?1049l";
const CURSOR: &str = "\u{1b}[?25h";
/// What a terminal is asked for and answers: that it is one.
const ASKED: &str = "\u{1b}[c";
const ANSWER: &str = "\u{1b}[?62c";

impl Terminal {
    /// The view of the castle.
    fn open(name: &str) -> Terminal {
        let view = "exec \"$DORMOUSE\" run \"$MAPS/keep.tmx\" --scripts \"$SCRIPTS\" --view --record inputs.txt";
        let mut terminal = Terminal::with(folder(name), view);
        terminal.sees(ENTER);
        terminal.sees("actors");
        terminal
    }

    /// A shell that carries out a command, in that folder.
    fn with(folder: PathBuf, command: &str) -> Terminal {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
        let inside =
            format!("stty cols 80 rows 24; tty; stty -g; sh -c 'echo pid $$; {command}'; echo over $?; stty -g");
        let mut script = Command::new("script")
            .args(["-qfec", &inside, "/dev/null"])
            .current_dir(&folder)
            .env("DORMOUSE", env!("CARGO_BIN_EXE_dormouse"))
            .env("MAPS", root.join("maps"))
            .env("SCRIPTS", root.join("scripts"))
            .env("TERM", "xterm-256color")
            .env("COLORTERM", "truecolor")
            .env("SHELL", "/bin/sh")
            .env_remove("NO_COLOR")
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("SDL_VIDEODRIVER")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("script is there: a part of util-linux");
        let (keys, screen) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
        Terminal { script, keys, screen, seen: String::new(), looked: 0, folder }
    }

    /// Reads until this has come after what was seen last.
    fn sees(&mut self, what: &str) {
        let mut bytes = [0; 4096];
        loop {
            if let Some(found) = self.seen[self.looked..].find(what) {
                self.looked += found + what.len();
                return;
            }
            let count = self.screen.read(&mut bytes).unwrap();
            assert!(count > 0, "it ended without `{}`", what.escape_debug());
            let before = self.seen.matches(ASKED).count();
            self.seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
            for _ in before..self.seen.matches(ASKED).count() {
                self.press(ANSWER);
            }
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Lets one tick pass in which a key goes down, while time stands still.
    fn one_tick(&mut self, key: &str) {
        self.sees("PAUSED");
        self.press(&format!("{key}."));
        // What is shown next is shown after that.
        self.press("?");
        self.sees("hold, or tap again");
        self.press("?");
    }

    /// What it said after a word of its own, at the beginning.
    fn said(&self, word: &str) -> String {
        let at = self.seen.find(word).unwrap() + word.len();
        self.seen[at..].lines().next().unwrap().trim().to_owned()
    }

    /// It has ended, and the terminal is as it was. What the shell said of how.
    fn given_back(mut self) -> (String, Vec<u8>, String) {
        self.sees("over ");
        // What the shell says then is its last word.
        let mut rest = Vec::new();
        self.screen.read_to_end(&mut rest).unwrap();
        self.seen.push_str(&String::from_utf8_lossy(&rest));
        assert!(self.script.wait().unwrap().success());
        let (enter, leave) =
            (self.seen.find(ENTER).unwrap(), self.seen.rfind(LEAVE).expect("the screen is given back"));
        assert!(enter < leave && self.seen[leave..].contains(CURSOR), "the cursor is shown again");
        let told = |line: &&str| line.matches(':').count() > 20 && !line.contains('\u{1b}');
        let modes: Vec<&str> = self.seen.lines().map(str::trim).filter(told).collect();
        assert_eq!(modes.len(), 2);
        assert_eq!(modes[0], modes[1], "its modes are those that it had");
        let over = self.seen[self.seen.rfind("over ").unwrap() + 5..].lines().next().unwrap().trim().to_owned();
        let record = std::fs::read(self.folder.join("inputs.txt")).unwrap_or_default();
        (over, record, std::mem::take(&mut self.seen))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.script.kill();
        let _ = self.script.wait();
    }
}

#[test]
fn it_is_walked_looked_into_and_left() {
    let mut terminal = Terminal::open("walked");
    assert!(terminal.seen.contains('\u{2580}') && terminal.seen.contains("38;2;"), "half blocks, in colour");
    terminal.press("p");
    terminal.sees("PAUSED");
    terminal.press("w.");
    terminal.press("?");
    terminal.sees("hold, or tap again");
    terminal.press("?");
    terminal.press("l");
    terminal.sees("walk:");
    // While something is typed, letters are letters.
    terminal.press("q\u{3}");
    let (over, record, _) = terminal.given_back();
    assert_eq!(over, "0");
    let record = String::from_utf8(record).unwrap();
    assert!(record.contains("key 1 up down"), "{record}");
}

#[test]
fn ctrl_c_gives_the_terminal_back() {
    let mut terminal = Terminal::open("interrupted");
    terminal.press("\u{3}");
    assert_eq!(terminal.given_back().0, "0");
}

#[test]
fn a_signal_gives_the_terminal_back() {
    for signal in ["-TERM", "-HUP", "-INT"] {
        let terminal = Terminal::open(signal);
        Command::new("kill").args([signal, &terminal.said("pid ")]).status().unwrap();
        assert_eq!(terminal.given_back().0, "0", "{signal}");
    }
}

#[test]
fn it_follows_the_terminals_size() {
    let mut terminal = Terminal::open("resized");
    let tty = format!("/dev/pts/{}", terminal.said("/dev/pts/"));
    for (columns, rows, shows) in [("40", "12", "tick"), ("16", "4", "make"), ("200", "60", "actors")] {
        Command::new("stty").args(["-F", &tty, "cols", columns, "rows", rows]).status().unwrap();
        terminal.sees(shows);
    }
    terminal.press("q");
    // The modes were told with a size that changed: only that it is given back is compared.
    terminal.sees(LEAVE);
    terminal.sees("over 0");
    let _ = std::fs::remove_dir_all(&terminal.folder);
}

/// The castle played where there is no display, with these options more.
fn playing(folder: &Path, more: &str) -> Terminal {
    let play = "exec \"$DORMOUSE\" play \"$MAPS/keep.tmx\" --scripts \"$SCRIPTS\" --saves saves";
    let mut terminal = Terminal::with(folder.to_owned(), &format!("{play} {more}"));
    terminal.sees(ENTER);
    terminal
}

/// The last hash that was told, and its tick.
fn hash_in(text: &str) -> &str {
    text.lines().rev().map(str::trim).find(|line| line.starts_with("hash ")).unwrap_or_else(|| panic!("{text}"))
}

#[test]
fn a_game_without_a_display_is_saved_loaded_found_again_and_recorded() {
    let folder = folder("played");
    // Left, it is kept.
    let mut terminal = playing(&folder, "--paused");
    terminal.one_tick("w");
    terminal.press("\u{1b}[15~");
    terminal.sees("saved at tick");
    terminal.press("\u{1b}[20~");
    terminal.sees("loaded: tick");
    terminal.press("q");
    let (over, _, seen) = terminal.given_back();
    assert!(over == "0" && seen.contains("the game was kept: go on with --load saves/left.dms"), "{seen}");

    // Loaded, it goes on; killed, all of it is found again.
    let mut terminal = playing(&folder, "--paused --load saves/left.dms");
    terminal.one_tick("d");
    Command::new("kill").args(["-KILL", &terminal.said("pid ")]).status().unwrap();
    terminal.sees("over 137");
    drop(terminal);
    let mut terminal = playing(&folder, "");
    terminal.sees("a game that ended without a word was found");
    terminal.press("q");
    assert_eq!(terminal.given_back().0, "0");

    // What is recorded tells all of it, from the world's birth, and repeats it without a terminal.
    let terminal = playing(&folder, "--load saves/found.dms --record whole.txt --ticks 900");
    let (over, _, seen) = terminal.given_back();
    assert_eq!(over, "0");
    let record = std::fs::read_to_string(folder.join("whole.txt")).unwrap();
    assert!(record.contains("key 1 up down") && record.contains("key 1 right down"), "{record}");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let repeated = Command::new(env!("CARGO_BIN_EXE_dormouse"))
        .current_dir(root)
        .args(["run", "maps/keep.tmx", "--ticks", "900", "--hash-every", "900", "--input"])
        .arg(folder.join("whole.txt"))
        .output()
        .unwrap();
    assert_eq!(hash_in(&seen), hash_in(&String::from_utf8_lossy(&repeated.stdout)));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_game_in_the_terminal_goes_back_in_time() {
    let folder = folder("back");
    let mut terminal = playing(&folder, "--paused");
    terminal.one_tick("w");
    terminal.press(".\u{7f}");
    terminal.sees("back at");
    // What was done after that never was.
    terminal.press("d.?");
    terminal.sees("hold, or tap again");
    terminal.press("?q");
    let (over, _, seen) = terminal.given_back();
    assert!(over == "0" && seen.contains("the game was kept"), "{seen}");
    let mut inspect = Command::new(env!("CARGO_BIN_EXE_dormouse"));
    let told = inspect.arg("inspect").arg(folder.join("saves/left.dms")).output().unwrap();
    let told = String::from_utf8_lossy(&told.stdout);
    assert!(told.contains("after tick 1 "), "{told}");
    std::fs::remove_dir_all(folder).unwrap();
}

/// Not a test by itself: what the next one lets fail within a terminal.
#[test]
#[ignore = "it fails, in the terminal of another test"]
fn a_view_that_fails() {
    let _screen = dormouse_terminal::Screen::take().unwrap();
    panic!("the view has failed");
}

#[test]
fn a_failure_gives_the_terminal_back_and_is_told() {
    let fails =
        format!("exec {} --ignored --exact a_view_that_fails --nocapture", std::env::current_exe().unwrap().display());
    let mut terminal = Terminal::with(folder("failed"), &fails);
    terminal.sees(ENTER);
    let (over, _, seen) = terminal.given_back();
    assert_eq!(over, "101");
    let told = seen.find("the view has failed").expect("the failure is told");
    assert!(told > seen.find(LEAVE).unwrap(), "where it can be read");
}
