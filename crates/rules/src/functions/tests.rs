use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::Grade;
use crate::outcome::{DetailedResultType, XCache};
use crate::page::Page;

const LAMBDA: Runtime = Runtime::LambdaEdge;
const FUNCTION: Runtime = Runtime::CloudFrontFunctions;

/// What the function is given.
fn given(runtime: Runtime, event: EventType) -> Value {
    let headers = [
        ("host", "www.shop.test"),
        ("cookie", "a=1; b=2"),
        ("x-real-ip", "192.0.2.1"),
        ("via", "1.1 edge"),
        ("accept-encoding", "gzip"),
    ];
    let headers: Vec<(String, String)> = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let view = RequestView {
        method: "GET",
        uri: "/a",
        query: "x=1&y=2",
        headers: &headers,
        client: std::net::Ipv4Addr::LOCALHOST.into(),
    };
    match event {
        EventType::ViewerRequest | EventType::OriginRequest => request_object(runtime, view, None),
        _ => response_object(runtime, 200, "OK", &headers),
    }
}

fn judged(runtime: Runtime, event: EventType, result: &FunctionResult) -> Result<Effect, Fault> {
    judge(Call { runtime, event, given: &given(runtime, event) }, result)
}

fn changed(runtime: Runtime, event: EventType, value: Value) -> Result<Effect, Fault> {
    judged(runtime, event, &FunctionResult::Changed(Returned { value, update_request_origin: None }))
}

fn returned(runtime: Runtime, event: EventType, value: Value) -> Result<Effect, Fault> {
    judged(runtime, event, &FunctionResult::Returned(Returned { value, update_request_origin: None }))
}

fn rule(result: Result<Effect, Fault>) -> Option<FunctionRule> {
    match result.expect_err("a fault").kind {
        FaultKind::Invalid(rule) => Some(rule),
        FaultKind::Failed(_) => None,
    }
}

fn rewritten(origin: Value) -> Result<Effect, Fault> {
    let returned = Returned { value: json!({}), update_request_origin: Some(origin) };
    judged(FUNCTION, EventType::ViewerRequest, &FunctionResult::Changed(returned))
}

use EventType::{OriginRequest, OriginResponse, ViewerRequest, ViewerResponse};

#[test]
fn what_is_returned_as_given_changes_nothing() {
    for runtime in [LAMBDA, FUNCTION] {
        for event in [ViewerRequest, OriginRequest] {
            let Ok(Effect::Request(request)) = changed(runtime, event, json!({})) else { panic!("{runtime:?}") };
            assert_eq!((request.uri, request.query, request.origin), (None, None, None));
            let names: Vec<&str> = request.headers.iter().map(|(name, _)| name.as_str()).collect();
            assert!(names.contains(&"cookie") && names.contains(&"host"), "{names:?}");
            assert!(!names.contains(&"x-real-ip"), "functions do not see it: {names:?}");
        }
        for event in [OriginResponse, ViewerResponse] {
            let Ok(Effect::Response(response)) = changed(runtime, event, json!({})) else { panic!("{runtime:?}") };
            assert_eq!((response.status, response.body), (200, None));
        }
    }
}

