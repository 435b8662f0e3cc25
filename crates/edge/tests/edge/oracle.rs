//! The cache against a model of ten lines: whatever is asked at whatever time of an origin in whatever state.

use std::sync::{Arc, Mutex};

use edge502_edge::Edge;
use proptest::prelude::*;

use crate::cache::{Watch, field, keeping_config};
use crate::support::*;

/// How long the good answers of this test are fresh, and errors kept by default; in seconds.
const FRESH: u64 = 30;
const KEPT: u64 = 10;

/// What the origin does with a request.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Origin {
    Answers,
    Fails,
    Gone,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Ask,
    Wait(u64),
    Becomes(Origin),
    Invalidate,
}

fn step() -> impl Strategy<Value = Step> {
    let origin = prop_oneof![Just(Origin::Answers), Just(Origin::Fails), Just(Origin::Gone)];
    prop_oneof![
        4 => Just(Step::Ask),
        3 => (1..40_u64).prop_map(Step::Wait),
        2 => origin.prop_map(Step::Becomes),
        1 => Just(Step::Invalidate),
    ]
}

/// What viewers are to get.
#[derive(Debug, Default)]
struct Oracle {
    now: u64,
    /// Since when there is a copy.
    copy: Option<u64>,
    /// Until when the copy stands in.
    stands_in: u64,
    /// An error, and since when.
    error: Option<(u16, u64)>,
}

impl Oracle {
    /// Status and age.
    fn ask(&mut self, origin: Origin) -> (u16, Option<u64>) {
        let now = self.now;
        if let Some((status, since)) = self.error.filter(|(_, since)| now < since + KEPT) {
            return (status, Some(now - since));
        }
        if let Some(since) = self.copy.filter(|since| now < since + FRESH || now < self.stands_in) {
            return (200, Some(now - since));
        }
        self.error = None;
        match (origin, self.copy) {
            (Origin::Answers, _) => {
                (self.copy, self.stands_in) = (Some(now), 0);
                (200, None)
            }
            (Origin::Fails, Some(since)) => {
                self.stands_in = now + KEPT;
                (200, Some(now - since))
            }
            (Origin::Fails | Origin::Gone, _) => {
                let status = if origin == Origin::Gone { 404 } else { 503 };
                (self.copy, self.error) = (None, Some((status, now)));
                (status, None)
            }
        }
    }
}

async fn play(steps: Vec<Step>) {
    let (watch, origin) = (Watch::new(), Arc::new(Mutex::new(Origin::Answers)));
    let acts = Arc::clone(&origin);
    let stub = Stub::start(move |_, mut peer| {
        let acts = Arc::clone(&acts);
        async move {
            while peer.request().await.is_some() {
                let line = match *acts.lock().unwrap() {
                    Origin::Answers => "200 OK\r\nCache-Control: max-age=30",
                    Origin::Fails => "503 Service Unavailable",
                    Origin::Gone => "404 Not Found",
                };
                peer.send(&format!("HTTP/1.1 {line}\r\nContent-Length: 1\r\n\r\nx")).await;
            }
        }
    })
    .await;
    let edge = Edge::start(keeping_config(stub.address, &watch)).await.unwrap();
    let mut oracle = Oracle::default();
    for (number, step) in steps.iter().enumerate() {
        match *step {
            Step::Wait(seconds) => {
                watch.advance(seconds);
                oracle.now += seconds;
            }
            Step::Becomes(state) => *origin.lock().unwrap() = state,
            Step::Invalidate => {
                edge.invalidate(&"/*".parse().unwrap());
                oracle = Oracle { now: oracle.now, ..Oracle::default() };
            }
            Step::Ask => {
                let response = once(&edge, &get("/")).await;
                let found = (status(&response), field(&response, "age").map(|age| age.parse().unwrap()));
                let state = *origin.lock().unwrap();
                assert_eq!(found, oracle.ask(state), "step {number} of {steps:?}");
            }
        }
    }
    edge.shutdown().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_cache_does_as_the_rules_say(steps in proptest::collection::vec(step(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(play(steps));
    }
}
