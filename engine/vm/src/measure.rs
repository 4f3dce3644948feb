//! Reading the graph of values: to count what an actor holds, and to hash what can influence a world's future.

use std::marker::PhantomData;
use std::os::raw::c_void;
use std::slice;

use mlua::ffi::lua_State;
use xxhash_rust::xxh3::Xxh3;

use crate::native::Native;
use crate::shim;
use crate::thread::Thread;
use crate::value::Pin;
use crate::vm::Vm;

/// A walk over everything reachable from the roots that it is given; each object is visited once.
pub(crate) struct Walk<'h> {
    raw: *mut shim::RawWalk,
    hasher: PhantomData<&'h mut Xxh3>,
}

extern "C" fn absorb(hasher: *mut c_void, bytes: *const u8, size: usize) {
    // SAFETY: `hasher` is the one that the walk borrows for its life, and the bytes are valid during this call.
    unsafe { (*hasher.cast::<Xxh3>()).update(slice::from_raw_parts(bytes, size)) }
}

impl<'h> Walk<'h> {
    /// # Safety
    /// `state` is live, and no script runs while the walk is alive.
    pub(crate) unsafe fn new(state: *mut lua_State, hasher: Option<&'h mut Xxh3>) -> Self {
        let (sink, context): (Option<shim::Sink>, _) = match hasher {
            Some(hasher) => (Some(absorb), (hasher as *mut Xxh3).cast()),
            None => (None, std::ptr::null_mut()),
        };
        // SAFETY: by the caller's promise; the catalog lives as long as the state.
        let raw = unsafe {
            let catalog = (*Native::of(state)).catalog.raw();
            shim::dm_walk_new(state, catalog, sink, context)
        };
        Walk { raw, hasher: PhantomData }
    }

    /// Leaves out what `other` met.
    ///
    /// # Safety
    /// `other` is alive as long as this walk is used, and what it met is too.
    pub(crate) unsafe fn leave_out(&mut self, other: &Walk<'_>) {
        // SAFETY: by the caller's promise.
        unsafe { shim::dm_walk_without(self.raw, other.raw) }
    }

    /// Leaves out the numbers of handles with this tag.
    pub(crate) fn hide(&mut self, tag: u8) {
        // SAFETY: the walk is live until it is dropped.
        unsafe { shim::dm_walk_hide(self.raw, tag.into()) }
    }

    /// # Safety
    /// `state` is live.
    pub(crate) unsafe fn pin(&mut self, state: *mut lua_State, pin: Pin) {
        // SAFETY: by the caller's promise; any number of a pin is looked up with its bounds checked.
        unsafe { shim::dm_walk_pin(self.raw, state, pin.0) }
    }

    /// # Safety
    /// `thread` is live.
    pub(crate) unsafe fn thread(&mut self, thread: *mut lua_State) {
        // SAFETY: by the caller's promise.
        unsafe { shim::dm_walk_thread(self.raw, thread) }
    }

    pub(crate) fn bytes(&self) -> usize {
        // SAFETY: the walk is live until it is dropped.
        unsafe { shim::dm_walk_bytes(self.raw) }
    }
}

impl Drop for Walk<'_> {
    fn drop(&mut self) {
        // SAFETY: made by `dm_walk_new`, freed once.
        unsafe { shim::dm_walk_free(self.raw) }
    }
}

/// A walk as the host sees it: it names roots.
pub struct Measure<'w> {
    add: &'w mut dyn FnMut(Root),
}

enum Root {
    Pin(Pin),
    Thread(Thread),
    Bytes(u64),
}

impl Measure<'_> {
    /// Everything reachable from this value.
    pub fn pin(&mut self, pin: Pin) {
        (self.add)(Root::Pin(pin));
    }

    /// So many bytes that the VM does not know of.
    pub fn bytes(&mut self, bytes: u64) {
        (self.add)(Root::Bytes(bytes));
    }

    /// Everything reachable from this tasklet.
    pub fn thread(&mut self, thread: Thread) {
        (self.add)(Root::Thread(thread));
    }

    /// Calls `roots` with a measure that adds to `walk`. Gives the bytes that the VM does not know of.
    ///
    /// # Safety
    /// `state` is live.
    pub(crate) unsafe fn collect(
        walk: &mut Walk<'_>,
        state: *mut lua_State,
        roots: impl FnOnce(&mut Measure<'_>),
    ) -> u64 {
        let mut foreign = 0;
        let mut add = |root: Root| {
            // SAFETY: by the caller's promise; threads are checked.
            unsafe {
                match root {
                    Root::Pin(pin) => walk.pin(state, pin),
                    Root::Bytes(bytes) => foreign += bytes,
                    Root::Thread(thread) => {
                        if let Some(raw) = (*Native::of(state)).threads.get(thread) {
                            walk.thread(raw);
                        }
                    }
                }
            }
        };
        roots(&mut Measure { add: &mut add });
        foreign
    }
}

/// Counts what each of many holds, one after another: what an earlier one reaches is not counted for a later one, and
/// what belongs to all is counted for none.
pub struct Census<'v> {
    walk: Walk<'static>,
    counted: usize,
    vm: &'v Vm,
}

impl Vm {
    /// Begins to count. Cost: what belongs to all is walked once.
    pub fn census(&self) -> Census<'_> {
        // SAFETY: the state is live, and no script runs while the VM is borrowed.
        let mut walk = unsafe { Walk::new(self.state, None) };
        for pin in &self.native.shared {
            // SAFETY: as above.
            unsafe { walk.pin(self.state, *pin) };
        }
        let counted = walk.bytes();
        Census { walk, counted, vm: self }
    }
}

impl Census<'_> {
    /// Everything reachable from this value.
    pub fn pin(&mut self, pin: Pin) {
        // SAFETY: the state is live, and no script runs while the VM is borrowed.
        unsafe { self.walk.pin(self.vm.state, pin) }
    }

    /// Everything reachable from this tasklet.
    pub fn thread(&mut self, thread: Thread) {
        if let Some(state) = self.vm.native.threads.get(thread) {
            // SAFETY: the thread is live, and no script runs while the VM is borrowed.
            unsafe { self.walk.thread(state) }
        }
    }

    /// Bytes that what was named since the last call reaches.
    pub fn take(&mut self) -> usize {
        let before = std::mem::replace(&mut self.counted, self.walk.bytes());
        self.counted - before
    }
}
