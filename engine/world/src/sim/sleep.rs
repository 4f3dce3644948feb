//! Hibernation: an actor cut out of the world along its boundary, into bytes that lie in the [store](crate::store), and put
//! back where it was. What others can see of it stays: id, name, class, place, size, its timers, its place in the lists of
//! those who watch an action. So nobody can tell, least of all the actor.
//!
//! Whatever would touch more of a sleeper than its [`Face`] wakes it first ([`Sim::wake`]), within the very call: no
//! script runs in between. Actors share nothing but frozen things and the tables by which tasks are known; so one can be
//! cut out unless such a table, or a wait for a task, leads across its boundary.

use std::ops::Range;

use dormouse_vm::{Frame, Pin, Root, Thread, Vm};
use serde::{Deserialize, Serialize};

use super::Sim;
use super::accounts::AccountId;
use super::queue::OrNone;
use super::roots::{self, Place};
use super::state::{Actor, GROUND, Role, State, Tasklet, Wait};
use crate::ids::{ActorId, TaskId};
use crate::names::Name;
use crate::output::OutputKind;
use crate::space::BodyId;
use crate::store::Errand;
use crate::wheel;

/// What everybody can see of an actor, awake or not.
#[derive(Clone, Copy)]
pub(crate) struct Face {
    pub(crate) order: u64,
    pub(crate) class: u32,
    pub(crate) name: Name,
    pub(crate) object: u32,
    pub(crate) body: BodyId,
    pub(crate) size: [f32; 2],
    pub(crate) account: AccountId,
    pub(crate) flights: u32,
    pub(crate) dying: bool,
}

/// What is kept in memory of an actor that hibernates.
#[derive(Clone, Copy)]
pub(crate) struct Sleeper {
    order: u64,
    /// Where the rest of it is, in the store.
    pub(crate) serial: u64,
    pub(crate) sent: i64,
    body: BodyId,
    size: [f32; 2],
    class: u32,
    name: Name,
    object: u32,
    account: AccountId,
    flights: u32,
    held: u32,
}

const _: () = assert!(size_of::<Sleeper>() == 64);

/// What is kept of a tasklet whose actor hibernates: whose it is (by its slot) and where its timer is.
#[derive(Clone, Copy)]
pub(crate) struct Doze {
    owner: u32,
    index: u32,
    slot: u16,
}

/// No slot of the wheel.
const UNTIMED: u16 = u16::MAX;

impl Doze {
    fn new(owner: ActorId, timer: Option<wheel::Place>) -> Self {
        let mut doze = Doze { owner: owner.bits() as u32, index: 0, slot: UNTIMED };
        doze.set_timer(timer);
        doze
    }

    pub(crate) fn set_timer(&mut self, place: Option<wheel::Place>) {
        (self.slot, self.index) = place.map_or((UNTIMED, 0), |place| (place.slot, place.index));
    }

    pub(crate) fn timer(&self) -> Option<wheel::Place> {
        (self.slot != UNTIMED).then_some(wheel::Place { slot: self.slot, index: self.index })
    }
}

/// A sleeper's tasklet in the list of those who wait for an action of another actor.
#[derive(Clone, Copy)]
pub(crate) struct Watching {
    wait: Wait,
    next: TaskId,
    after: TaskId,
}

/// The native part of a capsule. Values lie in the capture beside it, in the order in which
/// [`State::visit_roots_of`] visits their places; `present` says which places have any.
#[derive(Serialize, Deserialize)]
pub(crate) struct Cold {
    pub(crate) actor: Actor,
    pub(crate) tasks: Vec<(TaskId, Tasklet)>,
    pub(crate) present: Vec<bool>,
}

impl State {
    /// What everybody can see of an actor.
    #[inline]
    pub(crate) fn face(&self, id: ActorId) -> Option<Face> {
        match self.actors.awake(id) {
            Some(actor) => Some(Face::of(actor)),
            None => self.actors.sleeper(id).map(Sleeper::face),
        }
    }

