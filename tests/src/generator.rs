//! Random Luau programs that end, that print what they do, and that pause wherever a program can. What they print
//! depends on nothing but their text: not on addresses, and so not on the order of keys that are hashed by them; nor on when
//! the collector comes by, and so not on the order of keys that were removed and put back.

/// A statement: what stands before its body, the body, and what stands after it. A shrunk program has fewer of them.
#[derive(Clone, Debug, Default)]
pub struct Statement {
    head: String,
    bodies: Vec<(Vec<Statement>, String)>,
}

/// A program as a tree of statements.
#[derive(Clone, Debug, Default)]
pub struct Program(Vec<Statement>);

/// What every program begins with: it stops by itself after so many steps and pauses.
const PRELUDE: &str = "\
local steps, pauses = 0, 0
local function over() steps += 1 return steps > 1500 end
local function P(...) if pauses < 24 then pauses += 1 pause() end return ... end
local function Y() if pauses < 24 then pauses += 1 coroutine.yield() end end
local function show(v) if type(v) == 'table' then return v.code and 'code ' .. v.code or 'table' end return tostring(v) end
local kept, cos = {}, {}
";

/// Statements of their own, each about a thing that the others have no part in. `$N` and `$S` are numbers and strings, `$L`,
/// `$M` and `$B` a list, a map and a bag; `P()` and `Y()` pause.
const CURIOUS: &[&str] = &[
    // Values that are no tables.
    "do local b = buffer.create(24) buffer.writef64(b, 8, $N) buffer.writeu8(b, 3, 200) P() buffer.copy(b, 16, b, 3, 4) P() print(buffer.readf64(b, 8), buffer.readu8(b, 16), buffer.len(b)) end",
    "do local v = vector.create($N, 2, -0.5) local t = { [v] = $S } P() print(v, v.x, vector.dot(v, v), t[vector.create(v.x, 2, -0.5)]) end",
    "do local h = handle($N // 1 % 50) local t = { [h] = 'here' } P() print(h == handle(3), t[h], type(h)) end",
    // Frozen tables, metatables that change.
    "do local t = table.freeze({ $N, k = $S }) P() print(table.isfrozen(t), t.k, (select('#', pcall(rawset, t, 1, 2)))) local u = table.clone(t) P() u.k = 1 print(t.k, u.k) end",
    "do local mt = { __index = { k1 = $N } } local o = setmetatable({}, mt) print(o.k1) P() mt.__index = function(_, k) return k .. '?' end print(o.k1) P() setmetatable(o, nil) print(o.k1) end",
    "do local o = setmetatable({}, { __index = function(_, k) local co = coroutine.wrap(function() coroutine.yield(k) end) return co() end, __eq = function() return true end, __lt = function() return false end, __concat = function(a, b) return 'joined' end }) P() print(o.x, o == setmetatable({}, getmetatable(o)), o < o, o .. 'x') end",
    "do local o = setmetatable({}, { __iter = function(o) return next, $M end }) local n = 0 for k, v in o do n += 1 P() if n > 5 then break end end print(n) end",
    // Loops with all that may happen in them.
    "do local at, n = nil, 0 local function step() local k, v = next($M, at) at = k return v end while true do local v = step() P() if not v or n > 20 then break end n += 1 print(at, v) if n % 3 == 0 then $M[at] = nil end end end",
    "do local at, sum, n = nil, 0, 0 repeat local k, v = next($B, at) at = k if k ~= nil then n += 1 sum += v // 1 % 100 if v // 1 % 4 == 1 then $B[k] = nil end P() end until k == nil print(n, sum) end",
    "for i = 1, 4 do if i == 2 then continue end for j = 1, 3 do if j == i then break end P() print(i, j) end if i == 3 then P() continue end print('round', i) end",
    "do local n = 0 for k, v in $M do n += 1 if n > 8 then break end if n % 2 == 0 then $M[k] = nil P() continue end $M[k] = v P() end print(n) end",
    "do local t = { 1, 2, 3, a = 4, b = 5, [2.5] = 6, [-1] = 7 } for k in t do t[k] = nil P() end print(next(t)) t.a = 1 t[1] = 2 P() print(t.a, t[1], #t) end",
    "do local gone = {} for i = 1, 9 do gone['g' .. i] = i end for i = 1, 9, 2 do gone['g' .. i] = nil end P() gone.g3 = $N gone.new = 1 P() local n = 0 for k, v in gone do n += #k if k == 'g3' then P() end end print(n, gone.g3, gone.g4) end",
    "do local keys, t = {}, {} for i = 1, 9 do keys[i] = {} t[keys[i]] = i end for i = 2, 9, 3 do t[keys[i]] = nil end P() for i = 1, 9 do if t[keys[i]] == nil then t[keys[i]] = i * 10 P() end end local sum = 0 for _, v in t do sum += v end print(sum) end",
    "do local fs = {} for i = 1, 3 do fs[i] = function() i += 1 P() return i end end print(fs[1](), fs[1](), fs[2](), fs[3]()) end",
    // Protected calls in one another, and errors on their way through.
    "print(pcall(pcall, pcall, function() P() error($N) end))",
    "print(pcall(function() local ok, e = pcall(function() P() error({ code = 3 }) end) P() error(e, 0) end) == false)",
    "print((select(2, xpcall(function() P() error('outer') end, function(e) local ok, inner = pcall(error, e .. '+') return inner end))))",
    "print(pcall(coroutine.wrap(function() P() coroutine.yield(1) error('in a coroutine') end)))",
    // Varargs and many results.
    "(function(...) local a = { ... } P() print(select('#', ...), (select(2, ...)), a[1], a[3]) P() print(...) end)($N, nil, $S, nil)",
    "do local function deep(n, ...) if n == 0 then P() return ... end return deep(n - 1, n, ...) end print(deep(9)) print((deep(3))) end",
    "do local function tail(n, sum) if n == 0 then P() return sum, n end return tail(n - 1, sum + n) end print(tail(30, $N)) end",
    "print(P(1), (P(2)), P($S) .. P('y'), ({ P(1), P(2) })[2], #{ P(1, 2) }, P(nil) == nil)",
    // Coroutines.
    "do local n = 0 local co = coroutine.create(function() local own = 1 kept[#kept + 1] = function() own += 1 n += own return own end P() coroutine.yield(own) end) print(coroutine.resume(co)) P() print(coroutine.close(co), coroutine.status(co), n) print(pcall(coroutine.resume, co)) end",
    "do local a, b a = coroutine.wrap(function(x) while true do P() x = coroutine.yield(b and b(x + 1) or x) end end) b = coroutine.wrap(function(x) for i = 1, 2 do P() x = coroutine.yield(x * 2) end return -1 end) print(a(1), a(2)) print(pcall(a, 3)) end",
    "do local function walk(t, depth) for i, v in t do if type(v) == 'table' then walk(v, depth + 1) else P() coroutine.yield(v * depth) end end end local n = 0 for v in coroutine.wrap(function() walk({ 1, { 2, { 3 } }, 4 }, 1) end) do n = n * 10 + v P() end print(n) end",
    "do local co co = coroutine.create(function() P() print(coroutine.running() == co, coroutine.isyieldable(), coroutine.status(co)) coroutine.yield() end) coroutine.resume(co) P() cos[#cos + 1] = co end",
    // Callbacks of the library.
    "print((('a1b22c'):gsub('%d+', function(d) local l = { 3, tonumber(d), 1 } table.sort(l, function(a, b) P() return a < b end) return table.concat(l, '') end)))",
    "table.foreach({ $N, 2, x = $S }, function(k, v) P() print(k, v) end) table.foreachi({ 5, 6, 7 }, function(i, v) P() return i == 2 or nil end)",
    "for a, b in ('k1=v1 k2=v2 k3'):gmatch('(%w+)=(%w+)') do P() print(a, b) end",
    "for at, code in utf8.codes('a\u{e4}\u{20ac}') do P() print(at, code) end",
    "do local l = table.clone($L) table.sort(l, function(a, b) local ok, less = pcall(function() P() return a > b end) return less end) print(table.concat(l, ' ')) end",
    "print(pcall(table.sort, { 3, 1, 2 }, function(a, b) P() error('in order') end), pcall(string.gsub, 'abc', '.', function() P() return {} end))",
];

