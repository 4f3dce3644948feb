//! The hash of a world: everything that can influence its future, and nothing else.

use dormouse_vm::{Pin, Value};
use serde::Serialize;

use crate::ids::{ActorId, TaskId};
use crate::names::Name;
use crate::sim::Sim;
use crate::sim::state::{Flight, Go, Moment, Role, Wait};

use super::{World, WorldImage};

impl World {
    /// Hashes the world. Equal worlds have equal hashes in every process and build; what differs in anything that can
    /// influence the future has, all but certainly, another. Who hibernates makes no difference: each has the hash that it
    /// would have awake. (As with what was restored from a snapshot, this is so but for values in a suspended function
    /// that it will never look at again.)
    ///
    /// Cost: the whole heap in use is read once, and the native side is serialized. Where actors hibernate, they are woken
    /// and forgotten again, which takes as much memory as if they were awake. A world in which one can't be woken has
    /// no hash that means anything: that is told, and 0.
    pub fn hash(&mut self) -> u64 {
        if self.sim.state.actors.sleepers() == 0 {
            return self.hash_awake();
        }
        self.unchanged(&mut WorldImage::default(), |world| match world.wake_all() {
            Ok(()) => world.hash_awake(),
            Err(_) => 0,
        })
    }

    fn hash_awake(&mut self) -> u64 {
        let mut bytes = Vec::new();
        let state = &self.sim.state;
        // A world's state has no value that postcard can't write.
        for part in [postcard::to_stdvec(state), postcard::to_stdvec(&self.sim.names)] {
            bytes.extend(part.expect("plain data can be serialized"));
        }
        self.natives.write(&mut bytes);
        if !state.travels.is_empty() {
            bytes.extend(postcard::to_stdvec(&state.travels).expect("plain data can be serialized"));
        }
        let mut actors: Vec<_> = state.actors.values().collect();
        actors.sort_unstable_by_key(|actor| actor.order);
        let mut tasks: Vec<_> = state.tasks.0.values().collect();
        tasks.sort_unstable_by_key(|tasklet| tasklet.order);
        self.vm.digest(|digest| {
            digest.bytes(&bytes);
            for actor in actors {
                digest.pin(actor.table);
                digest.pin(actor.globals);
            }
            for tasklet in tasks {
                digest.thread(tasklet.thread);
                digest.pin(tasklet.object);
                digest.pin(tasklet.deferred);
                if let Some(pin) = tasklet.go.pin() {
                    digest.pin(pin);
                }
            }
            for flight in &state.flights {
                if !flight.free {
                    digest.pin(flight.deferred);
                }
            }
            let events = state.mail.values().map(|letter| letter.event);
            let args = state.wires.iter().map(|wire| wire.arg);
            for value in events.chain(args) {
                if let Value::Pin(pin) = value {
                    digest.pin(pin);
                }
            }
            // What scripts share: upvalues of their functions may change.
            for pin in self.sim.classes.all().iter().map(|class| class.table).chain(self.sim.modules.values().copied())
            {
                digest.pin(pin);
            }
        })
    }

    /// Hashes one actor: its place and motion, its tasklets and what each waits for, its actions in flight, its mailbox,
    /// its wires' spent flags, and all values that it can reach. `None` when it is gone.
    ///
    /// What other actors' lives leave behind in the world (numbers given out, names, whose turn comes first) is not in
    /// it: the hash is equal in two worlds in which the actor itself is alike. Handles in its values are: they are equal
    /// when the actors they name were spawned alike.
    ///
    /// Cost: what the actor can reach is read once. One that hibernates is woken and forgotten again, as by
    /// [`World::hash`].
    pub fn hash_of(&mut self, actor: ActorId) -> Option<u64> {
        if self.is_hibernated(actor) {
            return self.unchanged(&mut WorldImage::default(), |world| {
                world.wake(actor).ok()?;
                world.hash_of(actor)
            });
        }
        let (bytes, pins, tasks) = self.sim.portrait(actor)?;
        let bytes = postcard::to_stdvec(&bytes).expect("plain data can be serialized");
        let mut native = Vec::new();
        for task in &tasks {
            self.natives.write_one(*task, &mut native);
        }
        Some(self.vm.digest_of(Some(TaskId::TAG), |digest| {
            digest.bytes(&bytes);
            digest.bytes(&native);
            for pin in pins {
                digest.pin(pin);
            }
            for task in tasks {
                if let Some(tasklet) = self.sim.state.tasks.0.get(task) {
                    digest.thread(tasklet.thread);
                }
            }
        }))
    }
}

