//! Light and dark: what falls on each part of the view, from the day and from everything that glows, kept out by walls
//! and closed doors. It is calculated coarsely, in squares of a few pixels, and laid over the picture as a soft texture
//! that it is multiplied with; so it looks the same whoever draws.

use std::collections::HashMap;

use sdl2::render::{BlendMode, RenderTarget};

use super::easel::{Easel, Quad, TextureId};
use crate::camera::Camera;
use crate::images::Pixels;
use crate::scene::Scene;
use crate::stage::{Glow, Stage};

/// Pixels of the map along a side of a square, unless so much is in view that they are larger.
const SQUARE: f32 = 4.0;
/// Squares along the longer side of the view, at most.
const MOST: f32 = 480.0;
/// What is left outdoors at night and indoors without lamps, by night and by day.
const NIGHT: [f32; 3] = [62.0, 70.0, 124.0];
const INDOORS_NIGHT: [f32; 3] = [66.0, 60.0, 88.0];
const INDOORS_DAY: [f32; 3] = [150.0, 142.0, 150.0];
const DAY: [f32; 3] = [255.0, 255.0, 255.0];
/// Pixels that light goes into a wall, so that its face is seen.
const DEPTH: f32 = 15.0;
/// Bodies that are longer than this keep light out: doors do, people don't.
const SHUTTER: f32 = 20.0;
/// Shadows that are remembered; then all are forgotten.
const MAX_SHADOWS: usize = 2000;

/// See the module's comment.
#[derive(Default)]
pub struct Light {
    texture: Option<(TextureId, [u32; 2])>,
    halo: Option<TextureId>,
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

/// How much of a lamp's light arrives, square by square, for the shutters at that time.
struct Shadow {
    shutters: Vec<[i32; 4]>,
    /// The first square.
    first: [i32; 2],
    width: usize,
    arrives: Vec<f32>,
}

/// A body that keeps light out: left, top, right, bottom.
type Shutter = [f32; 4];

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
        let texture = self.upload(easel, size)?;
        let [x, y] = camera.to_screen([first[0] as f32 * square, first[1] as f32 * square]);
        let place = [x, y, size[0] as f32 * square * camera.zoom, size[1] as f32 * square * camera.zoom];
        let part = [0, 0, size[0] as u32, size[1] as u32];
        let quad = Quad { part, place, flips: Default::default(), rotation: 0.0, colour: [255; 4] };
        easel.quad(texture, &quad)?;
        self.halos(easel, camera, &lamps, scene.daylight)
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

    fn upload<T: RenderTarget>(&mut self, easel: &mut Easel<'_, T>, size: [usize; 2]) -> Result<TextureId, String> {
        let size = size.map(|side| side as u32);
        let mut pixels = Pixels { width: size[0], height: size[1], rgba: Vec::with_capacity(self.sums.len() * 4) };
        for sum in &self.sums {
            pixels.rgba.extend(sum.map(|part| part.min(255.0) as u8));
            pixels.rgba.push(255);
        }
        match self.texture {
            Some((texture, known)) if known == size => {
                easel.update(texture, &pixels)?;
                Ok(texture)
            }
            known => {
                let texture = easel.replace(known.map(|(texture, _)| texture), &pixels, BlendMode::Mod, true)?;
                self.texture = Some((texture, size));
                Ok(texture)
            }
        }
    }

    /// What glows is a little brighter than what it shines on.
    fn halos<T: RenderTarget>(
        &mut self,
        easel: &mut Easel<'_, T>,
        camera: &Camera,
        lamps: &[([f32; 2], Glow)],
        day: f32,
    ) -> Result<(), String> {
        let halo = match self.halo {
            Some(halo) => halo,
            None => *self.halo.insert(easel.add(&halo(), BlendMode::Add, true)?),
        };
        for (at, glow) in lamps {
            let [x, y] = camera.to_screen(*at);
            let reach = glow.radius * 0.6 * camera.zoom;
            let [r, g, b] = glow.colour;
            let strength = (glow.strength * (70.0 - 40.0 * day)) as u8;
            let place = [x - reach, y - reach, 2.0 * reach, 2.0 * reach];
            let quad = Quad {
                part: [0, 0, HALO, HALO],
                place,
                flips: Default::default(),
                rotation: 0.0,
                colour: [r, g, b, strength],
            };
            easel.quad(halo, &quad)?;
        }
        Ok(())
    }
}

