use time::macros::datetime;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-01-21 22:18:35 UTC);

fn with<T>(http: ViewerHttp, keep_alive: bool, run: impl FnOnce(ResponseContext<'_>) -> T) -> T {
    let host = 0x670a_338b_1306_6689_f353_46a8_4342_6e26_u128.to_be_bytes();
    let edge = EdgeServer::from_bytes(host, "HEL51-P6");
    let request_id = "5u_xeJLSMl-opJROBruHUM2M-h_HqFI380v-adX7kX40kGl4cyPEAQ==".parse().unwrap();
    run(ResponseContext { http, keep_alive, edge: &edge, request_id: &request_id })
}

fn lines(head: &ResponseHead) -> Vec<String> {
    head.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect()
}

#[test]
fn edge_page_on_http_1_1() {
    let head = with(ViewerHttp::Http11, true, |e| e.error_head(Page::Forbidden, XCache::Error, NOW, None));
    assert_eq!((head.status, head.reason()), (403, "Forbidden"));
    assert_eq!(
        lines(&head),
        [
            "Server: CloudFront",
            "Date: Wed, 21 Jan 2026 22:18:35 GMT",
            "Content-Type: text/html",
            "Content-Length: 915",
            "Connection: keep-alive",
            "X-Cache: Error from cloudfront",
            "Via: 1.1 670a338b13066689f35346a843426e26.cloudfront.net (CloudFront)",
            "X-Amz-Cf-Pop: HEL51-P6",
            "X-Amz-Cf-Id: 5u_xeJLSMl-opJROBruHUM2M-h_HqFI380v-adX7kX40kGl4cyPEAQ==",
        ]
    );
}

/// The transcript in <https://github.com/caddyserver/caddy/issues/7445>.
#[test]
fn page_of_2026_on_http_2() {
    let head = with(ViewerHttp::Http2, true, |e| e.error_head(Page::Http3Server502, XCache::Error, NOW, None));
    assert_eq!(head.status, 502);
    assert_eq!(
        lines(&head),
        [
            "content-type: text/html",
            "content-length: 937",
            "date: Wed, 21 Jan 2026 22:18:35 GMT",
            "x-cache: Error from cloudfront",
            "via: 1.1 670a338b13066689f35346a843426e26.cloudfront.net (CloudFront)",
            "x-amz-cf-pop: HEL51-P6",
            "x-amz-cf-id: 5u_xeJLSMl-opJROBruHUM2M-h_HqFI380v-adX7kX40kGl4cyPEAQ==",
        ]
    );
}

fn names(head: &ResponseHead) -> Vec<&'static str> {
    head.headers.iter().map(|(name, _)| *name).collect()
}

#[test]
fn page_of_2026_on_http_1_1_has_a_lower_case_date_after_connection() {
    let head = with(ViewerHttp::Http11, true, |e| e.error_head(Page::Http3Server504, XCache::Error, NOW, Some(3)));
    assert_eq!((head.status, head.reason()), (504, "Gateway Timeout"));
    assert_eq!(
        names(&head),
        [
            "Content-Type",
            "Content-Length",
            "Connection",
            "date",
            "X-Cache",
            "Via",
            "X-Amz-Cf-Pop",
            "X-Amz-Cf-Id",
            "Age"
        ]
    );
}

#[test]
fn edge_page_on_http_2() {
    let head = with(ViewerHttp::Http2, false, |e| e.error_head(Page::Connect, XCache::Error, NOW, Some(213)));
    assert_eq!(
        names(&head),
        ["server", "date", "content-type", "content-length", "x-cache", "via", "x-amz-cf-pop", "x-amz-cf-id", "age"]
    );
    assert_eq!(head.header("Age"), Some("213"));
}

#[test]
fn connection_says_what_happens_next() {
    for (http, keep_alive, expected) in [
        (ViewerHttp::Http10, false, Some("close")),
        (ViewerHttp::Http10, true, Some("keep-alive")),
        (ViewerHttp::Http11, false, Some("close")),
        (ViewerHttp::Http2, false, None),
    ] {
        let head = with(http, keep_alive, |e| e.error_head(Page::Dns, XCache::Error, NOW, None));
        assert_eq!(head.header("connection"), expected, "{http}");
    }
}

#[test]
fn redirect_has_location_before_x_cache() {
    let redirect = |e: ResponseContext<'_>| e.redirect_head(Page::MovedPermanently, "https://www.shop.test/a?b", NOW);
    let head = with(ViewerHttp::Http11, true, redirect);
    assert_eq!((head.status, head.reason()), (301, "Moved Permanently"));
    assert_eq!(
        names(&head),
        [
            "Server",
            "Date",
            "Content-Type",
            "Content-Length",
            "Connection",
            "Location",
            "X-Cache",
            "Via",
            "X-Amz-Cf-Pop",
            "X-Amz-Cf-Id"
        ]
    );
    assert_eq!(head.header("content-length"), Some("167"));
    assert_eq!(head.header("location"), Some("https://www.shop.test/a?b"));
    assert_eq!(head.header("x-cache"), Some("Redirect from cloudfront"));
}

#[test]
fn relayed_responses_get_the_same_tail() {
    let added = |http, age| with(http, true, |e| e.appended_headers(XCache::Hit, age));
    let names = |headers: Vec<(&'static str, String)>| headers.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(added(ViewerHttp::Http11, None)), ["X-Cache", "Via", "X-Amz-Cf-Pop", "X-Amz-Cf-Id"]);
    assert_eq!(names(added(ViewerHttp::Http2, Some(1))), ["x-cache", "via", "x-amz-cf-pop", "x-amz-cf-id", "age"]);
}

#[test]
fn http_2_is_the_order_of_http_1_in_lower_case() {
    for page in Page::ALL {
        let head = |http| with(http, true, |e| e.error_head(*page, XCache::Error, NOW, Some(1)));
        let mut expected: Vec<String> =
            names(&head(ViewerHttp::Http11)).iter().map(|name| name.to_lowercase()).collect();
        expected.retain(|name| name != "connection");
        assert_eq!(names(&head(ViewerHttp::Http2)), expected, "{page}");
    }
}

#[test]
fn every_page_has_a_reason_phrase() {
    for page in Page::ALL {
        assert_ne!(reason_phrase(page.status()), "", "{page}");
    }
    assert_eq!(reason_phrase(200), "");
}

#[test]
fn dates_are_utc_with_two_digit_days() {
    assert_eq!(http_date(datetime!(2026-03-08 01:42:39 UTC)), "Sun, 08 Mar 2026 01:42:39 GMT");
    assert_eq!(http_date(datetime!(2026-03-08 00:42:39 -1)), "Sun, 08 Mar 2026 01:42:39 GMT");
}

#[test]
fn via_differs_by_direction() {
    let edge = EdgeServer::from_bytes([0; 16], "FRA56-P1");
    let host = "0".repeat(32);
    assert_eq!(edge.via_to_viewer(), format!("1.1 {host}.cloudfront.net (CloudFront)"));
    assert_eq!(edge.via_to_origin(ViewerHttp::Http2), format!("2.0 {host}.cloudfront.net (CloudFront)"));
}
