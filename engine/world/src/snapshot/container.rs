//! The frame around a snapshot: named sections of bytes, each perhaps compressed, each with a checksum. It knows
//! nothing of what the sections hold. `FORMAT.md` beside this file draws it byte by byte.
//!
//! Reading is bounded by the size of what is read: lengths are checked against the bytes that are there before
//! anything is allocated, and no section may expand beyond [`MAX_RATIO`] times its size in the file.

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::error::Damage;

/// The first bytes of every snapshot. As in PNG, they show when a file went through a transfer that meant it for text.
pub(crate) const MAGIC: [u8; 8] = *b"\x89DMS\r\n\x1a\n";
/// The version of the container and of all sections in it.
pub(crate) const VERSION: u16 = 1;

/// Bytes before the table of sections, of one entry of it, and of the checksum after it.
const HEAD: usize = 16;
const ENTRY: usize = 40;
const SUM: usize = 8;
/// Sections that a file may have.
const MAX_SECTIONS: usize = 16;
/// How many times as long as in the file a section may be, and what every section may be in any case. What would
/// exceed it is padded, so that the limit costs no world anything but disk.
const MAX_RATIO: u64 = 16;
const FREE_SIZE: u64 = 64 << 10;
/// The fastest of zstd's levels that finds what is alike in ten thousand actors.
const LEVEL: i32 = 1;
/// Sections shorter than this are not worth compressing.
const SHORT: usize = 256;

/// The name of a section: four letters. A reader must know every section whose name begins with a capital, and passes
/// over others that it does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag(pub(crate) [u8; 4]);

impl Tag {
    /// Who, when, of what: in plain sight.
    pub const META: Tag = Tag(*b"META");
    /// The scripts, by path and content.
    pub const CODE: Tag = Tag(*b"CODE");
    /// The scripts' text.
    pub const SOURCE: Tag = Tag(*b"srcs");
    /// The native side of the world.
    pub const WORLD: Tag = Tag(*b"WRLD");
    /// The scripts' values and coroutines.
    pub const HEAP: Tag = Tag(*b"HEAP");

    /// What a front end keeps with the world.
    pub const EXTRAS: Tag = Tag(*b"with");
    /// Actors that hibernate, and when actors may.
    pub const ASLEEP: Tag = Tag(*b"HIBR");

    /// An actor on its way to another world.
    pub const ACTOR: Tag = Tag(*b"ACTR");

    /// What is to be known of a plain program, which has no world.
    pub const PROGRAM: Tag = Tag(*b"PROG");

    const KNOWN: [Tag; 9] =
        [Tag::META, Tag::CODE, Tag::SOURCE, Tag::WORLD, Tag::HEAP, Tag::ASLEEP, Tag::EXTRAS, Tag::PROGRAM, Tag::ACTOR];
}

impl std::fmt::Display for Tag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

/// How large a section is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SectionSize {
    /// In the file.
    pub stored: u64,
    /// As it is read.
    pub full: u64,
}

/// Puts sections together.
#[derive(Default)]
pub(crate) struct Writer {
    table: Vec<u8>,
    bodies: Vec<u8>,
    count: u32,
}

impl Writer {
    /// Adds a section; compressed where that makes it shorter, and padded to be long enough to be believed.
    pub(crate) fn add(&mut self, tag: Tag, bytes: &[u8], compress: bool) {
        let packed = if compress && bytes.len() >= SHORT { zstd::bulk::compress(bytes, LEVEL).ok() } else { None };
        let packed = packed.map(|packed| padded(packed, bytes.len())).filter(|packed| packed.len() < bytes.len());
        let stored = packed.as_deref().unwrap_or(bytes);
        self.table.extend(tag.0);
        self.table.extend(u32::from(packed.is_some()).to_le_bytes());
        self.table.extend((stored.len() as u64).to_le_bytes());
        self.table.extend((bytes.len() as u64).to_le_bytes());
        self.table.extend(xxh3_128(stored).to_le_bytes());
        self.bodies.extend(stored);
        self.count += 1;
    }

    /// The whole file.
    pub(crate) fn finish(self) -> Vec<u8> {
        let mut file = Vec::with_capacity(HEAD + self.table.len() + SUM + self.bodies.len());
        file.extend(MAGIC);
        file.extend(VERSION.to_le_bytes());
        file.extend(0u16.to_le_bytes());
        file.extend(self.count.to_le_bytes());
        file.extend(self.table);
        file.extend(xxh3_64(&file).to_le_bytes());
        file.extend(self.bodies);
        file
    }
}

