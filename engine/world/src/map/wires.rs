//! Wires as they are drawn: a class property of type `Wire`, named after the action that sets it off.

use super::{Prop, Props};
use crate::names::suggestion;
use crate::sim::state::Moment;

/// Whom a wire reaches.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// The object that the arrow points to.
    Object(u32),
    /// Who set everything off: `!activator`.
    Activator,
    /// Whose wire or call set this action off: `!caller`.
    Caller,
    /// The wire's own actor: `!self`.
    Own,
    /// The map's actor: `!level`.
    Level,
    /// The game's actor: `!game`.
    Game,
    /// All of a class: `class:Lamp`.
    Class(String),
    /// All of a name; `*` and `?` stand for others: `lamp_*`.
    Named(String),
}

/// A wire of an object, or of the map.
#[derive(Clone, Debug, PartialEq)]
pub struct Wire {
    /// The property: `OnOpen`, or `OnOpen.2`.
    pub property: String,
    /// The action that sets it off.
    pub action: String,
    /// At which of its moments.
    pub on: Moment,
    /// Whom it reaches.
    pub target: Target,
    /// The action that follows.
    pub call: String,
    /// Ticks in between.
    pub delay: u32,
    /// It works once.
    pub once: bool,
    /// What the action that follows gets.
    pub arg: Option<Prop>,
}

/// The name of the property type.
pub(super) const TYPE: &str = "Wire";

const MEMBERS: [&str; 7] = ["arg", "call", "delay", "on", "once", "target", "to"];

/// Reads a wire from its property. Errors are what is wrong, for people.
pub(super) fn read(property: &str, members: &Props) -> Result<Wire, String> {
    let action = property
        .strip_prefix("On")
        .map(|rest| rest.split('.').next().unwrap_or(rest))
        .filter(|action| !action.is_empty())
        .ok_or("a wire's property is called `On` and the action's name: `OnOpen`, a second one `OnOpen.2`")?;
    if let Some(unknown) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        return Err(format!("a wire has no member `{unknown}`{}", suggestion(unknown, MEMBERS.into_iter())));
    }
    let text = |name: &str| match members.get(name) {
        Some(Prop::Text(text)) if !text.is_empty() => Ok(Some(text.as_str())),
        None | Some(Prop::Text(_)) => Ok(None),
        Some(_) => Err(format!("`{name}` must be a string")),
    };
    let call = text("call")?.ok_or("`call` is missing: the action that follows")?;
    let on = match text("on")? {
        None => Moment::Begin,
        Some(word) => Moment::from_word(word).ok_or_else(|| {
            format!(
                "`on` is begin, finish or fail, not `{word}`{}",
                suggestion(word, ["begin", "finish", "fail"].into_iter())
            )
        })?,
    };
    let delay = match members.get("delay") {
        None => 0,
        Some(Prop::Number(ticks)) if *ticks >= 0.0 && *ticks <= f64::from(u32::MAX) && ticks.fract() == 0.0 => {
            *ticks as u32
        }
        Some(other) => return Err(format!("`delay` must be a whole number of ticks from 0 on, not {other:?}")),
    };
    let once = match members.get("once") {
        None => false,
        Some(Prop::Bool(once)) => *once,
        Some(_) => return Err("`once` must be a bool".into()),
    };
    Ok(Wire {
        property: property.into(),
        action: bare(action).into(),
        on,
        target: target(members, text("to")?)?,
        call: bare(call).into(),
        delay,
        once,
        arg: members.get("arg").map(typed),
    })
}

fn bare(action: &str) -> &str {
    action.strip_prefix("Action_").unwrap_or(action)
}

