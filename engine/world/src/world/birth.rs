//! The birth of a world: a VM, the authors' API in it, the scripts loaded, and then a map's actors, if there is one.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ffi::CStr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use dormouse_vm::{
    Bytecode, Config as VmConfig, Frame, MEASURE_EVERY, Outcome, Pin, Quota, Value, Vm, VmError, compile,
};
use slotmap::SlotMap;

use crate::datum::Datum;
use crate::dorm::Dorm;
use crate::ids::{ActorId, TaskId};
use crate::names::{Name, Names};
use crate::scripts::Scripts;
use crate::sim::api::{self, Function};
use crate::sim::classes::{Class, Classes};
use crate::sim::functions::{self, NativeFunction};
use crate::sim::linker::plain;
use crate::sim::loader::{self, ScriptError};
use crate::sim::state::{Cause, Counts, State, TIME, Tasks};
use crate::sim::{Limits, Pins, Sim, Words, values};
use crate::space::Space;
use crate::store::Store;
use crate::wheel::Wheel;

use super::World;
use super::native::{NativeClass, Natives};

/// How a world is to be made.
#[derive(Clone, Debug)]
pub struct Config {
    /// Seeds the world's random numbers.
    pub seed: u64,
    /// What actors may use.
    pub limits: Limits,
    /// Bytes that the VM's heap may grow to.
    pub heap_limit: usize,
    /// Seconds that a tick lasts, until an input says otherwise.
    pub duration: f64,
    /// Actors written in Rust.
    pub natives: Vec<NativeClass>,
    /// Functions written in Rust, beside those of the engine.
    pub functions: Vec<NativeFunction>,
    /// The folder for the file in which actors hibernate: one without a name, made when the first does, gone with the
    /// world. In memory, for none.
    pub store: Option<PathBuf>,
    /// Tells worlds apart that exchange actors: each of them needs another number. 0 for one that exchanges none.
    pub realm: u64,
}

impl Default for Config {
    /// Seed 0, the default limits, 16 GiB, 1/60 s, no native actors or functions, hibernation in memory.
    fn default() -> Self {
        Config {
            seed: 0,
            limits: Limits::default(),
            heap_limit: VmConfig::default().heap_limit,
            duration: 1.0 / 60.0,
            natives: Vec::new(),
            functions: Vec::new(),
            store: None,
            realm: 0,
        }
    }
}

/// A world that can't be made.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// The machine has no room for it.
    #[error(transparent)]
    Vm(#[from] VmError),
    /// Scripts that do not load: all of what is wrong with them.
    #[error("{}", list(.0))]
    Scripts(Vec<ScriptError>),
    /// Two native functions of one name, or one with a name that the engine uses.
    #[error("the native function `{0}` can't have that name: something else has it already")]
    Function(String),
    /// A map that does not fit the scripts: all of what is wrong with it.
    #[error("{}", list(.0))]
    Map(Vec<crate::check::Finding>),
}

fn list<T: std::fmt::Display>(problems: &[T]) -> String {
    problems.iter().map(T::to_string).collect::<Vec<_>>().join("\n")
}

/// The name of the engine's own script: hidden in tracebacks by its brackets.
pub(crate) const ENGINE: &str = "(engine)";
/// Its text.
pub(crate) const PRELUDE: &str = include_str!("../prelude.luau");

/// It, compiled: once for all worlds of a process.
pub(crate) fn prelude() -> Result<&'static Bytecode, VmError> {
    static COMPILED: OnceLock<Bytecode> = OnceLock::new();
    match COMPILED.get() {
        Some(code) => Ok(code),
        None => {
            let code = compile(PRELUDE).map_err(|error| VmError::Script(error.to_string()))?;
            Ok(COMPILED.get_or_init(|| code))
        }
    }
}

