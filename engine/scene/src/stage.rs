//! What of a map and its classes does not change while it is played, made ready for drawing: which tiles show an actor
//! in which state, what glows, what is under a roof. Nothing here knows of a screen or of a running world.

use std::collections::BTreeMap;

use dormouse::ClassSight;
use dormouse::map::picture::{Cell, Colour, Content, Layer, Picture};
use dormouse::map::{Map, Prop, Props};

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

/// How the actors of a class look.
#[derive(Debug, Default)]
pub struct ClassLooks {
    /// The class.
    pub name: String,
    /// The class, what it extends, and so on.
    pub lineage: Vec<String>,
    /// What they are drawn in when there is no tile for them.
    pub colour: Colour,
    /// What may hold for one of them, and be seen.
    pub words: Vec<Word>,
    /// The tiles that show them.
    faces: Vec<Face>,
    /// The props that say more and that the class declares.
    pub props: Vec<LookProp>,
}

/// Something that may hold for an actor and that a tile can show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// It faces that way.
    Faces(Facing),
    /// It moves.
    Walk,
    /// It does not move.
    Stand,
    /// It takes the action of that name, or has a field of that name which is true, or a `look` with that word.
    Named(String),
}

/// A way to face.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Facing {
    /// Left.
    Left,
    /// Right.
    Right,
    /// Up.
    Up,
    /// Down: towards the one who looks.
    #[default]
    Down,
}

impl Facing {
    /// The way of a movement; none for one that goes nowhere.
    pub fn of([x, y]: [f32; 2]) -> Option<Facing> {
        match (x, y) {
            (0.0, 0.0) => None,
            _ if x.abs() >= y.abs() => Some(if x < 0.0 { Facing::Left } else { Facing::Right }),
            _ => Some(if y < 0.0 { Facing::Up } else { Facing::Down }),
        }
    }

    /// The way of that name.
    pub fn from_word(word: &str) -> Option<Facing> {
        match word {
            "left" => Some(Facing::Left),
            "right" => Some(Facing::Right),
            "up" => Some(Facing::Up),
            "down" => Some(Facing::Down),
            _ => None,
        }
    }
}

/// A prop by which an actor says more of its looks, if its class declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookProp {
    /// What its tile is multiplied with.
    Tint,
    /// How far it sheds light.
    Glow,
    /// In which colour.
    GlowColor,
    /// How much of it.
    Brightness,
    /// Not drawn.
    Hidden,
    /// How bright it is outdoors.
    Light,
}

impl LookProp {
    /// All of them, with their names in scripts.
    pub const ALL: [(LookProp, &'static str); 6] = [
        (LookProp::Tint, "tint"),
        (LookProp::Glow, "glow"),
        (LookProp::GlowColor, "glow_color"),
        (LookProp::Brightness, "brightness"),
        (LookProp::Hidden, "hidden"),
        (LookProp::Light, "light"),
    ];

    /// Its name in scripts.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(prop, _)| *prop == self).map_or("", |(_, name)| name)
    }
}

#[derive(Clone, Copy, Debug)]
struct Face {
    cell: Cell,
    /// The words that must hold: a bit each, by their place in [`ClassLooks::words`].
    needs: u64,
    /// How far on its way it shows the actor.
    at: Option<f32>,
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

/// Words that the tiles of one class may have together.
const MAX_WORDS: usize = 64;

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
            ClassLooks { lineage, props: props.map(|(prop, _)| prop).collect(), ..ClassLooks::new(&class.name, tiles) }
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

impl ClassLooks {
    fn new(name: &str, tiles: &[(Cell, &Props)]) -> ClassLooks {
        let mut looks = ClassLooks { name: name.into(), colour: colour_of(name), ..ClassLooks::default() };
        for (cell, props) in tiles {
            let text = |name| match props.get(name) {
                Some(Prop::Text(text)) => text.as_str(),
                _ => "",
            };
            let mut words: Vec<_> = text("look").split_whitespace().map(Word::from_text).collect();
            words.extend(Facing::from_word(text("facing")).map(Word::Faces));
            let at = match props.get("at") {
                Some(Prop::Number(at)) => Some(*at as f32),
                _ => None,
            };
            looks.add(*cell, &words, at);
        }
        // Who goes right can go left.
        for (word, twin) in [(Facing::Right, Facing::Left), (Facing::Left, Facing::Right)] {
            let Some(bit) = looks.bit(&Word::Faces(word)) else { continue };
            let mirrored = looks.bit(&Word::Faces(twin)).unwrap_or(0);
            for face in looks.faces.clone() {
                let needs = face.needs & !bit;
                if face.needs & bit == 0 || (mirrored != 0 && looks.shows(needs | mirrored)) {
                    continue;
                }
                if let Some(twin) = looks.learn(Word::Faces(twin)) {
                    let mut cell = face.cell;
                    cell.flips.x = !cell.flips.x;
                    looks.faces.push(Face { cell, needs: needs | twin, ..face });
                }
            }
        }
        looks
    }

