//! Requests and responses that come through, and how connections to the origin are used.

use std::time::Duration;

use edge502_rules::Cause;
use tokio::io::AsyncReadExt as _;

use crate::support::*;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[tokio::test]
async fn a_connection_to_the_origin_is_used_again() {
    let stub = Stub::answering(OK).await;
    let edge = edge(stub.address).await;
    let mut events = edge.events();
    for expected in [false, true, true] {
        assert_eq!(status(&once(&edge, &get("/")).await), 200);
        assert_eq!(next(&mut events).await.reused_connection, expected);
    }
    assert_eq!((stub.connections(), stub.requests().len()), (1, 3));
    edge.shutdown().await;
}

#[tokio::test]
async fn a_changed_distribution_applies_at_once_and_drops_connections() {
    let stub = Stub::answering(OK).await;
    let edge = edge(stub.address).await;
    once(&edge, &get("/")).await;
    let mut changed = distribution("http-only");
    changed.origins[0].origin_path = "/v2".to_owned();
    edge.set_distribution(changed);
    once(&edge, &get("/")).await;
    once(&edge, &get("/")).await;
    assert_eq!(stub.connections(), 2, "one before, one after");
    assert!(stub.requests()[1].starts_with("GET /v2/ HTTP/1.1\r\n"), "{:?}", stub.requests());
    edge.shutdown().await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_the_keepalive_timeout() {
    let (closed, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let stub = Stub::start(move |_, mut peer| {
        let closed = closed.clone();
        async move {
            while peer.request().await.is_some() {
                peer.send(OK).await;
            }
            let _ = closed.send(());
        }
    })
    .await;
    let short = Duration::from_millis(100);
    let edge = edge_with(stub.address, |origin| origin.custom.origin_keepalive_timeout = short).await;
    once(&edge, &get("/")).await;
    within(heard.recv()).await.expect("the edge closes the idle connection");
    edge.shutdown().await;
}

/// Answers the first request of the first connection, and closes when the second one arrives.
async fn forgetful() -> Stub {
    Stub::start(|number, mut peer| async move {
        while let Some(request) = peer.request().await {
            if number == 0 && request.contains("/second") {
                return;
            }
            peer.send(OK).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_get_survives_a_kept_connection_that_dies() {
    let stub = forgetful().await;
    let edge = edge_with(stub.address, |origin| origin.connection_attempts = 1).await;
    for path in ["/first", "/second"] {
        assert_eq!(status(&once(&edge, &get(path)).await), 200);
    }
    assert_eq!(stub.connections(), 2);
    edge.shutdown().await;
}

#[tokio::test]
async fn a_post_does_not() {
    let stub = forgetful().await;
    let edge = edge(stub.address).await;
    let mut events = edge.events();
    once(&edge, &get("/first")).await;
    let post = "POST /second HTTP/1.1\r\nHost: www.shop.test\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";
    assert_eq!(status(&once(&edge, post).await), 502);
    next(&mut events).await;
    let failed = next(&mut events).await;
    assert_eq!(failed.cause, Some(Cause::ConnectionClosedEarly), "{:?}", failed.failure);
    assert_eq!(stub.connections(), 1);
    edge.shutdown().await;
}

#[tokio::test]
async fn a_connection_the_origin_closed_is_replaced_even_for_a_post() {
    let stub = Stub::start(|_, mut peer| async move {
        peer.request().await;
        peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok").await;
    })
    .await;
    let edge = edge(stub.address).await;
    let post = "POST / HTTP/1.1\r\nHost: www.shop.test\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";
    for _ in 0..3 {
        assert_eq!(status(&once(&edge, post).await), 200);
    }
    assert_eq!(stub.connections(), 3);
    edge.shutdown().await;
}

#[tokio::test]
async fn a_viewers_connection_carries_several_requests() {
    let stub = Stub::answering(OK).await;
    let edge = edge(stub.address).await;
    let mut viewer = Viewer::connect(edge.http_addr()).await;
    for _ in 0..3 {
        let response = viewer.ask("GET / HTTP/1.1\r\nHost: www.shop.test\r\n\r\n").await;
        assert!(response.ends_with("\r\n\r\nok") && response.contains("\r\nConnection: keep-alive\r\n"));
    }
    edge.shutdown().await;
}

#[tokio::test]
async fn bodies_stream_in_both_directions() {
    // The origin answers each piece before the next one is sent, which works only if nothing is held back.
    let stub = Stub::start(|_, mut peer| async move {
        read_head(&mut peer.stream).await;
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await;
        for piece in ["3\r\none\r\n", "3\r\ntwo\r\n", "0\r\n\r\n"] {
            let mut received = vec![0; piece.len()];
            peer.stream.read_exact(&mut received).await.unwrap();
            peer.send(&String::from_utf8(received).unwrap()).await;
        }
    })
    .await;
    let edge = edge(stub.address).await;
    let mut viewer = Viewer::connect(edge.http_addr()).await;
    viewer.send("POST / HTTP/1.1\r\nHost: www.shop.test\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    let head = within(read_head(&mut viewer.stream)).await.unwrap();
    assert!(head.contains("\r\nTransfer-Encoding: chunked\r\n"), "{head}");
    for piece in ["3\r\none\r\n", "3\r\ntwo\r\n", "0\r\n\r\n"] {
        viewer.send(piece).await;
        let mut echo = vec![0; piece.len()];
        within(viewer.stream.read_exact(&mut echo)).await.unwrap();
        assert_eq!(echo, piece.as_bytes());
    }
    edge.shutdown().await;
}

#[tokio::test]
async fn http_1_0_viewers_are_served_until_the_connection_closes() {
    let stub = Stub::answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n").await;
    let edge = edge(stub.address).await;
    let response = once(&edge, "GET / HTTP/1.0\r\nHost: www.shop.test\r\n\r\n").await;
    assert!(response.starts_with("HTTP/1.0 200 OK\r\nConnection: close\r\n"), "{response}");
    assert!(response.ends_with("\r\n\r\nabc"), "{response}");
    assert!(stub.requests()[0].contains("\r\nVia: 1.0 "));
    edge.shutdown().await;
}

#[tokio::test]
async fn errors_of_the_origin_are_passed_on() {
    let stub = Stub::answering(
        "HTTP/1.1 502 Bad Gateway\r\nServer: awselb/2.0\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\noops",
    )
    .await;
    let edge = edge(stub.address).await;
    let mut events = edge.events();
    let response = once(&edge, &get("/")).await;
    assert_eq!(status(&response), 502);
    assert!(response.contains("\r\nServer: awselb/2.0\r\n") && response.ends_with("oops"));
    let exchange = next(&mut events).await;
    assert_eq!(exchange.cause, Some(Cause::OriginErrorRelayed));
    assert!(exchange.failure.is_none());
    edge.shutdown().await;
}
