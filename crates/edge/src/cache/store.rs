//! The kept responses, bounded in number and bytes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use edge502_rules::cache::CacheKey;
use lru::LruCache;

use super::CacheLimits;
use super::entry::Entry;

/// Kept responses by key; what was used least recently goes first.
#[derive(Debug)]
pub(super) struct Store {
    limits: CacheLimits,
    shelf: Mutex<Shelf>,
}

#[derive(Debug)]
struct Shelf {
    entries: LruCache<CacheKey, Arc<Entry>>,
    bytes: usize,
    /// Counts removals by hand: what was asked for before one must not be put back after it.
    edition: Edition,
}

/// The state of the store when a response was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edition(u64);

impl Store {
    pub(super) fn new(limits: CacheLimits) -> Self {
        let shelf = Shelf { entries: LruCache::unbounded(), bytes: 0, edition: Edition(0) };
        Self { limits, shelf: Mutex::new(shelf) }
    }

    /// The longest body that is kept.
    pub(super) fn object_bytes(&self) -> usize {
        self.limits.object_bytes.min(self.limits.bytes)
    }

    pub(super) fn edition(&self) -> Edition {
        self.shelf().edition
    }

    /// What is kept under `key`.
    pub(super) fn get(&self, key: &CacheKey) -> Option<Arc<Entry>> {
        self.shelf().entries.get(key).cloned()
    }

    /// Keeps `entry`, unless something was removed since `asked`.
    pub(super) fn put(&self, key: CacheKey, entry: Arc<Entry>, asked: Edition) {
        let mut shelf = self.shelf();
        if shelf.edition == asked {
            shelf.bytes += size(&key, &entry);
            if let Some((key, entry)) = shelf.entries.push(key, entry) {
                shelf.bytes -= size(&key, &entry);
            }
            self.make_room(&mut shelf);
        }
    }

    fn make_room(&self, shelf: &mut Shelf) {
        while shelf.bytes > self.limits.bytes || shelf.entries.len() > self.limits.entries {
            let Some((key, entry)) = shelf.entries.pop_lru() else { return };
            shelf.bytes -= size(&key, &entry);
        }
    }

    /// Removes what `chosen` says and counts it.
    pub(super) fn remove(&self, chosen: impl Fn(&CacheKey) -> bool) -> usize {
        let mut shelf = self.shelf();
        shelf.edition.0 += 1;
        let keys: Vec<CacheKey> =
            shelf.entries.iter().filter(|(key, _)| chosen(key)).map(|(key, _)| key.clone()).collect();
        for key in &keys {
            if let Some((key, entry)) = shelf.entries.pop_entry(key) {
                shelf.bytes -= size(&key, &entry);
            }
        }
        keys.len()
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        // Nothing in here panics half-way.
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn size(key: &CacheKey, entry: &Entry) -> usize {
    key.size() + entry.size()
}
