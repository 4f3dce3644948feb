//! An actor leaves: first everything is written, then it is taken out.

use std::collections::BTreeSet;

use dormouse_vm::{CaptureOptions, Frame, Handle, Names, Root, Value};

use super::error::ExportError;
use super::traveller::{Flying, Identity, Journey, Known, Sleeping, Traveller};
use crate::ids::{ActorId, MailId, TaskId};
use crate::names::Name;
use crate::sim::Sim;
use crate::sim::queue::OrNone;
use crate::sim::roots;
use crate::sim::sleep::Face;
use crate::sim::state::{GROUND, Go, Mail, Role, Target, Wait};
use crate::snapshot::{Bits, Tag, Writer, refused};
use crate::space::Motion;
use crate::world::World;

/// How what moves is captured.
pub(super) const MOVABLE: CaptureOptions = CaptureOptions { names: Names::Portable, state: false, movable: true };

impl World {
    /// Takes an actor out of this world, as a capsule for [`World::import`] of another. One that hibernates is woken for it.
    ///
    /// For others it is as if it had died, but that what they tell it is kept ([`World::take_forwarded`]). Wires that it
    /// set off and that are under way reach their targets here.
    ///
    /// Errors: see [`ExportError`]; nothing has changed then, but that it is awake. Cost: some microseconds.
    pub fn export(&mut self, actor: ActorId) -> Result<Vec<u8>, ExportError> {
        if !self.is_between_ticks() {
            return Err(ExportError::Unfinished);
        }
        let realm = self.config.realm;
        if realm == 0 {
            return Err(ExportError::NoRealm);
        }
        if !self.sim.is_alive(actor) {
            return Err(ExportError::Gone(self.sim.label(actor)));
        }
        let tied = |why: String, sim: &Sim| ExportError::Tied { actor: sim.label(actor), why };
        self.wake(actor).map_err(|error| tied(error.to_string(), &self.sim))?;
        if let Some(why) = self.sim.ties(actor).or_else(|| self.sim.ties_of_letters(actor)) {
            return Err(tied(why, &self.sim));
        }
        if actor == self.sim.state.level || actor == self.sim.state.game {
            return Err(tied("it is what this world is about".into(), &self.sim));
        }
        let (present, mut roots, places) = self.sim.roots_of(actor);
        let (first, count) = self.sim.state.actors[actor].wires;
        let wires = &self.sim.state.wires[first as usize..(first + count) as usize];
        roots.extend(wires.iter().filter_map(|wire| wire.arg.pin()).map(Root::Pin));
        let mut values = Vec::new();
        let captured = self.vm.capture_into(&roots, MOVABLE, &mut values);
        captured.map_err(|error| ExportError::Value(refused(&self.sim, &places, &error)))?;
        let handles = self.vm.captured_handles();
        let identity = self.sim.state.travels.identity_of(actor).unwrap_or(Identity { realm, actor: actor.bits() });
        let journey = 1 + self.sim.state.travels.journeys.get(&identity).map_or(0, |journey| journey.number);
        let sim = &self.sim;
        let traveller = sim.describe_traveller(actor, identity, journey, realm, &present, &handles);
        let traveller = traveller.ok_or_else(|| ExportError::Gone(sim.label(actor)))?;
        let mut writer = Writer::default();
        writer.add(Tag::ACTOR, &postcard::to_stdvec(&traveller).expect("plain data can be serialized"), true);
        writer.add(Tag::HEAP, &values, true);
        let (vm, sim) = (&mut self.vm, &mut self.sim);
        sim.leave_actor();
        vm.enter(|frame| sim.depart_for_good(frame, actor))?;
        let travels = &mut self.sim.state.travels;
        travels.journeys.insert(identity, Journey { number: journey, here: None });
        travels.gone.insert(actor, identity);
        Ok(writer.finish())
    }
}

impl Sim {
    /// Why letters keep an actor here.
    fn ties_of_letters(&self, id: ActorId) -> Option<String> {
        let actor = self.state.actors.awake(id)?;
        let mut at = actor.tasklets;
        while let Some(tasklet) = self.state.tasks.0.awake(at) {
            if matches!(tasklet.wait, Wait::Reply(_)) {
                let label = self.names.text(tasklet.label);
                return Some(format!("its {label} waits for an answer (ask); export it between two questions"));
            }
            at = tasklet.sibling;
        }
        let letters = self.letters_of(actor.dealings.mail.0).into_iter().map(|(_, letter)| letter);
        let asked = letters
            .chain(self.state.mail.get(actor.dealings.handling).copied())
            .find(|letter| letter.asker.is_some() && self.state.tasks.0.contains_key(letter.asker));
        asked.map(|letter| {
            let who = self.state.owner_of(letter.asker).map_or_else(String::new, |owner| self.label(owner));
            format!(
                "{who} waits for its answer (ask); export it when it has answered, or have it told instead of asked"
            )
        })
    }

