//! A saved game: a snapshot of its world, asleep in bytes, and with it a picture of what the player saw and the inputs
//! that led to it from the world's birth, so that a recording can still tell the whole game after it was loaded. What
//! is believed of such a file, and what is not, is decided here.

use std::collections::BTreeMap;
use std::path::Path;

use dormouse::input::{Inputs, What};
use dormouse::snapshot::{MapOrigin, SaveOptions, Summary, hash, read_file};
use dormouse::{Scripts, World};

use crate::images::Pixels;
use crate::scene::Afterimage;

/// What a world began with: inputs lead to the same world again only from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Birth {
    /// The seed of its random numbers.
    pub seed: u64,
    /// Its hash before the first tick.
    pub world: u64,
    /// The hash of all its scripts.
    pub scripts: u64,
}

impl Birth {
    /// Of a world before its first tick.
    pub fn of(world: &mut World, seed: u64) -> Birth {
        Birth { seed, world: world.hash(), scripts: hash_of(world.scripts()) }
    }
}

fn hash_of(scripts: &Scripts) -> u64 {
    let mut all = Vec::new();
    for part in scripts.iter().flat_map(|(path, source)| [path, source]) {
        all.extend((part.len() as u64).to_le_bytes());
        all.extend(part.as_bytes());
    }
    hash(&all)
}

/// All that led to a world.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// Where it began.
    pub birth: Birth,
    /// The inputs since, by tick.
    pub inputs: Vec<(u64, What)>,
}

/// What the player saw.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// The game, small.
    pub picture: Option<Pixels>,
    /// The middle of the view, in pixels of the map; none for one that is where the player is.
    pub center: Option<[f32; 2]>,
}

const INPUTS: &str = "inputs";
const BIRTH: &str = "birth";
const PICTURE: &str = "picture";
const VIEW: &str = "view";

/// A saved game that was read.
#[derive(Debug)]
pub struct Saved {
    /// The snapshot, with all that is in the file.
    pub bytes: Vec<u8>,
    /// The tick after which it was saved.
    pub tick: u64,
    /// The seed of its world.
    pub seed: u64,
    /// The map that its world began with.
    pub map: Option<MapOrigin>,
    /// What led to it, where that is known.
    pub history: Option<History>,
    /// The middle of the view, and what is seen of the world and is no part of it.
    pub view: (Option<[f32; 2]>, Afterimage),
}

impl Saved {
    /// What `World::save` is to put into the file.
    pub fn options(map: MapOrigin, history: Option<&History>, seen: &Seen, after: &Afterimage) -> SaveOptions {
        let mut extras = BTreeMap::new();
        let view = serde_json::to_vec(&(seen.center, after)).expect("plain data can be written");
        extras.insert(VIEW.into(), view);
        if let Some(History { birth, inputs }) = history {
            let inputs: Inputs = inputs.iter().cloned().collect();
            extras.insert(INPUTS.into(), inputs.to_string().into_bytes());
            extras.insert(BIRTH.into(), [birth.seed, birth.world, birth.scripts].map(u64::to_le_bytes).concat());
        }
        if let Some(picture) = &seen.picture {
            extras.insert(PICTURE.into(), picture.to_png());
        }
        let created_by = format!("dormouse {}", env!("CARGO_PKG_VERSION"));
        SaveOptions { archive: true, verify: true, map: Some(map), created_by, extras }
    }

    /// Reads a file.
    ///
    /// Errors: a sentence that names it, and what is wrong.
    pub fn read(path: &Path) -> Result<Saved, String> {
        let bytes = read_file(path).map_err(|error| error.to_string())?;
        Saved::from_bytes(bytes).map_err(|problem| format!("{}: {problem}", path.display()))
    }

    /// Reads what a file had.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Saved, String> {
        let summary = Summary::read(&bytes).map_err(|damage| damage.to_string())?;
        let tick = summary.meta.tick;
        // Whoever wrote the file wrote these too; a world is none the worse for what is wrong with them.
        let history = history_in(&summary.extras, tick);
        let view = summary.extras.get(VIEW).and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default();
        Ok(Saved { bytes, tick, seed: summary.meta.seed, map: summary.meta.map, history, view })
    }
}

fn history_in(extras: &BTreeMap<String, Vec<u8>>, tick: u64) -> Option<History> {
    let (numbers, []) = extras.get(BIRTH)?.as_chunks::<8>() else { return None };
    let [seed, world, scripts] = <[[u8; 8]; 3]>::try_from(numbers).ok()?.map(u64::from_le_bytes);
    let text = std::str::from_utf8(extras.get(INPUTS)?).ok()?;
    let inputs = Inputs::parse(text, Path::new(INPUTS)).ok()?;
    let inputs: Vec<_> = inputs.all().iter().map(|input| (input.tick, input.what.clone())).collect();
    let ends = inputs.last().is_none_or(|(last, _)| *last <= tick);
    ends.then_some(History { birth: Birth { seed, world, scripts }, inputs })
}

/// The tick of a saved game and its picture, for a list of them.
///
/// Errors: as [`Saved::read`].
pub fn glance(path: &Path) -> Result<(u64, Option<Pixels>), String> {
    let bytes = read_file(path).map_err(|error| error.to_string())?;
    let summary = Summary::read(&bytes).map_err(|damage| damage.to_string())?;
    let picture = summary.extras.get(PICTURE).and_then(|bytes| Pixels::from_png(bytes).ok());
    Ok((summary.meta.tick, picture))
}
