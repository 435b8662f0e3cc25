//! The catalogue as `edge502 run` plays it: one scenario with all its steps, and all scenarios.
//!
//! Every run makes its authorities, keys and certificates anew. A scenario that is not as stated ends the bench.

#[allow(dead_code, reason = "other benches use the rest")]
mod support;

use std::time::Duration;

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use edge502_scenario::{Library, RunOptions, Runner, Scenario};
use tokio::runtime::Builder;

fn catalogue(criterion: &mut Criterion) {
    let machine = Builder::new_multi_thread().enable_all().build().expect("threads can be started");
    let library = Library::built_in().expect("the built-in scenarios are valid");
    let all: Vec<Scenario> = library.iter().cloned().collect();
    let one = vec![library.get("certificate/expired").expect("the scenario is built in").clone()];
    let mut group = criterion.benchmark_group("catalogue");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for (id, scenarios) in [("certificate/expired", one), ("all", all)] {
        group.throughput(Throughput::Elements(scenarios.len() as u64));
        group.bench_function(id, |bencher| {
            bencher.to_async(&machine).iter(|| play(scenarios.clone()));
        });
    }
}

async fn play(scenarios: Vec<Scenario>) {
    let runner = Runner::new(support::clock(), RunOptions::default()).expect("authorities can be made");
    for report in runner.run(scenarios, |_| ()).await {
        assert!(report.as_stated(), "{} is not as stated", report.id);
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(5));
    targets = catalogue
}
criterion_main!(benches);
