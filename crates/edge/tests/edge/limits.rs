//! Origins that fail, and how long the edge puts up with them.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use edge502_edge::Edge;
use edge502_rules::Cause;
use edge502_rules::distribution::Origin;
use edge502_rules::outcome::{DetailedResultType, ResultType};
use tokio::io::AsyncWriteExt as _;

use crate::support::*;

const SHORT: Duration = Duration::from_millis(150);

fn impatient(origin: &mut Origin) {
    origin.connection_timeout = SHORT;
    origin.custom.origin_read_timeout = SHORT;
}

/// Status and cause of a GET from an origin that answers with `bytes` and closes.
async fn cause_of(bytes: String) -> (u16, Option<Cause>) {
    let stub = Stub::start(move |_, mut peer| {
        let bytes = bytes.clone();
        async move {
            peer.request().await;
            peer.send(&bytes).await;
        }
    })
    .await;
    let edge = edge(stub.address).await;
    let told = ask(&edge, &get("/")).await;
    edge.shutdown().await;
    told
}

async fn ask(edge: &Edge, request: &str) -> (u16, Option<Cause>) {
    let mut events = edge.events();
    let response = once(edge, request).await;
    (status(&response), next(&mut events).await.cause)
}

#[tokio::test]
async fn answers_that_are_no_http_are_told_from_silence() {
    let large = format!("HTTP/1.1 200 OK\r\nX-Large: {}\r\n\r\n", "a".repeat(33_000));
    let conflict = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab";
    for (bytes, cause) in [
        ("", Cause::ConnectionClosedEarly),
        ("HTTP/1.1 200 OK\r\nContent-", Cause::ConnectionClosedEarly),
        ("SSH-2.0-OpenSSH_9.2\r\n\r\n", Cause::ResponseMalformed),
        ("HTTP/1.1 abc OK\r\n\r\n", Cause::ResponseMalformed),
        ("HTTP/1.1 200 OK\r\nNo colon\r\n\r\n", Cause::ResponseMalformed),
        (conflict, Cause::ResponseMalformed),
        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", Cause::ResponseMalformed),
        (large.as_str(), Cause::ResponseHeadersTooLarge),
    ] {
        assert_eq!(cause_of(bytes.to_owned()).await, (502, Some(cause)), "{bytes:.60?}");
    }
}

#[tokio::test]
async fn a_header_block_just_below_the_limit_passes() {
    let bytes = format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Large: {}\r\n\r\n", "a".repeat(32_000));
    assert_eq!(cause_of(bytes).await, (200, None));
}

#[tokio::test]
async fn a_refused_connection_is_a_502() {
    let edge = edge(nowhere()).await;
    assert_eq!(ask(&edge, &get("/")).await, (502, Some(Cause::ConnectionRefused)));
    edge.shutdown().await;
}

#[tokio::test]
async fn each_attempt_takes_the_next_address() {
    let stub = Stub::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let mut config = config(nowhere());
    config.overrides.insert("origin.test", 80, nowhere());
    config.overrides.insert("origin.test", 80, stub.address);
    config.distribution.origins[0].connection_attempts = 2;
    let mut enough = config.distribution.clone();
    enough.origins[0].connection_attempts = 3;
    let edge = Edge::start(config).await.unwrap();
    assert_eq!(ask(&edge, &get("/")).await, (502, Some(Cause::ConnectionRefused)));
    edge.set_distribution(enough);
    assert_eq!(ask(&edge, &get("/")).await, (200, None));
    edge.shutdown().await;
}

/// An origin that accepts requests and never answers.
async fn silent() -> Stub {
    Stub::start(|_, mut peer| async move { while peer.request().await.is_some() {} }).await
}

#[tokio::test]
async fn a_silent_origin_is_asked_again_by_get_only() {
    let post = "POST / HTTP/1.1\r\nHost: www.shop.test\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";
    for (request, attempts) in [(get("/"), 3), (post.to_owned(), 1)] {
        let stub = silent().await;
        let edge = edge_with(stub.address, impatient).await;
        let start = Instant::now();
        assert_eq!(ask(&edge, &request).await, (504, Some(Cause::ResponseTimeout)));
        assert!(start.elapsed() >= SHORT * attempts, "{:?}", start.elapsed());
        assert_eq!(stub.requests().len(), attempts as usize);
        edge.shutdown().await;
    }
}

#[tokio::test]
async fn the_completion_timeout_covers_all_attempts() {
    let stub = silent().await;
    let edge = edge_with(stub.address, |origin| {
        origin.custom.origin_read_timeout = Duration::from_mins(1);
        origin.response_completion_timeout = Some(SHORT);
    })
    .await;
    assert_eq!(ask(&edge, &get("/")).await, (504, Some(Cause::ResponseTimeout)));
    edge.shutdown().await;
}

