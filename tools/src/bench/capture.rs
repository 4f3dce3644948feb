//! Actors to bytes and back: one alone, and ten thousand at once, each with one frame, three tables and a string; next to
//! postcard writing and reading the same fields from a Rust struct, which knows what it will find.

use std::error::Error;

use dormouse_vm::{
    CaptureOptions, Config, Flow, Frame, Handle, Host, Names, Outcome, Quota, Raise, Root, Thread, Value, Vm, compile,
};
use serde::{Deserialize, Serialize};

use super::Row;
use super::measure::{from_the_same, nanoseconds, side_by_side};

const MANY: usize = 10_000;
const ROUNDS: usize = 1_000;

const CLASS: &str = r#"
    local Guard = {}
    Guard.__index = Guard
    function Guard.run(number)
        local self = setmetatable({
            name = "guard_" .. number,
            position = { x = number * 1.5, y = number % 100 },
            carries = { "lamp", "keys", number },
        }, Guard)
        while true do
            wait(60)
            self.position.x += 1
        end
    end
    return table.freeze(Guard)
"#;

#[derive(Serialize, Deserialize)]
struct Guard {
    name: String,
    position: (f64, f64),
    carries: (String, String, f64),
    waits: u32,
}

struct Nobody;

impl Host for Nobody {
    fn call(&mut self, _: u32, _: &mut Frame<'_>) -> Result<Flow, Raise> {
        Err("no functions".into())
    }
    fn method(&mut self, _: u16, _: &mut Frame<'_>) -> Result<Flow, Raise> {
        Err("no methods".into())
    }
    fn field(&mut self, _: &mut Frame<'_>) -> Result<Flow, Raise> {
        Err("no fields".into())
    }
    fn describe(&mut self, handle: Handle) -> String {
        format!("{handle:?}")
    }
}

/// A VM with so many guards asleep.
fn guards(count: usize) -> Result<(Vm, Vec<Root>), Box<dyn Error>> {
    let quota = Quota { time: 1 << 40, credit: 1 << 40, memory: 1 << 40 };
    let mut vm = Vm::new(&Config::default())?;
    vm.enter(|frame| {
        frame.push_globals();
        frame.push_sleep();
        frame.set(1, "wait");
    })?;
    vm.seal()?;
    let script = compile(CLASS)?;
    let thread: Thread = vm.enter(|frame| {
        frame.load("=guard", &script, None)?;
        Ok::<_, String>(frame.pop_tasklet(0))
    })??;
    vm.resume(thread, &mut Nobody, &[], &quota);
    let class = vm.take_results(thread)?[0].pin().ok_or("the class is a table")?;
    vm.retire(thread);
    vm.name("class Guard", class)?;
    let mut roots = Vec::with_capacity(count);
    for number in 0..count {
        let thread = vm.enter(|frame| {
            frame.push(Value::Pin(class));
            frame.get(1, "run");
            frame.push(Value::Number(number as f64));
            frame.pop_tasklet(1)
        })?;
        if vm.resume(thread, &mut Nobody, &[], &quota) != Outcome::Slept(60) {
            return Err(vm.failure(thread).message.into());
        }
        roots.push(Root::Thread(thread));
    }
    Ok((vm, roots))
}

fn plain(count: usize) -> Vec<Guard> {
    let guard = |number: usize| Guard {
        name: format!("guard_{number}"),
        position: (number as f64 * 1.5, (number % 100) as f64),
        carries: ("lamp".into(), "keys".into(), number as f64),
        waits: 60,
    };
    (0..count).map(guard).collect()
}

const LOCAL: CaptureOptions = CaptureOptions { names: Names::Local, state: false, movable: false };
const PORTABLE: CaptureOptions = CaptureOptions { names: Names::Portable, state: false, movable: false };

pub fn capture() -> Result<Vec<Row>, Box<dyn Error>> {
    let mut rows = Vec::new();
    for (count, rounds, name) in [(1, ROUNDS, "one actor"), (MANY, 1, "10,000 actors, each")] {
        let (mut vm, roots) = guards(count)?;
        let structs = plain(count);
        for (options, how) in [(LOCAL, "in the process"), (PORTABLE, "portable")] {
            let (mut bytes, mut written) = (Vec::new(), Vec::new());
            let (ours, theirs) = side_by_side(
                || {
                    for _ in 0..rounds {
                        bytes.clear();
                        vm.capture_into(&roots, options, &mut bytes).expect("guards can be captured");
                    }
                    Ok(())
                },
                || {
                    for _ in 0..rounds {
                        written.clear();
                        written = postcard::to_extend(&structs, std::mem::take(&mut written)).expect("plain data");
                    }
                    Ok(())
                },
            )?;
            let (ours, theirs) = (nanoseconds(ours, rounds * count), nanoseconds(theirs, rounds * count));
            let (size, plain) = (bytes.len() as f64 / count as f64, written.len() as f64 / count as f64);
            rows.push(Row::new(format!("capture, {name}, {how}"), ours, "ns", "postcard of a struct", theirs));
            rows.push(Row::new(format!("capture, {name}, {how}"), size, "B", "postcard of a struct", plain));
        }
    }
    Ok(rows)
}

pub fn restore() -> Result<Vec<Row>, Box<dyn Error>> {
    let mut rows = Vec::new();
    for (count, rounds, name) in [(1, ROUNDS, "one actor"), (MANY, 1, "10,000 actors, each")] {
        let (mut vm, roots) = guards(count)?;
        let written = postcard::to_stdvec(&plain(count))?;
        for (options, how) in [(LOCAL, "in the process"), (PORTABLE, "portable")] {
            let bytes = vm.capture(&roots, options)?;
            let mut image = dormouse_vm::Image::default();
            vm.image_into(&mut image);
            // Each turn begins with the same heap: what earlier ones restored does not make it grow.
            let (ours, theirs) = from_the_same(
                &mut vm,
                |vm| Ok(vm.rewind(&image)?),
                |vm| {
                    for _ in 0..rounds {
                        vm.restore(&bytes).expect("its own capture");
                    }
                    Ok(())
                },
                |_| {
                    for _ in 0..rounds {
                        let read: Vec<Guard> = postcard::from_bytes(&written).expect("its own bytes");
                        std::hint::black_box(read);
                    }
                    Ok(())
                },
            )?;
            vm.rewind(&image)?;
            let (ours, theirs) = (nanoseconds(ours, rounds * count), nanoseconds(theirs, rounds * count));
            rows.push(Row::new(format!("restore, {name}, {how}"), ours, "ns", "postcard of a struct", theirs));
        }
    }
    Ok(rows)
}
