//! How a run is shown: its lines to the standard output, its progress to the standard error, where that is a terminal.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use dormouse::{Output, OutputKind, World};
use serde_json::json;

/// See the module's comment.
pub struct Printer {
    out: BufWriter<io::Stdout>,
    json: bool,
    live: bool,
    shown: Option<Instant>,
}

impl Printer {
    pub fn new(json: bool) -> Self {
        // With the story on the same terminal a progress line would only flicker between its lines.
        let live = io::stderr().is_terminal() && !io::stdout().is_terminal();
        Printer { out: BufWriter::new(io::stdout()), json, live, shown: None }
    }

    pub fn line(&mut self, line: &Output) -> io::Result<()> {
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
        // What happened has a number, by which what it caused refers to it.
        let way = match (line.kind, line.happening, line.cause) {
            (OutputKind::Trace, Some(number), Some(cause)) => format!("  #{number} <- #{cause}"),
            (OutputKind::Trace, Some(number), None) => format!("  #{number}"),
            (_, Some(_), Some(cause)) => format!("  <- #{cause}"),
            _ => String::new(),
        };
        // Further lines of an error stand below its first one.
        let text = line.text.replace('\n', "\n       ");
        let (first, rest) =
            text.split_once('\n').map_or((&*text, String::new()), |(first, rest)| (first, format!("\n{rest}")));
        writeln!(self.out, "{:>6} {who}{mark}{first}{way}{rest}", line.tick)
    }

    pub fn hash(&mut self, tick: u64, hash: u64) -> io::Result<()> {
        if self.json {
            return writeln!(self.out, "{}", json!({ "tick": tick, "hash": format!("{hash:016x}") }));
        }
        writeln!(self.out, "hash {tick} {hash:016x}")
    }

    /// A snapshot was written. In text it goes to the standard error: what the world tells is the same with and
    /// without.
    pub fn saved(&mut self, tick: u64, file: &Path, bytes: usize) -> io::Result<()> {
        if self.json {
            writeln!(self.out, "{}", json!({ "tick": tick, "saved": file.display().to_string(), "bytes": bytes }))?;
            return self.out.flush();
        }
        self.clear();
        eprintln!("saved {tick} {} ({bytes} bytes)", file.display());
        Ok(())
    }

    /// At most ten times a second, once a run lasts longer than one.
    pub fn progress(&mut self, world: &World, ticks: u64) {
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

    fn clear(&mut self) {
        if self.shown.is_some() {
            eprint!("\r{:40}\r", "");
        }
    }

    /// Something about the run itself, for people.
    pub fn note(&mut self, text: &str) -> io::Result<()> {
        self.out.flush()?;
        self.clear();
        eprintln!("{text}");
        Ok(())
    }

    /// The closing summary of a run that began at this world time, in seconds.
    pub fn summary(&mut self, world: &World, since: f64, took: Duration, interrupted: bool) -> io::Result<()> {
        self.clear();
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
        let rate = if seconds > 0.0 { (world.time() - since) / seconds } else { 0.0 };
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
