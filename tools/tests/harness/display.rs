//! A display of a test's own (Xvfb), real keys (xdotool), and a game in a window on it that tells what comes about.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::{Folder, dormouse};

/// A display that ends with the test.
pub struct Display {
    server: Child,
    pub name: String,
}

impl Display {
    pub fn open() -> Display {
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

    pub fn xdotool(&self, args: &[&str]) {
        let run = Command::new("xdotool").args(args).env("DISPLAY", &self.name).output();
        let run = run.expect("xdotool is there: run tools/setup --tests");
        assert!(run.status.success(), "{args:?}: {}", String::from_utf8_lossy(&run.stderr));
    }

    pub fn unplug(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.unplug();
    }
}

/// A game in a window, and what it tells.
pub struct Game {
    pub process: Child,
    told: BufReader<ChildStdout>,
    all: Vec<String>,
}

impl Game {
    pub fn play(display: &Display, folder: &Folder, more: &[&str]) -> Game {
        let mut command = dormouse(&["play", "maps/keep.tmx", "--size", "800x450", "--record"]);
        command.arg(record(folder)).args(more).env("SDL_AUDIODRIVER", "dummy");
        Game::start(display, folder, command)
    }

    /// Starts a command that plays, and waits for its window.
    pub fn start(display: &Display, folder: &Folder, mut command: Command) -> Game {
        command.arg("--tell").arg("--saves").arg(folder.0.join("saves"));
        command.env("DISPLAY", &display.name).env("SDL_VIDEODRIVER", "x11");
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let told = BufReader::new(process.stdout.take().unwrap());
        let mut game = Game { process, told, all: Vec::new() };
        game.focus(display);
        game
    }

    /// Waits for its window, and gives it the keyboard.
    pub fn focus(&mut self, display: &Display) {
        // Not before it draws: for what draws a window may be made anew.
        self.tells("lists all keys");
        let pid = self.process.id().to_string();
        let which = ["search", "--sync", "--onlyvisible", "--all", "--pid", &pid, "--name", "keep - Dormouse"];
        display.xdotool(&[&which[..], &["windowfocus", "--sync"]].concat());
    }

    /// Waits until it tells something that begins so; the rest of that line.
    pub fn tells(&mut self, what: &str) -> String {
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
    pub fn over(self) -> String {
        let out = self.process.wait_with_output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stderr).into_owned()
    }

    pub fn signal(&self, signal: &str) {
        Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap();
    }
}

/// Where its inputs are recorded.
pub fn record(folder: &Folder) -> PathBuf {
    folder.0.join("record.txt")
}

/// The saved game in a slot.
pub fn save(folder: &Folder, slot: &str) -> PathBuf {
    folder.0.join("saves").join(format!("{slot}.dms"))
}
