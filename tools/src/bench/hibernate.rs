//! A million actors that hibernate in one world: what each weighs, what putting it to sleep costs, and how long ten thousand
//! take to wake, the tick after it included.

use std::error::Error;
use std::time::Instant;

use dormouse::{ActorId, Config, Limits, Scripts, World};

use super::Row;
use super::measure::{Done, expect, processor_time};
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
/// They are spread over a square of this side, in pixels; so far from its middle there are so many.
const SIDE: f64 = 1e5;
const REACH: f64 = 5642.0;
/// Each way of waking them is gone this often.
const ROUNDS: usize = 5;
/// Milliseconds of a pause that nobody is to notice.
const PAUSE: f64 = 50.0;

pub fn hibernate() -> Result<Vec<Row>, Box<dyn Error>> {
    let crowd = format!(
        "local Crowd = actor 'Crowd' {{}}
         local function anywhere() return vector.create(random({SIDE}), random({SIDE}), 0) end
         function Crowd:handleEvent(event)
             if event == 'look' then
                 in_circle(vector.zero, 1)
             elseif event == 'more' then
                 for i = 1, {CROWD} do spawn('Subject', {{ position = anywhere() }}) end
             else
                 for _, who in in_circle(vector.create({SIDE} / 2, {SIDE} / 2, 0), {REACH}) do tell(who, event) end
             end
         end
         return Crowd"
    );
    // Nobody is to wake by itself while the world fills.
    let body = BODY.replace("random(100, 5000)", "random(1000000, 2000000)");
    let alarmed = "function Subject:handleEvent() self.alarmed = true end";
    let subject = format!("local Subject = actor 'Subject' {{}}\n{body}\n{alarmed}\nreturn Subject");
    let scripts = Scripts::new().with("subject.luau", subject).with("crowd.luau", crowd);
    // One who tells ten thousand takes more time than a tasklet has.
    let limits = Limits { time: 4_000_000, ..Limits::default() };
    let config = Config { store: Some(std::env::temp_dir()), limits, ..Config::default() };
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
    let micros = |seconds: f64| seconds * 1e6 / ACTORS as f64;
    let mut rows = vec![
        Row::new("hibernated actor, of 1,000,000: process", each, "B", "the aim", 200.0),
        Row::new("hibernate, each", micros(asleep), "us", "spawning it", micros(spawning)),
    ];
    // The map of all that are there is drawn when somebody looks for the first time: that is another matter.
    world.tell(source, &"look".into());
    world.tick(&[]);
    let mut chance = chance();
    for (how, alarm) in ALARMS {
        let (mut processor, mut pause) = (0.0_f64, 0.0_f64);
        for _ in 0..ROUNDS {
            let woken: Vec<ActorId> = (0..WOKEN).map(|_| sleepers[(chance() % ACTORS as u64) as usize]).collect();
            let mut began = (processor_time(), Instant::now());
            alarm(&mut world, source, &woken, &mut || began = (processor_time(), Instant::now()))?;
            processor = processor.max((processor_time() - began.0) * 1e3);
            pause = pause.max(began.1.elapsed().as_secs_f64() * 1e3);
            let up = ACTORS - world.summary().hibernated;
            if up.abs_diff(WOKEN) > WOKEN / 20 {
                return Err(format!("the benchmark did not do its work: {how}: {up} woke, not {WOKEN}").into());
            }
            no_errors(&mut world)?;
            // They go to sleep again, and it is quiet for a second.
            for actor in world.awake().into_iter().filter(|actor| *actor != source) {
                world.hibernate(actor)?;
            }
            (0..60).for_each(|_| world.tick(&[]));
        }
        let what = format!("waking 10,000 of 1,000,000, {how}, the longest of {ROUNDS}");
        rows.push(Row::new(format!("{what}: processor"), processor, "ms", "the aim", PAUSE));
        rows.push(Row::new(format!("{what}: by the clock"), pause, "ms", "the aim", PAUSE));
    }
    Ok(rows)
}

/// What wakes them, and the tick after it; the last argument is called when it begins.
type Alarm = fn(&mut World, ActorId, &[ActorId], &mut dyn FnMut()) -> Done;

const ALARMS: [(&str, Alarm); 4] = [
    ("one by one at random", |world, _, woken, begin| {
        begin();
        woken.iter().try_for_each(|actor| world.wake(*actor))?;
        world.tick(&[]);
        Ok(())
    }),
    ("together at random", |world, _, woken, begin| {
        begin();
        world.wake_many(woken)?;
        world.tick(&[]);
        Ok(())
    }),
    ("told one by one at random", |world, _, woken, begin| {
        begin();
        let told = woken.iter().filter(|actor| world.tell(**actor, &"alarm".into())).count();
        world.tick(&[]);
        expect("actors told", told as u64, WOKEN as u64)
    }),
    ("told in a circle", |world, source, _, begin| {
        world.tell(source, &"explosion".into());
        begin();
        world.tick(&[]);
        Ok(())
    }),
];

/// The same numbers in every run.
fn chance() -> impl FnMut() -> u64 {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    }
}
