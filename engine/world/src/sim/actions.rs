//! Actions in flight: beginning, joining, excluding one another, ending; and who watches.

use dormouse_vm::{Entry, Exit, Flow, Frame, Pin, Raise, Value};

use super::Sim;
use super::args;
use super::host::give;
use super::state::{Flight, GROUND, Go, Moment, Role, TIME, Wait};
use crate::ids::{ActorId, TaskId};
use crate::names::{Name, suggestion};

/// The token of a call that is no action of its own: an overridden method called by the one that overrides it.
const PASS: u32 = u32::MAX - 1;

impl Sim {
    /// An intercepted `Action_*` is called on `self`, in the running tasklet.
    pub(crate) fn begin_action(&mut self, number: u32, frame: &mut Frame<'_>) -> Result<Entry, Raise> {
        let action = Name(number);
        let (task, actor) = (self.current, self.actor);
        let on = Entry::ARGUMENTS;
        if frame.kind(on) != dormouse_vm::Kind::Table || args::maybe_actor(frame, on) != Some(actor) {
            let name = self.names.text(action);
            return Err(format!("call the action on an actor: self:Action_{name}() or who:Action_{name}()").into());
        }
        let Some(tasklet) = self.state.tasks.0.get(task) else {
            return Err("actions can't be called at the top level of a script".into());
        };
        if self.is_within(tasklet.flight, action) {
            return Ok(Entry::Run(PASS));
        }
        let flight = self.flight_of(actor, action);
        if let Some(token) = flight.filter(|token| !self.is_ending(*token)) {
            frame.can_wait()?;
            self.wait_for(Wait::Join(token), None);
            self.link(task, |sim| sim.state.flights.get_mut(token as usize).map(|flight| &mut flight.joiners));
            return Ok(Entry::Join);
        }
        if (flight.is_some() | self.clear_group(frame, actor, action)) && frame.can_wait().is_ok() {
            // The old one ends first: it is before us in the queue. Then we ask again: of several that wait for their
            // turn the last one stays.
            self.wait_for(Wait::Turn, None);
            let unused = self.ready(task, Go::On, self.cause);
            debug_assert_eq!(unused, None);
            return Ok(Entry::Retry);
        }
        let Some(cause) = self.cause_of_action(actor, action) else {
            return Err(
                format!("the action {} was cut off: too many causes in one tick", self.names.text(action)).into()
            );
        };
        let causes = (cause, std::mem::replace(&mut self.cause, cause));
        Ok(Entry::Run(self.take_off(frame, actor, action, task, causes)))
    }

    /// The cause that the action is: that of its tasklet, where a wire asked for it.
    fn cause_of_action(&mut self, actor: ActorId, action: Name) -> Option<u32> {
        let now = self.state.causes[self.cause as usize];
        let asked = self.cause != TIME && (now.who, now.what) == (actor, action);
        if asked { Some(self.cause) } else { self.because(actor, action) }
    }

    /// Whether an action in flight has been told to end: nobody can join it any more.
    pub(crate) fn is_ending(&self, token: u32) -> bool {
        let task = self.state.flights[token as usize].task;
        if self.state.tasks.0.is_asleep(task) {
            return false;
        }
        let Some(tasklet) = self.state.tasks.0.get(task) else { return true };
        let Go::EndAction(ends, _) = tasklet.go else { return tasklet.cancelled };
        // It ends with the one within which it was called.
        let mut at = token;
        while let Some(flight) = self.state.flights.get(at as usize) {
            if at == ends {
                return true;
            }
            at = flight.outer;
        }
        tasklet.cancelled
    }

    /// Whether the tasklet is inside this very action already.
    fn is_within(&self, mut flight: u32, action: Name) -> bool {
        while let Some(outer) = self.state.flights.get(flight as usize) {
            if outer.action == action && outer.live {
                return true;
            }
            flight = outer.outer;
        }
        false
    }

    /// The flight of an action that an actor is taking.
    pub(crate) fn flight_of(&self, actor: ActorId, action: Name) -> Option<u32> {
        let mut at = self.state.face(actor)?.flights;
        while let Some(flight) = self.state.flights.get(at as usize) {
            if flight.action == action && flight.live {
                return Some(at);
            }
            at = flight.next;
        }
        None
    }

