//! The way of a tick: inputs and messages in, timers due, rounds of tasklets with the wires between them, movement
//! and what came of it, a share of garbage collection. A tick that is taken step by step is the same tick: there is
//! one way, which [`World::tick`] goes without stopping.

use crate::ids::{ActorId, TaskId};
use crate::input::What;
use crate::observe::{PostView, SleeperView};
use crate::sim::Sim;
use crate::sim::state::{Go, TIME, Wait};
use crate::wheel::Timer;

use super::World;

/// How many tasklets ahead the next ones are fetched into the cache, and from how many on that pays.
const AHEAD: usize = 12;
const MANY: usize = 4096;

/// So many in the queue are a crowd: its memory is given back when there is none any more.
const CROWD: usize = 1024;

/// Ticks that one must have slept before its memory is cut down.
const PATIENCE: u64 = 60;

/// So many sleepers may wake at once without waiting for memory, and so many bytes one takes that is awake.
const UPRISING: usize = 10_000;
const AWAKE: usize = 2_000;

/// How far a tick has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// Everything has moved.
    moved: bool,
    /// Tasklets left in this round, and whether it had many.
    left: usize,
    many: bool,
}

/// One step of a tick.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Step {
    /// A wire reaches its target.
    Wire(PostView),
    /// A tasklet goes on until it waits or ends. So it is before it does.
    Task(Box<SleeperView>),
    /// Everything moves.
    Movement,
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Step::Wire(post) => post.fmt(f),
            Step::Task(sleeper) => sleeper.fmt(f),
            Step::Movement => f.write_str("everything moves"),
        }
    }
}

/// What is next in a tick.
enum Next {
    Wire,
    Task(TaskId),
    Movement,
    End,
}

impl World {
    /// Lets one tick pass. One that was [begun](World::begin_tick) is finished first.
    ///
    /// Cost: what the tasklets that are due do; those that sleep cost nothing.
    pub fn tick(&mut self, inputs: &[What]) {
        self.begin_tick(inputs);
        self.finish_tick();
    }

    /// Begins a tick that is to be taken step by step: the inputs come in, what is due is ready to run. One that was
    /// begun before is finished first.
    pub fn begin_tick(&mut self, inputs: &[What]) {
        self.finish_tick();
        self.progress = Some(Progress::default());
        self.sim.state.tick += 1;
        for input in inputs {
            self.take_input(input);
        }
        self.sim.state.time += self.sim.state.duration;
        for task in std::mem::take(&mut self.sim.state.postponed) {
            self.sim.state.queue.push_back((task, TIME));
        }
        self.sim.post_due();
        self.wake_due();
        let queue = &mut self.sim.state.queue;
        if queue.capacity() > CROWD && queue.len() < queue.capacity() / 8 {
            queue.shrink_to(4 * queue.len());
        }
    }

    /// Whether no tick is under way, so that the world can be saved.
    pub fn is_between_ticks(&self) -> bool {
        self.progress.is_none()
    }

    /// What the next step of the tick under way will be. `None` when nothing is left but to
    /// [finish](World::finish_tick) it, or when none is under way.
    pub fn next_step(&self) -> Option<Step> {
        match self.next() {
            Next::Wire => self.post_views().into_iter().next().map(Step::Wire),
            Next::Task(task) => self.sleeper(task, false).map(|sleeper| Step::Task(Box::new(sleeper))),
            Next::Movement => Some(Step::Movement),
            Next::End => None,
        }
    }

    /// Takes one step of the tick under way: one wire, one tasklet, or the movement of everything. Gives what it was.
    /// `None` when nothing was left but to [finish](World::finish_tick) the tick, or when none is under way.
    pub fn step(&mut self) -> Option<Step> {
        let step = self.next_step();
        self.advance();
        step
    }

    /// Takes all steps that are left of the tick under way, and ends it. Nothing happens when none is.
    pub fn finish_tick(&mut self) {
        if self.progress.is_none() {
            return;
        }
        while self.advance() {
            let left = self.progress.map_or(0, |progress| progress.left);
            self.take_turns(left);
        }
        self.progress = None;
        self.sim.leave_actor();
        // All but time itself: a cause is one within a tick, or from outside before it.
        self.sim.forget_causes();
        self.trim_sleepers();
        self.put_to_bed();
        self.vm.collect();
        self.vm.warm_up(self.sim.state.actors.sleepers().min(UPRISING) * AWAKE);
    }

    /// Cuts down the memory of those who have slept for a while. (Not at once: one that is woken often would be cut
    /// and grown again each time.)
    fn trim_sleepers(&mut self) {
        let tick = self.sim.state.tick;
        while let Some((task, since)) = self.drowsy.front().copied().filter(|(_, since)| since + PATIENCE <= tick) {
            self.drowsy.pop_front();
            let Some(tasklet) = self.sim.state.tasks.0.awake(task) else { continue };
            if tasklet.wait != Wait::Ready && tasklet.since == since {
                self.vm.trim(tasklet.thread);
            }
        }
    }

    fn next(&self) -> Next {
        let state = &self.sim.state;
        let Some(progress) = self.progress else { return Next::End };
        if progress.left == 0 && !state.posts.is_empty() {
            return Next::Wire;
        }
        match state.queue.front() {
            Some((task, _)) => Next::Task(*task),
            None if progress.moved => Next::End,
            None => Next::Movement,
        }
    }

    /// Takes one step. False when none is left.
    #[inline]
    fn advance(&mut self) -> bool {
        let Some(progress) = &mut self.progress else { return false };
        if progress.left == 0 {
            if !self.sim.state.posts.is_empty() {
                self.carry_post();
                return true;
            }
            // A round: those who are runnable now. Those whom they wake have their turn in the next one.
            progress.left = self.sim.state.queue.len();
            progress.many = progress.left > MANY;
        }
        if self.sim.state.queue.is_empty() {
            return self.end_rounds();
        }
        self.take_turns(1);
        true
    }

