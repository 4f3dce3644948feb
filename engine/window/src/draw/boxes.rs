//! What lies over the whole screen: panels of text, lists of keys, graphs of times, the timeline, notices.

use dormouse::map::picture::Colour;
use sdl2::render::RenderTarget;

use super::easel::Easel;
use super::text::{self, ADVANCE, Font, LINE};
use crate::panels::{Line, Tone};

/// Behind all that is to be read.
pub const DARK: Colour = [18, 16, 28, 224];
const EDGE: Colour = [92, 96, 140, 255];

/// The colour of a tone.
pub fn colour_of(tone: Tone) -> Colour {
    match tone {
        Tone::Plain => [216, 218, 230, 255],
        Tone::Dim => [136, 142, 168, 255],
        Tone::Strong => [255, 232, 176, 255],
        Tone::Own => [150, 206, 255, 255],
        Tone::Good => [128, 228, 140, 255],
        Tone::Warn => [250, 204, 96, 255],
        Tone::Bad => [255, 118, 112, 255],
    }
}

/// How many columns and rows of text a box of that size has.
pub fn room(size: [f32; 2], scale: f32) -> (usize, usize) {
    let columns = ((size[0] / scale - 8.0) / ADVANCE).max(1.0) as usize;
    let rows = ((size[1] / scale - 6.0) / LINE).max(1.0) as usize;
    (columns, rows)
}

/// A box with an edge.
pub fn plate<T: RenderTarget>(easel: &mut Easel<'_, T>, place: [f32; 4], scale: f32) -> Result<(), String> {
    easel.fill(place, DARK)?;
    easel.frame(place, scale.max(1.0).floor(), EDGE)
}

/// A box with lines of text in it.
pub fn panel<T: RenderTarget>(
    easel: &mut Easel<'_, T>,
    font: &Font,
    place: [f32; 4],
    scale: f32,
    lines: &[Line],
) -> Result<(), String> {
    plate(easel, place, scale)?;
    let (columns, rows) = room([place[2], place[3]], scale);
    for (row, line) in lines.iter().take(rows).enumerate() {
        let y = place[1] + (4.0 + row as f32 * LINE) * scale;
        let mut x = place[0] + 4.0 * scale;
        if line.selected {
            easel.fill(
                [place[0] + 2.0 * scale, y - 1.5 * scale, place[2] - 4.0 * scale, LINE * scale],
                [64, 68, 120, 200],
            )?;
        }
        if let Some(column) = line.cursor {
            easel.fill(
                [x + column as f32 * ADVANCE * scale - scale / 2.0, y - scale, scale, 9.0 * scale],
                [255, 255, 255, 220],
            )?;
        }
        let mut left = columns;
        for span in &line.spans {
            let shown: String = span.text.chars().take(left).collect();
            left -= shown.chars().count();
            x = font.line(easel, [x, y], scale, colour_of(span.tone), &shown)?;
        }
    }
    Ok(())
}

/// Which row of a panel a point of the screen is in.
pub fn row_at(place: [f32; 4], scale: f32, [x, y]: [f32; 2]) -> Option<usize> {
    let inside = x >= place[0] && x < place[0] + place[2] && y >= place[1] && y < place[1] + place[3];
    inside.then(|| ((y - place[1]) / scale - 3.0).max(0.0) as usize / LINE as usize)
}

/// A graph of times: the younger the further right, with a line at what is to be kept.
pub struct Graph<'a> {
    /// What it shows.
    pub name: &'a str,
    /// Milliseconds, oldest first.
    pub times: &'a [f32],
    /// Milliseconds that are to be kept.
    pub limit: f32,
}

