//! Getting an answer for a request that was taken: which origin is asked, and with what.

use http::request::Parts;
use http_body::Body as _;
use hyper::body::Incoming;

use crate::admit::Route;
use crate::fetch::{Fetched, Halt, Order, Outgoing};
use crate::request_head::{self, Inbound};
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
}

/// Asks the route's origin for what was asked; `body` is the viewer's.
pub(crate) async fn obtain(
    state: &State,
    snapshot: &Snapshot,
    asked: Asked<'_>,
    visit: &Visit,
    body: Option<Incoming>,
) -> Result<Fetched, Unobtained> {
    let Asked { viewer, route, .. } = asked;
    let order = Order {
        origin: route.origin,
        https: route.origin.custom.origin_protocol_policy.uses_https(viewer.https),
        forwarded_host: route.behavior.forwards_host().then_some(&route.host),
        request: outgoing(asked, visit, body).ok_or(Unobtained::NoTarget)?,
    };
    state.fetcher.fetch(snapshot, order).await.map_err(Unobtained::Halted)
}

fn outgoing(asked: Asked<'_>, visit: &Visit, body: Option<Incoming>) -> Option<Outgoing> {
    let Asked { viewer, parts, route } = asked;
    let inbound = Inbound {
        method: &parts.method,
        path: &route.path,
        query: parts.uri.query(),
        headers: &parts.headers,
        host: &route.host_header,
        address: viewer.address.ip(),
        http: visit.http,
        server: &visit.server,
        id: &visit.id,
    };
    Some(Outgoing {
        method: parts.method.clone(),
        uri: request_head::target(&inbound, route.origin, route.behavior)?,
        headers: request_head::headers(&inbound, route.origin, route.behavior),
        extensions: parts.extensions.clone(),
        body: body.filter(|body| !body.is_end_stream()),
        progress: visit.progress.clone(),
    })
}
