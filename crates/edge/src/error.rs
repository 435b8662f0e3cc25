//! The errors of this crate: what keeps an edge from starting or changing.
//!
//! A failed fetch is not among them; that is an [`OriginFailure`](crate::OriginFailure) and ends in a page.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use edge502_handshake::HandshakeError;
use thiserror::Error;

/// Why an edge could not be started or changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EdgeError {
    /// The address for viewers cannot be used.
    #[error("cannot listen on {address}: {source}; choose another port, or 0 for a free one")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// The certificate or key for viewers cannot be used.
    #[error(
        "the certificate for viewers cannot be used: {0}; give a certificate and the private key that belongs to it"
    )]
    ViewerCertificate(#[from] rustls::Error),
    /// The access log cannot be opened.
    #[error("cannot write the access log {}: {source}; choose a file in a directory that exists", path.display())]
    AccessLog {
        /// The file that was asked for.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The TLS client towards origins could not be set up.
    #[error("cannot set up TLS towards origins")]
    Handshake(#[from] HandshakeError),
}
