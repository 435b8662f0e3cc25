//! One state of a lab: origin, distribution, the viewer's request, the engineer's own machine.

mod routes;
mod zone;

use std::collections::BTreeMap;

use edge502_origin::OriginSpec;
use edge502_pki::CertificateSpec;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::function::FunctionsSpec;
use crate::network::{DnsSpec, NetworkSpec};
pub use routes::{CacheBehaviorSpec, CustomErrorResponseSpec, OriginGroupSpec, OriginName};
pub(crate) use zone::SHOP;
pub use zone::Zone;

/// The alias viewers use for the distribution.
pub const VIEWER_HOST: &str = "www.shop.test";
/// The distribution's own domain name.
pub const DISTRIBUTION_DOMAIN: &str = "d111111abcdef8.cloudfront.test";
/// The origin's domain name unless a scenario says otherwise.
pub const ORIGIN_DOMAIN: &str = "origin.shop.test";
/// The domain name of the second origin.
pub const STANDBY_DOMAIN: &str = "standby.shop.test";
/// `Id` of the origin in the distribution.
pub(crate) const ORIGIN_ID: &str = "origin";
/// `Id` of the second origin in the distribution.
pub(crate) const STANDBY_ID: &str = "standby";

/// Everything that decides what a request through the lab will see.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct State {
    /// The domain that its names are under. Default `shop.test`.
    pub zone: Zone,
    /// The origin.
    pub origin: OriginSpec,
    /// A second origin; it is up only where the distribution leads to it.
    pub standby: OriginSpec,
    /// The name servers of the origin's zone.
    pub dns: DnsSpec,
    /// The network between the edge and the origin.
    pub network: NetworkSpec,
    /// Settings of the distribution.
    pub distribution: DistributionSpec,
    /// The certificate that `OriginMtlsConfig` names. Default: sound, for clients, of the lab's client authority.
    pub client_certificate: CertificateSpec,
    /// What edge functions return.
    pub function: FunctionsSpec,
    /// What the viewer asks for.
    pub request: RequestSpec,
    /// The machine on which the documented `openssl s_client` check is run.
    pub client: ClientSpec,
    /// What no setting of CloudFront can change; for dead ends that suppose it could.
    pub edge: EdgeSpec,
}

