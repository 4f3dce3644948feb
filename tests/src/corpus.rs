//! The cases in `tests/corpus`: each is a program, and what it prints is written below it.

use std::path::Path;

/// A case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its file's name without the ending.
    pub name: String,
    /// The program.
    pub source: String,
    /// What it prints; at last the error that ends it, if one does.
    pub expected: String,
}

const BEGIN: &str = "\n--[==[ expect\n";
const END: &str = "]==]\n";

/// All cases, by name.
pub fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut cases: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| read(&entry.expect("the folder can be read").path()))
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

fn read(path: &Path) -> Case {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let parts = text.split_once(BEGIN).and_then(|(source, rest)| Some((source, rest.strip_suffix(END)?)));
    let Some((source, expected)) = parts else { panic!("{}: says nothing of what it prints", path.display()) };
    assert!(source.starts_with("-- "), "{}: says nothing of what it is about", path.display());
    Case {
        name: path.file_stem().expect("it has a name").to_string_lossy().into_owned(),
        source: source.to_owned(),
        // A case that prints nothing has an empty line there.
        expected: if expected == "\n" { String::new() } else { expected.to_owned() },
    }
}

impl Case {
    /// What errors show of it.
    pub fn file(&self) -> String {
        format!("{}.luau", self.name)
    }

    /// The program's `...`.
    pub fn arguments(&self) -> &'static [&'static str] {
        if self.name == "varargs_in_main" { &["x", "y z"] } else { &[] }
    }
}
