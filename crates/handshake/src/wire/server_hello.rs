//! ServerHello and HelloRetryRequest (RFC 8446 sections 4.1.3 and 4.1.4): what a server chose.

use super::client_hello::{extensions, protocols};
use super::codes::{CipherSuite, ExtensionType, NamedGroup};
use super::reader::Reader;
use super::record::{ContentType, message_type, messages, records};
use super::version::ProtocolVersion;
use crate::HandshakeError;

/// The random by which a HelloRetryRequest is told from a ServerHello (RFC 8446 section 4.1.3).
const HELLO_RETRY_RANDOM: [u8; 32] = [
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91, 0xC2, 0xA2, 0x11,
    0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
];

/// Type and length of a handshake message.
const MESSAGE_HEADER: usize = 4;
/// Version and random of a ServerHello.
const FIXED_PART: usize = 2 + 32;
const SUITE_AND_COMPRESSION: usize = 2 + 1;

/// What a server chose from a ClientHello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerHello {
    /// The version on the wire: of the `supported_versions` extension if present, otherwise of the message.
    pub version_code: u16,
    /// The server's random.
    pub random: [u8; 32],
    /// The cipher suite.
    pub cipher_suite: CipherSuite,
    /// The group of the `key_share` extension; only TLS 1.3 has it here.
    pub group: Option<NamedGroup>,
    /// The protocol chosen by ALPN; below TLS 1.3 it is told here.
    pub alpn: Option<Vec<u8>>,
    /// The types of the extensions, in wire order.
    pub extensions: Vec<ExtensionType>,
}

impl ServerHello {
    /// Reads the body of a ServerHello or HelloRetryRequest message.
    pub fn parse(body: &[u8]) -> Result<Self, HandshakeError> {
        let mut reader = Reader::new(body, "ServerHello");
        let version_code = reader.u16()?;
        let random = reader.array()?;
        let _session_id = reader.vec8()?;
        let cipher_suite = reader.u16()?.into();
        let _compression_method = reader.u8()?;
        let mut hello = Self { version_code, random, cipher_suite, group: None, alpn: None, extensions: Vec::new() };
        if !reader.is_empty() {
            for (kind, body) in extensions(reader.vec16()?)? {
                hello.read_extension(kind, Reader::new(body, "ServerHello extension"))?;
            }
        }
        Ok(hello)
    }

    fn read_extension(&mut self, kind: ExtensionType, mut body: Reader<'_>) -> Result<(), HandshakeError> {
        match kind {
            ExtensionType::SUPPORTED_VERSIONS => self.version_code = body.u16()?,
            // A HelloRetryRequest carries the group alone, a ServerHello the public value, too.
            ExtensionType::KEY_SHARE => self.group = Some(body.u16()?.into()),
            ExtensionType::ALPN => self.alpn = chosen_protocol(body)?,
            _ => {}
        }
        self.extensions.push(kind);
        Ok(())
    }

    /// The version chosen; `None` if it is none that CloudFront could speak.
    pub fn version(&self) -> Option<ProtocolVersion> {
        ProtocolVersion::from_code(self.version_code)
    }

    /// Whether this is a HelloRetryRequest.
    pub fn is_hello_retry_request(&self) -> bool {
        self.random == HELLO_RETRY_RANDOM
    }
}

/// The protocol chosen, from a server's `EncryptedExtensions` (RFC 8446 section 4.3.1).
pub(super) fn encrypted_protocol(body: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader::new(body, "EncryptedExtensions");
    let extensions = extensions(reader.vec16().ok()?).ok()?;
    let (_, body) = extensions.into_iter().find(|(kind, _)| *kind == ExtensionType::ALPN)?;
    chosen_protocol(Reader::new(body, "ALPN")).ok().flatten()
}

fn chosen_protocol(mut body: Reader<'_>) -> Result<Option<Vec<u8>>, HandshakeError> {
    Ok(protocols(body.vec16()?)?.into_iter().next())
}

/// What a TLS 1.3 ServerHello says about the key exchange.
pub(crate) struct ServerShare<'a> {
    /// The whole message, as it enters the transcript.
    pub(crate) message: &'a [u8],
    /// The cipher suite.
    pub(crate) suite: CipherSuite,
    /// The group of the share.
    pub(crate) group: NamedGroup,
    /// The server's public value.
    pub(crate) public: &'a [u8],
}

impl<'a> ServerShare<'a> {
    /// Finds it in what a server sent; `None` if there is no complete one, or the server asks for another ClientHello.
    pub(crate) fn find(received: &'a [u8]) -> Option<Self> {
        let record = records(received).find(|record| record.content_type == ContentType::Handshake)?;
        let message = messages(record.payload).next().filter(|message| message.kind == message_type::SERVER_HELLO)?;
        let hello = ServerHello::parse(message.body).ok().filter(|hello| !hello.is_hello_retry_request())?;
        let mut reader = Reader::new(message.body, "ServerHello");
        reader.take(FIXED_PART).ok()?;
        reader.vec8().ok()?;
        reader.take(SUITE_AND_COMPRESSION).ok()?;
        let extensions = extensions(reader.vec16().ok()?).ok()?;
        let (_, body) = extensions.into_iter().find(|(kind, _)| *kind == ExtensionType::KEY_SHARE)?;
        let mut body = Reader::new(body, "key_share");
        Some(Self {
            message: record.payload.get(..MESSAGE_HEADER + message.body.len())?,
            suite: hello.cipher_suite,
            group: body.u16().ok()?.into(),
            public: body.vec16().ok()?,
        })
    }
}
