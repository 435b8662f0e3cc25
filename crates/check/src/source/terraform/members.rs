//! What Terraform's provider calls the settings of a distribution.

use super::super::shape::Kind::{Flag, Ignored, Number, Numbers, Object, Objects, Text, Texts};
use super::super::shape::{Dialect, Member};

/// Terraform itself refuses members that do not exist.
pub(super) const DIALECT: Dialect = Dialect { members: CONFIG, page: None, blocks_are_lists: true };

const CONFIG: &[Member] = &[
    Member("aliases", "Aliases", Texts),
    Member("default_root_object", "DefaultRootObject", Text),
    Member("origin", "Origins", Objects(ORIGIN)),
    Member("origin_group", "OriginGroups", Objects(GROUP)),
    Member("default_cache_behavior", "DefaultCacheBehavior", Object(BEHAVIOR)),
    Member("ordered_cache_behavior", "CacheBehaviors", Objects(BEHAVIOR)),
    Member("custom_error_response", "CustomErrorResponses", Objects(ERROR_RESPONSE)),
    Member("viewer_certificate", "ViewerCertificate", Object(VIEWER_CERTIFICATE)),
    Member("logging_config", "Logging", Object(LOGGING)),
    Member("http_version", "HttpVersion", Text),
    Member("enabled", "Enabled", Flag),
    Member("continuous_deployment_policy_id", "ContinuousDeploymentPolicyId", Ignored),
];

const ORIGIN: &[Member] = &[
    Member("origin_id", "Id", Text),
    Member("domain_name", "DomainName", Text),
    Member("origin_path", "OriginPath", Text),
    Member("custom_header", "CustomHeaders", Objects(HEADER)),
    Member("custom_origin_config", "CustomOriginConfig", Object(CUSTOM_ORIGIN)),
    Member("s3_origin_config", "S3OriginConfig", Object(OTHER_ORIGIN)),
    Member("vpc_origin_config", "VpcOriginConfig", Object(OTHER_ORIGIN)),
    Member("connection_attempts", "ConnectionAttempts", Number),
    Member("connection_timeout", "ConnectionTimeout", Number),
    Member("response_completion_timeout", "ResponseCompletionTimeout", Number),
    Member("origin_shield", "OriginShield", Object(SHIELD)),
];

const HEADER: &[Member] = &[Member("name", "HeaderName", Text), Member("value", "HeaderValue", Text)];

const CUSTOM_ORIGIN: &[Member] = &[
    Member("http_port", "HTTPPort", Number),
    Member("https_port", "HTTPSPort", Number),
    Member("origin_protocol_policy", "OriginProtocolPolicy", Text),
    Member("origin_ssl_protocols", "OriginSslProtocols", Texts),
    Member("origin_read_timeout", "OriginReadTimeout", Number),
    Member("origin_keepalive_timeout", "OriginKeepaliveTimeout", Number),
    Member("ip_address_type", "IpAddressType", Text),
    Member("origin_mtls_config", "OriginMtlsConfig", Object(MTLS)),
];

const MTLS: &[Member] = &[Member("client_certificate_arn", "ClientCertificateArn", Text)];

/// S3 and VPC origins: only the timeouts are read.
const OTHER_ORIGIN: &[Member] = &[
    Member("origin_read_timeout", "OriginReadTimeout", Number),
    Member("origin_keepalive_timeout", "OriginKeepaliveTimeout", Number),
];

const SHIELD: &[Member] =
    &[Member("enabled", "Enabled", Flag), Member("origin_shield_region", "OriginShieldRegion", Text)];

const GROUP: &[Member] = &[
    Member("origin_id", "Id", Text),
    Member("failover_criteria", "FailoverCriteria", Object(CRITERIA)),
    Member("member", "Members", Objects(MEMBER)),
];

const CRITERIA: &[Member] = &[Member("status_codes", "StatusCodes", Numbers)];
const MEMBER: &[Member] = &[Member("origin_id", "OriginId", Text)];

const BEHAVIOR: &[Member] = &[
    Member("path_pattern", "PathPattern", Text),
    Member("target_origin_id", "TargetOriginId", Text),
    Member("viewer_protocol_policy", "ViewerProtocolPolicy", Text),
    Member("allowed_methods", "AllowedMethods", Texts),
    Member("cached_methods", "AllowedMethods.CachedMethods", Texts),
    Member("compress", "Compress", Flag),
    Member("cache_policy_id", "CachePolicyId", Text),
    Member("origin_request_policy_id", "OriginRequestPolicyId", Text),
    Member("response_headers_policy_id", "ResponseHeadersPolicyId", Text),
    Member("forwarded_values", "ForwardedValues", Object(FORWARDED)),
    Member("min_ttl", "MinTTL", Number),
    Member("default_ttl", "DefaultTTL", Number),
    Member("max_ttl", "MaxTTL", Number),
    Member("lambda_function_association", "LambdaFunctionAssociations", Objects(LAMBDA)),
    Member("function_association", "FunctionAssociations", Objects(FUNCTION)),
    Member("grpc_config", "GrpcConfig", Object(GRPC)),
];

const FORWARDED: &[Member] = &[
    Member("query_string", "QueryString", Flag),
    Member("headers", "Headers", Texts),
    Member("cookies", "Cookies", Object(COOKIES)),
];

const COOKIES: &[Member] =
    &[Member("forward", "Forward", Text), Member("whitelisted_names", "WhitelistedNames", Texts)];

const LAMBDA: &[Member] = &[
    Member("event_type", "EventType", Text),
    Member("lambda_arn", "LambdaFunctionARN", Text),
    Member("include_body", "IncludeBody", Flag),
];

const FUNCTION: &[Member] = &[Member("event_type", "EventType", Text), Member("function_arn", "FunctionARN", Text)];
const GRPC: &[Member] = &[Member("enabled", "Enabled", Flag)];

const ERROR_RESPONSE: &[Member] = &[
    Member("error_code", "ErrorCode", Number),
    Member("response_page_path", "ResponsePagePath", Text),
    Member("response_code", "ResponseCode", Text),
    Member("error_caching_min_ttl", "ErrorCachingMinTTL", Number),
];

const VIEWER_CERTIFICATE: &[Member] = &[
    Member("cloudfront_default_certificate", "CloudFrontDefaultCertificate", Flag),
    Member("acm_certificate_arn", "ACMCertificateArn", Text),
    Member("iam_certificate_id", "IAMCertificateId", Text),
    Member("ssl_support_method", "SSLSupportMethod", Text),
    Member("minimum_protocol_version", "MinimumProtocolVersion", Text),
];

const LOGGING: &[Member] = &[Member("include_cookies", "IncludeCookies", Flag)];
