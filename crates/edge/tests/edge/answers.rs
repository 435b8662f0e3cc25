//! Odd and broken answers: what the viewer gets, and which word the log has for it.

use std::time::Duration;

use edge502_edge::Edge;
use tokio::io::AsyncReadExt as _;
use tokio::sync::mpsc;

use crate::support::*;

/// Status and detailed result type of one request to an origin that answers `bytes` and closes.
async fn outcome(request: &str, bytes: impl Into<String>) -> (String, String) {
    let bytes = bytes.into();
    let stub = Stub::start(move |_, mut peer| {
        let bytes = bytes.clone();
        async move {
            peer.request().await;
            peer.send(&bytes).await;
        }
    })
    .await;
    let edge = edge(stub.address).await;
    let seen = ask(&edge, request).await;
    edge.shutdown().await;
    seen
}

/// The response and the detailed result type.
async fn ask(edge: &Edge, request: &str) -> (String, String) {
    let mut events = edge.events();
    let response = once(edge, request).await;
    let exchange = next(&mut events).await;
    (response, exchange.log.x_edge_detailed_result_type.to_string())
}

const HEAD: &str = "HEAD / HTTP/1.1\r\nHost: www.shop.test\r\nConnection: close\r\n\r\n";

fn ok(rest: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{rest}")
}

/// A head of this many bytes in all.
fn head_of(length: usize) -> String {
    let (start, end) = ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Large: ", "\r\n\r\n");
    format!("{start}{}{end}", "a".repeat(length - start.len() - end.len()))
}

