//! The tasklets: where each sleeps, why, since when, until when.

use std::cell::OnceCell;
use std::collections::HashMap;

use dormouse_vm::FramePeek;
use serde::Serialize;

use super::actor::event_name;
use super::guest::Eye;
use super::{ActorRef, FieldView, MotionView, Use};
use crate::ids::{ActorId, MailId, TaskId};
use crate::names::Name;
use crate::sim::state::{Moment, Role, Tasklet, Wait};
use crate::world::World;

/// Actors that hibernate and are looked at together.
const HIBERNATED: usize = 256;

/// A tasklet.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SleeperView {
    /// Its id.
    pub task: TaskId,
    /// Its number in the order in which all were started.
    pub order: u64,
    /// Whose it is.
    pub owner: ActorRef,
    /// What it runs: `run`, the action's name, `handleEvent`, the name that `restart` was given; may be empty.
    pub label: String,
    /// What it is: `main`, `event`, `action`, `task`, `last` (it runs `stop`, or what was deferred), `native`.
    pub role: &'static str,
    /// It is to end, whatever it waits for.
    pub cancelled: bool,
    /// What it waits for.
    pub why: Why,
    /// The tick at which it fell asleep.
    pub since: u64,
    /// The tick at which it wakes, whatever else happens: the end of its `wait`, or the limit of what it waits for.
    pub until: Option<u64>,
    /// How many others await its end.
    pub awaited: usize,
    /// Who caused what it does.
    pub activator: Option<ActorRef>,
    /// Whose wire, call or event caused it.
    pub caller: Option<ActorRef>,
    /// Interrupts that it used in the tick in which it last ran, with what it may use in one.
    pub time: Use,
    /// Bytes of its coroutine, stack included.
    pub bytes: usize,
    /// The calls in progress, innermost first, those within nested coroutines before the tasklet's own.
    pub frames: Vec<FrameView>,
}

/// What a tasklet waits for.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "for")]
pub enum Why {
    /// Nothing: it is about to run.
    Ready,
    /// Ticks.
    Ticks {
        /// How many.
        ticks: u64,
    },
    /// An event.
    Event {
        /// Its name; any, for none.
        name: Option<String>,
    },
    /// An actor's action.
    Action {
        /// Whose.
        who: ActorRef,
        /// Which.
        action: String,
        /// What of it.
        moment: Moment,
    },
    /// The end of a task.
    Task {
        /// Which.
        task: TaskId,
        /// What it is called.
        label: String,
    },
    /// The answer to an event that it sent with `ask`.
    Reply {
        /// The event.
        event: String,
        /// Whom it asked; unknown once the event was taken out of the mailbox.
        from: Option<ActorRef>,
    },
    /// The end of its own actor's motion.
    Motion {
        /// Where that is going.
        to: Option<MotionView>,
    },
    /// The end of an action that it joined.
    Join {
        /// Which.
        action: String,
        /// Since when that is taken.
        began: u64,
    },
    /// Its turn: `race` and `all` wait for their tasks, an action for another of its group to end.
    Turn,
}

/// A call in progress.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FrameView {
    /// The script.
    pub file: String,
    /// The line that waits.
    pub line: u32,
    /// The function, where it has a name.
    pub function: Option<String>,
    /// In how many nested coroutines; 0 for the tasklet's own.
    pub nested: u32,
    /// Its locals, as far as they were asked for, in the order of their declaration.
    pub locals: Vec<FieldView>,
    /// What its function uses from around it.
    pub upvalues: Vec<FieldView>,
}

/// Which tasklets are asked for. The default: all, without locals, at most 10,000.
#[derive(Clone, Debug)]
pub struct SleeperFilter {
    /// Only those of this actor.
    pub actor: Option<ActorId>,
    /// Only those whose line (as [`SleeperView`] is displayed) has this text in it, in whatever case.
    pub text: String,
    /// At most so many, the oldest first.
    pub most: usize,
    /// With the locals and upvalues of each frame.
    pub locals: bool,
}

