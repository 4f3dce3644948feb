// Walks the graph of values from given roots, once, without recursion, and in an order that does not depend on
// addresses: objects are numbered as they are first met. The walk writes what it sees to a sink (that is how a world
// is hashed) and counts the bytes of what it visits (that is how an actor's memory is measured). It allocates nothing
// in the VM and changes nothing.
//
// What the collector decides is no part of a world's state, for it does not run at the same moments in a world that was
// restored: so fields are read in the order of their names, not of their slots (a field that was removed and set again
// comes back to its slot or to another, depending on whether the collector has passed meanwhile).

#include "shim.h"

#include "capture/catalog.h"

#include "lua.h"
#include "lbytecode.h"
#include "lobject.h"
#include "lstate.h"
#include "ltable.h"

#include <string.h>

#include <algorithm>
#include <utility>
#include <vector>

// The objects met so far, each with its number: open addressing, at most half full, for a walk asks it once for each
// reference that it follows.
class Numbers
{
public:
    Numbers()
        : slots(64)
    {
    }

    bool has(const void* object) const
    {
        return slots[find(object)].object != nullptr;
    }

    // The object's number, and whether it was met for the first time.
    std::pair<uint32_t, bool> meet(const void* object)
    {
        size_t at = find(object);
        if (slots[at].object)
            return {slots[at].number, false};
        if (2 * (count + 1) > slots.size())
        {
            grow();
            at = find(object);
        }
        slots[at] = {object, count};
        return {count++, true};
    }

private:
    struct Slot
    {
        const void* object = nullptr;
        uint32_t number = 0;
    };

    // The place where it is, or where it would be.
    size_t find(const void* object) const
    {
        // Multiplicative hashing (Knuth 1998, 6.4); the high bits are the good ones.
        const size_t mask = slots.size() - 1;
        size_t at = size_t((uint64_t(uintptr_t(object)) * 0x9e3779b97f4a7c15ull) >> 32) & mask;
        while (slots[at].object && slots[at].object != object)
            at = (at + 1) & mask;
        return at;
    }

    void grow()
    {
        std::vector<Slot> old(2 * slots.size());
        old.swap(slots);
        for (const Slot& slot : old)
            if (slot.object)
                slots[find(slot.object)] = slot;
    }

    std::vector<Slot> slots;
    uint32_t count = 0;
};

struct dm_walk
{
    dm::Catalog* catalog;
    dm_sink sink;
    void* context;
    size_t bytes = 0;
    // Another walk whose objects are not met again.
    const dm_walk* without = nullptr;
    // The tag of handles whose numbers are not written.
    int hidden = -1;

    // The number of each object met, and those whose contents are still to be read, in the order of the numbers.
    Numbers numbers;
    std::vector<const GCObject*> pending;
    size_t next = 0;

    std::vector<uint8_t> buffer;
    std::vector<const LuaNode*> fields;
    std::vector<bool> forgotten; // of the thread in progress, by slot
    std::unordered_map<const Proto*, dm::Liveness> passing;

    static constexpr size_t kFlushAt = 16 * 1024;

    void flush()
    {
        if (sink && !buffer.empty())
            sink(context, buffer.data(), buffer.size());
        buffer.clear();
    }

    void raw(const void* data, size_t size)
    {
        if (!sink)
            return;
        const uint8_t* bytes = static_cast<const uint8_t*>(data);
        buffer.insert(buffer.end(), bytes, bytes + size);
        if (buffer.size() >= kFlushAt)
            flush();
    }

    template<typename T>
    void put(T value)
    {
        raw(&value, sizeof(value));
    }

    // Writes the object's number; one that was not met before is queued to be read.
    void refer(const GCObject* object)
    {
        if (without && without->numbers.has(object))
            return;
        auto [number, fresh] = numbers.meet(object);
        put(number);
        if (fresh)
            pending.push_back(object);
    }

    void text(const TString* string)
    {
        if (!string)
            return put(uint32_t(0));
        put(uint32_t(string->len));
        raw(getstr(string), string->len);
    }

