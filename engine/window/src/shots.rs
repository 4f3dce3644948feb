//! Screenshots without a display: SDL itself draws into memory, with the same pixels on every run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dormouse::World;
use dormouse::input::Inputs;
use dormouse::map::Map;
use sdl2::pixels::PixelFormatEnum;
use sdl2::surface::Surface;

use crate::camera::Camera;
use crate::draw::Painter;
use crate::images::Pixels;
use crate::scene::SceneMaker;
use crate::stage::Stage;

/// Pixels along a side of a screenshot, at most.
pub const MAX_SIDE: u32 = 8192;

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
}

/// Lets a world run from where it is, and shoots it. Each picture is given to `keep` with its tick.
///
/// Errors: what SDL can't do; what `keep` says.
pub fn shoot(
    world: &mut World,
    map: &Map,
    inputs: &mut Inputs,
    shots: &Shots,
    mut keep: impl FnMut(u64, Pixels) -> Result<(), String>,
) -> Result<(), String> {
    let [width, height] = shots.size;
    if width == 0 || height == 0 || width > MAX_SIDE || height > MAX_SIDE {
        return Err(format!("a screenshot has 1 to {MAX_SIDE} pixels along a side, not {width} by {height}"));
    }
    let stage = Arc::new(Stage::new(map, &world.class_sights()));
    let canvas = Surface::new(width, height, PixelFormatEnum::ABGR8888)?.into_canvas()?;
    let creator = canvas.texture_creator();
    let (mut painter, problems) = Painter::new(canvas, &creator, true, map, stage.clone());
    for problem in problems {
        eprintln!("dormouse: {problem}");
    }
    let mut scenes = SceneMaker::new(stage.clone());
    let mut camera = Camera::new(shots.size);
    if let Some(zoom) = shots.zoom {
        camera.set_zoom(zoom);
    }
    let mut ticks = shots.ticks.clone();
    ticks.sort_unstable();
    ticks.dedup();
    let begins = world.now();
    for tick in ticks.into_iter().skip_while(|tick| *tick < begins) {
        while world.now() < tick {
            world.tick(&inputs.take(world.now() + 1));
            scenes.hear(&world.take_output());
            // What is seen now is where everything came from then.
            scenes.observe(world, camera.view());
        }
        let player = world.find("player").and_then(|player| world.position_of(player));
        camera.center = shots.center.or(player).unwrap_or(camera.center);
        camera.keep_within(stage.bounds);
        let scene = scenes.observe(world, camera.view());
        painter.world(&scene, &camera, 1.0)?;
        keep(tick, painter.pixels()?)?;
    }
    Ok(())
}

/// The file of a shot.
pub fn file_of(folder: &Path, map: &Map, tick: u64) -> PathBuf {
    folder.join(format!("{}_{tick:06}.png", map.name))
}
