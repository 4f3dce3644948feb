//! From the map library's layers and tilesets to a [`Picture`]. Only what is seen: objects, props and walls are
//! elsewhere.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tiled::{LayerType, TilesetLocation};

use super::load::convert;
use super::picture::{Cell, Colour, Content, Flips, Frame, Grid, Image, Layer, ObjectLook, Picture, Tile, Tileset};
use super::{Map, MapError, Props, load};

impl Map {
    /// The bytes of an image of the map's [picture](Picture), from the map's own project only.
    ///
    /// Errors: as [`Map::load`] for a file that the map refers to.
    pub fn read_image(&self, image: &Image) -> Result<Vec<u8>, MapError> {
        load::read_inside(&load::project_of(&self.path), &image.path).map_err(|what| MapError {
            file: image.path.clone(),
            line: 0,
            what,
        })
    }
}

/// What a map looks like.
pub(super) fn paint(loaded: &tiled::Map) -> Picture {
    let mut painting = Painting { picture: Picture::default(), sources: Vec::new() };
    painting.picture.background = loaded.background_color.map(colour);
    painting.picture.parallax_origin = [loaded.parallax_origin_x, loaded.parallax_origin_y];
    for tileset in loaded.tilesets() {
        painting.tileset(tileset);
    }
    let above = Above { offset: [0.0, 0.0], parallax: [1.0, 1.0], opacity: 1.0, tint: [255; 4], visible: true };
    for layer in loaded.layers() {
        painting.layer(&layer, &above);
    }
    painting.picture
}

/// What the groups around a layer say.
#[derive(Clone, Copy)]
struct Above {
    offset: [f32; 2],
    parallax: [f32; 2],
    opacity: f32,
    tint: Colour,
    visible: bool,
}

struct Painting {
    picture: Picture,
    /// The files of the picture's tilesets.
    sources: Vec<PathBuf>,
}

impl Painting {
    fn layer(&mut self, layer: &tiled::Layer<'_>, above: &Above) {
        let tint = layer.tint_color.map_or([255; 4], colour);
        let here = Above {
            offset: [above.offset[0] + layer.offset_x, above.offset[1] + layer.offset_y],
            parallax: [above.parallax[0] * layer.parallax_x, above.parallax[1] * layer.parallax_y],
            opacity: (above.opacity * layer.opacity).clamp(0.0, 1.0),
            tint: std::array::from_fn(|part| (u16::from(above.tint[part]) * u16::from(tint[part]) / 255) as u8),
            visible: above.visible && layer.visible,
        };
        let content = match layer.layer_type() {
            LayerType::Tiles(tiles) => Content::Tiles(grids(&tiles)),
            LayerType::Image(image) => match &image.image {
                Some(file) => Content::Image { image: self::image(file), repeat: [image.repeat_x, image.repeat_y] },
                None => return,
            },
            LayerType::Group(group) => {
                for layer in group.layers() {
                    self.layer(&layer, &here);
                }
                return;
            }
            LayerType::Objects(objects) => {
                for object in objects.objects() {
                    self.object(&object, here.visible);
                }
                Content::Objects
            }
        };
        self.picture.layers.push(Layer {
            name: layer.name.clone(),
            offset: here.offset,
            parallax: here.parallax,
            opacity: here.opacity,
            tint: here.tint,
            visible: here.visible,
            props: props(&layer.properties),
            content,
        });
    }

    fn object(&mut self, object: &tiled::Object<'_>, visible: bool) {
        let cell = object.tile_data().map_or(Cell::EMPTY, |tile| {
            let tileset = match tile.tileset_location() {
                TilesetLocation::Map(number) => *number,
                TilesetLocation::Template(tileset) => self.tileset(tileset),
            };
            let flips = Flips { x: tile.flip_h, y: tile.flip_v, diagonal: tile.flip_d };
            u16::try_from(tileset).map_or(Cell::EMPTY, |tileset| Cell { tile: tile.id(), tileset, flips })
        });
        let look = ObjectLook {
            cell,
            rotation: object.rotation,
            visible: visible && object.visible,
            layer: self.picture.layers.len(),
        };
        self.picture.looks.insert(object.id(), look);
    }

