//! A change as a diff. Plus and minus stand in the text, so that it does not hang on colour.

use maud::{Markup, html};

use super::Frame;
use crate::diff::{Change, Line};

/// What a step changes.
pub(in crate::pages) fn diff(frame: &Frame<'_>, change: &Change) -> Markup {
    let texts = frame.texts;
    html! {
        @if change.is_empty() { p { (texts.change_none) } }
        @if !change.distribution.is_empty() { (block(texts.change_distribution, &change.distribution)) }
        @if !change.settings.is_empty() { (block(texts.change_settings, &change.settings)) }
    }
}

fn block(title: &str, lines: &[Line]) -> Markup {
    html! {
        p.label { (title) }
        pre.diff tabindex="0" role="group" aria-label=(title) lang="en" {
            @for line in lines {
                @match line {
                    Line::Same(text) => span { "  " (text) "\n" },
                    Line::Gone(text) => del { "- " (text) "\n" },
                    Line::New(text) => ins { "+ " (text) "\n" },
                    Line::Skipped => span.skipped { "  ⋯\n" },
                }
            }
        }
    }
}
