//! Inputs: what comes into a world from outside, by tick; and the text form of a whole run's inputs, which people
//! write for `run --input` and tools write as a recording. Nothing here touches a world: what an input does is the
//! world's own matter.
//!
//! One input a line: the tick, the kind, what belongs to it.
//!
//! ```text
//! 10  key 1 right down                        # player 1 presses "right" at tick 10
//! 25  key 1 right up
//! 30  event guard_1 Alarm {"where": "yard"}   # guard_1 gets the event { name = "Alarm", where = "yard" }
//! 40  action door_a.Close
//! 40  action "the lamp".Dim 0.5               # a name with blanks; an argument in JSON
//! 60  duration 0.02                           # ticks last 1/50 s from here on
//! 70  spawn Lamp {"name": "lamp_9", "position": {"x": 40, "y": 60}, "lit": true}
//! 80  set door_a.speed 10
//! 90  despawn guard_2
//! 99  eval "for _, lamp in find_all('Lamp') do lamp:Action_TurnOff() end"
//! 99  eval door_a "self.speed *= 2"           # the same, with the actor as `self`
//! ```
//!
//! * Ticks count from 1 and never go back; the inputs of one tick come in as they are written.
//! * `#` begins a comment at the line's beginning or after a blank. Blank lines are fine.
//! * A name with a blank or a `"`, or that begins with `#`, is written as a JSON string. Any name may be.
//! * Values are JSON. `{"x": 1, "y": 2}`, perhaps with a `z`, is a vector; the fields of an event are fields, whatever
//!   they are called.
//! * An actor without a name is called by its class and number: `Bee#12`.
//! * The last four are what a console does to a world. A game that takes inputs from others over a network should let
//!   pass only the kinds that it wants: `eval` runs any code that a script may run.
//! * A line has at most 1 MiB, JSON in it at most 127 levels.

mod parse;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::datum::Datum;

pub use parse::InputError;

/// One thing that comes into a world. Displayed as it is written in a file, without the tick.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum What {
    /// A key (or button) of a player goes down or up. The actor `player` (player 1), `player_2`... gets the event
    /// `{ name = "Key", key = key, down = down, player = player }`.
    Key {
        /// 1 to 8.
        player: u8,
        /// Its name: `left`, `a`, `space`.
        key: String,
        /// Down, or up.
        down: bool,
    },
    /// An actor gets an event of that name with these fields.
    Event {
        /// Its name in the map.
        actor: String,
        /// The event's name.
        name: String,
        /// More fields. `name` is none of them.
        fields: BTreeMap<String, Datum>,
    },
    /// An actor takes an action.
    Action {
        /// Its name in the map.
        actor: String,
        /// The action's name, without `Action_`.
        action: String,
        /// What the action gets; `Nil` for nothing.
        arg: Datum,
    },
    /// A new actor.
    Spawn {
        /// Its class.
        class: String,
        /// Its props, with `name`, `position` (else it is where the map's origin is), `size`, `body`. A prop that takes
        /// an actor is given the actor's name.
        props: BTreeMap<String, Datum>,
    },
    /// An actor is ended.
    Despawn {
        /// Its name.
        actor: String,
    },
    /// An actor gets another value for a prop (or `position`, or a field that it has).
    Set {
        /// Its name.
        actor: String,
        /// The prop.
        prop: String,
        /// The value; for a prop that takes an actor, that actor's name.
        value: Datum,
    },
    /// Code that runs on a task of an actor. What it returns is logged.
    Eval {
        /// Whose task, with `self`; without one that of the game, the level, or the first actor.
        actor: Option<String>,
        /// Luau: an expression, or statements. Actors' names can be used as variables. At most 64 KiB.
        code: String,
    },
    /// This tick and those after it last so many seconds: more than 0, at most 1.
    Duration(f64),
}

/// An input with its tick and the line that it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// The tick at whose beginning it comes in; the first is 1.
    pub tick: u64,
    /// The line in the file, from 1.
    pub line: u32,
    /// The input.
    pub what: What,
}

/// The inputs of a run, in order. Displayed as the text that [`Inputs::parse`] reads back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inputs {
    /// Ticks never go back in it.
    list: Vec<Input>,
    next: usize,
}

impl Inputs {
    /// All of them.
    pub fn all(&self) -> &[Input] {
        &self.list
    }

    /// Those of a tick. To be asked tick by tick, each once: those of earlier ticks are passed over, as they were part
    /// of a run that is gone on with. Cost: what it returns.
    pub fn take(&mut self, tick: u64) -> Vec<What> {
        self.next += self.list[self.next..].iter().take_while(|input| input.tick < tick).count();
        let due = self.list[self.next..].iter().take_while(|input| input.tick == tick);
        let due: Vec<What> = due.map(|input| input.what.clone()).collect();
        self.next += due.len();
        due
    }
}

/// Of inputs with their ticks; those of one tick stay in the order in which they come.
impl FromIterator<(u64, What)> for Inputs {
    fn from_iter<I: IntoIterator<Item = (u64, What)>>(inputs: I) -> Self {
        let mut list: Vec<Input> = inputs.into_iter().map(|(tick, what)| Input { tick, line: 0, what }).collect();
        list.sort_by_key(|input| input.tick);
        for (line, input) in (1..).zip(&mut list) {
            input.line = line;
        }
        Inputs { list, next: 0 }
    }
}

impl fmt::Display for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.list.iter().try_for_each(|input| writeln!(f, "{} {}", input.tick, input.what))
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Key { player, key, down } => {
                write!(f, "key {player} {} {}", written(key), if *down { "down" } else { "up" })
            }
            What::Event { actor, name, fields } => {
                write!(f, "event {} {}", written(actor), written(name))?;
                match fields.is_empty() {
                    true => Ok(()),
                    false => write!(f, " {}", Datum::Map(fields.clone()).to_json()),
                }
            }
            What::Action { actor, action, arg } => {
                write!(f, "action {}.{action}", written(actor))?;
                match arg {
                    Datum::Nil => Ok(()),
                    arg => write!(f, " {}", arg.to_json()),
                }
            }
            What::Spawn { class, props } => {
                write!(f, "spawn {}", written(class))?;
                match props.is_empty() {
                    true => Ok(()),
                    false => write!(f, " {}", Datum::Map(props.clone()).to_json()),
                }
            }
            What::Despawn { actor } => write!(f, "despawn {}", written(actor)),
            What::Set { actor, prop, value } => write!(f, "set {}.{prop} {}", written(actor), value.to_json()),
            What::Eval { actor, code } => {
                f.write_str("eval ")?;
                if let Some(actor) = actor {
                    write!(f, "{} ", written(actor))?;
                }
                // As JSON writes it: a file of inputs has one input a line.
                write!(f, "{}", serde_json::Value::from(code.as_str()))
            }
            What::Duration(seconds) => write!(f, "duration {seconds}"),
        }
    }
}

/// A name as a line says it: bare, or as a JSON string where it would not be read back whole.
fn written(name: &str) -> Cow<'_, str> {
    let bare = !name.is_empty() && !name.starts_with('#') && !name.contains(|c: char| c == '"' || c.is_whitespace());
    if bare { name.into() } else { serde_json::Value::from(name).to_string().into() }
}
