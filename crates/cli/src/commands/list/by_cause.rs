//! The scenarios by cause: which there are, what cures them, what does not.

use std::fmt::Write as _;

use edge502_rules::Cause;
use edge502_scenario::report::Paint;
use edge502_scenario::{Library, Scenario, StepKind};
use serde_json::{Value, json};

use super::{aligned, scenario_json};

/// Every cause with its scenarios, and each scenario's fixes and dead ends in full.
pub(super) fn text(library: &Library, style: Paint) -> String {
    let mut text = String::new();
    for (cause, scenarios) in grouped(library) {
        let _ = writeln!(text, "{}  {}", style.strong(cause.id()), cause.title());
        for scenario in scenarios {
            let _ = writeln!(text, "  {}  {}", scenario.id, style.faint(&scenario.title));
            for step in scenario.of_kind(StepKind::Fix) {
                let _ = writeln!(text, "    cures    {}", step.title);
            }
            for step in scenario.of_kind(StepKind::DeadEnd) {
                let _ = writeln!(text, "    does not {}", step.title);
            }
        }
        text.push('\n');
    }
    text
}

/// A row for each cause: how many scenarios, fixes and dead ends there are, and the scenarios' ids.
pub(super) fn table(library: &Library, style: Paint) -> String {
    let heading = ["CAUSE", "SCENARIOS", "FIXES", "DEAD ENDS", "IDS"].map(str::to_owned);
    let rows = grouped(library).map(|(cause, scenarios)| {
        let count = |kind| scenarios.iter().map(|scenario| scenario.of_kind(kind).count()).sum::<usize>().to_string();
        let ids: Vec<&str> = scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
        [
            cause.to_string(),
            scenarios.len().to_string(),
            count(StepKind::Fix),
            count(StepKind::DeadEnd),
            if ids.is_empty() { "none".to_owned() } else { ids.join(" ") },
        ]
    });
    aligned(&std::iter::once(heading).chain(rows).collect::<Vec<_>>(), style)
}

/// The same for programs.
pub(super) fn json(library: &Library) -> Value {
    let causes: Vec<Value> = grouped(library)
        .map(|(cause, scenarios)| {
            let scenarios: Vec<Value> = scenarios.into_iter().map(scenario_json).collect();
            json!({ "id": cause, "title": cause.title(), "scenarios": scenarios })
        })
        .collect();
    json!({ "causes": causes })
}

/// Every cause with its scenarios, in the order in which causes are met.
fn grouped(library: &Library) -> impl Iterator<Item = (Cause, Vec<&Scenario>)> {
    Cause::ALL.iter().map(|cause| (*cause, library.iter().filter(|scenario| scenario.cause == *cause).collect()))
}
