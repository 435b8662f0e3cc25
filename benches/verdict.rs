//! The verdict without any connection: reading a served chain, and judging a handshake, for chains of one to seven
//! certificates (s2n-tls takes no more).
//!
//! The observation is that of a real handshake, with the chain put in place of the one that was served.

#[path = "support/contest.rs"]
#[allow(dead_code, reason = "other benches use the rest")]
mod contest;
mod support;

use std::hint::black_box;
use std::time::Duration;

use contest::{Contest, Kind};
use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use edge502_handshake::TrustStore;
use edge502_origin::OriginSpec;
use edge502_pki::{CertificateSpec, ChainSpec, IntermediateSpec, Lab};
use edge502_rules::chain::ServedChain;
use tokio::runtime::Builder;

/// Chains with up to this many certificates can be served.
const LONGEST: u8 = 7;

/// The DER of a sound chain of `length` certificates: the leaf and all its intermediates.
fn chain(lab: &Lab, length: u8) -> Vec<Vec<u8>> {
    let spec = ChainSpec { intermediates: Some(length - 1), ..ChainSpec::default() };
    let identity =
        lab.identity(&CertificateSpec::default(), &IntermediateSpec::default(), &spec, &OriginSpec::default().name);
    let served = identity.expect("the lab makes such a chain").served;
    assert_eq!(served.len(), usize::from(length));
    served.iter().map(|der| der.to_vec()).collect()
}

fn reading(criterion: &mut Criterion) {
    let lab = support::lab();
    let trust = TrustStore::from_pem(lab.root_pem()).expect("the lab's root can be read");
    let mut group = criterion.benchmark_group("verdict/read");
    for length in 1..=LONGEST {
        let der = chain(&lab, length);
        group.bench_function(BenchmarkId::from_parameter(length), |bencher| {
            let read = |der| {
                let chain = ServedChain::parse(der);
                let report = chain.report(trust.parsed(), support::NOW);
                (chain, report)
            };
            bencher.iter_batched(|| der.clone(), read, BatchSize::SmallInput);
        });
    }
}

fn judging(criterion: &mut Criterion) {
    let (lab, background) = (support::lab(), support::background());
    let client = Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    let contest = Contest::start(&Kind::ALL[0], &lab, &background, &client);
    let seen = client.block_on(async { contest.edge(contest.dial()).await.observation });
    let mut group = criterion.benchmark_group("verdict/judge");
    for length in 1..=LONGEST {
        let mut observation = seen.clone();
        observation.served_chain = Some(chain(&lab, length));
        assert_eq!(contest.judge(&observation).cause(), None, "a chain of {length}");
        group.bench_function(BenchmarkId::from_parameter(length), |bencher| {
            bencher.iter(|| contest.judge(black_box(&observation)));
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(2));
    targets = reading, judging
}
criterion_main!(benches);
