//! Birth and death of actors. A dead one leaves nothing behind: its tasklets are cancelled and run their `finally`,
//! its letters come back, whoever waits for it learns why.

use dormouse_vm::{Flow, Frame, Kind, Pin, Raise, Thread, Value, Vm};

use super::classes::{BodyPlan, PropKind};
use super::host::give;
use super::linker::{BUILT_IN, MAX_SIZE};
use super::queue::OrNone;
use super::state::{Actor, GROUND, Go, Role};
use super::{Sim, args, values};
use crate::happenings::HappeningKind;
use crate::ids::{ActorId, MailId, TaskId};
use crate::names::{Name, suggestion};
use crate::rare::Rare;
use crate::space::{Body, BodyId, Shape};

/// What an actor is made from.
pub(crate) struct Birth {
    pub(crate) class: u32,
    pub(crate) name: Name,
    /// The object in the map, or 0.
    pub(crate) object: u32,
    pub(crate) center: [f32; 2],
    pub(crate) size: [f32; 2],
    /// It is round, where its class does not say.
    pub(crate) round: bool,
    pub(crate) body: Option<BodyPlan>,
    /// How many props its own table will hold at first.
    pub(crate) props: usize,
}

/// The props that a script gives to `spawn`.
struct Given {
    count: usize,
    /// They are as the class's shape says.
    usual: bool,
}

/// What `spawn` is given for the engine.
pub(super) const FOR_ENGINE: [&str; 4] = ["name", "position", "size", "body"];

/// Empty places for what is for the engine, behind the class and the table of props.
fn make_room(frame: &mut Frame<'_>) {
    frame.set_len(2);
    frame.set_len(2 + FOR_ENGINE.len() as u32);
}

/// Interrupts that spawning costs.
const SPAWNING: u64 = 300;
/// Pixels that an actor measures when nobody says.
const DEFAULT_SIZE: [f32; 2] = [16.0, 16.0];

impl Sim {
    /// Makes an actor that does not run yet. Its table has its id and nothing else.
    pub(crate) fn create(&mut self, frame: &mut Frame<'_>, birth: Birth) -> ActorId {
        let order = self.state.spawned;
        self.state.spawned += 1;
        let instance = self.classes.get(birth.class).instance;
        let (shape, size) = shape_of(&birth);
        let account = self.join_account();
        let credit = self.first_credit(account);
        let founder = !self.state.actors.contains_key(self.actor);
        let id = self.state.actors.insert(Actor {
            order,
            class: birth.class,
            name: birth.name,
            object: birth.object,
            table: Pin::NIL,
            globals: Pin::NIL,
            body: BodyId::default(),
            size,
            main: TaskId::default(),
            tasklets: TaskId::default(),
            dealings: Rare::default(),
            flights: GROUND,
            wires: (0, 0),
            account,
            founder,
            held: 0,
            sent: 0,
            credit,
            dying: false,
            stopped: false,
            stirred: 0,
        });
        frame.push_object(1 + birth.props, id.handle(), instance);
        let body = self.state.space.insert(Body {
            shape,
            center: birth.center.into(),
            layer: birth.body.as_ref().map_or(0, |plan| plan.layer),
            mask: birth.body.as_ref().map_or(0, |plan| plan.collides),
            trigger: birth.body.as_ref().is_some_and(|plan| plan.trigger),
            ghost: birth.body.is_none(),
            order,
            owner: id.bits(),
        });
        let actor = &mut self.state.actors[id];
        actor.table = frame.pop_pin();
        actor.body = body;
        if birth.name != Name::NONE {
            self.state.named.entry(birth.name).or_default().push(id);
        }
        id
    }

    /// Starts an actor's life, later in this tick.
    pub(crate) fn begin_life(&mut self, frame: &mut Frame<'_>, id: ActorId, cause: u32) {
        self.tuck_in(id);
        let Some(actor) = self.state.actors.get(id) else { return };
        let (table, class) = (actor.table, actor.class);
        let label = self.classes.main;
        if self.classes.get(class).native.is_some() {
            let task = self.enter_task(Thread::default(), id, Role::Native, label, cause);
            self.state.actors[id].main = task;
            return;
        }
        let Some(life) = self.classes.get(class).life else { return };
        frame.push(Value::Pin(life));
        frame.push(Value::Pin(table));
        let thread = frame.pop_tasklet(1);
        let task = self.enter_task(thread, id, Role::Main, label, cause);
        self.state.actors[id].main = task;
    }

