//! An actor arrives: first everything is read, checked and made, then it is put in. Nothing can fail after that.

use std::collections::{BTreeMap, BTreeSet};

use dormouse_vm::{Handle, Kind, Pin, Root, Value, Vm};

use super::error::ImportError;
use super::traveller::{Identity, Journey, Traveller};
use crate::ids::{ActorId, MailId, TaskId};
use crate::names::Name;
use crate::rare::Rare;
use crate::sim::Sim;
use crate::sim::accounts::{AccountId, SOON};
use crate::sim::queue::OrNone;
use crate::sim::roots::Place;
use crate::sim::state::{Actor, Dealings, Flight, GROUND, Go, Mail, TIME, Target, Tasklet, Wait, Wire};
use crate::snapshot::{self, Damage, Reader, Tag, Unrestored};
use crate::space::{Body, Motion};
use crate::wheel::Timer;
use crate::world::World;

/// What ids of the capsule become here.
struct Moves {
    me: (ActorId, ActorId),
    actors: BTreeMap<ActorId, ActorId>,
    tasks: BTreeMap<TaskId, TaskId>,
    tokens: BTreeMap<u32, u32>,
    names: BTreeMap<Name, Name>,
}

impl World {
    /// Takes in the actor that [`World::export`] of another world put into these bytes; its id here. It goes on in the
    /// next tick, where it was.
    ///
    /// Errors: see [`ImportError`]; the bytes may be anything, and nothing has changed then. Cost: some microseconds.
    pub fn import(&mut self, capsule: &[u8]) -> Result<ActorId, ImportError> {
        if !self.is_between_ticks() {
            return Err(ImportError::Unfinished);
        }
        if self.config.realm == 0 {
            return Err(ImportError::NoRealm);
        }
        let reader = Reader::open(capsule)?;
        if !reader.has(Tag::ACTOR) {
            return Err(Damage::at(0, "this is a snapshot, not a capsule").into());
        }
        let bytes = reader.section(Tag::ACTOR)?;
        let mut traveller = match postcard::take_from_bytes::<Traveller>(&bytes) {
            Ok((traveller, [])) => traveller,
            _ => return Err(Damage::at(0, "it is no actor").within(Tag::ACTOR).into()),
        };
        traveller.check()?;
        let values = reader.section(Tag::HEAP)?;
        self.check_welcome(&traveller)?;
        let class =
            self.sim.classes.find(&traveller.class).filter(|class| self.sim.classes.get(*class).native.is_none());
        let class = class.ok_or_else(|| ImportError::NoClass(traveller.class.clone()))?;
        if traveller.handling.is_some() || !traveller.mail.is_empty() {
            let handles = self.sim.classes.get(class).handles_events;
            if !handles {
                return Err(Damage::at(0, "it has letters, and its class reads none").within(Tag::ACTOR).into());
            }
        }
        let layers = self.sim.layers_for(&traveller).map_err(|what| Damage::at(0, what).within(Tag::ACTOR))?;
        let (mut moves, handles) = self.sim.moves(&traveller, self.config.realm);
        let roots = self.values_of_traveller(&traveller, &values, &handles)?;
        let (id, places) = {
            moves.names = traveller.names.iter().map(|(old, text)| (*old, self.sim.names.intern(text))).collect();
            self.sim.state.layers = layers;
            self.sim.settle_traveller(&mut traveller, class, &moves)
        };
        debug_assert_eq!(id, moves.me.1);
        self.sim.put_values(id, &traveller.present.list(), &roots);
        let wires = self.sim.state.actors[id].wires;
        let mut args = roots[places.min(roots.len())..].iter();
        for wire in &mut self.sim.state.wires[wires.0 as usize..(wires.0 + wires.1) as usize] {
            if let (Value::Pin(pin), Some(Root::Pin(value))) = (&mut wire.arg, args.next()) {
                *pin = *value;
            }
        }
        let journey = Journey { number: traveller.journey, here: Some(id) };
        self.sim.state.travels.journeys.insert(traveller.identity, journey);
        self.sim.tuck_in(id);
        Ok(id)
    }

