//! The window: events in, commands out; frames in, pictures out. It reads the clock for the screen only, and never
//! touches a world: what is to happen is told to [`Pace`], what is to be seen comes from there.

#![expect(clippy::disallowed_methods, reason = "the screen has a clock; no world sees it")]

mod acts;
mod click;
mod events;
mod hud;
mod pads;
mod panels;
mod slots;
mod state;

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dormouse::map::Map;
use sdl2::render::WindowCanvas;
use sdl2::video::Window;

use crate::draw::Painter;
use crate::driver;
use crate::game::Setup;
use crate::keys::{Act, Keys, Players};
use crate::last_words;
use crate::pace::{Farewell, Pace};
use crate::saved::Seen;
use crate::sound::Speaker;
use crate::stage::Stage;
use pads::Pads;
use state::{App, Focus};

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
    /// Set from outside to end it.
    pub stop: Arc<AtomicBool>,
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
/// Errors: no display; scripts or a map that do not fit. What SDL can't do later on ends the game, which is kept, and is
/// told in the farewell.
pub fn play(options: Options) -> Result<Farewell, PlayError> {
    sdl2::hint::set("SDL_RENDER_BATCHING", "1");
    driver::choose();
    let sdl = sdl2::init().map_err(PlayError::NoDisplay)?;
    let video = sdl.video().map_err(PlayError::NoDisplay)?;
    // Where there is no display SDL may draw into memory, which nobody sees, unless that was asked for.
    let unseen = ["offscreen", "dummy"].contains(&video.current_video_driver());
    if unseen && !driver::is_chosen() {
        return Err(PlayError::NoDisplay("neither X11 nor Wayland answers".into()));
    }
    let title = format!("{} - Dormouse", options.setup.map.name);
    let mut window = video.window(&title, options.size[0], options.size[1]);
    window.position_centered().resizable().allow_highdpi();
    if options.fullscreen {
        window.fullscreen_desktop();
    }
    let window = window.build().map_err(|error| PlayError::NoDisplay(error.to_string()))?;
    let (map, tell, saves) = (options.setup.map.clone(), options.setup.tell, options.setup.saves.clone());
    let (pace, stage) = Pace::start(options.setup, options.paused, options.until)?;
    let pace = Rc::new(pace);
    last_words::prepare(pace.clone());
    let look = Look {
        zoom: options.zoom,
        mute: options.mute,
        keys: options.keys,
        sounds: &options.sounds,
        stop: &options.stop,
        tell,
        saves,
    };
    let shown = show(&sdl, window, pace.clone(), &map, stage, look);
    let (seen, problem) = match shown {
        Ok(seen) => (seen, None),
        Err(problem) => (Seen::default(), Some(problem)),
    };
    let mut farewell = pace.end(seen)?;
    farewell.notices.extend(problem.map(|problem| format!("the window can't go on: {problem}")));
    Ok(farewell)
}

/// How a game is shown.
struct Look<'a> {
    zoom: Option<f32>,
    mute: bool,
    keys: Keys,
    sounds: &'a Path,
    stop: &'a AtomicBool,
    tell: bool,
    saves: PathBuf,
}

/// Shows a game until the window is closed. What was seen last.
fn show(
    sdl: &sdl2::Sdl,
    window: Window,
    pace: Rc<Pace>,
    map: &Map,
    stage: Arc<Stage>,
    look: Look<'_>,
) -> Result<Seen, String> {
    let (canvas, software) = canvas_of(window)?;
    let creator = canvas.texture_creator();
    let (painter, mut notices) = Painter::new(canvas, &creator, software, map, stage.clone())?;
    let speaker = match sdl.audio().and_then(|audio| Speaker::open(&audio, look.sounds, look.mute)) {
        Ok((speaker, problems)) => {
            notices.extend(problems);
            Some(speaker)
        }
        Err(problem) => {
            notices.push(format!("no sound: {problem}"));
            None
        }
    };
    let count = map.objects.iter().filter_map(|object| object.name.strip_prefix("player_")?.parse().ok()).max();
    let mut app = App::new(painter, pace, map, stage, Players::new(look.keys, count.unwrap_or(1)));
    (app.speaker, app.tells, app.saves) = (speaker, look.tell, look.saves);
    notices.into_iter().for_each(|notice| app.notice(notice));
    let help = app.players.keys().names(Act::Help);
    if !help.is_empty() {
        app.notice(format!("{help} lists all keys"));
    }
    if let Some(zoom) = look.zoom {
        app.camera.set_zoom(zoom);
    }
    let mut pads = Pads::new(sdl);
    let mut events = sdl.event_pump()?;
    let typing = sdl.video()?.text_input();
    typing.stop();
    let mut typed = false;
    while !app.closed && !look.stop.load(Ordering::Relaxed) {
        let began = Instant::now();
        for event in events.poll_iter() {
            if !pads.event(&event, &mut app) {
                app.event(event);
            }
        }
        if app.focus.is_some() != typed {
            typed = !typed;
            if typed {
                typing.start()
            } else {
                typing.stop()
            }
            if typed {
                app.tell("typing");
            }
        }
        app.turn()?;
        if !app.paced {
            std::thread::sleep(REFRESH.saturating_sub(began.elapsed()));
        }
    }
    Ok(app.seen())
}

/// A canvas on the window: by the graphics card where there is one that works, else by SDL itself. True for the latter.
fn canvas_of(window: Window) -> Result<(WindowCanvas, bool), String> {
    let title = window.title().to_owned();
    let (video, size) = (window.subsystem().clone(), window.size());
    let flags = window.window_flags();
    if let Ok(canvas) = window.into_canvas().accelerated().present_vsync().build() {
        return Ok((canvas, false));
    }
    let mut again = video.window(&title, size.0, size.1);
    again.position_centered().resizable().set_window_flags(flags);
    let window = again.build().map_err(|error| error.to_string())?;
    let canvas = window.into_canvas().software().build().map_err(|error| error.to_string())?;
    Ok((canvas, true))
}
