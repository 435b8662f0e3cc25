//! What the engineer's tools print, and the lines with which to run them in a terminal.

use edge502_scenario::DocumentedCheck;
use edge502_scenario::serve::Brief;
use maud::{Markup, html};

use super::Frame;
use crate::sight::Sight;

/// The documented checks with their output.
pub(in crate::pages) fn tools(frame: &Frame<'_>, sight: &Sight, brief: &Brief) -> Markup {
    let texts = frame.texts;
    html! {
        section aria-labelledby="tools" {
            h2 #tools { (texts.tools_title) }
            p { (texts.tools_text) }
            @if !sight.dig.is_empty() {
                h3 { "dig +short" }
                @for (index, (command, lines)) in brief.dig.iter().zip(&sight.dig).enumerate() {
                    (output(&format!("dig +short, {}", index + 1), &format!("$ {command}"), &lines.join("\n")))
                }
            }
            h3 { "openssl s_client" }
            @match &sight.check {
                DocumentedCheck::Played { text, exit, .. } => {
                    (output("openssl s_client", &format!("$ {}", brief.openssl), text))
                    p { ((texts.exit_status)(*exit)) }
                }
                DocumentedCheck::Skipped => p { (texts.check_skipped) },
            }
            h3 { (texts.yourself_title) }
            p { (texts.yourself_text) }
            pre tabindex="0" role="group" aria-label=(texts.yourself_title) lang="en" {
                (brief.curl) "\n"
                (brief.openssl) "\n"
                @for dig in &brief.dig { (dig) "\n" }
            }
        }
    }
}

fn output(label: &str, command: &str, text: &str) -> Markup {
    html! {
        pre tabindex="0" role="group" aria-label=(label) lang="en" {
            span.command { (command) } "\n"
            (text)
        }
    }
}
