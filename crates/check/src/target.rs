//! What is checked: one origin under the settings of one behaviour.
//!
//! Whether CloudFront connects depends on more than the origin: whether `Host` is forwarded decides the name that is
//! asked for, `OriginSslProtocols` the versions, the ports where. So a target is always a distribution, cut down to one
//! behaviour and one origin; for a bare host it is made from the console's defaults.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use edge502_rules::RulesError;
use edge502_rules::distribution::{
    self, Behavior, CustomPolicies, Distribution, Notice, Origin, OriginProtocolPolicy, PathPattern, Ttl,
};
use edge502_rules::distribution::{Parsed, ViewerProtocolPolicy};
use edge502_rules::name::{OriginDomain, SniName, ViewerHost};
use serde_json::json;

use crate::error::CheckError;
use crate::source::Setting;

/// Name of the distribution of a bare host, as AWS's examples have it.
const OWN_NAME: &str = "d111111abcdef8.cloudfront.net";

/// One origin, under one behaviour.
#[derive(Debug, Clone)]
pub struct Target {
    /// The distribution with nothing but this behaviour and this origin in it.
    pub(crate) distribution: Arc<Distribution>,
    /// Whether the viewer uses HTTPS; decides the scheme under `match-viewer`.
    pub(crate) viewer_https: bool,
    /// The `Host` the viewer sends.
    pub(crate) viewer_host: String,
    /// Path and query.
    pub(crate) path: String,
    /// The method, if one was asked for. Default: HEAD, then GET if that is refused.
    pub(crate) method: Option<http::Method>,
    /// The path pattern, if it came from a distribution.
    pub(crate) path_pattern: Option<String>,
    /// `Id` of the distribution it came from.
    pub(crate) distribution_id: Option<String>,
    /// What is noteworthy about the settings.
    pub(crate) notices: Vec<Notice>,
}

/// The settings of a bare host, under CloudFront's names.
#[derive(Debug, Clone)]
pub struct HostSettings {
    /// Forward the viewer's `Host`, and this is it: SNI and the name check follow it.
    pub host_header: Option<String>,
    /// `OriginSslProtocols`. Default `TLSv1.2`.
    pub ssl_protocols: Vec<String>,
    /// `OriginProtocolPolicy`. Default `https-only`.
    pub protocol_policy: String,
    /// Path and query. Default `/`.
    pub path: String,
    /// The method. Default: HEAD, then GET if that is refused.
    pub method: Option<http::Method>,
    /// `IpAddressType`. Default `ipv4`, as CloudFront's is.
    pub ip_address_type: String,
    /// ARN that stands for the certificate of `OriginMtlsConfig`, if there is one.
    pub client_certificate_arn: Option<String>,
}

impl Default for HostSettings {
    fn default() -> Self {
        Self {
            host_header: None,
            ssl_protocols: vec!["TLSv1.2".to_owned()],
            protocol_policy: "https-only".to_owned(),
            path: "/".to_owned(),
            method: None,
            ip_address_type: "ipv4".to_owned(),
            client_certificate_arn: None,
        }
    }
}

impl Target {
    /// The target that `HOST[:PORT]` names: international names are converted (IDNA), the port defaults to 443, or 80
    /// under `http-only`.
    pub fn host(text: &str, settings: &HostSettings) -> Result<Self, CheckError> {
        let (name, port) = split(text)?;
        let name = ascii(text, name)?;
        if let Ok(address) = name.parse::<IpAddr>() {
            let default = if settings.protocol_policy == "http-only" { 80 } else { 443 };
            return Err(CheckError::Setting(Box::new(Setting::address(address, port.unwrap_or(default)))));
        }
        usable::<OriginDomain>(text, &name)?;
        let forwarded = settings.host_header.as_deref().map(|host| ascii(host, host)).transpose()?;
        if let Some(host) = &forwarded {
            usable::<ViewerHost>(host, host)?;
        }
        let Parsed { distribution, notices } =
            Distribution::from_value(&config(&name, port, settings), &CustomPolicies::default())?;
        let behavior = distribution.default_behavior.clone();
        let origin = distribution.origins[0].clone();
        let mut target = Self::of(&distribution, &behavior, &origin);
        target.viewer_host = forwarded.unwrap_or_else(|| OWN_NAME.to_owned());
        target.path.clone_from(&settings.path);
        target.method.clone_from(&settings.method);
        target.path_pattern = None;
        target.notices = notices;
        Ok(target)
    }

