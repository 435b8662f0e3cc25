//! A claim that is not true must be found out: each pair is what runs, and what is claimed about it.

use std::sync::Arc;

use edge502_handshake::wire::ClientHello;
use edge502_pki::Lab;
use edge502_rules::clock::{FixedClock, SharedClock};
use time::macros::datetime;
use tokio::task::JoinSet;

use super::{
    Subject,
    client::Offer,
    library::{self, hello},
    run,
};
use crate::{Origin, OriginError, plan::Plan};

const SITES: &str = "sni.sites = ['origin.test']\n";

/// The claim that is found not to be true; `None` if one of the two needs OpenSSL and there is none.
async fn found_out(actual: impl Into<String>, claimed: impl Into<String>) -> Option<String> {
    let (actual, claimed) = (actual.into(), claimed.into());
    let now = datetime!(2026-11-23 12:00 UTC);
    let (lab, clock): (_, SharedClock) = (Lab::new(now).unwrap(), Arc::new(FixedClock(now)));
    let started = Origin::start(&toml::from_str(&actual).unwrap(), &lab, Arc::clone(&clock)).await;
    let origin = served(started)?;
    let mut plan = served(Plan::new(&toml::from_str(&claimed).unwrap(), &lab, clock))?;
    if actual.contains("certificate.") == claimed.contains("certificate.") {
        // Every plan has fresh certificates; where they are not the point, the claim is about the real ones.
        plan.site.identity = origin.identity();
    }
    let history = origin.history();
    let subject = Subject {
        https: origin.addr(),
        http: origin.http_addr(),
        history: &history,
        lab: &lab,
        trusts_settings: false,
    };
    match run(&plan, &subject).await {
        Err(OriginError::SelfTest { claim, .. }) => Some(claim),
        other => panic!("`{actual}` passes for `{claimed}`: {other:?}"),
    }
}

fn served<T>(result: Result<T, OriginError>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) if error.needs_legacy() => None,
        Err(error) => panic!("{error}"),
    }
}

fn is(found: Option<String>, claim: &str) -> bool {
    found.map_or(cfg!(not(feature = "legacy")), |found| found == claim)
}

#[tokio::test]
async fn untrue_claims_about_ports_are_found_out() {
    let mut pairs = JoinSet::new();
    let at_port = |behavior: &str| format!("port.behavior = '{behavior}'");
    for behavior in ["refuse", "drop", "plain-http", "reset-on-accept", "close-on-accept", "silent"] {
        pairs.spawn(found_out(String::new(), at_port(behavior)));
        let other = if behavior == "silent" { "refuse" } else { "silent" };
        pairs.spawn(found_out(at_port(behavior), at_port(other)));
    }
    pairs.join_all().await;
}

#[tokio::test]
async fn untrue_claims_about_tls_are_found_out() {
    let rsa = "certificate.key = 'rsa-2048'\ntls.protocols = ['TLSv1.2']\n";
    let other_key = "certificate.key = 'p384'";
    for (actual, claimed, claim) in [
        ("", "tls.protocols = ['TLSv1.2']", "TLSv1.3 is not spoken"),
        ("", "tls.protocols = ['TLSv1', 'TLSv1.2', 'TLSv1.3']", "TLSv1 is spoken"),
        ("tls.protocols = ['TLSv1']", "tls.protocols = ['TLSv1.1']", "TLSv1 is not spoken"),
        ("", other_key, "the origin sends exactly the stated chain"),
        (rsa, &format!("{rsa}tls.ciphers = 'ECDHE-RSA-AES128-GCM-SHA256'"), "no other cipher suite is served"),
        (rsa, &format!("{rsa}tls.ciphers = 'ECDHE-ECDSA-AES128-SHA'"), "no suite fits the certificate's key"),
        ("", "tls.ciphersuites = 'TLS_AES_128_GCM_SHA256'", "no other TLS 1.3 suite is served"),
        ("", "tls.groups = ['P-256']", "no other group is served"),
        (rsa, &format!("{rsa}tls.signature_schemes = 'rsa_pss_rsae_sha256'"), "no other signature scheme is used"),
        ("", "tls.client_certificate = 'request'", "the origin asks for a client certificate"),
        ("tls.client_certificate = 'require'", "", "the handshake ends as stated"),
        (
            "tls.protocols = ['TLSv1.2']",
            "tls.protocols = ['TLSv1.2']\ntls.renegotiate = true",
            "the origin renegotiates",
        ),
        (
            "tls.client_certificate = 'request'",
            "tls.client_certificate = 'require'",
            "a client without a certificate is treated as stated",
        ),
    ] {
        assert!(is(found_out(actual, claimed).await, claim), "`{actual}` claimed to be `{claimed}`");
    }
}

