//! The served chain is captured byte for byte, whatever the version and the verdict.

use edge502_handshake::wire::{CipherSuite, NamedGroup};
use edge502_handshake::{End, Options, ProtocolVersion};
use edge502_legacy_tls::openssl::ssl::SslVersion;
use edge502_pki::{CertificateSpec, KeyKind, When};
use edge502_rules::distribution::OriginSslProtocol;
use time::Duration;

use super::support::{Case, Lab, NOW, refused, round_trip};

/// `session_ticket` (RFC 5077 section 3.2).
const SESSION_TICKET: u16 = 35;
/// `pre_shared_key` (RFC 8446 section 4.2.11).
const PRE_SHARED_KEY: u16 = 41;

#[tokio::test]
async fn in_every_version_and_suite() {
    let lab = Lab::with_key(KeyKind::Rsa2048);
    let connector = lab.connector();
    let cases = [
        (SslVersion::SSL3, "RC4-MD5", ProtocolVersion::Ssl30),
        (SslVersion::SSL3, "DES-CBC3-SHA", ProtocolVersion::Ssl30),
        (SslVersion::TLS1, "AES128-SHA", ProtocolVersion::Tls10),
        (SslVersion::TLS1_1, "ECDHE-RSA-AES256-SHA", ProtocolVersion::Tls11),
        (SslVersion::TLS1_2, "ECDHE-RSA-AES128-GCM-SHA256", ProtocolVersion::Tls12),
        (SslVersion::TLS1_3, "TLS_AES_128_GCM_SHA256", ProtocolVersion::Tls13),
        (SslVersion::TLS1_3, "TLS_AES_256_GCM_SHA384", ProtocolVersion::Tls13),
        (SslVersion::TLS1_3, "TLS_CHACHA20_POLY1305_SHA256", ProtocolVersion::Tls13),
    ];
    for (version, suite, expected) in cases {
        let origin = lab
            .openssl(|builder| {
                builder.set_min_proto_version(Some(version)).unwrap();
                builder.set_max_proto_version(Some(version)).unwrap();
                match version {
                    SslVersion::TLS1_3 => builder.set_ciphersuites(suite).unwrap(),
                    _ => builder.set_cipher_list(&format!("{suite}:@SECLEVEL=0")).unwrap(),
                }
            })
            .await;
        let outcome = Case::from(OriginSslProtocol::SslV3).connect(&connector, &origin).await;
        let mut established = outcome.unwrap_or_else(|refused| panic!("{expected} {suite}: {:?}", refused.observation));
        round_trip(&mut established.stream).await.unwrap();
        let seen = established.observation;
        assert_eq!(seen.version(), Some(expected));
        assert_eq!(seen.suite().and_then(CipherSuite::openssl_name), Some(suite));
        assert_eq!(seen.served_chain.as_ref(), Some(&lab.chain), "{expected} {suite}");
        assert_eq!(seen.group.is_some(), suite.contains("ECDHE") || expected == ProtocolVersion::Tls13);
        assert_eq!(seen.end, End::Completed);
    }
}

#[tokio::test]
async fn behind_a_hello_retry_request_and_in_a_post_quantum_group() {
    let lab = Lab::new("origin.test");
    for (group, number, options) in [
        ("X25519", 0x001D, Options::default()),
        ("P-384", 0x0018, Options::default()),
        ("X25519MLKEM768", 0x11EC, Options { pq: true }),
    ] {
        let connector = lab.connector_with(options);
        let origin = lab.openssl(|builder| builder.set_groups_list(group).unwrap()).await;
        let mut established = Case::default().connect(&connector, &origin).await.unwrap();
        round_trip(&mut established.stream).await.unwrap();
        let seen = established.observation;
        assert_eq!(seen.hello_retry_request.is_some(), !options.pq, "{group}");
        assert_eq!(seen.group, Some(NamedGroup(number)));
        assert_eq!(seen.served_chain, Some(lab.chain.clone()));
    }
}

/// A resumed session would show no certificate, so that an expired one could go unseen.
#[tokio::test]
async fn on_every_connection_anew() {
    let lab = Lab::new("origin.test");
    let connector = lab.connector();
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let origin = lab.openssl(|builder| builder.set_max_proto_version(Some(version)).unwrap()).await;
        for connection in 1..=2 {
            let mut established = Case::default().connect(&connector, &origin).await.unwrap();
            // Behind it the client has read the session tickets as well.
            round_trip(&mut established.stream).await.unwrap();
            let seen = established.observation;
            assert_eq!(seen.served_chain.as_ref(), Some(&lab.chain), "connection {connection}");
            let offered: Vec<u16> = seen.client_hello.unwrap().extensions.iter().map(|own| own.kind.0).collect();
            assert!(!offered.contains(&SESSION_TICKET) && !offered.contains(&PRE_SHARED_KEY), "{offered:?}");
        }
    }
}

#[tokio::test]
async fn although_the_library_refused_it() {
    let expired = CertificateSpec { not_after: Some(When::days(-35)), ..CertificateSpec::default() };
    let lab = Lab::with("origin.test", &expired);
    let connector = lab.connector();
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let origin = lab.openssl(|builder| builder.set_max_proto_version(Some(version)).unwrap()).await;
        let refused = refused(Case::default().connect(&connector, &origin).await);
        let seen = &refused.observation;
        assert!(seen.failed_with("CERT_EXPIRED"), "{seen:?}");
        assert_eq!(seen.end, End::Aborted);
        assert_eq!(seen.served_chain.as_ref(), Some(&lab.chain));
        assert!(refused.verdict.cause().is_some());
    }
}

#[tokio::test]
async fn dates_follow_the_clock_of_the_edge() {
    let lab = Lab::new("origin.test");
    let trust = || edge502_handshake::TrustStore::from_der([&lab.root]).unwrap();
    let origin = lab.openssl(|_| ()).await;
    for (offset, error) in [(-31, Some("CERT_NOT_YET_VALID")), (0, None), (61, Some("CERT_EXPIRED"))] {
        let clock = std::sync::Arc::new(edge502_rules::clock::FixedClock(NOW + Duration::days(offset)));
        let connector = edge502_handshake::Connector::new(trust(), clock, Options::default()).unwrap();
        let outcome = Case::default().connect(&connector, &origin).await;
        let name = outcome.err().and_then(|refused| refused.observation.library_error).map(|error| error.name);
        assert_eq!(name.as_deref(), error, "{offset} days");
    }
}

#[tokio::test]
async fn of_any_number_and_order() {
    let lab = Lab::new("origin.test");
    let connector = lab.connector();
    let [leaf, issuer] = &lab.chain[..] else { unreachable!() };
    let reversed = vec![issuer.clone(), leaf.clone()];
    let long: Vec<_> = std::iter::once(leaf.clone()).chain(vec![issuer.clone(); 9]).collect();
    for (chain, error) in [
        (&reversed, "CERT_INVALID_HOSTNAME"),
        (&long, "CERT_MAX_CHAIN_DEPTH_EXCEEDED"),
        (&vec![leaf.clone()], "CERT_UNTRUSTED"),
    ] {
        let origin = lab.rustls(chain, |_| ()).await;
        let refused = refused(Case::default().connect(&connector, &origin).await);
        assert!(refused.observation.failed_with(error), "{:?}", refused.observation.library_error);
        assert_eq!(refused.observation.served_chain.as_ref(), Some(chain));
    }
}
