//! Geometry of boxes and circles: overlap, distance, and the first touch of one that moves. A moving shape against a
//! resting one is a moving point against their Minkowski sum: a box, a circle, or a box with round corners.

use super::body::{Shape, Vec2};

/// The sum of two shapes, about the resting one's centre.
#[derive(Clone, Copy, Debug)]
struct Sum {
    half: Vec2,
    radius: f32,
}

fn sum(one: Shape, other: Shape) -> Sum {
    match (one, other) {
        (Shape::Box { half: a }, Shape::Box { half: b }) => Sum { half: a + b, radius: 0.0 },
        (Shape::Box { half }, Shape::Circle { radius }) | (Shape::Circle { radius }, Shape::Box { half }) => {
            Sum { half, radius }
        }
        (Shape::Circle { radius: a }, Shape::Circle { radius: b }) => Sum { half: Vec2::ZERO, radius: a + b },
    }
}

impl Sum {
    /// How far the point lies outside (negative: inside), and the direction out.
    fn distance(self, point: Vec2) -> (f32, Vec2) {
        let outside = point.abs() - self.half;
        let sign = Vec2::new(1.0_f32.copysign(point.x), 1.0_f32.copysign(point.y));
        if outside.x <= 0.0 && outside.y <= 0.0 {
            // Inside the box: the nearest side is the way out. At the very centre of a circle there is none: up.
            let normal = if self.half == Vec2::ZERO {
                -Vec2::Y
            } else if outside.x > outside.y {
                Vec2::new(sign.x, 0.0)
            } else {
                Vec2::new(0.0, sign.y)
            };
            return (outside.max_element() - self.radius, normal);
        }
        let corner = outside.max(Vec2::ZERO);
        let length = corner.length();
        (length - self.radius, corner / length * sign)
    }

    /// The first moment (0 to 1) at which a point that goes from `from` by `way` touches from outside, and the
    /// direction out there.
    fn hit(self, from: Vec2, way: Vec2) -> Option<(f32, Vec2)> {
        let (distance, normal) = self.distance(from);
        if distance <= 0.0 {
            // Touching or inside already: only going deeper is stopped.
            return (way.dot(normal) < 0.0).then_some((0.0, normal));
        }
        if self.radius == 0.0 {
            return slab(self.half, from, way);
        }
        let grown = [
            slab(self.half + Vec2::new(self.radius, 0.0), from, way),
            slab(self.half + Vec2::new(0.0, self.radius), from, way),
        ];
        let corners = [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)]
            .map(|(x, y)| round(self.half * Vec2::new(x, y), self.radius, from, way));
        grown.into_iter().chain(corners).flatten().min_by(|one, other| one.0.total_cmp(&other.0))
    }
}

/// Where a point enters a box about the origin.
fn slab(half: Vec2, from: Vec2, way: Vec2) -> Option<(f32, Vec2)> {
    let (mut enter, mut leave, mut normal) = (f32::NEG_INFINITY, f32::INFINITY, Vec2::ZERO);
    for axis in 0..2 {
        if way[axis] == 0.0 {
            if from[axis].abs() >= half[axis] {
                return None;
            }
            continue;
        }
        let side = -1.0_f32.copysign(way[axis]);
        let near = (side * half[axis] - from[axis]) / way[axis];
        let far = (-side * half[axis] - from[axis]) / way[axis];
        if near > enter {
            enter = near;
            normal = Vec2::ZERO;
            normal[axis] = side;
        }
        leave = leave.min(far);
    }
    (enter < leave && (0.0..=1.0).contains(&enter)).then_some((enter, normal))
}

/// Where a point enters a circle.
fn round(center: Vec2, radius: f32, from: Vec2, way: Vec2) -> Option<(f32, Vec2)> {
    // In double precision: for long ways the difference of large squares decides.
    let (from, way) = ((from - center).as_dvec2(), way.as_dvec2());
    let a = way.length_squared();
    let b = from.dot(way);
    let c = from.length_squared() - f64::from(radius) * f64::from(radius);
    let root = b * b - a * c;
    if a == 0.0 || b >= 0.0 || root <= 0.0 {
        return None;
    }
    let time = (-b - root.sqrt()) / a;
    let normal = ((from + way * time) / f64::from(radius)).as_vec2();
    (0.0..=1.0).contains(&time).then_some((time as f32, normal))
}

/// The first touch of a shape that moves from `from` by `way` with one that rests at `at`: the moment (0 to 1) and the
/// direction from the resting one out.
pub(super) fn sweep(shape: Shape, from: Vec2, way: Vec2, other: Shape, at: Vec2) -> Option<(f32, Vec2)> {
    sum(shape, other).hit(from - at, way)
}

/// Whether two shapes overlap or touch.
pub(super) fn overlap(one: Shape, at: Vec2, other: Shape, there: Vec2) -> bool {
    sum(one, other).distance(at - there).0 <= 0.0
}

/// Where a ray enters a shape: the moment (0 to 1) and the normal. One that begins inside hits at once.
pub(super) fn ray(from: Vec2, way: Vec2, shape: Shape, at: Vec2) -> Option<(f32, Vec2)> {
    let sum = sum(Shape::Box { half: Vec2::ZERO }, shape);
    let (distance, normal) = sum.distance(from - at);
    if distance < 0.0 { Some((0.0, normal)) } else { sum.hit(from - at, way) }
}
