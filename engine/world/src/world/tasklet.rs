//! Running one tasklet of the queue, and what follows from how it came back. The one place where scripts run.

use dormouse_vm::{Exit, Failure, Frame, Kind, Outcome, Pin, Quota, TerminalKind, Value};

use crate::happenings::Ending;
use crate::ids::{ActorId, TaskId};
use crate::output::OutputKind;
use crate::sim::Sim;
use crate::sim::accounts::{Account, AccountId};
use crate::sim::state::{GROUND, Go, Role, Tasklet, Wait};
use crate::wheel::Timer;

use super::World;

/// Interrupts that being resumed costs, so that tasklets that wake one another for ever within a tick come to an end.
const RESUME: i64 = 100;
/// Interrupts that an error which nothing caught costs.
const REPORTING: i64 = 2_000;
/// Sleeps of so many ticks or more are worth cutting the sleeper's memory down.
const LONG: u32 = 120;

impl World {
    /// Resumes a tasklet until it waits or ends.
    #[inline]
    pub(super) fn run(&mut self, task: TaskId, cause: u32) {
        let sim = &mut self.sim;
        let tick = sim.state.tick;
        let Some(tasklet) = sim.state.tasks.0.get_mut(task) else { return };
        if tasklet.role == Role::Native {
            return self.run_native(task, cause);
        }
        let (payer, owner) = (tasklet.payer, tasklet.owner);
        let credit = match payer == AccountId::NONE {
            true => tasklet.credit,
            false => {
                // Whoever is none of theirs is not to wait for what they have used up: its mailbox would stand still.
                let actor = &sim.state.actors[owner];
                let theirs = !tasklet.guest || actor.account == payer;
                let broke = |account: &Account| account.is_broke(tick, sim.limits.family_time);
                if theirs && sim.state.accounts.get(payer.index()).is_some_and(broke) {
                    sim.say_broke(payer, owner);
                    return sim.state.postponed.push(task);
                }
                actor.credit
            }
        };
        let slept = (tick - tasklet.since) as u32;
        if slept > 0 {
            tasklet.spent = 0;
        }
        let quota = Quota { time: sim.limits.time - tasklet.spent, credit, memory: sim.limits.memory };
        let (thread, go) = (tasklet.thread, tasklet.go);
        tasklet.go = Go::On;
        sim.actor = owner;
        sim.current = task;
        sim.cause = cause;
        sim.state.counts.wakes += 1;
        let before = self.vm.interrupts();
        let outcome = match go {
            Go::Slept => self.vm.wake(thread, sim, slept, &quota),
            Go::On => self.vm.resume(thread, sim, &[], &quota),
            other => self.run_with(thread, other, &quota),
        };
        let spent = RESUME + (self.vm.interrupts() - before) as i64;
        if payer != AccountId::NONE {
            self.charge_payer(task, payer, spent);
        }
        if self.sim.doomed {
            self.end_hoarder(owner);
        }
        let sim = &mut self.sim;
        let Some(tasklet) = sim.state.tasks.0.get_mut(task) else { return };
        tasklet.spent += spent;
        if payer == AccountId::NONE {
            tasklet.credit = self.vm.credit();
        }
        let Outcome::Slept(ticks) = outcome else { return self.came_back(task, outcome) };
        tasklet.since = tick;
        // Something may have been raised in it while it ran, by itself or by what it called.
        if tasklet.cancelled || !matches!(tasklet.go, Go::On) || tasklet.role == Role::Last {
            return self.slept_in_vain(task);
        }
        tasklet.wait = Wait::Ticks;
        let timer = Timer { due: tick + u64::from(ticks), order: tasklet.order, task };
        tasklet.timer = Some(sim.state.wheel.insert(timer));
        if ticks >= LONG {
            self.fall_asleep(task);
        }
    }

    /// It sleeps for long, or nobody knows how long. Of a crowd most do so as soon as they are born, and would all
    /// have whole stacks at once if they kept them for only a moment.
    fn fall_asleep(&mut self, task: TaskId) {
        let Some(tasklet) = self.sim.state.tasks.0.get_mut(task) else { return };
        let rested = std::mem::replace(&mut tasklet.rested, true);
        if rested || tasklet.role != Role::Main {
            self.drowsy.push_back((task, self.sim.state.tick));
        } else {
            self.vm.trim(tasklet.thread);
        }
    }

