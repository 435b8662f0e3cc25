//! Real handshakes between the edge's client and origins on 127.0.0.1.
//!
//! Most origins are OpenSSL's; without it there is what needs no handshake to complete.

// clippy allows this only inside of functions marked as tests; these are their helpers.
#![allow(clippy::unwrap_used)]

#[cfg(feature = "legacy")]
mod chains;
#[cfg(feature = "legacy")]
mod client_certificates;
mod client_hellos;
mod endings;
#[cfg(feature = "legacy")]
mod names;
#[cfg(feature = "legacy")]
mod narrowing;
#[cfg(feature = "legacy")]
mod openssl;
mod support;
#[cfg(feature = "legacy")]
mod verdicts;
mod wire;
