//! Inputs: what comes into a world from outside, by tick; and the text form of a whole run's inputs, which people
//! write for `run --input` and tools write as a recording.
//!
//! One input a line. `#` begins a comment; blank lines are fine; ticks never go back.
//!
//! ```text
//! 10  key 1 right down                     # player 1 presses "right" at tick 10
//! 25  key 1 right up
//! 30  event guard_1 Alarm {"where": "yard"}   # guard_1 gets the event { name = "Alarm", where = "yard" }
//! 40  action door_a.Close
//! 40  action lamp_1.Dim 0.5                # with an argument, in JSON; {"x": 1, "y": 2} is a vector
//! 60  duration 0.02                        # ticks last 1/50 s from here on
//! ```

mod parse;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::datum::Datum;

pub use parse::InputError;

/// One thing that comes into a world.
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
        /// More fields.
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

/// The inputs of a run, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inputs {
    list: Vec<Input>,
    next: usize,
}

impl Inputs {
    /// All of them.
    pub fn all(&self) -> &[Input] {
        &self.list
    }

    /// Those of a tick. To be asked tick by tick.
    pub fn take(&mut self, tick: u64) -> Vec<What> {
        let from = self.next;
        while self.list.get(self.next).is_some_and(|input| input.tick <= tick) {
            self.next += 1;
        }
        self.list[from..self.next].iter().map(|input| input.what.clone()).collect()
    }
}

impl FromIterator<(u64, What)> for Inputs {
    fn from_iter<I: IntoIterator<Item = (u64, What)>>(inputs: I) -> Self {
        let list = inputs.into_iter().enumerate();
        let list = list.map(|(at, (tick, what))| Input { tick, line: at as u32 + 1, what }).collect();
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
            What::Key { player, key, down } => write!(f, "key {player} {key} {}", if *down { "down" } else { "up" }),
            What::Event { actor, name, fields } if fields.is_empty() => write!(f, "event {actor} {name}"),
            What::Event { actor, name, fields } => {
                write!(f, "event {actor} {name} {}", Datum::Map(fields.clone()).to_json())
            }
            What::Action { actor, action, arg: Datum::Nil } => write!(f, "action {actor}.{action}"),
            What::Action { actor, action, arg } => write!(f, "action {actor}.{action} {}", arg.to_json()),
            What::Duration(seconds) => write!(f, "duration {seconds}"),
        }
    }
}
