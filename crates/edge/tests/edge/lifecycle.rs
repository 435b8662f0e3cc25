//! Starting and stopping.

use std::time::{Duration, Instant};

use edge502_edge::{Edge, EdgeError};
use tokio::net::TcpStream;

use crate::support::*;

#[tokio::test]
async fn a_port_in_use_is_named() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = config(nowhere());
    config.http = taken.local_addr().unwrap();
    let error = Edge::start(config).await.unwrap_err();
    assert!(matches!(error, EdgeError::Listen { .. }));
    let text = error.to_string();
    assert!(text.contains(&taken.local_addr().unwrap().to_string()) && text.contains("choose another port"), "{text}");
}

#[tokio::test]
async fn without_a_certificate_there_is_no_https() {
    let edge = edge(nowhere()).await;
    assert!(edge.https_addr().is_none() && edge.http_addr().port() != 0);
    edge.shutdown().await;
}

#[tokio::test]
async fn shutting_down_is_bounded_and_closes_everything() {
    let stub = Stub::start(|_, mut peer| async move { while peer.request().await.is_some() {} }).await;
    let edge = edge(stub.address).await;
    let address = edge.http_addr();
    let mut idle = Viewer::connect(address).await;
    let mut waiting = Viewer::connect(address).await;
    waiting.send("GET / HTTP/1.1\r\nHost: www.shop.test\r\n\r\n").await;
    within(async {
        while stub.requests().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let start = Instant::now();
    within(edge.shutdown()).await;
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!((idle.rest().await.as_str(), waiting.rest().await.as_str()), ("", ""));
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn requests_in_flight_finish_before_the_edge_stops() {
    let (arrived, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let (go, gate) = tokio::sync::watch::channel(false);
    let stub = Stub::start(move |_, mut peer| {
        let (arrived, mut gate) = (arrived.clone(), gate.clone());
        async move {
            peer.request().await;
            arrived.send(()).unwrap();
            gate.wait_for(|open| *open).await.unwrap();
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
        }
    })
    .await;
    let edge = edge(stub.address).await;
    let mut viewer = Viewer::connect(edge.http_addr()).await;
    viewer.send("GET / HTTP/1.1\r\nHost: www.shop.test\r\n\r\n").await;
    within(heard.recv()).await.unwrap();
    let stopping = tokio::spawn(edge.shutdown());
    go.send(true).unwrap();
    let response = within(viewer.rest()).await;
    assert!(response.ends_with("\r\n\r\nok"), "{response:?}");
    within(stopping).await.unwrap();
}

#[tokio::test]
async fn dropping_the_edge_stops_it() {
    let edge = edge(nowhere()).await;
    let mut viewer = Viewer::connect(edge.http_addr()).await;
    drop(edge);
    assert_eq!(viewer.rest().await, "");
}
