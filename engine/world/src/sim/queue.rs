//! The one flat queue: how tasklets become runnable, and how they end.

use dormouse_vm::{Frame, Pin, Thread, Vm};

use super::Sim;
use super::accounts::SOON;
use super::state::{Cause, GROUND, Go, Role, TIME, Tasklet, Wait};
use crate::ids::{ActorId, TaskId};
use crate::names::Name;
use crate::output::{Output, OutputKind};
use crate::wheel::Timer;

/// Bytes that a line of output may have.
const MAX_LINE: usize = 16 << 10;

impl Sim {
    // ---- causes ----------------------------------------------------------------------------------------------

    /// A new cause: something that happens because of what runs now. `None` when the chain has become too long; then
    /// the error has been told.
    pub(crate) fn because(&mut self, who: ActorId, what: Name) -> Option<u32> {
        self.because_of(self.cause, who, what)
    }

    pub(crate) fn because_of(&mut self, parent: u32, who: ActorId, what: Name) -> Option<u32> {
        let hops = self.state.causes[parent as usize].hops + 1;
        self.state.causes.push(Cause { parent, hops, who, what });
        let cause = (self.state.causes.len() - 1) as u32;
        if hops <= self.limits.hops {
            return Some(cause);
        }
        let text = self.name_cycle(cause);
        self.put(OutputKind::Error, who, text);
        self.state.counts.errors += 1;
        None
    }

    /// Where an answer goes on: with the cause of whoever asked, so that asking many one after another is no chain.
    pub(crate) fn back(&self) -> u32 {
        self.state.causes[self.cause as usize].parent
    }

    /// The end of a chain of causes, from the last time the same thing happened to the same actor.
    fn name_cycle(&self, last: u32) -> String {
        let causes = &self.state.causes;
        let end = causes[last as usize];
        let mut chain = vec![end];
        let mut at = end.parent;
        while at != TIME {
            let cause = causes[at as usize];
            chain.push(cause);
            if (cause.who, cause.what) == (end.who, end.what) {
                break;
            }
            at = cause.parent;
        }
        chain.reverse();
        let steps: Vec<String> =
            chain.iter().map(|cause| format!("{}.{}", self.label(cause.who), self.names.text(cause.what))).collect();
        format!(
            "a chain of {} causes in one tick was cut: {}; give one of its wires a delay, or wait in one of its actions",
            self.limits.hops,
            steps.join(" -> ")
        )
    }

    // ---- becoming runnable -----------------------------------------------------------------------------------

    /// Puts a suspended tasklet into the queue. One that is there already goes on with the stronger of the two.
    /// Gives back a pin that was not used.
    #[must_use]
    pub(crate) fn ready(&mut self, task: TaskId, go: Go, cause: u32) -> Option<Pin> {
        let Some(tasklet) = self.state.tasks.0.get_mut(task) else { return go.pin() };
        if task == self.current && tasklet.wait == Wait::Ready {
            // It runs: what is raised or cancelled here takes effect at its next wait.
            if go.strength() > tasklet.go.strength() {
                return std::mem::replace(&mut tasklet.go, go).pin();
            }
            return go.pin();
        }
        if tasklet.wait == Wait::Ready {
            if go.strength() > tasklet.go.strength() {
                return std::mem::replace(&mut tasklet.go, go).pin();
            }
            return go.pin();
        }
        tasklet.go = go;
        self.leave_wait(task);
        self.state.queue.push_back((task, cause));
        if self.watch.is_some() {
            self.inherit(task, cause);
        }
        None
    }

    /// As [`Sim::ready`], from within a host call.
    pub(crate) fn ready_in(&mut self, frame: &mut Frame<'_>, task: TaskId, go: Go) {
        let unused = if self.rouse(frame, task) { self.ready(task, go, self.cause) } else { go.pin() };
        if let Some(pin) = unused {
            frame.unpin(pin);
        }
    }

