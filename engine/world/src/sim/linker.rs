//! Linking classes: from what a script declared to what the simulation uses. Parents first; then tables are frozen,
//! since all actors of a class share them.

use std::collections::{BTreeMap, BTreeSet};

use dormouse_vm::{FieldKind, Frame, Kind, Part, Pin, Shape, Value, Vm};

use super::Sim;
use super::api::{METHODS, OWN_METHODS};
use super::classes::{BodyPlan, Class, Prop, PropKind};
use super::layers::DEFAULT_LAYER;
use super::lifecycle::FOR_ENGINE;
use super::loader::{Declared, ScriptError};
use crate::ids::ActorId;
use crate::names::{Name, suggestion};

/// Fields that every actor has without declaring them.
pub(crate) const BUILT_IN: &[&str] = &["id", "name", "position", "size", "body"];

/// Engine events that a class can have sent to `handleEvent` instead of raised.
const EVENTS: &[&str] = &["Collision"];

/// Links all declared classes; what is wrong goes to the loader's errors.
pub(super) fn link(vm: &mut Vm, sim: &mut Sim) {
    let declared = sim.loader.as_mut().map(|loader| std::mem::take(&mut loader.declared)).unwrap_or_default();
    // Whoever extends a class whose own script did not load has nothing wrong with it.
    let broken = sim.loader.as_ref().map(|loader| loader.broken_classes()).unwrap_or_default();
    let mut problems = Vec::new();
    let linked = vm.enter(|frame| {
        for at in order(frame, &declared, &broken, &mut problems) {
            frame.set_len(0);
            let mut linker = Linker { sim, class: &declared[at], problems: Vec::new() };
            let class = linker.link(frame);
            problems.append(&mut linker.problems);
            sim.classes.add(class);
        }
        for (file, pin) in shared(sim) {
            frame.set_len(0);
            if !freeze_deeply(frame, pin) {
                let message = "it shares a coroutine or a buffer among all who run it: make it in an actor's method";
                problems.push(ScriptError { file, line: 0, message: message.into() });
            }
        }
    });
    if let Some(loader) = sim.loader.as_mut() {
        loader.errors.append(&mut problems);
        if let Err(error) = linked {
            loader.errors.push(ScriptError { file: "scripts".into(), line: 0, message: error.to_string() });
        }
        loader.declared = declared;
    }
}

/// Everything that scripts share, with the file that it comes from.
fn shared(sim: &Sim) -> Vec<(String, Pin)> {
    let classes = sim.classes.all().iter().map(|class| (class.file.clone(), class.table));
    let modules = sim.loader.iter().flat_map(|loader| loader.results());
    classes.chain(modules).collect()
}

/// Parents before their children, without those that have a broken one above them.
fn order(
    frame: &mut Frame<'_>,
    declared: &[Declared],
    broken: &[String],
    problems: &mut Vec<ScriptError>,
) -> Vec<usize> {
    let by_name: BTreeMap<&str, usize> =
        declared.iter().enumerate().map(|(at, class)| (class.name.as_str(), at)).collect();
    let mut orphaned = vec![false; declared.len()];
    let parents: Vec<Option<usize>> = declared
        .iter()
        .enumerate()
        .map(|(at, class)| {
            let parent = parent_name(frame, class)?;
            let found = by_name.get(parent.as_str()).copied();
            if broken.contains(&parent) {
                orphaned[at] = true;
            } else if found.is_none() {
                let hint = suggestion(&parent, by_name.keys().copied());
                problems
                    .push(error(class, format!("class {} extends `{parent}`, which does not exist{hint}", class.name)));
            }
            found
        })
        .collect();
    let mut order = Vec::new();
    let mut placed = vec![false; declared.len()];
    for start in 0..declared.len() {
        let mut line = Vec::new();
        let mut at = Some(start);
        while let Some(class) = at.filter(|class| !placed[*class]) {
            if line.contains(&class) {
                problems.push(error(
                    &declared[class],
                    format!("class {} extends itself, by way of others", declared[class].name),
                ));
                break;
            }
            line.push(class);
            at = parents[class];
        }
        for class in line.into_iter().rev() {
            placed[class] = true;
            order.push(class);
        }
    }
    order.retain(|class| {
        orphaned[*class] |= parents[*class].is_some_and(|parent| orphaned[parent]);
        !orphaned[*class]
    });
    order
}

