// Coroutines: a stack, and frames that fit the code of the functions that lie in it.

#include "decode.h"

#include "ldo.h"
#include "lfunc.h"
#include "lgc.h"
#include "lmem.h"
#include "lstate.h"
#include "lbytecode.h"

namespace dm
{

void Decoder::thread(lua_State* th)
{
    const uint8_t flags = in.byte();
    const uint8_t status = flags & kStatusMask;
    if (flags >= kYieldedValues * 2 || status == LUA_BREAK || status > LUA_BREAK)
        in.fail("a coroutine's status is unknown");
    if (flags & kTasklet)
        th->userdata = reinterpret_cast<void*>(uintptr_t(1));
    if (flags & kOwnGlobals)
        globals = tableobject(in.byte(), "a coroutine's globals are no table");
    if (!globals)
        in.fail("a coroutine has no globals");
    th->gt = globals;
    const uint64_t yielded = flags & kYieldedValues ? in.varint() : 0;
    if (yielded && status != LUA_YIELD)
        in.fail("a coroutine that is not suspended has yielded");
    if (status != LUA_OK && status != LUA_YIELD)
    {
        if (th->top == th->stack_last)
            in.fail("a stack is too small");
        value(th->top++);
        th->status = status;
        return;
    }
    fillslots(th);
    if (status == LUA_YIELD)
    {
        if (yielded > uint64_t(th->top - th->base))
            in.fail("a coroutine has yielded more than it has");
        const ptrdiff_t base = th->top - th->stack - ptrdiff_t(yielded);
        frames(th);
        th->base = th->stack + base;
        if (th->base < th->ci->base)
            in.fail("a coroutine has yielded more than it has");
        th->status = LUA_YIELD;
    }
    openupvalues(th);
}

void Decoder::fillslots(lua_State* th)
{
    const uint64_t count = in.varint();
    if (count > uint64_t(th->stack_last - th->top) || count > in.left())
        in.fail("a stack is too small");
    for (uint64_t i = 0; i < count; i++)
    {
        TValue* slot = th->top++;
        const uint8_t tag = in.byte();
        if (tag != kCursor && tag != kCursorRank)
        {
            value(tag, slot);
            continue;
        }
        // Where it follows its table it is a loop's; otherwise it is left over from one.
        const uint32_t at = in.below(1ull << 32, "a loop's cursor is impossible");
        if (ttistable(slot - 1))
            cursors.push_back(Cursor{hvalue(slot - 1), th, uint32_t(slot - th->stack), at, tag == kCursorRank});
        else if (tag == kCursorRank)
            in.fail("a loop's cursor has no table");
        setpvalue(slot, reinterpret_cast<void*>(uintptr_t(at)), LU_TAG_ITERATOR);
    }
}

// A function of the script as it was, for a frame whose function is known by a name that leads to another one now: it
// shares that one's upvalues, by their names.
Closure* Decoder::substitute(Closure* named, uint32_t function)
{
    const Proto* was = catalog.functions[function].proto;
    const Proto* is = named->l.p;
    const Analysis& analysis = catalog.analysis(function);
    charge(sizeof(Closure) + sizeof(TValue) * was->nups);
    Closure* made = luaF_newLclosure(L, was->nups, named->env, catalog.functions[function].proto);
    for (int i = 0; i < was->nups; i++)
    {
        const TString* name = i < was->sizeupvalues ? was->upvalues[i] : nullptr;
        const TValue* found = nullptr;
        for (int j = 0; name && j < is->nups && j < is->sizeupvalues; j++)
            if (is->upvalues[j] == name)
                found = &named->l.uprefs[j];
        if (!found || (analysis.needscell(i) && found->tt != LUA_TUPVAL))
        {
            const int index = lack(Missing::kPath);
            missing.back().what = std::string("the local ") + (name ? getstr(name) : "?") + " that " +
                                  (was->debugname ? getstr(was->debugname) : "a function") + " uses";
            missing.back().file.assign(getstr(was->source), was->source->len);
            missing.back().line = uint32_t(was->linedefined);
            blame(index);
            continue;
        }
        made->l.uprefs[i] = *found;
    }
    return made;
}

// The registers of the loops around `pc`.
void Decoder::checkloops(const CallInfo* ci, const Analysis& analysis, uint32_t pc)
{
    for (const Loop& loop : analysis.loops)
    {
        if (pc < loop.begin || pc >= loop.end)
            continue;
        const TValue* r = ci->base + loop.reg;
        if (loop.numeric && !(ttisnumber(r) && ttisnumber(r + 1) && ttisnumber(r + 2)))
            in.fail("a loop does not count with numbers");
        const bool cursor = ttislightuserdata(r + 2) && lightuserdatatag(r + 2) == LU_TAG_ITERATOR;
        if (!loop.numeric && ttisnil(r) && !(ttistable(r + 1) && cursor))
            in.fail("a loop goes over no table");
    }
}

// False where its function is missing: nothing of it but that was read.
bool Decoder::luauframe(lua_State* th, CallInfo* ci, uint8_t told, Expected& expected)
{
    if (told & ~(kHasVarargs | kHasExtraTop | kNamedCode))
        in.fail("a frame's flags are unknown");
    if (told & kNamedCode)
    {
        const Used& used = usedat(usedfunction());
        // The one that now has the name may be another: where its code stops says nothing of this frame.
        if (used.function == ~0u)
            return false;
        if (catalog.functions[used.function].proto != clvalue(ci->func)->l.p)
            setclvalue(L, ci->func, substitute(clvalue(ci->func), used.function));
    }
    Closure* closure = clvalue(ci->func);
    Proto* p = closure->l.p;
    const uint64_t pc = in.varint();
    const uint64_t varargs = told & kHasVarargs ? in.varint() : 0;
    const uint64_t extra = told & kHasExtraTop ? in.varint() : 0;
    const uint32_t* function = catalog.function(p);
    if (!function)
        in.fail("a frame's function is of no script");
    const Analysis& analysis = catalog.analysis(*function);
    if (pc >= uint64_t(p->sizecode) || analysis.sites[size_t(pc)] == Analysis::kNone)
        in.fail("a frame is at an instruction where it can't be suspended");
    const bool iterates = analysis.sites[size_t(pc)] == Analysis::kIterate;
    if (varargs && !p->is_vararg)
        in.fail("a function was passed more than it takes");
    const uint64_t room = uint64_t(th->stack_last - ci->func);
    const uint64_t fixed = 1 + (p->is_vararg ? varargs + p->numparams : 0);
    if (varargs > room || extra > room || fixed + closure->stacksize + extra > room)
        in.fail("a stack is too small for its frames");
    ci->base = ci->func + fixed;
    ci->top = ci->base + closure->stacksize + extra;
    ci->p = p;
    ci->savedpc = p->code + pc;
    ci->flags = expected.flags | (iterates ? LUA_CALLINFO_OPYIELD : 0);
    const Instruction insn = p->code[pc - 1];
    expected.func = ci->base + LUAU_INSN_A(insn) + (iterates ? 3 : 0);
    expected.nresults = iterates ? int(uint8_t(p->code[pc])) : LUAU_INSN_C(insn) - 1;
    expected.flags = iterates ? LUA_CALLINFO_RETURN : 0;
    if (expected.func >= th->top)
        in.fail("a frame's function lies outside of the stack");
    checkloops(ci, analysis, uint32_t(pc));
    return true;
}

void Decoder::nativeframe(lua_State* th, CallInfo* ci, bool last, Expected& expected)
{
    const Closure* closure = clvalue(ci->func);
    const Native* native = catalog.native(closure->c.f);
    if (!native || native->suspends == kNever || native->suspends == (last ? kProtects : kWaits) || (last && native->suspends == kCalls))
        in.fail("a C function can't be suspended there");
    ci->base = ci->func + 1;
    const bool resumes = native->suspends == kResumes || native->suspends == kWraps;
    if (!last && resumes)
        in.fail("a C function can't be suspended there");
    if (native->suspends == kResumes)
    {
        if (ci->base >= th->top || !ttisthread(ci->base))
            in.fail("a coroutine is resumed that is none");
        coroutines.push_back(thvalue(ci->base));
    }
    if (native->suspends == kIntercepts)
    {
        // What its first slot holds says whether it waits to be let in.
        const bool waits = ci->base < th->top && ttisnumber(ci->base) && nvalue(ci->base) < 0;
        if (ci->base >= th->top || !ttisnumber(ci->base) || waits != last)
            in.fail("a call is begun and not begun");
        // Its number was given in another world: one that is not known here is that of a call nobody is told of.
        if (movecount && !waits)
            setnvalue(ci->base, double(uint32_t(moved(kTokens, uint64_t(nvalue(ci->base)), kNobody))));
    }
    if (last)
    {
        const uint64_t reserve = in.varint();
        if (reserve > uint64_t(th->stack_last - th->top))
            in.fail("a stack is too small for its frames");
        ci->top = th->top + reserve;
        return;
    }
    const bool calls = native->suspends == kCalls;
    expected.func = ci->base + native->callee;
    expected.nresults = calls ? 1 : LUA_MULTRET;
    expected.flags = LUA_CALLINFO_RETURN;
    if (expected.func >= th->top)
        in.fail("a frame's function lies outside of the stack");
    if (calls)
    {
        ci->top = expected.func + 1;
        return;
    }
    ci->flags = LUA_CALLINFO_HANDLE;
    ci->errfunc = native->callee;
    if (native->callee && !ttisfunction(expected.func - 1))
        in.fail("an error handler is no function");
    ci->top = expected.func;
}

// Something is missing, so where the frames lie can't be told; their bytes can be read all the same.
void Decoder::skipframes(uint64_t left, uint8_t told)
{
    for (;;)
    {
        if (told & kNativeFrame)
        {
            if (told & kLastFrame)
                in.varint();
        }
        else
        {
            if (told & kNamedCode)
                usedfunction();
            for (int numbers = 1 + !!(told & kHasVarargs) + !!(told & kHasExtraTop); numbers > 0; numbers--)
                in.varint();
        }
        if (--left == 0)
            return;
        told = in.byte();
    }
}

void Decoder::frames(lua_State* th)
{
    const uint64_t count = in.varint();
    if (count == 0 || count >= uint64_t(th->size_ci))
        in.fail("a coroutine has too many frames");
    Expected expected{th->stack + 1, LUA_MULTRET, LUA_CALLINFO_RETURN};
    if (expected.func >= th->top)
        in.fail("a frame's function lies outside of the stack");
    for (uint64_t i = 1; i <= count; i++)
    {
        const bool last = i == count;
        const uint8_t told = in.byte();
        const bool native = (told & kNativeFrame) != 0;
        if (native && told != (kNativeFrame | (last ? kLastFrame : 0)))
            in.fail("a frame's flags are unknown");
        const bool function = ttisfunction(expected.func);
        if (lacking && (!function || (!clvalue(expected.func)->isC && !catalog.function(clvalue(expected.func)->l.p))))
            return skipframes(count - i + 1, told);
        if (!function || (clvalue(expected.func)->isC != 0) != native || (last && !native))
            in.fail("a frame's function is none");
        // The list has room: it was checked above. A frame counts when it is whole.
        CallInfo* ci = th->ci + 1;
        memset(ci, 0, sizeof(CallInfo));
        ci->func = expected.func;
        ci->nresults = expected.nresults;
        if (native)
            nativeframe(th, ci, last, expected);
        else if (!luauframe(th, ci, told, expected))
            return skipframes(count - i + 1, uint8_t(told & ~kNamedCode));
        th->ci = ci;
    }
}

void Decoder::openupvalues(lua_State* th)
{
    global_State* g = L->global;
    UpVal** at = &th->openupval;
    uint64_t left = in.varint();
    const CallInfo* ci = th->ci;
    for (TValue* above = th->top; left > 0; left--)
    {
        const uint64_t down = in.varint();
        if (down >= uint64_t(above - th->stack) - 1)
            in.fail("an upvalue lies outside of the stack");
        TValue* slot = above - 1 - down;
        // A register of a Luau function, below the call that it makes: what is assigned to it can hurt no frame.
        while (ci > th->base_ci && slot <= ci->func)
            ci--;
        if (!lacking && (ci == th->base_ci || clvalue(ci->func)->isC || slot < ci->base || (ci < th->ci && slot >= (ci + 1)->func)))
            in.fail("an upvalue is no local of a function");
        const uint8_t tag = in.byte();
        GCObject* o = tag == kUpvalue ? newupvalue() : tag == kAgain || tag >= kRecent ? met(tag) : nullptr;
        if (!o || o->gch.tt != LUA_TUPVAL || upisopen(&o->uv))
            in.fail("a coroutine has an upvalue that is none");
        // As Luau keeps them: of a thread from the top of its stack down, and all in one ring.
        UpVal* up = &o->uv;
        up->v = slot;
        up->u.open.threadnext = nullptr;
        up->u.open.prev = &g->uvhead;
        up->u.open.next = g->uvhead.u.open.next;
        up->u.open.next->u.open.prev = up;
        g->uvhead.u.open.next = up;
        *at = up;
        at = &up->u.open.threadnext;
        above = slot;
    }
}

} // namespace dm
