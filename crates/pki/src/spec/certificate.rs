//! The `[origin.certificate]` table.

use std::str::FromStr;

use serde::Deserialize;
use time::{Duration, OffsetDateTime};

use super::Validity;
use crate::{AltName, Corruption, ExtendedKeyUsage, KeyKind, KeyUsage, PkiError, Signature, When};

/// A leaf certificate as far as it differs from a healthy one: the `[origin.certificate]` table.
///
/// The healthy one is issued by the lab's public CA for the origin's name, is 30 days old, lasts 60 more, and has a
/// P-256 key.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own about the certificate")]
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CertificateSpec {
    /// Start of validity; default 30 days ago, or 90 days before `not_after` if that is earlier.
    pub not_before: Option<When>,
    /// End of validity, inclusive; default in 60 days, or 90 days after `not_before` if that is later.
    pub not_after: Option<When>,
    /// Subject alternative names; default the origin's own name. An empty list leaves the extension out.
    pub names: Option<Vec<AltName>>,
    /// Common name of the subject, at most 64 characters; default the first name. Empty: the subject has none.
    pub common_name: Option<String>,
    /// Kind of the key; default P-256.
    pub key: KeyKind,
    /// Digest of the issuer's signature; default SHA-256.
    pub signature: Signature,
    /// Who signs it; default the lab's public CA.
    pub issuer: Issuer,
    /// Purposes; default `serverAuth` and `clientAuth` (`clientAuth` alone for a client's certificate). An empty list
    /// leaves the extension out.
    pub extended_key_usage: Option<Vec<ExtendedKeyUsage>>,
    /// Key usage bits; default `digitalSignature`, with RSA also `keyEncipherment`. An empty list leaves the extension
    /// out.
    pub key_usage: Option<Vec<KeyUsage>>,
    /// Whether the leaf claims to be a CA; default `false`.
    pub ca: bool,
    /// Adds a critical extension that nobody knows, which RFC 5280 section 4.2 says to reject; default `false`.
    pub unknown_critical_extension: bool,
    /// Demands a stapled OCSP answer (RFC 7633), which nobody here gives or asks for; default `false`.
    pub must_staple: bool,
    /// Serial number; default 16 random bytes.
    pub serial: Option<Serial>,
    /// Presents a private key that does not belong to the certificate; default `false`.
    pub key_mismatch: bool,
    /// Damages the encoding after signing; default not.
    pub corrupt: Option<Corruption>,
}

impl CertificateSpec {
    pub(crate) fn validity(&self, now: OffsetDateTime) -> Validity {
        let usual = (Duration::days(30), Duration::days(60));
        Validity::resolve(now, (self.not_before, self.not_after), usual)
    }

    pub(crate) fn key_usage(&self) -> &[KeyUsage] {
        match &self.key_usage {
            Some(stated) => stated,
            None if self.key.is_rsa() => &[KeyUsage::DigitalSignature, KeyUsage::KeyEncipherment],
            None => &[KeyUsage::DigitalSignature],
        }
    }
}

/// Who signs a leaf certificate. Only `lab` leads to the trusted root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Issuer {
    /// `lab`: stands in for the public CAs of Mozilla's list.
    #[default]
    Lab,
    /// `self`: the certificate signs itself.
    #[serde(rename = "self")]
    SelfSigned,
    /// `private-ca`: a company's own root and issuing CA.
    PrivateCa,
    /// `staging-ca`: the staging environment of a public CA, trusted by nobody.
    StagingCa,
    /// `cloudflare-origin-ca`: trusted only by Cloudflare's proxies; the root signs leaves itself.
    CloudflareOriginCa,
    /// `kubernetes-ingress-fake`: what an ingress controller serves when it has no certificate for a name. Self-signed,
    /// and for `ingress.local` unless `names` says otherwise.
    KubernetesIngressFake,
}

impl Issuer {
    /// Whether the leaf is its own issuer.
    pub const fn is_self(self) -> bool {
        matches!(self, Self::SelfSigned | Self::KubernetesIngressFake)
    }
}

/// A certificate's serial number: 1 to 20 bytes in hexadecimal, with or without colons (RFC 5280 section 4.1.2.2).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Serial(Vec<u8>);

impl Serial {
    /// The number, big endian.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for Serial {
    type Err = PkiError;

    fn from_str(text: &str) -> Result<Self, PkiError> {
        let digits: Vec<u8> = text
            .chars()
            .filter(|c| *c != ':')
            .map_while(|c| c.to_digit(16))
            .filter_map(|d| u8::try_from(d).ok())
            .collect();
        let complete = digits.len() == text.chars().filter(|c| *c != ':').count();
        if !complete || digits.len() % 2 == 1 || !(2..=40).contains(&digits.len()) {
            return Err(PkiError::malformed(text, "a serial number: expected 1 to 20 bytes in hex such as \"0A:1B\""));
        }
        Ok(Self(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()))
    }
}

impl TryFrom<String> for Serial {
    type Error = PkiError;

    fn try_from(text: String) -> Result<Self, PkiError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_is_hex() {
        assert_eq!("0a:1B".parse::<Serial>().unwrap().as_bytes(), [0x0a, 0x1b]);
        for bad in ["", "0", "0g", "0x10", "ü0", &"00".repeat(21)] {
            assert!(bad.parse::<Serial>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_unstated_end_keeps_the_life_span() {
        let now = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
        let days = |from, to| {
            let spec = CertificateSpec { not_before: from, not_after: to, ..CertificateSpec::default() };
            let validity = spec.validity(now);
            ((validity.not_before - now).whole_days(), (validity.not_after - now).whole_days())
        };
        assert_eq!(days(None, None), (-30, 60));
        assert_eq!(days(None, Some(When::days(-35))), (-125, -35));
        assert_eq!(days(Some(When::days(2)), None), (2, 92));
        assert_eq!(days(None, Some(When::days(3650))), (-30, 3650));
        assert_eq!(days(Some(When::days(5)), Some(When::days(-5))), (5, -5));
    }
}
