//! Every defect a table can ask for is in the certificate, as OpenSSL reads it.
#![allow(clippy::unwrap_used, reason = "helpers of tests; clippy exempts only the test functions")]

mod support;

use edge502_legacy_tls::openssl::nid::Nid;
use edge502_legacy_tls::openssl::pkey::{Id, PKey};
use edge502_legacy_tls::openssl::x509::{X509, X509PurposeId};
use edge502_pki::{CertificateSpec, Identity, Issuer, KeyKind, PkiError};
use support::{NAME, lab, leaf, make, name, parse, served, subjects, text, try_make, verdict};

fn server_verdict(tables: &str) -> i32 {
    let lab = lab();
    verdict(&lab.root_pem(), &make(&lab, tables), X509PurposeId::SSL_SERVER)
}

#[test]
fn healthy_certificate_is_trusted_and_looks_public() {
    assert_eq!(server_verdict(""), 0);
    let identity = make(&lab(), "");
    assert_eq!(subjects(&identity), [NAME, "edge502 DV CA E1"]);
    let (leaf, issuer) = (parse(&identity.served[0]), parse(&identity.served[1]));
    assert_eq!(leaf.authority_key_id().unwrap().as_slice(), issuer.subject_key_id().unwrap().as_slice());
    assert_ne!(leaf.subject_key_id().unwrap().as_slice(), issuer.subject_key_id().unwrap().as_slice());
    let text = text(&leaf);
    for part in [
        "Version: 3",
        "O=TEST ONLY edge502, CN=origin.test",
        "Not Before: Oct 24 12:00:00 2026 GMT",
        "Not After : Jan 22 12:00:00 2027 GMT",
        "X509v3 Basic Constraints: critical\n                CA:FALSE",
        "X509v3 Key Usage: critical\n                Digital Signature\n",
        "TLS Web Server Authentication, TLS Web Client Authentication",
        "DNS:origin.test",
        "Policy: 2.23.140.1.2.1",
        "CA Issuers - URI:http://aia.lab.test/issuer.cer",
    ] {
        assert!(text.contains(part), "{part:?} is missing in\n{text}");
    }
}

/// Tables and the number with which OpenSSL 3.6 refuses the result (`X509_V_ERR_…`), 0 if it does not.
const VERDICTS: &[(&str, i32)] = &[
    ("certificate.not_after = '-35d'", 10),
    ("certificate.not_before = '+2d'", 9),
    ("certificate.issuer = 'self'", 18),
    ("certificate.issuer = 'kubernetes-ingress-fake'", 18),
    ("certificate.issuer = 'private-ca'", 20),
    ("certificate.issuer = 'private-ca'\nchain.serve = ['leaf', 'intermediate', 'root']", 19),
    ("certificate.issuer = 'staging-ca'", 20),
    ("certificate.issuer = 'cloudflare-origin-ca'", 20),
    ("certificate.extended_key_usage = ['clientAuth']", 26),
    ("certificate.extended_key_usage = ['any']", 26),
    ("certificate.extended_key_usage = []", 0),
    ("certificate.key_usage = ['keyCertSign']", 26),
    ("certificate.key_usage = []", 0),
    ("certificate.ca = true", 0),
    ("certificate.unknown_critical_extension = true", 34),
    ("certificate.corrupt = 'signature'", 7),
    ("certificate.signature = 'sha1'", 0),
    ("certificate.signature = 'md5'", 0),
    ("intermediate.not_after = '-5d'", 10),
    ("intermediate.not_before = '+5d'", 9),
    ("intermediate.ca = false", 79),
    ("intermediate.key_usage = ['digitalSignature']", 79),
    ("intermediate.extended_key_usage = ['clientAuth']", 26),
    ("intermediate.path_length = 0\nchain.intermediates = 2", 25),
    ("chain.intermediates = 3", 0),
    ("intermediate.name_constraints.permitted = ['other.test']", 47),
    ("intermediate.name_constraints.permitted = ['test']", 0),
    ("intermediate.name_constraints.excluded = ['origin.test']", 48),
    ("chain.serve = ['leaf']", 20),
    ("chain.intermediates = 2\nchain.serve = ['leaf', 'intermediate-1']", 20),
    ("chain.intermediates = 2\nchain.serve = ['leaf', 'intermediate-2', 'intermediate-1']", 0),
    ("chain.serve = ['leaf', 'root', 'intermediate', 'unrelated', 'leaf']", 0),
    ("chain.serve = ['leaf', 'intermediate', 'cross-signed']", 0),
    ("chain.intermediates = 0", 0),
];

