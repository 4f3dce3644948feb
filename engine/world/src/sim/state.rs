//! Everything on the native side that can influence a world's future, as plain data: what an image copies, what the
//! hash covers, what a snapshot will hold. No file handles, no callbacks, no text for people.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::LazyLock;

use dormouse_vm::{Pin, Thread, Value};
use serde::{Deserialize, Serialize};
use slotmap::SlotMap;

use super::accounts::{Account, AccountId};
use super::sleep::{Doze, Sleeper, Watching};
use crate::capsule::Travels;
use crate::dorm::Dorm;
use crate::ids::{ActorId, MailId, TaskId};
use crate::names::Name;
use crate::rare::{Nothing, Rare};
use crate::slots;
use crate::space::{BodyId, Space};
use crate::wheel::{Moved, Place, Wheel};

/// An actor: its place among the others; what it is made of lies in the VM.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Actor {
    /// Its number in the order of all spawns: the order of everything.
    pub(crate) order: u64,
    pub(crate) class: u32,
    pub(crate) name: Name,
    /// The object of the map that it came from; 0 for one that was spawned later.
    pub(crate) object: u32,
    /// Its own table.
    pub(crate) table: Pin,
    /// Its own globals, once it has any.
    pub(crate) globals: Pin,
    pub(crate) body: BodyId,
    pub(crate) size: [f32; 2],
    pub(crate) main: TaskId,
    /// Its youngest tasklet; the others follow by [`Tasklet::sibling`].
    pub(crate) tasklets: TaskId,
    pub(crate) dealings: Rare<Dealings>,
    /// Actions in flight: the youngest of [`Flight::next`].
    pub(crate) flights: u32,
    /// Wires that begin here: a range of [`State::wires`].
    pub(crate) wires: (u32, u32),
    /// Whom it shares its limits with, and whether it was the first of them.
    pub(crate) account: AccountId,
    pub(crate) founder: bool,
    /// Bytes that it was last measured to hold, and that what it sent takes until somebody reads it.
    pub(crate) held: i64,
    pub(crate) sent: i64,
    /// Interrupts that its tasklets together (a founder's main one apart) may use before it is measured again.
    pub(crate) credit: i64,
    /// It was despawned: it is gone when its tasklets and then `stop` are over.
    pub(crate) dying: bool,
    pub(crate) stopped: bool,
    /// When its youngest tasklet began. It says nothing but when the actor may hibernate.
    #[serde(skip)]
    pub(crate) stirred: u64,
}

/// All but its dealings is copied as it lies there.
impl Clone for Actor {
    fn clone(&self) -> Self {
        Actor { dealings: self.dealings.clone(), ..*self }
    }

    fn clone_from(&mut self, from: &Self) {
        let mut dealings = std::mem::take(&mut self.dealings);
        dealings.clone_from(&from.dealings);
        *self = Actor { dealings, ..*from };
    }
}

/// What an actor has to do with others. Most of a crowd have nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Dealings {
    /// The tasklet whose call the motion in flight is.
    pub(crate) mover: TaskId,
    /// Messages not yet handled, oldest first.
    pub(crate) mail: (MailId, MailId),
    /// The event that is being handled.
    pub(crate) handling: MailId,
    pub(crate) event_task: TaskId,
    /// Tasklets of its own in `wait_event`, and of others in `wait_action` on it.
    pub(crate) listeners: TaskId,
    pub(crate) watchers: TaskId,
}

impl Nothing for Dealings {
    fn nothing() -> &'static Self {
        static NOTHING: LazyLock<Dealings> = LazyLock::new(Dealings::default);
        &NOTHING
    }
}

/// What a tasklet does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Role {
    /// `setup`, then `run`.
    Main,
    /// Calls `handleEvent`.
    Event,
    /// Runs an action that a wire or another actor asked for.
    Action,
    /// Was started by the actor.
    #[default]
    Task,
    /// Runs `stop`, or what was deferred: it can't wait.
    Last,
    /// A native actor's.
    Native,
}

impl Role {
    /// The word for it, for people.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Role::Main => "main",
            Role::Event => "event",
            Role::Action => "action",
            Role::Task => "task",
            Role::Last => "last",
            Role::Native => "native",
        }
    }
}

