//! Gamepads, plugged in and out at any time: the first is player 1's, the next player 2's.

use sdl2::GameControllerSubsystem;
use sdl2::controller::GameController;
use sdl2::event::Event;

use super::App;

/// The gamepads that are open.
pub(super) struct Pads {
    system: Option<GameControllerSubsystem>,
    open: Vec<GameController>,
}

impl Pads {
    /// Without the system's part for them there are none, and nothing else is wrong.
    pub(super) fn new(sdl: &sdl2::Sdl) -> Pads {
        Pads { system: sdl.game_controller().ok(), open: Vec::new() }
    }

    /// Takes an event that is about a pad coming or going.
    pub(super) fn event(&mut self, event: &Event, app: &mut App<'_>) -> bool {
        match event {
            Event::ControllerDeviceAdded { which, .. } => {
                if let Some(pad) = self.system.as_ref().and_then(|system| system.open(*which).ok()) {
                    let player = app.players.plug(pad.instance_id());
                    app.notice(format!("gamepad of player {player}: {}", pad.name()));
                    self.open.push(pad);
                }
            }
            Event::ControllerDeviceRemoved { which, .. } => {
                self.open.retain(|pad| pad.instance_id() != *which);
                if let Some(player) = app.players.player_of(*which) {
                    app.notice(format!("the gamepad of player {player} is gone"));
                }
                let let_go = app.players.unplug(*which);
                app.inputs(let_go);
            }
            _ => return false,
        }
        true
    }
}
