//! How many viewers an edge can take before the system runs out of file descriptors for it.

use rustix::process::{Resource, getrlimit, setrlimit};

/// The most, whatever the system allows.
const VIEWERS: u64 = 16_384;
/// Of ten descriptors, so many are for viewers; the others are for connections to origins, and for files.
const SHARE: u64 = 6;

/// Raises the limit of open files as far as the system allows without privileges, and tells how many viewers fit into it.
pub(crate) fn viewers() -> usize {
    let mut limit = getrlimit(Resource::Nofile);
    // No limit at all is more than any viewers need.
    let most = limit.maximum.unwrap_or(u64::MAX).min(VIEWERS * 10 / SHARE);
    if limit.current.is_some_and(|current| current < most) {
        limit.current = Some(most);
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            tracing::warn!(%error, "the limit of open files cannot be raised");
        }
    }
    let current = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX).min(most);
    usize::try_from(current * SHARE / 10).unwrap_or(usize::MAX)
}
