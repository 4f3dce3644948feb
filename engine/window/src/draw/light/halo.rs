//! Halos: what glows is a little brighter than what it shines on.

use dormouse::map::picture::Colour;
use sdl2::render::{BlendMode, RenderTarget};

use crate::draw::easel::{Easel, Quad, TextureId};
use crate::images::Pixels;

/// Pixels along a side of the halo that is stretched to any size.
const SIDE: u32 = 64;
/// Pixels along a side of the largest that SDL itself copies as it is: that is twice as fast as stretching one.
const LARGEST: u32 = 640;
/// How many sizes there are of those.
const SIZES: usize = 16;

/// See the module's comment.
#[derive(Default)]
pub struct Halos {
    any: Option<TextureId>,
    /// Those of one zoom, by their sides.
    zoom: f32,
    sized: Vec<(u32, TextureId)>,
    free: Vec<TextureId>,
}

impl Halos {
    /// Begins a picture at that zoom.
    pub fn begin(&mut self, zoom: f32) {
        if self.zoom != zoom {
            self.zoom = zoom;
            self.free.extend(self.sized.drain(..).map(|(_, texture)| texture));
        }
    }

    /// Draws one about a point of the screen, out to so many pixels. The colour's last part is how bright it is.
    pub fn draw<T: RenderTarget>(
        &mut self,
        easel: &mut Easel<'_, T>,
        [x, y]: [f32; 2],
        reach: f32,
        colour: Colour,
    ) -> Result<(), String> {
        let side = (2.0 * reach).round() as u32;
        let known = self.sized.iter().find(|(known, _)| *known == side).map(|(_, texture)| *texture);
        let (texture, own) = match (known, self.any) {
            (Some(texture), _) => (texture, side),
            (None, _) if easel.is_software() && side <= LARGEST && self.sized.len() < SIZES => {
                let texture = easel.replace(self.free.pop(), &halo(side), BlendMode::Add, true)?;
                self.sized.push((side, texture));
                (texture, side)
            }
            (None, Some(texture)) => (texture, SIDE),
            (None, None) => (*self.any.insert(easel.add(&halo(SIDE), BlendMode::Add, true)?), SIDE),
        };
        let side = side as f32;
        let place = [(x - side / 2.0).round(), (y - side / 2.0).round(), side, side];
        easel.quad(texture, &Quad { part: [0, 0, own, own], place, flips: Default::default(), rotation: 0.0, colour })
    }
}

fn halo(side: u32) -> Pixels {
    let side = side.max(1);
    let half = side as f32 / 2.0;
    let value = |x: u32, y: u32| {
        let far = ((x as f32 + 0.5 - half).hypot(y as f32 + 0.5 - half) / half).min(1.0);
        ((1.0 - far) * (1.0 - far) * 255.0) as u8
    };
    let places = (0..side).flat_map(|y| (0..side).map(move |x| (x, y)));
    Pixels { width: side, height: side, rgba: places.flat_map(|(x, y)| [255, 255, 255, value(x, y)]).collect() }
}
