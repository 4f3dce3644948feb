//! Light and dark: what falls on each part of the view, from the day and from everything that glows, kept out by walls
//! and closed doors. It is calculated coarsely, in squares of a few pixels, and laid over the picture as a soft texture
//! that it is multiplied with; so it looks the same whoever draws.

mod halo;
mod shadow;
mod spread;

use std::collections::HashMap;

use sdl2::render::{BlendMode, RenderTarget};

use super::easel::{Easel, Quad, TextureId};
use crate::camera::Camera;
use crate::images::Pixels;
use crate::scene::Scene;
use crate::stage::{Glow, Stage};
use halo::Halos;
use shadow::{Shadow, Shutter, shutters};
use spread::Spread;

/// Pixels of the map along a side of a square, unless so much is in view that they are larger.
const SQUARE: f32 = 4.0;
/// Squares along the longer side of the view, at most.
const MOST: f32 = 480.0;
/// What is left outdoors at night and indoors without lamps, by night and by day.
const NIGHT: [f32; 3] = [62.0, 70.0, 124.0];
const INDOORS_NIGHT: [f32; 3] = [66.0, 60.0, 88.0];
const INDOORS_DAY: [f32; 3] = [150.0, 142.0, 150.0];
const DAY: [f32; 3] = [255.0, 255.0, 255.0];
/// Shadows that are remembered; then all are forgotten.
const MAX_SHADOWS: usize = 2000;

/// See the module's comment.
#[derive(Default)]
pub struct Light {
    texture: Option<(TextureId, [u32; 2])>,
    halos: Halos,
    spread: Spread,
    sums: Vec<[f32; 3]>,
    shadows: HashMap<Lamp, Shadow>,
}

/// Where light comes from, in quarter pixels, how far it goes, and in what squares it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Lamp {
    at: [i32; 2],
    radius: i32,
    square: i32,
}

impl Light {
    /// Lays light and dark over what has been drawn. `part` of the way between the last two scenes.
    pub fn draw<T: RenderTarget>(
        &mut self,
        easel: &mut Easel<'_, T>,
        stage: &Stage,
        camera: &Camera,
        scene: &Scene,
        part: f32,
    ) -> Result<(), String> {
        let [left, top, right, bottom] = camera.view();
        let square = (SQUARE * ((right - left).max(bottom - top) / SQUARE / MOST).ceil()).max(SQUARE);
        let first = [(left / square).floor() as i32, (top / square).floor() as i32];
        let count = |from: f32, to: f32| ((to - from) / square).ceil() as usize + 2;
        let size = [count(left, right), count(top, bottom)];
        let lamps = lamps(stage, scene, part, [left, top, right, bottom]);
        let bright = scene.daylight >= 1.0 && !stage.roofs.any_indoors();
        if bright {
            return Ok(());
        }
        self.ambient(stage, scene.daylight, square, first, size);
        let shutters = shutters(scene, part);
        if self.shadows.len() > MAX_SHADOWS {
            self.shadows.clear();
        }
        for (at, glow) in &lamps {
            self.shine(stage, &shutters, *at, *glow, square, first, size);
        }
        let place = camera.to_screen([first[0] as f32 * square, first[1] as f32 * square]);
        self.lay(easel, place, square * camera.zoom, size, camera.size)?;
        self.halos.begin(camera.zoom);
        lamps.iter().try_for_each(|(at, glow)| {
            let ([r, g, b], strength) = (glow.colour, glow.strength * (70.0 - 40.0 * scene.daylight));
            self.halos.draw(easel, camera.to_screen(*at), glow.radius * 0.6 * camera.zoom, [r, g, b, strength as u8])
        })
    }

