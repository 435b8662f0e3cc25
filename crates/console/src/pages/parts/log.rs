//! The line of the access log, with the words explained on which a diagnosis rests.

use std::collections::VecDeque;
use std::sync::Arc;

use edge502_edge::Exchange;
use edge502_rules::access_log::{AccessLogRecord, FIELDS};
use edge502_rules::outcome::ResultType;
use maud::{Markup, html};

use super::Frame;
use crate::sight::Sight;

/// One column of the line.
struct Column {
    index: usize,
    field: &'static str,
    value: String,
    /// What the column is for; `None` for those that help no diagnosis.
    meaning: Option<&'static str>,
    /// What the value says, where it is one of CloudFront's words.
    word: Option<&'static str>,
}

/// The line as it is written, and below it the columns that matter.
pub(in crate::pages) fn log_line(frame: &Frame<'_>, sight: &Sight) -> Markup {
    let texts = frame.texts;
    let columns = columns(frame, &sight.look.exchange.log);
    html! {
        section aria-labelledby="log" {
            h2 #log { (texts.log_title) }
            p { (texts.log_text) }
            pre.log tabindex="0" role="group" aria-label=(texts.log_title) lang="en" {
                @for column in &columns { @if column.index > 0 { "\t" } (written(column)) }
            }
            dl.explained { @for column in &columns { (explained(column)) } }
        }
    }
}

fn columns(frame: &Frame<'_>, record: &AccessLogRecord) -> Vec<Column> {
    let texts = frame.texts;
    let word = |field: &str, value: &str| match field {
        "x-edge-detailed-result-type" => Some((texts.detailed_result)(record.x_edge_detailed_result_type)),
        "x-edge-result-type" | "x-edge-response-result-type" => {
            value.parse::<ResultType>().ok().map(|value| (texts.detailed_result)(value.into()))
        }
        _ => None,
    };
    let columns = FIELDS.into_iter().zip(record.values()).enumerate();
    columns
        .map(|(index, (field, value))| {
            let (meaning, word) = ((texts.field)(field), word(field, &value));
            Column { index, field, value, meaning, word }
        })
        .collect()
}

/// A value in the line: explained when it is pointed at, has the focus or is read aloud, and a link to the explanation.
fn written(column: &Column) -> Markup {
    let Column { index, field, value, .. } = column;
    html! {
        @match column.word.or(column.meaning) {
            Some(text) => a href={ "#log-" (index) } title={ (field) ": " (text) } aria-describedby={ "log-" (index) "-text" } { (value) },
            None => span title=(field) { (value) },
        }
    }
}

fn explained(column: &Column) -> Markup {
    let Column { index, field, value, .. } = column;
    html! {
        @if let Some(meaning) = column.meaning {
            div #{ "log-" (index) } {
                dt { code { (field) } }
                dd {
                    strong lang="en" { (value) }
                    div #{ "log-" (index) "-text" } {
                        @if let Some(word) = column.word { p.word { (word) } }
                        p { (meaning) }
                    }
                }
            }
        }
    }
}

/// The last requests, whoever sent them.
pub(in crate::pages) fn recent(frame: &Frame<'_>, recent: &VecDeque<Arc<Exchange>>) -> Markup {
    let texts = frame.texts;
    html! {
        section aria-labelledby="recent" {
            h2 #recent { (texts.recent_title) }
            p { (texts.recent_text) }
            div.scroll tabindex="0" role="group" aria-labelledby="recent" {
                table {
                    thead { tr { @for name in texts.recent_columns { th scope="col" { (name) } } } }
                    tbody lang="en" {
                        @for exchange in recent {
                            tr {
                                td { (exchange.log.value("time").unwrap_or_default()) }
                                td { (exchange.method) " " (exchange.path) }
                                td { (exchange.status) }
                                td { (exchange.log.x_edge_detailed_result_type) }
                            }
                        }
                    }
                }
            }
        }
    }
}
