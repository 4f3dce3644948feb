//! Rewinding: whatever a world is in the middle of, an image brings it back exactly, and it does the same again.
//!
//! `DORMOUSE_REWINDS=200` rewinds every map at two hundred ticks; without it fewer are tried.

use dormouse::input::What;
use dormouse::{Config, ForeignImage, NativeClass, Output, World, WorldImage};
use dormouse_tests::sexton::Sexton;
use dormouse_tests::{Random, Stage, amount, class, maps, world_of};

const AHEAD: u64 = 60;

/// A line, without the numbers of happenings: those go on over a rewind.
fn written(line: &Output) -> String {
    format!("{} {} {:?} {}", line.tick, line.actor, line.kind, line.text)
}

/// What happens in the next ticks: hashes and all that was put out.
fn run_on(world: &mut World, inputs: &[Vec<What>], every: u64) -> (Vec<u64>, Vec<String>) {
    let mut hashes = Vec::new();
    let mut output = Vec::new();
    for tick in inputs {
        world.tick(tick);
        if world.now().is_multiple_of(every) {
            hashes.push(world.hash());
        }
        output.extend(world.take_output().iter().map(written));
    }
    (hashes, output)
}

/// Keys as somebody presses them, and now and then another length of a tick.
fn inputs(random: &mut Random) -> Vec<Vec<What>> {
    (0..AHEAD)
        .map(|_| match random.below(6) {
            0 => {
                let key = (*random.pick(&["left", "right", "up", "down", "space", "e"])).into();
                vec![What::Key { player: 1, key, down: random.below(2) == 0 }]
            }
            1 if random.below(8) == 0 => vec![What::Duration(*random.pick(&[1.0 / 60.0, 1.0 / 50.0, 1.0 / 30.0]))],
            _ => Vec::new(),
        })
        .collect()
}

/// Images a world at so many ticks, goes on, comes back and goes on again, each time the same way.
fn rewinds(world: &mut World, seed: u64, times: u64, gap: u64, what: &str) {
    // Hashing takes its time: now and then, and at the end.
    let every = if world.summary().actors > 1_000 { 30 } else { 5 };
    let mut random = Random::new(seed);
    let mut image = WorldImage::default();
    world.set_tracing(true);
    for time in 0..times {
        for _ in 0..=random.below(gap) {
            world.tick(&[]);
        }
        world.take_output();
        let ahead = inputs(&mut random);
        let (tick, hash) = (world.now(), world.hash());
        world.image_into(&mut image);
        assert_eq!(world.hash(), hash, "{what}, seed {seed}, tick {tick}: making an image changed the world");
        let first = run_on(world, &ahead, every);
        world.rewind(&image).unwrap();
        assert_eq!((world.now(), world.hash()), (tick, hash), "{what}, seed {seed}: rewound to tick {tick}");
        let second = run_on(world, &ahead, every);
        let differs = first.0.iter().zip(&second.0).position(|(one, other)| one != other);
        assert_eq!(differs, None, "{what}, seed {seed}, tick {tick} (image {time}): another way in tick +{differs:?}");
        assert_eq!(first.1, second.1, "{what}, seed {seed}, tick {tick}: not the same was said and done");
        world.rewind(&image).unwrap();
    }
}

#[test]
fn every_map_goes_the_same_way_again() {
    for map in maps() {
        let name = map.file_stem().unwrap().to_string_lossy().into_owned();
        // The swarm's ten thousand take their time in a debug build.
        let times = amount("DORMOUSE_REWINDS", if name == "swarm" { 1 } else { 5 });
        let mut world = world_of(&map, 7);
        rewinds(&mut world, 11, times, 40, &name);
    }
}

