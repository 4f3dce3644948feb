//! In the terminal: a world, by `dormouse run --view`; and a game, by `dormouse play` where there is no display.

use std::error::Error;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use dormouse::input::{Inputs, What};
use dormouse::map::Map;
use dormouse::snapshot::{MapOrigin, SaveOptions, write_file};
use dormouse::{Config, World, WorldError};
use dormouse_terminal::{Bare, Colours, Lived, Options, Played};
use dormouse_window::game::{Command, Game, Setup};
use dormouse_window::overlay::Wants;
use dormouse_window::pace::Farewell;
use dormouse_window::saves::FOUND;

use crate::names;

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
    let colours =
        colours().map_err(|why| format!("the view needs {why}: without --view the story is printed line by line"))?;
    names::must_exist(show.map)?;
    let scripts = names::read_scripts(show.scripts)?;
    let map = Map::load(show.map)?;
    let inputs = match show.input {
        Some(file) => Inputs::parse(&read(file)?, file)?,
        None => Inputs::default(),
    };
    let config = Config { seed: show.seed, ..Config::default() };
    let world = match World::with_map(&config, &scripts, &map) {
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
    let mut game = Bare::new(world, inputs, save);
    let options = Options { colours, until: show.until, paused: false, stop: show.stop.clone(), notice: None };
    dormouse_terminal::watch(&mut game, &map, options).map_err(gone)?;
    println!("hash {} {:016x}", game.world().now(), game.hash());
    record(show.record, game.inputs())?;
    Ok(true)
}

fn gone(error: io::Error) -> String {
    format!("the terminal: {error}")
}

/// Plays a game as in a window: saved in slots, found again, recorded, written down as it goes.
///
/// Errors: there is no terminal, or what [`Game::new`] says.
pub fn play(setup: Setup, until: Option<u64>, paused: bool, stop: Arc<AtomicBool>) -> Result<Farewell, String> {
    let colours = colours().map_err(|why| {
        let map = setup.map.path.display();
        format!("nor {why}: dormouse run {map} prints the story line by line, --shots draws the map")
    })?;
    let map = setup.map.clone();
    let mut game = Game::new(Setup { tell: false, ..setup })?;
    game.find_lost("F10 loads it");
    game.keep_journal();
    game.obey(Command::Look(Box::new(Wants { happenings: true, ..Wants::default() })));
    let notice = game.take_notices().pop();
    let mut seat = Seat(game);
    let shown = dormouse_terminal::watch(&mut seat, &map, Options { colours, until, paused, stop, notice });
    // Also where the terminal is gone.
    let Seat(mut game) = seat;
    let kept = game.leave(&Default::default());
    let notices = game.take_notices().into_iter().chain(shown.err().map(gone)).collect();
    Ok(Farewell { tick: game.now(), hash: game.hash(), kept, notices })
}

/// A game, for whoever sits at the terminal.
struct Seat(Game);

impl Seat {
    /// Says what came of a command.
    fn told(&mut self, command: Command) -> String {
        self.0.obey(command);
        self.0.take_notices().join("; ")
    }
}

impl Played for Seat {
    fn world(&self) -> &World {
        self.0.world()
    }

    fn hash(&mut self) -> u64 {
        self.0.hash()
    }

    fn tick(&mut self, inputs: Vec<What>) -> Lived {
        inputs.into_iter().for_each(|what| self.0.obey(Command::Input(what)));
        self.0.tick();
        let (lines, happenings) = self.0.take_story();
        Lived { lines, happenings }
    }

    fn submit(&mut self, line: &str) -> (Vec<String>, bool) {
        self.0.obey(Command::Say(line.to_owned()));
        self.0.take_answers().pop().unwrap_or_default()
    }

    fn save(&mut self) -> String {
        self.told(Command::Save(0, Arc::default()))
    }

    fn load(&mut self, found: bool) -> Result<String, String> {
        let told = self.told(Command::Load(if found { FOUND } else { 0 }));
        self.0.take_story();
        if told.contains("loaded: tick") { Ok(told) } else { Err(told) }
    }

    fn back(&mut self, ticks: u64) -> Result<(), String> {
        let told = self.told(Command::Back(ticks));
        self.0.take_story();
        if told.is_empty() { Ok(()) } else { Err(told) }
    }
}

/// How many colours there are; where nothing can be drawn, what is missing.
fn colours() -> Result<Colours, String> {
    let said = |name: &str| std::env::var(name).ok();
    let term = said("TERM");
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err("a terminal".into());
    }
    if term.as_deref().is_none_or(|term| term.is_empty() || term == "dumb") {
        return Err(format!("a terminal that can do more than print lines (TERM is {:?})", term.unwrap_or_default()));
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

fn record(file: Option<&Path>, inputs: Vec<(u64, What)>) -> Result<(), String> {
    let Some(file) = file else { return Ok(()) };
    let inputs: Inputs = inputs.into_iter().collect();
    fs::write(file, inputs.to_string()).map_err(|error| format!("{}: {error}", file.display()))
}
