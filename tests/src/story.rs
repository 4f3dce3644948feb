//! The stories in `tests/stories`: each is a script, perhaps with more scripts, actors, walls, wires and inputs, and what
//! is said and done at which tick stands below it. They are read as an author and a designer write them: what is placed
//! and wired becomes a Tiled map, and goes the way of every map.
//!
//! Comments at a line's beginning are directives:
//!
//! ```text
//! -- What it is about, in a sentence.
//! -- uses: door lamp             scripts of the repository
//! -- file: lamp.luau             what follows is that script; before the first of these it is the story's own
//! -- level: Keep                 the map's class; `-- game: Game`
//! -- actors:                     name, class, perhaps a place, a size and props
//! --   door  Door  40,60  16x32  speed=40 opens_by=(30,0) friend=@lamp name_of="x y"
//! -- walls:                      in tiles: column, row, columns, rows
//! --   0 0 1 12
//! -- wires:                      the level's are those of `level`
//! --   door.OnOpen -> lamp.TurnOn  on=finish delay=30 once arg=0.5
//! -- inputs:                     as `dormouse run --input` reads them
//! --   10 action door.Close
//! -- ticks: 30                   60, when not said
//! -- trace: actions wires        lines of `dormouse run --trace` that are to be seen: also `all`
//! -- expect:
//! --   1 door: Good evening.
//! ```
//!
//! A story without actors has one, `story`, of the class `Story`.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use dormouse::check::Finding;
use dormouse::input::{Inputs, What};
use dormouse::map::Map;
use dormouse::{Config, Output, OutputKind, Scripts, World, WorldError};

use crate::plan::Plan;

/// See the module's comment.
#[derive(Debug, Default)]
pub struct Story {
    /// Its file.
    pub path: PathBuf,
    scripts: Scripts,
    plan: Plan,
    inputs: String,
    ticks: u64,
    trace: Vec<String>,
    /// What is said and done.
    pub expected: Vec<String>,
}

/// All stories, by name.
pub fn stories() -> Vec<Story> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("stories");
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("the folder can be read").path()).collect();
    paths.sort();
    paths.iter().map(|path| Story::read(path)).collect()
}

impl Story {
    fn read(path: &Path) -> Story {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut story = Story { path: path.into(), ticks: 60, ..Story::default() };
        // The script at hand, and the list that is being read. Lines keep their numbers.
        let (mut file, mut source, mut list) = (String::from("story.luau"), String::new(), String::new());
        let begins_with_words = text.starts_with("-- ") && !text.starts_with("-- uses:");
        assert!(begins_with_words, "{}: says nothing of what it is about", path.display());
        for (number, line) in text.lines().enumerate() {
            let directive = line.strip_prefix("-- ").filter(|line| !line.starts_with(' ')).and_then(|line| {
                let (word, rest) = line.split_once(':')?;
                WORDS.contains(&word).then_some((word, rest.trim()))
            });
            if let Some(("file", name)) = directive {
                story.add_script(&file, &source);
                (file, source) = (name.into(), String::new());
                list.clear();
                continue;
            }
            let item = line.strip_prefix("--   ").filter(|_| !list.is_empty());
            source.push('\n');
            if let Some((word, rest)) = directive {
                list = word.into();
                story.say(word, rest);
            } else if let Some(item) = item {
                story.item(&list, item, number + 1);
            } else {
                list.clear();
                source.truncate(source.len() - 1);
                source += line;
                source.push('\n');
            }
        }
        story.add_script(&file, &source);
        if story.plan.is_empty() {
            story.plan.actor("story Story");
        }
        story
    }

    fn add_script(&mut self, file: &str, source: &str) {
        if source.lines().any(|line| !line.is_empty() && !line.starts_with("--")) {
            self.scripts = std::mem::take(&mut self.scripts).with(file, source);
        }
    }

    fn say(&mut self, word: &str, rest: &str) {
        match word {
            "uses" => {
                for name in rest.split_whitespace() {
                    let path = crate::root().join(format!("scripts/{name}.luau"));
                    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
                    self.scripts = std::mem::take(&mut self.scripts).with(format!("{name}.luau"), text);
                }
            }
            "level" => self.plan.level = Some(rest.into()),
            "game" => self.plan.game = Some(rest.into()),
            "ticks" => self.ticks = rest.parse().expect("ticks are a number"),
            "trace" => self.trace = rest.split_whitespace().map(str::to_owned).collect(),
            _ => assert_eq!(rest, "", "{}: {word} is a list", self.path.display()),
        }
    }

