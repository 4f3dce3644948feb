//! What can't be captured, and the way to it.

use dormouse_vm::{Names, Outcome, Root};

use crate::bench::{Printer, QUOTA, options, start, world};

#[test]
fn another_tasklets_coroutine_is_told_with_the_way_to_it() {
    let mut vm = world(0);
    let mut host = Printer::default();
    let other = start(&mut vm, "wait(1)");
    vm.resume(other, &mut host, &[], &QUOTA);
    let script = dormouse_vm::compile(
        "local function hold(...)\n    local hit = { deep = { 1, { field = ... } } }\n    wait(1)\nend\nhold(...)",
    );
    let thread = vm
        .enter(|frame| {
            frame.load("=test", &script.expect("compiles"), None).expect("loads");
            frame.push_thread(other);
            frame.pop_tasklet(1)
        })
        .expect("starts");
    vm.resume(thread, &mut host, &[], &QUOTA);
    let error = vm.capture(&[Root::Thread(thread)], options(Names::Local)).expect_err("refused");
    let what = "the coroutine of another tasklet; keep the task that `start` returned instead";
    assert_eq!(error.what, what);
    // Varargs lie nearer than the table.
    assert!(error.path.starts_with("main chunk:5 > argument 1") || error.path.contains("hold"), "{error}");
    vm.capture(&[Root::Thread(thread), Root::Thread(other)], options(Names::Local)).expect("both at once are fine");
}

#[test]
fn a_tasklet_that_has_ended_is_told() {
    let mut vm = world(0);
    let mut host = Printer::default();
    let thread = start(&mut vm, "return 1");
    assert_eq!(vm.resume(thread, &mut host, &[], &QUOTA), Outcome::Returned);
    let error = vm.capture(&[Root::Thread(thread)], options(Names::Local)).expect_err("refused");
    assert_eq!(error.to_string(), "the tasklet has ended");
    vm.retire(thread);
    let error = vm.capture(&[Root::Thread(thread)], options(Names::Local)).expect_err("refused");
    assert_eq!(error.to_string(), "the tasklet is gone");
}
