//! Looking at values as they lie, for whoever takes a running world apart: no metamethod runs, nothing is allocated in
//! the VM, no string is interned, so that the VM is to the last byte what it was before. It must never lend anything
//! beyond the borrow of the VM during which no script and no collector can run.

use std::ffi::CStr;
use std::marker::PhantomData;
use std::os::raw::{c_char, c_int};
use std::ptr;

use mlua::ffi::{self, lua_State};

use crate::coroutines::{self, Resumer};
use crate::shim::{self, RawCode, RawValue};
use crate::thread::Thread;
use crate::trace::{self, Place};
use crate::value::{Handle, Kind, Pin, Value};
use crate::vm::Vm;

/// A value of the VM, looked at where it lies.
#[derive(Clone, Copy)]
pub struct Peek<'v> {
    raw: RawValue,
    state: *const lua_State,
    vm: PhantomData<&'v Vm>,
}

/// What a function is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// The script, and the line where its text begins; none for a function of the engine.
    pub place: Option<(String, u32)>,
}

/// A call in progress, with what is in it.
pub struct FramePeek<'v> {
    /// Where it is.
    pub place: Place,
    /// In how many nested coroutines of the tasklet: 0 for the tasklet's own frames.
    pub nested: u32,
    /// Its locals in the order in which they were declared; further arguments of a variadic function are called `...`.
    pub locals: Vec<(String, Peek<'v>)>,
    /// What its function holds from around it.
    pub upvalues: Vec<(String, Peek<'v>)>,
}

/// Frames of one tasklet that are looked at; runaway recursion has tens of thousands, and its ends tell it all.
const SHOWN_AT_EACH_END: usize = 32;
/// Locals (and upvalues) of one frame; the compiler allows 200 of each, arguments may be many more.
const MAX_LOCALS: usize = 256;

impl Vm {
    /// A pinned value, looked at.
    pub fn peek(&self, pin: Pin) -> Peek<'_> {
        let mut raw = RawValue::NIL;
        // SAFETY: the state is live; any number of a pin is looked up with its bounds checked.
        unsafe { shim::dm_peek_pin(self.state, pin.0, &mut raw) };
        self.lend(raw)
    }

    /// The table of the VM's own globals, looked at.
    pub fn peek_globals(&self) -> Peek<'_> {
        let mut raw = RawValue::NIL;
        // SAFETY: the state is live, and always has such a table.
        unsafe { shim::dm_peek_globals(self.state, &mut raw) };
        self.lend(raw)
    }

    /// A value, looked at.
    pub fn peek_value(&self, value: Value) -> Peek<'_> {
        match value {
            Value::Pin(pin) => self.peek(pin),
            Value::Nil => self.lend(RawValue::NIL),
            Value::Bool(b) => self.lend(RawValue { bits: u64::from(b), tag: ffi::LUA_TBOOLEAN, ..RawValue::NIL }),
            Value::Number(n) => self.lend(RawValue { bits: n.to_bits(), tag: ffi::LUA_TNUMBER, ..RawValue::NIL }),
            Value::Vector([x, y, z]) => {
                let bits = u64::from(x.to_bits()) | u64::from(y.to_bits()) << 32;
                self.lend(RawValue { bits, extra: z.to_bits() as i32, tag: ffi::LUA_TVECTOR })
            }
            Value::Handle(Handle { tag, bits }) => {
                self.lend(RawValue { bits, extra: i32::from(tag), tag: ffi::LUA_TLIGHTUSERDATA })
            }
        }
    }

    fn lend(&self, raw: RawValue) -> Peek<'_> {
        Peek { raw, state: self.state, vm: PhantomData }
    }

    /// The frames of a suspended tasklet, innermost first: those of the coroutines in which it waits before its own.
    /// One that has not run yet is shown at the beginning of its function. Their locals and upvalues only when asked
    /// for with `locals`.
    ///
    /// Cost: in proportion to the frames shown, at most 64 a coroutine and 64 coroutines.
    pub fn frames(&self, thread: Thread, locals: bool) -> Vec<FramePeek<'_>> {
        let mut chain = Vec::new();
        let mut at = self.native.threads.get(thread);
        while let Some(state) = at.filter(|state| chain.len() < 2 * SHOWN_AT_EACH_END && !chain.contains(state)) {
            chain.push(state);
            // SAFETY: the thread is live: the first by the table of threads, each other because it is on the stack
            // (or among the upvalues) of the one before.
            at = unsafe {
                let inner = match coroutines::resumer(state) {
                    Some(resumer) => shim::dm_peek_resumed(state, c_int::from(resumer == Resumer::Wrapped)),
                    None => ptr::null_mut(),
                };
                (!inner.is_null()).then_some(inner)
            };
        }
        let mut frames = Vec::new();
        for (nested, state) in chain.into_iter().enumerate().rev() {
            // SAFETY: as above.
            unsafe { self.frames_of(state, nested as u32, locals, &mut frames) };
        }
        frames
    }

    /// # Safety
    /// `state` is a live, suspended coroutine of this VM.
    unsafe fn frames_of<'v>(&'v self, state: *mut lua_State, nested: u32, deep: bool, frames: &mut Vec<FramePeek<'v>>) {
        // SAFETY: by the caller's promise; levels are within the stack's depth.
        unsafe {
            let depth = ffi::lua_stackdepth(state);
            for level in 0..depth {
                if (SHOWN_AT_EACH_END as i32..depth - SHOWN_AT_EACH_END as i32).contains(&level) {
                    continue;
                }
                let Some(place) = trace::place(state, level) else { continue };
                let (mut locals, mut upvalues) = (Vec::new(), Vec::new());
                if deep {
                    locals = self.locals(state, level);
                    self.named(&mut upvalues, |at, raw| shim::dm_peek_upvalue(state, level, at, raw));
                }
                frames.push(FramePeek { place, nested, locals, upvalues });
            }
            if depth == 0 {
                frames.extend(self.beginning(state, nested));
            }
        }
    }

    unsafe fn locals(&self, state: *mut lua_State, level: c_int) -> Vec<(String, Peek<'_>)> {
        let (mut locals, mut places, mut next) = (Vec::new(), Vec::new(), 0);
        // SAFETY: by the caller's promise; the position among the locals is only ever moved on by the callee.
        unsafe {
            self.named(&mut locals, |_, raw| {
                let mut place = 0;
                let name = shim::dm_peek_local(state, level, &mut next, &mut place, raw);
                places.push(place);
                name
            });
            // The compiler notes a local where it ends; places are given out where they begin.
            let mut in_order: Vec<_> = places.into_iter().zip(locals).collect();
            in_order.sort_by_key(|(place, _)| *place);
            let mut locals: Vec<_> = in_order.into_iter().map(|(_, local)| local).collect();
            self.named(&mut locals, |at, raw| match shim::dm_peek_vararg(state, level, at, raw) {
                0 => ptr::null(),
                _ => c"...".as_ptr(),
            });
            locals
        }
    }

    /// Takes named values one after another until there is none.
    unsafe fn named<'v>(
        &'v self,
        into: &mut Vec<(String, Peek<'v>)>,
        mut next: impl FnMut(c_int, &mut RawValue) -> *const c_char,
    ) {
        for at in 0.. {
            let mut raw = RawValue::NIL;
            let name = next(at, &mut raw);
            if name.is_null() || into.len() >= MAX_LOCALS {
                return;
            }
            // SAFETY: names end with a zero byte and live as long as their function, which is on the stack.
            let name = unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned();
            into.push((name, self.lend(raw)));
        }
    }

    /// Where a coroutine that has not run yet will begin.
    unsafe fn beginning(&self, state: *mut lua_State, nested: u32) -> Option<FramePeek<'_>> {
        let mut raw = RawValue::NIL;
        // SAFETY: by the caller's promise.
        let code = unsafe { if shim::dm_peek_first(state, &mut raw) == 0 { None } else { self.lend(raw).code() } }?;
        let (file, line) = code.place?;
        let place = Place { file, line, function: code.name };
        Some(FramePeek { place, nested, locals: Vec::new(), upvalues: Vec::new() })
    }
}

