//! CloudFront's TLS client: the handshake between an edge and an origin, what it looked like, and what it means.
//!
//! AWS publishes the TLS policies of CloudFront's origin side in s2n-tls under the names `CloudFront-Upstream-*`; a
//! [`Connector`] speaks them, with that library's own verification on. What crossed the wire is recorded as an
//! [`Observation`], because a library that refuses a certificate tells neither which one it was nor what else is wrong.
//! [`judge`] turns the observation into a [`Verdict`]: whether CloudFront would connect, and if not, why
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>).

mod chains;
mod connector;
mod error;
mod expectation;
mod key_log;
mod observation;
pub mod policy;
pub mod probe;
mod recorder;
mod stream;
mod trust;
mod verdict;
pub mod wire;

pub use connector::{Connector, Established, Options, Refused};
pub use error::HandshakeError;
pub use expectation::{ClientCertificate, Expectation};
pub use observation::{End, LibraryError, NotTls, Observation};
pub use stream::{LateAlert, OriginStream};
pub use trust::TrustStore;
pub use verdict::{Judgement, Verdict, Warning, WarningKind, judge, signature_fits};
pub use wire::ProtocolVersion;
