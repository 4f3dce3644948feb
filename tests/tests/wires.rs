//! Wires against a model of them: random maps of a few actors, wired at random, with delays, moments, groups that exclude
//! one another, joins, patterns, classes, activators and cycles. The model says what happens in which tick and in which
//! order, by the rules alone; the world must say the same, line by line.
//!
//! `DORMOUSE_WIRES=100000` tries so many maps, `DORMOUSE_WIRES_SEED` begins elsewhere; without them a few hundred are tried.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

use dormouse::input::What;
use dormouse::map::Map;
use dormouse::{Config, Datum, Limits, OutputKind, Scripts, World};
use dormouse_tests::{Random, amount};

const TICKS: u64 = 60;
/// Causes in a row that a tick may have.
const HOPS: u32 = 9;
/// More work than that in one tick is not a map that anybody draws: it is left out.
const MANY: usize = 1_000;

const LAMP: &str = r#"
local Lamp = actor "Lamp" { groups = { state = { "B", "D" } } }
local function begins(action, arg)
    local by, from = activator(), caller()
    log(`{action}+ {arg} {by and by:name()} {from and from:name()}`)
    defer(log, action .. "-")
end
function Lamp:Action_A(arg) begins("A", arg) end
function Lamp:Action_B(arg) begins("B", arg) wait(3) end
function Lamp:Action_C(arg) begins("C", arg) wait(2) error "no" end
function Lamp:Action_D(arg) begins("D", arg) wait(1) end
return Lamp
"#;

const GONG: &str = r#"
local Gong = actor "Gong" {}
local function begins(action, arg)
    local by, from = activator(), caller()
    log(`{action}+ {arg} {by and by:name()} {from and from:name()}`)
    defer(log, action .. "-")
end
function Gong:Action_A(arg) begins("A", arg) end
function Gong:Action_C(arg) begins("C", arg) wait(2) error "no" end
function Gong:Action_E(arg) begins("E", arg) self:Action_A(arg) wait(1) end
return Gong
"#;

// ---- maps ------------------------------------------------------------------------------------------------------

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    Begin,
    Finish,
    Fail,
}

#[derive(Clone, Debug)]
enum Target {
    Actor(usize),
    Named(char),
    Class(bool),
    Activator,
    Caller,
}

#[derive(Clone, Debug)]
struct Wire {
    action: char,
    moment: Moment,
    target: Target,
    call: char,
    delay: u64,
    once: bool,
    arg: Option<u64>,
}

#[derive(Clone, Debug)]
struct Actor {
    name: String,
    lamp: bool,
    /// In the order of their properties' names.
    wires: Vec<Wire>,
}

fn actions(lamp: bool) -> &'static [char] {
    if lamp { &['A', 'B', 'C', 'D'] } else { &['A', 'C', 'E'] }
}

fn actors(random: &mut Random) -> Vec<Actor> {
    let count = 2 + random.below(6) as usize;
    let mut actors: Vec<Actor> = (0..count)
        .map(|number| {
            let lamp = random.below(3) > 0;
            Actor { name: format!("{}_{number}", random.pick(&['x', 'y'])), lamp, wires: Vec::new() }
        })
        .collect();
    for at in 0..count {
        for _ in 0..random.below(4) {
            let target = match random.below(8) {
                0 => Target::Named(random.pick(&actors).name.chars().next().unwrap_or('x')),
                1 => Target::Class(random.below(2) == 0),
                2 => Target::Activator,
                3 => Target::Caller,
                _ => Target::Actor(random.below(count as u64) as usize),
            };
            // A target that is known has the action; one of many may lack it.
            let call = match target {
                Target::Actor(who) => *random.pick(actions(actors[who].lamp)),
                Target::Class(lamp) => *random.pick(actions(lamp)),
                // One at least of those who are meant has it.
                Target::Named(letter) => {
                    let named: Vec<_> = actors.iter().filter(|actor| actor.name.starts_with(letter)).collect();
                    let lamp = random.pick(&named).lamp;
                    *random.pick(actions(lamp))
                }
                _ => *random.pick(&['A', 'B', 'C', 'D', 'E']),
            };
            let wire = Wire {
                action: *random.pick(actions(actors[at].lamp)),
                moment: *random.pick(&[Moment::Begin, Moment::Begin, Moment::Finish, Moment::Fail]),
                target,
                call,
                delay: if random.below(2) == 0 { 0 } else { random.below(5) },
                once: random.below(5) == 0,
                arg: (random.below(3) == 0).then(|| random.below(9)),
            };
            actors[at].wires.push(wire);
        }
        actors[at].wires.sort_by_key(|wire| wire.action);
    }
    actors
}