    fn letters_of(&self, first: MailId) -> Vec<(MailId, Mail)> {
        let (mut letters, mut at) = (Vec::new(), first);
        while let Some(letter) = self.state.mail.get(at) {
            letters.push((at, *letter));
            at = letter.next;
        }
        letters
    }

    fn describe_traveller(
        &self,
        me: ActorId,
        identity: Identity,
        journey: u64,
        realm: u64,
        present: &[bool],
        handles: &[Handle],
    ) -> Option<Traveller> {
        let state = &self.state;
        let actor = state.actors.awake(me)?.clone();
        let body = *state.space.get(actor.body)?;
        let mut tasks = Vec::new();
        let mut at = actor.tasklets;
        while let Some(tasklet) = state.tasks.0.awake(at).copied() {
            let (mut flights, mut token) = (Vec::new(), tasklet.flight);
            while let Some(flight) = state.flights.get(token as usize) {
                flights.push(token);
                token = flight.outer;
            }
            flights.reverse();
            let due = tasklet.timer.and_then(|place| state.wheel.due(place));
            tasks.push(Sleeping {
                id: at,
                tasklet,
                left: due.map(|due| due.saturating_sub(state.tick)),
                slept: state.tick - tasklet.since,
                flights,
                awaiters: self.chain(tasklet.awaiters),
            });
            at = tasklet.sibling;
        }
        tasks.reverse();
        let flights: Vec<Flying> = tasks
            .iter()
            .flat_map(|task: &Sleeping| &task.flights)
            .filter_map(|token| {
                let flight = *state.flights.get(*token as usize)?;
                let age = state.tick - flight.began;
                Some(Flying { token: *token, flight, age, joiners: self.chain(flight.joiners) })
            })
            .collect();
        let (mut taking, mut token) = (Vec::new(), actor.flights);
        while let Some(flight) = state.flights.get(token as usize) {
            taking.push(token);
            token = flight.next;
        }
        taking.reverse();
        let mine: BTreeSet<TaskId> = tasks.iter().map(|task| task.id).collect();
        let queued = state.queue.iter().map(|(task, _)| *task).chain(state.postponed.iter().copied());
        let motion = state.space.motion(actor.body);
        let follows = match motion {
            Some(Motion::Follow { who, .. }) => state.space.get(who).map(|body| ActorId::from_bits(body.owner)),
            _ => None,
        };
        let wires = actor.wires.0 as usize..(actor.wires.0 + actor.wires.1) as usize;
        let dealings = *actor.dealings;
        let mut traveller = Traveller {
            identity,
            journey,
            me,
            class: self.classes.get(actor.class).name.clone(),
            actor,
            body,
            layer: state.layer_name(body.layer).into(),
            collides: state.layers_in(body.mask),
            motion,
            follows,
            rest: state.rests.get(&me).copied(),
            ready: queued.filter(|task| mine.contains(task)).collect(),
            listeners: self.chain(dealings.listeners),
            flights,
            taking,
            handling: state.mail.get(dealings.handling).map(|letter| (dealings.handling, *letter)),
            mail: self.letters_of(dealings.mail.0),
            wires: state.wires[wires].to_vec(),
            names: Vec::new(),
            classes: Vec::new(),
            known: Vec::new(),
            strangers: handles.iter().filter_map(|handle| TaskId::from_handle(*handle)).collect(),
            present: Bits::of(present),
            tasks,
        };
        traveller.strangers.retain(|task| !mine.contains(task));
        let mut known: BTreeSet<ActorId> = handles.iter().filter_map(|handle| ActorId::from_handle(*handle)).collect();
        let mut names = BTreeSet::new();
        traveller.visit_names(&mut |name| {
            names.insert(*name);
        });
        traveller.visit_actors(&mut |id| {
            known.insert(*id);
        });
        known.retain(|id| *id != me && *id != ActorId::default());
        traveller.names = names.into_iter().map(|name| (name, self.names.text(name).to_owned())).collect();
        traveller.known = known.into_iter().map(|id| self.know(id, realm)).collect();
        traveller.classes = traveller
            .wires
            .iter()
            .filter_map(|wire| match wire.target {
                Target::Class(class) if class != u32::MAX => Some((class, self.classes.get(class).name.clone())),
                _ => None,
            })
            .collect();
        Some(traveller)
    }

    fn know(&self, id: ActorId, realm: u64) -> Known {
        let name = self.state.face(id).map(|face: Face| self.names.text(face.name).to_owned()).unwrap_or_default();
        let gone = self.state.travels.gone.get(&id).copied();
        let identity = gone.or_else(|| self.state.travels.identity_of(id));
        let identity = identity.or_else(|| self.is_alive(id).then_some(Identity { realm, actor: id.bits() }));
        Known { id, name, identity }
    }

