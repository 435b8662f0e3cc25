//! Handshakes with origins of each kind: the edge's connector beside s2n-tls, rustls and OpenSSL alone.
//!
//! TCP connects and disconnects outside the timing, and each client verifies. A group shows all clients against one
//! origin; for the ratio of edge and s2n-tls `handshake_ratio` has less noise. `concurrent` has many connections of the
//! edge under way at a time, on every core, and counts handshakes of the machine; `resumed` is an experiment: the
//! edge itself never resumes a session.

#[path = "support/clients.rs"]
mod clients;
#[path = "support/contest.rs"]
mod contest;
#[path = "support/lab_day.rs"]
mod lab_day;
mod support;

use std::sync::Arc;
use std::time::Duration;

use clients::{OpenSsl, Resuming};
use contest::{Contest, Kind};
use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use edge502_origin::{Backend, OriginSpec, TlsSpec};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

/// How many connections are under way at a time.
const CONCURRENT: [usize; 3] = [1, 16, 64];

fn client() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime can be made")
}

fn full(criterion: &mut Criterion) {
    let (lab, background, client) = (support::lab(), support::background(), client());
    for kind in &Kind::ALL {
        let contest = Contest::start(kind, &lab, &background, &client);
        let openssl = OpenSsl::new(kind, &lab);
        let mut group = criterion.benchmark_group(format!("handshake/{}", kind.id));
        group.throughput(Throughput::Elements(1));
        one(&mut group, "edge", &client, &contest, |tcp| contest.edge(tcp));
        one(&mut group, "s2n", &client, &contest, |tcp| contest.bare(tcp));
        if let Some(rustls) = clients::rustls(kind, &lab) {
            one(&mut group, "rustls", &client, &contest, |tcp| rustls.shake(tcp));
        }
        one(&mut group, "openssl", &client, &contest, |tcp| openssl.shake(tcp));
        group.finish();
    }
}

/// Sessions that s2n-tls resumes beside full handshakes, against an origin that gives tickets in both versions.
fn resumed(criterion: &mut Criterion) {
    let (lab, background, client) = (support::lab(), support::background(), client());
    for kind in Kind::ALL.iter().filter(|kind| ["tls13-p256", "tls12-p256"].contains(&kind.id)) {
        let modern = kind.spec();
        let spec = OriginSpec { tls: TlsSpec { backend: Backend::OpenSsl, ..modern.tls }, ..modern };
        let contest = Contest::with(kind, &spec, &lab, &background, &client);
        let resuming = client.block_on(Resuming::new(kind, &lab, || contest.dial()));
        let mut group = criterion.benchmark_group(format!("handshake-resumed/{}", kind.id));
        group.throughput(Throughput::Elements(1));
        one(&mut group, "s2n-full", &client, &contest, |tcp| contest.bare(tcp));
        one(&mut group, "s2n-resumed", &client, &contest, |tcp| resuming.shake(tcp));
        group.finish();
    }
}

/// One connection at a time.
fn one<F: Future>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    id: &str,
    client: &Runtime,
    contest: &Contest,
    shake: impl Fn(TcpStream) -> F,
) {
    group.bench_function(id, |bencher| {
        contest.forget();
        bencher.to_async(client).iter_batched(|| contest.dial(), &shake, BatchSize::PerIteration);
    });
}

/// Many connections at a time, on a runtime with a thread for each core; the origin shares the cores.
fn concurrent(criterion: &mut Criterion) {
    let (lab, background, client) = (support::lab(), support::background(), client());
    let machine = Builder::new_multi_thread().enable_all().build().expect("threads can be started");
    let contest = Arc::new(Contest::start(&Kind::ALL[0], &lab, &background, &client));
    let mut group = criterion.benchmark_group(format!("handshake-concurrent/{}", Kind::ALL[0].id));
    for count in CONCURRENT {
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(BenchmarkId::new("edge", count), |bencher| {
            contest.forget();
            let dial = || (0..count).map(|_| contest.dial()).collect::<Vec<_>>();
            bencher.to_async(&machine).iter_batched(
                dial,
                |streams| together(&contest, streams),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

async fn together(contest: &Arc<Contest>, streams: Vec<TcpStream>) -> Vec<impl Sized + use<>> {
    let mut tasks = JoinSet::new();
    for tcp in streams {
        let contest = Arc::clone(contest);
        tasks.spawn(async move { contest.edge(tcp).await });
    }
    tasks.join_all().await
}

criterion_group! {
    name = benches;
    // Two seconds suffice for a thousand handshakes; what is left of the noise comes from the machine.
    config = Criterion::default().warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
    targets = full, resumed, concurrent
}
criterion_main!(benches);
