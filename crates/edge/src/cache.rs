//! The cache between viewers and origins.
//!
//! What is kept, for whom and how long is decided by `edge502_rules::cache`; here it is done. A behaviour that keeps
//! nothing passes by at the cost of one question. A response is recorded while it streams to the viewer and kept when
//! it is complete. Requests for one key that arrive together make one request to the origin (`flight`). The cache
//! outlives every change of the configuration, as CloudFront's does: that is why a repaired origin can go on failing.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ConfiguringCaching.html>

mod entry;
mod flight;
mod partial;
mod question;
mod record;
mod refresh;
mod reply;
mod revalidate;
mod seek;
mod store;

use edge502_rules::cache::InvalidationPath;

pub(crate) use record::Recording;
pub(crate) use seek::{Answer, seek};

use flight::Flights;
use store::Store;

/// How much an edge keeps. Beyond either bound, what was used least recently goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheLimits {
    /// Responses kept, errors included. Default 10,000.
    pub entries: usize,
    /// Bytes kept, heads and keys included. Default 64 MiB.
    pub bytes: usize,
    /// The longest body that is kept, in bytes; longer ones pass by. Default 8 MiB; CloudFront's own limit is 50 GB
    /// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html>).
    pub object_bytes: usize,
}

impl Default for CacheLimits {
    fn default() -> Self {
        Self { entries: 10_000, bytes: 64 << 20, object_bytes: 8 << 20 }
    }
}

/// What is kept, and what is on its way.
#[derive(Debug)]
pub(crate) struct Cache {
    store: Store,
    flights: Flights,
}

impl Cache {
    pub(crate) fn new(limits: CacheLimits) -> Self {
        Self { store: Store::new(limits), flights: Flights::default() }
    }

    /// Drops what `path` matches and says how many responses that were. What is on its way now is not kept.
    pub(crate) fn invalidate(&self, path: &InvalidationPath) -> usize {
        self.store.remove(|key| path.matches(key))
    }

    /// Drops everything. What is on its way now is not kept.
    pub(crate) fn flush(&self) {
        self.store.remove(|_| true);
    }
}
