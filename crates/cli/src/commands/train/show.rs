//! How exercises look in a terminal of 80 columns.

use std::fmt::Write as _;

use edge502_edge::Exchange;
use edge502_rules::certificate::Certificate;
use edge502_rules::chain::ServedChain;
use edge502_scenario::Answer;
use edge502_scenario::serve::Brief;
use edge502_train::{Attempt, Curriculum, Exercise, FULL, Progress, Texts, Track, moment};

use crate::terminal::printable;

/// The width that texts are broken to, in columns.
const WIDTH: usize = 78;
/// How many lines of a page are shown.
const BODY: usize = 14;
/// The fields of the access log that tell most about a failed request.
const TELLING: [&str; 9] = [
    "sc-status",
    "x-edge-result-type",
    "x-edge-response-result-type",
    "x-edge-detailed-result-type",
    "x-host-header",
    "time-taken",
    "time-to-first-byte",
    "sc-content-type",
    "sc-content-len",
];

/// A text for people in lines that fit.
pub(super) fn wrapped(text: &str) -> String {
    indented(text, "")
}

/// A text of several lines, each in lines that fit.
pub(super) fn wrapped_lines(text: &str) -> String {
    text.lines().map(wrapped).collect()
}

/// The same behind `indent`.
pub(super) fn indented(text: &str, indent: &str) -> String {
    hanging(text, indent, indent)
}

/// The same with another indent from the second line on.
fn hanging(text: &str, first: &str, rest: &str) -> String {
    let options = textwrap::Options::new(WIDTH).initial_indent(first).subsequent_indent(rest);
    textwrap::fill(text.trim(), options) + "\n"
}

/// A line of a numbered list.
fn numbered(number: usize, text: &str) -> String {
    hanging(text, &format!("{number:>3}  "), "     ")
}

/// What a trainee is told at the beginning of an exercise.
pub(super) fn exercise(exercise: &Exercise, brief: &Brief, texts: &Texts) -> String {
    let mut text =
        format!("{}  ({})\n\n{}\n", exercise.name(), (texts.level)(exercise.level()), wrapped(exercise.story()));
    text.push_str("Paste into another terminal, or type the word in front:\n");
    let _ = writeln!(text, "  ask      {}", brief.curl);
    let _ = writeln!(text, "  openssl  {}", brief.openssl);
    for dig in &brief.dig {
        let _ = writeln!(text, "  dig      {dig}");
    }
    let _ = write!(
        text,
        "The origin is {}, viewers ask for {}. Changes of your own:\n  curl -sS -d '{{\"origin\":{{…}}}}' {}/patch\n\n",
        brief.origin_domain, brief.host, brief.control
    );
    text.push_str("`diagnose` shows the causes, `apply` the remedies, `help` the rest.\n");
    text
}

/// The causes to choose from.
pub(super) fn causes(attempt: &Attempt, texts: &Texts) -> String {
    let mut text = "Which of these is it? `diagnose` with a number or a name.\n".to_owned();
    for (number, cause) in (1..).zip(attempt.exercise().choices()) {
        let out = if attempt.ruled_out().contains(cause) { " (no)" } else { "" };
        text.push_str(&numbered(number, &format!("{cause}{out}: {}", (texts.cause)(*cause))));
    }
    text
}

/// The remedies to choose from.
pub(super) fn remedies(exercise: &Exercise) -> String {
    let mut text = "What could be done; some of it cures. `apply` with a number, then `check`.\n".to_owned();
    for remedy in exercise.remedies() {
        text.push_str(&numbered(remedy.number, &remedy.title));
    }
    text
}

/// The points so far.
pub(super) fn score(attempt: &Attempt) -> String {
    let next = attempt.next_hint().map_or_else(String::new, |cost| format!("; the next hint costs {cost}"));
    format!("{} points had; {} of {FULL} can still be had{next}.\n", attempt.score(), attempt.worth())
}

/// What the viewer got.
pub(super) fn answer(answer: &Answer) -> String {
    let reason = http::StatusCode::from_u16(answer.status).ok().and_then(|status| status.canonical_reason());
    let mut text = format!("{} {}\n", answer.status, reason.unwrap_or_default());
    for (name, value) in &answer.headers {
        let _ = writeln!(text, "{name}: {}", printable(&String::from_utf8_lossy(value.as_bytes())));
    }
    text.push('\n');
    let body = String::from_utf8_lossy(&answer.body);
    for line in body.lines().take(BODY) {
        let _ = writeln!(text, "{}", printable(line));
    }
    let rest = body.lines().count().saturating_sub(BODY);
    if rest > 0 {
        let _ = writeln!(text, "… {rest} more lines");
    }
    text
}

