//! Quads, lines and rectangles on an SDL canvas: a window's, or a surface's that no display has ever seen. Here alone
//! is known how SDL is asked for them: where a graphics card draws, in batches of triangles, thousands a call; where SDL
//! draws by itself, one by one as whole pixels, so that the same picture has the same pixels on every run. What is drawn
//! is not known here.

mod shapes;
mod sheets;

use dormouse::map::picture::{Colour, Flips};
use sdl2::pixels::{Color, PixelFormatEnum};
use sdl2::rect::{FPoint, Rect};
use sdl2::render::{BlendMode, Canvas, RenderTarget, ScaleMode, Texture, TextureCreator, Vertex};

use crate::images::Pixels;
pub use sheets::SheetId;

/// The number of a texture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TextureId(usize);

/// A part of a texture, and where on the screen it is to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct Quad {
    /// Left, top, width, height within the texture.
    pub part: [u32; 4],
    /// Left, top, width, height on the screen.
    pub place: [f32; 4],
    /// How it is turned: as tiles are.
    pub flips: Flips,
    /// Then turned about its middle, in degrees clockwise.
    pub rotation: f32,
    /// What it is multiplied with.
    pub colour: Colour,
}

/// See the module's comment.
pub struct Easel<'t, T: RenderTarget> {
    canvas: Canvas<T>,
    creator: &'t TextureCreator<T::Context>,
    textures: Vec<Kept<'t>>,
    sheets: Vec<Texture<'t>>,
    software: bool,
    batch: Batch,
    /// Quads drawn since the last [`Easel::take_count`].
    count: usize,
}

/// A texture, and how it was drawn last.
struct Kept<'t> {
    texture: Texture<'t>,
    size: [u32; 2],
    tint: Colour,
    blend: BlendMode,
    /// What is drawn of it now hides all that is below.
    hides: bool,
}

/// Triangles that wait to be drawn.
#[derive(Default)]
struct Batch {
    texture: Option<TextureId>,
    vertices: Vec<Vertex>,
    indices: Vec<u32>,
}

/// Vertices of a batch; a call of SDL copies them all.
const MAX_VERTICES: usize = 1 << 16;

impl<'t, T: RenderTarget> Easel<'t, T> {
    /// `software`: SDL itself draws.
    pub fn new(mut canvas: Canvas<T>, creator: &'t TextureCreator<T::Context>, software: bool) -> Self {
        canvas.set_blend_mode(BlendMode::Blend);
        let batch = Batch::default();
        Easel { canvas, creator, textures: Vec::new(), sheets: Vec::new(), software, batch, count: 0 }
    }

    /// Keeps an image where it can be drawn from.
    pub fn add(&mut self, pixels: &Pixels, blend: BlendMode, smooth: bool) -> Result<TextureId, String> {
        self.replace(None, pixels, blend, smooth)
    }

    /// Keeps an image in place of another (one more, for none): its texture is given back.
    pub fn replace(
        &mut self,
        id: Option<TextureId>,
        pixels: &Pixels,
        blend: BlendMode,
        smooth: bool,
    ) -> Result<TextureId, String> {
        self.flush()?;
        let (width, height) = (pixels.width.max(1), pixels.height.max(1));
        let format = PixelFormatEnum::ABGR8888;
        let mut texture =
            self.creator.create_texture_static(format, width, height).map_err(|error| error.to_string())?;
        if !pixels.rgba.is_empty() {
            texture.update(None, &pixels.rgba, width as usize * 4).map_err(|error| error.to_string())?;
        }
        texture.set_blend_mode(blend);
        texture.set_scale_mode(if smooth { ScaleMode::Linear } else { ScaleMode::Nearest });
        let kept = Kept { texture, size: [width, height], tint: [255; 4], blend, hides: false };
        match id {
            Some(id) => self.textures[id.0] = kept,
            None => self.textures.push(kept),
        }
        Ok(id.unwrap_or(TextureId(self.textures.len() - 1)))
    }

    /// Other pixels for a texture. It keeps its size, which must be that of the pixels.
    pub fn update(&mut self, id: TextureId, pixels: &Pixels) -> Result<(), String> {
        self.flush()?;
        let Kept { texture, size, .. } = &mut self.textures[id.0];
        debug_assert_eq!(*size, [pixels.width, pixels.height]);
        texture.update(None, &pixels.rgba, size[0] as usize * 4).map_err(|error| error.to_string())
    }

    /// Width and height of a texture.
    pub fn size_of(&self, id: TextureId) -> [u32; 2] {
        self.textures[id.0].size
    }

    /// Whether SDL itself draws.
    pub fn is_software(&self) -> bool {
        self.software
    }

    /// Begins a picture of nothing but this colour.
    pub fn clear(&mut self, [r, g, b, _]: Colour) {
        self.canvas.set_draw_color(Color::RGB(r, g, b));
        self.canvas.clear();
    }

    /// Draws a part of a texture.
    pub fn quad(&mut self, id: TextureId, quad: &Quad) -> Result<(), String> {
        self.count += 1;
        if self.software {
            return self.copy(id, quad, false);
        }
        let [w, h] = self.textures[id.0].size.map(|side| side as f32);
        let [left, top, width, height] = quad.part.map(|side| side as f32);
        let (u, v) = ([left / w, (left + width) / w], [top / h, (top + height) / h]);
        let mut corners = [[u[0], v[0]], [u[1], v[0]], [u[1], v[1]], [u[0], v[1]]];
        if quad.flips.diagonal {
            corners.swap(1, 3);
        }
        if quad.flips.x {
            corners.swap(0, 1);
            corners.swap(2, 3);
        }
        if quad.flips.y {
            corners.swap(0, 3);
            corners.swap(1, 2);
        }
        let points = corners_of(quad.place, quad.rotation);
        self.push(Some(id), points, corners, quad.colour)
    }

