//! Whole worlds: actions and their wires, movement, images.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;
use std::path::Path;

use dormouse::map::Map;
use dormouse::{Config, Datum, Scripts, World};

use super::Row;
use super::measure::{Done, expect, nanoseconds, side_by_side};
use super::subject::{PerTick, no_errors, ticks, world_of};

const CALLS: usize = 1_000;

/// A world whose one actor takes its action a thousand times a tick, with so many wires on it.
fn acting(wires: usize) -> Result<World, Box<dyn Error>> {
    let scripts = Scripts::new()
        .with(
            "subject.luau",
            "local Subject = actor 'Subject' {}
            function Subject:Action_Go() end
            function Subject:run() while true do for i = 1, 1000 do self:Action_Go() end wait(1) end end
            return Subject",
        )
        .with(
            "lamp.luau",
            "local Lamp = actor 'Lamp' {}
            function Lamp:Action_TurnOn() end
            return Lamp",
        );
    let mut properties = String::new();
    for wire in 1..=wires {
        write!(
            properties,
            "<property name=\"OnGo.{wire}\" type=\"class\" propertytype=\"Wire\"><properties>\
             <property name=\"call\" value=\"TurnOn\"/><property name=\"target\" type=\"object\" value=\"{}\"/>\
             </properties></property>",
            wire + 1
        )?;
    }
    let mut objects = format!("<object id=\"1\" type=\"Subject\"><properties>{properties}</properties></object>");
    for lamp in 1..=wires {
        write!(objects, "<object id=\"{}\" type=\"Lamp\"/>", lamp + 1)?;
    }
    let text = format!(
        "<map version=\"1.10\" orientation=\"orthogonal\" width=\"1\" height=\"1\" tilewidth=\"16\" tileheight=\"16\">\
         <objectgroup id=\"1\">{objects}</objectgroup></map>"
    );
    let map = Map::load_with(Path::new("bench.tmx"), &|_| Ok(text.clone().into_bytes()))?;
    Ok(World::with_map(&Config::default(), &scripts, &map)?)
}

pub fn action() -> Result<Vec<Row>, Box<dyn Error>> {
    let mut rows = Vec::new();
    for wires in [0, 1, 8] {
        let mut world = acting(wires)?;
        // It begins.
        world.tick(&[]);
        let mut plain = world_of(
            1,
            "function Subject:go() end
            function Subject:run() while true do for i = 1, 1000 do self:go() end wait(1) end end",
        )?;
        // A wire that reaches its target wakes a tasklet that takes the action there.
        let each = PerTick { wakes: 1 + CALLS * wires, wires: CALLS * wires, events: 0 };
        let alone = PerTick { wakes: 1, ..PerTick::default() };
        let (ours, theirs) = side_by_side(|| ticks(&mut world, 2, each), || ticks(&mut plain, 2, alone))?;
        let name = format!("action with {wires} wires");
        let (ours, theirs) = (nanoseconds(ours, 2 * CALLS), nanoseconds(theirs, 2 * CALLS));
        rows.push(Row::new(name, ours, "ns", "plain method call", theirs));
    }
    Ok(rows)
}

pub fn moving() -> Result<Vec<Row>, Box<dyn Error>> {
    let scripts = Scripts::new()
        .with(
            "mover.luau",
            "local Mover = actor 'Mover' { body = 'solid' }
            function Mover:run()
                local home = self:position()
                while true do
                    pcall(self.move_to, self, home + vector.create(random(-200, 200), random(-200, 200), 0), 60)
                    wait(1)
                end
            end
            return Mover",
        )
        .with(
            "ghost.luau",
            "local Ghost = actor 'Ghost' {}
            function Ghost:run()
                local home = self:position()
                while true do
                    self:move_to(home + vector.create(random(-200, 200), random(-200, 200), 0), 60)
                    wait(1)
                end
            end
            return Ghost",
        )
        .with("block.luau", "return actor 'Block' { body = 'solid' }");
    let crowd = |class: &str| -> Result<World, Box<dyn Error>> {
        let mut world = World::new(&Config::default(), &scripts)?;
        for at in 0..20_000_u32 {
            let (x, y) = ((at % 150) as f32 * 32.0, (at / 150) as f32 * 32.0);
            let props = BTreeMap::from([
                ("position".to_owned(), Datum::Vector([x, y, 0.0])),
                ("size".to_owned(), Datum::Vector([12.0, 12.0, 0.0])),
            ]);
            world.spawn(if at % 2 == 0 { class } else { "Block" }, &props)?;
        }
        for _ in 0..60 {
            world.tick(&[]);
        }
        Ok(world)
    };
    let (mut solid, mut ghosts) = (crowd("Mover")?, crowd("Ghost")?);
    let tick = |world: &mut World| {
        world.tick(&[]);
        Ok(())
    };
    let (ours, theirs) = side_by_side(|| tick(&mut solid), || tick(&mut ghosts))?;
    for world in [&mut solid, &mut ghosts] {
        all_move(world)?;
    }
    Ok(vec![Row::new("tick, 10,000 boxes moving", ours * 1e6, "us", "the same without collisions", theirs * 1e6)])
}

/// A tick, after which nearly all that can move are elsewhere.
fn all_move(world: &mut World) -> Done {
    let places = |world: &World| -> Vec<_> { world.actors().into_iter().map(|id| world.position_of(id)).collect() };
    let before = places(world);
    world.tick(&[]);
    let moved = places(world).iter().zip(&before).filter(|(now, before)| now != before).count();
    no_errors(world)?;
    if moved < 5_000 { Err(format!("only {moved} of 10,000 boxes moved").into()) } else { Ok(()) }
}

pub fn image() -> Result<Vec<Row>, Box<dyn Error>> {
    let mut rows = Vec::new();
    for count in [1_000, 10_000] {
        let mut world = world_of(
            count,
            "function Subject:run() local seen = {} while true do seen[#seen % 8 + 1] = now() wait(random(1, 60)) end end",
        )?;
        for _ in 0..120 {
            world.tick(&[]);
        }
        let mut image = world.image();
        let hash = world.hash();
        let bytes = image.size();
        let (mut live, mut copy) = (vec![1_u8; bytes], vec![2_u8; bytes]);
        let (ours, theirs) = side_by_side(
            || {
                world.image_into(&mut image);
                Ok(world.rewind(&image)?)
            },
            || {
                copy.copy_from_slice(std::hint::black_box(&live));
                live.copy_from_slice(std::hint::black_box(&copy));
                Ok(())
            },
        )?;
        world.tick(&[]);
        if world.hash() == hash {
            return Err("a tick left the world as it was".into());
        }
        world.rewind(&image)?;
        expect("the hash of the rewound world", world.hash(), hash)?;
        let name = format!("image and rewind, {count} actors");
        let against = format!("copying {:.1} MiB there and back", bytes as f64 / f64::from(1 << 20));
        rows.push(Row::new(name, ours * 1e6, "us", against, theirs * 1e6).aim(1.3));
    }
    Ok(rows)
}