/// The line of the access log, and the fields that tell most.
pub(super) fn log(exchange: &Exchange) -> String {
    let mut text = format!("{}\n\n", exchange.log);
    let fields = edge502_rules::access_log::FIELDS.into_iter().zip(exchange.log.values());
    for (name, value) in fields.filter(|(name, _)| TELLING.contains(name)) {
        let _ = writeln!(text, "  {name:<28} {value}");
    }
    text
}

/// The certificates that the origin sent, in wire order.
pub(super) fn chain(exchange: &Exchange) -> String {
    let handshake = exchange.handshake.as_ref();
    let Some(served) = handshake.and_then(|handshake| handshake.observation.served_chain.clone()) else {
        return "The origin sent no certificate.\n".to_owned();
    };
    let chain = ServedChain::parse(served);
    let mut text = String::new();
    for (place, member) in chain.members().iter().enumerate() {
        match member {
            Ok(certificate) => text.push_str(&link(place, certificate)),
            Err(unreadable) => {
                let _ = writeln!(text, "{place}  {unreadable}");
            }
        }
    }
    text
}

fn link(place: usize, certificate: &Certificate) -> String {
    let names: Vec<&str> = certificate.names.effective().collect();
    let mut text = format!("{place}  {}\n", printable(&certificate.subject));
    let mut row = |name: &str, value: String| {
        let _ = writeln!(text, "   {name:<9} {}", printable(&value));
    };
    row("issuer", certificate.issuer.clone());
    row("valid", format!("{} to {}", moment(certificate.not_before), moment(certificate.not_after)));
    row("key", format!("{}, signed with {}", certificate.key, certificate.signature));
    if !names.is_empty() {
        row("names", names.join(", "));
    }
    if !certificate.purposes.is_empty() {
        row("purposes", certificate.purposes.join(", "));
    }
    text
}

/// The exercises, with what was achieved in them.
pub(super) fn list(curriculum: &Curriculum<'_>, track: Option<Track>, progress: &Progress, texts: &Texts) -> String {
    let mut text = String::new();
    let mut of = None;
    for entry in curriculum.entries(track) {
        if of != Some(entry.track) {
            of = Some(entry.track);
            let _ = writeln!(text, "{} ({})", (texts.track)(entry.track), entry.track);
        }
        let points = progress.of(&entry.scenario.id).map_or_else(String::new, |known| {
            format!("{:>3} {}", known.best, if known.solved { "solved" } else { "open" })
        });
        let story: String = entry.scenario.story.trim().chars().take(32).collect();
        let _ = writeln!(text, "  {:<16} {:<12} {points:<10} {story}…", entry.name(), (texts.level)(entry.level()));
    }
    text
}

/// The tracks, with how far each is done.
pub(super) fn tracks(curriculum: &Curriculum<'_>, progress: &Progress, texts: &Texts) -> String {
    let mut text = String::new();
    for track in Track::ALL {
        let entries = curriculum.entries(Some(track));
        let solved = entries.clone().filter(|entry| progress.of(&entry.scenario.id).is_some_and(|known| known.solved));
        let _ = writeln!(
            text,
            "  {:<13} {:<20} {:>3} of {:>3} solved",
            track,
            (texts.track)(track),
            solved.count(),
            entries.count()
        );
    }
    text
}

/// The answer, for those who have solved it or given up.
pub(super) fn solution(exercise: &Exercise) -> String {
    let scenario = exercise.scenario();
    let mut text = format!("{}: {}\n", exercise.cause(), wrapped(&scenario.title).trim_end());
    text.push_str(&indented(exercise.cause().explanation(), "  "));
    if let Some(trap) = &scenario.trap {
        text.push_str(&indented(&format!("Trap: {}", trap.trim()), "  "));
    }
    for remedy in exercise.remedies() {
        let sign = if remedy.cures() { "cures" } else { "does not" };
        text.push_str(&numbered(remedy.number, &format!("{sign}: {}", remedy.title)));
    }
    text
}