/// What every program ends with.
const EPILOGUE: &str = "\
for i, f in kept do print('kept', i, pcall(f, i)) end
for i, co in cos do
    for turn = 1, 3 do print('co', i, coroutine.status(co), coroutine.resume(co, turn)) P() end
end
print('end', steps, math.random(1000))
";

impl Program {
    /// The program of a seed.
    pub fn new(seed: u64) -> Program {
        let mut generator = Generator {
            random: Dice::new(seed),
            scopes: vec![Scope::default()],
            names: 0,
            depth: 0,
            place: Place { main: true, waits: true, varargs: false },
        };
        generator.declarations();
        let count = 6 + generator.random.below(14);
        let mut statements = std::mem::take(&mut generator.scopes[0].declared);
        statements.extend((0..count).map(|_| generator.statement()));
        Program(statements)
    }

    /// Its text.
    pub fn source(&self) -> String {
        let mut text = PRELUDE.to_owned();
        write(&self.0, 0, &mut text);
        text + EPILOGUE
    }

    /// Statements in it.
    pub fn len(&self) -> usize {
        count(&self.0)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same without one of its statements, or with that statement's bodies in its place.
    fn without(&self, number: usize, unwrap: bool) -> Program {
        let mut program = self.clone();
        let mut left = number;
        remove(&mut program.0, &mut left, unwrap);
        program
    }

    /// The smallest program that still fails, found by leaving out statements.
    pub fn shrink(&self, fails: &dyn Fn(&Program) -> bool) -> Program {
        let mut smallest = self.clone();
        loop {
            let before = smallest.len();
            let mut number = smallest.len();
            while number > 0 {
                number -= 1;
                for unwrap in [false, true] {
                    let candidate = smallest.without(number, unwrap);
                    if candidate.len() < smallest.len() && fails(&candidate) {
                        smallest = candidate;
                        number = number.min(smallest.len());
                        break;
                    }
                }
            }
            if smallest.len() == before {
                return smallest;
            }
        }
    }
}

fn count(statements: &[Statement]) -> usize {
    statements.iter().map(|s| 1 + s.bodies.iter().map(|(body, _)| count(body)).sum::<usize>()).sum()
}

fn write(statements: &[Statement], depth: usize, text: &mut String) {
    for statement in statements {
        *text += &format!("{}{}\n", "    ".repeat(depth), statement.head);
        for (body, after) in &statement.bodies {
            write(body, depth + 1, text);
            *text += &format!("{}{after}\n", "    ".repeat(depth));
        }
    }
}

/// Removes the statement with this number, counting down `left`. True when it was found.
fn remove(statements: &mut Vec<Statement>, left: &mut usize, unwrap: bool) -> bool {
    for at in 0..statements.len() {
        if *left == 0 {
            let removed = statements.remove(at);
            if unwrap {
                let inner: Vec<_> = removed.bodies.into_iter().flat_map(|(body, _)| body).collect();
                statements.splice(at..at, inner);
            }
            return true;
        }
        *left -= 1;
        if statements[at].bodies.iter_mut().any(|(body, _)| remove(body, left, unwrap)) {
            return true;
        }
    }
    false
}

/// What can be named at a place in the program.
#[derive(Clone, Debug, Default)]
struct Scope {
    numbers: Vec<String>,
    strings: Vec<String>,
    /// Lists of numbers.
    lists: Vec<String>,
    /// Numbers by string.
    maps: Vec<String>,
    /// Numbers by table, function, number, string...: in no order that may be seen.
    bags: Vec<String>,
    /// Functions of one number that return a number.
    functions: Vec<String>,
    /// Objects with metatables.
    objects: Vec<String>,
    declared: Vec<Statement>,
}

/// Where a statement stands.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// In the program's own frame, where `coroutine.yield` puts all of it to sleep.
    main: bool,
    /// Whether it may pause.
    waits: bool,
    varargs: bool,
}

