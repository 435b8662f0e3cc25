//! Signature algorithms.

use std::fmt;

use rcgen::SignatureAlgorithm;
use serde::Deserialize;

use crate::{KeyKind, PkiError};

/// The digest in a certificate's signature. The issuer's key decides the rest of the algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Signature {
    /// `sha256`, the default. An Ed25519 issuer has its own digest instead; a P-384 issuer needs the feature `legacy`
    /// for this one.
    #[default]
    Sha256,
    /// `sha384`: with a P-256 issuer needs the feature `legacy`.
    Sha384,
    /// `sha1`: no longer issued by public CAs; needs the feature `legacy`.
    Sha1,
    /// `md5`: broken; RSA issuers only; needs the feature `legacy`.
    Md5,
}

/// Who makes a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Rcgen(&'static SignatureAlgorithm),
    Legacy,
}

impl Signature {
    /// How an issuer with a key of this kind signs.
    pub(crate) fn by(self, key: KeyKind) -> Result<Algorithm, PkiError> {
        use KeyKind as Key;
        Ok(match (key, self) {
            (Key::P256, Self::Sha256) => Algorithm::Rcgen(&rcgen::PKCS_ECDSA_P256_SHA256),
            (Key::P384, Self::Sha384) => Algorithm::Rcgen(&rcgen::PKCS_ECDSA_P384_SHA384),
            (Key::P521, Self::Sha256) => Algorithm::Rcgen(&rcgen::PKCS_ECDSA_P521_SHA256),
            (Key::P521, Self::Sha384) => Algorithm::Rcgen(&rcgen::PKCS_ECDSA_P521_SHA384),
            (Key::Ed25519, Self::Sha256) => Algorithm::Rcgen(&rcgen::PKCS_ED25519),
            (Key::Rsa2048 | Key::Rsa3072 | Key::Rsa4096, Self::Sha256) => Algorithm::Rcgen(&rcgen::PKCS_RSA_SHA256),
            (Key::Rsa2048 | Key::Rsa3072 | Key::Rsa4096, Self::Sha384) => Algorithm::Rcgen(&rcgen::PKCS_RSA_SHA384),
            (Key::Rsa1024 | Key::Rsa2056, _)
            | (Key::Rsa2048 | Key::Rsa3072 | Key::Rsa4096, Self::Sha1 | Self::Md5)
            | (Key::P256, Self::Sha384 | Self::Sha1)
            | (Key::P384, Self::Sha256 | Self::Sha1)
            | (Key::P521, Self::Sha1) => Algorithm::Legacy,
            (Key::RsaPss | Key::Ed448 | Key::Dsa, _)
            | (Key::Ed25519, Self::Sha384 | Self::Sha1 | Self::Md5)
            | (Key::P256 | Key::P384 | Key::P521, Self::Md5) => {
                return Err(PkiError::Unsignable { key, signature: self });
            }
        })
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha1 => "sha1",
            Self::Md5 => "md5",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_signatures_are_refused_by_name() {
        for (key, signature) in [
            (KeyKind::P256, Signature::Md5),
            (KeyKind::Ed25519, Signature::Sha1),
            (KeyKind::Ed25519, Signature::Sha384),
            (KeyKind::Ed25519, Signature::Md5),
            (KeyKind::Dsa, Signature::Sha256),
        ] {
            let error = signature.by(key).unwrap_err().to_string();
            assert!(error.contains(&key.to_string()) && error.contains(&signature.to_string()), "{error}");
        }
    }
}
