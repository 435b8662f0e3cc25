//! Origins: where the edge gets its responses from.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html> and
//! <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_Origin.html>.

use std::time::Duration;

use super::{IpAddressType, OriginProtocolPolicy, OriginSslProtocols};
use crate::name::OriginDomain;

/// One origin of a distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// `Id`: the name by which behaviors and origin groups refer to it; unique in the distribution.
    pub id: String,
    /// `DomainName`: what is resolved, and sent as `Host` and SNI unless the viewer's `Host` is forwarded.
    pub domain_name: OriginDomain,
    /// `OriginPath`: put in front of the request path; empty, or `/` followed by text without a final `/`.
    pub origin_path: String,
    /// `CustomHeaders`: name and value, in the order of the file. CloudFront refuses some names
    /// ([`is_forbidden_custom_header`](super::is_forbidden_custom_header)); they are kept here.
    pub custom_headers: Vec<(String, String)>,
    /// `ConnectionAttempts`: CloudFront allows 1 to 3. Default 3. Also how often a GET or HEAD is tried in total when
    /// the origin does not answer.
    pub connection_attempts: u8,
    /// `ConnectionTimeout` of one attempt: CloudFront allows 1 to 10 s. Default 10 s.
    pub connection_timeout: Duration,
    /// `ResponseCompletionTimeout`: limit for the whole fetch, all attempts included. Default none.
    pub response_completion_timeout: Option<Duration>,
    /// `OriginShieldRegion`, when Origin Shield is enabled.
    pub origin_shield: Option<String>,
    /// Which of the three kinds of origin the file describes.
    pub kind: OriginKind,
    /// How to speak to it. For an S3 or VPC origin, [`CustomOriginConfig::default`] with the timeouts of the file.
    pub custom: CustomOriginConfig,
}

impl Origin {
    /// `ConnectionAttempts` where the file has none.
    pub const DEFAULT_CONNECTION_ATTEMPTS: u8 = 3;
    /// `ConnectionTimeout` where the file has none.
    pub const DEFAULT_CONNECTION_TIMEOUT: Duration = Duration::from_secs(10);

    /// The path asked of the origin: `OriginPath` in front of the viewer's path (which may carry a query string).
    pub fn path_for(&self, viewer_path: &str) -> String {
        format!("{}{viewer_path}", self.origin_path)
    }

    /// The port for HTTPS or HTTP.
    pub const fn port(&self, https: bool) -> u16 {
        if https { self.custom.https_port } else { self.custom.http_port }
    }
}

/// The three kinds of origin; a file holds exactly one config for each origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OriginKind {
    /// `CustomOriginConfig`: any HTTP server with a public name, load balancers and S3 website endpoints included.
    Custom,
    /// `S3OriginConfig`: a bucket, reached without the settings of a custom origin.
    S3,
    /// `VpcOriginConfig`: ports and protocol stand in another resource and the address is private.
    Vpc,
}

/// `CustomOriginConfig`: how the edge speaks to a custom origin.
///
/// Source: <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CustomOriginConfig.html>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomOriginConfig {
    /// `HTTPPort`: 80, 443 or 1024 to 65535. Default 80.
    pub http_port: u16,
    /// `HTTPSPort`: 80, 443 or 1024 to 65535. Default 443.
    pub https_port: u16,
    /// `OriginProtocolPolicy`.
    pub origin_protocol_policy: OriginProtocolPolicy,
    /// `OriginSslProtocols`. Default TLS 1.2.
    pub origin_ssl_protocols: OriginSslProtocols,
    /// `OriginReadTimeout`: wait for the first byte and between packets; 1 to 120 s without a raised quota. Default 30 s.
    pub origin_read_timeout: Duration,
    /// `OriginKeepaliveTimeout`: how long an idle connection is kept; 1 to 300 s (the API text says 120). Default 5 s.
    pub origin_keepalive_timeout: Duration,
    /// `IpAddressType`. Default `ipv4`.
    pub ip_address_type: IpAddressType,
    /// `ClientCertificateArn` of `OriginMtlsConfig`: the certificate the edge presents to the origin. Default none.
    pub origin_mtls_config: Option<String>,
}

impl Default for CustomOriginConfig {
    /// What the console sets for a new custom origin
    /// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/template-preconfigured-origin-settings.html>).
    fn default() -> Self {
        Self {
            http_port: 80,
            https_port: 443,
            origin_protocol_policy: OriginProtocolPolicy::MatchViewer,
            origin_ssl_protocols: OriginSslProtocols::TLS_V1_2,
            origin_read_timeout: Duration::from_secs(30),
            origin_keepalive_timeout: Duration::from_secs(5),
            ip_address_type: IpAddressType::Ipv4,
            origin_mtls_config: None,
        }
    }
}
