//! Those who hibernate, seen as if they were awake. What the store holds of one is read into a room of its own: a second
//! world of the same scripts, in which nothing ever runs. So looking wakes nobody, and leaves no trace in the world that
//! is looked at.
//!
//! What all scripts share (classes, modules) is in that room as the scripts made it at first.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use dormouse_vm::{Kind, Peek, Pin, Root, Value};

use crate::Config;
use crate::datum::Datum;
use crate::ids::{ActorId, MailId, TaskId};
use crate::names::Names;
use crate::sim::roots::{self, Place};
use crate::sim::sleep::unpack;
use crate::sim::state::{Actor, State, Tasklet};
use crate::snapshot::{Archive, Unrestored, load_earlier};
use crate::world::World;

/// Guests after whom the room is swept.
const SWEEP: u32 = 256;
/// Sleepers whose plain fields are remembered: what is on a screen.
const REMEMBERED: usize = 1 << 14;
/// Bytes of a text that is a plain field.
const MAX_TEXT: usize = 200;

/// Where guests are looked at, once somebody has looked at one.
#[derive(Default)]
pub(crate) struct Parlour(Mutex<Option<Box<Room>>>);

struct Room {
    world: World,
    guests: u32,
    /// Fields of sleepers, with their values where they are plain, by the numbers of their capsules, which never change.
    fields: HashMap<u64, Vec<(String, Option<Datum>)>>,
}

/// One who hibernates: its native part, its values in the room.
pub(crate) struct Guest {
    pub(super) id: ActorId,
    pub(super) actor: Actor,
    pub(super) tasks: Vec<(TaskId, Tasklet)>,
    letters: Vec<(MailId, Value)>,
    held: Vec<Root>,
}

/// Somebody who looks at an actor: its world, and the one that has its values.
pub(crate) struct Eye<'w> {
    pub(super) world: &'w World,
    pub(super) here: &'w World,
    pub(super) guest: Option<&'w Guest>,
}

impl Eye<'_> {
    /// One who is awake, or the guest.
    pub(super) fn actor(&self, id: ActorId) -> Option<&Actor> {
        match self.guest {
            Some(guest) => (guest.id == id).then_some(&guest.actor),
            None => self.world.sim.state.actors.awake(id),
        }
    }

    /// A tasklet of one who is awake, or of the guest.
    pub(super) fn tasklet(&self, task: TaskId) -> Option<&Tasklet> {
        match self.guest {
            Some(guest) => guest.tasks.iter().find(|(id, _)| *id == task).map(|(_, tasklet)| tasklet),
            None => self.world.sim.state.tasks.0.awake(task),
        }
    }

    /// What a tasklet is called.
    pub(super) fn task_label(&self, task: TaskId) -> String {
        let sim = &self.world.sim;
        self.tasklet(task).map_or_else(|| sim.task_label(task), |tasklet| sim.label_of(tasklet))
    }

    /// How many tasklets wait for the same thing, from this one on.
    pub(super) fn waiting(&self, first: TaskId) -> usize {
        let next = |task: &TaskId| match self.tasklet(*task) {
            Some(tasklet) => Some(tasklet.next),
            None => self.world.sim.state.link_of(*task),
        };
        let (mut at, mut count) = (first, 0);
        while let Some(following) = next(&at) {
            (at, count) = (following, count + 1);
        }
        count
    }

    /// The value of a message of this very actor.
    pub(super) fn pin_of(&self, mail: MailId, event: Value) -> Option<Pin> {
        match self.guest {
            Some(guest) => guest.letters.iter().find(|(id, _)| *id == mail).and_then(|(_, value)| value.pin()),
            None => event.pin(),
        }
    }

    /// A message; of a guest's, what it holds.
    pub(super) fn letter(&self, mail: MailId, event: Value) -> Peek<'_> {
        let own = self.guest.and_then(|guest| guest.letters.iter().find(|(id, _)| *id == mail));
        match own {
            Some((_, value)) => self.here.vm.peek_value(*value),
            // One in another's mailbox, if it is a value of a VM at all.
            None => self.world.vm.peek_value(event),
        }
    }
}

