//! The tables of a scenario file that describe certificates.

pub(crate) mod certificate;
pub(crate) mod chain;
pub(crate) mod intermediate;
pub(crate) mod usage;

use time::{Duration, OffsetDateTime};

use crate::When;

/// First and last moment of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Validity {
    pub(crate) not_before: OffsetDateTime,
    pub(crate) not_after: OffsetDateTime,
}

impl Validity {
    /// The stated ends. An end that is not stated lies `past` before or `future` after now, or further off if that is
    /// needed to keep the usual life span: a certificate that expired long ago was also issued long ago.
    pub(crate) fn resolve(
        now: OffsetDateTime,
        stated: (Option<When>, Option<When>),
        (past, future): (Duration, Duration),
    ) -> Self {
        let span = past + future;
        let from = stated.0.map(|when| when.at(now));
        let to = stated.1.map(|when| when.at(now));
        let not_before = from.unwrap_or_else(|| {
            let usual = now.saturating_sub(past);
            to.map_or(usual, |to| usual.min(to.saturating_sub(span)))
        });
        let not_after = to.unwrap_or_else(|| {
            let usual = now.saturating_add(future);
            from.map_or(usual, |from| usual.max(from.saturating_add(span)))
        });
        Self { not_before, not_after }
    }
}
