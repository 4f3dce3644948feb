//! What of a map and its classes does not change while it is played, made ready for drawing: which tiles show an actor
//! in which state (`faces`), what glows, what is under a roof (`roofs`). Nothing here knows of a screen or of a running
//! world.

mod faces;
mod roofs;

use std::collections::BTreeMap;

use dormouse::ClassSight;
use dormouse::map::picture::{Cell, Colour, Content, Layer, Picture};
use dormouse::map::{Map, Prop, Props};

pub use faces::{ClassLooks, Facing, LookProp, Word};
pub use roofs::Roofs;

/// A map and its classes, ready to be drawn.
#[derive(Debug)]
pub struct Stage {
    /// What the map looks like.
    pub picture: Picture,
    /// Pixels of a tile.
    pub tile: [f32; 2],
    /// Left, top, right, bottom of the map, in pixels.
    pub bounds: [f32; 4],
    /// How actors look, by class.
    pub classes: Vec<ClassLooks>,
    /// What keeps light and daylight out.
    pub roofs: Roofs,
    /// The layer in which actors are drawn that were not drawn into one.
    pub actors_layer: usize,
    /// Tiles in layers of objects that are no actors.
    pub decor: Vec<Decor>,
    /// Light that tiles of layers shed: where from, which.
    pub lights: Vec<([f32; 2], Glow)>,
    /// What is to be known of tiles, beyond their pictures.
    facts: BTreeMap<(u16, u32), Facts>,
}

/// A tile in a layer of objects that is no actor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decor {
    /// Its centre, in pixels of the map.
    pub at: [f32; 2],
    /// Its width and height.
    pub size: [f32; 2],
    /// The tile.
    pub cell: Cell,
    /// How far it is turned, in degrees clockwise.
    pub rotation: f32,
    /// The layer in which it is drawn.
    pub layer: usize,
}

/// What a tile's properties say to those who draw.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts {
    /// The light that it sheds.
    pub glow: Option<Glow>,
    /// It lies on the floor.
    pub floor: bool,
}

/// Light that is shed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glow {
    /// How far, in pixels.
    pub radius: f32,
    /// Its colour.
    pub colour: [u8; 3],
    /// How much of it, from 0 to 1.
    pub strength: f32,
    /// How unsteady it is, from 0 to 1.
    pub flicker: f32,
}

/// A fire's light.
pub const WARM: [u8; 3] = [255, 190, 112];

impl Stage {
    /// Makes a map ready. `classes` are the world's.
    pub fn new(map: &Map, classes: &[ClassSight]) -> Stage {
        let picture = map.picture.clone();
        let tiles = picture
            .tilesets
            .iter()
            .enumerate()
            .flat_map(|(set, tileset)| tileset.tiles.iter().map(move |(tile, facts)| ((set as u16, *tile), facts)));
        let mut by_class: BTreeMap<&str, Vec<(Cell, &Props)>> = BTreeMap::new();
        let mut all_facts = BTreeMap::new();
        for ((tileset, tile), facts) in tiles {
            let floor = matches!(facts.props.get("floor"), Some(Prop::Bool(true)));
            let glow = glow_of(&facts.props);
            if floor || glow.is_some() {
                all_facts.insert((tileset, tile), Facts { glow, floor });
            }
            if !facts.class.is_empty() {
                let cell = Cell { tile, tileset, flips: Default::default() };
                by_class.entry(&facts.class).or_default().push((cell, &facts.props));
            }
        }
        let looks = classes.iter().map(|class| {
            // A class without tiles looks like the one that it extends.
            let mut ancestor = Some(class);
            while let Some(known) = ancestor.filter(|known| !by_class.contains_key(known.name.as_str())) {
                ancestor = known.extends.and_then(|number| classes.get(number as usize));
            }
            let tiles = ancestor.and_then(|known| by_class.get(known.name.as_str())).map_or(&[][..], Vec::as_slice);
            let mut lineage = vec![class.name.clone()];
            let mut above = class.extends;
            while let Some(known) = above.and_then(|number| classes.get(number as usize)).filter(|_| lineage.len() < 64)
            {
                lineage.push(known.name.clone());
                above = known.extends;
            }
            let props = LookProp::ALL.into_iter().filter(|(_, name)| class.props.iter().any(|prop| prop == name));
            let mut looks = ClassLooks::new(&class.name, tiles);
            (looks.lineage, looks.props) = (lineage, props.map(|(prop, _)| prop).collect());
            looks
        });
        let objects =
            |layer: &dormouse::map::picture::Layer| matches!(layer.content, Content::Objects) && layer.visible;
        Stage {
            classes: looks.collect(),
            lights: lights(&picture, map.tile_size, &all_facts),
            decor: decor(map),
            facts: all_facts,
            tile: map.tile_size,
            bounds: map.bounds,
            roofs: Roofs::new(map),
            actors_layer: picture.layers.iter().rposition(objects).unwrap_or(picture.layers.len()),
            picture,
        }
    }