#[test]
fn every_rule_of_lambda_is_enforced() {
    use FunctionRule as R;
    let big = |bytes: usize| json!({ "status": "200", "body": "x".repeat(bytes) });
    let cases = [
        (ViewerRequest, json!("text"), R::Object),
        (ViewerRequest, json!([1]), R::Object),
        (ViewerRequest, json!({ "status": "200", "headers": { "a": { "value": "1" } } }), R::HeaderShape),
        (ViewerRequest, json!({ "status": "200", "headers": { "a": [{ "value": 1 }] } }), R::HeaderShape),
        (ViewerRequest, json!({ "status": "200", "headers": { "a b": [{ "value": "1" }] } }), R::HeaderText),
        (ViewerRequest, json!({ "status": "200", "headers": { "a": [{ "value": "1\r\n2" }] } }), R::HeaderText),
        (ViewerRequest, json!({ "status": "200", "headers": { "X-Cache": [{ "value": "1" }] } }), R::HeaderDisallowed),
        (OriginRequest, json!({ "status": "200", "headers": { "via": [{ "value": "1" }] } }), R::HeaderReadOnly),
        (ViewerRequest, json!({ "status": "199" }), R::Status),
        (ViewerRequest, json!({ "status": 600 }), R::Status),
        (ViewerRequest, json!({ "status": "OK" }), R::Status),
        (ViewerRequest, json!({ "headers": {} }), R::Status),
        (OriginResponse, json!({ "headers": {} }), R::Status),
        (ViewerRequest, json!({ "statusCode": 200, "body": "x" }), R::Body),
        (ViewerRequest, json!({ "status": "200", "body": { "a": 1 } }), R::Body),
        (ViewerRequest, json!({ "status": "200", "body": "!", "bodyEncoding": "base64" }), R::Body),
        (ViewerRequest, json!({ "status": "200", "body": "x", "bodyEncoding": "utf-8" }), R::Body),
        (ViewerRequest, json!({ "status": "204", "body": "" }), R::BodyWith204),
        (ViewerRequest, big(40_961), R::Size),
        (OriginRequest, big(1_048_577), R::Size),
    ];
    for (event, value, expected) in cases {
        let shown = value.to_string().chars().take(80).collect::<String>();
        assert_eq!(rule(returned(LAMBDA, event, value)), Some(expected), "{event}: {shown}");
    }
    assert!(
        returned(LAMBDA, ViewerRequest, big(40_960)).is_ok() && returned(LAMBDA, OriginRequest, big(40_961)).is_ok()
    );
}

#[test]
fn every_rule_about_requests_is_enforced() {
    use FunctionRule as R;
    let header = |name: &str, value: &str| json!({ "headers": { name: [{ "key": name, "value": value }] } });
    let cases = [
        (ViewerRequest, header("host", "other.test"), R::HeaderReadOnly),
        (ViewerRequest, json!({ "headers": { "host": null } }), R::HeaderReadOnly),
        (ViewerRequest, header("Host", "other.test"), R::HeaderReadOnly),
        (OriginRequest, header("accept-encoding", "br"), R::HeaderReadOnly),
        (ViewerRequest, header("cloudfront-viewer-country", "DE"), R::ViewerCountry),
        (ViewerRequest, header("x-amz-cf-id", "1"), R::HeaderDisallowed),
        (ViewerRequest, json!({ "method": "POST" }), R::Method),
        (ViewerRequest, json!({ "uri": "a" }), R::Uri),
        (ViewerRequest, json!({ "uri": "/a b" }), R::Uri),
        (ViewerRequest, json!({ "uri": format!("/{}", "x".repeat(8_191)) }), R::Uri),
        (ViewerRequest, json!({ "querystring": "a b" }), R::QueryString),
        (OriginRequest, json!({ "origin": {} }), R::OriginSetting),
        (OriginRequest, json!({ "origin": { "custom": { "domainName": "a.test:8443" } } }), R::OriginDomain),
        (OriginRequest, json!({ "origin": { "custom": {} } }), R::OriginDomain),
        (
            OriginRequest,
            json!({ "origin": { "custom": { "domainName": "a.test", "customHeaders": { "host": [{ "value": "b" }] } } } }),
            R::OriginHeaders,
        ),
        (OriginRequest, json!({ "origin": { "custom": { "domainName": "a.test", "port": 81 } } }), R::OriginSetting),
    ];
    for (event, changes, expected) in cases {
        assert_eq!(rule(changed(LAMBDA, event, changes.clone())), Some(expected), "{event}: {changes}");
    }
    assert!(changed(LAMBDA, OriginRequest, header("host", "other.test")).is_ok(), "writable at the origin");
}