    /// Every origin of every behaviour, each once per behaviour, in the order in which CloudFront tries them.
    pub fn all(parsed: &Parsed) -> Vec<Self> {
        let distribution = &parsed.distribution;
        let mut targets = Vec::new();
        for behavior in distribution.all_behaviors() {
            for origin in distribution.target(behavior).into_iter().flat_map(distribution::Target::origins) {
                targets.push(Self::of(distribution, behavior, origin));
            }
        }
        targets
    }

    pub(crate) fn of(distribution: &Distribution, behavior: &Behavior, origin: &Origin) -> Self {
        let own = distribution.domain_name.as_deref().unwrap_or(OWN_NAME);
        Self {
            distribution: Arc::new(cut_down(distribution, behavior, origin)),
            viewer_https: true,
            viewer_host: distribution.aliases.first().map_or(own, String::as_str).trim_start_matches("*.").to_owned(),
            path: example_path(&behavior.path_pattern),
            method: None,
            path_pattern: Some(behavior.path_pattern.as_str().to_owned()),
            distribution_id: distribution.id.clone(),
            notices: Vec::new(),
        }
    }

    /// The same target, asked for with this method, path and `Host` of the viewer.
    pub fn asking(mut self, method: Option<http::Method>, path: &str, host: &str) -> Self {
        self.method = method;
        path.clone_into(&mut self.path);
        host.clone_into(&mut self.viewer_host);
        self
    }

    /// The same target, asked by a viewer that uses plain HTTP: that decides under `match-viewer`.
    pub fn by_http(mut self) -> Self {
        self.viewer_https = false;
        self
    }

    /// Path and query that are asked for.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The `Host` the viewer sends.
    pub fn viewer_host(&self) -> &str {
        &self.viewer_host
    }

    /// The `Host` the viewer sends, unless it is the distribution's own name or a stand-in for it: nobody has a
    /// certificate for that.
    pub(crate) fn alias(&self) -> Option<&str> {
        let own = self.distribution.domain_name.as_deref().unwrap_or(OWN_NAME);
        Some(self.viewer_host.as_str()).filter(|host| *host != own)
    }

    /// The origin.
    pub fn origin(&self) -> &Origin {
        &self.distribution.origins[0]
    }

    /// Whether the origin is spoken to over TLS.
    pub fn uses_https(&self) -> bool {
        self.policy().uses_https(self.viewer_https)
    }

    /// Whether that depends on the viewer.
    pub fn matches_viewer(&self) -> bool {
        self.policy() == OriginProtocolPolicy::MatchViewer
    }

    fn policy(&self) -> OriginProtocolPolicy {
        self.origin().custom.origin_protocol_policy
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.origin().port(self.uses_https())
    }

    /// The `Host` the origin gets.
    pub fn host_header(&self) -> &str {
        if self.forwards_host() { &self.viewer_host } else { self.origin().domain_name.as_str() }
    }

    /// Whether the viewer's `Host` goes to the origin.
    pub fn forwards_host(&self) -> bool {
        self.distribution.default_behavior.forwards_host()
    }

    /// The name sent as SNI; `None` for HTTP.
    pub(crate) fn sni(&self) -> Option<SniName> {
        self.uses_https().then(|| self.host_header().parse().ok()).flatten()
    }
}

impl fmt::Display for Target {
    /// Host and port, and the behaviour it was found under.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.origin().domain_name, self.port())?;
        match &self.path_pattern {
            Some(pattern) => write!(f, " ({pattern})"),
            None => Ok(()),
        }
    }
}

/// The distribution with nothing but `behavior` and `origin`, taking any viewer's GET, HEAD and OPTIONS. Nothing is
/// kept, so that every answer is the origin's.
fn cut_down(distribution: &Distribution, behavior: &Behavior, origin: &Origin) -> Distribution {
    let mut behavior = behavior.clone();
    behavior.path_pattern = PathPattern::Default;
    behavior.target_origin_id.clone_from(&origin.id);
    behavior.viewer_protocol_policy = ViewerProtocolPolicy::AllowAll;
    behavior.allowed_methods = ["GET", "HEAD", "OPTIONS"].map(str::to_owned).into();
    behavior.cached_methods = ["GET", "HEAD"].map(str::to_owned).into();
    behavior.ttl = Ttl::NONE;
    behavior.functions = Vec::new();
    let mut distribution = distribution.clone();
    distribution.origins = vec![Origin { connection_attempts: 1, ..origin.clone() }];
    distribution.origin_groups = Vec::new();
    distribution.behaviors = Vec::new();
    distribution.default_behavior = behavior;
    distribution.default_root_object = None;
    distribution.custom_error_responses = Vec::new();
    distribution
}

