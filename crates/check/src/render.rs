//! Reports as text for people, for tickets, for CI servers and for other programs.

mod html;
mod junit;
mod markdown;
mod paint;
mod sarif;
mod text;

use std::fmt::Write as _;

use serde::Serialize;

use crate::batch::{Batch, Checked};
use crate::report::Report;

pub use paint::Paint;

/// A form of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object on one line.
    Json,
    /// `JUnit` XML for CI servers.
    Junit,
    /// SARIF 2.1.0 for code scanners.
    Sarif,
    /// For tickets and pull requests.
    Markdown,
    /// One self-contained page.
    Html,
}

/// How to print for people.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Whether to colour.
    pub paint: Paint,
    /// Columns of the terminal; lines are wrapped there.
    pub width: usize,
    /// Whether to tell the conversation.
    pub verbose: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { paint: Paint::Plain, width: 100, verbose: false }
    }
}

/// One report.
pub fn one(report: &Report, format: Format, look: Look) -> String {
    let checked = [Checked { name: text::name(&report.target), result: Ok(report.clone()) }];
    match format {
        Format::Text => text::report(report, look),
        Format::Json => json(report),
        Format::Junit => junit::document(&checked, &[]),
        Format::Sarif => sarif::document(&checked, &[]),
        Format::Markdown => markdown::report(report, look),
        Format::Html => html::document(&checked, &[]),
    }
}

/// Many reports, worst first.
pub fn many(batch: &Batch, format: Format, look: Look) -> String {
    match format {
        Format::Text => text::batch(batch, look),
        Format::Json => json(&batch.summary()),
        Format::Junit => junit::document(&batch.checked, &batch.settings),
        Format::Sarif => sarif::document(&batch.checked, &batch.settings),
        Format::Markdown => markdown::batch(batch, look),
        Format::Html => html::document(&batch.checked, &batch.settings),
    }
}

/// One target of a list as it ends, on one line for people.
pub fn line(checked: &Checked, look: Look) -> String {
    text::one_line(checked, 0, look)
}

/// The end of a list whose targets were told with [`line`], for people.
pub fn list(batch: &Batch, look: Look) -> String {
    text::told(batch, look)
}

/// Words broken into lines of the terminal's width, each behind `indent` columns. A word that is longer than a line, such
/// as an address, stays whole.
pub fn wrapped(words: &str, indent: usize, look: Look) -> String {
    let room = look.width.saturating_sub(indent).max(30);
    let (mut text, mut line) = (String::new(), String::new());
    for word in words.split(' ') {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
            let _ = writeln!(text, "{:indent$}{line}", "");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    let _ = writeln!(text, "{:indent$}{line}", "");
    text
}

fn json(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string(value).expect("reports hold nothing that JSON cannot");
    text.push('\n');
    text
}

/// Text that means itself in XML and HTML; what [`misleads`] becomes a replacement sign.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(character),
            other => escaped.push(if misleads(other) { '\u{fffd}' } else { other }),
        }
    }
    escaped
}

/// Text of a hostile origin, safe to print on a terminal: what [`misleads`] becomes a replacement sign.
fn printable(text: &str) -> String {
    text.chars().map(|character| if misleads(character) { '\u{fffd}' } else { character }).collect()
}

/// Whether a character controls the terminal, turns the direction of the text around it, or is one that XML cannot hold.
fn misleads(character: char) -> bool {
    let turns = matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    character.is_control() || turns || matches!(character, '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_misleads_is_replaced_everywhere() {
        let text = "a\u{1b}[2Jb\u{202e}c\u{2069}d\u{ffff}e\u{85}f";
        let plain = "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d\u{fffd}e\u{fffd}f";
        assert_eq!((printable(text), escaped(text)), (plain.to_owned(), plain.to_owned()));
        assert_eq!(escaped("<a b='\"&'>\n\tü"), "&lt;a b=&#39;&quot;&amp;&#39;&gt;\n\tü");
    }
}
