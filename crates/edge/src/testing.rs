//! Distributions for this crate's unit tests.

use edge502_rules::distribution::Distribution;

/// AWS's managed policies.
pub(crate) const CACHING_OPTIMIZED: &str = "658327ea-f89d-4fab-a63d-7e88639e58f6";
pub(crate) const CACHING_DISABLED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
pub(crate) const ALL_VIEWER: &str = "216adef6-5c7f-47e4-b989-5492eafa07d3";

/// A distribution with one origin `origin.test` at `/app`; `behavior` are further members of the default behaviour,
/// `members` of the distribution.
pub(crate) fn distribution(behavior: &str, members: &str) -> Distribution {
    let json = format!(
        r#"{{
            "CallerReference": "test", "Comment": "", "Enabled": true,
            "Aliases": {{ "Quantity": 2, "Items": ["www.shop.test", "*.wild.test"] }},
            "Origins": {{ "Quantity": 1, "Items": [{{
                "Id": "app", "DomainName": "origin.test", "OriginPath": "/app",
                "CustomHeaders": {{ "Quantity": 2, "Items": [
                    {{ "HeaderName": "X-Verify", "HeaderValue": "secret" }},
                    {{ "HeaderName": "X-Mode", "HeaderValue": "edge" }}
                ] }},
                "CustomOriginConfig": {{
                    "HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "match-viewer",
                    "OriginSslProtocols": {{ "Quantity": 1, "Items": ["TLSv1.2"] }}
                }}
            }}] }},
            "DefaultCacheBehavior": {{ "TargetOriginId": "app", {behavior} }},
            {members}
            "PriceClass": "PriceClass_All"
        }}"#
    );
    Distribution::from_json(&json).unwrap_or_else(|error| panic!("{error}: {json}")).distribution
}
