//! Coroutines in every state, with every kind of frame.

use dormouse_vm::{Handle, Names, Outcome, Root, Value};

use crate::bench::{self, Printer, QUOTA, know, options, restore_one, same, start, world};

#[test]
fn nested_protected_calls_with_handlers() {
    same(
        r#"
        local function deep(n)
            if n == 0 then wait(1) error({ code = 7 }) end
            return deep(n - 1) + 1
        end
        print(pcall(function()
            local ok, e = xpcall(function()
                local ok, e = pcall(deep, 3)
                print(ok, e.code)
                wait(1)
                error("second")
            end, function(e) return "handled " .. tostring(e) end)
            print(ok, e)
            wait(1)
            error("third", 0)
        end))
        print(protected(function() print("finally") end, function(a) wait(1) return a + 1 end, 4))
        "#,
    );
}

#[test]
fn varargs_with_nils() {
    same(
        r#"
        local function f(a, ...)
            wait(1)
            print(a, select('#', ...), ...)
            local function g(...) wait(1) return select('#', ...), ... end
            print(g(...))
            return ...
        end
        print(f(1, nil, 2, nil))
        print(f())
        print(f(nil, nil))
        local function few(a) wait(1) return a end
        print(few(1, 2, 3, 4))
        "#,
    );
}

#[test]
fn coroutines_nested_wrapped_and_cyclic() {
    same(
        r#"
        local co
        co = coroutine.create(function(a)
            local me = coroutine.running()
            print("in", a, me == co)
            local b = coroutine.yield(a + 1)
            wait(1)
            print("in", b)
            local w = coroutine.wrap(function() wait(1) coroutine.yield("from within") wait(1) return "last" end)
            print(w())
            wait(1)
            print(w())
            return me
        end)
        print(coroutine.resume(co, 1))
        wait(1)
        print(coroutine.status(co))
        local ok, me = coroutine.resume(co, 2)
        print(ok, me == co, coroutine.status(co))
        wait(1)
        print(coroutine.resume(co))
        local failed = coroutine.create(function() local x = 5 error("oops") end)
        print(coroutine.resume(failed))
        local fresh = coroutine.create(function(...) print("fresh", ...) end)
        wait(1)
        print(coroutine.status(failed), coroutine.resume(failed))
        print(coroutine.resume(fresh, 1, 2))
        print(coroutine.close(co), coroutine.close(failed))
        "#,
    );
}

#[test]
fn upvalues_of_dead_and_suspended_coroutines() {
    same(
        r#"
        local escaped, shared
        local co = coroutine.create(function()
            local x = 1
            escaped = function() x += 1 return x end
            shared = function() return x end
            coroutine.yield()
            x += 100
            coroutine.yield()
        end)
        coroutine.resume(co)
        wait(1)
        print(escaped(), shared())
        wait(1)
        coroutine.resume(co)
        print(escaped(), shared())
        co = nil
        wait(1)
        print(escaped(), shared())
        local lost
        coroutine.resume(coroutine.create(function() local y = {} y.co = coroutine.running() lost = function() return y end coroutine.yield() end))
        wait(1)
        print(coroutine.status(lost().co), lost() == lost())
        "#,
    );
}

#[test]
fn ten_thousand_frames() {
    same(
        r#"
        local function down(n) if n == 0 then wait(1) return 0 end return 1 + down(n - 1) end
        print(down(10000))
        "#,
    );
}

#[test]
fn parked_in_host_functions_and_methods() {
    same("print(park(1, 2), park())");
    let source = "local h = ... print(h:knock(1), type(h)) print(tostring(h))";
    let mut vm = world(0);
    let mut host = Printer::default();
    let thread = vm
        .enter(|frame| {
            let script = dormouse_vm::compile(source).expect("compiles");
            frame.load("=test", &script, None).expect("loads");
            frame.push(Value::Handle(Handle { tag: 3, bits: 0x1234_5678_9abc }));
            frame.pop_tasklet(1)
        })
        .expect("starts");
    assert_eq!(vm.resume(thread, &mut host, &[], &QUOTA), Outcome::Parked);
    let bytes = vm.capture(&[Root::Thread(thread)], options(Names::Portable)).expect("captures");
    let mut other = world(5);
    know(&mut other, "=test", source);
    let thread = restore_one(&mut other, &bytes);
    assert_eq!(other.resume(thread, &mut host, &[Value::Bool(true)], &QUOTA), Outcome::Returned);
    assert_eq!(host.lines, ["20015998343868:knock", "true userdata", "handle 20015998343868"]);
}

