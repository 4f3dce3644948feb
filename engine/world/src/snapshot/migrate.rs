//! Scripts that were edited while a world slept. What sleeps in functions that are the same goes on in them; for the
//! rest there are two ways, and no guess: the old code, where the snapshot has its text; or `on_migrate`, where the
//! class has one, which takes the place of the code that is gone.
//!
//! A tasklet that is migrated stays the tasklet that it was: its id, its role, whoever awaits it, the message that it
//! handles, the actions that it is taking. Only its coroutine is another: one that calls `on_migrate(self, frame)`.
//! What that returns is what the tasklet returns, and what it raises ends it; its actions end with it. It begins in the
//! next tick, and what it waited for is forgotten (a motion in flight ends).

use std::collections::{BTreeMap, BTreeSet};

use dormouse_vm::{Frame, Missing, MissingKind, ScriptHash, Value, Vm, compile};
use serde::{Deserialize, Serialize};

use crate::ids::TaskId;
use crate::observe::{FieldView, FrameView, SleeperView, Why};
use crate::scripts::Scripts;
use crate::sim::Sim;
use crate::sim::roots::Place;
use crate::sim::state::{Go, TIME, Wait};
use crate::sim::values;
use crate::world::{PRELUDE, World};

/// The section `srcs`: the text of scripts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Archive {
    /// The scripts that the world was saved with.
    pub(crate) scripts: Option<Scripts>,
    /// Earlier ones, in which something still sleeps, and the engine's own: path and text.
    pub(crate) earlier: Vec<(String, String)>,
}

/// Scripts that are not the world's own any more, but whose code it still runs.
pub(crate) type Earlier = BTreeMap<ScriptHash, (String, String)>;

impl Archive {
    fn find(&self, hash: ScriptHash) -> Option<(&str, &str)> {
        let current = self.scripts.iter().flat_map(Scripts::iter);
        let earlier = self.earlier.iter().map(|(path, source)| (path.as_str(), source.as_str()));
        current.chain(earlier).find(|(_, source)| ScriptHash::of(source) == hash)
    }
}

/// Gives the VM the code that is missing, as far as the archive has its text. True when that was any.
pub(crate) fn load_earlier(vm: &mut Vm, archive: &Archive, missing: &[Missing], earlier: &mut Earlier) -> bool {
    let wanted: BTreeSet<ScriptHash> =
        missing.iter().filter(|missing| missing.kind == MissingKind::Function).map(|missing| missing.script).collect();
    let mut any = false;
    for hash in wanted {
        if let Some((path, source)) = archive.find(hash) {
            any |= load(vm, path, source, earlier);
        }
    }
    any
}

/// Gives the VM all code that was an earlier one already for the world that was saved, missing or not: what slept in it goes
/// on in it, as it would have there, and not in a function of today that happens to be the same. (Else the world would
/// not be the one that was saved, once nothing in that code is missing any more.) This is for the scripts that it was saved
/// with: where they were edited since, what is missing is asked anew.
pub(super) fn load_still_earlier(vm: &mut Vm, archive: &Archive, earlier: &mut Earlier) {
    // The last is the engine's own of the day, where the archive is whole.
    let count = archive.earlier.len().saturating_sub(usize::from(archive.scripts.is_some()));
    for (path, source) in archive.earlier[..count].iter().filter(|(_, source)| source != PRELUDE) {
        load(vm, path, source, earlier);
    }
}

/// The text of a snapshot is as little trusted as any script: it is compiled here, and runs in the sandbox.
fn load(vm: &mut Vm, path: &str, source: &str, earlier: &mut Earlier) -> bool {
    let Ok(code) = compile(source) else { return false };
    let name = if path.starts_with('(') { format!("={path}") } else { format!("=scripts/{path}") };
    let loaded = vm.enter(|frame| frame.load(&name, &code, None).map(|()| frame.pop(1)));
    let loaded = matches!(loaded, Ok(Ok(())));
    if loaded {
        earlier.insert(ScriptHash::of(source), (path.to_owned(), source.to_owned()));
    }
    loaded
}

