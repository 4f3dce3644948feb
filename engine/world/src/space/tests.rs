//! Space against a slow and simple one: geometry in double precision, every body looked at, ways walked in small steps.

use std::collections::BTreeMap;

use glam::DVec2;

use super::*;

/// Seeded numbers: a failing case names its seed.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }

    fn within(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.below(1 << 24) as f32 / (1 << 24) as f32
    }

    fn point(&mut self, reach: f32) -> Vec2 {
        Vec2::new(self.within(-reach, reach), self.within(-reach, reach))
    }

    fn shape(&mut self) -> Shape {
        match self.below(2) {
            0 => Shape::Circle { radius: self.within(1.0, 12.0) },
            _ => Shape::Box { half: Vec2::new(self.within(1.0, 12.0), self.within(1.0, 12.0)) },
        }
    }
}

fn solid(shape: Shape, center: Vec2, order: u64) -> Body {
    Body { shape, center, layer: 0, mask: u32::MAX, trigger: false, ghost: false, order, owner: order + 1000 }
}

/// How far apart two shapes are; negative where they overlap.
fn gap(one: Shape, at: DVec2, other: Shape, there: DVec2) -> f64 {
    let (half, radius) = match (one, other) {
        (Shape::Box { half: a }, Shape::Box { half: b }) => (a.as_dvec2() + b.as_dvec2(), 0.0),
        (Shape::Box { half }, Shape::Circle { radius }) | (Shape::Circle { radius }, Shape::Box { half }) => {
            (half.as_dvec2(), f64::from(radius))
        }
        (Shape::Circle { radius: a }, Shape::Circle { radius: b }) => (DVec2::ZERO, f64::from(a) + f64::from(b)),
    };
    let outside = (at - there).abs() - half;
    outside.max(DVec2::ZERO).length() + outside.max_element().min(0.0) - radius
}

fn rect_shape(rect: &Rect) -> (Shape, DVec2) {
    (Shape::Box { half: (rect.max - rect.min) / 2.0 }, ((rect.max + rect.min) / 2.0).as_dvec2())
}

/// What a mover can run into: bodies, and walls as boxes.
fn obstacles(space: &Space, mover: BodyId) -> Vec<(Shape, DVec2, Option<u64>)> {
    let own = space.bodies[mover].body;
    let bodies = space.bodies.iter().filter(|(id, slot)| *id != mover && slot.body.solid() && own.meets(&slot.body));
    let bodies = bodies.map(|(_, slot)| (slot.body.shape, slot.body.center.as_dvec2(), Some(slot.body.owner)));
    let walls = space.walls.rects.iter().map(|rect| (rect_shape(rect).0, rect_shape(rect).1, None));
    walls.filter(|_| own.mask >> WALL_LAYER & 1 == 1).chain(bodies).collect()
}

/// Walls of a few tiles and bodies that do not overlap one another.
fn scene(random: &mut Random, count: u64) -> (Space, Vec<BodyId>) {
    let walls: Vec<Rect> = (0..6)
        .map(|_| {
            let min = random.point(180.0);
            Rect { min, max: min + Vec2::new(random.within(4.0, 60.0), random.within(4.0, 60.0)) }
        })
        .collect();
    let mut space = Space::new(&walls);
    let mut ids = Vec::new();
    let mut order = 0;
    while ids.len() < count as usize {
        let mut body = solid(random.shape(), random.point(200.0), order);
        body.layer = [0, 2, 3][random.below(3) as usize];
        body.mask = if random.below(4) == 0 { !(1 << random.below(4)) } else { u32::MAX };
        let at = body.center.as_dvec2();
        let free = space
            .bodies
            .values()
            .all(|other| gap(body.shape, at, other.body.shape, other.body.center.as_dvec2()) > 0.1)
            && walls.iter().all(|wall| gap(body.shape, at, rect_shape(wall).0, rect_shape(wall).1) > 0.1);
        if free {
            ids.push(space.insert(body));
            order += 1;
        }
    }
    (space, ids)
}

