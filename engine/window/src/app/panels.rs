//! Panels: where each is on the screen, what is typed into it, and how it is drawn.

use dormouse::ActorId;

use super::{App, Focus};
use crate::draw::boxes;
use crate::draw::text::{ADVANCE, LINE};
use crate::game::Command;
use crate::keys::{Act, HELP, Keys};
use crate::panels::{Key, Line, Reaction, Tone};

/// Letters in a line of a panel, where there is room.
const LETTERS: f32 = 62.0;

impl App<'_> {
    pub(super) fn typed(&mut self, key: Key) {
        let reaction = match self.focus {
            Some(Focus::Console) => self.console.key(key),
            Some(Focus::Sleepers) => self.sleepers.as_mut().map_or(Reaction::Close, |panel| panel.key(key)),
            Some(Focus::Happenings) => self.happenings.as_mut().map_or(Reaction::Close, |panel| panel.key(key)),
            Some(Focus::Inspector) => self.inspector.key(key),
            None => return,
        };
        self.react(reaction);
    }

    pub(super) fn react(&mut self, reaction: Reaction) {
        match reaction {
            Reaction::Ignored | Reaction::Used => {}
            Reaction::Inspect(actor) => self.inspect(actor),
            Reaction::Submit(line) => self.pace.send(Command::Say(line)),
            Reaction::Close => match self.focus.take() {
                Some(Focus::Console) => self.console_open = false,
                Some(Focus::Sleepers) => self.sleepers = None,
                Some(Focus::Happenings) => self.happenings = None,
                Some(Focus::Inspector) => self.inspector.show(None),
                None => {}
            },
        }
        if let Some((line, cursor)) = self.console.wants_completion() {
            self.pace.send(Command::Complete(line.to_owned(), cursor));
        }
    }

    pub(super) fn inspect(&mut self, actor: ActorId) {
        self.inspector.show(Some(actor));
        self.focus = Some(Focus::Inspector);
    }

    /// Where a panel is on the screen.
    pub(super) fn place(&self, panel: Focus) -> [f32; 4] {
        let [w, h] = self.camera.size.map(|side| side as f32);
        let gap = 4.0 * self.scale();
        // Lines of sleepers and happenings are long: where the screen is narrow they have all of it.
        let wide = (w * 0.6 - gap).max((LETTERS * ADVANCE * self.scale()).min(w - 2.0 * gap));
        let place = match panel {
            Focus::Console => [gap, gap, w - 2.0 * gap, h * 0.4],
            Focus::Sleepers => [w - wide - gap, gap, wide, h * 0.45],
            Focus::Happenings => [w - wide - gap, h * 0.5, wide, h * 0.42],
            Focus::Inspector => {
                let wide = (w * 0.385 - gap).max((38.0 * ADVANCE * self.scale()).min(w - 2.0 * gap));
                [gap, h * 0.2, wide, h * 0.72]
            }
        };
        place.map(f32::floor)
    }

    pub(super) fn draw_panels(&mut self) -> Result<(), String> {
        let scale = self.scale();
        let mut panels: Vec<([f32; 4], f32, Vec<Line>)> = Vec::new();
        if self.inspector.actor().is_some() {
            let place = self.place(Focus::Inspector);
            let (columns, rows) = boxes::room([place[2], place[3]], scale);
            panels.push((place, scale, self.inspector.lines(columns, rows)));
        }
        let place = self.place(Focus::Sleepers);
        if let Some(panel) = &mut self.sleepers {
            let (columns, rows) = boxes::room([place[2], place[3]], scale);
            panels.push((place, scale, panel.lines(columns, rows)));
        }
        let place = self.place(Focus::Happenings);
        if let Some(panel) = &mut self.happenings {
            let (columns, rows) = boxes::room([place[2], place[3]], scale);
            panels.push((place, scale, panel.lines(columns, rows)));
        }
        if self.console_open {
            let place = self.place(Focus::Console);
            let (columns, rows) = boxes::room([place[2], place[3]], scale);
            panels.push((place, scale, self.console.lines(columns, rows)));
        }
        if self.help {
            panels.push(self.help_panel());
        }
        let font = self.painter.font;
        for (place, scale, lines) in &panels {
            boxes::panel(self.painter.easel(), &font, *place, *scale, lines)?;
        }
        self.draw_slots()
    }

    fn help_panel(&self) -> ([f32; 4], f32, Vec<Line>) {
        let lines = help(self.players.keys(), self.players.count());
        let widest = lines.iter().map(|line| line.text().chars().count()).max().unwrap_or(0) as f32;
        let size = [widest * ADVANCE + 8.0, lines.len() as f32 * LINE + 7.0];
        let room = self.camera.size.map(|side| side as f32);
        // As large as there is room for.
        let scale = (room[0] / size[0]).min(room[1] / size[1]).floor().clamp(1.0, self.scale());
        let [w, h] = size.map(|side| side * scale);
        let at = [(room[0] - w) / 2.0, (room[1] - h) / 2.0].map(|side| side.max(0.0).floor());
        ([at[0], at[1], w.min(room[0]), h.min(room[1])], scale, lines)
    }
}

/// What F1 lists: what the window does in two columns, then the players' keys.
fn help(keys: &Keys, players: u8) -> Vec<Line> {
    let half = HELP.len().div_ceil(2);
    let widest = |acts: &[(Act, &str)]| acts.iter().map(|(act, _)| keys.names(*act).chars().count()).max().unwrap_or(0);
    let (first, second) = HELP.split_at(half);
    let wide = [widest(first), widest(second)];
    let text = first.iter().map(|(_, help)| help.chars().count()).max().unwrap_or(0);
    let mut lines = vec![Line::of(Tone::Strong, "Keys")];
    for (number, (act, help)) in first.iter().enumerate() {
        let mut line = Line::of(Tone::Own, format!("{:>1$} ", keys.names(*act), wide[0]));
        line = line.and(Tone::Plain, format!("{help:<text$}  "));
        if let Some((act, help)) = second.get(number) {
            line = line.and(Tone::Own, format!("{:>1$} ", keys.names(*act), wide[1])).and(Tone::Plain, *help);
        }
        lines.push(line);
    }
    lines.push(Line::default());
    lines.push(Line::of(Tone::Strong, "Players").and(Tone::Dim, "  up, left, down, right, use"));
    for player in 1..=4_u8 {
        let mut all = keys.of_player(player);
        let mut said = Vec::new();
        for name in ["up", "left", "down", "right", "space"] {
            if let Some(at) = all.iter().position(|(known, _)| known == name) {
                said.push(all.remove(at).1.replace("Keypad ", "Num "));
            }
        }
        said.extend(all.into_iter().map(|(name, keys)| format!("{name}: {keys}")));
        let whose = if player <= players { player.to_string() } else { "or".into() };
        lines.push(Line::of(Tone::Own, format!("{whose:>0$} ", wide[0])).and(Tone::Plain, said.join(", ")));
    }
    lines.push(Line::of(Tone::Own, format!("{:>1$} ", "Pad", wide[0])).and(Tone::Plain, "stick or cross, A to use"));
    lines.push(Line::default());
    lines.push(Line::of(Tone::Dim, "Click: walk there; with any of this open: look at who is there."));
    lines.push(Line::of(Tone::Dim, "Drag with the right button: look around. Ctrl+Q: quit."));
    lines
}