fn parent_name(frame: &mut Frame<'_>, class: &Declared) -> Option<String> {
    frame.push(Value::Pin(class.options));
    let options = frame.len();
    frame.get(options, "extends");
    let name = match frame.kind(frame.len()) {
        Kind::Nil => None,
        _ => Some(frame.display(frame.len())),
    };
    frame.pop(2);
    name
}

fn error(class: &Declared, message: String) -> ScriptError {
    ScriptError { file: class.file.clone(), line: class.line, message }
}

/// A whole number of ticks from 1 to 2^32 - 1.
pub(crate) fn whole_ticks(number: f64) -> Option<u32> {
    ((1.0..=f64::from(u32::MAX)).contains(&number) && number.fract() == 0.0).then_some(number as u32)
}

struct Linker<'a> {
    sim: &'a mut Sim,
    class: &'a Declared,
    problems: Vec<ScriptError>,
}

/// Places of the class table and its options in the linker's frame.
const TABLE: u32 = 1;
const OPTIONS: u32 = 2;

impl Linker<'_> {
    fn fail(&mut self, message: impl Into<String>) {
        self.problems.push(error(self.class, message.into()));
    }

    fn link(&mut self, frame: &mut Frame<'_>) -> Class {
        frame.push(Value::Pin(self.class.table));
        frame.push(Value::Pin(self.class.options));
        let parent = parent_name(frame, self.class).and_then(|name| self.sim.classes.find(&name));
        let mut class = match parent {
            Some(parent) => self.sim.classes.get(parent).clone(),
            None => plain(),
        };
        class.name = self.class.name.clone();
        class.file = self.class.file.clone();
        class.line = self.class.line;
        class.table = self.class.table;
        class.parent = parent;
        self.methods(frame, &mut class);
        self.props(frame, &mut class);
        self.groups(frame, &mut class);
        self.handles(frame, &mut class);
        self.rest(frame, &mut class);
        self.body(frame, &mut class);
        self.life(frame, &mut class, parent);
        self.metatables(frame, &mut class, parent);
        class.shape = shape_of(frame, &class);
        class
    }

    /// Actions are intercepted, all methods noted.
    fn methods(&mut self, frame: &mut Frame<'_>, class: &mut Class) {
        let mut found = Vec::new();
        let _ = frame.entries(TABLE, |frame| {
            let (key, value) = (frame.len() - 1, frame.len());
            if let Some(name) = frame.text(key)
                && frame.kind(value) == Kind::Function
            {
                found.push(name);
            }
            Ok::<(), ()>(())
        });
        for name in found {
            if built_in_method(&name) {
                self.fail(format!("class {} can't define `{name}`: every actor has a method of that name", class.name));
            }
            if let Some(action) = name.strip_prefix("Action_") {
                let action = self.sim.names.intern(action);
                frame.get(TABLE, &name);
                frame.intercept(action.0);
                let pin = frame.pin(frame.len());
                frame.set(TABLE, &name);
                class.actions.insert(action, pin);
            }
            class.methods.insert(name);
        }
    }

    fn props(&mut self, frame: &mut Frame<'_>, class: &mut Class) {
        if frame.get(OPTIONS, "props") == Kind::Nil {
            return frame.pop(1);
        }
        let props = frame.len();
        if frame.kind(props) != Kind::Table {
            self.fail("`props` must be a table of names and defaults: props = { speed = 40 }");
            return frame.pop(1);
        }
        let _ = frame.entries(props, |frame| {
            let (key, value) = (frame.len() - 1, frame.len());
            match frame.text(key) {
                Some(name) => self.prop(frame, class, name, value),
                None => self.fail("a prop needs a name and a default: props = { speed = 40 }"),
            }
            Ok::<(), ()>(())
        });
        frame.pop(1);
    }

    fn prop(&mut self, frame: &mut Frame<'_>, class: &mut Class, name: String, value: u32) {
        if BUILT_IN.contains(&name.as_str()) || built_in_method(&name) {
            return self
                .fail(format!("a prop can't be called `{name}`: every actor has a field or method of that name"));
        }
        if class.methods.contains(&name) {
            return self.fail(format!("`{name}` is a prop and a method of class {}; rename one of them", class.name));
        }
        if let Some((word, required)) = marker(frame, value) {
            match PropKind::from_word(&word) {
                Some(kind) => {
                    class.props.insert(name, Prop { kind, required, number: None });
                }
                None => {
                    let hint = suggestion(&word, PropKind::ALL.iter().map(|(_, word)| *word));
                    self.fail(format!("prop `{name}`: there is no kind of value `{word}`{hint}"));
                }
            }
            return;
        }
        let kind = match frame.kind(value) {
            Kind::Bool => PropKind::Boolean,
            Kind::Number => PropKind::Number,
            Kind::Text => PropKind::Text,
            Kind::Vector => PropKind::Vector,
            Kind::Table => PropKind::Table,
            other => {
                return self.fail(format!("the default of prop `{name}` can't be a {}", other.name()));
            }
        };
        let number = frame.number(value);
        frame.push_copy(value);
        frame.set(TABLE, &name);
        class.props.insert(name, Prop { kind, required: false, number });
    }

    fn groups(&mut self, frame: &mut Frame<'_>, class: &mut Class) {
        let mut own = Vec::new();
        frame.get(OPTIONS, "groups");
        let groups = frame.len();
        if !matches!(frame.kind(groups), Kind::Nil | Kind::Table) {
            self.fail("`groups` must be a table of lists: groups = { motion = { \"Open\", \"Close\" } }");
        }
        let _ = frame.entries(groups, |frame| {
            let (key, list) = (frame.len() - 1, frame.len());
            let group = frame.display(key);
            let mut members = Vec::new();
            for at in 1..=frame.items(list) {
                frame.get_item(list, at);
                let name = frame.display(frame.len());
                frame.pop(1);
                match self.action(class, &name) {
                    Ok(action) => members.push(action),
                    Err(message) => self.fail(format!("group `{group}`: {message}")),
                }
            }
            if members.len() < 2 {
                self.fail(format!("group `{group}` must list at least two actions that exclude one another"));
            }
            own.push(members);
            Ok::<(), ()>(())
        });
        frame.pop(1);
        // A child's groups come before its parent's: the first that has an action counts.
        own.append(&mut class.groups);
        class.groups = own;
    }

    fn action(&self, class: &Class, name: &str) -> Result<Name, String> {
        let bare = name.strip_prefix("Action_").unwrap_or(name);
        match self.sim.names.find(bare).filter(|name| class.actions.contains_key(name)) {
            Some(action) => Ok(action),
            None => {
                let hint = suggestion(bare, class.action_names(&self.sim.names));
                Err(format!("class {} has no action `{bare}`{hint}", class.name))
            }
        }
    }

    fn handles(&mut self, frame: &mut Frame<'_>, class: &mut Class) {
        if frame.get(OPTIONS, "handles") == Kind::Nil {
            return frame.pop(1);
        }
        let list = frame.len();
        if frame.kind(list) != Kind::Table {
            self.fail("`handles` must be a list: handles = { \"Collision\" }");
        }
        for at in 1..=frame.items(list) {
            frame.get_item(list, at);
            let name = frame.display(frame.len());
            frame.pop(1);
            if !EVENTS.contains(&name.as_str()) {
                let hint = suggestion(&name, EVENTS.iter().copied());
                self.fail(format!("`handles`: there is no engine event `{name}`{hint}"));
            }
            class.handles.insert(self.sim.names.intern(&name));
        }
        if !class.methods.contains("handleEvent") {
            self.fail(format!("class {} handles engine events, but has no handleEvent(self, event)", class.name));
        }
        frame.pop(1);
    }

    /// `hibernate_after`: ticks, or `false` where a parent class says otherwise.
    fn rest(&mut self, frame: &mut Frame<'_>, class: &mut Class) {
        match frame.get(OPTIONS, "hibernate_after") {
            Kind::Nil => {}
            Kind::Bool if !frame.truthy(frame.len()) => class.rest = None,
            _ => match frame.number(frame.len()).and_then(whole_ticks) {
                Some(ticks) => class.rest = Some(ticks),
                None => self.fail("`hibernate_after` must be a whole number of ticks, at least 1, or false"),
            },
        }
        frame.pop(1);
    }

    fn body(&mut self, frame: &mut Frame<'_>, class: &mut Class) {
        if frame.get(OPTIONS, "body") != Kind::Nil {
            let at = frame.len();
            match self.sim.body_plan(frame, at) {
                Ok(plan) => class.body = plan,
                Err(message) => self.fail(message),
            }
        }
        frame.pop(1);
    }

    fn life(&mut self, frame: &mut Frame<'_>, class: &mut Class, parent: Option<u32>) {
        let mut own = |linker: &mut Self, name: &str| {
            let found = frame.get(TABLE, name) == Kind::Function;
            let pin = if found { Some(frame.pin(frame.len())) } else { None };
            frame.pop(1);
            if !found && linker.class_has(parent, name) { Err(()) } else { Ok(pin) }
        };
        if let Ok(stop) = own(self, "stop") {
            class.stop = stop;
        }
        if let Ok(handler) = own(self, "handleEvent") {
            class.handler = handler;
        }
        if let Ok(migrate) = own(self, "on_migrate") {
            class.migrate = migrate;
        }
        class.handles_events = class.handler.is_some();
        let (setup, run) = (class.methods.contains("setup"), class.methods.contains("run"));
        class.life = match (setup, run) {
            (true, _) => Some(self.sim.pins.life),
            // Straight into `run`: one frame less in every sleeping actor.
            (false, true) => match own(self, "run") {
                Ok(run) => run,
                Err(()) => class.life,
            },
            (false, false) => None,
        };
    }

    fn class_has(&self, class: Option<u32>, method: &str) -> bool {
        class.is_some_and(|class| self.sim.classes.get(class).methods.contains(method))
    }

    fn metatables(&mut self, frame: &mut Frame<'_>, class: &mut Class, parent: Option<u32>) {
        let above = parent.map_or(self.sim.pins.base, |parent| self.sim.classes.get(parent).table);
        frame.push_table(0, 1);
        let meta = frame.len();
        frame.push(Value::Pin(above));
        frame.set(meta, "__index");
        frame.freeze(meta);
        frame.set_metatable(TABLE);
        frame.push_table(0, 3);
        let instance = frame.len();
        frame.push_copy(TABLE);
        frame.set(instance, "__index");
        frame.push_text("locked");
        frame.set(instance, "__metatable");
        frame.push_function(c"tostring", super::api::Function::Label as u32);
        frame.set(instance, "__tostring");
        frame.freeze(instance);
        class.instance = frame.pop_pin();
    }
}