    /// Charges time to whoever pays for the tasklet; after its first run that is its owner.
    fn charge_payer(&mut self, task: TaskId, payer: AccountId, spent: i64) {
        self.sim.charge(payer, spent);
        let Tasklet { owner, role, guest, .. } = self.sim.state.tasks.0[task];
        if let Some(actor) = self.sim.state.actors.get_mut(owner) {
            actor.credit = self.vm.credit();
        }
        if guest {
            let payer = self.sim.own_payer(owner, role);
            let tasklet = &mut self.sim.state.tasks.0[task];
            (tasklet.payer, tasklet.guest) = (payer, false);
        }
    }

    /// It was told, and went on: all that it holds goes with it.
    #[cold]
    fn end_hoarder(&mut self, owner: ActorId) {
        let (vm, sim) = (&mut self.vm, &mut self.sim);
        sim.doomed = false;
        if !sim.is_alive(owner) {
            return;
        }
        let held = sim.state.actors.get(owner).map_or(0, |actor| actor.held) >> 10;
        sim.state.counts.errors += 1;
        let text = format!("holds {held} KiB and did not let go when it was told: it is despawned");
        sim.put(OutputKind::Error, owner, text);
        if let Err(error) = vm.enter(|frame| sim.kill(frame, owner)) {
            self.sim.report_engine(&error);
        }
    }

    /// The less usual ways to go on.
    fn run_with(&mut self, thread: dormouse_vm::Thread, go: Go, quota: &Quota) -> Outcome {
        let (vm, sim) = (&mut self.vm, &mut self.sim);
        let outcome = match go {
            Go::On | Go::Slept => vm.resume(thread, sim, &[], quota),
            Go::With(value) => vm.resume(thread, sim, &[value], quota),
            Go::Raise(value) => vm.raise(thread, sim, value, quota),
            Go::Cancel => vm.cancel(thread, sim, quota),
            // The pin goes with the exception.
            Go::EndAction(token, pin) => return vm.cancel_call(thread, sim, token, pin, quota),
        };
        if let Some(pin) = go.pin() {
            vm.unpin(pin);
        }
        outcome
    }

    /// It wants to sleep, but something is in store for it, or it may not wait at all.
    #[cold]
    fn slept_in_vain(&mut self, task: TaskId) {
        let Some(tasklet) = self.sim.state.tasks.0.get_mut(task) else { return };
        if tasklet.role == Role::Last {
            return self.forbid_wait(task);
        }
        let go = if tasklet.cancelled { Go::Cancel } else { tasklet.go };
        tasklet.wait = Wait::Ticks;
        tasklet.go = Go::On;
        let cause = self.sim.cause;
        if let Some(pin) = self.sim.ready(task, go, cause) {
            self.vm.unpin(pin);
        }
    }

    /// `stop` and deferred calls run when everything else is over: there is no time left for them to wait.
    fn forbid_wait(&mut self, task: TaskId) {
        let (vm, sim) = (&mut self.vm, &mut self.sim);
        sim.leave_wait(task);
        let again = std::mem::replace(&mut sim.state.tasks.0[task].cancelled, true);
        let place = vm.places(sim.state.tasks.0[task].thread).into_iter().next();
        let place = place.map_or_else(String::new, |place| format!("{}:{}: ", place.file, place.line));
        let why = "can't wait here: the actor's life is over (stop), or what it belongs to has ended (defer)";
        let pin = vm.enter(|frame| {
            frame.push_text(&format!("{place}{why}"));
            frame.pop_pin()
        });
        // One that catches the error and waits again is ended.
        let go = match pin {
            Ok(pin) if !again => Go::Raise(Value::Pin(pin)),
            _ => Go::Cancel,
        };
        let cause = sim.cause;
        sim.state.tasks.0[task].go = go;
        sim.state.queue.push_back((task, cause));
    }

