//! Where capsules of hibernated actors lie: an embedded store (`redb`) in a file without a name, or in memory. It knows a
//! capsule as bytes under a number that is given once; what is under a number never changes. That is what makes rewinding
//! to an [image](crate::World::image) sound: a capsule whose actor woke is kept for as long as there is an image to which
//! it still sleeps.
//!
//! The file needs to survive nothing: it is gone with the world, however that ends. What must last is in snapshots, which
//! hold sleepers too. So it is never synced to the disk. What can go wrong is told by whoever asks: a disk that is full
//! when something is put in, bytes that are not what was written when they are read.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
#[cfg(test)]
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use redb::backends::{FileBackend, InMemoryBackend};
use redb::{Database, ReadOnlyTable, ReadableDatabase, StorageBackend, TableDefinition};
use xxhash_rust::xxh3::xxh3_64;

const TABLE: TableDefinition<u64, &[u8]> = TableDefinition::new("blocks");

/// Capsules lie in the database by blocks, so that a million of them are a hundred thousand entries, and so that those who
/// wake need not be taken out one by one. This is what a block's bytes may be, so that it fills a page of `redb`; a larger
/// capsule has a block of its own.
const BLOCK: usize = 4096 - 32;
/// Capsules of a block at most: their numbers are bits of a word.
const INDEX_BITS: u32 = 6;
/// Bytes of a block's directory: how many capsules it holds, then of each its index and where it ends.
const HEAD: usize = 1;
const ENTRY: usize = 1 + 4;
/// Bytes of capsules that are kept in memory until they are put into the store together, and blocks that are written anew
/// together.
const TOGETHER: usize = 1 << 20;
const WORN_TOGETHER: usize = TOGETHER / 4096;
/// Bytes of the store that are kept in memory: more than the inner pages of ten million capsules.
const CACHE: usize = if cfg!(test) { 64 << 10 } else { 32 << 20 };
/// Bytes of a capsule's checksum.
const SUM: usize = 8;

/// A store that fails.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the store of hibernated actors{}: {why}", place(.folder))]
pub struct StoreError {
    /// The folder that its file is in; none where it is in memory.
    pub folder: Option<PathBuf>,
    /// What is wrong.
    pub why: String,
}

fn place(folder: &Option<PathBuf>) -> String {
    folder.as_ref().map_or_else(String::new, |folder| format!(" in {}", folder.display()))
}

/// A hold on all capsules of a moment.
#[derive(Debug)]
pub(crate) struct Lease {
    /// Leases are numbered as they are given.
    number: u64,
    /// Capsules from this number on are of a later time.
    before: u64,
}

/// Leases that may still be held, the oldest first.
#[derive(Default)]
struct Leases {
    given: u64,
    held: VecDeque<(u64, u64, Weak<Lease>)>,
}

/// A capsule whose actor is not asleep in it any more.
struct Retired {
    serial: u64,
    /// Leases with lower numbers may still lead to it.
    lease: u64,
}

/// See the module's comment.
pub(crate) struct Store {
    folder: Option<PathBuf>,
    /// The file, once there is one; a database that failed is opened in it again, as of its last commit.
    file: Option<File>,
    open: Option<Open>,
    /// Capsules that are not in the database yet.
    fresh: BTreeMap<u64, Vec<u8>>,
    fresh_bytes: usize,
    /// The number of the next capsule, and the bytes of those in its block.
    next: u64,
    filled: usize,
    /// What is in the database.
    blocks: BTreeMap<u64, Block>,
    leases: Mutex<Leases>,
    retired: VecDeque<Retired>,
    /// Blocks to be written anew, or taken out, with the next that are put in.
    worn: BTreeSet<u64>,
    #[cfg(test)]
    room: Arc<AtomicU64>,
}

/// A block in the database.
struct Block {
    /// Which of its capsules somebody may still need, a bit each.
    live: u64,
    /// How many it holds.
    held: u8,
}

/// A capsule's block, and its index there.
fn place_of(serial: u64) -> (u64, u32) {
    (serial >> INDEX_BITS, serial as u32 & ((1 << INDEX_BITS) - 1))
}

