//! Where names lead in a lab, in place of DNS: it knows no ports, and the lab's are not the usual ones.

use std::net::SocketAddr;

use edge502_edge::Overrides;
use socket2::{Domain, Socket, Type};

use super::Lab;
use crate::error::ScenarioError;
use crate::network::asks_dns;
use crate::state::DISTRIBUTION_DOMAIN;

/// A host's TLS port and its plain one.
#[derive(Clone, Copy)]
struct Host {
    https: SocketAddr,
    http: SocketAddr,
}

impl Lab {
    /// The origin's name leads to the origin on the usual ports, and to nobody on any other; a name of the distribution
    /// itself leads back to the edge. Where DNS is what is broken, it is asked. Origins that functions choose are this
    /// one, too, and they and the standby always resolve. `tap` stands in front of the origin.
    pub(super) fn leading(&self, tap: Option<SocketAddr>) -> Overrides {
        let distribution = &self.state.distribution;
        let (https, http) = (distribution.https_port, distribution.http_port);
        let origin = Host { https: tap.unwrap_or(self.origin.addr()), http: tap.unwrap_or(self.origin.http_addr()) };
        let mut overrides = Overrides::new();
        if let Some(standby) = &self.standby {
            let standby = Host { https: standby.addr(), http: standby.http_addr() };
            self.lead(&mut overrides, &self.state.zone.standby_domain(), [https, http], standby);
        }
        let name = &distribution.domain_name;
        let assigned = !asks_dns(&self.state);
        if assigned {
            let own = distribution.aliases.contains(name) || name == DISTRIBUTION_DOMAIN;
            let edge = Host { https: self.https_addr(), http: self.http_addr() };
            self.lead(&mut overrides, name, [https, http], if own { edge } else { origin });
        }
        for (domain, port) in self.state.function.origins() {
            let known = |port: u16| assigned && domain == *name && (port == http || port == https);
            for port in [443, 80, port].into_iter().filter(|port| *port != 0 && !known(*port)) {
                let (usual, address) = if port == 80 { (80, origin.http) } else { (443, origin.https) };
                overrides.insert(&domain, port, if port == usual { address } else { self.nowhere.address });
            }
        }
        overrides
    }

    /// Lets `name` lead to `host` on these ports for HTTPS and HTTP, where they are the usual ones.
    fn lead(&self, overrides: &mut Overrides, name: &str, [https, http]: [u16; 2], host: Host) {
        overrides.insert(name, https, if https == 443 { host.https } else { self.nowhere.address });
        overrides.insert(name, http, if http == 80 { host.http } else { self.nowhere.address });
    }
}

/// A loopback port that is taken and refuses connections.
pub(super) struct Nowhere {
    pub(super) address: SocketAddr,
    _bound: Socket,
}

impl Nowhere {
    pub(super) fn reserve() -> Result<Self, ScenarioError> {
        let failed = || ScenarioError::io("cannot reserve a port that refuses connections");
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).map_err(failed())?;
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        socket.bind(&any.into()).map_err(failed())?;
        let address = socket.local_addr().map_err(failed())?.as_socket().expect("an IPv4 socket has an IPv4 address");
        Ok(Self { address, _bound: socket })
    }
}
