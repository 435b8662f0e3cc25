//! The one place where the time of day enters.

use std::sync::Arc;

use edge502_rules::clock::{Clock, FixedClock, SharedClock};
use time::OffsetDateTime;

/// The system's clock.
#[derive(Debug)]
struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "everything else gets its time from here")]
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}

/// A clock that stands at `at`, or the system's.
pub(crate) fn clock(at: Option<OffsetDateTime>) -> SharedClock {
    match at {
        Some(at) => Arc::new(FixedClock(at)),
        None => Arc::new(SystemClock),
    }
}