    /// The number of a tileset, which is added where it is new.
    fn tileset(&mut self, tileset: &tiled::Tileset) -> usize {
        let known = self.sources.iter().position(|source| *source == tileset.source);
        if let Some(known) = known.filter(|at| self.picture.tilesets[*at].name == tileset.name) {
            return known;
        }
        let tiles = tileset.tiles().map(|(id, tile)| (id, self::tile(&tile))).collect::<BTreeMap<_, _>>();
        self.sources.push(tileset.source.clone());
        self.picture.tilesets.push(Tileset {
            name: tileset.name.clone(),
            tile_size: [tileset.tile_width, tileset.tile_height],
            columns: tileset.columns,
            count: tileset.tilecount,
            spacing: tileset.spacing,
            margin: tileset.margin,
            offset: [tileset.offset_x, tileset.offset_y],
            image: tileset.image.as_ref().map(image),
            tiles,
        });
        self.picture.tilesets.len() - 1
    }
}

fn tile(tile: &tiled::Tile<'_>) -> Tile {
    let frames = tile.animation.iter().flatten();
    Tile {
        class: tile.user_type.clone(),
        animation: frames.map(|frame| Frame { tile: frame.tile_id, milliseconds: frame.duration }).collect(),
        image: tile.image.as_ref().map(image),
        part: tile.image_rect.map(|part| [part.x, part.y, part.width, part.height].map(|side| side.max(0) as u32)),
        props: props(&tile.properties),
    }
}

fn grids(layer: &tiled::TileLayer<'_>) -> Vec<Grid> {
    let cell = |tile: Option<tiled::LayerTile<'_>>| {
        let Some(tile) = tile else { return Cell::EMPTY };
        let flips = Flips { x: tile.flip_h, y: tile.flip_v, diagonal: tile.flip_d };
        u16::try_from(tile.tileset_index()).map_or(Cell::EMPTY, |tileset| Cell { tile: tile.id(), tileset, flips })
    };
    match layer {
        tiled::TileLayer::Finite(tiles) => {
            let (width, height) = (tiles.width() as i32, tiles.height() as i32);
            let places = (0..height).flat_map(|row| (0..width).map(move |column| (column, row)));
            let cells = places.map(|(column, row)| cell(tiles.get_tile(column, row))).collect();
            vec![Grid { left: 0, top: 0, width: width as u32, cells }]
        }
        tiled::TileLayer::Infinite(tiles) => {
            let (width, height) = (tiled::ChunkData::WIDTH, tiled::ChunkData::HEIGHT);
            let mut chunks: Vec<_> = tiles.chunks().collect();
            // The library keeps them in no order.
            chunks.sort_unstable_by_key(|((x, y), _)| (*y, *x));
            let grid = |((x, y), chunk): &((i32, i32), tiled::Chunk<'_>)| {
                let places = (0..height as i32).flat_map(|row| (0..width as i32).map(move |column| (column, row)));
                let cells = places.map(|(column, row)| cell(chunk.get_tile(column, row))).collect();
                Grid { left: x.saturating_mul(width as i32), top: y.saturating_mul(height as i32), width, cells }
            };
            chunks.iter().map(grid).collect()
        }
    }
}

fn props(properties: &tiled::Properties) -> Props {
    properties.iter().map(|(name, value)| (name.clone(), convert(value, 0))).collect()
}

fn image(image: &tiled::Image) -> Image {
    let path = Path::new(&image.source).to_owned();
    let transparent = image.transparent_colour.map(|colour| [colour.red, colour.green, colour.blue]);
    Image { path, size: [image.width, image.height].map(|side| side.max(0) as u32), transparent }
}

fn colour(colour: tiled::Color) -> Colour {
    [colour.red, colour.green, colour.blue, colour.alpha]
}