    /// It is gone from here, and nothing of it runs any more.
    pub(super) fn depart_for_good(&mut self, frame: &mut Frame<'_>, who: ActorId) {
        let Some(actor) = self.state.actors.awake(who).cloned() else { return };
        self.leave_names(who);
        self.state.space.remove(actor.body);
        for watcher in self.chain(actor.dealings.watchers) {
            if self.state.owner_of(watcher) == Some(who) {
                continue;
            }
            let pin = self.exception(frame, "Dead", &[("actor", Value::Handle(who.handle()))]);
            self.ready_in(frame, watcher, Go::Raise(Value::Pin(pin)));
        }
        self.state.visit_roots_of(who, &mut |_, held| match held {
            roots::Root::Pin(pin) => frame.unpin(std::mem::replace(pin, dormouse_vm::Pin::NIL)),
            roots::Root::Thread(thread) => frame.discard(std::mem::take(thread)),
        });
        let (mut at, mut gone) = (actor.tasklets, BTreeSet::new());
        while let Some(tasklet) = self.state.tasks.0.awake(at).copied() {
            self.leave_wait(at);
            let mut token = tasklet.flight;
            while let Some(flight) = self.state.flights.get_mut(token as usize) {
                (flight.free, flight.live) = (true, false);
                self.state.free_flights.push(token);
                token = flight.outer;
            }
            self.forget_context(at);
            self.state.tasks.0.remove(at);
            gone.insert(at);
            at = tasklet.sibling;
        }
        debug_assert!(!gone.is_empty() || actor.flights == GROUND);
        self.state.queue.retain(|(task, _)| !gone.contains(task));
        self.state.postponed.retain(|task| !gone.contains(task));
        let letters =
            self.letters_of(actor.dealings.mail.0).into_iter().map(|(id, _)| id).chain([actor.dealings.handling]);
        for letter in letters {
            self.forget_letter(letter);
            if let Some(letter) = self.state.mail.remove(letter) {
                self.arrived(letter.from, letter.account, letter.bytes);
            }
        }
        self.state.borrowed.remove(&who);
        self.state.rests.remove(&who);
        self.state.actors.remove(who);
        self.leave_account(actor.account, actor.held);
    }
}

impl Traveller {
    /// Visits all names in it.
    pub(super) fn visit_names(&mut self, visit: &mut impl FnMut(&mut Name)) {
        visit(&mut self.actor.name);
        for Sleeping { tasklet, .. } in &mut self.tasks {
            visit(&mut tasklet.name);
            visit(&mut tasklet.label);
            if let Wait::Event(name) | Wait::Action { action: name, .. } = &mut tasklet.wait {
                visit(name);
            }
        }
        for Flying { flight, .. } in &mut self.flights {
            visit(&mut flight.action);
        }
        for wire in &mut self.wires {
            [&mut wire.action, &mut wire.call, &mut wire.property].into_iter().for_each(&mut *visit);
        }
    }

    /// Visits all actors that its native side names, itself included.
    pub(super) fn visit_actors(&mut self, visit: &mut impl FnMut(&mut ActorId)) {
        for Sleeping { tasklet, .. } in &mut self.tasks {
            [&mut tasklet.owner, &mut tasklet.activator, &mut tasklet.caller].into_iter().for_each(&mut *visit);
            if let Wait::Action { who, .. } = &mut tasklet.wait {
                visit(who);
            }
            if let Go::With(value) | Go::Raise(value) = &mut tasklet.go {
                visit_value(value, visit);
            }
        }
        for Flying { flight, .. } in &mut self.flights {
            [&mut flight.actor, &mut flight.activator, &mut flight.caller].into_iter().for_each(&mut *visit);
        }
        for (_, letter) in self.handling.iter_mut().chain(&mut self.mail) {
            [&mut letter.from, &mut letter.activator].into_iter().for_each(&mut *visit);
            visit_value(&mut letter.event, visit);
        }
        for wire in &mut self.wires {
            visit(&mut wire.source);
            visit_value(&mut wire.arg, visit);
            if let Target::Actor(target) = &mut wire.target {
                visit(target);
            }
        }
        if let Some(follows) = &mut self.follows {
            visit(follows);
        }
    }

    /// Whether one of its tasklets can't cross.
    pub(super) fn is_native(&self) -> bool {
        self.tasks.iter().any(|task| matches!(task.tasklet.role, Role::Native | Role::Last))
    }
}

/// A value that is no more than an actor's handle.
fn visit_value(value: &mut Value, visit: &mut impl FnMut(&mut ActorId)) {
    if let Value::Handle(handle) = value
        && let Some(mut id) = ActorId::from_handle(*handle)
    {
        visit(&mut id);
        *handle = id.handle();
    }
}
