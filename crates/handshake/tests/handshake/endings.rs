//! Handshakes that end before a certificate is judged.

use std::time::Duration;

use edge502_handshake::wire::{Alert, AlertDescription, AlertLevel};
use edge502_handshake::{End, NotTls, ProtocolVersion};
use edge502_rules::Cause;
use tokio::io::AsyncWriteExt as _;

use super::support::{Case, Lab, Origin, refused};

#[tokio::test]
async fn an_alert_keeps_its_number_and_level() {
    let lab = Lab::new("origin.test");
    let connector = lab.connector();
    for (bytes, level) in
        [(b"\x15\x03\x03\x00\x02\x02\x50", AlertLevel::Fatal), (b"\x15\x03\x03\x00\x02\x01\x70", AlertLevel::Warning)]
    {
        let origin = Origin::saying(bytes).await;
        let seen = refused(Case::default().connect(&connector, &origin).await).observation;
        assert_eq!(seen.alert, Some(Alert { level: Some(level), description: AlertDescription(bytes[6]) }));
        assert_eq!(seen.end, End::Alert);
        assert!(seen.failed_with("ALERT") && seen.server_hello.is_none() && seen.not_tls().is_none());
    }
}

/// Every number there is, fatal and as a warning, in answer to the ClientHello: one of few causes, and never a panic.
#[tokio::test]
async fn every_alert_has_a_cause() {
    let lab = Lab::new("origin.test");
    let connector = lab.connector();
    let origin = Origin::alerting_in_turn().await;
    for number in 0..=u8::MAX {
        for level in [AlertLevel::Warning, AlertLevel::Fatal] {
            let seen = refused(Case::default().connect(&connector, &origin).await);
            let (cause, ambiguous) = match number {
                70 => (Cause::ProtocolMismatch, false),
                112 => (Cause::SniRefused, false),
                116 => (Cause::ClientCertificateRequired, false),
                40 | 71 => (Cause::CipherMismatch, true),
                _ => (Cause::HandshakeClosed, true),
            };
            assert_eq!(seen.verdict.cause(), Some(cause), "{level:?} {number}: {seen:?}");
            assert_eq!(seen.verdict.ambiguous, ambiguous, "{level:?} {number}");
            assert_eq!(seen.verdict.documented, seen.verdict.observed, "{level:?} {number}");
            let alert = Alert { level: Some(level), description: AlertDescription(number) };
            assert_eq!(seen.observation.alert, Some(alert));
            let detail = &seen.verdict.documented.findings[0].detail;
            assert!(number == 0 || detail.contains(&format!("alert {number}")), "{detail}");
        }
    }
}

/// OpenSSL and browsers read on after a warning; s2n-tls does not.
#[cfg(feature = "legacy")]
#[tokio::test]
async fn a_warning_ends_a_handshake_that_would_go_on() {
    let lab = Lab::new("origin.test");
    for (number, cause) in [(112, Cause::SniRefused), (41, Cause::HandshakeClosed)] {
        let origin = lab.openssl_behind(&[21, 3, 3, 0, 2, 1, number]).await;
        let seen = refused(Case::default().connect(&lab.connector(), &origin).await);
        assert_eq!(seen.observation.alert.and_then(|alert| alert.level), Some(AlertLevel::Warning));
        assert_eq!(seen.verdict.cause(), Some(cause), "{seen:?}");
    }
}

#[cfg(feature = "legacy")]
#[tokio::test]
async fn real_origins_refuse_with_their_usual_alerts() {
    use edge502_legacy_tls::openssl::ssl::SslVersion;
    use edge502_rules::distribution::OriginSslProtocol;

    let fatal = |number| Alert { level: Some(AlertLevel::Fatal), description: AlertDescription(number) };
    let lab = Lab::new("origin.test");
    let connector = lab.connector();
    let old = lab.openssl(|builder| builder.set_max_proto_version(Some(SslVersion::TLS1_1)).unwrap()).await;
    assert_eq!(refused(Case::default().connect(&connector, &old).await).observation.alert, Some(fatal(70)));
    let curve = lab.openssl(|builder| builder.set_groups_list("P-521").unwrap()).await;
    assert_eq!(refused(Case::default().connect(&connector, &curve).await).observation.alert, Some(fatal(40)));
    assert!(Case::from(OriginSslProtocol::TlsV1).connect(&connector, &old).await.is_ok());
}