/// What a tasklet waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Wait {
    /// Nothing: it is in the queue, or runs.
    #[default]
    Ready,
    /// Ticks.
    Ticks,
    /// An event of this name (any, for [`Name::NONE`]).
    Event(Name),
    /// Another actor's action.
    Action { who: ActorId, action: Name, when: Moment },
    /// A task's end.
    Task(TaskId),
    /// The answer to an `ask`.
    Reply(MailId),
    /// The end of its own actor's motion.
    Motion,
    /// The end of an action that it joined.
    Join(u32),
    /// Another round, to ask again whether its action may begin.
    Turn,
}

/// A moment of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Moment {
    /// It begins.
    Begin,
    /// It returned.
    Finish,
    /// It failed, or was cancelled.
    Fail,
}

impl Moment {
    /// The word for it, in scripts and maps.
    pub fn word(self) -> &'static str {
        match self {
            Moment::Begin => "begin",
            Moment::Finish => "finish",
            Moment::Fail => "fail",
        }
    }

    /// The moment of that word.
    pub fn from_word(word: &str) -> Option<Moment> {
        [Moment::Begin, Moment::Finish, Moment::Fail].into_iter().find(|moment| moment.word() == word)
    }
}

/// How a tasklet in the queue goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) enum Go {
    /// From its start, or from a wait that returns nothing.
    #[default]
    On,
    /// From `wait`, which returns the ticks that it slept.
    Slept,
    /// From a wait that returns this.
    With(Value),
    /// With this raised in it.
    Raise(Value),
    /// With one of its actions ended: the token, and the exception for whoever called it.
    EndAction(u32, Pin),
    /// With its end.
    Cancel,
}

impl Go {
    /// Which of two that arrive at once wins.
    pub(crate) fn strength(self) -> u8 {
        match self {
            Go::On | Go::Slept => 0,
            Go::With(_) => 1,
            Go::Raise(_) => 2,
            Go::EndAction(..) => 3,
            Go::Cancel => 4,
        }
    }

    pub(crate) fn pin(self) -> Option<Pin> {
        match self {
            Go::With(value) | Go::Raise(value) => value.pin(),
            Go::EndAction(_, pin) => Some(pin),
            Go::On | Go::Slept | Go::Cancel => None,
        }
    }
}

impl Go {
    pub(crate) fn pin_mut(&mut self) -> Option<&mut Pin> {
        match self {
            Go::With(Value::Pin(pin)) | Go::Raise(Value::Pin(pin)) | Go::EndAction(_, pin) => Some(pin),
            _ => None,
        }
    }
}

/// A tasklet. What wakes it at every tick comes first, in one cache line.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Tasklet {
    pub(crate) thread: Thread,
    pub(crate) owner: ActorId,
    pub(crate) order: u64,
    pub(crate) credit: i64,
    /// The tick at which it fell asleep.
    pub(crate) since: u64,
    pub(crate) timer: Option<Place>,
    pub(crate) wait: Wait,
    pub(crate) role: Role,
    /// It is to end, whatever else it is woken for.
    pub(crate) cancelled: bool,
    /// It has slept for long at least once.
    pub(crate) rested: bool,
    pub(crate) go: Go,
    /// Interrupts that it has used in the tick at which it last ran.
    pub(crate) spent: i64,
    /// Which account its time is charged to, and whether that is another than its owner's.
    pub(crate) payer: AccountId,
    pub(crate) guest: bool,
    /// The table that scripts know it by, if any does.
    pub(crate) object: Pin,
    /// The next older and the next younger tasklet of its actor.
    pub(crate) sibling: TaskId,
    pub(crate) younger: TaskId,
    /// The tasklets that wait for the same thing and came next before and after it.
    pub(crate) next: TaskId,
    pub(crate) after: TaskId,
    /// Tasklets that await this one.
    pub(crate) awaiters: TaskId,
    /// The name that `restart` knows it by.
    pub(crate) name: Name,
    /// What it runs, for tracebacks: the action or function.
    pub(crate) label: Name,
    pub(crate) activator: ActorId,
    pub(crate) caller: ActorId,
    /// What was deferred to its end: a list.
    pub(crate) deferred: Pin,
    /// Its actions in flight, innermost first: see [`Flight::outer`].
    pub(crate) flight: u32,
}

