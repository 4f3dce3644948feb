//! Which light gets where: walls keep it out, and so do bodies that are as long as doors.

use crate::scene::Scene;
use crate::stage::Stage;

/// Pixels that light goes into a wall, so that its face is seen.
const DEPTH: f32 = 15.0;
/// Bodies that are longer than this keep light out: doors do, people don't.
const SHUTTER: f32 = 20.0;
/// A body that keeps light out: left, top, right, bottom.
pub type Shutter = [f32; 4];

/// How much of a lamp's light arrives, square by square, for the shutters at that time.
pub struct Shadow {
    /// The shutters, in whole pixels.
    pub shutters: Vec<[i32; 4]>,
    /// The first square.
    pub first: [i32; 2],
    /// Squares in a row.
    pub width: usize,
    /// The part that arrives, row by row.
    pub arrives: Vec<f32>,
}

/// All that keeps light out like a door.
pub fn shutters(scene: &Scene, part: f32) -> Vec<Shutter> {
    let solid = scene.actors.iter().filter_map(|sprite| Some((sprite, sprite.body.filter(|body| !body.trigger)?)));
    let long = solid.filter(|(_, body)| !body.round && body.half[0].max(body.half[1]) * 2.0 > SHUTTER);
    long.map(|(sprite, body)| {
        let ([x, y], [w, h]) = (sprite.body_at.between(part), body.half);
        [x - w, y - h, x + w, y + h]
    })
    .collect()
}

impl Shadow {
    /// Of a lamp there, that shines so far.
    pub fn cast(stage: &Stage, shutters: Vec<[i32; 4]>, at: [f32; 2], radius: f32, square: f32) -> Shadow {
        let first = at.map(|side| ((side - radius) / square).floor() as i32);
        let last = at.map(|side| ((side + radius) / square).ceil() as i32);
        let width = (last[0] - first[0]).max(1) as usize;
        let mut arrives = Vec::with_capacity(width * (last[1] - first[1]).max(1) as usize);
        for row in first[1]..last[1] {
            for column in first[0]..last[0] {
                let to = [(column as f32 + 0.5) * square, (row as f32 + 0.5) * square];
                let far = (to[0] - at[0]).hypot(to[1] - at[1]) / radius;
                let fades = (1.0 - far * far).max(0.0).powi(2);
                arrives.push(if fades > 0.0 { fades * passes(stage, &shutters, at, to, square) } else { 0.0 });
            }
        }
        Shadow { shutters, first, width, arrives }
    }
}

/// How much light gets from one point to another: all, or what is left within a wall.
fn passes(stage: &Stage, shutters: &[[i32; 4]], from: [f32; 2], to: [f32; 2], square: f32) -> f32 {
    let way = [to[0] - from[0], to[1] - from[1]];
    let length = way[0].hypot(way[1]);
    let steps = (length / square).ceil().max(1.0);
    let mut depth = 0.0;
    // A lamp that hangs on a wall shines out of it.
    let mut free = false;
    for step in 0..=steps as i32 {
        let part = step as f32 / steps;
        let (x, y) = (from[0] + way[0] * part, from[1] + way[1] * part);
        let tile = ((x / stage.tile[0]).floor() as i32, (y / stage.tile[1]).floor() as i32);
        let shut =
            shutters.iter().any(|[l, t, r, b]| x >= *l as f32 && x < *r as f32 && y >= *t as f32 && y < *b as f32);
        if stage.roofs.is_solid(tile.0, tile.1) || shut {
            if free {
                depth += length / steps;
            }
            if depth > DEPTH {
                return 0.0;
            }
        } else if depth > 0.0 {
            return 0.0;
        } else {
            free = true;
        }
    }
    1.0 - depth / DEPTH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walls_and_doors_keep_light_out() {
        let stage = Stage::walled(10, 3, &[(5, 0), (5, 1), (5, 2)]);
        let at = |x: f32| [x, 24.0];
        assert_eq!(passes(&stage, &[], at(40.0), at(72.0), 4.0), 1.0);
        let face = passes(&stage, &[], at(40.0), at(82.0), 4.0);
        assert!(face > 0.3 && face < 1.0, "the wall's face is lit: {face}");
        assert_eq!(passes(&stage, &[], at(40.0), at(110.0), 4.0), 0.0);
        assert_eq!(passes(&stage, &[[50, 0, 66, 48]], at(40.0), at(72.0), 4.0), 0.0);
        // Out of the wall that it hangs on.
        assert_eq!(passes(&stage, &[], at(88.0), at(120.0), 4.0), 1.0);
    }
}
