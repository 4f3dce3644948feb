//! A workbench: worlds that print, scripts that wait, and a run that is captured and restored at each wait.

use dormouse_vm::{
    CaptureOptions, Config, Entry, Exit, Flow, Frame, Handle, Host, Names, Outcome, Pin, Quota, Raise, Root, Thread,
    Value, Vm, compile,
};

pub const QUOTA: Quota = Quota { time: 100_000_000, credit: 1 << 30, memory: 1 << 30 };

/// `print(...)` is function 0, `park()` function 1.
#[derive(Default)]
pub struct Printer {
    pub lines: Vec<String>,
    token: u32,
}

impl Host for Printer {
    fn call(&mut self, function: u32, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        if function == 1 {
            frame.can_wait()?;
            return Ok(Flow::Suspend);
        }
        let words: Vec<_> = (1..=frame.len()).map(|at| frame.display(at)).collect();
        self.lines.push(words.join(" "));
        Ok(Flow::Return(0))
    }

    fn method(&mut self, name: u16, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        frame.can_wait()?;
        let name = frame.method_name(name);
        self.lines.push(format!("{}:{name}", frame.handle(1).map_or(0, |handle| handle.bits)));
        Ok(Flow::Suspend)
    }

    fn field(&mut self, _: &mut Frame<'_>) -> Result<Flow, Raise> {
        Err("no fields".into())
    }

    fn describe(&mut self, handle: Handle) -> String {
        format!("handle {}", handle.bits)
    }

    fn enter(&mut self, _: u32, _: &mut Frame<'_>) -> Result<Entry, Raise> {
        self.token += 1;
        Ok(Entry::Run(self.token))
    }

    fn leave(&mut self, _: u32, exit: Exit, _: &mut Frame<'_>) -> Option<Pin> {
        self.lines.push(format!("left: {exit:?}"));
        None
    }
}

/// A sealed VM with a table that is known by its name. `ballast` moves everything that is made later to other addresses.
pub fn world(ballast: usize) -> Vm {
    let mut vm = Vm::new(&Config { heap_limit: 1 << 30, seed: 7 }).expect("a VM");
    let shared = vm.enter(|frame| {
        frame.push_globals();
        frame.push_table(0, 0);
        let shared = frame.pin(2);
        frame.set(1, "shared");
        frame.push_function(c"print", 0);
        frame.set(1, "print");
        frame.push_function(c"park", 1);
        frame.set(1, "park");
        frame.push_sleep();
        frame.set(1, "wait");
        frame.push_protected();
        frame.set(1, "protected");
        for at in 0..ballast {
            frame.push_table(at % 7, at % 5);
            frame.pop_pin();
        }
        shared
    });
    let shared = shared.expect("opens");
    vm.seal().expect("seals");
    vm.enter(|frame| {
        frame.push(Value::Pin(shared));
        frame.thaw(1);
    })
    .expect("thaws");
    vm.name("shared", shared).expect("names");
    vm
}

/// A tasklet that will run the script.
pub fn start(vm: &mut Vm, source: &str) -> Thread {
    let script = compile(source).unwrap_or_else(|error| panic!("{error} in\n{source}"));
    vm.enter(|frame| {
        frame.load("=test", &script, None).expect("loads");
        frame.pop_tasklet(0)
    })
    .expect("starts")
}

/// Makes the script known without running it.
pub fn know(vm: &mut Vm, name: &str, source: &str) {
    let script = compile(source).unwrap_or_else(|error| panic!("{error} in\n{source}"));
    vm.enter(|frame| {
        frame.load(name, &script, None).expect("loads");
        frame.pop(1);
    })
    .expect("loads");
}

pub fn go_on(vm: &mut Vm, thread: Thread, host: &mut Printer, outcome: Option<Outcome>) -> Outcome {
    match outcome {
        None => vm.resume(thread, host, &[], &QUOTA),
        Some(Outcome::Slept(ticks)) => vm.wake(thread, host, ticks, &QUOTA),
        Some(Outcome::Parked) => vm.resume(thread, host, &[Value::Number(5.0)], &QUOTA),
        Some(Outcome::Yielded) => vm.resume(thread, host, &[], &QUOTA),
        Some(other) => panic!("went on after {other:?}"),
    }
}

