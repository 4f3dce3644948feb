//! A host function's view of its call: the values it was given, and the ones it makes.
//!
//! Values are numbered from 1; what is pushed comes last. Reading a place with no value reads `nil`. All access is
//! checked, so the view is safe to hand to code that knows nothing of Luau; what it must never do is keep anything of
//! the VM beyond the call except by [`Pin`] or [`Thread`].

use std::borrow::Cow;
use std::ffi::CStr;
use std::marker::PhantomData;
use std::os::raw::c_int;

use mlua::ffi::{self, lua_State};

use crate::charge::BYTES_PER_UNIT;
use crate::compile::{self, Bytecode};
use crate::coroutines;
use crate::host::Raise;
use crate::intercept;
use crate::native::Native;
use crate::sandbox;
use crate::shim;
use crate::thread::Thread;
use crate::trace::{self, Place};
use crate::value::{Handle, Kind, Pin, Value, Word};
use crate::vm;

/// How deep a table may nest to be copied. A message deeper than this is a mistake.
pub const COPY_DEPTH: usize = 100;

/// Bytes that a tasklet which has not run yet is counted for.
const BORN_BYTES: i64 = 512;

/// Bytes of a copy that cost an interrupt.
const COPIED_PER_UNIT: u64 = 8;

/// See the module's comment.
pub struct Frame<'a> {
    state: *mut lua_State,
    call: PhantomData<&'a mut ()>,
}