/// Compressed bytes that may expand to `full`: with a frame after them that zstd passes over, where they are too few.
fn padded(mut packed: Vec<u8>, full: usize) -> Vec<u8> {
    const SKIPPED: u32 = 0x184d_2a50;
    const HEAD: usize = 8;
    let missing = full.div_ceil(MAX_RATIO as usize).saturating_sub(packed.len());
    if !within(packed.len(), full) {
        let size = missing.saturating_sub(HEAD);
        packed.extend(SKIPPED.to_le_bytes());
        packed.extend((size as u32).to_le_bytes());
        packed.resize(packed.len() + size, 0);
    }
    packed
}

fn within(stored: usize, full: usize) -> bool {
    full as u64 <= (stored as u64).saturating_mul(MAX_RATIO).max(FREE_SIZE)
}

/// A section in its file.
#[derive(Clone, Copy, Debug)]
struct Entry {
    tag: Tag,
    compressed: bool,
    start: usize,
    stored: usize,
    full: usize,
    sum: u128,
}

/// A file whose frame is sound and whose sections are what was written.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    entries: Vec<Entry>,
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], Damage> {
    let part = bytes.get(at..at + N).ok_or_else(|| Damage::at(at, "the file ends here, in the middle of its table"))?;
    Ok(part.try_into().expect("the slice has that length"))
}