/// Whatever its speed, a body never passes through or into another, it stops where it must and not before, and it
/// names what stopped it.
#[test]
fn movement_never_tunnels() {
    let (mut blocked, mut arrived) = (0, 0);
    for seed in 0..500 {
        let mut random = Random::new(seed);
        let (mut space, ids) = scene(&mut random, 12);
        let mover = ids[random.below(12) as usize];
        // From crawling to all the way across in a single tick.
        let speed = [30.0, 600.0, 6_000.0, 60_000.0][random.below(4) as usize];
        let target = random.point(220.0);
        space.go(mover, Motion::To { target, speed });
        for tick in 0..10 {
            let (shape, from) = (space.bodies[mover].body.shape, space.bodies[mover].body.center.as_dvec2());
            let way = target.as_dvec2() - from;
            let step = way.length().min(f64::from(speed) / 60.0);
            let around = obstacles(&space, mover);
            let mut contacts = Vec::new();
            space.step(1.0 / 60.0, &mut contacts);
            let to = space.bodies[mover].body.center.as_dvec2();
            let moved = (to - from).length();
            // The way walked in steps far smaller than any body.
            let samples = (moved / 0.1).ceil().max(1.0) as usize;
            for sample in 0..=samples {
                let at = from + (to - from) * (sample as f64 / samples as f64);
                for (other, there, who) in &around {
                    assert!(
                        gap(shape, at, *other, *there) > -2e-3,
                        "seed {seed}, tick {tick}: {who:?} was run into at {at}"
                    );
                }
            }
            match contacts[..] {
                [] => assert!((moved - step).abs() < 1e-2, "seed {seed}, tick {tick}: moved {moved} instead of {step}"),
                [Contact::Arrived { .. }] => {
                    assert_eq!(space.bodies[mover].body.center, target, "seed {seed}");
                    arrived += 1;
                    break;
                }
                [Contact::Blocked { other, normal, .. }] => {
                    // A little further on, exactly the one that was named is in the way: the gap that is left is the skin,
                    // seen along the way.
                    let direction = way.normalize();
                    let into = -direction.dot(normal.as_dvec2());
                    let mut first = None;
                    let mut ahead = 0.0;
                    while first.is_none() && ahead < 0.3 + 0.02 / into.max(1e-3) {
                        ahead += 0.01;
                        first = around
                            .iter()
                            .find(|(other, there, _)| gap(shape, to + direction * ahead, *other, *there) < 0.0);
                    }
                    let first = first.unwrap_or_else(|| panic!("seed {seed}, tick {tick}: stopped by nothing"));
                    let named = around.iter().any(|(shape_of, there, who)| {
                        *who == other && gap(shape, to + direction * (ahead + 0.1), *shape_of, *there) < 1e-3
                    });
                    assert!(named, "seed {seed}, tick {tick}: stopped by {other:?}, but {:?} is in the way", first.2);
                    blocked += 1;
                    break;
                }
                ref other => panic!("seed {seed}: {other:?}"),
            }
        }
    }
    assert!(blocked > 100 && arrived > 100, "both should be seen: {blocked} blocked, {arrived} arrived");
}

/// After any history of insertions, removals, teleports, steps and copies, queries find what looking at every body finds.
#[test]
fn queries_agree_with_looking_at_everybody() {
    for seed in 0..60 {
        let mut random = Random::new(seed);
        let (mut space, mut ids) = scene(&mut random, 30);
        let mut order = 30;
        let mut copy = space.clone();
        for round in 0..30 {
            disturb(&mut random, &mut space, &mut ids, &mut order, &mut Vec::new());
            if random.below(8) == 0 {
                // As a rewind does, into a space with trees of its own.
                copy.clone_from(&space);
                std::mem::swap(&mut copy, &mut space);
            }
            let what = format!("seed {seed}, round {round}");
            space.settle(true);
            check_areas(&mut random, &space, &what);
            check_ray(&mut random, &space, &what);
            check_nearest(&mut random, &space, &what);
        }
    }
}

fn disturb(
    random: &mut Random,
    space: &mut Space,
    ids: &mut Vec<BodyId>,
    order: &mut u64,
    contacts: &mut Vec<Contact>,
) {
    match random.below(4) {
        0 => {
            let gone = ids.swap_remove(random.below(ids.len() as u64) as usize);
            assert!(space.remove(gone).is_some());
            assert!(space.remove(gone).is_none());
        }
        1 => space.teleport(ids[random.below(ids.len() as u64) as usize], random.point(200.0)),
        2 => {
            let id = ids[random.below(ids.len() as u64) as usize];
            space.go(id, Motion::To { target: random.point(200.0), speed: 900.0 });
            space.step(1.0 / 60.0, contacts);
        }
        _ => {}
    }
    while ids.len() < 30 {
        let mut body = solid(random.shape(), random.point(200.0), *order);
        (body.ghost, body.trigger) = [(false, false), (true, false), (false, true)][random.below(3) as usize];
        ids.push(space.insert(body));
        *order += 1;
    }
}

/// By order, as all results are.
fn ordered(space: &Space) -> Vec<Body> {
    let mut bodies: Vec<Body> = space.bodies.values().map(|slot| slot.body).collect();
    bodies.sort_by_key(|body| body.order);
    bodies
}