struct Generator {
    random: Dice,
    scopes: Vec<Scope>,
    names: usize,
    depth: usize,
    place: Place,
}

fn line(head: impl Into<String>) -> Statement {
    Statement { head: head.into(), bodies: Vec::new() }
}

fn block(head: impl Into<String>, body: Vec<Statement>, after: impl Into<String>) -> Statement {
    Statement { head: head.into(), bodies: vec![(body, after.into())] }
}

impl Generator {
    fn chance(&mut self, percent: usize) -> bool {
        self.random.below(100) < percent
    }

    fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    fn scope(&mut self) -> &mut Scope {
        self.scopes.last_mut().expect("there is always one")
    }

    fn some(&mut self, of: fn(&Scope) -> &Vec<String>) -> Option<String> {
        let all: Vec<String> = self.scopes.iter().flat_map(|scope| of(scope).iter().cloned()).collect();
        (!all.is_empty()).then(|| self.random.pick(&all))
    }

    /// A few of each, so that every later statement has something to work on.
    fn declarations(&mut self) {
        for _ in 0..2 {
            for kind in 0..5 {
                let statement = self.declaration(kind);
                self.scopes[0].declared.push(statement);
            }
        }
    }

    fn declaration(&mut self, kind: usize) -> Statement {
        match kind {
            0 => {
                let value = self.number(1);
                let name = self.name("n");
                self.scope().numbers.push(name.clone());
                line(format!("local {name} = {value}"))
            }
            1 => {
                let value = self.string(1);
                let name = self.name("s");
                self.scope().strings.push(name.clone());
                line(format!("local {name} = {value}"))
            }
            2 => {
                let items: Vec<_> = (0..self.random.below(7)).map(|_| self.number(2)).collect();
                let name = self.name("list");
                self.scope().lists.push(name.clone());
                line(format!("local {name} = {{ {} }}", items.join(", ")))
            }
            3 => {
                let count = self.random.below(9);
                let fields: Vec<_> = (0..count).map(|at| format!("k{at} = {}", self.number(2))).collect();
                let name = self.name("map");
                self.scope().maps.push(name.clone());
                line(format!("local {name} = {{ {} }}", fields.join(", ")))
            }
            _ => {
                let name = self.name("bag");
                let fill = self.random.pick(&[
                    "for i = 1, 9 do BAG[{}] = i end",
                    "for i = 1, 7 do BAG[function() return i end] = i BAG['s' .. i] = 1 end",
                    "for i = 1, 6 do BAG[coroutine.create(print)] = i BAG[i] = i BAG[i + 0.5] = 2 end",
                    "for i = 1, 8 do BAG[handle(i * 3)] = i BAG[buffer.create(i)] = 3 BAG[vector.create(i, 0, 1)] = i end",
                    "BAG[print] = 1 BAG[true] = 2 BAG[{}] = 4 BAG[string] = 8",
                ]);
                self.scope().bags.push(name.clone());
                line(format!("local {name} = {{}} {}", fill.replace("BAG", &name)))
            }
        }
    }

