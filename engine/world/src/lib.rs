//! Dormouse: a game scripting engine. Every thing in a game is an actor with coroutines of its own, written as plain
//! linear Luau; a native engine schedules a million of them over discrete ticks, raises collisions in the very line
//! that waits, and carries out what the level's designer wired in the map editor.
//!
//! ```
//! use dormouse::{Config, Scripts, World};
//!
//! let scripts = Scripts::new().with("lamp.luau", "
//!     local Lamp = actor 'Lamp' { props = { seconds = 1 } }
//!     function Lamp:run()
//!         say 'click'
//!         wait(seconds(self.seconds))
//!         say 'clack'
//!     end
//!     return Lamp
//! ");
//! let mut world = World::new(&Config::default(), &scripts)?;
//! world.spawn("Lamp", &[("seconds".into(), 0.5.into())].into())?;
//! for _ in 0..60 {
//!     world.tick(&[]);
//! }
//! let said: Vec<_> = world.take_output().into_iter().map(|line| (line.tick, line.text)).collect();
//! assert_eq!(said, [(1, "click".into()), (31, "clack".into())]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The rooms: [`World`] is the simulation; [`Scripts`] and [`map::Map`] are what goes into it, [`input`] what comes in
//! at a tick, [`Output`] what comes out; [`check`] finds mistakes in maps before anything runs, [`observe`] shows what a
//! world is doing while it does, [`happenings`] why, and the [`console`] meddles with it.

#![forbid(unsafe_code)]

// What the README shows compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

pub mod capsule;
#[cfg(test)]
mod chance;
pub mod check;
pub mod console;
mod datum;
mod dorm;
pub mod happenings;
mod ids;
pub mod input;
pub mod map;
mod names;
pub mod observe;
mod output;
pub mod program;
mod rare;
mod scripts;
mod sim;
mod slots;
pub mod snapshot;
mod space;
mod store;
mod wheel;
mod world;

pub use datum::Datum;
pub use dormouse_vm::{ForeignImage, Place, VmError};
pub use ids::{ActorId, TaskId};
pub use output::{Output, OutputKind};
pub use scripts::{Scripts, ScriptsError};
pub use sim::Limits;
pub use sim::api::names as api_names;
pub use sim::functions::{Call, NativeFunction, Reply};
pub use sim::loader::ScriptError;
pub use sim::state::Moment;
pub use store::StoreError;
pub use world::native::{Context, Event, NativeActor, NativeClass};
pub use world::{
    BodySight, ClassSight, Config, HibernateError, Sight, Step, Summary, WakeError, World, WorldError, WorldImage,
};
