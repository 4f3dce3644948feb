//! A world being played, without a clock and without a screen: it takes commands, lives through ticks, and says what is
//! to be seen. Here is all that changes the world, and that is inputs, saves, loads and rewinds only.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use dormouse::console::{Completion, Console, complete};
use dormouse::happenings::Happening;
use dormouse::input::{Inputs, What};
use dormouse::map::Map;
use dormouse::snapshot::SaveOptions;
use dormouse::{Config, OutputKind, Scripts, World};

use crate::images::Pixels;
use crate::overlay::{self, Overlay, Wants};
use crate::past::Past;
use crate::record::Recorder;
use crate::saves::{AUTO, Save, SlotInfo, Slots, snapshot_in};
use crate::scene::{Scene, SceneMaker};
use crate::stage::Stage;

/// How a game is set up.
pub struct Setup {
    /// The map.
    pub map: Map,
    /// The scripts.
    pub scripts: Scripts,
    /// The world's seed.
    pub seed: u64,
    /// Inputs besides those of the players.
    pub inputs: Inputs,
    /// Where all inputs are written.
    pub record: Option<PathBuf>,
    /// The folder for saved games.
    pub saves: PathBuf,
    /// A saved game to begin with.
    pub load: Option<PathBuf>,
    /// Bytes for images of the past.
    pub memory: usize,
    /// The names of sounds, of which the screen wants to hear.
    pub sounds: Vec<String>,
}

/// Something that the player, or who takes the world apart, wants.
#[derive(Clone, Debug)]
pub enum Command {
    /// An input for the next tick.
    Input(What),
    /// Time stands still, or goes on.
    Pause(bool),
    /// One tick passes; time stands still afterwards.
    Tick,
    /// One step within a tick: a wire, a tasklet, the movement.
    Step,
    /// Back so many ticks, and time stands still.
    Back(u64),
    /// To a tick of the past, and time stands still.
    GoTo(u64),
    /// How fast time goes: 1 is as fast as outside.
    Speed(f64),
    /// Saves in a slot, with what the screen shows.
    Save(usize, Option<Arc<Pixels>>),
    /// Loads from a slot.
    Load(usize),
    /// What is in the slots, please.
    Slots,
    /// What is in view, and what is to be known.
    Look(Box<Wants>),
    /// A line for the console.
    Say(String),
    /// How the line goes on at that byte.
    Complete(String, usize),
}

/// What is to be seen, as plain data.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// The world.
    pub scene: Scene,
    /// Time stands still.
    pub paused: bool,
    /// How fast time goes.
    pub speed: f64,
    /// What was told since the frame before: saved, loaded, what went wrong.
    pub notices: Vec<String>,
    /// What a tick took, in microseconds, for those since the frame before.
    pub tick_times: Vec<f32>,
    /// The oldest tick that can be gone back to, and the youngest.
    pub past: (u64, u64),
    /// Bytes that images of the past take.
    pub past_bytes: usize,
    /// What was asked for.
    pub overlay: Overlay,
    /// What was answered on the console since the frame before: lines, and whether they say what is wrong.
    pub answers: Vec<(Vec<String>, bool)>,
    /// How the console's line goes on.
    pub completion: Option<Completion>,
    /// What is in the slots, when that was asked.
    pub slots: Option<Vec<SlotInfo>>,
    /// Actions that began in view, with their classes and places: what there is to hear.
    pub heard: Vec<Heard>,
}

/// Something to be heard.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// The class.
    pub class: String,
    /// The action that began.
    pub action: String,
    /// Where, in pixels of the map.
    pub at: [f32; 2],
}

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
    console: Console,
    slots: Slots,
    wants: Wants,
    /// What happened since the last frame.
    fresh: VecDeque<Happening>,
    /// The tick to which the world went back since then.
    rewound: Option<u64>,
    budgeted: u64,
    paused: bool,
    speed: f64,
    /// In the past, with a future that is still known.
    looking_back: bool,
    /// It began with a snapshot: what was before is not known.
    began_later: bool,
    next: Frame,
    ears: crate::sound::Ears,
}

/// Happenings that wait for a frame; the oldest are left out.
const MAX_FRESH: usize = 5000;
/// How slow and how fast time may go.
pub const SPEEDS: [f64; 9] = [0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0];

