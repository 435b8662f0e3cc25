//! Further connections to an origin, to tell apart what one refused handshake leaves open.
//!
//! An origin that shares no suite, no group or no key type with the edge, or has no certificate for the name, may
//! answer each of them with the same alert, or just close. The documentation's advice is to try again with other
//! settings (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>);
//! [`narrow`] does that, a bounded number of times. A [`probe`] is a bare ClientHello, written without any TLS library,
//! so it can offer what no library offers any more. It stops at the origin's first flight and completes no handshake.

mod narrow;
mod offer;

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::End;
use crate::wire::{CipherSuite, Flight, NamedGroup, ProtocolVersion, ServerHello};

pub use narrow::{MAX_PROBES, Narrowed, Trial, Variant, narrow};
pub use offer::Offer;

/// The most bytes read from an origin during a probe.
const MAX_RECEIVED: usize = 256 * 1024;

/// What an origin answered to a bare ClientHello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeAnswer {
    /// What it sent in clear text: certificates only below TLS 1.3.
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
}

/// Sends `offer` over a fresh connection and reads the origin's first flight, for at most `limit`.
pub async fn probe<IO>(mut io: IO, offer: &Offer, limit: Duration) -> ProbeAnswer
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let mut received = Vec::new();
    let end = match timeout(limit, exchange(&mut io, &offer.encode(), &mut received)).await {
        Ok(Ok(end)) => end,
        Ok(Err(error)) => End::from_io(&error),
        Err(_) => End::TimedOut,
    };
    let first_bytes = received.iter().take(crate::Observation::FIRST_BYTES).copied().collect();
    ProbeAnswer { flight: Flight::read_clear_text(&received), first_bytes, end }
}

async fn exchange<IO>(io: &mut IO, hello: &[u8], received: &mut Vec<u8>) -> io::Result<End>
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    io.write_all(hello).await?;
    io.flush().await?;
    let mut chunk = [0; 4096];
    loop {
        let count = io.read(&mut chunk).await?;
        received.extend_from_slice(&chunk[..count]);
        if let Some(end) = settled(&Flight::read_clear_text(received)) {
            return Ok(end);
        }
        if count == 0 || received.len() >= MAX_RECEIVED {
            return Ok(End::Closed);
        }
    }
}

/// How the probe ends once enough was read; `None` to read on.
fn settled(flight: &Flight) -> Option<End> {
    if flight.alert.is_some() {
        return Some(End::Alert);
    }
    // In TLS 1.3 everything after the ServerHello is encrypted.
    let tls13 = flight.server_hello.as_ref().is_some_and(|hello| hello.version() == Some(ProtocolVersion::Tls13));
    (tls13 || flight.hello_done || flight.hello_retry_request.is_some()).then_some(End::Completed)
}
