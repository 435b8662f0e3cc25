//! A new connection to one address of an origin: TCP, then TLS where it is used, together within one time limit.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use edge502_handshake::{Connector, Expectation, Refused};
use edge502_rules::{Cause, Phase};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::attempts::Event;
use super::connection::Connection;
use super::routes::Destination;
use crate::milestone::Teller;
use crate::tasks::Tasks;
use crate::{HandshakeReport, Milestone, OriginFailure};

/// A failed attempt to connect, and what it means for further ones.
pub(super) struct Failed {
    pub(super) event: Event,
    pub(super) failure: OriginFailure,
}

/// TLS on top of TCP: the client and what it is to expect.
pub(super) struct Tls<'a> {
    pub(super) connector: &'a Connector,
    pub(super) expectation: Expectation<'a>,
}

/// Where a new connection lives, and who hears of it.
#[derive(Clone, Copy)]
pub(super) struct Way<'a> {
    pub(super) tasks: &'a Tasks,
    pub(super) teller: &'a Teller,
}

/// Connects to `destination` within `limit`.
pub(super) async fn dial(
    destination: Destination,
    tls: Option<&Tls<'_>>,
    limit: Duration,
    Way { tasks, teller }: Way<'_>,
) -> Result<Connection, Failed> {
    let (start, address) = (Instant::now(), destination.address);
    teller.tell(|| Milestone::Connecting { address, to: destination.to });
    let tcp = connect(destination, limit).await.map_err(|failure| Failed { event: Event::ConnectFailed, failure })?;
    teller.tell(|| Milestone::Connected { address });
    let Some(tls) = tls else {
        return Connection::start(tcp, address, None, None, tasks).await.map_err(|error| unusable(address, &error));
    };
    let left = limit.saturating_sub(start.elapsed());
    let shaken = tls.connector.connect(tcp, &tls.expectation, left).await;
    teller.tell(|| Milestone::ShookHands { address });
    let established = shaken.map_err(|refused| refuse(address, *refused))?;
    let late_alert = established.stream.late_alert();
    let report = HandshakeReport { peer: address, observation: established.observation, verdict: established.verdict };
    Connection::start(established.stream, address, Some(Arc::new(report)), Some(late_alert), tasks)
        .await
        .map_err(|error| unusable(address, &error))
}

async fn connect(destination: Destination, limit: Duration) -> Result<TcpStream, OriginFailure> {
    let connected = tokio::time::timeout(limit, TcpStream::connect(destination.to)).await;
    let stream = connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(|error| {
        let evidence = match error.kind() {
            io::ErrorKind::TimedOut => {
                format!("{destination}: no answer within {limit:?}{}", destination.remark())
            }
            _ => format!("{destination}: {error}"),
        };
        OriginFailure::new(connect_cause(error.kind()), evidence)
    })?;
    // Fails only if the connection is gone already, which the next step notices.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// A rejecting firewall (ICMP unreachable) counts as refused: AWS describes both as a port that cannot be reached.
fn connect_cause(kind: io::ErrorKind) -> Cause {
    match kind {
        io::ErrorKind::TimedOut => Cause::ConnectionTimeout,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => Cause::ConnectionReset,
        _ => Cause::ConnectionRefused,
    }
}

fn refuse(address: SocketAddr, refused: Refused) -> Failed {
    let failure = handshake_failure(address, refused);
    let may_pass = failure.phase() == Phase::Connect || failure.cause == Cause::HandshakeTimeout;
    let event = if may_pass { Event::ConnectFailed } else { Event::ConnectHopeless };
    Failed { event, failure }
}

/// The failure that a refused handshake stands for.
pub(super) fn handshake_failure(address: SocketAddr, refused: Refused) -> OriginFailure {
    let Refused { observation, verdict } = refused;
    let first = verdict.judgement().findings.first();
    let cause = first.map_or(Cause::HandshakeClosed, |finding| finding.cause);
    let evidence = first.map_or_else(|| format!("{:?}", observation.end), |finding| finding.detail.clone());
    let report = Arc::new(HandshakeReport { peer: address, observation, verdict });
    OriginFailure::new(cause, format!("{address}: {evidence}")).on(Some(report))
}

fn unusable(address: SocketAddr, error: &hyper::Error) -> Failed {
    let failure = OriginFailure::new(Cause::ConnectionReset, format!("{address}: {error}"));
    Failed { event: Event::ConnectFailed, failure }
}
