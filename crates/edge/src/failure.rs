//! The one way in which a fetch from an origin fails.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use edge502_handshake::{Observation, Verdict};
use edge502_rules::outcome::{Nuance, Outcome};
use edge502_rules::{Cause, Phase};

/// What one TLS handshake with an origin showed, and how CloudFront judges it.
#[derive(Debug, Clone)]
pub struct HandshakeReport {
    /// Whom it was made with.
    pub peer: SocketAddr,
    /// What was seen on the wire.
    pub observation: Observation,
    /// What follows from it.
    pub verdict: Verdict,
}

/// Why the edge has no response from the origin.
///
/// Status, page, headers and log fields follow from it, see [`OriginFailure::outcome`]; the rest is evidence for people and
/// reports.
#[derive(Debug, Clone)]
pub struct OriginFailure {
    /// The reason, from the closed list.
    pub cause: Cause,
    /// What was seen, with the names, addresses, times and numbers.
    pub evidence: String,
    /// The handshake, if one took place on the connection that failed.
    pub handshake: Option<Arc<HandshakeReport>>,
    /// Whether the origin was not tried at all, because it had failed too often; see [`edge502_rules::breaker`].
    pub paused: bool,
    /// What viewer and log get, where it is more exact than the usual outcome of this cause; it counts as long as the
    /// failure has that cause. The log tells kinds of one cause apart, and edge functions have pages for their rules.
    exact: Option<(Cause, Outcome)>,
}

impl OriginFailure {
    /// A failure without a handshake.
    pub fn new(cause: Cause, evidence: impl Into<String>) -> Self {
        Self { cause, evidence: evidence.into(), handshake: None, paused: false, exact: None }
    }

    /// A failure of a kind that the log tells apart within its cause.
    pub(crate) fn nuanced(nuance: Nuance, evidence: impl Into<String>) -> Self {
        Self::new(nuance.cause(), evidence).shown_as(nuance.outcome())
    }

    /// The same failure, on a connection with this handshake.
    pub(crate) fn on(mut self, handshake: Option<Arc<HandshakeReport>>) -> Self {
        self.handshake = handshake;
        self
    }

    /// The same failure, with another outcome than the usual one of its cause.
    pub(crate) fn shown_as(mut self, outcome: Outcome) -> Self {
        self.exact = Some((self.cause, outcome));
        self
    }

    /// What viewer and log get for it.
    pub fn outcome(&self) -> Outcome {
        let exact = self.exact.filter(|(cause, _)| *cause == self.cause);
        exact.map_or_else(|| Outcome::of(self.cause), |(_, outcome)| outcome)
    }

    /// The part of the connection in which it shows.
    pub fn phase(&self) -> Phase {
        self.cause.phase()
    }

    /// CloudFront's judgement of the handshake, if one took place.
    pub fn verdict(&self) -> Option<&Verdict> {
        self.handshake.as_deref().map(|report| &report.verdict)
    }
}

impl fmt::Display for OriginFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.cause, self.evidence)
    }
}

impl std::error::Error for OriginFailure {}
