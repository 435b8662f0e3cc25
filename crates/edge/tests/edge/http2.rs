//! What is particular to viewers that speak HTTP/2.

use bytes::Bytes;
use edge502_edge::{Edge, ViewerIdentity};
use edge502_rules::outcome::DetailedResultType;
use edge502_rules::page::Page;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::sync::Notify;

use crate::support::*;
use crate::tls::{lab, viewer};

const TARGET: &str = "https://www.shop.test/";
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// An edge in front of `stub`, and a viewer connected to it by HTTP/2.
async fn start(stub: &Stub) -> (Edge, SendRequest<Full<Bytes>>) {
    let lab = lab();
    let mut config = config_for(distribution("http-only"), &lab, stub.address);
    let identity = lab.server_identity(&["www.shop.test"]).unwrap();
    config.identity = Some(ViewerIdentity { chain: identity.served, key: identity.key });
    let edge = Edge::start(config).await.unwrap();
    let stream = viewer(&edge, &lab, &[&rustls::version::TLS13], &["h2"]).await;
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    // Ends with the sender.
    tokio::spawn(connection);
    (edge, sender)
}

async fn ask(sender: &mut SendRequest<Full<Bytes>>, request: http::request::Builder, body: Vec<u8>) -> Response<Bytes> {
    let request: Request<_> = request.body(Full::from(body)).unwrap();
    within(async {
        let (parts, body) = sender.send_request(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap();
        assert!(body.trailers().is_none());
        Response::from_parts(parts, body.to_bytes())
    })
    .await
}

#[tokio::test]
async fn a_response_with_trailers_is_complete_on_http_2() {
    let stub =
        Stub::answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n").await;
    let (edge, mut sender) = start(&stub).await;
    let mut events = edge.events();
    for reused in [false, true] {
        let response = ask(&mut sender, Request::get(TARGET), Vec::new()).await;
        assert_eq!(response.body(), "abc");
        let told = next(&mut events).await;
        assert_eq!(told.log.x_edge_detailed_result_type, DetailedResultType::Miss);
        assert_eq!(told.reused_connection, reused);
    }
    drop(sender);
    edge.shutdown().await;
}

#[tokio::test]
async fn an_oversized_head_gets_cloudfronts_page_on_http_2() {
    let stub = Stub::answering(OK).await;
    let (edge, mut sender) = start(&stub).await;
    let request = Request::get(TARGET).header("x-large", "a".repeat(200_000));
    let response = ask(&mut sender, request, Vec::new()).await;
    assert_eq!(response.status(), 494);
    assert_eq!(response.body(), &Page::HeaderTooLarge.bytes(&ID.parse().unwrap()));
    assert_eq!(stub.connections(), 0);
    drop(sender);
    edge.shutdown().await;
}

/// Once the upload has nowhere to go, its stream is reset with `NO_ERROR` (RFC 9113 section 8.1): the response stays
/// good, and so does the viewer's connection. curl 7.88 nevertheless ends with error 92, or waits until it times out.
#[tokio::test]
async fn an_early_answer_to_an_upload_is_complete_and_the_connection_goes_on() {
    let gate = std::sync::Arc::new(Notify::new());
    let open = std::sync::Arc::clone(&gate);
    let stub = Stub::start(move |number, mut peer| {
        let gate = std::sync::Arc::clone(&open);
        async move {
            read_head(&mut peer.stream).await;
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok").await;
            if number == 0 {
                gate.notified().await;
            }
        }
    })
    .await;
    let (edge, mut sender) = start(&stub).await;
    let mut events = edge.events();
    let response = ask(&mut sender, Request::post(TARGET), vec![b'a'; 20_000_000]).await;
    assert_eq!((response.status().as_u16(), &response.body()[..]), (200, &b"ok"[..]));
    let log = &next(&mut events).await.log;
    assert_eq!(log.x_edge_detailed_result_type, DetailedResultType::Miss);
    assert!(log.cs_bytes < 20_000_000, "the answer came early");
    gate.notify_one();
    assert_eq!(ask(&mut sender, Request::get(TARGET), Vec::new()).await.status(), 200);
    drop(sender);
    edge.shutdown().await;
}
