//! What can go wrong with an origin that is meant to be wrong.

use std::io;

use edge502_pki::PkiError;

/// Why an origin could not be started or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OriginError {
    /// The specification contradicts itself.
    #[error("origin.{setting}: {problem}")]
    Invalid {
        /// The key, without the leading `origin.`.
        setting: &'static str,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// No permitted TLS library can serve this.
    #[error(
        "{libraries} cannot serve this origin: {}. Change `origin.tls.backend`, the versions, suites, groups or the key; a key \
         that does not belong to the certificate needs rustls, anything older than TLS 1.2 needs OpenSSL",
        problems.join("; ")
    )]
    Impossible {
        /// The libraries that were asked.
        libraries: &'static str,
        /// What each library objects to.
        problems: Vec<String>,
    },
    /// OpenSSL could serve this, and the program was built without it.
    #[error(
        "this origin needs OpenSSL ({why}), and this program was built without it; build it with its default features, \
         which include `legacy`"
    )]
    NeedsLegacy {
        /// Why rustls does not do.
        why: String,
    },
    /// The certificates could not be made.
    #[error("the origin's certificates cannot be made as stated")]
    Certificate(#[from] PkiError),
    /// A port could not be had.
    #[error("cannot use port {port} of 127.0.0.1 (0 is any free one); is another process on it?")]
    Bind {
        /// The port asked for.
        port: u16,
        /// The operating system's reason.
        source: io::Error,
    },
    /// The origin does not behave as its specification says, so nothing that is shown with it would prove anything.
    #[error("the origin does not do what it is meant to: {claim}: expected {expected}, but saw {seen}")]
    SelfTest {
        /// The statement under test.
        claim: String,
        /// What it means on the wire.
        expected: String,
        /// What the wire showed.
        seen: String,
    },
}

impl OriginError {
    /// Whether a build with the feature `legacy` could start this origin, and this one cannot.
    pub fn needs_legacy(&self) -> bool {
        matches!(self, Self::NeedsLegacy { .. } | Self::Certificate(PkiError::NeedsLegacy { .. }))
    }
}