    // ---- expressions -----------------------------------------------------------------------------------------

    /// Perhaps the expression within a pause.
    fn paused(&mut self, value: String) -> String {
        if self.place.waits && self.chance(12) { format!("P({value})") } else { value }
    }

    fn number(&mut self, depth: usize) -> String {
        let value = self.number_now(depth);
        self.paused(value)
    }

    fn number_now(&mut self, depth: usize) -> String {
        if depth > 3 || self.chance(30) {
            let known = if self.chance(60) { self.some(|scope| &scope.numbers) } else { None };
            return known.unwrap_or_else(|| {
                let literals = ["0", "1", "2", "3", "7", "10", "-1", "0.5", "-2.25", "100", "-0", "1e15"];
                self.random.pick(&literals).to_owned()
            });
        }
        let d = depth + 1;
        match self.random.below(15) {
            0..=2 => {
                let operator = self.random.pick(&["+", "-", "*", "+", "-"]);
                format!("({} {operator} {})", self.number(d), self.number(d))
            }
            3 => format!("({} % {})", self.number(d), self.random.pick(&["3", "7", "10"])),
            4 => format!("({} // {})", self.number(d), self.random.pick(&["2", "3", "5"])),
            5 => match self.some(|scope| &scope.lists) {
                Some(list) => {
                    let at = self.number(d);
                    self.random.pick(&[
                        format!("#{list}"),
                        format!("({list}[{at}] or 0)"),
                        format!("(table.find({list}, {at}) or -1)"),
                    ])
                }
                None => "4".into(),
            },
            6 => match self.some(|scope| &scope.maps) {
                Some(map) => format!("({map}[{}] or 1)", self.string(d)),
                None => "5".into(),
            },
            7 | 8 => match self.some(|scope| &scope.functions) {
                // Functions may pause, whatever they say of themselves.
                Some(function) if self.place.waits => format!("(tonumber(({function}({}))) or 0)", self.number(d)),
                _ => "6".into(),
            },
            9 => {
                let (condition, one, other) = (self.condition(d), self.number(d), self.number(d));
                format!("(if {condition} then {one} else {other})")
            }
            10 => format!("math.{}({})", self.random.pick(&["floor", "abs", "sign", "round"]), self.number(d)),
            11 => format!("#{}", self.string(d)),
            12 if self.place.varargs => self
                .random
                .pick(&["select('#', ...)", "(tonumber((...)) or 0)", "(tonumber((select(-1, 0, ...))) or 0)"])
                .into(),
            13 => match self.some(|scope| &scope.objects) {
                Some(object) => {
                    let value = self.number(d);
                    self.random.pick(&[
                        format!("{object}.missing"),
                        format!("#{object}"),
                        format!("({object} + {value})"),
                    ])
                }
                None => "math.random(1, 9)".into(),
            },
            _ => "math.random(1, 50)".into(),
        }
    }

    fn string(&mut self, depth: usize) -> String {
        let value = self.string_now(depth);
        self.paused(value)
    }

