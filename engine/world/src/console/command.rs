//! The commands: which there are, how they are read, what they become.

use std::collections::BTreeMap;
use std::path::Path;

use super::literal::Reader;
use super::{Answer, Console, look};
use crate::datum::Datum;
use crate::ids::ActorId;
use crate::input::{Inputs, What};
use crate::names::{matches, suggestion};
use crate::sim::linker::BUILT_IN;
use crate::world::World;

/// The commands with their forms and meanings, for `help` and completion.
pub(super) const COMMANDS: [(&str, &str, &str); 17] = [
    ("help", "help", "this list"),
    ("spawn", "spawn <Class> [x y] [prop=value ...]", "a new actor"),
    ("kill", "kill <actor or pattern>", "ends actors (also: despawn)"),
    ("despawn", "despawn <actor or pattern>", "the same"),
    ("set", "set <actor>.<prop> = <value>", "another value for a prop, or for position"),
    ("tell", "tell <actor> <Event> [{ fields }]", "sends an event"),
    ("key", "key <player> <name> down|up", "a key of a player"),
    ("duration", "duration <seconds>", "how long a tick lasts from the next one on"),
    ("inspect", "inspect <actor>", "all of an actor: props, fields, actions, mail, tasklets with their locals"),
    ("actors", "actors [text]", "who is there"),
    ("classes", "classes [text]", "what could be"),
    ("sleepers", "sleepers [text]", "who sleeps where, why, until when"),
    ("wires", "wires [actor]", "the wires, what became of them, what is on its way"),
    ("budgets", "budgets", "what everyone uses of what they may"),
    ("happenings", "happenings [text]", "what happened last"),
    ("why", "why <number of a happening>", "what led to it, step by step"),
    ("summary", "summary", "the world in numbers"),
];

/// What else a line can be.
const FORMS: [(&str, &str); 5] = [
    ("<actor>.<Action> [value]", "has it take an action; a pattern such as lamp_* means all that fit"),
    ("<actor>.<prop>", "shows it; with = and a value: changes it"),
    ("<any Luau expression>", "its value; it changes nothing. Actors are variables by their names"),
    ("@<actor> <expression>", "the same, as that actor, with self"),
    ("!<code>, !@<actor> <code>", "any Luau, which runs as a task in the next tick and may change everything"),
];

/// Carries out a line, or says what is wrong.
pub(super) fn carry_out(console: &mut Console, world: &mut World, line: &str) -> Result<Answer, String> {
    if line.is_empty() {
        return Ok(Answer::default());
    }
    if let Some(code) = line.strip_prefix('!') {
        let (actor, code) = speaker(world, code)?;
        let actor = actor.map(|actor| world.name_of(actor));
        return propose(console, world, vec![What::Eval { actor, code: code.to_owned() }]);
    }
    if line.starts_with('@') {
        let (actor, code) = speaker(world, line)?;
        return expression(console, world, code, actor);
    }
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    // What looks like an assignment or a call of something that is called like a command is Luau.
    if COMMANDS.iter().any(|(name, ..)| *name == word) && !rest.starts_with(['=', '(', ':', '.']) {
        return match word {
            "help" => Ok(say(help())),
            "spawn" => spawn(console, world, rest),
            "kill" | "despawn" => kill(console, world, rest),
            "set" => set(console, world, rest),
            "tell" => tell(console, world, rest),
            "key" | "duration" => as_input(console, world, line),
            _ => look::look(console, world, word, rest).map(say),
        };
    }
    match member(console, world, line)? {
        Some(answer) => Ok(answer),
        None => expression(console, world, line, None),
    }
}

pub(super) fn say(lines: Vec<String>) -> Answer {
    Answer { lines, ..Answer::default() }
}

fn help() -> Vec<String> {
    let commands = COMMANDS.iter().map(|(_, form, what)| (*form, *what));
    commands.chain(FORMS).map(|(form, what)| format!("{form:38} {what}")).collect()
}

