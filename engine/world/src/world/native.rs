//! Native actors: written in Rust, as linear code on a stack of their own, in the same queue as the scripts.

use dormouse_vm::{Fiber, Flow, Stacks, Suspender, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;
use slotmap::SecondaryMap;

use crate::datum::Datum;
use crate::happenings::Ending;
use crate::ids::{ActorId, TaskId};
use crate::names::Name;
use crate::output::OutputKind;
use crate::sim::accounts::ENVELOPE;
use crate::sim::args::is_place;
use crate::sim::state::{Go, Wait};
use crate::sim::values;
use crate::wheel::Timer;

use super::World;

/// An actor written in Rust.
///
/// A native stack can't be copied, so a native actor's memory is its state, a plain struct that it hands over with
/// every wait. After a rewind (or a load) [`run`](NativeActor::run) is called anew, with the state of the wait, at the
/// moment when that wait would have returned. Therefore **a wait comes last in a loop**: what follows a wait must be
/// what `run` does first.
///
/// ```
/// use dormouse::{Config, Context, NativeActor, NativeClass, Scripts, World};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Clone, Default, Serialize, Deserialize)]
/// struct Clock { strokes: u32 }
///
/// impl NativeActor for Clock {
///     const CLASS: &'static str = "Clock";
///     fn run(&mut self, cx: &mut Context<'_, Self>) {
///         loop {
///             cx.say(&format!("stroke {}", self.strokes));
///             self.strokes += 1;
///             cx.wait(self, 60);
///         }
///     }
/// }
///
/// let config = Config { natives: vec![NativeClass::of::<Clock>()], ..Config::default() };
/// let scripts = Scripts::new().with("tower.luau", "
///     local Tower = actor 'Tower' {}
///     function Tower:run() spawn('Clock') end
///     return Tower
/// ");
/// let mut world = World::new(&config, &scripts)?;
/// world.spawn("Tower", &Default::default())?;
/// for _ in 0..61 { world.tick(&[]); }
/// let said: Vec<String> = world.take_output().into_iter().map(|line| line.text).collect();
/// assert_eq!(said, ["stroke 0", "stroke 1"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait NativeActor: Clone + Default + Serialize + DeserializeOwned + Send + 'static {
    /// The class's name, for `spawn` and maps.
    const CLASS: &'static str;

    /// Its life: runs until it waits, and is called anew after a rewind or load. It must keep nothing on its stack
    /// across a wait that `self` does not hold.
    fn run(&mut self, cx: &mut Context<'_, Self>);
}

/// An event that a native actor took from its mailbox.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its name; empty when it has none.
    pub name: String,
    /// Who sent it; none for the engine and for inputs.
    pub from: Option<ActorId>,
    /// All of it.
    pub value: Datum,
}

/// What a native actor asks of the world.
pub(super) enum Request {
    Wait(u32),
    WaitEvent(Option<u32>),
    Now,
    Me,
    Find(String),
    Position(ActorId),
    Place([f32; 2]),
    Say(String),
    Tell(ActorId, Datum),
    Act(ActorId, String, Datum),
    Despawn,
}

pub(super) enum Answer {
    Nothing,
    Ticks(u64),
    Event(Option<Event>),
    Actor(Option<ActorId>),
    Point(Option<[f32; 2]>),
    Yes(bool),
}

/// A native actor's line to the world.
pub struct Context<'a, S: NativeActor> {
    line: Suspender<'a, S, Answer, Request>,
}

