//! Misspelled members: they are ignored as unknown, so the setting silently keeps its default.

use serde_json::Value;

use super::notice::page;
use super::read::{Place, Reader};
use crate::Grade;

/// The members of `DistributionConfig` at every level.
/// Source: <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html>.
#[rustfmt::skip]
const KNOWN: &[&str] = &[
    "ACMCertificateArn", "Aliases", "AllowedMethods", "AnycastIpListId", "Bucket", "CacheBehaviors", "CachePolicyId",
    "CacheTagConfig", "CachedMethods", "CallerReference", "Certificate", "CertificateSource", "ClientCertificateArn",
    "CloudFrontDefaultCertificate", "Comment", "Compress", "ConnectionAttempts", "ConnectionFunctionAssociation",
    "ConnectionMode", "ConnectionTimeout", "ContinuousDeploymentPolicyId", "Cookies", "CustomErrorResponses",
    "CustomHeaders", "CustomOriginConfig", "DefaultCacheBehavior", "DefaultRootObject", "DefaultTTL", "DomainName",
    "Enabled", "ErrorCachingMinTTL", "ErrorCode", "EventType", "FailoverCriteria", "FieldLevelEncryptionId", "Forward",
    "ForwardedValues", "FunctionARN", "FunctionAssociations", "GeoRestriction", "GrpcConfig", "HTTPPort", "HTTPSPort",
    "HeaderName", "HeaderValue", "Headers", "HttpVersion", "IAMCertificateId", "Id", "IncludeBody", "IncludeCookies",
    "IpAddressType", "IsIPV6Enabled", "Items", "LambdaFunctionARN", "LambdaFunctionAssociations", "Logging", "MaxTTL",
    "Members", "MinTTL", "MinimumProtocolVersion", "Mode", "OriginAccessControlId", "OriginAccessIdentity",
    "OriginGroups", "OriginId", "OriginKeepaliveTimeout", "OriginMtlsConfig", "OriginPath", "OriginProtocolPolicy",
    "OriginReadTimeout", "OriginRequestPolicyId", "OriginShield", "OriginShieldRegion", "OriginSslProtocols", "Origins",
    "OwnerAccountId", "ParameterDefinitions", "PathPattern", "Prefix", "PriceClass", "Quantity", "QueryString",
    "QueryStringCacheKeys", "RealtimeLogConfigArn", "ResponseCode", "ResponseCompletionTimeout",
    "ResponseHeadersPolicyId", "ResponsePagePath", "RestrictionType", "Restrictions", "S3OriginConfig",
    "SSLSupportMethod", "SelectionCriteria", "SmoothStreaming", "Staging", "StatusCodes", "TargetOriginId",
    "TenantConfig", "TrustStoreConfig", "TrustedKeyGroups", "TrustedSigners", "ViewerCertificate", "ViewerMtlsConfig",
    "ViewerProtocolPolicy", "VpcOriginConfig", "VpcOriginId", "WebACLId", "WhitelistedNames",
];
/// Shorter names are close to too many others.
const SHORTEST: usize = 6;
/// Typing errors that still count as the same name.
const ERRORS: usize = 2;

/// Leaves a notice for each unknown member that resembles a known one.
pub(super) fn check(reader: &mut Reader<'_>, place: &Place, value: &Value) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                let place = place.member(name);
                if let Some(meant) = meant(name) {
                    misspelled(reader, &place, name, meant);
                }
                check(reader, &place, inner);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                check(reader, &place.item(index), item);
            }
        }
        _ => {}
    }
}

fn meant(name: &str) -> Option<&'static str> {
    if KNOWN.contains(&name) {
        return None;
    }
    let resembles = |known: &&&str| {
        known.eq_ignore_ascii_case(name)
            || (known.len() >= SHORTEST
                && name.len().abs_diff(known.len()) <= ERRORS
                && strsim::osa_distance(known, name) <= ERRORS)
    };
    KNOWN.iter().find(resembles).copied()
}

fn misspelled(reader: &mut Reader<'_>, place: &Place, name: &str, meant: &str) {
    reader.notice(
        place,
        (Grade::Documented, page::API_CONFIG),
        format!("there is no member {name}; it is ignored"),
        format!("did you mean {meant}?"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_near_misses_are_reported() {
        let cases = [
            ("OriginSSLProtocols", Some("OriginSslProtocols")),
            ("originpath", Some("OriginPath")),
            ("ConectionTimeout", Some("ConnectionTimeout")),
            ("id", Some("Id")),
            ("Ids", None),
            ("OriginReadTimeout", None),
            ("SomethingNew2027", None),
        ];
        for (name, expected) in cases {
            assert_eq!(meant(name), expected, "{name}");
        }
    }

    #[test]
    fn no_known_member_is_taken_for_another() {
        for name in KNOWN {
            assert_eq!(meant(name), None, "{name}");
        }
    }
}
