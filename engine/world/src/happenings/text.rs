//! Happenings as lines for people: the same in `run --trace`, the overlay, the console and the terminal view.

use std::fmt::{self, Display, Formatter};

use super::{Ending, Fate, Happening, HappeningKind as Kind, Outcome};
use crate::observe::{ActorRef, clean};

impl Outcome {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Began => "began",
            Outcome::Joined => "joined",
            Outcome::NoAction => "no such action",
            Outcome::Nobody => "nobody there",
            Outcome::Cut => "cut off",
        }
    }
}

impl Ending {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Ending::Done => "done",
            Ending::Failed => "failed",
            Ending::Cancelled => "cancelled",
        }
    }
}

impl Kind {
    /// Whose it is: the one that does something, or that something is done to. Nobody for inputs.
    pub fn whose(&self) -> Option<&ActorRef> {
        match self {
            Kind::Input { .. } => None,
            Kind::Event { to: who, .. }
            | Kind::WirePosted { source: who, .. }
            | Kind::WireFired { source: who, .. }
            | Kind::Touched { trigger: who, .. }
            | Kind::Handled { who, .. }
            | Kind::ActionBegan { who, .. }
            | Kind::ActionFinished { who, .. }
            | Kind::ActionFailed { who, .. }
            | Kind::Raised { who, .. }
            | Kind::Spawned { who, .. }
            | Kind::Despawned { who }
            | Kind::Collided { who, .. }
            | Kind::TaskStarted { who, .. }
            | Kind::TaskEnded { who, .. } => Some(who),
            Kind::Said { who, .. } | Kind::Logged { who, .. } | Kind::Error { who, .. } => who.as_ref(),
        }
    }
}

fn named(what: &str, label: &str) -> String {
    if label.is_empty() { what.into() } else { format!("{what} {}", clean(label)) }
}

impl Display for Kind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Input { text } => write!(f, "input {}", clean(text)),
            Kind::Event { name, from, fate, .. } => {
                f.write_str(&named("event", name))?;
                if let Some(from) = from {
                    write!(f, " from {from}")?;
                }
                if *fate == Fate::Ignored { f.write_str(", which it has no use for") } else { Ok(()) }
            }
            Kind::Handled { event, .. } => f.write_str(&named("handles", event)),
            Kind::ActionBegan { action, .. } => write!(f, "{} begins", clean(action)),
            Kind::ActionFinished { action, .. } => write!(f, "{} finishes", clean(action)),
            Kind::ActionFailed { action, .. } => write!(f, "{} fails", clean(action)),
            Kind::WirePosted { property, due: None, .. } => write!(f, "wire {}", clean(property)),
            Kind::WirePosted { property, due: Some(due), .. } => {
                write!(f, "wire {}, due at tick {due}", clean(property))
            }
            Kind::WireFired { target: Some(target), call, outcome, .. } => {
                write!(f, "wire -> {target}.{}: {}", clean(call), outcome.word())
            }
            Kind::WireFired { target: None, call, outcome, .. } => {
                write!(f, "wire -> {}: {}", clean(call), outcome.word())
            }
            Kind::Raised { label, exception, .. } => {
                write!(
                    f,
                    "{} is raised in {}",
                    clean(exception),
                    if label.is_empty() { "a task".into() } else { clean(label) }
                )
            }
            Kind::Spawned { class, .. } => write!(f, "spawned, a {}", clean(class)),
            Kind::Despawned { .. } => f.write_str("despawned"),
            Kind::Collided { other: Some(other), .. } => write!(f, "collides with {other}"),
            Kind::Collided { other: None, .. } => f.write_str("collides with a wall"),
            Kind::Touched { other, entered: true, .. } => write!(f, "is entered by {other}"),
            Kind::Touched { other, entered: false, .. } => write!(f, "is left by {other}"),
            Kind::TaskStarted { label, .. } => write!(f, "{} starts", named("task", label)),
            Kind::TaskEnded { label, how, .. } => write!(f, "{} is {}", named("task", label), how.word()),
            Kind::Said { text, .. } => write!(f, "says {}", clean(text)),
            Kind::Logged { text, .. } => write!(f, "logs {}", clean(text)),
            Kind::Error { text, .. } => write!(f, "error: {}", clean(text.lines().next().unwrap_or_default())),
        }
    }
}

/// One line: the tick, whose, what, and the numbers of itself and its cause.
impl Display for Happening {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:>6} ", self.tick)?;
        if let Some(who) = self.kind.whose() {
            write!(f, "{who} ")?;
        }
        write!(f, "{}  #{}", self.kind, self.number)?;
        match self.cause {
            Some(cause) => write!(f, " <- #{cause}"),
            None => Ok(()),
        }
    }
}
