//! Looking at a running lab: as the viewer, in the log, at the origin, with the documented check.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use edge502_edge::{Exchange, OriginFailure};
use edge502_handshake::TrustStore;
use edge502_origin::{ConnectionRecord, PortKind};
use edge502_rules::access_log::FIELDS;
use edge502_rules::page::Page;
use edge502_rules::request_id::RequestId;
use edge502_rules::{Cause, Finding};
use futures_util::future::join_all;
use tokio::sync::broadcast;
use tokio::time::timeout;

use super::dig::{dig, first_address};
use super::refine::refined;
use super::{Lab, asks_dns};
use crate::error::ScenarioError;
use crate::format::{Dig, Expect};
use crate::network::From;
use crate::viewer::Answer;

/// The longest to wait for the edge's account of a request that has been answered.
const EVENT: Duration = Duration::from_secs(5);

/// What the documented check, `openssl s_client`, printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentedCheck {
    /// It was played.
    Played {
        /// Everything printed.
        text: String,
        /// The exit status.
        exit: i32,
        /// The last `Verify return code`.
        verify_code: i64,
    },
    /// This program was built without OpenSSL, whose library plays it.
    Skipped,
}

/// What was seen of one state.
#[derive(Debug, Clone)]
pub struct Observed {
    /// Status the viewer got.
    pub status: u16,
    /// What the edge tripped over; `None` if it connected.
    pub cause: Option<Cause>,
    /// CloudFront's page, if the body is one, byte for byte.
    pub page: Option<Page>,
    /// The `X-Cache` header.
    pub x_cache: Option<String>,
    /// The edge's evidence for the cause, in words.
    pub evidence: Option<String>,
    /// Everything that is wrong, what CloudFront trips over first.
    pub findings: Vec<Finding>,
    /// Every origin that was asked, with its status or cause, in order.
    pub tried: Vec<String>,
    /// The status that the origin asked last answered with; `None` if none was asked, or it gave no answer.
    pub origin_status: Option<u16>,
    /// The access log line by field.
    pub log: Vec<(&'static str, String)>,
    /// Protocol version the origin negotiated, by its own account.
    pub origin_tls: Option<String>,
    /// The name the origin saw as SNI.
    pub origin_sni: Option<String>,
    /// Whether the origin got one without TLS, by its own account.
    pub in_clear: bool,
    /// How many requests the origin got.
    pub requests: usize,
    /// The same with those of the step's past.
    pub requests_in_all: usize,
    /// The `Age` header.
    pub age: Option<u64>,
    /// Those of the asked-for request headers that could be read between edge and origin.
    pub exposed: Vec<String>,
    /// When the origin accepted each connection for the request, counted from the first, by its own account.
    pub attempts: Vec<Duration>,
    /// Status of the same request sent again, as often as was asked for.
    pub again: Vec<u16>,
    /// What `dig NAME +short` prints, for each name server that was asked about.
    pub dig: Vec<Vec<String>>,
    /// The documented check, if it was asked for.
    pub openssl: Option<DocumentedCheck>,
}

impl Lab {
    /// Sends the state's request through the lab and looks at everything `expect` speaks of.
    pub async fn observe(&mut self, expect: &Expect) -> Result<Observed, ScenarioError> {
        self.listen_in(expect.exposes.is_some()).await?;
        self.history().clear();
        let (answer, exchange) = self.ask().await?;
        let records = self.history().snapshot();
        let exchange = refined(exchange, self.origin.addr(), self.standby_addr()).await;
        let mut observed = seen(&answer, &exchange);
        look_at_origin(&records, &mut observed);
        observed.requests_in_all = self.earlier_requests + observed.requests;
        if let (Some(tap), Some(headers)) = (&self.tap, &expect.exposes) {
            observed.exposed = tap.exposed(headers);
        }
        for _ in expect.again.iter().flatten() {
            // Later means that no connection is left open, over which DNS and TCP would not matter.
            self.edge.drop_idle_connections();
            let answer = self.viewer.ask(&self.state.request, self.http_addr(), self.https_addr()).await?;
            observed.again.push(answer.status);
        }
        observed.dig = self.dig(expect.dig.as_ref()).await;
        if expect.openssl.is_some() || expect.openssl_not.is_some() || expect.openssl_exit.is_some() {
            observed.openssl = Some(self.documented_check().await?);
        }
        Ok(observed)
    }

    /// Sends the state's request and waits for the edge's own account of it.
    pub(crate) async fn ask(&self) -> Result<(Answer, Arc<Exchange>), ScenarioError> {
        let mut events = self.edge.events();
        let answer = self.viewer.ask(&self.state.request, self.http_addr(), self.https_addr()).await?;
        let exchange = account(&mut events, &answer).await?;
        Ok((answer, exchange))
    }

    /// Lets `viewers` send the state's request at the same time.
    pub(crate) async fn ask_together(&self, viewers: u32) -> Result<(), ScenarioError> {
        let (http, https) = (self.http_addr(), self.https_addr());
        let asking = (0..viewers).map(|_| self.viewer.ask(&self.state.request, http, https));
        for answer in join_all(asking).await {
            answer?;
        }
        Ok(())
    }

