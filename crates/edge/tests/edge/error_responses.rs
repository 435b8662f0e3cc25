//! Custom error responses on the viewer's socket and in the log.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use edge502_edge::{Edge, Exchange, Overrides};
use edge502_rules::Cause;
use edge502_rules::distribution::{CustomErrorResponse, PathPattern};
use edge502_rules::outcome::{DetailedResultType, ResultType};

use crate::support::*;

const SORRY: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nsorry";

fn shown(error_code: u16, response_code: u16) -> CustomErrorResponse {
    CustomErrorResponse {
        error_code,
        response_page_path: Some("/errors/sorry.html".to_owned()),
        response_code: Some(response_code),
        error_caching_min_ttl: Duration::ZERO,
    }
}

/// An edge whose default origin is `app`; `/errors/*` comes from `pages`.
async fn edge_for(app: SocketAddr, pages: SocketAddr, responses: &[CustomErrorResponse]) -> Edge {
    let mut config = config(app);
    let distribution = &mut config.distribution;
    let mut second = distribution.origins[0].clone();
    "pages".clone_into(&mut second.id);
    second.domain_name = "pages.test".parse().unwrap();
    distribution.origins.push(second);
    let mut behavior = distribution.default_behavior.clone();
    behavior.path_pattern = PathPattern::Pattern("/errors/*".to_owned());
    "pages".clone_into(&mut behavior.target_origin_id);
    distribution.behaviors.push(behavior);
    distribution.custom_error_responses = responses.to_vec();
    config.overrides = Overrides::new().with("origin.test", 80, app).with("pages.test", 80, pages);
    Edge::start(config).await.unwrap()
}

async fn told(edge: &Edge, request: &str) -> (String, Arc<Exchange>) {
    let mut events = edge.events();
    let response = once(edge, request).await;
    (response, next(&mut events).await)
}

#[tokio::test]
async fn the_page_comes_from_its_own_origin_with_the_chosen_status_and_hides_nothing_from_the_log() {
    let pages = Stub::answering(SORRY).await;
    let edge = edge_for(nowhere(), pages.address, &[shown(502, 200)]).await;
    let (response, exchange) = told(&edge, &get("/cart?id=1")).await;
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n") && response.ends_with("sorry"), "{response}");
    assert!(response.contains("X-Cache: Error from cloudfront\r\n"), "{response}");
    assert!(pages.requests()[0].starts_with("GET /errors/sorry.html HTTP/1.1\r\nHost: pages.test\r\n"));
    assert_eq!((exchange.status, exchange.cause), (200, Some(Cause::ConnectionRefused)));
    let log = &exchange.log;
    assert_eq!((log.sc_status, log.x_edge_result_type), (200, ResultType::Error));
    assert_eq!(log.x_edge_detailed_result_type, DetailedResultType::OriginConnectError);
    assert_eq!((log.cs_uri_stem.as_str(), log.sc_content_len), ("/cart", Some(5)));
    edge.shutdown().await;
}

#[tokio::test]
async fn a_post_gets_the_page_and_a_head_its_head() {
    let pages = Stub::answering(SORRY).await;
    let edge = edge_for(nowhere(), pages.address, &[shown(502, 502)]).await;
    let post = "POST / HTTP/1.1\r\nHost: www.shop.test\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";
    let response = once(&edge, post).await;
    assert!(response.starts_with("HTTP/1.1 502 Bad Gateway\r\n") && response.ends_with("sorry"), "{response}");
    assert!(pages.requests()[0].starts_with("GET "), "{:?}", pages.requests());
    edge.shutdown().await;
    let pages = Stub::answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n").await;
    let edge = edge_for(nowhere(), pages.address, &[shown(502, 502)]).await;
    let response = once(&edge, "HEAD / HTTP/1.1\r\nHost: www.shop.test\r\nConnection: close\r\n\r\n").await;
    assert!(response.starts_with("HTTP/1.1 502") && response.ends_with("\r\n\r\n"), "{response}");
    assert!(pages.requests()[0].starts_with("HEAD "), "{:?}", pages.requests());
    edge.shutdown().await;
}

