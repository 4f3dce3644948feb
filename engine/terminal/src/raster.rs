//! A scene as pixels: the tiles' own pixels, averaged down to squares of so many pixels of the map, with the light and
//! the dark that fall on them. Nothing here knows of a terminal.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use dormouse::map::Map;
use dormouse::map::picture::{Cell, Content, Layer};
use dormouse_scene::images::Pixels;
use dormouse_scene::scene::{Scene, Sprite};
use dormouse_scene::stage::{Glow, Stage};

/// A small picture whose colours are multiplied with their opacity.
struct Stamp {
    width: i32,
    height: i32,
    pixels: Vec<[f32; 4]>,
}

/// Makes pixels of scenes.
pub struct Raster {
    stage: Arc<Stage>,
    images: BTreeMap<PathBuf, Pixels>,
    stamps: HashMap<(Key, u32), Option<Rc<Stamp>>>,
    /// Pixels in a row, and rows.
    size: [usize; 2],
    /// The point of the map at the upper left.
    origin: [i32; 2],
    /// Pixels of the map along a side of a pixel.
    step: u32,
    pixels: Vec<[f32; 3]>,
}

type Key = (u16, u32, bool, bool, bool);

/// What is left outdoors at night and indoors without lamps, by night and by day.
const NIGHT: [f32; 3] = [0.24, 0.27, 0.49];
const INDOORS_NIGHT: [f32; 3] = [0.30, 0.28, 0.38];
const INDOORS_DAY: [f32; 3] = [0.68, 0.65, 0.66];
const DAY: [f32; 3] = [1.0; 3];
/// What is beyond the map.
const NOTHING: [f32; 3] = [12.0, 12.0, 20.0];

impl Raster {
    /// For this map. Images that can't be read are told of, and what they would show is not drawn.
    pub fn new(map: &Map, stage: Arc<Stage>) -> (Raster, Vec<String>) {
        let (mut images, mut wrong) = (BTreeMap::new(), Vec::new());
        for set in &stage.picture.tilesets {
            let own = set.tiles.values().filter_map(|tile| tile.image.as_ref());
            for image in set.image.iter().chain(own) {
                if images.contains_key(&image.path) {
                    continue;
                }
                let pixels = map.read_image(image).map_err(|error| error.to_string()).and_then(|bytes| {
                    Pixels::from_png(&bytes).map_err(|what| format!("{}: {what}", image.path.display()))
                });
                match pixels {
                    Ok(mut pixels) => {
                        if let Some(colour) = image.transparent {
                            pixels.hide(colour);
                        }
                        images.insert(image.path.clone(), pixels);
                    }
                    Err(error) => wrong.push(error),
                }
            }
        }
        let raster =
            Raster { stage, images, stamps: HashMap::new(), size: [0; 2], origin: [0; 2], step: 1, pixels: Vec::new() };
        (raster, wrong)
    }

    /// Draws what is around a point, so many pixels wide and high, each of `step` pixels of the map.
    ///
    /// `dark`: how much of the dark is drawn, from 0 to 1.
    pub fn draw(&mut self, scene: &Scene, center: [f32; 2], step: u32, size: [usize; 2], dark: f32) {
        let side = |at: usize| {
            // On whole steps, so that what stands still does not flicker when the view moves.
            let from = center[at] - (size[at] as f32) * step as f32 / 2.0;
            (from / step as f32).round() as i32 * step as i32
        };
        (self.origin, self.size, self.step) = ([side(0), side(1)], size, step);
        self.pixels.clear();
        let behind = self.stage.picture.background.map(|[r, g, b, _]| [r, g, b].map(f32::from));
        self.pixels.resize(size[0] * size[1], behind.unwrap_or(NOTHING));
        let stage = self.stage.clone();
        for (number, layer) in stage.picture.layers.iter().enumerate() {
            if layer.visible {
                self.layer(layer, center, scene.milliseconds);
            }
            self.sprites(scene, number);
        }
        self.sprites(scene, stage.picture.layers.len());
        self.light(scene, dark);
    }

    /// A pixel; nothing beyond the picture.
    pub fn pixel(&self, x: usize, y: usize) -> Option<[u8; 3]> {
        let inside = x < self.size[0] && y < self.size[1];
        inside.then(|| self.pixels[y * self.size[0] + x].map(|part| part.clamp(0.0, 255.0) as u8))
    }

    /// The point of the map at the upper left of the picture.
    pub fn origin(&self) -> [f32; 2] {
        self.origin.map(|side| side as f32)
    }

    /// Where a point of the map is in the picture, in pixels.
    pub fn place(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let step = self.step as f32;
        [(x - self.origin[0] as f32) / step, (y - self.origin[1] as f32) / step]
    }