/// A block's bytes.
fn block_of(capsules: &[(u32, &[u8])]) -> Vec<u8> {
    let bodies = capsules.iter().map(|(_, capsule)| capsule.len()).sum::<usize>();
    let mut bytes = Vec::with_capacity(HEAD + ENTRY * capsules.len() + bodies);
    bytes.push(capsules.len() as u8);
    let mut end = HEAD + ENTRY * capsules.len();
    for (index, capsule) in capsules {
        end += capsule.len();
        bytes.push(*index as u8);
        bytes.extend((end as u32).to_le_bytes());
    }
    capsules.iter().for_each(|(_, capsule)| bytes.extend(*capsule));
    bytes
}

/// The capsules of a block with their indices; fewer where its bytes are not what was written.
fn capsules_of(block: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    let count = block.first().copied().map_or(0, usize::from);
    let directory = block.get(HEAD..HEAD + ENTRY * count).unwrap_or_default();
    let mut start = HEAD + ENTRY * count;
    directory.chunks_exact(ENTRY).map_while(move |entry| {
        let end = u32::from_le_bytes(entry[1..].try_into().ok()?) as usize;
        let capsule = block.get(start..end)?;
        start = end;
        Some((u32::from(entry[0]), capsule))
    })
}

struct Open {
    database: Database,
    /// What was in it when it was last looked into.
    view: Option<ReadOnlyTable<u64, &'static [u8]>>,
}

/// What the database could not do.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("{0}")]
    Redb(redb::Error),
    #[error("a page of it is not what was written: the file was damaged")]
    Damaged,
}

/// The database trusts its pages: one that somebody wrote over has it panic, in the middle of nothing.
fn spared<R>(work: impl FnOnce() -> Result<R, redb::Error>) -> Result<R, Trouble> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Trouble::Damaged)?.map_err(Trouble::Redb)
}

/// A file that goes away by itself needs no syncing.
#[derive(Debug)]
struct Fleeting {
    file: FileBackend,
    /// How long it may get.
    #[cfg(test)]
    room: Arc<AtomicU64>,
}

#[cfg(test)]
impl Fleeting {
    fn has_room(&self, end: u64) -> Result<(), std::io::Error> {
        match end > self.room.load(Ordering::Relaxed) {
            true => Err(std::io::ErrorKind::StorageFull.into()),
            false => Ok(()),
        }
    }
}

impl StorageBackend for Fleeting {
    fn len(&self) -> Result<u64, std::io::Error> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), std::io::Error> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> Result<(), std::io::Error> {
        #[cfg(test)]
        self.has_room(len)?;
        self.file.set_len(len)
    }

    fn sync_data(&self) -> Result<(), std::io::Error> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), std::io::Error> {
        #[cfg(test)]
        self.has_room(offset + data.len() as u64)?;
        self.file.write(offset, data)
    }

    fn close(&self) -> Result<(), std::io::Error> {
        self.file.close()
    }
}

