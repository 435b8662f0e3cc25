//! What an edge is started with.

use std::collections::HashMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use edge502_handshake::{ClientCertificate, Options, TrustStore};
use edge502_rules::Rulebook;
use edge502_rules::clock::SharedClock;
use edge502_rules::distribution::Distribution;
use edge502_rules::functions::FunctionResult;
use edge502_rules::page::ErrorPages;

use crate::{AccessLog, CacheLimits, Entropy, Overrides, Routes, SystemEntropy, ViewerIdentity};

/// A free port on the loopback interface.
const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// The settings of an edge. Start from [`EdgeConfig::new`] and change what differs.
pub struct EdgeConfig {
    /// What the edge serves.
    pub distribution: Distribution,
    /// The authorities that origins' certificates have to lead to.
    pub trust: TrustStore,
    /// Decides dates: of certificates, `Date` headers and log lines.
    pub clock: SharedClock,
    /// Which reading of CloudFront decides about handshakes. Default: documented.
    pub rulebook: Rulebook,
    /// Choices of the TLS client that no distribution setting makes. Default: none taken.
    pub handshake: Options,
    /// Certificates for `OriginMtlsConfig`, by their ARN. Default: none.
    pub client_certificates: HashMap<String, ClientCertificate>,
    /// What edge functions return, by their ARN. Default: nothing, and functions without a result change nothing.
    pub functions: HashMap<String, FunctionResult>,
    /// Addresses that stand in for DNS. Default: none.
    pub overrides: Overrides,
    /// The name servers to ask, each lookup the next in turn first. Default: none named, which means those of the system.
    pub name_servers: Vec<SocketAddr>,
    /// How long one question may take, over UDP and, for a truncated answer, once more over TCP. Default: 2 s.
    pub name_server_patience: Duration,
    /// Where the addresses that name servers tell lead. Default: each to itself.
    pub routes: Routes,
    /// Which family of pages answers for a failed origin connection. Default: the one of 2019.
    pub error_pages: ErrorPages,
    /// The edge location in `X-Amz-Cf-Pop` and the log. Default: `FRA56-P1`.
    pub pop: String,
    /// The certificate that viewers see. Default: none, and no HTTPS for viewers.
    pub identity: Option<ViewerIdentity>,
    /// Where viewers connect with HTTP. Default: 127.0.0.1, a free port.
    pub http: SocketAddr,
    /// Where viewers connect with HTTPS. Default: 127.0.0.1, a free port.
    pub https: SocketAddr,
    /// How many viewers may be connected at a time, to HTTP and to HTTPS each; more wait in the kernel's queue.
    /// Default: 1,024.
    pub viewers: usize,
    /// The access log. Default: none.
    pub log: Option<AccessLog>,
    /// How much the edge keeps. Default: 64 MiB in 10,000 responses of at most 8 MiB.
    pub cache: CacheLimits,
    /// Where ids come from. Default: the operating system's random numbers.
    pub entropy: Arc<dyn Entropy>,
}

impl EdgeConfig {
    /// An edge for `distribution` with every default named at the fields.
    pub fn new(distribution: Distribution, trust: TrustStore, clock: SharedClock) -> Self {
        Self {
            distribution,
            trust,
            clock,
            rulebook: Rulebook::default(),
            handshake: Options::default(),
            client_certificates: HashMap::new(),
            functions: HashMap::new(),
            overrides: Overrides::new(),
            name_servers: Vec::new(),
            name_server_patience: Duration::from_secs(2),
            routes: Routes::direct(),
            error_pages: ErrorPages::default(),
            pop: "FRA56-P1".to_owned(),
            identity: None,
            http: ANY_PORT,
            https: ANY_PORT,
            viewers: 1_024,
            log: None,
            cache: CacheLimits::default(),
            entropy: Arc::new(SystemEntropy),
        }
    }
}

impl fmt::Debug for EdgeConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EdgeConfig")
            .field("distribution", &self.distribution)
            .field("rulebook", &self.rulebook)
            .field("overrides", &self.overrides)
            .field("http", &self.http)
            .field("https", &self.https)
            .finish_non_exhaustive()
    }
}
