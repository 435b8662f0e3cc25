//! What all requests of one edge share.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use edge502_handshake::{ClientCertificate, Connector};
use edge502_rules::Rulebook;
use edge502_rules::clock::SharedClock;
use edge502_rules::distribution::{Distribution, Origin};
use edge502_rules::functions::FunctionResult;
use edge502_rules::page::ErrorPages;
use edge502_rules::request_id::RequestId;
use edge502_rules::response::EdgeServer;
use http::Extensions;
use tokio::sync::watch;

use crate::breakers::Breakers;
use crate::cache::Cache;
use crate::fetch::{Connection, Fetcher, NameServers, Overrides, Pool, Resolver, Routes};
use crate::journal::Journal;
use crate::milestone::Teller;
use crate::tasks::Tasks;
use crate::{EdgeConfig, EdgeError, Entropy, header_case};

/// The parts that never change while the edge runs.
pub(crate) struct State {
    pub(crate) current: watch::Sender<Arc<Snapshot>>,
    pub(crate) fetcher: Fetcher,
    pub(crate) breakers: Breakers,
    pub(crate) journal: Arc<Journal>,
    pub(crate) cache: Arc<Cache>,
    pub(crate) clock: SharedClock,
    pub(crate) error_pages: ErrorPages,
    pub(crate) pop: String,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) tasks: Tasks,
    /// Makes hyper write `date` in lower case.
    pub(crate) lower_case_date: Extensions,
    /// Where viewers reach the edge with HTTPS, for redirects.
    pub(crate) https: Option<SocketAddr>,
}

/// The configuration under which one request is served from beginning to end, with the connections made under it.
#[derive(Clone)]
pub(crate) struct Snapshot {
    pub(crate) distribution: Arc<Distribution>,
    pub(crate) connector: Arc<Connector>,
    pub(crate) client_certificates: Arc<HashMap<String, ClientCertificate>>,
    pub(crate) overrides: Arc<Overrides>,
    pub(crate) functions: Arc<HashMap<String, FunctionResult>>,
    pub(crate) resolver: Arc<Resolver>,
    pub(crate) routes: Arc<Routes>,
    pub(crate) rulebook: Rulebook,
    pub(crate) pool: Arc<Pool<Connection>>,
    pub(crate) teller: Teller,
}

impl Snapshot {
    /// The certificate of the origin's `OriginMtlsConfig`, if it has one and the edge was given it.
    pub(crate) fn client_certificate(&self, origin: &Origin) -> Option<&ClientCertificate> {
        self.client_certificates.get(origin.custom.origin_mtls_config.as_ref()?)
    }
}

impl State {
    /// What an edge needs that reaches viewers with HTTPS at `https`.
    pub(crate) async fn new(config: EdgeConfig, https: Option<SocketAddr>) -> Result<Self, EdgeError> {
        let tasks = Tasks::default();
        let journal = Arc::new(Journal::new(config.log, config.clock.clone()));
        let snapshot = Snapshot {
            distribution: Arc::new(config.distribution),
            connector: Arc::new(Connector::new(config.trust, config.clock.clone(), config.handshake)?),
            client_certificates: Arc::new(config.client_certificates),
            overrides: Arc::new(config.overrides),
            functions: Arc::new(config.functions),
            resolver: Arc::new(Resolver::new(NameServers {
                addresses: config.name_servers,
                patience: config.name_server_patience,
            })),
            routes: Arc::new(config.routes),
            rulebook: config.rulebook,
            pool: Pool::new(),
            teller: Teller::default(),
        };
        tasks.spawn(Arc::clone(&snapshot.pool).sweep());
        Ok(Self {
            current: watch::Sender::new(Arc::new(snapshot)),
            fetcher: Fetcher { tasks: tasks.clone() },
            breakers: Breakers::default(),
            journal,
            cache: Arc::new(Cache::new(config.cache)),
            clock: config.clock,
            error_pages: config.error_pages,
            pop: config.pop,
            entropy: config.entropy,
            tasks,
            lower_case_date: header_case::lower_case_date().await,
            https,
        })
    }

    /// The configuration as it is now.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.current.borrow())
    }

    /// Changes the configuration for requests that come from now on, and drops idle connections: they were made under
    /// the old one.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Snapshot)) {
        let pool = Pool::new();
        self.tasks.spawn(Arc::clone(&pool).sweep());
        self.current.send_modify(|current| {
            current.pool.close();
            let mut next = Snapshot { pool, ..Snapshot::clone(current) };
            change(&mut next);
            *current = Arc::new(next);
        });
    }

    /// The id of a new request and the server that takes it.
    pub(crate) fn identify(&self) -> (RequestId, EdgeServer) {
        let (mut id, mut server) = ([0; RequestId::BYTES], [0; 16]);
        self.entropy.fill(&mut id);
        self.entropy.fill(&mut server);
        (RequestId::from_bytes(id), EdgeServer::from_bytes(server, self.pop.clone()))
    }
}
