//! Mailboxes: `tell`, `ask`, `wait_event`, and the events that the engine itself sends.

use dormouse_vm::{Flow, Frame, Kind, Raise, Value};

use super::accounts::{AccountId, ENVELOPE};
use super::host::give;
use super::queue::OrNone;
use super::state::{Go, Mail, Role, Wait};
use super::{Sim, args};
use crate::happenings::{Fate, HappeningKind};
use crate::ids::{ActorId, MailId, TaskId};
use crate::names::Name;

/// Interrupts that sending an event costs, besides copying it.
const SENDING: u64 = 100;

impl Sim {
    /// `tell(who, event)`
    pub(crate) fn tell(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let who = args::actor(frame, 1, "whom tell is to tell")?;
        if frame.is_nil(2) {
            return Err("tell takes the event to send: a string, or a table with a name".into());
        }
        if !self.is_alive(who) {
            let kept = self.state.travels.has_left(who) && self.keep_letter(frame, who, 2);
            return give(frame, Value::Bool(kept));
        }
        let bytes = self.push_letter(frame)?;
        let event = frame.len();
        self.send(frame, who, event, TaskId::default(), bytes)?;
        give(frame, Value::Bool(true))
    }

    /// `ask(who, event, limit)`
    pub(crate) fn ask(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let who = args::actor(frame, 1, "whom ask is to ask")?;
        let limit = args::optional_ticks(frame, 3, "the limit of ask")?;
        if frame.is_nil(2) {
            return Err("ask takes the event to send: a string, or a table with a name".into());
        }
        if !self.is_alive(who) {
            return Err(self.dead(frame, who));
        }
        let class = self.class_of_actor(who);
        if !self.classes.get(class).handles_events {
            let name = &self.classes.get(class).name;
            return Err(format!("{} can't answer: class {name} has no handleEvent", self.label(who)).into());
        }
        frame.can_wait()?;
        let bytes = self.push_letter(frame)?;
        let event = frame.len();
        let mail = self.send(frame, who, event, self.current, bytes)?;
        // What was sent is the other's alone: nothing of it stays in the frame that waits.
        frame.set_len(0);
        self.wait_for(Wait::Reply(mail), limit);
        Ok(Flow::Suspend)
    }

    /// Pushes the event that is argument 2 as another actor may have it. The bytes that it takes on its way.
    fn push_letter(&mut self, frame: &mut Frame<'_>) -> Result<u64, Raise> {
        frame.charge(SENDING);
        Ok(self.push_isolated(frame, 2)? + ENVELOPE)
    }

    /// `wait_event(name, limit)`
    pub(crate) fn wait_event(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        let name = args::optional_text(frame, 1, "the event that is waited for")?;
        let limit = args::optional_ticks(frame, 2, "the limit of wait_event")?;
        frame.can_wait()?;
        let name = name.map_or(Ok(Name::NONE), |name| self.new_name(&name))?;
        let owner = self.actor;
        self.wait_for(Wait::Event(name), limit);
        self.link(self.current, |sim| sim.state.actors.get_mut(owner).map(|actor| &mut actor.dealings.listeners));
        Ok(Flow::Suspend)
    }

    /// The name of an event: its field `name`, or the string that it is.
    fn event_text(&self, frame: &mut Frame<'_>, at: u32) -> Option<String> {
        let table = frame.kind(at) == Kind::Table;
        if table {
            frame.get(at, "name");
        }
        let place = if table { frame.len() } else { at };
        let text = frame.peek(place).map(|name| name.into_owned());
        if table {
            frame.pop(1);
        }
        text
    }

    /// Its number; none, where nobody ever waited for that name.
    fn event_name(&self, frame: &mut Frame<'_>, at: u32) -> Option<Name> {
        let table = frame.kind(at) == Kind::Table;
        if table {
            frame.get(at, "name");
        }
        let place = if table { frame.len() } else { at };
        let name = frame.peek(place).and_then(|name| self.names.find(&name));
        if table {
            frame.pop(1);
        }
        name
    }

