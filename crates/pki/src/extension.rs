//! The extensions of a certificate (RFC 5280 section 4.2).

use rcgen::{BasicConstraints, CertificateParams, CustomExtension, IsCa};
use yasna::models::ObjectIdentifier;
use yasna::{DERWriter, Tag, construct_der};

use crate::{AltName, ExtendedKeyUsage, KeyUsage, NameConstraints, PkiError};

/// Where the lab's public CAs say that their certificates can be fetched. Nothing answers there: CloudFront does not
/// fetch missing intermediates, and nobody else in the lab does.
const CA_ISSUERS: &str = "http://aia.lab.test/";

/// What the extensions say, apart from the two key identifiers, which follow from the keys. What is empty is left out,
/// except for the basic constraints.
pub(crate) struct Extensions<'a> {
    pub(crate) is_ca: IsCa,
    pub(crate) key_usage: &'a [KeyUsage],
    pub(crate) extended_key_usage: &'a [ExtendedKeyUsage],
    pub(crate) names: &'a [AltName],
    pub(crate) name_constraints: Option<&'a NameConstraints>,
    pub(crate) custom: Vec<CustomExtension>,
}

impl Extensions<'_> {
    pub(crate) fn write(&self, params: &mut CertificateParams) -> Result<(), PkiError> {
        // rcgen writes the subject's key identifier beside any basic constraints.
        params.use_authority_key_identifier_extension = true;
        params.is_ca = self.is_ca;
        params.key_usages = self.key_usage.iter().map(|usage| usage.purpose()).collect();
        params.extended_key_usages = self.extended_key_usage.iter().map(|usage| usage.purpose()).collect();
        params.subject_alt_names = self.names.iter().map(AltName::san).collect::<Result<_, _>>()?;
        params.name_constraints = self.name_constraints.map(NameConstraints::subtrees).transpose()?;
        params.custom_extensions.clone_from(&self.custom);
        Ok(())
    }
}

/// The basic constraints; a path length only means something for a CA.
pub(crate) fn is_ca(ca: bool, path_length: Option<u8>) -> IsCa {
    match (ca, path_length) {
        (false, _) => IsCa::ExplicitNoCa,
        (true, None) => IsCa::Ca(BasicConstraints::Unconstrained),
        (true, Some(length)) => IsCa::Ca(BasicConstraints::Constrained(length)),
    }
}

/// The issuer's certificate can be fetched from `file` on the lab's server.
pub(crate) fn authority_information_access(file: &str) -> CustomExtension {
    custom(&[1, 3, 6, 1, 5, 5, 7, 1, 1], |writer| {
        writer.write_sequence(|descriptions| {
            descriptions.next().write_sequence(|description| {
                description.next().write_oid(&ObjectIdentifier::from_slice(&[1, 3, 6, 1, 5, 5, 7, 48, 2]));
                let location = format!("{CA_ISSUERS}{file}");
                let uri = |writer: DERWriter<'_>| writer.write_ia5_string(&location);
                description.next().write_tagged_implicit(Tag::context(6), uri);
            });
        });
    })
}

/// The CA/Browser Forum's reserved policy "domain validated"
/// (<https://cabforum.org/resources/object-registry/>).
pub(crate) fn domain_validated_policy() -> CustomExtension {
    custom(&[2, 5, 29, 32], |writer| {
        writer.write_sequence(|policies| {
            policies.next().write_sequence(|policy| {
                policy.next().write_oid(&ObjectIdentifier::from_slice(&[2, 23, 140, 1, 2, 1]));
            });
        });
    })
}

/// A critical extension below 2.999, the arc reserved for examples, which no program knows.
pub(crate) fn unknown_critical() -> CustomExtension {
    let mut extension = custom(&[2, 999, 502], |writer| writer.write_utf8_string("TEST ONLY"));
    extension.set_criticality(true);
    extension
}

/// "Must staple" (RFC 7633): a server that shows this certificate has to staple an OCSP answer.
pub(crate) fn must_staple() -> CustomExtension {
    custom(&[1, 3, 6, 1, 5, 5, 7, 1, 24], |writer| {
        // status_request, the extension of TLS that asks for it.
        writer.write_sequence(|features| features.next().write_u8(5));
    })
}

fn custom(oid: &[u64], write: impl FnOnce(DERWriter<'_>)) -> CustomExtension {
    CustomExtension::from_oid_content(oid, construct_der(write))
}
