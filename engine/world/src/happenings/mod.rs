//! What happens in a world, one thing after another, each with the one that caused it: so that one can follow why the
//! bell rang back to the player who stepped on the plate, also across ticks, through delayed wires and through actions
//! that slept between. Recorded only while somebody watches ([`World::set_watching`](crate::World::set_watching)); a
//! world that is watched goes on exactly as one that is not, and its happenings are no part of it.

mod history;
mod text;

use serde::Serialize;

use crate::ids::TaskId;
use crate::observe::ActorRef;

pub use history::History;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Happening {
    /// When.
    pub tick: u64,
    /// Its number: they count from 1 in the order in which things happened, and go on counting after a rewind.
    pub number: u64,
    /// The number of the happening that caused it; none for what time itself, or somebody outside, brought about.
    pub cause: Option<u64>,
    /// What it was.
    #[serde(flatten)]
    pub kind: HappeningKind,
}

/// What happened. Displayed without the name of whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum HappeningKind {
    /// An input came in.
    Input {
        /// As it is written in a file, without the tick.
        text: String,
    },
    /// An event was sent.
    Event {
        /// To whom.
        to: ActorRef,
        /// Its name; empty where it has none.
        name: String,
        /// By whom; none for the engine and for inputs.
        from: Option<ActorRef>,
        /// What became of it.
        fate: Fate,
    },
    /// An actor began to handle an event.
    Handled {
        /// Who.
        who: ActorRef,
        /// The event's name.
        event: String,
    },
    /// An action began.
    ActionBegan {
        /// Whose.
        who: ActorRef,
        /// Which.
        action: String,
        /// Who caused it all.
        activator: Option<ActorRef>,
        /// Whose wire or call caused it.
        caller: Option<ActorRef>,
    },
    /// An action returned.
    ActionFinished {
        /// Whose.
        who: ActorRef,
        /// Which.
        action: String,
        /// The number of its beginning.
        began: Option<u64>,
    },
    /// An action failed, or was cancelled.
    ActionFailed {
        /// Whose.
        who: ActorRef,
        /// Which.
        action: String,
        /// The number of its beginning.
        began: Option<u64>,
    },
    /// A wire was set off.
    WirePosted {
        /// The wire's number.
        wire: u32,
        /// Whose action set it off.
        source: ActorRef,
        /// The property that drew it.
        property: String,
        /// The tick at which it arrives, where it has a delay.
        due: Option<u64>,
    },
    /// A wire reached its target, or somebody that it should have.
    WireFired {
        /// The wire's number.
        wire: u32,
        /// Whose action set it off.
        source: ActorRef,
        /// Whom it reached; nobody, where no one was there.
        target: Option<ActorRef>,
        /// The action that was asked for.
        call: String,
        /// What became of it.
        outcome: Outcome,
    },
    /// Something was raised in a tasklet that waits, other than by a collision.
    Raised {
        /// In whose.
        who: ActorRef,
        /// What the tasklet runs; may be empty.
        label: String,
        /// What was raised.
        exception: String,
    },
    /// An actor was spawned.
    Spawned {
        /// Who.
        who: ActorRef,
        /// Of which class.
        class: String,
    },
    /// An actor was despawned.
    Despawned {
        /// Who.
        who: ActorRef,
    },
    /// A motion ended because something was in the way.
    Collided {
        /// Whose motion.
        who: ActorRef,
        /// With whom; a wall, for none.
        other: Option<ActorRef>,
    },
    /// A body entered a trigger, or left it.
    Touched {
        /// Whose trigger.
        trigger: ActorRef,
        /// Whose body.
        other: ActorRef,
        /// It entered; else it left.
        entered: bool,
    },
    /// A task was started.
    TaskStarted {
        /// Which.
        task: TaskId,
        /// Whose.
        who: ActorRef,
        /// The name that `restart` was given; may be empty.
        label: String,
    },
    /// A task (or the main tasklet) ended.
    TaskEnded {
        /// Which.
        task: TaskId,
        /// Whose.
        who: ActorRef,
        /// What it ran; may be empty.
        label: String,
        /// How.
        how: Ending,
    },
    /// An actor spoke: `say`.
    Said {
        /// Who.
        who: Option<ActorRef>,
        /// What.
        text: String,
    },
    /// A script's `log`.
    Logged {
        /// Whose.
        who: Option<ActorRef>,
        /// What.
        text: String,
    },
    /// An error that nothing caught, or that the engine tells of.
    Error {
        /// Whose.
        who: Option<ActorRef>,
        /// With its traceback.
        text: String,
    },
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// A tasklet that waited for it got it.
    Heard,
    /// It went to the mailbox.
    Mailed,
    /// The actor has no use for it.
    Ignored,
}

/// What became of a wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The action begins.
    Began,
    /// The action is being taken already.
    Joined,
    /// The target has no such action.
    NoAction,
    /// There is nobody to reach.
    Nobody,
    /// Too many causes in a row within one tick.
    Cut,
}

/// How a tasklet ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// It returned.
    Done,
    /// An error ended it.
    Failed,
    /// It was cancelled.
    Cancelled,
}

/// How often a wire was set off while somebody watched, and what became of it last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WireUse {
    /// Targets that it was to reach.
    pub fired: u64,
    /// The tick of the last time, and what became of it.
    pub last: Option<(u64, Outcome)>,
}
