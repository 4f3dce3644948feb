// The C interface of captures; `engine/vm/src/capture/raw.rs` has its twin.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct lua_State;
struct dm_catalog;
struct dm_encoder;
struct dm_decoder;
struct dm_handle;
struct dm_root;
struct dm_made;

extern "C"
{
    struct dm_bytes
    {
        const uint8_t* start;
        size_t size;
    };

    // A C function that frames or closures of a capture may have. Strings are static.
    struct dm_native
    {
        int (*f)(lua_State*);
        int (*continuation)(lua_State*, int);
        const char* name;
        const char* upvalues; // null where a capture may not make closures of it
        uint8_t suspends;
        uint8_t callee;
        uint8_t host;
    };

    struct dm_refused
    {
        size_t root; // past the last one: what is shared
        dm_bytes path;
        dm_bytes what;
    };

    struct dm_missing
    {
        uint32_t kind;
        uint32_t line;
        uint8_t hash[16];
        dm_bytes file;
        dm_bytes what;
        const uint32_t* roots;
        size_t rootcount;
    };

    dm_catalog* dm_catalog_new();
    void dm_catalog_free(dm_catalog* catalog);
    void dm_catalog_native(dm_catalog* catalog, const dm_native* native);
    // As above, with the functions of the C closure at `index`. False where there is none.
    int dm_catalog_sample(dm_catalog* catalog, lua_State* L, int index, const dm_native* like);
    void dm_catalog_host(dm_catalog* catalog, const char* name, uint32_t number);
    int dm_catalog_script(dm_catalog* catalog, lua_State* L, int index, const uint8_t* hash);
    void dm_catalog_name(dm_catalog* catalog, lua_State* L, int index, const char* label, size_t size);
    // As `dm_catalog_name`, and through tables that can change, too.
    void dm_catalog_name_all(dm_catalog* catalog, lua_State* L, int index, const char* label, size_t size);
    void dm_catalog_mark(const dm_catalog* catalog, size_t* mark);
    void dm_catalog_rewind(dm_catalog* catalog, const size_t* mark);

    dm_encoder* dm_encoder_new(dm_catalog* catalog);
    void dm_encoder_free(dm_encoder* encoder);
    int dm_encode(dm_encoder* encoder, lua_State* L, const dm_root* roots, size_t count, int portable, int options);
    // The handles in what was encoded, where it is movable.
    size_t dm_encoded_handles(const dm_encoder* encoder, const dm_handle** handles);
    void dm_encoded(const dm_encoder* encoder, dm_bytes* head, dm_bytes* body);
    void dm_refusal(dm_encoder* encoder, lua_State* L, const dm_root* roots, size_t count, dm_refused* out);

    // `tasklets`: whether threads among the roots bear their mark.
    dm_decoder* dm_decoder_new(dm_catalog* catalog, int tasklets);
    void dm_decoder_free(dm_decoder* decoder);
    // What handles become, sorted by kind and number; for the next call alone.
    void dm_decoder_moves(dm_decoder* decoder, const dm_handle* moves, size_t count);
    uint32_t dm_decode(dm_decoder* decoder, lua_State* L, const uint8_t* bytes, size_t size);
    size_t dm_decoded(const dm_decoder* decoder, const dm_made** made);
    void dm_malformed(const dm_decoder* decoder, size_t* offset, const char** what);
    size_t dm_missing_count(const dm_decoder* decoder);
    void dm_missing_get(const dm_decoder* decoder, size_t index, dm_missing* out);
}
