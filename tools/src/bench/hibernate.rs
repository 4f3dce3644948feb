//! A million actors that hibernate in one world: what each weighs, what putting it to sleep costs, and how long ten thousand
//! take to wake, the tick after it included.

use std::error::Error;

use dormouse::{Config, Scripts, World};

use super::Row;
use super::measure::{expect, processor_time};
use super::memory::resident;
use super::snapshots::BODY;
use super::subject::no_errors;

const ACTORS: usize = 1_000_000;
/// So many are awake at a time, while the world fills.
const CROWD: usize = 2_000;
/// From here on the growth is measured: what a world takes by itself is not counted.
const FIRST: usize = 200_000;
/// So many wake, wherever they are.
const WOKEN: usize = 10_000;
/// Milliseconds of a pause that nobody is to notice.
const PAUSE: f64 = 50.0;

pub fn hibernate() -> Result<Vec<Row>, Box<dyn Error>> {
    let crowd = format!(
        "local Crowd = actor 'Crowd' {{}}
         function Crowd:handleEvent() for i = 1, {CROWD} do spawn('Subject', {{ position = vector.create(random(1e5), random(1e5), 0) }}) end end
         return Crowd"
    );
    // Nobody is to wake by itself while the world fills.
    let body = BODY.replace("random(100, 5000)", "random(1000000, 2000000)");
    let subject = format!("local Subject = actor 'Subject' {{}}\n{body}\nreturn Subject");
    let scripts = Scripts::new().with("subject.luau", subject).with("crowd.luau", crowd);
    let config = Config { store: Some(std::env::temp_dir()), ..Config::default() };
    let mut world = World::new(&config, &scripts)?;
    let source = world.spawn("Crowd", &Default::default())?;
    let (mut asleep, mut spawning) = (0.0, 0.0);
    let mut at_first = 0;
    // Its memory is in use from here on: it is not the sleepers'.
    let mut sleepers = vec![source; ACTORS];
    let mut filled = 0;
    while filled < ACTORS {
        let began = processor_time();
        world.tell(source, &"more".into());
        world.tick(&[]);
        world.tick(&[]);
        spawning += processor_time() - began;
        let fresh = world.awake();
        let began = processor_time();
        for actor in fresh.into_iter().filter(|actor| *actor != source) {
            world.hibernate(actor)?;
            sleepers[filled] = actor;
            filled += 1;
        }
        asleep += processor_time() - began;
        if filled == FIRST {
            world.collect();
            at_first = resident()?;
        }
    }
    no_errors(&mut world)?;
    world.collect();
    let each = resident()?.saturating_sub(at_first) as f64 / (ACTORS - FIRST) as f64;
    expect("actors that hibernate", world.summary().hibernated as u64, ACTORS as u64)?;
    let mut chance = 0x2545_f491_4f6c_dd1d_u64;
    let mut pauses = Vec::new();
    for _ in 0..5 {
        let began = processor_time();
        for _ in 0..WOKEN {
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            world.wake(sleepers[(chance % ACTORS as u64) as usize])?;
        }
        world.tick(&[]);
        pauses.push((processor_time() - began) * 1e3);
    }
    no_errors(&mut world)?;
    let pause = pauses.iter().copied().fold(0.0, f64::max);
    let micros = |seconds: f64| seconds * 1e6 / ACTORS as f64;
    Ok(vec![
        Row::new("hibernated actor, of 1,000,000: process", each, "B", "the aim", 200.0),
        Row::new("hibernate, each", micros(asleep), "us", "spawning it", micros(spawning)),
        Row::new("waking 10,000 of 1,000,000 at random, the longest of 5: processor", pause, "ms", "the aim", PAUSE),
    ])
}
