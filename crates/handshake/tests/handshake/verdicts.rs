//! Verdicts that were wrong once.

use std::sync::Arc;
use std::time::Duration;

use edge502_handshake::{Connector, End, Options, TrustStore};
use edge502_pki::{CertificateSpec, Corruption, IntermediateSpec, Issuer, KeyKind, NameConstraints, When};
use edge502_rules::clock::FixedClock;
use edge502_rules::{Cause, Grade};

use super::support::{Case, Lab, NOW, Origin, refused};

/// RFC 5280 section 4.2.1.10: a constraint limits names of its own type.
#[tokio::test]
async fn a_limit_on_dns_names_does_not_meet_addresses() {
    let names = ["origin.test", "ip:192.0.2.1"].map(|name| name.parse().unwrap()).to_vec();
    let certificate = CertificateSpec { names: Some(names), ..CertificateSpec::default() };
    let name_constraints = NameConstraints { permitted: vec!["origin.test".to_owned()], ..NameConstraints::default() };
    let intermediate = IntermediateSpec { name_constraints, ..IntermediateSpec::default() };
    let lab = Lab::issued_by("origin.test", &certificate, &intermediate);
    let origin = lab.openssl(|_| ()).await;
    let established = Case::default().connect(&lab.connector(), &origin).await.unwrap();
    assert_eq!(established.verdict.documented.findings, []);
}

#[tokio::test]
async fn an_expired_trusted_root_is_not_blamed_on_the_leaf() {
    let decades = Some(When::days(20 * 365));
    let certificate = CertificateSpec { not_after: decades, ..CertificateSpec::default() };
    let intermediate = IntermediateSpec { not_after: decades, ..IntermediateSpec::default() };
    let lab = Lab::issued_by("origin.test", &certificate, &intermediate);
    let origin = lab.openssl(|_| ()).await;
    let later = Arc::new(FixedClock(NOW + time::Duration::days(16 * 365)));
    let trust = TrustStore::from_der([&lab.root]).unwrap();
    let connector = Connector::new(trust, later, Options::default()).unwrap();
    let findings = refused(Case::default().connect(&connector, &origin).await).verdict.documented.findings;
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].cause, Cause::ChainIntermediateExpired);
    assert!(findings[0].detail.contains("Root X1: expired"), "{}", findings[0].detail);
}

/// Another authority under the name of a trusted one.
#[tokio::test]
async fn a_root_that_only_bears_a_trusted_name_is_untrusted() {
    let (lab, forger) = (Lab::new("origin.test"), Lab::new("origin.test"));
    let served = forger.openssl(|_| ()).await;
    let verdict = refused(Case::default().connect(&lab.connector(), &served).await).verdict;
    assert_eq!(verdict.cause(), Some(Cause::CertificateUntrustedCa));
}

#[tokio::test]
async fn an_answer_that_begins_and_stalls_is_told_from_silence() {
    let lab = Lab::new("origin.test");
    let case = Case { limit: Duration::from_millis(200), ..Case::default() };
    for (bytes, words) in [(&b"\x16\x03\x03\x00\x40\x02"[..], "began and was not completed"), (b"", "no answer")] {
        let origin = Origin::saying_and_waiting(bytes).await;
        let seen = refused(case.connect(&lab.connector(), &origin).await);
        assert_eq!((seen.observation.end, seen.verdict.cause()), (End::TimedOut, Some(Cause::HandshakeTimeout)));
        let detail = &seen.verdict.documented.findings[0].detail;
        assert!(detail.contains(words), "{detail}");
    }
}

/// The edge gives up on what makes no sense; the origin has not closed anything.
#[tokio::test]
async fn giving_up_is_not_called_closing() {
    let lab = Lab::new("origin.test");
    let origin = Origin::saying_and_waiting(b"\x16\x03\x03\x00\x04\x0e\x00\x00\x00").await;
    let seen = refused(Case::default().connect(&lab.connector(), &origin).await);
    assert_eq!(seen.observation.end, End::Aborted);
    let detail = &seen.verdict.documented.findings[0].detail;
    assert!(detail.starts_with("the edge ended the handshake"), "{detail}");
}

#[tokio::test]
async fn a_refusal_with_several_possible_causes_says_so() {
    let lab = Lab::with_key(KeyKind::P256);
    let origin = lab.openssl(|builder| builder.set_groups_list("P-521").unwrap()).await;
    let verdict = refused(Case::default().connect(&lab.connector(), &origin).await).verdict;
    assert!(verdict.ambiguous);
    let detail = &verdict.documented.findings[0].detail;
    assert!(detail.contains("one connection cannot tell"), "{detail}");
}

/// What both sides agree on under the default chain, for contrast.
#[tokio::test]
async fn a_sound_chain_has_no_findings_under_either_rulebook() {
    let lab = Lab::issued_by("origin.test", &CertificateSpec::default(), &IntermediateSpec::default());
    assert_eq!(lab.chain.len(), 2);
    let origin = lab.openssl(|_| ()).await;
    let verdict = Case::default().connect(&lab.connector(), &origin).await.unwrap().verdict;
    assert!(verdict.documented.findings.is_empty() && verdict.observed.findings.is_empty());
}

#[tokio::test]
async fn a_staple_is_not_demanded_and_its_lack_is_warned_of() {
    let lab = Lab::with("origin.test", &CertificateSpec { must_staple: true, ..CertificateSpec::default() });
    let origin = lab.openssl(|_| ()).await;
    let verdict = Case::default().connect(&lab.connector(), &origin).await.unwrap().verdict;
    assert!(verdict.documented.findings.is_empty() && verdict.observed.findings.is_empty());
    let warnings: Vec<&str> = verdict.warnings.iter().map(|warning| warning.kind.id()).collect();
    assert_eq!(warnings, ["must-staple"]);
}

#[tokio::test]
async fn a_changed_signature_is_told_from_an_unknown_authority() {
    let certificate = CertificateSpec { corrupt: Some(Corruption::Signature), ..CertificateSpec::default() };
    let lab = Lab::with("origin.test", &certificate);
    let origin = lab.rustls(&lab.chain, |_| ()).await;
    let verdict = refused(Case::default().connect(&lab.connector(), &origin).await).verdict;
    let findings = &verdict.documented.findings;
    assert_eq!(findings.iter().map(|f| f.cause).collect::<Vec<_>>(), [Cause::CertificateInvalid], "{findings:?}");
    assert!(findings[0].detail.contains("does not fit"), "{}", findings[0].detail);
}

#[tokio::test]
async fn well_known_authorities_that_nobody_trusts_are_recognised_by_name() {
    for (issuer, words) in [(Issuer::CloudflareOriginCa, "Cloudflare's own proxies"), (Issuer::StagingCa, "staging")] {
        let lab = Lab::with("origin.test", &CertificateSpec { issuer, ..CertificateSpec::default() });
        let origin = lab.rustls(&lab.chain[..1], |_| ()).await;
        let verdict = refused(Case::default().connect(&lab.connector(), &origin).await).verdict;
        let finding = &verdict.documented.findings[0];
        assert_eq!((finding.cause, finding.grade), (Cause::CertificateUntrustedCa, Grade::Observed), "{issuer:?}");
        assert!(finding.detail.contains(words), "{}", finding.detail);
    }
}
