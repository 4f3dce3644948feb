//! Panels: where each is on the screen, what is typed into it, and how it is drawn.

use dormouse::ActorId;

use super::{App, Focus};
use crate::draw::boxes;
use crate::draw::text::LINE;
use crate::game::Command;
use crate::keys::HELP;
use crate::panels::{Key, Line, Reaction, Tone};

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
        match panel {
            Focus::Console => [gap, gap, w - 2.0 * gap, h * 0.4],
            Focus::Sleepers => [w * 0.4, gap, w * 0.6 - gap, h * 0.45],
            Focus::Happenings => [w * 0.4, h * 0.5, w * 0.6 - gap, h * 0.42],
            Focus::Inspector => [gap, h * 0.2, w * 0.36, h * 0.72],
        }
    }

    pub(super) fn draw_panels(&mut self) -> Result<(), String> {
        let scale = self.scale();
        let small = (scale / 2.0).round().max(1.0);
        let mut panels: Vec<([f32; 4], f32, Vec<Line>)> = Vec::new();
        if self.inspector.actor().is_some() {
            let place = self.place(Focus::Inspector);
            let (columns, rows) = boxes::room([place[2], place[3]], small);
            panels.push((place, small, self.inspector.lines(columns, rows)));
        }
        let place = self.place(Focus::Sleepers);
        if let Some(panel) = &mut self.sleepers {
            let (columns, rows) = boxes::room([place[2], place[3]], small);
            panels.push((place, small, panel.lines(columns, rows)));
        }
        let place = self.place(Focus::Happenings);
        if let Some(panel) = &mut self.happenings {
            let (columns, rows) = boxes::room([place[2], place[3]], small);
            panels.push((place, small, panel.lines(columns, rows)));
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

    pub(super) fn help_panel(&self) -> ([f32; 4], f32, Vec<Line>) {
        let keys = self.players.keys();
        let mut lines = vec![Line::of(Tone::Strong, "Keys")];
        for (act, help) in HELP {
            lines.push(Line::of(Tone::Own, format!("{:>10}  ", keys.names(act))).and(Tone::Plain, help));
        }
        lines.push(Line::of(Tone::Strong, "Players"));
        for player in 1..=4 {
            let names = keys.of_player(player).into_iter().map(|(name, keys)| format!("{name}: {keys}"));
            let text: Vec<String> = names.collect();
            lines.push(Line::of(Tone::Own, format!("{player:>10}  ")).and(Tone::Dim, text.join(", ")));
        }
        lines.push(Line::of(Tone::Dim, "Wheel: zoom. Right drag: look around. Ctrl Q: quit."));
        let [w, h] = self.camera.size.map(|side| side as f32);
        let mut scale = self.scale();
        while scale > 1.0 && (lines.len() as f32 * LINE + 8.0) * scale > h {
            scale -= 1.0;
        }
        let widest = lines.iter().map(|line| line.text().chars().count()).max().unwrap_or(0) as f32;
        let (width, height) = ((widest * 6.0 + 10.0) * scale, (lines.len() as f32 * LINE + 8.0) * scale);
        ([((w - width) / 2.0).max(0.0), ((h - height) / 2.0).max(0.0), width.min(w), height.min(h)], scale, lines)
    }
}
