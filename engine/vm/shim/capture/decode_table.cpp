// Tables: see encode_table.cpp for the three ways in which their hashed part is written.

#include "decode.h"

#include <math.h>

#include <algorithm>

#include "ldo.h"
#include "lgc.h"
#include "lmem.h"
#include "lstate.h"
#include "ltable.h"

namespace dm
{

void Decoder::table(LuaTable* t, bool shared)
{
    const uint8_t flags = in.byte();
    const uint8_t kind = flags & kNodesMask;
    if (flags >= kHasBoundary * 2)
        in.fail("a table's flags are unknown");
    if (flags & kHasMetatable)
        t->metatable = tableobject(in.byte(), "a metatable is no table");
    int32_t lastfree = 0;
    if (flags & kHasBoundary)
    {
        const int64_t told = in.signedint();
        if (told >= 0 || told < -(1 << 26) || (kind != kNodesNone && kind != kNodesOrdered))
            in.fail("a table's border is impossible");
        lastfree = int32_t(told);
    }
    if (flags & kHasArray)
    {
        const uint32_t size = in.below((1u << 26) + 1, "a table's list is too long");
        const uint32_t used = in.below(uint64_t(size) + 1, "a table's list is longer than its room");
        charge(sizeof(TValue) * uint64_t(size));
        if (size == 0 || used > in.left())
            in.fail("a table's list is empty, or ends too early");
        TValue* array = luaM_newarray(L, size, TValue, t->memcat);
        for (uint32_t i = 0; i < size; i++)
            setnilvalue(array + i);
        t->array = array;
        t->sizearray = int(size);
        for (uint32_t i = 0; i < used; i++)
            value(array + i);
    }
    if (-int64_t(lastfree) > t->sizearray)
        in.fail("a table's border is impossible");
    // What metamethods it has is looked up again; which it surely lacks was only a cache.
    t->tmcache = 0;
    if (kind == kNodesShape)
        nodesshape(t);
    else if (kind == kNodesExact)
        nodesexact(t);
    else if (kind == kNodesOrdered)
        nodesordered(t, lastfree);
    else
        t->lastfree = lastfree;
    if (flags & kFrozen)
    {
        charge(sizeof(TValue) * TM_N);
        frozen.push_back(t);
    }
    // What is shared keeps what its VM knows of it.
    if ((flags & kSafeEnvironment) && !shared)
        t->safeenv = 1;
}

// The nodes are the table's when they are all empty, so that it is sound at every moment.
LuaNode* Decoder::newnodes(LuaTable* t, int log2)
{
    const uint32_t size = 1u << log2;
    charge(sizeof(LuaNode) * uint64_t(size));
    LuaNode* nodes = luaM_newarray(L, size, LuaNode, t->memcat);
    for (uint32_t i = 0; i < size; i++)
    {
        nodes[i].key.next = 0;
        nodes[i].key.tt = LUA_TNIL;
        nodes[i].val.tt = LUA_TNIL;
    }
    t->node = nodes;
    t->lsizenode = uint8_t(log2);
    t->nodemask8 = uint8_t((1u << log2) - 1);
    t->lastfree = 0;
    return nodes;
}

static bool nan(const TKey& key)
{
    float z;
    memcpy(&z, key.extra, sizeof(z));
    return (key.tt == LUA_TNUMBER && isnan(key.value.n)) ||
           (key.tt == LUA_TVECTOR && (isnan(key.value.v[0]) || isnan(key.value.v[1]) || isnan(z)));
}

static void setkey(LuaNode& node, const TValue& key)
{
    node.key.value = key.value;
    memcpy(node.key.extra, key.extra, sizeof(node.key.extra));
    node.key.tt = unsigned(key.tt);
}

void Decoder::defineshape()
{
    const uint8_t log2 = in.byte();
    if (log2 > kShapeSlotsLog2)
        in.fail("a table's shape is too large");
    const uint32_t size = 1u << log2;
    const int64_t lastfree = in.signedint();
    if (lastfree > int64_t(size) || lastfree < -(1 << 26))
        in.fail("a table's border is impossible");
    shapes.push_back(Shape{uint32_t(slots.size()), int32_t(lastfree), log2});
    trial.assign(size, LuaNode{});
    for (uint32_t i = 0; i < size;)
    {
        const uint8_t tag = in.byte();
        if (tag == kFree)
        {
            const uint64_t run = in.varint();
            if (run == 0 || run > size - i)
                in.fail("a table's shape has too many slots");
            slots.insert(slots.end(), size_t(run), Slot{nullptr, 0, false});
            i += uint32_t(run);
            continue;
        }
        Slot slot{nullptr, 0, tag == kDead};
        if (slot.dead)
            trial[i].key.tt = LUA_TDEADKEY;
        else
        {
            GCObject* key = object(tag);
            if (!key || key->gch.tt != LUA_TSTRING)
                in.fail("a key of a shape is no string");
            slot.key = &key->ts;
            trial[i].key.value.gc = key;
            trial[i].key.tt = LUA_TSTRING;
            trial[i].val.tt = LUA_TBOOLEAN;
        }
        const int64_t next = in.signedint();
        if (next <= -int64_t(size) || next >= int64_t(size))
            in.fail("a table's chain leaves it");
        slot.next = int32_t(next);
        trial[i].key.next = int32_t(next);
        slots.push_back(slot);
        i++;
    }
    keys.clear();
    for (const LuaNode& node : trial)
        if (node.key.tt == LUA_TSTRING)
            keys.push_back(&node.key);
    checkkeys(0);
    if (!soundchains(trial.data(), log2, scratch))
        in.fail("a table's chains are broken");
}

void Decoder::checkkeys(int items)
{
    if (!distinct(keys, items))
        in.fail("a table has a key twice");
}

void Decoder::nodesshape(LuaTable* t)
{
    uint64_t number = in.varint();
    if (number == 0)
    {
        defineshape();
        number = shapes.size();
    }
    if (number > shapes.size())
        in.fail("a table's shape does not exist");
    const Shape shape = shapes[size_t(number) - 1];
    if (-int64_t(shape.lastfree) > t->sizearray)
        in.fail("a table's border is impossible");
    LuaNode* nodes = newnodes(t, shape.log2);
    t->lastfree = shape.lastfree;
    for (uint32_t i = 0; i < (1u << shape.log2); i++)
    {
        const Slot slot = slots[shape.first + i];
        nodes[i].key.next = slot.next;
        if (slot.key)
        {
            nodes[i].key.value.gc = reinterpret_cast<GCObject*>(slot.key);
            nodes[i].key.tt = LUA_TSTRING;
            value(&nodes[i].val);
        }
        else if (slot.dead)
        {
            nodes[i].key.value.gc = nullptr;
            nodes[i].key.tt = LUA_TDEADKEY;
        }
    }
}

void Decoder::nodesexact(LuaTable* t)
{
    const uint8_t log2 = in.byte();
    if (log2 > 26)
        in.fail("a table is too large");
    const uint32_t size = 1u << log2;
    const int64_t lastfree = in.signedint();
    if (lastfree > int64_t(size) || -lastfree > t->sizearray)
        in.fail("a table's border is impossible");
    LuaNode* nodes = newnodes(t, log2);
    for (uint32_t i = 0; i < size;)
    {
        const uint8_t tag = in.byte();
        if (tag == kFree)
        {
            const uint64_t run = in.varint();
            if (run == 0 || run > size - i)
                in.fail("a table has too many slots");
            i += uint32_t(run);
            continue;
        }
        LuaNode& node = nodes[i++];
        if (tag == kDead)
        {
            node.key.value.gc = nullptr;
            node.key.tt = LUA_TDEADKEY;
        }
        else
        {
            TValue key{};
            value(tag, &key);
            if (ttisnil(&key) || byaddress(key.tt))
                in.fail("a key is of a type that moves");
            setkey(node, key);
            if (nan(node.key))
                in.fail("a key is not a number");
        }
        const int64_t next = in.signedint();
        if (next <= -int64_t(size) || next >= int64_t(size))
            in.fail("a table's chain leaves it");
        node.key.next = int32_t(next);
        if (tag != kDead)
            value(&node.val);
    }
    keys.clear();
    for (uint32_t i = 0; i < size; i++)
        if (nodes[i].key.tt != LUA_TNIL && nodes[i].key.tt != LUA_TDEADKEY)
            keys.push_back(&nodes[i].key);
    checkkeys(t->sizearray);
    if (!soundchains(nodes, log2, scratch))
        in.fail("a table's chains are broken");
    t->lastfree = int32_t(lastfree);
}

void Decoder::nodesordered(LuaTable* t, int32_t lastfree)
{
    const uint32_t count = in.below(in.left() / 2 + 1, "a table has too many entries");
    // A table inside is read later, so the list is free to be used again.
    entries.clear();
    entries.reserve(count);
    for (uint32_t i = 0; i < count; i++)
    {
        TValue key{};
        Placed entry{};
        value(&key);
        if (ttisnil(&key) && !lacking)
            in.fail("a key is nil");
        entry.key.value = key.value;
        memcpy(entry.key.extra, key.extra, sizeof(entry.key.extra));
        entry.key.tt = unsigned(key.tt);
        if (nan(entry.key))
            in.fail("a key is not a number");
        value(&entry.value);
        if (!ttisnil(&key))
            entries.push_back(entry);
    }
    keys.clear();
    for (const Placed& entry : entries)
        keys.push_back(&entry.key);
    checkkeys(t->sizearray);
    lay(t, lastfree);
    bool fresh;
    *ordered.insert(t, fresh) = 1;
}

// Makes the nodes from `entries`.
void Decoder::lay(LuaTable* t, int32_t lastfree)
{
    const int log2 = placeinorder(entries, chains, heads);
    if (log2 < 0)
        in.fail("a table is too large");
    LuaNode* nodes = newnodes(t, log2);
    for (const Placed& entry : entries)
    {
        LuaNode& node = nodes[entry.slot];
        node.key = entry.key;
        node.val = entry.value;
        if (entry.dead)
            node.key.tt = LUA_TDEADKEY;
    }
    for (uint32_t i = 0; i < (1u << log2); i++)
    {
        nodes[i].key.next = chains[i];
        if (!heads[i])
            continue;
        nodes[i].key.value.gc = nullptr;
        nodes[i].key.tt = LUA_TDEADKEY;
    }
    // No slot is free: what comes in next lays the table out anew.
    t->lastfree = lastfree < 0 ? lastfree : 0;
}

// Removed keys that are remembered, table by table.
void Decoder::buried()
{
    uint64_t left = in.varint();
    uint64_t last = 0;
    LuaTable* t = nullptr;
    if (left)
        std::sort(cursors.begin(), cursors.end(), [](const Cursor& a, const Cursor& b) { return a.table < b.table; });
    const auto end = [&]
    {
        if (t)
            bury(t);
        stones.clear();
    };
    for (; left > 0; left--)
    {
        const uint32_t number = in.below(objects.size(), "a table does not exist");
        if (objects[number]->gch.tt != LUA_TTABLE || (t && number < last))
            in.fail("a removed key's table does not exist");
        if (!t || number != last)
        {
            end();
            t = &objects[number]->h;
            last = number;
        }
        const uint32_t position = in.below(1u << 27, "a removed key's slot does not exist");
        if (!stones.empty() && stones.back().position > position)
            in.fail("removed keys are out of order");
        GCObject* key = object(in.byte());
        if (!key)
            continue;
        if (key->gch.tt == LUA_TUPVAL)
            in.fail("a removed key is no value");
        stones.push_back(Stone{position, key});
    }
    end();
}

void Decoder::bury(LuaTable* t)
{
    if (t->node == &luaH_dummynode)
        in.fail("a removed key's slot does not exist");
    const uint32_t size = 1u << t->lsizenode;
    LuaNode* nodes = t->node;
    const bool inorder = ordered.find(t) != nullptr;
    bool moves = inorder;
    for (const Stone& stone : stones)
        moves = moves || byaddress(stone.key->gch.tt);
    if (!moves)
    {
        for (const Stone& stone : stones)
        {
            if (stone.position >= size || nodes[stone.position].key.tt != LUA_TDEADKEY)
                in.fail("a removed key's slot does not exist");
            nodes[stone.position].key.value.gc = stone.key;
        }
        return;
    }
    // They are found by their address, so the table is laid out again with them. Loops over it are told by rank.
    auto cursor = std::lower_bound(cursors.begin(), cursors.end(), t, [](const Cursor& a, const LuaTable* b) { return a.table < b; });
    for (; cursor != cursors.end() && cursor->table == t; ++cursor)
    {
        if (cursor->rank || cursor->at <= uint32_t(t->sizearray))
            continue;
        uint32_t before = 0;
        for (uint32_t i = 0; i < size && i < cursor->at - uint32_t(t->sizearray); i++)
            before += !ttisnil(&nodes[i].val);
        cursor->at = before;
        cursor->rank = true;
    }
    entries.clear();
    size_t stone = 0;
    uint32_t position = 0;
    const auto remember = [&](uint32_t upto)
    {
        for (; stone < stones.size() && stones[stone].position <= upto; stone++)
        {
            Placed entry{};
            setnilvalue(&entry.value);
            entry.key.value.gc = stones[stone].key;
            entry.key.tt = stones[stone].key->gch.tt;
            entry.dead = true;
            entries.push_back(entry);
        }
    };
    for (uint32_t i = 0; i < size; i++)
    {
        const LuaNode& node = nodes[i];
        const bool entry = node.key.tt != LUA_TNIL && node.key.tt != LUA_TDEADKEY;
        if (!inorder)
            remember(i);
        else if (entry)
            remember(position++);
        if (!entry)
            continue;
        Placed placed{};
        placed.key = node.key;
        placed.value = node.val;
        entries.push_back(placed);
    }
    remember(~0u);
    const int32_t lastfree = t->lastfree;
    t->node = const_cast<LuaNode*>(&luaH_dummynode);
    t->lsizenode = t->nodemask8 = 0;
    luaM_freearray(L, nodes, size, LuaNode, t->memcat);
    lay(t, lastfree);
}

// Loops over tables whose slots have moved.
void Decoder::standcursors()
{
    std::sort(
        cursors.begin(),
        cursors.end(),
        [](const Cursor& a, const Cursor& b)
        {
            return a.table != b.table ? a.table < b.table : a.at < b.at;
        }
    );
    const LuaTable* t = nullptr;
    uint32_t slot = 0, before = 0;
    for (const Cursor& cursor : cursors)
    {
        if (!cursor.rank)
            continue;
        if (cursor.table != t)
        {
            t = cursor.table;
            slot = before = 0;
        }
        const uint32_t size = t->node == &luaH_dummynode ? 0 : 1u << t->lsizenode;
        // The slot of the first entry with a value that has so many such before it.
        while (slot < size && (before < cursor.at || ttisnil(&t->node[slot].val)))
            before += !ttisnil(&t->node[slot++].val);
        TValue* at = cursor.thread->stack + cursor.slot;
        setpvalue(at, reinterpret_cast<void*>(uintptr_t(uint32_t(t->sizearray) + slot)), LU_TAG_ITERATOR);
    }
}

} // namespace dm
