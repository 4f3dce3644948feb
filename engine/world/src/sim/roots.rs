//! Everything that the simulation holds in the VM, named and in one order: what a snapshot must carry over from one VM
//! into another.

use dormouse_vm::{Pin, Thread};

use super::state::{Actor, State, Tasklet};
use crate::ids::{ActorId, MailId, TaskId};

/// What a value in the VM is to the simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// An actor's own table.
    Actor(ActorId),
    /// An actor's globals.
    Globals(ActorId),
    /// A tasklet's coroutine.
    Task(TaskId),
    /// The table that scripts know a task by.
    TaskObject(TaskId),
    /// What was deferred to a tasklet's end.
    TaskDeferred(TaskId),
    /// What a tasklet in the queue goes on with.
    TaskGo(TaskId),
    /// What was deferred to an action's end.
    Flight(u32),
    /// A message.
    Mail(MailId),
    /// A wire's argument.
    Wire(u32),
}

/// Where a value's name in the VM stands.
pub(crate) enum Root<'a> {
    Pin(&'a mut Pin),
    Thread(&'a mut Thread),
}

impl State {
    /// Visits all of them, those that name nothing included. The order depends on nothing but the state.
    pub(crate) fn visit_roots(&mut self, visit: &mut impl FnMut(Place, Root<'_>)) {
        self.actors.for_each_mut(|id, actor| visit_actor(id, actor, visit));
        self.tasks.0.for_each_mut(|id, tasklet| visit_tasklet(id, tasklet, visit));
        for (token, flight) in (0..).zip(&mut self.flights) {
            if flight.free {
                // What it deferred was given back when it ended.
                flight.deferred = Pin::NIL;
            } else {
                visit(Place::Flight(token), Root::Pin(&mut flight.deferred));
            }
        }
        for (id, letter) in &mut self.mail {
            if let dormouse_vm::Value::Pin(pin) = &mut letter.event {
                visit(Place::Mail(id), Root::Pin(pin));
            }
        }
        for (number, wire) in (0..).zip(&mut self.wires) {
            if let dormouse_vm::Value::Pin(pin) = &mut wire.arg {
                visit(Place::Wire(number), Root::Pin(pin));
            }
        }
    }
}

fn visit_actor(id: ActorId, actor: &mut Actor, visit: &mut impl FnMut(Place, Root<'_>)) {
    visit(Place::Actor(id), Root::Pin(&mut actor.table));
    visit(Place::Globals(id), Root::Pin(&mut actor.globals));
}

fn visit_tasklet(id: TaskId, tasklet: &mut Tasklet, visit: &mut impl FnMut(Place, Root<'_>)) {
    visit(Place::Task(id), Root::Thread(&mut tasklet.thread));
    visit(Place::TaskObject(id), Root::Pin(&mut tasklet.object));
    visit(Place::TaskDeferred(id), Root::Pin(&mut tasklet.deferred));
    if let Some(pin) = tasklet.go.pin_mut() {
        visit(Place::TaskGo(id), Root::Pin(pin));
    }
}

impl State {
    /// As [`State::visit_roots_of`], of one who hibernates and whose native part was read.
    pub(crate) fn visit_roots_of_guest(
        &self,
        id: ActorId,
        actor: &mut Actor,
        tasks: &mut [(TaskId, Tasklet)],
        visit: &mut impl FnMut(Place, Root<'_>),
    ) {
        visit_actor(id, actor, visit);
        for (task, tasklet) in tasks {
            visit_tasklet(*task, tasklet, visit);
            let mut token = tasklet.flight;
            while let Some(flight) = self.flights.get(token as usize) {
                visit(Place::Flight(token), Root::Pin(&mut Pin::NIL.clone()));
                token = flight.outer;
            }
        }
        for (mut at, chain) in [(actor.dealings.handling, false), (actor.dealings.mail.0, true)] {
            while let Some(letter) = self.mail.get(at) {
                if letter.event.pin().is_some() {
                    visit(Place::Mail(at), Root::Pin(&mut Pin::NIL.clone()));
                }
                at = if chain { letter.next } else { MailId::default() };
            }
        }
    }

    /// As [`State::visit_roots`], of what one actor holds that is awake: its own, its tasklets' and actions', its letters.
    pub(crate) fn visit_roots_of(&mut self, id: ActorId, visit: &mut impl FnMut(Place, Root<'_>)) {
        let Some(actor) = self.actors.get_mut(id) else { return };
        visit_actor(id, actor, visit);
        let (mut task, letters) = (actor.tasklets, [actor.dealings.handling, actor.dealings.mail.0]);
        while let Some(tasklet) = self.tasks.0.get_mut(task) {
            visit_tasklet(task, tasklet, visit);
            let mut token = tasklet.flight;
            while let Some(flight) = self.flights.get_mut(token as usize) {
                visit(Place::Flight(token), Root::Pin(&mut flight.deferred));
                token = flight.outer;
            }
            task = tasklet.sibling;
        }
        // The one that is handled is in no chain any more, whatever it says.
        for (mut at, chain) in letters.into_iter().zip([false, true]) {
            while let Some(letter) = self.mail.get_mut(at) {
                if let dormouse_vm::Value::Pin(pin) = &mut letter.event {
                    visit(Place::Mail(at), Root::Pin(pin));
                }
                at = if chain { letter.next } else { MailId::default() };
            }
        }
    }
}
