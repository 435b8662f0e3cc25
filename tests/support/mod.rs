//! What the integration tests share.

use std::sync::Arc;

use edge502_rules::clock::{FixedClock, SharedClock};
use time::macros::datetime;

/// A day long after this was written: nothing checked in may depend on the real one.
pub(crate) fn clock() -> SharedClock {
    Arc::new(FixedClock(datetime!(2031-03-05 12:00 UTC)))
}
