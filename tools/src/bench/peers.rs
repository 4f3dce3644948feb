//! The same work in other systems: small programs in `tools/peers`, each run where its language is installed.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::Row;
use super::measure::{Done, nanoseconds, timed};
use super::subject::{ASLEEP, PerTick, ticks, world_of};

/// A peer: its name, how it is begun, what it needs.
struct Peer {
    name: &'static str,
    command: Vec<String>,
}

/// How many tasks, and for how many ticks.
const COUNTS: [(usize, usize); 2] = [(1_000, 300), (100_000, 5)];

pub fn peers() -> Result<Vec<Row>, Box<dyn Error>> {
    let Some(folder) = folder() else {
        eprintln!("peers: tools/peers is not here; run this in the repository");
        return Ok(Vec::new());
    };
    let peers = installed(&folder);
    if peers.is_empty() {
        eprintln!("peers: none is installed; tools/setup --peers installs them");
    }
    let mut rows = Vec::new();
    for (count, ticks) in COUNTS {
        let ours = our_wake(count)?;
        compare(
            &mut rows,
            &peers,
            &format!("wake, {count} tasks"),
            ours,
            "ns",
            &["wake", &count.to_string(), &ticks.to_string()],
        );
    }
    compare(&mut rows, &peers, "spawn, run, die", our_spawn()?, "ns", &["spawn", "100000"]);
    compare(&mut rows, &peers, "memory of a sleeper", our_memory()?, "B", &["memory", "100000"]);
    Ok(rows)
}

fn compare(rows: &mut Vec<Row>, peers: &[Peer], name: &str, ours: f64, unit: &'static str, args: &[&str]) {
    for peer in peers {
        match ask(peer, args) {
            Ok((value, version)) => {
                let row = Row::new(name, ours, unit, format!("{} ({version})", peer.name), value);
                // Memory is compared, but was not promised.
                rows.push(if unit == "ns" { row.aim(1.0) } else { row });
            }
            Err(error) => eprintln!("peers: {} {}: {error}", peer.name, args.join(" ")),
        }
    }
}

fn ask(peer: &Peer, args: &[&str]) -> Result<(f64, String), Box<dyn Error>> {
    let (program, first) = peer.command.split_first().ok_or("no command")?;
    let output = Command::new(program).args(first).args(args).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned().into());
    }
    let line = String::from_utf8(output.stdout)?;
    let json: Value = serde_json::from_str(line.lines().last().unwrap_or_default())?;
    let value = json["value"].as_f64().ok_or("no value")?;
    Ok((value, json["version"].as_str().unwrap_or_default().to_owned()))
}

/// `tools/peers`, from the current folder or next to where this was built.
fn folder() -> Option<PathBuf> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    [PathBuf::from("tools/peers"), built].into_iter().find(|folder| folder.is_dir())
}

fn installed(folder: &Path) -> Vec<Peer> {
    let path = |name: &str| folder.join(name).display().to_string();
    let venv = path(".venv/bin/python");
    let python = if Path::new(&venv).exists() { venv } else { "python3".to_owned() };
    let works =
        |program: &str, args: &[&str]| Command::new(program).args(args).output().is_ok_and(|out| out.status.success());
    let mut peers = Vec::new();
    let mut add = |name, found: bool, command: &[&str]| {
        if found {
            peers.push(Peer { name, command: command.iter().map(|part| (*part).to_owned()).collect() });
        }
    };
    add("LuaJIT, bare round robin", works("luajit", &["-v"]), &["luajit", &path("luajit_roundrobin.lua")]);
    add("LuaJIT, timer library", works("luajit", &["-v"]), &["luajit", &path("luajit_timer.lua")]);
    add("greenlet", works(&python, &["-c", "import greenlet"]), &[&python, &path("greenlets.py")]);
    add("asyncio", works(&python, &["--version"]), &[&python, &path("asyncio_sleep.py")]);
    add("Go", works("go", &["version"]), &["go", "run", &path("goroutines.go")]);
    add("BEAM", works("escript", &[&path("beam.erl"), "wake", "1", "1"]), &["escript", &path("beam.erl")]);
    peers
}

/// Nanoseconds of a wake here.
fn our_wake(count: usize) -> Result<f64, Box<dyn Error>> {
    let mut world = world_of(count, "function Subject:run() local count = 0 while true do count += 1 wait(1) end end")?;
    let rounds = (200_000 / count).max(2);
    let each = PerTick { wakes: count, ..PerTick::default() };
    Ok(nanoseconds(repeat(|| ticks(&mut world, rounds, each))?, rounds * count))
}

fn our_spawn() -> Result<f64, Box<dyn Error>> {
    let mut world = world_of(
        1,
        "local function die() end
        function Subject:run() while true do for i = 1, 1000 do start(die) end wait(1) end end",
    )?;
    let each = PerTick { wakes: 1001, ..PerTick::default() };
    Ok(nanoseconds(repeat(|| ticks(&mut world, 10, each))?, 10_000))
}

fn repeat(mut turn: impl FnMut() -> Done) -> Result<f64, Box<dyn Error>> {
    turn()?;
    // The median of five, as the peers' own.
    let mut times = (0..5).map(|_| timed(&mut turn)).collect::<Result<Vec<f64>, _>>()?;
    times.sort_by(f64::total_cmp);
    Ok(times[2])
}

/// Bytes of a tasklet that waits, by the runtime's own count.
fn our_memory() -> Result<f64, Box<dyn Error>> {
    const COUNT: usize = 100_000;
    let empty = world_of(0, ASLEEP)?.heap();
    let mut world = world_of(COUNT, ASLEEP)?;
    world.collect();
    Ok((world.heap() - empty) as f64 / COUNT as f64)
}
