//! A client that says something, in TLS or not, and listens how it ends.

use std::{fmt, io, net::SocketAddr, ops::RangeInclusive, time::Duration};

use edge502_pki::Identity;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout_at},
};

use super::{PATIENCE, SILENCE};
use crate::{history::Negotiated, spec::Protocol};

/// What a client offers in its ClientHello: everything its TLS library has, where nothing else is stated.
#[derive(Clone)]
#[cfg_attr(
    not(feature = "legacy"),
    allow(dead_code, reason = "no origin of rustls states lists or asks for a certificate")
)]
pub(super) struct Offer<'a> {
    /// The server's name.
    pub(super) name: &'a str,
    pub(super) protocols: RangeInclusive<Protocol>,
    /// Groups in OpenSSL's spelling, with colons.
    pub(super) groups: Option<String>,
    /// Suites up to TLS 1.2, as an OpenSSL list.
    pub(super) ciphers: Option<String>,
    /// Suites of TLS 1.3, with colons.
    pub(super) ciphersuites: Option<String>,
    /// Signature schemes, with colons.
    pub(super) signature_schemes: Option<String>,
    /// What it presents when asked.
    pub(super) identity: Option<&'a Identity>,
}

impl<'a> Offer<'a> {
    /// Everything, to the server of this name.
    pub(super) fn everything(name: &'a str) -> Self {
        let protocols = Protocol::SslV3..=Protocol::TlsV1_3;
        let (groups, ciphers, ciphersuites, signature_schemes) = (None, None, None, None);
        Self { name, protocols, groups, ciphers, ciphersuites, signature_schemes, identity: None }
    }
}

/// What became of a handshake.
#[derive(Debug)]
pub(super) struct Attempt {
    /// Its end of the connection, by which the origin's record of it is known; `None` if there was none.
    pub(super) local: Option<SocketAddr>,
    /// The certificates that came, DER, in wire order.
    pub(super) served_chain: Vec<Vec<u8>>,
    /// The fatal alert that came, by its number.
    pub(super) alert: Option<u8>,
    /// Whether it completed and was not taken back.
    pub(super) completed: bool,
    /// The library's words.
    #[allow(dead_code, reason = "for whoever reads that a self-test failed")]
    pub(super) words: String,
}

/// What became of a conversation inside TLS.
#[derive(Debug)]
pub(super) struct Talk {
    /// As in [`Attempt`].
    pub(super) local: Option<SocketAddr>,
    /// `None` if the handshake did not complete.
    pub(super) negotiated: Option<Negotiated>,
    pub(super) heard: Heard,
}

impl Talk {
    /// Without a handshake to its end.
    pub(super) fn failed(local: Option<SocketAddr>, finish: Finish) -> Self {
        Self { local, negotiated: None, heard: Heard::only(finish) }
    }
}

/// What the client heard.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) bytes: Vec<u8>,
    pub(super) finish: Finish,
}

/// How a conversation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Finish {
    /// The connection was refused.
    Refused,
    /// The connection was not established in time.
    NoAnswer,
    /// The origin closed it.
    Eof,
    /// The origin reset it.
    Reset,
    /// Nothing more came in time.
    Silence,
    /// Something else went wrong.
    Other(io::ErrorKind),
}

impl Heard {
    pub(super) fn only(finish: Finish) -> Self {
        Self { bytes: Vec::new(), finish }
    }

    /// Without the `Date` header, which may differ from the one that was expected a moment ago.
    pub(super) fn without_date(mut self) -> Self {
        let text = String::from_utf8_lossy(&self.bytes);
        if let Some(start) = text.find("\r\nDate: ") {
            let end = self.bytes[start + 2..].iter().position(|byte| *byte == b'\r');
            self.bytes.drain(start..end.map_or(self.bytes.len(), |end| start + 2 + end));
        }
        self
    }
}

impl fmt::Debug for Heard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.bytes.escape_ascii();
        write!(formatter, "{} bytes \"{text}\", then {:?}", self.bytes.len(), self.finish)
    }
}

