//! Bytes of an enemy: whatever is in them, the VM stays whole and the answer is clear. What is accepted is run, so that
//! a capture that is sound on paper only is found out. (`tools/fuzz` runs the same for long, with AddressSanitizer.)

use std::panic::{AssertUnwindSafe, catch_unwind};

use dormouse_vm::{CaptureOptions, Names, Outcome, Quota, RestoreError, Root, Value, Vm};

use crate::bench::{self, Printer, carried, know, options, start, world};
use crate::tokens::{self, Token};

/// Programs that between them have every kind of thing in them when they wait.
const SEEDS: &[&str] = &[
    r#"
    local t = { 1, 2, 3, nil, 5, x = "y", [2.5] = true, [vector.create(1, 2, 3)] = {} }
    local function f(a, ...) local n = a for i = 1, 3 do wait(1) n += i end return n, ... end
    for k, v in t do print(k, f(1, k, v)) end
    "#,
    r#"
    local keys = { {}, print, coroutine.create(print) }
    local t = { a = 1 }
    for i, key in keys do t[key] = i end
    local co = coroutine.wrap(function(...) local up = 0 local function inc() up += 1 return up end
        for k in t do wait(1) inc() coroutine.yield(k, inc) end end)
    local k, inc = co()
    print(pcall(function() xpcall(function() co() wait(1) error("e") end, function(e) return e end) end))
    for w in string.gmatch("a b c", "%a") do wait(1) print(w, inc()) end
    print(protected(nil, function(...) wait(1) return ... end, 1, nil, buffer.create(9)))
    "#,
    r#"
    local mt = table.freeze({ __index = function(t, k) return k end, __add = function() return 7 end })
    local o = setmetatable({ n = 5 }, mt)
    local dead = { a = 1, b = 2, c = 3 }
    local k = next(dead)
    dead[k] = nil
    local function deep(n) if n == 0 then wait(1) return o.zzz end return deep(n - 1) .. "x" end
    print(deep(12), o + o, next(dead, k), park("x"))
    local failed = coroutine.create(error) coroutine.resume(failed, "x")
    local gone = coroutine.create(function() return 1 end) coroutine.resume(gone)
    for i = 1, 2 do wait(1) print(coroutine.status(failed), coroutine.status(gone)) end
    "#,
    r#"
    local list = { 5, 3, 8, 1 }
    table.sort(list, function(a, b) wait(1) return a < b end)
    print((("a1b2"):gsub("%d", function(d) wait(1) return { d } ~= nil and d .. "!" end)))
    table.foreach({ x = 1 }, function(k) park(k) end)
    shared.log, shared.up = { 1, {} }, function() list[1] += 1 end
    shared[shared.log] = buffer.create(3)
    local keys, t = { {}, print, {}, "s" }, {}
    for i, key in keys do t[key], t[i] = i, key end
    t[keys[1]] = nil
    wait(1)
    t[keys[4]] = nil
    for k in t do wait(1) print(next(t, keys[1]) == nil) break end
    "#,
];

pub struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

/// Captures at every wait of every seed.
fn corpus() -> Vec<Vec<u8>> {
    let mut corpus = Vec::new();
    for source in SEEDS {
        let mut vm = world(0);
        let mut host = Printer::default();
        let thread = start(&mut vm, source);
        let mut outcome = bench::go_on(&mut vm, thread, &mut host, None);
        while matches!(outcome, Outcome::Slept(_) | Outcome::Parked | Outcome::Yielded) {
            for state in [false, true] {
                let options = CaptureOptions { names: Names::Portable, state, movable: false };
                corpus.push(vm.capture(&[Root::Thread(thread)], options).expect("captures"));
            }
            outcome = bench::go_on(&mut vm, thread, &mut host, Some(outcome));
        }
        assert_eq!(outcome, Outcome::Returned, "{:?}", vm.failure(thread));
    }
    corpus
}

/// Changes a few bytes: mostly small changes of single ones, since those get furthest.
fn mutate(bytes: &mut Vec<u8>, others: &[Vec<u8>], random: &mut Random) {
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len());
        match random.below(9) {
            0 => bytes[at] = random.next() as u8,
            1 => bytes[at] ^= 1 << random.below(8),
            2 => bytes[at] = bytes[at].wrapping_add(1),
            3 => bytes[at] = bytes[at].wrapping_sub(1),
            4 => {
                bytes.remove(at);
            }
            5 => bytes.insert(at, random.next() as u8),
            // A piece of the same capture, or of another, in another place.
            6 | 7 => {
                let other =
                    if random.below(2) == 0 { bytes.clone() } else { others[random.below(others.len())].clone() };
                let from = random.below(other.len());
                let size = random.below(12).min(other.len() - from);
                let end = (at + size).min(bytes.len());
                bytes.splice(at..end, other[from..from + size].iter().copied());
            }
            _ => bytes.truncate(at),
        }
        if bytes.is_empty() {
            bytes.push(0);
        }
    }
}

