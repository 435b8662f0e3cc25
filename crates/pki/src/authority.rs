//! Certification authorities: the trusted one, and families that nobody trusts.

use rustls_pki_types::CertificateDer;
use time::{Duration, OffsetDateTime};

use crate::certificate::{Request, Signer, Subject};
use crate::extension::{Extensions, is_ca};
use crate::key::{Holder, KeyPair};
use crate::spec::Validity;
use crate::{Issuer, KeyKind, KeyUsage, PkiError, Signature, When};

/// A root and what it issues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// Stands in for the public CAs.
    Public,
    /// Issues the certificates that clients present.
    Client,
    Private,
    Staging,
    CloudflareOrigin,
    /// An older root that vouches for other roots.
    Elder,
}

impl Family {
    pub(crate) const COUNT: usize = Self::Elder as usize + 1;

    /// The family behind an issuer; `None` if the leaf signs itself.
    pub(crate) const fn of(issuer: Issuer) -> Option<Self> {
        match issuer {
            Issuer::Lab => Some(Self::Public),
            Issuer::PrivateCa => Some(Self::Private),
            Issuer::StagingCa => Some(Self::Staging),
            Issuer::CloudflareOriginCa => Some(Self::CloudflareOrigin),
            Issuer::SelfSigned | Issuer::KubernetesIngressFake => None,
        }
    }

    pub(crate) const fn organization(self) -> &'static str {
        match self {
            Self::Public | Self::Client | Self::Elder => "TEST ONLY edge502",
            Self::Private => "TEST ONLY Example Corp",
            Self::Staging => "TEST ONLY (STAGING) edge502",
            Self::CloudflareOrigin => "TEST ONLY CloudFlare, Inc.",
        }
    }

    const fn root_name(self) -> &'static str {
        match self {
            Self::Public => "edge502 Root X1",
            Self::Client => "edge502 Client Root",
            Self::Private => "Example Corp Root CA",
            Self::Staging => "(STAGING) Pretend Pear X1",
            Self::CloudflareOrigin => "CloudFlare Origin SSL ECC Certificate Authority",
            Self::Elder => "edge502 Elder Root",
        }
    }

    pub(crate) const fn intermediate_name(self) -> &'static str {
        match self {
            Self::Public | Self::Elder => "edge502 DV CA E1",
            Self::Client => "edge502 Client CA",
            Self::Private => "Example Corp Issuing CA",
            Self::Staging => "(STAGING) Puzzling Parsnip E7",
            Self::CloudflareOrigin => "CloudFlare Origin Issuing CA",
        }
    }

    /// Whether its certificates look like those of a public CA: policy and AIA.
    pub(crate) const fn is_public(self) -> bool {
        matches!(self, Self::Public)
    }

    /// How many intermediates it works with.
    pub(crate) const fn usual_intermediates(self) -> u8 {
        match self {
            Self::CloudflareOrigin => 0,
            _ => 1,
        }
    }

    pub(crate) fn found(self, now: OffsetDateTime) -> Result<Authority, PkiError> {
        let key = KeyPair::of(KeyKind::P256, Holder::Root)?;
        let request = self.root_request(&key, root_validity(now, None));
        let certificate = request.self_signed()?;
        Ok(Authority { name: request.subject, certificate, key })
    }

    /// The root `authority` of this family, vouched for by another root.
    pub(crate) fn cross_sign(
        self,
        authority: &Authority,
        elder: &Authority,
        validity: Validity,
    ) -> Result<CertificateDer<'static>, PkiError> {
        self.root_request(&authority.key, validity).signed_by(elder.signer())
    }

    /// The root `authority` of this family as an older, self-signed certificate had it.
    pub(crate) fn former_root(
        self,
        authority: &Authority,
        validity: Validity,
    ) -> Result<CertificateDer<'static>, PkiError> {
        self.root_request(&authority.key, validity).self_signed()
    }

    fn root_request(self, key: &KeyPair, validity: Validity) -> Request<'_> {
        root_request(Subject::new(self.organization(), self.root_name()), key, validity)
    }
}

/// A CA that issued nothing that matters: ballast for a chain.
pub(crate) fn unrelated(number: usize, now: OffsetDateTime) -> Result<CertificateDer<'static>, PkiError> {
    let key = KeyPair::of(KeyKind::P256, Holder::Stranger)?;
    let subject = Subject::new("TEST ONLY Unrelated", format!("Unrelated CA {number}"));
    root_request(subject, &key, root_validity(now, None)).self_signed()
}

/// The life of a root, 25 years: 10 have passed, unless `not_after` says how it ends.
pub(crate) fn root_validity(now: OffsetDateTime, not_after: Option<When>) -> Validity {
    Validity::resolve(now, (None, not_after), (Duration::days(10 * 365), Duration::days(15 * 365)))
}

fn root_request(subject: Subject, key: &KeyPair, validity: Validity) -> Request<'_> {
    Request {
        subject,
        key,
        validity,
        serial: None,
        signature: Signature::Sha256,
        extensions: Extensions {
            is_ca: is_ca(true, None),
            key_usage: &[KeyUsage::KeyCertSign, KeyUsage::CrlSign],
            extended_key_usage: &[],
            names: &[],
            name_constraints: None,
            custom: Vec::new(),
        },
    }
}

/// A certificate that signs others, with its key.
#[derive(Clone)]
pub(crate) struct Authority {
    pub(crate) name: Subject,
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) key: KeyPair,
}

impl Authority {
    pub(crate) fn signer(&self) -> Signer<'_> {
        Signer { name: &self.name, key: &self.key }
    }
}