    fn ambient(&mut self, stage: &Stage, day: f32, square: f32, first: [i32; 2], [width, height]: [usize; 2]) {
        let mix = |from: [f32; 3], to: [f32; 3], part: f32| -> [f32; 3] {
            std::array::from_fn(|c| from[c] + (to[c] - from[c]) * part)
        };
        let (outdoors, indoors) = (mix(NIGHT, DAY, day), mix(INDOORS_NIGHT, INDOORS_DAY, day));
        self.sums.clear();
        let [tw, th] = stage.tile;
        for row in 0..height as i32 {
            for column in 0..width as i32 {
                // Between the middles of four tiles, so that doorsteps are soft.
                let x = ((first[0] + column) as f32 + 0.5) * square / tw - 0.5;
                let y = ((first[1] + row) as f32 + 0.5) * square / th - 0.5;
                let (c, r) = (x.floor(), y.floor());
                let (u, v) = (x - c, y - r);
                let roof = |dx: i32, dy: i32| stage.roofs.indoors(c as i32 + dx, r as i32 + dy);
                let upper = roof(0, 0) * (1.0 - u) + roof(1, 0) * u;
                let lower = roof(0, 1) * (1.0 - u) + roof(1, 1) * u;
                self.sums.push(mix(outdoors, indoors, upper * (1.0 - v) + lower * v));
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "all of them are where something is")]
    fn shine(
        &mut self,
        stage: &Stage,
        shutters: &[Shutter],
        at: [f32; 2],
        glow: Glow,
        square: f32,
        first: [i32; 2],
        [width, height]: [usize; 2],
    ) {
        let lamp = Lamp { at: at.map(|side| (side * 4.0) as i32), radius: glow.radius as i32, square: square as i32 };
        let near: Vec<[i32; 4]> = shutters
            .iter()
            .filter(|[l, t, r, b]| {
                *l < at[0] + glow.radius
                    && *r > at[0] - glow.radius
                    && *t < at[1] + glow.radius
                    && *b > at[1] - glow.radius
            })
            .map(|shutter| shutter.map(|side| side.round() as i32))
            .collect();
        let known = self.shadows.get(&lamp).is_some_and(|shadow| shadow.shutters == near);
        if !known {
            self.shadows.insert(lamp, Shadow::cast(stage, near, at, glow.radius, square));
        }
        let shadow = &self.shadows[&lamp];
        for (row, arrives) in shadow.arrives.chunks(shadow.width).enumerate() {
            let y = shadow.first[1] + row as i32 - first[1];
            if y < 0 || y >= height as i32 {
                continue;
            }
            for (column, arrives) in arrives.iter().enumerate().filter(|(_, arrives)| **arrives > 0.0) {
                let x = shadow.first[0] + column as i32 - first[0];
                if x < 0 || x >= width as i32 {
                    continue;
                }
                let sum = &mut self.sums[y as usize * width + x as usize];
                for (sum, colour) in sum.iter_mut().zip(glow.colour) {
                    *sum += f32::from(colour) * arrives * glow.strength;
                }
            }
        }
    }

    /// Lays the squares over the picture: the first at that place of the screen, each so many pixels wide.
    fn lay<T: RenderTarget>(
        &mut self,
        easel: &mut Easel<'_, T>,
        [x, y]: [f32; 2],
        side: f32,
        size: [usize; 2],
        screen: [u32; 2],
    ) -> Result<(), String> {
        let packed = |sum: &[f32; 3]| {
            let [r, g, b] = sum.map(|part| part.min(255.0) as u8);
            u32::from_le_bytes([r, g, b, 255])
        };
        let quad = |part: [u32; 4], place: [f32; 4]| Quad {
            part,
            place,
            flips: Default::default(),
            rotation: 0.0,
            colour: [255; 4],
        };
        if easel.is_software() {
            let squares: Vec<u32> = self.sums.iter().map(packed).collect();
            self.spread.fill(&squares, size[0], [x, y], side, screen);
            let texture = upload(easel, &mut self.texture, &self.spread.pixels)?;
            return self
                .spread
                .dark()
                .try_for_each(|part| easel.quad(texture, &quad(part, part.map(|side| side as f32))));
        }
        let rgba = self.sums.iter().flat_map(|sum| packed(sum).to_le_bytes()).collect();
        let [width, height] = size.map(|side| side as u32);
        let texture = upload(easel, &mut self.texture, &Pixels { width, height, rgba })?;
        easel.quad(texture, &quad([0, 0, width, height], [x, y, width as f32 * side, height as f32 * side]))
    }
}

/// Keeps pixels in a texture, in the known one where they fit.
fn upload<T: RenderTarget>(
    easel: &mut Easel<'_, T>,
    known: &mut Option<(TextureId, [u32; 2])>,
    pixels: &Pixels,
) -> Result<TextureId, String> {
    let size = [pixels.width, pixels.height];
    match *known {
        Some((texture, known)) if known == size => easel.update(texture, pixels).map(|()| texture),
        before => {
            let texture = easel.replace(before.map(|(texture, _)| texture), pixels, BlendMode::Mod, true)?;
            *known = Some((texture, size));
            Ok(texture)
        }
    }
}

/// All that glows in view, flickering by the world's clock.
fn lamps(stage: &Stage, scene: &Scene, part: f32, [left, top, right, bottom]: [f32; 4]) -> Vec<([f32; 2], Glow)> {
    let actors = scene.actors.iter().filter_map(|sprite| Some((sprite.track.between(part), sprite.glow?)));
    let all = stage.lights.iter().copied().chain(actors);
    let seen = all.filter(|([x, y], glow)| {
        let reach = glow.radius;
        x + reach > left && x - reach < right && y + reach > top && y - reach < bottom
    });
    seen.map(|(at, glow)| {
        let phase = scene.milliseconds as f32 / 1000.0 + at[0] * 0.37 + at[1] * 0.73;
        let wave = (phase * 7.3).sin() * 0.5 + (phase * 17.9).sin() * 0.3 + (phase * 3.1).sin() * 0.2;
        (at, Glow { strength: glow.strength * (1.0 - glow.flicker * (0.5 + 0.5 * wave)), ..glow })
    })
    .collect()
}
