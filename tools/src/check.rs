//! `dormouse check`: mistakes in maps and scripts, each with its place and a way to mend it.

use std::collections::BTreeSet;
use std::error::Error;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use dormouse::check::{ClassIndex, Finding, Severity, check_map, check_spelling};
use dormouse::map::Map;
use dormouse::{Config, World, WorldError};
use serde_json::json;

use crate::names;

#[derive(clap::Args)]
pub struct Args {
    /// Maps, scripts, or folders of them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The folder of actor classes that the maps are checked against; without it the one among the paths, or `scripts`
    #[arg(long, value_name = "DIR")]
    scripts: Option<PathBuf>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// True when there is no error; warnings are told, but are none.
pub fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    let usual = Path::new("scripts");
    if let Some(folder) = &args.scripts {
        names::must_exist(folder)?;
    }
    let mut maps = BTreeSet::new();
    let mut folders = BTreeSet::new();
    for path in &args.paths {
        collect(path, &mut maps, &mut folders, args.scripts.as_deref().unwrap_or(usual))?;
    }
    let against = match (&args.scripts, folders.first()) {
        (Some(folder), _) => folder.clone(),
        (None, Some(only)) if folders.len() == 1 && !usual.is_dir() => only.clone(),
        (None, _) => usual.to_owned(),
    };
    if !maps.is_empty() {
        folders.insert(against.clone());
    }
    if maps.is_empty() && folders.is_empty() {
        return Err("there is no map (*.tmx) and no script (*.luau) here".into());
    }
    let mut findings = Vec::new();
    let mut index = None;
    for folder in &folders {
        let checked = check_scripts(folder, &mut findings)?;
        if *folder == against {
            index = checked;
        }
    }
    for map in &maps {
        check_one(map, index.as_ref(), &mut findings);
    }
    match report(&findings, maps.len(), args.json) {
        // Whoever reads has enough of it; the exit code tells all the same.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error.into()),
        _ => {}
    }
    Ok(findings.iter().all(|finding| finding.severity != Severity::Error))
}

/// Sorts a path into maps and scripts folders.
fn collect(
    path: &Path,
    maps: &mut BTreeSet<PathBuf>,
    folders: &mut BTreeSet<PathBuf>,
    scripts: &Path,
) -> Result<(), Box<dyn Error>> {
    let extension = |path: &Path| path.extension().and_then(|ending| ending.to_str()).map(str::to_owned);
    names::must_exist(path)?;
    if path.is_file() {
        match extension(path).as_deref() {
            Some("tmx") => drop(maps.insert(path.into())),
            // A script is checked together with those that it may require.
            Some("luau" | "lua") if path.starts_with(scripts) => drop(folders.insert(scripts.into())),
            Some("luau" | "lua") => drop(folders.insert(path.parent().map(Path::to_path_buf).unwrap_or_default())),
            _ => return Err(format!("{}: neither a map (.tmx) nor a script (.luau)", path.display()).into()),
        }
        return Ok(());
    }
    let mut has_scripts = false;
    for entry in std::fs::read_dir(path).map_err(|error| format!("{}: {error}", path.display()))? {
        let entry = entry?.path();
        match extension(&entry).as_deref() {
            Some("tmx") => drop(maps.insert(entry)),
            Some("luau" | "lua") => has_scripts = true,
            _ => {}
        }
    }
    if has_scripts {
        folders.insert(path.into());
    }
    Ok(())
}

fn check_scripts(folder: &Path, findings: &mut Vec<Finding>) -> Result<Option<ClassIndex>, Box<dyn Error>> {
    let scripts = names::read_scripts(folder)?;
    match World::new(&Config::default(), &scripts) {
        Ok(world) => {
            findings.extend(check_spelling(&scripts, folder));
            Ok(Some(world.class_index(&scripts)))
        }
        Err(WorldError::Scripts(errors)) => {
            findings.extend(errors.into_iter().map(|error| Finding {
                severity: Severity::Error,
                code: "script",
                file: folder.join(error.file.strip_prefix("scripts/").unwrap_or(&error.file)),
                line: error.line,
                object: None,
                what: error.message,
                mend: "mend the script; maps can be checked when all scripts load".into(),
            }));
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn check_one(path: &Path, index: Option<&ClassIndex>, findings: &mut Vec<Finding>) {
    match (Map::load(path), index) {
        (Ok(map), Some(index)) => findings.extend(check_map(&map, index)),
        (Ok(map), None) => findings.extend(map.findings),
        (Err(error), _) => findings.push(Finding {
            severity: Severity::Error,
            code: "map",
            file: error.file,
            line: error.line,
            object: None,
            what: error.what,
            mend: "open the map in Tiled and save it again".into(),
        }),
    }
}

fn report(findings: &[Finding], maps: usize, json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        return findings.iter().try_for_each(|finding| writeln!(out, "{}", json!(finding)));
    }
    for finding in findings {
        writeln!(out, "{finding}")?;
    }
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let plural = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let warnings = plural(findings.len() - errors, "warning");
    writeln!(out, "{}: {}, {warnings}", plural(maps, "map"), plural(errors, "error"))
}