    fn add(&mut self, cell: Cell, words: &[Word], at: Option<f32>) {
        let bits: Option<Vec<u64>> = words.iter().map(|word| self.learn(word.clone())).collect();
        if let Some(bits) = bits {
            self.faces.push(Face { cell, needs: bits.into_iter().fold(0, |all, bit| all | bit), at });
        }
    }

    fn bit(&self, word: &Word) -> Option<u64> {
        self.words.iter().position(|known| known == word).map(|at| 1 << at)
    }

    fn learn(&mut self, word: Word) -> Option<u64> {
        if let Some(bit) = self.bit(&word) {
            return Some(bit);
        }
        let room = self.words.len() < MAX_WORDS;
        room.then(|| {
            self.words.push(word);
            1 << (self.words.len() - 1)
        })
    }

    /// The tile for one of whom these words hold, who has come so far on its way, and whose tile in the map is `own`.
    /// True when the tile shows how far.
    pub fn face(&self, own: Cell, holds: u64, at: Option<f32>) -> (Cell, bool) {
        let ways = [Facing::Left, Facing::Right, Facing::Up, Facing::Down];
        let anywhere = ways.into_iter().filter_map(|way| self.bit(&Word::Faces(way))).fold(holds, |all, bit| all | bit);
        // Where no tile shows the way that it faces, another way is better than none.
        let best = self.best(own, holds, at).or_else(|| self.best(own, anywhere, at));
        let Some(face) = best else { return (own, false) };
        if face.needs == 0 && face.at.is_none() && !own.is_empty() && !self.has(own) {
            // Nothing special holds, and the designer chose a tile that is none of the class's.
            return (own, false);
        }
        let mut cell = face.cell;
        cell.flips.x ^= own.flips.x;
        cell.flips.y ^= own.flips.y;
        (cell, face.at.is_some())
    }

    /// The tile that says most of what holds.
    fn best(&self, own: Cell, holds: u64, at: Option<f32>) -> Option<&Face> {
        let mut best: Option<(&Face, _)> = None;
        for face in self.faces.iter().filter(|face| face.needs & !holds == 0 && (face.at.is_none() || at.is_some())) {
            let says = face.needs.count_ones() + u32::from(face.at.is_some());
            let same_set = face.cell.tileset == own.tileset;
            let is_own = same_set && face.cell.tile == own.tile;
            let far = face.at.zip(at).map_or(0.0, |(shown, at)| (shown - at).abs());
            let rank = (says, same_set, -far, is_own);
            // Of equals the first.
            if best.is_none_or(|(_, known)| rank > known) {
                best = Some((face, rank));
            }
        }
        best.map(|(face, _)| face)
    }

    /// Whether some tile shows how far one has come.
    pub fn travels(&self) -> bool {
        self.faces.iter().any(|face| face.at.is_some())
    }

    /// Whether its tiles show it from the side only.
    pub fn is_sideways(&self) -> bool {
        let faces = |way| self.bit(&Word::Faces(way)).is_some();
        faces(Facing::Right) && !faces(Facing::Up) && !faces(Facing::Down)
    }

    fn shows(&self, needs: u64) -> bool {
        self.faces.iter().any(|face| face.needs == needs)
    }

