//! Walks everything a server sent during a handshake and picks out what counts as evidence.

use super::certificate::{CertificateRequest, served_chain};
use super::codes::NamedGroup;
use super::decrypt::{HandshakeSecret, Opener};
use super::reader::Reader;
use super::record::{Alert, ContentType, Message, RECORD_HEADER, Record, message_type, messages, records};
use super::server_hello::{ServerHello, encrypted_protocol};
use super::version::ProtocolVersion;
use crate::HandshakeError;

/// The recorded bytes of one handshake.
#[derive(Clone, Copy)]
pub(crate) struct Talk<'a> {
    pub(crate) sent: &'a [u8],
    pub(crate) received: &'a [u8],
    /// Needed for what a TLS 1.3 server sends after its ServerHello.
    pub(crate) secret: Option<&'a HandshakeSecret>,
}

/// What a server sent. Parts that did not come, or could not be read, are `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flight {
    /// The HelloRetryRequest.
    pub hello_retry_request: Option<ServerHello>,
    /// The ServerHello.
    pub server_hello: Option<ServerHello>,
    /// The group of the key exchange, from the ServerHello or, below TLS 1.3, from the `ServerKeyExchange`.
    pub group: Option<NamedGroup>,
    /// The protocol the server chose by ALPN (RFC 7301), as `h2`.
    pub alpn: Option<Vec<u8>>,
    /// The certificates in wire order.
    pub served_chain: Option<Vec<Vec<u8>>>,
    /// The request for a client certificate.
    pub certificate_request: Option<CertificateRequest>,
    /// The last alert that could be read.
    pub alert: Option<Alert>,
    /// Whether the server's first flight is complete: `ServerHelloDone` came, in TLS 1.3 `Finished`.
    pub hello_done: bool,
}

impl Flight {
    /// Reads what a server sent in clear text: all of it up to TLS 1.2, up to the ServerHello in TLS 1.3.
    pub fn read_clear_text(received: &[u8]) -> Self {
        Self::read(&Talk { sent: &[], received, secret: None })
    }

    pub(crate) fn read(talk: &Talk<'_>) -> Self {
        let mut walk = Walk::default();
        walk.read_on(talk.received, talk.secret);
        walk.into_flight()
    }

    /// The version the server chose.
    pub(crate) fn version(&self) -> Option<ProtocolVersion> {
        self.server_hello.as_ref()?.version()
    }

    fn uses_curve(&self) -> bool {
        self.server_hello
            .as_ref()
            .and_then(|hello| hello.cipher_suite.name())
            .is_some_and(|name| name.contains("_ECDHE_"))
    }
}

/// Reads what a server sends as it comes, each record once: an origin that dribbles costs no more than its bytes.
#[derive(Default)]
pub(crate) struct Walk {
    flight: Flight,
    /// How many of the server's bytes have been read.
    read: usize,
    /// Whether nothing after these can be read, whatever comes.
    over: bool,
    /// Joined handshake payloads that do not yet make a whole message.
    handshake: Vec<u8>,
    opener: Option<Opener>,
}

impl Walk {
    /// Reads on in `received`, which begins with all that was read before. Encrypted records wait for their secret.
    pub(crate) fn read_on(&mut self, received: &[u8], secret: Option<&HandshakeSecret>) {
        if self.over {
            return;
        }
        for record in records(received.get(self.read..).unwrap_or_default()) {
            if !self.record(&record, secret) {
                return;
            }
            self.read += RECORD_HEADER + record.payload.len();
        }
    }

    /// What was read so far.
    pub(crate) fn flight(&self) -> &Flight {
        &self.flight
    }

    pub(crate) fn into_flight(self) -> Flight {
        self.flight
    }

    /// Takes one record; `false` means that nothing after it can be read.
    fn record(&mut self, record: &Record<'_>, secret: Option<&HandshakeSecret>) -> bool {
        match record.content_type {
            ContentType::ChangeCipherSpec => {
                // TLS 1.3 servers send one that means nothing (RFC 8446 appendix D.4).
                self.over = self.flight.version().is_some_and(|version| version < ProtocolVersion::Tls13);
                !self.over
            }
            ContentType::ApplicationData => self.sealed(record, secret),
            clear => {
                self.content(clear, record.payload);
                true
            }
        }
    }

    fn sealed(&mut self, record: &Record<'_>, secret: Option<&HandshakeSecret>) -> bool {
        if self.opener.is_none() {
            let suite = self.flight.server_hello.as_ref().map(|hello| hello.cipher_suite);
            self.opener = suite.zip(secret).and_then(|(suite, secret)| Opener::new(suite, secret));
        }
        let Some(opener) = &mut self.opener else { return false };
        let inside = opener.open(record);
        self.over = inside.is_none();
        if let Some((content_type, content)) = &inside {
            self.content(*content_type, content);
        }
        !self.over
    }

    fn content(&mut self, content_type: ContentType, content: &[u8]) {
        match content_type {
            ContentType::Alert => self.flight.alert = Alert::parse(content).ok().or(self.flight.alert),
            ContentType::Handshake => {
                let mut joined = std::mem::take(&mut self.handshake);
                joined.extend_from_slice(content);
                let mut used = 0;
                for message in messages(&joined) {
                    used += 4 + message.body.len();
                    self.message(&message);
                }
                joined.drain(..used);
                self.handshake = joined;
            }
            ContentType::ChangeCipherSpec | ContentType::ApplicationData => {}
        }
    }

    fn message(&mut self, message: &Message<'_>) {
        let flight = &mut self.flight;
        match (message.kind, flight.version()) {
            (message_type::SERVER_HELLO, None) => self.server_hello(message.body),
            (message_type::ENCRYPTED_EXTENSIONS, Some(ProtocolVersion::Tls13)) => {
                flight.alpn = encrypted_protocol(message.body);
            }
            (message_type::CERTIFICATE, Some(version)) if flight.served_chain.is_none() => {
                flight.served_chain = served_chain(message.body, version).ok();
            }
            (message_type::SERVER_KEY_EXCHANGE, Some(_)) if flight.uses_curve() => {
                flight.group = named_curve(message.body).ok();
            }
            (message_type::SERVER_HELLO_DONE, Some(_)) | (message_type::FINISHED, Some(ProtocolVersion::Tls13)) => {
                flight.hello_done = true;
            }
            (message_type::CERTIFICATE_REQUEST, Some(version)) => {
                // Even one that cannot be read is a request.
                let request = CertificateRequest::parse(message.body, version).unwrap_or_default();
                flight.certificate_request = Some(request);
            }
            _ => {}
        }
    }

    fn server_hello(&mut self, body: &[u8]) {
        let Ok(hello) = ServerHello::parse(body) else { return };
        if hello.is_hello_retry_request() {
            self.flight.hello_retry_request = Some(hello);
        } else {
            self.flight.group = hello.group;
            self.flight.alpn.clone_from(&hello.alpn);
            self.flight.server_hello = Some(hello);
        }
    }
}

/// The curve of an ECDHE `ServerKeyExchange` (RFC 8422 section 5.4).
fn named_curve(body: &[u8]) -> Result<NamedGroup, HandshakeError> {
    const NAMED_CURVE: u8 = 3;
    let mut reader = Reader::new(body, "ServerKeyExchange");
    match reader.u8()? {
        NAMED_CURVE => Ok(reader.u16()?.into()),
        _ => Err(HandshakeError::Malformed { what: "ServerKeyExchange", reason: "its curve is not a named one" }),
    }
}
