//! What the tests that play an enemy share: cases by number and seed, bytes that are changed here and there, and what must
//! hold of whatever was accepted.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use dormouse::snapshot::SaveOptions;
use dormouse::{Config, Limits, World};

use crate::{Random, amount};

/// Runs so many cases, or as many as the environment says (`DORMOUSE_FUZZ`, of seed `DORMOUSE_FUZZ_SEED`, from
/// `DORMOUSE_FUZZ_FIRST` on); a panic names the case. What came of each is counted by the name that it gives, and told at
/// the end; so many were accepted, which is named by nothing.
pub fn cases(usual: u64, case: &mut dyn FnMut(&mut Random) -> Option<String>) -> u64 {
    let (count, seed) = (amount("DORMOUSE_FUZZ", usual), amount("DORMOUSE_FUZZ_SEED", 1));
    let first = amount("DORMOUSE_FUZZ_FIRST", 0);
    let (mut accepted, mut refused) = (0, BTreeMap::<String, u64>::new());
    for number in first..first + count {
        let mut random = Random::new(seed.wrapping_mul(0x1_0000_0001).wrapping_add(number));
        match catch_unwind(AssertUnwindSafe(|| case(&mut random))) {
            Ok(None) => accepted += 1,
            Ok(Some(why)) => *refused.entry(why).or_default() += 1,
            Err(_) => panic!("case {number} of seed {seed}"),
        }
        if (number + 1 - first).is_multiple_of(50_000) {
            println!("{} cases, {accepted} accepted", number + 1 - first);
        }
    }
    println!("{count} cases of seed {seed}: {accepted} accepted; refused: {refused:?}");
    assert!(accepted > 0, "nothing was accepted: the test tests little");
    accepted
}

/// Little of everything, so that what is accepted is soon over.
pub fn config() -> Config {
    let limits = Limits {
        time: 20_000,
        family_time: 60_000,
        memory: 1 << 20,
        family_memory: 4 << 20,
        family_actors: 200,
        ..Limits::default()
    };
    Config { limits, heap_limit: 256 << 20, ..Config::default() }
}

/// What was accepted lives for a while and can be saved. If that is asked for, saving changes nothing, and what is saved
/// loads as the same world.
pub fn live(world: &mut World, ticks: u64, verify: bool) {
    for _ in 0..ticks {
        world.tick(&[]);
    }
    world.take_output();
    // Sleepers are woken in an image to be hashed, and `tools/fuzz` has none.
    let verify = verify && world.hibernated().is_empty();
    let hash = verify.then(|| world.hash());
    if world.save(&SaveOptions { verify, ..SaveOptions::default() }).is_ok() && verify {
        assert_eq!(Some(world.hash()), hash, "saving changes nothing");
    }
}

/// What a case gives whose answer was an error of this kind; an error that says nothing is a failure.
pub fn refused(error: &dyn std::fmt::Display, kind: impl Into<String>) -> Option<String> {
    assert!(error.to_string().len() > 10, "{error}");
    Some(kind.into())
}

/// Changes a few bytes; numbers of seven bits a byte, with their edges, are changed as such.
pub fn change_bytes(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..1 + random.below(3) {
        if bytes.is_empty() {
            return bytes.push(random.below(256) as u8);
        }
        let at = random.below(bytes.len() as u64) as usize;
        match random.below(9) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = *random.pick(&[0, 1, 0x7f, 0x80, 0xff, 2]),
            2 => drop(bytes.remove(at)),
            3 => bytes.insert(at, random.below(256) as u8),
            4 => bytes.truncate(at),
            5 | 6 => change_number(bytes, at, random),
            _ => {
                let from = random.below(bytes.len() as u64) as usize;
                let piece = bytes[from..(from + random.below(9) as usize).min(bytes.len())].to_vec();
                bytes.splice(at..(at + random.below(9) as usize).min(bytes.len()), piece);
            }
        }
    }
}

/// The number of seven bits a byte that begins here, and the bytes that it takes.
pub fn number_at(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let mut number = 0;
    for (place, byte) in bytes.get(at..)?.iter().take(10).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * place).min(63);
        if byte & 0x80 == 0 {
            return Some((number, place + 1));
        }
    }
    None
}

/// A number as seven bits a byte.
pub fn number_bytes(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn change_number(bytes: &mut Vec<u8>, at: usize, random: &mut Random) {
    let Some((number, size)) = number_at(bytes, at) else { return };
    let changed = match random.below(6) {
        0 => number.wrapping_add(1),
        1 => number.wrapping_sub(1),
        2 => number ^ 1 << random.below(64),
        3 => random.below(40),
        4 => number.wrapping_mul(2),
        _ => *random.pick(&[0, 127, 128, 1 << 16, 1 << 31, u64::from(u32::MAX), 1 << 32, 1 << 63, u64::MAX]),
    };
    bytes.splice(at..at + size, number_bytes(changed));
}
