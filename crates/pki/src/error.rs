//! What can go wrong while certificates are made.

use std::error::Error;
use std::path::PathBuf;

use crate::{KeyKind, Signature};

/// Why a certificate was not made, not understood or not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PkiError {
    /// rcgen or OpenSSL refused to make a key or a certificate.
    #[error("could not make {what}; check the keys of the table it comes from")]
    Refused {
        /// The thing that was being made, with its name.
        what: String,
        /// The library's own words.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// Only OpenSSL can make this, and it is not in this build.
    #[error("{what} needs OpenSSL, which this build is without; build it with the feature `legacy`, or {instead}")]
    NeedsLegacy {
        /// The key or signature asked for.
        what: String,
        /// What works without OpenSSL.
        instead: &'static str,
    },
    /// The issuer's key cannot make the signature that was asked for.
    #[error(
        "a {key} key cannot sign with {signature}: MD5 needs an RSA issuer, Ed25519 has its own digest, and DSA, \
         Ed448 and RSA-PSS keys are for leaves only; change `signature`, or the `key` of the issuer (`[origin.intermediate] key = \"rsa-2048\"`)"
    )]
    Unsignable {
        /// The issuer's key.
        key: KeyKind,
        /// The signature asked for.
        signature: Signature,
    },
    /// `serve` names a certificate that this chain does not have.
    #[error("the chain has no certificate `{token}`; it has {available}")]
    NoSuchCertificate {
        /// The entry of `serve`.
        token: String,
        /// The entries that would work.
        available: String,
    },
    /// A text does not have the form it needs.
    #[error("`{text}` is not {expected}")]
    Malformed {
        /// The text as it was found.
        text: String,
        /// What would be accepted.
        expected: &'static str,
    },
    /// A file could not be written.
    #[error("cannot write {}; check that the directory exists and may be written", path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: std::io::Error,
    },
}

impl PkiError {
    pub(crate) fn malformed(text: &str, expected: &'static str) -> Self {
        Self::Malformed { text: text.to_owned(), expected }
    }
}

/// Says what a library was making when it failed.
pub(crate) trait Making<T> {
    fn making(self, what: impl FnOnce() -> String) -> Result<T, PkiError>;
}

impl<T, E: Into<Box<dyn Error + Send + Sync>>> Making<T> for Result<T, E> {
    fn making(self, what: impl FnOnce() -> String) -> Result<T, PkiError> {
        self.map_err(|source| PkiError::Refused { what: what(), source: source.into() })
    }
}