/// What is to happen, tried before.
fn propose(console: &mut Console, world: &mut World, inputs: Vec<What>) -> Result<Answer, String> {
    for input in &inputs {
        world.try_input(input, &mut console.scratch)?;
    }
    let lines = inputs.iter().map(|input| format!("next tick: {input}")).collect();
    Ok(Answer { lines, inputs, failed: false })
}

/// A line in the form of input files, without the tick.
fn as_input(console: &mut Console, world: &mut World, line: &str) -> Result<Answer, String> {
    let inputs = Inputs::parse(&format!("1 {line}"), Path::new("console"));
    let inputs = inputs.map_err(|error| error.what)?;
    propose(console, world, inputs.all().iter().map(|input| input.what.clone()).collect())
}

fn expression(console: &mut Console, world: &mut World, code: &str, actor: Option<ActorId>) -> Result<Answer, String> {
    let found = world.evaluate(code, actor, &mut console.scratch).map_err(|message| hint(world, code, message))?;
    let values: Vec<String> = found.values.iter().map(|value| value.text.clone()).collect();
    let told = found.output.into_iter().map(|text| format!("| {text}"));
    let lines = told.chain((!values.is_empty()).then(|| values.join(", "))).collect();
    Ok(Answer { lines, ..Answer::default() })
}

/// Perhaps it was meant for a command, or the name of an actor.
fn hint(world: &World, code: &str, message: String) -> String {
    let word = code.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    let known = COMMANDS.iter().map(|(name, ..)| *name).chain(world.sim.live_names());
    // Of a single word there is nothing else to say than what it might have been.
    let misspelt = message.contains("there is no global") && !message.contains("did you mean") && !word.is_empty();
    let hint = if misspelt { suggestion(word, known) } else { String::new() };
    match message.split_once('\n') {
        Some((first, rest)) => format!("{first}{hint}\n{rest}"),
        None => format!("{message}{hint}"),
    }
}

/// `@actor rest`: the actor, and the rest; no actor where there is no `@`.
fn speaker<'t>(world: &World, text: &'t str) -> Result<(Option<ActorId>, &'t str), String> {
    let Some(text) = text.trim_start().strip_prefix('@') else { return Ok((None, text.trim())) };
    let (name, rest) = actor_name(text)?;
    Ok((Some(world.called(&name)?), rest.trim()))
}

/// The name of an actor at the beginning, bare or as a string, and what comes after it.
fn actor_name(text: &str) -> Result<(String, &str), String> {
    let mut reader = Reader::new(text);
    if text.trim_start().starts_with(['"', '\'']) {
        let name = reader.name()?;
        return Ok((name, reader.rest()));
    }
    let text = reader.rest();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    match &text[..end] {
        "" => Err("the name of an actor is missing".into()),
        name => Ok((name.to_owned(), &text[end..])),
    }
}

/// The actors that a name or a pattern means.
pub(super) fn meant(world: &World, name: &str) -> Result<Vec<ActorId>, String> {
    if world.sim.actor_called(name).is_some() || !name.contains(['*', '?']) {
        return world.called(name).map(|actor| vec![actor]);
    }
    let mut found = world.actors();
    found.retain(|actor| matches(name, &world.name_of(*actor)));
    if found.is_empty() { Err(format!("no actor fits `{name}`")) } else { Ok(found) }
}

// ---- commands that become inputs --------------------------------------------------------------------------------

fn spawn(console: &mut Console, world: &mut World, rest: &str) -> Result<Answer, String> {
    let mut reader = Reader::new(rest);
    let class = reader.name()?;
    if class.is_empty() {
        return Err("spawn <Class> [x y] [prop=value ...]: the class is missing".into());
    }
    if reader.rest().starts_with('{') {
        return as_input(console, world, &format!("spawn {rest}"));
    }
    let mut props = BTreeMap::new();
    if let Some(position) = position(&mut reader)? {
        props.insert("position".to_owned(), position);
    }
    while !reader.is_done() {
        let name = reader.name()?;
        if name.is_empty() || !reader.take('=') {
            return Err(format!("a prop is given as name=value, not `{name}{}`", reader.rest()));
        }
        props.insert(name, reader.value()?);
        reader.take(',');
    }
    propose(console, world, vec![What::Spawn { class, props }])
}

