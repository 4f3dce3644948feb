//! What the window knows between two pictures, and its turn: frames come in, what is wanted of the next goes out.

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dormouse::input::What;
use dormouse::map::Map;
use sdl2::video::Window;

use super::NOTICE;
use crate::camera::Camera;
use crate::draw::easel::TextureId;
use crate::draw::{Painter, Show, boxes};
use crate::game::{Command, Frame};
use crate::keys::Players;
use crate::overlay::Wants;
use crate::pace::Pace;
use crate::panels::{ConsolePanel, HappeningsPanel, InspectorPanel, SleepersPanel};
use crate::saves::SlotInfo;
use crate::sound::Speaker;
use crate::stage::Stage;

/// Ticks in a second.
const TICKS: f32 = 60.0;

/// A panel that keys can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Focus {
    Console,
    Sleepers,
    Happenings,
    Inspector,
}

pub(super) struct App<'t> {
    pub(super) painter: Painter<'t, Window>,
    pub(super) pace: Rc<Pace>,
    pub(super) stage: Arc<Stage>,
    pub(super) map_name: String,
    /// Where saved games are, and screenshots.
    pub(super) saves: PathBuf,
    pub(super) players: Players,
    pub(super) speaker: Option<Speaker>,
    pub(super) camera: Camera,
    /// The view was moved by hand: it follows nobody until told to.
    pub(super) loose: bool,
    pub(super) dragged: bool,
    pub(super) scrubbing: bool,
    /// Where the mouse is, in pixels.
    pub(super) mouse: [f32; 2],
    pub(super) frame: Frame,
    pub(super) at: Instant,
    pub(super) interval: Duration,
    pub(super) last_turn: Instant,
    pub(super) notices: Vec<(String, Instant)>,
    pub(super) show: Show,
    pub(super) graphs: bool,
    pub(super) help: bool,
    pub(super) timeline: bool,
    pub(super) slots: Option<Vec<SlotInfo>>,
    pub(super) thumbnails: Vec<TextureId>,
    pub(super) sleepers: Option<SleepersPanel>,
    pub(super) happenings: Option<HappeningsPanel>,
    pub(super) console: ConsolePanel,
    pub(super) console_open: bool,
    pub(super) inspector: InspectorPanel,
    pub(super) focus: Option<Focus>,
    /// Time runs backwards; whether it stood still before.
    pub(super) rewinding: Option<bool>,
    /// Ticks, in parts, that it still has to go back.
    pub(super) owed: f32,
    pub(super) save_to: Option<usize>,
    pub(super) shoot: bool,
    pub(super) frame_times: Vec<f32>,
    pub(super) tick_times: Vec<f32>,
    /// Presenting a picture waits for the screen.
    pub(super) paced: bool,
    pub(super) closed: bool,
    /// Notices are told outside of the window, too.
    pub(super) tells: bool,
}

impl<'t> App<'t> {
    pub(super) fn new(
        painter: Painter<'t, Window>,
        pace: Rc<Pace>,
        map: &Map,
        stage: Arc<Stage>,
        players: Players,
    ) -> Self {
        let now = Instant::now();
        let mut app = App {
            painter,
            pace,
            stage,
            map_name: map.name.clone(),
            saves: PathBuf::new(),
            players,
            speaker: None,
            camera: Camera::new([1, 1]),
            loose: false,
            dragged: false,
            scrubbing: false,
            mouse: [0.0, 0.0],
            frame: Frame { speed: 1.0, ..Frame::default() },
            at: now,
            interval: Duration::ZERO,
            last_turn: now,
            notices: Vec::new(),
            show: Show::default(),
            graphs: false,
            help: false,
            timeline: false,
            slots: None,
            thumbnails: Vec::new(),
            sleepers: None,
            happenings: None,
            console: ConsolePanel::default(),
            console_open: false,
            inspector: InspectorPanel::default(),
            focus: None,
            rewinding: None,
            owed: 0.0,
            save_to: None,
            shoot: false,
            frame_times: Vec::new(),
            tick_times: Vec::new(),
            paced: false,
            closed: false,
            tells: false,
        };
        app.resize();
        let [left, top, right, bottom] = app.stage.bounds;
        app.camera.center = [(left + right) / 2.0, (top + bottom) / 2.0];
        app
    }

    /// Says something, in the window for a while and to whoever asked to be told.
    pub(super) fn notice(&mut self, text: String) {
        self.tell(&text);
        self.notices.push((text, Instant::now() + NOTICE));
    }

    /// Says something to whoever asked to be told.
    pub(super) fn tell(&self, text: &str) {
        if self.tells {
            println!("# {text}");
        }
    }

    pub(super) fn inputs(&mut self, inputs: impl IntoIterator<Item = What>) {
        inputs.into_iter().for_each(|what| self.pace.send(Command::Input(what)));
    }

