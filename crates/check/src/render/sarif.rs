//! SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>): a rule for each cause, a result for
//! each finding, warning and setting.

use edge502_rules::Cause;
use serde_json::{Value, json};

use crate::batch::Checked;
use crate::report::{FindingReport, Report, WarningReport};
use crate::source::{Level, Setting};

/// The document, on one line.
pub(super) fn document(checked: &[Checked], settings: &[Setting]) -> String {
    let results: Vec<Value> = checked.iter().flat_map(results).chain(settings.iter().map(setting_result)).collect();
    let rules: Vec<Value> = Cause::ALL.iter().map(|cause| rule(*cause)).chain([setting_rule()]).collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "edge502",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "results": results,
        }],
    });
    document.to_string() + "\n"
}

fn rule(cause: Cause) -> Value {
    json!({
        "id": cause.id(),
        "shortDescription": { "text": cause.title() },
        "fullDescription": { "text": cause.explanation() },
        "helpUri": cause.source(),
        "help": { "text": cause.fixes().join("\n") },
        "properties": { "grade": cause.grade() },
    })
}

fn results(checked: &Checked) -> Vec<Value> {
    match &checked.result {
        Err(reason) => vec![json!({
            "level": "error",
            "message": { "text": format!("could not be checked: {reason}") },
            "locations": [location(&checked.name)],
        })],
        Ok(report) => {
            let findings = report.findings.iter().map(|finding| finding_result(report, finding, &checked.name));
            let warnings = report.warnings.iter().map(|warning| warning_result(warning, &checked.name));
            findings.chain(warnings).collect()
        }
    }
}

fn finding_result(report: &Report, finding: &FindingReport, name: &str) -> Value {
    let level = if Some(finding.cause) == report.cause { "error" } else { "warning" };
    json!({
        "ruleId": finding.cause,
        "level": level,
        "message": { "text": finding.detail },
        "locations": [location(name)],
    })
}

fn warning_result(warning: &WarningReport, name: &str) -> Value {
    json!({ "level": "note", "message": { "text": warning.detail }, "locations": [location(name)] })
}

fn setting_rule() -> Value {
    json!({
        "id": "setting",
        "shortDescription": { "text": "A setting of the distribution cannot work, is hidden, or surprises" },
        "helpUri": "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/distribution-web-values-specify.html",
    })
}

fn setting_result(setting: &Setting) -> Value {
    let level = match setting.level {
        Level::Error => "error",
        Level::Hidden | Level::Warning => "warning",
        Level::Note => "note",
    };
    let Setting { distribution, place, grade, source, .. } = setting;
    json!({
        "ruleId": "setting",
        "level": level,
        "message": { "text": setting.to_string() },
        "locations": [{ "logicalLocations": [{ "fullyQualifiedName": format!("{distribution}: {place}"), "kind": "member" }] }],
        "properties": { "grade": grade, "source": source, "remedy": setting.remedy },
    })
}

/// An origin is no file: it is named as a logical location, and, if it is one, as an artifact for readers that insist on
/// that.
fn location(name: &str) -> Value {
    let mut location = json!({ "logicalLocations": [{ "fullyQualifiedName": name, "kind": "resource" }] });
    let host = name.split(' ').next().unwrap_or_default();
    if host.contains('.') && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':')) {
        location["physicalLocation"] = json!({ "artifactLocation": { "uri": format!("https://{host}/") } });
    }
    location
}
