//! Getting a response from an origin: resolve, connect, shake hands, ask.
//!
//! The order of events is that of
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html>.
//! What is tried again, and for how long, is decided by [`attempts`]; this module only does as it is told. A cache for
//! errors and failover to a second origin stand around [`Fetcher::fetch`], not in it.

mod attempts;
mod connection;
mod dial;
mod download;
mod exchange;
mod framing;
mod pool;
mod resolve;
mod routes;
mod upload;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use edge502_handshake::{ClientCertificate, Expectation};
use edge502_rules::Cause;
use edge502_rules::distribution::Origin;
use edge502_rules::name::{SniName, ViewerHost};
use http::{Extensions, HeaderMap, Method, Request, Response, Uri};
use hyper::body::Incoming;
use tokio::time::Instant;

pub(crate) use self::connection::Connection;
pub(crate) use self::download::Download;
pub(crate) use self::pool::Pool;
pub use self::resolve::Overrides;
pub(crate) use self::resolve::{NameServers, Resolver};
pub use self::routes::Routes;
pub(crate) use self::upload::Progress;

use self::attempts::{Attempts, Event, Step};
use self::connection::{Lease, Place};
use self::dial::{Failed, Tls};
use self::exchange::Trouble;
use self::routes::Destination;
use self::upload::{Extent, Patience, Upload};
use crate::state::Snapshot;
use crate::tasks::Tasks;
use crate::visit::OriginTimes;
use crate::{HandshakeReport, Milestone, OriginFailure};

/// What is wanted of which origin.
pub(crate) struct Order<'a> {
    /// The origin.
    pub(crate) origin: &'a Origin,
    /// Whether it is spoken to over TLS.
    pub(crate) https: bool,
    /// `Host`, if it is not the origin's domain: the viewer's, if the behaviour forwards it, or one that a function set.
    pub(crate) forwarded_host: Option<&'a ViewerHost>,
    /// What functions changed of the names.
    pub(crate) naming: &'a Naming,
    /// The request towards the origin.
    pub(crate) request: Outgoing,
}

/// What edge functions change of the names of one connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Naming {
    /// SNI, if a function sets it apart from `Host`.
    pub(crate) sni: Option<SniName>,
    /// Names that the certificate may carry instead (`allowedCertificateNames`).
    pub(crate) allowed: Vec<String>,
    /// Whether a function changed anything about the origin: its connections are not shared with others then.
    pub(crate) changed: bool,
}

/// A request towards an origin, in a form that can be sent more than once as long as it has no body.
pub(crate) struct Outgoing {
    /// The method.
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) uri: Uri,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// Carries the case in which the viewer wrote the header names.
    pub(crate) extensions: Extensions,
    /// The viewer's body, until it is sent.
    pub(crate) body: Option<Incoming>,
    /// How the viewer's upload is getting on.
    pub(crate) progress: Progress,
}

/// A response on its way.
pub(crate) struct Fetched {
    /// Head as the origin sent it, body still coming.
    pub(crate) response: Response<Download>,
    /// The handshake of the connection it came over.
    pub(crate) handshake: Option<Arc<HandshakeReport>>,
    /// Whether that connection had carried a request before.
    pub(crate) reused: bool,
    /// How long the origin took.
    pub(crate) times: OriginTimes,
    /// A body that a function put in place of the origin's.
    pub(crate) replaced: Option<Vec<u8>>,
}

/// Why there is no response.
pub(crate) enum Halt {
    /// The origin failed.
    Origin(Box<OriginFailure>),
    /// The viewer did not finish its request.
    Viewer(ViewerFault),
}

/// How a viewer fails to finish its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ViewerFault {
    /// It closed the connection or reset the stream.
    Left,
    /// It is still there, but sent nothing for longer than the edge waits, or a body that cannot be read.
    Unfinished,
}

/// Fetches from origins.
pub(crate) struct Fetcher {
    pub(crate) tasks: Tasks,
}

impl Fetcher {
    /// Looks the name of `origin` up, to no other end: CloudFront does so before it runs an origin request function.
    pub(crate) async fn resolve(&self, snapshot: &Snapshot, origin: &Origin, https: bool) -> Result<(), OriginFailure> {
        destinations(snapshot, origin, origin.port(https)).await.map(drop)
    }

