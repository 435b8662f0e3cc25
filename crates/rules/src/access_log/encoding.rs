//! How values are written: percent-encoding, numbers, and `-` for what is missing.
//!
//! Encoded are the code points 0 to 32, those from 127 on (as UTF-8) and the characters that
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html> lists. The percent
//! sign is one of them, so what the viewer had encoded already is encoded twice: a space in the path, sent as `%20`, is
//! logged as `%2520`. A reader that decodes once gets what the viewer sent; one that decodes until nothing changes gets
//! something else.

use std::time::Duration;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What the documentation lists for encoding, beside everything from code point 127 on.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'\'')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}')
    .add(b'~');

pub(super) fn text(value: &str) -> String {
    if value.is_empty() { "-".to_owned() } else { utf8_percent_encode(value, ENCODED).to_string() }
}

pub(super) fn optional(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| text(&value.to_string()))
}

pub(super) fn seconds(duration: Duration) -> String {
    format!("{}.{:03}", duration.as_secs(), duration.subsec_millis())
}