    /// Those of all actors, in no order.
    pub(crate) fn faces(&self) -> impl Iterator<Item = (ActorId, Face)> {
        let awake = self.actors.iter().map(|(id, actor)| (id, Face::of(actor)));
        awake.chain(self.actors.iter_asleep().map(|(id, sleeper)| (id, sleeper.face())))
    }

    /// Whose tasklet it is.
    pub(crate) fn owner_of(&self, task: TaskId) -> Option<ActorId> {
        match self.tasks.0.awake(task) {
            Some(tasklet) => Some(tasklet.owner),
            None => self.tasks.0.sleeper(task).and_then(|doze| self.dreamer(doze)),
        }
    }

    /// Whose tasklet it is that this was kept of.
    pub(crate) fn dreamer(&self, doze: &Doze) -> Option<ActorId> {
        self.actors.key_of(doze.owner)
    }

    /// What a tasklet waits for; of a sleeper's that is known where it waits for an action of another actor.
    pub(crate) fn wait_of(&self, task: TaskId) -> Option<Wait> {
        match self.tasks.0.awake(task) {
            Some(tasklet) => Some(tasklet.wait),
            None => self.watching.get(&task).map(|watching| watching.wait),
        }
    }

    /// The head of the list of those who watch an actor.
    pub(crate) fn watchers_mut(&mut self, who: ActorId) -> Option<&mut TaskId> {
        match self.actors.is_asleep(who) {
            true => Some(self.watched.entry(who).or_default()),
            false => self.actors.get_mut(who).map(|actor| &mut actor.dealings.watchers),
        }
    }

    /// The tasklets before and after one in its list of waiters.
    pub(crate) fn links(&mut self, task: TaskId) -> Option<(&mut TaskId, &mut TaskId)> {
        match self.tasks.0.is_asleep(task) {
            true => self.watching.get_mut(&task).map(|watching| (&mut watching.next, &mut watching.after)),
            false => self.tasks.0.get_mut(task).map(|tasklet| (&mut tasklet.next, &mut tasklet.after)),
        }
    }

    /// The one before it.
    pub(crate) fn link_of(&self, task: TaskId) -> Option<TaskId> {
        match self.tasks.0.awake(task) {
            Some(tasklet) => Some(tasklet.next),
            None => self.watching.get(&task).map(|watching| watching.next),
        }
    }

    /// Bytes of an actor's that are on their way.
    pub(crate) fn sent_mut(&mut self, id: ActorId) -> Option<&mut i64> {
        match self.actors.is_asleep(id) {
            true => self.actors.sleeper_mut(id).map(|sleeper| &mut sleeper.sent),
            false => self.actors.get_mut(id).map(|actor| &mut actor.sent),
        }
    }

    /// The native part of an awake actor's capsule.
    fn cold(&self, id: ActorId, present: &[bool]) -> Option<Cold> {
        let actor = self.actors.awake(id)?.clone();
        let mut tasks = Vec::new();
        let mut at = actor.tasklets;
        while let Some(tasklet) = self.tasks.0.awake(at).copied() {
            tasks.push((at, tasklet));
            at = tasklet.sibling;
        }
        Some(Cold { actor, tasks, present: present.to_vec() })
    }

    /// Takes an actor out of memory, with its tasklets: what must stay of it stays. Its values are given up for lost.
    pub(crate) fn freeze(&mut self, id: ActorId, serial: u64) {
        let Some(actor) = self.actors.awake(id).cloned() else { return };
        let mut at = actor.tasklets;
        while let Some(tasklet) = self.tasks.0.awake(at).copied() {
            if let Wait::Action { .. } = tasklet.wait {
                let Tasklet { wait, next, after, .. } = tasklet;
                self.watching.insert(at, Watching { wait, next, after });
            }
            self.tasks.0.put_to_sleep(at, Doze::new(id, tasklet.timer));
            at = tasklet.sibling;
        }
        if actor.dealings.watchers.is_some() {
            self.watched.insert(id, actor.dealings.watchers);
        }
        self.actors.put_to_sleep(id, Sleeper::of(&actor, serial));
    }