#[tokio::test]
async fn untrue_claims_about_names_are_found_out() {
    let unknown = |what: &str| format!("{SITES}sni.unknown = '{what}'");
    for what in ["default-certificate", "alert-unrecognized-name", "alert-internal-error", "close"] {
        assert!(is(found_out("", unknown(what)).await, "a name that is no site is treated as stated"), "{what}");
    }
    found_out(unknown("alert-internal-error"), unknown("alert-unrecognized-name")).await;
    found_out(unknown("close"), unknown("alert-unrecognized-name")).await;
}

#[tokio::test]
async fn untrue_claims_about_faults_are_found_out() {
    let mut pairs = JoinSet::new();
    for (actual, claimed) in [
        ("", "handshake.alert = 40"),
        ("handshake.alert = 70", "handshake.alert = 40"),
        ("handshake.reset_after = 'client-hello'", "handshake.close_after = 'client-hello'"),
        ("handshake.close_after = 'client-hello'", "handshake.stall_after = 'client-hello'"),
        ("handshake.close_after = 'finished'", "handshake.close_after = 'server-hello'"),
        ("handshake.close_after = 'server-hello'", "handshake.close_after = 'finished'"),
        ("handshake.reset_after = 'finished'", "handshake.close_after = 'finished'"),
        ("handshake.close_after = 'half-flight'", "handshake.close_after = 'half-server-hello'"),
        ("handshake.close_after = 'half-server-hello'", "handshake.close_after = 'half-flight'"),
        ("handshake.close_after = 'half-server-hello'", "handshake.close_after = 'client-hello'"),
        ("", "handshake.longer_than = 1400\nhandshake.close_after = 'client-hello'"),
        (
            "handshake.close_after = 'client-hello'",
            "handshake.longer_than = 1400\nhandshake.close_after = 'client-hello'",
        ),
        ("", "handshake.warning = 112"),
        ("handshake.warning = 90", "handshake.warning = 112"),
        ("", "port.proxy_protocol = 'expected'"),
        ("port.behavior = 'close-on-accept'", "port.proxy_protocol = 'expected'"),
        ("", "port.proxy_protocol = 'unexpected'"),
        ("port.proxy_protocol = 'expected'", ""),
        ("port.proxy_protocol = 'unexpected'", ""),
        ("http_port.proxy_protocol = 'expected'", ""),
        ("handshake.close_after = 'server-hello'", ""),
        ("handshake.close_after = 'finished'", ""),
    ] {
        pairs.spawn(found_out(actual.to_owned(), claimed.to_owned()));
    }
    pairs.join_all().await;
}

#[tokio::test]
async fn untrue_claims_about_answers_are_found_out() {
    for claimed in [
        "http.status = 500",
        "http.behavior = 'silent'",
        "http.behavior = 'reset-without-answer'",
        "http.behavior = 'stalled-headers'",
        "http.interim = [103]",
        "http.drip_ms = 1000",
        "http.answer_at = 'connection'\nhttp.answers_per_connection = 0",
        "http.when = [{ host = 'other.test', answer.status = 404 }]",
    ] {
        assert!(is(found_out("", claimed).await, "the HTTP answer is as stated"), "{claimed}");
    }
}

/// OpenSSL's client refuses it below TLS 1.3, as it should; that is no fault of the origin.
#[tokio::test]
async fn a_certificate_that_may_not_sign_is_served_in_every_version() {
    let now = datetime!(2026-11-23 12:00 UTC);
    let lab = Lab::new(now).unwrap();
    for protocols in ["'TLSv1.2'", "'TLSv1.3'", "'TLSv1.2', 'TLSv1.3'"] {
        let spec = format!("certificate.key_usage = ['keyCertSign']\ntls.protocols = [{protocols}]");
        let started = Origin::start(&toml::from_str(&spec).unwrap(), &lab, Arc::new(FixedClock(now))).await;
        assert!(started.is_ok(), "{protocols}: {started:?}");
    }
}

#[test]
fn the_hello_asks_for_the_name_and_no_more_than_is_offered() {
    let wide = ClientHello::parse(&hello(&Offer::everything("a.test")).unwrap()).unwrap();
    assert_eq!(wide.server_name.as_deref(), Some("a.test"));
    let groups = library::COMMON_GROUPS[0].to_owned();
    let narrow = hello(&Offer { groups: Some(groups), ..Offer::everything("a.test") }).unwrap();
    let narrow = ClientHello::parse(&narrow).unwrap();
    assert!(narrow.groups.len() == 1 && wide.groups.len() > 1, "{:?} and {:?}", narrow.groups, wide.groups);
}