    /// `spawn(class, { ... })`
    pub(crate) fn spawn_call(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let class = match frame.peek(1) {
            Some(name) => self.class_named(&name)?,
            None => self.class_named(&args::text(frame, 1, "the class to spawn")?)?,
        };
        if !matches!(frame.kind(2), Kind::None | Kind::Nil | Kind::Table) {
            let kind = frame.kind(2).name();
            return Err(format!("{} takes a table of props, not a {kind}", self.spawning(class)).into());
        }
        if self.state.actors.len() >= self.limits.actors as usize {
            return Err(format!("the world has {} actors, as many as it may have", self.limits.actors).into());
        }
        self.check_room()?;
        frame.charge(SPAWNING);
        let given = self.sort_props(frame, class)?;
        let birth = self.read_birth(frame, class, given.count)?;
        let Some(cause) = self.because(self.actor, self.classes.spawning) else {
            return Err("too many actors spawn one another in one tick".into());
        };
        let id = self.create(frame, birth);
        if given.usual {
            frame.take_entries(2, self.classes.get(class).shape, self.state.actors[id].table);
        } else if given.count > 0 {
            self.set_props(frame, id)?;
        }
        let number = self
            .note(|sim| HappeningKind::Spawned { who: sim.named_ref(id), class: sim.classes.get(class).name.clone() });
        self.tie(cause, number);
        self.begin_life(frame, id, cause);
        give(frame, Value::Handle(id.handle()))
    }

    /// The call that errors speak of.
    fn spawning(&self, class: u32) -> String {
        format!("spawn(\"{}\")", self.classes.get(class).name)
    }

    /// Looks through the table at 2: what is for the engine is put to the places from 3 on, in the order of
    /// [`FOR_ENGINE`]; all else must be props that the class has, and fit, and none may be missing.
    fn sort_props(&self, frame: &mut Frame<'_>, class: u32) -> Result<Given, Raise> {
        make_room(frame);
        if let Some(count) = frame.sort_entries(2, self.classes.get(class).shape, 3) {
            return Ok(Given { count, usual: true });
        }
        self.sort_unusual_props(frame, class).map(|count| Given { count, usual: false })
    }

    /// The same for any table, with errors that say what is wrong with it. Gives the number of the props.
    fn sort_unusual_props(&self, frame: &mut Frame<'_>, class: u32) -> Result<usize, Raise> {
        // Some of it was sorted before it proved to be unusual.
        make_room(frame);
        let known = &self.classes.get(class).props;
        let (mut count, mut required) = (0, 0);
        frame.entries(2, |frame| {
            let (key, value) = (frame.len() - 1, frame.len());
            let name = frame.peek(key).unwrap_or_else(|| frame.display(key).into());
            if let Some(place) = FOR_ENGINE.iter().position(|own| *own == name) {
                drop(name);
                frame.put(3 + place as u32);
                return Ok(());
            }
            let Some(prop) = known.get(&*name) else {
                let given = BUILT_IN.iter().copied().filter(|name| *name != "id");
                let names = known.keys().map(String::as_str).chain(given);
                let hint = suggestion(&name, names);
                let what = self.spawning(class);
                let class = &self.classes.get(class).name;
                return Err(Raise::Message(format!("{what}: class {class} has no prop `{name}`{hint}")));
            };
            if !values::fits(frame, value, prop.kind) {
                let (what, wanted, name) = (self.spawning(class), prop.kind.phrase(), name.into_owned());
                let kind = args::phrase_of(frame, value);
                return Err(Raise::Message(format!("{what}: prop `{name}` must be {wanted}, not {kind}")));
            }
            count += 1;
            required += usize::from(prop.required);
            Ok(())
        })?;
        if required < known.values().filter(|prop| prop.required).count() {
            return Err(self.missing_prop(frame, class));
        }
        Ok(count)
    }

