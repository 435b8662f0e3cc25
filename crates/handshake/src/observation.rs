//! What one handshake showed: the evidence on which the verdict rests.

use std::io;
use std::time::Duration;

use crate::wire::{Alert, CipherSuite, ClientHello, Flight, NamedGroup, ProtocolVersion, ServerHello, Talk};

/// Everything seen on the wire during one handshake, and how it ended.
///
/// It is the same for handshakes that succeed and that fail: the served chain, for instance, is here even though
/// s2n-tls refused it. No secret of the connection is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// The first ClientHello sent; `None` if the connection broke before it went out.
    pub client_hello: Option<ClientHello>,
    /// The HelloRetryRequest received, if any (RFC 8446 section 4.1.4).
    pub hello_retry_request: Option<ServerHello>,
    /// The ServerHello received, if any.
    pub server_hello: Option<ServerHello>,
    /// The group the origin chose for the key exchange; `None` for static RSA and finite-field DHE below TLS 1.3.
    pub group: Option<NamedGroup>,
    /// The certificates exactly as the origin sent them: DER, in wire order. `None` if no Certificate message came,
    /// an empty list if an empty one came.
    pub served_chain: Option<Vec<Vec<u8>>>,
    /// Whether the origin asked for a client certificate.
    pub certificate_request: bool,
    /// Subjects (DER names) of the authorities the origin accepts client certificates from, if it said so.
    pub client_certificate_authorities: Vec<Vec<u8>>,
    /// The last alert received, also an encrypted one.
    pub alert: Option<Alert>,
    /// The first bytes the origin sent, at most [`FIRST_BYTES`](Self::FIRST_BYTES).
    pub first_bytes: Vec<u8>,
    /// The error of s2n-tls; `None` after a completed handshake and after a timeout.
    pub library_error: Option<LibraryError>,
    /// How the handshake ended.
    pub end: End,
    /// The s2n-tls policy that was used.
    pub policy: &'static str,
    /// Time from the first byte to the end of the handshake.
    pub elapsed: Duration,
}

/// An error of s2n-tls, under the name its documentation uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryError {
    /// The name without the `S2N_ERR_` prefix, such as `CERT_EXPIRED`.
    pub name: String,
    /// The library's sentence about it.
    pub message: String,
}

/// How a handshake ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Both sides finished it.
    Completed,
    /// The edge ended it: [`Observation::library_error`] says why.
    Aborted,
    /// The origin ended it with an alert: see [`Observation::alert`].
    Alert,
    /// The origin closed the connection in an orderly way (FIN or `close_notify`) in the middle.
    Closed,
    /// The connection was reset or broke while the edge was writing.
    Reset,
    /// The time allowed ran out.
    TimedOut,
    /// Another failure of the connection, in the operating system's words.
    Io(String),
}

impl End {
    /// The end that an error of the connection stands for.
    pub(crate) fn from_io(error: &io::Error) -> Self {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
        match error.kind() {
            ConnectionReset | ConnectionAborted | BrokenPipe => Self::Reset,
            _ => Self::Io(error.to_string()),
        }
    }
}

impl Observation {
    /// How many of the origin's first bytes are kept, enough for a status line or a banner.
    pub const FIRST_BYTES: usize = 256;

    /// Reads what both sides said in clear text: all of it up to TLS 1.2, up to the ServerHello in TLS 1.3. How it ended
    /// is for the caller to fill in.
    pub fn read_clear_text(sent: &[u8], received: &[u8], policy: &'static str) -> Self {
        Self::read(&Talk { sent, received, secret: None }, policy)
    }

    /// Reads what both sides said; how it ended is for the caller to fill in.
    pub(crate) fn read(talk: &Talk<'_>, policy: &'static str) -> Self {
        let flight = Flight::read(talk);
        Self {
            client_hello: ClientHello::parse(talk.sent).ok(),
            hello_retry_request: flight.hello_retry_request,
            server_hello: flight.server_hello,
            group: flight.group,
            served_chain: flight.served_chain,
            certificate_request: flight.certificate_request.is_some(),
            client_certificate_authorities: flight.certificate_request.unwrap_or_default().authorities,
            alert: flight.alert,
            first_bytes: talk.received[..talk.received.len().min(Self::FIRST_BYTES)].to_vec(),
            library_error: None,
            end: End::Completed,
            policy,
            elapsed: Duration::ZERO,
        }
    }

    /// Whether s2n-tls accepted the origin's certificates: the handshake completed, even if an alert came after it.
    pub fn verified(&self) -> bool {
        match self.end {
            End::Completed => true,
            End::Alert => self.library_error.is_none(),
            End::Aborted | End::Closed | End::Reset | End::TimedOut | End::Io(_) => false,
        }
    }

    /// The protocol version the origin chose.
    pub fn version(&self) -> Option<ProtocolVersion> {
        self.server_hello.as_ref()?.version()
    }

    /// The cipher suite the origin chose.
    pub fn suite(&self) -> Option<CipherSuite> {
        Some(self.server_hello.as_ref()?.cipher_suite)
    }

    /// Whether s2n-tls ended the handshake with the error of this name (without `S2N_ERR_`).
    pub fn failed_with(&self, name: &str) -> bool {
        self.library_error.as_ref().is_some_and(|error| error.name == name)
    }

    /// What the origin speaks instead of TLS, if its first bytes are no TLS record; `None` too if it said nothing.
    pub fn not_tls(&self) -> Option<NotTls> {
        NotTls::detect(&self.first_bytes)
    }
}

/// A protocol other than TLS, told from an origin's first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotTls {
    /// An HTTP response in clear text, typically `400 Bad Request` of a plain HTTP port.
    Http,
    /// An SSH banner (RFC 4253 section 4.2).
    Ssh,
    /// A greeting that starts with the reply code 220: SMTP (RFC 5321) or FTP (RFC 959).
    Greeting,
    /// Something else.
    Unknown,
}

impl NotTls {
    fn detect(first: &[u8]) -> Option<Self> {
        match first {
            // Nothing, or content types 20 to 24 and major version 3: the head of a TLS or SSLv3 record.
            [] | [20..=24] | [20..=24, 3, ..] => None,
            _ if first.starts_with(b"HTTP/") => Some(Self::Http),
            _ if first.starts_with(b"SSH-") => Some(Self::Ssh),
            _ if first.starts_with(b"220") => Some(Self::Greeting),
            // Servers answer a request they cannot read with a bare page (HTTP/0.9), too.
            _ if first.trim_ascii_start().starts_with(b"<") => Some(Self::Http),
            _ => Some(Self::Unknown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_are_told_from_their_first_bytes() {
        let cases: [(&[u8], Option<NotTls>); 10] = [
            (b"", None),
            (b"\x16", None),
            (b"\x16\x03\x03\x00\x2a", None),
            (b"\x15\x03\x01\x00\x02\x02\x28", None),
            (b"HTTP/1.1 400 Bad Request\r\n", Some(NotTls::Http)),
            (b"\n<!DOCTYPE html>", Some(NotTls::Http)),
            (b"SSH-2.0-OpenSSH_9.2\r\n", Some(NotTls::Ssh)),
            (b"220 mail.test ESMTP\r\n", Some(NotTls::Greeting)),
            (b"\x16\x04\x00", Some(NotTls::Unknown)),
            (b"\x00\x01\x02", Some(NotTls::Unknown)),
        ];
        for (first, expected) in cases {
            assert_eq!(NotTls::detect(first), expected, "{first:?}");
        }
    }
}