    /// So many in the queue have their turns, all of this round.
    #[inline]
    fn take_turns(&mut self, count: usize) {
        let Some(Progress { left, many, .. }) = self.progress else { return };
        let mut taken = 0;
        while taken < count
            && let Some((task, cause)) = self.sim.state.queue.pop_front()
        {
            if many {
                self.look_ahead();
            }
            self.run(task, cause);
            taken += 1;
        }
        if let Some(progress) = &mut self.progress {
            progress.left = left - taken;
        }
    }

    /// Nobody is runnable any more: everything moves, and then those run whom that woke.
    fn end_rounds(&mut self) -> bool {
        let moved = self.progress.is_none_or(|progress| progress.moved);
        self.progress = Some(Progress { moved: true, ..Progress::default() });
        self.sim.leave_actor();
        if !moved {
            self.move_bodies();
        }
        !moved
    }

    fn carry_post(&mut self) {
        let sim = &mut self.sim;
        sim.leave_actor();
        let Some(post) = sim.state.posts.pop_front() else { return };
        if let Err(error) = self.vm.enter(|frame| sim.carry(frame, post)) {
            self.sim.report_engine(&error);
        }
    }

    /// Puts those whose time has come into the queue.
    fn wake_due(&mut self) {
        let state = &mut self.sim.state;
        state.wheel.advance(&mut self.due, &mut state.tasks);
        self.wake_for_timers();
        for at in 0..self.due.len() {
            let task = self.due[at].task;
            match self.sim.state.tasks.0.awake_mut(task) {
                Some(tasklet) if tasklet.wait == Wait::Ticks => {
                    (tasklet.timer, tasklet.wait, tasklet.go) = (None, Wait::Ready, Go::Slept);
                    self.sim.state.queue.push_back((task, TIME));
                }
                _ => self.wake_otherwise(at),
            }
        }
    }

    /// One that could not be woken, or whose wait had a limit.
    #[cold]
    fn wake_otherwise(&mut self, at: usize) {
        let task = self.due[at].task;
        if self.sim.state.tasks.0.is_asleep(task) {
            return self.put_off(self.due[at]);
        }
        let Some(tasklet) = self.sim.state.tasks.0.get_mut(task) else { return };
        tasklet.timer = None;
        self.time_out(task);
    }

    /// Wakes those whose timer is due.
    fn wake_for_timers(&mut self) {
        if self.sim.state.actors.sleepers() == 0 {
            return;
        }
        let (vm, sim) = (&mut self.vm, &mut self.sim);
        let dreamer = |timer: &Timer| sim.state.dreamer(sim.state.tasks.0.sleeper(timer.task)?);
        let dreamers: Vec<ActorId> = self.due.iter().filter_map(dreamer).collect();
        if !dreamers.is_empty() {
            // Who could not be woken is asleep then, and that was told.
            let _ = vm.enter(|frame| sim.wake_many(frame, dreamers.into_iter()));
        }
    }

    /// One can't be woken: its timer is due again later.
    #[cold]
    fn put_off(&mut self, timer: Timer) {
        const LATER: u64 = 60;
        let state = &mut self.sim.state;
        let place = state.wheel.insert(Timer { due: state.tick + LATER, ..timer });
        if let Some(doze) = state.tasks.0.sleeper_mut(timer.task) {
            doze.set_timer(Some(place));
        }
    }

    /// A wait that had a limit reached it.
    fn time_out(&mut self, task: TaskId) {
        let (vm, sim) = (&mut self.vm, &mut self.sim);
        let since = sim.state.tasks.0[task].since;
        let ticks = dormouse_vm::Value::Number((sim.state.tick - since) as f64);
        let _ = vm.enter(|frame| {
            let pin = sim.exception(frame, "Timeout", &[("ticks", ticks)]);
            sim.cause = TIME;
            let number = sim.note_raised(task, sim.base_of(task), || "Timeout".into());
            sim.befall(task, number);
            sim.ready_in(frame, task, Go::Raise(dormouse_vm::Value::Pin(pin)));
        });
    }

    #[inline]
    fn look_ahead(&self) {
        let (queue, tasks) = (&self.sim.state.queue, &self.sim.state.tasks.0);
        for (ahead, near) in [(2 * AHEAD, false), (AHEAD, true)] {
            if let Some(tasklet) = queue.get(ahead).and_then(|(task, _)| tasks.get(*task)) {
                self.vm.prefetch(tasklet.thread, near);
            }
        }
    }

    fn move_bodies(&mut self) {
        let sim = &mut self.sim;
        let seconds = sim.state.duration as f32;
        self.contacts.clear();
        sim.state.space.step(seconds, &mut self.contacts);
        if self.contacts.is_empty() {
            return;
        }
        sim.cause = TIME;
        let contacts = &mut self.contacts;
        if let Err(error) = self.vm.enter(|frame| sim.meet_all(frame, contacts)) {
            self.sim.report_engine(&error);
        }
    }
}

impl Sim {
    /// Nobody runs.
    pub(crate) fn leave_actor(&mut self) {
        self.current = TaskId::default();
        self.actor = ActorId::default();
        self.cause = TIME;
    }

    /// Something that the engine itself could not do: the heap is full.
    pub(crate) fn report_engine(&mut self, error: &dormouse_vm::VmError) {
        self.state.counts.errors += 1;
        self.put(crate::output::OutputKind::Error, ActorId::default(), error.to_string());
    }
}
