//! The list of tasklets: whose, why it sleeps, until when, where; sortable, searchable, each with its frames and
//! locals.

use std::ops::Range;

use dormouse::TaskId;
use dormouse::observe::{SleeperFilter, SleeperView, clean};

use super::edit::Edit;
use super::{Key, Line, List, Reaction, Tone, column, foot};

/// What the list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// In the order in which they were started.
    #[default]
    Age,
    /// By whose they are.
    Owner,
    /// By the tick at which they wake.
    Wakes,
    /// By the tick at which they fell asleep.
    Since,
    /// By file and line.
    Place,
}

impl Sort {
    const ALL: [(Sort, &'static str); 5] = [
        (Sort::Age, "age"),
        (Sort::Owner, "owner"),
        (Sort::Wakes, "waking"),
        (Sort::Since, "falling asleep"),
        (Sort::Place, "place"),
    ];

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(sort, _)| *sort == self).map_or("", |(_, word)| word)
    }

    fn next(self) -> Sort {
        let at = Self::ALL.iter().position(|(sort, _)| *sort == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()].0
    }
}

/// Columns in which all of a tasklet has room; in fewer the selected one is told whole below the list.
const WIDE: usize = 80;

/// See the module's comment. Typing searches, Tab sorts, Right opens frames and locals, Enter shows the owner.
#[derive(Default)]
pub struct SleepersPanel {
    sleepers: Vec<SleeperView>,
    unseen: usize,
    search: Edit,
    sort: Sort,
    list: List,
    /// Those that were last to be seen.
    seen: Range<usize>,
    /// The one whose frames are open, and they.
    open: Option<TaskId>,
    detail: Vec<String>,
    scroll: usize,
}

impl SleepersPanel {
    /// What to ask a world for, to be given to [`SleepersPanel::set`].
    pub fn filter(&self) -> SleeperFilter {
        SleeperFilter { text: self.search.text().to_owned(), ..SleeperFilter::default() }
    }

    /// The tasklet whose locals are asked for, to be given to [`SleepersPanel::set_detail`].
    pub fn wants_detail(&self) -> Option<TaskId> {
        self.open
    }

    /// The tasklets that are to be seen, and how many actors hibernate whose tasklets are not. The one that was selected
    /// stays so, wherever it stands now.
    pub fn set(&mut self, sleepers: Vec<SleeperView>, unseen: usize) {
        self.unseen = unseen;
        let selected = self.selected().map(|sleeper| sleeper.task);
        self.arrange(sleepers, selected);
    }

    fn arrange(&mut self, mut sleepers: Vec<SleeperView>, selected: Option<TaskId>) {
        match self.sort {
            Sort::Age => sleepers.sort_by_key(|sleeper| sleeper.order),
            Sort::Owner => sleepers.sort_by(|a, b| (&a.owner.name, a.order).cmp(&(&b.owner.name, b.order))),
            // Those who sleep for ever come last.
            Sort::Wakes => sleepers.sort_by_key(|sleeper| (sleeper.until.unwrap_or(u64::MAX), sleeper.order)),
            Sort::Since => sleepers.sort_by_key(|sleeper| (sleeper.since, sleeper.order)),
            Sort::Place => {
                let place =
                    |sleeper: &SleeperView| sleeper.frames.first().map(|frame| (frame.file.clone(), frame.line));
                sleepers.sort_by_cached_key(|sleeper| (place(sleeper), sleeper.order));
            }
        }
        self.sleepers = sleepers;
        if let Some(at) = self.sleepers.iter().position(|sleeper| Some(sleeper.task) == selected) {
            self.list.select(at);
        }
    }

    /// The frames and locals of the one that [`SleepersPanel::wants_detail`] named; none when it is over.
    pub fn set_detail(&mut self, sleeper: Option<&SleeperView>) {
        match sleeper {
            Some(sleeper) => self.detail = sleeper.detail().lines().map(str::to_owned).collect(),
            None => self.close(),
        }
    }

    fn close(&mut self) {
        self.open = None;
        self.detail.clear();
        self.scroll = 0;
    }

    fn selected(&self) -> Option<&SleeperView> {
        self.list.selected(self.sleepers.len()).map(|at| &self.sleepers[at])
    }

    /// A key was pressed.
    pub fn key(&mut self, key: Key) -> Reaction {
        if self.open.is_some() {
            return self.key_within(key);
        }
        match key {
            Key::Escape if self.search.text().is_empty() => return Reaction::Close,
            Key::Escape => self.search.set(""),
            Key::Tab => {
                self.sort = self.sort.next();
                let selected = self.selected().map(|sleeper| sleeper.task);
                let sleepers = std::mem::take(&mut self.sleepers);
                self.arrange(sleepers, selected);
            }
            Key::Enter => return self.selected().map_or(Reaction::Used, |sleeper| Reaction::Inspect(sleeper.owner.id)),
            Key::Right => self.open = self.selected().map(|sleeper| sleeper.task),
            key if self.list.key(key, self.sleepers.len()) => {}
            key if self.search.key(key) => self.list.select(0),
            _ => return Reaction::Ignored,
        }
        Reaction::Used
    }

