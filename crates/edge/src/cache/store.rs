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
    kept: Mutex<Contents>,
}

#[derive(Debug)]
struct Contents {
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
        let contents = Contents { entries: LruCache::unbounded(), bytes: 0, edition: Edition(0) };
        Self { limits, kept: Mutex::new(contents) }
    }

    /// The longest body that is kept.
    pub(super) fn object_bytes(&self) -> usize {
        self.limits.object_bytes.min(self.limits.bytes)
    }

    pub(super) fn edition(&self) -> Edition {
        self.lock().edition
    }

    /// What is kept under `key`.
    pub(super) fn get(&self, key: &CacheKey) -> Option<Arc<Entry>> {
        self.lock().entries.get(key).cloned()
    }

    /// Keeps `entry`, unless something was removed since `asked`.
    pub(super) fn put(&self, key: CacheKey, entry: Arc<Entry>, asked: Edition) {
        let mut contents = self.lock();
        if contents.edition == asked {
            contents.bytes += size(&key, &entry);
            if let Some((key, replaced)) = contents.entries.push(key, entry) {
                contents.bytes -= size(&key, &replaced);
            }
            self.make_room(&mut contents);
        }
    }

    fn make_room(&self, contents: &mut Contents) {
        while contents.bytes > self.limits.bytes || contents.entries.len() > self.limits.entries {
            let Some((key, entry)) = contents.entries.pop_lru() else { return };
            contents.bytes -= size(&key, &entry);
        }
    }

    /// Removes what `chosen` says and counts it.
    pub(super) fn remove(&self, chosen: impl Fn(&CacheKey) -> bool) -> usize {
        let mut contents = self.lock();
        contents.edition.0 += 1;
        let keys: Vec<CacheKey> =
            contents.entries.iter().filter(|(key, _)| chosen(key)).map(|(key, _)| key.clone()).collect();
        for key in &keys {
            if let Some((key, entry)) = contents.entries.pop_entry(key) {
                contents.bytes -= size(&key, &entry);
            }
        }
        keys.len()
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        // Nothing in here panics half-way.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn size(key: &CacheKey, entry: &Entry) -> usize {
    key.size() + entry.size()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use edge502_rules::Cause;
    use edge502_rules::cache::KeyRequest;
    use edge502_rules::distribution::Ttl;
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::super::entry::Content;
    use super::*;
    use crate::OriginFailure;
    use crate::testing::{CACHING_OPTIMIZED, distribution};

    fn key(path: &str) -> CacheKey {
        let distribution = distribution(
            &format!(r#""ViewerProtocolPolicy": "allow-all", "CachePolicyId": "{CACHING_OPTIMIZED}""#),
            "",
        );
        let request =
            KeyRequest { method: "GET", path, query: None, host: "x.test", accept_encoding: None, headers: &[] };
        CacheKey::new(request, &distribution.default_behavior)
    }

    fn entry(bytes: usize) -> Arc<Entry> {
        let failure = OriginFailure::new(Cause::ConnectionRefused, "x".repeat(bytes));
        Arc::new(Entry {
            content: Content::Failure(Arc::new(failure)),
            since: datetime!(2026-03-08 02:00 UTC),
            lifetime: Duration::from_secs(10),
            ttl: Ttl::DEFAULT,
            stands_in_until: None,
        })
    }

    proptest! {
        /// Whatever is put, found and removed: both bounds hold, the count of bytes is exact, and what was used last stays.
        #[test]
        fn the_bounds_hold(steps in proptest::collection::vec((0_u8..12, 0_usize..3_000, 0_u8..10), 1..200)) {
            let limits = CacheLimits { entries: 5, bytes: 8_000, object_bytes: 8_000 };
            let store = Store::new(limits);
            let keys: Vec<CacheKey> = (0..12).map(|number| key(&format!("/{number}"))).collect();
            for (number, bytes, action) in steps {
                let key = &keys[usize::from(number)];
                match action {
                    0 => { store.remove(|other| other == key); }
                    1..=3 => { store.get(key); }
                    _ => {
                        store.put(key.clone(), entry(bytes), store.edition());
                        prop_assert!(store.get(key).is_some(), "the newest fits");
                    }
                }
                let contents = store.lock();
                let counted: usize = contents.entries.iter().map(|(key, entry)| size(key, entry)).sum();
                prop_assert_eq!(contents.bytes, counted);
                prop_assert!(counted <= limits.bytes && contents.entries.len() <= limits.entries);
            }
        }
    }

    #[test]
    fn what_was_asked_for_before_a_removal_is_not_put_back() {
        let store = Store::new(CacheLimits::default());
        let asked = store.edition();
        assert_eq!(store.remove(|_| true), 0);
        store.put(key("/"), entry(1), asked);
        assert!(store.get(&key("/")).is_none());
    }
}
