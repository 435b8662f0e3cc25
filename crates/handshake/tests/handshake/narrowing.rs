//! One refusal, several possible causes: further connections tell which.

use edge502_handshake::ProtocolVersion;
use edge502_handshake::probe::{MAX_PROBES, Narrowed, Offer, narrow, probe};
use edge502_handshake::wire::{CipherSuite, NamedGroup};
use edge502_legacy_tls::openssl::dh::Dh;
use edge502_legacy_tls::openssl::ssl::{
    AlpnError, NameType, SniError, SslAlert, SslContextBuilder, SslVersion, select_next_proto,
};
use edge502_pki::KeyKind;
use edge502_rules::Cause;

use super::support::{Case, Lab, Origin, PATIENCE, refused};

async fn narrowed(key: KeyKind, adapt: impl FnOnce(&mut SslContextBuilder)) -> Narrowed {
    let lab = Lab::with_key(key);
    let origin = lab.openssl(adapt).await;
    narrowed_at(&lab, &origin).await
}

async fn narrowed_at(lab: &Lab, origin: &Origin) -> Narrowed {
    let seen = refused(Case::default().connect(&lab.connector(), origin).await).observation;
    assert!(seen.server_hello.is_none(), "{seen:?}");
    let narrowed = on_any_thread(narrow(&seen, &[], || origin.dial(), PATIENCE)).await;
    assert!(narrowed.trials.len() <= MAX_PROBES);
    narrowed
}

/// An edge on a runtime with several threads can await it.
fn on_any_thread<F: Future + Send>(future: F) -> F {
    future
}

#[tokio::test]
async fn a_suite_that_cloudfront_does_not_speak() {
    for suite in ["ECDHE-RSA-CHACHA20-POLY1305", "DHE-RSA-AES256-GCM-SHA384"] {
        let found = narrowed(KeyKind::Rsa2048, |builder| {
            builder.set_max_proto_version(Some(SslVersion::TLS1_2)).unwrap();
            builder.set_cipher_list(suite).unwrap();
            builder.set_tmp_dh(&Dh::get_2048_256().unwrap()).unwrap();
        })
        .await;
        assert_eq!(found.cause, Some(Cause::CipherMismatch), "{found:?}");
        let answer = &found.accepted().unwrap().answer;
        assert_eq!(answer.suite().and_then(CipherSuite::openssl_name), Some(suite));
        assert!(answer.flight.served_chain.as_ref().is_some_and(|chain| chain.len() == 2));
        assert!(found.finding().unwrap().detail.contains(suite));
    }
}

#[tokio::test]
async fn a_version_that_was_not_offered() {
    for (version, expected) in [
        (SslVersion::SSL3, ProtocolVersion::Ssl30),
        (SslVersion::TLS1, ProtocolVersion::Tls10),
        (SslVersion::TLS1_1, ProtocolVersion::Tls11),
    ] {
        let found = narrowed(KeyKind::Rsa2048, |builder| builder.set_max_proto_version(Some(version)).unwrap()).await;
        assert_eq!(found.cause, Some(Cause::ProtocolMismatch), "{found:?}");
        assert_eq!(found.accepted().unwrap().answer.version(), Some(expected));
    }
}

#[tokio::test]
async fn a_group_that_cloudfront_does_not_speak() {
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let found = narrowed(KeyKind::Rsa2048, |builder| {
            builder.set_min_proto_version(Some(version)).unwrap();
            builder.set_max_proto_version(Some(version)).unwrap();
            builder.set_cipher_list("ECDHE-RSA-AES128-GCM-SHA256").unwrap();
            builder.set_groups_list("P-521").unwrap();
        })
        .await;
        assert_eq!(found.cause, Some(Cause::CurveMismatch), "{found:?}");
        assert_eq!(found.accepted().unwrap().answer.group(), Some(NamedGroup(0x0019)));
    }
}

#[tokio::test]
async fn a_key_type_that_cloudfront_does_not_speak() {
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let found = narrowed(KeyKind::Ed25519, |builder| builder.set_max_proto_version(Some(version)).unwrap()).await;
        assert_eq!(found.cause, Some(Cause::CertificateUnsupportedKey), "{found:?}");
    }
    for key in [KeyKind::Ed448, KeyKind::Dsa] {
        let found = narrowed(key, |builder| {
            builder.set_max_proto_version(Some(SslVersion::TLS1_2)).unwrap();
            builder.set_tmp_dh(&Dh::get_2048_256().unwrap()).unwrap();
        })
        .await;
        assert_eq!(found.cause, Some(Cause::CertificateUnsupportedKey), "{key}: {found:?}");
    }
    let p521 = narrowed(KeyKind::P521, |b| b.set_max_proto_version(Some(SslVersion::TLS1_2)).unwrap()).await;
    assert_eq!(p521.cause, Some(Cause::CertificateUnsupportedKey), "{p521:?}");
}

#[tokio::test]
async fn a_name_that_the_origin_does_not_know() {
    let found = narrowed(KeyKind::P256, |builder| {
        builder.set_servername_callback(|ssl, _| match ssl.servername(NameType::HOST_NAME) {
            Some(_) => Err(SniError::ALERT_FATAL),
            None => Ok(()),
        });
    })
    .await;
    assert_eq!(found.cause, Some(Cause::SniRefused), "{found:?}");
    assert_eq!(found.trials.len(), 2);
}