    fn item(&mut self, list: &str, item: &str, line: usize) {
        match list {
            "actors" => self.plan.actor(item),
            "walls" => self.plan.wall(item),
            "wires" => self.plan.wire(item),
            "inputs" => {
                let _ = writeln!(self.inputs, "{item}");
            }
            "expect" => self.expected.push(item.into()),
            _ => panic!("{}:{line}: `{list}` is no list", self.path.display()),
        }
    }

    /// Its name.
    pub fn name(&self) -> String {
        self.path.file_stem().expect("it has a name").to_string_lossy().into_owned()
    }

    /// How many ticks it takes.
    pub fn ticks(&self) -> u64 {
        self.ticks
    }

    /// Its scripts.
    pub fn scripts(&self) -> &Scripts {
        &self.scripts
    }

    /// Its map.
    pub fn map(&self) -> Map {
        self.plan.map()
    }

    /// Its world, before the first tick.
    pub fn world(&self) -> Result<World, WorldError> {
        let mut world = World::with_map(&Config::default(), &self.scripts, &self.plan.map())?;
        world.set_tracing(true);
        Ok(world)
    }

    /// The inputs of each of its ticks.
    pub fn inputs(&self) -> Vec<Vec<What>> {
        let mut inputs = Inputs::parse(&self.inputs, &self.path).unwrap_or_else(|error| panic!("{error}"));
        (1..=self.ticks).map(|tick| inputs.take(tick)).collect()
    }

    /// What of a world's output is to be compared, in lines as `dormouse run` prints them.
    pub fn told(&self, output: &[Output]) -> Vec<String> {
        output.iter().filter(|line| self.shows(line)).flat_map(written).collect()
    }

    /// What a world that can't be made says.
    pub fn refused(error: &WorldError) -> Vec<String> {
        let told = |finding: &Finding| format!("refused {}", finding.to_string().replace("\n  help: ", ". "));
        match error {
            WorldError::Map(findings) => findings.iter().map(told).collect(),
            other => other.to_string().lines().map(|line| format!("refused {line}")).collect(),
        }
    }

    fn shows(&self, line: &Output) -> bool {
        let text = &line.text;
        line.kind != OutputKind::Trace
            || self.trace.iter().any(|what| match &**what {
                "all" => true,
                "actions" => [" begins", " finishes", " fails"].iter().any(|end| text.ends_with(end)),
                "wires" => text.starts_with("wire "),
                "events" => text.starts_with("event ") || text.starts_with("handles "),
                "bodies" => ["collides with", "is entered by", "is left by"].iter().any(|word| text.starts_with(word)),
                other => panic!("{}: nothing to trace is called `{other}`", self.path.display()),
            })
    }

    /// Writes other expectations into its file.
    pub fn rewrite(&self, told: &[String]) {
        let text = std::fs::read_to_string(&self.path).expect("it was there");
        let (before, _) = text.split_once("\n-- expect:").unwrap_or((&text, ""));
        let mut text = format!("{}\n\n-- expect:\n", before.trim_end());
        for line in told {
            let _ = writeln!(text, "--   {line}");
        }
        std::fs::write(&self.path, text).expect("it can be written");
    }
}

const WORDS: [&str; 11] =
    ["uses", "file", "level", "game", "actors", "walls", "wires", "inputs", "ticks", "trace", "expect"];

fn written(line: &Output) -> Vec<String> {
    let mark = match line.kind {
        OutputKind::Say => ": ",
        OutputKind::Log => " | ",
        OutputKind::Error => " ERROR ",
        OutputKind::Trace => " . ",
    };
    let who = if line.actor.is_empty() { "world" } else { &line.actor };
    let mut lines = line.text.trim_end().lines();
    let first = format!("{} {who}{mark}{}", line.tick, lines.next().unwrap_or_default());
    std::iter::once(first.trim_end().to_owned()).chain(lines.map(|line| format!("    {line}"))).collect()
}
