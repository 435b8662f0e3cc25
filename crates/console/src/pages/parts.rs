//! Parts that several pages are made of.

mod chain;
mod conversation;
mod diff;
mod log;
mod tools;
mod viewer;

use edge502_scenario::Level;
use maud::{Markup, html};
use time::Duration;

pub(super) use chain::chain;
pub(super) use conversation::conversation;
pub(super) use diff::diff;
pub(super) use log::{log_line, recent};
pub(super) use tools::tools;
pub(super) use viewer::viewer;

use super::Frame;
use crate::route::Route;
use crate::sight::Sight;

/// How hard a scenario is.
pub(super) fn level(frame: &Frame<'_>, level: Level) -> Markup {
    html! { span.tag { ((frame.train.level)(level)) } }
}

/// What is left of a time, in whole minutes.
pub(super) fn minutes_left(frame: &Frame<'_>, left: Duration) -> String {
    if left.is_negative() { frame.texts.time_is_up.to_owned() } else { (frame.texts.time_left)(left.whole_minutes()) }
}

/// A text of scenarios or rules: what stands between backticks in it is code.
pub(super) fn prose(text: &str) -> Markup {
    let parts: Vec<&str> = text.trim().split('`').collect();
    html! {
        // A backtick without a partner is one.
        @if parts.len().is_multiple_of(2) { (text.trim()) } @else {
            @for (index, part) in parts.iter().enumerate() {
                @if index % 2 == 1 { code { (part) } } @else { (part) }
            }
        }
    }
}

/// Whether the answer may be seen, or is to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Shown,
    Hidden,
}

/// Links to the parts of a long page: their ids and headings.
pub(super) fn contents(frame: &Frame<'_>, parts: &[(&str, &str)]) -> Markup {
    html! {
        nav.here aria-label=(frame.texts.contents) {
            ul { @for (id, heading) in parts { li { a href={ "#" (id) } { (heading) } } } }
        }
    }
}

/// The parts in which a sight is shown.
pub(super) fn sight_parts(frame: &Frame<'_>) -> [(&'static str, &'static str); 6] {
    let texts = frame.texts;
    [
        ("viewer", texts.viewer_title),
        ("log", texts.log_title),
        ("conversation", texts.conversation_title),
        ("chain", texts.chain_title),
        ("tools", texts.tools_title),
        ("recent", texts.recent_title),
    ]
}

/// A part of a page that the script keeps up to date.
pub(super) fn live(id: &str, content: &Markup) -> Markup {
    html! { div id=(id) data-live { (content) } }
}

/// What the script needs to know, and where it says aloud what is new.
pub(super) fn live_source(version: u64) -> Markup {
    html! { p #news.unseen role="status" data-events=(Route::LabEvents.path()) data-version=(version) {} }
}

/// A status in large figures; the words beside it say the same as the colour.
pub(super) fn status(frame: &Frame<'_>, sight: &Sight) -> Markup {
    let (class, word) = if sight.is_good() { ("good", frame.texts.served) } else { ("bad", frame.texts.failed) };
    html! {
        span class=(format!("status {class}")) { (sight.look.answer.status) }
        " " span class=(class) { (word) }
    }
}