#[tokio::test]
async fn other_protocols_are_recognised() {
    let lab = Lab::new("origin.test");
    let connector = lab.connector();
    let cases: [(&[u8], NotTls); 3] = [
        (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", NotTls::Http),
        (b"SSH-2.0-OpenSSH_9.2\r\n", NotTls::Ssh),
        (b"220 mail.test ESMTP\r\n", NotTls::Greeting),
    ];
    for (bytes, expected) in cases {
        let origin = Origin::saying(bytes).await;
        let seen = refused(Case::default().connect(&connector, &origin).await).observation;
        assert_eq!(seen.not_tls(), Some(expected), "{seen:?}");
        assert!(bytes.starts_with(&seen.first_bytes[..4]));
    }
}

#[tokio::test]
async fn close_reset_and_silence_are_told_apart() {
    let lab = Lab::new("origin.test");
    let connector = lab.connector();
    let closes = Origin::after_hello(|mut tcp| async move { tcp.shutdown().await.unwrap() }).await;
    let resets = Origin::after_hello(|tcp| async move { tcp.set_zero_linger().unwrap() }).await;
    let silent = Origin::after_hello(|tcp| async move {
        let _open = tcp;
        std::future::pending::<()>().await;
    })
    .await;
    let cut = Origin::saying(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03").await;
    for (origin, end) in [(&closes, End::Closed), (&resets, End::Reset), (&cut, End::Closed), (&silent, End::TimedOut)]
    {
        let limit = if end == End::TimedOut { Duration::from_millis(200) } else { super::support::PATIENCE };
        let case = Case { limit, ..Case::default() };
        let seen = refused(case.connect(&connector, origin).await).observation;
        assert_eq!(seen.end, end, "{seen:?}");
        let hello = seen.client_hello.expect("what was sent is kept, too");
        assert_eq!(hello.server_name.as_deref(), Some("origin.test"));
        assert_eq!(hello.versions(), [ProtocolVersion::Tls13, ProtocolVersion::Tls12]);
        assert!(seen.elapsed < super::support::PATIENCE);
    }
}

#[tokio::test]
async fn a_close_notify_is_a_close() {
    let lab = Lab::new("origin.test");
    let origin = Origin::saying(b"\x15\x03\x03\x00\x02\x01\x00").await;
    let seen = refused(Case::default().connect(&lab.connector(), &origin).await).observation;
    assert_eq!(seen.end, End::Closed, "{seen:?}");
}

/// The least pause that the library asks for after an error is ten seconds.
#[cfg(feature = "legacy")]
#[tokio::test]
async fn a_failure_is_told_without_a_pause() {
    let lab = Lab::new("origin.test");
    let connector = lab.connector();
    let alerts = Origin::saying(b"\x15\x03\x03\x00\x02\x02\x28").await;
    let other_name = Lab::new("other.test");
    let refuses_name = other_name.openssl(|_| {}).await;
    for origin in [&alerts, &refuses_name] {
        let seen = refused(Case::default().connect(&connector, origin).await).observation;
        assert!(seen.elapsed < Duration::from_secs(10), "{seen:?}");
    }
}

#[tokio::test]
async fn a_failed_handshake_can_run_on_any_thread() {
    let lab = Lab::new("origin.test");
    let connector = std::sync::Arc::new(lab.connector());
    let origin = std::sync::Arc::new(Origin::saying(b"").await);
    let task = tokio::spawn(async move {
        let (domain, protocols) =
            ("origin.test".parse().unwrap(), edge502_rules::distribution::OriginSslProtocols::TLS_V1_2);
        let sni = edge502_rules::name::SniName::from(&domain);
        let expectation = edge502_handshake::Expectation {
            sni: &sni,
            origin_domain: &domain,
            forwarded_host: None,
            allowed_names: &[],
            protocols: &protocols,
            rulebook: edge502_rules::Rulebook::Documented,
            client_certificate: None,
        };
        let tcp = origin.dial().await.unwrap();
        connector.connect(tcp, &expectation, super::support::PATIENCE).await.is_err()
    });
    assert!(task.await.unwrap());
}