fn target(members: &Props, to: Option<&str>) -> Result<Target, String> {
    let object = match members.get("target") {
        None | Some(Prop::Object(0)) => None,
        Some(Prop::Object(id)) => Some(*id),
        Some(_) => return Err("`target` must be an object: drag its arrow to one".into()),
    };
    match (object, to) {
        (Some(_), Some(to)) => Err(format!("it has a `target` and a `to` (`{to}`): clear one of them")),
        (None, None) => Err("it has neither a `target` nor a `to`: draw its arrow, or name whom it is to reach".into()),
        (Some(id), None) => Ok(Target::Object(id)),
        (None, Some("!activator")) => Ok(Target::Activator),
        (None, Some("!caller")) => Ok(Target::Caller),
        (None, Some("!self")) => Ok(Target::Own),
        (None, Some("!level")) => Ok(Target::Level),
        (None, Some("!game")) => Ok(Target::Game),
        (None, Some(special)) if special.starts_with('!') => {
            let known = ["!activator", "!caller", "!self", "!level", "!game"];
            Err(format!(
                "there is no `{special}`; there are {}{}",
                known.join(", "),
                suggestion(special, known.into_iter())
            ))
        }
        (None, Some(name)) => Ok(match name.strip_prefix("class:") {
            Some(class) => Target::Class(class.trim().into()),
            None => Target::Named(name.into()),
        }),
    }
}

/// Arguments are typed by what they look like: Tiled's member is a string, whatever the action takes.
fn typed(arg: &Prop) -> Prop {
    let Prop::Text(text) = arg else { return arg.clone() };
    match text.as_str() {
        "true" => Prop::Bool(true),
        "false" => Prop::Bool(false),
        text => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Prop::Number(number),
            _ => Prop::Text(text.into()),
        },
    }
}

/// Sorts a property's name as people do: `OnOpen.10` comes after `OnOpen.2`.
pub(super) fn natural(property: &str) -> (&str, u32, &str) {
    match property.rsplit_once('.') {
        Some((name, number)) => (name, number.parse().unwrap_or(u32::MAX), number),
        None => (property, 0, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(members: &[(&str, Prop)]) -> Result<Wire, String> {
        read("OnOpen.2", &members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    }

    #[test]
    fn reads_all_members() {
        let read = wire(&[
            ("call", Prop::Text("Action_Dim".into())),
            ("to", Prop::Text("class:Lamp".into())),
            ("on", Prop::Text("finish".into())),
            ("delay", Prop::Number(30.0)),
            ("once", Prop::Bool(true)),
            ("arg", Prop::Text("0.5".into())),
        ]);
        let wire = read.unwrap();
        assert_eq!((wire.action.as_str(), wire.call.as_str(), wire.on), ("Open", "Dim", Moment::Finish));
        assert_eq!((wire.target, wire.delay, wire.once), (Target::Class("Lamp".into()), 30, true));
        assert_eq!(wire.arg, Some(Prop::Number(0.5)));
    }

    #[test]
    fn says_what_is_wrong() {
        let call = ("call", Prop::Text("TurnOn".into()));
        for (members, error) in [
            (vec![("to", Prop::Text("x".into()))], "`call` is missing: the action that follows"),
            (vec![call.clone()], "it has neither a `target` nor a `to`: draw its arrow, or name whom it is to reach"),
            (vec![call.clone(), ("dely", Prop::Number(1.0))], "a wire has no member `dely`; did you mean `delay`?"),
            (
                vec![call.clone(), ("to", Prop::Text("x".into())), ("on", Prop::Text("finsh".into()))],
                "`on` is begin, finish or fail, not `finsh`; did you mean `finish`?",
            ),
            (
                vec![call, ("to", Prop::Text("!activtor".into()))],
                "there is no `!activtor`; there are !activator, !caller, !self, !level, !game; did you mean `!activator`?",
            ),
        ] {
            assert_eq!(wire(&members).unwrap_err(), error);
        }
    }

    #[test]
    fn sorts_as_people_do() {
        let mut names = vec!["OnOpen.10", "OnOpen.2", "OnClose", "OnOpen"];
        names.sort_by_key(|name| natural(name));
        assert_eq!(names, ["OnClose", "OnOpen", "OnOpen.2", "OnOpen.10"]);
    }
}
