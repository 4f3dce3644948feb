//! Saved games. A game that began on its map is saved as what makes it: the seed and all inputs since its beginning, with the hash of the
//! world that they lead to, and a picture of it. To load it is to live through it again, at some thousand ticks a
//! second, and to see by the hash that it is the same world; so a save that loads is never a wrong one, and a game that
//! goes on from it is recorded from its very beginning. A game that began with a [snapshot](dormouse::snapshot) is saved as one.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use dormouse::input::{Inputs, What};
use dormouse::snapshot::Summary;

use crate::images::Pixels;

/// A saved game.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Save {
    /// The map's name.
    pub map: String,
    /// The world's seed.
    pub seed: u64,
    /// The tick after which it was saved.
    pub tick: u64,
    /// The world's hash then.
    pub hash: u64,
    /// All inputs by tick.
    pub inputs: Vec<(u64, What)>,
}

/// What the first line says.
const MAGIC: &str = "# dormouse save 1";
/// Bytes of a file.
const MAX_FILE: u64 = 256 << 20;
/// Ticks of a saved game: some 50 days.
const MAX_TICK: u64 = 1 << 28;

impl Save {
    fn text(&self) -> String {
        let inputs: Inputs = self.inputs.iter().cloned().collect();
        let Save { map, seed, tick, hash, .. } = self;
        let map = serde_json::Value::from(map.as_str());
        format!("{MAGIC}\n# map {map}\n# seed {seed}\n# tick {tick}\n# hash {hash:016x}\n{inputs}# end\n")
    }

    fn parse(text: &str, path: &Path) -> Result<Save, String> {
        let wrong = |what: &str| format!("{}: {what}", path.display());
        let mut lines = text.lines();
        if lines.next() != Some(MAGIC) {
            return Err(wrong("this is no saved game, or one of another version"));
        }
        if !text.ends_with("\n# end\n") {
            return Err(wrong("the saved game ends in the middle"));
        }
        let mut fact = |name: &str| {
            let line = lines.next().and_then(|line| line.strip_prefix("# ")?.strip_prefix(name)?.strip_prefix(' '));
            line.ok_or_else(|| wrong(&format!("the line that says its {name} is missing")))
        };
        let map = serde_json::from_str(fact("map")?).map_err(|_| wrong("the map's name is damaged"))?;
        let number = |text: &str, radix| u64::from_str_radix(text, radix).map_err(|_| wrong("a number is damaged"));
        let seed = number(fact("seed")?, 10)?;
        let tick = number(fact("tick")?, 10)?;
        let hash = number(fact("hash")?, 16)?;
        if tick > MAX_TICK {
            return Err(wrong(&format!("tick {tick} is beyond any game's end")));
        }
        let inputs = Inputs::parse(text, path).map_err(|error| error.to_string())?;
        if inputs.all().last().is_some_and(|input| input.tick > tick) {
            return Err(wrong("it has inputs after its own end"));
        }
        let inputs = inputs.all().iter().map(|input| (input.tick, input.what.clone())).collect();
        Ok(Save { map, seed, tick, hash, inputs })
    }

    /// Reads a file.
    ///
    /// Errors: a sentence that names it, and what is wrong.
    pub fn read(path: &Path) -> Result<Save, String> {
        let problem = |error: std::io::Error| format!("{}: {error}", path.display());
        if fs::metadata(path).map_err(problem)?.len() > MAX_FILE {
            return Err(format!("{}: this is too large for a saved game", path.display()));
        }
        let bytes = fs::read(path).map_err(problem)?;
        let text = String::from_utf8(bytes).map_err(|_| format!("{}: the saved game is damaged", path.display()))?;
        Save::parse(&text, path)
    }
}

/// The bytes of a snapshot; none for a file that is something else.
pub fn snapshot_in(path: &Path) -> Option<Vec<u8>> {
    let mut first = [0];
    fs::File::open(path).and_then(|mut file| file.read_exact(&mut first)).ok()?;
    // No text begins so.
    if first == [0x89] { dormouse::snapshot::read_file(path).ok() } else { None }
}

/// The tick of a saved game.
fn tick_of(path: &Path) -> Result<u64, String> {
    match snapshot_in(path) {
        Some(bytes) => Summary::read(&bytes).map(|summary| summary.meta.tick).map_err(|damage| damage.to_string()),
        None => Save::read(path).map(|save| save.tick),
    }
}

/// Writes a file: the old one or the new one is there whole, whatever happens.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let part = path.with_extension(format!("{}.part", std::process::id()));
    let written = fs::File::create(&part).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&part, path)).map_err(|error| {
        let _ = fs::remove_file(&part);
        format!("can't save to {}: {error}", path.display())
    })
}

