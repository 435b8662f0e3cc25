//! A scenario is played at one moment, however long it takes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use edge502_rules::clock::Clock;
use edge502_scenario::{Library, RunOptions, Runner};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

/// A clock on which a minute goes by between any two looks, as on the busiest of machines.
#[derive(Debug, Default)]
struct Hasty(AtomicI64);

impl Clock for Hasty {
    fn now(&self) -> OffsetDateTime {
        datetime!(2026-11-23 12:00 UTC) + Duration::minutes(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

/// What the steps state are ages in seconds, and errors kept for ten.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_waits_of_a_scenario_let_time_go_by() {
    let runner = Runner::new(Arc::new(Hasty::default()), RunOptions::default()).unwrap();
    for id in ["cached/five-minutes", "cached/fixed-but-still-502", "cached/head-finds-gets-error"] {
        let scenario = Library::built_in().unwrap().iter().find(|scenario| scenario.id == id).unwrap().clone();
        let report = runner.play(&scenario).await;
        let deviations: Vec<&String> = report.steps.iter().flat_map(|step| &step.mismatches).collect();
        assert!(report.as_stated(), "{id}: {deviations:?} {:?}", report.error);
    }
}
