//! The page of a running lab.

use edge502_scenario::serve::Action;
use edge502_scenario::{DocumentedCheck, Scenario, Step, StepKind};
use maud::{Markup, html};

use super::Frame;
use super::parts::{
    Answer, chain, contents, conversation, diff, level, live, live_source, log_line, prose, recent, sight_parts,
    status, tools, viewer,
};
use crate::assets::Asset;
use crate::diff::Change;
use crate::route::Route;
use crate::seat::View;
use crate::sight::Sight;

/// The lab as it is now.
pub(crate) fn lab(frame: &Frame<'_>, scenario: &Scenario, view: &View) -> Markup {
    let texts = frame.texts;
    let main = html! {
        p.crumbs { a href=(Route::Scenario(scenario.id.clone()).path()) { code { (scenario.id) } } }
        h1 lang="en" { (prose(&scenario.title)) }
        p.facts { (level(frame, scenario.level)) " " a href=(Route::Cause(scenario.cause).path()) { code { (scenario.cause.id()) } } }
        blockquote lang="en" { p { (prose(&scenario.story)) } }
        (live_source(view.version))
        (live("live-result", &result(frame, view)))
        (contents(frame, &[&[("fix", texts.fixes_title), ("dead-end", texts.dead_ends_title)][..], &sight_parts(frame)].concat()))
        (live("live-changes", &changes(frame, scenario, view)))
        (live("live-seen", &html! { @if let Some(sight) = &view.now { (seen(frame, view, sight, Answer::Shown)) } }))
        section aria-labelledby="end" {
            h2 #end { (texts.end_title) }
            p { (texts.end_text) }
            (frame.button(&Route::LabClose, &[], "", texts.end))
        }
    };
    frame.page(&scenario.title, &script(), &main)
}

/// What keeps the live parts up to date.
pub(super) fn script() -> Markup {
    html! { script src=(Route::Asset(Asset::Script).path()) defer {} }
}

/// What is up and how it answers.
fn result(frame: &Frame<'_>, view: &View) -> Markup {
    let texts = frame.texts;
    html! {
        section.result aria-labelledby="result" {
            h2 #result tabindex="-1" { (texts.result_title) }
            (news(frame, view))
            @if let Some(sight) = &view.now { (up(frame, view, sight)) }
            div.actions {
                (frame.button(&Route::LabAsk, &[], "primary", texts.ask))
                @if view.now.as_ref().is_some_and(|sight| sight.action != Action::Reset) {
                    (frame.button(&Route::LabApply, &[("step", "reset")], "", texts.reset))
                }
            }
        }
    }
}

/// How things stand, in one sentence, and what went wrong.
pub(super) fn news(frame: &Frame<'_>, view: &View) -> Markup {
    let texts = frame.texts;
    let news = match &view.now {
        _ if view.busy => texts.busy.to_owned(),
        None => texts.not_up.to_owned(),
        Some(sight) => (texts.answers)(sight.look.answer.status, log_type(sight)),
    };
    html! {
        p.news { (news) }
        @if let Some(trouble) = &view.trouble { p.fault { strong { (texts.trouble) (texts.colon) } span lang="en" { (trouble) } } }
    }
}

fn log_type(sight: &Sight) -> &'static str {
    sight.look.exchange.log.x_edge_detailed_result_type.as_str()
}

fn up(frame: &Frame<'_>, view: &View, sight: &Sight) -> Markup {
    let applied = &sight.applied;
    html! {
        div.up {
            p.figure { (status(frame, sight)) }
            div {
                p.label { (kind(frame, applied.kind)) }
                p lang="en" { strong { (prose(&applied.title)) } }
                @if let Some(why) = &applied.why { p lang="en" { (prose(why)) } }
                @if let Some(evidence) = evidence(sight) { p.evidence lang="en" { (evidence) } }
            }
        }
        @if let Some(broken) = view.broken.as_ref().filter(|_| sight.action != Action::Reset) {
            (comparison(frame, broken, sight, Answer::Shown))
        }
    }
}

fn evidence(sight: &Sight) -> Option<String> {
    let exchange = &sight.look.exchange;
    let failure = exchange.failure.as_ref()?;
    Some(format!("{}: {}", failure.cause.title(), failure.evidence))
}

