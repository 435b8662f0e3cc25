//! One state of a scenario on real sockets: an origin, the edge in front of it, a viewer and an engineer's machine.

#[cfg_attr(not(feature = "legacy"), path = "lab/check/absent.rs")]
mod check;
mod dig;
mod leads;
mod observe;
mod refine;
mod rehearse;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use edge502_edge::{AccessLog, Edge, EdgeConfig, Overrides, Routes, ViewerIdentity};
use edge502_handshake::{ClientCertificate, Options, TrustStore};
use edge502_origin::{Filtered, History, NameServer, Origin};
use edge502_pki::{Identity, Issuer, PemFiles};
use edge502_rules::Rulebook;
use edge502_rules::clock::SharedClock;
use edge502_rules::distribution::Distribution;
use edge502_rules::page::ErrorPages;

use crate::clock::LabClock;
use crate::error::ScenarioError;
use crate::network::{Ends, From, asks_dns};
use crate::state::{DISTRIBUTION_DOMAIN, State};
use crate::tap::Tap;
use crate::viewer::Viewer;

use leads::Nowhere;
pub use observe::{DocumentedCheck, Observed};
pub(crate) use refine::refined;

/// How long the lab's edge waits for its name server, which is on this machine.
const NAME_SERVER_PATIENCE: Duration = Duration::from_millis(500);

/// Whom the client certificate towards the origin is for, unless a scenario says otherwise.
const CLIENT_NAME: &str = "cloudfront.shop.test";

/// Choices that hold for a whole lab.
#[derive(Clone)]
pub struct LabOptions {
    /// The lab's certificates; shared between labs.
    pub pki: Arc<edge502_pki::Lab>,
    /// The lab's clock.
    pub clock: SharedClock,
    /// Which reading of CloudFront decides.
    pub rulebook: Rulebook,
    /// Which family of error pages the viewer gets.
    pub error_pages: ErrorPages,
    /// The access log, if there is one; labs can share it. Whoever opened it closes it.
    pub access_log: Option<AccessLog>,
}

impl LabOptions {
    /// Documented rules, pages of 2019, no access log.
    pub fn new(pki: Arc<edge502_pki::Lab>, clock: SharedClock) -> Self {
        Self { pki, clock, rulebook: Rulebook::default(), error_pages: ErrorPages::default(), access_log: None }
    }
}

/// A running lab. Dropping it stops everything; [`Lab::shutdown`] waits until it has stopped.
pub struct Lab {
    options: LabOptions,
    clock: Arc<LabClock>,
    state: State,
    origin: Origin,
    /// Up from the first state that uses it.
    standby: Option<Box<Origin>>,
    edge: Edge,
    viewer: Viewer,
    tap: Option<Tap>,
    /// A bound port nobody listens on: where a distribution's wrong port leads.
    nowhere: Nowhere,
    /// A port that drops what comes, once a state has a network in which something does.
    drops: Option<Filtered>,
    name_servers: Vec<NameServer>,
    /// Where the addresses they tell lead the edge.
    led: Routes,
    /// Requests that the origin got in the step's past.
    earlier_requests: usize,
}

impl Lab {
    /// Brings `state` up on free loopback ports.
    pub async fn start(state: &State, mut options: LabOptions) -> Result<Self, ScenarioError> {
        let clock = Arc::new(LabClock::new(options.clock));
        options.clock = clock.clone();
        let origin = Box::pin(Origin::start(&state.origin, &options.pki, options.clock.clone())).await?;
        let nowhere = Nowhere::reserve()?;
        let name_servers = state.dns.start(&state.distribution.domain_name).await?;
        let edge = Box::pin(Edge::start(edge_config(state, &options, &name_servers)?)).await?;
        let viewer = Viewer::new(&options.pki.root_pem(), options.clock.clone())?;
        let state = state.clone();
        let mut lab = Self {
            options,
            clock,
            state,
            origin,
            standby: None,
            edge,
            viewer,
            tap: None,
            nowhere,
            drops: None,
            name_servers,
            led: Routes::direct(),
            earlier_requests: 0,
        };
        lab.start_standby().await?;
        lab.route().await?;
        Ok(lab)
    }

    /// Changes the running lab to `state` as if it had just been started, on the same ports.
    pub async fn renew(&mut self, state: &State) -> Result<(), ScenarioError> {
        self.clock.reset();
        self.edge.flush();
        self.edge.forget();
        self.change(state).await?;
        self.history().clear();
        self.earlier_requests = 0;
        Ok(())
    }

    /// Changes the running lab to `state`, on the same ports: what it remembers, it keeps.
    pub async fn apply(&mut self, state: &State) -> Result<(), ScenarioError> {
        let same = State { request: state.request.clone(), ..self.state.clone() };
        if same == *state {
            // Nothing but the question differs; connections to the origin stay open.
            self.state = same;
            return Ok(());
        }
        self.change(state).await
    }

