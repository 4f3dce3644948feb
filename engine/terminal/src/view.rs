//! What is shown of a world and how, and what keys do to it. It reads a world, and asks for what is to be done to one:
//! see [`Wish`].

use std::collections::VecDeque;
use std::sync::Arc;

use dormouse::happenings::HappeningKind;
use dormouse::input::What;
use dormouse::map::Map;
use dormouse::{ActorId, Output, World};
use dormouse_scene::panels::Reaction;
use dormouse_scene::scene::{Scene, SceneMaker};
use dormouse_scene::stage::Stage;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind};

use crate::colours::Colours;
use crate::held::Held;
use crate::keys::{self, Key};
use crate::played::Lived;
use crate::raster::Raster;
use crate::side::{Shown, Side};

/// How near the map is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zoom {
    /// A tile is two cells, actors are letters.
    Letters,
    /// Half of a cell is a square of so many pixels of the map: 1, 2, 4, 8 or 16.
    Pixels(u32),
}

const ZOOMS: [Zoom; 6] =
    [Zoom::Letters, Zoom::Pixels(16), Zoom::Pixels(8), Zoom::Pixels(4), Zoom::Pixels(2), Zoom::Pixels(1)];

/// What is to be done that a view can't do.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    /// An input for the next tick.
    Input(What),
    /// A line for the console.
    Submit(String),
    /// One tick, while it is paused.
    Step,
    /// A snapshot, or a saved game.
    Save,
    /// Back to what was saved.
    Load,
    /// On with a game that was found again.
    LoadFound,
    /// Back in time, by so many ticks.
    Back(u64),
    /// The terminal goes to whoever started this, until it is called back.
    Suspend,
    /// The end.
    Quit,
}

/// A wire that was seen to fire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flash {
    pub from: ActorId,
    pub to: Option<ActorId>,
    pub tick: u64,
    pub good: bool,
}

/// Ticks that a wire is seen after it fired.
pub(crate) const FLASH: u64 = 24;
/// Ticks that one stroke of a key goes back.
const BACK: u64 = 10;
/// Lines of the story that are kept.
const LOG: usize = 400;
/// Times as fast as the world's own clock.
const SPEEDS: [f64; 9] = [0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0];

/// See the module's comment.
pub struct View {
    /// How many colours the terminal has.
    pub colours: Colours,
    /// How near.
    pub zoom: Zoom,
    /// World time stands still.
    pub paused: bool,
    pub(crate) stage: Arc<Stage>,
    pub(crate) raster: Raster,
    pub(crate) maker: SceneMaker,
    pub(crate) scene: Scene,
    pub(crate) center: [f32; 2],
    pub(crate) selected: Option<ActorId>,
    pub(crate) free: bool,
    pub(crate) names: bool,
    pub(crate) help: bool,
    /// Lines of the help above those that are seen, and how many can be.
    pub(crate) help_from: [usize; 2],
    pub(crate) side: Side,
    pub(crate) log: VecDeque<Output>,
    pub(crate) flashes: Vec<Flash>,
    pub(crate) notice: Option<String>,
    pub(crate) hash: Option<(u64, u64)>,
    speed: usize,
    held: Held,
}

impl View {
    /// Of a world that was made of this map. What can't be shown of the map is said in the status line.
    pub fn new(world: &World, map: &Map, colours: Colours) -> View {
        let stage = Arc::new(Stage::new(map, &world.class_sights()));
        let (raster, wrong) = Raster::new(map, stage.clone());
        let [left, top, right, bottom] = stage.bounds;
        let player = world.find("player").or_else(|| sighted(world).first().copied());
        View {
            colours,
            zoom: if colours == Colours::None { Zoom::Letters } else { Zoom::Pixels(4) },
            paused: false,
            maker: SceneMaker::new(stage.clone()),
            raster,
            stage,
            scene: Scene::default(),
            center: [(left + right) / 2.0, (top + bottom) / 2.0],
            selected: player,
            free: false,
            names: false,
            help: false,
            help_from: [0; 2],
            side: Side::default(),
            log: VecDeque::new(),
            flashes: Vec::new(),
            notice: wrong.into_iter().next(),
            hash: None,
            speed: 3,
            held: Held::default(),
        }
    }

