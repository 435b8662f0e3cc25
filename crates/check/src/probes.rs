//! Further connections to an origin that refused the first, and what they showed.

use std::time::Duration;

use edge502_edge::HandshakeReport;
use edge502_handshake::probe::{self, Narrowed, Offer, Trial, reach};
use edge502_handshake::{End, Observation, ProtocolVersion};
use edge502_rules::{Cause, Finding, Phase};
use tokio::net::TcpStream;

use crate::conversation::suite;

/// The longest one further connection may take.
const EACH: Duration = Duration::from_secs(3);

/// What further connections showed.
#[derive(Debug, Default)]
pub(crate) struct Probed {
    /// The cause, where one connection could not tell.
    pub(crate) refined: Option<Finding>,
    /// The certificates, if the first connection got none.
    pub(crate) chain: Option<Vec<Vec<u8>>>,
    /// The versions that the origin chose from what was offered.
    pub(crate) versions: Vec<ProtocolVersion>,
    /// What the origin speaks, in words.
    pub(crate) speaks: Vec<String>,
    /// Whether the origin answers no HTTP/1.1, because HTTP/2 is all it speaks.
    pub(crate) http2_only: bool,
    /// How many connections that took.
    pub(crate) connections: usize,
    /// The same for the conversation.
    pub(crate) told: Vec<String>,
}

/// Opens further connections to the same address, if the handshake in `report` leaves something open; all of them
/// within `left`. `names` are those the origin may know.
pub(crate) async fn probe(report: &HandshakeReport, cause: Cause, names: &[&str], left: Duration) -> Probed {
    let (observation, ambiguous) = (&report.observation, report.verdict.ambiguous);
    if !(ambiguous || worth_a_look(observation, cause)) || left.is_zero() {
        return Probed::default();
    }
    let narrowing = probe::narrow(observation, names, || TcpStream::connect(report.peer), EACH.min(left));
    let Ok(narrowed) = tokio::time::timeout(left, narrowing).await else { return Probed::default() };
    Probed {
        refined: ambiguous.then(|| narrowed.finding()).flatten(),
        chain: narrowed.trials.iter().find_map(|trial| trial.answer.flight.served_chain.clone()),
        versions: narrowed
            .trials
            .iter()
            .filter(|trial| trial.answer.accepted())
            .filter_map(|trial| trial.answer.version())
            .collect(),
        speaks: speaks(&narrowed),
        http2_only: false,
        connections: narrowed.trials.len(),
        told: narrowed.trials.iter().map(told).collect(),
    }
}

/// Asks which protocol the origin takes by ALPN, after a good handshake that no HTTP/1.1 followed.
pub(crate) async fn protocols(report: &HandshakeReport, left: Duration) -> Probed {
    let mut probed = Probed::default();
    let Some(hello) = report.observation.client_hello.as_ref().filter(|_| !left.is_zero()) else { return probed };
    let mut chosen = Vec::new();
    for protocol in ["h2", "http/1.1"] {
        let offer = Offer::like(hello).with_protocol(protocol);
        let answer = reach(TcpStream::connect(report.peer), &offer, EACH.min(left)).await;
        let takes = answer.flight.alpn.as_deref() == Some(protocol.as_bytes());
        chosen.push(takes);
        let outcome = if takes { "taken" } else { "not taken" };
        probed.told.push(format!("again, with {protocol} named by ALPN: {outcome}"));
    }
    probed.connections = chosen.len();
    probed.http2_only = chosen == [true, false];
    if probed.http2_only {
        probed.speaks.push("HTTP/2 only: by ALPN it takes h2 and not http/1.1".to_owned());
    }
    probed
}

/// Whether the origin ended a handshake before it showed certificates, in a way that other offers may change.
fn worth_a_look(observation: &Observation, cause: Cause) -> bool {
    let refused = matches!(observation.end, End::Alert | End::Closed | End::Aborted);
    refused && observation.served_chain.is_none() && cause.phase() == Phase::Handshake && cause != Cause::NotTls
}

fn speaks(narrowed: &Narrowed) -> Vec<String> {
    let mut speaks: Vec<String> = Vec::new();
    for trial in narrowed.trials.iter().filter(|trial| trial.answer.accepted()) {
        let text = chosen(trial);
        if !text.is_empty() && !speaks.contains(&text) {
            speaks.push(text);
        }
    }
    speaks
}

/// Version, suite and group an origin chose from an offer.
fn chosen(trial: &Trial) -> String {
    let answer = &trial.answer;
    let version = answer.version().map(|version| version.to_string());
    let suite = answer.suite().map(suite);
    let group = answer.group().map(|group| format!("group {group}"));
    [version, suite, group].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn told(trial: &Trial) -> String {
    let answer = &trial.answer;
    let end = match (&answer.end, &answer.flight.alert) {
        (End::Completed, _) => format!("accepted: {}", chosen(trial)),
        (_, Some(alert)) => format!("refused with {alert}"),
        (end, None) => format!("not accepted ({end:?})"),
    };
    format!("again, with {}: {end}", trial.variant)
}
