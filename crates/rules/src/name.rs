//! The three names of an origin connection, and how a certificate's names are matched.
//!
//! Mixing up the origin's domain, the viewer's `Host` and the name sent as SNI is the most common self-made 502, so
//! they are three types. Matching follows the steps of s2n-tls, the library in which AWS publishes CloudFront's
//! policies (`tls/s2n_x509_validator.c`, `tls/s2n_connection.c`).

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::RulesError;

/// Longest name DNS can carry in text form (RFC 1035 section 2.3.4, without the final dot).
const MAX_NAME: usize = 253;
/// Longest label of a name (RFC 1035 section 2.3.4).
const MAX_LABEL: usize = 63;

macro_rules! host_name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The name, lower-cased, without port or final dot.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

host_name! {
    /// `DomainName` of an origin: a DNS name; no scheme, port, path or IP address
    /// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html>).
    OriginDomain
}
host_name! {
    /// The `Host` a viewer sent, without its port. May be an IP address.
    ViewerHost
}
host_name! {
    /// The name sent to the origin in the TLS `server_name` extension (RFC 6066 section 3).
    SniName
}

impl FromStr for OriginDomain {
    type Err = RulesError;

    fn from_str(text: &str) -> Result<Self, RulesError> {
        let name = dns_name(text)?;
        match name.parse::<IpAddr>() {
            Ok(_) => Err(refuse(text, "an IP address is not allowed as an origin's domain name")),
            Err(_) => Ok(Self(name)),
        }
    }
}

impl FromStr for ViewerHost {
    type Err = RulesError;

    fn from_str(text: &str) -> Result<Self, RulesError> {
        let bare = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        if let Some((address, _port)) = bare {
            return match address.parse::<IpAddr>() {
                Ok(ip) => Ok(Self(ip.to_string())),
                Err(_) => Err(refuse(text, "the brackets do not hold an IPv6 address")),
            };
        }
        if text.parse::<IpAddr>().is_ok() {
            return Ok(Self(text.to_ascii_lowercase()));
        }
        let host = match text.rsplit_once(':') {
            Some((host, port)) if port.parse::<u16>().is_ok() => host,
            Some(_) => return Err(refuse(text, "the part after the colon is not a port")),
            None => text,
        };
        dns_name(host).map(Self)
    }
}

impl FromStr for SniName {
    type Err = RulesError;

    fn from_str(text: &str) -> Result<Self, RulesError> {
        dns_name(text).map(Self)
    }
}

impl From<&OriginDomain> for SniName {
    fn from(name: &OriginDomain) -> Self {
        Self(name.0.clone())
    }
}

impl From<&OriginDomain> for ViewerHost {
    /// A function's `hostHeader` is written like an origin's domain name.
    fn from(name: &OriginDomain) -> Self {
        Self(name.0.clone())
    }
}

impl From<&ViewerHost> for SniName {
    fn from(name: &ViewerHost) -> Self {
        Self(name.0.clone())
    }
}

fn refuse(name: &str, reason: &'static str) -> RulesError {
    RulesError::Name { name: name.to_owned(), reason }
}

/// Checks a DNS name and brings it into the form used for comparing: lower case, no final dot.
fn dns_name(text: &str) -> Result<String, RulesError> {
    let name = text.strip_suffix('.').unwrap_or(text);
    if name.is_empty() {
        return Err(refuse(text, "it is empty"));
    }
    if name.len() > MAX_NAME {
        return Err(refuse(text, "it is longer than 253 characters"));
    }
    if name.contains("://") {
        return Err(refuse(text, "it carries a scheme"));
    }
    if let Some((_, port)) = name.rsplit_once(':') {
        let reason = if port.parse::<u16>().is_ok() { "it carries a port" } else { "it carries a colon" };
        return Err(refuse(text, reason));
    }
    if name.contains('/') {
        return Err(refuse(text, "it carries a path"));
    }
    if !name.is_ascii() {
        return Err(refuse(text, "it is not ASCII (write the xn-- form of an international name)"));
    }
    for label in name.split('.') {
        if label.is_empty() || label.len() > MAX_LABEL {
            return Err(refuse(text, "each label between dots has 1 to 63 characters"));
        }
        if !label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
            return Err(refuse(text, "only letters, digits, hyphen and underscore are allowed between dots"));
        }
    }
    Ok(name.to_ascii_lowercase())
}

/// Whether one name of a certificate covers `reference`: equal, or `*.` plus everything from the reference's first
/// dot on. ASCII case does not matter; no other wildcard form counts and final dots are not forgiven.
///
/// Source: `s2n_default_verify_host` in s2n-tls.
pub fn dns_name_matches(pattern: &str, reference: &str) -> bool {
    if reference.is_empty() || reference.len() > 255 {
        return false;
    }
    if pattern.eq_ignore_ascii_case(reference) {
        return true;
    }
    match (pattern.strip_prefix('*'), reference.find('.')) {
        (Some(suffix), Some(dot)) if suffix.starts_with('.') => suffix.eq_ignore_ascii_case(&reference[dot..]),
        _ => false,
    }
}

