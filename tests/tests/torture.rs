//! Random programs, each run straight through and with a capture at every pause: they print the same. A seed makes its
//! program again; `DORMOUSE_TORTURE=10000` runs that many programs, `DORMOUSE_TORTURE_SEED=7` begins with that one.

use std::panic::{AssertUnwindSafe, catch_unwind};

use dormouse_tests::generator::{Dice, Program};
use dormouse_tests::machine::{Machine, Saved, Stop};

const NAME: &str = "torture.luau";

/// Programs that run without being asked for more.
const SLICE: u64 = 40;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name} is not a number")))
}

/// How a program went.
#[derive(Default)]
struct Run {
    printed: String,
    pauses: usize,
}

/// Straight through.
fn straight(source: &str) -> Run {
    let mut machine = Machine::start(NAME, source, &[]);
    let mut run = Run::default();
    loop {
        let (stop, lines) = machine.step();
        run.printed += &lines;
        if stop == Stop::Over {
            return run;
        }
        run.pauses += 1;
    }
}

fn load(source: &str, layout: u64, saved: &Saved) -> Result<Machine, String> {
    Machine::load(NAME, source, layout, saved).map_err(|error| error.to_string())
}

/// From one VM to the next at every pause.
fn hopping(source: &str, seed: u64) -> Result<String, String> {
    let mut machine = Machine::start(NAME, source, &[]);
    let mut printed = String::new();
    for hop in 1.. {
        let (stop, lines) = machine.step();
        printed += &lines;
        if stop == Stop::Over {
            break;
        }
        let saved = machine.save();
        machine = load(source, seed.wrapping_mul(31).wrapping_add(hop), &saved)?;
        if machine.save() != saved {
            return Err(format!("restored at pause {hop}, it is captured to other bytes"));
        }
    }
    Ok(printed)
}

/// Saved at one pause, after which the original goes on, and then the copy.
fn parting(source: &str, at: usize, layout: u64) -> Result<[String; 2], String> {
    let mut original = Machine::start(NAME, source, &[]);
    let mut printed = String::new();
    for _ in 0..at {
        printed += &original.step().1;
    }
    let saved = original.save();
    let went_on = printed.clone() + &original.finish();
    Ok([went_on, printed + &load(source, layout, &saved)?.finish()])
}

/// What is wrong with a program, if anything is.
fn verdict(source: &str, seed: u64) -> Result<usize, String> {
    let run = straight(source);
    let same = |what: &str, printed: &str| {
        if printed == run.printed {
            return Ok(());
        }
        let differs = run.printed.lines().zip(printed.lines()).position(|(a, b)| a != b);
        let line = |text: &str| differs.and_then(|at| text.lines().nth(at)).unwrap_or("(its end)").to_owned();
        Err(format!("{what} prints `{}`, straight through it is `{}`", line(printed), line(&run.printed)))
    };
    same("from VM to VM, it", &hopping(source, seed)?)?;
    if run.pauses > 0 {
        let at = 1 + Dice::new(seed).below(run.pauses);
        let [original, copy] = parting(source, at, seed | 1)?;
        same(&format!("saved at pause {at}, the original"), &original)?;
        same(&format!("saved at pause {at}, the copy"), &copy)?;
    }
    Ok(run.pauses)
}

/// As [`verdict`], with a panic being one, too.
fn judge(source: &str, seed: u64) -> Result<usize, String> {
    catch_unwind(AssertUnwindSafe(|| verdict(source, seed))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default())
    })
}

/// Leaving statements out may leave no program.
fn still_fails(source: &str, seed: u64) -> bool {
    dormouse_vm::compile(source).is_ok() && judge(source, seed).is_err()
}

#[test]
fn random_programs_print_the_same_with_a_capture_at_every_pause() {
    let (count, first) = (setting("DORMOUSE_TORTURE", SLICE), setting("DORMOUSE_TORTURE_SEED", 1));
    let (mut pauses, mut paused, mut failed) = (0, 0, Vec::new());
    for seed in first..first + count {
        if seed > first && (seed - first).is_multiple_of(500) {
            println!("{} programs, {pauses} captures", seed - first);
        }
        let program = Program::new(seed);
        match judge(&program.source(), seed) {
            Ok(number) => {
                pauses += number;
                paused += usize::from(number > 0);
            }
            Err(what) => {
                eprintln!("seed {seed}: {what}");
                let small = program.shrink(&|candidate| still_fails(&candidate.source(), seed));
                let why = judge(&small.source(), seed).expect_err("it still fails");
                failed.push(format!("seed {seed}: {what}\n\nshrunk, {why}:\n{}", small.source()));
                if failed.len() == 5 {
                    break;
                }
            }
        }
    }
    println!("{count} programs from seed {first}: {paused} paused, {pauses} captures");
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
    assert!(paused as u64 * 10 > count * 9, "only {paused} of {count} programs paused");
}

#[test]
fn programs_are_many_and_reproducible() {
    let sources: std::collections::HashSet<_> = (0..300).map(|seed| Program::new(seed).source()).collect();
    assert_eq!(sources.len(), 300);
    assert_eq!(Program::new(7).source(), Program::new(7).source());
    // Each kind of thing that a program can do comes up.
    for part in [
        "pcall(",
        "xpcall(",
        "coroutine.wrap(",
        "coroutine.create(",
        "table.sort(",
        ":gsub(",
        "pairs(",
        "repeat",
        "while",
        "setmetatable(",
        "...",
        "buffer.create(",
        "table.freeze(",
        "coroutine.close(",
        "next(",
        "continue",
        "gmatch(",
    ] {
        let with = sources.iter().filter(|source| source.matches(part).count() > 1).count();
        assert!(with > 20, "{part} comes up in {with} of 300 programs");
    }
}

#[test]
fn a_failing_program_is_shrunk() {
    let program = Program::new(11);
    let marked = |program: &Program| program.source().contains("table.sort(") || program.source().contains("pairs(");
    let seed = (11..).find(|seed| marked(&Program::new(*seed))).expect("one of them has it");
    let small = Program::new(seed).shrink(&marked);
    assert!(marked(&small) && small.len() <= 4, "{}", small.source());
    assert!(program.len() > 10);
}
