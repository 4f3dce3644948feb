//! The same script is run by Luau's own library and by this one, and by this one with every callback waiting: what it
//! prints must be the same, to the last comparison and the last letter of an error.

use crate::vm::{STEP, mixed};
use crate::{Config, Flow, Frame, Handle, Host, Outcome, Quota, Raise, Vm, compile};

/// Keeps what is printed.
struct Printer(Vec<String>);

impl Host for Printer {
    fn call(&mut self, _: u32, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        self.0.push(frame.text(1).unwrap_or_default());
        Ok(Flow::Return(0))
    }
    fn method(&mut self, _: u16, _: &mut Frame<'_>) -> Result<Flow, Raise> {
        Err("no methods".into())
    }
    fn field(&mut self, _: &mut Frame<'_>) -> Result<Flow, Raise> {
        Err("no fields".into())
    }
    fn describe(&mut self, _: Handle) -> String {
        String::new()
    }
}

const QUOTA: Quota = Quota { time: i64::MAX / 4, credit: i64::MAX / 4, memory: i64::MAX / 4 };

/// What a script prints here, and how often it yielded.
fn ours(source: &str) -> (Vec<String>, u32) {
    let mut vm = Vm::new(&Config::default()).expect("there is memory");
    let script = compile(source).unwrap_or_else(|error| panic!("line {}: {error}", error.line));
    let thread = vm
        .enter(|frame| {
            frame.push_globals();
            frame.push_function(c"out", 0);
            frame.set(1, "out");
            frame.load("=test", &script, None).expect("it fits");
            frame.pop_tasklet(0)
        })
        .expect("there is memory");
    let mut printer = Printer(Vec::new());
    let mut yields = 0;
    loop {
        match vm.resume(thread, &mut printer, &[], &QUOTA) {
            Outcome::Yielded => yields += 1,
            Outcome::Returned => return (printer.0, yields),
            other => panic!("{other:?}: {}", vm.failure(thread).message),
        }
    }
}

/// What a script prints with Luau's own library.
fn theirs(source: &str) -> Vec<String> {
    let lua = mlua::Lua::new();
    let (lines, line) = std::sync::mpsc::channel();
    let out = lua.create_function(move |_, text: String| {
        let _ = lines.send(text);
        Ok(())
    });
    lua.globals().set("out", out.expect("there is memory")).expect("globals can be set");
    lua.load(source).set_name("=test").exec().unwrap_or_else(|error| panic!("{error}"));
    line.try_iter().collect()
}

/// Runs a script in which callbacks say `PAUSE` three times: by Luau, here, and here with each of them a yield.
fn same(source: &str) {
    let expected = theirs(&source.replace("PAUSE", ""));
    assert!(!expected.is_empty(), "the script prints");
    assert_eq!(ours(&source.replace("PAUSE", "")).0, expected, "without waiting\n{source}");
    let (lines, yields) = ours(&source.replace("PAUSE", "coroutine.yield()"));
    assert_eq!(lines, expected, "waiting\n{source}");
    assert!(yields > 0 || !source.contains("PAUSE"), "it yields\n{source}");
}

/// A source of reproducible numbers below `n`.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, n: u64) -> u64 {
        let bits = mixed(self.0);
        self.0 = self.0.wrapping_add(STEP);
        bits % n
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

