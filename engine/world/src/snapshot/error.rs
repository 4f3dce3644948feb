//! What can be wrong with a snapshot, in words for people: what, where, and what to do.

use super::container::{MAGIC, Tag, VERSION};
use crate::observe::clean;

/// Bytes that are no sound snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{what}{}", place(*.section, *.offset), hint(.help))]
#[non_exhaustive]
pub struct Damage {
    /// The section that it is in; none for the frame around them.
    pub section: Option<Tag>,
    /// The byte in the file, or in the section's own bytes where there is a section and it could be read.
    pub offset: usize,
    /// What is wrong.
    pub what: String,
    /// What to do about it; may be empty.
    pub help: &'static str,
}

fn place(section: Option<Tag>, offset: usize) -> String {
    match section {
        Some(section) => format!("section {section}, byte {offset}: "),
        None => format!("byte {offset}: "),
    }
}

fn hint(help: &str) -> String {
    if help.is_empty() { String::new() } else { format!("; {help}") }
}

impl Damage {
    pub(crate) fn at(offset: usize, what: impl Into<String>) -> Self {
        Damage { section: None, offset, what: what.into(), help: "take another copy of the file, or an older save" }
    }

    pub(crate) fn within(self, section: Tag) -> Self {
        Damage { section: Some(section), ..self }
    }

    pub(super) fn magic(bytes: &[u8]) -> Self {
        let (what, help) = if bytes.is_empty() {
            ("the file is empty", "it was not written to its end; take an older save")
        } else if bytes.starts_with(b"<?xml") || bytes.starts_with(b"<map") {
            ("this is a map, not a snapshot", "maps are run with `dormouse run`")
        } else if bytes.len() < MAGIC.len() && MAGIC.starts_with(bytes) {
            ("the file ends in its first bytes", "it was not written to its end; take an older save")
        } else if bytes.get(1..4) == Some(&MAGIC[1..4]) {
            ("its line ends were changed on the way", "transfer it as binary, not as text")
        } else {
            ("this is no snapshot that Dormouse wrote", "")
        };
        Damage { section: None, offset: 0, what: what.into(), help }
    }

    /// A file of a world where a program's is asked for.
    pub(crate) fn not_a_program() -> Self {
        let what = "this is the snapshot of a world, not of a program".into();
        Damage { section: None, offset: 0, what, help: "worlds go on with `dormouse resume`" }
    }

    /// The other way round.
    pub(crate) fn not_a_world() -> Self {
        let what = "this is the snapshot of a plain program, not of a world".into();
        Damage { section: None, offset: 0, what, help: "programs go on with `dormouse script resume`" }
    }

    pub(super) fn version(version: u16) -> Self {
        let what = format!("this snapshot has version {version} of the format; this engine reads version {VERSION}");
        let help = if version > VERSION { "open it with a newer engine" } else { "" };
        Damage { section: None, offset: 8, what, help }
    }
}

/// A world that can't be saved. Nothing of it was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError {
    /// A tick is under way.
    #[error("a tick is under way: finish it (World::finish_tick) before the world is saved")]
    Unfinished,
    /// A value that can't be put into bytes: whose it is, the way to it, why, and what to do.
    #[error("{0}")]
    Value(String),
    /// A native tasklet whose state can't be read where it is.
    #[error("{actor}: a native actor can't be saved in the middle of a question to the world")]
    Native {
        /// Whose.
        actor: String,
    },
    /// An actor hibernates and can't be read.
    #[error("{actor} hibernates, and can't be read: {why}")]
    Asleep {
        /// Whose.
        actor: String,
        /// What is wrong.
        why: String,
    },
    /// The machine has no room for it.
    #[error(transparent)]
    Vm(#[from] dormouse_vm::VmError),
    /// What was written does not load.
    #[error("what was written does not load again: {0}")]
    Unreadable(Box<RestoreError>),
    /// What was written loads as another world.
    #[error(
        "what was written loads as another world (hash {restored:016x}, not {saved:016x}): this is a defect of the engine"
    )]
    Differs {
        /// The hash of the world that was saved.
        saved: u64,
        /// That of the world that was restored.
        restored: u64,
    },
}

/// A snapshot that can't be restored. No world was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The bytes are no sound snapshot.
    #[error(transparent)]
    Damage(#[from] Damage),
    /// The scripts do not load, or the machine has no room.
    #[error(transparent)]
    World(#[from] crate::world::WorldError),
    /// No memory is left.
    #[error("the world does not fit into the heap; give it a higher limit")]
    Full,
    /// An actor hibernates in the snapshot, and the store of this world can't take it.
    #[error("{actor} hibernates, and can't be put to sleep here: {why}")]
    Asleep {
        /// Whose.
        actor: String,
        /// What is wrong.
        why: String,
    },
    /// The scripts were edited so that some of what sleeps in the snapshot has no code to go on with.
    #[error("{}", lost(.0))]
    Lost(Vec<Lost>),
}

impl From<dormouse_vm::VmError> for RestoreError {
    fn from(error: dormouse_vm::VmError) -> Self {
        RestoreError::World(error.into())
    }
}

/// Something that the scripts do not have any more, and who needs it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Lost {
    /// Who needs it: the actor's name, and what it is doing.
    pub who: String,
    /// The script; empty where none is concerned.
    pub file: String,
    /// The line in the script as it was; 0 where none is known.
    pub line: u32,
    /// What is missing.
    pub what: String,
}

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: ", clean(&self.who))?;
        match (self.file.as_str(), self.line) {
            ("", _) => {}
            (file, 0) => write!(f, "{}: ", clean(file))?,
            (file, line) => write!(f, "{}:{line}: ", clean(file))?,
        }
        f.write_str(&clean(&self.what))
    }
}

/// Lines that are shown of a long list.
const SHOWN: usize = 40;

fn lost(all: &[Lost]) -> String {
    let mut text = String::from(
        "the scripts have changed since the snapshot was made, and it can't go on with these; put the old scripts back, \
         save with the scripts' text, or give the class an on_migrate(self, frame):",
    );
    for one in all.iter().take(SHOWN) {
        text += &format!("\n    {one}");
    }
    if all.len() > SHOWN {
        text += &format!("\n    and {} more", all.len() - SHOWN);
    }
    text
}
