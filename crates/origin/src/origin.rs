//! A running origin: two ports, their tasks, and the plan they follow.

use std::{
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use edge502_pki::{Lab, PemFiles};
use edge502_rules::clock::SharedClock;
use tokio::{
    net::TcpListener,
    runtime::{Handle, RuntimeFlavor},
    task::{JoinHandle, block_in_place},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    connection::Connection,
    error::OriginError,
    history::{History, PortKind},
    plan::{Listening, Plan},
    port::{Blackhole, Port},
    self_test,
    spec::OriginSpec,
};

/// How long requests under way may take to end when the origin stops or gets another plan.
const GRACE: Duration = Duration::from_secs(5);

/// Pause after a failed `accept`: the usual reason, too many open files, does not go away by trying at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// The ports to listen on at 127.0.0.1; 0 is any free one. Default: 0 and 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ports {
    /// For `HTTPSPort`.
    pub https: u16,
    /// For `HTTPPort`.
    pub http: u16,
}

/// An origin that does what its [`OriginSpec`] says, right or wrong, and remembers what it saw.
///
/// Dropping it ends all its tasks at once; [`shutdown`](Self::shutdown) lets requests under way finish first.
pub struct Origin {
    https: Door,
    http: Door,
    live: Arc<Live>,
}

/// What the tasks of an origin share.
struct Live {
    current: Mutex<Generation>,
    history: History,
    clock: SharedClock,
    tasks: TaskTracker,
    /// Ends every task where it stands.
    kill: CancellationToken,
}

/// A plan and the connections that follow it.
#[derive(Clone)]
struct Generation {
    plan: Arc<Plan>,
    /// Lets the connections end when they next can.
    stop: CancellationToken,
    connections: TaskTracker,
}

impl Origin {
    /// Starts an origin on two free ports of 127.0.0.1 and proves that it behaves as stated.
    pub async fn start(spec: &OriginSpec, lab: &Lab, clock: SharedClock) -> Result<Self, OriginError> {
        Self::start_on(Ports::default(), spec, lab, clock).await
    }

    /// Like [`start`](Self::start), on these ports.
    pub async fn start_on(ports: Ports, spec: &OriginSpec, lab: &Lab, clock: SharedClock) -> Result<Self, OriginError> {
        let plan = aside(|| Plan::new(spec, lab, Arc::clone(&clock)))?;
        let live = Arc::new(Live {
            current: Mutex::new(Generation::new(plan)),
            history: History::new(),
            clock,
            tasks: TaskTracker::new(),
            kill: CancellationToken::new(),
        });
        let mut origin = Self {
            https: Door::reserve(PortKind::Https, ports.https)?,
            http: Door::reserve(PortKind::Http, ports.http)?,
            live,
        };
        origin.open_doors(lab).await?;
        Ok(origin)
    }

    /// The HTTPS port.
    pub fn addr(&self) -> SocketAddr {
        self.https.port.addr()
    }

    /// The HTTP port.
    pub fn http_addr(&self) -> SocketAddr {
        self.http.port.addr()
    }

    /// What the origin has seen; the handle stays good after the origin is gone.
    pub fn history(&self) -> History {
        self.live.history.clone()
    }

    /// The specification in force.
    pub fn spec(&self) -> OriginSpec {
        self.live.generation().plan.spec.clone()
    }

    /// The certificates the origin sends to the names it knows: DER, in wire order.
    pub fn served_chain(&self) -> Vec<Vec<u8>> {
        self.live.generation().plan.site.identity.served.iter().map(|der| der.to_vec()).collect()
    }

    /// The certificates between the origin's own and the root as they were issued, whether they are sent or not: DER, the
    /// leaf's issuer first.
    pub fn intermediates(&self) -> Vec<Vec<u8>> {
        let generation = self.live.generation();
        let above = generation.plan.site.identity.authorities.split_last();
        above.map_or_else(Vec::new, |(_, intermediates)| intermediates.iter().map(|der| der.to_vec()).collect())
    }

    /// Writes certificates and key of the site in force to `directory`, the key with mode 0600.
    pub fn write_pem(&self, directory: &Path) -> Result<PemFiles, OriginError> {
        Ok(self.live.generation().plan.site.identity.write_pem(directory)?)
    }

    /// Applies another specification on the same ports, with fresh certificates, and proves it.
    ///
    /// Connections that are idle are closed, requests under way get up to 5 s to end. A port that listens before and
    /// after does so without a gap. The history is cleared. On an error of the specification the old one stays in
    /// force; on [`OriginError::SelfTest`] the new one does.
    pub async fn reconfigure(&mut self, spec: &OriginSpec, lab: &Lab) -> Result<(), OriginError> {
        let plan = aside(|| Plan::new(spec, lab, Arc::clone(&self.live.clock)))?;
        let old = self.live.replace(Generation::new(plan));
        old.end().await;
        self.open_doors(lab).await
    }