/// The broken state beside what is up now.
pub(super) fn comparison(frame: &Frame<'_>, before: &Sight, after: &Sight, answer: Answer) -> Markup {
    let texts = frame.texts;
    let cause = |sight: &Sight| sight.look.exchange.cause.map_or("–", edge502_rules::Cause::id);
    let mut rows = vec![
        (texts.row_status, before.look.answer.status.to_string(), after.look.answer.status.to_string()),
        (texts.row_log, log_type(before).to_owned(), log_type(after).to_owned()),
        (texts.row_openssl, verify(before), verify(after)),
    ];
    if answer == Answer::Shown {
        rows.push((texts.row_cause, cause(before).to_owned(), cause(after).to_owned()));
    }
    html! {
        div.scroll tabindex="0" role="group" aria-label=(texts.comparison) {
            table {
                caption { (texts.comparison) }
                thead { tr { td {} th scope="col" { (texts.before) } th scope="col" { (texts.after) } } }
                tbody {
                    @for (name, before, after) in rows {
                        tr { th scope="row" { (name) } td lang="en" { (before) } td lang="en" { (after) } }
                    }
                }
            }
        }
    }
}

/// What `openssl s_client` says of the certificates, or that it did not get that far.
fn verify(sight: &Sight) -> String {
    let DocumentedCheck::Played { text, exit, .. } = &sight.check else { return "–".to_owned() };
    let code = text.lines().rev().find_map(|line| line.trim().strip_prefix("Verify return code: "));
    match (exit, code) {
        (0, Some(code)) => code.to_owned(),
        _ => format!("exit {exit}"),
    }
}

fn kind(frame: &Frame<'_>, kind: StepKind) -> &'static str {
    match kind {
        StepKind::Healthy => frame.texts.kind_healthy,
        StepKind::Broken => frame.texts.kind_broken,
        StepKind::DeadEnd => frame.texts.kind_dead_end,
        StepKind::Fix => frame.texts.kind_fix,
        StepKind::Patch => frame.texts.kind_patch,
    }
}

/// Fixes and dead ends to apply, each with what it changes.
fn changes(frame: &Frame<'_>, scenario: &Scenario, view: &View) -> Markup {
    let texts = frame.texts;
    let settings = scenario.settings();
    let groups = [
        (StepKind::Fix, "fix", texts.fixes_title, texts.fixes_text),
        (StepKind::DeadEnd, "dead-end", texts.dead_ends_title, texts.dead_ends_text),
    ];
    html! {
        @for (kind, word, title, text) in groups {
            section aria-labelledby=(word) {
                h2 id=(word) { (title) }
                p { (text) }
                ul.changes {
                    @for (index, step) in scenario.of_kind(kind).enumerate() {
                        (change(frame, view, step, &Change::of(scenario, &settings, step, index + 1), &format!("{word}-{}", index + 1)))
                    }
                }
            }
        }
    }
}

fn change(frame: &Frame<'_>, view: &View, step: &Step, change: &Change, word: &str) -> Markup {
    let texts = frame.texts;
    let is_up = view.now.as_ref().is_some_and(|sight| sight.is_of(step.kind) && action_word(sight.action) == word);
    html! {
        li class=[is_up.then_some("is-up")] {
            p #{ (word) "-title" } lang="en" { strong { (prose(&step.title)) } }
            details #{ (word) "-change" } {
                summary { (texts.change_summary) }
                (diff(frame, change))
            }
            form method="post" action=(Route::LabApply.path()) {
                (frame.token())
                button type="submit" name="step" value=(word) aria-describedby=(format!("{word}-title")) { (texts.apply) }
                @if is_up { " " span.tag { (texts.is_up) } }
            }
        }
    }
}

/// How forms name a state.
pub(crate) fn action_word(action: Action) -> String {
    match action {
        Action::Fix(number) => format!("fix-{number}"),
        Action::DeadEnd(number) => format!("dead-end-{number}"),
        Action::Reset => "reset".to_owned(),
    }
}

/// Reads [`action_word`] back.
pub(crate) fn action(word: &str) -> Option<Action> {
    if word == "reset" {
        return Some(Action::Reset);
    }
    let (kind, number) = word.rsplit_once('-')?;
    let number = number.parse().ok()?;
    match kind {
        "fix" => Some(Action::Fix(number)),
        "dead-end" => Some(Action::DeadEnd(number)),
        _ => None,
    }
}

/// Everything that is to be seen of one look.
pub(super) fn seen(frame: &Frame<'_>, view: &View, sight: &Sight, answer: Answer) -> Markup {
    html! {
        (viewer(frame, sight))
        (log_line(frame, sight))
        (conversation(frame, sight, answer))
        (chain(frame, sight, answer))
        @if let Some(brief) = &view.brief { (tools(frame, sight, brief)) }
        (recent(frame, &view.recent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_have_words_that_read_back() {
        for state in [Action::Fix(1), Action::DeadEnd(12), Action::Reset] {
            assert_eq!(action(&action_word(state)), Some(state));
        }
        for word in ["", "fix", "fix-", "fix-x", "dead-end", "fix-99999999999999999999999", "-1", "reset-1"] {
            assert_eq!(action(word), None, "{word}");
        }
    }
}