const BUSY: &str = "
function Busy:run()
    while true do
        local who = race {
            a = function() try { function() wait(random(1, 9)) end, finally = function() self.n += 1 end } return 1 end,
            b = function() return wait_event('never', 6) end,
            c = function() local co = coroutine.wrap(function() for i = 1, 9 do wait(1) coroutine.yield(i) end end) for _ = 1, 4 do co() end end,
        }
        try {
            function() all { function() timeout(3, wait, random(1, 6)) end, function() self:Action_Work(random(3)) end } end,
            catch = function(e) self.n += 1 end,
        }
        for k, v in { x = 1, y = 2, z = 3 } do wait(1) self.n += v end
        tell(find 'other', { name = 'News', n = self.n, list = { 1, { 2, { 3 } } } })
        try { function() self.last = ask(find 'other', { name = 'Sum', n = self.n }, 5) end, Timeout = function() end, catch = function() end }
        restart('blink', function() defer(function() self.n += 1 end) wait(50) end)
        if random(4) == 1 then spawn('Busy', { name = 'child' .. random(3) }) end
        if self:name() ~= 'keeper' and self:name() ~= 'other' and random(3) == 1 then self:despawn() end
    end
end
function Busy:handleEvent(event)
    if type(event) == 'table' and event.name == 'Sum' then wait(random(1, 8)) return event.n * 2 end
    self.heard = event
    if random(3) == 1 then wait(4) end
end
function Busy:Action_Work(n) wait(n) self:Action_Rest() end
function Busy:Action_Rest() wait(1) end
function Busy:Action_Note(n) self.noted = n wait(3) end
function Busy:stop() find_all() end
";

/// Native actors, mail, asks, races, timeouts, deferred calls, coroutines and loops in flight, births and deaths.
#[test]
fn whatever_it_is_in_the_middle_of() {
    let config = Config { natives: vec![NativeClass::of::<Sexton>()], ..Config::default() };
    let busy = class("Busy", "props = { n = 0 }, groups = { hands = { 'Work', 'Note' } }", BUSY);
    for seed in 0..amount("DORMOUSE_REWINDS", 16).div_ceil(8) {
        let mut stage = Stage::with(&Config { seed, ..config.clone() }, &[("busy.luau", &busy)]);
        stage.spawn("Busy", &[("name", "keeper".into())]);
        stage.spawn("Busy", &[("name", "other".into())]);
        stage.spawn("Sexton", &[("name", "sexton".into())]);
        rewinds(&mut stage.world, seed, 12, 30, "busy");
        let errors: Vec<_> =
            stage.world.take_output().into_iter().filter(|line| line.kind == dormouse::OutputKind::Error).collect();
        assert_eq!(errors, []);
        assert!(stage.world.summary().wakes > 1_000);
    }
}

/// Two images of different ticks, rewound to in any order.
#[test]
fn images_can_be_kept() {
    let map = maps().into_iter().find(|map| map.ends_with("keep.tmx")).unwrap();
    let mut world = world_of(&map, 3);
    let mut kept = Vec::new();
    for _ in 0..6 {
        for _ in 0..25 {
            world.tick(&[]);
        }
        kept.push((world.now(), world.hash(), world.image()));
    }
    let mut random = Random::new(5);
    for _ in 0..20 {
        let (tick, hash, image) = random.pick(&kept);
        world.rewind(image).unwrap();
        assert_eq!((world.now(), world.hash()), (*tick, *hash));
        for (later, hash, _) in kept.iter().filter(|(later, ..)| later > tick) {
            while world.now() < *later {
                world.tick(&[]);
            }
            assert_eq!(world.hash(), *hash, "from tick {tick} to {later}");
        }
    }
}

/// Names that came after the image are forgotten, and so is what has not been taken out.
#[test]
fn what_came_later_is_forgotten() {
    let mut stage =
        Stage::run("while true do wait(1) spawn('Subject', { name = 'n' .. now() }) say(now()) break end wait(1e6)");
    stage.ticks(1);
    let image = stage.world.image();
    stage.world.tick(&[]);
    stage.world.tick(&[]);
    assert!(stage.world.find("n2").is_some());
    stage.world.rewind(&image).unwrap();
    assert_eq!((stage.world.find("n2"), stage.world.take_output()), (None, Vec::new()));
    stage.world.tick(&[]);
    assert!(stage.world.find("n2").is_some());
}

#[test]
fn a_foreign_image_is_refused() {
    let one = Stage::run("wait(9)");
    let mut other = Stage::run("wait(9)");
    assert_eq!(other.world.rewind(&one.world.image()), Err(ForeignImage));
    assert_eq!(other.world.rewind(&WorldImage::default()), Err(ForeignImage));
    other.ticks(20);
    assert_eq!(other.errors(), Vec::<String>::new());
}
