//! A ClientHello put together from what it shall offer.

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};

use super::shares::Shares;
use crate::wire::{CipherSuite, ClientHello, ExtensionType, NamedGroup, ProtocolVersion, SignatureScheme};

/// What a bare ClientHello offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Versions, in any order; at least one.
    pub versions: Vec<ProtocolVersion>,
    /// Cipher suites, preferred ones first.
    pub suites: Vec<CipherSuite>,
    /// Groups, preferred ones first.
    pub groups: Vec<NamedGroup>,
    /// Signature schemes, preferred ones first.
    pub schemes: Vec<SignatureScheme>,
    /// The name for SNI, if any is sent.
    pub server_name: Option<String>,
    /// The protocols named by ALPN (RFC 7301), preferred ones first; empty to send none, as CloudFront does.
    pub protocols: Vec<Vec<u8>>,
}

/// Suites an origin may insist on and CloudFront does not offer: DHE, CHACHA20 below TLS 1.3, CCM, ARIA, Camellia,
/// SHA-256 with AES-256 and static RSA, RC4 and 3DES with ECDHE, anonymous and unencrypted ones.
const FOREIGN_SUITES: [u16; 44] = [
    0x1304, 0x1305, 0xCCA9, 0xCCA8, 0xCCAA, 0x009F, 0x009E, 0x006B, 0x0067, 0x0039, 0x0033, 0x00A3, 0x00A2, 0x0038,
    0x0032, 0xC0AD, 0xC0AC, 0xC0AF, 0xC0AE, 0xC09D, 0xC09C, 0xC05D, 0xC05C, 0xC061, 0xC060, 0xC051, 0xC050, 0x003D,
    0x0088, 0x0045, 0x0084, 0x0041, 0xC008, 0xC012, 0x0016, 0xC007, 0xC011, 0x0005, 0x0009, 0x003A, 0x0034, 0x003B,
    0x0002, 0x0001,
];
/// Groups CloudFront does not offer: P-521, X448, finite fields, brainpool, post-quantum hybrids, and three old curves that
/// only origins up to TLS 1.2 have (P-192, P-224, secp256k1).
const FOREIGN_GROUPS: [u16; 19] = [
    0x0013, 0x0015, 0x0016, 0x0019, 0x001E, 0x0100, 0x0101, 0x0102, 0x0103, 0x0104, 0x001A, 0x001B, 0x001C, 0x001F,
    0x0020, 0x0021, 0x11EC, 0x11EB, 0x11ED,
];
/// Signature schemes CloudFront does not offer: Ed25519, Ed448, ECDSA and RSA-PSS variants of older lists, DSA.
const FOREIGN_SCHEMES: [u16; 10] = [0x0807, 0x0808, 0x0603, 0x0809, 0x080A, 0x080B, 0x0402, 0x0302, 0x0202, 0x0203];

impl Offer {
    /// The same offer as in a ClientHello that was sent.
    pub fn like(hello: &ClientHello) -> Self {
        Self {
            versions: hello.versions(),
            suites: hello.cipher_suites.clone(),
            groups: hello.groups.clone(),
            schemes: hello.signature_schemes.clone(),
            server_name: hello.server_name.clone(),
            protocols: hello.alpn.clone(),
        }
    }

    /// The same offer with every version from SSLv3 to TLS 1.3.
    pub fn with_all_versions(mut self) -> Self {
        self.versions = ProtocolVersion::ALL.to_vec();
        self
    }

    /// The same offer with suites behind it that CloudFront does not speak.
    pub fn with_all_suites(mut self) -> Self {
        append(&mut self.suites, &FOREIGN_SUITES);
        self
    }

    /// The same offer with groups behind it that CloudFront does not speak.
    pub fn with_all_groups(mut self) -> Self {
        append(&mut self.groups, &FOREIGN_GROUPS);
        self
    }

    /// The same offer with signature schemes behind it that CloudFront does not speak, so that any type of
    /// certificate key will do.
    pub fn with_all_key_types(mut self) -> Self {
        append(&mut self.schemes, &FOREIGN_SCHEMES);
        self
    }

    /// Everything there is, as far as it is known here.
    pub fn with_everything(self) -> Self {
        self.with_all_versions().with_all_suites().with_all_groups().with_all_key_types()
    }

    /// The same offer with another name as SNI.
    pub fn with_server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    /// The same offer with this protocol, and no other, named by ALPN.
    pub fn with_protocol(mut self, name: &str) -> Self {
        self.protocols = vec![name.as_bytes().to_vec()];
        self
    }

    /// The same offer without SNI.
    pub fn without_server_name(mut self) -> Self {
        self.server_name = None;
        self
    }

    /// The ClientHello as one TLS record, with fresh random values.
    pub fn encode(&self) -> Vec<u8> {
        self.encode_with(&self.shares())
    }

    /// Fresh key shares for the groups, if TLS 1.3 is offered.
    pub(super) fn shares(&self) -> Shares {
        if self.highest() == ProtocolVersion::Tls13 { Shares::fresh(&self.groups) } else { Shares::none() }
    }

    fn highest(&self) -> ProtocolVersion {
        self.versions.iter().max().copied().unwrap_or(ProtocolVersion::Tls12)
    }

