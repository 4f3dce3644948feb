//! Tasklets as scripts handle them: start, await, cancel, raise, defer.

use dormouse_vm::{Flow, Frame, Pin, Raise, Value};

use super::host::give;
use super::queue::OrNone;
use super::state::{GROUND, Go, Role, Wait};
use super::{Sim, args};
use crate::happenings::{Ending, HappeningKind};
use crate::ids::{ActorId, TaskId};
use crate::names::Name;
use crate::output::OutputKind;

/// Interrupts that starting a tasklet costs.
const STARTING: u64 = 100;

impl Sim {
    fn own_actor(&self, what: &str) -> Result<ActorId, Raise> {
        if self.state.actors.contains_key(self.actor) {
            return Ok(self.actor);
        }
        Err(format!("{what} works within an actor's methods, not at the top level of a script").into())
    }

    /// `start(f, ...)`
    pub(crate) fn start(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        args::function(frame, 1, "what start is to run")?;
        self.start_named(frame, Name::NONE)
    }

    fn start_named(&mut self, frame: &mut Frame<'_>, name: Name) -> Result<Flow, Raise> {
        let owner = self.own_actor("start")?;
        let Some(cause) = self.because(owner, self.classes.starting) else {
            return Err("too many tasks start one another in one tick; wait in one of them".into());
        };
        frame.charge(STARTING);
        let thread = frame.pop_tasklet(frame.len() - 1);
        let task = self.enter_task(thread, owner, Role::Task, name, cause);
        if let Some(tasklet) = self.state.tasks.0.get_mut(task) {
            tasklet.name = name;
        }
        let number = self.note(|sim| HappeningKind::TaskStarted {
            task,
            who: sim.named_ref(owner),
            label: sim.names.text(name).to_owned(),
        });
        self.set_context(task, number);
        Ok(self.give_task(frame, task))
    }

    /// Returns the task, where the script does anything with it: most are started and left alone.
    pub(crate) fn give_task(&mut self, frame: &mut Frame<'_>, task: TaskId) -> Flow {
        if !frame.is_result_wanted() {
            return Flow::Return(0);
        }
        self.push_task(frame, task);
        Flow::Return(1)
    }

    /// Pushes the table by which scripts know a task; made when first asked for.
    pub(crate) fn push_task(&mut self, frame: &mut Frame<'_>, task: TaskId) {
        let known = self.state.tasks.0.get(task).map_or(Pin::NIL, |tasklet| tasklet.object);
        if known != Pin::NIL {
            return frame.push(Value::Pin(known));
        }
        // Its state and its results or problem are to come.
        frame.push_object(3, task.handle(), self.pins.task);
        let pin = frame.pin(frame.len());
        if let Some(tasklet) = self.state.tasks.0.get_mut(task) {
            tasklet.object = pin;
        }
    }

    /// `restart(name, f, ...)`
    pub(crate) fn restart(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let owner = self.own_actor("restart")?;
        let name = args::text(frame, 1, "the name that restart goes by")?;
        args::function(frame, 2, "what restart is to run")?;
        let name = self.new_name(&name)?;
        let mut at = self.state.actors.get(owner).map_or(TaskId::default(), |actor| actor.tasklets);
        while let Some(tasklet) = self.state.tasks.0.get(at) {
            let next = tasklet.sibling;
            if tasklet.name == name && at != self.current {
                self.cancel_task(frame, at);
            }
            at = next;
        }
        frame.remove(1);
        self.start_named(frame, name)
    }

    /// Asks a tasklet to end: its `finally` parts run in this tick.
    pub(crate) fn cancel_task(&mut self, frame: &mut Frame<'_>, task: TaskId) {
        if !self.rouse(frame, task) {
            return;
        }
        let Some(tasklet) = self.state.tasks.0.get_mut(task) else { return };
        tasklet.cancelled = true;
        self.ready_in(frame, task, Go::Cancel);
    }

    /// `task:cancel()`
    pub(crate) fn cancel(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let task = args::task(frame, 1, "what is cancelled")?;
        self.cancel_task(frame, task);
        Ok(Flow::Return(0))
    }

    /// `task:raise(value)`; false when it is over.
    pub(crate) fn raise_in(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let task = args::task(frame, 1, "where it is raised")?;
        self.raise_into(frame, task)
    }

