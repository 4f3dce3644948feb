//! A world being played, without a clock and without a screen: it takes commands, lives through ticks, and says what is
//! to be seen. Here is all that changes the world, and that is inputs, saves, loads and rewinds only.

mod keep;
mod talk;
#[cfg(test)]
mod tests;
mod time;

use std::collections::VecDeque;
use std::sync::Arc;

use dormouse::console::{Console, complete};
use dormouse::happenings::Happening;
use dormouse::input::{Inputs, What};
use dormouse::snapshot::MapOrigin;
use dormouse::{Config, Output, World};

use crate::journal::Journal;
use crate::overlay::{self, Wants};
use crate::past::Past;
use crate::record::Recorder;
use crate::saved::Birth;
use crate::saves::Slots;
use crate::scene::SceneMaker;
use crate::stage::Stage;
pub use talk::{Command, Frame, Heard, Setup};

/// A world being played.
pub struct Game {
    setup: Setup,
    world: World,
    stage: Arc<Stage>,
    scenes: SceneMaker,
    inputs: Inputs,
    pending: Vec<What>,
    past: Past,
    recorder: Option<Recorder>,
    journal: Option<Journal>,
    /// A journal is to be kept.
    journalled: bool,
    console: Console,
    slots: Slots,
    wants: Wants,
    /// What happened since the last frame.
    fresh: VecDeque<Happening>,
    /// What was said since then.
    lines: Vec<Output>,
    /// The tick to which the world went back since then.
    rewound: Option<u64>,
    budgeted: u64,
    paused: bool,
    speed: f64,
    /// In the past, with a future that is still known.
    looking_back: bool,
    /// Where it began; none for a game that was loaded and whose inputs are not known, or lead elsewhere by now.
    birth: Option<Birth>,
    origin: MapOrigin,
    next: Frame,
    ears: crate::sound::Ears,
}

/// Happenings that wait for a frame; the oldest are left out.
const MAX_FRESH: usize = 5000;
/// How slow and how fast time may go.
const SPEEDS: [f64; 9] = [0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0];

impl Game {
    /// Makes the world, and loads a saved game where one is asked for.
    ///
    /// Errors: scripts or a map that do not fit, a recording that can't be written, a saved game that can't be loaded.
    pub fn new(setup: Setup) -> Result<Game, String> {
        let mut world = make(&setup, setup.seed)?;
        let stage = Arc::new(Stage::new(&setup.map, &world.class_sights()));
        let recorder = match &setup.record {
            Some(path) => {
                let about = format!("dormouse play {}\nseed {}", setup.map.path.display(), setup.seed);
                Some(Recorder::create(path, &about)?)
            }
            None => None,
        };
        let mut ears = crate::sound::Ears::default();
        ears.tune(&stage, &setup.sounds);
        let mut game = Game {
            scenes: SceneMaker::new(stage.clone()),
            ears,
            inputs: setup.inputs.clone(),
            pending: Vec::new(),
            past: Past::new(setup.memory),
            recorder,
            journal: None,
            journalled: false,
            console: Console::default(),
            slots: Slots::new(setup.saves.clone()),
            wants: Wants::default(),
            fresh: VecDeque::new(),
            lines: Vec::new(),
            rewound: None,
            budgeted: 0,
            paused: false,
            speed: 1.0,
            looking_back: false,
            birth: Some(Birth::of(&mut world, setup.seed)),
            origin: keep::origin_of(&setup.map),
            next: Frame::default(),
            setup,
            world,
            stage,
        };
        game.past.begin(&game.world, Vec::new());
        if let Some(path) = game.setup.load.clone() {
            game.load(&path)?;
        }
        Ok(game)
    }

    /// What of the map never changes.
    pub fn stage(&self) -> Arc<Stage> {
        self.stage.clone()
    }

    /// The world, to be looked at.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// What was said and what happened since the last call, for whoever shows it without frames.
    pub fn take_story(&mut self) -> (Vec<Output>, Vec<Happening>) {
        (std::mem::take(&mut self.lines), self.fresh.drain(..).collect())
    }

