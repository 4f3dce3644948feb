//! Hibernating and waking, by hand and by policy: see [`sleep`](crate::sim::sleep) for what that is.

use dormouse_vm::{CaptureOptions, Names};

use crate::ids::ActorId;
use crate::store::StoreError;

use super::World;

/// An actor that can't hibernate now. It is awake, and nothing of it has changed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HibernateError {
    /// A tick is under way.
    #[error("a tick is under way: finish it (World::finish_tick) before an actor hibernates")]
    Unfinished,
    /// It is gone.
    #[error("{0} is gone")]
    Gone(String),
    /// Something goes on between it and others, or it is to run. It may be able to later.
    #[error("{actor} can't hibernate now: {why}")]
    Busy {
        /// Its name.
        actor: String,
        /// What goes on.
        why: String,
    },
    /// A value that can't be put into bytes, with the way to it.
    #[error("{0}")]
    Value(String),
    /// The store can't take it.
    #[error("{actor} can't hibernate: {source}")]
    Store {
        /// Its name.
        actor: String,
        /// What is wrong.
        source: StoreError,
    },
}

/// An actor that can't be woken. It hibernates on.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct WakeError(String);

/// Actors that the policy puts to sleep after one tick at most: a crowd goes to bed over some ticks.
const BEDTIMES: usize = 512;
/// Ticks at least until one that could not hibernate is looked at again.
const AGAIN: u64 = 60;

impl World {
    /// Puts an actor to sleep: all of it goes into the [store](super::Config::store) but what others can see. It
    /// wakes by itself, unaware, when something is to happen to it: an event, an action, a timer, a collision, a task that
    /// somebody cancels or awaits. Nothing that the world says or does depends on who hibernates, nor does its
    /// [hash](World::hash). Nothing happens to one that hibernates already.
    ///
    /// It wakes when anything touches more of it than its name, class, place, size, layer and actions in flight.
    ///
    /// Errors: see [`HibernateError`]; the actor is then as it was. Cost: a few microseconds, more for one that holds
    /// much; then less than 200 bytes of memory while it sleeps, 24 for each further tasklet and 24 for each timer.
    pub fn hibernate(&mut self, actor: ActorId) -> Result<(), HibernateError> {
        if !self.is_between_ticks() {
            return Err(HibernateError::Unfinished);
        }
        if self.sim.state.actors.is_asleep(actor) {
            return Ok(());
        }
        if !self.sim.state.actors.contains_key(actor) {
            return Err(HibernateError::Gone(self.sim.label(actor)));
        }
        if let Some(why) = self.sim.keeps_awake(actor) {
            return Err(HibernateError::Busy { actor: self.sim.label(actor), why });
        }
        let (present, roots, places) = self.sim.roots_of(actor);
        let options = CaptureOptions { names: Names::Portable, state: false, movable: false };
        let mut values = std::mem::take(&mut self.capsule);
        values.clear();
        let captured = self.vm.capture_into(&roots, options, &mut values);
        let result = match captured {
            Ok(()) => self.enter_store(actor, present, &values),
            Err(error) => Err(HibernateError::Value(crate::snapshot::refused(&self.sim, &places, &error))),
        };
        self.capsule = values;
        result
    }

    fn enter_store(&mut self, id: ActorId, present: Vec<bool>, values: &[u8]) -> Result<(), HibernateError> {
        let Some(bytes) = self.sim.pack(id, &present, values) else {
            return Err(HibernateError::Gone(self.sim.label(id)));
        };
        let serial = match self.sim.store.put(bytes) {
            Ok(serial) => serial,
            Err(source) => return Err(HibernateError::Store { actor: self.sim.label(id), source }),
        };
        self.sim.sleep(&mut self.vm, id, serial);
        Ok(())
    }

    /// Wakes an actor that hibernates. Nothing happens to one that does not, or that is gone.
    ///
    /// It is never necessary: whatever needs an actor wakes it.
    ///
    /// Errors: its capsule can't be read, or there is no memory left for it. Cost: some microseconds.
    pub fn wake(&mut self, actor: ActorId) -> Result<(), WakeError> {
        let (vm, sim) = (&mut self.vm, &mut self.sim);
        let woken = vm.enter(|frame| sim.wake(frame, actor));
        woken.map_err(|error| WakeError(error.to_string()))?.map_err(WakeError)
    }

    /// Wakes those of them who hibernate, as [`World::wake`] does, and faster where they are many: what lies together in
    /// the store is read together.
    ///
    /// Errors: the first that can't be woken; the others wake.
    pub fn wake_many(&mut self, actors: &[ActorId]) -> Result<(), WakeError> {
        let (vm, sim) = (&mut self.vm, &mut self.sim);
        let woken = vm.enter(|frame| sim.wake_many(frame, actors.iter().copied()));
        woken.map_err(|error| WakeError(error.to_string()))?.map_err(WakeError)
    }

    /// Whether an actor hibernates.
    pub fn is_hibernated(&self, actor: ActorId) -> bool {
        self.sim.state.actors.is_asleep(actor)
    }

    /// The actors that are awake, in spawn order. Cost: all slots are looked at.
    pub fn awake(&self) -> Vec<ActorId> {
        let awake = self.sim.state.actors.iter().filter(|(_, actor)| !actor.dying);
        let mut found: Vec<_> = awake.map(|(id, actor)| (actor.order, id)).collect();
        found.sort_unstable();
        found.into_iter().map(|(_, id)| id).collect()
    }

    /// The actors that hibernate, in spawn order. Cost: all slots are looked at.
    pub fn hibernated(&self) -> Vec<ActorId> {
        let asleep = self.sim.state.actors.iter_asleep();
        let mut found: Vec<_> = asleep.map(|(id, sleeper)| (sleeper.face().order, id)).collect();
        found.sort_unstable();
        found.into_iter().map(|(_, id)| id).collect()
    }

    /// Wakes all. Errors: the first that can't be woken; the others wake.
    pub fn wake_all(&mut self) -> Result<(), WakeError> {
        let all: Vec<ActorId> = self.sim.state.actors.iter_asleep().map(|(id, _)| id).collect();
        self.wake_many(&all)
    }

    /// After a tick: those whose class or map says so hibernate when nothing of them has run for long enough.
    ///
    /// Cost: that of those whose time it may be; each is looked at once in so many ticks as it must have rested.
    pub(super) fn put_to_bed(&mut self) {
        let tick = self.sim.state.tick;
        for _ in 0..BEDTIMES {
            let Some((due, id)) = self.sim.state.bedtimes.first().copied() else { break };
            if due > tick {
                break;
            }
            self.sim.state.bedtimes.pop_first();
            let Some(rest) = self.sim.rest_of(id).map(u64::from).filter(|_| !self.sim.state.actors.is_asleep(id))
            else {
                continue;
            };
            let rested = self.sim.last_stirred(id) + rest;
            let again = match rested <= tick && self.hibernate(id).is_ok() {
                true => continue,
                false if rested <= tick => tick + rest.max(AGAIN),
                false => rested,
            };
            self.sim.state.bedtimes.insert((again, id));
        }
        self.sim.store.sweep();
    }
}
