//! `JUnit` XML: a test case for each target and for each setting there is something to say about.

use std::fmt::Write as _;

use super::escaped;
use crate::batch::Checked;
use crate::report::Report;
use crate::source::{Level, Setting};

/// The document.
pub(super) fn document(checked: &[Checked], settings: &[Setting]) -> String {
    let errors = checked.iter().filter(|one| one.result.is_err()).count();
    let failures =
        checked.iter().filter_map(|one| one.result.as_ref().ok()).filter(|report| report.cause.is_some()).count();
    let failures = failures + settings.iter().filter(|setting| setting.level == Level::Error).count();
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let _ = writeln!(
        text,
        "<testsuite name=\"edge502 check\" tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\">",
        checked.len() + settings.len()
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
    for setting in settings {
        setting_case(&mut text, setting);
    }
    text.push_str("</testsuite>\n");
    text
}

/// Only what cannot work is a failure: a hidden value is an error of the targets that depend on it.
fn setting_case(text: &mut String, setting: &Setting) {
    let name = escaped(&format!("{} {}", setting.distribution, setting.place));
    let said = escaped(&format!("{}; {} ({})", setting.message, setting.remedy, setting.source));
    let _ = writeln!(text, "  <testcase classname=\"edge502.settings\" name=\"{name}\" time=\"0.000\">");
    let _ = match setting.level {
        Level::Error => writeln!(text, "    <failure type=\"setting\" message=\"{said}\"/>"),
        level => writeln!(text, "    <system-out>{}: {said}</system-out>", level.as_str()),
    };
    text.push_str("  </testcase>\n");
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
