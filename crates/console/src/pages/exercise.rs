//! The page of an exercise under way: what is seen, hints, the diagnosis, remedies, and in the end the answer.

use edge502_scenario::StepKind;
use edge502_scenario::serve::Action;
use edge502_train::{Attempt, Check, Diagnosis, Remedy, Standing, Track, Verdict};
use maud::{Markup, html};

use super::Frame;
use super::lab::{comparison, news, script, seen};
use super::parts::{Answer, contents, diff, level, live, live_source, minutes_left, prose, sight_parts, status};
use crate::diff::Change;
use crate::exercising::{Exercising, Occasion, Said};
use crate::route::Route;
use crate::seat::View;

/// The exercise as it stands.
pub(crate) fn exercise(frame: &Frame<'_>, exercising: &Exercising, view: &View) -> Markup {
    let texts = frame.texts;
    let attempt = exercising.attempt();
    let exercise = attempt.exercise();
    let answer = if attempt.standing() == Standing::Open { Answer::Hidden } else { Answer::Shown };
    let title = exercising.place().map_or_else(|| (texts.exercise_title)(exercise.name()), texts.course_place);
    let (back, begun) = way_back(frame, exercising.occasion(), exercise.track());
    let main = html! {
        p.crumbs { a href=(back) { (begun) } }
        h1 { (title) }
        p.facts {
            (level(frame, exercise.level()))
            @if let Some(left) = exercising.time_left().filter(|_| answer == Answer::Hidden) { " " span.tag { (minutes_left(frame, left)) } }
        }
        blockquote lang="en" { p { (prose(exercise.story())) } }
        (live_source(view.version))
        (live("live-result", &result(frame, &attempt, exercising.said(), view)))
        (contents(frame, &parts(frame, answer)))
        @if answer == Answer::Shown { (solution(frame, &attempt, &back)) } @else { (work(frame, &attempt, view)) }
        (live("live-seen", &html! { @if let Some(sight) = &view.now { (seen(frame, view, sight, answer)) } }))
        @if answer == Answer::Hidden { (own(frame, view)) (give_up(frame)) }
    };
    frame.page(&title, &script(), &main)
}

/// Where the exercise was begun, and the name of that place. What was drawn does not tell its track.
fn way_back(frame: &Frame<'_>, occasion: Occasion, track: Track) -> (String, &'static str) {
    let (route, name) = match occasion {
        Occasion::Choice => (Route::Track(track), (frame.train.track)(track)),
        Occasion::Mystery => (Route::Exercises, frame.texts.nav_exercises),
        Occasion::Course(_) => (Route::Home, frame.texts.nav_course),
    };
    (route.path(), name)
}

/// The parts of the page below what is up.
fn parts(frame: &Frame<'_>, answer: Answer) -> Vec<(&'static str, &'static str)> {
    let texts = frame.texts;
    let first: &[(&str, &str)] = match answer {
        Answer::Shown => &[("answer", texts.answer_title)],
        Answer::Hidden => {
            &[("hints", texts.hints_title), ("diagnosis", texts.diagnosis_title), ("remedies", texts.remedies_title)]
        }
    };
    [first, &sight_parts(frame)].concat()
}

/// What is up, what the checker says, what the last answer came to, and the points.
fn result(frame: &Frame<'_>, attempt: &Attempt, said: Option<Said>, view: &View) -> Markup {
    let texts = frame.texts;
    html! {
        section.result aria-labelledby="result" {
            h2 #result tabindex="-1" { (texts.result_title) }
            (news(frame, view))
            @if let Some(said) = said { p.said { (what_was_said(frame, attempt, &said)) } }
            @if let Some(sight) = &view.now {
                div.up {
                    p.figure { (status(frame, sight)) }
                    div {
                        p.label { (what_is_up(frame, sight.applied.kind)) }
                        @if sight.action != Action::Reset { p lang="en" { strong { (prose(&sight.applied.title)) } } }
                        @if let Some(check) = &view.check { (checked(frame, check)) }
                    }
                }
                @if let Some(broken) = view.broken.as_ref().filter(|_| sight.applied.kind != StepKind::Broken) {
                    (comparison(frame, broken, sight, Answer::Hidden))
                }
            }
            @if attempt.standing() == Standing::Open {
                p.points { strong { ((texts.worth)(attempt.score(), attempt.worth())) } }
                div.actions { (frame.button(&Route::Check, &[], "primary", texts.check)) }
                p.facts { (texts.check_text) }
            }
        }
    }
}

