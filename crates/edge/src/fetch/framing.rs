//! What the head of an origin's answer says about its body, and where it contradicts itself.
//!
//! The HTTP library reads lengths only where it needs them to find the end of a body; a cache or a viewer behind the
//! edge would go by all of them. CloudFront understands no transfer coding but chunked
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html>),
//! and its log has words of their own for lengths that disagree
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html>).

use edge502_rules::Cause;
use edge502_rules::outcome::Nuance;
use http::header::{self, HeaderMap, HeaderName};
use http::{Response, StatusCode};

use crate::OriginFailure;

/// The largest status of RFC 9110 section 15; there is no class above it.
const LAST_STATUS: u16 = 599;

/// The contradiction in a head, if there is one.
pub(super) fn fault<B>(response: &Response<B>) -> Option<OriginFailure> {
    let (status, headers) = (response.status(), response.headers());
    let malformed = |evidence| Some(OriginFailure::new(Cause::ResponseMalformed, evidence));
    if status.as_u16() > LAST_STATUS {
        return malformed(format!("status {status} is none of HTTP's (100 to {LAST_STATUS})"));
    }
    let coding = joined(headers, &header::TRANSFER_ENCODING);
    if coding.as_ref().is_some_and(|coding| !coding.trim().eq_ignore_ascii_case("chunked")) {
        return malformed(format!("Transfer-Encoding: {}; only chunked is understood", coding.unwrap_or_default()));
    }
    // With chunks a Content-Length does not count (RFC 9112 section 6.3).
    let length = if coding.is_some() { Ok(None) } else { content_length(headers) };
    match length {
        Err(stated) => malformed(format!("Content-Length: {stated}; one number was expected")),
        Ok(Some(length)) if status == StatusCode::PARTIAL_CONTENT => range_fault(headers, length),
        Ok(_) => None,
    }
}

/// What is wrong with a part of an object of this length.
fn range_fault(headers: &HeaderMap, length: u64) -> Option<OriginFailure> {
    if length == 0 {
        return Some(OriginFailure::nuanced(Nuance::ZeroSize, "status 206 with Content-Length: 0"));
    }
    let stated = joined(headers, &header::CONTENT_RANGE)?;
    let (first, last) = crate::visit::content_range(&stated)?;
    let fits = last.checked_sub(first).and_then(|more| more.checked_add(1)) == Some(length);
    let evidence = || format!("Content-Range: {stated}, but Content-Length: {length}");
    (!fits).then(|| OriginFailure::nuanced(Nuance::RangeLengthDiffers, evidence()))
}

/// The one length that all `Content-Length` values state (RFC 9110 section 8.6); what they say if they state no one.
fn content_length(headers: &HeaderMap) -> Result<Option<u64>, String> {
    let Some(stated) = joined(headers, &header::CONTENT_LENGTH) else { return Ok(None) };
    let number = |text: &str| {
        let digits = text.trim();
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
    };
    let mut lengths = stated.split(',').map(number);
    match lengths.next().flatten() {
        Some(first) if lengths.all(|length| length == Some(first)) => Ok(Some(first)),
        _ => Err(stated),
    }
}

/// All values of a header in one list (RFC 9110 section 5.3); `None` if there is none.
fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let values: Vec<_> = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(status: u16, headers: &[(&str, &str)]) -> Option<&'static str> {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        for (name, value) in headers {
            response.headers_mut().append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        fault(&response).map(|failure| failure.outcome().detailed_result_type.as_str())
    }

    #[test]
    fn sound_heads_pass() {
        for (status, headers) in [
            (200, &[][..]),
            (200, &[("content-length", "0")]),
            (200, &[("content-length", "4"), ("content-length", "4")]),
            (200, &[("transfer-encoding", "Chunked"), ("content-length", "4"), ("content-length", "5")]),
            (206, &[("content-length", "4"), ("content-range", "bytes 0-3/10")]),
            (206, &[("content-length", "4"), ("content-range", "bytes 6-9/*")]),
            (206, &[("content-length", "400"), ("content-type", "multipart/byteranges; boundary=x")]),
            (206, &[("transfer-encoding", "chunked"), ("content-range", "bytes 0-3/10")]),
            (416, &[("content-length", "0"), ("content-range", "bytes */10")]),
            (599, &[("content-length", "1")]),
        ] {
            assert_eq!(verdict(status, headers), None, "{status} {headers:?}");
        }
    }

    #[test]
    fn contradictions_are_found() {
        const INVALID: &str = "OriginInvalidResponseError";
        for (status, headers, expected) in [
            (600, &[][..], INVALID),
            (999, &[], INVALID),
            (200, &[("transfer-encoding", "gzip, chunked")], INVALID),
            (200, &[("transfer-encoding", "gzip")], INVALID),
            (200, &[("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")], INVALID),
            (200, &[("content-length", "3"), ("content-length", "4")], INVALID),
            (200, &[("content-length", "3, 4")], INVALID),
            (200, &[("content-length", "+3")], INVALID),
            (200, &[("content-length", "")], INVALID),
            (200, &[("content-length", "99999999999999999999999")], INVALID),
            (206, &[("content-length", "5"), ("content-range", "bytes 0-3/10")], "OriginContentRangeLengthError"),
            (206, &[("content-length", "5"), ("content-range", "bytes 3-0/10")], "OriginContentRangeLengthError"),
            (
                206,
                &[("content-length", "1"), ("content-range", "bytes 0-18446744073709551615/*")],
                "OriginContentRangeLengthError",
            ),
            (206, &[("content-length", "0"), ("content-range", "bytes 0-3/10")], "OriginZeroSizeObjectError"),
        ] {
            assert_eq!(verdict(status, headers), Some(expected), "{status} {headers:?}");
        }
    }
}
