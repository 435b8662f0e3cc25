//! What the edge expects of one origin connection: names, protocols, rulebook.

use std::fmt;
use std::sync::Arc;

use edge502_rules::Rulebook;
use edge502_rules::distribution::OriginSslProtocols;
use edge502_rules::name::{OriginDomain, SniName, ViewerHost, dns_name_matches};

/// The settings of a distribution that decide one handshake with its origin.
///
/// Sources: <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html> and
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/helper-functions-origin-modification.html> (SNI and
/// allowed names).
#[derive(Debug, Clone)]
pub struct Expectation<'a> {
    /// The name sent as SNI: the viewer's host if it is forwarded, otherwise the origin's domain; a function can set
    /// another.
    pub sni: &'a SniName,
    /// `DomainName` of the origin.
    pub origin_domain: &'a OriginDomain,
    /// The viewer's `Host`, if the behaviour forwards it, or the one that a function set.
    pub forwarded_host: Option<&'a ViewerHost>,
    /// Names that the certificate may carry instead, as a CloudFront Function sets them (`allowedCertificateNames`); `*.`
    /// stands for one label. Empty for none.
    pub allowed_names: &'a [String],
    /// `OriginSslProtocols` of the origin.
    pub protocols: &'a OriginSslProtocols,
    /// Which reading of CloudFront decides.
    pub rulebook: Rulebook,
    /// The certificate of `OriginMtlsConfig`, sent only if the origin asks for one.
    pub client_certificate: Option<&'a ClientCertificate>,
}

impl Expectation<'_> {
    /// The names of which a certificate has to match one under the documented rulebook: the origin's domain, the
    /// forwarded host, and an SNI that a function set apart from both (grade: inferred)
    /// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>).
    pub fn acceptable_names(&self) -> impl Iterator<Item = &str> {
        let (domain, host) = (self.origin_domain.as_str(), self.forwarded_host.map(ViewerHost::as_str));
        let sni = Some(self.sni.as_str()).filter(|sni| *sni != domain && Some(*sni) != host);
        std::iter::once(domain).chain(host).chain(sni)
    }

    /// Whether a certificate that presents `name` is one of those that a function allows.
    pub(crate) fn allows(&self, name: &str) -> bool {
        is_allowed(self.allowed_names, name)
    }
}

/// Whether `presented` is one of the names that a function allows, or under the wildcard of one.
pub(crate) fn is_allowed(allowed: &[String], presented: &str) -> bool {
    allowed.iter().any(|name| dns_name_matches(presented, name) || dns_name_matches(name, presented))
}

/// A client certificate with its chain and private key, for origin mutual TLS.
///
/// Cheap to clone. Whether key and certificate belong together shows at the first connection that uses it, or before by
/// [`check`](Self::check).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ClientCertificate {
    pub(crate) chain_pem: Arc<str>,
    pub(crate) key_pem: Arc<str>,
}

impl ClientCertificate {
    /// From PEM text: the chain with the leaf first, and the private key (PKCS#8, PKCS#1 or SEC 1).
    pub fn from_pem(chain: impl Into<Arc<str>>, key: impl Into<Arc<str>>) -> Self {
        Self { chain_pem: chain.into(), key_pem: key.into() }
    }
}

impl fmt::Debug for ClientCertificate {
    /// Leaves the private key out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate").field("chain_pem", &self.chain_pem).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_allows_names_and_wildcards() {
        let allowed = ["edge.hosting.test".to_owned(), "*.shop.test".to_owned()];
        for (presented, expected) in [
            ("edge.hosting.test", true),
            ("*.hosting.test", true),
            ("a.shop.test", true),
            ("*.shop.test", true),
            ("a.b.shop.test", false),
            ("shop.test", false),
            ("hosting.test", false),
        ] {
            assert_eq!(is_allowed(&allowed, presented), expected, "{presented}");
        }
        assert!(!is_allowed(&[], "a.test"));
    }
}
