//! Distributions of a CloudFormation template, in JSON or YAML.
//!
//! Lists are plain arrays there and some members have other names. Source:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-cloudfront-distribution-distributionconfig.html>.

use std::collections::{BTreeMap, BTreeSet};

use edge502_rules::Grade;
use edge502_rules::distribution::CustomPolicies;
use serde_json::{Value, json};

use super::intrinsic::Resolver;
use super::policy::{self, Names};
use super::setting::{Level, Setting};
use super::shape::Kind::{Flag, Ignored, Number, Numbers, Object, Objects, Text, Texts};
use super::shape::{Dialect, Member, convert};
use super::{Source, SourceError};

const DISTRIBUTION: &str = "AWS::CloudFront::Distribution";
const PAGE: &str = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-cloudfront-distribution-distributionconfig.html";
const PARAMETERS: &str =
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html";

const DIALECT: Dialect = Dialect { members: CONFIG, page: Some(PAGE), blocks_are_lists: false };

const POLICY: Names = Names {
    parameters: "ParametersInCacheKeyAndForwardedToOrigin",
    headers: ["HeadersConfig", "HeaderBehavior", "Headers"],
    cookies: ["CookiesConfig", "CookieBehavior", "Cookies"],
    query_strings: ["QueryStringsConfig", "QueryStringBehavior", "QueryStrings"],
    ttl: ["MinTTL", "DefaultTTL", "MaxTTL"],
    compression: ["EnableAcceptEncodingGzip", "EnableAcceptEncodingBrotli"],
};

const CONFIG: &[Member] = &[
    Member("Aliases", "Aliases", Texts),
    Member("CNAMEs", "Aliases", Texts),
    Member("DefaultRootObject", "DefaultRootObject", Text),
    Member("Origins", "Origins", Objects(ORIGIN)),
    Member("OriginGroups", "OriginGroups", Objects(GROUP)),
    Member("DefaultCacheBehavior", "DefaultCacheBehavior", Object(BEHAVIOR)),
    Member("CacheBehaviors", "CacheBehaviors", Objects(BEHAVIOR)),
    Member("CustomErrorResponses", "CustomErrorResponses", Objects(ERROR_RESPONSE)),
    Member("ViewerCertificate", "ViewerCertificate", Object(VIEWER_CERTIFICATE)),
    Member("Logging", "Logging", Object(LOGGING)),
    Member("HttpVersion", "HttpVersion", Text),
    Member("Enabled", "Enabled", Flag),
    Member("ContinuousDeploymentPolicyId", "ContinuousDeploymentPolicyId", Text),
    Member("IPV6Enabled", "IsIPV6Enabled", Ignored),
    Member("WebACLId", "WebACLId", Ignored),
    Member("Restrictions", "Restrictions", Ignored),
    Member("PriceClass", "PriceClass", Ignored),
    Member("Comment", "Comment", Ignored),
    Member("Staging", "Staging", Ignored),
];

const ORIGIN: &[Member] = &[
    Member("Id", "Id", Text),
    Member("DomainName", "DomainName", Text),
    Member("OriginPath", "OriginPath", Text),
    Member("OriginCustomHeaders", "CustomHeaders", Objects(HEADER)),
    Member("CustomOriginConfig", "CustomOriginConfig", Object(CUSTOM_ORIGIN)),
    Member("S3OriginConfig", "S3OriginConfig", Object(OTHER_ORIGIN)),
    Member("VpcOriginConfig", "VpcOriginConfig", Object(OTHER_ORIGIN)),
    Member("ConnectionAttempts", "ConnectionAttempts", Number),
    Member("ConnectionTimeout", "ConnectionTimeout", Number),
    Member("ResponseCompletionTimeout", "ResponseCompletionTimeout", Number),
    Member("OriginShield", "OriginShield", Object(SHIELD)),
    Member("OriginAccessControlId", "OriginAccessControlId", Ignored),
];

const HEADER: &[Member] = &[Member("HeaderName", "HeaderName", Text), Member("HeaderValue", "HeaderValue", Text)];