/// The tasklets that can't go on in code of the world's own scripts, by what was missing without the archive.
pub(super) fn homeless(sim: &Sim, places: &[Place], missing: &[Missing]) -> Vec<TaskId> {
    let functions = missing.iter().filter(|missing| missing.kind == MissingKind::Function);
    let roots: BTreeSet<usize> = functions.flat_map(|missing| missing.roots.iter().copied()).collect();
    let mut tasks: Vec<_> = roots
        .into_iter()
        .filter_map(|root| match places.get(root) {
            Some(Place::Task(task)) => Some((sim.state.tasks.0.get(*task)?.order, *task)),
            _ => None,
        })
        .collect();
    tasks.sort_unstable();
    tasks.into_iter().map(|(_, task)| task).collect()
}

impl World {
    /// Has those of these tasklets whose class has an `on_migrate` go on in it.
    pub(super) fn migrate(&mut self, tasks: &[TaskId]) -> Result<(), dormouse_vm::VmError> {
        for task in tasks {
            let Some(view) = self.sleeper(*task, true) else { continue };
            let sim = &mut self.sim;
            let Some(tasklet) = sim.state.tasks.0.get(*task).copied() else { continue };
            let Some(actor) = sim.state.actors.get(tasklet.owner).cloned() else { continue };
            let Some(function) = sim.classes.get(actor.class).migrate.filter(|_| !tasklet.cancelled) else { continue };
            let thread = self.vm.enter(|frame| {
                frame.push(Value::Pin(function));
                frame.push(Value::Pin(actor.table));
                push_frame(frame, &view, sim.state.tick);
                frame.pop_tasklet(2)
            })?;
            let queued = tasklet.wait == Wait::Ready;
            sim.leave_wait(*task);
            if !queued {
                sim.state.queue.push_back((*task, TIME));
            }
            if let Some(tasklet) = sim.state.tasks.0.get_mut(*task) {
                tasklet.thread = thread;
                tasklet.go = Go::On;
            }
            self.vm.retire(tasklet.thread);
            if let Some(pin) = tasklet.go.pin() {
                self.vm.unpin(pin);
            }
        }
        Ok(())
    }
}

/// Pushes what `on_migrate` learns of the line that is gone.
fn push_frame(frame: &mut Frame<'_>, view: &SleeperView, now: u64) {
    frame.push_table(0, 10);
    let table = frame.len();
    set_text(frame, table, "task", &view.label);
    set_text(frame, table, "role", view.role);
    set_text(frame, table, "waits_for", word(&view.why));
    let left = view.until.map_or(Value::Nil, |until| Value::Number(until.saturating_sub(now) as f64));
    frame.push(left);
    frame.set(table, "ticks_left");
    // The innermost function of the actor's own scripts: what the author knows it by.
    if let Some(innermost) = view.frames.iter().find(|frame| !frame.file.starts_with('(')) {
        set_place(frame, table, innermost);
    }
    frame.push_table(view.frames.len(), 0);
    let list = frame.len();
    for (at, one) in (1..).zip(&view.frames) {
        frame.push_table(0, 4);
        let item = frame.len();
        set_place(frame, item, one);
        frame.set_item(list, at);
    }
    frame.set(table, "frames");
}

fn set_text(frame: &mut Frame<'_>, table: u32, key: &str, text: &str) {
    frame.push_text(text);
    frame.set(table, key);
}

fn set_place(frame: &mut Frame<'_>, table: u32, place: &FrameView) {
    set_text(frame, table, "file", &place.file);
    set_text(frame, table, "name", place.function.as_deref().unwrap_or_default());
    frame.push(Value::Number(f64::from(place.line)));
    frame.set(table, "line");
    frame.push_table(0, place.locals.len());
    let locals = frame.len();
    for FieldView { name, value } in place.locals.iter().filter(|local| local.name != "self") {
        match (value.actor, &value.datum) {
            (Some(actor), _) => frame.push(Value::Handle(actor.handle())),
            (None, Some(datum)) => values::push_datum(frame, datum),
            (None, None) => continue,
        }
        frame.set(locals, name);
    }
    frame.set(table, "locals");
}

fn word(why: &Why) -> &'static str {
    match why {
        Why::Ready => "nothing",
        Why::Ticks { .. } => "ticks",
        Why::Event { .. } => "event",
        Why::Action { .. } => "action",
        Why::Task { .. } => "task",
        Why::Reply { .. } => "reply",
        Why::Motion { .. } => "motion",
        Why::Join { .. } => "join",
        Why::Turn => "turn",
    }
}
