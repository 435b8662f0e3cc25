//! What is accepted but cannot work, is unknown or surprises leaves a notice, and keeps its value.

use std::time::Duration;

use edge502_rules::Grade;
use edge502_rules::distribution::OriginKind;
use serde_json::{Value, json};

use super::{accepted, notice_at};

/// Changes one member below `DistributionConfig` and expects one notice there, or at another place of the config.
#[track_caller]
fn expect(member: &str, value: Value, at: &str, grade: Grade, message: &str) {
    let parsed = accepted(&[(&format!("DistributionConfig.{member}"), value)]);
    let notice = notice_at(&parsed, &format!("DistributionConfig.{at}"));
    assert!(notice.message.contains(message), "{notice}");
    assert_eq!(notice.grade, grade, "{notice}");
    assert!(notice.source.starts_with("https://") && !notice.remedy.is_empty(), "{notice:?}");
    assert!(notice.to_string().starts_with("DistributionConfig."));
}

#[track_caller]
fn expect_origin(member: &str, value: Value, at: &str, grade: Grade, message: &str) {
    expect(&format!("Origins.Items.0.{member}"), value, &format!("Origins.Items[0].{at}"), grade, message);
}

#[track_caller]
fn expect_custom(member: &str, value: Value, grade: Grade, message: &str) {
    expect_origin(
        &format!("CustomOriginConfig.{member}"),
        value,
        &format!("CustomOriginConfig.{member}"),
        grade,
        message,
    );
}

#[test]
fn ports_cloudfront_refuses() {
    expect_custom("HTTPSPort", json!(444), Grade::Documented, "port 444 is refused");
    expect_custom("HTTPPort", json!(1023), Grade::Documented, "80, 443 or 1024 to 65535");
    let parsed = accepted(&[("DistributionConfig.Origins.Items.0.CustomOriginConfig.HTTPSPort", json!(444))]);
    assert_eq!(parsed.distribution.origins[0].custom.https_port, 444);
    for port in [80, 443, 1024, 65_535] {
        let parsed = accepted(&[("DistributionConfig.Origins.Items.0.CustomOriginConfig.HTTPSPort", json!(port))]);
        assert_eq!(parsed.notices, []);
    }
}

#[test]
fn protocol_lists() {
    let list = |items: &[&str]| json!({"Quantity": items.len(), "Items": items});
    expect_custom("OriginSslProtocols", list(&["TLSv1", "TLSv1.2"]), Grade::AwsSource, "leaves a version out");
    expect_custom("OriginSslProtocols", list(&["TLSv1", "TLSv1.1"]), Grade::Observed, "only TLSv1, TLSv1.1 is listed");
    let all = list(&["SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2"]);
    expect_custom("OriginSslProtocols", all, Grade::Documented, "SSLv3 handshakes only");
    expect_custom("OriginSslProtocols", Value::Null, Grade::Observed, "not listed");
    let parsed = accepted(&[
        ("DistributionConfig.Origins.Items.0.CustomOriginConfig.OriginSslProtocols", list(&["SSLv3"])),
        ("DistributionConfig.Origins.Items.0.CustomOriginConfig.OriginProtocolPolicy", json!("http-only")),
    ]);
    assert_eq!(parsed.notices, [], "the list does not matter without TLS");
}

#[test]
fn timeouts_out_of_range() {
    expect_custom("OriginReadTimeout", json!(180), Grade::Documented, "180 is outside CloudFront's 1 to 120 seconds");
    expect_custom("OriginKeepaliveTimeout", json!(301), Grade::Documented, "1 to 300 seconds");
    expect_custom("OriginKeepaliveTimeout", json!(0), Grade::Documented, "1 to 300 seconds");
    let at = "ConnectionTimeout";
    expect_origin(at, json!(11), at, Grade::Documented, "11 is outside CloudFront's 1 to 10 seconds");
    let at = "ConnectionAttempts";
    expect_origin(at, json!(4), at, Grade::Documented, "4 is outside CloudFront's 1 to 3 attempts");
    let at = "ResponseCompletionTimeout";
    expect_origin(at, json!(29), at, Grade::Documented, "29 s is less than the OriginReadTimeout of 30 s");
    let parsed = accepted(&[("DistributionConfig.Origins.Items.0.CustomOriginConfig.OriginReadTimeout", json!(180))]);
    assert_eq!(parsed.distribution.origins[0].custom.origin_read_timeout, Duration::from_mins(3), "kept, not clamped");
}

