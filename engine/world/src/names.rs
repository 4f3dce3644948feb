//! Names as numbers: actors', classes', actions' and events' names are compared often and stored a million times.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A name, by its number in the world's table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Name(pub(crate) u32);

impl Name {
    /// The empty name: of an actor that has none.
    pub(crate) const NONE: Name = Name(0);
}

/// The table of names. It only grows, so a number means the same for ever.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Texts")]
pub(crate) struct Names {
    #[serde(serialize_with = "as_texts")]
    texts: Vec<Arc<str>>,
    #[serde(skip)]
    numbers: HashMap<Arc<str>, Name>,
}

fn as_texts<S: serde::Serializer>(texts: &[Arc<str>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(texts.iter().map(|text| &**text))
}

/// The names that a world had at a moment, in an image. Texts are shared with the world's table.
#[derive(Clone, Debug, Default)]
pub(crate) struct NamesImage(Vec<Arc<str>>);

/// Names as they are written: by number.
#[derive(Deserialize)]
struct Texts {
    texts: Vec<Box<str>>,
}

impl TryFrom<Texts> for Names {
    type Error = &'static str;

    fn try_from(Texts { texts }: Texts) -> Result<Self, Self::Error> {
        let texts: Vec<Arc<str>> = texts.into_iter().map(Arc::from).collect();
        let numbers: HashMap<_, _> = (0..).map(Name).zip(&texts).map(|(name, text)| (text.clone(), name)).collect();
        if numbers.len() != texts.len() {
            return Err("a name is there twice");
        }
        if texts.first().is_none_or(|first| !first.is_empty()) {
            return Err("the first name is not the empty one");
        }
        Ok(Names { texts, numbers })
    }
}

impl Names {
    pub(crate) fn new() -> Self {
        let mut names = Names { texts: Vec::new(), numbers: HashMap::new() };
        names.intern("");
        names
    }

    pub(crate) fn intern(&mut self, text: &str) -> Name {
        if let Some(name) = self.numbers.get(text) {
            return *name;
        }
        let name = Name(self.texts.len() as u32);
        let text: Arc<str> = text.into();
        self.texts.push(text.clone());
        self.numbers.insert(text, name);
        name
    }

    /// Whether there is a name of that number.
    pub(crate) fn has(&self, name: Name) -> bool {
        (name.0 as usize) < self.texts.len()
    }

    /// Copies into an image; what it has of them already stays. Cost: a nanosecond a name.
    pub(crate) fn save(&self, image: &mut NamesImage) {
        let same = common(&self.texts, &image.0);
        image.0.truncate(same);
        image.0.extend_from_slice(&self.texts[same..]);
    }

    /// Has the names of an image and no others: it may be of a time before, or of one that was gone back from.
    pub(crate) fn rewind(&mut self, image: &NamesImage) {
        let same = common(&self.texts, &image.0);
        for text in self.texts.drain(same..) {
            self.numbers.remove(&text);
        }
        for text in &image.0[same..] {
            self.numbers.insert(text.clone(), Name(self.texts.len() as u32));
            self.texts.push(text.clone());
        }
    }

    /// The name's number, if anything ever had it.
    pub(crate) fn find(&self, text: &str) -> Option<Name> {
        self.numbers.get(text).copied()
    }

    pub(crate) fn text(&self, name: Name) -> &str {
        &self.texts[name.0 as usize]
    }
}

/// How many texts two tables share from the beginning on.
fn common(one: &[Arc<str>], other: &[Arc<str>]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| Arc::ptr_eq(one, other)).count()
}

/// The nearest of `known` to a word that is none of them, for "did you mean".
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // What is longer is no slip of the pen, and comparing takes time.
    if word.len() > 64 {
        return None;
    }
    let lower = word.to_lowercase();
    known
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len().min(word.len()) / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

/// `; did you mean "..."?`, or nothing.
pub(crate) fn suggestion<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    nearest(word, known).map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

/// Whether `name` fits a pattern in which `*` stands for any text and `?` for one character.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    // Where to go back to: the last star, and how much of the name it has taken.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    n = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_lead_back_and_forth() {
        let mut names = Names::new();
        let mut images = Vec::new();
        for text in ["a", "b", "c"] {
            names.intern(text);
            let mut image = NamesImage::default();
            names.save(&mut image);
            images.push(image);
        }
        names.rewind(&images[0]);
        // Another future: the same numbers mean something else, until it is gone back from.
        assert_eq!((names.intern("x"), names.find("b"), names.find("c")), (Name(2), None, None));
        names.rewind(&images[2]);
        assert_eq!((names.find("b"), names.find("c"), names.find("x")), (Some(Name(2)), Some(Name(3)), None));
        assert_eq!(names.text(Name(2)), "b");
        names.rewind(&images[1]);
        assert_eq!(names.intern("c"), Name(3));
        let mut again = images[0].clone();
        names.save(&mut again);
        names.rewind(&again);
        assert_eq!(names.find("c"), Some(Name(3)));
    }

    #[test]
    fn patterns() {
        for (pattern, name, fits) in [
            ("lamp_*", "lamp_1", true),
            ("lamp_*", "lamp", false),
            ("*", "", true),
            ("*_door", "west_door", true),
            ("*_door", "west_doors", false),
            ("l?mp", "lamp", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbY", false),
            ("", "x", false),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} on {name}");
        }
    }

    #[test]
    fn the_nearest_name_is_near() {
        let known = ["TurnOn", "TurnOff", "Toggle"];
        assert_eq!(nearest("TurnOm", known.into_iter()), Some("TurnOn"));
        assert_eq!(nearest("Explode", known.into_iter()), None);
    }
}