#[tokio::test]
async fn an_origin_that_refuses_everyone_stays_unexplained() {
    let lab = Lab::new("origin.test");
    let closes = Origin::saying(b"").await;
    let found = narrowed_at(&lab, &closes).await;
    assert_eq!((found.cause, found.trials.len()), (None, 2));
    assert!(found.finding().is_none());
}

#[tokio::test]
async fn a_refusal_that_does_not_repeat_stays_unexplained() {
    let lab = Lab::new("origin.test");
    let refuses = Origin::saying(b"\x15\x03\x03\x00\x02\x02\x28").await;
    let seen = refused(Case::default().connect(&lab.connector(), &refuses).await).observation;
    let healthy = lab.openssl(|_| ()).await;
    let found = narrow(&seen, &[], || healthy.dial(), PATIENCE).await;
    assert_eq!((found.cause, found.trials.len()), (None, 2), "{found:?}");
}

/// A strict server answers no name and every unknown name with the same alert.
#[tokio::test]
async fn a_name_among_several_that_the_origin_knows() {
    let lab = Lab::new("origin.test");
    let origin = lab
        .openssl(|builder| {
            builder.set_servername_callback(|ssl, alert| {
                if ssl.servername(NameType::HOST_NAME) == Some("known.test") {
                    return Ok(());
                }
                *alert = SslAlert::INTERNAL_ERROR;
                Err(SniError::ALERT_FATAL)
            });
        })
        .await;
    let refused = refused(Case::default().connect(&lab.connector(), &origin).await);
    assert_eq!(refused.verdict.acceptable_names, ["origin.test"]);
    let strangers = ["origin.test", "one.test"];
    let unknown = narrow(&refused.observation, &strangers, || origin.dial(), PATIENCE).await;
    assert_eq!((unknown.cause, unknown.trials.len()), (None, 3), "{unknown:?}");
    let known =
        narrow(&refused.observation, &["origin.test", "one.test", "known.test"], || origin.dial(), PATIENCE).await;
    assert_eq!((known.cause, known.trials.len()), (Some(Cause::SniRefused), 4), "{known:?}");
}

/// rustls chooses version, suite and group first and misses a signature scheme only then: in TLS 1.3 behind encryption.
#[tokio::test]
async fn a_key_type_that_shows_after_the_server_hello() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let lab = Lab::with_key(KeyKind::Ed25519);
        let origin = lab.rustls_speaking(version).await;
        let seen = refused(Case::default().connect(&lab.connector(), &origin).await);
        assert!(seen.verdict.ambiguous, "{seen:?}");
        let found = narrow(&seen.observation, &[], || origin.dial(), PATIENCE).await;
        assert_eq!(found.cause, Some(Cause::CertificateUnsupportedKey), "{found:?}");
        assert_eq!(found.accepted().unwrap().answer.flight.served_chain.as_ref(), Some(&lab.chain));
        assert!(found.finding().unwrap().detail.to_lowercase().contains("ed25519"), "{:?}", found.finding());
    }
}

/// The probe opens what a TLS 1.3 server sends, whichever of the usual groups and suites it chooses.
#[tokio::test]
async fn certificates_of_tls13_are_read_by_probes() {
    let lab = Lab::new("origin.test");
    let healthy = lab.openssl(|_| ()).await;
    let hello = Case::default().connect(&lab.connector(), &healthy).await.unwrap().observation.client_hello.unwrap();
    for group in ["P-256", "P-384", "P-521", "X25519"] {
        for suite in ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"] {
            let origin = lab
                .openssl(|builder| {
                    builder.set_groups_list(group).unwrap();
                    builder.set_ciphersuites(suite).unwrap();
                })
                .await;
            let answer = probe(origin.dial().await.unwrap(), &Offer::like(&hello).with_everything(), PATIENCE).await;
            assert_eq!(answer.flight.served_chain.as_ref(), Some(&lab.chain), "{group} {suite}");
            assert!(answer.accepted() && answer.flight.hello_done);
        }
    }
}

/// The protocol chosen stands in the ServerHello up to TLS 1.2 and behind encryption in TLS 1.3.
#[tokio::test]
async fn a_protocol_chosen_by_alpn_is_read_in_both_versions() {
    let lab = Lab::new("origin.test");
    let healthy = lab.openssl(|_| ()).await;
    let hello = Case::default().connect(&lab.connector(), &healthy).await.unwrap().observation.client_hello.unwrap();
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let origin = lab
            .openssl(|builder| {
                builder.set_max_proto_version(Some(version)).unwrap();
                builder.set_alpn_select_callback(|_, offered| {
                    select_next_proto(b"\x02h2", offered).ok_or(AlpnError::ALERT_FATAL)
                });
            })
            .await;
        let chosen = async |offer: &Offer| probe(origin.dial().await.unwrap(), offer, PATIENCE).await;
        let like = Offer::like(&hello);
        assert_eq!(chosen(&like.clone().with_protocol("h2")).await.flight.alpn.as_deref(), Some(&b"h2"[..]));
        assert_eq!(chosen(&like).await.flight.alpn, None, "nothing is chosen where nothing is offered");
        let refused = chosen(&like.with_protocol("http/1.1")).await;
        assert_eq!(refused.flight.alert.map(|alert| alert.description.0), Some(120), "{refused:?}");
    }
}
