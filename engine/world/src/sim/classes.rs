//! Classes as the simulation uses them: what a script declared, resolved and frozen. They are made while the scripts
//! are loaded ([`super::loader`]) and never change afterwards.

use std::collections::{BTreeMap, BTreeSet};

use dormouse_vm::{Pin, Raise};

use crate::names::{Name, Names, suggestion};

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
    pub(crate) handles_events: bool,
    /// Engine events that go to `handleEvent`.
    pub(crate) handles: BTreeSet<Name>,
    /// Actions with their (intercepted) functions, inherited ones included.
    pub(crate) actions: BTreeMap<Name, Pin>,
    pub(crate) groups: Vec<Vec<Name>>,
    pub(crate) props: BTreeMap<String, Prop>,
    pub(crate) body: Option<BodyPlan>,
    pub(crate) methods: BTreeSet<String>,
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
    /// Layers by number.
    layers: Vec<String>,
    /// The names of what the engine itself does.
    pub(crate) movement: Name,
    pub(crate) collision: Name,
    pub(crate) handle_event: Name,
    pub(crate) spawning: Name,
    pub(crate) starting: Name,
    pub(crate) raising: Name,
    pub(crate) main: Name,
    pub(crate) stopping: Name,
    pub(crate) deferred: Name,
}

/// The layer of bodies that name none.
pub(crate) const DEFAULT_LAYER: u8 = 0;

impl Classes {
    pub(crate) fn new(names: &mut Names) -> Self {
        Classes {
            list: Vec::new(),
            by_name: BTreeMap::new(),
            layers: vec!["default".into(), "wall".into()],
            movement: names.intern("movement"),
            collision: names.intern("Collision"),
            handle_event: names.intern("handleEvent"),
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

    /// The layer of that name.
    pub(crate) fn layer(&self, name: &str) -> Result<u8, Raise> {
        match self.layers.iter().position(|known| known == name) {
            Some(layer) => Ok(layer as u8),
            None => {
                let hint = suggestion(name, self.layers.iter().map(String::as_str));
                Err(format!("no class has a body in the layer `{name}`{hint}").into())
            }
        }
    }

    /// The layer of that name, made if there is room: 32 fit into a mask.
    pub(crate) fn layer_or_new(&mut self, name: &str) -> Result<u8, String> {
        if let Some(layer) = self.layers.iter().position(|known| known == name) {
            return Ok(layer as u8);
        }
        if self.layers.len() == 32 {
            return Err(format!("`{name}` would be the 33rd layer; there can be 32: {}", self.layers.join(", ")));
        }
        self.layers.push(name.into());
        Ok((self.layers.len() - 1) as u8)
    }

    /// The layers of a mask, by name; none for all of them.
    pub(crate) fn layers_in(&self, mask: u32) -> Option<Vec<String>> {
        let known = self.layers.iter().enumerate();
        (mask != u32::MAX).then(|| known.filter(|(at, _)| mask >> at & 1 == 1).map(|(_, name)| name.clone()).collect())
    }

    pub(crate) fn layer_count(&self) -> usize {
        self.layers.len()
    }

    /// Forgets all layers from that number on: the world was rewound to a time when no body had made them.
    pub(crate) fn truncate_layers(&mut self, count: usize) {
        self.layers.truncate(count);
    }

    pub(crate) fn layer_name(&self, layer: u8) -> &str {
        self.layers.get(usize::from(layer)).map_or("", String::as_str)
    }

    /// The default of a prop of a class, where it is a number.
    pub(crate) fn number_prop(&self, class: u32, name: &str) -> Option<f64> {
        self.get(class).props.get(name).and_then(|prop| prop.number)
    }
}
