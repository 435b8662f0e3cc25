//! What one certificate says, read from its DER bytes.
//!
//! Reading only: signatures are the TLS library's business. Everything a report needs to name the fault is here.

use std::fmt;
use std::net::IpAddr;

use time::OffsetDateTime;
use x509_parser::der_parser::oid;
use x509_parser::der_parser::oid::Oid;
use x509_parser::extensions::{GeneralName, ParsedExtension, X509Extension};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo, X509Name};

use crate::name::{AlternativeName, NameKind, PresentedNames};

/// The kind and size of a public key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum KeyType {
    /// RSA with the length of its modulus in bits.
    Rsa(usize),
    /// Elliptic curve, by the name AWS and OpenSSL use (`prime256v1`, `secp384r1`, `secp521r1`) or its object id.
    Ec(String),
    /// Anything else, by name or object id.
    Other(String),
}

impl KeyType {
    /// Whether AWS lists this key for certificates of custom origins: RSA 1024, 2048, 3072, 4096 or ECDSA P-256, P-384
    /// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-cloudfront-to-custom-origin.html>).
    pub fn is_documented(&self) -> bool {
        match self {
            Self::Rsa(bits) => matches!(bits, 1024 | 2048 | 3072 | 4096),
            Self::Ec(curve) => matches!(curve.as_str(), "prime256v1" | "secp384r1"),
            Self::Other(_) => false,
        }
    }
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa(bits) => write!(f, "RSA {bits}"),
            Self::Ec(curve) => write!(f, "EC {curve}"),
            Self::Other(name) => f.write_str(name),
        }
    }
}

/// The DNS names an authority may issue for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameLimits {
    /// If not empty, names have to lie within one of these.
    pub permitted: Vec<String>,
    /// Names must not lie within any of these.
    pub excluded: Vec<String>,
}

impl NameLimits {
    fn read(limits: &x509_parser::extensions::NameConstraints<'_>) -> Self {
        let names = |trees: &Option<Vec<x509_parser::extensions::GeneralSubtree<'_>>>| {
            let dns = |name: &GeneralName<'_>| match name {
                GeneralName::DNSName(text) => Some((*text).to_owned()),
                _ => None,
            };
            trees.iter().flatten().filter_map(|tree| dns(&tree.base)).collect()
        };
        Self { permitted: names(&limits.permitted_subtrees), excluded: names(&limits.excluded_subtrees) }
    }

    /// Whether `name` lies within the limits.
    pub fn allow(&self, name: &str) -> bool {
        let within = |tree: &String| {
            let (name, tree) = (name.to_ascii_lowercase(), tree.trim_start_matches('.').to_ascii_lowercase());
            tree.is_empty() || name == tree || name.ends_with(&format!(".{tree}"))
        };
        (self.permitted.is_empty() || self.permitted.iter().any(within)) && !self.excluded.iter().any(within)
    }
}

/// The facts of one certificate.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own about the certificate")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Subject as text, most significant part first (`C=…, O=…, CN=…`).
    pub subject: String,
    /// Issuer as text.
    pub issuer: String,
    /// Serial number in hex, without separators.
    pub serial: String,
    /// First moment of validity.
    pub not_before: OffsetDateTime,
    /// Last moment of validity.
    pub not_after: OffsetDateTime,
    /// The public key.
    pub key: KeyType,
    /// Name of the algorithm it is signed with, or the object id where the name is unknown.
    pub signature: String,
    /// The names it presents.
    pub names: PresentedNames,
    /// `cA` of basic constraints; `None` without that extension.
    pub ca: Option<bool>,
    /// How many further authorities may follow below it (`pathLenConstraint`); `None` for no limit.
    pub path_length: Option<u32>,
    /// The DNS names it may issue for, if it limits them (RFC 5280 section 4.2.1.10).
    pub name_limits: NameLimits,
    /// Whether it may sign certificates: key usage absent or with `keyCertSign`.
    pub may_sign_certificates: bool,
    /// Whether it may take part in a handshake: key usage absent, or with a signing or key exchange bit.
    pub may_serve: bool,
    /// Whether it may sign a key exchange, as ECDHE with ECDSA demands below TLS 1.3 (RFC 8422 section 5.3): key usage absent,
    /// or with `digitalSignature`.
    pub may_sign_handshakes: bool,
    /// `None` without extended key usage; otherwise whether `serverAuth` is among the purposes.
    pub server_purpose: Option<bool>,
    /// The purposes of extended key usage as words or object ids; empty without that extension.
    pub purposes: Vec<String>,
    /// `caIssuers` addresses (RFC 5280 section 4.2.2.1): where the issuer's certificate could be fetched.
    pub ca_issuers: Vec<String>,
    /// Whether it claims one of the CA/Browser Forum's reserved policies (2.23.140.1.…), as every publicly trusted leaf does.
    pub public_policy: bool,
    /// Whether it demands a stapled OCSP answer (RFC 7633), which CloudFront does not ask for.
    pub must_staple: bool,
    /// Critical extensions that no library is expected to know, by object id.
    pub unknown_critical: Vec<String>,
    /// Bytes that follow the certificate inside its list entry.
    pub trailing: usize,
    /// Subject, DER.
    pub(crate) subject_raw: Vec<u8>,
    /// Issuer, DER.
    pub(crate) issuer_raw: Vec<u8>,
    /// Subject key identifier.
    pub(crate) subject_key_id: Option<Vec<u8>>,
    /// Key identifier of the authority key identifier.
    pub(crate) authority_key_id: Option<Vec<u8>>,
}