impl World {
    /// Somebody who looks at those who are awake.
    pub(crate) fn eye(&self) -> Eye<'_> {
        Eye { world: self, here: self, guest: None }
    }

    /// Looks at an actor, whether it is awake or not; as much as can be read of it.
    pub(super) fn look_at<R>(&self, id: ActorId, look: impl FnOnce(&Eye<'_>) -> R) -> R {
        if !self.sim.state.actors.is_asleep(id) {
            return look(&self.eye());
        }
        let mut room = self.parlour.0.lock().unwrap_or_else(PoisonError::into_inner);
        match self.open(&mut room) {
            Some(room) => room.receive(self, id, look),
            None => look(&self.eye()),
        }
    }

    fn open<'r>(&self, room: &'r mut Option<Box<Room>>) -> Option<&'r mut Room> {
        if room.is_none() {
            let state = crate::world::newborn(&self.config);
            // It has no sleepers of its own.
            let config = Config { store: None, ..self.config.clone() };
            let world = World::with_state(&config, &self.scripts, Names::new(), state).ok()?;
            *room = Some(Box::new(Room { world, guests: 0, fields: HashMap::new() }));
        }
        room.as_deref_mut()
    }

    /// An own field of one who hibernates; none where it has no such field. See [`World::field`].
    pub(crate) fn field_asleep(&self, id: ActorId, name: &str) -> Option<Option<Datum>> {
        let serial = self.sim.state.actors.sleeper(id)?.serial;
        let mut room = self.parlour.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = self.open(&mut room)?;
        if !room.fields.contains_key(&serial) {
            let plain = room.receive(self, id, |eye| {
                let table = eye.guest.map(|guest| eye.here.vm.peek(guest.actor.table))?;
                let fields = table.entries(usize::MAX).filter_map(|(key, value)| {
                    let key = std::str::from_utf8(key.bytes()?).ok()?;
                    Some((key.to_owned(), plain(&value)))
                });
                Some(fields.collect())
            });
            if room.fields.len() >= REMEMBERED {
                room.fields.clear();
            }
            room.fields.insert(serial, plain.unwrap_or_default());
        }
        room.fields[&serial].iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }
}

/// A value that is plain and short: no table, no text of more than 200 bytes.
pub(crate) fn plain(value: &Peek<'_>) -> Option<Datum> {
    match value.kind() {
        Kind::Bool => Some(Datum::Bool(value.truthy())),
        Kind::Number => value.number().map(Datum::Number),
        Kind::Vector => value.vector().map(Datum::Vector),
        Kind::Text => value
            .bytes()
            .filter(|bytes| bytes.len() <= MAX_TEXT)
            .map(|bytes| Datum::Text(String::from_utf8_lossy(bytes).into())),
        _ => None,
    }
}

impl Room {
    /// Brings one in, has it looked at, and sees it off.
    fn receive<R>(&mut self, host: &World, id: ActorId, look: impl FnOnce(&Eye<'_>) -> R) -> R {
        let guest = self.invite(host, id).unwrap_or_else(|| Guest::faceless(host, id));
        let result = look(&Eye { world: host, here: &self.world, guest: Some(&guest) });
        for held in guest.held {
            match held {
                Root::Pin(pin) => self.world.vm.unpin(pin),
                Root::Thread(thread) => self.world.vm.discard(thread),
            }
        }
        self.guests += 1;
        if self.guests >= SWEEP {
            self.guests = 0;
            self.world.vm.collect_all();
        }
        result
    }

    /// None where its capsule can't be read.
    fn invite(&mut self, host: &World, id: ActorId) -> Option<Guest> {
        let state = &host.sim.state;
        let bytes = host.sim.store.look(state.actors.sleeper(id)?.serial).ok()?;
        let (cold, values) = unpack(&bytes).ok()?;
        let held = self.values(host, values)?;
        let mut guest = Guest { id, actor: cold.actor, tasks: cold.tasks, letters: Vec::new(), held };
        for (task, tasklet) in &mut guest.tasks {
            tasklet.timer = state.tasks.0.sleeper(*task).and_then(|doze| doze.timer());
        }
        guest.settle(state, &cold.present);
        Some(guest)
    }

    fn values(&mut self, host: &World, bytes: &[u8]) -> Option<Vec<Root>> {
        match crate::snapshot::restore_values(&mut self.world.vm, bytes) {
            Ok(values) => Some(values),
            Err(Unrestored::Lacking(missing)) => {
                let archive = Archive { scripts: None, earlier: host.earlier.values().cloned().collect() };
                load_earlier(&mut self.world.vm, &archive, &missing, &mut self.world.earlier);
                crate::snapshot::restore_values(&mut self.world.vm, bytes).ok()
            }
            Err(Unrestored::Never(_)) => None,
        }
    }
}

impl Guest {
    /// What is known of one whose capsule can't be read.
    fn faceless(host: &World, id: ActorId) -> Guest {
        let actor = host.sim.state.face(id).map_or_else(Actor::default, |face| face.actor());
        Guest { id, actor, tasks: Vec::new(), letters: Vec::new(), held: Vec::new() }
    }

    /// Puts its values into their places.
    fn settle(&mut self, state: &State, present: &[bool]) {
        let (mut present, mut values) = (present.iter(), self.held.iter());
        let letters = &mut self.letters;
        state.visit_roots_of_guest(self.id, &mut self.actor, &mut self.tasks, &mut |place, held| {
            if present.next() != Some(&true) {
                return;
            }
            match (held, values.next()) {
                (roots::Root::Pin(pin), Some(Root::Pin(value))) => {
                    *pin = *value;
                    if let Place::Mail(mail) = place {
                        letters.push((mail, Value::Pin(*value)));
                    }
                }
                (roots::Root::Thread(thread), Some(Root::Thread(value))) => *thread = *value,
                _ => {}
            }
        });
    }
}
