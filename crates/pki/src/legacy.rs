//! What rcgen cannot do, done by OpenSSL: unusual keys, SHA-1 and MD5 signatures, foreign digests on ECDSA.
//!
//! rcgen decides what a certificate says in every case. Here only the signature is replaced, the two places that name
//! its algorithm, and a public key that rcgen has no word for.

use edge502_legacy_tls::init;
use edge502_legacy_tls::openssl::dsa::Dsa;
use edge502_legacy_tls::openssl::error::ErrorStack;
use edge502_legacy_tls::openssl::hash::MessageDigest;
use edge502_legacy_tls::openssl::pkey::{Id, PKey, Private};
use edge502_legacy_tls::openssl::pkey_ctx::PkeyCtx;
use edge502_legacy_tls::openssl::rsa::Rsa;
use edge502_legacy_tls::openssl::sign::Signer;
use rustls_pki_types::CertificateDer;
use yasna::models::ObjectIdentifier;
use yasna::{construct_der, parse_der};

use crate::error::Making;
use crate::key::KeyPair;
use crate::{KeyKind, PkiError, Signature};

/// A fresh key of a kind that rcgen does not make: `SubjectPublicKeyInfo` and PKCS#8.
pub(crate) fn generate(kind: KeyKind) -> Result<(Vec<u8>, Vec<u8>), PkiError> {
    let what = || format!("a {kind} key");
    init().making(what)?;
    let key = match kind {
        KeyKind::Rsa1024 => Rsa::generate(1024).and_then(PKey::from_rsa),
        KeyKind::Rsa2056 => Rsa::generate(2056).and_then(PKey::from_rsa),
        KeyKind::RsaPss => rsa_pss(),
        KeyKind::Ed448 => PKey::generate_ed448(),
        KeyKind::Dsa => Dsa::generate(1024).and_then(PKey::from_dsa),
        _ => unreachable!("rcgen makes a {kind} key"),
    };
    key.and_then(|key| Ok((key.public_key_to_der()?, key.private_key_to_pkcs8()?))).making(what)
}

fn rsa_pss() -> Result<PKey<Private>, ErrorStack> {
    let mut context = PkeyCtx::new_id(Id::RSA_PSS)?;
    context.keygen_init()?;
    context.set_rsa_keygen_bits(2048)?;
    context.keygen()
}

/// The certificate `draft` as `key` signs it; the draft's own signature does not matter. `public` takes the place of the
/// draft's public key.
pub(crate) fn sign(
    draft: &[u8],
    public: Option<&[u8]>,
    key: &KeyPair,
    signature: Signature,
) -> Result<CertificateDer<'static>, PkiError> {
    let what = || format!("a {signature} signature with a {} key", key.kind);
    init().making(what)?;
    let (digest, algorithm) = algorithm(signature, key.kind.is_rsa());
    let body = body(draft, &algorithm, public);
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

/// The draft's `TBSCertificate` (RFC 5280 section 4.1) with another signature algorithm and, if stated, public key.
fn body(draft: &[u8], algorithm: &[u8], public: Option<&[u8]>) -> Vec<u8> {
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
    // Issuer, validity and subject follow, then the key.
    if let Some(public) = public {
        public.clone_into(&mut fields[6]);
    }
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
