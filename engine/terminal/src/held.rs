//! The player's keys. A terminal that speaks the kitty keyboard protocol tells when a key goes up; others only repeat
//! a key while it is down, so there a key counts as held until it has not been heard of for a while.

use dormouse::input::What;

/// Milliseconds for which a key is held after it was first pressed: terminals begin to repeat after up to that long.
const FIRST: u64 = 450;
/// The same once it repeats.
const AGAIN: u64 = 140;

/// The keys that are down.
#[derive(Default)]
pub struct Held {
    keys: Vec<(String, Option<u64>)>,
}

impl Held {
    /// A key went down, or repeats. `tells`: the terminal will tell when it goes up.
    pub fn press(&mut self, key: &str, now: u64, tells: bool) -> Option<What> {
        if let Some((_, until)) = self.keys.iter_mut().find(|(held, _)| held == key) {
            *until = (!tells).then_some(now + AGAIN);
            return None;
        }
        self.keys.push((key.into(), (!tells).then_some(now + FIRST)));
        Some(input(key, true))
    }

    /// A key went up.
    pub fn release(&mut self, key: &str) -> Option<What> {
        let at = self.keys.iter().position(|(held, _)| held == key)?;
        self.keys.remove(at);
        Some(input(key, false))
    }

    /// The keys that have not been heard of for too long.
    pub fn expire(&mut self, now: u64) -> Vec<What> {
        let (gone, held) =
            std::mem::take(&mut self.keys).into_iter().partition(|(_, until)| until.is_some_and(|until| until <= now));
        self.keys = held;
        let gone: Vec<(String, Option<u64>)> = gone;
        gone.iter().map(|(key, _)| input(key, false)).collect()
    }

    /// All go up: somebody else gets the keys now.
    pub fn release_all(&mut self) -> Vec<What> {
        std::mem::take(&mut self.keys).iter().map(|(key, _)| input(key, false)).collect()
    }
}

fn input(key: &str, down: bool) -> What {
    What::Key { player: 1, key: key.into(), down }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_repeats_is_held_until_it_stops() {
        let mut held = Held::default();
        assert_eq!(held.press("left", 0, false), Some(input("left", true)));
        assert_eq!(held.expire(FIRST - 1), []);
        assert_eq!(held.press("left", 400, false), None);
        assert_eq!(held.press("left", 430, false), None);
        assert_eq!(held.expire(430 + AGAIN - 1), []);
        assert_eq!(held.expire(430 + AGAIN), [input("left", false)]);
        assert_eq!(held.expire(9999), []);
    }

    #[test]
    fn where_the_terminal_tells_nothing_expires() {
        let mut held = Held::default();
        held.press("up", 0, true);
        held.press("left", 5, true);
        assert_eq!(held.expire(100_000), []);
        assert_eq!(held.release("up"), Some(input("up", false)));
        assert_eq!(held.release("up"), None);
        assert_eq!(held.release_all(), [input("left", false)]);
    }
}