/// What becomes of the page is what the viewer gets; there is no page for a page.
#[tokio::test]
async fn a_page_that_cannot_be_had_gives_the_status_of_its_own_origin() {
    let missing = Stub::answering("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope").await;
    let edge = edge_for(nowhere(), missing.address, &[shown(502, 200), shown(404, 200)]).await;
    let (response, exchange) = told(&edge, &get("/")).await;
    assert!(response.starts_with("HTTP/1.1 404") && response.ends_with("nope"), "{response}");
    assert_eq!(exchange.cause, Some(Cause::ConnectionRefused));
    assert_eq!(missing.requests().len(), 1);
    edge.shutdown().await;
    let closing = Stub::start(|_, mut peer| async move { drop(peer.request().await) }).await;
    let edge = edge_for(nowhere(), closing.address, &[shown(502, 200)]).await;
    let (response, exchange) = told(&edge, &get("/")).await;
    assert!(response.starts_with("HTTP/1.1 502") && response.contains("The origin closed the connection."));
    assert_eq!(exchange.cause, Some(Cause::ConnectionClosedEarly));
    let evidence = &exchange.failure.as_ref().unwrap().evidence;
    assert!(evidence.contains("/errors/sorry.html, the custom page for status 502 (connection-refused"), "{evidence}");
    let tried: Vec<String> = exchange.tried.iter().map(ToString::to_string).collect();
    assert_eq!(tried, ["app connection-refused", "pages connection-closed-early"]);
    edge.shutdown().await;
}

#[tokio::test]
async fn the_connection_is_closed_after_some_statuses_and_kept_after_others() {
    let pages = Stub::answering(SORRY).await;
    for (status_line, code, connection) in [
        ("404 Not Found", 404, "keep-alive"),
        ("500 Internal Server Error", 500, "close"),
        ("503 Service Unavailable", 503, "keep-alive"),
        ("416 Range Not Satisfiable", 416, "close"),
    ] {
        let error = format!("HTTP/1.1 {status_line}\r\nContent-Length: 0\r\n\r\n");
        let app = Stub::answering(error.leak()).await;
        let edge = edge_for(app.address, pages.address, &[shown(code, 200)]).await;
        let mut viewer = Viewer::connect(edge.http_addr()).await;
        let response = viewer.ask("GET / HTTP/1.1\r\nHost: www.shop.test\r\n\r\n").await;
        assert!(response.contains(&format!("\r\nConnection: {connection}\r\n")), "{code}: {response}");
        assert!(response.ends_with("sorry"), "{code}: {response}");
        edge.shutdown().await;
    }
}

#[tokio::test]
async fn what_the_edge_refuses_has_a_page_too_unless_it_is_unsafe_or_in_a_loop() {
    let pages = Stub::answering(SORRY).await;
    let responses = [400, 403, 414].map(|code| shown(code, 200));
    let edge = edge_for(nowhere(), pages.address, &responses).await;
    let looped = "Via: 1.1 a.cloudfront.net (CloudFront), 1.1 b.cloudfront.net (CloudFront)\r\n";
    for (request, expected) in [
        ("TRACE / HTTP/1.1\r\nHost: www.shop.test\r\nConnection: close\r\n\r\n".to_owned(), 200),
        (get(&format!("/{}", "a".repeat(9_000))), 200),
        ("GET / HTTP/1.1\r\nConnection: close\r\nHost: a\r\nHost: b\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n".to_owned(), 403),
        (format!("GET / HTTP/1.1\r\nHost: www.shop.test\r\n{looped}Connection: close\r\n\r\n"), 403),
    ] {
        assert_eq!(status(&once(&edge, &request).await), expected, "{request:.80}");
    }
    edge.shutdown().await;
}
