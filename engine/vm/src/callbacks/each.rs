//! `table.foreach` and `table.foreachi`: old, but part of the library, and their function may wait too.

use std::os::raw::c_int;

use mlua::ffi::{self, lua_State};

use super::{WAITS, call, forged};
use crate::charge::{self, Weight};

const TABLE: c_int = 1;
const FUNCTION: c_int = 2;
/// The key of the entry in hand, or the index and before it the number of items.
const KEY: c_int = 3;
const ITEMS: c_int = 3;
const INDEX: c_int = 4;
/// Where the function lies while it runs, in the one and the other.
pub(super) const FOREACH_CALLEE: u8 = 3;
pub(super) const FOREACHI_CALLEE: u8 = 4;

/// Checks the arguments as Luau does.
unsafe fn begin(state: *mut lua_State) {
    // SAFETY: called from C functions on a live state.
    unsafe {
        ffi::luaL_checktype(state, TABLE, ffi::LUA_TTABLE);
        ffi::luaL_checktype(state, FUNCTION, ffi::LUA_TFUNCTION);
        charge::pay(state, Weight::Slots);
        ffi::lua_settop(state, FUNCTION);
    }
}

/// # Safety
/// Called by Luau.
pub(super) unsafe extern "C-unwind" fn foreach(state: *mut lua_State) -> c_int {
    // SAFETY: Luau calls with a live state.
    unsafe {
        begin(state);
        ffi::lua_pushnil(state);
        next_entry(state)
    }
}

/// # Safety
/// Called by Luau when a function that waited has returned: its result is on top.
pub(super) unsafe extern "C-unwind" fn foreach_goes_on(state: *mut lua_State, _status: c_int) -> c_int {
    // SAFETY: Luau calls with a live state; what the frame holds is checked.
    unsafe {
        if ffi::lua_type(state, TABLE) != ffi::LUA_TTABLE || ffi::lua_gettop(state) != KEY + 1 {
            forged(state, c"foreach");
        }
        if ffi::lua_type(state, -1) != ffi::LUA_TNIL {
            return 1;
        }
        next_entry(state)
    }
}

/// Calls the function for each entry after the one whose key is in its slot.
unsafe fn next_entry(state: *mut lua_State) -> c_int {
    // SAFETY: the frame holds table, function and key. The key is kept below the call.
    unsafe {
        loop {
            ffi::lua_settop(state, KEY);
            if ffi::lua_next(state, TABLE) == 0 {
                return 0;
            }
            ffi::lua_pushvalue(state, FUNCTION);
            ffi::lua_insert(state, -2);
            ffi::lua_pushvalue(state, KEY);
            ffi::lua_insert(state, -2);
            if !call(state, 2) {
                return WAITS;
            }
            if ffi::lua_type(state, -1) != ffi::LUA_TNIL {
                return 1;
            }
        }
    }
}

/// # Safety
/// Called by Luau.
pub(super) unsafe extern "C-unwind" fn foreachi(state: *mut lua_State) -> c_int {
    // SAFETY: Luau calls with a live state.
    unsafe {
        begin(state);
        ffi::lua_pushnumber(state, ffi::lua_objlen(state, TABLE) as f64);
        ffi::lua_pushnumber(state, 0.0);
        next_item(state)
    }
}

/// # Safety
/// Called by Luau when a function that waited has returned: its result is on top.
pub(super) unsafe extern "C-unwind" fn foreachi_goes_on(state: *mut lua_State, _status: c_int) -> c_int {
    // SAFETY: Luau calls with a live state; what the frame holds is checked.
    unsafe {
        if ffi::lua_type(state, TABLE) != ffi::LUA_TTABLE || ffi::lua_gettop(state) != INDEX + 1 {
            forged(state, c"foreachi");
        }
        if ffi::lua_type(state, -1) != ffi::LUA_TNIL {
            return 1;
        }
        next_item(state)
    }
}

/// Calls the function for each item after the one whose index is in its slot.
unsafe fn next_item(state: *mut lua_State) -> c_int {
    // SAFETY: the frame holds table, function, the number of items and the index; a slot that holds no number reads
    // as 0, and any index is a possible key.
    unsafe {
        loop {
            ffi::lua_settop(state, INDEX);
            let items = ffi::lua_tonumberx(state, ITEMS, std::ptr::null_mut());
            let index = ffi::lua_tonumberx(state, INDEX, std::ptr::null_mut()) + 1.0;
            if !(1.0..=items).contains(&index) {
                return 0;
            }
            ffi::lua_pushnumber(state, index);
            ffi::lua_replace(state, INDEX);
            ffi::lua_pushvalue(state, FUNCTION);
            ffi::lua_pushnumber(state, index);
            ffi::lua_rawgeti_(state, TABLE, index as c_int);
            if !call(state, 2) {
                return WAITS;
            }
            if ffi::lua_type(state, -1) != ffi::LUA_TNIL {
                return 1;
            }
        }
    }
}
