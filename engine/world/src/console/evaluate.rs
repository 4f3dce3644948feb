//! Luau typed by a person: compiled with the names of actors as variables; as an expression that changes nothing, or
//! as a task in the next tick.

use std::collections::BTreeSet;

use dormouse_vm::{Bytecode, CompileError, Frame, Kind, MEASURE_EVERY, Outcome, Quota, Value, compile};

use crate::ids::{ActorId, TaskId};
use crate::observe::ValueView;
use crate::output::{Output, OutputKind};
use crate::sim::Sim;
use crate::sim::state::{Role, TIME};
use crate::world::{World, WorldImage};

/// Bytes of code, and actors whose names it may use as variables.
const MAX_CODE: usize = 64 << 10;
const MAX_NAMES: usize = 100;
/// Luau's own words can't be variables.
const KEYWORDS: [&str; 22] = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local", "nil", "not", "or",
    "repeat", "return", "self", "then", "true", "until", "while",
];
/// Those with which a statement begins: for them the error of the statement counts, not that of the expression.
const STATEMENTS: [&str; 8] = ["do", "for", "function", "if", "local", "repeat", "return", "while"];

/// What an expression gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// Its values.
    pub values: Vec<ValueView>,
    /// What it said and logged meanwhile.
    pub output: Vec<String>,
}

/// Code with the variables that it is given.
struct Prepared {
    script: Bytecode,
    actors: Vec<ActorId>,
}

/// How the code is to be run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// For its values.
    Values,
    /// For what it does; values of an expression are logged.
    Effects,
}

impl World {
    /// The values of a Luau expression (or of statements that return some), evaluated as a task of an actor with that
    /// actor as `self`; without one as a task of the game, of the level, or of the first actor. Names of actors can be
    /// used as variables. Whatever it does to the world is undone: the world, its hash and its future are as if it had
    /// not been evaluated. `scratch` is used as memory.
    ///
    /// Errors: what is wrong with the code, as a sentence; also that it waits.
    ///
    /// Cost: the world is copied, and copied back: a few milliseconds for ten thousand actors.
    pub fn evaluate(
        &mut self,
        code: &str,
        actor: Option<ActorId>,
        scratch: &mut WorldImage,
    ) -> Result<Evaluation, String> {
        let owner = self.runner(actor).unwrap_or_default();
        let prepared = self.prepare(code, Use::Values)?;
        self.unchanged(scratch, |world| {
            let result = world.run_expression(owner, actor.is_some(), &prepared);
            let output = std::mem::take(&mut world.sim.output);
            let told = |line: &Output| matches!(line.kind, OutputKind::Say | OutputKind::Log);
            let output = output.into_iter().filter(told).map(|line| line.text).collect();
            result.map(|values| Evaluation { values, output })
        })
    }

    /// Starts code as a task, which runs in this tick.
    pub(crate) fn start_code(&mut self, code: &str, actor: Option<ActorId>) -> Result<(), String> {
        let owner = self.runner(actor).ok_or("there is no actor that could run it")?;
        let prepared = self.prepare(code, Use::Effects)?;
        self.enter_code(owner, actor.is_some(), &prepared).map(|_| ())
    }

    fn is_global(&self, word: &str) -> bool {
        self.vm.peek_globals().get(word).kind() != Kind::Nil
    }

    fn runner(&self, actor: Option<ActorId>) -> Option<ActorId> {
        let state = &self.sim.state;
        let known = actor.into_iter().chain([state.game, state.level]).find(|actor| self.sim.is_alive(*actor));
        known.or_else(|| {
            let alive = state.faces().filter(|(_, actor)| !actor.dying);
            alive.min_by_key(|(_, actor)| actor.order).map(|(id, _)| id)
        })
    }

