//! Many viewers that ask for the same thing at the same time.

use std::sync::Arc;

use bytes::Bytes;
use edge502_edge::{Edge, EdgeConfig, ViewerIdentity};
use http::Request;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::sync::Semaphore;

use crate::cache::{Watch, field, keeping_config};
use crate::support::*;
use crate::tls::{lab, viewer};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const PRIVATE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nCache-Control: private\r\n\r\nok";

/// An origin that answers when it is let; an empty answer closes the connection.
async fn held(gate: &Arc<Semaphore>, answer: &'static str) -> Stub {
    let gate = Arc::clone(gate);
    Stub::start(move |_, mut peer| {
        let gate = Arc::clone(&gate);
        async move {
            while peer.request().await.is_some() {
                gate.acquire().await.unwrap().forget();
                if answer.is_empty() {
                    return;
                }
                peer.send(answer).await;
            }
        }
    })
    .await
}

fn once_only(mut config: EdgeConfig) -> EdgeConfig {
    config.distribution.origins[0].connection_attempts = 1;
    config
}

/// An edge with HTTP/2, and ten viewers connected to it.
async fn crowd(stub: &Stub) -> (Edge, Vec<SendRequest<Empty<Bytes>>>) {
    let lab = lab();
    let mut config = once_only(keeping_config(stub.address, &Watch::new()));
    let identity = lab.server_identity(&["www.shop.test"]).unwrap();
    config.identity = Some(ViewerIdentity { chain: identity.served, key: identity.key });
    let edge = Edge::start(config).await.unwrap();
    let mut senders = Vec::new();
    for _ in 0..10 {
        let stream = viewer(&edge, &lab, &[&rustls::version::TLS13], &["h2"]).await;
        let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        // Ends with the sender.
        tokio::spawn(connection);
        senders.push(sender);
    }
    (edge, senders)
}

/// Sends 1,000 requests at once and lets the origin answer when they are all on their way.
async fn thousand(senders: &[SendRequest<Empty<Bytes>>], gate: &Semaphore, answers: usize) -> Vec<(u16, String)> {
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..1_000 {
        let mut sender = senders[number % senders.len()].clone();
        asking.spawn(async move {
            let request = Request::get("https://www.shop.test/").body(Empty::new()).unwrap();
            let (head, body) = sender.send_request(request).await.unwrap().into_parts();
            body.collect().await.unwrap();
            (head.status.as_u16(), head.headers["x-cache"].to_str().unwrap().to_owned())
        });
    }
    tokio::task::yield_now().await;
    gate.add_permits(answers);
    within(asking.join_all()).await
}

fn count(answers: &[(u16, String)], status: u16, x_cache: &str) -> usize {
    answers.iter().filter(|answer| **answer == (status, format!("{x_cache} from cloudfront"))).count()
}

#[tokio::test]
async fn a_thousand_requests_for_one_key_ask_the_origin_once() {
    let gate = Arc::new(Semaphore::new(0));
    let stub = held(&gate, OK).await;
    let (edge, senders) = crowd(&stub).await;
    let answers = thousand(&senders, &gate, 1).await;
    assert_eq!((count(&answers, 200, "Miss"), count(&answers, 200, "Hit")), (1, 999));
    assert_eq!(stub.requests().len(), 1);
    drop(senders);
    edge.shutdown().await;
}

#[tokio::test]
async fn a_thousand_requests_share_one_failure() {
    let gate = Arc::new(Semaphore::new(0));
    let stub = held(&gate, "").await;
    let (edge, senders) = crowd(&stub).await;
    let answers = thousand(&senders, &gate, 1).await;
    assert_eq!(count(&answers, 502, "Error"), 1_000);
    assert_eq!(stub.requests().len(), 1);
    drop(senders);
    edge.shutdown().await;
}

#[tokio::test]
async fn what_is_private_is_fetched_for_each() {
    let gate = Arc::new(Semaphore::new(0));
    let stub = held(&gate, PRIVATE).await;
    let (edge, senders) = crowd(&stub).await;
    let answers = thousand(&senders, &gate, 1_000).await;
    assert_eq!(count(&answers, 200, "Miss"), 1_000);
    assert_eq!(stub.requests().len(), 1_000);
    drop(senders);
    edge.shutdown().await;
}

/// A viewer whose request has reached the origin, or waits with those that have.
async fn asking(edge: &Edge) -> Viewer {
    let mut viewer = Viewer::connect(edge.http_addr()).await;
    viewer.send(&get("/")).await;
    viewer
}

#[tokio::test]
async fn a_leader_that_leaves_takes_nobody_with_it() {
    let gate = Arc::new(Semaphore::new(0));
    let stub = held(&gate, OK).await;
    let edge = Edge::start(once_only(keeping_config(stub.address, &Watch::new()))).await.unwrap();
    let asked = |number| {
        let stub = &stub;
        async move {
            within(async {
                while stub.requests().len() < number {
                    tokio::task::yield_now().await;
                }
            })
            .await;
        }
    };
    let leader = asking(&edge).await;
    asked(1).await;
    let mut followers = Vec::new();
    for _ in 0..3 {
        followers.push(asking(&edge).await);
    }
    drop(leader);
    asked(2).await;
    gate.add_permits(2);
    for mut follower in followers {
        let response = follower.rest().await;
        assert_eq!(status(&response), 200, "{response}");
        assert!(field(&response, "x-cache").is_some());
    }
    assert_eq!(stub.requests().len(), 2);
    edge.shutdown().await;
}
