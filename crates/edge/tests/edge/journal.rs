//! What is told about requests: the access log and the events.

use edge502_edge::{Edge, EdgeError, LogSink};
use edge502_rules::access_log::{AccessLogRecord, HEADER};
use edge502_rules::outcome::{DetailedResultType, ResultType};
use tokio::io::AsyncWriteExt as _;

use crate::support::*;

#[tokio::test]
async fn each_request_is_one_line_under_one_header() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("access.log");
    for _ in 0..2 {
        let mut config = config(nowhere().await);
        config.log = LogSink::File(path.clone());
        let edge = Edge::start(config).await.unwrap();
        let request = "GET /a%20b?q=1 HTTP/1.1\r\nHost: www.shop.test\r\nUser-Agent: t t\r\nConnection: close\r\n\r\n";
        once(&edge, request).await;
        edge.shutdown().await;
    }
    let log = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = log.strip_prefix(HEADER).unwrap().lines().collect();
    assert_eq!(lines.len(), 2, "{log}");
    let record = AccessLogRecord::parse_line(lines[0]).unwrap();
    assert_eq!(record.finished, NOW);
    assert_eq!(record.cs_host, "d111111abcdef8.cloudfront.net");
    assert_eq!(record.x_host_header.as_deref(), Some("www.shop.test"));
    assert_eq!((record.cs_uri_stem.as_str(), record.cs_uri_query.as_deref()), ("/a%20b", Some("q=1")));
    assert_eq!(record.cs_user_agent.as_deref(), Some("t t"));
    assert_eq!((record.sc_status, record.sc_content_len), (502, Some(951)));
    assert_eq!(record.x_edge_detailed_result_type, DetailedResultType::OriginConnectError);
    assert_eq!(record.x_edge_request_id.as_str(), ID);
    assert_eq!(record.x_edge_location, "FRA56-P1");
    assert_eq!(record.ssl_protocol, None);
    // "GET /a%20b?q=1 HTTP/1.1", Host, User-Agent, Connection, empty line.
    assert_eq!(record.cs_bytes, 25 + 21 + 17 + 19 + 2);
}

#[tokio::test]
async fn bytes_and_lengths_are_those_of_the_response() {
    let stub = Stub::answering(
        "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 5-9/20\r\nContent-Length: 5\r\n\r\nabcde",
    )
    .await;
    let edge = edge(stub.address).await;
    let mut events = edge.events();
    let response = once(&edge, &get("/")).await;
    let log = &next(&mut events).await.log;
    assert_eq!((log.sc_range_start, log.sc_range_end, log.sc_content_len), (Some(5), Some(9), Some(5)));
    assert_eq!(log.sc_bytes, response.len() as u64);
    assert_eq!((log.x_edge_result_type, log.x_edge_detailed_result_type), (ResultType::Miss, DetailedResultType::Miss));
    edge.shutdown().await;
}

#[tokio::test]
async fn a_viewer_that_leaves_before_the_answer_is_logged_as_000() {
    let stub = Stub::start(|_, mut peer| async move { while peer.request().await.is_some() {} }).await;
    let edge = edge(stub.address).await;
    let mut events = edge.events();
    let mut viewer = Viewer::connect(edge.http_addr()).await;
    viewer.send("GET / HTTP/1.1\r\nHost: www.shop.test\r\n\r\n").await;
    within(async {
        while stub.requests().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    drop(viewer);
    let told = next(&mut events).await;
    assert_eq!((told.status, told.log.x_edge_detailed_result_type), (0, DetailedResultType::ClientHungUpRequest));
    edge.shutdown().await;
}

#[tokio::test]
async fn a_viewer_that_leaves_in_the_middle_is_logged_with_the_status_it_got() {
    let stub = Stub::start(|_, mut peer| async move {
        peer.request().await;
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n").await;
        while peer.stream.get_mut().write_all(&[b'a'; 10_000]).await.is_ok() {}
    })
    .await;
    let edge = edge(stub.address).await;
    let mut events = edge.events();
    let mut viewer = Viewer::connect(edge.http_addr()).await;
    viewer.send("GET / HTTP/1.1\r\nHost: www.shop.test\r\n\r\n").await;
    within(read_head(&mut viewer.stream)).await.unwrap();
    drop(viewer);
    let told = next(&mut events).await;
    assert_eq!((told.status, told.cause), (200, None));
    assert_eq!(told.log.x_edge_result_type, ResultType::Error);
    assert_eq!(told.log.x_edge_response_result_type, ResultType::Miss);
    assert_eq!(told.log.x_edge_detailed_result_type, DetailedResultType::ClientCommError);
    edge.shutdown().await;
}

#[tokio::test]
async fn a_log_that_cannot_be_written_is_refused_at_the_start() {
    let mut config = config(nowhere().await);
    config.log = LogSink::File("/nonexistent/access.log".into());
    let error = Edge::start(config).await.unwrap_err();
    assert!(matches!(error, EdgeError::AccessLog { .. }));
    assert!(error.to_string().contains("/nonexistent/access.log"), "{error}");
}

#[tokio::test]
async fn a_fifo_as_log_is_refused_instead_of_waiting_for_its_reader() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let mut config = config(nowhere().await);
    config.log = LogSink::File(path);
    let error = within(Edge::start(config)).await.unwrap_err();
    assert!(error.to_string().contains("access log"), "{error}");
}
