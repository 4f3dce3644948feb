//! Reading the text form of inputs. Whatever the text is, the answer is inputs or an error that names the line.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::{Input, Inputs, What};
use crate::datum::Datum;
use crate::names::suggestion;

/// Bytes that a line may have, lines that a file may have.
const MAX_LINE: usize = 1 << 20;
const MAX_LINES: usize = 10_000_000;

/// What can come after the tick, and how it is written.
const KINDS: [(&str, &str); 8] = [
    ("key", "key <player 1..8> <name> down|up"),
    ("event", "event <actor> <name> {fields as JSON}"),
    ("action", "action <actor>.<Action> <argument as JSON>"),
    ("duration", "duration <seconds>"),
    ("spawn", "spawn <Class> {props as JSON}"),
    ("despawn", "despawn <actor>"),
    ("set", "set <actor>.<prop> <value as JSON>"),
    ("eval", "eval <actor, or nothing> <code as a JSON string>"),
];

/// A line that is no input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}:{line}: {what}", file.display())]
pub struct InputError {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: u32,
    /// What is wrong with it, and what it should be.
    pub what: String,
}

impl Inputs {
    /// Reads the text form. `file` is for errors only.
    pub fn parse(text: &str, file: &Path) -> Result<Inputs, InputError> {
        let mut inputs = Inputs::default();
        let mut last = 0;
        for (number, line) in (1..).zip(text.lines()) {
            let wrong = |what: String| InputError { file: file.into(), line: number, what };
            if line.len() > MAX_LINE {
                return Err(wrong(format!("the line has {} bytes; {MAX_LINE} are the most", line.len())));
            }
            if number as usize > MAX_LINES {
                return Err(wrong(format!("the file has more than {MAX_LINES} lines")));
            }
            let Some((tick, what)) = parse_line(line).map_err(wrong)? else { continue };
            if tick < last {
                return Err(wrong(format!("tick {tick} comes after tick {last}; ticks never go back")));
            }
            last = tick;
            inputs.list.push(Input { tick, line: number, what });
        }
        Ok(inputs)
    }
}

/// A comment begins with `#` at the line's beginning or after a blank, outside of strings.
fn without_comment(line: &str) -> &str {
    let (mut quoted, mut escaped, mut before) = (false, false, ' ');
    for (at, c) in line.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '#' if !quoted && before.is_whitespace() => return &line[..at],
            _ => {}
        }
        before = c;
    }
    line
}

fn parse_line(line: &str) -> Result<Option<(u64, What)>, String> {
    let line = without_comment(line).trim();
    if line.is_empty() {
        return Ok(None);
    }
    let (tick, rest) = word(line);
    let tick = match tick.parse() {
        Ok(tick) if tick > 0 => tick,
        _ => return Err(format!("a line begins with a tick, a whole number from 1 on, not `{tick}`")),
    };
    let (kind, rest) = word(rest);
    let Some((_, form)) = KINDS.into_iter().find(|(known, _)| *known == kind) else {
        let kinds = KINDS.map(|(known, _)| known);
        let among = kinds.join(", ");
        return Err(match kind {
            "" => format!("after the tick comes what happens, one of {among}"),
            _ => format!("`{kind}` is none of {among}{}", suggestion(kind, kinds.into_iter())),
        });
    };
    let what = match kind {
        "key" => key(rest),
        "event" => event(rest),
        "action" => action(rest),
        "spawn" => spawn(rest),
        "despawn" => despawn(rest),
        "set" => set(rest),
        "eval" => eval(rest),
        _ => duration(rest),
    };
    what.map(|what| Some((tick, what))).map_err(|wrong| format!("{wrong}; the form is `{form}`"))
}

fn key(rest: &str) -> Result<What, String> {
    let (number, rest) = word(rest);
    let player = number.parse().ok().filter(|player| (1..=8).contains(player));
    let player = player.ok_or_else(|| format!("there is no player `{number}`"))?;
    let (key, rest) = name(rest, "a key")?;
    let down = match spaced(rest)? {
        "down" => true,
        "up" => false,
        other => return Err(format!("a key goes down or up, not `{other}`")),
    };
    Ok(What::Key { player, key: key.into(), down })
}

fn event(rest: &str) -> Result<What, String> {
    let (actor, rest) = name(rest, "an actor")?;
    let (event, rest) = name(spaced(rest)?, "an event")?;
    let fields: BTreeMap<_, _> = match json(spaced(rest)?)? {
        None => BTreeMap::new(),
        Some(Json::Object(fields)) if fields.contains_key("name") => {
            return Err("the field `name` is the event's own name: leave it out".into());
        }
        // Each by itself: fields that are called x and y are no vector.
        Some(Json::Object(fields)) => fields.into_iter().map(|(key, value)| (key, Datum::from_json(value))).collect(),
        Some(other) => return Err(format!("the fields of an event are a JSON object, not `{}`", brief(&other))),
    };
    Ok(What::Event { actor: actor.into(), name: event.into(), fields })
}

