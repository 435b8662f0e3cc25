//! Addresses that the internet does not route.
//!
//! CloudFront reaches a custom origin over the internet. An address that only means something inside a network answers
//! nobody there, and the viewer gets 504
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-504-gateway-timeout.html>).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What kind of address `address` is, if the internet does not route it; `None` for all others.
///
/// ```
/// use edge502_rules::address::unroutable;
/// assert_eq!(unroutable("10.0.12.7".parse().unwrap()), Some("private, RFC 1918"));
/// assert_eq!(unroutable("8.8.8.8".parse().unwrap()), None);
/// ```
pub fn unroutable(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => unroutable_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => unroutable_v4(mapped),
            None => unroutable_v6(address),
        },
    }
}

fn unroutable_v4(address: Ipv4Addr) -> Option<&'static str> {
    let [first, second, ..] = address.octets();
    match (first, second) {
        (0, _) => Some("unspecified, RFC 1122"),
        (127, _) => Some("loopback, RFC 1122"),
        _ if address.is_private() => Some("private, RFC 1918"),
        _ if address.is_link_local() => Some("link-local, RFC 3927"),
        (100, 64..=127) => Some("shared by carriers, RFC 6598"),
        _ => None,
    }
}

fn unroutable_v6(address: Ipv6Addr) -> Option<&'static str> {
    match address.segments()[0] {
        _ if address.is_unspecified() => Some("unspecified, RFC 4291"),
        _ if address.is_loopback() => Some("loopback, RFC 4291"),
        0xfc00..=0xfdff => Some("unique local, RFC 4193"),
        0xfe80..=0xfebf => Some("link-local, RFC 4291"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_ends_where_its_rfc_says() {
        for (inside, outside) in [
            ("10.255.255.255", "11.0.0.0"),
            ("172.16.0.0", "172.15.255.255"),
            ("172.31.255.255", "172.32.0.0"),
            ("192.168.0.1", "192.169.0.1"),
            ("169.254.169.254", "169.253.0.1"),
            ("100.64.0.0", "100.63.255.255"),
            ("100.127.255.255", "100.128.0.0"),
            ("127.255.0.1", "128.0.0.1"),
            ("0.0.0.0", "1.1.1.1"),
            ("fd12:3456::1", "fe00::1"),
            ("fc00::", "fbff::1"),
            ("febf::1", "fec0::1"),
            ("::1", "2001:db8::1"),
            ("::", "2600::"),
            ("::ffff:10.0.0.1", "::ffff:203.0.113.10"),
        ] {
            assert!(unroutable(inside.parse().unwrap()).is_some(), "{inside}");
            assert_eq!(unroutable(outside.parse().unwrap()), None, "{outside}");
        }
    }
}