impl Sim {
    /// What `body = ...` says, of a class or a single actor.
    pub(crate) fn body_plan(&mut self, frame: &mut Frame<'_>, at: u32) -> Result<Option<BodyPlan>, String> {
        let mut plan = BodyPlan {
            trigger: false,
            circle: None,
            width: None,
            height: None,
            radius: None,
            layer: DEFAULT_LAYER,
            collides: u32::MAX,
        };
        let options = "a body is \"solid\", \"trigger\", \"none\" or a table such as { kind = \"solid\", shape = \"circle\", radius = 8 }";
        let kind = match frame.kind(at) {
            Kind::Text => frame.text(at),
            Kind::Table => {
                let known = ["kind", "shape", "width", "height", "radius", "layer", "collides"];
                if let Err(dormouse_vm::Raise::Message(message)) = self.check_options(frame, at, "a body", &known) {
                    return Err(message);
                }
                frame.get(at, "kind");
                let given = frame.len();
                let kind = match frame.kind(given) {
                    Kind::Nil => "solid".into(),
                    _ => frame.display(given),
                };
                frame.pop(1);
                Some(kind)
            }
            _ => None,
        };
        match kind.as_deref() {
            Some("solid") => {}
            Some("trigger") => plan.trigger = true,
            Some("none") => return Ok(None),
            Some(other) => {
                let hint = suggestion(other, ["solid", "trigger", "none"].into_iter());
                return Err(format!("there is no kind of body `{other}`{hint}"));
            }
            None => return Err(options.into()),
        }
        if frame.kind(at) == Kind::Table {
            self.body_shape(frame, at, &mut plan)?;
            self.body_layers(frame, at, &mut plan)?;
        }
        Ok(Some(plan))
    }

