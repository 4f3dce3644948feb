//! Images: a whole world copied as it lies in memory, to go back to within this process.

use std::collections::HashSet;
use std::sync::Arc;

use dormouse_vm::{ForeignImage, Image};

use crate::names::NamesImage;
use crate::sim::state::State;
use crate::sim::watch::Contexts;
use crate::store::Lease;

use super::World;
use super::native::NativeStates;

/// A copy of a world. Keep it to make the next image in: its memory is used again.
#[derive(Default)]
pub struct WorldImage {
    heap: Image,
    state: Option<State>,
    names: NamesImage,
    natives: NativeStates,
    /// What those who watch need to know of what was in flight.
    contexts: Option<Contexts>,
    /// Keeps the capsules in which actors slept then.
    lease: Option<Arc<Lease>>,
}

impl WorldImage {
    /// Bytes of the heap's copy.
    pub fn size(&self) -> usize {
        self.heap.size()
    }
}

impl World {
    /// A copy of the world, between two ticks.
    ///
    /// Panics in the middle of a tick: see [`World::is_between_ticks`]. Cost: one copy of [`World::heap`] bytes and of the native side.
    pub fn image(&self) -> WorldImage {
        let mut image = WorldImage::default();
        self.image_into(&mut image);
        image
    }

    /// As [`World::image`], into the memory of an image that is no longer needed.
    pub fn image_into(&self, image: &mut WorldImage) {
        assert!(self.is_between_ticks(), "an image is made between two ticks: finish the one under way first");
        self.copy_into(image);
        self.natives.save(&mut image.natives);
        image.contexts = self.sim.watch.as_ref().map(|watch| watch.contexts.clone());
    }

    /// Copies all but what native actors hold.
    fn copy_into(&self, image: &mut WorldImage) {
        self.vm.image_into(&mut image.heap);
        match &mut image.state {
            Some(state) => state.clone_from(&self.sim.state),
            None => image.state = Some(self.sim.state.clone()),
        }
        self.sim.names.save(&mut image.names);
        image.lease = Some(self.sim.store.lease());
    }

    /// Makes the world what it was when the image was made. What was not taken out of it by then
    /// ([`World::take_output`]) is forgotten.
    ///
    /// Errors: an image of another world. Cost: as [`World::image`].
    pub fn rewind(&mut self, image: &WorldImage) -> Result<(), ForeignImage> {
        self.copy_back(image)?;
        self.natives.load(&image.natives);
        self.sim.output.clear();
        self.sim.rewind_watch(image.contexts.as_ref());
        // A tick that was under way belongs to what is forgotten.
        self.progress = None;
        Ok(())
    }

    fn copy_back(&mut self, image: &WorldImage) -> Result<(), ForeignImage> {
        let state = image.state.as_ref().ok_or(ForeignImage)?;
        self.vm.rewind(&image.heap)?;
        self.rewind_store(state);
        self.sim.state.clone_from(state);
        self.sim.names.rewind(&image.names);
        let now = self.sim.state.tick;
        while self.drowsy.back().is_some_and(|(_, since)| *since > now) {
            self.drowsy.pop_back();
        }
        self.sim.leave_actor();
        Ok(())
    }

    /// Who slept then sleeps again, in the capsule of then; capsules of what is forgotten now are needed no more.
    fn rewind_store(&mut self, then: &State) {
        let asleep: HashSet<u64> = then.actors.iter_asleep().map(|(_, sleeper)| sleeper.serial).collect();
        let now = self.sim.state.actors.iter_asleep().map(|(_, sleeper)| sleeper.serial);
        self.sim.store.rewound(&asleep, now);
    }

    /// Does something to the world and undoes it, as if it had never been; `scratch` is used as memory. It must let no
    /// native actor run, nor tick. What it puts out is lost, unless it takes it.
    pub(crate) fn unchanged<R>(&mut self, scratch: &mut WorldImage, body: impl FnOnce(&mut World) -> R) -> R {
        self.copy_into(scratch);
        let (output, watch) = (std::mem::take(&mut self.sim.output), self.sim.watch.take());
        let result = body(self);
        self.copy_back(scratch).expect("the image was made of this very world");
        (self.sim.output, self.sim.watch) = (output, watch);
        result
    }
}
