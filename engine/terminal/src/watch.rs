//! The loop: world time against the clock, keys into inputs, a picture some thirty times a second. A slow terminal never
//! slows the world, a slow world never freezes the terminal: each has its share of every frame.

#![expect(clippy::disallowed_methods, reason = "ticks are paced here, by the clock outside; no world sees it")]

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dormouse::input::What;
use dormouse::map::Map;
use ratatui::crossterm::event::{self, Event};

use crate::colours::Colours;
use crate::draw::draw;
use crate::played::Played;
use crate::screen::Screen;
use crate::view::{View, Wish};

/// How a game is to be shown.
pub struct Options {
    /// How many colours the terminal has.
    pub colours: Colours,
    /// The tick at which it ends by itself.
    pub until: Option<u64>,
    /// Time stands still at first.
    pub paused: bool,
    /// Set from outside to end it.
    pub stop: Arc<AtomicBool>,
    /// What is to be said first.
    pub notice: Option<String>,
}

/// Time between pictures.
const FRAME: Duration = Duration::from_millis(33);
/// World time's share of it.
const SHARE: Duration = Duration::from_millis(22);
/// Seconds of world time that may be owed; the rest is forgiven, so that a slow machine stays answerable.
const DEBT: f64 = 0.25;
/// Ticks in a second.
const RATE: f64 = 60.0;

/// Shows a game in this process's terminal until the user has seen enough.
///
/// Errors: a terminal that can't be taken, or is gone; whatever happens it is given back as it was.
pub fn watch(game: &mut dyn Played, map: &Map, options: Options) -> io::Result<()> {
    let mut view = View::new(game.world(), map, options.colours);
    view.paused = options.paused;
    options.notice.iter().for_each(|notice| view.say(notice));
    let mut screen = Screen::take()?;
    run(game, &mut view, &mut screen, &options)
}

fn run(game: &mut dyn Played, view: &mut View, screen: &mut Screen, options: &Options) -> io::Result<()> {
    let began = Instant::now();
    let mut pending: Vec<What> = Vec::new();
    let (mut last, mut owed, mut hashed) = (began, 0.0_f64, None::<Instant>);
    let ended = |now: u64| options.stop.load(Ordering::Relaxed) || options.until.is_some_and(|until| now >= until);
    while !ended(game.world().now()) {
        let frame = Instant::now();
        let mut wishes = view.expire(began.elapsed().as_millis() as u64);
        while event::poll(Duration::ZERO)? {
            match event::read()? {
                Event::Key(key) => {
                    let now = began.elapsed().as_millis() as u64;
                    wishes.extend(view.key(&key, game.world(), now, screen.tells_releases));
                }
                Event::Resize(..) => screen.terminal.autoresize()?,
                _ => {}
            }
        }
        let mut steps = 0;
        for wish in wishes {
            match wish {
                Wish::Input(what) => pending.push(what),
                Wish::Submit(line) => {
                    let (lines, failed) = game.submit(&line);
                    view.answer(lines, failed);
                }
                Wish::Step => steps += 1,
                Wish::Save => view.say(game.save()),
                load @ (Wish::Load | Wish::LoadFound) => match game.load(load == Wish::LoadFound) {
                    Ok(said) => {
                        view.begin_anew(game.world());
                        view.say(said);
                    }
                    Err(problem) => view.say(problem),
                },
                Wish::Back(ticks) => match game.back(ticks) {
                    Ok(()) => {
                        // What was to come before that is undone with the rest.
                        steps = 0;
                        view.go_back(game.world().now());
                    }
                    Err(problem) => view.say(problem),
                },
                Wish::Suspend => {
                    screen.suspend()?;
                    last = Instant::now();
                }
                Wish::Quit => return Ok(()),
            }
        }
        owed += last.elapsed().as_secs_f64() * view.speed() * RATE;
        last = Instant::now();
        owed = if view.paused { f64::from(steps) } else { owed.min(DEBT * RATE * view.speed().max(1.0)) };
        while owed >= 1.0 && frame.elapsed() < SHARE && !ended(game.world().now()) {
            owed -= 1.0;
            let lived = game.tick(std::mem::take(&mut pending));
            view.note(game.world().now(), lived);
        }
        // A hash reads the whole heap.
        if hashed.is_none_or(|at| at.elapsed() >= Duration::from_secs(1)) {
            hashed = Some(Instant::now());
            let hash = game.hash();
            view.set_hash(game.world().now(), hash);
        }
        screen.terminal.draw(|frame| draw(frame, view, game.world()))?;
        let left = FRAME.saturating_sub(frame.elapsed());
        event::poll(left)?;
    }
    Ok(())
}