    /// Takes the tasklet out of whatever lists its wait had put it into.
    pub(crate) fn leave_wait(&mut self, task: TaskId) {
        let Some(tasklet) = self.state.tasks.0.get_mut(task) else { return };
        let wait = std::mem::replace(&mut tasklet.wait, Wait::Ready);
        let (owner, timer) = (tasklet.owner, tasklet.timer.take());
        if let Some(place) = timer {
            self.state.wheel.remove(place, &mut self.state.tasks);
        }
        match wait {
            Wait::Event(_) => {
                self.unlink(task, |sim| sim.state.actors.get_mut(owner).map(|actor| &mut actor.dealings.listeners))
            }
            Wait::Action { who, .. } => {
                self.unlink(task, |sim| sim.state.watchers_mut(who));
            }
            Wait::Task(other) => {
                self.unlink(task, |sim| sim.state.tasks.0.get_mut(other).map(|tasklet| &mut tasklet.awaiters));
            }
            Wait::Join(token) => {
                self.unlink(task, |sim| sim.state.flights.get_mut(token as usize).map(|flight| &mut flight.joiners));
            }
            Wait::Reply(mail) => {
                if let Some(letter) = self.state.mail.get_mut(mail) {
                    letter.asker = TaskId::default();
                }
            }
            Wait::Motion => {
                if let Some(actor) = self.state.actors.get_mut(owner)
                    && actor.dealings.mover == task
                {
                    actor.dealings.mover = TaskId::default();
                    let body = actor.body;
                    self.state.space.halt(body);
                }
            }
            Wait::Ready | Wait::Ticks | Wait::Turn => {}
        }
    }

    /// Puts `task` at the end of a chain of waiters, whose head is the last that came.
    pub(crate) fn link(&mut self, task: TaskId, head: impl Fn(&mut Sim) -> Option<&mut TaskId>) {
        let Some(last) = head(self).map(|head| std::mem::replace(head, task)) else { return };
        let before = match self.state.links(last) {
            Some((_, after)) => {
                *after = task;
                last
            }
            None => TaskId::default(),
        };
        if let Some(tasklet) = self.state.tasks.0.get_mut(task) {
            (tasklet.next, tasklet.after) = (before, TaskId::default());
        }
    }

    fn unlink(&mut self, task: TaskId, head: impl Fn(&mut Sim) -> Option<&mut TaskId>) {
        let Some(tasklet) = self.state.tasks.0.get_mut(task) else { return };
        let (next, after) = (std::mem::take(&mut tasklet.next), std::mem::take(&mut tasklet.after));
        if let Some((_, back)) = self.state.links(next) {
            *back = after;
        }
        match self.state.links(after) {
            Some((onward, _)) => *onward = next,
            None => {
                if let Some(head) = head(self).filter(|head| **head == task) {
                    *head = next;
                }
            }
        }
    }

    /// The tasklets of a chain, in the order in which they came.
    pub(crate) fn chain(&self, mut at: TaskId) -> Vec<TaskId> {
        let mut chain = Vec::new();
        while let Some(next) = self.state.link_of(at) {
            chain.push(at);
            at = next;
        }
        chain.reverse();
        chain
    }

    // ---- waiting ---------------------------------------------------------------------------------------------

    /// Notes what the running tasklet is about to wait for, and when it gives up.
    pub(crate) fn wait_for(&mut self, wait: Wait, limit: Option<u32>) {
        let (task, tick) = (self.current, self.state.tick);
        let Some(tasklet) = self.state.tasks.0.get_mut(task) else { return };
        tasklet.wait = wait;
        tasklet.since = tick;
        if let Some(limit) = limit {
            let timer = Timer { due: tick + u64::from(limit), order: tasklet.order, task };
            tasklet.timer = Some(self.state.wheel.insert(timer));
        }
    }

    // ---- being born and dying --------------------------------------------------------------------------------

