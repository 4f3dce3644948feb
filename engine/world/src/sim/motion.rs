//! Native movement as scripts see it: a call that sleeps until arrival, collision or a newer movement.

use dormouse_vm::{Flow, Frame, Raise, Value};

use super::host::give;
use super::queue::OrNone;
use super::state::{Go, Wait};
use super::{Sim, args};
use crate::happenings::HappeningKind;
use crate::ids::{ActorId, TaskId};
use crate::space::{BodyId, Contact, Motion};

impl Sim {
    /// The actor whose own method is called; an error on a handle or on another's table.
    fn own(&self, frame: &mut Frame<'_>, method: &str) -> Result<ActorId, Raise> {
        let who = args::actor(frame, 1, format_args!("what {method} is called on"))?;
        if who != self.actor {
            return Err(format!(
                "{method} moves oneself: call it on self; {} moves by its own actions",
                self.label(who)
            )
            .into());
        }
        Ok(who)
    }

    fn body_of(&self, who: ActorId) -> BodyId {
        self.state.face(who).map(|face| face.body).unwrap_or_default()
    }

    /// The speed that was given, else the actor's prop `speed`.
    fn speed(&self, frame: &mut Frame<'_>, at: u32, who: ActorId) -> Result<f32, Raise> {
        let speed = match args::optional_number(frame, at, "speed")? {
            Some(speed) => Some(speed),
            None => {
                frame.get(1, "speed");
                let own = frame.number(frame.len());
                frame.pop(1);
                match own {
                    Some(own) => Some(own),
                    None => self.classes.number_prop(self.class_of_actor(who), "speed"),
                }
            }
        };
        match speed {
            Some(speed) if speed > 0.0 && speed.is_finite() => Ok((speed as f32).min(f32::MAX / 2.0)),
            Some(speed) => Err(format!("speed must be more than 0 pixels a second, not {speed}").into()),
            None => Err("no speed: pass one in pixels a second, or give the class a prop `speed`".into()),
        }
    }

    /// `self:move_to(point, speed)` and `self:move_by(delta, speed)`
    pub(crate) fn move_to(&mut self, frame: &mut Frame<'_>, relative: bool) -> Result<Flow, Raise> {
        let name = if relative { "move_by" } else { "move_to" };
        let who = self.own(frame, name)?;
        let what = if relative { "the way of move_by" } else { "the goal of move_to" };
        let mut target = args::point(frame, 2, what)?;
        let speed = self.speed(frame, 3, who)?;
        if relative {
            let [x, y] = self.place(who);
            target = [x + target[0], y + target[1]];
        }
        if !args::is_place(target) {
            return Err(args::too_far(target, format_args!("the goal of {name}")).into());
        }
        frame.can_wait()?;
        self.depart(frame, who, Motion::To { target: target.into(), speed });
        Ok(Flow::Suspend)
    }

    /// `self:follow(who, { speed = 30, distance = 20 })`
    pub(crate) fn follow(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let who = self.own(frame, "follow")?;
        let other = args::actor(frame, 2, "whom follow is to follow")?;
        if !self.is_alive(other) {
            return Err(self.dead(frame, other));
        }
        if other == who {
            return Err("an actor can't follow itself".into());
        }
        self.check_options(frame, 3, "follow", &["speed", "distance"])?;
        frame.get(3, "distance");
        let at = frame.len();
        let distance =
            args::optional_number(frame, at, "distance")?.unwrap_or(0.0).clamp(0.0, f64::from(f32::MAX)) as f32;
        frame.get(3, "speed");
        let at = frame.len();
        let speed = self.speed(frame, at, who)?;
        frame.can_wait()?;
        let target = self.body_of(other);
        self.depart(frame, who, Motion::Follow { who: target, speed, distance });
        Ok(Flow::Suspend)
    }

    /// Hands the motion to the space; the running tasklet sleeps until it ends.
    fn depart(&mut self, frame: &mut Frame<'_>, who: ActorId, motion: Motion) {
        self.interrupt(frame, who);
        let body = self.body_of(who);
        self.state.space.go(body, motion);
        self.wait_for(Wait::Motion, None);
        if let Some(actor) = self.state.actors.get_mut(who) {
            actor.dealings.mover = self.current;
        }
    }

    /// Ends the motion in flight: its call returns false. True when there was one.
    fn interrupt(&mut self, frame: &mut Frame<'_>, who: ActorId) -> bool {
        let mover = self.state.actors.get(who).map_or(TaskId::default(), |actor| actor.dealings.mover);
        if !mover.is_some() {
            return false;
        }
        self.ready_in(frame, mover, Go::With(Value::Bool(false)));
        true
    }

    /// `self:stop_moving()`
    pub(crate) fn stop_moving(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let who = self.own(frame, "stop_moving")?;
        let moved = self.interrupt(frame, who);
        give(frame, Value::Bool(moved))
    }

    /// `self:set_position(point)`
    pub(crate) fn set_position(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let who = self.own(frame, "set_position")?;
        let point = args::place(frame, 2, "the place of set_position")?;
        let body = self.body_of(who);
        self.state.space.teleport(body, point.into());
        Ok(Flow::Return(0))
    }

    /// Where an actor is.
    pub(crate) fn place(&self, who: ActorId) -> [f32; 2] {
        let body = self.state.face(who).and_then(|face| self.state.space.get(face.body));
        body.map_or([0.0, 0.0], |body| body.center.into())
    }

    /// What came of a tick of movement.
    pub(crate) fn meet_all(&mut self, frame: &mut Frame<'_>, contacts: &mut Vec<Contact>) {
        for contact in contacts.drain(..) {
            self.meet(frame, contact);
            frame.set_len(0);
        }
    }

