//! For people: read in ten seconds, pasted into a ticket.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use edge502_rules::Cause;

use super::{Look, printable};
use crate::batch::{Batch, Checked};
use crate::report::{AiaReport, CertificateReport, FindingReport, HandshakeReport, Report, TargetReport, Verdict};
use crate::source::{Level, Setting};

/// Columns before the text of a named line.
const INDENT: usize = 12;

/// Columns for the names in a table; longer ones push their line apart.
const MOST_NAME: usize = 48;

/// The whole report.
pub(super) fn report(report: &Report, look: Look) -> String {
    let mut text = String::new();
    headline(&mut text, report, look);
    for (index, finding) in report.findings.iter().enumerate() {
        finding_text(&mut text, index, finding, look);
    }
    text.push('\n');
    facts(&mut text, report, look);
    for warning in &report.warnings {
        named(&mut text, "Warning", &format!("{} ({})", warning.detail, warning.kind), look);
    }
    if look.verbose {
        conversation(&mut text, report, look);
    }
    for limit in &report.limits {
        named(&mut text, "Limit", limit, look);
    }
    text
}

/// How a target is called: host and port, and the behaviour it was found under.
pub(super) fn name(target: &TargetReport) -> String {
    let place = target.path_pattern.as_ref().map(|pattern| format!(" ({pattern})")).unwrap_or_default();
    format!("{}:{}{place}", target.domain_name, target.port)
}

fn headline(text: &mut String, report: &Report, look: Look) {
    let paint = look.paint;
    let verdict = match report.verdict {
        Verdict::Connects => paint.good("CONNECTS"),
        Verdict::Fails => paint.bad("FAILS"),
    };
    let _ = writeln!(text, "{}  {verdict}", paint.strong(&name(&report.target)));
    let sentence = report.page_sentence.as_deref().map(|sentence| format!(" \"{sentence}\"")).unwrap_or_default();
    match report.verdict {
        Verdict::Connects => {
            wrapped(text, &format!("CloudFront connects; the viewer gets {}.", report.status), 0, look);
        }
        Verdict::Fails => {
            let line = format!("The viewer gets {}{sentence}; the log says {}.", report.status, report.log_type);
            wrapped(text, &line, 0, look);
        }
    }
}

fn finding_text(text: &mut String, index: usize, finding: &FindingReport, look: Look) {
    let also = if index == 0 { "" } else { "also: " };
    let _ = writeln!(text, "\n{also}{}  {}", look.paint.bad(finding.cause.id()), finding.title);
    wrapped(text, &printable(&finding.detail), 2, look);
    // What comes after the first finding is usually cured with it or after it; one cure each is enough there.
    let most = if index == 0 { finding.fix.len() } else { 1 };
    for (number, fix) in finding.fix.iter().take(most).enumerate() {
        item(text, &printable(fix), look);
        for snippet in finding.configuration.iter().filter(|snippet| index == 0 && snippet.fix == number) {
            for (number, line) in snippet.text.lines().enumerate() {
                let program = if number == 0 { snippet.program } else { "" };
                let _ = writeln!(text, "      {}  {}", look.paint.faint(&format!("{program:<8}")), printable(line));
            }
        }
    }
    let _ = writeln!(text, "  {}", look.paint.faint(&format!("{}, {}", finding.grade, finding.source)));
}

fn facts(text: &mut String, report: &Report, look: Look) {
    let target = &report.target;
    let sni = target.sni.as_ref().map(|sni| format!(", SNI {sni}")).unwrap_or_default();
    let protocols =
        if target.scheme == "https" { format!(", {}", target.ssl_protocols.join(" ")) } else { String::new() };
    let asked = format!(
        "{} {} over {}, Host {}{sni}{protocols}",
        target.method, target.path, target.scheme, target.host_header
    );
    named(text, "Asked", &asked, look);
    if let Some(handshake) = &report.handshake {
        named(text, "TLS", &tls(handshake), look);
        if !handshake.origin_speaks.is_empty() {
            named(text, "Origin", &format!("would speak {}", handshake.origin_speaks.join("; ")), look);
        }
    }
    for certificate in &report.served_chain {
        named(text, if certificate.position == 0 { "Chain" } else { "" }, &link(certificate), look);
    }
    names(text, report, look);
    if let Some(aia) = &report.aia {
        named(text, "AIA", &printable(&fetched(aia)), look);
    }
    if let Some(response) = &report.response {
        let server = response.server.as_ref().map(|server| format!(", Server: {server}")).unwrap_or_default();
        let location = response.location.as_ref().map(|to| format!(", Location: {to}")).unwrap_or_default();
        named(text, "Answer", &printable(&format!("{}{server}{location}", response.status)), look);
    }
    let other = match report.observed.cause {
        None => "connects".to_owned(),
        Some(cause) => format!("fails ({cause})"),
    };
    named(text, "Rules", &format!("{}; AWS's library alone: {other}", report.rules), look);
}

