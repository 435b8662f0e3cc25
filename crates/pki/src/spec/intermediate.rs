//! The `[origin.intermediate]` table.

use rcgen::GeneralSubtree;
use serde::Deserialize;
use time::{Duration, OffsetDateTime};

use super::Validity;
use crate::name::ascii;
use crate::{ExtendedKeyUsage, KeyKind, KeyUsage, PkiError, Signature, When};

/// The intermediate certificates as far as they differ from healthy ones: the `[origin.intermediate]` table.
///
/// It describes every intermediate of the chain, unless `position` picks one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntermediateSpec {
    /// The one intermediate that is meant, 1 is the leaf's issuer; default all.
    pub position: Option<u8>,
    /// Start of validity; default 3 years ago, or 8 years before `not_after` if that is earlier.
    pub not_before: Option<When>,
    /// End of validity, inclusive; default in 5 years, or 8 years after `not_before` if that is later.
    pub not_after: Option<When>,
    /// How many CAs may follow below (RFC 5280 section 4.2.1.9); default just as many as do.
    pub path_length: Option<u8>,
    /// Whether it says that it is a CA; default `true`.
    pub ca: bool,
    /// Key usage bits; default `keyCertSign`, `cRLSign`, `digitalSignature`. An empty list leaves the extension out.
    pub key_usage: Option<Vec<KeyUsage>>,
    /// Purposes; default `serverAuth` and `clientAuth`. An empty list leaves the extension out.
    pub extended_key_usage: Option<Vec<ExtendedKeyUsage>>,
    /// Names that certificates below may or may not have; default none.
    pub name_constraints: NameConstraints,
    /// Kind of the key; default P-256, or RSA-2048 if it has to sign the leaf with MD5.
    pub key: Option<KeyKind>,
    /// Digest of the signature on the intermediate itself; default SHA-256.
    pub signature: Signature,
    /// Common name; default one in the style of the issuer. Longer chains append the position.
    pub common_name: Option<String>,
}

impl Default for IntermediateSpec {
    fn default() -> Self {
        Self {
            position: None,
            not_before: None,
            not_after: None,
            path_length: None,
            ca: true,
            key_usage: None,
            extended_key_usage: None,
            name_constraints: NameConstraints::default(),
            key: None,
            signature: Signature::default(),
            common_name: None,
        }
    }
}

impl IntermediateSpec {
    /// Whether it describes the intermediate at `position`.
    pub(crate) fn describes(&self, position: u8) -> bool {
        self.position.is_none_or(|meant| meant == position)
    }

    pub(crate) fn validity(&self, now: OffsetDateTime) -> Validity {
        let usual = (Duration::days(3 * 365), Duration::days(5 * 365));
        Validity::resolve(now, (self.not_before, self.not_after), usual)
    }

    pub(crate) fn key_usage(&self) -> &[KeyUsage] {
        const USUAL: &[KeyUsage] = &[KeyUsage::DigitalSignature, KeyUsage::KeyCertSign, KeyUsage::CrlSign];
        self.key_usage.as_deref().unwrap_or(USUAL)
    }

    pub(crate) fn extended_key_usage(&self) -> &[ExtendedKeyUsage] {
        const USUAL: &[ExtendedKeyUsage] = &[ExtendedKeyUsage::ServerAuth, ExtendedKeyUsage::ClientAuth];
        self.extended_key_usage.as_deref().unwrap_or(USUAL)
    }
}

/// The name constraints extension, for DNS names (RFC 5280 section 4.2.1.10).
///
/// `example.test` means that name and everything below it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NameConstraints {
    /// If not empty, every DNS name below must lie in one of these.
    pub permitted: Vec<String>,
    /// No DNS name below may lie in one of these.
    pub excluded: Vec<String>,
}

impl NameConstraints {
    /// Whether there is nothing to constrain; the extension is then left out.
    pub fn is_empty(&self) -> bool {
        self.permitted.is_empty() && self.excluded.is_empty()
    }

    pub(crate) fn subtrees(&self) -> Result<rcgen::NameConstraints, PkiError> {
        let subtree = |name: &String| Ok(GeneralSubtree::DnsName(ascii(name)?.as_ref().to_owned()));
        Ok(rcgen::NameConstraints {
            permitted_subtrees: self.permitted.iter().map(subtree).collect::<Result<_, PkiError>>()?,
            excluded_subtrees: self.excluded.iter().map(subtree).collect::<Result<_, PkiError>>()?,
        })
    }
}
