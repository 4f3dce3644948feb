//! The past of a world: images of it, closer together the younger they are and within a bound of memory, and all inputs
//! since its beginning. Any tick since the oldest image can be gone back to, and gone on from. Nothing here reads a
//! clock or knows of a screen.

use std::collections::VecDeque;

use dormouse::input::What;
use dormouse::{World, WorldImage};

/// See the module's comment.
pub struct Past {
    /// Images by their ticks, oldest first. The first is never given up before it must be.
    images: VecDeque<(u64, WorldImage)>,
    /// Memory of images that are no longer needed.
    spare: Vec<WorldImage>,
    bytes: usize,
    limit: usize,
    /// All inputs that the world had, by tick.
    inputs: Vec<(u64, What)>,
    /// The last tick that the world has lived through, though it may have been rewound since.
    last: u64,
}

/// Ticks between two images, for a small world and for one of a gigabyte.
const EVERY: (u64, u64) = (10, 240);
/// Bytes of heap for each further tick between images: copying them is to cost little of each tick.
const HEAP_PER_TICK: usize = 1 << 20;

impl Past {
    /// No past yet. Images take at most `limit` bytes, or what two of them take.
    pub fn new(limit: usize) -> Past {
        Past { images: VecDeque::new(), spare: Vec::new(), bytes: 0, limit, inputs: Vec::new(), last: 0 }
    }

    /// The ticks that can be gone back to: from the oldest image to the last tick lived through.
    pub fn range(&self) -> (u64, u64) {
        (self.images.front().map_or(self.last, |(tick, _)| *tick), self.last)
    }

    /// Bytes that the images take.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many images there are.
    pub fn len(&self) -> usize {
        self.images.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }

    /// All inputs so far.
    pub fn inputs(&self) -> &[(u64, What)] {
        &self.inputs
    }

    /// The world begins here: it was made, or loaded with the inputs that led to it. Nothing before it can be gone back
    /// to.
    pub fn begin(&mut self, world: &World, inputs: Vec<(u64, What)>) {
        self.inputs = inputs;
        while let Some((_, image)) = self.images.pop_back() {
            self.give_back(image);
        }
        self.last = world.now();
        self.keep(world);
    }

    /// A tick began with these inputs.
    pub fn note(&mut self, tick: u64, inputs: &[What]) {
        self.inputs.extend(inputs.iter().map(|what| (tick, what.clone())));
    }

    /// The world lived through a tick, with these inputs besides those that were noted.
    pub fn lived(&mut self, world: &World, inputs: &[What]) {
        self.last = world.now();
        self.note(self.last, inputs);
        let every = (EVERY.0 + (world.heap() / HEAP_PER_TICK) as u64).min(EVERY.1);
        if self.images.back().is_none_or(|(tick, _)| *tick + every <= self.last) {
            self.keep(world);
        }
    }

    fn keep(&mut self, world: &World) {
        let mut image = self.spare.pop().unwrap_or_default();
        world.image_into(&mut image);
        self.bytes += image.size();
        self.images.push_back((world.now(), image));
        while self.bytes > self.limit && self.images.len() > 2 {
            let at = self.least_missed();
            if let Some((_, image)) = self.images.remove(at) {
                self.give_back(image);
            }
        }
    }

    fn give_back(&mut self, image: WorldImage) {
        self.bytes -= image.size();
        if self.spare.is_empty() {
            self.spare.push(image);
        }
    }

    /// The image without which the gap is smallest, measured against how long ago it is: so ten seconds ago is a step of
    /// a sixth of a second, ten minutes ago one of ten seconds. Where the last minute alone is too much, the oldest.
    fn least_missed(&self) -> usize {
        let age = |at: usize| (self.last - self.images[at].0) as f64 + 60.0;
        let gap = |at: usize| (self.images[at + 1].0 - self.images[at - 1].0) as f64 / age(at);
        let inner = (1..self.images.len() - 1).min_by(|one, other| gap(*one).total_cmp(&gap(*other)));
        inner.filter(|at| gap(*at) < 0.7).unwrap_or(0)
    }

