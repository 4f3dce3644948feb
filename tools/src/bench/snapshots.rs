//! Snapshots of ten thousand actors.

use std::error::Error;

use dormouse::snapshot::SaveOptions;
use dormouse::{Config, World};

use super::Row;
use super::measure::side_by_side;
use super::subject::world_of;

const ACTORS: usize = 10_000;
/// One frame, three tables, a string: what other systems were measured with.
pub(super) const BODY: &str = "function Subject:run()
    local place, inner, list = { x = 1, y = 2 }, {}, { 1, 2, 3 }
    inner.name = 'subject ' .. random(100000)
    while true do wait(random(100, 5000)) list[#list + 1] = place.x end
end";

/// Saving and restoring, and bytes: of the whole, and of each actor.
pub fn snapshot() -> Result<Vec<Row>, Box<dyn Error>> {
    let mut world = world_of(ACTORS, BODY)?;
    for _ in 0..60 {
        world.tick(&[]);
    }
    let options = SaveOptions::default();
    let bytes = world.save(&options)?;
    let mut image = world.image();
    let scripts = world.scripts().clone();
    let each = |seconds: f64| seconds * 1e6 / ACTORS as f64;
    let other = world_of(ACTORS, BODY)?;
    let (save, copy) = side_by_side(
        || {
            std::hint::black_box(world.save(&options)?);
            Ok(())
        },
        || {
            other.image_into(&mut image);
            Ok(())
        },
    )?;
    let (restore, anew) = side_by_side(
        || {
            std::hint::black_box(World::restore(&bytes, &Config::default(), &scripts)?);
            Ok(())
        },
        || {
            std::hint::black_box(world_of(ACTORS, BODY)?);
            Ok(())
        },
    )?;
    let heap = other.heap() as f64 / ACTORS as f64;
    let size = bytes.len() as f64 / ACTORS as f64;
    Ok(vec![
        Row::new("save, each of 10,000 actors", each(save), "us", "copying their memory (an image)", each(copy)),
        Row::new("restore, each", each(restore), "us", "making and spawning them anew", each(anew)),
        Row::new("snapshot, each", size, "B", "their part of the heap", heap),
    ])
}