/// A tasklet without what other actors have to do with it.
#[derive(Serialize)]
struct Sleeper<'s> {
    role: Role,
    waits: (u8, &'s str, Option<Moment>),
    due: Option<u64>,
    since: u64,
    cancelled: bool,
    go: Go,
    name: &'s str,
    label: &'s str,
    activator: ActorId,
    caller: ActorId,
}

/// What [`World::hash_of`] hashes: plain data, values, tasklets.
type Portrait = (Vec<u8>, Vec<Pin>, Vec<TaskId>);

impl Sim {
    fn portrait(&self, id: ActorId) -> Option<Portrait> {
        let actor = self.state.actors.get(id)?;
        let mut tasks = Vec::new();
        let mut task = actor.tasklets;
        while let Some(tasklet) = self.state.tasks.0.get(task) {
            tasks.push(task);
            task = tasklet.sibling;
        }
        tasks.reverse();
        let mut pins = vec![actor.table, actor.globals];
        let sleepers: Vec<Sleeper<'_>> = tasks.iter().map(|task| self.sleeper(*task, &mut pins)).collect();
        let mut flights = Vec::new();
        let mut flight = actor.flights;
        while let Some(Flight { action, live, next, deferred, began, .. }) = self.state.flights.get(flight as usize) {
            flights.push((self.names.text(*action), *live, *began));
            pins.push(*deferred);
            flight = *next;
        }
        let mut letters = 0_u64;
        let mut mail = actor.dealings.mail.0;
        while let Some(letter) = self.state.mail.get(mail) {
            letters += 1;
            pins.extend(letter.event.pin());
            mail = letter.next;
        }
        let wires = actor.wires.0 as usize..(actor.wires.0 + actor.wires.1) as usize;
        let spent: Vec<bool> = self.state.wires[wires].iter().map(|wire| wire.spent).collect();
        let class = &self.classes.get(actor.class).name;
        let place = self.state.space.whereabouts(actor.body);
        let parts =
            (class, self.names.text(actor.name), actor.size, actor.dying, place, sleepers, flights, letters, spent);
        Some((postcard::to_stdvec(&parts).expect("plain data can be serialized"), pins, tasks))
    }

    fn sleeper(&self, task: TaskId, pins: &mut Vec<Pin>) -> Sleeper<'_> {
        let tasklet = &self.state.tasks.0[task];
        pins.extend([tasklet.object, tasklet.deferred].into_iter().chain(tasklet.go.pin()));
        let named = |name: Name| self.names.text(name);
        let waits = match tasklet.wait {
            Wait::Ready => (0, "", None),
            Wait::Ticks => (1, "", None),
            Wait::Event(name) => (2, named(name), None),
            Wait::Action { action, when, .. } => (3, named(action), Some(when)),
            Wait::Task(_) => (4, "", None),
            Wait::Reply(_) => (5, "", None),
            Wait::Motion => (6, "", None),
            Wait::Join(_) => (7, "", None),
            Wait::Turn => (8, "", None),
        };
        Sleeper {
            role: tasklet.role,
            waits,
            due: tasklet.timer.and_then(|place| self.state.wheel.due(place)),
            since: tasklet.since,
            cancelled: tasklet.cancelled,
            go: tasklet.go,
            name: named(tasklet.name),
            label: named(tasklet.label),
            activator: tasklet.activator,
            caller: tasklet.caller,
        }
    }
}
