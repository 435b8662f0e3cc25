use edge502_rules::distribution::Distribution;

use super::*;
use crate::testing::{ALL_VIEWER, CACHING_DISABLED, CACHING_OPTIMIZED, distribution};

const VIA: &str = "11111111111111111111111111111111.cloudfront.net (CloudFront)";

/// The request towards the origin, one line for each header.
struct Sent(Vec<(String, String)>);

impl Sent {
    fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

fn send(distribution: &Distribution, method: &Method, http: ViewerHttp, viewer: &[(&str, &str)]) -> Sent {
    let mut headers = HeaderMap::new();
    for (name, value) in viewer {
        headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    let (server, id) = (EdgeServer::from_bytes([0x11; 16], "FRA56-P1"), RequestId::from_bytes([7; 40]));
    let inbound = Inbound {
        method,
        path: "/x",
        query: None,
        headers: &headers,
        host: "www.shop.test",
        address: "192.0.2.7".parse().unwrap(),
        http,
        server: &server,
        id: &id,
    };
    let sent = super::headers(&inbound, &distribution.origins[0], &distribution.default_behavior);
    Sent(sent.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect())
}

fn get(distribution: &Distribution, viewer: &[(&str, &str)]) -> Sent {
    send(distribution, &Method::GET, ViewerHttp::Http11, viewer)
}

fn with_policies(cache: &str, origin_request: Option<&str>) -> Distribution {
    let origin_request = origin_request.map(|id| format!(r#", "OriginRequestPolicyId": "{id}""#)).unwrap_or_default();
    distribution(&format!(r#""ViewerProtocolPolicy": "allow-all", "CachePolicyId": "{cache}"{origin_request}"#), "")
}

fn plain() -> Distribution {
    with_policies(CACHING_OPTIMIZED, None)
}

fn all_viewer() -> Distribution {
    with_policies(CACHING_DISABLED, Some(ALL_VIEWER))
}

fn legacy(forwarded: &str) -> Distribution {
    distribution(&format!(r#""ViewerProtocolPolicy": "allow-all", "MinTTL": 0, "ForwardedValues": {forwarded}"#), "")
}

#[test]
fn cloudfront_writes_its_own_headers() {
    let sent = get(&plain(), &[("host", "www.shop.test"), ("user-agent", "curl/8"), ("accept", "*/*")]);
    let id = RequestId::from_bytes([7; 40]);
    let expected = [
        ("host", "origin.test"),
        ("user-agent", "Amazon CloudFront"),
        ("x-amz-cf-id", id.as_str()),
        ("connection", "Keep-Alive"),
        ("x-forwarded-for", "192.0.2.7"),
        ("via", &format!("1.1 {VIA}")),
        ("cdn-loop", "Amazon CloudFront"),
        ("x-verify", "secret"),
        ("x-mode", "edge"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    // The compressed formats are tested on their own.
    let sent: Vec<_> = sent.0.into_iter().filter(|(name, _)| name != "accept-encoding").collect();
    assert_eq!(sent, expected);
}

#[test]
fn a_policy_for_all_headers_forwards_host_user_agent_and_the_rest() {
    let viewer = [("host", "www.shop.test"), ("user-agent", "curl/8"), ("accept", "*/*"), ("x-custom", "1")];
    let sent = get(&all_viewer(), &viewer);
    for (name, value) in viewer {
        assert_eq!(sent.value(name), Some(value), "{name}");
    }
}

#[test]
fn lists_are_appended_and_the_version_is_the_viewers() {
    let viewer = [("x-forwarded-for", "198.51.100.1"), ("via", "1.1 proxy"), ("x-forwarded-for", "198.51.100.2")];
    let sent = send(&plain(), &Method::GET, ViewerHttp::Http2, &viewer);
    assert_eq!(sent.value("x-forwarded-for"), Some("198.51.100.1, 198.51.100.2, 192.0.2.7"));
    assert_eq!(sent.value("via"), Some(format!("1.1 proxy, 2.0 {VIA}").as_str()));
}

#[test]
fn hop_by_hop_and_cloudfronts_own_names_never_pass() {
    let names = [
        "expect",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "upgrade",
        "x-real-ip",
        "x-edge-location",
        "x-amz-cf-pop",
        "x-mine",
    ];
    let mut viewer: Vec<_> = names.iter().map(|name| (*name, "1")).collect();
    viewer.push(("connection", "close, X-Mine"));
    let sent = get(&all_viewer(), &viewer);
    for name in names {
        assert_eq!(sent.value(name), None, "{name}");
    }
    assert_eq!(sent.value("connection"), Some("Keep-Alive"));
}

#[test]
fn some_headers_pass_unlisted_and_others_do_not() {
    let pass = ["cache-control", "content-type", "if-none-match", "origin", "range", "pragma"];
    let stop = ["accept", "accept-language", "referer", "x-forwarded-proto", "x-http-method-override", "x-custom"];
    let viewer: Vec<_> = pass.iter().chain(&stop).map(|name| (*name, "1")).collect();
    let sent = get(&plain(), &viewer);
    assert!(pass.iter().all(|name| sent.value(name) == Some("1")));
    assert!(stop.iter().all(|name| sent.value(name).is_none()));
}

#[test]
fn legacy_settings_forward_unknown_headers() {
    let nothing = legacy(r#"{ "QueryString": false, "Cookies": { "Forward": "none" } }"#);
    let sent = get(&nothing, &[("x-custom", "1"), ("accept-language", "de"), ("host", "www.shop.test")]);
    assert_eq!(sent.value("x-custom"), Some("1"));
    assert_eq!(sent.value("accept-language"), None);
    assert_eq!(sent.value("host"), Some("origin.test"));
}

#[test]
fn authorization_is_kept_for_writing_methods_only() {
    let viewer = [("authorization", "Bearer x")];
    for (method, kept) in [("GET", false), ("HEAD", false), ("OPTIONS", true), ("POST", true), ("DELETE", true)] {
        let sent = send(&plain(), &method.parse().unwrap(), ViewerHttp::Http11, &viewer);
        assert_eq!(sent.value("authorization").is_some(), kept, "{method}");
    }
    assert!(get(&all_viewer(), &viewer).value("authorization").is_some());
}

#[test]
fn cookies_pass_as_far_as_they_are_named() {
    let viewer = [("cookie", "a=1; session=2"), ("cookie", "theme=dark")];
    assert_eq!(get(&plain(), &viewer).value("cookie"), None);
    assert_eq!(get(&all_viewer(), &viewer).value("cookie"), Some("a=1; session=2; theme=dark"));
    let some = legacy(
        r#"{ "QueryString": false, "Cookies": { "Forward": "whitelist", "WhitelistedNames": { "Quantity": 1, "Items": ["session"] } } }"#,
    );
    assert_eq!(get(&some, &viewer).value("cookie"), Some("session=2"));
}

#[test]
fn accept_encoding_is_brought_down_to_what_the_cache_policy_asks_for() {
    for (accepted, expected) in [
        ("gzip, deflate, br", "br,gzip"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("BR", "br"),
        ("deflate", "identity"),
    ] {
        let sent = get(&plain(), &[("accept-encoding", accepted)]);
        assert_eq!(sent.value("accept-encoding"), Some(expected), "{accepted}");
    }
    let disabled = with_policies(CACHING_DISABLED, None);
    assert_eq!(get(&disabled, &[("accept-encoding", "gzip")]).value("accept-encoding"), None);
}

#[test]
fn custom_headers_overwrite_the_viewers() {
    let sent = get(&all_viewer(), &[("x-mode", "viewer"), ("x-mode", "again")]);
    assert_eq!(sent.0.iter().filter(|(name, _)| name == "x-mode").count(), 1);
    assert_eq!(sent.value("x-mode"), Some("edge"));
}

#[test]
fn the_target_has_the_origin_path_and_the_forwarded_query() {
    let target = |distribution: &Distribution, query| {
        let (server, id) = (EdgeServer::from_bytes([0; 16], "FRA56-P1"), RequestId::from_bytes([0; 40]));
        let inbound = Inbound {
            method: &Method::GET,
            path: "/a/b",
            query,
            headers: &HeaderMap::new(),
            host: "www.shop.test",
            address: "192.0.2.7".parse().unwrap(),
            http: ViewerHttp::Http11,
            server: &server,
            id: &id,
        };
        let query = inbound.query.and_then(|query| forwarded_query(query, &distribution.default_behavior));
        super::target(&distribution.origins[0], inbound.path, query.as_deref()).unwrap().to_string()
    };
    assert_eq!(target(&plain(), Some("q=1")), "/app/a/b");
    assert_eq!(target(&all_viewer(), Some("q=1&q=2&flag")), "/app/a/b?q=1&q=2&flag");
    assert_eq!(target(&all_viewer(), None), "/app/a/b");
}
