//! `check` and the edge, asked about the same origin, name the same cause.
//!
//! Every scenario's broken state and fixes are judged by both. The check knows what a user of the command knows: the
//! distribution, and what the wire shows.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Arc;

use edge502_check::{Checker, Options, Report, Target, Verdict};
use edge502_handshake::TrustStore;
use edge502_origin::DnsAnswer;
use edge502_rules::{Cause, Phase};
use edge502_scenario::function::FunctionsSpec;
use edge502_scenario::{Lab, LabOptions, Library, Scenario, Step, StepKind};
use tokio::task::JoinSet;

/// Labs at a time.
const AT_A_TIME: usize = 8;

/// Why a step is not for this test, if so.
fn not_comparable(scenario: &Scenario, step: &Step) -> Option<&'static str> {
    let request = &step.state.request;
    if !step.before.is_empty() {
        return Some("needs a past, which a check does not have");
    }
    if scenario.cause.phase() == Phase::EdgeFunction || step.state.function != FunctionsSpec::default() {
        return Some("is about code at the edge, which a check does not see");
    }
    if step.state.distribution.origin_group.is_some() {
        return Some("leads to two origins, of which a check judges each by itself");
    }
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return Some("is about a method that a check never uses");
    }
    if step.expect.status.is_some_and(|status| (400..500).contains(&status)) {
        return Some("is an origin that answers: the check connects and warns");
    }
    let attempts = |step: &Step| step.state.distribution.connection_attempts;
    if step.kind == StepKind::Fix && step.state.dns.zone.is_some() && attempts(step) > attempts(scenario.broken()) {
        return Some("is cured by a second attempt at another address, and a check makes one");
    }
    if step.state.dns.servers.contains(&DnsAnswer::Late) {
        return Some("is about patience with name servers, of which a check has more than a lab's edge");
    }
    None
}

async fn judged(lab: &Lab, step: &Step) -> Report {
    let mut options = Options::new(TrustStore::from_pem(lab.root_pem()).unwrap(), lab.clock());
    options.overrides = lab.overrides();
    options.client_certificate = lab.client_certificates().unwrap().into_iter().next();
    options.pq = step.state.edge.post_quantum;
    options.name_servers = lab.name_server_addrs();
    options.routes = lab.led();
    let parsed =
        edge502_rules::distribution::Parsed { distribution: (*lab.distribution()).clone(), notices: Vec::new() };
    let request = &step.state.request;
    let mut target = Target::all(&parsed).remove(0).asking(request.method.parse().ok(), &request.path, &request.host);
    if request.scheme == edge502_scenario::Scheme::Http {
        target = target.by_http();
    }
    Checker::new(options).await.unwrap().check(&target).await.unwrap()
}

/// What the two disagree about, in words.
async fn disagreements(scenario: Scenario, options: LabOptions) -> Vec<String> {
    let mut found = Vec::new();
    for step in scenario.steps.iter().filter(|step| matches!(step.kind, StepKind::Broken | StepKind::Fix)) {
        if not_comparable(&scenario, step).is_some() {
            continue;
        }
        let mut lab = Lab::start(&step.state, options.clone()).await.unwrap();
        let observed = lab.observe(&step.expect).await.unwrap();
        let report = judged(&lab, step).await;
        let label = format!("{} {} {:?}", scenario.id, step.kind, step.title);
        if report.cause != observed.cause {
            found.push(format!(
                "{label}: the edge says {:?}, the check {:?} ({:?})",
                observed.cause.map(Cause::id),
                report.cause.map(Cause::id),
                report.findings.first().map(|finding| &finding.detail)
            ));
        }
        let first = report.findings.first().map(|finding| finding.cause);
        let whole = first == report.cause && (report.verdict == Verdict::Connects) == report.cause.is_none();
        if !whole || report.findings.iter().any(|finding| finding.fix.is_empty()) {
            found.push(format!("{label}: the report contradicts itself or knows no fix"));
        }
        let limit = if report.verdict == Verdict::Connects { 2 } else { 12 };
        if report.connections > limit {
            found.push(format!("{label}: {} connections", report.connections));
        }
        lab.shutdown().await;
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn check_and_edge_name_the_same_cause() {
    let clock = support::clock();
    let pki = Arc::new(edge502_pki::Lab::new(clock.now()).unwrap());
    let mut playing = JoinSet::new();
    let mut found = Vec::new();
    for scenario in Library::built_in().unwrap().iter().cloned() {
        if playing.len() >= AT_A_TIME {
            found.extend(playing.join_next().await.unwrap().unwrap());
        }
        playing.spawn(disagreements(scenario, LabOptions::new(pki.clone(), clock.clone())));
    }
    while let Some(joined) = playing.join_next().await {
        found.extend(joined.unwrap());
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
