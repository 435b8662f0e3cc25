//! Records (RFC 8446 section 5.1), the handshake messages in them, and alerts (section 6).

use std::fmt;

use super::codes::AlertDescription;
use super::reader::Reader;
use crate::HandshakeError;

/// Handshake message types (RFC 8446 section 4, RFC 5246 section 7.4).
pub(crate) mod message_type {
    pub(crate) const CLIENT_HELLO: u8 = 1;
    pub(crate) const SERVER_HELLO: u8 = 2;
    pub(crate) const ENCRYPTED_EXTENSIONS: u8 = 8;
    pub(crate) const CERTIFICATE: u8 = 11;
    pub(crate) const SERVER_KEY_EXCHANGE: u8 = 12;
    pub(crate) const CERTIFICATE_REQUEST: u8 = 13;
    pub(crate) const SERVER_HELLO_DONE: u8 = 14;
    pub(crate) const FINISHED: u8 = 20;
}

/// The length of a record's header.
pub(crate) const RECORD_HEADER: usize = 5;

/// What a record carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentType {
    /// `change_cipher_spec` (20).
    ChangeCipherSpec,
    /// alert (21).
    Alert,
    /// handshake (22).
    Handshake,
    /// `application_data` (23); in TLS 1.3 any encrypted record.
    ApplicationData,
}

impl ContentType {
    /// The type with this number on the wire.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            20 => Some(Self::ChangeCipherSpec),
            21 => Some(Self::Alert),
            22 => Some(Self::Handshake),
            23 => Some(Self::ApplicationData),
            _ => None,
        }
    }
}

/// One record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// What it carries.
    pub content_type: ContentType,
    /// The five header bytes, which TLS 1.3 authenticates.
    pub header: [u8; 5],
    /// Everything after the header.
    pub payload: &'a [u8],
}

/// Splits bytes into records; ends at the first one that is incomplete or no record at all.
pub fn records(bytes: &[u8]) -> impl Iterator<Item = Record<'_>> {
    let mut reader = Reader::new(bytes, "record");
    std::iter::from_fn(move || {
        let header: [u8; 5] = reader.array().ok()?;
        let content_type = ContentType::from_code(header[0])?;
        let payload = (header[1] == 3).then(|| reader.take(u16::from_be_bytes([header[3], header[4]]).into()))?;
        Some(Record { content_type, header, payload: payload.ok()? })
    })
}

/// One handshake message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// Its type (RFC 8446 section 4).
    pub kind: u8,
    /// Everything after the four header bytes.
    pub body: &'a [u8],
}

/// Splits joined record payloads into handshake messages; ends at the first incomplete one.
pub fn messages(bytes: &[u8]) -> impl Iterator<Item = Message<'_>> {
    let mut reader = Reader::new(bytes, "handshake message");
    std::iter::from_fn(move || {
        let kind = reader.u8().ok()?;
        Some(Message { kind, body: reader.vec24().ok()? })
    })
}

/// How grave the sender calls an alert. s2n-tls ends the handshake on either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertLevel {
    /// warning (1).
    Warning,
    /// fatal (2).
    Fatal,
    /// A number that no version defines.
    Other(u8),
}

/// An alert (RFC 8446 section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alert {
    /// `None` when the record was encrypted and only s2n-tls could read it: it tells the description alone.
    pub level: Option<AlertLevel>,
    /// What the sender reports.
    pub description: AlertDescription,
}

impl Alert {
    /// Reads the two bytes of an alert record.
    pub fn parse(payload: &[u8]) -> Result<Self, HandshakeError> {
        let [level, description] = Reader::new(payload, "alert").array()?;
        let level = match level {
            1 => AlertLevel::Warning,
            2 => AlertLevel::Fatal,
            other => AlertLevel::Other(other),
        };
        Ok(Self { level: Some(level), description: AlertDescription(description) })
    }
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Some(AlertLevel::Warning) => "warning ",
            Some(AlertLevel::Fatal) => "fatal ",
            Some(AlertLevel::Other(_)) | None => "",
        };
        write!(f, "{level}alert {} ({})", self.description.0, self.description)
    }
}
