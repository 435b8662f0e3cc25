//! Exact heads of responses, byte for byte.

use edge502_edge::Edge;
use edge502_rules::page::{ErrorPages, Page};

use crate::support::*;

const VIA: &str = "Via: 1.1 07070707070707070707070707070707.cloudfront.net (CloudFront)";

fn page(page: Page) -> String {
    String::from_utf8(page.bytes(&ID.parse().unwrap())).unwrap()
}

fn edge_page_head(status_line: &str, length: usize, connection: &str) -> String {
    format!(
        "HTTP/1.1 {status_line}\r\n\
         Server: CloudFront\r\n\
         Date: Sun, 08 Mar 2026 01:42:39 GMT\r\n\
         Content-Type: text/html\r\n\
         Content-Length: {length}\r\n\
         Connection: {connection}\r\n\
         X-Cache: Error from cloudfront\r\n\
         {VIA}\r\n\
         X-Amz-Cf-Pop: FRA56-P1\r\n\
         X-Amz-Cf-Id: {ID}\r\n\r\n"
    )
}

#[tokio::test]
async fn a_failed_connection_gets_the_page_of_2019() {
    let edge = edge(nowhere()).await;
    let expected = edge_page_head("502 Bad Gateway", 951, "keep-alive") + &page(Page::Connect);
    let mut viewer = Viewer::connect(edge.http_addr()).await;
    for _ in 0..2 {
        let response = viewer.ask("GET / HTTP/1.1\r\nHost: www.shop.test\r\n\r\n").await;
        assert_eq!(response, expected, "also the second time on one connection");
    }
    edge.shutdown().await;
}

#[tokio::test]
async fn the_page_of_2026_has_a_lower_case_date_and_no_server() {
    let mut config = config(nowhere());
    config.error_pages = ErrorPages::OriginFacing2026;
    let edge = Edge::start(config).await.unwrap();
    let mut viewer = Viewer::connect(edge.http_addr()).await;
    let response = viewer.ask("GET / HTTP/1.1\r\nHost: www.shop.test\r\n\r\n").await;
    let head = format!(
        "HTTP/1.1 502 Bad Gateway\r\n\
         Content-Type: text/html\r\n\
         Content-Length: 937\r\n\
         Connection: keep-alive\r\n\
         date: Sun, 08 Mar 2026 01:42:39 GMT\r\n\
         X-Cache: Error from cloudfront\r\n\
         {VIA}\r\n\
         X-Amz-Cf-Pop: FRA56-P1\r\n\
         X-Amz-Cf-Id: {ID}\r\n\r\n"
    );
    assert_eq!(response, head + &page(Page::Http3Server502));
    edge.shutdown().await;
}

#[tokio::test]
async fn head_gets_the_same_head_without_the_body() {
    let edge = edge(nowhere()).await;
    let response = once(&edge, "HEAD / HTTP/1.1\r\nHost: www.shop.test\r\nConnection: close\r\n\r\n").await;
    assert_eq!(response, edge_page_head("502 Bad Gateway", 951, "close"));
    edge.shutdown().await;
}

#[tokio::test]
async fn a_relayed_head_keeps_the_origins_order_and_case() {
    let stub = Stub::answering(
        "HTTP/1.1 200 Fine\r\nserver: nginx\r\nX-oDD-Case: 1\r\nDate: Sun, 08 Mar 2026 01:00:00 GMT\r\n\
         Content-Type: text/plain\r\nX-oDD-Case: 2\r\nContent-Length: 2\r\nConnection: Keep-Alive\r\n\r\nok",
    )
    .await;
    let edge = edge(stub.address).await;
    let response = once(&edge, &get("/")).await;
    let expected = format!(
        "HTTP/1.1 200 Fine\r\n\
         Content-Type: text/plain\r\n\
         Content-Length: 2\r\n\
         Connection: close\r\n\
         server: nginx\r\n\
         X-oDD-Case: 1\r\n\
         X-oDD-Case: 2\r\n\
         Date: Sun, 08 Mar 2026 01:00:00 GMT\r\n\
         X-Cache: Miss from cloudfront\r\n\
         {VIA}\r\n\
         X-Amz-Cf-Pop: FRA56-P1\r\n\
         X-Amz-Cf-Id: {ID}\r\n\r\nok"
    );
    assert_eq!(response, expected);
    edge.shutdown().await;
}

#[tokio::test]
async fn the_request_towards_the_origin_is_cloudfronts() {
    let stub = Stub::answering("HTTP/1.1 204 No Content\r\n\r\n").await;
    let edge = edge(stub.address).await;
    once(&edge, "GET /a?b=c HTTP/1.1\r\nHost: www.shop.test\r\nUser-Agent: x\r\nConnection: close\r\n\r\n").await;
    let expected = format!(
        "GET /a HTTP/1.1\r\n\
         Host: origin.test\r\n\
         User-Agent: Amazon CloudFront\r\n\
         X-Amz-Cf-Id: {ID}\r\n\
         Connection: Keep-Alive\r\n\
         X-Forwarded-For: 127.0.0.1\r\n\
         {VIA}\r\n\
         Cdn-Loop: Amazon CloudFront\r\n\r\n"
    );
    assert_eq!(stub.requests(), [expected]);
    edge.shutdown().await;
}

#[tokio::test]
async fn oversized_requests_close_the_connection() {
    let edge = edge(nowhere()).await;
    let long_url = once(&edge, &format!("GET /{} HTTP/1.1\r\nHost: www.shop.test\r\n\r\n", "a".repeat(9_000))).await;
    assert_eq!(long_url, edge_page_head("414 URI Too Long", 915, "close") + &page(Page::UrlTooLong));
    let fields = format!("X-A: {}\r\n", "a".repeat(8_000)).repeat(5);
    let large_head = once(&edge, &format!("GET / HTTP/1.1\r\nHost: www.shop.test\r\n{fields}\r\n")).await;
    assert_eq!(large_head, edge_page_head("494 Bad Request", 915, "close") + &page(Page::HeaderTooLarge));
    edge.shutdown().await;
}

#[tokio::test]
async fn requests_the_edge_refuses_never_reach_the_origin() {
    let stub = Stub::answering("HTTP/1.1 204 No Content\r\n\r\n").await;
    let edge = edge(stub.address).await;
    for (request, expected) in [
        ("GET / HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n", 403),
        ("TRACE / HTTP/1.1\r\nHost: www.shop.test\r\nConnection: close\r\n\r\n", 403),
        ("GET / HTTP/1.1\r\nHost: www.shop.test\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx", 403),
        ("GET / HTTP/1.0\r\n\r\n", 400),
    ] {
        assert_eq!(status(&once(&edge, request).await), expected, "{request}");
    }
    assert_eq!(stub.connections(), 0);
    edge.shutdown().await;
}
