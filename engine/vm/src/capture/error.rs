//! What goes wrong with captures, told so that a person can act on it and a program can too.

use crate::compile::ScriptHash;

/// Something that can't be captured, and the way to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
#[non_exhaustive]
pub struct CaptureError {
    /// Which of the roots leads to it; none where it is what all share.
    pub root: Option<usize>,
    /// From the root to it: frames with their lines, locals, fields. Empty where it is the root itself.
    pub path: String,
    /// What it is, and why it can't be captured.
    pub what: String,
}

impl CaptureError {
    fn sentence(&self) -> String {
        if self.path.is_empty() { self.what.clone() } else { format!("{}: {}", self.path, self.what) }
    }
}

/// What kind of thing a capture needs that this VM lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingKind {
    /// A function of a script: the script is not loaded, or that function has changed.
    Function,
    /// A shared thing: the path leads nowhere.
    Name,
    /// A function of the host.
    HostFunction,
}

/// What a capture needs and this VM lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What kind of thing it is.
    pub kind: MissingKind,
    /// The script, of a function.
    pub file: String,
    /// The function's name (empty where it has none), or the path of a shared thing.
    pub name: String,
    /// The line at which the function begins; 0 where that is the script's main function.
    pub line: u32,
    /// The script that the function is of, as it was.
    pub script: ScriptHash,
    /// The roots that can't be restored without it.
    pub roots: Vec<usize>,
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.kind {
            MissingKind::Name if self.file.is_empty() => write!(f, "nothing is at `{}`", self.name),
            MissingKind::Name => write!(f, "{}:{}: {} is gone", self.file, self.line, self.name),
            MissingKind::HostFunction => write!(f, "the host has no function `{}`", self.name),
            MissingKind::Function => {
                let name = match self.name.as_str() {
                    "" if self.line == 0 => "its main function",
                    "" => "the function there",
                    name => name,
                };
                write!(f, "{}:{}: {name} has changed or is gone", self.file, self.line.max(1))
            }
        }
    }
}

/// Why a capture can't be restored. Whatever the reason, the VM is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The bytes are no sound capture.
    #[error("the capture is damaged at byte {offset}: {what}")]
    Malformed {
        /// The place in the bytes.
        offset: usize,
        /// What is wrong there.
        what: String,
    },
    /// The capture has local names, and another VM's, or those of a time that was rewound.
    #[error("the capture was made in another world and can only be restored there; capture with portable names")]
    Foreign,
    /// Functions or names that it needs are not here.
    #[error("{}", list(.0))]
    Lacking(Vec<Missing>),
    /// No memory is left for it.
    #[error("no memory is left for what the capture holds; raise the heap limit")]
    Full,
}

fn list(missing: &[Missing]) -> String {
    missing.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
