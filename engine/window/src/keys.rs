//! Which key does what: read from a text file, with all that it leaves out as the program's own has it. From keys and
//! buttons to what players hear, and to what the window does. Nothing here knows of a world.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use dormouse::input::What;
use sdl2::controller::Button;
use sdl2::keyboard::Scancode;

/// The keys as they are when nobody says otherwise; also the form of the file.
pub const DEFAULT: &str = include_str!("../assets/keys.toml");

/// Bytes of a file with keys.
const MAX_FILE: u64 = 1 << 16;

/// What the window can be told by a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "HELP says what each does")]
pub enum Act {
    Help,
    Labels,
    Wires,
    Shapes,
    Save,
    Sleepers,
    Happenings,
    Graphs,
    Load,
    Slots,
    Fullscreen,
    Shot,
    Pause,
    Tick,
    Step,
    Slower,
    Faster,
    Rewind,
    Timeline,
    Mute,
    ZoomIn,
    ZoomOut,
    Fit,
    Console,
    Inspect,
    Close,
}

/// What each does, for people, in the order in which F1 lists them.
pub const HELP: [(Act, &str); 26] = [
    (Act::Help, "this list"),
    (Act::Pause, "stop time, or go on"),
    (Act::Tick, "one tick"),
    (Act::Step, "one wire or tasklet"),
    (Act::Slower, "slower, down to 1/8"),
    (Act::Faster, "faster, up to x32"),
    (Act::Rewind, "hold: time goes back"),
    (Act::Timeline, "the past, to scrub"),
    (Act::Save, "save"),
    (Act::Load, "load"),
    (Act::Slots, "saved games"),
    (Act::Labels, "names; who sleeps where"),
    (Act::Wires, "wires"),
    (Act::Shapes, "shapes of bodies"),
    (Act::Sleepers, "sleeping tasklets"),
    (Act::Happenings, "what happens, and why"),
    (Act::Graphs, "times and budgets"),
    (Act::Console, "console"),
    (Act::Inspect, "inspect the next actor"),
    (Act::ZoomIn, "nearer, as the wheel"),
    (Act::ZoomOut, "farther"),
    (Act::Fit, "whole map, or player"),
    (Act::Fullscreen, "full screen"),
    (Act::Shot, "screenshot"),
    (Act::Mute, "sound off, or on"),
    (Act::Close, "close what is open"),
];

/// Which key does what.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    players: HashMap<Scancode, (u8, String)>,
    buttons: Vec<(Button, String)>,
    window: BTreeMap<Act, Vec<Scancode>>,
}

/// The file's form.
#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    player: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    gamepad: BTreeMap<String, Vec<String>>,
    window: BTreeMap<Act, Vec<String>>,
}

impl File {
    /// What each key is for.
    ///
    /// Errors: one that is for two things.
    fn taken(&self) -> Result<HashMap<Scancode, String>, String> {
        let mut taken = HashMap::new();
        let players = self.player.iter().flat_map(|(number, names)| {
            names.iter().map(move |(name, codes)| (format!("{name} of player {number}"), codes))
        });
        let window = self.window.iter().map(|(act, codes)| {
            let help = HELP.iter().find(|(known, _)| known == act).map_or("", |(_, help)| help);
            (format!("`{help}`"), codes)
        });
        for (purpose, codes) in players.chain(window) {
            for code in codes {
                match taken.insert(scancode(code)?, purpose.clone()) {
                    Some(other) if other != purpose => {
                        return Err(format!(
                            "the key `{code}` is for {other} and for {purpose}: give it to one of them"
                        ));
                    }
                    _ => {}
                }
            }
        }
        Ok(taken)
    }
}

impl Keys {
    /// The keys of the program.
    pub fn standard() -> Keys {
        Keys::parse(DEFAULT).expect("the program's own keys are tested")
    }

