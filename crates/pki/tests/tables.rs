//! The tables as TOML.
#![allow(clippy::unwrap_used, reason = "helpers of tests; clippy exempts only the test functions")]

mod support;

use edge502_pki::{
    Corruption, ExtendedKeyUsage, IntermediateSpec, Issuer, KeyKind, KeyUsage, NameConstraints, Signature, Token, When,
};
use support::Tables;

fn tables(text: &str) -> Tables {
    toml::from_str(text).unwrap()
}

fn refusal(text: &str) -> String {
    toml::from_str::<Tables>(text).unwrap_err().to_string()
}

#[test]
fn every_key_is_understood() {
    let t = tables(
        r#"
        [certificate]
        not_before = "-2h"
        not_after = "2027-01-31"
        names = ["origin.test", "10.1.2.3"]
        common_name = "origin.test"
        key = "rsa-1024"
        signature = "sha1"
        issuer = "self"
        extended_key_usage = ["serverAuth", "clientAuth", "any", "OCSPSigning"]
        key_usage = ["digitalSignature", "cRLSign"]
        ca = true
        unknown_critical_extension = true
        must_staple = true
        serial = "0a1b"
        key_mismatch = true
        corrupt = "trailing-bytes"

        [intermediate]
        position = 2
        not_before = "-10d"
        not_after = "-1d"
        path_length = 0
        ca = false
        key_usage = ["keyCertSign"]
        extended_key_usage = ["codeSigning"]
        name_constraints = { permitted = ["a.test"], excluded = ["b.test"] }
        key = "p384"
        signature = "sha384"
        common_name = "Some CA"

        [chain]
        intermediates = 2
        serve = ["leaf", "intermediate", "intermediate-2", "root", "cross-signed", "unrelated", "padding-8"]
        "#,
    );
    let c = t.certificate;
    assert_eq!(c.not_before, Some(When::Relative(time::Duration::hours(-2))));
    assert_eq!(c.names.unwrap().len(), 2);
    assert_eq!((c.key, c.signature, c.issuer), (KeyKind::Rsa1024, Signature::Sha1, Issuer::SelfSigned));
    assert_eq!(c.extended_key_usage.unwrap().last(), Some(&ExtendedKeyUsage::OcspSigning));
    assert_eq!(c.key_usage.unwrap(), [KeyUsage::DigitalSignature, KeyUsage::CrlSign]);
    assert!(c.ca && c.unknown_critical_extension && c.must_staple && c.key_mismatch);
    assert_eq!(c.corrupt, Some(Corruption::TrailingBytes));
    assert_eq!(c.serial.unwrap().as_bytes(), [0x0a, 0x1b]);
    let expected = IntermediateSpec {
        position: Some(2),
        not_before: Some(When::days(-10)),
        not_after: Some(When::days(-1)),
        path_length: Some(0),
        ca: false,
        key_usage: Some(vec![KeyUsage::KeyCertSign]),
        extended_key_usage: Some(vec![ExtendedKeyUsage::CodeSigning]),
        name_constraints: NameConstraints { permitted: vec!["a.test".into()], excluded: vec!["b.test".into()] },
        key: Some(KeyKind::P384),
        signature: Signature::Sha384,
        common_name: Some("Some CA".into()),
    };
    assert_eq!(t.intermediate, expected);
    assert_eq!(t.chain.intermediates, Some(2));
    assert_eq!(t.chain.serve.unwrap()[6], "padding-8".parse::<Token>().unwrap());
}

#[test]
fn nothing_stated_is_the_default() {
    let t = tables("");
    assert_eq!(t.certificate, edge502_pki::CertificateSpec::default());
    assert_eq!(t.intermediate, IntermediateSpec::default());
    assert!(t.intermediate.ca);
    let partly = tables("[intermediate]\npath_length = 1");
    assert!(partly.intermediate.ca, "an unstated `ca` keeps its default");
}

#[test]
fn unknown_keys_are_refused_by_name() {
    for (table, key) in [
        ("certificate", "not_afer"),
        ("intermediate", "pathlen"),
        ("intermediate.name_constraints", "forbidden"),
        ("chain", "order"),
    ] {
        let message = refusal(&format!("[{table}]\n{key} = 1"));
        assert!(message.contains(&format!("unknown field `{key}`")), "{message}");
        assert!(message.contains("expected"), "{message}");
    }
}

#[test]
fn wrong_values_are_refused_with_the_accepted_forms() {
    for (text, part) in [
        ("certificate.not_after = '60d'", "\"+60d\""),
        ("certificate.not_after = 60", "quoted moment"),
        ("certificate.not_after = 2026-01-31", "quoted moment"),
        ("certificate.key = 'rsa-512'", "`rsa-1024`"),
        ("certificate.issuer = 'acme'", "`private-ca`"),
        ("certificate.signature = 'SHA1'", "`sha1`"),
        ("certificate.names = ['bücher.test']", "punycode"),
        ("certificate.serial = 'xyz'", "0A:1B"),
        ("certificate.extended_key_usage = ['server']", "`serverAuth`"),
        ("chain.serve = ['leaves']", "\"leaf\""),
        ("chain.intermediates = -1", "u8"),
    ] {
        let message = refusal(text);
        assert!(message.contains(part), "{text}: {message}");
    }
}

#[test]
fn kinds_print_as_they_are_written() {
    for kind in KeyKind::ALL.iter().chain(KeyKind::LEAF_ONLY) {
        assert_eq!(tables(&format!("certificate.key = '{kind}'")).certificate.key, *kind);
    }
    for signature in [Signature::Sha256, Signature::Sha384, Signature::Sha1, Signature::Md5] {
        assert_eq!(tables(&format!("certificate.signature = '{signature}'")).certificate.signature, signature);
    }
}
