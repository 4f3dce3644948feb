// The catalog's scripts and names. A name is a path that a person can read and that survives edits: labels of roots,
// fields, names of upvalues; never a number of this process where there is a word.

#include "catalog.h"

#include "lua.h"
#include "lobject.h"
#include "lstate.h"
#include "ltable.h"

#include "hash.h"

namespace dm
{

void Catalog::addproto(Proto* p, uint32_t script)
{
    bool fresh;
    uint32_t* at = byproto.insert(p, fresh);
    if (!fresh)
        return;
    *at = uint32_t(functions.size());
    functions.push_back(Function{p, nullptr, script, nullptr});
}

void Catalog::addscript(Proto* main, const uint8_t* hash)
{
    if (byproto.find(main))
        return;
    changes++;
    Script script;
    memcpy(script.hash, hash, sizeof(script.hash));
    script.name.assign(getstr(main->source), main->source->len);
    script.first = uint32_t(functions.size());
    uint32_t number = uint32_t(scripts.size());
    addproto(main, number);
    // Those of one level follow one another; children always follow their parents.
    for (size_t at = script.first; at < functions.size(); at++)
    {
        Proto* p = functions[at].proto;
        for (int i = 0; i < p->sizep; i++)
            addproto(p->p[i], number);
        for (int i = 0; i < p->sizek; i++)
        {
            if (!ttisfunction(&p->k[i]) || clvalue(&p->k[i])->isC)
                continue;
            Closure* closure = clvalue(&p->k[i]);
            if (const uint32_t* child = byproto.find(closure->l.p))
                if (!functions[*child].constant && *child > at)
                    functions[*child].constant = closure;
        }
    }
    script.count = uint32_t(functions.size()) - script.first;
    scripts.push_back(std::move(script));
}

uint32_t Catalog::put(GCObject* object, Name::Kind kind, std::string&& path, std::vector<uint32_t>& queue)
{
    bool fresh;
    uint32_t* at = byobject.insert(object, fresh);
    if (!fresh)
    {
        if (bypath.emplace(path, *at).second)
            aliases.push_back(Alias{std::move(path), *at});
        return *at;
    }
    uint32_t number = uint32_t(names.size());
    *at = number;
    Hash hash(names.empty() ? 0 : names.back().prefix);
    hash.bytes(path.data(), path.size());
    hash.word(kind);
    bypath.emplace(path, number);
    names.push_back(Name{object, kind, std::move(path), hash.value});
    queue.push_back(number);
    return number;
}

static void addkey(std::string& path, const char* key, size_t size)
{
    bool plain = size > 0;
    for (size_t i = 0; i < size; i++)
    {
        unsigned char c = key[i];
        plain = plain && (c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80);
    }
    if (plain)
    {
        path += '.';
        path.append(key, size);
        return;
    }
    path += "[\"";
    path.append(key, size);
    path += "\"]";
}

void Catalog::visitvalue(const TValue* value, std::string&& path, std::vector<uint32_t>& queue)
{
    switch (ttype(value))
    {
    case LUA_TTABLE:
        put(gcvalue(value), hvalue(value)->readonly ? Name::kFixed : Name::kTable, std::move(path), queue);
        break;
    case LUA_TFUNCTION:
        put(gcvalue(value), Name::kFixed, std::move(path), queue);
        break;
    case LUA_TUPVAL:
        put(value->value.gc, Name::kUpvalue, std::move(path), queue);
        break;
    case LUA_TBUFFER:
        put(gcvalue(value), Name::kBuffer, std::move(path), queue);
        break;
    default:
        break;
    }
}

void Catalog::visit(uint32_t name, std::vector<uint32_t>& queue)
{
    GCObject* object = names[name].object;
    if (names[name].kind != Name::kFixed && !(deep && object->gch.tt == LUA_TTABLE))
        return;
    const std::string path = names[name].path; // a copy: the list grows
    if (object->gch.tt == LUA_TFUNCTION)
    {
        Closure* closure = &object->cl;
        if (closure->env)
        {
            TValue env;
            env.value.gc = reinterpret_cast<GCObject*>(closure->env);
            env.tt = LUA_TTABLE;
            visitvalue(&env, path + "@env", queue);
        }
        for (int i = 0; i < closure->nupvalues; i++)
        {
            const TString* known = !closure->isC && i < closure->l.p->sizeupvalues ? closure->l.p->upvalues[i] : nullptr;
            std::string word = known ? std::string(getstr(known), known->len) : std::to_string(i + 1);
            visitvalue(closure->isC ? &closure->c.upvals[i] : &closure->l.uprefs[i], path + "^" + word, queue);
        }
        return;
    }
    LuaTable* t = &object->h;
    if (t->metatable)
    {
        TValue meta;
        meta.value.gc = reinterpret_cast<GCObject*>(t->metatable);
        meta.tt = LUA_TTABLE;
        visitvalue(&meta, path + "@meta", queue);
    }
    for (int i = 0; i < t->sizearray; i++)
        visitvalue(&t->array[i], path + "[" + std::to_string(i + 1) + "]", queue);
    if (t->node == &luaH_dummynode)
        return;
    for (int i = 0; i < (1 << t->lsizenode); i++)
    {
        const LuaNode* node = &t->node[i];
        if (ttisnil(&node->val))
            continue;
        std::string to = path;
        if (node->key.tt == LUA_TSTRING)
            addkey(to, getstr(&node->key.value.gc->ts), node->key.value.gc->ts.len);
        else if (node->key.tt == LUA_TNUMBER)
            to += "[" + std::to_string(node->key.value.n) + "]";
        else
            continue; // no word for it
        visitvalue(&node->val, std::move(to), queue);
    }
}

void Catalog::addname(const TValue* root, const std::string& label)
{
    changes++;
    std::vector<uint32_t> queue;
    visitvalue(root, std::string(label), queue);
    for (size_t at = 0; at < queue.size(); at++)
        visit(queue[at], queue);
}

void Catalog::truncate(size_t scriptcount, size_t namecount, size_t aliascount)
{
    if (scriptcount >= scripts.size() && namecount >= names.size() && aliascount >= aliases.size())
        return;
    changes++;
    if (scriptcount < scripts.size())
    {
        functions.resize(scripts[scriptcount].first);
        scripts.resize(scriptcount);
        byproto.clear();
        for (uint32_t i = 0; i < functions.size(); i++)
        {
            bool fresh;
            *byproto.insert(functions[i].proto, fresh) = i;
        }
    }
    names.resize(namecount < names.size() ? namecount : names.size());
    aliases.resize(aliascount < aliases.size() ? aliascount : aliases.size());
    byobject.clear();
    bypath.clear();
    for (uint32_t i = 0; i < names.size(); i++)
    {
        bool fresh;
        *byobject.insert(names[i].object, fresh) = i;
        bypath.emplace(names[i].path, i);
    }
    for (const Alias& alias : aliases)
        bypath.emplace(alias.path, alias.name);
}

uint64_t Catalog::guard(size_t namecount, size_t scriptcount) const
{
    Hash hash(namecount ? names[namecount - 1].prefix : 0);
    for (size_t i = 0; i < scriptcount; i++)
    {
        hash.bytes(scripts[i].hash, sizeof(scripts[i].hash));
        hash.word(scripts[i].count);
    }
    return hash.value;
}

} // namespace dm
