//! Where a coroutine is: its frames with file and line, for tracebacks and for the list of sleepers.

use std::ffi::CStr;
use std::mem::MaybeUninit;

use mlua::ffi::{self, lua_State};

/// One call in progress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The script.
    pub file: String,
    /// The line in it.
    pub line: u32,
    /// The function, where it has a name.
    pub function: Option<String>,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        if let Some(function) = &self.function {
            write!(f, " in {function}")?;
        }
        Ok(())
    }
}

/// Scripts of the engine's own have names that begin so: they are not shown.
const HIDDEN: u8 = b'(';

/// Deeper stacks are told by their ends: runaway recursion has tens of thousands of frames.
const SHOWN_AT_EACH_END: usize = 12;

/// The Lua frames of a coroutine, innermost first, beginning at `level`.
///
/// # Safety
/// `state` is live.
pub(crate) unsafe fn places(state: *mut lua_State, level: i32) -> Vec<Place> {
    // SAFETY: by the caller's promise.
    let depth = unsafe { ffi::lua_stackdepth(state) };
    let skipped = |level: i32| (SHOWN_AT_EACH_END as i32) < level && level < depth - SHOWN_AT_EACH_END as i32;
    // SAFETY: by the caller's promise.
    (level..depth).filter(|level| !skipped(*level)).filter_map(|level| unsafe { place(state, level) }).collect()
}

/// The innermost Lua frame.
///
/// # Safety
/// `state` is live.
pub(crate) unsafe fn innermost(state: *mut lua_State) -> Option<Place> {
    // SAFETY: by the caller's promise.
    unsafe { (0..ffi::lua_stackdepth(state)).find_map(|level| place(state, level)) }
}

/// The Lua frame at one level of a coroutine; none where the frame is the engine's own.
///
/// # Safety
/// `state` is live.
pub(crate) unsafe fn place(state: *mut lua_State, level: i32) -> Option<Place> {
    // SAFETY: by the caller's promise; `lua_getinfo` fills the record whenever it returns 1, with strings that live
    // as long as the function does.
    unsafe {
        let mut record = MaybeUninit::<ffi::lua_Debug>::zeroed();
        if ffi::lua_getinfo(state, level, c"sln".as_ptr(), record.as_mut_ptr()) == 0 {
            return None;
        }
        let record = record.assume_init();
        if record.currentline < 0 || record.short_src.is_null() || *record.short_src as u8 == HIDDEN {
            return None;
        }
        let text = |text: *const std::os::raw::c_char| CStr::from_ptr(text).to_string_lossy().into_owned();
        let function = (!record.name.is_null()).then(|| text(record.name));
        Some(Place { file: text(record.short_src), line: record.currentline as u32, function })
    }
}

/// The frames as lines of text.
///
/// # Safety
/// `state` is live.
pub(crate) unsafe fn traceback(state: *mut lua_State, level: i32) -> String {
    // SAFETY: by the caller's promise.
    let places = unsafe { places(state, level) };
    places.iter().map(|place| format!("    {place}\n")).collect()
}
