//! One actor, with all that it has and does.

use dormouse_vm::{Kind, Peek};
use serde::Serialize;

use super::guest::Eye;
use super::{ActorRef, FieldView, Use, ValueView};
use crate::ids::{ActorId, MailId, TaskId};
use crate::names::Name;
use crate::sim::state::{Actor, Mail};
use crate::space::{Motion, Shape};
use crate::world::World;

/// Fields (and globals) of an actor that are shown, and letters of its mailbox.
const MOST: usize = 256;

/// An actor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ActorView {
    /// Its id.
    pub id: ActorId,
    /// The name that it has, which may be empty.
    pub name: String,
    /// What it is called: its name, or its class and number.
    pub label: String,
    /// Its class.
    pub class: String,
    /// Where the class is: its script and line.
    pub place: (String, u32),
    /// Its number in the order of all spawns.
    pub order: u64,
    /// The object of the map that it came from.
    pub object: Option<u32>,
    /// Its body, or at least its place.
    pub body: BodyView,
    /// It was despawned and runs its last code.
    pub dying: bool,
    /// It hibernates: this is what it will be when it wakes.
    pub hibernated: bool,
    /// Its props, by name.
    pub props: Vec<PropView>,
    /// Its other fields, by name.
    pub fields: Vec<FieldView>,
    /// How many more fields it has.
    pub more_fields: usize,
    /// Its own globals, by name.
    pub globals: Vec<FieldView>,
    /// How many more globals it has.
    pub more_globals: usize,
    /// Actions that it can take, by name.
    pub actions: Vec<String>,
    /// Actions that exclude one another.
    pub groups: Vec<Vec<String>>,
    /// Actions in flight, oldest first.
    pub flights: Vec<ActionView>,
    /// The event that is being handled.
    pub handling: Option<LetterView>,
    /// Events that wait to be handled, oldest first.
    pub mailbox: Vec<LetterView>,
    /// How many more wait.
    pub more_mail: usize,
    /// Its tasklets, asleep or not; [`World::sleepers_of`] tells all of them.
    pub tasks: usize,
    /// Bytes that it holds, with what it may hold.
    pub memory: Use,
    /// Interrupts that its tasklets used in the tick in which they last ran, the busiest of them, with what one may use.
    pub time: Use,
}

/// The place of an actor, and its body.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BodyView {
    /// The centre, in pixels.
    pub center: [f32; 2],
    /// Width and height, in pixels.
    pub size: [f32; 2],
    /// `box` or `circle`.
    pub shape: &'static str,
    /// `solid`, `trigger`, or `none` for one that only has a place.
    pub kind: &'static str,
    /// The layer that it is in.
    pub layer: String,
    /// The layers that it collides with; none says all.
    pub collides: Option<Vec<String>>,
    /// Pixels a second in the last tick.
    pub velocity: [f32; 2],
    /// Where it is going.
    pub motion: Option<MotionView>,
}

/// A motion in flight.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MotionView {
    /// To a point.
    To {
        /// The point, in pixels.
        target: [f32; 2],
        /// Pixels a second.
        speed: f32,
    },
    /// After an actor.
    Follow {
        /// Whom; nobody when that one is gone.
        who: Option<ActorRef>,
        /// Pixels a second.
        speed: f32,
        /// Pixels at which it is near enough.
        distance: f32,
    },
}

/// A prop.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PropView {
    /// Its name.
    pub name: String,
    /// The kind of value that it takes: `number`, `string`, `any`...
    pub takes: &'static str,
    /// The actor has a value of its own: given at its birth, or set since.
    pub own: bool,
    /// The value: its own, or the class's.
    pub value: ValueView,
}

/// An action in flight.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ActionView {
    /// Its name.
    pub action: String,
    /// The tick at which it began.
    pub began: u64,
    /// The tasklet that takes it.
    pub task: TaskId,
    /// Who caused it all.
    pub activator: Option<ActorRef>,
    /// Whose wire or call caused it.
    pub caller: Option<ActorRef>,
    /// How many other calls joined it and wait for its end.
    pub joined: usize,
}

/// An event in a mailbox.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LetterView {
    /// Its name; empty where it has none.
    pub event: String,
    /// All of it.
    pub value: ValueView,
    /// Who sent it; none for the engine and for inputs.
    pub from: Option<ActorRef>,
    /// The sender waits for the answer.
    pub asked: bool,
}

impl World {
    /// An actor, dying ones included. `None` when it is gone.
    ///
    /// Cost: a few microseconds, and what it holds is walked to tell its memory. One that hibernates goes on doing so.
    pub fn actor_view(&self, id: ActorId) -> Option<ActorView> {
        self.look_at(id, |eye| eye.actor_view(id))
    }
}

