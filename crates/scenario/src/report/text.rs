//! For people, with or without colour.

use std::fmt::Write as _;

use edge502_check::render::Paint;

use crate::format::StepKind;
use crate::runner::{ScenarioReport, StepReport};

pub(super) fn whole(reports: &[ScenarioReport], paint: Paint) -> String {
    let mut text: String = reports.iter().map(|report| scenario(report, paint)).collect();
    text.push_str(&summary(reports, paint));
    text
}

pub(super) fn scenario(report: &ScenarioReport, paint: Paint) -> String {
    let mut text = format!("{}  {}\n", paint.strong(&report.id), report.title);
    for step in &report.steps {
        line(&mut text, step, paint);
    }
    if let Some(error) = &report.error {
        let _ = writeln!(text, "  {} could not run: {error}", paint.bad("✗"));
    }
    text
}

fn line(text: &mut String, step: &StepReport, paint: Paint) {
    let mark = if step.as_stated() { paint.good("✓") } else { paint.bad("✗") };
    let seen = step.observed.as_ref().map_or_else(String::new, |observed| {
        let cause = observed.cause.map_or_else(String::new, |cause| format!(" {cause}"));
        format!("{}{cause}", observed.status)
    });
    let title = if step.kind == StepKind::Broken { "as stated above" } else { &step.title };
    let _ = writeln!(text, "  {mark} {:<8}  {title}  {}", step.kind, paint.faint(&format!("→ {seen}")));
    for mismatch in &step.mismatches {
        let _ = writeln!(text, "      {}", paint.bad(mismatch));
    }
}

pub(super) fn summary(reports: &[ScenarioReport], paint: Paint) -> String {
    let steps: Vec<&StepReport> = reports.iter().flat_map(|report| &report.steps).collect();
    let count = |kind, what| counted(steps.iter().filter(|step| step.kind == kind).count(), what);
    let broken = reports.iter().filter(|report| !report.as_stated()).count();
    let verdict = match broken {
        0 => paint.good("all as stated"),
        n => paint.bad(&format!("{n} not as stated")),
    };
    let mut text = format!(
        "\n{}, {}: {}, {}, {}; {verdict}\n",
        counted(reports.len(), "scenario"),
        counted(steps.len(), "step"),
        count(StepKind::Broken, "broken state"),
        count(StepKind::Fix, "fix"),
        count(StepKind::DeadEnd, "dead end"),
    );
    for report in reports.iter().filter(|report| !report.as_stated()) {
        let failed = report.steps.iter().filter(|step| !step.as_stated());
        for step in failed {
            let _ = writeln!(text, "  {} {} \"{}\"", paint.bad(&report.id), step.kind, step.title);
        }
        if let Some(error) = &report.error {
            let _ = writeln!(text, "  {} could not run: {error}", paint.bad(&report.id));
        }
    }
    text
}

/// `1 step`, `2 steps`, `2 fixes`.
fn counted(count: usize, what: &str) -> String {
    let plural = match (count, what.ends_with('x')) {
        (1, _) => "",
        (_, true) => "es",
        (_, false) => "s",
    };
    format!("{count} {what}{plural}")
}
