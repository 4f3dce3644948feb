//! The `dormouse` command. Each subcommand is a file; this one only reads the command line.
//!
//! Exit codes: 0 when what was asked holds, 1 when it does not (errors in scripts or maps), 2 when the command itself
//! is wrong.

mod bench;
mod check;
mod diff;
mod inspect;
mod names;
mod play;
mod report;
mod run;
mod script;
mod snapshots;
mod types;
mod view;

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
    /// Go on from a snapshot
    Resume(run::ResumeArgs),
    /// Show what is in a snapshot: every actor, and every line that sleeps
    Inspect(inspect::Args),
    /// Show what two snapshots do not have in common
    Diff(diff::Args),
    /// Find mistakes in maps and scripts before anything runs
    Check(check::Args),
    /// Write what editors need: types of the scripts for luau-lsp, property types for Tiled
    Types(types::Args),
    /// Run a plain Luau program; put it to sleep in a file and resume it in another process
    Script(script::Args),
    /// Measure, always against a baseline taken in the same run
    Bench(bench::Args),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Run(args) => run::run(&args),
        Command::Play(args) => play::run(&args),
        Command::Resume(args) => run::resume(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Types(args) => types::run(&args),
        Command::Script(args) => script::run(&args),
        Command::Bench(args) => bench::run(&args),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        // Whoever read our output has enough of it (`dormouse inspect x | head`).
        Err(error) if is_broken_pipe(error.as_ref()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dormouse: {error}");
            ExitCode::from(2)
        }
    }
}

fn is_broken_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