    fn check_welcome(&self, traveller: &Traveller) -> Result<(), ImportError> {
        let known = self.sim.state.travels.journeys.get(&traveller.identity);
        let own = traveller.identity.realm == self.config.realm;
        let fresh = match known {
            Some(Journey { number, here: None }) => traveller.journey >= *number,
            Some(Journey { here: Some(_), .. }) => false,
            // One of our own that never left.
            None => !own,
        };
        let names = traveller.names.iter().find(|(name, _)| *name == traveller.actor.name);
        if !fresh {
            let actor = names.map_or_else(|| traveller.class.clone(), |(_, text)| text.clone());
            return Err(ImportError::Twice { actor });
        }
        if self.sim.state.actors.len() >= self.sim.limits.actors as usize {
            return Err(ImportError::Full(format!("there are {} actors, as many as may be", self.sim.limits.actors)));
        }
        Ok(())
    }

    /// The values, of the kinds that its places need; those of its wires come last.
    fn values_of_traveller(
        &mut self,
        traveller: &Traveller,
        bytes: &[u8],
        moves: &[(Handle, Handle)],
    ) -> Result<Vec<Root>, ImportError> {
        let places = traveller.places();
        let present = traveller.present.list();
        if present.len() != places.len() {
            return Err(Damage::at(0, "what it holds does not fit it").within(Tag::ACTOR).into());
        }
        let roots = match snapshot::outcome(self.vm.restore_moved(bytes, moves)) {
            Ok(roots) => roots,
            Err(Unrestored::Lacking(missing)) => {
                return Err(ImportError::Lost(snapshot::lost_by(&missing, &traveller.class)));
            }
            Err(Unrestored::Never(snapshot::RestoreError::Damage(damage))) => return Err(damage.into()),
            Err(Unrestored::Never(error)) => return Err(ImportError::Full(error.to_string())),
        };
        let held: Vec<Place> =
            places.into_iter().zip(&present).filter(|(_, held)| **held).map(|(place, _)| place).collect();
        let args = traveller.wires.iter().filter(|wire| matches!(wire.arg, Value::Pin(_))).count();
        let table = matches!(held.first(), Some(Place::Actor(_)));
        if table && roots.len() == held.len() + args && self.are_fit(&held, &roots)? {
            return Ok(roots);
        }
        let vm = &mut self.vm;
        roots.into_iter().for_each(|root| give_back(vm, root));
        Err(Damage::at(0, "its values are not of the kinds that it holds").within(Tag::HEAP).into())
    }

    fn are_fit(&mut self, places: &[Place], roots: &[Root]) -> Result<bool, ImportError> {
        let vm = &self.vm;
        let threads = roots.iter().enumerate().all(|(at, root)| match (places.get(at), root) {
            (Some(Place::Task(_)), Root::Thread(thread)) => vm.can_resume(*thread),
            (Some(Place::Task(_)), Root::Pin(_)) | (_, Root::Thread(_)) => false,
            _ => true,
        });
        let tables = self.vm.enter(|frame| {
            places.iter().zip(roots).all(|(place, root)| {
                let Root::Pin(pin) = root else { return true };
                frame.push(Value::Pin(*pin));
                let kind = frame.kind(frame.len());
                frame.pop(1);
                matches!(place, Place::TaskGo(_) | Place::Mail(_)) || kind == Kind::Table
            })
        })?;
        Ok(threads && tables)
    }
}

fn give_back(vm: &mut Vm, root: Root) {
    match root {
        Root::Pin(pin) => vm.unpin(pin),
        Root::Thread(thread) => vm.discard(thread),
    }
}

impl Traveller {
    /// What its values are to it, in the order of [`State::visit_roots_of`](crate::sim::state::State).
    fn places(&self) -> Vec<Place> {
        let mut places = vec![Place::Actor(self.me), Place::Globals(self.me)];
        for task in self.tasks.iter().rev() {
            places.extend([Place::Task(task.id), Place::TaskObject(task.id), Place::TaskDeferred(task.id)]);
            let mut go = task.tasklet.go;
            if go.pin_mut().is_some() {
                places.push(Place::TaskGo(task.id));
            }
            places.extend(task.flights.iter().rev().map(|token| Place::Flight(*token)));
        }
        let letters = self.handling.iter().chain(&self.mail);
        places.extend(letters.filter(|(_, mail)| matches!(mail.event, Value::Pin(_))).map(|(id, _)| Place::Mail(*id)));
        places
    }
}

