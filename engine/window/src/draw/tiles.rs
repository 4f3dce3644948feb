//! The map's layers: tiles with flips, animation, parallax, tint and opacity; images, repeated or not. Only what is in
//! view is passed over.

use std::collections::BTreeMap;
use std::path::PathBuf;

use dormouse::map::Map;
use dormouse::map::picture::{Cell, Colour, Content, Grid, Image, Layer, Picture};
use sdl2::render::{BlendMode, RenderTarget};

use super::easel::{Easel, Quad, TextureId};
use crate::camera::Camera;
use crate::images::Pixels;

/// The textures of a map's images.
#[derive(Default)]
pub struct MapImages {
    by_path: BTreeMap<PathBuf, TextureId>,
    /// Of tilesets whose tiles share one.
    shared: Vec<Option<TextureId>>,
    /// Of tiles that have their own.
    own: BTreeMap<(u16, u32), TextureId>,
    /// By texture, which squares of [`BLOCK`] pixels let nothing through, and how many there are in a row.
    solid: BTreeMap<TextureId, (u32, Vec<bool>)>,
}

/// Pixels along a side of the squares of which is known whether they let anything through.
const BLOCK: u32 = 8;

/// Where a tile's picture is, and how it is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// The texture.
    pub texture: TextureId,
    /// The part of it.
    pub part: [u32; 4],
    /// How far its tileset moves it, in pixels of the map.
    pub offset: [f32; 2],
    /// No pixel of it lets anything through.
    pub solid: bool,
}

impl MapImages {
    /// Loads all images of a map. Those that can't be had are told by a sentence each, and not drawn.
    pub fn load<T: RenderTarget>(easel: &mut Easel<'_, T>, map: &Map) -> (MapImages, Vec<String>) {
        let mut images = MapImages::default();
        let mut problems = Vec::new();
        let picture = &map.picture;
        for (number, set) in (0_u16..).zip(&picture.tilesets) {
            let shared = set.image.as_ref().and_then(|image| images.get(easel, map, image, &mut problems));
            images.shared.push(shared);
            for (tile, facts) in &set.tiles {
                let Some(image) = &facts.image else { continue };
                if let Some(texture) = images.get(easel, map, image, &mut problems) {
                    images.own.insert((number, *tile), texture);
                }
            }
        }
        for layer in &picture.layers {
            if let Content::Image { image, .. } = &layer.content {
                images.get(easel, map, image, &mut problems);
            }
        }
        (images, problems)
    }

    fn get<T: RenderTarget>(
        &mut self,
        easel: &mut Easel<'_, T>,
        map: &Map,
        image: &Image,
        problems: &mut Vec<String>,
    ) -> Option<TextureId> {
        if let Some(known) = self.by_path.get(&image.path) {
            return Some(*known);
        }
        let bytes = map.read_image(image).map_err(|error| error.to_string());
        let named = |what: String| format!("{}: {what}", image.path.display());
        let made = bytes.and_then(|bytes| {
            let mut pixels = Pixels::from_png(&bytes).map_err(named)?;
            if let Some(colour) = image.transparent {
                pixels.hide(colour);
            }
            easel.add(&pixels, BlendMode::Blend, false).map_err(named).map(|texture| (texture, solid_blocks(&pixels)))
        });
        match made {
            Ok((texture, solid)) => {
                self.by_path.insert(image.path.clone(), texture);
                self.solid.insert(texture, (pixels_to_blocks(easel.size_of(texture)[0]), solid));
                Some(texture)
            }
            Err(problem) => {
                problems.push(format!("{problem} (what it shows is not drawn)"));
                None
            }
        }
    }

    /// The picture of a tile at a moment of world time.
    pub fn source(&self, picture: &Picture, cell: Cell, milliseconds: u64) -> Option<Source> {
        let set = picture.tilesets.get(cell.tileset as usize)?;
        let tile = set.frame(cell.tile, milliseconds);
        let (_, part) = set.part(tile)?;
        let texture = match self.own.get(&(cell.tileset, tile)) {
            Some(own) => *own,
            None => (*self.shared.get(cell.tileset as usize)?)?,
        };
        let solid = self.is_solid(texture, part);
        Some(Source { texture, part, offset: set.offset.map(|side| side as f32), solid })
    }

    fn is_solid(&self, texture: TextureId, [x, y, w, h]: [u32; 4]) -> bool {
        let Some((row, solid)) = self.solid.get(&texture) else { return false };
        let mut blocks = (y / BLOCK..pixels_to_blocks(y + h))
            .flat_map(|down| (x / BLOCK..pixels_to_blocks(x + w)).map(move |right| (down * row + right) as usize));
        blocks.all(|block| solid.get(block) == Some(&true))
    }
}

fn pixels_to_blocks(pixels: u32) -> u32 {
    pixels.div_ceil(BLOCK)
}

fn solid_blocks(pixels: &Pixels) -> Vec<bool> {
    let row = pixels_to_blocks(pixels.width);
    let mut solid = vec![true; (row * pixels_to_blocks(pixels.height)) as usize];
    for (at, pixel) in (0_u32..).zip(pixels.rgba.as_chunks::<4>().0) {
        if pixel[3] < 255 {
            let (x, y) = (at % pixels.width, at / pixels.width);
            solid[(y / BLOCK * row + x / BLOCK) as usize] = false;
        }
    }
    solid
}

