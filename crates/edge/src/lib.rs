//! The edge: what stands between viewers and origins.
//!
//! A request comes in at the `listener`, is admitted and routed by the distribution (`admit`), fetched from its
//! origin, or from the second of a group (`obtain`; `fetch`: resolve, connect, shake hands, ask), and answered
//! (`respond`), where the distribution says so with a page of its user's (`error_response`). Any failure on the way is one
//! [`OriginFailure`]; `edge502_rules::outcome` decides what the viewer and the log get for it. Each request is told to
//! the access log and to the listeners of [`Edge::events`] when it is over.
//!
//! Between the two stands the `cache`, which outlives every change of the configuration.

mod access_log;
mod admit;
mod breakers;
mod cache;
mod client;
mod config;
mod edge;
mod entropy;
mod error;
mod error_response;
mod failure;
mod fetch;
mod functions;
mod header_case;
mod journal;
mod listener;
mod milestone;
mod obtain;
mod request_head;
mod respond;
mod response_head;
mod service;
mod state;
mod tasks;
#[cfg(test)]
mod testing;
mod tried;
mod viewer_body;
mod viewer_tls;
mod visit;

pub use access_log::{AccessLog, LogTarget};
pub use cache::CacheLimits;
pub use client::{NoAnswer, OriginAnswer, OriginClient};
pub use config::EdgeConfig;
pub use edge::Edge;
pub use entropy::{Entropy, FixedEntropy, SystemEntropy};
pub use error::EdgeError;
pub use failure::{HandshakeReport, OriginFailure};
pub use fetch::{Overrides, Routes};
pub use journal::Exchange;
pub use milestone::Milestone;
pub use tried::Tried;
pub use viewer_tls::ViewerIdentity;
