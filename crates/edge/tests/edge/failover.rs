//! Origin groups, and origins with mutual TLS that are not tried for a while.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use edge502_edge::{Edge, EdgeConfig, Exchange, Overrides};
use edge502_rules::Cause;
use edge502_rules::breaker::{FAILURES, PAUSE};
use edge502_rules::clock::Clock;
use edge502_rules::distribution::{OriginGroup, SelectionCriteria};
use edge502_rules::outcome::DetailedResultType;
use time::OffsetDateTime;

use crate::support::*;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nstandby";
const BUSY: &str = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy";

/// An edge whose origin `app` and the origin `standby` are a group that fails over on `codes`.
async fn group(app: std::net::SocketAddr, standby: std::net::SocketAddr, codes: &[u16]) -> Edge {
    let mut config = config(app);
    let distribution = &mut config.distribution;
    let mut second = distribution.origins[0].clone();
    "standby".clone_into(&mut second.id);
    second.domain_name = "standby.test".parse().unwrap();
    "/copy".clone_into(&mut second.origin_path);
    distribution.origins.push(second);
    distribution.origin_groups.push(OriginGroup {
        id: "group".to_owned(),
        failover_status_codes: codes.iter().copied().collect(),
        primary: "app".to_owned(),
        secondary: "standby".to_owned(),
        selection_criteria: SelectionCriteria::Default,
    });
    "group".clone_into(&mut distribution.default_behavior.target_origin_id);
    config.overrides = Overrides::new().with("origin.test", 80, app).with("standby.test", 80, standby);
    Edge::start(config).await.unwrap()
}

fn request(method: &str) -> String {
    let body = if method == "POST" { "Content-Length: 2\r\n\r\nhi" } else { "\r\n" };
    format!("{method} / HTTP/1.1\r\nHost: www.shop.test\r\nConnection: close\r\n{body}")
}

async fn told(edge: &Edge, request: &str) -> (String, Arc<Exchange>) {
    let mut events = edge.events();
    let response = once(edge, request).await;
    (response, next(&mut events).await)
}

fn tried(exchange: &Exchange) -> Vec<String> {
    exchange.tried.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn the_second_origin_answers_for_one_that_cannot_be_reached_and_nothing_is_remembered() {
    let standby = Stub::answering(OK).await;
    let edge = group(nowhere(), standby.address, &[502]).await;
    for _ in 0..2 {
        let (response, exchange) = told(&edge, &request("GET")).await;
        assert!(response.ends_with("standby"), "{response}");
        assert_eq!((exchange.status, exchange.cause), (200, None));
        assert_eq!(tried(&exchange), ["app connection-refused", "standby 200"]);
    }
    assert!(standby.requests()[0].starts_with("GET /copy/ HTTP/1.1\r\nHost: standby.test\r\n"));
    edge.shutdown().await;
}

#[tokio::test]
async fn an_answer_with_a_selected_status_never_reaches_the_viewer() {
    let (app, standby) = (Stub::answering(BUSY).await, Stub::answering(OK).await);
    for (codes, body, asked) in
        [(&[503][..], "standby", &["app 503", "standby 200"][..]), (&[502], "busy", &["app 503"])]
    {
        let edge = group(app.address, standby.address, codes).await;
        let (response, exchange) = told(&edge, &request("GET")).await;
        assert!(response.ends_with(body), "{response}");
        assert_eq!(tried(&exchange), asked);
        edge.shutdown().await;
    }
}

#[tokio::test]
async fn a_post_stays_with_the_first_origin_and_the_evidence_says_why() {
    let standby = Stub::answering(OK).await;
    let edge = group(nowhere(), standby.address, &[502, 503, 504]).await;
    let (_, exchange) = told(&edge, &request("POST")).await;
    assert_eq!((exchange.status, exchange.cause), (502, Some(Cause::ConnectionRefused)));
    let evidence = &exchange.failure.as_ref().unwrap().evidence;
    assert!(evidence.ends_with("standby of group group is not asked: POST does not fail over"), "{evidence}");
    assert_eq!(standby.connections(), 0);
    edge.shutdown().await;
}

#[tokio::test]
async fn when_both_fail_the_viewer_gets_what_the_second_did_and_the_evidence_has_both() {
    let standby = Stub::start(|_, mut peer| async move { drop(peer.request().await) }).await;
    let edge = group(nowhere(), standby.address, &[502]).await;
    let (response, exchange) = told(&edge, &request("HEAD")).await;
    assert_eq!(status(&response), 502);
    assert_eq!(exchange.cause, Some(Cause::ConnectionClosedEarly));
    assert_eq!(tried(&exchange), ["app connection-refused", "standby connection-closed-early"]);
    let evidence = &exchange.failure.as_ref().unwrap().evidence;
    assert!(evidence.contains("; asked after app: connection-refused: "), "{evidence}");
    edge.shutdown().await;
}

/// A clock that a test puts ahead.
#[derive(Debug)]
struct HandClock(Mutex<OffsetDateTime>);

impl Clock for HandClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap()
    }
}

/// An edge whose only origin, at a port where nobody listens, has `OriginMtlsConfig` if `mutual`.
async fn resting(mutual: bool) -> (Edge, Arc<HandClock>) {
    let clock = Arc::new(HandClock(Mutex::new(NOW)));
    let mut config = EdgeConfig { clock: clock.clone(), ..config(nowhere()) };
    let arn = "arn:aws:acm:us-east-1:111122223333:certificate/11111111-2222-3333-4444-555555555555";
    config.distribution.origins[0].custom.origin_mtls_config = mutual.then(|| arn.to_owned());
    (Edge::start(config).await.unwrap(), clock)
}

#[tokio::test]
async fn an_origin_with_mutual_tls_rests_after_failures_in_a_row() {
    let (edge, clock) = resting(true).await;
    for _ in 0..FAILURES {
        assert_eq!(told(&edge, &request("GET")).await.1.status, 502);
    }
    let (response, exchange) = told(&edge, &request("GET")).await;
    assert!(response.contains("\nFailed to contact the origin.\n") && response.contains("<H1>503 ERROR</H1>"));
    assert_eq!((exchange.status, exchange.cause), (503, Some(Cause::ConnectionRefused)));
    assert_eq!(exchange.log.x_edge_detailed_result_type, DetailedResultType::OriginConnectError);
    assert!(exchange.failure.as_ref().unwrap().paused);
    *clock.0.lock().unwrap() += PAUSE;
    assert_eq!(told(&edge, &request("GET")).await.1.status, 502, "tried again after the pause");
    assert_eq!(told(&edge, &request("GET")).await.1.status, 503, "and resting again");
    edge.forget();
    assert_eq!(told(&edge, &request("GET")).await.1.status, 502);
    edge.shutdown().await;
}

#[tokio::test]
async fn other_origins_never_rest() {
    let (edge, clock) = resting(false).await;
    for _ in 0..FAILURES * 2 {
        assert_eq!(told(&edge, &request("GET")).await.1.status, 502);
        *clock.0.lock().unwrap() += Duration::from_millis(1);
    }
    edge.shutdown().await;
}