#[test]
fn openssl_sees_each_fault() {
    for (tables, expected) in VERDICTS {
        assert_eq!(server_verdict(tables), *expected, "{tables}");
    }
}

#[test]
fn every_key_kind_works_at_every_place() {
    let lab = lab();
    for kind in KeyKind::ALL {
        let tables = format!("certificate.key = '{kind}'\nintermediate.key = '{kind}'");
        let identity = make(&lab, &tables);
        assert_eq!(verdict(&lab.root_pem(), &identity, X509PurposeId::SSL_SERVER), 0, "{kind}");
        let keys: Vec<_> = identity.served.iter().map(|der| parse(der).public_key().unwrap()).collect();
        for key in &keys {
            assert_eq!((key.id(), key.bits()), expected_key(*kind), "{kind}");
        }
        assert!(!keys[0].public_eq(&keys[1]), "{kind}: leaf and issuer share a key");
        assert!(key_fits(&identity), "{kind}");
    }
}

#[test]
fn a_leaf_can_have_a_key_that_no_authority_has() {
    let lab = lab();
    for kind in KeyKind::LEAF_ONLY {
        let identity = make(&lab, &format!("certificate.key = '{kind}'"));
        assert_eq!(verdict(&lab.root_pem(), &identity, X509PurposeId::SSL_SERVER), 0, "{kind}");
        let key = parse(&identity.leaf).public_key().unwrap();
        assert_eq!((key.id(), key.bits()), expected_key(*kind), "{kind}");
        assert!(key_fits(&identity), "{kind}");
        let error = try_make(&lab, &format!("intermediate.key = '{kind}'")).unwrap_err().to_string();
        assert!(error.contains("for leaves only"), "{error}");
    }
}

fn expected_key(kind: KeyKind) -> (Id, u32) {
    match kind {
        KeyKind::P256 => (Id::EC, 256),
        KeyKind::P384 => (Id::EC, 384),
        KeyKind::P521 => (Id::EC, 521),
        KeyKind::Ed25519 => (Id::ED25519, 256),
        KeyKind::Rsa1024 => (Id::RSA, 1024),
        KeyKind::Rsa2048 => (Id::RSA, 2048),
        KeyKind::Rsa2056 => (Id::RSA, 2056),
        KeyKind::Rsa3072 => (Id::RSA, 3072),
        KeyKind::Rsa4096 => (Id::RSA, 4096),
        KeyKind::RsaPss => (Id::RSA_PSS, 2048),
        KeyKind::Ed448 => (Id::ED448, 456),
        KeyKind::Dsa => (Id::DSA, 1024),
    }
}

/// Whether both forms of the private key belong to the leaf.
fn key_fits(identity: &Identity) -> bool {
    let public = parse(&identity.leaf).public_key().unwrap();
    let pem = PKey::private_key_from_pem(identity.key_pem.as_bytes()).unwrap();
    let der = PKey::private_key_from_pkcs8(identity.key.secret_der()).unwrap();
    assert!(pem.public_eq(&der));
    pem.public_eq(&public)
}

#[test]
fn mismatched_key_is_of_the_same_kind_but_anothers() {
    for kind in ["p256", "rsa-2048"] {
        let identity = make(&lab(), &format!("certificate.key = '{kind}'\ncertificate.key_mismatch = true"));
        assert!(!key_fits(&identity), "{kind}");
        let key = PKey::private_key_from_pem(identity.key_pem.as_bytes()).unwrap();
        assert_eq!(key.id(), parse(&identity.leaf).public_key().unwrap().id());
    }
}

