//! The TCP side of a connection: replays what the gate has read, notes how the client ended it, and can break off.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
};
use tokio_util::sync::CancellationToken;

/// How long the origin keeps reading from a client to which it has sent its FIN.
const LINGER: Duration = Duration::from_secs(2);

/// A TCP stream under the TLS library.
pub(crate) struct Tap {
    tcp: TcpStream,
    replay: Vec<u8>,
    replayed: usize,
    records: RecordScanner,
    seen: Seen,
    wrote: bool,
    trapped: bool,
    /// How much of the first write goes out, given its length.
    cut: Option<fn(usize) -> usize>,
    limit: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

/// What the tap saw of the client's end.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seen {
    /// How the client ended the TCP connection.
    pub(crate) end: Option<TcpEnd>,
    /// The last alert in clear text.
    pub(crate) alert: Option<u8>,
    /// Why the tap itself has ended the handshake.
    pub(crate) broken_off: Option<BrokenOff>,
}

/// How a client ended a TCP connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TcpEnd {
    /// It sent a FIN.
    Eof,
    /// It sent an RST.
    Reset,
}

/// Why the tap ended a handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BrokenOff {
    /// The first flight is out: see [`Tap::trap`].
    Trap,
    /// It took too long: see [`Tap::limit`].
    Limit,
}

impl Tap {
    pub(crate) fn new(tcp: TcpStream) -> Self {
        Self {
            tcp,
            replay: Vec::new(),
            replayed: 0,
            records: RecordScanner::default(),
            seen: Seen::default(),
            wrote: false,
            trapped: false,
            cut: None,
            limit: None,
        }
    }

    /// Puts back what has been read: the next reader gets it again.
    pub(crate) fn unread(&mut self, bytes: Vec<u8>) {
        self.replay = bytes;
        self.replayed = 0;
    }

    /// Breaks off with an error when the server, after having written, wants to read again: its first flight is out.
    pub(crate) fn trap(&mut self) {
        self.trapped = true;
    }

    /// Lets only a part of the first write out, and springs the trap with it.
    pub(crate) fn cut(&mut self, part: fn(usize) -> usize) {
        self.cut = Some(part);
    }

    /// Lets reading fail once this future is done. A bound around the TLS library would take the connection with it.
    pub(crate) fn limit(&mut self, done: impl Future<Output = ()> + Send + 'static) {
        self.limit = Some(Box::pin(done));
    }

    pub(crate) fn lift_limit(&mut self) {
        self.limit = None;
    }

    pub(crate) const fn seen(&self) -> Seen {
        self.seen
    }

    /// Says this as the last thing; a client that is gone or does not listen misses it.
    pub(crate) async fn say(&mut self, bytes: &[u8]) {
        let _ = tokio::time::timeout(LINGER, self.write_all(bytes)).await;
    }

    /// Closes with FIN and waits for the client to do the same, so that no RST overtakes what was written.
    pub(crate) async fn close(&mut self, stop: &CancellationToken) {
        if self.tcp.shutdown().await.is_ok() {
            // The bound is enough: whether the client is done or not, the connection is dropped afterwards.
            let _ = tokio::time::timeout(LINGER, self.drain(stop)).await;
        }
    }

    /// Resets the connection when it is dropped.
    pub(crate) fn reset_on_drop(&self) {
        // Fails only on a socket that is already gone, which is as good as reset.
        let _ = SockRef::from(&self.tcp).set_linger(Some(Duration::ZERO));
    }

    /// Reads and ignores until the client ends the connection or the origin stops.
    pub(crate) async fn drain(&mut self, stop: &CancellationToken) {
        self.trapped = false;
        let ignore = async {
            let mut buffer = [0; 4096];
            while matches!(self.read(&mut buffer).await, Ok(1..)) {}
        };
        tokio::select! {
            () = ignore => {}
            () = stop.cancelled() => {}
        }
    }

    fn note_error(&mut self, error: &io::Error) {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
        if matches!(error.kind(), ConnectionReset | BrokenPipe | ConnectionAborted) {
            self.seen.end = Some(TcpEnd::Reset);
        }
    }

    fn replay_into(&mut self, buffer: &mut ReadBuf<'_>) {
        let rest = &self.replay[self.replayed..];
        let now = rest.len().min(buffer.remaining());
        buffer.put_slice(&rest[..now]);
        self.replayed += now;
    }
}

