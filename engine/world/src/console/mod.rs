//! The console: a line typed by a person, and what it means in a world. Used by the window, the terminal view and
//! whatever else has a prompt.
//!
//! It never changes a world by itself: what is to change comes back as [inputs](crate::input::What), to be given to
//! the next tick and to the recording, so that a game that somebody meddled with replays to the same hashes. Each was
//! tried before, in a copy that is thrown away: what can't be carried out is said at once.
//!
//! ```
//! use dormouse::{Config, Scripts, World, console::Console};
//!
//! let scripts = Scripts::new().with("door.luau", "
//!     local Door = actor 'Door' { props = { speed = 40 } }
//!     function Door:Action_Open() wait(10) end
//!     return Door
//! ");
//! let mut world = World::new(&Config::default(), &scripts)?;
//! let mut console = Console::default();
//! let answer = console.submit(&mut world, "spawn Door 40 60 name=door_a");
//! world.tick(&answer.inputs);
//!
//! assert_eq!(console.submit(&mut world, "door_a:position() + vector.create(2, 0, 0)").lines, ["(42, 60)"]);
//! assert_eq!(console.submit(&mut world, "door_a.speed").lines, ["speed = 40   (the class's)"]);
//! let answer = console.submit(&mut world, "door_a.Opn");
//! assert_eq!(answer.lines, ["door_a (Door) has no action or prop `Opn`; did you mean `Open`?"]);
//! let answer = console.submit(&mut world, "door_a.Open");
//! assert_eq!(answer.inputs[0].to_string(), "action door_a.Open");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod command;
mod complete;
mod evaluate;
mod literal;
mod look;

use std::collections::VecDeque;

use serde::Serialize;

use crate::happenings::{Happening, History};
use crate::input::What;
use crate::world::{World, WorldImage};

pub use complete::{Candidate, Completion, complete};
pub use evaluate::Evaluation;

/// Bytes that a line may have.
pub const MAX_LINE: usize = 64 << 10;
/// Lines that an answer may have.
const MAX_ANSWER: usize = 500;

/// What a line came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Answer {
    /// What to show.
    pub lines: Vec<String>,
    /// What to give to the next tick, in order.
    pub inputs: Vec<What>,
    /// The lines say what is wrong, and nothing else will happen.
    pub failed: bool,
}

/// A line with its answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// The tick after which it was typed.
    pub tick: u64,
    /// The line.
    pub line: String,
    /// The answer.
    pub answer: Answer,
}

/// A console with what was typed, and what happened in the world.
pub struct Console {
    entries: VecDeque<Entry>,
    most: usize,
    happenings: History,
    scratch: WorldImage,
}

impl Default for Console {
    /// Keeps 500 lines and 20,000 happenings.
    fn default() -> Self {
        Console::new(500, 20_000)
    }
}

impl Console {
    /// A console that keeps so many lines and happenings.
    pub fn new(lines: usize, happenings: usize) -> Self {
        Console {
            entries: VecDeque::new(),
            most: lines.max(1),
            happenings: History::new(happenings),
            scratch: WorldImage::default(),
        }
    }

    /// Carries out a line.
    ///
    /// Cost: for an expression, and for what becomes an input, the world is copied twice; else what is shown.
    pub fn submit(&mut self, world: &mut World, line: &str) -> Answer {
        let line = line.trim();
        let mut answer = if line.len() > MAX_LINE {
            Err(format!("the line has {} bytes; {MAX_LINE} are the most", line.len()))
        } else {
            command::carry_out(self, world, line)
        }
        .unwrap_or_else(|message| Answer {
            lines: message.lines().map(str::to_owned).collect(),
            inputs: Vec::new(),
            failed: true,
        });
        let over = answer.lines.len().saturating_sub(MAX_ANSWER);
        if over > 0 {
            answer.lines.truncate(MAX_ANSWER);
            answer.lines.push(format!("... and {over} more"));
        }
        for text in &mut answer.lines {
            *text = crate::observe::clean(text);
        }
        if !line.is_empty() {
            self.entries.push_back(Entry { tick: world.now(), line: line.to_owned(), answer: answer.clone() });
            let over = self.entries.len().saturating_sub(self.most);
            self.entries.drain(..over);
        }
        answer
    }

    /// What was typed, oldest first, with the answers.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> + ExactSizeIterator {
        self.entries.iter()
    }

    /// Notes what happened, as [`World::take_happenings`] gave it, for the commands that tell of it.
    pub fn note(&mut self, happenings: impl IntoIterator<Item = Happening>) {
        self.happenings.extend(happenings);
    }

    /// What happened, as far as it was noted.
    pub fn happenings(&self) -> &History {
        &self.happenings
    }

    /// The world was rewound to a tick.
    pub fn rewind(&mut self, tick: u64) {
        self.happenings.rewind(tick);
    }
}
