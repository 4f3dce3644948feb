//! A plain Luau program as one tasklet: it runs to each of its own `coroutine.yield()`s, where it can be put into bytes
//! and go on in another process. It knows nothing of actors, ticks or maps.
//!
//! ```
//! use dormouse::program::{Outside, Program, Sources, Step};
//!
//! struct Lines(Vec<String>);
//!
//! impl Outside for Lines {
//!     fn print(&mut self, line: &[u8]) { self.0.push(String::from_utf8_lossy(line).into_owned()) }
//!     fn time(&mut self) -> f64 { 0.0 }
//!     fn clock(&mut self) -> f64 { 0.0 }
//! }
//!
//! let sources = Sources::new("count.luau", "for i = 1, 3 do print(i) coroutine.yield() end");
//! let mut lines = Lines(Vec::new());
//! let mut program = Program::new(sources, &[])?;
//! assert_eq!(program.run(&mut lines), Step::Yielded);
//! assert_eq!(program.run(&mut lines), Step::Yielded);
//! let bytes = program.save()?;
//!
//! // Here, or in another process.
//! let mut program = Program::load(&bytes)?;
//! assert_eq!(program.run(&mut lines), Step::Yielded);
//! assert_eq!(program.run(&mut lines), Step::Ended);
//! assert_eq!(lines.0, ["1", "2", "3"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::ffi::CStr;
use std::sync::Arc;

use dormouse_vm::{Bytecode, Config, Frame, Outcome, Pin, Place, Quota, Thread, Value, Vm, VmError, compile};

use crate::sim::loader::ScriptError;
use host::{Answers, Function};

mod file;
mod host;
mod sources;

pub use file::LoadError;
pub use host::Outside;
pub use sources::{Sources, SourcesError};

const PRELUDE: &str = include_str!("prelude.luau");

/// A program is trusted with the machine's time and, up to its heap's limit, memory: whoever started it can end it.
const QUOTA: Quota = Quota { time: i64::MAX / 4, credit: i64::MAX / 4, memory: i64::MAX / 4 };

/// Why a program can't be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProgramError {
    /// One of its files does not compile.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// The VM has no room for it.
    #[error(transparent)]
    Vm(#[from] VmError),
}

/// How far a program came.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// It yielded, and goes on with the next [`Program::run`].
    Yielded,
    /// It came to its end.
    Ended,
    /// An error that it did not catch ended it.
    Failed {
        /// The error.
        message: String,
        /// A line for each call in progress, innermost first.
        traceback: String,
    },
}

/// See the module's comment.
pub struct Program {
    vm: Vm,
    thread: Thread,
    sources: Arc<Sources>,
    yields: u64,
    /// Seconds that it has run.
    ran: f64,
    over: Option<Step>,
}

/// What a VM has for programs, whatever they do: their compiled files and the engine's own.
struct Prepared {
    prelude: Pin,
    mains: Vec<(String, Pin)>,
}

impl Program {
    /// A program that has not run yet. `arguments` are what `...` is in its file.
    ///
    /// Errors: a file that does not compile.
    pub fn new(sources: Sources, arguments: &[String]) -> Result<Program, ProgramError> {
        let mut vm = Vm::new(&Config::default())?;
        let globals = vm.enter(|frame| {
            push_environment(frame);
            frame.pop_pin()
        })?;
        let prepared = prepare(&mut vm, &sources, globals)?;
        let require = make_require(&mut vm, &prepared)?;
        let thread = vm.enter(|frame| {
            frame.push(Value::Pin(globals));
            frame.push(require);
            frame.set(1, "require");
            let main = prepared.mains.iter().find(|(path, _)| *path == sources.main);
            frame.push(main.map_or(Value::Nil, |(_, main)| Value::Pin(*main)));
            for argument in arguments {
                frame.push_text(argument);
            }
            frame.pop_tasklet(arguments.len() as u32)
        })?;
        for pin in [require.pin(), Some(globals), Some(prepared.prelude)].into_iter().flatten() {
            vm.unpin(pin);
        }
        Ok(Program { vm, thread, sources: Arc::new(sources), yields: 0, ran: 0.0, over: None })
    }

    /// Runs the program to its next yield, or to its end. Its own coroutines' yields go to whoever resumed them, as
    /// ever; what the program yields is forgotten, and its `coroutine.yield` returns nothing.
    pub fn run(&mut self, outside: &mut dyn Outside) -> Step {
        if let Some(step) = &self.over {
            return step.clone();
        }
        let began = outside.clock();
        let clock_at_zero = began - self.ran;
        let mut answers = Answers { outside, sources: self.sources.clone(), clock_at_zero };
        let outcome = self.vm.resume(self.thread, &mut answers, &[], &QUOTA);
        self.ran = outside.clock() - clock_at_zero;
        if outcome == Outcome::Yielded {
            self.yields += 1;
            return Step::Yielded;
        }
        let step = if outcome == Outcome::Returned {
            Step::Ended
        } else {
            let failure = self.vm.failure(self.thread);
            Step::Failed { message: failure.message, traceback: failure.traceback }
        };
        self.over = Some(step.clone());
        step
    }

