//! What is to be drawn, as plain data: made from a world between two ticks, and then independent of it, so that the
//! screen and the world can go on at their own paces. It must never change a world.

use std::collections::VecDeque;
use std::sync::Arc;

use dormouse::map::picture::{Cell, Colour};
use dormouse::{ActorId, BodySight, Output, OutputKind, Sight, World};

use crate::looks::{self, Look};
use crate::stage::{Facing, Glow, LookProp, Stage};

/// A world as it is seen between two ticks.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    /// The tick.
    pub tick: u64,
    /// World time.
    pub milliseconds: u64,
    /// Who is in view, in the order in which they are drawn within their layers: by spawn.
    pub actors: Vec<Sprite>,
    /// What is being said.
    pub speeches: Vec<Speech>,
    /// How bright it is outdoors, from 0 to 1.
    pub daylight: f32,
    /// Whom the view follows: the actor `player`.
    pub player: Option<Track>,
}

/// Where something was at the last scene and is now, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Track {
    /// Then.
    pub from: [f32; 2],
    /// Now.
    pub at: [f32; 2],
}

impl Track {
    /// Between the two: 0 is then, 1 is now.
    pub fn between(self, part: f32) -> [f32; 2] {
        let [x, y] = self.at;
        [self.from[0] + (x - self.from[0]) * part, self.from[1] + (y - self.from[1]) * part]
    }
}

/// An actor in view.
#[derive(Clone, Debug)]
pub struct Sprite {
    /// Which one.
    pub id: ActorId,
    /// Its number in the order of all spawns.
    pub order: u64,
    /// Its class, by its number.
    pub class: u32,
    /// Where its centre was and is.
    pub track: Track,
    /// Its width and height, in pixels.
    pub size: [f32; 2],
    /// The tile that shows it; empty for a plain shape.
    pub cell: Cell,
    /// How far it is turned, in degrees clockwise.
    pub rotation: f32,
    /// The layer in which it is drawn.
    pub layer: usize,
    /// What its tile is multiplied with.
    pub tint: Colour,
    /// It lies on the floor, below all that stands.
    pub floor: bool,
    /// The light that it sheds.
    pub glow: Option<Glow>,
    /// Where its body is, when that is not where it is drawn: a door that swings.
    pub body_at: Track,
    /// How it takes part in collisions.
    pub body: Option<BodySight>,
}

/// A line being said.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Speech {
    /// By whom.
    pub who: ActorId,
    /// The speaker's name, for one who is out of view.
    pub name: String,
    /// What.
    pub text: String,
    /// The tick at which it was said.
    pub since: u64,
    /// The first tick at which it is no longer shown.
    pub until: u64,
}

/// What a scene maker knows of an actor from scenes before.
#[derive(Clone, Copy, Default)]
struct Memory {
    life: u32,
    tick: u64,
    track: Track,
    facing: Facing,
}

/// What is seen of a world and is no part of it: to be kept with a saved game, so that it looks the same afterwards.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Afterimage {
    speeches: Vec<Speech>,
    facings: Vec<(ActorId, Facing)>,
}

/// Makes scenes of one world.
pub struct SceneMaker {
    stage: Arc<Stage>,
    /// By the slot of the actor's id.
    memory: Vec<Memory>,
    speeches: VecDeque<Speech>,
    /// The tick of the last scene, and that of the scene of another tick before it.
    tick: u64,
    before: u64,
}

/// A way of more pixels than this between two scenes was no movement.
const JUMP: f32 = 48.0;
/// Lines that are remembered for rewinding.
const MAX_SPEECHES: usize = 256;
/// Ticks that a line is shown, at least and for each of its letters.
const SHOWN: (u64, u64) = (100, 3);

impl SceneMaker {
    /// For a world whose map and classes are on this stage.
    pub fn new(stage: Arc<Stage>) -> SceneMaker {
        SceneMaker { stage, memory: Vec::new(), speeches: VecDeque::new(), tick: 0, before: 0 }
    }

    /// Takes note of what was said since the last call.
    pub fn hear(&mut self, lines: &[Output]) {
        for line in lines.iter().filter(|line| line.kind == OutputKind::Say) {
            // Said again after a rewind.
            while self.speeches.back().is_some_and(|last| last.since > line.tick) {
                self.speeches.pop_back();
            }
            if self.speeches.len() == MAX_SPEECHES {
                self.speeches.pop_front();
            }
            let letters = line.text.chars().count() as u64;
            let until = line.tick + SHOWN.0 + SHOWN.1 * letters.min(120);
            let speech =
                Speech { who: line.who, name: line.actor.clone(), text: line.text.clone(), since: line.tick, until };
            if self.speeches.back() != Some(&speech) {
                self.speeches.push_back(speech);
            }
        }
    }

    /// What was said after a tick was never said.
    pub fn cut(&mut self, tick: u64) {
        self.speeches.retain(|speech| speech.since <= tick);
    }

