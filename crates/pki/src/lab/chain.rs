//! From tables to an identity: authorities from the root down, the leaf, and what is served of it all.

use rcgen::CustomExtension;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::Lab;
use crate::authority::{Authority, Family, root_validity, unrelated};
use crate::certificate::{LONGEST_COMMON_NAME, Request, Subject};
use crate::extension::{
    Extensions, authority_information_access, domain_validated_policy, is_ca, must_staple, unknown_critical,
};
use crate::identity::pem;
use crate::key::{Holder, KeyPair};
use crate::{
    AltName, CertificateSpec, ChainSpec, ExtendedKeyUsage, Identity, IntermediateSpec, Issuer, KeyKind, PkiError,
    Signature, Token, When,
};

/// When certificates end that are served expired beside others of the same key.
const LONG_OVER: When = When::days(-30);

/// Which side of a connection the certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Server,
    Client,
}

/// The tables of one identity, with the lab that makes it.
pub(super) struct Workshop<'a> {
    pub(super) lab: &'a Lab,
    pub(super) certificate: &'a CertificateSpec,
    pub(super) intermediate: &'a IntermediateSpec,
    pub(super) chain: &'a ChainSpec,
    pub(super) purpose: Purpose,
}

/// The certificates of one chain before any is left out.
struct Made {
    family: Option<Family>,
    leaf: CertificateDer<'static>,
    /// The leaf's issuer first, the root last.
    authorities: Vec<Authority>,
}