impl Sim {
    /// This world's layers with those that the traveller needs; the numbers of its own are found by name.
    fn layers_for(&self, traveller: &Traveller) -> Result<Vec<String>, String> {
        let mut layers = self.state.layers.clone();
        for name in [&traveller.layer].into_iter().chain(traveller.collides.iter().flatten()) {
            if !layers.contains(name) {
                if layers.len() == crate::sim::layers::MAX_LAYERS || name.len() > 200 {
                    return Err(format!("its layer `{name}` would be one too many"));
                }
                layers.push(name.clone());
            }
        }
        Ok(layers)
    }

    /// Who and what its ids are here, and the same as handles. Nobody is meant twice.
    fn moves(&self, traveller: &Traveller, realm: u64) -> (Moves, Vec<(Handle, Handle)>) {
        let me = (traveller.me, self.state.actors.upcoming(1)[0]);
        let fresh = self.state.tasks.0.upcoming(traveller.tasks.len());
        let tasks: BTreeMap<TaskId, TaskId> = traveller.tasks.iter().map(|task| task.id).zip(fresh).collect();
        let mut free = self.state.free_flights.iter().rev().copied();
        let mut end = self.state.flights.len() as u32..;
        let mut token = || free.next().or_else(|| end.next()).unwrap_or(GROUND);
        let tokens: BTreeMap<u32, u32> = traveller.flights.iter().map(|flying| (flying.token, token())).collect();
        let mut taken: BTreeSet<ActorId> = [me.1].into();
        let mut dead = 0;
        let mut actors: BTreeMap<ActorId, ActorId> = [me].into();
        for known in &traveller.known {
            let found = known.identity.and_then(|identity| self.traveller_here(identity, realm));
            let found = found
                .or_else(|| Some(&known.name).filter(|name| !name.is_empty()).and_then(|name| self.actor_called(name)));
            let here = found.filter(|found| taken.insert(*found)).unwrap_or_else(|| nobody(&mut dead));
            actors.insert(known.id, here);
        }
        let mut handles: Vec<(Handle, Handle)> = actors.iter().map(|(old, new)| (old.handle(), new.handle())).collect();
        handles.extend(tasks.iter().map(|(old, new)| (old.handle(), new.handle())));
        handles.extend(traveller.strangers.iter().map(|task| {
            let bits = nobody(&mut dead).bits();
            (task.handle(), Handle { tag: TaskId::TAG, bits })
        }));
        let token = |number: u32| Handle { tag: Vm::TOKENS, bits: u64::from(number) };
        handles.extend(tokens.iter().map(|(old, new)| (token(*old), token(*new))));
        (Moves { me, actors, tasks, tokens, names: BTreeMap::new() }, handles)
    }

    /// The actor of that identity, if it is here.
    pub(super) fn traveller_here(&self, identity: Identity, realm: u64) -> Option<ActorId> {
        match self.state.travels.journeys.get(&identity) {
            Some(journey) => journey.here.filter(|id| self.is_alive(*id)),
            None => {
                let id = ActorId::from_bits(identity.actor);
                (identity.realm == realm && self.is_alive(id)).then_some(id)
            }
        }
    }

    /// Puts the traveller in, without its values. Its id, and how many values it holds besides its wires'.
    fn settle_traveller(&mut self, traveller: &mut Traveller, class: u32, moves: &Moves) -> (ActorId, usize) {
        let tick = self.state.tick;
        let me = moves.me.1;
        let names = &moves.names;
        traveller.visit_names(&mut |name| *name = names.get(name).copied().unwrap_or(Name::NONE));
        traveller.visit_actors(&mut |id| {
            if id.is_someone() {
                *id = moves.actors.get(id).copied().unwrap_or_default();
            }
        });
        let task_of = |old: TaskId| moves.tasks.get(&old).copied().unwrap_or_default();
        let order = self.state.spawned;
        self.state.spawned += 1;
        self.actor = ActorId::default();
        let account = self.join_account();
        let wires = self.settle_wires(traveller);
        let body = self.settle_body(traveller, me, order);
        let id = self.state.actors.insert(Actor {
            order,
            class,
            name: traveller.actor.name,
            object: 0,
            table: Pin::NIL,
            globals: Pin::NIL,
            body,
            size: traveller.actor.size,
            main: task_of(traveller.actor.main),
            dealings: Rare::from(Dealings {
                event_task: task_of(traveller.actor.dealings.event_task),
                ..Dealings::default()
            }),
            flights: GROUND,
            wires,
            account,
            founder: true,
            credit: SOON,
            stirred: tick,
            ..Actor::default()
        });
        if traveller.actor.name != Name::NONE {
            self.state.named.entry(traveller.actor.name).or_default().push(id);
        }
        self.state.rests.extend(traveller.rest.map(|rest| (id, rest)));
        self.settle_tasks(traveller, moves, id);
        self.settle_flights(traveller, moves, id);
        self.settle_letters(traveller, id);
        self.settle_motion(traveller, moves, id);
        for task in &traveller.ready {
            self.state.queue.push_back((task_of(*task), TIME));
        }
        (id, traveller.present.list().into_iter().filter(|held| *held).count())
    }

