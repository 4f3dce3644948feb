//! From a value of the VM to what a person sees of it. It never follows more than a bounded part of what it is given.

use dormouse_vm::{Kind, Peek};

use super::guest::Eye;
use super::{ActorRef, FieldView, ValueView, clean};
use crate::datum::Datum;
use crate::ids::{ActorId, TaskId};
use crate::world::World;

/// Characters of the text that shows a value, and of a string in it.
const TEXT: usize = 160;
const QUOTED: usize = 60;
/// Entries of a table that its text shows, at the first level and below.
const SHOWN: [usize; 3] = [8, 4, 0];
/// Entries that are looked at to show the first of them by name, and places for entries that are looked at at all: a
/// table may be huge, or empty and huge, and be met a thousand times.
const LOOKED_AT: usize = 64;
const PLACES: usize = 4096;
/// Values and levels that a datum may have, and bytes of each string in it.
const DATUM_VALUES: usize = 256;
const DATUM_DEPTH: usize = 8;
const DATUM_TEXT: usize = 4096;

impl World {
    pub(crate) fn value_view(&self, value: &Peek<'_>) -> ValueView {
        self.eye().value_view(value)
    }

    pub(super) fn actor_ref(&self, id: ActorId) -> ActorRef {
        ActorRef { id, name: self.sim.label(id) }
    }

    /// None for nobody.
    pub(super) fn some_actor(&self, id: ActorId) -> Option<ActorRef> {
        (id != ActorId::default()).then(|| self.actor_ref(id))
    }
}

impl Eye<'_> {
    pub(super) fn value_view(&self, value: &Peek<'_>) -> ValueView {
        let actor = value.handle().and_then(ActorId::from_handle).or_else(|| self.own_table_of(value));
        let kind = match value.kind() {
            _ if actor.is_some() => "actor",
            Kind::Handle => "task",
            Kind::Table if self.task_of(value).is_some() => "task",
            kind => kind.name(),
        };
        let mut text = String::new();
        self.show(&mut text, value, 0);
        let datum = if actor.is_some() { None } else { datum(value, &mut DATUM_VALUES.clone(), 0) };
        ValueView { kind, text: shorten(text, TEXT), datum, actor }
    }

    pub(super) fn field_view(&self, key: &Peek<'_>, value: &Peek<'_>) -> FieldView {
        FieldView { name: self.key_text(key), value: self.value_view(value) }
    }

    /// The entries of a table that `wanted` takes, by name, at most so many; and how many more there are.
    pub(super) fn fields(
        &self,
        table: &Peek<'_>,
        most: usize,
        wanted: impl Fn(&[u8]) -> bool,
    ) -> (Vec<FieldView>, usize) {
        let others = || table.entries(usize::MAX).filter(|(key, _)| key.bytes().is_none_or(&wanted));
        let mut fields: Vec<_> = others().take(most).map(|(key, value)| self.field_view(&key, &value)).collect();
        fields.sort_by(|one, other| one.name.cmp(&other.name));
        let more = if fields.len() < most { 0 } else { others().count() - fields.len() };
        (fields, more)
    }

    /// The actor whose own table it is.
    fn own_table_of(&self, value: &Peek<'_>) -> Option<ActorId> {
        let id = value.get("id").handle().and_then(ActorId::from_handle)?;
        let actor = self.actor(id)?;
        self.here.vm.peek(actor.table).same(value).then_some(id)
    }

    /// The task that scripts know by this table.
    fn task_of(&self, value: &Peek<'_>) -> Option<TaskId> {
        let metatable = value.metatable()?;
        let is_task = metatable.same(&self.here.vm.peek(self.here.sim.pins.task));
        value.get("id").handle().and_then(TaskId::from_handle).filter(|_| is_task)
    }

    fn show(&self, out: &mut String, value: &Peek<'_>, depth: usize) {
        match value.kind() {
            Kind::Number => out.push_str(&number(value.number().unwrap_or_default())),
            Kind::Bool => out.push_str(if value.truthy() { "true" } else { "false" }),
            Kind::Vector => {
                let [x, y, z] = value.vector().unwrap_or_default();
                out.push_str(&if z == 0.0 { format!("({x}, {y})") } else { format!("({x}, {y}, {z})") });
            }
            Kind::Text => out.push_str(&quoted(value.bytes().unwrap_or_default())),
            Kind::Handle => {
                let handle = value.handle().unwrap_or(TaskId::default().handle());
                match ActorId::from_handle(handle) {
                    Some(actor) => out.push_str(&clean(&self.world.sim.label(actor))),
                    None => self.show_task(out, TaskId::from_handle(handle).unwrap_or_default()),
                }
            }
            Kind::Table => self.show_table(out, value, depth),
            Kind::Function => {
                let code = value.code();
                let name = code.as_ref().and_then(|code| code.name.as_deref()).map(clean).unwrap_or_default();
                out.push_str("function");
                out.push_str(&if name.is_empty() { String::new() } else { format!(" {name}") });
                if let Some((file, line)) = code.and_then(|code| code.place) {
                    out.push_str(&format!(" ({}:{line})", clean(&file)));
                }
            }
            Kind::Thread => match value.coroutine_place() {
                Some(place) => out.push_str(&format!("coroutine at {}", clean(&place.to_string()))),
                None => out.push_str("coroutine that is over"),
            },
            Kind::Buffer => out.push_str(&format!("buffer of {} bytes", value.buffer_size())),
            kind => out.push_str(kind.name()),
        }
    }

    fn show_task(&self, out: &mut String, task: TaskId) {
        let label = match self.world.sim.state.tasks.0.contains_key(task) {
            true => format!("task of {}", clean(&self.task_label(task))),
            false => "task that is over".into(),
        };
        out.push_str(&label);
    }

    fn show_table(&self, out: &mut String, table: &Peek<'_>, depth: usize) {
        if let Some(actor) = self.own_table_of(table) {
            return out.push_str(&clean(&self.world.sim.label(actor)));
        }
        if let Some(task) = self.task_of(table) {
            return self.show_task(out, task);
        }
        // An exception is shown as it is made: its name, then its fields.
        let exception =
            table.metatable().is_some_and(|metatable| metatable.same(&self.here.vm.peek(self.here.sim.pins.exception)));
        let name = if exception { table.get("name").bytes().map(|name| clean(&lossy(name, QUOTED))) } else { None };
        let count = table.entries(PLACES).count() - usize::from(name.is_some());
        let all = table.places() <= PLACES;
        if let Some(name) = &name {
            out.push_str(name);
            if count == 0 {
                return;
            }
            out.push(' ');
        }
        if count == 0 && all {
            return out.push_str("{}");
        }
        let most = SHOWN[depth.min(SHOWN.len() - 1)];
        if most == 0 || count == 0 || out.len() > TEXT {
            return out.push_str("{ ... }");
        }
        let mut entries: Vec<_> = table
            .entries(PLACES)
            .take(LOOKED_AT)
            .filter(|(key, _)| name.is_none() || key.bytes() != Some(b"name"))
            .map(|(key, value)| {
                let number = key.number();
                let text = if number.is_some() { String::new() } else { self.key_text(&key) };
                (number, text, key, value)
            })
            .collect();
        // Numbers come before the fields by name.
        entries.sort_by(|(one, a, ..), (other, b, ..)| {
            let numbers = one.unwrap_or_default().total_cmp(&other.unwrap_or_default());
            one.is_none().cmp(&other.is_none()).then(numbers).then_with(|| a.cmp(b))
        });
        out.push_str("{ ");
        let mut items = 0.0;
        for (at, (number, text, key, value)) in entries.iter().take(most).enumerate() {
            out.push_str(if at == 0 { "" } else { ", " });
            match number {
                Some(number) if *number == items + 1.0 => items += 1.0,
                Some(_) => out.push_str(&format!("{} = ", self.key_text(key))),
                None => out.push_str(&format!("{text} = ")),
            }
            self.show(out, value, depth + 1);
        }
        match count.saturating_sub(most) {
            0 if all => out.push_str(" }"),
            0 => out.push_str(", ... }"),
            more if all => out.push_str(&format!(", {more} more }}")),
            more => out.push_str(&format!(", at least {more} more }}")),
        }
    }

    /// A key as a script would write it.
    fn key_text(&self, key: &Peek<'_>) -> String {
        match key.bytes() {
            Some(bytes) if is_identifier(bytes) => lossy(bytes, QUOTED),
            Some(bytes) => format!("[{}]", quoted(bytes)),
            None => {
                let mut text = String::from("[");
                self.show(&mut text, key, SHOWN.len());
                text.push(']');
                shorten(text, QUOTED)
            }
        }
    }
}

