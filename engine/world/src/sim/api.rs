//! The table of functions that scripts can call, and who answers each.

use std::ffi::CStr;

/// A function of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Function {
    // Of time, chance and speech.
    Seconds,
    Now,
    Time,
    Say,
    Log,
    // Of classes.
    Declare,
    Require,
    GetGlobal,
    SetGlobal,
    // Of tasklets.
    Start,
    Restart,
    Me,
    Park,
    Unpark,
    Await,
    Status,
    Cancel,
    RaiseIn,
    Defer,
    Describe,
    Complain,
    // Of events.
    Tell,
    Ask,
    WaitEvent,
    // Of actions.
    WaitAction,
    Activator,
    Caller,
    IsTaking,
    // Of actors.
    Spawn,
    Despawn,
    RaiseAt,
    Find,
    FindAll,
    InBox,
    InCircle,
    Ray,
    Nearest,
    NameOf,
    ClassOf,
    Position,
    Size,
    Velocity,
    IsAlive,
    HandleOf,
    // Of motion.
    MoveTo,
    MoveBy,
    Follow,
    StopMoving,
    SetPosition,
    // Of actors' own tables.
    Label,
    // Of the operating system, which is the world.
    Clock,
    // Of the prelude.
    CheckParts,
}

use Function as F;

/// Global functions that the host answers.
pub(crate) const GLOBALS: &[(&CStr, Function)] = &[
    (c"seconds", F::Seconds),
    (c"now", F::Now),
    (c"time", F::Time),
    (c"say", F::Say),
    (c"log", F::Log),
    (c"print", F::Log),
    (c"require", F::Require),
    (c"start", F::Start),
    (c"restart", F::Restart),
    (c"defer", F::Defer),
    (c"tell", F::Tell),
    (c"ask", F::Ask),
    (c"wait_event", F::WaitEvent),
    (c"wait_action", F::WaitAction),
    (c"activator", F::Activator),
    (c"caller", F::Caller),
    (c"spawn", F::Spawn),
    (c"despawn", F::Despawn),
    (c"find", F::Find),
    (c"find_all", F::FindAll),
    (c"in_box", F::InBox),
    (c"in_circle", F::InCircle),
    (c"ray", F::Ray),
    (c"nearest", F::Nearest),
];

/// Functions for the prelude alone.
pub(crate) const INTERNALS: &[(&CStr, Function)] = &[
    (c"start", F::Start),
    (c"declare", F::Declare),
    (c"me", F::Me),
    (c"park", F::Park),
    (c"unpark", F::Unpark),
    (c"await", F::Await),
    (c"status", F::Status),
    (c"cancel", F::Cancel),
    (c"raise_in", F::RaiseIn),
    (c"describe", F::Describe),
    (c"label", F::Label),
    (c"complain", F::Complain),
    (c"check_parts", F::CheckParts),
];

/// Methods of every actor: on its own table, and on handles.
pub(crate) const METHODS: &[(&CStr, Function)] = &[
    (c"name", F::NameOf),
    (c"class", F::ClassOf),
    (c"position", F::Position),
    (c"size", F::Size),
    (c"velocity", F::Velocity),
    (c"is_alive", F::IsAlive),
    (c"is_taking", F::IsTaking),
    (c"handle", F::HandleOf),
    (c"tell", F::Tell),
    (c"ask", F::Ask),
    (c"raise", F::RaiseAt),
    (c"despawn", F::Despawn),
];

/// Methods of an actor's own table only.
pub(crate) const OWN_METHODS: &[(&CStr, Function)] = &[
    (c"move_to", F::MoveTo),
    (c"move_by", F::MoveBy),
    (c"follow", F::Follow),
    (c"stop_moving", F::StopMoving),
    (c"set_position", F::SetPosition),
];

/// Global functions that the prelude makes, for suggestions.
pub(crate) const MADE: &[&str] = &[
    "exception",
    "try",
    "race",
    "all",
    "timeout",
    "every",
    "after",
    "wait_until",
    "required",
    "optional",
    "actor",
    "wait",
    "pcall",
    "xpcall",
    "error",
    "assert",
    "tostring",
    "tonumber",
    "type",
    "typeof",
    "pairs",
    "ipairs",
    "next",
    "select",
    "setmetatable",
    "getmetatable",
    "rawget",
    "rawset",
    "rawequal",
    "rawlen",
    "unpack",
    "math",
    "string",
    "table",
    "coroutine",
    "vector",
    "buffer",
    "utf8",
    "bit32",
    "os",
    "debug",
];

/// The names of all that scripts can call of the engine: global functions, and methods with a colon before them.
pub fn names() -> Vec<String> {
    let engine = MADE.iter().take_while(|name| **name != "pcall").map(|name| (*name).to_owned());
    let globals = GLOBALS.iter().map(|(name, _)| name.to_string_lossy().into_owned());
    let methods = METHODS.iter().chain(OWN_METHODS).map(|(name, _)| format!(":{}", name.to_string_lossy()));
    globals.chain(engine).chain(["random".to_owned()]).chain(methods).collect()
}

impl Function {
    /// Whether it makes sense while the scripts are loaded, when no actor is there.
    pub(crate) fn works_at_top_level(self) -> bool {
        matches!(self, F::Declare | F::Require | F::GetGlobal | F::SetGlobal | F::Log | F::Describe)
    }

    /// The function of that number.
    pub(crate) fn from_number(number: u32) -> Option<Function> {
        ALL.get(number as usize).copied()
    }
}

/// All functions, in the order of their numbers.
const ALL: &[Function] = &[
    F::Seconds,
    F::Now,
    F::Time,
    F::Say,
    F::Log,
    F::Declare,
    F::Require,
    F::GetGlobal,
    F::SetGlobal,
    F::Start,
    F::Restart,
    F::Me,
    F::Park,
    F::Unpark,
    F::Await,
    F::Status,
    F::Cancel,
    F::RaiseIn,
    F::Defer,
    F::Describe,
    F::Complain,
    F::Tell,
    F::Ask,
    F::WaitEvent,
    F::WaitAction,
    F::Activator,
    F::Caller,
    F::IsTaking,
    F::Spawn,
    F::Despawn,
    F::RaiseAt,
    F::Find,
    F::FindAll,
    F::InBox,
    F::InCircle,
    F::Ray,
    F::Nearest,
    F::NameOf,
    F::ClassOf,
    F::Position,
    F::Size,
    F::Velocity,
    F::IsAlive,
    F::HandleOf,
    F::MoveTo,
    F::MoveBy,
    F::Follow,
    F::StopMoving,
    F::SetPosition,
    F::Label,
    F::Clock,
    F::CheckParts,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_functions_agree() {
        for (number, function) in ALL.iter().enumerate() {
            assert_eq!(*function as usize, number);
        }
    }
}