    void scalar(const Value& v, const int* extra, int type)
    {
        put(uint8_t(type));
        switch (type)
        {
        case LUA_TNIL:
            break;
        case LUA_TBOOLEAN:
            put(uint8_t(v.b != 0));
            break;
        case LUA_TNUMBER:
            put(v.n);
            break;
        case LUA_TINTEGER:
            put(v.l);
            break;
        case LUA_TLIGHTUSERDATA:
            put(uint32_t(extra[0]));
            if (extra[0] != hidden)
                put(uint64_t(uintptr_t(v.p)));
            break;
        case LUA_TVECTOR:
            raw(v.v, sizeof(float) * 2);
            raw(extra, sizeof(float));
            break;
        default:
            refer(v.gc);
        }
    }

    void value(const TValue* v)
    {
        scalar(v->value, v->extra, v->tt);
    }

    void table(const LuaTable* t)
    {
        bytes += sizeof(LuaTable) + sizeof(TValue) * size_t(t->sizearray);
        put(uint8_t(t->readonly & 1));
        if (t->metatable)
            refer(reinterpret_cast<const GCObject*>(t->metatable));
        else
            put(uint32_t(~0u));
        for (int i = 0; i < t->sizearray; i++)
        {
            // What is only counted is counted by its container.
            if (sink ? ttisnil(&t->array[i]) : !iscollectable(&t->array[i]))
                continue;
            put(uint32_t(i));
            value(&t->array[i]);
        }
        put(uint32_t(~0u));
        if (t->node == &luaH_dummynode)
            return;
        fields.clear();
        for (int i = 0; i < (1 << t->lsizenode); i++)
            if (!ttisnil(&t->node[i].val))
                fields.push_back(&t->node[i]);
        if (sink)
            std::sort(fields.begin(), fields.end(), before);
        bool byaddress = false;
        for (const LuaNode* node : fields)
        {
            byaddress |= node->key.tt > LUA_TSTRING;
            scalar(node->key.value, node->key.extra, node->key.tt);
            value(&node->val);
        }
        // A table with keys that move is laid out anew when its world is restored, and may take more room to keep their
        // order: what an actor holds must not depend on that.
        size_t nodes = size_t(1) << t->lsizenode;
        if (byaddress)
            for (nodes = 1; nodes < fields.size(); nodes *= 2)
                ;
        bytes += sizeof(LuaNode) * nodes;
    }

    // By type and content; what has no content stays in the order of the slots.
    static bool before(const LuaNode* a, const LuaNode* b)
    {
        if (a->key.tt != b->key.tt)
            return a->key.tt < b->key.tt;
        int order = 0;
        switch (a->key.tt)
        {
        case LUA_TSTRING:
        {
            const TString& s = a->key.value.gc->ts;
            const TString& t = b->key.value.gc->ts;
            order = s.len != t.len ? (s.len < t.len ? -1 : 1) : memcmp(s.data, t.data, s.len);
            break;
        }
        case LUA_TBOOLEAN:
            order = a->key.value.b - b->key.value.b;
            break;
        case LUA_TNUMBER:
        case LUA_TINTEGER:
            order = memcmp(&a->key.value, &b->key.value, sizeof(a->key.value));
            break;
        case LUA_TVECTOR:
        case LUA_TLIGHTUSERDATA:
            order = memcmp(&a->key.value, &b->key.value, sizeof(a->key.value));
            order = order ? order : memcmp(a->key.extra, b->key.extra, sizeof(a->key.extra));
            break;
        default:
            break;
        }
        return order ? order < 0 : a < b;
    }

    // Where a loop stands: after so many entries, since slots may move.
    void cursor(const TValue* at)
    {
        uint64_t index = uint32_t(uintptr_t(at->value.p));
        put(uint8_t(LUA_TLIGHTUSERDATA));
        if (ttistable(at - 1))
        {
            const LuaTable* t = hvalue(at - 1);
            const uint64_t list = uint64_t(t->sizearray);
            const uint64_t nodes = t->node == &luaH_dummynode ? 0 : uint64_t(1) << t->lsizenode;
            if (index > list)
            {
                uint64_t passed = 0;
                for (uint64_t i = 0; i < nodes && i < index - list; i++)
                    passed += !ttisnil(&t->node[i].val);
                index = list + passed;
            }
        }
        put(index);
    }

