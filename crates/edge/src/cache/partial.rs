//! Conditions and ranges of viewers, judged by a copy (RFC 9110 sections 13 and 14).

use std::ops::Range;

use http::{HeaderMap, Method, StatusCode, header};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::entry::Object;

/// What of a copy answers a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// Its head: the viewer has the body (304).
    NotModified,
    /// These bytes (206).
    Bytes(Range<usize>),
}

/// What of `object` answers a request with these headers; `None` if the range lies outside of it, which is left to the
/// origin to say. Several ranges are answered with the whole, which RFC 9110 section 14.2 allows.
pub(super) fn part(object: &Object, method: &Method, headers: &HeaderMap) -> Option<Part> {
    if object.status != StatusCode::OK {
        return Some(Part::Whole);
    }
    if is_unmodified(object, headers) {
        return Some(Part::NotModified);
    }
    let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    match range.filter(|_| *method == Method::GET && applies(object, headers)) {
        Some(range) => byte_range(range, object.body.len()),
        None => Some(Part::Whole),
    }
}

/// `If-None-Match`, or without it `If-Modified-Since`, says that the viewer has this very response.
fn is_unmodified(object: &Object, headers: &HeaderMap) -> bool {
    if headers.contains_key(header::IF_NONE_MATCH) {
        let values = headers.get_all(header::IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
        let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
        let own = object.header(header::ETAG).map(opaque);
        return values
            .flat_map(|value| value.split(','))
            .any(|tag| tag.trim() == "*" || own.as_deref() == Some(&opaque(tag)));
    }
    let since = headers.get(header::IF_MODIFIED_SINCE).and_then(|since| date(since.to_str().ok()?));
    let modified = object.header(header::LAST_MODIFIED).and_then(date);
    since.zip(modified).is_some_and(|(since, modified)| modified <= since)
}

fn date(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text.trim(), &Rfc2822).ok()
}

/// Whether `If-Range`, if there is one, names this very response (RFC 9110 section 13.1.5).
fn applies(object: &Object, headers: &HeaderMap) -> bool {
    let Some(condition) = headers.get(header::IF_RANGE) else { return true };
    let condition = condition.to_str().unwrap_or_default().trim();
    let strong_tag = object.header(header::ETAG).filter(|tag| !tag.starts_with("W/"));
    strong_tag == Some(condition) || object.header(header::LAST_MODIFIED) == Some(condition)
}

/// One range of bytes; anything else, or what is no range, asks for the whole.
fn byte_range(range: &str, length: usize) -> Option<Part> {
    let Some((first, last)) = range.trim().strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Some(Part::Whole);
    };
    let numbers = (number(first), number(last));
    let (first, end) = match numbers {
        (Some(first), Some(last)) if first <= last => (first, last.saturating_add(1).min(length)),
        (Some(first), None) if last.trim().is_empty() => (first, length),
        (None, Some(suffix)) if first.trim().is_empty() => (length.saturating_sub(suffix), length),
        _ => return Some(Part::Whole),
    };
    (first < end).then_some(Part::Bytes(first..end))
}

fn number(text: &str) -> Option<usize> {
    let text = text.trim();
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Response;
    use time::macros::datetime;

    use super::*;

    fn judged(fields: &[(&str, &str)]) -> Option<Part> {
        let response = Response::builder()
            .header("ETag", "\"v1\"")
            .header("Last-Modified", "Sun, 08 Mar 2026 01:42:39 GMT")
            .body(())
            .unwrap();
        let object = Object::new(&response, datetime!(2026-03-08 02:00 UTC));
        let object = object.with_body(Bytes::from_static(b"0123456789"));
        let pairs = fields.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        part(&object, &Method::GET, &pairs.collect())
    }

    #[test]
    fn a_viewer_that_has_the_response_gets_304() {
        for (name, value, expected) in [
            ("if-none-match", "\"v1\"", true),
            ("if-none-match", "\"v0\", W/\"v1\"", true),
            ("if-none-match", "*", true),
            ("if-none-match", "\"v0\"", false),
            ("if-modified-since", "Sun, 08 Mar 2026 01:42:39 GMT", true),
            ("if-modified-since", "Sun, 08 Mar 2026 01:42:38 GMT", false),
            ("if-modified-since", "yesterday", false),
        ] {
            let expected = if expected { Part::NotModified } else { Part::Whole };
            assert_eq!(judged(&[(name, value)]), Some(expected), "{name}: {value}");
        }
        let both = [("if-none-match", "\"v0\""), ("if-modified-since", "Sun, 08 Mar 2026 01:42:39 GMT")];
        assert_eq!(judged(&both), Some(Part::Whole), "If-None-Match decides");
    }

    #[test]
    fn ranges_are_cut_from_the_whole() {
        for (range, expected) in [
            ("bytes=0-3", Some(Part::Bytes(0..4))),
            ("bytes=5-", Some(Part::Bytes(5..10))),
            ("bytes=-3", Some(Part::Bytes(7..10))),
            ("bytes=-99", Some(Part::Bytes(0..10))),
            ("bytes=8-99", Some(Part::Bytes(8..10))),
            ("bytes=10-", None),
            ("bytes=-0", None),
            ("bytes=3-1", Some(Part::Whole)),
            ("bytes=0-1,4-5", Some(Part::Whole)),
            ("bytes=a-b", Some(Part::Whole)),
            ("items=0-1", Some(Part::Whole)),
            ("bytes=99999999999999999999999-", None),
        ] {
            assert_eq!(judged(&[("range", range)]), expected, "{range}");
        }
    }

    #[test]
    fn a_range_of_another_version_asks_for_the_whole() {
        for (condition, expected) in [
            ("\"v1\"", Part::Bytes(0..4)),
            ("Sun, 08 Mar 2026 01:42:39 GMT", Part::Bytes(0..4)),
            ("\"v2\"", Part::Whole),
            ("W/\"v1\"", Part::Whole),
        ] {
            assert_eq!(judged(&[("range", "bytes=0-3"), ("if-range", condition)]), Some(expected), "{condition}");
        }
    }
}
