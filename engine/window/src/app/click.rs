//! What is under the mouse: a row of a panel, the timeline, an actor, or a place for the player to go to.

use dormouse::input::What;
use dormouse::{ActorId, Datum};

use super::{App, Focus};
use crate::draw::{Show, boxes};
use crate::game::Command;

impl App<'_> {
    pub(super) fn click(&mut self, at: [f32; 2]) {
        let scale = self.scale();
        if self.timeline && boxes::row_at(self.timeline_place(), scale, at).is_some() {
            self.scrubbing = true;
            return self.scrub(at);
        }
        if self.console_open && boxes::row_at(self.place(Focus::Console), scale, at).is_some() {
            self.focus = Some(Focus::Console);
            return;
        }
        if let (Some(row), Some(panel)) = (boxes::row_at(self.place(Focus::Sleepers), scale, at), &mut self.sleepers) {
            let reaction = panel.click(row);
            self.focus = Some(Focus::Sleepers);
            return self.react(reaction);
        }
        if let (Some(row), Some(panel)) =
            (boxes::row_at(self.place(Focus::Happenings), scale, at), &mut self.happenings)
        {
            let reaction = panel.click(row);
            self.focus = Some(Focus::Happenings);
            return self.react(reaction);
        }
        if let (Some(row), Some(_)) = (boxes::row_at(self.place(Focus::Inspector), scale, at), self.inspector.actor()) {
            let reaction = self.inspector.click(row);
            self.focus = Some(Focus::Inspector);
            return self.react(reaction);
        }
        self.focus = None;
        let point = self.camera.to_map(at);
        if self.takes_apart() {
            if let Some(actor) = self.actor_at(point) {
                self.inspect(actor);
            }
            return;
        }
        if self.frame.scene.player.is_some() {
            let position = Datum::Vector([point[0].round(), point[1].round(), 0.0]);
            let fields = [("position".to_owned(), position)].into();
            self.inputs([What::Event { actor: "player".into(), name: "Click".into(), fields }]);
        }
    }

    /// Whether somebody looks behind the scenes, so that a click is a question and no input.
    pub(super) fn takes_apart(&self) -> bool {
        let panels = self.sleepers.is_some()
            || self.happenings.is_some()
            || self.console_open
            || self.inspector.actor().is_some();
        self.show != Show::default() || panels || self.frame.paused
    }

    pub(super) fn actor_at(&self, [x, y]: [f32; 2]) -> Option<ActorId> {
        let near = self.frame.scene.actors.iter().filter_map(|sprite| {
            let [dx, dy] = [sprite.body_at.at[0] - x, sprite.body_at.at[1] - y];
            let reach = sprite.size.map(|side| side.max(14.0) / 2.0 + 2.0);
            (dx.abs() <= reach[0] && dy.abs() <= reach[1]).then_some((dx.hypot(dy), sprite.floor, sprite.id))
        });
        near.min_by(|one, other| one.1.cmp(&other.1).then(one.0.total_cmp(&other.0))).map(|(_, _, id)| id)
    }

    pub(super) fn scrub(&mut self, at: [f32; 2]) {
        let tick = boxes::tick_at(self.timeline_place(), self.scale(), self.frame.past, at[0]);
        self.pace.send(Command::GoTo(tick));
    }
}
