//! "Did you mean": the nearest of the names that there are.

use std::error::Error;
use std::path::Path;

use dormouse::Scripts;

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

/// The actor classes in a folder. Where it is not there, the error says which option names another.
pub fn read_scripts(folder: &Path) -> Result<Scripts, Box<dyn Error>> {
    must_exist(folder).map_err(|problem| format!("{problem}; --scripts DIR names the folder of the actor classes"))?;
    Ok(Scripts::read(folder)?)
}

/// An error, with the nearest name beside it, for a file or folder that is not there.
pub fn must_exist(path: &Path) -> Result<(), String> {
    if path.exists() {
        return Ok(());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let known: Vec<String> = beside.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Err(format!("{}: there is no such file or folder{}", path.display(), suggestion(&name, &known)))
}
