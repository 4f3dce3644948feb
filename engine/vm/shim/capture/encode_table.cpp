// Tables: their array part as it lies, and their hashed part in one of three ways, so that a loop in progress goes on
// with the entry that it would have come to.

#include "encode.h"

#include <algorithm>

#include "ltable.h"

#include "hash.h"
#include "layout.h"

namespace dm
{

// Which way the hashed part is written. For a shape, `candidate` is filled and `hash` is its hash.
uint8_t Encoder::nodekind(const LuaTable* t, uint64_t& hash)
{
    if (t->node == &luaH_dummynode)
        return kNodesNone;
    if (!moving.empty() && std::binary_search(moving.begin(), moving.end(), t))
        return kNodesOrdered;
    bool shape = t->lsizenode <= kShapeSlotsLog2;
    candidate.clear();
    Hash h(t->lsizenode);
    h.word(uint64_t(uint32_t(t->lastfree)));
    const int size = 1 << t->lsizenode;
    for (int i = 0; i < size; i++)
    {
        const LuaNode& node = t->node[i];
        const int type = node.key.tt;
        const bool removed = isremoved(node);
        if (type == LUA_TSTRING || type == LUA_TNIL || removed)
        {
            if (!shape)
                continue;
            const TString* key = type == LUA_TSTRING ? &node.key.value.gc->ts : nullptr;
            candidate.push_back(ShapeSlot{key, node.key.next, removed});
            h.word(uint64_t(uintptr_t(key)) << 8 ^ uint64_t(uint32_t(node.key.next)) << 1 ^ uint64_t(removed));
            continue;
        }
        if (byaddress(type) || (movable && type == LUA_TLIGHTUSERDATA))
            return kNodesOrdered;
        shape = false;
    }
    hash = h.value;
    return shape ? kNodesShape : kNodesExact;
}

void Encoder::table(uint32_t number, LuaTable* t)
{
    uint64_t shape = 0;
    const uint8_t kind = nodekind(t, shape);
    const bool boundary = kind == kNodesNone ? t->lastfree != 0 : kind == kNodesOrdered && t->lastfree < 0;
    uint8_t flags = kind;
    flags |= t->sizearray ? kHasArray : 0;
    flags |= t->metatable ? kHasMetatable : 0;
    flags |= t->readonly ? kFrozen : 0;
    flags |= t->safeenv ? kSafeEnvironment : 0;
    flags |= boundary ? kHasBoundary : 0;
    body.byte(flags);
    if (t->metatable)
        refer(reinterpret_cast<GCObject*>(t->metatable));
    if (boundary)
        body.signedint(t->lastfree);
    if (t->readonly)
        cost += sizeof(TValue) * TM_N;
    if (t->sizearray)
    {
        int used = t->sizearray;
        while (used > 0 && ttisnil(&t->array[used - 1]))
            used--;
        cost += sizeof(TValue) * uint64_t(t->sizearray);
        body.varint(uint64_t(t->sizearray));
        body.varint(uint64_t(used));
        for (int i = 0; i < used; i++)
            value(&t->array[i]);
    }
    if (kind == kNodesShape)
        nodesshape(number, t, shape);
    else if (kind == kNodesExact)
        nodesexact(number, t);
    else if (kind == kNodesOrdered)
        nodesordered(number, t);
}

// The slots as they lie: runs of free ones, and what `write` makes of each other.
template<typename Write>
void Encoder::lie(const LuaTable* t, Write write)
{
    const uint32_t size = 1u << t->lsizenode;
    body.byte(t->lsizenode);
    body.signedint(t->lastfree);
    uint32_t run = 0;
    const auto freeslots = [&]
    {
        if (run)
        {
            body.byte(kFree);
            body.varint(run);
        }
        run = 0;
    };
    for (uint32_t i = 0; i < size; i++)
    {
        if (t->node[i].key.tt == LUA_TNIL)
        {
            run++;
            continue;
        }
        freeslots();
        write(i, t->node[i]);
    }
    freeslots();
}

void Encoder::nodesshape(uint32_t number, LuaTable* t, uint64_t hash)
{
    const uint32_t size = 1u << t->lsizenode;
    cost += sizeof(LuaNode) * uint64_t(size);
    bool isfresh;
    uint32_t* known = shapesbyhash.insert(reinterpret_cast<const void*>(uintptr_t(hash)), isfresh);
    bool same = !isfresh;
    if (same)
    {
        const Shape& shape = shapes[*known];
        same = shape.log2 == t->lsizenode && shape.lastfree == t->lastfree;
        for (uint32_t i = 0; same && i < size; i++)
            same = shapeslots[shape.first + i] == candidate[i];
    }
    if (same)
    {
        body.varint(uint64_t(*known) + 1);
    }
    else
    {
        // Where two shapes have one hash, the newer is the one that is found.
        *known = uint32_t(shapes.size());
        shapes.push_back(Shape{uint32_t(shapeslots.size()), t->lastfree, t->lsizenode});
        shapeslots.insert(shapeslots.end(), candidate.begin(), candidate.end());
        body.byte(0);
        lie(
            t,
            [&](uint32_t, const LuaNode& node)
            {
                if (isremoved(node))
                    body.byte(kDead);
                else
                    refer(node.key.value.gc);
                body.signedint(node.key.next);
            }
        );
    }
    for (uint32_t i = 0; i < size; i++)
    {
        const LuaNode& node = t->node[i];
        if (node.key.tt == LUA_TSTRING)
            value(&node.val);
        else if (node.key.tt != LUA_TNIL)
            tombstones.push_back(Tombstone{t, number, i, i, node.key.value.gc, false});
    }
}

void Encoder::nodesexact(uint32_t number, LuaTable* t)
{
    cost += sizeof(LuaNode) << t->lsizenode;
    lie(
        t,
        [&](uint32_t i, const LuaNode& node)
        {
            if (isremoved(node))
            {
                body.byte(kDead);
                body.signedint(node.key.next);
                tombstones.push_back(Tombstone{t, number, i, i, node.key.value.gc, false});
                return;
            }
            scalar(node.key.value, node.key.extra, node.key.tt);
            body.signedint(node.key.next);
            value(&node.val);
        }
    );
}

void Encoder::nodesordered(uint32_t number, LuaTable* t)
{
    const uint32_t size = 1u << t->lsizenode;
    uint32_t entries = 0;
    for (uint32_t i = 0; i < size; i++)
        entries += t->node[i].key.tt != LUA_TNIL && !isremoved(t->node[i]);
    // It may be laid out twice, each time in up to four times the entries.
    cost += sizeof(LuaNode) * (uint64_t(entries) * 8 + 2);
    body.varint(entries);
    uint32_t position = 0;
    for (uint32_t i = 0; i < size; i++)
    {
        const LuaNode& node = t->node[i];
        if (node.key.tt == LUA_TNIL)
            continue;
        if (isremoved(node))
        {
            tombstones.push_back(Tombstone{t, number, i, position, node.key.value.gc, true});
            continue;
        }
        scalar(node.key.value, node.key.extra, node.key.tt);
        value(&node.val);
        position++;
    }
}

// Where a loop stands in a table. Slots that move are told by what comes before them.
void Encoder::cursor(const TValue* v)
{
    const uint32_t index = uint32_t(uintptr_t(pvalue(v)));
    const TValue* table = v - 1;
    if (ttistable(table))
    {
        const LuaTable* t = hvalue(table);
        uint64_t unused;
        if (index > uint32_t(t->sizearray) && nodekind(t, unused) == kNodesOrdered)
        {
            uint32_t before = 0;
            const uint32_t size = 1u << t->lsizenode;
            for (uint32_t i = 0; i < size && i < index - uint32_t(t->sizearray); i++)
                before += !ttisnil(&t->node[i].val);
            body.byte(kCursorRank);
            return body.varint(before);
        }
    }
    body.byte(kCursor);
    body.varint(index);
}

} // namespace dm
