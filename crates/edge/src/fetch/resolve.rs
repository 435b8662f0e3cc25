//! From an origin's domain name to addresses.
//!
//! Overrides come first, then DNS; `/etc/hosts` counts only with the name servers of the system. Of several name servers
//! each lookup asks one, the next in turn, and takes its word: where they disagree, a name resolves now and then, which
//! is how AWS describes it (that turns decide is inferred). Answers are not cached: in a lab a corrected record has to
//! work at once. How lookups fail is described in
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html>, which families are
//! asked for in
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html>.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use edge502_rules::Cause;
use edge502_rules::distribution::IpAddressType;
use edge502_rules::name::OriginDomain;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RecordType};

use crate::OriginFailure;

/// How long a whole lookup may take, whatever the name servers do.
const LOOKUP: Duration = Duration::from_secs(6);

/// Addresses that stand in for what DNS would say, by host and port, like curl's `--connect-to`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides(HashMap<(String, u16), Vec<SocketAddr>>);

impl Overrides {
    /// No overrides.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sends connections for `host` and `port` to `address`. Said more than once, the addresses are used in turn, one
    /// for each attempt. Case does not matter.
    pub fn insert(&mut self, host: &str, port: u16, address: SocketAddr) {
        self.0.entry((host.to_ascii_lowercase(), port)).or_default().push(address);
    }

    /// The same, for building in one expression.
    pub fn with(mut self, host: &str, port: u16, address: SocketAddr) -> Self {
        self.insert(host, port, address);
        self
    }

    /// The addresses for `host`, in lower case, and `port`; `None` where DNS is to be asked.
    pub fn of(&self, host: &str, port: u16) -> Option<&[SocketAddr]> {
        self.0.get(&(host.to_owned(), port)).map(Vec::as_slice)
    }
}

/// Whom to ask, and for how long.
#[derive(Debug, Clone)]
pub(crate) struct NameServers {
    /// The servers; none means those of the system (`/etc/resolv.conf`).
    pub(crate) addresses: Vec<SocketAddr>,
    /// The time a question may take.
    pub(crate) patience: Duration,
}

/// Asks DNS.
pub(crate) enum Resolver {
    /// The servers of the system, if there are any. An edge starts without them, too: with overrides for every origin it
    /// needs none.
    System(Box<Result<TokioResolver, NetError>>),
    /// These servers, by turns.
    ByTurns {
        /// Whom to ask, at least one.
        servers: NameServers,
        /// How many lookups there have been.
        lookups: AtomicUsize,
    },
}

impl Resolver {
    /// A resolver that asks `servers`.
    pub(crate) fn new(servers: NameServers) -> Self {
        if !servers.addresses.is_empty() {
            return Self::ByTurns { servers, lookups: AtomicUsize::new(0) };
        }
        let resolver = TokioResolver::builder_tokio().and_then(|mut builder| {
            let options = builder.options_mut();
            options.timeout = servers.patience;
            options.attempts = 1;
            options.cache_size = 0;
            builder.build()
        });
        Self::System(Box::new(resolver))
    }

    /// What the next lookup asks. A server that is named gets a client without a past: what a lookup shows must not
    /// depend on how the last one went.
    fn next(&self) -> Result<TokioResolver, NetError> {
        match self {
            Self::System(resolver) => (**resolver).clone(),
            Self::ByTurns { servers, lookups } => {
                let turn = lookups.fetch_add(1, Ordering::Relaxed) % servers.addresses.len();
                let config = only(servers.addresses[turn]);
                let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
                let options = builder.options_mut();
                options.timeout = servers.patience;
                options.attempts = 0;
                options.cache_size = 0;
                options.use_hosts_file = ResolveHosts::Never;
                builder.build()
            }
        }
    }

    /// The addresses of `domain`, never none.
    pub(crate) async fn resolve(
        &self,
        domain: &OriginDomain,
        family: IpAddressType,
    ) -> Result<Vec<IpAddr>, OriginFailure> {
        let resolver = self.next();
        let lookup = tokio::time::timeout(LOOKUP, lookup(&resolver, domain, family));
        lookup.await.unwrap_or_else(|_| {
            let evidence = format!("{domain}: no answer from the name servers within {} s", LOOKUP.as_secs());
            Err(OriginFailure::new(Cause::DnsTimeout, evidence))
        })
    }
}