    fn string_now(&mut self, depth: usize) -> String {
        if depth > 3 || self.chance(35) {
            let known = if self.chance(60) { self.some(|scope| &scope.strings) } else { None };
            return known.unwrap_or_else(|| {
                let literals = ["'k1'", "'k2'", "'k5'", "'a b c'", "''", "'x=1, y=22'", "'zero\\0in'", "'new'"];
                self.random.pick(&literals).to_owned()
            });
        }
        let d = depth + 1;
        match self.random.below(9) {
            0 => format!("({} .. {})", self.string(d), self.string(d)),
            1 => format!("tostring({})", self.number(d)),
            2 => format!("({}):sub(1, 9):rep({} % 4 + 1)", self.string(d), self.random.below(9)),
            3 => format!("({}):upper()", self.string(d)),
            4 => match self.some(|scope| &scope.lists) {
                Some(list) => format!("table.concat({list}, '-')"),
                None => "'none'".into(),
            },
            5 if self.place.waits => {
                let pattern = self.random.pick(&["%w", "%a+", "(%w)(%w?)", "", "()%d", "[k=]", "%s*"]);
                let (most, kept) = (self.random.below(5) + 1, self.string(d));
                format!("(({kept}):sub(1, 20):gsub('{pattern}', function(a, b) return P(a) .. (b or '+') end, {most}))")
            }
            6 => format!("string.format('%5.1f|%s', {}, {})", self.number(d), self.string(d)),
            7 => format!("`<{{{}}}:{{{}}}>`", self.number(d), self.string(d)),
            _ => format!("(({}):sub(1, 30))", self.string(d)),
        }
    }

    fn condition(&mut self, depth: usize) -> String {
        let d = depth + 1;
        match self.random.below(6) {
            0 => format!("{} < {}", self.number(d), self.number(d)),
            1 => format!("{} >= {}", self.number(d), self.number(d)),
            2 => format!("{} == {}", self.string(d), self.string(d)),
            3 => format!("not ({} ~= {})", self.number(d), self.number(d)),
            4 => format!("({} > 2 and {} ~= '')", self.number(d), self.string(d)),
            _ => format!("({} == 1 or {} < 5)", self.number(d), self.number(d)),
        }
    }

    // ---- statements ------------------------------------------------------------------------------------------

    /// Statements in a scope of their own.
    fn body(&mut self, with: Scope) -> Vec<Statement> {
        self.scopes.push(with);
        self.depth += 1;
        let count = 1 + self.random.below(if self.depth > 3 { 2 } else { 4 });
        let body = (0..count).map(|_| self.statement()).collect();
        self.depth -= 1;
        self.scopes.pop();
        body
    }

    /// Statements of a function.
    fn function_body(&mut self, with: Scope, place: Place) -> Vec<Statement> {
        let outside = std::mem::replace(&mut self.place, place);
        let body = self.body(with);
        self.place = outside;
        body
    }

    fn inside(&self) -> Place {
        Place { main: false, varargs: false, ..self.place }
    }

    fn statement(&mut self) -> Statement {
        if self.depth > 4 {
            return self.simple();
        }
        match self.random.below(34) {
            30..=33 => self.curious(),
            0..=9 => self.simple(),
            10 | 11 => self.loop_numeric(),
            12 | 13 => self.loop_over_list(),
            14 => self.loop_over_map(),
            15 | 16 => self.loop_over_bag(),
            17 => self.loop_while(),
            18 => {
                let condition = self.condition(1);
                let (yes, no) = (self.body(Scope::default()), self.body(Scope::default()));
                Statement {
                    head: format!("if {condition} then"),
                    bodies: vec![(yes, "else".into()), (no, "end".into())],
                }
            }
            19 | 20 => self.function(),
            21 | 22 => self.protected(),
            23 => self.coroutine(),
            24 => self.generator_loop(),
            25 => self.sort(),
            26 => self.object(),
            27 => self.keep(),
            28 => {
                let body = self.body(Scope::default());
                block("do", body, "end")
            }
            _ => self.recursion(),
        }
    }

    fn simple(&mut self) -> Statement {
        match self.random.below(17) {
            0..=2 => {
                let kind = self.random.below(5);
                self.declaration(kind)
            }
            3 | 4 if self.place.waits => line(if self.place.main && self.chance(50) { "Y()" } else { "P()" }),
            5 => match self.some(|scope| &scope.numbers) {
                Some(name) => {
                    let operator = self.random.pick(&["=", "+=", "-=", "="]);
                    line(format!("{name} {operator} {}", self.number(1)))
                }
                None => line("steps += 0"),
            },
            6 => match self.some(|scope| &scope.strings) {
                Some(name) => line(format!("{name} = ({}):sub(1, 40)", self.string(1))),
                None => line("steps += 0"),
            },
            7 => match (self.some(|scope| &scope.numbers), self.some(|scope| &scope.numbers)) {
                (Some(one), Some(other)) => line(format!("{one}, {other} = {other}, {}", self.number(1))),
                _ => line("steps += 0"),
            },
            8 | 9 => match self.some(|scope| &scope.lists) {
                Some(list) => {
                    let value = self.number(1);
                    line(self.random.pick(&[
                        format!("if #{list} < 40 then table.insert({list}, {value}) end"),
                        format!("if #{list} < 40 then table.insert({list}, 1, {value}) end"),
                        format!("table.remove({list})"),
                        format!("table.remove({list}, 1)"),
                        format!("{list}[#{list}] = {value}"),
                    ]))
                }
                None => line("steps += 0"),
            },
            10 => match self.some(|scope| &scope.maps) {
                Some(map) => {
                    let key = self.string(1);
                    let value = if self.chance(20) { "nil".into() } else { self.number(1) };
                    line(format!("{map}[{key}] = {value}"))
                }
                None => line("steps += 0"),
            },
            11 => match self.some(|scope| &scope.bags) {
                Some(bag) => {
                    let key = self.random.pick(&[
                        "{}",
                        "function() return steps end",
                        "steps",
                        "'x' .. steps",
                        "handle(steps)",
                        "print",
                    ]);
                    line(format!("{bag}[{key}] = {}", self.number(1)))
                }
                None => line("steps += 0"),
            },
            _ => {
                let what = self.printed();
                line(format!("print({what})"))
            }
        }
    }

