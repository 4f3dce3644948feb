//! `dormouse bench`.

use std::error::Error;

#[derive(clap::Args)]
pub struct Args {
    /// Which
    names: Vec<String>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    let _ = (&args.names, args.json);
    Err("not yet".into())
}
