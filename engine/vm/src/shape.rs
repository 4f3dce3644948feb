//! Shapes: what a table that a script hands over may have in it, by name, so that the usual one is looked through and copied
//! without asking the host for each entry. What is unusual the host looks at itself: a shape never raises an error.

use crate::frame::Frame;
use crate::shim;
use crate::value::{Kind, Pin, Value};

/// What may be there by a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A value of any kind, for the host: it is put to this place, counted from 0.
    Place(u8),
    /// A field, which must be there or need not.
    Field {
        /// What it holds.
        kind: FieldKind,
        /// Whether it must be there.
        required: bool,
    },
}

/// What a field may hold for a table to be a usual one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Any value that shares nothing: all but tables, buffers, functions and coroutines.
    Plain,
    /// `true` or `false`.
    Boolean,
    /// A number.
    Number,
    /// A string.
    Text,
    /// A vector.
    Vector,
    /// A host object's name with this tag.
    Handle(u8),
    /// What only the host can judge.
    Unusual,
}

/// A shape. The default one has everything left to the host.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shape {
    table: Pin,
    required: u32,
    /// Places that it names.
    places: u32,
}

impl Part {
    /// How it is written in a shape: `shape.cpp` says how.
    fn code(self) -> i32 {
        let (kind, required) = match self {
            Part::Place(place) => return -1 - i32::from(place),
            Part::Field { kind, required } => (kind, required),
        };
        let kind = match kind {
            FieldKind::Plain => 0,
            FieldKind::Boolean => 1,
            FieldKind::Number => 2,
            FieldKind::Text => 3,
            FieldKind::Vector => 4,
            FieldKind::Handle(tag) => 5 + 16 * i32::from(tag),
            FieldKind::Unusual => 6,
        };
        kind + 8 * i32::from(required)
    }
}

