//! The slots of saved games: a folder for each map, a file for each slot. A file is there whole or not at all.

use std::fs;
use std::path::{Path, PathBuf};

use dormouse::snapshot::write_file;

use crate::images::Pixels;
use crate::saved;

/// Slots that digits reach; 0 is that of the quick save, [`AUTO`] that of a game that was left, and [`FOUND`] that of one
/// that was found again.
pub const SLOTS: usize = 10;
/// The slot in which a game is kept that ends.
pub const AUTO: usize = SLOTS;
/// The slot of a game that ended without a word; leaving another does not write over it.
pub const FOUND: usize = SLOTS + 1;

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

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file of a slot.
    pub fn file(&self, slot: usize) -> PathBuf {
        let name = match slot {
            0 => "quick".into(),
            AUTO => "left".into(),
            FOUND => "found".into(),
            slot => format!("slot_{slot}"),
        };
        self.folder.join(format!("{name}.dms"))
    }

    /// Puts a saved game into a slot. When this returns, the disk has it.
    pub fn put(&self, slot: usize, bytes: &[u8]) -> Result<PathBuf, String> {
        make_folder(&self.folder)?;
        let file = self.file(slot);
        write_file(&file, bytes).map_err(|error| format!("the game is not saved: {error}"))?;
        Ok(file)
    }

    /// What is in all slots.
    pub fn look(&self) -> Vec<SlotInfo> {
        let look = |slot| {
            let file = self.file(slot);
            match file.exists().then(|| saved::glance(&file)) {
                None => SlotInfo { slot, ..SlotInfo::default() },
                Some(Ok((tick, picture))) => SlotInfo { slot, tick: Some(Ok(tick)), picture },
                Some(Err(problem)) => SlotInfo { slot, tick: Some(Err(problem)), picture: None },
            }
        };
        let mut all: Vec<SlotInfo> = (0..=FOUND).map(look).collect();
        // Most of the time there is none, and nobody needs to know of it.
        all.retain(|slot| slot.slot != FOUND || slot.tick.is_some());
        all
    }
}

/// Makes the folder for saved games where there is none.
pub(crate) fn make_folder(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("can't make the folder {}: {error}", folder.display()))
}