    /// How many times as fast as the world's own clock time is to pass.
    pub fn speed(&self) -> f64 {
        SPEEDS[self.speed]
    }

    /// The actor that is looked at.
    pub fn selected(&self) -> Option<ActorId> {
        self.selected
    }

    /// Says something in the status line, until the next key.
    pub fn say(&mut self, text: impl Into<String>) {
        self.notice = Some(text.into());
    }

    /// Takes note of what was told in a tick.
    pub fn note(&mut self, now: u64, Lived { lines, happenings }: Lived) {
        self.maker.hear(&lines);
        let story = lines.into_iter().filter(|line| line.kind != dormouse::OutputKind::Trace);
        self.log.extend(story);
        let over = self.log.len().saturating_sub(LOG);
        self.log.drain(..over);
        self.flashes.retain(|flash| flash.tick + FLASH > now);
        for happening in &happenings {
            if let HappeningKind::WireFired { source, target, outcome, .. } = &happening.kind {
                use dormouse::happenings::Outcome;
                let good = matches!(outcome, Outcome::Began | Outcome::Joined);
                let to = target.as_ref().map(|target| target.id);
                self.flashes.push(Flash { from: source.id, to, tick: now, good });
            }
        }
        self.side.take(happenings);
    }

    /// There is another world now, of the same map: what was told of the one before is no longer so.
    pub fn begin_anew(&mut self, world: &World) {
        self.maker = SceneMaker::new(self.stage.clone());
        self.log.clear();
        self.flashes.clear();
        self.hash = None;
        self.side = Side::default();
        self.selected = world.find("player").or_else(|| sighted(world).first().copied());
    }

    /// The world went back to this tick, and time stands still: what came after it is not so.
    pub fn go_back(&mut self, now: u64) {
        self.paused = true;
        self.maker.cut(now);
        self.log.retain(|line| line.tick <= now);
        self.flashes.clear();
        self.hash = None;
        self.side.forget(now);
        self.say(format!("back at tick {now}: p goes on from here"));
    }

    /// A hash of the world, for the status line.
    pub fn set_hash(&mut self, tick: u64, hash: u64) {
        self.hash = Some((tick, hash));
    }

    /// What the console answered.
    pub fn answer(&mut self, lines: Vec<String>, failed: bool) {
        if self.side.shown != Some(Shown::Console)
            && let Some(line) = lines.first()
        {
            self.notice = Some(line.clone());
        }
        self.side.console.answer(lines, failed);
    }

    /// A key. `now` in milliseconds; `tells`: the terminal says when keys go up.
    pub fn key(&mut self, event: &KeyEvent, world: &World, now: u64, tells: bool) -> Vec<Wish> {
        let meaning = keys::meaning(event);
        if event.kind == KeyEventKind::Release {
            let up = match meaning {
                Some(Key::Player(key)) => self.held.release(key),
                _ => None,
            };
            return up.into_iter().map(Wish::Input).collect();
        }
        match meaning {
            Some(Key::Quit) if event.code != KeyCode::Char('q') => return vec![Wish::Quit],
            Some(Key::Suspend) => return [self.let_go(), vec![Wish::Suspend]].concat(),
            _ => {}
        }
        self.notice = None;
        if self.help {
            let [from, most] = &mut self.help_from;
            match event.code {
                KeyCode::Down | KeyCode::PageDown if *most > 0 => *from = (*from + 1).min(*most),
                KeyCode::Up | KeyCode::PageUp if *most > 0 => *from = from.saturating_sub(1),
                _ => (self.help, self.help_from) = (false, [0; 2]),
            }
            return Vec::new();
        }
        // Where nothing is searched for yet, these mean what they always do.
        let always = matches!(meaning, Some(Key::Console | Key::Help)) && self.side.searches_nothing();
        if self.side.focused && !always {
            return self.panel_key(event);
        }
        let Some(meaning) = meaning else { return Vec::new() };
        match meaning {
            Key::Player(key) if self.free => self.pan(key),
            Key::Player(key) => return self.held.press(key, now, tells).into_iter().map(Wish::Input).collect(),
            Key::Pause => self.paused = !self.paused,
            Key::Step => {
                self.paused = true;
                return vec![Wish::Step];
            }
            Key::Faster => self.speed = (self.speed + 1).min(SPEEDS.len() - 1),
            Key::Slower => self.speed = self.speed.saturating_sub(1),
            Key::ZoomIn => self.turn_zoom(1),
            Key::ZoomOut => self.turn_zoom(-1),
            Key::Free => {
                self.free = !self.free;
                return self.let_go();
            }
            Key::Follow => (self.selected, self.free) = (world.find("player").or(self.selected), false),
            Key::Next => self.turn(world, 1),
            Key::Previous => self.turn(world, -1),
            Key::Names => self.names = !self.names,
            Key::Actor => self.side.toggle(Shown::Actor, false),
            Key::Sleepers => return self.open(Shown::Sleepers),
            Key::Happenings => return self.open(Shown::Happenings),
            Key::Console => return self.open(Shown::Console),
            Key::Focus => self.side.focused = self.side.shown.is_some(),
            Key::Escape => self.side.close(),
            Key::Help => self.help = true,
            Key::Save => return vec![Wish::Save],
            Key::Load => return vec![Wish::Load],
            Key::LoadFound => return vec![Wish::LoadFound],
            Key::Back => return vec![Wish::Back(BACK)],
            Key::Suspend | Key::Quit => return vec![Wish::Quit],
        }
        Vec::new()
    }

