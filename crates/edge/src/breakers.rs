//! Which origins with mutual TLS are not tried for a while. The rule is [`edge502_rules::breaker`]'s.
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/origin-mtls-authentication.html>

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use edge502_rules::Cause;
use edge502_rules::breaker::{Breaker, FAILURES, PAUSE};
use edge502_rules::distribution::Origin;
use edge502_rules::outcome::Outcome;
use time::OffsetDateTime;

use crate::OriginFailure;

/// A breaker for each origin with `OriginMtlsConfig`, by its `Id`.
#[derive(Debug, Default)]
pub(crate) struct Breakers(Mutex<HashMap<String, Breaker>>);

impl Breakers {
    /// The failure that stands for trying `origin`, while it is not tried.
    pub(crate) fn open(&self, origin: &Origin, now: OffsetDateTime) -> Option<OriginFailure> {
        origin.custom.origin_mtls_config.as_ref()?;
        let cause = self.lock().get(&origin.id)?.open(now)?;
        let evidence = format!(
            "{} is not tried: an origin with OriginMtlsConfig rests for {} s after {FAILURES} failures in a row",
            origin.domain_name,
            PAUSE.as_secs()
        );
        let mut failure = OriginFailure::new(cause, evidence).shown_as(Outcome::origin_paused());
        failure.paused = true;
        Some(failure)
    }

    /// Takes note of how trying `origin` ended: with a failure, or with a connection that stood.
    pub(crate) fn note(&self, origin: &Origin, failure: Option<Cause>, now: OffsetDateTime) {
        if origin.custom.origin_mtls_config.is_none() {
            return;
        }
        let mut breakers = self.lock();
        let breaker = breakers.entry(origin.id.clone()).or_default();
        match failure {
            Some(cause) => breaker.failed(cause, now),
            None => breaker.succeeded(),
        }
    }

    /// Forgets every failure.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Breaker>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
