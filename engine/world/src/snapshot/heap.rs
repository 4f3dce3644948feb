//! The section `HEAP`: the scripts' values and coroutines. How they are written is the machine's affair
//! (`dormouse_vm`); here is what the simulation gives it to write, and what it says of what can't be.

use dormouse_vm::{CaptureError, CaptureOptions, Missing, MissingKind, Names, Pin, Root, Thread, Vm, VmError};

use super::container::Tag;
use super::error::{Damage, Lost, RestoreError, SaveError};
use crate::sim::Sim;
use crate::sim::roots::{Place, Root as Held};
use crate::sim::state::State;
use crate::world::World;

/// Names what all share, so that it is referred to and not copied: classes, modules, the engine's own.
pub(crate) fn name_shared(vm: &mut Vm, sim: &Sim) -> Result<(), VmError> {
    let pins = &sim.pins;
    for (name, pin) in [
        ("Exception", pins.exception),
        ("Task", pins.task),
        ("life", pins.life),
        ("finish", pins.last),
        ("Actor", pins.base),
        ("no results", pins.nothing),
    ] {
        vm.name(name, pin)?;
    }
    for class in sim.classes.all() {
        vm.name(&format!("class {}", class.name), class.table)?;
        vm.name(&format!("actors of {}", class.name), class.instance)?;
    }
    for (path, pin) in sim.modules.iter().filter(|(_, pin)| **pin != Pin::NIL) {
        vm.name(&format!("module {path}"), *pin)?;
    }
    // They lie in a table that can change, behind which nothing is named by itself.
    for (name, pin) in &sim.internals {
        vm.name(&format!("engine.{name}"), *pin)?;
    }
    Ok(())
}

/// What a state holds in its VM.
pub(crate) struct Roots {
    /// In the order of [`State::visit_roots`].
    pub(crate) all: Vec<Root>,
    /// What each is to the simulation.
    pub(crate) places: Vec<Place>,
    /// Which of the places visited hold anything.
    pub(crate) present: Vec<bool>,
}

impl Roots {
    pub(crate) fn of(state: &mut State) -> Roots {
        let mut roots = Roots { all: Vec::new(), places: Vec::new(), present: Vec::new() };
        state.visit_roots(&mut |place, held| {
            let root = match held {
                Held::Pin(pin) => Some(Root::Pin(*pin)).filter(|_| *pin != Pin::NIL),
                Held::Thread(thread) => Some(Root::Thread(*thread)).filter(|_| *thread != Thread::default()),
            };
            roots.present.push(root.is_some());
            if let Some(root) = root {
                roots.all.push(root);
                roots.places.push(place);
            }
        });
        roots
    }

    /// Puts other values into the places.
    pub(crate) fn put(state: &mut State, present: &[bool], values: &[Root]) -> Result<(), Damage> {
        let (mut places, mut next) = (present.iter(), values.iter());
        let mut fits = true;
        state.visit_roots(&mut |_, held| match (places.next(), held) {
            (Some(false), _) => {}
            (Some(true), Held::Pin(pin)) => match next.next() {
                Some(Root::Pin(value)) => *pin = *value,
                _ => fits = false,
            },
            (Some(true), Held::Thread(thread)) => match next.next() {
                Some(Root::Thread(value)) => *thread = *value,
                _ => fits = false,
            },
            (None, _) => fits = false,
        });
        if fits && next.next().is_none() && places.next().is_none() {
            return Ok(());
        }
        Err(Damage::at(0, "the values of the section HEAP do not fit the places for them").within(Tag::WORLD))
    }
}

/// The section's bytes.
pub(super) fn capture(world: &mut World, roots: &Roots) -> Result<Vec<u8>, SaveError> {
    let options = CaptureOptions { names: Names::Portable, state: true, movable: false };
    let captured = world.vm.capture(&roots.all, options);
    captured.map_err(|error| SaveError::Value(refused(&world.sim, &roots.places, &error)))
}

/// What can't be put into bytes: whose it is, the way to it, why.
pub(crate) fn refused(sim: &Sim, places: &[Place], error: &CaptureError) -> String {
    let place = error.root.and_then(|root| places.get(root));
    let who = place.map_or_else(|| "what all scripts share".into(), |place| label(sim, *place));
    let way = if error.path.is_empty() { String::new() } else { format!(" > {}", error.path) };
    format!("{who}{way}: {}", error.what)
}