#[test]
fn quantities_that_differ() {
    expect(
        "Aliases",
        json!({"Quantity": 2, "Items": ["a.test"]}),
        "Aliases.Quantity",
        Grade::Documented,
        "there are 1 items",
    );
    expect("Aliases", json!({"Quantity": -1}), "Aliases.Quantity", Grade::Documented, "Quantity says -1");
    let parsed = accepted(&[("DistributionConfig.Aliases", json!({"Items": ["a.test"]}))]);
    assert_eq!((parsed.distribution.aliases, parsed.notices), (vec!["a.test".to_owned()], vec![]));
}

#[test]
fn unknown_and_combined_policies() {
    let at = "DefaultCacheBehavior.OriginRequestPolicyId";
    expect(at, json!("my-policy"), at, Grade::Inferred, "Host is taken as not forwarded");
    let at = "DefaultCacheBehavior.CachePolicyId";
    expect(at, json!("my-policy"), at, Grade::Inferred, "my-policy is not a managed policy");
    expect(at, Value::Null, at, Grade::Documented, "neither a cache policy nor ForwardedValues");
    let at = "DefaultCacheBehavior.ForwardedValues";
    expect(at, json!({"QueryString": true}), at, Grade::Documented, "stands beside CachePolicyId");
    let behavior = "DistributionConfig.DefaultCacheBehavior";
    let parsed = accepted(&[
        (&format!("{behavior}.CachePolicyId"), json!("UseOriginCacheControlHeaders")),
        (&format!("{behavior}.OriginRequestPolicyId"), json!("AllViewerExceptHostHeader")),
    ]);
    assert!(
        notice_at(&parsed, &format!("{behavior}.OriginRequestPolicyId")).message.contains("Host is taken as forwarded")
    );
    let parsed = accepted(&[
        (&format!("{behavior}.CachePolicyId"), Value::Null),
        (&format!("{behavior}.ForwardedValues"), json!({"QueryString": false})),
        (&format!("{behavior}.OriginRequestPolicyId"), json!("AllViewer")),
    ]);
    assert!(notice_at(&parsed, &format!("{behavior}.OriginRequestPolicyId")).message.contains("needs a cache policy"));
    assert!(parsed.distribution.default_behavior.forwards_host());
}

#[test]
fn match_viewer_with_http_viewers() {
    let policy = "DistributionConfig.Origins.Items.0.CustomOriginConfig.OriginProtocolPolicy";
    let viewer = "DistributionConfig.DefaultCacheBehavior.ViewerProtocolPolicy";
    let parsed = accepted(&[(policy, json!("match-viewer")), (viewer, json!("allow-all"))]);
    let notice = notice_at(&parsed, "DistributionConfig.Origins.Items[0].CustomOriginConfig.OriginProtocolPolicy");
    assert!(notice.message.contains("breaks the site for HTTPS viewers only"), "{notice}");
    assert_eq!(accepted(&[(policy, json!("match-viewer"))]).notices, [], "HTTP viewers are redirected");
    assert_eq!(accepted(&[(viewer, json!("allow-all"))]).notices, [], "the origin is https-only");
}

