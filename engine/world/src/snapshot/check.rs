//! Whether a state that was read from bytes is one that a world could have come to: everything that the simulation
//! takes for granted when it follows ids, chains and numbers. A state that passes never makes it panic or run in a
//! circle; whether it makes sense as a game is not asked.

use std::collections::{BTreeMap, BTreeSet};

use slotmap::Key;

use super::container::Tag;
use super::error::Damage;
use super::world::Part;
use crate::ids::{ActorId, MailId, TaskId};
use crate::names::Name;
use crate::sim::accounts::{AccountId, ENVELOPE};
use crate::sim::layers::MAX_LAYERS;
use crate::sim::state::{GROUND, Go, State, Target, Wait};

/// Larger numbers of ticks and orders could run over in a world's life, and no world comes near them.
const MANY: u64 = 1 << 60;
/// The same for what is counted in signed numbers.
const FAR: i64 = 1 << 60;

type Checked = Result<(), String>;

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(what()) }
}

impl Part {
    /// See the module's comment. Cost: everything is looked at once.
    pub(crate) fn check(&self) -> Result<(), Damage> {
        let check = Check { part: self, state: &self.state };
        check.all().map_err(|what| Damage::at(0, format!("it is no world that could be: {what}")).within(Tag::WORLD))
    }
}

struct Check<'a> {
    part: &'a Part,
    state: &'a State,
}