    /// Puts it back. The values of its places are to come. What was kept of it.
    pub(crate) fn thaw(&mut self, id: ActorId, cold: &Cold) -> Option<Sleeper> {
        let sleeper = self.actors.wake(id, cold.actor.clone())?;
        let watchers = self.watched.remove(&id).unwrap_or_default();
        if let Some(actor) = self.actors.get_mut(id) {
            actor.sent = sleeper.sent;
            if actor.dealings.watchers != watchers {
                actor.dealings.watchers = watchers;
            }
        }
        for (task, tasklet) in &cold.tasks {
            let mut tasklet = *tasklet;
            if let Some(watching) = self.watching.remove(task) {
                (tasklet.next, tasklet.after) = (watching.next, watching.after);
            }
            if let Some(doze) = self.tasks.0.wake(*task, tasklet)
                && let Some(tasklet) = self.tasks.0.get_mut(*task)
            {
                tasklet.timer = doze.timer();
            }
        }
        Some(sleeper)
    }

    /// How many tasks of others each actor may know, counted anew.
    pub(crate) fn count_borrowed(&mut self) {
        self.borrowed.clear();
        let lent: Vec<ActorId> = self.tasks.0.values().filter(|tasklet| tasklet.is_lent()).map(|t| t.caller).collect();
        for borrower in lent {
            *self.borrowed.entry(borrower).or_default() += 1;
        }
    }
}

impl Face {
    pub(crate) fn of(actor: &Actor) -> Self {
        let Actor { order, class, name, object, body, size, account, flights, dying, .. } = *actor;
        Face { order, class, name, object, body, size, account, flights, dying }
    }

    /// An actor of whom no more is known.
    pub(crate) fn actor(self) -> Actor {
        let Face { order, class, name, object, body, size, account, flights, dying } = self;
        Actor { order, class, name, object, body, size, account, flights, dying, ..Actor::default() }
    }
}

impl Sleeper {
    fn of(actor: &Actor, serial: u64) -> Self {
        let Actor { order, sent, body, size, class, name, object, account, flights, held, .. } = *actor;
        let held = u32::try_from(held.max(0)).unwrap_or(u32::MAX);
        Sleeper { order, serial, sent, body, size, class, name, object, account, flights, held }
    }

    pub(crate) fn face(&self) -> Face {
        let Sleeper { order, body, size, class, name, object, account, flights, .. } = *self;
        Face { order, class, name, object, body, size, account, flights, dying: false }
    }

    /// Bytes that it was last measured to hold.
    pub(crate) fn held(&self) -> u64 {
        u64::from(self.held)
    }
}

impl Tasklet {
    /// Whether another actor may know it by its table: the one who called the action that it runs.
    pub(crate) fn is_lent(&self) -> bool {
        self.role == Role::Action
            && self.object != Pin::NIL
            && self.caller != self.owner
            && self.caller != ActorId::default()
    }
}

/// From so many on who wake together another thread reads; what it reads at a time, and how far it may be ahead.
const CROWD: usize = 256;
const ARMFUL: usize = 64;
const AHEAD: usize = 8;

/// Capsules that were read, each with its native part and where its values are in `bytes`. None that was not found.
#[derive(Default)]
struct Armful {
    capsules: Vec<(Option<Cold>, Range<usize>)>,
    bytes: Vec<u8>,
}

impl Armful {
    /// Reads all, and hands them over by armfuls, as long as they are taken.
    fn fetch(errand: Errand, mut hand: impl FnMut(Armful) -> bool) {
        let mut armful = Armful::default();
        errand.run(|capsule| {
            armful.put(capsule.and_then(|bytes| unpack(bytes).ok()));
            armful.capsules.len() < ARMFUL || hand(std::mem::take(&mut armful))
        });
        hand(armful);
    }

    fn put(&mut self, found: Option<(Cold, &[u8])>) {
        let start = self.bytes.len();
        let cold = found.map(|(cold, values)| {
            self.bytes.extend(values);
            cold
        });
        self.capsules.push((cold, start..self.bytes.len()));
    }
}

