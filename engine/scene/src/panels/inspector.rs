//! One actor: its props (which can be changed), fields, actions, mail, tasklets, wires in and out.

use dormouse::observe::{ActorView, SleeperView, ValueView, WireView, clean};
use dormouse::{ActorId, Datum};

use super::edit::Edit;
use super::{Key, Line, List, Reaction, Tone, foot};

/// See the module's comment. Up and Down choose, Enter on a prop begins to change it, on a wire shows its other end.
#[derive(Default)]
pub struct InspectorPanel {
    actor: Option<ActorId>,
    rows: Vec<Row>,
    name: String,
    list: List,
    /// How many rows were last to be seen.
    shown: usize,
    /// The prop that is being changed, and what was typed.
    editing: Option<(String, Edit)>,
}

struct Row {
    line: Line,
    does: Does,
}

/// What Enter does on a row.
#[derive(Clone, PartialEq, Eq)]
enum Does {
    Nothing,
    /// Changes a prop; the text of its value.
    Edit(String, String),
    /// Takes an action.
    Act(String),
    /// Shows another actor.
    Show(ActorId),
}

impl InspectorPanel {
    /// Shows another actor; none: nobody.
    pub fn show(&mut self, actor: Option<ActorId>) {
        if actor != self.actor {
            *self = InspectorPanel { actor, ..InspectorPanel::default() };
        }
    }

    /// The actor that is shown, whose views are to be given to [`InspectorPanel::set`].
    pub fn actor(&self) -> Option<ActorId> {
        self.actor
    }

    /// What is to be seen of it; none when it is gone.
    pub fn set(&mut self, view: Option<&ActorView>, sleepers: &[SleeperView], wires: &[WireView]) {
        self.rows.clear();
        let Some(view) = view else {
            self.editing = None;
            return self.add(Does::Nothing, Line::of(Tone::Warn, "it is gone"));
        };
        self.name = view.label.clone();
        let (file, line) = &view.place;
        let object = view.object.map_or_else(String::new, |object| format!(", object {object}"));
        let class = format!(": {} ({}:{line}){object}", clean(&view.class), clean(file));
        self.add(Does::Nothing, Line::of(Tone::Strong, clean(&view.label)).and(Tone::Dim, class));
        let [x, y] = view.body.center;
        self.add(Does::Edit("position".into(), format!("({x}, {y})")), Line::of(Tone::Plain, view.body.to_string()));
        for prop in &view.props {
            let own = if prop.own { "" } else { "  (the class's)" };
            let line = Line::of(Tone::Plain, prop.to_string()).and(Tone::Dim, format!("  {}{own}", prop.takes));
            self.add(Does::Edit(prop.name.clone(), typed(&prop.value)), line);
        }
        for field in &view.fields {
            let does = match field.value.actor {
                Some(actor) => Does::Show(actor),
                None if field.value.datum.is_some() => Does::Edit(field.name.clone(), typed(&field.value)),
                None => Does::Nothing,
            };
            self.add(does, Line::of(Tone::Plain, field.to_string()));
        }
        for global in &view.globals {
            self.add(Does::Nothing, Line::of(Tone::Dim, "global ").and(Tone::Plain, global.to_string()));
        }
        if view.more_fields + view.more_globals > 0 {
            let more = format!("... and {} more", view.more_fields + view.more_globals);
            self.add(Does::Nothing, Line::of(Tone::Dim, more));
        }
        for action in &view.actions {
            let flight = view.flights.iter().find(|flight| flight.action == *action);
            let line = match flight {
                Some(flight) => Line::of(Tone::Good, format!("takes {flight}")),
                None => Line::of(Tone::Dim, "can ").and(Tone::Plain, clean(action)),
            };
            self.add(Does::Act(action.clone()), line);
        }
        for (word, letter) in view
            .handling
            .iter()
            .map(|letter| ("handles ", letter))
            .chain(view.mailbox.iter().map(|letter| ("mail ", letter)))
        {
            let does = letter.from.as_ref().map_or(Does::Nothing, |from| Does::Show(from.id));
            self.add(does, Line::of(Tone::Dim, word).and(Tone::Plain, letter.to_string()));
        }
        // Whose all this is stands above.
        let own = format!("{}.", clean(&view.label));
        for detail in sleepers.iter().map(SleeperView::detail) {
            for line in detail.lines() {
                let tone = if line.starts_with(' ') { Tone::Plain } else { Tone::Strong };
                self.add(Does::Nothing, Line::of(tone, line.strip_prefix(&own).unwrap_or(line)));
            }
        }
        for wire in wires {
            let out = wire.source.id == view.id;
            let other = if out { wire.targets.first() } else { Some(&wire.source) };
            let tone = if wire.spent { Tone::Dim } else { Tone::Plain };
            let text = wire.to_string();
            let (word, text) = match out {
                true => ("out ", text.strip_prefix(&own).unwrap_or(&text).to_owned()),
                false => ("in ", text.replacen(&format!("-> {own}"), "-> ", 1)),
            };
            let line = Line::of(Tone::Dim, word).and(tone, text);
            self.add(other.map_or(Does::Nothing, |other| Does::Show(other.id)), line);
        }
    }