    fn body_shape(&mut self, frame: &mut Frame<'_>, at: u32, plan: &mut BodyPlan) -> Result<(), String> {
        frame.get(at, "shape");
        let shape = frame.len();
        plan.circle = match frame.text(shape).as_deref() {
            Some("circle") => Some(true),
            Some("box") => Some(false),
            None if frame.is_nil(shape) => None,
            other => {
                let given = other.map_or_else(|| frame.kind(shape).name().to_owned(), |word| format!("`{word}`"));
                let hint = suggestion(given.trim_matches('`'), ["box", "circle"].into_iter());
                return Err(format!("the shape of a body is \"box\" or \"circle\", not {given}{hint}"));
            }
        };
        frame.pop(1);
        for (name, place) in [("width", &mut plan.width), ("height", &mut plan.height), ("radius", &mut plan.radius)] {
            frame.get(at, name);
            let value = frame.len();
            if !frame.is_nil(value) {
                match frame.number(value) {
                    Some(size) if size > 0.0 && size <= f64::from(MAX_SIZE) => *place = Some(size as f32),
                    _ => return Err(format!("the {name} of a body must be a number of pixels from 0 to {MAX_SIZE}")),
                }
            }
            frame.pop(1);
        }
        if plan.radius.is_some() && plan.circle.is_none() {
            plan.circle = Some(true);
        }
        Ok(())
    }

