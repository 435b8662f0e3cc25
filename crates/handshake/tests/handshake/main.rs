//! Real handshakes between the edge's client and origins on 127.0.0.1.

// clippy allows this only inside of functions marked as tests; these are their helpers.
#![allow(clippy::unwrap_used)]

mod chains;
mod client_certificates;
mod client_hellos;
mod endings;
mod names;
mod narrowing;
mod support;
mod verdicts;
mod wire;
