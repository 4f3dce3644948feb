//! Every type of value, shared and cyclic, in locals, tables and upvalues.

use crate::bench::same;

#[test]
fn every_type_survives() {
    same(
        r#"
        local n, i, f, e = nil, 42, 1.5, 1e300
        local neg, small, big, zero, nan = -0.0, -7, 2^53, 0, 0/0
        local t, fa = true, false
        local s, empty, long = "text", "", string.rep("long ", 100)
        local v = vector.create(1, -2.5, 3e10)
        local b = buffer.create(10)
        buffer.writeu8(b, 3, 200)
        wait(1)
        print(n, i, f, e, 1/neg, small, big, zero, nan ~= nan)
        print(t, fa, s, #empty, #long, v, v.z, buffer.readu8(b, 3), buffer.len(b))
        "#,
    );
}

#[test]
fn shared_and_cyclic_references_stay_so() {
    same(
        r#"
        local a = { name = "a" }
        local b = { a, a, other = a }
        a.back = b
        a.self = a
        b[a] = "by table"
        wait(1)
        print(a.self == a, b[1] == b[2], b.other == a, a.back == b, b[a])
        wait(1)
        a.back = nil
        print(a.back, b[a.self])
        "#,
    );
}

#[test]
fn closures_share_their_upvalues_with_frames_and_one_another() {
    same(
        r#"
        local function counter()
            local count = 0
            return function() count += 1 return count end, function() return count end, function(to) count = to end
        end
        local up, get, set = counter()
        local outer = 10
        local function touch() outer += 1 return outer end
        up()
        wait(1)
        print(up(), get())
        set(100)
        touch()
        wait(1)
        print(up(), get(), outer, touch(), outer)
        outer = 50
        wait(1)
        print(touch(), outer)
        "#,
    );
}

#[test]
fn metatables_and_frozen_and_weak_tables() {
    same(
        r#"
        local mt = { __index = function(_, k) return k .. "!" end, __len = function() return 99 end }
        mt.__add = function(a, b) return "sum" end
        local t = setmetatable({}, mt)
        local frozen = table.freeze({ 1, 2, x = 3 })
        local class = table.freeze({ __index = table.freeze({ greet = function(self) return "hi " .. self.name end }) })
        local obj = setmetatable({ name = "bob" }, class)
        local key = {}
        local weak = setmetatable({ [key] = 1 }, { __mode = "k" })
        wait(1)
        print(t.hello, #t, t + t, frozen.x, table.isfrozen(frozen), pcall(function() frozen.y = 1 end))
        print(obj:greet(), weak[key], getmetatable(weak).__mode, table.isfrozen(class))
        "#,
    );
}

#[test]
fn deep_data_needs_no_deep_stack() {
    same(
        r#"
        local list
        for i = 1, 50000 do list = { next = list, i = i } end
        wait(1)
        local n, sum = 0, 0
        while list do n += 1 sum += list.i list = list.next end
        print(n, sum)
        "#,
    );
}

#[test]
fn large_strings_and_buffers() {
    same(
        r#"
        local s = string.rep("\0\255x", 100000)
        local b = buffer.create(300000)
        buffer.writef64(b, 299992, 0.1)
        wait(1)
        print(#s, s:byte(299998, 300000), buffer.readf64(b, 299992))
        "#,
    );
}

#[test]
fn globals_of_a_function_and_library_functions_as_values() {
    same(
        r#"
        local f, g, p, w, n = string.format, table.insert, pcall, wait, next
        local t = { f = string.rep, math = math }
        wait(1)
        print(f("%d", 5), t.f("x", 3), t.math == math, g == table.insert, p == pcall, w == wait, n == next)
        print(t.math.floor(2.5), type(print))
        "#,
    );
}

#[test]
fn iterators_of_the_library_in_progress() {
    same(
        r#"
        local next_word = string.gmatch("one two three", "%a+")
        for word in string.gmatch("a b c", "%a") do wait(1) print(word) end
        print(next_word())
        wait(1)
        print(next_word())
        wait(1)
        print(next_word(), next_word())
        for at, code in utf8.codes("añz") do wait(1) print(at, code) end
        for k, v in next, { x = 1 } do wait(1) print(k, v) end
        "#,
    );
}
