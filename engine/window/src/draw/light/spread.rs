//! Squares of light spread over the pixels of a screen, softly from the middle of one to that of the next. Where SDL
//! draws by itself this takes a fifth of the time that it takes to stretch a texture; and it is known what is in full light, where
//! nothing is to be done.

use crate::images::Pixels;

/// Pixels along a side of the blocks of which is known whether they are in full light.
pub const BLOCK: usize = 64;
/// Full light.
const WHITE: u32 = u32::MAX;

/// Light by pixel.
#[derive(Default)]
pub struct Spread {
    /// What the picture is multiplied with.
    pub pixels: Pixels,
    /// Blocks of the picture that are not in full light, row by row.
    dark: Vec<bool>,
    /// The squares between two rows, as the pixels of one row see them.
    row: Vec<u32>,
}

/// Where a pixel is among squares: the one before it, and how far it is from its middle to that of the next, of 256.
fn between(pixel: usize, offset: f32, side: f32, count: usize) -> (usize, u32) {
    let at = ((pixel as f32 + 0.5 - offset) / side - 0.5).clamp(0.0, (count - 1) as f32);
    let first = (at as usize).min(count.saturating_sub(2));
    (first, ((at - first as f32) * 256.0) as u32)
}

/// Of two packed colours, `part` of 256 of the second.
#[inline(always)]
fn mix(one: u32, other: u32, part: u32) -> u32 {
    const EVEN: u32 = 0x00ff_00ff;
    let even = ((one & EVEN) * (256 - part) + (other & EVEN) * part) >> 8 & EVEN;
    let odd = ((one >> 8 & EVEN) * (256 - part) + (other >> 8 & EVEN) * part) & !EVEN;
    even | odd
}

impl Spread {
    /// Spreads squares, `width` in a row: the first begins at `offset` on a screen of that size, each so many pixels wide.
    pub fn fill(&mut self, squares: &[u32], width: usize, offset: [f32; 2], side: f32, size: [u32; 2]) {
        let [w, h] = size.map(|side| side as usize);
        (self.pixels.width, self.pixels.height) = (size[0], size[1]);
        self.pixels.rgba.resize(w * h * 4, 0);
        let blocks = w.div_ceil(BLOCK);
        self.dark.clear();
        self.dark.resize(blocks * h.div_ceil(BLOCK), false);
        let columns: Vec<(usize, u32)> = (0..w).map(|x| between(x, offset[0], side, width)).collect();
        let parts: Vec<u32> = columns.iter().map(|(_, part)| *part).collect();
        let runs: Vec<(usize, usize)> =
            columns.chunk_by(|one, other| one.0 == other.0).map(|run| (run[0].0, run.len())).collect();
        for (y, line) in self.pixels.rgba.chunks_exact_mut(w * 4).enumerate() {
            let (first, part) = between(y, offset[1], side, squares.len() / width);
            let upper = &squares[first * width..][..width];
            let lower = squares.get((first + 1) * width..).map_or(upper, |rest| &rest[..width]);
            self.row.clear();
            self.row.extend(upper.iter().zip(lower).map(|(upper, lower)| mix(*upper, *lower, part)));
            let line = line.as_chunks_mut::<4>().0;
            let mut x = 0;
            for (column, length) in &runs {
                let (one, other) = (self.row[*column], self.row[(column + 1).min(width - 1)]);
                let out = &mut line[x..x + length];
                if one == WHITE && other == WHITE {
                    out.fill([255; 4]);
                } else {
                    for (out, part) in out.iter_mut().zip(&parts[x..]) {
                        *out = mix(one, other, *part).to_le_bytes();
                    }
                    self.dark[y / BLOCK * blocks + x / BLOCK..=y / BLOCK * blocks + (x + length - 1) / BLOCK]
                        .fill(true);
                }
                x += length;
            }
        }
    }

    /// The parts of the picture that are not in full light: left, top, width, height.
    pub fn dark(&self) -> impl Iterator<Item = [u32; 4]> {
        let blocks = (self.pixels.width as usize).div_ceil(BLOCK);
        let size = [self.pixels.width, self.pixels.height];
        self.dark.chunks(blocks.max(1)).enumerate().flat_map(move |(row, dark)| {
            let runs = dark.chunk_by(|one, other| one == other).scan(0, |at, run| {
                *at += run.len();
                Some((*at - run.len(), run))
            });
            runs.filter(|(_, run)| run[0]).map(move |(at, run)| {
                let [left, top] = [at, row].map(|side| (side * BLOCK) as u32);
                let [right, bottom] = [at + run.len(), row + 1].map(|side| (side * BLOCK) as u32);
                [left, top, right.min(size[0]) - left, bottom.min(size[1]) - top]
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn light_is_soft_and_what_is_bright_is_left_alone() {
        // Dark at the left, bright from the third column on.
        let rows = [[0xff00_0000, 0xff80_4020, WHITE, WHITE, WHITE, WHITE]; 3].concat();
        let mut spread = Spread::default();
        spread.fill(&rows, 6, [-3.0, -5.0], 40.0, [200, 70]);
        let at = |x: usize, y: usize| spread.pixels.rgba[(y * 200 + x) * 4..][..4].to_vec();
        assert_eq!(at(0, 0), [0, 0, 0, 255], "before the middle of the first there is nothing else");
        assert_eq!(at(199, 69), [255; 4]);
        for y in [0, 33, 69] {
            // The formula, without its shortcuts.
            for x in 0..200 {
                let place = ((x as f32 + 3.5) / 40.0 - 0.5_f32).clamp(0.0, 5.0);
                let red = |column: usize| (rows[column] & 255) as f32;
                let exact =
                    red(place as usize) + (red((place as usize + 1).min(5)) - red(place as usize)) * place.fract();
                assert!((f32::from(at(x, y)[0]) - exact).abs() <= 2.0, "{x}, {y}: {} for {exact}", at(x, y)[0]);
            }
        }
        let dark: Vec<_> = spread.dark().collect();
        assert_eq!(dark, [[0, 0, 128, 64], [0, 64, 128, 6]]);
        spread.fill(&[WHITE; 4], 2, [0.0, 0.0], 300.0, [200, 70]);
        assert_eq!(spread.dark().count(), 0);
        assert!(spread.pixels.rgba.iter().all(|part| *part == 255));
    }
}
