//! The same question asked over HTTP/1.1 and over HTTP/2.

use std::collections::BTreeSet;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use edge502_edge::Exchange;
use edge502_scenario::{Lab, LabOptions, RequestSpec, Scenario, Step, StepKind, VIEWER_HOST};
use http::response::Parts;
use http::{HeaderMap, Request, Response, Version};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::broadcast;
use tokio_rustls::client::TlsStream;

use crate::reach::{EDGE_HEADERS, secure, within};

/// What the edge adds to an origin's answer, in order.
const ADDED: [&str; 4] = ["X-Cache", "Via", "X-Amz-Cf-Pop", "X-Amz-Cf-Id"];

/// Headers about an HTTP/1.1 connection; HTTP/2 has none of them (RFC 9113 section 8.2.2).
const OF_THE_CONNECTION: [&str; 3] = ["connection", "keep-alive", "transfer-encoding"];

/// Headers that differ from request to request.
const OF_THE_REQUEST: [&str; 2] = ["via", "x-amz-cf-id"];

/// One scenario for each page in each class, of those whose question is the usual one.
pub(crate) fn sample<'a>(scenarios: impl Iterator<Item = &'a Scenario>) -> Vec<&'a Scenario> {
    let mut kinds = BTreeSet::new();
    let usual = |step: &Step| step.state.request == RequestSpec::default() && step.before.is_empty();
    let new = |scenario: &&Scenario| {
        let (class, expect) = (scenario.id.split('/').next().unwrap_or_default(), &scenario.broken().expect);
        usual(scenario.broken()) && kinds.insert((class.to_owned(), expect.status, expect.page.clone()))
    };
    scenarios.filter(new).collect()
}

/// Asks in the broken state and with the first fix, as a viewer of each version; the points in which they differ from
/// one another and from what CloudFront sends are the error.
pub(crate) async fn play(scenario: &Scenario, options: &LabOptions) -> Result<(), Vec<String>> {
    let broken = scenario.broken();
    let fix = scenario.of_kind(StepKind::Fix).find(|fix| fix.state.request == broken.state.request);
    let mut lab = match Lab::start(&broken.state, options.clone()).await {
        Err(error) if error.needs_legacy().is_some() => return Ok(()),
        started => started.map_err(|error| vec![error.to_string()])?,
    };
    let mut points = Vec::new();
    for step in [broken].into_iter().chain(fix) {
        match both(&mut lab, step, options).await {
            Ok((old, new)) => {
                let found = old.differences(step).into_iter().chain(differences(&old, &new));
                points.extend(found.map(|point| format!("{}, {:?}: {point}", scenario.id, step.title)));
            }
            Err(error) => points.push(format!("{}, {:?}: {error}", scenario.id, step.title)),
        }
    }
    lab.shutdown().await;
    if points.is_empty() { Ok(()) } else { Err(points) }
}

async fn both(lab: &mut Lab, step: &Step, options: &LabOptions) -> Result<(Answer, Answer), String> {
    let mut answers = Vec::new();
    for version in [Version::HTTP_11, Version::HTTP_2] {
        lab.renew(&step.state).await.map_err(|error| error.to_string())?;
        answers.push(within(Answer::to(version, lab, options)).await);
    }
    let new = answers.pop().expect("two versions were asked");
    Ok((answers.pop().expect("two versions were asked"), new))
}

/// What a viewer got.
struct Answer {
    status: u16,
    headers: HeaderMap,
    /// The names as they stood on the wire; of HTTP/2, which has no other case, as hyper gives them.
    names: Vec<String>,
    /// `None` if it did not come to its end.
    body: Option<String>,
    account: Arc<Exchange>,
    /// `Via` as the origin got it, if a request reached it.
    via: Option<String>,
}