    fn settle_wires(&mut self, traveller: &Traveller) -> (u32, u32) {
        let first = self.state.wires.len() as u32;
        for wire in &traveller.wires {
            let target = match &wire.target {
                Target::Class(class) => {
                    let name = traveller.classes.iter().find(|(number, _)| number == class).map(|(_, name)| name);
                    Target::Class(name.and_then(|name| self.classes.find(name)).unwrap_or(u32::MAX))
                }
                other => other.clone(),
            };
            self.state.wires.push(Wire { target, ..wire.clone() });
        }
        (first, traveller.wires.len() as u32)
    }

    fn settle_body(&mut self, traveller: &Traveller, me: ActorId, order: u64) -> crate::space::BodyId {
        let number = |name: &String| self.state.layers.iter().position(|known| known == name).unwrap_or(0) as u8;
        let layer = number(&traveller.layer);
        let mask = traveller
            .collides
            .as_ref()
            .map_or(u32::MAX, |layers| layers.iter().fold(0, |mask, name| mask | 1_u32 << (number(name) & 31)));
        self.state.space.insert(Body { layer, mask, order, owner: me.bits(), ..traveller.body })
    }

    fn settle_tasks(&mut self, traveller: &Traveller, moves: &Moves, id: ActorId) {
        let tick = self.state.tick;
        let task_of = |old: TaskId| moves.tasks.get(&old).copied().unwrap_or_default();
        let mut elder = TaskId::default();
        for sleeping in &traveller.tasks {
            let old = &sleeping.tasklet;
            let order = self.state.started;
            self.state.started += 1;
            let wait = match old.wait {
                Wait::Task(other) => Wait::Task(task_of(other)),
                Wait::Join(token) => Wait::Join(moves.tokens.get(&token).copied().unwrap_or(GROUND)),
                other => other,
            };
            let go = match old.go {
                Go::EndAction(token, pin) => Go::EndAction(moves.tokens.get(&token).copied().unwrap_or(GROUND), pin),
                other => other,
            };
            let task = self.state.tasks.0.insert(Tasklet {
                owner: id,
                order,
                credit: SOON,
                since: tick.saturating_sub(sleeping.slept),
                wait,
                role: old.role,
                cancelled: old.cancelled,
                rested: old.rested,
                go,
                payer: AccountId::NONE,
                sibling: elder,
                name: old.name,
                label: old.label,
                activator: old.activator,
                caller: old.caller,
                flight: GROUND,
                ..Tasklet::default()
            });
            if let Some(elder) = self.state.tasks.0.get_mut(elder) {
                elder.younger = task;
            }
            let fresh = self.state.tasks.0[task];
            let payer = self.own_payer(fresh.owner, fresh.role);
            let timer = sleeping.left.map(|left| self.state.wheel.insert(Timer { due: tick + left, order, task }));
            if let Some(tasklet) = self.state.tasks.0.get_mut(task) {
                (tasklet.payer, tasklet.timer) = (payer, timer);
            }
            if let Some(actor) = self.state.actors.get_mut(id) {
                actor.tasklets = task;
            }
            elder = task;
        }
        for sleeping in &traveller.tasks {
            let task = task_of(sleeping.id);
            for waiter in &sleeping.awaiters {
                self.link(task_of(*waiter), |sim| sim.state.tasks.0.get_mut(task).map(|tasklet| &mut tasklet.awaiters));
            }
            if let Wait::Action { who, .. } = sleeping.tasklet.wait {
                // `who` is of this world already; one that is not here leaves it to wait for its limit, or for ever.
                self.link(task, |sim| sim.state.watchers_mut(who));
            }
        }
        for listener in &traveller.listeners {
            self.link(task_of(*listener), |sim| {
                sim.state.actors.get_mut(id).map(|actor| &mut actor.dealings.listeners)
            });
        }
    }

