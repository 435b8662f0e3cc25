//! Whether the edge takes a request, and for which behaviour.
//!
//! Everything here is decided before an origin is asked. Pure: request and distribution in, decision out. Sources:
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html>
//! (sizes, bodies), <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-viewers-to-cloudfront.html>
//! (schemes), <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-403-permission-denied.html>
//! (names).

use std::borrow::Cow;
use std::net::SocketAddr;

use edge502_rules::distribution::limits::{CHAINED_DISTRIBUTIONS, HEADER_BLOCK_BYTES, URL_BYTES};
use edge502_rules::distribution::{Behavior, Distribution, Target, ViewerProtocolPolicy};
use edge502_rules::name::{ViewerHost, dns_name_matches};
use edge502_rules::outcome::DetailedResultType;
use edge502_rules::page::Page;
use edge502_rules::response::ViewerHttp;
use http::request::Parts;
use http::{HeaderMap, Method, header};

use crate::request_head::CDN_LOOP;

/// The name of a distribution whose own is not known: AWS's example.
const EXAMPLE_DOMAIN: &str = "d111111abcdef8.cloudfront.net";

/// What becomes of a request.
#[derive(Debug)]
pub(crate) enum Admission<'a> {
    /// It is fetched from an origin.
    Fetch(Box<Route<'a>>),
    /// The viewer is sent to HTTPS.
    Redirect {
        /// 301 or 307.
        page: Page,
        /// The same address with `https`.
        location: String,
    },
    /// The edge answers with an error of its own.
    Refuse(Refusal),
}

/// Where a request goes.
#[derive(Debug)]
pub(crate) struct Route<'a> {
    /// The behaviour that matches the path.
    pub(crate) behavior: &'a Behavior,
    /// Its origin, or the two of its group.
    pub(crate) target: Target<'a>,
    /// The path, with `DefaultRootObject` in place of `/`.
    pub(crate) path: Cow<'a, str>,
    /// `Host` as it is forwarded.
    pub(crate) host_header: String,
    /// The same without port.
    pub(crate) host: ViewerHost,
}

/// Why a request is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The page, with its status.
    pub(crate) page: Page,
    /// The word in the log.
    pub(crate) detail: DetailedResultType,
    /// Whether the viewer's connection is closed, as CloudFront does for oversized requests.
    pub(crate) close: bool,
    /// Whether it has a line in the access log; oversized requests have none
    /// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html>).
    pub(crate) logged: bool,
    /// Whether no custom error page takes the page's place: for requests that are unsafe to read on from, which is every
    /// 400 of the edge's own, and for those in a loop, which a further request would keep going.
    pub(crate) plain: bool,
}

const fn refuse(page: Page, detail: DetailedResultType) -> Refusal {
    Refusal { page, detail, close: false, logged: true, plain: matches!(page, Page::BadRequest) }
}

/// The viewer's request, as far as the decision needs it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    /// Its head.
    pub(crate) parts: &'a Parts,
    /// Whether the viewer used HTTPS.
    pub(crate) https: bool,
    /// The HTTP version spoken.
    pub(crate) http: ViewerHttp,
    /// Whether a body follows.
    pub(crate) has_body: bool,
    /// Where the edge listens for HTTPS, for redirects.
    pub(crate) https_address: Option<SocketAddr>,
}

/// Decides about `request`.
pub(crate) fn admit<'a>(request: Request<'a>, distribution: &'a Distribution) -> Admission<'a> {
    match checked(request, distribution) {
        Ok(route) => redirect(request, &route).unwrap_or_else(|| Admission::Fetch(Box::new(route))),
        Err(refusal) => Admission::Refuse(refusal),
    }
}

fn checked<'a>(request: Request<'a>, distribution: &'a Distribution) -> Result<Route<'a>, Refusal> {
    check_size(request.parts)?;
    check_chain(&request.parts.headers)?;
    let route = route(request.parts, request.parts.uri.path(), distribution)?;
    check_scheme(request, route.behavior)?;
    check_method(request, route.behavior)?;
    Ok(route)
}

/// The way to the object at `path` (without query), for a viewer whose request has this head.
pub(crate) fn route<'a>(parts: &Parts, path: &'a str, distribution: &'a Distribution) -> Result<Route<'a>, Refusal> {
    let (host_header, host) = host(parts, distribution)?;
    let path = distribution.object_path(path);
    let behavior = distribution.behavior_for(&path);
    // A distribution read from JSON always has it; one put together in code may not.
    let target = distribution.target(behavior).ok_or(refuse(Page::BadRequest, DetailedResultType::InternalError))?;
    Ok(Route { behavior, target, path, host_header, host })
}

/// URL at most 8,192 bytes, head at most 32,768.
fn check_size(parts: &Parts) -> Result<(), Refusal> {
    let url = parts.uri.path_and_query().map_or(0, |target| target.as_str().len());
    if url > URL_BYTES {
        let refusal = refuse(Page::UrlTooLong, DetailedResultType::InvalidRequest);
        return Err(Refusal { close: true, logged: false, ..refusal });
    }
    if head_bytes(parts) > HEADER_BLOCK_BYTES {
        let refusal = refuse(Page::HeaderTooLarge, DetailedResultType::InvalidRequestHeader);
        return Err(Refusal { close: true, logged: false, ..refusal });
    }
    Ok(())
}