#[test]
fn cloudfront_functions_have_rules_of_their_own() {
    use FunctionRule as R;
    let header = |name: &str| json!({ "headers": { name: { "value": "1" } } });
    let cases = [
        (ViewerResponse, header("X-Frame-Options"), R::HeaderCase),
        (ViewerResponse, json!({ "headers": { "x-a": "1" } }), R::HeaderShape),
        (ViewerResponse, header("warning"), R::HeaderReadOnly),
        (ViewerRequest, header("host"), R::HeaderReadOnly),
        (ViewerRequest, header("x-forwarded-proto"), R::HeaderDisallowed),
        (ViewerRequest, header("cloudfront-viewer-country"), R::ViewerCountry),
        (ViewerResponse, json!({ "statusCode": 700 }), R::Status),
        (ViewerRequest, json!({ "statusCode": "301" }), R::Status),
        (ViewerRequest, json!({ "querystring": "a=1" }), R::QueryString),
        (ViewerResponse, json!({ "body": { "encoding": "gzip", "data": "" } }), R::Body),
        (ViewerResponse, json!({ "body": "x".repeat(41_000) }), R::Size),
        (ViewerResponse, json!({ "statusCode": 204, "body": "x" }), R::BodyWith204),
    ];
    for (event, changes, expected) in cases {
        assert_eq!(rule(changed(FUNCTION, event, changes.clone())), Some(expected), "{event}: {changes}");
    }
    assert!(changed(FUNCTION, ViewerResponse, header("content-length")).is_ok(), "read-only for Lambda@Edge alone");
    assert_eq!(
        rule(changed(LAMBDA, ViewerResponse, json!({ "headers": { "content-length": [{ "value": "1" }] } }))),
        Some(R::HeaderReadOnly)
    );
}

#[test]
fn queries_and_cookies_of_cloudfront_functions_are_written_as_http_has_them() {
    let changes = json!({
        "uri": "/b",
        "querystring": { "y": null, "z": { "value": "3", "multiValue": [{ "value": "3" }, { "value": "4" }] } },
        "cookies": { "b": { "value": "9" } },
    });
    let Ok(Effect::Request(request)) = changed(FUNCTION, ViewerRequest, changes) else { panic!() };
    assert_eq!((request.uri.as_deref(), request.query.as_deref()), (Some("/b"), Some("x=1&z=3&z=4")));
    assert!(request.headers.contains(&("cookie".to_owned(), "a=1; b=9".to_owned())), "{:?}", request.headers);
    let cookies = json!({ "cookies": { "id": { "value": "7", "attributes": "Secure" } } });
    let Ok(Effect::Response(response)) = changed(FUNCTION, ViewerResponse, cookies) else { panic!() };
    assert!(response.headers.contains(&("set-cookie".to_owned(), "id=7; Secure".to_owned())));
}

#[test]
fn origin_changes_are_checked_and_read() {
    let names: Vec<String> = (0..21).map(|number| format!("n{number}.test")).collect();
    for (bad, expected) in [
        (json!({ "originOverrides": { "hostHeader": "a.test" } }), FunctionRule::OriginSetting),
        (json!({ "domainName": "192.0.2.1" }), FunctionRule::OriginDomain),
        (json!({ "hostHeader": "a.test:443" }), FunctionRule::OriginDomain),
        (json!({ "sni": format!("{}.test", "a.".repeat(126)) }), FunctionRule::OriginDomain),
        (json!({ "allowedCertificateNames": names }), FunctionRule::OriginSetting),
        (json!({ "allowedCertificateNames": [format!("{}.test", "a".repeat(60))] }), FunctionRule::OriginSetting),
        (json!({ "originPath": "/a/" }), FunctionRule::OriginSetting),
        (json!({ "connectionAttempts": 4 }), FunctionRule::OriginSetting),
        (json!({ "timeouts": { "readTimeout": 121 } }), FunctionRule::OriginSetting),
        (json!({ "timeouts": { "readTimeout": 9, "responseCompletionTimeout": 8 } }), FunctionRule::OriginSetting),
        (json!({ "customOriginConfig": { "port": 80, "protocol": "http" } }), FunctionRule::OriginSetting),
        (json!({ "customHeaders": { "X-A": "1" } }), FunctionRule::OriginHeaders),
        (json!({ "customHeaders": { "host": "a.test" } }), FunctionRule::OriginHeaders),
        (json!({ "originAccessControlConfig": {} }), FunctionRule::OriginSetting),
        (json!({ "mTLSConfig": "on" }), FunctionRule::OriginSetting),
        (json!("a.test"), FunctionRule::OriginSetting),
    ] {
        let result = rewritten(bad.clone());
        let page = result.as_ref().expect_err("a fault").outcome().page();
        assert_eq!((rule(result), page), (Some(expected), Some(Page::FunctionOriginRewrite)), "{bad}");
    }
    let good = json!({
        "domainName": "b.test", "hostHeader": "h.test", "sni": "s.test", "allowedCertificateNames": ["*.Test"],
        "customOriginConfig": { "port": 8080, "protocol": "http", "sslProtocols": ["TLSv1.2"] },
        "timeouts": { "connectionTimeout": 3 },
    });
    let Ok(Effect::Request(request)) = rewritten(good) else { panic!() };
    let origin = request.origin.expect("an override");
    assert_eq!(origin.sni.map(|name| name.to_string()).as_deref(), Some("s.test"));
    assert_eq!(origin.connection.map(|connection| (connection.port, connection.https)), Some((8080, false)));
    assert_eq!(origin.allowed_certificate_names, ["*.test"]);
}

