//! Everything that cannot be used is refused, with the place, the value and what to do.

use edge502_rules::distribution::{Distribution, DistributionError};
use serde_json::{Value, json};

use super::{changed, read, refused};

const ORIGIN: &str = "DistributionConfig.Origins.Items.0";

#[test]
fn broken_json_is_refused_with_line_and_column() {
    let error = Distribution::from_json("{\n  \"Origins\": {,\n}").unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 2, column 15: this is not JSON: key must be a string; give the unchanged output of \
         `aws cloudfront get-distribution-config --id ID --output json`"
    );
    for text in ["", "{", "Origins:\n  - Id: x", "[1,]"] {
        let error = Distribution::from_json(text).unwrap_err();
        assert!(matches!(error, DistributionError::Syntax { .. }), "{text:?}: {error}");
    }
}

#[test]
fn other_documents_are_refused() {
    let cases = [
        (json!([]), "an array"),
        (json!(7), "a number"),
        (json!({}), "an empty object"),
        (json!({"DistributionList": {"Items": []}}), "an object with the members DistributionList"),
        (json!({"DistributionConfig": null}), "null"),
        (json!({"Distribution": {"Id": "E1"}}), "an object with the members Id"),
    ];
    for (document, found) in cases {
        let error = read(&document).unwrap_err();
        assert_eq!(error, DistributionError::NotADistribution { found: found.to_owned() });
        assert!(error.to_string().contains("get-distribution-config --id ID"), "{error}");
    }
}

#[test]
fn wrong_types_are_refused_with_their_path() {
    let cases = [
        ("CustomOriginConfig.HTTPPort", json!("443"), "invalid type: string \"443\", expected i64"),
        ("CustomOriginConfig", json!([80, 443]), "invalid type: sequence, expected an object"),
        ("CustomHeaders", json!([]), "invalid type: sequence, expected an object with Quantity and Items"),
        ("DomainName", json!(5), "invalid type: integer `5`, expected a string"),
        ("ConnectionAttempts", json!(1.5), "invalid type: floating point `1.5`, expected i64"),
        ("OriginShield.Enabled", json!("yes"), "invalid type: string \"yes\", expected a boolean"),
    ];
    for (member, value, problem) in cases {
        let error = refused(&[(&format!("{ORIGIN}.{member}"), value)]);
        let place = format!("DistributionConfig.Origins.Items[0].{member}");
        assert_eq!(error, DistributionError::Shape { place, problem: problem.to_owned() });
    }
    let error = refused(&[("DistributionConfig.Origins", json!([{"Id": "app"}]))]);
    assert!(error.to_string().starts_with("DistributionConfig.Origins: invalid type: sequence"), "{error}");
    assert!(error.to_string().contains("CloudFormation"), "{error}");
}

#[test]
fn bare_configs_have_shorter_places() {
    let mut bare = changed(&[])["DistributionConfig"].take();
    bare["Origins"]["Items"][0]["Id"] = json!(1);
    assert!(read(&bare).unwrap_err().to_string().starts_with("Origins.Items[0].Id: invalid type"));
}

