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

/// The tags by which the VM tells handles apart.
const ACTOR_TAG: u8 = 1;
const TASK_TAG: u8 = 2;

impl ActorId {
    /// The id as scripts carry it.
    pub fn handle(self) -> Handle {
        Handle { tag: ACTOR_TAG, bits: self.data().as_ffi() }
    }

    /// The actor that a handle names.
    pub fn from_handle(handle: Handle) -> Option<Self> {
        (handle.tag == ACTOR_TAG).then(|| KeyData::from_ffi(handle.bits).into())
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
    pub(crate) const TAG: u8 = TASK_TAG;

    pub(crate) fn handle(self) -> Handle {
        Handle { tag: TASK_TAG, bits: self.data().as_ffi() }
    }

    pub(crate) fn from_handle(handle: Handle) -> Option<Self> {
        (handle.tag == TASK_TAG).then(|| KeyData::from_ffi(handle.bits).into())
    }
}
