//! The origin that all proxies ask: TLS with the lab's P-256 chain of leaf and intermediate, and faults on demand.
//!
//! It is as plain as can be, so that a core is left for the proxy. What it does follows from the path of the request.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use edge502_pki::Identity;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::{HandshakeKind, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

use crate::thread;

/// What becomes of a connection after a sound answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It stays open for the next request.
    Keep,
    /// It is closed, so that every request needs a new one.
    Close,
}

/// Runs until it is dropped.
pub(crate) struct Origin {
    pub(crate) address: SocketAddr,
    seen: Arc<Seen>,
    _thread: Runtime,
}

/// What the origin has seen so far.
#[derive(Debug, Default)]
struct Seen {
    handshakes: AtomicU64,
    resumed: AtomicU64,
    requests: AtomicU64,
}

impl Origin {
    pub(crate) fn start(identity: &Identity, ending: Ending) -> Self {
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider speaks both versions")
            .with_no_client_auth()
            .with_single_cert(identity.served.clone(), identity.key.clone_key())
            .expect("the lab's certificate fits its key");
        let (thread, seen) = (thread(), Arc::new(Seen::default()));
        let listener = thread.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        thread.spawn(serve(listener, Arc::new(config).into(), ending, Arc::clone(&seen)));
        Self { address, seen, _thread: thread }
    }

    /// Full handshakes so far; panics if one was resumed.
    pub(crate) fn handshakes(&self) -> u64 {
        assert_eq!(self.seen.resumed.load(Ordering::SeqCst), 0, "a session was resumed");
        self.seen.handshakes.load(Ordering::SeqCst)
    }

    /// Requests so far.
    pub(crate) fn requests(&self) -> u64 {
        self.seen.requests.load(Ordering::SeqCst)
    }
}

async fn serve(listener: TcpListener, tls: TlsAcceptor, ending: Ending, seen: Arc<Seen>) {
    loop {
        let (stream, _) = listener.accept().await.expect("there are descriptors left");
        let (tls, seen) = (tls.clone(), Arc::clone(&seen));
        // A proxy may leave whenever it likes.
        tokio::spawn(async move { converse(stream, tls, ending, &seen).await });
    }
}

async fn converse(stream: TcpStream, tls: TlsAcceptor, ending: Ending, seen: &Seen) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = tls.accept(stream).await?;
    let resumed = stream.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed);
    let count = if resumed { &seen.resumed } else { &seen.handshakes };
    count.fetch_add(1, Ordering::SeqCst);
    let mut head = Vec::with_capacity(2048);
    loop {
        head.clear();
        while !head.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut head).await? == 0 {
                return Ok(());
            }
        }
        seen.requests.fetch_add(1, Ordering::SeqCst);
        let answer = Answer::to(&head);
        stream.write_all(answer.bytes(ending).as_bytes()).await?;
        if answer != Answer::Sound || ending == Ending::Close {
            return stream.shutdown().await;
        }
    }
}

/// What the origin does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Sound,
    /// Nothing, and the connection is closed.
    Silence,
    /// Half of the body.
    Half,
    /// Something that is not HTTP.
    Noise,
}

impl Answer {
    fn to(head: &[u8]) -> Self {
        let path = head.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
        match path {
            b"/silence" => Self::Silence,
            b"/half" => Self::Half,
            b"/noise" => Self::Noise,
            _ => Self::Sound,
        }
    }

    fn bytes(self, ending: Ending) -> String {
        const BODY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        let body = BODY.repeat(16);
        let connection = if ending == Ending::Close { "Connection: close\r\n" } else { "" };
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCache-Control: max-age=3600\r\nContent-Length: {}\r\n{connection}\r\n",
            body.len()
        );
        match self {
            Self::Sound => head + &body,
            Self::Silence => String::new(),
            Self::Half => head + BODY,
            Self::Noise => "220 mail.shop.test ESMTP\r\n".to_owned(),
        }
    }
}
