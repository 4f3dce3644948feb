//! Triggers: who overlaps which, kept by changes alone, so that what rests costs nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Space;
use super::body::{Body, BodyId, Contact};
use super::shapes;
use super::trees::Kind;

/// Pairs that overlap, and what has changed since they were last looked at.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Touching {
    /// By the orders of trigger and body: both, with their owners.
    pairs: BTreeMap<(u64, u64), Pair>,
    changed: Vec<BodyId>,
    /// A body that overlapped something is gone.
    lost: bool,
    triggers: u32,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Pair {
    trigger: BodyId,
    body: BodyId,
    owners: (u64, u64),
}

impl Touching {
    /// Whether this may be what is noted of a space with so many triggers.
    pub(super) fn fits(&self, triggers: u32) -> bool {
        self.triggers == triggers
    }

    #[inline]
    pub(super) fn inserted(&mut self, id: BodyId, kind: Kind) {
        self.triggers += u32::from(kind == Kind::Trigger);
        self.changed(id, kind);
    }

    pub(super) fn removed(&mut self, _id: BodyId, kind: Kind) {
        self.triggers -= u32::from(kind == Kind::Trigger);
        self.lost |= kind != Kind::Ghost && !self.pairs.is_empty();
    }

    /// Without triggers nobody need remember: a new trigger looks around by itself.
    #[inline]
    pub(super) fn changed(&mut self, id: BodyId, kind: Kind) {
        if kind != Kind::Ghost && self.triggers > 0 && self.changed.last() != Some(&id) {
            self.changed.push(id);
        }
    }
}

impl Space {
    /// Tells who began or ceased to overlap a trigger since the last call, ordered by trigger and body.
    pub(super) fn report_touches(&mut self, contacts: &mut Vec<Contact>) {
        if self.touching.changed.is_empty() && !self.touching.lost {
            return;
        }
        let mut changed = std::mem::take(&mut self.touching.changed);
        changed.sort_unstable();
        changed.dedup();
        let mut news = Vec::new();
        self.find_left(&changed, &mut news);
        for id in &changed {
            self.find_entered(*id, &mut news);
        }
        changed.clear();
        self.touching.changed = changed;
        self.touching.lost = false;
        news.sort_unstable_by_key(|(key, entered, ..)| (*key, *entered));
        contacts.extend(news.into_iter().map(|(_, entered, (trigger, body))| match entered {
            true => Contact::Entered { trigger, body },
            false => Contact::Left { trigger, body },
        }));
    }

    fn find_left(&mut self, changed: &[BodyId], news: &mut Vec<News>) {
        let bodies = &self.bodies;
        let lost = self.touching.lost;
        self.touching.pairs.retain(|key, pair| {
            let concerned = [pair.trigger, pair.body].iter().any(|id| changed.binary_search(id).is_ok());
            if !concerned && !lost {
                return true;
            }
            let stays = match (bodies.get(pair.trigger), bodies.get(pair.body)) {
                (Some(trigger), Some(body)) => touch(&trigger.body, &body.body),
                _ => false,
            };
            if !stays {
                news.push((*key, false, pair.owners));
            }
            stays
        });
    }

    fn find_entered(&mut self, id: BodyId, news: &mut Vec<News>) {
        let Some(slot) = self.bodies.get(id) else { return };
        let own = slot.body;
        let other_kind = match Kind::of(&own) {
            Kind::Trigger => Kind::Solid,
            _ => Kind::Trigger,
        };
        self.trees.update(other_kind, &self.bodies);
        let (bodies, pairs) = (&self.bodies, &mut self.touching.pairs);
        self.trees.near(other_kind, own.bounds(), |other_id| {
            let Some(other) = bodies.get(other_id).map(|slot| slot.body).filter(|other| touch(&own, other)) else {
                return;
            };
            let ((trigger_id, trigger), (body_id, body)) =
                if own.trigger { ((id, own), (other_id, other)) } else { ((other_id, other), (id, own)) };
            let (key, owners) = ((trigger.order, body.order), (trigger.owner, body.owner));
            pairs.entry(key).or_insert_with(|| {
                news.push((key, true, owners));
                Pair { trigger: trigger_id, body: body_id, owners }
            });
        });
    }
}

/// The orders of trigger and body, whether it entered, their owners.
type News = ((u64, u64), bool, (u64, u64));

/// A trigger alone says what it notices: the body need not know of it.
fn touch(one: &Body, other: &Body) -> bool {
    let (trigger, body) = if one.trigger { (one, other) } else { (other, one) };
    trigger.mask >> body.layer & 1 == 1 && shapes::overlap(one.shape, one.center, other.shape, other.center)
}
