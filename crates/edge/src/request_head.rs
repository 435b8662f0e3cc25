//! The head of the request towards the origin.
//!
//! What happens to each header stands in
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html>.
//! The order of headers is not documented; `Host` comes first, the viewer's own follow in their order, CloudFront's
//! last.

use std::net::IpAddr;

use edge502_rules::distribution::{Behavior, Origin};
use edge502_rules::request_id::RequestId;
use edge502_rules::response::{EdgeServer, ViewerHttp};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Uri};

/// CloudFront's entry in `CDN-Loop` (RFC 8586).
pub(crate) const CDN_LOOP: &str = "Amazon CloudFront";

/// What the request towards the origin is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inbound<'a> {
    /// The viewer's method.
    pub(crate) method: &'a Method,
    /// The path after `DefaultRootObject` was applied.
    pub(crate) path: &'a str,
    /// The viewer's query string.
    pub(crate) query: Option<&'a str>,
    /// The viewer's headers.
    pub(crate) headers: &'a HeaderMap,
    /// The `Host` the viewer's request counts as having.
    pub(crate) host: &'a str,
    /// The viewer's address.
    pub(crate) address: IpAddr,
    /// The HTTP version spoken with the viewer.
    pub(crate) http: ViewerHttp,
    /// The server that asks.
    pub(crate) server: &'a EdgeServer,
    /// The request's id.
    pub(crate) id: &'a RequestId,
}

/// The path and query asked of the origin: `OriginPath` in front of `path`, and `query` as it is.
///
/// `None` if they are not a valid request target, which only a broken `OriginPath` can bring about.
pub(crate) fn target(origin: &Origin, path: &str, query: Option<&str>) -> Option<Uri> {
    let mut target = origin.path_for(path);
    if let Some(query) = query {
        target.push('?');
        target.push_str(query);
    }
    target.parse().ok()
}

/// What the behaviour forwards of the viewer's query string.
pub(crate) fn forwarded_query(query: &str, behavior: &Behavior) -> Option<String> {
    if !behavior.forwards_query() {
        return None;
    }
    let forwarded = |pair: &&str| behavior.forwards_query_string(pair.split('=').next().unwrap_or_default());
    let kept: Vec<&str> = query.split('&').filter(forwarded).collect();
    (!kept.is_empty()).then(|| kept.join("&"))
}

/// The headers sent to the origin.
pub(crate) fn headers(inbound: &Inbound<'_>, origin: &Origin, behavior: &Behavior) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(inbound.headers.len() + 8);
    let host = if behavior.forwards_host() { inbound.host } else { origin.domain_name.as_str() };
    set(&mut headers, header::HOST, host);
    let dropped = connection_options(inbound.headers);
    for (name, value) in inbound.headers {
        if !dropped.iter().any(|option| option == name.as_str()) && passes(name, inbound, behavior) {
            headers.append(name, value.clone());
        }
    }
    add_own(&mut headers, inbound, behavior);
    for (name, value) in &origin.custom_headers {
        if let Ok(name) = name.parse::<HeaderName>() {
            set(&mut headers, name, value);
        }
    }
    headers
}

/// The fields, in lower case, that `Connection` declares to be for this hop only (RFC 9110 section 7.6.1).
pub(crate) fn connection_options(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(header::CONNECTION).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|option| option.trim().to_ascii_lowercase()).collect()
}

/// What CloudFront does with a viewer's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// CloudFront writes its own value; see [`add_own`].
    Own,
    /// Never reaches the origin.
    Removed,
    /// Always reaches the origin.
    Forwarded,
    /// Reaches the origin if a policy or `ForwardedValues` names it.
    IfNamed,
    /// Reaches the origin if it is named, and with legacy `ForwardedValues` in any case.
    Other,
}

fn rule(name: &str) -> Rule {
    match name {
        "host" | "x-forwarded-for" | "via" | "connection" | "accept-encoding" | "cookie" | "cdn-loop" => Rule::Own,
        "expect"
        | "keep-alive"
        | "proxy-authenticate"
        | "proxy-authorization"
        | "proxy-connection"
        | "te"
        | "trailer"
        | "transfer-encoding"
        | "upgrade"
        | "x-real-ip"
        | "http2-settings" => Rule::Removed,
        "cache-control" | "date" | "from" | "max-forwards" | "origin" | "pragma" | "range" | "request-range"
        | "warning" => Rule::Forwarded,
        "accept"
        | "accept-charset"
        | "accept-language"
        | "authorization"
        | "referer"
        | "user-agent"
        | "x-forwarded-proto"
        | "x-http-method-override" => Rule::IfNamed,
        _ if name.starts_with("x-edge-") || name.starts_with("x-amz-cf-") => Rule::Removed,
        _ if name.starts_with("content-") || name.starts_with("if-") => Rule::Forwarded,
        _ => Rule::Other,
    }
}

