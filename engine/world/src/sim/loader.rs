//! Loading the scripts: every file runs once, at the birth of the world; then classes are linked to their parents,
//! their actions intercepted, and everything shared is frozen. Nothing of this happens later in a world's life.

use std::collections::BTreeMap;

use dormouse_vm::{Bytecode, Flow, Frame, Kind, MEASURE_EVERY, Outcome, Pin, Quota, Raise, Thread, Value, Vm, compile};

use super::Sim;
use super::args;
use super::host::give;
use crate::names::suggestion;
use crate::scripts::{Scripts, class_of, key_of};
use crate::sim::functions::NativeFunction;

/// Interrupts and bytes that loading one file may use.
const LOAD_TIME: i64 = 10_000_000;
const LOAD_MEMORY: i64 = 256 << 20;

/// A script that does not load.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, serde::Serialize)]
#[error("{file}:{line}: {message}")]
pub struct ScriptError {
    /// The file, below the scripts folder's name.
    pub file: String,
    /// The line, from 1; 0 where none is to blame.
    pub line: u32,
    /// What is wrong, and what to do.
    pub message: String,
}

/// What a file is up to.
enum Chunk {
    Waiting(Bytecode),
    Running,
    Done(Pin),
    Broken,
}

/// A class as its script declared it, not yet linked.
pub(super) struct Declared {
    pub(super) name: String,
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) table: Pin,
    pub(super) options: Pin,
}

/// The state of loading.
#[derive(Default)]
pub(crate) struct Loader {
    chunks: BTreeMap<String, Chunk>,
    /// The files that run now, the innermost last.
    running: Vec<(String, String)>,
    /// The file that the innermost one waits for.
    wanted: Option<String>,
    pub(super) declared: Vec<Declared>,
    pub(super) errors: Vec<ScriptError>,
}

impl Loader {
    /// What the files returned, by the names that errors show.
    pub(super) fn results(&self) -> impl Iterator<Item = (String, Pin)> + '_ {
        self.chunks.iter().filter_map(|(key, chunk)| match chunk {
            Chunk::Done(pin) => Some((shown(&format!("{key}.luau")), *pin)),
            _ => None,
        })
    }

    /// The classes of those files that did not load.
    pub(super) fn broken_classes(&self) -> Vec<String> {
        let broken = self.chunks.iter().filter(|(_, chunk)| matches!(chunk, Chunk::Broken));
        broken.filter_map(|(key, _)| class_of(key)).collect()
    }

    fn fail(&mut self, file: &str, line: u32, message: impl Into<String>) {
        self.errors.push(ScriptError { file: file.into(), line, message: message.into() });
    }
}

/// The name that errors show for a file.
fn shown(path: &str) -> String {
    format!("scripts/{path}")
}

/// `file:line: message` in its parts.
pub(super) fn locate(text: &str, file: &str) -> ScriptError {
    let parts = text.split_once(':').and_then(|(place, rest)| {
        let (line, message) = rest.split_once(':')?;
        Some(ScriptError { file: place.into(), line: line.parse().ok()?, message: message.trim().into() })
    });
    parts.unwrap_or_else(|| ScriptError { file: file.into(), line: 0, message: text.into() })
}

/// Loads all scripts. Errors: every file that does not compile or run, and everything that is wrong with a class.
pub(crate) fn load(vm: &mut Vm, sim: &mut Sim, scripts: &Scripts) -> Result<(), Vec<ScriptError>> {
    let mut loader = Loader::default();
    for (path, source) in scripts.iter() {
        match compile(source) {
            Ok(code) => {
                loader.chunks.insert(key_of(path).into(), Chunk::Waiting(code));
            }
            Err(error) => {
                loader.chunks.insert(key_of(path).into(), Chunk::Broken);
                loader.fail(&shown(path), error.line, error.message);
            }
        }
    }
    sim.loader = Some(loader);
    for (path, _) in scripts.iter() {
        run_chunk(vm, sim, scripts, key_of(path), path);
    }
    super::linker::link(vm, sim);
    let loader = sim.loader.take().unwrap_or_default();
    for (key, chunk) in loader.chunks {
        if let Chunk::Done(pin) = chunk {
            sim.modules.insert(key, pin);
        }
    }
    for class in loader.declared {
        vm.unpin(class.options);
    }
    if loader.errors.is_empty() { Ok(()) } else { Err(loader.errors) }
}

