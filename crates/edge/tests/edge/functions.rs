//! Edge functions seen from outside: what reaches the origin, what the viewer gets.

use std::net::SocketAddr;

use edge502_edge::{Edge, Overrides};
use edge502_rules::Cause;
use edge502_rules::distribution::{EventType, FunctionAssociation};
use edge502_rules::functions::{Failure, FunctionResult, Returned};
use edge502_rules::page::Page;
use serde_json::{Value, json};

use crate::support::*;

/// A function's event, whether it is Lambda@Edge, and what it returns.
type Function = (EventType, bool, FunctionResult);

const LAMBDA: bool = true;
const CLOUDFRONT: bool = false;

fn changes(value: Value) -> FunctionResult {
    FunctionResult::Changed(Returned { value, update_request_origin: None })
}

fn rewrites(origin: Value) -> FunctionResult {
    FunctionResult::Changed(Returned { value: json!({}), update_request_origin: Some(origin) })
}

fn returns(value: Value) -> FunctionResult {
    FunctionResult::Returned(Returned { value, update_request_origin: None })
}

async fn edge_with_functions(origin: SocketAddr, functions: impl IntoIterator<Item = Function>) -> Edge {
    let mut config = config(origin);
    for (event_type, is_lambda, result) in functions {
        let arn = format!("arn:test:{event_type}");
        let association = FunctionAssociation { event_type, arn: arn.clone(), is_lambda, include_body: false };
        config.distribution.default_behavior.functions.push(association);
        config.functions.insert(arn, result);
    }
    config.overrides = config.overrides.with("other.test", 80, origin).with("other.test", 8080, origin);
    Edge::start(config).await.unwrap()
}

const OK: &str = "HTTP/1.1 200 OK\r\nServer: stub\r\nX-Kept: 1\r\nContent-Length: 2\r\n\r\nok";

fn has_line(head: &str, line: &str) -> bool {
    head.lines().any(|found| found.eq_ignore_ascii_case(line))
}

#[tokio::test]
async fn a_viewer_request_function_changes_path_query_and_headers() {
    let origin = Stub::answering(OK).await;
    let change = json!({ "uri": "/b", "headers": { "cache-control": { "value": "no-cache" }, "pragma": null } });
    let edge = edge_with_functions(origin.address, [(EventType::ViewerRequest, CLOUDFRONT, changes(change))]).await;
    let request = "GET /a?x=1 HTTP/1.1\r\nHost: www.shop.test\r\nPragma: old\r\nConnection: close\r\n\r\n";
    assert_eq!(status(&once(&edge, request).await), 200);
    let seen = &origin.requests()[0];
    assert!(
        seen.starts_with("GET /b HTTP/1.1\r\nhost: origin.test")
            || seen.starts_with("GET /b HTTP/1.1\r\nHost: origin.test"),
        "{seen}"
    );
    assert!(has_line(seen, "cache-control: no-cache") && !seen.to_lowercase().contains("pragma"), "{seen}");
    edge.shutdown().await;
}

#[tokio::test]
async fn lambda_changes_what_the_origin_is_asked_and_which_one() {
    let origin = Stub::answering(OK).await;
    let change = json!({
        "uri": "/b", "querystring": "q=2",
        "headers": { "x-new": [{ "value": "1" }], "host": [{ "value": "h.test" }] },
        "origin": { "custom": { "domainName": "other.test", "port": 8080, "path": "/app", "customHeaders": { "x-own": [{ "value": "2" }] } } },
    });
    let edge = edge_with_functions(origin.address, [(EventType::OriginRequest, LAMBDA, changes(change))]).await;
    assert_eq!(status(&once(&edge, &get("/a")).await), 200);
    let seen = &origin.requests()[0];
    assert!(seen.starts_with("GET /app/b?q=2 HTTP/1.1\r\n"), "{seen}");
    for line in ["host: h.test", "x-new: 1", "x-own: 2", "connection: keep-alive", "user-agent: Amazon CloudFront"] {
        assert!(has_line(seen, line), "{line} in {seen}");
    }
    assert!(seen.to_lowercase().contains("x-amz-cf-id: "), "hidden from the function, and still there: {seen}");
    edge.shutdown().await;
}

#[tokio::test]
async fn a_rewritten_origin_gets_host_and_port_of_the_call() {
    let origin = Stub::answering(OK).await;
    let rewrite = json!({
        "domainName": "other.test", "hostHeader": "h.test", "originPath": "/p",
        "customOriginConfig": { "port": 8080, "protocol": "http", "sslProtocols": ["TLSv1.2"] },
    });
    let edge = edge_with_functions(origin.address, [(EventType::ViewerRequest, CLOUDFRONT, rewrites(rewrite))]).await;
    assert_eq!(status(&once(&edge, &get("/a")).await), 200);
    let seen = &origin.requests()[0];
    assert!(seen.starts_with("GET /p/a HTTP/1.1\r\n") && has_line(seen, "host: h.test"), "{seen}");
    edge.shutdown().await;
}