    /// The keys of a file, where it says something.
    ///
    /// Errors: a sentence that names the file, the line, and what is wrong.
    pub fn read(path: &Path) -> Result<Keys, String> {
        let problem = |error: std::io::Error| format!("{}: {error}", path.display());
        if std::fs::metadata(path).map_err(problem)?.len() > MAX_FILE {
            return Err(format!("{}: this is too large for a file of keys", path.display()));
        }
        let text = std::fs::read_to_string(path).map_err(problem)?;
        Keys::parse(&text).map_err(|what| format!("{}: {what}", path.display()))
    }

    fn parse(text: &str) -> Result<Keys, String> {
        let mut own: File = toml::from_str(DEFAULT).map_err(|error| error.to_string())?;
        let mut file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let taken = file.taken()?;
        // What a file gives a key to has it, and nothing else has.
        let all = own.player.values_mut().flat_map(BTreeMap::values_mut).chain(own.window.values_mut());
        all.for_each(|codes| codes.retain(|code| !scancode(code).is_ok_and(|key| taken.contains_key(&key))));
        for (number, keys) in own.player {
            let said = file.player.entry(number).or_default();
            for (name, keys) in keys {
                said.entry(name).or_insert(keys);
            }
        }
        for (name, buttons) in own.gamepad {
            file.gamepad.entry(name).or_insert(buttons);
        }
        for (act, keys) in own.window {
            file.window.entry(act).or_insert(keys);
        }
        let mut keys = Keys::default();
        for (number, names) in &file.player {
            let player = number.parse().ok().filter(|player| (1..=8).contains(player));
            let player: u8 = player.ok_or_else(|| format!("there is no player `{number}`; they are 1 to 8"))?;
            for (name, codes) in names {
                for code in codes {
                    keys.players.insert(scancode(code)?, (player, name.clone()));
                }
            }
        }
        for (name, buttons) in &file.gamepad {
            for button in buttons {
                let known = Button::from_string(button);
                keys.buttons
                    .push((known.ok_or_else(|| format!("there is no button `{button}` on a gamepad"))?, name.clone()));
            }
        }
        for (act, codes) in &file.window {
            let codes: Result<Vec<Scancode>, String> = codes.iter().map(|code| scancode(code)).collect();
            keys.window.insert(*act, codes?);
        }
        Ok(keys)
    }

    /// What the window does on a key.
    pub fn act(&self, key: Scancode) -> Option<Act> {
        self.window.iter().find(|(_, keys)| keys.contains(&key)).map(|(act, _)| *act)
    }

    /// The keys for something that the window does, for people.
    pub fn names(&self, act: Act) -> String {
        let names = self.window.get(&act).into_iter().flatten().map(|key| key.name());
        names.collect::<Vec<_>>().join(" or ")
    }

    /// The keys of a player, for people: what it hears, and the keys.
    pub fn of_player(&self, player: u8) -> Vec<(String, String)> {
        let mut all: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (key, (_, name)) in self.players.iter().filter(|(_, (number, _))| *number == player) {
            all.entry(name).or_default().push(key.name());
        }
        all.values_mut().for_each(|keys| keys.sort_unstable());
        all.into_iter().map(|(name, keys)| (name.to_owned(), keys.join(" or "))).collect()
    }
}

fn scancode(name: &str) -> Result<Scancode, String> {
    Scancode::from_name(name).ok_or_else(|| {
        format!("there is no key `{name}`; keys are called as on a US keyboard: \"A\", \"Left\", \"F1\"")
    })
}

/// Where something that is held comes from, so that two keys for the same thing do not quarrel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Key(i32),
    Button(u32, i32),
    Stick(u32, u8),
}

/// What players hold, and hear when that changes.
pub struct Players {
    keys: Keys,
    /// How many players the map has.
    count: u8,
    held: BTreeMap<(u8, String), BTreeSet<Source>>,
    /// Gamepads by their number in the system; the place is the player.
    pads: Vec<Option<u32>>,
}

/// How far a stick must be moved to count, of 32,767, and how far back so that it no longer does.
const PUSHED: (i16, i16) = (14_000, 9_000);