fn tmx(actors: &[Actor]) -> String {
    let mut text = String::from(
        "<map version=\"1.10\" orientation=\"orthogonal\" width=\"1\" height=\"1\" tilewidth=\"16\" tileheight=\"16\" infinite=\"0\">\n <objectgroup id=\"1\" name=\"o\">\n",
    );
    for (number, actor) in actors.iter().enumerate() {
        let class = if actor.lamp { "Lamp" } else { "Gong" };
        text += &format!(
            "  <object id=\"{}\" name=\"{}\" type=\"{class}\" x=\"0\" y=\"0\"><point/><properties>\n",
            number + 1,
            actor.name
        );
        let mut seen = BTreeMap::<char, u32>::new();
        for wire in &actor.wires {
            let nth = seen.entry(wire.action).or_default();
            *nth += 1;
            let suffix = if *nth == 1 { String::new() } else { format!(".{nth}") };
            let mut members = format!("<property name=\"call\" value=\"{}\"/>", wire.call);
            members += &match &wire.target {
                Target::Actor(who) => format!("<property name=\"target\" type=\"object\" value=\"{}\"/>", who + 1),
                Target::Named(letter) => format!("<property name=\"to\" value=\"{letter}_*\"/>"),
                Target::Class(true) => "<property name=\"to\" value=\"class:Lamp\"/>".into(),
                Target::Class(false) => "<property name=\"to\" value=\"class:Gong\"/>".into(),
                Target::Activator => "<property name=\"to\" value=\"!activator\"/>".into(),
                Target::Caller => "<property name=\"to\" value=\"!caller\"/>".into(),
            };
            match wire.moment {
                Moment::Begin => {}
                Moment::Finish => members += "<property name=\"on\" value=\"finish\"/>",
                Moment::Fail => members += "<property name=\"on\" value=\"fail\"/>",
            }
            if wire.delay > 0 {
                members += &format!("<property name=\"delay\" type=\"int\" value=\"{}\"/>", wire.delay);
            }
            if wire.once {
                members += "<property name=\"once\" type=\"bool\" value=\"true\"/>";
            }
            if let Some(arg) = wire.arg {
                members += &format!("<property name=\"arg\" value=\"{arg}\"/>");
            }
            text += &format!(
                "   <property name=\"On{}{suffix}\" type=\"class\" propertytype=\"Wire\"><properties>{members}</properties></property>\n",
                wire.action
            );
        }
        text += "  </properties></object>\n";
    }
    text + " </objectgroup>\n</map>\n"
}

// ---- the model -------------------------------------------------------------------------------------------------

#[derive(Clone, Debug)]
struct Post {
    source: usize,
    wire: usize,
    activator: usize,
    caller: Option<usize>,
    hops: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Go {
    Start,
    On,
    Cancel,
}

/// A tasklet that takes an action.
#[derive(Clone, Debug)]
struct Task {
    actor: usize,
    action: char,
    arg: Option<u64>,
    activator: Option<usize>,
    caller: Option<usize>,
    /// A wire asked for it: the cause that it begins with is that of its action already.
    asked: bool,
    go: Go,
    queued: bool,
    /// When it goes on by itself.
    due: Option<u64>,
}

impl Task {
    /// One that is to start, and that nobody asked for.
    fn of(actor: usize, action: char) -> Task {
        Task {
            actor,
            action,
            arg: None,
            activator: None,
            caller: None,
            asked: false,
            go: Go::Start,
            queued: true,
            due: None,
        }
    }
}

struct Model<'a> {
    actors: &'a [Actor],
    tick: u64,
    tasks: Vec<Task>,
    queue: VecDeque<(usize, u32)>,
    posts: VecDeque<Post>,
    delayed: BTreeMap<(u64, usize), Post>,
    posted: usize,
    spent: Vec<Vec<bool>>,
    /// The tasklet of each action that an actor is taking.
    taking: BTreeMap<(usize, char), usize>,
    said: Vec<String>,
    cut: usize,
}

