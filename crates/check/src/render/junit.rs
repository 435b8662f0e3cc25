//! `JUnit` XML: a test case for each target.

use std::fmt::Write as _;

use super::escaped;
use crate::batch::Checked;
use crate::report::Report;

/// The document.
pub(super) fn document(checked: &[Checked]) -> String {
    let errors = checked.iter().filter(|one| one.result.is_err()).count();
    let failures =
        checked.iter().filter_map(|one| one.result.as_ref().ok()).filter(|report| report.cause.is_some()).count();
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let _ = writeln!(
        text,
        "<testsuite name=\"edge502 check\" tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\">",
        checked.len()
    );
    for one in checked {
        let milliseconds = one.result.as_ref().map_or(0, |report| report.elapsed_ms);
        let seconds = format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000);
        let _ = writeln!(
            text,
            "  <testcase classname=\"edge502.check\" name=\"{}\" time=\"{seconds}\">",
            escaped(&one.name)
        );
        match &one.result {
            Err(reason) => {
                let _ = writeln!(text, "    <error message=\"{}\"/>", escaped(reason));
            }
            Ok(report) => failure(&mut text, report),
        }
        text.push_str("  </testcase>\n");
    }
    text.push_str("</testsuite>\n");
    text
}

fn failure(text: &mut String, report: &Report) {
    let Some(cause) = report.cause else { return };
    let _ = writeln!(
        text,
        "    <failure type=\"{cause}\" message=\"the viewer gets {}: {}\">",
        report.status,
        escaped(cause.title())
    );
    for finding in &report.findings {
        let _ = writeln!(text, "{}: {}", finding.cause, escaped(&finding.detail));
    }
    text.push_str("    </failure>\n");
}
