//! Looking into a world: its actors, its sleepers, its wires, its budgets, as plain data made when it is asked for.
//!
//! For whoever takes a world apart while it runs or lies in a file: the overlay, the console, the terminal view,
//! `dormouse inspect`. Nothing here borrows from the world or changes it, not even by an address: no script runs, no
//! metamethod, and nothing is allocated in the VM, so that a world that is watched is to the last bit the one that is
//! not. Everything is bounded, whatever the scripts hold; what was left out is counted.
//!
//! ```
//! use dormouse::{Config, Scripts, World, observe::SleeperFilter};
//!
//! let scripts = Scripts::new().with("lamp.luau", "
//!     local Lamp = actor 'Lamp' { props = { lit = false } }
//!     function Lamp:Action_Blink()
//!         local times = 3
//!         wait(100)
//!     end
//!     function Lamp:run()
//!         self:Action_Blink()
//!     end
//!     return Lamp
//! ");
//! let mut world = World::new(&Config::default(), &scripts)?;
//! let lamp = world.spawn("Lamp", &[("name".into(), "lamp_1".into())].into())?;
//! world.tick(&[]);
//!
//! let view = world.actor_view(lamp).expect("it lives");
//! assert_eq!(view.props[0].to_string(), "lit = false");
//! let sleepers = world.sleepers(&SleeperFilter { locals: true, ..SleeperFilter::default() });
//! assert_eq!(sleepers[0].to_string(), "lamp_1.run waits 100 ticks (until tick 101) at scripts/lamp.luau:5 in Action_Blink");
//! assert_eq!(sleepers[0].frames[0].locals[1].to_string(), "times = 3");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod actor;
mod budget;
mod guest;
mod show;
mod sleeper;
mod text;
mod wire;

use serde::Serialize;

use crate::datum::Datum;
use crate::ids::ActorId;

pub use actor::{ActionView, ActorView, BodyView, LetterView, MotionView, PropView};
pub use budget::{ActorBudget, Budgets, Use};
pub(crate) use guest::{Parlour, plain};
pub use sleeper::{FrameView, SleeperFilter, SleeperView, Why};
pub use text::clean;
pub use wire::{PostView, WireView};

/// An actor by id and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActorRef {
    /// Its id.
    pub id: ActorId,
    /// Its name, or its class and number where it has none.
    pub name: String,
}

/// A value that a script holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ValueView {
    /// What it is: `nil`, `number`, `string`, `table`, `actor`, `task`, `function`...
    pub kind: &'static str,
    /// One short line that shows it, without control characters; long strings and large tables are shortened.
    pub text: String,
    /// All of it, where it is plain data and not too much.
    #[serde(serialize_with = "as_json", skip_serializing_if = "Option::is_none")]
    pub datum: Option<Datum>,
    /// The actor, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<ActorId>,
}

/// A value by its name: a field, a local, an upvalue.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldView {
    /// Its name; `[3]` or `[(1, 2)]` for a key that is no string.
    pub name: String,
    /// The value.
    pub value: ValueView,
}

fn as_json<S: serde::Serializer>(datum: &Option<Datum>, serializer: S) -> Result<S::Ok, S::Error> {
    datum.as_ref().map(Datum::to_json).serialize(serializer)
}
