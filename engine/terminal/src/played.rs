//! What is shown and played: a world, and who carries out what is wished of it. A bare world has its own ways here; a
//! game that is saved and found again belongs to whoever brings it.

use dormouse::console::Console;
use dormouse::happenings::Happening;
use dormouse::input::{Inputs, What};
use dormouse::{Output, World};

/// What was told in a tick.
#[derive(Debug, Default)]
pub struct Lived {
    /// What actors said, and what went wrong.
    pub lines: Vec<Output>,
    /// What happened.
    pub happenings: Vec<Happening>,
}

/// A game that is shown.
pub trait Played {
    /// Its world, as it is now.
    fn world(&self) -> &World;
    /// Its hash. Cost: the whole heap is read.
    fn hash(&mut self) -> u64;
    /// Lives through a tick, with these inputs of the player and its own.
    fn tick(&mut self, inputs: Vec<What>) -> Lived;
    /// Carries out a line of the console: what is answered, and whether that says what is wrong.
    fn submit(&mut self, line: &str) -> (Vec<String>, bool);
    /// Saves it. What is to be said of that.
    fn save(&mut self) -> String;
    /// Goes back to what was saved last, or on with a game that was `found` again. What is to be said of that; `Ok` where
    /// there is another world now.
    fn load(&mut self, found: bool) -> Result<String, String>;
    /// Goes back by so many ticks, as far as there is a past; where there is none, a sentence says so.
    fn back(&mut self, ticks: u64) -> Result<(), String>;
}

/// Writes a snapshot of a world, and says where, or what is wrong.
pub type Save<'a> = Box<dyn FnMut(&mut World) -> Result<String, Box<dyn std::error::Error>> + 'a>;

/// A world and nothing else, with all inputs that it got.
pub struct Bare<'a> {
    world: World,
    inputs: Inputs,
    pending: Vec<What>,
    played: Vec<(u64, What)>,
    console: Console,
    save: Save<'a>,
}

impl<'a> Bare<'a> {
    /// A world, its inputs by tick besides those of the player, and what saving does.
    pub fn new(mut world: World, inputs: Inputs, save: Save<'a>) -> Bare<'a> {
        world.set_watching(true);
        Bare { world, inputs, pending: Vec::new(), played: Vec::new(), console: Console::default(), save }
    }

    /// All inputs that came in, by the tick in which they did: the same world headless, given these, has the same hashes.
    pub fn inputs(self) -> Vec<(u64, What)> {
        self.played
    }
}

impl Played for Bare<'_> {
    fn world(&self) -> &World {
        &self.world
    }

    fn hash(&mut self) -> u64 {
        self.world.hash()
    }

    fn tick(&mut self, mut fresh: Vec<What>) -> Lived {
        let next = self.world.now() + 1;
        let mut inputs = self.inputs.take(next);
        inputs.append(&mut self.pending);
        inputs.append(&mut fresh);
        self.played.extend(inputs.iter().map(|what| (next, what.clone())));
        self.world.tick(&inputs);
        let lived = Lived { lines: self.world.take_output(), happenings: self.world.take_happenings() };
        self.console.note(lived.happenings.clone());
        lived
    }

    fn submit(&mut self, line: &str) -> (Vec<String>, bool) {
        let answer = self.console.submit(&mut self.world, line);
        self.pending.extend(answer.inputs);
        (answer.lines, answer.failed)
    }

    fn save(&mut self) -> String {
        (self.save)(&mut self.world).unwrap_or_else(|error| error.to_string())
    }

    fn load(&mut self, _: bool) -> Result<String, String> {
        Err("dormouse resume FILE goes on with a snapshot; dormouse play has games that are saved and loaded".into())
    }

    fn back(&mut self, _: u64) -> Result<(), String> {
        Err("nothing of the past is kept here: dormouse play goes back in time".into())
    }
}
