//! `dormouse run`, as people and scripts use it: its output, its options, what is wrong with them, how it ends, and that it does
//! the same wherever and however it is started.

mod harness;

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use harness::{Folder, Told, dormouse, repo};
use rustix::process::{Pid, Signal, kill_process};

fn told(args: &[&str]) -> Told {
    Told::from(dormouse(args).output().unwrap())
}

/// The standard output of a run that does what it is asked.
fn out(args: &[&str]) -> String {
    let told = told(args);
    assert!(told.code == Some(0) && told.err.is_empty(), "{args:?}: {told:?}");
    told.out
}

/// All but the summary.
fn story(out: &str) -> &str {
    out.split_once("\n\n").map_or(out, |(story, _)| story)
}

fn hashes(out: &str) -> Vec<&str> {
    out.lines().filter(|line| line.starts_with("hash ")).collect()
}

/// Scripts and a map of a few lines.
fn small(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.write(
        "actors/clock.luau",
        "local Clock = actor \"Clock\" {}
function Clock:run()
    while true do
        wait(10)
        say(`{now()} o'clock`)
        if now() == 31 then
            start(function() error \"the spring broke\" end)
        end
    end
end
function Clock:Action_Ring(how)
    log(`rings {how}`)
end
function Clock:handleEvent(event)
    if event.name == \"Key\" then
        log(event.key, event.down, event.player)
    end
end
return Clock
",
    );
    folder.write(
        "hall.tmx",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<map version=\"1.10\" orientation=\"orthogonal\" width=\"4\" height=\"4\" tilewidth=\"16\" tileheight=\"16\" infinite=\"0\">
 <objectgroup id=\"1\"><object id=\"1\" name=\"player\" type=\"Clock\" x=\"8\" y=\"8\" width=\"8\" height=\"8\"/></objectgroup>
</map>
",
    );
    folder
}

#[test]
fn what_actors_say_and_a_summary() {
    let folder = small("run-story");
    let told = folder.dormouse(&["run", "hall.tmx", "--scripts", "actors", "--ticks", "45"]);
    assert_eq!((told.code, told.err.as_str()), (Some(0), ""));
    let (story, summary) = told.out.split_once("\n\n").unwrap();
    assert_eq!(
        story,
        "    11 player: 11 o'clock
    21 player: 21 o'clock
    31 player: 31 o'clock
    31 player ERROR player failed: scripts/clock.luau:7: the spring broke
           scripts/clock.luau:7
    41 player: 41 o'clock"
    );
    let names: Vec<&str> = summary.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["ticks", "actors", "tasklets", "wakes", "events", "wires", "errors", "time", "memory"]);
    let number =
        |name: &str| summary.lines().find(|line| line.starts_with(name)).unwrap().split_whitespace().nth(1).unwrap();
    assert_eq!((number("ticks"), number("actors"), number("errors")), ("45", "1", "1"));
    // No tick at all.
    let told = folder.dormouse(&["run", "hall.tmx", "--scripts", "actors", "--ticks", "0"]);
    assert!(told.code == Some(0) && told.out.contains("ticks               0"), "{told:?}");
}

#[test]
fn as_json_every_line_is_an_object() {
    let folder = small("run-json");
    let told =
        folder.dormouse(&["run", "hall.tmx", "--scripts", "actors", "--ticks", "45", "--json", "--hash-every", "20"]);
    let lines: Vec<serde_json::Value> = told.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (lines[0]["tick"].as_u64(), lines[0]["actor"].as_str(), lines[0]["text"].as_str()),
        (Some(11), Some("player"), Some("11 o'clock"))
    );
    assert_eq!(lines[0]["kind"], "say");
    assert!(lines.iter().any(|line| line["kind"] == "error" && line["tick"] == 31));
    let hashes: Vec<_> = lines.iter().filter(|line| line["hash"].is_string()).collect();
    assert_eq!(hashes.iter().map(|line| line["tick"].as_u64().unwrap()).collect::<Vec<_>>(), [20, 40]);
    let summary = lines.last().unwrap();
    assert_eq!((summary["summary"]["ticks"].as_u64(), summary["interrupted"].as_bool()), (Some(45), Some(false)));
    for field in ["actors", "tasklets", "wakes", "events", "wires", "errors", "memory"] {
        assert!(summary["summary"][field].is_u64(), "{field} in {summary}");
    }
}

