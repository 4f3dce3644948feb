//! Checking maps against classes: every mistake that can be seen without running anything, with its place and a way to
//! mend it. A world refuses a map with errors; warnings are for people.

mod arguments;
mod cycles;
mod map;
mod spelling;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

pub use crate::sim::classes::PropKind;
pub use arguments::Takes;
pub(crate) use arguments::defined;
pub use map::check_map;
pub(crate) use map::{HIBERNATE_AFTER, is_vector, rest_of};
pub use spelling::check_spelling;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It works, but hardly as intended.
    Warning,
    /// It can't work.
    Error,
}

/// Something found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// A word for the kind of mistake, always the same.
    pub code: &'static str,
    /// The file.
    pub file: PathBuf,
    /// The line, from 1; 0 where none is to blame.
    pub line: u32,
    /// The object's number and name.
    pub object: Option<(u32, String)>,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub mend: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        let severity = if self.severity == Severity::Error { "error" } else { "warning" };
        write!(f, ": {severity}[{}]: ", self.code)?;
        match &self.object {
            Some((id, name)) if name.is_empty() => write!(f, "object {id}: ")?,
            Some((id, name)) => write!(f, "object {id} \"{name}\": ")?,
            None => {}
        }
        write!(f, "{}\n  help: {}", self.what, self.mend)
    }
}

/// A class, as far as maps are concerned.
#[derive(Clone, Debug)]
pub struct ClassInfo {
    /// Its name.
    pub name: String,
    /// The script that defines it, and the line.
    pub place: (String, u32),
    /// The class that it extends.
    pub extends: Option<String>,
    /// Its props, inherited ones included: what they hold, and whether they must be given.
    pub props: BTreeMap<String, (PropKind, bool)>,
    /// Its actions, inherited ones included, without `Action_`.
    pub actions: BTreeSet<String>,
    /// What of them their definitions say that they take.
    pub takes: BTreeMap<String, Takes>,
    /// After how many ticks its actors may hibernate; 0 for never.
    pub rest: u32,
}

/// What scripts define.
#[derive(Clone, Debug, Default)]
pub struct ClassIndex {
    /// Classes by name.
    pub classes: BTreeMap<String, ClassInfo>,
    /// Actions that any script names: something may begin them.
    pub mentioned: BTreeSet<String>,
}

impl ClassIndex {
    /// Whether a class is another or inherits from it.
    pub fn is_a(&self, class: &str, ancestor: &str) -> bool {
        let mut at = Some(class);
        // As many steps as there are classes: a circle of parents can't be loaded, but costs nothing to survive.
        for _ in 0..=self.classes.len() {
            match at {
                Some(name) if name == ancestor => return true,
                Some(name) => at = self.classes.get(name).and_then(|class| class.extends.as_deref()),
                None => return false,
            }
        }
        false
    }
}
