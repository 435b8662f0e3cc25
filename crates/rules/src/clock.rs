//! Time as an argument: the seam through which every date enters.

use std::fmt;
use std::sync::Arc;

use time::OffsetDateTime;

/// A source of the current date and time, in UTC.
///
/// Validity of certificates, `Date` headers and log lines follow it, so a lab can live on any day.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The current date and time.
    fn now(&self) -> OffsetDateTime;
}

/// A clock shared by the parts of one edge or lab.
pub type SharedClock = Arc<dyn Clock>;

/// A clock that stands still.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub OffsetDateTime);

impl Clock for FixedClock {
    fn now(&self) -> OffsetDateTime {
        self.0
    }
}
