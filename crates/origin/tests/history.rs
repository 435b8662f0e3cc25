//! What an origin remembers of its clients.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{BOUND, only_connection, spec, start};
use edge502_legacy_tls::{
    ClientCertificate, Options,
    openssl::ssl::{Ssl, SslContext, SslMethod, SslVersion},
    s_client,
    tokio_openssl::SslStream,
};
use edge502_origin::{ConnectionRecord, End, Origin, PortKind};
use edge502_pki::CertificateSpec;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A permissive TLS client that has said nothing yet.
async fn tls_client(origin: &Origin, sni: &str) -> SslStream<TcpStream> {
    edge502_legacy_tls::init().unwrap();
    let mut context = SslContext::builder(SslMethod::tls_client()).unwrap();
    context.set_security_level(0);
    context.set_min_proto_version(Some(SslVersion::SSL3)).unwrap();
    context.set_cipher_list("ALL").unwrap();
    let mut ssl = Ssl::new(&context.build()).unwrap();
    ssl.set_hostname(sni).unwrap();
    let tcp = TcpStream::connect(origin.addr()).await.unwrap();
    let mut tls = SslStream::new(ssl, tcp).unwrap();
    std::pin::Pin::new(&mut tls).connect().await.unwrap();
    tls
}

async fn talk_http(origin: &Origin, request: &str) -> String {
    let mut tcp = TcpStream::connect(origin.http_addr()).await.unwrap();
    tcp.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tcp.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn the_self_test_leaves_no_trace() {
    assert_eq!(start("").await.history().snapshot(), []);
}

#[tokio::test]
async fn a_tls_request_is_remembered_in_full() {
    for (toml, version, suite) in [
        ("tls.protocols = ['TLSv1.3']", "TLSv1.3", "TLS_"),
        ("tls.protocols = ['TLSv1.2']", "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_"),
        ("tls.protocols = ['TLSv1']", "TLSv1", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"),
        (
            "certificate.key = 'rsa-2048'\ntls = { protocols = ['SSLv3'], ciphers = 'RC4-MD5' }",
            "SSLv3",
            "SSL_RSA_WITH_RC4_128_MD5",
        ),
    ] {
        let origin = start(toml).await;
        let mut tls = tls_client(&origin, "Shop.test").await;
        tls.write_all(b"GET /a?b HTTP/1.1\r\nhOst: shop.test\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        tls.read_to_string(&mut answer).await.unwrap();
        std::pin::Pin::new(&mut tls).shutdown().await.unwrap();
        assert!(answer.contains(&format!("\r\nx-origin-tls: {version}\r\n")), "{answer}");

        let record = only_connection(&origin).await;
        let hello = record.client_hello.as_ref().unwrap();
        assert_eq!(hello.server_name.as_deref(), Some("Shop.test"));
        assert!(!hello.cipher_suites.is_empty() && record.first_flight.starts_with(&[22, 3]));
        let negotiated = record.negotiated.as_ref().unwrap();
        assert_eq!(negotiated.version, version);
        assert!(negotiated.cipher_suite.starts_with(suite) || version == "SSLv3", "{negotiated:?}");
        assert_eq!((record.port, record.requests.len()), (PortKind::Https, 1));
        let request = &record.requests[0];
        assert_eq!((&*request.method, &*request.target, &*request.version), ("GET", "/a?b", "HTTP/1.1"));
        assert_eq!(request.headers[0], ("hOst".to_owned(), "shop.test".to_owned()));
        assert_eq!(record.end, Some(End::Origin));
    }
}

#[tokio::test]
async fn how_a_client_leaves_is_remembered() {
    for backend in ["rustls", "openssl"] {
        for protocol in ["TLSv1.2", "TLSv1.3"] {
            let toml = format!("tls = {{ backend = '{backend}', protocols = ['{protocol}'] }}");
            let origin = start(&toml).await;

            let mut polite = tls_client(&origin, "a.test").await;
            std::pin::Pin::new(&mut polite).shutdown().await.unwrap();
            let record = only_connection(&origin).await;
            assert_eq!((record.end, record.alert), (Some(End::CloseNotify), Some(0)), "{toml}");

            origin.history().clear();
            let rude = tls_client(&origin, "a.test").await;
            // Read the session tickets first: unread bytes would turn the close into a reset.
            let mut tcp = rude.get_ref();
            let tickets = origin.history().wait_for(|records| records[0].negotiated.is_some(), BOUND).await;
            assert!(tickets.is_ok());
            let mut buffer = [0; 4096];
            if protocol == "TLSv1.3" {
                tcp.readable().await.unwrap();
                while tcp.try_read(&mut buffer).is_ok() {}
            }
            tcp = rude.get_ref();
            socket2::SockRef::from(tcp).shutdown(std::net::Shutdown::Write).unwrap();
            let record = only_connection(&origin).await;
            assert_eq!((record.end, record.alert), (Some(End::Eof), None), "{toml}");
            drop(rude);

            origin.history().clear();
            let broken = tls_client(&origin, "a.test").await;
            socket2::SockRef::from(broken.get_ref()).set_linger(Some(std::time::Duration::ZERO)).unwrap();
            drop(broken);
            let record = only_connection(&origin).await;
            assert_eq!(record.end, Some(End::Reset), "{toml}");
        }
    }
}

#[tokio::test]
async fn the_alert_of_a_client_is_remembered() {
    for backend in ["rustls", "openssl"] {
        let toml = format!("tls = {{ backend = '{backend}', protocols = ['TLSv1.2'] }}");
        let origin = start(&toml).await;
        let mut tcp = TcpStream::connect(origin.addr()).await.unwrap();
        // The client offers TLS 1.2, then calls it off with unknown_ca (48).
        tcp.write_all(&hello()).await.unwrap();
        tcp.read_u8().await.unwrap();
        tcp.write_all(&[21, 3, 3, 0, 2, 2, 48]).await.unwrap();
        let record = only_connection(&origin).await;
        assert_eq!((record.end, record.alert), (Some(End::Alert), Some(48)), "{toml}");
        assert_eq!(record.negotiated, None);
    }
}

/// A TLS 1.2 hello that an origin with a P-256 certificate can answer.
fn hello() -> Vec<u8> {
    let extensions: &[u8] = &[
        0, 10, 0, 4, 0, 2, 0, 23, // supported_groups: secp256r1
        0, 11, 0, 2, 1, 0, // ec_point_formats: uncompressed
        0, 13, 0, 4, 0, 2, 4, 3, // signature_algorithms: ecdsa_secp256r1_sha256
        0, 23, 0, 0, // extended_master_secret
    ];
    let mut body = vec![3, 3];
    body.extend([0x5a; 32]);
    body.extend([0, 0, 2, 0xc0, 0x2b, 1, 0, 0, u8::try_from(extensions.len()).unwrap()]);
    body.extend(extensions);
    let length = u8::try_from(body.len()).unwrap();
    let mut record = vec![22, 3, 1, 0, length + 4, 1, 0, 0, length];
    record.extend(body);
    record
}

#[tokio::test]
async fn a_client_certificate_is_remembered() {
    let lab = common::lab();
    let origin = Origin::start(&spec("tls.client_certificate = 'require'"), &lab, common::clock()).await.unwrap();
    let identity = lab.client_identity(&CertificateSpec::default(), "edge.test").unwrap();
    let mut options = Options::permissive(origin.addr());
    options.client_certificate =
        Some(ClientCertificate::from_der(&identity.served, identity.key.secret_der()).unwrap());
    assert!(s_client(&options).await.succeeded());
    assert_eq!(only_connection(&origin).await.client_certificate.as_deref(), Some(identity.leaf.as_ref()));
}

#[tokio::test]
async fn requests_on_one_connection_are_kept_in_order() {
    let origin = start("").await;
    let request =
        "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcHEAD /2 HTTP/1.1\r\nConnection: close\r\n\r\n";
    let answer = talk_http(&origin, request).await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 2, "{answer}");
    assert_eq!(answer.matches("This is the origin").count(), 1, "HEAD has no body: {answer}");
    let record = only_connection(&origin).await;
    let seen: Vec<_> = record.requests.iter().map(|request| (&*request.target, request.body_len)).collect();
    assert_eq!(seen, [("/1", 3), ("/2", 0)]);
    assert_eq!((record.port, record.negotiated, record.client_hello), (PortKind::Http, None, None));
}

#[tokio::test]
async fn tls_on_a_plain_port_is_remembered_and_answered_in_clear_text() {
    let origin = start("port.behavior = 'plain-http'").await;
    let mut options = Options::permissive(origin.addr());
    options.server_name = Some("shop.test".to_owned());
    assert!(s_client(&options).await.text.contains("wrong version number"));
    let hello = only_connection(&origin).await.client_hello.unwrap();
    assert_eq!(hello.server_name.as_deref(), Some("shop.test"));
}

#[tokio::test]
async fn an_origin_that_does_not_reuse_connections_closes_in_place_of_the_second_answer() {
    let origin = start("http.answers_per_connection = 1").await;
    let mut tcp = TcpStream::connect(origin.http_addr()).await.unwrap();
    let mut answer = [0; 1024];
    tcp.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert!(tcp.read(&mut answer).await.unwrap() > 0);
    tcp.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert_eq!(tcp.read(&mut answer).await.unwrap(), 0);
    drop(tcp);
    assert_eq!(only_connection(&origin).await.requests.len(), 2);
}

#[tokio::test]
async fn connections_are_numbered_by_time() {
    let origin = start("").await;
    for _ in 0..2 {
        talk_http(&origin, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n").await;
    }
    let both = |records: &[ConnectionRecord]| records.len() == 2;
    let records = origin.history().wait_for(both, BOUND).await.unwrap();
    assert!(records[0].accepted_at <= records[1].accepted_at);
    assert_ne!(records[0].peer, records[1].peer);
}
