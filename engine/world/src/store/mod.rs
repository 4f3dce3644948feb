//! Where capsules of hibernated actors lie: an embedded store (`redb`) in a file without a name, or in memory. It knows a
//! capsule as bytes under a number that is given once; what is under a number never changes. That is what makes rewinding
//! to an [image](crate::World::image) sound: a capsule whose actor woke is kept for as long as there is an image to which
//! it still sleeps.
//!
//! The file needs to survive nothing: it is gone with the world, however that ends. What must last is in snapshots, which
//! hold sleepers too. So it is never synced to the disk. What can go wrong is told by whoever asks: a disk that is full
//! when something is put in, bytes that are not what was written when they are read.

mod block;
mod blocks;
mod file;
mod reader;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::fs::File;
use std::num::NonZeroU64;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
#[cfg(test)]
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use redb::{Database, ReadOnlyTable, ReadableDatabase, TableDefinition};

use self::block::{
    BLOCK, ENTRY, HEAD, block_of, capsule_in, capsules_of, first_of, hinted, next_to, place_of, seal, sealed_size,
    sound,
};
use self::blocks::{Block, Blocks};
use self::file::{Ground, Shared};
pub(crate) use self::reader::Errand;
use self::reader::Reader;

const TABLE: TableDefinition<u64, &[u8]> = TableDefinition::new("blocks");

/// Bytes of capsules that are kept in memory until they are put into the store together, and blocks that are written anew
/// together.
const TOGETHER: usize = 1 << 20;
const WORN_TOGETHER: usize = TOGETHER / 4096;
/// Bytes of the store that are kept in memory: more than the inner pages of ten million capsules.
const CACHE: usize = if cfg!(test) { 64 << 10 } else { 32 << 20 };
/// What is wrong with a capsule.
const DAMAGED: &str = "a capsule is not what was written: the file was damaged";
const MISSING: &str = "a capsule is not in it: the file was damaged";

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
    blocks: Blocks,
    leases: Mutex<Leases>,
    retired: VecDeque<Retired>,
    /// Blocks to be written anew, or taken out, with the next that are put in.
    worn: BTreeSet<u64>,
    #[cfg(test)]
    room: Arc<AtomicU64>,
}

struct Open {
    database: Database,
    ground: Arc<Ground>,
    /// What was in it when it was last looked into.
    view: Option<ReadOnlyTable<u64, &'static [u8]>>,
    reader: Reader,
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

impl Store {
    /// A store whose file is made in this folder when it is first needed; in memory, for none.
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        Store {
            folder,
            file: None,
            open: None,
            fresh: BTreeMap::new(),
            fresh_bytes: 0,
            next: first_of(1),
            filled: 0,
            blocks: Blocks::default(),
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
            self.open = Some(self.opened()?);
        }
        match &mut self.open {
            Some(open) => Ok(open),
            None => Err(StoreError { folder: None, why: "it is not open".into() }),
        }
    }

    fn opened(&mut self) -> Result<Open, StoreError> {
        let file = match &self.folder {
            Some(folder) => {
                if self.file.is_none() {
                    self.file = Some(tempfile::tempfile_in(folder).map_err(|error| self.failed(error))?);
                }
                let file = self.file.as_ref().and_then(|file| file.try_clone().ok());
                Some(file.ok_or_else(|| self.failed("no more files can be opened"))?)
            }
            None => None,
        };
        #[cfg_attr(not(test), expect(unused_mut, reason = "tests say how much room there is"))]
        let mut ground = Ground::new(file).map_err(|error| self.failed(error))?;
        #[cfg(test)]
        ground.room.clone_from(&self.room);
        let ground = Arc::new(ground);
        let mut builder = Database::builder();
        builder.set_cache_size(CACHE);
        let database = builder.create_with_backend(Shared(ground.clone())).map_err(|error| self.failed(error))?;
        Ok(Open { database, ground, view: None, reader: Reader::default() })
    }