impl Model<'_> {
    fn new(actors: &[Actor]) -> Model<'_> {
        Model {
            actors,
            tick: 0,
            tasks: Vec::new(),
            queue: VecDeque::new(),
            posts: VecDeque::new(),
            delayed: BTreeMap::new(),
            posted: 0,
            spent: actors.iter().map(|actor| vec![false; actor.wires.len()]).collect(),
            taking: BTreeMap::new(),
            said: Vec::new(),
            cut: 0,
        }
    }

    /// False when there was too much to do.
    fn tick(&mut self, inputs: &[(usize, char)]) -> bool {
        self.tick += 1;
        for (actor, action) in inputs {
            self.perform(Task::of(*actor, *action), 0);
        }
        while let Some(entry) = self.delayed.first_entry().filter(|entry| entry.key().0 <= self.tick) {
            self.posts.push_back(entry.remove());
        }
        for number in 0..self.tasks.len() {
            if self.tasks[number].due == Some(self.tick) {
                self.ready(number, Go::On, 0);
            }
        }
        let mut done = 0;
        while !(self.posts.is_empty() && self.queue.is_empty()) && done < MANY {
            while let Some(post) = self.posts.pop_front() {
                done += 1;
                self.carry(post);
            }
            for _ in 0..self.queue.len() {
                done += 1;
                let Some((task, hops)) = self.queue.pop_front() else { break };
                self.run(task, hops);
            }
        }
        done < MANY
    }

    fn perform(&mut self, task: Task, hops: u32) {
        self.tasks.push(task);
        self.queue.push_back((self.tasks.len() - 1, hops));
    }

    fn ready(&mut self, number: usize, go: Go, hops: u32) {
        let task = &mut self.tasks[number];
        (task.go, task.due) = (go, None);
        if !std::mem::replace(&mut task.queued, true) {
            self.queue.push_back((number, hops));
        }
    }

    fn carry(&mut self, post: Post) {
        let wire = self.actors[post.source].wires[post.wire].clone();
        let all = 0..self.actors.len();
        let targets: Vec<usize> = match wire.target {
            Target::Actor(who) => vec![who],
            Target::Activator => vec![post.activator],
            Target::Caller => post.caller.into_iter().collect(),
            Target::Named(letter) => all.filter(|at| self.actors[*at].name.starts_with(letter)).collect(),
            Target::Class(lamp) => all.filter(|at| self.actors[*at].lamp == lamp).collect(),
        };
        for target in targets {
            if !actions(self.actors[target].lamp).contains(&wire.call) {
                continue;
            }
            if post.hops + 1 > HOPS {
                self.cut += 1;
                return;
            }
            if self.taking.get(&(target, wire.call)).is_some_and(|task| self.tasks[*task].go != Go::Cancel) {
                continue;
            }
            let (activator, caller) = (Some(post.activator), Some(post.source));
            let task = Task { arg: wire.arg, activator, caller, asked: true, ..Task::of(target, wire.call) };
            self.perform(task, post.hops + 1);
        }
    }

    /// A moment of an action: its wires are posted.
    fn happens(&mut self, number: usize, action: char, moment: Moment, hops: u32) {
        let Task { actor, activator, caller, .. } = self.tasks[number];
        for (at, wire) in self.actors[actor].wires.iter().enumerate() {
            if wire.action != action || wire.moment != moment || self.spent[actor][at] {
                continue;
            }
            self.spent[actor][at] = wire.once;
            let post = Post { source: actor, wire: at, activator: activator.unwrap_or(actor), caller, hops };
            if wire.delay == 0 {
                self.posts.push_back(post);
            } else {
                self.delayed.insert((self.tick + wire.delay, self.posted), Post { hops: 0, ..post });
                self.posted += 1;
            }
        }
    }

    fn say(&mut self, number: usize, text: String) {
        self.said.push(format!("{} {} {text}", self.tick, self.actors[self.tasks[number].actor].name));
    }

    fn begin(&mut self, number: usize, action: char, hops: u32) {
        let task = self.tasks[number].clone();
        self.taking.insert((task.actor, action), number);
        self.happens(number, action, Moment::Begin, hops);
        let name = |who: Option<usize>| who.map_or("nil", |who| self.actors[who].name.as_str());
        let arg = task.arg.map_or_else(|| "nil".to_owned(), |arg| arg.to_string());
        let text = format!("{action}+ {arg} {} {}", name(task.activator), name(task.caller));
        self.say(number, text);
    }

    fn end(&mut self, number: usize, action: char, moment: Moment, hops: u32) {
        let actor = self.tasks[number].actor;
        self.taking.remove(&(actor, action));
        self.happens(number, action, moment, hops);
        self.say(number, format!("{action}-"));
    }

    fn run(&mut self, number: usize, hops: u32) {
        self.tasks[number].queued = false;
        let Task { actor, action, asked, go, .. } = self.tasks[number];
        match go {
            Go::Cancel => self.end(number, action, Moment::Fail, hops),
            Go::On => self.end(number, action, if action == 'C' { Moment::Fail } else { Moment::Finish }, hops),
            Go::Start => {
                let own = self.taking.get(&(actor, action)).copied();
                if own.is_some_and(|task| self.tasks[task].go != Go::Cancel) {
                    // It joins the one in flight, and ends with it.
                    return;
                }
                let rival = match action {
                    'B' => self.taking.get(&(actor, 'D')),
                    'D' => self.taking.get(&(actor, 'B')),
                    _ => None,
                };
                let rival = rival.copied();
                if let Some(task) = rival {
                    self.ready(task, Go::Cancel, hops);
                }
                if own.is_some() || rival.is_some() {
                    return self.ready(number, Go::Start, hops);
                }
                let Some(hops) = self.because(asked, hops) else { return };
                self.begin(number, action, hops);
                if action == 'A' {
                    return self.end(number, 'A', Moment::Finish, hops);
                }
                if action == 'E' {
                    let Some(hops) = self.because(false, hops) else {
                        return self.end(number, 'E', Moment::Fail, hops);
                    };
                    self.begin(number, 'A', hops);
                    self.end(number, 'A', Moment::Finish, hops);
                }
                let wait = match action {
                    'B' => 3,
                    'C' => 2,
                    _ => 1,
                };
                let task = &mut self.tasks[number];
                (task.go, task.due) = (Go::On, Some(self.tick + wait));
            }
        }
    }

    /// How long the chain of causes is with the action; none, if that is too long.
    fn because(&mut self, asked: bool, hops: u32) -> Option<u32> {
        let hops = if asked { hops } else { hops + 1 };
        if hops > HOPS {
            self.cut += 1;
            return None;
        }
        Some(hops)
    }
}

