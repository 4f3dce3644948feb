//! The command as a user has it: a process, its output and its exit code, in a folder of one's own.

#![allow(dead_code, reason = "each of the tests that share this uses a part of it")]

pub mod display;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The repository.
pub fn repo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// The command, in the repository's folder.
pub fn dormouse(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dormouse"));
    command.current_dir(repo()).args(args);
    command
}

/// A folder of a test's own, gone when it is dropped.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("dormouse-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    /// Writes a file, with the folders that it lies in. Gives its path.
    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// The command in this folder.
    pub fn dormouse(&self, args: &[&str]) -> Told {
        let mut command = dormouse(args);
        command.current_dir(&self.0);
        Told::from(command.output().unwrap())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a command told.
#[derive(Debug)]
pub struct Told {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Told {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("what is printed is UTF-8");
        Told { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}