    /// Puts a capsule in; its number.
    ///
    /// Errors: the store can't be written. Nothing was put in then.
    pub(crate) fn put(&mut self, bytes: Vec<u8>) -> Result<u64, StoreError> {
        let size = sealed_size(&bytes);
        if self.fresh_bytes + size > TOGETHER && !self.fresh.is_empty() {
            // If that fails, those that came before stay where they are, in memory: they are lost to nobody.
            self.flush()?;
        }
        if place_of(self.next).1 > 0 && HEAD + self.filled + ENTRY + size > BLOCK {
            self.begin_block();
        }
        let serial = hinted(self.next, HEAD + self.filled, size);
        self.fresh.insert(serial, seal(serial, bytes));
        self.fresh_bytes += size;
        self.filled += ENTRY + size;
        self.next = next_to(self.next);
        if place_of(self.next).1 == 0 {
            self.filled = 0;
        }
        Ok(serial)
    }

    /// The next capsule is the first of a block.
    fn begin_block(&mut self) {
        if place_of(self.next).1 > 0 {
            self.next = first_of(place_of(self.next).0 + 1);
            self.filled = 0;
        }
    }

    /// Brings everything into the database, and takes out what nobody needs.
    fn flush(&mut self) -> Result<(), StoreError> {
        self.open()?;
        // What is written is written once.
        self.begin_block();
        let written = spared(|| self.write());
        let landed = self.open.as_ref().map_or_else(Vec::new, |open| open.ground.landed());
        match written {
            Ok(sizes) => {
                let mut live = BTreeMap::<u64, u64>::new();
                for serial in self.fresh.keys() {
                    let (number, index) = place_of(*serial);
                    *live.entry(number).or_default() |= 1 << index;
                }
                self.fresh.clear();
                self.fresh_bytes = 0;
                for number in std::mem::take(&mut self.worn) {
                    match self.blocks.get(number).map_or(0, |block| block.live) {
                        0 => self.blocks.remove(number),
                        kept => drop(live.insert(number, kept)),
                    }
                }
                for (number, size) in sizes {
                    let live = live.get(&number).copied().unwrap_or_default();
                    self.blocks.put(number, Block { live, held: live.count_ones() as u8, at: None, size });
                }
                for (number, at) in landed {
                    if let Some(block) = self.blocks.get_mut(number) {
                        block.at = NonZeroU64::new(at);
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

    /// The blocks that were written, and their sizes.
    fn write(&mut self) -> Result<Vec<(u64, u32)>, redb::Error> {
        let mut sizes = Vec::new();
        let Some(open) = &mut self.open else { return Ok(sizes) };
        // A view that is held keeps the pages of what was taken out.
        open.view = None;
        open.reader.forget();
        let transaction = open.database.begin_write()?;
        {
            let mut table = transaction.open_table(TABLE)?;
            let mut put = |table: &mut redb::Table<u64, &[u8]>, number: u64, capsules: &[(u32, &[u8])]| {
                let bytes = block_of(number, capsules);
                sizes.push((number, bytes.len() as u32));
                table.insert(number, bytes.as_slice()).map(drop)
            };
            for number in &self.worn {
                let live = self.blocks.get(*number).map_or(0, |block| block.live);
                let Some(old) = table.remove(number)?.filter(|_| live != 0).map(|old| old.value().to_vec()) else {
                    continue;
                };
                let kept: Vec<_> = capsules_of(&old).filter(|(index, _)| live >> index & 1 == 1).collect();
                put(&mut table, *number, &kept)?;
            }
            let mut capsules = Vec::new();
            for (serial, bytes) in &self.fresh {
                let (number, index) = place_of(*serial);
                capsules.push((index, bytes.as_slice()));
                let next = self.fresh.range(serial + 1..).next();
                if next.is_none_or(|(next, _)| place_of(*next).0 != number) {
                    put(&mut table, number, &capsules)?;
                    capsules.clear();
                }
            }
        }
        transaction.commit()?;
        Ok(sizes)
    }

    /// A capsule's bytes.
    ///
    /// Errors: it can't be read, or is not what was put in.
    ///
    /// Cost: one read of the file; none where the block is at hand.
    pub(crate) fn get(&mut self, serial: u64) -> Result<&[u8], StoreError> {
        if let Some(bytes) = self.fresh.get(&serial) {
            let end = sound(serial, bytes).map(<[u8]>::len).ok_or_else(|| self.failed(DAMAGED))?;
            return Ok(&self.fresh[&serial][..end]);
        }
        let number = place_of(serial).0;
        let block = self.blocks.get(number).copied().unwrap_or_default();
        let open = self.open()?;
        let mut found = open.reader.read(&open.ground, serial, block);
        if found.is_none() {
            match spared(|| open.read(number)) {
                Ok(true) => found = capsule_in(&open.reader.bytes, serial),
                Ok(false) => return Err(self.failed(MISSING)),
                Err(why) => {
                    self.reopen(&why);
                    return Err(self.failed(why));
                }
            }
        }
        match (found, &self.open) {
            (Some(found), Some(open)) => Ok(&open.reader.bytes[found]),
            _ => Err(self.failed(DAMAGED)),
        }
    }

    /// As [`Store::get`], and nothing of the store changes.
    pub(crate) fn look(&self, serial: u64) -> Result<Vec<u8>, StoreError> {
        if let Some(bytes) = self.fresh.get(&serial) {
            return sound(serial, bytes).map(<[u8]>::to_vec).ok_or_else(|| self.failed(DAMAGED));
        }
        let Some(open) = &self.open else { return Err(self.failed(MISSING)) };
        let number = place_of(serial).0;
        let block = self.blocks.get(number).copied().unwrap_or_default();
        let mut reader = Reader::default();
        let mut found = reader.read(&open.ground, serial, block);
        if found.is_none() {
            if !spared(|| open.look(number, &mut reader)).map_err(|why| self.failed(why))? {
                return Err(self.failed(MISSING));
            }
            found = capsule_in(&reader.bytes, serial);
        }
        found.map(|found| reader.bytes[found].to_vec()).ok_or_else(|| self.failed(DAMAGED))
    }

    /// How to read many, in the order of their numbers. None where nothing is in the database yet.
    pub(crate) fn errand(&self, serials: impl Iterator<Item = u64>) -> Option<Errand> {
        let ground = self.open.as_ref()?.ground.clone();
        let block = |serial: u64| self.blocks.get(place_of(serial).0).copied().unwrap_or_default();
        Some(Errand { ground, list: serials.map(|serial| (serial, block(serial))).collect() })
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
                if let Some(block) = self.blocks.get_mut(number) {
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
        let written = self.blocks.iter().map(|block| block.live.count_ones() as usize).sum::<usize>();
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

    /// Looks a block up; false where there is none.
    fn read(&mut self, number: u64) -> Result<bool, redb::Error> {
        let mut reader = std::mem::take(&mut self.reader);
        let found = self.view()?.map_or(Ok(false), |view| look_up(view, number, &mut reader))?;
        self.reader = reader;
        Ok(found)
    }

    /// As [`Open::read`], without holding on to what is in it.
    fn look(&self, number: u64, reader: &mut Reader) -> Result<bool, redb::Error> {
        match &self.view {
            Some(view) => look_up(view, number, reader),
            None => self.table()?.map_or(Ok(false), |table| look_up(&table, number, reader)),
        }
    }
}

fn look_up(view: &ReadOnlyTable<u64, &'static [u8]>, number: u64, reader: &mut Reader) -> Result<bool, redb::Error> {
    let found = view.get(number)?;
    if let Some(block) = &found {
        reader.fill(number, block.value());
    }
    Ok(found.is_some())
}
