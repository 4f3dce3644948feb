//! What a capsule says of an actor, as plain data, and what worlds note of those who travel. Ids in it are those of the world
//! that it left; they are translated, never believed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{ActorId, MailId, TaskId};
use crate::names::Name;
use crate::sim::state::{Actor, Flight, Mail, Tasklet, Wire};
use crate::snapshot::Bits;
use crate::space::{Body, Motion};

/// Names an actor wherever it is: by the realm in which it was born, and its id there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// [`Config::realm`](crate::Config::realm) of the world where it first set out.
    pub realm: u64,
    /// Its id there: [`ActorId::bits`].
    pub actor: u64,
}

/// An actor that the traveller knows.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) id: ActorId,
    /// Empty where it has none.
    pub(super) name: String,
    /// Where it is one that could travel.
    pub(super) identity: Option<Identity>,
}

/// One of its tasklets, oldest first in the list.
#[derive(Serialize, Deserialize)]
pub(super) struct Sleeping {
    pub(super) id: TaskId,
    pub(super) tasklet: Tasklet,
    /// Ticks left to its timer.
    pub(super) left: Option<u64>,
    /// Ticks since it fell asleep.
    pub(super) slept: u64,
    /// Its actions in flight, the outermost first.
    pub(super) flights: Vec<u32>,
    /// Others of its actor's that await it, in the order in which they came.
    pub(super) awaiters: Vec<TaskId>,
}

/// One of its actions.
#[derive(Serialize, Deserialize)]
pub(super) struct Flying {
    pub(super) token: u32,
    pub(super) flight: Flight,
    /// Ticks since it began.
    pub(super) age: u64,
    pub(super) joiners: Vec<TaskId>,
}

/// The section `ACTR`.
#[derive(Serialize, Deserialize)]
pub(super) struct Traveller {
    pub(super) identity: Identity,
    /// How often it has set out.
    pub(super) journey: u64,
    pub(super) me: ActorId,
    pub(super) class: String,
    pub(super) actor: Actor,
    pub(super) body: Body,
    pub(super) layer: String,
    /// The layers that it collides with; all, for none.
    pub(super) collides: Option<Vec<String>>,
    pub(super) motion: Option<Motion>,
    pub(super) follows: Option<ActorId>,
    /// After how many ticks it may hibernate, where its map said so.
    pub(super) rest: Option<u32>,
    pub(super) tasks: Vec<Sleeping>,
    /// Those that are to run, in their order.
    pub(super) ready: Vec<TaskId>,
    pub(super) listeners: Vec<TaskId>,
    pub(super) flights: Vec<Flying>,
    /// Actions that it is taking, the oldest first.
    pub(super) taking: Vec<u32>,
    pub(super) handling: Option<(MailId, Mail)>,
    pub(super) mail: Vec<(MailId, Mail)>,
    pub(super) wires: Vec<Wire>,
    /// The texts of all names in it.
    pub(super) names: Vec<(Name, String)>,
    /// The names of classes that wires lead to.
    pub(super) classes: Vec<(u32, String)>,
    pub(super) known: Vec<Known>,
    /// Tasks of others that its values name.
    pub(super) strangers: Vec<TaskId>,
    /// Which of its places hold anything.
    pub(super) present: Bits,
}

/// What a world notes of one that travels.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Journey {
    /// The last of its journeys that led here or away from here.
    pub(super) number: u64,
    /// Whether it is here.
    pub(super) here: Option<ActorId>,
}

/// What a world notes of those who travel, and what is to be sent after them.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Travels {
    pub(super) journeys: BTreeMap<Identity, Journey>,
    /// Who left: by the id that others may still have.
    pub(super) gone: BTreeMap<ActorId, Identity>,
    pub(super) letters: Vec<super::Forwarded>,
}

impl Travels {
    /// Whether nobody ever travelled.
    pub(crate) fn is_empty(&self) -> bool {
        self.journeys.is_empty()
    }

    /// The identity of one that is here and came from elsewhere, or comes back.
    pub(super) fn identity_of(&self, id: ActorId) -> Option<Identity> {
        self.journeys.iter().find(|(_, journey)| journey.here == Some(id)).map(|(identity, _)| *identity)
    }

    /// Who left under that id.
    pub(crate) fn has_left(&self, id: ActorId) -> bool {
        self.gone.contains_key(&id)
    }
}