/// A capsule's native part and values, as [`Sim::pack`] put them together.
pub(crate) fn unpack(bytes: &[u8]) -> Result<(Cold, &[u8]), &'static str> {
    let parts = || {
        let (rest, size) = bytes.split_last_chunk::<4>()?;
        let (native, values) = rest.split_at_checked(u32::from_le_bytes(*size) as usize)?;
        Some((postcard::from_bytes(native).ok()?, values))
    };
    parts().ok_or("its bytes are not what was written")
}

impl Sim {
    /// Why an actor can't hibernate now, for people; none when it can, as far as the native side knows.
    pub(crate) fn keeps_awake(&self, id: ActorId) -> Option<String> {
        let mut at = self.state.actors.awake(id)?.tasklets;
        while let Some(tasklet) = self.state.tasks.0.awake(at) {
            if tasklet.wait == Wait::Ready {
                return Some(format!("its {} is to run", self.names.text(tasklet.label)));
            }
            at = tasklet.sibling;
        }
        self.ties(id)
    }

    /// What leads across an actor's boundary, so that it can't be cut out.
    pub(crate) fn ties(&self, id: ActorId) -> Option<String> {
        let actor = self.state.actors.awake(id)?;
        if actor.dying {
            return Some("it is about to be gone".into());
        }
        if self.classes.get(actor.class).native.is_some() {
            return Some("it is written in Rust, and its state is in memory anyway".into());
        }
        if self.state.borrowed.contains_key(&id) {
            return Some("it may hold a task of another actor that is not over".into());
        }
        let mut at = actor.tasklets;
        while let Some(tasklet) = self.state.tasks.0.awake(at) {
            let label = || self.names.text(tasklet.label);
            if tasklet.role == Role::Last {
                return Some(format!("its {} is to run", label()));
            }
            if let Wait::Task(other) = tasklet.wait
                && self.state.owner_of(other).is_some_and(|owner| owner != id)
            {
                return Some(format!("its {} awaits {}", label(), self.task_label(other)));
            }
            if tasklet.is_lent() && self.state.actors.contains_key(tasklet.caller) {
                return Some(format!("{} may hold its task {}", self.label(tasklet.caller), label()));
            }
            let foreign = |task: &TaskId| self.state.owner_of(*task).is_some_and(|owner| owner != id);
            if let Some(waiter) = self.chain(tasklet.awaiters).into_iter().find(foreign) {
                return Some(format!("{} awaits its {}", self.task_label(waiter), label()));
            }
            at = tasklet.sibling;
        }
        None
    }

    /// What the actor holds in the VM: which of its places have anything, what, and whose each is.
    pub(crate) fn roots_of(&mut self, id: ActorId) -> (Vec<bool>, Vec<Root>, Vec<Place>) {
        let (mut present, mut values, mut places) = (Vec::new(), Vec::new(), Vec::new());
        self.state.visit_roots_of(id, &mut |place, held| {
            let root = match held {
                roots::Root::Pin(pin) => Some(Root::Pin(*pin)).filter(|_| *pin != Pin::NIL),
                roots::Root::Thread(thread) => Some(Root::Thread(*thread)).filter(|_| *thread != Thread::default()),
            };
            present.push(root.is_some());
            if let Some(root) = root {
                values.push(root);
                places.push(place);
            }
        });
        (present, values, places)
    }

    /// An awake actor's capsule: its native part, its values, the length of the first.
    pub(crate) fn pack(&self, id: ActorId, present: &[bool], values: &[u8]) -> Option<Vec<u8>> {
        let cold = self.state.cold(id, present)?;
        let mut bytes = postcard::to_stdvec(&cold).expect("plain data can be serialized");
        let native = bytes.len() as u32;
        bytes.extend(values);
        bytes.extend(native.to_le_bytes());
        Some(bytes)
    }

