//! A game written down as it goes: a snapshot, then the inputs of every tick since, so that a game whose process is
//! killed or whose display goes away is found again at its last tick. Each running game has a file of its own, and a
//! lock that ends with its process.
//!
//! ```text
//! # dormouse journal 1 12345        bytes of the snapshot that follows this line
//! ...                               the snapshot
//! 3620 key 1 left down              inputs, as `run --input` reads them
//! # tick 3660                       the world lived through this tick
//! ```

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use dormouse::input::{Inputs, What};
use dormouse::snapshot::read_file;

use crate::record::Recorder;
use crate::saved::Saved;
use crate::saves::make_folder;

/// What the first line begins with.
const MAGIC: &str = "# dormouse journal 1 ";
const TICK: &str = "# tick ";
/// Games that run at the same time on one map and are written down.
const MOST: usize = 16;
/// Ticks between two that are noted for themselves: what may be lost of the time after the last input.
const NOTED: u64 = 60;
/// Ticks that a journal may go on after its snapshot; one that says more was not written by this program.
const LONGEST: u64 = 1 << 20;

/// The journal of a running game.
pub struct Journal {
    recorder: Recorder,
    path: PathBuf,
    /// Held as long as the game runs.
    lock: File,
    /// The snapshot's tick.
    base: u64,
    noted: u64,
}

fn file_of(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("running_{number}.journal"))
}

/// Locks a number, so that no other process has it. None: somebody has.
fn lock(folder: &Path, number: usize) -> Result<Option<File>, String> {
    let path = folder.join(format!("running_{number}.lock"));
    let problem =
        |error: &dyn std::fmt::Display| format!("the game can't be written down: {}: {error}", path.display());
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
    let file = file.map_err(|error| problem(&error))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(error)) => Err(problem(&error)),
    }
}

impl Journal {
    /// Begins a journal with a snapshot of that tick.
    pub fn begin(folder: &Path, snapshot: &[u8], tick: u64) -> Result<Journal, String> {
        make_folder(folder)?;
        for number in 1..=MOST {
            let path = file_of(folder, number);
            if let Some(lock) = lock(folder, number)?
                && !path.exists()
            {
                return Journal::write(path, lock, snapshot, tick);
            }
        }
        Err(format!("the game can't be written down: {MOST} games in {} are", folder.display()))
    }

    fn write(path: PathBuf, lock: File, snapshot: &[u8], tick: u64) -> Result<Journal, String> {
        let part = path.with_extension("part");
        let head = format!("{MAGIC}{}\n", snapshot.len());
        let written = File::create(&part).and_then(|mut file| {
            file.write_all(head.as_bytes())?;
            file.write_all(snapshot)?;
            file.write_all(b"\n")?;
            // The old one or the new one is there; that the disk has it is not waited for, since a world would wait too.
            fs::rename(&part, &path)?;
            Ok(file)
        });
        let file = written.map_err(|error| format!("the game can't be written down: {}: {error}", path.display()))?;
        let end = (head.len() + snapshot.len() + 1) as u64;
        let recorder = Recorder::go_on(path.clone(), file, end);
        Ok(Journal { recorder, path, lock, base: tick, noted: tick })
    }

    /// Begins anew with a snapshot of that tick.
    pub fn afresh(self, snapshot: &[u8], tick: u64) -> Result<Journal, String> {
        Journal::write(self.path, self.lock, snapshot, tick)
    }

    /// Whether a tick comes after the snapshot, and at most so many ticks.
    pub fn covers(&self, tick: u64, most: u64) -> bool {
        (self.base..self.base + most).contains(&tick)
    }

    /// A tick begins, with these inputs.
    pub fn tick(&mut self, tick: u64, inputs: &[What]) -> Result<(), String> {
        self.recorder.tick(tick, inputs)?;
        if tick >= self.noted + NOTED {
            self.noted = tick;
            self.recorder.mark(tick, &format!("{TICK}{tick}\n"))?;
        }
        Ok(())
    }

    /// Takes back all after a tick.
    pub fn cut(&mut self, tick: u64) -> Result<(), String> {
        self.noted = self.noted.min(tick);
        self.recorder.cut(tick)
    }

    /// The game is kept elsewhere.
    pub fn end(self) {
        let _ = fs::remove_file(self.path);
    }
}

/// The journal of a game that is no more.
pub struct Lost {
    path: PathBuf,
    _lock: File,
}

/// Looks for one.
pub fn find(folder: &Path) -> Option<Lost> {
    (1..=MOST).find_map(|number| {
        let path = file_of(folder, number);
        let _lock = path.exists().then(|| lock(folder, number).ok().flatten())??;
        // It may have been taken away meanwhile by whoever had the lock.
        path.exists().then_some(Lost { path, _lock })
    })
}

/// What a journal says.
pub struct Found {
    /// What it began with.
    pub saved: Saved,
    /// The inputs since, by tick.
    pub inputs: Vec<(u64, What)>,
    /// Its last tick.
    pub until: u64,
}

impl Lost {
    /// What is in it.
    ///
    /// Errors: a sentence that names the file.
    pub fn read(&self) -> Result<Found, String> {
        let bytes = read_file(&self.path).map_err(|error| error.to_string())?;
        parse(&bytes).map_err(|problem| format!("{}: {problem}", self.path.display()))
    }

    /// It is kept elsewhere now.
    pub fn end(self) {
        let _ = fs::remove_file(self.path);
    }

    /// Out of the way, but not away. Where it is then.
    pub fn put_aside(self) -> Result<PathBuf, String> {
        let free = (1..).map(|number| self.path.with_file_name(format!("lost_{number}.journal")));
        let aside = free.take(1000).find(|file| !file.exists()).unwrap_or_else(|| self.path.with_extension("lost"));
        let moved = fs::rename(&self.path, &aside);
        moved.map(|()| aside.clone()).map_err(|error| format!("{}: {error}", aside.display()))
    }
}

fn parse(bytes: &[u8]) -> Result<Found, String> {
    let line = bytes.iter().take(64).position(|byte| *byte == b'\n').ok_or("this is no journal")?;
    let size = std::str::from_utf8(&bytes[..line]).ok().and_then(|line| line.strip_prefix(MAGIC)?.parse().ok());
    let size: usize = size.ok_or("this is no journal, or one of another version")?;
    let rest = &bytes[line + 1..];
    let snapshot = rest.get(..size).ok_or("the journal ends within its snapshot")?;
    let saved = Saved::from_bytes(snapshot.to_vec())?;
    // Killed while it wrote, it may end in the middle of a line; that tick had not begun.
    let tail = &rest[size..];
    let whole = tail.iter().rposition(|byte| *byte == b'\n').ok_or("the journal ends within its snapshot")?;
    let text = std::str::from_utf8(&tail[..=whole]).map_err(|_| "the journal is damaged")?;
    let inputs = Inputs::parse(text, Path::new("its inputs")).map_err(|error| error.to_string())?;
    let inputs: Vec<(u64, What)> = inputs.all().iter().map(|input| (input.tick, input.what.clone())).collect();
    let noted = text.lines().rev().find_map(|line| line.strip_prefix(TICK)?.parse().ok());
    let until = [Some(saved.tick), noted, inputs.last().map(|(tick, _)| *tick)].into_iter().flatten().max();
    let until = until.unwrap_or(saved.tick);
    if inputs.first().is_some_and(|(tick, _)| *tick <= saved.tick) || until - saved.tick > LONGEST {
        return Err("its ticks do not follow on its snapshot".into());
    }
    Ok(Found { saved, inputs, until })
}
