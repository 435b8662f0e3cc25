//! The TLS server of an origin: rustls or OpenSSL behind one face.

#[cfg_attr(not(feature = "legacy"), path = "tls/absent.rs")]
mod openssl;
#[cfg(feature = "legacy")]
mod renegotiation;
mod rustls;

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use edge502_pki::Identity;
use time::OffsetDateTime;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{
    error::OriginError,
    history::Negotiated,
    spec::{Backend, TlsSpec},
    tap::Tap,
};

#[cfg(feature = "legacy")]
pub(crate) use self::openssl::{negotiated, signs_key_exchanges};
#[cfg(not(feature = "legacy"))]
pub(crate) use self::rustls::{groups, negotiated};

/// A TLS server with one certificate.
pub(crate) enum Acceptor {
    Rustls(tokio_rustls::TlsAcceptor),
    #[cfg(feature = "legacy")]
    OpenSsl(edge502_legacy_tls::openssl::ssl::SslContext),
}

/// What a TLS server is built from.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "legacy"), allow(dead_code, reason = "rustls never asks for a client's certificate here"))]
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
        let objection = match ingredients.tls.backend {
            Backend::OpenSsl => None,
            backend => match rustls::acceptor(&ingredients) {
                Ok(acceptor) => return Ok(Self::Rustls(acceptor)),
                Err(problem) if backend == Backend::Auto => Some(problem),
                Err(problem) => return Err(OriginError::Impossible { libraries: "rustls", problems: vec![problem] }),
            },
        };
        openssl::acceptor(&ingredients, objection)
    }

    /// Shakes hands. A failed handshake gives the stream back too, so that the connection can be closed properly.
    pub(crate) async fn accept(&self, tap: Tap) -> (Stream, Result<Session, io::Error>) {
        match self {
            Self::Rustls(acceptor) => rustls::accept(acceptor, tap).await,
            #[cfg(feature = "legacy")]
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
    Tls(Box<dyn Encrypted>),
}

/// A TLS connection, whichever library holds it.
pub(crate) trait Encrypted: AsyncRead + AsyncWrite + Unpin + Send {
    /// The TCP side.
    fn tap(&self) -> &Tap;

    /// The TCP side.
    fn tap_mut(&mut self) -> &mut Tap;

    /// The record that asks the client to negotiate anew, right after the handshake; `None` where that is not possible.
    fn hello_request(&self) -> Option<Vec<u8>> {
        None
    }

    /// Whether an orderly end of the data means `close_notify`.
    fn ended_with_close_notify(&self) -> bool;
}

impl Stream {
    /// The TCP side.
    pub(crate) fn tap(&self) -> &Tap {
        match self {
            Self::Plain(tap) => tap,
            Self::Tls(tls) => tls.tap(),
        }
    }

    /// The TCP side.
    pub(crate) fn tap_mut(&mut self) -> &mut Tap {
        match self {
            Self::Plain(tap) => tap,
            Self::Tls(tls) => tls.tap_mut(),
        }
    }

    /// See [`Encrypted::hello_request`].
    pub(crate) fn hello_request(&self) -> Option<Vec<u8>> {
        match self {
            Self::Plain(_) => None,
            Self::Tls(tls) => tls.hello_request(),
        }
    }

    /// The alert that an error of this stream reports as received.
    pub(crate) fn received_alert(error: &io::Error) -> Option<u8> {
        rustls::received_alert(error).or_else(|| openssl::received_alert(error))
    }

    /// See [`Encrypted::ended_with_close_notify`].
    pub(crate) fn ended_with_close_notify(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Tls(tls) => tls.ended_with_close_notify(),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tap) => Pin::new(tap).poll_read(cx, buffer),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tap) => Pin::new(tap).poll_write(cx, bytes),
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tap) => Pin::new(tap).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tap) => Pin::new(tap).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}
