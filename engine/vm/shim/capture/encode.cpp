// From values to bytes. One pass over the graph without recursion: an object is written where it is first met, as a
// shell that says how to make it, and queued; its contents follow in the order of the queue. It allocates nothing in
// the VM and changes nothing in it.

#include "encode.h"

#include <math.h>

#include <algorithm>

#include "lstate.h"
#include "ltable.h"

#include "layout.h"

namespace dm
{

void Encoder::reset()
{
    handles.clear();
    head.reset();
    body.reset();
    numbers.clear();
    count = 0;
    pending.clear();
    next = 0;
    environment = globals = nullptr;
    cost = 0;
    shapeslots.clear();
    shapes.clear();
    shapesbyhash.clear();
    tombstones.clear();
    opened.clear();
    claims.clear();
    for (uint32_t name : usednames)
        namenumbers[name] = 0;
    for (uint32_t function : usedfunctions)
        functionnumbers[function] = 0;
    for (uint32_t script : usedscripts)
        scriptnumbers[script] = 0;
    usednames.clear();
    usedfunctions.clear();
    usedscripts.clear();
}

void Encoder::run(lua_State* state, const dm_root* from, size_t many, Mode as, uint8_t options)
{
    L = state;
    roots = from;
    rootcount = many;
    mode = as;
    movable = (options & kMovable) != 0;
    closed.clear();
    moving.clear();
    rootthreads.clear();
    reset();
    pass(options);
    // Seldom there are any.
    for (const Opened& one : opened)
        if (!std::binary_search(claims.begin(), claims.end(), one.upvalue))
            closed.push_back(one.upvalue);
    for (const Tombstone& stone : tombstones)
        if (!stone.ordered && byaddress(stone.key->gch.tt))
            moving.push_back(stone.table);
    if (!closed.empty() || !moving.empty())
    {
        std::sort(closed.begin(), closed.end());
        std::sort(moving.begin(), moving.end());
        reset();
        pass(options);
    }
    writehead(many, options);
    // A capture that asks for much memory must be long enough to be believed.
    uint64_t size = head.size() + body.size();
    uint64_t believed = kFreeBytes + kBytesPerByte * size;
    if (cost > believed)
    {
        size_t padding = size_t((cost - believed) / kBytesPerByte + 1);
        body.room(padding);
        memset(body.at, 0, padding);
        body.at += padding;
    }
}

void Encoder::pass(uint8_t options)
{
    for (root = 0; root < rootcount; root++)
    {
        body.byte(roots[root].thread != nullptr);
        if (roots[root].thread)
        {
            const lua_State* th = roots[root].thread;
            if (th->status != LUA_YIELD && (th->status != LUA_OK || th->top == th->base || !ttisfunction(th->base)))
                refuse(kReasonOver, th);
            refer(reinterpret_cast<GCObject*>(roots[root].thread));
        }
        else
        {
            const TValue* pinned = luaH_getnum(hvalue(registry(L)), roots[root].pin);
            value(roots[root].pin ? pinned : luaO_nilobject);
        }
        drain();
    }
    if (options & kWithState)
        state();
    orphans();
    buried();
}

void Encoder::text(const char* from, size_t size)
{
    head.varint(size);
    head.raw(from, size);
}

void Encoder::writehead(size_t many, uint8_t options)
{
    head.raw(kMagic, sizeof(kMagic));
    head.byte(uint8_t(mode | options << 1));
    if (mode == kLocal)
    {
        head.varint(catalog.names.size());
        head.varint(catalog.scripts.size());
        uint64_t guard = catalog.guard(catalog.names.size(), catalog.scripts.size());
        head.raw(&guard, sizeof(guard));
    }
    else
    {
        head.varint(usednames.size());
        for (uint32_t name : usednames)
        {
            head.byte(catalog.names[name].kind);
            text(catalog.names[name].path.data(), catalog.names[name].path.size());
        }
        for (uint32_t function : usedfunctions)
        {
            uint32_t script = catalog.functions[function].script;
            if (!scriptnumbers[script])
            {
                usedscripts.push_back(script);
                scriptnumbers[script] = uint32_t(usedscripts.size());
            }
        }
        head.varint(usedscripts.size());
        for (uint32_t script : usedscripts)
        {
            head.raw(catalog.scripts[script].hash, 16);
            text(catalog.scripts[script].name.data(), catalog.scripts[script].name.size());
        }
        head.varint(usedfunctions.size());
        for (uint32_t function : usedfunctions)
        {
            const Function& f = catalog.functions[function];
            head.varint(scriptnumbers[f.script] - 1);
            head.varint(function - catalog.scripts[f.script].first);
            uint64_t hash = catalog.analysis(function).hash;
            head.raw(&hash, sizeof(hash));
            head.byte(f.proto->nups);
            head.varint(uint64_t(f.proto->linedefined < 0 ? 0 : f.proto->linedefined));
            const TString* name = f.proto->debugname;
            text(name ? getstr(name) : "", name ? name->len : 0);
        }
    }
    head.varint(many);
}

uint32_t Encoder::usename(uint32_t name)
{
    if (mode == kLocal)
        return name;
    if (namenumbers.size() <= name)
        namenumbers.resize(catalog.names.size(), 0);
    if (!namenumbers[name])
    {
        usednames.push_back(name);
        namenumbers[name] = uint32_t(usednames.size());
    }
    return namenumbers[name] - 1;
}

uint32_t Encoder::usefunction(uint32_t function)
{
    if (mode == kLocal)
        return function;
    if (functionnumbers.size() <= function)
    {
        functionnumbers.resize(catalog.functions.size(), 0);
        scriptnumbers.resize(catalog.scripts.size(), 0);
    }
    if (!functionnumbers[function])
    {
        usedfunctions.push_back(function);
        functionnumbers[function] = uint32_t(usedfunctions.size());
    }
    return functionnumbers[function] - 1;
}

void Encoder::number(double n)
{
    if (n >= -9007199254740992.0 && n <= 9007199254740992.0)
    {
        int64_t whole = int64_t(n);
        if (double(whole) == n && (whole != 0 || !signbit(n)))
        {
            if (uint64_t(whole) < uint64_t(kSmalls))
                return body.byte(uint8_t(kSmall + whole));
            body.byte(kInteger);
            return body.signedint(whole);
        }
    }
    float narrow = float(n);
    if (double(narrow) == n)
    {
        body.byte(kFloat);
        return body.raw(&narrow, sizeof(narrow));
    }
    body.byte(kDouble);
    body.raw(&n, sizeof(n));
}

void Encoder::scalar(const Value& v, const int* extra, int type)
{
    switch (type)
    {
    case LUA_TNIL:
        return body.byte(kNil);
    case LUA_TBOOLEAN:
        return body.byte(v.b ? kTrue : kFalse);
    case LUA_TNUMBER:
        return number(v.n);
    case LUA_TINTEGER:
        body.byte(kInt64);
        return body.signedint(v.l);
    case LUA_TVECTOR:
        body.byte(kVector);
        body.raw(v.v, sizeof(float) * 2);
        return body.raw(extra, sizeof(float));
    case LUA_TLIGHTUSERDATA:
    {
        if (extra[0] == LU_TAG_ITERATOR)
        {
            body.byte(kCursor);
            return body.varint(uint32_t(uintptr_t(v.p)));
        }
        uint64_t bits = uint64_t(uintptr_t(v.p));
        if (movable)
            handles.push_back(dm_handle{uint8_t(extra[0]), bits, bits});
        body.byte(kLight);
        body.byte(uint8_t(extra[0]));
        body.varint(uint32_t(bits));
        return body.varint(bits >> 32);
    }
    default:
        return refer(v.gc);
    }
}

void Encoder::again(uint32_t number)
{
    uint32_t ago = count - 1 - number;
    if (ago < uint32_t(kRecents))
        return body.byte(uint8_t(kRecent + ago));
    body.byte(kAgain);
    body.varint(number);
}

void Encoder::refer(GCObject* object)
{
    bool isfresh;
    uint32_t* at = numbers.insert(object, isfresh);
    if (!isfresh)
    {
        if (!(*at & kIsName))
            return again(*at);
        body.byte(kNamed);
        return body.varint(*at & ~kIsName);
    }
    if (object->gch.tt != LUA_TSTRING)
    {
        if (const uint32_t* name = catalog.named(object))
        {
            uint32_t used = usename(*name);
            *at = used | kIsName;
            body.byte(kNamed);
            return body.varint(used);
        }
    }
    *at = count;
    fresh(object, count++);
}

void Encoder::fresh(GCObject* object, uint32_t number)
{
    switch (object->gch.tt)
    {
    case LUA_TSTRING:
    {
        const TString& s = object->ts;
        if (s.len < uint32_t(kShortStrings))
        {
            body.byte(uint8_t(kShortString + s.len));
        }
        else
        {
            body.byte(kString);
            body.varint(s.len);
        }
        cost += sizeof(TString) + s.len;
        return body.raw(s.data, s.len);
    }
    case LUA_TTABLE:
        cost += sizeof(LuaTable);
        body.byte(kTable);
        break;
    case LUA_TFUNCTION:
        return freshclosure(&object->cl, number);
    case LUA_TTHREAD:
    {
        const lua_State* th = &object->th;
        if (th == L->global->mainthread || th->isactive)
            refuse(kReasonRunning, object);
        if (th->userdata == taskletmark() && !isroot(th) && (th->status == LUA_YIELD || th->top != th->base))
            refuse(kReasonTasklet, object);
        cost += sizeof(lua_State) + sizeof(TValue) * uint64_t(th->stacksize) + sizeof(CallInfo) * uint64_t(th->size_ci);
        body.byte(kThread);
        body.varint(uint64_t(th->stacksize));
        body.varint(uint64_t(th->size_ci));
        break;
    }
    case LUA_TBUFFER:
        cost += sizeof(Buffer) + object->buf.len;
        body.byte(kBuffer);
        body.varint(object->buf.len);
        return body.raw(object->buf.data, object->buf.len);
    case LUA_TUPVAL:
        cost += sizeof(UpVal);
        body.byte(kUpvalue);
        break;
    case LUA_TUSERDATA:
        refuse(kReasonUserdata, object);
    default:
        refuse(kReasonType, object);
    }
    pending.emplace_back(number, object);
}

bool Encoder::isroot(const lua_State* th)
{
    if (root < rootcount && roots[root].thread == th)
        return true;
    if (rootthreads.empty())
    {
        for (size_t i = 0; i < rootcount; i++)
            if (roots[i].thread)
                rootthreads.push_back(roots[i].thread);
        std::sort(rootthreads.begin(), rootthreads.end());
    }
    return std::binary_search(rootthreads.begin(), rootthreads.end(), th);
}

// Whether all who make this closure, whoever they are, get the very same one. What it closes over are then values that
// the script's top level made: frozen, named, or such closures themselves.
bool Encoder::cached(const Closure* c, int depth) const
{
    if (c->isC || c->nupvalues == 0 || c->preload || c->env != L->global->mainthread->gt || depth > kCachedDepth)
        return false;
    const uint32_t* function = catalog.function(c->l.p);
    if (!function || catalog.functions[*function].constant != c)
        return false;
    for (int i = 0; i < c->nupvalues; i++)
    {
        const TValue* up = &c->l.uprefs[i];
        if (up->tt < LUA_TSTRING || up->tt == LUA_TSTRING || (ttisfunction(up) && clvalue(up) == c))
            continue;
        if (up->tt == LUA_TUPVAL || !(catalog.named(up->value.gc) || (ttisfunction(up) && cached(clvalue(up), depth + 1))))
            return false;
    }
    return true;
}

void Encoder::freshclosure(Closure* c, uint32_t number)
{
    cost += sizeof(Closure) + sizeof(TValue) * uint64_t(c->nupvalues);
    if (c->isC)
    {
        const uint32_t* at = catalog.bynative.find(reinterpret_cast<const void*>(c->c.f));
        if (!at || !catalog.natives[*at].upvalues)
            refuse(kReasonFunction, c);
        if (catalog.natives[*at].host)
        {
            // By its name; the number is the VM's own.
            const TString* name = c->c.debugname;
            if (!name)
                refuse(kReasonFunction, c);
            body.byte(kHost);
            body.byte(uint8_t(*at));
            body.varint(name->len);
            return body.raw(getstr(name), name->len);
        }
        body.byte(kNative);
        body.byte(uint8_t(*at));
        if (c->nupvalues)
            pending.emplace_back(number, reinterpret_cast<GCObject*>(c));
        return;
    }
    const uint32_t* function = catalog.function(c->l.p);
    if (!function)
        refuse(kReasonScript, c);
    if (cached(c, 0))
    {
        body.byte(kCached);
        body.varint(usefunction(*function));
        for (int i = 0; i < c->nupvalues; i++)
            value(&c->l.uprefs[i]);
        return;
    }
    bool constant = c->nupvalues == 0 && catalog.functions[*function].constant == c;
    body.byte(constant ? kConstant : kClosure);
    body.varint(usefunction(*function));
    if (!constant)
        pending.emplace_back(number, reinterpret_cast<GCObject*>(c));
}

void Encoder::drain()
{
    while (next < pending.size())
    {
        auto [number, object] = pending[next++];
        contents(number, object);
    }
    pending.clear();
    next = 0;
}

void Encoder::contents(uint32_t number, GCObject* object)
{
    switch (object->gch.tt)
    {
    case LUA_TTABLE:
        return table(number, &object->h);
    case LUA_TFUNCTION:
        return closure(&object->cl);
    case LUA_TUPVAL:
        return upvaluecontents(number, &object->uv);
    default:
        return thread(&object->th);
    }
}

void Encoder::closure(Closure* c)
{
    if (c->isC)
    {
        for (int i = 0; i < c->nupvalues; i++)
            value(&c->c.upvals[i]);
        return;
    }
    if (c->env == environment)
    {
        body.byte(kNil);
    }
    else
    {
        environment = c->env;
        refer(reinterpret_cast<GCObject*>(c->env));
    }
    for (int i = 0; i < c->nupvalues; i++)
    {
        const TValue* up = &c->l.uprefs[i];
        if (up->tt == LUA_TUPVAL)
            refer(up->value.gc);
        else
            value(up);
    }
}

void Encoder::upvaluecontents(uint32_t number, UpVal* up)
{
    if (!upisopen(up) || std::binary_search(closed.begin(), closed.end(), up))
        return value(up->v);
    body.byte(kOpen);
    opened.push_back(Opened{up, number});
}

// Upvalues that are open still: the values of those whose threads nothing has led to yet, since they may lead there.
void Encoder::orphans()
{
    size_t sorted = 0;
    for (size_t i = 0; i < opened.size(); i++)
    {
        if (sorted != claims.size())
        {
            std::sort(claims.begin(), claims.end());
            sorted = claims.size();
        }
        if (std::binary_search(claims.begin(), claims.end(), opened[i].upvalue))
            continue;
        body.varint(uint64_t(opened[i].number) + 1);
        value(opened[i].upvalue->v);
        drain();
    }
    std::sort(claims.begin(), claims.end());
    body.byte(0);
}

// Only what is found is known to be alive: the address of a removed key may be anything by now. Where that can't be the
// key that was removed, since Luau would not look for it there, it is not.
bool Encoder::isknown(const Tombstone& stone) const
{
    if (!(numbers.find(stone.key) || catalog.named(stone.key)) || stone.key->gch.tt == LUA_TUPVAL)
        return false;
    Value value;
    value.gc = const_cast<GCObject*>(stone.key);
    uint32_t slot = keyhash(value, nullptr, stone.key->gch.tt) & ((1u << stone.table->lsizenode) - 1);
    while (slot != stone.slot)
    {
        const int next = stone.table->node[slot].key.next;
        if (next == 0)
            return false;
        slot = uint32_t(int(slot) + next);
    }
    return true;
}

// The removed keys that are still known by something; the others are forgotten.
void Encoder::buried()
{
    const auto gone = [this](const Tombstone& stone) { return !isknown(stone); };
    tombstones.erase(std::remove_if(tombstones.begin(), tombstones.end(), gone), tombstones.end());
    body.varint(tombstones.size());
    // Each makes room for itself where its table is laid out again.
    cost += sizeof(LuaNode) * 4 * uint64_t(tombstones.size());
    for (const Tombstone& stone : tombstones)
    {
        body.varint(stone.number);
        body.varint(stone.position);
        refer(const_cast<GCObject*>(stone.key));
    }
}

// The contents of all that is shared and can change.
void Encoder::state()
{
    uint64_t many = 0;
    for (const Name& name : catalog.names)
        many += name.kind != Name::kFixed;
    body.varint(many);
    for (uint32_t i = 0; i < catalog.names.size(); i++)
    {
        const Name& name = catalog.names[i];
        if (name.kind == Name::kFixed)
            continue;
        body.varint(usename(i));
        body.byte(name.kind);
        switch (name.kind)
        {
        case Name::kUpvalue:
            if (upisopen(&name.object->uv))
                refuse(kReasonOpen, name.object);
            value(name.object->uv.v);
            break;
        case Name::kTable:
            table(count++, &name.object->h); // nobody refers to it by this number, but removed keys
            break;
        default:
            body.varint(name.object->buf.len);
            body.raw(name.object->buf.data, name.object->buf.len);
            break;
        }
        drain();
    }
}

} // namespace dm
