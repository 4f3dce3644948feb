//! Names in scripts that nobody knows and that are nearly those of somebody: methods that are called, and parts of `try`.
//! They are read from the text, so this is a hint for people and nothing that a world relies on; what is not nearly
//! anything is nobody's business, since scripts may make methods as they go.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Finding, Severity};
use crate::names::nearest;
use crate::scripts::Scripts;
use crate::sim::api::{METHODS, OWN_METHODS};
use crate::sim::exceptions::{OTHERS, OURS};

/// Methods of tasks, and of strings.
const OTHERS_METHODS: &[&str] = &[
    "await", "cancel", "status", "byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "rep",
    "reverse", "sub", "upper", "split", "pack", "packsize", "unpack",
];

/// Looks through all scripts of a folder.
pub fn check_spelling(scripts: &Scripts, folder: &Path) -> Vec<Finding> {
    let files: Vec<(&str, Vec<Token<'_>>)> = scripts.iter().map(|(path, text)| (path, tokens(text))).collect();
    let all = || files.iter().map(|(_, tokens)| tokens.as_slice());
    let methods: BTreeSet<&str> = all().flat_map(made).collect();
    let engine = METHODS.iter().chain(OWN_METHODS).filter_map(|(name, _)| name.to_str().ok());
    let methods: BTreeSet<&str> = methods.into_iter().chain(engine).chain(OTHERS_METHODS.iter().copied()).collect();
    let texts: BTreeSet<&str> = all().flatten().filter_map(|token| token.kind.text()).collect();
    let mut findings = Vec::new();
    for (path, tokens) in &files {
        let mut tell = |line: u32, code, what: String, mend: &str| {
            let file = folder.join(path);
            let mend = mend.to_owned();
            findings.push(Finding { severity: Severity::Warning, code, file, line, object: None, what, mend });
        };
        for (line, name) in called(tokens).filter(|(_, name)| !methods.contains(name)) {
            if let Some(meant) = nearest(name, methods.iter().copied()) {
                let what = format!("no script defines a method `{name}`; did you mean `{meant}`?");
                tell(line, "unknown-method", what, "mend the name, or define the method");
            }
        }
        for (line, name) in parts(tokens) {
            let ours = || OURS.iter().chain(OTHERS).copied();
            // What is raised by its name is somebody's own.
            if ours().any(|known| known == name) || texts.contains(name) {
                continue;
            }
            if let Some(meant) = nearest(name, ours()) {
                let what = format!("nothing is raised that is called `{name}`; did you mean `{meant}`?");
                tell(line, "unknown-part", what, "mend the name of the part");
            }
        }
    }
    findings
}

/// A word of a script.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Token<'s> {
    line: u32,
    kind: Word<'s>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Word<'s> {
    Name(&'s str),
    /// A string, as it is written.
    Text(&'s str),
    Sign(char),
}

impl<'s> Word<'s> {
    fn text(self) -> Option<&'s str> {
        if let Word::Text(text) = self { Some(text) } else { None }
    }

    fn is_name(self) -> bool {
        self.name().is_some()
    }

    fn name(self) -> Option<&'s str> {
        if let Word::Name(name) = self { Some(name) } else { None }
    }
}

/// Names that are given to something: fields, methods, locals. Who calls them may mean any of these.
fn made<'s>(tokens: &[Token<'s>]) -> impl Iterator<Item = &'s str> {
    let mut names = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let (Some(name), next) = (token.kind.name().or(token.kind.text()), tokens.get(at + 1)) else { continue };
        let assigned = next.is_some_and(|next| next.kind == Word::Sign('='))
            && tokens.get(at + 2).is_none_or(|after| after.kind != Word::Sign('='));
        let listed = next.is_some_and(|next| next.kind == Word::Sign(','));
        // `function Door:swing(`, `function lib.swing(`, and `["swing"] = ...`.
        let mut first = at;
        while first >= 2 && matches!(tokens[first - 1].kind, Word::Sign(':' | '.')) && tokens[first - 2].kind.is_name()
        {
            first -= 2;
        }
        let defined = first < at && first > 0 && tokens[first - 1].kind == Word::Name("function");
        let keyed = next.is_some_and(|next| next.kind == Word::Sign(']'));
        if assigned || listed || defined || keyed {
            names.push(name);
        }
    }
    names.into_iter()
}

/// Methods that are called.
fn called<'t, 's>(tokens: &'t [Token<'s>]) -> impl Iterator<Item = (u32, &'s str)> + 't {
    tokens.windows(4).filter_map(|four| match [four[0].kind, four[1].kind, four[2].kind, four[3].kind] {
        // Of `name: type (` the colon says something else, and a type is in no parameter list followed by a bracket.
        [Word::Name(_) | Word::Sign(')' | ']'), Word::Sign(':'), Word::Name(name), Word::Sign('(')] => {
            Some((four[2].line, name))
        }
        _ => None,
    })
}

/// The named parts of all `try { ... }`.
fn parts<'s>(tokens: &[Token<'s>]) -> Vec<(u32, &'s str)> {
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        if tokens[at].kind != Word::Name("try") {
            continue;
        }
        let mut depth = 0;
        let bracket = usize::from(tokens.get(at + 1).is_some_and(|next| next.kind == Word::Sign('(')));
        for (number, token) in tokens.iter().enumerate().skip(at + 1 + bracket) {
            match token.kind {
                Word::Sign('{' | '(') => depth += 1,
                // A function has an end, and so has all that a function may have.
                Word::Name("function" | "do" | "then" | "repeat") => depth += 1,
                Word::Name("end" | "until" | "elseif") | Word::Sign('}' | ')') => depth -= 1,
                Word::Name("else") => {}
                Word::Name(name)
                    if depth == 1
                        && tokens.get(number + 1).is_some_and(|next| next.kind == Word::Sign('='))
                        && tokens.get(number + 2).is_some_and(|next| next.kind == Word::Name("function")) =>
                {
                    found.push((token.line, name));
                }
                _ => {}
            }
            if depth <= 0 {
                break;
            }
        }
    }
    found
}

