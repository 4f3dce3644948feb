//! The simulation: all of a world but its VM. It answers the scripts' calls ([`dormouse_vm::Host`]) and is driven by
//! [`World`](crate::World). Scripts never run while one of its functions does: there is one flat queue.

pub(crate) mod accounts;
pub(crate) mod actions;
pub(crate) mod api;
pub(crate) mod args;
pub(crate) mod classes;
pub(crate) mod events;
pub(crate) mod exceptions;
pub(crate) mod functions;
pub(crate) mod host;
pub(crate) mod layers;
pub(crate) mod lifecycle;
pub(crate) mod linker;
pub(crate) mod loader;
pub(crate) mod motion;
pub(crate) mod queries;
pub(crate) mod queue;
pub(crate) mod roots;
pub(crate) mod sleep;
pub(crate) mod state;
pub(crate) mod tasks;
pub(crate) mod values;
pub(crate) mod watch;
pub(crate) mod wires;

use std::collections::BTreeMap;

use dormouse_vm::{Pin, Word};

use crate::ids::{ActorId, TaskId};
use crate::names::Names;
use crate::output::Output;
use crate::store::Store;
use classes::Classes;
use state::State;

/// What a world may do at most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Interrupts (calls and loop turns) that a tasklet may use in one tick.
    pub time: i64,
    /// Bytes that an actor may hold, and as many that it sent and nobody has read yet. One that was told, does not let
    /// go and holds twice as much is despawned.
    pub memory: i64,
    /// Interrupts that an actor and all that it brought into the world may use in one tick, together with what they set
    /// going elsewhere. Tasklets beyond it go on in the next tick.
    pub family_time: i64,
    /// Bytes that they may hold together; as for one, twice as many end whoever is found to hold them.
    pub family_memory: i64,
    /// How many they may be.
    pub family_actors: u32,
    /// Causes in a row within one tick: actions that begin actions, messages that lead to messages.
    pub hops: u32,
    /// Actors alive at once.
    pub actors: u32,
}

impl Default for Limits {
    /// A tasklet: 1,000,000 interrupts a tick. An actor: 16 MiB. It and all that it brought into the world: 16,000,000
    /// interrupts a tick, 1 GiB, a million actors. 64 hops, 16 million actors at all.
    fn default() -> Self {
        Limits {
            time: 1_000_000,
            memory: 16 << 20,
            family_time: 16_000_000,
            family_memory: 1 << 30,
            family_actors: 1 << 20,
            hops: 64,
            actors: 1 << 24,
        }
    }
}

/// See the module's comment.
pub(crate) struct Sim {
    pub(crate) limits: Limits,
    /// What never changes after the scripts are loaded.
    pub(crate) classes: Classes,
    /// The game's own.
    pub(crate) functions: Vec<functions::NativeFunction>,
    pub(crate) names: Names,
    pub(crate) pins: Pins,
    pub(crate) words: Words,
    /// The host's functions that the prelude alone has, by their names.
    pub(crate) internals: Vec<(&'static str, Pin)>,
    /// What `require` gives, by path.
    pub(crate) modules: BTreeMap<String, Pin>,
    /// While the scripts are loaded.
    pub(crate) loader: Option<loader::Loader>,
    pub(crate) state: State,
    /// Where actors that hibernate lie.
    pub(crate) store: Store,
    /// Who runs.
    pub(crate) current: TaskId,
    pub(crate) actor: ActorId,
    /// The cause under which what runs now happens.
    pub(crate) cause: u32,
    /// The actor that runs has been told that it holds too much, and holds twice as much now: it is to end.
    pub(crate) doomed: bool,
    pub(crate) output: Vec<Output>,
    /// Whoever watches what happens.
    pub(crate) watch: Option<Box<watch::Watch>>,
    /// Numbers given to happenings so far.
    pub(crate) happened: u64,
}

/// Fields of the table by which scripts know a task, and what its `state` can be when it is over.
#[derive(Clone, Copy, Default)]
pub(crate) struct Words {
    pub(crate) state: Word,
    pub(crate) results: Word,
    pub(crate) problem: Word,
    pub(crate) done: Word,
    pub(crate) failed: Word,
    pub(crate) cancelled: Word,
}

/// Values of the VM that the simulation uses all the time.
#[derive(Clone, Copy)]
pub(crate) struct Pins {
    /// The metatable of exceptions, and that of tasks.
    pub(crate) exception: Pin,
    pub(crate) task: Pin,
    /// The list of runnable parts: `life(self)` runs `setup` and `run`; `event(self, event)`; `finish(list)` runs what
    /// was deferred.
    pub(crate) life: Pin,
    pub(crate) last: Pin,
    /// Each class's `handleEvent` is called as it is.
    pub(crate) base: Pin,
    /// The results of tasks that return nothing.
    pub(crate) nothing: Pin,
}