async fn lookup(
    resolver: &Result<TokioResolver, NetError>,
    domain: &OriginDomain,
    family: IpAddressType,
) -> Result<Vec<IpAddr>, OriginFailure> {
    let records = |kind| records(resolver, domain, kind);
    match family {
        IpAddressType::Ipv4 => records(RecordType::A).await,
        IpAddressType::Ipv6 => records(RecordType::AAAA).await,
        IpAddressType::Dualstack => {
            let (v4, v6) = tokio::join!(records(RecordType::A), records(RecordType::AAAA));
            either(v4, v6)
        }
    }
}

async fn records(
    resolver: &Result<TokioResolver, NetError>,
    domain: &OriginDomain,
    kind: RecordType,
) -> Result<Vec<IpAddr>, OriginFailure> {
    // The final dot keeps the system's search domains out: CloudFront knows none.
    let name = Name::from_ascii(format!("{domain}.")).expect("an origin's domain is a DNS name");
    let failed = |error: &NetError| {
        let (cause, what) = judge(domain, error);
        OriginFailure::new(cause, format!("{domain} {kind}: {what}"))
    };
    let resolver = resolver.as_ref().map_err(failed)?;
    let lookup = resolver.lookup(name, kind).await.map_err(|error| failed(&error))?;
    let addresses: Vec<_> = lookup.answers().iter().filter_map(|record| record.data.ip_addr()).collect();
    if addresses.is_empty() {
        let evidence = format!("{domain} {kind}: the answer holds no address");
        return Err(OriginFailure::new(Cause::DnsNoAddress, evidence));
    }
    Ok(addresses)
}

/// A configuration with one name server, asked over UDP and, for an answer that does not fit, over TCP.
fn only(name_server: SocketAddr) -> ResolverConfig {
    let port = |mut connection: ConnectionConfig| {
        connection.port = name_server.port();
        connection
    };
    let connections = vec![port(ConnectionConfig::udp()), port(ConnectionConfig::tcp())];
    let server = NameServerConfig::new(name_server.ip(), true, connections);
    ResolverConfig::from_parts(None, Vec::new(), vec![server])
}

/// The addresses of both families, or the failure that says more: an error of the servers outweighs an absent record.
fn either(
    v4: Result<Vec<IpAddr>, OriginFailure>,
    v6: Result<Vec<IpAddr>, OriginFailure>,
) -> Result<Vec<IpAddr>, OriginFailure> {
    match (v4, v6) {
        (Ok(mut v4), Ok(v6)) => {
            v4.extend(v6);
            Ok(v4)
        }
        (Ok(addresses), Err(_)) | (Err(_), Ok(addresses)) => Ok(addresses),
        (Err(v4), Err(v6)) if v4.cause == Cause::DnsNoAddress => Err(v6),
        (Err(v4), Err(_)) => Err(v4),
    }
}

/// The cause behind a failed lookup of `domain`, and what was seen.
fn judge(domain: &OriginDomain, error: &NetError) -> (Cause, String) {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => {
            let who = led_to(domain, none.query.name());
            match none.response_code {
                ResponseCode::NXDomain => (Cause::DnsNoSuchName, format!("{who} does not exist (NXDOMAIN)")),
                ResponseCode::NoError => (Cause::DnsNoAddress, format!("{who} has no such record (NODATA)")),
                code => (Cause::DnsServerFailure, format!("the name servers answered {code} for {who}")),
            }
        }
        NetError::Dns(DnsError::ResponseCode(code)) => {
            (Cause::DnsServerFailure, format!("the name servers answered {code}"))
        }
        NetError::Timeout => (Cause::DnsTimeout, "the name servers did not answer in time".to_owned()),
        other => (Cause::DnsServerFailure, other.to_string()),
    }
}

/// The name that a lookup ended at: the origin's own, or one that aliases (CNAME) led to.
fn led_to(domain: &OriginDomain, name: &Name) -> String {
    let name = name.to_ascii().trim_end_matches('.').to_ascii_lowercase();
    if name == domain.as_str() { "the name".to_owned() } else { format!("{name}, where CNAME records lead,") }
}
