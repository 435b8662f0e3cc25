//! What CloudFront offers to origins, one by one: an origin that has one version, suite, curve or signature scheme and
//! nothing else, under both rulebooks.
//!
//! The lists are those of
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-ciphers-cloudfront-to-origin.html>,
//! and where the library differs, of s2n-tls's `CloudFront-Upstream` policies of 2025.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use edge502_pki::Lab as Pki;
use edge502_rules::clock::FixedClock;
use edge502_rules::{Cause, Rulebook};
use edge502_scenario::{Expect, Lab, LabOptions, State};
use time::macros::datetime;
use tokio::task::JoinSet;

/// An origin in the keys of a scenario file, and the cause under the documented and under the observed rulebook.
struct Row {
    state: String,
    causes: [Option<Cause>; 2],
}

impl Row {
    fn new(state: impl Into<String>, documented: Option<Cause>, observed: Option<Cause>) -> Self {
        Self { state: state.into(), causes: [documented, observed] }
    }

    /// Both rulebooks agree.
    fn alike(state: impl Into<String>, cause: Option<Cause>) -> Self {
        Self::new(state, cause, cause)
    }
}

/// Plays the rows on a few labs at a time and says where what is seen is not what is stated.
async fn all_as_stated(rows: Vec<Row>) {
    const LABS: usize = 4;
    let now = datetime!(2026-11-23 12:00 UTC);
    let options = LabOptions::new(Arc::new(Pki::new(now).unwrap()), Arc::new(FixedClock(now)));
    let count = rows.len();
    let mut shares: Vec<Vec<Row>> = std::iter::repeat_with(Vec::new).take(LABS).collect();
    for (index, row) in rows.into_iter().enumerate() {
        shares[index % LABS].push(row);
    }
    let labs: JoinSet<Vec<String>> = shares.into_iter().map(|share| Box::pin(played(share, options.clone()))).collect();
    let deviations: Vec<String> = labs.join_all().await.concat();
    assert!(deviations.is_empty(), "{} of {count}:\n{}", deviations.len(), deviations.join("\n"));
}

async fn played(rows: Vec<Row>, options: LabOptions) -> Vec<String> {
    let mut lab = Lab::start(&State::default(), options).await.unwrap();
    let mut deviations = Vec::new();
    for row in rows {
        let state: State = toml::from_str(&row.state).unwrap_or_else(|error| panic!("{}: {error}", row.state));
        lab.renew(&state).await.unwrap_or_else(|error| panic!("{}: {error}", row.state));
        for (rulebook, stated) in [Rulebook::Documented, Rulebook::Observed].into_iter().zip(row.causes) {
            lab.edge().set_rulebook(rulebook);
            let seen = lab.observe(&Expect::default()).await.unwrap();
            let status = if stated.is_some() { 502 } else { 200 };
            if (seen.cause, seen.status) != (stated, status) {
                let evidence = seen.evidence.unwrap_or_default();
                deviations.push(format!(
                    "{} ({rulebook:?}): stated {stated:?}, seen {:?} and {} ({evidence})",
                    row.state, seen.cause, seen.status
                ));
            }
        }
    }
    lab.shutdown().await;
    deviations
}

/// What one origin speaks: `certificate.key`, and keys of `[origin.tls]`.
fn speaking(key: &str, tls: &str) -> String {
    format!("origin = {{ name = 'origin.shop.test', certificate.key = '{key}', tls = {{ {tls} }} }}")
}

fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    format!("[{}]", quoted.join(", "))
}