    fn meet(&mut self, frame: &mut Frame<'_>, contact: Contact) {
        match contact {
            Contact::Arrived { body } => {
                let who = ActorId::from_bits(body);
                self.arrive(frame, who, Go::With(Value::Bool(true)));
            }
            Contact::Lost { body } => {
                let who = ActorId::from_bits(body);
                let pin = self.exception(frame, "Dead", &[]);
                self.arrive(frame, who, Go::Raise(Value::Pin(pin)));
            }
            Contact::Blocked { body, other, normal, point } => {
                let who = ActorId::from_bits(body);
                let other = other.map(ActorId::from_bits).filter(|other| self.is_alive(*other));
                self.collide(frame, who, other, normal.into(), point.into());
            }
            Contact::Entered { trigger, body } => self.touch(frame, trigger, body, "Entered"),
            Contact::Left { trigger, body } => self.touch(frame, trigger, body, "Left"),
        }
    }

    /// The motion of `who` is over: its call goes on.
    fn arrive(&mut self, frame: &mut Frame<'_>, who: ActorId, go: Go) {
        if self.wake(frame, who).is_err() {
            if let Some(pin) = go.pin() {
                frame.unpin(pin);
            }
            return;
        }
        let mover = self.state.actors.get(who).map_or(TaskId::default(), |actor| actor.dealings.mover);
        let cause = self.because(who, self.classes.movement);
        let unused = match cause {
            Some(cause) => self.ready(mover, go, cause),
            None => go.pin(),
        };
        if let Some(pin) = unused {
            frame.unpin(pin);
        }
    }

    fn collide(
        &mut self,
        frame: &mut Frame<'_>,
        who: ActorId,
        other: Option<ActorId>,
        [nx, ny]: [f32; 2],
        [px, py]: [f32; 2],
    ) {
        if self.wake(frame, who).is_err() {
            return;
        }
        let fields = [
            ("other", other.map_or(Value::Nil, |other| Value::Handle(other.handle()))),
            ("wall", Value::Bool(other.is_none())),
            ("normal", Value::Vector([nx, ny, 0.0])),
            ("point", Value::Vector([px, py, 0.0])),
        ];
        let moved = self.state.actors.get(who).and_then(|actor| self.base_of(actor.dealings.mover));
        let number = self.note_because(moved, |sim| HappeningKind::Collided {
            who: sim.named_ref(who),
            other: other.map(|other| sim.named_ref(other)),
        });
        let mover = self.state.actors.get(who).map_or(TaskId::default(), |actor| actor.dealings.mover);
        let moving = self.base_of(mover);
        let before = self.set_now(number);
        self.tell_of_collision(frame, who, other, &fields);
        self.set_now(before);
        // On its own way: the next collision is not the consequence of this one.
        self.set_context(mover, moving);
        self.befall(mover, number);
    }

    fn tell_of_collision(
        &mut self,
        frame: &mut Frame<'_>,
        who: ActorId,
        other: Option<ActorId>,
        fields: &[(&str, Value)],
    ) {
        self.push_exception(frame, "Collision", fields);
        let class = self.class_of_actor(who);
        if self.classes.get(class).handles.contains(&self.classes.collision) {
            // The class decides what to raise, and where: the motion is over, the call that made it still waits.
            self.send_own(frame, who, other.unwrap_or_default());
        } else {
            let pin = frame.pop_pin();
            self.arrive(frame, who, Go::Raise(Value::Pin(pin)));
        }
        let handles = |sim: &Sim, who: ActorId| sim.classes.get(sim.class_of_actor(who)).handles_events;
        if let Some(other) = other.filter(|other| handles(self, *other))
            && self.wake(frame, other).is_ok()
        {
            let still = self.state.actors.get(other).is_some_and(|actor| !actor.dealings.mover.is_some());
            if still {
                self.push_exception(frame, "Bumped", &[("other", Value::Handle(who.handle()))]);
                self.send_own(frame, other, who);
            }
        }
    }

    fn touch(&mut self, frame: &mut Frame<'_>, trigger: u64, body: u64, event: &str) {
        let (trigger, other) = (ActorId::from_bits(trigger), ActorId::from_bits(body));
        if self.is_alive(trigger) {
            // Whom it moves is part of what happened.
            if self.wake(frame, trigger).is_err() || self.wake(frame, other).is_err() {
                return;
            }
            let mover = self.state.actors.get(other).and_then(|actor| self.base_of(actor.dealings.mover));
            let number = self.note_because(mover, |sim| HappeningKind::Touched {
                trigger: sim.named_ref(trigger),
                other: sim.named_ref(other),
                entered: event == "Entered",
            });
            let before = self.set_now(number);
            self.push_exception(frame, event, &[("other", Value::Handle(other.handle()))]);
            self.send_own(frame, trigger, other);
            self.set_now(before);
        }
    }

    /// An error for an option that the function does not know.
    pub(crate) fn check_options(
        &self,
        frame: &mut Frame<'_>,
        at: u32,
        what: &str,
        known: &[&str],
    ) -> Result<(), Raise> {
        if frame.is_nil(at) {
            return Ok(());
        }
        if frame.kind(at) != dormouse_vm::Kind::Table {
            return Err(format!("the options of {what} must be a table, not a {}", frame.kind(at).name()).into());
        }
        frame.entries(at, |frame| {
            let key = frame.display(frame.len() - 1);
            if known.contains(&key.as_str()) {
                return Ok(());
            }
            let hint = crate::names::suggestion(&key, known.iter().copied());
            Err(Raise::Message(format!("{what} has no option `{key}`{hint}")))
        })
    }
}
