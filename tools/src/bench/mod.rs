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

/// Each figure beside a baseline of the same run, since absolute ones say more about the machine than about us.
///
/// A ratio is the figure by its baseline: less is better. Its aim, where there is one, is what it must not exceed. What is
/// timed is the time that the thread spent on a processor.
#[derive(clap::Args)]
pub struct Args {
    /// What to measure; everything when none is named
    #[arg(value_name = "NAME", value_parser = clap::builder::PossibleValuesParser::new(BENCHES.map(|bench| {
        clap::builder::PossibleValue::new(bench.name).help(bench.what)
    })))]
    names: Vec<String>,
    /// Print one JSON object a line
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Print a table in Markdown, to be quoted
    #[arg(long)]
    markdown: bool,
    /// For the memory benchmark itself, which has each thing weighed in a process of its own
    #[arg(long, hide = true)]
    weigh: Option<memory::Weighed>,
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
    /// What the ratio must not exceed.
    #[serde(skip_serializing_if = "Option::is_none")]
    aim: Option<f64>,
}

impl Row {
    fn new(name: impl Into<String>, value: f64, unit: &'static str, against: impl Into<String>, baseline: f64) -> Row {
        let (name, against) = (name.into(), against.into());
        Row { name, value, unit, against, baseline, ratio: value / baseline, aim: None }
    }

    fn aim(self, aim: f64) -> Row {
        Row { aim: Some(aim), ..self }
    }
}

struct Bench {
    name: &'static str,
    /// For `--help`.
    what: &'static str,
    run: fn() -> Result<Vec<Row>, Box<dyn Error>>,
}

const BENCHES: [Bench; 16] = [
    Bench { name: "wake", what: "a tasklet that waits a tick, again and again", run: tasklets::wake },
    Bench { name: "idle", what: "a tick in which nobody is due", run: tasklets::idle },
    Bench { name: "spawn", what: "to be born, run and die", run: tasklets::spawn },
    Bench { name: "memory", what: "what a sleeping actor weighs", run: memory::memory },
    Bench { name: "raise", what: "an exception raised in a sleeper, which catches it", run: tasklets::raise },
    Bench { name: "event", what: "from tell to handleEvent", run: tasklets::event },
    Bench { name: "action", what: "an action with 0, 1 and 8 wires", run: worlds::action },
    Bench { name: "move", what: "10,000 moving boxes among 10,000 others", run: worlds::moving },
    Bench { name: "native", what: "what is done in Rust: a native tasklet, sort and gsub", run: tasklets::native },
    Bench { name: "image", what: "an image of the world, and going back to it", run: worlds::image },
    Bench { name: "snapshot", what: "a world in bytes, and back", run: snapshots::snapshot },
    Bench { name: "capture", what: "values and coroutines to bytes", run: capture::capture },
    Bench { name: "restore", what: "and back", run: capture::restore },
    Bench { name: "hibernate", what: "a million actors that sleep as bytes", run: hibernate::hibernate },
    Bench { name: "window", what: "what is to be seen, drawn and shown", run: window::window },
    Bench { name: "peers", what: "the same work in other systems, where they are installed", run: peers::peers },
];

/// Prints a table, or JSON.
pub fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    if cfg!(debug_assertions) {
        eprintln!("this is a debug build: its figures mean nothing; use cargo run --release");
    }
    let mut out = io::stdout();
    if let Some(what) = args.weigh {
        writeln!(out, "{}", serde_json::to_string(&memory::weigh(what)?)?)?;
        return Ok(true);
    }
    if args.markdown {
        writeln!(out, "{}\n", machine())?;
        writeln!(out, "| | Dormouse | | its figure | ratio | aim | against |\n|---|--:|---|--:|--:|--:|---|")?;
    } else if !args.json {
        writeln!(out, "{}", machine())?;
        let [name, value, unit, baseline, ratio, aim] = ["name", "value", "unit", "baseline", "ratio", "aim"];
        writeln!(out, "{name:40} {value:>9} {unit:4} {baseline:>9} {ratio:>7} {aim:>6}  against")?;
    }
    for bench in BENCHES {
        if !args.names.is_empty() && !args.names.iter().any(|wanted| wanted == bench.name) {
            continue;
        }
        for row in (bench.run)().map_err(|error| format!("{}: {error}", bench.name))? {
            print(&row, args)?;
        }
    }
    Ok(true)
}

fn print(row: &Row, args: &Args) -> io::Result<()> {
    let mut out = io::stdout();
    if args.json {
        return writeln!(out, "{}", serde_json::to_string(row)?);
    }
    let number = |value: f64| if value >= 1000.0 { format!("{value:.0}") } else { format!("{value:.1}") };
    let Row { name, unit, against, ratio, .. } = row;
    let (value, baseline) = (number(row.value), number(row.baseline));
    let aim = row.aim.map_or_else(String::new, |aim| format!("{aim:.1}x"));
    match args.markdown {
        true => writeln!(out, "| {name} | {value} | {unit} | {baseline} | {ratio:.2}x | {aim} | {against} |"),
        false => writeln!(out, "{name:40} {value:>9} {unit:4} {baseline:>9} {ratio:>6.2}x {aim:>6}  {against}"),
    }
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