impl<'v> Peek<'v> {
    fn with(&self, raw: RawValue) -> Peek<'v> {
        Peek { raw, ..*self }
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        match self.raw.tag {
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

    fn is(&self, kind: Kind) -> bool {
        self.kind() == kind
    }

    /// Whether it counts as true.
    pub fn truthy(&self) -> bool {
        match self.kind() {
            Kind::Nil => false,
            Kind::Bool => self.raw.bits as u32 != 0,
            _ => true,
        }
    }

    /// The number, where it is one.
    pub fn number(&self) -> Option<f64> {
        self.is(Kind::Number).then(|| f64::from_bits(self.raw.bits))
    }

    /// The vector, where it is one.
    pub fn vector(&self) -> Option<[f32; 3]> {
        let part = |bits: u32| f32::from_bits(bits);
        let RawValue { bits, extra, .. } = self.raw;
        self.is(Kind::Vector).then(|| [part(bits as u32), part((bits >> 32) as u32), part(extra as u32)])
    }

    /// The host object's name, where it is one.
    pub fn handle(&self) -> Option<Handle> {
        self.is(Kind::Handle).then_some(Handle { tag: self.raw.extra as u8, bits: self.raw.bits })
    }

    /// The string, where it is one.
    pub fn bytes(&self) -> Option<&'v [u8]> {
        if !self.is(Kind::Text) {
            return None;
        }
        let mut size = 0;
        // SAFETY: it is a string, which lives and stays where it is while the VM is borrowed.
        unsafe {
            let bytes = shim::dm_peek_text(&self.raw, &mut size);
            Some(std::slice::from_raw_parts(bytes.cast(), size))
        }
    }

