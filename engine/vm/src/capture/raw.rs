//! The C interface of `shim/capture`; the twin of `api.h`.

use std::os::raw::{c_char, c_int};

use mlua::ffi::{lua_CFunction, lua_Continuation, lua_State};

/// Owned by C++.
#[repr(C)]
pub(crate) struct RawCatalog {
    _opaque: [u8; 0],
}

/// Owned by C++.
#[repr(C)]
pub(crate) struct RawEncoder {
    _opaque: [u8; 0],
}

/// Owned by C++.
#[repr(C)]
pub(crate) struct RawDecoder {
    _opaque: [u8; 0],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct RawBytes {
    start: *const u8,
    size: usize,
}

impl RawBytes {
    pub(crate) const NONE: RawBytes = RawBytes { start: std::ptr::null(), size: 0 };

    /// # Safety
    /// The memory that it tells of is readable and stays as it is for the life of the result.
    pub(crate) unsafe fn get<'a>(self) -> &'a [u8] {
        if self.size == 0 {
            return &[];
        }
        // SAFETY: by the caller's promise.
        unsafe { std::slice::from_raw_parts(self.start, self.size) }
    }

    /// # Safety
    /// As [`RawBytes::get`], for the time of the call.
    pub(crate) unsafe fn text(self) -> String {
        // SAFETY: by the caller's promise.
        String::from_utf8_lossy(unsafe { self.get() }).into_owned()
    }
}

#[repr(C)]
pub(crate) struct RawNative {
    pub(crate) f: lua_CFunction,
    pub(crate) continuation: Option<lua_Continuation>,
    pub(crate) name: *const c_char,
    pub(crate) upvalues: *const c_char,
    pub(crate) suspends: u8,
    pub(crate) callee: u8,
    pub(crate) host: u8,
}

/// What a handle was, and what it becomes.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RawHandle {
    pub(crate) kind: u8,
    pub(crate) from: u64,
    pub(crate) to: u64,
}

#[repr(C)]
pub(crate) struct RawRoot {
    pub(crate) thread: *mut lua_State,
    pub(crate) pin: c_int,
}

#[repr(C)]
pub(crate) struct RawRefused {
    pub(crate) root: usize,
    pub(crate) path: RawBytes,
    pub(crate) what: RawBytes,
}

#[repr(C)]
pub(crate) struct RawMissing {
    pub(crate) kind: u32,
    pub(crate) line: u32,
    pub(crate) hash: [u8; 16],
    pub(crate) file: RawBytes,
    pub(crate) what: RawBytes,
    pub(crate) roots: *const u32,
    pub(crate) root_count: usize,
}

unsafe extern "C" {
    pub(crate) fn dm_catalog_new() -> *mut RawCatalog;
    pub(crate) fn dm_catalog_free(catalog: *mut RawCatalog);
    pub(crate) fn dm_catalog_native(catalog: *mut RawCatalog, native: *const RawNative);
    pub(crate) fn dm_catalog_sample(
        catalog: *mut RawCatalog,
        state: *mut lua_State,
        index: c_int,
        like: *const RawNative,
    ) -> c_int;
    pub(crate) fn dm_catalog_host(catalog: *mut RawCatalog, name: *const c_char, number: u32);
    pub(crate) fn dm_catalog_script(
        catalog: *mut RawCatalog,
        state: *mut lua_State,
        index: c_int,
        hash: *const u8,
    ) -> c_int;
    pub(crate) fn dm_catalog_name(
        catalog: *mut RawCatalog,
        state: *mut lua_State,
        index: c_int,
        label: *const u8,
        size: usize,
    );
    pub(crate) fn dm_catalog_name_all(
        catalog: *mut RawCatalog,
        state: *mut lua_State,
        index: c_int,
        label: *const u8,
        size: usize,
    );
    pub(crate) fn dm_catalog_mark(catalog: *const RawCatalog, mark: *mut usize);
    pub(crate) fn dm_catalog_rewind(catalog: *mut RawCatalog, mark: *const usize);

    pub(crate) fn dm_encoder_new(catalog: *mut RawCatalog) -> *mut RawEncoder;
    pub(crate) fn dm_encoder_free(encoder: *mut RawEncoder);
    pub(crate) fn dm_encode(
        encoder: *mut RawEncoder,
        state: *mut lua_State,
        roots: *const RawRoot,
        count: usize,
        portable: c_int,
        options: c_int,
    ) -> c_int;
    pub(crate) fn dm_encoded_handles(encoder: *const RawEncoder, handles: *mut *const RawHandle) -> usize;
    pub(crate) fn dm_encoded(encoder: *const RawEncoder, head: *mut RawBytes, body: *mut RawBytes);
    pub(crate) fn dm_refusal(
        encoder: *mut RawEncoder,
        state: *mut lua_State,
        roots: *const RawRoot,
        count: usize,
        out: *mut RawRefused,
    );

    pub(crate) fn dm_decoder_new(catalog: *mut RawCatalog, tasklets: c_int) -> *mut RawDecoder;
    pub(crate) fn dm_decoder_free(decoder: *mut RawDecoder);
    pub(crate) fn dm_decoder_moves(decoder: *mut RawDecoder, moves: *const RawHandle, count: usize);
    pub(crate) fn dm_decode(decoder: *mut RawDecoder, state: *mut lua_State, bytes: *const u8, size: usize) -> u32;
    pub(crate) fn dm_decoded(decoder: *const RawDecoder, made: *mut *const RawRoot) -> usize;
    pub(crate) fn dm_malformed(decoder: *const RawDecoder, offset: *mut usize, what: *mut *const c_char);
    pub(crate) fn dm_missing_count(decoder: *const RawDecoder) -> usize;
    pub(crate) fn dm_missing_get(decoder: *const RawDecoder, index: usize, out: *mut RawMissing);
}
