//! `dormouse resume`: a snapshot goes on.

use std::error::Error;
use std::path::PathBuf;

use super::session::{Going, Session};
use crate::snapshots;

#[derive(clap::Args)]
pub struct Args {
    /// The snapshot
    file: PathBuf,
    /// The folder of actor classes; without it the folder `scripts`, or the text in the snapshot where that is not there
    #[arg(long, value_name = "DIR")]
    scripts: Option<PathBuf>,
    /// The tick at which to end, counted from the world's birth as in `run`; without it 3600 from where it is
    #[arg(long, value_name = "N")]
    ticks: Option<u64>,
    #[command(flatten)]
    going: Going,
}

/// True when the world ran.
pub fn resume(args: &Args) -> Result<bool, Box<dyn Error>> {
    let opened = match snapshots::open(&args.file, args.scripts.as_deref())? {
        Ok(opened) => opened,
        Err(lost) => {
            eprintln!("{lost}");
            return Ok(false);
        }
    };
    let meta = opened.summary.meta.clone();
    let until = args.ticks.unwrap_or(meta.tick + 3600);
    if until < meta.tick {
        let (file, tick) = (args.file.display(), meta.tick);
        return Err(format!("{file} is at tick {tick} already; --ticks {until} counts from the world's birth").into());
    }
    let mut session = Session::new(opened.world, &args.going, until, meta.map)?;
    if args.going.sync_test.is_some()
        && let Ok(twin) = snapshots::open(&args.file, args.scripts.as_deref())?
    {
        session.shadow(twin.world);
    }
    session.run()
}
