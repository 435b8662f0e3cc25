//! The samples give the expected typed values in all three envelopes.

use std::time::Duration;

use edge502_rules::distribution::{
    AcceptEncoding, CustomErrorResponse, CustomOriginConfig, Distribution, HttpVersion, IpAddressType, Origin,
    OriginKind, OriginProtocolPolicy, OriginSslProtocol, OriginSslProtocols, PathPattern, SelectionCriteria, Target,
    Ttl, ViewerProtocolPolicy,
};

use super::{FULL, MINIMAL};

const BARE: &str = include_str!("../../testdata/distribution/minimal-bare.json");
const GET_DISTRIBUTION: &str = include_str!("../../testdata/distribution/get-distribution.json");

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn sample(text: &str) -> Distribution {
    let parsed = Distribution::from_json(text).expect("the sample is a distribution");
    assert_eq!(parsed.notices, [], "nothing is noteworthy about the samples");
    parsed.distribution
}

#[test]
fn the_minimal_sample() {
    let distribution = sample(MINIMAL);
    let expected = Origin {
        id: "app".to_owned(),
        domain_name: "origin.example.com".parse().unwrap(),
        origin_path: String::new(),
        custom_headers: Vec::new(),
        connection_attempts: 3,
        connection_timeout: seconds(10),
        response_completion_timeout: None,
        origin_shield: None,
        kind: OriginKind::Custom,
        custom: CustomOriginConfig {
            http_port: 80,
            https_port: 443,
            origin_protocol_policy: OriginProtocolPolicy::HttpsOnly,
            origin_ssl_protocols: OriginSslProtocols::TLS_V1_2,
            origin_read_timeout: seconds(30),
            origin_keepalive_timeout: seconds(5),
            ip_address_type: IpAddressType::Ipv4,
            origin_mtls_config: None,
        },
    };
    assert_eq!(distribution.origins, [expected]);
    let behavior = &distribution.default_behavior;
    assert_eq!(behavior.path_pattern, PathPattern::Default);
    assert_eq!(behavior.target_origin_id, "app");
    assert_eq!(behavior.viewer_protocol_policy, ViewerProtocolPolicy::RedirectToHttps);
    assert_eq!(behavior.allowed_methods, ["HEAD", "GET"]);
    assert_eq!(behavior.cached_methods, ["HEAD", "GET"]);
    assert_eq!(behavior.cache_policy.as_ref().unwrap().managed_name, Some("CachingOptimized"));
    assert_eq!(behavior.ttl, Ttl { min: seconds(1), default: seconds(86_400), max: seconds(31_536_000) });
    assert_eq!(behavior.forwarding.accept_encoding, AcceptEncoding { gzip: true, brotli: true });
    assert!(behavior.compress && !behavior.grpc && behavior.functions.is_empty());
    assert!(!behavior.forwards_host() && !behavior.forwards_cookies() && !behavior.forwards_query());
    assert_eq!(distribution.http_version, HttpVersion::Http2);
    assert!(distribution.viewer_certificate.cloudfront_default_certificate);
    assert_eq!(distribution.viewer_certificate.ssl_support_method.as_deref(), Some("vip"));
    assert!(distribution.aliases.is_empty() && distribution.origin_groups.is_empty());
    assert!(distribution.enabled);
    assert_eq!((distribution.id, distribution.default_root_object), (None, None));
}

#[test]
fn all_three_envelopes_hold_the_same_distribution() {
    let config = sample(MINIMAL);
    assert_eq!(sample(BARE), config);
    assert_eq!(sample(&format!("\u{feff}{BARE}")), config);
    let mut whole = sample(GET_DISTRIBUTION);
    assert_eq!(whole.id.take().as_deref(), Some("EDFDVBD6EXAMPLE"));
    assert_eq!(whole.domain_name.take().as_deref(), Some("d111111abcdef8.cloudfront.net"));
    assert_eq!(whole, config);
}

#[test]
fn the_origins_of_the_full_sample() {
    let distribution = sample(FULL);
    let primary = distribution.origin("primary").unwrap();
    assert_eq!(primary.domain_name.as_str(), "origin-a.example.com");
    assert_eq!(primary.path_for("/x?y=1"), "/app/x?y=1");
    assert_eq!(primary.custom_headers, [("X-Origin-Verify".to_owned(), "not-a-real-secret".to_owned())]);
    assert_eq!((primary.connection_attempts, primary.connection_timeout), (2, seconds(4)));
    assert_eq!(primary.response_completion_timeout, Some(seconds(90)));
    assert_eq!(primary.origin_shield.as_deref(), Some("eu-central-1"));
    assert_eq!((primary.port(true), primary.port(false)), (8443, 80));
    assert_eq!(primary.custom.origin_read_timeout, seconds(60));
    assert_eq!(primary.custom.origin_keepalive_timeout, seconds(55));
    assert_eq!(primary.custom.ip_address_type, IpAddressType::Dualstack);
    let arn = "arn:aws:acm:us-east-1:111122223333:certificate/11111111-2222-3333-4444-555555555555";
    assert_eq!(primary.custom.origin_mtls_config.as_deref(), Some(arn));

    let standby = distribution.origin("standby").unwrap();
    assert_eq!(standby.custom.origin_protocol_policy, OriginProtocolPolicy::MatchViewer);
    assert_eq!(standby.custom.origin_ssl_protocols.lowest(), OriginSslProtocol::TlsV1);
    assert_eq!(standby.custom.origin_ssl_protocols.highest(), OriginSslProtocol::TlsV1_2);
    assert!(!standby.custom.origin_ssl_protocols.has_hole());
    assert_eq!(distribution.origin("ha"), None);
}

