//! What is laid over the map by whoever takes a world apart: wires as arrows that light up when they work, names with
//! what each sleeps at, the shapes of bodies.

use dormouse::happenings::Outcome;
use dormouse::map::picture::Colour;
use sdl2::render::RenderTarget;

use super::easel::Easel;
use super::text::{self, Font, LINE};
use crate::camera::Camera;
use crate::overlay::{Arrow, Label};
use crate::scene::Scene;

/// Ticks that a wire stays lit.
const GLOWS: u64 = 45;
/// Ticks of world time for which an arrow's pulse is on its way.
const PULSE: f32 = 20.0;
const IDLE: Colour = [160, 182, 232, 140];
const SPENT: Colour = [120, 120, 130, 70];

/// Letters in a line under a head.
const LETTERS: usize = 34;

/// The colour of what became of a wire.
fn colour_of(outcome: Outcome) -> [u8; 3] {
    match outcome {
        Outcome::Began => [112, 232, 128],
        Outcome::Joined => [248, 216, 96],
        Outcome::Nobody => [250, 160, 80],
        Outcome::NoAction | Outcome::Cut => [250, 96, 96],
    }
}

/// Draws the wires.
pub fn arrows<T: RenderTarget>(
    easel: &mut Easel<'_, T>,
    font: &Font,
    camera: &Camera,
    arrows: &[Arrow],
    scale: f32,
) -> Result<(), String> {
    // What is lit lies on what is not.
    let mut order: Vec<&Arrow> = arrows.iter().collect();
    let lit = |arrow: &Arrow| arrow.lit.filter(|(ago, _)| *ago < GLOWS);
    order.sort_by_key(|arrow| lit(arrow).is_some());
    for arrow in order {
        let from = camera.to_screen(arrow.from);
        let (colour, thick) = match lit(arrow) {
            Some((ago, outcome)) => {
                let [r, g, b] = colour_of(outcome);
                let fades = 1.0 - ago as f32 / GLOWS as f32;
                ([r, g, b, (120.0 + 135.0 * fades) as u8], scale * (1.0 + 1.5 * fades))
            }
            None => (if arrow.spent { SPENT } else { IDLE }, scale),
        };
        for to in arrow.to.iter().map(|to| camera.to_screen(*to)) {
            shaft(easel, from, to, thick, colour, scale)?;
            if let Some((ago, _)) = lit(arrow).filter(|(ago, _)| (*ago as f32) < PULSE) {
                let part = ago as f32 / PULSE;
                let at = [from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part];
                easel.disc(at, 2.5 * scale, [255, 255, 255, 230])?;
            }
        }
        if lit(arrow).is_some() {
            let to = arrow.to.iter().map(|to| camera.to_screen(*to)).next().unwrap_or(from);
            let middle = [from[0] + (to[0] - from[0]) * 0.4, from[1] + (to[1] - from[1]) * 0.4];
            let at =
                [(middle[0] - text::width(&arrow.text, scale) / 2.0).round(), (middle[1] - LINE * scale / 2.0).round()];
            font.edged(easel, at, scale, [colour[0], colour[1], colour[2], 255], &arrow.text)?;
        }
    }
    Ok(())
}

/// A line with a head, that stops short of what it points at.
fn shaft<T: RenderTarget>(
    easel: &mut Easel<'_, T>,
    from: [f32; 2],
    to: [f32; 2],
    thick: f32,
    colour: Colour,
    scale: f32,
) -> Result<(), String> {
    let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
    let length = dx.hypot(dy);
    if length < 1.0 {
        return Ok(());
    }
    let (ux, uy) = (dx / length, dy / length);
    let head = (4.0 * scale + thick).min(length / 2.0);
    let neck = [to[0] - ux * head, to[1] - uy * head];
    easel.line(from, neck, thick, colour)?;
    let half = head * 0.6;
    easel.polygon(
        [to, [neck[0] - uy * half, neck[1] + ux * half], [neck[0] + uy * half, neck[1] - ux * half], to],
        colour,
    )
}

/// Draws names below feet, and what each does, where nothing is `taken`. `part` of the way, and how large.
pub fn labels<T: RenderTarget>(
    easel: &mut Easel<'_, T>,
    font: &Font,
    camera: &Camera,
    scene: &Scene,
    labels: &[Label],
    (part, scale): (f32, f32),
    mut taken: Vec<[f32; 4]>,
) -> Result<(), String> {
    for label in labels {
        let Some(sprite) = scene.actors.iter().find(|sprite| sprite.id == label.id) else { continue };
        let at = camera.to_screen(sprite.body_at.between(part));
        let lines: Vec<String> = label.lines.iter().flat_map(|line| text::wrap(line, LETTERS)).collect();
        let widest = lines.iter().chain([&label.name]).map(|line| text::width(line, scale)).fold(0.0, f32::max);
        let height = (1 + lines.len()) as f32 * LINE * scale;
        let mut place = [(at[0] - widest / 2.0).round(), (at[1] + 8.0 * camera.zoom).round(), widest, height];
        // Below those that are there already.
        for _ in 0..12 {
            let Some(above) = taken.iter().find(|[x, y, w, h]| {
                place[0] < x + w && x < &(place[0] + place[2]) && place[1] < y + h && y < &(place[1] + place[3])
            }) else {
                break;
            };
            place[1] = above[1] + above[3] + scale;
        }
        taken.push(place);
        easel.fill([place[0] - 2.0 * scale, place[1] - scale, widest + 4.0 * scale, height], [14, 12, 20, 150])?;
        font.line(easel, [place[0], place[1]], scale, [255, 240, 200, 255], &label.name)?;
        for (number, line) in lines.iter().enumerate() {
            let y = place[1] + (number + 1) as f32 * LINE * scale;
            font.line(easel, [place[0], y], scale, [170, 200, 230, 255], line)?;
        }
    }
    Ok(())
}

/// Draws the shapes of bodies: solid ones, triggers, and the points of those that have none.
pub fn shapes<T: RenderTarget>(
    easel: &mut Easel<'_, T>,
    camera: &Camera,
    scene: &Scene,
    part: f32,
    scale: f32,
) -> Result<(), String> {
    for sprite in &scene.actors {
        let [x, y] = camera.to_screen(sprite.body_at.between(part));
        let Some(body) = sprite.body else {
            easel.disc([x, y], 1.5 * scale, [200, 200, 220, 160])?;
            continue;
        };
        let colour = if body.trigger { [96, 200, 250, 255] } else { [250, 120, 200, 255] };
        let fill = [colour[0], colour[1], colour[2], 50];
        let [w, h] = body.half.map(|half| half * camera.zoom);
        if body.round {
            easel.disc([x, y], w, fill)?;
            ring(easel, [x, y], w, scale, colour)?;
        } else {
            let place = [x - w, y - h, 2.0 * w, 2.0 * h];
            easel.fill(place, fill)?;
            easel.frame(place, scale, colour)?;
        }
    }
    Ok(())
}

/// A circle's line.
pub fn ring<T: RenderTarget>(
    easel: &mut Easel<'_, T>,
    [x, y]: [f32; 2],
    radius: f32,
    thick: f32,
    colour: Colour,
) -> Result<(), String> {
    let point = |part: usize| {
        let (sin, cos) = (part as f32 / 24.0 * std::f32::consts::TAU).sin_cos();
        [x + cos * radius, y + sin * radius]
    };
    (0..24).try_for_each(|part| easel.line(point(part), point(part + 1), thick, colour))
}
