//! Functions written in Rust that scripts call as globals: what a game adds to the authors' API.

use std::ffi::CStr;
use std::fmt;
use std::sync::Arc;

use dormouse_vm::{Flow, Frame, Raise, Value};

use super::api::{GLOBALS, INTERNALS, MADE, METHODS, OWN_METHODS};
use super::{Sim, args, values};
use crate::datum::Datum;
use crate::ids::ActorId;

/// The number of the first one among the functions of the host: those of the engine stay below.
pub(crate) const FIRST: u32 = 1 << 16;
/// Interrupts that a call costs besides what it [charges](Call::charge): reading its arguments, making its result.
const CALLING: u64 = 20;

/// A function written in Rust that scripts call by its name.
///
/// It must give the same for the same arguments in the same world, whatever the clock, the machine or earlier calls:
/// nothing of it is in an image, a hash or a snapshot. What it needs to know beyond its arguments it holds unchanged,
/// or asks of the [`Call`]. A script that keeps the function in a variable finds it again after a load by its name.
///
/// ```
/// use dormouse::{Config, NativeFunction, Scripts, World};
///
/// let heights = [3.0, 5.0, 8.0];
/// let height_at = NativeFunction::new(c"height_at", move |call| {
///     let column = call.number(1)?;
///     let height = heights.get(column as usize).ok_or("there is no such column")?;
///     Ok((*height).into())
/// });
/// let config = Config { functions: vec![height_at], ..Config::default() };
/// let scripts = Scripts::new().with("hiker.luau", "
///     local Hiker = actor 'Hiker' {}
///     function Hiker:run()
///         say(height_at(1))
///         height_at(7)
///     end
///     return Hiker
/// ");
/// let mut world = World::new(&config, &scripts)?;
/// world.spawn("Hiker", &Default::default())?;
/// world.tick(&[]);
/// let said: Vec<String> = world.take_output().into_iter().map(|line| line.text).collect();
/// assert_eq!(said[0], "5");
/// assert!(said[1].contains("hiker.luau:5: there is no such column"), "{}", said[1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct NativeFunction {
    name: &'static CStr,
    body: Body,
}

type Body = Arc<dyn Fn(&mut Call<'_, '_>) -> Result<Reply, String> + Send + Sync>;

impl NativeFunction {
    /// The function of that name, which tracebacks show too. An error is raised in the line that called.
    pub fn new<F>(name: &'static CStr, body: F) -> Self
    where
        F: Fn(&mut Call<'_, '_>) -> Result<Reply, String> + Send + Sync + 'static,
    {
        NativeFunction { name, body: Arc::new(body) }
    }

    pub(crate) fn name(&self) -> &'static CStr {
        self.name
    }
}

impl fmt::Debug for NativeFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NativeFunction").field(&self.name).finish()
    }
}

/// Whether a name can't be that of a native function, since it is one of the engine's.
pub(crate) fn is_taken(name: &CStr) -> bool {
    let engine = [GLOBALS, INTERNALS, METHODS, OWN_METHODS];
    engine.into_iter().flatten().any(|(taken, _)| *taken == name)
        || name.to_str().is_ok_and(|name| MADE.contains(&name) || ["clock", "global", "random"].contains(&name))
}

/// What a native function gives back.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// A plain value.
    Datum(Datum),
    /// An actor's handle.
    Actor(ActorId),
}

impl<T: Into<Datum>> From<T> for Reply {
    fn from(value: T) -> Self {
        Reply::Datum(value.into())
    }
}

impl From<ActorId> for Reply {
    fn from(actor: ActorId) -> Self {
        Reply::Actor(actor)
    }
}

/// A script's call of a native function: its arguments, numbered from 1, and what may be asked of the world.
pub struct Call<'a, 'f> {
    sim: &'a Sim,
    frame: &'a mut Frame<'f>,
}

impl Call<'_, '_> {
    /// How many arguments there are.
    pub fn count(&self) -> u32 {
        self.frame.len()
    }

    /// An argument that must be a finite number. The error is fit for the author of the script; so are those below.
    pub fn number(&mut self, at: u32) -> Result<f64, String> {
        args::number(self.frame, at, format_args!("argument {at}")).map_err(sentence)
    }

    /// An argument that must be a string.
    pub fn text(&mut self, at: u32) -> Result<String, String> {
        args::text(self.frame, at, format_args!("argument {at}")).map_err(sentence)
    }

    /// An argument that must be a vector; its x and y.
    pub fn point(&mut self, at: u32) -> Result<[f32; 2], String> {
        args::point(self.frame, at, format_args!("argument {at}")).map_err(sentence)
    }

    /// An argument that must be an actor: `self`, or a handle.
    pub fn actor(&mut self, at: u32) -> Result<ActorId, String> {
        args::actor(self.frame, at, format_args!("argument {at}")).map_err(sentence)
    }

    /// An argument of any kind. Functions, coroutines and actors have no plain value: they are `Nil`, as is an argument
    /// that is not there.
    pub fn datum(&mut self, at: u32) -> Datum {
        if at == 0 || at > self.count() { Datum::Nil } else { values::datum(self.frame, at) }
    }

    /// Who calls.
    pub fn caller(&self) -> ActorId {
        self.sim.actor
    }

    /// The number of the tick.
    pub fn now(&self) -> u64 {
        self.sim.state.tick
    }

    /// Where an actor's centre is, in pixels, while it lives.
    pub fn position_of(&self, actor: ActorId) -> Option<[f32; 2]> {
        self.sim.is_alive(actor).then(|| self.sim.place(actor))
    }

    /// Charges the script's time budget for the work done for it, in interrupts: about 10 ns each.
    pub fn charge(&mut self, work: u64) {
        self.frame.charge(work);
    }
}

fn sentence(raise: Raise) -> String {
    match raise {
        Raise::Message(text) => text,
        Raise::Value(_) | Raise::Again => "it can't be done".into(),
    }
}

impl Sim {
    /// A script called the native function of this number.
    pub(crate) fn call_native(&mut self, function: usize, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let body = self.functions.get(function).ok_or("no such function of the engine")?.body.clone();
        frame.charge(CALLING);
        match body(&mut Call { sim: self, frame })? {
            Reply::Datum(datum) => values::push_datum(frame, &datum),
            Reply::Actor(actor) => frame.push(Value::Handle(actor.handle())),
        }
        Ok(Flow::Return(1))
    }
}
