//! How capsules lie together: a block is what the database has under one number. It begins with its [`MARK`] and its own
//! number, so that it is known where it lies, too; then come its capsules, before each its index and its size. Nothing here
//! knows what a capsule is, nor where blocks are.
//!
//! A capsule's number, which is given once, says in which block it is, at which index, and, as a hint, where it began
//! when the block was written first, and its size.

use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64;

/// Capsules lie in the database by blocks, so that a million of them are a hundred thousand entries, and so that those who
/// wake need not be taken out one by one. This is what a block's bytes may be, so that it fills a page of `redb`; a larger
/// capsule has a block of its own.
pub(super) const BLOCK: usize = 4096 - 32;
/// What a block begins with: nothing that would be there by chance.
const MARK: [u8; 8] = *b"\xd0mcpsls\n";
/// Bytes before the first capsule: the mark and the number.
pub(super) const HEAD: usize = MARK.len() + 8;
/// Bytes before each capsule: its index and its size.
pub(super) const ENTRY: usize = 1 + 4;
/// How far from the beginning of a page its first block begins, at most.
const MARGIN: usize = 64;
/// Bytes of a capsule's checksum, which lies behind it.
const SUM: usize = 8;

/// Bits of a capsule's number: for its index (those of a block are bits of a word), for where it begins, for its size.
const INDEX_BITS: u32 = 6;
const PLACE_BITS: u32 = 12;
const PLACE: u64 = (1 << PLACE_BITS) - 1;

/// A capsule's block, and its index there.
pub(super) fn place_of(serial: u64) -> (u64, u32) {
    let place = serial >> (2 * PLACE_BITS);
    (place >> INDEX_BITS, place as u32 & ((1 << INDEX_BITS) - 1))
}

/// The first capsule of a block.
pub(super) fn first_of(number: u64) -> u64 {
    number << (INDEX_BITS + 2 * PLACE_BITS)
}

/// The one after it.
pub(super) fn next_to(serial: u64) -> u64 {
    ((serial >> (2 * PLACE_BITS)) + 1) << (2 * PLACE_BITS)
}

/// The number of one that begins there and has this size.
pub(super) fn hinted(serial: u64, at: usize, size: usize) -> u64 {
    let hint = |value: usize| u64::try_from(value).ok().filter(|value| *value <= PLACE);
    match (hint(at), hint(size)) {
        (Some(at), Some(size)) => serial | at << PLACE_BITS | size,
        _ => serial,
    }
}

/// Where it lay in its block, with what lies before it, when that was written first. None where that is not known.
pub(super) fn hint_of(serial: u64) -> Option<Range<usize>> {
    let (at, size) = ((serial >> PLACE_BITS & PLACE) as usize, (serial & PLACE) as usize);
    (size > 0).then_some(at..at + ENTRY + size)
}

/// Bytes with their checksum, in which their number is.
pub(super) fn seal(serial: u64, mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.extend(sum_of(serial, &bytes));
    bytes
}

fn sum_of(serial: u64, body: &[u8]) -> [u8; SUM] {
    // An odd factor spreads the number over all bits, and two numbers never become one.
    (xxh3_64(body) ^ serial.wrapping_mul(0x9e37_79b9_7f4a_7c15)).to_le_bytes()
}

/// Bytes that a capsule takes with its checksum.
pub(super) fn sealed_size(bytes: &[u8]) -> usize {
    bytes.len() + SUM
}

/// A capsule without its checksum, if that is right.
pub(super) fn sound(serial: u64, bytes: &[u8]) -> Option<&[u8]> {
    let (body, sum) = bytes.split_at_checked(bytes.len().checked_sub(SUM)?)?;
    (sum_of(serial, body) == sum).then_some(body)
}

/// A block's bytes.
pub(super) fn block_of(number: u64, capsules: &[(u32, &[u8])]) -> Vec<u8> {
    let bodies = capsules.iter().map(|(_, capsule)| capsule.len()).sum::<usize>();
    let mut bytes = Vec::with_capacity(HEAD + ENTRY * capsules.len() + bodies);
    bytes.extend(MARK);
    bytes.extend(number.to_le_bytes());
    for (index, capsule) in capsules {
        bytes.push(*index as u8);
        bytes.extend((capsule.len() as u32).to_le_bytes());
        bytes.extend(*capsule);
    }
    bytes
}

/// The number of a block.
pub(super) fn number_of(block: &[u8]) -> Option<u64> {
    let (number, _) = block.strip_prefix(&MARK)?.split_first_chunk::<8>()?;
    Some(u64::from_le_bytes(*number))
}

/// The index of the capsule that begins there, and where it is.
fn entry_at(bytes: &[u8], at: usize) -> Option<(u32, Range<usize>)> {
    let ([index, size @ ..], _) = bytes.get(at..)?.split_first_chunk::<ENTRY>()?;
    let start = at + ENTRY;
    let whole = start..start.checked_add(u32::from_le_bytes(*size) as usize)?;
    bytes.get(whole.clone()).map(|_| (u32::from(*index), whole))
}

/// Where the capsules of a block are, with their indices; fewer where its bytes are not what was written.
fn entries_of(block: &[u8]) -> impl Iterator<Item = (u32, Range<usize>)> {
    let first = entry_at(block, HEAD);
    std::iter::successors(first, |(_, whole)| entry_at(block, whole.end))
}

/// The capsules themselves.
pub(super) fn capsules_of(block: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    entries_of(block).map(|(index, whole)| (index, &block[whole]))
}

/// Where one is in its block, without its checksum, which is right.
pub(super) fn capsule_in(block: &[u8], serial: u64) -> Option<Range<usize>> {
    let index = place_of(serial).1;
    let whole = entries_of(block).find(|(at, _)| *at == index)?.1;
    let body = sound(serial, &block[whole.clone()])?.len();
    Some(whole.start..whole.start + body)
}

/// As [`capsule_in`], of the part of the block that its number hints at.
pub(super) fn capsule_of(part: &[u8], serial: u64) -> Option<Range<usize>> {
    let (index, whole) = entry_at(part, 0)?;
    let body = sound(serial, &part[whole.clone()]).filter(|_| index == place_of(serial).1)?.len();
    Some(whole.start..whole.start + body)
}

/// The number of the first block in what the database writes, and where it begins there.
pub(super) fn first_in(page: &[u8]) -> Option<(u64, usize)> {
    let at = page.get(..MARGIN)?.windows(MARK.len()).position(|bytes| bytes == MARK)?;
    Some((number_of(&page[at..])?, at))
}
