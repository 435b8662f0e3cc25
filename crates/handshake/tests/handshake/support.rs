//! Origins, certificates and a client for these tests.
#![cfg_attr(not(feature = "legacy"), allow(dead_code, reason = "the tests with OpenSSL's origins use the rest"))]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use edge502_handshake::{
    ClientCertificate, Connector, Established, Expectation, Options, OriginStream, Refused, TrustStore,
};
use edge502_pki::{CertificateSpec, ChainSpec, Identity, IntermediateSpec, KeyKind};
use edge502_rules::Rulebook;
use edge502_rules::clock::FixedClock;
use edge502_rules::distribution::{OriginSslProtocol, OriginSslProtocols};
use edge502_rules::name::SniName;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use time::OffsetDateTime;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub(crate) const NOW: OffsetDateTime = time::macros::datetime!(2026-06-01 12:00 UTC);
/// Bounds every wait; far above what a handshake takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A lab and the identity of one origin in it.
pub(crate) struct Lab {
    pub(crate) pki: edge502_pki::Lab,
    pub(crate) root: Vec<u8>,
    /// Leaf and intermediate, as they should be sent.
    pub(crate) chain: Vec<Vec<u8>>,
    pub(super) identity: Identity,
}

impl Lab {
    /// With a sound certificate for `name`.
    pub(crate) fn new(name: &str) -> Self {
        Self::with(name, &CertificateSpec::default())
    }

    /// With a sound certificate for origin.test and a key of this kind.
    pub(crate) fn with_key(key: KeyKind) -> Self {
        Self::with("origin.test", &CertificateSpec { key, ..CertificateSpec::default() })
    }

    pub(crate) fn with(name: &str, certificate: &CertificateSpec) -> Self {
        Self::issued_by(name, certificate, &IntermediateSpec::default())
    }

    pub(crate) fn issued_by(name: &str, certificate: &CertificateSpec, intermediate: &IntermediateSpec) -> Self {
        let pki = edge502_pki::Lab::new(NOW).unwrap();
        let identity = pki.identity(certificate, intermediate, &ChainSpec::default(), name).unwrap();
        let chain = identity.served.iter().map(|der| der.to_vec()).collect();
        Self { root: pki.root_der().to_vec(), pki, chain, identity }
    }

    pub(crate) fn connector(&self) -> Connector {
        self.connector_with(Options::default())
    }

    pub(crate) fn connector_with(&self, options: Options) -> Connector {
        let trust = TrustStore::from_der([&self.root]).unwrap();
        Connector::new(trust, Arc::new(FixedClock(NOW)), options).unwrap()
    }
}

impl Origin {
    /// Answers each ClientHello with the next alert: 0 as a warning and fatal, 1 as a warning and fatal, …
    pub(crate) async fn alerting_in_turn() -> Self {
        let turn = Arc::new(AtomicU16::new(0));
        Self::after_hello(move |mut tcp| {
            let [number, fatal] = {
                let turn = turn.fetch_add(1, Ordering::SeqCst);
                [turn / 2, turn % 2]
            };
            async move {
                let number = u8::try_from(number).unwrap();
                let level = if fatal == 1 { 2 } else { 1 };
                let _ = tcp.write_all(&[21, 3, 3, 0, 2, level, number]).await;
                let _ = tcp.shutdown().await;
                let _ = tcp.read(&mut [0; 64]).await;
            }
        })
        .await
    }
}

impl Lab {
    /// A rustls origin with the lab's chain that speaks one version.
    pub(crate) async fn rustls_speaking(&self, version: &'static rustls::SupportedProtocolVersion) -> Origin {
        self.rustls_with(&self.chain, &[version], |_| ()).await
    }

    /// A rustls origin that sends exactly these certificates.
    pub(crate) async fn rustls(&self, chain: &[Vec<u8>], adapt: impl FnOnce(&mut rustls::ServerConfig)) -> Origin {
        self.rustls_with(chain, rustls::DEFAULT_VERSIONS, adapt).await
    }

    async fn rustls_with(
        &self,
        chain: &[Vec<u8>],
        versions: &[&'static rustls::SupportedProtocolVersion],
        adapt: impl FnOnce(&mut rustls::ServerConfig),
    ) -> Origin {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let key = provider.key_provider.load_private_key(self.identity.key.clone_key()).unwrap();
        let chain = chain.iter().map(|der| der.clone().into()).collect();
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Fixed(Arc::new(CertifiedKey::new(chain, key)))));
        adapt(&mut config);
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        Origin::start(move |tcp| {
            let acceptor = acceptor.clone();
            async move {
                if let Ok(tls) = acceptor.accept(tcp).await {
                    echo_one(tls).await;
                }
            }
        })
        .await
    }
}

