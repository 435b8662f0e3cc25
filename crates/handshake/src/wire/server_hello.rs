//! ServerHello and HelloRetryRequest (RFC 8446 sections 4.1.3 and 4.1.4): what a server chose.

use super::client_hello::extensions;
use super::codes::{CipherSuite, ExtensionType, NamedGroup};
use super::reader::Reader;
use super::version::ProtocolVersion;
use crate::HandshakeError;

/// The random by which a HelloRetryRequest is told from a ServerHello (RFC 8446 section 4.1.3).
const HELLO_RETRY_RANDOM: [u8; 32] = [
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91, 0xC2, 0xA2, 0x11,
    0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
];

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
        let mut hello = Self { version_code, random, cipher_suite, group: None, extensions: Vec::new() };
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