    fn add(&mut self, does: Does, line: Line) {
        self.rows.push(Row { line, does });
    }

    /// A key was pressed.
    pub fn key(&mut self, key: Key) -> Reaction {
        if let Some((prop, edit)) = &mut self.editing {
            match key {
                Key::Escape => self.editing = None,
                Key::Enter => {
                    let line = format!("set {}.{prop} = {}", written(&self.name), edit.text());
                    self.editing = None;
                    return Reaction::Submit(line);
                }
                key if edit.key(key) => {}
                _ => return Reaction::Ignored,
            }
            return Reaction::Used;
        }
        match key {
            Key::Escape => return Reaction::Close,
            Key::Enter => {
                let does = self.list.selected(self.rows.len()).map(|at| self.rows[at].does.clone());
                match does {
                    Some(Does::Edit(prop, value)) => {
                        let mut edit = Edit::default();
                        edit.set(value);
                        self.editing = Some((prop, edit));
                    }
                    Some(Does::Act(action)) => return Reaction::Submit(format!("{}.{action}", written(&self.name))),
                    Some(Does::Show(actor)) => return Reaction::Inspect(actor),
                    _ => {}
                }
            }
            key if self.list.key(key, self.rows.len()) => {}
            _ => return Reaction::Ignored,
        }
        Reaction::Used
    }

    /// A row was clicked: it is selected; clicked again, it does what Enter does.
    pub fn click(&mut self, row: usize) -> Reaction {
        let item = self.list.item_at(row);
        if self.editing.is_some() || item >= self.rows.len() || row >= self.shown {
            return Reaction::Used;
        }
        if self.list.selected(self.rows.len()) == Some(item) {
            return self.key(Key::Enter);
        }
        self.list.select(item);
        Reaction::Used
    }

    /// What stands in the panel, at most so many rows.
    pub fn lines(&mut self, columns: usize, rows: usize) -> Vec<Line> {
        let selected = self.list.selected(self.rows.len());
        let whole = selected.filter(|_| self.editing.is_none()).map(|at| self.rows[at].line.clone());
        let whole = whole.filter(|line| line.text().chars().count() > columns);
        let below = foot(whole, columns, rows);
        let seen = self.list.window(self.rows.len(), rows - below.len());
        let shown = seen.len();
        let line = |at: usize| {
            let mut line = match &self.editing {
                Some((prop, edit)) if selected == Some(at) => {
                    let head = format!("{} = ", clean(prop));
                    let cursor = head.chars().count() + edit.column();
                    let mut line = Line::of(Tone::Strong, head).and(Tone::Own, edit.text());
                    line.cursor = Some(cursor);
                    line
                }
                _ => self.rows[at].line.clone(),
            };
            line.selected = selected == Some(at);
            line.fit(columns)
        };
        let mut lines: Vec<Line> = seen.map(line).collect();
        if !below.is_empty() {
            lines.resize(rows - below.len(), Line::default());
            lines.extend(below);
        }
        self.shown = shown;
        lines
    }
}

/// A value as the console reads it, whole where it is plain data.
fn typed(value: &ValueView) -> String {
    match &value.datum {
        Some(Datum::Vector([x, y, 0.0])) => format!("({x}, {y})"),
        Some(Datum::Number(number)) if number.is_finite() => number.to_string(),
        Some(datum) => datum.to_json().to_string(),
        None => value.text.clone(),
    }
}

/// An actor's name as the console reads it.
fn written(name: &str) -> String {
    let bare = |c: char| c.is_alphanumeric() || "_#.-".contains(c);
    if name.chars().all(bare) && !name.is_empty() { name.to_owned() } else { format!("{name:?}") }
}
