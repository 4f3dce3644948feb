//! A world: one deterministic simulation. This is the library's main door; the rooms behind it are the machine
//! (`dormouse-vm`) and the simulation's state. Nothing here reads a clock, a file or the environment.

mod birth;
mod hash;
mod hibernate;
mod image;
mod inputs;
pub mod native;
mod populate;
mod sight;
mod tasklet;
mod tick;

use std::collections::VecDeque;
use std::sync::Arc;

use dormouse_vm::Vm;

use crate::happenings::Happening;
use crate::ids::{ActorId, TaskId};
use crate::observe::Parlour;
use crate::output::Output;
use crate::scripts::Scripts;
use crate::sim::Sim;
use crate::sim::state::Counts;
use crate::snapshot::Earlier;
use crate::space::Contact;
use crate::wheel::Timer;

pub use birth::{Config, WorldError};
pub(crate) use birth::{ENGINE, PRELUDE, newborn};
pub use hibernate::{HibernateError, WakeError};
pub use image::WorldImage;
pub use sight::{BodySight, ClassSight, Sight};
pub use tick::Step;

/// A world. See the crate's documentation for the whole.
///
/// What may be alive across a [rewind](World::rewind): values only. A world lends nothing of its inside: actors are
/// named by [`ActorId`], results come out as text and [`Datum`](crate::Datum)s, so that no reference can outlive the
/// memory it pointed to; the borrow checker sees to the rest, since rewinding takes the world exclusively.
pub struct World {
    pub(crate) vm: Vm,
    pub(crate) sim: Sim,
    pub(crate) natives: native::Natives,
    /// What it was made from: saving needs to know.
    pub(crate) config: Config,
    pub(crate) scripts: Arc<Scripts>,
    /// Code of before the scripts were edited, which a restored world still runs.
    pub(crate) earlier: Earlier,
    /// How far the tick under way has come.
    progress: Option<tick::Progress>,
    /// Tasklets that fell asleep for long, with the tick at which they did: see [`tick`].
    drowsy: VecDeque<(TaskId, u64)>,
    /// Buffers that each tick uses again.
    due: Vec<Timer>,
    capsule: Vec<u8>,
    /// Where those are looked at who hibernate.
    pub(crate) parlour: Parlour,
    contacts: Vec<Contact>,
}

/// What a run's closing summary tells. Counts since the world's birth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// Ticks that have passed.
    pub ticks: u64,
    /// Actors alive.
    pub actors: usize,
    /// Tasklets alive, asleep or not.
    pub tasklets: usize,
    /// Actors that hibernate, of those that are alive.
    pub hibernated: usize,
    /// Actors ever.
    pub spawned: u64,
    /// Times that a tasklet was resumed.
    pub wakes: u64,
    /// Events handled.
    pub events: u64,
    /// Wires that reached a target.
    pub wires: u64,
    /// Errors that nothing caught.
    pub errors: u64,
    /// Bytes of the VM's heap in use.
    pub memory: usize,
}

impl World {
    /// The number of the last tick.
    pub fn now(&self) -> u64 {
        self.sim.state.tick
    }

    /// World time, in seconds.
    pub fn time(&self) -> f64 {
        self.sim.state.time
    }

    /// What the actors said and what went wrong since the last call, in order.
    pub fn take_output(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.sim.output)
    }

    /// Whether what happens (actions, wires, events, collisions) is put out too, a line each. It changes nothing else.
    pub fn set_tracing(&mut self, tracing: bool) {
        let watching = self.is_watching();
        self.sim.set_watch(tracing, watching);
    }

    /// Whether what happens is recorded, to be taken with [`World::take_happenings`]. It changes nothing else. What is
    /// in flight when it begins has no cause that is known.
    ///
    /// Cost: nothing while nobody watches; a microsecond or two a happening while somebody does.
    pub fn set_watching(&mut self, watching: bool) {
        let tracing = self.sim.watch.as_ref().is_some_and(|watch| watch.lines);
        self.sim.set_watch(tracing, watching);
    }

    /// Whether what happens is recorded.
    pub fn is_watching(&self) -> bool {
        self.sim.watch.as_ref().is_some_and(|watch| watch.keep)
    }

    /// What happened since the last call, in order, while somebody [watched](World::set_watching). Of what is not taken
    /// the last 262,144 are kept.
    pub fn take_happenings(&mut self) -> Vec<Happening> {
        self.sim.take_happenings()
    }

    /// The counts for a summary.
    pub fn summary(&self) -> Summary {
        let state = &self.sim.state;
        let Counts { wakes, events, wires, errors } = state.counts;
        Summary {
            ticks: state.tick,
            actors: state.actors.len(),
            tasklets: state.tasks.0.len(),
            hibernated: state.actors.sleepers(),
            spawned: state.spawned,
            wakes,
            events,
            wires,
            errors,
            memory: self.vm.heap(),
        }
    }

    /// The live actor of that name; the first spawned when there are more.
    pub fn find(&self, name: &str) -> Option<ActorId> {
        let name = self.sim.names.find(name)?;
        self.sim.state.named.get(&name)?.first().copied()
    }

    /// All live actors, in spawn order. Cost: all are looked at.
    pub fn actors(&self) -> Vec<ActorId> {
        let mut actors: Vec<_> =
            self.sim.state.faces().filter(|(_, actor)| !actor.dying).map(|(id, actor)| (actor.order, id)).collect();
        actors.sort_unstable();
        actors.into_iter().map(|(_, id)| id).collect()
    }

    /// Whether the actor is there.
    pub fn is_alive(&self, actor: ActorId) -> bool {
        self.sim.is_alive(actor)
    }

    /// An actor's name, or its class and number where it has none.
    pub fn name_of(&self, actor: ActorId) -> String {
        self.sim.label(actor)
    }

    /// An actor's class, while it lives.
    pub fn class_of(&self, actor: ActorId) -> Option<&str> {
        let actor = self.sim.state.face(actor)?;
        Some(&self.sim.classes.get(actor.class).name)
    }

    /// Where an actor's centre is, in pixels, while it lives.
    pub fn position_of(&self, actor: ActorId) -> Option<[f32; 2]> {
        self.sim.is_alive(actor).then(|| self.sim.place(actor))
    }

    /// Whether an actor is taking an action; any, for `None`.
    pub fn is_taking(&self, actor: ActorId, action: Option<&str>) -> bool {
        match action {
            None => self.sim.is_acting(actor),
            Some(action) => self.sim.names.find(action).is_some_and(|name| self.sim.flight_of(actor, name).is_some()),
        }
    }

    /// The scripts that it was made with.
    pub fn scripts(&self) -> &Scripts {
        &self.scripts
    }

    /// Calls and loop turns that scripts have used since the world's birth, and what the engine did for them in the same
    /// unit: about 10 ns each. The same in every run.
    pub fn work(&self) -> u64 {
        self.vm.interrupts()
    }

    /// Bytes of the VM's heap in use: what an image copies, the native side apart.
    pub fn heap(&self) -> usize {
        self.vm.heap()
    }

    /// A whole garbage collection at once, for measuring what is really held.
    pub fn collect(&mut self) {
        self.vm.collect_all();
    }
}
