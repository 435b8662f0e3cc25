//! Further connections to an origin, to tell apart what one refused handshake leaves open.
//!
//! An origin that shares no suite, no group or no key type with the edge, or has no certificate for the name, may
//! answer each of them with the same alert, or just close. The documentation's advice is to try again with other
//! settings (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>);
//! [`narrow`] does that, a bounded number of times. A [`probe`] is a bare ClientHello, written without any TLS library,
//! so it can offer what no library offers any more. It reads the origin's first flight, in TLS 1.3 up to its Finished, and
//! completes no handshake.

mod narrow;
mod offer;
mod shares;

use std::io;
use std::time::Duration;

use edge502_rules::certificate::{Certificate, KeyType};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::End;
use crate::wire::{CipherSuite, Flight, HandshakeSecret, NamedGroup, ProtocolVersion, ServerHello, Walk};
use shares::Shares;

pub use narrow::{MAX_PROBES, Narrowed, Trial, Variant, narrow};
pub use offer::Offer;

/// The most bytes read from an origin during a probe.
const MAX_RECEIVED: usize = 256 * 1024;

/// What an origin answered to a bare ClientHello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeAnswer {
    /// What it sent. In TLS 1.3 the certificates are missing if it chose a group or suite whose encryption cannot be
    /// opened here.
    pub flight: Flight,
    /// The first bytes it sent, at most [`Observation::FIRST_BYTES`](crate::Observation::FIRST_BYTES).
    pub first_bytes: Vec<u8>,
    /// How it ended: `Completed` means that the origin chose from the offer.
    pub end: End,
}

impl ProbeAnswer {
    /// Whether the origin found something in the offer that it speaks.
    pub fn accepted(&self) -> bool {
        self.end == End::Completed
    }

    fn hello(&self) -> Option<&ServerHello> {
        self.flight.server_hello.as_ref().or(self.flight.hello_retry_request.as_ref())
    }

    /// The version the origin chose.
    pub fn version(&self) -> Option<ProtocolVersion> {
        self.hello()?.version()
    }

    /// The cipher suite the origin chose.
    pub fn suite(&self) -> Option<CipherSuite> {
        Some(self.hello()?.cipher_suite)
    }

    /// The group the origin chose, or asked for in a HelloRetryRequest.
    pub fn group(&self) -> Option<NamedGroup> {
        self.flight.group.or(self.hello()?.group)
    }

    /// The key of the certificate it showed first, if one could be read.
    pub fn leaf_key(&self) -> Option<KeyType> {
        let leaf = self.flight.served_chain.as_ref()?.first()?;
        Certificate::parse(leaf).ok().map(|certificate| certificate.key)
    }
}

/// Connects with `dialling` and [`probe`]s; each of the two may take `limit`.
pub async fn reach<IO, F>(dialling: F, offer: &Offer, limit: Duration) -> ProbeAnswer
where
    IO: AsyncRead + AsyncWrite + Unpin,
    F: Future<Output = io::Result<IO>>,
{
    let end = match timeout(limit, dialling).await {
        Ok(Ok(io)) => return probe(io, offer, limit).await,
        Ok(Err(error)) => End::from_io(&error),
        Err(_) => End::TimedOut,
    };
    ProbeAnswer { flight: Flight::default(), first_bytes: Vec::new(), end }
}

/// Sends `offer` over a fresh connection and reads the origin's first flight, for at most `limit`.
pub async fn probe<IO>(mut io: IO, offer: &Offer, limit: Duration) -> ProbeAnswer
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let mut talk = Exchange::new(offer);
    let end = match timeout(limit, talk.run(&mut io)).await {
        Ok(Ok(end)) => end,
        Ok(Err(error)) => End::from_io(&error),
        Err(_) => End::TimedOut,
    };
    let first_bytes = talk.received.iter().take(crate::Observation::FIRST_BYTES).copied().collect();
    ProbeAnswer { flight: talk.walk.into_flight(), first_bytes, end }
}

/// One ClientHello and what came back.
struct Exchange {
    hello: Vec<u8>,
    shares: Shares,
    received: Vec<u8>,
    secret: Option<HandshakeSecret>,
    walk: Walk,
}

impl Exchange {
    fn new(offer: &Offer) -> Self {
        let shares = offer.shares();
        Self { hello: offer.encode_with(&shares), shares, received: Vec::new(), secret: None, walk: Walk::default() }
    }

    async fn run<IO>(&mut self, io: &mut IO) -> io::Result<End>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        io.write_all(&self.hello).await?;
        io.flush().await?;
        let mut chunk = [0; 4096];
        loop {
            let count = io.read(&mut chunk).await?;
            self.received.extend_from_slice(&chunk[..count]);
            self.read_on();
            if let Some(end) = self.settled() {
                return Ok(end);
            }
            if count == 0 || self.received.len() >= MAX_RECEIVED {
                return Ok(End::Closed);
            }
        }
    }

    /// Reads what has come, in TLS 1.3 with the secret that the ServerHello gives.
    fn read_on(&mut self) {
        self.walk.read_on(&self.received, self.secret.as_ref());
        if self.secret.is_none() && self.walk.flight().version() == Some(ProtocolVersion::Tls13) {
            self.secret = self.shares.secret(&self.hello, &self.received);
            self.walk.read_on(&self.received, self.secret.as_ref());
        }
    }

    /// How the probe ends once enough was read; `None` to read on.
    fn settled(&self) -> Option<End> {
        let flight = self.walk.flight();
        if flight.alert.is_some() {
            return Some(End::Alert);
        }
        // Without the secret nothing after a TLS 1.3 ServerHello can be read.
        let sealed = flight.version() == Some(ProtocolVersion::Tls13) && self.secret.is_none();
        (sealed || flight.hello_done || flight.hello_retry_request.is_some()).then_some(End::Completed)
    }
}
