//! `dormouse play` as its users meet it: what it draws, that a game in a window is the same game as one without, and what
//! it says when something is missing. Golden screenshots are in `tests/golden/shots`; `DORMOUSE_BLESS=1` writes them
//! anew, to be looked at before they are committed.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use dormouse_window::images::Pixels;

/// How far a pixel's part may be off from the golden picture, and how many pixels may be: SDL's own ways to scale a soft
/// texture differ a little from machine to machine, and so does ours to spread light from version to version. One build
/// on one machine draws the same pixels each time, which `golden` demands besides.
const TOLERANCE: (u8, f64) = (6, 0.005);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A folder of this test's own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("dormouse_play_{}_{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn dormouse(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dormouse"));
    command.args(args).current_dir(root());
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env("SDL_AUDIODRIVER", "dummy");
    command
}

fn done(command: &mut Command) -> (String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&stdout).into_owned(), String::from_utf8_lossy(&stderr).into_owned());
    assert!(status.success(), "{command:?}: {status}\n{out}\n{err}");
    (out, err)
}

/// The part of the pixels that differ by more than the tolerance.
fn differing(one: &Pixels, other: &Pixels) -> f64 {
    assert_eq!((one.width, one.height), (other.width, other.height));
    let pixels = one.rgba.as_chunks::<4>().0.iter().zip(other.rgba.as_chunks::<4>().0);
    let off = pixels.filter(|(one, other)| one.iter().zip(*other).any(|(a, b)| a.abs_diff(*b) > TOLERANCE.0));
    off.count() as f64 / f64::from(one.width * one.height)
}

/// Shoots, twice, and compares with the golden picture of that name.
fn golden(name: &str, size: &str, map: &str, tick: u64, more: &[&str]) {
    let out = folder(name);
    let tick = tick.to_string();
    let path = out.to_string_lossy().into_owned();
    let shoot = || {
        let args = [&["play", map, "--shots", tick.as_str(), "--out", path.as_str(), "--size", size], more].concat();
        let (told, _) = done(&mut dormouse(&args));
        std::fs::read(told.trim()).unwrap()
    };
    let (first, second) = (shoot(), shoot());
    std::fs::remove_dir_all(&out).unwrap();
    assert!(first == second, "{name}: the same world was drawn with other pixels");
    let file = root().join("tests/golden/shots").join(format!("{name}.png"));
    if std::env::var_os("DORMOUSE_BLESS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, &first).unwrap();
    }
    let golden = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let off = differing(&Pixels::from_png(&golden).unwrap(), &Pixels::from_png(&first).unwrap());
    if off > TOLERANCE.1 {
        let actual = std::env::temp_dir().join(format!("dormouse_shot_{name}.png"));
        std::fs::write(&actual, &first).unwrap();
        panic!("{name}: {:.2} % of the pixels are not what they were; see {}", off * 100.0, actual.display());
    }
}

#[test]
fn the_yard_by_day() {
    golden("yard_day", "640x360", "maps/keep.tmx", 120, &[]);
}

#[test]
fn the_hall_by_night() {
    golden("hall_night", "640x360", "maps/keep.tmx", 1000, &["--center", "640,300"]);
}

#[test]
fn the_tower_when_the_bell_rings() {
    golden("tower_bell", "640x360", "maps/keep.tmx", 800, &["--center", "1080,600"]);
}

#[test]
fn the_whole_keep() {
    golden("keep", "1280x800", "maps/keep.tmx", 60, &["--zoom", "1", "--center", "640,400"]);
}

#[test]
fn wires_names_and_shapes() {
    golden("wires", "960x540", "maps/keep.tmx", 735, &["--show", "wires", "--center", "660,420"]);
    golden("labels", "640x360", "maps/keep.tmx", 200, &["--show", "labels,shapes", "--center", "640,640"]);
}

#[test]
fn the_swarm() {
    golden("swarm", "640x360", "maps/swarm.tmx", 300, &["--center", "3360,2560"]);
}

/// The hash that `run --input` comes to after so many ticks.
fn hash_of_run(record: &Path, ticks: &str, map: &str) -> String {
    let record = record.to_string_lossy();
    let args = ["run", map, "--input", &record, "--ticks", ticks, "--hash-every", ticks];
    let (told, _) = done(&mut dormouse(&args));
    told.lines().find(|line| line.starts_with("hash ")).expect("it prints a hash").to_owned()
}