    /// Ends what is in flight of the action's group. True when the running tasklet should let others end first.
    fn clear_group(&mut self, frame: &mut Frame<'_>, actor: ActorId, action: Name) -> bool {
        let class = self.classes.get(self.class_of_actor(actor));
        let Some(group) = class.group_of(action) else { return false };
        let group = group.clone();
        let mut must_wait = false;
        for other in group.into_iter().filter(|other| *other != action) {
            let Some(token) = self.flight_of(actor, other) else { continue };
            let task = self.state.flights[token as usize].task;
            if task == self.current {
                // It called us: it goes on as our caller, but it is no longer what the actor is doing.
                self.supersede(frame, token);
            } else {
                let by = self.names.text(action).to_owned();
                let name = self.names.text(other).to_owned();
                self.push_exception(frame, "ActionCancelled", &[]);
                let exception = frame.len();
                for (key, text) in [("action", name), ("by", by)] {
                    frame.push_text(&text);
                    frame.set(exception, key);
                }
                let pin = frame.pop_pin();
                self.ready_in(frame, task, Go::EndAction(token, pin));
                must_wait = true;
            }
        }
        must_wait
    }

    fn supersede(&mut self, frame: &mut Frame<'_>, token: u32) {
        self.land(frame, token, Moment::Fail);
        self.state.flights[token as usize].live = false;
    }

    fn take_off(
        &mut self,
        frame: &mut Frame<'_>,
        actor: ActorId,
        action: Name,
        task: TaskId,
        causes: (u32, u32),
    ) -> u32 {
        let (activator, caller, outer) = match self.state.tasks.0.get(task) {
            Some(tasklet) => (tasklet.activator, tasklet.caller, tasklet.flight),
            None => (ActorId::default(), ActorId::default(), GROUND),
        };
        let next = self.state.actors.get(actor).map_or(GROUND, |actor| actor.flights);
        let flight = Flight {
            actor,
            action,
            task,
            live: true,
            free: false,
            next,
            outer,
            joiners: TaskId::default(),
            activator,
            caller,
            deferred: Pin::NIL,
            began: self.state.tick,
            causes,
        };
        let token = match self.state.free_flights.pop() {
            Some(token) => {
                self.state.flights[token as usize] = flight;
                token
            }
            None => {
                self.state.flights.push(flight);
                (self.state.flights.len() - 1) as u32
            }
        };
        if let Some(actor) = self.state.actors.get_mut(actor) {
            actor.flights = token;
        }
        if let Some(tasklet) = self.state.tasks.0.get_mut(task) {
            tasklet.flight = token;
        }
        self.note_begin(token, task);
        self.happen(frame, actor, action, Moment::Begin, (activator, caller));
        token
    }

    /// An intercepted call ended.
    pub(crate) fn end_action(&mut self, token: u32, exit: Exit, frame: &mut Frame<'_>) -> Option<Pin> {
        if token == PASS {
            return None;
        }
        let flight = *self.state.flights.get(token as usize)?;
        if flight.free || flight.actor != self.actor && self.current != TaskId::default() {
            // A call that came from bytes may claim anything.
            return None;
        }
        if let Some(tasklet) = self.state.tasks.0.get_mut(flight.task) {
            tasklet.flight = flight.outer;
        }
        if flight.live {
            let moment = if exit == Exit::Returned { Moment::Finish } else { Moment::Fail };
            match exit {
                Exit::Returned => self.answer_joiners(frame, flight.joiners),
                Exit::Raised => self.fail_joiners(frame, flight.joiners),
                Exit::Unwound => {}
            }
            self.land(frame, token, moment);
        }
        self.leave_flight(token, flight.task);
        // One action after another is no chain of causes. (One that was resumed meanwhile goes on with what resumed it.)
        let (cause, before) = flight.causes;
        if flight.began == self.state.tick && self.cause == cause {
            self.cause = before;
        }
        let slot = &mut self.state.flights[token as usize];
        slot.free = true;
        slot.live = false;
        self.state.free_flights.push(token);
        if flight.deferred == Pin::NIL {
            return None;
        }
        // A function without arguments: `finish` with the list bound to it.
        frame.push(Value::Pin(self.pins.last));
        frame.push(Value::Pin(flight.deferred));
        frame.unpin(flight.deferred);
        frame.bind();
        Some(frame.pop_pin())
    }

