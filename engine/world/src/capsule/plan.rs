//! Whether a traveller from outside is one that an actor could have come to: everything that the simulation takes for granted
//! when it follows its lists. Nothing is believed of an id but that it is one of the capsule's own.

use std::collections::BTreeSet;

use super::traveller::Traveller;
use crate::ids::TaskId;
use crate::sim::state::{GROUND, Go, Wait};
use crate::snapshot::{Damage, Tag};
use crate::space::Motion;

/// Bytes that a name may have.
const MAX_NAME: usize = 1 << 16;
/// Numbers of journeys and ticks that no actor comes near.
const MANY: u64 = 1 << 60;

fn ensure(holds: bool, what: &str) -> Result<(), Damage> {
    if holds { Ok(()) } else { Err(Damage::at(0, format!("it is no actor that could be: {what}")).within(Tag::ACTOR)) }
}

impl Traveller {
    /// See the module's comment. Cost: everything is looked at once.
    pub(super) fn check(&mut self) -> Result<(), Damage> {
        self.check_texts()?;
        self.check_body()?;
        self.check_tasks()?;
        self.check_waits()?;
        self.check_flights()?;
        self.check_letters()
    }

    fn check_texts(&mut self) -> Result<(), Damage> {
        ensure(self.journey > 0 && self.journey < MANY, "its journeys are without number")?;
        let texts: BTreeSet<_> = self.names.iter().map(|(name, _)| *name).collect();
        ensure(texts.len() == self.names.len(), "a name has two texts")?;
        ensure(self.names.iter().all(|(_, text)| text.len() <= MAX_NAME), "a name is too long")?;
        let mut all = true;
        self.visit_names(&mut |name| all &= texts.contains(name));
        ensure(all, "a name has no text")?;
        let known: BTreeSet<_> = self.known.iter().map(|known| known.id).collect();
        ensure(known.len() == self.known.len() && !known.contains(&self.me), "it knows somebody twice")?;
        let me = self.me;
        let mut all = true;
        self.visit_actors(&mut |id| all &= *id == me || known.contains(id) || *id == Default::default());
        ensure(all, "it knows somebody of whom nothing is said")
    }

    fn check_body(&self) -> Result<(), Damage> {
        let size = self.actor.size;
        ensure(self.body.is_somewhere(), "its body has no place or size")?;
        ensure(size.iter().all(|side| side.is_finite() && *side >= 0.0), "it has no size")?;
        let follows = matches!(self.motion, Some(Motion::Follow { .. }));
        let sound = self.motion.is_none_or(|motion| motion.leads_somewhere());
        ensure(sound && (!follows || self.follows.is_some()), "its motion leads nowhere")
    }

    fn check_tasks(&self) -> Result<(), Damage> {
        let mine: BTreeSet<TaskId> = self.tasks.iter().map(|task| task.id).collect();
        ensure(mine.len() == self.tasks.len() && !self.is_native(), "its tasklets are not its own")?;
        let me = self.me;
        ensure(self.tasks.iter().all(|task| task.tasklet.owner == me), "its tasklets are not its own")?;
        ensure(self.strangers.iter().all(|task| !mine.contains(task)), "a tasklet is its own and is not")?;
        let ready: BTreeSet<TaskId> = self.ready.iter().copied().collect();
        let fits = |task: &super::traveller::Sleeping| {
            (task.tasklet.wait == Wait::Ready) == ready.contains(&task.id)
                && task.left.is_none_or(|left| (1..=u64::from(u32::MAX)).contains(&left))
                && (task.tasklet.wait != Wait::Ticks || task.left.is_some())
                && (task.tasklet.wait != Wait::Ready || task.left.is_none())
                && task.slept < MANY
        };
        ensure(ready.len() == self.ready.len() && ready.is_subset(&mine), "its queue is not of its tasklets")?;
        ensure(self.tasks.iter().all(fits), "a tasklet runs and sleeps")
    }

    /// Each list of waiting tasklets is of those who wait there, and all of them.
    fn check_waits(&self) -> Result<(), Damage> {
        let wait = |id: &TaskId| self.tasks.iter().find(|task| task.id == *id).map(|task| task.tasklet.wait);
        let mut listed = BTreeSet::new();
        let mut list = |ids: &[TaskId], fits: &dyn Fn(Wait) -> bool| {
            ids.iter().all(|id| listed.insert(*id) && wait(id).is_some_and(fits))
        };
        let mut sound = list(&self.listeners, &|wait| matches!(wait, Wait::Event(_)));
        for task in &self.tasks {
            let awaited = task.id;
            sound &= list(&task.awaiters, &|wait| wait == Wait::Task(awaited));
        }
        for flying in &self.flights {
            let token = flying.token;
            sound &= list(&flying.joiners, &|wait| wait == Wait::Join(token));
        }
        ensure(sound, "a list of waiting tasklets has one that does not wait there")?;
        let all = self.tasks.iter().all(|task| match task.tasklet.wait {
            Wait::Event(_) | Wait::Task(_) | Wait::Join(_) => listed.contains(&task.id),
            Wait::Reply(_) => false,
            Wait::Motion => self.motion.is_none() || self.actor.dealings.mover == task.id,
            _ => true,
        });
        ensure(all, "a tasklet waits for what is not there")
    }

    fn check_flights(&self) -> Result<(), Damage> {
        let mut seen = BTreeSet::new();
        for task in &self.tasks {
            for token in &task.flights {
                let flying = self.flights.iter().find(|flying| flying.token == *token);
                let own = flying.is_some_and(|flying| flying.flight.task == task.id && flying.flight.actor == self.me);
                ensure(own && seen.insert(*token), "an action is not that of its tasklet")?;
            }
            if let Go::EndAction(token, _) = task.tasklet.go {
                ensure(task.flights.contains(&token), "an action is to end that is not there")?;
            }
        }
        let tokens: BTreeSet<u32> = self.flights.iter().map(|flying| flying.token).collect();
        ensure(tokens == seen && tokens.len() == self.flights.len(), "an action is nobody's")?;
        ensure(!tokens.iter().any(|token| *token >= GROUND - 1), "an action has no number")?;
        ensure(self.flights.iter().all(|flying| flying.age < MANY && !flying.flight.free), "an action is over")?;
        let taking: BTreeSet<u32> = self.taking.iter().copied().collect();
        let live = self.flights.iter().filter(|flying| flying.flight.live).map(|flying| flying.token).collect();
        ensure(taking.len() == self.taking.len() && taking == live, "it takes other actions than it takes")
    }

    fn check_letters(&self) -> Result<(), Damage> {
        let mut seen = BTreeSet::new();
        let letters = self.handling.iter().chain(&self.mail);
        ensure(letters.into_iter().all(|(id, _)| seen.insert(*id)), "a letter is there twice")?;
        let event = self.actor.dealings.event_task;
        let handles = self.tasks.iter().any(|task| task.id == event);
        ensure(handles == self.handling.is_some(), "it handles a letter and does not")
    }
}
