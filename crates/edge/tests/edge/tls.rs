//! TLS on both sides: towards origins the published policies, towards viewers `TLSv1.2_2021`.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use edge502_edge::{Edge, EdgeConfig, ViewerIdentity};
use edge502_handshake::{ClientCertificate, TrustStore};
use edge502_pki::{CertificateSpec, ChainSpec, Identity, IntermediateSpec, Issuer, Lab, When};
use edge502_rules::page::Page;
use edge502_rules::{Cause, Rulebook};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::support::*;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// rustls lives on the day of the lab, too.
#[derive(Debug)]
struct LabTime;

impl TimeProvider for LabTime {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(NOW.unix_timestamp()).unwrap();
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)))
    }
}

pub(crate) fn lab() -> Lab {
    Lab::new(NOW).unwrap()
}

fn identity(lab: &Lab, spec: &CertificateSpec) -> Identity {
    lab.identity(spec, &IntermediateSpec::default(), &ChainSpec::default(), "origin.test").unwrap()
}

fn store(pem: &str) -> Arc<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
    Arc::new(roots)
}

/// A sound HTTPS origin that answers one request and closes without saying goodbye.
async fn abrupt(lab: &Lab, response: &'static str) -> Stub {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let identity = identity(lab, &CertificateSpec::default());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = builder.with_no_client_auth().with_single_cert(identity.served, identity.key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    Stub::start(move |_, peer| {
        let acceptor = acceptor.clone();
        async move {
            let (stream, requests) = peer.into_parts();
            let mut peer = Peer::new(acceptor.accept(stream).await.unwrap(), requests);
            peer.request().await;
            peer.send(response).await;
        }
    })
    .await
}

/// An HTTPS origin; with `clients` it insists on a certificate of that authority.
async fn origin(identity: Identity, clients: Option<String>) -> Stub {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_details(Arc::clone(&provider), Arc::new(LabTime));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(store(&authority), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        }
    };
    let acceptor = TlsAcceptor::from(Arc::new(builder.with_single_cert(identity.served, identity.key).unwrap()));
    Stub::start(move |_, peer| {
        let acceptor = acceptor.clone();
        async move {
            let (stream, requests) = peer.into_parts();
            if let Ok(stream) = acceptor.accept(stream).await {
                let mut peer = Peer::new(stream, requests);
                while peer.request().await.is_some() {
                    peer.send(OK).await;
                }
            }
        }
    })
    .await
}

fn secure(lab: &Lab, stub: &Stub) -> EdgeConfig {
    let mut config = config_for(distribution("https-only"), lab, stub.address);
    let identity = lab.server_identity(&["www.shop.test"]).unwrap();
    config.identity = Some(ViewerIdentity { chain: identity.served, key: identity.key });
    config
}

/// A viewer that offers these versions and protocols.
pub(crate) async fn viewer(
    edge: &Edge,
    lab: &Lab,
    versions: &[&'static SupportedProtocolVersion],
    alpn: &[&str],
) -> TlsStream<TcpStream> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_details(provider, Arc::new(LabTime)).with_protocol_versions(versions);
    let mut config = builder.unwrap().with_root_certificates(store(&lab.root_pem())).with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(edge.https_addr().unwrap()).await.unwrap();
    let name = ServerName::try_from("www.shop.test").unwrap();
    within(TlsConnector::from(Arc::new(config)).connect(name, stream)).await.unwrap()
}

#[tokio::test]
async fn a_sound_origin_is_used_and_its_handshake_told_once_for_each_connection() {
    let lab = lab();
    let stub = origin(identity(&lab, &CertificateSpec::default()), None).await;
    let edge = Edge::start(secure(&lab, &stub)).await.unwrap();
    let mut events = edge.events();
    let mut told = Vec::new();
    for _ in 0..2 {
        assert_eq!(status(&once(&edge, &get("/")).await), 200);
        told.push(next(&mut events).await);
    }
    let reports: Vec<_> = told.iter().map(|told| told.handshake.clone().unwrap()).collect();
    assert_eq!(reports[0].verdict.cause(), None);
    assert_eq!(reports[0].observation.served_chain.as_ref().unwrap().len(), 2);
    assert!(told[1].reused_connection && Arc::ptr_eq(&reports[0], &reports[1]));
    assert_eq!(stub.connections(), 1);
    edge.shutdown().await;
}