    fn settle_flights(&mut self, traveller: &Traveller, moves: &Moves, id: ActorId) {
        let tick = self.state.tick;
        let token_of = |old: &u32| moves.tokens.get(old).copied().unwrap_or(GROUND);
        for flying in &traveller.flights {
            let flight = Flight {
                actor: id,
                task: moves.tasks.get(&flying.flight.task).copied().unwrap_or_default(),
                next: GROUND,
                outer: GROUND,
                joiners: TaskId::default(),
                deferred: Pin::NIL,
                began: tick.saturating_sub(flying.age),
                causes: (TIME, TIME),
                ..flying.flight
            };
            match self.state.free_flights.pop() {
                Some(token) => self.state.flights[token as usize] = flight,
                None => self.state.flights.push(flight),
            }
            for joiner in &flying.joiners {
                let (joiner, token) = (moves.tasks.get(joiner).copied().unwrap_or_default(), token_of(&flying.token));
                self.link(joiner, |sim| sim.state.flights.get_mut(token as usize).map(|flight| &mut flight.joiners));
            }
        }
        for sleeping in &traveller.tasks {
            let mut outer = GROUND;
            for token in sleeping.flights.iter().map(token_of) {
                if let Some(flight) = self.state.flights.get_mut(token as usize) {
                    flight.outer = outer;
                }
                outer = token;
            }
            let task = moves.tasks.get(&sleeping.id).copied().unwrap_or_default();
            if let Some(tasklet) = self.state.tasks.0.get_mut(task) {
                tasklet.flight = outer;
            }
        }
        let mut older = GROUND;
        for token in traveller.taking.iter().map(token_of) {
            if let Some(flight) = self.state.flights.get_mut(token as usize) {
                flight.next = older;
            }
            older = token;
        }
        if let Some(actor) = self.state.actors.get_mut(id) {
            actor.flights = older;
        }
    }

    fn settle_letters(&mut self, traveller: &Traveller, id: ActorId) {
        let clean = |letter: &Mail| Mail {
            asker: TaskId::default(),
            next: MailId::default(),
            bytes: 0,
            account: AccountId::NONE,
            ..*letter
        };
        let handling = traveller.handling.as_ref().map(|(_, letter)| self.state.mail.insert(clean(letter)));
        let letters: Vec<MailId> =
            traveller.mail.iter().map(|(_, letter)| self.state.mail.insert(clean(letter))).collect();
        for pair in letters.windows(2) {
            self.state.mail[pair[0]].next = pair[1];
        }
        if (handling.is_some() || !letters.is_empty())
            && let Some(actor) = self.state.actors.get_mut(id)
        {
            actor.dealings.handling = handling.unwrap_or_default();
            actor.dealings.mail = letters.first().copied().zip(letters.last().copied()).unwrap_or_default();
        }
    }

    fn settle_motion(&mut self, traveller: &Traveller, moves: &Moves, id: ActorId) {
        let mover = moves.tasks.get(&traveller.actor.dealings.mover).copied().unwrap_or_default();
        let waits = |task: TaskId| self.state.tasks.0.get(task).is_some_and(|tasklet| tasklet.wait == Wait::Motion);
        if mover.is_some() && waits(mover) {
            self.state.actors[id].dealings.mover = mover;
        }
        let body = self.state.actors[id].body;
        match (traveller.motion, traveller.follows) {
            (Some(Motion::Follow { speed, distance, .. }), Some(who)) => {
                // One who is not here is lost at once, as if it had died on the way.
                let who = self.state.face(who).map(|face| face.body).unwrap_or_default();
                self.state.space.go(body, Motion::Follow { who, speed, distance });
            }
            (Some(motion), _) => self.state.space.go(body, motion),
            (None, _) => {}
        }
    }
}

/// An id that no actor or task ever has.
fn nobody(dead: &mut u32) -> ActorId {
    *dead += 1;
    ActorId::from_bits(1 << 32 | u64::from(u32::MAX - *dead))
}

trait Someone {
    fn is_someone(&self) -> bool;
}

impl Someone for ActorId {
    fn is_someone(&self) -> bool {
        *self != ActorId::default()
    }
}