/// The words of a script, without its comments.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let (mut tokens, mut at, mut line) = (Vec::new(), 0, 1);
    while at < bytes.len() {
        let (begin, begun) = (at, line);
        let kind = match bytes[at] {
            b'\n' | b' ' | b'\t' | b'\r' => {
                at += 1;
                None
            }
            b'-' if bytes.get(at + 1) == Some(&b'-') => {
                let open = long_open(bytes, at + 2);
                let line_end = || text[at..].find('\n').map_or(bytes.len(), |length| at + length);
                at = open.map_or_else(line_end, |level| long_end(text, at + 2, level));
                None
            }
            b'[' if long_open(bytes, at).is_some() => {
                at = long_end(text, at, long_open(bytes, at).unwrap_or(0));
                Some(Word::Text(&text[begin..at]))
            }
            quote @ (b'"' | b'\'' | b'`') => {
                at = quoted_end(bytes, at, quote);
                Some(Word::Text(text.get(begin + 1..at.saturating_sub(1)).unwrap_or_default()))
            }
            byte if byte.is_ascii_alphabetic() || byte == b'_' => {
                let own = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
                at += bytes[at..].iter().position(|byte| !own(byte)).unwrap_or(bytes.len() - at);
                Some(Word::Name(&text[begin..at]))
            }
            _ => {
                let sign = text[at..].chars().next().unwrap_or(' ');
                at += sign.len_utf8();
                Some(Word::Sign(sign))
            }
        };
        line += bytes[begin..at].iter().filter(|byte| **byte == b'\n').count() as u32;
        tokens.extend(kind.map(|kind| Token { line: begun, kind }));
    }
    tokens
}

/// How many `=` are in a long bracket that opens here.
fn long_open(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?.strip_prefix(b"[")?;
    let level = rest.iter().take_while(|byte| **byte == b'=').count();
    (rest.get(level) == Some(&b'[')).then_some(level)
}

fn long_end(text: &str, at: usize, level: usize) -> usize {
    let close = format!("]{}]", "=".repeat(level));
    text[at..].find(&close).map_or(text.len(), |length| at + length + close.len())
}

/// Where a string ends. What stands in the braces of an interpolated one is code, and may have strings of its own.
fn quoted_end(bytes: &[u8], begin: usize, quote: u8) -> usize {
    let mut open: Vec<u8> = vec![quote];
    let mut at = begin + 1;
    while let (Some(&inner), Some(&byte)) = (open.last(), bytes.get(at)) {
        at += 1;
        match (inner, byte) {
            (b'{', b'"' | b'\'' | b'`' | b'{') => open.push(byte),
            (b'{', b'}') => drop(open.pop()),
            (b'{', _) => {}
            (_, b'\\') => at += 1,
            (b'`', b'{') => open.push(byte),
            (_, byte) if byte == inner => drop(open.pop()),
            // A string that nobody closed ends with its line.
            (b'"' | b'\'', b'\n') => drop(open.pop()),
            _ => {}
        }
    }
    at.min(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let scripts = Scripts::new().with("door.luau", text);
        check_spelling(&scripts, Path::new("s")).iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn what_is_nearly_a_name_is_told_with_its_line() {
        let found = told(
            "local Door = actor 'Door' {}
function Door:Action_Close()
    try {
        function() self:mov_to(self.shut) end,
        Colision = function(hit) say(`Sorry, {hit.other:nam()}!`) end,
        finaly = function() self:Action_Clos() end,
    }
    try({ function() return 1 end, catsh = function() end })
end
return Door",
        );
        let lines: Vec<&str> = found.iter().map(|line| line.split('\n').next().unwrap()).collect();
        assert_eq!(
            lines,
            [
                "s/door.luau:4: warning[unknown-method]: no script defines a method `mov_to`; did you mean `move_to`?",
                "s/door.luau:6: warning[unknown-method]: no script defines a method `Action_Clos`; did you mean `Action_Close`?",
                "s/door.luau:5: warning[unknown-part]: nothing is raised that is called `Colision`; did you mean `Collision`?",
                "s/door.luau:6: warning[unknown-part]: nothing is raised that is called `finaly`; did you mean `finally`?",
                "s/door.luau:8: warning[unknown-part]: nothing is raised that is called `catsh`; did you mean `catch`?",
            ]
        );
    }

    #[test]
    fn what_somebody_makes_is_somebodys() {
        for text in [
            "function Door:mov_to() end self:mov_to()",
            "self.mov_to = function() end self:mov_to()",
            "local t = { [\"mov_to\"] = print } t:mov_to()",
            "function lib.deep.mov_to() end lib.deep:mov_to()",
            "-- self:mov_to()\n--[[ self:mov_to() ]] local s = [==[ self:mov_to() ]==] local q = 'a\\':mov_to('",
            "local s = `{f(\"}\")} :mov_to(`",
            "try { function() raise() end, Colision = function() end } error(exception 'Colision' {})",
            // Not parts of the `try`, but of what stands in it.
            "try { function() local t = { Colision = function() end } if t then call { finaly = function() end } end end }",
            "self:explode() x:sub(1)",
            "local function f(at: number) return at end",
            "if a == b then elseif c then else end try { function() if a then b() elseif c then d() else e() end end }",
        ] {
            assert_eq!(told(text), Vec::<String>::new(), "{text}");
        }
    }
}
