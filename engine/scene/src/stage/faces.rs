//! Which tile shows an actor: the tiles of its class, each with the words that must hold for it to be shown, and how far
//! on its way. What the words mean for an actor of a running world is not known here.

use dormouse::map::picture::{Cell, Colour};
use dormouse::map::{Prop, Props};

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

/// Words that the tiles of one class may have together.
const MAX_WORDS: usize = 64;

impl ClassLooks {
    pub(super) fn new(name: &str, tiles: &[(Cell, &Props)]) -> ClassLooks {
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
}
