//! Origins that misbehave on purpose, at TCP, TLS and HTTP level, and remember what they saw.
//!
//! An [`OriginSpec`] says what is wrong, [`Origin::start`] runs it on ports of 127.0.0.1 and proves at once that it is
//! broken in exactly that way, [`History`] tells what clients did. Each cause that AWS lists for 502 responses
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>) can be set up here,
//! except those of DNS, which an origin has no part in.
//!
//! TLS is rustls where it can serve the origin, because it sends any chain with any key, and OpenSSL where it cannot:
//! old protocols, weak suites, client certificates. The edge's own library, s2n-tls, is on neither side of this.

mod connection;
mod dns;
mod error;
mod gate;
mod history;
mod http;
mod origin;
mod plan;
mod port;
mod self_test;
mod spec;
mod tap;
mod tls;

pub use dns::{DnsAnswer, DnsRecord, NameServer, Zone};
pub use error::OriginError;
pub use history::{ConnectionRecord, End, History, Negotiated, PortKind, RequestRecord, WaitError};
pub use origin::{Origin, Ports};
pub use port::Filtered;
pub use spec::{
    AnswerAt, Backend, ClientCertificate, HandshakeSpec, HttpBehavior, HttpHeaders, HttpSpec, OriginSpec, PortBehavior,
    PortSpec, Protocol, ProxyProtocol, RawBytes, SniSpec, Stage, TlsSpec, UnknownName, When,
};
