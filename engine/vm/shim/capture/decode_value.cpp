// Values and the shells of objects.

#include "decode.h"

#include <math.h>

#include <algorithm>

#include "ldo.h"
#include "lfunc.h"
#include "lgc.h"
#include "lmem.h"
#include "lstate.h"
#include "lstring.h"
#include "ltable.h"
#include "lbuffer.h"

namespace dm
{

// The code of a function that is missing. It is never seen by the VM; it only stands for the bytes to come.
static Proto* nothing()
{
    static Proto none = {};
    return &none;
}

void Decoder::value(uint8_t tag, TValue* into)
{
    if (tag >= kSmall && tag < kRecent)
    {
        setnvalue(into, double(tag - kSmall));
        return;
    }
    switch (tag)
    {
    case kNil:
        setnilvalue(into);
        return;
    case kFalse:
    case kTrue:
        setbvalue(into, tag == kTrue);
        return;
    case kDouble:
        setnvalue(into, in.plain<double>());
        return;
    case kInteger:
        setnvalue(into, double(in.signedint()));
        return;
    case kFloat:
        setnvalue(into, double(in.plain<float>()));
        return;
    case kInt64:
        setlvalue(into, in.signedint());
        return;
    case kVector:
    {
        const float x = in.plain<float>(), y = in.plain<float>(), z = in.plain<float>();
        setvvalue(L, into, x, y, z, 0);
        return;
    }
    case kLight:
    {
        const uint8_t kind = in.byte();
        if (kind >= LUA_LUTAG_LIMIT)
            in.fail("a handle is of an impossible kind");
        const uint64_t low = in.below(1ull << 32, "a handle is too long");
        const uint64_t high = in.below(1ull << 32, "a handle is too long");
        setpvalue(into, reinterpret_cast<void*>(uintptr_t(moved(kind, high << 32 | low, high << 32 | low))), kind);
        return;
    }
    case kCursor:
    case kCursorRank:
        in.fail("a loop's cursor is outside of a stack");
    default:
        break;
    }
    GCObject* o = object(tag);
    if (!o)
    {
        setnilvalue(into);
        return;
    }
    if (o->gch.tt == LUA_TUPVAL)
        in.fail("an upvalue is no value");
    into->value.gc = o;
    into->tt = o->gch.tt;
}

// What a Luau function has for an upvalue: a shared cell, or a value where nothing assigns to it.
void Decoder::cell(TValue* into, bool mustbecell)
{
    const uint8_t tag = in.byte();
    GCObject* o = nullptr;
    if (tag == kUpvalue)
        o = newupvalue();
    else if (tag == kNamed)
        o = name();
    else if (tag == kAgain || tag >= kRecent)
        o = met(tag);
    else if (mustbecell && !lacking)
        in.fail("an upvalue that is assigned to is no cell");
    else
        return value(tag, into);
    if (!o)
    {
        setnilvalue(into);
        return;
    }
    if (mustbecell && o->gch.tt != LUA_TUPVAL)
        in.fail("an upvalue that is assigned to is no cell");
    into->value.gc = o;
    into->tt = o->gch.tt;
}

GCObject* Decoder::met(uint8_t tag)
{
    if (tag >= kRecent)
    {
        const size_t ago = size_t(tag - kRecent);
        if (ago >= objects.size())
            in.fail("an object does not exist");
        return objects[objects.size() - 1 - ago];
    }
    return objects[in.below(objects.size(), "an object does not exist")];
}

GCObject* Decoder::name()
{
    const uint64_t index = in.varint();
    if (!portable)
    {
        if (index >= namelimit)
            in.fail("a name does not exist");
        return catalog.names[size_t(index)].object;
    }
    if (index >= usednames.size())
        in.fail("a name does not exist");
    UsedName& used = usednames[size_t(index)];
    if (!used.object)
    {
        if (used.missing < 0)
        {
            used.missing = lack(Missing::kPath);
            Reader at = in;
            at.at = in.start + used.at;
            const size_t size = size_t(at.varint());
            missing.back().what.assign(reinterpret_cast<const char*>(at.at), size);
        }
        blame(used.missing);
    }
    return used.object;
}

GCObject* Decoder::object(uint8_t tag)
{
    if (tag >= kRecent || tag == kAgain)
        return met(tag);
    if (tag >= kShortString && tag < kSmall)
        return newstring(size_t(tag - kShortString));
    switch (tag)
    {
    case kNamed:
        return name();
    case kString:
        return newstring(in.below(in.left() + 1, "a string is too long"));
    case kTable:
        charge(sizeof(LuaTable));
        pending.push_back(Pending{uint32_t(objects.size()), 0});
        return add(reinterpret_cast<GCObject*>(luaH_new(L, 0, 0)));
    case kClosure:
        return newclosure();
    case kConstant:
    {
        const Used& used = usedat(usedfunction());
        Closure* constant = used.function == ~0u ? nullptr : catalog.functions[used.function].constant;
        if (used.function != ~0u && (!constant || constant->nupvalues))
        {
            // The same function in a changed script may be made elsewhere.
            if (constant || used.upvalues)
                in.fail("a function is not one that exists once");
            charge(sizeof(Closure));
            constant = luaF_newLclosure(L, 0, L->gt, catalog.functions[used.function].proto);
        }
        if (!constant)
            constant = luaF_newLclosure(L, 0, L->gt, nothing());
        return add(reinterpret_cast<GCObject*>(constant));
    }
    case kCached:
        return cachedclosure();
    case kNative:
        return newnative();
    case kHost:
        return newhost();
    case kThread:
        return newthread();
    case kBuffer:
        return newbuffer();
    case kUpvalue:
        in.fail("an upvalue is no value");
    default:
        in.fail("a value is of an unknown kind");
    }
}

LuaTable* Decoder::tableobject(uint8_t tag, const char* what)
{
    GCObject* o = object(tag);
    if (!o)
        return L->gt; // something is missing, so nothing of this stays
    if (o->gch.tt != LUA_TTABLE)
        in.fail(what);
    return &o->h;
}

GCObject* Decoder::newstring(size_t size)
{
    const char* bytes = reinterpret_cast<const char*>(in.raw(size));
    return add(reinterpret_cast<GCObject*>(luaS_newlstr(L, bytes, size)));
}

const Decoder::Used& Decoder::usedat(uint32_t used)
{
    if (portable)
        return usedfunctions[used];
    local.function = used;
    local.upvalues = catalog.functions[used].proto->nups;
    return local;
}

uint32_t Decoder::usedfunction()
{
    const uint32_t used = in.below(portable ? usedfunctions.size() : functionlimit, "a function does not exist");
    if (portable && usedfunctions[used].missing >= 0)
        blame(usedfunctions[used].missing);
    return used;
}

GCObject* Decoder::newclosure()
{
    const uint32_t number = usedfunction();
    const Used& used = usedat(number);
    charge(sizeof(Closure) + sizeof(TValue) * used.upvalues);
    Proto* p = used.function == ~0u ? nothing() : catalog.functions[used.function].proto;
    Closure* c = luaF_newLclosure(L, used.upvalues, L->gt, p);
    pending.push_back(Pending{uint32_t(objects.size()), number});
    return add(reinterpret_cast<GCObject*>(c));
}

// What a handle is here.
uint64_t Decoder::moved(uint8_t kind, uint64_t bits, uint64_t otherwise) const
{
    const dm_handle wanted{kind, bits, 0};
    const auto less = [](const dm_handle& one, const dm_handle& other)
    {
        return one.kind != other.kind ? one.kind < other.kind : one.from < other.from;
    };
    const dm_handle* end = moves + movecount;
    const dm_handle* found = std::lower_bound(moves, end, wanted, less);
    return found != end && !less(wanted, *found) ? found->to : otherwise;
}

// The closure that the function keeps, if it keeps one with these upvalues, or keeps none yet.
GCObject* Decoder::cachedclosure()
{
    const uint32_t number = usedfunction();
    const Used used = usedat(number);
    Proto* p = used.function == ~0u ? nothing() : catalog.functions[used.function].proto;
    const Analysis* analysis = used.function == ~0u ? nullptr : &catalog.analysis(used.function);
    Closure* kept = used.function == ~0u ? nullptr : catalog.functions[used.function].constant;
    charge(sizeof(Closure) + sizeof(TValue) * used.upvalues);
    if (!kept || kept->nupvalues != used.upvalues || kept->nupvalues == 0 || kept->env != L->global->mainthread->gt)
        kept = nullptr;
    Closure* made = kept ? nullptr : luaF_newLclosure(L, used.upvalues, L->global->mainthread->gt, p);
    const size_t at = objects.size();
    add(reinterpret_cast<GCObject*>(kept ? kept : made));
    if (++depth > kCachedDepth + 2)
        in.fail("functions lie too deep in one another");
    std::vector<TValue> values(used.upvalues);
    bool same = kept != nullptr;
    for (int i = 0; i < used.upvalues; i++)
    {
        const uint8_t tag = in.byte();
        const bool fresh = tag == kTable || tag == kClosure || tag == kNative || tag == kHost || tag == kThread || tag == kBuffer;
        if (fresh || (analysis && analysis->needscell(i)))
            in.fail("a function that is kept for all closes over what is not for all");
        value(tag, &values[size_t(i)]);
        same = same && luaO_rawequalObj(&values[size_t(i)], &kept->l.uprefs[i]);
    }
    depth--;
    if (kept && kept->preload)
    {
        for (int i = 0; i < used.upvalues; i++)
            setkept.push_back(SetKept{kept, i, values[size_t(i)]});
        return objects[at];
    }
    if (same)
        return objects[at];
    if (!made)
        made = luaF_newLclosure(L, used.upvalues, L->global->mainthread->gt, p);
    for (int i = 0; i < used.upvalues; i++)
    {
        TValue* up = &values[size_t(i)];
        if (kept && ttisfunction(up) && clvalue(up) == kept)
            setclvalue(L, up, made);
        setobj(L, &made->l.uprefs[i], up);
    }
    return objects[at] = reinterpret_cast<GCObject*>(made);
}

GCObject* Decoder::newnative()
{
    const uint8_t number = in.byte();
    if (number >= catalog.natives.size() || !catalog.natives[number].upvalues || catalog.natives[number].host)
        in.fail("a C function does not exist");
    const Native& native = catalog.natives[number];
    const int upvalues = int(strlen(native.upvalues));
    charge(sizeof(Closure) + sizeof(TValue) * size_t(upvalues));
    TString* name = *native.name ? luaS_new(L, native.name) : nullptr;
    Closure* c = luaF_newCclosure(L, upvalues, L->gt);
    for (int i = 0; i < upvalues; i++)
        setnilvalue(&c->c.upvals[i]);
    c->c.f = native.f;
    c->c.cont = native.continuation;
    c->c.debugname = name;
    if (upvalues)
        pending.push_back(Pending{uint32_t(objects.size()), number});
    return add(reinterpret_cast<GCObject*>(c));
}

GCObject* Decoder::newhost()
{
    const uint8_t number = in.byte();
    if (number >= catalog.natives.size() || !catalog.natives[number].host)
        in.fail("a C function does not exist");
    const size_t size = in.below(in.left() + 1, "a name is too long");
    const char* name = reinterpret_cast<const char*>(in.raw(size));
    const Host* host = nullptr;
    for (const Host& one : catalog.hosts)
        if (strlen(one.name) == size && memcmp(one.name, name, size) == 0)
            host = &one;
    charge(sizeof(Closure) + sizeof(TValue));
    TString* text = luaS_newlstr(L, name, size);
    Closure* c = luaF_newCclosure(L, 1, L->gt);
    setnvalue(&c->c.upvals[0], host ? double(host->number) : 0.0);
    c->c.f = catalog.natives[number].f;
    c->c.cont = catalog.natives[number].continuation;
    c->c.debugname = text;
    if (!host)
    {
        const int index = lack(Missing::kHostFunction);
        missing.back().what.assign(name, size);
        blame(index);
    }
    return add(reinterpret_cast<GCObject*>(c));
}

GCObject* Decoder::newbuffer()
{
    const size_t size = in.below(in.left() + 1, "a buffer is too long");
    if (size > MAX_BUFFER_SIZE)
        in.fail("a buffer is too long");
    charge(sizeof(Buffer) + size);
    Buffer* buffer = luaB_newbuffer(L, size);
    memcpy(buffer->data, in.raw(size), size);
    return add(reinterpret_cast<GCObject*>(buffer));
}

GCObject* Decoder::newupvalue()
{
    charge(sizeof(UpVal));
    UpVal* up = luaM_newgco(L, UpVal, sizeof(UpVal), L->activememcat, LUA_TUPVAL);
    luaC_init(L, up, LUA_TUPVAL);
    up->markedopen = 0;
    up->v = &up->u.value;
    setnilvalue(up->v);
    pending.push_back(Pending{uint32_t(objects.size()), 0});
    return add(reinterpret_cast<GCObject*>(up));
}

GCObject* Decoder::newthread()
{
    // A stack of the least size still has its reserve, and a call list room for one call more.
    const uint32_t stacksize = in.below(1u << 26, "a stack is too large");
    const uint32_t calls = in.below(LUAI_MAXCALLS + (LUAI_MAXCALLS >> 3) + 1, "too many calls");
    if (stacksize < EXTRA_STACK + 1 || calls < 2)
        in.fail("a stack is too small");
    charge(sizeof(lua_State) + sizeof(TValue) * uint64_t(stacksize) + sizeof(CallInfo) * uint64_t(calls));
    lua_State* th = luaM_newgco(L, lua_State, sizeof(lua_State), L->activememcat, LUA_TTHREAD);
    // The header comes after: it lies in the cleared part.
    memset(th, 0, sizeof(lua_State));
    luaC_init(L, th, LUA_TTHREAD);
    th->global = L->global;
    th->gt = L->gt;
    th->activememcat = L->activememcat;
    th->base_ci = luaM_newarray(L, calls, CallInfo, th->memcat);
    th->size_ci = int(calls);
    th->ci = th->base_ci;
    th->end_ci = th->base_ci + calls - 1;
    th->stack = luaM_newarray(L, stacksize, TValue, th->memcat);
    th->stacksize = int(stacksize);
    th->stack_last = th->stack + (stacksize - EXTRA_STACK);
    for (uint32_t i = 0; i < stacksize; i++)
        setnilvalue(th->stack + i);
    CallInfo* ci = th->ci;
    memset(ci, 0, sizeof(CallInfo));
    ci->func = th->stack;
    ci->base = th->base = th->top = th->stack + 1;
    ci->top = th->stack_last < th->base + LUA_MINSTACK ? th->stack_last : th->base + LUA_MINSTACK;
    if (L->global->cb.userthread)
        L->global->cb.userthread(L, th);
    pending.push_back(Pending{uint32_t(objects.size()), 0});
    return add(reinterpret_cast<GCObject*>(th));
}

} // namespace dm
