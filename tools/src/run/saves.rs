//! Snapshots during a run: `--save-at TICK=FILE`.

use std::error::Error;
use std::path::PathBuf;

use dormouse::World;
use dormouse::snapshot::{MapOrigin, SaveOptions, write_file};

/// A snapshot that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaveAt {
    pub tick: u64,
    pub file: PathBuf,
}

impl std::str::FromStr for SaveAt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('=').and_then(|(tick, file)| Some((tick.parse().ok()?, file)));
        match parts {
            Some((tick, file)) if !file.is_empty() => Ok(SaveAt { tick, file: file.into() }),
            _ => Err("write the tick, `=` and the file: 600=game.dms".into()),
        }
    }
}

/// The snapshots of a run, by tick.
pub struct Saves {
    left: Vec<SaveAt>,
    map: Option<MapOrigin>,
}

impl Saves {
    /// Errors: a snapshot that the run never comes by.
    pub fn new(saves: &[SaveAt], from: u64, to: u64, map: Option<MapOrigin>) -> Result<Self, Box<dyn Error>> {
        let mut left = saves.to_vec();
        // The next one last.
        left.sort_by_key(|save| std::cmp::Reverse(save.tick));
        for save in &left {
            let never = match save.tick {
                tick if tick < from => format!("the world is at tick {from} already"),
                tick if tick > to => format!("the run ends at tick {to}; give it more with --ticks"),
                _ => continue,
            };
            return Err(format!("--save-at {}={}: {never}", save.tick, save.file.display()).into());
        }
        Ok(Saves { left, map })
    }

    /// Makes the snapshots of this tick. Gives back their files and sizes.
    ///
    /// What is written has the scripts' text, and was read once before it takes the file's place.
    pub fn make(&mut self, world: &mut World) -> Result<Vec<(PathBuf, usize)>, Box<dyn Error>> {
        let mut made = Vec::new();
        while let Some(save) = self.left.pop_if(|save| save.tick <= world.now()) {
            let options = SaveOptions {
                archive: true,
                verify: true,
                map: self.map.clone(),
                created_by: format!("dormouse {}", env!("CARGO_PKG_VERSION")),
                ..SaveOptions::default()
            };
            let told = |error: &dyn std::fmt::Display| format!("{}: {error}", save.file.display());
            let bytes = world.save(&options).map_err(|error| told(&error))?;
            write_file(&save.file, &bytes)?;
            made.push((save.file, bytes.len()));
        }
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_and_a_file() {
        let save = |text: &str| text.parse::<SaveAt>();
        assert_eq!(save("600=a=b.dms"), Ok(SaveAt { tick: 600, file: "a=b.dms".into() }));
        for bad in ["600", "600=", "=x", "x=600", "-1=x"] {
            assert!(save(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_save_that_never_comes_is_told_at_once() {
        let at = |tick| [SaveAt { tick, file: "x".into() }];
        assert!(Saves::new(&at(100), 0, 200, None).is_ok());
        let told = |tick| Saves::new(&at(tick), 50, 200, None).err().unwrap().to_string();
        assert!(told(20).contains("at tick 50 already") && told(300).contains("ends at tick 200"));
    }
}
