use edge502_rules::distribution::Distribution;
use edge502_rules::request_id::RequestId;
use edge502_rules::response::EdgeServer;

use super::*;
use crate::testing::{ALL_VIEWER, CACHING_DISABLED, CACHING_OPTIMIZED, distribution};

fn cached() -> Distribution {
    distribution(&format!(r#""ViewerProtocolPolicy": "allow-all", "CachePolicyId": "{CACHING_OPTIMIZED}""#), "")
}

fn uncached() -> Distribution {
    let policies = format!(r#""CachePolicyId": "{CACHING_DISABLED}", "OriginRequestPolicyId": "{ALL_VIEWER}""#);
    distribution(&format!(r#""ViewerProtocolPolicy": "allow-all", {policies}"#), "")
}

fn relay(distribution: &Distribution, http: ViewerHttp, status: u16, origin: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut headers = HeaderMap::new();
    for (name, value) in origin {
        headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    let (edge, request_id) = (EdgeServer::from_bytes([0x22; 16], "FRA56-P1"), RequestId::from_bytes([7; 40]));
    let context = ResponseContext { http, keep_alive: true, edge: &edge, request_id: &request_id };
    let (status, behavior) = (StatusCode::from_u16(status).unwrap(), &distribution.default_behavior);
    let sent = super::headers(&headers, &Method::GET, behavior, context, true, super::Marks::of(status));
    sent.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect()
}

fn names(headers: &[(String, String)]) -> Vec<&str> {
    headers.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn content_comes_first_then_the_origins_headers_then_cloudfronts() {
    let origin = [
        ("server", "nginx"),
        ("date", "Wed, 21 Jan 2026 22:18:35 GMT"),
        ("content-type", "text/plain"),
        ("content-length", "2"),
        ("connection", "keep-alive"),
        ("etag", "\"1\""),
    ];
    let http1 = relay(&uncached(), ViewerHttp::Http11, 200, &origin);
    let expected = [
        "content-type",
        "content-length",
        "connection",
        "server",
        "date",
        "etag",
        "x-cache",
        "via",
        "x-amz-cf-pop",
        "x-amz-cf-id",
    ];
    assert_eq!(names(&http1), expected);
    let http2 = relay(&uncached(), ViewerHttp::Http2, 200, &origin);
    let without: Vec<_> = expected.into_iter().filter(|name| *name != "connection").collect();
    assert_eq!(names(&http2), without);
}

#[test]
fn a_body_of_unknown_length_is_chunked_on_http_1_1_only() {
    let chunked = |http| {
        let sent = relay(&uncached(), http, 200, &[("transfer-encoding", "chunked")]);
        sent.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked")
    };
    assert!(chunked(ViewerHttp::Http11));
    assert!(!chunked(ViewerHttp::Http2));
    assert!(!chunked(ViewerHttp::Http10));
}

#[test]
fn a_length_beside_chunks_is_dropped() {
    let origin = [("content-length", "4"), ("transfer-encoding", "chunked")];
    for http in [ViewerHttp::Http10, ViewerHttp::Http11, ViewerHttp::Http2] {
        assert!(!names(&relay(&uncached(), http, 200, &origin)).contains(&"content-length"), "{http:?}");
    }
}

#[test]
fn the_origins_own_via_and_cloudfront_headers_are_replaced() {
    let origin = [("via", "1.1 varnish"), ("x-cache", "HIT"), ("x-amz-cf-id", "old"), ("x-amz-cf-pop", "old")];
    let sent = relay(&uncached(), ViewerHttp::Http11, 200, &origin);
    let value = |name: &str| {
        sent.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(value("via"), ["1.1 22222222222222222222222222222222.cloudfront.net (CloudFront)"]);
    assert_eq!(value("x-cache"), ["Miss from cloudfront"]);
    assert_eq!(value("x-amz-cf-pop"), ["FRA56-P1"]);
    assert_eq!(value("x-amz-cf-id").len(), 1);
}

#[test]
fn every_4xx_and_5xx_of_the_origin_counts_as_an_error() {
    for (status, expected) in [(200, "Miss"), (304, "Miss"), (301, "Miss"), (404, "Error"), (502, "Error")] {
        let sent = relay(&uncached(), ViewerHttp::Http11, status, &[("server", "awselb/2.0")]);
        assert!(sent.contains(&("x-cache".to_owned(), format!("{expected} from cloudfront"))), "{status}");
        assert!(sent.contains(&("server".to_owned(), "awselb/2.0".to_owned())));
    }
}

#[test]
fn set_cookie_goes_only_when_the_response_can_be_cached_without_cookies() {
    let origin = [("set-cookie", "a=1"), ("set-cookie", "b=2")];
    let kept = |distribution| {
        names(&relay(&distribution, ViewerHttp::Http11, 200, &origin))
            .iter()
            .filter(|name| **name == "set-cookie")
            .count()
    };
    assert_eq!(kept(cached()), 0);
    assert_eq!(kept(uncached()), 2);
}

#[test]
fn hop_by_hop_headers_stay_behind() {
    let origin = [("keep-alive", "timeout=5"), ("trailer", "x"), ("upgrade", "h2c"), ("connection", "close")];
    let sent = relay(&uncached(), ViewerHttp::Http11, 200, &origin);
    assert_eq!(names(&sent), ["transfer-encoding", "connection", "x-cache", "via", "x-amz-cf-pop", "x-amz-cf-id"]);
    assert!(sent.contains(&("connection".to_owned(), "keep-alive".to_owned())));
}

#[test]
fn fields_named_by_the_origins_connection_header_stay_behind() {
    let origin =
        [("connection", "X-Hop, close"), ("connection", "x-other"), ("x-hop", "1"), ("x-other", "2"), ("x-end", "3")];
    let sent = relay(&uncached(), ViewerHttp::Http11, 200, &origin);
    let expected = ["transfer-encoding", "connection", "x-end", "x-cache", "via", "x-amz-cf-pop", "x-amz-cf-id"];
    assert_eq!(names(&sent), expected);
}