    /// Draws a part of a texture of which no pixel lets anything through: SDL itself copies it several times as fast.
    pub fn solid_quad(&mut self, id: TextureId, quad: &Quad) -> Result<(), String> {
        if !self.software {
            return self.quad(id, quad);
        }
        self.count += 1;
        self.copy(id, quad, quad.colour[3] == 255)
    }

    /// As whole pixels, by SDL's own copying.
    fn copy(&mut self, id: TextureId, quad: &Quad, hides: bool) -> Result<(), String> {
        copy(&mut self.canvas, &mut self.textures[id.0], quad, hides)
    }

    /// Only what is within this rectangle is drawn from now on; all, for none.
    pub fn clip(&mut self, place: Option<[f32; 4]>) -> Result<(), String> {
        self.flush()?;
        self.canvas.set_clip_rect(
            place.map(|[x, y, w, h]| Rect::new(x as i32, y as i32, w.max(1.0) as u32, h.max(1.0) as u32)),
        );
        Ok(())
    }

    fn push(
        &mut self,
        texture: Option<TextureId>,
        points: [[f32; 2]; 4],
        uv: [[f32; 2]; 4],
        colour: Colour,
    ) -> Result<(), String> {
        if self.batch.texture != texture || self.batch.vertices.len() >= MAX_VERTICES {
            self.flush()?;
            self.batch.texture = texture;
        }
        let first = self.batch.vertices.len() as u32;
        let color = Color::from((colour[0], colour[1], colour[2], colour[3]));
        self.batch.vertices.extend(points.iter().zip(uv).map(|(point, uv)| Vertex {
            position: FPoint::new(point[0], point[1]),
            color,
            tex_coord: FPoint::new(uv[0], uv[1]),
        }));
        self.batch.indices.extend([0, 1, 2, 0, 2, 3].map(|corner| first + corner));
        // Among whole pixels, what is asked for first must be drawn first.
        if self.software { self.flush() } else { Ok(()) }
    }

    /// Draws what waits to be drawn.
    pub fn flush(&mut self) -> Result<(), String> {
        if self.batch.indices.is_empty() {
            return Ok(());
        }
        let texture = self.batch.texture.map(|id| &self.textures[id.0].texture);
        let drawn = self.canvas.render_geometry(&self.batch.vertices, texture, self.batch.indices.as_slice());
        self.batch.vertices.clear();
        self.batch.indices.clear();
        drawn
    }

    /// The picture is finished: a window shows it.
    pub fn present(&mut self) -> Result<(), String> {
        self.flush()?;
        self.canvas.present();
        Ok(())
    }

    /// How many quads were drawn since this was asked last.
    pub fn take_count(&mut self) -> usize {
        std::mem::take(&mut self.count)
    }

    /// What has been drawn. Cost: the picture comes back from where it was drawn.
    pub fn pixels(&mut self) -> Result<Pixels, String> {
        self.flush()?;
        let (width, height) = self.canvas.output_size()?;
        let rgba = self.canvas.read_pixels(None, PixelFormatEnum::ABGR8888)?;
        Ok(Pixels { width, height, rgba })
    }

    /// The canvas itself, with nothing left to be drawn.
    pub fn canvas(&mut self) -> Result<&mut Canvas<T>, String> {
        self.flush()?;
        Ok(&mut self.canvas)
    }
}

/// The corners of a rectangle that is turned about its middle, from the upper left clockwise.
fn corners_of([x, y, w, h]: [f32; 4], rotation: f32) -> [[f32; 2]; 4] {
    let corners = [[x, y], [x + w, y], [x + w, y + h], [x, y + h]];
    if rotation == 0.0 {
        return corners;
    }
    let (sin, cos) = rotation.to_radians().sin_cos();
    let middle = [x + w / 2.0, y + h / 2.0];
    corners.map(|[cx, cy]| {
        let (dx, dy) = (cx - middle[0], cy - middle[1]);
        [middle[0] + dx * cos - dy * sin, middle[1] + dx * sin + dy * cos]
    })
}

/// Copies a part of a texture, as whole pixels; `hides`: it lets nothing through.
fn copy<T: RenderTarget>(canvas: &mut Canvas<T>, kept: &mut Kept<'_>, quad: &Quad, hides: bool) -> Result<(), String> {
    let [x, y, w, h] = quad.place;
    let (left, top) = (x.round() as i32, y.round() as i32);
    let (right, bottom) = ((x + w).round() as i32, (y + h).round() as i32);
    if right <= left || bottom <= top {
        return Ok(());
    }
    let place = Rect::new(left, top, (right - left) as u32, (bottom - top) as u32);
    let part = Rect::new(quad.part[0] as i32, quad.part[1] as i32, quad.part[2], quad.part[3]);
    let Kept { texture, tint, blend, hides: hid, .. } = kept;
    if *hid != hides {
        texture.set_blend_mode(if hides { BlendMode::None } else { *blend });
        *hid = hides;
    }
    if *tint != quad.colour {
        let [r, g, b, a] = quad.colour;
        texture.set_color_mod(r, g, b);
        texture.set_alpha_mod(a);
        *tint = quad.colour;
    }
    let Flips { x, y, diagonal } = quad.flips;
    match (diagonal, x || y || quad.rotation != 0.0) {
        (false, false) => canvas.copy(texture, part, place),
        (false, true) => canvas.copy_ex(texture, part, place, f64::from(quad.rotation), None, x, y),
        // To change rows and columns is to turn by a quarter what was turned upside down.
        (true, _) => canvas.copy_ex(texture, part, place, 90.0 + f64::from(quad.rotation), None, y, !x),
    }
}