/// A world in which everything of the seeds is known.
fn arena() -> Vm {
    let mut vm = world(0);
    for source in SEEDS {
        know(&mut vm, "=test", source);
    }
    vm
}

/// How many executions one VM serves.
const SERVES: u64 = 500;

/// What came of some bytes.
fn survive(vm: &mut Vm, bytes: &[u8]) -> Result<(), RestoreError> {
    let quota = Quota { time: 100_000, credit: 1 << 22, memory: 1 << 24 };
    let (threads, used) = (vm.tasklets(), vm.allocated());
    let roots = match vm.restore(bytes) {
        Ok(roots) => roots,
        Err(error) => {
            assert_eq!(vm.tasklets(), threads);
            assert!(vm.allocated() < used + (1 << 20) + 1024 * bytes.len(), "garbage is bounded by the bytes");
            return Err(error);
        }
    };
    // What is accepted is sound: it can be collected, hashed, captured again, and run.
    let mut host = Printer::default();
    vm.collect_all();
    vm.digest(|digest| {
        for root in &roots {
            match root {
                Root::Thread(thread) => digest.thread(*thread),
                Root::Pin(pin) => digest.pin(*pin),
            }
        }
    });
    let mut used_threads = Vec::new();
    let again = vm.capture(&roots, options(Names::Portable));
    for root in roots {
        let Root::Thread(thread) = root else { continue };
        used_threads.push(thread);
        for turn in 0..4 {
            let outcome = match turn {
                2 => vm.raise(thread, &mut host, Value::Number(1.0), &quota),
                _ => vm.resume(thread, &mut host, &[Value::Number(1.0)], &quota),
            };
            vm.collect_all();
            if !matches!(outcome, Outcome::Slept(_) | Outcome::Parked | Outcome::Yielded) {
                break;
            }
        }
    }
    if let Ok(again) = again {
        let copies = vm.restore(&again).expect("what was captured here is restored here");
        used_threads.extend(copies.iter().filter_map(|root| match root {
            Root::Thread(thread) => Some(*thread),
            Root::Pin(_) => None,
        }));
    }
    used_threads.into_iter().for_each(|thread| vm.retire(thread));
    vm.collect_all();
    Ok(())
}

/// Seeds and executions can be set, for a long run: `DORMOUSE_FUZZ=1000000`, `DORMOUSE_FUZZ_SEED=7`; and the first one,
/// to come to a failure at once: `DORMOUSE_FUZZ_FIRST=123000`.
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

#[test]
fn mutated_captures_are_refused_or_sound() {
    let (executions, seed) = (setting("DORMOUSE_FUZZ", 4_000), setting("DORMOUSE_FUZZ_SEED", 1));
    let first = setting("DORMOUSE_FUZZ_FIRST", 0);
    let corpus = corpus();
    let parsed: Vec<Vec<Token>> = corpus.iter().map(|bytes| tokens::parse(bytes)).collect();
    let mut vm = arena();
    let mut accepted = 0u64;
    for execution in first..first + executions {
        let mut random = Random(seed.wrapping_mul(0x1_0000_0000).wrapping_add(execution));
        let chosen = random.below(corpus.len());
        let bytes = if execution % 4 == 0 {
            let mut bytes = corpus[chosen].clone();
            mutate(&mut bytes, &corpus, &mut random);
            bytes
        } else {
            let mut changed = parsed[chosen].clone();
            tokens::mutate(&mut changed, &parsed, &mut |limit| random.below(limit));
            tokens::write(&changed)
        };
        let survived = catch_unwind(AssertUnwindSafe(|| survive(&mut vm, &bytes)));
        match survived {
            Ok(result) => accepted += u64::from(result.is_ok()),
            Err(_) => panic!("execution {execution} of seed {seed}: {bytes:?}"),
        }
        if execution % SERVES == SERVES - 1 {
            vm = arena();
        }
        if execution % 100_000 == 99_999 {
            println!("{} executions, {accepted} accepted", execution + 1);
        }
    }
    println!("{executions} executions, {accepted} accepted");
    assert!(accepted > executions / 1000, "some mutations only change values");
}

/// What FORMAT.md says is what is written: it can be read by what knows nothing else.
#[test]
fn captures_are_what_the_format_says() {
    for bytes in corpus() {
        assert_eq!(tokens::write(&tokens::parse(&bytes)), bytes);
    }
}

#[test]
fn every_prefix_is_refused() {
    let corpus = corpus();
    let mut vm = arena();
    for bytes in corpus.iter().take(6) {
        for end in 0..bytes.len() {
            assert!(vm.restore(&bytes[..end]).is_err(), "{end} of {} bytes", bytes.len());
        }
    }
}

