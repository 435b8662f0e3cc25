//! `JUnit` XML, as CI servers read it.

use std::fmt::Write as _;

use super::WITHOUT_CHECK;
use crate::runner::{ScenarioReport, StepReport};

pub(super) fn whole(reports: &[ScenarioReport]) -> String {
    let tests: usize = reports.iter().map(|report| report.steps.len()).sum();
    let failures: usize = reports.iter().map(failed).sum();
    let errors = reports.iter().filter(|report| report.error.is_some()).count();
    let skipped: usize = reports.iter().map(skipped).sum();
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"edge502\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\">\n"
    );
    for report in reports {
        suite(&mut xml, report);
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn failed(report: &ScenarioReport) -> usize {
    report.steps.iter().filter(|step| !step.as_stated()).count()
}

fn skipped(report: &ScenarioReport) -> usize {
    report.steps.iter().filter(|step| step.skipped.is_some()).count()
}

fn suite(xml: &mut String, report: &ScenarioReport) {
    let _ = writeln!(
        xml,
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3}\">",
        escape(&report.id),
        report.steps.len() + usize::from(report.error.is_some()),
        failed(report),
        usize::from(report.error.is_some()),
        skipped(report),
        report.elapsed.as_secs_f64(),
    );
    for step in &report.steps {
        case(xml, report, step);
    }
    if let Some(error) = &report.error {
        let message = escape(error);
        let class = escape(&report.id);
        let _ = writeln!(
            xml,
            "    <testcase classname=\"{class}\" name=\"could not run\"><error message=\"{message}\"/></testcase>"
        );
    }
    xml.push_str("  </testsuite>\n");
}

fn case(xml: &mut String, report: &ScenarioReport, step: &StepReport) {
    let class = escape(&report.id);
    let name = escape(&format!("{}: {}", step.kind, step.title));
    let time = step.elapsed.as_secs_f64();
    let _ = write!(xml, "    <testcase classname=\"{class}\" name=\"{name}\" time=\"{time:.3}\"");
    let inside = match &step.skipped {
        Some(reason) => format!("<skipped message=\"{}\"/>", escape(reason)),
        None if !step.as_stated() => format!("<failure message=\"{}\"/>", escape(&step.mismatches.join("; "))),
        None if step.unchecked() => format!("<system-out>{}</system-out>", escape(WITHOUT_CHECK)),
        None => String::new(),
    };
    let end = if inside.is_empty() { "/>".to_owned() } else { format!(">{inside}</testcase>") };
    let _ = writeln!(xml, "{end}");
}

/// Text for an attribute; characters that XML 1.0 cannot carry are left out.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => escaped.push(' '),
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn attributes_hold_any_text() {
        assert_eq!(escape("a<b>&\"c\"\u{1b}[1m\nd"), "a&lt;b&gt;&amp;&quot;c&quot;[1m d");
    }
}
