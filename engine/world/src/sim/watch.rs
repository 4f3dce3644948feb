//! Recording what happens, with its causes, while somebody watches. It reads the simulation and never steers it:
//! nothing here is in the state, the hash or a snapshot, and without a watcher all of it is one untaken branch.
//!
//! How a cause is found: each tasklet has a *context*, the happening in whose consequence it runs. It begins with
//! whatever started the tasklet, changes when something comes from outside (an event, a raise; not time, nor the answer
//! to what the tasklet itself asked or awaited), and is the beginning of an action while the tasklet is within that.
//! What befalls it on its own way (a collision, a timeout) passes: the next of its kind has the same cause, and is not
//! the consequence of the one before. What waits elsewhere (posts, letters) carries the
//! number of its own happening. Within a tick the numbers travel along the [`Cause`](super::state::Cause)s that are
//! there anyway, to name cycles.

use std::collections::{BTreeMap, HashMap, VecDeque};

use dormouse_vm::Pin;
use slotmap::SecondaryMap;

use super::Sim;
use super::queue::OrNone;
use super::state::{Go, Role, TIME};
use crate::happenings::{Ending, Happening, HappeningKind, Outcome, WireUse};
use crate::ids::{ActorId, MailId, TaskId};
use crate::observe::ActorRef;
use crate::output::{Output, OutputKind};

/// Happenings kept for somebody who does not take them; then the oldest are forgotten.
const MOST: usize = 1 << 18;
/// So many causes in a tick are those of a crowd.
const CROWD: usize = 1024;

/// See the module's comment.
pub(crate) struct Watch {
    /// Happenings are put out as lines, kept to be taken.
    pub(crate) lines: bool,
    pub(crate) keep: bool,
    list: VecDeque<Happening>,
    /// The cause of whatever happens now, where it is not that of the running tasklet.
    pub(crate) now: Option<u64>,
    pub(crate) contexts: Contexts,
}

/// What a tasklet's doings follow from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Context {
    number: u64,
    /// The same without what befell it on its own way.
    base: u64,
}

/// Numbers of happenings by what they are remembered for. An image holds a copy.
#[derive(Clone, Default)]
pub(crate) struct Contexts {
    causes: HashMap<u32, u64>,
    tasks: SecondaryMap<TaskId, Context>,
    letters: SecondaryMap<MailId, u64>,
    /// The beginning of each flight, and the context of its tasklet before.
    flights: HashMap<u32, (u64, Option<Context>)>,
    /// In step with the posts of the state.
    posts: VecDeque<Option<u64>>,
    delayed: BTreeMap<(u64, u64), u64>,
    pub(crate) wires: BTreeMap<u32, WireUse>,
}

impl Sim {
    /// Begins or ends to record.
    pub(crate) fn set_watch(&mut self, lines: bool, keep: bool) {
        if !lines && !keep {
            self.watch = None;
            return;
        }
        let posts = self.state.posts.len();
        let watch = self.watch.get_or_insert_with(|| {
            let contexts = Contexts { posts: vec![None; posts].into(), ..Contexts::default() };
            Box::new(Watch { lines, keep, list: VecDeque::new(), now: None, contexts })
        });
        (watch.lines, watch.keep) = (lines, keep);
    }

    pub(crate) fn take_happenings(&mut self) -> Vec<Happening> {
        self.watch.as_mut().map(|watch| std::mem::take(&mut watch.list).into()).unwrap_or_default()
    }

    /// Goes back to the contexts of an image (of none, where nobody watched when it was made).
    pub(crate) fn rewind_watch(&mut self, contexts: Option<&Contexts>) {
        let Some(watch) = &mut self.watch else { return };
        watch.list.clear();
        watch.now = None;
        watch.contexts = contexts.cloned().unwrap_or_default();
        watch.contexts.posts.resize(self.state.posts.len(), None);
    }

    // ---- noting ----------------------------------------------------------------------------------------------

    /// Notes a happening, caused by what runs now. Its number, when somebody watches.
    #[inline]
    pub(crate) fn note(&mut self, kind: impl FnOnce(&Sim) -> HappeningKind) -> Option<u64> {
        self.watch.as_ref()?;
        self.note_because(self.context(), kind)
    }