    void closure(const Closure* c)
    {
        put(c->isC);
        if (c->isC)
        {
            bytes += offsetof(Closure, c.upvals) + sizeof(TValue) * c->nupvalues;
            text(c->c.debugname);
            for (int i = 0; i < c->nupvalues; i++)
                value(&c->c.upvals[i]);
            return;
        }
        bytes += offsetof(Closure, l.uprefs) + sizeof(TValue) * c->nupvalues;
        const Proto* p = c->l.p;
        text(p->source);
        put(p->bytecodeid);
        put(p->linedefined);
        if (c->env)
            refer(reinterpret_cast<const GCObject*>(c->env));
        for (int i = 0; i < c->nupvalues; i++)
        {
            const TValue* up = &c->l.uprefs[i];
            if (up->tt == LUA_TUPVAL)
                refer(up->value.gc);
            else
                value(up);
        }
    }

    // The slots that a thread's frames need. How many its stack has besides is an accident of its past.
    static size_t used(const lua_State* th)
    {
        const TValue* end = th->top;
        for (const CallInfo* ci = th->base_ci + 1; ci <= th->ci; ci++)
            if (ci->top > end && ttisfunction(ci->func) && !clvalue(ci->func)->isC)
                end = ci->top;
        return size_t(end - th->stack);
    }

    // Where the values of a thread end. In the midst of a Luau function (an interrupt measures) that is below `top`: the
    // registers that nothing is in at this instruction still hold what earlier calls left there, and a thread that was
    // restored meanwhile has nothing there.
    static const TValue* end(const lua_State* th)
    {
        const CallInfo* ci = th->ci;
        if (th->status != LUA_OK || ci == th->base_ci || !ttisfunction(ci->func) || clvalue(ci->func)->isC)
            return th->top;
        const Proto* p = clvalue(ci->func)->l.p;
        const int pc = int(ci->savedpc - p->code) - 1;
        if (pc < 0 || pc >= p->sizecode || p->sizelocvars == 0)
            return th->top;
        const Instruction insn = p->code[pc];
        int registers = 0;
        switch (LUAU_INSN_OP(insn))
        {
        case LOP_CALL:
        case LOP_CALLFB:
        case LOP_RETURN:
            // As many as there are.
            if (LUAU_INSN_B(insn) == 0)
                return th->top;
            registers = LUAU_INSN_A(insn) + LUAU_INSN_B(insn);
            registers -= LUAU_INSN_OP(insn) == LOP_RETURN;
            break;
        case LOP_FORNLOOP:
        case LOP_FORGLOOP:
            registers = LUAU_INSN_A(insn) + 3;
            break;
        case LOP_JUMPBACK:
        case LOP_JUMPX:
            break;
        default:
            return th->top;
        }
        for (int i = 0; i < p->sizelocvars; i++)
            if (p->locvars[i].startpc <= pc && pc < p->locvars[i].endpc)
                registers = std::max(registers, p->locvars[i].reg + 1);
        return std::min<const TValue*>(ci->base + registers, th->top);
    }

    // Finds the slots of which nothing will be read: see liveness.h. The topmost function in progress is cut by `end`.
    void forget(const lua_State* th)
    {
        forgotten.assign(size_t(th->top - th->stack), false);
        for (const CallInfo* ci = th->base_ci + 1; ci < th->ci; ci++)
        {
            if (!ttisfunction(ci->func) || clvalue(ci->func)->isC)
                continue;
            const Proto* p = clvalue(ci->func)->l.p;
            if (const dm::Liveness::Site* site = liveness(p).at(uint32_t(ci->savedpc - p->code)))
                dm::eachforgotten(ci->base, th->top, *site, [&](const TValue* slot) { forgotten[size_t(slot - th->stack)] = true; });
        }
        for (const UpVal* up = th->openupval; up; up = up->u.open.threadnext)
            forgotten[size_t(up->v - th->stack)] = false;
    }

