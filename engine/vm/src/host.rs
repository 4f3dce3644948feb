//! What the VM asks of whoever embeds it: the functions that scripts call, and the answers the meter needs.

use crate::frame::Frame;
use crate::measure::Measure;
use crate::meter::MEASURE_EVERY;
use crate::value::{Handle, Pin};

/// What a host function wants to happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Return this many values from the top of the frame.
    Return(u32),
    /// Suspend the tasklet until the host resumes it; what it is resumed with is what the call returns.
    /// Only where [`Frame::can_wait`] said yes.
    Suspend,
}

/// An error on its way into the script that called.
#[derive(Clone, Debug, PartialEq)]
pub enum Raise {
    /// A sentence; the place in the script is put before it.
    Message(String),
    /// Any value, raised as it is. The pin is used up.
    Value(Pin),
    /// The terminal error that is unwinding the tasklet already (a wait during its `finally`).
    Again,
}

impl<T: Into<String>> From<T> for Raise {
    fn from(message: T) -> Self {
        Raise::Message(message.into())
    }
}

/// What to do with an intercepted call. See [`Frame::intercept`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Run the original; the token comes back when it ends.
    Run(u32),
    /// Suspend, and ask again when resumed.
    Retry,
    /// Suspend until another call of the same function ends. The tasklet is to be resumed with one value: a table
    /// `{ n = count, ... }` of what the call returns.
    Join,
}

impl Entry {
    /// The frame's first argument of the call.
    pub const ARGUMENTS: u32 = 4;
}

/// How an intercepted call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It returned.
    Returned,
    /// An error left it; its value is on top of the frame.
    Raised,
    /// A terminal error (cancellation, budget) left it.
    Unwound,
}

impl Exit {
    /// The frame's first result of the call.
    pub const RESULTS: u32 = 3;
}

/// The engine's side of the VM. All calls come from within [`Vm::resume`](crate::Vm::resume) and its like.
pub trait Host {
    /// A script called the host function that was defined with this number.
    fn call(&mut self, function: u32, frame: &mut Frame<'_>) -> Result<Flow, Raise>;

    /// A script called `handle:name(...)`. The handle is value 1 of the frame, the arguments follow. The name is the
    /// one with this number among [`Frame::method_name`]s.
    fn method(&mut self, name: u16, frame: &mut Frame<'_>) -> Result<Flow, Raise>;

    /// A script read `handle.name`, or (with a third value in the frame) set it.
    fn field(&mut self, frame: &mut Frame<'_>) -> Result<Flow, Raise>;

    /// The text that `tostring` gives for a handle.
    fn describe(&mut self, handle: Handle) -> String;

    /// An intercepted function is called: its arguments are the values of the frame from [`Entry::ARGUMENTS`] on. Asked
    /// once more after each [`Entry::Retry`]. Unless the host says otherwise all are let in.
    fn enter(&mut self, _interceptor: u32, _frame: &mut Frame<'_>) -> Result<Entry, Raise> {
        Ok(Entry::Run(0))
    }

    /// An intercepted call that [`Entry::Run`] let in ended. Its results are the values of the frame from
    /// [`Exit::RESULTS`] on; the error that left it is the last one.
    /// A function that is returned (pinned for this use) is called once; it can't wait.
    fn leave(&mut self, _token: u32, _exit: Exit, _frame: &mut Frame<'_>) -> Option<Pin> {
        None
    }

    /// So many bytes is what the running actor holds. The answer is after how many interrupts it is measured again; an
    /// error ends the tasklet with a budget error of that text. Unless the host says otherwise nobody holds too much.
    fn measured(&mut self, _held: u64) -> Result<i64, String> {
        Ok(MEASURE_EVERY)
    }

    /// The meter wants to know what the running actor holds: name its roots. Unless the host does, nothing is held
    /// against anybody.
    fn measure(&mut self, _measure: &mut Measure<'_>) {}
}