    /// How often the program has yielded since its very beginning.
    pub fn yields(&self) -> u64 {
        self.yields
    }

    /// The calls in progress where it has yielded, innermost first.
    pub fn places(&self) -> Vec<Place> {
        self.vm.places(self.thread)
    }

    /// Its files.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }
}

/// Puts the host's functions among the globals, seals them, and loads the files, whose globals are the table
/// `globals`.
fn prepare(vm: &mut Vm, sources: &Sources, globals: Pin) -> Result<Prepared, ProgramError> {
    let mut compiled = Vec::new();
    for (path, source) in sources.iter() {
        let error = |error: dormouse_vm::CompileError| ScriptError {
            file: path.to_owned(),
            line: error.line,
            message: error.message,
        };
        compiled.push((path.to_owned(), compile(source).map_err(error)?));
    }
    let prelude = compile(PRELUDE).map_err(|error| VmError::Script(error.to_string()))?;
    let loaded = vm.enter(|frame| {
        put_functions(frame);
        frame.set_len(0);
        frame.push(Value::Pin(globals));
        let mut mains = Vec::new();
        for (path, code) in compiled {
            mains.push((path.clone(), load(frame, &path, &code, Some(1))?));
        }
        Ok::<_, String>(Prepared { prelude: load(frame, "(engine)", &prelude, None)?, mains })
    })?;
    let prepared = loaded.map_err(VmError::Script)?;
    // Sealed only now: so a program's own globals can take the place of the library's.
    vm.seal()?;
    // By its name it is the same table in every VM; what is in it is the program's state.
    vm.name("program", globals)?;
    Ok(prepared)
}

fn load(frame: &mut Frame<'_>, path: &str, code: &Bytecode, globals: Option<u32>) -> Result<Pin, String> {
    frame.load(&format!("={path}"), code, globals)?;
    Ok(frame.pop_pin())
}

fn put_functions(frame: &mut Frame<'_>) {
    let functions: [(&str, &'static CStr, Function); 5] = [
        ("os", c"time", Function::Time),
        ("os", c"clock", Function::Clock),
        ("math", c"randomseed", Function::RandomSeed),
        ("", c"collectgarbage", Function::CollectGarbage),
        ("", c"print", Function::Print),
    ];
    frame.push_globals();
    for (library, name, function) in functions {
        if !library.is_empty() {
            frame.get(1, library);
        }
        let table = frame.len();
        frame.thaw(table);
        if matches!(function, Function::Print) {
            frame.push_printer(name, function as u32);
        } else {
            frame.push_function(name, function as u32);
        }
        frame.set(table, &name.to_string_lossy());
        frame.set_len(1);
    }
    // What `require` uses has no name among the globals; a saved one is bound to it again.
    frame.push_function(c"find", Function::Find as u32);
}

/// Pushes the table of a program's own globals, which shows the VM's where it has none.
fn push_environment(frame: &mut Frame<'_>) {
    frame.push_table(0, 8);
    let environment = frame.len();
    frame.push_copy(environment);
    frame.set(environment, "_G");
    frame.push_table(0, 1);
    frame.push_globals();
    frame.set(environment + 1, "__index");
    frame.freeze(environment + 1);
    frame.set_metatable(environment);
    frame.set_safe(environment);
}

/// Runs the prelude, which returns `require`.
fn make_require(vm: &mut Vm, prepared: &Prepared) -> Result<Value, ProgramError> {
    let thread = vm.enter(|frame| {
        frame.push(Value::Pin(prepared.prelude));
        frame.push_table(0, prepared.mains.len());
        for (path, main) in &prepared.mains {
            frame.push(Value::Pin(*main));
            frame.set(2, path);
        }
        frame.push_function(c"find", Function::Find as u32);
        frame.pop_tasklet(2)
    })?;
    struct Nowhere;
    impl Outside for Nowhere {
        fn print(&mut self, _: &[u8]) {}
        fn time(&mut self) -> f64 {
            0.0
        }
        fn clock(&mut self) -> f64 {
            0.0
        }
    }
    let sources = Arc::new(Sources::new("", ""));
    let mut answers = Answers { outside: &mut Nowhere, sources, clock_at_zero: 0.0 };
    if vm.resume(thread, &mut answers, &[], &QUOTA) != Outcome::Returned {
        return Err(VmError::Script(vm.failure(thread).message).into());
    }
    let require = vm.take_results(thread)?.first().copied().unwrap_or(Value::Nil);
    vm.retire(thread);
    Ok(require)
}
