// Coroutines: their stack, and their frames as far as the code does not say what they are. What can be derived (where
// a frame's function lies, how many results it owes) is checked against what is there and not written.

#include "encode.h"

#include "ldo.h"
#include "lstate.h"
#include "lbytecode.h"

namespace dm
{

void Encoder::thread(lua_State* th)
{
    const uint8_t status = th->status;
    if (status == LUA_BREAK || status == SCHEDULED_REENTRY || (status == LUA_OK && th->ci != th->base_ci) || th->finalizers)
        refuse(status == LUA_OK ? kReasonRunning : kReasonSuspended, th);
    const bool failed = status != LUA_OK && status != LUA_YIELD;
    uint8_t flags = status;
    flags |= th->userdata == taskletmark() ? kTasklet : 0;
    flags |= th->gt != globals ? kOwnGlobals : 0;
    flags |= status == LUA_YIELD && th->top != th->base ? kYieldedValues : 0;
    body.byte(flags);
    if (flags & kOwnGlobals)
    {
        globals = th->gt;
        refer(reinterpret_cast<GCObject*>(th->gt));
    }
    if (flags & kYieldedValues)
        body.varint(uint64_t(th->top - th->base));
    if (failed)
    {
        // What it was doing is over: only the error is left.
        return th->top > th->stack + 1 ? value(th->top - 1) : body.byte(kNil);
    }
    slots(th);
    if (status == LUA_YIELD)
        frames(th);
    openupvalues(th);
}

// Finds the slots of which nothing will be read: see liveness.h.
void Encoder::forget(const lua_State* th)
{
    forgotten.assign(size_t(th->top - th->stack), false);
    if (th->status != LUA_YIELD)
        return;
    for (const CallInfo* ci = th->base_ci + 1; ci < th->ci; ci++)
    {
        const Proto* p = ttisfunction(ci->func) && !clvalue(ci->func)->isC ? clvalue(ci->func)->l.p : nullptr;
        const uint32_t* function = p ? catalog.function(p) : nullptr;
        const Liveness::Site* site = function ? catalog.analysis(*function).live.at(uint32_t(ci->savedpc - p->code)) : nullptr;
        if (site)
            eachforgotten(ci->base, th->top, *site, [&](const TValue* slot) { forgotten[size_t(slot - th->stack)] = true; });
    }
    for (const UpVal* up = th->openupval; up; up = up->u.open.threadnext)
        forgotten[size_t(up->v - th->stack)] = false;
}

void Encoder::slots(lua_State* th)
{
    forget(th);
    body.varint(uint64_t(th->top - th->stack - 1));
    for (const TValue* slot = th->stack + 1; slot < th->top; slot++)
    {
        if (forgotten[size_t(slot - th->stack)])
            body.byte(kNil);
        else if (ttislightuserdata(slot) && lightuserdatatag(slot) == LU_TAG_ITERATOR)
            cursor(slot);
        else
            value(slot);
    }
}

void Encoder::frames(lua_State* th)
{
    // What the frame below says of the next one: where its function is, its results, its flags.
    const TValue* func = th->stack + 1;
    int nresults = LUA_MULTRET;
    unsigned flags = LUA_CALLINFO_RETURN;
    body.varint(uint64_t(th->ci - th->base_ci));
    for (CallInfo* ci = th->base_ci + 1; ci <= th->ci; ci++)
    {
        if (ci->func != func || ci->nresults != nresults || !ttisfunction(ci->func))
            refuse(kReasonSuspended, th);
        const Closure* closure = clvalue(ci->func);
        if (!closure->isC)
        {
            const Proto* p = closure->l.p;
            const uint32_t* function = catalog.function(p);
            if (!function)
                refuse(kReasonScript, closure);
            const Analysis& analysis = catalog.analysis(*function);
            const ptrdiff_t pc = ci->savedpc - p->code;
            if (pc <= 0 || pc >= p->sizecode || ci == th->ci || ci->p != p)
                refuse(kReasonSuspended, th);
            const uint8_t site = analysis.sites[size_t(pc)];
            const unsigned expected = flags | (site == Analysis::kIterate ? LUA_CALLINFO_OPYIELD : 0);
            const ptrdiff_t varargs = ci->base - ci->func - 1 - (p->is_vararg ? p->numparams : 0);
            const ptrdiff_t extra = ci->top - ci->base - closure->stacksize;
            if (site == Analysis::kNone || ci->flags != expected || varargs < 0 || extra < 0 || (varargs && !p->is_vararg))
                refuse(kReasonSuspended, th);
            const bool named = mode == kPortable && catalog.named(closure);
            body.byte(uint8_t((varargs ? kHasVarargs : 0) | (extra ? kHasExtraTop : 0) | (named ? kNamedCode : 0)));
            if (named)
                body.varint(usefunction(*function));
            body.varint(uint64_t(pc));
            if (varargs)
                body.varint(uint64_t(varargs));
            if (extra)
                body.varint(uint64_t(extra));
            const Instruction insn = p->code[pc - 1];
            if (site == Analysis::kCall)
            {
                func = ci->base + LUAU_INSN_A(insn);
                nresults = LUAU_INSN_C(insn) - 1;
                flags = 0;
            }
            else
            {
                func = ci->base + LUAU_INSN_A(insn) + 3;
                nresults = uint8_t(p->code[pc]);
                flags = LUA_CALLINFO_RETURN;
            }
            continue;
        }
        const Native* native = catalog.native(closure->c.f);
        if (!native || native->suspends == kNever || ci->base != ci->func + 1)
            refuse(kReasonSuspended, th);
        // A C function that was called is entered without the mark that a Luau function has.
        if (ci == th->ci)
        {
            if (native->suspends == kProtects || native->suspends == kCalls || (ci->flags & LUA_CALLINFO_HANDLE) || th->base < ci->base || ci->top < th->top)
                refuse(kReasonSuspended, th);
            body.byte(kNativeFrame | kLastFrame);
            body.varint(uint64_t(ci->top - th->top));
            continue;
        }
        func = ci->base + native->callee;
        if (native->suspends == kCalls)
        {
            if (ci->flags != 0 || ci->top != func + 1)
                refuse(kReasonSuspended, th);
            body.byte(kNativeFrame);
            nresults = 1;
            flags = LUA_CALLINFO_RETURN;
            continue;
        }
        if ((native->suspends != kProtects && native->suspends != kIntercepts) || ci->flags != LUA_CALLINFO_HANDLE || ci->top != func ||
            ci->errfunc != native->callee)
            refuse(kReasonSuspended, th);
        body.byte(kNativeFrame);
        nresults = LUA_MULTRET;
        flags = LUA_CALLINFO_RETURN;
    }
    if (th->ci > th->base_ci && !clvalue(th->ci->func)->isC)
        refuse(kReasonSuspended, th);
}

void Encoder::openupvalues(lua_State* th)
{
    uint64_t many = 0;
    for (const UpVal* up = th->openupval; up; up = up->u.open.threadnext)
        many++;
    body.varint(many);
    const TValue* above = th->top;
    for (UpVal* up = th->openupval; up; up = up->u.open.threadnext)
    {
        if (catalog.named(up))
            refuse(kReasonOpen, up);
        body.varint(uint64_t(above - up->v - 1));
        above = up->v;
        claims.push_back(up);
        refer(reinterpret_cast<GCObject*>(up));
    }
}

} // namespace dm