#[test]
fn hashes_come_when_they_are_asked_for_and_depend_on_the_seed() {
    let run = |more: &[&str]| out(&[&["run", "maps/keep.tmx", "--ticks", "120", "--hash-every", "40"], more].concat());
    let zero = run(&[]);
    let lines = hashes(&zero);
    assert_eq!(lines.len(), 3);
    for (line, tick) in lines.iter().zip([40, 80, 120]) {
        let (head, hash) = line.rsplit_once(' ').unwrap();
        assert_eq!(head, format!("hash {tick}"));
        assert!(hash.len() == 16 && hash.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c)), "{line}");
    }
    assert_eq!(story(&zero), story(&run(&["--seed", "0"])), "0 is the seed when none is said");
    assert_ne!(lines, hashes(&run(&["--seed", "1"])));
}

#[test]
fn a_click_in_the_castle_sends_the_player_there() {
    let folder = Folder::new("click");
    let clicks = folder.write("click.txt", "5 event player Click {\"position\":{\"x\":640,\"y\":612}}\n");
    let save = folder.0.join("there.dms").display().to_string();
    let run =
        dormouse(&["run", "maps/keep.tmx", "--ticks", "100", "--input", &clicks, "--save-at", &format!("100={save}")])
            .output()
            .unwrap();
    assert!(run.status.success(), "{run:?}");
    let told = Told::from(dormouse(&["inspect", &save]).output().unwrap()).out;
    let player = told.split("\nplayer: ").nth(1).unwrap_or_else(|| panic!("{told}"));
    assert!(player.contains("place   at (640, 612)"), "{player}");
}

#[test]
fn inputs_come_in_at_their_ticks() {
    let folder = small("run-input");
    let run = |text: &str| {
        folder.write("keys.txt", text);
        folder.dormouse(&["run", "hall.tmx", "--scripts", "actors", "--ticks", "12", "--input", "keys.txt"])
    };
    let told = run("# a comment\n3 key 1 left down\n3 key 1 left up\n\n7 action player.Ring \"twice\"\n");
    assert_eq!(
        story(&told.out),
        "     3 player | left true 1
     3 player | left false 1
     7 player | rings twice
    11 player: 11 o'clock"
    );
    for (text, error) in [
        ("3 key 1 left sideways", "keys.txt:1"),
        ("5 key 1 left down\n3 key 1 left up", "keys.txt:2"),
        ("3 keey 1 left down", "key"),
        ("soon key 1 left down", "keys.txt:1"),
    ] {
        let told = run(text);
        assert!(told.code == Some(2) && told.err.contains(error) && told.out.is_empty(), "{text}: {told:?}");
    }
    // Whom it is for may not be there: that is told, and nothing ends.
    let told = run("3 action nobody.Ring");
    assert!(told.code == Some(0) && told.out.contains("nobody"), "{told:?}");
}

#[test]
fn a_trace_tells_what_happens_and_why() {
    let trace = out(&["run", "maps/keep.tmx", "--ticks", "300", "--trace"]);
    for what in [" begins  #", " finishes  #", ": began  #", " . wire On", "due at tick"] {
        assert!(trace.contains(what), "{what}");
    }
    // Without it the same is said, and none of that.
    let plain = out(&["run", "maps/keep.tmx", "--ticks", "300"]);
    let said = |out: &str| -> Vec<String> {
        let lines = story(out).lines().filter(|line| !line.split_whitespace().any(|word| word == "."));
        lines.map(|line| line.split("  <- #").next().unwrap().to_owned()).collect()
    };
    assert_eq!(said(&trace), said(&plain));
    assert!(!plain.contains(" begins"));
}

