#include "liveness.h"

#include "lobject.h"
#include "lbytecode.h"
#include "Luau/BytecodeUtils.h"

#include <algorithm>

namespace dm
{

namespace
{

// What an instruction reads, and what it writes wherever it goes on.
struct Effect
{
    Registers reads;
    Registers writes;
};

// As many registers as `count` says, from `first` on: one more than there are, or 0 for all up to the stack's top.
void addcounted(Registers& to, unsigned first, unsigned count)
{
    to.addrange(first, count == 0 ? 256 : first + count - 1);
}

// Where it is in doubt, more is read and less is written: a register that lives too long does no harm.
Effect effect(const Instruction* code)
{
    const Instruction insn = code[0];
    const unsigned a = LUAU_INSN_A(insn), b = LUAU_INSN_B(insn), c = LUAU_INSN_C(insn);
    Effect e;
    switch (LUAU_INSN_OP(insn))
    {
    case LOP_NOP:
    case LOP_BREAK:
    case LOP_JUMP:
    case LOP_JUMPBACK:
    case LOP_JUMPX:
    case LOP_COVERAGE:
    case LOP_PREPVARARGS:
    case LOP_NATIVECALL:
    case LOP_FASTCALL: // reads what the call reads that follows it
    case LOP_FASTPCALL:
    case LOP_CLOSEUPVALS: // open upvalues are alive for themselves
        break;
    case LOP_LOADNIL:
    case LOP_LOADB:
    case LOP_LOADN:
    case LOP_LOADK:
    case LOP_LOADKX:
    case LOP_GETGLOBAL:
    case LOP_GETUPVAL:
    case LOP_GETIMPORT:
    case LOP_NEWCLOSURE:
    case LOP_DUPCLOSURE:
    case LOP_NEWTABLE:
    case LOP_DUPTABLE:
        e.writes.add(a);
        break;
    case LOP_SETGLOBAL:
    case LOP_SETUPVAL:
    case LOP_JUMPIF:
    case LOP_JUMPIFNOT:
    case LOP_JUMPXEQKNIL:
    case LOP_JUMPXEQKB:
    case LOP_JUMPXEQKN:
    case LOP_JUMPXEQKS:
    case LOP_CMPPROTO:
        e.reads.add(a);
        break;
    case LOP_MOVE:
    case LOP_GETTABLEKS:
    case LOP_GETTABLEN:
    case LOP_GETUDATAKS:
    case LOP_ADDK:
    case LOP_SUBK:
    case LOP_MULK:
    case LOP_DIVK:
    case LOP_IDIVK:
    case LOP_MODK:
    case LOP_POWK:
    case LOP_ANDK:
    case LOP_ORK:
    case LOP_NOT:
    case LOP_MINUS:
    case LOP_LENGTH:
        e.reads.add(b);
        e.writes.add(a);
        break;
    case LOP_SUBRK:
    case LOP_DIVRK:
        e.reads.add(c);
        e.writes.add(a);
        break;
    case LOP_GETTABLE:
    case LOP_ADD:
    case LOP_SUB:
    case LOP_MUL:
    case LOP_DIV:
    case LOP_IDIV:
    case LOP_MOD:
    case LOP_POW:
    case LOP_AND:
    case LOP_OR:
        e.reads.add(b);
        e.reads.add(c);
        e.writes.add(a);
        break;
    case LOP_SETTABLE:
        e.reads.add(c);
        [[fallthrough]];
    case LOP_SETTABLEKS:
    case LOP_SETTABLEN:
    case LOP_SETUDATAKS:
        e.reads.add(a);
        e.reads.add(b);
        break;
    case LOP_JUMPIFEQ:
    case LOP_JUMPIFLE:
    case LOP_JUMPIFLT:
    case LOP_JUMPIFNOTEQ:
    case LOP_JUMPIFNOTLE:
    case LOP_JUMPIFNOTLT:
        e.reads.add(a);
        e.reads.add(code[1] & 0xff);
        break;
    case LOP_CONCAT:
        e.reads.addrange(b, c + 1);
        e.writes.add(a);
        break;
    case LOP_CAPTURE:
        if (a != LCT_UPVAL)
            e.reads.add(b);
        break;
    case LOP_NAMECALL:
    case LOP_NAMECALLUDATA:
        e.reads.add(b);
        e.writes.addrange(a, a + 2);
        break;
    case LOP_CALL:
    case LOP_CALLFB:
        e.reads.add(a);
        addcounted(e.reads, a + 1, b);
        if (c != 0)
            addcounted(e.writes, a, c);
        break;
    case LOP_RETURN:
        addcounted(e.reads, a, b);
        break;
    case LOP_SETLIST:
        e.reads.add(a);
        addcounted(e.reads, b, c);
        break;
    case LOP_GETVARARGS:
        if (b != 0)
            addcounted(e.writes, a, b);
        break;
    case LOP_FORNPREP:
    case LOP_FORNLOOP:
    case LOP_FORGPREP:
    case LOP_FORGPREP_NEXT:
    case LOP_FORGPREP_INEXT:
    case LOP_FORGLOOP:
        e.reads.addrange(a, a + 3);
        break;
    case LOP_FASTCALL1:
    case LOP_FASTCALL2K:
        e.reads.add(b);
        break;
    case LOP_FASTCALL2:
        e.reads.add(b);
        e.reads.add(code[1] & 0xff);
        break;
    case LOP_FASTCALL3:
        e.reads.add(b);
        e.reads.add(LUAU_INSN_AUX_A(code[1]));
        e.reads.add(LUAU_INSN_AUX_B(code[1]));
        break;
    default:
        e.reads.addrange(0, 256);
        break;
    }
    return e;
}

// What is alive before an instruction that jumps, as far as it is so for where it leads.
Registers behindjump(const Proto* p, uint32_t at, uint32_t target, const Registers& there)
{
    Registers alive = there;
    const Instruction insn = p->code[at];
    // A turn of the loop writes its variables; a fast call what the call writes that it jumps over.
    if (LUAU_INSN_OP(insn) == LOP_FORGLOOP)
        for (unsigned i = 0; i < (p->code[at + 1] & 0xff); i++)
            alive.remove(std::min(LUAU_INSN_A(insn) + 3 + i, 255u));
    else if (Luau::isFastCall(LuauOpcode(LUAU_INSN_OP(insn))) && target > 0 && LUAU_INSN_OP(p->code[target - 1]) == LOP_CALL)
    {
        const Instruction call = p->code[target - 1];
        for (unsigned i = 0; i + 1 < LUAU_INSN_C(call); i++)
            alive.remove(std::min(LUAU_INSN_A(call) + i, 255u));
    }
    return alive;
}

} // namespace

Liveness::Liveness(const Proto* p)
{
    const uint32_t size = uint32_t(p->sizecode);
    std::vector<uint32_t> starts;
    for (uint32_t at = 0; at < size; at += uint32_t(Luau::getOpLength(LuauOpcode(LUAU_INSN_OP(p->code[at])))))
        starts.push_back(at);

    std::vector<Registers> before(size_t(size) + 1);
    const auto behind = [&](uint32_t at)
    {
        const LuauOpcode op = LuauOpcode(LUAU_INSN_OP(p->code[at]));
        const uint32_t next = at + uint32_t(Luau::getOpLength(op));
        const bool skips = op == LOP_LOADB && LUAU_INSN_C(p->code[at]) != 0;
        return Luau::isFallthrough(op) && !skips && next < size ? before[next] : Registers{};
    };
    const auto jumped = [&](uint32_t at)
    {
        const int target = Luau::getJumpTarget(p->code[at], at);
        return target >= 0 && uint32_t(target) < size ? behindjump(p, at, uint32_t(target), before[size_t(target)]) : Registers{};
    };
    for (bool changed = true; changed;)
    {
        changed = false;
        for (size_t i = starts.size(); i-- > 0;)
        {
            const uint32_t at = starts[i];
            const Effect e = effect(&p->code[at]);
            Registers alive = behind(at);
            alive.addall(jumped(at));
            for (int word = 0; word < 4; word++)
                alive.words[word] &= ~e.writes.words[word];
            alive.addall(e.reads);
            changed |= alive != before[at];
            before[at] = alive;
        }
    }

    for (const uint32_t at : starts)
    {
        const Instruction insn = p->code[at];
        const bool call = LUAU_INSN_OP(insn) == LOP_CALL;
        if (!call && LUAU_INSN_OP(insn) != LOP_FORGLOOP)
            continue;
        // An iterator is called above the three registers of its loop, which the loop reads when it returns.
        Site site{at + 1, LUAU_INSN_A(insn) + (call ? 0u : 3u), call ? behind(at) : before[at]};
        for (int i = 0; i < p->sizelocvars; i++)
            if (uint32_t(p->locvars[i].startpc) <= at && at < uint32_t(p->locvars[i].endpc))
                site.alive.add(p->locvars[i].reg);
        sites.push_back(site);
    }
}

void Liveness::keep(uint32_t begin, uint32_t end, unsigned first, unsigned count)
{
    for (Site& site : sites)
        if (begin <= site.pc && site.pc < end)
            site.alive.addrange(first, first + count);
}

const Liveness::Site* Liveness::at(uint32_t pc) const
{
    const auto found = std::lower_bound(sites.begin(), sites.end(), pc, [](const Site& site, uint32_t pc) { return site.pc < pc; });
    return found != sites.end() && found->pc == pc ? &*found : nullptr;
}

} // namespace dm
