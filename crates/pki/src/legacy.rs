//! What rcgen cannot do, done by OpenSSL: RSA-1024 keys, SHA-1 and MD5 signatures, foreign digests on ECDSA.
//!
//! rcgen decides what a certificate says in every case. Here only the signature is replaced, and the two places that
//! name its algorithm.

use edge502_legacy_tls::init;
use edge502_legacy_tls::openssl::error::ErrorStack;
use edge502_legacy_tls::openssl::hash::MessageDigest;
use edge502_legacy_tls::openssl::pkey::PKey;
use edge502_legacy_tls::openssl::rsa::Rsa;
use edge502_legacy_tls::openssl::sign::Signer;
use rustls_pki_types::CertificateDer;
use yasna::models::ObjectIdentifier;
use yasna::{construct_der, parse_der};

use crate::error::Making;
use crate::key::KeyPair;
use crate::{KeyKind, PkiError, Signature};

/// A fresh RSA-1024 key.
pub(crate) fn rsa_1024() -> Result<KeyPair, PkiError> {
    let kind = KeyKind::Rsa1024;
    let what = || format!("a {kind} key");
    init().making(what)?;
    let generate = || {
        let key = PKey::from_rsa(Rsa::generate(1024)?)?;
        Ok::<_, ErrorStack>((key.public_key_to_der()?, key.private_key_to_pkcs8()?))
    };
    let (public, pkcs8) = generate().making(what)?;
    KeyPair::new(kind, &public, pkcs8)
}

/// The certificate `draft` as `key` signs it; the draft's own signature does not matter.
pub(crate) fn sign(draft: &[u8], key: &KeyPair, signature: Signature) -> Result<CertificateDer<'static>, PkiError> {
    let what = || format!("a {signature} signature with a {} key", key.kind);
    init().making(what)?;
    let (digest, algorithm) = algorithm(signature, key.kind.is_rsa());
    let body = body(draft, &algorithm);
    let key = PKey::private_key_from_pkcs8(&key.pkcs8).making(what)?;
    let bits = Signer::new(digest, &key).and_then(|mut signer| signer.sign_oneshot_to_vec(&body)).making(what)?;
    let certificate = construct_der(|writer| {
        writer.write_sequence(|seq| {
            seq.next().write_der(&body);
            seq.next().write_der(&algorithm);
            seq.next().write_bitvec_bytes(&bits, bits.len() * 8);
        });
    });
    Ok(certificate.into())
}

/// The draft's `TBSCertificate` (RFC 5280 section 4.1) with another signature algorithm.
fn body(draft: &[u8], algorithm: &[u8]) -> Vec<u8> {
    let mut fields = parse_der(draft, |reader| {
        reader.read_sequence(|certificate| {
            let mut fields = Vec::new();
            certificate.next().read_sequence_of(|field| {
                fields.push(field.read_der()?);
                Ok(())
            })?;
            certificate.next().read_der()?;
            certificate.next().read_der()?;
            Ok(fields)
        })
    })
    .expect("rcgen writes certificates as DER");
    // Version and serial number come first.
    algorithm.clone_into(&mut fields[2]);
    construct_der(|writer| writer.write_sequence(|seq| fields.iter().for_each(|field| seq.next().write_der(field))))
}

/// The digest, and the `AlgorithmIdentifier` of RFC 3279 section 2.2 and RFC 5758 section 3.2.
fn algorithm(signature: Signature, rsa: bool) -> (MessageDigest, Vec<u8>) {
    let (digest, rsa_arc, ecdsa_arc): (_, u64, &[u64]) = match signature {
        // Only ever with RSA, as `Signature::by` says.
        Signature::Md5 => (MessageDigest::md5(), 4, &[]),
        Signature::Sha1 => (MessageDigest::sha1(), 5, &[1]),
        Signature::Sha256 => (MessageDigest::sha256(), 11, &[3, 2]),
        Signature::Sha384 => (MessageDigest::sha384(), 12, &[3, 3]),
    };
    let oid = if rsa {
        [&[1, 2, 840, 113_549, 1, 1], &[rsa_arc][..]].concat()
    } else {
        [&[1, 2, 840, 10_045, 4], ecdsa_arc].concat()
    };
    let identifier = construct_der(|writer| {
        writer.write_sequence(|seq| {
            seq.next().write_oid(&ObjectIdentifier::new(oid));
            if rsa {
                seq.next().write_null();
            }
        });
    });
    (digest, identifier)
}