/// A page of another distribution, passed on, has the id of a request of its own.
fn without_foreign_ids(body: &str) -> String {
    let lines = body.lines().map(|line| match line.strip_prefix("Request ID: ") {
        Some(id) if id != "ID" => "Request ID: another",
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

impl Answer {
    async fn to(version: Version, lab: &Lab, options: &LabOptions) -> Self {
        let (events, history) = (lab.edge().events(), lab.history());
        history.clear();
        let (head, body, names) = fetched(version, lab, options).await;
        assert_eq!(head.version, version);
        let id = head.headers["x-amz-cf-id"].to_str().unwrap();
        let account = account(events, id).await;
        let records = history.snapshot();
        let request = records.iter().flat_map(|record| &record.requests).next();
        let via = request.map(|request| request.header("via").unwrap_or_default().to_owned());
        // Each page has the id of its request.
        let body = body.map(|body| without_foreign_ids(&String::from_utf8_lossy(&body).replace(id, "ID")));
        Self { status: head.status.as_u16(), headers: head.headers, names, body, account, via }
    }

    /// Where a head of HTTP/1.1 is not what `step` states, or not as CloudFront writes it.
    fn differences(&self, step: &Step) -> Vec<String> {
        let mut points = Vec::new();
        if step.expect.status.is_some_and(|status| status != self.status) {
            points.push(format!("status: stated {:?}, seen {}", step.expect.status, self.status));
        }
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        if step.expect.page.is_some() && names != EDGE_HEADERS {
            points.push(format!("headers of a page: expected {EDGE_HEADERS:?}, seen {names:?}"));
        }
        if !names.ends_with(&ADDED) {
            points.push(format!("last headers: expected {ADDED:?}, seen {names:?}"));
        }
        points
    }

    /// The headers that a viewer of either version gets alike.
    fn common(&self) -> Vec<(&str, &[u8])> {
        let varies = |name: &str| OF_THE_CONNECTION.contains(&name) || OF_THE_REQUEST.contains(&name);
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        headers.filter(|(name, _)| !varies(name)).collect()
    }
}

/// Head, body if it came whole, and the names as they were written.
async fn fetched(version: Version, lab: &Lab, options: &LabOptions) -> (Parts, Option<Bytes>, Vec<String>) {
    let request = |uri: &str| Request::builder().uri(uri).header("Accept", "*/*");
    let alpn: &[u8] = if version == Version::HTTP_2 { b"h2" } else { b"http/1.1" };
    let copy = Arc::new(Mutex::new(Vec::new()));
    let io = TokioIo::new(Overheard { stream: secure(lab, &options.clock, alpn).await, copy: Arc::clone(&copy) });
    if version == Version::HTTP_2 {
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
        let request = request(&format!("https://{VIEWER_HOST}/")).body(Empty::<Bytes>::new()).unwrap();
        let (head, body) = driven(connection, async { whole(sender.send_request(request).await.unwrap()).await }).await;
        let names = head.headers.keys().map(|name| name.as_str().to_owned()).collect();
        return (head, body, names);
    }
    let (mut sender, connection) = http1::handshake(io).await.unwrap();
    let request = request("/").header("Host", VIEWER_HOST).body(Empty::<Bytes>::new()).unwrap();
    let (head, body) = driven(connection, async { whole(sender.send_request(request).await.unwrap()).await }).await;
    let names = names(&copy.lock().unwrap_or_else(PoisonError::into_inner));
    (head, body, names)
}

/// The edge's own account of the request with this id.
async fn account(mut events: broadcast::Receiver<Arc<Exchange>>, id: &str) -> Arc<Exchange> {
    loop {
        let exchange = events.recv().await.unwrap();
        if exchange.request_id.as_str() == id {
            return exchange;
        }
    }
}

/// Where the answer over HTTP/2 is not that over HTTP/1.1, or the log does not tell them apart.
fn differences(old: &Answer, new: &Answer) -> Vec<String> {
    let mut points = Vec::new();
    let mut same = |what: &str, old: String, new: String| {
        if old != new {
            points.push(format!("{what}: {old} over HTTP/1.1, {new} over HTTP/2"));
        }
    };
    same("status", old.status.to_string(), new.status.to_string());
    same("body", format!("{:?}", old.body), format!("{:?}", new.body));
    same("headers", format!("{:?}", old.common()), format!("{:?}", new.common()));
    let lower = old.names.iter().map(|name| name.to_ascii_lowercase());
    let lower: Vec<String> = lower.filter(|name| !OF_THE_CONNECTION.contains(&name.as_str())).collect();
    same("names", format!("{lower:?}"), format!("{:?}", new.names));
    let logged = |answer: &Answer| {
        let log = &answer.account.log;
        (log.sc_status, log.x_edge_result_type, log.x_edge_detailed_result_type)
    };
    same("log", format!("{:?}", logged(old)), format!("{:?}", logged(new)));
    for (answer, version, short) in [(old, "HTTP/1.1", "1.1 "), (new, "HTTP/2.0", "2.0 ")] {
        let mut holds = |what: &str, holds: bool, seen: &str| {
            if !holds {
                points.push(format!("{what} of an {version} viewer: {seen}"));
            }
        };
        let logged = answer.account.log.cs_protocol_version.to_string();
        holds("cs-protocol-version", logged == version, &logged);
        // The answer's Via has CloudFront's own version, the request's the viewer's.
        let via = answer.headers["via"].to_str().unwrap_or_default();
        holds("Via in the answer", via.starts_with("1.1 "), via);
        let via = answer.via.as_deref().unwrap_or(short);
        holds("Via in the request to the origin", via.starts_with(short), via);
    }
    points
}

/// The names of the final head among `bytes`, as written.
fn names(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let head = text.split("\r\n\r\n").find(|head| !head.starts_with("HTTP/1.1 1")).unwrap_or_default();
    head.lines().skip(1).filter_map(|line| Some(line.split_once(':')?.0.to_owned())).collect()
}

/// `work` over a connection that has to be kept going meanwhile.
async fn driven<T>(connection: impl Future, work: impl Future<Output = T>) -> T {
    let mut connection = std::pin::pin!(connection);
    let mut work = std::pin::pin!(work);
    tokio::select! {
        biased;
        done = &mut work => done,
        _ = &mut connection => work.await,
    }
}

async fn whole(response: Response<Incoming>) -> (Parts, Option<Bytes>) {
    let (head, body) = response.into_parts();
    (head, body.collect().await.ok().map(http_body_util::Collected::to_bytes))
}

/// A connection that keeps a copy of what is received.
struct Overheard {
    stream: TlsStream<TcpStream>,
    copy: Arc<Mutex<Vec<u8>>>,
}

impl AsyncRead for Overheard {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.copy.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&buffer.filled()[before..]);
        polled
    }
}

impl AsyncWrite for Overheard {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