impl Frame<'_> {
    /// # Safety
    /// `state` is live for the life of the frame, runs or is the main state, and is under a protected call.
    pub(crate) unsafe fn new(state: *mut lua_State) -> Self {
        Frame { state, call: PhantomData }
    }

    pub(crate) fn state(&self) -> *mut lua_State {
        self.state
    }

    pub(crate) fn native(&self) -> *mut Native {
        // SAFETY: the frame's state is live.
        unsafe { Native::of(self.state) }
    }

    /// A place that surely has a value; none is out of the frame's bounds.
    fn index(&self, at: u32) -> Option<c_int> {
        (1..=self.len()).contains(&at).then_some(at as c_int)
    }

    fn room(&mut self, values: c_int) {
        // SAFETY: the state is live; memory that runs out raises in the protected call around the frame.
        unsafe { ffi::lua_rawcheckstack(self.state, values) }
    }

    // ---- reading ---------------------------------------------------------------------------------------------

    /// How many values there are.
    pub fn len(&self) -> u32 {
        // SAFETY: the state is live.
        unsafe { ffi::lua_gettop(self.state) as u32 }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the value is.
    pub fn kind(&self, at: u32) -> Kind {
        // SAFETY: the state is live; a place beyond the last value is answered with no type.
        match unsafe { shim::dm_kind(self.state, at as c_int) } {
            ffi::LUA_TNONE => Kind::None,
            ffi::LUA_TNIL => Kind::Nil,
            ffi::LUA_TBOOLEAN => Kind::Bool,
            ffi::LUA_TNUMBER => Kind::Number,
            ffi::LUA_TVECTOR => Kind::Vector,
            ffi::LUA_TSTRING => Kind::Text,
            ffi::LUA_TTABLE => Kind::Table,
            ffi::LUA_TFUNCTION => Kind::Function,
            ffi::LUA_TTHREAD => Kind::Thread,
            ffi::LUA_TBUFFER => Kind::Buffer,
            ffi::LUA_TLIGHTUSERDATA => Kind::Handle,
            _ => Kind::Other,
        }
    }

    /// Whether the value is `nil` or missing.
    pub fn is_nil(&self, at: u32) -> bool {
        matches!(self.kind(at), Kind::Nil | Kind::None)
    }

    /// The number, where the value is one.
    pub fn number(&self, at: u32) -> Option<f64> {
        if self.kind(at) != Kind::Number {
            return None;
        }
        // SAFETY: the place has a number.
        Some(unsafe { ffi::lua_tonumberx(self.state, at as c_int, std::ptr::null_mut()) })
    }

    /// Whether the value counts as true.
    pub fn truthy(&self, at: u32) -> bool {
        // SAFETY: the place has a value.
        self.index(at).is_some_and(|place| unsafe { ffi::lua_toboolean(self.state, place) != 0 })
    }

    /// The vector, where the value is one.
    pub fn vector(&self, at: u32) -> Option<[f32; 3]> {
        if self.kind(at) != Kind::Vector {
            return None;
        }
        // SAFETY: a vector value has three floats at the address that is given.
        unsafe {
            let xyz = ffi::lua_tovector(self.state, at as c_int);
            Some([*xyz, *xyz.add(1), *xyz.add(2)])
        }
    }

    /// The host object's name, where the value is one.
    pub fn handle(&self, at: u32) -> Option<Handle> {
        if self.kind(at) != Kind::Handle {
            return None;
        }
        // SAFETY: the place has a light userdata; its tag is below 128.
        unsafe {
            let tag = ffi::lua_lightuserdatatag(self.state, at as c_int);
            let bits = ffi::lua_tolightuserdatatagged(self.state, at as c_int, tag) as usize as u64;
            Some(Handle { tag: tag as u8, bits })
        }
    }

    /// The host object's name that the value is, or that its field `id` is where it is a table.
    pub fn named_handle(&self, at: u32) -> Option<Handle> {
        let (mut tag, mut bits) = (0, 0);
        // SAFETY: the state is live; a place beyond the last value is answered with no.
        let found = at > 0 && unsafe { shim::dm_handle_at(self.state, at as c_int, &mut tag, &mut bits) != 0 };
        found.then_some(Handle { tag: tag as u8, bits })
    }

    /// The bytes of the string, where the value is one.
    pub fn bytes(&self, at: u32) -> Option<Vec<u8>> {
        if self.kind(at) != Kind::Text {
            return None;
        }
        let mut size = 0;
        // SAFETY: the place has a string, which lives on the stack while it is copied.
        unsafe {
            let bytes = ffi::lua_tolstring(self.state, at as c_int, &mut size);
            Some(std::slice::from_raw_parts(bytes.cast::<u8>(), size).to_vec())
        }
    }

    /// The string, where the value is one, for as long as the frame is left alone. Bytes that are not UTF-8 are replaced.
    pub fn peek(&self, at: u32) -> Option<Cow<'_, str>> {
        if self.kind(at) != Kind::Text {
            return None;
        }
        let mut size = 0;
        // SAFETY: the place has a string, which stays there while the frame is borrowed.
        unsafe {
            let bytes = ffi::lua_tolstring(self.state, at as c_int, &mut size);
            self.charge_bytes(size);
            Some(String::from_utf8_lossy(std::slice::from_raw_parts(bytes.cast::<u8>(), size)))
        }
    }

    /// The string, where the value is one. Bytes that are not UTF-8 are replaced.
    pub fn text(&self, at: u32) -> Option<String> {
        self.peek(at).map(Cow::into_owned)
    }

    /// The value as scripts would print it, without running any of them.
    pub fn display(&self, at: u32) -> String {
        match self.kind(at) {
            Kind::Bool => self.truthy(at).to_string(),
            Kind::Number | Kind::Text => {
                if let Some(number) = self.number(at) {
                    return number.to_string();
                }
                self.text(at).unwrap_or_default()
            }
            Kind::Vector => {
                let [x, y, z] = self.vector(at).unwrap_or_default();
                if z == 0.0 { format!("({x}, {y})") } else { format!("({x}, {y}, {z})") }
            }
            kind => kind.name().to_owned(),
        }
    }

    /// The value as a person reads it: as [`Frame::display`], but a table with a `name` by that name and its fields.
    pub fn describe(&mut self, at: u32) -> String {
        vm::describe(self, at, &mut |_| None)
    }

    /// As [`Frame::describe`], where fields that are handles, or objects with one, are shown as `called` says.
    pub fn describe_calling(&mut self, at: u32, called: &mut dyn FnMut(Handle) -> Option<String>) -> String {
        vm::describe(self, at, called)
    }

    /// The value by copy where that is possible, else pinned (and the pin is yours to unpin).
    pub fn value(&mut self, at: u32) -> Value {
        match self.kind(at) {
            Kind::None | Kind::Nil => Value::Nil,
            Kind::Bool => Value::Bool(self.truthy(at)),
            Kind::Number => Value::Number(self.number(at).unwrap_or_default()),
            Kind::Vector => Value::Vector(self.vector(at).unwrap_or_default()),
            Kind::Handle => self.handle(at).map_or(Value::Nil, Value::Handle),
            _ => Value::Pin(self.pin(at)),
        }
    }

    /// Whether two values are the same (no metamethod runs).
    pub fn same(&self, one: u32, other: u32) -> bool {
        match (self.index(one), self.index(other)) {
            // SAFETY: both places have values.
            (Some(one), Some(other)) => unsafe { ffi::lua_rawequal(self.state, one, other) != 0 },
            _ => false,
        }
    }

    /// Whether the script that called takes any result.
    pub fn is_result_wanted(&self) -> bool {
        // SAFETY: the state is live.
        unsafe { shim::dm_wanted(self.state) != 0 }
    }

    // ---- pins ------------------------------------------------------------------------------------------------

    /// Keeps the value until `unpin`.
    pub fn pin(&mut self, at: u32) -> Pin {
        match self.index(at) {
            // SAFETY: the place has a value.
            Some(place) => self.uncounted(|frame| Pin(unsafe { ffi::lua_ref(frame.state, place) })),
            None => Pin::NIL,
        }
    }

    /// Does what takes memory under whoever happens to run, and not the same in a world that was restored: the table of
    /// all pins grows when it is full, a coroutine is new when there is none to be used again.
    fn uncounted<R>(&mut self, body: impl FnOnce(&mut Self) -> R) -> R {
        let native = self.native();
        // SAFETY: the counters are read, and written, for the time of a line each.
        let counted = unsafe { ((*native).hot.fuel, (*native).hot.bytes) };
        let done = body(self);
        // SAFETY: as above.
        unsafe { ((*native).hot.fuel, (*native).hot.bytes) = counted };
        done
    }

    /// Pops the last value and keeps it until `unpin`.
    pub fn pop_pin(&mut self) -> Pin {
        let pin = self.pin(self.len());
        self.pop(1);
        pin
    }

    /// Gives a pin back.
    pub fn unpin(&mut self, pin: Pin) {
        if pin != Pin::NIL {
            // SAFETY: a number that is not a live reference is ignored or frees a slot that holds no memory of ours.
            unsafe { ffi::lua_unref(self.state, pin.0) };
        }
    }

    // ---- pushing ---------------------------------------------------------------------------------------------

    /// Pushes a value. A pinned one stays pinned.
    pub fn push(&mut self, value: Value) {
        if let Value::Pin(pin) = value {
            // SAFETY: the state is live; memory that runs out raises in the protected call around the frame.
            return unsafe { shim::dm_push_pin(self.state, pin.0) };
        }
        self.room(1);
        // SAFETY: there is room for one value.
        unsafe { push_value(self.state, value) }
    }

    /// Pushes a string that is kept for ever.
    pub fn push_word(&mut self, word: Word) {
        self.room(1);
        // SAFETY: there is room; words are strings of this VM that are never collected.
        unsafe { shim::dm_push_word(self.state, (*self.native()).word(word)) }
    }

    /// Pushes a string.
    pub fn push_text(&mut self, text: &str) {
        self.charge_bytes(text.len());
        self.room(1);
        // SAFETY: there is room, and the bytes are copied.
        unsafe { ffi::lua_pushlstring_(self.state, text.as_ptr().cast(), text.len()) }
    }

    /// Pushes the value at `at` once more.
    pub fn push_copy(&mut self, at: u32) {
        match self.index(at) {
            Some(place) => {
                self.room(1);
                // SAFETY: the place has a value and there is room.
                unsafe { ffi::lua_pushvalue(self.state, place) }
            }
            None => self.push(Value::Nil),
        }
    }

    /// Pushes a new table with room for so many list items and fields.
    pub fn push_table(&mut self, items: usize, fields: usize) {
        self.room(1);
        // SAFETY: there is room; sizes are clamped to what Luau takes.
        unsafe { ffi::lua_createtable(self.state, items.min(1 << 26) as c_int, fields.min(1 << 26) as c_int) }
    }

    /// Pushes a new table with room for so many fields, of which `id` is the handle, and with a pinned metatable.
    pub fn push_object(&mut self, fields: usize, id: Handle, metatable: Pin) {
        self.room(1);
        let fields = fields.min(1 << 26) as c_int;
        // SAFETY: there is room; the table is new, so that no barrier is needed for what is put into it.
        unsafe { shim::dm_push_object(self.state, fields, c_int::from(id.tag & 127), id.bits, metatable.0) }
    }

    /// Pushes the coroutine of a tasklet.
    pub fn push_thread(&mut self, thread: Thread) {
        // SAFETY: the table of threads is read for the time of this line.
        let pin = unsafe { (*self.native()).threads.pin(thread) };
        self.push(pin.map_or(Value::Nil, Value::Pin));
    }

    /// Removes the last values.
    pub fn pop(&mut self, count: u32) {
        let keep = self.len().saturating_sub(count);
        // SAFETY: never below the frame's base.
        unsafe { ffi::lua_settop(self.state, keep as c_int) }
    }

    /// Cuts or fills (with `nil`) the frame to so many values.
    pub fn set_len(&mut self, count: u32) {
        self.room(count as c_int);
        // SAFETY: there is room.
        unsafe { ffi::lua_settop(self.state, count as c_int) }
    }

    /// Removes one value; those after it move down.
    pub fn remove(&mut self, at: u32) {
        if let Some(place) = self.index(at) {
            // SAFETY: the place has a value.
            unsafe { ffi::lua_remove(self.state, place) }
        }
    }

    /// Moves the last value to `at`, in the place of the one there.
    pub fn put(&mut self, at: u32) {
        if let Some(place) = self.index(at) {
            // SAFETY: the place has a value.
            unsafe { ffi::lua_replace(self.state, place) }
        }
    }

    /// Moves the last value to `at`; those from there on move up.
    pub fn insert(&mut self, at: u32) {
        if let Some(place) = self.index(at) {
            // SAFETY: the place has a value.
            unsafe { ffi::lua_insert(self.state, place) }
        }
    }

    // ---- tables ----------------------------------------------------------------------------------------------

    /// Pushes `table.name` without metamethods; `nil` where `table` is none. Gives its kind.
    pub fn get(&mut self, table: u32, name: &str) -> Kind {
        if self.kind(table) != Kind::Table {
            self.push(Value::Nil);
            return Kind::Nil;
        }
        self.push_text(name);
        // SAFETY: the table is one, the key is on top and is replaced by the value.
        unsafe { ffi::lua_rawget(self.state, table as c_int) };
        self.kind(self.len())
    }

    /// Pops a key and pushes `table[key]` without metamethods, as [`Frame::get`].
    pub fn get_entry(&mut self, table: u32) -> Kind {
        if self.kind(table) != Kind::Table || self.is_empty() {
            self.pop(1);
            self.push(Value::Nil);
            return Kind::Nil;
        }
        // SAFETY: the table is one, the key is on top and is replaced by the value.
        unsafe { ffi::lua_rawget(self.state, table as c_int) };
        self.kind(self.len())
    }

    /// Pushes `table[index]` without metamethods.
    pub fn get_item(&mut self, table: u32, index: u32) -> Kind {
        if self.kind(table) != Kind::Table {
            self.push(Value::Nil);
            return Kind::Nil;
        }
        self.room(1);
        // SAFETY: the table is one and there is room.
        unsafe { ffi::lua_rawgeti_(self.state, table as c_int, index as c_int) };
        self.kind(self.len())
    }

    /// Pops a value and stores it as `table.name`. Nothing happens where `table` is none or read-only.
    pub fn set(&mut self, table: u32, name: &str) {
        if !self.writable(table) {
            return self.pop(1);
        }
        self.push_text(name);
        self.insert(self.len() - 1);
        // SAFETY: key and value are on top, the table is a writable one.
        unsafe { ffi::lua_rawset(self.state, table as c_int) }
    }

    /// As [`Frame::set`], by a name that is kept for ever.
    pub fn set_word(&mut self, table: u32, name: Word) {
        if !self.is_empty() {
            // SAFETY: there is a value to be popped; words are strings of this VM that are never collected.
            unsafe { shim::dm_set_word(self.state, table as c_int, (*self.native()).word(name)) }
        }
    }

    /// A string that is kept as long as the VM lives, so that using it again costs no search for it. For the few that
    /// the engine uses all the time; to be made before the first image.
    pub fn word(&mut self, text: &std::ffi::CStr) -> Word {
        // SAFETY: the state is live, and under a protected call.
        let string = unsafe { shim::dm_fixed_string(self.state, text.as_ptr()) };
        // SAFETY: the list is used between calls of Luau.
        unsafe { (*self.native()).add_word(string) }
    }

    /// Pops a value and stores it as `table[index]`, as [`Frame::set`].
    pub fn set_item(&mut self, table: u32, index: u32) {
        if !self.writable(table) {
            return self.pop(1);
        }
        // SAFETY: the value is on top, the table is a writable one.
        unsafe { ffi::lua_rawseti_(self.state, table as c_int, index as c_int) }
    }

    /// Pops a value and its key below it and stores them in the table, as [`Frame::set`].
    pub fn set_entry(&mut self, table: u32) {
        let key = self.len().saturating_sub(1);
        if !self.writable(table) || self.is_nil(key) || self.number(key).is_some_and(f64::is_nan) {
            return self.pop(2);
        }
        // SAFETY: key and value are on top, the key is a possible one, the table is a writable one.
        unsafe { ffi::lua_rawset(self.state, table as c_int) }
    }

    fn writable(&self, table: u32) -> bool {
        // SAFETY: the place has a table.
        self.kind(table) == Kind::Table && unsafe { ffi::lua_getreadonly(self.state, table as c_int) == 0 }
    }

    /// Whether the table can't be written to.
    pub fn is_frozen(&self, table: u32) -> bool {
        self.kind(table) == Kind::Table && !self.writable(table)
    }

    /// Calls `each` with every key and value pushed (as the last two values) and pops them afterwards.
    pub fn entries<E>(&mut self, table: u32, mut each: impl FnMut(&mut Self) -> Result<(), E>) -> Result<(), E> {
        if self.kind(table) != Kind::Table {
            return Ok(());
        }
        let mut at = 0;
        loop {
            let before = self.len();
            self.room(2);
            // SAFETY: the table is one, there is room for key and value.
            at = unsafe { ffi::lua_rawiter(self.state, table as c_int, at) };
            if at < 0 {
                return Ok(());
            }
            let result = each(self);
            self.set_len(before);
            result?;
        }
    }

    /// The border of the table's list part.
    pub fn items(&self, table: u32) -> u32 {
        if self.kind(table) != Kind::Table {
            return 0;
        }
        // SAFETY: the place has a table.
        unsafe { ffi::lua_objlen(self.state, table as c_int) as u32 }
    }

    /// Pops a table and makes it the metatable of the one at `table`.
    pub fn set_metatable(&mut self, table: u32) {
        if !self.writable(table) || !matches!(self.kind(self.len()), Kind::Table | Kind::Nil) {
            return self.pop(1);
        }
        // SAFETY: a table or nil is on top.
        unsafe { ffi::lua_setmetatable(self.state, table as c_int) };
    }

    /// Pushes the metatable of a table (not where the value is none, or has none). True when it did.
    pub fn push_metatable(&mut self, table: u32) -> bool {
        self.room(1);
        // SAFETY: the place has a table.
        self.kind(table) == Kind::Table && unsafe { ffi::lua_getmetatable(self.state, table as c_int) != 0 }
    }

    /// Makes the table read-only for ever.
    pub fn freeze(&mut self, table: u32) {
        if self.kind(table) == Kind::Table {
            // SAFETY: the place has a table.
            unsafe { ffi::lua_setreadonly(self.state, table as c_int, 1) }
        }
    }

    /// Opens a read-only table again, for the engine's own additions.
    pub fn thaw(&mut self, table: u32) {
        if self.kind(table) == Kind::Table {
            // SAFETY: the place has a table.
            unsafe { ffi::lua_setreadonly(self.state, table as c_int, 0) }
        }
    }

    /// Promises that this table of globals is changed by nobody, so that library functions can be called directly.
    pub fn set_safe(&mut self, table: u32) {
        if self.kind(table) == Kind::Table {
            // SAFETY: the place has a table.
            unsafe { ffi::lua_setsafeenv(self.state, table as c_int, 1) }
        }
    }

    /// Pushes the table of the VM's own globals.
    pub fn push_globals(&mut self) {
        self.room(1);
        // SAFETY: there is room.
        unsafe { ffi::lua_pushvalue(self.state, ffi::LUA_GLOBALSINDEX) }
    }

    // ---- functions and tasklets ------------------------------------------------------------------------------

    /// Pops a function and `arguments` values above it and makes them a new tasklet that has not run yet.
    ///
    /// Cost: a finished coroutine's memory is used again; else about 0.5 KB are allocated.
    pub fn pop_tasklet(&mut self, arguments: u32) -> Thread {
        let (thread, state) = self.fresh_thread();
        // SAFETY: the frame has the values, the new thread gets the room; both belong to the same VM.
        unsafe {
            let count = arguments.min(self.len().saturating_sub(1)) as c_int + 1;
            if count > 4 {
                ffi::lua_rawcheckstack(state, count);
            }
            ffi::lua_xmove(self.state, state, count);
        }
        thread
    }

    fn fresh_thread(&mut self) -> (Thread, *mut lua_State) {
        let native = self.native();
        // SAFETY: the table of threads is used between calls of Luau; making a thread runs no script.
        unsafe {
            let bytes = (*native).hot.bytes;
            let fresh = self.find_thread();
            // Whether there was one to be used again is not to be noticed.
            (*native).hot.bytes = bytes + BORN_BYTES;
            fresh
        }
    }

    fn find_thread(&mut self) -> (Thread, *mut lua_State) {
        let native = self.native();
        // SAFETY: as above.
        unsafe {
            if let Some(reused) = (*native).threads.reuse() {
                return reused;
            }
            let (state, pin) = self.uncounted(|frame| {
                frame.room(1);
                let main = ffi::lua_mainthread(frame.state);
                ffi::lua_rawcheckstack(main, 1);
                let state = ffi::lua_newthread(main);
                shim::dm_be_born(state);
                coroutines::mark_tasklet(state);
                let pin = Pin(ffi::lua_ref(main, -1));
                ffi::lua_settop(main, -2);
                (state, pin)
            });
            ((*native).threads.add(state, pin), state)
        }
    }

    /// Replaces the function on top by one that asks the host before and tells it after: the host's `enter` and
    /// `leave` are called with `interceptor`.
    pub fn intercept(&mut self, interceptor: u32) {
        if self.kind(self.len()) == Kind::Function {
            // SAFETY: a function is on top.
            unsafe { intercept::wrap(self.state, interceptor) }
        }
    }

    /// Pops a value and the function below it; pushes a function without arguments that calls the one with the other.
    pub fn bind(&mut self) {
        if self.len() >= 2 && self.kind(self.len() - 1) == Kind::Function {
            // SAFETY: a function and a value are on top.
            unsafe { ffi::lua_pushcclosurek(self.state, sandbox::call_bound, c"bound".as_ptr(), 2, None) }
        }
    }

    /// Pushes a host function by its number, with the name that tracebacks show.
    pub fn push_function(&mut self, name: &'static std::ffi::CStr, function: u32) {
        self.room(2);
        // SAFETY: there is room; the name is static.
        unsafe {
            (*self.native()).catalog.host(name, function);
            sandbox::push_host_function(self.state, name, function);
        }
    }

    /// Pushes a host function that is given one text: its arguments as `print` shows them, `__tostring` and all.
    pub fn push_printer(&mut self, name: &'static std::ffi::CStr, function: u32) {
        self.room(2);
        // SAFETY: there is room; the name is static.
        unsafe { sandbox::push_printer(self.state, name, function) }
    }

    /// Pushes the function by which scripts sleep: `wait(ticks)`.
    pub fn push_sleep(&mut self) {
        self.room(1);
        // SAFETY: there is room; the name is static.
        unsafe { ffi::lua_pushcclosurek(self.state, shim::dm_sleep, c"wait".as_ptr(), 0, None) }
    }

    /// Pushes the function `protected(finally, f, ...)`, from which `try` is made: like `pcall(f, ...)`, but `finally`
    /// (a function or nil) is called when an error passes that scripts can't catch.
    pub fn push_protected(&mut self) {
        self.room(1);
        // SAFETY: there is room; the names are static.
        unsafe {
            ffi::lua_pushcclosurek(self.state, intercept::note_trace, c"trace".as_ptr(), 0, None);
            ffi::lua_pushcclosurek(
                self.state,
                sandbox::protected,
                c"protected".as_ptr(),
                1,
                Some(sandbox::protected_ended),
            );
        }
    }

    /// Pushes the main function of a script. `name` begins with `=` and is what errors show; `globals` is the table
    /// that its globals are, else they are the VM's own.
    pub fn load(&mut self, name: &str, script: &Bytecode, globals: Option<u32>) -> Result<(), String> {
        self.load_passing(name, script, globals)?;
        self.register(script);
        Ok(())
    }

    /// As [`Frame::load`], for code that is in no file and is not kept: a capture refuses what is left of it, since
    /// nobody could restore it.
    pub fn load_passing(&mut self, name: &str, script: &Bytecode, globals: Option<u32>) -> Result<(), String> {
        self.room(1);
        let name = std::ffi::CString::new(name).map_err(|_| "a script's name can't have a zero byte".to_owned())?;
        let globals = globals.and_then(|at| self.index(at)).unwrap_or(compile::VM_GLOBALS);
        // SAFETY: the bytecode is this crate's compiler's own; the environment is a value of the frame.
        let status = unsafe {
            ffi::luau_load(self.state, name.as_ptr(), script.code.as_ptr().cast(), script.code.len(), globals)
        };
        if status == 0 {
            return Ok(());
        }
        let message = self.display(self.len());
        self.pop(1);
        Err(message)
    }

    /// Makes the functions of the script on top known to captures, for which they must stay.
    fn register(&mut self, script: &Bytecode) {
        self.pin(self.len());
        // SAFETY: the main function is on top, and is kept until the VM is rewound, and with it the catalog.
        unsafe { (*self.native()).catalog.script(self.state, -1, script.hash) };
    }

    /// Where the script whose main function is on top assigns one of its own top-level locals within a function, and
    /// which: all who run that function would share it.
    pub fn shared_write(&self) -> Option<(u32, String)> {
        let mut name = std::ptr::null();
        // SAFETY: the place has a value; the name lives as long as the function, which is on the stack.
        unsafe {
            let line = shim::dm_shared_write(self.state, self.len() as c_int, &mut name);
            (line > 0).then(|| (line as u32, std::ffi::CStr::from_ptr(name).to_string_lossy().into_owned()))
        }
    }

    /// Pushes the function's upvalue of that number, from 1. False where it has none.
    pub fn push_upvalue(&mut self, function: u32, number: u32) -> bool {
        self.room(1);
        let Some(place) = self.index(function).filter(|_| self.kind(function) == Kind::Function) else { return false };
        // SAFETY: the place has a function and there is room.
        unsafe { !ffi::lua_getupvalue(self.state, place, number as c_int).is_null() }
    }

    /// The coroutine that runs this call, when it is `thread`'s own (and not one that it resumed).
    pub fn is_running(&self, thread: Thread) -> bool {
        // SAFETY: the table of threads is read for the time of this line.
        unsafe { (*self.native()).threads.get(thread) == Some(self.state) }
    }

    /// An error, with what the way out is, where the call may not suspend the tasklet.
    pub fn can_wait(&self) -> Result<(), Raise> {
        // SAFETY: the state is live and runs.
        unsafe {
            if (*self.native()).terminal().is_some() {
                return Err(Raise::Again);
            }
            if ffi::lua_isyieldable(self.state) == 0 {
                return Err(Raise::Message(format!("can't wait here: {}", self.barrier())));
            }
        }
        Ok(())
    }

    /// What keeps the running script from being suspended, and the way out.
    pub(crate) fn barrier(&self) -> String {
        let mut name = std::ptr::null();
        // SAFETY: the state is live and runs; a name that is given is a string of the VM or a constant.
        let (kind, name) = unsafe {
            let kind = shim::dm_barrier(self.state, &mut name);
            (kind, (!name.is_null()).then(|| CStr::from_ptr(name).to_string_lossy().into_owned()))
        };
        match (kind, name) {
            (1, Some(event)) => format!(
                "it is inside the metamethod {event}, and Luau can't suspend one; wait before or after the line that \
                 calls it, or make it a function that is called by its name"
            ),
            (2, Some(function)) if function == "handler" => {
                "it is inside an error handler of xpcall, and Luau can't suspend one; return the error from the \
                 handler, and wait after xpcall"
                    .into()
            }
            (_, function) => format!(
                "it is inside a function that {} calls (a metamethod, mostly), and Luau can't suspend that; wait \
                 before or after the line that does so",
                function.unwrap_or_else(|| "the library".into())
            ),
        }
    }

    /// Whether a terminal error is unwinding this tasklet.
    pub fn is_unwinding(&self) -> bool {
        // SAFETY: read for the time of this line.
        unsafe { (*self.native()).terminal().is_some() }
    }

    /// Charges the running script for work that the host does for it, in interrupts (about 10 ns each). It takes time,
    /// but brings the next measurement of memory no nearer.
    pub fn charge(&mut self, work: u64) {
        // SAFETY: the counters are touched for the time of this line.
        unsafe { (*self.native()).hot.work(work.min(1 << 40) as i64) }
    }

    /// Charges for text that goes to the host or comes from it.
    fn charge_bytes(&self, bytes: usize) {
        // SAFETY: the counter is touched for the time of this line.
        unsafe { (*self.native()).hot.fuel -= bytes as i64 / BYTES_PER_UNIT }
    }

    /// The name of a method, by the number that [`Host::method`](crate::Host::method) was given.
    pub fn method_name(&self, name: u16) -> String {
        // SAFETY: read for the time of this line.
        unsafe { (*self.native()).atoms.name(name).to_owned() }
    }

    /// Where the script is that called, leaving out what is the engine's own.
    pub fn place(&self) -> Option<Place> {
        // SAFETY: the state is live.
        unsafe { trace::places(self.state, 0) }.into_iter().next()
    }

    // ---- the VM as a whole -----------------------------------------------------------------------------------

    /// Begins the stream of `math.random` anew.
    pub fn seed_random(&mut self, seed: u64) {
        // SAFETY: the state is live.
        unsafe { shim::dm_set_random_state(self.state, vm::mixed(seed)) }
    }

    /// A whole garbage collection, at once.
    pub fn collect_all(&mut self) {
        // SAFETY: a host function is called where Luau itself might collect; stopping again keeps its own pace out.
        unsafe {
            ffi::lua_gc(self.state, ffi::LUA_GCCOLLECT, 0);
            ffi::lua_gc(self.state, ffi::LUA_GCSTOP, 0);
        }
    }

    /// Bytes that Luau has allocated.
    pub fn allocated(&self) -> usize {
        // SAFETY: the state is live; category 0 is the only one in use.
        unsafe { ffi::lua_totalbytes(self.state, 0) }
    }

    // ---- copying ---------------------------------------------------------------------------------------------

    /// Pushes a copy of the value that shares nothing with it: tables are copied deeply (shared and cyclic ones stay
    /// so within the copy), buffers too. `instead` may push another value in place of a table and say true.
    ///
    /// The bytes that the copy takes, by its content. They are charged.
    ///
    /// Errors: functions and coroutines can't be copied; nor can tables nested deeper than [`COPY_DEPTH`].
    pub fn push_isolated(
        &mut self,
        at: u32,
        instead: &mut dyn FnMut(&mut Frame<'_>, u32) -> bool,
    ) -> Result<u64, Raise> {
        match self.kind(at) {
            Kind::Table | Kind::Buffer | Kind::Function | Kind::Thread | Kind::Other => {}
            _ => {
                self.push_copy(at);
                return Ok(self.weight(at));
            }
        }
        // Originals already copied, and their copies.
        self.push_table(0, 0);
        let seen = self.len();
        let mut weight = 0;
        let result = self.isolate(at, seen, 0, instead, &mut weight);
        if result.is_ok() {
            self.remove(seen);
        }
        self.charge(weight / COPIED_PER_UNIT);
        result.map(|()| weight)
    }

    /// Bytes that a value takes by itself, as far as that can be seen from its content.
    fn weight(&self, at: u32) -> u64 {
        match self.kind(at) {
            // SAFETY: the place has a string or a buffer.
            Kind::Text | Kind::Buffer => 24 + unsafe { ffi::lua_objlen(self.state, at as c_int) } as u64,
            Kind::Table => 64,
            _ => 16,
        }
    }

    fn isolate(
        &mut self,
        at: u32,
        seen: u32,
        depth: usize,
        instead: &mut dyn FnMut(&mut Frame<'_>, u32) -> bool,
        weight: &mut u64,
    ) -> Result<(), Raise> {
        *weight += self.weight(at);
        match self.kind(at) {
            Kind::Table => {}
            Kind::Buffer => {
                self.copy_buffer(at);
                return Ok(());
            }
            kind @ (Kind::Function | Kind::Thread | Kind::Other) => {
                return Err(format!(
                    "a {} can't be sent to another actor; send a value, or the name of an action",
                    kind.name()
                )
                .into());
            }
            _ => {
                self.push_copy(at);
                return Ok(());
            }
        }
        if depth > COPY_DEPTH {
            return Err(format!("a table nested deeper than {COPY_DEPTH} levels can't be sent").into());
        }
        self.push_copy(at);
        self.room(1);
        // SAFETY: the key is on top and is replaced by the value.
        unsafe { ffi::lua_rawget(self.state, seen as c_int) };
        if !self.is_nil(self.len()) {
            return Ok(());
        }
        self.pop(1);
        if instead(self, at) {
            return Ok(());
        }
        self.push_table(0, 0);
        let copy = self.len();
        self.push_copy(at);
        self.push_copy(copy);
        self.set_entry(seen);
        self.entries(at, |frame| {
            let (key, value) = (frame.len() - 1, frame.len());
            frame.isolate(key, seen, depth + 1, instead, weight)?;
            frame.isolate(value, seen, depth + 1, instead, weight)?;
            frame.set_entry(copy);
            Ok::<(), Raise>(())
        })?;
        // A metatable that nobody can change is shared: it is what makes an exception one.
        if self.push_metatable(at) {
            if self.is_frozen(self.len()) {
                self.set_metatable(copy);
            } else {
                self.pop(1);
            }
        }
        Ok(())
    }

    fn copy_buffer(&mut self, at: u32) {
        self.room(1);
        // SAFETY: the place has a buffer, which stays on the stack while its bytes are copied into the new one.
        unsafe {
            let mut size = 0;
            let from = ffi::lua_tobuffer(self.state, at as c_int, &mut size);
            let to = ffi::lua_newbuffer(self.state, size);
            std::ptr::copy_nonoverlapping(from.cast::<u8>(), to.cast::<u8>(), size);
        }
    }
}

/// # Safety
/// `state` is live and has room for one value.
pub(crate) unsafe fn push_value(state: *mut lua_State, value: Value) {
    // SAFETY: by the caller's promise.
    unsafe {
        match value {
            Value::Nil => ffi::lua_pushnil(state),
            Value::Bool(b) => ffi::lua_pushboolean(state, c_int::from(b)),
            Value::Number(n) => ffi::lua_pushnumber(state, n),
            Value::Vector([x, y, z]) => ffi::lua_pushvector(state, x, y, z),
            Value::Handle(h) => {
                ffi::lua_pushlightuserdatatagged(state, h.bits as usize as *mut _, c_int::from(h.tag & 127));
            }
            Value::Pin(pin) => {
                ffi::lua_rawgeti_(state, ffi::LUA_REGISTRYINDEX, pin.0);
            }
        }
    }
}
