//! Events in: keys, mouse and gamepads become inputs of players, commands, or something that the window does.

use sdl2::controller::Axis;
use sdl2::event::{Event, WindowEvent};
use sdl2::keyboard::{Keycode, Mod, Scancode};
use sdl2::mouse::MouseButton;

use super::App;
use crate::keys::Act;
use crate::panels::Key;

impl App<'_> {
    pub(super) fn event(&mut self, event: Event) {
        match event {
            Event::Quit { .. } => self.closed = true,
            Event::Window { win_event: WindowEvent::SizeChanged(..) | WindowEvent::Resized(..), .. } => self.resize(),
            Event::Window { win_event: WindowEvent::FocusLost, .. } => {
                let let_go = self.players.release();
                self.inputs(let_go);
                self.stop_rewinding();
            }
            Event::RenderTargetsReset { .. } => self.painter.forget(),
            Event::KeyDown { scancode: Some(key), keycode, keymod, repeat, .. } => {
                self.key_down(key, keycode, keymod, repeat)
            }
            Event::KeyUp { scancode: Some(key), .. } => {
                if self.players.keys().act(key) == Some(Act::Rewind) {
                    self.stop_rewinding();
                }
                let heard = self.players.key(key, false);
                self.inputs(heard);
            }
            Event::TextInput { text, .. } => {
                // The key that opened the console is no part of its line.
                let letters = text.chars().filter(|letter| !letter.is_control() && *letter != '`');
                letters.for_each(|letter| self.typed(Key::Char(letter)));
            }
            Event::ControllerButtonDown { which, button, .. } => {
                let heard = self.players.button(which, button, true);
                self.inputs(heard);
            }
            Event::ControllerButtonUp { which, button, .. } => {
                let heard = self.players.button(which, button, false);
                self.inputs(heard);
            }
            Event::ControllerAxisMotion { which, axis: axis @ (Axis::LeftX | Axis::LeftY), value, .. } => {
                let heard = self.players.stick(which, axis == Axis::LeftY, value);
                self.inputs(heard);
            }
            Event::MouseWheel { y, .. } if y != 0 => {
                self.camera.zoom_by(y.signum(), self.mouse);
            }
            Event::MouseMotion { mousestate, xrel, yrel, x, y, .. } => {
                let at = self.pixel(x, y);
                self.mouse = at;
                if self.scrubbing {
                    self.scrub(at);
                } else if mousestate.right() || mousestate.middle() {
                    let moved = self.pixel(xrel, yrel);
                    self.camera.center = [
                        self.camera.center[0] - moved[0] / self.camera.zoom,
                        self.camera.center[1] - moved[1] / self.camera.zoom,
                    ];
                    (self.loose, self.dragged) = (true, true);
                }
            }
            Event::MouseButtonDown { mouse_btn: MouseButton::Left, x, y, .. } => {
                let at = self.pixel(x, y);
                self.click(at);
            }
            Event::MouseButtonUp { mouse_btn, .. } => {
                self.scrubbing = false;
                if mouse_btn == MouseButton::Right && !std::mem::take(&mut self.dragged) {
                    self.inspector.show(None);
                }
            }
            _ => {}
        }
    }

    pub(super) fn key_down(&mut self, key: Scancode, keycode: Option<Keycode>, keymod: Mod, repeat: bool) {
        let act = self.players.keys().act(key);
        let control = keymod.intersects(Mod::LCTRLMOD | Mod::RCTRLMOD);
        if control && keycode == Some(Keycode::Q) {
            self.closed = true;
            return;
        }
        if self.slots.is_some() && self.slot_key(keycode, keymod) {
            return;
        }
        // While something is typed, only keys that are no letters are for the window.
        let for_panel = self.focus.is_some() && !matches!(key as i32, 58..=69) && act != Some(Act::Console);
        if for_panel {
            let clear = (control && keycode == Some(Keycode::U)).then_some(Key::Clear);
            if let Some(key) = clear.or(panel_key(key)) {
                self.typed(key);
            }
            return;
        }
        match act {
            Some(act) if !repeat || matches!(act, Act::Tick | Act::Step) => self.act(act),
            Some(_) => {}
            None if repeat => {}
            None => {
                let heard = self.players.key(key, true);
                self.inputs(heard);
            }
        }
    }
}

/// The keys of panels.
fn panel_key(key: Scancode) -> Option<Key> {
    Some(match key {
        Scancode::Up => Key::Up,
        Scancode::Down => Key::Down,
        Scancode::Left => Key::Left,
        Scancode::Right => Key::Right,
        Scancode::PageUp => Key::PageUp,
        Scancode::PageDown => Key::PageDown,
        Scancode::Home => Key::Home,
        Scancode::End => Key::End,
        Scancode::Return | Scancode::KpEnter => Key::Enter,
        Scancode::Tab => Key::Tab,
        Scancode::Escape => Key::Escape,
        Scancode::Backspace => Key::Backspace,
        Scancode::Delete => Key::Delete,
        _ => return None,
    })
}