#[test]
fn custom_headers() {
    let header = |name: &str, value: &str| json!({"HeaderName": name, "HeaderValue": value});
    let list = |items: Vec<Value>| json!({"Quantity": items.len(), "Items": items});
    let name_at = "CustomHeaders.Items[0].HeaderName";
    let value_at = "CustomHeaders.Items[0].HeaderValue";
    let documented = Grade::Documented;
    for name in ["Host", "x-amz-foo", "Via"] {
        expect_origin(
            "CustomHeaders",
            list(vec![header(name, "x")]),
            name_at,
            documented,
            "is not allowed as a custom header",
        );
    }
    let long_name = header(&"x".repeat(257), "x");
    expect_origin("CustomHeaders", list(vec![long_name]), name_at, documented, "longer than 256");
    let long_value = header("X-A", &"x".repeat(1784));
    expect_origin("CustomHeaders", list(vec![long_value]), value_at, documented, "longer than 1783");
    let many = (0..31).map(|index| header(&format!("X-{index}"), "x")).collect();
    expect_origin("CustomHeaders", list(many), "CustomHeaders", documented, "31 custom headers, more than the 30");
    let heavy = (0..7).map(|index| header(&format!("X-{index}"), &"x".repeat(1783))).collect();
    expect_origin("CustomHeaders", list(heavy), "CustomHeaders", documented, "more than the 10240 allowed");
    let fine = list(vec![header("X-Origin-Verify", &"x".repeat(1783))]);
    assert_eq!(accepted(&[("DistributionConfig.Origins.Items.0.CustomHeaders", fine)]).notices, []);
}

#[test]
fn origin_paths() {
    expect_origin("OriginPath", json!("app"), "OriginPath", Grade::Documented, "does not begin with /");
    expect_origin("OriginPath", json!("/app/"), "OriginPath", Grade::Documented, "ends with /");
    let long = format!("/{}", "x".repeat(255));
    expect_origin("OriginPath", json!(long), "OriginPath", Grade::Documented, "longer than 255");
}