    async fn change(&mut self, state: &State) -> Result<(), ScenarioError> {
        if self.state.origin != state.origin {
            Box::pin(self.origin.reconfigure(&state.origin, &self.options.pki)).await?;
        }
        if let Some(standby) = self.standby.as_mut().filter(|_| self.state.standby != state.standby) {
            Box::pin(standby.reconfigure(&state.standby, &self.options.pki)).await?;
        }
        // Those that go on as they are keep their ports, so that commands that were pasted once still work.
        let names = |state: &State| (state.dns.clone(), state.distribution.domain_name.clone());
        let renamed = names(&self.state) != names(state);
        self.state = state.clone();
        self.start_standby().await?;
        if renamed {
            self.name_servers = state.dns.start(&state.distribution.domain_name).await?;
        }
        self.edge.set_name_servers(addresses(&self.name_servers), NAME_SERVER_PATIENCE);
        self.edge.set_handshake(trust(state, &self.options)?, handshake(state))?;
        self.edge.set_client_certificates(client_certificates(state, &self.options)?);
        self.edge.set_functions(state.function.results());
        self.edge.set_distribution(distribution(state)?);
        self.route().await
    }

    /// Puts a passive listener between edge and origin, or takes it away.
    async fn listen_in(&mut self, wanted: bool) -> Result<(), ScenarioError> {
        match (&self.tap, wanted) {
            (Some(tap), true) => tap.clear(),
            (None, true) => self.tap = Some(Tap::start(self.origin_port_in_use()).await?),
            (Some(_), false) => self.tap = None,
            // As it was; connections to the origin stay open.
            (None, false) => return Ok(()),
        }
        self.route().await
    }

    /// Leads the edge to the origin: through DNS and the lab's network where they matter, past them elsewhere.
    async fn route(&mut self) -> Result<(), ScenarioError> {
        if asks_dns(&self.state) {
            self.led = self.routes(From::CloudFront).await?;
            self.edge.set_routes(self.led.clone());
        }
        let tap = self.tap.as_ref().map(Tap::address);
        self.edge.set_overrides(self.leading(tap));
        Ok(())
    }

    /// Starts the second origin if the distribution leads to it.
    async fn start_standby(&mut self) -> Result<(), ScenarioError> {
        if self.standby.is_none() && self.state.uses_standby() {
            let clock = self.options.clock.clone();
            let standby = Box::pin(Origin::start(&self.state.standby, &self.options.pki, clock)).await?;
            self.standby = Some(Box::new(standby));
        }
        Ok(())
    }

    /// The lab's network as it looks to `from`.
    async fn routes(&mut self, from: From) -> Result<Routes, ScenarioError> {
        if self.drops.is_none() {
            let started = Filtered::start().await;
            self.drops = Some(started.map_err(ScenarioError::io("cannot set up a port that drops"))?);
        }
        let (https, http) = (self.origin.addr(), self.origin.http_addr());
        let tap = self.tap.as_ref().filter(|_| from == From::CloudFront).map(Tap::address);
        let plain = self.origin_port_in_use() == http;
        let ends = Ends {
            https: tap.filter(|_| !plain).unwrap_or(https),
            http: tap.filter(|_| plain).unwrap_or(http),
            refuses: self.nowhere.address,
            drops: self.drops.as_ref().expect("started just above"),
        };
        Ok(ends.routes(&self.state.network, from))
    }

    /// The port the distribution leads to for this state's request.
    fn origin_port_in_use(&self) -> SocketAddr {
        if self.state.asks_in_clear() { self.origin.http_addr() } else { self.origin.addr() }
    }

    /// The state that is up.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Where viewers connect without TLS.
    pub fn http_addr(&self) -> SocketAddr {
        self.edge.http_addr()
    }

    /// Where viewers connect with TLS.
    pub fn https_addr(&self) -> SocketAddr {
        self.edge.https_addr().expect("a lab's edge always has a certificate for viewers")
    }

    /// The origin's TLS port.
    pub fn origin_addr(&self) -> SocketAddr {
        self.origin.addr()
    }

    /// The second origin's TLS port, if it is up.
    pub(crate) fn standby_addr(&self) -> Option<SocketAddr> {
        self.standby.as_ref().map(|standby| standby.addr())
    }

    /// Where the names of the state that is up lead, in place of DNS.
    pub fn overrides(&self) -> Overrides {
        self.leading(None)
    }

    /// The lab's name servers.
    pub fn name_server_addrs(&self) -> Vec<SocketAddr> {
        addresses(&self.name_servers)
    }

    /// Where the addresses that the name servers tell lead, for whoever comes from the internet.
    pub fn led(&self) -> Routes {
        self.led.clone()
    }

    /// The distribution of the state that is up.
    pub fn distribution(&self) -> Arc<Distribution> {
        self.edge.distribution()
    }

