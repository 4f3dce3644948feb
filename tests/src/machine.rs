//! One Luau program on a bare VM, as the corpus and the torture run it: it prints, and stops wherever it yields or
//! pauses, to be captured there and restored into another VM, whose heap is laid out by a seed.
//!
//! Beyond the sandboxed library a program has `print`, `handle(n)`, and `pause()`, which waits for the engine from
//! anywhere, also from within coroutines.

use dormouse_vm::{
    CaptureOptions, Config, Flow, Frame, Handle, Host, Kind, Outcome, Pin, Quota, Raise, RestoreError, Root, Thread,
    Value, Vm, compile,
};

/// The functions of the host, by number.
const FUNCTIONS: [(&str, &std::ffi::CStr); 7] = [
    ("", c"print"),
    ("", c"pause"),
    ("", c"handle"),
    ("", c"collectgarbage"),
    ("math", c"randomseed"),
    ("os", c"clock"),
    ("os", c"time"),
];

/// A test that does not end is a test that fails.
const QUOTA: Quota = Quota { time: 200_000_000, credit: 1 << 40, memory: 1 << 40 };

/// Where a program stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// At a yield or a pause.
    Asleep,
    /// At its end, or with an error (which is in its output).
    Over,
}

/// See the module's comment.
pub struct Machine {
    vm: Vm,
    thread: Thread,
    globals: Pin,
    lines: Lines,
}

/// What it printed, and at last the error that ended it.
#[derive(Default)]
struct Lines(String);

/// A program asleep.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Saved {
    /// The state of `math.random`.
    random: u64,
    /// The capture.
    bytes: Vec<u8>,
}

impl Machine {
    /// A program at its beginning. `name` is what errors show; `arguments` are its `...`.
    pub fn start(name: &str, source: &str, arguments: &[&str]) -> Machine {
        let (mut vm, main, globals) = prepare(name, source, 0);
        let thread = vm.enter(|frame| {
            frame.push(Value::Pin(main));
            for argument in arguments {
                frame.push_text(argument);
            }
            frame.pop_tasklet(arguments.len() as u32)
        });
        Machine { vm, thread: thread.expect("there is memory"), globals, lines: Lines::default() }
    }

    /// A program as it was saved, in a VM of its own. Different layouts put everything at different addresses.
    pub fn load(name: &str, source: &str, layout: u64, saved: &Saved) -> Result<Machine, RestoreError> {
        let (mut vm, main, globals) = prepare(name, source, layout);
        vm.unpin(main);
        let roots = vm.restore(&saved.bytes)?;
        let [Root::Thread(thread)] = roots[..] else { unreachable!("roots come back as they were") };
        vm.set_random_state(saved.random);
        Ok(Machine { vm, thread, globals, lines: Lines::default() })
    }

    /// Puts it into bytes, and goes on undisturbed.
    pub fn save(&mut self) -> Saved {
        let options = CaptureOptions { state: true, ..CaptureOptions::default() };
        let bytes = self.vm.capture(&[Root::Thread(self.thread)], options).unwrap_or_else(|error| panic!("{error}"));
        Saved { random: self.vm.random_state(), bytes }
    }

    /// Lets it run to its next pause or its end, collects all garbage, and gives what it printed meanwhile.
    pub fn step(&mut self) -> (Stop, String) {
        let stop = match self.vm.resume(self.thread, &mut self.lines, &[], &QUOTA) {
            Outcome::Yielded | Outcome::Parked => Stop::Asleep,
            Outcome::Returned => Stop::Over,
            _ => {
                let failure = self.vm.failure(self.thread);
                self.lines.0 += &format!("{}\n{}", failure.message, failure.traceback);
                Stop::Over
            }
        };
        self.vm.collect_all();
        (stop, std::mem::take(&mut self.lines.0))
    }

    /// Lets it run to its end.
    pub fn finish(&mut self) -> String {
        let mut all = String::new();
        loop {
            let (stop, lines) = self.step();
            all += &lines;
            if stop == Stop::Over {
                return all;
            }
        }
    }
}

