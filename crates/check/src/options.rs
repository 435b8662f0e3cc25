//! The choices of a run.

use std::net::SocketAddr;
use std::time::Duration;

use edge502_edge::{Overrides, Routes};
use edge502_handshake::{ClientCertificate, TrustStore};
use edge502_rules::Rulebook;
use edge502_rules::clock::SharedClock;

/// What holds for all targets of a run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The authorities to trust. CloudFront's are those of Mozilla's list.
    pub trust: TrustStore,
    /// The clock dates are judged by.
    pub clock: SharedClock,
    /// Which reading of CloudFront decides. Default: documented.
    pub rulebook: Rulebook,
    /// Addresses in place of DNS. Default: none.
    pub overrides: Overrides,
    /// The name servers to ask, each lookup the next in turn. Default: none named, which means those of the system.
    pub name_servers: Vec<SocketAddr>,
    /// Where the addresses that name servers tell lead. Default: each to itself.
    pub routes: Routes,
    /// The most time one target may take, all connections together. Default 15 s.
    pub timeout: Duration,
    /// How many days before its end a certificate is warned about. Default 30.
    pub warn_days: u16,
    /// Whether to offer post-quantum groups, too. Default: no.
    pub pq: bool,
    /// Whether to fetch missing issuers from where the certificates say they are. Default: no. It changes no verdict.
    pub fetch_aia: bool,
    /// The certificate to present to an origin that asks for one, and the ARN that stands for it.
    pub client_certificate: Option<(String, ClientCertificate)>,
}

impl Options {
    /// Trusting `trust`, by `clock`; everything else as stated at the fields.
    pub fn new(trust: TrustStore, clock: SharedClock) -> Self {
        Self {
            trust,
            clock,
            rulebook: Rulebook::default(),
            overrides: Overrides::new(),
            name_servers: Vec::new(),
            routes: Routes::direct(),
            timeout: Duration::from_secs(15),
            warn_days: 30,
            pq: false,
            fetch_aia: false,
            client_certificate: None,
        }
    }
}
