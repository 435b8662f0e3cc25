//! Origins that ask for a client certificate.

use edge502_handshake::wire::AlertDescription;
use edge502_handshake::{ClientCertificate, End};
use edge502_legacy_tls::openssl::ssl::{SslContextBuilder, SslVerifyMode, SslVersion};
use edge502_legacy_tls::openssl::x509::X509;
use edge502_pki::CertificateSpec;
use edge502_rules::{Cause, Rulebook};

use super::support::{Case, Lab, Origin, refused, round_trip};

async fn demanding(lab: &Lab, version: SslVersion) -> Origin {
    let root = X509::from_pem(lab.pki.client_authority_pem().unwrap().as_bytes()).unwrap();
    lab.openssl(|builder: &mut SslContextBuilder| {
        builder.set_max_proto_version(Some(version)).unwrap();
        builder.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
        builder.add_client_ca(&root).unwrap();
        builder.cert_store_mut().add_cert(root).unwrap();
        // OpenSSL judges by the real clock, these certificates live by the clock of the test.
        builder.verify_param_mut().set_time(super::support::NOW.unix_timestamp());
    })
    .await
}

fn certificate(lab: &Lab) -> ClientCertificate {
    let identity = lab.pki.client_identity(&CertificateSpec::default(), "edge.test").unwrap();
    ClientCertificate::from_pem(identity.served_pem(), identity.key_pem)
}

#[tokio::test]
async fn without_one_tls12_fails_in_the_handshake() {
    let lab = Lab::new("origin.test");
    let origin = demanding(&lab, SslVersion::TLS1_2).await;
    let seen = refused(Case::default().connect(&lab.connector(), &origin).await).observation;
    assert!(seen.certificate_request);
    assert_eq!(seen.client_certificate_authorities.len(), 1);
    assert_eq!(seen.alert.map(|alert| alert.description), Some(AlertDescription::HANDSHAKE_FAILURE));
}

#[tokio::test]
async fn without_one_tls13_fails_at_the_first_read() {
    let lab = Lab::new("origin.test");
    let connector = lab.connector();
    let origin = demanding(&lab, SslVersion::TLS1_3).await;
    let case = Case::default();
    let mut established = case.connect(&connector, &origin).await.unwrap();
    assert!(established.observation.certificate_request);
    let handle = established.stream.late_alert();
    assert!(handle.get().is_none());
    assert!(round_trip(&mut established.stream).await.is_err());
    let alert = handle.get().expect("the read failed because of an alert");
    assert_eq!(alert.description, AlertDescription::CERTIFICATE_REQUIRED);
    let refused = case
        .with_expectation(async |expectation| connector.refused_late(established.observation, alert, &expectation))
        .await;
    assert_eq!(refused.observation.end, End::Alert);
    assert_eq!(refused.verdict.cause(), Some(Cause::ClientCertificateRequired));
}

#[tokio::test]
async fn with_one_every_version_works() {
    let lab = Lab::new("origin.test");
    let connector = lab.connector();
    let case = Case { client_certificate: Some(certificate(&lab)), ..Case::default() };
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let origin = demanding(&lab, version).await;
        let mut established = case.connect(&connector, &origin).await.unwrap();
        round_trip(&mut established.stream).await.unwrap();
        assert!(established.observation.certificate_request);
    }
}

#[tokio::test]
async fn a_key_of_another_certificate_is_a_library_error() {
    let lab = Lab::new("origin.test");
    let origin = lab.openssl(|_| ()).await;
    let client = || lab.pki.client_identity(&CertificateSpec::default(), "edge.test").unwrap();
    let mixed = ClientCertificate::from_pem(client().served_pem(), client().key_pem);
    assert!(!format!("{mixed:?}").contains("PRIVATE"));
    let case = Case { client_certificate: Some(mixed), ..Case::default() };
    let seen = refused(case.connect(&lab.connector(), &origin).await).observation;
    assert!(seen.library_error.is_some() && seen.client_hello.is_none());
    assert_eq!(seen.end, End::Aborted);
}

#[tokio::test]
async fn a_mere_request_counts_under_the_documented_rulebook_only() {
    let lab = Lab::new("origin.test");
    let connector = lab.connector();
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let origin = lab
            .openssl(|builder| {
                builder.set_max_proto_version(Some(version)).unwrap();
                builder.set_verify_callback(SslVerifyMode::PEER, |_, _| true);
            })
            .await;
        assert!(Case::default().connect(&connector, &origin).await.is_ok());
        let documented = Case { rulebook: Rulebook::Documented, ..Case::default() };
        let refused = refused(documented.connect(&connector, &origin).await);
        assert_eq!(refused.verdict.cause(), Some(Cause::ClientCertificateRequired));
        assert_eq!(refused.observation.end, End::Completed);
        assert!(refused.observation.library_error.is_none());
    }
}
