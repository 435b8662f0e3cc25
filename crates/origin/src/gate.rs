//! Reads a client's first flight before any TLS library sees it.
//!
//! That is what lets an origin decide by SNI with any answer it likes, and keep the ClientHello even of a handshake
//! that fails.

use std::time::Duration;

use edge502_handshake::wire::ClientHello;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    time::timeout,
};

/// Most bytes read before the first flight counts as complete. A ClientHello with post-quantum shares has about 2 KiB.
const FLIGHT_LIMIT: usize = 64 * 1024;

/// How long the client may take for its first flight.
const FLIGHT_BOUND: Duration = Duration::from_secs(10);

/// The longest line of the PROXY protocol's version 1.
const LONGEST_PROXY_LINE: usize = 107;

/// First byte of a TLS handshake record.
const HANDSHAKE_RECORD: u8 = 22;

/// A client's first bytes.
#[derive(Debug, Default)]
pub(crate) struct FirstFlight {
    /// As they were on the wire.
    pub(crate) bytes: Vec<u8>,
    /// Parsed, if they are a ClientHello.
    pub(crate) hello: Option<ClientHello>,
    /// The client took longer than [`FLIGHT_BOUND`].
    pub(crate) timed_out: bool,
}

impl FirstFlight {
    /// Reads until there is a ClientHello, or it is clear that none will come.
    pub(crate) async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> Self {
        let mut flight = Self::default();
        flight.timed_out = timeout(FLIGHT_BOUND, flight.fill(stream)).await.is_err();
        flight
    }

    /// What follows a line of the PROXY protocol, version 1; `None` if the flight does not start with one.
    pub(crate) fn without_proxy_line(&self) -> Option<Vec<u8>> {
        let line = self.bytes.strip_prefix(b"PROXY ")?;
        let end = line.windows(2).take(LONGEST_PROXY_LINE).position(|pair| pair == b"\r\n")?;
        Some(line[end + 2..].to_vec())
    }

    /// The same flight with other bytes in front, so that it is no ClientHello any more.
    pub(crate) fn behind(self, first: &[u8]) -> Self {
        Self { bytes: [first, &self.bytes].concat(), hello: None, ..self }
    }

    async fn fill<S: AsyncRead + Unpin>(&mut self, stream: &mut S) {
        while self.bytes.len() < FLIGHT_LIMIT {
            // The end of the connection shows again to whoever reads next.
            if !matches!(stream.read_buf(&mut self.bytes).await, Ok(1..)) {
                return;
            }
            if self.bytes[0] != HANDSHAKE_RECORD {
                return;
            }
            if let Ok(hello) = ClientHello::parse(&self.bytes) {
                self.hello = Some(hello);
                return;
            }
        }
    }
}
