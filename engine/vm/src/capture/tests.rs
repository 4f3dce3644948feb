//! A restore that runs out of memory, at every allocation that it makes: it leaves no trace.

use crate::host::{Flow, Host, Raise};
use crate::{
    CaptureOptions, Config, Frame, Handle, Names, Outcome, Pin, Quota, RestoreError, Root, Value, Vm, compile,
};

struct Nobody;

impl Host for Nobody {
    fn call(&mut self, _: u32, _: &mut Frame<'_>) -> Result<Flow, Raise> {
        Ok(Flow::Return(0))
    }
    fn method(&mut self, _: u16, _: &mut Frame<'_>) -> Result<Flow, Raise> {
        Ok(Flow::Return(0))
    }
    fn field(&mut self, _: &mut Frame<'_>) -> Result<Flow, Raise> {
        Ok(Flow::Return(0))
    }
    fn describe(&mut self, _: Handle) -> String {
        String::new()
    }
}

const QUOTA: Quota = Quota { time: 1 << 30, credit: 1 << 30, memory: 1 << 30 };

const MODULE: &str =
    "local kept = 1 local M = { log = {} } function M.add() kept += 1 table.insert(M.log, kept) return kept, #M.log end
    return table.freeze(M)";

const SCRIPT: &str = r#"
    local M = ...
    M.add()
    local keys = { [{}] = 1, [wait] = 2, [M] = 3, [2.5] = 4, word = "a string of its own" }
    local frozen = table.freeze({ __index = function() return keys end })
    local co = coroutine.wrap(function(...) local up = 1 local function f() up += 1 return up end coroutine.yield(f) wait(1) end)
    local f = co()
    local b = buffer.create(2000)
    -- Luau serves small blocks from pages: large ones, and many, ask the allocator itself.
    local many = {}
    for i = 1, 60 do
        many[i] = { table.create(100, i), string.rep("long" .. i, 300), coroutine.create(M.add), { [many] = i, [many[i - 1] or 0] = b } }
        local c = coroutine.create(function() local own = i many[i].up = function() own += 1 end coroutine.yield() end)
        coroutine.resume(c)
        many[c] = i
    end
    for k, v in keys do
        pcall(function(...) wait(1) end, k, v, setmetatable({}, frozen), table.create(40))
    end
    return f() + select('#', M.add()) + keys[M] + f()
"#;

fn world() -> (Vm, Pin) {
    let mut vm = Vm::new(&Config { heap_limit: 64 << 20, seed: 1 }).expect("a VM");
    vm.enter(|frame| {
        frame.push_globals();
        frame.push_sleep();
        frame.set(1, "wait");
    })
    .expect("opens");
    vm.seal().expect("seals");
    let code = compile(MODULE).expect("compiles");
    let thread =
        vm.enter(|frame| frame.load("=m", &code, None).map(|()| frame.pop_tasklet(0))).expect("fits").expect("loads");
    assert_eq!(vm.resume(thread, &mut Nobody, &[], &QUOTA), Outcome::Returned);
    let module = vm.take_results(thread).expect("results")[0].pin().expect("a table");
    vm.retire(thread);
    vm.name("m", module).expect("names");
    let code = compile(SCRIPT).expect("compiles");
    vm.enter(|frame| frame.load("=s", &code, None).map(|()| frame.pop(1))).expect("fits").expect("loads");
    (vm, module)
}

#[test]
fn a_restore_that_runs_out_of_memory_anywhere_leaves_no_trace() {
    let (mut vm, module) = world();
    let code = compile(SCRIPT).expect("compiles");
    let thread = vm
        .enter(|frame| {
            frame.load("=s", &code, None).expect("loads");
            frame.push(Value::Pin(module));
            frame.pop_tasklet(1)
        })
        .expect("fits");
    assert_eq!(vm.resume(thread, &mut Nobody, &[], &QUOTA), Outcome::Slept(1), "{:?}", vm.failure(thread));
    let options = CaptureOptions { names: Names::Portable, state: true, movable: false };
    let roots = [Root::Thread(thread), Root::Pin(module), Root::Pin(Pin::NIL)];
    let bytes = vm.capture(&roots, options).expect("captures");

    let (mut vm, module) = world();
    let trace = |vm: &mut Vm| {
        let hash = vm.digest(|digest| digest.pin(module));
        vm.collect_all();
        (hash, vm.tasklets(), vm.allocated())
    };
    // Strings that were made stay until they are collected, and the registry may have grown: once is enough of both.
    let warm = vm.restore(&bytes).expect("restores");
    for root in warm {
        match root {
            Root::Thread(thread) => vm.retire(thread),
            Root::Pin(pin) => vm.unpin(pin),
        }
    }
    let (mut failures, mut before) = (0, trace(&mut vm));
    loop {
        vm.native.meter.fail_after = Some(failures);
        let result = vm.restore(&bytes);
        vm.native.meter.fail_after = None;
        if result.is_ok() {
            break;
        }
        assert_eq!(result, Err(RestoreError::Full), "allocation {failures}");
        assert_eq!(trace(&mut vm), before, "allocation {failures}");
        failures += 1;
        before = trace(&mut vm);
    }
    assert!(failures > 100, "{failures} allocations");
    let copy = vm.capture(&[Root::Pin(module)], options).expect("captures");
    assert!(!copy.is_empty());
}
