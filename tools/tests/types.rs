//! What `dormouse types` writes names the whole of the authors' API, and is what the repository has.

use std::path::Path;
use std::process::Command;

#[test]
fn definitions_name_every_function() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/dormouse.d.luau");
    let text = std::fs::read_to_string(path).unwrap();
    for name in dormouse::api_names() {
        let line = match name.strip_prefix(':') {
            Some(method) => format!("    function {method}(self"),
            None => format!("declare function {name}"),
        };
        assert!(text.contains(&line), "{name} is missing");
    }
}

#[test]
fn the_files_are_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output =
        Command::new(env!("CARGO_BIN_EXE_dormouse")).current_dir(root).args(["types", "--check"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