    /// Draws a line over all, so much of it.
    pub fn line(&mut self, from: [f32; 2], to: [f32; 2], colour: [u8; 3], much: f32) {
        let ([x, y], [u, v]) = (self.place(from), self.place(to));
        let length = (u - x).abs().max((v - y).abs());
        // Far ends may be far outside.
        let count = (length.ceil() as usize).min(4096);
        for at in 0..=count {
            let part = at as f32 / count.max(1) as f32;
            let (px, py) = (x + (u - x) * part, y + (v - y) * part);
            if px >= 0.0 && py >= 0.0 && (px as usize) < self.size[0] && (py as usize) < self.size[1] {
                let pixel = &mut self.pixels[py as usize * self.size[0] + px as usize];
                let laid = colour.map(f32::from);
                *pixel = std::array::from_fn(|c| pixel[c] + (laid[c] - pixel[c]) * much);
            }
        }
    }

    fn layer(&mut self, layer: &Layer, center: [f32; 2], milliseconds: u64) {
        let Content::Tiles(grids) = &layer.content else { return };
        let stage = self.stage.clone();
        let [tw, th] = stage.tile;
        let drift = |at: usize| {
            layer.offset[at] + (center[at] - stage.picture.parallax_origin[at]) * (1.0 - layer.parallax[at])
        };
        let offset = [drift(0), drift(1)];
        let from = |at: usize, side: f32| ((self.origin[at] as f32 - offset[at]) / side).floor() as i32 - 2;
        let count = |at: usize, side: f32| (self.size[at] as f32 * self.step as f32 / side).ceil() as i32 + 4;
        let (left, top) = (from(0, tw), from(1, th));
        let (right, bottom) = (left + count(0, tw), top + count(1, th));
        for grid in grids {
            let rows = top.max(grid.top)..bottom.min(grid.top.saturating_add(grid.height() as i32));
            for row in rows {
                for column in left.max(grid.left)..right.min(grid.left.saturating_add(grid.width as i32)) {
                    let cell = grid.cell(column, row);
                    if let Some(stamp) = self.stamp(cell, milliseconds) {
                        // Tiles stand on their lower left corner.
                        let y = (row + 1) as f32 * th - (stamp.height * self.step as i32) as f32;
                        let shift = stage.picture.tilesets[cell.tileset as usize].offset;
                        let x = column as f32 * tw + shift[0] as f32;
                        let at = [x + offset[0], y + offset[1] + shift[1] as f32];
                        self.press(&stamp, at, layer.opacity);
                    }
                }
            }
        }
    }

    fn sprites(&mut self, scene: &Scene, layer: usize) {
        let mut here: Vec<&Sprite> = scene.actors.iter().filter(|sprite| sprite.layer == layer).collect();
        here.sort_by(|one, other| other.floor.cmp(&one.floor).then(one.body_at.at[1].total_cmp(&other.body_at.at[1])));
        for sprite in here {
            let [x, y] = sprite.track.at;
            if let Some(stamp) = self.stamp(sprite.cell, scene.milliseconds) {
                let shift = self.stage.picture.tilesets[sprite.cell.tileset as usize].offset;
                let half = [stamp.width, stamp.height].map(|side| (side * self.step as i32) as f32 / 2.0);
                let at = [x - half[0] + shift[0] as f32, y - half[1] + shift[1] as f32];
                self.press(&stamp, at, f32::from(sprite.tint[3]) / 255.0);
            } else if sprite.cell.is_empty() {
                let colour = self.stage.classes.get(sprite.class as usize).map_or([200; 4], |class| class.colour);
                self.block(sprite, [colour[0], colour[1], colour[2]]);
            }
        }
    }

    /// An actor without a tile: its box in the colour of its class.
    fn block(&mut self, sprite: &Sprite, colour: [u8; 3]) {
        let step = self.step as f32;
        let [width, height] = sprite.size.map(|side| ((side / step).round() as i32).clamp(1, 64));
        let pixels = vec![[colour[0], colour[1], colour[2], 255].map(f32::from); (width * height) as usize];
        let at = [sprite.track.at[0] - width as f32 * step / 2.0, sprite.track.at[1] - height as f32 * step / 2.0];
        self.press(&Stamp { width, height, pixels }, at, 1.0);
    }

    fn press(&mut self, stamp: &Stamp, at: [f32; 2], opacity: f32) {
        let [left, top] = self.place(at).map(|side| side.round() as i32);
        for row in 0..stamp.height {
            let y = top + row;
            if y < 0 || y as usize >= self.size[1] {
                continue;
            }
            for column in 0..stamp.width {
                let x = left + column;
                if x < 0 || x as usize >= self.size[0] {
                    continue;
                }
                let [r, g, b, a] = stamp.pixels[(row * stamp.width + column) as usize];
                let below = &mut self.pixels[y as usize * self.size[0] + x as usize];
                let rest = 1.0 - a / 255.0 * opacity;
                *below = [below[0] * rest + r * opacity, below[1] * rest + g * opacity, below[2] * rest + b * opacity];
            }
        }
    }

