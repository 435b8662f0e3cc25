//! The loopback address through which a running scenario is looked at and changed.
//!
//! Only requests to its own address are answered, and none that a page of another origin makes: a web page the trainee
//! has open cannot change the lab.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HOST, HeaderName, ORIGIN};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::recent::REMEMBERED;
use super::{Action, Audience, Stage, is_own};
use crate::error::ScenarioError;

/// The largest body of a request, in bytes.
const MAX_BODY: usize = 4 * 1024;
/// The largest patch, in bytes: a function's response may be in it.
const MAX_PATCH: usize = 64 * 1024;
/// The longest a client may take to send a request's head.
const HEAD: Duration = Duration::from_secs(10);
/// The most connections at a time.
const MAX_CONNECTIONS: usize = 32;

/// <https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header>
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// Why a request of a web page is refused.
const FOREIGN: &str = "requests of pages from another origin are refused";

/// The running control server.
pub(super) struct Control {
    address: SocketAddr,
    stop: CancellationToken,
    acceptor: AbortOnDropHandle<()>,
}

impl Control {
    pub(super) async fn start(stage: Arc<Stage>) -> Result<Self, ScenarioError> {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .map_err(ScenarioError::io("cannot listen for the control address"))?;
        let address = listener.local_addr().map_err(ScenarioError::io("cannot read the control address"))?;
        let stop = CancellationToken::new();
        let acceptor = tokio::spawn(accept(listener, stage, address, stop.clone()));
        Ok(Self { address, stop, acceptor: AbortOnDropHandle::new(acceptor) })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) async fn shutdown(self) {
        self.stop.cancel();
        // The acceptor only ends or is aborted; either way it is gone.
        let _ = self.acceptor.await;
    }
}

async fn accept(listener: TcpListener, stage: Arc<Stage>, address: SocketAddr, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => {
                if let Ok((tcp, _)) = accepted {
                    connections.spawn(serve(tcp, stage.clone(), address));
                }
            }
        }
    }
}

async fn serve(tcp: TcpStream, stage: Arc<Stage>, address: SocketAddr) {
    let _ = tcp.set_nodelay(true);
    let service = service_fn(move |request| {
        let stage = stage.clone();
        async move { Ok::<_, Infallible>(answer(&stage, address, request).await) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD);
    // A client that breaks off concerns nobody else.
    let _ = builder.serve_connection(TokioIo::new(tcp), service).await;
}

async fn answer(stage: &Stage, own: SocketAddr, request: Request<Incoming>) -> Response<Full<Bytes>> {
    if let Err(reason) = admit(&request, own) {
        return refusal(StatusCode::FORBIDDEN, reason);
    }
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/state") => reply(StatusCode::OK, &stage.state().await),
        (&Method::GET, "/log") => log(stage, request.uri().query()),
        (&Method::POST, "/apply") => apply(stage, request).await,
        (&Method::POST, "/patch") => patch(stage, request).await,
        (_, "/state" | "/log") => not_allowed("GET"),
        (_, "/apply" | "/patch") => not_allowed("POST"),
        _ => refusal(StatusCode::NOT_FOUND, "ask for GET /state, GET /log, POST /apply or POST /patch"),
    }
}

/// Refuses what did not come to this address, and what a page of another origin sent.
fn admit(request: &Request<Incoming>, own: SocketAddr) -> Result<(), &'static str> {
    let header = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    match header(HOST) {
        Some(host) if is_own(own, host) => {}
        _ => return Err("the Host header is not this address"),
    }
    // A browser leaves `Origin` out of a page's plain GET, but always says whose page it is.
    if !request.headers().get_all(FETCH_SITE).iter().all(|site| matches!(site.as_bytes(), b"same-origin" | b"none")) {
        return Err(FOREIGN);
    }
    if !request.headers().contains_key(ORIGIN) {
        return Ok(());
    }
    match header(ORIGIN).and_then(|origin| origin.strip_prefix("http://")) {
        Some(authority) if is_own(own, authority) => Ok(()),
        _ => Err(FOREIGN),
    }
}

/// `GET /log?last=N`: the last requests, at most [`REMEMBERED`].
fn log(stage: &Stage, query: Option<&str>) -> Response<Full<Bytes>> {
    let count = match query.unwrap_or_default() {
        "" => Some(REMEMBERED),
        query => query.strip_prefix("last=").and_then(|count| count.parse().ok()),
    };
    match count {
        Some(count) => reply(StatusCode::OK, &stage.recent.to_json(count, stage.audience)),
        None => refusal(StatusCode::BAD_REQUEST, "ask for /log, or for /log?last=N with a number"),
    }
}

/// The body of `POST /apply`: exactly one of the three.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    fix: Option<usize>,
    dead_end: Option<usize>,
    reset: Option<bool>,
}

impl Order {
    fn action(&self) -> Option<Action> {
        match (self.fix, self.dead_end, self.reset) {
            (Some(number), None, None) => Some(Action::Fix(number)),
            (None, Some(number), None) => Some(Action::DeadEnd(number)),
            (None, None, Some(true)) => Some(Action::Reset),
            _ => None,
        }
    }
}

const ORDERS: &str = r#"send one of {"fix":1}, {"dead_end":1}, {"reset":true}"#;

/// What a trainee may order; remedies are chosen where they are counted.
const TRAINEES_ORDERS: &str = r#"send {"reset":true}, or changes of your own to /patch"#;

async fn apply(stage: &Stage, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let trainee = stage.audience == Audience::Trainee;
    let orders = if trainee { TRAINEES_ORDERS } else { ORDERS };
    let Ok(body) = Limited::new(request.into_body(), MAX_BODY).collect().await else {
        return refusal(StatusCode::PAYLOAD_TOO_LARGE, orders);
    };
    let order = serde_json::from_slice::<Order>(&body.to_bytes()).ok().and_then(|order| order.action());
    let action = order.filter(|action| !trainee || *action == Action::Reset);
    let Some(action) = action else { return refusal(StatusCode::BAD_REQUEST, orders) };
    match stage.apply(action).await {
        Ok(_) => reply(StatusCode::OK, &stage.state().await),
        Err(error @ ScenarioError::NoSuchStep { .. }) => refusal(StatusCode::NOT_FOUND, &error.to_string()),
        Err(error) => refusal(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// `POST /patch`: the broken state with changes of the sender's own.
async fn patch(stage: &Stage, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let Ok(body) = Limited::new(request.into_body(), MAX_PATCH).collect().await else {
        return refusal(
            StatusCode::PAYLOAD_TOO_LARGE,
            "send the keys of a [[fix]] table as a JSON object of 64 KiB at most",
        );
    };
    match stage.patch(&body.to_bytes()).await {
        Ok(_) => reply(StatusCode::OK, &stage.state().await),
        Err(error) => refusal(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string()),
    }
}

fn reply(status: StatusCode, value: &Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(format!("{value}\n"))));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    response
}

fn refusal(status: StatusCode, reason: &str) -> Response<Full<Bytes>> {
    reply(status, &json!({ "error": reason }))
}

fn not_allowed(method: &'static str) -> Response<Full<Bytes>> {
    let mut response = refusal(StatusCode::METHOD_NOT_ALLOWED, &format!("use {method}"));
    response.headers_mut().insert(ALLOW, http::HeaderValue::from_static(method));
    response
}
