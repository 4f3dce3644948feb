//! The arena: the block of address space in which one VM's whole heap lies, and the allocator that serves it.
//!
//! A world must behave alike in every process, and Luau hashes some table keys by address (their low 32 bits). So the
//! arena lies at a fixed address that is a multiple of 4 GiB, is filled by a deterministic allocator (TLSF, from the
//! crate `rlsf`), and holds that allocator's own state: a copy of the bytes in use is a copy of the heap, and copying
//! them back rewinds it. Nothing here knows what Luau keeps in it.

use std::alloc::Layout;
use std::io;
use std::ptr::{self, NonNull};
use std::sync::Mutex;

use rlsf::Tlsf;

/// Where the first arena of a process begins. Above what Linux gives to programs, heaps and AddressSanitizer's shadow
/// at start, below where it places libraries and stacks.
const FIRST_BASE: usize = 0x2000_0000_0000;
/// Address space reserved by each arena; a multiple of 4 GiB, so that all bases share their low 32 bits.
const RESERVED: usize = 64 << 30;
/// The heap grows by at least this much: one huge page, where the system has them.
const GROWTH: usize = 2 << 20;
/// How many arenas a process can have at once.
const SLOTS: usize = 256;
/// Luau asks for blocks aligned for any scalar.
const ALIGN: usize = 16;

type Allocator = Tlsf<'static, u32, u32, 30, 32>;

/// What lies at the base of the arena, before the heap: everything that a copy must carry besides the blocks.
struct Head {
    allocator: Allocator,
    /// Bytes from the base that the allocator may have touched.
    in_use: usize,
}

static TAKEN: Mutex<[bool; SLOTS]> = Mutex::new([false; SLOTS]);

/// A reserved range of addresses with a heap in it.
pub(crate) struct Arena {
    base: NonNull<u8>,
    slot: usize,
    /// Bytes from the base that are readable and writable.
    committed: usize,
    /// Bytes from the base that the system was asked for memory for, if it was ahead of the heap.
    warm: usize,
    /// Bytes that the heap may grow to.
    limit: usize,
}

// SAFETY: the arena owns its range of addresses exclusively; nothing in it is bound to a thread.
unsafe impl Send for Arena {}

impl Arena {
    /// Reserves an arena whose heap may grow to `limit` bytes.
    pub(crate) fn new(limit: usize) -> io::Result<Self> {
        let (slot, base) = reserve()?;
        let mut arena = Arena { base, slot, committed: 0, warm: 0, limit: limit.clamp(GROWTH, RESERVED) };
        arena.commit(GROWTH)?;
        let first = size_of::<Head>().next_multiple_of(4096);
        let mut head = Head { allocator: Tlsf::new(), in_use: GROWTH };
        // SAFETY: the block lies in committed memory of this arena that nothing else uses, and lives as long as it.
        unsafe {
            head.allocator.insert_free_block_ptr(arena.block(first, GROWTH - first));
            arena.head().write(head);
        }
        Ok(arena)
    }

    fn head(&self) -> *mut Head {
        self.base.as_ptr().cast()
    }

    fn block(&self, from: usize, size: usize) -> NonNull<[u8]> {
        // SAFETY: `from` is within the reservation, so the pointer is not null.
        let start = unsafe { NonNull::new_unchecked(self.base.as_ptr().add(from)) };
        NonNull::slice_from_raw_parts(start, size)
    }

    /// Bytes from the base of the arena that belong to the heap.
    pub(crate) fn in_use(&self) -> usize {
        // SAFETY: the head was written by `new` and is only accessed by the thread that has the arena.
        unsafe { (*self.head()).in_use }
    }

    fn commit(&mut self, size: usize) -> io::Result<()> {
        if size <= self.committed {
            return Ok(());
        }
        // SAFETY: the range lies in our own reservation; changing its protection touches nobody else's memory.
        let failed = unsafe {
            let start = self.base.as_ptr().add(self.committed).cast();
            let grown = size - self.committed;
            let failed = libc::mprotect(start, grown, libc::PROT_READ | libc::PROT_WRITE) != 0;
            // Advice only: the heap is walked at random, and huge pages save most of the address look-ups.
            libc::madvise(start, grown, libc::MADV_HUGEPAGE);
            failed
        };
        if failed {
            return Err(io::Error::last_os_error());
        }
        self.committed = size;
        Ok(())
    }