/// A path that a pattern matches: its wildcards stand for as little as they can.
fn example_path(pattern: &PathPattern) -> String {
    let path = pattern.as_str().replace('*', "").replace('?', "x");
    if path.starts_with('/') { path } else { format!("/{path}") }
}

fn split(text: &str) -> Result<(&str, Option<u16>), CheckError> {
    let bad = |reason: &str| CheckError::target(text, reason);
    let port = |port: &str| match port.parse() {
        Ok(0) | Err(_) => Err(bad("the part after the colon is not a port (1 to 65535)")),
        Ok(port) => Ok(Some(port)),
    };
    if text.contains("://") {
        return Err(bad("it carries a scheme"));
    }
    if text.contains('%') {
        return Err(bad("it carries a %; an address with a zone is known on this machine alone"));
    }
    if let Some(bracketed) = text.strip_prefix('[') {
        let (address, rest) = bracketed.split_once(']').ok_or_else(|| bad("the bracket is not closed"))?;
        if address.parse::<std::net::Ipv6Addr>().is_err() {
            return Err(bad("the brackets do not hold an IPv6 address"));
        }
        return match rest.strip_prefix(':') {
            Some(after) => Ok((address, port(after)?)),
            None if rest.is_empty() => Ok((address, None)),
            None => Err(bad("only a port may follow the bracket")),
        };
    }
    match text.rsplit_once(':') {
        // An IPv6 address has more than one colon.
        Some(_) if text.parse::<IpAddr>().is_ok() => Ok((text, None)),
        Some((host, after)) => Ok((host, port(after)?)),
        None => Ok((text, None)),
    }
}

/// Refuses a name that is no `T`; `text` is how it was written.
fn usable<T: FromStr<Err = RulesError>>(text: &str, name: &str) -> Result<(), CheckError> {
    name.parse::<T>().map(drop).map_err(|error| {
        let reason = match error {
            RulesError::Name { reason, .. } => reason.to_owned(),
            other => other.to_string(),
        };
        CheckError::target(text, reason)
    })
}

/// The name in ASCII (RFC 5891); `text` is how it was written.
fn ascii(text: &str, name: &str) -> Result<String, CheckError> {
    if name.is_ascii() {
        return Ok(name.to_owned());
    }
    idna::domain_to_ascii(name).map_err(|_| CheckError::target(text, "it is not a valid international name"))
}

