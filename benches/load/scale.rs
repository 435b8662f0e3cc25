//! How an edge copes with many viewers: memory of idle ones, waiting times at equal rate, gain of a second thread.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use rustix::process::{Resource, getrlimit, setrlimit};

use crate::origin::{Ending, Origin};
use crate::proxies::{ORIGIN, Proxy, Rig};
use crate::statistics::{Quartiles, at, word};
use crate::thread;
use crate::viewers::{Plan, Viewer};

/// The most that idle viewers may take, in MiB.
const IDLE_LIMIT: u64 = 200;
/// The most that the waiting time of one request in a hundred may grow from few viewers to many.
const WAIT_LIMIT: f64 = 3.0;
/// The least that a second thread must bring.
const GAIN_LIMIT: f64 = 1.7;
const FEW: u32 = 16;
const MANY: u32 = 1_024;

#[derive(Args)]
pub(crate) struct Scale {
    /// Idle viewers
    #[arg(long, default_value_t = 10_000)]
    idle: u32,
    /// Requests a second of all viewers together, where waiting times are compared
    #[arg(long, default_value_t = 2_000)]
    rate: u32,
    /// Requests of one turn
    #[arg(long, default_value_t = 20_000)]
    requests: u64,
    /// Rounds; in each, both of what is compared have their turn
    #[arg(long, default_value_t = 5)]
    rounds: u32,
}

impl Scale {
    /// Whether every limit was kept.
    pub(crate) fn run(&self, rig: &Rig) -> bool {
        let origin = Origin::start(&rig.identity(), Ending::Keep);
        let edge = |threads| rig.edge(threads, &[(ORIGIN, origin.address)], Path::new("/dev/null"));
        let idle = self.idle(&edge(1));
        let waits = self.waits(&edge(1));
        let gain = self.gain(&edge(1), &edge(2));
        idle && waits && gain
    }

    /// Memory with many viewers that have had an answer each and stay.
    fn idle(&self, edge: &Proxy) -> bool {
        let most = getrlimit(Resource::Nofile).maximum;
        setrlimit(Resource::Nofile, rustix::process::Rlimit { current: most, maximum: most })
            .expect("up to the hard limit");
        let before = edge.process.resident();
        let thread = thread();
        let held = thread.block_on(async {
            let mut held = Vec::new();
            for _ in 0..self.idle {
                let mut viewer = Viewer::connect(edge.address).await.expect("the edge accepts");
                assert!(viewer.greets().await, "the edge answers");
                held.push(viewer);
            }
            held
        });
        let (after, descriptors) = (edge.process.resident(), edge.process.descriptors());
        assert!(descriptors >= held.len(), "{descriptors} descriptors for {} viewers", held.len());
        let kept = after < IDLE_LIMIT * 1024;
        println!(
            "idle: {} viewers, {descriptors} descriptors: {} MiB, before {} MiB; {} KiB a viewer; limit {IDLE_LIMIT} MiB {}",
            held.len(),
            after / 1024,
            before / 1024,
            after.saturating_sub(before) / u64::from(self.idle),
            word(kept)
        );
        kept
    }

    /// Waiting times of few and of many viewers who ask equally often together.
    fn waits(&self, edge: &Proxy) -> bool {
        let turn = |viewers| {
            let plan = Plan { rate: Some(self.rate), ..Plan::eager(edge.address, viewers, self.requests) };
            let mut waits = thread().block_on(plan.run()).waits;
            waits.sort_by(f64::total_cmp);
            [at(&waits, 0.5), at(&waits, 0.99)]
        };
        turn(FEW);
        let rounds: Vec<_> = (0..self.rounds).map(|_| (turn(FEW), turn(MANY))).collect();
        let ratio = Quartiles::of(rounds.iter().map(|([_, few], [_, many])| many / few));
        let kept = ratio.median() <= WAIT_LIMIT;
        println!("waits: {} requests a second, warm; ms, 25 % / median / 75 % of {} rounds", self.rate, self.rounds);
        for (viewers, pick) in [(FEW, 0), (MANY, 1)] {
            let of = |quantile: usize| Quartiles::of(rounds.iter().map(|round| [round.0, round.1][pick][quantile]));
            println!("  {viewers:>5} viewers: half within {:.2}, 99 of 100 within {:.2}", of(0), of(1));
        }
        println!("  99 of 100, {MANY} beside {FEW}: {ratio:.2}; limit {WAIT_LIMIT} {}", word(kept));
        kept
    }

    /// What a second thread brings, by CPU time: viewers and origin need a core of their own, so on a small machine the
    /// clock cannot tell. The edge can serve as many requests as its busiest thread has time for.
    fn gain(&self, one: &Proxy, two: &Proxy) -> bool {
        let turn = |edge: &Proxy| {
            let before = edge.process.threads();
            let plan = Plan { path: |_| "/kept", ..Plan::eager(edge.address, 64, self.requests * 2) };
            thread().block_on(plan.run());
            let after = edge.process.threads();
            let used = after.iter().filter_map(|(name, time)| {
                let start = before.iter().find(|(known, _)| known == name).map(|(_, time)| *time);
                Some(time.saturating_sub(start?))
            });
            used.max().unwrap_or(Duration::ZERO).as_secs_f64()
        };
        turn(one);
        turn(two);
        let gain = Quartiles::of((0..self.rounds).map(|_| turn(one) / turn(two)));
        let kept = gain.median() >= GAIN_LIMIT;
        println!(
            "threads: cached answers; CPU time of the busiest thread, --threads 1 beside 2: {gain:.2}; limit {GAIN_LIMIT} {}",
            word(kept)
        );
        kept
    }
}