    /// Enters a new tasklet, which runs later in this tick.
    pub(crate) fn enter_task(&mut self, thread: Thread, owner: ActorId, role: Role, label: Name, cause: u32) -> TaskId {
        let (activator, caller) = match self.state.tasks.0.get(self.current) {
            Some(tasklet) if owner == tasklet.owner => (tasklet.activator, tasklet.caller),
            _ => (ActorId::default(), ActorId::default()),
        };
        let order = self.state.started;
        self.state.started += 1;
        let sibling = self.state.actors.get(owner).map_or(TaskId::default(), |actor| actor.tasklets);
        let (payer, guest) = self.payer(owner, role);
        let since = self.state.tick;
        let task = self.state.tasks.0.insert_with(|| Tasklet {
            thread,
            owner,
            order,
            credit: SOON,
            since,
            timer: None,
            wait: Wait::Ready,
            role,
            cancelled: false,
            rested: false,
            go: Go::On,
            spent: 0,
            payer,
            guest,
            object: Pin::NIL,
            sibling,
            younger: TaskId::default(),
            next: TaskId::default(),
            after: TaskId::default(),
            awaiters: TaskId::default(),
            name: Name::NONE,
            label,
            activator,
            caller,
            deferred: Pin::NIL,
            flight: GROUND,
        });
        if let Some(actor) = self.state.actors.get_mut(owner) {
            actor.tasklets = task;
            actor.stirred = self.state.tick;
        }
        if let Some(elder) = self.state.tasks.0.get_mut(sibling) {
            elder.younger = task;
        }
        self.state.queue.push_back((task, cause));
        if self.watch.is_some() {
            self.inherit(task, cause);
        }
        task
    }

    /// Removes a tasklet that is over from everywhere.
    pub(crate) fn forget_task(&mut self, vm: &mut Vm, task: TaskId) {
        self.leave_wait(task);
        self.forget_context(task);
        // (Read where it lies: it is large, and to be moved out only to be dropped.)
        let Some(tasklet) = self.state.tasks.0.get(task) else { return };
        let (thread, owner, caller, lent) = (tasklet.thread, tasklet.owner, tasklet.caller, tasklet.is_lent());
        let (sibling, younger) = (tasklet.sibling, tasklet.younger);
        for pin in [tasklet.object, tasklet.deferred].into_iter().chain(tasklet.go.pin()) {
            vm.unpin(pin);
        }
        self.state.tasks.0.remove(task);
        if lent {
            self.returned(caller);
        }
        vm.retire(thread);
        if let Some(older) = self.state.tasks.0.get_mut(sibling) {
            older.younger = younger;
        }
        if let Some(next) = self.state.tasks.0.get_mut(younger) {
            next.sibling = sibling;
        }
        let Some(actor) = self.state.actors.get_mut(owner) else { return };
        if actor.tasklets == task {
            actor.tasklets = sibling;
        }
    }

    /// A task of another actor's that this one may know is over.
    fn returned(&mut self, borrower: ActorId) {
        if let std::collections::btree_map::Entry::Occupied(mut count) = self.state.borrowed.entry(borrower) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }

    // ---- telling people --------------------------------------------------------------------------------------

    pub(crate) fn put(&mut self, kind: OutputKind, actor: ActorId, mut text: String) {
        if text.len() > MAX_LINE {
            let end = (0..=MAX_LINE).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            text = format!("{}... ({} bytes)", &text[..end], text.len());
        }
        let (happening, cause) = self.note_output(kind, actor, &text);
        let who = actor;
        let actor = if who == ActorId::default() { String::new() } else { self.label(who) };
        self.output.push(Output { tick: self.state.tick, actor, who, kind, text, happening, cause });
    }

    /// What a tasklet runs, for people.
    pub(crate) fn task_label(&self, task: TaskId) -> String {
        match self.state.tasks.0.awake(task) {
            None if self.state.tasks.0.contains_key(task) => {
                self.state.owner_of(task).map_or_else(String::new, |owner| self.label(owner))
            }
            Some(tasklet) => self.label_of(tasklet),
            None => "a tasklet that is over".into(),
        }
    }

    /// What a tasklet is called.
    pub(crate) fn label_of(&self, tasklet: &Tasklet) -> String {
        let label = self.names.text(tasklet.label);
        let owner = self.label(tasklet.owner);
        if label.is_empty() { owner } else { format!("{owner}.{label}") }
    }
}

/// Null keys mean "none" everywhere here.
pub(crate) trait OrNone {
    fn is_some(&self) -> bool;
}

impl OrNone for TaskId {
    fn is_some(&self) -> bool {
        *self != TaskId::default()
    }
}