fn own_shape(body: &Body) -> Shape {
    if body.ghost { Shape::Box { half: Vec2::ZERO } } else { body.shape }
}

fn check_areas(random: &mut Random, space: &Space, what: &str) {
    let center = random.point(200.0);
    let shape = random.shape();
    let odd = |owner: u64| owner % 2 == 1;
    let filter =
        if random.below(2) == 0 { Filter::default() } else { Filter { accept: Some(&odd), ..Filter::default() } };
    let mut found = Vec::new();
    match shape {
        Shape::Box { half } => space.in_box(center, half, &filter, &mut found),
        Shape::Circle { radius } => space.in_circle(center, radius, &filter, &mut found),
    }
    let found: Vec<u64> = found.iter().map(|id| space.bodies[*id].body.order).collect();
    assert!(found.is_sorted(), "{what}");
    for body in ordered(space) {
        let gap = gap(shape, center.as_dvec2(), own_shape(&body), body.center.as_dvec2());
        // What touches within rounding may be found or not.
        if gap.abs() > 1e-4 {
            let expected = gap < 0.0 && (filter.accept.is_none() || odd(body.owner));
            assert_eq!(found.contains(&body.order), expected, "{what}: {body:?} and {shape:?} at {center}");
        }
    }
}

fn check_ray(random: &mut Random, space: &Space, what: &str) {
    let (from, to) = (random.point(220.0), random.point(220.0));
    let hit = space.ray(from, to, &Filter::default());
    let point = Shape::Box { half: Vec2::ZERO };
    let bodies = ordered(space)
        .into_iter()
        .filter(Body::solid)
        .map(|body| (body.shape, body.center.as_dvec2(), Some(body.order)));
    let walls = space.walls.rects.iter().map(|rect| (rect_shape(rect).0, rect_shape(rect).1, None));
    let around: Vec<_> = walls.chain(bodies).collect();
    let inside = |distance: f64, margin: f64| {
        let at = from.as_dvec2() + (to - from).as_dvec2().normalize() * distance;
        around.iter().find(|(shape, there, _)| gap(point, at, *shape, *there) < -margin).map(|(.., who)| *who)
    };
    let length = f64::from((to - from).length());
    let end = hit.map_or(length, |hit| f64::from(hit.distance));
    let mut distance = 0.0;
    while distance < end - 0.02 {
        assert_eq!(
            inside(distance, 1e-3),
            None,
            "{what}: from {from} to {to}, the ray goes through something at {distance}"
        );
        distance += 0.02;
    }
    if let Some(hit) = hit {
        let who = hit.body.map(|id| space.bodies[id].body.order);
        // Walls have no names: one of them must be where the point is.
        let off = around
            .iter()
            .filter(|(.., other)| *other == who)
            .map(|(shape, there, _)| gap(point, hit.point.as_dvec2(), *shape, *there).abs())
            .min_by(f64::total_cmp);
        assert!(off.unwrap() < 1e-2 || hit.distance == 0.0, "{what}: the point is {off:?} off the one that was hit");
        assert!((hit.point - from).length() - hit.distance < 1e-2, "{what}");
    }
}

fn check_nearest(random: &mut Random, space: &Space, what: &str) {
    let point = random.point(220.0);
    let radius = (random.below(2) == 0).then(|| random.within(0.0, 120.0));
    let odd = |owner: u64| owner % 2 == 1;
    let filter = Filter { accept: Some(&odd), ..Filter::default() };
    let found = space.nearest(point, radius, &filter).map(|id| space.bodies[id].body.order);
    let near = |body: &Body| body.center.distance(point);
    let expected = ordered(space)
        .iter()
        .filter(|body| odd(body.owner) && radius.is_none_or(|radius| near(body) <= radius))
        .min_by(|one, other| near(one).total_cmp(&near(other)).then(one.order.cmp(&other.order)))
        .map(|body| body.order);
    assert_eq!(found, expected, "{what}: nearest to {point} within {radius:?}");
}