/// An action in flight.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Flight {
    pub(crate) actor: ActorId,
    pub(crate) action: Name,
    pub(crate) task: TaskId,
    /// Not superseded by another action of its group.
    pub(crate) live: bool,
    pub(crate) free: bool,
    /// The next older flight of its actor.
    pub(crate) next: u32,
    /// The action of the same tasklet within which it was called.
    pub(crate) outer: u32,
    pub(crate) joiners: TaskId,
    pub(crate) activator: ActorId,
    pub(crate) caller: ActorId,
    pub(crate) deferred: Pin,
    pub(crate) began: u64,
    /// The cause that it is, and the one before it: they mean something within the tick in which it began.
    #[serde(skip)]
    pub(crate) causes: (u32, u32),
}

/// No flight.
pub(crate) const GROUND: u32 = u32::MAX;

/// A message on its way, in a mailbox, or being handled.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Mail {
    pub(crate) event: Value,
    /// Who sent it; null for the engine.
    pub(crate) from: ActorId,
    /// The tasklet that waits for the answer.
    pub(crate) asker: TaskId,
    pub(crate) next: MailId,
    pub(crate) activator: ActorId,
    /// What it takes, and which account that is held against.
    pub(crate) bytes: u64,
    pub(crate) account: AccountId,
}

/// Whom a wire reaches.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Target {
    Actor(ActorId),
    Activator,
    Caller,
    Named(String),
    Class(u32),
}

/// A wire.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Wire {
    pub(crate) source: ActorId,
    pub(crate) action: Name,
    pub(crate) moment: Moment,
    pub(crate) target: Target,
    pub(crate) call: Name,
    pub(crate) delay: u32,
    pub(crate) once: bool,
    pub(crate) spent: bool,
    pub(crate) arg: Value,
    /// The property that drew it.
    pub(crate) property: Name,
}

/// A wire that was set off and has not reached its target yet.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Post {
    pub(crate) wire: u32,
    pub(crate) source: ActorId,
    pub(crate) activator: ActorId,
    /// Whose wire or call set the source's action off.
    pub(crate) caller: ActorId,
    /// The cause within this tick; none for one that comes from an earlier tick.
    pub(crate) cause: u32,
    /// The account that one with a delay is held against.
    pub(crate) account: AccountId,
}

/// What made something happen within this tick.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Cause {
    pub(crate) parent: u32,
    pub(crate) hops: u32,
    pub(crate) who: ActorId,
    pub(crate) what: Name,
}

/// The cause of all causes: time itself.
pub(crate) const TIME: u32 = 0;

/// See the module's comment.
#[derive(Serialize, Deserialize)]
pub(crate) struct State {
    /// What the world's random numbers began with.
    pub(crate) seed: u64,
    pub(crate) tick: u64,
    /// Seconds of world time.
    pub(crate) time: f64,
    /// Seconds that a tick lasts.
    pub(crate) duration: f64,
    /// Numbers given out so far: of actors, tasklets.
    pub(crate) spawned: u64,
    pub(crate) started: u64,
    pub(crate) actors: Dorm<ActorId, Actor, Sleeper>,
    pub(crate) tasks: Tasks,
    #[serde(with = "slots")]
    pub(crate) mail: SlotMap<MailId, Mail>,
    pub(crate) flights: Vec<Flight>,
    pub(crate) free_flights: Vec<u32>,
    pub(crate) wheel: Wheel,
    /// Tasklets to run in this round, and in the next.
    pub(crate) queue: VecDeque<(TaskId, u32)>,
    /// Tasklets that go on in the next tick, since their account was used up in this one.
    pub(crate) postponed: Vec<TaskId>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) free_accounts: Vec<AccountId>,
    pub(crate) posts: VecDeque<Post>,
    /// Wires with a delay, by the tick at which they are due and their order.
    pub(crate) delayed: BTreeMap<(u64, u64), Post>,
    pub(crate) wires: Vec<Wire>,
    pub(crate) posted: u64,
    pub(crate) causes: Vec<Cause>,
    pub(crate) space: Space,
    /// The level's and the game's actors.
    pub(crate) level: ActorId,
    pub(crate) game: ActorId,
    /// Live actors by name, in spawn order.
    pub(crate) named: BTreeMap<Name, Vec<ActorId>>,
    /// The names of the bodies' layers, by number. Scripts may add to them as long as the world lives.
    pub(crate) layers: Vec<String>,
    pub(crate) counts: Counts,
    /// What sleepers leave behind in lists that others are in, too: the heads of sleepers' lists of watchers, and sleepers
    /// that wait for an action of another actor.
    #[serde(skip)]
    pub(crate) watched: BTreeMap<ActorId, TaskId>,
    #[serde(skip)]
    pub(crate) watching: BTreeMap<TaskId, Watching>,
    /// How many tasks of others that are not over each actor may know by their tables.
    #[serde(skip)]
    pub(crate) borrowed: BTreeMap<ActorId, u32>,
    /// After how many ticks actors of the map may hibernate, where that is not their class's affair.
    #[serde(skip)]
    pub(crate) rests: BTreeMap<ActorId, u32>,
    /// When to look whether an actor may hibernate. Each that may is in it once, while it is awake.
    #[serde(skip)]
    pub(crate) bedtimes: BTreeSet<(u64, ActorId)>,
    /// Who came, and who left.
    #[serde(skip)]
    pub(crate) travels: Travels,
}