impl Players {
    /// For a map with so many players.
    pub fn new(keys: Keys, count: u8) -> Players {
        Players { keys, count: count.max(1), held: BTreeMap::new(), pads: Vec::new() }
    }

    /// Which key does what.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// How many players the map has.
    pub fn count(&self) -> u8 {
        self.count
    }

    /// A key goes down or up.
    pub fn key(&mut self, key: Scancode, down: bool) -> Option<What> {
        let (player, name) = self.keys.players.get(&key)?.clone();
        self.hold(player, name, Source::Key(key as i32), down)
    }

    fn hold(&mut self, player: u8, name: String, source: Source, down: bool) -> Option<What> {
        let player = self.there(player);
        let held = self.held.entry((player, name.clone())).or_default();
        let before = !held.is_empty();
        if down {
            held.insert(source);
        } else {
            held.remove(&source);
        }
        (before == held.is_empty()).then_some(What::Key { player, key: name, down })
    }

    /// Everything is let go: the window lost the keyboard.
    pub fn release(&mut self) -> Vec<What> {
        let held = std::mem::take(&mut self.held).into_iter().filter(|(_, sources)| !sources.is_empty());
        held.map(|((player, key), _)| What::Key { player, key, down: false }).collect()
    }

    /// A gamepad was plugged in. Gives its player.
    pub fn plug(&mut self, pad: u32) -> u8 {
        let free = self.pads.iter().position(Option::is_none).unwrap_or(self.pads.len());
        if free == self.pads.len() {
            self.pads.push(None);
        }
        self.pads[free] = Some(pad);
        self.player_at(free)
    }

    /// A gamepad was unplugged: what it held is let go.
    pub fn unplug(&mut self, pad: u32) -> Vec<What> {
        self.pads.iter_mut().filter(|known| **known == Some(pad)).for_each(|known| *known = None);
        let of_pad = |source: &Source| matches!(source, Source::Button(of, _) | Source::Stick(of, _) if *of == pad);
        let mut let_go = Vec::new();
        for ((player, key), held) in &mut self.held {
            let before = held.len();
            held.retain(|source| !of_pad(source));
            if held.is_empty() && before > 0 {
                let_go.push(What::Key { player: *player, key: key.clone(), down: false });
            }
        }
        let_go
    }

    /// Whose a gamepad is.
    pub fn player_of(&self, pad: u32) -> Option<u8> {
        self.pads.iter().position(|known| *known == Some(pad)).map(|at| self.player_at(at))
    }

    fn player_at(&self, place: usize) -> u8 {
        self.there(place.min(7) as u8 + 1)
    }

    /// Where a map has no such player, it is the first.
    fn there(&self, player: u8) -> u8 {
        if player <= self.count { player } else { 1 }
    }

    /// A button goes down or up.
    pub fn button(&mut self, pad: u32, button: Button, down: bool) -> Option<What> {
        let (_, name) = self.keys.buttons.iter().find(|(known, _)| *known == button)?.clone();
        self.hold(self.player_of(pad)?, name, Source::Button(pad, button as i32), down)
    }

