//! Where connections to an address end up.
//!
//! Name servers know addresses, no ports, and addresses of the internet lead out of this machine. A lab that lets DNS be
//! asked therefore stands in for the network behind it: it says where on loopback each address and port leads.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use edge502_rules::address::unroutable;

/// A network made of loopback ports. The default leads every address to itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Routes {
    ports: HashMap<SocketAddr, SocketAddr>,
    hosts: HashMap<IpAddr, SocketAddr>,
    elsewhere: Option<SocketAddr>,
}

impl Routes {
    /// Every address leads to itself.
    pub fn direct() -> Self {
        Self::default()
    }

    /// A network in which whatever is not added leads to `nowhere`.
    pub fn leading(nowhere: SocketAddr) -> Self {
        Self { elsewhere: Some(nowhere), ..Self::default() }
    }

    /// Leads one port of an address to `to`.
    pub fn port(mut self, address: SocketAddr, to: SocketAddr) -> Self {
        self.ports.insert(address, to);
        self
    }

    /// Leads the ports of `address` that are not named to `to`.
    pub fn host(mut self, address: IpAddr, to: SocketAddr) -> Self {
        self.hosts.insert(address, to);
        self
    }

    /// Where a connection to `address` ends up.
    pub fn to(&self, address: SocketAddr) -> SocketAddr {
        let known = self.ports.get(&address).or_else(|| self.hosts.get(&address.ip()));
        known.copied().or(self.elsewhere).unwrap_or(address)
    }
}

/// An address of an origin, and where a connection to it ends up. Written as the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) address: SocketAddr,
    pub(crate) to: SocketAddr,
}

impl Destination {
    /// What is to be known about an address that does not answer.
    pub(crate) fn remark(self) -> String {
        // A loopback address was chosen by somebody on this machine; it is no riddle why it is not public.
        let kind = unroutable(self.address.ip()).filter(|_| !self.to.ip().is_loopback() || self.address != self.to);
        kind.map_or_else(String::new, |kind| format!("; the internet does not route this address ({kind})"))
    }
}

impl From<SocketAddr> for Destination {
    fn from(address: SocketAddr) -> Self {
        Self { address, to: address }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_port_goes_before_its_host_and_a_host_before_the_rest() {
        let host = at("203.0.113.10:0").ip();
        let routes = Routes::leading(at("127.0.0.1:1"))
            .port(at("203.0.113.10:443"), at("127.0.0.1:3"))
            .host(host, at("127.0.0.1:2"));
        assert_eq!(routes.to(at("203.0.113.10:443")), at("127.0.0.1:3"));
        assert_eq!(routes.to(at("203.0.113.10:80")), at("127.0.0.1:2"));
        assert_eq!(routes.to(at("10.0.0.1:443")), at("127.0.0.1:1"));
        assert_eq!(Routes::direct().to(at("10.0.0.1:443")), at("10.0.0.1:443"));
    }

    #[test]
    fn only_an_address_that_needs_it_gets_a_remark() {
        let led = |address| Destination { address: at(address), to: at("127.0.0.1:1") };
        assert!(led("10.0.0.1:443").remark().contains("RFC 1918"));
        assert!(led("[fd00::1]:443").remark().contains("RFC 4193"));
        assert_eq!(led("203.0.113.10:443").remark(), "");
        assert_eq!(Destination::from(at("127.0.0.1:443")).remark(), "");
        assert!(Destination::from(at("192.168.0.1:443")).remark().contains("RFC 1918"));
    }
}