/// A VM with the host's functions and the program loaded: its main function and the table of its globals.
fn prepare(name: &str, source: &str, layout: u64) -> (Vm, Pin, Pin) {
    let script = compile(source).unwrap_or_else(|error| panic!("{name}:{}: {error}", error.line));
    let mut vm = Vm::new(&Config { seed: 7, ..Config::default() }).expect("there is memory");
    scatter(&mut vm, layout);
    let main = vm.enter(|frame| {
        frame.push_globals();
        for (number, (library, name)) in FUNCTIONS.into_iter().enumerate() {
            if !library.is_empty() {
                frame.get(1, library);
            }
            let table = frame.len();
            frame.thaw(table);
            match number {
                0 => frame.push_printer(name, 0),
                number => frame.push_function(name, number as u32),
            }
            frame.set(table, &name.to_string_lossy());
            frame.set_len(1);
        }
    });
    main.expect("there is memory");
    scatter(&mut vm, layout.rotate_left(13));
    let loaded = vm.enter(|frame| {
        frame.push_table(0, 8);
        frame.push_copy(1);
        frame.set(1, "_G");
        frame.push_table(0, 1);
        frame.push_globals();
        frame.set(2, "__index");
        frame.freeze(2);
        frame.set_metatable(1);
        frame.set_safe(1);
        // Before the VM's globals are sealed: then the program may put its own in their place.
        frame.load(&format!("={name}"), &script, Some(1)).expect("it fits the VM");
        (frame.pop_pin(), frame.pop_pin())
    });
    let (main, globals) = loaded.expect("there is memory");
    vm.seal().expect("there is memory");
    // By its name it is the same table in every VM; what is in it is the program's state.
    vm.name("program", globals).expect("there is memory");
    scatter(&mut vm, layout.rotate_left(29));
    (vm, main, globals)
}

/// Allocates things of many sizes and lets most of them go, so that what comes next lies elsewhere, and scattered.
fn scatter(vm: &mut Vm, layout: u64) {
    if layout == 0 {
        return;
    }
    let mut random = crate::generator::Dice::new(layout);
    let made = vm.enter(|frame| {
        let mut pins = Vec::new();
        for _ in 0..100 + random.below(400) {
            match random.below(3) {
                0 => frame.push_table(random.below(40), random.below(20)),
                1 => frame.push_text(&"x".repeat(random.below(600))),
                _ => {
                    frame.push_table(0, 0);
                    frame.push_table(0, 2);
                    frame.set(frame.len() - 1, "inner");
                }
            }
            pins.push(frame.pop_pin());
        }
        pins
    });
    for pin in made.expect("there is memory") {
        if random.below(4) != 0 {
            vm.unpin(pin);
        }
    }
    vm.collect_all();
}

impl Host for Lines {
    fn call(&mut self, function: u32, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
        match function {
            0 => {
                self.0 += &String::from_utf8_lossy(&frame.bytes(1).unwrap_or_default());
                self.0.push('\n');
                return Ok(Flow::Return(0));
            }
            1 => {
                frame.can_wait()?;
                return Ok(Flow::Suspend);
            }
            2 => {
                let bits = frame.number(1).unwrap_or_default() as u64;
                frame.push(Value::Handle(Handle { tag: 3, bits }));
            }
            3 => {
                frame.collect_all();
                frame.push(Value::Number(0.0));
            }
            4 => {
                frame.seed_random(frame.number(1).unwrap_or_default().to_bits());
                return Ok(Flow::Return(0));
            }
            5 => frame.push(Value::Number(0.5)),
            _ => {
                // One date is all that the cases ask for.
                let year = frame.get(1, "year") == Kind::Number;
                frame.push(Value::Number(if year { 946_684_800.0 } else { 1e9 }));
            }
        }
        Ok(Flow::Return(1))
    }

    fn method(&mut self, _: u16, _: &mut Frame<'_>) -> Result<Flow, Raise> {
        Err("handles have no methods here".into())
    }

