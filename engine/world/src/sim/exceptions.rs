//! The exceptions that the engine raises: tables with a name, as authors make them too.

use dormouse_vm::{Flow, Frame, Pin, Raise, Value};

use super::Sim;
use crate::ids::ActorId;
use crate::names::nearest;

/// The engine's exceptions that handlers can catch.
pub(crate) const OURS: &[&str] = &["Collision", "Timeout", "Dead", "TaskCancelled", "ActionCancelled"];
/// What else a part of `try` can be.
pub(crate) const OTHERS: &[&str] = &["catch", "finally"];

/// Of the prelude: an error for a part of `try` that is meant for this exception, or for any, and misspelled. It is asked
/// for when no part fits what was raised; authors' own names may be as near to each other as they like.
pub(crate) fn check_parts(frame: &mut Frame<'_>) -> Result<Flow, Raise> {
    let Some(raised) = frame.text(2).filter(|raised| OURS.contains(&raised.as_str())) else {
        return Ok(Flow::Return(0));
    };
    frame.entries(1, |frame| {
        let key = frame.display(frame.len() - 1);
        if OURS.contains(&key.as_str()) || OTHERS.contains(&key.as_str()) {
            return Ok(());
        }
        match nearest(&key, OTHERS.iter().copied().chain([raised.as_str()])) {
            Some(meant) => Err(Raise::Message(format!(
                "nothing in this try is for the {raised} that was raised; did you mean `{meant}` by the part `{key}`?"
            ))),
            None => Ok(()),
        }
    })?;
    Ok(Flow::Return(0))
}

impl Sim {
    /// Pushes an exception with these fields.
    pub(crate) fn push_exception(&self, frame: &mut Frame<'_>, name: &str, fields: &[(&str, Value)]) {
        frame.push_table(0, fields.len() + 1);
        let table = frame.len();
        frame.push_text(name);
        frame.set(table, "name");
        for (key, value) in fields {
            frame.push(*value);
            frame.set(table, key);
        }
        frame.push(Value::Pin(self.pins.exception));
        frame.set_metatable(table);
    }

    /// Makes an exception and pins it.
    pub(crate) fn exception(&self, frame: &mut Frame<'_>, name: &str, fields: &[(&str, Value)]) -> Pin {
        self.push_exception(frame, name, fields);
        frame.pop_pin()
    }

    /// The error for a line that needs a live actor.
    pub(crate) fn dead(&self, frame: &mut Frame<'_>, who: ActorId) -> Raise {
        Raise::Value(self.exception(frame, "Dead", &[("actor", Value::Handle(who.handle()))]))
    }
}