    /// The action is over: out of the actor's list, watchers and wires told.
    fn land(&mut self, frame: &mut Frame<'_>, token: u32, moment: Moment) {
        let flight = self.state.flights[token as usize];
        self.unchain(flight.actor, token, flight.next);
        for joiner in self.chain(flight.joiners) {
            self.push_exception(frame, "ActionCancelled", &[]);
            let at = frame.len();
            let action = self.names.text(flight.action).to_owned();
            frame.push_text(&action);
            frame.set(at, "action");
            let pin = frame.pop_pin();
            self.ready_in(frame, joiner, Go::Raise(Value::Pin(pin)));
        }
        let number = self.note_landing(token, moment == Moment::Finish);
        let before = self.set_now(number);
        self.happen(frame, flight.actor, flight.action, moment, (flight.activator, flight.caller));
        self.set_now(before);
    }

    fn unchain(&mut self, actor: ActorId, token: u32, next: u32) {
        let Some(actor) = self.state.actors.get_mut(actor) else { return };
        if actor.flights == token {
            actor.flights = next;
            return;
        }
        let mut at = actor.flights;
        while let Some(flight) = self.state.flights.get_mut(at as usize) {
            if flight.next == token {
                flight.next = next;
                return;
            }
            at = flight.next;
        }
    }

    /// Those who joined get what the action returned.
    fn answer_joiners(&mut self, frame: &mut Frame<'_>, joiners: TaskId) {
        let waiting = self.chain(joiners);
        if waiting.is_empty() {
            return;
        }
        let before = Exit::RESULTS - 1;
        let count = frame.len() - before;
        frame.push_table(count as usize, 1);
        let table = frame.len();
        frame.push(Value::Number(f64::from(count)));
        frame.set(table, "n");
        for at in 1..=count {
            frame.push_copy(before + at);
            frame.set_item(table, at);
        }
        for joiner in waiting {
            let pin = frame.pin(table);
            self.ready_in(frame, joiner, Go::With(Value::Pin(pin)));
        }
        frame.pop(1);
    }

    /// Those who joined get the error that left the action.
    fn fail_joiners(&mut self, frame: &mut Frame<'_>, joiners: TaskId) {
        let error = frame.len();
        if error == 0 {
            return;
        }
        for joiner in self.chain(joiners) {
            let value = frame.value(error);
            self.ready_in(frame, joiner, Go::Raise(value));
        }
    }

    /// Something happened to an action: those who watch for it wake, the wires that hang on it are posted.
    fn happen(
        &mut self,
        frame: &mut Frame<'_>,
        actor: ActorId,
        action: Name,
        moment: Moment,
        (activator, caller): (ActorId, ActorId),
    ) {
        let watchers = self.state.actors.get(actor).map_or(TaskId::default(), |actor| actor.dealings.watchers);
        for task in self.chain(watchers) {
            let wanted = self.state.wait_of(task);
            if wanted == Some(Wait::Action { who: actor, action, when: moment }) {
                frame.push_text(moment.word());
                let pin = frame.pop_pin();
                self.ready_in(frame, task, Go::With(Value::Pin(pin)));
            }
        }
        let activator = if activator == ActorId::default() { actor } else { activator };
        self.post_wires(actor, action, moment, activator, caller);
    }

    /// `who:Action_Name(arg)` on a handle: a tasklet of its owner.
    pub(crate) fn call_action(&mut self, who: ActorId, action: &str, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        if !self.is_alive(who) {
            return Err(self.dead(frame, who));
        }
        let name = self.action_name(who, action)?;
        self.wake(frame, who)?;
        let (activator, caller) = match self.state.tasks.0.get(self.current) {
            Some(tasklet) if tasklet.activator != ActorId::default() => (tasklet.activator, self.actor),
            _ => (self.actor, self.actor),
        };
        let count = frame.len();
        for at in 2..=count {
            self.push_for(frame, at, who)?;
        }
        let first = count + 1;
        let task = self.perform(frame, who, name, first, activator, caller, self.cause);
        match task {
            Some(task) => {
                let flow = self.give_task(frame, task);
                if self.state.tasks.0.get(task).is_some_and(|tasklet| tasklet.is_lent()) {
                    *self.state.borrowed.entry(self.actor).or_default() += 1;
                }
                Ok(flow)
            }
            None => give(frame, Value::Nil),
        }
    }

