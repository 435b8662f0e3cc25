//! The errors of this crate.

use std::path::PathBuf;

use edge502_origin::OriginError;
use edge502_pki::PkiError;
use thiserror::Error;

/// Why scenarios could not be read or brought up. A scenario that plays but does not do as it states is no error.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// A scenario file breaks the format.
    #[error("{file}:{line}: {reason}{}", nearest.as_ref().map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
    Format {
        /// The file, as the reader would open it.
        file: String,
        /// The line of the fault, starting with 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
        /// The valid key or word that resembles it most.
        nearest: Option<String>,
    },
    /// A scenario states something that contradicts itself.
    #[error("{file}: {reason}")]
    Contradiction {
        /// The file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// Changes to a running lab that cannot be.
    #[error("these changes cannot be: {reason}{}", nearest.as_ref().map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
    Patch {
        /// What is wrong.
        reason: String,
        /// The valid key or word that resembles it most.
        nearest: Option<String>,
    },
    /// No scenario has this id.
    #[error("no scenario {id:?}{}; `edge502 list` shows them all", nearest_ids(nearest))]
    Unknown {
        /// The id asked for.
        id: String,
        /// Ids that resemble it.
        nearest: Vec<String>,
    },
    /// A file or directory could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A directory holds no scenario.
    #[error("no scenario in {}: expected files DIR/<class>/<name>.toml", path.display())]
    Empty {
        /// The directory.
        path: PathBuf,
    },
    /// The origin could not be started.
    #[error("the origin could not be started: {0}")]
    Origin(#[from] OriginError),
    /// The edge could not be started.
    #[error("the edge could not be started: {0}")]
    Edge(#[from] edge502_edge::EdgeError),
    /// A certificate could not be made.
    #[error("a certificate could not be made: {0}")]
    Pki(#[from] PkiError),
    /// A trust store or client could not be made.
    #[error(transparent)]
    Handshake(#[from] edge502_handshake::HandshakeError),
    /// The documented check could not be set up.
    #[cfg(feature = "legacy")]
    #[error("the documented check could not be set up: {0}")]
    Check(#[from] edge502_legacy_tls::LegacyTlsError),
    /// The distribution of a state is not one.
    #[error("the scenario's distribution: {0}")]
    Distribution(#[from] edge502_rules::distribution::DistributionError),
    /// The lab's own network or files failed.
    #[error("{what}: {source}")]
    Io {
        /// What was done.
        what: &'static str,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The viewer got no usable answer from the edge.
    #[error("the viewer got no usable answer from the edge: {0}")]
    Viewer(String),
    /// A scenario has no such fix or dead end.
    #[error("there is no {kind} {number}; this scenario has {count}, counted from 1")]
    NoSuchStep {
        /// What was asked for.
        kind: crate::format::StepKind,
        /// Its number.
        number: usize,
        /// How many there are.
        count: usize,
    },
    /// Something took longer than it may.
    #[error("{what} took longer than {seconds} s")]
    Timeout {
        /// What was waited for.
        what: &'static str,
        /// The bound.
        seconds: u64,
    },
}

impl ScenarioError {
    /// Why this needs OpenSSL, if that is all that is missing: the program was built without the feature `legacy`.
    pub fn needs_legacy(&self) -> Option<String> {
        match self {
            // What a certificate needs stands behind the error of the origin.
            Self::Origin(OriginError::Certificate(error)) | Self::Pki(error) => {
                matches!(error, PkiError::NeedsLegacy { .. }).then(|| error.to_string())
            }
            Self::Origin(error) if error.needs_legacy() => Some(error.to_string()),
            _ => None,
        }
    }

    /// Changes to a running lab that cannot be, for this reason.
    pub(crate) fn patch(reason: impl Into<String>) -> Self {
        Self::Patch { reason: reason.into(), nearest: None }
    }

    /// An error of the operating system while doing `what`.
    pub(crate) fn io(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { what, source }
    }
}

fn nearest_ids(nearest: &[String]) -> String {
    if nearest.is_empty() { String::new() } else { format!("; nearest: {}", nearest.join(", ")) }
}
