//! How an actor looks at a moment: from what it is and does to a tile, a tint and a glow. What the words and props mean
//! is told to authors in `scripts/README.md`.

use dormouse::map::picture::{Cell, Colour};
use dormouse::{ActorId, Datum, Sight, World};

use crate::stage::{ClassLooks, Facing, Glow, LookProp, MAX_GLOW, Stage, WARM, Word, parse_colour};

/// How an actor looks.
pub struct Look {
    /// The tile that shows it.
    pub cell: Cell,
    /// Where it is drawn, when that is not where its body is.
    pub anchor: Option<[f32; 2]>,
    /// What the tile is multiplied with.
    pub tint: Colour,
    /// The light that it sheds.
    pub glow: Option<Glow>,
}

/// How an actor looks; none when it is hidden. `own` is its tile in the map, `faced` where it last went.
pub fn look(world: &World, stage: &Stage, sight: &Sight, own: Cell, faced: Facing) -> Option<Look> {
    let Some(class) = stage.classes.get(sight.class as usize) else {
        return Some(Look { cell: own, anchor: None, tint: [255; 4], glow: stage.facts(own).glow });
    };
    let says = Says { world, id: sight.id, class };
    if says.truth(LookProp::Hidden) {
        return None;
    }
    let holds = says.words(sight, faced);
    let way = if class.travels() { says.way() } else { None };
    let (cell, shown) = class.face(own, holds, way.map(|(anchor, travel)| gone(sight.center, anchor, travel)));
    let tint = says.text(LookProp::Tint).and_then(|text| parse_colour(&text)).unwrap_or([255; 4]);
    let anchor = way.filter(|_| shown).map(|(anchor, _)| anchor);
    Some(Look { cell, anchor, tint, glow: says.glow(stage.facts(cell).glow) })
}

/// How bright an actor says that it is outdoors.
pub fn daylight(world: &World, id: ActorId) -> f32 {
    match world.field(id, LookProp::Light.name()) {
        Some(Datum::Number(light)) => (light as f32).clamp(0.0, 1.0),
        _ => 1.0,
    }
}

/// How much of a way has been gone, from 0 to 1.
fn gone(at: [f32; 2], anchor: [f32; 2], travel: [f32; 2]) -> f32 {
    let length = travel[0] * travel[0] + travel[1] * travel[1];
    let along = (at[0] - anchor[0]) * travel[0] + (at[1] - anchor[1]) * travel[1];
    if length > 0.0 { (along / length).clamp(0.0, 1.0) } else { 0.0 }
}

fn truthy(field: &Datum) -> bool {
    !matches!(field, Datum::Nil | Datum::Bool(false))
}

/// What an actor says of its looks, by the props that its class declares.
struct Says<'a> {
    world: &'a World,
    id: ActorId,
    class: &'a ClassLooks,
}

impl Says<'_> {
    fn field(&self, prop: LookProp) -> Option<Datum> {
        if self.class.props.contains(&prop) { self.world.field(self.id, prop.name()) } else { None }
    }

    fn truth(&self, prop: LookProp) -> bool {
        self.field(prop).is_some_and(|field| truthy(&field))
    }

    fn text(&self, prop: LookProp) -> Option<String> {
        match self.field(prop) {
            Some(Datum::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn number(&self, prop: LookProp) -> Option<f32> {
        match self.field(prop) {
            Some(Datum::Number(number)) if number.is_finite() => Some(number as f32),
            _ => None,
        }
    }

    fn vector(&self, name: &str) -> Option<[f32; 2]> {
        match self.world.field(self.id, name) {
            Some(Datum::Vector([x, y, _])) => Some([x, y]),
            _ => None,
        }
    }

    fn way(&self) -> Option<([f32; 2], [f32; 2])> {
        self.vector("anchor").zip(self.vector("travel"))
    }

    /// Where it faces: where it goes, else where its field says, else where it last went.
    fn facing(&self, sight: &Sight, faced: Facing) -> Facing {
        // Who has no tiles for up and down faces left or right.
        let flat = |[x, y]: [f32; 2]| if self.class.is_sideways() && x != 0.0 { [x, 0.0] } else { [x, y] };
        let said = match self.world.field(self.id, "facing") {
            Some(Datum::Text(word)) => Facing::from_word(&word),
            Some(Datum::Vector([x, y, _])) => Facing::of(flat([x, y])),
            _ => None,
        };
        Facing::of(flat(sight.velocity)).or(said).unwrap_or(faced)
    }

    /// Which of the class's words hold.
    fn words(&self, sight: &Sight, faced: Facing) -> u64 {
        if self.class.words.is_empty() {
            return 0;
        }
        let facing = self.facing(sight, faced);
        let look = match self.world.field(self.id, "look") {
            Some(Datum::Text(look)) => look,
            _ => String::new(),
        };
        let moving = sight.velocity != [0.0, 0.0];
        let holds = |word: &Word| match word {
            Word::Faces(way) => *way == facing,
            Word::Walk => moving,
            Word::Stand => !moving,
            Word::Named(name) => {
                look.split_whitespace().any(|word| word == name)
                    || self.world.is_taking(sight.id, Some(name))
                    || self.world.field(sight.id, name).is_some_and(|field| truthy(&field))
            }
        };
        (0..).zip(&self.class.words).fold(0, |all, (at, word)| all | u64::from(holds(word)) << at)
    }

    fn glow(&self, of_tile: Option<Glow>) -> Option<Glow> {
        let mut glow = of_tile.unwrap_or(Glow { radius: 0.0, colour: WARM, strength: 1.0, flicker: 0.0 });
        if let Some(radius) = self.number(LookProp::Glow) {
            glow.radius = radius.clamp(0.0, MAX_GLOW);
        }
        if let Some([r, g, b, _]) = self.text(LookProp::GlowColor).and_then(|text| parse_colour(&text)) {
            glow.colour = [r, g, b];
        }
        if let Some(brightness) = self.number(LookProp::Brightness) {
            glow.strength = brightness.clamp(0.0, 1.0);
        }
        (glow.radius > 0.0 && glow.strength > 0.0).then_some(glow)
    }
}
