//! A picture out: the world, what is laid over it, and around it what is to be known of time.

use std::sync::Arc;
use std::time::Instant;

use super::{App, THUMBNAIL};
use crate::draw::{Show, boxes, marks, text, text_scale};
use crate::game::Command;
use crate::images::Pixels;
use crate::panels::{Line, Tone};
use crate::saved::Seen;
use crate::saves::make_folder;

impl App<'_> {
    pub(super) fn scale(&self) -> f32 {
        text_scale(self.camera.size[1])
    }

    pub(super) fn timeline_place(&self) -> [f32; 4] {
        let [w, h] = self.camera.size.map(|side| side as f32);
        let scale = self.scale();
        [8.0 * scale, h - 20.0 * scale, w - 16.0 * scale, 14.0 * scale]
    }

    pub(super) fn draw(&mut self, part: f32) -> Result<(), String> {
        let frame = std::mem::take(&mut self.frame);
        let drawn = self.painter.frame(&frame, &self.camera, part, self.show);
        self.frame = frame;
        drawn?;
        if let Some(slot) = self.save_to.take() {
            let seen = Seen { picture: Some(self.small()?), center: self.center() };
            self.pace.send(Command::Save(slot, Arc::new(seen)));
            if self.slots.is_some() {
                self.pace.send(Command::Slots);
            }
        }
        self.draw_chosen(part)?;
        self.draw_panels()?;
        self.draw_time()?;
        if self.shoot && self.sees_all() {
            self.shoot = false;
            self.screenshot();
        }
        self.draw_notices()
    }

    /// Whether the frame was made for what is in view now: where the camera has jumped, the next one is.
    fn sees_all(&self) -> bool {
        const NEAR: f32 = 16.0;
        let ([left, top, right, bottom], seen) = (self.camera.view(), self.frame.view);
        left + NEAR >= seen[0] && top + NEAR >= seen[1] && right - NEAR <= seen[2] && bottom - NEAR <= seen[3]
    }

    /// Writes what has been drawn; notices are no part of it.
    fn screenshot(&mut self) {
        let file = self.saves.join(format!("{}_{:06}.png", self.map_name, self.frame.scene.tick));
        let written = make_folder(&self.saves).and_then(|()| self.painter.pixels()).and_then(|pixels| {
            std::fs::write(&file, pixels.to_png()).map_err(|error| format!("{}: {error}", file.display()))
        });
        self.notice(match written {
            Ok(()) => format!("screenshot: {}", file.display()),
            Err(problem) => format!("no screenshot: {problem}"),
        });
    }

    /// What has been drawn, small.
    fn small(&mut self) -> Result<Pixels, String> {
        let pixels = self.painter.pixels()?;
        Ok(pixels.shrunk((pixels.width / THUMBNAIL).max(1)))
    }

    /// Where the view is, when it follows the player as ever.
    fn center(&self) -> Option<[f32; 2]> {
        (!self.loose).then_some(self.camera.center)
    }

    /// The game as it is seen, without what is laid over it.
    pub(super) fn seen(&mut self) -> Seen {
        let drawn = self.painter.frame(&self.frame, &self.camera, 1.0, Show::default());
        Seen { picture: drawn.and_then(|()| self.small()).ok(), center: self.center() }
    }

    /// A ring about the actor that is inspected.
    pub(super) fn draw_chosen(&mut self, part: f32) -> Result<(), String> {
        let scale = self.scale();
        let chosen = self.inspector.actor();
        let Some(sprite) = self.frame.scene.actors.iter().find(|sprite| Some(sprite.id) == chosen) else {
            return Ok(());
        };
        let at = self.camera.to_screen(sprite.body_at.between(part));
        let radius = (sprite.size[0].max(sprite.size[1]).max(12.0) * 0.7) * self.camera.zoom;
        marks::ring(self.painter.easel(), at, radius, scale, [255, 240, 160, 230])
    }

    pub(super) fn draw_time(&mut self) -> Result<(), String> {
        let (scale, font) = (self.scale(), self.painter.font);
        let h = self.camera.size[1] as f32;
        if self.graphs {
            self.draw_graphs(scale)?;
        }
        let timeline = self.timeline || self.rewinding.is_some();
        if timeline {
            let (place, past, now) = (self.timeline_place(), self.frame.past, self.frame.scene.tick);
            boxes::timeline(self.painter.easel(), &font, place, scale, past, now)?;
        }
        let mut state = String::new();
        if self.rewinding.is_some() {
            state.push_str("<< ");
        } else if self.frame.paused {
            state.push_str("time stands still ");
        }
        if self.frame.speed != 1.0 {
            state.push_str(&format!("x{} ", self.frame.speed));
        }
        if !state.is_empty() {
            state.push_str(&format!("tick {}", self.frame.scene.tick));
            let y = h - if timeline { 44.0 } else { 14.0 } * scale;
            font.edged(self.painter.easel(), [8.0 * scale, y], scale, [255, 240, 200, 255], &state)?;
        }
        Ok(())
    }

    fn draw_notices(&mut self) -> Result<(), String> {
        let (scale, font) = (self.scale(), self.painter.font);
        let [w, h] = self.camera.size.map(|side| side as f32);
        let now = Instant::now();
        self.notices.retain(|(_, until)| *until > now);
        // Where nothing else is to be read.
        let most = if self.slots.is_some() { 1 } else { 6 };
        let from = self.notices.len().saturating_sub(most);
        let shown: Vec<String> = self.notices[from..].iter().map(|(text, _)| text.clone()).collect();
        let top = match () {
            () if self.slots.is_some() => h - boxes::notices_high(w * 0.7, scale, &shown),
            () if self.console_open => h * 0.42,
            () => 4.0 * scale,
        };
        boxes::notices(self.painter.easel(), &font, [4.0 * scale, top], w * 0.7, scale, &shown)
    }

    pub(super) fn draw_graphs(&mut self, scale: f32) -> Result<(), String> {
        let font = self.painter.font;
        let [w, h] = self.camera.size.map(|side| side as f32);
        // What stands in them has room on a narrow screen, too.
        let (width, height) = ((w * 0.36).clamp(172.0 * scale, 260.0 * scale).min(w - 12.0 * scale), 44.0 * scale);
        let quads = self.painter.easel().take_count();
        let graphs = [
            boxes::Graph { name: "frame", times: &self.frame_times, limit: 17.5 },
            boxes::Graph { name: "tick", times: &self.tick_times, limit: 16.6 },
        ];
        // On the side that nothing else is on.
        let x = if self.happenings.is_some() { 6.0 * scale } else { w - width - 6.0 * scale };
        let mut y = h - 2.0 * (height + 4.0 * scale) - 84.0 * scale;
        for graph in &graphs {
            graph.draw(self.painter.easel(), &font, [x, y, width, height], scale)?;
            y += height + 4.0 * scale;
        }
        let scene = &self.frame.scene;
        let megabytes = self.frame.past_bytes as f64 / f64::from(1 << 20);
        let mut lines = vec![
            Line::of(Tone::Plain, format!("{} actors in view, {quads} quads", scene.actors.len())),
            Line::of(Tone::Plain, format!("the past takes {megabytes:.0} MiB")),
        ];
        if let Some(budgets) = &self.frame.overlay.budgets {
            let columns = boxes::room([width, 0.0], scale).0;
            lines.extend(text::wrap(&budgets.to_string(), columns).into_iter().map(|line| Line::of(Tone::Dim, line)));
        }
        let high = (lines.len() as f32 * text::LINE + 7.0) * scale;
        boxes::panel(self.painter.easel(), &font, [x, y, width, high], scale, &lines)
    }
}
