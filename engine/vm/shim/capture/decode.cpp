// From bytes to values. All or nothing: what it makes is reachable from nowhere until the whole capture has been read
// and found sound, so a capture that is not leaves nothing but garbage. It trusts no byte: every length, number, type
// and place is checked before the VM sees it.
//
// The collector never runs meanwhile (nothing here is a point at which Luau collects), so nothing has to be anchored.

#include "decode.h"

#include <algorithm>

#include "ldo.h"
#include "lfunc.h"
#include "lgc.h"
#include "lmem.h"
#include "lstate.h"
#include "lstring.h"
#include "ltable.h"
#include "lbuffer.h"

#include "hash.h"

namespace dm
{

void Decoder::reset()
{
    missing.clear();
    made.clear();
    usednames.clear();
    usedfunctions.clear();
    objects.clear();
    pending.clear();
    next = 0;
    environment = globals = nullptr;
    slots.clear();
    shapes.clear();
    frozen.clear();
    cursors.clear();
    coroutines.clear();
    results.clear();
    ordered.clear();
    setupvalues.clear();
    settables.clear();
    setkept.clear();
    depth = 0;
    setbuffers.clear();
    stones.clear();
    root = 0;
    lacking = false;
}

Decoder::Outcome Decoder::run(lua_State* state, const uint8_t* bytes, size_t size)
{
    struct Call
    {
        Decoder* decoder;
        Outcome outcome;
    } call{this, kRestored};
    reset();
    L = state;
    in.start = in.at = bytes;
    in.end = bytes + size;
    credit = kFreeBytes + kBytesPerByte * uint64_t(size);
    const ptrdiff_t top = savestack(L, L->top);
    int status = luaD_rawrunprotected(
        L,
        [](lua_State*, void* context)
        {
            Call* call = static_cast<Call*>(context);
            Decoder* d = call->decoder;
            try
            {
                if (!d->header())
                {
                    call->outcome = kForeign;
                    return;
                }
                d->body();
                if (!d->missing.empty())
                {
                    call->outcome = kLacking;
                    return;
                }
                d->finish();
            }
            catch (const Malformed& malformed)
            {
                d->bad = malformed;
                call->outcome = kBad;
            }
            catch (const std::bad_alloc&)
            {
                call->outcome = kFull;
            }
        },
        &call
    );
    L->top = restorestack(L, top);
    if (status != LUA_OK)
        call.outcome = kFull;
    if (call.outcome == kRestored)
        commit();
    else
        undo();
    return call.outcome;
}

bool Decoder::header()
{
    if (memcmp(in.raw(sizeof(kMagic)), kMagic, sizeof(kMagic)) != 0)
        in.fail("it is not a capture, or one of another version");
    const uint8_t options = in.byte();
    if (options > 7)
        in.fail("its options are unknown");
    portable = (options & 1) == kPortable;
    withstate = (options >> 1 & kWithState) != 0;
    if (portable)
    {
        readreferences();
        return true;
    }
    const uint64_t names = in.varint();
    const uint64_t scripts = in.varint();
    const uint64_t guard = in.plain<uint64_t>();
    namelimit = names;
    functionlimit = 0;
    if (names > catalog.names.size() || scripts > catalog.scripts.size() || catalog.guard(size_t(names), size_t(scripts)) != guard)
        return false;
    if (scripts)
        functionlimit = catalog.scripts[size_t(scripts) - 1].first + catalog.scripts[size_t(scripts) - 1].count;
    return true;
}

// What was read before need not be read again: bytes that begin like it are it.
void Decoder::readreferences()
{
    const size_t kKept = 64, kBegin = 64, kMost = 4096;
    const uint8_t* begin = in.at;
    Hash hash(0);
    hash.bytes(begin, std::min(kBegin, in.left()));
    references.resize(kKept);
    References& known = references[hash.value % kKept];
    if (!known.bytes.empty() && known.changes == catalog.changes && in.left() >= known.bytes.size() &&
        memcmp(begin, known.bytes.data(), known.bytes.size()) == 0)
    {
        in.at += known.bytes.size();
        usednames.assign(known.names.begin(), known.names.end());
        usedfunctions.assign(known.functions.begin(), known.functions.end());
        return;
    }
    readnames();
    readfunctions();
    if (!missing.empty() || size_t(in.at - begin) > kMost)
        return;
    known.bytes.assign(begin, in.at);
    known.names = usednames;
    known.functions = usedfunctions;
    known.changes = catalog.changes;
}

void Decoder::readnames()
{
    const uint32_t count = in.below(in.left() + 1, "it has too many names");
    usednames.reserve(count);
    for (uint32_t i = 0; i < count; i++)
    {
        UsedName used;
        used.kind = in.byte();
        used.at = uint32_t(in.at - in.start);
        const size_t size = in.below(in.left() + 1, "a name is too long");
        const char* path = reinterpret_cast<const char*>(in.raw(size));
        auto found = catalog.bypath.find(std::string(path, size));
        // A table may have been opened or frozen since; what matters is that it is no upvalue.
        if (found != catalog.bypath.end())
        {
            const Name& name = catalog.names[found->second];
            if ((name.kind == Name::kUpvalue) == (used.kind == Name::kUpvalue))
            {
                used.object = name.object;
                used.kind = name.kind;
            }
        }
        usednames.push_back(used);
    }
}

void Decoder::readfunctions()
{
    struct From
    {
        const uint8_t* hash;
        std::string name;
        int exact;
    };
    std::vector<From> scripts(in.below(in.left() + 1, "it has too many scripts"));
    for (From& from : scripts)
    {
        from.hash = in.raw(16);
        const size_t size = in.below(in.left() + 1, "a script's name is too long");
        from.name.assign(reinterpret_cast<const char*>(in.raw(size)), size);
        from.exact = -1;
        // The one loaded last, where there are more.
        for (size_t i = 0; i < catalog.scripts.size(); i++)
            if (memcmp(catalog.scripts[i].hash, from.hash, 16) == 0)
                from.exact = int(i);
    }
    const uint32_t count = in.below(in.left() + 1, "it has too many functions");
    for (uint32_t i = 0; i < count; i++)
    {
        const From& from = scripts[in.below(scripts.size(), "a function's script does not exist")];
        const uint64_t index = in.varint();
        const uint64_t hash = in.plain<uint64_t>();
        Used used;
        used.upvalues = in.byte();
        const uint64_t line = in.varint();
        const size_t size = in.below(in.left() + 1, "a function's name is too long");
        const std::string name(reinterpret_cast<const char*>(in.raw(size)), size);
        if (from.exact >= 0)
        {
            const Script& script = catalog.scripts[size_t(from.exact)];
            if (index >= script.count)
                in.fail("a function does not exist in its script");
            used.function = script.first + uint32_t(index);
        }
        else
        {
            // The script has changed: the very same function in it will do, best one of the same name.
            for (const Script& script : catalog.scripts)
            {
                if (script.name != from.name)
                    continue;
                for (uint32_t f = script.first; f < script.first + script.count; f++)
                {
                    const Proto* p = catalog.functions[f].proto;
                    if (p->nups != used.upvalues || catalog.analysis(f).hash != hash)
                        continue;
                    const bool same = p->debugname ? name == getstr(p->debugname) : name.empty();
                    if (used.function == ~0u || same)
                        used.function = f;
                    if (same)
                        break;
                }
            }
        }
        if (used.function == ~0u)
        {
            used.missing = lack(Missing::kFunction);
            Missing& what = missing.back();
            what.file = from.name;
            what.what = name;
            what.line = index == 0 ? 0 : uint32_t(line);
            memcpy(what.hash, from.hash, 16);
        }
        else if (catalog.functions[used.function].proto->nups != used.upvalues)
        {
            in.fail("a function has other upvalues than its code");
        }
        usedfunctions.push_back(used);
    }
    // What is listed and then not used is not missed.
}

int Decoder::lack(Missing::Kind kind)
{
    missing.push_back(Missing{kind, {}, {}, 0, {}, {}});
    return int(missing.size()) - 1;
}

void Decoder::blame(int index)
{
    std::vector<uint32_t>& roots = missing[size_t(index)].roots;
    if (roots.empty() || roots.back() != root)
        roots.push_back(root);
    lacking = true;
}

void Decoder::body()
{
    const uint32_t count = in.below(in.left() + 1, "it has too many roots");
    results.resize(count);
    std::vector<const lua_State*> threads;
    for (root = 0; root < count; root++)
    {
        const uint8_t kind = in.byte();
        value(&results[root]);
        if (kind == 1)
        {
            if (!ttisthread(&results[root]) && !lacking)
                in.fail("a tasklet is no coroutine");
            threads.push_back(ttisthread(&results[root]) ? thvalue(&results[root]) : nullptr);
        }
        else if (kind != 0)
            in.fail("a root is of an unknown kind");
        else
            threads.push_back(nullptr);
        drain();
    }
    if (withstate)
        state();
    orphans();
    buried();
    while (in.at < in.end)
        if (*in.at++ != 0)
            in.fail("there is more after its end");
    standcursors();
    for (const lua_State* th : coroutines)
        if (th->userdata && th->userdata == taskletmark())
            in.fail("a tasklet can't be resumed by a script");
    for (root = 0; root < count; root++)
        made.push_back(dm_made{const_cast<lua_State*>(threads[root]), 0});
    threads.erase(std::remove(threads.begin(), threads.end(), nullptr), threads.end());
    std::sort(threads.begin(), threads.end());
    if (std::adjacent_find(threads.begin(), threads.end()) != threads.end())
        in.fail("one coroutine is two tasklets");
    if (!lacking && tasklets)
        checktasklets(threads);
    size_t kept = 0;
    for (size_t i = 0; i < missing.size(); i++)
        if (!missing[i].roots.empty())
            missing[kept++] = missing[i];
    missing.resize(kept);
}

// Those among the roots can be resumed, and only the host can; no other coroutine bears their mark unless it is over.
void Decoder::checktasklets(const std::vector<const lua_State*>& roots)
{
    size_t marked = 0;
    for (const GCObject* o : objects)
        if (o->gch.tt == LUA_TTHREAD && o->th.userdata == taskletmark())
            marked += o->th.status == LUA_YIELD || (o->th.status == LUA_OK && o->th.top > o->th.base);
    for (const lua_State* th : roots)
    {
        if (th->userdata != taskletmark())
            in.fail("a tasklet is a script's own coroutine");
        const bool begins = th->status == LUA_OK && th->top > th->base && ttisfunction(th->base);
        if (th->status != LUA_YIELD && !begins)
            in.fail("a tasklet is over");
    }
    if (marked != roots.size())
        in.fail("a tasklet is not among the roots");
}

void Decoder::drain()
{
    while (next < pending.size())
        contents(pending[next++]);
    pending.clear();
    next = 0;
}

void Decoder::contents(Pending item)
{
    GCObject* o = objects[item.number];
    switch (o->gch.tt)
    {
    case LUA_TTABLE:
        return table(&o->h, false);
    case LUA_TFUNCTION:
        return closure(&o->cl, item.used);
    case LUA_TTHREAD:
        return thread(&o->th);
    default: // an upvalue
    {
        const uint8_t tag = in.byte();
        TValue held;
        if (tag == kOpen)
            return;
        value(tag, &held);
        // What an open one holds is in its thread, where it was checked.
        if (upisopen(&o->uv))
            in.fail("an upvalue is open and closed");
        o->uv.u.value = held;
        return;
    }
    }
}

// A place in a text, or its end.
static bool offset(const TValue* number, const TValue* text)
{
    return ttisnumber(number) && ttisstring(text) && nvalue(number) >= 0 && nvalue(number) <= double(tsvalue(text)->len);
}

void Decoder::closure(Closure* c, uint32_t used)
{
    if (c->isC)
    {
        const char* letters = catalog.natives[used].upvalues;
        for (int i = 0; i < c->nupvalues; i++)
        {
            TValue* up = &c->c.upvals[i];
            value(up);
            const char letter = letters[i];
            const bool fits = letter == 'a' || (letter == 'n' && ttisnumber(up)) || (letter == 'f' && ttisfunction(up)) ||
                              (letter == 't' && ttisthread(up)) || (letter == 's' && ttisstring(up)) || (letter == 'o' && offset(up, &c->c.upvals[0])) ||
                              (ttisnil(up) && lacking);
            if (!fits)
                in.fail("a value bound to a C function is of the wrong type");
            if (letter == 't' && ttisthread(up))
                coroutines.push_back(thvalue(up));
        }
        return;
    }
    const uint8_t tag = in.byte();
    if (tag != kNil)
        environment = tableobject(tag, "a function's globals are no table");
    if (!environment)
        in.fail("a function has no globals");
    c->env = environment;
    const Used& from = usedat(used);
    const Analysis* analysis = from.function == ~0u ? nullptr : &catalog.analysis(from.function);
    for (int i = 0; i < c->nupvalues; i++)
        cell(&c->l.uprefs[i], analysis && analysis->needscell(i));
}

// Upvalues whose threads were not captured.
void Decoder::orphans()
{
    while (uint64_t number = in.varint())
    {
        if (number > objects.size() || objects[size_t(number) - 1]->gch.tt != LUA_TUPVAL)
            in.fail("an upvalue does not exist");
        UpVal* up = &objects[size_t(number) - 1]->uv;
        TValue held;
        value(&held);
        // An open one has its value in its thread.
        if (!upisopen(up))
            up->u.value = held;
        drain();
    }
}

void Decoder::state()
{
    for (uint64_t left = in.varint(); left > 0; left--)
    {
        const uint64_t index = in.varint();
        const uint8_t kind = in.byte();
        GCObject* named = nullptr;
        if (portable)
        {
            if (index >= usednames.size())
                in.fail("a name does not exist");
            // What nothing refers to any more needs no contents.
            const UsedName& used = usednames[size_t(index)];
            named = used.object && used.kind == kind ? used.object : nullptr;
        }
        else
        {
            if (index >= namelimit || catalog.names[size_t(index)].kind != kind)
                in.fail("a name does not exist");
            named = catalog.names[size_t(index)].object;
        }
        switch (kind)
        {
        case Name::kUpvalue:
        {
            TValue held;
            value(&held);
            if (named && upisopen(&named->uv))
                in.fail("a shared upvalue is in use by a coroutine");
            if (named)
                setupvalues.push_back(SetUpvalue{&named->uv, held});
            break;
        }
        case Name::kTable:
        {
            charge(sizeof(LuaTable));
            LuaTable* shadow = luaH_new(L, 0, 0);
            add(reinterpret_cast<GCObject*>(shadow));
            table(shadow, true);
            if (named && named->gch.tt == LUA_TTABLE && !named->h.readonly)
                settables.push_back(SetTable{&named->h, shadow});
            break;
        }
        case Name::kBuffer:
        {
            const size_t size = in.below(in.left() + 1, "a buffer is too long");
            const uint8_t* bytes = in.raw(size);
            if (named && named->gch.tt == LUA_TBUFFER && named->buf.len == size)
                setbuffers.push_back(SetBuffer{&named->buf, bytes});
            break;
        }
        default:
            in.fail("a name is of an unknown kind");
        }
        drain();
    }
}

// The last steps that can fail: frozen tables get their cache of metamethods, roots their pins.
void Decoder::finish()
{
    luaD_checkstack(L, 1);
    luaC_threadbarrier(L);
    for (LuaTable* t : frozen)
    {
        sethvalue(L, L->top, t);
        L->top++;
        lua_setreadonly(L, -1, true);
        L->top--;
    }
    for (size_t i = 0; i < results.size(); i++)
    {
        setobj(L, L->top, &results[i]);
        L->top++;
        made[i].pin = lua_ref(L, -1);
        L->top--;
    }
}

void Decoder::undo()
{
    for (const dm_made& one : made)
        if (one.pin > 0)
            lua_unref(L, one.pin);
    made.clear();
}

// What is shared takes its new contents. Nothing here can fail.
void Decoder::commit()
{
    for (const SetUpvalue& set : setupvalues)
    {
        setobj(L, set.upvalue->v, &set.value);
        luaC_barrier(L, set.upvalue, &set.value);
    }
    for (const SetKept& set : setkept)
    {
        setobj(L, &set.closure->l.uprefs[set.index], &set.value);
        luaC_barrier(L, set.closure, &set.value);
        set.closure->preload = 0;
    }
    for (const SetTable& set : settables)
    {
        LuaTable* a = set.named;
        LuaTable* b = set.shadow;
        std::swap(a->tmcache, b->tmcache);
        std::swap(a->readonly, b->readonly);
        std::swap(a->lsizenode, b->lsizenode);
        std::swap(a->nodemask8, b->nodemask8);
        std::swap(a->sizearray, b->sizearray);
        std::swap(a->lastfree, b->lastfree);
        std::swap(a->metatable, b->metatable);
        std::swap(a->array, b->array);
        std::swap(a->node, b->node);
        luaC_barrierfast(L, a);
    }
    for (const SetBuffer& set : setbuffers)
        memcpy(set.named->data, set.bytes, set.named->len);
}

} // namespace dm
