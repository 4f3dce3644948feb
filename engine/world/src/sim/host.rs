//! Answers to the scripts' calls: one function a call, each in the module of its subject.

use dormouse_vm::{Entry, Exit, Flow, Frame, Handle, Host, Measure, Pin, Raise, Value};

use super::api::{Function, METHODS};
use super::exceptions::check_parts;
use super::{Sim, args, functions};
use crate::ids::{ActorId, TaskId};
use crate::names::suggestion;
use crate::output::OutputKind;

/// Interrupts that a line said or logged costs, besides its letters.
const SPEAKING: u64 = 100;
/// Bytes that a tasklet takes besides its coroutine.
const TASKLET: u64 = 256;

impl Host for Sim {
    fn call(&mut self, function: u32, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        match function.checked_sub(functions::FIRST) {
            Some(native) => self.call_native(native as usize, frame),
            None => {
                let function = Function::from_number(function).ok_or("no such function of the engine")?;
                self.dispatch(function, frame)
            }
        }
    }

    fn method(&mut self, name: u16, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let Some(actor) = frame.handle(1).and_then(ActorId::from_handle) else {
            return Err("this is no actor: it has no methods".into());
        };
        let name = frame.method_name(name);
        if let Some(action) = name.strip_prefix("Action_") {
            return self.call_action(actor, action, frame);
        }
        match METHODS.iter().find(|(method, _)| method.to_bytes() == name.as_bytes()) {
            Some((_, function)) => self.dispatch(*function, frame),
            None => Err(self.no_such_method(actor, &name)),
        }
    }

    fn field(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let key = frame.display(2);
        let who = frame.handle(1).map(|handle| self.describe(handle)).unwrap_or_default();
        let done = if frame.len() > 2 { "set" } else { "read" };
        let method = METHODS.iter().any(|(method, _)| method.to_bytes() == key.as_bytes());
        let hint = if method { format!("; call it: :{key}()") } else { String::new() };
        Err(format!(
            "{who} is another actor: its field `{key}` can't be {done} from outside{hint} (send it an event with ask or \
             tell, or call one of its actions)"
        )
        .into())
    }

    fn describe(&mut self, handle: Handle) -> String {
        self.called(handle).unwrap_or_else(|| "nobody".into())
    }

    fn enter(&mut self, interceptor: u32, frame: &mut Frame<'_>) -> Result<Entry, Raise> {
        self.begin_action(interceptor, frame)
    }

    fn leave(&mut self, token: u32, exit: Exit, frame: &mut Frame<'_>) -> Option<Pin> {
        self.end_action(token, exit, frame)
    }

    fn measured(&mut self, held: u64) -> Result<i64, String> {
        self.note_measure(held)
    }

    /// What the actor's letters take is held against those who sent them.
    fn measure(&mut self, measure: &mut Measure<'_>) {
        let Some(actor) = self.state.actors.get(self.actor) else { return };
        measure.pin(actor.table);
        measure.pin(actor.globals);
        let (mut task, mut flight) = (actor.tasklets, actor.flights);
        while let Some(tasklet) = self.state.tasks.0.get(task) {
            measure.thread(tasklet.thread);
            measure.bytes(TASKLET);
            for pin in [tasklet.object, tasklet.deferred].into_iter().chain(tasklet.go.pin()) {
                measure.pin(pin);
            }
            task = tasklet.sibling;
        }
        while let Some(other) = self.state.flights.get(flight as usize) {
            measure.pin(other.deferred);
            flight = other.next;
        }
    }
}