const CUSTOM_ORIGIN: &[Member] = &[
    Member("HTTPPort", "HTTPPort", Number),
    Member("HTTPSPort", "HTTPSPort", Number),
    Member("OriginProtocolPolicy", "OriginProtocolPolicy", Text),
    Member("OriginSSLProtocols", "OriginSslProtocols", Texts),
    Member("OriginReadTimeout", "OriginReadTimeout", Number),
    Member("OriginKeepaliveTimeout", "OriginKeepaliveTimeout", Number),
    Member("IpAddressType", "IpAddressType", Text),
    Member("OriginMtlsConfig", "OriginMtlsConfig", Object(MTLS)),
];

const MTLS: &[Member] = &[Member("ClientCertificateArn", "ClientCertificateArn", Text)];

/// S3 and VPC origins: only the timeouts are read.
const OTHER_ORIGIN: &[Member] = &[
    Member("OriginReadTimeout", "OriginReadTimeout", Number),
    Member("OriginKeepaliveTimeout", "OriginKeepaliveTimeout", Number),
    Member("OriginAccessIdentity", "OriginAccessIdentity", Ignored),
    Member("VpcOriginId", "VpcOriginId", Ignored),
];

const SHIELD: &[Member] =
    &[Member("Enabled", "Enabled", Flag), Member("OriginShieldRegion", "OriginShieldRegion", Text)];

const GROUP: &[Member] = &[
    Member("Id", "Id", Text),
    Member("FailoverCriteria", "FailoverCriteria", Object(CRITERIA)),
    Member("Members", "Members", Objects(MEMBER)),
    Member("SelectionCriteria", "SelectionCriteria", Text),
];

const CRITERIA: &[Member] = &[Member("StatusCodes", "StatusCodes", Numbers)];
const MEMBER: &[Member] = &[Member("OriginId", "OriginId", Text)];

const BEHAVIOR: &[Member] = &[
    Member("PathPattern", "PathPattern", Text),
    Member("TargetOriginId", "TargetOriginId", Text),
    Member("ViewerProtocolPolicy", "ViewerProtocolPolicy", Text),
    Member("AllowedMethods", "AllowedMethods", Texts),
    Member("CachedMethods", "AllowedMethods.CachedMethods", Texts),
    Member("Compress", "Compress", Flag),
    Member("CachePolicyId", "CachePolicyId", Text),
    Member("OriginRequestPolicyId", "OriginRequestPolicyId", Text),
    Member("ResponseHeadersPolicyId", "ResponseHeadersPolicyId", Text),
    Member("ForwardedValues", "ForwardedValues", Object(FORWARDED)),
    Member("MinTTL", "MinTTL", Number),
    Member("DefaultTTL", "DefaultTTL", Number),
    Member("MaxTTL", "MaxTTL", Number),
    Member("LambdaFunctionAssociations", "LambdaFunctionAssociations", Objects(LAMBDA)),
    Member("FunctionAssociations", "FunctionAssociations", Objects(FUNCTION)),
    Member("GrpcConfig", "GrpcConfig", Object(GRPC)),
    Member("TrustedSigners", "TrustedSigners", Ignored),
    Member("TrustedKeyGroups", "TrustedKeyGroups", Ignored),
];

const FORWARDED: &[Member] = &[
    Member("QueryString", "QueryString", Flag),
    Member("Headers", "Headers", Texts),
    Member("Cookies", "Cookies", Object(COOKIES)),
    Member("QueryStringCacheKeys", "QueryStringCacheKeys", Ignored),
];

const COOKIES: &[Member] = &[Member("Forward", "Forward", Text), Member("WhitelistedNames", "WhitelistedNames", Texts)];

const LAMBDA: &[Member] = &[
    Member("EventType", "EventType", Text),
    Member("LambdaFunctionARN", "LambdaFunctionARN", Text),
    Member("IncludeBody", "IncludeBody", Flag),
];

