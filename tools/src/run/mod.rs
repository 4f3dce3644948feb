//! `dormouse run`: a map lives in the terminal. And `dormouse resume`: it goes on from a snapshot.

mod printer;
mod resume;
mod saves;
mod session;
mod sync;

use std::error::Error;
use std::path::PathBuf;

use dormouse::map::Map;
use dormouse::snapshot::MapOrigin;
use dormouse::{Config, World, WorldError};

pub use resume::{Args as ResumeArgs, resume};
use session::{Going, Session};

use crate::names;
use crate::view::{self, Show};

#[derive(clap::Args)]
pub struct Args {
    /// The map: a Tiled .tmx file
    map: PathBuf,
    /// The folder of actor classes
    #[arg(long, default_value = "scripts", value_name = "DIR")]
    scripts: PathBuf,
    /// How many ticks to run (60 are a second of world time); 3600, or with --view as many as you like
    #[arg(long, value_name = "N")]
    ticks: Option<u64>,
    /// The seed of the world's random numbers
    #[arg(long, default_value_t = 0, value_name = "S")]
    seed: u64,
    /// Show it in the terminal, at its own pace; ? lists the keys
    #[arg(long, conflicts_with_all = ["trace", "hash_every", "json", "save_at", "sync_test"])]
    view: bool,
    /// Write all inputs of the view, for --input
    #[arg(long, value_name = "FILE", requires = "view")]
    record: Option<PathBuf>,
    #[command(flatten)]
    going: Going,
}

/// True when the world ran; errors of its actors are told, but end nothing.
pub fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    if args.view {
        return view::run(&Show {
            stop: view::stop_flag()?,
            map: &args.map,
            scripts: &args.scripts,
            seed: args.seed,
            input: args.going.input.as_deref(),
            record: args.record.as_deref(),
            until: args.ticks,
        });
    }
    for path in [&args.map].into_iter().chain(&args.going.input) {
        names::must_exist(path)?;
    }
    let scripts = names::read_scripts(&args.scripts)?;
    let map = Map::load(&args.map)?;
    let config = Config { seed: args.seed, ..Config::default() };
    let make = || World::with_map(&config, &scripts, &map);
    let world = match make() {
        Ok(world) => world,
        Err(error @ (WorldError::Scripts(_) | WorldError::Map(_))) => {
            eprintln!("{error}");
            return Ok(false);
        }
        Err(error) => return Err(error.into()),
    };
    let origin = MapOrigin {
        name: map.name.clone(),
        path: args.map.display().to_string(),
        hash: dormouse::snapshot::hash(&std::fs::read(&args.map)?),
    };
    let mut session = Session::new(world, &args.going, args.ticks.unwrap_or(3600), Some(origin))?;
    if args.going.sync_test.is_some() {
        session.shadow(make()?);
    }
    session.run()
}