    /// Keys that have not been heard of for too long go up.
    pub fn expire(&mut self, now: u64) -> Vec<Wish> {
        self.held.expire(now).into_iter().map(Wish::Input).collect()
    }

    fn let_go(&mut self) -> Vec<Wish> {
        self.held.release_all().into_iter().map(Wish::Input).collect()
    }

    fn open(&mut self, panel: Shown) -> Vec<Wish> {
        self.side.toggle(panel, true);
        self.let_go()
    }

    fn panel_key(&mut self, event: &KeyEvent) -> Vec<Wish> {
        let Some(key) = keys::for_panel(event) else { return Vec::new() };
        match self.side.key(key) {
            Reaction::Submit(line) => return vec![Wish::Submit(line)],
            Reaction::Inspect(actor) => {
                (self.selected, self.free) = (Some(actor), false);
                self.side.shown = Some(Shown::Actor);
            }
            Reaction::Close => self.side.close(),
            Reaction::Ignored if key == dormouse_scene::panels::Key::Escape => self.side.focused = false,
            Reaction::Ignored | Reaction::Used => {}
        }
        Vec::new()
    }

    fn turn_zoom(&mut self, by: isize) {
        let at = ZOOMS.iter().position(|zoom| *zoom == self.zoom).unwrap_or(0);
        // Without colours pixels say nothing.
        let most = if self.colours == Colours::None { 0 } else { ZOOMS.len() - 1 };
        self.zoom = ZOOMS[at.saturating_add_signed(by).min(most)];
    }

    fn pan(&mut self, key: &str) {
        let step = match self.zoom {
            Zoom::Letters | Zoom::Pixels(16) => 48.0,
            Zoom::Pixels(pixels) => pixels as f32 * 4.0,
        };
        let [x, y] = &mut self.center;
        match key {
            "left" => *x -= step,
            "right" => *x += step,
            "up" => *y -= step,
            "down" => *y += step,
            _ => {}
        }
    }

    /// On to the next actor that can be seen, in the order of their spawns.
    fn turn(&mut self, world: &World, by: isize) {
        let actors = sighted(world);
        if actors.is_empty() {
            return;
        }
        let at = self.selected.and_then(|selected| actors.iter().position(|id| *id == selected));
        let next = at.map_or(0, |at| (at as isize + by).rem_euclid(actors.len() as isize) as usize);
        (self.selected, self.free) = (Some(actors[next]), false);
    }
}

/// Those that are somewhere, in the order of their spawns: the level and the game are everywhere.
fn sighted(world: &World) -> Vec<ActorId> {
    let mut sights: Vec<_> = world.sights().map(|sight| (sight.order, sight.id)).collect();
    sights.sort_unstable();
    sights.into_iter().map(|(_, id)| id).collect()
}
