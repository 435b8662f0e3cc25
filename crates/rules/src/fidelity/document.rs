//! `FIDELITY.md` as text.

use std::fmt::Write as _;

use super::{Area, RULES, Rule, unplayed};
use crate::outcome::{Answer, Nuance, Outcome};
use crate::page::Page;
use crate::{Cause, Grade, Rulebook};

const INTRO: &str = "\
<!-- Generated from crates/rules/src/fidelity. Do not edit; run: cargo run -p edge502-scenario --example fidelity > FIDELITY.md -->

# How faithful edge502 is to CloudFront

AWS does not publish how CloudFront's edge is built. What edge502 does is put together from AWS's documentation, from
the TLS library in which AWS publishes CloudFront's policies, and from what people saw and wrote down. This file lists
every rule, where it comes from, how well it is known, and what nobody outside AWS knows. Where a result matters to
you, look its rule up before you rely on it.

";

const GRADES: &str = "\
## How to read it

Every rule has a grade, strongest first:

| Grade | Rests on | Can be wrong because |
| --- | --- | --- |
| `documented` | AWS's guides, API reference or knowledge center | pages are incomplete, and some contradict each other |
| `aws-source` | the source of s2n-tls | nobody has shown that production uses it unchanged |
| `observed` | a public report or a capture | it shows one case on one day |
| `inferred` | reasoning; nothing was found that states it | it is a guess, if a careful one |

Where AWS's text and AWS's library differ, one of two rulebooks decides:

