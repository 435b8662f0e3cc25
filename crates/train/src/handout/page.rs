//! The page itself.

use std::fmt::Write as _;

use edge502_edge::Exchange;
use edge502_rules::access_log::FIELDS;
use edge502_rules::chain::ServedChain;
use edge502_scenario::{Answer, Observed, Scenario, Step, StepKind};

use super::Capture;
use crate::Track;
use crate::document::{block, escaped, moment, prose};

/// How many lines of a body are printed, and how much of each.
const BODY: usize = 16;
const LINE: usize = 110;
/// How many lines of `openssl s_client`, and which of the others are kept.
const OPENSSL: usize = 24;
const TELLING: [&str; 6] = ["verify error", "Verif", "alert", "errno", "Protocol", "notAfter"];

pub(super) fn markdown(scenario: &Scenario, captured: &Capture) -> String {
    let mut text = format!("# {}\n\n", prose(&scenario.title));
    let _ = writeln!(
        text,
        "`{}`, {}, track {}. Cause: `{}`. TEST ONLY: a local lab, not CloudFront; not affiliated with AWS.\n",
        scenario.id,
        scenario.level,
        Track::of(scenario),
        scenario.cause
    );
    let _ = writeln!(text, "## What the customer says\n\n{}\n", prose(&scenario.story));
    viewer(&mut text, captured);
    log(&mut text, &captured.exchange);
    origin(&mut text, captured);
    let _ = writeln!(text, "## What it is\n\n{}\n", prose(scenario.cause.explanation()));
    if let Some(trap) = &scenario.trap {
        let _ = writeln!(text, "**Trap:** {}\n", prose(trap));
    }
    steps(&mut text, "What cures it", StepKind::Fix, captured);
    steps(&mut text, "What does not", StepKind::DeadEnd, captured);
    let _ = writeln!(
        text,
        "Try it: `edge502 train {0}`, or `edge502 serve {0}`. The ports above are those of the run that made this page; `pem` is the directory beside it. \
         Source: <{1}>",
        scenario.id,
        scenario.cause.source()
    );
    text
}

fn viewer(text: &mut String, captured: &Capture) {
    text.push_str("## What the viewer gets\n\n");
    let protocol = captured.exchange.log.value("cs-protocol-version").unwrap_or_default();
    text.push_str(&block(&format!("$ {}\n{protocol} {}", captured.brief.curl, answer(&captured.answer))));
}

fn answer(answer: &Answer) -> String {
    let reason = http::StatusCode::from_u16(answer.status).ok().and_then(|status| status.canonical_reason());
    let mut text = format!("{} {}\n", answer.status, reason.unwrap_or_default());
    for (name, value) in &answer.headers {
        let _ = writeln!(text, "{name}: {}", String::from_utf8_lossy(value.as_bytes()));
    }
    text.push('\n');
    let body = String::from_utf8_lossy(&answer.body);
    let lines: Vec<String> = body.lines().take(BODY).map(cut).collect();
    text.push_str(&lines.join("\n"));
    if body.lines().count() > BODY {
        text.push_str("\n…");
    }
    text
}

/// A line that fits the page.
fn cut(line: &str) -> String {
    line.char_indices().nth(LINE).map_or_else(|| line.to_owned(), |(end, _)| format!("{}…", &line[..end]))
}

fn log(text: &mut String, exchange: &Exchange) {
    text.push_str("## What the access log says\n\n");
    text.push_str(&block(&exchange.log.to_string()));
    text.push_str("| field | value |\n|---|---|\n");
    for (name, value) in FIELDS.into_iter().zip(exchange.log.values()).filter(|(_, value)| value != "-") {
        if name.contains("result-type") || ["sc-status", "time-taken", "x-host-header"].contains(&name) {
            let _ = writeln!(text, "| {name} | {} |", escaped(&value));
        }
    }
    text.push('\n');
}

fn origin(text: &mut String, captured: &Capture) {
    text.push_str("## What the origin shows\n\n");
    for (number, lines) in (1..).zip(&captured.dig) {
        let command = captured.brief.dig.get(number - 1).map_or("dig", String::as_str);
        text.push_str(&block(&format!("$ {command}\n{}", lines.join("\n"))));
    }
    text.push_str(&block(&format!("$ {}\n{}", captured.brief.openssl, shortened(&captured.openssl))));
    let served = captured.exchange.handshake.as_ref().and_then(|made| made.observation.served_chain.clone());
    let Some(served) = served else {
        text.push_str("CloudFront saw no certificate.\n\n");
        return;
    };
    text.push_str("The certificates as CloudFront got them, in wire order:\n\n");
    text.push_str("| | subject | issuer | valid until | names |\n|---:|---|---|---|---|\n");
    for (place, member) in ServedChain::parse(served).members().iter().enumerate() {
        let row = match member {
            Ok(certificate) => {
                let names: Vec<&str> = certificate.names.effective().collect();
                let cells = [&certificate.subject, &certificate.issuer].map(|cell| escaped(cell));
                let [subject, issuer] = cells;
                format!("{subject} | {issuer} | {} | {}", moment(certificate.not_after), escaped(&names.join(", ")))
            }
            Err(unreadable) => format!("{} | | |", escaped(&unreadable.to_string())),
        };
        let _ = writeln!(text, "| {place} | {row} |");
    }
    text.push('\n');
}

/// The beginning of a transcript, and of the rest the lines that carry the result.
fn shortened(transcript: &str) -> String {
    let keeps = |line: &str| TELLING.iter().any(|word| line.contains(word));
    let lines = transcript.lines().enumerate();
    let kept: Vec<&str> = lines.filter(|(index, line)| *index < OPENSSL || keeps(line)).map(|(_, line)| line).collect();
    kept.join("\n")
}

fn steps(text: &mut String, heading: &str, kind: StepKind, captured: &Capture) {
    let _ = writeln!(text, "## {heading}\n");
    for (step, observed) in captured.steps.iter().filter(|(step, _)| step.kind == kind) {
        let _ = writeln!(text, "- **{}**: {}.{}", prose(&step.title), seen(observed), remark(step));
    }
    text.push('\n');
}

fn seen(observed: &Observed) -> String {
    match observed.cause {
        Some(cause) => format!("{} `{cause}`", observed.status),
        None => observed.status.to_string(),
    }
}

fn remark(step: &Step) -> String {
    step.why.as_ref().map_or_else(String::new, |why| format!(" {}", prose(why)))
}
