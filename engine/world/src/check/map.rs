//! The checks of one map.

use std::collections::{BTreeMap, BTreeSet};

use super::{ClassIndex, ClassInfo, Finding, PropKind, Severity, arguments, cycles};
use crate::map::{Map, Object, Prop, Props, Shape, Target, Wire};
use crate::names::{matches, suggestion};
use crate::sim::linker::whole_ticks;

/// The property that says after how many ticks an actor may hibernate, whatever its class says.
pub(crate) const HIBERNATE_AFTER: &str = "hibernate_after";

/// Its ticks, 0 for never.
pub(crate) fn rest_of(value: &Prop) -> Option<u32> {
    match value {
        Prop::Number(0.0) => Some(0),
        Prop::Number(ticks) => whole_ticks(*ticks),
        _ => None,
    }
}

/// Something that can have wires: an object, the map, the game.
pub(super) struct Source<'a> {
    pub(super) name: String,
    pub(super) class: &'a ClassInfo,
    /// 0 for the map.
    pub(super) id: u32,
    pub(super) wires: &'a [Wire],
}

/// Everything that is wrong with a map, in the order of its objects. What was found while loading it is included.
///
/// Cost: in proportion to objects and wires, and for each wire with a pattern to the objects.
pub fn check_map(map: &Map, index: &ClassIndex) -> Vec<Finding> {
    let mut check = Check { map, index, findings: map.findings.clone(), sources: Vec::new(), level: None, game: None };
    check.find_sources();
    check.props();
    check.names();
    let sources = std::mem::take(&mut check.sources);
    for source in &sources {
        for wire in source.wires {
            check.wire(source, wire, &sources);
        }
    }
    cycles::check(&mut check, &sources);
    check.unreachable(&sources);
    let mut findings = check.findings;
    findings.sort_by_key(|finding| finding.object.as_ref().map_or(0, |(id, _)| *id));
    findings
}

pub(super) struct Check<'a> {
    map: &'a Map,
    index: &'a ClassIndex,
    findings: Vec<Finding>,
    sources: Vec<Source<'a>>,
    level: Option<&'a ClassInfo>,
    game: Option<&'a ClassInfo>,
}

impl<'a> Check<'a> {
    pub(super) fn find(
        &mut self,
        severity: Severity,
        code: &'static str,
        id: u32,
        what: String,
        mend: impl Into<String>,
    ) {
        let object = self.map.object(id);
        self.findings.push(Finding {
            severity,
            code,
            file: self.map.path.clone(),
            line: object.map_or(0, |object| object.line),
            object: object.map(|object| (object.id, object.name.clone())),
            what,
            mend: mend.into(),
        });
    }

