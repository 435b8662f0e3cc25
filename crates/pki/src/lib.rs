//! Certificates on demand, sound or broken in a stated way.
//!
//! CloudFront drops the connection to an origin whose certificate is expired, self-signed, untrusted,
//! for another name, or served with a broken chain
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>). Each of these
//! faults is a few keys of a TOML table here: [`CertificateSpec`], [`IntermediateSpec`], [`ChainSpec`]. A table
//! states only what differs from a healthy certificate, and all dates are relative to the lab's clock, so nothing
//! that is checked in can expire.
//!
//! A [`Lab`] holds one root that stands in for the publicly trusted CAs, and makes everything else when asked.
//! Every subject says TEST ONLY.
//!
//! Certificates are made by rcgen. What it cannot do is left to OpenSSL, behind the feature `legacy` (on by default):
//! RSA-1024 keys, SHA-1 and MD5 signatures, and ECDSA signatures whose digest is not the curve's own (SHA-384 with
//! P-256, SHA-256 with P-384). Without the feature a table that asks for one of these is an error,
//! [`PkiError::NeedsLegacy`].

mod authority;
mod certificate;
mod corruption;
mod error;
mod extension;
mod identity;
mod key;
mod lab;
#[cfg_attr(not(feature = "legacy"), path = "legacy/absent.rs")]
mod legacy;
mod name;
mod signature;
mod spec;
mod when;

pub use corruption::Corruption;
pub use error::PkiError;
pub use identity::{Identity, PemFiles};
pub use key::KeyKind;
pub use lab::Lab;
pub use name::AltName;
pub use signature::Signature;
pub use spec::certificate::{CertificateSpec, Issuer, Serial};
pub use spec::chain::{ChainSpec, Token};
pub use spec::intermediate::{IntermediateSpec, NameConstraints};
pub use spec::usage::{ExtendedKeyUsage, KeyUsage};
pub use when::When;
