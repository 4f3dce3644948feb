//! What the database lies in: a file that goes away by itself, or memory. Nothing is ever synced; and it is noted where
//! blocks come to lie, so that one can be read where it is, without the way there through the database's tree. That is a
//! hint, no more: what is read there is believed where it is the block that was meant.

use std::fs::File;
use std::io::Error;
#[cfg(test)]
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use redb::StorageBackend;
use redb::backends::{FileBackend, InMemoryBackend};

use super::block::first_in;

/// See the module's comment.
#[derive(Debug)]
pub(super) struct Ground {
    bytes: Box<dyn StorageBackend>,
    /// Blocks that were written, and where they begin.
    landed: Mutex<Vec<(u64, u64)>>,
    /// How long it may get.
    #[cfg(test)]
    pub(super) room: Arc<AtomicU64>,
}

/// What the database has of it.
#[derive(Debug)]
pub(super) struct Shared(pub(super) Arc<Ground>);

impl Ground {
    /// Of this file; of memory, for none.
    pub(super) fn new(file: Option<File>) -> Result<Self, redb::DatabaseError> {
        let bytes: Box<dyn StorageBackend> = match file {
            Some(file) => Box::new(FileBackend::new(file)?),
            None => Box::new(InMemoryBackend::new()),
        };
        Ok(Ground {
            bytes,
            landed: Mutex::default(),
            #[cfg(test)]
            room: Arc::new(AtomicU64::new(u64::MAX)),
        })
    }

    /// Reads what is there; false where nothing can be read.
    pub(super) fn read(&self, at: u64, into: &mut [u8]) -> bool {
        self.bytes.read(at, into).is_ok()
    }

    /// The blocks that were written since this was last asked, and where they begin. One may be there twice: what it said
    /// last holds.
    pub(super) fn landed(&self) -> Vec<(u64, u64)> {
        std::mem::take(&mut *self.landed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    #[cfg(test)]
    fn has_room(&self, end: u64) -> Result<(), Error> {
        match end > self.room.load(Ordering::Relaxed) {
            true => Err(std::io::ErrorKind::StorageFull.into()),
            false => Ok(()),
        }
    }
}

impl StorageBackend for Shared {
    fn len(&self) -> Result<u64, Error> {
        self.0.bytes.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        self.0.bytes.read(offset, out)
    }

    fn set_len(&self, len: u64) -> Result<(), Error> {
        #[cfg(test)]
        self.0.has_room(len)?;
        self.0.bytes.set_len(len)
    }

    fn sync_data(&self) -> Result<(), Error> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        #[cfg(test)]
        self.0.has_room(offset + data.len() as u64)?;
        self.0.bytes.write(offset, data)?;
        if let Some((number, at)) = first_in(data) {
            self.0.landed.lock().unwrap_or_else(PoisonError::into_inner).push((number, offset + at as u64));
        }
        Ok(())
    }

    fn close(&self) -> Result<(), Error> {
        self.0.bytes.close()
    }
}
