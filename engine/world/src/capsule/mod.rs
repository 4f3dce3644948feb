//! Capsules: an actor moves from one world to another, in mid-sentence, through bytes.
//!
//! ```
//! use dormouse::{Config, Scripts, World};
//!
//! let scripts = Scripts::new().with("guard.luau", "
//!     local Guard = actor 'Guard' {}
//!     function Guard:run()
//!         for i = 1, 3 do say(`round {i}`) wait(10) end
//!     end
//!     return Guard
//! ");
//! let world = |realm| World::new(&Config { realm, ..Config::default() }, &scripts);
//! let (mut here, mut there) = (world(1)?, world(2)?);
//! let guard = here.spawn("Guard", &Default::default())?;
//! for _ in 0..15 { here.tick(&[]); }
//! let capsule = here.export(guard)?;
//! there.import(&capsule)?;
//! for _ in 0..10 { there.tick(&[]); }
//! let said: Vec<_> = there.take_output().into_iter().map(|line| (line.tick, line.text)).collect();
//! assert_eq!(said, [(6, "round 3".into())]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What crosses: its table and globals, its tasklets in the middle of their code with the ticks that they still sleep,
//! the actions that it is taking, its mailbox, its place, body and motion, its wires. What it knows of others crosses by
//! their identities and names: whoever is known by that in the other world is meant there; for all else a handle is that
//! of an actor that is dead. Classes, modules and code are known by name and content, as in snapshots.
//!
//! An actor that travels has an identity, which stays; it is in one world at a time. A world refuses a capsule of one that
//! is there, or that has been there on a later journey. (Two worlds that are given the same capsule can't know of each
//! other: whoever carries it gives it to one.) The world that it left takes its capsule back, if nobody else did.
//!
//! Who still holds its old handle finds it dead: `is_alive()` is false, `ask` and actions raise `Dead`. But what it is
//! *told* is kept, and can be sent after it: [`World::take_forwarded`], [`World::forward`].
//!
//! `FORMAT.md` beside this file draws the bytes. `seal` is for capsules that cross a network.

mod error;
mod export;
mod forward;
mod import;
mod plan;
mod seal;
#[cfg(test)]
mod tests;
mod traveller;

pub use error::{ExportError, ImportError};
pub use forward::Forwarded;
pub use seal::{SealError, seal, unseal};
pub use traveller::Identity;
pub(crate) use traveller::Travels;

#[allow(unused_imports, reason = "named in the documentation")]
use crate::world::World;
