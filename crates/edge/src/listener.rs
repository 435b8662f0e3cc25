//! Where viewers connect: HTTP on one port, HTTPS on another.
//!
//! HTTP/1.1 on both, HTTP/2 where the viewer asks for it by ALPN.
//!
//! What cannot be read as a request is refused by hyper itself, without a page of CloudFront's and without a line in
//! the log: on HTTP/1.1 with an empty 400 for bytes that are no HTTP, an empty 414 for a target of more than 65,534
//! bytes and an empty 431 for a head of more than 256 KiB or 256 lines; on HTTP/2 with an empty 431 or by resetting
//! the stream. Everything else reaches the edge's own checks, and with them CloudFront's pages for 400, 414 and 494.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use crate::service::answer;
use crate::state::State;
use crate::tasks::Tasks;
use crate::visit::Viewer;
use crate::{EdgeError, viewer_tls};

/// How long a viewer may take for its TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a viewer may take for the head of a request; also how long an idle connection is kept.
const HEAD: Duration = Duration::from_secs(30);
/// Room for a request's head. Larger than CloudFront's limits, so that the edge itself can answer 414 and 494.
const HEAD_BUFFER: usize = 256 * 1024;
/// How many header lines a request may have: several times what browsers send. Hyper makes room for as many with each
/// request, so more would cost all of them.
const HEADER_LINES: usize = 256;
/// Pause after the system refused a connection, for example because no file descriptor is left.
const BREATHER: Duration = Duration::from_millis(50);

/// Opens a port and tells which one it is. Fails with the address and advice if it is taken.
pub(crate) async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), EdgeError> {
    let listener = TcpListener::bind(address).await;
    let bound = listener.and_then(|listener| listener.local_addr().map(|local| (listener, local)));
    bound.map_err(|source| EdgeError::Listen { address, source })
}

/// Serves viewers on `listener`, at most `viewers` at a time, until the edge shuts down.
pub(crate) async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, viewers: usize, state: Arc<State>) {
    let room = Arc::new(Semaphore::new(viewers.min(Semaphore::MAX_PERMITS)));
    loop {
        let place = Arc::clone(&room).acquire_owned().await.expect("the semaphore is never closed");
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = state.tasks.draining() => return,
        };
        match accepted {
            Ok((stream, address)) => {
                let (tls, tasks, state) = (tls.clone(), state.tasks.clone(), Arc::clone(&state));
                tasks.spawn(async move {
                    welcome(stream, address, tls, state).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a viewer could not be accepted");
                tokio::time::sleep(BREATHER).await;
            }
        }
    }
}

/// Each conversation is on the heap by itself, so that an idle viewer takes the room of its own kind, not of the largest.
async fn welcome(stream: TcpStream, address: SocketAddr, tls: Option<TlsAcceptor>, state: Arc<State>) {
    // Fails only if the viewer is gone already, which the first read notices.
    let _ = stream.set_nodelay(true);
    let own = stream.local_addr().ok().map(|address| address.ip());
    let Some(tls) = tls else {
        let viewer = Viewer { address, own, https: false, tls: (None, None) };
        return Box::pin(converse(stream, viewer, false, state)).await;
    };
    match Box::pin(shake_hands(stream, &tls)).await {
        Ok(stream) => {
            let session = stream.get_ref().1;
            let http2 = session.alpn_protocol() == Some(b"h2");
            let viewer = Viewer { address, own, https: true, tls: viewer_tls::log_words(session) };
            Box::pin(converse(stream, viewer, http2, state)).await;
        }
        Err(error) => tracing::debug!(%address, %error, "a viewer's TLS handshake failed"),
    }
}

async fn shake_hands(stream: TcpStream, tls: &TlsAcceptor) -> io::Result<tokio_rustls::server::TlsStream<TcpStream>> {
    tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Answers every request on one connection.
async fn converse<IO>(stream: IO, viewer: Viewer, http2: bool, state: Arc<State>)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (viewer, builder) = (Arc::new(viewer), builder(http2, state.tasks.clone()));
    let service = service_fn(|request| {
        let (state, viewer) = (Arc::clone(&state), Arc::clone(&viewer));
        // On the heap, because hyper keeps the room of a future for as long as the viewer stays, idle or not.
        Box::pin(async move { Ok::<_, Infallible>(answer(state, viewer, request).await) })
    });
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        biased;
        ended = connection.as_mut() => ended,
        () = state.tasks.draining() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(address = %viewer.address, %error, "a viewer's connection ended early");
    }
}

fn builder(http2: bool, tasks: Tasks) -> Builder<Tasks> {
    let builder = Builder::new(tasks).title_case_headers(true).preserve_header_case(true);
    let mut builder = if http2 { builder.http2_only() } else { builder.http1_only() };
    builder
        .http1()
        .auto_date_header(false)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_headers(HEADER_LINES)
        .max_buf_size(HEAD_BUFFER);
    builder
        .http2()
        .auto_date_header(false)
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(HEAD_BUFFER).expect("256 KiB fit"))
        .keep_alive_interval(HEAD)
        .keep_alive_timeout(HANDSHAKE);
    builder
}
