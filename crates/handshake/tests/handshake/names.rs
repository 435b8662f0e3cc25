//! Which name a certificate has to present, under both rulebooks.

use edge502_pki::CertificateSpec;
use edge502_rules::{Cause, Rulebook};

use super::support::{Case, Lab};

/// Whether a certificate for `name` is accepted for this domain and host.
async fn accepted(name: &str, host: Option<&'static str>, rulebook: Rulebook) -> bool {
    let lab = Lab::new(name);
    let origin = lab.openssl(|_| ()).await;
    let case = Case { host, rulebook, ..Case::default() };
    match case.connect(&lab.connector(), &origin).await {
        Ok(_) => true,
        Err(refused) => {
            assert!(
                refused.observation.failed_with("CERT_INVALID_HOSTNAME"),
                "{:?}",
                refused.observation.library_error
            );
            let sni = refused.observation.client_hello.and_then(|hello| hello.server_name);
            assert_eq!(sni.as_deref(), host.or(Some("origin.test")));
            false
        }
    }
}

#[tokio::test]
async fn documented_takes_the_domain_or_the_forwarded_host() {
    let cases = [
        ("origin.test", None, true),
        ("other.test", None, false),
        ("origin.test", Some("www.viewer.test"), true),
        ("www.viewer.test", Some("www.viewer.test"), true),
        ("*.viewer.test", Some("www.viewer.test"), true),
        ("*.viewer.test", Some("a.www.viewer.test"), false),
        ("www.viewer.test", None, false),
    ];
    for (name, host, expected) in cases {
        assert_eq!(accepted(name, host, Rulebook::Documented).await, expected, "{name} for {host:?}");
    }
}

#[tokio::test]
async fn the_library_alone_takes_the_name_sent_as_sni() {
    let cases = [
        ("origin.test", None, true),
        ("origin.test", Some("www.viewer.test"), false),
        ("*.viewer.test", Some("www.viewer.test"), true),
    ];
    for (name, host, expected) in cases {
        assert_eq!(accepted(name, host, Rulebook::Observed).await, expected, "{name} for {host:?}");
    }
}

/// The documented reading gets past the name and fails at the key; the library alone would have stopped at the name.
#[tokio::test]
async fn a_name_that_only_the_library_refuses_comes_before_a_key_that_does_not_match() {
    let lab = Lab::with("origin.test", &CertificateSpec { key_mismatch: true, ..CertificateSpec::default() });
    let origin = lab.rustls(&lab.chain, |_| ()).await;
    let case = Case { host: Some("www.viewer.test"), rulebook: Rulebook::Documented, ..Case::default() };
    let verdict = case.connect(&lab.connector(), &origin).await.unwrap_err().verdict;
    assert_eq!(verdict.documented.cause(), Some(Cause::CertificateKeyMismatch));
    assert_eq!(verdict.observed.cause(), Some(Cause::CertificateNameMismatch));
}
