//! How exercises look in a terminal of 80 columns.

use std::fmt::Write as _;

use edge502_edge::Exchange;
use edge502_rules::certificate::Certificate;
use edge502_rules::chain::ServedChain;
use edge502_scenario::Answer;
use edge502_scenario::serve::Brief;
use edge502_train::texts::Terminal;
use edge502_train::{Attempt, Curriculum, Exercise, Progress, Texts, Track, moment};
use textwrap::WordSeparator;
use textwrap::core::{Word, display_width};

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
    textwrap::fill(text.trim(), options.word_separator(WordSeparator::Custom(words))) + "\n"
}

/// What is not torn apart: in Chinese, where no spaces are, a character with the punctuation that belongs to it.
fn words(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    let next = line.char_indices().skip(1);
    let ends = line.chars().zip(next).filter(|(c, (_, next))| may_part(*c, *next)).map(|(_, (place, _))| place);
    let mut start = 0;
    let words = ends.chain([line.len()]).map(move |end| Word::from(&line[std::mem::replace(&mut start, end)..end]));
    Box::new(words)
}

/// Whether a line may end between two characters.
fn may_part(c: char, next: char) -> bool {
    let is_chinese = |c: char| ('\u{3000}'..='\u{9fff}').contains(&c) || ('\u{ff00}'..='\u{ffef}').contains(&c);
    match (c, next) {
        (_, ' ') => false,
        (' ', _) => true,
        _ => (is_chinese(c) || is_chinese(next)) && !"（《“".contains(c) && !"，。：；！？、）》”".contains(next),
    }
}

/// A line of a numbered list.
fn numbered(number: usize, text: &str) -> String {
    hanging(text, &format!("{number:>3}  "), "     ")
}

/// A text that fills `width` columns at least.
fn padded(text: &str, width: usize) -> String {
    text.to_owned() + &" ".repeat(width.saturating_sub(display_width(text)))
}

/// What a trainee is told at the beginning of an exercise.
pub(super) fn exercise(exercise: &Exercise, brief: &Brief, texts: &Texts) -> String {
    let terminal = &texts.terminal;
    let heading = (terminal.heading)(exercise.name(), (texts.level)(exercise.level()));
    let mut text = format!("{heading}\n\n{}\n{}\n", wrapped(exercise.story()), terminal.paste);
    let _ = writeln!(text, "  ask      {}", brief.curl);
    let _ = writeln!(text, "  openssl  {}", brief.openssl);
    for dig in &brief.dig {
        let _ = writeln!(text, "  dig      {dig}");
    }
    let names = (terminal.names)(&brief.origin_domain, &brief.host);
    let _ = writeln!(text, "{names}\n  curl -sS -d '{{\"origin\":{{…}}}}' {}/patch\n", brief.control);
    let _ = writeln!(text, "{}", terminal.next);
    text
}

/// The causes to choose from.
pub(super) fn causes(attempt: &Attempt, texts: &Texts) -> String {
    let mut text = format!("{}\n", texts.terminal.causes);
    for (number, cause) in (1..).zip(attempt.exercise().choices()) {
        let out = if attempt.ruled_out().contains(cause) { texts.terminal.ruled_out } else { "" };
        text.push_str(&numbered(number, &format!("{cause}{out}: {}", (texts.cause)(*cause))));
    }
    text
}

/// The remedies to choose from.
pub(super) fn remedies(exercise: &Exercise, texts: &Terminal) -> String {
    let mut text = wrapped(texts.remedies);
    for remedy in exercise.remedies() {
        text.push_str(&numbered(remedy.number, &remedy.title));
    }
    text
}

/// The points so far.
pub(super) fn score(attempt: &Attempt, texts: &Terminal) -> String {
    (texts.points)(attempt.score(), attempt.worth(), attempt.next_hint()) + "\n"
}

/// What the viewer got.
pub(super) fn answer(answer: &Answer, texts: &Terminal) -> String {
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
        let _ = writeln!(text, "{}", (texts.more_lines)(rest));
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
pub(super) fn chain(exchange: &Exchange, texts: &Terminal) -> String {
    let handshake = exchange.handshake.as_ref();
    let Some(served) = handshake.and_then(|handshake| handshake.observation.served_chain.clone()) else {
        return format!("{}\n", texts.no_certificate);
    };
    let chain = ServedChain::parse(served);
    let mut text = String::new();
    for (place, member) in chain.members().iter().enumerate() {
        match member {
            Ok(certificate) => text.push_str(&link(place, certificate, texts)),
            Err(unreadable) => {
                let _ = writeln!(text, "{place}  {unreadable}");
            }
        }
    }
    text
}

fn link(place: usize, certificate: &Certificate, texts: &Terminal) -> String {
    let names: Vec<&str> = certificate.names.effective().collect();
    let mut text = format!("{place}  {}\n", printable(&certificate.subject));
    let values = [
        certificate.issuer.clone(),
        (texts.dates)(&moment(certificate.not_before), &moment(certificate.not_after)),
        (texts.key)(&certificate.key.to_string(), &certificate.signature),
        names.join(", "),
        certificate.purposes.join(", "),
    ];
    for (name, value) in texts.certificate.iter().zip(values).filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(text, "   {} {}", padded(name, 9), printable(&value));
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
            format!("{:>3} {}", known.best, if known.solved { texts.terminal.solved } else { texts.terminal.unsolved })
        });
        let story: String = entry.scenario.story.trim().chars().take(32).collect();
        let (level, points) = (padded((texts.level)(entry.level()), 12), padded(&points, 10));
        let _ = writeln!(text, "  {:<16} {level} {points} {story}…", entry.name());
    }
    text
}

/// The tracks, with how far each is done.
pub(super) fn tracks(curriculum: &Curriculum<'_>, progress: &Progress, texts: &Texts) -> String {
    let mut text = String::new();
    for track in Track::ALL {
        let entries = curriculum.entries(Some(track));
        let solved = entries.clone().filter(|entry| progress.of(&entry.scenario.id).is_some_and(|known| known.solved));
        let told = (texts.terminal.of_track)(solved.count(), entries.count());
        let _ = writeln!(text, "  {track:<13} {} {told}", padded((texts.track)(track), 20));
    }
    text
}

/// The answer, for those who have solved it or given up.
pub(super) fn solution(exercise: &Exercise, texts: &Terminal) -> String {
    let scenario = exercise.scenario();
    let mut text = wrapped(&(texts.answer)(exercise.cause(), &scenario.title));
    text.push_str(&indented(exercise.cause().explanation(), "  "));
    if let Some(trap) = &scenario.trap {
        text.push_str(&indented(&format!("{}{}", texts.trap, trap.trim()), "  "));
    }
    for remedy in exercise.remedies() {
        text.push_str(&numbered(remedy.number, &format!("{}{}", (texts.cures)(remedy.cures()), remedy.title)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_is_broken_where_it_may_be() {
        let text = "日志、openssl s_client 和 dig 均无异常。".repeat(6);
        let lines = wrapped(&text);
        assert!(lines.lines().count() > 2 && lines.lines().all(|line| display_width(line) <= WIDTH), "{lines}");
        assert!(lines.lines().all(|line| !line.starts_with(['。', '、', ' '])), "{lines}");
        assert_eq!(lines.replace(['\n', ' '], ""), text.replace(' ', ""));
        assert_eq!(wrapped("two words  more"), "two words  more\n");
    }
}
