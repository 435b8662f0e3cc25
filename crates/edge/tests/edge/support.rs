//! An origin made of a closure, a viewer made of bytes, and an edge between them.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use edge502_edge::{Edge, EdgeConfig, Exchange, FixedEntropy, Overrides};
use edge502_handshake::TrustStore;
use edge502_pki::Lab;
use edge502_rules::clock::{FixedClock, SharedClock};
use edge502_rules::distribution::Distribution;
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

/// When all of this happens.
pub(crate) const NOW: OffsetDateTime = datetime!(2026-03-08 01:42:39 UTC);
/// The id that [`FixedEntropy`] of 7 makes.
pub(crate) const ID: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBw==";
/// Longest wait of any test.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Fails the test if `work` does not end.
pub(crate) async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("this ends in time")
}

pub(crate) fn clock() -> SharedClock {
    Arc::new(FixedClock(NOW))
}

/// An origin on a free port that treats each connection as its closure says.
pub(crate) struct Stub {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Stub {
    /// `serve` gets the number of the connection, from 0, and the connection.
    pub(crate) async fn start<S, F>(serve: S) -> Self
    where
        S: Fn(usize, Peer<TcpStream>) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (connections, requests) = (Arc::new(AtomicUsize::new(0)), Arc::default());
        let address = listener.local_addr().unwrap();
        let (count, seen) = (Arc::clone(&connections), Arc::clone(&requests));
        let task = tokio::spawn(async move {
            let mut serving = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let number = count.fetch_add(1, Ordering::SeqCst);
                serving.spawn(serve(number, Peer::new(stream, Arc::clone(&seen))));
            }
        });
        Self { address, connections, requests, task }
    }

    /// An origin that answers every request with `response`.
    pub(crate) async fn answering(response: &'static str) -> Self {
        Self::start(move |_, mut peer| async move {
            while peer.request().await.is_some() {
                peer.send(response).await;
            }
        })
        .await
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The requests seen so far: head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One connection, from the origin's side.
pub(crate) struct Peer<IO> {
    pub(crate) stream: BufReader<IO>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Peer<IO> {
    pub(crate) fn new(stream: IO, requests: Arc<Mutex<Vec<String>>>) -> Self {
        Self { stream: BufReader::new(stream), requests }
    }

    /// The bare connection, for a handshake, and where requests are noted.
    pub(crate) fn into_parts(self) -> (IO, Arc<Mutex<Vec<String>>>) {
        (self.stream.into_inner(), self.requests)
    }

    /// The next request with its body, as sent; `None` if the edge closed.
    pub(crate) async fn request(&mut self) -> Option<String> {
        let message = read_message(&mut self.stream).await?;
        self.requests.lock().unwrap().push(message.clone());
        Some(message)
    }

    pub(crate) async fn send(&mut self, text: &str) {
        // The edge may be gone, on purpose.
        let _ = self.stream.get_mut().write_all(text.as_bytes()).await;
        let _ = self.stream.get_mut().flush().await;
    }
}

/// A head up to its empty line.
pub(crate) async fn read_head(stream: &mut BufReader<impl AsyncRead + Unpin>) -> Option<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    Some(head)
}

/// A head and, if it has a `Content-Length`, the body.
pub(crate) async fn read_message(stream: &mut BufReader<impl AsyncRead + Unpin>) -> Option<String> {
    let head = read_head(stream).await?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().unwrap())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await.ok()?;
    Some(head + &String::from_utf8(body).unwrap())
}

/// A viewer's connection.
pub(crate) struct Viewer {
    pub(crate) stream: BufReader<TcpStream>,
}

impl Viewer {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.stream.get_mut().write_all(text.as_bytes()).await.unwrap();
    }

    /// Sends a request and reads the response with its `Content-Length`.
    pub(crate) async fn ask(&mut self, request: &str) -> String {
        within(async {
            self.send(request).await;
            read_message(&mut self.stream).await.expect("the edge answers")
        })
        .await
    }

    /// Everything until the edge closes.
    pub(crate) async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        // The edge cuts some responses off on purpose, which may come as a reset.
        let _ = within(self.stream.read_to_end(&mut rest)).await;
        String::from_utf8(rest).unwrap()
    }
}

/// A GET for `path`, after which the connection is closed.
pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: www.shop.test\r\nConnection: close\r\n\r\n")
}

/// Sends one request on a connection of its own and reads until the edge closes.
pub(crate) async fn once(edge: &Edge, request: &str) -> String {
    let mut viewer = Viewer::connect(edge.http_addr()).await;
    viewer.send(request).await;
    viewer.rest().await
}

/// The status of a response, from its first line.
pub(crate) fn status(response: &str) -> u16 {
    let line = response.lines().next().unwrap_or_default();
    line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no status: {response:?}"))
}

/// A distribution for `www.shop.test` that caches nothing, allows every method, and fetches from `origin.test`.
pub(crate) fn distribution(policy: &str) -> Distribution {
    let json = format!(
        r#"{{
            "CallerReference": "test", "Comment": "", "Enabled": true,
            "Aliases": {{ "Quantity": 1, "Items": ["www.shop.test"] }},
            "Origins": {{ "Quantity": 1, "Items": [{{
                "Id": "app", "DomainName": "origin.test",
                "CustomOriginConfig": {{
                    "HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "{policy}",
                    "OriginSslProtocols": {{ "Quantity": 1, "Items": ["TLSv1.2"] }}
                }}
            }}] }},
            "DefaultCacheBehavior": {{
                "TargetOriginId": "app", "ViewerProtocolPolicy": "allow-all",
                "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
                "AllowedMethods": {{
                    "Quantity": 7, "Items": ["GET", "HEAD", "POST", "PUT", "PATCH", "OPTIONS", "DELETE"],
                    "CachedMethods": {{ "Quantity": 2, "Items": ["GET", "HEAD"] }}
                }}
            }}
        }}"#
    );
    Distribution::from_json(&json).unwrap().distribution
}

/// The settings of an edge in front of an origin at `origin`, over HTTP.
pub(crate) fn config(origin: SocketAddr) -> EdgeConfig {
    config_for(distribution("http-only"), &Lab::new(NOW).unwrap(), origin)
}

pub(crate) fn config_for(distribution: Distribution, lab: &Lab, origin: SocketAddr) -> EdgeConfig {
    let trust = TrustStore::from_pem(lab.root_pem()).unwrap();
    let mut config = EdgeConfig::new(distribution, trust, clock());
    config.overrides = Overrides::new().with("origin.test", 80, origin).with("origin.test", 443, origin);
    config.entropy = Arc::new(FixedEntropy(7));
    config
}

pub(crate) async fn edge(origin: SocketAddr) -> Edge {
    Edge::start(config(origin)).await.unwrap()
}

/// An edge whose origin's settings were changed.
pub(crate) async fn edge_with(
    origin: SocketAddr,
    change: impl FnOnce(&mut edge502_rules::distribution::Origin),
) -> Edge {
    let mut config = config(origin);
    change(&mut config.distribution.origins[0]);
    Edge::start(config).await.unwrap()
}

/// An address where nothing listens, nor ever will: the port stays taken.
pub(crate) fn nowhere() -> SocketAddr {
    let taken = TcpSocket::new_v4().unwrap();
    taken.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    Box::leak(Box::new(taken)).local_addr().unwrap()
}

/// What the edge tells next.
pub(crate) async fn next(events: &mut broadcast::Receiver<Arc<Exchange>>) -> Arc<Exchange> {
    within(events.recv()).await.unwrap()
}
