//! The head of a response relayed from an origin.
//!
//! What is taken away and added stands in
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html>;
//! the order follows public captures: content and connection first, then the origin's other headers as they came, then
//! CloudFront's own.

use edge502_rules::distribution::Behavior;
use edge502_rules::outcome::XCache;
use edge502_rules::response::{ResponseContext, ViewerHttp, http_date};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use time::OffsetDateTime;

use crate::request_head::connection_options;

/// How a response is marked: where it comes from, and its age if that is the cache.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Marks {
    /// `X-Cache`.
    pub(crate) x_cache: XCache,
    /// `Age`, in place of the origin's.
    pub(crate) age: Option<u64>,
}

impl Marks {
    /// Those of a response that comes from the origin now.
    pub(crate) fn of(status: StatusCode) -> Self {
        Self { x_cache: if is_error(status) { XCache::Error } else { XCache::Miss }, age: None }
    }
}

/// The headers the viewer gets for an origin's response.
///
/// `has_body` says whether body bytes may follow; without a `Content-Length` they are sent in chunks on HTTP/1.1.
pub(crate) fn headers(
    origin: &HeaderMap,
    method: &Method,
    behavior: &Behavior,
    context: ResponseContext<'_>,
    has_body: bool,
    marks: Marks,
) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(origin.len() + 6);
    copy(&mut headers, origin, &header::CONTENT_TYPE);
    // Beside chunks a length does not count (RFC 9112 section 6.3), and may be wrong.
    if origin.contains_key(header::CONTENT_LENGTH) && !origin.contains_key(header::TRANSFER_ENCODING) {
        copy(&mut headers, origin, &header::CONTENT_LENGTH);
    } else if has_body && context.http == ViewerHttp::Http11 {
        headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    if context.http < ViewerHttp::Http2 {
        let connection = if context.keep_alive { "keep-alive" } else { "close" };
        headers.insert(header::CONNECTION, HeaderValue::from_static(connection));
    }
    let dropped = connection_options(origin);
    for (name, value) in origin {
        let placed = *name == header::CONTENT_TYPE || *name == header::CONTENT_LENGTH;
        let hidden = *name == header::SET_COOKIE && drops_set_cookie(method, behavior);
        let hop = is_removed(name) || dropped.iter().any(|option| option == name.as_str());
        if !(placed || hidden || hop) {
            headers.append(name, value.clone());
        }
    }
    for (name, value) in context.appended_headers(marks.x_cache, marks.age) {
        let name = name.parse::<HeaderName>().expect("CloudFront's own header names are valid");
        headers.insert(name, own_value(&value));
    }
    headers
}

/// The headers of a response that a function made, with a body of `length` bytes: CloudFront's, then the function's, then
/// CloudFront's last, as captures of generated redirects have them.
pub(crate) fn generated(
    status: StatusCode,
    made: &[(String, String)],
    length: usize,
    context: ResponseContext<'_>,
    x_cache: XCache,
    now: OffsetDateTime,
) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(made.len() + 8);
    headers.insert(header::SERVER, HeaderValue::from_static("CloudFront"));
    headers.insert(header::DATE, own_value(&http_date(now)));
    if !matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        headers.insert(header::CONTENT_LENGTH, length.into());
    }
    if context.http < ViewerHttp::Http2 {
        let connection = if context.keep_alive { "keep-alive" } else { "close" };
        headers.insert(header::CONNECTION, HeaderValue::from_static(connection));
    }
    for (name, value) in made {
        let pair = (name.parse::<HeaderName>(), HeaderValue::from_bytes(value.as_bytes()));
        if let (Ok(name), Ok(value)) = pair
            && !matches!(name, header::SERVER | header::DATE | header::CONTENT_LENGTH)
        {
            headers.append(name, value);
        }
    }
    for (name, value) in context.appended_headers(x_cache, None) {
        let name = name.parse::<HeaderName>().expect("CloudFront's own header names are valid");
        headers.insert(name, own_value(&value));
    }
    headers
}

fn own_value(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).expect("CloudFront's own header values are valid")
}

/// Whether the response counts as an error: `X-Cache` and the log say so for every 4xx and 5xx of an origin.
pub(crate) fn is_error(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

fn copy(headers: &mut HeaderMap, origin: &HeaderMap, name: &HeaderName) {
    if let Some(value) = origin.get(name) {
        headers.insert(name, value.clone());
    }
}

/// Headers that are always of this hop, and those that CloudFront writes itself.
fn is_removed(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "connection"
            | "keep-alive"
            | "proxy-connection"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
            | "via"
            | "x-cache"
            | "x-amz-cf-id"
            | "x-amz-cf-pop"
    )
}

/// A response that is kept must not set cookies for everybody: `Set-Cookie` goes when cookies are not forwarded and
/// the response can be cached.
fn drops_set_cookie(method: &Method, behavior: &Behavior) -> bool {
    let cached = behavior.caches() && behavior.cached_methods.iter().any(|cached| cached == method.as_str());
    cached && !behavior.forwards_cookies()
}

#[cfg(test)]
mod tests;
