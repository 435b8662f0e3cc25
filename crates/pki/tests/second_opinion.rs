//! The certificates in the eyes of rustls: OpenSSL must not be the only one that likes them.
#![allow(clippy::unwrap_used, reason = "helpers of tests; clippy exempts only the test functions")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use edge502_pki::{Identity, KeyKind, Lab};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, Error, RootCertStore};
use support::{NAME, NOW, lab, make};

fn verify(lab: &Lab, identity: &Identity, name: &str) -> Result<(), Error> {
    let mut roots = RootCertStore::empty();
    roots.add(lab.root_der()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW.unix_timestamp().unsigned_abs()));
    let (leaf, rest) = identity.served.split_first().unwrap();
    verifier.verify_server_cert(leaf, rest, &name, &[], now).map(|_| ())
}

#[test]
fn sound_certificates_of_modern_keys_are_taken() {
    let lab = lab();
    // RSA-1024 is not modern, and RSA-2056 is made by OpenSSL.
    let modern =
        |kind: &&KeyKind| **kind != KeyKind::Rsa1024 && (cfg!(feature = "legacy") || **kind != KeyKind::Rsa2056);
    for kind in KeyKind::ALL.iter().filter(modern) {
        let identity = make(&lab, &format!("certificate.key = '{kind}'\nchain.intermediates = 2"));
        verify(&lab, &identity, NAME).unwrap_or_else(|error| panic!("{kind}: {error}"));
        let key = aws_lc_rs::sign::any_supported_type(&identity.key).unwrap();
        CertifiedKey::new(identity.served, key).keys_match().unwrap_or_else(|error| panic!("{kind}: {error}"));
    }
}

#[test]
fn faults_have_the_same_meaning() {
    let lab = lab();
    let refusal = |tables: &str| match verify(&lab, &make(&lab, tables), NAME) {
        Err(Error::InvalidCertificate(error)) => error,
        other => panic!("{tables}: {other:?}"),
    };
    assert!(matches!(refusal("certificate.not_after = '-35d'"), CertificateError::ExpiredContext { .. }));
    assert!(matches!(refusal("certificate.not_before = '+2d'"), CertificateError::NotValidYetContext { .. }));
    assert!(matches!(refusal("certificate.names = ['b.test']"), CertificateError::NotValidForNameContext { .. }));
    assert_eq!(refusal("certificate.corrupt = 'signature'"), CertificateError::BadSignature);
    assert_eq!(refusal("certificate.corrupt = 'garbage'"), CertificateError::BadEncoding);
    // rustls has no case of its own for an extension it does not know.
    assert!(matches!(refusal("certificate.unknown_critical_extension = true"), CertificateError::Other(_)));
    for unknown in ["certificate.issuer = 'private-ca'", "chain.serve = ['leaf']"] {
        assert_eq!(refusal(unknown), CertificateError::UnknownIssuer);
    }
}