/// A request may pass through two distributions. The third refuses it, so that a loop comes to an end
/// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html>).
fn check_chain(headers: &HeaderMap) -> Result<(), Refusal> {
    if distributions_passed(headers) < CHAINED_DISTRIBUTIONS {
        return Ok(());
    }
    let refusal = refuse(Page::Forbidden, DetailedResultType::InvalidRequest);
    Err(Refusal { plain: true, ..refusal })
}

/// How many distributions a request came through: each leaves its name in `Via` and in `CDN-Loop` (RFC 8586).
fn distributions_passed(headers: &HeaderMap) -> usize {
    let count = |name: &str, is_ours: fn(&str) -> bool| {
        let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).filter(|entry| is_ours(entry.trim())).count()
    };
    let via = count("via", |entry| entry.ends_with(".cloudfront.net (CloudFront)"));
    via.max(count("cdn-loop", |entry| entry.eq_ignore_ascii_case(CDN_LOOP)))
}

/// Size of a request's head as HTTP/1.1 writes it; used for HTTP/2, too.
pub(crate) fn head_bytes(parts: &Parts) -> usize {
    let target = parts.uri.path_and_query().map_or(1, |target| target.as_str().len());
    let line = parts.method.as_str().len() + target + " HTTP/1.1".len() + 1 + "\r\n".len();
    let fields: usize = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    line + fields + "\r\n".len()
}

/// The `Host` a request counts as having, with and without its port.
///
/// It has to be said once (RFC 9112 section 3.2), and to be an alias or the distribution's own name. The loopback addresses count as the distribution's own
/// name, so that a pasted `curl http://127.0.0.1:…` works; the real service would not know them.
fn host(parts: &Parts, distribution: &Distribution) -> Result<(String, ViewerHost), Refusal> {
    const BAD: Refusal = refuse(Page::BadRequest, DetailedResultType::InvalidRequest);
    if parts.headers.get_all(header::HOST).iter().nth(1).is_some() {
        return Err(BAD);
    }
    let text = host_text(parts).ok_or(BAD)?;
    let host: ViewerHost = text.parse().map_err(|_| BAD)?;
    if is_loopback(&host) {
        let own = own_name(distribution).to_owned();
        let host = own.parse().map_err(|_| BAD)?;
        return Ok((own, host));
    }
    if is_served(&host, distribution) {
        Ok((text.to_owned(), host))
    } else {
        Err(refuse(Page::Forbidden, DetailedResultType::InvalidRequestBlocked))
    }
}

/// The host as the viewer wrote it: of the request target if that has one, as in HTTP/2, else of the `Host` header.
pub(crate) fn host_text(parts: &Parts) -> Option<&str> {
    let target = parts.uri.authority().map(http::uri::Authority::as_str);
    target.or_else(|| parts.headers.get(header::HOST)?.to_str().ok())
}

fn is_loopback(host: &ViewerHost) -> bool {
    matches!(host.as_str(), "localhost" | "127.0.0.1" | "::1")
}

/// The distribution's own domain name, or AWS's example if a bare configuration does not tell it.
pub(crate) fn own_name(distribution: &Distribution) -> &str {
    distribution.domain_name.as_deref().unwrap_or(EXAMPLE_DOMAIN)
}

fn is_served(host: &ViewerHost, distribution: &Distribution) -> bool {
    let host = host.as_str();
    let own = match &distribution.domain_name {
        Some(own) => own.eq_ignore_ascii_case(host),
        // Which of them is this one's own is not known, so each is taken.
        None => host.ends_with(".cloudfront.net"),
    };
    own || distribution.aliases.iter().any(|alias| dns_name_matches(alias, host))
}

fn check_scheme(request: Request<'_>, behavior: &Behavior) -> Result<(), Refusal> {
    let old = request.http < ViewerHttp::Http11 && !is_get_or_head(&request.parts.method);
    let refused = match behavior.viewer_protocol_policy {
        ViewerProtocolPolicy::AllowAll => false,
        ViewerProtocolPolicy::HttpsOnly => !request.https,
        // 307 does not exist below HTTP/1.1.
        ViewerProtocolPolicy::RedirectToHttps => !request.https && old,
    };
    if refused { Err(refuse(Page::Forbidden, DetailedResultType::InvalidRequest)) } else { Ok(()) }
}

fn check_method(request: Request<'_>, behavior: &Behavior) -> Result<(), Refusal> {
    let method = &request.parts.method;
    if !behavior.allows_method(method.as_str()) {
        return Err(refuse(Page::MethodNotAllowed, DetailedResultType::InvalidRequestMethod));
    }
    if *method == Method::GET && request.has_body {
        return Err(refuse(Page::Forbidden, DetailedResultType::InvalidRequest));
    }
    Ok(())
}

fn is_get_or_head(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

fn redirect<'a>(request: Request<'_>, route: &Route<'_>) -> Option<Admission<'a>> {
    let wanted = route.behavior.viewer_protocol_policy == ViewerProtocolPolicy::RedirectToHttps;
    if !wanted || request.https {
        return None;
    }
    let get = is_get_or_head(&request.parts.method);
    let page = if get { Page::MovedPermanently } else { Page::TemporaryRedirect };
    Some(Admission::Redirect { page, location: location(request) })
}

/// The same address with `https`. A host with a port names this edge's own listener, so it gets that of HTTPS.
fn location(request: Request<'_>) -> String {
    let parts = request.parts;
    let host = host_text(parts).unwrap_or_default();
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() => {
            (name, request.https_address.map(|address| address.port()))
        }
        _ => (host, None),
    };
    port.map_or_else(|| format!("https://{name}{target}"), |port| format!("https://{name}:{port}{target}"))
}

#[cfg(test)]
mod tests;
