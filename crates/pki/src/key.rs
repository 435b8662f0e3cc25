//! Key pairs.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::signature::Ed25519KeyPair;
use rcgen::{PublicKeyData as _, RsaKeySize, SignatureAlgorithm, SubjectPublicKeyInfo};
use serde::Deserialize;

use crate::error::Making;
use crate::{PkiError, legacy};

/// Kind and size of a key pair.
///
/// CloudFront takes RSA of 1024 to 4096 bits, P-256 and P-384 from an origin
/// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-cloudfront-to-custom-origin.html>);
/// the others are here to be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Deserialize)]
pub enum KeyKind {
    /// `p256`, the default: fast, and taken everywhere.
    #[default]
    #[serde(rename = "p256")]
    P256,
    /// `p384`
    #[serde(rename = "p384")]
    P384,
    /// `p521`
    #[serde(rename = "p521")]
    P521,
    /// `ed25519`
    #[serde(rename = "ed25519")]
    Ed25519,
    /// `rsa-1024`: needs the feature `legacy`.
    #[serde(rename = "rsa-1024")]
    Rsa1024,
    /// `rsa-2048`
    #[serde(rename = "rsa-2048")]
    Rsa2048,
    /// `rsa-2056`: a size on no list; needs the feature `legacy`.
    #[serde(rename = "rsa-2056")]
    Rsa2056,
    /// `rsa-3072`
    #[serde(rename = "rsa-3072")]
    Rsa3072,
    /// `rsa-4096`
    #[serde(rename = "rsa-4096")]
    Rsa4096,
    /// `rsa-pss`: 2048 bits, restricted to PSS signatures (`id-RSASSA-PSS`, RFC 4055 section 1.2). For leaves only; needs
    /// the feature `legacy`.
    #[serde(rename = "rsa-pss")]
    RsaPss,
    /// `ed448`: for leaves only; needs the feature `legacy`.
    #[serde(rename = "ed448")]
    Ed448,
    /// `dsa`: 1024 bits, TLS 1.2 and older. For leaves only; needs the feature `legacy`.
    #[serde(rename = "dsa")]
    Dsa,
}

impl KeyKind {
    /// Every kind that an authority can have, too.
    pub const ALL: &[Self] = &[
        Self::P256,
        Self::P384,
        Self::P521,
        Self::Ed25519,
        Self::Rsa1024,
        Self::Rsa2048,
        Self::Rsa2056,
        Self::Rsa3072,
        Self::Rsa4096,
    ];

    /// The kinds for leaves only.
    pub const LEAF_ONLY: &[Self] = &[Self::RsaPss, Self::Ed448, Self::Dsa];

    /// Whether it is an RSA key, which can also decrypt (the key exchange of TLS 1.2 and older).
    pub const fn is_rsa(self) -> bool {
        matches!(self, Self::Rsa1024 | Self::Rsa2048 | Self::Rsa2056 | Self::Rsa3072 | Self::Rsa4096)
    }

    /// Whether a key of this kind takes so long to make, up to a second, that it is made once in a process for each holder.
    const fn is_slow(self) -> bool {
        self.is_rsa() || matches!(self, Self::RsaPss | Self::Dsa)
    }

    fn generate(self) -> Result<KeyPair, PkiError> {
        let pair = match self {
            Self::P256 => rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256),
            Self::P384 => rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384),
            Self::P521 => rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA512),
            Self::Ed25519 => ed25519(),
            Self::Rsa1024 | Self::Rsa2056 => {
                let (public, pkcs8) = legacy::generate(self)?;
                return KeyPair::new(self, &public, pkcs8);
            }
            Self::RsaPss | Self::Ed448 | Self::Dsa => {
                let (public, pkcs8) = legacy::generate(self)?;
                let stand_in = KeyPair::of(Self::P256, Holder::Leaf)?;
                return Ok(KeyPair { kind: self, foreign_public: Some(public), pkcs8, ..stand_in });
            }
            Self::Rsa2048 => rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048),
            Self::Rsa3072 => rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_3072),
            Self::Rsa4096 => rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_4096),
        };
        let pair = pair.making(|| format!("a {self} key"))?;
        KeyPair::new(self, &pair.subject_public_key_info(), pair.serialize_der())
    }
}