#[test]
fn a_game_in_a_window_is_the_game_without_one() {
    let folder = folder("same");
    let keys = folder.join("keys.txt");
    std::fs::write(
        &keys,
        "20 key 1 up down\n150 key 1 up up\n160 key 1 left down\n171 action hall_west.Open\n230 key 1 left up\n",
    )
    .unwrap();
    let record = folder.join("record.txt");
    let (told, _) = done(
        dormouse(&["play", "maps/keep.tmx", "--ticks", "400", "--size", "320x200"])
            .arg("--input")
            .arg(&keys)
            .arg("--record")
            .arg(&record)
            .arg("--saves")
            .arg(folder.join("saves"))
            .env("SDL_VIDEODRIVER", "dummy"),
    );
    let hash = told.lines().find(|line| line.starts_with("hash ")).expect("it prints a hash");
    assert_eq!(hash, hash_of_run(&record, "400", "maps/keep.tmx"));
    // And the keys came through.
    assert_ne!(hash, hash_of_run(Path::new("/dev/null"), "400", "maps/keep.tmx"));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_game_that_was_left_goes_on() {
    let folder = folder("left");
    let keys = folder.join("keys.txt");
    std::fs::write(&keys, "20 key 1 up down\n100 key 1 up up\n").unwrap();
    let play = |more: &[&str]| {
        let mut command = dormouse(&["play", "maps/keep.tmx", "--size", "320x200"]);
        command.args(more).arg("--saves").arg(folder.join("saves")).env("SDL_VIDEODRIVER", "dummy");
        done(&mut command)
    };
    let (_, told) = play(&["--ticks", "150", "--input", &keys.to_string_lossy()]);
    let save = folder.join("saves/left.dms");
    assert!(told.contains(&*save.to_string_lossy()), "{told}");
    let record = folder.join("record.txt");
    let (whole, _) =
        play(&["--ticks", "300", "--load", &save.to_string_lossy(), "--record", &record.to_string_lossy()]);
    let hash = whole.lines().find(|line| line.starts_with("hash ")).unwrap();
    assert_eq!(
        hash,
        hash_of_run(&record, "300", "maps/keep.tmx"),
        "a game that was loaded is recorded from its beginning"
    );
    assert_eq!(hash, hash_of_run(&keys, "300", "maps/keep.tmx"));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_snapshot_is_gone_on_with() {
    let folder = folder("snapshot");
    let snapshot = folder.join("at.dms");
    let path = snapshot.to_string_lossy().into_owned();
    done(&mut dormouse(&["run", "maps/keep.tmx", "--ticks", "200", "--save-at", &format!("200={path}")]));
    let mut command = dormouse(&["play", "maps/keep.tmx", "--size", "320x200", "--ticks", "260", "--load", &path]);
    let (told, _) = done(command.arg("--saves").arg(folder.join("saves")).env("SDL_VIDEODRIVER", "dummy"));
    let hash = told.lines().find(|line| line.starts_with("hash ")).unwrap();
    assert_eq!(hash, hash_of_run(Path::new("/dev/null"), "260", "maps/keep.tmx"));
    // What is over already can't be shot.
    let late = dormouse(&["play", "maps/keep.tmx", "--load", &path, "--shots", "260,100"]).output().unwrap();
    let told = String::from_utf8_lossy(&late.stderr);
    assert!(
        !late.status.success() && told.contains("is at tick 200 already: there is no screenshot of tick 100"),
        "{told}"
    );
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_is_missing_or_damaged_is_a_sentence() {
    let folder = folder("missing");
    let damaged = folder.join("damaged.dms");
    std::fs::write(&damaged, "# dormouse save 1\nnonsense").unwrap();
    let keys = folder.join("keys.toml");
    std::fs::write(&keys, "[player.1]\nleft = [\"Nowhere\"]\n").unwrap();
    let saves = folder.join("saves");
    for (args, driver, expected) in [
        (vec!["--load", &damaged.to_string_lossy()], "dummy", "damaged.dms: byte 0: this is no snapshot"),
        (vec!["--load", "nowhere"], "dummy", "nowhere: it can't be opened: No such file"),
        (vec!["--keys", &keys.to_string_lossy()], "dummy", "there is no key `Nowhere`"),
        (vec!["--keys", "keys.tml"], "dummy", "keys.tml: there is no such file or folder"),
        (vec!["--record", "/nowhere/at/all"], "dummy", "can't record to /nowhere/at/all"),
        (vec![], "nosuchdriver", "there is no display here"),
    ] {
        let mut command = dormouse(&["play", "maps/cellar.tmx", "--ticks", "5"]);
        let run = command.args(&args).arg("--saves").arg(&saves).env("SDL_VIDEODRIVER", driver).output().unwrap();
        let told = String::from_utf8_lossy(&run.stderr);
        assert!(!run.status.success() && told.contains(expected), "{args:?}: {told}");
        assert_eq!(told.trim().lines().count(), 1, "{told}");
    }
    // Where nothing says what to draw on, nothing is drawn that nobody sees.
    let mut command = dormouse(&["play", "maps/cellar.tmx", "--ticks", "5"]);
    for known in ["DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "SDL_VIDEODRIVER"] {
        command.env_remove(known);
    }
    let run = command.arg("--saves").arg(&saves).output().unwrap();
    let told = String::from_utf8_lossy(&run.stderr);
    assert!(!run.status.success() && told.contains("there is no display here"), "{told}");
    // Without sound the game is played all the same.
    let mut command = dormouse(&["play", "maps/cellar.tmx", "--ticks", "5"]);
    command.arg("--saves").arg(&saves).env("SDL_VIDEODRIVER", "dummy").env("SDL_AUDIODRIVER", "nosuchdriver");
    done(&mut command);
    std::fs::remove_dir_all(folder).unwrap();
}
