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
