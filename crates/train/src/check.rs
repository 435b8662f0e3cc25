//! Whether the running lab is cured: judged by what a viewer, the log and the origin saw of a real request, never by
//! what was applied.

use edge502_scenario::{Expect, Observed, Scenario, State, Step, StepKind};
use serde::Serialize;

/// What a request through the lab's edge says about the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Viewers get whole answers that are no errors, and nothing is paid for it.
    Cured,
    /// Viewers get errors.
    Fails,
    /// Some viewers get errors.
    ComesAndGoes,
    /// The status is good and the log says error: an error is hidden, or the answer was cut short.
    OnlyLooksGood,
    /// The status is good, and no origin gave it: something at the edge answers in its place.
    NotFromOrigin,
    /// It works without TLS: what viewers send can be read on the way to the origin.
    InClear,
}

/// One look at the running lab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What it comes to.
    pub verdict: Verdict,
    /// Status the viewer got, and of the same request sent again where the fault comes and goes.
    pub statuses: Vec<u16>,
    /// `x-edge-result-type` in the access log.
    pub result_type: String,
    /// `x-edge-detailed-result-type` in the access log.
    pub detailed_result_type: String,
    /// Seconds since the answer came from the origin, if it came from the cache.
    pub age: Option<u64>,
    /// What kind of state was up.
    pub up: StepKind,
    /// Why what is up does not help, what it costs, or a remark.
    pub why: Option<String>,
}

impl Check {
    /// Judges what was seen while `step` was up.
    pub fn of(scenario: &Scenario, step: &Step, observed: &Observed) -> Self {
        let field =
            |name| observed.log.iter().find(|(field, _)| *field == name).map_or("-", |(_, value)| value.as_str());
        Self {
            verdict: verdict(scenario, observed, field("x-edge-result-type")),
            statuses: std::iter::once(observed.status).chain(observed.again.iter().copied()).collect(),
            result_type: field("x-edge-result-type").to_owned(),
            detailed_result_type: field("x-edge-detailed-result-type").to_owned(),
            age: observed.age,
            up: step.kind,
            why: step.why.as_ref().map(|why| why.trim().to_owned()),
        }
    }
}

/// What has to be looked at to judge: one request, and as many more as the scenario says it takes to meet a fault that
/// comes and goes.
pub(crate) fn looks(scenario: &Scenario) -> Expect {
    let again = scenario.steps.iter().filter_map(|step| step.expect.again.as_ref()).map(Vec::len).max();
    Expect { again: again.map(|count| vec![200; count]), ..Expect::default() }
}

fn verdict(scenario: &Scenario, observed: &Observed, result_type: &str) -> Verdict {
    let mut statuses = std::iter::once(observed.status).chain(observed.again.iter().copied());
    let errors = statuses.clone().filter(|status| *status >= 400).count();
    if statuses.all(|status| status >= 400) {
        Verdict::Fails
    } else if errors > 0 {
        Verdict::ComesAndGoes
    } else if observed.cause.is_some() || result_type == "Error" {
        Verdict::OnlyLooksGood
    } else if !is_from_origin(observed, result_type) && !may_edge_answer(scenario) {
        Verdict::NotFromOrigin
    } else if observed.in_clear && !may_go_in_clear(scenario) {
        Verdict::InClear
    } else {
        Verdict::Cured
    }
}

/// Whether an origin gave the good answer: now, or before it was kept in the cache.
fn is_from_origin(observed: &Observed, result_type: &str) -> bool {
    match observed.origin_status {
        Some(status) => status < 400,
        None => matches!(result_type, "Hit" | "RefreshHit") && observed.requests_in_all > 0,
    }
}

/// Whether code at the edge is meant to answer here: a fix lets it.
fn may_edge_answer(scenario: &Scenario) -> bool {
    scenario.of_kind(StepKind::Fix).map(|step| &step.state).any(State::answers_at_edge)
}

/// Whether plain HTTP is how this origin is meant to be asked: it was so before, or a fix makes it so.
fn may_go_in_clear(scenario: &Scenario) -> bool {
    let fixes = scenario.of_kind(StepKind::Fix).chain([scenario.broken()]);
    fixes.map(|step| &step.state).any(State::asks_in_clear)
}
