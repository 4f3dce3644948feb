//! Saving: from a world to bytes.

use std::collections::BTreeMap;

use super::container::{Tag, Writer};
use super::error::SaveError;
use super::heap::{self, Roots};
use super::meta::{MapOrigin, Meta, bytes_of, code_of};
use super::migrate::Archive;
use super::world::{self, Bits};
use crate::world::{ENGINE, PRELUDE, World};

/// How a world is to be saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SaveOptions {
    /// Put the scripts' text into the snapshot, so that it goes on with its own code whatever becomes of the scripts.
    pub archive: bool,
    /// Restore what was written once, and compare: a save that succeeds then is one that loads.
    ///
    /// Cost: that of restoring, and of two hashes.
    pub verify: bool,
    /// The map that the world began with, for people.
    pub map: Option<MapOrigin>,
    /// Who asks for it, for people.
    pub created_by: String,
    /// What else is to be in the file, by name: a picture of the game, say. [`Summary::extras`](super::Summary::extras)
    /// gives it back; no world ever sees it.
    pub extras: BTreeMap<String, Vec<u8>>,
}

impl World {
    /// The world as bytes. Nothing of it changes.
    ///
    /// Actors that hibernate are in it, and hibernate again when it is restored. Cost: about a microsecond for each actor;
    /// meanwhile the native side of all sleepers is in memory, some 700 bytes each.
    ///
    /// Errors: a tick under way; a value that can't be put into bytes, with the way to it; what [`SaveOptions::verify`] finds.
    pub fn save(&mut self, options: &SaveOptions) -> Result<Vec<u8>, SaveError> {
        if !self.is_between_ticks() {
            return Err(SaveError::Unfinished);
        }
        let hash = options.verify.then(|| self.hash());
        let (mut roused, asleep) = self.roused()?;
        let roots = Roots::of(roused.as_mut().unwrap_or(&mut self.sim.state));
        let heap = heap::capture(self, &roots)?;
        let natives = self.native_states()?;
        let sim = &self.sim;
        let state = roused.as_ref().unwrap_or(&sim.state);
        let classes: Vec<&str> = sim.classes.all().iter().map(|class| class.name.as_str()).collect();
        let random = self.vm.random_state();
        let state = world::write(&sim.names, &classes, state, random, &Bits::of(&roots.present), &natives);

        let mut writer = Writer::default();
        writer.add(Tag::META, &bytes_of(&self.meta(options, hash)), false);
        writer.add(Tag::CODE, &bytes_of(&code_of(&self.scripts)), false);
        // Old code that something still sleeps in has no other place to come from.
        if options.archive || !self.earlier.is_empty() {
            writer.add(Tag::SOURCE, &bytes_of(&self.archive(options.archive)), true);
        }
        writer.add(Tag::WORLD, &state, true);
        writer.add(Tag::HEAP, &heap, true);
        if asleep.is_needed() {
            writer.add(Tag::ASLEEP, &bytes_of(&asleep), true);
        }
        if !options.extras.is_empty() {
            writer.add(Tag::EXTRAS, &bytes_of(&options.extras), true);
        }
        let bytes = writer.finish();
        match hash {
            Some(hash) => self.verify(&bytes, hash).map(|()| bytes),
            None => Ok(bytes),
        }
    }

    fn meta(&self, options: &SaveOptions, hash: Option<u64>) -> Meta {
        let state = &self.sim.state;
        Meta {
            engine: env!("CARGO_PKG_VERSION").into(),
            created_by: options.created_by.clone(),
            map: options.map.clone(),
            tick: state.tick,
            time: state.time,
            seed: state.seed,
            actors: state.actors.len() as u64,
            tasklets: state.tasks.0.len() as u64,
            hash,
        }
    }

    fn archive(&self, whole: bool) -> Archive {
        let mut earlier: Vec<_> = self.earlier.values().cloned().collect();
        if whole {
            earlier.push((ENGINE.into(), PRELUDE.into()));
        }
        Archive { scripts: whole.then(|| (*self.scripts).clone()), earlier }
    }

    fn native_states(&self) -> Result<Vec<(crate::TaskId, Vec<u8>)>, SaveError> {
        let states = self.natives.states();
        let actor = |task| self.sim.label(self.sim.state.tasks.0[task].owner);
        let whole = |(task, state): (crate::TaskId, Option<Vec<u8>>)| match state {
            Some(bytes) => Ok((task, bytes)),
            None => Err(SaveError::Native { actor: actor(task) }),
        };
        states.into_iter().map(whole).collect()
    }

    fn verify(&self, bytes: &[u8], saved: u64) -> Result<(), SaveError> {
        let mut twin = World::restore(bytes, &self.config, &self.scripts)
            .map_err(|error| SaveError::Unreadable(Box::new(error)))?;
        let restored = twin.hash();
        if restored == saved { Ok(()) } else { Err(SaveError::Differs { saved, restored }) }
    }
}
