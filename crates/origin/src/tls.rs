//! The TLS server of an origin: rustls or OpenSSL behind one face.

mod openssl;
mod renegotiation;
mod rustls;

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use edge502_legacy_tls::{openssl::ssl::SslContext, tokio_openssl};
use edge502_pki::Identity;
use time::OffsetDateTime;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::server::TlsStream;

use crate::{
    error::OriginError,
    history::Negotiated,
    spec::{Backend, TlsSpec},
    tap::{Tap, TcpEnd},
};

pub(crate) use self::openssl::{negotiated, signs_key_exchanges};

/// A TLS server with one certificate.
pub(crate) enum Acceptor {
    Rustls(tokio_rustls::TlsAcceptor),
    OpenSsl(SslContext),
}

/// What a TLS server is built from.
#[derive(Clone, Copy)]
pub(crate) struct Ingredients<'a> {
    pub(crate) tls: &'a TlsSpec,
    pub(crate) identity: &'a Identity,
    /// The authority whose client certificates are accepted, PEM.
    pub(crate) client_authority: &'a [u8],
    /// The date on which client certificates are judged.
    pub(crate) now: OffsetDateTime,
}

impl Acceptor {
    /// Chooses the library and sets it up; says clearly if no library can serve this.
    pub(crate) fn build(ingredients: Ingredients<'_>) -> Result<Self, OriginError> {
        let with_rustls = || rustls::acceptor(&ingredients).map(Self::Rustls);
        let with_openssl = || openssl::context(&ingredients).map(Self::OpenSsl);
        let (libraries, acceptor) = match ingredients.tls.backend {
            Backend::Rustls => ("rustls", with_rustls().map_err(|why| vec![why])),
            Backend::OpenSsl => ("OpenSSL", with_openssl().map_err(|why| vec![why])),
            Backend::Auto => {
                let either = with_rustls().or_else(|rustls| with_openssl().map_err(|openssl| vec![rustls, openssl]));
                ("rustls and OpenSSL", either)
            }
        };
        acceptor.map_err(|problems| OriginError::Impossible { libraries, problems })
    }

    /// Shakes hands. A failed handshake gives the stream back too, so that the connection can be closed properly.
    pub(crate) async fn accept(&self, tap: Tap) -> (Stream, Result<Session, io::Error>) {
        match self {
            Self::Rustls(acceptor) => rustls::accept(acceptor, tap).await,
            Self::OpenSsl(context) => openssl::accept(context, tap).await,
        }
    }
}

/// What a completed handshake agreed on.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) negotiated: Negotiated,
    /// The client's own certificate, DER.
    pub(crate) client_certificate: Option<Vec<u8>>,
}

/// A connection to a client, encrypted or not.
pub(crate) enum Stream {
    Plain(Tap),
    Rustls(Box<TlsStream<Tap>>),
    OpenSsl(Box<tokio_openssl::SslStream<Tap>>),
}

impl Stream {
    /// The TCP side.
    pub(crate) fn tap(&self) -> &Tap {
        match self {
            Self::Plain(tap) => tap,
            Self::Rustls(tls) => tls.get_ref().0,
            Self::OpenSsl(tls) => tls.get_ref(),
        }
    }

    /// The TCP side.
    pub(crate) fn tap_mut(&mut self) -> &mut Tap {
        match self {
            Self::Plain(tap) => tap,
            Self::Rustls(tls) => tls.get_mut().0,
            Self::OpenSsl(tls) => tls.get_mut(),
        }
    }

    /// The record that asks the client to negotiate anew, right after the handshake; `None` where that is not possible.
    pub(crate) fn hello_request(&self) -> Option<Vec<u8>> {
        match self {
            Self::OpenSsl(tls) => renegotiation::hello_request(tls.ssl()),
            Self::Plain(_) | Self::Rustls(_) => None,
        }
    }

    /// The alert that an error of this stream reports as received.
    pub(crate) fn received_alert(error: &io::Error) -> Option<u8> {
        rustls::received_alert(error).or_else(|| openssl::received_alert(error))
    }

    /// Whether an orderly end of the data means `close_notify`. rustls says so itself (a missing one is an error);
    /// OpenSSL reports a bare FIN the same way, which the tap has seen.
    pub(crate) fn ended_with_close_notify(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Rustls(_) => true,
            Self::OpenSsl(_) => self.tap().seen().end != Some(TcpEnd::Eof),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tap) => Pin::new(tap).poll_read(cx, buffer),
            Self::Rustls(tls) => Pin::new(tls).poll_read(cx, buffer),
            Self::OpenSsl(tls) => Pin::new(tls).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tap) => Pin::new(tap).poll_write(cx, bytes),
            Self::Rustls(tls) => Pin::new(tls).poll_write(cx, bytes),
            Self::OpenSsl(tls) => Pin::new(tls).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tap) => Pin::new(tap).poll_flush(cx),
            Self::Rustls(tls) => Pin::new(tls).poll_flush(cx),
            Self::OpenSsl(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tap) => Pin::new(tap).poll_shutdown(cx),
            Self::Rustls(tls) => Pin::new(tls).poll_shutdown(cx),
            Self::OpenSsl(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}
