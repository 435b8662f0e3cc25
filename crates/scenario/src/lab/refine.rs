//! What one refused connection leaves open, found out with further ones.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use edge502_edge::Exchange;
use edge502_handshake::probe;
use tokio::net::TcpStream;

use crate::state::STANDBY_ID;

/// The longest a single probe may take.
const PROBE: Duration = Duration::from_secs(2);

/// The edge's account of a request, made precise: where its one connection left several causes possible, the origin that
/// failed is probed. The edge itself never opens more connections than CloudFront would.
pub(crate) async fn refined(exchange: Arc<Exchange>, origin: SocketAddr, standby: Option<SocketAddr>) -> Arc<Exchange> {
    let failed = exchange.tried.iter().rev().find(|tried| tried.result.is_err());
    let origin = match (failed.is_some_and(|tried| tried.origin == STANDBY_ID), standby) {
        (false, _) => origin,
        (true, Some(standby)) => standby,
        (true, None) => return exchange,
    };
    let report = exchange.failure.as_ref().and_then(|failure| failure.handshake.as_ref());
    let Some(report) = report.filter(|report| report.verdict.ambiguous) else { return exchange };
    let names = &report.verdict.acceptable_names;
    let names: Vec<&str> = names.iter().chain(&exchange.host).map(String::as_str).collect();
    let narrowed = probe::narrow(&report.observation, &names, || TcpStream::connect(origin), PROBE).await;
    let Some(finding) = narrowed.finding() else { return exchange };
    let mut report = (**report).clone();
    report.verdict.refine(&finding);
    let mut exchange = (*exchange).clone();
    if let Some(failure) = &mut exchange.failure {
        let failure = Arc::make_mut(failure);
        failure.cause = finding.cause;
        failure.evidence = finding.detail;
        failure.handshake = Some(Arc::new(report));
    }
    exchange.cause = Some(finding.cause);
    Arc::new(exchange)
}