    fn raise_into(&mut self, frame: &mut Frame<'_>, task: TaskId) -> Result<Flow, Raise> {
        let Some(owner) = self.state.owner_of(task) else {
            return give(frame, Value::Bool(false));
        };
        self.wake(frame, owner)?;
        if frame.is_nil(2) {
            return Err("raise takes the value to raise, such as exception \"Jammed\"".into());
        }
        let value = if owner == self.actor {
            frame.value(2)
        } else {
            self.push_isolated(frame, 2)?;
            frame.value(frame.len())
        };
        let number = if self.watch.is_some() {
            let text = self.show(frame, 2);
            self.note_raised(task, self.context(), || text)
        } else {
            None
        };
        let before = self.set_now(number);
        let unused = match self.because(owner, self.classes.raising) {
            Some(cause) => self.ready(task, Go::Raise(value), cause),
            None => value.pin(),
        };
        self.set_now(before);
        if let Some(pin) = unused {
            frame.unpin(pin);
        }
        give(frame, Value::Bool(true))
    }

    /// `actor:raise(value)`: in its main tasklet.
    pub(crate) fn raise_at(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let who = args::actor(frame, 1, "where it is raised")?;
        self.wake(frame, who)?;
        let main = self.state.actors.get(who).map_or(TaskId::default(), |actor| actor.main);
        self.raise_into(frame, main)
    }

    /// Pushes a value as another actor may have it: by copy, unless it stays with the same actor.
    pub(crate) fn push_for(&self, frame: &mut Frame<'_>, at: u32, owner: ActorId) -> Result<(), Raise> {
        if owner == self.actor {
            frame.push_copy(at);
            return Ok(());
        }
        self.push_isolated(frame, at).map(drop)
    }

    /// Pushes a copy that shares nothing; actors' own tables become handles. The bytes that it takes.
    pub(crate) fn push_isolated(&self, frame: &mut Frame<'_>, at: u32) -> Result<u64, Raise> {
        frame.push_isolated(at, &mut |frame, at| {
            // Only an actor's own table has a handle as its `id` and a metatable that can't be changed.
            let Some(actor) = args::maybe_actor(frame, at) else { return false };
            if !frame.push_metatable(at) {
                return false;
            }
            let own = frame.is_frozen(frame.len());
            frame.pop(1);
            if own {
                frame.push(Value::Handle(actor.handle()));
            }
            own
        })
    }

    /// `task:status()`, while it is not over.
    pub(crate) fn status(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let task = args::task(frame, 1, "what status() is asked of")?;
        let word = match self.state.tasks.0.awake(task).map(|tasklet| tasklet.wait) {
            Some(Wait::Ready) => "ready",
            Some(_) => "waiting",
            None if self.state.tasks.0.is_asleep(task) => "waiting",
            None => "done",
        };
        frame.push_text(word);
        Ok(Flow::Return(1))
    }

    /// Suspends until a task is over (or the limit: `Timeout`).
    pub(crate) fn await_task(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let task = args::task(frame, 1, "what is awaited")?;
        let limit = args::optional_ticks(frame, 2, "the limit of await")?;
        if !self.state.tasks.0.contains_key(task) {
            return Ok(Flow::Return(0));
        }
        if task == self.current {
            return Err("a task can't await itself".into());
        }
        frame.can_wait()?;
        if let Some(owner) = self.state.owner_of(task) {
            self.wake(frame, owner)?;
        }
        self.wait_for(Wait::Task(task), limit);
        self.link(self.current, |sim| sim.state.tasks.0.get_mut(task).map(|tasklet| &mut tasklet.awaiters));
        Ok(Flow::Suspend)
    }

    /// Suspends until `unpark`.
    pub(crate) fn park(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        frame.can_wait()?;
        self.wait_for(Wait::Turn, None);
        Ok(Flow::Suspend)
    }

    pub(crate) fn unpark(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let task = args::task(frame, 1, "what is unparked")?;
        if self.rouse(frame, task) && self.state.tasks.0.get(task).is_some_and(|tasklet| tasklet.wait == Wait::Turn) {
            let unused = self.ready_again(task, Go::On, self.cause, false);
            debug_assert_eq!(unused, None);
        }
        Ok(Flow::Return(0))
    }

