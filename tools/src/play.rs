//! `dormouse play`: a map in a window, or its screenshots without one.

use std::error::Error;
use std::path::{Path, PathBuf};

use dormouse::input::Inputs;
use dormouse::map::Map;
use dormouse_window::app::{self, Options, PlayError};
use dormouse_window::draw::Show;
use dormouse_window::game::{Game, Setup};
use dormouse_window::keys::Keys;
use dormouse_window::pace::Farewell;
use dormouse_window::shots::{self, Shots};
use dormouse_window::sound;

use crate::{names, view};

#[derive(clap::Args)]
pub struct Args {
    /// The map: a Tiled .tmx file
    map: PathBuf,
    /// The folder of actor classes
    #[arg(long, default_value = "scripts", value_name = "DIR")]
    scripts: PathBuf,
    /// The seed of the world's random numbers
    #[arg(long, default_value_t = 0, value_name = "S")]
    seed: u64,
    /// Inputs by tick, as for `run`, besides those of the keys
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Print inputs, what actors say and what the window tells, as it happens
    #[arg(long)]
    tell: bool,
    /// Write all inputs of the game, for `run --input`
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Begin with a saved game
    #[arg(long, value_name = "FILE")]
    load: Option<PathBuf>,
    /// The folder of saved games
    #[arg(long, value_name = "DIR")]
    saves: Option<PathBuf>,
    /// Width and height of the window or of the screenshots, in pixels
    #[arg(long, default_value = "1280x720", value_name = "WxH", value_parser = parse_size)]
    size: [u32; 2],
    /// Pixels of the screen for a pixel of the map
    #[arg(long, value_name = "N", value_parser = parse_zoom)]
    zoom: Option<f32>,
    /// Use the whole screen
    #[arg(long)]
    fullscreen: bool,
    /// Without sound
    #[arg(long)]
    mute: bool,
    /// Time stands still at first
    #[arg(long)]
    paused: bool,
    /// Which key does what: a text file, see engine/window/assets/keys.toml
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Close after this tick, and print the world's hash
    #[arg(long, value_name = "N")]
    ticks: Option<u64>,
    /// MiB of memory for going back in time
    #[arg(long, default_value_t = 256, value_name = "MIB")]
    past: usize,
    /// Open no window: write screenshots at these ticks, the same pixels on every run
    #[arg(long, value_name = "TICKS", value_delimiter = ',')]
    shots: Vec<u64>,
    /// The folder for the screenshots
    #[arg(long, value_name = "DIR", default_value = ".", requires = "shots")]
    out: PathBuf,
    /// What is in the middle of the screenshots, in pixels of the map; else the player is
    #[arg(long, value_name = "X,Y", value_parser = parse_point, requires = "shots")]
    center: Option<[f32; 2]>,
    /// What is laid over the screenshots
    #[arg(long, value_name = "WHAT", value_delimiter = ',', requires = "shots")]
    show: Vec<What>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// Who is who, and sleeps where
    Labels,
    /// Wires
    Wires,
    /// Shapes of bodies
    Shapes,
}

fn parse_size(text: &str) -> Result<[u32; 2], String> {
    let parts = text.split_once('x').and_then(|(w, h)| Some([w.parse().ok()?, h.parse().ok()?]));
    parts.filter(|[w, h]| *w > 0 && *h > 0).ok_or_else(|| "a size is written as 1280x720".into())
}

fn parse_point(text: &str) -> Result<[f32; 2], String> {
    let parts = text.split_once(',').and_then(|(x, y)| Some([x.parse().ok()?, y.parse().ok()?]));
    parts.ok_or_else(|| "a point is written as 640,400".into())
}

fn parse_zoom(text: &str) -> Result<f32, String> {
    let zoom = text.parse().ok().filter(|zoom: &f32| (0.1..=16.0).contains(zoom));
    zoom.ok_or_else(|| "a zoom is a number from 0.1 to 16".into())
}

