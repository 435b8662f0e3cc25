//! The established connection, and what it can still say about the handshake.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::task::{Context, Poll};

use s2n_tls_tokio::TlsStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::wire::{Alert, AlertDescription};

/// A TLS connection to an origin.
#[derive(Debug)]
pub struct OriginStream<IO: AsyncRead + AsyncWrite + Unpin> {
    tls: TlsStream<IO>,
    late_alert: LateAlert,
}

impl<IO: AsyncRead + AsyncWrite + Unpin> OriginStream<IO> {
    pub(crate) fn new(tls: TlsStream<IO>) -> Self {
        Self { tls, late_alert: LateAlert::default() }
    }

    /// A handle that tells, also after the stream was handed to an HTTP library, which alert broke it.
    pub fn late_alert(&self) -> LateAlert {
        self.late_alert.clone()
    }

    /// The connection under the TLS.
    pub fn get_ref(&self) -> &IO {
        self.tls.get_ref()
    }

    fn note<T>(&self, poll: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if let Poll::Ready(Err(_)) = &poll {
            self.late_alert.set(self.tls.as_ref().alert());
        }
        poll
    }
}

/// The alert that ended a connection after its handshake.
///
/// In TLS 1.3 an origin that insists on a client certificate, or dislikes the one it got, says so only after the edge
/// finished its handshake (RFC 8446 section 4.4.2.4): connecting and writing succeed, and the first read fails. A
/// read error with an alert here is therefore a failed handshake, not a failed response; see
/// [`Connector::refused_late`](crate::Connector::refused_late).
#[derive(Debug, Clone)]
pub struct LateAlert(Arc<AtomicU16>);

/// No alert: outside the range of alert numbers.
const NONE: u16 = u16::MAX;

impl Default for LateAlert {
    fn default() -> Self {
        Self(Arc::new(AtomicU16::new(NONE)))
    }
}

impl LateAlert {
    /// The alert, once a read or write failed because of it. An orderly `close_notify` does not count.
    pub fn get(&self) -> Option<Alert> {
        let number = u8::try_from(self.0.load(Ordering::Acquire)).ok()?;
        Some(Alert { level: None, description: AlertDescription(number) })
    }

    fn set(&self, alert: Option<u8>) {
        if let Some(number) = alert.filter(|number| *number != AlertDescription::CLOSE_NOTIFY.0) {
            self.0.store(number.into(), Ordering::Release);
        }
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncRead for OriginStream<IO> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.tls).poll_read(cx, buf);
        self.note(poll)
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncWrite for OriginStream<IO> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.tls).poll_write(cx, buf);
        self.note(poll)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.tls).poll_flush(cx);
        self.note(poll)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_shutdown(cx)
    }
}