/// What a value is to the simulation, for people: `door_3.Open`.
pub(super) fn label(sim: &Sim, place: Place) -> String {
    match place {
        Place::Actor(id) => sim.label(id),
        Place::Globals(id) => format!("{} > globals", sim.label(id)),
        Place::Task(task) => sim.task_label(task),
        Place::TaskObject(task) => format!("the task {}", sim.task_label(task)),
        Place::TaskDeferred(task) => format!("{} > what it deferred", sim.task_label(task)),
        Place::TaskGo(task) => format!("{} > what it goes on with", sim.task_label(task)),
        Place::Flight(token) => match sim.state.flights.get(token as usize) {
            Some(flight) => {
                format!("{}.{} > what it deferred", sim.label(flight.actor), sim.names.text(flight.action))
            }
            None => "an action".into(),
        },
        Place::Mail(mail) => {
            let has = |first| {
                let mut at = first;
                while let Some(letter) = sim.state.mail.get(at) {
                    if at == mail {
                        return true;
                    }
                    at = letter.next;
                }
                false
            };
            let owner = sim
                .state
                .actors
                .iter()
                .find(|(_, actor)| actor.dealings.handling == mail || has(actor.dealings.mail.0));
            owner.map_or_else(|| "a message".into(), |(id, _)| format!("{} > a message to it", sim.label(id)))
        }
        Place::Wire(number) => match sim.state.wires.get(number as usize) {
            Some(wire) => format!("{} > wire {}", sim.label(wire.source), sim.names.text(wire.property)),
            None => "a wire".into(),
        },
    }
}

/// What the heap can't be restored for.
pub(crate) enum Unrestored {
    /// Nothing can be done about it here.
    Never(RestoreError),
    /// The scripts have not what it needs; perhaps their earlier text has.
    Lacking(Vec<Missing>),
}

/// Makes the values of the section, in the order of the roots.
pub(crate) fn restore(vm: &mut Vm, bytes: &[u8]) -> Result<Vec<Root>, Unrestored> {
    outcome(vm.restore(bytes))
}

/// What came of restoring values.
pub(crate) fn outcome(made: Result<Vec<Root>, dormouse_vm::RestoreError>) -> Result<Vec<Root>, Unrestored> {
    use dormouse_vm::RestoreError as E;
    made.map_err(|error| match error {
        E::Lacking(missing) => Unrestored::Lacking(missing),
        E::Malformed { offset, what } => Unrestored::Never(Damage::at(offset, what).within(Tag::HEAP).into()),
        E::Full => Unrestored::Never(RestoreError::Full),
        other => Unrestored::Never(Damage::at(0, other.to_string()).within(Tag::HEAP).into()),
    })
}

/// What is missing, where one needs it all.
pub(crate) fn lost_by(missing: &[Missing], who: &str) -> Vec<Lost> {
    let one = |missing: &Missing| Lost {
        who: who.into(),
        file: missing.file.clone(),
        line: missing.line,
        what: what_is(missing),
    };
    missing.iter().map(one).collect()
}

/// What is missing, for each of those who need it.
pub(super) fn lost(sim: &Sim, places: &[Place], missing: &[Missing]) -> Vec<Lost> {
    let mut all = Vec::new();
    for missing in missing {
        let what = what_is(missing);
        let one = |who: String| Lost { who, file: missing.file.clone(), line: missing.line, what: what.clone() };
        if missing.roots.is_empty() {
            all.push(one("what scripts share".into()));
        }
        for root in &missing.roots {
            let who = places.get(*root).map_or_else(|| "a value".into(), |place| label(sim, *place));
            all.push(one(who));
        }
    }
    all.sort();
    all.dedup();
    all
}

fn what_is(missing: &Missing) -> String {
    match (missing.kind, missing.name.as_str(), missing.line) {
        (MissingKind::Function, "", 0) => "the script's main function has changed".into(),
        (MissingKind::Function, "", _) => "the function that begins here has changed or is gone".into(),
        (MissingKind::Function, name, _) => format!("{name} has changed or is gone"),
        (MissingKind::Name, name, _) => match name.strip_prefix("globals.") {
            Some(global) => {
                format!("there is no function `{global}` any more, of the engine's or of the game's own")
            }
            None => format!("{name} is gone"),
        },
        (MissingKind::HostFunction, name, _) => format!("this engine has no function `{name}`"),
    }
}
