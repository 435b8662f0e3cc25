//! Which TLS versions and which s2n-tls policy a distribution's `OriginSslProtocols` stand for.
//!
//! The API has no value for TLS 1.3, yet CloudFront speaks it to origins: it rides on the listed versions
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html>).
//! AWS's pages read the list in two ways, as exactly these versions and as a minimum; s2n-tls has one policy for each
//! minimum (`tls/s2n_security_policies.c`). So the policy follows the lowest listed version, and the documented
//! rulebook holds the version that came out of it against the list.

use edge502_rules::distribution::{OriginSslProtocol, OriginSslProtocols};

use crate::wire::ProtocolVersion;

/// The name of the s2n-tls policy for a list of protocols: the one whose minimum is the lowest listed version.
///
/// `pq` chooses the variant that offers post-quantum hybrid groups, too; AWS documents none towards origins, so it is
/// not the default
/// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-ciphers-cloudfront-to-origin.html>).
pub fn name(protocols: &OriginSslProtocols, pq: bool) -> &'static str {
    match (protocols.lowest(), pq) {
        (OriginSslProtocol::SslV3, false) => "CloudFront-Upstream-2025",
        (OriginSslProtocol::SslV3, true) => "CloudFront-Upstream-2025-PQ",
        (OriginSslProtocol::TlsV1, false) => "CloudFront-Upstream-TLS-1-0-2025",
        (OriginSslProtocol::TlsV1, true) => "CloudFront-Upstream-TLS-1-0-2025-PQ",
        (OriginSslProtocol::TlsV1_1, false) => "CloudFront-Upstream-TLS-1-1-2025",
        (OriginSslProtocol::TlsV1_1, true) => "CloudFront-Upstream-TLS-1-1-2025-PQ",
        (OriginSslProtocol::TlsV1_2, false) => "CloudFront-Upstream-TLS-1-2-2025",
        (OriginSslProtocol::TlsV1_2, true) => "CloudFront-Upstream-TLS-1-2-2025-PQ",
    }
}

/// The version a listed protocol stands for.
pub fn version(protocol: OriginSslProtocol) -> ProtocolVersion {
    match protocol {
        OriginSslProtocol::SslV3 => ProtocolVersion::Ssl30,
        OriginSslProtocol::TlsV1 => ProtocolVersion::Tls10,
        OriginSslProtocol::TlsV1_1 => ProtocolVersion::Tls11,
        OriginSslProtocol::TlsV1_2 => ProtocolVersion::Tls12,
    }
}

/// The versions that AWS's text allows for a list, oldest first: exactly the listed ones, and TLS 1.3 along with
/// `TLSv1.2` (<https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_OriginSslProtocols.html>).
pub fn documented_versions(protocols: &OriginSslProtocols) -> Vec<ProtocolVersion> {
    let tls13 = protocols.contains(OriginSslProtocol::TlsV1_2).then_some(ProtocolVersion::Tls13);
    protocols.iter().map(version).chain(tls13).collect()
}

/// The versions a policy offers for a list, oldest first: everything from the lowest listed one to TLS 1.3, because an
/// s2n-tls client offers a range.
pub fn offered_versions(protocols: &OriginSslProtocols) -> Vec<ProtocolVersion> {
    let lowest = version(protocols.lowest());
    ProtocolVersion::ALL.into_iter().filter(|version| *version >= lowest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_with_a_hole_is_a_range_for_the_library_only() {
        use OriginSslProtocol::{TlsV1, TlsV1_1, TlsV1_2};
        use ProtocolVersion::{Tls10, Tls11, Tls12, Tls13};
        let hole = OriginSslProtocols::new([TlsV1_2, TlsV1]).unwrap();
        assert_eq!(documented_versions(&hole), [Tls10, Tls12, Tls13]);
        assert_eq!(offered_versions(&hole), [Tls10, Tls11, Tls12, Tls13]);
        assert_eq!(name(&hole, false), "CloudFront-Upstream-TLS-1-0-2025");
        let old = OriginSslProtocols::new([TlsV1_1]).unwrap();
        assert_eq!(documented_versions(&old), [Tls11]);
        assert_eq!(name(&old, true), "CloudFront-Upstream-TLS-1-1-2025-PQ");
    }
}
