// Reading and writing the primitives of the format: bounded, without a copy, little endian.
#pragma once

#include <stdlib.h>
#include <string.h>

#include <new>

#include "format.h"

namespace dm
{

// Grows and never shrinks: it is used again for the next capture.
struct Writer
{
    uint8_t* start = nullptr;
    uint8_t* at = nullptr;
    uint8_t* end = nullptr;

    Writer() = default;
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer()
    {
        free(start);
    }

    size_t size() const
    {
        return size_t(at - start);
    }

    void reset()
    {
        at = start;
    }

    void room(size_t bytes)
    {
        if (size_t(end - at) < bytes)
            grow(bytes);
    }

    void grow(size_t bytes)
    {
        size_t used = size();
        size_t capacity = (used + bytes) * 2 + 4096;
        uint8_t* moved = static_cast<uint8_t*>(realloc(start, capacity));
        if (!moved)
            throw std::bad_alloc();
        start = moved;
        at = moved + used;
        end = moved + capacity;
    }

    void byte(uint8_t value)
    {
        room(1);
        *at++ = value;
    }

    void raw(const void* bytes, size_t count)
    {
        room(count);
        memcpy(at, bytes, count);
        at += count;
    }

    void varint(uint64_t value)
    {
        room(10);
        while (value >= 0x80)
        {
            *at++ = uint8_t(value) | 0x80;
            value >>= 7;
        }
        *at++ = uint8_t(value);
    }

    void signedint(int64_t value)
    {
        varint((uint64_t(value) << 1) ^ uint64_t(value >> 63));
    }
};

// What is wrong with a capture, and where in it.
struct Malformed
{
    size_t offset;
    const char* what;
};

struct Reader
{
    const uint8_t* start = nullptr;
    const uint8_t* at = nullptr;
    const uint8_t* end = nullptr;

    [[noreturn]] void fail(const char* what) const
    {
        throw Malformed{size_t(at - start), what};
    }

    size_t left() const
    {
        return size_t(end - at);
    }

    uint8_t byte()
    {
        if (at == end)
            fail("it ends too early");
        return *at++;
    }

    const uint8_t* raw(size_t count)
    {
        if (left() < count)
            fail("it ends too early");
        const uint8_t* bytes = at;
        at += count;
        return bytes;
    }

    template<typename T>
    T plain()
    {
        T value;
        memcpy(&value, raw(sizeof(T)), sizeof(T));
        return value;
    }

    uint64_t varint()
    {
        uint64_t value = 0;
        for (int shift = 0;; shift += 7)
        {
            uint8_t next = byte();
            value |= uint64_t(next & 0x7f) << shift;
            if (!(next & 0x80))
                return value;
            if (shift == 63)
                fail("a number is too long");
        }
    }

    // A number below `limit`.
    uint32_t below(uint64_t limit, const char* what)
    {
        uint64_t value = varint();
        if (value >= limit)
            fail(what);
        return uint32_t(value);
    }

    int64_t signedint()
    {
        uint64_t value = varint();
        return int64_t(value >> 1) ^ -int64_t(value & 1);
    }
};

} // namespace dm
