//! A thousand requests are in flight when the origin dies: every viewer gets a documented outcome, and nothing is left
//! behind.
//!
//! Statuses: <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>; log values:
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html>. Nobody sleeps: the
//! origin dies when it has seen every request, and the viewers have seen what of an answer had begun.
//!
//! This file has one test, because it counts the descriptors of its process.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use edge502_edge::{Edge, EdgeConfig, Exchange, Overrides};
use edge502_handshake::TrustStore;
use edge502_origin::{ConnectionRecord, Origin};
use edge502_pki::Lab;
use edge502_rules::clock::{FixedClock, SharedClock};
use edge502_rules::distribution::Distribution;
use rustix::process::{Resource, getrlimit, setrlimit};
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinSet;

const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

/// The longest that anything here may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// Four descriptors a request: viewer, edge on both sides, origin.
const DESCRIPTORS: u64 = 6_000;

/// What an origin can be in the middle of when it dies, by the path of the request.
const KINDS: [Kind; 4] = [
    Kind { path: "/silent", rest: "\r\n", outcomes: &["502 Error OriginReadError"] },
    Kind { path: "/half-a-head", rest: "\r\n", outcomes: &["502 Error OriginReadError"] },
    Kind { path: "/half-a-body", rest: "\r\n", outcomes: &["200 Error AbortedOrigin"] },
    // A body that will never be complete.
    Kind {
        path: "/upload",
        rest: "Content-Length: 10\r\n\r\nhalf",
        outcomes: &["502 Error OriginReadError", "502 Error OriginWriteError"],
    },
];

struct Kind {
    path: &'static str,
    rest: &'static str,
    /// Status, result type and detailed result type that are documented for it.
    outcomes: &'static [&'static str],
}

impl Kind {
    fn request(&self) -> String {
        let method = if self.path == "/upload" { "POST" } else { "GET" };
        format!("{method} {} HTTP/1.1\r\nHost: www.shop.test\r\nConnection: close\r\n{}", self.path, self.rest)
    }

    fn begins_to_answer(&self) -> bool {
        self.path == "/half-a-body"
    }
}

#[test]
fn a_dying_origin_gives_documented_outcomes_only() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum.map_or(Some(DESCRIPTORS), |most| Some(most.min(DESCRIPTORS))).max(limit.current);
    setrlimit(Resource::Nofile, limit).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        // Whatever libraries open once is open after this.
        die("http-only", 4, false).await;
        let descriptors = open_descriptors();
        die("http-only", 1_000, false).await;
        die("https-only", 100, true).await;
        assert_eq!(open_descriptors(), descriptors, "no descriptor is left");
        let metrics = Handle::current().metrics();
        within(async {
            while metrics.num_alive_tasks() > 0 {
                tokio::task::yield_now().await;
            }
        })
        .await;
    });
}

/// Kills an origin with `requests` in flight: at once, or as a server that is told to stop.
async fn die(policy: &str, requests: usize, orderly: bool) {
    let lab = Lab::new(NOW).unwrap();
    let clock: SharedClock = Arc::new(FixedClock(NOW));
    let origin = origin(&lab, &clock).await;
    let edge = Edge::start(config(policy, &lab, clock, &origin)).await.unwrap();
    let told = collect(edge.events(), requests);
    let (begun, answers) = mpsc::unbounded_channel();
    let mut viewers = JoinSet::new();
    for number in 0..requests {
        viewers.spawn(view(edge.http_addr(), &KINDS[number % KINDS.len()], begun.clone()));
    }
    in_flight(&origin, answers, requests).await;
    if orderly {
        within(origin.shutdown()).await;
    } else {
        drop(origin);
    }
    let (heard, told) = tokio::join!(within(viewers.join_all()), within(told));
    assert_eq!(tally(heard), statuses(&told), "what viewers got is what the log has");
    for exchange in &told {
        let kind = KINDS.iter().find(|kind| kind.path == exchange.path).unwrap();
        let outcome = outcome(exchange);
        assert!(kind.outcomes.contains(&outcome.as_str()), "{}: {outcome}: {:?}", kind.path, exchange.failure);
    }
    within(edge.shutdown()).await;
}