#[test]
fn kinds_of_origin() {
    let s3 = json!({"Id": "app", "DomainName": "b.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}});
    expect("Origins.Items.0", s3.clone(), "Origins.Items[0].S3OriginConfig", Grade::Documented, "an S3 origin");
    let vpc = json!({"Id": "app", "DomainName": "b.test", "VpcOriginConfig": {"VpcOriginId": "vo_1", "OriginReadTimeout": 60}});
    expect("Origins.Items.0", vpc.clone(), "Origins.Items[0].VpcOriginConfig", Grade::Documented, "a VPC origin");
    let parsed = accepted(&[("DistributionConfig.Origins.Items.0", vpc)]);
    assert_eq!(parsed.distribution.origins[0].custom.origin_read_timeout, Duration::from_mins(1));
    assert_eq!(parsed.distribution.origins[0].kind, OriginKind::Vpc);
    expect_origin("S3OriginConfig", json!({}), "CustomOriginConfig", Grade::Documented, "exactly one");
    let website = json!("b.s3-website-us-east-1.amazonaws.com");
    let at = "CustomOriginConfig.OriginProtocolPolicy";
    expect_origin("DomainName", website, at, Grade::Documented, "speaks HTTP only");
}

#[test]
fn client_certificates() {
    let arn = |region: &str| json!({"ClientCertificateArn": format!("arn:aws:acm:{region}:1:certificate/1")});
    let at = "CustomOriginConfig.OriginMtlsConfig.ClientCertificateArn";
    expect_origin("CustomOriginConfig.OriginMtlsConfig", arn("eu-west-1"), at, Grade::Documented, "us-east-1");
    expect_origin("OriginMtlsConfig", arn("us-east-1"), "OriginMtlsConfig", Grade::Documented, "does not read it");
    let parsed = accepted(&[
        ("DistributionConfig.Origins.Items.0.CustomOriginConfig.OriginMtlsConfig", arn("us-east-1")),
        ("DistributionConfig.Origins.Items.0.CustomOriginConfig.OriginProtocolPolicy", json!("http-only")),
    ]);
    let notice = notice_at(&parsed, &format!("DistributionConfig.Origins.Items[0].{at}"));
    assert!(notice.message.contains("never presented"), "{notice}");
}

#[test]
fn origin_shield_without_region() {
    let at = "OriginShield.OriginShieldRegion";
    expect_origin("OriginShield", json!({"Enabled": true}), at, Grade::Documented, "without a region");
}

#[test]
fn failover_criteria() {
    let group = |members: [&str; 2], codes: &[u16]| {
        let members: Vec<Value> = members.iter().map(|id| json!({"OriginId": id})).collect();
        json!({"Quantity": 1, "Items": [{"Id": "g", "Members": {"Quantity": 2, "Items": members},
            "FailoverCriteria": {"StatusCodes": {"Quantity": codes.len(), "Items": codes}}}]})
    };
    let codes_at = "OriginGroups.Items[0].FailoverCriteria.StatusCodes";
    let app = ["app", "app"];
    expect("OriginGroups", group(app, &[502, 504]), codes_at, Grade::Inferred, "502 is selected without 503");
    expect("OriginGroups", group(app, &[503]), codes_at, Grade::Inferred, "503 is selected without 502");
    expect("OriginGroups", group(app, &[]), codes_at, Grade::Documented, "never fails over");
    let item_at = format!("{codes_at}.Items[0]");
    expect("OriginGroups", group(app, &[501]), &item_at, Grade::Documented, "501 cannot be selected");
    expect("OriginGroups", group(app, &[500]), "OriginGroups.Items[0].Members", Grade::Documented, "that just failed");
}

#[test]
fn methods_and_functions() {
    let methods = json!({"Quantity": 1, "Items": ["GET"]});
    let at = "DefaultCacheBehavior.AllowedMethods";
    expect(at, methods, &format!("{at}.Items"), Grade::Documented, "GET is not a set CloudFront takes");
    let at = "DefaultCacheBehavior.FunctionAssociations";
    let function = json!({"Quantity": 1, "Items": [{"EventType": "origin-request", "FunctionARN": "arn:aws:cloudfront::1:function/f"}]});
    expect(at, function, &format!("{at}.Items[0].EventType"), Grade::Documented, "cannot run at origin-request");
    let lambda = json!({"Quantity": 1, "Items": [{"EventType": "origin-request", "IncludeBody": true,
        "LambdaFunctionARN": "arn:aws:lambda:us-east-1:1:function:f:1"}]});
    let parsed = accepted(&[("DistributionConfig.DefaultCacheBehavior.LambdaFunctionAssociations", lambda)]);
    let function = &parsed.distribution.default_behavior.functions[0];
    assert!(function.is_lambda && function.include_body && parsed.notices.is_empty());
}

#[test]
fn error_responses() {
    let list = |item: Value| json!({"Quantity": 1, "Items": [item]});
    let at = "CustomErrorResponses.Items[0]";
    let member = "CustomErrorResponses";
    let documented = Grade::Documented;
    expect(
        member,
        list(json!({"ErrorCode": 429})),
        &format!("{at}.ErrorCode"),
        documented,
        "no custom error response for 429",
    );
    let only_page = json!({"ErrorCode": 502, "ResponsePagePath": "/x"});
    expect(member, list(only_page), at, documented, "work only together");
    let relative = json!({"ErrorCode": 502, "ResponsePagePath": "x", "ResponseCode": "200"});
    expect(member, list(relative), &format!("{at}.ResponsePagePath"), documented, "does not begin with /");
    let teapot = json!({"ErrorCode": 502, "ResponsePagePath": "/x", "ResponseCode": "418"});
    expect(member, list(teapot), &format!("{at}.ResponseCode"), documented, "418");
    let twice = json!({"Quantity": 2, "Items": [{"ErrorCode": 502}, {"ErrorCode": 502}]});
    expect(member, twice, "CustomErrorResponses.Items[1].ErrorCode", documented, "already");
}

#[test]
fn the_distribution_itself() {
    let documented = Grade::Documented;
    expect("Enabled", json!(false), "Enabled", documented, "disabled");
    expect("DefaultRootObject", json!("/index.html"), "DefaultRootObject", documented, "begins with /");
    let at = "ViewerCertificate.MinimumProtocolVersion";
    expect(at, json!("TLSv1.4_2030"), at, documented, "does not matter for origins");
    let parsed = accepted(&[
        ("DistributionConfig.ContinuousDeploymentPolicyId", json!("policy")),
        ("DistributionConfig.Origins.Items.0.ResponseCompletionTimeout", json!(60)),
    ]);
    let notice = notice_at(&parsed, "DistributionConfig.Origins.Items[0].ResponseCompletionTimeout");
    assert!(notice.message.contains("continuous deployment"), "{notice}");
}

#[test]
fn patterns_that_are_never_reached() {
    let item = |pattern: &str| json!({"PathPattern": pattern, "TargetOriginId": "app", "ViewerProtocolPolicy": "https-only", "CachePolicyId": "CachingDisabled"});
    let list = |patterns: [&str; 2]| json!({"Quantity": 2, "Items": patterns.map(item)});
    let at = "CacheBehaviors.Items[1].PathPattern";
    let documented = Grade::Documented;
    expect("CacheBehaviors", list(["/*", "/api/*"]), at, documented, "/api/* is never reached");
    expect("CacheBehaviors", list(["/api/*", "api/*"]), at, documented, "the earlier pattern /api/*");
    let long = format!("/{}", "x".repeat(255));
    expect("CacheBehaviors", list(["/a", &long]), at, documented, "longer than 255");
    assert_eq!(accepted(&[("DistributionConfig.CacheBehaviors", list(["/api/*", "/*"]))]).notices, []);
}

#[test]
fn quotas_of_lists() {
    let documented = Grade::Documented;
    let origin = |index: usize| {
        let id = if index == 0 { "app".to_owned() } else { format!("o{index}") };
        json!({"Id": id, "DomainName": "o.test", "CustomOriginConfig": {"OriginProtocolPolicy": "http-only"}})
    };
    let origins: Vec<Value> = (0..101).map(origin).collect();
    expect("Origins", json!({"Items": origins}), "Origins", documented, "101 origins, more than the 100");
    let members = json!({"Items": [{"OriginId": "app"}, {"OriginId": "app"}]});
    let group = |index: usize| json!({"Id": format!("g{index}"), "Members": members, "FailoverCriteria": {"StatusCodes": {"Items": [502, 503]}}});
    let groups: Vec<Value> = (0..11).map(group).collect();
    expect("OriginGroups", json!({"Items": groups}), "OriginGroups", documented, "11 origin groups, more than the 10");
    let behavior = |index: usize| {
        json!({"PathPattern": format!("/{index}"), "TargetOriginId": "app", "ViewerProtocolPolicy": "allow-all",
            "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6"})
    };
    let behaviors: Vec<Value> = (0..76).map(behavior).collect();
    let place = "CacheBehaviors";
    expect(place, json!({"Items": behaviors}), place, documented, "76 cache behaviors, more than the 75");
    let names: Vec<String> = (0..26).map(|index| format!("X-{index}")).collect();
    let values = json!({"QueryString": false, "Cookies": {"Forward": "none"}, "Headers": {"Items": names}});
    let place = "DefaultCacheBehavior";
    let behavior = json!({"TargetOriginId": "app", "ViewerProtocolPolicy": "allow-all", "ForwardedValues": values});
    let headers = format!("{place}.ForwardedValues.Headers");
    expect(place, behavior, &headers, documented, "26 forwarded headers, more than the 25");
}

#[test]
fn misspelled_members() {
    let at = "CustomOriginConfig.OriginSSLProtocols";
    expect_origin(at, json!(["TLSv1.2"]), at, Grade::Documented, "there is no member OriginSSLProtocols");
    expect_origin("ConectionTimeout", json!(1), "ConectionTimeout", Grade::Documented, "it is ignored");
    assert_eq!(accepted(&[("DistributionConfig.SomethingNew", json!({"Deep": [1]}))]).notices, []);
}
