//! `dormouse run`: a map lives in the terminal.

use std::error::Error;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dormouse::input::Inputs;
use dormouse::map::Map;
use dormouse::{Config, Output, OutputKind, Scripts, World, WorldError};
use serde_json::json;

#[derive(clap::Args)]
pub struct Args {
    /// The map: a Tiled .tmx file
    map: PathBuf,
    /// The folder of actor classes
    #[arg(long, default_value = "scripts", value_name = "DIR")]
    scripts: PathBuf,
    /// How many ticks to run (60 are a second of world time)
    #[arg(long, default_value_t = 3600, value_name = "N")]
    ticks: u64,
    /// The seed of the world's random numbers
    #[arg(long, default_value_t = 0, value_name = "S")]
    seed: u64,
    /// Inputs by tick: a text file with lines such as `10 key 1 right down` or `40 action door_a.Close`
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Also print actions, wires, events and collisions
    #[arg(long)]
    trace: bool,
    /// Print the world's hash every N ticks
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    hash_every: Option<u64>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// True when the world ran; errors of its actors are told, but end nothing.
pub fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    let scripts = Scripts::read(&args.scripts)?;
    let map = Map::load(&args.map)?;
    let mut inputs = match &args.input {
        Some(file) => {
            let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
            Inputs::parse(&text, file)?
        }
        None => Inputs::default(),
    };
    let config = Config { seed: args.seed, ..Config::default() };
    let mut world = match World::with_map(&config, &scripts, &map) {
        Ok(world) => world,
        Err(error @ (WorldError::Scripts(_) | WorldError::Map(_))) => {
            eprintln!("{error}");
            return Ok(false);
        }
        Err(error) => return Err(error.into()),
    };
    world.set_tracing(args.trace);
    let stop = stop_flag()?;
    let mut printer = Printer::new(args);
    let began = Instant::now();
    while world.now() < args.ticks && !stop.load(Ordering::Relaxed) {
        world.tick(&inputs.take(world.now() + 1));
        for line in world.take_output() {
            printer.line(&line)?;
        }
        if args.hash_every.is_some_and(|every| world.now().is_multiple_of(every)) {
            let (tick, hash) = (world.now(), world.hash());
            printer.hash(tick, hash)?;
        }
        printer.progress(&world, args.ticks);
    }
    printer.summary(&world, began.elapsed(), world.now() < args.ticks)?;
    Ok(true)
}

/// Set when the user wants it to end; a second Ctrl-C ends it at once.
fn stop_flag() -> Result<Arc<AtomicBool>, ctrlc::Error> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = stop.clone();
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    })?;
    Ok(stop)
}

/// Writes to the standard output; progress goes to the standard error, where that is a terminal.
struct Printer {
    out: BufWriter<io::Stdout>,
    json: bool,
    live: bool,
    shown: Option<Instant>,
}

impl Printer {
    fn new(args: &Args) -> Self {
        // With the story on the same terminal a progress line would only flicker between its lines.
        let live = io::stderr().is_terminal() && !io::stdout().is_terminal();
        Printer { out: BufWriter::new(io::stdout()), json: args.json, live, shown: None }
    }

    fn line(&mut self, line: &Output) -> io::Result<()> {
        if self.json {
            let json = serde_json::to_string(line).map_err(io::Error::other)?;
            return writeln!(self.out, "{json}");
        }
        let mark = match line.kind {
            OutputKind::Say => ": ",
            OutputKind::Log => " | ",
            OutputKind::Error => " ERROR ",
            OutputKind::Trace => " . ",
        };
        let who = if line.actor.is_empty() { "world" } else { &line.actor };
        // Further lines of an error stand below its first one.
        writeln!(self.out, "{:>6} {who}{mark}{}", line.tick, line.text.replace('\n', "\n       "))
    }

    fn hash(&mut self, tick: u64, hash: u64) -> io::Result<()> {
        if self.json {
            return writeln!(self.out, "{}", json!({ "tick": tick, "hash": format!("{hash:016x}") }));
        }
        writeln!(self.out, "hash {tick} {hash:016x}")
    }

    /// At most ten times a second, once a run lasts longer than one.
    fn progress(&mut self, world: &World, ticks: u64) {
        if !self.live || !world.now().is_multiple_of(16) {
            return;
        }
        let shown = *self.shown.get_or_insert_with(|| Instant::now() + Duration::from_secs(1));
        if Instant::now() < shown {
            return;
        }
        self.shown = Some(Instant::now() + Duration::from_millis(100));
        eprint!("\r{:3} %  tick {} of {ticks} ", world.now() * 100 / ticks.max(1), world.now());
    }

    fn summary(&mut self, world: &World, took: Duration, interrupted: bool) -> io::Result<()> {
        if self.shown.is_some() {
            eprint!("\r{:40}\r", "");
        }
        let summary = world.summary();
        if self.json {
            let mut json = json!({ "summary": summary, "seconds": took.as_secs_f64(), "interrupted": interrupted });
            json["peak_memory"] = json!(peak_memory());
            writeln!(self.out, "{json}")?;
            return self.out.flush();
        }
        let seconds = took.as_secs_f64();
        let out = &mut self.out;
        writeln!(out)?;
        if interrupted {
            writeln!(out, "interrupted at tick {}", summary.ticks)?;
        }
        writeln!(out, "ticks    {:>12}   {:.1} s of world time", summary.ticks, world.time())?;
        writeln!(out, "actors   {:>12}   {} ever spawned", summary.actors, summary.spawned)?;
        writeln!(out, "tasklets {:>12}   asleep", summary.tasklets)?;
        writeln!(out, "wakes    {:>12}", summary.wakes)?;
        writeln!(out, "events   {:>12}", summary.events)?;
        writeln!(out, "wires    {:>12}   fired", summary.wires)?;
        writeln!(out, "errors   {:>12}", summary.errors)?;
        let rate = if seconds > 0.0 { world.time() / seconds } else { 0.0 };
        writeln!(out, "time     {:>11.2}s   {rate:.0} times as fast as the world's own clock", seconds)?;
        writeln!(out, "memory   {:>9.1}MiB   in use by the scripts' heap", summary.memory as f64 / f64::from(1 << 20))?;
        self.out.flush()
    }
}

/// Bytes that this process took at most, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? * 1024)
}
