//! What the window does when it is told to by a key.

use sdl2::video::FullscreenType;

use super::{App, Focus};
use crate::camera::Camera;
use crate::game::Command;
use crate::keys::Act;
use crate::panels::{HappeningsPanel, SleepersPanel};
use crate::sound::Speaker;

impl App<'_> {
    pub(super) fn act(&mut self, act: Act) {
        match act {
            Act::Help => (self.help, self.slots) = (!self.help, None),
            Act::Labels => self.show.labels = !self.show.labels,
            Act::Wires => self.show.wires = !self.show.wires,
            Act::Shapes => self.show.shapes = !self.show.shapes,
            Act::Graphs => self.graphs = !self.graphs,
            Act::Timeline => self.timeline = !self.timeline,
            Act::Save => self.save_to = Some(0),
            Act::Load => self.pace.send(Command::Load(0)),
            Act::Slots => match self.slots.take() {
                Some(_) => {}
                None => {
                    (self.slots, self.help) = (Some(Vec::new()), false);
                    self.pace.send(Command::Slots);
                }
            },
            Act::Sleepers => {
                self.sleepers = match self.sleepers.take() {
                    Some(_) => None,
                    None => Some(SleepersPanel::default()),
                };
                self.focus = self.sleepers.as_ref().map(|_| Focus::Sleepers);
            }
            Act::Happenings => {
                self.happenings = match self.happenings.take() {
                    Some(_) => None,
                    None => Some(HappeningsPanel::default()),
                };
                self.focus = self.happenings.as_ref().map(|_| Focus::Happenings);
            }
            Act::Console => {
                self.console_open = !self.console_open;
                self.focus = self.console_open.then_some(Focus::Console);
            }
            Act::Inspect => self.inspect_next(),
            Act::Fullscreen => self.fullscreen(),
            Act::Shot => self.shoot = true,
            Act::Pause => self.pace.send(Command::PauseOrGoOn),
            Act::Tick => self.pace.send(Command::Tick),
            Act::Step => self.pace.send(Command::Step),
            Act::Slower => self.pace.send(Command::Faster(-1)),
            Act::Faster => self.pace.send(Command::Faster(1)),
            Act::Rewind => {
                self.rewinding.get_or_insert(self.frame.paused);
            }
            Act::Mute => {
                let muted = self.speaker.as_mut().map(Speaker::mute);
                self.notice(match muted {
                    Some(true) => "sound off".into(),
                    Some(false) => "sound on".into(),
                    None => "there is no sound here".into(),
                });
            }
            Act::ZoomIn | Act::ZoomOut => {
                let middle = self.camera.size.map(|side| side as f32 / 2.0);
                self.camera.zoom_by(if act == Act::ZoomIn { 1 } else { -1 }, middle);
            }
            Act::Fit => {
                if std::mem::replace(&mut self.loose, true) {
                    let size = self.camera.size;
                    self.camera = Camera::new(size);
                    self.loose = false;
                } else {
                    self.camera.fit(self.stage.bounds);
                }
            }
            Act::Close => self.close(),
        }
    }

    /// Puts away what was opened last.
    pub(super) fn close(&mut self) {
        if self.help {
            self.help = false;
        } else if self.slots.is_some() {
            self.slots = None;
        } else if self.inspector.actor().is_some() {
            self.inspector.show(None);
        } else if self.happenings.is_some() {
            self.happenings = None;
        } else if self.sleepers.is_some() {
            self.sleepers = None;
        } else {
            self.timeline = false;
        }
        self.focus = None;
    }

    pub(super) fn stop_rewinding(&mut self) {
        if let Some(stood) = self.rewinding.take() {
            self.pace.send(Command::Pause(stood));
        }
    }

    pub(super) fn fullscreen(&mut self) {
        let switched = self.painter.easel().canvas().and_then(|canvas| {
            let window = canvas.window_mut();
            let whole = window.fullscreen_state() != FullscreenType::Off;
            window.set_fullscreen(if whole { FullscreenType::Off } else { FullscreenType::Desktop })
        });
        if let Err(problem) = switched {
            self.notice(format!("no full screen: {problem}"));
        }
        self.resize();
    }

    /// The next actor in view, from left to right.
    pub(super) fn inspect_next(&mut self) {
        let mut seen: Vec<_> = self.frame.scene.actors.iter().map(|sprite| (sprite.order, sprite.id)).collect();
        seen.sort_unstable();
        let at = seen.iter().position(|(_, id)| Some(*id) == self.inspector.actor()).map_or(0, |at| at + 1);
        if let Some((_, id)) = seen.get(at).or(seen.first()).copied() {
            self.inspector.show(Some(id));
            self.focus = None;
        }
    }
}
