//! Space: bodies in the plane, how they move, what they touch, who is where. Kinematic: nothing has mass; bodies go
//! where they are told until something is in the way. It knows nothing of actors but a number per body.
//!
//! Deterministic: everything happens in the order of the bodies' `order`, and no result depends on the shape of the
//! search trees of bodies, which are mere caches: they are neither copied with a space nor written with it. (Which of
//! two walls that are met at the same moment counts does depend on their tree; it is made of the walls' list alone.)

mod body;
mod query;
mod shapes;
mod step;
mod touch;
mod trees;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use slotmap::SlotMap;

pub(crate) use body::{Body, BodyId, Contact, FAR, Motion, Rect, Shape, Vec2, WALL_LAYER};
pub(crate) use query::Filter;

use body::{Moving, Slot};
use touch::Touching;
use trees::{Kind, Trees, Walls};

/// Where a body is, its shape, where it goes, whom it follows (by that one's place), its velocity.
pub(crate) type Whereabouts = (Vec2, Shape, Option<Motion>, Option<Vec2>, Vec2);

/// See the module's comment.
#[derive(Serialize, Deserialize)]
pub(crate) struct Space {
    #[serde(with = "trees::walls")]
    walls: Arc<Walls>,
    #[serde(with = "crate::slots")]
    bodies: SlotMap<BodyId, Slot>,
    /// Bodies with a motion, by order; some may have ended since.
    movers: Vec<(u64, BodyId)>,
    touching: Touching,
    #[serde(skip)]
    trees: Trees,
}

impl Space {
    /// A space with these walls and no bodies.
    pub(crate) fn new(walls: &[Rect]) -> Self {
        Space {
            walls: Arc::new(Walls::new(walls)),
            bodies: SlotMap::with_key(),
            movers: Vec::new(),
            touching: Touching::default(),
            trees: Trees::default(),
        }
    }

    /// Cost: O(1). The trees learn of it when they are asked next.
    pub(crate) fn insert(&mut self, body: Body) -> BodyId {
        let kind = Kind::of(&body);
        let id = self.bodies.insert(Slot { body, moving: None });
        self.trees.note(id, kind);
        self.touching.inserted(id, kind);
        id
    }

    pub(crate) fn remove(&mut self, id: BodyId) -> Option<Body> {
        let slot = self.bodies.remove(id)?;
        self.trees.forget(id);
        self.touching.removed(id, Kind::of(&slot.body));
        Some(slot.body)
    }

    pub(crate) fn get(&self, id: BodyId) -> Option<&Body> {
        self.bodies.get(id).map(|slot| &slot.body)
    }

    /// Puts a body elsewhere at once; its motion goes on from there.
    pub(crate) fn teleport(&mut self, id: BodyId, center: Vec2) {
        if let Some(slot) = self.bodies.get_mut(id) {
            slot.body.center = center;
            let kind = Kind::of(&slot.body);
            self.trees.note(id, kind);
            self.touching.changed(id, kind);
        }
    }

    /// Begins a motion, in place of the one in flight.
    pub(crate) fn go(&mut self, id: BodyId, motion: Motion) {
        let Some(slot) = self.bodies.get_mut(id) else { return };
        match &mut slot.moving {
            Some(moving) => moving.motion = Some(motion),
            None => {
                slot.moving = Some(Box::new(Moving { motion: Some(motion), velocity: Vec2::ZERO }));
                self.movers.push((slot.body.order, id));
            }
        }
    }

    /// Ends the motion in flight. True when there was one.
    pub(crate) fn halt(&mut self, id: BodyId) -> bool {
        let Some(moving) = self.bodies.get_mut(id).and_then(|slot| slot.moving.as_mut()) else { return false };
        moving.velocity = Vec2::ZERO;
        moving.motion.take().is_some()
    }

    /// The motion in flight.
    pub(crate) fn motion(&self, id: BodyId) -> Option<Motion> {
        self.bodies.get(id).and_then(Slot::motion)
    }

    /// Where a body is, its shape, and where it goes: whom it follows by that one's place.
    pub(crate) fn whereabouts(&self, id: BodyId) -> Option<Whereabouts> {
        let slot = self.bodies.get(id)?;
        let (motion, followed) = match slot.motion() {
            Some(Motion::Follow { who, .. }) => (None, self.get(who).map(|body| body.center)),
            motion => (motion, None),
        };
        Some((slot.body.center, slot.body.shape, motion, followed, slot.velocity()))
    }

    /// Pixels a second, in the last step.
    pub(crate) fn velocity(&self, id: BodyId) -> Vec2 {
        self.bodies.get(id).map_or(Vec2::ZERO, Slot::velocity)
    }
}

impl Space {
    /// What is wrong with a space that came from bytes, if anything is. `alive` says which order the body of an owner
    /// has; there is one body for each, and nothing else.
    pub(crate) fn check(&self, alive: &dyn Fn(u64, BodyId) -> Option<u64>) -> Result<(), &'static str> {
        let mut triggers = 0;
        for (id, slot) in &self.bodies {
            let body = &slot.body;
            if !body.is_somewhere() {
                return Err("a body has no place or size");
            }
            if slot.motion().is_some_and(|motion| !motion.leads_somewhere()) {
                return Err("a body's motion leads nowhere");
            }
            if body.layer >= 32 || alive(body.owner, id) != Some(body.order) {
                return Err("a body is in no layer, or is nobody's");
            }
            triggers += u32::from(Kind::of(body) == Kind::Trigger);
        }
        if !self.touching.fits(triggers) {
            return Err("the triggers do not fit the bodies");
        }
        Ok(())
    }

    /// How many bodies there are.
    pub(crate) fn len(&self) -> usize {
        self.bodies.len()
    }
}

impl Clone for Space {
    fn clone(&self) -> Self {
        Space {
            walls: self.walls.clone(),
            bodies: self.bodies.clone(),
            movers: self.movers.clone(),
            touching: self.touching.clone(),
            trees: Trees::default(),
        }
    }

    fn clone_from(&mut self, source: &Self) {
        self.walls.clone_from(&source.walls);
        self.bodies.clone_from(&source.bodies);
        self.movers.clone_from(&source.movers);
        self.touching.clone_from(&source.touching);
        // Our own tree is nearly right, and cheaper to mend than to make.
        self.trees.doubt();
    }
}

#[cfg(test)]
mod tests;