    /// The left stick moves along x or y.
    pub fn stick(&mut self, pad: u32, vertical: bool, value: i16) -> Vec<What> {
        let Some(player) = self.player_of(pad) else { return Vec::new() };
        let names = if vertical { ["up", "down"] } else { ["left", "right"] };
        let mut heard = Vec::new();
        for (side, name) in (0..).zip(names) {
            let far = if side == 0 { value.saturating_neg() } else { value };
            let source = Source::Stick(pad, side + 2 * u8::from(vertical));
            let key = (player, name.to_owned());
            let held = self.held.get(&key).is_some_and(|held| held.contains(&source));
            let down = far > if held { PUSHED.1 } else { PUSHED.0 };
            if down != held {
                heard.extend(self.hold(player, name.to_owned(), source, down));
            }
        }
        heard
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(what: Option<What>) -> String {
        what.map_or_else(String::new, |what| what.to_string())
    }

    #[test]
    fn keys_become_inputs_of_their_players() {
        let mut players = Players::new(Keys::standard(), 2);
        assert_eq!(heard(players.key(Scancode::A, true)), "key 1 left down");
        assert_eq!(heard(players.key(Scancode::A, true)), "", "held keys repeat, and mean nothing by it");
        assert_eq!(heard(players.key(Scancode::Left, true)), "key 2 left down");
        assert_eq!(heard(players.key(Scancode::A, false)), "key 1 left up");
        // The map has no third player.
        assert_eq!(heard(players.key(Scancode::J, true)), "key 1 left down");
        assert_eq!(heard(players.key(Scancode::A, true)), "");
        assert_eq!(heard(players.key(Scancode::J, false)), "");
        assert_eq!(players.release().len(), 2);
    }

    #[test]
    fn every_act_has_a_key_and_a_line_of_help() {
        let keys = Keys::standard();
        for (act, help) in HELP {
            assert!(!keys.names(act).is_empty() && !help.is_empty(), "{act:?}");
        }
        assert_eq!(keys.window.len(), HELP.len());
        let taken: Vec<_> = keys.window.values().flatten().collect();
        assert!(keys.players.keys().all(|key| !taken.contains(&key)), "a key is a player's or the window's");
    }

    #[test]
    fn a_file_says_what_is_different() {
        let keys = Keys::parse("[player.1]\nleft = [\"Q\"]\n[window]\npause = [\"F13\"]\n").unwrap();
        let mut players = Players::new(keys, 1);
        assert_eq!(heard(players.key(Scancode::Q, true)), "key 1 left down");
        assert_eq!(heard(players.key(Scancode::D, true)), "key 1 right down");
        assert_eq!(players.keys().act(Scancode::F13), Some(Act::Pause));
        assert_eq!(players.keys().act(Scancode::P), None);
        // A key that the file gives to something else is no longer what it was.
        let keys = Keys::parse("[window]\npause = [\"A\"]\n[player.2]\nleft = [\"F1\"]").unwrap();
        let mut players = Players::new(keys, 2);
        assert_eq!(heard(players.key(Scancode::A, true)), "");
        assert_eq!(players.keys().act(Scancode::A), Some(Act::Pause));
        assert_eq!(heard(players.key(Scancode::F1, true)), "key 2 left down");
        assert_eq!((players.keys().act(Scancode::F1), players.keys().names(Act::Help)), (None, String::new()));
    }

    #[test]
    fn what_is_wrong_in_a_file_is_told() {
        for (text, told) in [
            ("[player.9]\nleft = [\"A\"]", "no player `9`"),
            ("[player.1]\nleft = [\"Any\"]", "no key `Any`"),
            ("[window]\nfly = [\"A\"]", "fly"),
            ("[gamepad]\nspace = [\"q\"]", "no button `q`"),
            ("[players]\n", "players"),
            (
                "[player.1]\nleft = [\"A\"]\nright = [\"D\", \"a\"]",
                "`a` is for left of player 1 and for right of player 1",
            ),
            (
                "[player.1]\nleft = [\"A\"]\n[window]\npause = [\"A\"]",
                "`A` is for left of player 1 and for `stop time, or go on`",
            ),
            ("left", ""),
        ] {
            let problem = Keys::parse(text).expect_err(text);
            assert!(problem.contains(told), "{text}: {problem}");
        }
    }

    #[test]
    fn gamepads_come_and_go() {
        let mut players = Players::new(Keys::standard(), 4);
        assert_eq!((players.plug(7), players.plug(9)), (1, 2));
        assert_eq!(heard(players.button(9, Button::A, true)), "key 2 space down");
        assert_eq!(players.stick(9, false, -30_000).len(), 1);
        assert!(players.stick(9, false, -12_000).is_empty(), "not yet let go");
        assert_eq!(
            players.unplug(9).iter().map(What::to_string).collect::<Vec<_>>(),
            ["key 2 left up", "key 2 space up"]
        );
        assert_eq!(players.plug(11), 2);
        assert!(players.button(9, Button::A, true).is_none());
    }
}
