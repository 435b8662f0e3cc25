//! Certificate and CertificateRequest, below TLS 1.3 (RFC 5246 sections 7.4.2, 7.4.4) and in it (RFC 8446 sections
//! 4.4.2, 4.3.2).

use super::client_hello::extensions;
use super::codes::{ExtensionType, SignatureScheme};
use super::reader::Reader;
use super::version::ProtocolVersion;
use crate::HandshakeError;

/// Reads the certificates of a Certificate message body: DER, in wire order, whatever their number and content.
pub fn served_chain(body: &[u8], version: ProtocolVersion) -> Result<Vec<Vec<u8>>, HandshakeError> {
    let mut reader = Reader::new(body, "Certificate");
    if version == ProtocolVersion::Tls13 {
        let _context = reader.vec8()?;
    }
    let mut list = Reader::new(reader.vec24()?, "certificate list");
    let mut chain = Vec::new();
    while !list.is_empty() {
        chain.push(list.vec24()?.to_vec());
        if version == ProtocolVersion::Tls13 {
            let _extensions = list.vec16()?;
        }
    }
    Ok(chain)
}

/// A server's wish for a client certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CertificateRequest {
    /// Subjects (DER names) of the authorities the server accepts; empty means any.
    pub authorities: Vec<Vec<u8>>,
    /// The signature schemes the server accepts; empty below TLS 1.2.
    pub signature_schemes: Vec<SignatureScheme>,
}

impl CertificateRequest {
    /// Reads the body of a CertificateRequest message.
    pub fn parse(body: &[u8], version: ProtocolVersion) -> Result<Self, HandshakeError> {
        let mut reader = Reader::new(body, "CertificateRequest");
        if version == ProtocolVersion::Tls13 {
            return Self::parse_tls13(reader);
        }
        let _certificate_types = reader.vec8()?;
        let mut request = Self::default();
        if version == ProtocolVersion::Tls12 {
            request.signature_schemes = Reader::new(reader.vec16()?, "signature algorithms").numbers()?;
        }
        request.authorities = names(reader.vec16()?)?;
        Ok(request)
    }

    fn parse_tls13(mut reader: Reader<'_>) -> Result<Self, HandshakeError> {
        let _context = reader.vec8()?;
        let mut request = Self::default();
        for (kind, body) in extensions(reader.vec16()?)? {
            let mut body = Reader::new(body, "CertificateRequest extension");
            match kind {
                ExtensionType::SIGNATURE_ALGORITHMS => {
                    request.signature_schemes = Reader::new(body.vec16()?, "signature algorithms").numbers()?;
                }
                ExtensionType::CERTIFICATE_AUTHORITIES => request.authorities = names(body.vec16()?)?,
                _ => {}
            }
        }
        Ok(request)
    }
}

fn names(list: &[u8]) -> Result<Vec<Vec<u8>>, HandshakeError> {
    let mut reader = Reader::new(list, "certificate authorities");
    let mut names = Vec::new();
    while !reader.is_empty() {
        names.push(reader.vec16()?.to_vec());
    }
    Ok(names)
}
