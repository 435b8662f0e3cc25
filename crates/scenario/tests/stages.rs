//! Handshakes broken off at each stage, in each way: the viewer gets what is documented for the cause, whichever it is.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use edge502_pki::Lab as Pki;
use edge502_rules::clock::FixedClock;
use edge502_rules::{Cause, outcome::Outcome};
use edge502_scenario::{Expect, Lab, LabOptions, State};
use time::macros::datetime;
use tokio::task::JoinSet;

use Cause::{
    ConnectionClosedEarly as ClosedEarly, ConnectionReset as Reset, HandshakeClosed as Closed,
    HandshakeTimeout as Timeout, ResponseTimeout as Unanswered,
};

/// Stage, and the cause when the origin closes, resets and stalls there: in TLS 1.2, and in TLS 1.3 where it differs.
type Row = (&'static str, [Cause; 3], Option<[Cause; 3]>);

const STAGES: [Row; 6] = [
    ("accept", [Closed, Reset, Timeout], None),
    ("client-hello", [Closed, Reset, Timeout], None),
    ("half-server-hello", [Closed, Reset, Timeout], None),
    ("half-flight", [Closed, Reset, Timeout], None),
    // In TLS 1.3 the edge has everything it needs with the origin's first flight, and sends its request.
    ("server-hello", [Closed, Reset, Timeout], Some([ClosedEarly, Reset, Unanswered])),
    ("finished", [ClosedEarly, ClosedEarly, Unanswered], None),
];

async fn played(version: &str, stage: &str, way: &str) -> (u16, Option<Cause>) {
    let now = datetime!(2026-11-23 12:00 UTC);
    let broken: State = toml::from_str(&format!(
        "origin = {{ name = 'origin.shop.test', tls.protocols = ['{version}'], handshake.{way}_after = '{stage}' }}
         distribution = {{ ConnectionAttempts = 1, ConnectionTimeout = 1, OriginReadTimeout = 1 }}"
    ))
    .unwrap();
    let options = LabOptions::new(Arc::new(Pki::new(now).unwrap()), Arc::new(FixedClock(now)));
    let mut lab = Lab::start(&broken, options).await.unwrap();
    let observed = lab.observe(&Expect::default()).await.unwrap();
    lab.shutdown().await;
    (observed.status, observed.cause)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_stage_has_its_cause() {
    let mut labs = JoinSet::new();
    for (stage, tls12, tls13) in STAGES {
        for (version, causes) in [("TLSv1.2", tls12), ("TLSv1.3", tls13.unwrap_or(tls12))] {
            for (way, cause) in ["close", "reset", "stall"].into_iter().zip(causes) {
                labs.spawn(async move {
                    let seen = Box::pin(played(version, stage, way)).await;
                    assert_eq!(
                        seen,
                        (Outcome::of(cause).status().unwrap(), Some(cause)),
                        "{version}: {way}_after {stage}"
                    );
                });
            }
        }
    }
    labs.join_all().await;
}
