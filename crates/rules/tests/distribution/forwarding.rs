//! What reaches the origin, for every way of saying it.

use edge502_rules::distribution::{Behavior, CustomPolicies, Distribution, Policy, Selection};
use serde_json::{Value, json};

use super::{accepted, changed};

const BEHAVIOR: &str = "DistributionConfig.DefaultCacheBehavior";

fn behavior(changes: &[(&str, Value)]) -> Behavior {
    let changes: Vec<(String, Value)> =
        changes.iter().map(|(member, value)| (format!("{BEHAVIOR}.{member}"), value.clone())).collect();
    let changes: Vec<(&str, Value)> = changes.iter().map(|(path, value)| (path.as_str(), value.clone())).collect();
    accepted(&changes).distribution.default_behavior
}

#[test]
fn host_forwarding_by_policies() {
    let cases = [
        (None, "CachingOptimized", false),
        (Some("AllViewer"), "CachingDisabled", true),
        (Some("216adef6-5c7f-47e4-b989-5492eafa07d3"), "CachingDisabled", true),
        (Some("Managed-AllViewer"), "Managed-CachingDisabled", true),
        (Some("33f36d7e-f396-46d9-90e0-52428a34d9dc"), "CachingDisabled", true),
        (Some("HostHeaderOnly"), "CachingDisabled", true),
        (Some("b689b0a8-53d0-40ab-baf2-68738e2966ac"), "CachingDisabled", false),
        (Some("59781a5b-3903-41f3-afcb-af62929ccde1"), "CachingDisabled", false),
        (Some("acba4595-bd28-49b8-b9fe-13317c0390fa"), "CachingDisabled", false),
        (Some("CORS-S3Origin"), "CachingDisabled", false),
        (None, "83da9c7e-98b4-4e11-a168-04f0df8e2c65", true),
        (None, "Amplify", true),
        (Some("AllViewerExceptHostHeader"), "UseOriginCacheControlHeaders", true),
        (Some("11111111-2222-3333-4444-555555555555"), "CachingDisabled", false),
        (None, "11111111-2222-3333-4444-555555555555", false),
    ];
    for (origin_request, cache, expected) in cases {
        let behavior = behavior(&[("OriginRequestPolicyId", json!(origin_request)), ("CachePolicyId", json!(cache))]);
        assert_eq!(behavior.forwards_host(), expected, "{origin_request:?} with {cache}");
    }
}

#[test]
fn all_viewer_forwards_everything() {
    let behavior = behavior(&[("OriginRequestPolicyId", json!("AllViewer"))]);
    assert!(behavior.forwards_header("x-anything") && behavior.forwards_header("authorization"));
    assert!(behavior.forwards_cookie("session") && behavior.forwards_query_string("q"));
    assert!(behavior.forwards_cookies() && behavior.forwards_query());
}

#[test]
fn small_policies_forward_what_they_list() {
    let behavior = behavior(&[("OriginRequestPolicyId", json!("UserAgentRefererHeaders"))]);
    assert!(behavior.forwards_header("user-agent") && behavior.forwards_header("referer"));
    assert!(!behavior.forwards_header("accept") && !behavior.forwards_cookies() && !behavior.forwards_query());
}

fn legacy(values: Value) -> Behavior {
    behavior(&[("CachePolicyId", json!("")), ("ForwardedValues", values)])
}

#[test]
fn legacy_forwarded_values() {
    let headers = |names: &[&str]| legacy(json!({"Headers": {"Quantity": names.len(), "Items": names}}));
    assert!(headers(&["Host"]).forwards_host());
    assert!(headers(&["hOST", "Origin"]).forwards_host());
    assert!(!headers(&["Origin"]).forwards_host());
    assert!(headers(&["Origin"]).forwards_header("origin"));
    let all = headers(&["*"]);
    assert!(all.forwards_host() && all.forwards_header("x-any") && !all.caches() && all.caches_errors());
    assert!(!legacy(json!({})).forwards_host() && legacy(json!({})).caches());

    let cookies =
        legacy(json!({"Cookies": {"Forward": "whitelist", "WhitelistedNames": {"Quantity": 1, "Items": ["s_*"]}}}));
    assert!(cookies.forwards_cookie("s_1") && !cookies.forwards_cookie("t") && cookies.forwards_cookies());
    assert!(!legacy(json!({"Cookies": {"Forward": "none"}})).forwards_cookies());
    let query = legacy(json!({"QueryString": true, "QueryStringCacheKeys": {"Quantity": 1, "Items": ["a"]}}));
    assert!(query.forwards_query_string("b"));
}

#[test]
fn custom_policies_can_be_supplied() {
    let policies = CustomPolicies::default()
        .with("mine", Policy { headers: Selection::only(["HOST"]), ..Policy::default() })
        .with("cache-mine", Policy { max_ttl: Some(0), gzip: true, ..Policy::default() });
    let document = changed(&[
        ("DistributionConfig.DefaultCacheBehavior.OriginRequestPolicyId", json!("mine")),
        ("DistributionConfig.DefaultCacheBehavior.CachePolicyId", json!("cache-mine")),
    ]);
    let parsed = Distribution::from_json_with(&document.to_string(), &policies).unwrap();
    assert_eq!(parsed.notices, []);
    let behavior = &parsed.distribution.default_behavior;
    assert!(behavior.forwards_host() && !behavior.caches() && behavior.forwarding.accept_encoding.gzip);
    assert_eq!(behavior.origin_request_policy.as_ref().unwrap().managed_name, None);
}

#[test]
fn the_first_matching_pattern_wins_and_the_default_is_last() {
    let item = |pattern: &str| json!({"PathPattern": pattern, "TargetOriginId": "app", "ViewerProtocolPolicy": "https-only", "CachePolicyId": "CachingDisabled"});
    let list = json!({"Items": [item("images/special/*.jpg"), item("/images/*"), item("*.jpg")]});
    let distribution = accepted(&[("DistributionConfig.CacheBehaviors", list)]).distribution;
    let cases = [
        ("/images/special/a.jpg", "images/special/*.jpg"),
        ("/images/special/a.png", "/images/*"),
        ("/images/a.jpg", "/images/*"),
        ("/other/../images/a.jpg", "/images/*"),
        ("/a.jpg?x=1", "*.jpg"),
        ("/a.JPG", "Default (*)"),
        ("/", "Default (*)"),
    ];
    for (path, expected) in cases {
        assert_eq!(distribution.behavior_for(path).path_pattern.to_string(), expected, "{path}");
    }
    let tried_last = distribution.all_behaviors().last().unwrap();
    assert_eq!(tried_last.path_pattern.to_string(), "Default (*)");
}
