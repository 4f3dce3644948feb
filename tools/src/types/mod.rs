//! `dormouse types`: what editors know of a project's classes, made from its scripts. A definition file for luau-lsp, and
//! the property types of the Tiled project.

mod luau;
mod tiled;

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

use dormouse::check::ClassInfo;
use dormouse::{Config, Datum, World, WorldError};
use std::collections::BTreeMap;

use crate::names;

#[derive(clap::Args)]
pub struct Args {
    /// The folder of actor classes; `dormouse.d.luau` is written there
    #[arg(long, default_value = "scripts", value_name = "DIR")]
    scripts: PathBuf,
    /// The folder of maps; `dormouse.tiled-project` is written there
    #[arg(long, default_value = "maps", value_name = "DIR")]
    maps: PathBuf,
    /// Write nothing: say whether the files are as they would be written
    #[arg(long)]
    check: bool,
}

/// A class as editors need it.
pub struct Class {
    info: ClassInfo,
    defaults: BTreeMap<String, Datum>,
}

/// True when the files are as they should be.
pub fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    let scripts = names::read_scripts(&args.scripts)?;
    let mut world = match World::new(&Config::default(), &scripts) {
        Ok(world) => world,
        Err(error @ WorldError::Scripts(_)) => {
            eprintln!("{error}");
            return Ok(false);
        }
        Err(error) => return Err(error.into()),
    };
    let infos = world.class_index(&scripts).classes.into_values();
    let classes: Vec<Class> = infos.map(|info| Class { defaults: world.prop_defaults(&info.name), info }).collect();
    let project = args.maps.join("dormouse.tiled-project");
    let files = [
        (args.scripts.join("dormouse.d.luau"), luau::definitions(&classes)),
        (project.clone(), tiled::project(&classes, read_if_there(&project)?)?),
    ];
    let mut right = true;
    for (path, text) in files {
        right &= settle(&path, &text, args.check)?;
    }
    Ok(right)
}

fn read_if_there(path: &Path) -> Result<Option<String>, Box<dyn Error>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{}: {error}", path.display()).into()),
    }
}

/// Writes a file where it differs, or says that it does.
fn settle(path: &Path, text: &str, check: bool) -> Result<bool, Box<dyn Error>> {
    if read_if_there(path)?.as_deref() == Some(text) {
        return Ok(true);
    }
    if check {
        writeln!(std::io::stdout(), "{}: out of date; run `dormouse types`", path.display())?;
        return Ok(false);
    }
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    writeln!(std::io::stdout(), "{}: written", path.display())?;
    Ok(true)
}