    /// What is still seen now of what has been.
    pub fn afterimage(&self, world: &World) -> Afterimage {
        let now = world.now();
        let shown = self.speeches.iter().filter(|speech| (speech.since..speech.until).contains(&now));
        let facing = |id: ActorId| {
            let known = self.memory.get(id.bits() as u32 as usize)?;
            let turned = known.life == (id.bits() >> 32) as u32 && known.facing != Facing::default();
            turned.then_some((id, known.facing))
        };
        let facings = world.sights().filter_map(|sight| facing(sight.id)).collect();
        Afterimage { speeches: shown.cloned().collect(), facings }
    }

    /// Makes a world that was restored look as it did.
    pub fn bring_back(&mut self, world: &World, seen: Afterimage) {
        self.speeches = seen.speeches.into_iter().take(MAX_SPEECHES).collect();
        for (id, facing) in seen.facings.into_iter().filter(|(id, _)| world.is_alive(*id)) {
            let slot = id.bits() as u32 as usize;
            if self.memory.len() <= slot {
                self.memory.resize(slot + 1, Memory::default());
            }
            self.memory[slot] = Memory { life: (id.bits() >> 32) as u32, facing, ..Memory::default() };
        }
    }

    /// Who is within `view` (left, top, right, bottom, in pixels) and what is to be seen of them.
    ///
    /// Cost: all actors are passed over, those in view looked at.
    pub fn observe(&mut self, world: &World, view: [f32; 4]) -> Scene {
        let player = world.find("player");
        if world.now() != self.tick {
            (self.before, self.tick) = (self.tick, world.now());
        }
        let mut scene = Scene { tick: world.now(), milliseconds: (world.time() * 1000.0) as u64, ..Scene::default() };
        let mut daylight = 1.0_f32;
        for sight in world.sights() {
            let class = self.stage.classes.get(sight.class as usize);
            if class.is_some_and(|class| class.props.contains(&LookProp::Light)) {
                daylight = daylight.min(looks::daylight(world, sight.id));
            }
            let [w, h] = sight.size.map(|side| side / 2.0 + MARGIN);
            let [x, y] = sight.center;
            let followed = player == Some(sight.id);
            if !followed && (x + w < view[0] || x - w > view[2] || y + h < view[1] || y - h > view[3]) {
                continue;
            }
            let Some(sprite) = self.sprite(world, &sight) else { continue };
            if followed {
                scene.player = Some(sprite.body_at);
            }
            scene.actors.push(sprite);
        }
        scene.actors.sort_unstable_by_key(|sprite| sprite.order);
        let now = scene.tick;
        let heard = self.speeches.iter().filter(|speech| (speech.since..speech.until).contains(&now));
        // Each says one thing at a time: the latest.
        for speech in heard {
            scene.speeches.retain(|earlier| earlier.who != speech.who);
            scene.speeches.push(speech.clone());
        }
        scene.daylight = daylight;
        scene
    }

    /// What is to be seen of an actor; none for one that is hidden.
    fn sprite(&mut self, world: &World, sight: &Sight) -> Option<Sprite> {
        let now = world.now();
        let bits = sight.id.bits();
        let (slot, life) = (bits as u32 as usize, (bits >> 32) as u32);
        if self.memory.len() <= slot {
            self.memory.resize(slot + 1, Memory::default());
        }
        let known = Some(self.memory[slot]).filter(|known| known.life == life);
        let from = match known {
            // Looked at again.
            Some(known) if known.tick == now && known.track.at == sight.center => known.track.from,
            Some(known) if known.tick == self.before && self.before < now && near(known.track.at, sight.center) => {
                known.track.at
            }
            // Who was out of view, or was put elsewhere, did not come from anywhere.
            _ => sight.center,
        };
        let facing = Facing::of(sight.velocity).or(known.map(|known| known.facing)).unwrap_or_default();
        let body_at = Track { from, at: sight.center };
        self.memory[slot] = Memory { life, tick: now, track: body_at, facing };

        let drawn = self.stage.picture.looks.get(&sight.object).filter(|_| sight.object != 0);
        let own = drawn.map_or(Cell::EMPTY, |look| look.cell);
        let Look { cell, anchor, tint, glow } = looks::look(world, &self.stage, sight, own, facing)?;
        let track = anchor.map_or(body_at, |anchor| Track { from: anchor, at: anchor });
        Some(Sprite {
            id: sight.id,
            order: sight.order,
            class: sight.class,
            track,
            size: sight.size,
            cell,
            rotation: drawn.map_or(0.0, |look| look.rotation),
            layer: drawn.map_or(self.stage.actors_layer, |look| look.layer),
            tint,
            floor: self.stage.facts(cell).floor,
            glow,
            body_at,
            body: sight.body,
        })
    }
}

fn near(one: [f32; 2], other: [f32; 2]) -> bool {
    (one[0] - other[0]).abs().max((one[1] - other[1]).abs()) <= JUMP
}

/// Pixels by which a tile may be larger than its actor says.
const MARGIN: f32 = 64.0;