#[test]
fn the_group_of_the_full_sample() {
    let distribution = sample(FULL);
    let group = distribution.origin_group("ha").unwrap();
    assert_eq!(group.failover_status_codes.iter().copied().collect::<Vec<_>>(), [500, 502, 503, 504]);
    assert_eq!(group.selection_criteria, SelectionCriteria::Default);
    assert!(group.fails_over_on_connection_failure() && group.fails_over_on_timeout());
    assert!(!group.fails_over_on_status(404));
    let target = distribution.target(&distribution.default_behavior).unwrap();
    assert!(matches!(target, Target::Group { .. }));
    assert_eq!(target.origins().map(|origin| origin.id.as_str()).collect::<Vec<_>>(), ["primary", "standby"]);
    for (method, fails_over) in [("GET", true), ("HEAD", true), ("OPTIONS", true), ("POST", false)] {
        assert_eq!(distribution.default_behavior.fails_over(method), fails_over, "{method}");
    }
}

#[test]
fn the_behaviors_of_the_full_sample() {
    let distribution = sample(FULL);
    let api = distribution.behavior_for("/api/v1?x=/static");
    assert_eq!(api.path_pattern.to_string(), "/api/*");
    assert_eq!(api.viewer_protocol_policy, ViewerProtocolPolicy::HttpsOnly);
    assert!(matches!(distribution.target(api), Some(Target::Origin(origin)) if origin.id == "primary"));
    assert!(api.forwards_host() && api.forwards_header("authorization") && !api.forwards_header("accept"));
    assert!(api.forwards_cookies() && api.forwards_query());
    assert_eq!(api.ttl, Ttl::NONE);
    assert!(!api.caches() && api.caches_errors() && api.allows_method("PATCH"));
    assert!(!api.fails_over("OPTIONS"));

    let default = distribution.behavior_for("/other");
    assert_eq!(default.path_pattern.to_string(), "Default (*)");
    assert!(!default.forwards_host() && default.forwards_header("accept"));
    assert_eq!(default.origin_request_policy.as_ref().unwrap().managed_name, Some("AllViewerExceptHostHeader"));
    assert!(!default.allows_method("POST"));
}

#[test]
fn the_rest_of_the_full_sample() {
    let distribution = sample(FULL);
    assert_eq!(distribution.aliases, ["www.example.com", "example.com"]);
    assert_eq!(distribution.object_path("/"), "/index.html");
    assert_eq!(distribution.object_path("/?a=1"), "/index.html?a=1");
    assert_eq!(distribution.object_path("/a/"), "/a/");
    let page = CustomErrorResponse {
        error_code: 502,
        response_page_path: Some("/errors/502.html".to_owned()),
        response_code: Some(502),
        error_caching_min_ttl: seconds(5),
    };
    assert_eq!(distribution.custom_error_response(502), Some(&page));
    let plain = distribution.custom_error_response(504).unwrap();
    assert_eq!((&plain.response_page_path, plain.response_code), (&None, None));
    let ttl = |status| distribution.error_caching_min_ttl(status);
    assert_eq!((ttl(502), ttl(504), ttl(503)), (seconds(5), seconds(0), seconds(10)));
    assert_eq!(distribution.http_version, HttpVersion::Http2And3);
    assert_eq!(distribution.viewer_certificate.minimum_protocol_version.as_deref(), Some("TLSv1.2_2021"));
}

#[test]
fn defaults_fill_what_is_absent() {
    let text = r#"{
        "Origins": { "Items": [{ "Id": "o", "DomainName": "o.test",
            "CustomOriginConfig": { "OriginProtocolPolicy": "http-only" } }] },
        "DefaultCacheBehavior": { "TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": "CachingDisabled" }
    }"#;
    let distribution = sample(text);
    let origin = &distribution.origins[0];
    let console =
        CustomOriginConfig { origin_protocol_policy: OriginProtocolPolicy::HttpOnly, ..CustomOriginConfig::default() };
    assert_eq!(origin.custom, console);
    assert_eq!(origin.connection_attempts, Origin::DEFAULT_CONNECTION_ATTEMPTS);
    assert_eq!(origin.connection_timeout, Origin::DEFAULT_CONNECTION_TIMEOUT);
    assert_eq!(distribution.default_behavior.allowed_methods, ["GET", "HEAD"]);
    assert!(!distribution.default_behavior.caches() && !distribution.default_behavior.caches_errors());
    assert!(distribution.enabled && distribution.viewer_certificate.cloudfront_default_certificate);
}
