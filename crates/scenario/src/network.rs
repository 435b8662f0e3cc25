//! What lies between the edge and the origin: name servers, and the network behind the addresses they tell.
//!
//! CloudFront finds a custom origin in public DNS and reaches it over the internet
//! (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>,
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-504-gateway-timeout.html>). A lab never
//! leaves loopback: its network leads the origin's public addresses to the origin's ports, and every other address,
//! private ones included, to a port that drops what comes.

use std::net::{IpAddr, SocketAddr};

use edge502_edge::Routes;
use edge502_origin::{DnsAnswer, DnsRecord, Filtered, NameServer, Zone};
use serde::Deserialize;

use crate::error::ScenarioError;
use crate::state::State;

/// The origin's address on the lab's internet (RFC 5737).
pub(crate) const ORIGIN_V4: &str = "203.0.113.10";
/// The origin's IPv6 address on the lab's internet (RFC 3849).
pub(crate) const ORIGIN_V6: &str = "2001:db8::10";

/// The `[dns]` table: the name servers of the origin's zone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DnsSpec {
    /// How the name server answers. Default `address`: what its zone says.
    pub answer: DnsAnswer,
    /// How each of several name servers answers, in place of `answer`; each lookup begins with the next one.
    pub servers: Vec<DnsAnswer>,
    /// What the zone says: names with a record such as `"A 203.0.113.10"`, or a list. Default: the origin's domain name
    /// has the A record 203.0.113.10.
    pub zone: Option<Zone>,
}

impl DnsSpec {
    /// Starts the name servers, for an origin of this name.
    pub(crate) async fn start(&self, origin: &str) -> Result<Vec<NameServer>, ScenarioError> {
        let answers = if self.servers.is_empty() { std::slice::from_ref(&self.answer) } else { &self.servers };
        let mut servers = Vec::new();
        for answer in answers {
            let server = NameServer::start(*answer, self.zone_of(origin)).await;
            servers.push(server.map_err(ScenarioError::io("cannot start the lab's name server"))?);
        }
        Ok(servers)
    }

    fn zone_of(&self, origin: &str) -> Zone {
        let usual = || {
            let address = DnsRecord::Address(ORIGIN_V4.parse().expect("it is an address"));
            Zone::new([(origin, vec![address])]).unwrap_or_default()
        };
        self.zone.clone().unwrap_or_else(usual)
    }
}

/// The `[network]` table: which addresses lead where.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkSpec {
    /// Addresses under which the internet reaches the origin. Default `203.0.113.10` and `2001:db8::10`.
    pub origin: Vec<IpAddr>,
    /// Addresses under which only the origin's own network reaches it. The engineer sits there, CloudFront does not.
    pub inside: Vec<IpAddr>,
    /// Addresses of other hosts, which refuse every connection. All addresses that are not named drop it.
    pub refuses: Vec<IpAddr>,
    /// What the origin's firewall does to CloudFront's connections, and to nobody else's. Default `pass`.
    pub cloudfront: Passage,
}

impl Default for NetworkSpec {
    fn default() -> Self {
        let origin = [ORIGIN_V4, ORIGIN_V6].map(|address| address.parse().expect("it is an address"));
        Self { origin: origin.to_vec(), inside: Vec::new(), refuses: Vec::new(), cloudfront: Passage::Pass }
    }
}

/// What a firewall does to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Passage {
    /// Lets it through.
    #[default]
    Pass,
    /// Answers nothing.
    Drop,
    /// Answers that nobody listens.
    Reject,
}

/// Whether DNS is asked in this state. Where nothing is stated about names and network, overrides lead to the origin.
pub(crate) fn asks_dns(state: &State) -> bool {
    state.dns != DnsSpec::default()
        || state.network != NetworkSpec::default()
        || state.distribution.ip_address_type != "ipv4"
}

/// Who connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// CloudFront, from the internet.
    CloudFront,
    /// The engineer, from the origin's own network.
    Inside,
}

/// The loopback ports that a lab's network is made of.
pub(crate) struct Ends<'a> {
    /// The origin's TLS port, or the listener in front of it.
    pub(crate) https: SocketAddr,
    /// The origin's plain port, or the listener in front of it.
    pub(crate) http: SocketAddr,
    /// A port that refuses.
    pub(crate) refuses: SocketAddr,
    /// A port that drops.
    pub(crate) drops: &'a Filtered,
}

impl Ends<'_> {
    /// The network as it looks to `from`.
    pub(crate) fn routes(&self, network: &NetworkSpec, from: From) -> Routes {
        let drops = self.drops.address();
        let mut routes = Routes::leading(drops);
        for address in &network.refuses {
            routes = routes.host(*address, self.refuses);
        }
        let inside = network.inside.iter().filter(|_| from == From::Inside);
        for address in network.origin.iter().chain(inside) {
            let open = from == From::Inside || network.cloudfront == Passage::Pass;
            let closed = if network.cloudfront == Passage::Drop { drops } else { self.refuses };
            let at = |usual: SocketAddr| if open { usual } else { closed };
            routes = routes
                .host(*address, at(self.refuses))
                .port(SocketAddr::new(*address, 443), at(self.https))
                .port(SocketAddr::new(*address, 80), at(self.http));
        }
        routes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(toml: &str) -> NetworkSpec {
        toml::from_str(toml).unwrap()
    }

    #[tokio::test]
    async fn every_address_leads_where_the_table_says() {
        let drops = Filtered::start().await.unwrap();
        let at = |text: &str| -> SocketAddr { text.parse().unwrap() };
        let (https, http, refuses) = (at("127.0.0.1:3"), at("127.0.0.1:2"), at("127.0.0.1:1"));
        let ends = Ends { https, http, refuses, drops: &drops };
        let spec = network("inside = ['10.0.12.7']\nrefuses = ['203.0.113.66']");
        for (address, cloudfront, engineer) in [
            ("203.0.113.10:443", https, https),
            ("203.0.113.10:80", http, http),
            ("203.0.113.10:8443", refuses, refuses),
            ("[2001:db8::10]:443", https, https),
            ("203.0.113.66:443", refuses, refuses),
            ("203.0.113.77:443", drops.address(), drops.address()),
            ("10.0.12.7:443", drops.address(), https),
            ("127.0.0.1:443", drops.address(), drops.address()),
        ] {
            assert_eq!(ends.routes(&spec, From::CloudFront).to(at(address)), cloudfront, "{address}");
            assert_eq!(ends.routes(&spec, From::Inside).to(at(address)), engineer, "{address}");
        }
        for (passage, led) in [("drop", drops.address()), ("reject", refuses)] {
            let spec = network(&format!("cloudfront = '{passage}'"));
            assert_eq!(ends.routes(&spec, From::CloudFront).to(at("203.0.113.10:443")), led);
            assert_eq!(ends.routes(&spec, From::Inside).to(at("203.0.113.10:443")), https);
        }
    }

    #[test]
    fn dns_is_asked_only_where_something_is_stated() {
        let state = |toml: &str| toml::from_str::<State>(toml).unwrap();
        assert!(!asks_dns(&state("")));
        for toml in [
            "dns.answer = 'silence'",
            "dns.servers = ['address']",
            "dns.zone = {}",
            "network.cloudfront = 'drop'",
            "distribution.IpAddressType = 'dualstack'",
        ] {
            assert!(asks_dns(&state(toml)), "{toml}");
        }
    }
}
