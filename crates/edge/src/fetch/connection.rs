//! One HTTP/1.1 connection to an origin, plain or over TLS.
//!
//! CloudFront speaks HTTP/1.1 to custom origins
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html>).

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use edge502_handshake::LateAlert;
use edge502_rules::distribution::limits::HEADER_BLOCK_BYTES;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::pool::{Key, Pool, Reusable};
use super::upload::{Extent, Progress, Upload};
use crate::HandshakeReport;
use crate::tasks::Tasks;

/// How many header lines a response may have: several times what servers send. Hyper makes room for as many with each
/// response, so more would cost all of them.
const HEADER_LINES: usize = 256;

/// A connection that can carry requests, one after the other.
pub(crate) struct Connection {
    pub(super) sender: SendRequest<Upload>,
    /// The origin's address.
    pub(super) peer: SocketAddr,
    /// The handshake, on HTTPS.
    pub(super) handshake: Option<Arc<HandshakeReport>>,
    /// Tells whether a TLS alert ended it after the handshake.
    pub(super) late_alert: Option<LateAlert>,
    /// Whether it has carried a request before.
    pub(super) reused: bool,
    traffic: Arc<Traffic>,
    abandoned: CancellationToken,
    /// Why it ended, if that was an error no request could be told of.
    ended: Arc<OnceLock<hyper::Error>>,
    /// Cancelled when it has ended, whatever the reason, and `ended` says why.
    over: CancellationToken,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("peer", &self.peer).field("reused", &self.reused).finish_non_exhaustive()
    }
}

impl Reusable for Connection {
    fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }
}

impl Connection {
    /// Puts HTTP/1.1 on an open stream; the connection lives in one of `tasks` until it is dropped or closed.
    pub(super) async fn start<IO>(
        stream: IO,
        peer: SocketAddr,
        handshake: Option<Arc<HandshakeReport>>,
        late_alert: Option<LateAlert>,
        tasks: &Tasks,
    ) -> hyper::Result<Self>
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let traffic = Arc::new(Traffic::default());
        let stream = TokioIo::new(Counted { stream, traffic: Arc::clone(&traffic) });
        let mut builder = http1::Builder::new();
        builder
            .title_case_headers(true)
            .preserve_header_case(true)
            .max_headers(HEADER_LINES)
            .max_header_size(HEADER_BLOCK_BYTES);
        let (sender, connection) = builder.handshake(stream).await?;
        // As in `Tasks::spawn`.
        let connection = Box::pin(connection);
        let ended = Arc::new(OnceLock::new());
        let end = Arc::clone(&ended);
        let abandoned = CancellationToken::new();
        let abandon = abandoned.clone();
        let over = CancellationToken::new();
        let is_over = over.clone().drop_guard();
        tasks.spawn(async move {
            let _is_over = is_over;
            if let Some(Err(error)) = abandon.run_until_cancelled(connection).await {
                // Nobody else sets it.
                let _ = end.set(error);
            }
        });
        Ok(Self { sender, peer, handshake, late_alert, reused: false, traffic, abandoned, ended, over })
    }

    /// The error that ended it while no request was on its way. Hyper turns a request away a little before the
    /// connection is done with its error, on another thread perhaps; this waits for it, `bound` at most.
    pub(super) async fn ended(&self, bound: Duration) -> Option<&hyper::Error> {
        let _ = tokio::time::timeout(bound, self.over.cancelled()).await;
        self.ended.get()
    }

    /// Bytes received so far, below HTTP and above TLS.
    pub(super) fn received(&self) -> u64 {
        self.traffic.received.load(Ordering::Relaxed)
    }

    /// What happens on it.
    pub(super) fn traffic(&self) -> Arc<Traffic> {
        Arc::clone(&self.traffic)
    }

    /// Whether something could not be written to the origin.
    pub(super) fn write_failed(&self) -> bool {
        self.traffic.write_failed.load(Ordering::Relaxed)
    }

    /// Closes it at once, whatever is still being sent. Dropping it would first wait for the end of an upload.
    pub(super) fn abandon(self) {
        self.abandoned.cancel();
    }
}

/// A connection in use, with its place in the pool.
#[derive(Debug)]
pub(crate) struct Lease {
    /// There until it is given back.
    connection: Option<Connection>,
    place: Place,
    /// The upload that may still be on its way when the answer is complete.
    upload: Progress,
}

/// Where a connection lies idle, and for how long.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) key: Arc<Key>,
    pub(super) pool: Arc<Pool<Connection>>,
    pub(super) keepalive: Duration,
}

impl Lease {
    pub(super) fn new(connection: Connection, place: Place, upload: Progress) -> Self {
        Self { connection: Some(connection), place, upload }
    }

    /// Puts the connection into the pool, for the next request, unless it still carries this one's upload.
    pub(super) fn give_back(mut self) {
        if self.upload.upload() == Extent::Part {
            return;
        }
        if let Some(mut connection) = self.connection.take() {
            connection.reused = true;
            let Place { key, pool, keepalive } = &self.place;
            pool.put(Arc::clone(key), connection, *keepalive);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take().filter(|_| self.upload.upload() == Extent::Part) {
            connection.abandon();
        }
    }
}

/// What has happened on a stream.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    received: AtomicU64,
    /// When something was received last.
    heard: Mutex<Option<Instant>>,
    write_failed: AtomicBool,
}

impl Traffic {
    /// When something was received last.
    pub(super) fn heard(&self) -> Option<Instant> {
        *self.heard.lock().expect("nothing panics while it holds a point in time")
    }
}

/// Counts what is read, so that a silent death can be told from an answer that broke off, and notes a failed write.
struct Counted<IO> {
    stream: IO,
    traffic: Arc<Traffic>,
}

impl<IO> Counted<IO> {
    fn noted<T>(&self, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if matches!(written, Poll::Ready(Err(_))) {
            self.traffic.write_failed.store(true, Ordering::Relaxed);
        }
        written
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Counted<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let read = buffer.filled().len() - before;
        self.traffic.received.fetch_add(read as u64, Ordering::Relaxed);
        *self.traffic.heard.lock().expect("nothing panics while it holds a point in time") = Some(Instant::now());
        Poll::Ready(Ok(()))
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Counted<IO> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.noted(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.noted(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.noted(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