impl Workshop<'_> {
    pub(super) fn identity(&self, default_name: &str) -> Result<Identity, PkiError> {
        let family = self.family();
        let authorities = self.authorities(family)?;
        let key = KeyPair::of(self.certificate.key, Holder::Leaf)?;
        let leaf = self.leaf(family, authorities.first(), &key, default_name)?;
        let made = Made { family, leaf: self.damage(leaf), authorities };
        let served = self.served(&made)?;
        let presented =
            if self.certificate.key_mismatch { KeyPair::of(self.certificate.key, Holder::Stranger)? } else { key };
        Ok(made.into_identity(served, presented))
    }

    fn family(&self) -> Option<Family> {
        match Family::of(self.certificate.issuer) {
            Some(Family::Public) if self.purpose == Purpose::Client => Some(Family::Client),
            family => family,
        }
    }

    /// The leaf's issuer first, the root last; empty if the leaf signs itself.
    fn authorities(&self, family: Option<Family>) -> Result<Vec<Authority>, PkiError> {
        let Some(family) = family else {
            return Ok(Vec::new());
        };
        let count = self.chain.intermediates.unwrap_or(family.usual_intermediates());
        let mut chain = vec![self.lab.authority(family)?.clone()];
        for position in (1..=count).rev() {
            let issuer = &chain[chain.len() - 1];
            let authority = self.issue_intermediate(family, issuer, position, count)?;
            chain.push(authority);
        }
        chain.reverse();
        Ok(chain)
    }

    fn issue_intermediate(
        &self,
        family: Family,
        issuer: &Authority,
        position: u8,
        count: u8,
    ) -> Result<Authority, PkiError> {
        let spec = self.intermediate_at(position);
        let key = KeyPair::of(self.intermediate_key(&spec, position), Holder::Intermediate(position))?;
        let name = spec.common_name.as_deref().unwrap_or(family.intermediate_name());
        let name = if count > 1 { format!("{name} {position}") } else { name.to_owned() };
        let name = Subject::new(family.organization(), name);
        let certificate = self.sign_intermediate(family, issuer, position, (&spec, &name, &key))?;
        Ok(Authority { name, certificate, key })
    }

    fn intermediate_at(&self, position: u8) -> IntermediateSpec {
        if self.intermediate.describes(position) { self.intermediate.clone() } else { IntermediateSpec::default() }
    }

    fn sign_intermediate(
        &self,
        family: Family,
        issuer: &Authority,
        position: u8,
        (spec, name, key): (&IntermediateSpec, &Subject, &KeyPair),
    ) -> Result<CertificateDer<'static>, PkiError> {
        let request = Request {
            subject: name.clone(),
            key,
            validity: spec.validity(self.lab.now),
            serial: None,
            signature: spec.signature,
            extensions: intermediate_extensions(family, spec, position),
        };
        request.signed_by(issuer.signer())
    }

    /// An intermediate as its authority issued it another time: to the same name, expired or to another key.
    fn other_generation(&self, made: &Made, token: Token, position: u8) -> Result<CertificateDer<'static>, PkiError> {
        let index = usize::from(position - 1);
        let (current, issuer) = (made.intermediates().get(index), made.authorities.get(index + 1));
        let (Some(family), Some(current), Some(issuer)) = (made.family, current, issuer) else {
            return Err(made.no_such(token));
        };
        let mut spec = self.intermediate_at(position);
        let mut key = current.key.clone();
        if let Token::RekeyedIntermediate(_) = token {
            key = KeyPair::of(key.kind, Holder::Stranger)?;
        } else {
            spec.not_after = Some(LONG_OVER);
        }
        self.sign_intermediate(family, issuer, position, (&spec, &current.name, &key))
    }

    /// Only RSA can sign with MD5, so the leaf's issuer follows the leaf's wish unless told otherwise.
    fn intermediate_key(&self, spec: &IntermediateSpec, position: u8) -> KeyKind {
        let md5 = position == 1 && self.certificate.signature == Signature::Md5;
        spec.key.unwrap_or(if md5 { KeyKind::Rsa2048 } else { KeyKind::default() })
    }

    fn leaf(
        &self,
        family: Option<Family>,
        issuer: Option<&Authority>,
        key: &KeyPair,
        default_name: &str,
    ) -> Result<CertificateDer<'static>, PkiError> {
        let names = self.names(default_name)?;
        let request = Request {
            subject: self.subject(family, &names),
            key,
            validity: self.certificate.validity(self.lab.now),
            serial: self.certificate.serial.as_ref(),
            signature: self.certificate.signature,
            extensions: self.leaf_extensions(family, &names),
        };
        match issuer {
            Some(issuer) => request.signed_by(issuer.signer()),
            None => request.self_signed(),
        }
    }

    fn names(&self, default_name: &str) -> Result<Vec<AltName>, PkiError> {
        match (&self.certificate.names, self.certificate.issuer) {
            (Some(stated), _) => Ok(stated.clone()),
            // An ingress controller's stopgap does not know the names it stands in for.
            (None, Issuer::KubernetesIngressFake) => Ok(vec![AltName::Dns("ingress.local".to_owned())]),
            (None, _) => Ok(vec![default_name.parse()?]),
        }
    }

    fn subject(&self, family: Option<Family>, names: &[AltName]) -> Subject {
        let organization = match self.certificate.issuer {
            Issuer::KubernetesIngressFake => "TEST ONLY Acme Co",
            _ => family.map_or("TEST ONLY edge502", Family::organization),
        };
        let usual = || match self.certificate.issuer {
            Issuer::KubernetesIngressFake => Some("Kubernetes Ingress Controller Fake Certificate".to_owned()),
            Issuer::CloudflareOriginCa => Some("CloudFlare Origin Certificate".to_owned()),
            // Public CAs, too, leave out a common name that does not fit.
            _ => names.first().map(AltName::text).filter(|name| name.len() <= LONGEST_COMMON_NAME),
        };
        let common_name = self.certificate.common_name.clone().or_else(usual).filter(|name| !name.is_empty());
        Subject { organization, common_name }
    }

    fn leaf_extensions<'a>(&'a self, family: Option<Family>, names: &'a [AltName]) -> Extensions<'a> {
        let spec = self.certificate;
        let usual: &[_] = match self.purpose {
            Purpose::Server => &[ExtendedKeyUsage::ServerAuth, ExtendedKeyUsage::ClientAuth],
            Purpose::Client => &[ExtendedKeyUsage::ClientAuth],
        };
        let mut custom = public_marks(family, "issuer.cer");
        custom.extend(spec.unknown_critical_extension.then(unknown_critical));
        custom.extend(spec.must_staple.then(must_staple));
        Extensions {
            is_ca: is_ca(spec.ca, None),
            key_usage: spec.key_usage(),
            extended_key_usage: spec.extended_key_usage.as_deref().unwrap_or(usual),
            names,
            name_constraints: None,
            custom,
        }
    }

    fn damage(&self, leaf: CertificateDer<'static>) -> CertificateDer<'static> {
        match self.certificate.corrupt {
            Some(corruption) => corruption.apply(leaf.to_vec()).into(),
            None => leaf,
        }
    }

    fn served(&self, made: &Made) -> Result<Vec<CertificateDer<'static>>, PkiError> {
        let Some(tokens) = &self.chain.serve else {
            return Ok(made.usual());
        };
        let mut served = Vec::new();
        for token in tokens {
            match token {
                Token::Leaf => served.push(made.leaf.clone()),
                Token::Intermediate(position) => {
                    let index = usize::from(position.get() - 1);
                    served.push(made.authority(made.intermediates().get(index), *token)?);
                }
                Token::ExpiredIntermediate(position) | Token::RekeyedIntermediate(position) => {
                    served.push(self.other_generation(made, *token, position.get())?);
                }
                Token::Root => served.push(made.authority(made.authorities.last(), *token)?),
                Token::ExpiredRoot | Token::CrossSigned | Token::ExpiredCrossSigned => {
                    served.push(self.other_root(made, *token)?);
                }
                Token::Unrelated(count) => {
                    for _ in 0..count.get() {
                        served.push(unrelated(served.len(), self.lab.now)?);
                    }
                }
            }
        }
        Ok(served)
    }

    /// Another certificate for the root's name and key.
    fn other_root(&self, made: &Made, token: Token) -> Result<CertificateDer<'static>, PkiError> {
        let (Some(family), Some(root)) = (made.family, made.authorities.last()) else {
            return Err(made.no_such(token));
        };
        let current = root_validity(self.lab.now, None);
        let over = root_validity(self.lab.now, Some(LONG_OVER));
        match token {
            Token::ExpiredRoot => family.former_root(root, over),
            Token::ExpiredCrossSigned => family.cross_sign(root, self.lab.authority(Family::Elder)?, over),
            _ => family.cross_sign(root, self.lab.authority(Family::Elder)?, current),
        }
    }
}

