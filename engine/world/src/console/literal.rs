//! Values as a person types them: JSON, or the same in Luau's manner. `0.5`, `true`, `nil`, `"text"`, `lamp_1` (a bare
//! word is a string), `(40, 60)` (a vector), `{ 1, 2 }`, `[1, 2]`, `{ where = "yard" }`, `{ "where": "yard" }`.

use std::collections::BTreeMap;

use crate::datum::Datum;

/// Levels that a value may nest.
const DEPTH: usize = 32;

/// A place in a line that is being read.
#[derive(Clone, Debug)]
pub(super) struct Reader<'t> {
    text: &'t str,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Reader { text: text.trim_start() }
    }

    /// What is left, from the next thing that is no blank on.
    pub(super) fn rest(&self) -> &'t str {
        self.text
    }

    pub(super) fn is_done(&self) -> bool {
        self.text.is_empty()
    }

    fn skip(&mut self, bytes: usize) {
        self.text = self.text[bytes..].trim_start();
    }

    /// Takes a sign, if it comes next.
    pub(super) fn take(&mut self, sign: char) -> bool {
        let comes = self.text.starts_with(sign);
        if comes {
            self.skip(sign.len_utf8());
        }
        comes
    }

    /// A word up to a blank or one of the signs that end a value.
    pub(super) fn word(&mut self) -> &'t str {
        let end = self.text.find(|c: char| c.is_whitespace() || "=,:;()[]{}\"'".contains(c)).unwrap_or(self.text.len());
        let word = &self.text[..end];
        self.skip(end);
        word
    }

    /// A name: a word, or a string in quotes.
    pub(super) fn name(&mut self) -> Result<String, String> {
        match self.text.chars().next() {
            Some(quote @ ('"' | '\'')) => self.string(quote),
            Some(_) => Ok(self.word().to_owned()),
            None => Ok(String::new()),
        }
    }

    fn string(&mut self, quote: char) -> Result<String, String> {
        let mut text = String::new();
        let mut chars = self.text.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            if c == quote {
                self.skip(at + 1);
                return Ok(text);
            }
            if c != '\\' {
                text.push(c);
                continue;
            }
            match chars.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, 't')) => text.push('\t'),
                Some((_, 'r')) => text.push('\r'),
                Some((_, '0')) => text.push('\0'),
                Some((_, c @ ('\\' | '"' | '\'' | '/'))) => text.push(c),
                Some((_, 'u')) => {
                    let code: String = chars.by_ref().take(4).map(|(_, c)| c).collect();
                    let c = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32);
                    text.push(c.ok_or_else(|| format!("`\\u{code}` is no character"))?);
                }
                Some((_, c)) => return Err(format!("there is no escape `\\{c}` in strings")),
                None => break,
            }
        }
        Err("a string does not end".into())
    }

    /// A value.
    pub(super) fn value(&mut self) -> Result<Datum, String> {
        self.nested(0)
    }

    /// A value that is all that is left; `Nil` for nothing.
    pub(super) fn last_value(&mut self) -> Result<Datum, String> {
        if self.is_done() {
            return Ok(Datum::Nil);
        }
        let value = self.value()?;
        if self.is_done() { Ok(value) } else { Err(format!("one value is wanted, but `{}` comes after it", self.text)) }
    }

    fn nested(&mut self, depth: usize) -> Result<Datum, String> {
        if depth > DEPTH {
            return Err(format!("values nest deeper than {DEPTH} levels"));
        }
        match self.text.chars().next() {
            None => Err("a value is missing".into()),
            Some(quote @ ('"' | '\'')) => self.string(quote).map(Datum::Text),
            Some('(') => self.vector(),
            Some('[') => {
                self.skip(1);
                self.items(']', depth)
            }
            Some('{') => {
                self.skip(1);
                self.table(depth)
            }
            Some(c) if "=,:;)]}".contains(c) => Err(format!("a value is missing before `{}`", self.text)),
            Some(_) => Ok(bare(self.word())),
        }
    }

    fn vector(&mut self) -> Result<Datum, String> {
        let wrong = || "a vector is written as (40, 60) or (40, 60, 0)".to_owned();
        self.skip(1);
        let mut parts = Vec::new();
        while !self.take(')') {
            match bare(self.word()) {
                Datum::Number(part) if parts.len() < 3 && (part as f32).is_finite() => parts.push(part as f32),
                _ => return Err(wrong()),
            }
            if !self.take(',') && !self.text.starts_with(')') {
                return Err(wrong());
            }
        }
        match parts[..] {
            [x, y] => Ok(Datum::Vector([x, y, 0.0])),
            [x, y, z] => Ok(Datum::Vector([x, y, z])),
            _ => Err(wrong()),
        }
    }

    fn items(&mut self, end: char, depth: usize) -> Result<Datum, String> {
        let mut items = Vec::new();
        while !self.take(end) {
            items.push(self.nested(depth + 1)?);
            if !self.take(',') && !self.take(';') && !self.text.starts_with(end) {
                return Err(format!("a list goes on with `,` or ends with `{end}`"));
            }
        }
        Ok(Datum::List(items))
    }

    /// After `{`: a list, where its first part has no name, else fields.
    fn table(&mut self, depth: usize) -> Result<Datum, String> {
        let mut ahead = self.clone();
        let named =
            ahead.take('}') || ahead.name().is_ok_and(|name| !name.is_empty() && (ahead.take('=') || ahead.take(':')));
        if !named {
            return self.items('}', depth);
        }
        let mut fields = BTreeMap::new();
        while !self.take('}') {
            let name = self.name()?;
            if name.is_empty() || !(self.take('=') || self.take(':')) {
                return Err("a field is written as name = value".into());
            }
            fields.insert(name, self.nested(depth + 1)?);
            if !self.take(',') && !self.take(';') && !self.text.starts_with('}') {
                return Err("fields go on with `,` or end with `}`".into());
            }
        }
        Ok(vector_of(fields))
    }
}

