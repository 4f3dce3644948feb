//! Images: a VM's memory copied as it lies, to be rewound to within the same process.
//!
//! What may be alive across a rewind: numbers. `rewind` takes the VM exclusively, and all that outlives a call (pins,
//! threads, handles) is a number that means after the rewind what it meant when the image was made; one that was made
//! later means nothing, which the VM checks for threads and which is harmless for pins.

use mlua::ffi;

use crate::capture::Mark;
use crate::thread::Threads;
use crate::vm::Vm;

/// A copy of a VM's memory. Keep it to make the next image in: its memory is used again.
#[derive(Default)]
pub struct Image {
    identity: u64,
    heap: Vec<u8>,
    threads: Threads,
    counters: [i64; 4],
    collect_at: usize,
    shared: usize,
    catalog: Mark,
}

// SAFETY: the addresses in an image are never followed; they are only copied back.
unsafe impl Send for Image {}
// SAFETY: as above.
unsafe impl Sync for Image {}

/// A rewind to an image that is not one of this VM's.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the image was not made of this world; an image can only be rewound where it was made")]
pub struct ForeignImage;

impl Image {
    /// Bytes that the image takes.
    pub fn size(&self) -> usize {
        self.heap.len()
    }
}

impl Vm {
    /// Copies the VM's memory into `image`.
    ///
    /// Cost: one copy of [`Vm::heap`] bytes; into an image that was used before, at the speed of memory.
    pub fn image_into(&self, image: &mut Image) {
        self.native.arena.save(&mut image.heap);
        self.native.threads.save(&mut image.threads);
        image.identity = self.identity;
        image.counters = self.native.meter.lasting();
        image.collect_at = self.native.collect_at;
        image.shared = self.native.shared.len();
        image.catalog = self.native.catalog.mark();
    }

    /// Makes the VM what it was when `image` was made.
    ///
    /// Cost: one copy of the image's bytes.
    pub fn rewind(&mut self, image: &Image) -> Result<(), ForeignImage> {
        if image.identity != self.identity {
            return Err(ForeignImage);
        }
        // SAFETY: the image is of this arena; nothing refers into the heap, as the module's comment says.
        unsafe {
            self.native.arena.load(&image.heap);
            debug_assert_eq!(ffi::lua_mainthread(self.state), self.state);
        }
        image.threads.save(&mut self.native.threads);
        self.native.meter.restore(image.counters);
        self.native.collect_at = image.collect_at;
        self.native.shared.truncate(image.shared);
        self.native.catalog.rewind(&image.catalog);
        self.native.set_terminal(None);
        self.native.trace = None;
        Ok(())
    }
}
