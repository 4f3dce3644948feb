//! Opening snapshots for the commands that take one.

use std::collections::HashSet;
use std::error::Error;
use std::path::Path;

use dormouse::snapshot::{RestoreError, Summary, read_file};
use dormouse::{ActorId, Config, Scripts, World};

use crate::names;

/// A snapshot with its world.
pub struct Opened {
    pub summary: Summary,
    pub world: World,
    /// Those who hibernated in it and were woken to be looked at.
    pub asleep: HashSet<ActorId>,
    /// Bytes of the file.
    pub size: usize,
}

/// The scripts to restore with: those of a folder that was asked for; else the folder `scripts`, if it is there; else
/// the text in the snapshot.
fn scripts_for(summary: &Summary, folder: Option<&Path>) -> Result<Scripts, Box<dyn Error>> {
    let usual = Path::new("scripts");
    match (folder, &summary.archive) {
        (Some(folder), _) => names::read_scripts(folder),
        (None, Some(archive)) if !usual.is_dir() => Ok(archive.clone()),
        (None, _) => names::read_scripts(usual),
    }
}

/// Opens a snapshot and restores its world. The inner error is for a world that these scripts can't go on with.
pub fn open(file: &Path, folder: Option<&Path>) -> Result<Result<Opened, RestoreError>, Box<dyn Error>> {
    let bytes = read_file(file)?;
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let summary = Summary::read(&bytes).map_err(|error| told(&error))?;
    let scripts = scripts_for(&summary, folder)?;
    match World::restore(&bytes, &Config::default(), &scripts) {
        Ok(world) => Ok(Ok(Opened { summary, world, asleep: HashSet::new(), size: bytes.len() })),
        Err(error @ RestoreError::Lost(_)) => Ok(Err(error)),
        Err(error) => Err(told(&error).into()),
    }
}

/// As [`open`], to look at: with the text in the snapshot first, since that is what it was made with; and with everybody
/// awake, so that all of each can be seen.
pub fn look(file: &Path, folder: Option<&Path>) -> Result<Opened, Box<dyn Error>> {
    let bytes = read_file(file)?;
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let summary = Summary::read(&bytes).map_err(|error| told(&error))?;
    let scripts = match (folder, &summary.archive) {
        (None, Some(archive)) => archive.clone(),
        _ => scripts_for(&summary, folder)?,
    };
    let mut world = World::restore(&bytes, &Config::default(), &scripts).map_err(|error| told(&error))?;
    let asleep = world.hibernated().into_iter().collect();
    world.wake_all().map_err(|error| told(&error))?;
    Ok(Opened { summary, world, asleep, size: bytes.len() })
}
