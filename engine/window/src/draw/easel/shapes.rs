//! Shapes without a texture: rectangles, lines, polygons, discs.

use dormouse::map::picture::Colour;
use sdl2::pixels::Color;
use sdl2::rect::Rect;
use sdl2::render::RenderTarget;

use super::{Easel, corners_of};

impl<T: RenderTarget> Easel<'_, T> {
    /// Fills a rectangle: left, top, width, height.
    pub fn fill(&mut self, place: [f32; 4], colour: Colour) -> Result<(), String> {
        self.count += 1;
        if !self.software {
            return self.push(None, corners_of(place, 0.0), [[0.0; 2]; 4], colour);
        }
        let [x, y, w, h] = place;
        let (left, top) = (x.round() as i32, y.round() as i32);
        let (right, bottom) = ((x + w).round() as i32, (y + h).round() as i32);
        if right <= left || bottom <= top {
            return Ok(());
        }
        self.canvas.set_draw_color(Color::from((colour[0], colour[1], colour[2], colour[3])));
        self.canvas.fill_rect(Rect::new(left, top, (right - left) as u32, (bottom - top) as u32))
    }

    /// The edges of a rectangle, so thick, within it.
    pub fn frame(&mut self, [x, y, w, h]: [f32; 4], thick: f32, colour: Colour) -> Result<(), String> {
        self.fill([x, y, w, thick], colour)?;
        self.fill([x, y + h - thick, w, thick], colour)?;
        self.fill([x, y + thick, thick, h - 2.0 * thick], colour)?;
        self.fill([x + w - thick, y + thick, thick, h - 2.0 * thick], colour)
    }

    /// A straight line, so thick.
    pub fn line(&mut self, from: [f32; 2], to: [f32; 2], thick: f32, colour: Colour) -> Result<(), String> {
        let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
        let length = dx.hypot(dy);
        if length == 0.0 {
            return Ok(());
        }
        let (nx, ny) = (-dy / length * thick / 2.0, dx / length * thick / 2.0);
        let points = [
            [from[0] + nx, from[1] + ny],
            [to[0] + nx, to[1] + ny],
            [to[0] - nx, to[1] - ny],
            [from[0] - nx, from[1] - ny],
        ];
        self.polygon(points, colour)
    }

    /// Any four corners in order; two may be the same.
    pub fn polygon(&mut self, points: [[f32; 2]; 4], colour: Colour) -> Result<(), String> {
        self.count += 1;
        self.push(None, points, [[0.0; 2]; 4], colour)
    }

    /// A filled circle.
    pub fn disc(&mut self, [x, y]: [f32; 2], radius: f32, colour: Colour) -> Result<(), String> {
        let point = |part: usize| {
            let (sin, cos) = (part as f32 / 16.0 * std::f32::consts::TAU).sin_cos();
            [x + cos * radius, y + sin * radius]
        };
        (0..8).try_for_each(|piece| {
            let at = piece * 2;
            self.polygon([[x, y], point(at), point(at + 1), point(at + 2)], colour)
        })
    }
}
