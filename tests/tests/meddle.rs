//! All live tools at once on one world, in any order: it is looked at, asked, watched, stepped and rewound, and yet has
//! the hashes of a world that was left alone.

use std::path::Path;

use dormouse::World;
use dormouse::console::{Console, complete};
use dormouse::input::{Inputs, What};
use dormouse::observe::SleeperFilter;
use dormouse_tests::{Random, amount, root, world_of};

const TICKS: u64 = 210;

fn castle() -> World {
    world_of(&root().join("maps/keep.tmx"), 0)
}

fn inputs() -> Inputs {
    let key = |key: &str, down| What::Key { player: 1, key: key.into(), down };
    let text = "
        20 action hall_west.Open
        40 spawn Rat {\"name\": \"guest\", \"position\": {\"x\": 640, \"y\": 300}}
        60 eval \"for _, door in find_all('Door') do door:Action_Open() end\"
        90 set hall_west.speed 17
        120 eval hall_west \"start(function() wait(20) log(self.speed) end)\"
        150 despawn guest
    ";
    let typed = Inputs::parse(text, Path::new("typed")).expect("inputs");
    let typed = typed.all().iter().map(|input| (input.tick, input.what.clone()));
    let keys = [(10, key("right", true)), (70, key("up", true)), (71, key("right", false)), (200, key("up", false))];
    typed.chain(keys).collect()
}

const LINES: [&str; 16] = [
    "#find_all()",
    "random(6), math.random()",
    "spawn('Rat', { body = { kind = 'solid', layer = 'of_its_own' } })",
    "for _, who in find_all() do despawn(who) end",
    "@hall_west (function() self.speed = 1 self.extra = {} counted = 1 end)()",
    "hall_west:Action_Open()",
    "tell(find('player'), { name = 'Key', key = 'left', down = true })",
    "while true do end",
    "wait(5)",
    "error { name = 'Odd' }",
    "sleepers guard",
    "inspect hall_west",
    "wires",
    "budgets",
    "happenings",
    "kill guard_*",
];

fn meddle(seed: u64) {
    let mut random = Random::new(seed);
    let mut alone = castle();
    let mut ours = inputs();
    let mut hashes = vec![alone.hash()];
    for tick in 1..=TICKS {
        alone.tick(&ours.take(tick));
        hashes.push(alone.hash());
    }
    let mut world = castle();
    let mut console = Console::default();
    let mut images = vec![world.image()];
    let mut last = u64::MAX;
    let mut rewinds = 0;
    while world.now() < TICKS {
        for _ in 0..random.below(3) {
            match random.below(6) {
                0 => drop(world.sleepers(&SleeperFilter { locals: true, ..SleeperFilter::default() })),
                1 => world.actors().iter().for_each(|actor| drop(world.actor_view(*actor))),
                2 => world.set_watching(random.below(2) == 0),
                3 => drop(complete(&world, "hall_west.", 10)),
                _ => drop(console.submit(&mut world, random.pick::<&str>(&LINES))),
            }
        }
        match random.below(24) {
            0 => images.push(world.image()),
            1 if rewinds < 12 => {
                rewinds += 1;
                world.rewind(random.pick(&images)).expect("its own image");
                console.rewind(world.now());
            }
            2 => world.collect(),
            _ => {}
        }
        let tick = world.now() + 1;
        // Asked for tick by tick, but after a rewind from the beginning.
        if tick <= last {
            ours = inputs();
        }
        last = tick;
        let inputs = ours.take(tick);
        if random.below(3) == 0 {
            world.begin_tick(&inputs);
            for _ in 0..random.below(12) {
                world.step();
            }
            if random.below(4) == 0 {
                console.submit(&mut world, random.pick::<&str>(&LINES[..10]));
            }
            world.finish_tick();
        } else {
            world.tick(&inputs);
        }
        console.note(world.take_happenings());
        assert_eq!(world.hash(), hashes[tick as usize], "seed {seed}, tick {tick}");
    }
}

/// `DORMOUSE_SEEDS` sets how many.
#[test]
fn whatever_is_done_to_look_at_it() {
    (1..=amount("DORMOUSE_SEEDS", 1)).for_each(meddle);
}
