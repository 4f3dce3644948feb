//! Timing two things against each other: they take turns, so that what the machine does besides hits both alike; the
//! medians of many turns are compared.

use std::time::Instant;

/// How often each of the two is timed.
const TURNS: usize = 31;

/// Seconds that each of the two takes at its median turn, by turns, after a first turn that does not count.
pub fn side_by_side(mut one: impl FnMut(), mut other: impl FnMut()) -> (f64, f64) {
    one();
    other();
    let (mut ones, mut others) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        ones.push(timed(&mut one));
        others.push(timed(&mut other));
    }
    (median(ones), median(others))
}

/// Seconds that something takes.
pub fn timed(work: &mut impl FnMut()) -> f64 {
    let began = Instant::now();
    work();
    began.elapsed().as_secs_f64()
}

/// The middle one.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Nanoseconds a piece.
pub fn nanoseconds(seconds: f64, pieces: usize) -> f64 {
    seconds * 1e9 / pieces as f64
}
