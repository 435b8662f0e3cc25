//! How every viewer of these tests reaches the edge, and what it can expect there.

use std::sync::Arc;
use std::time::Duration;

use edge502_rules::clock::SharedClock;
use edge502_scenario::{Lab, VIEWER_HOST};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// Order and case on HTTP/1.1 where the edge itself answers, in use since 2019.
pub(crate) const EDGE_HEADERS: [&str; 9] =
    ["Server", "Date", "Content-Type", "Content-Length", "Connection", "X-Cache", "Via", "X-Amz-Cf-Pop", "X-Amz-Cf-Id"];

/// The longest any of these waits takes, far above what the slowest answer needs.
const PATIENCE: Duration = Duration::from_secs(20);

/// Fails the test if `work` does not end.
pub(crate) async fn within<T>(work: impl Future<Output = T>) -> T {
    timeout(PATIENCE, work).await.expect("this ends in time")
}

/// A TLS connection to the edge, judged by the lab's root and clock.
pub(crate) async fn secure(
    lab: &Lab,
    clock: &SharedClock,
    protocol: &[u8],
) -> tokio_rustls::client::TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(lab.root_pem().as_bytes()) {
        roots.add(root.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_details(provider, Arc::new(LabTime(clock.clone())))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let tcp = TcpStream::connect(lab.https_addr()).await.unwrap();
    let name = ServerName::try_from(VIEWER_HOST).unwrap();
    let stream = within(TlsConnector::from(Arc::new(config)).connect(name, tcp)).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(protocol));
    stream
}

/// Lets rustls judge dates by the lab's clock.
#[derive(Debug)]
struct LabTime(SharedClock);

impl TimeProvider for LabTime {
    fn current_time(&self) -> Option<UnixTime> {
        let since_epoch = self.0.now() - time::OffsetDateTime::UNIX_EPOCH;
        Some(UnixTime::since_unix_epoch(since_epoch.try_into().ok()?))
    }
}
