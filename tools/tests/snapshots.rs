//! The command's snapshots, as a user has them: one process saves and ends, another goes on.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn repo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A folder of this test's own, gone when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("dormouse-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn dormouse(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dormouse")).current_dir(repo()).args(args).output().unwrap()
}

/// The standard output of a command that does what it is asked.
fn out(args: &[&str]) -> String {
    let output = dormouse(args);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{args:?}\n{text}\n{}", String::from_utf8_lossy(&output.stderr));
    text
}

fn err(args: &[&str], code: i32) -> String {
    let output = dormouse(args);
    assert_eq!(output.status.code(), Some(code), "{args:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Everything but the closing summary, from a tick on. The numbers by which a trace tells what caused what begin anew
/// with every process: they are left out.
fn story(text: &str, after: u64) -> Vec<&str> {
    let told = text.lines().take_while(|line| !line.is_empty());
    let told = told
        .map(|line| line.split("  #").next().unwrap_or(line))
        .map(|line| line.split("  <- #").next().unwrap_or(line));
    let tick = |line: &str| {
        let mut words = line.split_whitespace();
        let first = words.next()?;
        if first == "hash" { words.next()?.parse().ok() } else { first.parse::<u64>().ok() }
    };
    // Happenings are counted from where a run begins.
    let unnumbered = |line: &'_ str| line.rfind("  #").or_else(|| line.rfind("  <- #")).unwrap_or(line.len());
    told.skip_while(|line| tick(line).is_none_or(|tick| tick <= after)).map(|line| &line[..unnumbered(line)]).collect()
}

/// The same story, or the first line in which it differs.
fn assert_same(one: &str, other: &str, after: u64) {
    let (one, other) = (story(one, after), story(other, after));
    let differ = one.iter().zip(&other).find(|(a, b)| a != b);
    assert_eq!(differ, None, "after tick {after}");
    assert_eq!(one.len(), other.len(), "after tick {after}");
    assert!(!one.is_empty());
}

#[test]
fn a_saved_castle_goes_on_as_one_that_was_not() {
    let folder = Folder::new("straight");
    let run = ["run", "maps/keep.tmx", "--ticks", "1200", "--hash-every", "60", "--trace"];
    let straight = out(&run);
    let mut saving = run.to_vec();
    let ticks = [0u64, 1, 137, 500, 1111];
    let saves: Vec<String> =
        ticks.iter().map(|tick| format!("{tick}={}", folder.file(&format!("{tick}.dms")))).collect();
    saves.iter().for_each(|save| saving.extend(["--save-at", save]));
    // Saving disturbs nothing.
    assert_same(&straight, &out(&saving), 0);
    for tick in ticks {
        let file = folder.file(&format!("{tick}.dms"));
        let resumed = out(&["resume", &file, "--ticks", "1200", "--hash-every", "60", "--trace"]);
        assert_same(&straight, &resumed, tick);
    }
}

#[test]
fn a_save_needs_neither_map_nor_scripts() {
    let folder = Folder::new("alone");
    let file = folder.file("game.dms");
    let straight =
        out(&["run", "maps/cellar.tmx", "--ticks", "300", "--hash-every", "300", "--save-at", &format!("99={file}")]);
    let resume = Command::new(env!("CARGO_BIN_EXE_dormouse"))
        .current_dir(&folder.0)
        .args(["resume", "game.dms", "--ticks", "300", "--hash-every", "300"])
        .output()
        .unwrap();
    assert_same(&straight, &String::from_utf8(resume.stdout).unwrap(), 99);
}

#[test]
fn every_map_passes_its_sync_test() {
    for (map, ticks, every) in
        [("keep", "90", "1"), ("keep", "900", "113"), ("cellar", "60", "1"), ("relay", "60", "1"), ("swarm", "4", "2")]
    {
        let sync = format!("--sync-test={every}");
        out(&["run", &format!("maps/{map}.tmx"), "--ticks", ticks, &sync]);
    }
}

#[test]
fn inspect_shows_the_lines_that_sleep() {
    let folder = Folder::new("inspect");
    let file = folder.file("game.dms");
    out(&["run", "maps/keep.tmx", "--ticks", "500", "--save-at", &format!("500={file}")]);
    let all = out(&["inspect", &file]);
    assert!(all.contains("keep (maps/keep.tmx) after tick 500 (8.3 s of world time), seed 0"), "{all}");
    for section in ["META", "CODE", "srcs", "WRLD", "HEAP"] {
        assert!(all.contains(section), "{section}");
    }
    let json: serde_json::Value = serde_json::from_str(&out(&["inspect", &file, "--json"])).unwrap();
    let actors = json["actors"].as_object().unwrap();
    assert!(actors.len() > 60);
    let asleep = actors.values().flat_map(|actor| actor["tasklets"].as_array().unwrap());
    let frames: Vec<_> = asleep.flat_map(|task| task["frames"].as_array().unwrap()).collect();
    assert!(
        frames
            .iter()
            .all(|frame| frame["file"].as_str().unwrap().starts_with("scripts/") && frame["line"].as_u64() > Some(0))
    );
    let (name, actor) =
        actors.iter().find(|(_, actor)| actor["tasklets"].as_array().is_some_and(|t| !t.is_empty())).unwrap();
    let one = out(&["inspect", &file, "--actor", name]);
    let frame = &actor["tasklets"][0]["frames"][0];
    assert!(one.contains(&format!("{}:{}", frame["file"].as_str().unwrap(), frame["line"])), "{one}");
    let error = err(&["inspect", &file, "--actor", &format!("{name}x")], 2);
    assert!(error.contains(&format!("did you mean `{name}`?")), "{error}");
}

#[test]
fn inspect_and_diff_see_who_hibernates() {
    let folder = Folder::new("hibernates");
    let file = folder.file("game.dms");
    out(&["run", "maps/keep.tmx", "--ticks", "850", "--save-at", &format!("850={file}")]);
    let json: serde_json::Value = serde_json::from_str(&out(&["inspect", &file, "--json"])).unwrap();
    let asleep: Vec<&str> = json["hibernated"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let cat = asleep.iter().find(|name| name.starts_with("cat")).expect("a cat hibernates");
    assert!(asleep.iter().any(|name| name.starts_with("chest")), "{asleep:?}");
    let one = out(&["inspect", &file, "--actor", cat]);
    assert!(one.contains("\n  hibernates\n") && one.contains("field   look = \"asleep\""), "{one}");
    assert!(one.contains("scripts/cat.luau:") && one.contains("in run"), "{one}");
    assert!(out(&["inspect", &file]).contains(&format!("({} hibernate)", asleep.len())));
    assert!(out(&["diff", &file, &file]).contains("the worlds are the same"));
}

#[test]
fn diff_tells_what_differs() {
    let folder = Folder::new("diff");
    let (a, b) = (folder.file("a.dms"), folder.file("b.dms"));
    let saves = [format!("100={a}"), format!("101={b}")];
    out(&["run", "maps/cellar.tmx", "--ticks", "101", "--save-at", &saves[0], "--save-at", &saves[1]]);
    assert!(out(&["diff", &a, &a]).contains("the worlds are the same"));
    let differ = dormouse(&["diff", &a, &b]);
    assert_eq!(differ.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&differ.stdout).contains("tick: 100 | 101"));
    let json = dormouse(&["diff", &a, &b, "--json"]);
    let last: serde_json::Value =
        serde_json::from_slice(json.stdout.split(|b| *b == b'\n').rev().nth(1).unwrap()).unwrap();
    assert_eq!(last["same"], false);
}

#[test]
fn what_is_wrong_is_said() {
    let folder = Folder::new("wrong");
    let file = folder.file("game.dms");
    out(&["run", "maps/cellar.tmx", "--ticks", "50", "--save-at", &format!("50={file}")]);
    let never = |args: &[&str], text: &str| {
        let error = err(args, 2);
        assert!(error.contains(text), "{args:?}: {error}");
    };
    never(&["resume", &file, "--ticks", "10"], "is at tick 50 already");
    never(&["resume", &file, "--save-at", "20=x"], "the world is at tick 50 already");
    never(&["run", "maps/cellar.tmx", "--save-at", "9000=x"], "the run ends at tick 3600");
    never(&["run", "maps/cellar.tmx", "--save-at", "nine=x"], "write the tick, `=` and the file");
    never(&["resume", "maps/cellar.tmx"], "this is a map, not a snapshot");
    never(&["inspect", &folder.file("none.dms")], "it can't be opened");
    never(&["run", "maps/cellar.tmx", "--ticks", "1", "--save-at", "1=/nowhere/x.dms"], "/nowhere");
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    never(&["resume", &file], "its checksum does not fit it: the file was damaged; take another copy");
    std::fs::write(&file, &bytes[..middle]).unwrap();
    never(&["inspect", &file], "the file was cut off");
}

#[test]
fn edited_scripts_are_listed() {
    let folder = Folder::new("edited");
    let file = folder.file("game.dms");
    let scripts = folder.0.join("scripts");
    std::fs::create_dir(&scripts).unwrap();
    let lamp = "local Lamp = actor 'Lamp' {}\nfunction Lamp:run()\n    while true do\n        wait(10)\n    end\nend\nreturn Lamp";
    std::fs::write(scripts.join("lamp.luau"), lamp).unwrap();
    let map = folder.0.join("one.tmx");
    std::fs::write(
        &map,
        r#"<?xml version="1.0" encoding="UTF-8"?>
<map version="1.10" orientation="orthogonal" width="4" height="4" tilewidth="16" tileheight="16" infinite="0">
 <objectgroup id="1"><object id="1" name="lamp_1" type="Lamp" x="8" y="8" width="8" height="8"/></objectgroup>
</map>"#,
    )
    .unwrap();
    let (map, folder_of) = (map.display().to_string(), scripts.display().to_string());
    out(&["run", &map, "--scripts", &folder_of, "--ticks", "5", "--save-at", &format!("5={file}")]);
    std::fs::write(scripts.join("lamp.luau"), lamp.replace("10", "20")).unwrap();
    // The text in it is used where the scripts have changed.
    out(&["resume", &file, "--scripts", &folder_of, "--ticks", "50"]);
    std::fs::remove_file(scripts.join("lamp.luau")).unwrap();
    std::fs::write(scripts.join("other.luau"), "return actor 'Other' {}").unwrap();
    let error = err(&["resume", &file, "--scripts", &folder_of], 1);
    assert!(error.contains("lamp_1: scripts: there is no class Lamp any more"), "{error}");
}