    /// Delivers the value at `at`: to those of the actor's tasklets that wait for it, else to its mailbox. It takes so
    /// many bytes, which are held against who sends it.
    pub(crate) fn send(
        &mut self,
        frame: &mut Frame<'_>,
        who: ActorId,
        at: u32,
        asker: TaskId,
        bytes: u64,
    ) -> Result<MailId, Raise> {
        self.wake(frame, who)?;
        let Some(actor) = self.state.actors.get(who) else { return Ok(MailId::default()) };
        let (listeners, class) = (actor.dealings.listeners, actor.class);
        let name = self.event_name(frame, at);
        let text = if self.watch.is_some() { self.event_text(frame, at) } else { None };
        let Some(cause) = self.because(who, name.unwrap_or(self.classes.event)) else {
            return Err("the event was cut off: too many causes in one tick".into());
        };
        let from = self.actor;
        let sent = self.note(|sim| HappeningKind::Event {
            to: sim.named_ref(who),
            name: text.unwrap_or_default(),
            from: sim.known(from),
            fate: sim.fate(who, name, asker),
        });
        self.tie(cause, sent);
        let event = frame.value(at);
        let mut heard = false;
        if !asker.is_some() {
            for task in self.chain(listeners) {
                let wanted = self.state.tasks.0.get(task).map(|tasklet| tasklet.wait);
                if matches!(wanted, Some(Wait::Event(wanted)) if wanted == Name::NONE || Some(wanted) == name) {
                    frame.push(event);
                    let own = frame.value(frame.len());
                    frame.pop(1);
                    if let Some(pin) = self.ready(task, Go::With(own), cause) {
                        frame.unpin(pin);
                    }
                    heard = true;
                }
            }
        }
        if heard || !self.classes.get(class).handles_events {
            if let Value::Pin(pin) = event {
                frame.unpin(pin);
            }
            return Ok(MailId::default());
        }
        let account = match bytes {
            0 => AccountId::NONE,
            bytes => self.send_bytes(from, bytes).inspect_err(|_| {
                if let Value::Pin(pin) = event {
                    frame.unpin(pin);
                }
            })?,
        };
        let activator = self.state.tasks.0.get(self.current).map_or(from, |tasklet| tasklet.activator);
        let activator = if activator == ActorId::default() { from } else { activator };
        let mail =
            self.state.mail.insert(Mail { event, from, asker, next: MailId::default(), activator, bytes, account });
        self.note_letter(mail, sent);
        if let Some(actor) = self.state.actors.get_mut(who) {
            let (first, last) = actor.dealings.mail;
            actor.dealings.mail = if self.state.mail.contains_key(first) { (first, mail) } else { (mail, mail) };
            if let Some(last) = self.state.mail.get_mut(last).filter(|_| last != mail) {
                last.next = mail;
            }
        }
        if self.classes.get(class).native.is_some() {
            self.wake_native(who, cause);
        } else {
            self.handle_next(frame, who, cause);
        }
        Ok(mail)
    }

    /// What will become of an event that is sent now.
    fn fate(&self, who: ActorId, name: Option<Name>, asker: TaskId) -> Fate {
        let Some(actor) = self.state.actors.get(who) else { return Fate::Ignored };
        let waits = |task: &TaskId| match self.state.tasks.0.get(*task).map(|tasklet| tasklet.wait) {
            Some(Wait::Event(wanted)) => wanted == Name::NONE || Some(wanted) == name,
            _ => false,
        };
        match () {
            () if !asker.is_some() && self.chain(actor.dealings.listeners).iter().any(waits) => Fate::Heard,
            () if self.classes.get(actor.class).handles_events => Fate::Mailed,
            () => Fate::Ignored,
        }
    }

    /// An event is taken out of the mailbox: what follows is the consequence of its sending, whoever was before it.
    fn note_handled(&mut self, frame: &mut Frame<'_>, who: ActorId, mail: MailId, task: TaskId) {
        let Some(event) = self.state.mail.get(mail).map(|letter| letter.event) else { return };
        frame.push(event);
        let name = self.event_text(frame, frame.len());
        frame.pop(1);
        let number = self.note_because(self.sent_by(mail), |sim| HappeningKind::Handled {
            who: sim.named_ref(who),
            event: name.unwrap_or_default(),
        });
        self.set_context(task, number);
    }

    /// A native actor that waits for an event takes it out of its mailbox itself.
    fn wake_native(&mut self, who: ActorId, cause: u32) {
        let main = self.state.actors.get(who).map_or(TaskId::default(), |actor| actor.main);
        if self.state.tasks.0.get(main).is_some_and(|tasklet| matches!(tasklet.wait, Wait::Event(_))) {
            let unused = self.ready(main, Go::On, cause);
            debug_assert_eq!(unused, None);
        }
    }