/// Settings of the distribution, under CloudFront's names, with the console's defaults.
///
/// Flat for brevity: those of `CacheBehavior`, `Origin` and `CustomOriginConfig` stand side by side.
/// <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html>
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "PascalCase")]
pub struct DistributionSpec {
    /// The origin's domain name.
    pub domain_name: String,
    /// Path put in front of every request path.
    pub origin_path: String,
    /// `http-only`, `match-viewer` or `https-only` (default).
    pub origin_protocol_policy: String,
    /// Protocols towards the origin. Default `["TLSv1.2"]`, as the console sets it.
    pub origin_ssl_protocols: Vec<String>,
    /// The origin's plain port. Default 80.
    #[serde(rename = "HTTPPort")]
    pub http_port: u16,
    /// The origin's TLS port. Default 443.
    #[serde(rename = "HTTPSPort")]
    pub https_port: u16,
    /// Attempts to connect, 1 to 3 (default).
    pub connection_attempts: u8,
    /// Seconds an attempt may take, 1 to 10 (default).
    pub connection_timeout: u8,
    /// Seconds to wait for the origin. Default 30.
    pub origin_read_timeout: u32,
    /// Seconds an idle connection is kept. Default 5.
    pub origin_keepalive_timeout: u32,
    /// The client certificate towards the origin; which one it is says the table `[client_certificate]`. Default none.
    pub origin_mtls_config: Option<OriginMtlsConfig>,
    /// Seconds the whole fetch may take, all attempts together. Default no limit.
    pub response_completion_timeout: Option<u32>,
    /// Which addresses of the origin are used: `ipv4` (default), `ipv6` or `dualstack`.
    pub ip_address_type: String,
    /// Whether viewers may come over IPv6. Default `true`. It never touches the origin connection.
    #[serde(rename = "IsIPV6Enabled")]
    pub is_ipv6_enabled: bool,
    /// `allow-all` (default), `https-only` or `redirect-to-https`.
    pub viewer_protocol_policy: String,
    /// Name or id of the origin request policy; empty (default) for none, so `Host` is not forwarded.
    pub origin_request_policy: String,
    /// Name or id of the cache policy. Default `CachingDisabled`.
    pub cache_policy: String,
    /// Methods viewers may use. Default all.
    pub allowed_methods: Vec<String>,
    /// Headers added to origin requests, name and value.
    pub custom_headers: BTreeMap<String, String>,
    /// Alternate domain names. Default `www.shop.test`.
    pub aliases: Vec<String>,
    /// The viewer's side certificate settings, passed through. They never touch the origin connection.
    pub viewer_certificate: BTreeMap<String, toml::Value>,
    /// Least time in seconds that responses are kept. With one of the three, legacy settings take the place of the cache
    /// policy: nothing but the path is in the cache key.
    #[serde(rename = "MinTTL")]
    pub min_ttl: Option<u32>,
    /// Time in seconds that responses are kept about which the origin says nothing.
    #[serde(rename = "DefaultTTL")]
    pub default_ttl: Option<u32>,
    /// Most time in seconds that responses are kept.
    #[serde(rename = "MaxTTL")]
    pub max_ttl: Option<u32>,
    /// Makes a group of origin and standby, and sends the requests to it. Default none.
    pub origin_group: Option<OriginGroupSpec>,
    /// Behaviours for some paths. Default none.
    pub cache_behaviors: Vec<CacheBehaviorSpec>,
    /// The user's own error pages. Default none.
    pub custom_error_responses: Vec<CustomErrorResponseSpec>,
    /// `OriginShield` of both origins, passed through: `Enabled`, `OriginShieldRegion`. Default none.
    pub origin_shield: BTreeMap<String, toml::Value>,
}

/// Mutual TLS towards the origin
/// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/origin-mtls-authentication.html>).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct OriginMtlsConfig {
    /// Where the certificate lies in ACM, in us-east-1. It stands for the certificate of `[client_certificate]`.
    pub client_certificate_arn: String,
}

impl Default for DistributionSpec {
    fn default() -> Self {
        Self {
            domain_name: ORIGIN_DOMAIN.to_owned(),
            origin_path: String::new(),
            origin_protocol_policy: "https-only".to_owned(),
            origin_ssl_protocols: vec!["TLSv1.2".to_owned()],
            http_port: 80,
            https_port: 443,
            connection_attempts: 3,
            connection_timeout: 10,
            origin_read_timeout: 30,
            origin_keepalive_timeout: 5,
            origin_mtls_config: None,
            response_completion_timeout: None,
            ip_address_type: "ipv4".to_owned(),
            is_ipv6_enabled: true,
            viewer_protocol_policy: "allow-all".to_owned(),
            origin_request_policy: String::new(),
            cache_policy: "CachingDisabled".to_owned(),
            allowed_methods: ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"].map(str::to_owned).into(),
            custom_headers: BTreeMap::new(),
            aliases: vec![VIEWER_HOST.to_owned()],
            viewer_certificate: BTreeMap::new(),
            min_ttl: None,
            default_ttl: None,
            max_ttl: None,
            origin_group: None,
            cache_behaviors: Vec::new(),
            custom_error_responses: Vec::new(),
            origin_shield: BTreeMap::new(),
        }
    }
}

impl DistributionSpec {
    /// The settings as `aws cloudfront get-distribution` would print them, so that the edge reads them as it reads a
    /// real distribution's.
    pub fn to_json(&self) -> Value {
        self.to_json_beside(STANDBY_DOMAIN)
    }

