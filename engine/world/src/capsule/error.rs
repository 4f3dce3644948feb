//! What can stand in the way of a journey.

use crate::snapshot::{Damage, Lost};

/// An actor that can't be exported. The world is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// A tick is under way.
    #[error("a tick is under way: finish it (World::finish_tick) before an actor leaves")]
    Unfinished,
    /// It is gone.
    #[error("{0} is gone")]
    Gone(String),
    /// The world has no realm, so the actor has no identity that others could know it by.
    #[error(
        "a world that actors leave needs a realm of its own: set Config::realm to a number that no other of your worlds has"
    )]
    NoRealm,
    /// It hangs together with others of its world.
    #[error("{actor} can't leave: {why}")]
    Tied {
        /// Its name.
        actor: String,
        /// What holds it, and the way out.
        why: String,
    },
    /// A value that can't be put into bytes, with the way to it.
    #[error("{0}")]
    Value(String),
    /// The machine has no room for it.
    #[error(transparent)]
    Vm(#[from] dormouse_vm::VmError),
}

/// A capsule that can't be imported. The world is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// A tick is under way.
    #[error("a tick is under way: finish it (World::finish_tick) before an actor arrives")]
    Unfinished,
    /// The world has no realm.
    #[error(
        "a world that actors come to needs a realm of its own: set Config::realm to a number that no other of your worlds has"
    )]
    NoRealm,
    /// The bytes are no sound capsule.
    #[error(transparent)]
    Damage(#[from] Damage),
    /// It is here, or has been here since.
    #[error("{actor} is in this world already, or has been since: a capsule is imported once")]
    Twice {
        /// Its name.
        actor: String,
    },
    /// The scripts have no such class.
    #[error("there is no class {0} in this world's scripts")]
    NoClass(String),
    /// The scripts have not the code that it sleeps in.
    #[error("{}", lost(.0))]
    Lost(Vec<Lost>),
    /// There is no room: as many actors as there may be, or a full heap.
    #[error("there is no room for it: {0}")]
    Full(String),
}

impl From<dormouse_vm::VmError> for ImportError {
    fn from(error: dormouse_vm::VmError) -> Self {
        ImportError::Full(error.to_string())
    }
}

fn lost(all: &[Lost]) -> String {
    let mut text = String::from("this world's scripts are not those that it sleeps in:");
    for one in all.iter().take(40) {
        text += &format!("\n    {one}");
    }
    text
}
