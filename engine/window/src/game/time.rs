//! How time passes in a game: ticks, steps within one, back into the past and on from there.

use dormouse::OutputKind;
use dormouse::input::What;

use super::{Game, MAX_FRESH};

impl Game {
    /// Lets one tick pass, with the inputs that came in meanwhile; one that is under way is finished.
    pub fn tick(&mut self) {
        self.timed_tick(|tick| {
            tick();
            0.0
        });
    }

    /// The same, with the world's own part of it measured: `time` is given that, and what it finds is given back.
    pub fn timed_tick(&mut self, time: impl FnOnce(&mut dyn FnMut()) -> f64) -> f64 {
        if self.finish() {
            return 0.0;
        }
        let inputs = self.begin();
        let world = &mut self.world;
        let took = time(&mut || world.tick(&inputs));
        self.past.lived(&self.world, &inputs);
        self.lived();
        took
    }

    /// Finishes a tick that was taken step by step. False when none is under way.
    pub(super) fn finish(&mut self) -> bool {
        if self.world.is_between_ticks() {
            return false;
        }
        self.world.finish_tick();
        // Its inputs are known since it began.
        self.past.lived(&self.world, &[]);
        self.lived();
        true
    }

    /// A tick took so long.
    pub fn took(&mut self, time: std::time::Duration) {
        if self.next.tick_times.len() < 10_000 {
            self.next.tick_times.push(time.as_secs_f32() * 1e6);
        }
    }

    /// What was told since the last frame.
    pub fn take_notices(&mut self) -> Vec<String> {
        std::mem::take(&mut self.next.notices)
    }

    /// What comes in at the next tick. Whatever was known to come after now never happened.
    pub(super) fn begin(&mut self) -> Vec<What> {
        let now = self.world.now();
        if self.looking_back {
            self.looking_back = false;
            self.past.cut(now);
            self.scenes.cut(now);
            self.inputs = self.setup.inputs.clone();
            let cut = self.recorder.as_mut().map_or(Ok(()), |recorder| recorder.cut(now));
            self.tell(cut);
            self.cut_journal(now);
        }
        let mut inputs = self.inputs.take(now + 1);
        inputs.append(&mut self.pending);
        let written = self.recorder.as_mut().map_or(Ok(()), |recorder| recorder.tick(now + 1, &inputs));
        if written.is_err() {
            // Told once; the game goes on.
            self.recorder = None;
        }
        self.tell(written);
        self.note_in_journal(&inputs);
        if self.setup.tell {
            inputs.iter().for_each(|what| println!("{} {what}", now + 1));
        }
        inputs
    }

    /// After a tick.
    pub(super) fn lived(&mut self) {
        let lines = self.world.take_output();
        self.scenes.hear(&lines);
        for line in &lines {
            if self.setup.tell {
                println!("# {}: {}", line.actor, line.text);
            }
            if line.kind == OutputKind::Error {
                let first = line.text.lines().next().unwrap_or_default();
                self.next
                    .notices
                    .push(format!("{}: {first}", if line.actor.is_empty() { "world" } else { &line.actor }));
            }
        }
        self.lines.extend(lines);
        self.lines.truncate(MAX_FRESH);
        let happenings = self.world.take_happenings();
        self.fresh.extend(happenings.iter().cloned());
        let over = self.fresh.len().saturating_sub(MAX_FRESH);
        self.fresh.drain(..over);
        self.console.note(happenings);
    }

    /// One step within a tick.
    pub(super) fn step(&mut self) {
        self.paused = true;
        if self.world.is_between_ticks() {
            let inputs = self.begin();
            self.world.begin_tick(&inputs);
            // So that the tick can be lived through again.
            self.past.note(self.world.now(), &inputs);
        }
        match self.world.step() {
            Some(step) => self.notice(format!("tick {}: {step}", self.world.now())),
            None => {
                self.finish();
                self.notice(format!("tick {} is over", self.world.now()));
            }
        }
        self.lived();
    }

    /// To a tick of the past, or forward again to what is known.
    pub(super) fn go_to(&mut self, tick: u64) {
        self.paused = true;
        self.finish();
        match self.past.go_to(&mut self.world, tick) {
            Ok(now) => {
                self.looking_back = now < self.past.range().1;
                // What is lived through again was heard before.
                self.world.take_output();
                self.world.take_happenings();
                self.forget(now);
                if self.setup.tell {
                    println!("# back at tick {now}");
                }
            }
            Err(problem) => self.notice(problem),
        }
    }

    /// What was told of ticks after this one is no longer so.
    pub(super) fn forget(&mut self, tick: u64) {
        self.console.rewind(tick);
        self.fresh.retain(|happening| happening.tick <= tick);
        self.rewound = Some(self.rewound.map_or(tick, |earlier| earlier.min(tick)));
        self.ears.forget();
    }
}