impl fmt::Display for Heard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

/// How long to listen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attention {
    /// At most this long, from the connection on.
    pub(super) bound: Duration,
    /// After so many bytes only for as long as silence takes to count.
    pub(super) enough: Option<usize>,
}

impl From<Duration> for Attention {
    fn from(bound: Duration) -> Self {
        Self { bound, enough: None }
    }
}

/// Connects, says `say` and listens to the end; the bound counts from the connection on.
pub(super) async fn talk(addr: SocketAddr, say: &[u8], attention: impl Into<Attention>) -> Heard {
    let Attention { bound, enough } = attention.into();
    match connect(addr, Instant::now() + PATIENCE).await {
        Ok(tcp) => converse(tcp, say, Instant::now() + bound, enough).await,
        Err(finish) => Heard::only(finish),
    }
}

/// Connects, if that takes no longer than silence takes to count.
pub(super) async fn knock(addr: SocketAddr) -> Heard {
    let connected = connect(addr, Instant::now() + SILENCE).await;
    Heard::only(connected.map_or_else(|finish| finish, |_| Finish::Silence))
}

/// Connects, says `say` and listens until the origin ends or has said something and is quiet for a while.
pub(super) async fn talk_until_quiet(addr: SocketAddr, say: &[u8]) -> Heard {
    let deadline = Instant::now() + PATIENCE;
    let mut tcp = match connect(addr, deadline).await {
        Ok(tcp) => tcp,
        Err(finish) => return Heard::only(finish),
    };
    let mut heard = Heard::only(Finish::Silence);
    if let Err(error) = tcp.write_all(say).await {
        return Heard::only(Finish::of(&error));
    }
    loop {
        let until = if heard.bytes.is_empty() { deadline } else { deadline.min(Instant::now() + SILENCE) };
        match timeout_at(until, tcp.read_buf(&mut heard.bytes)).await {
            Ok(Ok(1..)) => {}
            Ok(Ok(_)) => return Heard { finish: Finish::Eof, ..heard },
            Ok(Err(error)) => return Heard { finish: Finish::of(&error), ..heard },
            Err(_) => return heard,
        }
    }
}

pub(super) async fn connect(addr: SocketAddr, deadline: Instant) -> Result<TcpStream, Finish> {
    let connected = timeout_at(deadline, TcpStream::connect(addr)).await.map_err(|_| Finish::NoAnswer)?;
    connected.and_then(|tcp| tcp.set_nodelay(true).map(|()| tcp)).map_err(|error| Finish::of(&error))
}

pub(super) async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    say: &[u8],
    mut deadline: Instant,
    enough: Option<usize>,
) -> Heard {
    let mut bytes = Vec::new();
    let mut said = timeout_at(deadline, stream.write_all(say)).await.map(|written| written.map(|()| 1));
    let finish = loop {
        match said {
            Ok(Ok(0)) => break Finish::Eof,
            Ok(Ok(_)) => {}
            Ok(Err(error)) => break Finish::of(&error),
            Err(_) => break Finish::Silence,
        }
        if enough.is_some_and(|enough| bytes.len() >= enough) {
            deadline = deadline.min(Instant::now() + super::SILENCE);
        }
        said = timeout_at(deadline, stream.read_buf(&mut bytes)).await;
    };
    Heard { bytes, finish }
}

impl Finish {
    pub(super) fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Self::Reset,
            // rustls says so where `close_notify` is missing, which is no matter here.
            io::ErrorKind::UnexpectedEof => Self::Eof,
            other => Self::Other(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_differ_in_more_than_the_date() {
        let heard = |text: &str| Heard { bytes: text.as_bytes().to_vec(), finish: Finish::Eof }.without_date();
        assert_eq!(heard("a\r\nDate: 1\r\nb"), heard("a\r\nDate: 22\r\nb"));
        assert_ne!(heard("a\r\nDate: 1\r\nb"), heard("a\r\nDate: 1\r\nc"));
    }
}
