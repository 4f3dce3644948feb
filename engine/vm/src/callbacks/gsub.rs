//! `string.gsub` with a function that may wait. The matching itself is Luau's `string.find`, run in this call's own
//! frame, so that what it says of a malformed pattern is said of the line that called `gsub`; the text that comes out
//! grows in a buffer that only this call can reach, behind the few numbers that say where it is.

use std::ops::Range;
use std::os::raw::{c_char, c_int};

use mlua::ffi::{self, lua_State};

use super::{WAITS, call, forged, hand_over};
use crate::charge::{self, Weight};
use crate::native::Native;

// What `string.find` takes: the text, the pattern, where to begin, and whether the pattern is plain text.
const TEXT: c_int = 1;
const PATTERN: c_int = 2;
const FROM: c_int = 3;
const PLAIN: c_int = 4;
const FUNCTION: c_int = 5;
const STATE: c_int = 6;
/// Where the function lies while it runs.
pub(super) const CALLEE: u8 = 6;

/// Where a substitution is; offsets in the text are in bytes, from 0. Plain numbers, so that any bytes are one.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Place {
    /// Matches so far, and how many there may be at most.
    count: i32,
    most: i32,
    /// Bytes of output so far.
    written: u32,
    /// What of the text was put out or replaced already.
    copied: u32,
    /// The match in hand.
    begin: u32,
    end: u32,
}

/// Bytes of output that a call begins with.
const FIRST_ROOM: usize = 64;

/// # Safety
/// Called by Luau.
pub(super) unsafe extern "C-unwind" fn gsub(state: *mut lua_State) -> c_int {
    // SAFETY: Luau calls with a live state; argument checks raise as Luau's own do.
    unsafe {
        charge::pay(state, Weight::Bytes);
        let originals = &(*Native::of(state)).originals;
        let (mut text, mut pattern) = (0, 0);
        if ffi::lua_type(state, 3) != ffi::LUA_TFUNCTION || is_only_malformed(state) {
            let original = originals.gsub;
            return hand_over(state, original);
        }
        ffi::luaL_checklstring(state, TEXT, &mut text);
        ffi::luaL_checklstring(state, PATTERN, &mut pattern);
        let most = ffi::luaL_optinteger_(state, 4, text as c_int + 1);
        ffi::lua_settop(state, 3);
        ffi::lua_pushnumber(state, 1.0);
        ffi::lua_insert(state, FROM);
        ffi::lua_pushboolean(state, 0);
        ffi::lua_insert(state, PLAIN);
        let place = Place { most, ..Place::default() };
        ffi::lua_newbuffer(state, size_of::<Place>() + FIRST_ROOM).cast::<Place>().write(place);
        go_on(state, place)
    }
}

/// Whether the pattern would be plain text but for a `)` that nothing opens: `find` takes it for plain text, while for
/// `gsub` it is malformed where a match gets that far. It never matches, so no function is called.
unsafe fn is_only_malformed(state: *mut lua_State) -> bool {
    // SAFETY: the state runs `gsub`; a string is read while it is in the frame.
    unsafe {
        if ffi::lua_type(state, PATTERN) != ffi::LUA_TSTRING {
            return false;
        }
        let mut size = 0;
        let pattern = ffi::lua_tolstring(state, PATTERN, &mut size);
        let pattern = std::slice::from_raw_parts(pattern.cast::<u8>(), size);
        pattern.contains(&b')') && !pattern.iter().any(|byte| b"^$*+?.([%-".contains(byte))
    }
}

/// # Safety
/// Called by Luau when a function that waited has returned: its result is on top.
pub(super) unsafe extern "C-unwind" fn gsub_goes_on(state: *mut lua_State, _status: c_int) -> c_int {
    // SAFETY: Luau calls with a live state; what the frame holds is checked.
    unsafe {
        let mut size = 0;
        let buffer = ffi::lua_tobuffer(state, STATE, &mut size).cast::<Place>();
        if ffi::lua_gettop(state) != STATE + 1
            || buffer.is_null()
            || size < size_of::<Place>() + FIRST_ROOM
            || ffi::lua_type(state, TEXT) != ffi::LUA_TSTRING
            || ffi::lua_type(state, PATTERN) != ffi::LUA_TSTRING
        {
            forged(state, c"gsub");
        }
        let place = buffer.read();
        let ordered = place.copied <= place.begin && place.begin <= place.end;
        if !ordered || place.end as usize > ffi::lua_objlen(state, TEXT) || place.count < 0 {
            forged(state, c"gsub");
        }
        if place.written as usize > size - size_of::<Place>() {
            forged(state, c"gsub");
        }
        match replace(state, place) {
            Some(place) => go_on(state, place),
            None => finish(state),
        }
    }
}

