//! Loops in progress: a table restored goes on being iterated where it was, whatever its keys.

use crate::bench::same;

#[test]
fn a_loop_over_string_keys_left_in_the_middle() {
    same(
        r#"
        local t = {}
        for i = 1, 200 do t["key" .. i] = i end
        for i = 1, 200, 3 do t["key" .. i] = nil end
        local n = 0
        for k, v in pairs(t) do
            n += 1
            if n == 77 then wait(1) end
            print(k, v)
        end
        "#,
    );
}

#[test]
fn a_loop_over_keys_hashed_by_address() {
    same(
        r#"
        local t, keys = {}, {}
        for i = 1, 60 do
            local key = if i % 4 == 0 then {} elseif i % 4 == 1 then function() return i end elseif i % 4 == 2 then coroutine.create(print) else "s" .. i
            keys[key] = i
            t[key] = i
        end
        t[vector.create(1, 2, 3)] = 100
        t[true] = 101
        t[2.5] = 102
        t[-1] = 103
        local order = {}
        for k, v in t do table.insert(order, v) end
        local at = 0
        for k, v in t do
            at += 1
            print(v == order[at])
            if at % 20 == 0 then wait(1) end
            if at % 7 == 0 then t[k] = nil end
        end
        local left = 0
        for k in t do left += 1 end
        print(at, left)
        "#,
    );
}

#[test]
fn the_cursor_of_next_in_an_upvalue() {
    same(
        r#"
        local t = {}
        for i = 1, 20 do t[{}] = i t["s" .. i] = i end
        local at
        local function step() local k, v = next(t, at) at = k return v end
        local sum, n = 0, 0
        while true do
            local v = step()
            if not v then break end
            n += 1
            sum += v
            if n % 3 == 0 then t[at] = nil end
            wait(1)
        end
        print(sum, n)
        "#,
    );
}

#[test]
fn keys_that_are_removed_while_iterating_and_collected() {
    same(
        r#"
        local t = { a = 1, b = 2, c = 3, d = 4, e = 5, f = 6 }
        local k = next(t)
        while k do
            local following = next(t, k)
            t[k] = nil
            wait(1)
            print(k, following, next(t, k) == following)
            k = following
        end
        "#,
    );
}

#[test]
fn generalized_iteration_and_ipairs_and_iterator_functions() {
    same(
        r#"
        local list = { 10, 20, 30, 40 }
        for i, v in ipairs(list) do wait(1) print(i, v) end
        for i, v in list do wait(1) print(i, v) end
        local mt = setmetatable({}, { __iter = function() return next, { x = 1, y = 2 } end })
        for k, v in mt do wait(1) print(k, v) end
        local function range(n) local i = 0 return function() i += 1 wait(1) if i <= n then return i end end end
        for i in range(3) do print(i) end
        for i in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) wait(1) end end) do wait(1) print(i) end
        "#,
    );
}

#[test]
fn tables_keep_growing_after_they_were_moved() {
    same(
        r#"
        local t, keys = {}, {}
        for i = 1, 40 do keys[i] = {} end
        for i, key in keys do
            t[key] = i
            t[i * 1.5] = key
            wait(1)
            if i % 5 == 0 then t[keys[i - 2]] = nil end
        end
        local n = 0
        for i, key in keys do if t[key] then n += t[key] end if t[i * 1.5] == key then n += 1000 end end
        print(n)
        "#,
    );
}

#[test]
fn an_emptied_stack_keeps_its_room_and_its_border() {
    same(
        r#"
        local stack = {}
        for i = 1, 5000 do stack[i] = i end
        for i = 1, 5000 do stack[i] = nil end
        local holes = { 1, 2, 3, nil, 5, nil, nil, 8 }
        local created = table.create(1000)
        wait(1)
        print(#stack, #holes, #created)
        stack[1] = "again"
        holes[4] = 4
        wait(1)
        print(#stack, stack[1], #holes)
        "#,
    );
}

/// What was removed is captured alike before and after a restore, whether or not the collector has come by, and whether
/// or not somebody still knows the key. (`same` compares the bytes of each capture with those of its copy.)
#[test]
fn keys_hashed_by_address_that_were_removed() {
    for keys in [
        "function() return {} end",
        "function(i) return function() return i end end",
        "function() return coroutine.create(print) end",
        "function(i) return if i % 3 == 0 then {} elseif i % 3 == 1 then 's' .. i else i / 2 end",
        "function(i) return if i % 5 == 0 then {} else 's' .. i end",
    ] {
        for known in ["known[i] = key", "", "if i % 4 == 0 then known[i] = key end"] {
            for left in ["i % 2 == 0", "type(key) == 'string'", "false", "i > 3"] {
                same(&format!(
                    r#"
                    local new, known, t, keys = {keys}, {{}}, {{}}, {{}}
                    for i = 1, 24 do
                        local key = new(i)
                        {known}
                        t[key], keys[i] = i, key
                    end
                    for i, key in keys do
                        if not ({left}) then t[key] = nil end
                        if i % 10 == 0 then wait(1) end
                    end
                    for k, v in t do
                        print(v)
                        if v % 3 == 0 then t[k] = nil end
                        if v % 5 == 0 then wait(1) end
                    end
                    keys = nil
                    wait(1)
                    t.more = 1
                    wait(1)
                    local n = 0
                    for _, v in t do n += v end
                    print(n)
                    "#
                ));
            }
        }
    }
}

#[test]
fn next_from_keys_that_were_removed() {
    same(
        r#"
        local keys, t = {}, {}
        for i = 1, 12 do keys[i] = if i % 3 == 0 then "s" .. i else {} t[keys[i]] = i end
        local order = {}
        for key in t do table.insert(order, key) end
        for _, key in order do
            local following = next(t, key)
            t[key] = nil
            wait(1)
            print(next(t, key) == following)
        end
        wait(1)
        print(next(t), next(t, order[12]))
        "#,
    );
}