    fn curious(&mut self) -> Statement {
        let mut text = self.random.pick(CURIOUS).to_owned();
        for word in ["$L", "$M", "$B"] {
            if !text.contains(word) {
                continue;
            }
            let name = match word {
                "$L" => self.some(|scope| &scope.lists),
                "$M" => self.some(|scope| &scope.maps),
                _ => self.some(|scope| &scope.bags),
            };
            let Some(name) = name else { return self.simple() };
            text = text.replace(word, &name);
        }
        // Their values pause by themselves, or not at all: some stand where nothing can wait.
        let quiet = Place { waits: false, varargs: false, ..self.place };
        let outside = std::mem::replace(&mut self.place, quiet);
        while text.contains("$N") || text.contains("$S") {
            let number = self.number(2);
            text = text.replacen("$N", &number, 1);
            let string = self.string(2);
            text = text.replacen("$S", &string, 1);
        }
        self.place = outside;
        let pauses = if self.place.waits { text } else { text.replace("P(", "(function(...) return ... end)(") };
        // A line that begins with a parenthesis would go on with the one before.
        line(if pauses.starts_with('(') { format!("do {pauses} end") } else { pauses })
    }

    fn printed(&mut self) -> String {
        match self.random.below(5) {
            0 => self.string(1),
            1 => format!("{}, {}", self.number(1), self.string(1)),
            2 => self.condition(1),
            3 if self.place.varargs => "select('#', ...), ...".into(),
            _ => self.number(1),
        }
    }

    fn loop_numeric(&mut self) -> Statement {
        let name = self.name("i");
        let range = self.random.pick(&["1, 3", "3, 1, -1", "0, 1, 0.5", "1, 5, 2", "1, 2", "2, 1"]);
        let mut body = vec![line("if over() then break end")];
        body.extend(self.body(Scope { numbers: vec![name.clone()], ..Scope::default() }));
        block(format!("for {name} = {range} do"), body, "end")
    }

    fn loop_over_list(&mut self) -> Statement {
        let Some(list) = self.some(|scope| &scope.lists) else { return self.simple() };
        let (at, value) = (self.name("i"), self.name("v"));
        let over = self.random.pick(&[
            "ipairs(LIST)",
            "pairs(LIST)",
            "LIST",
            "next, LIST",
            "table.clone(LIST)",
            "string.split(table.concat(LIST, ' '), ' ')",
        ]);
        let mut body = vec![line("if over() then break end"), line(format!("local {value}n = tonumber({value}) or 0"))];
        body.extend(self.body(Scope { numbers: vec![at.clone(), format!("{value}n")], ..Scope::default() }));
        if self.chance(25) {
            // A list may shrink under the loop, and have what it has replaced; not grow.
            body.push(line(self.random.pick(&[
                format!("{list}[{at}] = {value}n + 1"),
                format!("if #{list} > 2 then {list}[#{list}] = nil end"),
            ])));
        }
        block(format!("for {at}, {value} in {} do", over.replace("LIST", &list)), body, "end")
    }

    /// In the order of the keys' content, which is the same everywhere.
    fn loop_over_map(&mut self) -> Statement {
        let Some(map) = self.some(|scope| &scope.maps) else { return self.simple() };
        let (key, value) = (self.name("s"), self.name("n"));
        // What the body may put into the map itself would make the order a matter of luck.
        let hidden: Vec<_> = self.scopes.iter().map(|scope| scope.maps.clone()).collect();
        self.scopes.iter_mut().for_each(|scope| scope.maps.retain(|name| *name != map));
        let mut body = vec![line("if over() then break end")];
        let with = Scope { strings: vec![key.clone()], numbers: vec![value.clone()], ..Scope::default() };
        // Nor may functions be called that could.
        let functions: Vec<_> = self.scopes.iter_mut().map(|scope| std::mem::take(&mut scope.functions)).collect();
        body.extend(self.body(with));
        for ((scope, maps), functions) in self.scopes.iter_mut().zip(hidden).zip(functions) {
            (scope.maps, scope.functions) = (maps, functions);
        }
        body.push(line(
            self.random
                .pick(&["P()".to_owned(), format!("{map}[{key}] = nil"), format!("{map}[{key}] = {value} + 1")])
                .replace("P()", if self.place.waits { "P()" } else { "steps += 0" }),
        ));
        let over = self.random.pick(&["pairs(MAP)", "MAP", "next, MAP"]);
        block(format!("for {key}, {value} in {} do", over.replace("MAP", &map)), body, "end")
    }

