// What the interpreter takes on trust: it runs a function's code without checking the stack that it finds, since the
// compiler and the interpreter itself made both. A restored stack was made by neither, so here the code says what
// must hold wherever it can be suspended. The same pass hashes what decides a function's behaviour.

#include "catalog.h"

#include "lobject.h"
#include "lstate.h"
#include "ltable.h"
#include "lbytecode.h"

#include "hash.h"

namespace dm
{

// The instruction without what the interpreter patches as it runs: caches of slots, counters.
static Instruction unpatched(Instruction insn)
{
    switch (LUAU_INSN_OP(insn))
    {
    case LOP_GETGLOBAL:
    case LOP_SETGLOBAL:
    case LOP_GETTABLEKS:
    case LOP_SETTABLEKS:
    case LOP_NAMECALL:
        return insn & 0x00ffffffu;
    case LOP_GETUDATAKS:
        return (insn & 0x00ffff00u) | LOP_GETTABLEKS;
    case LOP_SETUDATAKS:
        return (insn & 0x00ffff00u) | LOP_SETTABLEKS;
    case LOP_NAMECALLUDATA:
        return (insn & 0x00ffff00u) | LOP_NAMECALL;
    case LOP_CALLFB:
        return (insn & 0xffffff00u) | LOP_CALL;
    case LOP_COVERAGE:
        return LOP_COVERAGE;
    default:
        return insn;
    }
}

static void hashvalue(Hash& hash, const Value& value, const int* extra, int type)
{
    hash.word(uint64_t(type));
    switch (type)
    {
    case LUA_TBOOLEAN:
        hash.word(value.b != 0);
        break;
    case LUA_TNUMBER:
        hash.bytes(&value.n, sizeof(value.n));
        break;
    case LUA_TINTEGER:
        hash.word(uint64_t(value.l));
        break;
    case LUA_TVECTOR:
        hash.bytes(value.v, sizeof(value.v));
        hash.bytes(extra, sizeof(float));
        break;
    case LUA_TSTRING:
        hash.bytes(getstr(&value.gc->ts), value.gc->ts.len);
        break;
    default:
        break;
    }
}

static void hashtemplate(Hash& hash, const LuaTable* t)
{
    hash.word(uint64_t(t->sizearray));
    if (t->node == &luaH_dummynode)
        return;
    for (int i = 0; i < (1 << t->lsizenode); i++)
    {
        const LuaNode& node = t->node[i];
        hashvalue(hash, node.key.value, node.key.extra, node.key.tt);
        hashvalue(hash, node.val.value, node.val.extra, node.val.tt);
    }
}

// The end of a loop that has not been found yet.
static constexpr uint32_t kOpen = UINT32_MAX;

// A loop ends behind the instruction that turns it. Where the jump past it leads says nothing: the compiler lets a jump
// to a jump lead to where that one leads. Loops one inside the other have different registers.
static void endloop(std::vector<Loop>& loops, uint8_t reg, bool numeric, uint32_t end)
{
    for (size_t at = loops.size(); at-- > 0;)
        if (loops[at].end == kOpen && loops[at].reg == reg && loops[at].numeric == numeric)
            return void(loops[at].end = end);
}

// Needs the analyses of the functions inside this one.
void Catalog::analyse(uint32_t function, Analysis& into)
{
    const Proto* p = functions[function].proto;
    Hash hash(1);
    hash.word(p->nups | uint64_t(p->numparams) << 8 | uint64_t(p->is_vararg) << 16 | uint64_t(p->maxstacksize) << 24);
    for (int i = 0; i < p->sizeupvalues; i++)
        if (p->upvalues[i])
            hash.bytes(getstr(p->upvalues[i]), p->upvalues[i]->len);

    std::vector<bool> import(size_t(p->sizek), false);
    into.sites.assign(size_t(p->sizecode) + 1, Analysis::kNone);
    const Analysis* child = nullptr; // of the closure that the captures which follow are for
    int upvalue = 0;
    for (int at = 0; at < p->sizecode;)
    {
        Instruction insn = p->code[at];
        int op = LUAU_INSN_OP(insn);
        int size = Luau::getOpLength(LuauOpcode(op));
        hash.word(unpatched(insn));
        if (size == 2 && op != LOP_CALLFB)
            hash.word(op == LOP_GETUDATAKS || op == LOP_SETUDATAKS || op == LOP_NAMECALLUDATA ? p->code[at + 1] & 0xffff : p->code[at + 1]);
        switch (op)
        {
        case LOP_CALL:
            into.sites[size_t(at) + 1] = Analysis::kCall;
            break;
        case LOP_FORGLOOP:
            into.sites[size_t(at) + 1] = Analysis::kIterate;
            endloop(into.loops, uint8_t(LUAU_INSN_A(insn)), false, uint32_t(at + 2));
            break;
        case LOP_GETIMPORT:
            import[size_t(LUAU_INSN_D(insn))] = true;
            break;
        case LOP_SETUPVAL:
            into.byreference[LUAU_INSN_B(insn) >> 6] |= 1ull << (LUAU_INSN_B(insn) & 63);
            break;
        case LOP_FORNPREP:
            into.loops.push_back(Loop{uint32_t(at + 1), kOpen, uint8_t(LUAU_INSN_A(insn)), true});
            break;
        case LOP_FORNLOOP:
            endloop(into.loops, uint8_t(LUAU_INSN_A(insn)), true, uint32_t(at + 1));
            break;
        case LOP_FORGPREP:
        case LOP_FORGPREP_NEXT:
        case LOP_FORGPREP_INEXT:
            into.loops.push_back(Loop{uint32_t(at + 1), kOpen, uint8_t(LUAU_INSN_A(insn)), false});
            break;
        case LOP_NEWCLOSURE:
        case LOP_DUPCLOSURE:
        {
            const Proto* inner = op == LOP_NEWCLOSURE ? p->p[LUAU_INSN_D(insn)] : clvalue(&p->k[LUAU_INSN_D(insn)])->l.p;
            const uint32_t* number = byproto.find(inner);
            child = number ? functions[*number].analysis.get() : nullptr;
            upvalue = 0;
            if (child)
                hash.word(child->hash);
            break;
        }
        case LOP_CAPTURE:
            if (LUAU_INSN_A(insn) == LCT_UPVAL && child && child->needscell(upvalue))
                into.byreference[LUAU_INSN_B(insn) >> 6] |= 1ull << (LUAU_INSN_B(insn) & 63);
            upvalue++;
            break;
        default:
            break;
        }
        at += size;
    }
    into.live = Liveness(p);
    // A loop in progress is checked for what it counts with, also where nothing turns it any more.
    for (const Loop& loop : into.loops)
        into.live.keep(loop.begin, loop.end, loop.reg, 3);
    for (int i = 0; i < p->sizek; i++)
    {
        // What an import led to belongs to the globals, not to the function; its path is in the code.
        if (import[size_t(i)])
            continue;
        const TValue* k = &p->k[i];
        hashvalue(hash, k->value, k->extra, k->tt);
        if (ttistable(k))
            hashtemplate(hash, hvalue(k));
    }
    into.hash = hash.value;
}

const Analysis& Catalog::analysis(uint32_t function)
{
    if (!functions[function].analysis)
    {
        // The whole script at once, from its end: what is inside a function comes after it.
        const Script& script = scripts[functions[function].script];
        for (uint32_t at = script.first + script.count; at-- > script.first;)
        {
            auto made = std::make_unique<Analysis>();
            analyse(at, *made);
            functions[at].analysis = std::move(made);
        }
    }
    return *functions[function].analysis;
}

} // namespace dm
