//! What the benchmarks compare with: the least that the same Luau can do the same work with, without an engine around
//! it. Plain `lua_newstate` on the system's allocator, plain `lua_resume`, no interrupts, no sandbox, no collection.

use std::os::raw::c_void;

use mlua::ffi::{self, lua_State};

use crate::compile;

/// Coroutines of a bare Luau state, resumed one after the other.
pub struct BareThreads {
    state: *mut lua_State,
    threads: Vec<*mut lua_State>,
}

unsafe extern "C" fn allocate(_: *mut c_void, block: *mut c_void, _: usize, new: usize) -> *mut c_void {
    // SAFETY: Luau's contract for allocators is that of `realloc`.
    unsafe {
        if new == 0 {
            libc::free(block);
            return std::ptr::null_mut();
        }
        libc::realloc(block, new)
    }
}

impl BareThreads {
    /// `count` coroutines of the function that `source` returns, not yet run.
    pub fn new(count: usize, source: &str) -> Self {
        let script = compile(source).expect("the benchmark's script compiles");
        // SAFETY: a fresh state used by this value alone; stack use is balanced.
        unsafe {
            let state = ffi::lua_newstate(allocate, std::ptr::null_mut());
            ffi::luaL_openlibs(state);
            ffi::lua_gc(state, ffi::LUA_GCSTOP, 0);
            ffi::luau_load(state, c"=bare".as_ptr(), script.code.as_ptr().cast(), script.code.len(), 0);
            ffi::lua_call(state, 0, 1);
            let mut bare = BareThreads { state, threads: Vec::with_capacity(count) };
            for _ in 0..count {
                let thread = ffi::lua_newthread(state);
                ffi::lua_ref(state, -1);
                ffi::lua_settop(state, -2);
                ffi::lua_pushvalue(state, 1);
                ffi::lua_xmove(state, thread, 1);
                bare.threads.push(thread);
            }
            bare
        }
    }

    /// Resumes each once; returns how many yielded.
    pub fn round(&mut self) -> usize {
        let mut yielded = 0;
        for thread in &self.threads {
            // SAFETY: the threads are suspended coroutines of our own state.
            let status = unsafe { ffi::lua_resume_(*thread, std::ptr::null_mut(), 0) };
            yielded += usize::from(status == ffi::LUA_YIELD);
        }
        yielded
    }

    /// Makes, runs to its end, and drops one coroutine, `count` times, collecting garbage at Luau's own pace. Returns
    /// how many ended.
    pub fn spawn(&mut self, count: usize) -> usize {
        let mut ended = 0;
        // SAFETY: as in `new`.
        unsafe {
            ffi::lua_gc(self.state, ffi::LUA_GCRESTART, 0);
            for _ in 0..count {
                let thread = ffi::lua_newthread(self.state);
                ffi::lua_pushvalue(self.state, 1);
                ffi::lua_xmove(self.state, thread, 1);
                let status = ffi::lua_resume_(thread, std::ptr::null_mut(), 0);
                ended += usize::from(status == ffi::LUA_OK);
                ffi::lua_settop(self.state, 1);
            }
            ffi::lua_gc(self.state, ffi::LUA_GCSTOP, 0);
        }
        ended
    }

    /// Bytes that Luau has allocated.
    pub fn allocated(&self) -> usize {
        // SAFETY: the state is live.
        unsafe { ffi::lua_totalbytes(self.state, 0) }
    }
}

impl Drop for BareThreads {
    fn drop(&mut self) {
        // SAFETY: made by `new`, closed once.
        unsafe { ffi::lua_close(self.state) }
    }
}