    /// The action of that name, or an error with the nearest one.
    pub(crate) fn action_name(&self, who: ActorId, action: &str) -> Result<Name, Raise> {
        let class = self.classes.get(self.class_of_actor(who));
        if let Some(name) = self.names.find(action).filter(|name| class.actions.contains_key(name)) {
            return Ok(name);
        }
        let hint = suggestion(action, class.action_names(&self.names));
        Err(format!("{} ({}) has no action `{action}`{hint}", self.label(who), class.name).into())
    }

    /// Starts a tasklet of `who` that takes the action; its arguments are the frame's values from `first` on (popped).
    #[allow(clippy::too_many_arguments, reason = "an action's circumstances are many, and they are all needed here")]
    pub(crate) fn perform(
        &mut self,
        frame: &mut Frame<'_>,
        who: ActorId,
        action: Name,
        first: u32,
        activator: ActorId,
        caller: ActorId,
        cause: u32,
    ) -> Option<TaskId> {
        self.wake(frame, who).ok()?;
        let actor = self.state.actors.get(who).filter(|actor| !actor.dying)?;
        let function = *self.classes.get(actor.class).actions.get(&action)?;
        let arguments = (frame.len() + 1).saturating_sub(first);
        frame.push(Value::Pin(function));
        frame.push(Value::Pin(actor.table));
        for at in first..first + arguments {
            frame.push_copy(at);
        }
        let thread = frame.pop_tasklet(arguments + 1);
        frame.pop(arguments);
        let task = self.enter_task(thread, who, Role::Action, action, cause);
        if let Some(tasklet) = self.state.tasks.0.get_mut(task) {
            tasklet.activator = activator;
            tasklet.caller = caller;
        }
        Some(task)
    }

    /// `wait_action(who, action, when, limit)`
    pub(crate) fn wait_action(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let who = args::actor(frame, 1, "whose action is waited for")?;
        let action = args::text(frame, 2, "the action that is waited for")?;
        let when = args::optional_text(frame, 3, "the moment of the action")?.unwrap_or_else(|| "finish".into());
        let limit = args::optional_ticks(frame, 4, "the limit of wait_action")?;
        let Some(moment) = Moment::from_word(&when) else {
            let hint = suggestion(&when, ["begin", "finish", "fail"].into_iter());
            return Err(format!("an action has the moments begin, finish and fail, not `{when}`{hint}").into());
        };
        if !self.is_alive(who) {
            return Err(self.dead(frame, who));
        }
        let action = self.action_name(who, action.strip_prefix("Action_").unwrap_or(&action))?;
        frame.can_wait()?;
        self.wait_for(Wait::Action { who, action, when: moment }, limit);
        self.link(self.current, |sim| sim.state.watchers_mut(who));
        Ok(Flow::Suspend)
    }

    /// `who:is_taking(action)`
    pub(crate) fn is_taking(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let who = args::actor(frame, 1, "the actor of is_taking()")?;
        let action = args::optional_text(frame, 2, "the action")?;
        let taking = match action {
            None => self.is_acting(who),
            Some(_) if !self.is_alive(who) => false,
            Some(action) => {
                let name = self.action_name(who, action.strip_prefix("Action_").unwrap_or(&action))?;
                self.flight_of(who, name).is_some()
            }
        };
        give(frame, Value::Bool(taking))
    }

    /// `activator()` and `caller()`
    pub(crate) fn origin(&mut self, frame: &mut Frame<'_>, first: bool) -> Result<Flow, Raise> {
        let tasklet = self.state.tasks.0.get(self.current);
        let who = tasklet.map_or(ActorId::default(), |tasklet| if first { tasklet.activator } else { tasklet.caller });
        give(frame, if who == ActorId::default() { Value::Nil } else { Value::Handle(who.handle()) })
    }
}