#[tokio::test]
async fn a_bad_certificate_is_a_502_after_one_attempt_and_curing_it_needs_no_restart() {
    let lab = lab();
    let expired = CertificateSpec { not_after: Some(When::days(-1)), ..CertificateSpec::default() };
    let stub = origin(identity(&lab, &expired), None).await;
    let edge = Edge::start(secure(&lab, &stub)).await.unwrap();
    let mut events = edge.events();
    let response = once(&edge, &get("/")).await;
    assert_eq!(status(&response), 502);
    assert!(response.contains(Page::Connect.sentence().unwrap()));
    let told = next(&mut events).await;
    let failure = told.failure.as_ref().unwrap();
    assert_eq!(failure.cause, Cause::CertificateExpired);
    assert_eq!(failure.verdict().unwrap().cause(), Some(Cause::CertificateExpired));
    assert_eq!(stub.connections(), 1, "a certificate is not tried again");

    let cured = origin(identity(&lab, &CertificateSpec::default()), None).await;
    edge.set_overrides(edge502_edge::Overrides::new().with("origin.test", 443, cured.address));
    assert_eq!(status(&once(&edge, &get("/")).await), 200);
    edge.shutdown().await;
}

#[tokio::test]
async fn another_trust_store_applies_to_the_next_connection() {
    let lab = lab();
    let private = CertificateSpec { issuer: Issuer::PrivateCa, ..CertificateSpec::default() };
    let stub = origin(identity(&lab, &private), None).await;
    let edge = Edge::start(secure(&lab, &stub)).await.unwrap();
    let mut events = edge.events();
    once(&edge, &get("/")).await;
    assert_eq!(next(&mut events).await.cause, Some(Cause::CertificateUntrustedCa));
    let authority = lab.authority_pem(Issuer::PrivateCa).unwrap().unwrap();
    edge.set_trust(TrustStore::from_pem(authority).unwrap()).unwrap();
    assert_eq!(status(&once(&edge, &get("/")).await), 200);
    edge.shutdown().await;
}

#[tokio::test]
async fn a_forwarded_host_is_the_sni() {
    let lab = lab();
    let stub = origin(identity(&lab, &CertificateSpec::default()), None).await;
    let mut config = secure(&lab, &stub);
    config.rulebook = Rulebook::Observed;
    let forwarding = edge502_rules::distribution::Selection::only(["host"]);
    config.distribution.default_behavior.forwarding.headers = forwarding;
    let edge = Edge::start(config).await.unwrap();
    let mut events = edge.events();
    once(&edge, &get("/")).await;
    let told = next(&mut events).await;
    assert_eq!(told.cause, Some(Cause::CertificateNameMismatch), "{:?}", told.failure);
    edge.shutdown().await;
}

#[tokio::test]
async fn a_client_certificate_wanted_after_the_handshake_is_a_tls_failure() {
    let lab = lab();
    let stub = origin(identity(&lab, &CertificateSpec::default()), Some(lab.client_authority_pem().unwrap())).await;
    let mut config = secure(&lab, &stub);
    // Under the documented rulebook the mere request for one is refused already.
    config.rulebook = Rulebook::Observed;
    let edge = Edge::start(config).await.unwrap();
    let mut events = edge.events();
    assert_eq!(status(&once(&edge, &get("/")).await), 502);
    let told = next(&mut events).await;
    assert_eq!(told.cause, Some(Cause::ClientCertificateRequired), "{:?}", told.failure);
    edge.shutdown().await;
}

#[tokio::test]
async fn origin_mutual_tls_presents_the_certificate_of_the_arn() {
    const ARN: &str = "arn:aws:acm:us-east-1:111122223333:certificate/test";
    let lab = lab();
    let stub = origin(identity(&lab, &CertificateSpec::default()), Some(lab.client_authority_pem().unwrap())).await;
    let mut config = secure(&lab, &stub);
    config.distribution.origins[0].custom.origin_mtls_config = Some(ARN.to_owned());
    let client = lab.client_identity(&CertificateSpec::default(), "edge.test").unwrap();
    let certificate = ClientCertificate::from_pem(client.served_pem(), client.key_pem.as_str());
    config.client_certificates = HashMap::from([(ARN.to_owned(), certificate)]);
    let edge = Edge::start(config).await.unwrap();
    assert_eq!(status(&once(&edge, &get("/")).await), 200);
    edge.set_client_certificates(HashMap::new());
    assert_eq!(status(&once(&edge, &get("/")).await), 502);
    edge.shutdown().await;
}