    /// Notes a happening with its cause.
    #[inline]
    pub(crate) fn note_because(&mut self, cause: Option<u64>, kind: impl FnOnce(&Sim) -> HappeningKind) -> Option<u64> {
        self.watch.as_ref()?;
        let kind = kind(self);
        self.record(cause, kind)
    }

    #[cold]
    fn record(&mut self, cause: Option<u64>, kind: HappeningKind) -> Option<u64> {
        let tick = self.state.tick;
        self.happened += 1;
        let number = self.happened;
        let watch = self.watch.as_mut()?;
        let told =
            matches!(kind, HappeningKind::Said { .. } | HappeningKind::Logged { .. } | HappeningKind::Error { .. });
        if watch.lines && !told {
            let whose = kind.whose();
            let who = whose.map(|who| who.id).unwrap_or_default();
            let actor = whose.map(|who| who.name.clone()).unwrap_or_default();
            let text = kind.to_string();
            let line = Output { tick, actor, who, kind: OutputKind::Trace, text, happening: Some(number), cause };
            self.output.push(line);
        }
        if watch.keep {
            if watch.list.len() == MOST {
                watch.list.pop_front();
            }
            watch.list.push_back(Happening { tick, number, cause, kind });
        }
        Some(number)
    }

    /// A line that the world puts out is a happening, too. Its number and its cause.
    pub(crate) fn note_output(&mut self, kind: OutputKind, who: ActorId, text: &str) -> (Option<u64>, Option<u64>) {
        let cause = self.context();
        let number = self.note_because(cause, |sim| {
            let (who, text) = (sim.known(who), text.to_owned());
            match kind {
                OutputKind::Say => HappeningKind::Said { who, text },
                OutputKind::Error => HappeningKind::Error { who, text },
                OutputKind::Log | OutputKind::Trace => HappeningKind::Logged { who, text },
            }
        });
        (number, cause)
    }

    /// An actor by id and name.
    pub(crate) fn named_ref(&self, id: ActorId) -> ActorRef {
        ActorRef { id, name: self.label(id) }
    }

    /// The same; none for nobody.
    pub(crate) fn known(&self, id: ActorId) -> Option<ActorRef> {
        (id != ActorId::default()).then(|| self.named_ref(id))
    }

    // ---- contexts --------------------------------------------------------------------------------------------

    /// The happening in whose consequence things happen now.
    pub(crate) fn context(&self) -> Option<u64> {
        let watch = self.watch.as_ref()?;
        let of_task = || watch.contexts.tasks.get(self.current).map(|context| context.number);
        watch.now.or_else(of_task).or_else(|| self.of_cause(self.cause))
    }

    /// What a tasklet's doings follow from.
    fn context_of(&self, task: TaskId) -> Option<Context> {
        self.watch.as_ref()?.contexts.tasks.get(task).copied()
    }

    /// What that which befalls a tasklet on its own way follows from.
    pub(crate) fn base_of(&self, task: TaskId) -> Option<u64> {
        self.context_of(task).map(|context| context.base)
    }

    /// The happening that a cause of this tick, or one before it, stands for.
    fn of_cause(&self, mut cause: u32) -> Option<u64> {
        let watch = self.watch.as_ref()?;
        while cause != TIME {
            if let Some(number) = watch.contexts.causes.get(&cause) {
                return Some(*number);
            }
            cause = self.state.causes.get(cause as usize)?.parent;
        }
        None
    }

    /// From here on a cause of this tick stands for a happening.
    pub(crate) fn tie(&mut self, cause: u32, number: Option<u64>) {
        if let Some((watch, number)) = self.watch.as_mut().zip(number) {
            watch.contexts.causes.insert(cause, number);
        }
    }

    /// Everything that happens until the next call is the consequence of this one; of whatever runs, for none. Gives
    /// what was set before.
    pub(crate) fn set_now(&mut self, number: Option<u64>) -> Option<u64> {
        self.watch.as_mut().and_then(|watch| std::mem::replace(&mut watch.now, number))
    }