fn is_over(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Returned | Outcome::Failed | Outcome::Unwound(_))
}

fn end(vm: &mut Vm, thread: Thread, host: &mut Printer, outcome: Outcome) {
    if outcome != Outcome::Returned {
        let failure = vm.failure(thread);
        host.lines.push(format!("{outcome:?}: {}\n{}", failure.message, failure.traceback));
    }
}

/// What the script prints when nothing is done to it.
pub fn straight(source: &str) -> Vec<String> {
    let mut vm = world(0);
    let mut host = Printer::default();
    let thread = start(&mut vm, source);
    let mut outcome = go_on(&mut vm, thread, &mut host, None);
    while !is_over(outcome) {
        outcome = go_on(&mut vm, thread, &mut host, Some(outcome));
    }
    end(&mut vm, thread, &mut host, outcome);
    host.lines
}

pub fn restore_one(vm: &mut Vm, bytes: &[u8]) -> Thread {
    let roots = vm.restore(bytes).unwrap_or_else(|error| panic!("{error}"));
    let [Root::Thread(thread)] = roots[..] else { panic!("one tasklet was captured") };
    thread
}

pub fn options(names: Names) -> CaptureOptions {
    CaptureOptions { names, state: false, movable: false }
}

/// What it prints when it is captured at each wait, and goes on in a new VM from there; and the largest capture.
pub fn carried(source: &str) -> (Vec<String>, Vec<u8>) {
    let mut vm = world(0);
    let mut host = Printer::default();
    let mut thread = start(&mut vm, source);
    let mut outcome = go_on(&mut vm, thread, &mut host, None);
    let mut largest = Vec::new();
    let mut moves = 0;
    while !is_over(outcome) {
        let hash = vm.digest(|digest| digest.thread(thread));
        let bytes =
            vm.capture(&[Root::Thread(thread)], options(Names::Portable)).unwrap_or_else(|error| panic!("{error}"));
        moves += 1;
        let mut other = world(moves * 13);
        know(&mut other, "=test", source);
        thread = restore_one(&mut other, &bytes);
        let again = other.capture(&[Root::Thread(thread)], options(Names::Portable)).expect("captures again");
        assert_eq!(bytes, again, "a capture of what was restored differs, at wait {moves} of\n{source}");
        assert_eq!(hash, other.digest(|digest| digest.thread(thread)), "the hash differs at wait {moves} of\n{source}");
        other.collect_all();
        vm = other;
        if bytes.len() > largest.len() {
            largest = bytes;
        }
        outcome = go_on(&mut vm, thread, &mut host, Some(outcome));
    }
    end(&mut vm, thread, &mut host, outcome);
    (host.lines, largest)
}

/// As [`carried`], but in the same VM, by local names, while the original goes on too.
pub fn doubled(source: &str) -> Vec<String> {
    let mut vm = world(0);
    let (mut host, mut echo) = (Printer::default(), Printer::default());
    let mut thread = start(&mut vm, source);
    let mut outcome = go_on(&mut vm, thread, &mut host, None);
    echo.lines.clone_from(&host.lines);
    while !is_over(outcome) {
        let bytes = vm.capture(&[Root::Thread(thread)], options(Names::Local)).expect("captures");
        let copy = restore_one(&mut vm, &bytes);
        let waited = outcome;
        outcome = go_on(&mut vm, thread, &mut host, Some(waited));
        echo.token = 0;
        let copied = go_on(&mut vm, copy, &mut echo, Some(waited));
        assert_eq!(outcome, copied, "original and copy part ways in\n{source}");
        if is_over(outcome) {
            end(&mut vm, thread, &mut host, outcome);
            end(&mut vm, copy, &mut echo, copied);
            break;
        }
        vm.collect_all();
        thread = copy;
    }
    assert_eq!(host.lines, echo.lines, "original and copy differ in\n{source}");
    host.lines
}

/// The script prints the same straight, carried from VM to VM, and next to its copy.
#[track_caller]
pub fn same(source: &str) {
    let expected = straight(source);
    assert!(!expected.is_empty(), "the script prints something");
    let (lines, _) = carried(source);
    assert_eq!(lines, expected, "carried, in\n{source}");
    assert_eq!(doubled(source), expected, "doubled, in\n{source}");
}
