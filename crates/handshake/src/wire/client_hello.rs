//! ClientHello (RFC 8446 section 4.1.2): what a client offers.

use super::codes::{CipherSuite, ExtensionType, NamedGroup, SignatureScheme};
use super::reader::Reader;
use super::record::{ContentType, message_type, messages, records};
use super::version::ProtocolVersion;
use crate::HandshakeError;

/// What a client offered, in the order in which it offered it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientHello {
    /// The version field of the message itself, at most 0x0303.
    pub legacy_version: u16,
    /// The client's random.
    pub random: [u8; 32],
    /// The session id, up to 32 bytes.
    pub session_id: Vec<u8>,
    /// The cipher suites, including signalling values.
    pub cipher_suites: Vec<CipherSuite>,
    /// The compression methods; 0 is none.
    pub compression_methods: Vec<u8>,
    /// The extensions in wire order.
    pub extensions: Vec<Extension>,
    /// The host name of the `server_name` extension.
    pub server_name: Option<String>,
    /// The numbers of the `supported_versions` extension; empty without it.
    pub supported_versions: Vec<u16>,
    /// The groups of the `supported_groups` extension.
    pub groups: Vec<NamedGroup>,
    /// The key shares sent along.
    pub key_shares: Vec<KeyShare>,
    /// The schemes of the `signature_algorithms` extension.
    pub signature_schemes: Vec<SignatureScheme>,
    /// The protocols of the ALPN extension.
    pub alpn: Vec<Vec<u8>>,
    /// Length of the whole message with its header of four bytes.
    pub length: usize,
}

/// One extension as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Its type.
    pub kind: ExtensionType,
    /// Its body.
    pub body: Vec<u8>,
}

/// One key share of a ClientHello.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyShare {
    /// Its group.
    pub group: NamedGroup,
    /// Length of the public value in bytes.
    pub length: usize,
}

impl ClientHello {
    /// Reads a ClientHello from the bytes a client sent: either records, as they arrive on a socket, or the handshake
    /// message alone.
    ///
    /// Fails if the message is incomplete or malformed.
    pub fn parse(bytes: &[u8]) -> Result<Self, HandshakeError> {
        let joined;
        let message = if bytes.first() == Some(&message_type::CLIENT_HELLO) {
            bytes
        } else {
            joined = handshake_bytes(bytes);
            &joined
        };
        let first = messages(message).next().filter(|message| message.kind == message_type::CLIENT_HELLO);
        match first {
            Some(message) => Self::parse_body(message.body),
            None => Err(HandshakeError::Malformed { what: "ClientHello", reason: "no complete ClientHello message" }),
        }
    }

    fn parse_body(body: &[u8]) -> Result<Self, HandshakeError> {
        let mut reader = Reader::new(body, "ClientHello");
        let mut hello = Self {
            legacy_version: reader.u16()?,
            random: reader.array()?,
            session_id: reader.vec8()?.to_vec(),
            cipher_suites: Reader::new(reader.vec16()?, "cipher suites").numbers()?,
            compression_methods: reader.vec8()?.to_vec(),
            extensions: Vec::new(),
            server_name: None,
            supported_versions: Vec::new(),
            groups: Vec::new(),
            key_shares: Vec::new(),
            signature_schemes: Vec::new(),
            alpn: Vec::new(),
            length: body.len() + 4,
        };
        // SSLv3 and early TLS clients send no extension block at all.
        if !reader.is_empty() {
            for (kind, body) in extensions(reader.vec16()?)? {
                hello.read_extension(kind, body)?;
            }
        }
        Ok(hello)
    }

    fn read_extension(&mut self, kind: ExtensionType, body: &[u8]) -> Result<(), HandshakeError> {
        let mut reader = Reader::new(body, "ClientHello extension");
        match kind {
            ExtensionType::SERVER_NAME => self.server_name = host_name(reader)?,
            ExtensionType::SUPPORTED_VERSIONS => {
                self.supported_versions = Reader::new(reader.vec8()?, "supported_versions").numbers()?;
            }
            ExtensionType::SUPPORTED_GROUPS => {
                self.groups = Reader::new(reader.vec16()?, "supported_groups").numbers()?;
            }
            ExtensionType::SIGNATURE_ALGORITHMS => {
                self.signature_schemes = Reader::new(reader.vec16()?, "signature_algorithms").numbers()?;
            }
            ExtensionType::KEY_SHARE => self.key_shares = key_shares(reader.vec16()?)?,
            ExtensionType::ALPN => self.alpn = protocols(reader.vec16()?)?,
            _ => {}
        }
        self.extensions.push(Extension { kind, body: body.to_vec() });
        Ok(())
    }

    /// The versions offered, newest first. Without a `supported_versions` extension the client states only its highest
    /// version; whether it accepts older ones is not on the wire.
    pub fn versions(&self) -> Vec<ProtocolVersion> {
        let stated = [self.legacy_version];
        let offered = if self.supported_versions.is_empty() { &stated[..] } else { &self.supported_versions };
        let mut versions: Vec<_> = offered.iter().filter_map(|code| ProtocolVersion::from_code(*code)).collect();
        versions.sort_unstable_by(|a, b| b.cmp(a));
        versions
    }
}

/// Joins the payloads of the leading handshake records.
fn handshake_bytes(bytes: &[u8]) -> Vec<u8> {
    let handshake = records(bytes).take_while(|record| record.content_type == ContentType::Handshake);
    handshake.map(|record| record.payload).collect::<Vec<_>>().concat()
}

/// Splits an extension block into types and bodies.
pub(super) fn extensions(block: &[u8]) -> Result<Vec<(ExtensionType, &[u8])>, HandshakeError> {
    let mut reader = Reader::new(block, "extensions");
    let mut extensions = Vec::new();
    while !reader.is_empty() {
        extensions.push((reader.u16()?.into(), reader.vec16()?));
    }
    Ok(extensions)
}

fn host_name(mut reader: Reader<'_>) -> Result<Option<String>, HandshakeError> {
    if reader.is_empty() {
        return Ok(None);
    }
    let mut list = Reader::new(reader.vec16()?, "server_name");
    while !list.is_empty() {
        let (kind, name) = (list.u8()?, list.vec16()?);
        if kind == 0 {
            return Ok(Some(String::from_utf8_lossy(name).into_owned()));
        }
    }
    Ok(None)
}

fn key_shares(list: &[u8]) -> Result<Vec<KeyShare>, HandshakeError> {
    let mut reader = Reader::new(list, "key_share");
    let mut shares = Vec::new();
    while !reader.is_empty() {
        shares.push(KeyShare { group: reader.u16()?.into(), length: reader.vec16()?.len() });
    }
    Ok(shares)
}

/// The protocols in the body of an ALPN extension's list (RFC 7301 section 3.1); a server's list holds the one it chose.
pub(super) fn protocols(list: &[u8]) -> Result<Vec<Vec<u8>>, HandshakeError> {
    let mut reader = Reader::new(list, "ALPN");
    let mut protocols = Vec::new();
    while !reader.is_empty() {
        protocols.push(reader.vec8()?.to_vec());
    }
    Ok(protocols)
}
