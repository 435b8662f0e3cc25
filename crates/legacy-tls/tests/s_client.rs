//! The check against servers on 127.0.0.1, one fault at a time.

#![allow(clippy::unwrap_used, reason = "helpers of tests; clippy exempts only the test functions")]

mod lab;

use std::net::SocketAddr;
use std::time::Duration;

use edge502_legacy_tls::openssl::ssl::{SslContextBuilder, SslVerifyMode, SslVersion};
use edge502_legacy_tls::{ClientCertificate, Options, Transcript, s_client};
use lab::{Certificate, DAY, Server, now};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

fn options(server: &Server, root: &Certificate) -> Options {
    Options {
        server_name: Some("origin.test".to_owned()),
        ca_pem: root.pem(),
        at: Some(now()),
        ..Options::new(server.address)
    }
}

async fn check(leaf: &Certificate, root: &Certificate) -> Transcript {
    let server = Server::start(leaf, |_| {}).await;
    s_client(&options(&server, root)).await
}

fn assert_prints(transcript: &Transcript, lines: &[&str]) {
    for line in lines {
        assert!(transcript.text.contains(line), "{line:?} is missing in\n{}", transcript.text);
    }
}

#[tokio::test]
async fn good_certificate_is_code_0() {
    let root = Certificate::root();
    let leaf = root.issue("origin.test", -DAY, 60 * DAY);
    let t = check(&leaf, &root).await;
    assert_eq!((t.verify_code, t.exit, t.alert), (0, 0, None), "{}", t.text);
    assert_eq!(t.protocol, Some("TLSv1.3"));
    assert_eq!(t.cipher, Some("TLS_AES_256_GCM_SHA384"));
    assert_eq!(t.served_chain, [leaf.der()]);
    assert_prints(
        &t,
        &[
            "CONNECTED(00000003)\n",
            "depth=1 O=TEST ONLY, CN=root\nverify return:1\n",
            "Certificate chain\n 0 s:O=TEST ONLY, CN=origin.test\n   i:O=TEST ONLY, CN=root\n",
            "   a:PKEY: EC, (prime256v1); sigalg: ecdsa-with-SHA256\n",
            "Verification: OK\n",
            "New, TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384\n",
            "Verify return code: 0 (ok)\n",
            "Post-Handshake New Session Ticket arrived:\n",
            "DONE\n",
        ],
    );
}

#[tokio::test]
async fn expired_certificate_is_code_10_and_exit_0() {
    let root = Certificate::root();
    let leaf = root.issue("origin.test", -95 * DAY, -35 * DAY);
    let t = check(&leaf, &root).await;
    assert_eq!((t.verify_code, t.exit), (10, 0));
    assert_eq!(t.verify_errors, [(10, "certificate has expired".to_owned())]);
    assert_prints(
        &t,
        &[
            "verify error:num=10:certificate has expired\nnotAfter=",
            "Verification error: certificate has expired\n",
            "Verify return code: 10 (certificate has expired)\n",
        ],
    );
}

#[tokio::test]
async fn verification_time_is_the_given_one() {
    let root = Certificate::root();
    let leaf = root.issue("origin.test", -95 * DAY, -35 * DAY);
    let server = Server::start(&leaf, |_| {}).await;
    let mut options = options(&server, &root);
    options.at = Some(now() - time::Duration::days(40));
    let t = s_client(&options).await;
    assert_eq!(t.verify_code, 0, "{}", t.text);
}

#[tokio::test]
async fn missing_issuer_prints_20_then_21() {
    let root = Certificate::root();
    let leaf = root.issue("origin.test", -DAY, DAY);
    let t = check(&leaf, &Certificate::root_named("another")).await;
    let codes: Vec<_> = t.verify_errors.iter().map(|(code, _)| *code).collect();
    assert_eq!((codes.as_slice(), t.verify_code), ([20, 21].as_slice(), 21));
}

#[tokio::test]
async fn wrong_name_shows_only_with_verify_hostname() {
    let root = Certificate::root();
    let leaf = root.issue("other.test", -DAY, DAY);
    let server = Server::start(&leaf, |_| {}).await;
    let mut options = options(&server, &root);
    let blind = s_client(&options).await;
    assert_eq!((blind.verify_code, blind.verify_errors.len()), (0, 0));

    options.verify_hostname = Some("origin.test".to_owned());
    let seeing = s_client(&options).await;
    assert_eq!((seeing.verify_code, seeing.exit), (62, 0));
    assert_prints(&seeing, &["verify error:num=62:hostname mismatch\n"]);
}

fn only(version: SslVersion) -> impl Fn(&mut SslContextBuilder) {
    move |context| {
        context.set_security_level(0);
        context.set_cipher_list("ALL:!aNULL:!eNULL").unwrap();
        context.set_min_proto_version(Some(version)).unwrap();
        context.set_max_proto_version(Some(version)).unwrap();
    }
}

#[tokio::test]
async fn tls_1_0_only_is_alert_70_and_exit_1() {
    let root = Certificate::root();
    let leaf = root.issue("origin.test", -DAY, DAY);
    let server = Server::start(&leaf, only(SslVersion::TLS1)).await;
    let t = s_client(&options(&server, &root)).await;
    assert_eq!((t.alert, t.exit, t.verify_code), (Some(70), 1, 0), "{}", t.text);
    assert_eq!((t.protocol, t.cipher), (None, None));
    assert_prints(
        &t,
        &[
            ":tlsv1 alert protocol version:",
            ":SSL alert number 70\n",
            "no peer certificate available\n",
            "Verification: OK\n",
            "New, (NONE), Cipher is (NONE)\n",
            "Verify return code: 0 (ok)\n",
        ],
    );
}