    const dm::Liveness& liveness(const Proto* p)
    {
        if (const uint32_t* function = catalog->function(p))
            return catalog->analysis(*function).live;
        // Code that no capture may hold: what a console evaluates.
        return passing.try_emplace(p, p).first->second;
    }

    void thread(const lua_State* th)
    {
        bytes += sizeof(lua_State) + sizeof(TValue) * used(th) + sizeof(CallInfo) * size_t(th->ci - th->base_ci + 1);
        put(th->status);
        if (th->status != LUA_OK && th->status != LUA_YIELD)
        {
            // It failed: only its error can be seen of it.
            if (th->top > th->stack + 1)
                value(th->top - 1);
            return;
        }
        const Value none = {};
        const TValue* last = end(th);
        forget(th);
        for (const TValue* slot = th->stack; slot < last; slot++)
        {
            if (slot->tt == LUA_TLIGHTUSERDATA && slot->extra[0] == LU_TAG_ITERATOR)
                cursor(slot);
            // A finalised or foreign slot never lies below `top`; a dead key may, and counts as nil.
            else if (slot->tt == LUA_TDEADKEY || forgotten[size_t(slot - th->stack)])
                scalar(none, nullptr, LUA_TNIL);
            else
                value(slot);
        }
        for (const CallInfo* ci = th->base_ci + 1; ci <= th->ci; ci++)
        {
            put(uint32_t(ci->func - th->stack));
            put(uint32_t(ci->base - th->stack));
            put(ci->nresults);
            put(ci->flags);
            const Closure* c = ttisfunction(ci->func) ? clvalue(ci->func) : nullptr;
            if (c && !c->isC)
                put(uint32_t(ci->savedpc - c->l.p->code));
        }
        if (th->gt)
            refer(reinterpret_cast<const GCObject*>(th->gt));
    }

    void object(const GCObject* o)
    {
        put(o->gch.tt);
        switch (o->gch.tt)
        {
        case LUA_TSTRING:
            bytes += offsetof(TString, data) + o->ts.len + 1;
            text(&o->ts);
            break;
        case LUA_TTABLE:
            table(&o->h);
            break;
        case LUA_TFUNCTION:
            closure(&o->cl);
            break;
        case LUA_TUPVAL:
            bytes += sizeof(UpVal);
            value(o->uv.v);
            break;
        case LUA_TTHREAD:
            thread(&o->th);
            break;
        case LUA_TBUFFER:
            bytes += offsetof(Buffer, data) + o->buf.len;
            put(o->buf.len);
            raw(o->buf.data, o->buf.len);
            break;
        case LUA_TUSERDATA:
            bytes += offsetof(Udata, data) + size_t(o->u.len);
            put(o->u.tag);
            break;
        default:
            break;
        }
    }

    void drain()
    {
        while (next < pending.size())
            object(pending[next++]);
        pending.clear();
        next = 0;
        flush();
    }
};

dm_walk* dm_walk_new(lua_State* L, dm_catalog* catalog, dm_sink sink, void* context)
{
    dm_walk* walk = new dm_walk;
    walk->catalog = catalog;
    walk->sink = sink;
    walk->context = context;
    // The main thread's stack is the engine's own scratch space: it is never part of a world's state.
    walk->numbers.meet(L->global->mainthread);
    return walk;
}

void dm_walk_without(dm_walk* walk, const dm_walk* other)
{
    walk->without = other;
}

void dm_walk_hide(dm_walk* walk, int tag)
{
    walk->hidden = tag;
}

void dm_walk_pin(dm_walk* walk, const lua_State* L, int pin)
{
    walk->value(pin > 0 ? luaH_getnum(hvalue(&L->global->registry), pin) : luaO_nilobject);
    walk->drain();
}

void dm_walk_thread(dm_walk* walk, lua_State* thread)
{
    walk->refer(reinterpret_cast<const GCObject*>(thread));
    walk->drain();
}

size_t dm_walk_bytes(const dm_walk* walk)
{
    return walk->bytes;
}

void dm_walk_free(dm_walk* walk)
{
    delete walk;
}