    /// Stops: no new connections, up to 5 s for requests under way, then the ports are free.
    pub async fn shutdown(mut self) {
        self.https.shut().await;
        self.http.shut().await;
        self.live.generation().end().await;
        self.live.kill.cancel();
        self.live.tasks.close();
        self.live.tasks.wait().await;
    }

    #[cfg(test)]
    pub(crate) fn identity(&self) -> Arc<edge502_pki::Identity> {
        Arc::clone(&self.live.generation().plan.site.identity)
    }

    async fn open_doors(&mut self, lab: &Lab) -> Result<(), OriginError> {
        let plan = self.live.generation().plan;
        self.https.set(plan.https.listening, &self.live).await?;
        self.http.set(plan.http.listening, &self.live).await?;
        let subject = self_test::Subject {
            https: self.addr(),
            http: self.http_addr(),
            history: &self.live.history,
            lab,
            trusts_settings: true,
        };
        let result = self_test::run(&plan, &subject).await;
        self.live.history.clear();
        result
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.live.kill.cancel();
    }
}

impl std::fmt::Debug for Origin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Origin")
            .field("addr", &self.addr())
            .field("http_addr", &self.http_addr())
            .finish_non_exhaustive()
    }
}

/// Computes what may take a second, such as RSA keys, without keeping the sockets and time limits of others waiting that the
/// runtime's thread would serve meanwhile. A runtime with one thread has no other to hand them to.
fn aside<T>(compute: impl FnOnce() -> T) -> T {
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::MultiThread => block_in_place(compute),
        _ => compute(),
    }
}

impl Generation {
    fn new(plan: Plan) -> Self {
        Self { plan: Arc::new(plan), stop: CancellationToken::new(), connections: TaskTracker::new() }
    }

    /// Waits for the connections of this plan, with a bound; what is left then is ended by [`Live::kill`].
    async fn end(&self) {
        self.stop.cancel();
        self.connections.close();
        // Whoever does not keep the bound is on its way out anyway.
        let _ = timeout(GRACE, self.connections.wait()).await;
    }
}

impl Live {
    fn generation(&self) -> Generation {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&self, next: Generation) -> Generation {
        std::mem::replace(&mut *self.current.lock().unwrap_or_else(PoisonError::into_inner), next)
    }

    async fn accept_loop(self: Arc<Self>, listener: TcpListener, port: PortKind) {
        loop {
            match listener.accept().await {
                Ok((tcp, peer)) => {
                    let generation = self.generation();
                    let stop = generation.stop.clone();
                    let connection = Connection::new(generation.plan, port, peer, &self.history, stop);
                    let kill = self.kill.clone();
                    let serve = async move { kill.run_until_cancelled(connection.serve(tcp)).await };
                    self.tasks.spawn(generation.connections.track_future(serve));
                }
                Err(error) => {
                    tracing::warn!(%error, ?port, "the origin cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

/// One port, open or not.
struct Door {
    kind: PortKind,
    port: Port,
    state: State,
}

enum State {
    Shut,
    /// Held for what its sockets do to clients.
    Blackhole {
        _hole: Blackhole,
    },
    Open {
        close: CancellationToken,
        task: JoinHandle<()>,
    },
}

impl Door {
    fn reserve(kind: PortKind, port: u16) -> Result<Self, OriginError> {
        let reserved = Port::reserve(port).map_err(|source| OriginError::Bind { port, source })?;
        Ok(Self { kind, port: reserved, state: State::Shut })
    }

    async fn set(&mut self, listening: Listening, live: &Arc<Live>) -> Result<(), OriginError> {
        let stays = matches!(
            (&self.state, listening),
            (State::Open { .. }, Listening::Open)
                | (State::Blackhole { .. }, Listening::Drop)
                | (State::Shut, Listening::Refuse)
        );
        if stays {
            return Ok(());
        }
        self.shut().await;
        let port = self.port.addr().port();
        let state = match listening {
            Listening::Refuse => Ok(State::Shut),
            Listening::Drop => self.port.blackhole().await.map(|hole| State::Blackhole { _hole: hole }),
            Listening::Open => self.port.listen().map(|listener| self.open(listener, live)),
        };
        self.state = state.map_err(|source| OriginError::Bind { port, source })?;
        Ok(())
    }

    fn open(&self, listener: TcpListener, live: &Arc<Live>) -> State {
        let close = live.kill.child_token();
        let accepting = Arc::clone(live).accept_loop(listener, self.kind);
        let closed = close.clone();
        let task = live.tasks.spawn(async move {
            closed.run_until_cancelled(accepting).await;
        });
        State::Open { close, task }
    }

    /// Stops listening; the port stays reserved.
    async fn shut(&mut self) {
        if let State::Open { close, task } = std::mem::replace(&mut self.state, State::Shut) {
            close.cancel();
            // A panic in the accept loop would have been reported where it happened.
            let _ = task.await;
        }
    }
}