impl World {
    /// A world with these scripts and no actors.
    ///
    /// Errors: no memory; scripts that do not compile or run, or whose classes do not fit together.
    pub fn new(config: &Config, scripts: &Scripts) -> Result<World, WorldError> {
        World::with_state(config, scripts, Names::new(), newborn(config))
    }

    /// A world with these scripts, in this state, of which nothing is in the VM yet. Names keep their numbers; the
    /// scripts' own are added to them.
    pub(crate) fn with_state(
        config: &Config,
        scripts: &Scripts,
        names: Names,
        state: State,
    ) -> Result<World, WorldError> {
        let vm_config = VmConfig { heap_limit: config.heap_limit, seed: state.seed };
        let mut vm = Vm::new(&vm_config)?;
        let mut sim = empty(config, names, state);
        check_names(&config.functions)?;
        open_api(&mut vm, &mut sim)?;
        add_natives(&mut vm, &mut sim, &config.natives)?;
        loader::load(&mut vm, &mut sim, scripts).map_err(WorldError::Scripts)?;
        share_everything(&mut vm, &sim);
        crate::snapshot::name_shared(&mut vm, &sim)?;
        vm.collect_all();
        let natives = Natives::new(&config.natives);
        let (config, scripts) = (config.clone(), Arc::new(scripts.clone()));
        Ok(World {
            vm,
            sim,
            natives,
            config,
            scripts,
            earlier: Default::default(),
            progress: None,
            drowsy: VecDeque::new(),
            due: Vec::new(),
            capsule: Vec::new(),
            parlour: Default::default(),
            contacts: Vec::new(),
        })
    }