| Option | Meaning |
| --- | --- |
| `--rules documented` (default) | The text is the contract: its rules are checked on top of what the library enforces. The stricter one, but for names (see [accepted-names](#accepted-names)). |
| `--rules observed` | The library alone: what s2n-tls does with CloudFront's policies. |

";

/// Ids of the scenarios that prove something, in the order to print.
pub type Proofs = std::collections::BTreeMap<String, Vec<String>>;

/// The whole of `FIDELITY.md`, with a final newline. `proofs` has the scenarios by id of rule and of cause.
pub fn markdown(proofs: &Proofs) -> String {
    let mut text = String::from(INTRO);
    text.push_str(GRADES);
    causes(&mut text, proofs);
    pages(&mut text);
    for area in Area::ALL {
        rules(&mut text, *area, proofs);
    }
    disputes(&mut text);
    assumptions(&mut text);
    limits(&mut text);
    doubts(&mut text);
    // One newline ends the file.
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// Appends formatted text; writing to a string cannot fail.
macro_rules! put {
    ($text:expr, $($format:tt)+) => {
        let _ = write!($text, $($format)+);
    };
}

fn causes(text: &mut String, proofs: &Proofs) {
    text.push_str(
        "## Causes\n\n\
        Each reason why the edge has no good answer, and what viewer and log get for it. Three grades: that CloudFront \
        fails for it, what the viewer gets, what the log says.\n\n\
        | Cause | What is wrong | Status | Log type | Grade | Status grade | Log grade | Source | Scenarios |\n\
        | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for cause in Cause::ALL {
        let outcome = Outcome::of(*cause);
        let status = outcome.status().map_or_else(|| "the origin's".to_owned(), |status| status.to_string());
        row(
            text,
            &[
                &code(cause.id()),
                &escape(cause.title()),
                &status,
                &code(outcome.detailed_result_type.as_str()),
                cause.grade().as_str(),
                outcome.grade.as_str(),
                outcome.log_grade.as_str(),
                &link(cause.source()),
                &shown(proofs, cause.id()),
            ],
        );
    }
    text.push('\n');
    nuances(text);
}

/// Where the log is finer than the causes.
fn nuances(text: &mut String) {
    text.push_str("Within a cause the log tells apart (all inferred from AWS's definitions of the words):\n\n");
    for nuance in Nuance::ALL {
        let (cause, outcome) = (code(nuance.cause().id()), nuance.outcome());
        put!(text, "- {cause}: {} {}\n", code(outcome.detailed_result_type.as_str()), nuance.when());
    }
    text.push('\n');
}

/// Which page comes with which cause; the pages of 2026 take the place of some.
fn pages(text: &mut String) {
    text.push_str(
        "Which page comes with them (the last column: its place with `--error-pages 2026`):\n\n\
        | Page | Sentence | Causes | 2026 |\n| --- | --- | --- | --- |\n",
    );
    for page in Page::ALL {
        let shows = |cause: &&Cause| Outcome::of(**cause).page() == Some(*page);
        let usual = Cause::ALL.iter().filter(shows).map(|cause| code(cause.id()));
        let finer = Nuance::ALL.iter().filter(|nuance| {
            nuance.outcome().page() == Some(*page) && Outcome::of(nuance.cause()).page() != Some(*page)
        });
        let finer = finer.map(|nuance| {
            format!("{} as {}", code(nuance.cause().id()), code(nuance.outcome().detailed_result_type.as_str()))
        });
        let causes: Vec<String> = usual.chain(finer).collect();
        if causes.is_empty() {
            continue;
        }
        let newer = page.in_family(crate::page::ErrorPages::OriginFacing2026);
        let newer = if newer == *page { "the same".to_owned() } else { code(newer.id()) };
        row(text, &[&code(page.id()), &escape(page.sentence().unwrap_or("none")), &grouped(&causes), &newer]);
    }
    let relayed: Vec<String> = Cause::ALL
        .iter()
        .filter(|cause| matches!(Outcome::of(**cause).answer, Answer::Relayed | Answer::RelayedCut))
        .map(|cause| code(cause.id()))
        .collect();
    put!(text, "\nNo page of CloudFront's own: {}.\n\n", relayed.join(", "));
}

/// A list that stays readable in a cell: the causes of the handshake and its certificates are too many to name.
fn grouped(causes: &[String]) -> String {
    const MOST: usize = 6;
    match causes.split_at_checked(MOST) {
        Some((_, rest)) if !rest.is_empty() => {
            let [first, .., last] = causes else { return causes.join(", ") };
            format!("{} causes, from {first} to {last}, see above", causes.len())
        }
        _ => causes.join(", "),
    }
}

/// The scenarios that prove `id`, the first few by name.
fn shown(proofs: &Proofs, id: &str) -> String {
    const MOST: usize = 4;
    let scenarios = proofs.get(id).map_or(&[][..], Vec::as_slice);
    let named: Vec<String> = scenarios.iter().take(MOST).map(|id| code(id)).collect();
    match scenarios.len() {
        0 => "none".to_owned(),
        count if count > MOST => format!("{} and {} more", named.join(", "), count - MOST),
        _ => named.join(", "),
    }
}

fn rules(text: &mut String, area: Area, proofs: &Proofs) {
    put!(text, "## {}\n\n", area.title());
    for rule in area.rules() {
        put!(text, "### {}\n\n**{}** ({}, {})\n\n", rule.id, escape(rule.title), rule.grade, link(rule.source));
        let lines = [
            ("AWS writes", rule.documented),
            ("The library", rule.library),
            ("edge502", Some(rule.applied)),
            ("With `--rules observed`", rule.observed),
            ("Left out", rule.limit),
            ("Not known", rule.doubt),
        ];
        for (label, said) in lines {
            if let Some(said) = said {
                put!(text, "- {label}: {}\n", escape(said));
            }
        }
        let proof = unplayed(rule.id).map_or_else(|| shown(proofs, rule.id), escape);
        put!(text, "- Proven by: {proof}\n");
        text.push('\n');
    }
}

fn disputes(text: &mut String) {
    text.push_str(
        "## Where documentation and library differ\n\n\
        Here the two rulebooks part:\n\n\
        | Rule | AWS writes | The library | `documented` | `observed` |\n| --- | --- | --- | --- | --- |\n",
    );
    let disputed = || RULES.iter().filter(|rule| rule.is_disputed());
    let both = |rule: &Rule| [rule.documented, rule.library].map(|said| escape(said.unwrap_or_default()));
    for (rule, observed) in disputed().filter_map(|rule| Some((rule, rule.observed?))) {
        let [documented, library] = both(rule);
        row(text, &[&anchor(rule), &documented, &library, &escape(rule.applied), &escape(observed)]);
    }
    text.push_str(
        "\nElsewhere the library says more than the text, or differs in what cannot change the verdict. Both rulebooks \
        follow it:\n\n| Rule | AWS writes | The library |\n| --- | --- | --- |\n",
    );
    for rule in disputed().filter(|rule| rule.observed.is_none()) {
        let [documented, library] = both(rule);
        row(text, &[&anchor(rule), &documented, &library]);
    }
    text.push('\n');
}

fn assumptions(text: &mut String) {
    text.push_str(
        "## Known assumptions\n\n\
        Nothing found states these; they are the likeliest reading. What is open about each stands under its rule.\n\n\
        | Rule | About | What edge502 does |\n| --- | --- | --- |\n",
    );
    for rule in RULES.iter().filter(|rule| rule.grade == Grade::Inferred) {
        row(text, &[&anchor(rule), &escape(rule.title), &escape(rule.applied)]);
    }
    text.push_str("\nAmong the causes above, inferred is\n\n");
    inferred(text, "that CloudFront fails for it", Cause::grade);
    inferred(text, "the status", |cause| Outcome::of(cause).grade);
    inferred(text, "the log value", |cause| Outcome::of(cause).log_grade);
    text.push('\n');
}

/// One line with the causes about which `what` is inferred, or, where they are most, with the others.
fn inferred(text: &mut String, what: &str, grade: fn(Cause) -> Grade) {
    let (inferred, known): (Vec<Cause>, Vec<Cause>) =
        Cause::ALL.iter().partition(|cause| grade(**cause) == Grade::Inferred);
    let (but, named) = if inferred.len() > known.len() { ("all but ", known) } else { ("", inferred) };
    let named: Vec<String> = named.into_iter().map(|cause| code(cause.id())).collect();
    put!(text, "- {what}: {but}{}\n", named.join(", "));
}

fn limits(text: &mut String) {
    text.push_str(
        "## What edge502 leaves out\n\n\
        Here CloudFront is known to do more, or to be stricter.\n\n\
        | Rule | Left out |\n| --- | --- |\n",
    );
    for (rule, limit) in RULES.iter().filter_map(|rule| Some((rule, rule.limit?))) {
        row(text, &[&anchor(rule), &escape(limit)]);
    }
    text.push('\n');
}

fn doubts(text: &mut String) {
    put!(
        text,
        "## Open doubts\n\nWhat nobody outside AWS knows. A capture, a log line or an answer of AWS to any of these would be \
        welcome, above all for the rules that `--rules {}` and `--rules {}` judge differently.\n\n\
        | Rule | Grade | Not known |\n| --- | --- | --- |\n",
        Rulebook::Documented,
        Rulebook::Observed
    );
    for (rule, doubt) in RULES.iter().filter_map(|rule| Some((rule, rule.doubt?))) {
        row(text, &[&anchor(rule), rule.grade.as_str(), &escape(doubt)]);
    }
}

fn row(text: &mut String, cells: &[&str]) {
    put!(text, "| {} |\n", cells.join(" | "));
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

/// A link to the rule's own section.
fn anchor(rule: &Rule) -> String {
    format!("[{0}](#{0})", rule.id)
}

/// A link whose text is short and still tells what it leads to.
fn link(address: &str) -> String {
    format!("[{}]({address})", label(address))
}

fn label(address: &str) -> String {
    let path = address.trim_start_matches("https://");
    if let Some(file) = path.strip_prefix("github.com/aws/s2n-tls/blob/main/") {
        return file.rsplit('/').next().unwrap_or(file).to_owned();
    }
    if let Some(thread) = path.strip_prefix("github.com/") {
        return thread.replace("/issues/", "#").replace("/pull/", "#");
    }
    let page = path.rsplit('/').next().unwrap_or(path);
    page.trim_end_matches(".html").to_owned()
}

/// Text that means itself in Markdown, inside a table as well.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace('*', "\\*").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_and_every_rule_is_in_it() {
        let text = markdown(&Proofs::new());
        for cause in Cause::ALL {
            assert!(text.contains(&format!("| `{}` |", cause.id())), "{cause}");
        }
        for rule in RULES {
            assert_eq!(text.matches(&format!("\n### {}\n", rule.id)).count(), 1, "{}", rule.id);
        }
    }

    #[test]
    fn every_row_has_the_cells_of_its_table() {
        let mut columns = None;
        for line in markdown(&Proofs::new()).lines() {
            let pipes = line.replace("\\|", "").matches('|').count();
            match (line.starts_with('|'), columns) {
                (true, Some(expected)) => assert_eq!(pipes, expected, "{line}"),
                (true, None) => columns = Some(pipes),
                (false, _) => columns = None,
            }
        }
    }

    #[test]
    fn links_lead_to_sections_that_exist() {
        let text = markdown(&Proofs::new());
        for (_, rest) in text.match_indices("](#").map(|(at, found)| text.split_at(at + found.len())) {
            let id = rest.split(')').next().unwrap_or_default();
            assert!(text.contains(&format!("\n### {id}\n")), "{id}");
        }
    }

    #[test]
    fn sources_have_short_names() {
        let cases = [
            (
                "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html",
                "http-502-bad-gateway",
            ),
            ("https://github.com/aws/s2n-tls/blob/main/tls/s2n_alerts.c", "s2n_alerts.c"),
            ("https://github.com/openrung/openrung/pull/58", "openrung/openrung#58"),
            ("https://repost.aws/knowledge-center/cloudfront-502-errors", "cloudfront-502-errors"),
        ];
        for (address, expected) in cases {
            assert_eq!(label(address), expected);
        }
    }

    #[test]
    fn text_is_escaped() {
        assert_eq!(escape("a|b *.test <x> \\"), "a\\|b \\*.test &lt;x> \\\\");
    }

    #[test]
    fn it_ends_with_one_newline_and_has_no_blank_runs() {
        let text = markdown(&Proofs::new());
        assert!(text.ends_with('\n') && !text.contains("\n\n\n"));
        assert!(text.lines().all(|line| line.trim_end() == line));
    }
}
