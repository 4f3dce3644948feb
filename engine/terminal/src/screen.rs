//! Takes the terminal, and gives it back as it was, whatever happens: at the end, on an error, on a panic. Signals are
//! the caller's: it ends the loop, and so this.

use std::io::{self, Stdout, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{
    DisableBracketedPaste, EnableBracketedPaste, KeyboardEnhancementFlags, PopKeyboardEnhancementFlags,
    PushKeyboardEnhancementFlags,
};
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode, supports_keyboard_enhancement,
};
use ratatui::crossterm::{cursor, execute};

/// The terminal, while it is ours.
pub struct Screen {
    /// What is drawn on.
    pub terminal: Terminal<CrosstermBackend<Stdout>>,
    /// It tells when keys go up.
    pub tells_releases: bool,
}

static TAKEN: AtomicBool = AtomicBool::new(false);
static TELLS: AtomicBool = AtomicBool::new(false);

impl Screen {
    /// Takes the terminal.
    ///
    /// Errors: there is none, or it can't be written to; it is then as it was.
    pub fn take() -> io::Result<Screen> {
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            give_back();
            before(info);
        }));
        let taken = Self::set_up();
        if taken.is_err() {
            give_back();
        }
        taken
    }

    fn set_up() -> io::Result<Screen> {
        let tells_releases = Self::enter()?;
        let mut terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
        terminal.clear()?;
        Ok(Screen { terminal, tells_releases })
    }

    /// A screen of our own. Whether the terminal tells when keys go up.
    fn enter() -> io::Result<bool> {
        let mut out = io::stdout();
        execute!(out, EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
        let tells_releases = supports_keyboard_enhancement().unwrap_or(false);
        if tells_releases {
            let flags =
                KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES | KeyboardEnhancementFlags::REPORT_EVENT_TYPES;
            execute!(out, PushKeyboardEnhancementFlags(flags))?;
            TELLS.store(true, Ordering::SeqCst);
        }
        Ok(tells_releases)
    }

    /// Gives the terminal back and stops this process with all that were started with it, as Ctrl-Z does it to others.
    /// Called back, it takes the terminal again.
    pub fn suspend(&mut self) -> io::Result<()> {
        give_back();
        // Where nothing can be stopped, it goes on at once.
        let _ = std::process::Command::new("kill").args(["-TSTP", "0"]).status();
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        self.tells_releases = Self::enter()?;
        self.terminal.clear()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Once. A terminal that is gone can't be put right: errors are of no interest.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    if TELLS.swap(false, Ordering::SeqCst) {
        let _ = execute!(out, PopKeyboardEnhancementFlags);
    }
    let _ = execute!(out, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
    let _ = disable_raw_mode();
    let _ = out.flush();
}