    /// What was answered on the console since the last call, or the last frame.
    pub fn take_answers(&mut self) -> Vec<(Vec<String>, bool)> {
        std::mem::take(&mut self.next.answers)
    }

    /// Time stands still.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// How fast time goes.
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// The world's hash.
    pub fn hash(&mut self) -> u64 {
        self.world.hash()
    }

    /// The last tick.
    pub fn now(&self) -> u64 {
        self.world.now()
    }

    /// Where the player is, in pixels of the map.
    pub fn player(&self) -> Option<[f32; 2]> {
        self.world.find("player").and_then(|player| self.world.position_of(player))
    }

    /// World time, in seconds.
    pub fn time(&self) -> f64 {
        self.world.time()
    }

    /// Carries out a command.
    pub fn obey(&mut self, command: Command) {
        match command {
            Command::Input(what) => self.pending.push(what),
            Command::Pause(paused) => {
                self.paused = paused;
                if !paused {
                    self.finish();
                }
            }
            // Whoever presses a key means the world as it is, not as it was when the last picture was made.
            Command::PauseOrGoOn => self.obey(Command::Pause(!self.paused)),
            Command::Tick => {
                self.paused = true;
                self.tick();
            }
            Command::Step => self.step(),
            Command::Back(ticks) => self.go_to(self.world.now().saturating_sub(ticks)),
            Command::GoTo(tick) => self.go_to(tick),
            Command::Faster(steps) => {
                let at = SPEEDS.iter().position(|speed| *speed == self.speed).unwrap_or(3);
                self.speed = SPEEDS[at.saturating_add_signed(steps).min(SPEEDS.len() - 1)];
            }
            Command::Save(slot, seen) => {
                let saved = self.save(slot, &seen);
                let told = saved.map(|file| format!("saved at tick {}: {}", self.world.now(), file.display()));
                self.notice(told.unwrap_or_else(|problem| problem));
            }
            Command::Load(slot) => {
                let file = self.slots.file(slot);
                let told = match file.exists() {
                    false => "there is no saved game in that slot".into(),
                    true => match self.load(&file) {
                        Ok(()) => format!("loaded: tick {}", self.world.now()),
                        Err(problem) => format!("{problem}. The game goes on as it was."),
                    },
                };
                self.notice(told);
            }
            Command::Slots => self.next.slots = Some(self.slots.look()),
            Command::Look(wants) => {
                self.world.set_watching(wants.watches());
                self.wants = *wants;
            }
            Command::Say(line) => self.say(&line),
            Command::Complete(line, cursor) => self.next.completion = Some(complete(&self.world, &line, cursor)),
        }
    }

    fn say(&mut self, line: &str) {
        self.finish();
        let answer = self.console.submit(&mut self.world, line);
        self.pending.extend(answer.inputs);
        self.next.answers.push((answer.lines, answer.failed));
    }

    fn notice(&mut self, text: String) {
        if self.setup.tell {
            println!("# {text}");
        }
        self.next.notices.push(text);
    }

    fn tell(&mut self, result: Result<(), String>) {
        if let Err(problem) = result {
            self.notice(problem);
        }
    }

    /// What is to be seen now, with what was told since the last call.
    pub fn frame(&mut self) -> Frame {
        let mut frame = std::mem::take(&mut self.next);
        self.lines.clear();
        frame.scene = self.scenes.observe(&self.world, self.wants.view);
        if !self.looking_back && !self.paused {
            self.ears.listen(&self.world, &self.stage, &frame.scene, &mut frame.heard);
        }
        frame.overlay = overlay::look(&self.world, &mut self.fresh, &frame.scene, &self.wants, &mut self.budgeted);
        frame.overlay.rewound = self.rewound.take();
        frame.view = self.wants.view;
        frame.paused = self.paused;
        frame.speed = self.speed;
        frame.past = self.past.range();
        frame.past_bytes = self.past.bytes();
        frame
    }
}

fn make(setup: &Setup, seed: u64) -> Result<World, String> {
    let config = Config { seed, ..Config::default() };
    World::with_map(&config, &setup.scripts, &setup.map).map_err(|error| error.to_string())
}
