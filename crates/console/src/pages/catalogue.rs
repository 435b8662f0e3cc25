//! The lists of scenarios, by class and by cause, and the page of each.

use std::collections::BTreeMap;

use edge502_rules::Cause;
use edge502_scenario::{Library, Scenario};
use maud::{Markup, html};

use super::Frame;
use super::parts::{level, prose};
use crate::route::Route;

/// All there is, in groups.
pub(crate) fn home(frame: &Frame<'_>, library: &Library) -> Markup {
    let texts = frame.texts;
    let (mut classes, mut causes) = (BTreeMap::<&str, usize>::new(), BTreeMap::<Cause, usize>::new());
    for scenario in library.iter() {
        *classes.entry(class_of(scenario)).or_default() += 1;
        *causes.entry(scenario.cause).or_default() += 1;
    }
    let main = html! {
        h1 { (texts.home_title) }
        p.lead { (texts.home_lead) }
        section aria-labelledby="by-class" {
            h2 #by-class { (texts.by_class) }
            ul.cards {
                @for (class, count) in &classes {
                    li {
                        a href=(Route::Class((*class).to_owned()).path()) {
                            strong { (class_name(frame, class)) }
                            span.count { ((texts.scenarios)(*count)) }
                        }
                    }
                }
            }
        }
        section aria-labelledby="by-cause" {
            h2 #by-cause { (texts.by_cause) }
            ul.rows {
                @for (cause, count) in &causes {
                    li {
                        a href=(Route::Cause(*cause).path()) { ((frame.train.cause)(*cause)) }
                        " " code { (cause.id()) }
                        span.count { ((texts.scenarios)(*count)) }
                    }
                }
            }
        }
    };
    frame.page(texts.home_title, &html! {}, &main)
}

/// The scenarios of one class; `None` if there is no such class.
pub(crate) fn class(frame: &Frame<'_>, library: &Library, class: &str) -> Option<Markup> {
    let scenarios: Vec<&Scenario> = library.iter().filter(|scenario| class_of(scenario) == class).collect();
    let name = class_name(frame, class);
    (!scenarios.is_empty()).then(|| list(frame, name, &html! {}, &scenarios))
}

/// The scenarios of one cause, with what is known about it; `None` if there are none.
pub(crate) fn cause(frame: &Frame<'_>, library: &Library, cause: Cause) -> Option<Markup> {
    let scenarios: Vec<&Scenario> = library.iter().filter(|scenario| scenario.cause == cause).collect();
    let about = html! {
        div.about lang="en" {
            p { (prose(cause.explanation())) }
            ul { @for fix in cause.fixes() { li { (fix) } } }
        }
    };
    (!scenarios.is_empty()).then(|| list(frame, (frame.train.cause)(cause), &about, &scenarios))
}

fn list(frame: &Frame<'_>, title: &str, about: &Markup, scenarios: &[&Scenario]) -> Markup {
    let texts = frame.texts;
    let main = html! {
        p.crumbs { a href="/" { (texts.nav_scenarios) } }
        h1 { (title) }
        (about)
        h2 { ((texts.scenarios)(scenarios.len())) }
        ul.rows.stories {
            @for scenario in scenarios {
                li {
                    a href=(Route::Scenario(scenario.id.clone()).path()) lang="en" { (prose(&scenario.title)) }
                    p lang="en" { (prose(&scenario.story)) }
                    p.facts { (level(frame, scenario.level)) " " code { (scenario.id) } }
                }
            }
        }
    };
    frame.page(title, &html! {}, &main)
}

/// One scenario, before its lab is started.
pub(crate) fn scenario(frame: &Frame<'_>, scenario: &Scenario) -> Markup {
    let texts = frame.texts;
    let class = class_of(scenario);
    let main = html! {
        p.crumbs {
            a href="/" { (texts.nav_scenarios) } " / "
            a href=(Route::Class(class.to_owned()).path()) { (class_name(frame, class)) }
        }
        h1 lang="en" { (prose(&scenario.title)) }
        p.facts { (level(frame, scenario.level)) " " code { (scenario.id) } }
        blockquote lang="en" { p { (prose(&scenario.story)) } }
        @if let Some(trap) = &scenario.trap {
            details { summary { (texts.trap) } p lang="en" { (prose(trap)) } }
        }
        p { (texts.start_text) }
        (frame.button(&Route::Start, &[("id", &scenario.id)], "primary", texts.start))
        p.facts {
            (texts.cause) (texts.colon)
            a href=(Route::Cause(scenario.cause).path()) { ((frame.train.cause)(scenario.cause)) }
        }
    };
    frame.page(&scenario.title, &html! {}, &main)
}

fn class_of(scenario: &Scenario) -> &str {
    scenario.id.split_once('/').map_or(scenario.id.as_str(), |(class, _)| class)
}

/// The class in the page's language; a user's own class has only its own name.
fn class_name<'a>(frame: &Frame<'_>, class: &'a str) -> &'a str {
    (frame.texts.class)(class).unwrap_or(class)
}
