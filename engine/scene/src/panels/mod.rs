//! The panels of the overlay as text: what stands in each line, which keys do what, what a click means. They hold
//! views of a world that were made elsewhere, know nothing of SDL or of a terminal, and change nothing: what a person
//! wants done comes back as a [`Reaction`].

mod console;
mod edit;
mod happenings;
mod inspector;
mod list;
mod sleepers;
#[cfg(test)]
mod tests;

use dormouse::ActorId;

pub use console::ConsolePanel;
pub use happenings::HappeningsPanel;
pub use inspector::InspectorPanel;
pub use list::List;
pub use sleepers::{SleepersPanel, Sort};

/// What a piece of text is, from which its colour follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Ordinary text.
    #[default]
    Plain,
    /// Of lesser weight.
    Dim,
    /// Of more: headings, names.
    Strong,
    /// What a person does or says: inputs, the line being typed.
    Own,
    /// It went well.
    Good,
    /// It came to nothing.
    Warn,
    /// It failed.
    Bad,
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The text, without control characters.
    pub text: String,
    /// What it is.
    pub tone: Tone,
}

/// A line of a panel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Its pieces from left to right.
    pub spans: Vec<Span>,
    /// It is the one that keys are about.
    pub selected: bool,
    /// The column of the cursor, where something is being typed in it.
    pub cursor: Option<usize>,
}

/// A key, as far as panels care. Characters come as they are typed, in whatever case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names of keys say it")]
pub enum Key {
    Char(char),
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
    Enter,
    Tab,
    Escape,
    Backspace,
    Delete,
    /// All before the cursor is to go, as on Ctrl-U.
    Clear,
}

/// What a key or a click comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Nothing: the key is free for others.
    Ignored,
    /// It changed the panel.
    Used,
    /// Show this actor.
    Inspect(ActorId),
    /// Give this line to the [console](dormouse::console::Console).
    Submit(String),
    /// Put the panel away.
    Close,
}

impl Line {
    /// A line of one piece.
    pub fn of(tone: Tone, text: impl Into<String>) -> Line {
        Line { spans: vec![Span { text: text.into(), tone }], ..Line::default() }
    }

    /// With one more piece.
    pub fn and(mut self, tone: Tone, text: impl Into<String>) -> Line {
        self.spans.push(Span { text: text.into(), tone });
        self
    }

    /// Its text.
    pub fn text(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }

    /// In lines of at most so many columns, broken between words where that is possible. What goes on stands below the
    /// second column of a table, where the line is a row of one.
    pub fn wrap(self, columns: usize) -> Vec<Line> {
        let letters: Vec<(char, Tone)> =
            self.spans.iter().flat_map(|span| span.text.chars().map(|letter| (letter, span.tone))).collect();
        if letters.len() <= columns || columns == 0 {
            return vec![self.fit(columns)];
        }
        let blank = |at: usize| letters.get(at).is_some_and(|(letter, _)| *letter == ' ');
        let begins = letters.iter().take_while(|(letter, _)| *letter == ' ').count();
        let column =
            (begins + 1..columns * 2 / 3 + 1).find(|at| !blank(*at) && blank(at - 1) && blank(at.saturating_sub(2)));
        let hang = column.unwrap_or((begins + 2).min(columns / 2));
        let (mut lines, mut from) = (Vec::new(), 0);
        while from < letters.len() {
            let indent = if from == 0 { 0 } else { hang };
            let room = (columns - indent).max(1);
            let mut to = (from + room).min(letters.len());
            if to < letters.len()
                && let Some(space) = (from + 1..=to).rev().find(|at| blank(*at))
                && (from > 0 || space > hang)
            {
                to = space;
            }
            let mut line = Line { selected: self.selected, ..Line::of(Tone::Plain, " ".repeat(indent)) };
            for (letter, tone) in &letters[from..to] {
                match line.spans.last_mut() {
                    Some(span) if span.tone == *tone => span.text.push(*letter),
                    _ => line.spans.push(Span { text: letter.to_string(), tone: *tone }),
                }
            }
            lines.push(line);
            from = to;
            while blank(from) {
                from += 1;
            }
        }
        lines
    }

    /// Cut to so many columns; `~` says that there is more.
    pub fn fit(mut self, columns: usize) -> Line {
        let mut left = columns;
        for at in 0..self.spans.len() {
            let width = self.spans[at].text.chars().count();
            if width <= left {
                left -= width;
                continue;
            }
            self.spans.truncate(at + 1);
            self.spans[at].text = column(&self.spans[at].text, left).trim_end().to_owned();
            break;
        }
        self
    }
}

/// The rows below a list in which the selected line is told whole: at most three, and none where there are few rows.
fn foot(whole: Option<Line>, columns: usize, rows: usize) -> Vec<Line> {
    let told = whole.filter(|_| rows >= 8 && columns > 0);
    let mut lines = told.map(|line| line.wrap(columns)).unwrap_or_default();
    if lines.len() > 3 {
        lines.truncate(3);
        lines[2] = lines[2].clone().and(Tone::Dim, " ...").fit(columns);
    }
    lines
}

/// The text in exactly so many columns: filled with blanks, or cut with a `~`.
fn column(text: &str, columns: usize) -> String {
    let width = text.chars().count();
    if width <= columns {
        return format!("{text}{}", " ".repeat(columns - width));
    }
    if columns == 0 {
        return String::new();
    }
    let cut: String = text.chars().take(columns - 1).collect();
    format!("{cut}~")
}