#[test]
fn missing_members_are_refused() {
    let cases = [
        ("Origins.Items.0.Id", Value::Null, "Origins.Items[0].Id"),
        ("Origins.Items.0.Id", json!(""), "Origins.Items[0].Id"),
        ("Origins.Items.0.DomainName", Value::Null, "Origins.Items[0].DomainName"),
        ("Origins.Items.0.CustomOriginConfig", Value::Null, "Origins.Items[0].CustomOriginConfig"),
        (
            "Origins.Items.0.CustomOriginConfig.OriginProtocolPolicy",
            Value::Null,
            "Origins.Items[0].CustomOriginConfig.OriginProtocolPolicy",
        ),
        (
            "Origins.Items.0.CustomOriginConfig.OriginMtlsConfig",
            json!({"CertificateArn": "arn:aws:acm:us-east-1:1:certificate/1"}),
            "Origins.Items[0].CustomOriginConfig.OriginMtlsConfig.ClientCertificateArn",
        ),
        (
            "Origins.Items.0.CustomHeaders",
            json!({"Quantity": 1, "Items": [{"HeaderValue": "x"}]}),
            "Origins.Items[0].CustomHeaders.Items[0].HeaderName",
        ),
        (
            "Origins.Items.0.CustomHeaders",
            json!({"Quantity": 1, "Items": [{"HeaderName": "x"}]}),
            "Origins.Items[0].CustomHeaders.Items[0].HeaderValue",
        ),
        ("Origins", json!({"Quantity": 0}), "Origins.Items"),
        ("DefaultCacheBehavior", Value::Null, "DefaultCacheBehavior"),
        ("DefaultCacheBehavior.TargetOriginId", Value::Null, "DefaultCacheBehavior.TargetOriginId"),
        ("DefaultCacheBehavior.ViewerProtocolPolicy", Value::Null, "DefaultCacheBehavior.ViewerProtocolPolicy"),
        (
            "DefaultCacheBehavior.FunctionAssociations",
            json!({"Quantity": 1, "Items": [{"FunctionARN": "arn:aws:cloudfront::1:function/f"}]}),
            "DefaultCacheBehavior.FunctionAssociations.Items[0].EventType",
        ),
        (
            "CacheBehaviors",
            json!({"Quantity": 1, "Items": [{"TargetOriginId": "app"}]}),
            "CacheBehaviors.Items[0].PathPattern",
        ),
        ("CustomErrorResponses", json!({"Quantity": 1, "Items": [{}]}), "CustomErrorResponses.Items[0].ErrorCode"),
        ("OriginGroups", json!({"Quantity": 1, "Items": [{}]}), "OriginGroups.Items[0].Id"),
    ];
    for (member, value, expected) in cases {
        let error = refused(&[(&format!("DistributionConfig.{member}"), value)]);
        let DistributionError::Missing { place, remedy } = &error else { panic!("{member}: {error:?}") };
        assert_eq!(place, &format!("DistributionConfig.{expected}"));
        assert!(!remedy.is_empty() && error.to_string().contains(" is missing; "), "{error}");
    }
}