    /// The string, where it is one. Bytes that are not UTF-8 are replaced. Cost: all of it is copied.
    pub fn text(&self) -> Option<String> {
        self.bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// Bytes of a buffer; 0 for anything else.
    pub fn buffer_size(&self) -> usize {
        // SAFETY: it is a buffer.
        if self.is(Kind::Buffer) { unsafe { shim::dm_peek_buffer(&self.raw) } } else { 0 }
    }

    /// `table.name` without metamethods; nil where it is no table.
    pub fn get(&self, name: &str) -> Peek<'v> {
        let mut raw = RawValue::NIL;
        if self.is(Kind::Table) {
            // SAFETY: it is a table, and the name is read during the call only.
            unsafe { shim::dm_peek_field(self.state, &self.raw, name.as_ptr().cast(), name.len(), &mut raw) };
        }
        self.with(raw)
    }

    /// Places for entries that a table has, in use or not: what it costs to see all of them. 0 for anything else.
    pub fn places(&self) -> usize {
        // SAFETY: it is a table.
        if self.is(Kind::Table) { unsafe { shim::dm_peek_places(&self.raw) as usize } } else { 0 }
    }

    /// The entries in the first so many places of a table, in the order in which scripts iterate them; none for
    /// anything else. Cost: the places, a nanosecond each.
    pub fn entries(&self, places: usize) -> Entries<'v> {
        Entries { table: *self, at: 0, end: self.places().min(places) as c_int }
    }

    /// The metatable of a table.
    pub fn metatable(&self) -> Option<Peek<'v>> {
        let mut raw = RawValue::NIL;
        // SAFETY: it is a table.
        let found = self.is(Kind::Table) && unsafe { shim::dm_peek_metatable(&self.raw, &mut raw) != 0 };
        found.then(|| self.with(raw))
    }

    /// Whether it is a table that can't be written to.
    pub fn is_frozen(&self) -> bool {
        // SAFETY: it is a table.
        self.is(Kind::Table) && unsafe { shim::dm_peek_frozen(&self.raw) != 0 }
    }

    /// What a function is.
    pub fn code(&self) -> Option<Code> {
        if !self.is(Kind::Function) {
            return None;
        }
        let mut raw = RawCode { name: ptr::null(), source: ptr::null(), line: 0 };
        // SAFETY: it is a function.
        unsafe { shim::dm_peek_function(&self.raw, &mut raw) };
        // SAFETY: its strings end with a zero byte and live as long as it does.
        let string = |text: *const c_char| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned();
        let text = |text: *const c_char| (!text.is_null()).then(|| string(text));
        let place = text(raw.source).map(|source| (source.trim_start_matches(['=', '@']).to_owned(), raw.line as u32));
        Some(Code { name: text(raw.name).filter(|name| !name.is_empty()), place })
    }

    /// Where a coroutine that waits, or has not begun, is. `None` for one that is over, and for anything else.
    pub fn coroutine_place(&self) -> Option<Place> {
        if !self.is(Kind::Thread) {
            return None;
        }
        // SAFETY: it is a coroutine; none runs while the VM is borrowed.
        unsafe {
            let state = shim::dm_peek_thread(&self.raw);
            if !matches!(ffi::lua_status(state), ffi::LUA_OK | ffi::LUA_YIELD) {
                return None;
            }
            let place = trace::places(state, 0).into_iter().next();
            place.or_else(|| {
                let mut raw = RawValue::NIL;
                let begins = shim::dm_peek_first(state, &mut raw) != 0;
                let code = if begins { self.with(raw).code() } else { None }?;
                let (file, line) = code.place?;
                Some(Place { file, line, function: code.name })
            })
        }
    }

    /// Whether two values are the same object, or equal plain values.
    pub fn same(&self, other: &Peek<'_>) -> bool {
        let (one, other) = (self.raw, other.raw);
        one.tag == other.tag
            && match self.kind() {
                Kind::Nil => true,
                Kind::Bool => one.bits as u32 == other.bits as u32,
                // The rest of a value means something only where it is more than its first eight bytes.
                Kind::Vector | Kind::Handle => one.bits == other.bits && one.extra == other.extra,
                _ => one.bits == other.bits,
            }
    }
}

/// The entries of a table: keys with their values.
pub struct Entries<'v> {
    table: Peek<'v>,
    at: c_int,
    end: c_int,
}

impl<'v> Iterator for Entries<'v> {
    type Item = (Peek<'v>, Peek<'v>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.at < 0 || self.at >= self.end {
            return None;
        }
        let (mut key, mut value) = (RawValue::NIL, RawValue::NIL);
        // SAFETY: what has places is a table; it stays as it is while the VM is borrowed.
        self.at = unsafe { shim::dm_peek_next(&self.table.raw, self.at, self.end, &mut key, &mut value) };
        (self.at >= 0).then(|| (self.table.with(key), self.table.with(value)))
    }
}
