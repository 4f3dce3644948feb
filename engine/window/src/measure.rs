//! Where the time of a frame goes: making the scene, drawing it, showing it. For `dormouse bench window`.

#![expect(clippy::disallowed_methods, reason = "it measures; no world sees the clock")]

use std::time::Instant;

use dormouse::map::Map;
use sdl2::pixels::PixelFormatEnum;
use sdl2::render::RenderTarget;
use sdl2::surface::Surface;

use crate::camera::Camera;
use crate::draw::{Painter, Show};
use crate::game::{Command, Frame, Game};
use crate::overlay::Wants;

/// What one frame took, in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times {
    /// To make the scene, on the simulation's side.
    pub scene: f64,
    /// To draw it.
    pub draw: f64,
    /// To show it.
    pub present: f64,
    /// Actors in view.
    pub actors: usize,
}

/// Draws frames of a running game by SDL itself, into memory.
pub fn by_sdl(game: &mut Game, map: &Map, camera: &Camera, frames: usize) -> Result<Vec<Times>, String> {
    let [width, height] = camera.size;
    let canvas = Surface::new(width, height, PixelFormatEnum::ABGR8888)?.into_canvas()?;
    let creator = canvas.texture_creator();
    let (mut painter, _) = Painter::new(canvas, &creator, true, map, game.stage())?;
    measure(&mut painter, game, camera, frames)
}

/// Draws frames of a running game in a window, by what draws there: its name comes along.
///
/// Errors: there is no display.
pub fn by_window(game: &mut Game, map: &Map, camera: &Camera, frames: usize) -> Result<(String, Vec<Times>), String> {
    sdl2::hint::set("SDL_RENDER_BATCHING", "1");
    crate::driver::choose();
    let sdl = sdl2::init()?;
    let [width, height] = camera.size;
    let mut window = sdl.video()?.window("Dormouse", width, height);
    let window = window.position_centered().build().map_err(|error| error.to_string())?;
    let canvas = window.into_canvas().accelerated().build().map_err(|error| error.to_string())?;
    let name = canvas.info().name.to_owned();
    let creator = canvas.texture_creator();
    let _events = sdl.event_pump()?;
    let (mut painter, _) = Painter::new(canvas, &creator, false, map, game.stage())?;
    Ok((name, measure(&mut painter, game, camera, frames)?))
}

/// Draws frames that are made elsewhere, as they come, until there are no more: a screen beside a running world.
pub fn beside(
    map: &Map,
    stage: std::sync::Arc<crate::stage::Stage>,
    camera: &Camera,
    frames: &std::sync::mpsc::Receiver<Frame>,
) -> Result<(), String> {
    let [width, height] = camera.size;
    let canvas = Surface::new(width, height, PixelFormatEnum::ABGR8888)?.into_canvas()?;
    let creator = canvas.texture_creator();
    let (mut painter, _) = Painter::new(canvas, &creator, true, map, stage)?;
    for frame in frames {
        painter.frame(&frame, camera, 1.0, Show::default())?;
        painter.easel().present()?;
    }
    Ok(())
}

/// Says to a game what is in view.
pub fn look(game: &mut Game, camera: &Camera) {
    game.obey(Command::Look(Box::new(Wants { view: camera.view(), ..Wants::default() })));
}

fn measure<T: RenderTarget>(
    painter: &mut Painter<'_, T>,
    game: &mut Game,
    camera: &Camera,
    frames: usize,
) -> Result<Vec<Times>, String> {
    look(game, camera);
    let mut times = Vec::new();
    for _ in 0..frames {
        game.tick();
        let began = Instant::now();
        let frame = game.frame();
        let made = Instant::now();
        painter.frame(&frame, camera, 0.5, Show::default())?;
        painter.easel().flush()?;
        let drawn = Instant::now();
        painter.easel().present()?;
        times.push(Times {
            scene: (made - began).as_secs_f64(),
            draw: (drawn - made).as_secs_f64(),
            present: drawn.elapsed().as_secs_f64(),
            actors: frame.scene.actors.len(),
        });
    }
    Ok(times)
}