/// Which name was sent, which ones the certificate has, and what happens with the other name.
fn names(text: &mut String, report: &Report, look: Look) {
    let Some(other) = &report.other_name else { return };
    let sent = report.target.sni.as_deref().unwrap_or_default();
    let leaf = report.served_chain.iter().find(|certificate| certificate.role == "leaf");
    let shown = leaf.map(|leaf| format!("; the certificate is for {}", list(&leaf.names))).unwrap_or_default();
    let line = format!("{sent} was sent ({}){shown}", forwarded(!other.host_forwarded));
    named(text, "Names", &printable(&line), look);
    let outcome = if other.would_connect {
        format!("CloudFront would connect: the certificate is for {}", list(&other.names))
    } else {
        format!("CloudFront would fail, too: {}", other.detail)
    };
    let line = format!("with {} ({}) {outcome}", other.server_name, forwarded(other.host_forwarded));
    named(text, "", &printable(&line), look);
}

const fn forwarded(host: bool) -> &'static str {
    if host { "Host forwarded" } else { "Host not forwarded" }
}

/// As many names as a reader can take in.
fn list(names: &[String]) -> String {
    match names {
        [] => "no name at all".to_owned(),
        names if names.len() <= 8 => names.join(", "),
        names => format!("{} and {} more", names[..8].join(", "), names.len() - 8),
    }
}

fn tls(handshake: &HandshakeReport) -> String {
    let chosen: Vec<&str> = [&handshake.version, &handshake.cipher_suite, &handshake.group]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let mut parts = vec![if chosen.is_empty() { "nothing agreed".to_owned() } else { chosen.join(", ") }];
    match (&handshake.alert, handshake.end) {
        (_, "completed") => {}
        (Some(alert), _) => parts.push(format!("the origin sent {alert}")),
        (None, "aborted") => parts.push("CloudFront's side ended it".to_owned()),
        (None, end) => parts.push(format!("ended: {end}")),
    }
    if handshake.client_certificate_requested {
        parts.push("asks for a client certificate".to_owned());
    }
    parts.push(format!("policy {}", handshake.policy));
    parts.join("; ")
}

/// What was found at the certificates' own addresses, and what that is worth.
fn fetched(aia: &AiaReport) -> String {
    let found: Vec<String> = aia.fetched.iter().map(ToString::to_string).collect();
    let worth = if aia.completes {
        "with that the chain would be complete; browsers fetch it, CloudFront does not"
    } else {
        "that does not complete the chain"
    };
    format!("{}; {worth}", found.join("; "))
}

/// The first names of a certificate, and how many more there are.
fn short(names: &[String]) -> String {
    if names.len() <= 8 { names.join(" ") } else { list(names) }
}