    /// The same beside a second origin of this name.
    pub(crate) fn to_json_beside(&self, standby: &str) -> Value {
        json!({
            "Distribution": {
                "Id": "E2EXAMPLE502LAB",
                "DomainName": DISTRIBUTION_DOMAIN,
                "DistributionConfig": {
                    "CallerReference": "edge502-lab",
                    "Aliases": list(&self.aliases),
                    "DefaultRootObject": "",
                    "Origins": self.origins(self.origin(), standby),
                    "OriginGroups": self.groups(),
                    "DefaultCacheBehavior": self.behavior(),
                    "CacheBehaviors": self.behaviors(&self.behavior()),
                    "CustomErrorResponses": self.error_responses(),
                    "Comment": "TEST ONLY",
                    "Enabled": true,
                    "ViewerCertificate": self.certificate(),
                    "HttpVersion": "http2",
                    "IsIPV6Enabled": self.is_ipv6_enabled,
                }
            }
        })
    }

    fn origin(&self) -> Value {
        let headers: Vec<Value> = self
            .custom_headers
            .iter()
            .map(|(name, value)| json!({ "HeaderName": name, "HeaderValue": value }))
            .collect();
        let mut origin = json!({
            "Id": ORIGIN_ID,
            "DomainName": self.domain_name,
            "OriginPath": self.origin_path,
            "CustomHeaders": { "Quantity": headers.len(), "Items": headers },
            "CustomOriginConfig": {
                "HTTPPort": self.http_port,
                "HTTPSPort": self.https_port,
                "OriginProtocolPolicy": self.origin_protocol_policy,
                "OriginSslProtocols": list(&self.origin_ssl_protocols),
                "OriginReadTimeout": self.origin_read_timeout,
                "OriginKeepaliveTimeout": self.origin_keepalive_timeout,
                "IpAddressType": self.ip_address_type,
            },
            "ConnectionAttempts": self.connection_attempts,
            "ConnectionTimeout": self.connection_timeout,
        });
        if let Some(mtls) = &self.origin_mtls_config {
            origin["CustomOriginConfig"]["OriginMtlsConfig"] =
                json!({ "ClientCertificateArn": mtls.client_certificate_arn });
        }
        if let Some(seconds) = self.response_completion_timeout {
            origin["ResponseCompletionTimeout"] = json!(seconds);
        }
        if !self.origin_shield.is_empty() {
            origin["OriginShield"] = json!(self.origin_shield);
        }
        origin
    }

    fn behavior(&self) -> Value {
        let mut behavior = json!({
            "TargetOriginId": self.target(),
            "ViewerProtocolPolicy": self.viewer_protocol_policy,
            "AllowedMethods": {
                "Quantity": self.allowed_methods.len(),
                "Items": self.allowed_methods,
                "CachedMethods": { "Quantity": 2, "Items": ["HEAD", "GET"] },
            },
            "Compress": false,
        });
        self.add_caching(&mut behavior);
        if !self.origin_request_policy.is_empty() {
            behavior["OriginRequestPolicyId"] = json!(self.origin_request_policy);
        }
        behavior
    }

    /// The cache policy, or the legacy settings in its place.
    fn add_caching(&self, behavior: &mut Value) {
        let times = [("MinTTL", self.min_ttl), ("DefaultTTL", self.default_ttl), ("MaxTTL", self.max_ttl)];
        if times.iter().all(|(_, seconds)| seconds.is_none()) {
            behavior["CachePolicyId"] = json!(self.cache_policy);
            return;
        }
        behavior["ForwardedValues"] = json!({ "QueryString": false, "Cookies": { "Forward": "none" } });
        for (name, seconds) in times {
            if let Some(seconds) = seconds {
                behavior[name] = json!(seconds);
            }
        }
    }

    fn certificate(&self) -> Value {
        if self.viewer_certificate.is_empty() {
            return json!({ "CloudFrontDefaultCertificate": true, "MinimumProtocolVersion": "TLSv1" });
        }
        json!(self.viewer_certificate)
    }
}

fn list(items: &[String]) -> Value {
    json!({ "Quantity": items.len(), "Items": items })
}