impl Default for SleeperFilter {
    fn default() -> Self {
        SleeperFilter { actor: None, text: String::new(), most: 10_000, locals: false }
    }
}

impl World {
    /// The tasklets that the filter takes, in the order in which they were started.
    ///
    /// Of those who hibernate, the tasklets of 256 actors at most are looked at: one whose whole name is the filter's text
    /// before all others. [`World::sleepers_unseen`] tells of the rest.
    ///
    /// Cost: all tasklets are looked at; a few microseconds for each that is returned or searched, more with
    /// locals.
    pub fn sleepers(&self, filter: &SleeperFilter) -> Vec<SleeperView> {
        let wanted = filter.text.to_lowercase();
        if let Some(actor) = filter.actor {
            return self.look_at(actor, |eye| eye.sleepers(eye.tasks_of(actor), filter, &wanted));
        }
        let all = self.sim.state.tasks.0.iter();
        let mut all: Vec<_> = all.map(|(task, tasklet)| (tasklet.order, task)).collect();
        all.sort_unstable();
        let mut found = self.eye().sleepers(all.into_iter().map(|(_, task)| task).collect(), filter, &wanted);
        let actors = &self.sim.state.actors;
        let meant = self.find(filter.text.trim()).filter(|actor| actors.is_asleep(*actor));
        let others = actors.iter_asleep().map(|(actor, _)| actor).filter(|actor| Some(*actor) != meant);
        for actor in meant.into_iter().chain(others).take(HIBERNATED) {
            found.extend(self.look_at(actor, |eye| eye.sleepers(eye.tasks_of(actor), filter, &wanted)));
        }
        found.sort_by_key(|view| view.order);
        found.truncate(filter.most);
        found
    }

    /// How many actors hibernate whose tasklets [`World::sleepers`] does not look at, unless it is asked for theirs.
    pub fn sleepers_unseen(&self) -> usize {
        self.sim.state.actors.sleepers().saturating_sub(HIBERNATED)
    }

    /// The tasklets of an actor, in the order in which they were started, with their locals.
    pub fn sleepers_of(&self, actor: ActorId) -> Vec<SleeperView> {
        self.sleepers(&SleeperFilter { actor: Some(actor), locals: true, ..SleeperFilter::default() })
    }

    /// One tasklet. `None` when it is over.
    pub fn sleeper(&self, task: TaskId, locals: bool) -> Option<SleeperView> {
        let owner = self.sim.state.owner_of(task)?;
        self.look_at(owner, |eye| eye.sleeper_view(task, locals, &OnceCell::new()))
    }

    /// An actor's tasklets, oldest first; none of one that hibernates.
    pub(crate) fn tasks_of(&self, actor: ActorId) -> Vec<TaskId> {
        self.eye().tasks_of(actor)
    }
}

