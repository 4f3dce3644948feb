//! How many colours a terminal has, and the nearest that it has to one of ours.

use ratatui::style::Color;

/// How many colours a terminal shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colours {
    /// Any.
    #[default]
    True,
    /// The 256 of xterm.
    Indexed,
    /// The sixteen of old.
    Sixteen,
    /// None, or the user wants none.
    None,
}

impl Colours {
    /// What the terminal says of itself by these variables: `NO_COLOR`, `COLORTERM`, `TERM`.
    pub fn of(no_color: Option<&str>, colorterm: Option<&str>, term: Option<&str>) -> Colours {
        let term = term.unwrap_or_default();
        if no_color.is_some_and(|said| !said.is_empty()) {
            Colours::None
        } else if colorterm.is_some_and(|said| said == "truecolor" || said == "24bit") || term.contains("direct") {
            Colours::True
        } else if term.contains("256") || term.contains("kitty") || term.contains("alacritty") {
            Colours::Indexed
        } else {
            Colours::Sixteen
        }
    }

    /// The colour of the terminal that is nearest to a colour.
    pub fn nearest(self, [r, g, b]: [u8; 3]) -> Color {
        match self {
            Colours::True => Color::Rgb(r, g, b),
            Colours::Indexed => Color::Indexed(indexed([r, g, b])),
            Colours::Sixteen => sixteen([r, g, b]),
            Colours::None => Color::Reset,
        }
    }
}

/// The steps of the cube of 6 by 6 by 6 colours.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

fn indexed(colour: [u8; 3]) -> u8 {
    let step = |part: u8| (0..6).min_by_key(|at| STEPS[*at].abs_diff(part)).unwrap_or(0);
    let [r, g, b] = colour.map(step);
    let cube = [STEPS[r], STEPS[g], STEPS[b]];
    let mean = (u32::from(colour[0]) + u32::from(colour[1]) + u32::from(colour[2])) / 3;
    let grey = (mean.saturating_sub(3) / 10).min(23);
    let level = (8 + grey * 10) as u8;
    if distance(colour, [level; 3]) < distance(colour, cube) {
        232 + grey as u8
    } else {
        (16 + 36 * r + 6 * g + b) as u8
    }
}

const SIXTEEN: [(Color, [u8; 3]); 16] = [
    (Color::Black, [0, 0, 0]),
    (Color::Red, [170, 0, 0]),
    (Color::Green, [0, 170, 0]),
    (Color::Yellow, [170, 85, 0]),
    (Color::Blue, [0, 0, 170]),
    (Color::Magenta, [170, 0, 170]),
    (Color::Cyan, [0, 170, 170]),
    (Color::Gray, [170, 170, 170]),
    (Color::DarkGray, [85, 85, 85]),
    (Color::LightRed, [255, 85, 85]),
    (Color::LightGreen, [85, 255, 85]),
    (Color::LightYellow, [255, 255, 85]),
    (Color::LightBlue, [85, 85, 255]),
    (Color::LightMagenta, [255, 85, 255]),
    (Color::LightCyan, [85, 255, 255]),
    (Color::White, [255, 255, 255]),
];

fn sixteen(colour: [u8; 3]) -> Color {
    SIXTEEN.iter().min_by_key(|(_, known)| distance(colour, *known)).map_or(Color::Reset, |(name, _)| *name)
}

/// Green counts most, as to the eye.
fn distance(one: [u8; 3], other: [u8; 3]) -> u32 {
    let part = |at: usize, weight: u32| weight * u32::from(one[at].abs_diff(other[at])).pow(2);
    part(0, 3) + part(1, 4) + part(2, 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_say_what_they_can() {
        assert_eq!(Colours::of(None, Some("truecolor"), Some("xterm-256color")), Colours::True);
        assert_eq!(Colours::of(None, None, Some("tmux-256color")), Colours::Indexed);
        assert_eq!(Colours::of(None, None, Some("linux")), Colours::Sixteen);
        assert_eq!(Colours::of(Some("1"), Some("truecolor"), Some("xterm")), Colours::None);
        assert_eq!(Colours::of(Some(""), Some("truecolor"), None), Colours::True);
    }

    #[test]
    fn colours_that_a_terminal_has_stay_as_they_are() {
        for (at, r) in STEPS.iter().enumerate() {
            assert_eq!(indexed([*r, 0, 255]), (16 + 36 * at + 5) as u8);
        }
        assert_eq!(indexed([8, 8, 8]), 232);
        assert_eq!(sixteen([250, 90, 80]), Color::LightRed);
    }
}