    /// What follows when a tasklet did not simply go to sleep.
    fn came_back(&mut self, task: TaskId, outcome: Outcome) {
        let Some(tasklet) = self.sim.state.tasks.0.get_mut(task) else { return };
        match outcome {
            Outcome::Slept(_) => {}
            Outcome::Parked if tasklet.role == Role::Last => self.forbid_wait(task),
            Outcome::Parked => {
                if tasklet.cancelled || tasklet.go != Go::On {
                    return self.parked_in_vain(task);
                }
                if tasklet.wait != Wait::Ready {
                    self.fall_asleep(task);
                }
            }
            // A bare coroutine.yield outside of coroutines: the rest of the world has a turn.
            Outcome::Yielded => {
                tasklet.since = self.sim.state.tick;
                tasklet.wait = Wait::Ticks;
                if tasklet.cancelled || tasklet.go != Go::On || tasklet.role == Role::Last {
                    return self.slept_in_vain(task);
                }
                let timer = Timer { due: self.sim.state.tick + 1, order: tasklet.order, task };
                tasklet.timer = Some(self.sim.state.wheel.insert(timer));
                tasklet.go = Go::On;
            }
            Outcome::Returned | Outcome::Failed | Outcome::Unwound(_) => self.end(task, outcome),
        }
    }

    #[cold]
    fn parked_in_vain(&mut self, task: TaskId) {
        let Some(tasklet) = self.sim.state.tasks.0.get_mut(task) else { return };
        if tasklet.wait == Wait::Ready {
            // It is in the queue already (an action that asks again): what is in store goes first.
            if tasklet.cancelled {
                tasklet.go = Go::Cancel;
            }
            return;
        }
        let go = if tasklet.cancelled { Go::Cancel } else { tasklet.go };
        tasklet.go = Go::On;
        let cause = self.sim.cause;
        if let Some(pin) = self.sim.ready(task, go, cause) {
            self.vm.unpin(pin);
        }
    }

    // ---- ends ------------------------------------------------------------------------------------------------

    /// A tasklet is over: whoever waits for it learns how, and it is forgotten.
    fn end(&mut self, task: TaskId, outcome: Outcome) {
        if self.sim.watch.is_some() {
            return self.end_watched(task, outcome);
        }
        self.end_task(task, outcome);
    }

    /// What follows from a tasklet's end follows from a happening.
    #[cold]
    fn end_watched(&mut self, task: TaskId, outcome: Outcome) {
        let how = match outcome {
            Outcome::Returned => Ending::Done,
            Outcome::Unwound(TerminalKind::Cancelled) => Ending::Cancelled,
            _ => Ending::Failed,
        };
        let number = self.sim.note_end(task, how);
        let before = self.sim.set_now(number);
        self.end_task(task, outcome);
        self.sim.set_now(before);
    }

    fn end_task(&mut self, task: TaskId, outcome: Outcome) {
        self.end_actions(task, outcome);
        let tasklet = &self.sim.state.tasks.0[task];
        let (owner, asked) = (tasklet.owner, tasklet.role == Role::Event);
        let known = tasklet.object != Pin::NIL;
        let quiet = outcome == Outcome::Returned && !known && tasklet.deferred == Pin::NIL;
        if !quiet || (asked && self.sim.is_asked(owner)) {
            let tasklet = *tasklet;
            self.settle(task, tasklet, outcome);
        } else if asked {
            let (vm, sim) = (&mut self.vm, &mut self.sim);
            if let Err(error) = vm.enter(|frame| sim.handled(frame, owner, Go::On)) {
                self.sim.report_engine(&error);
            }
        }
        let (vm, sim) = (&mut self.vm, &mut self.sim);
        sim.forget_task(vm, task);
        sim.after_task(vm, owner);
    }

