//! A passive listener between edge and origin: what could be read on the way.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

use crate::error::ScenarioError;

/// The most bytes kept of what the edge sent.
const KEPT: usize = 256 * 1024;

/// Passes connections on unchanged and keeps what the edge sent on them.
pub(crate) struct Tap {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<u8>>>,
    _acceptor: AbortOnDropHandle<()>,
}

impl Tap {
    /// Listens on loopback in front of `origin`.
    pub(crate) async fn start(origin: SocketAddr) -> Result<Self, ScenarioError> {
        let bind = ScenarioError::io("cannot listen between edge and origin");
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(bind)?;
        let address = listener.local_addr().map_err(ScenarioError::io("cannot read the listener's address"))?;
        let heard = Arc::new(Mutex::new(Vec::new()));
        let acceptor = tokio::spawn(accept(listener, origin, heard.clone()));
        Ok(Self { address, heard, _acceptor: AbortOnDropHandle::new(acceptor) })
    }

    /// Where the edge connects to instead of the origin.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Which of these request headers stood on the wire in clear.
    pub(crate) fn exposed(&self, headers: &[String]) -> Vec<String> {
        // A panicking writer leaves bytes that are still bytes.
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&heard).to_ascii_lowercase();
        let in_clear = |name: &&String| text.contains(&format!("\r\n{}: ", name.to_ascii_lowercase()));
        headers.iter().filter(in_clear).cloned().collect()
    }

    /// Forgets what was heard.
    pub(crate) fn clear(&self) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

async fn accept(listener: TcpListener, origin: SocketAddr, heard: Arc<Mutex<Vec<u8>>>) {
    // Connections end with the acceptor: the set aborts what is left when it is dropped.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((edge, _)) = listener.accept().await {
        connections.spawn(pass(edge, origin, heard.clone()));
        while connections.try_join_next().is_some() {}
    }
}

async fn pass(edge: TcpStream, origin: SocketAddr, heard: Arc<Mutex<Vec<u8>>>) {
    let Ok(origin) = TcpStream::connect(origin).await else { return };
    // Without it small writes would wait for each other's acknowledgement.
    let _ = (edge.set_nodelay(true), origin.set_nodelay(true));
    let (edge_in, mut edge_out) = edge.into_split();
    let (mut origin_in, origin_out) = origin.into_split();
    let back = async {
        let copied = tokio::io::copy(&mut origin_in, &mut edge_out).await;
        edge_out.shutdown().await.and(copied)
    };
    // An error on one side ends that direction, as it would without the tap.
    let _ = tokio::join!(keep(edge_in, origin_out, &heard), back);
}

async fn keep(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    heard: &Mutex<Vec<u8>>,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        remember(heard, &buffer[..read]);
        to.write_all(&buffer[..read]).await?;
    }
}

fn remember(heard: &Mutex<Vec<u8>>, bytes: &[u8]) {
    let mut kept = heard.lock().unwrap_or_else(PoisonError::into_inner);
    let room = KEPT.saturating_sub(kept.len()).min(bytes.len());
    kept.extend_from_slice(&bytes[..room]);
}