/// Runs a file, and before it goes on, those that it requires. Recursion is as deep as the chain of files that require
/// one another, which is no longer than the number of files; a folder may have thousands, so the chain is bounded too.
fn run_chunk(vm: &mut Vm, sim: &mut Sim, scripts: &Scripts, key: &str, path: &str) {
    const DEEPEST: usize = 100;
    let Some(loader) = sim.loader.as_mut() else { return };
    let Some(Chunk::Waiting(code)) = loader.chunks.get(key) else { return };
    let (code, file) = (code.clone(), shown(path));
    if loader.running.len() == DEEPEST {
        loader.fail(&file, 0, format!("more than {DEEPEST} files require one another in a row"));
        loader.chunks.insert(key.into(), Chunk::Broken);
        return;
    }
    loader.chunks.insert(key.into(), Chunk::Running);
    loader.running.push((key.into(), file.clone()));
    let outcome = vm.enter(|frame| {
        frame.load(&format!("={file}"), &code, None)?;
        if let Some((line, name)) = frame.shared_write() {
            return Err(format!(
                "{file}:{line}: `{name}` is a local of the whole script, shared by all who run it: a function can't assign \
                 it; keep the value in self, or in a global (each actor has its own)"
            ));
        }
        Ok::<_, String>(frame.pop_tasklet(0))
    });
    let result = match outcome {
        Ok(Ok(thread)) => {
            let result = run_to_end(vm, sim, scripts, thread);
            vm.retire(thread);
            result
        }
        Ok(Err(message)) => Err(message),
        Err(error) => Err(error.to_string()),
    };
    let Some(loader) = sim.loader.as_mut() else { return };
    loader.running.pop();
    let chunk = match result {
        Ok(pin) => Chunk::Done(pin),
        Err(message) => {
            loader.errors.push(locate(&message, &file));
            Chunk::Broken
        }
    };
    loader.chunks.insert(key.into(), chunk);
}

fn run_to_end(vm: &mut Vm, sim: &mut Sim, scripts: &Scripts, thread: Thread) -> Result<Pin, String> {
    let quota = Quota { time: LOAD_TIME, credit: MEASURE_EVERY, memory: LOAD_MEMORY };
    let mut outcome = vm.resume(thread, sim, &[], &quota);
    loop {
        match outcome {
            Outcome::Returned => {
                let results = vm.take_results(thread).map_err(|error| error.to_string())?;
                return Ok(results.first().and_then(|value| value.pin()).unwrap_or(Pin::NIL));
            }
            Outcome::Parked => {
                let wanted = sim.loader.as_mut().and_then(|loader| loader.wanted.take()).unwrap_or_default();
                let path = scripts.iter().map(|(path, _)| path).find(|path| key_of(path) == wanted).unwrap_or_default();
                run_chunk(vm, sim, scripts, &wanted, path);
                let chunk = sim.loader.as_ref().and_then(|loader| loader.chunks.get(&wanted));
                let Some(Chunk::Done(pin)) = chunk else {
                    return Err(format!("`{wanted}`, which this requires, has errors"));
                };
                let pin = *pin;
                outcome = vm.resume(thread, sim, &[Value::Pin(pin)], &quota);
            }
            Outcome::Slept(_) | Outcome::Yielded => {
                let place = vm.places(thread).into_iter().next();
                let place = place.map_or_else(String::new, |place| format!("{}:{}: ", place.file, place.line));
                return Err(format!("{place}a script's top level can't wait; wait in an actor's methods"));
            }
            Outcome::Failed | Outcome::Unwound(_) => {
                let failure = vm.failure(thread);
                if let Some(pin) = failure.value.pin() {
                    vm.unpin(pin);
                }
                return Err(failure.message);
            }
        }
    }
}