    /// A tasklet was woken, or entered, because of a cause of this tick.
    #[cold]
    pub(crate) fn inherit(&mut self, task: TaskId, cause: u32) {
        let number = if cause == self.cause {
            self.context()
        } else {
            self.watch.as_ref().and_then(|watch| watch.now).or_else(|| self.of_cause(cause))
        };
        self.set_context(task, number);
    }

    /// A tasklet goes on in consequence of a happening; nothing changes for none.
    pub(crate) fn set_context(&mut self, task: TaskId, number: Option<u64>) {
        if let Some((watch, number)) = self.watch.as_mut().zip(number)
            && task.is_some()
            && self.state.tasks.0.contains_key(task)
        {
            watch.contexts.tasks.insert(task, Context { number, base: number });
        }
    }

    /// Something befell a tasklet on its own way.
    pub(crate) fn befall(&mut self, task: TaskId, number: Option<u64>) {
        let base = self.base_of(task);
        self.set_context(task, number);
        if let Some((watch, base)) = self.watch.as_mut().zip(base)
            && let Some(context) = watch.contexts.tasks.get_mut(task)
        {
            context.base = base;
        }
    }

    /// As [`Sim::ready`], for a tasklet that gets what it asked or awaited itself: it goes on as before, unless with an
    /// error, which befalls it.
    pub(crate) fn ready_again(&mut self, task: TaskId, go: Go, cause: u32, failed: bool) -> Option<Pin> {
        let before = self.context_of(task);
        let unused = self.ready(task, go, cause);
        if self.watch.is_some() {
            let number = self.context_of(task).map(|context| context.number).filter(|_| failed);
            if let Some(watch) = &mut self.watch {
                match before {
                    Some(before) => watch.contexts.tasks.insert(task, before),
                    None => watch.contexts.tasks.remove(task),
                };
            }
            self.befall(task, number);
        }
        unused
    }

    pub(crate) fn forget_context(&mut self, task: TaskId) {
        if let Some(watch) = &mut self.watch {
            watch.contexts.tasks.remove(task);
        }
    }

    /// The tick is over: its causes are forgotten.
    pub(crate) fn forget_causes(&mut self) {
        let causes = &mut self.state.causes;
        // What one tick with a crowd in it needed is not kept for all that have none.
        let used = causes.len();
        causes.truncate(1);
        if causes.capacity() > CROWD && used < causes.capacity() / 8 {
            causes.shrink_to(4 * used);
        }
        if let Some(watch) = &mut self.watch {
            watch.contexts.causes.clear();
        }
    }

    // ---- flights, letters, posts -----------------------------------------------------------------------------

    /// An action begins in a tasklet.
    pub(crate) fn note_begin(&mut self, token: u32, task: TaskId) {
        if self.watch.is_none() {
            return;
        }
        let flight = self.state.flights[token as usize];
        let before = self.context_of(task);
        let number = self.note(|sim| HappeningKind::ActionBegan {
            who: sim.named_ref(flight.actor),
            action: sim.names.text(flight.action).to_owned(),
            activator: sim.known(flight.activator),
            caller: sim.known(flight.caller),
        });
        self.tie(self.cause, number);
        self.set_context(task, number);
        if let Some((watch, number)) = self.watch.as_mut().zip(number) {
            watch.contexts.flights.insert(token, (number, before));
        }
    }

    /// An action ends; it may go on as a mere call, when another of its group superseded it.
    pub(crate) fn note_landing(&mut self, token: u32, finished: bool) -> Option<u64> {
        self.watch.as_ref()?;
        let flight = self.state.flights[token as usize];
        let began = self.watch.as_ref()?.contexts.flights.get(&token).map(|(began, _)| *began);
        self.note(|sim| {
            let (who, action) = (sim.named_ref(flight.actor), sim.names.text(flight.action).to_owned());
            match finished {
                true => HappeningKind::ActionFinished { who, action, began },
                false => HappeningKind::ActionFailed { who, action, began },
            }
        })
    }

