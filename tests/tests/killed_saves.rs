//! A process that is killed while it saves, at a hundred moments: the save that it had finished last always loads.
//!
//! The process that is killed is this very test program, told by its environment to save in a loop.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use dormouse::snapshot::{SaveOptions, Summary, read_file, write_file};
use dormouse::{Config, World};
use dormouse_tests::{Stage, class};

const FILE: &str = "DORMOUSE_SAVE_TO";

fn world() -> World {
    // Enough text that writing it takes a while.
    let body = "function Subject:run() local all = {} for i = 1, 3000 do all[i] = tostring(random()) end \
                local n = 0 while true do wait(1) n += 1 end end";
    let mut stage = Stage::new(&[("subject.luau", &class("Subject", "", body))]);
    stage.spawn("Subject", &[]);
    stage.world
}

/// Saves until it is killed, and says so after each save.
#[test]
fn save_until_killed() {
    let Some(file) = std::env::var_os(FILE).map(PathBuf::from) else { return };
    let mut world = world();
    loop {
        world.tick(&[]);
        let bytes = world.save(&SaveOptions::default()).unwrap();
        write_file(&file, &bytes).unwrap();
        let mut out = std::io::stderr().lock();
        writeln!(out, "saved {}", world.now()).unwrap();
    }
}

fn spawn(file: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "save_until_killed", "--nocapture"]).env(FILE, file);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn the_last_complete_save_always_loads() {
    let folder = std::env::temp_dir().join(format!("dormouse-killed-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("game.dms");
    let mut seed = 1u64;
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let scripts = world().scripts().clone();
    for round in 0..100 {
        let mut child = spawn(&file);
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let saves = 1 + next(3) as usize;
        let mut told = lines.by_ref().filter_map(|line| line.strip_prefix("saved ").and_then(|tick| tick.parse().ok()));
        let last: u64 = told.nth(saves - 1).expect("it saves");
        // Then at some byte of the next file, if it is caught in time.
        let part = folder.join(format!(".game.dms.{}.part", child.id()));
        let until = next(80_000);
        for _ in 0..next(20_000) {
            if std::fs::metadata(&part).is_ok_and(|part| part.len() >= until) {
                break;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let bytes = read_file(&file).unwrap();
        let summary = Summary::read(&bytes).unwrap_or_else(|error| panic!("round {round}: {error}"));
        assert!(summary.meta.tick >= last, "round {round}: tick {} of {last}", summary.meta.tick);
        let mut world = World::restore(&bytes, &Config::default(), &scripts).unwrap_or_else(|e| panic!("{round}: {e}"));
        world.tick(&[]);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
