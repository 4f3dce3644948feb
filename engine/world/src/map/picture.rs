//! What a map looks like, as plain data: layers from back to front, tilesets with their images and animations, and how
//! each object is shown. A world never reads it: it is for those who draw.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::Props;

/// Red, green, blue, opacity.
pub type Colour = [u8; 4];

/// What a map looks like.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// What is behind all layers.
    pub background: Option<Colour>,
    /// Tilesets, the map's own first, then those that only templates use.
    pub tilesets: Vec<Tileset>,
    /// Layers, from back to front. Groups are dissolved: what they say is part of each layer within.
    pub layers: Vec<Layer>,
    /// How objects are shown, by their numbers. Those without a tile are here too.
    pub looks: BTreeMap<u32, ObjectLook>,
    /// The point of the view, in pixels of the map, at which layers with parallax lie as they were drawn.
    pub parallax_origin: [f32; 2],
}

/// A layer.
#[derive(Clone, Debug)]
pub struct Layer {
    /// Its name.
    pub name: String,
    /// How far it is moved, in pixels.
    pub offset: [f32; 2],
    /// How much of the view's movement it takes part in: 1 is all of it.
    pub parallax: [f32; 2],
    /// From 0 to 1.
    pub opacity: f32,
    /// What its colours are multiplied with.
    pub tint: Colour,
    /// Whether it is to be drawn.
    pub visible: bool,
    /// Its own props.
    pub props: Props,
    /// What is in it.
    pub content: Content,
}

/// What is in a layer.
#[derive(Clone, Debug)]
pub enum Content {
    /// Tiles; infinite maps have several grids.
    Tiles(Vec<Grid>),
    /// One image at the layer's offset, perhaps repeated along x and y.
    Image {
        /// The image.
        image: Image,
        /// Along x, along y.
        repeat: [bool; 2],
    },
    /// Objects: those whose [`ObjectLook::layer`] is this one.
    Objects,
}

/// A rectangle of tiles.
#[derive(Clone, Debug)]
pub struct Grid {
    /// The column of its first tile.
    pub left: i32,
    /// The row of its first tile.
    pub top: i32,
    /// Tiles in a row.
    pub width: u32,
    /// Row by row.
    pub cells: Vec<Cell>,
}

impl Grid {
    /// Rows.
    pub fn height(&self) -> u32 {
        (self.cells.len() as u32).checked_div(self.width).unwrap_or(0)
    }

    /// The tile in a column and row of the map; empty outside of the grid.
    pub fn cell(&self, column: i32, row: i32) -> Cell {
        let (x, y) = (i64::from(column) - i64::from(self.left), i64::from(row) - i64::from(self.top));
        if x < 0 || y < 0 || x >= i64::from(self.width) {
            return Cell::EMPTY;
        }
        self.cells.get(y as usize * self.width as usize + x as usize).copied().unwrap_or(Cell::EMPTY)
    }
}

/// A tile as it lies in a layer, or is shown by an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Which of the tileset's tiles.
    pub tile: u32,
    /// Which of [`Picture::tilesets`].
    pub tileset: u16,
    /// How it is turned.
    pub flips: Flips,
}

impl Cell {
    /// No tile.
    pub const EMPTY: Cell = Cell { tile: 0, tileset: u16::MAX, flips: Flips { x: false, y: false, diagonal: false } };

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.tileset == u16::MAX
    }
}

/// How a tile is turned: first along its diagonal, then along x and y.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flips {
    /// Left and right change places.
    pub x: bool,
    /// Top and bottom change places.
    pub y: bool,
    /// Rows become columns.
    pub diagonal: bool,
}

/// A tileset.
#[derive(Clone, Debug, Default)]
pub struct Tileset {
    /// Its name.
    pub name: String,
    /// Pixels of a tile.
    pub tile_size: [u32; 2],
    /// Tiles in a row of the image.
    pub columns: u32,
    /// How many tiles there are.
    pub count: u32,
    /// Pixels between tiles of the image.
    pub spacing: u32,
    /// Pixels around all tiles of the image.
    pub margin: u32,
    /// How far its tiles are moved when they are drawn.
    pub offset: [i32; 2],
    /// The image of all tiles, where they don't have their own.
    pub image: Option<Image>,
    /// Tiles of which there is more to say than their number.
    pub tiles: BTreeMap<u32, Tile>,
}

impl Tileset {
    /// The image of a tile, and the part of it: left, top, width, height.
    pub fn part(&self, tile: u32) -> Option<(&Image, [u32; 4])> {
        if let Some(Tile { image: Some(image), part, .. }) = self.tiles.get(&tile) {
            return Some((image, part.unwrap_or([0, 0, image.size[0], image.size[1]])));
        }
        let [w, h] = self.tile_size;
        let (column, row) = (tile.checked_rem(self.columns)?, tile.checked_div(self.columns)?);
        let at = |number: u32, side: u32| number.checked_mul(side.checked_add(self.spacing)?)?.checked_add(self.margin);
        Some((self.image.as_ref()?, [at(column, w)?, at(row, h)?, w, h]))
    }

    /// The tile that is seen of an animated one so many milliseconds after the beginning of the world.
    pub fn frame(&self, tile: u32, milliseconds: u64) -> u32 {
        let Some(frames) = self.tiles.get(&tile).map(|tile| &tile.animation) else { return tile };
        let whole: u64 = frames.iter().map(|frame| u64::from(frame.milliseconds)).sum();
        let Some(mut at) = milliseconds.checked_rem(whole) else { return tile };
        for frame in frames {
            match at.checked_sub(u64::from(frame.milliseconds)) {
                Some(rest) => at = rest,
                None => return frame.tile,
            }
        }
        tile
    }
}

/// What there is to say of a tile.
#[derive(Clone, Debug, Default)]
pub struct Tile {
    /// Its class.
    pub class: String,
    /// The tiles that are shown in its place, one after the other.
    pub animation: Vec<Frame>,
    /// Its own image.
    pub image: Option<Image>,
    /// The part of its own image that is shown: left, top, width, height.
    pub part: Option<[u32; 4]>,
    /// Its props.
    pub props: Props,
}

/// A step of an animation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The tile that is shown.
    pub tile: u32,
    /// For how long.
    pub milliseconds: u32,
}

/// An image file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The file, as the map names it from its own place; see [`Map::read_image`](super::Map::read_image).
    pub path: PathBuf,
    /// Its width and height in pixels, as the map says.
    pub size: [u32; 2],
    /// The colour that is not drawn.
    pub transparent: Option<[u8; 3]>,
}

/// How an object is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ObjectLook {
    /// Its tile; empty where it has none.
    pub cell: Cell,
    /// How far it is turned, in degrees clockwise.
    pub rotation: f32,
    /// Whether it is to be drawn.
    pub visible: bool,
    /// The number of its layer among [`Picture::layers`].
    pub layer: usize,
}