    /// Puts an awake actor to sleep whose values were captured: they are given back to the VM.
    pub(crate) fn sleep(&mut self, vm: &mut Vm, id: ActorId, serial: u64) {
        self.state.visit_roots_of(id, &mut |_, held| match held {
            roots::Root::Pin(pin) => vm.unpin(std::mem::replace(pin, Pin::NIL)),
            roots::Root::Thread(thread) => vm.discard(std::mem::take(thread)),
        });
        self.state.freeze(id, serial);
    }

    /// Wakes an actor that hibernates. Nothing happens to one that does not.
    ///
    /// Errors: what can't be read or does not fit into memory any more; it hibernates on.
    #[inline]
    pub(crate) fn wake(&mut self, frame: &mut Frame<'_>, id: ActorId) -> Result<(), String> {
        if !self.state.actors.is_asleep(id) {
            return Ok(());
        }
        self.wake_sleeper(frame, id)
            .inspect_err(|why| self.oversleeps(id, why))
            .map_err(|why| self.cannot_wake(id, &why))
    }

    /// Those of them who hibernate, in the order in which they lie in the store: so each block is read once, and what lies
    /// together is woken together. Nobody can tell in which order they wake.
    fn as_they_lie(&self, ids: impl Iterator<Item = ActorId>) -> Vec<(u64, ActorId)> {
        let serial = |id: ActorId| self.state.actors.sleeper(id).map(|sleeper| (sleeper.serial, id));
        let mut sleepers: Vec<_> = ids.filter_map(serial).collect();
        sleepers.sort_unstable();
        sleepers
    }

    /// Wakes those of them who hibernate.
    ///
    /// Errors: the first that [`Sim::wake`] would have; the others wake.
    pub(crate) fn wake_many(
        &mut self,
        frame: &mut Frame<'_>,
        ids: impl Iterator<Item = ActorId>,
    ) -> Result<(), String> {
        let sleepers = self.as_they_lie(ids);
        self.wake_crowd(frame, &sleepers);
        let mut result = Ok(());
        for (_, id) in sleepers {
            let woken = self.wake(frame, id);
            result = result.and(woken);
        }
        result
    }

    /// As [`Sim::wake_many`], of those who are about to be woken one by one: whoever can't be is told of then.
    pub(crate) fn wake_ahead(&mut self, frame: &mut Frame<'_>, ids: impl Iterator<Item = ActorId>) {
        let sleepers = self.as_they_lie(ids);
        self.wake_crowd(frame, &sleepers);
        for (_, id) in sleepers {
            let _ = self.wake_sleeper(frame, id);
        }
    }

    /// Wakes them, where they are many, while another thread reads what comes next. Whoever is asleep afterwards was not
    /// found where it should be, and is to be looked for.
    fn wake_crowd(&mut self, frame: &mut Frame<'_>, sleepers: &[(u64, ActorId)]) {
        if sleepers.len() < CROWD {
            return;
        }
        let Some(errand) = self.store.errand(sleepers.iter().map(|(serial, _)| *serial)) else { return };
        std::thread::scope(|scope| {
            let (hand, take) = std::sync::mpsc::sync_channel(AHEAD);
            let read = move || Armful::fetch(errand, |armful| hand.send(armful).is_ok());
            let Ok(reader) = std::thread::Builder::new().name("sleepers".into()).spawn_scoped(scope, read) else {
                return;
            };
            let mut left = sleepers.iter();
            for armful in take {
                for ((cold, values), (_, id)) in armful.capsules.into_iter().zip(&mut left) {
                    if let Some(cold) = cold {
                        let _ = self.rise(frame, *id, &cold, &armful.bytes[values]);
                    }
                }
            }
            // Whatever became of it: what it did not bring is looked for.
            let _ = reader.join();
        });
    }

    /// As [`Sim::wake`], of whoever's tasklet it is. False when it can't be woken; that has been told.
    pub(crate) fn rouse(&mut self, frame: &mut Frame<'_>, task: TaskId) -> bool {
        if !self.state.tasks.0.is_asleep(task) {
            return true;
        }
        self.state.owner_of(task).is_some_and(|owner| self.wake(frame, owner).is_ok())
    }