#[test]
fn an_intercepted_call_goes_on_and_is_told_of() {
    let source = "local f = ... local a, b = f(1, 2) print(a, b) print(pcall(f, 'x'))";
    let body = "local a, b = ... wait(1) if a == 'x' then error('bad') end return a + b, 'done'";
    let mut vm = world(0);
    let mut host = Printer::default();
    let make = |vm: &mut dormouse_vm::Vm| {
        vm.enter(|frame| {
            let script = dormouse_vm::compile(source).expect("compiles");
            let inner = dormouse_vm::compile(body).expect("compiles");
            frame.load("=test", &script, None).expect("loads");
            frame.load("=inner", &inner, None).expect("loads");
            frame.intercept(9);
            frame.pop_tasklet(1)
        })
        .expect("starts")
    };
    let mut thread = make(&mut vm);
    let mut outcome = vm.resume(thread, &mut host, &[], &QUOTA);
    let mut waits = 0;
    while outcome == Outcome::Slept(1) {
        waits += 1;
        let bytes = vm.capture(&[Root::Thread(thread)], options(Names::Portable)).expect("captures");
        vm = world(3 * waits);
        let unused = make(&mut vm);
        vm.retire(unused);
        thread = restore_one(&mut vm, &bytes);
        outcome = bench::go_on(&mut vm, thread, &mut host, Some(outcome));
    }
    assert_eq!((outcome, waits), (Outcome::Returned, 2));
    assert_eq!(host.lines, ["left: Returned", "3 done", "left: Raised", "false inner:1: bad"]);
}

#[test]
fn a_tasklet_that_has_not_run_yet() {
    let source = "print('runs', ...)";
    let mut vm = world(0);
    let thread = vm
        .enter(|frame| {
            let script = dormouse_vm::compile(source).expect("compiles");
            frame.load("=test", &script, None).expect("loads");
            frame.push(Value::Number(3.0));
            frame.push_text("four");
            frame.pop_tasklet(2)
        })
        .expect("starts");
    let bytes = vm.capture(&[Root::Thread(thread)], options(Names::Portable)).expect("captures");
    let mut other = world(2);
    know(&mut other, "=test", source);
    let thread = restore_one(&mut other, &bytes);
    let mut host = Printer::default();
    assert_eq!(other.resume(thread, &mut host, &[], &QUOTA), Outcome::Returned);
    assert_eq!(host.lines, ["runs 3 four"]);
}

#[test]
fn errors_are_raised_into_what_was_restored() {
    let source =
        "local ok, e = pcall(function() for i = 1, 3 do wait(5) end end) print(ok, e) wait(1) local x = nil + 1";
    let mut vm = world(0);
    let mut host = Printer::default();
    let thread = start(&mut vm, source);
    assert_eq!(vm.resume(thread, &mut host, &[], &QUOTA), Outcome::Slept(5));
    let bytes = vm.capture(&[Root::Thread(thread)], options(Names::Portable)).expect("captures");
    let mut other = world(9);
    know(&mut other, "=test", source);
    let thread = restore_one(&mut other, &bytes);
    assert_eq!(other.raise(thread, &mut host, Value::Number(13.0), &QUOTA), Outcome::Slept(1));
    assert_eq!(host.lines, ["false 13"]);
    let bytes = other.capture(&[Root::Thread(thread)], options(Names::Portable)).expect("captures");
    let mut third = world(1);
    know(&mut third, "=test", source);
    let thread = restore_one(&mut third, &bytes);
    assert_eq!(third.wake(thread, &mut host, 1, &QUOTA), Outcome::Failed);
    let failure = third.failure(thread);
    assert!(failure.traceback.contains("test:1"), "{}", failure.traceback);
}

#[test]
fn a_trimmed_tasklet() {
    let source =
        "local t = { 1, 2 } wait(1) local function f(a, b, c) wait(1) return a + b + c end print(f(1, 2, 3), t[2])";
    let mut vm = world(0);
    let mut host = Printer::default();
    let mut thread = start(&mut vm, source);
    let mut outcome = vm.resume(thread, &mut host, &[], &QUOTA);
    while outcome == Outcome::Slept(1) {
        vm.trim(thread);
        let bytes = vm.capture(&[Root::Thread(thread)], options(Names::Portable)).expect("captures");
        let mut other = world(4);
        know(&mut other, "=test", source);
        let copy = restore_one(&mut other, &bytes);
        assert_eq!(other.tasklet_bytes(copy), vm.tasklet_bytes(thread));
        (vm, thread) = (other, copy);
        outcome = bench::go_on(&mut vm, thread, &mut host, Some(outcome));
    }
    assert_eq!(host.lines, ["6 2"]);
}