#[test]
fn values_that_cannot_be_acted_on_are_refused() {
    let custom = |member: &str| format!("{ORIGIN}.CustomOriginConfig.{member}");
    let origin = |member: &str| format!("{ORIGIN}.{member}");
    let config = |member: &str| format!("DistributionConfig.{member}");
    let cases = [
        (custom("HTTPPort"), json!(0), "is 0, allowed is 80, 443 or 1024 to 65535"),
        (custom("HTTPSPort"), json!(65_536), "is 65536, allowed is 80, 443 or 1024 to 65535"),
        (custom("HTTPSPort"), json!(-1), "is -1, allowed is"),
        (
            custom("OriginProtocolPolicy"),
            json!("https"),
            "is \"https\", allowed is http-only, match-viewer, https-only; did you mean \"https-only\"?",
        ),
        (
            custom("OriginSslProtocols"),
            json!({"Quantity": 1, "Items": ["TLSv1.3"]}),
            "CloudFront offers TLS 1.3 to origins on top",
        ),
        (custom("OriginSslProtocols"), json!({"Quantity": 1, "Items": ["TLS1.2"]}), "did you mean \"TLSv1.2\"?"),
        (custom("OriginSslProtocols"), json!({"Quantity": 0}), "is an empty list, allowed is at least one of"),
        (custom("OriginReadTimeout"), json!(0), "is 0, allowed is 1 to 120 seconds"),
        (custom("OriginKeepaliveTimeout"), json!(-5), "is -5, allowed is 1 to 300 seconds"),
        (custom("IpAddressType"), json!("IPv4"), "allowed is ipv4, ipv6, dualstack"),
        (origin("ConnectionAttempts"), json!(0), "is 0, allowed is 1 to 3 attempts"),
        (origin("ConnectionTimeout"), json!(0), "is 0, allowed is 1 to 10 seconds"),
        (origin("ResponseCompletionTimeout"), json!(-1), "is -1"),
        (
            origin("DomainName"),
            json!("https://origin.test"),
            "(it carries a scheme), allowed is a DNS name; remove the scheme",
        ),
        (
            origin("DomainName"),
            json!("origin.test:8443"),
            "(it carries a port), allowed is a DNS name; write a DNS name that points to the address; a port goes into HTTPPort",
        ),
        (origin("DomainName"), json!("origin.test/app"), "it goes into OriginPath"),
        (origin("DomainName"), json!("192.0.2.1"), "an IP address is not allowed"),
        (origin("DomainName"), json!("2001:db8::1"), "write a DNS name that points to the address"),
        (origin("CustomHeaders"), json!({"Items": [{"HeaderName": "a b", "HeaderValue": ""}]}), "is \"a b\""),
        (
            origin("CustomHeaders"),
            json!({"Items": [{"HeaderName": "a", "HeaderValue": "b\r\nc: d"}]}),
            "remove line breaks",
        ),
        (config("DefaultCacheBehavior.ViewerProtocolPolicy"), json!("redirect"), "did you mean \"redirect-to-https\"?"),
        (
            config("DefaultCacheBehavior.FunctionAssociations"),
            json!({"Items": [{"EventType": "viewer", "FunctionARN": "a"}]}),
            "is \"viewer\"",
        ),
        (config("HttpVersion"), json!("spdy"), "allowed is http1.1, http2, http3, http2and3"),
        (config("CustomErrorResponses"), json!({"Items": [{"ErrorCode": 5}]}), "is 5, allowed is 400, 403"),
        (
            config("CustomErrorResponses"),
            json!({"Items": [{"ErrorCode": 502, "ResponseCode": "OK"}]}),
            "is OK, allowed is 200, 400",
        ),
        (config("CustomErrorResponses"), json!({"Items": [{"ErrorCode": 502, "ErrorCachingMinTTL": -1}]}), "is -1"),
        (
            config("OriginGroups"),
            json!({"Items": [{"Id": "g", "Members": {"Items": [{"OriginId": "app"}]}}]}),
            "Members is a list of 1, allowed is exactly two members",
        ),
        (
            config("OriginGroups"),
            json!({"Items": [{"Id": "g", "FailoverCriteria": {"StatusCodes": {"Items": [99]}}, "Members": {"Items": [{"OriginId": "app"}, {"OriginId": "app"}]}}]}),
            "StatusCodes.Items[0] is 99, allowed is 400",
        ),
    ];
    for (member, value, expected) in cases {
        let error = refused(&[(&member, value)]);
        assert!(matches!(error, DistributionError::Value { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.starts_with("DistributionConfig.") && text.contains(expected), "{text}");
    }
}

#[test]
fn legacy_settings_are_checked_too() {
    let legacy = |forwarded: Value| {
        [
            ("DistributionConfig.DefaultCacheBehavior.CachePolicyId", Value::Null),
            ("DistributionConfig.DefaultCacheBehavior.ForwardedValues", forwarded),
        ]
    };
    let error = refused(&legacy(json!({"Cookies": {"Forward": "some"}})));
    assert!(error.to_string().contains("Cookies.Forward is \"some\", allowed is none, whitelist, all"), "{error}");
    let mut changes = legacy(json!({"QueryString": true})).to_vec();
    changes.push(("DistributionConfig.DefaultCacheBehavior.MaxTTL", json!(-1)));
    assert!(refused(&changes).to_string().contains("DefaultCacheBehavior.MaxTTL is -1"));
}

#[test]
fn references_must_lead_somewhere() {
    let error = refused(&[("DistributionConfig.DefaultCacheBehavior.TargetOriginId", json!("App"))]);
    assert_eq!(
        error.to_string(),
        "DistributionConfig.DefaultCacheBehavior.TargetOriginId is \"App\", but the Ids here are app; correct one of them"
    );
    let behavior = json!({"PathPattern": "/x", "TargetOriginId": "gone", "ViewerProtocolPolicy": "allow-all"});
    let error = refused(&[("DistributionConfig.CacheBehaviors", json!({"Items": [behavior]}))]);
    assert!(error.to_string().starts_with("DistributionConfig.CacheBehaviors.Items[0].TargetOriginId is \"gone\""));
    let group = json!({"Id": "g", "Members": {"Items": [{"OriginId": "app"}, {"OriginId": "g"}]}});
    let error = refused(&[("DistributionConfig.OriginGroups", json!({"Items": [group]}))]);
    assert!(error.to_string().contains("Members.Items[1].OriginId is \"g\", but the Ids here are app;"), "{error}");
}

#[test]
fn ids_are_unique_over_origins_and_groups() {
    let group = json!({"Id": "app", "Members": {"Items": [{"OriginId": "app"}, {"OriginId": "app"}]}});
    let error = refused(&[("DistributionConfig.OriginGroups", json!({"Items": [group]}))]);
    let place = "DistributionConfig.OriginGroups.Items[0].Id".to_owned();
    assert_eq!(error, DistributionError::DuplicateId { place, id: "app".to_owned() });
}