    fn cannot_wake(&self, id: ActorId, why: &str) -> String {
        format!("{} hibernates and can't be woken: {why}", self.label(id))
    }

    /// It can't be woken: that is told, whoever learns of it besides.
    fn oversleeps(&mut self, id: ActorId, why: &str) {
        self.state.counts.errors += 1;
        let text = self.cannot_wake(id, why);
        self.put(OutputKind::Error, id, text);
    }

    #[cold]
    fn wake_sleeper(&mut self, frame: &mut Frame<'_>, id: ActorId) -> Result<(), String> {
        let Some(serial) = self.state.actors.sleeper(id).map(|sleeper| sleeper.serial) else { return Ok(()) };
        let bytes = self.store.get(serial).map_err(|error| error.to_string())?;
        let (cold, values) = unpack(bytes)?;
        let values = frame.restore(values).map_err(|error| error.to_string())?;
        self.put_back(id, &cold, &values)
    }

    fn rise(&mut self, frame: &mut Frame<'_>, id: ActorId, cold: &Cold, values: &[u8]) -> Result<(), String> {
        let values = frame.restore(values).map_err(|error| error.to_string())?;
        self.put_back(id, cold, &values)
    }

    /// A sleeper is where it was, with these values.
    fn put_back(&mut self, id: ActorId, cold: &Cold, values: &[Root]) -> Result<(), String> {
        if values.len() != cold.present.iter().filter(|present| **present).count() {
            return Err("its values are not those that were written".into());
        }
        let Some(sleeper) = self.state.thaw(id, cold) else { return Ok(()) };
        self.put_values(id, &cold.present, values);
        self.store.retire(sleeper.serial);
        self.tuck_in(id);
        Ok(())
    }

    /// Puts values into an actor's places.
    pub(crate) fn put_values(&mut self, id: ActorId, present: &[bool], values: &[Root]) {
        let (mut present, mut values) = (present.iter(), values.iter());
        self.state.visit_roots_of(id, &mut |_, held| {
            if present.next() != Some(&true) {
                return;
            }
            match (held, values.next()) {
                (roots::Root::Pin(pin), Some(Root::Pin(value))) => *pin = *value,
                (roots::Root::Thread(thread), Some(Root::Thread(value))) => *thread = *value,
                _ => {}
            }
        });
    }

    // ---- when ------------------------------------------------------------------------------------------------

    /// After how many ticks an actor may hibernate, if it may at all.
    pub(crate) fn rest_of(&self, id: ActorId) -> Option<u32> {
        let class = self.state.face(id)?.class;
        self.state.rests.get(&id).copied().or(self.classes.get(class).rest).filter(|rest| *rest > 0)
    }

    /// An actor is awake from now on: says when to look whether it may hibernate.
    pub(crate) fn tuck_in(&mut self, id: ActorId) {
        if let Some(rest) = self.rest_of(id) {
            self.state.bedtimes.insert((self.state.tick + u64::from(rest), id));
        }
    }

    /// What is not written follows from what is: whom tasks are lent to, and when to look at whom again.
    pub(crate) fn settle_in(&mut self) {
        self.state.count_borrowed();
        let awake: Vec<ActorId> =
            self.state.actors.iter().filter(|(_, actor)| !actor.dying).map(|(id, _)| id).collect();
        for id in awake {
            self.tuck_in(id);
        }
    }

    /// When something of it last ran.
    pub(crate) fn last_stirred(&self, id: ActorId) -> u64 {
        let Some(actor) = self.state.actors.awake(id) else { return 0 };
        let (mut last, mut at) = (actor.stirred, actor.tasklets);
        while let Some(tasklet) = self.state.tasks.0.awake(at) {
            last = last.max(tasklet.since);
            at = tasklet.sibling;
        }
        last
    }

    /// Whether an action is in flight, or any that it is taking.
    pub(crate) fn is_acting(&self, id: ActorId) -> bool {
        self.state.face(id).is_some_and(|face| face.flights != GROUND)
    }
}
