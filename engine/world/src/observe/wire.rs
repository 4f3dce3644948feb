//! The wires, and what is on its way along them.

use serde::Serialize;

use super::{ActorRef, ValueView};
use crate::happenings::WireUse;
use crate::ids::ActorId;
use crate::sim::accounts::AccountId;
use crate::sim::state::{Moment, Post, TIME, Target};
use crate::world::World;

/// A wire.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WireView {
    /// Its number: wires are in map order.
    pub wire: u32,
    /// The property of the map that drew it: `OnOpen.2`.
    pub property: String,
    /// Whose action sets it off.
    pub source: ActorRef,
    /// The source's object in the map.
    pub source_object: Option<u32>,
    /// Which action.
    pub action: String,
    /// What of it.
    pub moment: Moment,
    /// Whom it reaches, as the map says it: a name, `!activator`, `lamp_*`, `class:Lamp`.
    pub to: String,
    /// Whom it would reach now. Of `!activator` and `!caller` nobody knows before it is set off.
    pub targets: Vec<ActorRef>,
    /// Their objects in the map; 0 for one that came from none.
    pub target_objects: Vec<u32>,
    /// The action that follows.
    pub call: String,
    /// Ticks between.
    pub delay: u32,
    /// It works once.
    pub once: bool,
    /// It has, and works no more.
    pub spent: bool,
    /// What the action gets.
    pub arg: Option<ValueView>,
    /// How often it was set off, and what became of it last, while somebody watched.
    pub used: Option<WireUse>,
}

/// A wire that was set off and has not reached its target yet.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PostView {
    /// Which wire.
    pub wire: u32,
    /// Whose action set it off.
    pub source: ActorRef,
    /// The action that follows.
    pub call: String,
    /// Who caused it all.
    pub activator: Option<ActorRef>,
    /// The tick at which it arrives; none for one that is carried out in this tick.
    pub due: Option<u64>,
}

impl World {
    /// All wires, in map order.
    ///
    /// Cost: a wire to a pattern or a class looks at all actors.
    pub fn wire_views(&self) -> Vec<WireView> {
        (0..self.sim.state.wires.len() as u32).filter_map(|wire| self.wire_view(wire)).collect()
    }

    /// The wires that begin or end at an actor, in map order.
    pub fn wires_of(&self, actor: ActorId) -> Vec<WireView> {
        let mut wires = self.wire_views();
        wires.retain(|wire| wire.source.id == actor || wire.targets.iter().any(|target| target.id == actor));
        wires
    }

    /// One wire, by its number.
    pub fn wire_view(&self, number: u32) -> Option<WireView> {
        let sim = &self.sim;
        let wire = sim.state.wires.get(number as usize)?;
        let nobody = ActorId::default();
        let unset = Post {
            wire: number,
            source: wire.source,
            activator: nobody,
            caller: nobody,
            cause: TIME,
            account: AccountId::NONE,
        };
        let targets = sim.targets(&wire.target, unset);
        let object = |id: &ActorId| sim.state.face(*id).map_or(0, |actor| actor.object);
        Some(WireView {
            wire: number,
            property: sim.names.text(wire.property).into(),
            source: self.actor_ref(wire.source),
            source_object: Some(object(&wire.source)).filter(|object| *object != 0),
            action: sim.names.text(wire.action).into(),
            moment: wire.moment,
            to: self.reach(&wire.target),
            target_objects: targets.iter().map(object).collect(),
            targets: targets.into_iter().map(|id| self.actor_ref(id)).collect(),
            call: sim.names.text(wire.call).into(),
            delay: wire.delay,
            once: wire.once,
            spent: wire.spent,
            arg: (wire.arg != dormouse_vm::Value::Nil).then(|| self.value_view(&self.vm.peek_value(wire.arg))),
            used: sim.watch.as_ref().map(|watch| watch.contexts.wires.get(&number).copied().unwrap_or_default()),
        })
    }

    fn reach(&self, target: &Target) -> String {
        match target {
            Target::Actor(id) => self.sim.label(*id),
            Target::Activator => "!activator".into(),
            Target::Caller => "!caller".into(),
            Target::Named(pattern) => pattern.clone(),
            Target::Class(class) => match self.sim.classes.all().get(*class as usize) {
                Some(class) => format!("class:{}", class.name),
                None => "class:?".into(),
            },
        }
    }

    /// What is on its way along the wires: posts of this tick, then delayed ones by the tick at which they arrive.
    pub fn post_views(&self) -> Vec<PostView> {
        let now = self.sim.state.posts.iter().map(|post| self.post_view(post, None));
        let later = self.sim.state.delayed.iter().map(|((due, _), post)| self.post_view(post, Some(*due)));
        now.chain(later).collect()
    }

    fn post_view(&self, post: &Post, due: Option<u64>) -> PostView {
        let call = self.sim.state.wires.get(post.wire as usize).map(|wire| self.sim.names.text(wire.call).to_owned());
        PostView {
            wire: post.wire,
            source: self.actor_ref(post.source),
            call: call.unwrap_or_default(),
            activator: self.some_actor(post.activator),
            due,
        }
    }
}
