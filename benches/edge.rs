//! Requests through a running edge: viewer, edge and origin on loopback, each on a thread of its own.
//!
//! The viewer speaks plain HTTP/1.1 on a connection that stays open, so that what differs between the benches is the
//! edge's way to the origin alone: a connection at hand (`warm`), a new verified TLS connection for each request
//! (`cold`), a handshake that ends in a 502 page (`error-page`), such a page from the cache (`cached-error`). The access
//! log is written, to nowhere. Many viewers at a time are the matter of the bench `viewers`.

#[path = "support/edge.rs"]
mod edge;
#[path = "support/record.rs"]
mod record;
mod support;

use std::hint::black_box;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use edge502_rules::Cause;
use edge502_rules::outcome::Outcome;
use edge502_rules::request_id::RequestId;
use edge502_rules::response::{EdgeServer, ResponseContext, ViewerHttp};

/// How many requests prove, before the timing, that a bench measures what it says.
const PROOF: usize = 3;

fn requests(criterion: &mut Criterion) {
    let (lab, behind, between) = (support::lab(), support::background(), support::background());
    let mut group = criterion.benchmark_group("request");
    group.throughput(Throughput::Elements(1));
    for way in edge::ways() {
        let origin = support::origin(&behind, &way.origin, &lab);
        let edge = edge::start(&between, &lab, &origin, &way);
        let mut viewer = Viewer::connect(edge.http_addr());
        for _ in 0..PROOF {
            assert_eq!(viewer.get(), way.status, "{}", way.id);
        }
        assert_eq!(origin.history().snapshot().len(), way.connections(PROOF), "{}", way.id);
        group.bench_function(way.id, |bencher| {
            // Otherwise the origin's memory would grow with the length of the bench.
            origin.history().clear();
            bencher.iter(|| viewer.get());
        });
    }
}

/// A viewer with one connection that stays open.
struct Viewer {
    stream: BufReader<TcpStream>,
    line: String,
}

impl Viewer {
    fn connect(edge: SocketAddr) -> Self {
        let stream = TcpStream::connect(edge).expect("the edge accepts");
        stream.set_nodelay(true).expect("the connection is open");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("the limit is above zero");
        Self { stream: BufReader::new(stream), line: String::new() }
    }

    /// Asks for `/`, reads the whole response and returns its status.
    fn get(&mut self) -> u16 {
        let request = b"GET / HTTP/1.1\r\nHost: www.shop.test\r\nUser-Agent: bench\r\n\r\n";
        self.stream.get_mut().write_all(request).expect("the edge keeps the connection");
        let status = self.next_line()[9..12].parse().expect("a status line has a status");
        let mut length = 0;
        while let line = self.next_line()
            && line != "\r\n"
        {
            if let Some(value) = line.strip_prefix("Content-Length: ") {
                length = value.trim_end().parse().expect("a length is a number");
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).expect("the body is whole");
        status
    }

    fn next_line(&mut self) -> &str {
        self.line.clear();
        self.stream.read_line(&mut self.line).expect("the edge answers");
        assert!(!self.line.is_empty(), "the edge closed the connection");
        &self.line
    }
}

/// What the 502 of an expired certificate takes without any connection.
fn page(criterion: &mut Criterion) {
    let outcome = Outcome::of(Cause::CertificateExpired);
    let page = outcome.page().expect("a failed handshake has a page");
    let (server, id) = (EdgeServer::from_bytes([7; 16], "FRA56-P1"), RequestId::from_bytes([7; RequestId::BYTES]));
    let context = ResponseContext { http: ViewerHttp::Http11, keep_alive: true, edge: &server, request_id: &id };
    let record = record::failed(page, outcome, id.clone());
    let mut group = criterion.benchmark_group("page");
    group.bench_function("body", |bencher| bencher.iter(|| black_box(page).bytes(black_box(&id))));
    group.bench_function("head", |bencher| {
        bencher.iter(|| black_box(context).error_head(page, outcome.x_cache, support::NOW, None));
    });
    group.bench_function("log-line", |bencher| bencher.iter(|| black_box(&record).to_line()));
    group.bench_function("all", |bencher| {
        bencher.iter(|| {
            let outcome = Outcome::of(black_box(Cause::CertificateExpired));
            let head = context.error_head(page, outcome.x_cache, support::NOW, None);
            (page.bytes(&id), head, record.to_line())
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
    targets = requests, page
}
criterion_main!(benches);
