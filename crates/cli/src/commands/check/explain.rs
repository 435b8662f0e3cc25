//! `--explain CAUSE`: the background of one cause, with what the scenarios prove about it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use edge502_check::render::{Look, wrapped};
use edge502_rules::Cause;
use edge502_rules::outcome::Outcome;
use edge502_rules::page::Page;
use edge502_scenario::format::Texts;
use edge502_scenario::{Library, Scenario, Step, StepKind};

/// Cures, dead ends or scenarios that are named at most.
const MOST: usize = 12;

/// All that is known about a cause.
pub(super) fn text(cause: Cause, look: Look) -> anyhow::Result<String> {
    let library = Library::built_in()?;
    let scenarios: Vec<&Scenario> = library.iter().filter(|scenario| scenario.cause == cause).collect();
    let mut text = format!("{}  {}\n\n", look.paint.strong(cause.id()), cause.title());
    text.push_str(&wrapped(cause.explanation(), 0, look));
    shows(&mut text, cause, &scenarios, look);
    heading(&mut text, "What cures it", look);
    cause.fixes().iter().for_each(|fix| item(&mut text, fix, look));
    steps(&mut text, "Proven to cure it", &scenarios, StepKind::Fix, look);
    steps(&mut text, "Proven not to", &scenarios, StepKind::DeadEnd, look);
    each(&mut text, "Traps", scenarios.iter().filter_map(|scenario| scenario.trap.as_deref()), look);
    each(
        &mut text,
        "Public reports",
        scenarios.iter().flat_map(|scenario| &scenario.reports).map(String::as_str),
        look,
    );
    if !scenarios.is_empty() {
        heading(&mut text, "Try it: `edge502 serve ID`", look);
        for scenario in scenarios.iter().take(MOST) {
            item(&mut text, &format!("{}: {}", scenario.id, scenario.title), look);
        }
        more(&mut text, scenarios.len());
    }
    Ok(text)
}

/// What the viewer, the log and the usual tools show of it.
fn shows(text: &mut String, cause: Cause, scenarios: &[&Scenario], look: Look) {
    let outcome = Outcome::of(cause);
    let status = outcome.status().map_or_else(|| "the origin's own status".to_owned(), |status| status.to_string());
    let sentence = outcome.page().and_then(Page::sentence).map(|sentence| format!(": \"{sentence}\""));
    heading(text, "What shows", look);
    item(text, &format!("the viewer gets {status}{}", sentence.unwrap_or_default()), look);
    let (result, detail) = (outcome.result_type.as_str(), outcome.detailed_result_type.as_str());
    item(text, &format!("the access log says {result} / {detail}, the response x-cache: {}", outcome.x_cache), look);
    let phase = cause.phase();
    item(text, &format!("it happens in the phase {phase}; what CloudFront would trip over later stays hidden"), look);
    let openssl: BTreeSet<&str> = scenarios
        .iter()
        .filter_map(|scenario| scenario.broken().expect.openssl.as_ref())
        .flat_map(Texts::iter)
        .collect();
    for said in openssl.iter().take(MOST) {
        item(text, &format!("`openssl s_client` prints: {said}"), look);
    }
    heading(text, "How it is known", look);
    item(text, &format!("that CloudFront fails for it: {}, {}", cause.grade(), cause.source()), look);
    item(text, &format!("status and page: {}; log values: {}", outcome.grade, outcome.log_grade), look);
}

/// A list under a heading, each item once.
fn each<'a>(text: &mut String, title: &str, items: impl Iterator<Item = &'a str>, look: Look) {
    let items: BTreeSet<&str> = items.collect();
    if !items.is_empty() {
        heading(text, title, look);
    }
    items.iter().take(MOST).for_each(|words| item(text, words, look));
}

/// What steps of this kind did, each once, with the reason where there is one.
fn steps(text: &mut String, title: &str, scenarios: &[&Scenario], kind: StepKind, look: Look) {
    let all = scenarios.iter().flat_map(|scenario| scenario.of_kind(kind));
    let mut told = BTreeSet::new();
    let steps: Vec<&Step> = all.filter(|step| told.insert(step.title.as_str())).collect();
    if steps.is_empty() {
        return;
    }
    heading(text, title, look);
    for step in steps.iter().take(MOST) {
        let why = step.why.as_ref().filter(|_| kind == StepKind::DeadEnd).map(|why| format!(": {why}"));
        item(text, &format!("{}{}", step.title, why.unwrap_or_default()), look);
    }
    more(text, steps.len());
}

fn heading(text: &mut String, title: &str, look: Look) {
    let _ = writeln!(text, "\n{}", look.paint.strong(title));
}

fn item(text: &mut String, words: &str, look: Look) {
    text.push_str(&wrapped(&format!("- {words}"), 2, look));
}

fn more(text: &mut String, count: usize) {
    if count > MOST {
        let _ = writeln!(text, "  … and {} more: `edge502 list --by cause`", count - MOST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_is_explained() {
        for cause in Cause::ALL {
            let text = text(*cause, Look::default()).unwrap();
            for part in [cause.id(), "What shows", "How it is known", "What cures it", "Proven to cure it", "Try it"] {
                assert!(text.contains(part), "{part}: {text}");
            }
            let width = text.lines().filter(|line| !line.contains("https://")).map(|line| line.chars().count()).max();
            assert!(width <= Some(Look::default().width), "{text}");
        }
    }
}