fn is_identifier(bytes: &[u8]) -> bool {
    let own = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    bytes.first().is_some_and(|first| own(first) && !first.is_ascii_digit())
        && bytes.iter().all(own)
        && bytes.len() <= QUOTED
}

fn number(number: f64) -> String {
    let plain = number == 0.0 || !number.is_finite() || (1e-5..1e15).contains(&number.abs());
    if plain { number.to_string() } else { format!("{number:e}") }
}

fn quoted(bytes: &[u8]) -> String {
    let text = lossy(bytes, QUOTED);
    let more = if bytes.len() > QUOTED { format!("... ({} bytes)", bytes.len()) } else { String::new() };
    format!("{text:?}{more}")
}

/// The first bytes as text, cut at a character's end.
fn lossy(bytes: &[u8], most: usize) -> String {
    if bytes.len() <= most {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let end = (most - 3..=most).rev().find(|end| bytes[*end] & 0xc0 != 0x80).unwrap_or(most);
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

fn shorten(text: String, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

/// All of a value, where it is plain data within the bounds.
fn datum(value: &Peek<'_>, left: &mut usize, depth: usize) -> Option<Datum> {
    *left = left.checked_sub(1)?;
    Some(match value.kind() {
        Kind::Nil => Datum::Nil,
        Kind::Bool => Datum::Bool(value.truthy()),
        Kind::Number => Datum::Number(value.number()?),
        Kind::Vector => Datum::Vector(value.vector()?),
        Kind::Text => {
            let bytes = value.bytes().filter(|bytes| bytes.len() <= DATUM_TEXT)?;
            Datum::Text(std::str::from_utf8(bytes).ok()?.to_owned())
        }
        Kind::Table if depth < DATUM_DEPTH && value.metatable().is_none() => {
            let count = value.entries(PLACES).take(*left + 1).count();
            if count > *left || value.places() > PLACES {
                return None;
            }
            let in_order = |(at, (key, _)): &(usize, (Peek<'_>, Peek<'_>))| key.number() == Some(*at as f64 + 1.0);
            let items = value.entries(PLACES).enumerate().take_while(in_order);
            let items: Vec<Peek<'_>> = items.map(|(_, (_, item))| item).collect();
            if count > 0 && items.len() == count {
                let items = items.iter().map(|item| datum(item, left, depth + 1));
                return items.collect::<Option<Vec<_>>>().map(Datum::List);
            }
            let fields = value.entries(PLACES).map(|(key, field)| {
                let key = std::str::from_utf8(key.bytes().filter(|key| key.len() <= DATUM_TEXT)?).ok()?;
                Some((key.to_owned(), datum(&field, left, depth + 1)?))
            });
            Datum::Map(fields.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}