    /// The actions of a tasklet that was migrated are begun by code that is gone: they end with it.
    fn end_actions(&mut self, task: TaskId, outcome: Outcome) {
        let exit = if outcome == Outcome::Returned { Exit::Returned } else { Exit::Raised };
        loop {
            let (vm, sim) = (&mut self.vm, &mut self.sim);
            let Some(tasklet) = sim.state.tasks.0.get(task).filter(|tasklet| tasklet.flight != GROUND) else {
                return;
            };
            let (flight, owner) = (tasklet.flight, tasklet.owner);
            let ended = vm.enter(|frame| {
                if let Some(deferred) = sim.end_action(flight, exit, frame) {
                    frame.set_len(0);
                    frame.push(Value::Pin(deferred));
                    frame.unpin(deferred);
                    let thread = frame.pop_tasklet(0);
                    let label = sim.classes.deferred;
                    sim.enter_task(thread, owner, Role::Last, label, sim.cause);
                }
            });
            if let Err(error) = ended {
                return sim.report_engine(&error);
            }
            // An action that can't be ended must not be tried for ever.
            if sim.state.tasks.0[task].flight == flight {
                sim.state.tasks.0[task].flight = GROUND;
            }
        }
    }

    fn settle(&mut self, task: TaskId, tasklet: Tasklet, outcome: Outcome) {
        let (how, values, failure) = self.how_it_ended(task, tasklet, outcome);
        let (vm, sim) = (&mut self.vm, &mut self.sim);
        let settled = vm.enter(|frame| {
            if failure.is_some() && sim.hears_of_failures(tasklet) {
                // The event has it.
                sim.push_task(frame, task);
                frame.set_len(0);
            }
            sim.settle_task(frame, task, how, &values);
            frame.set_len(0);
            if tasklet.role == Role::Event {
                sim.answer(frame, tasklet.owner, how, values.first().copied());
                frame.set_len(0);
            }
            if let Some(failure) = &failure
                && sim.hears_of_failures(tasklet)
            {
                sim.tell_of_failure(frame, task, tasklet.owner, failure, values.first().copied());
                frame.set_len(0);
            }
            sim.start_deferred(frame, task);
        });
        for pin in values.iter().filter_map(|value| value.pin()) {
            self.vm.unpin(pin);
        }
        if let Err(error) = settled {
            self.sim.report_engine(&error);
        }
    }

    /// How it ended, the results or the error, and what to report.
    fn how_it_ended(
        &mut self,
        task: TaskId,
        tasklet: Tasklet,
        outcome: Outcome,
    ) -> (Ending, Vec<Value>, Option<String>) {
        if outcome == Outcome::Returned {
            let values = self.vm.take_results(tasklet.thread);
            return (Ending::Done, values.unwrap_or_default(), None);
        }
        let failure = self.vm.failure(tasklet.thread);
        let values = vec![failure.value];
        if outcome == Outcome::Unwound(TerminalKind::Cancelled) || self.is_cancellation(failure.value) {
            return (Ending::Cancelled, values, None);
        }
        let heard = self.sim.is_heard(task, tasklet);
        if heard {
            return (Ending::Failed, values, None);
        }
        let text = self.explain(&failure, tasklet);
        let label = self.sim.task_label(task);
        let sim = &mut self.sim;
        sim.charge(tasklet.payer, REPORTING);
        sim.state.counts.errors += 1;
        sim.put(OutputKind::Error, tasklet.owner, format!("{label} failed: {text}"));
        (Ending::Failed, values, Some(text))
    }

    /// The error as a person reads it, with the way it came, and a hint where a name is misspelt.
    fn explain(&mut self, failure: &Failure, tasklet: Tasklet) -> String {
        let (vm, sim) = (&mut self.vm, &self.sim);
        let described = match failure.value {
            Value::Pin(_) => vm.enter(|frame| {
                frame.push(failure.value);
                sim.described(frame, 1)
            }),
            _ => Ok(failure.message.clone()),
        };
        let message = described.unwrap_or_else(|error| error.to_string());
        let hint = sim.hint(&message, tasklet.owner);
        let lines = failure.traceback.trim_end();
        if lines.is_empty() { format!("{message}{hint}") } else { format!("{message}{hint}\n{lines}") }
    }

    /// Whether the error is that of an action which another of its group ended: that is nobody's mistake.
    fn is_cancellation(&mut self, value: Value) -> bool {
        let Value::Pin(_) = value else { return false };
        let name = self.vm.enter(|frame| {
            frame.push(value);
            frame.get(1, "name");
            frame.text(2)
        });
        matches!(name.ok().flatten().as_deref(), Some("ActionCancelled"))
    }
}

