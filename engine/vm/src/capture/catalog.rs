//! The Rust side of a catalog: what captures name instead of copying, and the workspaces of capturing and restoring.
//! It belongs to one Luau state and knows nothing of what owns that state.

use std::ffi::CStr;
use std::os::raw::{c_char, c_int};

use mlua::ffi::{self, lua_State};

use super::error::{CaptureError, Missing, MissingKind, RestoreError};
use super::raw::{
    self, RawBytes, RawCatalog, RawDecoder, RawEncoder, RawHandle, RawMissing, RawNative, RawRefused, RawRoot,
};
use super::{CaptureOptions, Names};
use crate::compile::ScriptHash;
use crate::value::Handle;

/// How a C function can be suspended; the twin of `dm::Suspends`.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(crate) enum Suspends {
    Never = 0,
    Waits = 1,
    Protects = 2,
    Resumes = 3,
    Wraps = 4,
    Intercepts = 5,
    Calls = 6,
}

/// A C function that captures know.
#[derive(Clone, Copy)]
pub(crate) struct NativeFunction {
    pub(crate) f: ffi::lua_CFunction,
    pub(crate) continuation: Option<ffi::lua_Continuation>,
    /// As tracebacks show it; empty where it has none.
    pub(crate) name: &'static CStr,
    /// A letter for each value bound to it: n(umber), f(unction), t(hread), s(tring), o(ffset in the first, a string),
    /// a(ny). None where captures make no new one.
    pub(crate) upvalues: Option<&'static CStr>,
    pub(crate) suspends: Suspends,
    /// The slot of its frame in which the function lies that it calls.
    pub(crate) callee: u8,
    pub(crate) host: bool,
}

/// What a catalog has at a moment, to come back to.
#[derive(Clone, Copy, Default)]
pub(crate) struct Mark([usize; 3]);

/// See the module's comment.
pub(crate) struct Catalog {
    catalog: *mut RawCatalog,
    encoder: *mut RawEncoder,
    decoder: *mut RawDecoder,
}

impl Catalog {
    pub(crate) fn new() -> Self {
        Self::with(true)
    }

    /// A catalog for coroutines that may be marked as tasklets, or for such as no engine looks after.
    pub(super) fn with(tasklets: bool) -> Self {
        // SAFETY: the encoder and the decoder keep the catalog, which is freed after them.
        unsafe {
            let catalog = raw::dm_catalog_new();
            let decoder = raw::dm_decoder_new(catalog, c_int::from(tasklets));
            Catalog { catalog, encoder: raw::dm_encoder_new(catalog), decoder }
        }
    }

    pub(crate) fn raw(&self) -> *mut RawCatalog {
        self.catalog
    }

    /// Adds the C function of the closure at `index`. False where there is none.
    ///
    /// # Safety
    /// `state` is live and has a value there.
    pub(super) unsafe fn sample(
        &mut self,
        state: *mut lua_State,
        index: c_int,
        name: &'static CStr,
        upvalues: Option<&'static CStr>,
        (suspends, callee): (Suspends, u8),
    ) -> bool {
        unsafe extern "C-unwind" fn nothing(_: *mut lua_State) -> c_int {
            0
        }
        let like = RawNative {
            f: nothing,
            continuation: None,
            name: name.as_ptr(),
            upvalues: upvalues.map_or(std::ptr::null(), CStr::as_ptr),
            suspends: suspends as u8,
            callee,
            host: 0,
        };
        // SAFETY: by the caller's promise; the strings are static.
        unsafe { raw::dm_catalog_sample(self.catalog, state, index, &like) != 0 }
    }

    /// As [`Catalog::name`], and through tables that can change, too.
    ///
    /// # Safety
    /// As [`Catalog::script`].
    pub(super) unsafe fn name_all(&mut self, state: *mut lua_State, index: c_int, label: &str) {
        // SAFETY: by the caller's promise.
        unsafe { raw::dm_catalog_name_all(self.catalog, state, index, label.as_ptr(), label.len()) }
    }

