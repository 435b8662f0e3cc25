//! A client that says something, in TLS or not, and listens how it ends.

use std::{fmt, io, net::SocketAddr, pin::Pin, time::Duration};

use edge502_legacy_tls::{
    LegacyTlsError, init,
    openssl::{
        error::ErrorStack,
        pkey::PKey,
        ssl::{self, Ssl, SslContext, SslMethod, SslVersion},
        x509::X509,
    },
    tokio_openssl::SslStream,
};
use edge502_pki::Identity;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout_at},
};

use super::{PATIENCE, SILENCE, tls::TLS13_SUITES};
use crate::{history::Negotiated, tls};

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
    /// At most this long in all.
    pub(super) bound: Duration,
    /// After so many bytes only for as long as silence takes to count.
    pub(super) enough: Option<usize>,
}

impl From<Duration> for Attention {
    fn from(bound: Duration) -> Self {
        Self { bound, enough: None }
    }
}

/// Connects, says `say` and listens to the end.
pub(super) async fn talk(addr: SocketAddr, say: &[u8], attention: impl Into<Attention>) -> Heard {
    let Attention { bound, enough } = attention.into();
    let deadline = Instant::now() + bound;
    match connect(addr, deadline).await {
        Ok(tcp) => converse(tcp, say, deadline, enough).await,
        Err(finish) => Heard::only(finish),
    }
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

/// The same as [`talk`] inside TLS, with the bound counted from the handshake on; also what was negotiated, `None` if
/// the handshake did not complete.
pub(super) async fn talk_tls(
    ssl: Ssl,
    addr: SocketAddr,
    say: &[u8],
    attention: impl Into<Attention>,
) -> (Option<Negotiated>, Heard) {
    let Attention { bound, enough } = attention.into();
    let deadline = Instant::now() + PATIENCE;
    let tcp = match connect(addr, deadline).await {
        Ok(tcp) => tcp,
        Err(finish) => return (None, Heard::only(finish)),
    };
    let mut tls = SslStream::new(ssl, tcp).expect("OpenSSL wraps every stream");
    match timeout_at(deadline, Pin::new(&mut tls).connect()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            let error = error.into_io_error().unwrap_or_else(io::Error::other);
            return (None, Heard::only(Finish::of(&error)));
        }
        Err(_) => return (None, Heard::only(Finish::Silence)),
    }
    let negotiated = tls::negotiated(tls.ssl());
    (Some(negotiated), converse(tls, say, Instant::now() + bound, enough).await)
}

async fn connect(addr: SocketAddr, deadline: Instant) -> Result<TcpStream, Finish> {
    let connected = timeout_at(deadline, TcpStream::connect(addr)).await.map_err(|_| Finish::NoAnswer)?;
    connected.and_then(|tcp| tcp.set_nodelay(true).map(|()| tcp)).map_err(|error| Finish::of(&error))
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
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
    fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Self::Reset,
            other => Self::Other(other),
        }
    }
}

/// A client that offers everything: SSL 3.0 to TLS 1.3, all suites of OpenSSL, and a certificate if it has one.
///
/// `groups` replaces OpenSSL's list; they must be ones it knows.
pub(super) fn permissive(name: &str, groups: Option<&str>, identity: Option<&Identity>) -> Result<Ssl, LegacyTlsError> {
    init()?;
    Ok(offer_all(name, groups, identity).expect("OpenSSL offers what it has been built with"))
}

fn offer_all(name: &str, groups: Option<&str>, identity: Option<&Identity>) -> Result<Ssl, ErrorStack> {
    let mut context = SslContext::builder(SslMethod::tls_client())?;
    context.set_security_level(0);
    context.set_min_proto_version(Some(SslVersion::SSL3))?;
    context.set_cipher_list("ALL:!aNULL:!eNULL")?;
    context.set_ciphersuites(&TLS13_SUITES.join(":"))?;
    if let Some(groups) = groups {
        context.set_groups_list(groups)?;
    }
    if let Some(identity) = identity {
        let [leaf, issuers @ ..] = &identity.served[..] else { return Err(ErrorStack::get()) };
        context.set_certificate(&*X509::from_der(leaf)?)?;
        for issuer in issuers {
            context.add_extra_chain_cert(X509::from_der(issuer)?)?;
        }
        context.set_private_key(&*PKey::private_key_from_der(identity.key.secret_der())?)?;
    }
    let mut ssl = Ssl::new(&context.build())?;
    ssl.set_hostname(name)?;
    Ok(ssl)
}

/// The ClientHello of such a client, in records.
pub(super) fn client_hello(ssl: Ssl) -> Vec<u8> {
    let mut stream = ssl::SslStream::new(ssl, Capture::default()).expect("OpenSSL wraps every stream");
    // Ends with "would block" as soon as the hello is out.
    let _ = stream.connect();
    std::mem::take(&mut stream.get_mut().0)
}

/// A peer that takes everything and says nothing.
#[derive(Debug, Default)]
struct Capture(Vec<u8>);

impl io::Read for Capture {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

impl io::Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use edge502_handshake::wire::ClientHello;

    use super::*;

    #[test]
    fn the_hello_asks_for_the_name() {
        let hello = ClientHello::parse(&client_hello(permissive("a.test", None, None).unwrap())).unwrap();
        assert_eq!(hello.server_name.as_deref(), Some("a.test"));
    }

    #[test]
    fn answers_differ_in_more_than_the_date() {
        let heard = |text: &str| Heard { bytes: text.as_bytes().to_vec(), finish: Finish::Eof }.without_date();
        assert_eq!(heard("a\r\nDate: 1\r\nb"), heard("a\r\nDate: 22\r\nb"));
        assert_ne!(heard("a\r\nDate: 1\r\nb"), heard("a\r\nDate: 1\r\nc"));
    }
}
