// A plain 64-bit hash for words and bytes: the same on every machine. Not for secrets.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

namespace dm
{

struct Hash
{
    uint64_t value;

    explicit Hash(uint64_t seed = 0)
        : value(seed + 0x9e3779b97f4a7c15ull)
    {
    }

    void word(uint64_t x)
    {
        x *= 0xd6e8feb86659fd93ull;
        x ^= x >> 32;
        value = (value ^ x) * 0x9fb21c651e98df25ull;
        value ^= value >> 29;
    }

    void bytes(const void* from, size_t size)
    {
        const uint8_t* at = static_cast<const uint8_t*>(from);
        word(size);
        for (; size >= 8; size -= 8, at += 8)
        {
            uint64_t x;
            memcpy(&x, at, 8);
            word(x);
        }
        uint64_t rest = 0;
        if (size)
            memcpy(&rest, at, size);
        word(rest);
    }
};

} // namespace dm
