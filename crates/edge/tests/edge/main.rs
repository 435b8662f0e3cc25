//! The edge from outside: raw bytes from viewers, origins that do as each test says.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod cache;
mod collapse;
mod dns;
mod error_responses;
mod exchanges;
mod failover;
mod functions;
mod heads;
mod http2;
mod journal;
mod lifecycle;
mod limits;
mod oracle;
mod support;
mod tls;
mod viewers;
