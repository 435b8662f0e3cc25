//! Responses, each with the headers that keep a page to itself.

use std::convert::Infallible;

use bytes::Bytes;
use http::header::HeaderName;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION, RETRY_AFTER, SET_COOKIE};
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use maud::Markup;

use crate::assets::Asset;
use crate::route::Route;

/// The body of every response.
pub(crate) type Body = UnsyncBoxBody<Bytes, Infallible>;

/// On every response. The policy allows style, script, icon and live connection of this origin, forms to it, and nothing
/// else; the viewer's page, framed on the lab page, inherits it
/// (<https://www.w3.org/TR/CSP3/#security-inherit-csp>).
const HEADERS: [(HeaderName, &str); 6] = [
    (
        http::header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (http::header::REFERRER_POLICY, "no-referrer"),
    (http::header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
];

/// A response with `body`.
pub(crate) fn response(status: StatusCode, media_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A page.
pub(crate) fn page(status: StatusCode, page: Markup) -> Response<Body> {
    response(status, "text/html; charset=utf-8", whole(page.into_string()))
}

/// A file to keep.
pub(crate) fn download(name: &'static str, media_type: &'static str, text: String) -> Response<Body> {
    let mut response = response(StatusCode::OK, media_type, whole(text));
    let disposition =
        HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")).expect("names are plain ASCII");
    response.headers_mut().insert(CONTENT_DISPOSITION, disposition);
    response
}

/// Style, script or icon.
pub(crate) fn asset(asset: Asset) -> Response<Body> {
    response(StatusCode::OK, asset.media_type(), whole(asset.text()))
}

/// Sends the browser on with GET, after a form.
pub(crate) fn see_other(route: &Route, fragment: &str) -> Response<Body> {
    let mut response = response(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", whole(""));
    let place = format!("{}{fragment}", route.path());
    let place = HeaderValue::from_str(&place).expect("paths are plain ASCII");
    response.headers_mut().insert(LOCATION, place);
    response
}

/// Adds which method would have been right.
pub(crate) fn allowing(mut response: Response<Body>, method: &Method) -> Response<Body> {
    let allowed = if method == Method::GET { "GET, HEAD" } else { "POST" };
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

/// Adds when it is worth trying again.
pub(crate) fn retry_after(mut response: Response<Body>, seconds: u32) -> Response<Body> {
    response.headers_mut().insert(RETRY_AFTER, seconds.into());
    response
}

/// Adds a cookie that neither scripts nor other sites' requests get at.
pub(crate) fn with_cookie(mut response: Response<Body>, name: &str, value: &str) -> Response<Body> {
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict");
    let cookie = HeaderValue::from_str(&cookie).expect("name and value are plain ASCII");
    response.headers_mut().insert(SET_COOKIE, cookie);
    response
}

fn whole(text: impl Into<Bytes>) -> Body {
    Full::new(text.into()).boxed_unsync()
}
