//! When a display goes away, the library that speaks to it ends the process from within one of its calls: nothing of
//! ours returns, and nothing is left of the main thread but what the C library puts away at its end. The game is still
//! running then, in a thread of its own; here it is ended and kept. Where a system does not put such things away, or
//! nothing at all (the process is killed), the game's journal is what it is found by.

use std::cell::RefCell;
use std::rc::Rc;

use crate::pace::Pace;
use crate::saved::Seen;

/// A game that is still to be ended.
struct LastWords(Rc<Pace>);

thread_local! {
    static LAST_WORDS: RefCell<Option<LastWords>> = const { RefCell::new(None) };
}

impl Drop for LastWords {
    fn drop(&mut self) {
        // Where it was ended as it should be, it has been.
        let Ok(farewell) = self.0.end(Seen::default()) else { return };
        eprintln!("dormouse: the display is gone");
        farewell.told().iter().for_each(|line| eprintln!("dormouse: {line}"));
    }
}

/// From now on, this game is ended when this thread is.
pub fn prepare(pace: Rc<Pace>) {
    LAST_WORDS.set(Some(LastWords(pace)));
}
