//! Text in a font of whole pixels, which is part of the program. Letters have all the same width, so that lists and
//! tables stand straight.

use dormouse::map::picture::Colour;
use sdl2::render::{BlendMode, RenderTarget};

use super::easel::{Easel, Quad, TextureId};
use crate::images::Pixels;

/// Pixels from letter to letter and from line to line, before they are scaled.
pub const ADVANCE: f32 = 6.0;
/// See [`ADVANCE`].
pub const LINE: f32 = 11.0;

/// The letters, drawn by `assets/font.py`: cells of six by twelve pixels, sixteen in a row.
const SHEET: &[u8] = include_bytes!("../../assets/font.png");
const CELL: [u32; 2] = [6, 12];
const COLUMNS: u32 = 16;
/// Rows of a cell above capitals.
const ABOVE: f32 = 2.0;
/// The letters after those of Latin-1.
const SYMBOLS: [char; 16] = [
    '\u{2190}', '\u{2191}', '\u{2192}', '\u{2193}', '\u{2026}', '\u{2013}', '\u{2014}', '\u{2018}', '\u{2019}',
    '\u{201c}', '\u{201d}', '\u{2022}', '\u{25cf}', '\u{25b6}', '\u{2713}', '\u{2717}',
];

/// The font, as a texture.
#[derive(Clone, Copy, Debug)]
pub struct Font {
    texture: TextureId,
}

impl Font {
    /// Reads the letters once.
    pub fn new<T: RenderTarget>(easel: &mut Easel<'_, T>) -> Result<Font, String> {
        Ok(Font { texture: easel.add(&Pixels::from_png(SHEET)?, BlendMode::Blend, false)? })
    }

    /// Draws one line, its capitals from there down, each pixel of the font so many of the screen. Where it ends.
    pub fn line<T: RenderTarget>(
        &self,
        easel: &mut Easel<'_, T>,
        [x, y]: [f32; 2],
        scale: f32,
        colour: Colour,
        text: &str,
    ) -> Result<f32, String> {
        let mut at = x;
        for letter in text.chars() {
            if !letter.is_whitespace() {
                let number = number_of(letter);
                let part = [number % COLUMNS * CELL[0], number / COLUMNS * CELL[1], CELL[0], CELL[1]];
                let place = [at, y - ABOVE * scale, CELL[0] as f32 * scale, CELL[1] as f32 * scale];
                easel.quad(self.texture, &Quad { part, place, flips: Default::default(), rotation: 0.0, colour })?;
            }
            at += ADVANCE * scale;
        }
        Ok(at)
    }

    /// The same with a dark edge, to be read on anything.
    pub fn edged<T: RenderTarget>(
        &self,
        easel: &mut Easel<'_, T>,
        [x, y]: [f32; 2],
        scale: f32,
        colour: Colour,
        text: &str,
    ) -> Result<f32, String> {
        for (dx, dy) in [(-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0), (1.0, 1.0)] {
            self.line(easel, [x + dx * scale, y + dy * scale], scale, [16, 12, 22, colour[3]], text)?;
        }
        self.line(easel, [x, y], scale, colour, text)
    }
}

/// How wide a line is.
pub fn width(text: &str, scale: f32) -> f32 {
    (text.chars().count() as f32 * ADVANCE - 1.0).max(0.0) * scale
}

/// The place of a letter in the sheet; that of the sign for what is not in it, for all others.
fn number_of(letter: char) -> u32 {
    match letter as u32 {
        code @ 32..=127 => code - 32,
        code @ 160..=255 => code - 64,
        _ => SYMBOLS.iter().position(|symbol| *symbol == letter).map_or(127 - 32, |at| 192 + at as u32),
    }
}

/// Breaks text into lines of at most so many letters, between words where that is possible.
pub fn wrap(text: &str, most: usize) -> Vec<String> {
    let most = most.max(1);
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        let mut count = 0;
        for word in paragraph.split(' ') {
            let mut word: Vec<char> = word.chars().collect();
            if count > 0 && count + 1 + word.len() > most {
                lines.push(std::mem::take(&mut line));
                count = 0;
            }
            while word.len() > most {
                lines.push(word.drain(..most).collect());
            }
            if count > 0 {
                line.push(' ');
                count += 1;
            }
            count += word.len();
            line.extend(word);
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_between_words() {
        assert_eq!(wrap("the quick brown fox", 9), ["the quick", "brown fox"]);
        assert_eq!(wrap("a\nb", 9), ["a", "b"]);
        assert_eq!(wrap("incomprehensible", 6), ["incomp", "rehens", "ible"]);
        assert_eq!(wrap("", 6), Vec::<String>::new());
    }

    #[test]
    fn every_letter_is_in_the_sheet() {
        let sheet = Pixels::from_png(SHEET).unwrap();
        assert_eq!(sheet.width, CELL[0] * COLUMNS);
        for letter in (' '..='~').chain('\u{a1}'..='\u{ff}').chain(SYMBOLS) {
            let number = number_of(letter);
            assert!((number / COLUMNS + 1) * CELL[1] <= sheet.height, "{letter}");
            assert!(letter == '\u{7f}' || number != 127 - 32, "{letter}");
        }
        assert_eq!(number_of('\u{4e00}'), number_of('\u{7f}'));
    }
}
