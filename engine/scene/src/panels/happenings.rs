//! What happens, as it happens, and below it why: the causes of the selected one, from the first on.

use dormouse::happenings::{Ending, Happening, HappeningKind as Kind, History, Outcome};

use super::edit::Edit;
use super::{Key, Line, List, Reaction, Tone};

/// See the module's comment. Typing searches; while nothing older is selected the newest stays in sight.
pub struct HappeningsPanel {
    history: History,
    search: Edit,
    /// The numbers of those that the search takes.
    fitting: Vec<u64>,
    list: List,
    /// The number of the selected one; none: the newest.
    pinned: Option<u64>,
    /// The numbers of those that were last to be seen.
    shown: Vec<u64>,
}

impl Default for HappeningsPanel {
    /// Remembers the last 20,000.
    fn default() -> Self {
        let history = History::new(20_000);
        HappeningsPanel {
            history,
            search: Edit::default(),
            fitting: Vec::new(),
            list: List::default(),
            pinned: None,
            shown: Vec::new(),
        }
    }
}

impl HappeningsPanel {
    /// What happened since the last call; before that the world may have been rewound to a tick.
    pub fn take(&mut self, happenings: impl IntoIterator<Item = Happening>, rewound: Option<u64>) {
        if let Some(tick) = rewound {
            self.history.rewind(tick);
        }
        let before = self.history.all().next_back().map(|last| last.number);
        self.history.extend(happenings);
        // Those of another world begin anew.
        let new = before.filter(|before| self.history.get(*before).is_some());
        match new {
            Some(before) if rewound.is_none() => {
                let wanted = self.search.text().to_lowercase();
                let later = self.history.all().rev().take_while(|happening| happening.number > before);
                let mut later: Vec<u64> = later.filter(|one| fits(one, &wanted)).map(|one| one.number).collect();
                later.reverse();
                self.fitting.extend(later);
                let first = self.history.all().next().map_or(0, |first| first.number);
                self.fitting.drain(..self.fitting.partition_point(|number| *number < first));
            }
            _ => self.search_all(),
        }
        self.pinned = self.pinned.filter(|number| self.history.get(*number).is_some());
    }

    /// What happened, as far as it is remembered.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// What is searched for.
    pub fn search(&self) -> &str {
        self.search.text()
    }

    /// A key was pressed.
    pub fn key(&mut self, key: Key) -> Reaction {
        match key {
            Key::Escape if self.pinned.is_some() => self.pinned = None,
            Key::Escape if self.search.text().is_empty() => return Reaction::Close,
            Key::Escape => {
                self.search.set("");
                self.search_all();
            }
            Key::End => self.pinned = None,
            Key::Enter => {
                let selected = self.selected().and_then(|number| self.history.get(number));
                let actor = selected.and_then(|happening| happening.kind.whose());
                return actor.map_or(Reaction::Used, |actor| Reaction::Inspect(actor.id));
            }
            Key::Up | Key::Down | Key::PageUp | Key::PageDown | Key::Home => {
                let fitting = &self.fitting;
                if let Some(at) = self.pinned.and_then(|number| fitting.iter().position(|other| *other == number)) {
                    self.list.select(at);
                } else {
                    self.list.select(fitting.len().saturating_sub(1));
                }
                self.list.key(key, fitting.len());
                let at = self.list.selected(fitting.len());
                self.pinned = at.filter(|at| at + 1 < fitting.len()).map(|at| fitting[at]);
            }
            // Moving is for the list, the rest for the search.
            Key::Left | Key::Right => return Reaction::Ignored,
            key if self.search.key(key) => {
                self.pinned = None;
                self.search_all();
            }
            _ => return Reaction::Ignored,
        }
        Reaction::Used
    }

    /// A row was clicked: it is selected; clicked again, whose it is is shown.
    pub fn click(&mut self, row: usize) -> Reaction {
        let Some(number) = row.checked_sub(1).and_then(|row| self.shown.get(row)).copied() else {
            return Reaction::Used;
        };
        if self.pinned == Some(number) {
            return self.key(Key::Enter);
        }
        self.pinned = Some(number);
        Reaction::Used
    }

    /// The number of the selected one.
    pub fn selected(&self) -> Option<u64> {
        self.pinned.or_else(|| self.fitting.last().copied())
    }

    fn search_all(&mut self) {
        let wanted = self.search.text().to_lowercase();
        self.fitting = self.history.all().filter(|one| fits(one, &wanted)).map(|one| one.number).collect();
    }

    /// What stands in the panel, at most so many rows.
    pub fn lines(&mut self, columns: usize, rows: usize) -> Vec<Line> {
        let fitting = &self.fitting;
        let head = format!("{} of {} happenings   search: ", fitting.len(), self.history.all().len());
        let cursor = head.chars().count() + self.search.column();
        let mut lines = vec![Line::of(Tone::Strong, head).and(Tone::Own, self.search.text())];
        lines[0].cursor = Some(cursor);
        let selected = self.pinned.or(fitting.last().copied());
        let why = selected.map(|number| why(&self.history, number)).unwrap_or_default();
        // The causes have at most half of the room.
        let room = rows.saturating_sub(1);
        let below = why.len().min(room / 2);
        let at = selected.and_then(|number| fitting.binary_search(&number).ok());
        self.list.select(at.unwrap_or(fitting.len().saturating_sub(1)));
        let seen = self.list.window(fitting.len(), room - below);
        self.shown = fitting[seen].to_vec();
        for number in &self.shown {
            if let Some(happening) = self.history.get(*number) {
                let mut line = line(happening);
                line.selected = selected == Some(*number);
                lines.push(line);
            }
        }
        lines.extend(why.into_iter().rev().take(below).rev());
        lines.into_iter().take(rows).map(|line| line.fit(columns)).collect()
    }
}

/// Whether a search takes it. `wanted` is in lower case.
fn fits(happening: &Happening, wanted: &str) -> bool {
    wanted.is_empty() || happening.to_string().to_lowercase().contains(wanted)
}

/// The way to a happening: whom it went through, then each step.
fn why(history: &History, number: u64) -> Vec<Line> {
    let actors: Vec<String> = history.actors_on_the_way(number).iter().map(ToString::to_string).collect();
    let mut lines = vec![Line::of(Tone::Strong, format!("why #{number}: {}", actors.join(" -> ")))];
    lines.extend(history.chain(number).into_iter().map(line));
    lines
}

fn line(happening: &Happening) -> Line {
    let who = happening.kind.whose().map(|who| format!("{who} ")).unwrap_or_default();
    let cause = happening.cause.map_or_else(String::new, |cause| format!(" <- #{cause}"));
    Line::of(Tone::Dim, format!("{:>6} ", happening.tick))
        .and(Tone::Strong, who)
        .and(tone(&happening.kind), happening.kind.to_string())
        .and(Tone::Dim, format!("  #{}{cause}", happening.number))
}

/// What became of it, as a colour.
pub(super) fn tone(kind: &Kind) -> Tone {
    match kind {
        Kind::Input { .. } => Tone::Own,
        Kind::ActionFinished { .. } | Kind::WireFired { outcome: Outcome::Began, .. } => Tone::Good,
        Kind::WireFired { outcome: Outcome::Joined, .. } | Kind::WirePosted { .. } => Tone::Dim,
        Kind::WireFired { .. } | Kind::Raised { .. } | Kind::Collided { .. } => Tone::Warn,
        Kind::Error { .. } | Kind::ActionFailed { .. } | Kind::TaskEnded { how: Ending::Failed, .. } => Tone::Bad,
        _ => Tone::Plain,
    }
}
