//! The last happenings of a world, with the ways that lead from one to the next.

use std::collections::VecDeque;

use super::Happening;
use crate::observe::ActorRef;

/// The last happenings, at most so many.
#[derive(Clone, Debug)]
pub struct History {
    /// By number, without gaps but where a rewind took some away.
    list: VecDeque<Happening>,
    most: usize,
}

impl History {
    /// Holds the last `most` happenings; about 200 bytes each.
    pub fn new(most: usize) -> Self {
        History { list: VecDeque::new(), most: most.max(1) }
    }

    /// Adds what [`World::take_happenings`](crate::World::take_happenings) gave. The oldest are forgotten; those of
    /// another world (whose numbers begin anew) too.
    pub fn extend(&mut self, happenings: impl IntoIterator<Item = Happening>) {
        for happening in happenings {
            if self.list.back().is_some_and(|last| last.number >= happening.number) {
                self.list.clear();
            }
            self.list.push_back(happening);
        }
        let over = self.list.len().saturating_sub(self.most);
        self.list.drain(..over);
    }

    /// Forgets what happened after a tick, to which the world was rewound.
    pub fn rewind(&mut self, tick: u64) {
        while self.list.back().is_some_and(|last| last.tick > tick) {
            self.list.pop_back();
        }
    }

    /// All of them, oldest first.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Happening> + ExactSizeIterator {
        self.list.iter()
    }

    /// The happening of that number, if it is not forgotten.
    pub fn get(&self, number: u64) -> Option<&Happening> {
        self.list.binary_search_by_key(&number, |happening| happening.number).ok().map(|at| &self.list[at])
    }

    /// What led to the happening of that number: the first cause that is not forgotten, and so on to itself.
    pub fn chain(&self, number: u64) -> Vec<&Happening> {
        let mut chain = Vec::new();
        let mut at = self.get(number);
        while let Some(happening) = at {
            chain.push(happening);
            // A cause is always older: the way has an end.
            at = happening.cause.filter(|cause| *cause < happening.number).and_then(|cause| self.get(cause));
        }
        chain.reverse();
        chain
    }

    /// The actors along that way, each once in a row: `player -> plate -> door -> bell`.
    pub fn actors_on_the_way(&self, number: u64) -> Vec<ActorRef> {
        let mut actors: Vec<ActorRef> = Vec::new();
        for happening in self.chain(number) {
            // What enters a trigger comes before the trigger.
            let first = match &happening.kind {
                super::HappeningKind::Touched { other, .. } => Some(other),
                _ => None,
            };
            for actor in first.into_iter().chain(happening.kind.whose()) {
                if actors.last() != Some(actor) {
                    actors.push(actor.clone());
                }
            }
        }
        actors
    }

    /// What followed from the happening of that number, directly or through others, oldest first.
    pub fn consequences(&self, number: u64) -> Vec<&Happening> {
        let mut known = std::collections::BTreeSet::from([number]);
        let later = self.list.iter().filter(|happening| happening.number > number);
        later
            .filter(|happening| {
                happening.cause.is_some_and(|cause| known.contains(&cause)) && known.insert(happening.number)
            })
            .collect()
    }
}