#[test]
fn signature_algorithms() {
    let algorithm = |certificate: &X509| certificate.signature_algorithm().object().nid().long_name().unwrap();
    let of_leaf = |tables: &str| algorithm(&leaf(tables));
    assert_eq!(of_leaf(""), "ecdsa-with-SHA256");
    assert_eq!(of_leaf("certificate.signature = 'sha384'"), "ecdsa-with-SHA384");
    assert_eq!(of_leaf("certificate.signature = 'sha1'"), "ecdsa-with-SHA1");
    assert_eq!(of_leaf("certificate.signature = 'sha1'\nintermediate.key = 'rsa-2048'"), "sha1WithRSAEncryption");
    assert_eq!(of_leaf("certificate.signature = 'md5'"), "md5WithRSAEncryption");
    assert_eq!(of_leaf("intermediate.key = 'rsa-1024'"), "sha256WithRSAEncryption");
    assert_eq!(of_leaf("intermediate.key = 'p384'"), "ecdsa-with-SHA256");
    assert_eq!(of_leaf("intermediate.key = 'p384'\ncertificate.signature = 'sha384'"), "ecdsa-with-SHA384");
    assert_eq!(of_leaf("intermediate.key = 'p521'"), "ecdsa-with-SHA256");
    assert_eq!(of_leaf("intermediate.key = 'ed25519'"), "ED25519");
    assert_eq!(algorithm(&served("intermediate.signature = 'sha1'", 1)), "ecdsa-with-SHA1");
    let error = try_make(&lab(), "intermediate.signature = 'md5'").unwrap_err().to_string();
    assert!(error.contains("p256") && error.contains("md5") && error.contains("rsa-2048"), "{error}");
}

#[test]
fn every_possible_signature_is_valid() {
    let lab = lab();
    for kind in KeyKind::ALL {
        for signature in ["sha256", "sha384", "sha1", "md5"] {
            let tables = format!("intermediate.key = '{kind}'\ncertificate.signature = '{signature}'");
            match try_make(&lab, &tables) {
                Ok(identity) => {
                    assert_eq!(verdict(&lab.root_pem(), &identity, X509PurposeId::SSL_SERVER), 0, "{tables}");
                }
                Err(PkiError::Unsignable { .. }) => assert!(!kind.is_rsa() && signature != "sha256", "{tables}"),
                Err(error) => panic!("{tables}: {error}"),
            }
        }
    }
}

#[test]
fn old_self_signed_certificate_is_its_own_authority() {
    let certificate = leaf("certificate.issuer = 'self'\ncertificate.key = 'rsa-1024'\ncertificate.signature = 'sha1'");
    assert!(certificate.verify(&certificate.public_key().unwrap()).unwrap());
    let id = certificate.subject_key_id().unwrap().as_slice();
    assert_eq!(certificate.authority_key_id().unwrap().as_slice(), id);
}

#[test]
fn what_certificates_cannot_say_is_an_error() {
    let long = format!("certificate.common_name = '{}'", "a".repeat(65));
    for (tables, expected) in [
        (long.as_str(), "1 to 64 characters"),
        ("intermediate.common_name = ''", "1 to 64 characters"),
        ("certificate.not_after = '0000-01-01'", "years 0 to 9999"),
        ("intermediate.name_constraints.permitted = ['bücher.test']", "punycode"),
    ] {
        let error = try_make(&lab(), tables).unwrap_err().to_string();
        assert!(error.contains(expected), "{tables}: {error}");
    }
}

#[test]
fn names_of_every_kind() {
    let text =
        text(&leaf("certificate.names = ['*.origin.test', '10.1.2.3', '::1', 'dns:10.1.2.3', 'email:a@b.test']"));
    let names = "DNS:*.origin.test, IP Address:10.1.2.3, IP Address:0:0:0:0:0:0:0:1, DNS:10.1.2.3, email:a@b.test";
    assert!(text.contains(names), "{text}");
    assert!(text.contains("CN=*.origin.test"), "{text}");
}

#[test]
fn common_name_with_and_without_alternative_names() {
    let cn_only = leaf("certificate.names = []\ncertificate.common_name = 'origin.test'");
    assert_eq!(name(cn_only.subject_name()), "origin.test");
    assert!(cn_only.subject_alt_names().is_none());

    let no_cn = leaf("certificate.common_name = ''");
    assert_eq!(no_cn.subject_name().entries_by_nid(Nid::COMMONNAME).count(), 0);
    assert_eq!(no_cn.subject_alt_names().unwrap().len(), 1);

    let long = format!("certificate.names = ['{}.test']", "a".repeat(63));
    assert_eq!(leaf(&long).subject_name().entries_by_nid(Nid::COMMONNAME).count(), 0);
}

