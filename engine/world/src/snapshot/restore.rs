//! Restoring: from bytes to a world that goes on as if nothing had happened.

use std::collections::BTreeMap;

use dormouse_vm::{Kind, Value};

use super::container::{Reader, SectionSize, Tag};
use super::error::{Damage, Lost, RestoreError};
use super::heap::{self, Roots, Unrestored};
use super::meta::{self, Code, Meta, code_of};
use super::migrate::{self, Archive};
use super::world::Part;
use crate::ids::{ActorId, TaskId};
use crate::scripts::Scripts;
use crate::sim::roots::{Place, Root};
use crate::sim::state::{Role, State, Target, Tasklet};
use crate::world::{Config, World};

/// What can be told of a snapshot without its scripts.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// What it is of.
    pub meta: Meta,
    /// Its sections, in the file's order.
    pub sections: Vec<(String, SectionSize)>,
    /// The paths of the scripts that it was made with.
    pub scripts: Vec<String>,
    /// The scripts' text, if it is in it.
    pub archive: Option<Scripts>,
    /// What was kept with the world: see [`SaveOptions::extras`](super::SaveOptions::extras). It is what the file says,
    /// and may be anything.
    pub extras: BTreeMap<String, Vec<u8>>,
}

impl Summary {
    /// Reads a snapshot's frame and what is for people in it.
    ///
    /// Cost: the world itself is not read.
    pub fn read(bytes: &[u8]) -> Result<Summary, Damage> {
        let reader = Reader::open(bytes)?;
        let code: Code = meta::must_read(&reader, Tag::CODE)?;
        Ok(Summary {
            meta: meta::must_read(&reader, Tag::META)?,
            sections: reader.sizes(),
            scripts: code.into_keys().collect(),
            archive: meta::read::<Archive>(&reader, Tag::SOURCE)?.and_then(|archive| archive.scripts),
            extras: meta::read(&reader, Tag::EXTRAS)?.unwrap_or_default(),
        })
    }
}

impl World {
    /// The world that [`World::save`] put into these bytes.
    ///
    /// `config` gives what belongs to whoever runs the world: its limits, its native classes, the heap's limit. The
    /// seed and the duration of a tick are the snapshot's. A world goes on exactly as it was only with the scripts and
    /// limits that it had.
    ///
    /// Errors: see [`RestoreError`]; the bytes may be anything. Cost: that of [`World::new`], and a few microseconds
    /// for each actor.
    pub fn restore(bytes: &[u8], config: &Config, scripts: &Scripts) -> Result<World, RestoreError> {
        let reader = Reader::open(bytes)?;
        let meta: Meta = meta::must_read(&reader, Tag::META)?;
        let part = Part::read(&reader.section(Tag::WORLD)?)?;
        part.check()?;
        let values = reader.section(Tag::HEAP)?;
        if part.state.tick != meta.tick {
            return Err(Damage::at(0, "it is of another tick than the section META says").within(Tag::WORLD).into());
        }
        let archive: Archive = meta::read(&reader, Tag::SOURCE)?.unwrap_or_default();
        let Part { names, classes, state, random, present, natives } = part;
        let mut world = World::with_state(config, scripts, names, state)?;
        world.renumber(&classes)?;
        if meta::read::<Code>(&reader, Tag::CODE)?.is_some_and(|code| code == code_of(scripts)) {
            migrate::load_still_earlier(&mut world.vm, &archive, &mut world.earlier);
        }
        let homeless = world.fill(&values, &present.list(), &archive)?;
        for (task, bytes) in natives {
            world.take_native(task, &bytes)?;
        }
        if let Some(asleep) = meta::read(&reader, Tag::ASLEEP)? {
            world.put_back_to_sleep(asleep, &archive)?;
        }
        world.check_kinds(None)?;
        world.migrate(&homeless)?;
        world.vm.set_random_state(random);
        world.sim.settle_in();
        world.sim.output.clear();
        Ok(world)
    }

    /// Brings what the simulation holds into the VM.
    /// Gives the tasklets that can't go on in the world's own scripts.
    fn fill(&mut self, values: &[u8], present: &[bool], archive: &Archive) -> Result<Vec<TaskId>, RestoreError> {
        let places = places(&mut self.sim.state, present);
        let mut homeless = Vec::new();
        let roots = match heap::restore(&mut self.vm, values) {
            Ok(roots) => roots,
            Err(Unrestored::Never(error)) => return Err(error),
            Err(Unrestored::Lacking(missing)) => {
                if !migrate::load_earlier(&mut self.vm, archive, &missing, &mut self.earlier) {
                    return Err(RestoreError::Lost(heap::lost(&self.sim, &places, &missing)));
                }
                homeless = migrate::homeless(&self.sim, &places, &missing);
                heap::restore(&mut self.vm, values).map_err(|error| match error {
                    Unrestored::Never(error) => error,
                    Unrestored::Lacking(missing) => RestoreError::Lost(heap::lost(&self.sim, &places, &missing)),
                })?
            }
        };
        Roots::put(&mut self.sim.state, present, &roots)?;
        Ok(homeless)
    }

