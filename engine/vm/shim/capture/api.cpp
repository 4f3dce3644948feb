// What Rust calls: plain C, with the C++ of this folder behind it.

#include "api.h"

#include "decode.h"
#include "encode.h"
#include "path.h"

#include "lapi.h"
#include "ldo.h"

struct dm_encoder
{
    dm::Encoder encoder;
    dm::Refused refused{};
    std::string path;
    std::string what;

    explicit dm_encoder(dm::Catalog& catalog)
        : encoder(catalog)
    {
    }
};

struct dm_decoder : dm::Decoder
{
    using Decoder::Decoder;
};

dm_catalog* dm_catalog_new()
{
    return new dm_catalog;
}

void dm_catalog_free(dm_catalog* catalog)
{
    delete catalog;
}

void dm_catalog_native(dm_catalog* catalog, const dm_native* native)
{
    bool fresh;
    uint32_t* at = catalog->bynative.insert(reinterpret_cast<const void*>(native->f), fresh);
    if (fresh)
        *at = uint32_t(catalog->natives.size());
    catalog->natives.push_back(
        dm::Native{native->f, native->continuation, native->name, native->suspends, native->callee, native->upvalues, native->host != 0}
    );
}

void dm_catalog_host(dm_catalog* catalog, const char* name, uint32_t number)
{
    for (const dm::Host& host : catalog->hosts)
        if (strcmp(host.name, name) == 0)
            return;
    catalog->hosts.push_back(dm::Host{name, number});
}

static const TValue* at(lua_State* L, int index)
{
    return luaA_toobject(L, index);
}

int dm_catalog_sample(dm_catalog* catalog, lua_State* L, int index, const dm_native* like)
{
    const TValue* value = at(L, index);
    if (!value || !ttisfunction(value) || !clvalue(value)->isC)
        return 0;
    dm_native native = *like;
    native.f = clvalue(value)->c.f;
    native.continuation = clvalue(value)->c.cont;
    dm_catalog_native(catalog, &native);
    return 1;
}

int dm_catalog_script(dm_catalog* catalog, lua_State* L, int index, const uint8_t* hash)
{
    const TValue* value = at(L, index);
    if (!value || !ttisfunction(value) || clvalue(value)->isC)
        return 0;
    catalog->addscript(clvalue(value)->l.p, hash);
    return 1;
}

void dm_catalog_name(dm_catalog* catalog, lua_State* L, int index, const char* label, size_t size)
{
    if (const TValue* value = at(L, index))
        catalog->addname(value, std::string(label, size));
}

void dm_catalog_name_all(dm_catalog* catalog, lua_State* L, int index, const char* label, size_t size)
{
    catalog->deep = true;
    dm_catalog_name(catalog, L, index, label, size);
    catalog->deep = false;
}

void dm_catalog_mark(const dm_catalog* catalog, size_t* mark)
{
    mark[0] = catalog->scripts.size();
    mark[1] = catalog->names.size();
    mark[2] = catalog->aliases.size();
}

void dm_catalog_rewind(dm_catalog* catalog, const size_t* mark)
{
    catalog->truncate(mark[0], mark[1], mark[2]);
}

dm_encoder* dm_encoder_new(dm_catalog* catalog)
{
    return new dm_encoder(*catalog);
}

void dm_encoder_free(dm_encoder* encoder)
{
    delete encoder;
}

int dm_encode(dm_encoder* encoder, lua_State* L, const dm_root* roots, size_t count, int portable, int options)
{
    try
    {
        encoder->encoder.run(L, roots, count, portable ? dm::kPortable : dm::kLocal, uint8_t(options));
        return 1;
    }
    catch (const dm::Refused& refused)
    {
        encoder->refused = refused;
    }
    catch (const std::bad_alloc&)
    {
        encoder->refused = dm::Refused{dm::kReasonMemory, nullptr};
    }
    return 0;
}

size_t dm_encoded_handles(const dm_encoder* encoder, const dm_handle** handles)
{
    *handles = encoder->encoder.handles.data();
    return encoder->encoder.handles.size();
}

void dm_encoded(const dm_encoder* encoder, dm_bytes* head, dm_bytes* body)
{
    *head = dm_bytes{encoder->encoder.head.start, encoder->encoder.head.size()};
    *body = dm_bytes{encoder->encoder.body.start, encoder->encoder.body.size()};
}

void dm_refusal(dm_encoder* encoder, lua_State* L, const dm_root* roots, size_t count, dm_refused* out)
{
    const dm::Encoder& inner = encoder->encoder;
    encoder->path = encoder->refused.object ? dm::pathto(inner.shared(), L, roots, count, inner.root, encoder->refused.object) : std::string();
    encoder->what = dm::describe(inner.shared(), L, encoder->refused);
    out->root = inner.root;
    out->path = dm_bytes{reinterpret_cast<const uint8_t*>(encoder->path.data()), encoder->path.size()};
    out->what = dm_bytes{reinterpret_cast<const uint8_t*>(encoder->what.data()), encoder->what.size()};
}

dm_decoder* dm_decoder_new(dm_catalog* catalog, int tasklets)
{
    dm_decoder* decoder = new dm_decoder(*catalog);
    decoder->tasklets = tasklets != 0;
    return decoder;
}

void dm_decoder_free(dm_decoder* decoder)
{
    delete decoder;
}

void dm_decoder_moves(dm_decoder* decoder, const dm_handle* moves, size_t count)
{
    decoder->moves = moves;
    decoder->movecount = count;
}

uint32_t dm_decode(dm_decoder* decoder, lua_State* L, const uint8_t* bytes, size_t size)
{
    try
    {
        return decoder->run(L, bytes, size);
    }
    catch (const std::bad_alloc&)
    {
        return dm::Decoder::kFull;
    }
}

size_t dm_decoded(const dm_decoder* decoder, const dm_made** made)
{
    *made = decoder->made.data();
    return decoder->made.size();
}

void dm_malformed(const dm_decoder* decoder, size_t* offset, const char** what)
{
    *offset = decoder->bad.offset;
    *what = decoder->bad.what;
}

size_t dm_missing_count(const dm_decoder* decoder)
{
    return decoder->missing.size();
}

void dm_missing_get(const dm_decoder* decoder, size_t index, dm_missing* out)
{
    const dm::Missing& missing = decoder->missing[index];
    out->kind = missing.kind;
    out->line = missing.line;
    memcpy(out->hash, missing.hash, sizeof(out->hash));
    out->file = dm_bytes{reinterpret_cast<const uint8_t*>(missing.file.data()), missing.file.size()};
    out->what = dm_bytes{reinterpret_cast<const uint8_t*>(missing.what.data()), missing.what.size()};
    out->roots = missing.roots.data();
    out->rootcount = missing.roots.size();
}
