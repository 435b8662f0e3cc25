//! The breaker in front of origins with mutual TLS.
//!
//! After repeated failures of DNS, connection or handshake CloudFront answers for an origin with `OriginMtlsConfig` with
//! 503 for a while instead of trying it
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/origin-mtls-authentication.html>). How many
//! failures that takes and how long it lasts is not published; both numbers here are assumptions.

use std::time::Duration;

use time::OffsetDateTime;

use crate::{Cause, Phase};

/// Failures in a row, nothing else between them, that open the breaker (inferred).
pub const FAILURES: u8 = 3;
/// How long it stays open; the next request after that tries the origin again (inferred).
pub const PAUSE: Duration = Duration::from_secs(30);

/// What is remembered of one origin. Starts with nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Breaker {
    failures: u8,
    last: Option<(Cause, OffsetDateTime)>,
}

impl Breaker {
    /// The failure for which the origin is not tried at `now`; `None` if it is.
    pub fn open(&self, now: OffsetDateTime) -> Option<Cause> {
        let (cause, failed) = self.last.filter(|_| self.failures >= FAILURES)?;
        (now < failed + PAUSE).then_some(cause)
    }

    /// The origin was tried at `now` and failed. One failure after the pause opens the breaker again.
    pub fn failed(&mut self, cause: Cause, now: OffsetDateTime) {
        if counts(cause) {
            self.failures = self.failures.saturating_add(1);
            self.last = Some((cause, now));
        } else {
            // The connection stood: what the origin did with it is another matter.
            self.succeeded();
        }
    }

    /// The origin was tried and a connection stood.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }
}

/// Whether a failure is one of DNS, connection or handshake.
fn counts(cause: Cause) -> bool {
    match cause.phase() {
        Phase::Resolve | Phase::Connect | Phase::Handshake | Phase::Certificate | Phase::Chain => true,
        Phase::Exchange | Phase::EdgeFunction | Phase::BehindOrigin => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn after(failures: u8) -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..failures {
            breaker.failed(Cause::ClientCertificateRejected, START);
        }
        breaker
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_tells_the_last() {
        assert_eq!(after(FAILURES - 1).open(START), None);
        assert_eq!(after(FAILURES).open(START), Some(Cause::ClientCertificateRejected));
        let mut breaker = after(FAILURES - 1);
        breaker.succeeded();
        breaker.failed(Cause::ConnectionRefused, START);
        assert_eq!(breaker.open(START), None);
    }

    #[test]
    fn it_closes_after_the_pause_and_one_failure_opens_it_again() {
        let mut breaker = after(FAILURES);
        let later = START + PAUSE;
        assert!(breaker.open(later - Duration::from_nanos(1)).is_some());
        assert_eq!(breaker.open(later), None);
        breaker.failed(Cause::DnsTimeout, later);
        assert_eq!(breaker.open(later), Some(Cause::DnsTimeout));
        assert_eq!(breaker.open(later + PAUSE), None);
    }

    #[test]
    fn only_dns_connection_and_handshake_count() {
        for (cause, counted) in [
            (Cause::DnsNoSuchName, true),
            (Cause::ConnectionTimeout, true),
            (Cause::HandshakeTimeout, true),
            (Cause::CertificateExpired, true),
            (Cause::ChainIncomplete, true),
            (Cause::ResponseTimeout, false),
            (Cause::ConnectionClosedEarly, false),
            (Cause::OriginErrorRelayed, false),
        ] {
            let mut breaker = after(FAILURES - 1);
            breaker.failed(cause, START);
            assert_eq!(breaker.open(START).is_some(), counted, "{cause}");
        }
    }
}