/// `40 60`, `40, 60` or `(40, 60)`.
fn position(reader: &mut Reader<'_>) -> Result<Option<Datum>, String> {
    let number = reader.rest().starts_with(|c: char| c.is_ascii_digit() || "-+.".contains(c));
    if !number {
        return if reader.rest().starts_with('(') { reader.value().map(Some) } else { Ok(None) };
    }
    let x = reader.value()?;
    reader.take(',');
    match (x, reader.value()) {
        (Datum::Number(x), Ok(Datum::Number(y))) => Ok(Some(Datum::Vector([x as f32, y as f32, 0.0]))),
        _ => Err("where it is to be is said by two numbers: spawn Lamp 40 60".into()),
    }
}

fn kill(console: &mut Console, world: &mut World, rest: &str) -> Result<Answer, String> {
    let (name, more) = actor_name(rest)?;
    if !more.trim().is_empty() {
        return Err(format!("one name or pattern is wanted, but `{}` comes after it", more.trim()));
    }
    let inputs = meant(world, &name)?.into_iter().map(|actor| What::Despawn { actor: world.name_of(actor) });
    let inputs = inputs.collect();
    propose(console, world, inputs)
}

fn set(console: &mut Console, world: &mut World, rest: &str) -> Result<Answer, String> {
    let Some(Member { actor, name, rest }) = Member::read(rest)? else {
        return Err("set <actor>.<prop> = <value>: it begins with the name of an actor".into());
    };
    change(console, world, &meant(world, &actor)?, &name, rest)
}

/// `= value`
fn change(
    console: &mut Console,
    world: &mut World,
    actors: &[ActorId],
    prop: &str,
    rest: &str,
) -> Result<Answer, String> {
    let mut reader = Reader::new(rest);
    reader.take('=');
    if reader.is_done() {
        return Err(format!("the value is missing: {prop} = 10"));
    }
    let value = reader.last_value()?;
    let set = |actor: &ActorId| What::Set { actor: world.name_of(*actor), prop: prop.to_owned(), value: value.clone() };
    let inputs = actors.iter().map(set).collect();
    propose(console, world, inputs)
}

fn tell(console: &mut Console, world: &mut World, rest: &str) -> Result<Answer, String> {
    let (actor, rest) = actor_name(rest)?;
    let mut reader = Reader::new(rest);
    let name = reader.name()?;
    if name.is_empty() {
        return Err("tell <actor> <Event> [{ fields }]: the event is missing".into());
    }
    let fields = match reader.last_value()? {
        Datum::Nil => BTreeMap::new(),
        Datum::Map(fields) => fields,
        // A table of nothing but x and y.
        Datum::Vector([x, y, z]) => {
            [("x", x), ("y", y), ("z", z)].map(|(k, v)| (k.to_owned(), f64::from(v).into())).into()
        }
        _ => return Err("the fields of an event are a table: { where = \"yard\" }".into()),
    };
    if fields.contains_key("name") {
        return Err("the field `name` is the event's own name: leave it out".into());
    }
    let event = |actor| What::Event { actor: world.name_of(actor), name: name.clone(), fields: fields.clone() };
    let inputs = meant(world, &actor)?.into_iter().map(event).collect();
    propose(console, world, inputs)
}

// ---- actors and their members -----------------------------------------------------------------------------------

/// `actor.member rest`
struct Member<'t> {
    actor: String,
    name: String,
    rest: &'t str,
}