    fn field(&mut self, _: &mut Frame<'_>) -> Result<Flow, Raise> {
        Err("handles have no fields here".into())
    }

    fn describe(&mut self, handle: Handle) -> String {
        format!("handle {}", handle.bits)
    }
}

// ---- negative controls -----------------------------------------------------------------------------------------

/// What a restored program is made to suffer, to see that somebody notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// Tables have their entries in another order.
    Reorder,
    /// Metatables are lost.
    DropMetatables,
    /// Nothing is frozen any more.
    Thaw,
    /// Where a table is shared, each that shares it has a copy.
    CopyShared,
    /// `math.random` begins anew.
    ForgetRandom,
}

impl Sabotage {
    /// All of them.
    pub const ALL: [Sabotage; 5] =
        [Sabotage::Reorder, Sabotage::DropMetatables, Sabotage::Thaw, Sabotage::CopyShared, Sabotage::ForgetRandom];
}

impl Machine {
    /// Damages what the program's globals lead to.
    pub fn sabotage(&mut self, how: Sabotage) {
        if how == Sabotage::ForgetRandom {
            self.vm.set_random_state(1);
            return;
        }
        let globals = self.globals;
        self.vm
            .enter(|frame| {
                let mut tables = vec![globals];
                let mut next = 0;
                while next < tables.len() {
                    damage(frame, &mut tables, next, how);
                    next += 1;
                }
                for pin in &tables[1..] {
                    frame.unpin(*pin);
                }
            })
            .expect("there is memory");
    }
}

/// Tables that are damaged at most: some programs have fifty thousand.
const MOST_DAMAGED: usize = 30;

/// Damages one table, and adds those in it that are not in the list yet.
fn damage(frame: &mut Frame<'_>, tables: &mut Vec<Pin>, at: usize, how: Sabotage) {
    frame.set_len(0);
    frame.push(Value::Pin(tables[at]));
    let mut keys = Vec::new();
    let _ = frame.entries(1, |frame| {
        let (key, value) = (frame.len() - 1, frame.len());
        if frame.kind(value) == Kind::Table && frame.text(key).as_deref() != Some("_G") {
            keys.push((frame.pin(key), frame.pin(value)));
        }
        Ok::<(), ()>(())
    });
    for (key, value) in keys {
        frame.set_len(1);
        frame.push(Value::Pin(value));
        let known = tables.iter().any(|pin| {
            frame.push(Value::Pin(*pin));
            let same = frame.same(2, 3);
            frame.pop(1);
            same
        });
        if known && how == Sabotage::CopyShared && at > 0 {
            frame.push(Value::Pin(key));
            shallow_copy(frame, 2);
            frame.set_entry(1);
        }
        frame.unpin(key);
        if known || tables.len() == MOST_DAMAGED { frame.unpin(value) } else { tables.push(value) }
    }
    frame.set_len(1);
    if how == Sabotage::Thaw {
        frame.thaw(1);
    }
    if at == 0 || frame.is_frozen(1) {
        return;
    }
    match how {
        Sabotage::DropMetatables => {
            frame.push(Value::Nil);
            frame.set_metatable(1);
        }
        Sabotage::Reorder => {
            // A larger table has its keys in other slots, and keeps its size.
            for number in 0..300 {
                frame.push(Value::Bool(true));
                frame.set(1, &format!("reorder {number}"));
            }
            for number in 0..300 {
                frame.push(Value::Nil);
                frame.set(1, &format!("reorder {number}"));
            }
        }
        _ => {}
    }
}

fn shallow_copy(frame: &mut Frame<'_>, table: u32) {
    frame.push_table(0, 0);
    let copy = frame.len();
    let _ = frame.entries(table, |frame| {
        let (key, value) = (frame.len() - 1, frame.len());
        frame.push_copy(key);
        frame.push_copy(value);
        frame.set_entry(copy);
        Ok::<(), ()>(())
    });
}