    /// Adds a C function. Its number in captures is how many were added before it.
    pub(crate) fn native(&mut self, native: &NativeFunction) {
        let raw = RawNative {
            f: native.f,
            continuation: native.continuation,
            name: native.name.as_ptr(),
            upvalues: native.upvalues.map_or(std::ptr::null(), CStr::as_ptr),
            suspends: native.suspends as u8,
            callee: native.callee,
            host: u8::from(native.host),
        };
        // SAFETY: the catalog is live; the strings are static.
        unsafe { raw::dm_catalog_native(self.catalog, &raw) }
    }

    pub(crate) fn host(&mut self, name: &'static CStr, number: u32) {
        // SAFETY: the catalog is live; the string is static.
        unsafe { raw::dm_catalog_host(self.catalog, name.as_ptr(), number) }
    }

    /// Registers the functions of the script whose main function is at `index`.
    ///
    /// # Safety
    /// `state` is live, has a value there, and keeps it for as long as the catalog knows it.
    pub(crate) unsafe fn script(&mut self, state: *mut lua_State, index: c_int, hash: ScriptHash) -> bool {
        // SAFETY: by the caller's promise.
        unsafe { raw::dm_catalog_script(self.catalog, state, index, hash.0.as_ptr()) != 0 }
    }

    /// Names the value at `index` and what can't change behind it.
    ///
    /// # Safety
    /// As [`Catalog::script`].
    pub(crate) unsafe fn name(&mut self, state: *mut lua_State, index: c_int, label: &str) {
        // SAFETY: by the caller's promise.
        unsafe { raw::dm_catalog_name(self.catalog, state, index, label.as_ptr(), label.len()) }
    }

    pub(crate) fn mark(&self) -> Mark {
        let mut mark = Mark::default();
        // SAFETY: the catalog is live, the mark has its three numbers.
        unsafe { raw::dm_catalog_mark(self.catalog, mark.0.as_mut_ptr()) }
        mark
    }

    pub(crate) fn rewind(&mut self, mark: &Mark) {
        // SAFETY: as above.
        unsafe { raw::dm_catalog_rewind(self.catalog, mark.0.as_ptr()) }
    }

    /// Appends a capture of `roots` to `into`.
    ///
    /// # Safety
    /// `state` is a live state of this catalog, and no script runs on it; threads are live.
    pub(crate) unsafe fn capture(
        &mut self,
        state: *mut lua_State,
        roots: &[RawRoot],
        options: CaptureOptions,
        into: &mut Vec<u8>,
    ) -> Result<(), CaptureError> {
        let portable = c_int::from(options.names == Names::Portable);
        // SAFETY: by the caller's promise; the bytes belong to the encoder and stay until its next use.
        unsafe {
            let options = c_int::from(options.state) | c_int::from(options.movable) << 1;
            if raw::dm_encode(self.encoder, state, roots.as_ptr(), roots.len(), portable, options) == 0 {
                return Err(self.refusal(state, roots));
            }
            let (mut head, mut body) = (RawBytes::NONE, RawBytes::NONE);
            raw::dm_encoded(self.encoder, &mut head, &mut body);
            into.reserve(head.get().len() + body.get().len());
            into.extend_from_slice(head.get());
            into.extend_from_slice(body.get());
        }
        Ok(())
    }

    /// The handles in the last capture, if it is movable; each once.
    pub(crate) fn handles(&self) -> Vec<Handle> {
        let mut start = std::ptr::null();
        // SAFETY: the encoder is live and keeps them until its next use.
        let all = unsafe {
            let count = raw::dm_encoded_handles(self.encoder, &mut start);
            if count == 0 { &[] } else { std::slice::from_raw_parts(start, count) }
        };
        let mut handles: Vec<Handle> = all.iter().map(|raw| Handle { tag: raw.kind, bits: raw.from }).collect();
        handles.sort_unstable_by_key(|handle| (handle.tag, handle.bits));
        handles.dedup();
        handles
    }

