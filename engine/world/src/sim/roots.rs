//! Everything that the simulation holds in the VM, named and in one order: what a snapshot must carry over from one VM
//! into another.

use dormouse_vm::{Pin, Thread};

use super::state::State;
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
        for (id, actor) in &mut self.actors {
            visit(Place::Actor(id), Root::Pin(&mut actor.table));
            visit(Place::Globals(id), Root::Pin(&mut actor.globals));
        }
        for (id, tasklet) in &mut self.tasks.0 {
            visit(Place::Task(id), Root::Thread(&mut tasklet.thread));
            visit(Place::TaskObject(id), Root::Pin(&mut tasklet.object));
            visit(Place::TaskDeferred(id), Root::Pin(&mut tasklet.deferred));
            if let Some(pin) = tasklet.go.pin_mut() {
                visit(Place::TaskGo(id), Root::Pin(pin));
            }
        }
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