/// Equally near ones, hit at the same moment: the older one counts, however the trees came to be.
#[test]
fn ties_go_to_the_older() {
    for seed in 0..200 {
        let mut random = Random::new(seed);
        let mut space = Space::new(&[]);
        let half = Vec2::splat(4.0);
        let mut bodies: Vec<Body> =
            (0..6).map(|order| solid(Shape::Box { half }, Vec2::new(50.0, 0.0), order)).collect();
        // Inserted in any order, some moved there later.
        for at in (1..bodies.len()).rev() {
            bodies.swap(at, random.below(at as u64 + 1) as usize);
        }
        for body in bodies {
            let late = random.below(2) == 0;
            let id = space.insert(Body { center: if late { random.point(100.0) } else { body.center }, ..body });
            if random.below(2) == 0 {
                space.settle(true);
            }
            space.teleport(id, body.center);
        }
        space.settle(true);
        let order = |id: BodyId| space.bodies[id].body.order;
        assert_eq!(space.nearest(Vec2::ZERO, None, &Filter::default()).map(order), Some(0), "seed {seed}");
        let hit = space.ray(Vec2::ZERO, Vec2::new(100.0, 0.0), &Filter::default()).unwrap();
        assert_eq!((hit.body.map(order), hit.normal, hit.distance), (Some(0), -Vec2::X, 46.0), "seed {seed}");
        let mover = space.insert(solid(Shape::Circle { radius: 2.0 }, Vec2::ZERO, 99));
        space.go(mover, Motion::To { target: Vec2::new(100.0, 0.0), speed: 1e6 });
        let mut contacts = Vec::new();
        space.step(1.0, &mut contacts);
        assert!(matches!(contacts[..], [Contact::Blocked { other: Some(1000), .. }]), "seed {seed}: {contacts:?}");
    }
}

/// Triggers tell of exactly those that begin and cease to overlap them, once each.
#[test]
fn triggers_tell_of_each_change_once() {
    let (mut entered, mut left) = (0, 0);
    for seed in 0..60 {
        let mut random = Random::new(seed);
        let (mut space, mut ids) = scene(&mut random, 20);
        let mut order = 20;
        // By owners of trigger and body.
        let mut within: BTreeMap<(u64, u64), ()> = BTreeMap::new();
        for round in 0..40 {
            let mut contacts = Vec::new();
            disturb(&mut random, &mut space, &mut ids, &mut order, &mut contacts);
            space.step(1.0 / 60.0, &mut contacts);
            for contact in contacts {
                match contact {
                    Contact::Entered { trigger, body } => {
                        assert_eq!(
                            within.insert((trigger, body), ()),
                            None,
                            "seed {seed}, round {round}: entered twice"
                        );
                        entered += 1;
                    }
                    Contact::Left { trigger, body } => {
                        assert_eq!(
                            within.remove(&(trigger, body)),
                            Some(()),
                            "seed {seed}, round {round}: left, never entered"
                        );
                        left += 1;
                    }
                    _ => {}
                }
            }
            let bodies = ordered(&space);
            for trigger in bodies.iter().filter(|body| body.trigger) {
                for body in bodies.iter().filter(|body| body.solid()) {
                    let gap = gap(trigger.shape, trigger.center.as_dvec2(), body.shape, body.center.as_dvec2());
                    if gap.abs() > 1e-4 {
                        let inside = within.contains_key(&(trigger.owner, body.owner));
                        assert_eq!(inside, gap < 0.0, "seed {seed}, round {round}: {trigger:?} and {body:?}");
                    }
                }
            }
        }
    }
    assert!(entered > 50 && left > 50, "both should be seen: {entered} entered, {left} left");
}

/// One that follows keeps its distance, loses one that is gone, and is where it should be after a copy.
#[test]
fn followers_keep_their_distance() {
    let mut space = Space::new(&[]);
    let ahead = space.insert(Body { ghost: true, ..solid(Shape::Circle { radius: 1.0 }, Vec2::new(100.0, 0.0), 0) });
    let behind = space.insert(Body { ghost: true, ..solid(Shape::Circle { radius: 1.0 }, Vec2::ZERO, 1) });
    space.go(behind, Motion::Follow { who: ahead, speed: 60.0, distance: 20.0 });
    let mut contacts = Vec::new();
    for _ in 0..79 {
        space.step(1.0 / 60.0, &mut contacts);
        assert_eq!(contacts, []);
    }
    assert_eq!(space.velocity(behind).round(), Vec2::new(60.0, 0.0));
    while contacts.is_empty() {
        space.step(1.0 / 60.0, &mut contacts);
    }
    assert_eq!(contacts, [Contact::Arrived { body: 1001 }]);
    assert!((space.bodies[behind].body.center.x - 80.0).abs() < 1e-3);
    assert_eq!(space.velocity(behind), Vec2::ZERO);
    space.go(behind, Motion::Follow { who: ahead, speed: 60.0, distance: 1.0 });
    space.remove(ahead);
    contacts.clear();
    space.step(1.0 / 60.0, &mut contacts);
    assert_eq!(contacts, [Contact::Lost { body: 1001 }]);
}
