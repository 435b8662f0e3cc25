//! The scenarios by cause: which there are, what cures them, what does not.

use std::fmt::Write as _;

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{ContentArrangement, Table};
use edge502_rules::Cause;
use edge502_scenario::report::Paint;
use edge502_scenario::{Library, Scenario, StepKind};
use serde_json::{Value, json};

use super::scenario_json;

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

/// A row for each scenario under its cause, wrapped to `width` columns; no cell is empty.
pub(super) fn table(library: &Library, width: u16) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    table.set_header(["CAUSE AND SCENARIO", "CURES", "DOES NOT"]);
    for (cause, scenarios) in grouped(library) {
        if scenarios.is_empty() {
            table.add_row([cause.id(), NONE, NONE]);
        }
        for scenario in scenarios {
            let named = format!("{cause}\n{}", scenario.id);
            table.add_row([named, titles(scenario, StepKind::Fix), titles(scenario, StepKind::DeadEnd)]);
        }
    }
    // Columns for people, not blanks for whoever copies a line.
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// What stands where there is nothing.
const NONE: &str = "none";

fn titles(scenario: &Scenario, kind: StepKind) -> String {
    let titles: Vec<String> = scenario.of_kind(kind).map(|step| format!("- {}", step.title)).collect();
    if titles.is_empty() { NONE.to_owned() } else { titles.join("\n") }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_fits_its_width_and_has_every_scenario_and_no_empty_cell() {
        let library = Library::built_in().unwrap();
        for width in [80, 200] {
            let table = table(&library, width);
            let widest = table.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= usize::from(width), "{widest} columns of {width}");
            // Above and below the heading, and below each row.
            let rules = table.lines().filter(|line| line.chars().all(|c| matches!(c, '─' | '═'))).count();
            assert_eq!(rules, library.iter().count() + 2);
            for scenario in library.iter().filter(|scenario| scenario.id.len() < 25) {
                assert!(table.contains(&scenario.id), "{}", scenario.id);
            }
        }
    }
}