impl<S: NativeActor> Context<'_, S> {
    /// Sleeps so many ticks, at least 1. `state` is the actor itself.
    pub fn wait(&mut self, state: &mut S, ticks: u32) {
        self.line.wait(state, Request::Wait(ticks.max(1)));
    }

    /// Sleeps until an event comes, and takes it; `None` when `limit` ticks have passed before.
    pub fn wait_event(&mut self, state: &mut S, limit: Option<u32>) -> Option<Event> {
        match self.line.wait(state, Request::WaitEvent(limit)) {
            Answer::Event(event) => event,
            _ => None,
        }
    }

    /// The number of the tick.
    pub fn now(&mut self) -> u64 {
        match self.line.ask(Request::Now) {
            Answer::Ticks(now) => now,
            _ => 0,
        }
    }

    /// The actor itself.
    pub fn me(&mut self) -> ActorId {
        match self.line.ask(Request::Me) {
            Answer::Actor(me) => me.unwrap_or_default(),
            _ => ActorId::default(),
        }
    }

    /// The actor of that name.
    pub fn find(&mut self, name: &str) -> Option<ActorId> {
        match self.line.ask(Request::Find(name.into())) {
            Answer::Actor(found) => found,
            _ => None,
        }
    }

    /// Where an actor is, while it lives.
    pub fn position_of(&mut self, actor: ActorId) -> Option<[f32; 2]> {
        match self.line.ask(Request::Position(actor)) {
            Answer::Point(point) => point,
            _ => None,
        }
    }

    /// Is elsewhere at once; nothing happens where that is more than 100,000,000 pixels from the middle of the world.
    pub fn set_position(&mut self, point: [f32; 2]) {
        self.line.ask(Request::Place(point));
    }

    /// Speaks, as `say` of scripts does.
    pub fn say(&mut self, text: &str) {
        self.line.ask(Request::Say(text.into()));
    }

    /// Sends an event. False when nobody lives there.
    pub fn tell(&mut self, who: ActorId, event: Datum) -> bool {
        matches!(self.line.ask(Request::Tell(who, event)), Answer::Yes(true))
    }

    /// Begins an action of another actor. False when it has none of that name.
    pub fn act(&mut self, who: ActorId, action: &str, arg: Datum) -> bool {
        matches!(self.line.ask(Request::Act(who, action.into(), arg)), Answer::Yes(true))
    }

    /// Ends the actor. The call does not return: the stack is unwound at the actor's next wait.
    pub fn despawn(&mut self) {
        self.line.ask(Request::Despawn);
    }
}

/// A class of native actors, for [`Config`](super::Config).
#[derive(Clone, Copy)]
pub struct NativeClass {
    pub(crate) name: &'static str,
    make: fn() -> Box<dyn Native>,
    read: fn(&[u8]) -> Option<Box<dyn Native>>,
}

impl std::fmt::Debug for NativeClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NativeClass({})", self.name)
    }
}

impl NativeClass {
    /// The class of actors of type `S`, which begin as `S::default()`.
    pub fn of<S: NativeActor>() -> Self {
        NativeClass { name: S::CLASS, make: || Box::new(fiber_of(S::default())), read: read::<S> }
    }

    fn make(&self) -> Box<dyn Native> {
        (self.make)()
    }
}

/// A native tasklet that goes on with the state in these bytes, all of which must belong to it.
fn read<S: NativeActor>(bytes: &[u8]) -> Option<Box<dyn Native>> {
    match postcard::take_from_bytes::<S>(bytes) {
        Ok((state, [])) => Some(Box::new(fiber_of(state))),
        _ => None,
    }
}

type NativeFiber<S> = Fiber<S, Answer, Request>;

fn fiber_of<S: NativeActor>(state: S) -> NativeFiber<S> {
    Fiber::new(state, |state, line| state.run(&mut Context { line: line.reborrow() }))
}

/// A native tasklet of any type.
pub(super) trait Native: Send {
    fn go_on(&mut self, stacks: &mut Stacks, answer: Answer) -> Option<Request>;
    /// One that is to be run anew with the same state.
    fn twin(&self) -> Option<Box<dyn Native>>;
    fn bytes(&self) -> Option<Vec<u8>>;
}

impl<S: NativeActor> Native for NativeFiber<S> {
    fn go_on(&mut self, stacks: &mut Stacks, answer: Answer) -> Option<Request> {
        self.resume(stacks, answer)
    }

