//! Sheets: what is drawn once, as whole pixels, and laid out often.

use dormouse::map::picture::Colour;
use sdl2::pixels::{Color, PixelFormatEnum};
use sdl2::rect::Rect;
use sdl2::render::{BlendMode, RenderTarget};

use super::{Easel, Quad, TextureId, copy};

/// The number of a sheet: what is drawn on once, to be laid out often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SheetId(usize);

impl<T: RenderTarget> Easel<'_, T> {
    /// A sheet, where what draws here can draw on one.
    pub fn add_sheet(&mut self, [width, height]: [u32; 2]) -> Option<SheetId> {
        self.canvas.render_target_supported().then_some(())?;
        let mut texture = self.creator.create_texture_target(PixelFormatEnum::ABGR8888, width, height).ok()?;
        texture.set_blend_mode(BlendMode::None);
        self.sheets.push(texture);
        Some(SheetId(self.sheets.len() - 1))
    }

    /// There are no sheets any more.
    pub fn drop_sheets(&mut self) {
        self.sheets.clear();
    }

    /// Draws on a sheet, as whole pixels: nothing but this colour, and on it parts of textures, those of which no pixel
    /// lets anything through marked as such.
    pub fn draw_on(
        &mut self,
        sheet: SheetId,
        [r, g, b, _]: Colour,
        parts: &[(TextureId, Quad, bool)],
    ) -> Result<(), String> {
        self.flush()?;
        let Easel { canvas, textures, sheets, software, .. } = self;
        let mut drawn = Ok(());
        let turned = canvas.with_texture_canvas(&mut sheets[sheet.0], |canvas| {
            canvas.set_draw_color(Color::RGB(r, g, b));
            canvas.clear();
            drawn = parts
                .iter()
                .try_for_each(|(id, quad, hides)| copy(canvas, &mut textures[id.0], quad, *hides && *software));
        });
        turned.map_err(|error| error.to_string()).and(drawn)
    }

    /// Lays a sheet out, its upper left corner there. It hides all below.
    pub fn lay(&mut self, sheet: SheetId, [x, y]: [i32; 2]) -> Result<(), String> {
        self.flush()?;
        self.count += 1;
        let texture = &self.sheets[sheet.0];
        let size = texture.query();
        self.canvas.copy(texture, None, Rect::new(x, y, size.width, size.height))
    }
}