/// The kinds of subject alternative names that take part in matching.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameKind {
    /// `dNSName`.
    Dns,
    /// `uniformResourceIdentifier`.
    Uri,
    /// `iPAddress`.
    Ip,
}

/// One subject alternative name (RFC 5280 section 4.2.1.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlternativeName {
    /// Its kind.
    pub kind: NameKind,
    /// DNS and URI as they stand there, IP addresses printed.
    pub text: String,
}

/// The names a certificate presents, as they stand in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PresentedNames {
    /// Subject alternative names that take part in matching, in wire order.
    pub alternative: Vec<AlternativeName>,
    /// The last common name of the subject, if it is of a string type that counts.
    pub common_name: Option<String>,
}

impl PresentedNames {
    /// The names that count: alternative names when there is one, otherwise the common name.
    ///
    /// Public authorities stopped issuing certificates that rely on the common name long ago, but AWS documents that
    /// either works (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>).
    pub fn effective(&self) -> impl Iterator<Item = &str> {
        let fallback = self.alternative.is_empty().then_some(self.common_name.as_deref()).flatten();
        self.alternative.iter().map(|name| name.text.as_str()).chain(fallback)
    }

    /// The DNS names among those that count; a common name that stands in for them is one.
    pub fn effective_dns(&self) -> impl Iterator<Item = &str> {
        let dns = |name: &&AlternativeName| name.kind == NameKind::Dns;
        let fallback = self.alternative.is_empty().then_some(self.common_name.as_deref()).flatten();
        self.alternative.iter().filter(dns).map(|name| name.text.as_str()).chain(fallback)
    }

    /// Whether the certificate covers `reference`.
    pub fn matches(&self, reference: &str) -> bool {
        if !self.alternative.is_empty() {
            return self.alternative.iter().any(|name| dns_name_matches(&name.text, reference));
        }
        self.common_name.as_deref().is_some_and(|name| {
            (1..=254).contains(&name.len()) && name.parse::<IpAddr>().is_err() && dns_name_matches(name, reference)
        })
    }

    /// Whether matching has to fall back on the common name.
    pub fn common_name_only(&self) -> bool {
        self.alternative.is_empty() && self.common_name.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_as_in_s2n() {
        let cases = [
            ("*.example.com", "a.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "a.b.example.com", false),
            ("a*.example.com", "ab.example.com", false),
            ("a*.example.com", "a*.example.com", true),
            ("*.com", "example.com", true),
            ("*", "example", false),
            ("*", "example.com", false),
            ("www.*.test", "www.a.test", false),
            ("EXAMPLE.com", "example.COM", true),
            ("example.com.", "example.com", false),
            ("example.com", "example.com.", false),
            ("xn--bcher-kva.example", "xn--bcher-kva.example", true),
            ("example.com", "", false),
        ];
        for (pattern, reference, expected) in cases {
            assert_eq!(dns_name_matches(pattern, reference), expected, "{pattern} against {reference}");
        }
    }

    #[test]
    fn alternative_names_hide_the_common_name() {
        let names = |alternative: &[&str], common_name: Option<&str>| PresentedNames {
            alternative: alternative
                .iter()
                .map(|text| AlternativeName { kind: NameKind::Dns, text: (*text).to_owned() })
                .collect(),
            common_name: common_name.map(str::to_owned),
        };
        assert!(names(&[], Some("a.test")).matches("a.test"));
        assert!(names(&[], Some("*.test")).matches("a.test"));
        assert!(!names(&["b.test"], Some("a.test")).matches("a.test"));
        assert!(!names(&["192.0.2.1"], Some("a.test")).matches("a.test"));
        assert!(!names(&[], Some("192.0.2.1")).matches("192.0.2.1"));
        assert!(!names(&[], None).matches("a.test"));
    }

    #[test]
    fn an_origin_domain_is_a_plain_dns_name() {
        assert_eq!("Origin.Example.COM.".parse::<OriginDomain>().unwrap().as_str(), "origin.example.com");
        for bad in
            ["", "https://a.test", "a.test:8443", "a.test/x", "192.0.2.1", "2001:db8::1", "a..test", "bü.test", "a b"]
        {
            let error = bad.parse::<OriginDomain>().unwrap_err().to_string();
            assert!(error.contains("is not a host name"), "{bad}: {error}");
        }
    }

    #[test]
    fn a_viewer_host_loses_its_port() {
        for (text, host) in
            [("www.test:8443", "www.test"), ("[::1]:80", "::1"), ("127.0.0.1:80", "127.0.0.1"), ("::1", "::1")]
        {
            assert_eq!(text.parse::<ViewerHost>().unwrap().as_str(), host);
        }
        assert!("www.test:http".parse::<ViewerHost>().is_err());
    }
}