/// What `aws cloudfront get-distribution` would print for a distribution with nothing but this origin, made with the
/// console's defaults.
fn config(name: &str, port: Option<u16>, settings: &HostSettings) -> serde_json::Value {
    let plain = settings.protocol_policy == "http-only";
    let mut custom = json!({
        "HTTPPort": port.filter(|_| plain).unwrap_or(80),
        "HTTPSPort": port.filter(|_| !plain).unwrap_or(443),
        "OriginProtocolPolicy": settings.protocol_policy,
        "OriginSslProtocols": { "Quantity": settings.ssl_protocols.len(), "Items": settings.ssl_protocols },
        "OriginReadTimeout": 30,
        "OriginKeepaliveTimeout": 5,
        "IpAddressType": settings.ip_address_type,
    });
    if let Some(arn) = &settings.client_certificate_arn {
        custom["OriginMtlsConfig"] = json!({ "ClientCertificateArn": arn });
    }
    let policy = if settings.host_header.is_some() { "AllViewer" } else { "AllViewerExceptHostHeader" };
    let aliases: Vec<&String> = settings.host_header.iter().collect();
    json!({ "Distribution": {
        "DomainName": OWN_NAME,
        "DistributionConfig": {
            "CallerReference": "edge502-check",
            "Comment": "",
            "Enabled": true,
            "Aliases": { "Quantity": aliases.len(), "Items": aliases },
            "Origins": { "Quantity": 1, "Items": [{
                "Id": "origin",
                "DomainName": name,
                "CustomOriginConfig": custom,
                "ConnectionAttempts": 1,
            }] },
            "DefaultCacheBehavior": {
                "TargetOriginId": "origin",
                "ViewerProtocolPolicy": "allow-all",
                "CachePolicyId": "CachingDisabled",
                "OriginRequestPolicyId": policy,
            },
        }
    }})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_with_and_without_port() {
        let target = |text| Target::host(text, &HostSettings::default());
        let plain = target("origin.shop.test").unwrap();
        assert_eq!((plain.port(), plain.host_header(), plain.uses_https()), (443, "origin.shop.test", true));
        assert_eq!(target("origin.shop.test:8443").unwrap().port(), 8443);
        assert_eq!(target("bücher.shop.test").unwrap().host_header(), "xn--bcher-kva.shop.test");
    }

    #[test]
    fn what_is_no_host_is_refused_with_the_reason() {
        let long = format!("{}.test", "a".repeat(64));
        let longest = "a.".repeat(130) + "test";
        for (bad, reason) in [
            ("", "it is empty"),
            ("https://x.test", "it carries a scheme"),
            ("x.test/path", "it carries a path"),
            ("x.test:0", "not a port (1 to 65535)"),
            ("x.test:65536", "not a port (1 to 65535)"),
            ("x.test:-1", "not a port (1 to 65535)"),
            ("x.test:", "not a port (1 to 65535)"),
            ("x.test:https", "not a port (1 to 65535)"),
            ("[::1]:0", "not a port (1 to 65535)"),
            ("[::1]:70000", "not a port (1 to 65535)"),
            ("[::1]443", "only a port may follow the bracket"),
            ("[::1", "the bracket is not closed"),
            ("[fe80::1%eth0]:443", "an address with a zone"),
            ("fe80::1%eth0", "an address with a zone"),
            ("[x.test]:443", "do not hold an IPv6 address"),
            ("a b", "only letters, digits"),
            ("user@x.test", "only letters, digits"),
            ("x..test", "1 to 63 characters"),
            (&long, "1 to 63 characters"),
            (&longest, "longer than 253"),
            ("xn--\u{fc}.test", "not a valid international name"),
            ("\0.test", "only letters, digits"),
        ] {
            let error = Target::host(bad, &HostSettings::default()).unwrap_err();
            assert!(matches!(error, CheckError::Target { .. }), "{bad}: {error:?}");
            let text = error.to_string();
            assert!(text.contains(reason) && text.contains("write origin.example.com"), "{bad}: {text}");
            assert!(text.len() < 400, "{text}");
        }
    }

    #[test]
    fn an_address_is_a_setting_that_cannot_work() {
        for (text, port) in
            [("192.0.2.1", 443), ("192.0.2.1:8443", 8443), ("2001:db8::1", 443), ("[::1]:8443", 8443), ("[::1]", 443)]
        {
            let error = Target::host(text, &HostSettings::default()).unwrap_err();
            let CheckError::Setting(setting) = error else { panic!("{text}: {error}") };
            assert!(setting.remedy.contains(&format!("NAME:{port}:")), "{setting}");
        }
    }

    #[test]
    fn names_are_converted_before_they_are_judged() {
        let target = |text| Target::host(text, &HostSettings::default()).unwrap();
        assert_eq!(target("BÜCHER.shop.test:8443").host_header(), "xn--bcher-kva.shop.test");
        assert_eq!(target("例え。テスト").host_header(), "xn--r8jz45g.xn--zckzah");
        let settings = HostSettings { host_header: Some("bücher.test".to_owned()), ..HostSettings::default() };
        assert_eq!(Target::host("x.test", &settings).unwrap().host_header(), "xn--bcher-kva.test");
        let settings = HostSettings { host_header: Some("a b".to_owned()), ..HostSettings::default() };
        assert!(matches!(Target::host("x.test", &settings), Err(CheckError::Target { .. })));
    }

    #[test]
    fn a_forwarded_host_becomes_the_name_that_is_asked_for() {
        let settings = HostSettings { host_header: Some("www.shop.test".to_owned()), ..HostSettings::default() };
        let target = Target::host("origin.shop.test", &settings).unwrap();
        assert!(target.forwards_host());
        assert_eq!(target.sni().unwrap().as_str(), "www.shop.test");
    }

    #[test]
    fn every_origin_of_every_behaviour_is_a_target() {
        let text = include_str!("../testdata/three-origins.json");
        let parsed = Distribution::from_json(text).unwrap();
        let targets = Target::all(&parsed);
        let seen: Vec<(String, String)> =
            targets.iter().map(|target| (target.path.clone(), target.origin().id.clone())).collect();
        let expected = [("/api/", "api"), ("/", "primary"), ("/", "standby")];
        assert_eq!(seen, expected.map(|(path, id)| (path.to_owned(), id.to_owned())));
        assert!(targets[0].forwards_host() && !targets[1].forwards_host());
        assert_eq!(targets[0].host_header(), "www.shop.test");
    }
}
