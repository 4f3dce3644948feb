//! The names by which everything in a world is known: 64-bit numbers that say which slot and which of its lives.

use dormouse_vm::Handle;
use slotmap::{Key, KeyData, new_key_type};

new_key_type! {
    /// Names an actor, dead or alive. Scripts see it as a handle. The low 32 bits are the slot, the high ones the life.
    pub struct ActorId;
    /// Names a tasklet, over or not.
    pub struct TaskId;
    /// Names a message in a mailbox.
    pub(crate) struct MailId;
}

// Handles of actors and of tasks are told apart by their tags.

impl ActorId {
    /// The tag of its handles.
    pub(crate) const TAG: u8 = 1;

    /// The id as scripts carry it.
    pub fn handle(self) -> Handle {
        Handle { tag: ActorId::TAG, bits: self.data().as_ffi() }
    }

    /// The actor that a handle names.
    pub fn from_handle(handle: Handle) -> Option<Self> {
        (handle.tag == ActorId::TAG).then(|| KeyData::from_ffi(handle.bits).into())
    }

    /// The actor that [`ActorId::bits`] was asked of.
    pub(crate) fn from_bits(bits: u64) -> Self {
        KeyData::from_ffi(bits).into()
    }

    /// The id as one number.
    pub fn bits(self) -> u64 {
        self.data().as_ffi()
    }
}

impl TaskId {
    /// The tag of its handles.
    pub(crate) const TAG: u8 = 2;

    pub(crate) fn handle(self) -> Handle {
        Handle { tag: TaskId::TAG, bits: self.data().as_ffi() }
    }

    pub(crate) fn from_handle(handle: Handle) -> Option<Self> {
        (handle.tag == TaskId::TAG).then(|| KeyData::from_ffi(handle.bits).into())
    }
}
