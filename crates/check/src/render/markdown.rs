//! For tickets and pull requests.

use std::fmt::Write as _;

use super::{Look, text};
use crate::batch::Batch;
use crate::report::{Report, Verdict};
use crate::source::Setting;

/// One report: the verdict, what is wrong, and the text report to fold out.
pub(super) fn report(report: &Report, look: Look) -> String {
    let mut text = format!("### {}\n\n", escaped(&text::name(&report.target)));
    let _ = match report.cause {
        None => writeln!(text, "**Connects.** CloudFront gets an answer; the viewer gets {}.\n", report.status),
        Some(cause) => {
            writeln!(
                text,
                "**Fails: `{cause}`.** The viewer gets {}, the log says `{}`.\n",
                report.status, report.log_type
            )
        }
    };
    for finding in &report.findings {
        let _ = writeln!(
            text,
            "- **{}**: {} ([{}]({}))",
            finding.title,
            escaped(&finding.detail),
            finding.grade,
            finding.source
        );
        for fix in &finding.fix {
            let _ = writeln!(text, "  - {}", escaped(fix));
        }
    }
    for warning in &report.warnings {
        let _ = writeln!(text, "- Warning: {}", escaped(&warning.detail));
    }
    let _ = writeln!(
        text,
        "\n<details><summary>Report</summary>\n\n```text\n{}```\n\n</details>",
        fenced(&text::report(report, look))
    );
    text
}

/// A table, the settings, then each report that fails.
pub(super) fn batch(batch: &Batch, look: Look) -> String {
    let mut text = "| Origin | Verdict | Viewer gets | Cause |\n| --- | --- | --- | --- |\n".to_owned();
    for checked in &batch.checked {
        let _ = match &checked.result {
            Err(reason) => writeln!(text, "| {} | not checked | | {} |", escaped(&checked.name), escaped(reason)),
            Ok(report) => writeln!(
                text,
                "| {} | {} | {} | {} |",
                escaped(&checked.name),
                report.verdict.as_str(),
                report.status,
                report.cause.map(|cause| format!("`{cause}`")).unwrap_or_default()
            ),
        };
    }
    settings(&mut text, &batch.settings);
    for found in batch.reports().filter(|report| report.verdict == Verdict::Fails) {
        text.push('\n');
        text.push_str(&report(found, look));
    }
    text
}

fn settings(text: &mut String, settings: &[Setting]) {
    if settings.is_empty() {
        return;
    }
    text.push_str("\n### Settings\n\n");
    for setting in settings {
        let _ = writeln!(
            text,
            "- **{}** {} {}: {} ([{}]({}))\n  - {}",
            setting.level.as_str(),
            escaped(&setting.distribution),
            escaped(&setting.place),
            escaped(&setting.message),
            setting.grade,
            setting.source,
            escaped(&setting.remedy)
        );
    }
}

/// Text that means itself in Markdown, also in a table.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in super::printable(text).chars() {
        if matches!(character, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '|' | '#') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// Text that cannot end the fence around it.
fn fenced(text: &str) -> String {
    text.replace("```", "'''")
}
