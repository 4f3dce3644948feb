//! The window: events in, commands out; frames in, pictures out. It reads the clock for the screen only, and never
//! touches a world: what is to happen is told to [`Pace`], what is to be seen comes from there.

#![expect(clippy::disallowed_methods, reason = "the screen has a clock; no world sees it")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dormouse::input::What;
use dormouse::map::Map;
use dormouse::{ActorId, Datum};
use sdl2::controller::{Axis, GameController};
use sdl2::event::{Event, WindowEvent};
use sdl2::keyboard::{Keycode, Mod, Scancode};
use sdl2::mouse::MouseButton;
use sdl2::render::{BlendMode, WindowCanvas};
use sdl2::video::{FullscreenType, Window};

use crate::camera::Camera;
use crate::draw::easel::{Quad, TextureId};
use crate::draw::text::LINE;
use crate::draw::{Painter, Show, boxes, marks, text_scale};
use crate::game::{Command, Frame, SPEEDS, Setup};
use crate::images::Pixels;
use crate::keys::{Act, HELP, Keys, Players};
use crate::overlay::Wants;
use crate::pace::{Farewell, Pace};
use crate::panels::{ConsolePanel, HappeningsPanel, InspectorPanel, Key, Line, Reaction, SleepersPanel, Tone};
use crate::saves::{AUTO, SlotInfo};
use crate::sound::Speaker;
use crate::stage::Stage;

/// How a game is played.
pub struct Options {
    /// The game.
    pub setup: Setup,
    /// Width and height of the window, in its own units.
    pub size: [u32; 2],
    /// Pixels of the screen for one of the map; what is comfortable, for none.
    pub zoom: Option<f32>,
    /// The whole screen.
    pub fullscreen: bool,
    /// Nothing is heard.
    pub mute: bool,
    /// Time stands still at first.
    pub paused: bool,
    /// Which key does what.
    pub keys: Keys,
    /// The window closes by itself after this tick.
    pub until: Option<u64>,
    /// The folder with the sounds.
    pub sounds: PathBuf,
}

/// A game that can't be played.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// There is no display: why.
    #[error("there is no display here ({0})")]
    NoDisplay(String),
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

impl From<String> for PlayError {
    fn from(problem: String) -> Self {
        PlayError::Failed(problem)
    }
}

/// How long a notice is shown.
const NOTICE: Duration = Duration::from_secs(5);
/// A frame of a screen that does not say when it is done.
const REFRESH: Duration = Duration::from_micros(16_600);
/// Pixels of a small picture of a saved game, about.
const THUMBNAIL: u32 = 240;