#[test]
fn wrong_options_and_files_are_told() {
    let folder = small("run-wrong");
    folder.write("noise.txt", "");
    std::fs::write(folder.0.join("noise.txt"), [0xff, 0xfe, 0x00]).unwrap();
    folder.write("empty/readme.txt", "");
    folder.write("latin/bad.luau", "");
    std::fs::write(folder.0.join("latin/bad.luau"), [b'-', b'-', 0xe9]).unwrap();
    folder.write("broken.tmx", "<map");
    let cases: &[(&[&str], i32, &str)] = &[
        (&["run"], 2, "<MAP>"),
        (&["rn", "hall.tmx"], 2, "unrecognized subcommand 'rn'"),
        (&["run", "hall.tmx", "--tick", "5"], 2, "'--ticks'"),
        (&["run", "hall.tmx", "--ticks", "many"], 2, "--ticks"),
        (&["run", "hall.tmx", "--ticks", "-5"], 2, "-5"),
        (&["run", "hall.tmx", "--hash-every", "0"], 2, "--hash-every"),
        (&["run", "hall.tmx", "--seed", "x"], 2, "--seed"),
        (
            &["run", "hal.tmx", "--scripts", "actors"],
            2,
            "hal.tmx: there is no such file or folder; did you mean `hall.tmx`?",
        ),
        (
            &["run", "hall.tmx", "--scripts", "actor"],
            2,
            "actor: there is no such file or folder; did you mean `actors`?",
        ),
        (&["run", "hall.tmx"], 2, "scripts: there is no such file or folder; --scripts DIR names the folder"),
        (&["play", "hal.tmx"], 2, "hal.tmx: there is no such file or folder; did you mean `hall.tmx`?"),
        (&["play", "hall.tmx", "--scripts", "actor"], 2, "did you mean `actors`?; --scripts DIR"),
        (&["run", "actors", "--scripts", "actors"], 2, "actors: Is a directory"),
        (&["run", "hall.tmx", "--scripts", "hall.tmx"], 2, "hall.tmx: Not a directory"),
        (&["run", "hall.tmx", "--scripts", "empty"], 2, "empty: there is no script (*.luau) in this folder"),
        (&["run", "hall.tmx", "--scripts", "latin"], 2, "latin/bad.luau"),
        (&["run", "hall.tmx", "--scripts", "actors", "--input", "kys.txt"], 2, "kys.txt: there is no such file"),
        (
            &["run", "hall.tmx", "--scripts", "actors", "--input", "noise.txt"],
            2,
            "noise.txt: stream did not contain valid UTF-8",
        ),
        (&["run", "broken.tmx", "--scripts", "actors"], 2, "broken.tmx:1: this is no XML"),
    ];
    for (args, code, error) in cases {
        let told = folder.dormouse(args);
        assert_eq!(told.code, Some(*code), "{args:?}: {told:?}");
        assert!(told.err.contains(error) && told.out.is_empty(), "{args:?}: {told:?}");
        assert!(!told.err.contains("panicked"), "{told:?}");
    }
    // A map or script with mistakes is told as `check` tells it; the command itself was right.
    folder.write("actors/bad.luau", "local Bad = actor \"Bed\" {}\nreturn Bad");
    let told = folder.dormouse(&["run", "hall.tmx", "--scripts", "actors"]);
    assert!(told.code == Some(1) && told.err.contains("scripts/bad.luau:1: ") && told.out.is_empty(), "{told:?}");
    folder.write("actors/bad.luau", "local Bad = actor \"Bad\" { props = { n = required \"number\" } }\nreturn Bad");
    folder.write("hall.tmx", &std::fs::read_to_string(folder.0.join("hall.tmx")).unwrap().replace("Clock", "Bad"));
    let told = folder.dormouse(&["run", "hall.tmx", "--scripts", "actors"]);
    assert!(told.code == Some(1) && told.err.contains("error[missing-prop]"), "{told:?}");
}

// ---- how it ends --------------------------------------------------------------------------------------------------

/// A run without end.
const FOREVER: [&str; 5] = ["run", "maps/keep.tmx", "--ticks", "1000000000", "--trace"];

