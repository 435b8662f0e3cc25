//! Whose requests are answered: those to this very address, and none that a page of another origin makes.
//!
//! A name that an attacker lets point to loopback is told by `Host` (DNS rebinding); a foreign page's form or script by
//! `Origin` and Fetch Metadata (<https://www.w3.org/TR/fetch-metadata/>). Cookie and form token come on top.

use std::net::SocketAddr;

use http::header::{HOST, HeaderName, ORIGIN};
use http::{HeaderMap, Method};

use crate::route::Route;

/// <https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header>
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Why a request is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// It was sent to another name.
    Host,
    /// A page of another origin made it.
    Page,
}

/// Whether `headers` are those of a request to `own`, made by a person or by one of its own pages.
pub(crate) fn admit(
    own: SocketAddr,
    route: Option<&Route>,
    method: &Method,
    headers: &HeaderMap,
) -> Result<(), Foreign> {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next().and_then(|host| host.to_str().ok()), hosts.next()) {
        (Some(host), None) if is_own(own, host) => {}
        _ => return Err(Foreign::Host),
    }
    // Somebody may send the printed address to a trainee, who then comes from another page; the token in it is the proof.
    let may_be_linked_to = matches!(route, Some(Route::Enter(_))) && (method == Method::GET || method == Method::HEAD);
    let from_here = |site: &http::HeaderValue| matches!(site.as_bytes(), b"same-origin" | b"none");
    if !may_be_linked_to && !headers.get_all(FETCH_SITE).iter().all(from_here) {
        return Err(Foreign::Page);
    }
    // The pages' own forms send `null`, because their referrer policy is `no-referrer`
    // (<https://fetch.spec.whatwg.org/#append-a-request-origin-header>); the browser's word for the site must be there.
    let same_site_said = headers.get(FETCH_SITE).is_some_and(|site| site == "same-origin");
    let own_origin = |origin: &http::HeaderValue| match origin.to_str() {
        Ok("null") => same_site_said,
        Ok(origin) => origin.strip_prefix("http://").is_some_and(|host| is_own(own, host)),
        Err(_) => false,
    };
    if headers.get_all(ORIGIN).iter().all(own_origin) { Ok(()) } else { Err(Foreign::Page) }
}

/// The loopback address of the console, as URLs and headers write it.
fn is_own(address: SocketAddr, authority: &str) -> bool {
    authority == address.to_string() || authority == format!("localhost:{}", address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(path: &str, method: &Method, headers: &[(&'static str, &'static str)]) -> Result<(), Foreign> {
        let own = "127.0.0.1:8502".parse().unwrap();
        let map: HeaderMap = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), http::HeaderValue::from_static(value)))
            .collect();
        admit(own, Route::parse(path).as_ref(), method, &map)
    }

    #[test]
    fn only_the_own_address_is_answered() {
        for host in ["127.0.0.1:8502", "localhost:8502"] {
            assert_eq!(admitted("/", &Method::GET, &[("host", host)]), Ok(()), "{host}");
        }
        for host in
            ["attacker.test:8502", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:8502.attacker.test", "[::1]:8502", ""]
        {
            assert_eq!(admitted("/", &Method::GET, &[("host", host)]), Err(Foreign::Host), "{host}");
        }
        assert_eq!(admitted("/", &Method::GET, &[]), Err(Foreign::Host));
    }

    #[test]
    fn pages_of_other_origins_are_refused() {
        let host = ("host", "127.0.0.1:8502");
        for origin in
            ["http://attacker.test", "null", "https://127.0.0.1:8502", "http://127.0.0.1:8503", "http://127.0.0.1"]
        {
            assert_eq!(
                admitted("/lab/apply", &Method::POST, &[host, ("origin", origin)]),
                Err(Foreign::Page),
                "{origin}"
            );
        }
        assert_eq!(admitted("/lab/apply", &Method::POST, &[host, ("origin", "http://127.0.0.1:8502")]), Ok(()));
        let own_form = [host, ("origin", "null"), ("sec-fetch-site", "same-origin")];
        assert_eq!(admitted("/lab/apply", &Method::POST, &own_form), Ok(()));
        for site in ["cross-site", "same-site", "none"] {
            let sandboxed = [host, ("origin", "null"), ("sec-fetch-site", site)];
            assert_eq!(admitted("/lab/apply", &Method::POST, &sandboxed), Err(Foreign::Page), "{site}");
        }
        for site in ["cross-site", "same-site", "anything"] {
            assert_eq!(admitted("/lab", &Method::GET, &[host, ("sec-fetch-site", site)]), Err(Foreign::Page), "{site}");
        }
        assert_eq!(admitted("/lab", &Method::GET, &[host, ("sec-fetch-site", "same-origin")]), Ok(()));
    }

    #[test]
    fn the_printed_address_may_be_linked_to() {
        let headers = [("host", "127.0.0.1:8502"), ("sec-fetch-site", "cross-site")];
        assert_eq!(admitted("/enter/abc", &Method::GET, &headers), Ok(()));
        assert_eq!(admitted("/enter/abc", &Method::POST, &headers), Err(Foreign::Page));
    }
}