/// rcgen itself writes these keys in a newer form (RFC 5958), which OpenSSL 3.0 cannot read.
fn ed25519() -> Result<rcgen::KeyPair, rcgen::Error> {
    let pkcs8 =
        Ed25519KeyPair::generate().and_then(|key| key.to_pkcs8v1()).map_err(|_| rcgen::Error::RingUnspecified)?;
    rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8.as_ref().into(), &rcgen::PKCS_ED25519)
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::P256 => "p256",
            Self::P384 => "p384",
            Self::P521 => "p521",
            Self::Ed25519 => "ed25519",
            Self::Rsa1024 => "rsa-1024",
            Self::Rsa2048 => "rsa-2048",
            Self::Rsa2056 => "rsa-2056",
            Self::Rsa3072 => "rsa-3072",
            Self::Rsa4096 => "rsa-4096",
            Self::RsaPss => "rsa-pss",
            Self::Ed448 => "ed448",
            Self::Dsa => "dsa",
        })
    }
}

/// What a key is for. Two certificates of one chain never share a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Holder {
    Leaf,
    /// Somebody else's key, presented with a certificate it does not belong to.
    Stranger,
    /// The intermediate at this position, 1 is the leaf's issuer.
    Intermediate(u8),
    Root,
}

/// A key pair, whichever library made it.
#[derive(Clone)]
pub(crate) struct KeyPair {
    pub(crate) kind: KeyKind,
    /// The public half as rcgen knows it; a stand-in if there is a `foreign_public`.
    pub(crate) public: SubjectPublicKeyInfo,
    /// The public half of a kind that rcgen has no word for (`SubjectPublicKeyInfo`, RFC 5280 section 4.1).
    pub(crate) foreign_public: Option<Vec<u8>>,
    /// The private half, PKCS#8.
    pub(crate) pkcs8: Vec<u8>,
}

impl KeyPair {
    /// A fresh key, except for RSA and DSA: those take up to half a second to make and are shared per process and holder.
    pub(crate) fn of(kind: KeyKind, holder: Holder) -> Result<Self, PkiError> {
        if kind.is_slow() { shared(kind, holder) } else { kind.generate() }
    }

    /// From its halves: a `SubjectPublicKeyInfo` (RFC 5280 section 4.1) and PKCS#8.
    pub(crate) fn new(kind: KeyKind, public: &[u8], pkcs8: Vec<u8>) -> Result<Self, PkiError> {
        let public = SubjectPublicKeyInfo::from_der(public).making(|| format!("the public half of a {kind} key"))?;
        Ok(Self { kind, public, foreign_public: None, pkcs8 })
    }

    /// The key as rcgen signs with it.
    pub(crate) fn signing(&self, algorithm: &'static SignatureAlgorithm) -> Result<rcgen::KeyPair, PkiError> {
        rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&self.pkcs8.as_slice().into(), algorithm)
            .making(|| format!("a signature with a {} key", self.kind))
    }
}

type Slot = Arc<Mutex<Option<KeyPair>>>;

fn shared(kind: KeyKind, holder: Holder) -> Result<KeyPair, PkiError> {
    static KEYS: Mutex<BTreeMap<(KeyKind, Holder), Slot>> = Mutex::new(BTreeMap::new());
    let slot = {
        let mut keys = KEYS.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(keys.entry((kind, holder)).or_default())
    };
    // Only those who want this very key wait while it is made.
    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(key) = &*slot {
        return Ok(key.clone());
    }
    let key = kind.generate()?;
    *slot = Some(key.clone());
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rsa_keys_are_made_once_per_holder() {
        let leaf = KeyPair::of(KeyKind::Rsa2048, Holder::Leaf).unwrap();
        let again = KeyPair::of(KeyKind::Rsa2048, Holder::Leaf).unwrap();
        let stranger = KeyPair::of(KeyKind::Rsa2048, Holder::Stranger).unwrap();
        assert_eq!(leaf.public, again.public);
        assert_ne!(leaf.public, stranger.public);
    }

    #[test]
    fn private_keys_have_the_form_that_old_programs_read() {
        for kind in [KeyKind::P256, KeyKind::P384, KeyKind::P521, KeyKind::Ed25519, KeyKind::Rsa2048] {
            let key = KeyPair::of(kind, Holder::Leaf).unwrap();
            let version = yasna::parse_der(&key.pkcs8, |reader| {
                reader.read_sequence(|fields| {
                    let version = fields.next().read_u8()?;
                    fields.next().read_der()?;
                    fields.next().read_der()?;
                    Ok(version)
                })
            });
            assert_eq!(version, Ok(0), "{kind}");
        }
    }

    #[test]
    fn curve_keys_are_always_fresh() {
        let one = KeyPair::of(KeyKind::P256, Holder::Leaf).unwrap();
        let two = KeyPair::of(KeyKind::P256, Holder::Leaf).unwrap();
        assert_ne!(one.public, two.public);
    }
}
