//! The errors of this crate.

use thiserror::Error;

/// Why a trust store, a client or a piece of the wire could not be read.
///
/// A failed handshake is no error of this kind: it is a [`Refused`](crate::Refused) with its observation.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// A message is shorter than its own lengths say.
    #[error("{what} ends early: {needed} more bytes expected, {left} left")]
    Truncated {
        /// The message or field.
        what: &'static str,
        /// Bytes the field needs.
        needed: usize,
        /// Bytes that are there.
        left: usize,
    },
    /// A message cannot be what it should be.
    #[error("{what} cannot be read: {reason}")]
    Malformed {
        /// The message or field.
        what: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A trusted certificate cannot be decoded.
    #[error("certificate {position} of the trust store cannot be read ({reason}); give PEM certificates")]
    TrustAnchor {
        /// Place in the bundle, starting with 1.
        position: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The trust store holds no certificate.
    #[error("the trust store is empty; give at least one CERTIFICATE section in PEM")]
    NoTrustAnchors,
    /// A client certificate that s2n-tls cannot present.
    #[error(
        "the client certificate and its key cannot be used: {name} ({message}); give both in PEM, the \
         certificate before its intermediates, and the key that belongs to it"
    )]
    ClientCertificate {
        /// The library's name for the error.
        name: &'static str,
        /// The library's sentence.
        message: &'static str,
    },
    /// s2n-tls refused a setting.
    #[error("s2n-tls refused to {action}: {name} ({message})")]
    Library {
        /// What it was asked to do.
        action: &'static str,
        /// The library's name for the error.
        name: &'static str,
        /// The library's sentence.
        message: &'static str,
    },
}
