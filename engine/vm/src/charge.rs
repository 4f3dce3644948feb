//! What library functions cost that work through long strings and tables without an interrupt: charged before they run,
//! in interrupts, by what they are about to touch, and for the strings that they made. Patterns count interrupts of their own.

use std::ffi::CStr;
use std::os::raw::c_int;

use mlua::ffi::{self, lua_State};

use crate::native::Native;
use crate::shim;

/// How a function's work is estimated from its arguments.
#[derive(Clone, Copy)]
pub(crate) enum Weight {
    /// By what it makes alone.
    Result,
    /// By the bytes of all strings and buffers given.
    Bytes,
    /// By the bytes of a string (argument 1) from a position (argument 3) on.
    Rest,
    /// By the results between two positions (arguments 2 and 3).
    Range,
    /// By the bytes of the string that is the third argument.
    Third,
    /// By the size of the buffer that is written to, or the count that is given as this argument.
    Count(c_int),
    /// By the conversions in the format.
    Format,
    /// By the slots of the table, used or not.
    Slots,
    /// By the slots and as often as sorting looks at each.
    Sort,
    /// By the items between a position (argument 2) and the end, where one is given (by so many arguments).
    Shift(c_int),
    /// By the items that are moved or unpacked: from argument 2 to argument 3, or all.
    Span,
    /// By the slots between one key and the next.
    Next,
}

use Weight as W;

const CHARGED: &[(&CStr, &CStr, Weight)] = &[
    (c"string", c"find", W::Rest),
    (c"string", c"match", W::Rest),
    (c"string", c"gmatch", W::Bytes),
    (c"string", c"rep", W::Bytes),
    (c"string", c"reverse", W::Bytes),
    (c"string", c"lower", W::Bytes),
    (c"string", c"upper", W::Bytes),
    (c"string", c"split", W::Bytes),
    (c"string", c"sub", W::Result),
    (c"string", c"byte", W::Range),
    (c"string", c"format", W::Format),
    (c"string", c"pack", W::Bytes),
    (c"table", c"concat", W::Span),
    (c"table", c"find", W::Slots),
    (c"table", c"move", W::Span),
    (c"table", c"insert", W::Shift(3)),
    (c"table", c"remove", W::Shift(2)),
    (c"table", c"clear", W::Slots),
    (c"table", c"clone", W::Slots),
    (c"table", c"unpack", W::Span),
    (c"table", c"maxn", W::Slots),
    (c"utf8", c"len", W::Bytes),
    (c"utf8", c"offset", W::Bytes),
    (c"utf8", c"codepoint", W::Range),
    (c"buffer", c"tostring", W::Result),
    (c"buffer", c"readstring", W::Result),
    (c"buffer", c"fill", W::Count(4)),
    (c"buffer", c"copy", W::Count(5)),
    (c"buffer", c"writestring", W::Third),
    (c"", c"unpack", W::Span),
    (c"", c"next", W::Next),
    (c"", c"tonumber", W::Bytes),
];

/// Bytes that are worked through in the time of an interrupt, and slots of tables.
pub(crate) const BYTES_PER_UNIT: i64 = 64;
const SLOTS_PER_UNIT: i64 = 8;
/// Interrupts for a conversion of `string.format`.
const CONVERSION: i64 = 20;

/// Puts the charged functions in the place of the library's own.
///
/// # Safety
/// `state` is a main state with the libraries open, under a protected call, with nothing on its stack.
pub(crate) unsafe fn open(state: *mut lua_State) {
    // SAFETY: by the caller's promise; a function that this Luau does not have is left out.
    unsafe {
        for (library, name, weight) in CHARGED {
            match library.to_bytes() {
                b"" => ffi::lua_pushvalue(state, ffi::LUA_GLOBALSINDEX),
                _ => {
                    ffi::lua_getfield(state, ffi::LUA_GLOBALSINDEX, library.as_ptr());
                }
            }
            ffi::lua_getfield(state, -1, name.as_ptr());
            if let Some(original) = ffi::lua_tocfunction(state, -1) {
                let charged = &mut (*Native::of(state)).charged;
                charged.push((original, *weight));
                // By number, not by address: addresses differ from process to process, and upvalues are hashed.
                ffi::lua_pushnumber(state, (charged.len() - 1) as f64);
                ffi::lua_pushcclosurek(state, charged_call, name.as_ptr(), 1, None);
                ffi::lua_setfield(state, -3, name.as_ptr());
            }
            ffi::lua_settop(state, 0);
        }
    }
}