impl Graph<'_> {
    /// Draws it.
    pub fn draw<T: RenderTarget>(
        &self,
        easel: &mut Easel<'_, T>,
        font: &Font,
        place: [f32; 4],
        scale: f32,
    ) -> Result<(), String> {
        plate(easel, place, scale)?;
        let [x, y, w, h] =
            [place[0] + 3.0 * scale, place[1] + 13.0 * scale, place[2] - 6.0 * scale, place[3] - 16.0 * scale];
        let most = self.times.iter().copied().fold(self.limit * 1.25, f32::max);
        let step = w / SHOWN as f32;
        let shown = &self.times[self.times.len().saturating_sub(SHOWN)..];
        for (at, time) in shown.iter().enumerate() {
            let high = (time / most * h).max(1.0);
            let colour = if *time > self.limit { [250, 120, 110, 255] } else { [120, 216, 150, 255] };
            easel.fill([x + at as f32 * step, y + h - high, step.max(1.0), high], colour)?;
        }
        easel.fill([x, y + h - self.limit / most * h, w, scale / 2.0], [240, 220, 140, 200])?;
        let (mean, worst) = mean_and_worst(shown);
        let said = format!("{} {mean:.2} ms, worst {worst:.2}", self.name);
        font.line(easel, [x, place[1] + 3.0 * scale], scale, colour_of(Tone::Plain), &said).map(|_| ())
    }
}

/// Times that a graph shows.
pub const SHOWN: usize = 180;

fn mean_and_worst(times: &[f32]) -> (f32, f32) {
    let sum: f32 = times.iter().sum();
    (sum / times.len().max(1) as f32, times.iter().copied().fold(0.0, f32::max))
}

/// The past as a bar: from the oldest tick that can be gone back to, to the youngest.
pub fn timeline<T: RenderTarget>(
    easel: &mut Easel<'_, T>,
    font: &Font,
    place: [f32; 4],
    scale: f32,
    (first, last): (u64, u64),
    now: u64,
) -> Result<(), String> {
    plate(easel, place, scale)?;
    let [x, y, w, h] = inner(place, scale);
    let span = (last - first).max(1) as f32;
    easel.fill([x, y + h / 2.0 - scale, w, 2.0 * scale], [90, 96, 130, 255])?;
    let at = x + now.saturating_sub(first) as f32 / span * w;
    easel.fill([x, y + h / 2.0 - scale, at - x, 2.0 * scale], [150, 206, 255, 255])?;
    easel.fill([at - 1.5 * scale, y, 3.0 * scale, h], [255, 240, 200, 255])?;
    let seconds = now as f32 / 60.0 - last as f32 / 60.0;
    let said = format!("tick {now} of {first}..{last}   {seconds:+.1} s");
    font.edged(easel, [x, place[1] - 9.0 * scale], scale, [255, 240, 200, 255], &said).map(|_| ())
}

fn inner([x, y, w, h]: [f32; 4], scale: f32) -> [f32; 4] {
    [x + 5.0 * scale, y + 3.0 * scale, (w - 10.0 * scale).max(1.0), (h - 6.0 * scale).max(1.0)]
}

/// The tick at a point of the timeline.
pub fn tick_at(place: [f32; 4], scale: f32, (first, last): (u64, u64), x: f32) -> u64 {
    let [left, _, width, _] = inner(place, scale);
    let part = ((x - left) / width).clamp(0.0, 1.0);
    first + ((last - first) as f32 * part).round() as u64
}

fn wrapped(most: f32, scale: f32, lines: &[String]) -> impl Iterator<Item = String> + '_ {
    let columns = ((most / scale - 8.0) / ADVANCE).max(8.0) as usize;
    lines.iter().flat_map(move |line| text::wrap(&dormouse::observe::clean(line), columns))
}

/// How high such [`notices`] are.
pub fn notices_high(most: f32, scale: f32, lines: &[String]) -> f32 {
    wrapped(most, scale, lines).count() as f32 * (LINE + 2.0) * scale
}

/// Short lines that come and go, from the upper left corner down.
pub fn notices<T: RenderTarget>(
    easel: &mut Easel<'_, T>,
    font: &Font,
    at: [f32; 2],
    most: f32,
    scale: f32,
    lines: &[String],
) -> Result<(), String> {
    let mut y = at[1];
    for line in wrapped(most, scale, lines) {
        let width = text::width(&line, scale) + 8.0 * scale;
        easel.fill([at[0], y, width, (LINE + 1.0) * scale], DARK)?;
        font.line(easel, [at[0] + 4.0 * scale, y + 2.0 * scale], scale, colour_of(Tone::Plain), &line)?;
        y += (LINE + 2.0) * scale;
    }
    Ok(())
}
