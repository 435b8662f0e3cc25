//! Viewers that stretch or break the rules of HTTP, and trailers, which end at the edge.

use std::time::Duration;

use edge502_edge::Edge;
use edge502_rules::outcome::{DetailedResultType, ResultType};
use edge502_rules::page::Page;
use tokio::io::AsyncReadExt as _;

use crate::support::*;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const TRAILERS: &str =
    "HTTP/1.1 200 OK\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n";

#[tokio::test]
async fn a_response_with_trailers_is_complete_and_the_connection_is_kept() {
    let stub = Stub::answering(TRAILERS).await;
    let edge = edge(stub.address).await;
    let mut events = edge.events();
    let asks_for_trailers = "GET / HTTP/1.1\r\nHost: www.shop.test\r\nTE: trailers\r\nConnection: close, TE\r\n\r\n";
    for (request, reused) in [(get("/"), false), (asks_for_trailers.to_owned(), true), (get("/"), true)] {
        let response = once(&edge, &request).await;
        assert!(response.ends_with("\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), "{response}");
        assert!(!response.contains("X-T"), "{response}");
        let told = next(&mut events).await;
        let log = &told.log;
        assert_eq!(
            (log.x_edge_result_type, log.x_edge_detailed_result_type),
            (ResultType::Miss, DetailedResultType::Miss)
        );
        assert_eq!(told.reused_connection, reused);
    }
    assert_eq!(stub.connections(), 1);
    edge.shutdown().await;
}

#[tokio::test]
async fn two_host_headers_are_a_bad_request() {
    let stub = Stub::answering(OK).await;
    let edge = edge(stub.address).await;
    for second in ["evil.test", "www.shop.test"] {
        let request = format!("GET / HTTP/1.1\r\nHost: www.shop.test\r\nHost: {second}\r\nConnection: close\r\n\r\n");
        let response = once(&edge, &request).await;
        assert_eq!(status(&response), 400);
        let page = Page::BadRequest.bytes(&ID.parse().unwrap());
        assert!(response.ends_with(&String::from_utf8(page).unwrap()), "{response}");
    }
    assert_eq!(stub.connections(), 0);
    edge.shutdown().await;
}

/// The edge closes, or the test would not end.
#[tokio::test]
async fn a_request_with_both_lengths_closes_the_connection_and_says_only_so() {
    let stub = Stub::start(|_, mut peer| async move {
        while let Some(head) = read_head(&mut peer.stream).await {
            assert!(!head.to_ascii_lowercase().contains("content-length"), "{head}");
            let mut end = [0; "0\r\n\r\n".len()];
            peer.stream.read_exact(&mut end).await.unwrap();
            peer.send(OK).await;
        }
    })
    .await;
    let edge = edge(stub.address).await;
    let both = ["Content-Length: 4\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 4"];
    for host in ["www.shop.test", "evil.test"] {
        for lengths in both {
            let request = format!("POST / HTTP/1.1\r\nHost: {host}\r\n{lengths}\r\n\r\n0\r\n\r\n");
            let response = once(&edge, &request).await;
            assert!(response.contains("\r\nConnection: close\r\n"), "{response}");
            assert!(!response.contains("keep-alive"), "{response}");
        }
    }
    edge.shutdown().await;
}

#[tokio::test]
async fn a_chunked_upload_leaves_the_connection_open() {
    let edge = edge(nowhere()).await;
    let mut viewer = Viewer::connect(edge.http_addr()).await;
    for _ in 0..2 {
        let request = "POST / HTTP/1.1\r\nHost: www.shop.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
        let response = viewer.ask(request).await;
        let names: Vec<_> = response.lines().take_while(|line| !line.is_empty()).map(|line| &line[..5]).collect();
        let expected = ["HTTP/", "Serve", "Date:", "Conte", "Conte", "X-Cac", "Via: ", "X-Amz", "X-Amz"];
        assert_eq!(names, expected, "{response}");
        assert!(response.contains("\r\nContent-Length: 951\r\nX-Cache: Error") && status(&response) == 502);
    }
    edge.shutdown().await;
}

#[tokio::test]
async fn oversized_requests_up_to_256_kib_get_cloudfronts_pages() {
    let edge = edge(nowhere()).await;
    for (length, expected) in [(8_193, 414), (60_000, 414), (65_000, 414)] {
        let response =
            once(&edge, &format!("GET /{} HTTP/1.1\r\nHost: www.shop.test\r\n\r\n", "a".repeat(length - 1))).await;
        assert_eq!(status(&response), expected, "{length}");
        assert!(response.contains("<H1>414 ERROR</H1>"), "{length}");
    }
    for length in [33_000, 130_000, 200_000, 260_000] {
        let request = format!("GET / HTTP/1.1\r\nHost: www.shop.test\r\nX: {}\r\n\r\n", "a".repeat(length));
        let response = once(&edge, &request).await;
        assert_eq!(status(&response), 494, "{length}");
        let page = Page::HeaderTooLarge.bytes(&ID.parse().unwrap());
        assert!(response.ends_with(&String::from_utf8(page).unwrap()), "{length}");
    }
    edge.shutdown().await;
}

/// hyper answers by itself what never becomes a request.
#[tokio::test]
async fn what_is_no_request_is_refused_without_a_page_or_a_line() {
    let edge = edge(nowhere()).await;
    let mut events = edge.events();
    let lines = "X: 1\r\n".repeat(257);
    for (request, expected) in [
        ("no HTTP at all\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/1.1\r\nHost\r\n\r\n".to_owned(), 400),
        (format!("GET /{} HTTP/1.1\r\nHost: www.shop.test\r\n\r\n", "a".repeat(65_535)), 414),
        (format!("GET / HTTP/1.1\r\nHost: www.shop.test\r\n{lines}\r\n"), 431),
    ] {
        let response = once(&edge, &request).await;
        assert_eq!(status(&response), expected, "{response}");
        assert!(response.ends_with("\r\n\r\n") && !response.to_ascii_lowercase().contains("x-amz-cf-id"), "{response}");
    }
    // The first line is that of the first request that is one.
    once(&edge, &get("/")).await;
    assert_eq!(next(&mut events).await.status, 502);
    edge.shutdown().await;
}

/// An origin that waits for whole requests, which never come.
async fn patient() -> Stub {
    Stub::start(|_, mut peer| async move { while peer.request().await.is_some() {} }).await
}

/// A viewer that sent half of its body, which the edge has begun to forward.
async fn half_sent(edge: &Edge, stub: &Stub) -> Viewer {
    let mut viewer = Viewer::connect(edge.http_addr()).await;
    viewer.send("POST / HTTP/1.1\r\nHost: www.shop.test\r\nContent-Length: 4\r\n\r\nhi").await;
    within(async {
        while stub.connections() == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    viewer
}

#[tokio::test]
async fn a_viewer_that_leaves_in_the_middle_of_its_upload_is_logged_as_000() {
    let stub = patient().await;
    let edge = edge(stub.address).await;
    let mut events = edge.events();
    drop(half_sent(&edge, &stub).await);
    let told = next(&mut events).await;
    assert_eq!((told.status, told.log.sc_bytes), (0, 0));
    assert_eq!(told.log.x_edge_detailed_result_type, DetailedResultType::ClientHungUpRequest);
    edge.shutdown().await;
}

#[tokio::test]
async fn a_viewer_that_stalls_in_its_upload_gets_a_400_and_the_log_says_so() {
    let (forwarded, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let stub = Stub::start(move |_, mut peer| {
        let forwarded = forwarded.clone();
        async move {
            read_head(&mut peer.stream).await;
            peer.stream.read_exact(&mut [0; 2]).await.unwrap();
            forwarded.send(()).unwrap();
            peer.request().await;
        }
    })
    .await;
    let edge = edge(stub.address).await;
    let mut events = edge.events();
    let mut viewer = half_sent(&edge, &stub).await;
    within(heard.recv()).await.unwrap();
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(31)).await;
    tokio::time::resume();
    assert_eq!(status(&viewer.rest().await), 400);
    let told = next(&mut events).await;
    assert_eq!(told.status, 400);
    assert_eq!(told.log.x_edge_detailed_result_type, DetailedResultType::ClientHungUpRequest);
    edge.shutdown().await;
}

#[tokio::test]
async fn chunks_that_are_none_get_a_400() {
    let stub = patient().await;
    let edge = edge(stub.address).await;
    let mut viewer = Viewer::connect(edge.http_addr()).await;
    viewer.send("POST / HTTP/1.1\r\nHost: www.shop.test\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").await;
    assert_eq!(status(&viewer.rest().await), 400);
    edge.shutdown().await;
}