fn passes(name: &HeaderName, inbound: &Inbound<'_>, behavior: &Behavior) -> bool {
    let name = name.as_str();
    match rule(name) {
        Rule::Own | Rule::Removed => false,
        Rule::Forwarded => true,
        Rule::IfNamed if name == "authorization" && keeps_authorization(inbound.method, behavior) => true,
        Rule::IfNamed => behavior.forwards_header(name),
        Rule::Other => behavior.cache_policy.is_none() || behavior.forwards_header(name),
    }
}

/// DELETE, PATCH, POST and PUT keep `Authorization`, and OPTIONS does unless it is cached.
fn keeps_authorization(method: &Method, behavior: &Behavior) -> bool {
    match *method {
        Method::GET | Method::HEAD => false,
        Method::OPTIONS => !behavior.cached_methods.iter().any(|cached| cached == "OPTIONS"),
        _ => true,
    }
}

/// The headers whose value CloudFront decides.
fn add_own(headers: &mut HeaderMap, inbound: &Inbound<'_>, behavior: &Behavior) {
    if let Some(cookies) = forwarded_cookies(inbound.headers, behavior) {
        set(headers, header::COOKIE, &cookies);
    }
    if let Some(encodings) = accept_encoding(inbound.headers, behavior) {
        set(headers, header::ACCEPT_ENCODING, encodings);
    }
    if !headers.contains_key(header::USER_AGENT) {
        set(headers, header::USER_AGENT, "Amazon CloudFront");
    }
    set(headers, HeaderName::from_static("x-amz-cf-id"), inbound.id.as_str());
    set(headers, header::CONNECTION, "Keep-Alive");
    let address = inbound.address.to_string();
    set(headers, HeaderName::from_static("x-forwarded-for"), &appended(inbound.headers, "x-forwarded-for", &address));
    let via = inbound.server.via_to_origin(inbound.http);
    set(headers, header::VIA, &appended(inbound.headers, "via", &via));
    set(headers, HeaderName::from_static("cdn-loop"), &appended(inbound.headers, "cdn-loop", CDN_LOOP));
}

/// The viewer's list with one more entry.
fn appended(headers: &HeaderMap, name: &str, entry: &str) -> String {
    let mut list: Vec<&str> = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok()).collect();
    list.push(entry);
    list.join(", ")
}

fn forwarded_cookies(headers: &HeaderMap, behavior: &Behavior) -> Option<String> {
    if !behavior.forwards_cookies() {
        return None;
    }
    // HTTP/2 may split the header into one for each cookie (RFC 9113 section 8.2.3).
    let sent = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let cookies = sent.flat_map(|value| value.split(';')).map(str::trim).filter(|cookie| !cookie.is_empty());
    let forwarded = |cookie: &&str| behavior.forwards_cookie(cookie.split('=').next().unwrap_or_default());
    let kept: Vec<&str> = cookies.filter(forwarded).collect();
    (!kept.is_empty()).then(|| kept.join("; "))
}

/// `Accept-Encoding` as the cache policy has it: absent, or brought down to the formats it asks for
/// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html>).
pub(crate) fn accept_encoding(headers: &HeaderMap, behavior: &Behavior) -> Option<&'static str> {
    let wanted = behavior.forwarding.accept_encoding;
    if !wanted.gzip && !wanted.brotli {
        return None;
    }
    match (wanted.brotli && accepts(headers, "br"), wanted.gzip && accepts(headers, "gzip")) {
        (true, true) => Some("br,gzip"),
        (true, false) => Some("br"),
        (false, true) => Some("gzip"),
        (false, false) => Some("identity"),
    }
}

/// Whether `Accept-Encoding` lists `coding` without weight zero (RFC 9110 section 12.5.3).
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|entry| {
        let (name, weight) = entry.split_once(';').unwrap_or((entry, ""));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.trim().parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case(coding) && weight != Some(0.0)
    })
}

/// Sets a header; a value that HTTP cannot carry is left out.
fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests;
