//! From source to bytecode. Bytecode is only ever what this compiler made: Luau trusts it without checking.

use std::os::raw::c_int;

/// Scripts larger than this are refused: 1 MiB.
pub const MAX_SOURCE: usize = 1 << 20;

/// A compiled script.
#[derive(Clone, Debug)]
pub struct Bytecode(pub(crate) Vec<u8>);

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
        Ok(bytes) => return Ok(Bytecode(bytes)),
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
