//! The laboratory: one trusted root, and every certificate a scenario asks for.

mod chain;

use std::fmt;
use std::sync::OnceLock;

use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;

use crate::authority::{Authority, Family};
use crate::identity::certificate_pem;
use crate::{AltName, CertificateSpec, ChainSpec, Identity, IntermediateSpec, Issuer, PkiError};
use chain::{Purpose, Workshop};

/// One trusted root standing in for Mozilla's list of public CAs, and a few authorities that nobody trusts.
///
/// CloudFront trusts the CAs of that list and no others
/// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-cloudfront-to-custom-origin.html>).
/// The root is made with the lab; everything else is made when it is first asked for. Keys are P-256 unless a table
/// says otherwise, so a whole chain costs about a millisecond.
pub struct Lab {
    now: OffsetDateTime,
    /// By [`Family`]; the public one is always there.
    authorities: [OnceLock<Authority>; Family::COUNT],
}

impl Lab {
    /// A lab whose present is `now`, with a fresh root that is valid from 10 years before to 15 years after.
    ///
    /// Fails only if the system has no random numbers, or if `now` is so far off that the root's dates cannot be
    /// written.
    pub fn new(now: OffsetDateTime) -> Result<Self, PkiError> {
        let lab = Self { now, authorities: [const { OnceLock::new() }; Family::COUNT] };
        lab.authority(Family::Public)?;
        Ok(lab)
    }

    /// The moment that relative dates count from.
    pub const fn now(&self) -> OffsetDateTime {
        self.now
    }

    /// The trusted root, DER.
    pub fn root_der(&self) -> CertificateDer<'static> {
        let root = self.authorities[Family::Public as usize].get().expect("`new` makes the public root");
        root.certificate.clone()
    }

    /// The trusted root, PEM.
    pub fn root_pem(&self) -> String {
        certificate_pem(&self.root_der())
    }

    /// The root behind an issuer in PEM: for those who do trust it, such as a company's own servers. `None` if a leaf
    /// of this issuer signs itself.
    pub fn authority_pem(&self, issuer: Issuer) -> Result<Option<String>, PkiError> {
        Family::of(issuer).map(|family| self.family_pem(family)).transpose()
    }

    /// The root of the clients' certificates in PEM: what an origin trusts that wants to see one (origin mTLS).
    pub fn client_authority_pem(&self) -> Result<String, PkiError> {
        self.family_pem(Family::Client)
    }

    /// What an origin presents. `default_name` is its name if `certificate` states none.
    pub fn identity(
        &self,
        certificate: &CertificateSpec,
        intermediate: &IntermediateSpec,
        chain: &ChainSpec,
        default_name: &str,
    ) -> Result<Identity, PkiError> {
        Workshop { lab: self, certificate, intermediate, chain, purpose: Purpose::Server }.identity(default_name)
    }

    /// A sound certificate of the public CA for `names` (at least one); used for the viewer's side of the edge.
    pub fn server_identity(&self, names: &[&str]) -> Result<Identity, PkiError> {
        let names = names.iter().map(|name| name.parse()).collect::<Result<Vec<AltName>, _>>()?;
        let certificate = CertificateSpec { names: Some(names), ..CertificateSpec::default() };
        self.identity(&certificate, &IntermediateSpec::default(), &ChainSpec::default(), "edge.test")
    }

    /// What a client presents to an origin that asks for a certificate
    /// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/origin-mtls-authentication.html>).
    ///
    /// `issuer = "lab"` means the lab's client CA here, see [`client_authority_pem`](Self::client_authority_pem).
    pub fn client_identity(&self, certificate: &CertificateSpec, default_name: &str) -> Result<Identity, PkiError> {
        let (intermediate, chain) = (&IntermediateSpec::default(), &ChainSpec::default());
        Workshop { lab: self, certificate, intermediate, chain, purpose: Purpose::Client }.identity(default_name)
    }

    fn authority(&self, family: Family) -> Result<&Authority, PkiError> {
        let slot = &self.authorities[family as usize];
        if let Some(authority) = slot.get() {
            return Ok(authority);
        }
        let founded = family.found(self.now)?;
        // If another thread was faster, its authority stays and this one is dropped.
        Ok(slot.get_or_init(|| founded))
    }

    fn family_pem(&self, family: Family) -> Result<String, PkiError> {
        Ok(certificate_pem(&self.authority(family)?.certificate))
    }
}

impl fmt::Debug for Lab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lab").field("now", &self.now).finish_non_exhaustive()
    }
}
