//! How values are written: percent-encoding, numbers, and `-` for what is missing.
//!
//! Encoded are the code points 0 to 32, those from 127 on (as UTF-8) and the characters that
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html> lists. The percent
//! sign is one of them, so what the viewer had encoded already is encoded twice: a space in the path, sent as `%20`, is
//! logged as `%2520`. A reader that decodes once gets what the viewer sent; one that decodes until nothing changes gets
//! something else.

use std::fmt::{self, Write as _};
use std::iter::repeat_n;
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

/// What stands for a missing or empty value.
const MISSING: &str = "-";

pub(super) fn text(value: &str, out: &mut String) {
    if value.is_empty() {
        return out.push_str(MISSING);
    }
    out.extend(utf8_percent_encode(value, ENCODED));
}

/// A value that has nothing to encode.
pub(super) fn plain(value: impl fmt::Display, out: &mut String) {
    write!(out, "{value}").expect("a string takes whatever is written");
}

pub(super) fn optional_text(value: Option<&str>, out: &mut String) {
    text(value.unwrap_or_default(), out);
}

pub(super) fn optional(value: Option<impl fmt::Display>, out: &mut String) {
    match value {
        Some(value) => plain(value, out),
        None => out.push_str(MISSING),
    }
}

/// Without `fmt`, whose generality costs several times as much as the digits; a line has a dozen numbers.
pub(super) fn number(value: u64, out: &mut String) {
    out.push_str(itoa::Buffer::new().format(value));
}

/// With zeros in front up to this many digits.
pub(super) fn padded(value: u64, digits: usize, out: &mut String) {
    let mut buffer = itoa::Buffer::new();
    let text = buffer.format(value);
    out.extend(repeat_n('0', digits.saturating_sub(text.len())));
    out.push_str(text);
}

/// Three numbers, each with its digits, with a separator between them.
pub(super) fn joined(separator: char, parts: [(u64, usize); 3], out: &mut String) {
    for (index, (value, digits)) in parts.into_iter().enumerate() {
        if index > 0 {
            out.push(separator);
        }
        padded(value, digits, out);
    }
}

pub(super) fn optional_number(value: Option<u64>, out: &mut String) {
    match value {
        Some(value) => number(value, out),
        None => out.push_str(MISSING),
    }
}

pub(super) fn seconds(duration: Duration, out: &mut String) {
    number(duration.as_secs(), out);
    out.push('.');
    padded(duration.subsec_millis().into(), 3, out);
}

pub(super) fn optional_seconds(duration: Option<Duration>, out: &mut String) {
    match duration {
        Some(duration) => seconds(duration, out),
        None => out.push_str(MISSING),
    }
}
