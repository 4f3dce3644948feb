// How Luau lays out the hashed part of a table: where a key's chain begins, whether a given layout is one that Luau can
// work with, and a layout that keeps the order of keys whose addresses have changed.
#pragma once

#include <vector>

#include "lua.h"
#include "lobject.h"
#include "lstate.h"
#include "ltable.h"

namespace dm
{

// Whether keys of this type are hashed by their address; removed ones, whose type nobody knows any more, count as such.
inline bool byaddress(int type)
{
    return type > LUA_TSTRING;
}

// A slot whose key was removed, in the eyes of a capture: nothing finds it again but a loop that stands at it. Whether the
// collector has come by since (and marked it so) is no part of a capture.
inline bool isremoved(const LuaNode& node)
{
    return byaddress(node.key.tt) && ttisnil(&node.val);
}

// The hash of a key, whose low bits are the slot at which its chain begins.
uint32_t keyhash(const Value& value, const int* extra, int type);

// Whether every key with a value is found from where its chain begins, and no chain is endless, leaves the table or leads
// to a free slot.
bool soundchains(const LuaNode* nodes, int log2, std::vector<uint32_t>& scratch);

// Whether no two keys are equal, and none is the number of an item that has its place in a list of `items`. Sorts them.
bool distinct(std::vector<const TKey*>& keys, int items);

struct Placed
{
    TValue value;
    TKey key;  // `next` is not used
    bool dead; // only remembered: what was removed, for a loop that stands at it
    uint32_t slot;

    uint32_t hash() const
    {
        return keyhash(key.value, key.extra, key.tt);
    }
};

// Gives each entry a slot, in their order, in a table of the least size in which that can be; fills `chains` with each
// slot's `next`, and says with 1 in `heads` which slots only begin a chain. The result is the size's logarithm, or -1.
int placeinorder(std::vector<Placed>& entries, std::vector<int32_t>& chains, std::vector<uint8_t>& heads);

} // namespace dm