    fn body_layers(&mut self, frame: &mut Frame<'_>, at: u32, plan: &mut BodyPlan) -> Result<(), String> {
        frame.get(at, "layer");
        let layer = frame.len();
        match frame.text(layer) {
            Some(layer) => plan.layer = self.state.layer_or_new(&layer)?,
            None if frame.is_nil(layer) => {}
            None => return Err(format!("the layer of a body is a name, not a {}", frame.kind(layer).name())),
        }
        frame.pop(1);
        let list = frame.len() + 1;
        match frame.get(at, "collides") {
            Kind::Nil => {}
            Kind::Table if self.is_list(frame, list) => {
                plan.collides = 0;
                for item in 1..=frame.items(list) {
                    frame.get_item(list, item);
                    let layer = frame.display(frame.len());
                    frame.pop(1);
                    plan.collides |= 1 << self.state.layer_or_new(&layer)?;
                }
            }
            _ => return Err("what a body collides with is a list of layers: collides = { \"wall\", \"guard\" }".into()),
        }
        frame.pop(1);
        Ok(())
    }

    /// Whether a table has items only.
    fn is_list(&self, frame: &mut Frame<'_>, at: u32) -> bool {
        let items = frame.items(at);
        let mut entries = 0;
        let counted = frame.entries(at, |_| {
            entries += 1;
            Ok::<(), ()>(())
        });
        counted.is_ok() && entries == items
    }
}

/// Pixels that a body may measure.
pub(crate) const MAX_SIZE: f32 = 1e6;

