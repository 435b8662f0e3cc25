//! For people: read in ten seconds, pasted into a ticket.

use std::fmt::Write as _;

use super::{Look, printable};
use crate::batch::{Batch, Checked};
use crate::report::{CertificateReport, FindingReport, HandshakeReport, Report, TargetReport, Verdict};
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

/// One certificate on one line.
fn link(certificate: &CertificateReport) -> String {
    let until = certificate.not_after.as_deref().and_then(|date| date.get(..10)).unwrap_or("?");
    let names = match &certificate.names[..] {
        [] => String::new(),
        names => format!(" [{}]", names.join(" ")),
    };
    printable(&format!(
        "{} {}: {}{names}, until {until}, by {}",
        certificate.position, certificate.role, certificate.subject, certificate.issuer
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
    let room = look.width.saturating_sub(indent).max(30);
    let mut line = String::new();
    for word in words.split(' ') {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
            let _ = writeln!(text, "{:indent$}{line}", "");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    let _ = writeln!(text, "{:indent$}{line}", "");
}

/// One line for a target; its name takes `width` columns.
fn one_line(checked: &Checked, width: usize, look: Look) -> String {
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
    let _ = writeln!(
        text,
        "\n{} checked: {} would fail, {} could not be checked",
        batch.checked.len(),
        batch.failing(),
        batch.checked.iter().filter(|one| one.result.is_err()).count()
    );
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