unsafe extern "C-unwind" fn charged_call(state: *mut lua_State) -> c_int {
    // SAFETY: Luau calls with a live state and our upvalue; the original takes the frame as it is.
    unsafe {
        let native = Native::of(state);
        let at = ffi::lua_tonumberx(state, ffi::lua_upvalueindex(1), std::ptr::null_mut()) as usize;
        let (original, weight) = (&(*native).charged)[at];
        (*native).hot.fuel -= weigh(state, weight);
        let results = original(state);
        // Whether a string is allocated depends on which are there already; that it was made does not.
        if results > 0 && ffi::lua_type(state, -1) == ffi::LUA_TSTRING {
            let size = ffi::lua_objlen(state, -1) as i64;
            (*native).hot.fuel -= size / BYTES_PER_UNIT;
            (*native).hot.bytes += size;
        }
        if matches!(weight, W::Next) {
            let slots = shim::dm_slots_between(state, 1, 2, -results);
            if slots >= 1 << 10 {
                (*native).hot.fuel -= slots as i64 / SLOTS_PER_UNIT;
            }
        }
        results
    }
}

/// Charges the running tasklet for a call with the arguments in the frame; for functions that are charged by themselves.
///
/// # Safety
/// `state` runs the function.
pub(crate) unsafe fn pay(state: *mut lua_State, weight: Weight) {
    // SAFETY: by the caller's promise; the native side outlives the call.
    unsafe { (*Native::of(state)).hot.fuel -= weigh(state, weight) }
}

/// # Safety
/// `state` runs the function.
unsafe fn weigh(state: *mut lua_State, weight: Weight) -> i64 {
    // SAFETY: by the caller's promise; places without a value have no length and are no number.
    unsafe {
        let bytes = |at: c_int| match ffi::lua_type(state, at) {
            ffi::LUA_TSTRING | ffi::LUA_TBUFFER => ffi::lua_objlen(state, at) as i64,
            _ => 0,
        };
        // As in the meter, small tables are not worth it.
        let slots = |at: c_int| match ffi::lua_type(state, at) {
            ffi::LUA_TTABLE => {
                Some(shim::dm_table_slots(state, at) as i64).filter(|slots| *slots >= 1 << 10).unwrap_or(0)
            }
            _ => 0,
        };
        let items =
            |at: c_int| if ffi::lua_type(state, at) == ffi::LUA_TTABLE { ffi::lua_objlen(state, at) as i64 } else { 0 };
        let number = |at: c_int| (ffi::lua_type(state, at) == ffi::LUA_TNUMBER).then(|| whole(state, at));
        let top = ffi::lua_gettop(state);
        match weight {
            W::Bytes => (1..=top.min(4)).map(bytes).sum::<i64>() / BYTES_PER_UNIT,
            W::Rest => (bytes(1) - number(3).unwrap_or(0).max(0)).max(0) / BYTES_PER_UNIT + bytes(2) / BYTES_PER_UNIT,
            W::Range => {
                let from = number(2).unwrap_or(1);
                span(from, number(3).unwrap_or(from), bytes(1)) / SLOTS_PER_UNIT
            }
            W::Third => bytes(4).max(bytes(3)) / BYTES_PER_UNIT,
            W::Count(at) => number(at).unwrap_or(bytes(1)).clamp(0, bytes(1)) / (4 * BYTES_PER_UNIT),
            W::Format => format_cost(state) + (1..=top).map(bytes).sum::<i64>() / BYTES_PER_UNIT,
            W::Slots => slots(1) / SLOTS_PER_UNIT,
            W::Sort => {
                let items = items(1);
                items * i64::from(items.max(1).ilog2()) / SLOTS_PER_UNIT
            }
            W::Shift(arguments) if top >= arguments => {
                (items(1) - number(2).unwrap_or(1).max(1)).max(0) / SLOTS_PER_UNIT
            }
            W::Shift(_) => 0,
            W::Span => {
                // `concat` has its separator in the second place.
                let first = if ffi::lua_type(state, 2) == ffi::LUA_TSTRING || top < 2 { 3 } else { 2 };
                let items = items(1);
                let from = number(first).unwrap_or(1);
                // It stops at the first hole; the others go through holes as well.
                let most = if first == 3 { shim::dm_table_slots(state, 1) as i64 + 1 } else { 1 << 32 };
                span(from, number(first + 1).unwrap_or(items), i64::MAX / 4).min(most) / SLOTS_PER_UNIT
            }
            W::Result | W::Next => 0,
        }
    }
}

unsafe fn whole(state: *mut lua_State, at: c_int) -> i64 {
    // SAFETY: the place has a number.
    unsafe { ffi::lua_tonumberx(state, at, std::ptr::null_mut()).clamp(-1e15, 1e15) as i64 }
}

/// Whole numbers from one to another, where negative ones count from the end.
fn span(from: i64, to: i64, length: i64) -> i64 {
    let place = |at: i64| if at < 0 { (length + at + 1).max(0) } else { at };
    (place(to) - place(from) + 1).clamp(0, length)
}

unsafe fn format_cost(state: *mut lua_State) -> i64 {
    // SAFETY: the string stays on the stack while its bytes are counted.
    unsafe {
        if ffi::lua_type(state, 1) != ffi::LUA_TSTRING {
            return 0;
        }
        let mut size = 0;
        let text = ffi::lua_tolstring(state, 1, &mut size);
        let bytes = std::slice::from_raw_parts(text.cast::<u8>(), size);
        CONVERSION * bytes.iter().filter(|byte| **byte == b'%').count() as i64
    }
}
