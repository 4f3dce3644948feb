//! The table of coroutines: the host knows them by number, the VM by address; finished ones are used again.

use mlua::ffi::lua_State;

use crate::value::Pin;

/// A coroutine of this VM. A stale one (retired, or of another VM) is never mistaken for a live one of the same number.
/// The default one is nobody's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Thread {
    pub(crate) index: u32,
    pub(crate) generation: u32,
}

/// As a [`Pin`], a thread's number is no part of a world's state: it is written as nothing.
impl serde::Serialize for Thread {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

/// Read as nobody's, as a [`Pin`] is read as that of nil.
impl<'de> serde::Deserialize<'de> for Thread {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <() as serde::Deserialize>::deserialize(deserializer).map(|()| Thread::default())
    }
}

#[derive(Clone, Copy)]
struct Slot {
    state: *mut lua_State,
    pin: Pin,
    /// Odd while in use.
    generation: u32,
}

/// See the module's comment. All plain numbers, so that an image is a copy.
#[derive(Clone, Default)]
pub(crate) struct Threads {
    slots: Vec<Slot>,
    /// Slots whose coroutine is ready to be used again.
    free: Vec<u32>,
    /// Slots that have no coroutine any more.
    empty: Vec<u32>,
}

impl Threads {
    /// The coroutine, if it is in use.
    pub(crate) fn get(&self, thread: Thread) -> Option<*mut lua_State> {
        let slot = self.slots.get(thread.index as usize)?;
        (slot.generation == thread.generation).then_some(slot.state)
    }

    /// A coroutine to be used again.
    pub(crate) fn reuse(&mut self) -> Option<(Thread, *mut lua_State)> {
        let index = self.free.pop()?;
        let slot = &mut self.slots[index as usize];
        slot.generation += 1;
        Some((Thread { index, generation: slot.generation }, slot.state))
    }

    /// A new coroutine, kept alive by `pin`.
    pub(crate) fn add(&mut self, state: *mut lua_State, pin: Pin) -> Thread {
        if let Some(index) = self.empty.pop() {
            let slot = &mut self.slots[index as usize];
            *slot = Slot { state, pin, generation: slot.generation + 1 };
            return Thread { index, generation: slot.generation };
        }
        let index = self.slots.len() as u32;
        self.slots.push(Slot { state, pin, generation: 1 });
        Thread { index, generation: 1 }
    }

    /// Forgets a coroutine altogether. The pin that kept it alive, to be given back.
    pub(crate) fn discard(&mut self, thread: Thread) -> Option<Pin> {
        let slot = self.slots.get_mut(thread.index as usize).filter(|slot| slot.generation == thread.generation)?;
        slot.generation += 1;
        slot.state = std::ptr::null_mut();
        self.empty.push(thread.index);
        Some(std::mem::replace(&mut slot.pin, Pin::NIL))
    }

    /// Ends the use of a coroutine. True when it was in use.
    pub(crate) fn retire(&mut self, thread: Thread) -> bool {
        let Some(slot) = self.slots.get_mut(thread.index as usize).filter(|slot| slot.generation == thread.generation)
        else {
            return false;
        };
        slot.generation += 1;
        self.free.push(thread.index);
        true
    }

    /// Copies into `copy`, using its memory again.
    pub(crate) fn save(&self, copy: &mut Threads) {
        copy.slots.clone_from(&self.slots);
        copy.free.clone_from(&self.free);
        copy.empty.clone_from(&self.empty);
    }

    pub(crate) fn live(&self) -> usize {
        self.slots.len() - self.free.len() - self.empty.len()
    }

    /// The pin that keeps a coroutine alive.
    pub(crate) fn pin(&self, thread: Thread) -> Option<Pin> {
        self.get(thread)?;
        Some(self.slots[thread.index as usize].pin)
    }
}