/// True when the world ran.
pub fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    names::must_exist(&args.map)?;
    let map = Map::load(&args.map)?;
    let folder = args.map.parent().unwrap_or(Path::new("")).join("sounds");
    let saves = args.saves.clone().unwrap_or_else(|| saves_folder(&map.name));
    let setup = Setup {
        scripts: names::read_scripts(&args.scripts)?,
        seed: args.seed,
        inputs: read_inputs(args.input.as_deref())?,
        record: args.record.clone(),
        saves,
        load: args.load.clone(),
        memory: args.past << 20,
        sounds: sound::names(&folder),
        tell: args.tell,
        map,
    };
    if !args.shots.is_empty() {
        return shoot(args, setup);
    }
    let stop = view::stop_flag()?;
    let options = Options {
        setup: setup.clone(),
        size: args.size,
        zoom: args.zoom,
        fullscreen: args.fullscreen,
        mute: args.mute,
        paused: args.paused,
        keys: keys(args.keys.as_deref())?,
        until: args.ticks,
        sounds: folder,
        stop: stop.clone(),
    };
    match app::play(options) {
        Ok(farewell) => Ok(tell(args, &farewell)),
        Err(PlayError::NoDisplay(_)) => {
            let played = view::play(setup, args.ticks, args.paused, stop);
            let farewell = played.map_err(|problem| format!("there is no display here, {problem}"))?;
            Ok(tell(args, &farewell))
        }
        Err(PlayError::Failed(problem)) => {
            eprintln!("{problem}");
            Ok(false)
        }
    }
}

fn tell(args: &Args, farewell: &Farewell) -> bool {
    farewell.told().iter().for_each(|line| eprintln!("dormouse: {line}"));
    if args.ticks.is_some() {
        println!("hash {} {:016x}", farewell.tick, farewell.hash);
    }
    true
}

fn shoot(args: &Args, setup: Setup) -> Result<bool, Box<dyn Error>> {
    let map = setup.map.clone();
    let mut game = match Game::new(setup) {
        Ok(game) => game,
        Err(problem) => {
            eprintln!("{problem}");
            return Ok(false);
        }
    };
    let begins = game.now();
    if let Some(tick) = args.shots.iter().find(|tick| **tick < begins) {
        let file = args.load.as_deref().unwrap_or(Path::new("the game")).display();
        return Err(format!("{file} is at tick {begins} already: there is no screenshot of tick {tick}").into());
    }
    let has = |what| args.show.contains(&what);
    let show = Show { labels: has(What::Labels), wires: has(What::Wires), shapes: has(What::Shapes) };
    let shots = Shots { ticks: args.shots.clone(), size: args.size, zoom: args.zoom, center: args.center, show };
    std::fs::create_dir_all(&args.out).map_err(|error| format!("{}: {error}", args.out.display()))?;
    shots::shoot(&mut game, &map, &shots, |tick, pixels| {
        let file = shots::file_of(&args.out, &map, tick);
        std::fs::write(&file, pixels.to_png()).map_err(|error| format!("{}: {error}", file.display()))?;
        println!("{}", file.display());
        Ok(())
    })?;
    Ok(true)
}

fn read_inputs(file: Option<&Path>) -> Result<Inputs, Box<dyn Error>> {
    let Some(file) = file else { return Ok(Inputs::default()) };
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(Inputs::parse(&text, file)?)
}

/// A folder of this user's, by the customs of the system.
fn home_folder(variable: &str, below_home: &str) -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    named(variable).or_else(|| named("HOME").map(|home| home.join(below_home))).map(|folder| folder.join("dormouse"))
}

fn saves_folder(map: &str) -> PathBuf {
    home_folder("XDG_DATA_HOME", ".local/share").unwrap_or_else(|| "dormouse-saves".into()).join(map)
}

/// The keys that are asked for, else the user's own, else the program's.
fn keys(file: Option<&Path>) -> Result<Keys, String> {
    let own = home_folder("XDG_CONFIG_HOME", ".config").map(|folder| folder.join("keys.toml"));
    file.map_or(Ok(()), names::must_exist)?;
    match file.map(Path::to_path_buf).or(own.filter(|own| own.exists())) {
        Some(file) => Keys::read(&file),
        None => Ok(Keys::standard()),
    }
}
