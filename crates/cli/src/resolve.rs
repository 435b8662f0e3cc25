//! `--resolve`: an address in place of DNS.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use edge502_rules::name::OriginDomain;

/// What one `--resolve HOST:PORT:ADDR[:PORT]` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resolve {
    /// The origin's domain name.
    pub(crate) host: String,
    /// The port the distribution names.
    pub(crate) port: u16,
    /// Where to connect instead.
    pub(crate) address: SocketAddr,
}

impl FromStr for Resolve {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.splitn(3, ':');
        let (Some(host), Some(port), Some(address)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("expected HOST:PORT:ADDR, such as origin.example.com:443:127.0.0.1".to_owned());
        };
        let host: OriginDomain = host.parse().map_err(|error: edge502_rules::RulesError| error.to_string())?;
        let port = port_of(port)?;
        Ok(Self { host: host.as_str().to_owned(), port, address: address_of(address, port)? })
    }
}

fn port_of(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(port) if port != 0 => Ok(port),
        _ => Err(format!("{text:?} is not a port; expected 1 to 65535")),
    }
}

/// An address, with `port` unless it brings its own. An IPv6 address stands in brackets, else its end could be a port.
fn address_of(text: &str, port: u16) -> Result<SocketAddr, String> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    match (text.parse::<SocketAddr>(), bare.parse::<IpAddr>()) {
        (Ok(address), _) if address.port() != 0 => Ok(address),
        (_, Ok(IpAddr::V6(address))) if bare.len() == text.len() => {
            Err(format!("write the IPv6 address in brackets: [{address}]"))
        }
        (_, Ok(address)) => Ok(SocketAddr::new(address, port)),
        _ => Err(format!("{text:?} is not an address such as 127.0.0.1, 127.0.0.1:8443 or [::1]")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (String, u16, String) {
        let resolve: Resolve = text.parse().unwrap();
        (resolve.host, resolve.port, resolve.address.to_string())
    }

    #[test]
    fn addresses_of_both_families() {
        assert_eq!(parsed("O.test:443:127.0.0.1"), ("o.test".into(), 443, "127.0.0.1:443".into()));
        assert_eq!(parsed("o.test:443:[::1]"), ("o.test".into(), 443, "[::1]:443".into()));
    }

    #[test]
    fn another_port_may_follow() {
        assert_eq!(parsed("o.test:443:127.0.0.1:8443").2, "127.0.0.1:8443");
        assert_eq!(parsed("o.test:443:[::1]:8443").2, "[::1]:8443");
    }

    #[test]
    fn refusals_say_what_is_expected() {
        for (text, expected) in [
            ("o.test", "HOST:PORT:ADDR"),
            ("o.test:443", "HOST:PORT:ADDR"),
            ("o test:443:127.0.0.1", "host name"),
            ("o.test:0:127.0.0.1", "1 to 65535"),
            ("o.test:https:127.0.0.1", "1 to 65535"),
            ("o.test:443:::1", "in brackets: [::1]"),
            ("o.test:443:127.0.0.1:0", "not an address"),
            ("o.test:443:127.0.0", "not an address"),
            ("o.test:443:", "not an address"),
            ("o.test:443:[127.0.0.1", "not an address"),
        ] {
            let error = text.parse::<Resolve>().expect_err(text);
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