/// As in JSON, a table of nothing but numbers `x`, `y` and perhaps `z` is a vector.
fn vector_of(fields: BTreeMap<String, Datum>) -> Datum {
    Datum::from_json(Datum::Map(fields).to_json())
}

fn bare(word: &str) -> Datum {
    match word {
        "nil" | "null" => Datum::Nil,
        "true" => Datum::Bool(true),
        "false" => Datum::Bool(false),
        // Not `inf` and `nan`, which are names.
        _ if word.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) => match word.parse::<f64>() {
            Ok(number) if number.is_finite() => Datum::Number(number),
            _ => Datum::Text(word.into()),
        },
        _ => Datum::Text(word.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Datum, String> {
        Reader::new(text).last_value()
    }

    #[test]
    fn both_manners_are_read() {
        let same = |texts: &[&str], json: &str| {
            let expected = Datum::from_json(serde_json::from_str(json).unwrap());
            for text in texts {
                assert_eq!(read(text).as_ref(), Ok(&expected), "{text}");
            }
        };
        same(&["", "nil", "null"], "null");
        same(&["0.5", " 0.5 ", "+.5", "5e-1"], "0.5");
        same(&["yard", "'yard'", "\"yard\""], "\"yard\"");
        same(&["(40, 60)", "(40,60,0)", "{ x = 40, y = 60 }", "{\"x\":40,\"y\":60}"], "{\"x\":40,\"y\":60}");
        same(&["{ 1, 'a', { } }", "[1, a, {}]", "{1;'a';{}}"], "[1,\"a\",{}]");
        same(&["{ a = 1, b = { c = true } }", "{\"a\": 1, 'b': {c: true}}"], "{\"a\":1,\"b\":{\"c\":true}}");
        same(&["'it\\'s\\n'"], "\"it's\\n\"");
        same(&["nan"], "\"nan\"");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, error) in [
            ("1 2", "one value is wanted, but `2` comes after it"),
            ("'open", "a string does not end"),
            ("(1)", "a vector is written as (40, 60) or (40, 60, 0)"),
            ("(1, 1e99)", "a vector is written as (40, 60) or (40, 60, 0)"),
            ("{ a = }", "a value is missing before `}`"),
            ("{ a = 1 b = 2 }", "fields go on with `,` or end with `}`"),
            ("[1 2]", "a list goes on with `,` or ends with `]`"),
        ] {
            assert_eq!(read(text), Err(error.to_owned()), "{text}");
        }
        assert!(read(&"{".repeat(100_000)).is_err());
    }
}