    /// Has memory ready for the next `room` bytes that the heap grows by, a step of it at a time: what is touched for the
    /// first time when it is needed costs a fault, and has to be cleared.
    pub(crate) fn warm_up(&mut self, room: usize) {
        let begin = self.warm.max(self.in_use());
        let end = self.in_use().saturating_add(room).min(self.limit);
        if begin + GROWTH > end || self.commit(begin + GROWTH).is_err() {
            return;
        }
        // SAFETY: the range is committed and ours; no byte of it is changed. A system that does not know this advice gives
        // the memory when it is touched, as ever.
        unsafe { libc::madvise(self.base.as_ptr().add(begin).cast(), GROWTH, libc::MADV_POPULATE_WRITE) };
        self.warm = begin + GROWTH;
    }

    /// Serves Luau's requests: allocates, reallocates or frees. Null when the heap is full.
    ///
    /// # Safety
    /// `pointer` is null or a block that this function returned and that was not freed since.
    pub(crate) unsafe fn allocate(&mut self, pointer: *mut u8, size: usize) -> *mut u8 {
        // SAFETY: the head was written by `new`; `&mut self` makes the access exclusive.
        let head = unsafe { &mut *self.head() };
        let Some(block) = NonNull::new(pointer) else {
            return self.fresh(size);
        };
        if size == 0 {
            // SAFETY: by the caller's promise the block is live and was allocated with this alignment.
            unsafe { head.allocator.deallocate(block, ALIGN) };
            return ptr::null_mut();
        }
        let Ok(layout) = Layout::from_size_align(size, ALIGN) else { return ptr::null_mut() };
        loop {
            // SAFETY: as above; on failure the block is left as it was.
            if let Some(moved) = unsafe { head.allocator.reallocate(block, layout) } {
                return moved.as_ptr();
            }
            if !self.grow(size) {
                return ptr::null_mut();
            }
        }
    }

    fn fresh(&mut self, size: usize) -> *mut u8 {
        let Ok(layout) = Layout::from_size_align(size, ALIGN) else { return ptr::null_mut() };
        if size == 0 {
            return ptr::null_mut();
        }
        loop {
            // SAFETY: the head was written by `new`; `&mut self` makes the access exclusive.
            if let Some(block) = unsafe { (*self.head()).allocator.allocate(layout) } {
                return block.as_ptr();
            }
            if !self.grow(size) {
                return ptr::null_mut();
            }
        }
    }

    /// Appends enough to the heap for a block of `size` bytes; false when it may not grow that far.
    fn grow(&mut self, size: usize) -> bool {
        let used = self.in_use();
        // The allocator rounds a request up to its size class before it searches: an eighth more is always enough.
        let wanted = size.saturating_add(size / 8).saturating_add(4096).next_multiple_of(GROWTH);
        let Some(end) = used.checked_add(wanted).filter(|end| *end <= self.limit) else { return false };
        if self.commit(end).is_err() {
            return false;
        }
        // SAFETY: [used, end) is committed, was never given to the allocator, and follows its last block.
        unsafe {
            let head = &mut *self.head();
            let joined = head.allocator.append_free_block_ptr(self.block(used, wanted));
            head.in_use = end;
            joined > 0
        }
    }

    /// Copies the heap into `copy`, whose old contents are dropped and whose memory is used again.
    pub(crate) fn save(&self, copy: &mut Vec<u8>) {
        let size = self.in_use();
        copy.clear();
        copy.reserve_exact(size);
        // SAFETY: `size` bytes are committed in the arena and reserved in `copy`; the two do not overlap.
        unsafe {
            ptr::copy_nonoverlapping(self.base.as_ptr(), copy.as_mut_ptr(), size);
            copy.set_len(size);
        }
    }

    /// Copies the heap back. The head comes with it, so the allocator is as it was.
    ///
    /// # Safety
    /// `copy` was made by `save` of this very arena, and no reference into the heap is alive.
    pub(crate) unsafe fn load(&mut self, copy: &[u8]) {
        debug_assert!(copy.len() <= self.committed, "a heap never shrinks its commitment");
        // SAFETY: the arena has committed at least as much as it had when the copy was made.
        unsafe { ptr::copy_nonoverlapping(copy.as_ptr(), self.base.as_ptr(), copy.len()) };
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: the range is ours, and whoever pointed into it is gone with the VM.
        unsafe { libc::munmap(self.base.as_ptr().cast(), RESERVED) };
        TAKEN.lock().unwrap_or_else(|poisoned| poisoned.into_inner())[self.slot] = false;
    }
}

