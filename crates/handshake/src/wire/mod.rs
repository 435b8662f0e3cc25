//! Bounds-checked readers for what crosses the wire in a TLS handshake.
//!
//! s2n-tls never hands out a chain it refused, nor the ClientHello it sent. Both are on the wire, so this module reads
//! them there: records (RFC 8446 section 5), ClientHello, ServerHello, Certificate, CertificateRequest and alerts, in
//! the forms of SSLv3 (RFC 6101) to TLS 1.3 (RFC 8446). Nothing here panics on any input: origins misbehave on
//! purpose.

mod certificate;
mod client_hello;
mod codes;
mod decrypt;
mod flight;
mod reader;
mod record;
mod server_hello;
mod version;

pub use certificate::{CertificateRequest, served_chain};
pub use client_hello::{ClientHello, Extension, KeyShare};
pub use codes::{AlertDescription, CipherSuite, ExtensionType, NamedGroup, SignatureScheme};
pub use flight::Flight;
pub use record::{Alert, AlertLevel, ContentType, Message, Record, messages, records};
pub use server_hello::ServerHello;
pub use version::ProtocolVersion;

pub(crate) use decrypt::{HandshakeSecret, MAX_SECRET, expand_label};
pub(crate) use flight::{Talk, Walk};
pub(crate) use record::RECORD_HEADER;
pub(crate) use server_hello::ServerShare;
