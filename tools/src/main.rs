//! The `dormouse` command. Each subcommand is a file; this one only reads the command line.
//!
//! Exit codes: 0 when what was asked holds, 1 when it does not (errors in scripts or maps), 2 when the command itself
//! is wrong.

mod bench;
mod check;
mod play;
mod run;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Runs, checks and measures worlds of actors.
#[derive(Parser)]
#[command(name = "dormouse", version, about, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a map without a window, and print what its actors say and do
    Run(run::Args),
    /// Play a map in a window
    Play(play::Args),
    /// Find mistakes in maps and scripts before anything runs
    Check(check::Args),
    /// Measure, always against a baseline taken in the same run
    Bench(bench::Args),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Run(args) => run::run(&args),
        Command::Play(args) => play::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Bench(args) => bench::run(&args),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("dormouse: {error}");
            ExitCode::from(2)
        }
    }
}