/// Plays a game in a window, until it is closed.
///
/// Errors: no display; scripts or a map that do not fit; what SDL can't do.
pub fn play(options: Options) -> Result<Farewell, PlayError> {
    sdl2::hint::set("SDL_RENDER_BATCHING", "1");
    let sdl = sdl2::init().map_err(PlayError::NoDisplay)?;
    let video = sdl.video().map_err(PlayError::NoDisplay)?;
    let map = options.setup.map.clone();
    let players = map.objects.iter().filter_map(|object| object.name.strip_prefix("player_")?.parse().ok()).max();
    let title = format!("{} - Dormouse", map.name);
    let mut window = video.window(&title, options.size[0], options.size[1]);
    window.position_centered().resizable().allow_highdpi();
    if options.fullscreen {
        window.fullscreen_desktop();
    }
    let window = window.build().map_err(|error| PlayError::NoDisplay(error.to_string()))?;
    let (canvas, software) = canvas_of(window)?;
    let creator = canvas.texture_creator();
    let (pace, stage) = Pace::start(options.setup, options.paused, options.until)?;
    let (painter, mut notices) = Painter::new(canvas, &creator, software, &map, stage.clone())?;
    let speaker = match sdl.audio().and_then(|audio| Speaker::open(&audio, &options.sounds, options.mute)) {
        Ok((speaker, problems)) => {
            notices.extend(problems);
            Some(speaker)
        }
        Err(problem) => {
            notices.push(format!("no sound: {problem}"));
            None
        }
    };
    let mut app = App::new(painter, pace, &map, stage, Players::new(options.keys, players.unwrap_or(1)));
    app.speaker = speaker;
    notices.into_iter().for_each(|notice| app.notice(notice));
    app.notice(format!("{} lists all keys", app.players.keys().names(Act::Help)));
    if let Some(zoom) = options.zoom {
        app.camera.set_zoom(zoom);
    }
    // Without them there are no gamepads, and nothing else is wrong.
    let pads = sdl.game_controller().ok();
    let mut open_pads: Vec<GameController> = Vec::new();
    let mut events = sdl.event_pump()?;
    let typing = video.text_input();
    typing.stop();
    let mut typed = false;
    while !app.closed {
        let began = Instant::now();
        for event in events.poll_iter() {
            match event {
                Event::ControllerDeviceAdded { which, .. } => {
                    if let Some(pad) = pads.as_ref().and_then(|pads| pads.open(which).ok()) {
                        let player = app.players.plug(pad.instance_id());
                        app.notice(format!("{}: player {player}", pad.name()));
                        open_pads.push(pad);
                    }
                }
                Event::ControllerDeviceRemoved { which, .. } => {
                    open_pads.retain(|pad| pad.instance_id() != which);
                    let let_go = app.players.unplug(which);
                    app.inputs(let_go);
                    app.notice("a gamepad is gone".into());
                }
                event => app.event(event),
            }
        }
        if app.focus.is_some() != typed {
            typed = !typed;
            if typed { typing.start() } else { typing.stop() }
        }
        app.turn()?;
        if !app.paced {
            std::thread::sleep(REFRESH.saturating_sub(began.elapsed()));
        }
    }
    let App { pace, .. } = app;
    Ok(pace.end()?)
}

/// A canvas on the window: by the graphics card where there is one that works, else by SDL itself. True for the latter.
fn canvas_of(window: Window) -> Result<(WindowCanvas, bool), PlayError> {
    let title = window.title().to_owned();
    let (video, size) = (window.subsystem().clone(), window.size());
    let flags = window.window_flags();
    if let Ok(canvas) = window.into_canvas().accelerated().present_vsync().build() {
        return Ok((canvas, false));
    }
    let mut again = video.window(&title, size.0, size.1);
    again.position_centered().resizable().set_window_flags(flags);
    let window = again.build().map_err(|error| PlayError::NoDisplay(error.to_string()))?;
    let canvas = window.into_canvas().software().build().map_err(|error| error.to_string())?;
    Ok((canvas, true))
}

/// A panel that keys can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Focus {
    Console,
    Sleepers,
    Happenings,
    Inspector,
}

struct App<'t> {
    painter: Painter<'t, Window>,
    pace: Pace,
    stage: Arc<Stage>,
    map_name: String,
    players: Players,
    speaker: Option<Speaker>,
    camera: Camera,
    /// The view was moved by hand: it follows nobody until told to.
    loose: bool,
    dragged: bool,
    scrubbing: bool,
    /// Where the mouse is, in pixels.
    mouse: [f32; 2],
    frame: Frame,
    at: Instant,
    interval: Duration,
    last_turn: Instant,
    notices: Vec<(String, Instant)>,
    show: Show,
    graphs: bool,
    help: bool,
    timeline: bool,
    slots: Option<Vec<SlotInfo>>,
    thumbnails: Vec<TextureId>,
    sleepers: Option<SleepersPanel>,
    happenings: Option<HappeningsPanel>,
    console: ConsolePanel,
    console_open: bool,
    inspector: InspectorPanel,
    focus: Option<Focus>,
    /// Time runs backwards; whether it stood still before.
    rewinding: Option<bool>,
    save_to: Option<usize>,
    shoot: bool,
    frame_times: Vec<f32>,
    tick_times: Vec<f32>,
    /// Presenting a picture waits for the screen.
    paced: bool,
    closed: bool,
}