    /// In no order that could be seen: the body only adds up, pauses and deletes.
    fn loop_over_bag(&mut self) -> Statement {
        let Some(bag) = self.some(|scope| &scope.bags) else { return self.simple() };
        let sum = self.name("n");
        let over = self.random.pick(&["pairs(BAG)", "BAG", "next, BAG"]).replace("BAG", &bag);
        let pause =
            if !self.place.waits { "" } else { self.random.pick(&["if count % 4 == 2 then P() end", "P()", ""]) };
        let change = self
            .random
            .pick(&["", "BAG[k] = nil", "BAG[k] = v + 1", "if v % 2 == 0 then BAG[k] = nil end"])
            .replace("BAG", &bag);
        self.scope().numbers.push(sum.clone());
        line(format!(
            "local {sum} = 0 do local count = 0 for k, v in {over} do {sum} += v // 1 % 1000 count += 1 {pause} {change} end print(count, {sum}) end"
        ))
    }

    fn loop_while(&mut self) -> Statement {
        let name = self.name("n");
        let (condition, stop) = (self.condition(1), self.condition(2));
        let mut body = vec![line(format!("{name} += 1 if over() or {name} > 4 then break end"))];
        body.extend(self.body(Scope { numbers: vec![name.clone()], ..Scope::default() }));
        let head = format!("local {name} = 0");
        let inner = if self.chance(50) {
            block(format!("while {condition} do"), body, "end")
        } else {
            block("repeat", body, format!("until {stop}"))
        };
        self.scope().numbers.push(name);
        block(format!("{head} do"), vec![inner], "end")
    }

    fn function(&mut self) -> Statement {
        let (name, argument) = (self.name("f"), self.name("n"));
        let place = Place { varargs: self.chance(50), ..self.inside() };
        let mut body = vec![line("if over() then return 0 end")];
        let with = Scope { numbers: vec![argument.clone()], ..Scope::default() };
        body.extend(self.function_body(with.clone(), place));
        self.scopes.push(with);
        let outside = std::mem::replace(&mut self.place, place);
        body.push(line(format!("return {}, {}", self.number(1), self.string(2))));
        self.place = outside;
        self.scopes.pop();
        let parameters = if place.varargs { format!("{argument}, ...") } else { argument };
        let arguments = [self.number(1), self.random.pick(&["nil", "1, nil, 3", "'x'", "nil, nil"]).to_owned()];
        self.scope().functions.push(name.clone());
        let after = if self.chance(40) { format!("end print({name}({}))", arguments.join(", ")) } else { "end".into() };
        block(format!("local function {name}({parameters})"), body, after)
    }

    fn recursion(&mut self) -> Statement {
        let name = self.name("r");
        let place = self.inside();
        let mut body = vec![line("if n <= 0 or over() then return 0 end")];
        body.extend(self.function_body(Scope { numbers: vec!["n".into()], ..Scope::default() }, place));
        let pause = if self.place.waits { "P(n)" } else { "n" };
        body.push(line(format!("local below = {name}(n - 1)")));
        body.push(line(format!("return below + {pause}")));
        let depth = self.random.pick(&["3", "6", "20"]);
        block(format!("local function {name}(n)"), body, format!("end print({name}({depth}))"))
    }

    fn protected(&mut self) -> Statement {
        let place = self.inside();
        let mut body = self.function_body(Scope::default(), place);
        let raised = self.random.pick(&[
            "error('text')",
            "error('level two', 2)",
            "error({ code = steps })",
            "error()",
            "error(steps)",
            "local nothing = nil; return nothing.field",
            "return {} + 1",
            "undefined()",
            "return 'fine', nil, 3",
        ]);
        if self.chance(70) {
            let outside = std::mem::replace(&mut self.place, place);
            let condition = self.condition(1);
            self.place = outside;
            body.push(line(if self.chance(60) {
                format!("do {raised} end")
            } else {
                format!("if {condition} then {raised} end")
            }));
        }
        if self.chance(60) {
            block(
                "print((function(ok, ...) return tostring(ok) .. '|' .. show((...)) end)(pcall(function()",
                body,
                "end)))",
            )
        } else {
            let handler = self.random.pick(&[
                "function(e) return 'handled ' .. show(e) end",
                "function(e) return debug.traceback(show(e)) end",
                "function(e) return e end",
            ]);
            block(
                "print((function(ok, ...) return tostring(ok) .. '|' .. show((...)) end)(xpcall(function(...)",
                body,
                format!("end, {handler}, 1, nil)))"),
            )
        }
    }

