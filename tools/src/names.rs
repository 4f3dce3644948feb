//! "Did you mean": the nearest of the names that there are.

/// `; did you mean `...`?`, or nothing.
pub fn suggestion(word: &str, known: &[String]) -> String {
    let lower = word.to_lowercase();
    known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= 1 + name.len().min(word.len()) / 3)
        .min()
        .map_or_else(String::new, |(_, name)| format!("; did you mean `{name}`?"))
}