    fn missing_prop(&self, frame: &mut Frame<'_>, class: u32) -> Raise {
        for (name, prop) in self.classes.get(class).props.iter().filter(|(_, prop)| prop.required) {
            if frame.get(2, name) == Kind::Nil {
                let (what, kind) = (self.spawning(class), prop.kind.phrase());
                return format!("{what}: prop `{name}` ({kind}) must be given").into();
            }
        }
        format!("{}: a prop is missing", self.spawning(class)).into()
    }

    /// What is in the places from 3 on.
    fn read_birth(&mut self, frame: &mut Frame<'_>, class: u32, props: usize) -> Result<Birth, Raise> {
        let called = &self.classes.get(class).name;
        let name = args::optional_text(frame, 3, format_args!("the name in spawn(\"{called}\")"))?;
        let center = match frame.is_nil(4) {
            true => self.place(self.actor),
            false => args::place(frame, 4, format_args!("the position in spawn(\"{called}\")"))?,
        };
        let size = match frame.is_nil(5) {
            true => DEFAULT_SIZE,
            false => args::point(frame, 5, format_args!("the size in spawn(\"{called}\")"))?,
        };
        if size.iter().any(|side| !(0.0..=MAX_SIZE).contains(side)) {
            return Err(format!("the size in {} must be from 0 to {MAX_SIZE} pixels", self.spawning(class)).into());
        }
        let body = match frame.is_nil(6) {
            true => self.classes.get(class).body.clone(),
            false => self.body_plan(frame, 6)?,
        };
        let name = name.map_or(Ok(Name::NONE), |name| self.new_name(&name))?;
        Ok(Birth { class, name, object: 0, center, size, round: false, body, props })
    }

    /// Copies the props in the table at 2 into the new actor's own table.
    fn set_props(&mut self, frame: &mut Frame<'_>, id: ActorId) -> Result<(), Raise> {
        frame.push(Value::Pin(self.state.actors[id].table));
        let own = frame.len();
        let known = &self.classes.get(self.state.actors[id].class).props;
        let result = frame.entries(2, |frame| {
            let (key, value) = (frame.len() - 1, frame.len());
            let kind = frame.peek(key).and_then(|name| known.get(&*name)).map(|prop| prop.kind);
            let Some(kind) = kind else { return Ok(()) };
            frame.push_copy(key);
            match args::maybe_actor(frame, value) {
                Some(actor) if kind == PropKind::Actor => frame.push(Value::Handle(actor.handle())),
                _ => drop(self.push_isolated(frame, value)?),
            }
            frame.set_entry(own);
            Ok(())
        });
        frame.set_len(own - 1);
        if result.is_err() {
            // A prop that can't be copied: there is no such actor after all.
            self.unmake(frame, id);
        }
        result
    }

    /// Puts the value at 2 into the table at 1, which is the actor's own, as the value of a prop, or of a field that it
    /// has; or puts the actor there, for `position`.
    pub(crate) fn set_member(&mut self, frame: &mut Frame<'_>, id: ActorId, name: &str) -> Result<(), String> {
        self.wake(frame, id)?;
        let actor = &self.state.actors[id];
        let class = self.classes.get(actor.class);
        if name == "position" {
            let point = args::place(frame, 2, "position").map_err(in_words)?;
            self.state.space.teleport(actor.body, point.into());
            return Ok(());
        }
        if let Some(prop) = class.props.get(name) {
            self.name_to_actor(frame, 2, prop.kind)?;
            if !frame.is_nil(2) && !values::fits(frame, 2, prop.kind) {
                let kind = args::phrase_of(frame, 2);
                return Err(format!("prop `{name}` of {} must be {}, not {kind}", class.name, prop.kind.phrase()));
            }
        } else if BUILT_IN.contains(&name) {
            return Err(format!("`{name}` is what an actor is born with; it can't be changed"));
        } else if matches!(frame.get(1, name), Kind::Nil | Kind::Function) {
            let hint = suggestion(name, class.props.keys().map(String::as_str).chain(["position"]));
            return Err(format!("{} ({}) has no prop or field `{name}`{hint}", self.label(id), class.name));
        }
        if frame.is_frozen(1) {
            return Err(format!("{} has frozen its table: nothing in it can be changed", self.label(id)));
        }
        frame.set_len(2);
        frame.set(1, name);
        Ok(())
    }

