//! The way of a tick: inputs and messages in, timers due, rounds of tasklets with the wires between them, movement
//! and what came of it, a share of garbage collection.

use crate::ids::{ActorId, TaskId};
use crate::input::What;
use crate::sim::Sim;
use crate::sim::state::{Go, TIME, Wait};

use super::World;

/// How many tasklets ahead the next ones are fetched into the cache, and from how many on that pays.
const AHEAD: usize = 12;
const MANY: usize = 4096;

impl World {
    /// Lets one tick pass.
    ///
    /// Cost: what the tasklets that are due do; those that sleep cost nothing.
    pub fn tick(&mut self, inputs: &[What]) {
        let state = &mut self.sim.state;
        state.tick += 1;
        for input in inputs {
            self.take_input(input);
        }
        self.sim.state.time += self.sim.state.duration;
        self.sim.post_due();
        self.wake_due();
        self.run_rounds();
        self.move_bodies();
        self.run_rounds();
        // All but time itself: a cause is one within a tick, or from outside before it.
        self.sim.state.causes.truncate(1);
        self.vm.collect();
    }

    /// Puts those whose time has come into the queue.
    fn wake_due(&mut self) {
        let state = &mut self.sim.state;
        state.wheel.advance(&mut self.due, &mut state.tasks);
        for at in 0..self.due.len() {
            let task = self.due[at].task;
            let Some(tasklet) = self.sim.state.tasks.0.get_mut(task) else { continue };
            tasklet.timer = None;
            if tasklet.wait == Wait::Ticks {
                tasklet.wait = Wait::Ready;
                tasklet.go = Go::Slept;
                self.sim.state.queue.push_back((task, TIME));
            } else {
                self.time_out(task);
            }
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
            sim.ready_in(frame, task, Go::Raise(dormouse_vm::Value::Pin(pin)));
        });
    }

    /// Runs what is runnable, and what becomes so by it, until nothing is.
    fn run_rounds(&mut self) {
        loop {
            if !self.sim.state.posts.is_empty() {
                let sim = &mut self.sim;
                sim.leave_actor();
                if let Err(error) = self.vm.enter(|frame| sim.carry_posts(frame)) {
                    self.sim.report_engine(&error);
                }
            }
            let round = self.sim.state.queue.len();
            if round == 0 {
                break;
            }
            for _ in 0..round {
                if round > MANY {
                    self.look_ahead();
                }
                let Some((task, cause)) = self.sim.state.queue.pop_front() else { break };
                self.run(task, cause);
            }
        }
        self.sim.leave_actor();
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