impl<'a> Reader<'a> {
    /// Reads the frame, and finds damage in any section. Cost: the checksums.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, Damage> {
        if !bytes.starts_with(&MAGIC) {
            return Err(Damage::magic(bytes));
        }
        let version = u16::from_le_bytes(array(bytes, 8)?);
        if version != VERSION {
            return Err(Damage::version(version));
        }
        let flags = u16::from_le_bytes(array(bytes, 10)?);
        let count = u32::from_le_bytes(array(bytes, 12)?) as usize;
        if flags != 0 {
            return Err(Damage::at(10, format!("flags {flags:#06x} are unknown: a newer version wrote this")));
        }
        if count > MAX_SECTIONS {
            return Err(Damage::at(12, format!("{count} sections are more than the {MAX_SECTIONS} that there can be")));
        }
        let end = HEAD + count * ENTRY;
        let sum = u64::from_le_bytes(array(bytes, end)?);
        if sum != xxh3_64(&bytes[..end]) {
            return Err(Damage::at(end, "the table's checksum does not fit it: the file was damaged"));
        }
        let mut reader = Reader { bytes, entries: Vec::with_capacity(count) };
        let mut start = end + SUM;
        for number in 0..count {
            let entry = reader.entry(HEAD + number * ENTRY, start)?;
            if xxh3_128(&bytes[start..start + entry.stored]) != entry.sum {
                let what = "its checksum does not fit it: the file was damaged";
                return Err(Damage::at(start, what).within(entry.tag));
            }
            start += entry.stored;
            reader.entries.push(entry);
        }
        if start != bytes.len() {
            return Err(Damage::at(start, format!("{} bytes follow the last section", bytes.len() - start)));
        }
        Ok(reader)
    }

    fn entry(&self, at: usize, start: usize) -> Result<Entry, Damage> {
        let bytes = self.bytes;
        let tag = Tag(array(bytes, at)?);
        let method = u32::from_le_bytes(array(bytes, at + 4)?);
        let stored = u64::from_le_bytes(array(bytes, at + 8)?);
        let full = u64::from_le_bytes(array(bytes, at + 16)?);
        let sum = u128::from_le_bytes(array(bytes, at + 24)?);
        let left = (bytes.len() - start) as u64;
        if stored > left {
            let what =
                format!("section {tag} should have {stored} bytes, but only {left} follow: the file was cut off");
            return Err(Damage::at(start, what));
        }
        let (stored, full) = (stored as usize, usize::try_from(full).unwrap_or(usize::MAX));
        let sound = match method {
            0 => full == stored,
            1 => within(stored, full),
            _ => return Err(Damage::at(at + 4, format!("section {tag} is compressed in an unknown way ({method})"))),
        };
        if !sound {
            return Err(Damage::at(
                at + 16,
                format!("section {tag} can't be {full} bytes long, being {stored} in the file"),
            ));
        }
        if !Tag::KNOWN.contains(&tag) && tag.0[0].is_ascii_uppercase() {
            return Err(Damage::at(at, format!("section {tag} is unknown, and needed: a newer version wrote this")));
        }
        if self.entries.iter().any(|entry| entry.tag == tag) {
            return Err(Damage::at(at, format!("section {tag} is there twice")));
        }
        Ok(Entry { tag, compressed: method == 1, start, stored, full, sum })
    }

    /// The sections' names and sizes, in the file's order.
    pub(crate) fn sizes(&self) -> Vec<(String, SectionSize)> {
        let size = |entry: &Entry| SectionSize { stored: entry.stored as u64, full: entry.full as u64 };
        self.entries.iter().map(|entry| (entry.tag.to_string(), size(entry))).collect()
    }

    /// Whether there is such a section.
    pub(crate) fn has(&self, tag: Tag) -> bool {
        self.entries.iter().any(|entry| entry.tag == tag)
    }

    /// The bytes of a section that must be there.
    pub(crate) fn section(&self, tag: Tag) -> Result<Vec<u8>, Damage> {
        let missing = || Damage::at(HEAD, format!("section {tag} is missing"));
        self.optional(tag)?.ok_or_else(missing)
    }

    /// The bytes of a section, if it is there.
    ///
    /// Cost: at most [`MAX_RATIO`] times its bytes in the file.
    pub(crate) fn optional(&self, tag: Tag) -> Result<Option<Vec<u8>>, Damage> {
        let Some(entry) = self.entries.iter().find(|entry| entry.tag == tag) else { return Ok(None) };
        let stored = &self.bytes[entry.start..entry.start + entry.stored];
        if !entry.compressed {
            return Ok(Some(stored.to_vec()));
        }
        let full = zstd::bulk::decompress(stored, entry.full)
            .map_err(|error| Damage::at(entry.start, format!("it can't be decompressed: {error}")).within(tag))?;
        if full.len() != entry.full {
            let what = format!("it has {} bytes, not the {} that the table says", full.len(), entry.full);
            return Err(Damage::at(entry.start, what).within(tag));
        }
        Ok(Some(full))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Vec<u8> {
        let mut writer = Writer::default();
        writer.add(Tag::META, b"who and when", false);
        writer.add(Tag::HEAP, &b"a value and ".repeat(50), true);
        writer.add(Tag(*b"note"), b"nobody knows this one", true);
        writer.finish()
    }

    /// Puts the table's checksum right again.
    fn mend(file: &mut [u8]) {
        let count = u32::from_le_bytes(file[12..16].try_into().unwrap()) as usize;
        let end = HEAD + count.min(MAX_SECTIONS) * ENTRY;
        if end + SUM <= file.len() {
            let sum = xxh3_64(&file[..end]);
            file[end..end + SUM].copy_from_slice(&sum.to_le_bytes());
        }
    }

    #[test]
    fn sections_come_back() {
        let file = file();
        let reader = Reader::open(&file).unwrap();
        assert_eq!(reader.section(Tag::META).unwrap(), b"who and when");
        assert_eq!(reader.section(Tag::HEAP).unwrap(), b"a value and ".repeat(50));
        assert_eq!(reader.optional(Tag::CODE).unwrap(), None);
        assert!(reader.section(Tag::CODE).unwrap_err().to_string().contains("section CODE is missing"));
        let sizes = reader.sizes();
        assert_eq!((sizes[1].0.as_str(), sizes[1].1.full), ("HEAP", 600));
        assert!(sizes[1].1.stored < 100);
    }

    #[test]
    fn every_bit_counts() {
        let file = file();
        for at in 0..file.len() * 8 {
            let mut bad = file.clone();
            bad[at / 8] ^= 1 << (at % 8);
            let read = Reader::open(&bad).and_then(|reader| {
                reader.section(Tag::META)?;
                reader.section(Tag::HEAP)?;
                reader.optional(Tag(*b"note"))
            });
            assert!(read.is_err(), "bit {at}");
        }
        for len in 0..file.len() {
            assert!(Reader::open(&file[..len]).is_err(), "cut to {len}");
        }
    }

    #[test]
    fn a_table_that_lies_is_refused() {
        let said = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut bad = file();
            change(&mut bad);
            mend(&mut bad);
            let read = Reader::open(&bad).and_then(|reader| reader.section(Tag::HEAP));
            read.expect_err("it lies").to_string()
        };
        let second = HEAD + ENTRY;
        assert!(said(&|file| file[8] = 9).contains("version 9"));
        assert!(said(&|file| file[12] = 200).contains("200 sections"));
        assert!(said(&|file| file[second] = b'X').contains("XEAP is unknown"));
        assert!(said(&|file| file[second + 4] = 7).contains("unknown way"));
        assert!(said(&|file| file[second + 15] = 1).contains("cut off"));
        assert!(said(&|file| file[second + 16] += 1).contains("not the"));
        assert!(said(&|file| file[second + 20] = 1).contains("can't be"));
        assert!(said(&|file| file[second..second + 4].copy_from_slice(b"META")).contains("twice"));
        assert!(said(&|file| file.push(0)).contains("follow the last section"));
    }

    #[test]
    fn what_would_expand_too_far_is_padded() {
        for size in [1000, 64 << 10, (64 << 10) + 1, 1 << 20, (1 << 20) + 77] {
            let mut writer = Writer::default();
            writer.add(Tag::HEAP, &vec![7; size], true);
            let file = writer.finish();
            assert!(file.len() < size / 16 + 200, "{size} bytes in {}", file.len());
            assert_eq!(Reader::open(&file).unwrap().section(Tag::HEAP).unwrap(), vec![7; size]);
        }
    }
}
