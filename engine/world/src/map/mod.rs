//! Maps drawn in Tiled, as plain data: walls, objects, props and wires. From here on nobody needs to know of Tiled.
//! Nothing here knows of classes or runs anything.

mod guard;
mod load;
mod paint;
pub mod picture;
mod plain;
mod walls;
mod wires;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use load::MapError;
pub use wires::{Target, Wire};

use crate::check::Finding;

/// A map.
#[derive(Clone, Debug, Default)]
pub struct Map {
    /// Its file, as it was named.
    pub path: PathBuf,
    /// The file's name without ending: the name of the level's actor.
    pub name: String,
    /// The class of the map itself.
    pub class: Option<String>,
    /// The game's class: the map's property `game`.
    pub game: Option<String>,
    /// Pixels of a tile.
    pub tile_size: [f32; 2],
    /// The part of the world that has tiles: left, top, right, bottom, in pixels.
    pub bounds: [f32; 4],
    /// Solid tiles, joined into rectangles: left, top, right, bottom, in pixels.
    pub walls: Vec<[f32; 4]>,
    /// By object id.
    pub objects: Vec<Object>,
    /// The map's own props.
    pub props: Props,
    /// The map's own wires, in their order.
    pub wires: Vec<Wire>,
    /// What it looks like.
    pub picture: picture::Picture,
    /// What is wrong with it in itself. A world takes no map with errors among them.
    pub findings: Vec<Finding>,
}

/// Props by name.
pub type Props = BTreeMap<String, Prop>;

/// An object of a map.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its number, unique in the map.
    pub id: u32,
    /// Its name; may be empty.
    pub name: String,
    /// Its class; an object without one is no actor.
    pub class: Option<String>,
    /// Its centre, in pixels of the world; of a point or a path: its origin.
    pub center: [f32; 2],
    /// Its width and height, in pixels.
    pub size: [f32; 2],
    /// What it looks like.
    pub shape: Shape,
    /// Its props, its template's included.
    pub props: Props,
    /// Its wires, in their order.
    pub wires: Vec<Wire>,
    /// The line in the file.
    pub line: u32,
}

/// The shape of an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A rectangle, a tile or a text.
    Box,
    /// An ellipse.
    Ellipse,
    /// A point.
    Point,
    /// A polygon or polyline, in pixels of the world.
    Path(Vec<[f32; 2]>),
}

/// The value of a prop in a map.
#[derive(Clone, Debug, PartialEq)]
pub enum Prop {
    /// `true` or `false`
    Bool(bool),
    /// A whole or other number.
    Number(f64),
    /// A string, a file's path, or a colour as `#aarrggbb`.
    Text(String),
    /// An object of the map; 0 for none.
    Object(u32),
    /// A class's members.
    Class(String, Props),
    /// A list.
    List(Vec<Prop>),
}

impl Map {
    /// The object of that number.
    pub fn object(&self, id: u32) -> Option<&Object> {
        self.objects.binary_search_by_key(&id, |object| object.id).ok().map(|at| &self.objects[at])
    }
}