    /// A coroutine that is resumed now and then, to its end or not.
    fn coroutine(&mut self) -> Statement {
        let name = self.name("co");
        let place = Place { varargs: true, ..self.inside() };
        let mut body = vec![line("local given = ...")];
        body.extend(self.function_body(Scope::default(), place));
        body.push(line("for turn = 1, 4 do given = coroutine.yield(turn, given, steps) end"));
        body.extend(self.function_body(Scope::default(), place));
        body.push(line("return 'done', given"));
        let after = self.random.pick(&[
            "print(coroutine.resume(NAME, 1))",
            "print(coroutine.resume(NAME, 'a', nil)) P() print(coroutine.status(NAME), coroutine.resume(NAME, 'b'))",
            "while coroutine.status(NAME) == 'suspended' and not over() do print(coroutine.resume(NAME, steps)) end",
            "coroutine.resume(NAME) print(coroutine.close(NAME), coroutine.status(NAME))",
            "",
        ]);
        let after = after.replace("NAME", &name).replace("P()", if self.place.waits { "P()" } else { "" });
        block(
            format!("local {name} = coroutine.create(function(...)"),
            body,
            format!("end) cos[#cos + 1] = {name} {after}"),
        )
    }

    /// A generator, perhaps one in another, and the loop over it.
    fn generator_loop(&mut self) -> Statement {
        let (value, nested) = (self.name("n"), self.chance(40));
        let place = Place { ..self.inside() };
        let mut inside = self.function_body(Scope { numbers: vec!["turn".into()], ..Scope::default() }, place);
        inside.push(line("coroutine.yield(turn)"));
        let turns = block("for turn = 1, 3 do", inside, "end");
        let source = if nested {
            vec![block("for turn in coroutine.wrap(function()", vec![turns], "end) do coroutine.yield(turn * 2) end")]
        } else {
            vec![turns]
        };
        let mut body = vec![line("if over() then break end")];
        body.extend(self.body(Scope { numbers: vec![value.clone()], ..Scope::default() }));
        Statement {
            head: format!("for {value} in coroutine.wrap(function()"),
            bodies: vec![(source, "end) do".into()), (body, "end".into())],
        }
    }

    fn sort(&mut self) -> Statement {
        let Some(list) = self.some(|scope| &scope.lists) else { return self.simple() };
        let order = self.random.pick(&["a < b", "a > b", "a % 5 < b % 5", "tostring(a) < tostring(b)"]);
        let pause = if self.place.waits { self.random.pick(&["P()", "if a > b then P() end", ""]) } else { "" };
        line(format!("table.sort({list}, function(a, b) {pause} return {order} end) print(table.concat({list}, ' '))"))
    }

    /// An object whose metamethods work out something; they can't pause.
    fn object(&mut self) -> Statement {
        let name = self.name("o");
        let place = Place { waits: false, ..self.inside() };
        let outside = std::mem::replace(&mut self.place, place);
        let (missing, sum, length) = (self.number(2), self.number(2), self.number(2));
        self.place = outside;
        self.scope().objects.push(name.clone());
        let called = if self.place.waits { "P(a)" } else { "a" };
        line(format!(
            "local {name} = setmetatable({{ a = 1 }}, {{ __index = function(o, k) return {missing} end, \
             __add = function(o, v) return {sum} + (tonumber(v) or 0) end, __len = function() return ({length}) % 100 // 1 end, \
             __call = function(o, a) return {called} end, __newindex = function(o, k, v) rawset(o, k, v) end, \
             __tostring = function() return 'object' end }}) print({name}(5), tostring({name}))"
        ))
    }

    /// A closure that outlives its block, and is called at the end.
    fn keep(&mut self) -> Statement {
        let place = self.inside();
        let mut body = vec![line("if over() then return 'over' end")];
        body.extend(self.function_body(Scope { numbers: vec!["turn".into()], ..Scope::default() }, place));
        let outside = std::mem::replace(&mut self.place, place);
        body.push(line(format!("return {}", self.number(1))));
        self.place = outside;
        block("kept[#kept + 1] = function(turn)", body, "end")
    }
}

/// A source of reproducible numbers: SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Clone)]
pub struct Dice(u64);

impl Dice {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    /// The next number.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() % n.max(1) as u64) as usize
    }

    /// One of these.
    pub fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}