    /// Makes the world what it was after a tick, or as near as can be. What comes after it stays known until
    /// [`Past::cut`]. Gives the tick.
    ///
    /// Cost: an image is copied back, and the ticks since it are lived through again.
    pub fn go_to(&self, world: &mut World, tick: u64) -> Result<u64, String> {
        let (first, last) = self.range();
        let tick = tick.clamp(first, last);
        let ahead = world.is_between_ticks() && world.now() <= tick;
        let at = self.images.partition_point(|(at, _)| *at <= tick).saturating_sub(1);
        let (from, image) = self.images.get(at).ok_or("there is no past to go back to")?;
        // From where it is, when that is nearer.
        if !ahead || world.now() < *from {
            world.rewind(image).map_err(|error| error.to_string())?;
        }
        let mut next = self.inputs.partition_point(|(at, _)| *at <= world.now());
        while world.now() < tick {
            let now = world.now() + 1;
            let count = self.inputs[next..].iter().take_while(|(at, _)| *at == now).count();
            let due: Vec<What> = self.inputs[next..next + count].iter().map(|(_, what)| what.clone()).collect();
            next += count;
            world.tick(&due);
        }
        Ok(tick)
    }

    /// The world goes on from a tick: what came after it never happened.
    pub fn cut(&mut self, tick: u64) {
        self.inputs.truncate(self.inputs.partition_point(|(at, _)| *at <= tick));
        while self.images.back().is_some_and(|(at, _)| *at > tick) {
            if let Some((_, image)) = self.images.pop_back() {
                self.give_back(image);
            }
        }
        self.last = self.last.min(tick);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dormouse::{Config, Scripts};

    fn world() -> World {
        let scripts = Scripts::new().with(
            "walker.luau",
            "local Walker = actor 'Walker' {}
            function Walker:run() while true do wait(random(1, 5)) self.at = (self.at or 0) + random(9) end end
            function Walker:handleEvent(event) self.at = (self.at or 0) + event.by end
            return Walker",
        );
        let mut world = World::new(&Config { seed: 7, ..Config::default() }, &scripts).unwrap();
        world.spawn("Walker", &[("name".into(), "walker".into())].into()).unwrap();
        world
    }

    fn push(tick: u64) -> Vec<What> {
        let fields = [("by".to_owned(), (tick as f64).into())].into();
        if tick.is_multiple_of(7) {
            vec![What::Event { actor: "walker".into(), name: "Push".into(), fields }]
        } else {
            Vec::new()
        }
    }

    #[test]
    fn every_tick_can_be_gone_back_to_and_on_from() {
        let (mut world, mut past) = (world(), Past::new(1 << 30));
        past.begin(&world, Vec::new());
        let mut hashes = vec![world.hash()];
        for tick in 1..=300 {
            world.tick(&push(tick));
            past.lived(&world, &push(tick));
            hashes.push(world.hash());
        }
        for tick in [299, 0, 150, 151, 9, 10, 11, 300, 77] {
            assert_eq!(past.go_to(&mut world, tick), Ok(tick));
            assert_eq!(world.hash(), hashes[tick as usize], "tick {tick}");
        }
        past.cut(77);
        assert_eq!(past.range(), (0, 77));
        for tick in 78..=120 {
            world.tick(&push(tick));
            past.lived(&world, &push(tick));
        }
        assert_eq!(world.hash(), hashes[120]);
        assert_eq!(past.inputs().len(), 120 / 7);
    }

    #[test]
    fn the_past_stays_within_its_memory_and_thins_out() {
        let mut world = world();
        let mut past = Past::new(12 * world.image().size());
        past.begin(&world, Vec::new());
        for _ in 0..3000 {
            world.tick(&[]);
            past.lived(&world, &[]);
            assert!(past.bytes() <= past.limit);
        }
        let (first, last) = past.range();
        assert_eq!(last, 3000);
        assert!(first == 0, "the beginning is kept as long as it can be, and was given up at {first}");
        let hash = world.hash();
        past.go_to(&mut world, 1234).unwrap();
        past.go_to(&mut world, 3000).unwrap();
        assert_eq!(world.hash(), hash);
    }
}
