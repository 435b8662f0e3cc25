//! Keeps a copy of what crosses a connection during the handshake.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes kept of what the edge sends: two hellos and a client certificate chain fit well.
const MAX_SENT: usize = 64 * 1024;
/// Bytes kept of what the origin sends; s2n-tls itself takes no handshake message above 64 KiB.
const MAX_RECEIVED: usize = 256 * 1024;

/// Wraps a connection and copies the first bytes of both directions, at most [`MAX_SENT`] and [`MAX_RECEIVED`].
///
/// What is written leaves when it is the origin's turn: when something is to be read, or on a flush. s2n-tls writes each
/// record by itself, and a flight of three would be three packets.
///
/// It lives only as long as the handshake: afterwards the bare connection goes on, at no cost at all.
pub(crate) struct Recorder<IO> {
    io: IO,
    sent: Vec<u8>,
    /// Written, but not sent yet; s2n-tls reads before it writes more than a flight.
    held: Vec<u8>,
    received: Vec<u8>,
    failure: Option<io::Error>,
}

impl<IO> Recorder<IO> {
    pub(crate) fn new(io: IO) -> Self {
        Self { io, sent: Vec::new(), held: Vec::new(), received: Vec::new(), failure: None }
    }

    pub(crate) fn sent(&self) -> &[u8] {
        &self.sent
    }

    pub(crate) fn received(&self) -> &[u8] {
        &self.received
    }

    /// The first error of the connection itself.
    pub(crate) fn failure(&self) -> Option<&io::Error> {
        self.failure.as_ref()
    }

    pub(crate) fn into_inner(self) -> IO {
        self.io
    }

    /// Keeps the first error and passes a copy on: s2n-tls only asks whether there was one.
    fn note<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            let copy = io::Error::from(error.kind());
            self.failure.get_or_insert(error);
            copy
        })
    }
}

fn keep(kept: &mut Vec<u8>, bytes: &[u8], limit: usize) {
    let room = limit.saturating_sub(kept.len());
    kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
}

impl<IO: AsyncWrite + Unpin> Recorder<IO> {
    fn send_held(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.held.is_empty() {
            let result = match ready!(Pin::new(&mut self.io).poll_write(cx, &self.held)) {
                Ok(0) => Err(io::ErrorKind::WriteZero.into()),
                result => result,
            };
            let written = self.note(result)?;
            self.held.drain(..written);
        }
        Poll::Ready(Ok(()))
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncRead for Recorder<IO> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        ready!(self.send_held(cx))?;
        let before = buf.filled().len();
        let result = ready!(Pin::new(&mut self.io).poll_read(cx, buf));
        let read = &buf.filled()[before..];
        keep(&mut self.received, read, MAX_RECEIVED);
        Poll::Ready(self.note(result))
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Recorder<IO> {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        keep(&mut self.sent, buf, MAX_SENT);
        self.held.extend_from_slice(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.send_held(cx))?;
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.send_held(cx))?;
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn both_directions_are_kept_up_to_the_limit() {
        let (near, mut far) = tokio::io::duplex(1 << 20);
        let mut recorder = Recorder::new(near);
        recorder.write_all(b"hello").await.unwrap();
        assert_eq!(recorder.held, b"hello");
        recorder.flush().await.unwrap();
        assert_eq!(recorder.held, b"");
        far.write_all(&vec![7; MAX_RECEIVED + 10]).await.unwrap();
        drop(far);
        let mut received = Vec::new();
        recorder.read_to_end(&mut received).await.unwrap();
        assert_eq!(received.len(), MAX_RECEIVED + 10);
        assert_eq!(recorder.received().len(), MAX_RECEIVED);
        assert_eq!(recorder.sent(), b"hello");
    }
}