/// What a layer's colours are multiplied with.
fn colour_of(layer: &Layer) -> Colour {
    let [r, g, b, a] = layer.tint;
    [r, g, b, (f32::from(a) * layer.opacity).round() as u8]
}

/// Draws a layer of tiles or an image.
pub fn draw_layer<T: RenderTarget>(
    easel: &mut Easel<'_, T>,
    images: &MapImages,
    picture: &Picture,
    tile: [f32; 2],
    layer: &Layer,
    camera: &Camera,
    milliseconds: u64,
) -> Result<(), String> {
    let origin = camera.origin(layer.parallax, picture.parallax_origin);
    let origin = [origin[0] + layer.offset[0] * camera.zoom, origin[1] + layer.offset[1] * camera.zoom];
    match &layer.content {
        Content::Tiles(grids) => grids.iter().try_for_each(|grid| {
            let tiles = Tiles { images, picture, tile, zoom: camera.zoom, milliseconds };
            tiles.each(grid, layer, origin, camera.size, |_, source, quad| match source.solid {
                true => easel.solid_quad(source.texture, &quad),
                false => easel.quad(source.texture, &quad),
            })
        }),
        Content::Image { image, repeat } => {
            let Some(texture) = images.by_path.get(&image.path) else { return Ok(()) };
            draw_image(easel, *texture, *repeat, origin, camera, colour_of(layer))
        }
        Content::Objects => Ok(()),
    }
}

/// Tiles of a map at a moment of world time, at a zoom.
#[derive(Clone, Copy)]
pub struct Tiles<'a> {
    /// The textures.
    pub images: &'a MapImages,
    /// What the map looks like.
    pub picture: &'a Picture,
    /// Width and height of the map's tiles, in its pixels.
    pub tile: [f32; 2],
    /// Pixels of the screen for one of the map.
    pub zoom: f32,
    /// The moment.
    pub milliseconds: u64,
}

/// Tiles beyond the view that may reach into it, because they are larger than the map's.
pub const REACH: i32 = 4;

impl Tiles<'_> {
    /// Which tile another is shown as.
    pub fn shown(&self, tileset: u16, tile: u32) -> u32 {
        self.picture.tilesets.get(tileset as usize).map_or(tile, |set| set.frame(tile, self.milliseconds))
    }

    /// Whether a tile is not always shown as the same.
    pub fn is_animated(&self, cell: Cell) -> bool {
        let set = self.picture.tilesets.get(cell.tileset as usize);
        set.and_then(|set| set.tiles.get(&cell.tile)).is_some_and(|tile| !tile.animation.is_empty())
    }

    /// All tiles of a layer's grid on a screen of that size, in the order in which they are drawn. `origin`: where on
    /// the screen the layer's is.
    pub fn each(
        &self,
        grid: &Grid,
        layer: &Layer,
        origin: [f32; 2],
        size: [u32; 2],
        mut draw: impl FnMut(Cell, Source, Quad) -> Result<(), String>,
    ) -> Result<(), String> {
        let colour = colour_of(layer);
        let step = self.tile.map(|side| side * self.zoom);
        // In tiles, within the grid.
        let range = |axis: usize, first: i32, count: u32| {
            let low = (-origin[axis] / step[axis]).floor() as i32 - REACH;
            let high = ((size[axis] as f32 - origin[axis]) / step[axis]).ceil() as i32 + REACH;
            low.max(first)..high.min(first.saturating_add(count as i32))
        };
        for row in range(1, grid.top, grid.height()) {
            for column in range(0, grid.left, grid.width) {
                let cell = grid.cell(column, row);
                let Some(source) =
                    (!cell.is_empty()).then(|| self.images.source(self.picture, cell, self.milliseconds)).flatten()
                else {
                    continue;
                };
                let [w, h] = [source.part[2] as f32 * self.zoom, source.part[3] as f32 * self.zoom];
                // Tiles stand on the lower left corner of their place.
                let x = origin[0] + column as f32 * step[0] + source.offset[0] * self.zoom;
                let y = origin[1] + (row + 1) as f32 * step[1] - h + source.offset[1] * self.zoom;
                let outside = x >= size[0] as f32 || y >= size[1] as f32 || x + w <= 0.0 || y + h <= 0.0;
                if !outside {
                    let place = [x, y, w, h];
                    draw(cell, source, Quad { part: source.part, place, flips: cell.flips, rotation: 0.0, colour })?;
                }
            }
        }
        Ok(())
    }
}

fn draw_image<T: RenderTarget>(
    easel: &mut Easel<'_, T>,
    texture: TextureId,
    repeat: [bool; 2],
    origin: [f32; 2],
    camera: &Camera,
    colour: Colour,
) -> Result<(), String> {
    let size = easel.size_of(texture);
    let drawn = size.map(|side| side as f32 * camera.zoom);
    let places = |axis: usize| {
        let (first, count) = match repeat[axis] {
            false => (origin[axis], 1),
            true => {
                let first = origin[axis] - (origin[axis] / drawn[axis]).ceil() * drawn[axis];
                (first, ((camera.size[axis] as f32 - first) / drawn[axis]).ceil().clamp(0.0, 10_000.0) as usize)
            }
        };
        (0..count).map(move |number| first + number as f32 * drawn[axis])
    };
    for y in places(1) {
        for x in places(0) {
            let part = [0, 0, size[0], size[1]];
            let quad =
                Quad { part, place: [x, y, drawn[0], drawn[1]], flips: Default::default(), rotation: 0.0, colour };
            easel.quad(texture, &quad)?;
        }
    }
    Ok(())
}