    /// Where a prop takes an actor, a name stands for the one that has it.
    pub(crate) fn name_to_actor(&self, frame: &mut Frame<'_>, at: u32, kind: PropKind) -> Result<(), String> {
        let Some(name) = frame.text(at).filter(|_| kind == PropKind::Actor) else { return Ok(()) };
        let Some(actor) = self.actor_called(&name) else {
            return Err(format!("there is no actor `{name}`{}", suggestion(&name, self.live_names())));
        };
        frame.push(Value::Handle(actor.handle()));
        frame.insert(at);
        frame.remove(at + 1);
        Ok(())
    }

    /// The same for the props in the table at 2 of an actor that is to be spawned.
    pub(crate) fn names_to_actors(&self, frame: &mut Frame<'_>, class: &str) -> Result<(), Raise> {
        let Some(class) = self.classes.find(class) else { return Ok(()) };
        for (name, prop) in self.classes.get(class).props.iter().filter(|(_, prop)| prop.kind == PropKind::Actor) {
            frame.get(2, name);
            let at = frame.len();
            self.name_to_actor(frame, at, prop.kind)?;
            frame.set(2, name);
        }
        Ok(())
    }

    /// Takes back an actor that has not begun to live.
    fn unmake(&mut self, frame: &mut Frame<'_>, id: ActorId) {
        self.leave_names(id);
        let Some(actor) = self.state.actors.get(id) else { return };
        let (body, table, account, held) = (actor.body, actor.table, actor.account, actor.held);
        self.state.actors.remove(id);
        self.state.space.remove(body);
        frame.unpin(table);
        self.leave_account(account, held);
    }

    // ---- death -----------------------------------------------------------------------------------------------

    /// `despawn(who)` and `who:despawn()`
    pub(crate) fn despawn_call(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let who = args::actor(frame, 1, "whom despawn is to end")?;
        let alive = self.is_alive(who);
        if alive {
            self.kill(frame, who);
        }
        give(frame, Value::Bool(alive))
    }

    /// Begins an actor's end: it can't be found any more, and its tasklets run their last parts in this tick.
    pub(crate) fn kill(&mut self, frame: &mut Frame<'_>, who: ActorId) {
        let number = self.note(|sim| HappeningKind::Despawned { who: sim.named_ref(who) });
        let before = self.set_now(number);
        self.end_life(frame, who);
        self.set_now(before);
    }

    fn end_life(&mut self, frame: &mut Frame<'_>, who: ActorId) {
        if self.wake(frame, who).is_err() {
            return;
        }
        let Some(actor) = self.state.actors.get_mut(who) else { return };
        actor.dying = true;
        let (body, watchers, mail, main) = (actor.body, actor.dealings.watchers, actor.dealings.mail.0, actor.main);
        let mut task = actor.tasklets;
        self.leave_names(who);
        self.state.space.remove(body);
        for watcher in self.chain(watchers) {
            let pin = self.exception(frame, "Dead", &[("actor", Value::Handle(who.handle()))]);
            self.ready_in(frame, watcher, Go::Raise(Value::Pin(pin)));
        }
        self.return_letters(frame, who, mail);
        let Some(youngest) = self.state.tasks.0.get(task) else { return self.start_last(frame, who) };
        if !self.state.tasks.0.contains_key(youngest.sibling) {
            return self.cancel_task(frame, task);
        }
        let mut tasks = Vec::new();
        while let Some(tasklet) = self.state.tasks.0.get(task) {
            tasks.push(task);
            task = tasklet.sibling;
        }
        // Oldest first, and the main one before all: the order in which they were born.
        tasks.reverse();
        tasks.sort_by_key(|task| *task != main);
        for task in tasks {
            self.cancel_task(frame, task);
        }
    }