/// Fix and dead end have the same word here.
fn what_is_up(frame: &Frame<'_>, kind: StepKind) -> &'static str {
    let texts = frame.texts;
    match kind {
        StepKind::Healthy => texts.kind_healthy,
        StepKind::Broken => texts.kind_broken,
        StepKind::DeadEnd | StepKind::Fix => texts.kind_remedy,
        StepKind::Patch => texts.kind_patch,
    }
}

fn checked(frame: &Frame<'_>, check: &Check) -> Markup {
    let class = if check.verdict == Verdict::Cured { "good" } else { "bad" };
    html! {
        p.label { (frame.texts.verdict_title) }
        p { strong class=(class) { ((frame.train.verdict)(check.verdict)) } }
        p.facts { ((frame.train.seen)(check)) }
        @if let Some(why) = &check.why { p lang="en" { (prose(why)) } }
    }
}

fn what_was_said(frame: &Frame<'_>, attempt: &Attempt, said: &Said) -> String {
    match said {
        Said::Diagnosis(_, Diagnosis::Right) => (frame.train.right)(attempt.is_cured()).to_owned(),
        Said::Diagnosis(cause, Diagnosis::Wrong { cost }) => (frame.train.wrong)(*cause, *cost),
        Said::Refusal(refusal) => (frame.train.refusal)(refusal),
    }
}

/// Hints, diagnosis and remedies.
fn work(frame: &Frame<'_>, attempt: &Attempt, view: &View) -> Markup {
    html! {
        (hints(frame, attempt))
        (diagnosis(frame, attempt))
        (live("live-remedies", &remedies(frame, attempt, view)))
    }
}

fn hints(frame: &Frame<'_>, attempt: &Attempt) -> Markup {
    let texts = frame.texts;
    html! {
        section aria-labelledby="hints" {
            h2 #hints tabindex="-1" { (texts.hints_title) }
            p { (texts.hints_text) }
            @for (index, hint) in attempt.hints().iter().enumerate() {
                h3 { ((texts.hint)(index + 1)) }
                p.hint { (prose(&(frame.train.hint)(hint))) }
            }
            @match attempt.next_hint() {
                Some(cost) => (frame.button(&Route::Hint, &[], "", &(texts.take_hint)(cost))),
                None => p { (texts.hints_none) },
            }
        }
    }
}

fn diagnosis(frame: &Frame<'_>, attempt: &Attempt) -> Markup {
    let texts = frame.texts;
    let exercise = attempt.exercise();
    html! {
        section aria-labelledby="diagnosis" {
            h2 #diagnosis { (texts.diagnosis_title) }
            @if attempt.is_diagnosed() {
                p { (texts.diagnosed) " " strong { ((frame.train.cause)(exercise.cause())) } }
            } @else {
                form method="post" action=(Route::Diagnose.path()) {
                    (frame.token())
                    fieldset {
                        legend { (texts.diagnosis_question) }
                        @for cause in exercise.choices() {
                            @let out = attempt.ruled_out().contains(cause);
                            label.choice {
                                input type="radio" name="cause" value=(cause.id()) required disabled[out];
                                span { ((frame.train.cause)(*cause)) @if out { (texts.ruled_out) } }
                            }
                        }
                    }
                    button type="submit" { (texts.diagnose) }
                }
            }
        }
    }
}

fn remedies(frame: &Frame<'_>, attempt: &Attempt, view: &View) -> Markup {
    let texts = frame.texts;
    let exercise = attempt.exercise();
    let scenario = exercise.scenario();
    let settings = scenario.settings();
    let change = |remedy: &Remedy| match remedy.action() {
        Action::Fix(number) => {
            scenario.of_kind(StepKind::Fix).nth(number - 1).map(|step| Change::of(scenario, &settings, step, number))
        }
        Action::DeadEnd(number) => scenario
            .of_kind(StepKind::DeadEnd)
            .nth(number - 1)
            .map(|step| Change::of(scenario, &settings, step, number)),
        Action::Reset => None,
    };
    html! {
        section aria-labelledby="remedies" {
            h2 #remedies { (texts.remedies_title) }
            p { (texts.remedies_text) }
            ul.changes {
                @for remedy in exercise.remedies() {
                    (remedy_item(frame, view, remedy, &change(remedy).unwrap_or_default()))
                }
            }
        }
    }
}

fn remedy_item(frame: &Frame<'_>, view: &View, remedy: &Remedy, change: &Change) -> Markup {
    let texts = frame.texts;
    let number = remedy.number;
    let is_up = view.now.as_ref().is_some_and(|sight| {
        matches!(sight.applied.kind, StepKind::Fix | StepKind::DeadEnd) && sight.action == remedy.action()
    });
    html! {
        li class=[is_up.then_some("is-up")] {
            p #{ "remedy-" (number) } lang="en" { strong { (number) ". " (prose(&remedy.title)) } }
            details #{ "remedy-" (number) "-change" } { summary { (texts.change_summary) } (diff(frame, change)) }
            form method="post" action=(Route::Remedy.path()) {
                (frame.token())
                button type="submit" name="remedy" value=(number) aria-describedby=(format!("remedy-{number}")) { (texts.apply) }
                @if is_up { " " span.tag { (texts.is_up) } }
            }
        }
    }
}

/// How to change the lab from outside.
fn own(frame: &Frame<'_>, view: &View) -> Markup {
    let texts = frame.texts;
    html! {
        @if let Some(brief) = &view.brief {
            section aria-labelledby="own" {
                h2 #own { (texts.own_title) }
                p { (texts.own_text) }
                pre tabindex="0" role="group" aria-labelledby="own" lang="en" {
                    "curl -sS " (brief.control) "/patch --data-binary '{\"distribution\":{\"OriginReadTimeout\":60}}'\n"
                }
            }
        }
    }
}

fn give_up(frame: &Frame<'_>) -> Markup {
    let texts = frame.texts;
    html! {
        section aria-labelledby="give-up" {
            h2 #give-up { (texts.give_up_title) }
            p { (texts.give_up_text) }
            (frame.button(&Route::GiveUp, &[], "", texts.give_up))
        }
    }
}

/// The answer, for those who have given theirs.
fn solution(frame: &Frame<'_>, attempt: &Attempt, back: &str) -> Markup {
    let texts = frame.texts;
    let exercise = attempt.exercise();
    let (scenario, cause) = (exercise.scenario(), exercise.cause());
    html! {
        section.answer aria-labelledby="answer" {
            h2 #answer tabindex="-1" { (texts.answer_title) }
            p.said {
                @if attempt.standing() == Standing::Solved { ((frame.train.solved)(attempt.score())) } @else { (texts.given_up) " " ((texts.results_total)(attempt.score())) }
            }
            p { strong { ((frame.train.cause)(cause)) } }
            @if scenario.title != cause.title() { p lang="en" { (prose(&scenario.title)) } }
            p lang="en" { (prose(cause.explanation())) }
            @if let Some(trap) = &scenario.trap { p lang="en" { (prose(trap)) } }
            h3 { (texts.remedies_title) }
            ul lang="en" {
                @for remedy in exercise.remedies() {
                    li {
                        strong class=(if remedy.cures() { "good" } else { "bad" }) { (if remedy.cures() { "✓ " } else { "✗ " }) (prose(&remedy.title)) }
                        @if let Some(why) = remedy.why() { " " (prose(why)) }
                    }
                }
            }
            p.links {
                a.button href=(back) { (if frame.in_course { texts.to_course } else { texts.to_exercises }) }
                @if !frame.in_course {
                    " " a href=(Route::Scenario(scenario.id.clone()).path()) { (texts.same_lab) }
                }
            }
        }
    }
}
