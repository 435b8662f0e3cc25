//! Full handshakes with origins of each kind: the edge's connector beside s2n-tls alone.
//!
//! TCP connects and disconnects outside the timing. A group shows both clients against one origin; the figure that
//! counts is their ratio, which `handshake_ratio` measures with less noise.

#[path = "support/contest.rs"]
mod contest;
mod support;

use std::hint::black_box;
use std::time::Duration;

use contest::{Contest, Kind};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use tokio::runtime::Builder;

fn handshakes(criterion: &mut Criterion) {
    let (lab, background) = (support::lab(), support::background());
    let client = Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    for kind in &Kind::ALL {
        let contest = Contest::start(kind, &lab, &background, &client);
        let mut group = criterion.benchmark_group(format!("handshake/{}", kind.id));
        group.throughput(Throughput::Elements(1));
        group.bench_function("edge", |bencher| {
            contest.forget();
            let mut bencher = bencher.to_async(&client);
            bencher.iter_batched(|| contest.dial(), |tcp| contest.edge(tcp), BatchSize::PerIteration);
        });
        group.bench_function("bare", |bencher| {
            contest.forget();
            let mut bencher = bencher.to_async(&client);
            bencher.iter_batched(|| contest.dial(), |tcp| contest.bare(tcp), BatchSize::PerIteration);
        });
        group.finish();
    }
}

/// The part of the connector's own work that stands out: reading the served chain and judging it.
fn verdict(criterion: &mut Criterion) {
    let (lab, background) = (support::lab(), support::background());
    let client = Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    let contest = Contest::start(&Kind::ALL[0], &lab, &background, &client);
    let observation = client.block_on(async { contest.edge(contest.dial()).await.observation });
    criterion.bench_function("judge/sound-chain", |bencher| bencher.iter(|| contest.judge(black_box(&observation))));
}

criterion_group! {
    name = benches;
    // Two seconds suffice for a thousand handshakes; what is left of the noise comes from the machine.
    config = Criterion::default().warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
    targets = handshakes, verdict
}
criterion_main!(benches);