#[tokio::test]
async fn a_generated_response_is_sent_without_asking_the_origin() {
    let origin = Stub::answering(OK).await;
    let made = json!({ "statusCode": 302, "headers": { "location": { "value": "https://x.test/" } } });
    let edge = edge_with_functions(origin.address, [(EventType::ViewerRequest, CLOUDFRONT, returns(made))]).await;
    let mut events = edge.events();
    let response = once(&edge, &get("/a")).await;
    let head = "HTTP/1.1 302 Found\r\nServer: CloudFront\r\nDate: Sun, 08 Mar 2026 01:42:39 GMT\r\n";
    assert!(response.starts_with(head) && has_line(&response, "content-length: 0"), "{response}");
    assert!(has_line(&response, "x-cache: FunctionGeneratedResponse from cloudfront"), "{response}");
    assert!(has_line(&response, "location: https://x.test/") && response.ends_with("\r\n\r\n"), "{response}");
    assert_eq!((origin.connections(), next(&mut events).await.cause), (0, None));
    edge.shutdown().await;
}

#[tokio::test]
async fn response_functions_change_status_headers_and_body() {
    let origin = Stub::answering(OK).await;
    let changed =
        json!({ "status": "404", "body": "gone away", "headers": { "x-kept": null, "x-new": [{ "value": "1" }] } });
    let edge = edge_with_functions(origin.address, [(EventType::OriginResponse, LAMBDA, changes(changed))]).await;
    let response = once(&edge, &get("/a")).await;
    assert!(status(&response) == 404 && response.ends_with("\r\n\r\ngone away"), "{response}");
    assert!(has_line(&response, "content-length: 9") && has_line(&response, "x-new: 1"), "{response}");
    assert!(has_line(&response, "server: stub") && !response.to_lowercase().contains("x-kept"), "{response}");
    edge.shutdown().await;
}

#[tokio::test]
async fn a_response_made_bodiless_is_complete() {
    let origin = Stub::answering(OK).await;
    let functions = [(EventType::ViewerResponse, CLOUDFRONT, changes(json!({ "statusCode": 204 })))];
    let edge = edge_with_functions(origin.address, functions).await;
    let mut events = edge.events();
    let response = once(&edge, &get("/a")).await;
    assert!(status(&response) == 204 && response.ends_with("\r\n\r\n"), "{response}");
    let exchange = next(&mut events).await;
    assert_eq!(exchange.log.x_edge_detailed_result_type.as_str(), "Miss");
    edge.shutdown().await;
}

#[tokio::test]
async fn viewer_response_functions_do_not_see_errors_of_the_origin_and_origin_response_functions_do() {
    let origin = Stub::answering("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await;
    let failing = || FunctionResult::Failed(Failure::Error);
    for (event, expected) in [(EventType::ViewerResponse, 404), (EventType::OriginResponse, 503)] {
        let edge = edge_with_functions(origin.address, [(event, LAMBDA, failing())]).await;
        assert_eq!(status(&once(&edge, &get("/a")).await), expected, "{event}");
        edge.shutdown().await;
    }
}

#[tokio::test]
async fn a_broken_rule_has_its_own_page_and_words() {
    let origin = Stub::answering(OK).await;
    let change = json!({ "headers": { "host": [{ "value": "h.test" }] } });
    let edge = edge_with_functions(origin.address, [(EventType::ViewerRequest, LAMBDA, changes(change))]).await;
    let mut events = edge.events();
    let response = once(&edge, &get("/a")).await;
    let page = String::from_utf8(Page::LambdaReadOnlyHeader.bytes(&ID.parse().unwrap())).unwrap();
    assert!(status(&response) == 502 && response.ends_with(&page), "{response}");
    assert!(has_line(&response, "x-cache: LambdaValidationError from cloudfront"), "{response}");
    let exchange = next(&mut events).await;
    assert_eq!((exchange.cause, origin.connections()), (Some(Cause::LambdaResponseInvalid), 0));
    let evidence = exchange.failure.as_ref().unwrap().evidence.clone();
    assert!(evidence.contains("host was changed in a viewer-request event"), "{evidence}");
    edge.shutdown().await;
}

#[tokio::test]
async fn an_origin_that_does_not_resolve_keeps_its_function_from_running() {
    let origin = Stub::answering(OK).await;
    let made = returns(json!({ "status": "200" }));
    let edge = edge_with_functions(origin.address, [(EventType::OriginRequest, LAMBDA, made)]).await;
    assert_eq!(status(&once(&edge, &get("/a")).await), 200);
    edge.set_overrides(Overrides::new());
    let mut events = edge.events();
    assert_eq!(status(&once(&edge, &get("/a")).await), 502);
    let cause = next(&mut events).await.cause.unwrap();
    assert!(cause.id().starts_with("dns-"), "{cause}");
    edge.shutdown().await;
}

#[tokio::test]
async fn results_can_be_exchanged_and_a_function_without_one_changes_nothing() {
    let origin = Stub::answering(OK).await;
    let failing = FunctionResult::Failed(Failure::Throttled);
    let edge = edge_with_functions(origin.address, [(EventType::ViewerRequest, LAMBDA, failing)]).await;
    assert_eq!(status(&once(&edge, &get("/a")).await), 503);
    edge.set_functions(std::collections::HashMap::new());
    assert_eq!(status(&once(&edge, &get("/a")).await), 200);
    edge.shutdown().await;
}