    /// Classes are known by their names: their numbers may be others now.
    fn renumber(&mut self, names: &[String]) -> Result<(), RestoreError> {
        let numbers: Vec<Option<u32>> = names.iter().map(|name| self.sim.classes.find(name)).collect();
        if numbers.iter().enumerate().all(|(at, number)| *number == Some(at as u32)) {
            return Ok(());
        }
        let mut missing = BTreeMap::<&str, Vec<String>>::new();
        let known = &self.sim.names;
        self.sim.state.actors.for_each_mut(|_, actor| match numbers[actor.class as usize] {
            Some(number) => actor.class = number,
            None => {
                let name = known.text(actor.name);
                let class = names[actor.class as usize].as_str();
                let label = if name.is_empty() { format!("{class}#{}", actor.order) } else { name.to_owned() };
                missing.entry(class).or_default().push(label);
            }
        });
        for wire in &mut self.sim.state.wires {
            if let Target::Class(class) = &mut wire.target {
                *class = names.get(*class as usize).and_then(|_| numbers[*class as usize]).unwrap_or(u32::MAX);
            }
        }
        let lost = missing.into_iter().flat_map(|(class, actors)| {
            actors.into_iter().map(move |who| Lost {
                who,
                file: "scripts".into(),
                line: 0,
                what: format!("there is no class {class} any more"),
            })
        });
        let lost: Vec<Lost> = lost.collect();
        if lost.is_empty() { Ok(()) } else { Err(RestoreError::Lost(lost)) }
    }

    /// What the simulation takes for granted of the values that it holds: tables where it reads fields, coroutines that
    /// can go on. Of one actor, or of all that are awake.
    pub(super) fn check_kinds(&mut self, who: Option<ActorId>) -> Result<(), RestoreError> {
        let tasks = &self.sim.state.tasks.0;
        let over = |tasklet: &Tasklet| tasklet.role != Role::Native && !self.vm.can_resume(tasklet.thread);
        let over = match who {
            Some(who) => self.tasks_of(who).into_iter().filter_map(|task| tasks.awake(task)).any(over),
            None => tasks.values().any(over),
        };
        if over {
            return Err(Damage::at(0, "a tasklet's coroutine is over").within(Tag::HEAP).into());
        }
        let mut wrong = None;
        let mut tables = Vec::new();
        let mut note = |place, root: Root<'_>| {
            let Root::Pin(pin) = root else { return };
            let needed = matches!(place, Place::Actor(_));
            let table = !matches!(place, Place::TaskGo(_) | Place::Mail(_) | Place::Wire(_));
            if table && (needed || *pin != dormouse_vm::Pin::NIL) {
                tables.push((place, *pin));
            }
        };
        match who {
            Some(who) => self.sim.state.visit_roots_of(who, &mut note),
            None => self.sim.state.visit_roots(&mut note),
        }
        self.vm.enter(|frame| {
            for (place, pin) in tables {
                frame.push(Value::Pin(pin));
                if frame.kind(frame.len()) != Kind::Table {
                    wrong = Some(place);
                }
                frame.pop(1);
            }
        })?;
        match wrong {
            None => Ok(()),
            Some(place) => Err(Damage::at(0, format!("{place:?} is no table")).within(Tag::HEAP).into()),
        }
    }

    fn take_native(&mut self, task: TaskId, bytes: &[u8]) -> Result<(), RestoreError> {
        let sim = &self.sim;
        let owner =
            sim.state.tasks.0.get(task).filter(|tasklet| tasklet.role == Role::Native).map(|tasklet| tasklet.owner);
        let class = owner.and_then(|owner| sim.state.actors.get(owner)).map(|actor| sim.classes.get(actor.class));
        let native = class.and_then(|class| class.native);
        if native.is_some_and(|native| self.natives.take(task, native, bytes)) {
            return Ok(());
        }
        let who = owner.map_or_else(|| "a native tasklet".into(), |owner| sim.label(owner));
        let what = format!("the state of {who} is not that of its class; the class may have changed");
        Err(Damage::at(0, what).within(Tag::WORLD).into())
    }
}

/// What the values of the heap are to the simulation, in their order.
fn places(state: &mut State, present: &[bool]) -> Vec<Place> {
    let mut at = present.iter();
    let mut places = Vec::new();
    state.visit_roots(&mut |place, _| {
        if at.next() == Some(&true) {
            places.push(place);
        }
    });
    places
}