#[test]
fn untrusted_families_do_not_look_public() {
    for issuer in ["self", "private-ca", "staging-ca", "cloudflare-origin-ca", "kubernetes-ingress-fake"] {
        let certificate = leaf(&format!("certificate.issuer = '{issuer}'"));
        let text = text(&certificate);
        assert!(!text.contains("2.23.140.1.2.1") && !text.contains("CA Issuers"), "{issuer}: {text}");
        assert!(text.contains("Issuer: O=TEST ONLY"), "{issuer}: {text}");
        assert!(certificate.subject_key_id().is_some() && certificate.authority_key_id().is_some());
    }
}

#[test]
fn ingress_stopgap_is_for_nobodys_name() {
    let fake = leaf("certificate.issuer = 'kubernetes-ingress-fake'");
    assert_eq!(name(fake.subject_name()), "Kubernetes Ingress Controller Fake Certificate");
    assert!(text(&fake).contains("DNS:ingress.local"));
}

#[test]
fn chain_is_served_as_listed() {
    let tables = "chain.intermediates = 2\n\
                  chain.serve = ['root', 'intermediate-2', 'leaf', 'intermediate', 'leaf', 'unrelated', 'cross-signed']";
    let identity = make(&lab(), tables);
    let one = "edge502 DV CA E1 1";
    let two = "edge502 DV CA E1 2";
    assert_eq!(subjects(&identity), ["edge502 Root X1", two, NAME, one, NAME, "Unrelated CA 5", "edge502 Root X1"]);
    let cross_signed = parse(&identity.served[6]);
    assert_eq!(name(cross_signed.issuer_name()), "edge502 Elder Root");
    assert!(cross_signed.public_key().unwrap().public_eq(&parse(&identity.served[0]).public_key().unwrap()));
    assert_eq!(identity.authorities.len(), 3);
}

#[test]
fn other_generations_share_name_or_key() {
    let tables = "chain.serve = ['intermediate', 'expired-intermediate-1', 'rekeyed-intermediate-1', 'root', \
                  'expired-root', 'expired-cross-signed']";
    let identity = make(&lab(), tables);
    let served: Vec<_> = identity.served.iter().map(|der| parse(der)).collect();
    let key = |index: usize| served[index].public_key().unwrap();
    let (one, root) = ("edge502 DV CA E1", "edge502 Root X1");
    assert_eq!(subjects(&identity), [one, one, one, root, root, root]);
    assert!(key(0).public_eq(&key(1)) && !key(0).public_eq(&key(2)));
    assert!(key(3).public_eq(&key(4)) && key(3).public_eq(&key(5)));
    assert_eq!(name(served[4].issuer_name()), root);
    assert_eq!(name(served[5].issuer_name()), "edge502 Elder Root");
    let ended = |index: usize| served[index].not_after() < served[0].not_after();
    assert_eq!([1, 2, 3, 4, 5].map(ended), [true, false, false, true, true]);
}

#[test]
fn padding_exceeds_any_limit() {
    let identity = make(&lab(), "chain.serve = ['leaf', 'intermediate', 'padding-20']");
    assert_eq!(identity.served.len(), 22);
}

#[test]
fn one_intermediate_can_be_meant() {
    let tables = "chain.intermediates = 2\nintermediate.position = 2\nintermediate.not_after = '-5d'\n\
                  intermediate.common_name = 'Old CA'\nintermediate.key = 'p384'";
    let identity = make(&lab(), tables);
    assert_eq!(subjects(&identity), [NAME, "edge502 DV CA E1 1", "Old CA 2"]);
    let bits: Vec<_> = identity.served.iter().map(|der| parse(der).public_key().unwrap().bits()).collect();
    assert_eq!(bits, [256, 256, 384]);
    assert_eq!(server_verdict(tables), 10);
}

