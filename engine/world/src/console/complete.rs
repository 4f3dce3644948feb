//! What can come next in a line.

use dormouse_vm::Kind;
use serde::Serialize;

use super::command::COMMANDS;
use crate::ids::ActorId;
use crate::sim::api::METHODS;
use crate::sim::linker::BUILT_IN;
use crate::world::World;

/// Candidates at most.
const MOST: usize = 200;

/// A way to go on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Candidate {
    /// What stands in the line instead of what was typed of it.
    pub text: String,
    /// What it is: `command`, `actor`, `class`, `action`, `prop`, `field`, `method`, `function`, `library`.
    pub kind: &'static str,
    /// More about it, in a word or two; may be empty.
    pub hint: String,
}

/// How a line can go on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Completion {
    /// The line up to the cursor, for which this holds.
    pub before: String,
    /// The byte of the line where the candidates begin; they end where the cursor is.
    pub from: usize,
    /// The candidates by name, at most 200.
    pub candidates: Vec<Candidate>,
}

impl Completion {
    /// What all candidates begin with.
    pub fn common(&self) -> &str {
        let Some(first) = self.candidates.first().map(|first| first.text.as_str()) else { return "" };
        let same =
            |other: &Candidate| first.char_indices().zip(other.text.chars()).take_while(|((_, a), b)| a == b).count();
        let count = self.candidates.iter().map(same).min().unwrap_or(0);
        first.char_indices().nth(count).map_or(first, |(end, _)| &first[..end])
    }
}

/// How the line can go on at the cursor (a byte of it; beyond its end, or within a character, is taken back).
///
/// Cost: all actors are looked at.
pub fn complete(world: &World, line: &str, cursor: usize) -> Completion {
    let cursor = (0..=cursor.min(line.len())).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0);
    let before = &line[..cursor];
    let typed = |c: char| c.is_alphanumeric() || c == '_' || c == '#';
    let from = before.char_indices().rev().take_while(|(_, c)| typed(*c)).last().map_or(cursor, |(at, _)| at);
    let (context, word) = before.split_at(from);
    let mut candidates = Offer { world, candidates: Vec::new() }.of(context);
    candidates.retain(|candidate| begins(&candidate.text, word));
    candidates.sort();
    candidates.dedup();
    candidates.truncate(MOST);
    Completion { before: before.to_owned(), from, candidates }
}

/// Whether the candidate begins with what was typed, in whatever case.
fn begins(candidate: &str, word: &str) -> bool {
    let mut chars = candidate.chars().flat_map(char::to_lowercase);
    word.chars().flat_map(char::to_lowercase).all(|c| chars.next() == Some(c))
}

struct Offer<'w> {
    world: &'w World,
    candidates: Vec<Candidate>,
}

impl Offer<'_> {
    fn add(&mut self, kind: &'static str, text: impl Into<String>, hint: impl Into<String>) {
        self.candidates.push(Candidate { text: text.into(), kind, hint: hint.into() });
    }

    /// What can come after `context`.
    fn of(mut self, context: &str) -> Vec<Candidate> {
        let trimmed = context.trim_end();
        let last = trimmed.chars().next_back();
        let first = context.split_whitespace().next().unwrap_or_default();
        match last {
            None => {
                self.commands();
                self.actors();
                self.globals();
            }
            Some(sign @ ('.' | ':')) if trimmed.len() == context.len() => self.members(trimmed, sign),
            Some('@') => self.actors(),
            Some('"' | '\'') if trimmed.len() == context.len() => {
                // A name within a call.
                if trimmed[..trimmed.len() - 1].trim_end().trim_end_matches('(').ends_with("spawn") {
                    self.classes();
                } else {
                    self.actors();
                    self.classes();
                }
            }
            _ => match first {
                "kill" | "despawn" | "inspect" | "set" | "tell" | "wires" if trimmed == first => self.actors(),
                "spawn" if trimmed == first => self.classes(),
                "spawn" => self.props_of(context.split_whitespace().nth(1).unwrap_or_default()),
                "kill" | "despawn" | "inspect" | "tell" | "wires" | "key" | "duration" | "help" | "budgets" | "why"
                | "summary" => {}
                "actors" | "classes" => self.classes(),
                "sleepers" => self.actors(),
                _ => {
                    self.actors();
                    self.globals();
                }
            },
        }
        self.candidates
    }

    fn commands(&mut self) {
        for (name, form, _) in COMMANDS {
            self.add("command", name, form.strip_prefix(name).unwrap_or_default().trim());
        }
    }

    fn actors(&mut self) {
        let world = self.world;
        for actor in world.actors() {
            self.add("actor", world.name_of(actor), world.class_of(actor).unwrap_or_default());
        }
    }

    fn classes(&mut self) {
        let world = self.world;
        for class in world.sim.classes.all() {
            self.add("class", class.name.as_str(), class.file.as_str());
        }
    }

    /// What the scripts' globals hold: functions and libraries.
    fn globals(&mut self) {
        let world = self.world;
        for (key, value) in world.vm.peek_globals().entries(usize::MAX) {
            let Some(name) = key.text().filter(|name| !name.starts_with('_')) else { continue };
            match value.kind() {
                Kind::Function => self.add("function", name, ""),
                Kind::Table => self.add("library", name, ""),
                _ => {}
            }
        }
    }

    /// After `something.` or `something:`.
    fn members(&mut self, context: &str, sign: char) {
        let owner = &context[..context.len() - 1];
        let owner = owner.trim_end_matches(['"', '\'']);
        let start = owner.rfind(|c: char| c.is_whitespace() || "=,;()[]{}\"'@!".contains(c));
        let name = &owner[start.map_or(0, |at| at + owner[at..].chars().next().map_or(1, char::len_utf8))..];
        if let Some(actor) = self.world.sim.actor_called(name) {
            return self.members_of(actor, sign);
        }
        // Of a call's result nothing is known but that it may be an actor.
        if sign == ':' {
            return self.methods();
        }
        let library = self.world.vm.peek_globals().get(name);
        for (key, _) in library.entries(usize::MAX) {
            if let Some(key) = key.text() {
                self.add("function", key, "");
            }
        }
    }

    fn methods(&mut self) {
        for (method, _) in METHODS {
            self.add("method", method.to_string_lossy(), "");
        }
    }

    fn members_of(&mut self, actor: ActorId, sign: char) {
        let Some(view) = self.world.actor_view(actor) else { return };
        if sign == ':' {
            self.methods();
            for action in view.actions {
                self.add("action", format!("Action_{action}"), "");
            }
            return;
        }
        for action in view.actions {
            self.add("action", action, "");
        }
        for prop in view.props {
            self.add("prop", prop.name, prop.value.text);
        }
        for field in view.fields {
            self.add("field", field.name, field.value.text);
        }
        self.add("prop", "position", "");
    }

    fn props_of(&mut self, class: &str) {
        let sim = &self.world.sim;
        let Some(class) = sim.classes.find(class).map(|class| sim.classes.get(class)) else { return };
        for (name, prop) in &class.props {
            self.add("prop", format!("{name}="), prop.kind.word());
        }
        for name in BUILT_IN.iter().filter(|name| **name != "id") {
            self.add("prop", format!("{name}="), "");
        }
    }
}