    /// What is to be known of a tile.
    pub fn facts(&self, cell: Cell) -> Facts {
        self.facts.get(&(cell.tileset, cell.tile)).copied().unwrap_or_default()
    }
}

fn decor(map: &Map) -> Vec<Decor> {
    let bare = map.objects.iter().filter(|object| object.class.is_none());
    let looks = bare.filter_map(|object| Some((object, map.picture.looks.get(&object.id)?)));
    let shown = looks.filter(|(_, look)| look.visible && !look.cell.is_empty());
    shown
        .map(|(object, look)| Decor {
            at: object.center,
            size: object.size,
            cell: look.cell,
            rotation: look.rotation,
            layer: look.layer,
        })
        .collect()
}

/// The lights among the tiles of layers that move with the map.
fn lights(picture: &Picture, [w, h]: [f32; 2], facts: &BTreeMap<(u16, u32), Facts>) -> Vec<([f32; 2], Glow)> {
    let mut lights = Vec::new();
    for layer in picture.layers.iter().filter(|layer| layer.visible && layer.parallax == [1.0, 1.0]) {
        let Content::Tiles(grids) = &layer.content else { continue };
        for grid in grids {
            for (number, cell) in grid.cells.iter().enumerate() {
                let Some(glow) = facts.get(&(cell.tileset, cell.tile)).and_then(|facts| facts.glow) else { continue };
                let (column, row) = (number as u32 % grid.width, number as u32 / grid.width);
                let x = (grid.left as f32 + column as f32 + 0.5) * w + layer.offset[0];
                let y = (grid.top as f32 + row as f32 + 0.5) * h + layer.offset[1];
                if lights.len() < MAX_LIGHTS {
                    lights.push(([x, y], glow));
                }
            }
        }
    }
    lights
}

/// Tiles of layers that may shed light; the rest are dark.
const MAX_LIGHTS: usize = 10_000;

impl Stage {
    /// A map of so many columns and rows of 16 pixels, in which these tiles are walls: for tests of those who draw.
    pub fn walled(columns: usize, rows: usize, walls: &[(i32, i32)]) -> Stage {
        let walls = walls.iter().map(|(x, y)| [x * 16, y * 16, x * 16 + 16, y * 16 + 16].map(|side| side as f32));
        let bounds = [0.0, 0.0, columns as f32 * 16.0, rows as f32 * 16.0];
        Stage::new(&Map { tile_size: [16.0; 2], bounds, walls: walls.collect(), ..Map::default() }, &[])
    }
}

fn glow_of(props: &Props) -> Option<Glow> {
    let Some(Prop::Number(radius)) = props.get("glow") else { return None };
    let colour = match props.get("glow_color") {
        Some(Prop::Text(text)) => parse_colour(text).map_or(WARM, |[r, g, b, _]| [r, g, b]),
        _ => WARM,
    };
    let flicker = match props.get("flicker") {
        Some(Prop::Number(flicker)) => (*flicker as f32).clamp(0.0, 1.0),
        _ => 0.0,
    };
    (*radius > 0.0).then_some(Glow { radius: (*radius as f32).min(MAX_GLOW), colour, strength: 1.0, flicker })
}

/// Pixels that light reaches at most.
pub const MAX_GLOW: f32 = 512.0;

/// `#rrggbb` or `#aarrggbb`.
pub fn parse_colour(text: &str) -> Option<Colour> {
    let digits = text.strip_prefix('#')?;
    let number = u32::from_str_radix(digits, 16).ok()?;
    let [a, r, g, b] = number.to_be_bytes();
    match digits.len() {
        6 => Some([r, g, b, 255]),
        8 => Some([r, g, b, a]),
        _ => None,
    }
}

/// How much of the daylight a layer keeps out where it has tiles. It is not drawn.
pub fn dim_of(layer: &Layer) -> Option<f32> {
    match layer.props.get("dim") {
        Some(Prop::Number(dim)) => Some((*dim as f32).clamp(0.0, 1.0)),
        _ => None,
    }
}

/// Whether a layer lies above all actors, wherever it is among the layers.
pub fn is_above(layer: &Layer) -> bool {
    layer.props.get("above") == Some(&Prop::Bool(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read() {
        assert_eq!(parse_colour("#102030"), Some([0x10, 0x20, 0x30, 255]));
        assert_eq!(parse_colour("#40102030"), Some([0x10, 0x20, 0x30, 0x40]));
        for wrong in ["", "#", "102030", "#12345", "#gggggg", "#1020304050"] {
            assert_eq!(parse_colour(wrong), None, "{wrong}");
        }
    }
}