impl Game {
    /// Makes the world, and loads a saved game where one is asked for.
    ///
    /// Errors: scripts or a map that do not fit, a recording that can't be written, a saved game that can't be loaded.
    pub fn new(setup: Setup) -> Result<Game, String> {
        let world = make(&setup, setup.seed)?;
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
            console: Console::default(),
            slots: Slots::new(setup.saves.clone()),
            wants: Wants::default(),
            fresh: VecDeque::new(),
            rewound: None,
            budgeted: 0,
            paused: false,
            speed: 1.0,
            looking_back: false,
            began_later: false,
            next: Frame::default(),
            setup,
            world,
            stage,
        };
        game.past.begin(&game.world);
        if let Some(path) = game.setup.load.clone() {
            game.load(&path)?;
        }
        Ok(game)
    }

    /// What of the map never changes.
    pub fn stage(&self) -> Arc<Stage> {
        self.stage.clone()
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

    // ---- time --------------------------------------------------------------------------------------------------

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
    fn finish(&mut self) -> bool {
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
    fn begin(&mut self) -> Vec<What> {
        let now = self.world.now();
        if self.looking_back {
            self.looking_back = false;
            self.past.cut(now);
            self.scenes.cut(now);
            self.inputs = self.setup.inputs.clone();
            let cut = self.recorder.as_mut().map_or(Ok(()), |recorder| recorder.cut(now));
            self.tell(cut);
        }
        let mut inputs = self.inputs.take(now + 1);
        inputs.append(&mut self.pending);
        let written = self.recorder.as_mut().map_or(Ok(()), |recorder| recorder.tick(now + 1, &inputs));
        if written.is_err() {
            // Told once; the game goes on.
            self.recorder = None;
        }
        self.tell(written);
        inputs
    }

    /// After a tick.
    fn lived(&mut self) {
        let lines = self.world.take_output();
        self.scenes.hear(&lines);
        for line in lines {
            if line.kind == OutputKind::Error {
                let first = line.text.lines().next().unwrap_or_default();
                self.next
                    .notices
                    .push(format!("{}: {first}", if line.actor.is_empty() { "world" } else { &line.actor }));
            }
        }
        let happenings = self.world.take_happenings();
        self.fresh.extend(happenings.iter().cloned());
        let over = self.fresh.len().saturating_sub(MAX_FRESH);
        self.fresh.drain(..over);
        self.console.note(happenings);
    }

    /// One step within a tick.
    fn step(&mut self) {
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
    fn go_to(&mut self, tick: u64) {
        self.paused = true;
        self.finish();
        match self.past.go_to(&mut self.world, tick) {
            Ok(now) => {
                self.looking_back = now < self.past.range().1;
                // What is lived through again was heard before.
                self.world.take_output();
                self.world.take_happenings();
                self.forget(now);
            }
            Err(problem) => self.notice(problem),
        }
    }

    /// What was told of ticks after this one is no longer so.
    fn forget(&mut self, tick: u64) {
        self.console.rewind(tick);
        self.fresh.retain(|happening| happening.tick <= tick);
        self.rewound = Some(self.rewound.map_or(tick, |earlier| earlier.min(tick)));
        self.ears.forget();
    }

    // ---- commands ----------------------------------------------------------------------------------------------

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
            Command::Tick => {
                self.paused = true;
                self.tick();
            }
            Command::Step => self.step(),
            Command::Back(ticks) => self.go_to(self.world.now().saturating_sub(ticks)),
            Command::GoTo(tick) => self.go_to(tick),
            Command::Speed(speed) => self.speed = speed.clamp(SPEEDS[0], SPEEDS[SPEEDS.len() - 1]),
            Command::Save(slot, picture) => {
                let saved = self.save(slot, picture.as_deref());
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
        self.next.notices.push(text);
    }

    fn tell(&mut self, result: Result<(), String>) {
        if let Err(problem) = result {
            self.notice(problem);
        }
    }

    // ---- saved games -------------------------------------------------------------------------------------------

    fn save(&mut self, slot: usize, picture: Option<&Pixels>) -> Result<PathBuf, String> {
        if !self.world.is_between_ticks() {
            return Err("a game is saved between two ticks: finish this one first".into());
        }
        if self.began_later {
            let options = SaveOptions { verify: true, created_by: "dormouse play".into(), ..SaveOptions::default() };
            let bytes = self.world.save(&options).map_err(|error| error.to_string())?;
            return self.slots.put(slot, &bytes, picture);
        }
        let now = self.world.now();
        let inputs = self.past.inputs().iter().take_while(|(tick, _)| *tick <= now).cloned().collect();
        let save = Save {
            map: self.setup.map.name.clone(),
            seed: self.setup.seed,
            tick: now,
            hash: self.world.hash(),
            inputs,
        };
        self.slots.save(slot, &save, picture)
    }

    /// Keeps the game that is being left, where there is something to keep.
    pub fn leave(&mut self) -> Result<Option<PathBuf>, String> {
        self.finish();
        if self.past.inputs().is_empty() { Ok(None) } else { self.save(AUTO, None).map(Some) }
    }

    fn load(&mut self, path: &std::path::Path) -> Result<(), String> {
        if let Some(bytes) = snapshot_in(path) {
            return self.load_snapshot(path, &bytes);
        }
        let save = Save::read(path)?;
        if save.map != self.setup.map.name {
            return Err(format!("{}: this is a game on the map {}", path.display(), save.map));
        }
        let mut world = make(&self.setup, save.seed)?;
        let mut past = Past::new(self.setup.memory);
        past.begin(&world);
        let mut at = 0;
        while world.now() < save.tick {
            let now = world.now() + 1;
            let count = save.inputs[at..].iter().take_while(|(tick, _)| *tick == now).count();
            let due: Vec<What> = save.inputs[at..at + count].iter().map(|(_, what)| what.clone()).collect();
            at += count;
            world.tick(&due);
            world.take_output();
            past.lived(&world, &due);
        }
        if world.hash() != save.hash {
            return Err(format!(
                "{}: it does not lead to the same world any more: its map or scripts have changed",
                path.display()
            ));
        }
        self.setup.seed = save.seed;
        self.go_on_in(world, past);
        self.began_later = false;
        if let Some(path) = &self.setup.record {
            let about = format!("dormouse play {}\nseed {}", self.setup.map.path.display(), self.setup.seed);
            let mut recorder = Recorder::create(path, &about)?;
            let mut rest = self.past.inputs();
            while let Some((tick, _)) = rest.first() {
                let count = rest.iter().take_while(|(at, _)| at == tick).count();
                let inputs: Vec<What> = rest[..count].iter().map(|(_, what)| what.clone()).collect();
                recorder.tick(*tick, &inputs)?;
                rest = &rest[count..];
            }
            self.recorder = Some(recorder);
        }
        Ok(())
    }

    fn load_snapshot(&mut self, path: &std::path::Path, bytes: &[u8]) -> Result<(), String> {
        let config = Config { seed: self.setup.seed, ..Config::default() };
        let world = World::restore(bytes, &config, &self.setup.scripts);
        let world = world.map_err(|error| format!("{}: {error}", path.display()))?;
        let mut past = Past::new(self.setup.memory);
        past.begin(&world);
        self.go_on_in(world, past);
        self.began_later = true;
        if let Some(record) = &self.setup.record {
            let repeat = format!("dormouse resume {} --input", path.display());
            let about =
                format!("dormouse play, from tick {} of {}\nrepeat it with: {repeat}", self.now(), path.display());
            self.recorder = Some(Recorder::create(record, &about)?);
        }
        Ok(())
    }

    /// Another world in place of this one, with its past.
    fn go_on_in(&mut self, mut world: World, past: Past) {
        world.set_watching(self.wants.watches());
        world.take_output();
        self.world = world;
        self.past = past;
        self.inputs = self.setup.inputs.clone();
        self.looking_back = false;
        self.pending.clear();
        self.forget(0);
        self.scenes = SceneMaker::new(self.stage.clone());
    }

    // ---- what is to be seen ------------------------------------------------------------------------------------

    /// What is to be seen now, with what was told since the last call.
    pub fn frame(&mut self) -> Frame {
        let mut frame = std::mem::take(&mut self.next);
        frame.scene = self.scenes.observe(&self.world, self.wants.view);
        if !self.looking_back && !self.paused {
            self.ears.listen(&self.world, &self.stage, &frame.scene, &mut frame.heard);
        }
        frame.overlay = overlay::look(&self.world, &mut self.fresh, &frame.scene, &self.wants, &mut self.budgeted);
        frame.overlay.rewound = self.rewound.take();
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
