//! What the tests share: worlds made of a few lines of script, and what they said; the repository's own maps and
//! scripts; seeded numbers.

pub mod corpus;
pub mod enemy;
pub mod generator;
pub mod machine;
pub mod plan;
pub mod sexton;
pub mod souls;
pub mod story;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dormouse::map::Map;
use dormouse::{Config, Datum, Output, OutputKind, Scripts, World};

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository is there")
}

/// The repository's maps, by name.
pub fn maps() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(root().join("maps")).expect("the repository has maps");
    let mut maps: Vec<PathBuf> = folder.map(|entry| entry.expect("the folder can be read").path()).collect();
    maps.retain(|path| path.extension().is_some_and(|ending| ending == "tmx"));
    maps.sort();
    assert!(!maps.is_empty());
    maps
}

/// The repository's scripts.
pub fn scripts() -> Scripts {
    Scripts::read(&root().join("scripts")).unwrap_or_else(|error| panic!("{error}"))
}

/// A world of a map of the repository.
pub fn world_of(map: &Path, seed: u64) -> World {
    let map = Map::load(map).unwrap_or_else(|error| panic!("{error}"));
    let config = Config { seed, ..Config::default() };
    World::with_map(&config, &scripts(), &map).unwrap_or_else(|error| panic!("{error}"))
}

/// A number from the environment: how much of a long test is to be run.
pub fn amount(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).ok().map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

/// Seeded numbers (xorshift64*), so that whatever fails can be run again.
pub struct Random(u64);

impl Random {
    /// Numbers that depend on the seed alone.
    pub fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d)
    }

    /// A whole number below the limit.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) % limit
    }

    /// One of these.
    pub fn pick<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len() as u64) as usize]
    }
}

/// A world with one actor of class `Subject`, whose methods are the given source, and perhaps more scripts.
pub struct Stage {
    /// The world.
    pub world: World,
    /// All that it put out.
    pub output: Vec<Output>,
}

/// The text of a script that defines a class with these methods.
pub fn class(name: &str, options: &str, methods: &str) -> String {
    format!("local {name} = actor \"{name}\" {{ {options} }}\n{methods}\nreturn {name}\n")
}

impl Stage {
    /// A world of these scripts: pairs of path and source.
    pub fn new(scripts: &[(&str, &str)]) -> Stage {
        Stage::with(&Config::default(), scripts)
    }

    /// As [`Stage::new`], with its own configuration.
    pub fn with(config: &Config, scripts: &[(&str, &str)]) -> Stage {
        let scripts = scripts.iter().fold(Scripts::new(), |all, (path, source)| all.with(*path, *source));
        let world = World::new(config, &scripts).unwrap_or_else(|error| panic!("{error}"));
        Stage { world, output: Vec::new() }
    }

    /// A world with one class, `Subject`, and one actor of it that runs this.
    pub fn run(body: &str) -> Stage {
        let source = class("Subject", "", &format!("function Subject:run()\n{body}\nend"));
        let mut stage = Stage::new(&[("subject.luau", &source)]);
        stage.spawn("Subject", &[("name", "subject".into())]);
        stage
    }

    /// Spawns an actor.
    pub fn spawn(&mut self, class: &str, props: &[(&str, Datum)]) -> dormouse::ActorId {
        let props: BTreeMap<_, _> = props.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        self.world.spawn(class, &props).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Lets ticks pass.
    pub fn ticks(&mut self, count: u64) -> &mut Self {
        for _ in 0..count {
            self.world.tick(&[]);
            self.output.extend(self.world.take_output());
        }
        self
    }

    /// What was said and logged: `tick text`.
    pub fn said(&self) -> Vec<String> {
        let said = self.output.iter().filter(|line| matches!(line.kind, OutputKind::Say | OutputKind::Log));
        said.map(|line| format!("{} {}", line.tick, line.text)).collect()
    }

    /// The texts of errors.
    pub fn errors(&self) -> Vec<String> {
        self.output.iter().filter(|line| line.kind == OutputKind::Error).map(|line| line.text.clone()).collect()
    }
}

/// What a body of `run` says within so many ticks, without any error.
pub fn says(ticks: u64, body: &str) -> Vec<String> {
    let mut stage = Stage::run(body);
    stage.ticks(ticks);
    assert_eq!(stage.errors(), Vec::<String>::new(), "no error was expected");
    stage.said()
}

/// The first line of the first error that a body of `run` ends with.
pub fn fails(body: &str) -> String {
    let mut stage = Stage::run(body);
    stage.ticks(200);
    let errors = stage.errors();
    errors.first().and_then(|error| error.lines().next()).unwrap_or("no error").to_owned()
}