/// The origin has seen every request, and the viewers every answer that has begun.
async fn in_flight(origin: &Origin, mut answers: mpsc::UnboundedReceiver<()>, requests: usize) {
    let all =
        |records: &[ConnectionRecord]| records.iter().map(|record| record.requests.len()).sum::<usize>() == requests;
    origin.history().wait_for(all, PATIENCE).await.map_err(|error| error.seen.len()).unwrap();
    let expected = (0..requests).filter(|number| KINDS[number % KINDS.len()].begins_to_answer()).count();
    for _ in 0..expected {
        within(answers.recv()).await.unwrap();
    }
}

/// One viewer; the status it gets. Tells `begun` when the head of an answer is there.
async fn view(edge: SocketAddr, kind: &'static Kind, begun: mpsc::UnboundedSender<()>) -> u16 {
    let mut stream = TcpStream::connect(edge).await.unwrap();
    stream.write_all(kind.request().as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let mut told = !kind.begins_to_answer();
    // A body that is cut may end in a reset.
    while stream.read_buf(&mut answer).await.is_ok_and(|read| read > 0) {
        if !told {
            told = true;
            begun.send(()).unwrap();
        }
    }
    let head = String::from_utf8_lossy(&answer);
    head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{}: {head:?}", kind.path))
}

async fn collect(mut events: broadcast::Receiver<Arc<Exchange>>, requests: usize) -> Vec<Arc<Exchange>> {
    let mut told = Vec::new();
    while told.len() < requests {
        told.push(events.recv().await.unwrap());
    }
    told
}

fn outcome(exchange: &Exchange) -> String {
    let log = &exchange.log;
    format!("{} {} {}", log.sc_status, log.x_edge_result_type, log.x_edge_detailed_result_type)
}

fn statuses(told: &[Arc<Exchange>]) -> BTreeMap<u16, usize> {
    tally(told.iter().map(|exchange| exchange.status))
}

fn tally(statuses: impl IntoIterator<Item = u16>) -> BTreeMap<u16, usize> {
    let mut tally = BTreeMap::new();
    for status in statuses {
        *tally.entry(status).or_default() += 1;
    }
    tally
}

async fn origin(lab: &Lab, clock: &SharedClock) -> Origin {
    let spec = r#"
        [http]
        answer_at = "head"
        behavior = "silent"
        [[http.when]]
        path = "/half-a-head"
        answer.behavior = "stalled-headers"
        [[http.when]]
        path = "/half-a-body"
        answer.behavior = "stalled-body"
    "#;
    Origin::start(&toml::from_str(spec).unwrap(), lab, Arc::clone(clock)).await.unwrap()
}

fn config(policy: &str, lab: &Lab, clock: SharedClock, origin: &Origin) -> EdgeConfig {
    let distribution = format!(
        r#"{{
            "CallerReference": "test", "Comment": "", "Enabled": true,
            "Aliases": {{ "Quantity": 1, "Items": ["www.shop.test"] }},
            "Origins": {{ "Quantity": 1, "Items": [{{
                "Id": "app", "DomainName": "origin.test",
                "CustomOriginConfig": {{
                    "HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "{policy}",
                    "OriginSslProtocols": {{ "Quantity": 1, "Items": ["TLSv1.2"] }}
                }}
            }}] }},
            "DefaultCacheBehavior": {{
                "TargetOriginId": "app", "ViewerProtocolPolicy": "allow-all",
                "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
                "AllowedMethods": {{
                    "Quantity": 7, "Items": ["GET", "HEAD", "POST", "PUT", "PATCH", "OPTIONS", "DELETE"],
                    "CachedMethods": {{ "Quantity": 2, "Items": ["GET", "HEAD"] }}
                }}
            }}
        }}"#
    );
    let distribution = Distribution::from_json(&distribution).unwrap().distribution;
    let mut config = EdgeConfig::new(distribution, TrustStore::from_pem(lab.root_pem()).unwrap(), clock);
    let (https, http) = (origin.addr(), origin.http_addr());
    config.overrides = Overrides::new().with("origin.test", 443, https).with("origin.test", 80, http);
    config
}

fn open_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("this ends in time")
}
