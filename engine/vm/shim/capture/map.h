// From addresses to numbers: open addressing, cleared in no time, never shrunk.
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <new>

namespace dm
{

struct PointerMap
{
    struct Entry
    {
        const void* key;
        uint32_t value;
        uint32_t epoch; // an entry of an earlier use is empty
    };

    Entry* entries = nullptr;
    uint32_t mask = 0;
    uint32_t used = 0;
    uint32_t epoch = 1;
    int shift = 64;

    PointerMap() = default;
    PointerMap(const PointerMap&) = delete;
    PointerMap& operator=(const PointerMap&) = delete;
    ~PointerMap()
    {
        free(entries);
    }

    void clear()
    {
        used = 0;
        if (++epoch == 0)
        {
            if (entries)
                memset(entries, 0, (size_t(mask) + 1) * sizeof(Entry));
            epoch = 1;
        }
    }

    uint32_t home(const void* key) const
    {
        // Fibonacci hashing: the high bits of the product depend on all bits of the address.
        return uint32_t((uint64_t(uintptr_t(key)) * 0x9e3779b97f4a7c15ull) >> shift);
    }

    const uint32_t* find(const void* key) const
    {
        if (!entries)
            return nullptr;
        for (uint32_t i = home(key);; i = (i + 1) & mask)
        {
            const Entry& entry = entries[i];
            if (entry.epoch != epoch)
                return nullptr;
            if (entry.key == key)
                return &entry.value;
        }
    }

    // The value of `key`; where it has none yet, a place for one. Valid until the next insertion.
    uint32_t* insert(const void* key, bool& fresh)
    {
        if (used * 2 >= mask)
            grow();
        for (uint32_t i = home(key);; i = (i + 1) & mask)
        {
            Entry& entry = entries[i];
            if (entry.epoch != epoch)
            {
                entry.key = key;
                entry.epoch = epoch;
                used++;
                fresh = true;
                return &entry.value;
            }
            if (entry.key == key)
            {
                fresh = false;
                return &entry.value;
            }
        }
    }

    void grow()
    {
        uint32_t size = entries ? (mask + 1) * 2 : 256;
        Entry* old = entries;
        uint32_t oldsize = entries ? mask + 1 : 0;
        Entry* grown = static_cast<Entry*>(calloc(size, sizeof(Entry)));
        if (!grown)
            throw std::bad_alloc();
        entries = grown;
        mask = size - 1;
        shift = 64 - __builtin_ctz(size);
        uint32_t was = epoch;
        epoch = 1;
        for (uint32_t at = 0; at < oldsize; at++)
        {
            if (old[at].epoch != was)
                continue;
            uint32_t i = home(old[at].key);
            while (entries[i].epoch == epoch)
                i = (i + 1) & mask;
            entries[i] = Entry{old[at].key, old[at].value, epoch};
        }
        free(old);
    }
};

} // namespace dm
