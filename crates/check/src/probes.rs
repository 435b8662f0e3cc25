//! Further connections to an origin that refused the first, and what they showed.

use std::time::Duration;

use edge502_edge::HandshakeReport;
use edge502_handshake::probe::{self, Narrowed, Trial};
use edge502_handshake::{End, Observation, ProtocolVersion};
use edge502_rules::{Cause, Finding, Phase};
use tokio::net::TcpStream;

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
        connections: narrowed.trials.len(),
        told: narrowed.trials.iter().map(told).collect(),
    }
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
    let suite = answer.suite().map(|suite| suite.openssl_name().map_or_else(|| suite.to_string(), str::to_owned));
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
