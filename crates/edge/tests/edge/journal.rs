//! What is told about requests: the access log and the events.

use std::path::Path;

use edge502_edge::{AccessLog, Edge, EdgeError, LogTarget};
use edge502_rules::access_log::{AccessLogRecord, HEADER, LogFormat};
use edge502_rules::distribution::{Behavior, Logging, PathPattern};
use edge502_rules::outcome::{DetailedResultType, ResultType};
use tokio::io::AsyncWriteExt as _;

use crate::support::*;

fn log(path: &Path) -> Result<AccessLog, EdgeError> {
    AccessLog::open(LogTarget::at(path, None), LogFormat::standard())
}

#[tokio::test]
async fn each_request_is_one_line_under_one_header() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("access.log");
    for _ in 0..2 {
        let mut config = config(nowhere());
        config.log = Some(log(&path).unwrap());
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
    let error = log(Path::new("/nonexistent/access.log")).unwrap_err();
    assert!(matches!(error, EdgeError::AccessLog { .. }));
    assert!(error.to_string().contains("/nonexistent/access.log"), "{error}");
}

#[tokio::test]
async fn a_fifo_as_log_is_refused_instead_of_waiting_for_its_reader() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let error = within(async { log(&path) }).await.unwrap_err();
    assert!(error.to_string().contains("access log"), "{error}");
}

#[tokio::test]
async fn the_newer_fields_tell_behavior_and_latencies() {
    let stub = Stub::answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde").await;
    let mut config = config(stub.address);
    let special = Behavior {
        path_pattern: PathPattern::Pattern("/img/*".to_owned()),
        ..config.distribution.default_behavior.clone()
    };
    config.distribution.behaviors.push(special);
    let edge = Edge::start(config).await.unwrap();
    let mut events = edge.events();
    for (path, pattern) in [("/", "*"), ("/img/a", "/img/*")] {
        once(&edge, &get(path)).await;
        let more = next(&mut events).await.log.more.clone();
        assert_eq!(more.cache_behavior_path_pattern.as_deref(), Some(pattern));
        let (first, last) = (more.origin_fbl.unwrap(), more.origin_lbl.unwrap());
        assert!(first <= last && last < PATIENCE, "{first:?} {last:?}");
        assert!(more.s_ip.unwrap().is_loopback());
        assert_eq!(more.cs_headers[0], ("host".to_owned(), "www.shop.test".to_owned()));
    }
    edge.shutdown().await;
}

#[tokio::test]
async fn an_origin_that_is_not_reached_has_no_latencies() {
    let edge = edge(nowhere()).await;
    let mut events = edge.events();
    once(&edge, &get("/")).await;
    let log = next(&mut events).await.log.clone();
    assert_eq!((log.sc_status, log.more.origin_fbl, log.more.origin_lbl), (502, None, None));
    edge.shutdown().await;
}

#[tokio::test]
async fn cookies_are_logged_where_the_distribution_asks_for_it() {
    for (include_cookies, expected) in [(false, None), (true, Some("a=b; c=d"))] {
        let mut config = config(nowhere());
        config.distribution.logging = Logging { enabled: true, include_cookies };
        let edge = Edge::start(config).await.unwrap();
        let mut events = edge.events();
        once(&edge, "GET / HTTP/1.1\r\nHost: www.shop.test\r\nCookie: a=b; c=d\r\nConnection: close\r\n\r\n").await;
        assert_eq!(next(&mut events).await.log.cs_cookie.as_deref(), expected);
        edge.shutdown().await;
    }
}

#[tokio::test]
async fn oversized_requests_are_not_logged() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("access.log");
    let mut config = config(nowhere());
    config.log = Some(log(&path).unwrap());
    let edge = Edge::start(config).await.unwrap();
    let mut events = edge.events();
    let url = format!("/{}", "a".repeat(8_193));
    let large = format!("GET / HTTP/1.1\r\nHost: www.shop.test\r\nX: {}\r\n\r\n", "a".repeat(32_769));
    for (request, status, logged) in [(get(&url), 414, false), (large, 494, false), (get("/after"), 502, true)] {
        once(&edge, &request).await;
        let told = next(&mut events).await;
        assert_eq!((told.status, told.logged), (status, logged));
    }
    edge.shutdown().await;
    let log = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = log.strip_prefix(HEADER).unwrap().lines().collect();
    assert_eq!(lines.len(), 1, "{log}");
    assert!(lines[0].contains("\t/after\t"));
}

#[tokio::test]
async fn several_edges_share_a_log() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("access.log");
    let shared = log(&path).unwrap();
    let mut edges = Vec::new();
    for _ in 0..3 {
        let mut config = config(nowhere());
        config.log = Some(shared.clone());
        edges.push(Edge::start(config).await.unwrap());
    }
    for edge in &edges {
        once(edge, &get("/")).await;
    }
    for edge in edges {
        edge.shutdown().await;
    }
    shared.close().await;
    let log = std::fs::read_to_string(&path).unwrap();
    assert_eq!(log.strip_prefix(HEADER).unwrap().lines().count(), 3, "{log}");
}
