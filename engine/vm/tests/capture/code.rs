//! Names, module state, and code that has changed meanwhile.

use dormouse_vm::{CaptureOptions, MissingKind, Names, Outcome, Pin, RestoreError, Root, Value, Vm};

use crate::bench::{Printer, QUOTA, know, options, restore_one, start, world};

/// Runs a module to its end and names the table that it returns.
fn module(vm: &mut Vm, name: &str, source: &str) -> Pin {
    let script = dormouse_vm::compile(source).expect("compiles");
    let thread = vm
        .enter(|frame| {
            frame.load(&format!("={name}"), &script, None).expect("loads");
            frame.pop_tasklet(0)
        })
        .expect("starts");
    let mut host = Printer::default();
    let outcome = vm.resume(thread, &mut host, &[], &QUOTA);
    assert_eq!(outcome, Outcome::Returned, "{:?}", vm.failure(thread));
    let results = vm.take_results(thread).expect("results");
    vm.retire(thread);
    let pin = results[0].pin().expect("a table");
    vm.name(name, pin).expect("names");
    pin
}

const COUNTER: &str = r#"
    local total = 0
    local log = {}
    local Counter = {}
    function Counter.add(n) total += n table.insert(log, n) return total end
    function Counter.log() return #log, log end
    function Counter.run(name) while true do print(name, Counter.add(1)) wait(1) end end
    Counter.shared = { hits = 0 }
    return table.freeze(Counter)
"#;

fn main_with(vm: &mut Vm, source: &str, argument: Pin) -> dormouse_vm::Thread {
    let script = dormouse_vm::compile(source).expect("compiles");
    vm.enter(|frame| {
        frame.load("=main", &script, None).expect("loads");
        frame.push(Value::Pin(argument));
        frame.pop_tasklet(1)
    })
    .expect("starts")
}

#[test]
fn what_is_named_is_shared_and_not_copied() {
    for names in [Names::Local, Names::Portable] {
        let mut vm = world(0);
        let mut host = Printer::default();
        let counter = module(&mut vm, "counter", COUNTER);
        let source = "local C = ... local add, held = C.add, C.shared add(5) held.hits += 1 wait(1) print(add == C.add, held == C.shared, add(1), held.hits)";
        let thread = main_with(&mut vm, source, counter);
        assert_eq!(vm.resume(thread, &mut host, &[], &QUOTA), Outcome::Slept(1));
        let bytes = vm.capture(&[Root::Thread(thread)], options(names)).expect("captures");
        let copy = restore_one(&mut vm, &bytes);
        assert_eq!(vm.wake(copy, &mut host, 1, &QUOTA), Outcome::Returned);
        assert_eq!(vm.wake(thread, &mut host, 1, &QUOTA), Outcome::Returned);
        assert_eq!(host.lines, ["true true 6 1", "true true 7 1"]);
    }
}

#[test]
fn module_state_travels_with_a_whole_world() {
    let mut vm = world(0);
    let mut host = Printer::default();
    let counter = module(&mut vm, "counter", COUNTER);
    let thread = main_with(&mut vm, "local C = ... C.shared.hits = 9 C.shared[C] = 'key' C.run('me')", counter);
    assert_eq!(vm.resume(thread, &mut host, &[], &QUOTA), Outcome::Slept(1));
    assert_eq!(vm.wake(thread, &mut host, 1, &QUOTA), Outcome::Slept(1));
    let with_state = CaptureOptions { names: Names::Portable, state: true, movable: false };
    let bytes = vm.capture(&[Root::Thread(thread)], with_state).expect("captures");

    let mut other = world(6);
    let counter = module(&mut other, "counter", COUNTER);
    know(&mut other, "=main", "local C = ... C.shared.hits = 9 C.shared[C] = 'key' C.run('me')");
    let copy = restore_one(&mut other, &bytes);
    assert_eq!(other.wake(copy, &mut host, 1, &QUOTA), Outcome::Slept(1));
    let check = main_with(&mut other, "local C = ... print(C.log(), C.shared.hits, C.shared[C])", counter);
    assert_eq!(other.resume(check, &mut host, &[], &QUOTA), Outcome::Returned);
    assert_eq!(host.lines[..3], ["me 1", "me 2", "me 3"]);
    assert!(host.lines[3].starts_with("3 "), "{:?}", host.lines);
    assert!(host.lines[3].ends_with("9 key"), "{:?}", host.lines);
    let again = other.capture(&[Root::Thread(copy)], with_state).expect("captures");
    other.restore(&again).expect("restores over itself");
    // Without the option the module keeps what it has.
    let mut third = world(2);
    module(&mut third, "counter", COUNTER);
    know(&mut third, "=main", "local C = ... C.shared.hits = 9 C.shared[C] = 'key' C.run('me')");
    let plain = vm.capture(&[Root::Thread(thread)], options(Names::Portable)).expect("captures");
    let copy = restore_one(&mut third, &plain);
    host.lines.clear();
    assert_eq!(third.wake(copy, &mut host, 1, &QUOTA), Outcome::Slept(1));
    assert_eq!(host.lines, ["me 1"]);
}

