//! The exceptions that the engine raises: tables with a name, as authors make them too.

use dormouse_vm::{Frame, Pin, Raise, Value};

use super::Sim;
use crate::ids::ActorId;

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