#[test]
fn sort_asks_the_same_questions() {
    let comparators = [
        "return a < b",
        "return a > b",
        "return a % 7 < b % 7",
        "return false",
        // Contradicts itself, each in another way.
        "return true",
        "return a <= b",
        "turn = turn + 1 return turn % 3 == 0",
        "if a == 5 then error('five') end return a < b",
        "if a == 3 then error({}) end return a < b",
        "if a == 9 then t[#t + 1] = 1 t[#t + 1] = 2 t[#t + 1] = 3 t[#t + 1] = 4 t[#t + 1] = 5 end return a < b",
        "if a == 9 then table.clear(t) end return (a or 0) < (b or 0)",
        "if a == 9 then for i = 1, 300 do t[i] = i end end return a < b",
    ];
    for seed in 0..400 {
        let mut random = Random(seed);
        let count = if seed % 10 == 0 { random.below(300) } else { random.below(24) };
        let range = random.pick(&[3, 12, 1000]);
        let shape = random.below(4);
        let items: Vec<_> = (0..count)
            .map(|at| match shape {
                0 => at,
                1 => count - at,
                _ => random.below(range),
            })
            .map(|item| item.to_string())
            .collect();
        let comparator = random.pick(&comparators);
        same(&format!(
            "local t, turn, log = {{ {} }}, 0, {{}}
            local ok, problem = pcall(table.sort, t, function(a, b)
                PAUSE
                log[#log + 1] = tostring(a) .. ' ' .. tostring(b)
                {comparator}
            end)
            local left = {{}}
            for i = 1, #t do left[i] = tostring(t[i]) end
            out(tostring(ok) .. ' ' .. (if type(problem) == 'table' then 'table' else tostring(problem)))
            out(table.concat(log, '\\n'))
            out(table.concat(left, ' '))
            if {count} < 2 then PAUSE end",
            items.join(", ")
        ));
    }
}

#[test]
fn a_list_that_defeats_quicksort_is_heap_sorted_the_same_way() {
    // The comparator makes up the order as it goes, so as to make every pivot a bad one (McIlroy 1999).
    same(
        "local solid, candidate, n = 0, nil, 400
        local value, t = {}, {}
        for i = 1, n do t[i] = i value[i] = n end
        local asked = {}
        table.sort(t, function(a, b)
            PAUSE
            asked[#asked + 1] = a .. ' ' .. b
            if value[a] == n and value[b] == n then
                if a == candidate then value[a] = solid else value[b] = solid end
                solid = solid + 1
            end
            if value[a] == n then candidate = a elseif value[b] == n then candidate = b end
            return value[a] < value[b]
        end)
        out(#asked .. table.concat(asked, ','))
        out(table.concat(t, ' '))",
    );
}

#[test]
fn gsub_substitutes_the_same() {
    let atoms =
        ["a", "b", ".", "%a", "%d", "[ab]", "[^a]", "%w", "%s", "%.", "%f[%w]", "%b()", "x", "()", "%%", "^", "$"];
    let suffixes = ["", "", "", "*", "+", "-", "?"];
    let texts =
        ["", "a", "aab ab 12 (x(y)) b.a", "hello world from Lua", "aaa", "%1%2", "1.5, 22, 333", "((()))", "a\\0b\\0"];
    let results = [
        "...",
        "nil",
        "false",
        "''",
        "'<' .. tostring(...) .. '>'",
        "12",
        "1.5",
        "select('#', ...)",
        "{}",
        "true",
        "select(-1, ...)",
    ];
    for seed in 0..3000 {
        let mut random = Random(seed);
        let mut pattern = String::new();
        if random.below(6) == 0 {
            pattern.push('^');
        }
        let mut open = 0;
        for _ in 0..random.below(5) {
            if random.below(4) == 0 {
                pattern.push('(');
                open += 1;
            }
            pattern += random.pick(&atoms);
            pattern += random.pick(&suffixes);
            if open > 0 && random.below(2) == 0 {
                pattern.push(')');
                open -= 1;
            }
        }
        if random.below(12) != 0 {
            pattern += &")".repeat(open);
        }
        if random.below(8) == 0 {
            pattern += random.pick(&["$", "%1", "%", "[a", "%f", "%b", "(", ")", "%9"]);
        }
        let most = random.pick(&["", "", "", ", 0", ", 1", ", 2", ", -1", ", nil", ", 2.7"]);
        let replacement = match random.below(5) {
            0 => "'[%0]'".to_owned(),
            1 => "{ a = 'A', ab = 5, b = false, [1] = 'one' }".to_owned(),
            2 => random.pick(&["'%1'", "'%2%1'", "'%'", "7", "'%%'"]).to_owned(),
            _ => format!("function(...) PAUSE out(table.concat({{ ... }}, '|')) return {} end", random.pick(&results)),
        };
        let source = format!(
            "out(table.concat({{ pcall(function()
                local text, count = string.gsub('{}', '{pattern}', {replacement}{most})
                return 'ok', text, tostring(count)
            end) }} :: any, ' ', 2))
            PAUSE",
            random.pick(&texts),
        );
        same(&source);
    }
}

#[test]
fn a_long_text_grows_in_its_buffer() {
    same(
        "local text = string.rep('ab ', 1000)
        local n = 0
        local result, count = text:gsub('%w+', function(w) PAUSE n = n + 1 return w .. string.rep('-', n) end)
        out(result) out(tostring(count))",
    );
}

