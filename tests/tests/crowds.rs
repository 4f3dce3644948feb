//! Crowds that hibernate and wake together: by the timers of one tick, a wire to their class, a script that tells all around
//! it, or the game. Another thread reads for them, and nobody can tell: a world with sleepers says and does tick by tick
//! what one without does.

use std::path::Path;

use dormouse::map::Map;
use dormouse::snapshot::SaveOptions;
use dormouse::{ActorId, Config, Scripts, World};
use dormouse_tests::Random;

/// From so many on another thread reads.
const CROWD: usize = 256;

const SOUL: &str = r#"
local Soul = actor "Soul" { props = { number = 0 } }
function Soul:count(what) self.sum = ((self.sum or self.number) * 31 + what) % 1000003 end
function Soul:run()
    local kept = { name = "soul " .. self.number, list = { self.number } }
    -- Enough that they do not all stay in memory until there are more.
    if self.number % 3 == 0 then kept.burden = string.rep(kept.name, 500) end
    while true do
        local slept = wait(if self.number % 2 == 0 then 9 else 14)
        kept.list[#kept.list % 20 + 1] = slept
        self:count(#kept.list + #kept.name + #(kept.burden or "") + random(5))
        if self.number % 300 == 0 then log(kept.name, self.sum) end
    end
end
function Soul:handleEvent(event) self:count(#event) end
function Soul:Action_Nod()
    local ok, why = pcall(function() wait(3) if self.number % 7 == 0 then error("no") end end)
    self:count(if ok then 3 else 4)
end
return Soul
"#;

const GONG: &str = r#"
local Gong = actor "Gong" {}
function Gong:run()
    for i = 1, 900 do spawn("Soul", { number = i, position = vector.create(random(1000), random(1000), 0) }) end
    while true do
        wait(10)
        for _, who in in_box(vector.create(500, 500, 0), vector.create(900, 600, 0), "Soul") do tell(who, "hello") end
        wait(8)
        self:Action_Ring()
    end
end
function Gong:Action_Ring() end
return Gong
"#;

const MAP: &str = r#"<map version="1.10" orientation="orthogonal" width="1" height="1" tilewidth="16" tileheight="16" infinite="0">
 <objectgroup id="1" name="o"><object id="1" name="gong" type="Gong" x="0" y="0"><point/><properties>
  <property name="OnRing" type="class" propertytype="Wire"><properties>
   <property name="call" value="Nod"/><property name="to" value="class:Soul"/>
  </properties></property></properties></object></objectgroup>
</map>"#;

fn world(config: &Config) -> World {
    let scripts = Scripts::new().with("soul.luau", SOUL).with("gong.luau", GONG);
    let map = Map::load_with(Path::new("crowds.tmx"), &|_| Ok(MAP.into())).unwrap();
    World::with_map(config, &scripts, &map).unwrap()
}

fn said(world: &mut World) -> Vec<String> {
    world
        .take_output()
        .iter()
        .map(|line| format!("{} {} {:?} {}", line.tick, line.actor, line.kind, line.text))
        .collect()
}

/// Some of those who are awake go to sleep.
fn lull(world: &mut World, random: &mut Random, of_ten: u64) {
    for actor in world.awake() {
        if random.below(10) < of_ten {
            // Some have something to do.
            let _ = world.hibernate(actor);
        }
    }
}

fn some(world: &World, random: &mut Random, count: usize) -> Vec<ActorId> {
    let all = world.actors();
    (0..count).map(|_| *random.pick(&all)).collect()
}

#[test]
fn nobody_can_tell_that_a_crowd_wakes_together() {
    for store in [None, Some(std::env::temp_dir())] {
        let config = Config { store, seed: 4, ..Config::default() };
        let (mut straight, mut sleepy) = (world(&config), world(&config));
        let mut random = Random::new(8);
        let (mut by_itself, mut by_hand) = (0, 0);
        for tick in 1..=80_u64 {
            let asleep = sleepy.hibernated().len();
            straight.tick(&[]);
            sleepy.tick(&[]);
            let left = sleepy.hibernated().len();
            by_itself += usize::from(asleep - left >= CROWD);
            assert_eq!(said(&mut straight), said(&mut sleepy), "tick {tick}");
            lull(&mut sleepy, &mut random, 1 + tick % 10);
            if tick % 6 == 0 {
                // Some of them twice, some awake.
                let asleep = sleepy.hibernated().len();
                let called = some(&sleepy, &mut random, 700);
                sleepy.wake_many(&called).unwrap();
                assert!(called.iter().all(|id| !sleepy.is_hibernated(*id)));
                by_hand += usize::from(asleep - sleepy.hibernated().len() >= CROWD);
            }
            if tick % 20 == 0 {
                assert_eq!(straight.hash(), sleepy.hash(), "tick {tick}");
                let bytes = sleepy.save(&SaveOptions::default()).unwrap();
                sleepy = World::restore(&bytes, &config, sleepy.scripts()).unwrap();
            }
            if tick % 20 == 13 {
                // What happens after the image never was; those who slept sleep.
                let (image, asleep) = (sleepy.image(), sleepy.hibernated());
                sleepy.wake_all().unwrap();
                sleepy.tick(&[]);
                lull(&mut sleepy, &mut random, 9);
                sleepy.rewind(&image).unwrap();
                assert_eq!(sleepy.hibernated(), asleep, "tick {tick}");
                said(&mut sleepy);
            }
        }
        assert!(by_itself > 5 && by_hand > 3, "few crowds woke: {by_itself} {by_hand}");
        sleepy.wake_all().unwrap();
        assert_eq!(sleepy.hibernated(), []);
        assert_eq!(straight.hash(), sleepy.hash());
    }
}