    /// Spawns an actor from outside, with props as scripts give them to `spawn`; it begins in the next tick. A prop that
    /// takes an actor is given the actor's name.
    ///
    /// Errors: as `spawn` of scripts, in words.
    pub fn spawn(&mut self, class: &str, props: &BTreeMap<String, Datum>) -> Result<ActorId, String> {
        let (vm, sim) = (&mut self.vm, &mut self.sim);
        sim.leave_actor();
        let spawned = vm.enter(|frame| {
            frame.push_text(class);
            values::push_datum(frame, &Datum::Map(props.clone()));
            sim.names_to_actors(frame, class)?;
            sim.spawn_call(frame).map(|_| frame.handle(frame.len()))
        });
        match spawned {
            Ok(Ok(handle)) => Ok(handle.and_then(ActorId::from_handle).unwrap_or_default()),
            Ok(Err(dormouse_vm::Raise::Message(message))) => Err(message),
            Ok(Err(_)) => Err("it can't be spawned".into()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Ends an actor, as `despawn` of scripts; its last code runs in the next tick. False when it is gone already.
    pub fn despawn(&mut self, actor: ActorId) -> bool {
        let (vm, sim) = (&mut self.vm, &mut self.sim);
        sim.leave_actor();
        sim.is_alive(actor) && vm.enter(|frame| sim.kill(frame, actor)).is_ok()
    }

    /// Sends an actor an event; it is handled in the next tick. False when it is gone.
    pub fn tell(&mut self, actor: ActorId, event: &Datum) -> bool {
        let (vm, sim) = (&mut self.vm, &mut self.sim);
        sim.leave_actor();
        let sent = vm.enter(|frame| {
            values::push_datum(frame, event);
            let _ = sim.send(frame, actor, 1, TaskId::default(), 0);
        });
        sent.is_ok() && self.is_alive(actor)
    }
}

pub(crate) fn newborn(config: &Config) -> State {
    State {
        seed: config.seed,
        tick: 0,
        time: 0.0,
        duration: config.duration,
        spawned: 0,
        started: 0,
        actors: Dorm::new(),
        tasks: Tasks(Dorm::new()),
        mail: SlotMap::with_key(),
        flights: Vec::new(),
        free_flights: Vec::new(),
        wheel: Wheel::new(),
        queue: Default::default(),
        postponed: Vec::new(),
        accounts: Vec::new(),
        free_accounts: Vec::new(),
        posts: Default::default(),
        delayed: BTreeMap::new(),
        wires: Vec::new(),
        posted: 0,
        causes: vec![Cause { parent: TIME, hops: 0, who: ActorId::default(), what: Name::NONE }],
        space: Space::new(&[]),
        level: ActorId::default(),
        game: ActorId::default(),
        named: BTreeMap::new(),
        layers: State::first_layers(),
        counts: Counts::default(),
        watched: BTreeMap::new(),
        watching: BTreeMap::new(),
        borrowed: BTreeMap::new(),
        rests: BTreeMap::new(),
        bedtimes: Default::default(),
        travels: Default::default(),
    }
}

fn empty(config: &Config, mut names: Names, state: State) -> Sim {
    let classes = Classes::new(&mut names);
    let nothing =
        Pins { exception: Pin::NIL, task: Pin::NIL, life: Pin::NIL, last: Pin::NIL, base: Pin::NIL, nothing: Pin::NIL };
    Sim {
        limits: config.limits,
        classes,
        functions: config.functions.clone(),
        names,
        pins: nothing,
        words: Words::default(),
        internals: Vec::new(),
        modules: BTreeMap::new(),
        loader: None,
        state,
        store: Store::new(config.store.clone()),
        current: TaskId::default(),
        actor: ActorId::default(),
        cause: TIME,
        doomed: false,
        output: Vec::new(),
        watch: None,
        happened: 0,
    }
}

fn put_functions(frame: &mut Frame<'_>, table: u32, functions: &[(&'static CStr, Function)]) {
    for (name, function) in functions {
        frame.push_function(name, *function as u32);
        frame.set(table, &name.to_string_lossy());
    }
}

fn check_names(functions: &[NativeFunction]) -> Result<(), WorldError> {
    let mut seen = BTreeSet::new();
    match functions.iter().map(NativeFunction::name).find(|name| functions::is_taken(name) || !seen.insert(*name)) {
        Some(name) => Err(WorldError::Function(name.to_string_lossy().into_owned())),
        None => Ok(()),
    }
}

/// Puts the authors' API into the VM's globals, and seals them.
fn open_api(vm: &mut Vm, sim: &mut Sim) -> Result<(), WorldError> {
    let prelude = prelude()?;
    let (thread, engine) = vm
        .enter(|frame| {
            frame.push_globals();
            put_functions(frame, 1, api::GLOBALS);
            for (number, function) in (functions::FIRST..).zip(&sim.functions) {
                frame.push_function(function.name(), number);
                frame.set(1, &function.name().to_string_lossy());
            }
            frame.push_sleep();
            frame.set(1, "wait");
            frame.get(1, "math");
            frame.get(2, "random");
            frame.set(1, "random");
            frame.get(1, "os");
            let os = frame.len();
            frame.thaw(os);
            put_functions(frame, os, &[(c"clock", Function::Clock), (c"time", Function::Clock)]);
            frame.set_len(1);
            frame.push_table(0, 20);
            let engine = frame.len();
            put_functions(frame, engine, api::INTERNALS);
            frame.push_sleep();
            frame.set(engine, "wait");
            frame.push_protected();
            frame.set(engine, "protected");
            for name in ["Exception", "Task"] {
                frame.push_table(0, 4);
                frame.set(engine, name);
            }
            let pin = frame.pin(engine);
            let loaded = frame.load(&format!("={ENGINE}"), prelude, None);
            frame.push_copy(engine);
            loaded.map(|()| (frame.pop_tasklet(1), pin))
        })?
        .map_err(VmError::Script)?;
    let quota = Quota { time: 1 << 40, credit: MEASURE_EVERY, memory: 1 << 30 };
    if vm.resume(thread, sim, &[], &quota) != Outcome::Returned {
        return Err(VmError::Script(vm.failure(thread).message).into());
    }
    let results = vm.take_results(thread)?;
    vm.retire(thread);
    let made = results.first().copied().unwrap_or(Value::Nil);
    (sim.pins, sim.internals) = vm.enter(|frame| (finish_api(frame, engine, made), internals(frame, engine)))?;
    sim.words = vm.enter(|frame| Words {
        state: frame.word(c"state"),
        results: frame.word(c"results"),
        problem: frame.word(c"problem"),
        done: frame.word(c"done"),
        failed: frame.word(c"failed"),
        cancelled: frame.word(c"cancelled"),
    })?;
    vm.seal()?;
    Ok(())
}

fn finish_api(frame: &mut Frame<'_>, engine: Pin, made: Value) -> Pins {
    frame.push_globals();
    frame.push(made);
    let _ = frame.entries(2, |frame| {
        let (key, value) = (frame.len() - 1, frame.len());
        frame.push_copy(key);
        frame.push_copy(value);
        frame.set_entry(1);
        Ok::<(), ()>(())
    });
    // What is not there is looked for among the running actor's own globals.
    frame.push_table(0, 3);
    let meta = frame.len();
    frame.push_function(c"global", Function::GetGlobal as u32);
    frame.set(meta, "__index");
    frame.push_function(c"global", Function::SetGlobal as u32);
    frame.set(meta, "__newindex");
    frame.push_text("locked");
    frame.set(meta, "__metatable");
    frame.freeze(meta);
    frame.set_metatable(1);
    frame.push_table(0, 24);
    let base = frame.len();
    put_functions(frame, base, api::METHODS);
    put_functions(frame, base, api::OWN_METHODS);
    frame.freeze(base);
    let base = frame.pop_pin();
    frame.push(Value::Pin(engine));
    let engine = frame.len();
    let [exception, task, life, last] = ["Exception", "Task", "life", "finish"].map(|name| {
        frame.get(engine, name);
        frame.pop_pin()
    });
    frame.push_table(0, 1);
    frame.push(Value::Number(0.0));
    let nothing = frame.len() - 1;
    frame.set(nothing, "n");
    frame.freeze(nothing);
    let nothing = frame.pop_pin();
    Pins { exception, task, life, last, base, nothing }
}

/// The functions of the engine's table, which is in nobody's hands but the prelude's.
fn internals(frame: &mut Frame<'_>, engine: Pin) -> Vec<(&'static str, Pin)> {
    frame.push(Value::Pin(engine));
    let table = frame.len();
    let names = api::INTERNALS.iter().filter_map(|(name, _)| name.to_str().ok());
    let found = names.map(|name| {
        frame.get(table, name);
        (name, frame.pop_pin())
    });
    found.collect()
}

/// Classes without a script.
fn add_natives(vm: &mut Vm, sim: &mut Sim, natives: &[NativeClass]) -> Result<(), WorldError> {
    for (number, native) in natives.iter().enumerate() {
        let (table, instance) = vm.enter(|frame| {
            frame.push_table(0, 1);
            let table = frame.pin(1);
            frame.push(Value::Pin(sim.pins.base));
            frame.set(1, "__index");
            frame.freeze(1);
            (table, frame.pin(1))
        })?;
        let class = Class {
            name: native.name.into(),
            file: "native".into(),
            table,
            instance,
            handles_events: true,
            native: Some(number as u32),
            ..plain()
        };
        sim.classes.add(class);
    }
    Ok(())
}

/// What every actor can reach is held against none.
fn share_everything(vm: &mut Vm, sim: &Sim) {
    let globals = vm.enter(|frame| {
        frame.push_globals();
        frame.pop_pin()
    });
    let classes = sim.classes.all().iter().flat_map(|class| [class.table, class.instance]);
    let pins = [sim.pins.exception, sim.pins.task, sim.pins.life, sim.pins.last, sim.pins.base, sim.pins.nothing];
    vm.share(globals.into_iter().chain(classes).chain(sim.modules.values().copied()).chain(pins).collect());
}