const FUNCTION: &[Member] = &[Member("EventType", "EventType", Text), Member("FunctionARN", "FunctionARN", Text)];
const GRPC: &[Member] = &[Member("Enabled", "Enabled", Flag)];

const ERROR_RESPONSE: &[Member] = &[
    Member("ErrorCode", "ErrorCode", Number),
    Member("ResponsePagePath", "ResponsePagePath", Text),
    Member("ResponseCode", "ResponseCode", Text),
    Member("ErrorCachingMinTTL", "ErrorCachingMinTTL", Number),
];

const VIEWER_CERTIFICATE: &[Member] = &[
    Member("CloudFrontDefaultCertificate", "CloudFrontDefaultCertificate", Flag),
    Member("AcmCertificateArn", "ACMCertificateArn", Text),
    Member("IamCertificateId", "IAMCertificateId", Text),
    Member("SslSupportMethod", "SSLSupportMethod", Text),
    Member("MinimumProtocolVersion", "MinimumProtocolVersion", Text),
];

const LOGGING: &[Member] = &[
    Member("IncludeCookies", "IncludeCookies", Flag),
    Member("Bucket", "Bucket", Ignored),
    Member("Prefix", "Prefix", Ignored),
];

/// All distributions of a template.
pub(super) fn read(template: &Value) -> Result<Vec<Source>, SourceError> {
    let mut resolver = Resolver::new(template);
    let policies = policies(template, &mut resolver);
    let mut sources = Vec::new();
    for (name, resource) in resources(template).filter(|(_, resource)| resource["Type"] == DISTRIBUTION) {
        resolver.defaults();
        let place = format!("Resources.{name}.Properties.DistributionConfig");
        let config = resolver.node(&resource["Properties"]["DistributionConfig"]);
        let mut converted = convert(&config, &place, &DIALECT);
        if let Some(logging) = converted.config.get_mut("Logging").and_then(Value::as_object_mut) {
            // To have it is to switch it on there.
            logging.insert("Enabled".to_owned(), true.into());
        }
        converted.config = json!({ "DistributionConfig": converted.config });
        converted.settings.extend(assumed(&resolver.defaults(), &place));
        sources.push(Source::new(name.clone(), converted, &policies)?);
    }
    if sources.is_empty() {
        return Err(SourceError::None { what: DISTRIBUTION, file: "CloudFormation template" });
    }
    Ok(sources)
}

fn resources(template: &Value) -> impl Iterator<Item = (&String, &Value)> {
    template["Resources"].as_object().into_iter().flatten().filter(|(_, resource)| resource.is_object())
}

/// The user's own policies, by logical id, which is what `!Ref` stands for here.
fn policies(template: &Value, resolver: &mut Resolver<'_>) -> CustomPolicies {
    let mut policies = CustomPolicies::default();
    let mut known = BTreeMap::new();
    for (name, resource) in resources(template) {
        let config = match resource["Type"].as_str() {
            Some("AWS::CloudFront::OriginRequestPolicy") => "OriginRequestPolicyConfig",
            Some("AWS::CloudFront::CachePolicy") => "CachePolicyConfig",
            _ => continue,
        };
        let config = resolver.node(&resource["Properties"][config]);
        let read = policy::read(&config, &POLICY);
        known.insert(name.clone(), read.map(|policy| policies = std::mem::take(&mut policies).with(name, policy)));
    }
    resolver.policies = known;
    policies
}

fn assumed(defaults: &BTreeSet<String>, place: &str) -> Option<Setting> {
    if defaults.is_empty() {
        return None;
    }
    let names: Vec<&str> = defaults.iter().map(String::as_str).collect();
    Some(Setting {
        distribution: String::new(),
        level: Level::Note,
        place: place.to_owned(),
        message: format!("taken from the Default of parameters: {}", names.join(", ")),
        remedy: "if a stack gives them other values, check its distribution instead: `aws cloudfront get-distribution --id ID`".to_owned(),
        grade: Grade::Documented,
        source: PARAMETERS.to_owned(),
    })
}
