//! Timing two things against each other, on a machine that does other things besides.
//!
//! They take turns, so that what the machine is like at the moment hits both alike. What is counted is the time that
//! this thread spent on a processor, so that others' work is not. What noise is left only ever adds, so each is told
//! by the turn at its fastest quarter: not the fastest, since a turn may miss its share of garbage collection.

use std::error::Error;

use rustix::time::{ClockId, clock_gettime};

/// How often each of the two is timed.
const TURNS: usize = 40;

/// What a benchmark ends with when what it measures did not happen.
pub type Done = Result<(), Box<dyn Error>>;

/// Seconds that each of the two takes at a turn, after a first turn of each that does not count.
pub fn side_by_side(
    mut one: impl FnMut() -> Done,
    mut other: impl FnMut() -> Done,
) -> Result<(f64, f64), Box<dyn Error>> {
    from_the_same(&mut (), |()| Ok(()), |()| one(), |()| other())
}

/// As [`side_by_side`], of work on a subject that is put back to its beginning before each turn, which is not timed.
pub fn from_the_same<T>(
    subject: &mut T,
    mut begin: impl FnMut(&mut T) -> Done,
    mut one: impl FnMut(&mut T) -> Done,
    mut other: impl FnMut(&mut T) -> Done,
) -> Result<(f64, f64), Box<dyn Error>> {
    one(subject)?;
    other(subject)?;
    let (mut ones, mut others) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        begin(subject)?;
        ones.push(timed(&mut || one(subject))?);
        begin(subject)?;
        others.push(timed(&mut || other(subject))?);
    }
    Ok((fast_quarter(ones), fast_quarter(others)))
}

/// Seconds of processor time that something takes.
pub fn timed(work: &mut impl FnMut() -> Done) -> Result<f64, Box<dyn Error>> {
    let began = processor_time();
    work()?;
    Ok(processor_time() - began)
}

/// Seconds that this thread has spent on a processor.
pub fn processor_time() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}

/// The value that a quarter of them are below.
fn fast_quarter(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 4]
}

/// Nanoseconds a piece.
pub fn nanoseconds(seconds: f64, pieces: usize) -> f64 {
    seconds * 1e9 / pieces as f64
}

/// Fails the benchmark when what was counted is not what the figure is about.
pub fn expect(what: &str, got: u64, wanted: u64) -> Done {
    if got == wanted {
        return Ok(());
    }
    Err(format!("the benchmark did not do its work: {what}: {got}, not {wanted}").into())
}
