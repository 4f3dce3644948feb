//! Games that are kept: saved in slots, loaded, left, and written down as they go ([`Journal`]), so that one that ends
//! without a word is found again.

use std::path::{Path, PathBuf};

use dormouse::input::What;
use dormouse::snapshot::{MapOrigin, SaveOptions};
use dormouse::{Config, World};

use super::{Game, make};
use crate::journal::{self, Found, Journal};
use crate::past::Past;
use crate::record::Recorder;
use crate::saved::{Birth, History, Saved, Seen};
use crate::saves::{AUTO, FOUND};
use crate::scene::SceneMaker;

/// Ticks after which a journal begins anew with a snapshot, so that finding a game again takes no longer than living
/// through that many.
const AFRESH: u64 = 3600;

impl Game {
    /// Saves the game in a slot.
    ///
    /// Errors: a sentence; whatever was in the slot is still there then.
    pub(super) fn save(&mut self, slot: usize, seen: &Seen) -> Result<PathBuf, String> {
        let options = self.save_options(seen);
        let bytes = self.bytes(&options)?;
        self.slots.put(slot, &bytes)
    }

    fn save_options(&self, seen: &Seen) -> SaveOptions {
        let now = self.world.now();
        let inputs = || self.past.inputs().iter().take_while(|(tick, _)| *tick <= now).cloned().collect();
        let history = self.birth.map(|birth| History { birth, inputs: inputs() });
        Saved::options(self.origin.clone(), history.as_ref(), seen, &self.scenes.afterimage(&self.world))
    }

    fn bytes(&mut self, options: &SaveOptions) -> Result<Vec<u8>, String> {
        if !self.world.is_between_ticks() {
            return Err("a game is saved between two ticks: finish this one first".into());
        }
        self.world.save(options).map_err(|error| format!("the game is not saved: {error}"))
    }

    /// Keeps the game that is being left, where there is something to keep.
    pub fn leave(&mut self, seen: &Seen) -> Option<Result<PathBuf, String>> {
        self.finish();
        if self.past.inputs().is_empty() {
            return None;
        }
        let kept = self.save(AUTO, seen);
        if kept.is_ok() {
            self.end_journal();
        }
        Some(kept)
    }

    pub(super) fn load(&mut self, path: &Path) -> Result<(), String> {
        let saved = Saved::read(path)?;
        if let Some(map) = saved.map.as_ref().filter(|map| map.name != self.origin.name) {
            return Err(format!("{}: this is a game on the map {}", path.display(), map.name));
        }
        let config = Config { seed: saved.seed, ..Config::default() };
        let world = World::restore(&saved.bytes, &config, &self.setup.scripts)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        // What led to it is of use as long as it leads to it again.
        let birth = self.birth_with(saved.seed)?;
        let history = saved.history.filter(|history| history.birth == birth);
        if saved.map.is_some_and(|map| map.hash != self.origin.hash) {
            self.notice("the map has changed since: walls and wires are those of the saved game".into());
        }
        let mut past = Past::new(self.setup.memory);
        self.birth = history.as_ref().map(|history| history.birth);
        past.begin(&world, history.map(|history| history.inputs).unwrap_or_default());
        self.go_on_in(world, past);
        let (center, afterimage) = saved.view;
        self.scenes.bring_back(&self.world, afterimage);
        // Of a view that is nowhere nothing would be seen.
        self.next.look_at = Some(center.filter(|at| at.iter().all(|axis| axis.is_finite())));
        self.end_journal();
        self.record_anew(path)
    }

    /// What a world with that seed begins with here.
    fn birth_with(&self, seed: u64) -> Result<Birth, String> {
        match self.birth.filter(|birth| birth.seed == seed) {
            Some(birth) => Ok(birth),
            None => Ok(Birth::of(&mut make(&self.setup, seed)?, seed)),
        }
    }