/// What the viewer asks for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RequestSpec {
    /// Default `GET`.
    pub method: String,
    /// Path and query. Default `/`.
    pub path: String,
    /// `Host`. Default `www.shop.test`.
    pub host: String,
    /// `http` or `https` (default).
    pub scheme: Scheme,
    /// Headers by name.
    pub headers: BTreeMap<String, String>,
    /// A body, for methods that carry one.
    pub body: Option<String>,
    /// In place of `body`: one of this many bytes, up to 64 MiB. After 16 KiB the viewer pauses for 200 ms.
    pub body_bytes: u32,
    /// A `Cookie` header of this many bytes besides `headers`, up to 64 KiB. Default none.
    pub cookie_bytes: u16,
    /// Makes the URL this long, in bytes, with a query string. Default 0: as `path` has it.
    pub url_bytes: u16,
}

/// The largest body a viewer sends.
const MOST_BODY: u32 = 64 << 20;

impl RequestSpec {
    /// Path and query as they are sent.
    pub(crate) fn target(&self) -> String {
        let separator = if self.path.contains('?') { '&' } else { '?' };
        match usize::from(self.url_bytes).checked_sub(self.path.len() + 1) {
            Some(missing) if missing > 0 => format!("{}{separator}{}", self.path, "a".repeat(missing)),
            _ => self.path.clone(),
        }
    }

    /// The body, as stated or of the stated size.
    pub(crate) fn body(&self) -> Vec<u8> {
        match &self.body {
            Some(body) => body.clone().into_bytes(),
            None => vec![b'x'; self.body_bytes.min(MOST_BODY) as usize],
        }
    }

    /// The `Cookie` header of the stated size.
    pub(crate) fn large_cookie(&self) -> Option<String> {
        const NAME: &str = "filler=";
        let length = usize::from(self.cookie_bytes);
        (length > 0).then(|| format!("{NAME}{}", "x".repeat(length.saturating_sub(NAME.len()))))
    }
}

impl Default for RequestSpec {
    fn default() -> Self {
        Self {
            method: "GET".to_owned(),
            path: "/".to_owned(),
            host: VIEWER_HOST.to_owned(),
            scheme: Scheme::Https,
            headers: BTreeMap::new(),
            body: None,
            body_bytes: 0,
            cookie_bytes: 0,
            url_bytes: 0,
        }
    }
}

/// How the viewer reaches the edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    #[default]
    Https,
}

/// The machine of the engineer who runs the documented check.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own about the machine")]
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientSpec {
    /// Whether the certificates the origin serves were added to this machine's own trusted list.
    pub trusts_served_certificates: bool,
    /// Whether this machine has the intermediates of the origin's certificate already, as a browser that fetched them or
    /// met them elsewhere.
    pub knows_intermediates: bool,
    /// Whether this machine trusts the lab's private authority.
    pub trusts_private_ca: bool,
    /// The name given to `-servername`. Default the origin's domain name.
    pub servername: Option<String>,
    /// The name given to `-verify_hostname`. Default none, as AWS's page has it.
    pub verify_hostname: Option<String>,
    /// Whether `-cert` and `-key` present the certificate of `[client_certificate]`. Default: no.
    pub presents_client_certificate: bool,
}

/// Suppositions about the edge that no setting of CloudFront offers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EdgeSpec {
    /// Suppose the private authority's root were on the list of trusted authorities.
    pub also_trusts_private_ca: bool,
    /// Suppose the edge offered post-quantum groups to origins, too, with a ClientHello of some 1,500 bytes. Its library
    /// has policies that do; AWS documents it for viewers only.
    pub post_quantum: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_padded_to_the_length_it_states() {
        let plain = RequestSpec::default();
        assert_eq!(plain.target(), "/");
        let padded = RequestSpec { url_bytes: 8_193, path: "/cart?id=1".to_owned(), ..plain };
        assert_eq!(padded.target().len(), 8_193);
        assert!(padded.target().starts_with("/cart?id=1&aaa"));
    }
}
