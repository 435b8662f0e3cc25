//! For people, with or without colour.

use std::fmt::Write as _;

use edge502_check::render::Paint;

use super::WITHOUT_CHECK;
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
    let mark = match &step.skipped {
        Some(_) => paint.faint("–"),
        None if step.as_stated() => paint.good("✓"),
        None => paint.bad("✗"),
    };
    let seen = step.observed.as_ref().map_or_else(String::new, |observed| {
        let cause = observed.cause.map_or_else(String::new, |cause| format!(" {cause}"));
        format!("{}{cause}", observed.status)
    });
    let seen = step.skipped.as_ref().map_or(seen, |reason| format!("skipped: {reason}"));
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
    let skipped = steps.iter().filter(|step| step.skipped.is_some()).count();
    let verdict = match (broken, skipped) {
        (0, 0) => paint.good("all as stated"),
        (0, _) => paint.good("all that was played as stated"),
        (n, _) => paint.bad(&format!("{n} not as stated")),
    };
    let mut text = format!(
        "\n{}, {}: {}, {}, {}; {verdict}\n",
        counted(reports.len(), "scenario"),
        counted(steps.len(), "step"),
        count(StepKind::Broken, "broken state"),
        count(StepKind::Fix, "fix"),
        count(StepKind::DeadEnd, "dead end"),
    );
    text.push_str(&left_out(&steps, skipped));
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

/// What a build without OpenSSL cannot do, if anything.
fn left_out(steps: &[&StepReport], skipped: usize) -> String {
    let mut text = String::new();
    if skipped > 0 {
        let reason = "only OpenSSL serves them, which this program was built without";
        let _ = writeln!(text, "  {} skipped: {reason}", counted(skipped, "step"));
    }
    let unchecked = steps.iter().filter(|step| step.unchecked()).count();
    if unchecked > 0 {
        let _ = writeln!(text, "  {} without the documented check: {WITHOUT_CHECK}", counted(unchecked, "step"));
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
