//! Two clients and one origin: the edge's connector, and s2n-tls alone.
//!
//! Both use the same policy, trust store and clock, verify the certificate, offer no resumption and shake hands over
//! a TCP connection that is already open. What the connector does on top is what it costs: recording both directions,
//! reading the served chain, judging it under both rulebooks.

use std::net::SocketAddr;
use std::time::Duration;

use edge502_handshake::wire::CipherSuite;
use edge502_handshake::{
    Connector, Established, Expectation, Observation, Options, ProtocolVersion, TrustStore, Verdict, judge, policy,
};
use edge502_origin::{Origin, OriginSpec, Protocol, TlsSpec};
use edge502_pki::{CertificateSpec, KeyKind, Lab};
use edge502_rules::Rulebook;
use edge502_rules::distribution::{OriginSslProtocol, OriginSslProtocols};
use edge502_rules::name::{OriginDomain, SniName};
use s2n_tls::callbacks::WallClock;
use s2n_tls::config::{self, Config};
use s2n_tls::security::Policy;
use s2n_tls_tokio::{TlsConnector, TlsStream};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use crate::support::{NOW, clock, origin};

/// Bounds a handshake, like the connector's caller does.
const PATIENCE: Duration = Duration::from_secs(10);

/// What an origin speaks.
pub(crate) struct Kind {
    pub(crate) id: &'static str,
    pub(crate) protocol: Protocol,
    /// In OpenSSL's spelling; with one the origin is OpenSSL.
    pub(crate) ciphers: Option<&'static str>,
    /// The one group the origin takes, in OpenSSL's spelling; without one it takes what its library does.
    pub(crate) group: Option<&'static str>,
    key: KeyKind,
    /// What has to be negotiated, by IANA's name.
    suite: &'static str,
}

impl Kind {
    pub(crate) const ALL: [Self; 8] = [
        Self {
            id: "tls13-p256",
            protocol: Protocol::TlsV1_3,
            ciphers: None,
            group: None,
            key: KeyKind::P256,
            suite: "TLS_AES_128_GCM_SHA256",
        },
        Self {
            id: "tls13-rsa2048",
            protocol: Protocol::TlsV1_3,
            ciphers: None,
            group: None,
            key: KeyKind::Rsa2048,
            suite: "TLS_AES_128_GCM_SHA256",
        },
        Self {
            id: "tls13-pq",
            protocol: Protocol::TlsV1_3,
            ciphers: None,
            group: Some("X25519MLKEM768"),
            key: KeyKind::P256,
            suite: "TLS_AES_128_GCM_SHA256",
        },
        Self {
            id: "tls12-p256",
            protocol: Protocol::TlsV1_2,
            ciphers: None,
            group: None,
            key: KeyKind::P256,
            suite: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        },
        Self {
            id: "tls12-rsa2048",
            protocol: Protocol::TlsV1_2,
            ciphers: None,
            group: None,
            key: KeyKind::Rsa2048,
            suite: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        },
        Self {
            id: "tls12-cbc",
            protocol: Protocol::TlsV1_2,
            ciphers: Some("ECDHE-ECDSA-AES128-SHA256"),
            group: None,
            key: KeyKind::P256,
            suite: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
        },
        Self {
            id: "tls12-static-rsa",
            protocol: Protocol::TlsV1_2,
            ciphers: Some("AES128-SHA"),
            group: None,
            key: KeyKind::Rsa2048,
            suite: "TLS_RSA_WITH_AES_128_CBC_SHA",
        },
        Self {
            id: "tls10-p256",
            protocol: Protocol::TlsV1,
            ciphers: None,
            group: None,
            key: KeyKind::P256,
            suite: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
        },
    ];

    pub(crate) fn spec(&self) -> OriginSpec {
        OriginSpec {
            certificate: CertificateSpec { key: self.key, ..CertificateSpec::default() },
            tls: TlsSpec {
                protocols: vec![self.protocol],
                ciphers: self.ciphers.map(str::to_owned),
                groups: self.group.map(str::to_owned).into_iter().collect(),
                ..TlsSpec::default()
            },
            ..OriginSpec::default()
        }
    }

    /// Whether the edge has to offer post-quantum groups to be served.
    fn post_quantum(&self) -> bool {
        self.group.is_some_and(|group| group.contains("MLKEM"))
    }

    /// `OriginSslProtocols` of a distribution for such an origin.
    fn listed(&self) -> OriginSslProtocols {
        let listed = match self.protocol {
            Protocol::SslV3 => OriginSslProtocol::SslV3,
            Protocol::TlsV1 => OriginSslProtocol::TlsV1,
            Protocol::TlsV1_1 => OriginSslProtocol::TlsV1_1,
            // The setting has no value for TLS 1.3: it rides on TLS 1.2.
            Protocol::TlsV1_2 | Protocol::TlsV1_3 => OriginSslProtocol::TlsV1_2,
        };
        OriginSslProtocols::new([listed]).expect("one protocol is listed")
    }

    fn version(&self) -> ProtocolVersion {
        match self.protocol {
            Protocol::SslV3 => ProtocolVersion::Ssl30,
            Protocol::TlsV1 => ProtocolVersion::Tls10,
            Protocol::TlsV1_1 => ProtocolVersion::Tls11,
            Protocol::TlsV1_2 => ProtocolVersion::Tls12,
            Protocol::TlsV1_3 => ProtocolVersion::Tls13,
        }
    }
}

