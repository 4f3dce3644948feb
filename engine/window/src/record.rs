//! A game's inputs in a file, in the form that `dormouse run --input` reads: written tick by tick, so that a game that
//! ends in whatever way is recorded up to its end. After a rewind the file says what was done since, and not what was
//! taken back.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use dormouse::input::What;

/// A recording in the making.
pub struct Recorder {
    path: PathBuf,
    file: File,
    /// The ticks of which something is said, each with its place in the file.
    places: Vec<(u64, u64)>,
    end: u64,
}

impl Recorder {
    /// Begins a file, in place of one that is there. `about` is told in its first lines.
    pub fn create(path: &Path, about: &str) -> Result<Recorder, String> {
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(path);
        let file = file.map_err(|error| format!("can't record to {}: {error}", path.display()))?;
        let mut recorder = Recorder { path: path.into(), file, places: Vec::new(), end: 0 };
        let text: String = about.lines().map(|line| format!("# {line}\n")).collect();
        recorder.write(&text)?;
        Ok(recorder)
    }

    /// Goes on in a file that has so many bytes.
    pub fn go_on(path: PathBuf, file: File, end: u64) -> Recorder {
        Recorder { path, file, places: Vec::new(), end }
    }

    /// Adds a line of another kind about a tick.
    pub fn mark(&mut self, tick: u64, line: &str) -> Result<(), String> {
        self.places.push((tick, self.end));
        self.write(line)
    }

    /// Adds the inputs of a tick. Ticks come in order.
    pub fn tick(&mut self, tick: u64, inputs: &[What]) -> Result<(), String> {
        if inputs.is_empty() {
            return Ok(());
        }
        self.places.push((tick, self.end));
        let text: String = inputs.iter().map(|what| format!("{tick} {what}\n")).collect();
        self.write(&text)
    }

    /// Takes back all after a tick.
    pub fn cut(&mut self, tick: u64) -> Result<(), String> {
        let kept = self.places.partition_point(|(at, _)| *at <= tick);
        let Some((_, end)) = self.places.get(kept).copied() else { return Ok(()) };
        self.places.truncate(kept);
        let cut = self.file.set_len(end).and_then(|()| self.file.seek(SeekFrom::Start(end)));
        self.end = end;
        cut.map(|_| ()).map_err(|error| self.problem(&error))
    }

    fn write(&mut self, text: &str) -> Result<(), String> {
        self.file.write_all(text.as_bytes()).map_err(|error| self.problem(&error))?;
        self.end += text.len() as u64;
        Ok(())
    }

    fn problem(&self, error: &std::io::Error) -> String {
        format!("the recording {} can't be written any more: {error}", self.path.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(down: bool) -> What {
        What::Key { player: 1, key: "left".into(), down }
    }

    #[test]
    fn what_is_taken_back_is_not_in_the_file() {
        let path = std::env::temp_dir().join(format!("dormouse_record_{}", std::process::id()));
        let mut recorder = Recorder::create(&path, "a test\nof it").unwrap();
        for tick in [3, 5, 9] {
            recorder.tick(tick, &[key(true), key(false)]).unwrap();
        }
        recorder.tick(11, &[]).unwrap();
        recorder.cut(5).unwrap();
        recorder.cut(8).unwrap();
        recorder.tick(7, &[key(true)]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let expected = "# a test\n# of it\n3 key 1 left down\n3 key 1 left up\n5 key 1 left down\n5 key 1 left up\n7 key 1 left down\n";
        assert_eq!(text, expected);
    }
}
