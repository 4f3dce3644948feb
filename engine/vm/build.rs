//! Compiles the shim against the headers of the Luau that `mlua` builds, so that both agree on every layout.

use std::path::{Path, PathBuf};

/// The crate that carries Luau's sources; `mlua` pins its exact version.
const LUAU_CRATE: &str = "luau0-src";

fn main() {
    println!("cargo:rerun-if-changed=shim");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=CXXFLAGS");
    let luau = luau_sources();
    let mut build = cc::Build::new();
    if !cfg!(debug_assertions) {
        // Without it Luau's headers check their assertions, which are for debug builds (and for `tools/fuzz`).
        build.define("NDEBUG", None);
    }
    build
        .cpp(true)
        .std("c++17")
        .warnings(false)
        // As Luau itself (see the workspace's dev profile): it works on the same objects, and as often.
        .opt_level(3)
        // The defines of that crate's own build: they change the layout of structures.
        .define("LUAI_MAXCSTACK", "1000000")
        .define("LUA_VECTOR_SIZE", "3")
        .define("LUA_API", "extern \"C\"")
        .define("LUACODE_API", "extern \"C\"")
        .include(luau.join("VM/src"))
        .include(luau.join("VM/include"))
        .include(luau.join("Common/include"))
        .files(sources(Path::new("shim")))
        .files(sources(Path::new("shim/capture")))
        .compile("dormouse-shim");
}

fn luau_sources() -> PathBuf {
    let metadata = cargo_metadata::MetadataCommand::new()
        .manifest_path(Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("Cargo.toml"))
        .exec()
        .expect("`cargo metadata` must tell where the sources of Luau are");
    let package = metadata
        .packages
        .iter()
        .find(|package| package.name.as_str() == LUAU_CRATE)
        .expect("mlua's `luau` feature depends on luau0-src");
    package.manifest_path.parent().expect("a manifest lies in a folder").join("luau").into_std_path_buf()
}

/// The folder's C++ files, in the order of their names.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the shim lies beside this script");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a folder can be listed").path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "cpp"));
    files.sort();
    files
}
