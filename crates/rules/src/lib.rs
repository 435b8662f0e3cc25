//! CloudFront's rules about origins, as types and pure functions.
//!
//! Everything that can be decided without a socket, a clock or a TLS library is decided here: what a distribution's
//! settings mean, which causes a failed origin connection can have, what the viewer and the access log get for each,
//! whether a name matches a certificate, what a served chain looks like. The crates above bring the wire and the time.

pub mod access_log;
pub mod address;
pub mod advice;
pub mod breaker;
pub mod cache;
pub mod cause;
pub mod certificate;
pub mod chain;
pub mod clock;
pub mod distribution;
pub mod error;
pub mod evidence;
pub mod failover;
pub mod fidelity;
pub mod finding;
pub mod functions;
pub mod name;
pub mod outcome;
pub mod page;
pub mod request_id;
pub mod response;

pub use advice::Advice;
pub use cause::{Cause, Phase};
pub use error::RulesError;
pub use evidence::{Grade, Rulebook};
pub use finding::Finding;