/// Why bytes are not a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a readable X.509 certificate: {reason}")]
pub struct Unreadable {
    /// What the parser stumbled over.
    pub reason: String,
}

impl Certificate {
    /// Reads one certificate.
    ///
    /// # Errors
    /// [`Unreadable`] if the bytes are not a certificate (RFC 5280 section 4.1).
    pub fn parse(der: &[u8]) -> Result<Self, Unreadable> {
        let (rest, parsed) =
            X509Certificate::from_der(der).map_err(|error| Unreadable { reason: error.to_string() })?;
        let mut certificate = Self {
            subject: text(parsed.subject()),
            issuer: text(parsed.issuer()),
            serial: hex(parsed.raw_serial()),
            not_before: parsed.validity().not_before.to_datetime(),
            not_after: parsed.validity().not_after.to_datetime(),
            key: key_type(parsed.public_key()),
            signature: name_of(&parsed.signature_algorithm.algorithm, &SIGNATURES),
            names: PresentedNames { alternative: Vec::new(), common_name: common_name(parsed.subject()) },
            ca: None,
            path_length: None,
            name_limits: NameLimits::default(),
            may_sign_certificates: true,
            may_serve: true,
            may_sign_handshakes: true,
            server_purpose: None,
            purposes: Vec::new(),
            ca_issuers: Vec::new(),
            public_policy: false,
            must_staple: false,
            unknown_critical: Vec::new(),
            trailing: rest.len(),
            subject_raw: parsed.subject().as_raw().to_vec(),
            issuer_raw: parsed.issuer().as_raw().to_vec(),
            subject_key_id: None,
            authority_key_id: None,
        };
        for extension in parsed.extensions() {
            certificate.read_extension(extension);
        }
        Ok(certificate)
    }

    fn read_extension(&mut self, extension: &X509Extension<'_>) {
        match extension.parsed_extension() {
            ParsedExtension::SubjectAlternativeName(names) => {
                self.names.alternative = names.general_names.iter().filter_map(alternative_name).collect();
            }
            ParsedExtension::BasicConstraints(basic) => {
                self.ca = Some(basic.ca);
                self.path_length = basic.path_len_constraint;
            }
            ParsedExtension::NameConstraints(limits) => self.name_limits = NameLimits::read(limits),
            ParsedExtension::KeyUsage(usage) => {
                self.may_sign_certificates = usage.key_cert_sign();
                self.may_sign_handshakes = usage.digital_signature();
                self.may_serve = usage.digital_signature() || usage.key_encipherment() || usage.key_agreement();
            }
            ParsedExtension::ExtendedKeyUsage(usage) => {
                self.server_purpose = Some(usage.server_auth);
                self.purposes = purposes(usage);
            }
            ParsedExtension::SubjectKeyIdentifier(id) => self.subject_key_id = Some(id.0.to_vec()),
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                self.authority_key_id = id.key_identifier.as_ref().map(|id| id.0.to_vec());
            }
            ParsedExtension::AuthorityInfoAccess(access) => {
                let issuers = access.accessdescs.iter().filter(|a| a.access_method == oid!(1.3.6.1.5.5.7.48.2));
                self.ca_issuers = issuers.filter_map(|a| uri(&a.access_location)).collect();
            }
            ParsedExtension::CertificatePolicies(policies) => {
                self.public_policy =
                    policies.iter().any(|p| p.policy_id.as_bytes().starts_with(CA_BROWSER_FORUM.as_bytes()));
            }
            _ if extension.oid == TLS_FEATURE => self.must_staple = true,
            ParsedExtension::UnsupportedExtension { .. } | ParsedExtension::ParseError { .. } if extension.critical => {
                self.unknown_critical.push(extension.oid.to_id_string());
            }
            _ => {}
        }
    }

    /// Whether subject and issuer are the same name: a root, or a self-signed leaf.
    pub fn is_self_issued(&self) -> bool {
        self.subject_raw == self.issuer_raw
    }

    /// Whether `issuer` carries the name, and where both state it the key, that this certificate names as its issuer.
    pub fn names_as_issuer(&self, issuer: &Self) -> bool {
        self.issuer_raw == issuer.subject_raw && key_ids_agree(self, issuer)
    }

    /// Whether `issuer` has the right name but, by the identifiers both state, another key.
    pub fn names_issuer_with_other_key(&self, issuer: &Self) -> bool {
        self.issuer_raw == issuer.subject_raw && !key_ids_agree(self, issuer)
    }

    /// Whether `now` lies within its dates, both included.
    pub fn is_current(&self, now: OffsetDateTime) -> bool {
        self.not_before <= now && now <= self.not_after
    }
}