// ---- both ------------------------------------------------------------------------------------------------------

/// What an hour's play of a map asks for: who is to do what, by tick.
fn inputs(actors: &[Actor], random: &mut Random) -> Vec<Vec<(usize, char)>> {
    (0..TICKS)
        .map(|tick| {
            let many = if tick < 40 && random.below(3) == 0 { 1 + random.below(3) } else { 0 };
            (0..many)
                .map(|_| {
                    let who = random.below(actors.len() as u64) as usize;
                    (who, *random.pick(actions(actors[who].lamp)))
                })
                .collect()
        })
        .collect()
}

#[test]
fn wires_do_what_their_rules_say() {
    let (count, first) = (amount("DORMOUSE_WIRES", 300), amount("DORMOUSE_WIRES_SEED", 1));
    let scripts = Scripts::new().with("lamp.luau", LAMP).with("gong.luau", GONG);
    let config = Config { limits: Limits { hops: HOPS, ..Limits::default() }, ..Config::default() };
    let (mut lines, mut cut, mut busy, mut circles) = (0, 0, 0, 0);
    for seed in first..first + count {
        let mut random = Random::new(seed);
        let actors = actors(&mut random);
        let inputs = inputs(&actors, &mut random);
        let mut model = Model::new(&actors);
        // What grows from tick to tick would never come to an end.
        if !inputs.iter().all(|inputs| model.tick(inputs)) {
            busy += 1;
            continue;
        }
        let text = tmx(&actors);
        let map = Map::load_with(Path::new("wires.tmx"), &|_| Ok(text.clone().into_bytes()))
            .unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
        let mut world = match World::with_map(&config, &scripts, &map) {
            Ok(world) => world,
            // A circle that can be seen in the map is refused; others are cut when they happen.
            Err(error)
                if error.to_string().lines().all(|line| line.contains("error[cycle]") || line.starts_with(' ')) =>
            {
                circles += 1;
                continue;
            }
            Err(error) => panic!("seed {seed}: {error}\n{text}"),
        };
        for inputs in &inputs {
            let inputs: Vec<What> = inputs
                .iter()
                .map(|(who, action)| What::Action {
                    actor: actors[*who].name.clone(),
                    action: action.to_string(),
                    arg: Datum::Nil,
                })
                .collect();
            world.tick(&inputs);
        }
        let output = world.take_output();
        let said: Vec<String> = output
            .iter()
            .filter(|line| line.kind == OutputKind::Log)
            .map(|line| format!("{} {} {}", line.tick, line.actor, line.text))
            .collect();
        let differs = said.iter().zip(&model.said).position(|(one, other)| one != other);
        let differs = differs.or((said.len() != model.said.len()).then(|| said.len().min(model.said.len())));
        if let Some(at) = differs {
            let around = |lines: &[String]| lines[at.saturating_sub(6)..(at + 3).min(lines.len())].join("\n  ");
            panic!(
                "seed {seed}, line {at}: it is\n  {}\nand should be\n  {}\n{text}",
                around(&said),
                around(&model.said)
            );
        }
        let chains = output.iter().filter(|line| line.text.contains("causes in one tick was cut")).count();
        assert_eq!(chains, model.cut, "seed {seed}: chains of causes that are too long\n{text}");
        lines += said.len();
        cut += model.cut;
    }
    println!(
        "{count} maps from seed {first}: {lines} lines alike, {cut} chains cut, {circles} circles refused, {busy} left out"
    );
    assert!((busy + circles) * 2 < count && lines as u64 > 10 * count, "the test tests little");
    assert!(count < 100 || cut > 0, "no chain was cut");
}