#[test]
fn wrong_arguments_are_refused_in_the_same_words() {
    for call in [
        "table.sort()",
        "table.sort(1)",
        "table.sort({}, 1)",
        "table.sort({ 1, 2 }, {})",
        "table.sort(nil, print)",
        "table.sort({ 1, 'a', {} })",
        "table.sort(table.freeze { 2, 1 }, function(a, b) return a < b end)",
        "table.sort({ 3, 1, 2 }, nil)",
        "table.sort({ 3, 1, 2, 4 }, function() return true end)",
        "string.gsub()",
        "string.gsub('a')",
        "string.gsub('a', 'a')",
        "string.gsub('a', 'a', nil)",
        "string.gsub('a', 'a', true)",
        "string.gsub({}, 'a', print)",
        "string.gsub('a', {}, print)",
        "string.gsub('a', 'a', function() end, 'x')",
        "string.gsub('a', '(', function() end)",
        "string.gsub('a', '%', function() end)",
        "string.gsub('a', 'a', function() return {} end)",
        "string.gsub('a', 'a', function() error('in it') end)",
        "string.gsub('a', 'a', function() error('in it', 2) end)",
        "string.gsub(12, 2, function(x) return x * 2 end)",
        "table.foreach()",
        "table.foreach({})",
        "table.foreach({}, 1)",
        "table.foreachi(1, print)",
        "table.foreachi({}, nil)",
        "table.foreach({ 1 }, function() error('in it') end)",
    ] {
        let source = format!(
            "local result = {{ pcall(function() return {call} end) }}
            for i = 1, #result do out(tostring(result[i])) end
            result = {{ pcall({}) }}
            for i = 1, #result do out(tostring(result[i])) end",
            call.replacen('(', ", ", 1).trim_end_matches(')').trim_end_matches(", ")
        );
        same(&source);
    }
}

#[test]
fn foreach_goes_on_after_its_function_waited() {
    same(
        "local t = { 1, 2, nil, 4, x = 'y', [2.5] = true, [-1] = 'minus' }
        out(tostring((table.foreach(t, function(k, v)
            PAUSE
            out(tostring(k) .. '=' .. tostring(v))
            if k == 2 then t[2] = nil t.x = 'z' end
        end))))
        out(tostring(table.foreach(t, function(k, v) PAUSE return v == 'z' and k or nil end)))
        out(tostring((table.foreachi({ 5, 6, 7 }, function(i, v) PAUSE out(i .. ':' .. v) end))))
        out(tostring(table.foreachi({ 5, 6, 7 }, function(i, v) PAUSE if v == 6 then return i end end)))",
    );
}

#[test]
fn callbacks_nest_and_errors_pass_through_them() {
    same(
        "local t = { 'c b a', 'z y', 'm' }
        table.sort(t, function(a, b)
            local function sorted(s)
                local words = {}
                s:gsub('%w', function(w) PAUSE words[#words + 1] = w end)
                table.sort(words, function(x, y) PAUSE return x < y end)
                return table.concat(words)
            end
            return sorted(a) < sorted(b)
        end)
        out(table.concat(t, '; '))
        out(tostring(select(2, pcall(function()
            table.foreachi({ 1 }, function()
                string.gsub('x', 'x', function() PAUSE error('deep') end)
            end)
        end))))",
    );
}

#[test]
fn where_luau_cannot_wait_the_error_names_what_is_in_the_way() {
    let said = |body: &str| {
        let source = format!("local m = setmetatable({{}}, {{ __index = function() coroutine.yield() end, __lt = function() coroutine.yield() end, __tostring = function() coroutine.yield() return 'x' end, __iter = function() coroutine.yield() return next end, __call = function() coroutine.yield() return 'called' end, __newindex = function() coroutine.yield() end, __concat = function() coroutine.yield() end, __eq = function() coroutine.yield() end }}) local n = setmetatable({{}}, getmetatable(m))
            out(tostring(select(2, pcall(function() {body} end))))");
        ours(&source).0[0].clone()
    };
    assert_eq!(
        said("return m.x"),
        "test:1: can't yield here: it is inside the metamethod __index, and Luau can't suspend one; wait before or \
         after the line that calls it, or make it a function that is called by its name"
    );
    for (body, event) in [
        ("return m.longer.path", "__index"),
        ("m[1] = 2", "__newindex"),
        ("return m < n", "__lt"),
        ("return m .. 'x'", "__concat"),
        ("return m == n", "__eq"),
        ("for x in m do end", "__iter"),
        ("return m:method()", "__index"),
    ] {
        assert!(said(body).contains(&format!("inside the metamethod {event},")), "{body}: {}", said(body));
    }
    assert!(said("return tostring(m)").contains("inside a function that tostring calls"));
    assert!(
        said("table.sort({ m, n })").contains("inside a function that sort calls"),
        "{}",
        said("table.sort({ m, n })")
    );
    assert!(
        said("error((select(2, xpcall(error, function() return select(2, pcall(coroutine.yield)) end))), 0)")
            .contains("error handler of xpcall")
    );
    assert_eq!(said("return m()"), "called");
}
