//! `edge502 list`: scenarios, causes.

mod by_cause;

use std::fmt::Write as _;
use std::io;
use std::process::ExitCode;

use edge502_rules::Cause;
use edge502_scenario::report::Paint;
use edge502_scenario::{Library, Scenario, StepKind};
use serde_json::{Value, json};

use crate::args::{By, ListArguments, ListFormat, OutputArguments};
use crate::terminal;

pub(crate) fn list(arguments: &ListArguments, output: &OutputArguments) -> anyhow::Result<ExitCode> {
    let style = output.color.style(&io::stdout());
    if arguments.causes {
        match arguments.format {
            ListFormat::Text | ListFormat::Table => terminal::print(&causes(style))?,
            ListFormat::Json => terminal::print_json(&json!({ "causes": causes_json() }))?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    let library = arguments.library.library()?;
    match (arguments.by, arguments.format) {
        (By::Scenario, ListFormat::Text | ListFormat::Table) => terminal::print(&scenarios(&library, style))?,
        (By::Scenario, ListFormat::Json) => {
            let scenarios: Vec<Value> = library.iter().map(scenario_json).collect();
            terminal::print_json(&json!({ "scenarios": scenarios, "causes": causes_json() }))?;
        }
        (By::Cause, ListFormat::Text) => terminal::print(&by_cause::text(&library, style))?,
        (By::Cause, ListFormat::Table) => terminal::print(&by_cause::table(&library, terminal::width()))?,
        (By::Cause, ListFormat::Json) => terminal::print_json(&by_cause::json(&library))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn scenarios(library: &Library, style: Paint) -> String {
    let heading = ["ID", "LEVEL", "CAUSE", "FIXES", "DEAD ENDS", "TITLE"].map(str::to_owned);
    let rows: Vec<[String; 6]> = std::iter::once(heading).chain(library.iter().map(row)).collect();
    let mut text = aligned(&rows, style);
    let _ = writeln!(
        text,
        "\n{} scenarios; `edge502 serve ID` keeps one up, `edge502 run` plays them, `edge502 list --causes` shows causes",
        rows.len() - 1
    );
    text
}

fn row(scenario: &Scenario) -> [String; 6] {
    let count = |kind| scenario.of_kind(kind).count().to_string();
    [
        scenario.id.clone(),
        scenario.level.to_string(),
        scenario.cause.to_string(),
        count(StepKind::Fix),
        count(StepKind::DeadEnd),
        scenario.title.clone(),
    ]
}

fn causes(style: Paint) -> String {
    let heading = ["CAUSE", "PHASE", "GRADE", "TITLE"].map(str::to_owned);
    let causes = Cause::ALL.iter().map(|cause| {
        [cause.to_string(), cause.phase().to_string(), cause.grade().to_string(), cause.title().to_owned()]
    });
    let rows: Vec<[String; 4]> = std::iter::once(heading).chain(causes).collect();
    aligned(&rows, style)
}

/// Columns of equal width under a heading; the last one is as wide as it is.
fn aligned<const N: usize>(rows: &[[String; N]], style: Paint) -> String {
    let widths: [usize; N] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default());
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        let line = cells.join("  ");
        let line = if index == 0 { style.faint(line.trim_end()) } else { line.trim_end().to_owned() };
        let _ = writeln!(text, "{line}");
    }
    text
}

fn scenario_json(scenario: &Scenario) -> Value {
    let titles = |kind| scenario.of_kind(kind).map(|step| step.title.as_str()).collect::<Vec<_>>();
    json!({
        "id": scenario.id,
        "title": scenario.title,
        "cause": scenario.cause,
        "level": scenario.level,
        "story": scenario.story,
        "fixes": titles(StepKind::Fix),
        "dead_ends": titles(StepKind::DeadEnd),
    })
}

fn causes_json() -> Vec<Value> {
    let cause = |cause: &Cause| {
        json!({
            "id": cause,
            "title": cause.title(),
            "phase": cause.phase(),
            "grade": cause.grade(),
            "source": cause.source(),
            "explanation": cause.explanation(),
            "fixes": cause.fixes(),
        })
    };
    Cause::ALL.iter().map(cause).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::Color;

    #[test]
    fn columns_are_aligned() {
        let rows = [["A", "B"], ["über", "x"]].map(|row| row.map(str::to_owned));
        assert_eq!(aligned(&rows, Color::Never.style(&io::stdout())), "A     B\nüber  x\n");
    }

    #[test]
    fn every_cause_is_listed() {
        let text = causes(Color::Never.style(&io::stdout()));
        assert_eq!(text.lines().count(), Cause::ALL.len() + 1);
        assert!(text.contains("chain-incomplete"));
    }
}
