//! Values between the outside and the VM: a datum becomes a Luau value and back.

use std::collections::BTreeMap;

use dormouse_vm::{Frame, Kind, Value};

use super::args;
use super::classes::PropKind;
use crate::datum::Datum;

/// How deep a datum that is read from a script may nest.
const DEPTH: usize = 32;

/// Pushes a datum.
pub(crate) fn push_datum(frame: &mut Frame<'_>, datum: &Datum) {
    match datum {
        Datum::Nil => frame.push(Value::Nil),
        Datum::Bool(b) => frame.push(Value::Bool(*b)),
        Datum::Number(n) => frame.push(Value::Number(*n)),
        Datum::Text(text) => frame.push_text(text),
        Datum::Vector(vector) => frame.push(Value::Vector(*vector)),
        Datum::List(items) => {
            frame.push_table(items.len(), 0);
            let table = frame.len();
            for (at, item) in items.iter().enumerate() {
                push_datum(frame, item);
                frame.set_item(table, at as u32 + 1);
            }
        }
        Datum::Map(fields) => {
            frame.push_table(0, fields.len());
            let table = frame.len();
            for (key, value) in fields {
                push_datum(frame, value);
                frame.set(table, key);
            }
        }
    }
}

/// The value as a datum. What has none (functions, actors, tables too deep) is `Nil`.
pub(crate) fn datum(frame: &mut Frame<'_>, at: u32) -> Datum {
    read(frame, at, 0)
}

fn read(frame: &mut Frame<'_>, at: u32, depth: usize) -> Datum {
    match frame.kind(at) {
        Kind::Bool => Datum::Bool(frame.truthy(at)),
        Kind::Number => Datum::Number(frame.number(at).unwrap_or_default()),
        Kind::Text => Datum::Text(frame.text(at).unwrap_or_default()),
        Kind::Vector => Datum::Vector(frame.vector(at).unwrap_or_default()),
        Kind::Table if depth < DEPTH => {
            let items = frame.items(at);
            if items > 0 {
                let list = (1..=items).map(|item| {
                    frame.get_item(at, item);
                    let place = frame.len();
                    let value = read(frame, place, depth + 1);
                    frame.pop(1);
                    value
                });
                return Datum::List(list.collect());
            }
            let mut fields = BTreeMap::new();
            let _ = frame.entries(at, |frame| {
                let (key, value) = (frame.len() - 1, frame.len());
                fields.insert(frame.display(key), read(frame, value, depth + 1));
                Ok::<(), ()>(())
            });
            Datum::Map(fields)
        }
        _ => Datum::Nil,
    }
}

/// Whether a value may be held by a prop of that kind.
pub(crate) fn fits(frame: &Frame<'_>, at: u32, kind: PropKind) -> bool {
    match kind {
        PropKind::Any => true,
        PropKind::Boolean => frame.kind(at) == Kind::Bool,
        PropKind::Number => frame.kind(at) == Kind::Number,
        PropKind::Text => frame.kind(at) == Kind::Text,
        PropKind::Vector => frame.kind(at) == Kind::Vector,
        PropKind::Actor => args::maybe_actor(frame, at).is_some(),
        PropKind::Table => frame.kind(at) == Kind::Table,
    }
}