    /// Fetches what `order` wants, under the configuration of `snapshot`.
    pub(crate) async fn fetch(&self, snapshot: &Snapshot, order: Order<'_>) -> Result<Fetched, Halt> {
        let start = Instant::now();
        let origin = order.origin;
        let naming = order.naming;
        let followed = || order.forwarded_host.map_or_else(|| (&origin.domain_name).into(), SniName::from);
        let sni = order.https.then(|| naming.sni.clone().unwrap_or_else(followed));
        let certificate = snapshot.client_certificate(origin);
        let port = origin.port(order.https);
        let tls = sni.as_ref().map(|sni| tls(snapshot, &order, sni, certificate));
        let key = Arc::new(key(origin, naming, port, sni.clone()));
        let route = Route { snapshot, origin, key, tls };
        let request = order.request;
        Fetch {
            fetcher: self,
            route,
            request,
            start,
            addresses: Vec::new(),
            tried: Vec::new(),
            connection: None,
            failure: None,
        }
        .run()
        .await
    }
}

fn tls<'a>(
    snapshot: &'a Snapshot,
    order: &Order<'a>,
    sni: &'a SniName,
    client_certificate: Option<&'a ClientCertificate>,
) -> Tls<'a> {
    let expectation = Expectation {
        sni,
        origin_domain: &order.origin.domain_name,
        forwarded_host: order.forwarded_host,
        allowed_names: &order.naming.allowed,
        protocols: &order.origin.custom.origin_ssl_protocols,
        rulebook: snapshot.rulebook,
        client_certificate,
    };
    Tls { connector: &snapshot.connector, expectation }
}

fn key(origin: &Origin, naming: &Naming, port: u16, sni: Option<SniName>) -> pool::Key {
    let mut id = origin.id.clone();
    if naming.changed {
        // No id has a line break.
        id = format!("{id}\n{}\n{}", origin.domain_name, naming.allowed.join(" "));
    }
    pool::Key { origin: id, port, sni }
}

/// The ways to one origin.
struct Route<'a> {
    snapshot: &'a Snapshot,
    origin: &'a Origin,
    key: Arc<pool::Key>,
    tls: Option<Tls<'a>>,
}

/// The addresses of `origin`, never none: what the overrides say, else what DNS says and where that leads.
async fn destinations(snapshot: &Snapshot, origin: &Origin, port: u16) -> Result<Vec<Destination>, OriginFailure> {
    let Origin { domain_name, custom, .. } = origin;
    if let Some(addresses) = snapshot.overrides.of(domain_name.as_str(), port) {
        snapshot.teller.tell(|| Milestone::Resolved { addresses: addresses.to_vec(), overridden: true });
        return Ok(addresses.iter().copied().map(Destination::from).collect());
    }
    snapshot.teller.tell(|| Milestone::LookingUp { domain: domain_name.to_string() });
    let found = snapshot.resolver.resolve(domain_name, custom.ip_address_type).await?;
    let led = |address| {
        let address = SocketAddr::new(address, port);
        Destination { address, to: snapshot.routes.to(address) }
    };
    let destinations: Vec<Destination> = found.into_iter().map(led).collect();
    snapshot.teller.tell(|| Milestone::Resolved {
        addresses: destinations.iter().map(|destination| destination.address).collect(),
        overridden: false,
    });
    Ok(destinations)
}

/// One fetch in progress.
struct Fetch<'a> {
    fetcher: &'a Fetcher,
    route: Route<'a>,
    request: Outgoing,
    start: Instant,
    /// The origin's addresses, once they were needed.
    addresses: Vec<Destination>,
    /// The connections that were tried, and when.
    tried: Vec<(Destination, Duration)>,
    /// The connection in use.
    connection: Option<Connection>,
    /// What went wrong last.
    failure: Option<OriginFailure>,
}