#[test]
fn faults_have_their_pages_and_words() {
    let failed = |runtime, failure| {
        let fault = judged(runtime, ViewerRequest, &FunctionResult::Failed(failure)).expect_err("a fault");
        let outcome = fault.outcome();
        (outcome.page(), outcome.x_cache, outcome.detailed_result_type)
    };
    let limit = (Some(Page::LambdaInvalid), XCache::LambdaLimitExceeded, DetailedResultType::LambdaLimitExceeded);
    assert_eq!(failed(LAMBDA, Failure::Throttled), limit);
    assert_eq!(failed(LAMBDA, Failure::Timeout), limit);
    let error = (Some(Page::LambdaInvalid), XCache::LambdaExecutionError, DetailedResultType::LambdaExecutionError);
    assert_eq!(failed(LAMBDA, Failure::Error), error);
    let function = (Some(Page::FunctionInvalid), XCache::FunctionExecutionError, DetailedResultType::Error);
    assert_eq!(failed(FUNCTION, Failure::Timeout), function);
    let text = judged(LAMBDA, ViewerRequest, &FunctionResult::Unparsable("<html>".to_owned()));
    assert_eq!(text.expect_err("a fault").outcome().page(), Some(Page::LambdaJsonNotParsable));
}

#[test]
fn every_rule_has_an_id_a_source_and_a_page_for_either_runtime() {
    let ids: std::collections::BTreeSet<&str> = FunctionRule::ALL.iter().map(|rule| rule.id()).collect();
    assert_eq!(ids.len(), FunctionRule::ALL.len());
    for rule in FunctionRule::ALL {
        assert!(rule.source().starts_with("https://") && rule.grade() != Grade::Inferred, "{}", rule.id());
        for (runtime, word) in [(LAMBDA, "502-lambda-"), (FUNCTION, "502-function-")] {
            let shown = rule.shown(runtime);
            assert!(shown.page.id().starts_with(word) && shown.source.starts_with("https://"), "{}", rule.id());
        }
    }
}

fn anything() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        "[a-z-]{0,8}",
        prop::sample::select(vec![
            "status",
            "statusCode",
            "headers",
            "body",
            "bodyEncoding",
            "uri",
            "method",
            "querystring",
            "cookies",
            "origin",
            "custom",
            "domainName",
            "value",
            "multiValue",
            "host",
            "via",
            "customHeaders",
            "sslProtocols",
            "port",
        ])
        .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        prop::sample::select(vec!["200", "204", "/a", "GET", "base64", "a.test"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn nothing_that_is_returned_panics(value in anything(), origin in prop::option::of(anything())) {
        for runtime in [LAMBDA, FUNCTION] {
            for event in [ViewerRequest, OriginRequest, OriginResponse, ViewerResponse] {
                let returned = Returned { value: value.clone(), update_request_origin: origin.clone() };
                for result in [FunctionResult::Returned(returned.clone()), FunctionResult::Changed(returned)] {
                    if let Err(fault) = judged(runtime, event, &result) {
                        prop_assert!(fault.outcome().status().is_some_and(|status| status >= 502));
                        prop_assert!(!fault.evidence.is_empty());
                    }
                }
            }
        }
    }
}