    fn key_within(&mut self, key: Key) -> Reaction {
        match key {
            Key::Left | Key::Escape => self.close(),
            Key::Up => self.scroll = self.scroll.saturating_sub(1),
            Key::Down => self.scroll = (self.scroll + 1).min(self.detail.len().saturating_sub(1)),
            Key::Enter => return self.selected().map_or(Reaction::Used, |sleeper| Reaction::Inspect(sleeper.owner.id)),
            _ => return Reaction::Ignored,
        }
        Reaction::Used
    }

    /// A row was clicked: it is selected; clicked again, its owner is shown.
    pub fn click(&mut self, row: usize) -> Reaction {
        let Some(row) = row.checked_sub(1).filter(|_| self.open.is_none()) else { return Reaction::Used };
        let item = self.list.item_at(row);
        if !self.seen.contains(&item) || item >= self.sleepers.len() {
            return Reaction::Used;
        }
        if self.list.selected(self.sleepers.len()) == Some(item) {
            return self.key(Key::Enter);
        }
        self.list.select(item);
        Reaction::Used
    }

    /// What stands in the panel, at most so many rows.
    pub fn lines(&mut self, columns: usize, rows: usize) -> Vec<Line> {
        let count = self.sleepers.len();
        let head = format!("{count} tasklets by {} (Tab)   search: ", self.sort.word());
        let cursor = head.chars().count() + self.search.column();
        let mut lines = vec![Line::of(Tone::Strong, head).and(Tone::Own, self.search.text())];
        if self.unseen > 0 {
            // After what is typed, which must be seen however narrow it is.
            lines[0] = lines[0].clone().and(Tone::Dim, format!("   not those of {} more who hibernate", self.unseen));
        }
        lines[0].cursor = Some(cursor).filter(|_| self.open.is_none());
        let left = rows.saturating_sub(1);
        if self.open.is_some() {
            let detail = self.detail.iter().skip(self.scroll).take(left);
            lines.extend(
                detail
                    .map(|line| Line::of(if line.starts_with("        ") { Tone::Plain } else { Tone::Strong }, line)),
            );
        } else {
            let selected = self.list.selected(count);
            let whole = self.selected().filter(|_| columns < WIDE);
            let below = foot(whole.map(|sleeper| Line::of(Tone::Own, sleeper.to_string())), columns, left);
            self.seen = self.list.window(count, left - below.len());
            for at in self.seen.clone() {
                let mut line = row(&self.sleepers[at], columns);
                line.selected = selected == Some(at);
                lines.push(line);
            }
            if !below.is_empty() {
                lines.resize(1 + left - below.len(), Line::default());
                lines.extend(below);
            }
        }
        lines.truncate(rows);
        lines.into_iter().map(|line| line.fit(columns)).collect()
    }
}

/// Whose and what, why, until when, where. File and line are what is looked for: the rest gives way to them.
fn row(sleeper: &SleeperView, columns: usize) -> Line {
    let (who, why) = ((columns / 4).clamp(8, 28), (columns / 3).clamp(10, 44));
    let (who, why) = if columns < WIDE { (who.min(15), why.min(18)) } else { (who, why) };
    let label = match sleeper.label.as_str() {
        "" => sleeper.owner.to_string(),
        label => format!("{}.{}", sleeper.owner, clean(label)),
    };
    let until = sleeper.until.map_or_else(String::new, |until| until.to_string());
    let place = sleeper.frames.first().map(ToString::to_string).unwrap_or_default();
    let mut place = place.strip_prefix("scripts/").unwrap_or(&place);
    if columns < WIDE {
        place = place.split(" in ").next().unwrap_or(place);
    }
    let tone = if sleeper.cancelled { Tone::Warn } else { Tone::Plain };
    if columns < 50 {
        // The folder and the ending are the first that can be done without.
        let place = place.rsplit('/').next().unwrap_or(place).replacen(".luau:", ":", 1);
        return Line::of(Tone::Strong, column(&label, 14))
            .and(Tone::Dim, format!(" {} ", column(&place, 11)))
            .and(tone, sleeper.why.to_string());
    }
    Line::of(Tone::Strong, column(&label, who))
        .and(Tone::Dim, " ")
        .and(tone, column(&sleeper.why.to_string(), why))
        .and(Tone::Dim, format!(" {until:>6}  "))
        .and(Tone::Dim, place.to_owned())
}
