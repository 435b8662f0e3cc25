//! Stands in for OpenSSL in a build without the feature `legacy`.

use rustls_pki_types::CertificateDer;

use crate::key::KeyPair;
use crate::{KeyKind, PkiError, Signature};

pub(crate) fn generate(kind: KeyKind) -> Result<(Vec<u8>, Vec<u8>), PkiError> {
    let what = format!("a {kind} key");
    Err(PkiError::NeedsLegacy { what, instead: "ask for `key = \"rsa-2048\"`" })
}

pub(crate) fn sign(
    _: &[u8],
    _: Option<&[u8]>,
    key: &KeyPair,
    signature: Signature,
) -> Result<CertificateDer<'static>, PkiError> {
    let what = format!("a {signature} signature with a {} key", key.kind);
    let instead = match key.kind {
        KeyKind::P384 => "ask for `signature = \"sha384\"`",
        _ => "ask for `signature = \"sha256\"`",
    };
    Err(PkiError::NeedsLegacy { what, instead })
}