    pub(crate) fn leave_names(&mut self, who: ActorId) {
        let Some(name) = self.state.actors.get(who).map(|actor| actor.name).filter(|name| *name != Name::NONE) else {
            return;
        };
        if let Some(all) = self.state.named.get_mut(&name) {
            all.retain(|other| *other != who);
            if all.is_empty() {
                self.state.named.remove(&name);
            }
        }
    }

    /// Letters that nobody will read: those who asked get `Dead`.
    fn return_letters(&mut self, frame: &mut Frame<'_>, who: ActorId, mut mail: MailId) {
        let returned = self.state.mail.contains_key(mail);
        while let Some(letter) = self.state.mail.get(mail) {
            let next = letter.next;
            self.return_letter(frame, who, mail);
            mail = next;
        }
        if returned && let Some(actor) = self.state.actors.get_mut(who) {
            actor.dealings.mail = Default::default();
        }
    }

    /// One letter comes back unanswered.
    pub(crate) fn return_letter(&mut self, frame: &mut Frame<'_>, who: ActorId, mail: MailId) {
        let asked = self.state.mail.get(mail).is_some_and(|letter| letter.asker.is_some());
        let answer = match asked {
            true => Go::Raise(Value::Pin(self.exception(frame, "Dead", &[("actor", Value::Handle(who.handle()))]))),
            false => Go::On,
        };
        self.close_letter(frame, mail, answer);
    }

    /// All tasklets of a dying actor are over: now `stop` runs, or it has run and the actor is gone.
    pub(crate) fn start_last(&mut self, frame: &mut Frame<'_>, who: ActorId) {
        let Some(actor) = self.state.actors.get_mut(who) else { return };
        let stopped = std::mem::replace(&mut actor.stopped, true);
        let (table, class) = (actor.table, actor.class);
        let Some(stop) = self.classes.get(class).stop.filter(|_| !stopped) else { return self.bury(frame, who) };
        frame.push(Value::Pin(stop));
        frame.push(Value::Pin(table));
        frame.push_text("despawned");
        let thread = frame.pop_tasklet(2);
        let label = self.classes.stopping;
        self.enter_task(thread, who, Role::Last, label, self.cause);
    }

    /// The actor is gone.
    fn bury(&mut self, frame: &mut Frame<'_>, who: ActorId) {
        let Some(actor) = self.state.actors.get(who) else { return };
        let (table, globals, account, held) = (actor.table, actor.globals, actor.account, actor.held);
        self.state.actors.remove(who);
        self.state.borrowed.remove(&who);
        self.state.rests.remove(&who);
        frame.unpin(table);
        frame.unpin(globals);
        self.leave_account(account, held);
    }

    /// A tasklet is over and forgotten; was it the last of an actor that dies?
    pub(crate) fn after_task(&mut self, vm: &mut Vm, owner: ActorId) {
        let over = self
            .state
            .actors
            .get(owner)
            .is_some_and(|actor| actor.dying && !self.state.tasks.0.contains_key(actor.tasklets));
        if over {
            let _ = vm.enter(|frame| self.start_last(frame, owner));
        }
    }
}

fn shape_of(birth: &Birth) -> (Shape, [f32; 2]) {
    let plan = birth.body.as_ref();
    let [mut w, mut h] = birth.size;
    w = plan.and_then(|plan| plan.width).unwrap_or(w);
    h = plan.and_then(|plan| plan.height).unwrap_or(h);
    let round = plan.and_then(|plan| plan.circle).unwrap_or(birth.round);
    if round {
        let radius = plan.and_then(|plan| plan.radius).unwrap_or(w.min(h) / 2.0);
        return (Shape::Circle { radius }, [2.0 * radius, 2.0 * radius]);
    }
    (Shape::Box { half: [w / 2.0, h / 2.0].into() }, [w, h])
}

/// An error of scripts, where no script runs.
pub(crate) fn in_words(raise: Raise) -> String {
    match raise {
        Raise::Message(message) => message,
        _ => "it can't be done".into(),
    }
}
