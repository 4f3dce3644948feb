#include "layout.h"

#include <string.h>

#include <algorithm>
#include <tuple>

namespace dm
{

static uint32_t hashaddress(const void* address)
{
    uint32_t h = uint32_t(uintptr_t(address));
    h ^= h >> 16;
    h *= 0x85ebca6bu;
    h ^= h >> 13;
    h *= 0xc2b2ae35u;
    return h ^ (h >> 16);
}

static uint32_t hashpair(uint32_t low, uint32_t high)
{
    const uint32_t m = 0x5bd1e995;
    low = (low ^ (high >> 18)) * m;
    high = (high ^ (low >> 22)) * m;
    low = (low ^ (high >> 17)) * m;
    high = (high ^ (low >> 19)) * m;
    return high;
}

static uint32_t hashcoordinate(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof(bits));
    bits = bits == 0x80000000 ? 0 : bits;
    return bits ^ (bits >> 17);
}

uint32_t keyhash(const Value& value, const int* extra, int type)
{
    switch (type)
    {
    case LUA_TBOOLEAN:
        return uint32_t(value.b);
    case LUA_TNUMBER:
    case LUA_TINTEGER:
    {
        uint32_t words[2];
        memcpy(words, &value, sizeof(words));
        // Zero has two signs and one place.
        return hashpair(words[0], type == LUA_TNUMBER ? words[1] & 0x7fffffff : words[1]);
    }
    case LUA_TVECTOR:
    {
        float z;
        memcpy(&z, extra, sizeof(z));
        return (hashcoordinate(value.v[0]) * 73856093u) ^ (hashcoordinate(value.v[1]) * 19349663u) ^ (hashcoordinate(z) * 83492791u);
    }
    case LUA_TSTRING:
        return value.gc->ts.hash;
    default:
        return hashaddress(value.p);
    }
}

bool soundchains(const LuaNode* nodes, int log2, std::vector<uint32_t>& scratch)
{
    const uint32_t size = 1u << log2;
    // For each slot, the place in a walk of all chains, one after the other: first how many lead to it.
    scratch.assign(size_t(size) * 2, 0);
    uint32_t* order = scratch.data();
    uint32_t* chain = order + size;
    for (uint32_t i = 0; i < size; i++)
    {
        int64_t to = int64_t(i) + nodes[i].key.next;
        if (nodes[i].key.next == 0)
            continue;
        // A free slot is in no chain: whoever takes it next would make it one's second link, and the chain a circle.
        if (to < 0 || to >= int64_t(size) || order[to]++ || nodes[to].key.tt == LUA_TNIL)
            return false;
    }
    uint32_t count = 0;
    for (uint32_t i = 0; i < size; i++)
        chain[i] = order[i] ? 0 : ~0u;
    for (uint32_t i = 0; i < size; i++)
    {
        if (chain[i] != ~0u)
            continue;
        for (uint32_t at = i;; at = uint32_t(int64_t(at) + nodes[at].key.next))
        {
            order[at] = ++count;
            chain[at] = i;
            if (nodes[at].key.next == 0)
                break;
        }
    }
    if (count != size)
        return false; // what is left goes round in circles
    for (uint32_t i = 0; i < size; i++)
    {
        if (ttisnil(&nodes[i].val))
            continue;
        uint32_t home = keyhash(nodes[i].key.value, nodes[i].key.extra, nodes[i].key.tt) & (size - 1);
        if (chain[home] != chain[i] || order[home] > order[i])
            return false;
    }
    return true;
}

// In some order, in which equal keys follow one another. No key is NaN.
static bool before(const TKey* a, const TKey* b)
{
    if (a->tt != b->tt)
        return a->tt < b->tt;
    switch (a->tt)
    {
    case LUA_TBOOLEAN:
        return !a->value.b && b->value.b;
    case LUA_TNUMBER:
        return a->value.n < b->value.n;
    case LUA_TINTEGER:
        return a->value.l < b->value.l;
    case LUA_TVECTOR:
    {
        float az, bz;
        memcpy(&az, a->extra, sizeof(az));
        memcpy(&bz, b->extra, sizeof(bz));
        return std::tie(a->value.v[0], a->value.v[1], az) < std::tie(b->value.v[0], b->value.v[1], bz);
    }
    case LUA_TLIGHTUSERDATA:
        return std::tie(a->value.p, a->extra[0]) < std::tie(b->value.p, b->extra[0]);
    default:
        return a->value.gc < b->value.gc;
    }
}

bool distinct(std::vector<const TKey*>& keys, int items)
{
    for (const TKey* key : keys)
        if (key->tt == LUA_TNUMBER && key->value.n >= 1 && key->value.n <= items && key->value.n == int(key->value.n))
            return false;
    std::sort(keys.begin(), keys.end(), before);
    const auto same = [](const TKey* a, const TKey* b) { return !before(a, b); };
    return std::adjacent_find(keys.begin(), keys.end(), same) == keys.end();
}

int placeinorder(std::vector<Placed>& entries, std::vector<int32_t>& chains, std::vector<uint8_t>& heads)
{
    const size_t count = entries.size();
    int log2 = 0;
    while ((size_t(1) << log2) < count)
        log2++;
    // Half of the slots at most begin a chain, so twice the entries are always enough.
    for (;; log2++)
    {
        if (log2 > 26)
            return -1;
        const uint32_t size = 1u << log2;
        // A slot in which a chain begins takes no entry: it is left to a dead key, which leads to the entries.
        heads.assign(size, 0);
        for (const Placed& entry : entries)
            heads[entry.hash() & (size - 1)] = 1;
        uint32_t slot = 0;
        size_t placed = 0;
        for (; placed < count; placed++, slot++)
        {
            while (slot < size && heads[slot])
                slot++;
            if (slot == size)
                break;
            entries[placed].slot = slot;
        }
        if (placed < count)
            continue;
        chains.assign(size, 0);
        // From the last to the first: each becomes the first of its chain, before those that are there.
        for (size_t at = count; at-- > 0;)
        {
            const Placed& entry = entries[at];
            uint32_t head = entry.hash() & (size - 1);
            chains[entry.slot] = chains[head] ? int32_t(head) + chains[head] - int32_t(entry.slot) : 0;
            chains[head] = int32_t(entry.slot) - int32_t(head);
        }
        return log2;
    }
}

} // namespace dm
