//! The simulation's thread: it alone reads the clock for the world. Ticks pass at their own pace; commands come in by a
//! channel, frames go out through a slot that holds one. A slow screen leaves the slot full, and the world goes on
//! without it; a slow tick leaves it empty, and the screen shows what it has.

#![expect(clippy::disallowed_methods, reason = "here alone ticks are paced, by the clock outside")]

use std::cell::RefCell;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::game::{Command, Frame, Game, Setup};
use crate::saved::Seen;
use crate::stage::Stage;

/// A frame with its times.
pub struct Timed {
    /// What is to be seen.
    pub frame: Frame,
    /// When its tick was due.
    pub at: Instant,
    /// How much later than that of the scene before it.
    pub interval: Duration,
}

/// How a game ended.
#[derive(Clone, Debug, Default)]
pub struct Farewell {
    /// The last tick.
    pub tick: u64,
    /// The world's hash.
    pub hash: u64,
    /// Where the game was kept, and what went wrong with that.
    pub kept: Option<Result<std::path::PathBuf, String>>,
    /// What was told and nobody took.
    pub notices: Vec<String>,
}

impl Farewell {
    /// What is to be said to people, a sentence each.
    pub fn told(&self) -> Vec<String> {
        let kept = self.kept.as_ref().map(|kept| match kept {
            Ok(file) => format!("the game was kept: go on with --load {}", file.display()),
            Err(problem) => problem.clone(),
        });
        self.notices.iter().cloned().chain(kept).collect()
    }
}

/// A game that runs.
pub struct Pace {
    inbox: Sender<Message>,
    slot: Arc<Mutex<Option<Timed>>>,
    thread: RefCell<Option<JoinHandle<Farewell>>>,
}

/// What the thread is told.
enum Message {
    Obey(Command),
    /// The end, with what the player sees.
    Leave(Seen),
}

/// How long the thread sleeps at most.
const IDLE: Duration = Duration::from_millis(5);
/// Time that ticks may take before the screen gets a frame.
const STRETCH: Duration = Duration::from_millis(12);
/// Time that is made up for; what is lost beyond it is lost.
const DEBT: Duration = Duration::from_millis(200);

impl Pace {
    /// Makes a game in a thread of its own, and lets it run, up to a tick where one is given. It is written down as it
    /// goes; one that ended without a word is found again.
    ///
    /// Errors: as [`Game::new`].
    pub fn start(setup: Setup, paused: bool, until: Option<u64>) -> Result<(Pace, Arc<Stage>), String> {
        let (commands, inbox) = channel();
        let (ready, made) = channel();
        let slot = Arc::new(Mutex::new(None));
        let out = slot.clone();
        let run = move || match Game::new(setup) {
            Ok(mut game) => {
                game.find_lost("F10, then F");
                game.keep_journal();
                if paused {
                    game.obey(Command::Pause(true));
                }
                let _ = ready.send(Ok(game.stage()));
                run(game, &inbox, &out, until)
            }
            Err(problem) => {
                let _ = ready.send(Err(problem));
                Farewell::default()
            }
        };
        let thread = std::thread::Builder::new().name("world".into()).spawn(run).map_err(|error| error.to_string())?;
        let stage = made.recv().map_err(|_| "the world could not be made".to_owned())??;
        Ok((Pace { inbox: commands, slot, thread: RefCell::new(Some(thread)) }, stage))
    }

    /// Tells the game something. Where it has ended, nobody hears it.
    pub fn send(&self, command: Command) {
        let _ = self.inbox.send(Message::Obey(command));
    }

    /// The latest frame, if there is one since the last call.
    pub fn take(&self) -> Option<Timed> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether the game has ended by itself.
    pub fn is_over(&self) -> bool {
        self.thread.borrow().as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Ends the game, and keeps it with what the player sees.
    ///
    /// Errors: it has ended already, in a way that it should not.
    pub fn end(&self, seen: Seen) -> Result<Farewell, String> {
        let _ = self.inbox.send(Message::Leave(seen));
        let thread = self.thread.borrow_mut().take().ok_or("the game is over")?;
        thread.join().map_err(|_| {
            "the simulation has failed: this is a defect of Dormouse; the game is found again at the next start".into()
        })
    }
}

fn run(mut game: Game, inbox: &Receiver<Message>, out: &Mutex<Option<Timed>>, until: Option<u64>) -> Farewell {
    let mut due = Instant::now();
    let mut clock = Clock { last: due, shown: due, tick: game.now(), interval: Duration::ZERO };
    let mut fresh = true;
    let mut seen = Seen::default();
    'running: loop {
        let wait = match game.is_paused() {
            true => IDLE,
            false => due.saturating_duration_since(Instant::now()).min(IDLE),
        };
        match inbox.recv_timeout(wait) {
            Ok(first) => {
                for message in std::iter::once(first).chain(inbox.try_iter()) {
                    match message {
                        Message::Obey(command) => game.obey(command),
                        Message::Leave(shown) => {
                            seen = shown;
                            break 'running;
                        }
                    }
                }
                fresh = true;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        let now = Instant::now();
        if game.is_paused() {
            due = now;
        } else if now >= due {
            fresh = true;
            while due <= Instant::now() && now.elapsed() < STRETCH && until.is_none_or(|until| game.now() < until) {
                clock.last = due;
                due += pass(&mut game);
            }
            due = due.max(now.checked_sub(DEBT).unwrap_or(now));
        }
        let over = until.is_some_and(|until| game.now() >= until);
        if fresh || over {
            fresh = !offer(&mut game, out, &mut clock, over);
        }
        if over {
            break;
        }
    }
    let kept = game.leave(&seen);
    Farewell { tick: game.now(), hash: game.hash(), kept, notices: game.take_notices() }
}

/// One tick. How long it lasts outside.
fn pass(game: &mut Game) -> Duration {
    let (began, before) = (Instant::now(), game.time());
    game.tick();
    game.took(began.elapsed());
    Duration::from_secs_f64(((game.time() - before) / game.speed()).clamp(0.0001, 1.0))
}

/// When what was seen was due.
struct Clock {
    /// The last tick.
    last: Instant,
    /// The tick of the last frame, and how much later it was due than the one before it.
    shown: Instant,
    tick: u64,
    interval: Duration,
}

/// Puts a frame into the slot when it is free.
fn offer(game: &mut Game, out: &Mutex<Option<Timed>>, clock: &mut Clock, over: bool) -> bool {
    if !over && out.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
        return false;
    }
    if game.now() != clock.tick {
        clock.interval = clock.last.saturating_duration_since(clock.shown);
        (clock.tick, clock.shown) = (game.now(), clock.last);
    }
    let timed = Timed { frame: game.frame(), at: clock.shown, interval: clock.interval };
    *out.lock().unwrap_or_else(PoisonError::into_inner) = Some(timed);
    true
}
