//! What keys mean. The map has a player's keys and commands; a side panel that has the focus gets all others.

use dormouse_scene::panels;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key is, when the map has the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// One of the player's: its name in inputs.
    Player(&'static str),
    Pause,
    Step,
    Faster,
    Slower,
    ZoomIn,
    ZoomOut,
    Free,
    Follow,
    Next,
    Previous,
    Names,
    Actor,
    Sleepers,
    Happenings,
    Console,
    Focus,
    Escape,
    Save,
    Load,
    LoadFound,
    Back,
    Help,
    Suspend,
    Quit,
}

/// The help: keys, and what they do.
pub const HELP: [(&str, &str); 20] = [
    ("WASD, arrows", "walk: hold, or tap again"),
    ("space", "use what is near"),
    ("p", "pause, go on"),
    (".", "one tick"),
    ("+ -", "faster, slower: 1/8 to 32 times"),
    ("Backspace", "back in time; p goes on from there"),
    ("z x", "nearer, farther; farthest are letters"),
    ("Tab, Shift-Tab", "follow the next actor, the one before"),
    ("f", "follow the player"),
    ("c", "free camera: walking keys move it"),
    ("n", "names and reasons over all heads"),
    ("i", "the actor: props, tasks, wires"),
    ("l", "who sleeps, where, why; letters search"),
    ("h", "what happens, and why; letters search"),
    (":", "console: tower_door.Open, Luau, help"),
    ("Enter, Esc", "into the side panel; out of it, shut it"),
    ("F5, Ctrl-S", "save"),
    ("F9, F10", "load the saved game, one that was found"),
    ("?", "this help"),
    ("q, Ctrl-C", "quit"),
];

/// What a key means to the map; none for what means nothing.
pub fn meaning(event: &KeyEvent) -> Option<Key> {
    let control = event.modifiers.contains(KeyModifiers::CONTROL);
    Some(match event.code {
        KeyCode::Char('c' | 'q') if control => Key::Quit,
        KeyCode::Char('z') if control => Key::Suspend,
        KeyCode::Char('s') if control => Key::Save,
        KeyCode::Char(_) if control => return None,
        KeyCode::Left | KeyCode::Char('a' | 'A') => Key::Player("left"),
        KeyCode::Right | KeyCode::Char('d' | 'D') => Key::Player("right"),
        KeyCode::Up | KeyCode::Char('w' | 'W') => Key::Player("up"),
        KeyCode::Down | KeyCode::Char('s' | 'S') => Key::Player("down"),
        KeyCode::Char(' ') => Key::Player("space"),
        KeyCode::Char('p' | 'P') => Key::Pause,
        KeyCode::Char('.') => Key::Step,
        KeyCode::Char('+' | '=') => Key::Faster,
        KeyCode::Char('-' | '_') => Key::Slower,
        KeyCode::Char('z' | 'Z') => Key::ZoomIn,
        KeyCode::Char('x' | 'X') => Key::ZoomOut,
        KeyCode::Char('c' | 'C') => Key::Free,
        KeyCode::Char('f' | 'F') => Key::Follow,
        KeyCode::Tab => Key::Next,
        KeyCode::BackTab => Key::Previous,
        KeyCode::Char('n' | 'N') => Key::Names,
        KeyCode::Char('i' | 'I') => Key::Actor,
        KeyCode::Char('l' | 'L') => Key::Sleepers,
        KeyCode::Char('h' | 'H') => Key::Happenings,
        KeyCode::Char(':') => Key::Console,
        KeyCode::Enter => Key::Focus,
        KeyCode::Esc => Key::Escape,
        KeyCode::F(5) => Key::Save,
        KeyCode::F(9) => Key::Load,
        KeyCode::F(10) => Key::LoadFound,
        KeyCode::Backspace => Key::Back,
        KeyCode::F(1) | KeyCode::Char('?') => Key::Help,
        KeyCode::Char('q' | 'Q') => Key::Quit,
        _ => return None,
    })
}

/// The same key for a panel.
pub fn for_panel(event: &KeyEvent) -> Option<panels::Key> {
    Some(match event.code {
        KeyCode::Char('u') if event.modifiers.contains(KeyModifiers::CONTROL) => panels::Key::Clear,
        KeyCode::Char(_) if event.modifiers.contains(KeyModifiers::CONTROL) => return None,
        KeyCode::Char(letter) => panels::Key::Char(letter),
        KeyCode::Up => panels::Key::Up,
        KeyCode::Down => panels::Key::Down,
        KeyCode::Left => panels::Key::Left,
        KeyCode::Right => panels::Key::Right,
        KeyCode::PageUp => panels::Key::PageUp,
        KeyCode::PageDown => panels::Key::PageDown,
        KeyCode::Home => panels::Key::Home,
        KeyCode::End => panels::Key::End,
        KeyCode::Enter => panels::Key::Enter,
        KeyCode::Tab => panels::Key::Tab,
        KeyCode::Esc => panels::Key::Escape,
        KeyCode::Backspace => panels::Key::Backspace,
        KeyCode::Delete => panels::Key::Delete,
        _ => return None,
    })
}