#[derive(Debug)]
struct Fixed(Arc<CertifiedKey>);

impl ResolvesServerCert for Fixed {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

/// Sends one byte back and waits for the end.
pub(super) async fn echo_one(mut tls: impl AsyncRead + AsyncWrite + Unpin) {
    let mut byte = [0];
    if tls.read_exact(&mut byte).await.is_ok() && tls.write_all(&byte).await.is_ok() {
        let _ = tls.read(&mut byte).await;
    }
}

/// A listener on 127.0.0.1 that lives as long as this value.
pub(crate) struct Origin {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Origin {
    pub(crate) async fn start<F, S>(serve: S) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
        S: Fn(TcpStream) -> F + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                tcp.set_nodelay(true).unwrap();
                connections.spawn(serve(tcp));
            }
        });
        Self { address, task }
    }

    /// Reads the ClientHello, then does as told.
    pub(crate) async fn after_hello<F, S>(act: S) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
        S: Fn(TcpStream) -> F + Clone + Send + 'static,
    {
        Self::start(move |mut tcp| {
            let act = act.clone();
            async move {
                let mut hello = [0; 4096];
                let _ = tcp.read(&mut hello).await;
                act(tcp).await;
            }
        })
        .await
    }

    /// Answers the ClientHello with these bytes and closes.
    pub(crate) async fn saying(bytes: &'static [u8]) -> Self {
        Self::after_hello(move |mut tcp| async move {
            let _ = tcp.write_all(bytes).await;
            let _ = tcp.shutdown().await;
            // Closing with unread bytes would reset the connection.
            let _ = tcp.read(&mut [0; 64]).await;
        })
        .await
    }

    /// Answers the ClientHello with these bytes and waits for the other side to leave.
    pub(crate) async fn saying_and_waiting(bytes: &'static [u8]) -> Self {
        Self::after_hello(move |mut tcp| async move {
            let _ = tcp.write_all(bytes).await;
            while tcp.read(&mut [0; 64]).await.is_ok_and(|read| read > 0) {}
        })
        .await
    }

    pub(crate) async fn dial(&self) -> std::io::Result<TcpStream> {
        let tcp = TcpStream::connect(self.address).await?;
        tcp.set_nodelay(true)?;
        Ok(tcp)
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One connection to be made.
pub(crate) struct Case {
    pub(crate) domain: &'static str,
    pub(crate) host: Option<&'static str>,
    pub(crate) lowest: OriginSslProtocol,
    pub(crate) rulebook: Rulebook,
    pub(crate) client_certificate: Option<ClientCertificate>,
    pub(crate) limit: Duration,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            domain: "origin.test",
            host: None,
            lowest: OriginSslProtocol::TlsV1_2,
            rulebook: Rulebook::Observed,
            client_certificate: None,
            limit: PATIENCE,
        }
    }
}

pub(crate) type Outcome = Result<Established<TcpStream>, Box<Refused>>;

impl Case {
    pub(crate) fn from(lowest: OriginSslProtocol) -> Self {
        Self { lowest, ..Self::default() }
    }

    pub(crate) async fn connect(&self, connector: &Connector, origin: &Origin) -> Outcome {
        self.with_expectation(async |expectation| {
            connector.connect(origin.dial().await.unwrap(), &expectation, self.limit).await
        })
        .await
    }

    pub(crate) async fn with_expectation<T>(&self, act: impl AsyncFnOnce(Expectation<'_>) -> T) -> T {
        let origin_domain = self.domain.parse().unwrap();
        let host = self.host.map(|host| host.parse().unwrap());
        let sni = host.as_ref().map_or_else(|| SniName::from(&origin_domain), SniName::from);
        let protocols =
            OriginSslProtocols::new(OriginSslProtocol::ALL.iter().copied().filter(|p| *p >= self.lowest)).unwrap();
        act(Expectation {
            sni: &sni,
            origin_domain: &origin_domain,
            forwarded_host: host.as_ref(),
            allowed_names: &[],
            protocols: &protocols,
            rulebook: self.rulebook,
            client_certificate: self.client_certificate.as_ref(),
        })
        .await
    }
}

/// Proves that the connection carries data in both directions.
pub(crate) async fn round_trip(stream: &mut OriginStream<TcpStream>) -> std::io::Result<()> {
    let exchange = async {
        stream.write_all(b"?").await?;
        let mut byte = [0];
        stream.read_exact(&mut byte).await?;
        assert_eq!(&byte, b"?");
        Ok(())
    };
    tokio::time::timeout(PATIENCE, exchange).await.expect("the origin answers in time")
}

pub(crate) fn refused(outcome: Outcome) -> Box<Refused> {
    outcome.expect_err("the connection should be refused")
}