impl Eye<'_> {
    fn sleepers(&self, tasks: Vec<TaskId>, filter: &SleeperFilter, wanted: &str) -> Vec<SleeperView> {
        let addressees = OnceCell::new();
        let views = tasks.into_iter().filter_map(|task| {
            let view = self.sleeper_view(task, false, &addressees)?;
            let fits = wanted.is_empty() || view.to_string().to_lowercase().contains(wanted);
            if fits && filter.locals { self.sleeper_view(task, true, &addressees) } else { Some(view).filter(|_| fits) }
        });
        views.take(filter.most).collect()
    }

    fn sleeper_view(
        &self,
        task: TaskId,
        locals: bool,
        addressees: &OnceCell<HashMap<MailId, ActorId>>,
    ) -> Option<SleeperView> {
        let sim = &self.world.sim;
        let tasklet = self.tasklet(task)?;
        let until = tasklet.timer.and_then(|place| sim.state.wheel.due(place));
        let frames =
            if tasklet.role == Role::Native { Vec::new() } else { self.here.vm.frames(tasklet.thread, locals) };
        Some(SleeperView {
            task,
            order: tasklet.order,
            owner: self.world.actor_ref(tasklet.owner),
            label: sim.names.text(tasklet.label).into(),
            role: tasklet.role.word(),
            cancelled: tasklet.cancelled,
            why: self.why(tasklet, until, addressees),
            since: tasklet.since,
            until,
            awaited: self.waiting(tasklet.awaiters),
            activator: self.world.some_actor(tasklet.activator),
            caller: self.world.some_actor(tasklet.caller),
            time: Use { used: tasklet.spent.max(0) as u64, limit: sim.limits.time.max(0) as u64 },
            bytes: self.here.vm.tasklet_bytes(tasklet.thread),
            frames: frames.iter().map(|frame| self.frame_view(frame)).collect(),
        })
    }

    fn frame_view(&self, frame: &FramePeek<'_>) -> FrameView {
        let views = |values: &[(String, dormouse_vm::Peek<'_>)]| {
            let views =
                values.iter().map(|(name, value)| FieldView { name: name.clone(), value: self.value_view(value) });
            views.collect()
        };
        FrameView {
            file: frame.place.file.clone(),
            line: frame.place.line,
            function: frame.place.function.clone(),
            nested: frame.nested,
            locals: views(&frame.locals),
            upvalues: views(&frame.upvalues),
        }
    }

    fn why(&self, tasklet: &Tasklet, until: Option<u64>, addressees: &OnceCell<HashMap<MailId, ActorId>>) -> Why {
        let sim = &self.world.sim;
        let text = |name: Name| sim.names.text(name).to_owned();
        match tasklet.wait {
            Wait::Ready => Why::Ready,
            Wait::Ticks => Why::Ticks { ticks: until.unwrap_or(tasklet.since).saturating_sub(tasklet.since) },
            Wait::Event(name) => Why::Event { name: (name != Name::NONE).then(|| text(name)) },
            Wait::Action { who, action, when } => {
                Why::Action { who: self.world.actor_ref(who), action: text(action), moment: when }
            }
            Wait::Task(task) => Why::Task { task, label: self.task_label(task) },
            Wait::Reply(mail) => {
                let event = sim.state.mail.get(mail).map(|letter| event_name(&self.letter(mail, letter.event)));
                let addressees = addressees.get_or_init(|| self.addressees());
                let from = addressees.get(&mail).map(|actor| self.world.actor_ref(*actor));
                Why::Reply { event: event.unwrap_or_default(), from }
            }
            Wait::Motion => {
                let actor = self.actor(tasklet.owner);
                Why::Motion { to: actor.and_then(|actor| self.motion_view(actor)) }
            }
            Wait::Join(token) => match sim.state.flights.get(token as usize) {
                Some(flight) => Why::Join { action: text(flight.action), began: flight.began },
                None => Why::Turn,
            },
            Wait::Turn => Why::Turn,
        }
    }

    /// In whose mailbox (or hands) each letter is. Cost: all actors are looked at.
    fn addressees(&self) -> HashMap<MailId, ActorId> {
        let mut addressees = HashMap::new();
        for (id, actor) in self.world.sim.state.actors.iter() {
            for first in [actor.dealings.handling, actor.dealings.mail.0] {
                let mut at = first;
                while let Some(letter) = self.world.sim.state.mail.get(at) {
                    addressees.insert(at, id);
                    at = letter.next;
                }
            }
        }
        addressees
    }

    /// An actor's tasklets, oldest first.
    pub(super) fn tasks_of(&self, actor: ActorId) -> Vec<TaskId> {
        let mut tasks = Vec::new();
        let mut at = self.actor(actor).map_or(TaskId::default(), |actor| actor.tasklets);
        while let Some(tasklet) = self.tasklet(at) {
            tasks.push(at);
            at = tasklet.sibling;
        }
        tasks.reverse();
        tasks
    }
}