fn key_ids_agree(certificate: &Certificate, issuer: &Certificate) -> bool {
    match (&certificate.authority_key_id, &issuer.subject_key_id) {
        (Some(wanted), Some(found)) => wanted == found,
        _ => true,
    }
}

fn text(name: &X509Name<'_>) -> String {
    if name.iter().next().is_none() { "(empty)".to_owned() } else { name.to_string() }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The last common name, in the string types that s2n-tls looks at (not `IA5String`).
fn common_name(subject: &X509Name<'_>) -> Option<String> {
    subject.iter_common_name().last()?.as_str().ok().map(str::to_owned)
}

/// An alternative name, if its type takes part in matching.
fn alternative_name(name: &GeneralName<'_>) -> Option<AlternativeName> {
    let (kind, text) = match name {
        GeneralName::DNSName(text) => (NameKind::Dns, (*text).to_owned()),
        GeneralName::URI(text) => (NameKind::Uri, (*text).to_owned()),
        GeneralName::IPAddress(bytes) => (NameKind::Ip, ip_address(bytes)?.to_string()),
        _ => return None,
    };
    Some(AlternativeName { kind, text })
}

fn ip_address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
        _ => None,
    }
}

fn uri(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::URI(text) => Some((*text).to_owned()),
        _ => None,
    }
}

fn purposes(usage: &x509_parser::extensions::ExtendedKeyUsage<'_>) -> Vec<String> {
    let known = [
        (usage.any, "anyExtendedKeyUsage"),
        (usage.server_auth, "serverAuth"),
        (usage.client_auth, "clientAuth"),
        (usage.code_signing, "codeSigning"),
        (usage.email_protection, "emailProtection"),
        (usage.time_stamping, "timeStamping"),
        (usage.ocsp_signing, "OCSPSigning"),
    ];
    let named = known.into_iter().filter(|(set, _)| *set).map(|(_, name)| name.to_owned());
    named.chain(usage.other.iter().map(ToString::to_string)).collect()
}

fn key_type(info: &SubjectPublicKeyInfo<'_>) -> KeyType {
    match info.parsed() {
        Ok(PublicKey::RSA(rsa)) => KeyType::Rsa(rsa.key_size()),
        Ok(PublicKey::EC(_)) => KeyType::Ec(curve_name(&info.algorithm)),
        _ => KeyType::Other(name_of(&info.algorithm.algorithm, &OTHER_KEYS)),
    }
}

fn curve_name(algorithm: &AlgorithmIdentifier<'_>) -> String {
    let oid = algorithm.parameters.as_ref().and_then(|p| p.as_oid().ok());
    oid.map_or_else(|| "(explicit parameters)".to_owned(), |oid| name_of(&oid, &CURVES))
}

/// The name of an object id in `table`, or else its numbers.
fn name_of(oid: &Oid<'_>, table: &[(Oid<'static>, &str)]) -> String {
    let known = table.iter().find(|(known, _)| known == oid);
    known.map_or_else(|| oid.to_id_string(), |(_, name)| (*name).to_owned())
}

/// Reserved policies of publicly trusted certificates stand below this one (CA/Browser Forum, Baseline Requirements).
const CA_BROWSER_FORUM: Oid<'static> = oid!(2.23.140.1);

/// The TLS feature extension, which in practice means "must staple" (RFC 7633 section 4.1).
const TLS_FEATURE: Oid<'static> = oid!(1.3.6.1.5.5.7.1.24);

static OTHER_KEYS: [(Oid<'static>, &str); 4] = [
    (oid!(1.3.101.112), "Ed25519"),
    (oid!(1.3.101.113), "Ed448"),
    (oid!(1.2.840.10040.4.1), "DSA"),
    (oid!(1.2.840.113549.1.1.10), "RSA-PSS"),
];

static CURVES: [(Oid<'static>, &str); 3] =
    [(oid!(1.2.840.10045.3.1.7), "prime256v1"), (oid!(1.3.132.0.34), "secp384r1"), (oid!(1.3.132.0.35), "secp521r1")];

static SIGNATURES: [(Oid<'static>, &str); 12] = [
    (oid!(1.2.840.113549.1.1.4), "md5WithRSAEncryption"),
    (oid!(1.2.840.113549.1.1.5), "sha1WithRSAEncryption"),
    (oid!(1.2.840.113549.1.1.11), "sha256WithRSAEncryption"),
    (oid!(1.2.840.113549.1.1.12), "sha384WithRSAEncryption"),
    (oid!(1.2.840.113549.1.1.13), "sha512WithRSAEncryption"),
    (oid!(1.2.840.113549.1.1.10), "rsassaPss"),
    (oid!(1.2.840.10045.4.1), "ecdsa-with-SHA1"),
    (oid!(1.2.840.10045.4.3.2), "ecdsa-with-SHA256"),
    (oid!(1.2.840.10045.4.3.3), "ecdsa-with-SHA384"),
    (oid!(1.2.840.10045.4.3.4), "ecdsa-with-SHA512"),
    (oid!(1.3.101.112), "Ed25519"),
    (oid!(1.3.101.113), "Ed448"),
];
