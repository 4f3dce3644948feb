//! What there is to see of actors, for whoever draws them: native facts only, by the thousand and without a copy of
//! anything. Looking changes nothing.

use dormouse_vm::Kind;

use crate::datum::Datum;
use crate::ids::ActorId;
use crate::observe::plain;
use crate::space::Shape;

use super::World;

/// An actor, as far as it can be seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sight {
    /// Which one.
    pub id: ActorId,
    /// Its number in the order of all spawns.
    pub order: u64,
    /// Its class, by its number among [`World::class_sights`].
    pub class: u32,
    /// The object of the map that it came from; 0 for one that was spawned later.
    pub object: u32,
    /// Where its centre is, in pixels.
    pub center: [f32; 2],
    /// Its width and height as it was drawn or spawned, in pixels.
    pub size: [f32; 2],
    /// Pixels a second, in the last tick.
    pub velocity: [f32; 2],
    /// How it takes part in collisions; `None` for a ghost.
    pub body: Option<BodySight>,
}

/// The body of an actor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BodySight {
    /// Half its width and height, in pixels; of a circle both are the radius.
    pub half: [f32; 2],
    /// A circle, or a box.
    pub round: bool,
    /// It notices what overlaps it and stops nobody.
    pub trigger: bool,
}

/// A class, as far as it matters to those who draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassSight {
    /// Its name.
    pub name: String,
    /// The number of the class that it extends.
    pub extends: Option<u32>,
    /// The props that it declares, inherited ones included.
    pub props: Vec<String>,
}

impl World {
    /// All live actors but the level and the game, in no particular order. Cost: some 10 ns each.
    pub fn sights(&self) -> impl Iterator<Item = Sight> + '_ {
        let state = &self.sim.state;
        state.faces().filter(|(id, actor)| !actor.dying && *id != state.level && *id != state.game).filter_map(
            |(id, actor)| {
                let body = state.space.get(actor.body)?;
                let sight = BodySight {
                    half: body.shape.reach().into(),
                    round: matches!(body.shape, Shape::Circle { .. }),
                    trigger: body.trigger,
                };
                Some(Sight {
                    id,
                    order: actor.order,
                    class: actor.class,
                    object: actor.object,
                    center: body.center.into(),
                    size: actor.size,
                    velocity: state.space.velocity(actor.body).into(),
                    body: (!body.ghost).then_some(sight),
                })
            },
        )
    }

    /// All classes, by their numbers.
    pub fn class_sights(&self) -> Vec<ClassSight> {
        let classes = self.sim.classes.all().iter();
        classes
            .map(|class| ClassSight {
                name: class.name.clone(),
                extends: class.parent,
                props: class.props.keys().cloned().collect(),
            })
            .collect()
    }

    /// A field of an actor's own table, or the default of its prop, where it is plain and short: no table, no text of
    /// more than 200 bytes. `None` where there is none. Cost: some 50 ns; more at the
    /// first look at one that hibernates, which goes on doing so.
    pub fn field(&self, actor: ActorId, name: &str) -> Option<Datum> {
        let face = self.sim.state.face(actor).filter(|face| !face.dying)?;
        let own = match self.sim.state.actors.awake(actor) {
            Some(awake) => {
                Some(self.vm.peek(awake.table).get(name)).filter(|own| own.kind() != Kind::Nil).map(|own| plain(&own))
            }
            None => self.field_asleep(actor, name),
        };
        own.unwrap_or_else(|| plain(&self.vm.peek(self.sim.classes.get(face.class).table).get(name)))
    }
}
