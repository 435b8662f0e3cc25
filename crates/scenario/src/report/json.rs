//! One JSON object with stable keys.

use std::time::Duration;

use edge502_rules::page::Page;
use serde_json::{Map, Value, json};

use super::WITHOUT_CHECK;
use crate::lab::{DocumentedCheck, Observed};
use crate::runner::{ScenarioReport, StepReport};

pub(super) fn whole(reports: &[ScenarioReport]) -> String {
    let scenarios: Vec<Value> = reports.iter().map(scenario).collect();
    let as_stated = reports.iter().all(ScenarioReport::as_stated);
    format!("{}\n", json!({ "as_stated": as_stated, "scenarios": scenarios }))
}

fn scenario(report: &ScenarioReport) -> Value {
    json!({
        "id": report.id,
        "title": report.title,
        "cause": report.cause,
        "as_stated": report.as_stated(),
        "error": report.error,
        "steps": report.steps.iter().map(step).collect::<Vec<_>>(),
    })
}

fn step(step: &StepReport) -> Value {
    json!({
        "kind": step.kind,
        "title": step.title,
        "as_stated": step.as_stated(),
        "mismatches": step.mismatches,
        "skipped": step.skipped,
        "observed": step.observed.as_ref().map(observed),
    })
}

fn observed(observed: &Observed) -> Value {
    let log: Map<String, Value> =
        observed.log.iter().map(|(field, value)| ((*field).to_owned(), json!(value))).collect();
    json!({
        "status": observed.status,
        "cause": observed.cause,
        "page": observed.page.map(Page::id),
        "x_cache": observed.x_cache,
        "evidence": observed.evidence,
        "findings": observed.findings,
        "tried": observed.tried,
        "log": log,
        "origin_tls": observed.origin_tls,
        "origin_sni": observed.origin_sni,
        "origin_requests": observed.requests,
        "age": observed.age,
        "exposed": observed.exposed,
        "attempts_at_ms": observed.attempts.iter().map(|at| milliseconds(*at)).collect::<Vec<_>>(),
        "again": observed.again,
        "dig": observed.dig,
        "openssl": observed.openssl.as_ref().map(check),
    })
}

fn check(check: &DocumentedCheck) -> Value {
    match check {
        DocumentedCheck::Played { exit, verify_code, .. } => json!({ "exit": exit, "verify_code": verify_code }),
        DocumentedCheck::Skipped => json!({ "skipped": WITHOUT_CHECK }),
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
