//! From a map to actors: the game's first, then the map's own, then the objects' in the order of their ids; then the
//! wires between them; then their lives begin.

use std::collections::{BTreeMap, BTreeSet};

use dormouse_vm::{Frame, Value};

use crate::check::{ClassIndex, ClassInfo, HIBERNATE_AFTER, Severity, check_map, defined, rest_of};
use crate::datum::Datum;
use crate::ids::ActorId;
use crate::map::{self, Map, Object, Prop, Props, Shape};
use crate::names::Name;
use crate::scripts::Scripts;
use crate::sim::Sim;
use crate::sim::classes::Class;
use crate::sim::lifecycle::Birth;
use crate::sim::state::{TIME, Target, Wire};
use crate::sim::values;
use crate::space::{Rect, Space};

use super::{Config, World, WorldError};

impl World {
    /// A world with these scripts and this map.
    ///
    /// Errors: as [`World::new`], and a map in which [`check`](crate::check) finds errors.
    pub fn with_map(config: &Config, scripts: &Scripts, map: &Map) -> Result<World, WorldError> {
        let mut world = World::new(config, scripts)?;
        let findings = check_map(map, &world.class_index(scripts));
        let errors: Vec<_> = findings.into_iter().filter(|finding| finding.severity == Severity::Error).collect();
        if !errors.is_empty() {
            return Err(WorldError::Map(errors));
        }
        world.populate(map)?;
        Ok(world)
    }

    /// What maps can be checked against: the classes of this world, and the actions that its scripts name.
    pub fn class_index(&self, scripts: &Scripts) -> ClassIndex {
        let sim = &self.sim;
        let own = |class: &Class| {
            let path = class.file.strip_prefix("scripts/").unwrap_or(&class.file);
            scripts.iter().find(|(file, _)| *file == path).map(|(_, text)| defined(text)).unwrap_or_default()
        };
        let classes = sim.classes.all().iter().map(|class| {
            // An action that is not defined by the class itself takes what its parent's takes.
            let mut takes = own(class);
            let mut above = class.parent;
            while let Some(parent) = above {
                let parent = sim.classes.get(parent);
                for (action, taken) in own(parent) {
                    takes.entry(action).or_insert(taken);
                }
                above = parent.parent;
            }
            let info = ClassInfo {
                name: class.name.clone(),
                place: (class.file.clone(), class.line),
                extends: class.parent.map(|parent| sim.classes.get(parent).name.clone()),
                props: class.props.iter().map(|(name, prop)| (name.clone(), (prop.kind, prop.required))).collect(),
                actions: class.action_names(&sim.names).map(str::to_owned).collect(),
                takes,
                rest: class.rest.unwrap_or(0),
            };
            (class.name.clone(), info)
        });
        ClassIndex {
            classes: classes.collect(),
            mentioned: scripts.iter().flat_map(|(_, text)| mentions(text)).collect(),
        }
    }

    /// The defaults of a class's props, inherited ones included; those without a default are not in it.
    pub fn prop_defaults(&mut self, class: &str) -> BTreeMap<String, Datum> {
        let Some(class) = self.sim.classes.find(class) else { return BTreeMap::new() };
        let class = self.sim.classes.get(class).clone();
        let (vm, sim) = (&mut self.vm, &self.sim);
        let read = vm.enter(|frame| {
            let mut defaults = BTreeMap::new();
            for name in class.props.keys() {
                let mut at = Some(&class);
                while let Some(above) = at {
                    frame.set_len(0);
                    frame.push(Value::Pin(above.table));
                    frame.get(1, name);
                    if !frame.is_nil(2) {
                        defaults.insert(name.clone(), values::datum(frame, 2));
                        break;
                    }
                    at = above.parent.map(|parent| sim.classes.get(parent));
                }
            }
            defaults
        });
        read.unwrap_or_default()
    }

    fn populate(&mut self, map: &Map) -> Result<(), WorldError> {
        let (vm, sim) = (&mut self.vm, &mut self.sim);
        let walls: Vec<Rect> =
            map.walls.iter().map(|[l, t, r, b]| Rect { min: [*l, *t].into(), max: [*r, *b].into() }).collect();
        sim.state.space = Space::new(&walls);
        let born = vm.enter(|frame| {
            let born = Population::create(sim, frame, map);
            for (id, props) in born.props(map) {
                frame.set_len(0);
                born.set_props(sim, frame, map, id, props);
            }
            frame.set_len(0);
            born.draw_wires(sim, frame, map);
            for id in born.all() {
                frame.set_len(0);
                sim.begin_life(frame, id, TIME);
            }
        });
        Ok(born?)
    }
}

/// Actions that a script names, as methods or as words.
fn mentions(text: &str) -> BTreeSet<String> {
    let own = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("Action_") {
        // A definition begins nothing; what is in its line may.
        let before = text[..at].rsplit('\n').next().unwrap_or_default();
        let defined = before.trim_start().starts_with("function") && !before.contains('(');
        if !defined {
            found.insert(text[at + 7..].chars().take_while(|c| own(*c)).collect());
        }
    }
    found
}

/// The actors of a map.
struct Population {
    game: Option<ActorId>,
    level: Option<ActorId>,
    objects: BTreeMap<u32, ActorId>,
}

