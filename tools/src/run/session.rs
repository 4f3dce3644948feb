//! A world that runs in the terminal, from a map or from a snapshot: tick by tick, with its inputs, its output, its
//! hashes and its snapshots.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use dormouse::World;
use dormouse::input::Inputs;
use dormouse::snapshot::MapOrigin;

use super::printer::Printer;
use super::saves::{SaveAt, Saves};
use super::sync::Sync;

/// What `run` and `resume` have in common.
#[derive(clap::Args)]
pub struct Going {
    /// Inputs by tick: a text file with lines such as `10 key 1 right down` or `40 action door_a.Close`
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Also print actions, wires, events and collisions
    #[arg(long)]
    pub trace: bool,
    /// Print the world's hash every N ticks
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub hash_every: Option<u64>,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
    /// Write a snapshot of the world after a tick; may be given more than once
    #[arg(long, value_name = "TICK=FILE")]
    pub save_at: Vec<SaveAt>,
    /// Every N ticks (1, when not said) put the world into bytes, go on with what they give in a fresh VM, and compare
    /// it with a world that was left alone; ends with what differs
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "1",
          value_parser = clap::value_parser!(u64).range(1..))]
    pub sync_test: Option<u64>,
}

/// See the module's comment.
pub struct Session<'a> {
    world: World,
    going: &'a Going,
    /// The tick at which it ends.
    until: u64,
    inputs: Inputs,
    saves: Saves,
    sync: Option<Sync>,
}

impl<'a> Session<'a> {
    pub fn new(mut world: World, going: &'a Going, until: u64, map: Option<MapOrigin>) -> Result<Self, Box<dyn Error>> {
        let inputs = match &going.input {
            Some(file) => {
                let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
                Inputs::parse(&text, file)?
            }
            None => Inputs::default(),
        };
        let saves = Saves::new(&going.save_at, world.now(), until, map)?;
        world.set_tracing(going.trace);
        Ok(Session { world, going, until, inputs, saves, sync: None })
    }

    /// A world in the same state, to compare with as `--sync-test` says.
    pub fn shadow(&mut self, world: World) {
        self.sync = self.going.sync_test.map(|every| Sync::new(world, every));
    }

    /// Runs it to its end. False when a comparison failed.
    pub fn run(mut self) -> Result<bool, Box<dyn Error>> {
        let stop = stop_flag()?;
        let mut printer = Printer::new(self.going.json);
        let (began, since) = (Instant::now(), self.world.time());
        self.save(&mut printer)?;
        while self.world.now() < self.until && !stop.load(Ordering::Relaxed) {
            let inputs = self.inputs.take(self.world.now() + 1);
            self.world.tick(&inputs);
            for line in self.world.take_output() {
                printer.line(&line)?;
            }
            if let Some(sync) = &mut self.sync
                && let Some(difference) = sync.tick(&mut self.world, &inputs, self.going.trace)?
            {
                printer.note(&difference)?;
                return Ok(false);
            }
            let tick = self.world.now();
            if self.going.hash_every.is_some_and(|every| tick.is_multiple_of(every)) {
                printer.hash(tick, self.world.hash())?;
            }
            self.save(&mut printer)?;
            printer.progress(&self.world, self.until);
        }
        printer.summary(&self.world, since, began.elapsed(), self.world.now() < self.until)?;
        Ok(true)
    }

    fn save(&mut self, printer: &mut Printer) -> Result<(), Box<dyn Error>> {
        for (file, bytes) in self.saves.make(&mut self.world)? {
            printer.saved(self.world.now(), &file, bytes)?;
        }
        Ok(())
    }
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
