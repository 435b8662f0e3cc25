//! What is bounded: labs, starts, idle time, live connections.

use std::time::Duration;

use edge502_console::Limits;
use futures_util::future::join_all;

use super::support::{FEW, Visitor, console};

#[tokio::test(flavor = "multi_thread")]
async fn there_are_no_more_labs_than_allowed() {
    let (console, _) = console(Limits { labs: 1, ..FEW }).await;
    let (one, other) = (Visitor::enter(&console).await, Visitor::enter(&console).await);
    one.start("certificate/expired").await;
    let full = other.post("/start", &[("id", "certificate/expired")]).await.is(503);
    full.says("All labs are taken").says("--max-labs");
    assert_eq!(full.header("retry-after"), "60");
    // The own place is always free for another lab.
    one.start("chain/incomplete").await.says("chain/incomplete");
    one.post("/lab/close", &[]).await;
    other.start("certificate/expired").await;
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_that_nobody_uses_is_taken_down() {
    let (console, clock) = console(Limits { labs: 1, idle: Duration::from_mins(30) }).await;
    let (one, other) = (Visitor::enter(&console).await, Visitor::enter(&console).await);
    one.start("certificate/expired").await;
    clock.advance(Duration::from_mins(29));
    one.get("/lab").await.is(200);
    clock.advance(Duration::from_mins(29));
    console.sweep().await;
    one.get("/lab").await.is(200);
    clock.advance(Duration::from_mins(31));
    // Somebody who starts one sweeps, too.
    other.start("certificate/expired").await;
    one.get("/lab").await.is(404).says("nobody used it");
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_starts_do_no_harm() {
    let (console, clock) = console(Limits { labs: 2, ..FEW }).await;
    let visitor = Visitor::enter(&console).await;
    let mut counts = std::collections::BTreeMap::<u16, usize>::new();
    for _ in 0..10 {
        let starts = (0..100).map(|_| visitor.post_only("/start", &[("id", "certificate/expired")]));
        for answer in join_all(starts).await {
            assert!(answer.body.len() < 10_000);
            *counts.entry(answer.status).or_default() += 1;
        }
        assert!(console.labs() <= 2 + 1, "{} labs", console.labs());
    }
    assert!(counts[&429] >= 980, "{counts:?}");
    assert!(counts.keys().all(|status| [303, 429, 503].contains(status)), "{counts:?}");
    clock.advance(Duration::from_mins(2));
    visitor.start("certificate/expired").await.says("The viewer gets 502;");
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_come_in_push_out_those_without_a_lab_only() {
    let (console, clock) = console(Limits { labs: 1, ..FEW }).await;
    let first = Visitor::enter(&console).await;
    first.start("certificate/expired").await;
    let second = Visitor::enter(&console).await;
    for _ in 0..20 {
        clock.advance(Duration::from_secs(1));
        Visitor::enter(&console).await;
    }
    first.get("/lab").await.is(200);
    second.get("/").await.is(403);
    console.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_holds_four_live_connections_at_most() {
    let (console, _) = console(FEW).await;
    let visitor = Visitor::enter(&console).await;
    visitor.get("/lab/events").await.is(404);
    visitor.start("certificate/expired").await;
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(visitor.open("/lab/events").await);
    }
    visitor.get("/lab/events").await.is(429);
    drop(held);
    console.shutdown().await;
}