impl Sim {
    /// `actor "Name" { ... }`
    pub(crate) fn declare(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let place = frame.place();
        let name = args::text(frame, 1, "the class's name")?;
        let Some(loader) = self.loader.as_mut() else {
            return Err("classes are declared at the top level of their script, not later".into());
        };
        let Some((key, file)) = loader.running.last().cloned() else {
            return Err("classes are declared in the scripts folder".into());
        };
        match class_of(&key) {
            None => {
                return Err(format!(
                    "`{key}` is a module; a class is a file at the top of the scripts folder (move it to `{}.luau`)",
                    key.rsplit('/').next().unwrap_or_default()
                )
                .into());
            }
            Some(expected) if expected != name => {
                return Err(format!(
                    "this file defines class `{expected}`, not `{name}`: a class is named after its file"
                )
                .into());
            }
            Some(_) => {}
        }
        if loader.declared.iter().any(|class| class.name == name) {
            return Err(format!("class `{name}` is declared twice in this file").into());
        }
        let known = ["extends", "props", "groups", "body", "handles", "hibernate_after"];
        self.check_options(frame, 2, &format!("class {name}"), &known)?;
        let options = frame.pin(2);
        frame.push_table(0, 8);
        let table = frame.pin(frame.len());
        let line = place.map_or(0, |place| place.line);
        if let Some(loader) = self.loader.as_mut() {
            loader.declared.push(Declared { name, file, line, table, options });
        }
        Ok(Flow::Return(1))
    }

    /// `require "lib/patrol"`
    pub(crate) fn require(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let name = args::text(frame, 1, "what is required")?;
        let key = key_of(&name);
        let Some(loader) = self.loader.as_mut() else {
            return match self.modules.get(key) {
                Some(pin) => give(frame, Value::Pin(*pin)),
                None => Err(no_module(key, self.modules.keys())),
            };
        };
        match loader.chunks.get(key) {
            None => Err(no_module(key, loader.chunks.keys())),
            Some(Chunk::Done(pin)) => give(frame, Value::Pin(*pin)),
            Some(Chunk::Broken) => Err(format!("`{key}`, which this requires, has errors").into()),
            Some(Chunk::Running) => {
                let from = loader.running.iter().position(|(running, _)| running == key).unwrap_or(0);
                let mut cycle: Vec<&str> = loader.running[from..].iter().map(|(running, _)| running.as_str()).collect();
                cycle.push(key);
                Err(format!("files require one another in a circle: {}", cycle.join(" -> ")).into())
            }
            Some(Chunk::Waiting(_)) => {
                frame.can_wait()?;
                loader.wanted = Some(key.into());
                Ok(Flow::Suspend)
            }
        }
    }

    /// A script read a global that the engine does not have.
    pub(crate) fn get_global(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let globals = self.state.actors.get(self.actor).map_or(Pin::NIL, |actor| actor.globals);
        if globals != Pin::NIL {
            frame.push(Value::Pin(globals));
            let table = frame.len();
            frame.push_copy(2);
            if frame.get_entry(table) != Kind::Nil {
                return Ok(Flow::Return(1));
            }
        }
        let name = frame.display(2);
        let own =
            super::api::GLOBALS.iter().map(|(name, _)| *name).chain(self.functions.iter().map(NativeFunction::name));
        let own = own.filter_map(|name| name.to_str().ok());
        let hint = suggestion(&name, own.chain(super::api::MADE.iter().copied()));
        let hint = match self.classes.find(&name) {
            Some(_) => format!("; a class is used by its name: spawn(\"{name}\"), or require its file"),
            None => hint,
        };
        Err(format!("there is no global `{name}`{hint}").into())
    }

    /// A script set a global: it is its actor's own.
    pub(crate) fn set_global(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let name = frame.display(2);
        let Some(actor) = self.state.actors.get(self.actor) else {
            return Err(format!(
                "a global set at a script's top level would be nobody's: write `local {name}` (or `local function`)"
            )
            .into());
        };
        let mut globals = actor.globals;
        if globals == Pin::NIL {
            frame.push_table(0, 4);
            globals = frame.pop_pin();
            self.state.actors[self.actor].globals = globals;
        }
        frame.push(Value::Pin(globals));
        let table = frame.len();
        frame.push_copy(2);
        frame.push_copy(3);
        frame.set_entry(table);
        Ok(Flow::Return(0))
    }
}

fn no_module<'a>(key: &str, known: impl Iterator<Item = &'a String>) -> Raise {
    let hint = suggestion(key, known.map(String::as_str));
    format!("there is no script `{key}` in the scripts folder{hint}").into()
}
