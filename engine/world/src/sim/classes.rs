//! Classes as the simulation uses them: what a script declared, resolved and frozen. They are made while the scripts
//! are loaded ([`super::loader`]) and never change afterwards.

use std::collections::{BTreeMap, BTreeSet};

use dormouse_vm::{Pin, Shape};

use crate::names::{Name, Names};

/// What a prop may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PropKind {
    /// Whatever a designer gives.
    Any,
    /// `true` or `false`.
    Boolean,
    /// A number.
    Number,
    /// A string.
    Text,
    /// A vector: a point or a way.
    Vector,
    /// An actor, by its handle.
    Actor,
    /// A table: a list of points, a list of names.
    Table,
}

impl PropKind {
    /// All kinds, with the words for them in scripts.
    pub const ALL: [(PropKind, &'static str); 7] = [
        (PropKind::Any, "any"),
        (PropKind::Boolean, "boolean"),
        (PropKind::Number, "number"),
        (PropKind::Text, "string"),
        (PropKind::Vector, "vector"),
        (PropKind::Actor, "actor"),
        (PropKind::Table, "table"),
    ];

    /// The word for it, in scripts.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("any", |(_, word)| word)
    }

    /// The word with its article: `an actor`.
    pub fn phrase(self) -> &'static str {
        match self {
            PropKind::Any => "any value",
            PropKind::Boolean => "a boolean",
            PropKind::Number => "a number",
            PropKind::Text => "a string",
            PropKind::Vector => "a vector",
            PropKind::Actor => "an actor",
            PropKind::Table => "a table",
        }
    }

    /// The kind of that word.
    pub fn from_word(word: &str) -> Option<PropKind> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(kind, _)| *kind)
    }
}

/// What a designer may set on an actor.
#[derive(Clone, Debug)]
pub(crate) struct Prop {
    pub(crate) kind: PropKind,
    pub(crate) required: bool,
    /// The default, where it is a number: `speed` is read natively.
    pub(crate) number: Option<f64>,
}

/// Whether and how actors of a class take part in collisions.
#[derive(Clone, Debug)]
pub(crate) struct BodyPlan {
    pub(crate) trigger: bool,
    /// A circle, or a box; `None` where the object in the map says which.
    pub(crate) circle: Option<bool>,
    pub(crate) width: Option<f32>,
    pub(crate) height: Option<f32>,
    pub(crate) radius: Option<f32>,
    pub(crate) layer: u8,
    pub(crate) collides: u32,
}

/// An actor class.
#[derive(Clone, Debug)]
pub(crate) struct Class {
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) line: u32,
    /// The class table: methods, defaults of props.
    pub(crate) table: Pin,
    /// The metatable of its actors' own tables.
    pub(crate) instance: Pin,
    pub(crate) parent: Option<u32>,
    /// Runs `setup` and `run`, where there is any.
    pub(crate) life: Option<Pin>,
    pub(crate) stop: Option<Pin>,
    pub(crate) handler: Option<Pin>,
    /// `on_migrate`: takes the place of code that is gone.
    pub(crate) migrate: Option<Pin>,
    pub(crate) handles_events: bool,
    /// Engine events that go to `handleEvent`.
    pub(crate) handles: BTreeSet<Name>,
    /// Actions with their (intercepted) functions, inherited ones included.
    pub(crate) actions: BTreeMap<Name, Pin>,
    pub(crate) groups: Vec<Vec<Name>>,
    pub(crate) props: BTreeMap<String, Prop>,
    /// The same for the VM: what `spawn` is usually given.
    pub(crate) shape: Shape,
    pub(crate) body: Option<BodyPlan>,
    pub(crate) methods: BTreeSet<String>,
    /// After how many ticks in which nothing of them ran its actors may hibernate; never, for none.
    pub(crate) rest: Option<u32>,
    /// Written in Rust: which of the natives that the world was given.
    pub(crate) native: Option<u32>,
}

impl Class {
    /// The group of actions that this one excludes and is excluded by.
    pub(crate) fn group_of(&self, action: Name) -> Option<&Vec<Name>> {
        self.groups.iter().find(|group| group.contains(&action))
    }

    pub(crate) fn has_method(&self, name: &str) -> bool {
        self.methods.contains(name)
    }

    pub(crate) fn action_names<'a>(&'a self, names: &'a Names) -> impl Iterator<Item = &'a str> {
        self.actions.keys().map(|name| names.text(*name))
    }
}

/// All classes of a world.
#[derive(Default)]
pub(crate) struct Classes {
    list: Vec<Class>,
    by_name: BTreeMap<String, u32>,
    /// The names of what the engine itself does.
    pub(crate) movement: Name,
    pub(crate) collision: Name,
    pub(crate) handle_event: Name,
    pub(crate) event: Name,
    pub(crate) spawning: Name,
    pub(crate) starting: Name,
    pub(crate) raising: Name,
    pub(crate) main: Name,
    pub(crate) stopping: Name,
    pub(crate) deferred: Name,
}

impl Classes {
    pub(crate) fn new(names: &mut Names) -> Self {
        Classes {
            list: Vec::new(),
            by_name: BTreeMap::new(),
            movement: names.intern("movement"),
            collision: names.intern("Collision"),
            handle_event: names.intern("handleEvent"),
            event: names.intern("event"),
            spawning: names.intern("spawn"),
            starting: names.intern("start"),
            raising: names.intern("raise"),
            main: names.intern("run"),
            stopping: names.intern("stop"),
            deferred: names.intern("defer"),
        }
    }

    pub(crate) fn add(&mut self, class: Class) -> u32 {
        let number = self.list.len() as u32;
        self.by_name.insert(class.name.clone(), number);
        self.list.push(class);
        number
    }

    pub(crate) fn get(&self, class: u32) -> &Class {
        &self.list[class as usize]
    }

    pub(crate) fn all(&self) -> &[Class] {
        &self.list
    }

    pub(crate) fn find(&self, name: &str) -> Option<u32> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// Whether `class` is `ancestor` or inherits from it.
    pub(crate) fn is_a(&self, class: u32, ancestor: u32) -> bool {
        let mut at = Some(class);
        while let Some(class) = at {
            if class == ancestor {
                return true;
            }
            at = self.get(class).parent;
        }
        false
    }

    /// The default of a prop of a class, where it is a number.
    pub(crate) fn number_prop(&self, class: u32, name: &str) -> Option<f64> {
        self.get(class).props.get(name).and_then(|prop| prop.number)
    }
}
