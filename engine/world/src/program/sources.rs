//! The text of a program: its file and the modules that it requires. All of it is found before the program runs, so
//! that it can travel with the program when that is saved.

use std::collections::BTreeMap;
use std::path::Path;

/// Files that a program may have.
const MAX_FILES: usize = 1_000;
/// What a `require` without an ending may mean, in this order.
const ENDINGS: [&str; 5] = ["", ".luau", ".lua", "/init.luau", "/init.lua"];

/// A program's files, by path. Paths have `/` between their parts, and are what errors and tracebacks show.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Sources {
    pub(super) main: String,
    pub(super) files: BTreeMap<String, String>,
}

/// A program's file that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {what}")]
pub struct SourcesError {
    /// The file.
    pub path: String,
    /// What is wrong with it.
    pub what: String,
}

impl Sources {
    /// A program of one file, in memory. `path` is what errors show.
    pub fn new(path: impl Into<String>, source: impl Into<String>) -> Self {
        let main = path.into();
        Sources { files: [(main.clone(), source.into())].into(), main }
    }

    /// Adds (or replaces) a module's file.
    pub fn with(mut self, path: impl Into<String>, source: impl Into<String>) -> Self {
        self.files.insert(path.into(), source.into());
        self
    }

    /// Reads a program, and the modules that it and they `require` by a literal name. A module that is not there is an
    /// error only when the program asks for it.
    ///
    /// Errors: a file that can't be read, is not UTF-8, or is larger than [`MAX_SOURCE`](dormouse_vm::MAX_SOURCE).
    pub fn read(path: &Path) -> Result<Self, SourcesError> {
        let main = clean(&path.to_string_lossy().replace('\\', "/"));
        if path.is_dir() {
            return Err(SourcesError { path: path.display().to_string(), what: "a folder is no program".into() });
        }
        let mut sources = Sources { files: [(main.clone(), read(&main)?)].into(), main };
        let mut unseen = vec![sources.main.clone()];
        while let Some(path) = unseen.pop() {
            for name in required(&sources.files[&path]) {
                if sources.find(&path, &name).is_some() {
                    continue;
                }
                let candidates = candidates(&path, &name);
                let Some(found) = candidates.into_iter().find(|path| Path::new(path).is_file()) else { continue };
                if sources.files.len() == MAX_FILES {
                    let what = format!("the program requires more than {MAX_FILES} files");
                    return Err(SourcesError { path: found, what });
                }
                sources.files.insert(found.clone(), read(&found)?);
                unseen.push(found);
            }
        }
        Ok(sources)
    }

    /// The file that is meant by `name` in the file `from`.
    pub(super) fn find(&self, from: &str, name: &str) -> Option<&str> {
        let found = candidates(from, name).into_iter().find_map(|path| self.files.get_key_value(&path));
        found.map(|(path, _)| path.as_str())
    }

    /// All files: path and text, in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, source)| (path.as_str(), source.as_str()))
    }
}

fn read(path: &str) -> Result<String, SourcesError> {
    let problem = |what: String| SourcesError { path: path.to_owned(), what };
    let bytes = std::fs::read(path).map_err(|error| problem(error.to_string()))?;
    if bytes.len() > dormouse_vm::MAX_SOURCE {
        return Err(problem(format!("larger than the {} bytes that a script may have", dormouse_vm::MAX_SOURCE)));
    }
    String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        problem(format!("line {} is not UTF-8 text; is it a script?", line + 1))
    })
}

/// The paths that a `require` may mean: relative to the file that it stands in.
fn candidates(from: &str, name: &str) -> Vec<String> {
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let slash = if folder.is_empty() && !from.starts_with('/') { "" } else { "/" };
    let base = if name.starts_with('/') { name.to_owned() } else { format!("{folder}{slash}{name}") };
    ENDINGS.iter().map(|ending| clean(&format!("{base}{ending}"))).collect()
}

/// The path without `.`, and without `..` where that can be told.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "." => {}
            "" if !parts.is_empty() => {}
            ".." if parts.last().is_some_and(|last| !matches!(*last, ".." | "")) => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The literal names that a script requires: `require "name"` and `require("name")`, outside of comments and strings.
fn required(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = source;
    // The token before, where it was `require`, perhaps with an opening parenthesis.
    let mut asks = false;
    while let Some(first) = rest.chars().next() {
        if let Some((text, after)) = literal(rest) {
            if asks {
                names.extend(text.map(str::to_owned));
            }
            (rest, asks) = (after, false);
        } else if rest.starts_with("--") {
            rest = match long_bracket(&rest[2..]) {
                Some((_, after)) => after,
                None => rest.find('\n').map_or("", |end| &rest[end..]),
            };
        } else if first.is_alphanumeric() || first == '_' {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            asks = &rest[..end] == "require";
            rest = &rest[end..];
        } else {
            asks = asks && (first.is_whitespace() || first == '(');
            rest = &rest[first.len_utf8()..];
        }
    }
    names
}

/// A string at the beginning of `text`, and what follows it. One with escapes in it can't be a module's name.
fn literal(text: &str) -> Option<(Option<&str>, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
    let Some(quote) = quote else {
        let (text, after) = long_bracket(text)?;
        return Some((Some(text), after));
    };
    let mut plain = quote != '`';
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            (escaped, plain) = (true, false);
        } else if c == quote {
            return Some((plain.then(|| &text[1..at]), &text[at + 1..]));
        } else if c == '\n' && quote != '`' {
            // Not closed: the compiler will say so.
            return Some((None, &text[at..]));
        }
    }
    Some((None, ""))
}

/// `[[...]]` or `[=[...]=]` at the beginning of `text`, and what follows it.
fn long_bracket(text: &str) -> Option<(&str, &str)> {
    let level = text.strip_prefix('[')?.chars().take_while(|c| *c == '=').count();
    let body = text[1 + level..].strip_prefix('[')?;
    let close = format!("]{}]", "=".repeat(level));
    let end = body.find(&close);
    Some(end.map_or((body, ""), |end| (&body[..end], &body[end + close.len()..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_requires_are_found() {
        let source = "local a = require 'a' -- require 'not'
            local b = require(\"./lib/b\") --[[ require 'nor' ]] local c = require [[c]]
            print('require \"this\"', `require 'x'`, require(name), myrequire 'that', require('e\\n'))
            local s = 'open";
        assert_eq!(required(source), ["a", "./lib/b", "c"]);
        assert_eq!(required("require"), Vec::<String>::new());
        assert_eq!(required("require('é')--[==[ "), ["é"]);
    }

    #[test]
    fn names_are_relative_to_the_file_that_asks() {
        assert_eq!(candidates("main.luau", "./lib/a")[1], "lib/a.luau");
        assert_eq!(candidates("lib/a.luau", "../b")[2], "b.lua");
        assert_eq!(candidates("/home/x/main.luau", "b.luau")[0], "/home/x/b.luau");
        assert_eq!(candidates("main.luau", "../b")[0], "../b");
        assert_eq!(candidates("../x/main.luau", "../../b")[0], "../../b");
        assert_eq!(candidates("/main.luau", "b")[3], "/b/init.luau");
    }
}