    /// The call of an action is over: its tasklet goes on in the context in which it had begun it, unless something
    /// else woke it meanwhile.
    pub(crate) fn leave_flight(&mut self, token: u32, task: TaskId) {
        let Some(watch) = &mut self.watch else { return };
        let Some((began, before)) = watch.contexts.flights.remove(&token) else { return };
        if watch.contexts.tasks.get(task).is_some_and(|context| context.base == began) {
            match before {
                Some(before) => watch.contexts.tasks.insert(task, before),
                None => watch.contexts.tasks.remove(task),
            };
        }
    }

    pub(crate) fn note_letter(&mut self, mail: MailId, number: Option<u64>) {
        if let Some((watch, number)) = self.watch.as_mut().zip(number) {
            watch.contexts.letters.insert(mail, number);
        }
    }

    /// The happening that sent a letter.
    pub(crate) fn sent_by(&self, mail: MailId) -> Option<u64> {
        self.watch.as_ref()?.contexts.letters.get(mail).copied()
    }

    pub(crate) fn forget_letter(&mut self, mail: MailId) {
        if let Some(watch) = &mut self.watch {
            watch.contexts.letters.remove(mail);
        }
    }

    /// A wire was set off; to be called just before its post is put into the state.
    pub(crate) fn note_post(&mut self, wire: u32, source: ActorId, delayed: Option<(u64, u64)>) {
        if self.watch.is_none() {
            return;
        }
        let property = self.state.wires[wire as usize].property;
        let number = self.note(|sim| HappeningKind::WirePosted {
            wire,
            source: sim.named_ref(source),
            property: sim.names.text(property).to_owned(),
            due: delayed.map(|(due, _)| due),
        });
        let Some(watch) = &mut self.watch else { return };
        match (delayed, number) {
            (Some(key), Some(number)) => {
                watch.contexts.delayed.insert(key, number);
            }
            _ => watch.contexts.posts.push_back(number),
        }
    }

    /// A delayed post is due.
    pub(crate) fn move_post(&mut self, key: (u64, u64)) {
        if let Some(watch) = &mut self.watch {
            let number = watch.contexts.delayed.remove(&key);
            watch.contexts.posts.push_back(number);
        }
    }

    /// The first post is carried out now: what set it off.
    pub(crate) fn take_post(&mut self) -> Option<u64> {
        self.watch.as_mut()?.contexts.posts.pop_front().flatten()
    }

    /// What became of a wire.
    pub(crate) fn note_fired(
        &mut self,
        wire: u32,
        source: ActorId,
        target: Option<ActorId>,
        outcome: Outcome,
    ) -> Option<u64> {
        self.watch.as_ref()?;
        let call = self.state.wires[wire as usize].call;
        let tick = self.state.tick;
        if let Some(watch) = &mut self.watch {
            let used = watch.contexts.wires.entry(wire).or_default();
            *used = WireUse { fired: used.fired + 1, last: Some((tick, outcome)) };
        }
        self.note(|sim| HappeningKind::WireFired {
            wire,
            source: sim.named_ref(source),
            target: target.map(|target| sim.named_ref(target)),
            call: sim.names.text(call).to_owned(),
            outcome,
        })
    }

    /// Something is raised in a tasklet.
    pub(crate) fn note_raised(
        &mut self,
        task: TaskId,
        cause: Option<u64>,
        text: impl FnOnce() -> String,
    ) -> Option<u64> {
        self.watch.as_ref()?;
        let tasklet = *self.state.tasks.0.get(task)?;
        self.note_because(cause, |sim| HappeningKind::Raised {
            who: sim.named_ref(tasklet.owner),
            label: sim.names.text(tasklet.label).to_owned(),
            exception: text(),
        })
    }

    /// A tasklet ended. What follows from that (others who awaited it, an answer) follows from the number given.
    pub(crate) fn note_end(&mut self, task: TaskId, how: Ending) -> Option<u64> {
        self.watch.as_ref()?;
        let tasklet = *self.state.tasks.0.get(task)?;
        if !matches!(tasklet.role, Role::Task | Role::Main | Role::Native) {
            // Its action, or its event, has told already.
            return self.context_of(task).map(|context| context.number);
        }
        self.note(|sim| HappeningKind::TaskEnded {
            task,
            who: sim.named_ref(tasklet.owner),
            label: sim.names.text(tasklet.label).to_owned(),
            how,
        })
    }
}
