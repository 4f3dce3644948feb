//! `dormouse diff`: what two snapshots do not have in common, actor by actor and field by field.

use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;

use dormouse::World;
use serde_json::{Value, json};

use crate::{report, snapshots};

#[derive(clap::Args)]
pub struct Args {
    /// A snapshot
    a: PathBuf,
    /// Another one
    b: PathBuf,
    /// The folder of actor classes; without it the text in the snapshots
    #[arg(long, value_name = "DIR")]
    scripts: Option<PathBuf>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// Something that differs: where, and what it is in each; nothing for what is not there.
#[derive(Debug, PartialEq, serde::Serialize)]
pub struct Difference {
    pub path: String,
    pub a: Option<Value>,
    pub b: Option<Value>,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.a, &self.b) {
            (Some(a), Some(b)) => write!(f, "{}: {} | {}", self.path, short(a), short(b)),
            (Some(a), None) => write!(f, "{}: {} | nothing", self.path, short(a)),
            (None, Some(b)) => write!(f, "{}: nothing | {}", self.path, short(b)),
            (None, None) => write!(f, "{}", self.path),
        }
    }
}

fn short(value: &Value) -> String {
    const LONGEST: usize = 100;
    let text = match value {
        // A value of a script: as it is shown.
        Value::Object(fields) => match fields.get("text").or(fields.get("label")).and_then(Value::as_str) {
            Some(text) => text.to_owned(),
            None => value.to_string(),
        },
        value => value.to_string(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

/// True when they are the same.
pub fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    let (mut a, mut b) =
        (snapshots::look(&args.a, args.scripts.as_deref())?, snapshots::look(&args.b, args.scripts.as_deref())?);
    let differences = worlds(&a.world, &b.world);
    let (ours, theirs) = (a.world.hash(), b.world.hash());
    let same = ours == theirs;
    let mut out = io::stdout().lock();
    if args.json {
        for difference in &differences {
            writeln!(out, "{}", serde_json::to_string(difference)?)?;
        }
        let hashes = [format!("{ours:016x}"), format!("{theirs:016x}")];
        writeln!(out, "{}", json!({ "same": same, "hashes": hashes, "differences": differences.len() }))?;
        return Ok(same);
    }
    for difference in &differences {
        writeln!(out, "{difference}")?;
    }
    match (same, differences.is_empty()) {
        (true, _) => writeln!(out, "the worlds are the same ({ours:016x})")?,
        (false, true) => writeln!(
            out,
            "the worlds differ ({ours:016x} | {theirs:016x}) in what can't be shown: random numbers, or what scripts share"
        )?,
        (false, false) => writeln!(out, "the worlds differ ({ours:016x} | {theirs:016x})")?,
    }
    Ok(same)
}

/// What differs between two worlds.
pub fn worlds(a: &World, b: &World) -> Vec<Difference> {
    let mut differences = Vec::new();
    compare("", &report::of(a), &report::of(b), &mut differences);
    differences
}

fn compare(path: &str, a: &Value, b: &Value, differences: &mut Vec<Difference>) {
    let mut one = |path: String, a: Option<&Value>, b: Option<&Value>| match (a, b) {
        (Some(a), Some(b)) => compare(&path, a, b, differences),
        _ => differences.push(Difference { path, a: a.cloned(), b: b.cloned() }),
    };
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let join = |key: &str| match path {
                "" | "actors" => key.to_owned(),
                path => format!("{path}.{key}"),
            };
            for (key, value) in a {
                one(join(key), Some(value), b.get(key));
            }
            for (key, value) in b.iter().filter(|(key, _)| !a.contains_key(*key)) {
                one(join(key), None, Some(value));
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            // Lists of things with names are compared by name, others by place.
            let name = |value: &Value, at: usize| match value.get("name").and_then(Value::as_str) {
                Some(name) => name.to_owned(),
                None => format!("{}", at + 1),
            };
            let keyed = |list: &[Value]| list.iter().enumerate().map(|(at, value)| name(value, at)).collect::<Vec<_>>();
            let (ours, theirs) = (keyed(a), keyed(b));
            for (at, key) in ours.iter().enumerate() {
                let other = theirs.iter().position(|other| other == key).map(|at| &b[at]);
                one(format!("{path}[{key}]"), Some(&a[at]), other);
            }
            for (at, key) in theirs.iter().enumerate().filter(|(_, key)| !ours.contains(key)) {
                one(format!("{path}[{key}]"), None, Some(&b[at]));
            }
        }
        (a, b) if a == b => {}
        (a, b) => differences.push(Difference { path: path.into(), a: Some(a.clone()), b: Some(b.clone()) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_have_paths() {
        let a =
            json!({ "actors": { "door": { "fields": [{ "name": "n", "value": { "text": "1" } }], "at": [1, 2] } } });
        let b =
            json!({ "actors": { "door": { "fields": [{ "name": "m", "value": { "text": "1" } }], "at": [1, 3] } } });
        let mut found = Vec::new();
        compare("", &a, &b, &mut found);
        let mut lines: Vec<String> = found.iter().map(ToString::to_string).collect();
        lines.sort();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0], "door.at[2]: 2 | 3");
        assert!(lines[1].starts_with("door.fields[m]: nothing |"), "{}", lines[1]);
        let mut none = Vec::new();
        compare("", &a, &a, &mut none);
        assert_eq!(none, []);
    }
}