/// Takes the first free slot of the process whose addresses the system lets us have.
fn reserve() -> io::Result<(usize, NonNull<u8>)> {
    let mut taken = TAKEN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    for slot in 0..SLOTS {
        if taken[slot] {
            continue;
        }
        let wanted = FIRST_BASE + slot * RESERVED;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_FIXED_NOREPLACE;
        // SAFETY: a new private mapping that replaces nothing (MAP_FIXED_NOREPLACE fails instead).
        let got = unsafe { libc::mmap(wanted as *mut _, RESERVED, libc::PROT_NONE, flags, -1, 0) };
        if got == libc::MAP_FAILED {
            continue;
        }
        if got as usize != wanted {
            // A kernel older than 4.17 takes the address for a hint.
            // SAFETY: the mapping was made just now and is ours.
            unsafe { libc::munmap(got, RESERVED) };
            continue;
        }
        taken[slot] = true;
        let base = NonNull::new(got.cast()).expect("a mapping is not null");
        return Ok((slot, base));
    }
    Err(io::Error::new(io::ErrorKind::OutOfMemory, "no range of addresses is left for another world's arena"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_keep_their_bytes_while_the_heap_grows_and_rewinds() {
        let mut arena = Arena::new(64 << 20).expect("an arena");
        // SAFETY: blocks are used within the sizes asked for and freed once.
        unsafe {
            let first = arena.allocate(ptr::null_mut(), 100);
            first.write_bytes(7, 100);
            let mut copy = Vec::new();
            arena.save(&mut copy);
            let big = arena.allocate(ptr::null_mut(), 10 << 20);
            assert!(!big.is_null());
            big.write_bytes(1, 10 << 20);
            let moved = arena.allocate(first, 1 << 20);
            assert!((0..100).all(|at| *moved.add(at) == 7));
            arena.load(&copy);
            assert!((0..100).all(|at| *first.add(at) == 7));
            // The rewound allocator hands out the same addresses again.
            assert_eq!(arena.allocate(ptr::null_mut(), 10 << 20), big);
        }
    }

    #[test]
    fn a_heap_that_is_warm_grows_and_rewinds_like_another() {
        let mut arenas = [Arena::new(64 << 20).expect("an arena"), Arena::new(64 << 20).expect("an arena")];
        let copies = arenas.each_mut().map(|arena| {
            let mut copy = Vec::new();
            arena.save(&mut copy);
            copy
        });
        for round in 0..3 {
            // Beyond its limit there is nothing to warm.
            (0..100).for_each(|_| arenas[0].warm_up(round * (40 << 20)));
            // SAFETY: fresh blocks, used within their size and rewound together with all that knew of them.
            let ends = unsafe {
                [0, 1].map(|which| {
                    let arena = &mut arenas[which];
                    let block = arena.allocate(ptr::null_mut(), 20 << 20);
                    block.write_bytes(1, 20 << 20);
                    let size = arena.in_use();
                    arena.load(&copies[which]);
                    (block as u32, size)
                })
            };
            assert_eq!(ends[0], ends[1], "round {round}");
        }
    }

    #[test]
    fn a_full_heap_refuses_and_keeps_working() {
        let mut arena = Arena::new(8 << 20).expect("an arena");
        // SAFETY: null is never freed; the block is used within its size.
        unsafe {
            assert!(arena.allocate(ptr::null_mut(), 100 << 20).is_null());
            assert!(arena.allocate(ptr::null_mut(), usize::MAX / 2).is_null());
            assert!(!arena.allocate(ptr::null_mut(), 1 << 20).is_null());
        }
    }

    #[test]
    fn two_arenas_agree_on_low_address_bits() {
        let (mut one, mut two) = (Arena::new(8 << 20).expect("an arena"), Arena::new(8 << 20).expect("an arena"));
        // SAFETY: fresh blocks, never freed.
        let (a, b) = unsafe { (one.allocate(ptr::null_mut(), 5000), two.allocate(ptr::null_mut(), 5000)) };
        assert_ne!(a, b);
        assert_eq!(a as usize as u32, b as usize as u32);
    }
}