    /// Takes the oldest letter out of a native actor's mailbox.
    pub(crate) fn take_letter(&mut self, who: ActorId) -> Option<(MailId, Mail)> {
        let mail = self.state.actors.get(who)?.dealings.mail.0;
        let letter = *self.state.mail.get(mail)?;
        let actor = self.state.actors.get_mut(who)?;
        actor.dealings.mail = if self.state.mail.contains_key(letter.next) {
            (letter.next, actor.dealings.mail.1)
        } else {
            Default::default()
        };
        Some((mail, letter))
    }

    /// Starts handling the next message, if none is being handled.
    pub(crate) fn handle_next(&mut self, frame: &mut Frame<'_>, who: ActorId, cause: u32) {
        let Some(actor) = self.state.actors.get_mut(who) else { return };
        if actor.dealings.event_task.is_some() || actor.dying {
            return;
        }
        let mail = actor.dealings.mail.0;
        let Some(letter) = self.state.mail.get_mut(mail) else { return };
        actor.dealings.mail.0 = letter.next;
        if !self.state.mail.contains_key(actor.dealings.mail.0) {
            actor.dealings.mail = Default::default();
        }
        let Some(letter) = self.state.mail.get(mail) else { return };
        actor.dealings.handling = mail;
        let (event, from, activator, account) = (letter.event, letter.from, letter.activator, letter.account);
        let (table, class) = (actor.table, actor.class);
        let Some(handler) = self.classes.get(class).handler else { return };
        frame.push(Value::Pin(handler));
        frame.push(Value::Pin(table));
        frame.push(event);
        let thread = frame.pop_tasklet(2);
        let label = self.classes.handle_event;
        let task = self.enter_task(thread, who, Role::Event, label, cause);
        if self.watch.is_some() {
            self.note_handled(frame, who, mail, task);
        }
        if let Some(tasklet) = self.state.tasks.0.get_mut(task) {
            tasklet.activator = activator;
            tasklet.caller = from;
            if account != AccountId::NONE {
                (tasklet.payer, tasklet.guest) = (account, true);
            }
        }
        if let Some(actor) = self.state.actors.get_mut(who) {
            actor.dealings.event_task = task;
        }
        self.state.counts.events += 1;
    }

    /// The message that was being handled is done with: answers who asked, and goes on with the next.
    pub(crate) fn handled(&mut self, frame: &mut Frame<'_>, who: ActorId, answer: Go) {
        let Some(actor) = self.state.actors.get_mut(who) else { return };
        let mail = std::mem::take(&mut actor.dealings.handling);
        actor.dealings.event_task = TaskId::default();
        self.close_letter(frame, mail, answer);
        self.handle_next(frame, who, self.cause);
    }

    /// Removes a letter and answers its asker.
    pub(crate) fn close_letter(&mut self, frame: &mut Frame<'_>, mail: MailId, answer: Go) {
        self.forget_letter(mail);
        let Some(letter) = self.state.mail.remove(mail) else {
            if let Some(pin) = answer.pin() {
                frame.unpin(pin);
            }
            return;
        };
        if let Value::Pin(pin) = letter.event {
            frame.unpin(pin);
        }
        self.arrived(letter.from, letter.account, letter.bytes);
        let failed = matches!(answer, Go::Raise(_));
        let unused = match letter.asker.is_some() {
            true if self.rouse(frame, letter.asker) => self.ready_again(letter.asker, answer, self.back(), failed),
            _ => answer.pin(),
        };
        if let Some(pin) = unused {
            frame.unpin(pin);
        }
    }

    /// Sends an event of the engine, as the last value of the frame, which is popped. `from` is who made it happen.
    pub(crate) fn send_own(&mut self, frame: &mut Frame<'_>, who: ActorId, from: ActorId) {
        let at = frame.len();
        let (current, actor) = (std::mem::take(&mut self.current), std::mem::replace(&mut self.actor, from));
        // Where it is cut off, the chain has been told of.
        let _ = self.send(frame, who, at, TaskId::default(), 0);
        (self.current, self.actor) = (current, actor);
        frame.set_len(at - 1);
    }
}
