use super::*;
use crate::testing::{CACHING_DISABLED, distribution as with};

/// A distribution whose default behaviour has this viewer policy, and which allows POST under `/api/*`.
fn distribution(policy: &str) -> Distribution {
    let behavior = format!(r#""ViewerProtocolPolicy": "{policy}", "CachePolicyId": "{CACHING_DISABLED}""#);
    let members = format!(
        r#""DefaultRootObject": "index.html",
        "CacheBehaviors": {{ "Quantity": 1, "Items": [{{
            "PathPattern": "/api/*", "TargetOriginId": "app", "ViewerProtocolPolicy": "{policy}",
            "CachePolicyId": "{CACHING_DISABLED}",
            "AllowedMethods": {{ "Quantity": 7, "Items": ["GET", "HEAD", "POST", "PUT", "PATCH", "OPTIONS", "DELETE"],
                "CachedMethods": {{ "Quantity": 2, "Items": ["GET", "HEAD"] }} }}
        }}] }},"#
    );
    with(&behavior, &members)
}

struct Case {
    method: &'static str,
    target: String,
    host: Option<&'static str>,
    https: bool,
    http: ViewerHttp,
    has_body: bool,
    padding: usize,
}

const GET: Case = Case {
    method: "GET",
    target: String::new(),
    host: Some("www.shop.test"),
    https: false,
    http: ViewerHttp::Http11,
    has_body: false,
    padding: 0,
};

/// What becomes of a request, in words.
fn outcome(distribution: &Distribution, case: &Case) -> String {
    let target = if case.target.is_empty() { "/x" } else { &case.target };
    let mut builder = http::Request::builder().method(case.method).uri(target);
    if let Some(host) = case.host {
        builder = builder.header("host", host);
    }
    if case.padding > 0 {
        builder = builder.header("x-padding", "a".repeat(case.padding));
    }
    let parts = builder.body(()).unwrap().into_parts().0;
    let request = Request {
        parts: &parts,
        https: case.https,
        http: case.http,
        has_body: case.has_body,
        https_address: Some(([127, 0, 0, 1], 8443).into()),
    };
    match admit(request, distribution) {
        Admission::Fetch(route) => format!("fetch {} for {}", route.path, route.host_header),
        Admission::Redirect { page, location } => format!("{} {location}", page.status()),
        Admission::Refuse(refusal) => {
            let close = if refusal.close { " close" } else { "" };
            format!("{} {}{close}", refusal.page.status(), refusal.detail)
        }
    }
}

#[test]
fn the_viewer_protocol_policy_decides_about_plain_http() {
    for (policy, method, http, expected) in [
        ("allow-all", "GET", ViewerHttp::Http11, "fetch /x for www.shop.test"),
        ("https-only", "GET", ViewerHttp::Http11, "403 InvalidRequest"),
        ("redirect-to-https", "GET", ViewerHttp::Http11, "301 https://www.shop.test/api/x?q=1"),
        ("redirect-to-https", "HEAD", ViewerHttp::Http10, "301 https://www.shop.test/api/x?q=1"),
        ("redirect-to-https", "POST", ViewerHttp::Http11, "307 https://www.shop.test/api/x?q=1"),
        ("redirect-to-https", "POST", ViewerHttp::Http10, "403 InvalidRequest"),
    ] {
        let target = if policy == "redirect-to-https" { "/api/x?q=1" } else { "/x" };
        let case = Case { method, http, target: target.to_owned(), ..GET };
        assert_eq!(outcome(&distribution(policy), &case), expected, "{policy} {method}");
        let https = Case { https: true, ..case };
        assert!(outcome(&distribution(policy), &https).starts_with("fetch"), "{policy} {method}");
    }
}

#[test]
fn a_redirect_leads_to_the_local_listener_when_the_viewer_named_a_port() {
    let case = Case { host: Some("www.shop.test:8080"), ..GET };
    assert_eq!(outcome(&distribution("redirect-to-https"), &case), "301 https://www.shop.test:8443/x");
}

#[test]
fn methods_are_those_of_the_behaviour() {
    let at =
        |method, target: &str| outcome(&distribution("allow-all"), &Case { method, target: target.to_owned(), ..GET });
    assert_eq!(at("POST", "/x"), "403 InvalidRequestMethod");
    assert_eq!(at("POST", "/api/x"), "fetch /api/x for www.shop.test");
    assert_eq!(at("TRACE", "/api/x"), "403 InvalidRequestMethod");
}

#[test]
fn a_get_has_no_body() {
    let body = |method| {
        outcome(&distribution("allow-all"), &Case { method, has_body: true, target: "/api/x".to_owned(), ..GET })
    };
    assert_eq!(body("GET"), "403 InvalidRequest");
    assert!(body("POST").starts_with("fetch"));
}

#[test]
fn sizes_are_bounded_and_the_connection_closed() {
    let allowed = distribution("allow-all");
    let url = |length: usize| Case { target: format!("/{}", "a".repeat(length - 1)), ..GET };
    assert!(outcome(&allowed, &url(8_192)).starts_with("fetch"));
    assert_eq!(outcome(&allowed, &url(8_193)), "414 InvalidRequest close");
    let head = |padding| Case { padding, ..GET };
    let own = "GET /x HTTP/1.1\r\nhost: www.shop.test\r\nx-padding: \r\n\r\n".len();
    assert!(outcome(&allowed, &head(32_768 - own)).starts_with("fetch"));
    assert_eq!(outcome(&allowed, &head(32_769 - own)), "494 InvalidRequestHeader close");
}

#[test]
fn only_the_distributions_names_are_served() {
    let allowed = distribution("allow-all");
    let named = |host| outcome(&allowed, &Case { host, ..GET });
    for host in ["www.shop.test", "WWW.shop.test:8080", "a.wild.test", "d123.cloudfront.net"] {
        assert_eq!(named(Some(host)), format!("fetch /x for {host}"));
    }
    for host in ["shop.test", "a.b.wild.test", "evil.test", "192.0.2.1"] {
        assert_eq!(named(Some(host)), "403 InvalidRequestBlocked", "{host}");
    }
    for host in [None, Some(""), Some("a b"), Some("www.shop.test:http")] {
        assert_eq!(named(host), "400 InvalidRequest", "{host:?}");
    }
}

#[test]
fn a_loopback_host_counts_as_the_distributions_own_name() {
    let mut known = distribution("allow-all");
    known.domain_name = Some("d1234.cloudfront.net".to_owned());
    for host in ["127.0.0.1:8080", "localhost", "[::1]:80"] {
        let case = Case { host: Some(host), ..GET };
        assert_eq!(outcome(&known, &case), "fetch /x for d1234.cloudfront.net");
        assert_eq!(outcome(&distribution("allow-all"), &case), "fetch /x for d111111abcdef8.cloudfront.net");
    }
    let other = Case { host: Some("d9999.cloudfront.net"), ..GET };
    assert_eq!(outcome(&known, &other), "403 InvalidRequestBlocked");
}

#[test]
fn the_root_is_the_default_root_object() {
    let root = Case { target: "/".to_owned(), ..GET };
    assert_eq!(outcome(&distribution("allow-all"), &root), "fetch /index.html for www.shop.test");
}

/// A third distribution in a row refuses, whichever of the two headers tells it; other proxies do not count.
#[test]
fn a_request_passes_through_two_distributions_at_most() {
    let own = "1.1 a.cloudfront.net (CloudFront)";
    for (name, values, refused) in [
        ("via", vec![own.to_owned()], false),
        ("via", vec![format!("1.1 proxy, {own}"), "2.0 varnish".to_owned()], false),
        ("via", vec![format!("{own}, 1.1 b.cloudfront.net (CloudFront)")], true),
        ("via", vec![own.to_owned(), own.to_owned()], true),
        ("cdn-loop", vec!["Amazon CloudFront, other".to_owned()], false),
        ("cdn-loop", vec!["Amazon CloudFront, Amazon CloudFront".to_owned()], true),
    ] {
        let mut headers = HeaderMap::new();
        for value in &values {
            headers.append(name, value.parse().unwrap());
        }
        assert_eq!(check_chain(&headers).is_err(), refused, "{name}: {values:?}");
    }
    let refusal = check_chain(&HeaderMap::from_iter([(header::VIA, format!("{own}, {own}").parse().unwrap())]));
    assert!(refusal.unwrap_err().plain, "a custom page would be one more request");
}