impl Sim {
    /// Whether somebody waits for the tasklet's end, and so learns of its error.
    fn is_heard(&self, task: TaskId, tasklet: Tasklet) -> bool {
        let awaited = !self.chain(self.state.tasks.0[task].awaiters).is_empty();
        awaited || (tasklet.role == Role::Event && self.is_asked(tasklet.owner))
    }

    /// Whether somebody waits for the answer to the event that the actor is handling.
    fn is_asked(&self, owner: ActorId) -> bool {
        let handling = self.state.actors.get(owner).map(|actor| actor.dealings.handling).unwrap_or_default();
        self.state.mail.get(handling).is_some_and(|letter| letter.asker != TaskId::default())
    }

    fn hint(&self, message: &str, owner: ActorId) -> String {
        let missing = message.split_once("missing method '").and_then(|(_, rest)| rest.split_once('\''));
        let Some((name, _)) = missing else { return String::new() };
        let Some(actor) = self.state.actors.get(owner) else { return String::new() };
        let class = self.classes.get(actor.class);
        let built_in = crate::sim::api::METHODS.iter().chain(crate::sim::api::OWN_METHODS);
        let built_in = built_in.filter_map(|(name, _)| name.to_str().ok()).chain(["await", "cancel", "status"]);
        let known = class.methods.iter().map(String::as_str).chain(built_in);
        crate::names::suggestion(name, known)
    }

    /// Whether anybody hears the event that a tasklet of this actor failed. A handler that fails is told of no further.
    fn hears_of_failures(&self, tasklet: Tasklet) -> bool {
        let Some(actor) = self.state.actors.get(tasklet.owner) else { return false };
        let heard = self.classes.get(actor.class).handles_events || actor.dealings.listeners != TaskId::default();
        tasklet.role != Role::Event && !actor.dying && heard
    }

    /// The event that an actor gets when one of its tasklets failed.
    fn tell_of_failure(
        &mut self,
        frame: &mut Frame<'_>,
        task: TaskId,
        owner: ActorId,
        text: &str,
        error: Option<Value>,
    ) {
        frame.push(error.unwrap_or(Value::Nil));
        self.isolate_last(frame);
        let error = frame.len();
        self.push_exception(frame, "TaskFailed", &[]);
        let event = frame.len();
        frame.push_copy(error);
        frame.set(event, "error");
        frame.push_text(text);
        frame.set(event, "traceback");
        self.push_task(frame, task);
        frame.set(event, "task");
        self.send_own(frame, owner, ActorId::default());
    }

    /// The answer to whoever asked, from the end of an event's tasklet.
    fn answer(&mut self, frame: &mut Frame<'_>, owner: ActorId, how: Ending, value: Option<Value>) {
        let go = match how {
            _ if !self.is_asked(owner) => Go::On,
            Ending::Cancelled => {
                let who = Value::Handle(owner.handle());
                Go::Raise(Value::Pin(self.exception(frame, "Dead", &[("actor", who)])))
            }
            _ => {
                frame.push(value.unwrap_or(Value::Nil));
                self.isolate_last(frame);
                let value = frame.value(frame.len());
                if how == Ending::Done { Go::With(value) } else { Go::Raise(value) }
            }
        };
        self.handled(frame, owner, go);
    }

    /// What was deferred to the tasklet's end runs now, on a tasklet of its own.
    fn start_deferred(&mut self, frame: &mut Frame<'_>, task: TaskId) {
        let Some(tasklet) = self.state.tasks.0.get_mut(task) else { return };
        let deferred = std::mem::replace(&mut tasklet.deferred, Pin::NIL);
        let owner = tasklet.owner;
        if deferred == Pin::NIL {
            return;
        }
        frame.push(Value::Pin(self.pins.last));
        frame.push(Value::Pin(deferred));
        frame.unpin(deferred);
        debug_assert_eq!(frame.kind(frame.len()), Kind::Table);
        let thread = frame.pop_tasklet(1);
        let label = self.classes.deferred;
        self.enter_task(thread, owner, Role::Last, label, self.cause);
    }
}