pub(crate) fn plain() -> Class {
    Class {
        rest: None,
        name: String::new(),
        file: String::new(),
        line: 0,
        table: Pin::NIL,
        instance: Pin::NIL,
        shape: Shape::default(),
        parent: None,
        life: None,
        stop: None,
        handler: None,
        migrate: None,
        handles_events: false,
        handles: BTreeSet::new(),
        actions: BTreeMap::new(),
        groups: Vec::new(),
        props: BTreeMap::new(),
        body: None,
        methods: BTreeSet::new(),
        native: None,
    }
}

/// What `spawn` may be given for an actor of a class.
fn shape_of(frame: &mut Frame<'_>, class: &Class) -> Shape {
    let kind = |kind| match kind {
        PropKind::Any => FieldKind::Plain,
        PropKind::Boolean => FieldKind::Boolean,
        PropKind::Number => FieldKind::Number,
        PropKind::Text => FieldKind::Text,
        PropKind::Vector => FieldKind::Vector,
        PropKind::Actor => FieldKind::Handle(ActorId::TAG),
        PropKind::Table => FieldKind::Unusual,
    };
    let fields = class.props.iter().map(|(name, prop)| {
        let field = Part::Field { kind: kind(prop.kind), required: prop.required };
        (name.as_str(), field)
    });
    frame.shape(fields.chain((0..).map(Part::Place).zip(FOR_ENGINE).map(|(place, name)| (name, place))))
}

fn built_in_method(name: &str) -> bool {
    METHODS.iter().chain(OWN_METHODS).any(|(method, _)| method.to_bytes() == name.as_bytes())
}

/// `required "number"` or `optional "actor"`: the word, and whether it must be given.
fn marker(frame: &mut Frame<'_>, value: u32) -> Option<(String, bool)> {
    for (field, required) in [("required", true), ("optional", false)] {
        frame.get(value, field);
        let word = frame.text(frame.len());
        frame.pop(1);
        if let Some(word) = word {
            return Some((word, required));
        }
    }
    None
}

/// Freezes a value and everything in it: metatables, and what functions hold on to, included. Works through a list, since
/// data may nest deeply. False where there is something that can't be frozen.
fn freeze_deeply(frame: &mut Frame<'_>, pin: Pin) -> bool {
    frame.push_table(0, 0);
    let seen = frame.len();
    frame.push_table(0, 0);
    let queue = frame.len();
    frame.push(Value::Pin(pin));
    let (mut first, mut last) = (1, 0);
    enqueue(frame, queue, &mut last);
    let mut can_be = true;
    while first <= last {
        frame.get_item(queue, first);
        first += 1;
        let value = frame.len();
        match frame.kind(value) {
            Kind::Table if !frame.is_frozen(value) => {
                if frame.push_metatable(value) {
                    enqueue(frame, queue, &mut last);
                }
                let _ = frame.entries(value, |frame| {
                    let (key, item) = (frame.len() - 1, frame.len());
                    for at in [key, item] {
                        frame.push_copy(at);
                        enqueue(frame, queue, &mut last);
                    }
                    Ok::<(), ()>(())
                });
                frame.freeze(value);
            }
            Kind::Function => {
                frame.push_copy(value);
                if frame.get_entry(seen) == Kind::Nil {
                    frame.push_copy(value);
                    frame.push(Value::Bool(true));
                    frame.set_entry(seen);
                    let mut number = 1;
                    while frame.push_upvalue(value, number) {
                        enqueue(frame, queue, &mut last);
                        number += 1;
                    }
                }
            }
            Kind::Thread | Kind::Buffer => can_be = false,
            _ => {}
        }
        frame.set_len(queue);
    }
    frame.pop(2);
    can_be
}

/// Pops a value; puts it into the queue if it is one that others can be reached from.
fn enqueue(frame: &mut Frame<'_>, queue: u32, last: &mut u32) {
    let at = frame.len();
    let open = match frame.kind(at) {
        Kind::Table => !frame.is_frozen(at),
        Kind::Function | Kind::Thread | Kind::Buffer => true,
        _ => false,
    };
    if !open {
        return frame.pop(1);
    }
    *last += 1;
    frame.set_item(queue, *last);
}
