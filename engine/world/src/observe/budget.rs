//! What everyone uses of what they may use.

use std::collections::HashMap;

use dormouse_vm::Census;
use serde::Serialize;

use super::guest::Eye;
use super::{ActorRef, Use as Of};
use crate::ids::{ActorId, TaskId};
use crate::sim::state::Actor;
use crate::world::World;

/// What is used, and how much may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Use {
    /// Used.
    pub used: u64,
    /// The limit.
    pub limit: u64,
}

/// What one actor uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActorBudget {
    /// Which.
    pub actor: ActorRef,
    /// Its tasklets.
    pub tasks: usize,
    /// Interrupts of its busiest tasklet in the tick in which that last ran.
    pub time: Use,
    /// Bytes that it holds; of one that hibernates, those that it was last measured to hold.
    pub memory: Use,
}

/// What a world uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Budgets {
    /// Each actor, in spawn order.
    pub actors: Vec<ActorBudget>,
    /// How many actors there are, and may be.
    pub alive: Use,
    /// Bytes of the VM's heap.
    pub heap: Use,
    /// Bytes that live objects and garbage take; and those at which the collector begins its next cycle.
    pub garbage: Use,
    /// The collector is at work: each tick it does a share.
    pub collecting: bool,
}

impl World {
    /// What everyone uses.
    ///
    /// Cost: the whole heap in use is walked once.
    pub fn budgets(&self) -> Budgets {
        let state = &self.sim.state;
        let mut actors: Vec<_> = state.actors.iter().collect();
        actors.sort_unstable_by_key(|(_, actor)| actor.order);
        let mut census = self.vm.census();
        let limit = self.sim.limits.memory.max(0) as u64;
        let budget = |(id, actor): (_, &Actor)| {
            let (eye, tasks) = (self.eye(), self.tasks_of(id));
            eye.name_roots(&mut census, actor, &tasks);
            let memory = Of { used: census.take() as u64, limit };
            ActorBudget { actor: self.actor_ref(id), tasks: tasks.len(), time: eye.busiest(&tasks), memory }
        };
        let mut actors: Vec<ActorBudget> = actors.into_iter().map(budget).collect();
        let mut asleep = HashMap::<ActorId, usize>::new();
        for owner in state.tasks.0.iter_asleep().filter_map(|(task, _)| state.owner_of(task)) {
            *asleep.entry(owner).or_default() += 1;
        }
        let sleepers = state.actors.iter_asleep().map(|(id, sleeper)| ActorBudget {
            actor: self.actor_ref(id),
            tasks: asleep.get(&id).copied().unwrap_or(0),
            time: Of::default(),
            memory: Of { used: sleeper.held(), limit },
        });
        actors.extend(sleepers);
        actors.sort_by_key(|budget| state.face(budget.actor.id).map(|face| face.order));
        let (collecting, collect_at) = self.vm.collector();
        Budgets {
            actors,
            alive: Of { used: state.actors.len() as u64, limit: u64::from(self.sim.limits.actors) },
            heap: Of { used: self.vm.heap() as u64, limit: self.vm.heap_limit() as u64 },
            garbage: Of { used: self.vm.allocated() as u64, limit: collect_at as u64 },
            collecting,
        }
    }
}

impl Eye<'_> {
    /// All that an actor holds.
    pub(super) fn name_roots(&self, census: &mut Census<'_>, actor: &Actor, tasks: &[TaskId]) {
        census.pin(actor.table);
        census.pin(actor.globals);
        for tasklet in tasks.iter().filter_map(|task| self.tasklet(*task)) {
            census.thread(tasklet.thread);
        }
        for first in [actor.dealings.mail.0, actor.dealings.handling] {
            let mut at = first;
            while let Some(letter) = self.world.sim.state.mail.get(at) {
                if let Some(pin) = self.pin_of(at, letter.event) {
                    census.pin(pin);
                }
                at = letter.next;
            }
        }
    }

    pub(super) fn busiest(&self, tasks: &[TaskId]) -> Of {
        let spent = tasks.iter().filter_map(|task| self.tasklet(*task)).map(|tasklet| tasklet.spent);
        Of { used: spent.max().unwrap_or(0).max(0) as u64, limit: self.world.sim.limits.time.max(0) as u64 }
    }
}
