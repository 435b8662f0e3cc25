//! Cache behaviors: what the edge does with the requests of a path pattern.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html>.

use super::{EventType, Forwarding, KeyedBy, ManagedPolicy, PathPattern, Ttl, ViewerProtocolPolicy};

/// One cache behavior.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behavior {
    /// `PathPattern`.
    pub path_pattern: PathPattern,
    /// `TargetOriginId`: the `Id` of an origin or of an origin group.
    pub target_origin_id: String,
    /// `ViewerProtocolPolicy`.
    pub viewer_protocol_policy: ViewerProtocolPolicy,
    /// `AllowedMethods`, upper-case; others are refused with 403. Default GET and HEAD.
    pub allowed_methods: Vec<String>,
    /// `CachedMethods`, upper-case. Default GET and HEAD.
    pub cached_methods: Vec<String>,
    /// `CachePolicyId`; none with legacy `ForwardedValues`.
    pub cache_policy: Option<PolicyReference>,
    /// `OriginRequestPolicyId`.
    pub origin_request_policy: Option<PolicyReference>,
    /// `ResponseHeadersPolicyId`.
    pub response_headers_policy_id: Option<String>,
    /// What goes on to the origin. A policy that is not known contributes nothing, and leaves a notice.
    pub forwarding: Forwarding,
    /// What of a request makes it another one to the cache. Legacy `QueryStringCacheKeys` are not read: all forwarded
    /// query strings take part.
    pub cache_key: KeyedBy,
    /// How long responses are kept; [`Ttl::NONE`] when legacy `ForwardedValues` forwards all headers.
    pub ttl: Ttl,
    /// `Compress`: whether the edge compresses responses. Default false.
    pub compress: bool,
    /// `GrpcConfig.Enabled`: whether gRPC requests go to the origin over HTTP/2. Default false.
    pub grpc: bool,
    /// `LambdaFunctionAssociations` and `FunctionAssociations`, in the order of the file.
    pub functions: Vec<FunctionAssociation>,
}

impl Behavior {
    /// Whether the origin gets the viewer's `Host`. SNI, and the name the certificate is checked for, follow it.
    pub fn forwards_host(&self) -> bool {
        self.forwards_header("host")
    }

    /// Whether the policies or `ForwardedValues` forward the header. `lowercase_name` is its name in lower case.
    /// Headers that CloudFront handles by fixed rules, such as `Cache-Control`, are forwarded without being listed.
    pub fn forwards_header(&self, lowercase_name: &str) -> bool {
        self.forwarding.headers.includes(lowercase_name)
    }

    /// Whether any cookie can be forwarded.
    pub fn forwards_cookies(&self) -> bool {
        !self.forwarding.cookies.is_none()
    }

    /// Whether the cookie of this name is forwarded; case matters.
    pub fn forwards_cookie(&self, name: &str) -> bool {
        self.forwarding.cookies.includes(name)
    }

    /// Whether any query string can be forwarded.
    pub fn forwards_query(&self) -> bool {
        !self.forwarding.query_strings.is_none()
    }

    /// Whether the query string of this name is forwarded; case matters.
    pub fn forwards_query_string(&self, name: &str) -> bool {
        self.forwarding.query_strings.includes(name)
    }

    /// Whether requests with this (upper-case) method are let through.
    pub fn allows_method(&self, method: &str) -> bool {
        self.allowed_methods.iter().any(|allowed| allowed == method)
    }

    /// Whether a request with this (upper-case) method may fail over to the second origin of a group: GET and HEAD, and
    /// OPTIONS when it is among `CachedMethods`
    /// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html>).
    pub fn fails_over(&self, method: &str) -> bool {
        match method {
            "GET" | "HEAD" => true,
            "OPTIONS" => self.cached_methods.iter().any(|cached| cached == "OPTIONS"),
            _ => false,
        }
    }

    /// Whether any response is kept.
    pub fn caches(&self) -> bool {
        !self.ttl.max.is_zero()
    }

    /// Whether errors are kept for their `ErrorCachingMinTTL`: always, except under the managed policy
    /// `CachingDisabled` (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html>).
    pub fn caches_errors(&self) -> bool {
        let name = self.cache_policy.as_ref().and_then(|policy| policy.managed_name);
        name != Some(ManagedPolicy::CACHING_DISABLED)
    }
}

/// A policy as a behavior names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyReference {
    /// The id (or managed name) in the file.
    pub id: String,
    /// The name, when it is one of CloudFront's managed policies.
    pub managed_name: Option<&'static str>,
}

/// An edge function that runs for the requests of a behavior.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionAssociation {
    /// When it runs.
    pub event_type: EventType,
    /// Its ARN.
    pub arn: String,
    /// Whether it is Lambda@Edge rather than CloudFront Functions.
    pub is_lambda: bool,
    /// `IncludeBody`: whether a Lambda@Edge function sees the request's body. Default false.
    pub include_body: bool,
}