/// An origin with both clients in front of it.
pub(crate) struct Contest {
    origin: Origin,
    address: SocketAddr,
    domain: OriginDomain,
    sni: SniName,
    protocols: OriginSslProtocols,
    connector: Connector,
    bare: TlsConnector<Config>,
}

impl Contest {
    /// Starts the origin on `background`, and proves with one handshake of each client, on `client`, that both
    /// negotiate what `kind` says.
    pub(crate) fn start(kind: &Kind, lab: &Lab, background: &Runtime, client: &Runtime) -> Self {
        Self::with(kind, &kind.spec(), lab, background, client)
    }

    /// The same against an origin made after `spec`, which has to negotiate what `kind` says.
    pub(crate) fn with(kind: &Kind, spec: &OriginSpec, lab: &Lab, background: &Runtime, client: &Runtime) -> Self {
        let origin = origin(background, spec, lab);
        let domain: OriginDomain = OriginSpec::default().name.parse().expect("the default name is a domain name");
        let trust = TrustStore::from_pem(lab.root_pem()).expect("the lab's root can be read");
        let contest = Self {
            address: origin.addr(),
            origin,
            sni: SniName::from(&domain),
            domain,
            protocols: kind.listed(),
            connector: Connector::new(trust, clock(), Options { pq: kind.post_quantum() })
                .expect("the lab's root can be trusted"),
            bare: TlsConnector::new(bare_config(lab, kind).expect("s2n-tls takes the configuration")),
        };
        client.block_on(contest.prove(kind));
        contest
    }

    async fn prove(&self, kind: &Kind) {
        let edge: Observation = self.edge(self.dial()).await.observation;
        let suite = edge.suite().and_then(CipherSuite::name);
        assert_eq!((edge.version(), suite), (Some(kind.version()), Some(kind.suite)), "{}: the edge", kind.id);
        assert_eq!(self.judge(&edge).cause(), None, "{}: the verdict", kind.id);
        let bare = self.bare(self.dial()).await;
        let version = bare.as_ref().actual_protocol_version().map(|version| format!("{version:?}"));
        assert_eq!(version.ok(), Some(s2n_name(kind.protocol).to_owned()), "{}: s2n-tls alone", kind.id);
    }

    /// A TCP connection to the origin. To be called from within a runtime.
    pub(crate) fn dial(&self) -> TcpStream {
        let stream = std::net::TcpStream::connect(self.address).expect("the origin accepts");
        stream.set_nonblocking(true).expect("a socket can be made non-blocking");
        let stream = TcpStream::from_std(stream).expect("a runtime is there");
        stream.set_nodelay(true).expect("the connection is open");
        // A reset at the end leaves no TIME_WAIT behind: a bench makes more connections than there are ports.
        stream.set_zero_linger().expect("the connection is open");
        stream
    }

    /// The handshake as the edge makes it.
    pub(crate) async fn edge(&self, tcp: TcpStream) -> Established<TcpStream> {
        let result = self.connector.connect(tcp, &self.expectation(), PATIENCE).await;
        result.unwrap_or_else(|refused| panic!("the edge refused a sound origin: {:?}", refused.verdict))
    }

    /// The handshake as s2n-tls makes it.
    pub(crate) async fn bare(&self, tcp: TcpStream) -> TlsStream<TcpStream> {
        self.bare.connect(self.sni.as_str(), tcp).await.expect("the handshake completes")
    }

    /// What the connector does with an observation at the end of a handshake.
    pub(crate) fn judge(&self, observation: &Observation) -> Verdict {
        judge(observation, &self.expectation(), self.connector.trust(), NOW)
    }

    fn expectation(&self) -> Expectation<'_> {
        Expectation {
            sni: &self.sni,
            origin_domain: &self.domain,
            forwarded_host: None,
            protocols: &self.protocols,
            rulebook: Rulebook::Documented,
            allowed_names: &[],
            client_certificate: None,
        }
    }

    /// Lets the origin forget the connections so far, so that its memory does not grow with the length of a bench.
    pub(crate) fn forget(&self) {
        self.origin.history().clear();
    }
}

/// Like the connector's configuration, without its key log, which belongs to the recorder.
fn bare_config(lab: &Lab, kind: &Kind) -> Result<Config, s2n_tls::error::Error> {
    bare_builder(lab, kind)?.build()
}

/// What is common to all configurations of s2n-tls alone.
pub(crate) fn bare_builder(lab: &Lab, kind: &Kind) -> Result<config::Builder, s2n_tls::error::Error> {
    let mut builder = config::Builder::new();
    builder.with_system_certs(false)?;
    builder.set_max_blinding_delay(0)?;
    builder.set_wall_clock(LabDay)?;
    builder.set_security_policy(&Policy::from_version(policy::name(&kind.listed(), kind.post_quantum()))?)?;
    builder.trust_pem(lab.root_pem().as_bytes())?;
    Ok(builder)
}

/// The lab's date, for s2n-tls.
struct LabDay;

impl WallClock for LabDay {
    fn get_time_since_epoch(&self) -> Duration {
        (NOW - time::OffsetDateTime::UNIX_EPOCH).unsigned_abs()
    }
}

/// How s2n-tls writes a version.
fn s2n_name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::SslV3 => "SSLV3",
        Protocol::TlsV1 => "TLS10",
        Protocol::TlsV1_1 => "TLS11",
        Protocol::TlsV1_2 => "TLS12",
        Protocol::TlsV1_3 => "TLS13",
    }
}