    /// The client certificates for `OriginMtlsConfig`, by their ARN.
    pub fn client_certificates(&self) -> Result<HashMap<String, ClientCertificate>, ScenarioError> {
        client_certificates(&self.state, &self.options)
    }

    /// The lab's clock.
    pub fn clock(&self) -> SharedClock {
        self.options.clock.clone()
    }

    /// The origin.
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What the origin saw.
    pub fn history(&self) -> History {
        self.origin.history()
    }

    /// The edge, for its events.
    pub fn edge(&self) -> &Edge {
        &self.edge
    }

    /// The root that stands in for the public authorities, in PEM.
    pub fn root_pem(&self) -> String {
        self.options.pki.root_pem()
    }

    /// Writes what the engineer's machine presents to the origin, if anything, to `directory`.
    pub(crate) fn client_files(&self, directory: &Path) -> Result<Option<PemFiles>, ScenarioError> {
        client_files(&self.state, &self.options, directory)
    }

    /// Stops everything and waits for it.
    pub async fn shutdown(self) {
        self.edge.shutdown().await;
        self.origin.shutdown().await;
        if let Some(standby) = self.standby {
            standby.shutdown().await;
        }
    }
}

fn edge_config(state: &State, options: &LabOptions, name_servers: &[NameServer]) -> Result<EdgeConfig, ScenarioError> {
    let mut config = EdgeConfig::new(distribution(state)?, trust(state, options)?, options.clock.clone());
    config.identity = Some(viewer_identity(state, options)?);
    config.functions = state.function.results();
    config.name_servers = addresses(name_servers);
    config.name_server_patience = NAME_SERVER_PATIENCE;
    config.handshake = handshake(state);
    config.client_certificates = client_certificates(state, options)?;
    config.rulebook = options.rulebook;
    config.error_pages = options.error_pages;
    config.log.clone_from(&options.access_log);
    Ok(config)
}

fn addresses(name_servers: &[NameServer]) -> Vec<SocketAddr> {
    name_servers.iter().map(NameServer::address).collect()
}

/// The certificate viewers see, as a public authority would have issued it.
fn viewer_identity(state: &State, options: &LabOptions) -> Result<ViewerIdentity, ScenarioError> {
    let wildcard = DISTRIBUTION_DOMAIN.split_once('.').map_or(String::new(), |(_, parent)| format!("*.{parent}"));
    let usual = state.zone.viewer_host();
    let mut names = vec![usual.clone(), wildcard];
    names.extend(state.distribution.aliases.iter().filter(|alias| **alias != usual).cloned());
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let identity = options.pki.server_identity(&names)?;
    Ok(ViewerIdentity { chain: identity.served.clone(), key: identity.key.clone_key() })
}

fn distribution(state: &State) -> Result<Distribution, ScenarioError> {
    let mut json = state.distribution.to_json_beside(&state.zone.standby_domain());
    state.function.associate(&mut json);
    let parsed = Distribution::from_json(&json.to_string())?;
    for notice in &parsed.notices {
        tracing::info!("{}: {}; {}", notice.place, notice.message, notice.remedy);
    }
    Ok(parsed.distribution)
}

fn handshake(state: &State) -> Options {
    Options { pq: state.edge.post_quantum }
}

fn trust(state: &State, options: &LabOptions) -> Result<TrustStore, ScenarioError> {
    let mut pem = options.pki.root_pem();
    if state.edge.also_trusts_private_ca {
        pem.push_str(&private_ca_pem(options)?);
    }
    Ok(TrustStore::from_pem(pem)?)
}

/// What lies in ACM under the ARN of `OriginMtlsConfig`.
fn client_certificates(
    state: &State,
    options: &LabOptions,
) -> Result<HashMap<String, ClientCertificate>, ScenarioError> {
    let Some(mtls) = &state.distribution.origin_mtls_config else { return Ok(HashMap::new()) };
    let identity = client_identity(state, options)?;
    let certificate = ClientCertificate::from_pem(identity.served_pem(), identity.key_pem);
    Ok(HashMap::from([(mtls.client_certificate_arn.clone(), certificate)]))
}

/// Writes what the engineer's machine presents to the origin, if anything, to `directory`.
pub(crate) fn client_files(
    state: &State,
    options: &LabOptions,
    directory: &Path,
) -> Result<Option<PemFiles>, ScenarioError> {
    if !state.client.presents_client_certificate {
        return Ok(None);
    }
    Ok(Some(client_identity(state, options)?.write_pem(&directory.join("client"))?))
}

fn client_identity(state: &State, options: &LabOptions) -> Result<Identity, ScenarioError> {
    Ok(options.pki.client_identity(&state.client_certificate, &state.zone.own(CLIENT_NAME))?)
}

fn private_ca_pem(options: &LabOptions) -> Result<String, ScenarioError> {
    Ok(options.pki.authority_pem(Issuer::PrivateCa)?.unwrap_or_default())
}