    /// `defer(f, ...)`: to the end of the action in flight, else of the tasklet.
    pub(crate) fn defer(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        args::function(frame, 1, "what defer is to call")?;
        let Some(tasklet) = self.state.tasks.0.get(self.current) else {
            return Err("defer works within an actor's methods, not at the top level of a script".into());
        };
        let flight = tasklet.flight;
        let list = if flight == GROUND { tasklet.deferred } else { self.state.flights[flight as usize].deferred };
        let count = frame.len() - 1;
        frame.push_table(count as usize, 2);
        let part = frame.len();
        frame.push_copy(1);
        frame.set(part, "f");
        frame.push(Value::Number(f64::from(count)));
        frame.set(part, "n");
        for at in 1..=count {
            frame.push_copy(at + 1);
            frame.set_item(part, at);
        }
        if list == Pin::NIL {
            frame.push_table(1, 0);
            let pin = frame.pin(frame.len());
            if flight == GROUND {
                if let Some(tasklet) = self.state.tasks.0.get_mut(self.current) {
                    tasklet.deferred = pin;
                }
            } else {
                self.state.flights[flight as usize].deferred = pin;
            }
        } else {
            frame.push(Value::Pin(list));
        }
        let list = frame.len();
        frame.push_copy(part);
        let next = frame.items(list) + 1;
        frame.set_item(list, next);
        Ok(Flow::Return(0))
    }

    /// An error in a deferred part: told, and that is all.
    pub(crate) fn complain(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let text = self.described(frame, 1);
        self.state.counts.errors += 1;
        self.put(OutputKind::Error, self.actor, format!("in a deferred call: {text}"));
        Ok(Flow::Return(0))
    }

    /// Replaces the last value by a copy, since another actor may get it; by its text, where it can't be copied.
    pub(crate) fn isolate_last(&mut self, frame: &mut Frame<'_>) {
        let at = frame.len();
        if self.push_isolated(frame, at).is_err() {
            frame.set_len(at);
            let text = self.show(frame, at);
            frame.push_text(&text);
        }
        frame.remove(at);
    }

    /// Pushes the table `{ n = count, ... }` of copies; all that have nothing in it are one.
    fn push_results(&mut self, frame: &mut Frame<'_>, values: &[Value]) {
        if values.is_empty() {
            return frame.push(Value::Pin(self.pins.nothing));
        }
        frame.push_table(values.len(), 1);
        let results = frame.len();
        frame.push(Value::Number(values.len() as f64));
        frame.set(results, "n");
        for (at, value) in values.iter().enumerate() {
            frame.push(*value);
            self.isolate_last(frame);
            frame.set_item(results, at as u32 + 1);
        }
    }

    /// Wakes those who await a task that is over, and tells its object.
    pub(crate) fn settle_task(&mut self, frame: &mut Frame<'_>, task: TaskId, how: Ending, values: &[Value]) {
        let Some(tasklet) = self.state.tasks.0.get(task) else { return };
        let (object, awaiters, owner) = (tasklet.object, tasklet.awaiters, tasklet.owner);
        if object != Pin::NIL {
            let words = self.words;
            frame.push(Value::Pin(object));
            let table = frame.len();
            let (state, field) = match how {
                Ending::Done => (words.done, words.results),
                Ending::Failed => (words.failed, words.problem),
                Ending::Cancelled => (words.cancelled, words.problem),
            };
            frame.push_word(state);
            frame.set_word(table, words.state);
            match how {
                Ending::Done => self.push_results(frame, values),
                Ending::Failed => {
                    frame.push(values.first().copied().unwrap_or(Value::Nil));
                    self.isolate_last(frame);
                }
                Ending::Cancelled if self.is_alive(owner) => self.push_exception(frame, "TaskCancelled", &[]),
                Ending::Cancelled => self.push_exception(frame, "Dead", &[("actor", Value::Handle(owner.handle()))]),
            }
            frame.set_word(table, field);
            frame.pop(1);
        }
        for waiter in self.chain(awaiters) {
            if waiter.is_some()
                && self.rouse(frame, waiter)
                && let Some(pin) = self.ready_again(waiter, Go::On, self.back(), how != Ending::Done)
            {
                frame.unpin(pin);
            }
        }
    }
}
