//! Why a check could not be made at all.

use thiserror::Error;

use crate::source::Setting;

/// A check that could not be made. A check that was made and came out badly is a report.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The target is no `HOST` or `HOST:PORT`.
    #[error("{text:?} is not a host to check: {reason}; write origin.example.com or origin.example.com:8443")]
    Target {
        /// The text as it was given.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The settings are no distribution's.
    #[error(transparent)]
    Distribution(#[from] edge502_rules::distribution::DistributionError),
    /// A setting that cannot work whatever the origin answers; in a batch it is a finding of its own.
    #[error("{0}")]
    Setting(Box<Setting>),
    /// The file does not tell a setting that decides.
    #[error("{place} is {expression}, which the file does not tell; {remedy}")]
    Hidden {
        /// Where it stands in the file.
        place: String,
        /// What stands there.
        expression: String,
        /// What would tell the value.
        remedy: String,
    },
    /// The edge could not be set up.
    #[error(transparent)]
    Edge(#[from] edge502_edge::EdgeError),
    /// The TLS client could not be set up.
    #[error(transparent)]
    Handshake(#[from] edge502_handshake::HandshakeError),
    /// The edge would not take the request from a viewer.
    #[error("CloudFront would refuse {method} {path} with Host {host} before it asks the origin; {reason}")]
    NotTaken {
        /// The method.
        method: String,
        /// Path and query.
        path: String,
        /// The `Host`.
        host: String,
        /// What to change.
        reason: &'static str,
    },
}

impl CheckError {
    /// A text that is no target; a long one is cut, since it was hardly meant as one.
    pub(crate) fn target(text: &str, reason: impl Into<String>) -> Self {
        const SHOWN: usize = 100;
        let shown = match text.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text.to_owned(),
        };
        Self::Target { text: shown, reason: reason.into() }
    }
}
