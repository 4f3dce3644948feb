//! The machine of Dormouse: a Luau VM whose whole heap is one block of bytes, so that it can be copied and rewound;
//! sandboxed and metered, so that no script can hurt another; driven by raw calls, so that a million coroutines cost
//! what they must and no more.
//!
//! It knows nothing of games: no actors, no ticks. Whoever embeds it gives it functions ([`Host`]) and decides when
//! which coroutine runs ([`Vm::resume`]). Suspended coroutines, like any value, can be put into bytes and made again
//! from them, here or in another process ([`Vm::capture`], [`Vm::restore`]).
//!
//! ```
//! use dormouse_vm::{compile, Config, Flow, Frame, Handle, Host, Outcome, Quota, Raise, Value, Vm};
//!
//! struct Loud(Vec<String>);
//!
//! impl Host for Loud {
//!     fn call(&mut self, _function: u32, frame: &mut Frame<'_>) -> Result<Flow, Raise> {
//!         self.0.push(frame.display(1));
//!         Ok(Flow::Return(0))
//!     }
//!     fn method(&mut self, _: u16, _: &mut Frame<'_>) -> Result<Flow, Raise> { Err("no methods here".into()) }
//!     fn field(&mut self, _: &mut Frame<'_>) -> Result<Flow, Raise> { Err("no fields here".into()) }
//!     fn describe(&mut self, handle: Handle) -> String { format!("{handle:?}") }
//! }
//!
//! let mut vm = Vm::new(&Config::default())?;
//! let script = compile("for i = 1, 2 do print(i) wait(10) end")?;
//! let thread = vm.enter(|frame| {
//!     frame.push_globals();
//!     frame.push_function(c"print", 0);
//!     frame.set(1, "print");
//!     frame.push_sleep();
//!     frame.set(1, "wait");
//!     frame.load("=example", &script, None).expect("fits the VM");
//!     frame.pop_tasklet(0)
//! })?;
//! let quota = Quota { time: 1_000_000, credit: dormouse_vm::MEASURE_EVERY, memory: 1 << 20 };
//! let mut host = Loud(Vec::new());
//! assert_eq!(vm.resume(thread, &mut host, &[], &quota), Outcome::Slept(10));
//! assert_eq!(vm.resume(thread, &mut host, &[Value::Number(10.0)], &quota), Outcome::Slept(10));
//! assert_eq!(vm.resume(thread, &mut host, &[Value::Number(10.0)], &quota), Outcome::Returned);
//! assert_eq!(host.0, ["1", "2"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod arena;
pub mod baseline;
mod callbacks;
pub mod capture;
mod charge;
mod compile;
mod coroutines;
mod fiber;
mod frame;
mod host;
mod image;
mod intercept;
mod measure;
mod meter;
mod native;
mod peek;
mod sandbox;
mod shape;
mod shim;
mod thread;
mod trace;
mod value;
mod vm;

pub use capture::{CaptureError, CaptureOptions, Missing, MissingKind, Names, RestoreError, Root};
pub use compile::{Bytecode, CompileError, MAX_SOURCE, ScriptHash, compile};
pub use fiber::{Body, Fiber, Stacks, Suspender};
pub use frame::{COPY_DEPTH, Frame};
pub use host::{Entry, Exit, Flow, Host, Raise};
pub use image::{ForeignImage, Image};
pub use measure::{Census, Measure};
pub use meter::{BYTES_PER_CREDIT, MEASURE_EVERY, Quota};
pub use native::TerminalKind;
pub use peek::{Code, Entries, FramePeek, Peek};
pub use shape::{FieldKind, Part, Shape};
pub use thread::Thread;
pub use trace::Place;
pub use value::{Handle, Kind, Pin, Value, Word};
pub use vm::{Config, Digest, Failure, Outcome, Vm, VmError};
