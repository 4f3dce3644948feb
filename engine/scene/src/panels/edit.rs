//! A line of text that is being typed.

use super::Key;

/// See the module's comment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Edit {
    text: String,
    /// A byte of the text, at a character's beginning or the end.
    cursor: usize,
}

impl Edit {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn cursor(&self) -> usize {
        self.cursor
    }

    /// Characters before the cursor.
    pub(super) fn column(&self) -> usize {
        self.text[..self.cursor].chars().count()
    }

    pub(super) fn set(&mut self, text: impl Into<String>) {
        self.text = text.into();
        self.cursor = self.text.len();
    }

    pub(super) fn take(&mut self) -> String {
        self.cursor = 0;
        std::mem::take(&mut self.text)
    }

    /// Puts `text` in place of what lies between `from` and the cursor.
    pub(super) fn replace(&mut self, from: usize, text: &str) {
        let from = if self.text.is_char_boundary(from) { from.min(self.cursor) } else { self.cursor };
        self.text.replace_range(from..self.cursor, text);
        self.cursor = from + text.len();
    }

    /// False when the key means nothing to text.
    pub(super) fn key(&mut self, key: Key) -> bool {
        match key {
            Key::Char(c) if !c.is_control() => {
                self.text.insert(self.cursor, c);
                self.cursor += c.len_utf8();
            }
            Key::Backspace => {
                if let Some(before) = self.before() {
                    self.cursor -= before.len_utf8();
                    self.text.remove(self.cursor);
                }
            }
            Key::Delete => {
                if self.cursor < self.text.len() {
                    self.text.remove(self.cursor);
                }
            }
            Key::Clear => {
                self.text.replace_range(..self.cursor, "");
                self.cursor = 0;
            }
            Key::Left => self.cursor -= self.before().map_or(0, char::len_utf8),
            Key::Right => self.cursor += self.text[self.cursor..].chars().next().map_or(0, char::len_utf8),
            Key::Home => self.cursor = 0,
            Key::End => self.cursor = self.text.len(),
            _ => return false,
        }
        true
    }

    fn before(&self) -> Option<char> {
        self.text[..self.cursor].chars().next_back()
    }
}
