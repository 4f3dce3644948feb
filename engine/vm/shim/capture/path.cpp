// Only an error pays for its path: the graph is walked again, with a link from each object to the one that led to it.

#include "path.h"

#include <unordered_set>

#include "ldebug.h"
#include "lfunc.h"
#include "lstate.h"
#include "ltable.h"

namespace dm
{

namespace
{

struct Step
{
    const GCObject* object;
    size_t from;
    enum
    {
        kRoot,
        kSlot,
        kItem,
        kKey,
        kValueOf,
        kMetatable,
        kUpvalue,
        kEnvironment,
        kGlobals,
        kCell,
    } by;
    size_t at; // which slot, item, node or upvalue
};

std::string keyword(const TKey& key)
{
    switch (key.tt)
    {
    case LUA_TSTRING:
        return std::string(getstr(&key.value.gc->ts), key.value.gc->ts.len);
    case LUA_TNUMBER:
    {
        char text[32];
        snprintf(text, sizeof(text), "[%.14g]", key.value.n);
        return text;
    }
    case LUA_TBOOLEAN:
        return key.value.b ? "[true]" : "[false]";
    default:
        return "[a key]";
    }
}

std::string functionname(const Catalog& catalog, const Closure* c)
{
    const TString* name = c->isC ? c->c.debugname : c->l.p->debugname;
    if (name)
        return std::string(getstr(name), name->len);
    if (c->isC)
        return "a C function";
    const uint32_t* function = catalog.function(c->l.p);
    const bool main = function && catalog.scripts[catalog.functions[*function].script].first == *function;
    return main ? "main chunk" : "function at line " + std::to_string(c->l.p->linedefined);
}

// The frame and the local that a slot of a stack is.
std::string slotname(const Catalog& catalog, const lua_State* th, size_t slot)
{
    const TValue* at = th->stack + slot;
    for (const CallInfo* ci = th->ci; ci > th->base_ci; ci--)
    {
        if (at < ci->func)
            continue;
        if (!ttisfunction(ci->func))
            break;
        const Closure* c = clvalue(ci->func);
        std::string frame = functionname(catalog, c);
        if (!c->isC && ci->savedpc)
        {
            const int pc = int(ci->savedpc - c->l.p->code) - 1;
            if (pc >= 0 && c->l.p->lineinfo)
                frame += ":" + std::to_string(luaG_getline(const_cast<Proto*>(c->l.p), pc));
            if (at >= ci->base)
            {
                const LocVar* local = luaF_findlocal(c->l.p, int(at - ci->base), pc);
                return frame + (local ? std::string(" > local ") + getstr(local->varname) : " > a value in use");
            }
        }
        return at == ci->func ? frame : frame + " > argument " + std::to_string(at - ci->func);
    }
    return "value " + std::to_string(slot);
}

struct Walk
{
    const Catalog& catalog;
    const void* target;
    std::vector<Step> steps;
    std::unordered_set<const GCObject*> seen;
    size_t found = 0;

    void reach(const GCObject* object, size_t from, decltype(Step::by) by, size_t at)
    {
        if (found || catalog.named(object) || !seen.insert(object).second)
            return;
        steps.push_back(Step{object, from, by, at});
        if (object == target)
            found = steps.size() - 1;
    }

    void value(const TValue* v, size_t from, decltype(Step::by) by, size_t at)
    {
        if (v->tt >= LUA_TTABLE && v->tt != LUA_TDEADKEY)
            reach(v->value.gc, from, by, at);
    }

    void children(size_t from)
    {
        const GCObject* o = steps[from].object;
        switch (o->gch.tt)
        {
        case LUA_TTABLE:
        {
            const LuaTable* t = &o->h;
            if (t->metatable)
                reach(reinterpret_cast<const GCObject*>(t->metatable), from, Step::kMetatable, 0);
            for (int i = 0; i < t->sizearray; i++)
                value(&t->array[i], from, Step::kItem, size_t(i));
            if (t->node == &luaH_dummynode)
                return;
            for (int i = 0; i < (1 << t->lsizenode); i++)
            {
                const LuaNode& node = t->node[i];
                if (ttisnil(&node.val))
                    continue;
                if (node.key.tt >= LUA_TTABLE && node.key.tt != LUA_TDEADKEY)
                    reach(node.key.value.gc, from, Step::kKey, size_t(i));
                value(&node.val, from, Step::kValueOf, size_t(i));
            }
            return;
        }
        case LUA_TFUNCTION:
        {
            const Closure* c = &o->cl;
            for (int i = 0; i < c->nupvalues; i++)
                value(c->isC ? &c->c.upvals[i] : &c->l.uprefs[i], from, Step::kUpvalue, size_t(i));
            if (!c->isC)
                reach(reinterpret_cast<const GCObject*>(c->env), from, Step::kEnvironment, 0);
            return;
        }
        case LUA_TUPVAL:
            return value(o->uv.v, from, Step::kCell, 0);
        case LUA_TTHREAD:
        {
            const lua_State* th = &o->th;
            for (const TValue* slot = th->stack; slot < th->top; slot++)
                value(slot, from, Step::kSlot, size_t(slot - th->stack));
            reach(reinterpret_cast<const GCObject*>(th->gt), from, Step::kGlobals, 0);
            return;
        }
        default:
            return;
        }
    }