    fn class(&mut self, name: &str, id: u32, whose: &str) -> Option<&'a ClassInfo> {
        if let Some(class) = self.index.classes.get(name) {
            return Some(class);
        }
        let hint = suggestion(name, self.index.classes.keys().map(String::as_str));
        let mend = "write the class's script, or mend the name; an object that is no actor has no class";
        self.find(
            Severity::Error,
            "unknown-class",
            id,
            format!("{whose} is of class `{name}`, which no script defines{hint}"),
            mend,
        );
        None
    }

    fn find_sources(&mut self) {
        let map = self.map;
        if let Some(name) = &map.class {
            self.level = self.class(name, 0, "the map");
        }
        if let Some(name) = &map.game {
            self.game = self.class(name, 0, "the game");
        }
        match self.level {
            Some(class) => self.sources.push(Source { name: map.name.clone(), class, id: 0, wires: &map.wires }),
            None if !map.wires.is_empty() => {
                let mend = "give the map a class in its properties";
                self.find(Severity::Error, "wire-without-class", 0, "the map has wires but no class".into(), mend);
            }
            None => {}
        }
        for object in &map.objects {
            match &object.class {
                Some(name) => {
                    if let Some(class) = self.class(name, object.id, "it") {
                        let name = if object.name.is_empty() {
                            format!("{}#{}", class.name, object.id)
                        } else {
                            object.name.clone()
                        };
                        self.sources.push(Source { name, class, id: object.id, wires: &object.wires });
                    }
                }
                None if !object.wires.is_empty() => {
                    let mend = "give the object a class: only actors have actions";
                    self.find(
                        Severity::Error,
                        "wire-without-class",
                        object.id,
                        "it has wires but no class".into(),
                        mend,
                    );
                }
                None => {}
            }
        }
    }

    // ---- props -----------------------------------------------------------------------------------------------

    fn props(&mut self) {
        if let Some(class) = self.level {
            let map = self.map;
            self.props_of(class, &map.props, 0);
        }
        let objects: Vec<(u32, &ClassInfo, &Props)> = self
            .sources
            .iter()
            .filter_map(|source| Some((source.id, source.class, &self.map.object(source.id)?.props)))
            .collect();
        for (id, class, props) in objects {
            self.props_of(class, props, id);
        }
    }

    fn props_of(&mut self, class: &ClassInfo, props: &Props, id: u32) {
        for (name, value) in props {
            let Some((kind, _)) = class.props.get(name) else {
                if name == HIBERNATE_AFTER {
                    self.rest(value, id);
                    continue;
                }
                let known = class.props.keys().map(String::as_str).chain([HIBERNATE_AFTER]);
                let hint = suggestion(name, known);
                let what = format!("class {} has no prop `{name}`{hint}", class.name);
                let mend = format!("mend the name, or declare the prop in {}", class.place.0);
                self.find(Severity::Error, "unknown-prop", id, what, mend);
                continue;
            };
            if let Err(got) = self.fits(value, *kind) {
                let what = format!("prop `{name}` must be {}, not {got}", kind.phrase());
                self.find(Severity::Error, "prop-type", id, what, "set it to what the class expects, or reset it");
            }
        }
        for (name, (kind, required)) in &class.props {
            if *required && !props.contains_key(name) {
                let what = format!("prop `{name}` ({}) must be given", kind.phrase());
                self.find(Severity::Error, "missing-prop", id, what, "add it to the object in Tiled");
            }
        }
    }

    fn rest(&mut self, value: &Prop, id: u32) {
        if rest_of(value).is_none() {
            let what = format!("`{HIBERNATE_AFTER}` must be a whole number of ticks: at least 1, or 0 for never");
            self.find(Severity::Error, "prop-type", id, what, "make it an int property");
        }
    }

    /// Whether a value becomes one of that kind; else what it would become.
    fn fits(&self, value: &Prop, kind: PropKind) -> Result<(), String> {
        let actual = match value {
            Prop::Object(0) => return if kind == PropKind::Actor { Err("nothing".into()) } else { Ok(()) },
            _ => self.becomes(value)?,
        };
        if kind == PropKind::Any || kind == actual { Ok(()) } else { Err(actual.phrase().into()) }
    }

    /// What a value becomes; an error for an object that is not there.
    fn becomes(&self, value: &Prop) -> Result<PropKind, String> {
        Ok(match value {
            Prop::Bool(_) => PropKind::Boolean,
            Prop::Number(_) => PropKind::Number,
            Prop::Text(_) => PropKind::Text,
            Prop::Object(id) => match self.map.object(*id) {
                None => return Err(format!("object {id}, which is not there")),
                Some(Object { class: Some(_), .. }) => PropKind::Actor,
                Some(Object { shape: Shape::Path(_), .. }) => PropKind::Table,
                Some(_) => PropKind::Vector,
            },
            Prop::Class(_, members) if is_vector(members) => PropKind::Vector,
            Prop::Class(..) | Prop::List(_) => PropKind::Table,
        })
    }

    fn names(&mut self) {
        let mut first: BTreeMap<&str, u32> = BTreeMap::new();
        let mut twice = Vec::new();
        for object in self.map.objects.iter().filter(|object| object.class.is_some() && !object.name.is_empty()) {
            if let Some(other) = first.get(object.name.as_str()) {
                twice.push((object.id, object.name.clone(), *other));
            }
            first.entry(&object.name).or_insert(object.id);
        }
        let wired: BTreeSet<String> = self
            .sources
            .iter()
            .flat_map(|source| source.wires)
            .filter_map(|wire| match &wire.target {
                Target::Named(name) if !name.contains(['*', '?']) => Some(name.clone()),
                _ => None,
            })
            .collect();
        for (id, name, other) in twice {
            if wired.contains(&name) {
                let what =
                    format!("object {other} is called `{name}` too, and a wire goes to that name: it reaches both");
                self.find(
                    Severity::Warning,
                    "duplicate-name",
                    id,
                    what,
                    "rename one of them, or draw an arrow instead",
                );
            }
        }
    }

    // ---- wires -----------------------------------------------------------------------------------------------

    fn wire(&mut self, source: &Source<'_>, wire: &Wire, sources: &[Source<'_>]) {
        let label = format!("wire `{}`", wire.property);
        if !source.class.actions.contains(&wire.action) {
            let hint = suggestion(&wire.action, source.class.actions.iter().map(String::as_str));
            let what = format!("{label}: class {} has no action `{}`{hint}", source.class.name, wire.action);
            self.find(
                Severity::Error,
                "wire-source",
                source.id,
                what,
                "name the property after an action of the object: `OnOpen`",
            );
        }
        let targets = match self.reached(source, wire, sources) {
            Ok(Some(targets)) => targets,
            // Nobody knows before it happens.
            Ok(None) => {
                let anybody = self.index.classes.values().any(|class| class.actions.contains(&wire.call));
                if !anybody {
                    let all: BTreeSet<&str> =
                        self.index.classes.values().flat_map(|class| &class.actions).map(String::as_str).collect();
                    let hint = suggestion(&wire.call, all.into_iter());
                    let what = format!("{label}: no class has an action `{}`{hint}", wire.call);
                    self.find(Severity::Error, "wire-action", source.id, what, "mend `call`");
                }
                return;
            }
            Err(what) => {
                let mend = "draw the arrow to an actor, or mend `to`";
                return self.find(Severity::Error, "wire-target", source.id, format!("{label}: {what}"), mend);
            }
        };
        self.argument(source, wire, &targets);
        let lacking: BTreeMap<&str, &ClassInfo> = targets
            .iter()
            .filter(|target| !target.class.actions.contains(&wire.call))
            .map(|target| (target.class.name.as_str(), target.class))
            .collect();
        if lacking.is_empty() {
            return;
        }
        let hints = lacking.values().flat_map(|class| class.actions.iter().map(String::as_str));
        let hint = suggestion(&wire.call, hints);
        let names: Vec<&str> = lacking.keys().copied().collect();
        let some = targets.iter().any(|target| target.class.actions.contains(&wire.call));
        let what = format!("{label}: class {} has no action `{}`{hint}", names.join(", "), wire.call);
        let severity = if some { Severity::Warning } else { Severity::Error };
        self.find(severity, "wire-action", source.id, what, "mend `call`, or the target");
    }

    /// Whether what a wire passes is what the actions take, as far as their definitions say.
    fn argument(&mut self, source: &Source<'_>, wire: &Wire, targets: &[&Source<'_>]) {
        let label = format!("wire `{}`", wire.property);
        let arg = match wire.arg.as_ref().map(|arg| Ok::<_, String>((arg, self.becomes(arg)?))).transpose() {
            Ok(arg) => arg,
            Err(what) => {
                let what = format!("{label}: `arg` is {what}");
                return self.find(Severity::Error, "wire-arg", source.id, what, "mend `arg`, or clear it");
            }
        };
        let mut told = BTreeSet::new();
        for target in targets {
            let Some(takes) = target.class.takes.get(&wire.call) else { continue };
            let Some((what, fatal)) = arguments::misfit(takes, arg) else { continue };
            if !told.insert(target.class.name.as_str()) {
                continue;
            }
            let severity = if fatal { Severity::Error } else { Severity::Warning };
            let what = format!("{label}: {}.{} {what}", target.class.name, wire.call);
            let mend = format!("mend `arg`, or the action's definition in {}", target.class.place.0);
            self.find(severity, "wire-arg", source.id, what, mend);
        }
    }

    /// The actors that a wire reaches; `None` when that depends on who sets it off.
    pub(super) fn reached<'s>(
        &self,
        source: &'s Source<'a>,
        wire: &Wire,
        sources: &'s [Source<'a>],
    ) -> Result<Option<Vec<&'s Source<'a>>>, String>
    where
        'a: 's,
    {
        let by_id = |id: u32| sources.iter().find(|source| source.id == id);
        Ok(Some(match &wire.target {
            Target::Activator | Target::Caller => return Ok(None),
            Target::Own => vec![source],
            Target::Level if self.level.is_some() => by_id(0).into_iter().collect(),
            Target::Level => return Err("`!level`: the map has no class".into()),
            // The game's actor is not an object of the map: its actions are checked by its class.
            Target::Game => match self.game {
                Some(class) if class.actions.contains(&wire.call) => return Ok(None),
                Some(class) => return Err(format!("`!game`: class {} has no action `{}`", class.name, wire.call)),
                None => return Err("`!game`: the map has no property `game`".into()),
            },
            Target::Object(id) => match (by_id(*id), self.map.object(*id)) {
                (Some(target), Some(_)) => vec![target],
                (_, None) => return Err(format!("its target, object {id}, is not there")),
                (None, Some(object)) => {
                    return Err(format!("its target, object {id} \"{}\", is no actor", object.name));
                }
            },
            Target::Class(name) => {
                if !self.index.classes.contains_key(name) {
                    let hint = suggestion(name, self.index.classes.keys().map(String::as_str));
                    return Err(format!("there is no class `{name}`{hint}"));
                }
                sources.iter().filter(|target| self.index.is_a(&target.class.name, name)).collect()
            }
            Target::Named(pattern) => {
                let named = |target: &&Source<'_>| target.id != 0 && matches(pattern, &target.name);
                let found: Vec<_> = sources.iter().filter(named).collect();
                if found.is_empty() {
                    let names = sources.iter().filter(|source| source.id != 0).map(|source| source.name.as_str());
                    return Err(format!("no actor is called `{pattern}`{}", suggestion(pattern, names)));
                }
                found
            }
        }))
    }

    /// Wires that hang on actions which nothing begins.
    fn unreachable(&mut self, sources: &[Source<'_>]) {
        let called: BTreeSet<&str> =
            sources.iter().flat_map(|source| source.wires).map(|wire| wire.call.as_str()).collect();
        for source in sources {
            for wire in source.wires {
                let known = source.class.actions.contains(&wire.action);
                let begun = called.contains(wire.action.as_str()) || self.index.mentioned.contains(&wire.action);
                if known && !begun {
                    let what = format!("wire `{}`: nothing ever begins {}.{}", wire.property, source.name, wire.action);
                    self.find(
                        Severity::Warning,
                        "unreachable",
                        source.id,
                        what,
                        "wire something to it, or call it from a script",
                    );
                }
            }
        }
    }
}

/// Whether members are those of a vector.
pub(crate) fn is_vector(members: &Props) -> bool {
    members.keys().all(|name| matches!(name.as_str(), "x" | "y" | "z"))
        && !members.is_empty()
        && members.values().all(|value| matches!(value, Prop::Number(_)))
}
