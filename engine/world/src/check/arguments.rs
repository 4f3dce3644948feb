//! What actions take, as their definitions say: `function Bell:Action_Ring(strokes: number?)`. It is read from the text of
//! the scripts, so it is a hint for checking maps and nothing that a world relies on.

use std::collections::BTreeMap;

use super::PropKind;
use crate::map::Prop;

/// What an action takes from the wire that calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Takes {
    /// No argument.
    Nothing,
    /// One that its definition says nothing more of.
    Something,
    /// One of this kind.
    One {
        /// The name of the parameter.
        name: String,
        /// What it must be.
        kind: PropKind,
        /// It may be left out.
        optional: bool,
    },
}

/// The actions that a script defines, with what they take.
pub(crate) fn defined(text: &str) -> BTreeMap<String, Takes> {
    let mut found = BTreeMap::new();
    for (at, line) in text.lines().scan(0, |at, line| Some((std::mem::replace(at, *at + line.len() + 1), line))) {
        let Some(head) = line.trim_start().strip_prefix("function ") else { continue };
        let Some((class, name)) = head.split_once(":Action_") else { continue };
        let Some((name, _)) = name.split_once('(') else { continue };
        let own = |c: char| c.is_alphanumeric() || c == '_';
        let begin = at + line.find('(').unwrap_or(0) + 1;
        if let Some(first) = first_parameter(text.get(begin..).unwrap_or_default())
            && class.chars().chain(name.chars()).all(own)
        {
            found.insert(name.to_owned(), takes(first));
        }
    }
    found
}

/// The text of the first parameter, from behind the opening bracket. None where no bracket closes.
fn first_parameter(text: &str) -> Option<&str> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            ')' | ',' if depth == 0 => return Some(text[..at].trim()),
            '(' | '{' | '<' => depth += 1,
            ')' | '}' | '>' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn takes(parameter: &str) -> Takes {
    let (name, word) = match parameter.split_once(':') {
        Some((name, word)) => (name.trim(), word.trim()),
        None if parameter.is_empty() => return Takes::Nothing,
        None => return Takes::Something,
    };
    let (word, optional) = word.strip_suffix('?').map_or((word, false), |word| (word.trim(), true));
    let kind = match word {
        "Handle" | "Actor" => Some(PropKind::Actor),
        word if word.ends_with("Handle") => Some(PropKind::Actor),
        word if word.starts_with('{') => Some(PropKind::Table),
        word => PropKind::from_word(word).filter(|kind| *kind != PropKind::Any),
    };
    kind.map_or(Takes::Something, |kind| Takes::One { name: name.into(), kind, optional })
}

/// What is wrong with an argument that comes out as `kind` (in words, where it is none); and whether it can't work.
pub(super) fn misfit(takes: &Takes, arg: Option<(&Prop, PropKind)>) -> Option<(String, bool)> {
    match (takes, arg) {
        (Takes::Nothing, Some(_)) => Some(("takes no argument: `arg` is passed for nothing".into(), false)),
        (Takes::One { name, kind, optional: false }, None) => {
            Some((format!("takes {} (`{name}`), and there is no `arg`", kind.phrase()), false))
        }
        // Tiled's text is a number where it looks like one.
        (Takes::One { kind: PropKind::Text, .. }, Some((Prop::Number(_) | Prop::Bool(_), _))) => None,
        (Takes::One { name, kind, .. }, Some((_, given))) if *kind != given => {
            Some((format!("takes {} (`{name}`), and `arg` is {}", kind.phrase(), given.phrase()), true))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_read_as_they_are_written() {
        let text = "-- function Door:Action_Comment(x)
function Door:Action_Open() end
    function Door:Action_Ring( strokes : number? ) end
function Door:Action_Set(to: { x: number, y: number }, fast: boolean)
function Door:Action_Follow(who: GuardHandle)
function Door:Action_Say(text: string, ...: any)
function Door:Action_Any(thing)
function Door:Action_Rest(...)
function Door:Action_Odd(f: (number) -> (string, number))
function Door:helper(x) self:Action_Open(5) end
function Door:Action_Broken(";
        let one = |name: &str, kind, optional| Takes::One { name: name.into(), kind, optional };
        let expected = [
            ("Any", Takes::Something),
            ("Follow", one("who", PropKind::Actor, false)),
            ("Odd", Takes::Something),
            ("Open", Takes::Nothing),
            ("Rest", Takes::Something),
            ("Ring", one("strokes", PropKind::Number, true)),
            ("Say", one("text", PropKind::Text, false)),
            ("Set", one("to", PropKind::Table, false)),
        ];
        let found: Vec<_> = defined(text).into_iter().collect();
        assert_eq!(found, expected.map(|(name, takes)| (name.to_owned(), takes)));
    }
}