fn intermediate_extensions(family: Family, spec: &IntermediateSpec, position: u8) -> Extensions<'_> {
    Extensions {
        is_ca: is_ca(spec.ca, Some(spec.path_length.unwrap_or(position - 1))),
        key_usage: spec.key_usage(),
        extended_key_usage: spec.extended_key_usage(),
        names: &[],
        name_constraints: Some(&spec.name_constraints),
        custom: public_marks(Some(family), "root.cer"),
    }
}

/// What only certificates of public CAs carry; `file` is the issuer's certificate.
fn public_marks(family: Option<Family>, file: &str) -> Vec<CustomExtension> {
    if family.is_some_and(Family::is_public) {
        vec![domain_validated_policy(), authority_information_access(file)]
    } else {
        Vec::new()
    }
}

impl Made {
    fn intermediates(&self) -> &[Authority] {
        self.authorities.split_last().map_or(&[], |(_, intermediates)| intermediates)
    }

    fn usual(&self) -> Vec<CertificateDer<'static>> {
        let intermediates = self.intermediates().iter().map(|authority| &authority.certificate);
        [&self.leaf].into_iter().chain(intermediates).cloned().collect()
    }

    fn authority(&self, found: Option<&Authority>, token: Token) -> Result<CertificateDer<'static>, PkiError> {
        Ok(found.ok_or_else(|| self.no_such(token))?.certificate.clone())
    }

    fn no_such(&self, token: Token) -> PkiError {
        let numbered = |kind: &str| {
            (1..=self.intermediates().len())
                .map(|position| format!("{kind}intermediate-{position}"))
                .collect::<Vec<_>>()
        };
        let mut available = vec!["leaf".to_owned()];
        available.extend(numbered(""));
        if !self.authorities.is_empty() {
            available.extend(["root", "expired-root", "cross-signed", "expired-cross-signed"].map(str::to_owned));
        }
        available.extend(numbered("expired-"));
        available.extend(numbered("rekeyed-"));
        available.extend(["unrelated".to_owned(), "padding-N".to_owned()]);
        PkiError::NoSuchCertificate { token: token.to_string(), available: available.join(", ") }
    }

    fn into_identity(self, served: Vec<CertificateDer<'static>>, key: KeyPair) -> Identity {
        Identity {
            served,
            leaf: self.leaf,
            authorities: self.authorities.into_iter().map(|authority| authority.certificate).collect(),
            key_pem: pem("PRIVATE KEY", &key.pkcs8),
            key: PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.pkcs8)),
        }
    }
}