/// `OriginSslProtocols` takes the first four; TLS 1.3 comes along with TLS 1.2.
const VERSIONS: [&str; 5] = ["SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

/// Every origin with one version against every list: AWS's text takes exactly what is listed, the library everything
/// from the lowest on.
#[tokio::test(flavor = "multi_thread")]
async fn every_version_meets_every_list_of_origin_ssl_protocols() {
    let mut rows = Vec::new();
    for chosen in 1..16_u8 {
        let is_listed = |index: usize| chosen >> index.min(3) & 1 == 1;
        let listed: Vec<&str> = (0..4).filter(|index| is_listed(*index)).map(|index| VERSIONS[index]).collect();
        let lowest = usize::try_from(chosen.trailing_zeros()).unwrap();
        for (index, version) in VERSIONS.into_iter().enumerate() {
            let origin = speaking("rsa-2048", &format!("protocols = ['{version}']"));
            let state = format!("distribution.OriginSslProtocols = {}\n{origin}", list(&listed));
            let refused = |accepted: bool| (!accepted).then_some(Cause::ProtocolMismatch);
            rows.push(Row::new(state, refused(is_listed(index)), refused(index >= lowest)));
        }
    }
    assert_eq!(rows.len(), 75);
    all_as_stated(rows).await;
}

/// AWS's page, in its order and spelling.
const LISTED_SUITES: [&str; 16] = [
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES256-SHA384",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES128-SHA256",
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-SHA384",
    "ECDHE-RSA-AES256-SHA",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-SHA256",
    "ECDHE-RSA-AES128-SHA",
    "AES256-SHA",
    "AES128-SHA",
    "DES-CBC3-SHA",
    "RC4-MD5",
];

/// Offered by the library, and not on AWS's page.
const LIBRARYS_SUITES: [&str; 3] = ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA256"];

/// Offered by nobody.
const OTHER_SUITES: [&str; 10] = [
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES128-CCM",
    "ECDHE-RSA-RC4-SHA",
    "DHE-RSA-AES128-GCM-SHA256",
    "DHE-RSA-AES256-SHA",
    "DHE-RSA-CHACHA20-POLY1305",
    "AES256-SHA256",
    "AES128-CCM",
    "RC4-SHA",
];

fn only(suite: &str) -> String {
    let key = if suite.contains("ECDSA") { "p256" } else { "rsa-2048" };
    speaking(key, &format!("protocols = ['TLSv1.2'], ciphers = '{suite}'"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_suite_up_to_tls12_is_on_a_list_or_refused() {
    let mismatch = Some(Cause::CipherMismatch);
    let listed = LISTED_SUITES.iter().map(|suite| Row::alike(only(suite), None));
    let librarys = LIBRARYS_SUITES.iter().map(|suite| Row::new(only(suite), mismatch, None));
    let others = OTHER_SUITES.iter().map(|suite| Row::alike(only(suite), mismatch));
    all_as_stated(listed.chain(librarys).chain(others).collect()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_suite_of_tls13_is_offered_but_those_with_ccm() {
    let only = |suite: &str| speaking("p256", &format!("protocols = ['TLSv1.3'], ciphersuites = '{suite}'"));
    let offered = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];
    let others = ["TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"];
    let connects = offered.iter().map(|suite| Row::alike(only(suite), None));
    let fails = others.iter().map(|suite| Row::alike(only(suite), Some(Cause::CipherMismatch)));
    all_as_stated(connects.chain(fails).collect()).await;
}

/// All but P-256 take a HelloRetryRequest in TLS 1.3.
#[tokio::test(flavor = "multi_thread")]
async fn three_curves_connect_in_both_versions_and_no_other_group_does() {
    const BOTH: &[&str] = &["TLSv1.2", "TLSv1.3"];
    let groups: [(&str, &[&str], bool); 12] = [
        ("P-256", BOTH, true),
        ("X25519", BOTH, true),
        ("P-384", BOTH, true),
        ("P-521", BOTH, false),
        ("X448", BOTH, false),
        ("P-224", &["TLSv1.2"], false),
        ("secp256k1", &["TLSv1.2"], false),
        ("brainpoolP256r1", &["TLSv1.2"], false),
        ("brainpoolP384r1", &["TLSv1.2"], false),
        ("ffdhe2048", &["TLSv1.3"], false),
        ("ffdhe4096", &["TLSv1.3"], false),
        ("X25519MLKEM768", &["TLSv1.3"], false),
    ];
    let mut rows = Vec::new();
    for (group, versions, offered) in groups {
        for version in versions {
            // Below TLS 1.3 suites with RSA key exchange would do without a curve.
            let tls =
                format!("protocols = ['{version}'], groups = ['{group}'], ciphers = 'ECDHE-RSA-AES128-GCM-SHA256'");
            rows.push(Row::alike(speaking("rsa-2048", &tls), (!offered).then_some(Cause::CurveMismatch)));
        }
    }
    all_as_stated(rows).await;
}

/// What the origin signs its handshake with. The library offers PSS beside AWS's list, without which TLS 1.3 has no RSA.
#[tokio::test(flavor = "multi_thread")]
async fn every_signature_scheme_of_the_policies_connects() {
    let schemes = [
        ("rsa-2048", "TLSv1.2", "rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512:rsa_pkcs1_sha224:rsa_pkcs1_sha1"),
        (
            "p256",
            "TLSv1.2",
            "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ecdsa_secp521r1_sha512:ecdsa_sha224:ecdsa_sha1",
        ),
        ("p384", "TLSv1.2", "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ecdsa_sha1"),
        ("rsa-2048", "TLSv1.2", "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512"),
        ("rsa-2048", "TLSv1.3", "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512"),
        ("p256", "TLSv1.3", "ecdsa_secp256r1_sha256"),
        ("p384", "TLSv1.3", "ecdsa_secp384r1_sha384"),
    ];
    let mut rows = Vec::new();
    for (key, version, names) in schemes {
        for name in names.split(':') {
            // With these suites the origin has to sign.
            let tls = format!(
                "protocols = ['{version}'], signature_schemes = '{name}', \
                 ciphers = 'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256'"
            );
            rows.push(Row::alike(speaking(key, &tls), None));
        }
    }
    assert_eq!(rows.len(), 21);
    all_as_stated(rows).await;
}