#[tokio::test]
async fn what_cannot_be_used_is_a_502_under_its_word() {
    for (bytes, word) in [
        ("<html>HTTP/0.9 has no head</html>\r\n\r\n".to_owned(), "OriginInvalidResponseError"),
        ("HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n".to_owned(), "OriginInvalidResponseError"),
        ("HTTP/1.1 600 High\r\nContent-Length: 0\r\n\r\n".to_owned(), "OriginInvalidResponseError"),
        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n".to_owned(), "OriginInvalidResponseError"),
        (ok("Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), "OriginInvalidResponseError"),
        (ok("Transfer-Encoding: gzip\r\n\r\nxx"), "OriginInvalidResponseError"),
        (ok("X-Folded: a\r\n b\r\nContent-Length: 0\r\n\r\n"), "OriginInvalidResponseError"),
        (ok("Bad Name: a\r\nContent-Length: 0\r\n\r\n"), "OriginInvalidResponseError"),
        (ok("Content-Length: -1\r\n\r\n"), "OriginInvalidResponseError"),
        ("HTTP/1.1 100 Continue\r\n\r\n".repeat(2) + &ok("Content-Length: 0\r\n\r\n"), "OriginInvalidResponseError"),
        (
            ok("Content-Length: 4\r\n").replace("200 OK", "206 x") + "Content-Range: bytes 0-9/20\r\n\r\nabcd",
            "OriginContentRangeLengthError",
        ),
        (
            ok("Content-Length: 0\r\n").replace("200 OK", "206 x") + "Content-Range: bytes 0-9/20\r\n\r\n",
            "OriginZeroSizeObjectError",
        ),
        (head_of(32_769), "OriginHeaderTooBigError"),
        ("HTTP/1.1 103 Early Hints\r\n\r\n".to_owned(), "OriginReadError"),
    ] {
        let (response, seen) = outcome(&get("/"), bytes.clone()).await;
        assert_eq!((status(&response), seen.as_str()), (502, word), "{bytes:.80?}");
    }
}

#[tokio::test]
async fn what_is_odd_but_sound_goes_through() {
    for (bytes, status, body) in [
        (ok("Content-Length: 2\r\nX-Empty:\r\n\r\nok"), "200", "ok"),
        (ok("Content-Length: 0\r\n\r\n"), "200", ""),
        (ok("Content-Length: 2\r\nContent-Length: 2\r\n\r\nok"), "200", "ok"),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n".to_owned()
                + &ok("Content-Length: 2\r\n\r\nok"),
            "200",
            "ok",
        ),
        ("HTTP/1.1 599 Odd\r\nContent-Length: 2\r\n\r\nok".to_owned(), "599", "ok"),
        (ok("\r\nuntil the end"), "200", "until the end"),
        (
            "HTTP/1.1 206 Partial Content\r\nContent-Length: 2\r\nContent-Range: bytes 0-1/9\r\n\r\nok".to_owned(),
            "206",
            "ok",
        ),
        (head_of(32_768), "200", ""),
    ] {
        let (response, word) = outcome(&get("/"), bytes.clone()).await;
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{bytes:.80?}: {response}");
        assert!(
            response.ends_with(&format!("\r\n\r\n{body}")) || response.contains(&format!("\r\n{body}\r\n")),
            "{response}"
        );
        assert!(word == "Miss" || status == "599", "{bytes:.80?}: {word}");
    }
}

#[tokio::test]
async fn a_length_beside_chunks_neither_counts_nor_goes_on() {
    let chunks = ok("Content-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Trailer: 1\r\n\r\n");
    let (response, word) = outcome(&get("/"), chunks).await;
    assert!(response.ends_with("2\r\nok\r\n0\r\n\r\n") && !response.contains("Content-Length"), "{response}");
    assert_eq!(word, "Miss");
}

#[tokio::test]
async fn lengths_that_contradict_each_other_are_no_answer_to_a_head_either() {
    let (response, word) = outcome(HEAD, ok("Content-Length: 1\r\nContent-Length: 2\r\n\r\n")).await;
    assert_eq!((status(&response), word.as_str()), (502, "OriginInvalidResponseError"));
}

#[tokio::test]
async fn bodies_that_break_off_are_cut_after_the_head() {
    for broken in [
        "Content-Length: 9\r\n\r\nhalf",
        "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nnot a size\r\n",
        "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nfffffffffffffffff\r\n",
    ] {
        let (response, word) = outcome(&get("/"), ok(broken)).await;
        assert!(
            status(&response) == 200 && response.contains("half") && !response.ends_with("0\r\n\r\n"),
            "{response}"
        );
        assert_eq!(word, "AbortedOrigin", "{broken}");
    }
}

/// An origin that resets once it has read the head.
async fn resetting() -> Stub {
    Stub::start(|_, mut peer| async move {
        read_head(&mut peer.stream).await;
        peer.stream.get_ref().set_zero_linger().unwrap();
    })
    .await
}

#[tokio::test]
async fn a_reset_in_place_of_an_answer_is_a_failed_read() {
    let stub = resetting().await;
    let edge = edge(stub.address).await;
    let (response, word) = ask(&edge, &get("/")).await;
    assert_eq!((status(&response), word.as_str()), (502, "OriginReadError"));
    edge.shutdown().await;
}

#[tokio::test]
async fn a_reset_in_the_middle_of_an_upload_is_a_failed_write() {
    let stub = resetting().await;
    let edge = edge(stub.address).await;
    let mut events = edge.events();
    let mut viewer = Viewer::connect(edge.http_addr()).await;
    viewer.send("POST / HTTP/1.1\r\nHost: www.shop.test\r\nContent-Length: 10\r\n\r\nhalf").await;
    assert_eq!(status(&within(read_head(&mut viewer.stream)).await.unwrap()), 502);
    drop(viewer);
    let exchange = next(&mut events).await;
    assert_eq!(exchange.log.x_edge_detailed_result_type.as_str(), "OriginWriteError", "{:?}", exchange.failure);
    edge.shutdown().await;
}

/// An answer that is complete before the upload is: the connection is closed, not kept for others.
#[tokio::test]
async fn a_connection_with_an_upload_left_is_not_used_again() {
    let (closed, mut heard) = mpsc::unbounded_channel();
    let stub = Stub::start(move |number, mut peer| {
        let closed = closed.clone();
        async move {
            read_head(&mut peer.stream).await;
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
            if number == 0 {
                let mut rest = Vec::new();
                let _ = peer.stream.read_to_end(&mut rest).await;
                let _ = closed.send(());
            }
        }
    })
    .await;
    let edge = edge(stub.address).await;
    let mut viewer = Viewer::connect(edge.http_addr()).await;
    let response = viewer.ask("POST / HTTP/1.1\r\nHost: www.shop.test\r\nContent-Length: 10\r\n\r\nhalf").await;
    assert!(response.ends_with("ok"), "{response}");
    within(heard.recv()).await.expect("the edge closes the connection although the viewer stays");
    assert_eq!(status(&once(&edge, &get("/")).await), 200);
    assert_eq!(stub.connections(), 2);
    edge.shutdown().await;
}

/// Bytes that nobody asked for, such as the `408` some servers say goodbye with, end an idle connection.
#[tokio::test]
async fn an_answer_on_an_idle_connection_is_not_taken_for_the_next_one() {
    let (said, mut goodbye) = mpsc::unbounded_channel();
    let stub = Stub::start(move |number, mut peer| {
        let said = said.clone();
        async move {
            peer.request().await;
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
            if number == 0 {
                peer.send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await;
                let mut rest = Vec::new();
                let _ = peer.stream.read_to_end(&mut rest).await;
                let _ = said.send(());
            }
        }
    })
    .await;
    let edge = edge_with(stub.address, |origin| origin.connection_attempts = 1).await;
    once(&edge, &get("/")).await;
    within(goodbye.recv()).await.unwrap();
    assert_eq!(status(&once(&edge, &get("/")).await), 200);
    edge.shutdown().await;
}

#[tokio::test]
async fn a_stall_in_the_headers_is_a_504_and_one_in_the_body_a_cut() {
    let short = Duration::from_millis(150);
    for (bytes, expected) in
        [("HTTP/1.1 200 OK\r\nContent-", 504), ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", 200)]
    {
        let stub = Stub::start(move |_, mut peer| async move {
            peer.request().await;
            peer.send(bytes).await;
            peer.request().await;
        })
        .await;
        let edge = edge_with(stub.address, |origin| {
            origin.connection_attempts = 1;
            origin.custom.origin_read_timeout = short;
        })
        .await;
        let (response, word) = ask(&edge, &get("/")).await;
        assert_eq!((status(&response), word.as_str()), (expected, "OriginCommError"), "{bytes}");
        edge.shutdown().await;
    }
}

/// A server of another protocol speaks first; whether the edge hears it before or after its request, it is no HTTP.
#[tokio::test]
async fn a_greeting_in_another_protocol_is_no_answer() {
    for _ in 0..30 {
        let stub = Stub::start(|_, mut peer| async move {
            peer.send("220 mail.test ESMTP\r\n").await;
            peer.request().await;
        })
        .await;
        let edge = edge(stub.address).await;
        let (response, word) = ask(&edge, &get("/")).await;
        assert_eq!((status(&response), word.as_str()), (502, "OriginInvalidResponseError"), "{response}");
        edge.shutdown().await;
    }
}
