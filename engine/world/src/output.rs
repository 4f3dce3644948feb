//! What a world says to the outside: lines for people and tools, each with its tick and actor. They are results, not
//! state: a world's future never depends on them.

use serde::Serialize;

use crate::ids::ActorId;

/// What kind of line it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputKind {
    /// An actor speaks: `say`.
    Say,
    /// A script's `log`.
    Log,
    /// An error that nothing caught.
    Error,
    /// Something happened: an action began, a wire fired. Only while [tracing](crate::World::set_tracing).
    Trace,
}

/// A line that a world puts out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Output {
    /// When.
    pub tick: u64,
    /// Whose it is; empty where it is nobody's.
    pub actor: String,
    /// Whose it is, for programs; null where it is nobody's.
    #[serde(skip)]
    pub who: ActorId,
    /// What kind of line it is.
    pub kind: OutputKind,
    /// What it says; errors have more than one line.
    pub text: String,
    /// Its number among the [happenings](crate::happenings), and that of what caused it, while somebody watches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub happening: Option<u64>,
    /// See `happening`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<u64>,
}
