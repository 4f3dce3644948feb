// Finds what a script would share by assignment: a local of its main part that one of its functions assigns. All that
// run those functions would see each other's writes, so the engine does not take such a script.

#include "shim.h"

#include "lua.h"
#include "Luau/BytecodeUtils.h"
#include "lapi.h"
#include "ldebug.h"
#include "lobject.h"
#include "lstate.h"

#include <vector>

using Luau::getOpLength;

namespace
{

struct Search
{
    int line = 0;
    const char* name = nullptr;

    // Whether a function assigns one of the upvalues that are marked as shared. `main` is set for the script's main
    // part, whose registers are the shared ones.
    bool function(Proto* p, const std::vector<bool>& shared, bool main)
    {
        for (int pc = 0; pc < p->sizecode;)
        {
            const Instruction insn = p->code[pc];
            const LuauOpcode op = LuauOpcode(LUAU_INSN_OP(insn));
            if (op == LOP_SETUPVAL && LUAU_INSN_B(insn) < shared.size() && shared[LUAU_INSN_B(insn)])
            {
                line = luaG_getline(p, pc);
                unsigned index = LUAU_INSN_B(insn);
                name = int(index) < p->sizeupvalues && p->upvalues[index] ? getstr(p->upvalues[index]) : "a local";
                return true;
            }
            pc += getOpLength(op);
            if (op != LOP_NEWCLOSURE && op != LOP_DUPCLOSURE)
                continue;
            Proto* child = op == LOP_NEWCLOSURE ? p->p[LUAU_INSN_D(insn)] : clvalue(&p->k[LUAU_INSN_D(insn)])->l.p;
            std::vector<bool> captured;
            for (; pc < p->sizecode && LUAU_INSN_OP(p->code[pc]) == LOP_CAPTURE; pc++)
            {
                const unsigned kind = LUAU_INSN_A(p->code[pc]);
                const unsigned of = LUAU_INSN_B(p->code[pc]);
                captured.push_back(kind == LCT_UPVAL ? of < shared.size() && shared[of] : main && kind == LCT_REF);
            }
            if (function(child, captured, false))
                return true;
        }
        return false;
    }
};

} // namespace

int dm_shared_write(lua_State* L, int index, const char** name)
{
    const TValue* at = luaA_toobject(L, index);
    if (!at || !ttisfunction(at) || clvalue(at)->isC)
        return 0;
    Search search;
    if (!search.function(clvalue(at)->l.p, {}, true))
        return 0;
    *name = search.name;
    return search.line > 0 ? search.line : 1;
}