#[tokio::test]
async fn a_missing_close_notify_cuts_only_what_has_a_length() {
    let lab = lab();
    for (response, cause) in [
        ("HTTP/1.1 200 OK\r\n\r\nabc", None),
        ("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc", Some(Cause::ResponseTruncated)),
        ("", Some(Cause::ConnectionClosedEarly)),
    ] {
        let stub = abrupt(&lab, response).await;
        let edge = Edge::start(secure(&lab, &stub)).await.unwrap();
        let mut events = edge.events();
        once(&edge, &get("/")).await;
        let told = next(&mut events).await;
        assert_eq!(told.cause, cause, "{response:?}: {:?}", told.failure);
        edge.shutdown().await;
    }
}

#[tokio::test]
async fn match_viewer_follows_the_viewers_scheme() {
    let lab = lab();
    let (secure_stub, plain_stub) = tokio::join!(
        origin(identity(&lab, &CertificateSpec::default()), None),
        Stub::answering("HTTP/1.1 204 No Content\r\n\r\n")
    );
    let mut config = secure(&lab, &secure_stub);
    config.distribution = distribution("match-viewer");
    let overrides = edge502_edge::Overrides::new();
    config.overrides =
        overrides.with("origin.test", 443, secure_stub.address).with("origin.test", 80, plain_stub.address);
    let edge = Edge::start(config).await.unwrap();
    assert_eq!(status(&once(&edge, &get("/")).await), 204);
    let stream = viewer(&edge, &lab, &[&rustls::version::TLS13], &["http/1.1"]).await;
    let mut peer = Peer::new(stream, Arc::default());
    peer.send("GET / HTTP/1.1\r\nHost: www.shop.test\r\n\r\n").await;
    let response = within(read_message(&mut peer.stream)).await.unwrap();
    assert_eq!(status(&response), 200);
    edge.shutdown().await;
}

#[tokio::test]
async fn http_2_keeps_cloudfronts_order_in_lower_case() {
    let lab = lab();
    let stub =
        origin(identity(&lab, &CertificateSpec { issuer: Issuer::SelfSigned, ..CertificateSpec::default() }), None)
            .await;
    let edge = Edge::start(secure(&lab, &stub)).await.unwrap();
    let mut events = edge.events();
    let stream = viewer(&edge, &lab, &[&rustls::version::TLS13], &["h2", "http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = http::Request::get("https://www.shop.test/a?b").body(Empty::<Bytes>::new()).unwrap();
    let response = within(sender.send_request(request)).await.unwrap();
    assert_eq!(response.status(), 502);
    let names: Vec<_> = response.headers().keys().map(http::HeaderName::as_str).collect();
    let expected =
        ["server", "date", "content-type", "content-length", "x-cache", "via", "x-amz-cf-pop", "x-amz-cf-id"];
    assert_eq!(names, expected);
    assert!(response.headers()["via"].to_str().unwrap().starts_with("1.1 "));
    let body = within(response.into_body().collect()).await.unwrap().to_bytes();
    assert_eq!(body, Page::Connect.bytes(&ID.parse().unwrap()));
    let log = &next(&mut events).await.log;
    assert_eq!(log.ssl_protocol.as_deref(), Some("TLSv1.3"));
    assert_eq!(log.ssl_cipher.as_deref(), Some("TLS_AES_128_GCM_SHA256"));
    assert_eq!((log.cs_protocol_version.as_str(), log.cs_protocol.as_str()), ("HTTP/2.0", "https"));
    assert_eq!(log.x_host_header.as_deref(), Some("www.shop.test"));
    drop(sender);
    connection.abort();
    edge.shutdown().await;
}

#[tokio::test]
async fn viewers_get_aes_128_first_whatever_they_prefer() {
    let lab = lab();
    let stub = origin(identity(&lab, &CertificateSpec::default()), None).await;
    let edge = Edge::start(secure(&lab, &stub)).await.unwrap();
    for (version, expected) in [
        (&rustls::version::TLS12, rustls::CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
        (&rustls::version::TLS13, rustls::CipherSuite::TLS13_AES_128_GCM_SHA256),
    ] {
        // rustls itself prefers AES-256.
        let stream = viewer(&edge, &lab, &[version], &[]).await;
        let session = stream.get_ref().1;
        assert_eq!(session.negotiated_cipher_suite().unwrap().suite(), expected);
        assert_eq!(session.negotiated_key_exchange_group().unwrap().name(), rustls::NamedGroup::X25519);
    }
    edge.shutdown().await;
}