const BEFORE: &str = "local function work(n)
    wait(n)
    return n * 2
end
print(work(3))";

#[test]
fn an_edit_elsewhere_changes_nothing() {
    let mut vm = world(0);
    let mut host = Printer::default();
    let thread = start(&mut vm, BEFORE);
    assert_eq!(vm.resume(thread, &mut host, &[], &QUOTA), Outcome::Slept(3));
    let bytes = vm.capture(&[Root::Thread(thread)], options(Names::Portable)).expect("captures");
    let mut other = world(1);
    let moved = format!("-- a comment\n\n\n{BEFORE}");
    know(&mut other, "=test", &moved);
    let copy = restore_one(&mut other, &bytes);
    assert_eq!(other.places(copy)[0].line, 5, "lines are the new script's");
    assert_eq!(other.wake(copy, &mut host, 3, &QUOTA), Outcome::Returned);
    assert_eq!(host.lines, ["6"]);
}

#[test]
fn a_changed_function_is_refused_by_name_and_the_old_source_helps() {
    let mut vm = world(0);
    let mut host = Printer::default();
    let idle = start(&mut vm, "wait(9)");
    let thread = start(&mut vm, BEFORE);
    for thread in [idle, thread] {
        vm.resume(thread, &mut host, &[], &QUOTA);
    }
    let bytes = vm.capture(&[Root::Thread(idle), Root::Thread(thread)], options(Names::Portable)).expect("captures");
    let mut other = world(1);
    know(&mut other, "=test", "wait(9)");
    know(&mut other, "=test", &BEFORE.replace("n * 2", "n * 3"));
    let before = other.tasklets();
    let Err(RestoreError::Lacking(missing)) = other.restore(&bytes) else { panic!("restores changed code") };
    assert_eq!(other.tasklets(), before);
    let told: Vec<_> = missing.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["test:1: its main function has changed or is gone", "test:1: work has changed or is gone"]);
    assert!(missing.iter().all(|missing| missing.roots == [1] && missing.kind == MissingKind::Function));
    assert_eq!(missing[1].script, dormouse_vm::ScriptHash::of(BEFORE));
    know(&mut other, "=test", BEFORE);
    let roots = other.restore(&bytes).expect("the old source is there");
    let [_, Root::Thread(copy)] = roots[..] else { panic!("two tasklets") };
    assert_eq!(other.wake(copy, &mut host, 3, &QUOTA), Outcome::Returned);
    assert_eq!(host.lines, ["6"]);
}

#[test]
fn an_old_frame_of_a_named_function_shares_the_new_ones_locals() {
    let module_source = |factor: u32| {
        format!(
            "local sum = 0 local M = {{}} function M.run() wait(1) sum += {factor} return sum end return table.freeze(M)"
        )
    };
    let main = "local M = ... print(M.run()) print(M.run())";
    let mut vm = world(0);
    let mut host = Printer::default();
    let old = module(&mut vm, "mod", &module_source(1));
    let thread = main_with(&mut vm, main, old);
    assert_eq!(vm.resume(thread, &mut host, &[], &QUOTA), Outcome::Slept(1));
    let bytes = vm.capture(&[Root::Thread(thread)], options(Names::Portable)).expect("captures");
    let mut other = world(0);
    module(&mut other, "mod", &module_source(10));
    know(&mut other, "=main", main);
    assert!(matches!(other.restore(&bytes), Err(RestoreError::Lacking(_))));
    know(&mut other, "=mod", &module_source(1));
    let copy = restore_one(&mut other, &bytes);
    assert_eq!(other.wake(copy, &mut host, 1, &QUOTA), Outcome::Slept(1));
    assert_eq!(other.wake(copy, &mut host, 1, &QUOTA), Outcome::Returned);
    assert_eq!(host.lines, ["1", "11"], "the old code ends, then the new one runs, on the same local");
}

#[test]
fn local_names_are_for_one_vm_and_follow_a_rewind() {
    let mut vm = world(0);
    let mut image = dormouse_vm::Image::default();
    vm.image_into(&mut image);
    module(&mut vm, "counter", COUNTER);
    let mut host = Printer::default();
    let thread = start(&mut vm, "wait(1)");
    vm.resume(thread, &mut host, &[], &QUOTA);
    let bytes = vm.capture(&[Root::Thread(thread)], options(Names::Local)).expect("captures");
    assert_eq!(world(0).restore(&bytes), Err(RestoreError::Foreign));
    vm.rewind(&image).expect("its own image");
    assert_eq!(vm.restore(&bytes), Err(RestoreError::Foreign));
    module(&mut vm, "counter", COUNTER);
    know(&mut vm, "=test", "wait(1)");
    restore_one(&mut vm, &bytes);
}
