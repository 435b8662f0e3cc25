//! Whether the cache has a say in a request, and under which key.

use edge502_rules::cache::{CacheKey, KeyRequest};
use edge502_rules::distribution::Behavior;
use http::{HeaderMap, Method, header};

use crate::obtain::Asked;
use crate::request_head::accept_encoding;

/// A request that the cache may answer.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) key: CacheKey,
    pub(super) method: Method,
    /// Whether only a part is wanted. A whole copy can answer it; from the origin's answer nothing is kept.
    pub(super) partial: bool,
}

impl Question {
    /// `None` if the request passes the cache by: its behaviour keeps nothing or has functions, which want to see every
    /// request; its method is not cached; or it sets a condition that only the origin can judge.
    pub(super) fn of(asked: Asked<'_>) -> Option<Self> {
        let (behavior, parts) = (asked.route.behavior, asked.parts);
        let keeps = behavior.functions.is_empty() && (behavior.caches() || behavior.caches_errors());
        let for_origin = [header::IF_MATCH, header::IF_UNMODIFIED_SINCE];
        if !keeps
            || !is_cached(&parts.method, behavior)
            || for_origin.iter().any(|name| parts.headers.contains_key(name))
        {
            return None;
        }
        let request = KeyRequest {
            method: parts.method.as_str(),
            path: &asked.route.path,
            query: parts.uri.query(),
            host: &asked.route.host_header,
            accept_encoding: accept_encoding(&parts.headers, behavior),
            headers: &key_headers(&parts.headers, behavior)?,
        };
        let partial = parts.headers.contains_key(header::RANGE);
        Some(Self { key: CacheKey::new(request, behavior), method: parts.method.clone(), partial })
    }
}

/// GET and HEAD always, OPTIONS if it is among `CachedMethods`
/// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html>).
fn is_cached(method: &Method, behavior: &Behavior) -> bool {
    match *method {
        Method::GET | Method::HEAD => true,
        Method::OPTIONS => behavior.cached_methods.iter().any(|cached| cached == "OPTIONS"),
        _ => false,
    }
}

/// The headers that can take part in the key; `None` if one of them is no text, so that nothing can be told apart by it.
fn key_headers<'a>(headers: &'a HeaderMap, behavior: &Behavior) -> Option<Vec<(&'a str, &'a str)>> {
    let key = &behavior.cache_key;
    let takes_part = |name: &str| if name == "cookie" { !key.cookies.is_none() } else { key.headers.includes(name) };
    let named = headers.iter().filter(|(name, _)| takes_part(name.as_str()));
    named.map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect()
}
