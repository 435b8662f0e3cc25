//! Damage to the encoding of a certificate.

use serde::Deserialize;

/// How the leaf's DER is damaged after it was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Corruption {
    /// One bit of the signature is flipped; the certificate still parses.
    Signature,
    /// The second half is missing.
    Truncated,
    /// Five bytes follow the certificate.
    TrailingBytes,
    /// Every byte is inverted: not DER at all.
    Garbage,
}

impl Corruption {
    pub(crate) fn apply(self, mut der: Vec<u8>) -> Vec<u8> {
        match self {
            // The signature is the last element; its last bit is part of a number, so the encoding stays sound.
            Self::Signature => der.iter_mut().next_back().into_iter().for_each(|byte| *byte ^= 1),
            Self::Truncated => der.truncate(der.len() / 2),
            Self::TrailingBytes => der.extend(*b"extra"),
            Self::Garbage => der.iter_mut().for_each(|byte| *byte = !*byte),
        }
        der
    }
}
