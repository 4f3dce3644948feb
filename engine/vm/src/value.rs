//! Plain values that cross between the VM and the host by copy, and the names (pins) of those that stay in the VM.

use serde::{Deserialize, Serialize};

/// A host object's name inside the VM: a light userdata with a tag. Equal by value, hashed by content.
///
/// Cost: none; it is a value, never an allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Handle {
    /// What kind of thing it names; 0 to 127.
    pub tag: u8,
    /// Which one.
    pub bits: u64,
}

/// Names a value that the VM keeps for the host. It must be given back by `unpin`, once.
///
/// A pin is a number, not a reference: it may be copied, saved with the host's state and rewound with it.
/// Using one after `unpin` reads some other value (never memory that is not a value).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pin(pub(crate) i32);

impl Pin {
    /// The pin of `nil`: needs no `unpin`.
    pub const NIL: Pin = Pin(0);
}

/// A pin's number depends on the VM's history, so it is no part of a world's state: it is written as nothing.
impl Serialize for Pin {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

/// Read as [`Pin::NIL`]: which value it names is for whoever restores the heap to say.
impl<'de> Deserialize<'de> for Pin {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <()>::deserialize(deserializer).map(|()| Pin::NIL)
    }
}

/// Names a string that the VM keeps for ever: see [`Frame::word`](crate::Frame::word). The default one is the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Word(pub(crate) u32);

/// A value on its way into or out of the VM.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// `nil`
    #[default]
    Nil,
    /// `true` or `false`
    Bool(bool),
    /// A number
    Number(f64),
    /// A vector of three floats
    Vector([f32; 3]),
    /// The name of a host object
    Handle(Handle),
    /// A value that stays in the VM
    Pin(Pin),
}

impl Value {
    /// The pin in it, if that is what it is.
    pub fn pin(self) -> Option<Pin> {
        match self {
            Value::Pin(pin) => Some(pin),
            _ => None,
        }
    }
}

/// What a value on the stack is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No value at that place
    None,
    /// `nil`
    Nil,
    /// A boolean
    Bool,
    /// A number
    Number,
    /// A vector
    Vector,
    /// A string
    Text,
    /// A table
    Table,
    /// A function
    Function,
    /// A coroutine
    Thread,
    /// A buffer
    Buffer,
    /// A host object's name
    Handle,
    /// Anything else
    Other,
}

impl Kind {
    /// The word that scripts know it by.
    pub fn name(self) -> &'static str {
        match self {
            Kind::None => "no value",
            Kind::Nil => "nil",
            Kind::Bool => "boolean",
            Kind::Number => "number",
            Kind::Vector => "vector",
            Kind::Text => "string",
            Kind::Table => "table",
            Kind::Function => "function",
            Kind::Thread => "coroutine",
            Kind::Buffer => "buffer",
            Kind::Handle => "actor",
            Kind::Other => "userdata",
        }
    }
}
