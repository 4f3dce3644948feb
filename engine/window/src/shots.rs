//! Screenshots without a display: SDL itself draws into memory, with the same pixels on every run.

use std::path::{Path, PathBuf};

use dormouse::map::Map;
use sdl2::pixels::PixelFormatEnum;
use sdl2::surface::Surface;

use crate::camera::Camera;
use crate::draw::{Painter, Show};
use crate::game::{Command, Game};
use crate::images::{MAX_SIDE, Pixels};
use crate::overlay::Wants;

/// What is to be shot.
#[derive(Clone, Debug, Default)]
pub struct Shots {
    /// At which ticks, in any order.
    pub ticks: Vec<u64>,
    /// Width and height in pixels.
    pub size: [u32; 2],
    /// Pixels of the screen for one of the map; what is comfortable, for none.
    pub zoom: Option<f32>,
    /// The middle of the picture, in pixels of the map; the player, for none.
    pub center: Option<[f32; 2]>,
    /// What is laid over the world.
    pub show: Show,
}

/// Lets a game run from where it is, and shoots it. Each picture is given to `keep` with its tick.
///
/// Errors: what SDL can't do; what `keep` says.
pub fn shoot(
    game: &mut Game,
    map: &Map,
    shots: &Shots,
    mut keep: impl FnMut(u64, Pixels) -> Result<(), String>,
) -> Result<(), String> {
    let [width, height] = shots.size;
    if width == 0 || height == 0 || width > MAX_SIDE || height > MAX_SIDE {
        return Err(format!("a screenshot has 1 to {MAX_SIDE} pixels along a side, not {width} by {height}"));
    }
    let stage = game.stage();
    let canvas = Surface::new(width, height, PixelFormatEnum::ABGR8888)?.into_canvas()?;
    let creator = canvas.texture_creator();
    let (mut painter, problems) = Painter::new(canvas, &creator, true, map, stage.clone())?;
    for problem in problems {
        eprintln!("dormouse: {problem}");
    }
    let mut camera = Camera::new(shots.size);
    if let Some(zoom) = shots.zoom {
        camera.set_zoom(zoom);
    }
    let mut ticks = shots.ticks.clone();
    ticks.sort_unstable();
    ticks.dedup();
    let begins = game.now();
    for tick in ticks.into_iter().skip_while(|tick| *tick < begins) {
        look(game, &mut camera, shots);
        while game.now() < tick {
            game.tick();
            // Each tick is seen, so that whoever stands faces where it went last.
            game.frame();
        }
        camera.keep_within(stage.bounds);
        look(game, &mut camera, shots);
        painter.frame(&game.frame(), &camera, 1.0, shots.show)?;
        keep(tick, painter.pixels()?)?;
    }
    Ok(())
}

/// Turns the camera to what is to be shot, and says so.
fn look(game: &mut Game, camera: &mut Camera, shots: &Shots) {
    camera.center = shots.center.or_else(|| game.player()).unwrap_or(camera.center);
    camera.keep_within(game.stage().bounds);
    let Show { labels, wires, .. } = shots.show;
    game.obey(Command::Look(Box::new(Wants { view: camera.view(), labels, wires, ..Wants::default() })));
}

/// The file of a shot.
pub fn file_of(folder: &Path, map: &Map, tick: u64) -> PathBuf {
    folder.join(format!("{}_{tick:06}.png", map.name))
}
