//! Signing a certificate.

use aws_lc_rs::rand;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, Issuer, PublicKeyData, SerialNumber, SignatureAlgorithm, SigningKey,
    SubjectPublicKeyInfo,
};
use rustls_pki_types::CertificateDer;
use time::{OffsetDateTime, UtcOffset};

use crate::error::Making;
use crate::extension::Extensions;
use crate::key::KeyPair;
use crate::signature::Algorithm;
use crate::spec::Validity;
use crate::{PkiError, Serial, Signature, legacy};

/// The longest common name (RFC 5280 appendix A.1, `ub-common-name`).
pub(crate) const LONGEST_COMMON_NAME: usize = 64;

/// The names in a certificate's subject.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) organization: &'static str,
    pub(crate) common_name: Option<String>,
}

impl Subject {
    pub(crate) fn new(organization: &'static str, common_name: impl Into<String>) -> Self {
        Self { organization, common_name: Some(common_name.into()) }
    }

    fn build(&self) -> Result<DistinguishedName, PkiError> {
        let mut name = DistinguishedName::new();
        name.push(DnType::OrganizationName, self.organization);
        if let Some(common_name) = &self.common_name {
            if !(1..=LONGEST_COMMON_NAME).contains(&common_name.chars().count()) {
                return Err(PkiError::malformed(common_name, "a common name of 1 to 64 characters"));
            }
            name.push(DnType::CommonName, common_name);
        }
        Ok(name)
    }
}

/// A certificate about to be signed.
pub(crate) struct Request<'a> {
    pub(crate) subject: Subject,
    pub(crate) key: &'a KeyPair,
    pub(crate) validity: Validity,
    pub(crate) serial: Option<&'a Serial>,
    pub(crate) signature: Signature,
    pub(crate) extensions: Extensions<'a>,
}

/// Whoever signs: name and key.
#[derive(Clone, Copy)]
pub(crate) struct Signer<'a> {
    pub(crate) name: &'a Subject,
    pub(crate) key: &'a KeyPair,
}

impl Request<'_> {
    /// Signs with another's key.
    pub(crate) fn signed_by(&self, signer: Signer<'_>) -> Result<CertificateDer<'static>, PkiError> {
        let public = self.key.foreign_public.as_deref();
        match self.signature.by(signer.key.kind)? {
            Algorithm::Rcgen(algorithm) if public.is_none() => self.issue(signer.name, signer.key.signing(algorithm)?),
            Algorithm::Rcgen(_) | Algorithm::Legacy => {
                let draft = self.issue(signer.name, Unsigned(&signer.key.public))?;
                legacy::sign(&draft, public, signer.key, self.signature)
            }
        }
    }

    /// Signs with the certificate's own key.
    pub(crate) fn self_signed(&self) -> Result<CertificateDer<'static>, PkiError> {
        self.signed_by(Signer { name: &self.subject, key: self.key })
    }

    fn issue(&self, issuer: &Subject, key: impl SigningKey) -> Result<CertificateDer<'static>, PkiError> {
        let mut authority = CertificateParams::default();
        authority.distinguished_name = issuer.build()?;
        let certificate = self.params()?.signed_by(&self.key.public, &Issuer::new(authority, key));
        Ok(certificate.making(|| self.what())?.into())
    }

    fn params(&self) -> Result<CertificateParams, PkiError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = self.subject.build()?;
        params.not_before = encodable(self.validity.not_before)?;
        params.not_after = encodable(self.validity.not_after)?;
        params.serial_number = Some(self.serial_number()?);
        self.extensions.write(&mut params)?;
        Ok(params)
    }

    fn serial_number(&self) -> Result<SerialNumber, PkiError> {
        if let Some(serial) = self.serial {
            return Ok(SerialNumber::from_slice(serial.as_bytes()));
        }
        let mut random = [0; 16];
        rand::fill(&mut random).making(|| self.what())?;
        // Positive, and of full length.
        random[0] = random[0] & 0x7f | 0x40;
        Ok(SerialNumber::from_slice(&random))
    }

    fn what(&self) -> String {
        format!("a certificate for {}", self.subject.common_name.as_deref().unwrap_or(self.subject.organization))
    }
}

/// A moment that certificates have a notation for; rcgen would panic at others.
fn encodable(moment: OffsetDateTime) -> Result<OffsetDateTime, PkiError> {
    moment.checked_to_offset(UtcOffset::UTC).filter(|moment| (0..=9999).contains(&moment.year())).ok_or_else(|| {
        PkiError::malformed(&moment.to_string(), "in the years 0 to 9999, which certificates can express")
    })
}

/// A signer that leaves the signature empty, for a draft.
struct Unsigned<'a>(&'a SubjectPublicKeyInfo);

impl PublicKeyData for Unsigned<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.0.der_bytes()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.0.algorithm()
    }
}

impl SigningKey for Unsigned<'_> {
    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(Vec::new())
    }
}