impl Fetch<'_> {
    async fn run(mut self) -> Result<Fetched, Halt> {
        let mut attempts = Attempts::new(self.limits());
        let mut step = attempts.begin(self.start.elapsed());
        loop {
            let event = match step {
                Step::Connect { reuse, address, timeout } => self.connect(reuse, address, timeout).await,
                Step::Send { timeout } => match self.send(timeout).await {
                    Ok(fetched) => return Ok(fetched),
                    Err(event) => event.map_err(Halt::Viewer)?,
                },
                Step::GiveUp => return Err(Halt::Origin(Box::new(self.last_failure(attempts.failed())))),
                Step::OutOfTime => return Err(Halt::Origin(Box::new(self.out_of_time()))),
            };
            step = attempts.after(event, self.start.elapsed());
        }
    }

    fn limits(&self) -> attempts::Limits {
        let origin = self.route.origin;
        attempts::Limits {
            attempts: origin.connection_attempts,
            connection_timeout: origin.connection_timeout,
            read_timeout: origin.custom.origin_read_timeout,
            completion_timeout: origin.response_completion_timeout,
            repeatable: matches!(self.request.method, Method::GET | Method::HEAD),
        }
    }

    async fn connect(&mut self, reuse: bool, address: usize, timeout: Duration) -> Event {
        if let Some(idle) = reuse.then(|| self.route.snapshot.pool.take(&self.route.key)).flatten() {
            self.connection = Some(idle);
            return Event::Connected { reused: true };
        }
        match self.dial(address, timeout).await {
            Ok(connection) => {
                self.connection = Some(connection);
                Event::Connected { reused: false }
            }
            Err(failed) => {
                self.failure = Some(failed.failure);
                failed.event
            }
        }
    }

    async fn dial(&mut self, address: usize, timeout: Duration) -> Result<Connection, Failed> {
        if self.addresses.is_empty() {
            let lookup = destinations(self.route.snapshot, self.route.origin, self.route.key.port);
            self.addresses = lookup.await.map_err(|failure| Failed { event: Event::ConnectHopeless, failure })?;
        }
        let address = self.addresses[address % self.addresses.len()];
        self.tried.push((address, self.start.elapsed()));
        let way = dial::Way { tasks: &self.fetcher.tasks, teller: &self.route.snapshot.teller };
        dial::dial(address, self.route.tls.as_ref(), timeout, way).await
    }

    /// Sends the request; an error is the event to go on with, or what the viewer did.
    async fn send(&mut self, timeout: Duration) -> Result<Fetched, Result<Event, ViewerFault>> {
        let mut connection = self.connection.take().expect("a request is sent on a connection only");
        let request = self.request.next();
        self.route.snapshot.teller.tell(|| Milestone::Sending);
        let (tls, progress) = (self.route.tls.as_ref(), &self.request.progress);
        let patience = Patience { gap: timeout, end: self.deadline() };
        let answer = exchange::exchange(&mut connection, request, tls, progress, patience).await;
        let trouble = match answer {
            Ok(response) => return Ok(self.fetched(connection, response)),
            Err(trouble) => trouble,
        };
        if progress.upload() == Extent::Part {
            connection.abandon();
        }
        match trouble {
            Trouble::Viewer(fault) => Err(Err(fault)),
            Trouble::Origin(event, failure) => {
                self.failure = Some(failure);
                Err(Ok(event))
            }
            Trouble::NotSent(request, failure) => {
                self.failure = Some(failure);
                self.request.body = request.into_body().into_inner();
                Err(Ok(Event::NotSent))
            }
        }
    }

    /// When `ResponseCompletionTimeout` is over.
    fn deadline(&self) -> Option<Instant> {
        self.route.origin.response_completion_timeout.map(|total| self.start + total)
    }

    fn fetched(&self, connection: Connection, response: Response<Incoming>) -> Fetched {
        let Route { snapshot, origin, key, .. } = &self.route;
        let times = OriginTimes::answered(self.start);
        let (handshake, reused) = (connection.handshake.clone(), connection.reused);
        let limits = download::Limits { read_timeout: origin.custom.origin_read_timeout, deadline: self.deadline() };
        let keepalive = origin.custom.origin_keepalive_timeout;
        let place = Place { key: Arc::clone(key), pool: Arc::clone(&snapshot.pool), keepalive };
        let lease = Lease::new(connection, place, self.request.progress.clone());
        let framed = response.headers().contains_key(http::header::CONTENT_LENGTH)
            || response.headers().contains_key(http::header::TRANSFER_ENCODING);
        let response = response.map(|body| Download::new(body, lease, limits, !framed));
        Fetched { response, handshake, reused, times, replaced: None }
    }

    fn last_failure(&mut self, attempts: u8) -> OriginFailure {
        let mut failure = self.failure.take().expect("a fetch gives up only after something failed");
        if attempts > 1 {
            let tried = self.tried.iter().map(|(to, when)| format!("{to} after {:.1} s", when.as_secs_f32()));
            let tried = tried.collect::<Vec<_>>().join(", ");
            failure.evidence = format!("{} (last of {attempts} attempts: {tried})", failure.evidence);
        }
        failure
    }

    fn out_of_time(&mut self) -> OriginFailure {
        let total = self.route.origin.response_completion_timeout.unwrap_or_default();
        let mut evidence = format!("ResponseCompletionTimeout of {} s is over", total.as_secs());
        let last = self.failure.take();
        if let Some(last) = &last {
            evidence.push_str("; last seen: ");
            evidence.push_str(&last.to_string());
        }
        OriginFailure::new(Cause::ResponseTimeout, evidence).on(last.and_then(|last| last.handshake))
    }
}

impl Outgoing {
    /// The request to send now. The body goes with the first one.
    fn next(&mut self) -> Request<Upload> {
        let mut request = Request::new(Upload::new(self.body.take(), self.progress.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        *request.extensions_mut() = self.extensions.clone();
        request
    }
}
