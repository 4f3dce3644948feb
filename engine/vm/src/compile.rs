//! From source to bytecode. Bytecode is only ever what this compiler made: Luau trusts it without checking.

use std::os::raw::c_int;

use serde::{Deserialize, Serialize};

/// Scripts larger than this are refused: 1 MiB.
pub const MAX_SOURCE: usize = 1 << 20;

/// A compiled script.
#[derive(Clone, Debug)]
pub struct Bytecode {
    pub(crate) code: Vec<u8>,
    pub(crate) hash: ScriptHash,
}

impl Bytecode {
    /// Identifies the source: captures know functions by it.
    pub fn hash(&self) -> ScriptHash {
        self.hash
    }
}

/// 128 bits of hash of a script's source.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ScriptHash(pub [u8; 16]);

impl ScriptHash {
    /// The hash of a source text.
    pub fn of(source: &str) -> Self {
        // What the compiler is told is part of what a script is: another way of compiling makes other code.
        ScriptHash(xxhash_rust::xxh3::xxh3_128_with_seed(source.as_bytes(), COMPILED_AS).to_le_bytes())
    }
}

impl std::fmt::Display for ScriptHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for ScriptHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ScriptHash({self})")
    }
}

/// Changes when the compiler or its options do.
const COMPILED_AS: u64 = 1;

/// A script that does not compile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CompileError {
    /// The line, from 1.
    pub line: u32,
    /// What is wrong there.
    pub message: String,
}

/// Compiles a script: with line numbers and the names of locals, and without inlining, so that a suspended frame is
/// always the one that the author wrote.
pub fn compile(source: &str) -> Result<Bytecode, CompileError> {
    if source.len() > MAX_SOURCE {
        let message = format!("the script has {} bytes, more than the {MAX_SOURCE} that are allowed", source.len());
        return Err(CompileError { line: 1, message });
    }
    let compiled = mlua::chunk::Compiler::new().set_optimization_level(1).set_debug_level(2).compile(source);
    let text = match compiled {
        Ok(code) => return Ok(Bytecode { code, hash: ScriptHash::of(source) }),
        Err(mlua::Error::SyntaxError { message, .. }) => message,
        Err(other) => other.to_string(),
    };
    // "line: message"
    let (line, message) = text
        .split_once(':')
        .and_then(|(line, message)| Some((line.parse().ok()?, message.trim().to_owned())))
        .unwrap_or((1, text.clone()));
    Err(CompileError { line, message })
}

/// What `luau_load` is given for the environment when it is to use the VM's globals.
pub(crate) const VM_GLOBALS: c_int = 0;
