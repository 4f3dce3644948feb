//! The loop: world time against the clock, keys into inputs, a picture some thirty times a second. A slow terminal never
//! slows the world, a slow world never freezes the terminal: each has its share of every frame.

#![expect(clippy::disallowed_methods, reason = "ticks are paced here, by the clock outside; no world sees it")]

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dormouse::World;
use dormouse::console::Console;
use dormouse::input::{Inputs, What};
use dormouse::map::Map;
use ratatui::crossterm::event::{self, Event};

use crate::colours::Colours;
use crate::draw::draw;
use crate::screen::Screen;
use crate::view::{View, Wish};

/// Writes a snapshot of the world when it is asked to, and says where, or what is wrong.
pub type Save<'a> = Box<dyn FnMut(&mut World) -> Result<String, Box<dyn Error>> + 'a>;

/// How a world is to be shown.
pub struct Options<'a> {
    /// How many colours the terminal has.
    pub colours: Colours,
    /// Inputs by tick, besides those of the keys.
    pub inputs: Inputs,
    /// The tick at which it ends by itself.
    pub until: Option<u64>,
    /// Set from outside to end it.
    pub stop: Arc<AtomicBool>,
    /// What saving does.
    pub save: Save<'a>,
}

/// What is left of a show.
pub struct End {
    /// All inputs that came in, by the tick in which they did: the same world headless, given these, has the same hashes.
    pub inputs: Vec<(u64, What)>,
}

/// Time between pictures.
const FRAME: Duration = Duration::from_millis(33);
/// World time's share of it.
const SHARE: Duration = Duration::from_millis(22);
/// Seconds of world time that may be owed; the rest is forgiven, so that a slow machine stays answerable.
const DEBT: f64 = 0.25;
/// Ticks in a second.
const RATE: f64 = 60.0;

/// Shows a world in this process's terminal until the user has seen enough.
///
/// Errors: a terminal that can't be taken, or is gone; whatever happens it is given back as it was.
pub fn watch(world: &mut World, map: &Map, mut options: Options<'_>) -> io::Result<End> {
    let mut view = View::new(world, map, options.colours);
    world.set_watching(true);
    let mut screen = Screen::take()?;
    let result = run(world, &mut view, &mut screen, &mut options);
    drop(screen);
    world.set_watching(false);
    result
}

fn run(world: &mut World, view: &mut View, screen: &mut Screen, options: &mut Options<'_>) -> io::Result<End> {
    let began = Instant::now();
    let mut console = Console::default();
    let mut played = Vec::new();
    let mut pending: Vec<What> = Vec::new();
    let (mut last, mut owed, mut hashed) = (began, 0.0_f64, None::<Instant>);
    let ended = |world: &World, options: &Options<'_>| {
        options.stop.load(Ordering::Relaxed) || options.until.is_some_and(|until| world.now() >= until)
    };
    while !ended(world, options) {
        let frame = Instant::now();
        let mut wishes = view.expire(began.elapsed().as_millis() as u64);
        while event::poll(Duration::ZERO)? {
            match event::read()? {
                Event::Key(key) => {
                    let now = began.elapsed().as_millis() as u64;
                    wishes.extend(view.key(&key, world, now, screen.tells_releases));
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
                    let answer = console.submit(world, &line);
                    pending.extend(answer.inputs.clone());
                    view.answer(answer.lines, answer.failed);
                }
                Wish::Step => steps += 1,
                Wish::Save => {
                    let said = (options.save)(world).unwrap_or_else(|error| error.to_string());
                    view.say(said);
                }
                Wish::Quit => return Ok(End { inputs: played }),
            }
        }
        owed += last.elapsed().as_secs_f64() * view.speed() * RATE;
        last = Instant::now();
        owed = if view.paused { f64::from(steps) } else { owed.min(DEBT * RATE * view.speed().max(1.0)) };
        while owed >= 1.0 && frame.elapsed() < SHARE && !ended(world, options) {
            owed -= 1.0;
            let next = world.now() + 1;
            let mut inputs = options.inputs.take(next);
            inputs.append(&mut pending);
            played.extend(inputs.iter().map(|what| (next, what.clone())));
            world.tick(&inputs);
            view.note(world);
        }
        // A hash reads the whole heap.
        if hashed.is_none_or(|at| at.elapsed() >= Duration::from_secs(1)) {
            hashed = Some(Instant::now());
            view.set_hash(world.now(), world.hash());
        }
        screen.terminal.draw(|frame| draw(frame, view, world))?;
        let left = FRAME.saturating_sub(frame.elapsed());
        event::poll(left)?;
    }
    Ok(End { inputs: played })
}