    /// As [`Catalog::restore`], with these handles in the place of those that are in it.
    ///
    /// # Safety
    /// As [`Catalog::restore`].
    pub(crate) unsafe fn restore_moved(
        &mut self,
        state: *mut lua_State,
        bytes: &[u8],
        moves: &[(Handle, Handle)],
    ) -> Result<&[RawRoot], RestoreError> {
        let mut raw: Vec<RawHandle> =
            moves.iter().map(|(from, to)| RawHandle { kind: from.tag, from: from.bits, to: to.bits }).collect();
        raw.sort_unstable();
        // SAFETY: the list outlives its use, which ends with this call; the rest by the caller's promise.
        unsafe {
            let (catalog, decoder): (*mut Self, _) = (self, self.decoder);
            raw::dm_decoder_moves(decoder, raw.as_ptr(), raw.len());
            let made = (*catalog).restore(state, bytes);
            raw::dm_decoder_moves(decoder, std::ptr::null(), 0);
            made
        }
    }

    #[cold]
    unsafe fn refusal(&mut self, state: *mut lua_State, roots: &[RawRoot]) -> CaptureError {
        let mut refused = RawRefused { root: 0, path: RawBytes::NONE, what: RawBytes::NONE };
        // SAFETY: as `capture`; the texts are copied before the encoder is used again.
        unsafe {
            raw::dm_refusal(self.encoder, state, roots.as_ptr(), roots.len(), &mut refused);
            CaptureError {
                root: (refused.root < roots.len()).then_some(refused.root),
                path: refused.path.text(),
                what: refused.what.text(),
            }
        }
    }

    /// Makes what was captured; the result is valid until the next use of the catalog.
    ///
    /// # Safety
    /// `state` is a live state of this catalog, and no script runs on it.
    pub(crate) unsafe fn restore(&mut self, state: *mut lua_State, bytes: &[u8]) -> Result<&[RawRoot], RestoreError> {
        // SAFETY: by the caller's promise.
        unsafe {
            match raw::dm_decode(self.decoder, state, bytes.as_ptr(), bytes.len()) {
                0 => {
                    let mut made = std::ptr::null();
                    let count = raw::dm_decoded(self.decoder, &mut made);
                    Ok(if count == 0 { &[] } else { std::slice::from_raw_parts(made, count) })
                }
                1 => {
                    let (mut offset, mut what): (usize, *const c_char) = (0, c"".as_ptr());
                    raw::dm_malformed(self.decoder, &mut offset, &mut what);
                    Err(RestoreError::Malformed { offset, what: CStr::from_ptr(what).to_string_lossy().into_owned() })
                }
                2 => Err(RestoreError::Foreign),
                3 => Err(RestoreError::Lacking(self.missing())),
                _ => Err(RestoreError::Full),
            }
        }
    }

    #[cold]
    fn missing(&self) -> Vec<Missing> {
        // SAFETY: the decoder is live and keeps what is missing until its next use; the texts are copied.
        unsafe {
            (0..raw::dm_missing_count(self.decoder))
                .map(|index| {
                    let mut raw = RawMissing {
                        kind: 0,
                        line: 0,
                        hash: [0; 16],
                        file: RawBytes::NONE,
                        what: RawBytes::NONE,
                        roots: std::ptr::null(),
                        root_count: 0,
                    };
                    raw::dm_missing_get(self.decoder, index, &mut raw);
                    let roots =
                        if raw.root_count == 0 { &[] } else { std::slice::from_raw_parts(raw.roots, raw.root_count) };
                    Missing {
                        kind: match raw.kind {
                            0 => MissingKind::Function,
                            1 => MissingKind::Name,
                            _ => MissingKind::HostFunction,
                        },
                        file: raw.file.text().trim_start_matches('=').to_owned(),
                        name: raw.what.text(),
                        line: raw.line,
                        script: ScriptHash(raw.hash),
                        roots: roots.iter().map(|root| *root as usize).collect(),
                    }
                })
                .collect()
        }
    }
}

impl Drop for Catalog {
    fn drop(&mut self) {
        // SAFETY: each was made by `new` and is freed once, the catalog last.
        unsafe {
            raw::dm_encoder_free(self.encoder);
            raw::dm_decoder_free(self.decoder);
            raw::dm_catalog_free(self.catalog);
        }
    }
}