impl Frame<'_> {
    /// A shape with these entries. It lasts as long as the VM.
    pub fn shape<'n>(&mut self, entries: impl IntoIterator<Item = (&'n str, Part)>) -> Shape {
        self.push_table(0, 0);
        let table = self.len();
        let (mut required, mut places) = (0, 0);
        for (name, entry) in entries {
            match entry {
                Part::Place(place) => places = places.max(u32::from(place) + 1),
                Part::Field { required: must, .. } => required += u32::from(must),
            }
            self.push(Value::Number(f64::from(entry.code())));
            self.set(table, name);
        }
        Shape { table: self.pop_pin(), required, places }
    }

    /// Looks through the table at `given`: what the shape has a place for is put there, counted from `places`, which are
    /// places that have values. How many entries are fields; none, with the places in disorder, where the table is not a
    /// usual one: something in it is unknown, does not fit, or is missing.
    pub fn sort_entries(&mut self, given: u32, shape: Shape, places: u32) -> Option<usize> {
        if self.kind(given) != Kind::Table || self.len() + 1 < places + shape.places {
            return None;
        }
        let mut required = 0;
        // SAFETY: the place has a table, and there are as many places as the shape names.
        let count =
            unsafe { shim::dm_sort_entries(self.state(), given as i32, shape.table.0, places as i32, &mut required) };
        (required as u32 == shape.required).then(|| usize::try_from(count).ok()).flatten()
    }

    /// Copies all fields of the table at `given`, which was just [looked through](Frame::sort_entries), into a pinned
    /// table of the host's.
    pub fn take_entries(&mut self, given: u32, shape: Shape, into: Pin) {
        if self.kind(given) == Kind::Table {
            // SAFETY: the place has a table, and so has the pin.
            unsafe { shim::dm_take_entries(self.state(), given as i32, shape.table.0, into.0) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Handle;
    use crate::vm::{Config, Vm};

    const TAG: u8 = 9;
    const ACTOR: Value = Value::Handle(Handle { tag: TAG, bits: 77 });

    /// Two places, and fields of all kinds, one of which must be there.
    fn shape(frame: &mut Frame<'_>) -> Shape {
        let field = |kind| Part::Field { kind, required: false };
        frame.shape([
            ("first", Part::Place(0)),
            ("second", Part::Place(1)),
            ("count", Part::Field { kind: FieldKind::Number, required: true }),
            ("flag", field(FieldKind::Boolean)),
            ("text", field(FieldKind::Text)),
            ("spot", field(FieldKind::Vector)),
            ("who", field(FieldKind::Handle(TAG))),
            ("what", field(FieldKind::Plain)),
            ("list", field(FieldKind::Unusual)),
        ])
    }

    /// Looks through a table with these entries; what was found, what was put to the places, the table that took the fields.
    fn sort(entries: &[(&str, Value)]) -> (Option<usize>, [Value; 2], Vec<(String, Value)>) {
        let mut vm = Vm::new(&Config::default()).expect("a VM");
        vm.enter(|frame| {
            let shape = shape(frame);
            frame.push_table(0, 0);
            for (name, value) in entries {
                frame.push(*value);
                frame.set(1, name);
            }
            frame.set_len(3);
            let count = frame.sort_entries(1, shape, 2);
            let places = [frame.value(2), frame.value(3)];
            frame.push_table(0, 0);
            let own = frame.pin(4);
            if count.is_some() {
                frame.take_entries(1, shape, own);
            }
            let mut taken = Vec::new();
            let _ = frame.entries(4, |frame| {
                taken.push((frame.display(frame.len() - 1), frame.value(frame.len())));
                Ok::<(), ()>(())
            });
            taken.sort_by(|one, other| one.0.cmp(&other.0));
            (count, places, taken)
        })
        .expect("nothing fails")
    }

    #[test]
    fn a_usual_table_is_sorted_and_copied() {
        let (count, places, taken) = sort(&[
            ("count", Value::Number(3.0)),
            ("second", Value::Bool(true)),
            ("who", ACTOR),
            ("what", Value::Vector([1.0, 2.0, 3.0])),
        ]);
        assert_eq!(count, Some(3));
        assert_eq!(places, [Value::Nil, Value::Bool(true)]);
        let fields = [("count", Value::Number(3.0)), ("what", Value::Vector([1.0, 2.0, 3.0])), ("who", ACTOR)];
        assert_eq!(taken, fields.map(|(name, value)| (name.to_owned(), value)));
    }

    #[test]
    fn all_else_is_left_to_the_host() {
        let count = ("count", Value::Number(3.0));
        let other = Value::Handle(Handle { tag: TAG + 1, bits: 77 });
        for entries in [
            // What must be there is missing.
            &[][..],
            &[("first", Value::Number(1.0))],
            // Nobody knows of it.
            &[count, ("cuont", Value::Number(1.0))],
            // It does not fit.
            &[("count", Value::Bool(true))],
            &[count, ("flag", Value::Number(1.0))],
            &[count, ("text", Value::Number(1.0))],
            &[count, ("spot", Value::Number(1.0))],
            &[count, ("who", other)],
            // The host alone can tell.
            &[count, ("list", Value::Number(1.0))],
        ] {
            assert_eq!(sort(entries).0, None, "{entries:?}");
        }
    }

    #[test]
    fn what_shares_something_is_left_to_the_host() {
        let mut vm = Vm::new(&Config::default()).expect("a VM");
        let counts = vm.enter(|frame| {
            let shape = shape(frame);
            let sorted = |frame: &mut Frame<'_>, entry: &mut dyn FnMut(&mut Frame<'_>)| {
                frame.set_len(0);
                frame.push_table(1, 0);
                frame.push(Value::Number(3.0));
                frame.set(1, "count");
                entry(frame);
                frame.set_len(3);
                frame.sort_entries(1, shape, 2)
            };
            let text = sorted(frame, &mut |frame| {
                frame.push_text("as good as a number");
                frame.set(1, "what");
            });
            let table = sorted(frame, &mut |frame| {
                frame.push_table(0, 0);
                frame.set(1, "what");
            });
            let item = sorted(frame, &mut |frame| {
                frame.push(Value::Bool(true));
                frame.set_item(1, 1);
            });
            frame.set_len(0);
            frame.push(Value::Number(1.0));
            frame.set_len(3);
            let none = frame.sort_entries(1, shape, 2);
            frame.push_table(0, 0);
            // There are no such places.
            let outside = frame.sort_entries(4, shape, 4);
            [text, table, item, none, outside]
        });
        assert_eq!(counts.expect("nothing fails"), [Some(2), None, None, None, None]);
    }
}