    fn prepare(&self, code: &str, what_for: Use) -> Result<Prepared, String> {
        if code.len() > MAX_CODE {
            return Err(format!("the code has {} bytes; {MAX_CODE} are the most", code.len()));
        }
        let names = words(code).filter(|word| !KEYWORDS.contains(word) && !self.is_global(word));
        let names: BTreeSet<&str> = names.filter(|word| self.find(word).is_some()).take(MAX_NAMES).collect();
        let actors = names.iter().filter_map(|name| self.find(name)).collect();
        let variables: String = names.iter().map(|name| format!(", {name}")).collect();
        let start = format!("local self{variables} = ... ");
        let expression = compile(&format!("{start}return {code}"));
        let script = match (expression, what_for) {
            (Ok(script), Use::Values) => script,
            // It is whole by itself, so it is whole within a function.
            (Ok(_), Use::Effects) => {
                compile(&format!("{start}log((function() return {code}\nend)())\n")).map_err(|error| wrong(&error))?
            }
            (Err(expression), _) => compile(&format!("{start}{code}")).map_err(|statement| {
                let first = words(code).next().unwrap_or_default();
                wrong(if STATEMENTS.contains(&first) { &statement } else { &expression })
            })?,
        };
        Ok(Prepared { script, actors })
    }

    /// Makes a task of it, in the queue.
    fn enter_code(&mut self, owner: ActorId, with_self: bool, prepared: &Prepared) -> Result<TaskId, String> {
        let (vm, sim) = (&mut self.vm, &mut self.sim);
        sim.leave_actor();
        let entered = vm.enter(|frame| {
            sim.wake(frame, owner)?;
            frame.load_passing("=console", &prepared.script, None)?;
            push_arguments(sim, frame, owner, with_self, &prepared.actors);
            let thread = frame.pop_tasklet(prepared.actors.len() as u32 + 1);
            let label = sim.names.intern("eval");
            Ok(sim.enter_task(thread, owner, Role::Task, label, TIME))
        });
        entered.map_err(|error| error.to_string())?
    }

    fn run_expression(
        &mut self,
        owner: ActorId,
        with_self: bool,
        prepared: &Prepared,
    ) -> Result<Vec<ValueView>, String> {
        let task = self.enter_code(owner, with_self, prepared)?;
        let thread = self.sim.state.tasks.0[task].thread;
        let (vm, sim) = (&mut self.vm, &mut self.sim);
        (sim.actor, sim.current) = (owner, task);
        let quota = Quota { time: sim.limits.time, credit: MEASURE_EVERY, memory: sim.limits.memory };
        match vm.resume(thread, sim, &[], &quota) {
            Outcome::Returned => {
                let values = vm.take_results(thread).map_err(|error| error.to_string())?;
                Ok(values.iter().map(|value| self.value_view(&self.vm.peek_value(*value))).collect())
            }
            Outcome::Failed | Outcome::Unwound(_) => {
                let failure = vm.failure(thread);
                let place = failure.traceback.lines().count();
                let trace = if place > 1 { format!("\n{}", failure.traceback.trim_end()) } else { String::new() };
                Err(format!("{}{trace}", failure.message))
            }
            Outcome::Slept(_) | Outcome::Parked | Outcome::Yielded => {
                Err("it waits, which takes ticks: to let it, begin the line with `!`".into())
            }
        }
    }
}

fn push_arguments(sim: &Sim, frame: &mut Frame<'_>, owner: ActorId, with_self: bool, actors: &[ActorId]) {
    let table = sim.state.actors.get(owner).map(|actor| Value::Pin(actor.table)).filter(|_| with_self);
    frame.push(table.unwrap_or(Value::Nil));
    debug_assert!(!with_self || frame.kind(frame.len()) == Kind::Table);
    for actor in actors {
        frame.push(Value::Handle(actor.handle()));
    }
}

/// Everything in the code that could be a variable; words in strings and comments too, which does no harm.
fn words(code: &str) -> impl Iterator<Item = &str> {
    let words = code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
}

fn wrong(error: &CompileError) -> String {
    match error.line {
        1 => error.message.clone(),
        line => format!("line {line}: {}", error.message),
    }
}