    fn has(&self, cell: Cell) -> bool {
        self.faces.iter().any(|face| (face.cell.tileset, face.cell.tile) == (cell.tileset, cell.tile))
    }
}

impl Word {
    fn from_text(word: &str) -> Word {
        match word {
            "walk" => Word::Walk,
            "stand" => Word::Stand,
            _ => Word::Named(word.into()),
        }
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

/// A colour of a class's own, bright enough to be seen on anything dark.
fn colour_of(name: &str) -> Colour {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let hue = (hash % 360) as f32 / 60.0;
    let part = |shift: f32| {
        let at = (hue + shift) % 6.0;
        let level = (2.0 - (at - 3.0).abs()).clamp(0.0, 1.0);
        (96.0 + 150.0 * (1.0 - level)) as u8
    };
    [part(0.0), part(4.0), part(2.0), 255]
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

/// Which tiles are walls, and which are under a roof. A bit of each tile.
#[derive(Debug, Default)]
pub struct Roofs {
    left: i32,
    top: i32,
    width: usize,
    solid: Vec<bool>,
    /// How much of the daylight is kept out, from 0 to 255.
    indoors: Vec<u8>,
    covered: bool,
}

/// Tiles for which light is calculated; a larger map has none but the day's.
const MAX_TILES: usize = 4 << 20;

impl Roofs {
    fn new(map: &Map) -> Roofs {
        let [w, h] = map.tile_size;
        let [left, top, right, bottom] = map.bounds;
        let tiles =
            |from: f32, to: f32, size: f32| if size > 0.0 { ((to - from) / size).ceil().max(0.0) as usize } else { 0 };
        let (width, height) = (tiles(left, right, w), tiles(top, bottom, h));
        if width.saturating_mul(height) > MAX_TILES || width == 0 {
            return Roofs::default();
        }
        let (left, top) = ((left / w).floor() as i32, (top / h).floor() as i32);
        let mut roofs = Roofs {
            left,
            top,
            width,
            solid: vec![false; width * height],
            indoors: vec![0; width * height],
            covered: false,
        };
        let sets = &map.picture.tilesets;
        let opaque = |cell: &Cell| {
            let facts = sets.get(cell.tileset as usize).and_then(|set| set.tiles.get(&cell.tile));
            facts.and_then(|facts| facts.props.get("opaque")) == Some(&Prop::Bool(true))
        };
        let said = sets.iter().flat_map(|set| set.tiles.values()).any(|tile| tile.props.contains_key("opaque"));
        if said {
            roofs.each_cell(&map.picture, |roofs, at, cell| roofs.solid[at] |= opaque(cell));
        }
        for [l, t, r, b] in map.walls.iter().filter(|_| !said) {
            for row in (*t / h) as i32..(*b / h) as i32 {
                for column in (*l / w) as i32..(*r / w) as i32 {
                    if let Some(at) = roofs.at(column, row) {
                        roofs.solid[at] = true;
                    }
                }
            }
        }
        roofs.cover(&map.picture);
        roofs.cover_walls();
        roofs.covered = roofs.indoors.iter().any(|indoors| *indoors > 0);
        roofs
    }

    fn at(&self, column: i32, row: i32) -> Option<usize> {
        let (x, y) = (column.checked_sub(self.left)?, row.checked_sub(self.top)?);
        let inside = x >= 0 && y >= 0 && (x as usize) < self.width && (y as usize) < self.height();
        inside.then(|| y as usize * self.width + x as usize)
    }

    fn height(&self) -> usize {
        self.solid.len().checked_div(self.width).unwrap_or(0)
    }

    fn each_cell(&mut self, picture: &Picture, mut each: impl FnMut(&mut Roofs, usize, &Cell)) {
        for layer in &picture.layers {
            let Content::Tiles(grids) = &layer.content else { continue };
            for grid in grids {
                for (number, cell) in grid.cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
                    let (column, row) = (number as u32 % grid.width, number as u32 / grid.width);
                    if let Some(at) = self.at(grid.left + column as i32, grid.top + row as i32) {
                        each(self, at, cell);
                    }
                }
            }
        }
    }

    fn cover(&mut self, picture: &Picture) {
        for layer in &picture.layers {
            let Some(dim) = dim_of(layer) else { continue };
            let only = Picture { layers: vec![layer.clone()], ..Picture::default() };
            self.each_cell(&only, |roofs, at, _| roofs.indoors[at] = (dim * 255.0) as u8);
        }
        self.each_cell(picture, |roofs, at, cell| {
            let facts = picture.tilesets.get(cell.tileset as usize).and_then(|set| set.tiles.get(&cell.tile));
            if let Some(Prop::Bool(indoors)) = facts.and_then(|facts| facts.props.get("indoors")) {
                roofs.indoors[at] = if *indoors { 255 } else { 0 };
            }
        });
    }

    /// A wall is as much under a roof as what is around it.
    fn cover_walls(&mut self) {
        let open = self.indoors.clone();
        for row in 0..self.height() as i32 {
            for column in 0..self.width as i32 {
                let here = row as usize * self.width + column as usize;
                if !self.solid[here] {
                    continue;
                }
                let (x, y) = (column + self.left, row + self.top);
                let around = (-1..=1).flat_map(|dy| (-1..=1).map(move |dx| (x + dx, y + dy)));
                let (mut sum, mut count) = (0_u32, 0_u32);
                for at in around.filter_map(|(column, row)| self.at(column, row)).filter(|at| !self.solid[*at]) {
                    sum += u32::from(open[at]);
                    count += 1;
                }
                self.indoors[here] = sum.checked_div(count).unwrap_or(0) as u8;
            }
        }
    }

    /// Whether light does not get past a tile.
    pub fn is_solid(&self, column: i32, row: i32) -> bool {
        self.at(column, row).is_some_and(|at| self.solid[at])
    }

    /// Whether there is any place that the day does not reach.
    pub fn any_indoors(&self) -> bool {
        self.covered
    }

    /// How much of the daylight is kept out of a tile, from 0 to 1.
    pub fn indoors(&self, column: i32, row: i32) -> f32 {
        self.at(column, row).map_or(0.0, |at| f32::from(self.indoors[at]) / 255.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tiles in one tileset, as `look/facing/at`.
    fn looks(tiles: &[&str]) -> ClassLooks {
        let props: Vec<Props> = tiles
            .iter()
            .map(|tile| {
                let parts =
                    ["look", "facing", "at"].into_iter().zip(tile.split('/')).filter(|(_, text)| !text.is_empty());
                let prop = |name: &str, text: &str| match name {
                    "at" => Prop::Number(text.parse().unwrap()),
                    _ => Prop::Text(text.into()),
                };
                parts.map(|(name, text)| (name.to_owned(), prop(name, text))).collect()
            })
            .collect();
        let cells: Vec<_> =
            (0..).map(|tile| Cell { tile, tileset: 0, flips: Default::default() }).zip(&props).collect();
        ClassLooks::new("Guard", &cells)
    }

    fn shown(looks: &ClassLooks, own: Cell, words: &[&str], at: Option<f32>) -> (u32, bool) {
        let word = |text: &str| Facing::from_word(text).map_or_else(|| Word::from_text(text), Word::Faces);
        let bits = words.iter().filter_map(|text| looks.bit(&word(text))).fold(0, |all, bit| all | bit);
        let (cell, _) = looks.face(own, bits, at);
        (cell.tile, cell.flips.x)
    }

    #[test]
    fn the_tile_that_says_most_of_what_holds_is_shown() {
        let looks = looks(&["", "/right", "walk/right", "Ring", "/up"]);
        for (words, expected) in [
            (&[][..], (0, false)),
            (&["stand", "down"], (0, false)),
            (&["stand", "right"], (1, false)),
            (&["walk", "right"], (2, false)),
            (&["stand", "left"], (1, true)),
            (&["walk", "left"], (2, true)),
            (&["walk", "up"], (4, false)),
            (&["Ring"], (3, false)),
        ] {
            assert_eq!(shown(&looks, Cell::EMPTY, words, None), expected, "{words:?}");
        }
    }

    #[test]
    fn who_has_no_tile_for_a_way_is_shown_another_way() {
        let looks = looks(&["/right", "walk/right"]);
        assert!(looks.is_sideways());
        assert_eq!(shown(&looks, Cell::EMPTY, &["walk", "up"], None).0, 1);
        assert_eq!(shown(&looks, Cell::EMPTY, &["stand", "down"], None).0, 0);
    }

    #[test]
    fn a_tile_that_is_none_of_the_class_stays() {
        let looks = looks(&["", "lit"]);
        let own = Cell { tile: 99, tileset: 0, flips: Default::default() };
        assert_eq!(shown(&looks, own, &[], None).0, 99);
        assert_eq!(shown(&looks, own, &["lit"], None).0, 1);
    }

    #[test]
    fn a_door_is_shown_as_far_open_as_it_is() {
        let looks = looks(&["", "/up/0", "/up/0.5", "/up/1"]);
        for (at, tile) in [(None, 0), (Some(0.0), 1), (Some(0.2), 1), (Some(0.3), 2), (Some(0.9), 3), (Some(7.0), 3)] {
            assert_eq!(shown(&looks, Cell::EMPTY, &["up"], at).0, tile, "{at:?}");
        }
    }

    #[test]
    fn colours_are_read() {
        assert_eq!(parse_colour("#102030"), Some([0x10, 0x20, 0x30, 255]));
        assert_eq!(parse_colour("#40102030"), Some([0x10, 0x20, 0x30, 0x40]));
        for wrong in ["", "#", "102030", "#12345", "#gggggg", "#1020304050"] {
            assert_eq!(parse_colour(wrong), None, "{wrong}");
        }
    }
}
