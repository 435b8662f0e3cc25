//! The origin side of an edge without viewers: the same way to an origin, for those who judge one.

use std::sync::Arc;

use bytes::Bytes;
use edge502_rules::distribution::Distribution;
use edge502_rules::response::ViewerHttp;
use http::request::Parts;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use crate::admit::{self, Admission};
use crate::fetch::{Fetched, Halt, Pool};
use crate::milestone::Teller;
use crate::obtain::{Asked, Unobtained, obtain};
use crate::state::{Snapshot, State};
use crate::visit::{Viewer, Visit};
use crate::{EdgeConfig, EdgeError, HandshakeReport, Milestone, OriginFailure};

/// The most bytes of a body that are read.
const MOST_BODY: usize = 64 * 1024;

/// Asks origins as an edge does for its viewers: same request, same connection, same judgement.
pub struct OriginClient {
    running: Arc<Running>,
    snapshot: Snapshot,
}

/// The parts that all clients of one configuration share; their tasks end with the last of them.
struct Running(State);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.tasks.stop();
    }
}

/// What an origin answered.
#[derive(Debug, Clone)]
pub struct OriginAnswer {
    /// Status.
    pub status: StatusCode,
    /// Headers, as the origin sent them.
    pub headers: HeaderMap,
    /// The handshake of the connection; `None` for HTTP.
    pub handshake: Option<Arc<HandshakeReport>>,
    /// Whether the connection had carried a request before.
    pub reused: bool,
    /// How the body failed, if it did within its first 64 KiB.
    pub cut: Option<OriginFailure>,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum NoAnswer {
    /// The origin failed.
    Origin(Box<OriginFailure>),
    /// The edge itself does not take the request; a distribution that allows the method, name and scheme takes it.
    NotTaken,
}

impl OriginClient {
    /// A client for the origins of `config`'s distribution. Ports, certificate and log for viewers are not used.
    pub async fn new(config: EdgeConfig) -> Result<Self, EdgeError> {
        let state = State::new(config, None).await?;
        let snapshot = Snapshot::clone(&state.snapshot());
        Ok(Self { running: Arc::new(Running(state)), snapshot })
    }

    /// A client for the origins of another distribution, with the same trust, clock and rulebook. Making one is cheap;
    /// it has its own connections.
    pub fn with_distribution(&self, distribution: Arc<Distribution>) -> Self {
        let snapshot = Snapshot { distribution, pool: Pool::new(), ..self.snapshot.clone() };
        Self { running: Arc::clone(&self.running), snapshot }
    }

    /// The same client, which tells `listener` what happens on its way to the origin, and when.
    pub fn telling(mut self, listener: UnboundedSender<(Instant, Milestone)>) -> Self {
        self.snapshot.teller = Teller::to(listener);
        self
    }

    /// Asks the origin of the request's behaviour; `https` is how the viewer would ask. The request carries no body.
    pub async fn ask(&self, request: Request<()>, https: bool) -> Result<OriginAnswer, NoAnswer> {
        let (parts, ()) = request.into_parts();
        match self.obtain(&Arc::new(parts), https).await {
            Ok(fetched) => Ok(answer(fetched).await),
            Err(Unobtained::Halted(Halt::Origin(failure))) => Err(NoAnswer::Origin(failure)),
            // Functions without a result, as here, never answer in the origin's place.
            Err(Unobtained::NoTarget | Unobtained::Generated(_) | Unobtained::Halted(Halt::Viewer(_))) => {
                Err(NoAnswer::NotTaken)
            }
        }
    }

    async fn obtain(&self, parts: &Arc<Parts>, https: bool) -> Result<Fetched, Unobtained> {
        let (state, snapshot) = (&self.running.0, &self.snapshot);
        let nobody = ([127, 0, 0, 1], 0).into();
        let viewer = Arc::new(Viewer { address: nobody, own: None, https, tls: (None, None) });
        let http = ViewerHttp::Http11;
        let question = admit::Request { parts, https, http, has_body: false, https_address: None };
        let Admission::Fetch(route) = admit::admit(question, &snapshot.distribution) else {
            return Err(Unobtained::NoTarget);
        };
        let visit = Visit::new(state.identify(), Arc::clone(&viewer), Arc::clone(parts), http, &snapshot.distribution);
        obtain(state, snapshot, Asked { viewer: &viewer, parts, route: &route }, &visit, None).await
    }
}

impl Drop for OriginClient {
    fn drop(&mut self) {
        self.snapshot.pool.close();
    }
}

impl std::fmt::Debug for OriginClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OriginClient").finish_non_exhaustive()
    }
}

/// Reads the beginning of the body, because some faults show only there.
async fn answer(fetched: Fetched) -> OriginAnswer {
    let Fetched { response, handshake, reused, .. } = fetched;
    let (parts, mut body) = response.into_parts();
    let (mut read, mut cut) = (0, None);
    while read < MOST_BODY {
        match body.frame().await {
            Some(Ok(frame)) => read += frame.data_ref().map_or(0, Bytes::len),
            Some(Err(failure)) => {
                cut = Some(failure);
                break;
            }
            None => break,
        }
    }
    OriginAnswer { status: parts.status, headers: parts.headers, handshake, reused, cut }
}
