//! Fibers: native tasklets, each on a stack of its own.
//!
//! A native stack can't be copied or saved, so what must survive is state that the author hands over at every wait:
//! `wait(&mut state, ...)`. While the fiber is suspended in that call the exclusive borrow lies with the suspension, and
//! the engine may read the state through it; after a rewind or a load the fiber starts anew with the state it had.

use std::ptr::NonNull;

use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult, Yielder};

/// Bytes of a native tasklet's stack; pages are taken as they are touched.
const STACK_SIZE: usize = 64 << 10;
/// Finished stacks kept for the next fibers.
const STACKS_KEPT: usize = 1024;

/// Runs a fiber's body: takes its state, and waits by way of the [`Suspender`].
pub type Body<S, In, Out> = fn(&mut S, &mut Suspender<'_, S, In, Out>);

/// What a suspended fiber left with the engine.
struct Parting<S, Out> {
    /// None for a question that is answered at once.
    state: Option<NonNull<S>>,
    out: Out,
}

/// The fiber's end of the line.
pub struct Suspender<'y, S, In, Out> {
    yielder: &'y Yielder<In, Parting<S, Out>>,
}

impl<S, In, Out> Suspender<'_, S, In, Out> {
    /// Suspends the fiber. `state` is what it will be restarted with, should it never come back here.
    pub fn wait(&mut self, state: &mut S, out: Out) -> In {
        self.yielder.suspend(Parting { state: Some(NonNull::from(state)), out })
    }

    /// The same end of the line, for a shorter time.
    pub fn reborrow(&mut self) -> Suspender<'_, S, In, Out> {
        Suspender { yielder: self.yielder }
    }

    /// Asks the engine something that it answers at once. No state is handed over: a fiber can't be left in here.
    pub fn ask(&mut self, out: Out) -> In {
        self.yielder.suspend(Parting { state: None, out })
    }
}

enum Phase<S, In, Out> {
    /// Not started, or to be started again.
    Fresh(Box<S>),
    /// Suspended in a wait, with its state lent to us; or in a question, without.
    Suspended(Coroutine<In, Parting<S, Out>, (), DefaultStack>, Option<NonNull<S>>),
    Over,
}

/// A native tasklet.
pub struct Fiber<S: 'static, In: 'static, Out: 'static> {
    phase: Phase<S, In, Out>,
    body: Body<S, In, Out>,
}

/// Stacks of finished fibers, to be used again: mapping one costs more than running most fibers.
#[derive(Default)]
pub struct Stacks(Vec<DefaultStack>);

// SAFETY: a suspended fiber owns everything on its stack; `S`, `In` and `Out` are `Send`, and what else the body keeps
// on its stack across a wait is what `NativeActor` implementors promise by being `Send` state machines: the public
// trait says so.
unsafe impl<S: Send, In: Send, Out: Send> Send for Fiber<S, In, Out> {}

impl<S: 'static, In: 'static, Out: 'static> Fiber<S, In, Out> {
    /// A fiber that has not run yet. Cost: none until it runs.
    pub fn new(state: S, body: Body<S, In, Out>) -> Self {
        Fiber { phase: Phase::Fresh(Box::new(state)), body }
    }

    /// The state: before it runs, and while it waits. `None` when it is over, or in the middle of a question.
    pub fn state(&self) -> Option<&S> {
        match &self.phase {
            Phase::Fresh(state) => Some(state),
            // SAFETY: the fiber is suspended inside `wait(&mut state)`: that borrow is alive and used by nobody, and
            // it can't be used again before `resume`, which needs `&mut self`.
            Phase::Suspended(_, state) => state.as_ref().map(|state| unsafe { state.as_ref() }),
            Phase::Over => None,
        }
    }

    /// Runs the fiber until it waits (`Some`) or ends (`None`).
    pub fn resume(&mut self, stacks: &mut Stacks, input: In) -> Option<Out> {
        let mut coroutine = match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Fresh(mut state) => {
                let stack = stacks.0.pop().unwrap_or_else(|| {
                    DefaultStack::new(STACK_SIZE).expect("the system has address space for another stack")
                });
                let body = self.body;
                Coroutine::with_stack(stack, move |yielder, _first: In| {
                    body(&mut state, &mut Suspender { yielder });
                })
            }
            Phase::Suspended(coroutine, _) => coroutine,
            Phase::Over => return None,
        };
        match coroutine.resume(input) {
            CoroutineResult::Yield(Parting { state, out }) => {
                self.phase = Phase::Suspended(coroutine, state);
                Some(out)
            }
            CoroutineResult::Return(()) => {
                if stacks.0.len() < STACKS_KEPT {
                    stacks.0.push(coroutine.into_stack());
                }
                None
            }
        }
    }
}
