//! Many viewers at a time through one edge: 1 to 1,024 of them, over HTTP/1.1 and HTTP/2, for each way an answer is found;
//! and bodies small and large.
//!
//! Every viewer has a connection of its own that stays open, HTTP/2 over TLS; an iteration is one request of each, all
//! under way at once. Viewers, edge and origin have a thread each, so on two cores they share: compare the ways and the
//! numbers of viewers with each other, not with another machine.

#[path = "support/edge.rs"]
#[allow(dead_code, reason = "other benches use the rest")]
mod edge;
#[path = "support/lab_day.rs"]
mod lab_day;
mod support;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use edge::{HOST, Way};
use edge502_edge::Edge;
use edge502_pki::Lab;
use futures_util::future::join_all;
use http::Request;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use lab_day::LabDay;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Mutex;
use tokio_rustls::TlsConnector;

/// How many viewers ask at a time.
const VIEWERS: [usize; 4] = [1, 16, 256, 1_024];
/// A large body, in bytes.
const LARGE: usize = 1024 * 1024;

#[derive(Clone, Copy)]
enum Protocol {
    Http1,
    Http2,
}

impl Protocol {
    const ALL: [Self; 2] = [Self::Http1, Self::Http2];

    const fn id(self) -> &'static str {
        match self {
            Self::Http1 => "http1",
            Self::Http2 => "http2",
        }
    }
}

/// One viewer. The lock is never contended: it only lends the sender to one request at a time.
enum Viewer {
    Http1(Mutex<http1::SendRequest<Empty<Bytes>>>),
    Http2(http2::SendRequest<Empty<Bytes>>),
}

impl Viewer {
    async fn connect(protocol: Protocol, edge: &Edge, tls: &TlsConnector) -> Self {
        match protocol {
            Protocol::Http1 => {
                let io = TokioIo::new(dial(edge.http_addr()).await);
                let (sender, connection) = http1::handshake(io).await.expect("the edge speaks HTTP/1.1");
                tokio::spawn(connection);
                Self::Http1(Mutex::new(sender))
            }
            Protocol::Http2 => {
                let tcp = dial(edge.https_addr().expect("the edge has a certificate")).await;
                let name = ServerName::try_from(HOST).expect("this is a DNS name");
                let io = TokioIo::new(tls.connect(name, tcp).await.expect("the edge shakes hands"));
                let (sender, connection) =
                    http2::handshake(TokioExecutor::new(), io).await.expect("the edge speaks HTTP/2");
                tokio::spawn(connection);
                Self::Http2(sender)
            }
        }
    }

    /// Asks, reads the whole answer, and returns its status and the length of its body.
    async fn get(&self) -> (u16, usize) {
        let response = match self {
            Self::Http1(sender) => {
                let request = Request::get("/").header(http::header::HOST, HOST).body(Empty::new());
                let request = request.expect("this is a request");
                let mut sender = sender.lock().await;
                sender.ready().await.expect("the edge keeps the connection");
                sender.send_request(request).await
            }
            Self::Http2(sender) => {
                let request = Request::get(format!("https://{HOST}/")).body(Empty::new());
                sender.clone().send_request(request.expect("this is a request")).await
            }
        };
        read(response.expect("the edge answers")).await
    }
}

async fn dial(address: SocketAddr) -> TcpStream {
    let tcp = TcpStream::connect(address).await.expect("the edge accepts");
    tcp.set_nodelay(true).expect("the connection is open");
    tcp
}

async fn read(response: http::Response<Incoming>) -> (u16, usize) {
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.expect("the body is whole");
    (status, body.to_bytes().len())
}

/// TLS as the viewers speak it, with HTTP/2 by ALPN, by the lab's date.
fn tls(lab: &Lab) -> TlsConnector {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(lab.root_der()).expect("the lab's root can be trusted");
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let mut config = ClientConfig::builder_with_details(provider, Arc::new(LabDay))
        .with_safe_default_protocol_versions()
        .expect("the provider has suites for both versions")
        .with_webpki_verifier(verifier.build().expect("there is a root"))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    TlsConnector::from(Arc::new(config))
}

/// The threads: one for the origins, one for the edges, one for the viewers.
struct House {
    lab: Lab,
    behind: Runtime,
    between: Runtime,
    outside: Runtime,
}

impl House {
    fn new() -> Self {
        let outside = Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
        Self { lab: support::lab(), behind: support::background(), between: support::background(), outside }
    }

    /// Benches one request of each of `count` viewers under `id`, all at once.
    fn bench(
        &self,
        group: &mut BenchmarkGroup<'_, WallTime>,
        id: BenchmarkId,
        (way, protocol, count): (&Way, Protocol, usize),
    ) {
        let origin = support::origin(&self.behind, &way.origin, &self.lab);
        let edge = edge::start(&self.between, &self.lab, &origin, way);
        let tls = tls(&self.lab);
        let viewers = self.outside.block_on(async {
            let mut viewers = Vec::new();
            for _ in 0..count {
                viewers.push(Viewer::connect(protocol, &edge, &tls).await);
            }
            for (status, _) in ask(&viewers).await {
                assert_eq!(status, way.status, "{}", way.id);
            }
            viewers
        });
        group.bench_function(id, |bencher| {
            origin.history().clear();
            bencher.to_async(&self.outside).iter(|| ask(&viewers));
        });
        drop(viewers);
        self.between.block_on(edge.shutdown());
    }
}

/// One request of each.
async fn ask(viewers: &[Viewer]) -> Vec<(u16, usize)> {
    join_all(viewers.iter().map(Viewer::get)).await
}

fn many(criterion: &mut Criterion) {
    let house = House::new();
    for protocol in Protocol::ALL {
        for way in edge::ways() {
            let mut group = criterion.benchmark_group(format!("viewers/{}/{}", protocol.id(), way.id));
            group.sample_size(20);
            for count in VIEWERS {
                group.throughput(Throughput::Elements(count as u64));
                house.bench(&mut group, BenchmarkId::from_parameter(count), (&way, protocol, count));
            }
        }
    }
}

fn bodies(criterion: &mut Criterion) {
    let house = House::new();
    for protocol in Protocol::ALL {
        let mut group = criterion.benchmark_group(format!("body/{}", protocol.id()));
        group.sample_size(20);
        for length in [2, LARGE] {
            group.throughput(Throughput::Bytes(length as u64));
            let way = edge::warm("x".repeat(length));
            house.bench(&mut group, BenchmarkId::from_parameter(length), (&way, protocol, 1));
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(2));
    targets = many, bodies
}
criterion_main!(benches);
