//! One self-contained page: no script, no external resource, readable in light and dark.

use std::fmt::Write as _;

use edge502_rules::Cause;

use super::escaped;
use crate::batch::Checked;
use crate::report::{CertificateReport, FindingReport, Report, Snippet, Verdict};
use crate::source::{Level, Setting};

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8886;--bad:#b00020;--good:#0a6b2d}\
@media(prefers-color-scheme:dark){:root{--bad:#ff8a80;--good:#7ddc9a}}\
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}\
h1{font-size:1.4rem}h2{font-size:1.15rem;border-top:1px solid var(--line);padding-top:1rem}\
.fails{color:var(--bad)}.connects{color:var(--good)}\
pre{overflow-x:auto;border:1px solid var(--line);padding:.6rem}\
ol.chain{list-style:none;padding:0}ol.chain li{border:2px solid var(--line);border-radius:.4rem;padding:.4rem .8rem;margin:0 0 1.2rem;position:relative}\
ol.chain li.issuer::before{content:\"issued by ↓\";position:absolute;top:-1.25rem;left:1rem;font-size:.8rem}\
ol.chain li.gap{border-style:dashed;border-color:var(--bad);color:var(--bad)}\
table{border-collapse:collapse}th,td{text-align:left;padding:.2rem .8rem .2rem 0;border-bottom:1px solid var(--line)}\
th,td~td{overflow-wrap:normal}summary{cursor:pointer}ul{padding-left:1.2rem}li{margin:.2rem 0}\
dt{font-weight:600}dd{margin:0 0 .4rem}";

/// The page.
pub(super) fn document(checked: &[Checked], settings: &[Setting]) -> String {
    let mut text = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>edge502 check</title><style>{STYLE}</style></head>\n<body><main>\n<h1>Would CloudFront connect?</h1>\n"
    );
    if checked.len() > 1 {
        table(&mut text, checked);
    }
    settings_list(&mut text, settings);
    for (number, one) in checked.iter().enumerate() {
        let _ = writeln!(text, "<section id=\"origin-{number}\">");
        match &one.result {
            Err(reason) => {
                let _ = writeln!(
                    text,
                    "<h2>{}</h2><p class=\"fails\">Not checked: {}</p>",
                    escaped(&one.name),
                    escaped(reason)
                );
            }
            Ok(found) => report(&mut text, &one.name, found),
        }
        text.push_str("</section>\n");
    }
    text.push_str("</main></body></html>\n");
    text
}

/// All of them at a glance.
fn table(text: &mut String, checked: &[Checked]) {
    text.push_str("<table><thead><tr><th>Origin</th><th>Verdict</th><th>Viewer gets</th></tr></thead>\n<tbody>\n");
    for (number, one) in checked.iter().enumerate() {
        let (class, verdict, status) = match &one.result {
            Err(_) => ("fails", "not checked".to_owned(), String::new()),
            Ok(Report { cause: Some(cause), status, .. }) => ("fails", cause.to_string(), status.to_string()),
            Ok(report) => ("connects", "connects".to_owned(), report.status.to_string()),
        };
        let name = escaped(&one.name);
        let _ = writeln!(
            text,
            "<tr><td><a href=\"#origin-{number}\">{name}</a></td><td class=\"{class}\">{verdict}</td><td>{status}</td></tr>"
        );
    }
    text.push_str("</tbody></table>\n");
}

fn settings_list(text: &mut String, settings: &[Setting]) {
    if settings.is_empty() {
        return;
    }
    text.push_str("<h2>Settings</h2>\n<ul>\n");
    for setting in settings {
        let class = if setting.level == Level::Error { " class=\"fails\"" } else { "" };
        let _ = writeln!(
            text,
            "<li><strong{class}>{}</strong> {} <code>{}</code><br>{}<br>{}<br><a href=\"{}\">{}</a></li>",
            setting.level.as_str(),
            escaped(&setting.distribution),
            escaped(&setting.place),
            escaped(&setting.message),
            escaped(&setting.remedy),
            escaped(&setting.source),
            setting.grade
        );
    }
    text.push_str("</ul>\n");
}

fn report(text: &mut String, name: &str, report: &Report) {
    let _ = writeln!(text, "<h2>{}</h2>", escaped(name));
    let _ = match (report.verdict, report.cause) {
        (Verdict::Fails, Some(cause)) => {
            let sentence = report.page_sentence.as_deref().map(|said| format!(" \u{201c}{}\u{201d}", escaped(said)));
            writeln!(
                text,
                "<p><strong class=\"fails\">Fails: {cause}</strong>. The viewer gets {}{}; the log says {}.</p>",
                report.status,
                sentence.unwrap_or_default(),
                escaped(&report.log_type)
            )
        }
        _ => writeln!(text, "<p><strong class=\"connects\">Connects</strong>. The viewer gets {}.</p>", report.status),
    };
    for finding in &report.findings {
        finding_text(text, finding);
    }
    for warning in &report.warnings {
        let _ = writeln!(text, "<p>Warning: {}</p>", escaped(&warning.detail));
    }
    let incomplete = report.findings.iter().any(|finding| finding.cause == Cause::ChainIncomplete);
    chain(text, &report.served_chain, incomplete);
    facts(text, report);
}

fn finding_text(text: &mut String, finding: &FindingReport) {
    let _ = writeln!(
        text,
        "<h3>{} <small><code>{}</code></small></h3><p>{}</p><ul>",
        escaped(&finding.title),
        finding.cause,
        escaped(&finding.detail)
    );
    for (number, fix) in finding.fix.iter().enumerate() {
        let _ = write!(text, "<li>{}", escaped(fix));
        let snippets: Vec<&Snippet> = finding.configuration.iter().filter(|snippet| snippet.fix == number).collect();
        configuration(text, &snippets);
        text.push_str("</li>\n");
    }
    let _ = writeln!(
        text,
        "</ul><p>Rule: {}, <a href=\"{source}\">{source}</a></p>",
        finding.grade,
        source = escaped(&finding.source)
    );
}

/// Lines for a cure, folded: a reader needs those of one program.
fn configuration(text: &mut String, snippets: &[&Snippet]) {
    if snippets.is_empty() {
        return;
    }
    let programs: Vec<&str> = snippets.iter().map(|snippet| snippet.program).collect();
    let _ = writeln!(text, "<details><summary>{}</summary>", escaped(&programs.join(", ")));
    for snippet in snippets {
        let _ = writeln!(text, "<p>{}</p><pre>{}</pre>", escaped(snippet.program), escaped(&snippet.text));
    }
    text.push_str("</details>");
}

/// The certificates in wire order, with a gap where an issuer is missing.
fn chain(text: &mut String, certificates: &[CertificateReport], incomplete: bool) {
    if certificates.is_empty() {
        return;
    }
    let in_path = |certificate: &CertificateReport| matches!(certificate.role, "leaf" | "intermediate");
    let path = || certificates.iter().filter(|certificate| in_path(certificate));
    let was_sent = |issuer: &str| path().any(|certificate| certificate.subject == issuer);
    let top = path().find(|certificate| incomplete && !was_sent(&certificate.issuer)).map(|top| top.position);
    text.push_str("<h3>Certificates the origin sent</h3>\n<ol class=\"chain\">\n");
    for (index, certificate) in certificates.iter().enumerate() {
        let above = index.checked_sub(1).map(|above| &certificates[above].issuer);
        link(text, certificate, above == Some(&certificate.subject));
        if top == Some(certificate.position) {
            let _ = writeln!(text, "<li class=\"gap issuer\">not sent: {}</li>", escaped(&certificate.issuer));
        }
    }
    text.push_str("</ol>\n");
}

/// One certificate; `issued` says whether it is the issuer of the one above.
fn link(text: &mut String, certificate: &CertificateReport, issued: bool) {
    let class = if issued { " class=\"issuer\"" } else { "" };
    let until = certificate.not_after.as_deref().unwrap_or("unknown");
    let names = certificate.names.join(" ");
    let _ = writeln!(
        text,
        "<li{class}><strong>{}</strong> {}<br>{}<br>until {}{}</li>",
        certificate.position,
        certificate.role,
        escaped(&certificate.subject),
        escaped(until),
        if names.is_empty() { String::new() } else { format!("<br>names: {}", escaped(&names)) }
    );
}

fn facts(text: &mut String, report: &Report) {
    let target = &report.target;
    text.push_str("<dl>\n");
    let mut fact = |name: &str, value: &str| {
        let _ = writeln!(text, "<dt>{name}</dt><dd>{}</dd>", escaped(value));
    };
    fact("Asked", &format!("{} {} with Host {}", target.method, target.path, target.host_header));
    if let Some(sni) = &target.sni {
        fact("SNI", sni);
    }
    if let Some(handshake) = &report.handshake {
        let chosen: Vec<&str> = [&handshake.version, &handshake.cipher_suite, &handshake.group]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        fact("TLS", &if chosen.is_empty() { "nothing agreed".to_owned() } else { chosen.join(", ") });
        for spoken in &handshake.origin_speaks {
            fact("The origin would speak", spoken);
        }
    }
    if let Some(other) = &report.other_name {
        let verdict = if other.would_connect { "would connect" } else { "would fail, too" };
        fact(&format!("With SNI {}", escaped(&other.server_name)), &format!("{verdict}; {}", other.detail));
    }
    for limit in &report.limits {
        fact("Limit", limit);
    }
    text.push_str("</dl>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(position: usize, role: &'static str, subject: &str, issuer: &str) -> CertificateReport {
        CertificateReport {
            position,
            role,
            subject: subject.to_owned(),
            issuer: issuer.to_owned(),
            names: Vec::new(),
            not_before: None,
            not_after: None,
            key: None,
            signature: None,
            sha256: String::new(),
            issuer_url: None,
        }
    }

    /// The class of each entry.
    fn drawn(certificates: &[CertificateReport], incomplete: bool) -> Vec<String> {
        let mut text = String::new();
        chain(&mut text, certificates, incomplete);
        let class = |entry: &str| entry.split_once('>').map(|(class, _)| class.trim().to_owned());
        text.lines().filter_map(|line| class(line.strip_prefix("<li")?)).collect()
    }

    #[test]
    fn only_issuers_are_drawn_as_issuers() {
        let leaf = certificate(0, "leaf", "L", "A");
        let linked = [leaf.clone(), certificate(1, "intermediate", "A", "R")];
        assert_eq!(drawn(&linked, false), ["", "class=\"issuer\""]);
        let surplus = [leaf, certificate(1, "surplus", "X", "Y")];
        assert_eq!(drawn(&surplus, false), ["", ""]);
        // What is missing is missing above the leaf, whatever else was sent.
        assert_eq!(drawn(&surplus, true), ["", "class=\"gap issuer\"", ""]);
    }
}