    fn twin(&self) -> Option<Box<dyn Native>> {
        self.state().map(|state| Box::new(fiber_of(state.clone())) as Box<dyn Native>)
    }

    fn bytes(&self) -> Option<Vec<u8>> {
        postcard::to_stdvec(self.state()?).ok()
    }
}

/// The native tasklets of a world.
#[derive(Default)]
pub(crate) struct Natives {
    classes: Vec<NativeClass>,
    fibers: SecondaryMap<TaskId, Box<dyn Native>>,
    stacks: Stacks,
}

/// Their states, in an image.
#[derive(Default)]
pub(super) struct NativeStates(Vec<(TaskId, Box<dyn Native>)>);

impl Natives {
    pub(super) fn new(classes: &[NativeClass]) -> Self {
        Natives { classes: classes.to_vec(), ..Natives::default() }
    }

    pub(super) fn save(&self, states: &mut NativeStates) {
        states.0.clear();
        states.0.extend(self.fibers.iter().filter_map(|(task, fiber)| Some((task, fiber.twin()?))));
    }

    pub(super) fn load(&mut self, states: &NativeStates) {
        self.fibers.clear();
        for (task, fiber) in &states.0 {
            if let Some(fiber) = fiber.twin() {
                self.fibers.insert(*task, fiber);
            }
        }
    }

    /// The state of each, in bytes; none for one in the middle of a question.
    pub(crate) fn states(&self) -> Vec<(TaskId, Option<Vec<u8>>)> {
        self.fibers.iter().map(|(task, fiber)| (task, fiber.bytes())).collect()
    }

    /// Takes a native tasklet of this class, to go on from these bytes. False when they are not its state.
    pub(crate) fn take(&mut self, task: TaskId, native: u32, bytes: &[u8]) -> bool {
        let fiber = self.classes.get(native as usize).and_then(|class| (class.read)(bytes));
        fiber.is_some_and(|fiber| self.fibers.insert(task, fiber).is_none())
    }

    pub(super) fn write_one(&self, task: TaskId, bytes: &mut Vec<u8>) {
        if let Some(fiber) = self.fibers.get(task) {
            bytes.extend(fiber.bytes().unwrap_or_default());
        }
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        for (task, fiber) in &self.fibers {
            bytes.extend(slotmap::Key::data(&task).as_ffi().to_le_bytes());
            bytes.extend(fiber.bytes().unwrap_or_default());
        }
    }
}

impl World {
    /// Runs a native tasklet until it waits or ends.
    pub(super) fn run_native(&mut self, task: TaskId, cause: u32) {
        let sim = &mut self.sim;
        let Some(tasklet) = sim.state.tasks.0.get_mut(task) else { return };
        let go = std::mem::replace(&mut tasklet.go, Go::On);
        let owner = tasklet.owner;
        let slept = sim.state.tick - tasklet.since;
        sim.actor = owner;
        sim.current = task;
        sim.cause = cause;
        sim.state.counts.wakes += 1;
        if let Some(pin) = go.pin() {
            self.vm.unpin(pin);
        }
        if go == Go::Cancel || self.sim.state.tasks.0[task].cancelled {
            return self.end_native(task, owner);
        }
        let mut answer = match go {
            Go::Slept => Answer::Ticks(slept),
            _ => Answer::Event(self.next_event(owner)),
        };
        loop {
            let Some(fiber) = self.fiber(task, owner) else { return self.end_native(task, owner) };
            let Some(request) = fiber.0.go_on(fiber.1, answer) else { return self.end_native(task, owner) };
            match request {
                Request::Wait(ticks) => return self.put_to_sleep(task, Wait::Ticks, Some(ticks)),
                Request::WaitEvent(limit) => match self.next_event(owner) {
                    Some(event) => answer = Answer::Event(Some(event)),
                    None => return self.put_to_sleep(task, Wait::Event(Name::NONE), limit),
                },
                request => answer = self.answer_native(owner, request),
            }
        }
    }