    std::string word(const Step& step) const
    {
        const GCObject* parent = steps[step.from].object;
        switch (step.by)
        {
        case Step::kSlot:
            return slotname(catalog, &parent->th, step.at);
        case Step::kItem:
            return "item " + std::to_string(step.at + 1);
        case Step::kKey:
            return "a key";
        case Step::kValueOf:
            return "field " + keyword(parent->h.node[step.at].key);
        case Step::kMetatable:
            return "its metatable";
        case Step::kUpvalue:
        {
            const Closure* c = &parent->cl;
            const TString* name = !c->isC && int(step.at) < c->l.p->sizeupvalues ? c->l.p->upvalues[step.at] : nullptr;
            return functionname(catalog, c) + " > " + (name ? std::string("upvalue ") + getstr(name) : "bound value " + std::to_string(step.at + 1));
        }
        case Step::kEnvironment:
        case Step::kGlobals:
            return "its globals";
        default:
            return std::string();
        }
    }
};

} // namespace

std::string pathto(const Catalog& catalog, lua_State* L, const dm_root* roots, size_t rootcount, size_t root, const void* target)
{
    Walk walk{catalog, target};
    TValue first;
    setnilvalue(&first);
    if (root < rootcount && roots[root].thread)
    {
        first.value.gc = reinterpret_cast<GCObject*>(roots[root].thread);
        first.tt = LUA_TTHREAD;
    }
    else if (root < rootcount && roots[root].pin)
        first = *luaH_getnum(hvalue(registry(L)), roots[root].pin);
    if (iscollectable(&first))
    {
        if (gcvalue(&first) == target)
            return std::string();
        walk.reach(gcvalue(&first), 0, Step::kRoot, 0);
    }
    // Or by what is shared.
    for (const Name& name : catalog.names)
        if (root >= rootcount && name.kind != Name::kFixed)
            walk.steps.push_back(Step{name.object, 0, Step::kRoot, size_t(&name - catalog.names.data())});
    for (size_t at = 0; at < walk.steps.size() && !walk.found; at++)
        walk.children(at);
    std::string path;
    for (size_t at = walk.found; at && walk.steps[at].by != Step::kRoot; at = walk.steps[at].from)
    {
        std::string word = walk.word(walk.steps[at]);
        if (!word.empty())
            path = word + (path.empty() ? "" : " > ") + path;
        const Step& from = walk.steps[walk.steps[at].from];
        if (from.by == Step::kRoot && root >= rootcount)
            path = catalog.names[from.at].path + " > " + path;
    }
    return path;
}

std::string describe(const Catalog& catalog, lua_State* L, const Refused& refused)
{
    const GCObject* o = static_cast<const GCObject*>(refused.object);
    switch (refused.reason)
    {
    case kReasonUserdata:
    {
        TValue v;
        v.value.gc = const_cast<GCObject*>(o);
        v.tt = o->gch.tt;
        return std::string("host object \"") + luaT_objtypename(L, &v) + "\" has no name; keep a handle or a plain value instead";
    }
    case kReasonFunction:
        return "host function \"" + functionname(catalog, &o->cl) + "\" has no name here";
    case kReasonScript:
    {
        const Proto* p = o->cl.l.p;
        return "function \"" + functionname(catalog, &o->cl) + "\" is of a script that is not registered (" + std::string(getstr(p->source), p->source->len) + ")";
    }
    case kReasonRunning:
        return "the coroutine is running";
    case kReasonTasklet:
        return "the coroutine of another tasklet; keep the task that `start` returned instead";
    case kReasonSuspended:
    {
        const lua_State* th = &o->th;
        const bool native = th->ci > th->base_ci && ttisfunction(th->ci->func) && clvalue(th->ci->func)->isC;
        return "the coroutine is suspended where it can't be captured" + (native ? " (in " + functionname(catalog, clvalue(th->ci->func)) + ")" : std::string());
    }
    case kReasonOpen:
        return "a local that modules share is in use by a suspended coroutine";
    case kReasonOver:
        return "the tasklet has ended";
    case kReasonMemory:
        return "no memory is left for it";
    default:
        return "a value of this type can't be captured";
    }
}

} // namespace dm
