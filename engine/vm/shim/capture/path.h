// The way from a root to what can't be captured, for people.
#pragma once

#include <string>

#include "encode.h"

namespace dm
{

// Empty where the root itself is meant, or nothing leads there.
std::string pathto(const Catalog& catalog, lua_State* L, const dm_root* roots, size_t rootcount, size_t root, const void* target);

// What it is that can't be captured, and why.
std::string describe(const Catalog& catalog, lua_State* L, const Refused& refused);

} // namespace dm