/// Pixels along a side of the halo's texture.
const HALO: u32 = 64;

fn halo() -> Pixels {
    let half = HALO as f32 / 2.0;
    let value = |x: u32, y: u32| {
        let far = ((x as f32 + 0.5 - half).hypot(y as f32 + 0.5 - half) / half).min(1.0);
        ((1.0 - far) * (1.0 - far) * 255.0) as u8
    };
    let places = (0..HALO).flat_map(|y| (0..HALO).map(move |x| (x, y)));
    Pixels { width: HALO, height: HALO, rgba: places.flat_map(|(x, y)| [255, 255, 255, value(x, y)]).collect() }
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

fn shutters(scene: &Scene, part: f32) -> Vec<Shutter> {
    let solid = scene.actors.iter().filter_map(|sprite| Some((sprite, sprite.body.filter(|body| !body.trigger)?)));
    let long = solid.filter(|(_, body)| !body.round && body.half[0].max(body.half[1]) * 2.0 > SHUTTER);
    long.map(|(sprite, body)| {
        let ([x, y], [w, h]) = (sprite.body_at.between(part), body.half);
        [x - w, y - h, x + w, y + h]
    })
    .collect()
}

impl Shadow {
    fn cast(stage: &Stage, shutters: Vec<[i32; 4]>, at: [f32; 2], radius: f32, square: f32) -> Shadow {
        let first = at.map(|side| ((side - radius) / square).floor() as i32);
        let last = at.map(|side| ((side + radius) / square).ceil() as i32);
        let width = (last[0] - first[0]).max(1) as usize;
        let mut arrives = Vec::with_capacity(width * (last[1] - first[1]).max(1) as usize);
        for row in first[1]..last[1] {
            for column in first[0]..last[0] {
                let to = [(column as f32 + 0.5) * square, (row as f32 + 0.5) * square];
                let far = (to[0] - at[0]).hypot(to[1] - at[1]) / radius;
                let fades = (1.0 - far * far).max(0.0).powi(2);
                arrives.push(if fades > 0.0 { fades * passes(stage, &shutters, at, to, square) } else { 0.0 });
            }
        }
        Shadow { shutters, first, width, arrives }
    }
}

/// How much light gets from one point to another: all, or what is left within a wall.
fn passes(stage: &Stage, shutters: &[[i32; 4]], from: [f32; 2], to: [f32; 2], square: f32) -> f32 {
    let way = [to[0] - from[0], to[1] - from[1]];
    let length = way[0].hypot(way[1]);
    let steps = (length / square).ceil().max(1.0);
    let mut depth = 0.0;
    // A lamp that hangs on a wall shines out of it.
    let mut free = false;
    for step in 0..=steps as i32 {
        let part = step as f32 / steps;
        let (x, y) = (from[0] + way[0] * part, from[1] + way[1] * part);
        let tile = ((x / stage.tile[0]).floor() as i32, (y / stage.tile[1]).floor() as i32);
        let shut =
            shutters.iter().any(|[l, t, r, b]| x >= *l as f32 && x < *r as f32 && y >= *t as f32 && y < *b as f32);
        if stage.roofs.is_solid(tile.0, tile.1) || shut {
            if free {
                depth += length / steps;
            }
            if depth > DEPTH {
                return 0.0;
            }
        } else if depth > 0.0 {
            return 0.0;
        } else {
            free = true;
        }
    }
    1.0 - depth / DEPTH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walls_and_doors_keep_light_out() {
        let stage = Stage::walled(10, 3, &[(5, 0), (5, 1), (5, 2)]);
        let at = |x: f32| [x, 24.0];
        assert_eq!(passes(&stage, &[], at(40.0), at(72.0), 4.0), 1.0);
        let face = passes(&stage, &[], at(40.0), at(82.0), 4.0);
        assert!(face > 0.3 && face < 1.0, "the wall's face is lit: {face}");
        assert_eq!(passes(&stage, &[], at(40.0), at(110.0), 4.0), 0.0);
        assert_eq!(passes(&stage, &[[50, 0, 66, 48]], at(40.0), at(72.0), 4.0), 0.0);
        // Out of the wall that it hangs on.
        assert_eq!(passes(&stage, &[], at(88.0), at(120.0), 4.0), 1.0);
    }
}
