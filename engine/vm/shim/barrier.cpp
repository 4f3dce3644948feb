// What keeps a running thread from being suspended: the innermost call that Luau makes on its own native stack.

#include "shim.h"

#include "lua.h"
#include "lobject.h"
#include "lstate.h"

#include "Luau/Bytecode.h"
#include "Luau/BytecodeUtils.h"

#include <string.h>

// The instruction that a Luau frame is in. `savedpc` may lie behind the instruction's second word, so the code is read
// from its beginning.
static LuauOpcode current(const CallInfo* ci)
{
    const Proto* p = clvalue(ci->func)->l.p;
    LuauOpcode op = LOP_NOP;
    for (const Instruction* pc = p->code; pc < ci->savedpc;)
    {
        op = LuauOpcode(LUAU_INSN_OP(*pc));
        pc += Luau::getOpLength(op);
    }
    return op;
}

// The metamethod that an instruction may call, or null where it calls none, or calls functions plainly.
static const char* event(LuauOpcode op)
{
    switch (op)
    {
    case LOP_GETGLOBAL:
    case LOP_GETIMPORT:
    case LOP_GETTABLE:
    case LOP_GETTABLEKS:
    case LOP_GETTABLEN:
    case LOP_GETUDATAKS:
    case LOP_NAMECALL:
    case LOP_NAMECALLUDATA:
        return "__index";
    case LOP_SETGLOBAL:
    case LOP_SETTABLE:
    case LOP_SETTABLEKS:
    case LOP_SETTABLEN:
    case LOP_SETUDATAKS:
        return "__newindex";
    case LOP_JUMPIFEQ:
    case LOP_JUMPIFNOTEQ:
        return "__eq";
    case LOP_JUMPIFLE:
    case LOP_JUMPIFNOTLE:
        return "__le";
    case LOP_JUMPIFLT:
    case LOP_JUMPIFNOTLT:
        return "__lt";
    case LOP_ADD:
    case LOP_ADDK:
        return "__add";
    case LOP_SUB:
    case LOP_SUBK:
    case LOP_SUBRK:
        return "__sub";
    case LOP_MUL:
    case LOP_MULK:
        return "__mul";
    case LOP_DIV:
    case LOP_DIVK:
    case LOP_DIVRK:
        return "__div";
    case LOP_IDIV:
    case LOP_IDIVK:
        return "__idiv";
    case LOP_MOD:
    case LOP_MODK:
        return "__mod";
    case LOP_POW:
    case LOP_POWK:
        return "__pow";
    case LOP_CONCAT:
        return "__concat";
    case LOP_MINUS:
        return "__unm";
    case LOP_LENGTH:
        return "__len";
    case LOP_FORGPREP:
        return "__iter";
    default:
        return nullptr;
    }
}

int dm_run_unyieldable(lua_State* L, dm_function function)
{
    // An error brings the counter back, as it does for Luau's own calls.
    L->nCcalls++;
    int count = function(L);
    L->nCcalls--;
    return count;
}

// 1: a metamethod, whose name is given; 2: a C function, whose name is given (or null).
int dm_barrier(const lua_State* L, const char** name)
{
    *name = nullptr;
    for (const CallInfo* caller = L->ci - 1; caller > L->base_ci; caller--)
    {
        const Closure* c = clvalue(caller->func);
        if (!c->isC)
        {
            if (const char* method = event(current(caller)))
            {
                *name = method;
                return 1;
            }
            continue;
        }
        const char* own = c->c.debugname ? getstr(c->c.debugname) : nullptr;
        if (!c->c.cont)
        {
            *name = own;
            return 2;
        }
        // These two can be suspended, but not where they run Luau's own version: so if nothing else is in the way.
        if (own && !*name && (!strcmp(own, "sort") || !strcmp(own, "gsub")))
            *name = own;
    }
    return 2;
}
