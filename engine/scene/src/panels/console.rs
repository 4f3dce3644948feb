//! The console's panel: what was typed and answered, the line being typed, what could come next.

use std::collections::VecDeque;

use dormouse::console::Completion;

use super::edit::Edit;
use super::{Key, Line, Reaction, Tone};

/// Candidates that are shown above the line.
const SHOWN: usize = 8;
/// Lines that are remembered.
const MOST: usize = 500;

/// A line that was typed, and its answer once it is there.
struct Typed {
    line: String,
    answer: Option<(Vec<String>, bool)>,
}

/// See the module's comment. Up and Down go through what was typed, Tab completes, Enter submits, PageUp and PageDown
/// scroll.
#[derive(Default)]
pub struct ConsolePanel {
    typed: VecDeque<Typed>,
    edit: Edit,
    /// How far back in what was typed; none: the line is new. What was being typed before.
    back: Option<usize>,
    kept: String,
    completion: Completion,
    /// The candidate that Tab put into the line last.
    turn: Option<usize>,
    /// Tab was pressed when the candidates for the line were not there yet.
    hurried: bool,
    /// Tab was pressed, and nothing begins like that.
    nothing: bool,
    /// Lines scrolled back.
    scroll: usize,
}

impl ConsolePanel {
    /// The line and the cursor in it (a byte), for [`complete`](dormouse::console::complete), whose answer is to be given
    /// to [`ConsolePanel::set_completion`]. None while Tab goes through the candidates of before.
    pub fn wants_completion(&self) -> Option<(&str, usize)> {
        let asks = self.turn.is_none() && !self.edit.text().is_empty();
        asks.then(|| (self.edit.text(), self.edit.cursor()))
    }

    /// How the line can go on, or a line of before could: that is of no use to Tab.
    pub fn set_completion(&mut self, completion: Completion) {
        if self.turn.is_some() {
            return;
        }
        self.completion = completion;
        if self.hurried {
            self.complete();
        }
    }

    /// The answer to the oldest line that has none: what to show, and whether it says what is wrong.
    pub fn answer(&mut self, lines: Vec<String>, failed: bool) {
        if let Some(waiting) = self.typed.iter_mut().find(|typed| typed.answer.is_none()) {
            waiting.answer = Some((lines, failed));
        }
    }

    /// A key was pressed.
    pub fn key(&mut self, key: Key) -> Reaction {
        if key != Key::Tab {
            (self.turn, self.hurried, self.nothing) = (None, false, false);
        }
        match key {
            Key::Escape if self.edit.text().is_empty() => return Reaction::Close,
            Key::Escape => self.edit.set(""),
            Key::Enter => {
                (self.back, self.scroll, self.completion) = (None, 0, Completion::default());
                let line = self.edit.take();
                if line.trim().is_empty() {
                    return Reaction::Used;
                }
                self.typed.push_back(Typed { line: line.clone(), answer: None });
                if self.typed.len() > MOST {
                    self.typed.pop_front();
                }
                return Reaction::Submit(line);
            }
            Key::Up => self.go_back(),
            Key::Down => self.go_on(),
            Key::PageUp => self.scroll += 10,
            Key::PageDown => self.scroll = self.scroll.saturating_sub(10),
            Key::Tab => self.complete(),
            key if self.edit.key(key) => self.back = None,
            _ => return Reaction::Ignored,
        }
        Reaction::Used
    }

    fn go_back(&mut self) {
        let next = self.back.map_or(0, |back| back + 1);
        if next >= self.typed.len() {
            return;
        }
        if self.back.is_none() {
            self.kept = self.edit.text().to_owned();
        }
        self.back = Some(next);
        self.edit.set(self.typed[self.typed.len() - 1 - next].line.as_str());
    }

    fn go_on(&mut self) {
        match self.back {
            Some(0) => {
                self.back = None;
                let kept = std::mem::take(&mut self.kept);
                self.edit.set(kept);
            }
            Some(back) if back <= self.typed.len() => {
                self.back = Some(back - 1);
                self.edit.set(self.typed[self.typed.len() - back].line.as_str());
            }
            _ => {}
        }
    }

    /// What all candidates have in common; then one after another.
    fn complete(&mut self) {
        let count = self.completion.candidates.len();
        self.hurried = self.turn.is_none() && self.completion.before != self.edit.text()[..self.edit.cursor()];
        self.nothing = !self.hurried && count == 0;
        if self.hurried || self.nothing {
            return;
        }
        let typed = self.edit.cursor() - self.completion.from;
        let common = self.completion.common().to_owned();
        if self.turn.is_none() && common.len() > typed {
            return self.edit.replace(self.completion.from, &common);
        }
        let turn = self.turn.map_or(0, |turn| (turn + 1) % count);
        self.turn = Some(turn);
        let text = self.completion.candidates[turn].text.clone();
        self.edit.replace(self.completion.from, &text);
    }

    /// What stands in the panel, exactly so many rows, the line being typed in the last.
    pub fn lines(&self, columns: usize, rows: usize) -> Vec<Line> {
        let mut own = Line::of(Tone::Dim, "> ").and(Tone::Own, self.edit.text());
        own.cursor = Some(2 + self.edit.column());
        let offered = self.offers(columns);
        let room = rows.saturating_sub(1 + usize::from(offered.is_some()));
        // From the last line up, as far as there is room.
        let above = self.typed.iter().rev().flat_map(Typed::lines_upwards);
        let above = above.flat_map(|line| line.wrap(columns).into_iter().rev());
        let mut lines: Vec<Line> = above.skip(self.scroll).take(room).collect();
        lines.resize(room, Line::default());
        lines.reverse();
        lines.extend(offered);
        lines.push(own.fit(columns));
        lines.truncate(rows);
        lines
    }

    fn offers(&self, columns: usize) -> Option<Line> {
        let candidates = &self.completion.candidates;
        if self.nothing {
            return Some(Line::of(Tone::Warn, "nothing that is known begins like this").fit(columns));
        }
        if candidates.is_empty() || self.edit.text().is_empty() {
            return None;
        }
        let first = self.turn.unwrap_or(0) / SHOWN * SHOWN;
        let mut line = Line::default();
        for (at, candidate) in candidates.iter().enumerate().skip(first).take(SHOWN) {
            let tone = if self.turn == Some(at) { Tone::Own } else { Tone::Plain };
            line = line.and(tone, dormouse::observe::clean(&candidate.text));
            line = line.and(Tone::Dim, format!(" {}   ", candidate.kind));
        }
        let more = candidates.len().saturating_sub(first + SHOWN);
        Some(if more > 0 { line.and(Tone::Dim, format!("{more} more")) } else { line }.fit(columns))
    }
}

impl Typed {
    fn lines_upwards(&self) -> impl Iterator<Item = Line> + '_ {
        let answer = self.answer.iter().flat_map(|(lines, failed)| {
            let tone = if *failed { Tone::Bad } else { Tone::Plain };
            lines.iter().rev().map(move |line| Line::of(tone, line.as_str()))
        });
        answer.chain([Line::of(Tone::Dim, "> ").and(Tone::Own, dormouse::observe::clean(&self.line))])
    }
}
