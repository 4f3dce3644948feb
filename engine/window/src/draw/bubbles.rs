//! Speech bubbles: what is being said, over the heads of those who say it. They keep out of each other's way and within
//! the screen, and are as large as can be read whatever the zoom.

use sdl2::render::RenderTarget;

use super::easel::Easel;
use super::text::{self, Font, LINE, wrap};
use crate::camera::Camera;
use crate::scene::Scene;

/// Letters in a line of a bubble.
const LETTERS: usize = 26;
/// Lines of a bubble; the rest is left out.
const LINES: usize = 5;
/// Pixels of the map above an actor's centre.
const ABOVE: f32 = 17.0;
const PAPER: [u8; 4] = [250, 244, 228, 245];
const INK: [u8; 4] = [44, 34, 46, 255];
const EDGE: [u8; 4] = [44, 34, 46, 255];

/// A bubble on its way to a place.
struct Bubble {
    lines: Vec<String>,
    /// Left, top, width, height.
    place: [f32; 4],
    /// Where it points.
    mouth: [f32; 2],
}

/// Draws what is being said by those in view. Where the bubbles are: left, top, width, height.
pub fn draw<T: RenderTarget>(
    easel: &mut Easel<'_, T>,
    font: &Font,
    camera: &Camera,
    scene: &Scene,
    part: f32,
    scale: f32,
) -> Result<Vec<[f32; 4]>, String> {
    let mut bubbles: Vec<Bubble> = Vec::new();
    let [width, height] = camera.size.map(|side| side as f32);
    for speech in &scene.speeches {
        let Some(sprite) = scene.actors.iter().find(|sprite| sprite.id == speech.who) else { continue };
        let [x, y] = sprite.track.between(part);
        let mouth = camera.to_screen([x, y - ABOVE.max(sprite.size[1] * 0.75)]);
        if mouth[0] < 0.0 || mouth[0] > width || mouth[1] < 0.0 || mouth[1] > height {
            continue;
        }
        let mut lines = wrap(&dormouse::observe::clean(&speech.text), LETTERS);
        lines.truncate(LINES);
        let widest = lines.iter().map(|line| text::width(line, scale)).fold(0.0, f32::max);
        let (w, h) = (widest + 10.0 * scale, lines.len() as f32 * LINE * scale + 5.0 * scale);
        let left = (mouth[0] - w / 2.0).clamp(2.0, (width - w - 2.0).max(2.0));
        let top = (mouth[1] - h - 5.0 * scale).max(2.0);
        bubbles.push(Bubble { lines, place: [left.round(), top.round(), w.round(), h.round()], mouth });
    }
    part_ways(&mut bubbles, scale);
    for bubble in &bubbles {
        let [x, y, w, h] = bubble.place;
        let tip = [bubble.mouth[0].clamp(x + 6.0 * scale, (x + w - 6.0 * scale).max(x + 6.0 * scale)), bubble.mouth[1]];
        let foot = y + h;
        if tip[1] > foot {
            let tip_y = tip[1].min(foot + 10.0 * scale);
            let side = 3.0 * scale;
            easel.polygon(
                [
                    [tip[0] - side - scale, foot],
                    [tip[0] + side + scale, foot],
                    [tip[0], tip_y + scale],
                    [tip[0], tip_y + scale],
                ],
                EDGE,
            )?;
        }
        easel.fill([x + scale, y, w - 2.0 * scale, h], EDGE)?;
        easel.fill([x, y + scale, w, h - 2.0 * scale], EDGE)?;
        easel.fill([x + scale, y + scale, w - 2.0 * scale, h - 2.0 * scale], PAPER)?;
        if tip[1] > foot {
            let side = 2.0 * scale;
            let tip_y = tip[1].min(foot + 10.0 * scale) - scale;
            easel.polygon(
                [[tip[0] - side, foot - scale], [tip[0] + side, foot - scale], [tip[0], tip_y], [tip[0], tip_y]],
                PAPER,
            )?;
        }
        for (number, line) in bubble.lines.iter().enumerate() {
            let at = [x + 5.0 * scale, y + 3.5 * scale + number as f32 * LINE * scale];
            font.line(easel, at.map(f32::round), scale, INK, line)?;
        }
    }
    Ok(bubbles.iter().map(|bubble| bubble.place).collect())
}

/// Moves bubbles up until none lies on another; where there is no room above, down.
fn part_ways(bubbles: &mut [Bubble], scale: f32) {
    // Who is further down the screen keeps its place.
    bubbles.sort_by(|one, other| other.mouth[1].total_cmp(&one.mouth[1]));
    for at in 1..bubbles.len() {
        let (placed, rest) = bubbles.split_at_mut(at);
        let own = &mut rest[0].place;
        let wanted = own[1];
        // Each may be pushed by each, so at most so often.
        for _ in 0..placed.len() + 1 {
            let Some(below) = placed.iter().find(|other| overlap(&other.place, own)) else { break };
            own[1] = below.place[1] - own[3] - 2.0 * scale;
        }
        if own[1] < 2.0 {
            own[1] = wanted;
            for _ in 0..placed.len() + 1 {
                let Some(above) = placed.iter().find(|other| overlap(&other.place, own)) else { break };
                own[1] = above.place[1] + above.place[3] + 2.0 * scale;
            }
        }
    }
}

fn overlap([x, y, w, h]: &[f32; 4], [ox, oy, ow, oh]: &[f32; 4]) -> bool {
    x < &(ox + ow) && ox < &(x + w) && y < &(oy + oh) && oy < &(y + h)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bubbles_do_not_lie_on_one_another() {
        for seed in 1..300_u32 {
            let mut state = seed;
            let mut random = |most: f32| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1 << 24) as f32 * most
            };
            let mut bubbles: Vec<Bubble> = (0..8)
                .map(|_| {
                    let place = [random(500.0), random(400.0), 40.0 + random(150.0), 14.0 + random(40.0)];
                    Bubble { lines: Vec::new(), place, mouth: [place[0], place[1] + place[3]] }
                })
                .collect();
            part_ways(&mut bubbles, 1.0);
            for (at, one) in bubbles.iter().enumerate() {
                assert!(bubbles[..at].iter().all(|other| !overlap(&one.place, &other.place)), "seed {seed}");
            }
        }
    }
}