#[tokio::test]
async fn a_slow_upload_is_not_charged_to_the_origin() {
    let stub = Stub::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let edge = edge_with(stub.address, impatient).await;
    let mut viewer = Viewer::connect(edge.http_addr()).await;
    viewer.send("POST / HTTP/1.1\r\nHost: www.shop.test\r\nContent-Length: 4\r\n\r\nab").await;
    let early = tokio::time::timeout(SHORT * 3, read_head(&mut viewer.stream)).await;
    assert!(early.is_err(), "answered before the body was complete: {early:?}");
    assert_eq!(status(&viewer.ask("cd").await), 200);
    edge.shutdown().await;
}

/// What the viewer and the log get from an origin that sends `first` and then keeps the connection or closes it.
async fn cut(
    first: &'static str,
    close: bool,
    change: impl FnOnce(&mut Origin),
) -> (String, Cause, DetailedResultType) {
    let stub = Stub::start(move |_, mut peer| async move {
        peer.request().await;
        peer.send(first).await;
        if !close {
            peer.request().await;
        }
        let _ = peer.stream.get_mut().shutdown().await;
    })
    .await;
    let edge = edge_with(stub.address, change).await;
    let mut events = edge.events();
    let response = once(&edge, &get("/")).await;
    let told = next(&mut events).await;
    assert_eq!(told.status, 200);
    assert_eq!(told.log.x_edge_result_type, ResultType::Error);
    assert_eq!(told.log.x_edge_response_result_type, ResultType::Miss);
    edge.shutdown().await;
    (response, told.cause.unwrap(), told.log.x_edge_detailed_result_type)
}

#[tokio::test]
async fn a_body_that_breaks_off_reaches_the_viewer_cut() {
    let length = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc";
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";
    for first in [length, chunked] {
        let (response, cause, detail) = cut(first, true, |_| {}).await;
        assert!(response.contains("abc") && !response.contains("0\r\n\r\n"), "{response}");
        assert_eq!((cause, detail), (Cause::ResponseTruncated, DetailedResultType::AbortedOrigin));
    }
}

/// Nothing but the head is there when the failure comes: it still has to arrive.
#[tokio::test]
async fn a_body_that_breaks_off_before_its_first_byte_still_has_its_head() {
    let empty = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    let broken = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n";
    for first in [empty, broken] {
        let (response, cause, _) = cut(first, true, |_| {}).await;
        assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response:?}");
        assert_eq!(cause, Cause::ResponseTruncated, "{first:?}");
    }
}

#[tokio::test]
async fn a_body_that_stalls_is_cut_after_the_read_timeout() {
    let (response, cause, detail) = cut("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", false, impatient).await;
    assert!(response.ends_with("\r\n\r\nabc"), "{response}");
    assert_eq!((cause, detail), (Cause::ResponseTimeout, DetailedResultType::OriginCommError));
}

#[tokio::test]
async fn a_body_that_drips_is_cut_by_the_completion_timeout_alone() {
    let stub = Stub::start(|_, mut peer| async move {
        peer.request().await;
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n").await;
        let mut tick = tokio::time::interval(SHORT / 5);
        while peer.stream.get_mut().write_all(b"a").await.is_ok() {
            tick.tick().await;
        }
    })
    .await;
    let edge = edge_with(stub.address, |origin| {
        impatient(origin);
        origin.response_completion_timeout = Some(SHORT * 3);
    })
    .await;
    let mut events = edge.events();
    let start = Instant::now();
    once(&edge, &get("/")).await;
    assert!(start.elapsed() >= SHORT * 3, "the read timeout alone would not have ended it");
    let told = next(&mut events).await;
    assert_eq!(told.cause, Some(Cause::ResponseTimeout));
    assert!(told.failure.as_ref().unwrap().evidence.contains("ResponseCompletionTimeout"));
    edge.shutdown().await;
}

#[tokio::test]
async fn a_body_without_length_ends_with_the_connection() {
    let bytes = "HTTP/1.1 200 OK\r\n\r\nabc".to_owned();
    assert_eq!(cause_of(bytes).await, (200, None));
}

/// Loopback drops nothing, so a full backlog stands in for a firewall that does.
#[tokio::test]
async fn an_unanswered_connection_is_a_504() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queued = Vec::new();
    while let Ok(Ok(stream)) = tokio::time::timeout(SHORT, tokio::net::TcpStream::connect(address)).await {
        queued.push(stream);
        assert!(queued.len() < 100, "the backlog never fills");
    }
    let edge = edge_with(address, |origin| {
        impatient(origin);
        origin.connection_attempts = 2;
    })
    .await;
    let start = Instant::now();
    assert_eq!(ask(&edge, &get("/")).await, (504, Some(Cause::ConnectionTimeout)));
    assert!(start.elapsed() >= SHORT * 2);
    edge.shutdown().await;
}