impl AsyncRead for Tap {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.replayed < self.replay.len() {
            self.replay_into(buffer);
            return Poll::Ready(Ok(()));
        }
        if self.trapped && self.wrote {
            self.seen.broken_off = Some(BrokenOff::Trap);
            return Poll::Ready(Err(io::Error::other("the origin breaks off after its first flight, as stated")));
        }
        if let Some(limit) = &mut self.limit
            && limit.as_mut().poll(cx).is_ready()
        {
            self.limit = None;
            self.seen.broken_off = Some(BrokenOff::Limit);
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let before = buffer.filled().len();
        let room = buffer.remaining();
        if let Err(error) = ready!(Pin::new(&mut self.tcp).poll_read(cx, buffer)) {
            self.note_error(&error);
            return Poll::Ready(Err(error));
        }
        let fresh = &buffer.filled()[before..];
        if fresh.is_empty() && room > 0 {
            // A connection that was reset reads as ended, too.
            self.seen.end = self.seen.end.or(Some(TcpEnd::Eof));
        }
        if let Some(alert) = self.records.feed(fresh) {
            self.seen.alert = Some(alert);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tap {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.seen.broken_off == Some(BrokenOff::Trap) {
            // The library would report the break-off with an alert; the origin goes without a word.
            return Poll::Ready(Ok(bytes.len()));
        }
        self.wrote = true;
        if let Some(part) = self.cut {
            let first = &bytes[..part(bytes.len()).min(bytes.len())];
            let written = ready!(Pin::new(&mut self.tcp).poll_write(cx, first));
            self.cut = None;
            self.seen.broken_off = Some(BrokenOff::Trap);
            return Poll::Ready(written.map(|_| bytes.len()));
        }
        let written = ready!(Pin::new(&mut self.tcp).poll_write(cx, bytes));
        if let Err(error) = &written {
            self.note_error(error);
        }
        Poll::Ready(written)
    }

    /// In one piece, as over a bare TCP stream: rustls writes an alert along with what goes before it, once.
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.seen.broken_off == Some(BrokenOff::Trap) {
            return Poll::Ready(Ok(pieces.iter().map(|piece| piece.len()).sum()));
        }
        if self.cut.is_some() {
            return self.poll_write(cx, &pieces.iter().flat_map(|piece| piece.iter().copied()).collect::<Vec<_>>());
        }
        self.wrote = true;
        let written = ready!(Pin::new(&mut self.tcp).poll_write_vectored(cx, pieces));
        if let Err(error) = &written {
            self.note_error(error);
        }
        Poll::Ready(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    /// The FIN is sent by [`Tap::close`], so that shutting TLS down does not end the TCP connection at once.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

/// Finds alerts in clear text among TLS records (RFC 5246 section 6.2.1), whatever the pieces they arrive in. Stops
/// looking at the first byte that starts no record.
#[derive(Debug, Default)]
struct RecordScanner {
    header: Vec<u8>,
    missing: usize,
    no_records: bool,
}

impl RecordScanner {
    const HEADER: usize = 5;
    const ALERT: u8 = 21;
    /// `change_cipher_spec` to `application_data`.
    const TYPES: std::ops::RangeInclusive<u8> = 20..=23;

    /// The description of the last alert that these bytes complete.
    fn feed(&mut self, mut bytes: &[u8]) -> Option<u8> {
        let mut alert = None;
        while !bytes.is_empty() && !self.no_records {
            if self.missing == 0 {
                bytes = self.feed_header(bytes);
            } else {
                let (now, rest) = bytes.split_at(self.missing.min(bytes.len()));
                bytes = rest;
                alert = self.feed_fragment(now).or(alert);
            }
        }
        alert
    }

    fn feed_header<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let (now, rest) = bytes.split_at((Self::HEADER - self.header.len()).min(bytes.len()));
        self.header.extend_from_slice(now);
        self.no_records = !Self::TYPES.contains(&self.header[0]);
        if let [_, _, _, high, low] = self.header[..] {
            self.missing = usize::from(u16::from_be_bytes([high, low]));
            if self.missing == 0 {
                self.header.clear();
            }
        }
        rest
    }

    fn feed_fragment(&mut self, now: &[u8]) -> Option<u8> {
        self.missing -= now.len();
        if self.missing > 0 {
            return None;
        }
        let description = now.last().copied().filter(|_| self.is_clear_alert());
        self.header.clear();
        description
    }

    /// An alert in clear text is two bytes, level and description; an encrypted one is always longer.
    fn is_clear_alert(&self) -> bool {
        matches!(self.header[..], [Self::ALERT, _, _, 0, 2])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_found_in_pieces_and_between_other_records() {
        let wire = [22, 3, 1, 0, 3, 9, 9, 9, 21, 3, 3, 0, 2, 2, 42, 23, 3, 3, 0, 1, 7];
        let mut scanner = RecordScanner::default();
        assert_eq!(scanner.feed(&wire), Some(42));
        let mut scanner = RecordScanner::default();
        let found: Vec<u8> = wire.iter().filter_map(|byte| scanner.feed(&[*byte])).collect();
        assert_eq!(found, [42]);
    }

    #[test]
    fn what_is_no_tls_has_no_alerts() {
        let mut scanner = RecordScanner::default();
        assert_eq!(scanner.feed(b"GET \x00\x15\x03\x03\x00\x02\x02\x2a"), None);
        assert_eq!(scanner.feed(&[21, 3, 3, 0, 2, 2, 42]), None);
    }

    #[test]
    fn an_encrypted_alert_stays_unread() {
        let mut scanner = RecordScanner::default();
        assert_eq!(scanner.feed(&[21, 3, 3, 0, 4, 2, 42, 1, 1]), None);
    }
}