#[test]
fn few_bytes_can_not_ask_for_much() {
    let mut vm = arena();
    let used = vm.allocated();
    // A list with room for 2^26 items; a stack; a table of 2^26 slots.
    for tail in [
        &[0x0f, 4, 0x80, 0x80, 0x80, 0x20, 0][..],
        &[0x13, 0xff, 0xff, 0xff, 0x1f, 8],
        &[0x0f, 2, 26, 0, 0x17, 0x80, 0x80, 0x80, 0x20],
        &[0x14, 0xff, 0xff, 0xff, 0xff, 0x0f],
    ] {
        let mut bytes = b"Dmc\x01\x01\0\0\0\x01\0".to_vec();
        bytes.extend(tail);
        assert!(matches!(vm.restore(&bytes), Err(RestoreError::Malformed { .. })), "{tail:?}");
    }
    assert!(vm.allocated() < used + (1 << 16));
}

#[test]
fn room_that_is_empty_is_paid_for_with_bytes() {
    let source = "local t = table.create(100000) wait(1) t[99999] = 1 print(#t)";
    let (lines, bytes) = carried(source);
    assert_eq!(lines.len(), 1);
    assert!(bytes.len() > 100_000 * 16 / 1024, "{} bytes for 1.6 MB of room", bytes.len());
}

/// A forged capture can have any C function of the engine called by anything, with any values.
#[test]
fn the_engine_s_own_functions_take_anything() {
    let mut vm = world(0);
    let mut host = Printer::default();
    let source = "for count = 0, 3 do
        print(pcall(protected, table.unpack({ print, 2, {} }, 1, count)))
        print(xpcall(error, protected, 'x'))
    end";
    let thread = start(&mut vm, source);
    let outcome = bench::go_on(&mut vm, thread, &mut host, None);
    assert_eq!(outcome, Outcome::Returned, "{:?}", vm.failure(thread));
    assert_eq!(host.lines[0], "false test:2: protected takes two functions");
    assert_eq!(host.lines.len(), 8);
}

/// Luau counts on each key being there once when it makes room for more.
#[test]
fn a_key_that_is_there_twice_is_refused() {
    let mut vm = world(0);
    let mut host = Printer::default();
    let source = "local t = { 1, 2, [{}] = 1, [2.5] = 2, [3.5] = 3 } wait(1) print(t)";
    let thread = start(&mut vm, source);
    bench::go_on(&mut vm, thread, &mut host, None);
    let bytes = vm.capture(&[Root::Thread(thread)], options(Names::Portable)).expect("captures");
    let key = |key: f32| Token::Raw(key.to_le_bytes().to_vec());
    let mut tokens = tokens::parse(&bytes);
    let at = tokens.iter().position(|token| *token == key(3.5)).expect("the key is there");
    for other in [2.5, 2.0] {
        tokens[at] = key(other);
        let error = vm.restore(&tokens::write(&tokens)).expect_err("forged").to_string();
        assert!(error.contains("a table has a key twice"), "{error}");
    }
    tokens[at] = key(4.5);
    vm.restore(&tokens::write(&tokens)).expect("another key is as good");
}

/// Luau takes a free slot for one that is in no chain; in one, it would soon go round in a circle.
#[test]
fn a_chain_that_leads_to_a_free_slot_is_refused() {
    for table in ["{ a = 1, b = 2, c = 3 }", "{ a = 1, b = 2, c = 3, [2.5] = 4, [true] = 5 }"] {
        let mut vm = world(0);
        let mut host = Printer::default();
        let source = format!("local t = {table} wait(1) t.d, t.e, t.f = 1, 2, 3 print(t.g)");
        let thread = start(&mut vm, &source);
        bench::go_on(&mut vm, thread, &mut host, None);
        let bytes = vm.capture(&[Root::Thread(thread)], options(Names::Portable)).expect("captures");
        // Behind a short string that is a key: how far it is to the next slot of its chain, by twos.
        let mut forged = 0;
        for key in *b"abc" {
            let at = bytes.windows(2).position(|pair| pair == [0x21, key]).expect("the key is there") + 2;
            for next in 1..16 {
                let mut bytes = bytes.clone();
                if std::mem::replace(&mut bytes[at], next) == next {
                    continue;
                }
                match vm.restore(&bytes) {
                    Err(error) => forged += u32::from(error.to_string().contains("chains are broken")),
                    // Another way through the slots in use.
                    Ok(roots) => {
                        let Root::Thread(thread) = roots[0] else { unreachable!("it was one") };
                        assert_eq!(bench::go_on(&mut vm, thread, &mut host, None), Outcome::Returned);
                    }
                }
            }
        }
        assert!(forged > 3, "{table}: only {forged} were refused");
    }
}