    pub(super) fn resize(&mut self) {
        if let Ok((width, height)) = self.painter.easel().canvas().and_then(|canvas| canvas.output_size()) {
            self.camera.resize([width, height]);
        }
    }

    /// From the window's units, in which the mouse is told, to pixels.
    pub(super) fn pixel(&mut self, x: i32, y: i32) -> [f32; 2] {
        let size = self.painter.easel().canvas().map(|canvas| canvas.window().size()).unwrap_or((1, 1));
        self.camera.pixel([x, y], [size.0, size.1])
    }

    pub(super) fn turn(&mut self) -> Result<(), String> {
        let now = Instant::now();
        let passed = now.saturating_duration_since(self.last_turn);
        self.last_turn = now;
        push(&mut self.frame_times, passed.as_secs_f32() * 1000.0);
        if self.rewinding.is_some() {
            // As fast as it went forward, whatever a picture takes.
            self.owed += passed.as_secs_f32().min(0.5) * TICKS;
            let back = self.owed as u64;
            self.owed -= back as f32;
            if back > 0 {
                self.pace.send(Command::Back(back));
            }
        }
        if let Some(timed) = self.pace.take() {
            (self.at, self.interval) = (timed.at, timed.interval);
            self.take(timed.frame);
        }
        self.closed |= self.pace.is_over();
        let part = match self.frame.paused || self.interval.is_zero() {
            true => 1.0,
            false => (now.saturating_duration_since(self.at).as_secs_f32() / self.interval.as_secs_f32()).min(1.0),
        };
        if !self.loose {
            let player = self.frame.scene.player.map(|track| track.between(part));
            if let Some(player) = player {
                self.camera.follow(player, Some(passed.as_secs_f32().min(0.1)));
            }
            self.camera.keep_within(self.stage.bounds);
        }
        self.ask();
        self.draw(part)?;
        let presenting = Instant::now();
        self.painter.easel().present()?;
        // A picture that took its time to be shown was waited for by the screen.
        self.paced = presenting.elapsed() > Duration::from_millis(2);
        Ok(())
    }

    pub(super) fn ask(&mut self) {
        let wants = Wants {
            view: self.camera.view(),
            labels: self.show.labels,
            wires: self.show.wires,
            happenings: self.happenings.is_some(),
            sleepers: self.sleepers.as_ref().map(SleepersPanel::filter),
            detail: self.sleepers.as_ref().and_then(SleepersPanel::wants_detail),
            inspect: self.inspector.actor(),
            budgets: self.graphs,
        };
        self.pace.send(Command::Look(Box::new(wants)));
    }

    pub(super) fn take(&mut self, mut frame: Frame) {
        let until = Instant::now() + NOTICE;
        self.notices.extend(std::mem::take(&mut frame.notices).into_iter().map(|notice| (notice, until)));
        frame.tick_times.iter().for_each(|micros| push(&mut self.tick_times, micros / 1000.0));
        for (lines, failed) in std::mem::take(&mut frame.answers) {
            self.console.answer(lines, failed);
        }
        if let Some(completion) = frame.completion.take() {
            self.console.set_completion(completion);
        }
        if let Some(panel) = &mut self.sleepers {
            panel.set(std::mem::take(&mut frame.overlay.sleepers), frame.overlay.unseen);
            // A frame from before the question has no answer to it.
            if let Some((task, seen)) = &frame.overlay.detail
                && panel.wants_detail() == Some(*task)
            {
                panel.set_detail(seen.as_deref());
            }
        }
        if let Some(panel) = &mut self.happenings {
            panel.take(std::mem::take(&mut frame.overlay.happenings), frame.overlay.rewound);
        }
        match &frame.overlay.inspected {
            Some((actor, _)) if self.inspector.actor() != Some(*actor) => {}
            Some((_, Some(seen))) => self.inspector.set(Some(&seen.actor), &seen.sleepers, &seen.wires),
            Some((_, None)) => self.inspector.set(None, &[], &[]),
            None => {}
        }
        if frame.overlay.budgets.is_none() {
            frame.overlay.budgets = self.frame.overlay.budgets.take();
        }
        if let (Some(slots), Some(_)) = (frame.slots.take(), &self.slots) {
            self.show_slots(slots);
        }
        if let Some(center) = frame.look_at.take()
            && !self.loose
            && let Some(center) = center.or(frame.scene.player.map(|player| player.at))
        {
            self.camera.center = center;
        }
        if let Some(speaker) = &mut self.speaker {
            speaker.play(&self.stage, &frame.heard, self.camera.view());
        }
        self.frame = frame;
    }
}

fn push(times: &mut Vec<f32>, time: f32) {
    if times.len() >= 2 * boxes::SHOWN {
        times.drain(..boxes::SHOWN);
    }
    times.push(time);
}
