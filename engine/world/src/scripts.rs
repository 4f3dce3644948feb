//! The source text of a world's scripts: read from a folder, or made in memory. Nothing here runs or compiles.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Files that a scripts folder may have.
const MAX_FILES: usize = 10_000;
/// How deep its folders may nest.
const MAX_DEPTH: usize = 16;

/// A folder of scripts: text by path. `door.luau` at its top defines class `Door`; `lib/patrol.luau` is a module.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Scripts {
    files: BTreeMap<String, String>,
}

/// A scripts folder that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {what}", path.display())]
pub struct ScriptsError {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it, and what to do.
    pub what: String,
}

impl Scripts {
    /// No scripts yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds (or replaces) a file. `path` is relative to the folder and has `/` between its parts.
    pub fn with(mut self, path: impl Into<String>, source: impl Into<String>) -> Self {
        self.files.insert(path.into(), source.into());
        self
    }

    /// Reads a folder with all of its subfolders. Files that end neither in `.luau` nor in `.lua` are ignored, so are
    /// those that begin with a dot and definitions for editors (`.d.luau`).
    ///
    /// Errors: a folder or file that can't be read, text that is not UTF-8 or larger than
    /// [`MAX_SOURCE`](dormouse_vm::MAX_SOURCE), the same name with both endings.
    pub fn read(folder: &Path) -> Result<Self, ScriptsError> {
        let mut scripts = Scripts::new();
        scripts.read_folder(folder, "", 0)?;
        if scripts.files.is_empty() {
            return Err(problem(folder, "there is no script (*.luau) in this folder; name another with --scripts"));
        }
        Ok(scripts)
    }

    fn read_folder(&mut self, folder: &Path, prefix: &str, depth: usize) -> Result<(), ScriptsError> {
        if depth > MAX_DEPTH {
            return Err(problem(folder, format!("folders nest deeper than {MAX_DEPTH} levels")));
        }
        let entries = std::fs::read_dir(folder).map_err(|error| problem(folder, error.to_string()))?;
        for entry in entries {
            let path = entry.map_err(|error| problem(folder, error.to_string()))?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|name| !name.starts_with('.'))
            else {
                continue;
            };
            if name.ends_with(".d.luau") {
                // What editors know of the others.
                continue;
            }
            if path.is_dir() {
                self.read_folder(&path, &format!("{prefix}{name}/"), depth + 1)?;
            } else if let Some(stem) = name.strip_suffix(".luau").or_else(|| name.strip_suffix(".lua")) {
                self.read_file(&path, prefix, stem, name)?;
            }
        }
        Ok(())
    }

    fn read_file(&mut self, path: &Path, prefix: &str, stem: &str, name: &str) -> Result<(), ScriptsError> {
        let size = std::fs::metadata(path).map_err(|error| problem(path, error.to_string()))?.len();
        if size > dormouse_vm::MAX_SOURCE as u64 {
            let limit = dormouse_vm::MAX_SOURCE;
            return Err(problem(path, format!("{size} bytes are more than a script may have ({limit}); split it")));
        }
        if self.files.len() == MAX_FILES {
            return Err(problem(path, format!("there are more than {MAX_FILES} scripts in the folder")));
        }
        let twin = [".luau", ".lua"].iter().any(|ending| self.files.contains_key(&format!("{prefix}{stem}{ending}")));
        if twin {
            return Err(problem(path, "there is a .lua and a .luau file of this name; remove one of them"));
        }
        let bytes = std::fs::read(path).map_err(|error| problem(path, error.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|_| problem(path, "this is not UTF-8 text"))?;
        self.files.insert(format!("{prefix}{name}"), text);
        Ok(())
    }

    /// Paths and texts, in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }
}

fn problem(path: &Path, what: impl Into<String>) -> ScriptsError {
    ScriptsError { path: path.into(), what: what.into() }
}

/// What `require` knows a file by: its path without the ending.
pub(crate) fn key_of(path: &str) -> &str {
    path.strip_suffix(".luau").or_else(|| path.strip_suffix(".lua")).unwrap_or(path)
}

/// The class that a file at the top of the folder defines: `castle_gate` is `CastleGate`.
pub(crate) fn class_of(key: &str) -> Option<String> {
    if key.contains('/') {
        return None;
    }
    let words = key.split('_').filter(|word| !word.is_empty());
    Some(words.map(capital).collect())
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_name_classes() {
        assert_eq!(class_of("castle_gate").as_deref(), Some("CastleGate"));
        assert_eq!(class_of("door").as_deref(), Some("Door"));
        assert_eq!(class_of("lib/patrol"), None);
        assert_eq!(key_of("lib/patrol.lua"), "lib/patrol");
    }
}
