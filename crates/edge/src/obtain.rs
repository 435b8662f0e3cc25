//! Getting an answer for a request that was taken: which origin is asked, and with what.

use edge502_rules::distribution::EventType;
use http::request::Parts;
use http_body::Body as _;
use hyper::body::Incoming;

use crate::OriginFailure;
use crate::admit::Route;
use crate::fetch::{Fetched, Halt, Order, Outgoing};
use crate::functions::{Errand, Functions, Generated, Stop, Viewed};
use crate::request_head::Inbound;
use crate::state::{Snapshot, State};
use crate::visit::{Viewer, Visit};

/// A viewer's request that was taken.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) viewer: &'a Viewer,
    pub(crate) parts: &'a Parts,
    pub(crate) route: &'a Route<'a>,
}

/// Why there is nothing to pass on.
pub(crate) enum Unobtained {
    /// `OriginPath` and the viewer's path together are no request target.
    NoTarget,
    /// The fetch ended without a response.
    Halted(Halt),
    /// A function answered in the origin's place.
    Generated(Box<Generated>),
}

impl From<Box<OriginFailure>> for Unobtained {
    fn from(failure: Box<OriginFailure>) -> Self {
        Self::Halted(Halt::Origin(failure))
    }
}

impl From<Stop> for Unobtained {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Generated(generated) => Self::Generated(generated),
            Stop::Failed(failure) => failure.into(),
        }
    }
}

/// Asks the route's origin for what was asked, and the functions of its behaviour; `body` is the viewer's.
pub(crate) async fn obtain(
    state: &State,
    snapshot: &Snapshot,
    asked: Asked<'_>,
    visit: &Visit,
    body: Option<Incoming>,
) -> Result<Fetched, Unobtained> {
    let functions = Functions::new(snapshot, asked);
    let viewed = functions.viewer_request(asked)?;
    let mut errand = errand(asked, visit, &viewed);
    if functions.has(EventType::OriginRequest) {
        state.fetcher.resolve(snapshot, &errand.origin, errand.https()).await.map_err(Box::new)?;
        functions.origin_request(&mut errand)?;
    }
    let order = Order {
        origin: &errand.origin,
        https: errand.https(),
        forwarded_host: errand.host.as_ref(),
        naming: &errand.naming,
        request: outgoing(asked, visit, &errand, body).ok_or(Unobtained::NoTarget)?,
    };
    let fetched = state.fetcher.fetch(snapshot, order).await.map_err(|halt| Unobtained::Halted(errand.blamed(halt)))?;
    let answered = fetched.response.status();
    let fetched = functions.origin_response(fetched)?;
    Ok(functions.viewer_response(answered, fetched)?)
}

fn errand<'a>(asked: Asked<'a>, visit: &Visit, viewed: &Viewed) -> Errand<'a> {
    let Asked { viewer, parts, route } = asked;
    let inbound = Inbound {
        method: &parts.method,
        path: &viewed.path,
        query: viewed.query.as_deref(),
        headers: &viewed.headers,
        host: &route.host_header,
        address: viewer.address.ip(),
        http: visit.http,
        server: &visit.server,
        id: &visit.id,
    };
    Errand::new(asked, &inbound, viewed.origin.as_ref())
}

fn outgoing(asked: Asked<'_>, visit: &Visit, errand: &Errand<'_>, body: Option<Incoming>) -> Option<Outgoing> {
    let parts = asked.parts;
    Some(Outgoing {
        method: parts.method.clone(),
        uri: errand.uri()?,
        headers: errand.headers.clone(),
        extensions: parts.extensions.clone(),
        body: body.filter(|body| !body.is_end_stream()),
        progress: visit.progress.clone(),
    })
}
