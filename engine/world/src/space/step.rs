//! One tick of movement.

use super::body::{Body, BodyId, Contact, Motion, Rect, Shape, Vec2};
use super::shapes;
use super::trees::Kind;
use super::{Space, WALL_LAYER};

/// The gap that is left to what a body runs into: it can then move along it or away, whatever rounding does.
const SKIN: f32 = 1.0 / 64.0;

/// What a body ran into.
struct Obstacle {
    time: f32,
    /// 0 for walls, else the body's order and 1: decides between two that are met at once.
    rank: u64,
    other: Option<u64>,
    normal: Vec2,
}

impl Space {
    /// Moves everything that has a motion by one tick, in order, and tells what came of it: first the motions' ends
    /// in the order of their bodies, then who entered or left triggers.
    ///
    /// Cost: O(1) when nothing moves and nothing was changed.
    pub(crate) fn step(&mut self, seconds: f32, contacts: &mut Vec<Contact>) {
        if !self.movers.is_empty() {
            self.move_all(seconds.max(f32::MIN_POSITIVE), contacts);
        }
        self.report_touches(contacts);
    }

    fn move_all(&mut self, seconds: f32, contacts: &mut Vec<Contact>) {
        if !self.movers.is_sorted() {
            self.movers.sort_unstable();
        }
        let mut movers = std::mem::take(&mut self.movers);
        movers.retain(|(_, id)| {
            let moving = self.move_one(*id, seconds, contacts);
            if !moving && let Some(slot) = self.bodies.get_mut(*id) {
                slot.moving = None;
            }
            moving
        });
        self.movers = movers;
    }

    /// True while the motion goes on.
    fn move_one(&mut self, id: BodyId, seconds: f32, contacts: &mut Vec<Contact>) -> bool {
        let Some(slot) = self.bodies.get(id) else { return false };
        let (body, Some(motion)) = (slot.body, slot.motion()) else { return false };
        let (goal, speed, distance) = match motion {
            Motion::To { target, speed } => (target, speed, 0.0),
            Motion::Follow { who, speed, distance } => match self.bodies.get(who) {
                Some(slot) => (slot.body.center, speed, distance),
                None => {
                    contacts.push(Contact::Lost { body: body.owner });
                    return false;
                }
            },
        };
        let way = goal - body.center;
        let left = (way.length() - distance).max(0.0);
        let step = speed * seconds;
        let arrives = left <= step;
        let by = match (arrives, motion) {
            // Exactly to the goal, whatever rounding would make of it.
            (true, Motion::To { .. }) => way,
            (true, _) => way.normalize_or_zero() * left,
            (false, _) => way.normalize_or_zero() * step,
        };
        let hit = if body.solid() && by != Vec2::ZERO { self.first_obstacle(id, &body, by) } else { None };
        if let Some(hit) = hit {
            let length = by.length();
            let into = -by.dot(hit.normal) / length;
            let reach = (hit.time * length - SKIN / into.max(1e-3)).max(0.0);
            let center = body.center + by / length * reach;
            self.place(id, center);
            let point = center - hit.normal * extent(body.shape, hit.normal);
            contacts.push(Contact::Blocked { body: body.owner, other: hit.other, normal: hit.normal, point });
            return false;
        }
        match motion {
            Motion::To { target, .. } if arrives => self.place(id, target),
            _ => self.place(id, body.center + by),
        }
        if arrives {
            contacts.push(Contact::Arrived { body: body.owner });
            return false;
        }
        if let Some(moving) = self.bodies.get_mut(id).and_then(|slot| slot.moving.as_mut()) {
            moving.velocity = by / seconds;
        }
        true
    }

    fn place(&mut self, id: BodyId, center: Vec2) {
        let Some(slot) = self.bodies.get_mut(id) else { return };
        if slot.body.center == center {
            return;
        }
        slot.body.center = center;
        let kind = Kind::of(&slot.body);
        self.trees.note(id, kind);
        self.touching.changed(id, kind);
    }

    fn first_obstacle(&mut self, id: BodyId, body: &Body, way: Vec2) -> Option<Obstacle> {
        let bounds = body.bounds();
        let end = Rect { min: bounds.min + way, max: bounds.max + way };
        let swept = Rect { min: bounds.min.min(end.min), max: bounds.max.max(end.max) };
        let mut first: Option<Obstacle> = None;
        let mut offer = |hit: Option<(f32, Vec2)>, rank: u64, other: Option<u64>| {
            let Some((time, normal)) = hit else { return };
            if first.as_ref().is_none_or(|first| (time, rank) < (first.time, first.rank)) {
                first = Some(Obstacle { time, rank, other, normal });
            }
        };
        if body.mask >> WALL_LAYER & 1 == 1 {
            self.walls.near(swept, |wall| {
                let rect = self.walls.rects[wall as usize];
                let half = (rect.max - rect.min) / 2.0;
                let hit = shapes::sweep(body.shape, body.center, way, Shape::Box { half }, rect.min + half);
                offer(hit, 0, None);
            });
        }
        self.trees.update(Kind::Solid, &self.bodies);
        self.trees.near(Kind::Solid, swept, |other| {
            let Some(slot) = self.bodies.get(other).filter(|_| other != id) else { return };
            if body.meets(&slot.body) {
                let hit = shapes::sweep(body.shape, body.center, way, slot.body.shape, slot.body.center);
                offer(hit, slot.body.order + 1, Some(slot.body.owner));
            }
        });
        first
    }
}

/// How far a shape reaches from its centre in a direction.
fn extent(shape: Shape, direction: Vec2) -> f32 {
    match shape {
        Shape::Circle { radius } => radius,
        Shape::Box { half } => (half * direction.abs()).element_sum().min(half.max_element()),
    }
}