    /// The fiber of a native tasklet, made when it first runs.
    fn fiber(&mut self, task: TaskId, owner: ActorId) -> Option<(&mut dyn Native, &mut Stacks)> {
        let class = self.sim.state.actors.get(owner)?.class;
        let native = self.sim.classes.get(class).native?;
        let make = *self.natives.classes.get(native as usize)?;
        let fiber = self.natives.fibers.entry(task)?.or_insert_with(|| make.make());
        Some((fiber.as_mut(), &mut self.natives.stacks))
    }

    fn put_to_sleep(&mut self, task: TaskId, wait: Wait, limit: Option<u32>) {
        let state = &mut self.sim.state;
        let tick = state.tick;
        let Some(tasklet) = state.tasks.0.get_mut(task) else { return };
        tasklet.since = tick;
        if tasklet.cancelled {
            tasklet.go = Go::Cancel;
            state.queue.push_back((task, self.sim.cause));
            return;
        }
        tasklet.wait = wait;
        if let Some(ticks) = limit {
            let timer = Timer { due: tick + u64::from(ticks), order: tasklet.order, task };
            tasklet.timer = Some(state.wheel.insert(timer));
        }
    }

    fn end_native(&mut self, task: TaskId, owner: ActorId) {
        self.sim.note_end(task, Ending::Done);
        self.natives.fibers.remove(task);
        let (vm, sim) = (&mut self.vm, &mut self.sim);
        sim.forget_task(vm, task);
        sim.after_task(vm, owner);
    }

    fn next_event(&mut self, who: ActorId) -> Option<Event> {
        let (mail, letter) = self.sim.take_letter(who)?;
        self.sim.state.counts.events += 1;
        let (vm, sim) = (&mut self.vm, &mut self.sim);
        let value = vm.enter(|frame| {
            frame.push(letter.event);
            let value = values::datum(frame, 1);
            // There is no reply of native actors': who asked learns that it was received.
            sim.close_letter(frame, mail, Go::With(Value::Nil));
            value
        });
        let value = value.unwrap_or_default();
        let name = match &value {
            Datum::Text(name) => name.clone(),
            Datum::Map(fields) => match fields.get("name") {
                Some(Datum::Text(name)) => name.clone(),
                _ => String::new(),
            },
            _ => String::new(),
        };
        Some(Event { name, from: (letter.from != ActorId::default()).then_some(letter.from), value })
    }

    fn answer_native(&mut self, me: ActorId, request: Request) -> Answer {
        let (vm, sim) = (&mut self.vm, &mut self.sim);
        match request {
            Request::Wait(_) | Request::WaitEvent(_) => Answer::Nothing,
            Request::Now => Answer::Ticks(sim.state.tick),
            Request::Me => Answer::Actor(Some(me)),
            Request::Find(name) => Answer::Actor(self.find(&name)),
            Request::Position(who) => Answer::Point(self.position_of(who)),
            Request::Place(point) => {
                if is_place(point)
                    && let Some(actor) = sim.state.actors.get(me)
                {
                    sim.state.space.teleport(actor.body, point.into());
                }
                Answer::Nothing
            }
            Request::Say(text) => {
                sim.put(OutputKind::Say, me, text);
                Answer::Nothing
            }
            Request::Tell(who, event) => {
                let alive = sim.is_alive(who);
                let sent = alive
                    && vm
                        .enter(|frame| {
                            values::push_datum(frame, &event);
                            sim.send(frame, who, 1, TaskId::default(), ENVELOPE).is_ok()
                        })
                        .unwrap_or(false);
                Answer::Yes(sent)
            }
            Request::Act(who, action, arg) => {
                let begun = vm.enter(|frame| {
                    frame.push(Value::Handle(who.handle()));
                    values::push_datum(frame, &arg);
                    matches!(sim.call_action(who, &action, frame), Ok(Flow::Return(_)))
                });
                Answer::Yes(begun.unwrap_or(false))
            }
            Request::Despawn => {
                let _ = vm.enter(|frame| sim.kill(frame, me));
                Answer::Nothing
            }
        }
    }
}