#[test]
fn an_interrupt_ends_it_with_the_summary() {
    for signal in [Signal::INT, Signal::TERM] {
        let mut child = dormouse(&FOREVER).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut out = String::new();
        // It runs as soon as it has told something.
        lines.read_line(&mut out).unwrap();
        kill_process(Pid::from_child(&child), signal).unwrap();
        lines.read_to_string(&mut out).unwrap();
        let status = child.wait().unwrap();
        assert!(status.success(), "{status}");
        let (_, summary) = out.rsplit_once("\n\n").unwrap();
        assert!(summary.starts_with("interrupted at tick "), "{summary}");
        assert!(summary.contains("\nmemory "), "{summary}");
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!(err, "", "no progress where there is no terminal");
    }
}

#[test]
fn whoever_reads_may_have_enough() {
    for args in
        [&FOREVER[..], &["run", "maps/keep.tmx", "--ticks", "200", "--json", "--trace"], &["check", "maps", "scripts"]]
    {
        let mut child = dormouse(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        let status = child.wait().unwrap();
        assert!(status.success() && err.is_empty(), "{args:?}: {status} {err}");
    }
    // What was found is told by the exit code all the same.
    let folder = small("run-pipe");
    folder.write("hall.tmx", "<map");
    let mut child = dormouse(&["check", "hall.tmx", "--scripts", "actors"]);
    let mut child = child.current_dir(&folder.0).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

/// With the story in a file, a long run tells how far it has come.
#[test]
fn on_a_terminal_a_long_run_shows_its_progress() {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let name = ptsname(&controller, Vec::new()).unwrap();
    let terminal = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    let mut child = dormouse(&FOREVER).stdout(Stdio::null()).stderr(terminal).spawn().unwrap();
    let mut seen = Vec::new();
    let mut screen = File::from(controller);
    let mut chunk = [0; 256];
    while !String::from_utf8_lossy(&seen).contains(" of 1000000000") {
        let count = screen.read(&mut chunk).unwrap();
        seen.extend_from_slice(&chunk[..count]);
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert!(child.wait().unwrap().success());
    let seen = String::from_utf8_lossy(&seen).into_owned();
    assert!(seen.starts_with("\r  0 %  tick "), "{seen:?}");
}

// ---- the same everywhere ------------------------------------------------------------------------------------------

#[test]
fn the_same_in_every_process_folder_and_environment() {
    let args = ["--ticks", "240", "--hash-every", "60"];
    let from_repo = out(&[&["run", "maps/keep.tmx"], &args[..]].concat());
    assert_eq!(hashes(&from_repo).len(), 4);
    let same = |what: &str, command: &mut Command| {
        let told = Told::from(command.output().unwrap());
        assert!(told.code == Some(0), "{what}: {told:?}");
        assert_eq!(story(&told.out), story(&from_repo), "{what}");
    };
    let absolute = |path: &str| repo().join(path).display().to_string();
    let (map, scripts) = (absolute("maps/keep.tmx"), absolute("scripts"));
    let there = [&["run", &map, "--scripts", &scripts], &args[..]].concat();
    same("another process", dormouse(&there).current_dir(repo()));
    same("another folder", dormouse(&there).current_dir(std::env::temp_dir()));
    same("no environment", dormouse(&there).env_clear());
    same(
        "another environment",
        dormouse(&there).envs([
            ("LANG", "tr_TR.UTF-8"),
            ("LC_ALL", "de_DE.UTF-8"),
            ("TZ", "Pacific/Kiritimati"),
            ("HOME", "/nowhere"),
        ]),
    );
    let many: Vec<(String, String)> = (0..200).map(|at| (format!("DORMOUSE_TEST_{at}"), "x".repeat(at * 7))).collect();
    same("a large environment", dormouse(&there).envs(many));
    // Addresses are random by default; with `setarch -R` they are always the same ones.
    match Command::new("setarch").args(["-R", "true"]).status() {
        Ok(status) if status.success() => {
            let mut fixed = Command::new("setarch");
            same("fixed addresses", fixed.arg("-R").arg(env!("CARGO_BIN_EXE_dormouse")).args(&there));
        }
        other => println!("skipped: fixed addresses need `setarch -R` ({other:?})"),
    }
}
