//! The edge as its users hold it: start, change, listen, stop.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use edge502_handshake::{ClientCertificate, Connector, Options, TrustStore};
use edge502_rules::Rulebook;
use edge502_rules::cache::InvalidationPath;
use edge502_rules::clock::SharedClock;
use edge502_rules::distribution::Distribution;
use edge502_rules::functions::FunctionResult;
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio_rustls::TlsAcceptor;

use crate::fetch::{NameServers, Overrides, Resolver, Routes};
use crate::journal::Exchange;
use crate::state::State;
use crate::{EdgeConfig, EdgeError, listener, viewer_tls};

/// A running edge. Dropping it stops it at once; [`Edge::shutdown`] lets requests in flight finish.
pub struct Edge {
    state: Arc<State>,
    options: Options,
    http: SocketAddr,
    https: Option<SocketAddr>,
}

impl Edge {
    /// Starts an edge. It serves viewers when this returns.
    ///
    /// Fails if a port, the viewer certificate, the access log or the trust store cannot be used.
    pub async fn start(mut config: EdgeConfig) -> Result<Self, EdgeError> {
        let doors = Doors::open(&mut config).await?;
        let (http, https, options, viewers) = (doors.http, doors.https, config.handshake, config.viewers);
        let state = Arc::new(State::new(config, https).await?);
        doors.serve(&state, viewers);
        Ok(Self { state, options, http, https })
    }

    /// Where viewers connect with HTTP.
    pub fn http_addr(&self) -> SocketAddr {
        self.http
    }

    /// Where viewers connect with HTTPS; `None` without a certificate for viewers.
    pub fn https_addr(&self) -> Option<SocketAddr> {
        self.https
    }

    /// What the edge serves now.
    pub fn distribution(&self) -> Arc<Distribution> {
        Arc::clone(&self.state.snapshot().distribution)
    }

    /// The clock that decides dates.
    pub fn clock(&self) -> &SharedClock {
        &self.state.clock
    }

    /// Serves another distribution from the next request on. `HttpVersion` and the viewer certificate stay as they were
    /// at the start. Like every change, it drops idle connections to origins.
    pub fn set_distribution(&self, distribution: Distribution) {
        self.state.change(|snapshot| snapshot.distribution = Arc::new(distribution));
    }

    /// Trusts other authorities from the next connection on, with the choices of the TLS client made at the start. Fails, and changes nothing, if one cannot be loaded.
    pub fn set_trust(&self, trust: TrustStore) -> Result<(), EdgeError> {
        self.set_handshake(trust, self.options)
    }

    /// Trusts other authorities and makes other choices of the TLS client from the next connection on. Fails, and changes
    /// nothing, if an authority cannot be loaded.
    pub fn set_handshake(&self, trust: TrustStore, options: Options) -> Result<(), EdgeError> {
        let connector = Connector::new(trust, self.state.clock.clone(), options)?;
        self.state.change(|snapshot| snapshot.connector = Arc::new(connector));
        Ok(())
    }

    /// Uses other overrides in place of DNS, for example because an origin moved to another port.
    pub fn set_overrides(&self, overrides: Overrides) {
        self.state.change(|snapshot| snapshot.overrides = Arc::new(overrides));
    }

    /// Asks other name servers from the next lookup on, the first of them first; `patience` is the time a question may
    /// take. None named means those of the system.
    pub fn set_name_servers(&self, addresses: Vec<SocketAddr>, patience: Duration) {
        let resolver = Resolver::new(NameServers { addresses, patience });
        self.state.change(|snapshot| snapshot.resolver = Arc::new(resolver));
    }

    /// Lets the addresses that name servers tell lead elsewhere.
    pub fn set_routes(&self, routes: Routes) {
        self.state.change(|snapshot| snapshot.routes = Arc::new(routes));
    }

    /// Drops idle connections to origins, as time would. Connections in use are not kept either.
    pub fn drop_idle_connections(&self) {
        self.state.change(|_| ());
    }

    /// Uses other client certificates for `OriginMtlsConfig`, by their ARN.
    pub fn set_client_certificates(&self, certificates: HashMap<String, ClientCertificate>) {
        self.state.change(|snapshot| snapshot.client_certificates = Arc::new(certificates));
    }

    /// Lets edge functions return something else, by their ARN; those without a result change nothing.
    pub fn set_functions(&self, results: HashMap<String, FunctionResult>) {
        self.state.change(|snapshot| snapshot.functions = Arc::new(results));
    }

    /// Judges handshakes by another rulebook.
    pub fn set_rulebook(&self, rulebook: Rulebook) {
        self.state.change(|snapshot| snapshot.rulebook = rulebook);
    }

    /// Drops what is kept under `path`, errors included, and says how many responses that were.
    ///
    /// Unlike CloudFront's, it is over when this returns
    /// (<https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Invalidation.html>).
    pub fn invalidate(&self, path: &InvalidationPath) -> usize {
        self.state.cache.invalidate(path)
    }

    /// Drops everything that is kept. No other change of the edge does: what was kept under an old configuration goes on
    /// being served, as CloudFront does it.
    pub fn flush(&self) {
        self.state.cache.flush();
    }

    /// Forgets what earlier requests taught: which origins are not tried for a while.
    pub fn forget(&self) {
        self.state.breakers.clear();
    }

    /// Tells what becomes of every request from now on, each after its last byte. A listener that lags more than 1,024
    /// requests behind loses the oldest.
    pub fn events(&self) -> broadcast::Receiver<Arc<Exchange>> {
        self.state.journal.subscribe()
    }

    /// Takes no more viewers, lets requests in flight finish for at most 2 s, then ends every connection and task
    /// and waits until the access log is written. The log itself stays open for those who share it.
    pub async fn shutdown(self) {
        self.state.current.borrow().pool.close();
        self.state.tasks.shut_down().await;
        self.state.journal.flush().await;
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        self.state.tasks.stop();
    }
}

impl fmt::Debug for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edge").field("http", &self.http).field("https", &self.https).finish_non_exhaustive()
    }
}

/// The open ports, before anybody is served.
struct Doors {
    plain: TcpListener,
    secure: Option<(TcpListener, TlsAcceptor)>,
    http: SocketAddr,
    https: Option<SocketAddr>,
}

impl Doors {
    /// Opens the port for HTTP and, if there is a certificate, the one for HTTPS; takes the certificate.
    async fn open(config: &mut EdgeConfig) -> Result<Self, EdgeError> {
        let (plain, http) = listener::bind(config.http).await?;
        let mut doors = Self { plain, secure: None, http, https: None };
        if let Some(identity) = config.identity.take() {
            let tls = viewer_tls::server_config(identity, config.distribution.http_version)?;
            let (listener, https) = listener::bind(config.https).await?;
            doors.secure = Some((listener, tls.into()));
            doors.https = Some(https);
        }
        Ok(doors)
    }

    /// Lets so many viewers in at a time through each.
    fn serve(self, state: &Arc<State>, viewers: usize) {
        state.tasks.spawn(listener::serve(self.plain, None, viewers, Arc::clone(state)));
        if let Some((listener, tls)) = self.secure {
            state.tasks.spawn(listener::serve(listener, Some(tls), viewers, Arc::clone(state)));
        }
    }
}
