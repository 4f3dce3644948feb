//! What space is made of: plain data.

use serde::{Deserialize, Serialize};
use slotmap::new_key_type;

/// A point or way in the plane, in pixels.
pub(crate) use glam::Vec2;

new_key_type! {
    /// Names a body.
    pub(crate) struct BodyId;
}

/// The layer of walls.
pub(crate) const WALL_LAYER: u8 = 1;

/// Pixels from the middle of the world in each direction, within which all places are. So no sum or length of a few of
/// them is too large for a number, and what is here stays somewhere.
pub(crate) const FAR: f32 = 1e8;

/// Whether something is in the world: not further than [`FAR`], but for what rounding may add.
fn within(point: Vec2) -> bool {
    point.abs().cmple(Vec2::splat(2.0 * FAR)).all()
}

/// An axis-aligned rectangle.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rect {
    pub(crate) min: Vec2,
    pub(crate) max: Vec2,
}

/// The shape of a body, about its centre.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Shape {
    /// A box, by half its sides.
    Box { half: Vec2 },
    /// A circle.
    Circle { radius: f32 },
}

impl Default for Shape {
    fn default() -> Self {
        Shape::Box { half: Vec2::ZERO }
    }
}

impl Shape {
    /// Half the sides of the box around it.
    pub(crate) fn reach(self) -> Vec2 {
        match self {
            Shape::Box { half } => half,
            Shape::Circle { radius } => Vec2::splat(radius),
        }
    }
}

/// A body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Body {
    pub(crate) shape: Shape,
    pub(crate) center: Vec2,
    /// Which layer it is in, 0 to 31.
    pub(crate) layer: u8,
    /// The layers that it collides with, a bit each. Two bodies meet when each one's mask has the other's layer.
    pub(crate) mask: u32,
    /// It notices what overlaps it and stops nobody.
    pub(crate) trigger: bool,
    /// It has a place and nothing more.
    pub(crate) ghost: bool,
    /// All results are in this order.
    pub(crate) order: u64,
    /// Whose it is.
    pub(crate) owner: u64,
}

impl Body {
    /// The box around it. A ghost is the point where it is.
    pub(crate) fn bounds(&self) -> Rect {
        let reach = if self.ghost { Vec2::ZERO } else { self.shape.reach() };
        Rect { min: self.center - reach, max: self.center + reach }
    }

    /// Whether two bodies' layers meet.
    pub(crate) fn meets(&self, other: &Body) -> bool {
        self.mask >> other.layer & 1 == 1 && other.mask >> self.layer & 1 == 1
    }

    pub(crate) fn solid(&self) -> bool {
        !self.trigger && !self.ghost
    }

    /// Whether it has a place and a size that a body can have.
    pub(crate) fn is_somewhere(&self) -> bool {
        let reach = self.shape.reach();
        within(self.center) && within(reach) && reach.min_element() >= 0.0
    }
}

/// Where a body is going.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Motion {
    /// To a point, in a straight line, at pixels a second.
    To { target: Vec2, speed: f32 },
    /// After another body, until their centres are within a distance.
    Follow { who: BodyId, speed: f32, distance: f32 },
}

impl Motion {
    /// Whether it has a goal and a speed that a motion can have.
    pub(crate) fn leads_somewhere(&self) -> bool {
        match *self {
            Motion::To { target, speed } => within(target) && speed.is_finite() && speed >= 0.0,
            Motion::Follow { speed, distance, .. } => speed.is_finite() && speed >= 0.0 && distance.is_finite(),
        }
    }
}

/// What came of a step. Bodies are named by their owners, since some may be gone already.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Contact {
    /// A motion reached its end.
    Arrived { body: u64 },
    /// The one that was followed is gone.
    Lost { body: u64 },
    /// A motion ended because something (a wall, for `None`) is in the way. The normal points from it to the body.
    Blocked { body: u64, other: Option<u64>, normal: Vec2, point: Vec2 },
    /// A solid body began to overlap a trigger.
    Entered { trigger: u64, body: u64 },
    /// It overlaps it no more.
    Left { trigger: u64, body: u64 },
}

/// A body with what moves it. Most bodies of a world rest, and there may be a million: what moves is elsewhere.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "WholeSlot", into = "WholeSlot")]
pub(super) struct Slot {
    pub(super) body: Body,
    /// For as long as it is in the list of movers.
    pub(super) moving: Option<Box<Moving>>,
}

/// What moves a body.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moving {
    /// None when the motion has ended since the last step.
    pub(super) motion: Option<Motion>,
    pub(super) velocity: Vec2,
}

impl Slot {
    pub(super) fn motion(&self) -> Option<Motion> {
        self.moving.as_ref().and_then(|moving| moving.motion)
    }

    pub(super) fn velocity(&self) -> Vec2 {
        self.moving.as_ref().map_or(Vec2::ZERO, |moving| moving.velocity)
    }
}

/// A slot in bytes.
#[derive(Serialize, Deserialize)]
struct WholeSlot {
    body: Body,
    motion: Option<Motion>,
    velocity: Vec2,
    /// It is in the list of movers.
    listed: bool,
}

impl From<WholeSlot> for Slot {
    fn from(whole: WholeSlot) -> Self {
        let WholeSlot { body, motion, velocity, listed } = whole;
        Slot { body, moving: listed.then(|| Box::new(Moving { motion, velocity })) }
    }
}

impl From<Slot> for WholeSlot {
    fn from(slot: Slot) -> Self {
        let (motion, velocity, listed) = (slot.motion(), slot.velocity(), slot.moving.is_some());
        WholeSlot { body: slot.body, motion, velocity, listed }
    }
}
