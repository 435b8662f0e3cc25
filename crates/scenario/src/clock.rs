//! The lab's own clock.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use edge502_rules::clock::{Clock, SharedClock};
use time::OffsetDateTime;

/// A clock that runs with another one and can be put ahead of it, so that nobody waits for a lifetime to be over.
#[derive(Debug)]
pub(crate) struct LabClock {
    base: SharedClock,
    ahead: Mutex<Duration>,
}

impl LabClock {
    /// A clock that shows what `base` shows.
    pub(crate) fn new(base: SharedClock) -> Self {
        Self { base, ahead: Mutex::new(Duration::ZERO) }
    }

    /// Lets `time` go by.
    pub(crate) fn advance(&self, time: Duration) {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        *ahead = ahead.saturating_add(time);
    }

    /// Shows again what the other clock shows.
    pub(crate) fn reset(&self) {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) = Duration::ZERO;
    }
}

impl Clock for LabClock {
    fn now(&self) -> OffsetDateTime {
        self.base.now() + *self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use edge502_rules::clock::FixedClock;

    use super::*;

    #[test]
    fn it_can_be_put_ahead_and_back() {
        let start = OffsetDateTime::UNIX_EPOCH;
        let clock = LabClock::new(Arc::new(FixedClock(start)));
        clock.advance(Duration::from_secs(11));
        clock.advance(Duration::from_secs(1));
        assert_eq!(clock.now(), start + Duration::from_secs(12));
        clock.reset();
        assert_eq!(clock.now(), start);
    }
}
