//! `dormouse play`: a map in a window, or its screenshots without one.

use std::error::Error;
use std::path::{Path, PathBuf};

use dormouse::input::Inputs;
use dormouse::map::Map;
use dormouse::{Config, Scripts, World, WorldError};
use dormouse_window::shots::{self, Shots};

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
    /// Width and height of the window or of the screenshots, in pixels
    #[arg(long, default_value = "1280x720", value_name = "WxH", value_parser = parse_size)]
    size: [u32; 2],
    /// Pixels of the screen for a pixel of the map
    #[arg(long, value_name = "N")]
    zoom: Option<f32>,
    /// What is in the middle of the screenshots, in pixels of the map; else the player is
    #[arg(long, value_name = "X,Y", value_parser = parse_point, requires = "shots")]
    center: Option<[f32; 2]>,
    /// Open no window: write screenshots at these ticks, the same pixels on every run
    #[arg(long, value_name = "TICKS", value_delimiter = ',')]
    shots: Vec<u64>,
    /// The folder for the screenshots
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
}

fn parse_size(text: &str) -> Result<[u32; 2], String> {
    let parts = text.split_once('x').and_then(|(w, h)| Some([w.parse().ok()?, h.parse().ok()?]));
    parts.filter(|[w, h]| *w > 0 && *h > 0).ok_or_else(|| "a size is written as 1280x720".into())
}

fn parse_point(text: &str) -> Result<[f32; 2], String> {
    let parts = text.split_once(',').and_then(|(x, y)| Some([x.parse().ok()?, y.parse().ok()?]));
    parts.ok_or_else(|| "a point is written as 640,400".into())
}

/// True when the world ran.
pub fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    let scripts = Scripts::read(&args.scripts)?;
    let map = Map::load(&args.map)?;
    let mut inputs = read_inputs(args.input.as_deref())?;
    let config = Config { seed: args.seed, ..Config::default() };
    let mut world = match World::with_map(&config, &scripts, &map) {
        Ok(world) => world,
        Err(error @ (WorldError::Scripts(_) | WorldError::Map(_))) => {
            eprintln!("{error}");
            return Ok(false);
        }
        Err(error) => return Err(error.into()),
    };
    let shots = Shots { ticks: args.shots.clone(), size: args.size, zoom: args.zoom, center: args.center };
    std::fs::create_dir_all(&args.out).map_err(|error| format!("{}: {error}", args.out.display()))?;
    shots::shoot(&mut world, &map, &mut inputs, &shots, |tick, pixels| {
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
