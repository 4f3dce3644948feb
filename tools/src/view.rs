//! A world in the terminal: `dormouse run --view`, and `dormouse play` where there is no display.

use std::error::Error;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use dormouse::input::Inputs;
use dormouse::map::Map;
use dormouse::snapshot::{MapOrigin, SaveOptions, write_file};
use dormouse::{Config, Scripts, World, WorldError};
use dormouse_terminal::{Colours, End, Options};

/// What is to be shown.
pub struct Show<'a> {
    pub map: &'a Path,
    pub scripts: &'a Path,
    pub seed: u64,
    pub input: Option<&'a Path>,
    /// Where all inputs are to be written, for `run --input`.
    pub record: Option<&'a Path>,
    /// The tick at which it ends by itself.
    pub until: Option<u64>,
    /// Set when it is to end: see [`stop_flag`].
    pub stop: Arc<AtomicBool>,
}

/// Set when the system wants the program to end: on Ctrl-C, SIGTERM, SIGHUP.
pub fn stop_flag() -> Result<Arc<AtomicBool>, ctrlc::Error> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = stop.clone();
    ctrlc::set_handler(move || flag.store(true, std::sync::atomic::Ordering::Relaxed))?;
    Ok(stop)
}

/// True when the world ran. Ends with its last hash on the standard output.
pub fn run(show: &Show<'_>) -> Result<bool, Box<dyn Error>> {
    let colours = colours()?;
    let scripts = Scripts::read(show.scripts)?;
    let map = Map::load(show.map)?;
    let inputs = match show.input {
        Some(file) => Inputs::parse(&read(file)?, file)?,
        None => Inputs::default(),
    };
    let config = Config { seed: show.seed, ..Config::default() };
    let mut world = match World::with_map(&config, &scripts, &map) {
        Ok(world) => world,
        Err(error @ (WorldError::Scripts(_) | WorldError::Map(_))) => {
            eprintln!("{error}");
            return Ok(false);
        }
        Err(error) => return Err(error.into()),
    };
    let origin = MapOrigin {
        name: map.name.clone(),
        path: show.map.display().to_string(),
        hash: dormouse::snapshot::hash(&fs::read(show.map)?),
    };
    let save = Box::new(move |world: &mut World| save(world, &origin));
    let options = Options { colours, inputs, until: show.until, stop: show.stop.clone(), save };
    let end = dormouse_terminal::watch(&mut world, &map, options).map_err(|error| format!("the terminal: {error}"))?;
    record(show.record, end)?;
    println!("hash {} {:016x}", world.now(), world.hash());
    Ok(true)
}

/// How many colours there are; an error, for people, where nothing can be drawn.
fn colours() -> Result<Colours, String> {
    let said = |name: &str| std::env::var(name).ok();
    let term = said("TERM");
    let instead = "without --view the story is printed line by line";
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(format!("the view needs a terminal, and this is none: {instead}"));
    }
    if term.as_deref().is_none_or(|term| term.is_empty() || term == "dumb") {
        return Err(format!(
            "this terminal can only print lines (its TERM is {:?}): {instead}",
            term.unwrap_or_default()
        ));
    }
    Ok(Colours::of(said("NO_COLOR").as_deref(), said("COLORTERM").as_deref(), term.as_deref()))
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn save(world: &mut World, map: &MapOrigin) -> Result<String, Box<dyn Error>> {
    let file = PathBuf::from(format!("{}-{}.dms", map.name, world.now()));
    let options = SaveOptions {
        archive: true,
        verify: true,
        map: Some(map.clone()),
        created_by: format!("dormouse {}", env!("CARGO_PKG_VERSION")),
        ..SaveOptions::default()
    };
    let bytes = world.save(&options)?;
    write_file(&file, &bytes)?;
    Ok(format!("saved: dormouse resume {}", file.display()))
}

fn record(file: Option<&Path>, end: End) -> Result<(), String> {
    let Some(file) = file else { return Ok(()) };
    let inputs: Inputs = end.inputs.into_iter().collect();
    fs::write(file, inputs.to_string()).map_err(|error| format!("{}: {error}", file.display()))
}