impl Sim {
    fn dispatch(&mut self, function: Function, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        use Function as F;
        if self.loader.is_some() && !function.works_at_top_level() {
            return Err(
                "the world does not exist yet at the top level of a script; do this in an actor's methods".into()
            );
        }
        match function {
            F::Seconds => {
                let seconds = args::number(frame, 1, "seconds")?;
                let ticks = (seconds / self.state.duration).round().clamp(1.0, f64::from(u32::MAX));
                give(frame, Value::Number(ticks))
            }
            F::Now => give(frame, Value::Number(self.state.tick as f64)),
            F::Time => give(frame, Value::Number(self.state.time)),
            F::Say => self.speak(OutputKind::Say, frame),
            F::Log => self.speak(OutputKind::Log, frame),
            F::Declare => self.declare(frame),
            F::Require => self.require(frame),
            F::GetGlobal => self.get_global(frame),
            F::SetGlobal => self.set_global(frame),
            F::Start => self.start(frame),
            F::Restart => self.restart(frame),
            F::Me => give(frame, Value::Handle(self.current.handle())),
            F::Park => self.park(frame),
            F::Unpark => self.unpark(frame),
            F::Await => self.await_task(frame),
            F::Status => self.status(frame),
            F::Cancel => self.cancel(frame),
            F::RaiseIn => self.raise_in(frame),
            F::Defer => self.defer(frame),
            F::Describe => self.describe_exception(frame),
            F::Complain => self.complain(frame),
            F::CheckParts => check_parts(frame),
            F::Tell => self.tell(frame),
            F::Ask => self.ask(frame),
            F::WaitEvent => self.wait_event(frame),
            F::WaitAction => self.wait_action(frame),
            F::Activator => self.origin(frame, true),
            F::Caller => self.origin(frame, false),
            F::IsTaking => self.is_taking(frame),
            F::Spawn => self.spawn_call(frame),
            F::Despawn => self.despawn_call(frame),
            F::RaiseAt => self.raise_at(frame),
            F::Find => self.find(frame),
            F::FindAll => self.find_all(frame),
            F::InBox => self.in_box(frame),
            F::InCircle => self.in_circle(frame),
            F::Ray => self.ray(frame),
            F::Nearest => self.nearest(frame),
            F::NameOf => self.name_of(frame),
            F::ClassOf => self.class_of(frame),
            F::Position => self.position_call(frame),
            F::Size => self.size_call(frame),
            F::Velocity => self.velocity_call(frame),
            F::IsAlive => {
                let alive = args::maybe_actor(frame, 1).is_some_and(|actor| self.is_alive(actor));
                give(frame, Value::Bool(alive))
            }
            F::HandleOf => {
                let actor = args::actor(frame, 1, "the actor of handle()")?;
                give(frame, Value::Handle(actor.handle()))
            }
            F::MoveTo => self.move_to(frame, false),
            F::MoveBy => self.move_to(frame, true),
            F::Follow => self.follow(frame),
            F::StopMoving => self.stop_moving(frame),
            F::SetPosition => self.set_position(frame),
            F::Label => {
                let text = frame.named_handle(1).and_then(|handle| self.called(handle)).unwrap_or_default();
                frame.push_text(&text);
                Ok(Flow::Return(1))
            }
            F::Clock => give(frame, Value::Number(self.state.time)),
        }
    }

    fn no_such_method(&self, actor: ActorId, name: &str) -> Raise {
        let Some(class) = self.state.face(actor).map(|actor| actor.class) else {
            return format!("{} is gone, and {name} is no method of actors", self.label(actor)).into();
        };
        let class = self.classes.get(class);
        let actions: Vec<String> = class.action_names(&self.names).map(|action| format!("Action_{action}")).collect();
        let methods = METHODS.iter().filter_map(|(method, _)| method.to_str().ok());
        let hint = suggestion(name, methods.chain(actions.iter().map(String::as_str)));
        let own = if class.has_method(name) {
            format!("; `{name}` is a method of {}'s own: other actors can call its actions, tell and ask", class.name)
        } else {
            hint
        };
        format!("{} has no method `{name}` for other actors{own}", self.label(actor)).into()
    }

    fn speak(&mut self, kind: OutputKind, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let text = (1..=frame.len()).map(|at| self.show(frame, at)).collect::<Vec<_>>().join(" ");
        frame.charge(SPEAKING + text.len() as u64 / 4);
        self.put(kind, self.actor, text);
        Ok(Flow::Return(0))
    }

    /// A value as a person reads it: actors by name, exceptions by their fields.
    pub(crate) fn show(&mut self, frame: &mut Frame<'_>, at: u32) -> String {
        match frame.handle(at) {
            Some(handle) => self.describe(handle),
            // An actor's own table, or a task.
            None => match frame.named_handle(at).and_then(|handle| self.called(handle)) {
                Some(name) => name,
                None => self.described(frame, at),
            },
        }
    }

    /// A value by its fields, with the names of the actors among them.
    pub(crate) fn described(&self, frame: &mut Frame<'_>, at: u32) -> String {
        frame.describe_calling(at, &mut |handle| self.called(handle))
    }

    /// The name for people of an actor or a task.
    fn called(&self, handle: Handle) -> Option<String> {
        if let Some(actor) = ActorId::from_handle(handle) {
            return Some(self.label(actor));
        }
        TaskId::from_handle(handle).map(|task| match self.state.tasks.0.contains_key(task) {
            true => format!("task of {}", self.task_label(task)),
            false => "a task that is over".into(),
        })
    }

    /// Runs `metatable.__tostring` of exceptions.
    fn describe_exception(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let text = self.described(frame, 1);
        frame.push_text(&text);
        Ok(Flow::Return(1))
    }

    /// Whether this number names an actor that lives.
    pub(crate) fn is_alive(&self, actor: ActorId) -> bool {
        self.state.actors.is_asleep(actor) || self.state.actors.awake(actor).is_some_and(|actor| !actor.dying)
    }

    /// An actor's name for people: its own, or its class with its number.
    pub(crate) fn label(&self, id: ActorId) -> String {
        match self.state.face(id) {
            Some(actor) => {
                let name = self.names.text(actor.name);
                if name.is_empty() {
                    format!("{}#{}", self.classes.get(actor.class).name, actor.order)
                } else {
                    name.into()
                }
            }
            None if id == ActorId::default() => "nobody".into(),
            None => format!("a dead actor ({:x})", id.bits()),
        }
    }
}

/// Returns one value.
pub(crate) fn give(frame: &mut Frame<'_>, value: Value) -> Result<Flow, Raise> {
    frame.push(value);
    Ok(Flow::Return(1))
}