impl<'t> App<'t> {
    fn new(painter: Painter<'t, Window>, pace: Pace, map: &Map, stage: Arc<Stage>, players: Players) -> Self {
        let now = Instant::now();
        let mut app = App {
            painter,
            pace,
            stage,
            map_name: map.name.clone(),
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
            save_to: None,
            shoot: false,
            frame_times: Vec::new(),
            tick_times: Vec::new(),
            paced: false,
            closed: false,
        };
        app.resize();
        let [left, top, right, bottom] = app.stage.bounds;
        app.camera.center = [(left + right) / 2.0, (top + bottom) / 2.0];
        app
    }

    fn notice(&mut self, text: String) {
        self.notices.push((text, Instant::now() + NOTICE));
    }

    fn inputs(&mut self, inputs: impl IntoIterator<Item = What>) {
        inputs.into_iter().for_each(|what| self.pace.send(Command::Input(what)));
    }

    fn resize(&mut self) {
        if let Ok((width, height)) = self.painter.easel().canvas().and_then(|canvas| canvas.output_size()) {
            self.camera.resize([width, height]);
        }
    }

    /// From the window's units, in which the mouse is told, to pixels.
    fn pixel(&mut self, x: i32, y: i32) -> [f32; 2] {
        let size = self.painter.easel().canvas().map(|canvas| canvas.window().size()).unwrap_or((1, 1));
        let [width, height] = self.camera.size;
        [x as f32 * width as f32 / size.0.max(1) as f32, y as f32 * height as f32 / size.1.max(1) as f32]
    }

    // ---- events ------------------------------------------------------------------------------------------------

    fn event(&mut self, event: Event) {
        match event {
            Event::Quit { .. } => self.closed = true,
            Event::Window { win_event: WindowEvent::SizeChanged(..) | WindowEvent::Resized(..), .. } => self.resize(),
            Event::Window { win_event: WindowEvent::FocusLost, .. } => {
                let let_go = self.players.release();
                self.inputs(let_go);
                self.stop_rewinding();
            }
            Event::KeyDown { scancode: Some(key), keycode, keymod, repeat, .. } => {
                self.key_down(key, keycode, keymod, repeat)
            }
            Event::KeyUp { scancode: Some(key), .. } => {
                if self.players.keys().act(key) == Some(Act::Rewind) {
                    self.stop_rewinding();
                }
                let heard = self.players.key(key, false);
                self.inputs(heard);
            }
            Event::TextInput { text, .. } => {
                // The key that opened the console is no part of its line.
                let letters = text.chars().filter(|letter| !letter.is_control() && *letter != '`');
                letters.for_each(|letter| self.typed(Key::Char(letter)));
            }
            Event::ControllerButtonDown { which, button, .. } => {
                let heard = self.players.button(which, button, true);
                self.inputs(heard);
            }
            Event::ControllerButtonUp { which, button, .. } => {
                let heard = self.players.button(which, button, false);
                self.inputs(heard);
            }
            Event::ControllerAxisMotion { which, axis: axis @ (Axis::LeftX | Axis::LeftY), value, .. } => {
                let heard = self.players.stick(which, axis == Axis::LeftY, value);
                self.inputs(heard);
            }
            Event::MouseWheel { y, .. } if y != 0 => {
                self.camera.zoom_by(y.signum(), self.mouse);
            }
            Event::MouseMotion { mousestate, xrel, yrel, x, y, .. } => {
                let at = self.pixel(x, y);
                self.mouse = at;
                if self.scrubbing {
                    self.scrub(at);
                } else if mousestate.right() || mousestate.middle() {
                    let moved = self.pixel(xrel, yrel);
                    self.camera.center = [
                        self.camera.center[0] - moved[0] / self.camera.zoom,
                        self.camera.center[1] - moved[1] / self.camera.zoom,
                    ];
                    (self.loose, self.dragged) = (true, true);
                }
            }
            Event::MouseButtonDown { mouse_btn: MouseButton::Left, x, y, .. } => {
                let at = self.pixel(x, y);
                self.click(at);
            }
            Event::MouseButtonUp { mouse_btn, .. } => {
                self.scrubbing = false;
                if mouse_btn == MouseButton::Right && !std::mem::take(&mut self.dragged) {
                    self.inspector.show(None);
                }
            }
            _ => {}
        }
    }