#[test]
fn path_lengths_fit_the_chain() {
    let identity = make(&lab(), "chain.intermediates = 3");
    let lengths: Vec<_> = identity.served.iter().map(|der| parse(der).pathlen()).collect();
    assert_eq!(lengths, [None, Some(0), Some(1), Some(2)]);
    assert_eq!(served("intermediate.path_length = 7", 1).pathlen(), Some(7));
}

#[test]
fn key_usage_and_serial_are_as_stated() {
    let certificate = leaf("certificate.key_usage = ['keyAgreement', 'cRLSign']\ncertificate.serial = '0A:1B'");
    let text = text(&certificate);
    assert!(text.contains("X509v3 Key Usage: critical\n                Key Agreement, CRL Sign\n"), "{text}");
    assert_eq!(certificate.serial_number().to_bn().unwrap().to_vec(), [0x0a, 0x1b]);
    let rsa = leaf("certificate.key = 'rsa-2048'");
    assert!(support::text(&rsa).contains("Digital Signature, Key Encipherment"));
}

#[test]
fn damaged_encodings() {
    let lab = lab();
    let damaged = |how: &str| make(&lab, &format!("certificate.corrupt = '{how}'"));
    assert!(X509::from_der(&damaged("truncated").leaf).is_err());
    assert!(X509::from_der(&damaged("garbage").leaf).is_err());
    let trailing = damaged("trailing-bytes");
    let sound = parse(&trailing.leaf).to_der().unwrap();
    assert_eq!(trailing.leaf.strip_prefix(sound.as_slice()), Some(b"extra".as_slice()));
    assert_eq!(trailing.served[0], trailing.leaf);
}

#[test]
fn missing_certificates_are_named() {
    for (tables, expected) in [
        ("chain.serve = ['intermediate-2']", "`intermediate-2`; it has leaf, intermediate-1, root"),
        ("chain.serve = ['rekeyed-intermediate-2']", "`rekeyed-intermediate-2`; it has leaf, intermediate-1, root"),
        ("certificate.issuer = 'self'\nchain.serve = ['expired-root']", "`expired-root`; it has leaf, unrelated"),
        ("certificate.issuer = 'self'\nchain.serve = ['root']", "`root`; it has leaf, unrelated"),
        ("certificate.issuer = 'self'\nchain.serve = ['cross-signed']", "`cross-signed`; it has leaf, unrelated"),
    ] {
        let error = try_make(&lab(), tables).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn clients_have_their_own_authority_and_purpose() {
    let lab = lab();
    let client = lab.client_identity(&CertificateSpec::default(), "cloudfront-client.test").unwrap();
    let root = lab.client_authority_pem().unwrap();
    assert_eq!(verdict(&root, &client, X509PurposeId::SSL_CLIENT), 0);
    assert_eq!(verdict(&root, &client, X509PurposeId::SSL_SERVER), 26);
    assert_eq!(verdict(&lab.root_pem(), &client, X509PurposeId::SSL_CLIENT), 20);
    let strange = CertificateSpec { issuer: Issuer::PrivateCa, ..CertificateSpec::default() };
    let strange = lab.client_identity(&strange, "cloudfront-client.test").unwrap();
    assert_eq!(verdict(&root, &strange, X509PurposeId::SSL_CLIENT), 20);
}

#[test]
fn private_authority_is_trusted_by_its_own() {
    let lab = lab();
    let identity = make(&lab, "certificate.issuer = 'private-ca'");
    let root = lab.authority_pem(Issuer::PrivateCa).unwrap().unwrap();
    assert_eq!(verdict(&root, &identity, X509PurposeId::SSL_SERVER), 0);
    assert_eq!(lab.authority_pem(Issuer::SelfSigned).unwrap(), None);
}

#[test]
fn viewer_side_certificate_has_all_names() {
    let lab = lab();
    let identity = lab.server_identity(&["www.shop.test", "127.0.0.1"]).unwrap();
    assert_eq!(verdict(&lab.root_pem(), &identity, X509PurposeId::SSL_SERVER), 0);
    assert!(text(&parse(&identity.leaf)).contains("DNS:www.shop.test, IP Address:127.0.0.1"));
}

#[test]
fn labs_do_not_trust_each_other() {
    let identity = make(&lab(), "");
    assert_ne!(verdict(&lab().root_pem(), &identity, X509PurposeId::SSL_SERVER), 0);
}
