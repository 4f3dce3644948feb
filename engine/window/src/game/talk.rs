//! What a game is told and what it tells, as plain data: how it is set up, commands in, frames out.

use std::path::PathBuf;
use std::sync::Arc;

use dormouse::Scripts;
use dormouse::console::Completion;
use dormouse::input::{Inputs, What};
use dormouse::map::Map;

use crate::overlay::{Overlay, Wants};
use crate::saved::Seen;
use crate::saves::SlotInfo;
use crate::scene::Scene;

/// How a game is set up.
#[derive(Clone)]
pub struct Setup {
    /// The map.
    pub map: Map,
    /// The scripts.
    pub scripts: Scripts,
    /// The world's seed.
    pub seed: u64,
    /// Inputs besides those of the players.
    pub inputs: Inputs,
    /// Where all inputs are written.
    pub record: Option<PathBuf>,
    /// The folder for saved games.
    pub saves: PathBuf,
    /// A saved game to begin with.
    pub load: Option<PathBuf>,
    /// Bytes for images of the past.
    pub memory: usize,
    /// The names of sounds, of which the screen wants to hear.
    pub sounds: Vec<String>,
    /// Print what comes in, and what is told, a line each on the standard output.
    pub tell: bool,
}

/// Something that the player, or who takes the world apart, wants.
#[derive(Clone, Debug)]
pub enum Command {
    /// An input for the next tick.
    Input(What),
    /// Time stands still, or goes on.
    Pause(bool),
    /// Time goes on where it stands still, and stands still where it goes.
    PauseOrGoOn,
    /// One tick passes; time stands still afterwards.
    Tick,
    /// One step within a tick: a wire, a tasklet, the movement.
    Step,
    /// Back so many ticks, and time stands still.
    Back(u64),
    /// To a tick of the past, and time stands still.
    GoTo(u64),
    /// So many steps faster, or slower: from an eighth to 32 times as fast as outside. Each is counted, however many come
    /// between two pictures.
    Faster(isize),
    /// Saves in a slot, with what the player sees.
    Save(usize, Arc<Seen>),
    /// Loads from a slot.
    Load(usize),
    /// What is in the slots, please.
    Slots,
    /// What is in view, and what is to be known.
    Look(Box<Wants>),
    /// A line for the console.
    Say(String),
    /// How the line goes on at that byte.
    Complete(String, usize),
}

/// What is to be seen, as plain data.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// The world.
    pub scene: Scene,
    /// What of it is in view, as was asked: left, top, right, bottom, in pixels of the map.
    pub view: [f32; 4],
    /// Time stands still.
    pub paused: bool,
    /// How fast time goes.
    pub speed: f64,
    /// What was told since the frame before: saved, loaded, what went wrong.
    pub notices: Vec<String>,
    /// What a tick took, in microseconds, for those since the frame before.
    pub tick_times: Vec<f32>,
    /// The oldest tick that can be gone back to, and the youngest.
    pub past: (u64, u64),
    /// Bytes that images of the past take.
    pub past_bytes: usize,
    /// What was asked for.
    pub overlay: Overlay,
    /// What was answered on the console since the frame before: lines, and whether they say what is wrong.
    pub answers: Vec<(Vec<String>, bool)>,
    /// How the console's line goes on.
    pub completion: Option<Completion>,
    /// What is in the slots, when that was asked.
    pub slots: Option<Vec<SlotInfo>>,
    /// A game was loaded: where the view is to be; none for where the player is.
    pub look_at: Option<Option<[f32; 2]>>,
    /// Actions that began in view, with their classes and places: what there is to hear.
    pub heard: Vec<Heard>,
}

/// Something to be heard.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// The class.
    pub class: String,
    /// The action that began.
    pub action: String,
    /// Where, in pixels of the map.
    pub at: [f32; 2],
}
