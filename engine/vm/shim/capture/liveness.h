// Which registers a suspended function will read again before it writes them. The others still hold what earlier calls
// left there: nothing can tell what that is but who looks at the stack, and it is not the same in a coroutine that was
// restored, whose stack had no earlier calls. So it belongs to no hash, to no capture and to nobody's memory.
#pragma once

#include <cstdint>
#include <vector>

struct Proto;

namespace dm
{

struct Registers
{
    uint64_t words[4] = {};

    bool has(unsigned reg) const
    {
        return words[reg >> 6] >> (reg & 63) & 1;
    }

    void add(unsigned reg)
    {
        words[reg >> 6] |= 1ull << (reg & 63);
    }

    void remove(unsigned reg)
    {
        words[reg >> 6] &= ~(1ull << (reg & 63));
    }

    // Those from `first` on and before `end`.
    void addrange(unsigned first, unsigned end)
    {
        for (unsigned reg = first; reg < end && reg < 256; reg++)
            add(reg);
    }

    void addall(const Registers& other)
    {
        for (int i = 0; i < 4; i++)
            words[i] |= other.words[i];
    }

    bool operator!=(const Registers& other) const
    {
        for (int i = 0; i < 4; i++)
            if (words[i] != other.words[i])
                return true;
        return false;
    }
};

class Liveness
{
public:
    Liveness() = default;
    // Cost: a few passes over the function's code, one more for each loop inside a loop.
    explicit Liveness(const Proto* p);

    // Where a function can be suspended: the registers below the callee's that are alive meanwhile.
    struct Site
    {
        uint32_t pc; // the next instruction
        uint32_t end; // the callee's first register
        Registers alive;
    };

    // Registers that are to be kept alive at the sites from `begin` on and before `end`.
    void keep(uint32_t begin, uint32_t end, unsigned first, unsigned count);
    // Null where the function can't be suspended.
    const Site* at(uint32_t pc) const;

private:
    std::vector<Site> sites; // by `pc`
};

// Calls `forgotten(slot)` for the slots of a frame that nothing will read, with a site of its function.
template<typename Slot, typename Forgotten>
void eachforgotten(Slot* base, const Slot* top, const Liveness::Site& site, Forgotten&& forgotten)
{
    for (unsigned reg = 0; reg < site.end && base + reg < top; reg++)
        if (!site.alive.has(reg))
            forgotten(base + reg);
}

} // namespace dm