/// Tasklets, with what the wheel needs of them.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Tasks(pub(crate) Dorm<TaskId, Tasklet, Doze>);

impl Moved for Tasks {
    fn moved(&mut self, task: TaskId, place: Place) {
        if let Some(doze) = self.0.sleeper_mut(task) {
            doze.set_timer(Some(place));
        } else if let Some(tasklet) = self.0.get_mut(task) {
            tasklet.timer = Some(place);
        }
    }
}

/// What a run's summary tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Times that a tasklet was resumed.
    pub wakes: u64,
    /// Events handled.
    pub events: u64,
    /// Wires that reached a target.
    pub wires: u64,
    /// Errors that nothing caught.
    pub errors: u64,
}

/// Field by field, so that copying into an old state uses its memory again: images are made every tick.
impl Clone for State {
    fn clone(&self) -> Self {
        State {
            actors: self.actors.clone(),
            tasks: self.tasks.clone(),
            mail: self.mail.clone(),
            flights: self.flights.clone(),
            free_flights: self.free_flights.clone(),
            wheel: self.wheel.clone(),
            queue: self.queue.clone(),
            postponed: self.postponed.clone(),
            accounts: self.accounts.clone(),
            free_accounts: self.free_accounts.clone(),
            posts: self.posts.clone(),
            delayed: self.delayed.clone(),
            wires: self.wires.clone(),
            causes: self.causes.clone(),
            space: self.space.clone(),
            named: self.named.clone(),
            layers: self.layers.clone(),
            watched: self.watched.clone(),
            watching: self.watching.clone(),
            borrowed: self.borrowed.clone(),
            rests: self.rests.clone(),
            bedtimes: self.bedtimes.clone(),
            travels: self.travels.clone(),
            ..*self
        }
    }

    fn clone_from(&mut self, from: &Self) {
        self.actors.clone_from(&from.actors);
        self.tasks.0.clone_from(&from.tasks.0);
        self.mail.clone_from(&from.mail);
        self.flights.clone_from(&from.flights);
        self.free_flights.clone_from(&from.free_flights);
        self.wheel.clone_from(&from.wheel);
        self.queue.clone_from(&from.queue);
        self.postponed.clone_from(&from.postponed);
        self.accounts.clone_from(&from.accounts);
        self.free_accounts.clone_from(&from.free_accounts);
        self.posts.clone_from(&from.posts);
        self.delayed.clone_from(&from.delayed);
        self.wires.clone_from(&from.wires);
        self.causes.clone_from(&from.causes);
        self.space.clone_from(&from.space);
        self.named.clone_from(&from.named);
        self.layers.clone_from(&from.layers);
        self.watched.clone_from(&from.watched);
        self.watching.clone_from(&from.watching);
        self.borrowed.clone_from(&from.borrowed);
        self.rests.clone_from(&from.rests);
        self.bedtimes.clone_from(&from.bedtimes);
        self.travels.clone_from(&from.travels);
        let State { seed, tick, time, duration, spawned, started, posted, level, game, counts, .. } = *from;
        self.seed = seed;
        (self.tick, self.time, self.duration, self.spawned, self.started) = (tick, time, duration, spawned, started);
        (self.posted, self.level, self.game, self.counts) = (posted, level, game, counts);
    }
}
