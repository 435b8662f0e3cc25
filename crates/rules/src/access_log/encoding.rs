//! How values are written: percent-encoding, numbers, and `-` for what is missing.
//!
//! Encoded are the code points 0 to 32, those from 127 on (as UTF-8) and the characters that
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html> lists. The percent
//! sign is one of them, so what the viewer had encoded already is encoded twice: a space in the path, sent as `%20`, is
//! logged as `%2520`. A reader that decodes once gets what the viewer sent; one that decodes until nothing changes gets
//! something else.

use std::fmt::{self, Write as _};
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

pub(super) fn seconds(duration: Duration, out: &mut String) {
    plain(format_args!("{}.{:03}", duration.as_secs(), duration.subsec_millis()), out);
}

pub(super) fn optional_seconds(duration: Option<Duration>, out: &mut String) {
    match duration {
        Some(duration) => seconds(duration, out),
        None => out.push_str(MISSING),
    }
}