    /// A recording tells the game that was loaded from its birth, as if it had been played here; where that is not
    /// known, from the saved game on.
    fn record_anew(&mut self, path: &Path) -> Result<(), String> {
        let Some(record) = &self.setup.record else { return Ok(()) };
        let (map, file, tick) = (self.setup.map.path.display(), path.display(), self.world.now());
        let about = match self.birth {
            Some(birth) => format!("dormouse play {map}\nseed {}", birth.seed),
            None => {
                format!("dormouse play, from tick {tick} of {file}\nrepeat it with: dormouse resume {file} --input")
            }
        };
        let mut recorder = Recorder::create(record, &about)?;
        for inputs in self.past.inputs().chunk_by(|(one, _), (other, _)| one == other) {
            let what: Vec<What> = inputs.iter().map(|(_, what)| what.clone()).collect();
            recorder.tick(inputs[0].0, &what)?;
        }
        self.recorder = Some(recorder);
        if self.birth.is_none() {
            self.notice(format!("what led to this game is not known: it is recorded from tick {tick} on"));
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

    // ---- as it goes --------------------------------------------------------------------------------------------

    /// From its first input on, the game is written down as it goes.
    pub fn keep_journal(&mut self) {
        self.journalled = true;
    }

    /// Before a tick with these inputs.
    pub(super) fn note_in_journal(&mut self, inputs: &[What]) {
        let now = self.world.now();
        let stale = self.journal.as_ref().is_some_and(|journal| !journal.covers(now, AFRESH));
        let first = self.journal.is_none() && self.journalled && !inputs.is_empty();
        let noted = match if stale || first { self.begin_journal() } else { Ok(()) } {
            Ok(()) => self.journal.as_mut().map_or(Ok(()), |journal| journal.tick(now + 1, inputs)),
            problem => problem,
        };
        if let Err(problem) = noted {
            // Told once; the game goes on.
            (self.journal, self.journalled) = (None, false);
            self.notice(format!("{problem}. Save now and then: F5."));
        }
    }

    fn begin_journal(&mut self) -> Result<(), String> {
        let options = SaveOptions { verify: false, ..self.save_options(&Seen::default()) };
        let bytes = self.bytes(&options)?;
        let journal = match self.journal.take() {
            Some(journal) => journal.afresh(&bytes, self.world.now())?,
            None => Journal::begin(self.slots.folder(), &bytes, self.world.now())?,
        };
        self.journal = Some(journal);
        Ok(())
    }

    /// The world went back to this tick, and goes on from there.
    pub(super) fn cut_journal(&mut self, tick: u64) {
        let cut = self.journal.as_mut().map_or(Ok(()), |journal| journal.cut(tick));
        self.tell(cut);
    }

    fn end_journal(&mut self) {
        if let Some(journal) = self.journal.take() {
            journal.end();
        }
    }

    /// Puts a game that ended without a word into a slot of its own, and tells of it: `how` it is loaded.
    pub fn find_lost(&mut self, how: &str) {
        let Some(lost) = journal::find(self.slots.folder()) else { return };
        let found = lost.read().and_then(|found| self.bring_back(found));
        match found {
            Ok(tick) => {
                lost.end();
                self.notice(format!("a game that ended without a word was found at tick {tick}: {how}"));
            }
            Err(problem) => match lost.put_aside() {
                Ok(file) => self.notice(format!(
                    "a game that ended without a word can't be brought back: {problem}. It is kept: {}",
                    file.display()
                )),
                Err(worse) => self.notice(worse),
            },
        }
    }

    fn bring_back(&self, Found { saved, inputs, until }: Found) -> Result<u64, String> {
        let config = Config { seed: saved.seed, ..Config::default() };
        let mut world =
            World::restore(&saved.bytes, &config, &self.setup.scripts).map_err(|error| error.to_string())?;
        let mut scenes = SceneMaker::new(self.stage.clone());
        scenes.bring_back(&world, saved.view.1);
        let mut later = inputs.iter().peekable();
        while world.now() < until {
            let next = world.now() + 1;
            let mut due = Vec::new();
            while let Some((_, what)) = later.next_if(|(tick, _)| *tick == next) {
                due.push(what.clone());
            }
            world.tick(&due);
            scenes.hear(&world.take_output());
        }
        let history = saved.history.map(|mut history| {
            history.inputs.extend(inputs);
            history
        });
        let map = saved.map.unwrap_or_else(|| self.origin.clone());
        let bytes = world
            .save(&Saved::options(map, history.as_ref(), &Seen::default(), &scenes.afterimage(&world)))
            .map_err(|error| error.to_string())?;
        self.slots.put(FOUND, &bytes).map(|_| until)
    }
}

/// Where a map is from, for those who find a game saved on it.
pub(super) fn origin_of(map: &dormouse::map::Map) -> MapOrigin {
    let hash = std::fs::read(&map.path).map_or(0, |bytes| dormouse::snapshot::hash(&bytes));
    MapOrigin { name: map.name.clone(), path: map.path.display().to_string(), hash }
}