/// A certificate's name, cut where it is one that nobody would read.
fn brief(name: &str) -> String {
    const SHOWN: usize = 200;
    match name.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// One certificate on one line.
fn link(certificate: &CertificateReport) -> String {
    let until = certificate.not_after.as_deref().and_then(|date| date.get(..10)).unwrap_or("?");
    let names = match &certificate.names[..] {
        [] => String::new(),
        names => format!(" [{}]", short(names)),
    };
    printable(&format!(
        "{} {}: {}{names}, until {until}, by {}",
        certificate.position,
        certificate.role,
        brief(&certificate.subject),
        brief(&certificate.issuer)
    ))
}

fn conversation(text: &mut String, report: &Report, look: Look) {
    if let Some(offer) = report.handshake.as_ref().and_then(|handshake| handshake.offered.as_ref()) {
        named(text, "Offered", &offer.versions.join(" "), look);
        named(text, "", &offer.cipher_suites.join(" "), look);
        named(text, "", &format!("groups {}", offer.groups.join(" ")), look);
        named(text, "", &format!("schemes {}", offer.signature_schemes.join(" ")), look);
    }
    for event in &report.conversation {
        named(text, &format!("{} ms", event.ms), &printable(&event.text), look);
    }
    named(text, "Took", &format!("{} ms, {} connection(s)", report.elapsed_ms, report.connections), look);
}

/// A line under a name.
fn named(text: &mut String, name: &str, line: &str, look: Look) {
    let start = text.len();
    wrapped(text, line, INDENT, look);
    let label = look.paint.faint(&format!("{name:<INDENT$}"));
    text.replace_range(start..start + INDENT, &label);
}

/// An entry of a list.
fn item(text: &mut String, words: &str, look: Look) {
    let start = text.len();
    wrapped(text, words, 4, look);
    text.replace_range(start..start + 4, "  - ");
}

/// Words broken into lines of the terminal's width, each behind `indent` columns.
fn wrapped(text: &mut String, words: &str, indent: usize, look: Look) {
    text.push_str(&super::wrapped(words, indent, look));
}

/// One line for a target; its name takes `width` columns.
pub(crate) fn one_line(checked: &Checked, width: usize, look: Look) -> String {
    let name = printable(&checked.name);
    match &checked.result {
        Err(reason) => format!("{}  {name:<width$}  {}\n", look.paint.bad("?"), printable(reason)),
        Ok(report) => {
            let (sign, what) = match report.cause {
                None => (look.paint.good("✓"), format!("{} connects{}", report.status, remarks(report))),
                Some(cause) => (look.paint.bad("✗"), format!("{} {cause}", report.status)),
            };
            format!("{sign}  {name:<width$}  {what}\n")
        }
    }
}

/// The kinds of warnings of one that connects, which has no report of its own below the table.
fn remarks(report: &Report) -> String {
    let mut kinds: Vec<&str> = report.warnings.iter().map(|warning| warning.kind).collect();
    kinds.dedup();
    if kinds.is_empty() { String::new() } else { format!("; warning: {}", kinds.join(", ")) }
}

/// A list that was told line by line already: a table of all that does not simply connect, worst first, and how many
/// there are of each kind.
pub(super) fn told(batch: &Batch, look: Look) -> String {
    let rows: Vec<[String; 4]> = batch.checked.iter().filter_map(row).collect();
    let mut text = String::new();
    if !rows.is_empty() {
        let heading = ["ORIGIN", "VIEWER GETS", "CAUSE", "WHAT WAS SEEN"].map(str::to_owned);
        let rows: Vec<[String; 4]> = std::iter::once(heading).chain(rows).collect();
        text.push('\n');
        table(&mut text, &rows, look);
    }
    settings(&mut text, &batch.settings, look);
    text.push('\n');
    let mut counts: BTreeMap<Cause, usize> = BTreeMap::new();
    for cause in batch.reports().filter_map(|report| report.cause) {
        *counts.entry(cause).or_default() += 1;
    }
    let mut counts: Vec<(usize, &str)> = counts.into_iter().map(|(cause, count)| (count, cause.id())).collect();
    counts.sort_by(|a, b| b.cmp(a));
    for (count, cause) in counts {
        let _ = writeln!(text, "{count:>7}  {}", look.paint.bad(cause));
    }
    summary(&mut text, batch);
    if batch.failing() > 0 {
        text.push_str("`edge502 check ORIGIN` tells all about one of them.\n");
    }
    text
}

/// The row of a target that does not simply connect.
fn row(checked: &Checked) -> Option<[String; 4]> {
    let cells = match &checked.result {
        Err(reason) => ["-".to_owned(), "not checked".to_owned(), reason.clone()],
        Ok(report) => {
            let warning = report.warnings.first().map(|warning| &warning.detail);
            let detail = report.findings.first().map(|finding| &finding.detail).or(warning)?;
            let cause = report.cause.map_or_else(|| "connects".to_owned(), |cause| cause.id().to_owned());
            [report.status.to_string(), cause, detail.clone()]
        }
    };
    let [status, cause, detail] = cells.map(|cell| printable(&cell));
    Some([printable(&checked.name), status, cause, detail])
}

/// Columns of equal width under a heading; the last one ends where the terminal does.
fn table<const N: usize>(text: &mut String, rows: &[[String; N]], look: Look) {
    let widths: [usize; N] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default());
    for (index, row) in rows.iter().enumerate() {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        let line = cells.join("  ");
        let line = match line.trim_end().char_indices().nth(look.width.saturating_sub(1)) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line.trim_end().to_owned(),
        };
        let _ = writeln!(text, "{}", if index == 0 { look.paint.faint(&line) } else { line });
    }
}

fn summary(text: &mut String, batch: &Batch) {
    let _ = writeln!(
        text,
        "{} checked: {} would fail, {} could not be checked",
        batch.checked.len(),
        batch.failing(),
        batch.checked.iter().filter(|one| one.result.is_err()).count()
    );
}

/// A table with the worst first, then what there is to say about the settings and about each that does not connect.
pub(super) fn batch(batch: &Batch, look: Look) -> String {
    let mut text = String::new();
    let width = batch.checked.iter().map(|checked| checked.name.chars().count().min(MOST_NAME)).max().unwrap_or(0);
    for checked in &batch.checked {
        text.push_str(&one_line(checked, width, look));
    }
    settings(&mut text, &batch.settings, look);
    for found in batch.reports().filter(|report| report.verdict == Verdict::Fails) {
        text.push('\n');
        text.push_str(&report(found, look));
    }
    text.push('\n');
    summary(&mut text, batch);
    text
}

/// What is to be said about the settings, the worst of each distribution first.
fn settings(text: &mut String, settings: &[Setting], look: Look) {
    let mut distribution = None;
    for setting in settings {
        if distribution != Some(&setting.distribution) {
            distribution = Some(&setting.distribution);
            let title = format!("Settings of {}", printable(&setting.distribution));
            let _ = writeln!(text, "\n{}", look.paint.strong(&title));
        }
        let level = setting.level.as_str();
        let level = if setting.level == Level::Error { look.paint.bad(level) } else { level.to_owned() };
        let _ = writeln!(text, "{level}  {}", printable(&setting.place));
        wrapped(text, &printable(&setting.message), 2, look);
        item(text, &printable(&setting.remedy), look);
        let _ = writeln!(text, "  {}", look.paint.faint(&format!("{}, {}", setting.grade, setting.source)));
    }
}
