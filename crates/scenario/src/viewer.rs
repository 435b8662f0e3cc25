//! The viewer: asks the edge for one thing and keeps the answer.

mod reading_on;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use edge502_rules::clock::SharedClock;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_util::task::AbortOnDropHandle;

use self::reading_on::ReadingOn;
use crate::error::ScenarioError;
use crate::state::{RequestSpec, Scheme};

/// The longest a viewer waits for the whole answer.
const PATIENCE: Duration = Duration::from_secs(40);

/// Lets rustls judge the viewer certificate's dates by the lab's clock.
#[derive(Debug)]
struct LabTime(SharedClock);

impl TimeProvider for LabTime {
    fn current_time(&self) -> Option<UnixTime> {
        let since_epoch = self.0.now() - time::OffsetDateTime::UNIX_EPOCH;
        Some(UnixTime::since_unix_epoch(since_epoch.try_into().ok()?))
    }
}

/// What the viewer got.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, in the order in which they came.
    pub headers: http::HeaderMap,
    /// The body, as much of it as came.
    pub body: Bytes,
}

impl Answer {
    /// The value of a header, if there is such a header and its value is ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// A viewer that trusts the lab's root.
#[derive(Clone)]
pub(crate) struct Viewer {
    tls: TlsConnector,
}

impl Viewer {
    pub(crate) fn new(root_pem: &str, clock: SharedClock) -> Result<Self, ScenarioError> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(root_pem.as_bytes()).flatten() {
            roots.add(certificate).map_err(|error| ScenarioError::Viewer(error.to_string()))?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_details(provider, Arc::new(LabTime(clock)))
            .with_safe_default_protocol_versions()
            .map_err(|error| ScenarioError::Viewer(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls: TlsConnector::from(Arc::new(config)) })
    }

    /// Sends the request to the edge at `http` or `https`, by the request's scheme.
    pub(crate) async fn ask(
        &self,
        request: &RequestSpec,
        http: SocketAddr,
        https: SocketAddr,
    ) -> Result<Answer, ScenarioError> {
        let asked = async {
            let failed = |error: std::io::Error| ScenarioError::Viewer(error.to_string());
            let address = match request.scheme {
                Scheme::Http => http,
                Scheme::Https => https,
            };
            let tcp = TcpStream::connect(address).await.map_err(failed)?;
            tcp.set_nodelay(true).map_err(failed)?;
            let tcp = ReadingOn(tcp);
            match request.scheme {
                Scheme::Http => exchange(tcp, request).await,
                Scheme::Https => {
                    let name = ServerName::try_from(request.host.clone())
                        .map_err(|error| ScenarioError::Viewer(format!("{}: {error}", request.host)))?;
                    exchange(self.tls.connect(name, tcp).await.map_err(failed)?, request).await
                }
            }
        };
        timeout(PATIENCE, asked)
            .await
            .unwrap_or(Err(ScenarioError::Timeout { what: "the edge's answer", seconds: PATIENCE.as_secs() }))
    }
}

async fn exchange<IO>(io: IO, request: &RequestSpec) -> Result<Answer, ScenarioError>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let failed = |error: hyper::Error| ScenarioError::Viewer(error.to_string());
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(io)).await.map_err(failed)?;
    let driver = AbortOnDropHandle::new(tokio::spawn(connection));
    let mut builder =
        Request::builder().method(request.method.as_str()).uri(request.target()).header("Host", &request.host);
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    if let Some(cookie) = request.large_cookie() {
        builder = builder.header("Cookie", cookie);
    }
    let body = Full::new(Bytes::from(request.body()));
    let built =
        builder.body(body).map_err(|error| ScenarioError::Viewer(format!("the scenario's request: {error}")))?;
    let response = sender.send_request(built).await.map_err(failed)?;
    let (head, mut incoming) = response.into_parts();
    let mut body = Vec::new();
    // A body that breaks off is part of what the viewer sees, not an error of the viewer.
    while let Some(Ok(frame)) = incoming.frame().await {
        if let Ok(data) = frame.into_data() {
            body.extend_from_slice(&data);
        }
    }
    drop(driver);
    Ok(Answer { status: head.status.as_u16(), headers: head.headers, body: body.into() })
}
