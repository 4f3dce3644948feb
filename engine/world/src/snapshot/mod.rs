//! Snapshots: a whole world as bytes, between two ticks, and back, here or elsewhere. What goes on from a snapshot has
//! the same hash as what was saved, at once and after every tick.
//!
//! ```
//! use dormouse::{Config, Scripts, World};
//! use dormouse::snapshot::SaveOptions;
//!
//! let scripts = Scripts::new().with("lamp.luau", "
//!     local Lamp = actor 'Lamp' {}
//!     function Lamp:run()
//!         for i = 1, 3 do
//!             say(`click {i}`)
//!             wait(10)
//!         end
//!     end
//!     return Lamp
//! ");
//! let config = Config::default();
//! let mut world = World::new(&config, &scripts)?;
//! world.spawn("Lamp", &Default::default())?;
//! for _ in 0..15 { world.tick(&[]); }
//! let bytes = world.save(&SaveOptions::default())?;
//!
//! let mut elsewhere = World::restore(&bytes, &config, &scripts)?;
//! for _ in 0..10 { elsewhere.tick(&[]); }
//! let said: Vec<_> = elsewhere.take_output().into_iter().map(|line| (line.tick, line.text)).collect();
//! assert_eq!(said, [(21, "click 3".into())]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What a snapshot has: everything that can influence the world's future. What it has not:
//!
//! * the scripts, unless [`SaveOptions::archive`] asks for their text;
//! * [output](World::take_output) that was not taken, and whether the world is [tracing](World::set_tracing): results,
//!   not state;
//! * limits and native classes: they belong to whoever runs the world, and are given again by the [`Config`];
//! * garbage. So what a weak table still holds of things that nothing else holds is the collector's affair: it may be
//!   gone earlier or later in a world that was restored.
//!
//! The rooms: `container` frames sections of bytes; `meta`, `world` and `heap` are what the sections hold; `check`
//! looks at a state from outside before anything follows its ids; `save` and `restore` put it all together; `file`
//! brings it to the disk. Nothing here knows how a value of the VM is written: that is the machine's own room.

mod asleep;
mod check;
pub(crate) mod container;
mod error;
mod file;
mod heap;
mod meta;
mod migrate;
mod restore;
mod save;
#[cfg(test)]
mod tests;
mod world;

pub(crate) use container::{Reader, Writer};
pub use container::{SectionSize, Tag};
pub use error::{Damage, Lost, RestoreError, SaveError};
pub use file::{FileError, read_file, write_file};
pub(crate) use heap::{Unrestored, lost_by, name_shared, outcome, refused, restore as restore_values};
pub use meta::{MapOrigin, Meta, hash};
pub(crate) use migrate::{Archive, Earlier, load_earlier};
pub use restore::Summary;
pub use save::SaveOptions;
pub(crate) use world::Bits;

#[allow(unused_imports, reason = "named in the documentation")]
use crate::world::{Config, World};