    /// Where the engineer gets who connects to the origin's name: to what the first name server says, or to the origin
    /// itself if that says nothing.
    pub(crate) async fn engineers_way(&mut self) -> Result<SocketAddr, ScenarioError> {
        if !asks_dns(&self.state) {
            return Ok(self.origin.addr());
        }
        let lines = dig(self.name_servers[0].address(), &self.state.distribution.domain_name).await;
        let Some(address) = first_address(&lines) else { return Ok(self.origin.addr()) };
        Ok(self.routes(From::Inside).await?.to(SocketAddr::new(address, 443)))
    }

    /// Plays `dig NAME +short` against every name server, where DNS is asked at all.
    pub(crate) async fn dig_everywhere(&self) -> Vec<Vec<String>> {
        if !asks_dns(&self.state) {
            return Vec::new();
        }
        self.dig(Some(&Dig::Each(Vec::new()))).await
    }

    /// Plays `dig NAME +short` against as many of the name servers as `wanted` speaks of.
    async fn dig(&self, wanted: Option<&Dig>) -> Vec<Vec<String>> {
        let servers = match wanted {
            None => 0,
            Some(Dig::First(_)) => 1,
            Some(Dig::Each(_)) => self.name_servers.len(),
        };
        let mut printed = Vec::new();
        for server in self.name_servers.iter().take(servers) {
            printed.push(dig(server.address(), &self.state.distribution.domain_name).await);
        }
        printed
    }

    /// What the engineer's machine trusts: the public authorities, what was added by hand, what it remembers.
    pub(crate) fn engineers_trust(&self) -> Result<String, ScenarioError> {
        let mut pem = self.root_pem();
        if self.state.client.trusts_private_ca {
            pem.push_str(&super::private_ca_pem(&self.options)?);
        }
        if self.state.client.knows_intermediates {
            pem.push_str(&TrustStore::from_der(self.origin.intermediates())?.to_pem());
        }
        if self.state.client.trusts_served_certificates {
            pem.push_str(&TrustStore::from_der(self.origin.served_chain())?.to_pem());
        }
        Ok(pem)
    }
}

/// The edge's own account of the request that got `answer`.
async fn account(
    events: &mut broadcast::Receiver<Arc<Exchange>>,
    answer: &Answer,
) -> Result<Arc<Exchange>, ScenarioError> {
    let id = answer.header("x-amz-cf-id").unwrap_or_default();
    let ours = async {
        loop {
            match events.recv().await {
                Ok(exchange) if exchange.request_id.as_str() == id => return Ok(exchange),
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => {
                    return Err(ScenarioError::Viewer("the edge stopped before it gave its account".to_owned()));
                }
            }
        }
    };
    timeout(EVENT, ours)
        .await
        .unwrap_or(Err(ScenarioError::Timeout { what: "the edge's account of the request", seconds: EVENT.as_secs() }))
}

fn look_at_origin(records: &[ConnectionRecord], observed: &mut Observed) {
    let first = records.first().map_or(Duration::ZERO, |record| record.accepted_at);
    observed.attempts = records.iter().map(|record| record.accepted_at.saturating_sub(first)).collect();
    let hello = records.iter().find_map(|record| record.client_hello.as_ref());
    observed.origin_sni = hello.and_then(|hello| hello.server_name.clone());
    let negotiated = records.iter().find_map(|record| record.negotiated.as_ref());
    observed.origin_tls = negotiated.map(|negotiated| negotiated.version.clone());
    observed.in_clear = records.iter().any(|record| record.port == PortKind::Http && !record.requests.is_empty());
    observed.requests = requests(records);
}

pub(super) fn requests(records: &[ConnectionRecord]) -> usize {
    records.iter().map(|record| record.requests.len()).sum()
}

/// Everything that is wrong, by the verdict if there was a handshake to judge.
fn findings(failure: &OriginFailure) -> Vec<Finding> {
    match failure.verdict() {
        Some(verdict) if verdict.cause().is_some() => verdict.judgement().findings.clone(),
        _ => vec![Finding::new(failure.cause, failure.evidence.clone())],
    }
}

fn seen(answer: &Answer, exchange: &Exchange) -> Observed {
    Observed {
        status: answer.status,
        cause: exchange.cause,
        page: page_of(answer),
        x_cache: answer.header("x-cache").map(str::to_owned),
        evidence: exchange.failure.as_ref().map(|failure| failure.evidence.clone()),
        findings: exchange.failure.as_ref().map_or_else(Vec::new, |failure| findings(failure)),
        tried: exchange.tried.iter().map(ToString::to_string).collect(),
        origin_status: exchange.tried.last().and_then(|tried| tried.result.as_ref().ok().copied()),
        log: FIELDS.into_iter().zip(exchange.log.values()).collect(),
        origin_tls: None,
        origin_sni: None,
        in_clear: false,
        requests: 0,
        requests_in_all: 0,
        age: answer.header("age").and_then(|age| age.parse().ok()),
        exposed: Vec::new(),
        attempts: Vec::new(),
        again: Vec::new(),
        dig: Vec::new(),
        openssl: None,
    }
}

/// The page of CloudFront's that the body is, byte for byte, with the id from the header.
fn page_of(answer: &Answer) -> Option<Page> {
    let id: RequestId = answer.header("x-amz-cf-id")?.parse().ok()?;
    let same = |page: &&Page| page.status() == answer.status && page.bytes(&id) == answer.body;
    Page::ALL.iter().find(same).copied()
}
