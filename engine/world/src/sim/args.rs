//! Reading what scripts passed, with errors that say which argument of what is wrong and what it should be.

use std::fmt::Display;

use dormouse_vm::{Frame, Kind, Raise};

use crate::ids::{ActorId, TaskId};
use crate::space::FAR;

/// What kind of thing the value is, in an author's words.
pub(crate) fn kind_of(frame: &mut Frame<'_>, at: u32) -> String {
    match frame.kind(at) {
        Kind::Handle if frame.handle(at).and_then(TaskId::from_handle).is_some() => "task".into(),
        kind => kind.name().into(),
    }
}

fn wrong(frame: &mut Frame<'_>, at: u32, what: impl Display, wanted: &str) -> Raise {
    Raise::Message(format!("{what} must be {wanted}, not {}", phrase_of(frame, at)))
}

/// The same with its article: `an actor`.
pub(crate) fn phrase_of(frame: &mut Frame<'_>, at: u32) -> String {
    let kind = kind_of(frame, at);
    format!("{}{kind}", article(&kind))
}

fn article(word: &str) -> &'static str {
    match word {
        "nil" | "no value" => "",
        word if word.starts_with(['a', 'e', 'i', 'o', 'u']) => "an ",
        _ => "a ",
    }
}

/// A finite number.
pub(crate) fn number(frame: &mut Frame<'_>, at: u32, what: impl Display) -> Result<f64, Raise> {
    match frame.number(at) {
        Some(number) if number.is_finite() => Ok(number),
        Some(number) => Err(format!("{what} must be a finite number, not {number}").into()),
        None => Err(wrong(frame, at, what, "a number")),
    }
}

/// A finite number, or none.
pub(crate) fn optional_number(frame: &mut Frame<'_>, at: u32, what: impl Display) -> Result<Option<f64>, Raise> {
    if frame.is_nil(at) { Ok(None) } else { number(frame, at, what).map(Some) }
}

/// A number of ticks from 1 to 2^32 - 1, or none.
pub(crate) fn optional_ticks(frame: &mut Frame<'_>, at: u32, what: impl Display) -> Result<Option<u32>, Raise> {
    match optional_number(frame, at, &what)? {
        None => Ok(None),
        Some(ticks) if (1.0..=f64::from(u32::MAX)).contains(&ticks) => Ok(Some(ticks as u32)),
        Some(ticks) => Err(format!("{what} must be a number of ticks, at least 1, not {ticks}").into()),
    }
}

/// A string.
pub(crate) fn text(frame: &mut Frame<'_>, at: u32, what: impl Display) -> Result<String, Raise> {
    match frame.text(at) {
        Some(text) => Ok(text),
        None => Err(wrong(frame, at, what, "a string")),
    }
}

/// A string, or none.
pub(crate) fn optional_text(frame: &mut Frame<'_>, at: u32, what: impl Display) -> Result<Option<String>, Raise> {
    if frame.is_nil(at) { Ok(None) } else { text(frame, at, what).map(Some) }
}

/// A vector with finite components, as a point of the plane.
pub(crate) fn point(frame: &mut Frame<'_>, at: u32, what: impl Display) -> Result<[f32; 2], Raise> {
    match frame.vector(at) {
        Some([x, y, _]) if x.is_finite() && y.is_finite() => Ok([x, y]),
        Some([x, y, _]) => Err(format!("{what} must have finite components, not ({x}, {y})").into()),
        None => Err(wrong(frame, at, what, "a vector, such as vector.create(40, 60, 0)")),
    }
}

/// A place in the world.
pub(crate) fn place(frame: &mut Frame<'_>, at: u32, what: impl Display) -> Result<[f32; 2], Raise> {
    let point = point(frame, at, &what)?;
    if is_place(point) { Ok(point) } else { Err(too_far(point, what).into()) }
}

/// Whether a point is within the world.
pub(crate) fn is_place(point: [f32; 2]) -> bool {
    point.iter().all(|x| x.abs() <= FAR)
}

/// What is wrong with a place that is not.
pub(crate) fn too_far([x, y]: [f32; 2], what: impl Display) -> String {
    format!("{what} must be within {FAR} pixels of the middle of the world, not at ({x}, {y})")
}

/// An actor: its handle, or (for itself) its own table.
pub(crate) fn actor(frame: &mut Frame<'_>, at: u32, what: impl Display) -> Result<ActorId, Raise> {
    match maybe_actor(frame, at) {
        Some(actor) => Ok(actor),
        None => Err(wrong(frame, at, what, "an actor")),
    }
}

/// The actor that the value is, if it is one.
pub(crate) fn maybe_actor(frame: &Frame<'_>, at: u32) -> Option<ActorId> {
    frame.named_handle(at).and_then(ActorId::from_handle)
}

/// A task: the table that `start` returned, or its bare id.
pub(crate) fn task(frame: &mut Frame<'_>, at: u32, what: impl Display) -> Result<TaskId, Raise> {
    match frame.named_handle(at).and_then(TaskId::from_handle) {
        Some(task) => Ok(task),
        None => Err(wrong(frame, at, what, "a task, as `start` returns it")),
    }
}

/// A function.
pub(crate) fn function(frame: &mut Frame<'_>, at: u32, what: impl Display) -> Result<(), Raise> {
    if frame.kind(at) == Kind::Function { Ok(()) } else { Err(wrong(frame, at, what, "a function")) }
}