impl Store {
    /// A store whose file is made in this folder when it is first needed; in memory, for none.
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        Store {
            folder,
            file: None,
            open: None,
            fresh: BTreeMap::new(),
            fresh_bytes: 0,
            next: 1 << INDEX_BITS,
            filled: 0,
            blocks: BTreeMap::new(),
            leases: Mutex::default(),
            retired: VecDeque::new(),
            worn: BTreeSet::new(),
            #[cfg(test)]
            room: Arc::new(AtomicU64::new(u64::MAX)),
        }
    }

    fn failed(&self, why: impl ToString) -> StoreError {
        StoreError { folder: self.folder.clone(), why: why.to_string() }
    }

    fn open(&mut self) -> Result<&mut Open, StoreError> {
        if self.open.is_none() {
            let mut builder = Database::builder();
            builder.set_cache_size(CACHE);
            let database = match &self.folder {
                Some(folder) => {
                    if self.file.is_none() {
                        self.file = Some(tempfile::tempfile_in(folder).map_err(|error| self.failed(error))?);
                    }
                    let file = self.file.as_ref().and_then(|file| file.try_clone().ok());
                    let file = file.ok_or_else(|| self.failed("no more files can be opened"))?;
                    let backend = FileBackend::new(file).map_err(|error| self.failed(error))?;
                    let backend = Fleeting {
                        file: backend,
                        #[cfg(test)]
                        room: self.room.clone(),
                    };
                    builder.create_with_backend(backend)
                }
                None => builder.create_with_backend(InMemoryBackend::new()),
            };
            self.open = Some(Open { database: database.map_err(|error| self.failed(error))?, view: None });
        }
        match &mut self.open {
            Some(open) => Ok(open),
            None => Err(StoreError { folder: None, why: "it is not open".into() }),
        }
    }

    /// Puts a capsule in; its number.
    ///
    /// Errors: the store can't be written. Nothing was put in then.
    pub(crate) fn put(&mut self, mut bytes: Vec<u8>) -> Result<u64, StoreError> {
        bytes.extend(xxh3_64(&bytes).to_le_bytes());
        let size = bytes.len();
        if self.fresh_bytes + size > TOGETHER && !self.fresh.is_empty() {
            // If that fails, those that came before stay where they are, in memory: they are lost to nobody.
            self.flush()?;
        }
        if place_of(self.next).1 > 0 && HEAD + self.filled + ENTRY + size > BLOCK {
            self.begin_block();
        }
        let serial = self.next;
        self.fresh.insert(serial, bytes);
        self.fresh_bytes += size;
        self.filled += ENTRY + size;
        self.next += 1;
        if place_of(self.next).1 == 0 {
            self.filled = 0;
        }
        Ok(serial)
    }

    /// The next capsule is the first of a block.
    fn begin_block(&mut self) {
        if place_of(self.next).1 > 0 {
            self.next = (place_of(self.next).0 + 1) << INDEX_BITS;
            self.filled = 0;
        }
    }

    /// Brings everything into the database, and takes out what nobody needs.
    fn flush(&mut self) -> Result<(), StoreError> {
        self.open()?;
        // What is written is written once.
        self.begin_block();
        let written = spared(|| self.write());
        match written {
            Ok(()) => {
                for serial in self.fresh.keys() {
                    let (block, index) = place_of(*serial);
                    let block = self.blocks.entry(block).or_insert(Block { live: 0, held: 0 });
                    block.live |= 1 << index;
                    block.held += 1;
                }
                self.fresh.clear();
                self.fresh_bytes = 0;
                for block in std::mem::take(&mut self.worn) {
                    match self.blocks.get_mut(&block) {
                        Some(Block { live: 0, .. }) => drop(self.blocks.remove(&block)),
                        Some(kept) => kept.held = kept.live.count_ones() as u8,
                        None => {}
                    }
                }
                Ok(())
            }
            Err(why) => {
                self.reopen(&why);
                Err(self.failed(why))
            }
        }
    }

    fn write(&mut self) -> Result<(), redb::Error> {
        let Some(open) = &mut self.open else { return Ok(()) };
        // A view that is held keeps the pages of what was taken out.
        open.view = None;
        let transaction = open.database.begin_write()?;
        {
            let mut table = transaction.open_table(TABLE)?;
            for number in &self.worn {
                let live = self.blocks.get(number).map_or(0, |block| block.live);
                let Some(old) = table.remove(number)?.filter(|_| live != 0).map(|old| old.value().to_vec()) else {
                    continue;
                };
                let kept: Vec<_> = capsules_of(&old).filter(|(index, _)| live >> index & 1 == 1).collect();
                table.insert(number, block_of(&kept).as_slice())?;
            }
            let mut capsules = Vec::new();
            for (serial, bytes) in &self.fresh {
                let (block, index) = place_of(*serial);
                capsules.push((index, bytes.as_slice()));
                let next = self.fresh.range(serial + 1..).next();
                if next.is_none_or(|(next, _)| place_of(*next).0 != block) {
                    table.insert(block, block_of(&capsules).as_slice())?;
                    capsules.clear();
                }
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// A capsule's bytes.
    ///
    /// Errors: it can't be read, or is not what was put in.
    pub(crate) fn get(&mut self, serial: u64) -> Result<Vec<u8>, StoreError> {
        let bytes = match self.fresh.get(&serial) {
            Some(bytes) => bytes.clone(),
            None => self.read(serial)?,
        };
        self.sound(bytes)
    }

    /// A capsule without its checksum, if that is right.
    fn sound(&self, mut bytes: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        let sound = bytes.len().checked_sub(SUM).is_some_and(|end| {
            let (body, sum) = bytes.split_at(end);
            xxh3_64(body).to_le_bytes() == sum
        });
        if !sound {
            return Err(self.failed("a capsule is not what was written: the file was damaged"));
        }
        bytes.truncate(bytes.len() - SUM);
        Ok(bytes)
    }

    /// As [`Store::get`], and nothing of the store changes.
    pub(crate) fn look(&self, serial: u64) -> Result<Vec<u8>, StoreError> {
        let bytes = match (self.fresh.get(&serial), &self.open) {
            (Some(bytes), _) => Some(bytes.clone()),
            (None, Some(open)) => spared(|| open.look(serial)).map_err(|error| self.failed(error))?,
            (None, None) => None,
        };
        let bytes = bytes.ok_or_else(|| self.failed("a capsule is not in it: the file was damaged"))?;
        self.sound(bytes)
    }

    fn read(&mut self, serial: u64) -> Result<Vec<u8>, StoreError> {
        let open = self.open()?;
        let found = spared(|| open.read(serial));
        match found {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => Err(self.failed("a capsule is not in it: the file was damaged")),
            Err(why) => {
                self.reopen(&why);
                Err(self.failed(why))
            }
        }
    }

    /// After an error of the file the database refuses to go on: it is opened anew when it is needed next.
    fn reopen(&mut self, why: &Trouble) {
        if self.file.is_some() && matches!(why, Trouble::Redb(redb::Error::Io(_) | redb::Error::PreviousIo)) {
            self.open = None;
        }
    }

    /// A hold on all capsules that there are now.
    pub(crate) fn lease(&self) -> Arc<Lease> {
        let mut leases = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
        leases.given += 1;
        let lease = Arc::new(Lease { number: leases.given, before: self.next });
        leases.held.push_back((lease.number, lease.before, Arc::downgrade(&lease)));
        lease
    }

    /// Nobody sleeps in this capsule any more; an image may still know it.
    pub(crate) fn retire(&mut self, serial: u64) {
        let lease = self.leases.get_mut().unwrap_or_else(PoisonError::into_inner).given + 1;
        self.retired.push_back(Retired { serial, lease });
    }

    /// Lets go of capsules that no image leads to. Those of `asleep` are in use after all: the world was rewound.
    ///
    /// Cost: what is let go; nothing while an image holds the oldest.
    pub(crate) fn sweep(&mut self) {
        let leases = self.leases.get_mut().unwrap_or_else(PoisonError::into_inner);
        while leases.held.front().is_some_and(|(.., lease)| lease.strong_count() == 0) {
            leases.held.pop_front();
        }
        if leases.held.len() > 64
            && leases.held.iter().filter(|(.., lease)| lease.strong_count() > 0).count() * 2 < leases.held.len()
        {
            leases.held.retain(|(.., lease)| lease.strong_count() > 0);
        }
        while let Some(Retired { serial, lease }) = self.retired.front() {
            // The newest image of before it was retired: if that is from before it was put in, so are all others.
            let older = leases.held.partition_point(|(number, ..)| number < lease);
            let live = leases.held.range(..older).rev().find(|(.., lease)| lease.strong_count() > 0);
            if live.is_some_and(|(_, before, _)| before > serial) {
                break;
            }
            if let Some(bytes) = self.fresh.remove(serial) {
                self.fresh_bytes -= bytes.len();
            } else {
                let (number, index) = place_of(*serial);
                if let Some(block) = self.blocks.get_mut(&number) {
                    block.live &= !(1 << index);
                    if block.live.count_ones() * 2 <= u32::from(block.held) {
                        self.worn.insert(number);
                    }
                }
            }
            self.retired.pop_front();
        }
        if self.worn.len() >= WORN_TOGETHER {
            // If it can't be done now, it is tried again with the next.
            let _ = self.flush();
        }
    }

    /// The world was rewound: these are asleep again, those are not any more.
    pub(crate) fn rewound(&mut self, asleep: &HashSet<u64>, forgotten: impl Iterator<Item = u64>) {
        self.retired.retain(|retired| !asleep.contains(&retired.serial));
        for serial in forgotten.filter(|serial| !asleep.contains(serial)) {
            self.retire(serial);
        }
    }

    /// Capsules in it, and those that are kept for images alone.
    #[cfg(test)]
    pub(crate) fn counts(&mut self) -> (usize, usize) {
        let written = self.blocks.values().map(|block| block.live.count_ones() as usize).sum::<usize>();
        (self.fresh.len() + written, self.retired.len())
    }
}

impl Open {
    fn view(&mut self) -> Result<Option<&ReadOnlyTable<u64, &'static [u8]>>, redb::Error> {
        if self.view.is_none() {
            self.view = self.table()?;
        }
        Ok(self.view.as_ref())
    }

    /// What is in it now; none for nothing.
    fn table(&self) -> Result<Option<ReadOnlyTable<u64, &'static [u8]>>, redb::Error> {
        match self.database.begin_read()?.open_table(TABLE) {
            Ok(table) => Ok(Some(table)),
            Err(redb::TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn read(&mut self, serial: u64) -> Result<Option<Vec<u8>>, redb::Error> {
        match self.view()? {
            Some(view) => capsule_in(view, serial),
            None => Ok(None),
        }
    }

    /// As [`Open::read`], without holding on to what is in it.
    fn look(&self, serial: u64) -> Result<Option<Vec<u8>>, redb::Error> {
        match &self.view {
            Some(view) => capsule_in(view, serial),
            None => match self.table()? {
                Some(table) => capsule_in(&table, serial),
                None => Ok(None),
            },
        }
    }
}

fn capsule_in(view: &ReadOnlyTable<u64, &'static [u8]>, serial: u64) -> Result<Option<Vec<u8>>, redb::Error> {
    let (block, index) = place_of(serial);
    let found = view.get(block)?;
    let found = found.as_ref().and_then(|found| capsules_of(found.value()).find(|(at, _)| *at == index));
    Ok(found.map(|(_, capsule)| capsule.to_vec()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::*;
    use crate::chance::random;

    fn capsule(n: u64) -> Vec<u8> {
        (0..if n < 50_000 { n % 300 } else { n }).map(|at| (at * n) as u8).collect()
    }

    #[test]
    fn what_is_put_in_comes_out_until_it_is_let_go() {
        for folder in [None, Some(std::env::temp_dir())] {
            let mut store = Store::new(folder);
            let serials: Vec<u64> = (0..20_000).map(|n| store.put(capsule(n)).unwrap()).collect();
            for (n, serial) in (0..20_000_u64).zip(&serials) {
                assert_eq!(store.get(*serial).unwrap(), capsule(n));
            }
            for serial in &serials[..15_000] {
                store.retire(*serial);
            }
            store.sweep();
            assert_eq!(store.counts(), (5_000, 0));
            assert!(store.get(serials[0]).is_err());
            assert_eq!(store.get(serials[19_999]).unwrap(), capsule(19_999));
        }
    }

    #[test]
    fn blocks_are_written_anew_without_what_nobody_needs() {
        let mut store = Store::new(None);
        let mut random = random(7);
        let mut kept: Vec<(u64, u64)> = Vec::new();
        for round in 0..40 {
            for n in 0..2_000 {
                let n = if n == 77 { 60_000 } else { n };
                kept.push((store.put(capsule(n)).unwrap(), n));
            }
            while kept.len() > 3_000 - 50 * round {
                let (serial, _) = kept.swap_remove(random(kept.len() as u64) as usize);
                store.retire(serial);
            }
            store.sweep();
            for (serial, n) in &kept {
                assert_eq!(store.get(*serial).unwrap(), capsule(*n), "round {round}");
            }
            assert_eq!(store.counts(), (kept.len(), 0));
            let held: usize = store.blocks.values().map(|block| usize::from(block.held)).sum();
            assert!(held < 2 * kept.len() + 64 * WORN_TOGETHER, "round {round}: {held} are held for {}", kept.len());
        }
        kept.drain(..).for_each(|(serial, _)| store.retire(serial));
        store.sweep();
        store.flush().unwrap();
        assert!(store.blocks.is_empty());
    }

    #[test]
    fn an_image_keeps_what_was_asleep_then() {
        let mut store = Store::new(None);
        let [one, two] = [1, 2].map(|n| store.put(capsule(n)).unwrap());
        let early = store.lease();
        let three = store.put(capsule(3)).unwrap();
        store.retire(three);
        store.retire(one);
        store.sweep();
        assert_eq!(store.counts(), (2, 1), "the third is of after the image");
        let late = store.lease();
        store.retire(two);
        drop(early);
        store.sweep();
        assert_eq!(store.counts(), (1, 1), "the first was gone before the second image");
        assert_eq!(store.get(two).unwrap(), capsule(2));
        store.rewound(&[two].into(), [two].into_iter());
        drop(late);
        store.sweep();
        assert_eq!(store.counts(), (1, 0), "somebody sleeps in it again");
        store.retire(two);
        store.sweep();
        assert_eq!(store.counts(), (0, 0));
    }

    /// A store in a file, with its capsules by their numbers.
    fn filled(count: u64) -> (Store, Vec<(u64, u64)>) {
        let mut store = Store::new(Some(std::env::temp_dir()));
        let kept = (0..count).map(|n| (store.put(capsule(n)).unwrap(), n)).collect();
        store.flush().unwrap();
        (store, kept)
    }

    #[test]
    fn a_full_disk_refuses_whoever_comes_and_loses_nobody() {
        let (mut store, mut kept) = filled(20_000);
        let length = store.file.as_ref().unwrap().metadata().unwrap().len();
        for round in 0..3 {
            store.room.store(length, Ordering::Relaxed);
            let mut refused = 0;
            for n in 0..60_000 {
                match store.put(capsule(n % 300)) {
                    Ok(serial) => kept.push((serial, n % 300)),
                    Err(error) => {
                        let text = error.to_string();
                        assert!(text.contains("no storage space"), "{text}");
                        refused += 1;
                        if refused == 20 {
                            break;
                        }
                    }
                }
            }
            assert_eq!(refused, 20, "round {round}");
            for (serial, n) in &kept {
                assert_eq!(store.get(*serial).unwrap(), capsule(*n), "round {round}");
            }
            store.room.store(u64::MAX, Ordering::Relaxed);
            for n in 0..300 {
                kept.push((store.put(capsule(n)).unwrap(), n));
            }
            store.flush().unwrap();
            for (serial, _) in kept.drain(..5_000) {
                store.retire(serial);
            }
            store.sweep();
            for (serial, n) in &kept {
                assert_eq!(store.get(*serial).unwrap(), capsule(*n), "round {round}");
            }
        }
    }

    #[test]
    fn a_page_that_was_written_over_costs_those_who_lie_in_it() {
        let (mut store, kept) = filled(20_000);
        let mut random = random(3);
        let (mut damaged, mut rounds_with_few) = (0, 0);
        for _ in 0..40 {
            // Nothing of it is in memory.
            store.open = None;
            let file = store.file.as_ref().unwrap().try_clone().unwrap();
            let pages = file.metadata().unwrap().len() / 4096;
            // The first ones are the database's head.
            let at = (2 + random(pages - 2)) * 4096;
            let mut before = [0; 4096];
            file.read_exact_at(&mut before, at).unwrap();
            let with = [0_u8, 0xff, 1, 2][random(4) as usize];
            let mut lost = 0;
            // It is opened in time: damage that is found at once is another matter.
            store.open().unwrap();
            file.write_all_at(&[with; 4096], at).unwrap();
            for (serial, n) in &kept {
                match store.get(*serial) {
                    Ok(bytes) => assert_eq!(bytes, capsule(*n)),
                    Err(error) => {
                        assert!(error.to_string().contains("damaged"), "{error}");
                        lost += 1;
                    }
                }
            }
            damaged += usize::from(lost > 0);
            rounds_with_few += usize::from((1..300).contains(&lost));
            file.write_all_at(&before, at).unwrap();
        }
        assert!(damaged > 5 && rounds_with_few * 2 > damaged, "{damaged} {rounds_with_few}");
        store.open = None;
        for (serial, n) in &kept {
            assert_eq!(store.get(*serial).unwrap(), capsule(*n));
        }
    }

    #[test]
    fn a_capsule_that_is_damaged_is_refused() {
        let mut store = Store::new(None);
        let serial = store.put(capsule(77)).unwrap();
        store.fresh.get_mut(&serial).unwrap()[5] ^= 1;
        assert!(store.get(serial).unwrap_err().to_string().contains("damaged"));
        assert!(store.get(serial + 1).unwrap_err().to_string().contains("not in it"));
    }
}
