//! Snapshots as files. A file is there whole or not at all: the bytes go to a temporary file beside it, reach the
//! disk, and only then take its name.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Bytes that a snapshot's file may have.
const MAX_FILE: u64 = 8 << 30;

/// A file that can't be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {what}: {source}", path.display())]
pub struct FileError {
    /// The file or folder.
    pub path: PathBuf,
    /// What was tried.
    pub what: &'static str,
    /// Why it failed.
    pub source: io::Error,
}

fn failed(path: &Path, what: &'static str) -> impl FnOnce(io::Error) -> FileError {
    move |source| FileError { path: path.into(), what, source }
}

/// Writes a file so that whatever happens (the process is killed, the machine stops) the old file or the new one is
/// there, whole. The folder must exist.
///
/// Cost: the disk has the bytes when this returns.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let name = path.file_name().ok_or_else(|| failed(path, "no file name")(io::ErrorKind::InvalidInput.into()))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let prefix = format!(".{}.", name.to_string_lossy());
    let part = folder.join(format!("{prefix}{}.part", std::process::id()));
    let written = File::create(&part).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let moved = written.map_err(failed(&part, "it can't be written")).and_then(|()| {
        sweep(folder, &prefix, path, &part);
        fs::rename(&part, path).map_err(failed(path, "it can't be replaced"))
    });
    if moved.is_err() {
        let _ = fs::remove_file(&part);
        return moved;
    }
    sync_folder(folder).map_err(failed(folder, "the folder can't be brought to the disk"))
}

/// Removes what processes left behind that were killed while they wrote this file: parts older than the file itself.
fn sweep(folder: &Path, prefix: &str, path: &Path, own: &Path) {
    let Ok(newest) = fs::metadata(path).and_then(|file| file.modified()) else { return };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let part = name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(".part"));
        let ours = part.is_some_and(|pid| !pid.is_empty() && pid.bytes().all(|digit| digit.is_ascii_digit()));
        let old = || entry.metadata().and_then(|part| part.modified()).is_ok_and(|part| part < newest);
        if ours && entry.path() != own && old() {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Other systems give no way to: there renaming is all that can be done.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Reads a snapshot's file, if it is not too large to be one.
pub fn read_file(path: &Path) -> Result<Vec<u8>, FileError> {
    let file = File::open(path).map_err(failed(path, "it can't be opened"))?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(failed(path, "it can't be read"))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(failed(path, "it is larger than any snapshot")(io::ErrorKind::FileTooLarge.into()));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_leftovers_go() {
        let folder = std::env::temp_dir().join(format!("dormouse-file-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("save.dms");
        let left = folder.join(".save.dms.1.part");
        fs::write(&left, "half").unwrap();
        File::options().write(true).open(&left).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
        write_file(&path, b"one").unwrap();
        write_file(&path, b"two").unwrap();
        assert_eq!(read_file(&path).unwrap(), b"two");
        let names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["save.dms"]);
        fs::remove_dir_all(&folder).unwrap();
        let error = write_file(&path, b"three").unwrap_err().to_string();
        assert!(error.contains("can't be written"), "{error}");
    }
}