impl<'t> Member<'t> {
    /// None where the line is not of that form, and so is Luau.
    fn read(line: &'t str) -> Result<Option<Member<'t>>, String> {
        let own = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let (actor, after) = if line.starts_with(['"', '\'']) {
            let mut reader = Reader::new(line);
            let Ok(actor) = reader.name() else { return Ok(None) };
            (actor, reader.rest())
        } else {
            // The last dot of the first word: the name of a member has none, that of an actor may.
            let end = line.find(|c: char| c.is_whitespace() || "=()[]{}:\"',;".contains(c)).unwrap_or(line.len());
            match line[..end].rfind('.') {
                Some(dot) => (line[..dot].to_owned(), &line[dot..]),
                None => return Ok(None),
            }
        };
        let Some(after) = after.strip_prefix('.') else { return Ok(None) };
        let end = after.find(|c| !own(c)).unwrap_or(after.len());
        let (name, rest) = after.split_at(end);
        if name.is_empty() || !(rest.is_empty() || rest.starts_with(|c: char| c.is_whitespace() || c == '=')) {
            return Ok(None);
        }
        Ok(Some(Member { actor, name: name.to_owned(), rest: rest.trim() }))
    }
}

/// An actor alone, or a member of one: an action to take, a prop to show or to change. None where it is Luau.
fn member(console: &mut Console, world: &mut World, line: &str) -> Result<Option<Answer>, String> {
    if let Some(actor) = world.sim.actor_called(line) {
        return Ok(Some(say(look::brief(world, actor))));
    }
    let Some(Member { actor, name, rest }) = Member::read(line)? else { return Ok(None) };
    let pattern = actor.contains(['*', '?']);
    if world.sim.actor_called(&actor).is_none() && !pattern {
        return Ok(None);
    }
    let bare = name.strip_prefix("Action_").unwrap_or(&name);
    let mut actors = meant(world, &actor)?;
    let able = |world: &World, actor: ActorId| world.sim.action_name(actor, bare).is_ok();
    if pattern && actors.iter().any(|actor| able(world, *actor)) {
        actors.retain(|actor| able(world, *actor));
    }
    if actors.iter().all(|actor| able(world, *actor)) && !rest.starts_with('=') {
        let arg = Reader::new(rest).last_value()?;
        let act = |actor| What::Action { actor: world.name_of(actor), action: bare.to_owned(), arg: arg.clone() };
        let inputs = actors.into_iter().map(act).collect();
        return propose(console, world, inputs).map(Some);
    }
    if let Some(value) = rest.strip_prefix('=').filter(|value| !value.starts_with('=')) {
        return change(console, world, &actors, &name, value).map(Some);
    }
    if !rest.is_empty() {
        // `door_a.speed * 2`: an error that tells how to read another's fields.
        return Ok(None);
    }
    let lines: Result<Vec<String>, String> = actors.iter().map(|actor| show(world, *actor, &name)).collect();
    lines.map(|lines| Some(say(lines)))
}

/// A prop or a field.
fn show(world: &World, actor: ActorId, name: &str) -> Result<String, String> {
    let Some(view) = world.actor_view(actor) else { return Err("it is gone".into()) };
    if let Some(prop) = view.props.iter().find(|prop| prop.name == name) {
        return Ok(format!("{prop}{}", if prop.own { "" } else { "   (the class's)" }));
    }
    if let Some(field) = view.fields.iter().find(|field| field.name == name) {
        return Ok(field.to_string());
    }
    let [x, y] = view.body.center;
    match name {
        "position" => return Ok(format!("position = ({x}, {y})")),
        "size" => return Ok(format!("size = ({}, {})", view.body.size[0], view.body.size[1])),
        "name" => return Ok(format!("name = {:?}", view.name)),
        _ => {}
    }
    let known = view.actions.iter().map(String::as_str).chain(view.props.iter().map(|prop| prop.name.as_str()));
    let known = known.chain(view.fields.iter().map(|field| field.name.as_str())).chain(BUILT_IN.iter().copied());
    Err(format!("{} ({}) has no action or prop `{name}`{}", view.label, view.class, suggestion(name, known)))
}
