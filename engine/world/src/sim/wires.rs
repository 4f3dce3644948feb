//! Wires: posted when an action happens, carried out in order, later or at once.

use dormouse_vm::{Frame, Value};

use super::Sim;
use super::accounts::{AccountId, ENVELOPE};
use super::state::{Moment, Post, TIME, Target, Wire};
use crate::happenings::Outcome;
use crate::ids::ActorId;
use crate::names::{Name, matches};

impl Sim {
    /// Posts the wires that hang on this moment of this action, in map order.
    pub(crate) fn post_wires(
        &mut self,
        source: ActorId,
        action: Name,
        moment: Moment,
        activator: ActorId,
        caller: ActorId,
    ) {
        let Some((first, count)) = self.state.actors.get(source).map(|actor| actor.wires) else { return };
        for number in first..first + count {
            let wire = &mut self.state.wires[number as usize];
            if wire.action != action || wire.moment != moment || wire.spent {
                continue;
            }
            wire.spent = wire.once;
            let delay = wire.delay;
            let mut post =
                Post { wire: number, source, activator, caller, cause: self.cause, account: AccountId::NONE };
            if delay == 0 {
                self.note_post(number, source, None);
                self.state.posts.push_back(post);
            } else {
                match self.send_bytes(source, ENVELOPE) {
                    Ok(account) => post.account = account,
                    Err(why) => {
                        let id = self.state.actors[source].account;
                        self.warn_account(id, source, format!("a wire was cut off: {why}"));
                        continue;
                    }
                }
                let order = self.state.posted;
                self.state.posted += 1;
                let due = self.state.tick + u64::from(delay);
                self.note_post(number, source, Some((due, order)));
                self.state.delayed.insert((due, order), Post { cause: TIME, ..post });
            }
        }
    }

    /// Moves the delayed wires that are due to the queue.
    pub(crate) fn post_due(&mut self) {
        while let Some(entry) = self.state.delayed.first_entry() {
            let key = *entry.key();
            if key.0 > self.state.tick {
                return;
            }
            let post = entry.remove();
            self.arrived(post.source, post.account, ENVELOPE);
            self.state.posts.push_back(post);
            self.move_post(key);
        }
    }

    /// Carries out the wire whose post was just taken from the first place.
    pub(crate) fn carry(&mut self, frame: &mut Frame<'_>, post: Post) {
        let posted = self.take_post();
        let before = self.set_now(posted);
        let wire = self.state.wires[post.wire as usize].clone();
        let targets = self.targets(&wire.target, post);
        if targets.is_empty() {
            self.note_fired(post.wire, post.source, None, Outcome::Nobody);
        }
        if targets.len() > 1 && self.state.actors.sleepers() > 0 {
            let can = |id: &ActorId| self.classes.get(self.class_of_actor(*id)).actions.contains_key(&wire.call);
            let concerned: Vec<ActorId> = targets.iter().copied().filter(can).collect();
            self.wake_ahead(frame, concerned.into_iter());
        }
        for target in targets {
            if !self.reach(frame, &wire, post, target) {
                break;
            }
        }
        self.set_now(before);
    }

    /// One target of a wire. False when the chain of causes has become too long.
    fn reach(&mut self, frame: &mut Frame<'_>, wire: &Wire, post: Post, target: ActorId) -> bool {
        let class = self.classes.get(self.class_of_actor(target));
        if !class.actions.contains_key(&wire.call) {
            // `check` warns of it: with a pattern or a class some targets may lack the action.
            self.note_fired(post.wire, post.source, Some(target), Outcome::NoAction);
            return true;
        }
        let Some(cause) = self.because_of(post.cause, target, wire.call) else {
            self.note_fired(post.wire, post.source, Some(target), Outcome::Cut);
            return false;
        };
        self.state.counts.wires += 1;
        // In flight already: to ask again would be to join, and nobody waits for a wire.
        if self.flight_of(target, wire.call).is_some_and(|token| !self.is_ending(token)) {
            self.note_fired(post.wire, post.source, Some(target), Outcome::Joined);
            return true;
        }
        let number = self.note_fired(post.wire, post.source, Some(target), Outcome::Began);
        let posted = self.set_now(number);
        let first = frame.len() + 1;
        if wire.arg != Value::Nil {
            frame.push(wire.arg);
        }
        self.perform(frame, target, wire.call, first, post.activator, post.source, cause);
        self.set_now(posted);
        true
    }

    pub(crate) fn targets(&self, target: &Target, post: Post) -> Vec<ActorId> {
        let alive = |id: &ActorId| self.is_alive(*id);
        match target {
            Target::Actor(id) => [*id].into_iter().filter(alive).collect(),
            Target::Activator => [post.activator].into_iter().filter(alive).collect(),
            Target::Caller => [post.caller].into_iter().filter(alive).collect(),
            Target::Named(pattern) => {
                let mut found: Vec<_> = self
                    .state
                    .named
                    .iter()
                    .filter(|(name, _)| matches(pattern, self.names.text(**name)))
                    .flat_map(|(_, actors)| actors.iter().copied())
                    // The level and the game have words of their own: a pattern is for those who are drawn.
                    .filter(|id| alive(id) && *id != self.state.level && *id != self.state.game)
                    .collect();
                found.sort_by_key(|id| self.state.face(*id).map(|face| face.order));
                found
            }
            Target::Class(class) => self.of_class(*class),
        }
    }

    /// Live actors of a class and its subclasses, in spawn order.
    pub(crate) fn of_class(&self, class: u32) -> Vec<ActorId> {
        let mut found: Vec<_> = self
            .state
            .faces()
            .filter(|(_, actor)| !actor.dying && self.classes.is_a(actor.class, class))
            .map(|(id, actor)| (actor.order, id))
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, id)| id).collect()
    }
}