    fn stamp(&mut self, cell: Cell, milliseconds: u64) -> Option<Rc<Stamp>> {
        let set = self.stage.picture.tilesets.get(cell.tileset as usize)?;
        let tile = set.frame(cell.tile, milliseconds);
        let key = ((cell.tileset, tile, cell.flips.x, cell.flips.y, cell.flips.diagonal), self.step);
        if let Some(known) = self.stamps.get(&key) {
            return known.clone();
        }
        let made = set.part(tile).and_then(|(image, part)| {
            let pixels = self.images.get(&image.path)?;
            Some(Rc::new(averaged(pixels, part, key.0, self.step)))
        });
        self.stamps.insert(key, made.clone());
        made
    }

    fn light(&mut self, scene: &Scene, dark: f32) {
        let day = scene.daylight;
        if day >= 1.0 && !self.stage.roofs.any_indoors() {
            return;
        }
        let mix = |from: [f32; 3], to: [f32; 3], part: f32| -> [f32; 3] {
            std::array::from_fn(|c| from[c] + (to[c] - from[c]) * part)
        };
        let (outdoors, indoors) = (mix(NIGHT, DAY, day), mix(INDOORS_NIGHT, INDOORS_DAY, day));
        let mut sums = Vec::with_capacity(self.pixels.len());
        let step = self.step as f32;
        for row in 0..self.size[1] {
            for column in 0..self.size[0] {
                let x = (self.origin[0] as f32 + column as f32 * step) / self.stage.tile[0];
                let y = (self.origin[1] as f32 + row as f32 * step) / self.stage.tile[1];
                let roof = self.stage.roofs.indoors(x.floor() as i32, y.floor() as i32);
                sums.push(mix(DAY, mix(outdoors, indoors, roof), dark));
            }
        }
        let actors = scene.actors.iter().filter_map(|sprite| Some((sprite.track.at, sprite.glow?)));
        let tiles = self.stage.lights.iter().copied();
        let lamps: Vec<([f32; 2], Glow)> = actors.chain(tiles).collect();
        for (at, glow) in lamps {
            self.shine(&mut sums, at, glow);
        }
        for (pixel, light) in self.pixels.iter_mut().zip(sums) {
            *pixel = std::array::from_fn(|c| pixel[c] * light[c].min(1.15));
        }
    }

    fn shine(&self, sums: &mut [[f32; 3]], at: [f32; 2], glow: Glow) {
        let [x, y] = self.place(at);
        let radius = glow.radius / self.step as f32;
        let range = |middle: f32, most: usize| {
            let from = (middle - radius).floor().clamp(0.0, most as f32) as usize;
            from..((middle + radius).ceil().clamp(0.0, most as f32) as usize)
        };
        for row in range(y, self.size[1]) {
            for column in range(x, self.size[0]) {
                let (dx, dy) = (column as f32 + 0.5 - x, row as f32 + 0.5 - y);
                let near = 1.0 - (dx * dx + dy * dy).sqrt() / radius.max(0.5);
                if near > 0.0 {
                    let sum = &mut sums[row * self.size[0] + column];
                    let much = near * near * glow.strength * 1.2;
                    *sum = std::array::from_fn(|c| sum[c] + f32::from(glow.colour[c]) / 255.0 * much);
                }
            }
        }
    }
}

/// A part of an image, turned as it is to be, each pixel the mean of a square.
fn averaged(image: &Pixels, part: [u32; 4], key: Key, step: u32) -> Stamp {
    let [left, top, width, height] = part;
    let (_, _, flip_x, flip_y, diagonal) = key;
    let (across, down) = if diagonal { (height, width) } else { (width, height) };
    let (columns, rows) = (across.div_ceil(step).max(1), down.div_ceil(step).max(1));
    let pixel = |x: u32, y: u32| {
        let (x, y) = (if flip_x { across - 1 - x } else { x }, if flip_y { down - 1 - y } else { y });
        let (x, y) = if diagonal { (y, x) } else { (x, y) };
        let (x, y) = (left.checked_add(x)?, top.checked_add(y)?);
        let at = (y as usize * image.width as usize + x as usize) * 4;
        if x >= image.width { None } else { image.rgba.get(at..at + 4) }
    };
    let mut pixels = Vec::with_capacity((columns * rows) as usize);
    for row in 0..rows {
        for column in 0..columns {
            let mut sum = [0.0_f32; 4];
            for y in row * step..((row + 1) * step).min(down) {
                for x in column * step..((column + 1) * step).min(across) {
                    let Some([r, g, b, a]) = pixel(x, y) else { continue };
                    let opacity = f32::from(*a) / 255.0;
                    let parts =
                        [f32::from(*r) * opacity, f32::from(*g) * opacity, f32::from(*b) * opacity, f32::from(*a)];
                    sum = std::array::from_fn(|c| sum[c] + parts[c]);
                }
            }
            // What hangs over the edge of the last square is nothing.
            pixels.push(sum.map(|part| part / (step * step) as f32));
        }
    }
    Stamp { width: columns as i32, height: rows as i32, pixels }
}
