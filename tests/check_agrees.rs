//! `check` and the edge, asked about the same origin, name the same cause.
//!
//! Every scenario's broken state and fixes are judged by both. A state that a check cannot see as the edge does is listed
//! as ignored with the reason. The origin counts the connections of the check: at most 2 where it connects, at most 12
//! where it does not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/checked.rs"]
mod checked;
#[path = "support/forms.rs"]
mod forms;
mod support;

use std::process::ExitCode;
use std::sync::Arc;

use checked::checked;
use edge502_check::{Report, Verdict};
use edge502_origin::DnsAnswer;
use edge502_rules::{Cause, Phase};
use edge502_scenario::function::FunctionsSpec;
use edge502_scenario::{Lab, LabOptions, Library, Scenario, Step, StepKind};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use tokio::runtime::Runtime;

/// Connections to an origin that connects.
const MOST_GOOD: usize = 2;

/// Connections to one that does not.
const MOST_BAD: usize = 12;

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
    let bare = request.cookie_bytes == 0 && request.url_bytes == 0 && request.headers.is_empty();
    if refusal(step).is_some() && !bare {
        return Some("is refused for what a viewer sends and a check does not");
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

/// The origin's own refusal, if it answers with one.
fn refusal(step: &Step) -> Option<u16> {
    step.expect.status.filter(|status| (400..500).contains(status))
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Labs wait more than they compute.
    arguments.test_threads.get_or_insert(16);
    let library = Library::built_in().expect("the built-in scenarios are valid");
    let clock = support::clock();
    let pki = Arc::new(edge502_pki::Lab::new(clock.now()).unwrap());
    let options = LabOptions::new(pki, clock);
    let runtime = Arc::new(Runtime::new().unwrap());
    let trials = library.iter().flat_map(|scenario| trials(scenario, &options, &runtime)).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trials(scenario: &Scenario, options: &LabOptions, runtime: &Arc<Runtime>) -> Vec<Trial> {
    let steps = scenario.steps.iter().filter(|step| matches!(step.kind, StepKind::Broken | StepKind::Fix));
    let trial = |step: &Step| {
        let reason = not_comparable(scenario, step);
        let (step, options, runtime) = (step.clone(), options.clone(), Arc::clone(runtime));
        let name = format!("{}/{}: {}", scenario.id, step.kind, step.title);
        let kind = reason.map_or(String::new(), |reason| format!("skipped: {reason}"));
        Trial::ignorable_test(name, move || agrees(&runtime, &step, options))
            .with_kind(kind)
            .with_ignored_flag(reason.is_some())
    };
    steps.map(trial).collect()
}

fn agrees(runtime: &Runtime, step: &Step, options: LabOptions) -> Result<Completion, Failed> {
    let lab = match runtime.block_on(Lab::start(&step.state, options)) {
        Ok(lab) => lab,
        Err(error) => return error.needs_legacy().map(Completion::ignored_with).ok_or_else(|| error.into()),
    };
    let found = runtime.block_on(disagreements(step, lab));
    if found.is_empty() { Ok(Completion::Completed) } else { Err(found.join("\n").into()) }
}

/// What the two disagree about, in words.
async fn disagreements(step: &Step, mut lab: Lab) -> Vec<String> {
    let observed = lab.observe(&step.expect).await.unwrap();
    lab.history().clear();
    let report = checked(&lab).await;
    let connections = lab.history().snapshot().len();
    lab.shutdown().await;
    let mut found = contradictions(&report);
    found.extend(forms::of_report(&report));
    if let Some(status) = refusal(step) {
        // What the origin answers to one path is no fault of the connection.
        if (report.cause, report.status) != (None, status) || !warns(&report, "origin-answers-error") {
            found.push(format!("the origin answers {status}, the check says {:?}, {}", report.cause, report.status));
        }
    } else if report.cause != observed.cause {
        found.push(format!(
            "the edge says {:?}, the check {:?} ({:?})",
            observed.cause.map(Cause::id),
            report.cause.map(Cause::id),
            report.findings.first().map(|finding| &finding.detail)
        ));
    }
    let most = if report.verdict == Verdict::Connects { MOST_GOOD } else { MOST_BAD };
    if connections > most || connections > report.connections {
        found.push(format!("the origin saw {connections} connections, the report tells of {}", report.connections));
    }
    found
}

fn warns(report: &Report, kind: &str) -> bool {
    report.warnings.iter().any(|warning| warning.kind == kind)
}

fn contradictions(report: &Report) -> Vec<String> {
    let mut found = Vec::new();
    let first = report.findings.first().map(|finding| finding.cause);
    if first != report.cause || (report.verdict == Verdict::Connects) != report.cause.is_none() {
        found.push(format!("the report contradicts itself: {:?}, {:?}, {first:?}", report.verdict, report.cause));
    }
    for finding in report.findings.iter().filter(|finding| finding.fix.is_empty()) {
        found.push(format!("no fix is known for {}", finding.cause));
    }
    found
}