/// Slots that the keys reach; 0 is that of the quick save, and [`AUTO`] that of a game that was left.
pub const SLOTS: usize = 10;
/// The slot in which a game is kept that ends.
pub const AUTO: usize = SLOTS;

/// The folder with a map's saved games.
#[derive(Clone, Debug)]
pub struct Slots {
    folder: PathBuf,
}

/// A slot, for people.
#[derive(Clone, Debug, Default)]
pub struct SlotInfo {
    /// Its number.
    pub slot: usize,
    /// The tick of the game in it; none where it is empty, or an error where it can't be read.
    pub tick: Option<Result<u64, String>>,
    /// A small picture of it.
    pub picture: Option<Pixels>,
}

impl Slots {
    /// Slots in a folder, which need not be there yet.
    pub fn new(folder: PathBuf) -> Slots {
        Slots { folder }
    }

    /// The file of a slot.
    pub fn file(&self, slot: usize) -> PathBuf {
        let name = match slot {
            0 => "quick".into(),
            AUTO => "left".into(),
            slot => format!("slot_{slot}"),
        };
        self.folder.join(format!("{name}.dormouse-save"))
    }

    fn picture_file(&self, slot: usize) -> PathBuf {
        self.file(slot).with_extension("png")
    }

    /// Saves a game in a slot. The picture is a nicety: where it can't be written, there is none.
    pub fn save(&self, slot: usize, save: &Save, picture: Option<&Pixels>) -> Result<PathBuf, String> {
        self.put(slot, save.text().as_bytes(), picture)
    }

    /// Puts a snapshot into a slot.
    pub fn put(&self, slot: usize, bytes: &[u8], picture: Option<&Pixels>) -> Result<PathBuf, String> {
        let problem = |error| format!("can't make the folder {}: {error}", self.folder.display());
        fs::create_dir_all(&self.folder).map_err(problem)?;
        let file = self.file(slot);
        write_whole(&file, bytes)?;
        let picture_file = self.picture_file(slot);
        let kept = picture.map(|picture| write_whole(&picture_file, &picture.to_png()));
        if !matches!(kept, Some(Ok(()))) {
            let _ = fs::remove_file(picture_file);
        }
        Ok(file)
    }

    /// What is in all slots.
    pub fn look(&self) -> Vec<SlotInfo> {
        let look = |slot| {
            let file = self.file(slot);
            let tick = file.exists().then(|| tick_of(&file));
            let picture = fs::read(self.picture_file(slot)).ok().and_then(|bytes| Pixels::from_png(&bytes).ok());
            let picture = picture.filter(|_| tick.is_some());
            SlotInfo { slot, tick, picture }
        };
        (0..=AUTO).map(look).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Save {
        let key = |down| What::Key { player: 1, key: "left".into(), down };
        Save {
            map: "a \"keep\"".into(),
            seed: 7,
            tick: 300,
            hash: 0xfeed,
            inputs: vec![(10, key(true)), (12, key(false))],
        }
    }

    #[test]
    fn saves_come_back() {
        let text = sample().text();
        assert_eq!(Save::parse(&text, Path::new("x")), Ok(sample()));
    }

    #[test]
    fn damaged_saves_are_errors_or_whole() {
        let text = sample().text();
        for seed in 0..20_000_usize {
            let mut bytes = text.clone().into_bytes();
            let at = seed.wrapping_mul(0x9e37_79b9) % bytes.len();
            match seed % 3 {
                0 => bytes.truncate(at),
                1 => bytes[at] = (seed / 3) as u8,
                _ => drop(bytes.splice(at..at, [(seed / 5) as u8])),
            }
            let Ok(text) = String::from_utf8(bytes) else { continue };
            match Save::parse(&text, Path::new("x")) {
                // What is read is bounded; whether it is the same world is for the hash to say.
                Ok(save) => assert!(save.tick <= MAX_TICK),
                Err(problem) => assert!(problem.starts_with('x'), "{problem}"),
            }
        }
        for end in 0..text.len() {
            assert!(Save::parse(&text[..end], Path::new("x")).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn slots_are_files() {
        let folder = std::env::temp_dir().join(format!("dormouse_slots_{}", std::process::id()));
        let slots = Slots::new(folder.clone());
        let picture = Pixels { width: 1, height: 1, rgba: vec![1, 2, 3, 255] };
        slots.save(3, &sample(), Some(&picture)).unwrap();
        fs::write(slots.file(4), "nonsense").unwrap();
        let found = slots.look();
        assert_eq!(found[3].tick, Some(Ok(300)));
        assert_eq!(found[3].picture, Some(picture));
        assert!(matches!(&found[4].tick, Some(Err(problem)) if problem.contains("no saved game")));
        assert!(found[5].tick.is_none());
        fs::remove_dir_all(folder).unwrap();
    }
}
