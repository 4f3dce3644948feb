//! A list that is longer than its panel: which item is selected, and which are to be seen.

use std::ops::Range;

use super::Key;

/// See the module's comment.
#[derive(Clone, Copy, Debug, Default)]
pub struct List {
    selected: usize,
    top: usize,
    /// Items seen at once when it was last shown: what a page is.
    page: usize,
}

impl List {
    /// The selected item of so many.
    pub fn selected(&self, count: usize) -> Option<usize> {
        (count > 0).then(|| self.selected.min(count - 1))
    }

    /// Selects an item.
    pub fn select(&mut self, item: usize) {
        self.selected = item;
    }

    /// Moves the selection. False when the key means nothing here.
    pub fn key(&mut self, key: Key, count: usize) -> bool {
        let last = count.saturating_sub(1);
        let page = self.page.max(1);
        self.selected = match key {
            Key::Up => self.selected.min(last).saturating_sub(1),
            Key::Down => (self.selected + 1).min(last),
            Key::PageUp => self.selected.min(last).saturating_sub(page),
            Key::PageDown => (self.selected + page).min(last),
            Key::Home => 0,
            Key::End => last,
            _ => return false,
        };
        true
    }

    /// The items to be seen in so many rows, the selected one among them.
    pub fn window(&mut self, count: usize, rows: usize) -> Range<usize> {
        self.page = rows;
        let selected = self.selected(count).unwrap_or(0);
        self.top = self.top.min(selected).max((selected + 1).saturating_sub(rows));
        // No empty rows while there are items above.
        self.top = self.top.min(count.saturating_sub(rows));
        self.top..count.min(self.top + rows)
    }

    /// The item in a row of what was last seen.
    pub fn item_at(&self, row: usize) -> usize {
        self.top + row
    }
}
