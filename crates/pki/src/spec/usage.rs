//! What a key may be used for.

use rcgen::{ExtendedKeyUsagePurpose, KeyUsagePurpose};
use serde::Deserialize;

/// A bit of the key usage extension (RFC 5280 section 4.2.1.3); the value is the bit's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum KeyUsage {
    /// `digitalSignature`: needed by every cipher suite with (EC)DHE.
    DigitalSignature = 0,
    /// `contentCommitment`, once called `nonRepudiation`.
    #[serde(alias = "nonRepudiation")]
    ContentCommitment = 1,
    /// `keyEncipherment`: needed by the RSA key exchange of TLS 1.2 and older.
    KeyEncipherment = 2,
    /// `dataEncipherment`
    DataEncipherment = 3,
    /// `keyAgreement`
    KeyAgreement = 4,
    /// `keyCertSign`: needed to sign certificates.
    KeyCertSign = 5,
    /// `cRLSign`
    #[serde(rename = "cRLSign")]
    CrlSign = 6,
}

impl KeyUsage {
    pub(crate) const fn purpose(self) -> KeyUsagePurpose {
        match self {
            Self::DigitalSignature => KeyUsagePurpose::DigitalSignature,
            Self::ContentCommitment => KeyUsagePurpose::ContentCommitment,
            Self::KeyEncipherment => KeyUsagePurpose::KeyEncipherment,
            Self::DataEncipherment => KeyUsagePurpose::DataEncipherment,
            Self::KeyAgreement => KeyUsagePurpose::KeyAgreement,
            Self::KeyCertSign => KeyUsagePurpose::KeyCertSign,
            Self::CrlSign => KeyUsagePurpose::CrlSign,
        }
    }
}

/// An entry of the extended key usage extension (RFC 5280 section 4.2.1.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ExtendedKeyUsage {
    /// `serverAuth`: what an origin needs.
    ServerAuth,
    /// `clientAuth`: what CloudFront's own certificate needs for origin mTLS.
    ClientAuth,
    /// `codeSigning`
    CodeSigning,
    /// `emailProtection`
    EmailProtection,
    /// `timeStamping`
    TimeStamping,
    /// `OCSPSigning`
    #[serde(rename = "OCSPSigning")]
    OcspSigning,
    /// `any`, `anyExtendedKeyUsage` in full: not enough for a TLS server.
    #[serde(alias = "anyExtendedKeyUsage")]
    Any,
}

impl ExtendedKeyUsage {
    pub(crate) const fn purpose(self) -> ExtendedKeyUsagePurpose {
        match self {
            Self::ServerAuth => ExtendedKeyUsagePurpose::ServerAuth,
            Self::ClientAuth => ExtendedKeyUsagePurpose::ClientAuth,
            Self::CodeSigning => ExtendedKeyUsagePurpose::CodeSigning,
            Self::EmailProtection => ExtendedKeyUsagePurpose::EmailProtection,
            Self::TimeStamping => ExtendedKeyUsagePurpose::TimeStamping,
            Self::OcspSigning => ExtendedKeyUsagePurpose::OcspSigning,
            Self::Any => ExtendedKeyUsagePurpose::Any,
        }
    }
}