impl Eye<'_> {
    fn actor_view(&self, id: ActorId) -> Option<ActorView> {
        let sim = &self.world.sim;
        let actor = self.actor(id)?;
        let class = sim.classes.get(actor.class);
        let table = self.here.vm.peek(actor.table);
        let props = class.props.keys().map(|name| self.prop_view(actor, &table, name)).collect();
        let (fields, more_fields) = self.fields(&table, MOST, |key| {
            key != b"id" && std::str::from_utf8(key).map_or(true, |key| !class.props.contains_key(key))
        });
        let (globals, more_globals) = self.fields(&self.here.vm.peek(actor.globals), MOST, |_| true);
        let names = |names: &[Name]| names.iter().map(|name| sim.names.text(*name).to_owned()).collect();
        let mut actions: Vec<String> = class.action_names(&sim.names).map(str::to_owned).collect();
        actions.sort();
        let (mailbox, more_mail) = self.letters(actor.dealings.mail.0);
        let tasks = self.tasks_of(id);
        let mut census = self.here.vm.census();
        self.name_roots(&mut census, actor, &tasks);
        Some(ActorView {
            id,
            name: sim.names.text(actor.name).into(),
            label: sim.label(id),
            class: class.name.clone(),
            place: (class.file.clone(), class.line),
            order: actor.order,
            object: (actor.object != 0).then_some(actor.object),
            body: self.body_view(actor),
            dying: actor.dying,
            hibernated: self.guest.is_some(),
            props,
            fields,
            more_fields,
            globals,
            more_globals,
            actions,
            groups: class.groups.iter().map(|group| names(group)).collect(),
            flights: self.flights_of(actor),
            handling: sim
                .state
                .mail
                .get(actor.dealings.handling)
                .map(|letter| self.letter_view(actor.dealings.handling, letter)),
            mailbox,
            more_mail,
            memory: Use { used: census.take() as u64, limit: sim.limits.memory.max(0) as u64 },
            time: self.busiest(&tasks),
            tasks: tasks.len(),
        })
    }

    /// A prop's value: the actor's own, or that of the nearest class that has one.
    fn prop_view(&self, actor: &Actor, table: &Peek<'_>, name: &str) -> PropView {
        let sim = &self.world.sim;
        let takes = sim.classes.get(actor.class).props.get(name).map_or("any", |prop| prop.kind.word());
        let own = table.get(name);
        let mut value = own;
        let mut class = Some(actor.class);
        while let Some(number) = class.filter(|_| value.kind() == Kind::Nil) {
            value = self.world.vm.peek(sim.classes.get(number).table).get(name);
            class = sim.classes.get(number).parent;
        }
        PropView { name: name.into(), takes, own: own.kind() != Kind::Nil, value: self.value_view(&value) }
    }

    fn body_view(&self, actor: &Actor) -> BodyView {
        let space = &self.world.sim.state.space;
        let (center, shape, kind, layer, mask) = match space.get(actor.body) {
            Some(body) => {
                let kind = if body.ghost {
                    "none"
                } else if body.trigger {
                    "trigger"
                } else {
                    "solid"
                };
                let shape = if matches!(body.shape, Shape::Circle { .. }) { "circle" } else { "box" };
                (body.center.into(), shape, kind, body.layer, body.mask)
            }
            None => ([0.0, 0.0], "box", "none", 0, 0),
        };
        BodyView {
            center,
            size: actor.size,
            shape,
            kind,
            layer: self.world.sim.state.layer_name(layer).into(),
            collides: if kind == "none" { Some(Vec::new()) } else { self.world.sim.state.layers_in(mask) },
            velocity: space.velocity(actor.body).into(),
            motion: self.motion_view(actor),
        }
    }

    pub(super) fn motion_view(&self, actor: &Actor) -> Option<MotionView> {
        let space = &self.world.sim.state.space;
        Some(match space.motion(actor.body)? {
            Motion::To { target, speed } => MotionView::To { target: target.into(), speed },
            Motion::Follow { who, speed, distance } => {
                let who = space.get(who).map(|body| self.world.actor_ref(ActorId::from_bits(body.owner)));
                MotionView::Follow { who, speed, distance }
            }
        })
    }

    fn flights_of(&self, actor: &Actor) -> Vec<ActionView> {
        let sim = &self.world.sim;
        let mut flights = Vec::new();
        let mut at = actor.flights;
        while let Some(flight) = sim.state.flights.get(at as usize) {
            flights.push(ActionView {
                action: sim.names.text(flight.action).into(),
                began: flight.began,
                task: flight.task,
                activator: self.world.some_actor(flight.activator),
                caller: self.world.some_actor(flight.caller),
                joined: self.waiting(flight.joiners),
            });
            at = flight.next;
        }
        flights.reverse();
        flights
    }

    fn letters(&self, first: MailId) -> (Vec<LetterView>, usize) {
        let (mut letters, mut more) = (Vec::new(), 0);
        let mut at = first;
        while let Some(letter) = self.world.sim.state.mail.get(at) {
            if letters.len() < MOST {
                letters.push(self.letter_view(at, letter));
            } else {
                more += 1;
            }
            at = letter.next;
        }
        (letters, more)
    }

    fn letter_view(&self, id: MailId, letter: &Mail) -> LetterView {
        let value = self.letter(id, letter.event);
        LetterView {
            event: event_name(&value),
            value: self.value_view(&value),
            from: self.world.some_actor(letter.from),
            asked: self.world.sim.state.tasks.0.contains_key(letter.asker),
        }
    }
}

/// An event's name: its field `name`, or the string that it is.
pub(super) fn event_name(event: &Peek<'_>) -> String {
    let name = if event.kind() == Kind::Table { event.get("name") } else { *event };
    name.bytes()
        .filter(|name| name.len() <= 1024)
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .unwrap_or_default()
}