impl Check<'_> {
    fn all(&self) -> Checked {
        self.clock()?;
        self.actors()?;
        self.named()?;
        self.tasks()?;
        self.accounts()?;
        self.chains()?;
        self.flights()?;
        self.mail()?;
        self.timers()?;
        self.queue()?;
        self.wires()?;
        self.space()?;
        self.natives()
    }

    fn name(&self, name: Name) -> Checked {
        ensure(self.part.names.has(name), || format!("name {} is not in its table", name.0))
    }

    fn class(&self, class: u32) -> Checked {
        ensure((class as usize) < self.part.classes.len(), || format!("class {class} is not in its table"))
    }

    fn clock(&self) -> Checked {
        let state = self.state;
        let whole = [state.tick, state.spawned, state.started, state.posted].into_iter().all(|n| n < MANY);
        let counts = [state.counts.wakes, state.counts.events, state.counts.wires, state.counts.errors];
        ensure(whole && counts.into_iter().all(|n| n < MANY), || "its counters are beyond all bounds".into())?;
        ensure(state.time.is_finite() && state.duration > 0.0 && state.duration <= 1.0, || {
            "its clock is wrong".into()
        })?;
        ensure(state.wheel.now() == state.tick, || "its timers belong to another tick".into())?;
        let layers: BTreeSet<&String> = state.layers.iter().collect();
        let known = State::first_layers().iter().all(|layer| layers.contains(layer));
        let sound = known && layers.len() == state.layers.len() && layers.len() <= MAX_LAYERS;
        ensure(sound, || "its layers are wrong".into())
    }

    fn actors(&self) -> Checked {
        let mut orders = BTreeSet::new();
        for (id, actor) in self.state.actors.iter() {
            let who = || format!("actor {:x}", id.bits());
            self.class(actor.class)?;
            self.name(actor.name)?;
            ensure(actor.order < self.state.spawned && orders.insert(actor.order), || {
                format!("{} is out of order", who())
            })?;
            let (first, count) = actor.wires;
            let end = u64::from(first) + u64::from(count);
            ensure(end <= self.state.wires.len() as u64, || format!("{} has wires that do not exist", who()))?;
            ensure(actor.size.iter().all(|side| side.is_finite() && *side >= 0.0), || {
                format!("{} has no size", who())
            })?;
            ensure(actor.credit.abs() < FAR, || format!("{} has boundless credit", who()))?;
        }
        Ok(())
    }

    /// Who is found by name follows from who is there.
    fn named(&self) -> Checked {
        let mut living: Vec<_> =
            self.state.actors.iter().filter(|(_, actor)| !actor.dying && actor.name != Name::NONE).collect();
        living.sort_unstable_by_key(|(_, actor)| actor.order);
        let mut named = BTreeMap::<Name, Vec<ActorId>>::new();
        for (id, actor) in living {
            named.entry(actor.name).or_default().push(id);
        }
        ensure(named == self.state.named, || "its list of named actors is not that of the actors".into())
    }

    fn tasks(&self) -> Checked {
        let mut orders = BTreeSet::new();
        for tasklet in self.state.tasks.0.values() {
            self.name(tasklet.name)?;
            self.name(tasklet.label)?;
            let sound =
                tasklet.order < self.state.started && orders.insert(tasklet.order) && tasklet.since <= self.state.tick;
            ensure(sound, || "a tasklet is out of order".into())?;
            let counts = [tasklet.credit, tasklet.spent];
            ensure(counts.into_iter().all(|count| count.abs() < FAR), || "a tasklet has boundless credit".into())?;
            if let Wait::Event(name) | Wait::Action { action: name, .. } = tasklet.wait {
                self.name(name)?;
            }
            if let Go::EndAction(token, _) = tasklet.go {
                let flies = self.state.flights.get(token as usize).is_some_and(|flight| !flight.free);
                ensure(flies, || "a tasklet is to end an action that is over".into())?;
            }
        }
        Ok(())
    }

    /// What belongs to an account follows from who and what belongs to it.
    fn accounts(&self) -> Checked {
        let mut sums = vec![(0_u32, 0_i64); self.state.accounts.len()];
        let mut add = |id: AccountId, members: u32, bytes: i64| match sums.get_mut(id.index()) {
            Some(sum) => {
                sum.0 += members;
                sum.1 = sum.1.saturating_add(bytes);
                Ok(())
            }
            None if id == AccountId::NONE => Ok(()),
            None => Err("something belongs to an account that does not exist".to_owned()),
        };
        for actor in self.state.actors.values() {
            ensure(actor.held.abs() < FAR && actor.sent.abs() < FAR, || "an actor holds more than there is".into())?;
            add(actor.account, 1, actor.held)?;
        }
        for letter in self.state.mail.values() {
            add(letter.account, 0, (letter.bytes % FAR as u64) as i64)?;
        }
        for post in self.state.delayed.values() {
            add(post.account, 0, ENVELOPE as i64)?;
        }
        for tasklet in self.state.tasks.0.values() {
            add(tasklet.payer, 0, 0)?;
        }
        let free: BTreeSet<usize> = self.state.free_accounts.iter().map(|id| id.index()).collect();
        ensure(free.len() == self.state.free_accounts.len(), || "an account is free twice".into())?;
        let sound = (0..)
            .zip(&self.state.accounts)
            .zip(&sums)
            .all(|((at, account), sum)| account.balance() == *sum && free.contains(&at) == (*sum == (0, 0)));
        ensure(sound && free.last().is_none_or(|last| *last < sums.len()), || "its accounts do not add up".into())
    }

    /// Each list of tasklets is a chain that ends, of tasklets that are in no other.
    fn chains(&self) -> Checked {
        let mut seen = Seen::of(self.state.tasks.0.iter().map(|(id, _)| id));
        for (id, actor) in self.state.actors.iter() {
            self.waiters(&mut seen, actor.dealings.listeners, |wait, owner| {
                matches!(wait, Wait::Event(_)) && owner == id
            })?;
            self.waiters(
                &mut seen,
                actor.dealings.watchers,
                |wait, _| matches!(wait, Wait::Action { who, .. } if who == id),
            )?;
        }
        for (id, tasklet) in self.state.tasks.0.iter() {
            self.waiters(&mut seen, tasklet.awaiters, |wait, _| wait == Wait::Task(id))?;
        }
        for (token, flight) in (0..).zip(&self.state.flights).filter(|(_, flight)| !flight.free) {
            self.waiters(&mut seen, flight.joiners, |wait, _| wait == Wait::Join(token))?;
        }
        let mut family = Seen::of(self.state.tasks.0.iter().map(|(id, _)| id));
        for (id, actor) in self.state.actors.iter() {
            let (mut at, mut younger) = (actor.tasklets, TaskId::default());
            while let Some(tasklet) = self.state.tasks.0.get(at) {
                // The youngest may name one that is gone.
                let back = tasklet.younger == younger || !self.state.tasks.0.contains_key(younger);
                let sound = family.first(at) && tasklet.owner == id && back;
                ensure(sound, || "an actor's tasklets are not its own".into())?;
                (younger, at) = (at, tasklet.sibling);
            }
        }
        ensure(family.count == self.state.tasks.0.len(), || "a tasklet belongs to no actor".into())
    }

    fn waiters(&self, seen: &mut Seen, mut at: TaskId, fits: impl Fn(Wait, ActorId) -> bool) -> Checked {
        let mut after = TaskId::default();
        while let Some(tasklet) = self.state.tasks.0.get(at) {
            let sound = seen.first(at) && fits(tasklet.wait, tasklet.owner) && tasklet.after == after;
            ensure(sound, || "a list of waiting tasklets has one that does not wait there".into())?;
            (at, after) = (tasklet.next, at);
        }
        Ok(())
    }

    fn flights(&self) -> Checked {
        let flights = &self.state.flights;
        let free: BTreeSet<u32> = self.state.free_flights.iter().copied().collect();
        let listed = free.len() == self.state.free_flights.len();
        let marked = (0..).zip(flights).all(|(token, flight)| flight.free == free.contains(&token));
        let inside = free.last().is_none_or(|last| (*last as usize) < flights.len());
        ensure(listed && marked && inside, || "its list of free actions is wrong".into())?;
        for flight in flights {
            self.name(flight.action)?;
        }
        let mut taken = vec![false; flights.len()];
        for (id, actor) in self.state.actors.iter() {
            let mut at = actor.flights;
            while let Some(flight) = flights.get(at as usize) {
                let first = !std::mem::replace(&mut taken[at as usize], true);
                ensure(first && flight.actor == id && !flight.free, || "an actor's actions are not its own".into())?;
                at = flight.next;
            }
        }
        let mut within = vec![false; flights.len()];
        for (id, tasklet) in self.state.tasks.0.iter() {
            let mut at = tasklet.flight;
            while let Some(flight) = flights.get(at as usize) {
                let first = !std::mem::replace(&mut within[at as usize], true);
                ensure(first && flight.task == id && !flight.free, || "a tasklet's actions are not its own".into())?;
                at = flight.outer;
            }
            ensure(at == GROUND, || "a tasklet is within an action that does not exist".into())?;
        }
        Ok(())
    }

    fn mail(&self) -> Checked {
        let mut seen = Seen::of(self.state.mail.keys());
        for actor in self.state.actors.values() {
            let (mut at, last) = actor.dealings.mail;
            let mut end = MailId::default();
            while let Some(letter) = self.state.mail.get(at) {
                ensure(seen.first(at), || "a message is in two mailboxes".into())?;
                end = at;
                at = letter.next;
            }
            ensure(end == last || end == MailId::default(), || {
                "a mailbox has another end than its last message".into()
            })?;
            if self.state.mail.contains_key(actor.dealings.handling) {
                ensure(seen.first(actor.dealings.handling), || "a message that is handled is in a mailbox".into())?;
            }
        }
        Ok(())
    }

    fn timers(&self) -> Checked {
        let places = self.state.wheel.places()?;
        for (place, timer) in &places {
            let tasklet = self.state.tasks.0.get(timer.task);
            let sound = tasklet.is_some_and(|tasklet| tasklet.timer == Some(*place) && tasklet.order == timer.order);
            ensure(sound, || "a timer is not that of its tasklet".into())?;
        }
        let timed = self.state.tasks.0.values().filter(|tasklet| tasklet.timer.is_some()).count();
        ensure(timed == places.len(), || "a tasklet has a timer that does not exist".into())?;
        let asleep = |wait: Wait, timer: bool| wait != Wait::Ticks || timer;
        let sound = self.state.tasks.0.values().all(|tasklet| asleep(tasklet.wait, tasklet.timer.is_some()));
        ensure(sound, || "a tasklet sleeps without a timer".into())
    }

    fn queue(&self) -> Checked {
        let causes = &self.state.causes;
        let mut parents = (0..).zip(causes);
        let rooted =
            parents.all(|(at, cause)| (cause.parent < at || at == 0 && cause.parent == 0) && cause.hops < 1 << 30);
        ensure(!causes.is_empty() && rooted, || "its causes go round in a circle".into())?;
        for cause in causes {
            self.name(cause.what)?;
        }
        let mut seen = Seen::of(self.state.tasks.0.iter().map(|(id, _)| id));
        for (task, cause) in &self.state.queue {
            ensure((*cause as usize) < causes.len(), || "a tasklet runs for a cause that does not exist".into())?;
            if let Some(tasklet) = self.state.tasks.0.get(*task) {
                let sound = tasklet.wait == Wait::Ready && seen.first(*task);
                ensure(sound, || "a tasklet is in the queue that waits, or is there twice".into())?;
            }
        }
        for task in &self.state.postponed {
            if let Some(tasklet) = self.state.tasks.0.get(*task) {
                let sound = tasklet.wait == Wait::Ready && seen.first(*task);
                ensure(sound, || "a postponed tasklet waits, or is there twice".into())?;
            }
        }
        let ready = self.state.tasks.0.values().filter(|tasklet| tasklet.wait == Wait::Ready).count();
        ensure(ready == seen.count, || "a tasklet that is to run is not in the queue".into())
    }

    fn wires(&self) -> Checked {
        let state = self.state;
        for wire in &state.wires {
            for name in [wire.action, wire.call, wire.property] {
                self.name(name)?;
            }
            match &wire.target {
                Target::Class(class) if *class != u32::MAX => self.class(*class)?,
                _ => {}
            }
        }
        let (wires, causes) = (state.wires.len() as u64, state.causes.len() as u64);
        let posts = state.posts.iter().chain(state.delayed.values());
        let mut sound = posts.map(|post| u64::from(post.wire) < wires && u64::from(post.cause) < causes);
        ensure(sound.all(|sound| sound), || "a wire in flight does not exist".into())?;
        let mut keys = state.delayed.keys();
        ensure(keys.all(|(due, order)| *due < 2 * MANY && *order < state.posted), || {
            "a wire in flight is out of order".into()
        })
    }

    fn space(&self) -> Checked {
        let actors = &self.state.actors;
        let order = |owner: u64, body| {
            let actor = actors.get(ActorId::from_bits(owner)).filter(|actor| !actor.dying && actor.body == body)?;
            Some(actor.order)
        };
        self.state.space.check(&order)?;
        let living = actors.values().filter(|actor| !actor.dying).count();
        ensure(living == self.state.space.len(), || "an actor has no body".into())
    }

    fn natives(&self) -> Checked {
        let mut seen = BTreeSet::new();
        for (task, _) in &self.part.natives {
            let native =
                self.state.tasks.0.get(*task).is_some_and(|tasklet| tasklet.role == crate::sim::state::Role::Native);
            ensure(native && seen.insert(*task), || "a native tasklet's state is nobody's".into())?;
        }
        Ok(())
    }
}

/// Which entries of a map were met.
struct Seen {
    met: Vec<bool>,
    count: usize,
}

impl Seen {
    fn of<K: Key>(keys: impl Iterator<Item = K>) -> Self {
        let last = keys.map(index).max().unwrap_or(0);
        Seen { met: vec![false; last + 1], count: 0 }
    }

    /// Notes a live entry; true the first time.
    fn first<K: Key>(&mut self, key: K) -> bool {
        let first = !std::mem::replace(&mut self.met[index(key)], true);
        self.count += usize::from(first);
        first
    }
}

fn index<K: Key>(key: K) -> usize {
    (key.data().as_ffi() & 0xffff_ffff) as usize
}
