//! Answers that depend on the request, and answers at odd times.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{BOUND, start};
use edge502_origin::Origin;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// A client on the plain port.
async fn client(origin: &Origin) -> TcpStream {
    TcpStream::connect(origin.http_addr()).await.unwrap()
}

/// What comes until the text ends with `end`, or until the origin closes if that is empty.
async fn hear(client: &mut TcpStream, end: &str) -> String {
    let mut heard = Vec::new();
    let all = async {
        while end.is_empty() || !heard.ends_with(end.as_bytes()) {
            if client.read_buf(&mut heard).await.unwrap() == 0 {
                break;
            }
        }
    };
    timeout(BOUND, all).await.unwrap();
    String::from_utf8(heard).unwrap()
}

async fn ask(client: &mut TcpStream, request: &str) -> String {
    client.write_all(request.as_bytes()).await.unwrap();
    hear(client, "END").await
}

#[tokio::test]
async fn the_first_condition_that_is_met_decides() {
    let origin = start(
        r#"
        [http]
        status = 403
        body = "default END"
        [[http.when]]
        nth = 2
        answer.body = "second END"
        [[http.when]]
        host = "b.test"
        answer = { status = 404, body = "host END" }
        "#,
    )
    .await;
    let mut client = client(&origin).await;
    for (host, expected) in [("a.test", "403"), ("b.test", "200"), ("b.test", "404")] {
        let heard = ask(&mut client, &format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
        assert!(heard.starts_with(&format!("HTTP/1.1 {expected} ")), "{heard}");
    }
    origin.shutdown().await;
}

#[tokio::test]
async fn an_answer_can_come_before_the_body_of_the_request() {
    let origin = start("http.answer_at = 'head'\nhttp.body = 'END'").await;
    let mut client = client(&origin).await;
    ask(&mut client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n").await;
    client.write_all(b"late").await.unwrap();
    let second = ask(&mut client, "GET /b HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(second.starts_with("HTTP/1.1 200 "), "{second}");
    origin.shutdown().await;
}

#[tokio::test]
async fn an_answer_can_come_before_the_request() {
    let origin = start("http.answer_at = 'connection'\nhttp.body = 'END'").await;
    let heard = hear(&mut client(&origin).await, "END").await;
    assert!(heard.starts_with("HTTP/1.1 200 "), "{heard}");
    origin.shutdown().await;
}

#[tokio::test]
async fn a_body_can_drip() {
    let origin = start("http.drip_ms = 2\nhttp.body = 'drop by drop END'").await;
    let heard = ask(&mut client(&origin).await, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(heard.ends_with("\r\n\r\ndrop by drop END"), "{heard}");
    origin.shutdown().await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_in_its_time() {
    let origin = start("http.idle_close_ms = 20\nhttp.body = 'END'").await;
    let mut client = client(&origin).await;
    ask(&mut client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(hear(&mut client, "").await, "");
    origin.shutdown().await;
}

#[tokio::test]
async fn settings_for_all_requests_are_refused_in_an_answer_for_some() {
    for setting in
        ["answers_per_connection = 1", "idle_close_ms = 1", "answer_at = 'head'", "when = [{}]", "status = 99"]
    {
        let toml = format!("[[http.when]]\nnth = 2\nanswer.{setting}");
        assert!(common::try_start(&toml).await.is_err(), "{setting}");
    }
}