/// Matches and calls, until it waits or no match is left.
unsafe fn go_on(state: *mut lua_State, mut place: Place) -> c_int {
    // SAFETY: the frame holds what the constants say, and `place` is within the text.
    unsafe {
        let native = Native::of(state);
        while place.count < place.most {
            let found = hand_over(state, (*native).originals.find);
            let first = ffi::lua_gettop(state) - found + 1;
            if found < 2 {
                break;
            }
            // `find` counts from 1 and includes the end: only the begin needs to be moved.
            place.begin = ffi::lua_tonumberx(state, first, std::ptr::null_mut()) as u32 - 1;
            place.end = ffi::lua_tonumberx(state, first + 1, std::ptr::null_mut()) as u32;
            if place.begin < place.copied {
                forged(state, c"gsub");
            }
            place.count += 1;
            ffi::lua_remove(state, first);
            ffi::lua_pushvalue(state, FUNCTION);
            ffi::lua_replace(state, first);
            let mut captures = found - 2;
            if captures == 0 {
                let text = ffi::lua_tolstring(state, TEXT, std::ptr::null_mut());
                ffi::lua_rawcheckstack(state, 1);
                ffi::lua_pushlstring_(state, text.add(place.begin as usize), (place.end - place.begin) as usize);
                captures = 1;
            }
            current(state).write(place);
            if !call(state, captures) {
                return WAITS;
            }
            match replace(state, place) {
                Some(next) => place = next,
                None => return finish(state),
            }
        }
        current(state).write(place);
        finish(state)
    }
}

unsafe fn current(state: *mut lua_State) -> *mut Place {
    // SAFETY: the frame holds the buffer, whose alignment Luau sees to.
    unsafe { ffi::lua_tobuffer(state, STATE, &mut 0).cast::<Place>() }
}

/// Puts out what lies before the match and the function's result in its place; `None` where that was the last match.
unsafe fn replace(state: *mut lua_State, mut place: Place) -> Option<Place> {
    // SAFETY: the frame holds what the constants say and the result on top; `place` is within the text.
    unsafe {
        let mut length = 0;
        let text = ffi::lua_tolstring(state, TEXT, &mut length);
        let anchored = *ffi::lua_tolstring(state, PATTERN, std::ptr::null_mut()) == b'^' as c_char;
        let before = place.copied as usize..place.begin as usize;
        let matched = place.begin as usize..place.end as usize;
        append(state, &mut place, text, before);
        if ffi::lua_toboolean(state, -1) == 0 {
            append(state, &mut place, text, matched);
        } else if ffi::lua_isstring(state, -1) != 0 {
            let mut size = 0;
            let bytes = ffi::lua_tolstring(state, -1, &mut size);
            append(state, &mut place, bytes, 0..size);
        } else {
            let kind = ffi::luaL_typename(state, -1);
            ffi::luaL_error(state, c"invalid replacement value (a %s)".as_ptr(), kind);
        }
        ffi::lua_settop(state, STATE);
        place.copied = place.end;
        current(state).write(place);
        // After an empty match the search goes on one byte further.
        let next = if place.end > place.begin { place.end } else { place.end + 1 };
        if anchored || next as usize > length {
            return None;
        }
        ffi::lua_pushnumber(state, f64::from(next) + 1.0);
        ffi::lua_replace(state, FROM);
        Some(place)
    }
}

/// Puts bytes out, making room where there is none.
unsafe fn append(state: *mut lua_State, place: &mut Place, bytes: *const c_char, range: Range<usize>) {
    // SAFETY: the range lies within the bytes, which belong to a string in the frame. The buffer is within the frame;
    // the new one takes its slot before the old one can go.
    unsafe {
        let count = range.len();
        let used = size_of::<Place>() + place.written as usize;
        let mut size = 0;
        let mut buffer = ffi::lua_tobuffer(state, STATE, &mut size).cast::<u8>();
        if size - used < count {
            let larger = ffi::lua_newbuffer(state, (2 * size).max(used + count)).cast::<u8>();
            std::ptr::copy_nonoverlapping(buffer, larger, used);
            ffi::lua_replace(state, STATE);
            buffer = larger;
        }
        std::ptr::copy_nonoverlapping(bytes.add(range.start).cast::<u8>(), buffer.add(used), count);
        place.written += count as u32;
    }
}

/// Returns the text and the number of matches.
unsafe fn finish(state: *mut lua_State) -> c_int {
    // SAFETY: the frame holds what the constants say.
    unsafe {
        ffi::lua_settop(state, STATE);
        let mut place = current(state).read();
        let mut length = 0;
        let text = ffi::lua_tolstring(state, TEXT, &mut length);
        let rest = place.copied as usize..length;
        append(state, &mut place, text, rest);
        let bytes = ffi::lua_tobuffer(state, STATE, &mut 0).cast::<c_char>();
        ffi::lua_pushlstring_(state, bytes.add(size_of::<Place>()), place.written as usize);
        ffi::lua_pushnumber(state, f64::from(place.count));
        2
    }
}
