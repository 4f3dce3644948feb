//! Text in a font of whole pixels, which is part of the program. Letters have all the same width, so that lists and
//! tables stand straight.

use dormouse::map::picture::Colour;
use sdl2::render::{BlendMode, RenderTarget};

use super::easel::{Easel, Quad, TextureId};
use super::font::{HANGING, LETTER, LETTERS};
use crate::images::Pixels;

/// Pixels from letter to letter and from line to line, before they are scaled.
pub const ADVANCE: f32 = 6.0;
/// See [`ADVANCE`].
pub const LINE: f32 = 10.0;

/// The font, as a texture.
#[derive(Clone, Copy, Debug)]
pub struct Font {
    texture: TextureId,
}

impl Font {
    /// Draws all letters once.
    pub fn new<T: RenderTarget>(easel: &mut Easel<'_, T>) -> Result<Font, String> {
        Ok(Font { texture: easel.add(&sheet(), BlendMode::Blend, false)? })
    }

    /// Draws one line from its upper left corner, each pixel of the font so many of the screen. Where it ends.
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
            let number = number_of(letter);
            if number != 0 {
                let part = [number * LETTER[0], 0, LETTER[0], LETTER[1]];
                let hangs = if HANGING.contains(letter) { 2.0 * scale } else { 0.0 };
                let place = [at, y + hangs, LETTER[0] as f32 * scale, LETTER[1] as f32 * scale];
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
        for (dx, dy) in [(-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0)] {
            self.line(easel, [x + dx * scale, y + dy * scale], scale, [16, 12, 22, colour[3]], text)?;
        }
        self.line(easel, [x, y], scale, colour, text)
    }
}

/// How wide a line is.
pub fn width(text: &str, scale: f32) -> f32 {
    (text.chars().count() as f32 * ADVANCE - 1.0).max(0.0) * scale
}

/// The place of a letter in the sheet. Those with marks are shown without them, what is unknown as a question mark.
fn number_of(letter: char) -> u32 {
    let plain = match letter {
        ' '..='~' => letter,
        'à'..='å' => 'a',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ò'..='ö' => 'o',
        'ù'..='ü' => 'u',
        'À'..='Å' => 'A',
        'È'..='Ë' => 'E',
        'Ò'..='Ö' => 'O',
        'Ù'..='Ü' => 'U',
        'ç' => 'c',
        'ñ' => 'n',
        'ß' => 's',
        '‘' | '’' => '\'',
        '“' | '”' => '"',
        '–' | '—' => '-',
        '…' => '.',
        '\t' | '\u{a0}' => ' ',
        _ => '?',
    };
    plain as u32 - ' ' as u32
}

fn sheet() -> Pixels {
    let width = LETTERS.len() as u32 * LETTER[0];
    let mut pixels = Pixels { width, height: LETTER[1], rgba: vec![0; (width * LETTER[1] * 4) as usize] };
    for (number, rows) in LETTERS.iter().enumerate() {
        for (y, row) in rows.iter().enumerate() {
            let bits = (*row as char).to_digit(32).unwrap_or(0);
            for x in (0..LETTER[0]).filter(|x| bits >> (LETTER[0] - 1 - x) & 1 == 1) {
                let at = (y * width as usize + number * LETTER[0] as usize + x as usize) * 4;
                pixels.rgba[at..at + 4].fill(255);
            }
        }
    }
    pixels
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
    fn every_letter_is_a_letter() {
        assert!(LETTERS.iter().flat_map(|rows| rows.iter()).all(|row| (*row as char).is_digit(32)));
        assert!((' '..='~').all(|letter| number_of(letter) < LETTERS.len() as u32));
        assert_eq!(number_of('é'), number_of('e'));
        assert_eq!(number_of('\u{7}'), number_of('?'));
    }
}
