//! Who is where. Results are ordered by the bodies' order, whatever the trees look like.

use super::Space;
use std::cell::Cell;

use super::body::{BodyId, Rect, Shape, Vec2};
use super::shapes;
use super::trees::Kind;

/// Whom a query is for.
#[derive(Default)]
pub(crate) struct Filter<'a> {
    /// Whether a body of this owner counts; all do, for `None`.
    pub(crate) accept: Option<&'a dyn Fn(u64) -> bool>,
    /// Counts the bodies that had to be looked at, whatever the trees look like: what the query costs.
    pub(crate) looked: Cell<u64>,
}

impl Filter<'_> {
    fn look(&self, many: usize) {
        self.looked.set(self.looked.get() + many as u64);
    }

    fn takes(&self, owner: u64) -> bool {
        self.accept.is_none_or(|accept| accept(owner))
    }
}

/// What a ray met first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hit {
    /// None for a wall.
    pub(crate) body: Option<BodyId>,
    pub(crate) point: Vec2,
    pub(crate) normal: Vec2,
    pub(crate) distance: f32,
}

const ALL: [Kind; 3] = [Kind::Solid, Kind::Trigger, Kind::Ghost];

/// Whether two boxes overlap or touch.
fn meet(one: Rect, other: Rect) -> bool {
    one.min.cmple(other.max).all() && other.min.cmple(one.max).all()
}

impl Space {
    /// Brings the trees up to date, as all queries need; those for ghosts too, if asked to (rays never meet them).
    pub(crate) fn settle(&mut self, ghosts: bool) {
        for kind in ALL.into_iter().filter(|kind| ghosts || *kind != Kind::Ghost) {
            self.trees.update(kind, &self.bodies);
        }
    }

    /// Bodies that overlap or touch a box; ghosts whose centre is in it.
    pub(crate) fn in_box(&self, center: Vec2, half: Vec2, filter: &Filter<'_>, found: &mut Vec<BodyId>) {
        self.in_shape(Shape::Box { half }, center, filter, found);
    }

    /// Bodies that overlap or touch a circle; ghosts whose centre is in it.
    pub(crate) fn in_circle(&self, center: Vec2, radius: f32, filter: &Filter<'_>, found: &mut Vec<BodyId>) {
        self.in_shape(Shape::Circle { radius }, center, filter, found);
    }

    fn in_shape(&self, shape: Shape, center: Vec2, filter: &Filter<'_>, found: &mut Vec<BodyId>) {
        let bounds = Rect { min: center - shape.reach(), max: center + shape.reach() };
        let mut ordered = Vec::new();
        for kind in ALL {
            self.trees.near(kind, bounds, |id| {
                let Some(body) = self.bodies.get(id).map(|slot| &slot.body) else { return };
                let own = if body.ghost { Shape::Box { half: Vec2::ZERO } } else { body.shape };
                filter.look(usize::from(meet(body.bounds(), bounds)));
                if shapes::overlap(own, body.center, shape, center) && filter.takes(body.owner) {
                    ordered.push((body.order, id));
                }
            });
        }
        ordered.sort_unstable();
        found.extend(ordered.into_iter().map(|(_, id)| id));
    }

    /// The first wall or solid body on the way from one point to another.
    pub(crate) fn ray(&self, from: Vec2, to: Vec2, filter: &Filter<'_>) -> Option<Hit> {
        let way = to - from;
        let bounds = Rect { min: from.min(to), max: from.max(to) };
        // The moment, then walls before bodies and bodies by order.
        let mut first: Option<(f32, u64, Option<BodyId>, Vec2)> = None;
        let mut offer = |hit: Option<(f32, Vec2)>, rank, body| {
            let Some((time, normal)) = hit else { return };
            if first.is_none_or(|first| (time, rank) < (first.0, first.1)) {
                first = Some((time, rank, body, normal));
            }
        };
        self.walls.near(bounds, |wall| {
            let rect = self.walls.rects[wall as usize];
            let half = (rect.max - rect.min) / 2.0;
            offer(shapes::ray(from, way, Shape::Box { half }, rect.min + half), 0, None);
        });
        self.trees.near(Kind::Solid, bounds, |id| {
            let Some(body) = self.bodies.get(id).map(|slot| &slot.body) else { return };
            filter.look(usize::from(meet(body.bounds(), bounds)));
            if filter.takes(body.owner) {
                offer(shapes::ray(from, way, body.shape, body.center), body.order + 1, Some(id));
            }
        });
        let (time, _, body, normal) = first?;
        Some(Hit { body, point: from + way * time, normal, distance: way.length() * time })
    }

    /// The body whose centre is nearest to a point, within a radius.
    pub(crate) fn nearest(&self, point: Vec2, radius: Option<f32>, filter: &Filter<'_>) -> Option<BodyId> {
        // The trees find less, never equal.
        let limit = radius.map_or(f32::MAX, |radius| radius.next_up());
        let bodies = &self.bodies;
        // Those that are near and do not count are looked at too: in the worst case all.
        filter.look(if filter.accept.is_some() { bodies.len() / 4 } else { 8 });
        let distance = |id: BodyId| {
            let body = &bodies.get(id)?.body;
            filter.takes(body.owner).then(|| body.center.distance(point))
        };
        let mut least: Option<f32> = None;
        for kind in ALL {
            let best = self.trees.least(kind, point, least.unwrap_or(limit), distance);
            least = best.or(least);
        }
        let least = least?;
        let reach = Vec2::splat(least);
        let mut first: Option<(u64, BodyId)> = None;
        for kind in ALL {
            self.trees.near(kind, Rect { min: point - reach, max: point + reach }, |id| {
                if distance(id) == Some(least) {
                    let found = (self.bodies[id].body.order, id);
                    first = Some(first.map_or(found, |first| first.min(found)));
                }
            });
        }
        first.map(|(_, id)| id)
    }
}