    /// The ClientHello with these key shares.
    pub(super) fn encode_with(&self, shares: &Shares) -> Vec<u8> {
        let highest = self.highest();
        let legacy = highest.min(ProtocolVersion::Tls12);
        let mut body = legacy.code().to_be_bytes().to_vec();
        body.extend(random::<32>());
        prefixed::<1>(&mut body, &random::<32>());
        prefixed::<2>(&mut body, &numbers(self.suites.iter().map(|suite| suite.0)));
        prefixed::<1>(&mut body, &[0]);
        if highest > ProtocolVersion::Ssl30 {
            prefixed::<2>(&mut body, &self.extensions(highest, shares));
        }
        let mut message = vec![1];
        prefixed::<3>(&mut message, &body);
        let record_version = legacy.min(ProtocolVersion::Tls10);
        let mut record = vec![22];
        record.extend(record_version.code().to_be_bytes());
        prefixed::<2>(&mut record, &message);
        record
    }

    fn extensions(&self, highest: ProtocolVersion, shares: &Shares) -> Vec<u8> {
        let mut block = Vec::new();
        let mut extension = |kind: ExtensionType, body: &[u8]| {
            block.extend(kind.0.to_be_bytes());
            prefixed::<2>(&mut block, body);
        };
        if let Some(name) = &self.server_name {
            extension(ExtensionType::SERVER_NAME, &server_name(name));
        }
        if !self.groups.is_empty() {
            extension(ExtensionType::SUPPORTED_GROUPS, &list::<2>(&numbers(self.groups.iter().map(|group| group.0))));
            extension(ExtensionType::EC_POINT_FORMATS, &[1, 0]);
        }
        if !self.protocols.is_empty() {
            extension(ExtensionType::ALPN, &list::<2>(&protocol_names(&self.protocols)));
        }
        extension(ExtensionType::EXTENDED_MASTER_SECRET, &[]);
        if highest >= ProtocolVersion::Tls12 {
            let schemes = numbers(self.schemes.iter().map(|scheme| scheme.0));
            extension(ExtensionType::SIGNATURE_ALGORITHMS, &list::<2>(&schemes));
        }
        if highest == ProtocolVersion::Tls13 {
            let mut versions = self.versions.clone();
            versions.sort_unstable_by(|a, b| b.cmp(a));
            let versions = numbers(versions.into_iter().map(ProtocolVersion::code));
            extension(ExtensionType::SUPPORTED_VERSIONS, &list::<1>(&versions));
            extension(ExtensionType::KEY_SHARE, &shares.extension());
        }
        block
    }
}

fn append<T: From<u16> + PartialEq>(list: &mut Vec<T>, numbers: &[u16]) {
    for number in numbers.iter().map(|number| T::from(*number)) {
        if !list.contains(&number) {
            list.push(number);
        }
    }
}

fn server_name(name: &str) -> Vec<u8> {
    let mut entry = vec![0];
    prefixed::<2>(&mut entry, name.as_bytes());
    list::<2>(&entry)
}

fn protocol_names(protocols: &[Vec<u8>]) -> Vec<u8> {
    protocols.iter().fold(Vec::new(), |mut names, protocol| {
        prefixed::<1>(&mut names, protocol);
        names
    })
}

pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).expect("aws-lc aborts rather than fail to give random bytes");
    bytes
}

fn numbers(numbers: impl Iterator<Item = u16>) -> Vec<u8> {
    numbers.flat_map(u16::to_be_bytes).collect()
}

/// Appends a field preceded by its length in `N` bytes. Every field here is far below the limit of its length.
pub(super) fn prefixed<const N: usize>(out: &mut Vec<u8>, field: &[u8]) {
    let length = u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes();
    out.extend(&length[4 - N..]);
    out.extend(field);
}

/// A field preceded by its length in `N` bytes.
pub(super) fn list<const N: usize>(field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(N + field.len());
    prefixed::<N>(&mut out, field);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_survives_its_encoding() {
        let offer = Offer {
            versions: vec![ProtocolVersion::Tls13, ProtocolVersion::Tls12],
            suites: vec![CipherSuite(0x1301), CipherSuite(0xC02F)],
            groups: vec![NamedGroup(0x0017), NamedGroup(0x001D)],
            schemes: vec![SignatureScheme(0x0403)],
            server_name: Some("origin.test".to_owned()),
            protocols: vec![],
        };
        for offer in [
            offer.clone(),
            offer.clone().with_everything(),
            offer.clone().with_protocol("h2"),
            offer.without_server_name(),
        ] {
            let mut hello = ClientHello::parse(&offer.encode()).unwrap();
            let mut read = Offer::like(&hello);
            read.versions.sort_unstable();
            let mut sent = offer.clone();
            sent.versions.sort_unstable();
            assert_eq!(read, sent);
            hello.key_shares.retain(|share| !offer.groups.contains(&share.group));
            assert!(hello.key_shares.is_empty());
        }
    }

    #[test]
    fn an_sslv3_hello_has_no_extensions() {
        let offer = Offer {
            versions: vec![ProtocolVersion::Ssl30],
            suites: vec![CipherSuite(4)],
            groups: vec![NamedGroup(0x17)],
            schemes: vec![],
            server_name: Some("origin.test".to_owned()),
            protocols: vec![],
        };
        let record = offer.encode();
        assert_eq!(record[1..3], [3, 0]);
        let hello = ClientHello::parse(&record).unwrap();
        assert_eq!(hello.versions(), [ProtocolVersion::Ssl30]);
        assert!(hello.extensions.is_empty());
    }
}