    fn key_down(&mut self, key: Scancode, keycode: Option<Keycode>, keymod: Mod, repeat: bool) {
        let act = self.players.keys().act(key);
        if keymod.intersects(Mod::LCTRLMOD | Mod::RCTRLMOD) && keycode == Some(Keycode::Q) {
            self.closed = true;
            return;
        }
        if self.slots.is_some() && self.slot_key(keycode, keymod) {
            return;
        }
        // While something is typed, only keys that are no letters are for the window.
        let for_panel = self.focus.is_some() && !matches!(key as i32, 58..=69) && act != Some(Act::Console);
        if for_panel {
            if let Some(key) = panel_key(key) {
                self.typed(key);
            }
            return;
        }
        match act {
            Some(act) if !repeat || matches!(act, Act::Tick | Act::Step) => self.act(act),
            Some(_) => {}
            None if repeat => {}
            None => {
                let heard = self.players.key(key, true);
                self.inputs(heard);
            }
        }
    }

    fn act(&mut self, act: Act) {
        let faster = |from: f64, steps: i32| {
            let at = SPEEDS.iter().position(|speed| *speed >= from).unwrap_or(3) as i32 + steps;
            SPEEDS[at.clamp(0, SPEEDS.len() as i32 - 1) as usize]
        };
        match act {
            Act::Help => self.help = !self.help,
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
                    self.slots = Some(Vec::new());
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
            Act::Pause => self.pace.send(Command::Pause(!self.frame.paused)),
            Act::Tick => self.pace.send(Command::Tick),
            Act::Step => self.pace.send(Command::Step),
            Act::Slower => self.pace.send(Command::Speed(faster(self.frame.speed, -1))),
            Act::Faster => self.pace.send(Command::Speed(faster(self.frame.speed, 1))),
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
    fn close(&mut self) {
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

    fn stop_rewinding(&mut self) {
        if let Some(stood) = self.rewinding.take() {
            self.pace.send(Command::Pause(stood));
        }
    }

    fn fullscreen(&mut self) {
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

    fn slot_key(&mut self, keycode: Option<Keycode>, keymod: Mod) -> bool {
        let Some(slot) = keycode.and_then(|code| code.name().parse::<usize>().ok()).filter(|slot| *slot < 10) else {
            return false;
        };
        match keymod.intersects(Mod::LSHIFTMOD | Mod::RSHIFTMOD) {
            true => self.save_to = Some(slot),
            false => self.pace.send(Command::Load(slot)),
        }
        self.slots = None;
        true
    }

    fn typed(&mut self, key: Key) {
        let reaction = match self.focus {
            Some(Focus::Console) => self.console.key(key),
            Some(Focus::Sleepers) => self.sleepers.as_mut().map_or(Reaction::Close, |panel| panel.key(key)),
            Some(Focus::Happenings) => self.happenings.as_mut().map_or(Reaction::Close, |panel| panel.key(key)),
            Some(Focus::Inspector) => self.inspector.key(key),
            None => return,
        };
        self.react(reaction);
    }

    fn react(&mut self, reaction: Reaction) {
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

    fn inspect(&mut self, actor: ActorId) {
        self.inspector.show(Some(actor));
        self.focus = Some(Focus::Inspector);
    }

    /// The next actor in view, from left to right.
    fn inspect_next(&mut self) {
        let mut seen: Vec<_> = self.frame.scene.actors.iter().map(|sprite| (sprite.order, sprite.id)).collect();
        seen.sort_unstable();
        let at = seen.iter().position(|(_, id)| Some(*id) == self.inspector.actor()).map_or(0, |at| at + 1);
        if let Some((_, id)) = seen.get(at).or(seen.first()).copied() {
            self.inspector.show(Some(id));
            self.focus = None;
        }
    }

    fn click(&mut self, at: [f32; 2]) {
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
    fn takes_apart(&self) -> bool {
        let panels = self.sleepers.is_some()
            || self.happenings.is_some()
            || self.console_open
            || self.inspector.actor().is_some();
        self.show != Show::default() || panels || self.frame.paused
    }

    fn actor_at(&self, [x, y]: [f32; 2]) -> Option<ActorId> {
        let near = self.frame.scene.actors.iter().filter_map(|sprite| {
            let [dx, dy] = [sprite.body_at.at[0] - x, sprite.body_at.at[1] - y];
            let reach = sprite.size.map(|side| side.max(14.0) / 2.0 + 2.0);
            (dx.abs() <= reach[0] && dy.abs() <= reach[1]).then_some((dx.hypot(dy), sprite.floor, sprite.id))
        });
        near.min_by(|one, other| one.1.cmp(&other.1).then(one.0.total_cmp(&other.0))).map(|(_, _, id)| id)
    }

    fn scrub(&mut self, at: [f32; 2]) {
        let tick = boxes::tick_at(self.timeline_place(), self.scale(), self.frame.past, at[0]);
        self.pace.send(Command::GoTo(tick));
    }

    // ---- a turn ------------------------------------------------------------------------------------------------

    fn turn(&mut self) -> Result<(), String> {
        let now = Instant::now();
        let passed = now.saturating_duration_since(self.last_turn);
        self.last_turn = now;
        push(&mut self.frame_times, passed.as_secs_f32() * 1000.0);
        if self.rewinding.is_some() {
            self.pace.send(Command::Back(1));
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

    fn ask(&mut self) {
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

    fn take(&mut self, mut frame: Frame) {
        std::mem::take(&mut frame.notices).into_iter().for_each(|notice| self.notice(notice));
        frame.tick_times.iter().for_each(|micros| push(&mut self.tick_times, micros / 1000.0));
        for (lines, failed) in std::mem::take(&mut frame.answers) {
            self.console.answer(lines, failed);
        }
        if let Some(completion) = frame.completion.take() {
            self.console.set_completion(completion);
        }
        if let Some(panel) = &mut self.sleepers {
            panel.set(std::mem::take(&mut frame.overlay.sleepers));
            panel.set_detail(frame.overlay.detail.as_deref());
        }
        if let Some(panel) = &mut self.happenings {
            panel.take(std::mem::take(&mut frame.overlay.happenings), frame.overlay.rewound);
        }
        match &frame.overlay.inspected {
            Some(seen) => self.inspector.set(Some(&seen.actor), &seen.sleepers, &seen.wires),
            None => self.inspector.set(None, &[], &[]),
        }
        if frame.overlay.budgets.is_none() {
            frame.overlay.budgets = self.frame.overlay.budgets.take();
        }
        if let (Some(slots), Some(_)) = (frame.slots.take(), &self.slots) {
            self.show_slots(slots);
        }
        if let Some(speaker) = &mut self.speaker {
            speaker.play(&self.stage, &frame.heard, self.camera.view());
        }
        self.frame = frame;
    }

    fn show_slots(&mut self, slots: Vec<SlotInfo>) {
        for (at, slot) in slots.iter().enumerate() {
            let empty = Pixels { width: 1, height: 1, rgba: vec![40, 38, 60, 255] };
            let picture = slot.picture.as_ref().unwrap_or(&empty);
            let known = self.thumbnails.get(at).copied();
            if let Ok(texture) = self.painter.easel().replace(known, picture, BlendMode::None, true)
                && known.is_none()
            {
                self.thumbnails.push(texture);
            }
        }
        self.slots = Some(slots);
    }

    // ---- drawing -----------------------------------------------------------------------------------------------

    fn scale(&self) -> f32 {
        text_scale(self.camera.size[1])
    }

    /// Where a panel is on the screen.
    fn place(&self, panel: Focus) -> [f32; 4] {
        let [w, h] = self.camera.size.map(|side| side as f32);
        let gap = 4.0 * self.scale();
        match panel {
            Focus::Console => [gap, gap, w - 2.0 * gap, h * 0.4],
            Focus::Sleepers => [w * 0.4, gap, w * 0.6 - gap, h * 0.45],
            Focus::Happenings => [w * 0.4, h * 0.5, w * 0.6 - gap, h * 0.42],
            Focus::Inspector => [gap, h * 0.2, w * 0.36, h * 0.72],
        }
    }

    fn timeline_place(&self) -> [f32; 4] {
        let [w, h] = self.camera.size.map(|side| side as f32);
        let scale = self.scale();
        [8.0 * scale, h - 20.0 * scale, w - 16.0 * scale, 14.0 * scale]
    }

    fn draw(&mut self, part: f32) -> Result<(), String> {
        let frame = std::mem::take(&mut self.frame);
        let drawn = self.painter.frame(&frame, &self.camera, part, self.show);
        self.frame = frame;
        drawn?;
        if let Some(slot) = self.save_to.take() {
            let pixels = self.painter.pixels()?;
            let small = pixels.shrunk((pixels.width / THUMBNAIL).max(1));
            self.pace.send(Command::Save(slot, Some(Arc::new(small))));
        }
        self.draw_chosen(part)?;
        self.draw_panels()?;
        self.draw_state()?;
        if std::mem::take(&mut self.shoot) {
            let file = format!("{}_{:06}.png", self.map_name, self.frame.scene.tick);
            let written = self
                .painter
                .pixels()
                .and_then(|pixels| std::fs::write(&file, pixels.to_png()).map_err(|error| error.to_string()));
            self.notice(match written {
                Ok(()) => format!("screenshot: {file}"),
                Err(problem) => format!("no screenshot: {file}: {problem}"),
            });
        }
        Ok(())
    }

    /// A ring about the actor that is inspected.
    fn draw_chosen(&mut self, part: f32) -> Result<(), String> {
        let scale = self.scale();
        let chosen = self.inspector.actor();
        let Some(sprite) = self.frame.scene.actors.iter().find(|sprite| Some(sprite.id) == chosen) else {
            return Ok(());
        };
        let at = self.camera.to_screen(sprite.body_at.between(part));
        let radius = (sprite.size[0].max(sprite.size[1]).max(12.0) * 0.7) * self.camera.zoom;
        marks::ring(self.painter.easel(), at, radius, scale, [255, 240, 160, 230])
    }

    fn draw_panels(&mut self) -> Result<(), String> {
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

    fn help_panel(&self) -> ([f32; 4], f32, Vec<Line>) {
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

    fn draw_slots(&mut self) -> Result<(), String> {
        let Some(slots) = &self.slots else { return Ok(()) };
        let (scale, font) = (self.scale(), self.painter.font);
        let [w, h] = self.camera.size.map(|side| side as f32);
        let place = [w * 0.05, h * 0.08, w * 0.9, h * 0.84];
        let easel = self.painter.easel();
        boxes::plate(easel, place, scale)?;
        let title = "Saved games: a digit loads, Shift and a digit saves, Escape closes";
        font.line(
            easel,
            [place[0] + 6.0 * scale, place[1] + 5.0 * scale],
            scale,
            boxes::colour_of(Tone::Strong),
            title,
        )?;
        let (wide, high) = ((place[2] - 12.0 * scale) / 4.0, (place[3] - 20.0 * scale) / 3.0);
        for (at, slot) in slots.iter().enumerate() {
            let x = place[0] + 6.0 * scale + (at % 4) as f32 * wide;
            let y = place[1] + 18.0 * scale + (at / 4) as f32 * high;
            let picture = [x + 2.0 * scale, y, wide - 8.0 * scale, high - 16.0 * scale];
            if let Some(texture) = self.thumbnails.get(at) {
                let [pw, ph] = easel.size_of(*texture);
                let quad = Quad {
                    part: [0, 0, pw, ph],
                    place: picture,
                    flips: Default::default(),
                    rotation: 0.0,
                    colour: [255; 4],
                };
                easel.quad(*texture, &quad)?;
            }
            easel.frame(picture, scale, [92, 96, 140, 255])?;
            let name = match slot.slot {
                0 => "0 quick".to_owned(),
                AUTO => "left (--load)".into(),
                number => number.to_string(),
            };
            let (tone, said) = match &slot.tick {
                None => (Tone::Dim, "empty".to_owned()),
                Some(Ok(tick)) => (Tone::Plain, format!("tick {tick}")),
                Some(Err(_)) => (Tone::Bad, "damaged".into()),
            };
            let below = [picture[0], picture[1] + picture[3] + 3.0 * scale];
            font.line(easel, below, scale, boxes::colour_of(tone), &format!("{name}: {said}"))?;
        }
        Ok(())
    }

    fn draw_state(&mut self) -> Result<(), String> {
        let (scale, font) = (self.scale(), self.painter.font);
        let [w, h] = self.camera.size.map(|side| side as f32);
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
        let now = Instant::now();
        self.notices.retain(|(_, until)| *until > now);
        let from = self.notices.len().saturating_sub(6);
        let shown: Vec<String> = self.notices[from..].iter().map(|(text, _)| text.clone()).collect();
        let top = if self.console_open { h * 0.42 } else { 4.0 * scale };
        boxes::notices(self.painter.easel(), &font, [4.0 * scale, top], w * 0.7, scale, &shown)
    }

    fn draw_graphs(&mut self, scale: f32) -> Result<(), String> {
        let font = self.painter.font;
        let [w, h] = self.camera.size.map(|side| side as f32);
        let (width, height) = ((w * 0.3).min(260.0 * scale), 44.0 * scale);
        let quads = self.painter.easel().take_count();
        let graphs = [
            boxes::Graph { name: "frame", times: &self.frame_times, limit: 17.5 },
            boxes::Graph { name: "tick", times: &self.tick_times, limit: 16.6 },
        ];
        // On the side that nothing else is on.
        let x = if self.happenings.is_some() { 6.0 * scale } else { w - width - 6.0 * scale };
        let mut y = h - 2.0 * (height + 4.0 * scale) - 60.0 * scale;
        for graph in &graphs {
            graph.draw(self.painter.easel(), &font, [x, y, width, height], scale)?;
            y += height + 4.0 * scale;
        }
        let scene = &self.frame.scene;
        let megabytes = self.frame.past_bytes as f64 / f64::from(1 << 20);
        let mut lines = vec![
            Line::of(Tone::Plain, format!("{} actors, {} in view", scene.population, scene.actors.len())),
            Line::of(Tone::Plain, format!("{quads} quads, past {megabytes:.0} MiB")),
        ];
        if let Some(budgets) = &self.frame.overlay.budgets {
            lines.extend(budgets.to_string().lines().take(2).map(|line| Line::of(Tone::Dim, line)));
        }
        boxes::panel(self.painter.easel(), &font, [x, y, width, 48.0 * scale], scale, &lines)
    }
}

/// The keys of panels.
fn panel_key(key: Scancode) -> Option<Key> {
    Some(match key {
        Scancode::Up => Key::Up,
        Scancode::Down => Key::Down,
        Scancode::Left => Key::Left,
        Scancode::Right => Key::Right,
        Scancode::PageUp => Key::PageUp,
        Scancode::PageDown => Key::PageDown,
        Scancode::Home => Key::Home,
        Scancode::End => Key::End,
        Scancode::Return | Scancode::KpEnter => Key::Enter,
        Scancode::Tab => Key::Tab,
        Scancode::Escape => Key::Escape,
        Scancode::Backspace => Key::Backspace,
        Scancode::Delete => Key::Delete,
        _ => return None,
    })
}

fn push(times: &mut Vec<f32>, time: f32) {
    if times.len() >= 2 * boxes::SHOWN {
        times.drain(..boxes::SHOWN);
    }
    times.push(time);
}