#[tokio::test]
async fn permissive_mode_speaks_ssl_3_and_rc4() {
    let root = Certificate::root();
    let leaf = root.issue_rsa("origin.test", -DAY, DAY);
    let server = Server::start(&leaf, only(SslVersion::SSL3)).await;
    let permissive = Options { server_name: None, ..Options::permissive(server.address) };
    let t = s_client(&permissive).await;
    assert_eq!((t.protocol, t.exit), (Some("SSLv3"), 0), "{}", t.text);

    let rc4 = Options { cipher_list: Some("RC4-MD5".to_owned()), ..permissive };
    assert_eq!(s_client(&rc4).await.cipher, Some("RC4-MD5"));
}

#[tokio::test]
async fn no_common_cipher_is_alert_40() {
    let root = Certificate::root();
    let leaf = root.issue("origin.test", -DAY, DAY);
    let server = Server::start(&leaf, only(SslVersion::TLS1_2)).await;
    let t = s_client(&Options { cipher_list: Some("AES128-SHA".to_owned()), ..options(&server, &root) }).await;
    assert_eq!((t.alert, t.exit), (Some(40), 1), "{}", t.text);
}

fn demand_client_certificate(context: &mut SslContextBuilder) {
    context.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
}

#[tokio::test]
async fn demanded_client_certificate_is_a_late_alert_116() {
    let root = Certificate::root();
    let leaf = root.issue("origin.test", -DAY, DAY);
    let server = Server::start(&leaf, demand_client_certificate).await;
    let t = s_client(&options(&server, &root)).await;
    assert_eq!(t.protocol, Some("TLSv1.3"), "the handshake itself completes");
    assert_eq!((t.alert, t.exit, t.verify_code), (Some(116), 1, 0), "{}", t.text);
    assert_prints(&t, &[":tlsv13 alert certificate required:", ":SSL alert number 116\n"]);
}

#[tokio::test]
async fn presented_client_certificate_is_accepted() {
    let root = Certificate::root();
    let leaf = root.issue("origin.test", -DAY, DAY);
    let client = root.issue("client.test", -DAY, DAY);
    let trusted = root.clone();
    let server = Server::start(&leaf, move |context| {
        demand_client_certificate(context);
        context.cert_store_mut().add_cert(trusted.x509.clone()).unwrap();
        context.verify_param_mut().set_time(now().unix_timestamp());
    })
    .await;
    let (pem, key) = (client.pem(), client.key.private_key_to_pem_pkcs8().unwrap());
    let t = s_client(&Options {
        client_certificate: Some(ClientCertificate::from_pem(&pem, &key).unwrap()),
        ..options(&server, &root)
    })
    .await;
    assert_eq!((t.alert, t.exit), (None, 0), "{}", t.text);
}

/// A port of 127.0.0.1 that nobody listens on.
async fn closed_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

#[tokio::test]
async fn refused_port_is_errno_111() {
    let t = s_client(&Options::new(closed_port().await)).await;
    assert_eq!(t.exit, 1);
    assert_prints(&t, &[":Connection refused:", "connect:errno=111\n"]);
}

#[tokio::test]
async fn plain_http_is_wrong_version_number() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = async {
        let (mut tcp, _) = listener.accept().await.unwrap();
        tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        tcp
    };
    let options = Options::new(address);
    let (t, _tcp) = tokio::join!(s_client(&options), server);
    assert_eq!(t.exit, 1);
    assert_prints(&t, &[":wrong version number:", "no peer certificate available\n"]);
}

#[tokio::test]
async fn hang_up_is_unexpected_eof() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = async {
        let (mut tcp, _) = listener.accept().await.unwrap();
        // Read what came, so that closing is a FIN and not a reset.
        assert!(tcp.read(&mut [0; 4096]).await.unwrap() > 0);
    };
    let options = Options::new(address);
    let (t, ()) = tokio::join!(s_client(&options), server);
    assert_eq!(t.exit, 1);
    assert_prints(&t, &[":unexpected eof while reading:"]);
}

#[tokio::test]
async fn silence_ends_at_the_bound() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let t =
        s_client(&Options { timeout: Duration::from_millis(50), ..Options::new(listener.local_addr().unwrap()) }).await;
    assert_eq!(t.exit, 124);
    assert_prints(&t, &["no answer within 50ms"]);
}

#[tokio::test]
async fn refused_options_are_printed_not_panicked() {
    let base = Options::new(closed_port().await);
    for bad in [
        Options { cipher_list: Some("NO-SUCH-SUITE".to_owned()), ..base.clone() },
        Options { groups: Some("no-such-group".to_owned()), ..base.clone() },
        Options { server_name: Some("a\0b".to_owned()), ..base.clone() },
        Options { ca_pem: b"-----BEGIN CERTIFICATE-----\nAA\n".to_vec(), ..base.clone() },
    ] {
        let t = s_client(&bad).await;
        assert_eq!(t.exit, 1, "{bad:?}");
        assert!(!t.text.contains("connect"), "{}", t.text);
        assert!(!t.text.is_empty(), "{bad:?}");
    }
}
