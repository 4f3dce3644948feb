//! `dormouse bench`: each figure next to a baseline that was taken in the same run, since absolute ones say more about
//! the machine than about us.

mod capture;
mod hibernate;
mod measure;
mod memory;
mod peers;
mod snapshots;
mod subject;
mod tasklets;
mod window;
mod worlds;

use std::error::Error;
use std::io::{self, Write};

use serde::Serialize;

#[derive(clap::Args)]
pub struct Args {
    /// wake, idle, spawn, memory, raise, event, action, move, native, image, snapshot, capture, restore, hibernate, window, peers; all of them when none is named
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// A figure.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    value: f64,
    unit: &'static str,
    /// What it is compared with, and its figure.
    against: String,
    baseline: f64,
    /// Value by baseline: less is better, 1 is as good.
    ratio: f64,
}

impl Row {
    fn new(name: impl Into<String>, value: f64, unit: &'static str, against: impl Into<String>, baseline: f64) -> Row {
        Row { name: name.into(), value, unit, against: against.into(), baseline, ratio: value / baseline }
    }
}

type Bench = fn() -> Result<Vec<Row>, Box<dyn Error>>;

const BENCHES: [(&str, Bench); 16] = [
    ("wake", tasklets::wake),
    ("idle", tasklets::idle),
    ("spawn", tasklets::spawn),
    ("memory", memory::memory),
    ("raise", tasklets::raise),
    ("event", tasklets::event),
    ("action", worlds::action),
    ("move", worlds::moving),
    ("native", tasklets::native),
    ("image", worlds::image),
    ("snapshot", snapshots::snapshot),
    ("capture", capture::capture),
    ("restore", capture::restore),
    ("hibernate", hibernate::hibernate),
    ("window", window::window),
    ("peers", peers::peers),
];

/// Prints a table, or JSON.
pub fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    if let Some(unknown) = args.names.iter().find(|name| !BENCHES.iter().any(|(known, _)| known == name)) {
        let known: Vec<&str> = BENCHES.iter().map(|(name, _)| *name).collect();
        return Err(format!("there is no benchmark `{unknown}`; there are {}", known.join(", ")).into());
    }
    if cfg!(debug_assertions) {
        eprintln!("this is a debug build: its figures mean nothing; use cargo run --release");
    }
    if !args.json {
        let mut out = io::stdout();
        writeln!(out, "{}", machine())?;
        writeln!(out, "{:32} {:>12} {:5} {:>12} {:>7}  against", "name", "value", "unit", "baseline", "ratio")?;
    }
    for (name, bench) in BENCHES {
        if !args.names.is_empty() && !args.names.iter().any(|wanted| wanted == name) {
            continue;
        }
        for row in bench().map_err(|error| format!("{name}: {error}"))? {
            print(&row, args.json)?;
        }
    }
    Ok(true)
}

fn print(row: &Row, json: bool) -> io::Result<()> {
    let mut out = io::stdout();
    if json {
        return writeln!(out, "{}", serde_json::to_string(row)?);
    }
    let number = |value: f64| if value >= 1000.0 { format!("{value:.0}") } else { format!("{value:.1}") };
    writeln!(
        out,
        "{:32} {:>12} {:5} {:>12} {:>6.2}x  {}",
        row.name,
        number(row.value),
        row.unit,
        number(row.baseline),
        row.ratio,
        row.against
    )
}

/// What the figures were taken on.
fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    format!("{}, {cores} cores, {}, {build} build", cpu.unwrap_or_else(|| "unknown CPU".into()), std::env::consts::OS)
}
