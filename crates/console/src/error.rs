//! The errors of this crate.

use std::io;
use std::net::SocketAddr;

use thiserror::Error;

/// Why the console could not be started. What goes wrong while it serves is shown on its pages.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConsoleError {
    /// The port could not be had.
    #[error("cannot listen on {address}: {source}; choose another port with --port, or 0 for a free one")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The system gave no random bytes.
    #[error("no random bytes for the token: {0}")]
    Random(#[from] getrandom::Error),
}