impl Population {
    fn create(sim: &mut Sim, frame: &mut Frame<'_>, map: &Map) -> Population {
        let [left, top, right, bottom] = map.bounds;
        let (center, size) = ([(left + right) / 2.0, (top + bottom) / 2.0], [right - left, bottom - top]);
        let mut whole = |sim: &mut Sim, class: &Option<String>, name: &str| {
            let class = sim.classes.find(class.as_ref()?)?;
            let name = sim.names.intern(name);
            // The level and the game are everywhere: they have no body.
            Some(sim.create(frame, Birth { class, name, object: 0, center, size, round: false, body: None, props: 0 }))
        };
        let game = whole(sim, &map.game, "game");
        let level = whole(sim, &map.class, &map.name);
        sim.state.game = game.unwrap_or_default();
        sim.state.level = level.unwrap_or_default();
        let mut objects = BTreeMap::new();
        for object in &map.objects {
            frame.set_len(0);
            let Some(class) = object.class.as_ref().and_then(|class| sim.classes.find(class)) else { continue };
            let name = if object.name.is_empty() { Name::NONE } else { sim.names.intern(&object.name) };
            let body = sim.classes.get(class).body.clone();
            let round = object.shape == Shape::Ellipse;
            let (center, size) = (object.center, object.size);
            let id = sim.create(
                frame,
                Birth { class, name, object: object.id, center, size, round, body, props: object.props.len() },
            );
            objects.insert(object.id, id);
        }
        Population { game, level, objects }
    }

    fn all(&self) -> impl Iterator<Item = ActorId> + '_ {
        self.game.into_iter().chain(self.level).chain(self.objects.values().copied())
    }

    fn props<'m>(&self, map: &'m Map) -> Vec<(ActorId, &'m Props)> {
        let level = self.level.map(|level| (level, &map.props));
        let objects = map.objects.iter().filter_map(|object| Some((*self.objects.get(&object.id)?, &object.props)));
        level.into_iter().chain(objects).collect()
    }

    fn set_props(&self, sim: &mut Sim, frame: &mut Frame<'_>, map: &Map, id: ActorId, props: &Props) {
        frame.push(Value::Pin(sim.state.actors[id].table));
        let own = &sim.classes.get(sim.class_of_actor(id)).props;
        for (name, value) in props {
            if name == HIBERNATE_AFTER && !own.contains_key(name) {
                sim.state.rests.extend(rest_of(value).map(|ticks| (id, ticks)));
                continue;
            }
            self.push(frame, map, value);
            frame.set(1, name);
        }
    }

    /// Pushes a prop as scripts see it.
    fn push(&self, frame: &mut Frame<'_>, map: &Map, value: &Prop) {
        match value {
            Prop::Bool(b) => frame.push(Value::Bool(*b)),
            Prop::Number(number) => frame.push(Value::Number(*number)),
            Prop::Text(text) => frame.push_text(text),
            Prop::Object(id) => match (self.objects.get(id), map.object(*id)) {
                (Some(actor), _) => frame.push(Value::Handle(actor.handle())),
                (None, Some(Object { shape: Shape::Path(points), .. })) => {
                    frame.push_table(points.len(), 0);
                    let list = frame.len();
                    for (at, [x, y]) in points.iter().enumerate() {
                        frame.push(Value::Vector([*x, *y, 0.0]));
                        frame.set_item(list, at as u32 + 1);
                    }
                }
                (None, Some(object)) => frame.push(Value::Vector([object.center[0], object.center[1], 0.0])),
                (None, None) => frame.push(Value::Nil),
            },
            Prop::Class(_, members) if crate::check::is_vector(members) => {
                let part = |name: &str| match members.get(name) {
                    Some(Prop::Number(number)) => *number as f32,
                    _ => 0.0,
                };
                frame.push(Value::Vector([part("x"), part("y"), part("z")]));
            }
            Prop::Class(_, members) => {
                frame.push_table(0, members.len());
                let table = frame.len();
                for (name, member) in members {
                    self.push(frame, map, member);
                    frame.set(table, name);
                }
            }
            Prop::List(items) => {
                frame.push_table(items.len(), 0);
                let list = frame.len();
                for (at, item) in items.iter().enumerate() {
                    self.push(frame, map, item);
                    frame.set_item(list, at as u32 + 1);
                }
            }
        }
    }

    fn draw_wires(&self, sim: &mut Sim, frame: &mut Frame<'_>, map: &Map) {
        let level = self.level.map(|level| (level, &map.wires));
        let objects = map.objects.iter().filter_map(|object| Some((*self.objects.get(&object.id)?, &object.wires)));
        for (source, wires) in level.into_iter().chain(objects) {
            let first = sim.state.wires.len() as u32;
            for wire in wires {
                frame.set_len(0);
                let arg = match &wire.arg {
                    Some(arg) => {
                        self.push(frame, map, arg);
                        frame.value(1)
                    }
                    None => Value::Nil,
                };
                let target = self.target(sim, source, &wire.target);
                let wire = Wire {
                    source,
                    action: sim.names.intern(&wire.action),
                    moment: wire.on,
                    target,
                    call: sim.names.intern(&wire.call),
                    delay: wire.delay,
                    once: wire.once,
                    spent: false,
                    arg,
                    property: sim.names.intern(&wire.property),
                };
                sim.state.wires.push(wire);
            }
            let count = sim.state.wires.len() as u32 - first;
            sim.state.actors[source].wires = (first, count);
        }
    }

    fn target(&self, sim: &Sim, source: ActorId, target: &map::Target) -> Target {
        match target {
            map::Target::Object(id) => Target::Actor(self.objects.get(id).copied().unwrap_or_default()),
            map::Target::Activator => Target::Activator,
            map::Target::Caller => Target::Caller,
            map::Target::Own => Target::Actor(source),
            map::Target::Level => Target::Actor(self.level.unwrap_or_default()),
            map::Target::Game => Target::Actor(self.game.unwrap_or_default()),
            map::Target::Named(pattern) => Target::Named(pattern.clone()),
            map::Target::Class(name) => Target::Class(sim.classes.find(name).unwrap_or(u32::MAX)),
        }
    }
}