/// `actor.member`, and what comes after it.
fn member<'t>(rest: &'t str, what: &str) -> Result<(Cow<'t, str>, &'t str, &'t str), String> {
    let missing = || format!("there is no {what}");
    let (actor, member, rest) = if rest.starts_with('"') {
        let (actor, rest) = name(rest, "an actor")?;
        let (member, rest) = word(rest.strip_prefix('.').ok_or_else(missing)?);
        (actor, member, rest)
    } else {
        // The last dot: the name of an action has none, that of an actor may.
        let (both, rest) = word(rest);
        let (actor, member) = both.rsplit_once('.').ok_or_else(missing)?;
        (name(actor, "an actor")?.0, member, rest)
    };
    let member = member.strip_prefix("Action_").unwrap_or(member);
    if member.is_empty() || !member.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(format!("`{member}` is no name of {} {what}", if what == "prop" { "a" } else { "an" }));
    }
    Ok((actor, member, rest))
}

fn action(rest: &str) -> Result<What, String> {
    let (actor, action, rest) = member(rest, "action")?;
    let arg = json(rest)?.map_or(Datum::Nil, Datum::from_json);
    Ok(What::Action { actor: actor.into(), action: action.into(), arg })
}

fn spawn(rest: &str) -> Result<What, String> {
    let (class, rest) = name(rest, "a class")?;
    let props = match json(spaced(rest)?)? {
        None => BTreeMap::new(),
        // Each by itself: props that are called x and y are no vector.
        Some(Json::Object(props)) => props.into_iter().map(|(key, value)| (key, Datum::from_json(value))).collect(),
        Some(other) => return Err(format!("the props of an actor are a JSON object, not `{}`", brief(&other))),
    };
    Ok(What::Spawn { class: class.into(), props })
}

fn despawn(rest: &str) -> Result<What, String> {
    let (actor, rest) = name(rest, "an actor")?;
    match spaced(rest)? {
        "" => Ok(What::Despawn { actor: actor.into() }),
        more => Err(format!("after the actor comes nothing, not `{more}`")),
    }
}

fn set(rest: &str) -> Result<What, String> {
    let (actor, prop, rest) = member(rest, "prop")?;
    let value = json(rest)?.ok_or("the value is missing")?;
    Ok(What::Set { actor: actor.into(), prop: prop.into(), value: Datum::from_json(value) })
}

fn eval(rest: &str) -> Result<What, String> {
    let (first, after) = name(rest, "what runs it")?;
    let code = spaced(after)?;
    if code.is_empty() && rest.starts_with('"') {
        return Ok(What::Eval { actor: None, code: first.into() });
    }
    match json(code)? {
        Some(Json::String(code)) => Ok(What::Eval { actor: Some(first.into()), code }),
        _ => Err("the code is written as a JSON string".into()),
    }
}

fn duration(rest: &str) -> Result<What, String> {
    match rest.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 1.0 => Ok(What::Duration(seconds)),
        _ => Err(format!("a tick lasts more than 0 seconds and at most 1, not `{rest}`")),
    }
}

/// The first word, and what comes after the blanks behind it.
fn word(text: &str) -> (&str, &str) {
    text.split_once(char::is_whitespace).map_or((text, ""), |(word, rest)| (word, rest.trim_start()))
}

/// A name and all that comes after it. `what` it names is for errors.
fn name<'t>(text: &'t str, what: &str) -> Result<(Cow<'t, str>, &'t str), String> {
    if text.starts_with('"') {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<String>();
        let name = values.next().and_then(Result::ok).ok_or_else(|| format!("the name of {what} does not end"))?;
        return Ok((name.into(), &text[values.byte_offset()..]));
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    match &text[..end] {
        "" => Err(format!("the name of {what} is missing")),
        name if name.contains('"') => Err(format!("a name with a quote in it is written as JSON does, not `{name}`")),
        name => Ok((name.into(), &text[end..])),
    }
}

/// What comes after a name: nothing, or something set off by a blank.
fn spaced(text: &str) -> Result<&str, String> {
    match text.strip_prefix(char::is_whitespace) {
        Some(rest) => Ok(rest.trim_start()),
        None if text.is_empty() => Ok(text),
        None => Err(format!("there is a blank missing before `{text}`")),
    }
}

fn json(text: &str) -> Result<Option<Json>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    // serde_json bounds the depth by itself, and knows no number that isn't finite.
    serde_json::from_str(text).map(Some).map_err(|error| format!("this is no JSON: {error}"))
}

fn brief(json: &Json) -> String {
    let text = json.to_string();
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}
